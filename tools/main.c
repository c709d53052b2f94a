// SPDX-License-Identifier: GPL-2.0-only
/*
 * lyncedgectl: what it can be told to do, and how it explains that. What the verbs do is in files
 * of their own, listed in verbs.h.
 */
#include <getopt.h>

#include "verbs.h"

/**
 * struct verb - one thing to do
 * @name: the word for it
 * @usage: what follows the word
 * @summary: what it does, in a line
 * @options: set of the options that it takes (enum option_bit)
 * @min: how many operands it needs
 * @wants: what the first of them is
 * @max: how many it takes; -1 for any number
 * @run: does it
 * @help: the whole story
 */
static const struct verb {
	const char *name;
	const char *usage;
	const char *summary;
	unsigned int options;
	int min;
	const char *wants;
	int max;
	enum status (*run)(const struct call *call);
	const char *help;
} verbs[] = {
	{
		.name = "status",
		.usage = "[--peer FILE] [--json]",
		.summary = "how things stand: mode, policy, devices, totals, last error",
		.options = OPTION_JSON | OPTION_PEER,
		.run = verb_status,
		.help =
"Says the mode, how many policies have been applied (generation), the devices\n"
"and features of the policy in force, how many rows are active, what has been\n"
"accepted and dropped since the last reset, and why the last write to the module\n"
"was refused, if it was.\n"
"  --peer FILE  compare with another gateway: FILE (- for stdin) is what\n"
"               'lyncedgectl status --json' has said there. Mode, policy and\n"
"               module have to be the same, and changes must not wait to be\n"
"               confirmed on one alone. The policies are compared by the SHA-256\n"
"               of what 'lyncedgectl show' prints. How many policies have been\n"
"               applied (generation) is each gateway's own, and not compared\n"
"\n"
"Exit status: 0; with --peer 0 if both are the same, 1 if they differ; 2 errors.\n"
"\n"
"Example:\n"
"  ssh gw2 lyncedgectl status --json | lyncedgectl status --peer -\n",
	},
	{
		.name = "check",
		.usage = "[--json] [FILE]",
		.summary = "is a policy accepted, and what is doubtful about it",
		.options = OPTION_POLICY | OPTION_JSON,
		.max = 1,
		.run = verb_check,
		.help =
"Reads the policy FILE as the module would, without changing anything. What is\n"
"wrong is shown with its place and the remedy; what is accepted but doubtful is\n"
"a warning, and does not change the exit status. FILE may be - for stdin, and\n"
"may be given as --policy FILE; without it the policy in force is checked.\n"
"\n"
"Exit status: 0 accepted, 1 refused, 2 FILE could not be read.\n",
	},
	{
		.name = "apply",
		.usage = "FILE [--confirm SECONDS]",
		.summary = "put a policy in force",
		.options = OPTION_CONFIRM,
		.min = 1,
		.wants = "FILE",
		.max = 1,
		.run = verb_apply,
		.help =
"Checks the policy FILE (- for stdin) as 'check' does, and gives it to the\n"
"module, which puts it in force as a whole in place of the one before. The mode\n"
"stays as it is: 'lyncedgectl mode enforce' starts enforcing.\n"
"  --confirm SECONDS\n"
"         unless 'lyncedgectl confirm' is said in time, the kernel puts the\n"
"         policy before in force again, and undoes all other changes since, even\n"
"         if this shell, or the way to this machine, is gone by then\n"
"\n"
"Exit status: 0 in force, 1 refused (the policy before it stays), 2 other\n"
"errors.\n",
	},
	{
		.name = "show",
		.usage = "[--policy FILE] [--json]",
		.summary = "the policy in force, as text that can be applied again",
		.options = OPTION_POLICY | OPTION_JSON,
		.run = verb_show,
		.help =
"Prints the policy in force in its canonical form; with --policy FILE, that one.\n",
	},
	{
		.name = "mode",
		.usage = "[--json] | off|monitor|enforce [--confirm SECONDS]",
		.summary = "show or change the mode",
		.options = OPTION_JSON | OPTION_CONFIRM,
		.max = 1,
		.run = verb_mode,
		.help =
"Without an operand, shows the mode. The modes are:\n"
"  off      nothing is judged\n"
"  monitor  everything is judged and counted, nothing is dropped\n"
"  enforce  what no row admits is dropped\n"
"\n"
"  --confirm SECONDS  as for 'lyncedgectl apply'\n"
"\n"
"Exit status: 0 done, 1 refused by the module (there is no policy to enforce),\n"
"2 other errors.\n",
	},
	{
		.name = "confirm",
		.usage = "",
		.summary = "keep what was changed with --confirm",
		.run = verb_confirm,
		.help =
"Keeps policy, features and mode as they are after a change with --confirm.\n"
"'lyncedgectl status' says how much time there is for that.\n"
"\n"
"Exit status: 0 kept, 1 there is nothing to confirm, 2 other errors.\n",
	},
	{
		.name = "enable",
		.usage = "FEATURE... [--confirm SECONDS]",
		.summary = "turn features of the policy in force on",
		.options = OPTION_CONFIRM,
		.min = 1,
		.wants = "FEATURE",
		.max = -1,
		.run = verb_enable,
		.help =
"Turns features of the policy in force on, each at once. To keep them on, put\n"
"them into the policy's file, or keep what 'lyncedgectl show' prints.\n"
"  --confirm SECONDS  as for 'lyncedgectl apply'\n"
"\n"
"Exit status: 0 done, 1 refused by the module, 2 other errors.\n",
	},
	{
		.name = "disable",
		.usage = "FEATURE... [--confirm SECONDS]",
		.summary = "turn features of the policy in force off",
		.options = OPTION_CONFIRM,
		.min = 1,
		.wants = "FEATURE",
		.max = -1,
		.run = verb_disable,
		.help =
"Turns features of the policy in force off, each at once. Open connections of\n"
"rows that are no longer active are cut.\n"
"  --confirm SECONDS  as for 'lyncedgectl apply'\n"
"\n"
"Exit status: 0 done, 1 refused by the module, 2 other errors.\n",
	},
	{
		.name = "matrix",
		.usage = "[--all] [--policy FILE] [--tsv|--json]",
		.summary = "list the rows: who may talk to whom, and to which port",
		.options = OPTION_POLICY | OPTION_JSON | OPTION_ALL | OPTION_TSV,
		.run = verb_matrix,
		.help =
"Lists the active rows of the policy in force, or of FILE, with the ports where\n"
"the policy has them, and then the rows that the site added.\n"
"  --all  all 37 rows of the matrix. With --policy FILE their state says why a\n"
"         row is off; without it they are listed as published, on their standard\n"
"         ports, and no module is needed. For the policy in force:\n"
"           lyncedgectl show | lyncedgectl matrix --all --policy -\n"
"  --tsv  tab-separated values, with a header\n",
	},
	{
		.name = "counters",
		.usage = "[--all] [--json] [--watch [SECONDS] [--count N]]",
		.summary = "what each row accepted, and what was dropped for which reason",
		.options = OPTION_JSON | OPTION_ALL | OPTION_WATCH | OPTION_COUNT,
		.max = 1,
		.run = verb_counters,
		.help =
"Shows the counters that are not zero. Their kinds are row (of the matrix) and\n"
"site-row, drop (for a reason), and accept (for another reason than a row).\n"
"  --all  those that are zero, too\n"
"  --watch [SECONDS]\n"
"         goes on: every so many seconds (2; fractions are fine) what has been\n"
"         counted since the last time, and how much that is a second: a line for\n"
"         each counter that moved, then the sums; with --json an object a line.\n"
"         Until it is interrupted; it outlasts a module that is loaded anew, and\n"
"         counters that are reset. 'lyncedgectl top' is for a screen\n"
"  --count N\n"
"         with --watch: stops after so many times\n",
	},
	{
		.name = "reset",
		.usage = "",
		.summary = "start all counters from 0",
		.run = verb_reset,
		.help = "Starts all counters from 0.\n",
	},
	{
		.name = "explain",
		.usage = "[--policy FILE] [--json]\n"
			 "           INTERFACE DIRECTION PROTOCOL SOURCE DESTINATION",
		.summary = "what becomes of a packet, and why; or of many, with --batch",
		.options = OPTION_POLICY | OPTION_JSON | OPTION_BATCH | OPTION_CONN,
		.max = -1,
		.run = verb_explain,
		.help =
"   or: lyncedgectl explain [--policy FILE] [--json] --batch <PACKETS\n"
"   or: lyncedgectl explain [--policy FILE] [--json] --conn\n"
"           [INTERFACE DIRECTION] [PROTOCOL [END [END]] | ENTRY | -]\n"
"\n"
"Judges a packet, as the first of its connection and at the Edge's own\n"
"addresses, by the policy in force or that of FILE.\n"
"  INTERFACE    external or internal\n"
"  DIRECTION    in (toward the Edge) or out (from it)\n"
"  PROTOCOL     tcp, udp, icmp-echo, another protocol's name, or a number\n"
"  SOURCE, DESTINATION\n"
"               ADDRESS:PORT, for IPv6 [ADDRESS]:PORT; the port may be left out\n"
"               where the protocol is neither tcp nor udp\n"
"\n"
"The first line is the answer: 'accept ROW', 'accept unjudged' (not ours to\n"
"judge), 'accept icmp-echo', or 'drop REASON'. More lines say why: of 'drop\n"
"no-row', which row came nearest, and the one thing that differs.\n"
"  --batch  reads a packet a line from stdin, and prints an answer a line, and\n"
"           nothing but; 'error MESSAGE' for a line that is no packet\n"
"  --conn   judges connections that conntrack knows, as the module does: in\n"
"           their original direction, at the Edge's own addresses. END is an\n"
"           address, or ADDRESS:PORT, of either end, as it is before or after\n"
"           NAT; with neither, all connections at an edge's addresses are\n"
"           judged. ENTRY is a line of 'conntrack -L'; with -, such lines are\n"
"           read from stdin\n"
"\n"
"Exit status: 0 accepted, 1 dropped, 2 errors; with --conn 0 if all of them are\n"
"accepted, 2 if what was asked for is not there; with --batch 0 if every line\n"
"could be judged, whatever the answers, else 2.\n"
"\n"
"Example:\n"
"  lyncedgectl explain --policy sample.policy \\\n"
"          external in tcp 198.51.100.7:40000 10.45.16.10:443\n",
	},
	{
		.name = "replay",
		.usage = "CAPTURE [--policy FILE] [--json] [--all]\n"
"          [--external ADDRESSES] [--internal ADDRESSES] [--gateway ADDRESSES]",
		.summary = "judge a capture: what each row takes, what would be dropped",
		.options = OPTION_POLICY | OPTION_JSON | OPTION_ALL | OPTION_EXTERNAL |
			   OPTION_INTERNAL | OPTION_GATEWAY,
		.min = 1,
		.wants = "CAPTURE",
		.max = 1,
		.run = verb_replay,
		.help =
"Judges the packets of CAPTURE, a file of 'tcpdump -w' or 'dumpcap' (pcap or\n"
"pcapng; - for stdin), by the policy in force or that of FILE, and shows what\n"
"each row would have taken, what would have been dropped for which reason, and\n"
"the flows that would have been, most packets first, with what is in their way.\n"
"  --all  all flows that would be dropped, not just the first 20\n"
"\n"
"Where a packet crosses is told by its device, if the capture names one: pcapng\n"
"by name; 'tcpdump -i any' by index, if all of the policy's devices exist on\n"
"this machine, which is then taken for the one that captured: the report says\n"
"so. Else addresses tell: what is for an edge of the policy comes in, what is\n"
"from one goes out; by the external interface if it is the Access, Web\n"
"Conferencing or A/V Edge's address, else by the internal one.\n"
"  --external ADDRESSES, --internal ADDRESSES\n"
"         which addresses are beyond which interface: prefixes with commas\n"
"         between them. If but one of the two is given, all else is at the\n"
"         other. They are believed whatever devices the capture names\n"
"  --gateway ADDRESSES\n"
"         the gateway's own addresses, if this is not it: what is for or from\n"
"         it is not forwarded, and so not judged (but with 'option hooks all')\n"
"Addresses after 'public' stand for the edge's own as 'lyncedgectl nat' has it:\n"
"the first of a family for the first, and so on; those that are over, for none.\n"
"So a capture may be from either side of 1:1 NAT.\n"
"\n"
"With 'option established conntrack' connections are followed, as in mode\n"
"monitor. One of TCP that began before the capture is judged in the direction\n"
"in which a row takes it, but not what ends it before that is known; one of UDP\n"
"begins with its first packet there.\n"
"Fragments are put together. What the capture has cut off (tcpdump -s) is not\n"
"missed unless it is of the headers. Not followed: TCP sequence numbers,\n"
"checksums, and NAT that maps anything but whole addresses. What the gateway\n"
"dropped on its way out is in no capture at its outer device: capture in mode\n"
"monitor or off.\n"
"\n"
"Exit status: 0 nothing would be dropped, 1 something would be, 2 errors, also\n"
"if there are packets, but none could be judged; if the capture is damaged, what\n"
"was read of it is shown all the same.\n"
"\n"
"Example:\n"
"  tcpdump -i any -s 128 -w yesterday.pcap\n"
"  lyncedgectl replay yesterday.pcap --policy my.policy\n",
	},
	{
		.name = "log",
		.usage = "[--policy FILE] [--json] [--group N] [--count N]",
		.summary = "show drops as they happen, each with what is in its way",
		.options = OPTION_POLICY | OPTION_JSON | OPTION_GROUP | OPTION_COUNT,
		.max = 1,
		.run = verb_log,
		.help =
"   or: lyncedgectl log [--policy FILE] [--json] [--count N] CAPTURE\n"
"\n"
"Shows what the module drops (in mode monitor: would drop), a line each, as it\n"
"happens: the time, the reason, the packet as 'explain' takes it, and what is in\n"
"its way. It wants a policy with 'option log-group N', and root. It goes on\n"
"until it is interrupted.\n"
"  --count N   stops after N lines\n"
"  --group N   listens to this NFLOG group, not to that of the policy\n"
"  --json      an object a line\n"
"  CAPTURE     what 'tcpdump -i nflog:N -w CAPTURE' has kept, in place of what\n"
"              happens now\n"
"\n"
"Exit status: 0 it was told to stop, or CAPTURE has ended; 2 errors.\n",
	},
	{
		.name = "export",
		.usage = "nft | iptables [--ipv6] | ipset\n"
			 "          [--policy FILE] [--json]",
		.summary = "print a policy as a ruleset for nftables or iptables",
		.options = OPTION_POLICY | OPTION_JSON | OPTION_IPV6,
		.min = 1,
		.wants = "nft, iptables or ipset",
		.max = 1,
		.run = verb_export,
		.help =
"Prints a ruleset for another packet filter, which accepts and refuses what the\n"
"module would by the policy in force or that of FILE, with a counter for each\n"
"row and each reason. What the filter cannot say is listed at the ruleset's\n"
"head, and how to load it.\n"
"  nft       for nft -f: a table 'inet lyncedge' of its own, which replaces\n"
"            itself whole, for IPv4 and IPv6\n"
"  iptables  for iptables-restore, or with --ipv6 for ip6tables-restore: chains\n"
"            'lync-...' of the table 'filter', and what leads to them\n"
"  ipset     for ipset -exist restore: the sets that the rulesets of iptables,\n"
"            of either family, refer to; to be loaded before them\n"
"With --json, an object with the ruleset, the command that loads it, and what\n"
"the filter cannot say.\n"
"\n"
"Exit status: 0 printed, 2 errors.\n"
"\n"
"Examples:\n"
"  lyncedgectl export nft --policy sample.policy >lyncedge.nft\n"
"  nft -c -f lyncedge.nft\n"
"\n"
"  lyncedgectl export ipset --policy sample.policy >lyncedge.ipset\n"
"  lyncedgectl export iptables --policy sample.policy >lyncedge.v4\n"
"  lyncedgectl export iptables --ipv6 --policy sample.policy >lyncedge.v6\n"
"  ipset -exist restore <lyncedge.ipset\n"
"  iptables-restore --test <lyncedge.v4\n"
"  ip6tables-restore --test <lyncedge.v6\n",
	},
	{
		.name = "diff",
		.usage = "FILE [--policy OLD] [--json]",
		.summary = "what a policy would change for packets",
		.options = OPTION_POLICY | OPTION_JSON,
		.min = 1,
		.wants = "FILE",
		.max = 1,
		.run = verb_diff,
		.help =
"Says what the policy FILE (- for stdin) would change against the one in force,\n"
"or against OLD: devices and addresses that come or go, rows that become active\n"
"or inactive and why, ports that move, who joins or leaves a group, rows of the\n"
"site, options. Groups are compared by who is in them: a prefix that is written\n"
"otherwise, or covered by another, is no difference. Lists are cut after 8;\n"
"--json has all.\n"
"\n"
"Exit status: 0 there is no difference, 1 there is, 2 errors.\n",
	},
	{
		.name = "nat",
		.usage = "[--policy FILE] [--hairpin] [--json]",
		.summary = "print the NAT that public addresses call for, for nftables",
		.options = OPTION_POLICY | OPTION_JSON | OPTION_HAIRPIN,
		.run = verb_nat,
		.help =
"Prints a ruleset for nft -f that maps the edges' public addresses to their own,\n"
"one to one, at the external devices: tables 'ip lyncedge-nat' and, if there are\n"
"public IPv6 addresses, 'ip6 lyncedge-nat', which replace themselves whole. Of\n"
"each edge and family, the first address is paired with the first public one,\n"
"the second with the second. What cannot be paired is said in a comment and on\n"
"stderr.\n"
"  --hairpin  servers of a pool reach each other by their public addresses, too\n"
"  --json     an object with the pairs, what cannot be paired, and the ruleset\n"
"\n"
"Exit status: 0 printed, 1 there is nothing to translate, 2 errors.\n"
"\n"
"Example:\n"
"  lyncedgectl nat --policy sample.policy >nat.nft\n"
"  nft -c -f nat.nft && nft -f nat.nft\n",
	},
	{
		.name = "init",
		.usage = "FILE [--yes] [--force] [ANSWER...]",
		.summary = "ask, and write a first policy",
		.options = OPTION_YES | OPTION_FORCE | OPTION_ANSWER | OPTION_EXTERNAL |
			   OPTION_INTERNAL,
		.min = 1,
		.wants = "FILE",
		.max = 1,
		.run = verb_init,
		.help =
"Asks for what a policy needs, with what is found on this machine as defaults,\n"
"and writes a commented policy to FILE (- for stdout), which 'lyncedgectl check'\n"
"accepts. Answers are read from a terminal or a pipe, a line each; an empty one\n"
"takes the default, 'none' leaves the statement out. Nothing is written before\n"
"all is answered.\n"
"  --yes    take the default of what no option answers, and ask nothing\n"
"  --force  write over FILE if it exists\n"
"\n"
"Options that answer a question, in the order in which they are asked; an answer\n"
"is what the policy's statement would have, with blanks or commas:\n"
"  --external DEVICE...         toward the Internet [that of the default route]\n"
"  --internal DEVICE...         toward the company network [another one]\n"
"  --access 'ADDRESS... [public ADDRESS...]'\n"
"  --webconf, --av, --edge-internal  likewise [none]\n"
"  --front-end PREFIX...        [networks of the internal device]\n"
"  --features NAME...           [the usual ones of the edges that are given]\n"
"  --log-group NUMBER           NFLOG group for drops [5]\n"
"\n"
"Exit status: 0 written, 2 errors; then nothing is left behind.\n"
"\n"
"Example:\n"
"  lyncedgectl init my.policy --yes --external eth0 --internal eth1 \\\n"
"          --access '10.45.16.10 public 131.107.155.10' \\\n"
"          --edge-internal 172.25.33.10 --features remote-access\n",
	},
	{
		.name = "metrics",
		.usage = "[--prometheus]",
		.summary = "print counters and state for a monitoring system (OpenMetrics)",
		.options = OPTION_PROMETHEUS,
		.run = verb_metrics,
		.help =
"Prints mode, generation, devices, features, active rows, and the counters by\n"
"row and by reason, as OpenMetrics. The man page lists them. That is for\n"
"programs already; the same as JSON is in 'status --json' and 'counters --json'.\n"
"  --prometheus  in Prometheus's older text format, which node_exporter reads\n"
"                from files; contrib/prometheus has a systemd timer that writes\n"
"                one\n"
"\n"
"Exit status: 0 printed, 2 errors.\n",
	},
	{
		.name = "top",
		.usage = "[SECONDS]",
		.summary = "rows and reasons to drop by rate, live on a terminal",
		.max = 1,
		.run = verb_top,
		.help =
"Shows what is going on, every so many seconds (2; fractions are fine): what was\n"
"accepted and dropped, the rows that have counted anything, those with most\n"
"packets a second first, and below them the reasons likewise; on top the mode,\n"
"how many policies have been applied, and how much time there is to confirm a\n"
"change. It outlasts a module that is loaded anew, and counters that are reset.\n"
"Keys:\n"
"  q        quit\n"
"  s        sort by the next column: packets/s, bytes/s, packets, bytes; or not\n"
"           at all, as the matrix has them\n"
"  p        pause, and go on\n"
"  + -      longer and shorter intervals\n"
"  r        reset the view: its packets and bytes start from 0, the module's\n"
"           counters stay as they are; the next time, show those again\n"
"  a        also rows and reasons that have counted nothing\n"
"  arrows, PgUp, PgDn   rows that do not fit\n"
"\n"
"It wants a terminal; 'lyncedgectl counters --watch' does not. Colour is left\n"
"out if NO_COLOR is set.\n"
"\n"
"Exit status: 0 it was told to quit, 2 errors.\n",
	},
	{
		.name = "report",
		.usage = "[--policy FILE]",
		.summary = "print a page on how things stand, for a browser or paper (HTML)",
		.options = OPTION_POLICY,
		.run = verb_report,
		.help =
"Prints an HTML page: the five tables of the matrix, as Microsoft has them, each\n"
"row with its state, who is at either end, what it accepted, and its share of\n"
"that; the rows of the site; what was dropped, and what each reason means; the\n"
"warnings of 'lyncedgectl check' with their remedies; who is in which group. The\n"
"page needs nothing else, neither network nor scripts, and is fit for printing.\n"
"With --policy FILE it is about that policy, without counters.\n"
"\n"
"Exit status: 0 printed, 2 errors.\n"
"\n"
"Example:\n"
"  lyncedgectl report >lyncedge.html\n",
	},
};

