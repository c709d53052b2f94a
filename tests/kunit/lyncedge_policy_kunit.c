// SPDX-License-Identifier: GPL-2.0-only
/*
 * The policy language: what each statement and option makes of a policy, everything that is refused
 * with the whole of its message, every maximum on both sides, and that what is written back is read
 * back as the same policy. Words, values and defaults are those of DESIGN sec. 2 and 3, by hand.
 * Not in here: what a policy does to packets (lyncedge_rules_kunit.c), what text is an address
 * (tests/unit/inet_test.c), and how a text comes in pieces (the file's own suite).
 */
#include "lyncedge_kunit.h"
#include "random.h"

static const char *const edges[] = { "access", "webconf", "av", "internal" };

static const char *const groups[] = {
	"client", "federation-partner", "media-partner", "pic-partner", "messenger-client",
	"xmpp-partner", "crl-server", "dns-server", "front-end", "branch", "xmpp-gateway", "cms",
	"logging-controller",
};

static const char *const features[] = {
	"crl", "dns", "remote-access", "federation", "web-conferencing", "av", "av-federation",
	"av-federation-ocs2007", "multiple-pools", "pic", "pic-av", "xmpp", "cms-replication",
	"central-logging",
};

static const char *const rows[] = {
	"ext-01", "ext-02", "ext-03", "ext-04", "ext-05", "ext-06", "ext-07", "ext-08", "ext-09",
	"ext-10", "ext-11", "ext-12", "ext-13", "ext-14", "ext-15", "ext-16", "int-01", "int-02",
	"int-03", "int-04", "int-05", "int-06", "int-07", "int-08", "int-09", "int-10", "int-11",
	"fed-01", "pic-01", "pic-02", "pic-03", "pic-04", "pic-05", "pic-06", "xmpp-01", "xmpp-02",
	"xmpp-03",
};

/* The value that is listed first is the default. */
static const struct {
	const char *name;
	enum le_option number;
	const char *values[3];
} options[] = {
	{ "established", LE_OPT_ESTABLISHED, { "conntrack", "stateless" } },
	{ "rtp-outbound", LE_OPT_RTP_OUTBOUND, { "either", "source", "destination" } },
	{ "ports", LE_OPT_PORTS, { "destination", "strict" } },
	{ "scope", LE_OPT_SCOPE, { "interface", "address" } },
	{ "unmatched", LE_OPT_UNMATCHED, { "drop", "reject" } },
	{ "icmp-echo", LE_OPT_ICMP_ECHO, { "drop", "allow" } },
	{ "hooks", LE_OPT_HOOKS, { "forward", "all" } },
	{ "early-drop", LE_OPT_EARLY_DROP, { "off", "on" } },
};

/* A copy without a byte behind it: reading too far is seen where somebody watches. */
static int parse_exactly(struct kunit *test, const char *text, size_t len,
			 struct le_policy **policy, struct le_error *error)
{
	char *copy = kvmalloc(len ? len : 1, GFP_KERNEL);
	int err;

	KUNIT_ASSERT_NOT_NULL(test, copy);
	memcpy(copy, text, len);
	*policy = NULL;
	err = le_policy_parse(copy, len, policy, error);
	kvfree(copy);
	return err;
}

static struct le_policy *parse(struct kunit *test, const char *text)
{
	static const struct le_error untouched = { 7, 8, "untouched", "likewise" };
	struct le_error error = untouched;
	struct le_policy *policy;

	KUNIT_ASSERT_EQ_MSG(test, parse_exactly(test, text, strlen(text), &policy, &error), 0,
			    "%s: line %u, column %u: %s", text, error.line, error.column,
			    error.message);
	KUNIT_ASSERT_NOT_NULL(test, policy);
	KUNIT_EXPECT_TRUE(test, !memcmp(&error, &untouched, sizeof(error)));
	return policy;
}

/* A text that is refused: where, and word by word why. */
struct refusal {
	const char *text;
	u32 line;
	u32 column;
	const char *message;
	const char *hint;
};

static void expect_refusal(struct kunit *test, const char *text, size_t len,
			   const struct refusal *want)
{
	struct le_error error = { .line = 0 };
	struct le_policy *policy;

	if (parse_exactly(test, text, len, &policy, &error) != -EINVAL) {
		KUNIT_FAIL(test, "not refused, though: %s", want->message);
		le_policy_free(policy);
		return;
	}
	KUNIT_EXPECT_NULL(test, policy);
	KUNIT_EXPECT_EQ_MSG(test, error.line, want->line, "%s", want->message);
	KUNIT_EXPECT_EQ_MSG(test, error.column, want->column, "%s", want->message);
	KUNIT_EXPECT_STREQ(test, error.message, want->message);
	KUNIT_EXPECT_STREQ(test, error.hint, want->hint);
}

#define STATEMENTS "one of: interface edge peer block feature port allow option commit"
#define GROUPS \
	"one of: client federation-partner media-partner pic-partner messenger-client xmpp-partner crl-server dns-server front-end branch xmpp-gateway cms logging-controller"
#define FEATURES \
	"one of: crl dns remote-access federation web-conferencing av av-federation av-federation-ocs2007 multiple-pools pic pic-av xmpp cms-replication central-logging"
#define OPTIONS \
	"one of: established rtp-outbound ports scope unmatched icmp-echo hooks early-drop log-group"
#define INTERFACE "interface external|internal DEVICE [DEVICE...]"
#define EDGE "edge access|webconf|av|internal ADDRESS... [public ADDRESS...]"
#define PEER "peer GROUP PREFIX [PREFIX...]"
#define BLOCK "block PREFIX [PREFIX...]"
#define FEATURE "feature NAME [NAME...]"
#define PORT "port ROW|rtp PORT[-PORT]"
#define ALLOW "allow NAME external|internal in|out tcp|udp PORT[-PORT] from X to Y"
#define OPTION "option NAME VALUE"
#define LOG_GROUP "option log-group GROUP, a number from 0 to 65535"
#define DEVICE "a device name has at most 15 bytes, no '/', no ':'"
#define ADDRESS "an address such as 10.45.16.10 or 2001:db8::10"
#define PREFIX "a prefix such as 192.0.2.0/24 or 2001:db8::/32, or an address"
#define RANGE "a port from 1 to 65535, or two of them as FIRST-LAST"
#define ROW_NAME "at most 31 letters, digits, '-', '_' and '.', a letter or digit first"
#define ANOTHER "choose another name"
#define ONE_LINE "keep one of the two lines"
#define END "'any', an edge, a peer group or a prefix"
#define COMMIT "end the policy with a line 'commit'"
#define ALONE "'commit' stands alone on the last line"

