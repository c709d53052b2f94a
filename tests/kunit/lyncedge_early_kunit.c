// SPDX-License-Identifier: GPL-2.0-only
/*
 * Early drops against the full verdict: for policies of every kind, between the edges' own and
 * public addresses and far ones, over all ports and both protocols, on real socket buffers.
 * Whatever FORWARD would accept in any state of conntrack, at the address that NAT makes of it, is
 * never dropped where it comes in; and what FORWARD can only drop is dropped, for the same reason.
 * Not in here: the hook, devices and counters (lyncedge_hook_kunit.c), and whether the full verdict
 * is right (lyncedge_rules_kunit.c).
 */
#include <linux/inet.h>

#include "bytes.h"
#include "lyncedge_early.h"
#include "lyncedge_kunit.h"

/* TCP flags (RFC 9293 sec. 3.1). */
#define SYN 0x02
#define RST 0x04
#define ACK 0x10

#define EXTERNAL_IN le_crossing(LE_EXTERNAL, LE_IN)

/* An address of an edge, as the Edge knows it and as the Internet does. */
struct end {
	const char *own;
	const char *public;
};

/**
 * struct early_case - a policy
 * @name: what is special about it
 * @text: the policy
 * @ends: addresses of its edges
 * @fars: addresses beyond
 * @vague: more goes on at public addresses than FORWARD accepts at the own one: NAT may have an
 *	answer come to another port than its row says, or may map to another address
 * @no_rows: nothing is accepted
 */
struct early_case {
	const char *name;
	const char *text;
	struct end ends[8];
	const char *fars[6];
	bool vague;
	bool no_rows;
};

#define EDGES									\
	"edge access 10.45.16.10 2001:db8:16::10 public 131.107.155.10 2001:db8:155::10\n"	\
	"edge webconf 10.45.16.20 public 131.107.155.20\n"			\
	"edge av 10.45.16.30 2001:db8:16::30 public 131.107.155.30 2001:db8:155::30\n"	\
	"edge internal 172.25.33.10\n"
#define ENDS								\
	.ends = {							\
		{ "10.45.16.10", "131.107.155.10" },			\
		{ "10.45.16.20", "131.107.155.20" },			\
		{ "10.45.16.30", "131.107.155.30" },			\
		{ "2001:db8:16::10", "2001:db8:155::10" },		\
		{ "2001:db8:16::30", "2001:db8:155::30" },		\
	}

#define GROUPS								\
	"peer pic-partner 192.0.2.0/24 2001:db8:91c::/48\n"		\
	"peer federation-partner 198.51.100.0/24\n"			\
	"peer front-end 192.168.10.0/24\n"				\
	"block 203.0.113.0/24 2001:db8:bad::/48\n"
#define FARS								\
	.fars = {							\
		"198.51.100.7", "192.0.2.9", "203.0.113.9",		\
		"2001:db8:91c::1", "2001:db8:bad::9",			\
	}

#define ALL_FEATURES								\
	"feature crl dns remote-access federation web-conferencing av av-federation "	\
	"av-federation-ocs2007 multiple-pools pic pic-av xmpp cms-replication "	\
	"central-logging\n"

