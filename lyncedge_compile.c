// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compiles a policy into a struct le_table; lyncedge_rules.h explains what it is. The steps: rows
 * to terms, terms to lanes and classes of ports, prefixes to spans and classes of addresses. How
 * spans become lookup structures is in lyncedge_addr.c, how packets are judged in lyncedge_rules.c.
 */
#include "lyncedge_list.h"
#include "lyncedge_rules.h"

/* Tags of the compiler's own, beyond those that policies know. */
enum {
	/* What each edge may send once NAT has been at it, for TAG_PUBLIC; no address has it. */
	TAG_NAT = LE_NR_TAGS,
	/* Its public addresses of each family, in a table for early drops alone. */
	TAG_PUBLIC = TAG_NAT + LE_NR_EDGES,
	/* The distinct prefixes of site rows. */
	TAG_SITE = TAG_PUBLIC + 2 * LE_NR_EDGES,
};

static u16 public_tag(unsigned int edge, u8 family)
{
	return TAG_PUBLIC + 2 * edge + family;
}

/* One end of a term: any address, or the members of one of these tags. */
struct end {
	bool any;
	u32 tags;	/* set of tags below LE_NR_TAGS */
	u16 own_tag;	/* one from LE_NR_TAGS up, or 0 */
};

static const struct le_ports any_port = { .first = 0, .last = 65535 };

struct term {
	u16 row;
	u8 lane;
	struct le_ports dport;
	struct le_ports sport;
	struct end from;
	struct end to;
};

/* Classes of addresses under construction: a pair of bitmaps and flags each, every class once. */
struct classes {
	u64 *bits;
	u32 *flags;
	u32 *next;	/* next class in the same bucket */
	u32 *buckets;
	u32 nr;
	u32 room;
	u32 nr_buckets;	/* a power of two */
};

#define NO_CLASS (~0U)

struct compiler {
	const struct le_policy *policy;
	/* Early drops: le_table_compile_early(). */
	bool early;
	struct le_table *table;
	struct term *terms;
	u32 nr_terms;
	u32 words;
	/* Of site rows; tag TAG_SITE + n is the n-th. */
	struct le_prefix *site_prefixes;
	u32 nr_site_prefixes;
	/* What membership of a tag adds to a class: a pair of bitmaps and flags, by tag. */
	u64 *tag_bits;
	u32 *tag_flags;
	struct classes classes;
	/* The last answer of class_with_tag(): mostly the next one too. */
	u32 joined_class;
	u32 joined_tag;
	u32 joined;
	struct le_prefix *prefixes;
	u32 nr_prefixes;
	struct le_span *spans[2];
	u32 nr_spans[2];
};

/* Words of two bitmaps of terms: source and destination of addresses, or the ports' likewise. */
static size_t pair_words(const struct compiler *c)
{
	return 2 * (size_t)c->words;
}

static u16 site_tag(struct compiler *c, const struct le_prefix *prefix)
{
	u32 i;

	for (i = 0; i < c->nr_site_prefixes; i++)
		if (le_prefix_equal(&c->site_prefixes[i], prefix))
			return TAG_SITE + i;
	c->site_prefixes[i] = *prefix;
	c->site_prefixes[i].tag = TAG_SITE + i;
	c->nr_site_prefixes++;
	return TAG_SITE + i;
}

/*
 * Who may be at this end, given what is defined: groups that are not defined mean any, but next
 * to one that is they are empty (DESIGN sec. 2).
 */
static struct end resolve_tags(const struct le_policy *policy, u32 tags)
{
	u32 groups = policy->groups << LE_TAG_GROUP;
	struct end end = { .tags = tags & (LE_TAGS_EDGES | groups) };

	end.any = !end.tags;
	return end;
}

static struct end resolve_site_end(struct compiler *c, const struct le_end *site)
{
	struct end end = { .any = true };

	if (site->kind == LE_END_TAG)
		return resolve_tags(c->policy, BIT(site->tag));
	if (site->kind == LE_END_PREFIX) {
		end.any = false;
		end.own_tag = site_tag(c, &site->prefix);
	}
	return end;
}