static const struct refusal refusals[] = {
	/* Statements */
	{ "interfaces external eth0\ncommit\n", 1, 1,
	  "unknown statement 'interfaces'", STATEMENTS },
	{ "\n\n  Commit\n", 3, 3, "unknown statement 'Commit'", STATEMENTS },
	{ "commi\ncommit\n", 1, 1, "unknown statement 'commi'", STATEMENTS },
	{ "\tx\001\377\ncommit\n", 1, 2, "unknown statement 'x?\?'", STATEMENTS },
	{ "commit\r\r\n", 1, 1, "unknown statement 'commit?'", STATEMENTS },
	{ "1234567890123456789012345678901234567890abcdefgh\ncommit\n", 1, 1,
	  "unknown statement '1234567890123456789012345678901234567890abcdefgh'", STATEMENTS },
	{ "1234567890123456789012345678901234567890abcdefghi\ncommit\n", 1, 1,
	  "unknown statement '1234567890123456789012345678901234567890abcdefgh...'", STATEMENTS },

	{ "interface\ncommit\n", 1, 10, "missing interface", INTERFACE },
	{ "interface   # external\ncommit\n", 1, 13, "missing interface", INTERFACE },
	{ "interface dmz eth0\ncommit\n", 1, 11, "unknown interface 'dmz'",
	  "one of: external internal" },
	{ "interface internal\ncommit\n", 1, 19, "missing device name", INTERFACE },
	{ "interface internal eth0 br/0\ncommit\n", 1, 25,
	  "no device could be named 'br/0'", DEVICE },
	{ "interface internal eth0:1\ncommit\n", 1, 20,
	  "no device could be named 'eth0:1'", DEVICE },
	{ "interface internal .\ncommit\n", 1, 20, "no device could be named '.'", DEVICE },
	{ "interface internal ..\ncommit\n", 1, 20, "no device could be named '..'", DEVICE },
	{ "interface internal a\vb\ncommit\n", 1, 20, "no device could be named 'a?b'", DEVICE },
	{ "interface internal a\rb\ncommit\n", 1, 20, "no device could be named 'a?b'", DEVICE },
	{ "interface internal a\240b\ncommit\n", 1, 20, "no device could be named 'a?b'", DEVICE },
	{ "interface internal abcdefghijklmnop\ncommit\n", 1, 20,
	  "no device could be named 'abcdefghijklmnop'", DEVICE },
	{ "interface external eth0 eth1\ninterface internal eth2 eth1\ncommit\n", 2, 25,
	  "the other interface has device 'eth1'", "a device is external or internal, not both" },

	{ "edge\ncommit\n", 1, 5, "missing edge", EDGE },
	{ "edge proxy 10.0.0.1\ncommit\n", 1, 6, "unknown edge 'proxy'",
	  "one of: access webconf av internal" },
	{ "edge av\ncommit\n", 1, 8, "missing address", EDGE },
	{ "edge av 10.0.0.1 10.0.0.256\ncommit\n", 1, 18,
	  "malformed address '10.0.0.256'", ADDRESS },
	{ "edge av 10.0.0.0/24\ncommit\n", 1, 9, "malformed address '10.0.0.0/24'", ADDRESS },
	{ "edge av 2001:db8::1::2\ncommit\n", 1, 9, "malformed address '2001:db8::1::2'", ADDRESS },
	{ "edge av any\ncommit\n", 1, 9, "malformed address 'any'", ADDRESS },
	{ "edge av public 10.0.0.1\ncommit\n", 1, 9, "malformed address 'public'", ADDRESS },
	{ "edge av 10.0.0.1 public\ncommit\n", 1, 24, "missing address after 'public'", EDGE },
	{ "edge av 10.0.0.1 public 10.0.0.2 public 10.0.0.3\ncommit\n", 1, 34,
	  "malformed address 'public'", ADDRESS },
	{ "edge av 10.0.0.1 public 010.0.0.2\ncommit\n", 1, 25, "malformed address '010.0.0.2'",
	  ADDRESS },

	{ "peer\ncommit\n", 1, 5, "missing peer group", PEER },
	{ "peer clients any\ncommit\n", 1, 6, "unknown peer group 'clients'",
	  GROUPS },
	{ "peer av 10.0.0.1\ncommit\n", 1, 6, "unknown peer group 'av'",
	  GROUPS },
	{ "peer cms\ncommit\n", 1, 9, "missing prefix", PEER },
	{ "peer cms any\ncommit\n", 1, 10, "malformed prefix 'any'", PREFIX },
	{ "peer cms 10.0.0.0/8 10.0.0\ncommit\n", 1, 21, "malformed prefix '10.0.0'", PREFIX },
	{ "peer cms /8\ncommit\n", 1, 10, "malformed prefix '/8'", PREFIX },
	{ "peer cms 10.0.0.0/33\ncommit\n", 1, 10, "malformed prefix length in '10.0.0.0/33'",
	  PREFIX },
	{ "peer cms 10.0.0.0/\ncommit\n", 1, 10, "malformed prefix length in '10.0.0.0/'", PREFIX },
	{ "peer cms 10.0.0.0/+8\ncommit\n", 1, 10, "malformed prefix length in '10.0.0.0/+8'",
	  PREFIX },
	{ "peer cms 10.0.0.0/8/8\ncommit\n", 1, 10, "malformed prefix length in '10.0.0.0/8/8'",
	  PREFIX },
	{ "peer cms 10.0.0.0/4294967304\ncommit\n", 1, 10,
	  "malformed prefix length in '10.0.0.0/4294967304'", PREFIX },
	{ "peer cms 10.0.0.0/255.0.0.0\ncommit\n", 1, 10,
	  "malformed prefix length in '10.0.0.0/255.0.0.0'", PREFIX },
	{ "peer cms ::/129\ncommit\n", 1, 10, "malformed prefix length in '::/129'", PREFIX },
	{ "peer cms 10.1.2.3/8\ncommit\n", 1, 10, "host bits set in prefix '10.1.2.3/8'",
	  "10.0.0.0/8" },
	{ "peer cms 10.0.0.1/0\ncommit\n", 1, 10, "host bits set in prefix '10.0.0.1/0'",
	  "0.0.0.0/0" },
	{ "peer cms 10.0.0.1/31\ncommit\n", 1, 10, "host bits set in prefix '10.0.0.1/31'",
	  "10.0.0.0/31" },
	{ "peer cms 2001:db8::8000:0:0:1/64\ncommit\n", 1, 10,
	  "host bits set in prefix '2001:db8::8000:0:0:1/64'", "2001:db8::/64" },
	{ "peer cms ::1/127\ncommit\n", 1, 10, "host bits set in prefix '::1/127'", "::/127" },
	{ "block\ncommit\n", 1, 6, "missing prefix", BLOCK },
	{ "block 10.0.0.0/8 cms\ncommit\n", 1, 18, "malformed prefix 'cms'", PREFIX },
	{ "block 10.0.0.0/8\nblock 10.0.0.0/7 11.0.0.0/7\ncommit\n", 2, 18,
	  "host bits set in prefix '11.0.0.0/7'", "10.0.0.0/7" },

	{ "feature\ncommit\n", 1, 8, "missing feature", FEATURE },
	{ "edge av 10.0.0.1\n\nfeature xmmp\ncommit\n", 3, 9, "unknown feature 'xmmp'",
	  FEATURES },
	{ "feature av xmpp,dns\ncommit\n", 1, 12, "unknown feature 'xmpp,dns'",
	  FEATURES },
	{ "feature av\nfeature dns pic\npeer cms ::1\nfeature pic\ncommit\n", 2, 13,
	  "feature 'pic' needs the peer group 'pic-partner'",
	  "name the providers: peer pic-partner PREFIX..." },

	{ "port\ncommit\n", 1, 5, "missing row", PORT },
	{ "port ext-17 5061\ncommit\n", 1, 6, "unknown row 'ext-17'",
	  "a row of the matrix, ext-01 to xmpp-03, or 'rtp'" },
	{ "port RTP 5061\ncommit\n", 1, 6, "unknown row 'RTP'",
	  "a row of the matrix, ext-01 to xmpp-03, or 'rtp'" },
	{ "port ext-05\ncommit\n", 1, 12, "missing port", PORT },
	{ "port rtp\t\ncommit\n", 1, 10, "missing port", PORT },
	{ "port ext-05 0\ncommit\n", 1, 13, "no port from 1 to 65535: '0'", RANGE },
	{ "port ext-05 65536\ncommit\n", 1, 13, "no port from 1 to 65535: '65536'", RANGE },
	{ "port ext-05 4294967297\ncommit\n", 1, 13,
	  "no port from 1 to 65535: '4294967297'", RANGE },
	{ "port ext-05 18446744073709551617\ncommit\n", 1, 13,
	  "no port from 1 to 65535: '18446744073709551617'", RANGE },
	{ "port ext-05 https\ncommit\n", 1, 13, "no port from 1 to 65535: 'https'", RANGE },
	{ "port ext-05 -443\ncommit\n", 1, 13, "no port from 1 to 65535: '-443'", RANGE },
	{ "port ext-05 443-\ncommit\n", 1, 13, "no port from 1 to 65535: '443-'", RANGE },
	{ "port ext-05 -\ncommit\n", 1, 13, "no port from 1 to 65535: '-'", RANGE },
	{ "port ext-05 0-443\ncommit\n", 1, 13, "no port from 1 to 65535: '0-443'", RANGE },
	{ "port ext-05 443-65536\ncommit\n", 1, 13, "no port from 1 to 65535: '443-65536'", RANGE },
	{ "port ext-05 1-2-3\ncommit\n", 1, 13, "no port from 1 to 65535: '1-2-3'", RANGE },
	{ "port ext-05 0x10\ncommit\n", 1, 13, "no port from 1 to 65535: '0x10'", RANGE },
	{ "port ext-05 444-443\ncommit\n", 1, 13, "reversed port range '444-443'",
	  "FIRST-LAST, the lower port first" },
	{ "port rtp 65535-1\ncommit\n", 1, 10, "reversed port range '65535-1'",
	  "FIRST-LAST, the lower port first" },
	{ "port ext-05 443 444\ncommit\n", 1, 17, "extra word '444'", PORT },
	{ "port ext-05 5061\n\nport  ext-05 5062\ncommit\n", 3, 7,
	  "line 1 moves 'ext-05' elsewhere",
	  ONE_LINE },
	{ "port rtp 1-2\nport rtp 1-2\nport rtp 1-3\ncommit\n", 3, 6,
	  "line 2 moves 'rtp' elsewhere",
	  ONE_LINE },

	{ "allow\ncommit\n", 1, 6, "missing name", ALLOW },
	{ "allow web+ external in tcp 1 from any to any\ncommit\n", 1, 7,
	  "malformed row name 'web+'",
	  ROW_NAME },
	{ "allow -web external in tcp 1 from any to any\ncommit\n", 1, 7,
	  "malformed row name '-web'",
	  ROW_NAME },
	{ "allow .web external in tcp 1 from any to any\ncommit\n", 1, 7,
	  "malformed row name '.web'",
	  ROW_NAME },
	{ "allow _web external in tcp 1 from any to any\ncommit\n", 1, 7,
	  "malformed row name '_web'",
	  ROW_NAME },
	{ "allow w\303\251b external in tcp 1 from any to any\ncommit\n", 1, 7,
	  "malformed row name 'w?\?b'", ROW_NAME },
	{ "allow 12345678901234567890123456789012 external in tcp 1 from any to any\ncommit\n",
	  1, 7, "malformed row name '12345678901234567890123456789012'", ROW_NAME },
	{ "allow int-11 external in tcp 1 from any to any\ncommit\n", 1, 7,
	  "the matrix has a row 'int-11'", ANOTHER },
	{ "allow no-row external in tcp 1 from any to any\ncommit\n", 1, 7,
	  "reserved name 'no-row'", ANOTHER },
	{ "allow icmp-echo external in tcp 1 from any to any\ncommit\n", 1, 7,
	  "reserved name 'icmp-echo'", ANOTHER },
	{ "allow unjudged external in tcp 1 from any to any\ncommit\n", 1, 7,
	  "reserved name 'unjudged'", ANOTHER },
	{ "allow web external in tcp 1 from any to any\n"
	  "allow web internal out udp 2 from cms to av\ncommit\n", 2, 7,
	  "there is already a row 'web'", ANOTHER },
	{ "allow web\ncommit\n", 1, 10, "missing interface", ALLOW },
	{ "allow web eth0 in tcp 1 from any to any\ncommit\n", 1, 11, "unknown interface 'eth0'",
	  "one of: external internal" },
	{ "allow web external\ncommit\n", 1, 19, "missing direction", ALLOW },
	{ "allow web external both tcp 1 from any to any\ncommit\n", 1, 20,
	  "unknown direction 'both'", "one of: in out" },
	{ "allow web external in\ncommit\n", 1, 22, "missing protocol", ALLOW },
	{ "allow web external in sctp 1 from any to any\ncommit\n", 1, 23,
	  "unknown protocol 'sctp'", "one of: tcp udp" },
	{ "allow web external in tcp\ncommit\n", 1, 26, "missing port", ALLOW },
	{ "allow web external in tcp 0 from any to any\ncommit\n", 1, 27,
	  "no port from 1 to 65535: '0'", RANGE },
	{ "allow web external in tcp 2-1 from any to any\ncommit\n", 1, 27,
	  "reversed port range '2-1'", "FIRST-LAST, the lower port first" },
	{ "allow web external in tcp 1\ncommit\n", 1, 28, "missing from", ALLOW },
	{ "allow web external in tcp 1 form any to any\ncommit\n", 1, 29, "unknown word 'form'",
	  "one of: from" },
	{ "allow web external in tcp 1 from\ncommit\n", 1, 33,
	  "missing any, edge, peer group or prefix", ALLOW },
	{ "allow web external in tcp 1 from all to any\ncommit\n", 1, 34,
	  "unknown end 'all'", END },
	{ "allow web external in tcp 1 from 10.0.0 to any\ncommit\n", 1, 34,
	  "malformed prefix '10.0.0'", PREFIX },
	{ "allow web external in tcp 1 from fe80: to any\ncommit\n", 1, 34,
	  "malformed prefix 'fe80:'", PREFIX },
	{ "allow web external in tcp 1 from any\ncommit\n", 1, 37, "missing to", ALLOW },
	{ "allow web external in tcp 1 from any any\ncommit\n", 1, 38, "unknown word 'any'",
	  "one of: to" },
	{ "allow web external in tcp 1 from any to\ncommit\n", 1, 40,
	  "missing any, edge, peer group or prefix", ALLOW },
	{ "allow web external in tcp 1 from any to 10.0.0.1/8\ncommit\n", 1, 41,
	  "host bits set in prefix '10.0.0.1/8'", "10.0.0.0/8" },
	{ "allow web external in tcp 1 from any to ::/129\ncommit\n", 1, 41,
	  "malformed prefix length in '::/129'", PREFIX },
	{ "allow web external in tcp 1 from any to any av\ncommit\n", 1, 45, "extra word 'av'",
	  ALLOW },

	{ "option\ncommit\n", 1, 7, "missing option", OPTION },
	{ "option log_group 5\ncommit\n", 1, 8, "unknown option 'log_group'",
	  OPTIONS },
	{ "option established\ncommit\n", 1, 19, "missing value", OPTION },
	{ "option rtp-outbound both\ncommit\n", 1, 21, "unknown value 'both'",
	  "one of: either source destination" },
	{ "option hooks all forward\ncommit\n", 1, 18, "extra word 'forward'", OPTION },
	{ "option scope address\noption scope interface\ncommit\n", 2, 8,
	  "line 1 sets 'scope' otherwise", ONE_LINE },
	{ "option scope interface\noption scope address\ncommit\n", 2, 8,
	  "line 1 sets 'scope' otherwise", ONE_LINE },
	{ "option log-group\ncommit\n", 1, 17, "missing group", LOG_GROUP },
	{ "option log-group 65536\ncommit\n", 1, 18,
	  "no group from 0 to 65535: '65536'", LOG_GROUP },
	{ "option log-group off\ncommit\n", 1, 18, "no group from 0 to 65535: 'off'", LOG_GROUP },
	{ "option log-group -1\ncommit\n", 1, 18, "no group from 0 to 65535: '-1'", LOG_GROUP },
	{ "option log-group 5 6\ncommit\n", 1, 20, "extra word '6'", LOG_GROUP },
	{ "option log-group 0\noption log-group 5\ncommit\n", 2, 8,
	  "line 1 sets 'log-group' otherwise", ONE_LINE },

	/* The last line */
	{ "", 1, 1, "missing 'commit'", COMMIT },
	{ "\n", 2, 1, "missing 'commit'", COMMIT },
	{ "feature av", 2, 1, "missing 'commit'", COMMIT },
	{ "feature av\n# commit\n", 3, 1, "missing 'commit'", COMMIT },
	{ "commit now\n", 1, 8, "extra word 'now'", ALONE },
	{ "commit commit\n", 1, 8, "extra word 'commit'", ALONE },
	{ "commit\n# more\n\n feature av\n", 4, 2, "text after commit",
	  "'commit' is the last line" },
	{ "commit\ncommit\n", 2, 1, "text after commit", "'commit' is the last line" },
	{ "commit\n?", 2, 1, "text after commit", "'commit' is the last line" },
};

