// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text of IP addresses and prefixes: strict to read (RFC 4291 sec. 2.2; dotted quads without
 * leading zeros), canonical to write (RFC 5952). Sets of prefixes are in lyncedge_addr.c.
 */
#include "lyncedge_inet.h"

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

static bool parse_v4(const char *text, size_t len, u8 *out)
{
	unsigned int value = 0, digits = 0, octets = 0;
	size_t i;

	for (i = 0; i <= len; i++) {
		if (i == len || text[i] == '.') {
			if (!digits || octets == 4)
				return false;
			out[octets++] = value;
			value = 0;
			digits = 0;
			continue;
		}
		if (digit_value(text[i]) > 9 || (digits && !value))
			return false;
		value = value * 10 + digit_value(text[i]);
		if (value > 255)
			return false;
		digits++;
	}
	return octets == 4;
}

static bool parse_group(const char *text, size_t len, u8 *out)
{
	unsigned int value = 0;
	size_t i;

	if (!len || len > 4)
		return false;
	for (i = 0; i < len; i++) {
		if (digit_value(text[i]) > 15)
			return false;
		value = value << 4 | digit_value(text[i]);
	}
	out[0] = value >> 8;
	out[1] = value & 0xff;
	return true;
}

/*
 * Groups, and at most one "::", which stands for as many zero groups as are missing: the bytes
 * after it are written where they would stand without it and moved to the end once their number
 * is known.
 */
static bool parse_v6(const char *text, size_t len, u8 *out)
{
	size_t pos = 0, bytes = 0, tail;
	ssize_t gap = -1;

	memset(out, 0, 16);
	if (len >= 2 && text[0] == ':' && text[1] == ':') {
		gap = 0;
		pos = 2;
	}
	while (pos < len) {
		size_t end = pos;

		while (end < len && text[end] != ':' && text[end] != '.')
			end++;
		if (end < len && text[end] == '.') {
			if (bytes > 12 || !parse_v4(text + pos, len - pos, out + bytes))
				return false;
			bytes += 4;
			break;
		}
		if (bytes == 16 || !parse_group(text + pos, end - pos, out + bytes))
			return false;
		bytes += 2;
		if (end == len)
			break;
		pos = end + 1;
		if (pos == len)
			return false;
		if (text[pos] == ':') {
			if (gap >= 0)
				return false;
			gap = bytes;
			pos++;
		}
	}
	if (gap < 0)
		return bytes == 16;
	if (bytes == 16)
		return false;
	tail = bytes - gap;
	memmove(out + 16 - tail, out + gap, tail);
	memset(out + gap, 0, 16 - bytes);
	return true;
}

/**
 * le_addr_parse() - read an address
 * @text: its text, not terminated
 * @len: length of @text
 * @addr: where to put it; all 16 bytes are written
 * @family: LE_IPV4 or LE_IPV6
 *
 * Return: whether @text is an address and nothing else.
 */
bool le_addr_parse(const char *text, size_t len, union le_addr *addr, u8 *family)
{
	if (memchr(text, ':', len)) {
		*family = LE_IPV6;
		return parse_v6(text, len, addr->byte);
	}
	memset(addr, 0, sizeof(*addr));
	*family = LE_IPV4;
	return parse_v4(text, len, addr->byte);
}

static int format_v6(char *buf, size_t size, const union le_addr *addr)
{
	unsigned int i, run, best = 0, best_len = 1;
	u16 group[8];
	int n = 0;

	for (i = 0; i < 8; i++)
		group[i] = addr->byte[2 * i] << 8 | addr->byte[2 * i + 1];
	for (i = 0; i < 8; i += run + 1) {
		for (run = 0; i + run < 8 && !group[i + run]; run++)
			;
		if (run > best_len) {
			best = i;
			best_len = run;
		}
	}
	if (best_len == 1)
		best = 8;
	for (i = 0; i < 8; i++) {
		if (i == best) {
			n += scnprintf(buf + n, size - n, "::");
			i += best_len - 1;
			continue;
		}
		n += scnprintf(buf + n, size - n, "%s%x", i && i != best + best_len ? ":" : "",
			       group[i]);
	}
	return n;
}

/**
 * le_addr_format() - write an address
 * @buf: where to, terminated
 * @size: room there; LE_PREFIX_TEXT suffices for any
 * @addr: the address
 * @family: LE_IPV4 or LE_IPV6
 *
 * Return: number of bytes written, without the terminator.
 */
int le_addr_format(char *buf, size_t size, const union le_addr *addr, u8 family)
{
	if (family == LE_IPV6)
		return format_v6(buf, size, addr);
	return scnprintf(buf, size, "%u.%u.%u.%u", addr->byte[0], addr->byte[1], addr->byte[2],
			 addr->byte[3]);
}

