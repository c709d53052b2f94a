// SPDX-License-Identifier: GPL-2.0-only
/*
 * A policy as an nftables ruleset, for who wants the matrix without the module, to see it in terms
 * that he knows, or to measure the one against the other. How a row is matched is in nft_rules.c,
 * how a packet gets to its rows in nft_tree.c.
 *
 * Layout
 * ------
 *
 * One table, "inet lyncedge", which replaces itself whole when it is loaded.
 *
 *     counters      one a row and a reason: ext-05, site-NAME, drop-no-row, icmp-related
 *     sets          one a peer group and family, and edges where they are asked for: client-v6
 *     entering      the base chains: from device to crossing, one for the device that a packet
 *     leaving       entered by and one for that by which it leaves
 *     CROSSING      external-in, ...: scope, block list, conntrack's direction
 *     ...-rows      ranges of ports, then a map from protocol, port and Edge address to
 *                   external-in-rows-tcp-443-av, where the row counts and accepts
 *     ...-answers   the mirror image: what answers a packet that the rows admit, by conntrack's
 *                   word, or (untracked, or "established stateless") by its own
 *     ...-other     ICMP
 *     drop-REASON   count, log, refuse
 *
 * A row that takes a packet says "accept", which in nftables ends a base chain and not the packet's
 * way: "leaving" is asked all the same, so that a packet that crosses two named devices must pass
 * both. Without conntrack, a crossing is its rows.
 *
 * ICMP errors have no place in such a map, for their ports are elsewhere: row by row is asked, by
 * the connection that conntrack has for them, or as far as nft can read what they quote.
 */
#include "nft.h"
#include "nft_rules.h"
#include "rows.h"

static const char heading[] =
	"#!/usr/sbin/nft -f\n"
	"# Made by lyncedgectl export nft from a policy of lyncedge.\n"
	"#\n"
	"# What it does not do as the module does, because nft cannot say it:\n"
	"#  - A packet that crosses two named devices and is refused at the second counts at the row\n"
	"#    that took it at the first.\n"
	"#  - A fragment that reassembly left over, and without conntrack malformed headers, count as\n"
	"#    no-row where no row is of their ports, unless \"unmatched reject\" is to answer.\n"
	"#  - Of malformed headers it sees what conntrack or a missing byte tells: not a UDP length\n"
	"#    beyond the packet's end where nothing is tracked, nor too many extension headers.\n"
	"#  - It does not look behind an IPv6 authentication header, and drops what has one.\n"
	"#  - An ICMP error about an untracked packet is refused if what it quotes has IPv4 options or\n"
	"#    IPv6 extension headers, and passes whether or not it goes to who sent what it quotes.\n"
	"#  - \"hooks all\" with \"unmatched reject\" lets any TCP reset and any \"administratively\n"
	"#    prohibited\" out that the gateway itself sends, not only its rejects.\n"
	"# Keep this file: nft cannot read back all that \"nft list ruleset\" prints of it.\n"
	"\n"
	"table inet lyncedge\n"
	"delete table inet lyncedge\n"
	"\n"
	"table inet lyncedge {\n";

static bool conntrack(const struct nft_ruleset *rs)
{
	return rs->policy->options[LE_OPT_ESTABLISHED] == LE_ESTABLISHED_CONNTRACK;
}

static void put(struct nft_ruleset *rs, const char *text)
{
	fputs(text, rs->out);
}

/* The end at which the Edge is not. */
static bool far_is_source(unsigned int crossing)
{
	return crossing % LE_NR_DIRS == LE_IN;
}

/* ---- what a crossing asks before the rows ---- */

static void put_scope(struct nft_ruleset *rs, unsigned int crossing)
{
	const char *near = far_is_source(crossing) ? "daddr" : "saddr";

	if (rs->policy->options[LE_OPT_SCOPE] != LE_SCOPE_ADDRESS)
		return;
	fprintf(rs->out, "\t\tip %s != @edges-v4 accept\n", near);
	fprintf(rs->out, "\t\tip6 %s != @edges-v6 accept\n", near);
}

/* Drops what is from or to a blocked address; @source says where the far address is. */
static void put_block(struct nft_ruleset *rs, enum nft_place place, unsigned int family,
		      bool source, const char *verdict)
{
	if (!(rs->families[LE_TAG_BLOCK] & BIT(family)))
		return;
	put(rs, "\t\t");
	nft_put_in_set(rs, place, family, source, LE_TAG_BLOCK);
	put(rs, verdict);
}