static void refused(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(refusals); i++)
		expect_refusal(test, refusals[i].text, strlen(refusals[i].text), &refusals[i]);
}

/* NUL ends no text: neither in a word nor in a comment, nor behind the last line. */
static void nul_bytes(struct kunit *test)
{
	static const struct {
		const char *text;
		size_t len;
		u32 line;
		u32 column;
	} texts[] = {
		{ "\0", 1, 1, 1 },
		{ "feature av\0dns\ncommit\n", 22, 1, 11 },
		{ "# comment\0\ncommit\n", 18, 1, 10 },
		{ "commit\0\n", 8, 1, 7 },
		{ "commit\n\0", 8, 2, 1 },
		{ "commit\n\n # \0", 12, 3, 4 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		const struct refusal want = {
			.line = texts[i].line,
			.column = texts[i].column,
			.message = "NUL byte",
			.hint = "a policy is plain text",
		};

		expect_refusal(test, texts[i].text, texts[i].len, &want);
	}
}

static void expect_addr(struct kunit *test, const struct le_addrs *addrs, u32 i, const char *text)
{
	union le_addr addr;
	u8 family;

	KUNIT_ASSERT_TRUE(test, le_addr_parse(text, strlen(text), &addr, &family));
	KUNIT_ASSERT_LT(test, i, addrs->nr);
	KUNIT_EXPECT_EQ_MSG(test, addrs->list[i].family, family, "%s", text);
	KUNIT_EXPECT_TRUE_MSG(test, !memcmp(&addrs->list[i].addr, &addr, sizeof(addr)), "%s", text);
}

/* The least of all policies, and so what is not said in any. */
static void defaults(struct kunit *test)
{
	struct le_policy *policy = parse(test, "commit");
	unsigned int i;

	for (i = 0; i < LE_NR_IFACES; i++)
		KUNIT_EXPECT_EQ(test, policy->nr_devices[i], 0U);
	for (i = 0; i < LE_NR_EDGES; i++) {
		KUNIT_EXPECT_EQ(test, policy->edges[i].nr, 0U);
		KUNIT_EXPECT_EQ(test, policy->publics[i].nr, 0U);
	}
	KUNIT_EXPECT_EQ(test, policy->nr_prefixes, 0U);
	KUNIT_EXPECT_EQ(test, policy->groups, 0U);
	KUNIT_EXPECT_EQ(test, policy->features, 0U);
	KUNIT_EXPECT_EQ(test, policy->moved, 0ULL);
	KUNIT_EXPECT_EQ(test, policy->media.first, 50000);
	KUNIT_EXPECT_EQ(test, policy->media.last, 59999);
	KUNIT_EXPECT_FALSE(test, policy->media_moved);
	KUNIT_EXPECT_EQ(test, policy->nr_site_rows, 0U);
	for (i = 0; i < LE_NR_OPTIONS; i++)
		KUNIT_EXPECT_EQ(test, policy->options[i], 0);
	KUNIT_EXPECT_EQ(test, policy->log_group, LE_NO_LOG_GROUP);
	le_policy_free(policy);
}

/* The words of the tests are all words that there are. */
static void words(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, (unsigned int)ARRAY_SIZE(edges), (unsigned int)LE_NR_EDGES);
	KUNIT_EXPECT_EQ(test, (unsigned int)ARRAY_SIZE(groups), (unsigned int)LE_NR_GROUPS);
	KUNIT_EXPECT_EQ(test, (unsigned int)ARRAY_SIZE(features), (unsigned int)LE_NR_FEATURES);
	KUNIT_EXPECT_EQ(test, (unsigned int)ARRAY_SIZE(rows), (unsigned int)LE_NR_ROWS);
	KUNIT_EXPECT_EQ(test, (unsigned int)ARRAY_SIZE(options), (unsigned int)LE_NR_OPTIONS);
}

static void interfaces(struct kunit *test)
{
	struct le_policy *policy = parse(test,
		"interface internal br-lan.7\n"
		"interface external eth0 12345678901234\n"
		"interface external eth0 \303\251th0 123456789012345 eth0\n"
		"interface external ... eth0 * interface\n"
		"commit\n");
	static const char *const want[] = {
		"eth0", "12345678901234", "\303\251th0", "123456789012345", "...", "*", "interface",
	};
	unsigned int i;

	KUNIT_EXPECT_EQ(test, policy->nr_devices[LE_EXTERNAL], (u32)ARRAY_SIZE(want));
	for (i = 0; i < ARRAY_SIZE(want); i++)
		KUNIT_EXPECT_STREQ(test, policy->devices[LE_EXTERNAL][i], want[i]);
	KUNIT_EXPECT_EQ(test, policy->nr_devices[LE_INTERNAL], 1U);
	KUNIT_EXPECT_STREQ(test, policy->devices[LE_INTERNAL][0], "br-lan.7");
	le_policy_free(policy);
}

/* Lists add up in the order written, an address that is there already is not added again. */
static void edge_addresses(struct kunit *test)
{
	unsigned int edge, other;
	char text[400];

	for (edge = 0; edge < ARRAY_SIZE(edges); edge++) {
		struct le_policy *policy;

		scnprintf(text, sizeof(text),
			  "edge %s 10.45.16.10 2001:db8:16::10 public 131.107.155.10\n"
			  "edge %s 10.45.16.9\n"
			  "edge %s 2001:DB8:16:0::10 ::a2d:100a public 131.107.155.9 131.107.155.10\n"
			  "commit\n", edges[edge], edges[edge], edges[edge]);
		policy = parse(test, text);
		KUNIT_EXPECT_EQ(test, policy->edges[edge].nr, 4U);
		expect_addr(test, &policy->edges[edge], 0, "10.45.16.10");
		expect_addr(test, &policy->edges[edge], 1, "2001:db8:16::10");
		expect_addr(test, &policy->edges[edge], 2, "10.45.16.9");
		expect_addr(test, &policy->edges[edge], 3, "::10.45.16.10");
		KUNIT_EXPECT_EQ(test, policy->publics[edge].nr, 2U);
		expect_addr(test, &policy->publics[edge], 0, "131.107.155.10");
		expect_addr(test, &policy->publics[edge], 1, "131.107.155.9");
		for (other = 0; other < LE_NR_EDGES; other++)
			if (other != edge)
				KUNIT_EXPECT_EQ(test, policy->edges[other].nr, 0U);
		le_policy_free(policy);
	}
}

