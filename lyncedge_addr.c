// SPDX-License-Identifier: GPL-2.0-only
/*
 * Builds the address tables that lyncedge_addr.h explains, and looks IPv6 up in them. Where
 * spans come from is the compiler's business (lyncedge_rules.c).
 */
#include "lyncedge_addr.h"

/**
 * le_addr_key() - an address as a number
 * @addr: the address
 * @family: LE_IPV4 or LE_IPV6
 *
 * Return: the number, comparable within a family.
 */
struct le_key le_addr_key(const union le_addr *addr, u8 family)
{
	struct le_key key = { 0 };

	if (family == LE_IPV4) {
		key.lo = ntohl(addr->v4);
		return key;
	}
	key.hi = (u64)ntohl(addr->word[0]) << 32 | ntohl(addr->word[1]);
	key.lo = (u64)ntohl(addr->word[2]) << 32 | ntohl(addr->word[3]);
	return key;
}

/**
 * le_addr_class6() - class of an IPv6 address
 * @t: the table
 * @addr: the address
 *
 * Context: any; in the kernel under RCU, which keeps @t.
 *
 * Return: its class.
 */
u32 le_addr_class6(const struct le_addr_table *t, const union le_addr *addr)
{
	struct le_key key = le_addr_key(addr, LE_IPV6);
	u32 first = 0, n = t->nr_spans6;

	/*
	 * The span sought is one of n from first on; both branches keep that, and the last one
	 * is it.
	 */
	while (n > 1) {
		u32 half = n / 2;

		if (!le_key_less(&key, &t->starts6[first + half]))
			first += half;
		n -= half;
	}
	return t->classes6[first];
}

/*
 * A trie under construction. It is built twice: the first time only counted, with no arrays,
 * the second time into arrays of the right size.
 */
struct trie {
	u32 *root;
	struct le_node *nodes;
	u32 *runs;
	u32 nr_nodes;
	u32 nr_runs;
	/*
	 * The spans that are left: the first of them holds the first address of the block that
	 * is next.
	 */
	const struct le_span *span;
	const struct le_span *end;
	/* Entries of the node that is under construction on each of the two levels. */
	u32 entries[2][256];
};

static u32 build_node(struct trie *trie, u32 first, unsigned int slot_bits);

/*
 * The entry of the block of 2^bits addresses from first on; leaves trie->span at the block that
 * follows.
 */
static u32 build_entry(struct trie *trie, u32 first, unsigned int bits)
{
	u64 next = (u64)first + BIT_ULL(bits);
	u32 entry;

	if (trie->span + 1 == trie->end || trie->span[1].start.lo >= next)
		entry = trie->span->class;
	else
		entry = build_node(trie, first, bits - 8);
	if (trie->span + 1 < trie->end && trie->span[1].start.lo == next)
		trie->span++;
	return entry;
}

static u32 build_node(struct trie *trie, u32 first, unsigned int slot_bits)
{
	u32 *entries = trie->entries[slot_bits ? 0 : 1];
	struct le_node node = { .runs = 0 };
	u32 number = trie->nr_nodes++;
	unsigned int slot, nr = 0;

	for (slot = 0; slot < 256; slot++) {
		u32 entry = build_entry(trie, first + (slot << slot_bits), slot_bits);

		if (slot % 64 == 0)
			node.ones[slot / 64] = nr;
		if (nr && entries[nr - 1] == entry)
			continue;
		node.map[slot / 64] |= BIT_ULL(slot % 64);
		entries[nr++] = entry;
	}
	node.runs = trie->nr_runs;
	trie->nr_runs += nr;
	if (trie->nodes) {
		trie->nodes[number] = node;
		memcpy(trie->runs + node.runs, entries, nr * sizeof(*entries));
	}
	return number | LE_NODE;
}

static void build_root(struct trie *trie, const struct le_span *spans, u32 nr_spans)
{
	u32 block;

	trie->nr_nodes = 0;
	trie->nr_runs = 0;
	trie->span = spans;
	trie->end = spans + nr_spans;
	for (block = 0; block < 65536; block++) {
		u32 entry = build_entry(trie, block << 16, 16);

		if (trie->root)
			trie->root[block] = entry;
		if (block % 256 == 0)
			cond_resched();
	}
}

static int build4(struct le_addr_table *t, const struct le_span *spans, u32 nr_spans)
{
	struct trie *trie = kvzalloc(sizeof(*trie), GFP_KERNEL);
	int err = -ENOMEM;

	if (!trie)
		return -ENOMEM;
	build_root(trie, spans, nr_spans);
	/* One more than needed, since an allocation of nothing is not a pointer to be relied on. */
	t->root = kvmalloc_array(65536, sizeof(*t->root), GFP_KERNEL);
	t->nodes = kvmalloc_array(trie->nr_nodes + 1, sizeof(*t->nodes), GFP_KERNEL);
	t->runs = kvmalloc_array(trie->nr_runs + 1, sizeof(*t->runs), GFP_KERNEL);
	if (!t->root || !t->nodes || !t->runs)
		goto out;
	trie->root = t->root;
	trie->nodes = t->nodes;
	trie->runs = t->runs;
	build_root(trie, spans, nr_spans);
	t->nr_nodes = trie->nr_nodes;
	t->nr_runs = trie->nr_runs;
	err = 0;
out:
	kvfree(trie);
	return err;
}

static int build6(struct le_addr_table *t, const struct le_span *spans, u32 nr_spans)
{
	u32 i;

	t->starts6 = kvmalloc_array(nr_spans, sizeof(*t->starts6), GFP_KERNEL);
	t->classes6 = kvmalloc_array(nr_spans, sizeof(*t->classes6), GFP_KERNEL);
	if (!t->starts6 || !t->classes6)
		return -ENOMEM;
	for (i = 0; i < nr_spans; i++) {
		t->starts6[i] = spans[i].start;
		t->classes6[i] = spans[i].class;
	}
	t->nr_spans6 = nr_spans;
	return 0;
}

/**
 * le_addr_build() - build the tables of both families
 * @t: zeroed table
 * @spans4: IPv4 spans, ascending; the first starts at 0.0.0.0
 * @nr_spans4: how many, at least 1
 * @spans6: IPv6 spans, likewise
 * @nr_spans6: how many, at least 1
 *
 * Context: process; may sleep.
 *
 * Return: 0, or -ENOMEM; the caller calls le_addr_destroy() either way.
 */
int le_addr_build(struct le_addr_table *t, const struct le_span *spans4, u32 nr_spans4,
		  const struct le_span *spans6, u32 nr_spans6)
{
	int err = build4(t, spans4, nr_spans4);

	return err ? err : build6(t, spans6, nr_spans6);
}

/**
 * le_addr_destroy() - free what le_addr_build() made
 * @t: the table, built wholly, in part or (zeroed) not at all
 */
void le_addr_destroy(struct le_addr_table *t)
{
	kvfree(t->root);
	kvfree(t->nodes);
	kvfree(t->runs);
	kvfree(t->starts6);
	kvfree(t->classes6);
}
