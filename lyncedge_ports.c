// SPDX-License-Identifier: GPL-2.0-only
/*
 * The compiler's step from terms to ports: all 65,536 are sorted into classes, of which each has
 * the same terms, and the lanes are stored together with these. Addresses are in lyncedge_spans.c.
 */
#include "lyncedge_compile.h"
#include "lyncedge_list.h"

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

static int port_class(struct le_compiler *c, struct port_classes *pc, u32 port)
{
	u64 bits[2 * LE_MAX_WORDS] = { 0 };
	size_t stride = le_pair_words(c);
	u64 *bigger;
	u32 i;

	for (i = 0; i < c->nr_terms; i++) {
		if (in_ports(&c->terms[i].dport, port))
			le_bits_set(bits, i);
		if (in_ports(&c->terms[i].sport, port))
			le_bits_set(bits + c->words, i);
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
static u64 *cut_ports(const struct le_compiler *c)
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
static int add_runs(struct le_compiler *c, struct port_classes *pc, u32 port, u64 cuts)
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

static int classify_ports(struct le_compiler *c, struct port_classes *pc)
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
static void fold_ports(const struct le_compiler *c, const struct port_classes *pc,
		       struct fast_ports *fp)
{
	struct le_table *table = c->table;
	u32 i;

	for (i = 0; i < pc->nr_runs; i++) {
		const struct port_run *run = &pc->runs[i];
		const u64 *bits = pc->bits + run->class * le_pair_words(c);

		fill_ports(table->dport_class, run,
			   number_word(fp->dports, &fp->nr_dports,
				       le_bits_word_0(c, bits, LE_MORE_PORTS)));
		fill_ports(table->sport_class, run,
			   number_word(fp->sports, &fp->nr_sports,
				       le_bits_word_0(c, bits + c->words, LE_MORE_PORTS)));
	}
	table->nr_dport_classes = fp->nr_dports;
}

/* Word 0 of the lane's terms; it is stored with the ports, the others by themselves. */
static u64 store_lane(struct le_compiler *c, unsigned int lane)
{
	u64 bits[LE_MAX_WORDS] = { 0 };
	u32 i;

	for (i = 0; i < c->nr_terms; i++)
		if (c->terms[i].lane == lane)
			le_bits_set(bits, i);
	le_bits_store_wide(c, bits, c->table->wide.lanes, lane);
	return le_bits_word_0(c, bits, LE_MORE_PORTS);
}

static void store_leaving(struct le_table *table, size_t place, u64 terms,
			  const struct fast_ports *fp)
{
	u32 i;

	for (i = 0; i < LE_NR_SPORT_CLASSES; i++)
		table->leaving[place * LE_NR_SPORT_CLASSES + i] = terms & fp->sports[i];
}

static int store_lanes(struct le_compiler *c, const struct fast_ports *fp)
{
	struct le_table *table = c->table;
	unsigned int lane;
	u32 i;

	table->wide.lanes = le_bits_alloc_wide(c, LE_NR_LANES);
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

static int store_wide_ports(struct le_compiler *c, const struct port_classes *pc)
{
	struct le_wide *wide = &c->table->wide;
	u32 i;

	wide->dports = le_bits_alloc_wide(c, pc->nr);
	if (!wide->dports)
		return -ENOMEM;
	for (i = 0; i < pc->nr; i++)
		le_bits_store_wide(c, pc->bits + i * le_pair_words(c), wide->dports, i);
	return c->words > 1 ? store_port_classes(wide, pc) : 0;
}

/* What lanes and ports have in every word. */
static int store_ports(struct le_compiler *c, const struct port_classes *pc)
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

/**
 * le_ports_make() - sort ports into classes, and store these and the lanes
 * @c: the compiler, after le_terms_make(), with a table
 *
 * Return: 0 or -ENOMEM.
 */
int le_ports_make(struct le_compiler *c)
{
	struct port_classes pc = { .nr = 0 };
	int err = classify_ports(c, &pc);

	if (!err)
		err = store_ports(c, &pc);
	kvfree(pc.bits);
	kvfree(pc.runs);
	return err;
}
