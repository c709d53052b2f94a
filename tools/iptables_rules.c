// SPDX-License-Identifier: GPL-2.0-only
/*
 * Terms as rules of iptables. What leads a packet to its rule is in iptables_tree.c, how the
 * ruleset around the rules looks in iptables.c.
 */
#include <stdarg.h>

#include "iptables_rules.h"

/* One rule's way to say who an end is. */
struct one {
	const struct le_prefix *prefix;
	int tag;	/* a set, or -1 */
};

/* What one rule says, turned round already if it is for answers. */
struct match {
	u8 protocol;
	struct le_ports sport;
	struct le_ports dport;
	bool either;
	struct one src;
	struct one dst;
};

static bool is_v6(const struct ipt_ruleset *rs)
{
	return rs->family == LE_IPV6;
}

/* ---- the ruleset ---- */

static void add_member(struct ipt_ruleset *rs, unsigned int tag, const struct le_prefix *prefix)
{
	struct ipt_members *members = &rs->members[tag];

	if (prefix->family != rs->family)
		return;
	if (members->nr < IPT_MANY)
		members->list[members->nr] = *prefix;
	members->nr++;
	members->all |= !prefix->len;
}

/**
 * ipt_ruleset_init() - start a ruleset
 * @rs: the ruleset; its terms are freed, and its files opened, by the caller
 * @policy: the policy
 * @family: LE_IPV4 or LE_IPV6
 */
void ipt_ruleset_init(struct ipt_ruleset *rs, const struct le_policy *policy, u8 family)
{
	unsigned int edge;
	u32 i;

	*rs = (struct ipt_ruleset){ .policy = policy, .family = family };
	for (edge = 0; edge < LE_NR_EDGES; edge++) {
		for (i = 0; i < policy->edges[edge].nr; i++) {
			const struct le_edge_addr *addr = &policy->edges[edge].list[i];
			struct le_prefix prefix = {
				.addr = addr->addr,
				.family = addr->family,
				.len = le_addr_bits(addr->family),
			};

			add_member(rs, LE_TAG_EDGE + edge, &prefix);
		}
	}
	for (i = 0; i < policy->nr_prefixes; i++)
		add_member(rs, policy->prefixes[i].tag, &policy->prefixes[i]);
	terms_make(&rs->terms, policy, true);
}

/**
 * ipt_crossing_name() - the word for a crossing
 * @crossing: le_crossing()
 *
 * Return: how names of chains have it.
 */
const char *ipt_crossing_name(unsigned int crossing)
{
	static const char *const names[LE_NR_CROSSINGS] = {
		"ext-in", "ext-out", "int-in", "int-out",
	};

	return names[crossing];
}

/**
 * ipt_set_name() - name of the set of a tag's addresses
 * @buf: where to, IPT_SET_NAME bytes
 * @tag: the tag
 * @family: LE_IPV4 or LE_IPV6
 */
void ipt_set_name(char *buf, unsigned int tag, u8 family)
{
	scnprintf(buf, IPT_SET_NAME, "lyncedge-%s-%s",
		  tag == LE_TAG_BLOCK ? "block" : le_tag_name(tag),
		  family == LE_IPV4 ? "v4" : "v6");
}

/**
 * ipt_edges_set_name() - name of the set of all edges' addresses
 * @buf: where to, IPT_SET_NAME bytes
 * @family: LE_IPV4 or LE_IPV6
 */
void ipt_edges_set_name(char *buf, u8 family)
{
	scnprintf(buf, IPT_SET_NAME, "lyncedge-edges-%s", family == LE_IPV4 ? "v4" : "v6");
}

/**
 * ipt_chain() - declare a chain
 * @rs: the ruleset
 * @fmt: its name, as printf()
 */
void ipt_chain(struct ipt_ruleset *rs, const char *fmt, ...)
{
	va_list args;

	fputc(':', rs->chains);
	va_start(args, fmt);
	vfprintf(rs->chains, fmt, args);
	va_end(args);
	fputs(" - [0:0]\n", rs->chains);
}

/**
 * ipt_rule() - write a rule
 * @rs: the ruleset
 * @fmt: its chain and what it says, as printf()
 */
void ipt_rule(struct ipt_ruleset *rs, const char *fmt, ...)
{
	va_list args;

	fputs("-A ", rs->rules);
	va_start(args, fmt);
	vfprintf(rs->rules, fmt, args);
	va_end(args);
	fputc('\n', rs->rules);
}

/* ---- who an end is ---- */

/**
 * ipt_who() - who an end is
 * @rs: the ruleset
 * @end: the end of a term
 *
 * Return: the answer, of the ruleset's family.
 */
