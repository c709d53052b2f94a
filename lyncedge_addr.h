/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From an address to its class, for any number of prefixes: the two lookup structures and how
 * they are built.
 *
 * Theory of operation
 * -------------------
 *
 * The compiler (lyncedge_rules.c) turns all prefixes of a policy into *spans*: the address
 * space cut at every place where the set of memberships changes, each span with the number of
 * its class. Neighbours of one class are joined, so n prefixes make at most 2n + 1 spans,
 * however they nest. A lookup has to find the span that holds an address.
 *
 * IPv4: a trie of three levels, 16 + 8 + 8 bits. The root is an array of 65,536 entries. An
 * entry is either a class, if the whole block below it is of one class, or a node. A node
 * stands for 256 slots, but stores an entry only where a slot differs from the one before it (a
 * *run*): a 256-bit map has a one where a run starts, and the number of ones up to the slot,
 * less one, is the entry's place. Example, a /16 with 10.1.4.0/22 in class 7 and all else in
 * class 0:
 *
 *     slot      0 1 2 3 4 5 6 7 8 9 ...            runs
 *     map       1 0 0 0 1 0 0 0 1 0 ...     ->     [0] class 0, [1] class 7, [2] class 0
 *     slot 5:   ones in 1 0 0 0 1 0  = 2    ->     run 1 = class 7
 *
 * A lookup is one load for a block of one class and two loads and a population count for each
 * further level, at most three levels, whatever the number of prefixes. Cost: 256 KiB for the
 * root; then a /24 alone costs about 8 bytes (two runs) plus its share of a 44-byte node, and a
 * host alone in its /24, the worst shape, one node and five runs (64 bytes).
 *
 * IPv6: the starts of the spans, sorted, and a binary search: log2(spans) steps of the same
 * cost for every shape (24 bytes a span). A policy with few prefixes takes four or five steps,
 * a million prefixes twenty-one.
 */
#ifndef LYNCEDGE_ADDR_H
#define LYNCEDGE_ADDR_H

#include "lyncedge_inet.h"

/* An address as a number in host byte order; IPv4 is in lo. */
struct le_key {
	u64 hi;
	u64 lo;
};

/**
 * struct le_span - addresses of one class, up to the start of the next span
 * @start: first address
 * @class: number of their class, below LE_MAX_CLASSES
 */
struct le_span {
	struct le_key start;
	u32 class;
};

/* The top bit of an entry of the IPv4 trie tells nodes from classes. */
#define LE_NODE BIT_ULL(31)
#define LE_MAX_CLASSES LE_NODE

/**
 * struct le_node - 256 slots of the IPv4 trie, by their runs
 * @map: a one where a run starts; slot 0 always starts one
 * @ones: ones in the words of @map before each
 * @runs: place of the first run in struct le_addr_table.runs
 */
struct le_node {
	u64 map[4];
	u8 ones[4];
	u32 runs;
};

/**
 * struct le_addr_table - finds the class of an address
 * @root: entries of the 65,536 blocks of IPv4
 * @nodes: nodes of the trie below
 * @runs: entries of the nodes' runs
 * @starts6: first address of each IPv6 span, ascending; the first is ::
 * @classes6: their classes
 * @nr_spans6: how many, at least 1
 */
struct le_addr_table {
	u32 *root;
	struct le_node *nodes;
	u32 *runs;
	struct le_key *starts6;
	u32 *classes6;
	u32 nr_spans6;
	u32 nr_nodes;
	u32 nr_runs;
};

static inline u32 le_node_entry(const struct le_addr_table *t, u32 entry, u8 slot)
{
	const struct le_node *node = &t->nodes[entry & ~(u32)LE_NODE];
	unsigned int word = slot / 64;
	u64 upto = node->map[word] << (63 - slot % 64);

	return t->runs[node->runs + node->ones[word] + hweight64(upto) - 1];
}

/**
 * le_addr_class4() - class of an IPv4 address
 * @t: the table
 * @addr: the address
 *
 * Context: any; in the kernel under RCU, which keeps @t.
 *
 * Return: its class.
 */
static inline u32 le_addr_class4(const struct le_addr_table *t, __be32 addr)
{
	u32 a = ntohl(addr);
	u32 entry = t->root[a >> 16];

	if (entry & LE_NODE)
		entry = le_node_entry(t, entry, a >> 8);
	if (entry & LE_NODE)
		entry = le_node_entry(t, entry, a);
	return entry;
}

static inline bool le_key_less(const struct le_key *a, const struct le_key *b)
{
	return a->hi != b->hi ? a->hi < b->hi : a->lo < b->lo;
}

struct le_key le_addr_key(const union le_addr *addr, u8 family);
u32 le_addr_class6(const struct le_addr_table *t, const union le_addr *addr);
int le_addr_build(struct le_addr_table *t, const struct le_span *spans4, u32 nr_spans4,
		  const struct le_span *spans6, u32 nr_spans6);
void le_addr_destroy(struct le_addr_table *t);

/**
 * le_addr_class() - class of an address
 * @t: the table
 * @addr: the address
 * @family: LE_IPV4 or LE_IPV6
 *
 * Context: any; in the kernel under RCU, which keeps @t.
 *
 * Return: its class.
 */
static inline u32 le_addr_class(const struct le_addr_table *t, const union le_addr *addr, u8 family)
{
	return likely(family == LE_IPV4) ? le_addr_class4(t, addr->v4) : le_addr_class6(t, addr);
}

#endif /* LYNCEDGE_ADDR_H */
