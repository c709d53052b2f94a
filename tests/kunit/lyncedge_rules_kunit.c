// SPDX-License-Identifier: GPL-2.0-only
/*
 * The compiled table is the matrix: for several sets of features every destination port, protocol,
 * interface, direction and kind of address is judged by the table and by a walk over the rows that
 * is written here as plainly as possible, from the words of the contract. Real packets are not in
 * here (lyncedge_flow_kunit.c).
 */
#include <kunit/test.h>

#include "lyncedge_rules.h"

static const char policy_head[] =
	"edge access 10.45.16.10 2001:db8:16::10\n"
	"edge webconf 10.45.16.20\n"
	"edge av 10.45.16.30 2001:db8:16::30\n"
	"edge internal 172.25.33.10\n"
	"peer pic-partner 192.0.2.0/24\n"
	"peer front-end 192.168.10.0/24\n"
	"peer branch 192.168.20.0/24\n"
	"peer federation-partner 198.51.100.0/24\n";

/* Addresses of every kind: each edge, members of groups, and one that is nothing at all. */
static const char *const addrs[] = {
	"10.45.16.10", "10.45.16.20", "10.45.16.30", "172.25.33.10",
	"192.0.2.1", "192.168.10.1", "192.168.20.1", "198.51.100.1", "8.8.8.8",
};

/* What they belong to, by hand. */
static const u32 tags[] = {
	BIT(LE_TAG_EDGE + LE_EDGE_ACCESS),
	BIT(LE_TAG_EDGE + LE_EDGE_WEBCONF),
	BIT(LE_TAG_EDGE + LE_EDGE_AV),
	BIT(LE_TAG_EDGE + LE_EDGE_INTERNAL),
	BIT(LE_TAG_GROUP + LE_GROUP_PIC_PARTNER),
	BIT(LE_TAG_GROUP + LE_GROUP_FRONT_END),
	BIT(LE_TAG_GROUP + LE_GROUP_BRANCH),
	BIT(LE_TAG_GROUP + LE_GROUP_FEDERATION_PARTNER),
	0,
};

/* The groups that policy_head defines; all others are any. */
#define DEFINED (BIT(LE_TAG_GROUP + LE_GROUP_PIC_PARTNER) |		\
		 BIT(LE_TAG_GROUP + LE_GROUP_FRONT_END) |		\
		 BIT(LE_TAG_GROUP + LE_GROUP_BRANCH) |			\
		 BIT(LE_TAG_GROUP + LE_GROUP_FEDERATION_PARTNER))

struct rules_case {
	const char *name;
	const char *text;
	u32 features;
	enum le_rtp_outbound rtp;
	bool strict;
};

#define ALL_FEATURES (BIT(LE_NR_FEATURES) - 1)

static const struct rules_case rules_cases[] = {
	{ "nothing is on", "commit\n", 0, LE_RTP_EITHER, false },
	{
		"all features",
		"feature crl dns remote-access federation web-conferencing av av-federation\n"
		"feature av-federation-ocs2007 multiple-pools pic pic-av xmpp cms-replication\n"
		"feature central-logging\ncommit\n",
		ALL_FEATURES, LE_RTP_EITHER, false,
	},
	{
		"sample features",
		"feature remote-access web-conferencing av federation dns crl cms-replication\n"
		"commit\n",
		BIT(LE_FEATURE_REMOTE_ACCESS) | BIT(LE_FEATURE_WEB_CONFERENCING) |
		BIT(LE_FEATURE_AV) | BIT(LE_FEATURE_FEDERATION) | BIT(LE_FEATURE_DNS) |
		BIT(LE_FEATURE_CRL) | BIT(LE_FEATURE_CMS_REPLICATION),
		LE_RTP_EITHER, false,
	},
	{
		"public instant messaging alone",
		"feature pic pic-av\ncommit\n",
		BIT(LE_FEATURE_PIC) | BIT(LE_FEATURE_PIC_AV), LE_RTP_EITHER, false,
	},
	{
		"media, strict, by destination",
		"feature av av-federation\noption ports strict\n"
		"option rtp-outbound destination\ncommit\n",
		BIT(LE_FEATURE_AV) | BIT(LE_FEATURE_AV_FEDERATION), LE_RTP_DESTINATION, true,
	},
	{
		"media, strict, by source",
		"feature av av-federation-ocs2007\noption ports strict\n"
		"option rtp-outbound source\ncommit\n",
		BIT(LE_FEATURE_AV) | BIT(LE_FEATURE_AV_FEDERATION_OCS2007), LE_RTP_SOURCE, true,
	},
};