const char tool_version[] = LYNCEDGE_VERSION;

static const struct {
	const char *word;
	enum option_bit bit;
} option_words[] = {
	{ "--policy", OPTION_POLICY },
	{ "--json", OPTION_JSON },
	{ "--all", OPTION_ALL },
	{ "--tsv", OPTION_TSV },
	{ "--batch", OPTION_BATCH },
	{ "--ipv6", OPTION_IPV6 },
	{ "--confirm", OPTION_CONFIRM },
	{ "--external", OPTION_EXTERNAL },
	{ "--internal", OPTION_INTERNAL },
	{ "--gateway", OPTION_GATEWAY },
	{ "--group", OPTION_GROUP },
	{ "--count", OPTION_COUNT },
	{ "--hairpin", OPTION_HAIRPIN },
	{ "--prometheus", OPTION_PROMETHEUS },
	{ "--conn", OPTION_CONN },
	{ "--force", OPTION_FORCE },
	{ "--yes", OPTION_YES },
	{ "--access and the like", OPTION_ANSWER },
	{ "--watch", OPTION_WATCH },
	{ "--peer", OPTION_PEER },
};

static const struct verb *find_verb(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(verbs); i++)
		if (!strcmp(name, verbs[i].name))
			return &verbs[i];
	return NULL;
}