/**
 * le_prefix_format() - write a prefix
 * @buf: where to, terminated
 * @size: room there; LE_PREFIX_TEXT suffices for any
 * @prefix: the prefix; one that holds a single address is written as that address
 *
 * Return: number of bytes written, without the terminator.
 */
int le_prefix_format(char *buf, size_t size, const struct le_prefix *prefix)
{
	int n = le_addr_format(buf, size, &prefix->addr, prefix->family);

	if (prefix->len < le_addr_bits(prefix->family))
		n += scnprintf(buf + n, size - n, "/%u", prefix->len);
	return n;
}

static u8 host_mask(const struct le_prefix *prefix, unsigned int byte)
{
	if (prefix->len >= 8 * (byte + 1))
		return 0;
	return prefix->len <= 8 * byte ? 0xff : 0xff >> (prefix->len - 8 * byte);
}

/**
 * le_prefix_has_host_bits() - whether bits beyond the length are set
 * @prefix: the prefix
 *
 * Return: true if they are: 10.1.2.3/8.
 */
bool le_prefix_has_host_bits(const struct le_prefix *prefix)
{
	unsigned int i;

	for (i = 0; i < le_addr_bits(prefix->family) / 8; i++)
		if (prefix->addr.byte[i] & host_mask(prefix, i))
			return true;
	return false;
}

/**
 * le_prefix_clear_host_bits() - make it the prefix that its length says
 * @prefix: the prefix
 */
void le_prefix_clear_host_bits(struct le_prefix *prefix)
{
	unsigned int i;

	for (i = 0; i < le_addr_bits(prefix->family) / 8; i++)
		prefix->addr.byte[i] &= ~host_mask(prefix, i);
}

/**
 * le_prefix_equal() - whether two prefixes hold the same addresses
 * @a: a prefix without host bits
 * @b: another; tags do not matter
 *
 * Return: true if they do.
 */
bool le_prefix_equal(const struct le_prefix *a, const struct le_prefix *b)
{
	return a->family == b->family && a->len == b->len &&
	       !memcmp(&a->addr, &b->addr, sizeof(a->addr));
}

/**
 * le_prefix_compare() - order of prefixes
 * @a: a prefix
 * @b: another
 *
 * By family, address, length and tag: a prefix comes before the prefixes that it holds.
 *
 * Return: less than, equal to or greater than 0 as @a comes before, is equal to or comes after @b.
 */
int le_prefix_compare(const struct le_prefix *a, const struct le_prefix *b)
{
	unsigned int i, words = a->family == LE_IPV4 ? 1 : 4;

	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	for (i = 0; i < words; i++) {
		u32 x = ntohl(a->addr.word[i]), y = ntohl(b->addr.word[i]);

		if (x != y)
			return x < y ? -1 : 1;
	}
	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	return (int)a->tag - (int)b->tag;
}

/* Two sorted runs, from[0..mid) and from[mid..end), into one. */
static void merge_runs(const struct le_prefix *from, struct le_prefix *to, u32 mid, u32 end)
{
	u32 left = 0, right = mid, i;

	if (mid == end || le_prefix_compare(&from[mid - 1], &from[mid]) <= 0) {
		memcpy(to, from, end * sizeof(*to));
		return;
	}
	for (i = 0; i < end; i++) {
		if (right == end ||
		    (left < mid && le_prefix_compare(&from[left], &from[right]) <= 0))
			to[i] = from[left++];
		else
			to[i] = from[right++];
	}
}

/**
 * le_prefix_sort() - sort prefixes
 * @list: the prefixes
 * @nr: how many, at most 2^30
 *
 * A merge sort: the kernel's sort() neither yields the processor nor profits from order, and
 * long lists mostly have some.
 *
 * Context: process; may sleep.
 *
 * Return: 0, or -ENOMEM, with @list as it was.
 */
int le_prefix_sort(struct le_prefix *list, u32 nr)
{
	struct le_prefix *spare, *from = list, *to, *swap;
	u32 width, first;

	if (nr < 2)
		return 0;
	spare = kvmalloc_array(nr, sizeof(*spare), GFP_KERNEL);
	if (!spare)
		return -ENOMEM;
	to = spare;
	for (width = 1; width < nr; width *= 2) {
		for (first = 0; first < nr; first += 2 * width) {
			u32 left = nr - first;
			u32 mid = width < left ? width : left;
			u32 end = 2 * width < left ? 2 * width : left;

			merge_runs(from + first, to + first, mid, end);
			if (first % 4096 == 0)
				cond_resched();
		}
		swap = from;
		from = to;
		to = swap;
	}
	if (from != list)
		memcpy(list, from, nr * sizeof(*list));
	kvfree(spare);
	return 0;
}
