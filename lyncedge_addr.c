// SPDX-License-Identifier: GPL-2.0-only
/*
 * Builds the address tables that lyncedge_addr.h explains. Where spans come from is the
 * compiler's business (lyncedge_compile.c).
 */
#include "lyncedge_addr.h"
#include "lyncedge_list.h"

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

/* The most nodes on the way to an address: one for each byte after the root's two. */
#define LE_MAX_DEPTH 14

/* Runs of slots with the same entry: where they start, and the entry. */
struct runs {
	u32 nr;
	u8 starts[256];
	u32 entries[256];
};

/*
 * A trie under construction. Its arrays grow with it: how large they will be is known only when
 * it is built.
 */
struct trie {
	u8 family;
	bool plain;
	bool out_of_memory;
	u32 *root;
	/* struct le_node or struct le_node6. */
	void *nodes;
	u32 *runs;
	u32 nr_nodes;
	u32 nr_runs;
	u32 node_room;
	u32 run_room;
	const struct le_span *spans;
	u32 nr_spans;
	/* Of the nodes that are under construction, by their depth. */
	struct runs runs_of[LE_MAX_DEPTH];
};

/*
 * Part of the spans: the one that holds the first address of a block, and those that start
 * further on in it.
 */
struct part {
	const struct le_span *first;
	const struct le_span *last;
};

static void add_run(struct runs *runs, unsigned int slot, u32 entry)
{
	if (runs->nr && runs->entries[runs->nr - 1] == entry)
		return;
	runs->starts[runs->nr] = slot;
	runs->entries[runs->nr++] = entry;
}

/* Says in the node where runs start, and how many do before each word of the map. */
static void map_runs(struct le_node *node, const struct runs *runs)
{
	unsigned int word;
	u32 i;

	for (i = 0; i < runs->nr; i++)
		node->map[runs->starts[i] / 64] |= BIT_ULL(runs->starts[i] % 64);
	for (word = 1; word < 4; word++)
		node->ones[word] = node->ones[word - 1] + hweight64(node->map[word - 1]);
}

/* The entry of each slot. */
static void spread_runs(u32 *entries, const struct runs *runs)
{
	unsigned int slot;
	u32 i = 0;

	for (slot = 0; slot < 256; slot++) {
		if (i + 1 < runs->nr && runs->starts[i + 1] == slot)
			i++;
		entries[slot] = runs->entries[i];
	}
}

static size_t node_size(const struct trie *trie)
{
	return trie->family == LE_IPV4 ? sizeof(struct le_node) : sizeof(struct le_node6);
}

/* The number of a new node. */
static u32 add_node(struct trie *trie)
{
	void *nodes = le_list_grow(trie->nodes, &trie->node_room, trie->nr_nodes + 1,
				   node_size(trie));

	if (nodes)
		trie->nodes = nodes;
	else
		trie->out_of_memory = true;
	return trie->nr_nodes++;
}

static void store_runs(struct trie *trie, struct le_node *node, const struct runs *runs)
{
	u32 nr = trie->plain ? 256 : runs->nr;
	u32 *list = le_list_grow(trie->runs, &trie->run_room, trie->nr_runs + nr, sizeof(*list));

	if (!list) {
		trie->out_of_memory = true;
		return;
	}
	trie->runs = list;
	node->runs = trie->nr_runs;
	trie->nr_runs += nr;
	if (trie->plain) {
		spread_runs(trie->runs + node->runs, runs);
		return;
	}
	map_runs(node, runs);
	memcpy(trie->runs + node->runs, runs->entries, nr * sizeof(*runs->entries));
}

/*
 * The part that a block has of the spans from @from on: all that start in it, up to @last, and
 * the one before.
 */
static struct part part_of(const struct le_span *from, const struct le_span *last,
			   const struct le_key *start, const struct le_key *end)
{
	struct part part = { .first = from };

	while (part.first < last && !le_key_less(start, &part.first[1].start))
		part.first++;
	part.last = part.first;
	while (part.last < last && !le_key_less(end, &part.last[1].start))
		part.last++;
	return part;
}

/* Nothing else starts in what is left of it. */
static bool is_last(const struct part *part)
{
	return part->first == part->last;
}

static u32 build4(struct trie *trie, struct part part, u32 first, unsigned int depth);

/* The entry of the 2^bits addresses from @first on. */
static u32 entry4(struct trie *trie, struct part *rest, u32 first, unsigned int bits,
		  unsigned int depth)
{
	const struct le_key start = { .lo = first }, end = { .lo = first | (BIT(bits) - 1) };
	struct part part = part_of(rest->first, rest->last, &start, &end);

	rest->first = part.last;
	if (is_last(&part))
		return part.first->class;
	return build4(trie, part, first, depth);
}

