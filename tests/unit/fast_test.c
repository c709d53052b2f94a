// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that the fast path is an abridged form of the long one: what it decides about a packet
 * the header reader and the judge decide alike, for packets of every shape under policies of
 * every kind; and that it does decide about the packets it is there for. How the hooks put the
 * pieces together is tests/kunit's business.
 */
#include "unit.h"
#include "ways.h"

#define PACKETS 200000

struct bytes {
	u8 data[96];
	u32 len;
};

#define EDGES "edge access 10.45.16.10 2001:db8:16::10\nedge webconf 10.45.16.20\n"	\
	      "edge av 10.45.16.30 2001:db8:16::30\nedge internal 172.25.33.10 2001:db8:33::10\n"
#define FEATURES "feature crl dns remote-access federation web-conferencing av av-federation "	\
		 "av-federation-ocs2007 multiple-pools pic-av xmpp cms-replication "		\
		 "central-logging\n"
#define GROUPS "peer front-end 192.168.10.0/24 2001:db8:10::/64\n"	\
	       "peer federation-partner 198.51.100.0/25 2001:db8:100::/48\n"

static const char *const policies[] = {
	EDGES FEATURES "commit\n",
	EDGES FEATURES GROUPS "option ports strict\ncommit\n",
	EDGES FEATURES GROUPS "option rtp-outbound source\noption scope address\ncommit\n",
	EDGES FEATURES "option rtp-outbound destination\nport rtp 40000-40100\ncommit\n",
	EDGES FEATURES "block 198.51.100.64/26 2001:db8:100::/49\n"
		"allow web external in tcp 8443 from any to access\ncommit\n",
	EDGES FEATURES "block 10.45.16.30 0.0.0.0/1\ncommit\n",
	/* Of a prefix, to its last bit. */
	EDGES FEATURES "peer front-end 192.168.10.7 2001:db8:10::5\n"
		"allow web external in tcp 8443 from 198.51.100.0/26 to access\n"
		"allow web6 external in tcp 8443 from 2001:db8:100::/113 to access\ncommit\n",
	/* What a row does not take because of its group, a later one takes from anybody. */
	EDGES FEATURES GROUPS "allow sip external in tcp 5061 from any to access\n"
		"allow media external out udp 3478 from av to any\ncommit\n",
	"edge internal 172.25.33.10\nfeature av\nallow all external out udp 1-65535 from any to any\n"
		"commit\n",
	"commit\n",
};

static const u32 addrs4[] = {
	0x0a2d100a, 0x0a2d1014, 0x0a2d101e, 0xac19210a, 0xc0a80a07, 0xc6336407, 0xc6336447,
	0xc63364ff, 0x08080808, 0, 0xffffffff,
};

static const char *const addrs6[] = {
	"2001:db8:16::10", "2001:db8:16::30", "2001:db8:33::10", "2001:db8:10::5",
	"2001:db8:10::7", "2001:db8:100::1", "2001:db8:100::8001", "2001:db8:100:ffff::1",
	"2001:4860::8888", "::", "fe80::1",
};

static const u16 ports[] = {
	0, 53, 80, 443, 3478, 4443, 5061, 5062, 5269, 8057, 8443, 23456, 40000, 40100, 40101,
	49999, 50000, 50001, 59999, 60000, 65535,
};

static u16 random_port(void)
{
	return ports[random_below(ARRAY_SIZE(ports))];
}

static void put(struct bytes *b, const void *data, u32 len)
{
	memcpy(b->data + b->len, data, len);
	b->len += len;
}

static void put_ipv4(struct bytes *b, u8 protocol, u32 payload)
{
	struct iphdr ip = {
		.version = 4,
		.ihl = 5,
		.tot_len = htons(sizeof(ip) + payload),
		.frag_off = htons(0x4000),
		.ttl = 64,
		.protocol = protocol,
		.saddr = htonl(addrs4[random_below(ARRAY_SIZE(addrs4))]),
		.daddr = htonl(addrs4[random_below(ARRAY_SIZE(addrs4))]),
	};

	put(b, &ip, sizeof(ip));
}

static void put_ipv6(struct bytes *b, u8 protocol, u32 payload)
{
	struct ipv6hdr ip = {
		.version = 6,
		.payload_len = htons(payload),
		.nexthdr = protocol,
		.hop_limit = 64,
	};

	inet_pton(AF_INET6, addrs6[random_below(ARRAY_SIZE(addrs6))], &ip.saddr);
	inet_pton(AF_INET6, addrs6[random_below(ARRAY_SIZE(addrs6))], &ip.daddr);
	put(b, &ip, sizeof(ip));
}

