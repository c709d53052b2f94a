// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes terms of a policy's active rows, and lists of them. What a packet filter gets to read for a
 * term is the business of who writes for that filter.
 */
#include "terms.h"
#include "rows.h"

static const struct le_ports any_port = ANY_PORT;

static void terms_add(struct terms *terms, const struct term *term)
{
	terms->list = grown(terms->list, terms->nr + 1, sizeof(*terms->list));
	terms->list[terms->nr++] = *term;
}

/*
 * The ends that tags stand for. A group that is not defined is anybody, but next to one that is
 * it is nobody.
 */
static unsigned int ends_of_tags(const struct le_policy *policy, u32 tags, struct le_end *ends)
{
	unsigned int tag, nr = 0;

	for (tag = 0; tag < LE_TAG_BLOCK; tag++) {
		bool defined = tag < LE_TAG_GROUP || policy->groups & BIT(tag - LE_TAG_GROUP);

		if (tags & BIT(tag) && defined)
			ends[nr++] = (struct le_end){ .kind = LE_END_TAG, .tag = tag };
	}
	if (!nr)
		ends[nr++] = (struct le_end){ .kind = LE_END_ANY };
	return nr;
}

/* Where Microsoft has the source port: "ports strict". */
static struct le_ports strict_source(const struct le_policy *policy, const struct le_row *row)
{
	if (policy->options[LE_OPT_PORTS] == LE_PORTS_STRICT) {
		if (row->kind == LE_PORTS_STRICT_MEDIA)
			return policy->media;
		if (row->kind == LE_PORTS_STRICT_STUN)
			return (struct le_ports){ LE_PORT_STUN, LE_PORT_STUN };
	}
	return any_port;
}

static void add_with_ports(struct terms *terms, const struct le_policy *policy, struct term *term,
			   bool merge_either)
{
	const struct le_row *row = &le_matrix[term->row];
	struct le_ports ports = le_policy_row_ports(policy, term->row);
	u8 rtp = policy->options[LE_OPT_RTP_OUTBOUND];

	term->dport = ports;
	term->sport = any_port;
	if (row->kind != LE_PORTS_MEDIA || row->dir != LE_OUT) {
		term->sport = strict_source(policy, row);
		terms_add(terms, term);
		return;
	}
	term->either = merge_either && rtp == LE_RTP_EITHER;
	if (rtp != LE_RTP_SOURCE)
		terms_add(terms, term);
	if (rtp != LE_RTP_DESTINATION && !term->either) {
		term->dport = any_port;
		term->sport = ports;
		terms_add(terms, term);
	}
}

static void add_matrix_row(struct terms *terms, const struct le_policy *policy, unsigned int number,
			   bool merge_either)
{
	struct le_end froms[LE_NR_TAGS], tos[LE_NR_TAGS];
	const struct le_row *row = &le_matrix[number];
	unsigned int nr_froms = ends_of_tags(policy, row->source, froms);
	unsigned int nr_tos = ends_of_tags(policy, row->destination, tos);
	unsigned int from, to;

	for (from = 0; from < nr_froms; from++) {
		for (to = 0; to < nr_tos; to++) {
			struct term term = {
				.row = number,
				.crossing = le_crossing(row->iface, row->dir),
				.protocol = row->protocol,
				.from = froms[from],
				.to = tos[to],
			};

			add_with_ports(terms, policy, &term, merge_either);
		}
	}
}

static struct le_end site_end(const struct le_policy *policy, const struct le_end *end)
{
	struct le_end ends[LE_NR_TAGS];

	if (end->kind != LE_END_TAG)
		return *end;
	ends_of_tags(policy, BIT(end->tag), ends);
	return ends[0];
}

static void add_site_row(struct terms *terms, const struct le_policy *policy, unsigned int i)
{
	const struct le_site_row *row = &policy->site_rows[i];
	struct term term = {
		.row = LE_NR_ROWS + i,
		.crossing = le_crossing(row->iface, row->dir),
		.protocol = row->protocol,
		.dport = row->ports,
		.sport = any_port,
		.from = site_end(policy, &row->from),
		.to = site_end(policy, &row->to),
	};

	terms_add(terms, &term);
}

