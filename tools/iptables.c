// SPDX-License-Identifier: GPL-2.0-only
/*
 * A policy as a ruleset for iptables-restore or ip6tables-restore, for gateways where that is what
 * people know, or to measure it against the module. How a row is matched is in iptables_rules.c,
 * how a packet gets to its rows in iptables_tree.c.
 *
 * Layout
 * ------
 *
 * Chains of the table "filter", all of which begin with "lync-". FORWARD jumps to one by the device
 * that a packet enters by, and then by that by which it leaves; from there on everything is a goto,
 * so that RETURN, which is how a row accepts, leads back to FORWARD: a packet that crosses two
 * named devices must pass both, and what is accepted goes on to whatever rules come after. Hence no
 * chain may simply end: what a packet meets last is always a goto or a verdict.
 *
 *     lync-ext-in          a crossing: scope, block list; by protocol and conntrack's direction
 *     lync-ext-in-tcp      the rows, by address and port; branches are lync-ext-in-tcp-1, ...
 *     lync-ext-in-tcp-miss what no row took: untracked, it may be an answer
 *     lync-ext-in-tcp-reply  the mirror image of the rows: what answers a packet that they admit,
 *                          which crosses at ext-out
 *     lync-ext-in-icmp     ICMP; errors go on in -errors, -related, -quoted
 *     lync-drop-REASON     log, refuse
 *
 * Each rule that accepts bears the name of its row as a comment.
 */
#include "iptables.h"
#include "iptables_rules.h"
#include "rows.h"

static bool is_v6(const struct ipt_ruleset *rs)
{
	return rs->family == LE_IPV6;
}

static bool option_is(const struct ipt_ruleset *rs, enum le_option option, u8 value)
{
	return rs->policy->options[option] == value;
}

static bool conntrack(const struct ipt_ruleset *rs)
{
	return option_is(rs, LE_OPT_ESTABLISHED, LE_ESTABLISHED_CONNTRACK);
}

/* The end at which the Edge is not. */
static bool far_is_source(unsigned int crossing)
{
	return crossing % LE_NR_DIRS == LE_IN;
}

static const char *back_name(unsigned int crossing)
{
	return ipt_crossing_name(le_crossing_reverse(crossing));
}

static const char *icmp_name(const struct ipt_ruleset *rs)
{
	return is_v6(rs) ? "ipv6-icmp" : "icmp";
}

/* ---- what a crossing asks before the rows ---- */

static u32 nr_edge_addrs(const struct ipt_ruleset *rs)
{
	u32 nr = 0;
	unsigned int edge;

	for (edge = 0; edge < LE_NR_EDGES; edge++)
		nr += rs->members[LE_TAG_EDGE + edge].nr;
	return nr;
}

/*
 * Writes what "scope address" asks for, and returns the chain in which who is in scope goes on: a
 * few addresses have to be told from all others by a jump each.
 */
static char *put_scope(struct ipt_ruleset *rs, unsigned int crossing)
{
	const char *name = ipt_crossing_name(crossing);
	bool source = !far_is_source(crossing);
	char *here = text_of("lync-%s", name), *scoped, *rest;
	char set[IPT_SET_NAME];
	unsigned int edge;

	if (!option_is(rs, LE_OPT_SCOPE, LE_SCOPE_ADDRESS))
		return here;
	if (nr_edge_addrs(rs) > IPT_HANDFUL) {
		rs->used_edges = true;
		ipt_edges_set_name(set, rs->family);
		ipt_rule(rs, "%s -m set ! --match-set %s %s -j RETURN", here, set,
			 source ? "src" : "dst");
		return here;
	}
	scoped = text_of("lync-%s-scoped", name);
	rest = text_of("-g %s", scoped);
	ipt_chain(rs, "%s", scoped);
	for (edge = 0; edge < LE_NR_EDGES; edge++) {
		struct le_end end = { .kind = LE_END_TAG, .tag = LE_TAG_EDGE + edge };
		struct ipt_who who = ipt_who(rs, &end);

		ipt_put_who(rs, here, &who, source, rest);
	}
	ipt_rule(rs, "%s -j RETURN", here);
	free(here);
	free(rest);
	return scoped;
}

