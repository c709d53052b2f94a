// SPDX-License-Identifier: GPL-2.0-only
/*
 * The header reader on real socket buffers: linear ones and ones whose headers lie in two places,
 * cut at every length, with options, extension headers, fragments and lies. What the rules make of
 * what it reads is not in here (lyncedge_rules_kunit.c).
 */
#include "bytes.h"

static struct le_packet read_split(struct kunit *test, const struct bytes *b, u8 family,
				   unsigned int linear)
{
	struct sk_buff *skb = make_skb(test, b, linear);
	struct le_packet packet = { .track = LE_TRACK_INVALID };

	le_packet_read(skb, family, &packet);
	kfree_skb(skb);
	return packet;
}

static struct le_packet read_linear(struct kunit *test, const struct bytes *b, u8 family)
{
	return read_split(test, b, family, b->len);
}

static void expect_ports(struct kunit *test, const struct le_packet *packet, u8 protocol)
{
	KUNIT_EXPECT_EQ(test, packet->kind, LE_KIND_PORTS);
	KUNIT_EXPECT_EQ(test, packet->track, LE_TRACK_NONE);
	KUNIT_EXPECT_TRUE(test, packet->has_addrs);
	KUNIT_EXPECT_EQ(test, packet->flow.protocol, protocol);
	KUNIT_EXPECT_EQ(test, packet->flow.sport, 40000);
	KUNIT_EXPECT_EQ(test, packet->flow.dport, 443);
}

/* Whatever part of the headers is in the linear part, and with any options. */
static void split_anywhere(struct kunit *test)
{
	unsigned int options, linear;

	for (options = 0; options <= 40; options += 4) {
		struct bytes tcp = { .len = 0 }, udp = { .len = 0 };

		put_ipv4(&tcp, IPPROTO_TCP, options, 20);
		put_tcp(&tcp, false);
		for (linear = 0; linear <= tcp.len; linear++) {
			struct le_packet packet = read_split(test, &tcp, LE_IPV4, linear);

			expect_ports(test, &packet, IPPROTO_TCP);
			KUNIT_EXPECT_FALSE(test, packet.may_answer);
			KUNIT_EXPECT_EQ(test, ntohl(packet.flow.src.v4), 0xc6336407U);
			KUNIT_EXPECT_EQ(test, ntohl(packet.flow.dst.v4), 0x0a2d100aU);
		}
		put_ipv4(&udp, IPPROTO_UDP, options, 8);
		put_udp(&udp, 0);
		for (linear = 0; linear <= udp.len; linear++) {
			struct le_packet packet = read_split(test, &udp, LE_IPV4, linear);

			expect_ports(test, &packet, IPPROTO_UDP);
			KUNIT_EXPECT_TRUE(test, packet.may_answer);
		}
	}
}

static void split_anywhere_ipv6(struct kunit *test)
{
	struct bytes b = { .len = 0 };
	unsigned int linear;

	put_ipv6(&b, IPPROTO_HOPOPTS, 3 * 8 + 20);
	put_ext(&b, IPPROTO_ROUTING, 0, 0);
	put_ext(&b, IPPROTO_DSTOPTS, 0, 0);
	put_ext(&b, IPPROTO_TCP, 0, 0);
	put_tcp(&b, true);
	for (linear = 0; linear <= b.len; linear++) {
		struct le_packet packet = read_split(test, &b, LE_IPV6, linear);

		expect_ports(test, &packet, IPPROTO_TCP);
		KUNIT_EXPECT_TRUE(test, packet.may_answer);
		KUNIT_EXPECT_EQ(test, packet.flow.dst.byte[15], 10);
	}
}

/* Cut anywhere before the end of its transport header a packet is malformed, whatever it says. */
static void truncated(struct kunit *test)
{
	struct bytes v4 = { .len = 0 }, v6 = { .len = 0 };
	unsigned int len;

	put_ipv4(&v4, IPPROTO_TCP, 8, 20);
	put_tcp(&v4, false);
	put_ipv6(&v6, IPPROTO_DSTOPTS, 8 + 8);
	put_ext(&v6, IPPROTO_UDP, 0, 0);
	put_udp(&v6, 0);
	for (len = v4.len; len--;) {
		v4.len = len;
		KUNIT_EXPECT_EQ(test, read_linear(test, &v4, LE_IPV4).kind, LE_KIND_MALFORMED);
	}
	for (len = v6.len; len--;) {
		v6.len = len;
		KUNIT_EXPECT_EQ(test, read_linear(test, &v6, LE_IPV6).kind, LE_KIND_MALFORMED);
	}
}

