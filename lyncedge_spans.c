// SPDX-License-Identifier: GPL-2.0-only
/*
 * The compiler's step from prefixes to addresses: the address space is cut into spans, of which
 * each is of a class that has the same terms. How spans become lookup structures is in
 * lyncedge_addr.c; ports are in lyncedge_ports.c.
 */
#include "lyncedge_compile.h"

static u16 public_tag(unsigned int edge, u8 family)
{
	return LE_TAG_PUBLIC + 2 * edge + family;
}

static void add_end(struct le_compiler *c, const struct le_term_end *end, u32 term, u32 offset)
{
	size_t stride = le_pair_words(c);
	unsigned int tag;

	for (tag = 0; tag < LE_NR_TAGS; tag++)
		if (end->tags & BIT(tag))
			le_bits_set(c->tag_bits + tag * stride + offset, term);
	if (end->own_tag)
		le_bits_set(c->tag_bits + end->own_tag * stride + offset, term);
}

static int make_tags(struct le_compiler *c)
{
	u32 nr = LE_TAG_SITE + c->nr_site_prefixes, i;

	c->tag_bits = kvcalloc(nr, le_pair_words(c) * sizeof(u64), GFP_KERNEL);
	c->tag_flags = kvcalloc(nr, sizeof(*c->tag_flags), GFP_KERNEL);
	if (!c->tag_bits || !c->tag_flags)
		return -ENOMEM;
	for (i = 0; i < c->nr_terms; i++) {
		add_end(c, &c->terms[i].from, i, 0);
		add_end(c, &c->terms[i].to, i, c->words);
	}
	for (i = 0; i < LE_NR_EDGES; i++)
		c->tag_flags[LE_TAG_EDGE + i] = LE_ADDR_EDGE;
	for (i = LE_TAG_PUBLIC; i < LE_TAG_SITE; i++)
		c->tag_flags[i] = LE_ADDR_EDGE;
	c->tag_flags[LE_TAG_BLOCK] = LE_ADDR_BLOCKED;
	return 0;
}

/* Whether membership of a tag makes any difference: most groups that no active row names do not. */
static bool tag_matters(const struct le_compiler *c, u32 tag)
{
	const u64 *bits = c->tag_bits + tag * le_pair_words(c);
	u32 i;

	for (i = 0; i < 2 * c->words; i++)
		if (bits[i])
			return true;
	return c->tag_flags[tag];
}

static u32 hash_class(const u64 *bits, u32 nr, u32 flags)
{
	u64 h = flags;
	u32 i;

	/* Multiplicative hashing with 2^64 / golden ratio (Knuth, vol. 3, sec. 6.4). */
	for (i = 0; i < nr; i++)
		h = (h ^ bits[i]) * 0x9e3779b97f4a7c15ULL;
	return h >> 32;
}

static int rehash_classes(struct le_classes *cl, size_t stride)
{
	u32 room = cl->room ? 2 * cl->room : 64, nr_buckets = room, i;
	u64 *bits = kvmalloc_array(room, stride * sizeof(*bits), GFP_KERNEL);
	u32 *flags = kvmalloc_array(room, sizeof(*flags), GFP_KERNEL);
	u32 *next = kvmalloc_array(room, sizeof(*next), GFP_KERNEL);
	u32 *buckets = kvmalloc_array(nr_buckets, sizeof(*buckets), GFP_KERNEL);

	if (!bits || !flags || !next || !buckets || room > LE_MAX_CLASSES / LE_CLASS_STEP) {
		kvfree(bits);
		kvfree(flags);
		kvfree(next);
		kvfree(buckets);
		return -ENOMEM;
	}
	for (i = 0; i < nr_buckets; i++)
		buckets[i] = LE_NO_CLASS;
	for (i = 0; i < cl->nr; i++) {
		u32 hash = hash_class(cl->bits + i * stride, stride, cl->flags[i]);
		u32 bucket = hash & (nr_buckets - 1);

		next[i] = buckets[bucket];
		buckets[bucket] = i;
	}
	if (cl->nr) {
		memcpy(bits, cl->bits, cl->nr * stride * sizeof(*bits));
		memcpy(flags, cl->flags, cl->nr * sizeof(*flags));
	}
	kvfree(cl->bits);
	kvfree(cl->flags);
	kvfree(cl->next);
	kvfree(cl->buckets);
	cl->bits = bits;
	cl->flags = flags;
	cl->next = next;
	cl->buckets = buckets;
	cl->room = room;
	cl->nr_buckets = nr_buckets;
	return 0;
}

