// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets of addresses as ranges: what two policies say of a group is compared by who is in it, not by
 * how that is written.
 */
#include "lyncedge_addr.h"
#include "output.h"
#include "ranges.h"

static __uint128_t last_address(u8 family)
{
	return family == LE_IPV4 ? 0xffffffffU : ~(__uint128_t)0;
}

static __uint128_t number_of(const union le_addr *addr, u8 family)
{
	struct le_key key = le_addr_key(addr, family);

	return (__uint128_t)key.hi << 64 | key.lo;
}

static void ranges_add(struct ranges *ranges, __uint128_t first, __uint128_t last)
{
	/* Doubled now and then, so that a million of them are not moved a million times. */
	if (!(ranges->nr & (ranges->nr - 1)))
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
		__uint128_t first, last;

		if (prefix->tag != tag || prefix->family != family)
			continue;
		first = number_of(&prefix->addr, family);
		/* A shift by as many bits as there are is none. */
		last = first;
		if (prefix->len < le_addr_bits(family))
			last += last_address(family) >> prefix->len;
		if (!before || (before->last < first && before->last + 1 != first))
			ranges_add(ranges, first, last);
		else if (before->last < last)
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
		__uint128_t first = from->list[i].first, last = from->list[i].last;
		bool left = true;

		while (w < what->nr && what->list[w].last < first)
			w++;
		for (; left && w < what->nr && what->list[w].first <= last; w++) {
			if (what->list[w].first > first)
				ranges_add(rest, first, what->list[w].first - 1);
			left = what->list[w].last < last;
			if (!left)
				break;
			first = what->list[w].last + 1;
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
	return ranges->nr == 1 && !ranges->list[0].first &&
	       ranges->list[0].last == last_address(ranges->family);
}

static void add_prefix(struct words *words, __uint128_t first, unsigned int len, u8 family)
{
	struct le_prefix prefix = { .family = family, .len = len };
	unsigned int i, bytes = le_addr_bits(family) / 8;
	char text[LE_PREFIX_TEXT];

	for (i = 0; i < bytes; i++)
		prefix.addr.byte[i] = first >> 8 * (bytes - 1 - i);
	if (len == le_addr_bits(family))
		le_addr_format(text, sizeof(text), &prefix.addr, family);
	else
		le_prefix_format(text, sizeof(text), &prefix);
	words_add(words, text);
}

/**
 * ranges_list() - write a set as the fewest prefixes
 * @ranges: the set
 * @words: list to add them to
 */
void ranges_list(const struct ranges *ranges, struct words *words)
{
	unsigned int bits = le_addr_bits(ranges->family);
	size_t i;

	for (i = 0; i < ranges->nr; i++) {
		__uint128_t first = ranges->list[i].first, last = ranges->list[i].last, size;
		unsigned int len;

		for (;;) {
			/* The largest prefix that begins here and does not go beyond the end. */
			for (len = 0; len < bits; len++) {
				size = last_address(ranges->family) >> len;
				if (!(first & size) && size <= last - first)
					break;
			}
			size = len == bits ? 0 : last_address(ranges->family) >> len;
			add_prefix(words, first, len, ranges->family);
			if (first + size == last)
				break;
			first += size + 1;
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
