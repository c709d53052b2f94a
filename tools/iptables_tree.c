// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way to the rows of one crossing and protocol. Iptables asks rule after rule, so a packet is
 * to meet few: where it pays there is a jump by the Edge's address, which is the cheapest to look
 * at; then ranges of ports are halved until a handful of rows remains. What a row's rule says is in
 * iptables_rules.c.
 */
#include "iptables_rules.h"
#include "rows.h"

/* More addresses than this are asked for in sets, row by row. */
#define MAX_ADDRESSES 8

/* The chains below one tree are numbered. */
struct numbered {
	const char *base;
	const struct ipt_tree *tree;
	unsigned int nr;
};

static void new_chain(struct ipt_ruleset *rs, struct numbered *n, char *name)
{
	scnprintf(name, IPT_CHAIN_NAME, "%s-%u", n->base, ++n->nr);
	ipt_chain(rs, "%s", name);
}

/* ---- by port ---- */

static u32 nr_rules(struct ipt_ruleset *rs, const struct terms *terms)
{
	u32 nr = 0, i;

	for (i = 0; i < terms->nr; i++)
		nr += ipt_nr_rules(rs, &terms->list[i]);
	return nr;
}

/* Whether a term may take a destination port below @cut, or from there on. */
static bool is_below(const struct term *term, unsigned int cut)
{
	return term->either || term->dport.first < cut;
}

static bool is_above(const struct term *term, unsigned int cut)
{
	return term->either || term->dport.last >= cut;
}

/* How many terms are on the side that has more of them; all of them, if too many are on both. */
static u32 larger_side(const struct terms *terms, unsigned int cut)
{
	u32 below = 0, above = 0, i;

	for (i = 0; i < terms->nr; i++) {
		below += is_below(&terms->list[i], cut);
		above += is_above(&terms->list[i], cut);
	}
	if (below + above > terms->nr + terms->nr / 8 + 1)
		return terms->nr;
	return below > above ? below : above;
}

/* The port that parts the terms most evenly, or 0 if none does any good. */
static unsigned int best_cut(const struct terms *terms)
{
	u32 best = terms->nr - terms->nr / 4, i;
	unsigned int cut = 0;

	for (i = 0; i < terms->nr; i++) {
		u32 larger = larger_side(terms, terms->list[i].dport.first);

		if (larger < best) {
			best = larger;
			cut = terms->list[i].dport.first;
		}
	}
	return cut;
}

static void take_side(struct terms *side, const struct terms *terms, unsigned int cut,
		      bool (*is_of_side)(const struct term *term, unsigned int cut))
{
	u32 i;

	for (i = 0; i < terms->nr; i++)
		if (is_of_side(&terms->list[i], cut))
			terms_add_new(side, &terms->list[i]);
}

static void put_by_port(struct ipt_ruleset *rs, struct numbered *n, const char *chain,
			const struct terms *terms);

static void put_halves(struct ipt_ruleset *rs, struct numbered *n, const char *chain,
		       const struct terms *terms, unsigned int cut)
{
	const char *protocol = terms->list[0].protocol == IPPROTO_UDP ? "udp" : "tcp";
	struct terms below = { .nr = 0 }, above = { .nr = 0 };
	char sub[IPT_CHAIN_NAME];

	take_side(&below, terms, cut, is_below);
	take_side(&above, terms, cut, is_above);
	new_chain(rs, n, sub);
	ipt_rule(rs, "%s -p %s -m %s --%s 0:%u -g %s", chain, protocol, protocol,
		 n->tree->answers ? "sport" : "dport", cut - 1, sub);
	put_by_port(rs, n, chain, &above);
	put_by_port(rs, n, sub, &below);
	free(below.list);
	free(above.list);
}

/* The rest of a chain: its terms, and where to go on. */
static void put_by_port(struct ipt_ruleset *rs, struct numbered *n, const char *chain,
			const struct terms *terms)
{
	unsigned int cut = nr_rules(rs, terms) > IPT_HANDFUL ? best_cut(terms) : 0;
	u32 i;

	if (cut) {
		put_halves(rs, n, chain, terms, cut);
		return;
	}
	for (i = 0; i < terms->nr; i++)
		ipt_put_term(rs, chain, &terms->list[i], n->tree->answers);
	ipt_rule(rs, "%s -g %s", chain, n->tree->end);
}

/* ---- by address ---- */

/* An address that edges bear, and which of them do. */
struct place {
	struct le_edge_addr addr;
	u32 roles;
};

struct places {
	struct place list[MAX_ADDRESSES];
	u32 nr;
};