static void print_usage(FILE *out, const char *verb, const char *usage)
{
	fprintf(out, "usage: lyncedgectl %s%s%s\n", verb, *usage ? " " : "", usage);
}

static void print_help(void)
{
	unsigned int i;

	printf("usage: lyncedgectl VERB [OPTIONS] [OPERANDS]\n"
	       "       lyncedgectl VERB --help\n"
	       "\n"
	       "Controls lyncedge, the kernel module that enforces the port matrix of a Lync or\n"
	       "Skype for Business Edge server on a Linux gateway.\n"
	       "\n");
	for (i = 0; i < ARRAY_SIZE(verbs); i++)
		printf("  %-9s %s\n", verbs[i].name, verbs[i].summary);
	printf("\n"
	       "Options of the verbs that have them:\n"
	       "  --policy FILE  the policy of FILE (- for stdin) in place of the one in force;\n"
	       "                 then neither the module nor root is needed\n"
	       "  --json         print data for programs\n"
	       "  --help, --version\n"
	       "\n"
	       "Exit status: 0 yes, done, accepted; 1 no, refused, dropped; 2 error.\n"
	       "\n"
	       "A first policy, step by step:\n"
	       "  lyncedgectl init my.policy        asks, and writes it\n"
	       "  lyncedgectl check my.policy       what is wrong or doubtful about it\n"
	       "  lyncedgectl apply my.policy       the module has it\n"
	       "  lyncedgectl mode monitor          count, and drop nothing\n"
	       "  lyncedgectl counters              what would have been dropped\n"
	       "  lyncedgectl mode enforce\n");
}