static const struct early_case early_cases[] = {
	{
		.name = "sample features",
		.text = EDGES "feature remote-access web-conferencing av federation dns crl\n"
			"commit\n",
		ENDS,
		.fars = { "198.51.100.7", "2001:db8:91c::1" },
	}, {
		.name = "nothing is on",
		.text = EDGES GROUPS "commit\n",
		ENDS,
		.fars = { "198.51.100.7", "2001:db8:bad::9" },
		.no_rows = true,
	}, {
		.name = "all features",
		.text = EDGES GROUPS ALL_FEATURES "commit\n",
		ENDS,
		FARS,
		.vague = true,
	}, {
		.name = "all features, stateless, scope address",
		.text = EDGES GROUPS ALL_FEATURES
			"option established stateless\noption scope address\ncommit\n",
		ENDS,
		FARS,
		.vague = true,
	}, {
		.name = "media, strict, by source",
		.text = EDGES GROUPS "feature av av-federation-ocs2007\noption ports strict\n"
			"option rtp-outbound source\ncommit\n",
		ENDS,
		.fars = { "198.51.100.7", "2001:db8:91c::1" },
		.vague = true,
	}, {
		.name = "media, by destination, stateless",
		.text = EDGES GROUPS "feature av av-federation-ocs2007\n"
			"option rtp-outbound destination\noption established stateless\ncommit\n",
		ENDS,
		.fars = { "198.51.100.7", "2001:db8:91c::1" },
	}, {
		.name = "moved ports",
		.text = EDGES "peer pic-partner 192.0.2.0/24\n" ALL_FEATURES
			"port ext-05 5061\nport rtp 1-600\nport ext-12 60000-65535\n"
			"option rtp-outbound source\ncommit\n",
		ENDS,
		.fars = { "192.0.2.9", "2001:db8:91c::1" },
		.vague = true,
	}, {
		/* What a row says of an own address, or of what that is in, is so of the public. */
		.name = "site rows by address",
		.text = EDGES "feature crl\npeer front-end 10.45.16.16/28\n"
			"allow one external in tcp 8443 from any to 10.45.16.10\n"
			"allow two external in udp 9000-9100 from 198.51.100.0/24 to 10.45.16.0/27\n"
			"allow three external out tcp 25 from 10.45.16.30 to any\n"
			"allow four external out udp 1-99 from front-end to 198.51.100.0/24\n"
			"allow five external in tcp 1-65535 from any to 2001:db8:16::30\n"
			"allow six internal in tcp 5060 from any to any\n"
			"commit\n",
		ENDS,
		.fars = { "198.51.100.7", "192.0.2.9", "2001:db8:91c::1" },
	}, {
		/* Two own addresses behind each public one, two edges at one address. */
		.name = "pool and shared addresses",
		.text = "edge access 10.45.16.10 10.45.16.11 public 131.107.155.10\n"
			"edge webconf 10.45.16.20 public 131.107.155.20 131.107.155.21\n"
			"edge av 10.45.16.11 public 131.107.155.30\n"
			"feature remote-access av av-federation\n"
			"allow one external in tcp 8443 from any to 10.45.16.11\n"
			"allow two external in tcp 7 from any to 131.107.155.20\ncommit\n",
		.ends = {
			{ "10.45.16.10", "131.107.155.10" }, { "10.45.16.11", "131.107.155.10" },
			{ "10.45.16.11", "131.107.155.30" }, { "10.45.16.20", "131.107.155.20" },
			{ "10.45.16.20", "131.107.155.21" }, { "10.45.16.10", "131.107.155.30" },
		},
		.fars = { "198.51.100.7" },
		.vague = true,
	},
};