static bool cares_for_source(const struct term *term)
{
	return term->sport.first > any_port.first || term->sport.last < any_port.last;
}

/* No packet is of its lane, no port is in its range, and nobody is at its ends. */
static const struct term no_term = { .lane = LE_NR_LANES, .dport.first = 1, .sport.first = 1 };

static void append_term(struct compiler *c, const struct term *term)
{
	/* The last bits of word 0 are no terms: LE_MORE_ENDS, LE_MORE_PORTS, LE_BLOCKED_BIT. */
	while (c->nr_terms >= LE_NR_FAST_TERMS && c->nr_terms < 64)
		c->terms[c->nr_terms++] = no_term;
	c->terms[c->nr_terms++] = *term;
}

/*
 * NAT keeps the source port that the Edge chose, but not if another connection has it: what
 * answers at a public address may come to any port. Rows with source ports have one edge as source.
 */
static void append_nat_term(struct compiler *c, struct term term)
{
	term.from = (struct end){ .own_tag = TAG_NAT + __ffs64(term.from.tags) - LE_TAG_EDGE };
	term.sport = any_port;
	append_term(c, &term);
}

static void add_term(struct compiler *c, const struct term *term)
{
	append_term(c, term);
	if (c->early && cares_for_source(term))
		append_nat_term(c, *term);
}

/* An outbound media row: the A/V Edge's own range may be seen at the destination or the source. */
static void add_media_terms(struct compiler *c, struct term *term, struct le_ports range)
{
	u8 which = c->policy->options[LE_OPT_RTP_OUTBOUND];

	if (which != LE_RTP_SOURCE) {
		term->dport = range;
		term->sport = any_port;
		add_term(c, term);
	}
	if (which != LE_RTP_DESTINATION) {
		term->dport = any_port;
		term->sport = range;
		add_term(c, term);
	}
}

static struct le_ports source_ports(const struct le_policy *policy, const struct le_row *row)
{
	static const struct le_ports stun = { .first = LE_PORT_STUN, .last = LE_PORT_STUN };

	if (policy->options[LE_OPT_PORTS] != LE_PORTS_STRICT)
		return any_port;
	if (row->kind == LE_PORTS_STRICT_MEDIA)
		return policy->media;
	return row->kind == LE_PORTS_STRICT_STUN ? stun : any_port;
}

static void add_row(struct compiler *c, unsigned int number)
{
	const struct le_row *row = &le_matrix[number];
	struct le_ports ports = le_policy_row_ports(c->policy, number);
	struct term term = {
		.row = number,
		.lane = le_lane(le_crossing(row->iface, row->dir), row->protocol),
		.dport = ports,
		.sport = source_ports(c->policy, row),
		.from = resolve_tags(c->policy, row->source),
		.to = resolve_tags(c->policy, row->destination),
	};

	if (row->kind == LE_PORTS_MEDIA && row->dir == LE_OUT)
		add_media_terms(c, &term, ports);
	else
		add_term(c, &term);
}

static void add_site_row(struct compiler *c, unsigned int i)
{
	const struct le_site_row *row = &c->policy->site_rows[i];
	struct term term = {
		.row = LE_NR_ROWS + i,
		.lane = le_lane(le_crossing(row->iface, row->dir), row->protocol),
		.dport = row->ports,
		.sport = any_port,
		.from = resolve_site_end(c, &row->from),
		.to = resolve_site_end(c, &row->to),
	};

	add_term(c, &term);
}

static int make_terms(struct compiler *c)
{
	const struct le_policy *policy = c->policy;
	unsigned int i;

	c->terms = kvmalloc_array(LE_MAX_TERMS - LE_MAX_SITE_ROWS + policy->nr_site_rows,
				  sizeof(*c->terms), GFP_KERNEL);
	c->site_prefixes = kvmalloc_array(2 * policy->nr_site_rows + 1, sizeof(*c->site_prefixes),
					  GFP_KERNEL);
	if (!c->terms || !c->site_prefixes)
		return -ENOMEM;
	for (i = 0; i < LE_NR_ROWS; i++)
		if (le_policy_row_active(policy, i))
			add_row(c, i);
	for (i = 0; i < policy->nr_site_rows; i++)
		if (le_policy_site_row_active(policy, i))
			add_site_row(c, i);
	c->words = c->nr_terms ? (c->nr_terms + 63) / 64 : 1;
	return 0;
}

