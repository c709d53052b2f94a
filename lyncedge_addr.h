/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From an address to its class, for any number of prefixes: the lookup structures and how they
 * are built.
 *
 * Theory of operation
 * -------------------
 *
 * The compiler (lyncedge_spans.c) turns all prefixes of a policy into *spans*: the address
 * space cut at every place where the set of memberships changes, each span with the number of
 * its class. Neighbours of one class are joined, so n prefixes make at most 2n + 1 spans,
 * however they nest. A lookup has to find the span that holds an address.
 *
 * Both families start with a root: an array of 65,536 entries, by the first two bytes of the
 * address as they lie in the packet. An entry is a class, if the whole block below it is of one
 * class. If not, it says where to go on.
 *
 * IPv4: with a *node*, by the third byte, and perhaps another by the fourth. A node stands for 256
 * slots, one for each value of the byte, but stores an entry only where a slot differs from the one
 * before it (a *run*): a 256-bit map has a one where a run ends, if another follows, and the number
 * of ones before the slot is the entry's place. Example, a /16 with 10.1.4.0/22 in class 7 and all
 * else in class 0:
 *
 *     slot      0 1 2 3 4 5 6 7 8 9 ...            runs
 *     map       0 0 0 1 0 0 0 1 0 0 ...     ->     [0] class 0, [1] class 7, [2] class 0
 *     slot 5:   ones in 0 0 0 1 0    = 1    ->     run 1 = class 7
 *
 * A lookup is one load for a block of one class and two loads and a population count for each
 * further byte, at most two, whatever the number of prefixes. Cost: 256 KiB for the root; then a
 * /24 alone costs about 8 bytes (two runs) plus its share of a 48-byte node, and a host alone in
 * its /24, the worst shape, one node and five runs (68 bytes).
 *
 * IPv6: with a *search* among the spans of the block, by the first half of the address. A span is
 * known by its last address, a *key*, and the keys of a search are an implicit binary tree: that at
 * i has before it those at 2i and behind it those at 2i + 1 (Eytzinger's layout). A step is five
 * instructions and no branch but its bound; the tree's top, which all lookups share, lies together.
 * Where the second half matters, all addresses with that first half are one span of the first
 * search, and its entry is another search, by the second half. Example, 2001:db8:16::10/128 in
 * class 7 and 2001:db8:20::/48 in class 9, in a block of class 0:
 *
 *     first half      up to 2001:db8:15:ffff  0016:0000  001f:ffff  0020:ffff  beyond
 *     entry           class 0                 search     class 0    class 9    class 0
 *     second half     up to ::f  ::10     beyond
 *     entry           class 0    class 7  class 0
 *
 * Lookups grow with the logarithm of the number of spans in a block, whatever their shape: for
 * 1,048,576 prefixes a search has at most 22 steps, and both together at most 42, if half of the
 * spans part in the first half of the address and the others in the second half. Cost: 256 KiB for
 * the root; then 12 bytes a span of a search: 24 for a /64 alone, 60 for a host alone in its /64.
 *
 * The addresses of the edges themselves are what one end of nearly every packet has. They are
 * kept once more in a small hash table, the *near* table: one probe, and nothing else is looked at.
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

/*
 * The top bit of an entry tells classes from where to go on; the next one how an IPv4 node is
 * stored.
 */
#define LE_NODE BIT_ULL(31)
#define LE_BY_RUNS BIT_ULL(30)
#define LE_MAX_CLASSES LE_BY_RUNS

/**
 * struct le_node - 256 slots of the IPv4 trie, by their runs
 * @map: a one where a run ends, but for the last
 * @bases: of each word of @map, place in struct le_addr_table.runs4 of the run of its last slot,
 *	or the next one if it ends there
 */
struct le_node {
	u64 map[4];
	u32 bases[4];
};

/* The entry of such a node is its place in steps of so many bytes; the shift drops the top bits. */
#define LE_NODE_SHIFT 4
#define LE_NODE_STEPS (sizeof(struct le_node) >> LE_NODE_SHIFT)
static_assert(LE_NODE_STEPS << LE_NODE_SHIFT == sizeof(struct le_node));

/*
 * Up to this many nodes are stored *plainly*, all 256 entries of each (256 KiB), which is quicker
 * to look up; most policies have a handful. More are stored by their runs. The entry of a plain
 * node is the place of its first entry in @runs4.
 */
#define LE_MAX_PLAIN_NODES 256

/* Both of the near table's arrays; an edge or two of a pool's size find a place of their own. */
#define LE_NEAR_BITS 10
#define LE_NR_NEAR BIT(LE_NEAR_BITS)
#define LE_NEAR_SHIFT 5

/*
 * What the rules know of an edge's address (le_table.ends) lies beside it, in one cache line; the
 * IPv6 address is as it is loaded from the packet, whatever the byte order.
 */
struct le_near4 {
	u64 ends[2];
	__be32 addr;
	u32 unused[3];
};

struct le_near6 {
	u64 ends[2];
	u64 hi;
	u64 lo;
};

/* Blocks are told by two bytes. */
#define LE_NR_BLOCKS 65536

/**
 * struct le_addr_table - finds the class of an address
 * @root4: entries of the blocks of IPv4, by le_block()
 * @root6: entries of the blocks of IPv6, by le_block()
 * @near4: edges' IPv4 addresses; in a free place nothing is ever found
 * @near6: edges' IPv6 addresses, likewise
 * @multiplier: of the near table's hash
 * @nodes4: nodes of the IPv4 trie
 * @runs4: entries of their runs
 * @keys6: IPv6 searches, each of which begins with the number of its keys, and goes on with them
 * @entries6: entry of the span that ends with the key in the same place; that of the last span,
 *	which has no key, is in the place of the number
 * @nr_nodes4: how many
 * @nr_runs4: how many
 * @nr_keys6: how many places
 */
struct le_addr_table {
	u32 root4[LE_NR_BLOCKS];
	u32 root6[LE_NR_BLOCKS];
	struct le_near4 near4[LE_NR_NEAR];
	struct le_near6 near6[LE_NR_NEAR];
	u64 multiplier;
	struct le_node *nodes4;
	u32 *runs4;
	u64 *keys6;
	u32 *entries6;
	u32 nr_nodes4;
	u32 nr_runs4;
	u32 nr_keys6;
};

/* The first two bytes of an address, as they are loaded: no byte order has to be mended. */
static inline u16 le_block(const u8 *addr)
{
	u16 block;

	memcpy(&block, addr, sizeof(block));
	return block;
}

static __always_inline u32 le_node_entry(const struct le_addr_table *t, u32 entry, u32 slot)
{
	const struct le_node *node = (const void *)t->nodes4 + (entry << LE_NODE_SHIFT);
	u32 word = slot / 64;
	u64 ends = node->map[word] >> slot % 64;

	return t->runs4[node->bases[word] - hweight64(ends)];
}

static __always_inline u32 le_entry4(const struct le_addr_table *t, u32 entry, u32 slot, bool runs)
{
	return runs ? le_node_entry(t, entry, slot) : t->runs4[entry - (u32)LE_NODE + slot];
}

/* The class, given a block's entry that is none; @runs says how all nodes are stored. */
static __always_inline u32 le_descend4(const struct le_addr_table *t, u32 entry, const u8 *addr,
				       bool runs)
{
	entry = le_entry4(t, entry, addr[2], runs);
	if (entry & LE_NODE)
		entry = le_entry4(t, entry, addr[3], runs);
	return entry;
}

/**
 * le_addr_class4() - class of an IPv4 address
 * @t: the table
 * @addr: the address, as it lies in the packet
 *
 * Context: any; in the kernel under RCU, which keeps @t.
 *
 * Return: its class.
 */
static __always_inline u32 le_addr_class4(const struct le_addr_table *t, const u8 *addr)
{
	u32 entry = t->root4[le_block(addr)];

	return entry & LE_NODE ? le_descend4(t, entry, addr, entry & LE_BY_RUNS) : entry;
}

/* The entry that a search has for an address with this half. */
static __always_inline u32 le_search6(const struct le_addr_table *t, u32 entry, const u8 *half)
{
	u32 place = entry - (u32)LE_NODE;
	const u64 *keys = t->keys6 + place;
	u64 nr = keys[0], i = 1, value;
	__be64 bytes;

	memcpy(&bytes, half, sizeof(bytes));
	value = be64_to_cpu(bytes);
	do
		i = 2 * i + 1 - (keys[i] >= value);
	while (i <= nr);
	/* Back to where it last went before a key: that ends the span. If it never did, 0. */
	return t->entries6[place + (i >> (__ffs64(~i) + 1))];
}

/* The class, given a block's entry that is none. */
static __always_inline u32 le_descend6(const struct le_addr_table *t, u32 entry, const u8 *addr)
{
	entry = le_search6(t, entry, addr);
	if (entry & LE_NODE)
		entry = le_search6(t, entry, addr + sizeof(u64));
	return entry;
}

/**
 * le_addr_class6() - class of an IPv6 address
 * @t: the table
 * @addr: the address, as it lies in the packet
 *
 * Context: any; in the kernel under RCU, which keeps @t.
 *
 * Return: its class.
 */
static __always_inline u32 le_addr_class6(const struct le_addr_table *t, const u8 *addr)
{
	u32 entry = t->root6[le_block(addr)];

	return entry & LE_NODE ? le_descend6(t, entry, addr) : entry;
}

/* The place as an offset: the upper bits of the hash are shifted no further than that. */
static_assert(sizeof(struct le_near4) == BIT(LE_NEAR_SHIFT));
static_assert(sizeof(struct le_near6) == BIT(LE_NEAR_SHIFT));
#define LE_NEAR_OFFSETS ((LE_NR_NEAR - 1) << LE_NEAR_SHIFT)

static __always_inline const struct le_near4 *le_near4_place(const struct le_addr_table *t,
							     u32 addr)
{
	u32 hash = addr * (u32)t->multiplier;

	return (const void *)t->near4 +
	       (hash >> (32 - LE_NEAR_BITS - LE_NEAR_SHIFT) & LE_NEAR_OFFSETS);
}

static __always_inline const struct le_near6 *le_near6_place(const struct le_addr_table *t, u64 hi,
							     u64 lo)
{
	u64 hash = (hi ^ lo) * t->multiplier;

	return (const void *)t->near6 +
	       (hash >> (64 - LE_NEAR_BITS - LE_NEAR_SHIFT) & LE_NEAR_OFFSETS);
}

/**
 * le_addr_near4() - look for an IPv4 address in the near table
 * @t: the table
 * @addr: the address, as it lies in the packet
 * @ends: where to put its two bitmaps
 *
 * It is read from the packet twice, where both times an instruction can do it: a register less.
 *
 * Return: true if it is there, and so an edge's; false says nothing.
 */
static __always_inline bool le_addr_near4(const struct le_addr_table *t, const u8 *addr,
					  const u64 **ends)
{
	const __be32 *word = (const __be32 *)addr;
	const struct le_near4 *near = le_near4_place(t, (__force u32)READ_ONCE(*word));

	*ends = near->ends;
	return near->addr == READ_ONCE(*word);
}

/**
 * le_addr_near6() - look for an IPv6 address in the near table
 * @t: the table
 * @addr: the address, as it lies in the packet
 * @ends: where to put its two bitmaps
 *
 * Return: true if it is there, and so an edge's; false says nothing.
 */
static __always_inline bool le_addr_near6(const struct le_addr_table *t, const u8 *addr,
					  const u64 **ends)
{
	const struct le_near6 *near;
	u64 hi, lo;

	memcpy(&hi, addr, sizeof(hi));
	memcpy(&lo, addr + sizeof(hi), sizeof(lo));
	near = le_near6_place(t, hi, lo);
	*ends = near->ends;
	return near->lo == lo && near->hi == hi;
}

static inline bool le_key_less(const struct le_key *a, const struct le_key *b)
{
	return a->hi != b->hi ? a->hi < b->hi : a->lo < b->lo;
}

struct le_key le_addr_key(const union le_addr *addr, u8 family);
int le_addr_build(struct le_addr_table *t, const struct le_span *spans4, u32 nr_spans4,
		  const struct le_span *spans6, u32 nr_spans6);
void le_addr_keep_near(struct le_addr_table *t, const struct le_prefix *hosts, u32 nr,
		       const u64 *ends);
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
	const u8 *bytes = (const u8 *)addr;

	return family == LE_IPV4 ? le_addr_class4(t, bytes) : le_addr_class6(t, bytes);
}

#endif /* LYNCEDGE_ADDR_H */