static void expect_prefix(struct kunit *test, const struct le_prefix *prefix, const char *text,
			  unsigned int tag)
{
	char buf[LE_PREFIX_TEXT];

	le_prefix_format(buf, sizeof(buf), prefix);
	KUNIT_EXPECT_STREQ(test, buf, text);
	KUNIT_EXPECT_EQ_MSG(test, prefix->tag, tag, "%s", text);
}

/* Sorted by family, address and length, each once; one prefix may be in several groups. */
static void peer_groups(struct kunit *test)
{
	unsigned int group;
	char text[400];

	for (group = 0; group < ARRAY_SIZE(groups); group++) {
		struct le_policy *policy;
		unsigned int tag = LE_TAG_GROUP + group;

		scnprintf(text, sizeof(text),
			  "peer %s 192.168.10.0/24 ::/0 10.0.0.0/8\n"
			  "block 10.0.0.0/8 255.255.255.255\n"
			  "peer %s 10.0.0.0/32 192.168.10.0/24 10.0.0.0 0.0.0.0/0 2001:db8::/32\n"
			  "commit\n", groups[group], groups[group]);
		policy = parse(test, text);
		KUNIT_EXPECT_EQ(test, policy->groups, (u32)BIT(group));
		KUNIT_ASSERT_EQ(test, policy->nr_prefixes, 8U);
		expect_prefix(test, &policy->prefixes[0], "0.0.0.0/0", tag);
		expect_prefix(test, &policy->prefixes[1], "10.0.0.0/8", tag);
		expect_prefix(test, &policy->prefixes[2], "10.0.0.0/8", LE_TAG_BLOCK);
		expect_prefix(test, &policy->prefixes[3], "10.0.0.0", tag);
		expect_prefix(test, &policy->prefixes[4], "192.168.10.0/24", tag);
		expect_prefix(test, &policy->prefixes[5], "255.255.255.255", LE_TAG_BLOCK);
		expect_prefix(test, &policy->prefixes[6], "::/0", tag);
		expect_prefix(test, &policy->prefixes[7], "2001:db8::/32", tag);
		le_policy_free(policy);
	}
}

static void every_feature(struct kunit *test)
{
	struct text all = new_text(test, 1024);
	struct le_policy *policy;
	char text[128];
	unsigned int i;

	add_text(&all, "peer pic-partner 192.0.2.0/24\nfeature");
	for (i = 0; i < ARRAY_SIZE(features); i++) {
		scnprintf(text, sizeof(text),
			  "feature %s\npeer pic-partner ::1\nfeature %s\ncommit\n",
			  features[i], features[i]);
		policy = parse(test, text);
		KUNIT_EXPECT_EQ(test, policy->features, (u32)BIT(i));
		le_policy_free(policy);
		add_text(&all, " %s", features[i]);
		KUNIT_EXPECT_EQ(test, le_feature_find(features[i], strlen(features[i])), (int)i);
		KUNIT_EXPECT_LT(test, le_feature_find(features[i], strlen(features[i]) - 1), 0);
	}
	add_text(&all, "\ncommit\n");
	policy = must_parse(test, all.buf, all.len);
	KUNIT_EXPECT_EQ(test, policy->features, (u32)BIT(LE_NR_FEATURES) - 1);
	le_policy_free(policy);
	free_text(&all);
}

static bool is_media_row(unsigned int row)
{
	static const char *const media[] = { "ext-09", "ext-10", "ext-11", "ext-12", "pic-04" };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(media); i++)
		if (!strcmp(rows[row], media[i]))
			return true;
	return false;
}

static void expect_ports(struct kunit *test, struct le_ports ports, u16 first, u16 last)
{
	KUNIT_EXPECT_EQ(test, ports.first, first);
	KUNIT_EXPECT_EQ(test, ports.last, last);
}

/* A row's own statement goes before "rtp", wherever the two stand. */
static void moved_rows(struct kunit *test)
{
	unsigned int row, other, i;
	char own[32], text[128];

	for (row = 0; row < ARRAY_SIZE(rows); row++) {
		scnprintf(own, sizeof(own), "port %s 1-65535\n", rows[row]);
		for (i = 0; i < 3; i++) {
			struct le_policy *policy;

			scnprintf(text, sizeof(text), "%sport rtp 20000-29999\n%scommit\n",
				  i != 0 ? own : "", i != 1 ? own : "");
			policy = parse(test, text);
			KUNIT_EXPECT_EQ(test, policy->moved, BIT_ULL(row));
			KUNIT_EXPECT_TRUE(test, policy->media_moved);
			expect_ports(test, policy->media, 20000, 29999);
			for (other = 0; other < ARRAY_SIZE(rows); other++) {
				struct le_ports ports = le_policy_row_ports(policy, other);

				if (other == row)
					expect_ports(test, ports, 1, 65535);
				else if (is_media_row(other))
					expect_ports(test, ports, 20000, 29999);
				else
					expect_ports(test, ports, le_matrix[other].ports.first,
						     le_matrix[other].ports.last);
			}
			le_policy_free(policy);
		}
	}
}

static void single_ports(struct kunit *test)
{
	struct le_policy *policy = parse(test,
		"port ext-05 65535\n"
		"port rtp 1\n"
		"port int-02 443-443\n"
		"port ext-06 00080\n"
		"commit\n");

	expect_ports(test, le_policy_row_ports(policy, 4), 65535, 65535);
	expect_ports(test, policy->media, 1, 1);
	expect_ports(test, le_policy_row_ports(policy, 17), 443, 443);
	expect_ports(test, le_policy_row_ports(policy, 5), 80, 80);
	le_policy_free(policy);
}

/* Every word that may stand behind "from" and "to", and what it is. */
struct end_word {
	char word[32];
	struct le_end end;
};

#define NR_ENDS (1 + LE_NR_EDGES + LE_NR_GROUPS + 4)

static void list_ends(struct kunit *test, struct end_word *ends)
{
	static const char *const prefixes[] = {
		"0.0.0.0/0", "10.45.0.0/16", "2001:db8::/32", "::1"
	};
	unsigned int i, nr = 0;

	ends[nr].end.kind = LE_END_ANY;
	strscpy(ends[nr++].word, "any", sizeof(ends->word));
	for (i = 0; i < ARRAY_SIZE(edges); i++, nr++) {
		ends[nr].end.kind = LE_END_TAG;
		ends[nr].end.tag = LE_TAG_EDGE + i;
		strscpy(ends[nr].word, edges[i], sizeof(ends->word));
	}
	for (i = 0; i < ARRAY_SIZE(groups); i++, nr++) {
		ends[nr].end.kind = LE_END_TAG;
		ends[nr].end.tag = LE_TAG_GROUP + i;
		strscpy(ends[nr].word, groups[i], sizeof(ends->word));
	}
	for (i = 0; i < ARRAY_SIZE(prefixes); i++, nr++) {
		static const u8 lens[] = { 0, 16, 32, 128 };
		struct le_prefix *prefix = &ends[nr].end.prefix;

		ends[nr].end.kind = LE_END_PREFIX;
		strscpy(ends[nr].word, prefixes[i], sizeof(ends->word));
		KUNIT_ASSERT_TRUE(test, le_addr_parse(prefixes[i], strcspn(prefixes[i], "/"),
						      &prefix->addr, &prefix->family));
		prefix->len = lens[i];
	}
	KUNIT_ASSERT_EQ(test, nr, (unsigned int)NR_ENDS);
}

static bool ends_equal(const struct le_end *a, const struct le_end *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case LE_END_TAG:
		return a->tag == b->tag;
	case LE_END_PREFIX:
		return le_prefix_equal(&a->prefix, &b->prefix);
	case LE_END_ANY:
		break;
	}
	return true;
}

static void write_lane(struct text *text, const struct end_word *ends, unsigned int from,
		       unsigned int lane)
{
	unsigned int to;

	for (to = 0; to < NR_ENDS; to++)
		add_text(text, "allow R%u.%u_%u- %s %s %s %u-%u from %s to %s\n", from, lane, to,
			 lane & 4 ? "internal" : "external", lane & 2 ? "out" : "in",
			 lane & 1 ? "udp" : "tcp", 1 + lane, 60000 + to, ends[from].word,
			 ends[to].word);
}

static void expect_lane(struct kunit *test, const struct le_site_row *row,
			const struct end_word *ends, unsigned int from, unsigned int lane)
{
	char name[LE_MAX_ROW_NAME + 1];
	unsigned int to;

	for (to = 0; to < NR_ENDS; to++, row++) {
		scnprintf(name, sizeof(name), "R%u.%u_%u-", from, lane, to);
		KUNIT_EXPECT_STREQ(test, row->name, name);
		KUNIT_EXPECT_EQ(test, row->iface, lane & 4 ? LE_INTERNAL : LE_EXTERNAL);
		KUNIT_EXPECT_EQ(test, row->dir, lane & 2 ? LE_OUT : LE_IN);
		KUNIT_EXPECT_EQ(test, row->protocol, lane & 1 ? IPPROTO_UDP : IPPROTO_TCP);
		expect_ports(test, row->ports, 1 + lane, 60000 + to);
		KUNIT_EXPECT_TRUE(test, ends_equal(&row->from, &ends[from].end));
		KUNIT_EXPECT_TRUE(test, ends_equal(&row->to, &ends[to].end));
	}
}

/* All interfaces, directions, protocols and ends, each with each. */
static void site_rows(struct kunit *test)
{
	struct end_word *ends = kunit_kzalloc(test, NR_ENDS * sizeof(*ends), GFP_KERNEL);
	struct text text = new_text(test, 8 * NR_ENDS * 128);
	struct le_policy *policy;
	unsigned int lane, from;

	KUNIT_ASSERT_NOT_NULL(test, ends);
	list_ends(test, ends);
	for (from = 0; from < NR_ENDS; from++) {
		text.len = 0;
		for (lane = 0; lane < 8; lane++)
			write_lane(&text, ends, from, lane);
		add_text(&text, "commit\n");
		policy = must_parse(test, text.buf, text.len);
		KUNIT_ASSERT_EQ(test, policy->nr_site_rows, 8U * NR_ENDS);
		for (lane = 0; lane < 8; lane++)
			expect_lane(test, &policy->site_rows[lane * NR_ENDS], ends, from, lane);
		le_policy_free(policy);
	}
	free_text(&text);
}