static void put_block(struct ipt_ruleset *rs, const char *chain, unsigned int crossing)
{
	struct le_end end = { .kind = LE_END_TAG, .tag = LE_TAG_BLOCK };
	struct ipt_who who = ipt_who(rs, &end);

	ipt_put_who(rs, chain, &who, far_is_source(crossing), "-g lync-drop-blocked");
}

/* A packet of media is the most frequent, so UDP is asked first. */
static const char *const protocols[] = { "udp", "tcp" };

static void put_stateless(struct ipt_ruleset *rs, const char *chain, const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(protocols); i++)
		ipt_rule(rs, "%s -p %s -g lync-%s-%s", chain, protocols[i], name, protocols[i]);
	ipt_rule(rs, "%s -p %s -g lync-%s-icmp", chain, icmp_name(rs), name);
}

/* A tracked packet goes by its connection's direction; the state says why it has none. */
static void put_tracked(struct ipt_ruleset *rs, const char *chain, unsigned int crossing)
{
	const char *name = ipt_crossing_name(crossing);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(protocols); i++) {
		ipt_rule(rs, "%s -p %s -m conntrack --ctdir ORIGINAL -g lync-%s-%s", chain,
			 protocols[i], name, protocols[i]);
		ipt_rule(rs, "%s -p %s -m conntrack --ctdir REPLY -g lync-%s-%s-reply", chain,
			 protocols[i], back_name(crossing), protocols[i]);
	}
	for (i = 0; i < ARRAY_SIZE(protocols); i++)
		ipt_rule(rs, "%s -p %s -m conntrack --ctstate INVALID -g lync-drop-invalid", chain,
			 protocols[i]);
	put_stateless(rs, chain, name);
}

static void put_crossing(struct ipt_ruleset *rs, unsigned int crossing)
{
	const char *name = ipt_crossing_name(crossing);
	char *chain;

	ipt_chain(rs, "lync-%s", name);
	chain = put_scope(rs, crossing);
	if (rs->members[LE_TAG_BLOCK].nr) {
		/* Neighbour discovery is never in the way. */
		if (is_v6(rs))
			ipt_rule(rs, "%s -p ipv6-icmp -g lync-%s-icmp", chain, name);
		put_block(rs, chain, crossing);
	}
	if (conntrack(rs))
		put_tracked(rs, chain, crossing);
	else
		put_stateless(rs, chain, name);
	ipt_rule(rs, "%s -g lync-drop-protocol", chain);
	free(chain);
}

/* ---- rows ---- */

static void put_rows(struct ipt_ruleset *rs, unsigned int crossing, u8 protocol)
{
	const char *word = protocol == IPPROTO_UDP ? "udp" : "tcp";
	char *chain = text_of("lync-%s-%s", ipt_crossing_name(crossing), word);
	char *miss = text_of("%s-miss", chain);
	struct ipt_tree tree = { .end = miss };

	ipt_chain(rs, "%s", chain);
	ipt_chain(rs, "%s", miss);
	ipt_put_tree(rs, chain, crossing, protocol, &tree);
	ipt_rule(rs, "%s%s%s -g lync-%s-%s-reply", miss,
		 conntrack(rs) ? " -m conntrack --ctstate UNTRACKED" : "",
		 protocol == IPPROTO_TCP ? " -p tcp -m tcp ! --tcp-flags ACK,RST NONE" : "",
		 back_name(crossing), word);
	ipt_rule(rs, "%s -g lync-no-row", miss);
	free(chain);
	free(miss);
}

static void put_replies(struct ipt_ruleset *rs, unsigned int crossing, u8 protocol)
{
	static const struct ipt_tree tree = { .end = "lync-no-row", .answers = true };
	char *chain = text_of("lync-%s-%s-reply", ipt_crossing_name(crossing),
			      protocol == IPPROTO_UDP ? "udp" : "tcp");

	ipt_chain(rs, "%s", chain);
	ipt_put_tree(rs, chain, crossing, protocol, &tree);
	free(chain);
}