static void print_verb_help(const struct verb *verb)
{
	print_usage(stdout, verb->name, verb->usage);
	printf("\n%s", verb->help);
}

/**
 * misuse() - complain about how lyncedgectl was called
 * @call: how
 * @fmt: what is wrong, as printf()
 *
 * Return: STATUS_ERROR.
 */
enum status misuse(const struct call *call, const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "lyncedgectl %s: ", call->verb);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	print_usage(stderr, call->verb, call->usage);
	return STATUS_ERROR;
}

/**
 * parse_number() - read an operand that is a number
 * @text: the operand
 * @max: how large it may be
 * @number: where to put it
 *
 * Return: whether it is one.
 */
bool parse_number(const char *text, u64 max, u64 *number)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*number = strtoull(text, &end, 10);
	return !errno && !*end && *number <= max;
}

static enum status misuse_overall(const char *what, const char *word)
{
	unsigned int i;

	complain("%s%s%s%s", what, word ? " '" : "", word ? word : "", word ? "'" : "");
	fputs("hint: one of:", stderr);
	for (i = 0; i < ARRAY_SIZE(verbs); i++)
		fprintf(stderr, " %s", verbs[i].name);
	fputs("; 'lyncedgectl --help' says more\n", stderr);
	return STATUS_ERROR;
}