/* Returns false if there are too many. */
static bool find_places(struct places *places, const struct ipt_ruleset *rs, u32 edges)
{
	const struct le_policy *policy = rs->policy;
	unsigned int edge;
	u32 i;

	places->nr = 0;
	for (edge = 0; edge < LE_NR_EDGES; edge++) {
		for (i = 0; edges & BIT(edge) && i < policy->edges[edge].nr; i++) {
			const struct le_edge_addr *addr = &policy->edges[edge].list[i];
			u32 roles = edges_at(policy, edges, addr);

			/* An address that several edges bear is taken with the first. */
			if (addr->family != rs->family || roles & (BIT(edge) - 1))
				continue;
			if (places->nr == MAX_ADDRESSES)
				return false;
			places->list[places->nr++] = (struct place){ *addr, roles };
		}
	}
	return true;
}

/* The terms for an address that is known to be of these edges, and of no other that they name. */
static void select_roles(struct terms *some, const struct terms *terms, u32 roles)
{
	u32 i;

	for (i = 0; i < terms->nr; i++) {
		struct term term = terms->list[i];
		struct le_end *near = near_end(&term);

		if (is_edge(near)) {
			if (!(roles & BIT(near->tag)))
				continue;
			near->kind = LE_END_ANY;
		}
		terms_add_new(some, &term);
	}
}

/* Terms that need no chain of their own: one rule. */
static bool is_one_rule(struct ipt_ruleset *rs, const struct terms *terms)
{
	return terms->nr == 1 && ipt_nr_rules(rs, terms->list) == 1;
}

/* To the rows of an address's roles, in a chain that has to be written; or the only row itself. */
static void put_place(struct ipt_ruleset *rs, struct numbered *n, const char *chain,
		      const struct terms *terms, const struct place *place, u32 *combinations,
		      char *name)
{
	bool source = (terms->list[0].crossing % LE_NR_DIRS == LE_OUT) != n->tree->answers;
	struct le_end end = { .kind = LE_END_PREFIX };
	struct terms some = { .nr = 0 };
	char text[LE_PREFIX_TEXT];

	select_roles(&some, terms, place->roles);
	if (is_one_rule(rs, &some)) {
		end.prefix.addr = place->addr.addr;
		end.prefix.family = rs->family;
		end.prefix.len = le_addr_bits(rs->family);
		*near_end(some.list) = end;
		ipt_put_term(rs, chain, some.list, n->tree->answers);
	} else {
		if (!(*combinations & BIT(place->roles)))
			new_chain(rs, n, name);
		*combinations |= BIT(place->roles);
		le_addr_format(text, sizeof(text), &place->addr.addr, rs->family);
		ipt_rule(rs, "%s -%c %s -g %s", chain, source ? 's' : 'd', text, name);
	}
	free(some.list);
}

static void put_by_address(struct ipt_ruleset *rs, struct numbered *n, const char *chain,
			   const struct terms *terms, const struct places *places)
{
	char names[BIT(LE_NR_EDGES)][IPT_CHAIN_NAME];
	struct terms some = { .nr = 0 };
	u32 combinations = 0, roles, i;

	for (i = 0; i < places->nr; i++)
		put_place(rs, n, chain, terms, &places->list[i], &combinations,
			  names[places->list[i].roles]);
	select_roles(&some, terms, 0);
	put_by_port(rs, n, chain, &some);
	free(some.list);
	for (roles = 1; roles < BIT(LE_NR_EDGES); roles++) {
		if (!(combinations & BIT(roles)))
			continue;
		some = (struct terms){ .nr = 0 };
		select_roles(&some, terms, roles);
		put_by_port(rs, n, names[roles], &some);
		free(some.list);
	}
}

/**
 * ipt_put_tree() - write the rules of one crossing and protocol, and where to go on after them
 * @rs: the ruleset
 * @chain: the chain to begin in, which is declared
 * @crossing: the rows' crossing
 * @protocol: the rows' protocol
 * @tree: where to go on, and whether the rules are for answers at the opposite crossing
 *
 * What a row takes is counted and returns to who jumped here first.
 */
void ipt_put_tree(struct ipt_ruleset *rs, const char *chain, unsigned int crossing, u8 protocol,
		  const struct ipt_tree *tree)
{
	struct numbered n = { .base = chain, .tree = tree };
	struct terms all = { .nr = 0 }, terms = { .nr = 0 };
	struct places places;
	u32 i;

	terms_select(&all, &rs->terms, crossing, protocol, 0, nr_rows(rs->policy));
	for (i = 0; i < all.nr; i++)
		if (ipt_nr_rules(rs, &all.list[i]))
			terms_add_new(&terms, &all.list[i]);
	free(all.list);
	if (find_places(&places, rs, edges_of(&terms)) && places.nr > 1 &&
	    nr_rules(rs, &terms) > places.nr)
		put_by_address(rs, &n, chain, &terms, &places);
	else
		put_by_port(rs, &n, chain, &terms);
	free(terms.list);
}
