// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves of a search among the spans of an IPv6 block that, for any ascending keys, 1 to MAX_KEYS,
 * and any address, what put_span() lays out and le_search6() looks up stays in its arrays, ends,
 * and is the entry of the first span that does not end before the address, as a walk finds it. That
 * spans are cut rightly into searches is tests/kunit's (lyncedge_addr); of the IPv4 trie nothing is
 * proved, whose nodes of 256 slots are more than a solver takes.
 *
 * prove search_is_walk --unwind 12
 * seed search_is_walk search6-direction
 * seed search_is_walk search6-next-place
 */
#include "lyncedge_addr.c"
#include "proof.h"

/* Four levels of keys, of which the last may be full, empty or in between. */
#define MAX_KEYS 9

static u32 walk(const u64 *lasts, const u32 *entries, u32 nr, u64 value)
{
	u32 i;

	for (i = 0; i < nr; i++)
		if (value <= lasts[i])
			return entries[i];
	return entries[nr];
}

void search_is_walk(void)
{
	u64 lasts[MAX_KEYS], keys[MAX_KEYS + 1], value = nondet_u64();
	u32 given[MAX_KEYS + 1], entries[MAX_KEYS + 1];
	struct searches all = { .keys = keys, .entries = entries };
	const u32 nr = 1 + any_below(MAX_KEYS);
	static struct le_addr_table table;
	struct search search;
	__be64 half;
	u32 i;

	search = begin_search(&all, nr);
	for (i = 0; i <= nr; i++) {
		u64 last = nondet_u64();

		given[i] = nondet_u32();
		if (i < nr) {
			ASSUME(!i || last > lasts[i - 1]);
			lasts[i] = last;
		}
		put_span(&all, &search, last, given[i]);
	}
	PROVE(all.nr == nr + 1);
	table.keys6 = keys;
	table.entries6 = entries;
	half = htobe64(value);
	PROVE(le_search6(&table, entry_of_search(&search), (const u8 *)&half) ==
	      walk(lasts, given, nr, value));
}