static enum status complain_two_policies(void)
{
	complain("--policy is given twice");
	advise("packets are judged by one policy; 'lyncedgectl diff' compares two");
	return STATUS_ERROR;
}

static enum status run(const struct verb *verb, const struct call *call)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(option_words); i++)
		if (call->options & ~verb->options & option_words[i].bit)
			return misuse(call, "does not take %s", option_words[i].word);
	if (call->nr_operands < verb->min)
		return misuse(call, "%s is missing", verb->wants ?: "something");
	if (verb->max >= 0 && call->nr_operands > verb->max)
		return misuse(call, "'%s' is too much", call->operands[verb->max]);
	return verb->run(call);
}

enum {
	ARG_HELP = 256, ARG_VERSION, ARG_POLICY, ARG_JSON, ARG_ALL, ARG_TSV, ARG_BATCH, ARG_IPV6,
	ARG_CONFIRM, ARG_HAIRPIN, ARG_PROMETHEUS, ARG_FORCE, ARG_YES, ARG_GATEWAY, ARG_GROUP,
	ARG_COUNT, ARG_CONN, ARG_WATCH, ARG_PEER, ARG_ANSWER,
	ARG_LAST_ANSWER = ARG_ANSWER + NR_INIT_ANSWERS - 1,
};

static const struct option long_options[] = {
	{ "help", no_argument, NULL, ARG_HELP },
	{ "version", no_argument, NULL, ARG_VERSION },
	{ "policy", required_argument, NULL, ARG_POLICY },
	{ "json", no_argument, NULL, ARG_JSON },
	{ "all", no_argument, NULL, ARG_ALL },
	{ "tsv", no_argument, NULL, ARG_TSV },
	{ "batch", no_argument, NULL, ARG_BATCH },
	{ "ipv6", no_argument, NULL, ARG_IPV6 },
	{ "confirm", required_argument, NULL, ARG_CONFIRM },
	{ "gateway", required_argument, NULL, ARG_GATEWAY },
	{ "group", required_argument, NULL, ARG_GROUP },
	{ "count", required_argument, NULL, ARG_COUNT },
	{ "hairpin", no_argument, NULL, ARG_HAIRPIN },
	{ "prometheus", no_argument, NULL, ARG_PROMETHEUS },
	{ "conn", no_argument, NULL, ARG_CONN },
	{ "force", no_argument, NULL, ARG_FORCE },
	{ "yes", no_argument, NULL, ARG_YES },
	{ "watch", optional_argument, NULL, ARG_WATCH },
	{ "peer", required_argument, NULL, ARG_PEER },
	{ "external", required_argument, NULL, ARG_ANSWER + INIT_EXTERNAL },
	{ "internal", required_argument, NULL, ARG_ANSWER + INIT_INTERNAL },
	{ "access", required_argument, NULL, ARG_ANSWER + INIT_ACCESS },
	{ "webconf", required_argument, NULL, ARG_ANSWER + INIT_WEBCONF },
	{ "av", required_argument, NULL, ARG_ANSWER + INIT_AV },
	{ "edge-internal", required_argument, NULL, ARG_ANSWER + INIT_EDGE_INTERNAL },
	{ "front-end", required_argument, NULL, ARG_ANSWER + INIT_FRONT_END },
	{ "features", required_argument, NULL, ARG_ANSWER + INIT_FEATURES },
	{ "log-group", required_argument, NULL, ARG_ANSWER + INIT_LOG_GROUP },
	{ NULL, 0, NULL, 0 },
};