/* The IP header says that the packet ends before its transport header does. */
static void too_short_by_its_own_word(struct kunit *test)
{
	unsigned int payload;

	for (payload = 0; payload < 20; payload++) {
		struct bytes b = { .len = 0 };

		put_ipv4(&b, IPPROTO_TCP, 0, payload);
		put_tcp(&b, false);
		KUNIT_EXPECT_EQ(test, read_linear(test, &b, LE_IPV4).kind, LE_KIND_MALFORMED);
	}
	for (payload = 1; payload < 8; payload++) {
		struct bytes b = { .len = 0 };

		put_ipv6(&b, IPPROTO_UDP, payload);
		put_udp(&b, 0);
		KUNIT_EXPECT_EQ(test, read_linear(test, &b, LE_IPV6).kind, LE_KIND_MALFORMED);
	}
}

static void lies(struct kunit *test)
{
	unsigned int n;

	for (n = 0; n < 16; n++) {
		struct bytes ihl = { .len = 0 }, doff = { .len = 0 };

		put_ipv4(&ihl, IPPROTO_TCP, 0, 20);
		put_tcp(&ihl, false);
		ihl.data[0] = 0x40 | n;
		KUNIT_EXPECT_EQ_MSG(test, read_linear(test, &ihl, LE_IPV4).kind,
				    n == 5 ? LE_KIND_PORTS : LE_KIND_MALFORMED, "ihl %u", n);
		put_ipv4(&doff, IPPROTO_TCP, 0, 20);
		put_tcp(&doff, false);
		doff.data[20 + 12] = n << 4;
		KUNIT_EXPECT_EQ_MSG(test, read_linear(test, &doff, LE_IPV4).kind,
				    n == 5 ? LE_KIND_PORTS : LE_KIND_MALFORMED, "doff %u", n);
	}
	for (n = 0; n < 32; n++) {
		struct bytes b = { .len = 0 };

		put_ipv4(&b, IPPROTO_UDP, 0, 8 + 8);
		put_udp(&b, n - 8);
		put(&b, "payload", 8);
		KUNIT_EXPECT_EQ_MSG(test, read_linear(test, &b, LE_IPV4).kind,
				    n >= 8 && n <= 16 ? LE_KIND_PORTS : LE_KIND_MALFORMED,
				    "UDP length %u", n);
	}
}

static void fragments(struct kunit *test)
{
	struct bytes first = { .len = 0 }, later = { .len = 0 }, v6 = { .len = 0 };
	struct le_packet packet;

	put_ipv4(&first, IPPROTO_UDP, 0, 8 + 8);
	put_udp(&first, 1000);
	put(&first, "payload", 8);
	first.data[6] = 0x20;
	packet = read_linear(test, &first, LE_IPV4);
	expect_ports(test, &packet, IPPROTO_UDP);

	put_ipv4(&later, IPPROTO_UDP, 0, 8);
	put(&later, "payload", 8);
	later.data[7] = 1;
	packet = read_linear(test, &later, LE_IPV4);
	KUNIT_EXPECT_EQ(test, packet.kind, LE_KIND_FRAGMENT);
	KUNIT_EXPECT_TRUE(test, packet.has_addrs);

	put_ipv6(&v6, IPPROTO_FRAGMENT, 8 + 8);
	put_ext(&v6, IPPROTO_UDP, 0, 0);
	put_udp(&v6, 0);
	packet = read_linear(test, &v6, LE_IPV6);
	expect_ports(test, &packet, IPPROTO_UDP);
	v6.data[40 + 3] = 8;
	KUNIT_EXPECT_EQ(test, read_linear(test, &v6, LE_IPV6).kind, LE_KIND_FRAGMENT);
}