/* ---- ICMP ---- */

static const u8 error_types[NR_FAMILIES][4] = { [LE_IPV4] = { 3, 4, 11, 12 },
						[LE_IPV6] = { 1, 2, 3, 4 } };
static const u8 echo_types[NR_FAMILIES][2] = { [LE_IPV4] = { 8, 0 }, [LE_IPV6] = { 128, 129 } };

static bool echo_is_allowed(const struct ipt_ruleset *rs)
{
	return option_is(rs, LE_OPT_ICMP_ECHO, LE_ICMP_ECHO_ALLOW);
}

/* Neighbour and listener discovery, as far as it comes from neighbours. */
static void put_neighbours(struct ipt_ruleset *rs, const char *chain)
{
	static const char type[] = "-p ipv6-icmp -m icmp6 --icmpv6-type";
	static const u8 listener_types[] = { 130, 131, 132, 143 };
	static const char *const sources[] = { "fe80::/10", "::/128" };
	unsigned int i, k;

	for (i = 133; i <= 137; i++)
		ipt_rule(rs, "%s %s %u -m hl --hl-eq 255 -j RETURN", chain, type, i);
	for (i = 0; i < ARRAY_SIZE(listener_types); i++)
		for (k = 0; k < ARRAY_SIZE(sources); k++)
			ipt_rule(rs, "%s -s %s %s %u -m hl --hl-eq 1 -j RETURN", chain, sources[k],
				 type, listener_types[i]);
}

static void put_icmp(struct ipt_ruleset *rs, unsigned int crossing)
{
	const char *name = ipt_crossing_name(crossing);
	const char *type = is_v6(rs) ? "-p ipv6-icmp -m icmp6 --icmpv6-type" :
				       "-p icmp -m icmp --icmp-type";
	char *chain = text_of("lync-%s-icmp", name);
	unsigned int i;

	ipt_chain(rs, "%s", chain);
	if (is_v6(rs)) {
		put_neighbours(rs, chain);
		put_block(rs, chain, crossing);
	}
	if (echo_is_allowed(rs))
		for (i = 0; i < ARRAY_SIZE(echo_types[0]); i++)
			ipt_rule(rs, "%s %s %u " IPT_ACCEPT("icmp-echo"), chain, type,
				 echo_types[rs->family][i]);
	for (i = 0; i < ARRAY_SIZE(error_types[0]); i++)
		ipt_rule(rs, "%s %s %u -g lync-%s-errors", chain, type,
			 error_types[rs->family][i], name);
	ipt_rule(rs, "%s -g lync-drop-protocol", chain);
	free(chain);
}

static struct ipt_about about_in(const char *chain, enum ipt_place place)
{
	struct ipt_about about = { .place = place, .base = chain };

	scnprintf(about.chain, sizeof(about.chain), "%s", chain);
	return about;
}

/* Errors about connections whose first packet crosses here. */
static void put_related(struct ipt_ruleset *rs, unsigned int crossing)
{
	char *chain = text_of("lync-%s-related", ipt_crossing_name(crossing));
	struct ipt_about about = about_in(chain, IPT_CONNECTION);
	/* Of an echo, conntrack has type and code in the place of the ports. */
	unsigned int echo = echo_types[rs->family][0] << 8;

	ipt_chain(rs, "%s", chain);
	ipt_put_blocked_about(rs, &about, far_is_source(crossing));
	if (echo_is_allowed(rs))
		ipt_rule(rs, "%s -m conntrack --ctproto %u --ctorigdstport %u:%u "
			 IPT_ACCEPT("icmp-related"), chain,
			 is_v6(rs) ? IPPROTO_ICMPV6 : IPPROTO_ICMP, echo, echo + 255);
	ipt_put_about(rs, &about, crossing, false);
	ipt_rule(rs, "%s -g lync-drop-protocol", about.chain);
	free(chain);
}