/*
 * The class with these bitmaps and flags, an old one or a new one; LE_NO_CLASS if there is no
 * memory.
 */
static u32 intern_class(struct le_compiler *c, const u64 *bits, u32 flags)
{
	struct le_classes *cl = &c->classes;
	size_t stride = le_pair_words(c);
	u32 class, bucket;

	if (cl->nr == cl->room && rehash_classes(cl, stride))
		return LE_NO_CLASS;
	bucket = hash_class(bits, stride, flags) & (cl->nr_buckets - 1);
	for (class = cl->buckets[bucket]; class != LE_NO_CLASS; class = cl->next[class])
		if (cl->flags[class] == flags &&
		    !memcmp(cl->bits + class * stride, bits, stride * sizeof(*bits)))
			return class;
	class = cl->nr++;
	memcpy(cl->bits + class * stride, bits, stride * sizeof(*bits));
	cl->flags[class] = flags;
	cl->next[class] = cl->buckets[bucket];
	cl->buckets[bucket] = class;
	return class;
}

/* The class of addresses that belong to no tag at all: what rows from or to any may have. */
static u32 base_class(struct le_compiler *c)
{
	u64 bits[2 * LE_MAX_WORDS] = { 0 };
	u32 i;

	for (i = 0; i < c->nr_terms; i++) {
		if (c->terms[i].from.any)
			le_bits_set(bits, i);
		if (c->terms[i].to.any)
			le_bits_set(bits + c->words, i);
	}
	return intern_class(c, bits, 0);
}

/* The class of addresses that are members of a tag on top of what a class has. */
static u32 class_with_tag(struct le_compiler *c, u32 class, u32 tag)
{
	size_t stride = le_pair_words(c), i;
	const u64 *more = c->tag_bits + tag * stride;
	const u64 *have = c->classes.bits + class * stride;
	u64 bits[2 * LE_MAX_WORDS];

	if (class == c->joined_class && tag == c->joined_tag)
		return c->joined;
	for (i = 0; i < stride; i++)
		bits[i] = have[i] | more[i];
	c->joined_class = class;
	c->joined_tag = tag;
	c->joined = intern_class(c, bits, c->classes.flags[class] | c->tag_flags[tag]);
	return c->joined;
}

static void add_host(struct le_compiler *c, const struct le_edge_addr *addr, u16 tag)
{
	c->prefixes[c->nr_prefixes++] = (struct le_prefix){
		.addr = addr->addr,
		.family = addr->family,
		.len = le_addr_bits(addr->family),
		.tag = tag,
	};
}

static struct le_key last_key(const struct le_prefix *prefix)
{
	struct le_key key = le_addr_key(&prefix->addr, prefix->family);
	unsigned int host = le_addr_bits(prefix->family) - prefix->len;

	if (host > 64)
		key.hi |= ~0ULL >> (128 - host);
	if (host >= 64)
		key.lo = ~0ULL;
	else if (host)
		key.lo |= ~0ULL >> (64 - host);
	return key;
}

static bool holds_any(const struct le_prefix *prefix, const struct le_addrs *addrs)
{
	struct le_key first = le_addr_key(&prefix->addr, prefix->family), last = last_key(prefix);
	u32 i;

	for (i = 0; i < addrs->nr; i++) {
		const struct le_edge_addr *addr = &addrs->list[i];
		struct le_key key = le_addr_key(&addr->addr, addr->family);

		if (addr->family == prefix->family && !le_key_less(&key, &first) &&
		    !le_key_less(&last, &key))
			return true;
	}
	return false;
}

static void inherit_terms(struct le_compiler *c, u32 heir, u32 tag)
{
	size_t stride = le_pair_words(c), i;

	for (i = 0; i < stride; i++)
		c->tag_bits[heir * stride + i] |= c->tag_bits[tag * stride + i];
}

/*
 * NAT makes any of the edge's own addresses of a public one, which so has all that they have. What
 * makes an address blocked is not handed on: only the far one is asked for that.
 */
static void add_publics(struct le_compiler *c, unsigned int edge)
{
	const struct le_addrs *publics = &c->policy->publics[edge];
	u32 nr = publics->nr ? c->nr_prefixes : 0, i;

	for (i = 0; i < nr; i++) {
		const struct le_prefix *prefix = &c->prefixes[i];
		u16 heir = public_tag(edge, prefix->family), tag = prefix->tag;

		if (i % 4096 == 0)
			cond_resched();
		if (!holds_any(prefix, &c->policy->edges[edge]))
			continue;
		inherit_terms(c, heir, tag);
		if (tag < LE_TAG_EDGE + LE_NR_EDGES)
			inherit_terms(c, heir, LE_TAG_NAT + tag - LE_TAG_EDGE);
	}
	for (i = 0; i < publics->nr; i++)
		add_host(c, &publics->list[i], public_tag(edge, publics->list[i].family));
}