static void put_block_of_packet(struct nft_ruleset *rs, unsigned int crossing)
{
	unsigned int family;

	for (family = 0; family < NR_FAMILIES; family++)
		put_block(rs, NFT_PACKET, family, far_is_source(crossing), "goto drop-blocked\n");
}

static bool may_reject(const struct nft_ruleset *rs)
{
	return rs->policy->options[LE_OPT_UNMATCHED] == LE_UNMATCHED_REJECT;
}

static const char whole[] =
	"\t\tmeta l4proto vmap { tcp : jump whole-tcp, udp : jump whole-udp }\n";

/* What no row took, of no connection, may be the answer to what a row takes. */
static char *mirror_of(unsigned int crossing)
{
	const char *here = nft_crossing_name(crossing);
	const char *back = nft_crossing_name(le_crossing_reverse(crossing));

	return text_of("\t\tmeta l4proto udp goto %s-answers\n"
		       "\t\tmeta l4proto != tcp goto %s-other\n"
		       "\t\t@th,104,8 & 0x14 != 0 goto %s-answers\n"
		       "\t\tgoto no-row\n", back, here, back);
}

/* Without conntrack: the rows, then their mirror image. */
static void put_stateless(struct nft_ruleset *rs, unsigned int crossing)
{
	char *end = mirror_of(crossing);

	nft_put_tree(rs, nft_crossing_name(crossing), crossing, false, end);
	free(end);
}

static char *end_of_tracked(unsigned int crossing)
{
	return text_of("\t\tmeta l4proto != { tcp, udp } goto %s-other\n"
		       "\t\tgoto no-row\n", nft_crossing_name(crossing));
}

/* A tracked packet goes by its connection's direction; the state says why it has none. */
static void put_tracked(struct nft_ruleset *rs, unsigned int crossing)
{
	const char *here = nft_crossing_name(crossing);
	char *rows = text_of("%s-rows", here), *mirror = mirror_of(crossing);
	char *tracked = end_of_tracked(crossing);
	char *end = text_of("\t\tct state untracked goto %s-mirror\n%s", here, tracked);

	fprintf(rs->out, "\t\tct direction original goto %s\n", rows);
	fprintf(rs->out, "\t\tct direction reply goto %s-answers\n",
		nft_crossing_name(le_crossing_reverse(crossing)));
	fprintf(rs->out, "\t\tmeta l4proto != { tcp, udp } goto %s-other\n", here);
	put(rs, "\t\tct state invalid goto drop-invalid\n");
	put(rs, whole);
	fprintf(rs->out, "\t\tgoto %s\n\t}\n\n\tchain %s {\n", rows, rows);
	nft_put_tree(rs, rows, crossing, false, end);
	fprintf(rs->out, "\tchain %s-mirror {\n%s\t}\n\n", here, mirror);
	free(rows);
	free(mirror);
	free(tracked);
	free(end);
}

static void put_crossing(struct nft_ruleset *rs, unsigned int crossing)
{
	fprintf(rs->out, "\tchain %s {\n", nft_crossing_name(crossing));
	put_scope(rs, crossing);
	/* Neighbour discovery is never in the way. */
	if (rs->families[LE_TAG_BLOCK])
		fprintf(rs->out, "\t\tmeta l4proto ipv6-icmp goto %s-other\n",
			nft_crossing_name(crossing));
	put_block_of_packet(rs, crossing);
	if (conntrack(rs))
		put_tracked(rs, crossing);
	else
		put_stateless(rs, crossing);
}

/* What answers rows of the opposite crossing. */
static void put_answers(struct nft_ruleset *rs, unsigned int crossing)
{
	unsigned int back = le_crossing_reverse(crossing);
	char *chain = text_of("%s-answers", nft_crossing_name(back));
	char *end = conntrack(rs) ? end_of_tracked(crossing) : text_of("\t\tgoto no-row\n");

	fprintf(rs->out, "\tchain %s {\n", chain);
	nft_put_tree(rs, chain, back, true, end);
	free(chain);
	free(end);
}

/* ---- ICMP and other protocols ---- */