/* Depth 0 decides by an address's third byte, depth 1 by its fourth. */
static u32 build4(struct trie *trie, struct part part, u32 first, unsigned int depth)
{
	unsigned int bits = depth ? 0 : 8, slot, next;
	struct runs *runs = &trie->runs_of[depth];
	struct le_node node = { .runs = 0 };
	u32 number = add_node(trie);

	runs->nr = 0;
	for (slot = 0; slot < 256; slot = next) {
		add_run(runs, slot, entry4(trie, &part, first + (slot << bits), bits, depth + 1));
		next = is_last(&part) ? 256 : (part.first[1].start.lo - first) >> bits;
		/* Up to where another span starts there is but one class. */
		if (next > slot + 1)
			add_run(runs, slot + 1, part.first->class);
	}
	store_runs(trie, &node, runs);
	if (!trie->out_of_memory)
		((struct le_node *)trie->nodes)[number] = node;
	return trie->plain ? node.runs | LE_NODE : number | LE_NODE | LE_BY_RUNS;
}

/* The place of a byte of an address: its half, and the bits below it there. */
static unsigned int shift_of(unsigned int byte)
{
	return 56 - byte % 8 * 8;
}

static u64 half_of(const struct le_key *key, unsigned int byte)
{
	return byte < 8 ? key->hi : key->lo;
}

/* The first byte in which two keys differ; they do. */
static unsigned int differing_byte(const struct le_key *a, const struct le_key *b)
{
	u64 hi = a->hi ^ b->hi, lo = a->lo ^ b->lo;

	return hi ? (64 - fls64(hi)) / 8 : 8 + (64 - fls64(lo)) / 8;
}

/* The last byte of a key that is not 0: what comes after it needs no decision. */
static unsigned int last_byte(const struct le_key *key)
{
	if (key->lo)
		return 15 - __ffs64(key->lo) / 8;
	return key->hi ? 7 - __ffs64(key->hi) / 8 : 0;
}

/*
 * The byte that a node for these spans decides by. The first half has to be compared to its end
 * before the second is looked into.
 */
static unsigned int deciding_byte(struct part part, unsigned int compared)
{
	const struct le_key *first = &part.first[1].start, *last = &part.last->start;
	unsigned int byte = first == last ? last_byte(first) : differing_byte(first, last);

	return byte >= 8 && compared < 8 ? 7 : byte;
}

/* The addresses that share all bytes up to the deciding one with @like, and have @slot there. */
static void slot_ends(const struct le_node6 *node, const struct le_key *like, unsigned int slot,
		      struct le_key *start, struct le_key *end)
{
	u64 value = (node->first + slot) << node->shift;
	u64 below = BIT_ULL(node->shift) - 1;

	if (node->half) {
		*start = (struct le_key){ .hi = like->hi, .lo = value };
		*end = (struct le_key){ .hi = like->hi, .lo = value | below };
	} else {
		*start = (struct le_key){ .hi = value };
		*end = (struct le_key){ .hi = value | below, .lo = ~0ULL };
	}
}

static u32 build6(struct trie *trie, struct part part, unsigned int compared, unsigned int depth);

static u32 entry6(struct trie *trie, struct part *rest, const struct le_node6 *node,
		  const struct le_key *like, unsigned int slot, unsigned int compared,
		  unsigned int depth)
{
	struct le_key start, end;
	struct part part;

	slot_ends(node, like, slot, &start, &end);
	part = part_of(rest->first, rest->last, &start, &end);
	rest->first = part.last;
	if (is_last(&part))
		return part.first->class;
	return build6(trie, part, compared, depth);
}

/* Calls itself at most LE_MAX_DEPTH deep: @compared grows. */
static u32 build6(struct trie *trie, struct part part, unsigned int compared, unsigned int depth)
{
	unsigned int byte = deciding_byte(part, compared), slot, next;
	const struct le_key *like = &part.first[1].start;
	struct runs *runs = &trie->runs_of[depth];
	u32 number = add_node(trie);
	struct le_node6 node = {
		.first = half_of(like, byte) >> shift_of(byte) & ~255ULL,
		.below = part.first->class,
		.above = part.last->class,
		.half = byte / 8 * 8,
		.shift = shift_of(byte),
	};

	runs->nr = 0;
	for (slot = 0; slot < 256; slot = next) {
		add_run(runs, slot, entry6(trie, &part, &node, like, slot, byte + 1, depth + 1));
		next = is_last(&part) ? 256 :
		       (half_of(&part.first[1].start, byte) >> node.shift) - node.first;
		if (next > slot + 1)
			add_run(runs, slot + 1, part.first->class);
	}
	store_runs(trie, &node.node, runs);
	if (!trie->out_of_memory)
		((struct le_node6 *)trie->nodes)[number] = node;
	return number | LE_NODE | (trie->plain ? 0 : LE_BY_RUNS);
}

