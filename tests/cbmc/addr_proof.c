// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves of the search from an IPv6 address to its class, for every address and every table of 1
 * to MAX_SPANS spans: nothing is read beyond the table's arrays, and the class is that which
 * looking at every span, one after the other, gives. The IPv4 trie is not proved here, nor how
 * tables are built, which loops over 65,536 blocks.
 *
 * prove search6 --unwind 7
 * seed search6 search-first-address
 */
#include "lyncedge_addr.c"
#include "proof.h"

#define MAX_SPANS 5

void search6(void)
{
	struct le_key starts[MAX_SPANS], key;
	u32 classes[MAX_SPANS], nr = 1 + any_below(MAX_SPANS), i, want = 0;
	struct le_addr_table t = {
		.starts6 = starts + MAX_SPANS - nr,
		.classes6 = classes + MAX_SPANS - nr,
		.nr_spans6 = nr,
	};
	union le_addr addr;

	ASSUME(!t.starts6[0].hi && !t.starts6[0].lo);
	for (i = 1; i < nr; i++)
		ASSUME(le_key_less(&t.starts6[i - 1], &t.starts6[i]));
	key = le_addr_key(&addr, LE_IPV6);
	for (i = 1; i < nr; i++)
		if (!le_key_less(&key, &t.starts6[i]))
			want = i;
	PROVE(le_addr_class6(&t, &addr) == t.classes6[want]);
}