/* The first @sorted prefixes are in order, and now the others too, of which there are few. */
static int sort_prefixes(struct le_compiler *c, u32 sorted)
{
	u32 nr = c->nr_prefixes - sorted, to = c->nr_prefixes;
	struct le_prefix *list = c->prefixes, *added;

	if (!nr)
		return 0;
	if (le_prefix_sort(list + sorted, nr))
		return -ENOMEM;
	added = kvmalloc_array(nr, sizeof(*added), GFP_KERNEL);
	if (!added)
		return -ENOMEM;
	memcpy(added, list + sorted, nr * sizeof(*added));
	while (nr) {
		if (sorted && le_prefix_compare(&list[sorted - 1], &added[nr - 1]) > 0)
			list[--to] = list[--sorted];
		else
			list[--to] = added[--nr];
	}
	kvfree(added);
	return 0;
}

static int gather_prefixes(struct le_compiler *c)
{
	const struct le_policy *policy = c->policy;
	u32 nr = policy->nr_prefixes + 2 * LE_NR_EDGES * LE_MAX_EDGE_ADDRS + c->nr_site_prefixes;
	unsigned int edge;
	u32 i, sorted;

	c->prefixes = kvmalloc_array(nr, sizeof(*c->prefixes), GFP_KERNEL);
	if (!c->prefixes)
		return -ENOMEM;
	for (i = 0; i < policy->nr_prefixes; i++)
		if (tag_matters(c, policy->prefixes[i].tag))
			c->prefixes[c->nr_prefixes++] = policy->prefixes[i];
	sorted = c->nr_prefixes;
	for (edge = 0; edge < LE_NR_EDGES; edge++)
		for (i = 0; i < policy->edges[edge].nr; i++)
			add_host(c, &policy->edges[edge].list[i], LE_TAG_EDGE + edge);
	for (i = 0; i < c->nr_site_prefixes; i++)
		c->prefixes[c->nr_prefixes++] = c->site_prefixes[i];
	for (edge = 0; c->early && edge < LE_NR_EDGES; edge++)
		add_publics(c, edge);
	return sort_prefixes(c, sorted);
}

/* A prefix that holds the address at which the sweep is. */
struct open_prefix {
	struct le_key last;
	u32 class;
};

struct sweep {
	struct le_span *spans;
	u32 nr;
	/*
	 * Prefixes that hold the current address, outermost first; the bottom is the whole
	 * space. Prefixes that are equal but for their tag are one entry, so there is at most
	 * one for each length.
	 */
	struct open_prefix open[129 + 1];
	u32 depth;
};

static void add_span(struct sweep *sw, struct le_key start, u32 class)
{
	/* What begins where the span before it began replaces that one. */
	if (sw->nr && !le_key_less(&sw->spans[sw->nr - 1].start, &start))
		sw->nr--;
	if (sw->nr && sw->spans[sw->nr - 1].class == class)
		return;
	sw->spans[sw->nr++] = (struct le_span){ .start = start, .class = class };
}

/* Closes the prefixes that end before a key, or all of them. */
static void close_prefixes(struct sweep *sw, const struct le_key *key)
{
	while (sw->depth > 1) {
		struct le_key after = sw->open[sw->depth - 1].last;

		if (key && !le_key_less(&after, key))
			return;
		sw->depth--;
		after.lo++;
		after.hi += !after.lo;
		/*
		 * Past the end of the address space nothing begins; IPv4's ends at 2^32, which
		 * nobody asks for.
		 */
		if (!after.hi && !after.lo)
			continue;
		add_span(sw, after, sw->open[sw->depth - 1].class);
	}
}

static bool same_range(const struct le_prefix *a, const struct le_prefix *b)
{
	return a->len == b->len && !memcmp(&a->addr, &b->addr, sizeof(a->addr));
}

/*
 * Cuts the address space of a family into spans: one pass over the sorted prefixes, with a
 * stack of those that are open.
 */