static void block_ends(u8 family, u32 block, struct le_key *start, struct le_key *end)
{
	if (family == LE_IPV4) {
		*start = (struct le_key){ .lo = block << 16 };
		*end = (struct le_key){ .lo = start->lo | 0xffff };
	} else {
		*start = (struct le_key){ .hi = (u64)block << 48 };
		*end = (struct le_key){ .hi = start->hi | 0xffffffffffffULL, .lo = ~0ULL };
	}
}

static u32 block_of(u8 family, const struct le_key *key)
{
	return family == LE_IPV4 ? key->lo >> 16 : key->hi >> 48;
}

/* The entry of a block; @rest begins with the span that holds the last address before it. */
static u32 entry_of(struct trie *trie, struct part *rest, u32 block)
{
	struct le_key start, end;
	struct part part;

	/* Most blocks have no start of a span in them. */
	if (is_last(rest) || block_of(trie->family, &rest->first[1].start) > block)
		return rest->first->class;
	block_ends(trie->family, block, &start, &end);
	part = part_of(rest->first, rest->last, &start, &end);
	rest->first = part.last;
	if (is_last(&part))
		return part.first->class;
	return trie->family == LE_IPV4 ? build4(trie, part, block << 16, 0) :
					 build6(trie, part, 2, 0);
}

static void build_root(struct trie *trie)
{
	struct part rest = { .first = trie->spans, .last = trie->spans + trie->nr_spans - 1 };
	u32 block;

	trie->nr_nodes = 0;
	trie->nr_runs = 0;
	for (block = 0; block < 65536 && !trie->out_of_memory; block++) {
		__be16 bytes = htons(block);

		trie->root[le_block((const u8 *)&bytes)] = entry_of(trie, &rest, block);
		if (block % 256 == 0)
			cond_resched();
	}
}

static int trim(struct trie *trie)
{
	void *nodes, *runs;

	nodes = le_list_trim(trie->nodes, trie->node_room, trie->nr_nodes, node_size(trie));
	if (nodes)
		trie->nodes = nodes;
	runs = le_list_trim(trie->runs, trie->run_room, trie->nr_runs, sizeof(*trie->runs));
	if (runs)
		trie->runs = runs;
	return nodes && runs ? 0 : -ENOMEM;
}

/* As much as prefixes that are spread out take; moving arrays is a good part of the whole work. */
static int make_room(struct trie *trie)
{
	bool v4 = trie->family == LE_IPV4;

	trie->node_room = (v4 ? trie->nr_spans / 3 : trie->nr_spans - trie->nr_spans / 4) + 1;
	trie->run_room = (v4 ? trie->nr_spans + trie->nr_spans / 2 : 3 * trie->nr_spans) + 1;
	trie->nodes = kvmalloc_array(trie->node_room, node_size(trie), GFP_KERNEL);
	trie->runs = kvmalloc_array(trie->run_room, sizeof(*trie->runs), GFP_KERNEL);
	return trie->nodes && trie->runs ? 0 : -ENOMEM;
}

/* How many nodes there are decides how they are stored: few are built again, plainly. */
static int build_trie(struct trie *trie)
{
	if (make_room(trie))
		return -ENOMEM;
	build_root(trie);
	if (trie->nr_nodes <= LE_MAX_PLAIN_NODES) {
		trie->plain = true;
		build_root(trie);
	}
	return trie->out_of_memory ? -ENOMEM : trim(trie);
}