static void put_quoted_echo(struct ipt_ruleset *rs, const char *chain)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(echo_types[0]); i++)
		ipt_rule(rs, "%s -m u32 --u32 \"%s=%u && %s>>24=%u\" "
			 IPT_ACCEPT("icmp-related"), chain,
			 is_v6(rs) ? "52>>8&0xFF" : BEHIND_IPV4 "16>>16&0xFF",
			 is_v6(rs) ? IPPROTO_ICMPV6 : IPPROTO_ICMP,
			 is_v6(rs) ? "88" : BEHIND_IPV4 "28", echo_types[rs->family][i]);
}

/*
 * Errors about untracked packets. What is quoted went the other way: it is of the opposite
 * crossing's rows, or the answer to what passes here.
 */
static void put_quoted(struct ipt_ruleset *rs, unsigned int crossing)
{
	unsigned int back = le_crossing_reverse(crossing);
	char *chain = text_of("lync-%s-quoted", ipt_crossing_name(crossing));
	struct ipt_about about = about_in(chain, IPT_QUOTED);

	ipt_chain(rs, "%s", chain);
	ipt_put_blocked_about(rs, &about, far_is_source(back));
	if (echo_is_allowed(rs))
		put_quoted_echo(rs, chain);
	ipt_put_about(rs, &about, back, false);
	ipt_put_about(rs, &about, crossing, true);
	ipt_rule(rs, "%s -g lync-drop-protocol", about.chain);
	free(chain);
}

static void put_errors(struct ipt_ruleset *rs, unsigned int crossing)
{
	/*
	 * What is quoted: IPv4 without options, no later fragment, or IPv6 straight behind one
	 * header; eight bytes more, by its own word and by what is there.
	 */
	static const char *const readable[NR_FAMILIES] = {
		[LE_IPV4] = BEHIND_IPV4 "8>>24=0x45 && " BEHIND_IPV4 "8&0xFFFF=28:0xFFFF && "
			    BEHIND_IPV4 "12&0x1FFF=0 && " BEHIND_IPV4 "32=0:0xFFFFFFFF",
		[LE_IPV6] = "4>>8&0xFF=58 && 48>>28=6 && 52>>16=8:0xFFFF && 92=0:0xFFFFFFFF",
	};
	const char *name = ipt_crossing_name(crossing);
	char *chain = text_of("lync-%s-errors", name);

	ipt_chain(rs, "%s", chain);
	if (conntrack(rs)) {
		ipt_rule(rs, "%s -m conntrack --ctdir ORIGINAL -g lync-%s-related", chain, name);
		ipt_rule(rs, "%s -m conntrack --ctdir REPLY -g lync-%s-related", chain,
			 back_name(crossing));
		ipt_rule(rs, "%s -m conntrack --ctstate INVALID -g lync-drop-protocol", chain);
	}
	ipt_rule(rs, "%s -m u32 --u32 \"%s\" -g lync-%s-quoted", chain, readable[rs->family], name);
	ipt_rule(rs, "%s -g lync-drop-protocol", chain);
	if (conntrack(rs))
		put_related(rs, crossing);
	put_quoted(rs, crossing);
	free(chain);
}

/* ---- drops ---- */

static void put_log(struct ipt_ruleset *rs, const char *reason)
{
	if (rs->policy->log_group != LE_NO_LOG_GROUP)
		ipt_rule(rs, "lync-drop-%s -j NFLOG --nflog-group %d --nflog-prefix lyncedge:%s",
			 reason, rs->policy->log_group, reason);
}

static void put_reject(struct ipt_ruleset *rs)
{
	static const char then[] = "-m comment --comment drop-no-row -j REJECT --reject-with";

	ipt_rule(rs, "lync-drop-no-row -p tcp %s tcp-reset", then);
	ipt_rule(rs, "lync-drop-no-row %s %s", then,
		 is_v6(rs) ? "icmp6-adm-prohibited" : "icmp-admin-prohibited");
}

/* Rows do not look at fragments but the first. */
static void put_no_row(struct ipt_ruleset *rs)
{
	ipt_chain(rs, "lync-no-row");
	if (is_v6(rs)) {
		ipt_chain(rs, "lync-fragment");
		ipt_rule(rs, "lync-no-row -m frag -g lync-fragment");
		ipt_rule(rs, "lync-fragment -m frag --fragfirst -g lync-drop-no-row");
		ipt_rule(rs, "lync-fragment -g lync-drop-fragment");
	} else {
		ipt_rule(rs, "lync-no-row -f -g lync-drop-fragment");
	}
	ipt_rule(rs, "lync-no-row -g lync-drop-no-row");
}