static void rules_case_name(const struct rules_case *c, char *name)
{
	strscpy(name, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(rules, rules_cases, rules_case_name);

static bool is_member(u32 wanted, u32 have)
{
	u32 defined = wanted & (DEFINED | LE_TAGS_EDGES);

	return !defined || defined & have;
}

static bool is_between(u16 port, u16 first, u16 last)
{
	return port >= first && port <= last;
}

static bool is_outbound_media(const char *id)
{
	return !strcmp(id, "ext-09") || !strcmp(id, "ext-10") || !strcmp(id, "pic-04");
}

/* DESIGN sec. 4.7. */
static bool takes_ports(const struct rules_case *c, const struct le_row *row, u16 sport, u16 dport)
{
	bool from = is_between(sport, 50000, 59999);
	bool to = is_between(dport, row->ports.first, row->ports.last);

	if (is_outbound_media(row->id)) {
		if (c->rtp == LE_RTP_SOURCE)
			return from;
		return c->rtp == LE_RTP_DESTINATION ? to : to || from;
	}
	if (!to || !c->strict)
		return to;
	if (!strcmp(row->id, "ext-16"))
		return from;
	if (!strcmp(row->id, "ext-13") || !strcmp(row->id, "pic-05"))
		return sport == 3478;
	return true;
}

struct point {
	unsigned int iface;
	unsigned int dir;
	u8 protocol;
	unsigned int src;
	unsigned int dst;
};

/* The plain walk: the first active row that takes it, or LE_NO_ROW. */
static int walk(const struct rules_case *c, const struct point *p, u16 sport, u16 dport)
{
	int i;

	for (i = 0; i < LE_NR_ROWS; i++) {
		const struct le_row *row = &le_matrix[i];

		if (row->features & c->features && row->iface == p->iface && row->dir == p->dir &&
		    row->protocol == p->protocol && is_member(row->source, tags[p->src]) &&
		    is_member(row->destination, tags[p->dst]) &&
		    takes_ports(c, row, sport, dport))
			return i;
	}
	return LE_NO_ROW;
}

static struct le_table *compile(struct kunit *test, const char *text)
{
	char *whole = kunit_kzalloc(test, 4096, GFP_KERNEL);
	struct le_policy *policy;
	struct le_table *table;
	struct le_error error;

	KUNIT_ASSERT_NOT_NULL(test, whole);
	snprintf(whole, 4096, "%s%s", policy_head, text);
	KUNIT_ASSERT_EQ_MSG(test, le_policy_parse(whole, strlen(whole), &policy, &error), 0,
			    "%s", error.message);
	table = le_table_compile(policy);
	le_policy_free(policy);
	KUNIT_ASSERT_NOT_NULL(test, table);
	return table;
}

static void set_point(struct kunit *test, struct le_packet *packet, const struct point *p)
{
	struct le_flow *flow = &packet->flow;

	memset(packet, 0, sizeof(*packet));
	packet->kind = LE_KIND_PORTS;
	packet->track = LE_TRACK_ORIGINAL;
	packet->has_addrs = true;
	flow->protocol = p->protocol;
	KUNIT_ASSERT_TRUE(test, le_addr_parse(addrs[p->src], strlen(addrs[p->src]), &flow->src,
					      &flow->family));
	KUNIT_ASSERT_TRUE(test, le_addr_parse(addrs[p->dst], strlen(addrs[p->dst]), &flow->dst,
					      &flow->family));
}

/* All destination ports from one source port, or all source ports to one destination port. */
static void sweep(struct kunit *test, const struct le_table *table, const struct point *p,
		  int sport, int dport, u64 *points)
{
	const struct rules_case *c = test->param_value;
	unsigned int crossing = le_crossing(p->iface, p->dir);
	struct le_packet packet;
	u32 port;

	set_point(test, &packet, p);
	for (port = 0; port < 65536; port++) {
		int got, want;

		packet.flow.sport = sport < 0 ? port : sport;
		packet.flow.dport = dport < 0 ? port : dport;
		got = le_judge(table, crossing, &packet);
		want = walk(c, p, packet.flow.sport, packet.flow.dport);
		if (got != want) {
			KUNIT_FAIL(test, "%s %s %u %s:%u %s:%u: %d, not %d",
				   le_iface_names[p->iface], le_dir_names[p->dir], p->protocol,
				   addrs[p->src], packet.flow.sport, addrs[p->dst],
				   packet.flow.dport, got, want);
			return;
		}
	}
	*points += 65536;
	cond_resched();
}

static void table_is_matrix(struct kunit *test)
{
	const struct rules_case *c = test->param_value;
	struct le_table *table = compile(test, c->text);
	struct point p;
	u64 points = 0;
	unsigned int i;

	for (i = 0; i < LE_NR_LANES; i++) {
		p.iface = i / 4;
		p.dir = i / 2 % 2;
		p.protocol = i % 2 ? IPPROTO_UDP : IPPROTO_TCP;
		for (p.src = 0; p.src < ARRAY_SIZE(addrs); p.src++) {
			for (p.dst = 0; p.dst < ARRAY_SIZE(addrs); p.dst++) {
				sweep(test, table, &p, 40000, -1, &points);
				if (p.iface == LE_EXTERNAL && p.dir == LE_OUT)
					sweep(test, table, &p, -1, 443, &points);
			}
		}
	}
	le_table_free(table);
	kunit_info(test, "%llu points compared\n", points);
}

/* Rows that the tables say twice count at the first (DESIGN sec. 4.8). */
static void repeated_rows(struct kunit *test)
{
	static const char *const repeats[][2] = {
		{ "fed-01", "ext-07" }, { "xmpp-01", "ext-01" }, { "xmpp-03", "int-01" },
	};
	unsigned int i, found = 0;

	for (i = 0; i < LE_NR_ROWS; i++)
		found += le_row_repeats(i) >= 0;
	KUNIT_EXPECT_EQ(test, found, (unsigned int)ARRAY_SIZE(repeats));
	for (i = 0; i < ARRAY_SIZE(repeats); i++) {
		int row = le_row_find(repeats[i][0], strlen(repeats[i][0]));
		int first = le_row_find(repeats[i][1], strlen(repeats[i][1]));

		KUNIT_EXPECT_EQ(test, le_row_repeats(row), first);
	}
}

/* A media port costs no more memory than any other: the tables stay small. */
static void tables_are_small(struct kunit *test)
{
	struct le_table *table = compile(test, rules_cases[1].text);

	KUNIT_EXPECT_LE(test, table->nr_terms, 64U);
	KUNIT_EXPECT_LE(test, table->nr_pages, 16U);
	KUNIT_EXPECT_EQ(test, table->wide.nr_words, 0U);
	kunit_info(test, "%u terms, %u pages, %u classes of ports, %u of addresses\n",
		   table->nr_terms, table->nr_pages, table->nr_port_classes,
		   table->nr_addr_classes);
	le_table_free(table);
}

static struct kunit_case rules_kunit_cases[] = {
	KUNIT_CASE_PARAM(table_is_matrix, rules_gen_params),
	KUNIT_CASE(repeated_rows),
	KUNIT_CASE(tables_are_small),
	{}
};

static struct kunit_suite rules_suite = {
	.name = "lyncedge_rules",
	.test_cases = rules_kunit_cases,
};

kunit_test_suite(rules_suite);

MODULE_LICENSE("GPL");