static void set_term(u64 *bits, u32 term)
{
	bits[term / 64] |= BIT_ULL(term % 64);
}

/* Word 0 of a bitmap of the compiler's; with a bit that says so if there is something in others. */
static u64 word_0(const struct compiler *c, const u64 *bits, u64 more)
{
	u32 i;

	for (i = 1; i < c->words; i++)
		if (bits[i])
			return bits[0] | more;
	return bits[0];
}

/* Copies what follows word 0, if anything does, into the wide words and their summary. */
static void store_wide(const struct compiler *c, const u64 *bits, u64 *wide, u32 index)
{
	u32 nr = c->words - 1, i;
	u64 *to = wide + (size_t)index * (nr + 1);
	u64 summary = 0;

	if (!nr)
		return;
	for (i = 0; i < nr; i++) {
		to[i] = bits[i + 1];
		if (to[i])
			summary |= BIT_ULL(i);
	}
	to[nr] = summary;
}

static u64 *alloc_wide(const struct compiler *c, u32 nr)
{
	return kvmalloc_array(nr, c->words * sizeof(u64), GFP_KERNEL);
}

/* Word 0 of the lane's terms; it is stored with the ports, the others by themselves. */
static u64 store_lane(struct compiler *c, unsigned int lane)
{
	u64 bits[LE_MAX_WORDS] = { 0 };
	u32 i;

	for (i = 0; i < c->nr_terms; i++)
		if (c->terms[i].lane == lane)
			set_term(bits, i);
	store_wide(c, bits, c->table->wide.lanes, lane);
	return word_0(c, bits, LE_MORE_PORTS);
}

static int store_terms(struct compiler *c)
{
	struct le_table *table = c->table;
	u32 i;

	table->nr_terms = c->nr_terms;
	table->wide.nr_words = c->words - 1;
	table->row_of = kvmalloc_array(c->nr_terms + 1, sizeof(*table->row_of), GFP_KERNEL);
	if (!table->row_of)
		return -ENOMEM;
	for (i = 0; i < c->nr_terms; i++)
		table->row_of[i] = c->terms[i].row;
	return 0;
}

static bool in_ports(const struct le_ports *ports, u32 port)
{
	return port >= ports->first && port <= ports->last;
}

#define NR_PORTS 65536

/* Ports of one class, up to the first of the next run. */
struct port_run {
	u32 first;
	u32 class;
};

/* Classes of ports under construction: two bitmaps each, destination and source. */
struct port_classes {
	u64 *bits;
	u32 nr;
	u32 room;
	/* All ports, ascending; the one after the last begins where there are no more. */
	struct port_run *runs;
	u32 nr_runs;
};

static int port_class(struct compiler *c, struct port_classes *pc, u32 port)
{
	u64 bits[2 * LE_MAX_WORDS] = { 0 };
	size_t stride = pair_words(c);
	u64 *bigger;
	u32 i;

	for (i = 0; i < c->nr_terms; i++) {
		if (in_ports(&c->terms[i].dport, port))
			set_term(bits, i);
		if (in_ports(&c->terms[i].sport, port))
			set_term(bits + c->words, i);
	}
	for (i = 0; i < pc->nr; i++)
		if (!memcmp(pc->bits + i * stride, bits, stride * sizeof(u64)))
			return i;
	bigger = le_list_grow(pc->bits, &pc->room, pc->nr + 1, stride * sizeof(u64));
	if (!bigger)
		return -ENOMEM;
	pc->bits = bigger;
	memcpy(pc->bits + pc->nr * stride, bits, stride * sizeof(u64));
	return pc->nr++;
}

static void set_cut(u64 *cuts, u32 port)
{
	cuts[port / 64] |= BIT_ULL(port % 64);
}