static void ext_header_chains(struct kunit *test)
{
	unsigned int nr, i;

	for (nr = 0; nr <= 2 * LE_MAX_EXT_HEADERS; nr++) {
		struct bytes b = { .len = 0 };

		put_ipv6(&b, nr ? IPPROTO_DSTOPTS : IPPROTO_UDP, nr * 8 + 8);
		for (i = 1; i <= nr; i++)
			put_ext(&b, i < nr ? IPPROTO_DSTOPTS : IPPROTO_UDP, 0, 0);
		put_udp(&b, 0);
		KUNIT_EXPECT_EQ_MSG(test, read_linear(test, &b, LE_IPV6).kind,
				    nr <= LE_MAX_EXT_HEADERS ? LE_KIND_PORTS : LE_KIND_MALFORMED,
				    "%u headers", nr);
	}
	for (i = 1; i < 256; i++) {
		struct bytes b = { .len = 0 };

		/* A header that says it is longer than the packet. */
		put_ipv6(&b, IPPROTO_DSTOPTS, 8 + 8);
		put_ext(&b, IPPROTO_UDP, i, 0);
		put_udp(&b, 0);
		KUNIT_EXPECT_EQ(test, read_linear(test, &b, LE_IPV6).kind, LE_KIND_MALFORMED);
	}
}

static void other_protocols(struct kunit *test)
{
	unsigned int protocol;

	for (protocol = 0; protocol < 256; protocol++) {
		struct bytes b = { .len = 0 };

		if (protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_ICMP)
			continue;
		put_ipv4(&b, protocol, 0, 8);
		put_udp(&b, 0);
		KUNIT_EXPECT_EQ_MSG(test, read_linear(test, &b, LE_IPV4).kind, LE_KIND_OTHER,
				    "protocol %u", protocol);
	}
}

/* An error is read with the flow that it quotes, as far as it quotes it. */
static void icmp_errors(struct kunit *test)
{
	static const u8 unreachable[8] = { 3, 1 };
	struct bytes b = { .len = 0 };
	struct le_packet packet;
	unsigned int cut;

	put_ipv4(&b, IPPROTO_ICMP, 0, 8 + 20 + 20);
	put(&b, unreachable, 8);
	put_ipv4(&b, IPPROTO_TCP, 0, 1000);
	put_tcp(&b, false);
	packet = read_linear(test, &b, LE_IPV4);
	KUNIT_EXPECT_EQ(test, packet.kind, LE_KIND_ICMP_ERROR);
	/* It does not go to who sent what it quotes. */
	KUNIT_EXPECT_FALSE(test, packet.about_known);
	memcpy(b.data + 16, b.data + 28 + 12, 4);
	packet = read_linear(test, &b, LE_IPV4);
	KUNIT_EXPECT_EQ(test, packet.kind, LE_KIND_ICMP_ERROR);
	KUNIT_EXPECT_TRUE(test, packet.about_known);
	KUNIT_EXPECT_TRUE(test, packet.about_reversed);
	KUNIT_EXPECT_FALSE(test, packet.about_echo);
	KUNIT_EXPECT_EQ(test, packet.about.protocol, IPPROTO_TCP);
	KUNIT_EXPECT_EQ(test, packet.about.dport, 443);
	KUNIT_EXPECT_EQ(test, ntohl(packet.about.src.v4), 0xc6336407U);
	for (cut = 28; cut < 48; cut++) {
		b.len = 20 + cut;
		b.data[3] = 20 + cut;
		packet = read_linear(test, &b, LE_IPV4);
		KUNIT_EXPECT_EQ(test, packet.kind, LE_KIND_ICMP_ERROR);
		/* RFC 792: eight bytes of the quoted packet's payload. */
		KUNIT_EXPECT_EQ_MSG(test, packet.about_known, cut >= 36, "cut at %u", cut);
	}
}

static int kind_of_icmp(unsigned int type)
{
	switch (type) {
	case 0:
	case 8:
		return LE_KIND_ICMP_ECHO;
	case 3:
	case 4:
	case 11:
	case 12:
		return LE_KIND_ICMP_ERROR;
	}
	return LE_KIND_OTHER;
}

/* With hops left, as a packet has that a gateway forwards, nothing is neighbour discovery. */
static int kind_of_icmpv6(unsigned int type, bool first_hop)
{
	if (type == 128 || type == 129)
		return LE_KIND_ICMP_ECHO;
	if (type >= 1 && type <= 4)
		return LE_KIND_ICMP_ERROR;
	return type >= 133 && type <= 137 && first_hop ? LE_KIND_NEIGHBOUR : LE_KIND_OTHER;
}