static int sweep_family(struct le_compiler *c, u8 family, const struct le_prefix *prefixes, u32 nr)
{
	struct sweep *sw = kvzalloc(sizeof(*sw), GFP_KERNEL);
	int err = -ENOMEM;
	u32 i, class = base_class(c);

	if (!sw)
		return -ENOMEM;
	sw->spans = kvmalloc_array(2 * (size_t)nr + 1, sizeof(*sw->spans), GFP_KERNEL);
	c->spans[family] = sw->spans;
	if (!sw->spans || class == LE_NO_CLASS)
		goto out;
	sw->open[0].class = class;
	sw->depth = 1;
	add_span(sw, (struct le_key){ 0 }, class);
	for (i = 0; i < nr; i++) {
		struct le_key start = le_addr_key(&prefixes[i].addr, family);
		bool again = i && same_range(&prefixes[i], &prefixes[i - 1]);

		if (!again) {
			close_prefixes(sw, &start);
			sw->open[sw->depth] = sw->open[sw->depth - 1];
			sw->open[sw->depth++].last = last_key(&prefixes[i]);
		}
		class = class_with_tag(c, sw->open[sw->depth - 1].class, prefixes[i].tag);
		if (class == LE_NO_CLASS)
			goto out;
		sw->open[sw->depth - 1].class = class;
		add_span(sw, start, class);
		if (i % 4096 == 0)
			cond_resched();
	}
	close_prefixes(sw, NULL);
	for (i = 0; i < sw->nr; i++)
		sw->spans[i].class *= LE_CLASS_STEP;
	c->nr_spans[family] = sw->nr;
	err = 0;
out:
	kvfree(sw);
	return err;
}

/* Word 0 of the terms to which the source, or else the destination, is the far end. */
static u64 far_terms(const struct le_compiler *c, enum le_dir dir)
{
	u64 terms = 0;
	u32 i;

	for (i = 0; i < c->nr_terms && i < LE_NR_FAST_TERMS; i++)
		if (le_lane_dir(c->terms[i].lane) == dir)
			terms |= BIT_ULL(i);
	return terms;
}

/* The largest prefix of each tag, by family. */
struct largest {
	const struct le_prefix *of[2];
};

static void find_largest(const struct le_compiler *c, struct largest *largest)
{
	u32 i;

	for (i = 0; i < c->nr_prefixes; i++) {
		const struct le_prefix *prefix = &c->prefixes[i];
		const struct le_prefix **of = &largest[prefix->tag].of[prefix->family];

		if (!*of || prefix->len < (*of)->len)
			*of = prefix;
	}
}

/* The largest prefix of an end's tags, or NULL. */
static const struct le_prefix *largest_of(const struct largest *largest,
					  const struct le_term_end *end, u8 family)
{
	const struct le_prefix *found = end->own_tag ? largest[end->own_tag].of[family] : NULL;
	unsigned int tag;

	for (tag = 0; tag < LE_NR_TAGS; tag++) {
		const struct le_prefix *prefix = largest[tag].of[family];

		if (end->tags & BIT(tag) && prefix && (!found || prefix->len < found->len))
			found = prefix;
	}
	return found;
}

/* The mask of a prefix, as an address. */
static union le_addr mask_of(const struct le_prefix *prefix)
{
	union le_addr mask = { .word = { 0 } };
	unsigned int i;

	for (i = 0; i < prefix->len; i++)
		mask.byte[i / 8] |= 0x80 >> i % 8;
	return mask;
}

static void set_usual(struct le_usual *usual, const struct le_term_end *end,
		      const struct largest *largest)
{
	const struct le_prefix *prefix;
	union le_addr mask;

	if (end->any) {
		memset(usual, 0, sizeof(*usual));
		return;
	}
	prefix = largest_of(largest, end, LE_IPV4);
	if (prefix) {
		mask = mask_of(prefix);
		usual->mask4 = mask.v4;
		usual->addr4 = prefix->addr.v4;
	}
	prefix = largest_of(largest, end, LE_IPV6);
	if (prefix) {
		mask = mask_of(prefix);
		memcpy(usual->mask6, mask.byte, sizeof(usual->mask6));
		memcpy(usual->addr6, prefix->addr.byte, sizeof(usual->addr6));
	}
}