/* Where some term's range begins or has ended: a bit for each port, and one more. */
static u64 *cut_ports(const struct compiler *c)
{
	u64 *cuts = kvcalloc(NR_PORTS / 64 + 1, sizeof(*cuts), GFP_KERNEL);
	u32 i;

	if (!cuts)
		return NULL;
	set_cut(cuts, 0);
	for (i = 0; i < c->nr_terms; i++) {
		set_cut(cuts, c->terms[i].dport.first);
		set_cut(cuts, c->terms[i].dport.last + 1);
		set_cut(cuts, c->terms[i].sport.first);
		set_cut(cuts, c->terms[i].sport.last + 1);
	}
	return cuts;
}

/* The runs that begin at one of the 64 ports from @port on. */
static int add_runs(struct compiler *c, struct port_classes *pc, u32 port, u64 cuts)
{
	for (; cuts; cuts &= cuts - 1) {
		u32 first = port + __ffs64(cuts);
		int class = port_class(c, pc, first);

		if (class < 0)
			return class;
		pc->runs[pc->nr_runs++] = (struct port_run){ .first = first, .class = class };
		cond_resched();
	}
	return 0;
}

static int classify_ports(struct compiler *c, struct port_classes *pc)
{
	u64 *cuts = cut_ports(c);
	int err = -ENOMEM;
	u32 i;

	pc->runs = kvmalloc_array(4 * c->nr_terms + 2, sizeof(*pc->runs), GFP_KERNEL);
	if (cuts && pc->runs)
		err = 0;
	for (i = 0; i < NR_PORTS / 64 && !err; i++)
		err = add_runs(c, pc, i * 64, cuts[i]);
	if (!err)
		pc->runs[pc->nr_runs] = (struct port_run){ .first = NR_PORTS };
	kvfree(cuts);
	return err;
}

/* Distinct words 0, up to as many as a table has room for: the number of one, old or new. */
static u8 number_word(u64 words[], u32 *nr, u64 word)
{
	u32 i;

	for (i = 0; i < *nr; i++)
		if (words[i] == word)
			return i;
	words[(*nr)++] = word;
	return i;
}

/* Classes of ports as word 0 knows them. */
struct fast_ports {
	u64 dports[LE_NR_DPORT_CLASSES];
	u64 sports[LE_NR_SPORT_CLASSES];
	u32 nr_dports;
	u32 nr_sports;
};

/* Of the table, which is zeroed: what is of class 0, mostly most ports, is not even touched. */
static void fill_ports(u8 *class_of, const struct port_run *run, u8 class)
{
	u32 port;

	for (port = run->first; class && port < run[1].first; port++)
		class_of[(__force u16)htons(port)] = class;
}

/* Word 0 knows fewer terms than all words, and so fewer classes of ports. */
static void fold_ports(const struct compiler *c, const struct port_classes *pc,
		       struct fast_ports *fp)
{
	struct le_table *table = c->table;
	u32 i;

	for (i = 0; i < pc->nr_runs; i++) {
		const struct port_run *run = &pc->runs[i];
		const u64 *bits = pc->bits + run->class * pair_words(c);

		fill_ports(table->dport_class, run,
			   number_word(fp->dports, &fp->nr_dports,
				       word_0(c, bits, LE_MORE_PORTS)));
		fill_ports(table->sport_class, run,
			   number_word(fp->sports, &fp->nr_sports,
				       word_0(c, bits + c->words, LE_MORE_PORTS)));
	}
	table->nr_dport_classes = fp->nr_dports;
}

static void store_leaving(struct le_table *table, size_t place, u64 terms,
			  const struct fast_ports *fp)
{
	u32 i;

	for (i = 0; i < LE_NR_SPORT_CLASSES; i++)
		table->leaving[place * LE_NR_SPORT_CLASSES + i] = terms & fp->sports[i];
}

static int store_lanes(struct compiler *c, const struct fast_ports *fp)
{
	struct le_table *table = c->table;
	unsigned int lane;
	u32 i;

	table->wide.lanes = alloc_wide(c, LE_NR_LANES);
	if (!table->wide.lanes)
		return -ENOMEM;
	for (lane = 0; lane < LE_NR_LANES; lane++) {
		size_t place = le_lane_place(le_lane_iface(lane), le_lane_is_udp(lane));
		u64 terms = store_lane(c, lane);

		for (i = 0; i < fp->nr_dports; i++)
			if (le_lane_dir(lane) == LE_IN)
				table->entering[place + i] = terms & fp->dports[i];
			else
				store_leaving(table, place + i, terms & fp->dports[i], fp);
	}
	return 0;
}

