// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets of addresses as ranges: what two policies say of a group is compared by who is in it, not by
 * how that is written.
 */
#include "output.h"
#include "ranges.h"

/* The last addresses of prefixes have these bits set. */
static struct le_key host_bits(unsigned int len, u8 family)
{
	struct le_key bits = { .hi = 0, .lo = 0 };

	/* A shift by as many bits as there are is none. */
	if (family == LE_IPV4) {
		bits.lo = len < 32 ? 0xffffffffULL >> len : 0;
		return bits;
	}
	bits.hi = len < 64 ? ~0ULL >> len : 0;
	bits.lo = len < 64 ? ~0ULL : len < 128 ? ~0ULL >> (len - 64) : 0;
	return bits;
}

static struct le_key last_of(struct le_key first, unsigned int len, u8 family)
{
	struct le_key bits = host_bits(len, family);

	return (struct le_key){ .hi = first.hi | bits.hi, .lo = first.lo | bits.lo };
}

static bool is_aligned(struct le_key first, unsigned int len, u8 family)
{
	struct le_key bits = host_bits(len, family);

	return !(first.hi & bits.hi) && !(first.lo & bits.lo);
}

static struct le_key next(struct le_key key)
{
	key.lo++;
	key.hi += !key.lo;
	return key;
}

static struct le_key previous(struct le_key key)
{
	key.hi -= !key.lo;
	key.lo--;
	return key;
}

static bool equal(struct le_key a, struct le_key b)
{
	return a.hi == b.hi && a.lo == b.lo;
}

static void ranges_add(struct ranges *ranges, struct le_key first, struct le_key last)
{
	/* Doubled now and then, so that a million of them are not moved a million times. */
	if (!ranges->list || !(ranges->nr & (ranges->nr - 1)))
		ranges->list = grown(ranges->list, ranges->nr ? 2 * ranges->nr : 1,
				     sizeof(*ranges->list));
	ranges->list[ranges->nr++] = (struct range){ .first = first, .last = last };
}

/**
 * ranges_of_tag() - who is in a group, or in the block list
 * @ranges: where to put them; freed with ranges_free()
 * @policy: the policy, whose prefixes are in order
 * @tag: the group's tag
 * @family: LE_IPV4 or LE_IPV6
 */
void ranges_of_tag(struct ranges *ranges, const struct le_policy *policy, unsigned int tag,
		   u8 family)
{
	u32 i;

	*ranges = (struct ranges){ .family = family };
	for (i = 0; i < policy->nr_prefixes; i++) {
		const struct le_prefix *prefix = &policy->prefixes[i];
		struct range *before = ranges->nr ? &ranges->list[ranges->nr - 1] : NULL;
		struct le_key first, last;

		if (prefix->tag != tag || prefix->family != family)
			continue;
		first = le_addr_key(&prefix->addr, family);
		last = last_of(first, prefix->len, family);
		if (!before || (le_key_less(&before->last, &first) &&
				!equal(next(before->last), first)))
			ranges_add(ranges, first, last);
		else if (le_key_less(&before->last, &last))
			before->last = last;
	}
}

/**
 * ranges_subtract() - addresses that are in one set and not in another
 * @rest: where to put them; freed with ranges_free()
 * @from: a set
 * @what: another, of the same family
 */
void ranges_subtract(struct ranges *rest, const struct ranges *from, const struct ranges *what)
{
	size_t i, w = 0;

	*rest = (struct ranges){ .family = from->family };
	for (i = 0; i < from->nr; i++) {
		struct le_key first = from->list[i].first, last = from->list[i].last;
		bool left = true;

		while (w < what->nr && le_key_less(&what->list[w].last, &first))
			w++;
		for (; w < what->nr && !le_key_less(&last, &what->list[w].first); w++) {
			if (le_key_less(&first, &what->list[w].first))
				ranges_add(rest, first, previous(what->list[w].first));
			left = le_key_less(&what->list[w].last, &last);
			if (!left)
				break;
			first = next(what->list[w].last);
		}
		if (left)
			ranges_add(rest, first, last);
	}
}

/**
 * ranges_hold_all() - whether everybody is in a set
 * @ranges: the set
 *
 * Return: true if so.
 */
bool ranges_hold_all(const struct ranges *ranges)
{
	static const struct le_key zero;

	return ranges->nr == 1 && equal(ranges->list[0].first, zero) &&
	       equal(ranges->list[0].last, host_bits(0, ranges->family));
}

static void add_prefix(struct words *words, struct le_key first, unsigned int len, u8 family)
{
	struct le_prefix prefix = { .family = family, .len = len };
	unsigned int i, bytes = le_addr_bits(family) / 8;
	char text[LE_PREFIX_TEXT];

	for (i = 0; i < bytes; i++) {
		unsigned int shift = 8 * (bytes - 1 - i);

		prefix.addr.byte[i] = shift < 64 ? first.lo >> shift : first.hi >> (shift - 64);
	}
	if (len == le_addr_bits(family))
		le_addr_format(text, sizeof(text), &prefix.addr, family);
	else
		le_prefix_format(text, sizeof(text), &prefix);
	words_add(words, text);
}

/* The largest prefix that begins here and does not go beyond the end. */
static unsigned int largest_prefix(struct le_key first, const struct le_key *last, u8 family)
{
	unsigned int len;

	for (len = 0; len < le_addr_bits(family); len++) {
		struct le_key end = last_of(first, len, family);

		if (is_aligned(first, len, family) && !le_key_less(last, &end))
			break;
	}
	return len;
}

/**
 * ranges_list() - write a set as the fewest prefixes
 * @ranges: the set
 * @words: list to add them to
 */
void ranges_list(const struct ranges *ranges, struct words *words)
{
	size_t i;

	for (i = 0; i < ranges->nr; i++) {
		struct le_key first = ranges->list[i].first, last = ranges->list[i].last, end;

		for (;;) {
			unsigned int len = largest_prefix(first, &last, ranges->family);

			add_prefix(words, first, len, ranges->family);
			end = last_of(first, len, ranges->family);
			if (equal(end, last))
				break;
			first = next(end);
		}
	}
}

/**
 * ranges_free() - free what a set holds
 * @ranges: the set
 */
void ranges_free(struct ranges *ranges)
{
	free(ranges->list);
}

/**
 * words_add() - add to a list
 * @words: the list
 * @word: a text, which is copied
 */
void words_add(struct words *words, const char *word)
{
	if (!(words->nr & (words->nr - 1)))
		words->list = grown(words->list, words->nr ? 2 * words->nr : 1,
				    sizeof(*words->list));
	words->list[words->nr++] = text_of("%s", word);
}

/**
 * words_free() - free what a list holds
 * @words: the list
 */
void words_free(struct words *words)
{
	size_t i;

	for (i = 0; i < words->nr; i++)
		free(words->list[i]);
	free(words->list);
}

/**
 * json_of_words() - a list of texts for JSON
 * @words: the list
 *
 * Return: an array of them.
 */
struct json_object *json_of_words(const struct words *words)
{
	struct json_object *array = json_list();
	size_t i;

	for (i = 0; i < words->nr; i++)
		json_append(array, json_text(words->list[i]));
	return array;
}