static int store_usual(struct le_compiler *c)
{
	const struct le_usual nobody = { .addr4 = (__force __be32)~0U, .addr6 = { ~0ULL, ~0ULL } };
	struct le_table *table = c->table;
	struct largest *largest;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(table->usual); i++)
		table->usual[i] = nobody;
	/* Of an address that is blocked it has to be known that it is. */
	if (table->blocks)
		return 0;
	largest = kvcalloc(LE_TAG_SITE + c->nr_site_prefixes, sizeof(*largest), GFP_KERNEL);
	if (!largest)
		return -ENOMEM;
	find_largest(c, largest);
	for (i = 0; i < c->nr_terms && i < LE_NR_FAST_TERMS; i++) {
		const struct le_term *term = &c->terms[i];

		set_usual(&table->usual[i],
			  le_lane_dir(term->lane) == LE_IN ? &term->from : &term->to, largest);
	}
	kvfree(largest);
	return 0;
}

static int store_addr_classes(struct le_compiler *c)
{
	struct le_table *table = c->table;
	struct le_classes *cl = &c->classes;
	u32 i;

	table->addr_flags = kvmalloc_array(cl->nr, sizeof(*table->addr_flags), GFP_KERNEL);
	table->wide.froms = le_bits_alloc_wide(c, cl->nr);
	table->wide.tos = le_bits_alloc_wide(c, cl->nr);
	if (!table->addr_flags || !table->wide.froms || !table->wide.tos)
		return -ENOMEM;
	for (i = 0; i < cl->nr; i++) {
		const u64 *bits = cl->bits + i * le_pair_words(c);
		u64 *ends = table->ends + (size_t)i * LE_CLASS_STEP;

		le_bits_store_wide(c, bits, table->wide.froms, i);
		le_bits_store_wide(c, bits + c->words, table->wide.tos, i);
		ends[0] = le_bits_word_0(c, bits, LE_MORE_ENDS);
		ends[1] = le_bits_word_0(c, bits + c->words, LE_MORE_ENDS);
		table->addr_flags[i] = cl->flags[i];
		if (!(cl->flags[i] & LE_ADDR_BLOCKED))
			continue;
		/* So a packet that matches need not be asked whether it is blocked. */
		ends[0] = (ends[0] & ~far_terms(c, LE_IN)) | LE_BLOCKED_BIT;
		ends[1] = (ends[1] & ~far_terms(c, LE_OUT)) | LE_BLOCKED_BIT;
		table->blocks = true;
	}
	table->nr_addr_classes = cl->nr;
	return store_usual(c);
}

/* Says also where ports say it that the bitmaps of a near address go on. */
static void mark_more(u64 *ends)
{
	ends[0] |= (ends[0] & LE_MORE_ENDS) << 1;
	ends[1] |= (ends[1] & LE_MORE_ENDS) << 1;
}

/* The edges' addresses, which nearly every packet has one of. */
static void keep_near(struct le_compiler *c)
{
	struct le_addr_table *addrs = &c->table->addrs;
	u32 i, nr = 0;

	for (i = 0; i < c->nr_prefixes; i++)
		if (c->tag_flags[c->prefixes[i].tag] & LE_ADDR_EDGE)
			c->prefixes[nr++] = c->prefixes[i];
	le_addr_keep_near(addrs, c->prefixes, nr, c->table->ends);
	for (i = 0; i < LE_NR_NEAR; i++) {
		mark_more(addrs->near4[i].ends);
		mark_more(addrs->near6[i].ends);
	}
}

/**
 * le_spans_make() - cut the address space of each family into spans
 * @c: the compiler, after le_terms_make()
 *
 * From then on it is known how many classes of addresses there are, and so how large the table is.
 *
 * Return: 0 or -ENOMEM.
 */
int le_spans_make(struct le_compiler *c)
{
	u32 nr4 = 0;
	int err;

	err = make_tags(c);
	if (!err)
		err = gather_prefixes(c);
	if (err)
		return err;
	while (nr4 < c->nr_prefixes && c->prefixes[nr4].family == LE_IPV4)
		nr4++;
	err = sweep_family(c, LE_IPV4, c->prefixes, nr4);
	if (!err)
		err = sweep_family(c, LE_IPV6, c->prefixes + nr4, c->nr_prefixes - nr4);
	return err;
}

/**
 * le_spans_to_table() - store classes of addresses, and have the lookup structures built
 * @c: the compiler, after le_spans_make(), with a table
 *
 * Return: 0 or -ENOMEM.
 */
int le_spans_to_table(struct le_compiler *c)
{
	int err = store_addr_classes(c);

	if (!err)
		err = le_addr_build(&c->table->addrs, c->spans[LE_IPV4], c->nr_spans[LE_IPV4],
				    c->spans[LE_IPV6], c->nr_spans[LE_IPV6]);
	if (!err)
		keep_near(c);
	return err;
}