static void icmp_types(struct kunit *test)
{
	unsigned int type;

	for (type = 0; type < 256; type++) {
		struct bytes v4 = { .len = 0 }, v6 = { .len = 0 };
		u8 icmp[8] = { type };

		put_ipv4(&v4, IPPROTO_ICMP, 0, 8);
		put(&v4, icmp, 8);
		KUNIT_EXPECT_EQ_MSG(test, read_linear(test, &v4, LE_IPV4).kind, kind_of_icmp(type),
				    "ICMP type %u", type);
		put_ipv6(&v6, IPPROTO_ICMPV6, 8);
		put(&v6, icmp, 8);
		KUNIT_EXPECT_EQ_MSG(test, read_linear(test, &v6, LE_IPV6).kind,
				    kind_of_icmpv6(type, false), "ICMPv6 type %u", type);
		v6.data[7] = 255;
		KUNIT_EXPECT_EQ_MSG(test, read_linear(test, &v6, LE_IPV6).kind,
				    kind_of_icmpv6(type, true), "ICMPv6 type %u, 255 hops", type);
	}
}

/* ICMPv6 of multicast listener discovery, from a source that starts with two given bytes. */
static int kind_of_mld(struct kunit *test, u8 type, u8 hops, u8 first, u8 second)
{
	struct bytes b = { .len = 0 };
	u8 icmp[8] = { type };

	put_ipv6(&b, IPPROTO_ICMPV6, sizeof(icmp));
	put(&b, icmp, sizeof(icmp));
	b.data[7] = hops;
	memset(b.data + 8, 0, sizeof(struct in6_addr));
	b.data[8] = first;
	b.data[9] = second;
	return read_linear(test, &b, LE_IPV6).kind;
}

/* Between neighbours only: one hop left, and a source that is link-local or none yet. */
static void listener_discovery(struct kunit *test)
{
	static const u8 types[] = { 130, 131, 132, 143 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		u8 type = types[i];

		KUNIT_EXPECT_EQ(test, kind_of_mld(test, type, 1, 0xfe, 0x80), LE_KIND_NEIGHBOUR);
		KUNIT_EXPECT_EQ(test, kind_of_mld(test, type, 1, 0xfe, 0xbf), LE_KIND_NEIGHBOUR);
		KUNIT_EXPECT_EQ(test, kind_of_mld(test, type, 1, 0, 0), LE_KIND_NEIGHBOUR);
		KUNIT_EXPECT_EQ(test, kind_of_mld(test, type, 1, 0xfe, 0xc0), LE_KIND_OTHER);
		KUNIT_EXPECT_EQ(test, kind_of_mld(test, type, 1, 0x20, 0x01), LE_KIND_OTHER);
		KUNIT_EXPECT_EQ(test, kind_of_mld(test, type, 0, 0xfe, 0x80), LE_KIND_OTHER);
		KUNIT_EXPECT_EQ(test, kind_of_mld(test, type, 2, 0xfe, 0x80), LE_KIND_OTHER);
		KUNIT_EXPECT_EQ(test, kind_of_mld(test, type, 255, 0xfe, 0x80), LE_KIND_OTHER);
	}
}

/* Each kind of extension header in front of the transport header, split at every byte. */
static void each_ext_header(struct kunit *test)
{
	static const struct {
		u8 protocol;
		u8 len;	/* as the header counts it, for eight bytes */
	} kinds[] = {
		{ IPPROTO_HOPOPTS, 0 }, { IPPROTO_ROUTING, 0 }, { IPPROTO_FRAGMENT, 0 },
		{ IPPROTO_DSTOPTS, 0 }, { IPPROTO_AH, 0 }, { IPPROTO_FRAGMENT, 255 },
	};
	unsigned int i, linear;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct bytes b = { .len = 0 };

		put_ipv6(&b, kinds[i].protocol, 8 + 8);
		/* In a fragment header this byte is reserved, and says nothing of its length. */
		put_ext(&b, IPPROTO_UDP, kinds[i].len, 0);
		put_udp(&b, 0);
		for (linear = 0; linear <= b.len; linear++) {
			struct le_packet packet = read_split(test, &b, LE_IPV6, linear);

			expect_ports(test, &packet, IPPROTO_UDP);
		}
	}
}

