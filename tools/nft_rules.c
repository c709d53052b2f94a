// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rows as nftables rules. Nothing of the module's compiled table is used: this is a reading of the
 * policy of its own. What leads a packet to its rule is in nft_tree.c, how the ruleset around the
 * rules looks in nft.c.
 */
#include "nft_rules.h"
#include "rows.h"

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
static const struct keys keys[][NR_FAMILIES] = {
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

static void note_prefix(struct nft_ruleset *rs, const struct le_prefix *prefix)
{
	unsigned int tag = prefix->tag;
	bool first = !(rs->families[tag] & BIT(prefix->family));

	rs->families[tag] |= BIT(prefix->family);
	rs->only[tag][prefix->family] = first ? prefix : NULL;
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
		note_prefix(rs, &policy->prefixes[i]);
}

/**
 * nft_ruleset_init() - start a ruleset
 * @rs: the ruleset; its terms are freed by the caller
 * @policy: the policy
 * @out: where the rules go
 */
void nft_ruleset_init(struct nft_ruleset *rs, const struct le_policy *policy, FILE *out)
{
	*rs = (struct nft_ruleset){ .policy = policy, .out = out };
	note_families(rs);
	terms_make(&rs->terms, policy, false);
}

/* ---- terms to rules ---- */

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

/**
 * nft_key() - what a rule looks at for an address
 * @place: where the address is found
 * @family: LE_IPV4 or LE_IPV6
 * @source: it is the sender's
 *
 * Return: an expression of nft's.
 */
const char *nft_key(enum nft_place place, unsigned int family, bool source)
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
	fprintf(rs->out, "%s @%s ", nft_key(place, family, source), name);
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
	fprintf(rs->out, "%s ", nft_key(place, family, source));
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
	/* A look into a set of prefixes costs twice what it costs to compare one. */
	if (end->kind == LE_END_TAG && rs->only[end->tag][family])
		put_in_prefix(rs, place, family, source, rs->only[end->tag][family]);
	else if (end->kind == LE_END_TAG)
		nft_put_in_set(rs, place, family, source, end->tag);
	else if (end->kind == LE_END_PREFIX)
		put_in_prefix(rs, place, family, source, &end->prefix);
}

/**
 * nft_put_ports() - write a port or a range
 * @out: where to
 * @ports: the ports
 */
void nft_put_ports(FILE *out, struct le_ports ports)
{
	fprintf(out, "%u", ports.first);
	if (ports.last != ports.first)
		fprintf(out, "-%u", ports.last);
}

static void put_ports(struct nft_ruleset *rs, enum nft_place place, unsigned int family,
		      bool source, u8 protocol, struct le_ports ports)
{
	const struct keys *k = &keys[place][family];

	if (is_any_port(ports))
		return;
	fprintf(rs->out, "%s ", (source ? k->sport : k->dport)[protocol == IPPROTO_UDP]);
	nft_put_ports(rs->out, ports);
	fputc(' ', rs->out);
}

static void put_conditions(struct nft_ruleset *rs, const struct term *term,
			   enum nft_place place, unsigned int family, bool answers)
{
	fputs("\t\t", rs->out);
	fputs(keys[place][family].protocol[term->protocol == IPPROTO_UDP], rs->out);
	put_ports(rs, place, family, answers, term->protocol, term->dport);
	put_ports(rs, place, family, !answers, term->protocol, term->sport);
	put_end(rs, place, family, !answers, &term->from);
	put_end(rs, place, family, answers, &term->to);
}

static bool term_has_family(const struct nft_ruleset *rs, const struct term *term,
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

	for (i = 0; i < rs->terms.nr; i++) {
		const struct term *term = &rs->terms.list[i];

		if (term->crossing != crossing || !term_has_family(rs, term, family))
			continue;
		put_conditions(rs, term, place, family, answers);
		fputs("counter name \"icmp-related\" accept\n", rs->out);
	}
}

/**
 * nft_put_rule() - write the rule, or one a family, by which a term takes a packet
 * @rs: the ruleset
 * @term: the term
 * @answers: match the mirror image
 */
void nft_put_rule(struct nft_ruleset *rs, const struct term *term, bool answers)
{
	bool any = term->from.kind == LE_END_ANY && term->to.kind == LE_END_ANY;
	char *counter = counter_name(rs->policy, term->row);
	unsigned int family;

	for (family = 0; family < NR_FAMILIES; family++) {
		if (!term_has_family(rs, term, family))
			continue;
		put_conditions(rs, term, NFT_PACKET, family, answers);
		fprintf(rs->out, "counter name \"%s\" accept\n", counter);
		if (any)
			break;
	}
	free(counter);
}