static void put_tcp(struct bytes *b)
{
	struct tcphdr tcp = {
		.source = htons(random_port()),
		.dest = htons(random_port()),
		.doff = 5 + random_below(2),
		.syn = 1,
		.ack = one_in(2),
		.rst = one_in(8),
	};
	static const u8 option[4] = { 2, 4, 5, 180 };

	put(b, &tcp, sizeof(tcp));
	put(b, option, sizeof(option));
}

static void put_udp(struct bytes *b, u32 payload)
{
	struct udphdr udp = {
		.source = htons(random_port()),
		.dest = htons(random_port()),
		.len = htons(sizeof(udp) + payload),
	};
	static const u8 zeros[16];

	put(b, &udp, sizeof(udp));
	put(b, zeros, payload);
}

static void make_packet(struct bytes *b, u8 family)
{
	bool tcp = one_in(2);
	u8 protocol = tcp ? IPPROTO_TCP : IPPROTO_UDP;
	u32 payload = tcp ? 24 : 8 + 16;

	b->len = 0;
	if (family == LE_IPV4)
		put_ipv4(b, protocol, payload);
	else
		put_ipv6(b, protocol, payload);
	if (tcp)
		put_tcp(b);
	else
		put_udp(b, payload - 8);
}

/* Bits turned over in the headers, bytes cut off or added at the end. */
static void spoil(struct bytes *b)
{
	u32 i, nr = random_below(3);

	for (i = 0; i < nr; i++)
		b->data[random_below(b->len)] ^= 1 << random_below(8);
	if (one_in(3))
		b->len = random_below(b->len + 1);
	else if (one_in(3))
		b->len += random_below(8);
}

/* The length in the IP header is mended, so that what is wrong inside is come to. */
static void mend(struct bytes *b, u8 family)
{
	if (family == LE_IPV4 && b->len >= sizeof(struct iphdr))
		((struct iphdr *)b->data)->tot_len = htons(b->len);
	if (family == LE_IPV6 && b->len >= sizeof(struct ipv6hdr))
		((struct ipv6hdr *)b->data)->payload_len =
			htons(b->len - sizeof(struct ipv6hdr));
}

/* Whether the fast path decided. */
static bool agree(const struct le_table *t, const struct bytes *b, u8 family, u8 crossing,
		  u8 track, bool deep)
{
	/* On the heap, so that a byte read too far is seen. */
	u8 *copy = malloc(b->len + 1);
	struct sk_buff skb = { .data = copy, .len = b->len };
	int got, want;

	memcpy(copy, b->data, b->len);
	copy = realloc(copy, b->len ? b->len : 1);
	skb.data = copy;
	got = ways_fast(t, &skb, family, crossing, track, deep);
	want = ways_slow(t, &skb, family, crossing, track);
	if (got != WAYS_UNDECIDED && got != want)
		FAIL("IPv%d, crossing %u, track %u: got %d, want %d", family == LE_IPV4 ? 4 : 6,
		     crossing, track, got, want);
	free(copy);
	return got != WAYS_UNDECIDED;
}

static struct le_table *compile(const char *text, size_t len, struct le_policy **policy)
{
	struct le_table *table;
	struct le_error error;

	*policy = NULL;
	if (le_policy_parse(text, len, policy, &error)) {
		FAIL("line %u: %s", error.line, error.message);
		return NULL;
	}
	table = le_table_compile(*policy);
	CHECK(table);
	return table;
}

static void compare(const struct le_table *table, bool spoiled, u32 *decided)
{
	static const u8 tracks[] = { LE_TRACK_NONE, LE_TRACK_ORIGINAL, LE_TRACK_REPLY,
				     LE_TRACK_INVALID };
	u32 i;

	*decided = 0;
	for (i = 0; i < PACKETS / ARRAY_SIZE(policies); i++) {
		u8 family = one_in(2) ? LE_IPV4 : LE_IPV6;
		u8 track = tracks[random_below(spoiled ? 4 : 3)];
		struct bytes b = { .len = 0 };

		make_packet(&b, family);
		if (spoiled) {
			spoil(&b);
			mend(&b, family);
		}
		if (!ways_is_forwarded(b.data, b.len, family))
			continue;
		*decided += agree(table, &b, family, random_below(LE_NR_CROSSINGS), track, true);
		agree(table, &b, family, random_below(LE_NR_CROSSINGS), track, false);
	}
}

static void decides_alike(void)
{
	u32 i, decided;

	for (i = 0; i < ARRAY_SIZE(policies); i++) {
		struct le_policy *policy;
		struct le_table *table = compile(policies[i], strlen(policies[i]), &policy);

		if (!table)
			continue;
		compare(table, true, &decided);
		compare(table, false, &decided);
		/* What is left to the long way is what is no edge's. */
		if (table->scope_address)
			CHECK(decided > PACKETS / ARRAY_SIZE(policies) / 4);
		else
			CHECK_INT(decided, PACKETS / ARRAY_SIZE(policies));
		le_table_free(table);
		le_policy_free(policy);
	}
}

