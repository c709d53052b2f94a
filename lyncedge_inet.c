// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text of IP addresses and prefixes: strict to read (RFC 4291 sec. 2.2; dotted quads without
 * leading zeros), canonical to write (RFC 5952). Sets of prefixes are in lyncedge_addr.c.
 */
#include "lyncedge_inet.h"

/* Of a hexadecimal digit its value and one more; of all else 0. */
static const u8 digit_values[256] = {
	['0'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
	['A'] = 11, 12, 13, 14, 15, 16,
	['a'] = 11, 12, 13, 14, 15, 16,
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* One number of a dotted quad, without leading zeros; its end, or NULL if there is none. */
static const char *parse_octet(const char *text, const char *end, u8 *out)
{
	unsigned int value;

	if (text == end || !is_digit(*text))
		return NULL;
	value = *text++ - '0';
	while (value && text < end && is_digit(*text) && value <= 255)
		value = value * 10 + *text++ - '0';
	if (value > 255)
		return NULL;
	*out = value;
	return text;
}

static bool parse_v4(const char *text, size_t len, u8 *out)
{
	const char *end = text + len;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		if (i && (text == end || *text++ != '.'))
			return false;
		text = parse_octet(text, end, out + i);
		if (!text)
			return false;
	}
	return text == end;
}

/* The digits of a group, at most four; their end, or NULL if there are none. */
static const char *parse_group(const char *text, const char *end, u8 *out)
{
	const char *limit = end - text > 4 ? text + 4 : end, *start = text;
	unsigned int value = 0, digit;

	while (text < limit) {
		digit = digit_values[(u8)*text];
		if (!digit)
			break;
		value = value << 4 | (digit - 1);
		text++;
	}
	if (text == start)
		return NULL;
	out[0] = value >> 8;
	out[1] = value & 0xff;
	return text;
}

/*
 * Groups, and at most one "::", which stands for as many zero groups as are missing: the bytes
 * after it are written where they would stand without it and moved to the end once their number
 * is known.
 */
static bool parse_v6(const char *text, size_t len, u8 *out)
{
	const char *end = text + len;
	size_t bytes = 0, tail;
	ssize_t gap = -1;

	memset(out, 0, 16);
	if (len >= 2 && text[0] == ':' && text[1] == ':') {
		gap = 0;
		text += 2;
	}
	while (text < end) {
		const char *group = text;

		if (bytes == 16)
			return false;
		text = parse_group(group, end, out + bytes);
		if (!text)
			return false;
		if (text < end && *text == '.') {
			if (bytes > 12 || !parse_v4(group, end - group, out + bytes))
				return false;
			bytes += 4;
			break;
		}
		bytes += 2;
		if (text == end)
			break;
		if (*text++ != ':' || text == end)
			return false;
		if (*text == ':') {
			if (gap >= 0)
				return false;
			gap = bytes;
			text++;
		}
	}
	if (gap < 0)
		return bytes == 16;
	if (bytes == 16)
		return false;
	tail = bytes - gap;
	if (tail) {
		memmove(out + 16 - tail, out + gap, tail);
		memset(out + gap, 0, 16 - bytes);
	}
	return true;
}

/* The first group of an IPv6 address has at most four digits, or there is none. */
static bool looks_like_v6(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len && i < 5; i++)
		if (text[i] == ':')
			return true;
	return false;
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
	if (looks_like_v6(text, len)) {
		*family = LE_IPV6;
		return parse_v6(text, len, addr->byte);
	}
	memset(addr, 0, sizeof(*addr));
	*family = LE_IPV4;
	return parse_v4(text, len, addr->byte);
}

/* Below 1000, as octets and lengths are. */
static char *put_decimal(char *text, unsigned int value)
{
	if (value >= 100)
		*text++ = '0' + value / 100;
	if (value >= 10)
		*text++ = '0' + value / 10 % 10;
	*text++ = '0' + value % 10;
	return text;
}

static char *put_hex(char *text, unsigned int value)
{
	static const char digits[] = "0123456789abcdef";
	unsigned int shift = 12;

	while (shift && !(value >> shift))
		shift -= 4;
	*text++ = digits[value >> shift];
	while (shift) {
		shift -= 4;
		*text++ = digits[value >> shift & 15];
	}
	return text;
}

static char *put_v4(char *text, const union le_addr *addr)
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		if (i)
			*text++ = '.';
		text = put_decimal(text, addr->byte[i]);
	}
	return text;
}

static char *put_v6(char *text, const union le_addr *addr)
{
	size_t i, run, best = 8, best_len = 1;
	u16 group[8];

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
	for (i = 0; i < 8; i++) {
		if (i == best) {
			*text++ = ':';
			*text++ = ':';
			i += best_len - 1;
			continue;
		}
		if (i && i != best + best_len)
			*text++ = ':';
		text = put_hex(text, group[i]);
	}
	return text;
}

static char *put_addr(char *text, const union le_addr *addr, u8 family)
{
	return family == LE_IPV6 ? put_v6(text, addr) : put_v4(text, addr);
}

/* As much as there is room for. Policies have many prefixes: printf() takes ten times as long. */
static int give(char *buf, size_t size, const char *text, const char *end)
{
	size_t len = end - text;

	if (!size)
		return 0;
	if (len > size - 1)
		len = size - 1;
	memcpy(buf, text, len);
	buf[len] = 0;
	return len;
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
	char text[LE_PREFIX_TEXT];

	return give(buf, size, text, put_addr(text, addr, family));
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
	char text[LE_PREFIX_TEXT], *end = put_addr(text, &prefix->addr, prefix->family);

	if (prefix->len < le_addr_bits(prefix->family)) {
		*end++ = '/';
		end = put_decimal(end, prefix->len);
	}
	return give(buf, size, text, end);
}