static int store_port_classes(struct le_wide *wide, const struct port_classes *pc)
{
	u32 i, port;

	wide->port_class = kvmalloc_array(NR_PORTS, sizeof(*wide->port_class), GFP_KERNEL);
	if (!wide->port_class)
		return -ENOMEM;
	for (i = 0; i < pc->nr_runs; i++)
		for (port = pc->runs[i].first; port < pc->runs[i + 1].first; port++)
			wide->port_class[port] = pc->runs[i].class;
	return 0;
}

static int store_wide_ports(struct compiler *c, const struct port_classes *pc)
{
	struct le_wide *wide = &c->table->wide;
	u32 i;

	wide->dports = alloc_wide(c, pc->nr);
	if (!wide->dports)
		return -ENOMEM;
	for (i = 0; i < pc->nr; i++)
		store_wide(c, pc->bits + i * pair_words(c), wide->dports, i);
	return c->words > 1 ? store_port_classes(wide, pc) : 0;
}

/* What lanes and ports have in every word. */
static int store_ports(struct compiler *c, const struct port_classes *pc)
{
	struct fast_ports *fp = kvzalloc(sizeof(*fp), GFP_KERNEL);
	int err;

	if (!fp)
		return -ENOMEM;
	fold_ports(c, pc, fp);
	err = store_lanes(c, fp);
	kvfree(fp);
	return err ? err : store_wide_ports(c, pc);
}

static int make_ports(struct compiler *c)
{
	struct port_classes pc = { .nr = 0 };
	int err = classify_ports(c, &pc);

	if (!err)
		err = store_ports(c, &pc);
	kvfree(pc.bits);
	kvfree(pc.runs);
	return err;
}

static void add_end(struct compiler *c, const struct end *end, u32 term, u32 offset)
{
	size_t stride = pair_words(c);
	unsigned int tag;

	for (tag = 0; tag < LE_NR_TAGS; tag++)
		if (end->tags & BIT(tag))
			set_term(c->tag_bits + tag * stride + offset, term);
	if (end->own_tag)
		set_term(c->tag_bits + end->own_tag * stride + offset, term);
}

static int make_tags(struct compiler *c)
{
	u32 nr = TAG_SITE + c->nr_site_prefixes, i;

	c->tag_bits = kvcalloc(nr, pair_words(c) * sizeof(u64), GFP_KERNEL);
	c->tag_flags = kvcalloc(nr, sizeof(*c->tag_flags), GFP_KERNEL);
	if (!c->tag_bits || !c->tag_flags)
		return -ENOMEM;
	for (i = 0; i < c->nr_terms; i++) {
		add_end(c, &c->terms[i].from, i, 0);
		add_end(c, &c->terms[i].to, i, c->words);
	}
	for (i = 0; i < LE_NR_EDGES; i++)
		c->tag_flags[LE_TAG_EDGE + i] = LE_ADDR_EDGE;
	for (i = TAG_PUBLIC; i < TAG_SITE; i++)
		c->tag_flags[i] = LE_ADDR_EDGE;
	c->tag_flags[LE_TAG_BLOCK] = LE_ADDR_BLOCKED;
	return 0;
}