/* A row is active once every edge that it names has an address (DESIGN sec. 2). */
static void active_site_rows(struct kunit *test)
{
	struct le_policy *policy = parse(test,
		"edge access 10.45.16.10\npeer cms 10.0.0.1\n"
		"allow a external in tcp 1 from any to access\n"
		"allow b external in tcp 1 from av to access\n"
		"allow c external in tcp 1 from access to av\n"
		"allow d external in tcp 1 from cms to dns-server\n"
		"allow e external in tcp 1 from 10.0.0.0/8 to ::/0\n"
		"allow f external in tcp 1 from access to access\n"
		"commit\n");
	static const bool active[] = { true, false, false, true, true, true };
	unsigned int i;

	KUNIT_ASSERT_EQ(test, policy->nr_site_rows, (u32)ARRAY_SIZE(active));
	for (i = 0; i < ARRAY_SIZE(active); i++)
		KUNIT_EXPECT_EQ_MSG(test, le_policy_site_row_active(policy, i), active[i],
				    "%s", policy->site_rows[i].name);
	le_policy_free(policy);
}

static void expect_options(struct kunit *test, const struct le_policy *policy, unsigned int option,
			   unsigned int value)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(options); i++)
		KUNIT_EXPECT_EQ_MSG(test, policy->options[options[i].number],
				    i == option ? value : 0U, "%s", options[i].name);
}

static void every_option(struct kunit *test)
{
	unsigned int option, value;
	struct le_policy *policy;
	char text[128];

	for (option = 0; option < ARRAY_SIZE(options); option++) {
		for (value = 0; value < 3 && options[option].values[value]; value++) {
			scnprintf(text, sizeof(text), "option %s %s\noption %s %s\ncommit\n",
				  options[option].name, options[option].values[value],
				  options[option].name, options[option].values[value]);
			policy = parse(test, text);
			expect_options(test, policy, option, value);
			KUNIT_EXPECT_EQ(test, policy->log_group, LE_NO_LOG_GROUP);
			le_policy_free(policy);
		}
	}
}

static void log_groups(struct kunit *test)
{
	static const int log_groups[] = { 0, 1, 5, 65534, 65535 };
	struct le_policy *policy;
	unsigned int i;
	char text[128];

	for (i = 0; i < ARRAY_SIZE(log_groups); i++) {
		scnprintf(text, sizeof(text), "option log-group %d\noption log-group %d\ncommit\n",
			  log_groups[i], log_groups[i]);
		policy = parse(test, text);
		KUNIT_EXPECT_EQ(test, policy->log_group, log_groups[i]);
		expect_options(test, policy, ARRAY_SIZE(options), 0);
		le_policy_free(policy);
	}
}

static const char *render(struct kunit *test, const struct le_policy *policy, struct text *text)
{
	text->len = 0;
	text->buf = le_policy_render(policy, &text->len);
	KUNIT_ASSERT_NOT_NULL(test, text->buf);
	return text->buf;
}

/* Two texts that say the same: their policies are written alike. */
static void expect_same(struct kunit *test, const char *left, size_t left_len, const char *right,
			size_t right_len)
{
	struct le_policy *a = must_parse(test, left, left_len);
	struct le_policy *b = must_parse(test, right, right_len);
	struct text text_a, text_b;

	render(test, a, &text_a);
	render(test, b, &text_b);
	KUNIT_EXPECT_EQ_MSG(test, text_a.len, text_b.len, "%s", right);
	KUNIT_EXPECT_TRUE_MSG(test, text_a.len == text_b.len &&
			      !memcmp(text_a.buf, text_b.buf, text_a.len), "%s", right);
	free_text(&text_a);
	free_text(&text_b);
	le_policy_free(a);
	le_policy_free(b);
}

/* The example of DESIGN sec. 3. */
static const char example[] =
	"interface external eth0 eth2\n"
	"interface internal eth1\n"
	"edge access   10.45.16.10 2001:db8:16::10 public 131.107.155.10\n"
	"edge webconf  10.45.16.20                 public 131.107.155.20\n"
	"edge av       10.45.16.30                 public 131.107.155.30\n"
	"edge internal 172.25.33.10\n"
	"peer front-end 192.168.10.0/24 2001:db8:10::/64\n"
	"block 203.0.113.0/24                     # far addresses that are dropped before any row\n"
	"feature remote-access web-conferencing av federation dns crl cms-replication\n"
	"port ext-05 5061                         # a row moved off its standard port\n"
	"port rtp 50000-59999                     # the media range of five rows at once\n"
	"allow proxy-web external in tcp 8443 from any to access     # NAME interface ...\n"
	"option established conntrack             # conntrack (default) | stateless\n"
	"option rtp-outbound either\n"
	"option ports destination\n"
	"option scope interface\n"
	"option unmatched drop\n"
	"option icmp-echo drop\n"
	"option hooks forward\n"
	"option log-group 5\n"
	"option early-drop off\n"
	"commit\n";

static const char example_canonical[] =
	"interface external eth0 eth2\n"
	"interface internal eth1\n"
	"edge access 10.45.16.10 public 131.107.155.10\n"
	"edge access 2001:db8:16::10\n"
	"edge webconf 10.45.16.20 public 131.107.155.20\n"
	"edge av 10.45.16.30 public 131.107.155.30\n"
	"edge internal 172.25.33.10\n"
	"peer front-end 192.168.10.0/24 2001:db8:10::/64\n"
	"block 203.0.113.0/24\n"
	"feature crl dns remote-access federation web-conferencing av cms-replication\n"
	"port rtp 50000-59999\n"
	"port ext-05 5061\n"
	"allow proxy-web external in tcp 8443 from any to access\n"
	"option established conntrack\n"
	"option rtp-outbound either\n"
	"option ports destination\n"
	"option scope interface\n"
	"option unmatched drop\n"
	"option icmp-echo drop\n"
	"option hooks forward\n"
	"option early-drop off\n"
	"option log-group 5\n"
	"commit\n";

/* A text with something else in place of newlines and blanks. */
static void add_respaced(struct text *text, const char *from, const char *newline,
			 const char *blank)
{
	for (; *from; from++) {
		if (*from == '\n')
			add_text(text, "%s", newline);
		else if (*from == ' ')
			add_text(text, "%s", blank);
		else
			add_text(text, "%c", *from);
	}
}

/* Texts in which nothing is different that matters. */
static void spacing(struct kunit *test)
{
	static const char *const tails[] = { "\n\n", " \t\r\n", "# text", "#\n#\r\n\t#\r\n" };
	struct text text = new_text(test, 8 * sizeof(example));
	unsigned int i;

	add_respaced(&text, example, "\r\n", " ");
	expect_same(test, example, strlen(example), text.buf, text.len);
	/* The last line need not end, nor end as the others do. */
	expect_same(test, example, strlen(example), text.buf, text.len - 1);
	expect_same(test, example, strlen(example), text.buf, text.len - 2);

	text.len = 0;
	add_text(&text, "\n \t\n\t");
	add_respaced(&text, example, " \t\n\n  ", "\t \t");
	expect_same(test, example, strlen(example), text.buf, text.len);

	text.len = 0;
	add_text(&text, "#\n# interface external eth7\n");
	add_respaced(&text, example, "#feature pic # \t\n  ##\n", " ");
	expect_same(test, example, strlen(example), text.buf, text.len);

	for (i = 0; i < ARRAY_SIZE(tails); i++) {
		text.len = 0;
		add_text(&text, "%s%s", example, tails[i]);
		expect_same(test, example, strlen(example), text.buf, text.len);
	}
	free_text(&text);
}

/* Every fact of a policy, compared one by one. */
static bool addrs_equal(const struct le_addrs *a, const struct le_addrs *b)
{
	u32 i;

	if (a->nr != b->nr)
		return false;
	for (i = 0; i < a->nr; i++)
		if (a->list[i].family != b->list[i].family ||
		    memcmp(&a->list[i].addr, &b->list[i].addr, sizeof(a->list[i].addr)))
			return false;
	return true;
}

static bool sites_equal(const struct le_site_row *a, const struct le_site_row *b)
{
	return !strcmp(a->name, b->name) && a->iface == b->iface && a->dir == b->dir &&
	       a->protocol == b->protocol && a->ports.first == b->ports.first &&
	       a->ports.last == b->ports.last && ends_equal(&a->from, &b->from) &&
	       ends_equal(&a->to, &b->to);
}

static void expect_equal_lists(struct kunit *test, const struct le_policy *a,
			       const struct le_policy *b)
{
	u32 iface, i;

	for (iface = 0; iface < LE_NR_IFACES; iface++) {
		KUNIT_ASSERT_EQ(test, a->nr_devices[iface], b->nr_devices[iface]);
		for (i = 0; i < a->nr_devices[iface]; i++)
			KUNIT_EXPECT_STREQ(test, a->devices[iface][i], b->devices[iface][i]);
	}
	for (i = 0; i < LE_NR_EDGES; i++) {
		KUNIT_EXPECT_TRUE(test, addrs_equal(&a->edges[i], &b->edges[i]));
		KUNIT_EXPECT_TRUE(test, addrs_equal(&a->publics[i], &b->publics[i]));
	}
	KUNIT_ASSERT_EQ(test, a->nr_prefixes, b->nr_prefixes);
	for (i = 0; i < a->nr_prefixes; i++)
		KUNIT_EXPECT_TRUE_MSG(test, a->prefixes[i].tag == b->prefixes[i].tag &&
				      le_prefix_equal(&a->prefixes[i], &b->prefixes[i]),
				      "prefix %u", i);
	KUNIT_ASSERT_EQ(test, a->nr_site_rows, b->nr_site_rows);
	for (i = 0; i < a->nr_site_rows; i++)
		KUNIT_EXPECT_TRUE_MSG(test, sites_equal(&a->site_rows[i], &b->site_rows[i]), "%s",
				      a->site_rows[i].name);
}