/* The bits of one of an address's words that are beyond the length. */
static __be32 host_mask(const struct le_prefix *prefix, unsigned int word)
{
	if (prefix->len >= 32 * (word + 1))
		return 0;
	return htonl(prefix->len <= 32 * word ? ~0U : ~0U >> (prefix->len - 32 * word));
}

static unsigned int nr_words(const struct le_prefix *prefix)
{
	return prefix->family == LE_IPV4 ? 1 : 4;
}

/**
 * le_prefix_has_host_bits() - whether bits beyond the length are set
 * @prefix: the prefix
 *
 * Return: true if they are: 10.1.2.3/8.
 */
bool le_prefix_has_host_bits(const struct le_prefix *prefix)
{
	unsigned int i = prefix->len / 32;
	__be32 bits = 0;

	if (i < nr_words(prefix))
		bits = prefix->addr.word[i] & host_mask(prefix, i);
	while (++i < nr_words(prefix))
		bits |= prefix->addr.word[i];
	return bits;
}

/**
 * le_prefix_clear_host_bits() - make it the prefix that its length says
 * @prefix: the prefix
 */
void le_prefix_clear_host_bits(struct le_prefix *prefix)
{
	unsigned int i;

	for (i = prefix->len / 32; i < nr_words(prefix); i++)
		prefix->addr.word[i] &= ~host_mask(prefix, i);
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
	unsigned int i;

	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	for (i = 0; i < nr_words(a); i++) {
		u32 x = ntohl(a->addr.word[i]), y = ntohl(b->addr.word[i]);

		if (x != y)
			return x < y ? -1 : 1;
	}
	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	return (int)a->tag - (int)b->tag;
}

/* The bytes of a prefix but its family, from what matters least to its order to what does most. */
#define LE_TAG_LOW (offsetof(struct le_prefix, tag) + (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__))
#define LE_TAG_HIGH (offsetof(struct le_prefix, tag) + (__BYTE_ORDER__ != __ORDER_BIG_ENDIAN__))

static const u8 sort_bytes[] = {
	LE_TAG_LOW, LE_TAG_HIGH, offsetof(struct le_prefix, len),
	15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0,
};

static_assert(!offsetof(struct le_prefix, addr));
static_assert(sizeof(struct le_prefix) == sizeof(sort_bytes) + 1);

static u8 byte_of(const struct le_prefix *prefix, unsigned int offset)
{
	return ((const u8 *)prefix)[offset];
}

/* The bytes in which the prefixes are not all alike. */
static void find_differences(const struct le_prefix *list, u32 nr, u8 *differ)
{
	u32 words[sizeof(*list) / sizeof(u32)] = { 0 }, first[ARRAY_SIZE(words)];
	u32 other[ARRAY_SIZE(words)];
	unsigned int word;
	u32 i;

	memcpy(first, list, sizeof(first));
	for (i = 1; i < nr; i++) {
		memcpy(other, &list[i], sizeof(other));
		for (word = 0; word < ARRAY_SIZE(words); word++)
			words[word] |= other[word] ^ first[word];
	}
	memcpy(differ, words, sizeof(words));
}

/* Moves them to their places by one byte; those which are alike in it keep their order. */
static void sort_by_byte(const struct le_prefix *from, struct le_prefix *to, u32 nr,
			 unsigned int offset, u32 *places)
{
	u32 i, place = 0;

	memset(places, 0, 256 * sizeof(*places));
	for (i = 0; i < nr; i++)
		places[byte_of(&from[i], offset)]++;
	for (i = 0; i < 256; i++) {
		place += places[i];
		places[i] = place - places[i];
	}
	for (i = 0; i < nr; i++)
		to[places[byte_of(&from[i], offset)]++] = from[i];
}

/* Sorts prefixes of one family, which are in @spare, into @list. */
static void sort_family(struct le_prefix *list, struct le_prefix *spare, u32 nr, u32 *places)
{
	struct le_prefix *from = spare, *to = list, *swap;
	u8 differ[sizeof(*list)];
	unsigned int i;

	if (!nr)
		return;
	find_differences(from, nr, differ);
	for (i = 0; i < sizeof(sort_bytes); i++) {
		if (!differ[sort_bytes[i]])
			continue;
		sort_by_byte(from, to, nr, sort_bytes[i], places);
		swap = from;
		from = to;
		to = swap;
		cond_resched();
	}
	if (from != list)
		memcpy(list, from, nr * sizeof(*list));
}

/**
 * le_prefix_sort() - sort prefixes, in the order of le_prefix_compare()
 * @list: the prefixes
 * @nr: how many
 *
 * A radix sort, from the last byte to the first, without those that are the same in all: for a
 * long list some passes, where the kernel's sort() would compare each with two dozen others, and
 * not yield the processor meanwhile.
 *
 * Context: process; may sleep.
 *
 * Return: 0, or -ENOMEM, with @list as it was.
 */
int le_prefix_sort(struct le_prefix *list, u32 nr)
{
	struct le_prefix *spare;
	int err = -ENOMEM;
	u32 *places, nr4;

	if (nr < 2)
		return 0;
	spare = kvmalloc_array(nr, sizeof(*spare), GFP_KERNEL);
	places = kvmalloc_array(256, sizeof(*places), GFP_KERNEL);
	if (!spare || !places)
		goto out;
	sort_by_byte(list, spare, nr, offsetof(struct le_prefix, family), places);
	/* Where the last of them went, one further. */
	nr4 = places[LE_IPV4];
	sort_family(list, spare, nr4, places);
	sort_family(list + nr4, spare + nr4, nr - nr4, places);
	err = 0;
out:
	kvfree(places);
	kvfree(spare);
	return err;
}
