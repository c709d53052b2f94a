// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rows as nftables rules, and the trees of verdict maps that lead to them. Nothing of the module's
 * compiled table is used: this is a reading of the policy of its own. How the ruleset around the
 * rules looks is in nft.c.
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

static const struct le_ports any_port = { .first = 0, .last = 65535 };

/* What a rule looks at. The families differ where headers do; ports are by protocol: TCP, UDP. */
struct keys {
	const char *protocol[2];
	const char *src;
	const char *dst;
	const char *sport[2];
	const char *dport[2];
};

/*
 * Of what an ICMP error quotes, nft knows nothing: offsets are in bits from the start of the ICMP
 * header, which is of 64 bits (RFC 792, RFC 4443), over an IPv4 header without options or an IPv6
 * header without extension headers. nft.c makes sure of that.
 */
static const struct keys keys[][NFT_NR_FAMILIES] = {
	[NFT_PACKET] = {
		{
			{ "", "" }, "ip saddr", "ip daddr",
			{ "tcp sport", "udp sport" }, { "tcp dport", "udp dport" },
		},
		{
			{ "", "" }, "ip6 saddr", "ip6 daddr",
			{ "tcp sport", "udp sport" }, { "tcp dport", "udp dport" },
		},
	},
	/* The receiver is who answers: the original tuple has the address before DNAT. */
	[NFT_CONNECTION] = {
		{
			{ "meta nfproto ipv4 ct protocol tcp ",
			  "meta nfproto ipv4 ct protocol udp " },
			"ct original ip saddr", "ct reply ip saddr",
			{ "ct original proto-src", "ct original proto-src" },
			{ "ct reply proto-src", "ct reply proto-src" },
		},
		{
			{ "meta nfproto ipv6 ct protocol tcp ",
			  "meta nfproto ipv6 ct protocol udp " },
			"ct original ip6 saddr", "ct reply ip6 saddr",
			{ "ct original proto-src", "ct original proto-src" },
			{ "ct reply proto-src", "ct reply proto-src" },
		},
	},
	[NFT_QUOTED] = {
		{
			{ "@th,136,8 6 ", "@th,136,8 17 " }, "@th,160,32", "@th,192,32",
			{ "@th,224,16", "@th,224,16" }, { "@th,240,16", "@th,240,16" },
		},
		{
			{ "@th,112,8 6 ", "@th,112,8 17 " }, "@th,128,128", "@th,256,128",
			{ "@th,384,16", "@th,384,16" }, { "@th,400,16", "@th,400,16" },
		},
	},
};

/**
 * nft_crossing_name() - the word for a crossing
 * @crossing: le_crossing()
 *
 * Return: name of its chain.
 */
const char *nft_crossing_name(unsigned int crossing)
{
	static const char *const names[LE_NR_CROSSINGS] = {
		"external-in", "external-out", "internal-in", "internal-out",
	};

	return names[crossing];
}

static const char *protocol_name(u8 protocol)
{
	return protocol == IPPROTO_UDP ? "udp" : "tcp";
}

/* ---- rows to terms ---- */

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