static void put_drops(struct ipt_ruleset *rs)
{
	unsigned int reason;

	put_no_row(rs);
	for (reason = 0; reason < LE_NR_DROPS; reason++) {
		const char *name = le_reason_names[reason];

		/* Nothing leads there: see the heading. */
		if (reason == le_outcome_index(LE_MALFORMED))
			continue;
		ipt_chain(rs, "lync-drop-%s", name);
		put_log(rs, name);
		if (reason == le_outcome_index(LE_NO_ROW) &&
		    option_is(rs, LE_OPT_UNMATCHED, LE_UNMATCHED_REJECT))
			put_reject(rs);
		else
			ipt_rule(rs, "lync-drop-%s -m comment --comment drop-%s -j DROP", name,
				 name);
	}
}

/* ---- the kernel's own chains ---- */

static void put_device(struct ipt_ruleset *rs, const char *hook, enum le_dir dir,
		       const char *device, const char *crossing)
{
	char quoted[2 * IFNAMSIZ], *q = quoted;

	for (; *device; device++) {
		if (*device == '"' || *device == '\\')
			*q++ = '\\';
		*q++ = *device;
	}
	*q = '\0';
	ipt_rule(rs, "%s -%c \"%s\" -j lync-%s", hook, dir == LE_IN ? 'i' : 'o', quoted, crossing);
}

static void put_devices(struct ipt_ruleset *rs, const char *hook, enum le_dir dir)
{
	const struct le_policy *policy = rs->policy;
	unsigned int iface;
	u32 i;

	for (iface = 0; iface < LE_NR_IFACES; iface++)
		for (i = 0; i < policy->nr_devices[iface]; i++)
			put_device(rs, hook, dir, policy->devices[iface][i],
				   ipt_crossing_name(le_crossing(iface, dir)));
}

/* "hooks all": what the gateway itself receives and sends, but for its own rejects. */
static void put_local_hooks(struct ipt_ruleset *rs)
{
	put_devices(rs, "INPUT", LE_IN);
	if (option_is(rs, LE_OPT_UNMATCHED, LE_UNMATCHED_REJECT)) {
		ipt_chain(rs, "lync-output");
		ipt_rule(rs, "OUTPUT -j lync-output");
		ipt_rule(rs, "lync-output -p tcp -m tcp --tcp-flags RST RST -j RETURN");
		ipt_rule(rs, is_v6(rs) ?
			 "lync-output -p ipv6-icmp -m icmp6 --icmpv6-type 1/1 -j RETURN" :
			 "lync-output -p icmp -m icmp --icmp-type 3/13 -j RETURN");
		put_devices(rs, "lync-output", LE_OUT);
	} else {
		put_devices(rs, "OUTPUT", LE_OUT);
	}
}

static void put_hooks(struct ipt_ruleset *rs)
{
	/* The module asks where a packet enters first, and that settles the reason. */
	put_devices(rs, "FORWARD", LE_IN);
	put_devices(rs, "FORWARD", LE_OUT);
	if (option_is(rs, LE_OPT_HOOKS, LE_HOOKS_ALL))
		put_local_hooks(rs);
	if (conntrack(rs))
		return;
	/*
	 * Conntrack would put fragments together. So does the match "socket", without tracking
	 * anything, and wherever it stands: nothing leads here.
	 */
	ipt_chain(rs, "lync-defragment");
	ipt_rule(rs, "lync-defragment -p tcp -m socket -j RETURN");
}

