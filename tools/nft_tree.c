// SPDX-License-Identifier: GPL-2.0-only
/*
 * The trees of verdict maps that lead a packet to the rules of the rows that could take it: by
 * port, then by the Edge's address. What such a rule says is in nft_rules.c.
 */
#include "nft_rules.h"
#include "rows.h"

/* A set or map that is longer goes on in the next line. */
#define ELEMENTS_A_LINE 4

/*
 * Site rows whose ranges of ports overlap over and over would be repeated in each piece. Beyond
 * this many rules a tree leaves them out and walks them one by one.
 */
#define MAX_TREE_RULES 16384

/* ---- lists of rules ---- */

/* Terms in the order in which they are judged, with what the way to them has decided left out. */
struct list {
	struct terms terms;
	struct le_ports *ports;	/* the ranges that lead here */
	u32 nr_ports;
};

static bool same_list(const struct terms *a, const struct terms *b)
{
	u32 i;

	if (a->nr != b->nr)
		return false;
	for (i = 0; i < a->nr; i++)
		if (a->list[i].row != b->list[i].row || !same_term(&a->list[i], &b->list[i]))
			return false;
	return true;
}

static void put_edges_chain_name(FILE *out, const char *chain, u32 edges)
{
	unsigned int edge;

	fputs(chain, out);
	for (edge = 0; edge < LE_NR_EDGES; edge++)
		if (edges & BIT(edge))
			fprintf(out, "-%s", le_edge_names[edge]);
}

/**
 * nft_put_separator() - write what goes before an element of a set or map
 * @out: where to
 * @nr: how many elements there are before
 */
void nft_put_separator(FILE *out, u32 nr)
{
	if (!nr)
		return;
	fputs(nr % ELEMENTS_A_LINE ? ", " : ",\n\t\t\t", out);
}

/*
 * From the Edge's address to the rows of its role. Returns which combinations of roles there are,
 * a bit for each set of edges.
 */
static u32 put_edge_map(struct nft_ruleset *rs, const char *chain, const char *key,
			unsigned int family, u32 edges)
{
	const struct le_policy *policy = rs->policy;
	u32 combinations = 0, nr = 0, i;
	char text[LE_PREFIX_TEXT];
	unsigned int edge;

	for (edge = 0; edge < LE_NR_EDGES; edge++) {
		for (i = 0; edges & BIT(edge) && i < policy->edges[edge].nr; i++) {
			const struct le_edge_addr *addr = &policy->edges[edge].list[i];
			u32 roles = edges_at(policy, edges, addr);

			/* An address that several edges bear is written with the first. */
			if (addr->family != family || roles & (BIT(edge) - 1))
				continue;
			if (!nr)
				fprintf(rs->out, "\t\t%s vmap { ", key);
			nft_put_separator(rs->out, nr++);
			le_addr_format(text, sizeof(text), &addr->addr, family);
			fprintf(rs->out, "%s : goto ", text);
			put_edges_chain_name(rs->out, chain, roles);
			combinations |= BIT(roles);
		}
	}
	if (nr)
		fputs(" }\n", rs->out);
	return combinations;
}

static void put_rules(struct nft_ruleset *rs, const struct terms *terms, bool answers)
{
	u32 i;

	for (i = 0; i < terms->nr; i++)
		nft_put_rule(rs, &terms->list[i], answers);
}

/* The rows for an address that is known to be of these edges, and of no other of the list's. */
static void put_edges_chain(struct nft_ruleset *rs, const char *chain, const struct terms *terms,
			    u32 edges, bool answers)
{
	struct terms some = { .nr = 0 };
	u32 i;

	for (i = 0; i < terms->nr; i++) {
		struct term term = terms->list[i];
		struct le_end *near = near_end(&term);

		if (is_edge(near)) {
			if (!(edges & BIT(near->tag)))
				continue;
			near->kind = LE_END_ANY;
		}
		terms_add_new(&some, &term);
	}
	fputs("\tchain ", rs->out);
	put_edges_chain_name(rs->out, chain, edges);
	fputs(" {\n", rs->out);
	put_rules(rs, &some, answers);
	fputs("\t}\n\n", rs->out);
	free(some.list);
}

