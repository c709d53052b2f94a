// SPDX-License-Identifier: GPL-2.0-only
/*
 * Builds the address tables that lyncedge_addr.h explains. Where spans come from is the
 * compiler's business (lyncedge_spans.c).
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

/* The most nodes on the way to an IPv4 address: one for each byte after the root's two. */
#define LE_MAX_DEPTH 2

/* Runs of slots with the same entry: where they start, and the entry. */
struct runs {
	u32 nr;
	u8 starts[256];
	u32 entries[256];
};

/*
 * The IPv4 trie under construction. Its arrays grow with it: how large they will be is known only
 * when it is built.
 */
struct trie {
	bool plain;
	bool out_of_memory;
	u32 *root;
	struct le_node *nodes;
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

/* Says in the node where runs end, the first of which is at @place. */
static void map_runs(struct le_node *node, const struct runs *runs, u32 place)
{
	unsigned int word;
	u32 i;

	for (i = 1; i < runs->nr; i++) {
		unsigned int end = runs->starts[i] - 1;

		node->map[end / 64] |= BIT_ULL(end % 64);
	}
	for (word = 0; word < 4; word++) {
		place += hweight64(node->map[word]);
		node->bases[word] = place;
	}
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

/* The number of a new node. */
static u32 add_node(struct trie *trie)
{
	struct le_node *nodes = le_list_grow(trie->nodes, &trie->node_room, trie->nr_nodes + 1,
					     sizeof(*nodes));

	if (nodes)
		trie->nodes = nodes;
	else
		trie->out_of_memory = true;
	return trie->nr_nodes++;
}

/* Stores the runs of a node; where. */
static u32 store_runs(struct trie *trie, const struct runs *runs)
{
	u32 nr = trie->plain ? 256 : runs->nr, place = trie->nr_runs;
	u32 *list = le_list_grow(trie->runs, &trie->run_room, place + nr, sizeof(*list));

	if (!list) {
		trie->out_of_memory = true;
		return 0;
	}
	trie->runs = list;
	trie->nr_runs += nr;
	if (trie->plain)
		spread_runs(list + place, runs);
	else
		memcpy(list + place, runs->entries, nr * sizeof(*list));
	return place;
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
	struct le_node node = { .map = { 0 } };
	u32 number = add_node(trie), place;

	runs->nr = 0;
	for (slot = 0; slot < 256; slot = next) {
		add_run(runs, slot, entry4(trie, &part, first + (slot << bits), bits, depth + 1));
		next = is_last(&part) ? 256 : (part.first[1].start.lo - first) >> bits;
		/* Up to where another span starts there is but one class. */
		if (next > slot + 1)
			add_run(runs, slot + 1, part.first->class);
	}
	place = store_runs(trie, runs);
	map_runs(&node, runs, place);
	if (!trie->out_of_memory)
		trie->nodes[number] = node;
	return trie->plain ? place | LE_NODE : number * LE_NODE_STEPS | LE_NODE | LE_BY_RUNS;
}

static u32 *root_entry(u32 *root, u32 block)
{
	__be16 bytes = htons(block);

	return root + le_block((const u8 *)&bytes);
}

/*
 * The entries of blocks from @block up to @end, in which no span starts. The root is zeroed, and
 * most blocks of most policies are of class 0: they are not even touched.
 */
static void fill_root(u32 *root, u32 block, u32 end, u32 class)
{
	for (; class && block < end; block++)
		*root_entry(root, block) = class;
}

/* Goes from block to block in which a span starts; @rest begins with the span before that. */
static void build_root(struct trie *trie)
{
	struct part rest = { .first = trie->spans, .last = trie->spans + trie->nr_spans - 1 };
	u32 block, next;

	trie->nr_nodes = 0;
	trie->nr_runs = 0;
	for (block = 0; block < LE_NR_BLOCKS && !trie->out_of_memory; block = next) {
		*root_entry(trie->root, block) = entry4(trie, &rest, block << 16, 16, 0);
		next = is_last(&rest) ? LE_NR_BLOCKS : rest.first[1].start.lo >> 16;
		fill_root(trie->root, block + 1, next, rest.first->class);
		cond_resched();
	}
}

static int trim(struct trie *trie)
{
	void *nodes, *runs;

	nodes = le_list_trim(trie->nodes, trie->node_room, trie->nr_nodes, sizeof(*trie->nodes));
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
	trie->node_room = trie->nr_spans / 3 + 1;
	trie->run_room = trie->nr_spans + trie->nr_spans / 2 + 1;
	trie->nodes = kvmalloc_array(trie->node_room, sizeof(*trie->nodes), GFP_KERNEL);
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

static int build_ipv4(struct le_addr_table *t, const struct le_span *spans, u32 nr_spans)
{
	struct trie *trie = kvzalloc(sizeof(*trie), GFP_KERNEL);
	int err;

	if (!trie)
		return -ENOMEM;
	trie->root = t->root4;
	trie->spans = spans;
	trie->nr_spans = nr_spans;
	err = build_trie(trie);
	t->nodes4 = trie->nodes;
	t->runs4 = trie->runs;
	t->nr_nodes4 = trie->nr_nodes;
	t->nr_runs4 = trie->nr_runs;
	kvfree(trie);
	return err;
}

/*
 * IPv6 searches under construction: first without arrays, to know how many places they take, then
 * with.
 */
struct searches {
	u64 *keys;
	u32 *entries;
	u32 nr;
};

/* One of them, which is filled from the first span to the last: at the place @at of @nr keys. */
struct search {
	u32 place;
	u32 nr;
	u32 at;
};

/* As far before all as it goes, from @at on. */
static u32 leftmost(u32 at, u32 nr)
{
	while (2 * at <= nr)
		at *= 2;
	return at;
}

/* The place of the next key, in ascending order; 0 if there is none. */
static u32 next_place(u32 at, u32 nr)
{
	if (2 * at + 1 <= nr)
		return leftmost(2 * at + 1, nr);
	return at >> (__ffs64(~(u64)at) + 1);
}

static struct search begin_search(struct searches *all, u32 nr)
{
	struct search search = { .place = all->nr, .nr = nr, .at = leftmost(1, nr) };

	if (all->keys)
		all->keys[search.place] = nr;
	all->nr += nr + 1;
	return search;
}

/* The last span has no key, and what is said to be its last address does not matter. */
static void put_span(struct searches *all, struct search *search, u64 last, u32 entry)
{
	if (all->keys) {
		all->entries[search->place + search->at] = entry;
		if (search->at)
			all->keys[search->place + search->at] = last;
	}
	search->at = next_place(search->at, search->nr);
}

static u32 entry_of_search(const struct search *search)
{
	return search->place | LE_NODE;
}

/* The entry of the addresses with one first half, by their second. */
static u32 search_second(struct searches *all, struct part part)
{
	const struct le_span *span;
	struct search search;

	if (is_last(&part))
		return part.first->class;
	search = begin_search(all, part.last - part.first);
	for (span = part.first; span < part.last; span++)
		put_span(all, &search, span[1].start.lo - 1, span->class);
	put_span(all, &search, ~0ULL, part.last->class);
	return entry_of_search(&search);
}

/* What is left of a block, from the first half @first on. */
struct rest6 {
	struct part part;
	u64 first;
	u64 end;
};

/* A span of its search, up to the first half @last. */
struct span6 {
	struct part part;
	u64 last;
};

/* Takes the next span from a block of which something is left. */
static struct span6 next_span(struct rest6 *rest)
{
	struct span6 span = { .part.first = rest->part.first, .last = rest->first };
	const struct le_span *last = rest->part.first;

	while (last < rest->part.last && last[1].start.hi == rest->first)
		last++;
	span.part.last = last;
	if (is_last(&span.part))
		span.last = last < rest->part.last ? last[1].start.hi - 1 : rest->end;
	rest->first = span.last + 1;
	if (last < rest->part.last && last[1].start.hi == rest->first && !last[1].start.lo)
		last++;
	rest->part.first = last;
	return span;
}

/* Nothing is left: what ends with all addresses begins again with 0. */
static bool is_taken(const struct rest6 *rest, u64 first)
{
	return rest->first - first > rest->end - first;
}

static u32 count_spans(struct rest6 rest)
{
	u64 first = rest.first;
	u32 nr = 0;

	for (; !is_taken(&rest, first); nr++)
		next_span(&rest);
	return nr;
}

/* The entry of a block, by the first half of its addresses. */
static u32 search_first(struct searches *all, struct rest6 rest)
{
	struct search search = begin_search(all, count_spans(rest) - 1);
	u64 first = rest.first;

	while (!is_taken(&rest, first)) {
		struct span6 span = next_span(&rest);

		put_span(all, &search, span.last, search_second(all, span.part));
	}
	return entry_of_search(&search);
}

/* The entry of a block; @rest begins with the span that holds the last address before it. */
static u32 entry6(struct searches *all, struct part *rest, u32 block)
{
	const struct le_key start = { .hi = (u64)block << 48 };
	const struct le_key end = { .hi = start.hi | (BIT_ULL(48) - 1), .lo = ~0ULL };
	struct part part = part_of(rest->first, rest->last, &start, &end);

	rest->first = part.last;
	if (is_last(&part))
		return part.first->class;
	return search_first(all, (struct rest6){ .part = part, .first = start.hi, .end = end.hi });
}

/* As build_root(). */
static void build_searches(struct searches *all, u32 *root, const struct le_span *spans,
			   u32 nr_spans)
{
	struct part rest = { .first = spans, .last = spans + nr_spans - 1 };
	u32 block, next;

	all->nr = 0;
	for (block = 0; block < LE_NR_BLOCKS; block = next) {
		*root_entry(root, block) = entry6(all, &rest, block);
		next = is_last(&rest) ? LE_NR_BLOCKS : rest.first[1].start.hi >> 48;
		fill_root(root, block + 1, next, rest.first->class);
		cond_resched();
	}
}

static int build_ipv6(struct le_addr_table *t, const struct le_span *spans, u32 nr_spans)
{
	struct searches all = { .nr = 0 };

	build_searches(&all, t->root6, spans, nr_spans);
	t->nr_keys6 = all.nr;
	if (!all.nr)
		return 0;
	t->keys6 = kvmalloc_array(all.nr, sizeof(*t->keys6), GFP_KERNEL);
	t->entries6 = kvmalloc_array(all.nr, sizeof(*t->entries6), GFP_KERNEL);
	if (!t->keys6 || !t->entries6)
		return -ENOMEM;
	all.keys = t->keys6;
	all.entries = t->entries6;
	build_searches(&all, t->root6, spans, nr_spans);
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
	int err = build_ipv4(t, spans4, nr_spans4);

	if (!err)
		err = build_ipv6(t, spans6, nr_spans6);
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
	kvfree(t->keys6);
	kvfree(t->entries6);
}
