// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves of early drops, for packets of every shape under policies of every kind, that none is
 * dropped which FORWARD would accept in some state, and that of those for the Edge's own addresses
 * all are which FORWARD could only drop; and that nothing is read beyond a packet's end. All ports
 * one after the other are tests/kunit's business.
 */
#include "lyncedge_early.h"
#include "unit.h"

#define PACKETS 200000
#define ROOM 128

struct bytes {
	u8 data[ROOM];
	u32 len;
};

#define EDGES								\
	"edge access 10.45.16.10 2001:db8:16::10 "			\
		"public 131.107.155.10 2001:db8:155::10\n"		\
	"edge webconf 10.45.16.20 public 131.107.155.20\n"		\
	"edge av 10.45.16.30 2001:db8:16::30 "				\
		"public 131.107.155.30 2001:db8:155::30\n"
#define FEATURES "feature crl dns remote-access federation web-conferencing av av-federation "	\
		 "av-federation-ocs2007 multiple-pools pic-av xmpp\n"

static const char *const policies[] = {
	EDGES FEATURES "commit\n",
	EDGES FEATURES "option established stateless\ncommit\n",
	EDGES FEATURES "option ports strict\noption rtp-outbound source\ncommit\n",
	EDGES FEATURES "option scope address\noption rtp-outbound destination\ncommit\n",
	EDGES FEATURES "block 198.51.100.64/26 2001:db8:100::/49\noption icmp-echo allow\n"
		"allow web external in tcp 8443 from any to 10.45.16.10\n"
		"allow all external out udp 1-65535 from 10.45.16.16/28 to any\ncommit\n",
	EDGES "block 10.45.16.30 0.0.0.0/1\nfeature remote-access\ncommit\n",
	EDGES "commit\n",
};

/* Own addresses, the public ones of the same in the same order, and others. */
#define NR_EDGE 3
static const char *const addrs4[] = {
	"10.45.16.10", "10.45.16.20", "10.45.16.30",
	"131.107.155.10", "131.107.155.20", "131.107.155.30",
	"198.51.100.7", "198.51.100.71", "8.8.8.8", "131.107.155.99", "0.0.0.0",
};

static const char *const addrs6[] = {
	"2001:db8:16::10", "2001:db8:16::10", "2001:db8:16::30",
	"2001:db8:155::10", "2001:db8:155::10", "2001:db8:155::30",
	"2001:db8:100::1", "2001:db8:100:ffff::1", "2001:4860::8888", "2001:db8:155::99", "::",
};

static const u16 ports[] = {
	0, 53, 80, 443, 3478, 5060, 5061, 5269, 8443, 40000, 49999, 50000, 59999, 60000, 65535,
};

static u16 random_port(void)
{
	return htons(ports[random_below(ARRAY_SIZE(ports))]);
}

static void put(struct bytes *b, const void *data, u32 len)
{
	memcpy(b->data + b->len, data, len);
	b->len += len;
}

static void put_addr(u8 *at, u8 family, unsigned int n)
{
	CHECK_INT(inet_pton(family == LE_IPV4 ? AF_INET : AF_INET6,
			    family == LE_IPV4 ? addrs4[n] : addrs6[n], at), 1);
}

static unsigned int random_source(void)
{
	return random_below(ARRAY_SIZE(addrs4));
}

/* Mostly an edge's. */
static unsigned int random_destination(void)
{
	return random_below(one_in(8) ? ARRAY_SIZE(addrs4) : 2 * NR_EDGE);
}

static void put_ip(struct bytes *b, u8 family, u8 protocol, u32 payload)
{
	struct ipv6hdr ip6 = { .version = 6, .nexthdr = protocol, .hop_limit = 64 };
	u32 options = one_in(8) ? 4 * random_below(11) : 0;
	struct iphdr ip = { .version = 4, .ihl = 5 + options / 4, .ttl = 64, .protocol = protocol };
	static const u8 no_operation[40] = { 1, 1, 1, 1, 1, 1, 1, 1 };

	if (family == LE_IPV4) {
		ip.tot_len = htons(sizeof(ip) + options + payload);
		ip.frag_off = htons(one_in(8) ? random_below(4) << 13 | random_below(2) : 0x4000);
		put_addr((u8 *)&ip.saddr, family, random_source());
		put_addr((u8 *)&ip.daddr, family, random_destination());
		put(b, &ip, sizeof(ip));
		put(b, no_operation, options);
	} else {
		ip6.payload_len = htons(payload);
		put_addr((u8 *)&ip6.saddr, family, random_source());
		put_addr((u8 *)&ip6.daddr, family, random_destination());
		put(b, &ip6, sizeof(ip6));
	}
}

static void put_tcp(struct bytes *b)
{
	struct tcphdr tcp = {
		.source = random_port(),
		.dest = random_port(),
		.doff = one_in(8) ? random_below(16) : 5,
		.syn = one_in(2),
		.ack = one_in(2),
		.rst = one_in(8),
	};

	put(b, &tcp, sizeof(tcp));
}

static void put_udp(struct bytes *b)
{
	struct udphdr udp = {
		.source = random_port(),
		.dest = random_port(),
		.len = htons(one_in(8) ? random_below(24) : 8),
	};

	put(b, &udp, sizeof(udp));
}

/* ICMP of any type; if it is an error, about nothing much. */
static void put_icmp(struct bytes *b)
{
	u8 icmp[8] = { random_below(16) | (one_in(2) ? 128 : 0) };

	put(b, icmp, sizeof(icmp));
}