static void expect_equal(struct kunit *test, const struct le_policy *a, const struct le_policy *b)
{
	u32 i;

	expect_equal_lists(test, a, b);
	KUNIT_EXPECT_EQ(test, a->groups, b->groups);
	KUNIT_EXPECT_EQ(test, a->features, b->features);
	KUNIT_EXPECT_EQ(test, a->moved, b->moved);
	for (i = 0; i < LE_NR_ROWS; i++)
		if (a->moved & BIT_ULL(i))
			expect_ports(test, a->row_ports[i], b->row_ports[i].first,
				     b->row_ports[i].last);
	KUNIT_EXPECT_EQ(test, a->media_moved, b->media_moved);
	expect_ports(test, a->media, b->media.first, b->media.last);
	for (i = 0; i < LE_NR_OPTIONS; i++)
		KUNIT_EXPECT_EQ(test, a->options[i], b->options[i]);
	KUNIT_EXPECT_EQ(test, a->log_group, b->log_group);
}

/* What is written is read as the same policy, and that is written as the same text. */
static void expect_fixed_point(struct kunit *test, const struct le_policy *policy)
{
	struct le_policy *again;
	struct text text, text_again;

	render(test, policy, &text);
	again = must_parse(test, text.buf, text.len);
	expect_equal(test, again, policy);
	render(test, again, &text_again);
	KUNIT_EXPECT_EQ(test, text.len, text_again.len);
	KUNIT_EXPECT_TRUE(test, text.len == text_again.len &&
			  !memcmp(text.buf, text_again.buf, text.len));
	le_policy_free(again);
	free_text(&text_again);
	free_text(&text);
}

#define DEFAULT_OPTIONS				\
	"option established conntrack\n"	\
	"option rtp-outbound either\n"		\
	"option ports destination\n"		\
	"option scope interface\n"		\
	"option unmatched drop\n"		\
	"option icmp-echo drop\n"		\
	"option hooks forward\n"		\
	"option early-drop off\n"

/* Texts, and how they are written back. */
static const char *const canonical[][2] = {
	{ "commit", DEFAULT_OPTIONS "commit\n" },
	{ example, example_canonical },
	/* An edge with more public addresses than its own, and one address for two edges */
	{
		"edge access 10.0.0.1 public 192.0.2.1 192.0.2.2\nedge av 10.0.0.1 10.0.0.2\ncommit",
		"edge access 10.0.0.1 public 192.0.2.1\nedge access 10.0.0.1 public 192.0.2.2\n"
		"edge av 10.0.0.1\nedge av 10.0.0.2\n" DEFAULT_OPTIONS "commit\n",
	},
	/* Groups in the order of the matrix, prefixes sorted and nested, the same in two groups */
	{
		"block ::/0 10.0.0.0/32\npeer cms 10.0.0.0/8 0.0.0.0/0 10.0.0.0/16\n"
		"peer client 2001:db8::/32 10.0.0.0/8\nblock 9.0.0.0/8\ncommit",
		"peer client 10.0.0.0/8 2001:db8::/32\npeer cms 0.0.0.0/0 10.0.0.0/8 10.0.0.0/16\n"
		"block 9.0.0.0/8 10.0.0.0 ::/0\n" DEFAULT_OPTIONS "commit\n",
	},
	/* Moved ports, also to where they were; site rows as they stand, with every kind of end */
	{
		"port xmpp-03 23456\nport rtp 50000-59999\nport ext-01 5269\nport ext-12 1-65535\n"
		"allow b internal out udp 2-3 from cms to 10.0.0.0/8\n"
		"allow a external in tcp 4-4 from any to access\n"
		"allow c external out tcp 5 from ::1/128 to 0.0.0.0/0\ncommit",
		"port rtp 50000-59999\nport ext-01 5269\nport ext-12 1-65535\nport xmpp-03 23456\n"
		"allow b internal out udp 2-3 from cms to 10.0.0.0/8\n"
		"allow a external in tcp 4 from any to access\n"
		"allow c external out tcp 5 from ::1 to 0.0.0.0/0\n" DEFAULT_OPTIONS "commit\n",
	},
	/* A list that does not fit a line goes on in another statement */
	{
		"peer cms 2001:db8:1000:1004::/64 2001:db8:1000:1000::/64\n"
		"peer cms 2001:db8:1000:1001::/64 2001:db8:1000:1002::/64 2001:db8:1000:1003::/64\n"
		"commit",
		"peer cms 2001:db8:1000:1000::/64 2001:db8:1000:1001::/64 2001:db8:1000:1002::/64\n"
		"peer cms 2001:db8:1000:1003::/64 2001:db8:1000:1004::/64\n"
		DEFAULT_OPTIONS "commit\n",
	},
};

static void canonical_text(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(canonical); i++) {
		struct le_policy *policy = parse(test, canonical[i][0]);
		struct text text;
		char *copy;

		render(test, policy, &text);
		copy = kunit_kzalloc(test, text.len + 1, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, copy);
		memcpy(copy, text.buf, text.len);
		KUNIT_EXPECT_STREQ(test, copy, canonical[i][1]);
		expect_fixed_point(test, policy);
		free_text(&text);
		le_policy_free(policy);
	}
}

/* Statements that may stand in any order, for each list has but one order that it can have. */
static const char *const unordered[] = {
	"interface external eth0", "interface internal eth1", "edge access 10.45.16.10",
	"edge internal 172.25.33.10 public 192.0.2.1", "peer pic-partner 192.0.2.0/24",
	"peer pic-partner 192.0.2.0/25", "peer pic-partner ::/0", "peer client 192.0.2.0/24",
	"block 192.0.2.0/24 10.0.0.0/8", "block 9.0.0.0/8", "feature pic xmpp", "feature crl pic",
	"feature av", "port ext-05 5061", "port rtp 1-2", "port ext-12 1-3", "option hooks all",
	"option scope address", "option log-group 0",
	"allow a external in tcp 1 from any to access",
};

static void any_order(struct kunit *test)
{
	struct text first = new_text(test, 2048), text = new_text(test, 2048);
	u8 order[ARRAY_SIZE(unordered)];
	unsigned int round, i;

	for (i = 0; i < ARRAY_SIZE(order); i++) {
		order[i] = i;
		add_text(&first, "%s\n", unordered[i]);
	}
	add_text(&first, "commit\n");
	for (round = 0; round < 200; round++) {
		text.len = 0;
		for (i = 0; i < ARRAY_SIZE(order); i++) {
			unsigned int other = random_below(ARRAY_SIZE(order));
			u8 was = order[i];

			order[i] = order[other];
			order[other] = was;
		}
		for (i = 0; i < ARRAY_SIZE(order); i++)
			add_text(&text, "%s\n", unordered[order[i]]);
		add_text(&text, "commit\n");
		expect_same(test, first.buf, first.len, text.buf, text.len);
	}
	free_text(&first);
	free_text(&text);
}

/*
 * A random text, and what it says: each statement is written and applied to a policy at the same
 * time. Spelling, blanks, comments and order are random too; values that may not be contradicted
 * are chosen before the first statement.
 */
struct author {
	struct kunit *test;
	struct text text;
	struct le_policy *says;
	struct le_ports own[LE_NR_ROWS];
	struct le_ports media;
	u8 values[LE_NR_OPTIONS];
	int log_group;
	struct end_word ends[NR_ENDS];
};

#define MOST_PREFIXES 512
#define MOST_SITE_ROWS 128
#define NR_STATEMENTS 80

static void write_word(struct author *au, const char *word)
{
	static const char *const blanks[] = { " ", " ", " ", "\t", "  ", " \t " };

	add_text(&au->text, "%s%s", blanks[random_below(ARRAY_SIZE(blanks))], word);
}

static void begin_statement(struct author *au, const char *word)
{
	add_text(&au->text, "%s%s", one_in(4) ? " \t" : "", word);
}

static void end_statement(struct author *au)
{
	static const char *const ends[] = {
		"\n", "\n", "\r\n", " \t\n", "\t\r\n", "# a comment\n"
	};

	add_text(&au->text, "%s", ends[random_below(ARRAY_SIZE(ends))]);
}

static void write_interface(struct author *au)
{
	unsigned int iface = random_below(LE_NR_IFACES), nr = 1 + random_below(4);
	struct le_policy *says = au->says;

	begin_statement(au, "interface");
	write_word(au, iface ? "internal" : "external");
	while (nr--) {
		char name[IFNAMSIZ];
		u32 i;

		scnprintf(name, sizeof(name), "%s%u", iface ? "in" : "ex", random_below(60));
		write_word(au, name);
		for (i = 0; i < says->nr_devices[iface]; i++)
			if (!strcmp(says->devices[iface][i], name))
				break;
		if (i == says->nr_devices[iface])
			strscpy(says->devices[iface][says->nr_devices[iface]++], name, IFNAMSIZ);
	}
	end_statement(au);
}

static void write_addrs(struct author *au, struct le_addrs *addrs)
{
	unsigned int nr = 1 + random_below(3);

	while (nr--) {
		u8 host = random_below(32), family = one_in(3) ? LE_IPV6 : LE_IPV4;
		struct le_edge_addr addr = { .family = family };
		char word[LE_PREFIX_TEXT];
		u32 i;

		if (family == LE_IPV4) {
			addr.addr.v4 = htonl(0x0a2d1000 | host);
			scnprintf(word, sizeof(word), "10.45.16.%u", host);
		} else {
			addr.addr.word[0] = htonl(0x20010db8);
			addr.addr.word[3] = htonl(host);
			scnprintf(word, sizeof(word), one_in(2) ? "2001:db8::%x" :
				  "2001:DB8:0:00:000:0000:0:%X", host);
		}
		write_word(au, word);
		for (i = 0; i < addrs->nr; i++)
			if (addrs->list[i].family == family &&
			    !memcmp(&addrs->list[i].addr, &addr.addr, sizeof(addr.addr)))
				break;
		if (i == addrs->nr)
			addrs->list[addrs->nr++] = addr;
	}
}

static void write_edge(struct author *au)
{
	unsigned int edge = random_below(LE_NR_EDGES);

	begin_statement(au, "edge");
	write_word(au, edges[edge]);
	write_addrs(au, &au->says->edges[edge]);
	if (one_in(2)) {
		write_word(au, "public");
		write_addrs(au, &au->says->publics[edge]);
	}
	end_statement(au);
}