static void add_term(struct nft_ruleset *rs, const struct nft_term *term)
{
	rs->terms = grown(rs->terms, rs->nr_terms + 1, sizeof(*rs->terms));
	rs->terms[rs->nr_terms++] = *term;
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

static void add_with_ports(struct nft_ruleset *rs, struct nft_term *term, const struct le_row *row)
{
	const struct le_policy *policy = rs->policy;
	struct le_ports ports = le_policy_row_ports(policy, term->row);
	u8 rtp = policy->options[LE_OPT_RTP_OUTBOUND];

	if (row->kind != LE_PORTS_MEDIA || row->dir != LE_OUT) {
		term->dport = ports;
		term->sport = strict_source(policy, row);
		add_term(rs, term);
		return;
	}
	if (rtp != LE_RTP_SOURCE) {
		term->dport = ports;
		term->sport = any_port;
		add_term(rs, term);
	}
	if (rtp != LE_RTP_DESTINATION) {
		term->dport = any_port;
		term->sport = ports;
		add_term(rs, term);
	}
}

static void add_matrix_row(struct nft_ruleset *rs, unsigned int number)
{
	struct le_end froms[LE_NR_TAGS], tos[LE_NR_TAGS];
	const struct le_row *row = &le_matrix[number];
	unsigned int nr_froms = ends_of_tags(rs->policy, row->source, froms);
	unsigned int nr_tos = ends_of_tags(rs->policy, row->destination, tos);
	unsigned int from, to;

	for (from = 0; from < nr_froms; from++) {
		for (to = 0; to < nr_tos; to++) {
			struct nft_term term = {
				.row = number,
				.crossing = le_crossing(row->iface, row->dir),
				.protocol = row->protocol,
				.from = froms[from],
				.to = tos[to],
			};

			add_with_ports(rs, &term, row);
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

static void add_site_row(struct nft_ruleset *rs, unsigned int i)
{
	const struct le_site_row *row = &rs->policy->site_rows[i];
	struct nft_term term = {
		.row = LE_NR_ROWS + i,
		.crossing = le_crossing(row->iface, row->dir),
		.protocol = row->protocol,
		.dport = row->ports,
		.sport = any_port,
		.from = site_end(rs->policy, &row->from),
		.to = site_end(rs->policy, &row->to),
	};

	add_term(rs, &term);
}

static void note_families(struct nft_ruleset *rs)
{
	const struct le_policy *policy = rs->policy;
	unsigned int edge;
	u32 i;

	for (edge = 0; edge < LE_NR_EDGES; edge++)
		for (i = 0; i < policy->edges[edge].nr; i++)
			rs->families[LE_TAG_EDGE + edge] |= BIT(policy->edges[edge].list[i].family);
	for (i = 0; i < policy->nr_prefixes; i++)
		rs->families[policy->prefixes[i].tag] |= BIT(policy->prefixes[i].family);
}

/**
 * nft_terms_make() - make the terms of all active rows
 * @rs: a ruleset that has its policy; the terms are freed by the caller
 */
void nft_terms_make(struct nft_ruleset *rs)
{
	unsigned int row;

	note_families(rs);
	for (row = 0; row < nr_rows(rs->policy); row++) {
		if (!row_is_active(rs->policy, row))
			continue;
		if (row < LE_NR_ROWS)
			add_matrix_row(rs, row);
		else
			add_site_row(rs, row - LE_NR_ROWS);
	}
}

/* ---- terms to rules ---- */

/**
 * nft_row_counter() - name of a row's counter
 * @policy: the policy
 * @row: number of the row
 *
 * The name of a site row might be a word of nft's.
 *
 * Return: the name, which the caller frees.
 */
char *nft_row_counter(const struct le_policy *policy, unsigned int row)
{
	if (row < LE_NR_ROWS)
		return text_of("%s", le_matrix[row].id);
	return text_of("site-%s", policy->site_rows[row - LE_NR_ROWS].name);
}

/**
 * nft_set_name() - name of the set of a tag's addresses
 * @buf: where to
 * @size: room there
 * @tag: the tag
 * @family: LE_IPV4 or LE_IPV6
 * @number: the set that holds them as numbers, for what is quoted
 */
void nft_set_name(char *buf, size_t size, unsigned int tag, unsigned int family, bool number)
{
	scnprintf(buf, size, "%s-%s%s", tag == LE_TAG_BLOCK ? "block" : le_tag_name(tag),
		  family == LE_IPV4 ? "v4" : "v6", number ? "-quoted" : "");
}

/**
 * nft_put_number() - write a prefix as numbers
 * @out: where to
 * @prefix: the prefix
 */
void nft_put_number(FILE *out, const struct le_prefix *prefix)
{
	unsigned int bits = le_addr_bits(prefix->family), i;

	fputs("0x", out);
	for (i = 0; i < bits / 8; i++)
		fprintf(out, "%02x", prefix->addr.byte[i]);
	if (prefix->len == bits)
		return;
	fputs("-0x", out);
	for (i = 0; i < bits; i += 8) {
		unsigned int network = prefix->len <= i ? 0 : prefix->len - i;
		unsigned int host = network < 8 ? 0xff >> network : 0;

		fprintf(out, "%02x", prefix->addr.byte[i / 8] | host);
	}
}

static bool end_has_family(const struct nft_ruleset *rs, const struct le_end *end,
			   unsigned int family)
{
	switch (end->kind) {
	case LE_END_TAG:
		return rs->families[end->tag] & BIT(family);
	case LE_END_PREFIX:
		return end->prefix.family == family;
	default:
		return true;
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

static bool same_ports(struct le_ports a, struct le_ports b)
{
	return a.first == b.first && a.last == b.last;
}

static const char *key_of_end(enum nft_place place, unsigned int family, bool source)
{
	return source ? keys[place][family].src : keys[place][family].dst;
}

/**
 * nft_put_in_set() - write the condition that an address is one of a tag's
 * @rs: the ruleset
 * @place: where the address is found
 * @family: LE_IPV4 or LE_IPV6
 * @source: it is the sender's
 * @tag: the tag
 *
 * Return: whether the tag has such addresses; if not, nothing is written.
 */
bool nft_put_in_set(struct nft_ruleset *rs, enum nft_place place, unsigned int family, bool source,
		    unsigned int tag)
{
	bool number = place == NFT_QUOTED;
	char name[64];

	if (!(rs->families[tag] & BIT(family)))
		return false;
	rs->used[tag][number] |= BIT(family);
	nft_set_name(name, sizeof(name), tag, family, number);
	fprintf(rs->out, "%s @%s ", key_of_end(place, family, source), name);
	return true;
}

static void put_in_prefix(struct nft_ruleset *rs, enum nft_place place, unsigned int family,
			  bool source, const struct le_prefix *prefix)
{
	char text[LE_PREFIX_TEXT];

	/* Everybody of a family; the quoted is known to be of the error's. */
	if (!prefix->len) {
		if (place == NFT_PACKET)
			fprintf(rs->out, "meta nfproto %s ", family == LE_IPV4 ? "ipv4" : "ipv6");
		return;
	}
	fprintf(rs->out, "%s ", key_of_end(place, family, source));
	if (place == NFT_QUOTED) {
		nft_put_number(rs->out, prefix);
	} else {
		le_prefix_format(text, sizeof(text), prefix);
		fputs(text, rs->out);
	}
	fputc(' ', rs->out);
}

static void put_end(struct nft_ruleset *rs, enum nft_place place, unsigned int family, bool source,
		    const struct le_end *end)
{
	if (end->kind == LE_END_TAG)
		nft_put_in_set(rs, place, family, source, end->tag);
	else if (end->kind == LE_END_PREFIX)
		put_in_prefix(rs, place, family, source, &end->prefix);
}

static void put_range(FILE *out, struct le_ports ports)
{
	fprintf(out, "%u", ports.first);
	if (ports.last != ports.first)
		fprintf(out, "-%u", ports.last);
}

static void put_ports(struct nft_ruleset *rs, enum nft_place place, unsigned int family,
		      bool source, u8 protocol, struct le_ports ports)
{
	const struct keys *k = &keys[place][family];

	if (same_ports(ports, any_port))
		return;
	fprintf(rs->out, "%s ", (source ? k->sport : k->dport)[protocol == IPPROTO_UDP]);
	put_range(rs->out, ports);
	fputc(' ', rs->out);
}

static void put_conditions(struct nft_ruleset *rs, const struct nft_term *term,
			   enum nft_place place, unsigned int family, bool answers)
{
	fputs("\t\t", rs->out);
	fputs(keys[place][family].protocol[term->protocol == IPPROTO_UDP], rs->out);
	put_ports(rs, place, family, answers, term->protocol, term->dport);
	put_ports(rs, place, family, !answers, term->protocol, term->sport);
	put_end(rs, place, family, !answers, &term->from);
	put_end(rs, place, family, answers, &term->to);
}

static bool term_has_family(const struct nft_ruleset *rs, const struct nft_term *term,
			    unsigned int family)
{
	return end_has_family(rs, &term->from, family) && end_has_family(rs, &term->to, family);
}

/**
 * nft_put_list() - write rules for what an ICMP error is about, one after the other
 * @rs: the ruleset
 * @crossing: where what it is about crosses, if it is a first packet, or is answered
 * @place: NFT_CONNECTION or NFT_QUOTED
 * @family: LE_IPV4 or LE_IPV6
 * @answers: what it is about is an answer
 */
void nft_put_list(struct nft_ruleset *rs, unsigned int crossing, enum nft_place place,
		  unsigned int family, bool answers)
{
	u32 i;

	for (i = 0; i < rs->nr_terms; i++) {
		const struct nft_term *term = &rs->terms[i];

		if (term->crossing != crossing || !term_has_family(rs, term, family))
			continue;
		put_conditions(rs, term, place, family, answers);
		fputs("counter name \"icmp-related\" accept\n", rs->out);
	}
}

static void put_rule(struct nft_ruleset *rs, const struct nft_term *term, bool answers)
{
	bool any = term->from.kind == LE_END_ANY && term->to.kind == LE_END_ANY;
	char *counter = nft_row_counter(rs->policy, term->row);
	unsigned int family;

	for (family = 0; family < NFT_NR_FAMILIES; family++) {
		if (!term_has_family(rs, term, family))
			continue;
		put_conditions(rs, term, NFT_PACKET, family, answers);
		fprintf(rs->out, "counter name \"%s\" accept\n", counter);
		if (any)
			break;
	}
	free(counter);
}

/* ---- lists of rules ---- */

/* Terms in the order in which they are judged, with what the way to them has decided left out. */
struct list {
	struct nft_term *terms;
	u32 nr;
	struct le_ports *ports;	/* the ranges that lead here */
	u32 nr_ports;
};

static bool same_term(const struct nft_term *a, const struct nft_term *b)
{
	return same_ports(a->dport, b->dport) && same_ports(a->sport, b->sport) &&
	       same_end(&a->from, &b->from) && same_end(&a->to, &b->to);
}

/* A term that says what one before it said never gets a packet. */
static void list_add(struct list *list, const struct nft_term *term)
{
	u32 i;

	for (i = 0; i < list->nr; i++)
		if (same_term(&list->terms[i], term))
			return;
	list->terms = grown(list->terms, list->nr + 1, sizeof(*list->terms));
	list->terms[list->nr++] = *term;
}

static bool same_list(const struct list *a, const struct list *b)
{
	u32 i;

	if (a->nr != b->nr)
		return false;
	for (i = 0; i < a->nr; i++)
		if (a->terms[i].row != b->terms[i].row || !same_term(&a->terms[i], &b->terms[i]))
			return false;
	return true;
}

static void list_free(struct list *list)
{
	free(list->terms);
	free(list->ports);
}

/* The end at which the Edge is. */
static struct le_end *near_end(struct nft_term *term)
{
	return term->crossing % LE_NR_DIRS == LE_IN ? &term->to : &term->from;
}

static bool is_edge(const struct le_end *end)
{
	return end->kind == LE_END_TAG && end->tag < LE_TAG_GROUP;
}

static u32 edges_of(const struct list *list)
{
	u32 edges = 0, i;

	for (i = 0; i < list->nr; i++)
		if (is_edge(near_end(&list->terms[i])))
			edges |= BIT(near_end(&list->terms[i])->tag);
	return edges;
}

/* The edges, of a set of them, that have an address. */
static u32 edges_at(const struct le_policy *policy, u32 edges, const struct le_edge_addr *addr)
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

static void put_rules(struct nft_ruleset *rs, const struct list *list, bool answers)
{
	u32 i;

	for (i = 0; i < list->nr; i++)
		put_rule(rs, &list->terms[i], answers);
}

/* The rows for an address that is known to be of these edges, and of no other of the list's. */
static void put_edges_chain(struct nft_ruleset *rs, const char *chain, const struct list *list,
			    u32 edges, bool answers)
{
	struct list some = { .nr = 0 };
	u32 i;

	for (i = 0; i < list->nr; i++) {
		struct nft_term term = list->terms[i];
		struct le_end *near = near_end(&term);

		if (is_edge(near)) {
			if (!(edges & BIT(near->tag)))
				continue;
			near->kind = LE_END_ANY;
		}
		list_add(&some, &term);
	}
	fputs("\tchain ", rs->out);
	put_edges_chain_name(rs->out, chain, edges);
	fputs(" {\n", rs->out);
	put_rules(rs, &some, answers);
	fputs("\t}\n\n", rs->out);
	list_free(&some);
}

/*
 * The rows of a list: one after the other, or if they are of several roles by the Edge's address
 * first. What no row takes returns.
 */
static void put_list_chain(struct nft_ruleset *rs, const char *chain, const struct list *list,
			   bool answers)
{
	u32 edges = edges_of(list), combinations = 0, roles, i;
	unsigned int family;

	fprintf(rs->out, "\tchain %s {\n", chain);
	if (edges & (edges - 1)) {
		bool source = (list->terms[0].crossing % LE_NR_DIRS == LE_OUT) != answers;

		for (family = 0; family < NFT_NR_FAMILIES; family++)
			combinations |= put_edge_map(rs, chain,
						     key_of_end(NFT_PACKET, family, source),
						     family, edges);
		for (i = 0; i < list->nr; i++)
			if (!is_edge(near_end(&list->terms[i])))
				put_rule(rs, &list->terms[i], answers);
	} else {
		put_rules(rs, list, answers);
	}
	fputs("\t}\n\n", rs->out);
	for (roles = 1; roles < BIT(LE_NR_EDGES); roles++)
		if (combinations & BIT(roles))
			put_edges_chain(rs, chain, list, roles, answers);
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
	struct list rest;
	struct list walked;
};

static bool by_port(const struct nft_term *term)
{
	return !same_ports(term->dport, any_port);
}

static void tree_add(struct tree *tree, struct list *list, struct le_ports ports)
{
	struct list *known;
	u32 i;

	for (i = 0; i < tree->nr && !same_list(&tree->lists[i], list); i++)
		;
	if (i == tree->nr) {
		tree->lists = grown(tree->lists, tree->nr + 1, sizeof(*tree->lists));
		tree->lists[tree->nr++] = *list;
		tree->nr_rules += list->nr;
	} else {
		list_free(list);
	}
	known = &tree->lists[i];
	known->ports = grown(known->ports, known->nr_ports + 1, sizeof(*known->ports));
	known->ports[known->nr_ports++] = ports;
}

/* The rows of all ports from one up to where the next range starts. */
static void tree_add_range(struct tree *tree, const struct list *lane, struct le_ports ports)
{
	struct list list = { .nr = 0 };
	bool own = false;
	u32 i;

	for (i = 0; i < lane->nr; i++) {
		struct nft_term term = lane->terms[i];

		if (term.dport.first > ports.first || term.dport.last < ports.first)
			continue;
		own |= by_port(&term);
		term.dport = any_port;
		list_add(&list, &term);
	}
	if (own)
		tree_add(tree, &list, ports);
	else
		list_free(&list);
}

/* Cuts the ports wherever a row's range begins or ends; stops where that becomes too much. */
static void tree_cut(struct tree *tree, const struct list *lane)
{
	bool *cut = grown(NULL, 65537, sizeof(*cut));
	struct le_ports ports;
	u32 i;

	memset(cut, 0, 65537 * sizeof(*cut));
	for (i = 0; i < lane->nr; i++) {
		cut[lane->terms[i].dport.first] = true;
		cut[lane->terms[i].dport.last + 1] = true;
		if (!by_port(&lane->terms[i]))
			list_add(&tree->rest, &lane->terms[i]);
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

	for (i = 0; i < tree->nr; i++)
		list_free(&tree->lists[i]);
	free(tree->lists);
	list_free(&tree->rest);
	list_free(&tree->walked);
}

static void list_lane(struct list *list, const struct nft_ruleset *rs, unsigned int crossing,
		      u8 protocol, unsigned int first_row, unsigned int last_row)
{
	u32 i;

	for (i = 0; i < rs->nr_terms; i++) {
		const struct nft_term *term = &rs->terms[i];

		if (term->crossing == crossing && term->protocol == protocol &&
		    term->row >= first_row && term->row <= last_row)
			list_add(list, term);
	}
}

static void tree_make(struct tree *tree, const struct nft_ruleset *rs, unsigned int crossing,
		      u8 protocol)
{
	struct list lane = { .nr = 0 };

	*tree = (struct tree){ .nr = 0 };
	list_lane(&lane, rs, crossing, protocol, 0, nr_rows(rs->policy));
	tree_cut(tree, &lane);
	if (tree->nr_rules > MAX_TREE_RULES) {
		tree_free(tree);
		list_free(&lane);
		*tree = (struct tree){ .nr = 0 };
		lane = (struct list){ .nr = 0 };
		list_lane(&lane, rs, crossing, protocol, 0, LE_NR_ROWS - 1);
		tree_cut(tree, &lane);
		list_lane(&tree->walked, rs, crossing, protocol, LE_NR_ROWS, nr_rows(rs->policy));
	}
	list_free(&lane);
}

static char *port_chain_name(const char *chain, struct le_ports ports)
{
	if (ports.first == ports.last)
		return text_of("%s-%u", chain, ports.first);
	return text_of("%s-%u-%u", chain, ports.first, ports.last);
}

static void put_port_map(struct nft_ruleset *rs, const char *chain, const struct tree *tree,
			 const char *key)
{
	u32 nr = 0, i, k;

	for (i = 0; i < tree->nr; i++) {
		char *name = port_chain_name(chain, tree->lists[i].ports[0]);

		for (k = 0; k < tree->lists[i].nr_ports; k++) {
			if (!nr)
				fprintf(rs->out, "\t\t%s vmap { ", key);
			nft_put_separator(rs->out, nr++);
			put_range(rs->out, tree->lists[i].ports[k]);
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
	const struct keys *k = &keys[NFT_PACKET][LE_IPV4];
	bool udp = protocol == IPPROTO_UDP;
	struct tree tree;
	char *chain, *name;
	u32 i;

	chain = text_of("%s-%s%s", nft_crossing_name(crossing), protocol_name(protocol),
			answers ? "-answers" : "");
	tree_make(&tree, rs, crossing, protocol);
	fprintf(rs->out, "\tchain %s {\n", chain);
	put_port_map(rs, chain, &tree, answers ? k->sport[udp] : k->dport[udp]);
	put_rules(rs, &tree.rest, answers);
	put_rules(rs, &tree.walked, answers);
	fputs("\t}\n\n", rs->out);
	for (i = 0; i < tree.nr; i++) {
		name = port_chain_name(chain, tree.lists[i].ports[0]);
		put_list_chain(rs, name, &tree.lists[i], answers);
		free(name);
	}
	tree_free(&tree);
	free(chain);
}