/* An authentication header counts in fours, less two (RFC 4302 sec. 2.2). */
static void authentication_header(struct kunit *test)
{
	unsigned int fours;

	for (fours = 2; fours <= 12; fours++) {
		struct bytes b = { .len = 0 };
		struct le_packet packet;
		u8 ah[48] = { IPPROTO_TCP, fours - 2 };

		put_ipv6(&b, IPPROTO_AH, 4 * fours + 20);
		put(&b, ah, 4 * fours);
		put_tcp(&b, false);
		packet = read_linear(test, &b, LE_IPV6);
		expect_ports(test, &packet, IPPROTO_TCP);
	}
}

/* What may be the answer to an earlier packet: TCP with ACK or RST. */
static void tcp_flags(struct kunit *test)
{
	unsigned int flags;

	for (flags = 0; flags < 256; flags++) {
		struct bytes b = { .len = 0 };
		struct le_packet packet;

		put_ipv4(&b, IPPROTO_TCP, 0, 20);
		put_tcp(&b, false);
		b.data[20 + 13] = flags;
		packet = read_linear(test, &b, LE_IPV4);
		expect_ports(test, &packet, IPPROTO_TCP);
		/* FIN, SYN, RST, PSH, ACK ... from the lowest bit (RFC 9293 sec. 3.1). */
		KUNIT_EXPECT_EQ_MSG(test, packet.may_answer, !!(flags & 0x14), "flags %x", flags);
	}
}

/* Other versions than the hook's protocol are a contradiction. */
static void versions(struct kunit *test)
{
	unsigned int version;

	for (version = 0; version < 16; version++) {
		struct bytes v4 = { .len = 0 }, v6 = { .len = 0 };

		put_ipv4(&v4, IPPROTO_UDP, 0, 8);
		put_udp(&v4, 0);
		v4.data[0] = version << 4 | 5;
		KUNIT_EXPECT_EQ_MSG(test, read_linear(test, &v4, LE_IPV4).kind,
				    version == 4 ? LE_KIND_PORTS : LE_KIND_MALFORMED,
				    "version %u", version);
		put_ipv6(&v6, IPPROTO_UDP, 8);
		put_udp(&v6, 0);
		v6.data[0] = version << 4;
		KUNIT_EXPECT_EQ_MSG(test, read_linear(test, &v6, LE_IPV6).kind,
				    version == 6 ? LE_KIND_PORTS : LE_KIND_MALFORMED,
				    "version %u", version);
	}
}

/* The network header need not be where the data begins, and the link's padding is not payload. */
static void offset_and_padding(struct kunit *test)
{
	struct bytes b = { .len = 0 }, cut = { .len = 0 };
	static const u8 link[14];
	struct le_packet packet;
	struct sk_buff *skb;

	put(&b, link, sizeof(link));
	put_ipv4(&b, IPPROTO_TCP, 4, 20);
	put_tcp(&b, true);
	put(&b, link, sizeof(link));
	skb = make_skb(test, &b, 30);
	skb_set_network_header(skb, sizeof(link));
	le_packet_read(skb, LE_IPV4, &packet);
	kfree_skb(skb);
	expect_ports(test, &packet, IPPROTO_TCP);
	KUNIT_EXPECT_EQ(test, ntohl(packet.flow.dst.v4), 0x0a2d100aU);

	/* The same, but the packet itself ends in its transport header. */
	put(&cut, link, sizeof(link));
	put_ipv4(&cut, IPPROTO_TCP, 4, 19);
	put_tcp(&cut, true);
	put(&cut, link, sizeof(link));
	skb = make_skb(test, &cut, cut.len);
	skb_set_network_header(skb, sizeof(link));
	le_packet_read(skb, LE_IPV4, &packet);
	kfree_skb(skb);
	KUNIT_EXPECT_EQ(test, packet.kind, LE_KIND_MALFORMED);
}

static int kind_of_big(struct kunit *test, const struct bytes *b, u8 family, bool gso)
{
	struct sk_buff *skb = make_skb(test, b, b->len);
	struct le_packet packet;

	if (gso) {
		skb_shinfo(skb)->gso_size = 4;
		skb_shinfo(skb)->gso_segs = 2;
	}
	le_packet_read(skb, family, &packet);
	kfree_skb(skb);
	return packet.kind;
}