/* Into its place, unless it is there. */
static void insert_prefix(struct author *au, const struct le_prefix *prefix)
{
	struct le_policy *says = au->says;
	u32 i, last;

	for (i = 0; i < says->nr_prefixes; i++)
		if (le_prefix_compare(&says->prefixes[i], prefix) >= 0)
			break;
	if (i < says->nr_prefixes && !le_prefix_compare(&says->prefixes[i], prefix))
		return;
	KUNIT_ASSERT_LT(au->test, says->nr_prefixes, (u32)MOST_PREFIXES);
	for (last = says->nr_prefixes++; last > i; last--)
		says->prefixes[last] = says->prefixes[last - 1];
	says->prefixes[i] = *prefix;
}

/* Few bits are random, so that prefixes nest, meet, and are equal. */
static void write_prefixes(struct author *au, unsigned int tag)
{
	unsigned int nr = 1 + random_below(5), i;
	char addr[LE_PREFIX_TEXT], word[LE_PREFIX_TEXT + 8];

	while (nr--) {
		struct le_prefix prefix = { .family = one_in(3) ? LE_IPV6 : LE_IPV4, .tag = tag };

		prefix.len = random_below(le_addr_bits(prefix.family) + 1);
		for (i = 0; i < le_addr_bits(prefix.family) / 8; i++)
			prefix.addr.byte[i] = one_in(4) ? 0x81 : 0xff;
		le_prefix_clear_host_bits(&prefix);
		le_addr_format(addr, sizeof(addr), &prefix.addr, prefix.family);
		if (prefix.len == le_addr_bits(prefix.family) && one_in(2))
			scnprintf(word, sizeof(word), "%s", addr);
		else
			scnprintf(word, sizeof(word), "%s/%u", addr, prefix.len);
		write_word(au, word);
		insert_prefix(au, &prefix);
	}
	end_statement(au);
}

static void write_peer(struct author *au, unsigned int group)
{
	begin_statement(au, "peer");
	write_word(au, groups[group]);
	au->says->groups |= BIT(group);
	write_prefixes(au, LE_TAG_GROUP + group);
}

static void write_feature(struct author *au)
{
	unsigned int nr = 1 + random_below(3);

	begin_statement(au, "feature");
	while (nr--) {
		unsigned int feature = random_below(LE_NR_FEATURES);

		write_word(au, features[feature]);
		au->says->features |= BIT(feature);
	}
	end_statement(au);
}

static void write_ports(struct author *au, struct le_ports ports)
{
	char word[16];

	if (ports.first == ports.last && one_in(2))
		scnprintf(word, sizeof(word), "%u", ports.first);
	else
		scnprintf(word, sizeof(word), "%u-%u", ports.first, ports.last);
	write_word(au, word);
}

static void write_port(struct author *au)
{
	unsigned int row = random_below(LE_NR_ROWS + 4);
	struct le_policy *says = au->says;

	begin_statement(au, "port");
	if (row >= LE_NR_ROWS) {
		write_word(au, "rtp");
		write_ports(au, au->media);
		says->media = au->media;
		says->media_moved = true;
	} else {
		write_word(au, rows[row]);
		write_ports(au, au->own[row]);
		says->moved |= BIT_ULL(row);
		says->row_ports[row] = au->own[row];
	}
	end_statement(au);
}

static struct le_ports random_ports(void)
{
	struct le_ports ports = { .first = 1 + random_below(65535) };

	ports.last = one_in(2) ? ports.first : ports.first + random_below(65536 - ports.first);
	return ports;
}

static void write_allow(struct author *au)
{
	struct le_policy *says = au->says;
	struct le_site_row *row = &says->site_rows[says->nr_site_rows];
	const struct end_word *from = &au->ends[random_below(NR_ENDS)];
	const struct end_word *to = &au->ends[random_below(NR_ENDS)];

	KUNIT_ASSERT_LT(au->test, says->nr_site_rows, (u32)MOST_SITE_ROWS);
	scnprintf(row->name, sizeof(row->name), "%s%u", one_in(2) ? "site" : "9-SITE.",
		  says->nr_site_rows++);
	row->iface = random_below(LE_NR_IFACES);
	row->dir = random_below(LE_NR_DIRS);
	row->protocol = one_in(2) ? IPPROTO_TCP : IPPROTO_UDP;
	row->ports = random_ports();
	row->from = from->end;
	row->to = to->end;
	begin_statement(au, "allow");
	write_word(au, row->name);
	write_word(au, row->iface == LE_EXTERNAL ? "external" : "internal");
	write_word(au, row->dir == LE_IN ? "in" : "out");
	write_word(au, row->protocol == IPPROTO_TCP ? "tcp" : "udp");
	write_ports(au, row->ports);
	write_word(au, "from");
	write_word(au, from->word);
	write_word(au, "to");
	write_word(au, to->word);
	end_statement(au);
}

static void write_option(struct author *au)
{
	unsigned int option = random_below(LE_NR_OPTIONS + 1);
	char word[16];

	begin_statement(au, "option");
	if (option == LE_NR_OPTIONS) {
		scnprintf(word, sizeof(word), "%d", au->log_group);
		write_word(au, "log-group");
		write_word(au, word);
		au->says->log_group = au->log_group;
	} else {
		unsigned int number = options[option].number;

		write_word(au, options[option].name);
		write_word(au, options[option].values[au->values[number]]);
		au->says->options[number] = au->values[number];
	}
	end_statement(au);
}

static void write_statement(struct author *au)
{
	switch (random_below(10)) {
	case 0:
		write_interface(au);
		break;
	case 1:
		write_edge(au);
		break;
	case 2:
	case 3:
		write_peer(au, random_below(LE_NR_GROUPS));
		break;
	case 4:
		begin_statement(au, "block");
		write_prefixes(au, LE_TAG_BLOCK);
		break;
	case 5:
		write_feature(au);
		break;
	case 6:
		write_port(au);
		break;
	case 7:
		write_allow(au);
		break;
	case 8:
		write_option(au);
		break;
	case 9:
		end_statement(au);
		break;
	}
}

static void *must_alloc(struct kunit *test, size_t size)
{
	void *p = kunit_kzalloc(test, size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	return p;
}

static struct author *new_author(struct kunit *test)
{
	struct author *au = must_alloc(test, sizeof(*au));
	struct le_policy *says = must_alloc(test, sizeof(*says));
	unsigned int i;

	au->test = test;
	au->says = says;
	list_ends(test, au->ends);
	for (i = 0; i < LE_NR_EDGES; i++) {
		says->edges[i].list = must_alloc(test, 64 * sizeof(struct le_edge_addr));
		says->publics[i].list = must_alloc(test, 64 * sizeof(struct le_edge_addr));
	}
	says->prefixes = must_alloc(test, MOST_PREFIXES * sizeof(struct le_prefix));
	says->site_rows = must_alloc(test, MOST_SITE_ROWS * sizeof(struct le_site_row));
	return au;
}

/* Nothing said, and other values chosen. */
static void begin_text(struct author *au)
{
	struct le_policy *says = au->says;
	unsigned int i;

	au->text.len = 0;
	memset(says->nr_devices, 0, sizeof(says->nr_devices));
	for (i = 0; i < LE_NR_EDGES; i++) {
		says->edges[i].nr = 0;
		says->publics[i].nr = 0;
	}
	says->nr_prefixes = 0;
	says->groups = 0;
	says->features = 0;
	says->moved = 0;
	says->media = (struct le_ports){ .first = 50000, .last = 59999 };
	says->media_moved = false;
	says->nr_site_rows = 0;
	memset(says->options, 0, sizeof(says->options));
	says->log_group = LE_NO_LOG_GROUP;
	for (i = 0; i < LE_NR_ROWS; i++)
		au->own[i] = random_ports();
	au->media = random_ports();
	for (i = 0; i < ARRAY_SIZE(options); i++)
		au->values[options[i].number] = random_below(options[i].values[2] ? 3 : 2);
	au->log_group = random_below(65536);
}

static void random_policies(struct kunit *test)
{
	struct author *au = new_author(test);
	unsigned int round, nr;

	au->text = new_text(test, 1 << 16);
	for (round = 0; round < 500; round++) {
		struct le_policy *policy;

		begin_text(au);
		for (nr = random_below(NR_STATEMENTS); nr; nr--)
			write_statement(au);
		if (au->says->features & BIT(LE_FEATURE_PIC))
			write_peer(au, LE_GROUP_PIC_PARTNER);
		add_text(&au->text, one_in(2) ? "commit\n" : " commit");
		policy = must_parse(test, au->text.buf, au->text.len);
		expect_equal(test, policy, au->says);
		expect_fixed_point(test, policy);
		le_policy_free(policy);
	}
	free_text(&au->text);
}

/* A policy that is not all there is never taken for one. */
static void every_truncation(struct kunit *test)
{
	size_t len, whole = strlen(example) - strlen("\n");
	struct le_policy *policy;
	struct le_error error;

	for (len = 0; len < whole; len++) {
		error.message[0] = 0;
		if (parse_exactly(test, example, len, &policy, &error) == -EINVAL)
			KUNIT_EXPECT_NE_MSG(test, error.message[0], '\0', "%zu bytes", len);
		else
			KUNIT_FAIL(test, "%zu bytes are taken for a policy", len);
	}
}

/* Nearly right texts: refused with a place in the text, or a policy like any other. */
static void mutations(struct kunit *test)
{
	static const char alphabet[] = "0123456789abcefipx:./-# \t\r\n\nx\377";
	unsigned int round, accepted = 0;
	char text[sizeof(example)];

	for (round = 0; round < 20000; round++) {
		size_t len = strlen(example);
		struct le_error error = { .line = 0 };
		struct le_policy *policy;
		int err;

		memcpy(text, example, len);
		do {
			size_t at = random_below(len);

			if (one_in(2))
				text[at] = alphabet[random_below(sizeof(alphabet))];
			else
				memmove(text + at, text + at + 1, --len - at);
		} while (one_in(2));
		err = parse_exactly(test, text, len, &policy, &error);
		if (!err) {
			accepted++;
			expect_fixed_point(test, policy);
			le_policy_free(policy);
			continue;
		}
		KUNIT_EXPECT_EQ(test, err, -EINVAL);
		KUNIT_EXPECT_NULL(test, policy);
		KUNIT_EXPECT_TRUE(test, error.line >= 1 && error.line <= 30 && error.column >= 1 &&
				  error.column <= 130 && error.message[0]);
	}
	KUNIT_EXPECT_GT(test, accepted, 1000U);
	KUNIT_EXPECT_LT(test, accepted, 19000U);
}

/*
 * A maximum: a text with so many of something, and where and how one more is refused.
 */
struct maximum {
	const char *what;
	u32 max;
	size_t room;
	void (*write)(struct text *text, u32 nr);
	struct refusal refusal;
};

static void write_long_line(struct text *text, u32 nr)
{
	add_text(text, "peer cms 10.0.0.1%*s\r\ncommit\n", (int)nr - 17, "");
}

static void write_long_comment(struct text *text, u32 nr)
{
	add_text(text, "commit\n#%*s", (int)nr - 1, "");
}

/* Written by hand, for there are many. */
static void write_long_text(struct text *text, u32 nr)
{
	memset(text->buf, '\n', nr);
	memcpy(text->buf + nr - 6, "commit", 6);
	text->len = nr;
}

static void write_many_prefixes(struct text *text, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++)
		add_text(text, "%s 10.%u.%u.%u\n", i % 2 ? "block" : "peer cms", i >> 16,
			 i >> 8 & 255, i & 255);
	add_text(text, "commit\n");
}

