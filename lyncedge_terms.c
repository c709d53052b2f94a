// SPDX-License-Identifier: GPL-2.0-only
/*
 * The compiler's first step: each active row of a policy becomes a term, or some, with its ports,
 * and who may be at its ends. What becomes of terms is in lyncedge_ports.c and lyncedge_spans.c.
 */
#include "lyncedge_compile.h"

static const struct le_ports any_port = { .first = 0, .last = 65535 };

static u16 site_tag(struct le_compiler *c, const struct le_prefix *prefix)
{
	u32 i;

	for (i = 0; i < c->nr_site_prefixes; i++)
		if (le_prefix_equal(&c->site_prefixes[i], prefix))
			return LE_TAG_SITE + i;
	c->site_prefixes[i] = *prefix;
	c->site_prefixes[i].tag = LE_TAG_SITE + i;
	c->nr_site_prefixes++;
	return LE_TAG_SITE + i;
}

/*
 * Who may be at this end, given what is defined: groups that are not defined mean any, but next
 * to one that is they are empty (DESIGN sec. 2).
 */
static struct le_term_end resolve_tags(const struct le_policy *policy, u32 tags)
{
	u32 groups = policy->groups << LE_TAG_GROUP;
	struct le_term_end end = { .tags = tags & (LE_TAGS_EDGES | groups) };

	end.any = !end.tags;
	return end;
}

static struct le_term_end resolve_site_end(struct le_compiler *c, const struct le_end *site)
{
	struct le_term_end end = { .any = true };

	if (site->kind == LE_END_TAG)
		return resolve_tags(c->policy, BIT(site->tag));
	if (site->kind == LE_END_PREFIX) {
		end.any = false;
		end.own_tag = site_tag(c, &site->prefix);
	}
	return end;
}

static bool cares_for_source(const struct le_term *term)
{
	return term->sport.first > any_port.first || term->sport.last < any_port.last;
}

/* No packet is of its lane, no port is in its range, and nobody is at its ends. */
static const struct le_term no_term = { .lane = LE_NR_LANES, .dport.first = 1, .sport.first = 1 };

static void append_term(struct le_compiler *c, const struct le_term *term)
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
static void append_nat_term(struct le_compiler *c, struct le_term term)
{
	u16 tag = LE_TAG_NAT + __ffs64(term.from.tags) - LE_TAG_EDGE;

	term.from = (struct le_term_end){ .own_tag = tag };
	term.sport = any_port;
	append_term(c, &term);
}

static void add_term(struct le_compiler *c, const struct le_term *term)
{
	append_term(c, term);
	if (c->early && cares_for_source(term))
		append_nat_term(c, *term);
}

/* An outbound media row: the A/V Edge's own range may be seen at the destination or the source. */
static void add_media_terms(struct le_compiler *c, struct le_term *term, struct le_ports range)
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

static void add_row(struct le_compiler *c, unsigned int number)
{
	const struct le_row *row = &le_matrix[number];
	struct le_ports ports = le_policy_row_ports(c->policy, number);
	struct le_term term = {
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

static void add_site_row(struct le_compiler *c, unsigned int i)
{
	const struct le_site_row *row = &c->policy->site_rows[i];
	struct le_term term = {
		.row = LE_NR_ROWS + i,
		.lane = le_lane(le_crossing(row->iface, row->dir), row->protocol),
		.dport = row->ports,
		.sport = any_port,
		.from = resolve_site_end(c, &row->from),
		.to = resolve_site_end(c, &row->to),
	};

	add_term(c, &term);
}

/**
 * le_terms_make() - find the terms of all active rows
 * @c: the compiler, of which the policy is set
 *
 * In the order of rows, which is that of precedence. From then on it is known how many words a
 * bitmap of terms has.
 *
 * Return: 0 or -ENOMEM.
 */
int le_terms_make(struct le_compiler *c)
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

/**
 * le_terms_to_table() - tell the table which row each term is of
 * @c: the compiler, after le_terms_make(), with a table
 *
 * Return: 0 or -ENOMEM.
 */
int le_terms_to_table(struct le_compiler *c)
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