static void put_other(struct nft_ruleset *rs, unsigned int crossing)
{
	static const char echo[] =
		"\t\tmeta nfproto ipv4 icmp type { 0, 8 } counter name \"icmp-echo\" accept\n"
		"\t\tmeta nfproto ipv6 icmpv6 type 128-129 counter name \"icmp-echo\" accept\n";
	static const char errors4[] =
		"\t\tmeta nfproto ipv4 icmp type { 3, 4, 11, 12 } goto %s-errors\n";
	static const char errors6[] = "\t\tmeta nfproto ipv6 icmpv6 type 1-4 goto %s-errors\n";
	const char *here = nft_crossing_name(crossing);

	fprintf(rs->out, "\tchain %s-other {\n", here);
	put(rs, "\t\t# Neighbour and listener discovery, as far as it comes from neighbours.\n"
	    "\t\ticmpv6 type 133-137 ip6 hoplimit 255 @th,56,8 >= 0 accept\n");
	put(rs, "\t\ticmpv6 type { 130-132, 143 } ip6 hoplimit 1 ip6 saddr { fe80::/10, :: } ");
	put(rs, "@th,56,8 >= 0 accept\n");
	put_scope(rs, crossing);
	put(rs, "\t\tmeta nfproto ipv4 meta l4proto icmp jump whole-icmp\n"
	    "\t\tmeta nfproto ipv6 meta l4proto ipv6-icmp jump whole-icmp\n");
	put_block_of_packet(rs, crossing);
	if (rs->policy->options[LE_OPT_ICMP_ECHO] == LE_ICMP_ECHO_ALLOW)
		put(rs, echo);
	fprintf(rs->out, errors4, here);
	fprintf(rs->out, errors6, here);
	put(rs, "\t\tgoto drop-protocol\n\t}\n\n");
}

static const char related[] = "counter name \"icmp-related\" accept\n";

/* Errors about connections whose first packet crosses here. */
static void put_related(struct nft_ruleset *rs, unsigned int crossing)
{
	unsigned int family;

	fprintf(rs->out, "\tchain %s-related {\n", nft_crossing_name(crossing));
	for (family = 0; family < NR_FAMILIES; family++)
		put_block(rs, NFT_CONNECTION, family, far_is_source(crossing),
			  "goto drop-protocol\n");
	/* Of an echo, conntrack has type and code in the place of the ports. */
	if (rs->policy->options[LE_OPT_ICMP_ECHO] == LE_ICMP_ECHO_ALLOW) {
		put(rs, "\t\tmeta nfproto ipv4 ct protocol icmp ct original proto-dst 2048-2303 ");
		put(rs, related);
		put(rs, "\t\tmeta nfproto ipv6 ct protocol ipv6-icmp ");
		put(rs, "ct original proto-dst 32768-33023 ");
		put(rs, related);
	}
	for (family = 0; family < NR_FAMILIES; family++)
		nft_put_list(rs, crossing, NFT_CONNECTION, family, false);
	put(rs, "\t\tgoto drop-protocol\n\t}\n\n");
}

/*
 * Errors about untracked packets. What is quoted went the other way: it is of the opposite
 * crossing's rows, or the answer to what passes here.
 */
static void put_quoted(struct nft_ruleset *rs, unsigned int crossing, unsigned int family)
{
	unsigned int back = le_crossing_reverse(crossing);

	fprintf(rs->out, "\t# In bits from the ICMP header on, what is quoted has its %s.\n",
		family == LE_IPV4 ?
		"protocol at 136, addresses at 160 and 192, ports at 224 and 240" :
		"protocol at 112, addresses at 128 and 256, ports at 384 and 400");
	fprintf(rs->out, "\tchain %s-quoted-%s {\n", nft_crossing_name(crossing),
		family == LE_IPV4 ? "v4" : "v6");
	put_block(rs, NFT_QUOTED, family, far_is_source(back), "goto drop-protocol\n");
	if (rs->policy->options[LE_OPT_ICMP_ECHO] == LE_ICMP_ECHO_ALLOW) {
		put(rs, family == LE_IPV4 ? "\t\t@th,136,8 1 @th,224,8 { 0, 8 } " :
					    "\t\t@th,112,8 58 @th,384,8 { 128, 129 } ");
		put(rs, related);
	}
	nft_put_list(rs, back, NFT_QUOTED, family, false);
	nft_put_list(rs, crossing, NFT_QUOTED, family, true);
	put(rs, "\t\tgoto drop-protocol\n\t}\n\n");
}