/* More nodes than are stored plainly; more rows than word 0 holds. */
static void decides_alike_among_many(void)
{
	size_t room = 1 << 20, len = 0;
	struct le_policy *policy;
	struct le_table *table;
	char *text = malloc(room);
	u32 i, decided;

	len += scnprintf(text + len, room - len, "%s%s", EDGES, FEATURES);
	for (i = 0; i < 2000; i++)
		len += scnprintf(text + len, room - len,
				 "peer federation-partner %u.%u.%u.0/25 2001:db8:%x:%x::/64\n",
				 100 + i % 100, i / 100, i % 256, 0x100 + i, i);
	/* A hundred that no packet of ours is for, then such as some are for. */
	for (i = 0; i < 200; i++)
		len += scnprintf(text + len, room - len,
				 "allow row%u external %s %s %u from %s to %s\n", i,
				 i % 2 ? "in" : "out", i % 4 / 2 ? "tcp" : "udp",
				 i < 100 ? 8443 + i : ports[1 + i / 4 % 10],
				 i % 2 ? "any" : "av", i % 2 ? "av" : "198.51.100.0/24");
	len += scnprintf(text + len, room - len, "block 198.51.100.64/26\ncommit\n");
	table = compile(text, len, &policy);
	free(text);
	if (!table)
		return;
	CHECK(table->addrs.nr_nodes4 > LE_MAX_PLAIN_NODES);
	CHECK(table->wide.nr_words);
	compare(table, true, &decided);
	compare(table, false, &decided);
	CHECK_INT(decided, PACKETS / ARRAY_SIZE(policies));
	le_table_free(table);
	le_policy_free(policy);
}

/* Hosts that are found in the near table have the bitmaps of the class that they are of. */
static void near_is_class(void)
{
	struct le_policy *policy;
	struct le_table *table;
	char text[8192];
	u32 i, len = 0, found = 0;

	for (i = 0; i < 120; i++)
		len += scnprintf(text + len, sizeof(text) - len,
				 "edge av 10.%u.7.%u 2001:db8::%x\n", i % 5, i, i);
	len += scnprintf(text + len, sizeof(text) - len, "feature av\ncommit\n");
	table = compile(text, len, &policy);
	if (!table)
		return;
	for (i = 0; i < 1 << 20; i++) {
		__be32 addr = htonl(0x0a000000 | i);
		u32 class = le_addr_class4(&table->addrs, (const u8 *)&addr);
		const u64 *ends;

		if (!le_addr_near4(&table->addrs, (const u8 *)&addr, &ends))
			continue;
		found++;
		if (memcmp(ends, table->ends + class, 2 * sizeof(*ends)))
			FAIL("another class for 10.%u.%u.%u", i >> 16, i >> 8 & 255, i & 255);
	}
	/* A few of so many may have lost their place to another. */
	CHECK(found > 100 && found <= 120);
	le_table_free(table);
	le_policy_free(policy);
}

/* With "scope address" every edge's packets are judged, also those of one that lost its place. */
static void every_edge_is_in_scope(void)
{
	const u32 nr = 250;
	struct bytes b = { .len = 0 };
	struct le_policy *policy;
	struct le_table *table;
	struct sk_buff skb;
	char text[16384];
	u32 i, len = 0, lost = 0;

	for (i = 0; i < nr; i++)
		len += scnprintf(text + len, sizeof(text) - len, "edge av 10.%u.%u.%u\n",
				 i * i * i % 251, i * i % 253, i);
	len += scnprintf(text + len, sizeof(text) - len,
			 "feature av\noption scope address\ncommit\n");
	table = compile(text, len, &policy);
	if (!table)
		return;
	put_ipv4(&b, IPPROTO_UDP, 24);
	put_udp(&b, 16);
	skb = (struct sk_buff){ .data = b.data, .len = b.len };
	for (i = 0; i < nr + 1; i++) {
		struct le_fast f = { .lane = LE_NAMED };

		((struct iphdr *)b.data)->daddr =
			htonl(10 << 24 | i * i * i % 251 << 16 | i * i % 253 << 8 | i);
		lost += i < nr && !le_fast_near(table, &skb, LE_IPV4, LE_IN, &f);
		CHECK_INT(le_fast_near_deep(table, &skb, LE_IPV4, LE_IN, &f), i < nr);
	}
	CHECK(lost);
	le_table_free(table);
	le_policy_free(policy);
}

static const struct unit_test tests[] = {
	UNIT_TEST(decides_alike),
	UNIT_TEST(decides_alike_among_many),
	UNIT_TEST(near_is_class),
	UNIT_TEST(every_edge_is_in_scope),
};

int main(void)
{
	return unit_main(tests, ARRAY_SIZE(tests));
}
