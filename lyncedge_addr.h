/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From an address to its class, for any number of prefixes: the lookup structures and how they
 * are built.
 *
 * Theory of operation
 * -------------------
 *
 * The compiler (lyncedge_compile.c) turns all prefixes of a policy into *spans*: the address
 * space cut at every place where the set of memberships changes, each span with the number of
 * its class. Neighbours of one class are joined, so n prefixes make at most 2n + 1 spans,
 * however they nest. A lookup has to find the span that holds an address.
 *
 * Both families start with a root: an array of 65,536 entries, by the first two bytes of the
 * address as they lie in the packet. An entry is either a class, if the whole block below it is
 * of one class, or a node. A node stands for 256 slots, one for each value of the next byte,
 * but stores an entry only where a slot differs from the one before it (a *run*): a 256-bit map
 * has a one where a run starts, and the number of ones up to the slot, less one, is the entry's
 * place. Example, a /16 with 10.1.4.0/22 in class 7 and all else in class 0:
 *
 *     slot      0 1 2 3 4 5 6 7 8 9 ...            runs
 *     map       1 0 0 0 1 0 0 0 1 0 ...     ->     [0] class 0, [1] class 7, [2] class 0
 *     slot 5:   ones in 1 0 0 0 1 0  = 2    ->     run 1 = class 7
 *
 * IPv4: the third byte has a node, and the fourth another. A lookup is one load for a block of
 * one class and two loads and a population count for each further byte, at most two, whatever
 * the number of prefixes. Cost: 256 KiB for the root; then a /24 alone costs about 8 bytes (two
 * runs) plus its share of a 44-byte node, and a host alone in its /24, the worst shape, one
 * node and five runs (64 bytes).
 *
 * IPv6: fourteen more bytes, most of which say nothing. A node names the byte that it decides
 * by, the first in which the starts of the spans below it differ, and what all of them have in
 * common before it. An address that has something else there lies before all of these starts
 * or after all of them, and so in the first or the last span: the node knows both classes. A
 * node looks into one half of the address, so where the starts part in the second half and the
 * first has not been compared to its end, a node for the first half's last byte stands above.
 * Example, 2001:db8:16::10/128 and 2001:db8:10::/64 in a root entry of their own, 2001::/16:
 *
 *     root 2001 -> node: common 0db8 00, decides by the byte 10 or 16
 *                  (2001:500::1 is before, 2001:4860::1 after: done)
 *     slot 10   -> node: common 0db8 0010 00.., first half's last byte; slot 0 -> the /64
 *     slot 16   -> node: first half's last byte;                        slot 0 -> node
 *               -> node: common 0 in the second half, last byte;        slot 10 -> the host
 *
 * A lookup meets as many nodes as there are bytes at which it matters which way they go; a
 * hundred prefixes of any kind take two to four. No address takes more than fourteen. Cost: 256
 * KiB for the root; then 64 bytes a node and four a run.
 *
 * The addresses of the edges themselves are what one end of nearly every packet has. They are
 * kept once more in a small hash table, the *near* table: one probe, and no trie is entered.
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

/* The top bit of an entry tells nodes from classes, the next one how the node is stored. */
#define LE_NODE BIT_ULL(31)
#define LE_BY_RUNS BIT_ULL(30)
#define LE_MAX_CLASSES LE_BY_RUNS
#define LE_NODE_PLACE (LE_BY_RUNS - 1)

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
 * struct le_node6 - a node of the IPv6 trie
 * @node: its slots
 * @first: the half of the address that it looks into, shifted by @shift, at slot 0
 * @below: class of all addresses before
 * @above: class of all addresses after
 * @half: where in the address that half begins, 0 or 8
 * @shift: bits below the slots in that half
 */
struct le_node6 {
	struct le_node node;
	u64 first;
	u32 below;
	u32 above;
	u8 half;
	u8 shift;
};

/* As large as a cache line, and one, where allocations of such sizes begin with one. */
static_assert(sizeof(struct le_node6) == 64);

/*
 * Up to this many nodes of a family are stored *plainly*, all 256 entries of each (256 KiB), which
 * is quicker to look up; most policies have a handful. More are stored by their runs. The entry of
 * a plain IPv4 node is the place of its first entry in @runs4.
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

/**
 * struct le_addr_table - finds the class of an address
 * @root4: entries of the blocks of IPv4, by le_block()
 * @root6: entries of the blocks of IPv6, by le_block()
 * @near4: edges' IPv4 addresses; in a free place nothing is ever found
 * @near6: edges' IPv6 addresses, likewise
 * @multiplier: of the near table's hash
 * @nodes4: nodes of the IPv4 trie
 * @runs4: entries of their runs
 * @nodes6: nodes of the IPv6 trie
 * @runs6: entries of their runs
 * @nr_nodes4: how many
 * @nr_runs4: how many
 * @nr_nodes6: how many
 * @nr_runs6: how many
 */
struct le_addr_table {
	u32 root4[65536];
	u32 root6[65536];
	struct le_near4 near4[LE_NR_NEAR];
	struct le_near6 near6[LE_NR_NEAR];
	u64 multiplier;
	struct le_node *nodes4;
	u32 *runs4;
	struct le_node6 *nodes6;
	u32 *runs6;
	u32 nr_nodes4;
	u32 nr_runs4;
	u32 nr_nodes6;
	u32 nr_runs6;
};

/* The first two bytes of an address, as they are loaded: no byte order has to be mended. */
static inline u16 le_block(const u8 *addr)
{
	u16 block;

	memcpy(&block, addr, sizeof(block));
	return block;
}

static __always_inline u32 le_node_entry(const struct le_node *node, const u32 *runs, u8 slot)
{
	unsigned int word = slot / 64;
	u64 upto = node->map[word] << (63 - slot % 64);

	return runs[node->runs + node->ones[word] + hweight64(upto) - 1];
}

static __always_inline u32 le_entry4(const struct le_addr_table *t, u32 entry, u8 slot, bool runs)
{
	if (runs && entry & LE_BY_RUNS)
		return le_node_entry(&t->nodes4[entry & LE_NODE_PLACE], t->runs4, slot);
	return t->runs4[entry - (u32)LE_NODE + slot];
}

/* The class, given the block's entry; without @runs, of which no node is stored by its runs. */
static __always_inline u32 le_descend4(const struct le_addr_table *t, u32 entry, const u8 *addr,
				       bool runs)
{
	if (entry & LE_NODE)
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
	return le_descend4(t, t->root4[le_block(addr)], addr, true);
}

/* One step down the IPv6 trie: the entry, or the class, that a node has for an address. */
static __always_inline u32 le_entry6(const struct le_addr_table *t, u32 entry, const u8 *addr,
				     bool runs)
{
	const struct le_node6 *node = &t->nodes6[entry & LE_NODE_PLACE];
	__be64 half;
	u64 value;

	memcpy(&half, addr + node->half, sizeof(half));
	value = be64_to_cpu(half) >> node->shift;
	if (value - node->first > 255)
		return value < node->first ? node->below : node->above;
	if (runs && entry & LE_BY_RUNS)
		return le_node_entry(&node->node, t->runs6, value);
	return t->runs6[node->node.runs + (value - node->first)];
}

static __always_inline u32 le_descend6(const struct le_addr_table *t, u32 entry, const u8 *addr,
				       bool runs)
{
	while (entry & LE_NODE)
		entry = le_entry6(t, entry, addr, runs);
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
	return le_descend6(t, t->root6[le_block(addr)], addr, true);
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