/* The first two mean something to "replay", too. */
static enum option_bit answer_bit(enum init_answer answer)
{
	switch (answer) {
	case INIT_EXTERNAL:
		return OPTION_EXTERNAL;
	case INIT_INTERNAL:
		return OPTION_INTERNAL;
	default:
		return OPTION_ANSWER;
	}
}

static enum status main_status(int argc, char **argv)
{
	struct call call = { .options = 0 };
	bool wants_help = false;
	const struct verb *verb;
	char *slash;
	int c;

	/* What getopt's messages begin with, as all others do. */
	slash = argc ? strrchr(argv[0], '/') : NULL;
	if (slash)
		argv[0] = slash + 1;
	while ((c = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		switch (c) {
		case 'h':
		case ARG_HELP:
			wants_help = true;
			break;
		case ARG_VERSION:
			printf("lyncedgectl %s\n", tool_version);
			return STATUS_YES;
		case ARG_POLICY:
			if (call.policy)
				return complain_two_policies();
			call.policy = optarg;
			call.options |= OPTION_POLICY;
			break;
		case ARG_JSON:
			call.options |= OPTION_JSON;
			break;
		case ARG_ALL:
			call.options |= OPTION_ALL;
			break;
		case ARG_TSV:
			call.options |= OPTION_TSV;
			break;
		case ARG_BATCH:
			call.options |= OPTION_BATCH;
			break;
		case ARG_IPV6:
			call.options |= OPTION_IPV6;
			break;
		case ARG_CONFIRM:
			call.confirm = optarg;
			call.options |= OPTION_CONFIRM;
			break;
		case ARG_GATEWAY:
			call.gateway = optarg;
			call.options |= OPTION_GATEWAY;
			break;
		case ARG_GROUP:
			call.group = optarg;
			call.options |= OPTION_GROUP;
			break;
		case ARG_COUNT:
			call.count = optarg;
			call.options |= OPTION_COUNT;
			break;
		case ARG_HAIRPIN:
			call.options |= OPTION_HAIRPIN;
			break;
		case ARG_PROMETHEUS:
			call.options |= OPTION_PROMETHEUS;
			break;
		case ARG_CONN:
			call.options |= OPTION_CONN;
			break;
		case ARG_FORCE:
			call.options |= OPTION_FORCE;
			break;
		case ARG_YES:
			call.options |= OPTION_YES;
			break;
		case ARG_WATCH:
			call.watch = optarg;
			call.options |= OPTION_WATCH;
			break;
		case ARG_PEER:
			call.peer = optarg;
			call.options |= OPTION_PEER;
			break;
		case ARG_ANSWER ... ARG_LAST_ANSWER:
			call.answers[c - ARG_ANSWER] = optarg;
			call.options |= answer_bit(c - ARG_ANSWER);
			break;
		default:
			advise("see 'lyncedgectl --help' and 'lyncedgectl VERB --help'");
			return STATUS_ERROR;
		}
	}
	if (optind == argc) {
		if (!wants_help)
			return misuse_overall("what is to be done?", NULL);
		print_help();
		return STATUS_YES;
	}
	call.verb = argv[optind];
	call.operands = argv + optind + 1;
	call.nr_operands = argc - optind - 1;
	verb = find_verb(call.verb);
	if (!verb)
		return misuse_overall("unknown verb", call.verb);
	if (wants_help) {
		print_verb_help(verb);
		return STATUS_YES;
	}
	call.usage = verb->usage;
	return run(verb, &call);
}

int main(int argc, char **argv)
{
	enum status status = main_status(argc, argv);

	/* An answer that did not arrive is none. */
	if (fflush(stdout) || ferror(stdout)) {
		/* Who reads no more knows it. */
		if (errno != EPIPE)
			complain("cannot write: %s", strerror(errno));
		return STATUS_ERROR;
	}
	return status;
}