/* A segment still to be cut may say no length, being too long to; any other packet may not. */
static void unstated_length(struct kunit *test)
{
	struct bytes v4 = { .len = 0 }, v6 = { .len = 0 };

	put_ipv4(&v4, IPPROTO_TCP, 0, 20 + 8);
	put_tcp(&v4, true);
	put(&v4, "payload", 8);
	KUNIT_EXPECT_EQ(test, kind_of_big(test, &v4, LE_IPV4, true), LE_KIND_PORTS);
	v4.data[2] = 0;
	v4.data[3] = 0;
	KUNIT_EXPECT_EQ(test, kind_of_big(test, &v4, LE_IPV4, true), LE_KIND_PORTS);
	KUNIT_EXPECT_EQ(test, kind_of_big(test, &v4, LE_IPV4, false), LE_KIND_MALFORMED);

	put_ipv6(&v6, IPPROTO_TCP, 0);
	put_tcp(&v6, true);
	put(&v6, "payload", 8);
	KUNIT_EXPECT_EQ(test, kind_of_big(test, &v6, LE_IPV6, true), LE_KIND_PORTS);
	KUNIT_EXPECT_EQ(test, kind_of_big(test, &v6, LE_IPV6, false), LE_KIND_MALFORMED);
}

/* As icmp_errors, in IPv6 and with the quoted packet behind an extension header. */
static void icmpv6_errors(struct kunit *test)
{
	unsigned int type, cut;

	for (type = 1; type <= 4; type++) {
		const u8 icmp[8] = { type };
		struct bytes b = { .len = 0 };
		struct le_packet packet;

		put_ipv6(&b, IPPROTO_ICMPV6, 8 + 40 + 8 + 8);
		put(&b, icmp, sizeof(icmp));
		put_ipv6(&b, IPPROTO_DSTOPTS, 1000);
		put_ext(&b, IPPROTO_UDP, 0, 0);
		put_udp(&b, 900);
		packet = read_linear(test, &b, LE_IPV6);
		KUNIT_EXPECT_EQ(test, packet.kind, LE_KIND_ICMP_ERROR);
		KUNIT_EXPECT_FALSE(test, packet.about_known);
		memcpy(b.data + 24, b.data + 48 + 8, 16);
		packet = read_linear(test, &b, LE_IPV6);
		KUNIT_EXPECT_EQ(test, packet.kind, LE_KIND_ICMP_ERROR);
		KUNIT_EXPECT_TRUE(test, packet.about_known);
		KUNIT_EXPECT_EQ(test, packet.about.protocol, IPPROTO_UDP);
		KUNIT_EXPECT_EQ(test, packet.about.sport, 40000);
		KUNIT_EXPECT_EQ(test, packet.about.dport, 443);
		for (cut = 8; cut < 8 + 40 + 8 + 8; cut++) {
			b.len = 40 + cut;
			b.data[5] = cut;
			packet = read_linear(test, &b, LE_IPV6);
			KUNIT_EXPECT_EQ(test, packet.kind, LE_KIND_ICMP_ERROR);
			KUNIT_EXPECT_FALSE_MSG(test, packet.about_known, "cut at %u", cut);
		}
	}
}

static struct kunit_case flow_cases[] = {
	KUNIT_CASE(split_anywhere),
	KUNIT_CASE(split_anywhere_ipv6),
	KUNIT_CASE(truncated),
	KUNIT_CASE(too_short_by_its_own_word),
	KUNIT_CASE(lies),
	KUNIT_CASE(fragments),
	KUNIT_CASE(ext_header_chains),
	KUNIT_CASE(other_protocols),
	KUNIT_CASE(icmp_errors),
	KUNIT_CASE(icmp_types),
	KUNIT_CASE(listener_discovery),
	KUNIT_CASE(each_ext_header),
	KUNIT_CASE(authentication_header),
	KUNIT_CASE(tcp_flags),
	KUNIT_CASE(versions),
	KUNIT_CASE(offset_and_padding),
	KUNIT_CASE(unstated_length),
	KUNIT_CASE(icmpv6_errors),
	{}
};

static struct kunit_suite flow_suite = {
	.name = "lyncedge_flow",
	.test_cases = flow_cases,
};

kunit_test_suite(flow_suite);

MODULE_LICENSE("GPL");