static void put_errors(struct nft_ruleset *rs, unsigned int crossing)
{
	const char *here = nft_crossing_name(crossing);
	unsigned int family;

	fprintf(rs->out, "\tchain %s-errors {\n", here);
	if (conntrack(rs)) {
		fprintf(rs->out, "\t\tct direction original goto %s-related\n", here);
		fprintf(rs->out, "\t\tct direction reply goto %s-related\n",
			nft_crossing_name(le_crossing_reverse(crossing)));
		put(rs, "\t\tct state invalid goto drop-protocol\n");
	}
	/*
	 * What is quoted: IPv4 without options, no later fragment, or IPv6; eight bytes more, by
	 * its own word and by what is there.
	 */
	put(rs, "\t\tmeta nfproto ipv4 @th,64,8 0x45 @th,80,16 >= 28 @th,112,16 & 0x1fff == 0 ");
	fprintf(rs->out, "@th,280,8 >= 0 goto %s-quoted-v4\n", here);
	put(rs, "\t\tmeta nfproto ipv6 @th,64,4 6 @th,96,16 >= 8 @th,440,8 >= 0 ");
	fprintf(rs->out, "goto %s-quoted-v6\n", here);
	put(rs, "\t\tgoto drop-protocol\n\t}\n\n");
	if (conntrack(rs))
		put_related(rs, crossing);
	for (family = 0; family < NR_FAMILIES; family++)
		put_quoted(rs, crossing, family);
}

/* ---- drops, and headers that are no headers ---- */

static void put_drop(struct nft_ruleset *rs, const char *reason)
{
	fprintf(rs->out, "\t\tcounter name \"drop-%s\"\n", reason);
	if (rs->policy->log_group != LE_NO_LOG_GROUP)
		fprintf(rs->out, "\t\tlog group %d prefix \"lyncedge:%s\"\n",
			rs->policy->log_group, reason);
}

static void put_drops(struct nft_ruleset *rs)
{
	unsigned int reason;

	put(rs, "\tchain no-row {\n");
	if (may_reject(rs)) {
		if (!conntrack(rs))
			put(rs, whole);
		put(rs, "\t\tip frag-off & 0x1fff != 0 goto drop-fragment\n"
		    "\t\tfrag frag-off != 0 goto drop-fragment\n");
	}
	put_drop(rs, le_reason_names[le_outcome_index(LE_NO_ROW)]);
	if (may_reject(rs))
		put(rs, "\t\tmeta l4proto tcp reject with tcp reset\n"
		    "\t\treject with icmpx admin-prohibited\n");
	else
		put(rs, "\t\tdrop\n");
	put(rs, "\t}\n\n");
	for (reason = 0; reason < LE_NR_DROPS; reason++) {
		if (reason == le_outcome_index(LE_NO_ROW))
			continue;
		fprintf(rs->out, "\tchain drop-%s {\n", le_reason_names[reason]);
		put_drop(rs, le_reason_names[reason]);
		put(rs, "\t\tdrop\n\t}\n\n");
	}
}

/*
 * Header lengths that make no sense. That a byte can be looked at says that it is there; the
 * offset words in use are tried first.
 */
static void put_whole(struct nft_ruleset *rs)
{
	static const u8 offsets[] = { 5, 8, 6, 7, 9, 10, 11, 12, 13, 14, 15 };
	unsigned int i;

	put(rs, "\tchain whole-tcp {\n");
	for (i = 0; i < ARRAY_SIZE(offsets); i++)
		fprintf(rs->out, "\t\ttcp doff %u @th,%u,8 >= 0 return\n", offsets[i],
			offsets[i] * 32 - 8);
	put(rs, "\t\tgoto drop-malformed\n\t}\n\n"
	    "\tchain whole-udp {\n"
	    "\t\tudp length >= 8 udp checksum >= 0 return\n"
	    "\t\tgoto drop-malformed\n\t}\n\n"
	    "\tchain whole-icmp {\n"
	    "\t\t@th,56,8 >= 0 return\n"
	    "\t\tgoto drop-malformed\n\t}\n\n");
}

/* ---- base chains ---- */

/* To compare a device's name costs half a look into a map of names. */
#define MAX_COMPARED 2

static void put_device(struct nft_ruleset *rs, enum le_dir dir, unsigned int iface, u32 i,
		       bool mapped)
{
	fprintf(rs->out, "\"%s\" %sgoto %s", rs->policy->devices[iface][i], mapped ? ": " : "",
		nft_crossing_name(le_crossing(iface, dir)));
}