static void put_rules(struct ipt_ruleset *rs)
{
	unsigned int crossing;

	put_hooks(rs);
	for (crossing = 0; crossing < LE_NR_CROSSINGS; crossing++) {
		if (!rs->policy->nr_devices[crossing / LE_NR_DIRS])
			continue;
		put_crossing(rs, crossing);
		put_rows(rs, crossing, IPPROTO_UDP);
		put_rows(rs, crossing, IPPROTO_TCP);
		put_replies(rs, crossing, IPPROTO_UDP);
		put_replies(rs, crossing, IPPROTO_TCP);
		put_icmp(rs, crossing);
		put_errors(rs, crossing);
	}
	put_drops(rs);
}

/* ---- the texts ---- */

/* A ruleset's two parts, as texts. */
struct text {
	char *chains;
	char *rules;
};

static void make(struct ipt_ruleset *rs, struct text *text, const struct le_policy *policy,
		 u8 family)
{
	size_t chains_len, rules_len;

	ipt_ruleset_init(rs, policy, family);
	rs->chains = open_memstream(&text->chains, &chains_len);
	rs->rules = open_memstream(&text->rules, &rules_len);
	if (!rs->chains || !rs->rules)
		die_out_of_memory();
	put_rules(rs);
	if (fclose(rs->chains) || fclose(rs->rules))
		die_out_of_memory();
	free(rs->terms.list);
}

static const char heading[] =
	"# Made by lyncedgectl export iptables from a policy of lyncedge, for %stables-restore.\n"
	"#\n"
	"# The sets of \"lyncedgectl export ipset\" are loaded before it:\n"
	"#    ipset -exist restore <SETS && %stables-restore <THIS\n"
	"# That replaces the table \"filter\" whole, at once. To keep rules of your own, put those\n"
	"# lines of this file into them, once and first, that begin with \"-A FORWARD\" (INPUT,\n"
	"# OUTPUT), and load the rest: chains of this file are emptied and filled at once.\n"
	"#    grep -vE '^-A (FORWARD|INPUT|OUTPUT) ' <THIS | %stables-restore --noflush\n"
	"#\n"
	"# What is accepted returns to FORWARD, so rules after these, and its policy, hold as well.\n"
	"# A row's packets are those of all rules that bear its name as their comment:\n"
	"#    %stables-save -t filter -c\n"
	"#\n"
	"# What it does not do as the module does, because %stables cannot say it:\n"
	"#  - A packet that crosses two named devices and is refused at the second counts at the row\n"
	"#    that took it at the first.\n"
	"#  - Headers that are cut short are dropped uncounted. Those that contradict themselves are\n"
	"#    left to conntrack: where nothing is tracked, they go unnoticed.\n"
	"#  - Where a group, an edge or the block list has more than %u addresses, an ICMP error may be\n"
	"#    about any address: sets cannot be asked about what an error is about.\n"
	"#  - An ICMP error about an untracked packet is refused if what it quotes has %s.\n"
	"#    It passes whether or not it goes to who sent what it quotes.\n"
	"#  - \"hooks all\" with \"unmatched reject\" lets any TCP reset and any \"administratively\n"
	"#    prohibited\" out that the gateway itself sends, not only its rejects.\n"
	"#  - Sets and rules do not change at one moment, nor do IPv4's and IPv6's.\n";

static void print_heading(u8 family)
{
	const char *ip = family == LE_IPV6 ? "ip6" : "ip";

	printf(heading, ip, ip, ip, ip, ip, IPT_MANY,
	       family == LE_IPV6 ? "extension\n#    headers, or if it has any itself" : "options");
}

static void print_rows(const struct le_policy *policy)
{
	struct row_view view;
	unsigned int row;

	puts("#");
	for (row = 0; row < nr_rows(policy); row++) {
		int first = row_counts_at(policy, row);
		char *counter;

		if (!row_is_active(policy, row))
			continue;
		counter = counter_name(policy, row);
		row_view(&view, policy, row);
		printf("# %-9s %s %s %s %s, from %s to %s; %s, %s", counter, view.iface, view.dir,
		       view.protocol, view.ports_text, view.source, view.destination, view.service,
		       view.application);
		if (first >= 0)
			printf("; counts at %s", le_matrix[first].id);
		putchar('\n');
		free(counter);
	}
}