struct ipt_who ipt_who(struct ipt_ruleset *rs, const struct le_end *end)
{
	const struct ipt_members *members;
	struct ipt_who who = { .tag = -1 };

	if (end->kind == LE_END_ANY) {
		who.any = true;
	} else if (end->kind == LE_END_PREFIX) {
		if (end->prefix.family != rs->family)
			return who;
		who.any = !end->prefix.len;
		who.list = &end->prefix;
		who.nr = 1;
	} else {
		members = &rs->members[end->tag];
		who.any = members->all;
		who.list = members->list;
		who.nr = members->nr;
		if (members->nr > IPT_HANDFUL && !members->all)
			who.tag = end->tag;
	}
	return who;
}

/* How many rules it takes to ask. */
static u32 nr_ones(const struct ipt_who *who)
{
	return who->any || who->tag >= 0 ? 1 : who->nr;
}

static struct one one_of(const struct ipt_who *who, u32 i)
{
	if (who->any)
		return (struct one){ .tag = -1 };
	if (who->tag >= 0)
		return (struct one){ .tag = who->tag };
	return (struct one){ .prefix = &who->list[i], .tag = -1 };
}

/**
 * ipt_nr_rules() - how many rules say a term
 * @rs: the ruleset
 * @term: the term
 *
 * Return: their number; 0 if no packet of the family can be meant.
 */
u32 ipt_nr_rules(struct ipt_ruleset *rs, const struct term *term)
{
	struct ipt_who from = ipt_who(rs, &term->from), to = ipt_who(rs, &term->to);

	return nr_ones(&from) * nr_ones(&to);
}

static void put_address(struct ipt_ruleset *rs, const char *option, const struct one *one)
{
	char text[LE_PREFIX_TEXT];

	if (!one->prefix)
		return;
	le_prefix_format(text, sizeof(text), one->prefix);
	fprintf(rs->rules, " %s %s", option, text);
}

static void put_set(struct ipt_ruleset *rs, bool source, const struct one *one)
{
	char name[IPT_SET_NAME];

	if (one->tag < 0)
		return;
	rs->used |= BIT(one->tag);
	ipt_set_name(name, one->tag, rs->family);
	fprintf(rs->rules, " -m set --match-set %s %s", name, source ? "src" : "dst");
}

/**
 * ipt_put_who() - write rules that ask for one end of a packet alone
 * @rs: the ruleset
 * @chain: their chain
 * @who: whom they ask for
 * @source: as the packet's sender
 * @rest: the rest of each
 */
void ipt_put_who(struct ipt_ruleset *rs, const char *chain, const struct ipt_who *who, bool source,
		 const char *rest)
{
	u32 i;

	for (i = 0; i < nr_ones(who); i++) {
		struct one one = one_of(who, i);

		fprintf(rs->rules, "-A %s", chain);
		put_address(rs, source ? "-s" : "-d", &one);
		put_set(rs, source, &one);
		fprintf(rs->rules, " %s\n", rest);
	}
}

/* ---- what a rule looks at, by place ---- */

static void put_range(struct ipt_ruleset *rs, const char *option, struct le_ports ports)
{
	if (is_any_port(ports))
		return;
	fprintf(rs->rules, " %s %u", option, ports.first);
	if (ports.last != ports.first)
		fprintf(rs->rules, ":%u", ports.last);
}

static void put_packet(struct ipt_ruleset *rs, const struct match *m)
{
	const char *protocol = m->protocol == IPPROTO_UDP ? "udp" : "tcp";

	put_address(rs, "-s", &m->src);
	put_address(rs, "-d", &m->dst);
	fprintf(rs->rules, " -p %s", protocol);
	if (m->either) {
		fputs(" -m multiport", rs->rules);
		put_range(rs, "--ports", m->dport);
	}
	/* Without a port to look at, too: it drops headers that are cut short. */
	fprintf(rs->rules, " -m %s", protocol);
	if (!m->either) {
		put_range(rs, "--sport", m->sport);
		put_range(rs, "--dport", m->dport);
	}
	put_set(rs, true, &m->src);
	put_set(rs, false, &m->dst);
}

/* The receiver is who answers: the original direction has the address before DNAT. */
static void put_connection(struct ipt_ruleset *rs, const struct match *m)
{
	fprintf(rs->rules, " -m conntrack --ctproto %u", m->protocol);
	put_address(rs, "--ctorigsrc", &m->src);
	put_address(rs, "--ctreplsrc", &m->dst);
	put_range(rs, "--ctorigsrcport", m->sport);
	put_range(rs, "--ctreplsrcport", m->dport);
}