static struct bytes random_packet(u8 family)
{
	static const u8 others[] = { IPPROTO_GRE, IPPROTO_ESP, IPPROTO_SCTP, IPPROTO_IGMP, 59, 0 };
	struct bytes b = { .len = 0 };
	u32 i;

	switch (random_below(8)) {
	case 0:
		put_ip(&b, family, others[random_below(ARRAY_SIZE(others))], 20);
		put_tcp(&b);
		break;
	case 1:
		put_ip(&b, family, one_in(2) ? IPPROTO_ICMP : IPPROTO_ICMPV6, 8);
		put_icmp(&b);
		break;
	case 2:
	case 3:
		put_ip(&b, family, IPPROTO_UDP, 8);
		put_udp(&b);
		break;
	default:
		put_ip(&b, family, IPPROTO_TCP, 20);
		put_tcp(&b);
	}
	/* A bit may be wrong, the end missing, or a frame filled up. */
	if (one_in(8))
		b.data[random_below(b.len)] ^= 1 << random_below(8);
	if (one_in(8))
		b.len = random_below(b.len + 1);
	for (i = one_in(4) ? random_below(16) : 0; i; i--)
		b.data[b.len++] = random64();
	return b;
}

/* The packet as FORWARD sees it: for the Edge's own address, where NAT knows the public one. */
static void translate(struct le_packet *packet)
{
	struct le_flow *flow = &packet->flow;
	size_t size = flow->family == LE_IPV4 ? 4 : 16;
	unsigned int n;

	for (n = NR_EDGE; n < 2 * NR_EDGE; n++) {
		union le_addr public = { .byte = { 0 } };

		put_addr(public.byte, flow->family, n);
		if (memcmp(&flow->dst, &public, size))
			continue;
		put_addr(flow->dst.byte, flow->family, n - NR_EDGE);
		return;
	}
}

static bool is_own(const struct le_packet *packet)
{
	size_t size = packet->flow.family == LE_IPV4 ? 4 : 16;
	unsigned int n;

	for (n = 0; n < NR_EDGE; n++) {
		union le_addr own = { .byte = { 0 } };

		put_addr(own.byte, packet->flow.family, n);
		if (!memcmp(&packet->flow.dst, &own, size))
			return true;
	}
	return false;
}

static int judge_in_any_state(const struct le_table *full, struct le_packet *packet)
{
	static const u8 tracks[] = { LE_TRACK_NONE, LE_TRACK_ORIGINAL, LE_TRACK_REPLY };
	int outcome = LE_NO_ROW;
	unsigned int i;

	for (i = 0; i < (full->stateless ? 1 : ARRAY_SIZE(tracks)); i++) {
		packet->track = tracks[i];
		outcome = le_judge(full, le_crossing(LE_EXTERNAL, LE_IN), packet);
		if (le_outcome_accepts(outcome))
			return outcome;
	}
	return outcome;
}

static bool is_icmp(u8 protocol)
{
	return protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
}

/* Whether the packet says plainly what it is. */
static bool is_plain(const struct le_packet *packet)
{
	if (packet->fragmented)
		return false;
	return packet->kind == LE_KIND_PORTS ||
	       (packet->kind == LE_KIND_OTHER && !is_icmp(packet->flow.protocol));
}

struct verdicts {
	unsigned int accepted;
	unsigned int dropped;
	unsigned int left;
};

static bool try_packet(const struct le_table *full, const struct le_table *early, u8 family,
		       const struct sk_buff *skb, struct verdicts *v)
{
	int got = le_early_judge(early, skb, family), want;
	struct le_packet packet;
	bool own;

	le_packet_read(skb, family, &packet);
	if (!is_plain(&packet)) {
		v->left++;
		return got == LE_UNJUDGED;
	}
	own = is_own(&packet);
	translate(&packet);
	want = judge_in_any_state(full, &packet);
	if (le_outcome_accepts(want)) {
		v->accepted++;
		return le_outcome_accepts(got);
	}
	v->dropped += got == want;
	return got == want || (!own && le_outcome_accepts(got));
}

static void try_policy(const char *text, struct verdicts *v)
{
	struct le_table *full, *early;
	struct le_policy *policy;
	struct le_error error;
	unsigned int i;

	if (!CHECK_INT(le_policy_parse(text, strlen(text), &policy, &error), 0))
		return;
	full = le_table_compile(policy);
	early = le_table_compile_early(policy);
	le_policy_free(policy);
	for (i = 0; CHECK(full && early) && i < PACKETS; i++) {
		u8 family = one_in(3) ? LE_IPV6 : LE_IPV4;
		struct bytes b = random_packet(family);
		/* Of its own, so that what lies behind it is missed. */
		u8 *data = malloc(b.len ? b.len : 1);
		struct sk_buff skb = { .data = data, .len = b.len };

		memcpy(data, b.data, b.len);
		if (!CHECK(try_packet(full, early, family, &skb, v)))
			FAIL("IPv%u, %u bytes, packet %u of\n%s", family == LE_IPV4 ? 4 : 6, b.len,
			     i, text);
		free(data);
	}
	le_table_free(full);
	le_table_free(early);
}

static void drops_what_is_hopeless(void)
{
	struct verdicts v = { .dropped = 0 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(policies); i++)
		try_policy(policies[i], &v);
	CHECK(v.dropped > PACKETS);
	CHECK(v.accepted > PACKETS / 8);
	CHECK(v.left > PACKETS);
}

int main(void)
{
	static const struct unit_test tests[] = {
		UNIT_TEST(drops_what_is_hopeless),
	};

	return unit_main(tests, ARRAY_SIZE(tests));
}