/*
 * The rows of a list: one after the other, or if they are of several roles by the Edge's address
 * first. What no row takes returns.
 */
static void put_list_chain(struct nft_ruleset *rs, const char *chain, const struct terms *terms,
			   bool answers)
{
	u32 edges = edges_of(terms), combinations = 0, roles, i;
	unsigned int family;

	fprintf(rs->out, "\tchain %s {\n", chain);
	if (edges & (edges - 1)) {
		bool source = (terms->list[0].crossing % LE_NR_DIRS == LE_OUT) != answers;

		for (family = 0; family < NR_FAMILIES; family++)
			combinations |= put_edge_map(rs, chain,
						     nft_key(NFT_PACKET, family, source),
						     family, edges);
		for (i = 0; i < terms->nr; i++)
			if (!is_edge(near_end(&terms->list[i])))
				nft_put_rule(rs, &terms->list[i], answers);
	} else {
		put_rules(rs, terms, answers);
	}
	fputs("\t}\n\n", rs->out);
	for (roles = 1; roles < BIT(LE_NR_EDGES); roles++)
		if (combinations & BIT(roles))
			put_edges_chain(rs, chain, terms, roles, answers);
}

/* ---- trees ---- */

/**
 * struct tree - the rows of one crossing and protocol, by their destination port
 * @lists: the rows of the ports of a range or several, each combination once
 * @nr: how many lists
 * @nr_rules: how many rows they hold in all
 * @rest: the rows of any port, which are in every list as well
 * @walked: rows that are not in the lists, to be asked after them one by one
 */
struct tree {
	struct list *lists;
	u32 nr;
	u32 nr_rules;
	struct terms rest;
	struct terms walked;
};

static void tree_add(struct tree *tree, struct terms *terms, struct le_ports ports)
{
	struct list *known;
	u32 i;

	for (i = 0; i < tree->nr && !same_list(&tree->lists[i].terms, terms); i++)
		;
	if (i == tree->nr) {
		tree->lists = grown(tree->lists, tree->nr + 1, sizeof(*tree->lists));
		tree->lists[tree->nr++] = (struct list){ .terms = *terms };
		tree->nr_rules += terms->nr;
	} else {
		free(terms->list);
	}
	known = &tree->lists[i];
	known->ports = grown(known->ports, known->nr_ports + 1, sizeof(*known->ports));
	known->ports[known->nr_ports++] = ports;
}

/* The rows of all ports from one up to where the next range starts. */
static void tree_add_range(struct tree *tree, const struct terms *lane, struct le_ports ports)
{
	struct terms terms = { .nr = 0 };
	bool own = false;
	u32 i;

	for (i = 0; i < lane->nr; i++) {
		struct term term = lane->list[i];

		if (term.dport.first > ports.first || term.dport.last < ports.first)
			continue;
		own |= !is_any_port(term.dport);
		term.dport = (struct le_ports)ANY_PORT;
		terms_add_new(&terms, &term);
	}
	if (own)
		tree_add(tree, &terms, ports);
	else
		free(terms.list);
}

/* Cuts the ports wherever a row's range begins or ends; stops where that becomes too much. */
static void tree_cut(struct tree *tree, const struct terms *lane)
{
	bool *cut = grown(NULL, 65537, sizeof(*cut));
	struct le_ports ports;
	u32 i;

	memset(cut, 0, 65537 * sizeof(*cut));
	for (i = 0; i < lane->nr; i++) {
		cut[lane->list[i].dport.first] = true;
		cut[lane->list[i].dport.last + 1] = true;
		if (is_any_port(lane->list[i].dport))
			terms_add_new(&tree->rest, &lane->list[i]);
	}
	ports.first = 0;
	for (i = 1; i <= 65536 && tree->nr_rules <= MAX_TREE_RULES; i++) {
		if (!cut[i] && i != 65536)
			continue;
		ports.last = i - 1;
		tree_add_range(tree, lane, ports);
		ports.first = i;
	}
	free(cut);
}