/* Whether membership of a tag makes any difference: most groups that no active row names do not. */
static bool tag_matters(const struct compiler *c, u32 tag)
{
	const u64 *bits = c->tag_bits + tag * pair_words(c);
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

static int rehash_classes(struct classes *cl, size_t stride)
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
		buckets[i] = NO_CLASS;
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
 * The class with these bitmaps and flags, an old one or a new one; NO_CLASS if there is no
 * memory.
 */
static u32 intern_class(struct compiler *c, const u64 *bits, u32 flags)
{
	struct classes *cl = &c->classes;
	size_t stride = pair_words(c);
	u32 class, bucket;

	if (cl->nr == cl->room && rehash_classes(cl, stride))
		return NO_CLASS;
	bucket = hash_class(bits, stride, flags) & (cl->nr_buckets - 1);
	for (class = cl->buckets[bucket]; class != NO_CLASS; class = cl->next[class])
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
static u32 base_class(struct compiler *c)
{
	u64 bits[2 * LE_MAX_WORDS] = { 0 };
	u32 i;

	for (i = 0; i < c->nr_terms; i++) {
		if (c->terms[i].from.any)
			set_term(bits, i);
		if (c->terms[i].to.any)
			set_term(bits + c->words, i);
	}
	return intern_class(c, bits, 0);
}

/* The class of addresses that are members of a tag on top of what a class has. */
static u32 class_with_tag(struct compiler *c, u32 class, u32 tag)
{
	size_t stride = pair_words(c), i;
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

static void add_host(struct compiler *c, const struct le_edge_addr *addr, u16 tag)
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

static void inherit_terms(struct compiler *c, u32 heir, u32 tag)
{
	size_t stride = pair_words(c), i;

	for (i = 0; i < stride; i++)
		c->tag_bits[heir * stride + i] |= c->tag_bits[tag * stride + i];
}

/*
 * NAT makes any of the edge's own addresses of a public one, which so has all that they have. What
 * makes an address blocked is not handed on: only the far one is asked for that.
 */
static void add_publics(struct compiler *c, unsigned int edge)
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
			inherit_terms(c, heir, TAG_NAT + tag - LE_TAG_EDGE);
	}
	for (i = 0; i < publics->nr; i++)
		add_host(c, &publics->list[i], public_tag(edge, publics->list[i].family));
}

/* The first @sorted prefixes are in order, and now the others too, of which there are few. */
static int sort_prefixes(struct compiler *c, u32 sorted)
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

static int gather_prefixes(struct compiler *c)
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
static int sweep_family(struct compiler *c, u8 family, const struct le_prefix *prefixes, u32 nr)
{
	struct sweep *sw = kvzalloc(sizeof(*sw), GFP_KERNEL);
	int err = -ENOMEM;
	u32 i, class = base_class(c);

	if (!sw)
		return -ENOMEM;
	sw->spans = kvmalloc_array(2 * (size_t)nr + 1, sizeof(*sw->spans), GFP_KERNEL);
	c->spans[family] = sw->spans;
	if (!sw->spans || class == NO_CLASS)
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
		if (class == NO_CLASS)
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
static u64 far_terms(const struct compiler *c, enum le_dir dir)
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

static void find_largest(const struct compiler *c, struct largest *largest)
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
static const struct le_prefix *largest_of(const struct largest *largest, const struct end *end,
					  u8 family)
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

static void set_usual(struct le_usual *usual, const struct end *end, const struct largest *largest)
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

static int store_usual(struct compiler *c)
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
	largest = kvcalloc(TAG_SITE + c->nr_site_prefixes, sizeof(*largest), GFP_KERNEL);
	if (!largest)
		return -ENOMEM;
	find_largest(c, largest);
	for (i = 0; i < c->nr_terms && i < LE_NR_FAST_TERMS; i++) {
		const struct term *term = &c->terms[i];

		set_usual(&table->usual[i],
			  le_lane_dir(term->lane) == LE_IN ? &term->from : &term->to, largest);
	}
	kvfree(largest);
	return 0;
}

static int store_addr_classes(struct compiler *c)
{
	struct le_table *table = c->table;
	struct classes *cl = &c->classes;
	u32 i;

	table->addr_flags = kvmalloc_array(cl->nr, sizeof(*table->addr_flags), GFP_KERNEL);
	table->wide.froms = alloc_wide(c, cl->nr);
	table->wide.tos = alloc_wide(c, cl->nr);
	if (!table->addr_flags || !table->wide.froms || !table->wide.tos)
		return -ENOMEM;
	for (i = 0; i < cl->nr; i++) {
		const u64 *bits = cl->bits + i * pair_words(c);
		u64 *ends = table->ends + (size_t)i * LE_CLASS_STEP;

		store_wide(c, bits, table->wide.froms, i);
		store_wide(c, bits + c->words, table->wide.tos, i);
		ends[0] = word_0(c, bits, LE_MORE_ENDS);
		ends[1] = word_0(c, bits + c->words, LE_MORE_ENDS);
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
static void keep_near(struct compiler *c)
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

/* Spans and the classes that they are of. */
static int make_addrs(struct compiler *c)
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

static int store_addrs(struct compiler *c)
{
	int err = store_addr_classes(c);

	if (!err)
		err = le_addr_build(&c->table->addrs, c->spans[LE_IPV4], c->nr_spans[LE_IPV4],
				    c->spans[LE_IPV6], c->nr_spans[LE_IPV6]);
	if (!err)
		keep_near(c);
	return err;
}

static void free_compiler(struct compiler *c)
{
	kvfree(c->terms);
	kvfree(c->site_prefixes);
	kvfree(c->tag_bits);
	kvfree(c->tag_flags);
	kvfree(c->classes.bits);
	kvfree(c->classes.flags);
	kvfree(c->classes.next);
	kvfree(c->classes.buckets);
	kvfree(c->prefixes);
	kvfree(c->spans[LE_IPV4]);
	kvfree(c->spans[LE_IPV6]);
	kvfree(c);
}

/* The table ends in what there is as much of as there are classes of addresses. */
static struct le_table *alloc_table(const struct compiler *c)
{
	const size_t ends = (size_t)c->classes.nr * LE_CLASS_STEP * sizeof(u64);
	const u8 *options = c->policy->options;
	struct le_table *table = kvzalloc(sizeof(*table) + ends, GFP_KERNEL);

	if (!table)
		return NULL;
	table->stateless = options[LE_OPT_ESTABLISHED] == LE_ESTABLISHED_STATELESS;
	table->scope_address = c->early || options[LE_OPT_SCOPE] == LE_SCOPE_ADDRESS;
	table->icmp_echo = options[LE_OPT_ICMP_ECHO] == LE_ICMP_ECHO_ALLOW;
	return table;
}

static int compile(struct compiler *c)
{
	int err = make_terms(c);

	if (!err)
		err = make_addrs(c);
	if (err)
		return err;
	c->table = alloc_table(c);
	if (!c->table)
		return -ENOMEM;
	err = store_terms(c);
	if (!err)
		err = make_ports(c);
	return err ? err : store_addrs(c);
}

static struct le_table *compile_table(const struct le_policy *policy, bool early)
{
	struct compiler *c = kvzalloc(sizeof(*c), GFP_KERNEL);
	struct le_table *table;
	int err;

	if (!c)
		return NULL;
	c->policy = policy;
	c->early = early;
	c->joined_class = NO_CLASS;
	err = compile(c);
	table = c->table;
	free_compiler(c);
	if (!err)
		return table;
	le_table_free(table);
	return NULL;
}

/**
 * le_table_compile() - compile a policy
 * @policy: the policy; not referred to by the table
 *
 * Context: process; may sleep.
 *
 * Return: the table, which the caller frees with le_table_free() when no reader can see it any
 * more; NULL if there is no memory, the only thing that can fail: whatever le_policy_parse()
 * accepts can be compiled.
 */
struct le_table *le_table_compile(const struct le_policy *policy)
{
	return compile_table(policy, false);
}

/**
 * le_table_compile_early() - compile what a policy says of packets that NAT has not yet seen
 * @policy: the policy; not referred to by the table
 *
 * For le_early_judge(), and of no use elsewhere: a public address may be any of its edge's own, and
 * only what is for an address of an edge, its own or a public one, is judged.
 *
 * Context: process; may sleep.
 *
 * Return: as le_table_compile().
 */
struct le_table *le_table_compile_early(const struct le_policy *policy)
{
	return compile_table(policy, true);
}

/**
 * le_table_free() - free a table
 * @table: the table, or NULL
 *
 * Context: process; vfree() may be called. No reader may be left.
 */
void le_table_free(struct le_table *table)
{
	if (!table)
		return;
	kvfree(table->addr_flags);
	kvfree(table->wide.port_class);
	kvfree(table->wide.lanes);
	kvfree(table->wide.dports);
	kvfree(table->wide.froms);
	kvfree(table->wide.tos);
	kvfree(table->row_of);
	le_addr_destroy(&table->addrs);
	kvfree(table);
}