static int build_family(struct le_addr_table *t, u8 family, const struct le_span *spans,
			u32 nr_spans)
{
	struct trie *trie = kvzalloc(sizeof(*trie), GFP_KERNEL);
	int err;

	if (!trie)
		return -ENOMEM;
	trie->family = family;
	trie->root = family == LE_IPV4 ? t->root4 : t->root6;
	trie->spans = spans;
	trie->nr_spans = nr_spans;
	err = build_trie(trie);
	if (family == LE_IPV4) {
		t->nodes4 = trie->nodes;
		t->runs4 = trie->runs;
		t->nr_nodes4 = trie->nr_nodes;
		t->nr_runs4 = trie->nr_runs;
	} else {
		t->nodes6 = trie->nodes;
		t->runs6 = trie->runs;
		t->nr_nodes6 = trie->nr_nodes;
		t->nr_runs6 = trie->nr_runs;
	}
	kvfree(trie);
	return err;
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
	int err = build_family(t, LE_IPV4, spans4, nr_spans4);

	if (!err)
		err = build_family(t, LE_IPV6, spans6, nr_spans6);
	if (!err)
		le_addr_keep_near(t, NULL, 0, NULL);
	return err;
}

/*
 * Nothing may be found in a free place: it holds an address that is looked for elsewhere. That
 * is 0.0.0.0 or ::, whose place is the first, and there another one.
 */
static void clear_near(struct le_addr_table *t)
{
	u32 elsewhere = 1;

	memset(t->near4, 0, sizeof(t->near4));
	memset(t->near6, 0, sizeof(t->near6));
	while (le_near4_place(t, elsewhere) == t->near4 ||
	       le_near6_place(t, 0, elsewhere) == t->near6)
		elsewhere++;
	t->near4[0].addr = (__force __be32)elsewhere;
	t->near6[0].lo = elsewhere;
}

static bool is_free4(const struct le_addr_table *t, const struct le_near4 *near)
{
	return le_near4_place(t, (__force u32)near->addr) != near;
}

static bool is_free6(const struct le_addr_table *t, const struct le_near6 *near)
{
	return le_near6_place(t, near->hi, near->lo) != near;
}

/* Whether the address had a place of its own. */
static bool keep_near4(struct le_addr_table *t, const union le_addr *addr, const u64 *ends)
{
	struct le_near4 *near = t->near4 + (le_near4_place(t, (__force u32)addr->v4) - t->near4);
	bool own = is_free4(t, near) || near->addr == addr->v4;

	near->addr = addr->v4;
	memcpy(near->ends, ends + le_addr_class4(t, addr->byte), sizeof(near->ends));
	return own;
}

static bool keep_near6(struct le_addr_table *t, const union le_addr *addr, const u64 *ends)
{
	struct le_near6 *near;
	u64 hi, lo;
	bool own;

	memcpy(&hi, addr->byte, sizeof(hi));
	memcpy(&lo, addr->byte + sizeof(hi), sizeof(lo));
	near = t->near6 + (le_near6_place(t, hi, lo) - t->near6);
	own = is_free6(t, near) || (near->hi == hi && near->lo == lo);
	near->hi = hi;
	near->lo = lo;
	memcpy(near->ends, ends + le_addr_class6(t, addr->byte), sizeof(near->ends));
	return own;
}

static u32 keep_all(struct le_addr_table *t, const struct le_prefix *hosts, u32 nr,
		    const u64 *ends)
{
	u32 i, lost = 0;

	clear_near(t);
	for (i = 0; i < nr; i++) {
		if (hosts[i].family == LE_IPV4)
			lost += !keep_near4(t, &hosts[i].addr, ends);
		else
			lost += !keep_near6(t, &hosts[i].addr, ends);
	}
	return lost;
}

/* Multipliers to try: with few hosts one of the first finds each a place of its own. */
#define LE_NEAR_TRIES 32
/* 2^64 / golden ratio (Knuth, vol. 3, sec. 6.4). */
#define LE_GOLDEN 0x9e3779b97f4a7c15ULL

/**
 * le_addr_keep_near() - fill the near table
 * @t: the table, built
 * @hosts: the addresses to keep, as prefixes of full length; of two that want the same place
 *	one is lost, and takes as long as any other address
 * @nr: how many
 * @ends: what is kept beside each, two words by its class
 *
 * Context: process.
 */
void le_addr_keep_near(struct le_addr_table *t, const struct le_prefix *hosts, u32 nr,
		       const u64 *ends)
{
	unsigned int try;

	for (try = 0; try < LE_NEAR_TRIES; try++) {
		/* Both halves are used, and both are odd. */
		t->multiplier = LE_GOLDEN * (2 * try + 1) | BIT_ULL(32) | 1;
		if (!keep_all(t, hosts, nr, ends))
			return;
	}
}

/**
 * le_addr_destroy() - free what le_addr_build() made
 * @t: the table, built wholly, in part or (zeroed) not at all
 */
void le_addr_destroy(struct le_addr_table *t)
{
	kvfree(t->nodes4);
	kvfree(t->runs4);
	kvfree(t->nodes6);
	kvfree(t->runs6);
}