static void put_devices(struct nft_ruleset *rs, enum le_dir dir)
{
	const struct le_policy *policy = rs->policy;
	const char *key = dir == LE_IN ? "iifname" : "oifname";
	u32 all = policy->nr_devices[LE_EXTERNAL] + policy->nr_devices[LE_INTERNAL], nr = 0, i;
	bool mapped = all > MAX_COMPARED;
	unsigned int iface;

	if (mapped)
		fprintf(rs->out, "\t\t%s vmap { ", key);
	for (iface = 0; iface < LE_NR_IFACES; iface++) {
		for (i = 0; i < policy->nr_devices[iface]; i++) {
			if (mapped)
				nft_put_separator(rs->out, nr++);
			else
				fprintf(rs->out, "\t\t%s ", key);
			put_device(rs, dir, iface, i, mapped);
			if (!mapped)
				put(rs, "\n");
		}
	}
	if (mapped)
		put(rs, " }\n");
}

/*
 * The module asks where a packet enters first, and that settles the reason. Of two chains of one
 * priority, the later one would be asked first.
 */
static void put_base(struct nft_ruleset *rs, const char *chain, const char *hook, enum le_dir dir)
{
	fprintf(rs->out, "\tchain %s {\n"
		"\t\ttype filter hook %s priority filter - %u; policy accept;\n", chain, hook,
		dir == LE_IN ? 2 : 1);
	if (may_reject(rs) && !strcmp(hook, "output"))
		put(rs, "\t\t# The gateway's own rejects.\n"
		    "\t\ttcp flags & rst == rst accept\n"
		    "\t\ticmp type destination-unreachable icmp code admin-prohibited accept\n"
		    "\t\ticmpv6 type destination-unreachable icmpv6 code admin-prohibited accept\n");
	put_devices(rs, dir);
	put(rs, "\t}\n\n");
}

static void put_bases(struct nft_ruleset *rs)
{
	put_base(rs, "entering", "forward", LE_IN);
	put_base(rs, "leaving", "forward", LE_OUT);
	if (rs->policy->options[LE_OPT_HOOKS] == LE_HOOKS_ALL) {
		put_base(rs, "entering-gateway", "input", LE_IN);
		put_base(rs, "leaving-gateway", "output", LE_OUT);
	}
	/* Conntrack would see to that. */
	if (!conntrack(rs))
		put(rs, "\t# Nothing leads here. A tproxy statement has the kernel put fragments\n"
		    "\t# together, without tracking connections.\n"
		    "\tchain defragment {\n"
		    "\t\tmeta l4proto tcp tproxy to :1\n"
		    "\t}\n\n");
}

static void put_chains(struct nft_ruleset *rs)
{
	unsigned int crossing;

	put_bases(rs);
	for (crossing = 0; crossing < LE_NR_CROSSINGS; crossing++) {
		if (!rs->policy->nr_devices[crossing / LE_NR_DIRS])
			continue;
		put_crossing(rs, crossing);
		put_answers(rs, crossing);
		put_other(rs, crossing);
		put_errors(rs, crossing);
	}
	put_whole(rs);
	put_drops(rs);
}

/* ---- counters and sets ---- */

static void print_row_counter(const struct le_policy *policy, unsigned int row)
{
	char *counter = counter_name(policy, row);
	int first = row_counts_at(policy, row);
	struct row_view view;

	row_view(&view, policy, row);
	printf("\t# %s %s %s %s, from %s to %s; %s, %s", view.iface, view.dir, view.protocol,
	       view.ports_text, view.source, view.destination, view.service, view.application);
	if (first >= 0)
		printf("; counts at %s", le_matrix[first].id);
	printf("\n\tcounter %s {\n\t}\n\n", counter);
	free(counter);
}

static void print_counters(const struct le_policy *policy)
{
	unsigned int row, reason;

	for (row = 0; row < nr_rows(policy); row++)
		if (row_is_active(policy, row))
			print_row_counter(policy, row);
	for (reason = 0; reason < LE_NR_REASONS; reason++)
		printf("\tcounter %s%s {\n\t}\n\n", reason < LE_NR_DROPS ? "drop-" : "",
		       le_reason_names[reason]);
}