/*
 * Where things are from the start of the outer header: in IPv4 after that header, however long,
 * and the eight bytes of ICMP; in IPv6 at once, since errors with extension headers of their own do
 * not get here.
 */
struct quoted_layout {
	const char *base;
	unsigned int protocol;	/* word of which bits 16-23 (IPv4), 8-15 (IPv6) are the protocol */
	unsigned int src;
	unsigned int dst;
	unsigned int ports;
};

static const struct quoted_layout quoted_layouts[NR_FAMILIES] = {
	[LE_IPV4] = { BEHIND_IPV4, 16, 20, 24, 28 },
	[LE_IPV6] = { "", 52, 56, 72, 88 },
};

static void put_quoted_address(struct ipt_ruleset *rs, unsigned int offset, const struct one *one)
{
	const struct quoted_layout *layout = &quoted_layouts[rs->family];
	const struct le_prefix *prefix = one->prefix;
	unsigned int bits;

	for (bits = 0; prefix && bits < prefix->len; bits += 32) {
		const u8 *byte = &prefix->addr.byte[bits / 8];
		u32 first = (u32)byte[0] << 24 | byte[1] << 16 | byte[2] << 8 | byte[3];
		unsigned int network = prefix->len - bits;

		fprintf(rs->rules, " && %s%u=0x%x", layout->base, offset + bits / 8, first);
		if (network < 32)
			fprintf(rs->rules, ":0x%x", first | (0xffffffffU >> network));
	}
}

static void put_quoted_port(struct ipt_ruleset *rs, const char *part, struct le_ports ports)
{
	const struct quoted_layout *layout = &quoted_layouts[rs->family];

	if (is_any_port(ports))
		return;
	fprintf(rs->rules, " && %s%u%s=%u", layout->base, layout->ports, part, ports.first);
	if (ports.last != ports.first)
		fprintf(rs->rules, ":%u", ports.last);
}

static void put_quoted(struct ipt_ruleset *rs, const struct match *m)
{
	const struct quoted_layout *layout = &quoted_layouts[rs->family];

	fprintf(rs->rules, " -m u32 --u32 \"%s%u>>%u&0xFF=%u", layout->base, layout->protocol,
		is_v6(rs) ? 8 : 16, m->protocol);
	put_quoted_address(rs, layout->src, &m->src);
	put_quoted_address(rs, layout->dst, &m->dst);
	put_quoted_port(rs, ">>16", m->sport);
	put_quoted_port(rs, "&0xFFFF", m->dport);
	fputc('"', rs->rules);
}

static void put_match(struct ipt_ruleset *rs, enum ipt_place place, const struct match *m)
{
	if (place == IPT_PACKET)
		put_packet(rs, m);
	else if (place == IPT_CONNECTION)
		put_connection(rs, m);
	else
		put_quoted(rs, m);
}

/* ---- terms ---- */

static struct match turned(const struct match *m)
{
	struct match other = *m;

	other.src = m->dst;
	other.dst = m->src;
	/* Ports that may be at either end stay where they are looked for. */
	if (!m->either) {
		other.sport = m->dport;
		other.dport = m->sport;
	}
	return other;
}

/* One rule for each pair of a sender and a receiver. */
static void put_pairs(struct ipt_ruleset *rs, const char *chain, enum ipt_place place,
		      const struct match *rest, const struct ipt_who *src,
		      const struct ipt_who *dst, const char *then)
{
	struct match m = *rest;
	u32 i, k;

	for (i = 0; i < nr_ones(src); i++) {
		for (k = 0; k < nr_ones(dst); k++) {
			m.src = one_of(src, i);
			m.dst = one_of(dst, k);
			fprintf(rs->rules, "-A %s", chain);
			put_match(rs, place, &m);
			fprintf(rs->rules, " %s\n", then);
		}
	}
}

/* What a term says but for its ends. */
static struct match match_of(const struct term *term, bool answers)
{
	struct match m = {
		.protocol = term->protocol,
		.sport = term->sport,
		.dport = term->dport,
		.either = term->either,
	};

	return answers ? turned(&m) : m;
}

/**
 * ipt_put_term() - write the rules by which a term takes a packet
 * @rs: the ruleset
 * @chain: their chain
 * @term: the term
 * @answers: match the mirror image
 */
void ipt_put_term(struct ipt_ruleset *rs, const char *chain, const struct term *term, bool answers)
{
	char *counter = counter_name(rs->policy, term->row);
	char *then = text_of(IPT_ACCEPT("%s"), counter);
	struct ipt_who from = ipt_who(rs, &term->from), to = ipt_who(rs, &term->to);
	struct match m = match_of(term, answers);

	put_pairs(rs, chain, IPT_PACKET, &m, answers ? &to : &from, answers ? &from : &to, then);
	free(counter);
	free(then);
}