static void write_many_site_rows(struct text *text, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++)
		add_text(text, "\tallow s%u external in tcp 1 from any to any\n", i);
	add_text(text, "commit\n");
}

/* What is there already is not one more. */
static void write_many_devices(struct text *text, u32 nr)
{
	u32 i;

	add_text(text, "interface internal d00\ninterface external");
	for (i = 0; i < nr; i++)
		add_text(text, " x%02u", i);
	add_text(text, " x00\ncommit\n");
}

static void write_many_addrs(struct text *text, u32 nr)
{
	u32 i;

	add_text(text, "edge access 10.0.0.1\n");
	for (i = 0; i < nr; i++)
		add_text(text, "edge av 10.0.%u.%u public 10.0.0.1\n", i >> 8, i & 255);
	add_text(text, "edge av 10.0.0.0\ncommit\n");
}

static void write_many_publics(struct text *text, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++)
		add_text(text, "edge av 10.0.0.1 public 10.0.%u.%u\n", i >> 8, i & 255);
	add_text(text, "edge av 10.0.0.1 public 10.0.0.0\ncommit\n");
}

static void write_long_name(struct text *text, u32 nr)
{
	add_text(text, "allow %0*u external in tcp 1 from any to any\ncommit\n", (int)nr, 0);
}

static void write_long_device(struct text *text, u32 nr)
{
	add_text(text, "interface external %0*u\ncommit\n", (int)nr, 0);
}

static void write_log_group(struct text *text, u32 nr)
{
	add_text(text, "option log-group %u\ncommit\n", nr);
}

static void write_moved_port(struct text *text, u32 nr)
{
	add_text(text, "port rtp 1-%u\ncommit\n", nr);
}

#define MANY_ADDRS "admit further servers by their prefix: allow NAME ... to PREFIX"
#define LIST_TOO_LONG "repeat the statement on a second line: lists add up"

static const struct maximum maxima[] = {
	{ "bytes of a line", 4096, 8192, write_long_line,
	  { "", 1, 4097, "line is longer than 4096 bytes", LIST_TOO_LONG } },
	{ "bytes of a comment", 4096, 8192, write_long_comment,
	  { "", 2, 4097, "line is longer than 4096 bytes", LIST_TOO_LONG } },
	{ "bytes of text", 64 << 20, (64 << 20) + 1, write_long_text,
	  { "", 0, 0, "policy is longer than 67108864 bytes", LE_HINT_MAX_TEXT } },
	{ "prefixes", 2097152, 64 << 20, write_many_prefixes,
	  { "", 2097153, 10, "more than 2097152 prefixes",
	    "put neighbouring prefixes together to shorter ones" } },
	{ "site rows", 1024, 1 << 16, write_many_site_rows,
	  { "", 1025, 2, "more than 1024 site rows",
	    "a row takes a range of ports, and a peer group of many prefixes" } },
	{ "devices", 64, 4096, write_many_devices,
	  { "", 2, 20 + 64 * 4, "more than 64 devices of one interface",
	    "name the bridge or bond that they are parts of, if there is one" } },
	{ "addresses of an edge", 256, 1 << 14, write_many_addrs,
	  { "", 258, 9, "more than 256 addresses of one edge", MANY_ADDRS } },
	{ "public addresses of an edge", 256, 1 << 14, write_many_publics,
	  { "", 257, 25, "more than 256 addresses of one edge", MANY_ADDRS } },
	{ "bytes of a row name", 31, 128, write_long_name,
	  { "", 1, 7, "malformed row name '00000000000000000000000000000000'", ROW_NAME } },
	{ "bytes of a device name", 15, 128, write_long_device,
	  { "", 1, 20, "no device could be named '0000000000000000'", DEVICE } },
	{ "NFLOG group", 65535, 128, write_log_group,
	  { "", 1, 18, "no group from 0 to 65535: '65536'", LOG_GROUP } },
	{ "port", 65535, 128, write_moved_port,
	  { "", 1, 10, "no port from 1 to 65535: '1-65536'", RANGE } },
};

static void maximum_name(const struct maximum *m, char *name)
{
	strscpy(name, m->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(maximum, maxima, maximum_name);

static void at_the_maximum(struct kunit *test)
{
	const struct maximum *m = test->param_value;
	struct text text = new_text(test, m->room);
	u32 nr;

	for (nr = m->max - 1; nr <= m->max; nr++) {
		text.len = 0;
		m->write(&text, nr);
		le_policy_free(must_parse(test, text.buf, text.len));
	}
	text.len = 0;
	m->write(&text, nr);
	expect_refusal(test, text.buf, text.len, &m->refusal);
	free_text(&text);
}

/* The maxima that DESIGN sec. 3 asks for. */
static void maxima_suffice(struct kunit *test)
{
	KUNIT_EXPECT_GE(test, (u32)LE_MAX_SITE_ROWS, 1024U);
	KUNIT_EXPECT_GE(test, (u32)LE_MAX_PREFIXES, 1048576U);
	KUNIT_EXPECT_GE(test, (u32)LE_MAX_TEXT, 64U << 20);
	KUNIT_EXPECT_EQ(test, (u32)LE_MAX_LINE, 4096U);
}

/* "features/pic" is a policy change like any other: the rule holds where no text is read. */
static void pic_needs_its_group(struct kunit *test)
{
	struct le_policy *policy = parse(test, "feature xmpp pic-av\ncommit\n");
	struct le_error error = { 1, 2, "untouched", "likewise" };

	KUNIT_EXPECT_EQ(test, le_policy_check_pic(policy, &error), 0);
	KUNIT_EXPECT_STREQ(test, error.message, "untouched");
	policy->features |= BIT(LE_FEATURE_PIC);
	KUNIT_EXPECT_EQ(test, le_policy_check_pic(policy, &error), -EINVAL);
	KUNIT_EXPECT_EQ(test, error.line, 0U);
	KUNIT_EXPECT_STREQ(test, error.message, "feature 'pic' needs the peer group 'pic-partner'");
	KUNIT_EXPECT_STREQ(test, error.hint, "name the providers: peer pic-partner PREFIX...");
	policy->groups |= BIT(LE_GROUP_PIC_PARTNER);
	KUNIT_EXPECT_EQ(test, le_policy_check_pic(policy, &error), 0);
	le_policy_free(policy);
}

static void errors_as_text(struct kunit *test)
{
	static const struct {
		struct le_error error;
		const char *text;
	} errors[] = {
		{ { 3, 9, "unknown feature 'xmmp'", "one of: xmpp" },
		  "line 3, column 9: unknown feature 'xmmp'\nhint: one of: xmpp\n" },
		{ { 3, 9, "unknown feature 'xmmp'", "" },
		  "line 3, column 9: unknown feature 'xmmp'\n" },
		{ { 0, 9, "out of memory", "" }, "out of memory\n" },
		{ { 0, 0, "a", "b" }, "a\nhint: b\n" },
		{ { 1, 2, "", "b" }, "" },
	};
	char buf[128];
	size_t size;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		size_t len = strlen(errors[i].text);

		/* Whatever there is room for, terminated, and not a byte behind it. */
		for (size = 1; size < sizeof(buf); size++) {
			size_t want = len < size ? len : size - 1;

			memset(buf, '~', sizeof(buf));
			KUNIT_EXPECT_EQ(test, le_error_format(buf, size, &errors[i].error),
					(int)want);
			KUNIT_EXPECT_TRUE(test, !memcmp(buf, errors[i].text, want));
			KUNIT_EXPECT_EQ(test, buf[want], '\0');
			KUNIT_EXPECT_EQ(test, buf[size], '~');
		}
	}
}

static struct kunit_case policy_kunit_cases[] = {
	KUNIT_CASE(words),
	KUNIT_CASE(defaults),
	KUNIT_CASE(interfaces),
	KUNIT_CASE(edge_addresses),
	KUNIT_CASE(peer_groups),
	KUNIT_CASE(every_feature),
	KUNIT_CASE(moved_rows),
	KUNIT_CASE(single_ports),
	KUNIT_CASE(site_rows),
	KUNIT_CASE(active_site_rows),
	KUNIT_CASE(every_option),
	KUNIT_CASE(log_groups),
	KUNIT_CASE(refused),
	KUNIT_CASE(nul_bytes),
	KUNIT_CASE(spacing),
	KUNIT_CASE(any_order),
	KUNIT_CASE(canonical_text),
	KUNIT_CASE(random_policies),
	KUNIT_CASE(every_truncation),
	KUNIT_CASE(mutations),
	KUNIT_CASE_PARAM(at_the_maximum, maximum_gen_params),
	KUNIT_CASE(maxima_suffice),
	KUNIT_CASE(pic_needs_its_group),
	KUNIT_CASE(errors_as_text),
	{}
};

static struct kunit_suite policy_suite = {
	.name = "lyncedge_policy",
	.test_cases = policy_kunit_cases,
};

kunit_test_suite(policy_suite);

MODULE_LICENSE("GPL");