static void early_case_name(const struct early_case *c, char *name)
{
	strscpy(name, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(early, early_cases, early_case_name);

static u8 family_of(const char *addr)
{
	return strchr(addr, ':') ? LE_IPV6 : LE_IPV4;
}

static unsigned int ip_header(u8 family)
{
	return family == LE_IPV4 ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
}

static void set_addr(struct bytes *b, u8 family, bool source, const char *addr)
{
	if (family == LE_IPV4)
		in4_pton(addr, -1, b->data + (source ? offsetof(struct iphdr, saddr) :
						       offsetof(struct iphdr, daddr)), -1, NULL);
	else
		in6_pton(addr, -1, b->data + (source ? offsetof(struct ipv6hdr, saddr) :
						       offsetof(struct ipv6hdr, daddr)), -1, NULL);
}

static void put_ip(struct bytes *b, u8 family, u8 protocol, unsigned int payload, const char *src,
		   const char *dst)
{
	if (family == LE_IPV4)
		put_ipv4(b, protocol, 0, payload);
	else
		put_ipv6(b, protocol, payload);
	set_addr(b, family, true, src);
	set_addr(b, family, false, dst);
}

static struct bytes packet_bytes(u8 protocol, u8 flags, const char *src, const char *dst)
{
	u8 family = family_of(dst);
	struct bytes b = { .len = 0 };

	if (protocol == IPPROTO_TCP) {
		put_ip(&b, family, protocol, sizeof(struct tcphdr), src, dst);
		put_tcp(&b, false);
		b.data[ip_header(family) + 13] = flags;
	} else {
		put_ip(&b, family, protocol, sizeof(struct udphdr), src, dst);
		put_udp(&b, 0);
	}
	return b;
}

static void set_ports(u8 *transport, u16 sport, u16 dport)
{
	const __be16 ports[] = { htons(sport), htons(dport) };

	memcpy(transport, ports, sizeof(ports));
}

/**
 * struct sweep - all ports between two addresses, as one packet that changes
 * @full: what FORWARD judges by
 * @early: what is judged by where it comes in
 * @own: the packet at FORWARD
 * @family: its family
 * @at_own: the packet at ingress, if it comes to the Edge's own address
 * @at_public: likewise, to the public one
 * @points: how many were compared
 * @dropped: how many were dropped early
 * @accepted: how many FORWARD may accept
 */
struct sweep {
	struct kunit *test;
	const struct early_case *c;
	struct le_table *full;
	struct le_table *early;
	struct le_packet own;
	u8 family;
	struct sk_buff *at_own;
	struct sk_buff *at_public;
	u64 points;
	u64 dropped;
	u64 accepted;
};

static int judge_as(struct sweep *sw, u8 track)
{
	sw->own.track = track;
	return le_judge(sw->full, EXTERNAL_IN, &sw->own);
}

/* A row that takes it, in whatever state it is found at FORWARD; else why it is dropped. */
static int judge_in_any_state(struct sweep *sw)
{
	int outcome = judge_as(sw, LE_TRACK_NONE);

	if (sw->full->stateless || le_outcome_accepts(outcome))
		return outcome;
	outcome = judge_as(sw, LE_TRACK_ORIGINAL);
	return le_outcome_accepts(outcome) ? outcome : judge_as(sw, LE_TRACK_REPLY);
}

static bool complain(struct sweep *sw, const char *where, int want, int got)
{
	const struct le_flow *flow = &sw->own.flow;
	const u8 *src = flow->src.byte;

	KUNIT_FAIL(sw->test, "%s: protocol %u, ..%u.%u:%u to port %u: FORWARD %d, early %d", where,
		   flow->protocol, src[2], src[3], flow->sport, flow->dport, want, got);
	return false;
}

static bool compare(struct sweep *sw, u16 sport, u16 dport)
{
	unsigned int at = ip_header(sw->family);
	int want, own, public;

	sw->own.flow.sport = sport;
	sw->own.flow.dport = dport;
	set_ports(sw->at_own->data + at, sport, dport);
	set_ports(sw->at_public->data + at, sport, dport);
	want = judge_in_any_state(sw);
	own = le_early_judge(sw->early, sw->at_own, sw->family);
	public = le_early_judge(sw->early, sw->at_public, sw->family);
	sw->points++;
	sw->dropped += !le_outcome_accepts(public);
	sw->accepted += le_outcome_accepts(want);
	/* At the own address nothing is in doubt but the state. */
	if (le_outcome_accepts(want) ? !le_outcome_accepts(own) : own != want)
		return complain(sw, "own address", want, own);
	if (le_outcome_accepts(want) && !le_outcome_accepts(public))
		return complain(sw, "public address", want, public);
	if (!le_outcome_accepts(want) && public != want && !sw->c->vague)
		return complain(sw, "public address, in vain", want, public);
	return true;
}

/* One complaint a sweep is enough. */
static void sweep_ports(struct sweep *sw)
{
	/* What rows name, which is in the media range where that is moved; and the usual range. */
	static const u16 fixed[] = { 443, 50500 };
	unsigned int i;
	u32 port;

	for (i = 0; i < ARRAY_SIZE(fixed); i++) {
		for (port = 0; port < 65536; port++)
			if (!compare(sw, fixed[i], port) || !compare(sw, port, fixed[i]))
				return;
		cond_resched();
	}
}

static void sweep_packet(struct sweep *sw, const struct end *end, const char *far, u8 protocol,
			 u8 flags)
{
	struct bytes own = packet_bytes(protocol, flags, far, end->own);
	struct bytes public = packet_bytes(protocol, flags, far, end->public);

	sw->family = family_of(far);
	sw->at_own = make_skb(sw->test, &own, own.len);
	sw->at_public = make_skb(sw->test, &public, public.len);
	le_packet_read(sw->at_own, sw->family, &sw->own);
	KUNIT_ASSERT_EQ(sw->test, sw->own.kind, LE_KIND_PORTS);
	sweep_ports(sw);
	kfree_skb(sw->at_own);
	kfree_skb(sw->at_public);
}

static void sweep_ends(struct sweep *sw)
{
	const struct early_case *c = sw->c;
	const struct end *end;
	unsigned int i;

	for (end = c->ends; end->own; end++) {
		for (i = 0; i < ARRAY_SIZE(c->fars) && c->fars[i]; i++) {
			if (family_of(end->own) != family_of(c->fars[i]))
				continue;
			sweep_packet(sw, end, c->fars[i], IPPROTO_UDP, 0);
			sweep_packet(sw, end, c->fars[i], IPPROTO_TCP, SYN);
			/* Flags matter where conntrack is not asked, and nowhere else. */
			if (sw->full->stateless)
				sweep_packet(sw, end, c->fars[i], IPPROTO_TCP, SYN | ACK);
		}
	}
}

static struct sweep *begin(struct kunit *test, const struct early_case *c, const char *text)
{
	struct sweep *sw = kunit_kzalloc(test, sizeof(*sw), GFP_KERNEL);
	struct le_policy *policy = must_parse(test, text, strlen(text));

	KUNIT_ASSERT_NOT_NULL(test, sw);
	sw->test = test;
	sw->c = c;
	sw->full = le_table_compile(policy);
	sw->early = le_table_compile_early(policy);
	le_policy_free(policy);
	KUNIT_ASSERT_NOT_NULL(test, sw->full);
	KUNIT_ASSERT_NOT_NULL(test, sw->early);
	return sw;
}

static void end(struct sweep *sw)
{
	le_table_free(sw->full);
	le_table_free(sw->early);
}

static void drops_nothing_acceptable(struct kunit *test)
{
	const struct early_case *c = test->param_value;
	struct sweep *sw = begin(test, c, c->text);

	sweep_ends(sw);
	KUNIT_EXPECT_GT(test, sw->dropped, sw->points / 4);
	KUNIT_EXPECT_EQ(test, !sw->accepted, c->no_rows);
	kunit_info(test, "%llu points compared, %llu dropped early\n", sw->points, sw->dropped);
	end(sw);
}

/* The same with so many site rows that their terms take several words. */
static void many_site_rows(struct kunit *test)
{
	static const struct early_case c = {
		ENDS,
		.fars = { "198.51.100.7", "203.0.113.9", "2001:db8:91c::1" },
	};
	struct text text = new_text(test, 64 * 1024);
	struct sweep *sw;
	unsigned int i;

	add_text(&text, EDGES "block 203.0.113.0/24\nfeature remote-access\n");
	for (i = 0; i < 200; i++)
		add_text(&text, "allow row-%u external %s %s %u from %s to %s\n", i,
			 i % 3 ? "in" : "out", i % 2 ? "tcp" : "udp", 7000 + 3 * i,
			 i % 3 ? "any" : "10.45.16.0/27", i % 3 ? "10.45.16.30" : "any");
	add_text(&text, "commit\n");
	sw = begin(test, &c, text.buf);
	KUNIT_EXPECT_GT(test, sw->early->wide.nr_words, 1);
	sweep_ends(sw);
	kunit_info(test, "%llu points compared, %llu dropped early\n", sw->points, sw->dropped);
	end(sw);
	free_text(&text);
}

/* ---- what is dropped, and what goes on, by hand ---- */

static const char sample[] =
	EDGES "block 203.0.113.0/24 2001:db8:bad::/48\n"
	"feature federation av av-federation\ncommit\n";

static void expect_early(struct kunit *test, const struct le_table *early, const struct bytes *b,
			 unsigned int linear, u8 family, int want, const char *what)
{
	struct sk_buff *skb = make_skb(test, b, linear);

	KUNIT_EXPECT_EQ_MSG(test, le_early_judge(early, skb, family), want, "%s, %u of %u bytes",
			    what, linear, b->len);
	kfree_skb(skb);
}

struct known {
	u8 protocol;
	u8 flags;
	const char *src;
	u16 sport;
	const char *dst;
	u16 dport;
	int want;
};

static int row(const char *id)
{
	return le_row_find(id, strlen(id));
}

static void known_verdicts(struct kunit *test)
{
	const struct known known[] = {
		/* Open ports, and others, at either address. */
		{ IPPROTO_TCP, SYN, "198.51.100.7", 4000, "131.107.155.10", 5061, row("ext-06") },
		{ IPPROTO_TCP, SYN, "198.51.100.7", 4000, "10.45.16.10", 5061, row("ext-06") },
		{ IPPROTO_TCP, SYN, "198.51.100.7", 4000, "131.107.155.10", 5060, LE_NO_ROW },
		{ IPPROTO_TCP, ACK, "198.51.100.7", 4000, "10.45.16.10", 5060, LE_NO_ROW },
		{ IPPROTO_UDP, 0, "198.51.100.7", 4000, "131.107.155.10", 5061, LE_NO_ROW },
		/* Remote access is off, web conferencing too. */
		{ IPPROTO_TCP, SYN, "198.51.100.7", 4000, "131.107.155.10", 443, LE_NO_ROW },
		{ IPPROTO_TCP, SYN, "198.51.100.7", 443, "131.107.155.20", 443, LE_NO_ROW },
		{ IPPROTO_TCP, SYN, "2001:db8:91c::1", 4000, "2001:db8:155::10", 443, LE_NO_ROW },
		{ IPPROTO_TCP, SYN, "2001:db8:91c::1", 4000, "2001:db8:155::10", 5061,
		  row("ext-06") },
		/* Answers to what the Edge may send, whatever their flags. */
		{ IPPROTO_TCP, SYN | ACK, "198.51.100.7", 5061, "131.107.155.10", 4000,
		  row("ext-07") },
		{ IPPROTO_TCP, SYN, "198.51.100.7", 5061, "131.107.155.10", 4000, row("ext-07") },
		{ IPPROTO_UDP, 0, "198.51.100.7", 3478, "131.107.155.30", 4000, row("ext-13") },
		{ IPPROTO_UDP, 0, "198.51.100.7", 3479, "131.107.155.30", 4000, LE_NO_ROW },
		/* The A/V Edge's media range as the row has it; NAT may change that port. */
		{ IPPROTO_TCP, ACK, "198.51.100.7", 9, "10.45.16.30", 59999, row("ext-09") },
		{ IPPROTO_TCP, ACK, "198.51.100.7", 9, "10.45.16.30", 60000, LE_NO_ROW },
		{ IPPROTO_TCP, ACK, "198.51.100.7", 9, "131.107.155.30", 60000, row("ext-09") },
		{ IPPROTO_UDP, 0, "198.51.100.7", 9, "131.107.155.30", 60000, LE_NO_ROW },
		/* Blocked, open ports or not; nobody's address. */
		{ IPPROTO_TCP, SYN, "203.0.113.1", 4000, "131.107.155.10", 5061, LE_BLOCKED },
		{ IPPROTO_TCP, ACK, "203.0.113.1", 5061, "10.45.16.10", 4000, LE_BLOCKED },
		{ IPPROTO_UDP, 0, "2001:db8:bad::1", 9, "2001:db8:155::30", 9, LE_BLOCKED },
		{ IPPROTO_TCP, SYN, "198.51.100.7", 4000, "131.107.155.99", 5060, LE_UNJUDGED },
		{ IPPROTO_TCP, SYN, "203.0.113.1", 4000, "131.107.155.99", 5060, LE_UNJUDGED },
		/* From an edge to nobody: the gateway may have more to do than this. */
		{ IPPROTO_TCP, SYN, "131.107.155.10", 4000, "198.51.100.7", 5060, LE_UNJUDGED },
	};
	struct sweep *sw = begin(test, NULL, sample);
	unsigned int i, linear;

	for (i = 0; i < ARRAY_SIZE(known); i++) {
		const struct known *k = &known[i];
		struct bytes b = packet_bytes(k->protocol, k->flags, k->src, k->dst);
		u8 family = family_of(k->dst);
		char what[32];

		set_ports(b.data + ip_header(family), k->sport, k->dport);
		scnprintf(what, sizeof(what), "packet %u", i);
		for (linear = 0; linear <= b.len; linear++)
			expect_early(test, sw->early, &b, linear, family, k->want, what);
		/* As an Ethernet frame of minimal size brings it. */
		memset(b.data + b.len, 0xff, 26);
		b.len += 26;
		expect_early(test, sw->early, &b, b.len, family, k->want, "padded");
	}
	end(sw);
}

/* Also where NAT may have taken the public address of another edge at the same own one. */
static void changed_ports(struct kunit *test)
{
	static const char text[] =
		"edge access 10.45.16.11 public 131.107.155.10\n"
		"edge webconf 10.45.16.20 public 131.107.155.20\n"
		"edge av 10.45.16.11 public 131.107.155.30\n"
		"feature av-federation\ncommit\n";
	const struct {
		const char *dst;
		int want;
	} cases[] = {
		{ "131.107.155.10", row("ext-09") }, { "131.107.155.30", row("ext-09") },
		{ "131.107.155.20", LE_NO_ROW }, { "10.45.16.11", LE_NO_ROW },
	};
	struct sweep *sw = begin(test, NULL, text);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bytes b = packet_bytes(IPPROTO_TCP, ACK, "198.51.100.7", cases[i].dst);

		set_ports(b.data + sizeof(struct iphdr), 9, 60000);
		expect_early(test, sw->early, &b, b.len, LE_IPV4, cases[i].want, cases[i].dst);
	}
	end(sw);
}

/* Of a packet whose bytes make a UDP header, and neither a TCP nor an extension header. */
static int outcome_of_protocol(u8 family, unsigned int protocol)
{
	switch (protocol) {
	case IPPROTO_UDP:
		return LE_NO_ROW;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
	case IPPROTO_TCP:
		return LE_UNJUDGED;
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_FRAGMENT:
	case IPPROTO_AH:
	case IPPROTO_DSTOPTS:
		return family == LE_IPV6 ? LE_UNJUDGED : LE_PROTOCOL;
	}
	return LE_PROTOCOL;
}

/* Whatever cannot be read to the end, or is part of something, is left to FORWARD. */
static void doubtful(struct kunit *test)
{
	static const char *const fars[] = { "198.51.100.7", "2001:db8:91c::1" };
	static const char *const dsts[] = { "131.107.155.10", "2001:db8:155::10" };
	struct sweep *sw = begin(test, NULL, sample);
	struct bytes b;
	u8 family;

	for (family = LE_IPV4; family <= LE_IPV6; family++) {
		const char *src = fars[family], *dst = dsts[family];
		unsigned int header = ip_header(family), len, protocol;

		b = packet_bytes(IPPROTO_TCP, SYN, src, dst);
		expect_early(test, sw->early, &b, b.len, family, LE_NO_ROW, "whole");
		for (len = b.len; len--;) {
			b.len = len;
			expect_early(test, sw->early, &b, len, family, LE_UNJUDGED, "cut");
		}
		b = packet_bytes(IPPROTO_TCP, SYN, src, dst);
		b.data[header + 12] = 4 << 4;
		expect_early(test, sw->early, &b, b.len, family, LE_UNJUDGED, "header too short");
		b.data[header + 12] = 6 << 4;
		expect_early(test, sw->early, &b, b.len, family, LE_UNJUDGED, "header too long");
		b = packet_bytes(IPPROTO_UDP, 0, src, dst);
		b.data[header + 5] = 9;
		expect_early(test, sw->early, &b, b.len, family, LE_UNJUDGED, "UDP too long");
		b.data[header + 5] = 7;
		expect_early(test, sw->early, &b, b.len, family, LE_UNJUDGED, "UDP too short");
		b = packet_bytes(IPPROTO_UDP, 0, src, dst);
		b.data[0] ^= 0xa0;
		expect_early(test, sw->early, &b, b.len, family, LE_UNJUDGED, "version");

		for (protocol = 0; protocol < 256; protocol++) {
			b = packet_bytes(IPPROTO_UDP, 0, src, dst);
			b.data[family == LE_IPV4 ? 9 : 6] = protocol;
			expect_early(test, sw->early, &b, b.len, family,
				     outcome_of_protocol(family, protocol), "protocol");
		}
	}
	end(sw);
}

static void fragments(struct kunit *test)
{
	struct sweep *sw = begin(test, NULL, sample);
	struct bytes b = packet_bytes(IPPROTO_UDP, 0, "198.51.100.7", "131.107.155.10");

	/* More to come; a later one; do not fragment. */
	b.data[6] = 0x20;
	expect_early(test, sw->early, &b, b.len, LE_IPV4, LE_UNJUDGED, "first fragment");
	b.data[6] = 0x00;
	b.data[7] = 0x01;
	expect_early(test, sw->early, &b, b.len, LE_IPV4, LE_UNJUDGED, "later fragment");
	b.data[6] = 0x40;
	b.data[7] = 0x00;
	expect_early(test, sw->early, &b, b.len, LE_IPV4, LE_NO_ROW, "unfragmented");

	b.len = 0;
	put_ip(&b, LE_IPV6, IPPROTO_FRAGMENT, 16, "2001:db8:91c::1", "2001:db8:155::10");
	put_ext(&b, IPPROTO_UDP, 0, 1);
	put_udp(&b, 0);
	expect_early(test, sw->early, &b, b.len, LE_IPV6, LE_UNJUDGED, "first fragment");
	b.data[40 + 3] = 8;
	expect_early(test, sw->early, &b, b.len, LE_IPV6, LE_UNJUDGED, "later fragment");
	b.data[40 + 3] = 0;
	expect_early(test, sw->early, &b, b.len, LE_IPV6, LE_NO_ROW, "fragment that is all");
	end(sw);
}

/* Options and extension headers are no way round. */
static void long_headers(struct kunit *test)
{
	struct sweep *sw = begin(test, NULL, sample);
	unsigned int options;
	struct bytes b;

	for (options = 4; options <= 40; options += 4) {
		b.len = 0;
		put_ipv4(&b, IPPROTO_TCP, options, sizeof(struct tcphdr));
		set_addr(&b, LE_IPV4, false, "131.107.155.10");
		put_tcp(&b, false);
		expect_early(test, sw->early, &b, b.len, LE_IPV4, LE_NO_ROW, "options");
		set_ports(b.data + 20 + options, 4000, 5061);
		expect_early(test, sw->early, &b, b.len, LE_IPV4, row("ext-06"), "options, open");
	}
	b.len = 0;
	put_ip(&b, LE_IPV6, IPPROTO_DSTOPTS, 28, "2001:db8:91c::1", "2001:db8:155::10");
	put_ext(&b, IPPROTO_TCP, 0, 0);
	put_tcp(&b, false);
	expect_early(test, sw->early, &b, b.len, LE_IPV6, LE_NO_ROW, "extension header");
	set_ports(b.data + 48, 4000, 5061);
	expect_early(test, sw->early, &b, b.len, LE_IPV6, row("ext-06"), "extension header, open");
	end(sw);
}

static struct kunit_case early_cases_list[] = {
	KUNIT_CASE_PARAM(drops_nothing_acceptable, early_gen_params),
	KUNIT_CASE(many_site_rows),
	KUNIT_CASE(known_verdicts),
	KUNIT_CASE(changed_ports),
	KUNIT_CASE(doubtful),
	KUNIT_CASE(fragments),
	KUNIT_CASE(long_headers),
	{}
};

static struct kunit_suite early_suite = {
	.name = "lyncedge_early",
	.test_cases = early_cases_list,
};

kunit_test_suite(early_suite);

MODULE_LICENSE("GPL");