/**
 * ipt_unspeakable_device() - a device whose name iptables cannot write
 * @policy: the policy
 *
 * A plus sign at the end stands for any end.
 *
 * Return: the first such name, or NULL.
 */
const char *ipt_unspeakable_device(const struct le_policy *policy)
{
	unsigned int iface;
	u32 i;

	for (iface = 0; iface < LE_NR_IFACES; iface++) {
		for (i = 0; i < policy->nr_devices[iface]; i++) {
			const char *name = policy->devices[iface][i];

			if (name[strlen(name) - 1] == '+')
				return name;
		}
	}
	return NULL;
}

/**
 * ipt_print() - print a policy as a ruleset of iptables
 * @policy: the policy
 * @family: LE_IPV4, or LE_IPV6 for ip6tables
 */
void ipt_print(const struct le_policy *policy, u8 family)
{
	struct ipt_ruleset rs;
	struct text text;

	make(&rs, &text, policy, family);
	print_heading(family);
	print_rows(policy);
	printf("*filter\n%s%sCOMMIT\n", text.chains, text.rules);
	free(text.chains);
	free(text.rules);
}

/* ---- sets ---- */

/* Filled aside, under this name. */
#define NEW_SET "lyncedge-new"

static void print_add(const struct le_prefix *prefix)
{
	char text[LE_PREFIX_TEXT];

	le_prefix_format(text, sizeof(text), prefix);
	printf("add " NEW_SET " %s\n", text);
}

static void print_edge(const struct le_policy *policy, unsigned int edge, u8 family)
{
	u32 i;

	for (i = 0; i < policy->edges[edge].nr; i++) {
		const struct le_edge_addr *addr = &policy->edges[edge].list[i];
		struct le_prefix prefix = {
			.addr = addr->addr,
			.family = addr->family,
			.len = le_addr_bits(addr->family),
		};

		if (prefix.family == family)
			print_add(&prefix);
	}
}

static void print_group(const struct le_policy *policy, unsigned int tag, u8 family)
{
	u32 i;

	for (i = 0; i < policy->nr_prefixes; i++)
		if (policy->prefixes[i].tag == tag && policy->prefixes[i].family == family)
			print_add(&policy->prefixes[i]);
}

/* A set that is in use can be neither emptied unseen nor made anew, but exchanged for another. */
static void print_set_start(const char *name, u8 family)
{
	const char *word = family == LE_IPV6 ? "inet6" : "inet";

	printf("create %s hash:net family %s maxelem %u\n", name, word, LE_MAX_PREFIXES);
	printf("create " NEW_SET " hash:net family %s maxelem %u\n", word, LE_MAX_PREFIXES);
	puts("flush " NEW_SET);
}

static void print_set_end(const char *name)
{
	printf("swap " NEW_SET " %s\ndestroy " NEW_SET "\n", name);
}

static void print_sets(const struct ipt_ruleset *rs)
{
	char name[IPT_SET_NAME];
	unsigned int tag, edge;

	for (tag = 0; tag < LE_NR_TAGS; tag++) {
		if (!(rs->used & BIT(tag)))
			continue;
		ipt_set_name(name, tag, rs->family);
		print_set_start(name, rs->family);
		if (tag < LE_TAG_GROUP)
			print_edge(rs->policy, tag, rs->family);
		else
			print_group(rs->policy, tag, rs->family);
		print_set_end(name);
	}
	if (!rs->used_edges)
		return;
	ipt_edges_set_name(name, rs->family);
	print_set_start(name, rs->family);
	for (edge = 0; edge < LE_NR_EDGES; edge++)
		print_edge(rs->policy, edge, rs->family);
	print_set_end(name);
}

/**
 * ipt_print_sets() - print the sets that the rulesets of both families refer to
 * @policy: the policy
 */
void ipt_print_sets(const struct le_policy *policy)
{
	u8 family;

	/* No comment says where it is from: ipset's language has none. */
	for (family = 0; family < NR_FAMILIES; family++) {
		struct ipt_ruleset rs;
		struct text text;

		make(&rs, &text, policy, family);
		free(text.chains);
		free(text.rules);
		print_sets(&rs);
	}
}
