// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way of a packet to the rules of the rows that could take it. What such a rule says is in
 * nft_rules.c.
 *
 * What counts is how many expressions nft evaluates. So the media ranges are compared first, which
 * costs little and is what most packets are; then one map, whose key is protocol, port and the
 * Edge's address together, leads to the rows of that key, or to none; one of maps that split by one
 * after the other would cost twice as much. Rows that have no such key (the site's: ranges, and
 * anybody on the Edge's side) are asked last, in a tree of ports and addresses.
 *
 * All ways are jumps: what no row takes comes back, and meets nothing more that could take it.
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

/* What is the same for all chains of one crossing and direction. */
struct way {
	struct nft_ruleset *rs;
	bool answers;	/* rows are looked at in the mirror */
	bool source;	/* the Edge is who sends */
};

static const char *protocol_word(u8 protocol)
{
	return protocol == IPPROTO_UDP ? "udp" : "tcp";
}

/* The word for the port that rows have as their destination, or source. */
static const char *port_word(const struct way *way, bool source)
{
	return source != way->answers ? "sport" : "dport";
}

static bool is_one_port(struct le_ports ports)
{
	return ports.first == ports.last;
}

static bool has_port(struct le_ports ports, unsigned int port)
{
	return ports.first <= port && port <= ports.last;
}

static bool is_within(struct le_ports inner, struct le_ports outer)
{
	return outer.first <= inner.first && inner.last <= outer.last;
}

static bool overlap(struct le_ports a, struct le_ports b)
{
	return a.first <= b.last && b.first <= a.last;
}

/* ---- chains of rules ---- */

/* No packet that gets to such a term goes further. */
static bool takes_all(const struct term *term)
{
	return term->from.kind == LE_END_ANY && term->to.kind == LE_END_ANY &&
	       is_any_port(term->dport) && is_any_port(term->sport);
}

/*
 * Without conntrack, headers are looked at where a row is about to take the packet. What TCP mostly
 * looks like is tried first.
 */
static void put_whole(const struct way *way, const struct terms *terms)
{
	struct nft_ruleset *rs = way->rs;
	bool udp = terms->list[0].protocol == IPPROTO_UDP;

	if (rs->policy->options[LE_OPT_ESTABLISHED] == LE_ESTABLISHED_CONNTRACK)
		return;
	if (terms->nr == 1 && takes_all(terms->list)) {
		char *counter = counter_name(rs->policy, terms->list[0].row);

		fprintf(rs->out, "\t\t%s counter name \"%s\" accept\n",
			udp ? "@th,32,16 >= 8 @th,48,16 >= 0" : "@th,96,4 5 @th,152,8 >= 0",
			counter);
		free(counter);
	}
	fprintf(rs->out, "\t\tjump whole-%s\n", udp ? "udp" : "tcp");
}

static void put_rules(const struct way *way, const struct terms *terms)
{
	u32 i;

	for (i = 0; i < terms->nr; i++) {
		nft_put_rule(way->rs, &terms->list[i], way->answers);
		if (takes_all(&terms->list[i]))
			return;
	}
}

static void put_edges(FILE *out, u32 edges)
{
	unsigned int edge;

	for (edge = 0; edge < LE_NR_EDGES; edge++)
		if (edges & BIT(edge))
			fprintf(out, "-%s", le_edge_names[edge]);
}

/* The rows for an address that is known to be of these edges, and of no other of the terms'. */
static void put_edges_chain(const struct way *way, const char *chain, const struct terms *terms,
			    u32 edges)
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
	fprintf(way->rs->out, "\tchain %s", chain);
	put_edges(way->rs->out, edges);
	fputs(" {\n", way->rs->out);
	put_whole(way, &some);
	put_rules(way, &some);
	fputs("\t}\n\n", way->rs->out);
	free(some.list);
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

/* ---- one map by protocol, port and address ---- */

/**
 * struct key - what leads to a chain, besides the Edge's address
 * @protocol: the protocol
 * @port: destination port of the rows, or -1 if it is no part of the key
 * @terms: all terms that a packet of this key may match
 * @edges: edges whose addresses are in the map
 * @combinations: which sets of edges have a chain (bit: set of edges)
 */
struct key {
	u8 protocol;
	int port;
	struct terms terms;
	u32 edges;
	u32 combinations;
};

struct keys {
	struct key *list;
	u32 nr;
	bool by_port;
};

static void select_key(struct key *key, const struct terms *terms)
{
	u32 i;

	for (i = 0; i < terms->nr; i++) {
		struct term term = terms->list[i];

		if (term.protocol != key->protocol)
			continue;
		if (key->port >= 0) {
			if (!has_port(term.dport, key->port))
				continue;
			term.dport = (struct le_ports)ANY_PORT;
		}
		terms_add_new(&key->terms, &term);
	}
}

static void add_key(struct keys *keys, const struct terms *terms, struct term *term)
{
	struct key key = { .protocol = term->protocol, .port = -1 };
	u32 edge = BIT(near_end(term)->tag), i;

	if (keys->by_port)
		key.port = term->dport.first;
	for (i = 0; i < keys->nr; i++) {
		if (keys->list[i].protocol == key.protocol && keys->list[i].port == key.port) {
			keys->list[i].edges |= edge;
			return;
		}
	}
	key.edges = edge;
	select_key(&key, terms);
	keys->list = grown(keys->list, keys->nr + 1, sizeof(*keys->list));
	keys->list[keys->nr++] = key;
}

/* Whether the map leads to a term whenever it may match. */
static bool is_keyed(const struct keys *keys, struct term *term)
{
	return is_edge(near_end(term)) && (!keys->by_port || is_one_port(term->dport));
}

static void keys_make(struct keys *keys, const struct terms *terms, bool by_port)
{
	u32 i;

	*keys = (struct keys){ .by_port = by_port };
	for (i = 0; i < terms->nr; i++)
		if (is_keyed(keys, &terms->list[i]))
			add_key(keys, terms, &terms->list[i]);
}

static void keys_free(struct keys *keys)
{
	u32 i;

	for (i = 0; i < keys->nr; i++)
		free(keys->list[i].terms.list);
	free(keys->list);
}

static void put_key_name(FILE *out, const char *chain, const struct key *key)
{
	fprintf(out, "%s-%s", chain, protocol_word(key->protocol));
	if (key->port >= 0)
		fprintf(out, "-%d", key->port);
}

static void put_element(const struct way *way, const char *chain, struct key *key,
			const struct le_edge_addr *addr, u32 roles)
{
	FILE *out = way->rs->out;
	char text[LE_PREFIX_TEXT];

	fprintf(out, "%s . ", protocol_word(key->protocol));
	if (key->port >= 0)
		fprintf(out, "%d . ", key->port);
	le_addr_format(text, sizeof(text), &addr->addr, addr->family);
	fprintf(out, "%s : jump ", text);
	put_key_name(out, chain, key);
	put_edges(out, roles);
	key->combinations |= BIT(roles);
}

static void put_elements(const struct way *way, const char *chain, struct key *key,
			 unsigned int family, const char *start, u32 *nr)
{
	const struct le_policy *policy = way->rs->policy;
	u32 all = edges_of(&key->terms), i;
	unsigned int edge;

	for (edge = 0; edge < LE_NR_EDGES; edge++) {
		for (i = 0; key->edges & BIT(edge) && i < policy->edges[edge].nr; i++) {
			const struct le_edge_addr *addr = &policy->edges[edge].list[i];
			u32 roles = edges_at(policy, all, addr);

			/* An address that several edges bear is written with the first. */
			if (addr->family != family || roles & key->edges & (BIT(edge) - 1))
				continue;
			if (!*nr)
				fputs(start, way->rs->out);
			nft_put_separator(way->rs->out, (*nr)++);
			put_element(way, chain, key, addr, roles);
		}
	}
}

static void put_map(const struct way *way, const char *chain, struct keys *keys)
{
	char *port = keys->by_port ? text_of("th %s . ", port_word(way, false)) : text_of("%s", "");
	unsigned int family;

	for (family = 0; family < NR_FAMILIES; family++) {
		char *start = text_of("\t\tmeta l4proto . %s%s vmap {\n\t\t\t", port,
				      nft_key(NFT_PACKET, family, way->source));
		u32 nr = 0, i;

		for (i = 0; i < keys->nr; i++)
			put_elements(way, chain, &keys->list[i], family, start, &nr);
		if (nr)
			fputs(" }\n", way->rs->out);
		free(start);
	}
	free(port);
}

static void put_key_chains(const struct way *way, const char *chain, const struct keys *keys)
{
	u32 i, roles;

	for (i = 0; i < keys->nr; i++) {
		const struct key *key = &keys->list[i];
		char *name = key->port < 0 ?
			     text_of("%s-%s", chain, protocol_word(key->protocol)) :
			     text_of("%s-%s-%d", chain, protocol_word(key->protocol), key->port);

		for (roles = 1; roles < BIT(LE_NR_EDGES); roles++)
			if (key->combinations & BIT(roles))
				put_edges_chain(way, name, &key->terms, roles);
		free(name);
	}
}

/* ---- trees, for rows that are in no such map ---- */

/* Terms, with what the way to them has decided left out. */
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

		if (!has_port(term.dport, ports.first))
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

static void select_rows(struct terms *terms, const struct terms *from, bool site)
{
	u32 i;

	for (i = 0; i < from->nr; i++) {
		bool is_of_site = from->list[i].row >= LE_NR_ROWS;

		if (is_of_site == site)
			terms_add_new(terms, &from->list[i]);
	}
}

static void tree_make(struct tree *tree, const struct terms *lane)
{
	struct terms matrix = { .nr = 0 };

	*tree = (struct tree){ .nr = 0 };
	tree_cut(tree, lane);
	if (tree->nr_rules <= MAX_TREE_RULES)
		return;
	tree_free(tree);
	*tree = (struct tree){ .nr = 0 };
	select_rows(&matrix, lane, false);
	tree_cut(tree, &matrix);
	select_rows(&tree->walked, lane, true);
	free(matrix.list);
}

static char *port_chain_name(const char *chain, struct le_ports ports)
{
	if (is_one_port(ports))
		return text_of("%s-%u", chain, ports.first);
	return text_of("%s-%u-%u", chain, ports.first, ports.last);
}

static void put_port_map(const struct way *way, const char *chain, const struct tree *tree)
{
	FILE *out = way->rs->out;
	u32 nr = 0, i, k;

	for (i = 0; i < tree->nr; i++) {
		char *name = port_chain_name(chain, tree->lists[i].ports[0]);

		for (k = 0; k < tree->lists[i].nr_ports; k++) {
			if (!nr)
				fprintf(out, "\t\tth %s vmap { ", port_word(way, false));
			nft_put_separator(out, nr++);
			nft_put_ports(out, tree->lists[i].ports[k]);
			fprintf(out, " : jump %s", name);
		}
		free(name);
	}
	if (nr)
		fputs(" }\n", out);
}

static void put_tree(const struct way *way, const char *chain, const struct terms *lane)
{
	struct tree tree;
	u32 i;

	tree_make(&tree, lane);
	fprintf(way->rs->out, "\tchain %s {\n", chain);
	put_whole(way, lane);
	put_port_map(way, chain, &tree);
	put_rules(way, &tree.rest);
	put_rules(way, &tree.walked);
	fputs("\t}\n\n", way->rs->out);
	for (i = 0; i < tree.nr; i++) {
		char *name = port_chain_name(chain, tree.lists[i].ports[0]);

		fprintf(way->rs->out, "\tchain %s {\n", name);
		put_rules(way, &tree.lists[i].terms);
		fputs("\t}\n\n", way->rs->out);
		free(name);
	}
	tree_free(&tree);
}

/* ---- all of it ---- */

static bool is_without_key(const struct keys *keys, struct term *term, u8 protocol)
{
	return term->protocol == protocol && !is_keyed(keys, term);
}

/*
 * The rest of a chain, and the chains below it: by what keys there are, then by what has none. A
 * packet whose key is in the map has met all rows that it may match. @end is what the chain says at
 * its end.
 */
static void put_rest(const struct way *way, const char *chain, const struct terms *terms,
		     bool by_port, const char *end)
{
	static const u8 protocols[] = { IPPROTO_UDP, IPPROTO_TCP };
	struct terms without_key[2] = { { .nr = 0 }, { .nr = 0 } };
	struct keys keys;
	unsigned int p;
	u32 i;

	keys_make(&keys, terms, by_port);
	put_map(way, chain, &keys);
	for (p = 0; p < ARRAY_SIZE(protocols); p++) {
		const char *word = protocol_word(protocols[p]);

		for (i = 0; i < terms->nr; i++)
			if (is_without_key(&keys, &terms->list[i], protocols[p]))
				terms_add_new(&without_key[p], &terms->list[i]);
		if (without_key[p].nr)
			fprintf(way->rs->out, "\t\tmeta l4proto %s jump %s-%s\n", word, chain,
				word);
	}
	fprintf(way->rs->out, "%s\t}\n\n", end);
	put_key_chains(way, chain, &keys);
	for (p = 0; p < ARRAY_SIZE(protocols); p++) {
		char *name = text_of("%s-%s", chain, protocol_word(protocols[p]));

		if (without_key[p].nr)
			put_tree(way, name, &without_key[p]);
		free(without_key[p].list);
		free(name);
	}
	keys_free(&keys);
}

/* Ports that are asked for first: a row's destination ports, or the source ports of any. */
struct first {
	struct le_ports ports;
	bool source;
};

#define MAX_FIRSTS 3

struct firsts {
	struct first list[MAX_FIRSTS];
	u32 nr;
};

static void add_first(struct firsts *firsts, struct le_ports ports, bool source)
{
	u32 i;

	for (i = 0; i < firsts->nr; i++)
		if (firsts->list[i].source == source && overlap(firsts->list[i].ports, ports))
			return;
	if (firsts->nr < MAX_FIRSTS)
		firsts->list[firsts->nr++] = (struct first){ ports, source };
}

/* The matrix's ranges: destination ports before source ports. */
static void find_firsts(struct firsts *firsts, const struct terms *terms)
{
	unsigned int source;
	u32 i;

	firsts->nr = 0;
	for (source = 0; source < 2; source++) {
		for (i = 0; i < terms->nr; i++) {
			const struct term *term = &terms->list[i];
			struct le_ports ports = source ? term->sport : term->dport;

			if (term->row >= LE_NR_ROWS || is_one_port(ports) || is_any_port(ports) ||
			    (source && !is_any_port(term->dport)))
				continue;
			add_first(firsts, ports, source);
		}
	}
}

/* Terms that may match, and those that still may if it is not; what is certain is left out. */
static void part(const struct first *first, const struct terms *terms, struct terms *inside,
		 struct terms *outside)
{
	u32 i;

	for (i = 0; i < terms->nr; i++) {
		struct term term = terms->list[i];
		struct le_ports *ports = first->source ? &term.sport : &term.dport;

		if (!is_within(*ports, first->ports))
			terms_add_new(outside, &term);
		if (!overlap(*ports, first->ports))
			continue;
		if (is_within(first->ports, *ports))
			*ports = (struct le_ports)ANY_PORT;
		terms_add_new(inside, &term);
	}
}

/**
 * nft_put_tree() - write the rest of a chain, and chains below it: the rows of one crossing
 * @rs: the ruleset
 * @chain: the chain, which is begun
 * @crossing: the rows' crossing
 * @answers: match the mirror image: what answers a packet of the rows, at the opposite crossing
 * @end: rules at the chain's end, for what no row takes
 *
 * What a row takes is counted and accepted.
 */
void nft_put_tree(struct nft_ruleset *rs, const char *chain, unsigned int crossing, bool answers,
		  const char *end)
{
	struct way way = {
		.rs = rs,
		.answers = answers,
		.source = (crossing % LE_NR_DIRS == LE_OUT) != answers,
	};
	struct terms inside[MAX_FIRSTS] = { { .nr = 0 } }, rest = { .nr = 0 };
	char *names[MAX_FIRSTS];
	struct firsts firsts;
	u32 i;

	for (i = 0; i < rs->terms.nr; i++)
		if (rs->terms.list[i].crossing == crossing)
			terms_add_new(&rest, &rs->terms.list[i]);
	find_firsts(&firsts, &rest);
	for (i = 0; i < firsts.nr; i++) {
		const struct first *first = &firsts.list[i];
		struct terms outside = { .nr = 0 };

		part(first, &rest, &inside[i], &outside);
		free(rest.list);
		rest = outside;
		names[i] = text_of("%s-%s%u-%u", chain, first->source ? "from-" : "",
				   first->ports.first, first->ports.last);
		fprintf(rs->out, "\t\tth %s %u-%u jump %s\n", port_word(&way, first->source),
			first->ports.first, first->ports.last, names[i]);
	}
	put_rest(&way, chain, &rest, true, end);
	for (i = 0; i < firsts.nr; i++) {
		fprintf(rs->out, "\tchain %s {\n", names[i]);
		put_rest(&way, names[i], &inside[i], false, "");
		free(inside[i].list);
		free(names[i]);
	}
	free(rest.list);
}