static void print_element(const struct le_prefix *prefix, bool number, u32 *nr)
{
	char text[LE_PREFIX_TEXT];

	if (!*nr)
		fputs("\t\telements = { ", stdout);
	nft_put_separator(stdout, (*nr)++);
	if (number) {
		nft_put_number(stdout, prefix);
		return;
	}
	if (prefix->len == le_addr_bits(prefix->family))
		le_addr_format(text, sizeof(text), &prefix->addr, prefix->family);
	else
		le_prefix_format(text, sizeof(text), prefix);
	fputs(text, stdout);
}

static void print_edge_elements(const struct le_addrs *addrs, unsigned int family, bool number,
				u32 *nr)
{
	u32 i;

	for (i = 0; i < addrs->nr; i++) {
		struct le_prefix prefix = {
			.addr = addrs->list[i].addr,
			.family = addrs->list[i].family,
			.len = le_addr_bits(addrs->list[i].family),
		};

		if (prefix.family == family)
			print_element(&prefix, number, nr);
	}
}

static void print_set_start(const char *name, unsigned int family, bool number, bool interval)
{
	printf("\tset %s {\n", name);
	if (number)
		printf("\t\ttypeof @th,%s\n", family == LE_IPV4 ? "160,32" : "128,128");
	else
		printf("\t\ttype %s\n", family == LE_IPV4 ? "ipv4_addr" : "ipv6_addr");
	if (interval)
		fputs("\t\tflags interval\n\t\tauto-merge\n", stdout);
}

static void print_set(const struct le_policy *policy, unsigned int tag, unsigned int family,
		      bool number)
{
	char name[64];
	u32 nr = 0, i;

	nft_set_name(name, sizeof(name), tag, family, number);
	print_set_start(name, family, number, tag >= LE_TAG_GROUP);
	if (tag < LE_TAG_GROUP)
		print_edge_elements(&policy->edges[tag], family, number, &nr);
	for (i = 0; i < policy->nr_prefixes; i++)
		if (policy->prefixes[i].tag == tag && policy->prefixes[i].family == family)
			print_element(&policy->prefixes[i], number, &nr);
	fputs(" }\n\t}\n\n", stdout);
}

/* The addresses of all edges, for "scope address". Edges may share them. */
static void print_edges_set(const struct le_policy *policy, unsigned int family)
{
	unsigned int edge;
	u32 nr = 0;

	print_set_start(family == LE_IPV4 ? "edges-v4" : "edges-v6", family, false, true);
	for (edge = 0; edge < LE_NR_EDGES; edge++)
		print_edge_elements(&policy->edges[edge], family, false, &nr);
	fputs(nr ? " }\n\t}\n\n" : "\t}\n\n", stdout);
}

static void print_sets(const struct nft_ruleset *rs)
{
	unsigned int tag, family, number;

	for (tag = 0; tag < LE_NR_TAGS; tag++)
		for (number = 0; number < 2; number++)
			for (family = 0; family < NR_FAMILIES; family++)
				if (rs->used[tag][number] & BIT(family))
					print_set(rs->policy, tag, family, number);
	if (rs->policy->options[LE_OPT_SCOPE] == LE_SCOPE_ADDRESS)
		for (family = 0; family < NR_FAMILIES; family++)
			print_edges_set(rs->policy, family);
}

/**
 * nft_unspeakable_device() - a device whose name nft cannot write
 * @policy: the policy
 *
 * There is no escape from a quoted string, and an asterisk may stand for any end.
 *
 * Return: the first such name, or NULL.
 */
const char *nft_unspeakable_device(const struct le_policy *policy)
{
	unsigned int iface;
	u32 i;

	for (iface = 0; iface < LE_NR_IFACES; iface++)
		for (i = 0; i < policy->nr_devices[iface]; i++)
			if (strpbrk(policy->devices[iface][i], "\"\\*"))
				return policy->devices[iface][i];
	return NULL;
}

/**
 * nft_print() - print a policy as an nftables ruleset
 * @policy: the policy
 */
void nft_print(const struct le_policy *policy)
{
	struct nft_ruleset rs;
	char *chains = NULL;
	size_t len;
	FILE *out;

	out = open_memstream(&chains, &len);
	if (!out)
		die_out_of_memory();
	nft_ruleset_init(&rs, policy, out);
	put_chains(&rs);
	if (fclose(out))
		die_out_of_memory();
	fputs(heading, stdout);
	print_counters(policy);
	print_sets(&rs);
	/* The last chain's empty line is not wanted. */
	fwrite(chains, 1, len - 1, stdout);
	puts("}");
	free(chains);
	free(rs.terms.list);
}