/**
 * terms_make() - make the terms of all active rows
 * @terms: where to, empty
 * @policy: the policy
 * @merge_either: what may have its ports at either end is one term, not two
 */
void terms_make(struct terms *terms, const struct le_policy *policy, bool merge_either)
{
	unsigned int row;

	for (row = 0; row < nr_rows(policy); row++) {
		if (!row_is_active(policy, row))
			continue;
		if (row < LE_NR_ROWS)
			add_matrix_row(terms, policy, row, merge_either);
		else
			add_site_row(terms, policy, row - LE_NR_ROWS);
	}
}

static bool same_end(const struct le_end *a, const struct le_end *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == LE_END_TAG)
		return a->tag == b->tag;
	return a->kind == LE_END_ANY || le_prefix_equal(&a->prefix, &b->prefix);
}

/**
 * same_term() - whether two terms of one crossing say the same
 * @a: a term
 * @b: another
 *
 * Return: true if they do; the rows may differ.
 */
bool same_term(const struct term *a, const struct term *b)
{
	return a->protocol == b->protocol && same_ports(a->dport, b->dport) &&
	       same_ports(a->sport, b->sport) && a->either == b->either &&
	       same_end(&a->from, &b->from) && same_end(&a->to, &b->to);
}

/**
 * terms_add_new() - add a term, unless one says the same
 * @terms: terms of one crossing
 * @term: the term
 *
 * A term that says what one before it said never gets a packet.
 */
void terms_add_new(struct terms *terms, const struct term *term)
{
	u32 i;

	for (i = 0; i < terms->nr; i++)
		if (same_term(&terms->list[i], term))
			return;
	terms_add(terms, term);
}

/**
 * terms_select() - add the terms of one crossing and protocol
 * @terms: where to
 * @from: all terms
 * @crossing: the crossing
 * @protocol: IPPROTO_TCP or IPPROTO_UDP
 * @first_row: first row to look at
 * @last_row: last one
 */
void terms_select(struct terms *terms, const struct terms *from, unsigned int crossing, u8 protocol,
		  unsigned int first_row, unsigned int last_row)
{
	u32 i;

	for (i = 0; i < from->nr; i++) {
		const struct term *term = &from->list[i];

		if (term->crossing == crossing && term->protocol == protocol &&
		    term->row >= first_row && term->row <= last_row)
			terms_add_new(terms, term);
	}
}

/**
 * edges_of() - the edges that terms name at the Edge's end
 * @terms: terms of one crossing
 *
 * Return: set of edges.
 */
u32 edges_of(const struct terms *terms)
{
	u32 edges = 0, i;

	for (i = 0; i < terms->nr; i++)
		if (is_edge(near_end(&terms->list[i])))
			edges |= BIT(near_end(&terms->list[i])->tag);
	return edges;
}

/**
 * edges_at() - the edges that bear an address
 * @policy: the policy
 * @edges: set of edges to look at
 * @addr: the address
 *
 * Return: set of those that do.
 */
u32 edges_at(const struct le_policy *policy, u32 edges, const struct le_edge_addr *addr)
{
	unsigned int edge;
	u32 found = 0, i;

	for (edge = 0; edge < LE_NR_EDGES; edge++) {
		const struct le_addrs *addrs = &policy->edges[edge];

		for (i = 0; edges & BIT(edge) && i < addrs->nr; i++)
			if (addrs->list[i].family == addr->family &&
			    !memcmp(&addrs->list[i].addr, &addr->addr, sizeof(addr->addr)))
				found |= BIT(edge);
	}
	return found;
}

/**
 * counter_name() - name of a row's counter
 * @policy: the policy
 * @row: number of the row
 *
 * The name of a site row might be a word of the packet filter's, or a reason to drop.
 *
 * Return: the name, which the caller frees.
 */
char *counter_name(const struct le_policy *policy, unsigned int row)
{
	if (row < LE_NR_ROWS)
		return text_of("%s", le_matrix[row].id);
	return text_of("site-%s", policy->site_rows[row - LE_NR_ROWS].name);
}