/* ---- what ICMP errors are about ---- */

static const char then_related[] = IPT_ACCEPT("icmp-related");

/* Who an end is where no set can be asked. */
static struct ipt_who who_without_set(struct ipt_ruleset *rs, const struct le_end *end)
{
	struct ipt_who who = ipt_who(rs, end);

	who.tag = -1;
	who.any |= who.nr > IPT_MANY;
	return who;
}

static void next_chain(struct ipt_ruleset *rs, struct ipt_about *about, char *name)
{
	scnprintf(name, IPT_CHAIN_NAME, "%s-%u", about->base, ++about->nr);
	ipt_chain(rs, "%s", name);
}

/*
 * Many pairs: ask for one end here and for the other in a chain of its own, from which those that
 * are not taken go where this chain goes on.
 */
static void put_two_steps(struct ipt_ruleset *rs, struct ipt_about *about, const struct match *m,
			  const struct ipt_who *src, const struct ipt_who *dst)
{
	static const struct ipt_who anybody = { .any = true, .tag = -1 };
	char other[IPT_CHAIN_NAME], next[IPT_CHAIN_NAME];
	char *then;

	next_chain(rs, about, other);
	next_chain(rs, about, next);
	then = text_of("-g %s", other);
	put_pairs(rs, about->chain, about->place, m, src, &anybody, then);
	ipt_rule(rs, "%s -g %s", about->chain, next);
	put_pairs(rs, other, about->place, m, &anybody, dst, then_related);
	ipt_rule(rs, "%s -g %s", other, next);
	memcpy(about->chain, next, sizeof(next));
	free(then);
}

static void put_term_about(struct ipt_ruleset *rs, struct ipt_about *about,
			   const struct term *term, bool answers)
{
	struct ipt_who from = who_without_set(rs, &term->from);
	struct ipt_who to = who_without_set(rs, &term->to);
	const struct ipt_who *src = answers ? &to : &from, *dst = answers ? &from : &to;
	struct match m = match_of(term, answers);

	if (nr_ones(src) * nr_ones(dst) > nr_ones(src) + nr_ones(dst) + 2)
		put_two_steps(rs, about, &m, src, dst);
	else
		put_pairs(rs, about->chain, about->place, &m, src, dst, then_related);
}

/**
 * ipt_put_about() - write rules for what an ICMP error is about
 * @rs: the ruleset
 * @about: where to
 * @crossing: where what it is about crosses, if it is a first packet, or is answered
 * @answers: what it is about is an answer
 */
void ipt_put_about(struct ipt_ruleset *rs, struct ipt_about *about, unsigned int crossing,
		   bool answers)
{
	u32 i;

	for (i = 0; i < rs->terms.nr; i++) {
		struct term term = rs->terms.list[i];
		bool either = term.either;

		if (term.crossing != crossing)
			continue;
		term.either = false;
		put_term_about(rs, about, &term, answers);
		if (!either)
			continue;
		term.sport = term.dport;
		term.dport = (struct le_ports)ANY_PORT;
		put_term_about(rs, about, &term, answers);
	}
}

/**
 * ipt_put_blocked_about() - write rules that drop ICMP errors about who is blocked
 * @rs: the ruleset
 * @about: where to
 * @source: the far end is who sends
 */
void ipt_put_blocked_about(struct ipt_ruleset *rs, const struct ipt_about *about, bool source)
{
	const struct quoted_layout *layout = &quoted_layouts[rs->family];
	const struct ipt_members *blocked = &rs->members[LE_TAG_BLOCK];
	u32 i;

	if (blocked->all) {
		ipt_rule(rs, "%s -g lync-drop-protocol", about->chain);
		return;
	}
	for (i = 0; blocked->nr <= IPT_MANY && i < blocked->nr; i++) {
		struct one one = { .prefix = &blocked->list[i], .tag = -1 };

		fprintf(rs->rules, "-A %s", about->chain);
		if (about->place == IPT_CONNECTION) {
			fputs(" -m conntrack", rs->rules);
			put_address(rs, source ? "--ctorigsrc" : "--ctreplsrc", &one);
		} else {
			fprintf(rs->rules, " -m u32 --u32 \"%s0=0:0xFFFFFFFF", layout->base);
			put_quoted_address(rs, source ? layout->src : layout->dst, &one);
			fputc('"', rs->rules);
		}
		fputs(" -g lync-drop-protocol\n", rs->rules);
	}
}