static void tree_free(struct tree *tree)
{
	u32 i;

	for (i = 0; i < tree->nr; i++) {
		free(tree->lists[i].terms.list);
		free(tree->lists[i].ports);
	}
	free(tree->lists);
	free(tree->rest.list);
	free(tree->walked.list);
}

static void tree_make(struct tree *tree, const struct nft_ruleset *rs, unsigned int crossing,
		      u8 protocol)
{
	struct terms lane = { .nr = 0 };

	*tree = (struct tree){ .nr = 0 };
	terms_select(&lane, &rs->terms, crossing, protocol, 0, nr_rows(rs->policy));
	tree_cut(tree, &lane);
	if (tree->nr_rules > MAX_TREE_RULES) {
		tree_free(tree);
		free(lane.list);
		*tree = (struct tree){ .nr = 0 };
		lane = (struct terms){ .nr = 0 };
		terms_select(&lane, &rs->terms, crossing, protocol, 0, LE_NR_ROWS - 1);
		tree_cut(tree, &lane);
		terms_select(&tree->walked, &rs->terms, crossing, protocol, LE_NR_ROWS,
			     nr_rows(rs->policy));
	}
	free(lane.list);
}

static char *port_chain_name(const char *chain, struct le_ports ports)
{
	if (ports.first == ports.last)
		return text_of("%s-%u", chain, ports.first);
	return text_of("%s-%u-%u", chain, ports.first, ports.last);
}

static void put_port_map(struct nft_ruleset *rs, const char *chain, const struct tree *tree,
			 const char *protocol, bool answers)
{
	u32 nr = 0, i, k;

	for (i = 0; i < tree->nr; i++) {
		char *name = port_chain_name(chain, tree->lists[i].ports[0]);

		for (k = 0; k < tree->lists[i].nr_ports; k++) {
			if (!nr)
				fprintf(rs->out, "\t\t%s %s vmap { ", protocol,
					answers ? "sport" : "dport");
			nft_put_separator(rs->out, nr++);
			nft_put_ports(rs->out, tree->lists[i].ports[k]);
			/* What is walked has to be asked as well: come back. */
			fprintf(rs->out, " : %s %s", tree->walked.nr ? "jump" : "goto", name);
		}
		free(name);
	}
	if (nr)
		fputs(" }\n", rs->out);
}

/**
 * nft_put_tree() - write the chains of one crossing and protocol
 * @rs: the ruleset
 * @crossing: the rows' crossing
 * @protocol: the rows' protocol
 * @answers: match the mirror image: what answers a packet of the rows, at the opposite crossing
 *
 * What a row takes is counted and accepted; what none takes returns to who jumped there.
 */
void nft_put_tree(struct nft_ruleset *rs, unsigned int crossing, u8 protocol, bool answers)
{
	const char *name = protocol == IPPROTO_UDP ? "udp" : "tcp";
	struct tree tree;
	char *chain;
	u32 i;

	chain = text_of("%s-%s%s", nft_crossing_name(crossing), name, answers ? "-answers" : "");
	tree_make(&tree, rs, crossing, protocol);
	fprintf(rs->out, "\tchain %s {\n", chain);
	put_port_map(rs, chain, &tree, name, answers);
	put_rules(rs, &tree.rest, answers);
	put_rules(rs, &tree.walked, answers);
	fputs("\t}\n\n", rs->out);
	for (i = 0; i < tree.nr; i++) {
		char *list = port_chain_name(chain, tree.lists[i].ports[0]);

		put_list_chain(rs, list, &tree.lists[i].terms, answers);
		free(list);
	}
	tree_free(&tree);
	free(chain);
}
