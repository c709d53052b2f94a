// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lookups among many prefixes, against ways to know the answer that share nothing with the table:
 * for some prefixes, asking each of them; for a million, counting at each address of the sorted
 * starts and ends how many of each group are open. Every prefix is looked up at both of its ends
 * and just outside either; then somewhere in each stretch between two ends. Prefixes come from
 * policies, so that what is tested is all the way from their text to an address's class; what the
 * compiler cannot be made to produce is built from spans. Not in here: ports and rows
 * (lyncedge_rules_kunit.c).
 */
#include "lyncedge_kunit.h"
#include "random.h"

/*
 * One row of its own for each group, so that the class of an address says of which groups it is a
 * member: term n of the table is row n, and its "from" bit is membership of group n. Edges and the
 * block list show in the flags; here they are two more members of the set.
 */
#define MEMBER_EDGE BIT(LE_NR_GROUPS)
#define MEMBER_BLOCK BIT(LE_NR_GROUPS + 1)

/* Tags to give to prefixes: all groups, and the block list. */
#define NR_LISTS (LE_NR_GROUPS + 1)

static unsigned int tag_of_list(unsigned int list)
{
	return list < LE_NR_GROUPS ? LE_TAG_GROUP + list : LE_TAG_BLOCK;
}

static u32 member_of_tag(unsigned int tag)
{
	if (tag < LE_TAG_GROUP)
		return MEMBER_EDGE;
	return tag < LE_TAG_BLOCK ? BIT(tag - LE_TAG_GROUP) : MEMBER_BLOCK;
}

/* Prefixes, tagged with what they are written into. */
struct set {
	struct kunit *test;
	struct le_prefix *list;
	u32 nr;
	u32 room;
	u32 groups;
	u64 points;
};

static struct set new_set(struct kunit *test, u32 room)
{
	struct set set = { .test = test, .room = room };

	set.list = kvcalloc(room, sizeof(*set.list), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, set.list);
	return set;
}

static void free_set(struct set *set)
{
	kvfree(set->list);
}

static struct le_prefix *add_prefix(struct set *set, const union le_addr *addr, u8 family, u8 len,
				    unsigned int tag)
{
	struct le_prefix *prefix = &set->list[set->nr];

	KUNIT_ASSERT_LT(set->test, set->nr, set->room);
	*prefix = (struct le_prefix){ .addr = *addr, .family = family, .len = len, .tag = tag };
	le_prefix_clear_host_bits(prefix);
	if (tag >= LE_TAG_GROUP && tag < LE_TAG_BLOCK)
		set->groups |= BIT(tag - LE_TAG_GROUP);
	set->nr++;
	return prefix;
}

static union le_addr addr4(u32 host_order)
{
	union le_addr addr = { .word = { 0 } };

	addr.v4 = htonl(host_order);
	return addr;
}

static union le_addr addr6(u64 hi, u64 lo)
{
	union le_addr addr;

	addr.word[0] = htonl(hi >> 32);
	addr.word[1] = htonl(hi);
	addr.word[2] = htonl(lo >> 32);
	addr.word[3] = htonl(lo);
	return addr;
}

static union le_addr parse_addr(struct kunit *test, const char *text, u8 *family)
{
	union le_addr addr;

	KUNIT_ASSERT_TRUE_MSG(test, le_addr_parse(text, strlen(text), &addr, family), "%s", text);
	return addr;
}

/* "10.0.0.0" and 8, into a list. */
static void add_texts(struct set *set, const char *text, u8 len, unsigned int tag)
{
	u8 family;
	union le_addr addr = parse_addr(set->test, text, &family);

	add_prefix(set, &addr, family, len, tag);
}

static struct le_table *compile_set(const struct set *set)
{
	struct text text = new_text(set->test, 4096 + set->nr * 80UL);
	struct le_table *table;
	char buf[LE_PREFIX_TEXT];
	unsigned int i;

	/* Outward, so that the source is near: of a far address that is blocked no row is told. */
	for (i = 0; i < LE_NR_GROUPS; i++)
		add_text(&text, "allow g%u external out tcp 1 from %s to any\n", i,
			 le_group_names[i]);
	for (i = 0; i < set->nr; i++) {
		const struct le_prefix *prefix = &set->list[i];

		le_prefix_format(buf, sizeof(buf), prefix);
		if (prefix->tag < LE_TAG_GROUP)
			add_text(&text, "edge %s %s\n", le_edge_names[prefix->tag], buf);
		else if (prefix->tag == LE_TAG_BLOCK)
			add_text(&text, "block %s\n", buf);
		else
			add_text(&text, "peer %s %s\n", le_tag_name(prefix->tag), buf);
		if (i % 4096 == 0)
			cond_resched();
	}
	add_text(&text, "commit\n");
	table = must_compile(set->test, text.buf, text.len);
	free_text(&text);
	return table;
}

/* A group that is not defined is anybody, and not asked about. */
static u32 members_at(const struct set *set, const struct le_table *table,
		      const union le_addr *addr, u8 family)
{
	u32 class = le_addr_class(&table->addrs, addr, family);
	u8 flags = le_addr_flags(table, class);

	return (le_from(table, class) & set->groups) |
	       (flags & LE_ADDR_EDGE ? MEMBER_EDGE : 0) |
	       (flags & LE_ADDR_BLOCKED ? MEMBER_BLOCK : 0);
}

static void expect_members(struct set *set, const struct le_table *table,
			   const union le_addr *addr, u8 family, u32 want)
{
	u32 got = members_at(set, table, addr, family);
	char buf[LE_PREFIX_TEXT];

	set->points++;
	if (likely(got == want))
		return;
	le_addr_format(buf, sizeof(buf), addr, family);
	KUNIT_FAIL(set->test, "%s is a member of %x, not %x", buf, got, want);
}

/* Whole bytes, then the bits of the one that the prefix ends in. */
static bool holds(const struct le_prefix *prefix, const union le_addr *addr, u8 family)
{
	unsigned int bytes = prefix->len / 8, bits = prefix->len % 8;

	if (prefix->family != family || memcmp(&prefix->addr, addr, bytes))
		return false;
	return !bits || !((prefix->addr.byte[bytes] ^ addr->byte[bytes]) >> (8 - bits));
}

static u32 ask_each(const struct set *set, const union le_addr *addr, u8 family)
{
	u32 members = 0, i;

	for (i = 0; i < set->nr; i++)
		if (holds(&set->list[i], addr, family))
			members |= member_of_tag(set->list[i].tag);
	return members;
}

static union le_addr last_of(const struct le_prefix *prefix)
{
	union le_addr addr = prefix->addr;
	unsigned int bit;

	for (bit = prefix->len; bit < le_addr_bits(prefix->family); bit++)
		addr.byte[bit / 8] |= 0x80 >> bit % 8;
	return addr;
}

/* The address before or behind; false where the address space ends. */
static bool step(union le_addr *addr, u8 family, int by)
{
	int i = le_addr_bits(family) / 8 - 1;
	u8 wraps = by > 0 ? 0 : 0xff;

	for (; i >= 0; i--) {
		addr->byte[i] += by;
		if (addr->byte[i] != wraps)
			return true;
	}
	return false;
}

static void ask_at(struct set *set, const struct le_table *table, union le_addr addr, u8 family)
{
	expect_members(set, table, &addr, family, ask_each(set, &addr, family));
}

/* For sets that are small enough to ask each prefix at each point. */
static void check_small(struct set *set)
{
	static const u64 corners[] = { 0, ~0ULL };
	struct le_table *table = compile_set(set);
	u32 i;

	for (i = 0; i < set->nr; i++) {
		const struct le_prefix *prefix = &set->list[i];
		union le_addr first = prefix->addr, last = last_of(prefix);
		u8 family = prefix->family;

		ask_at(set, table, first, family);
		ask_at(set, table, last, family);
		if (step(&first, family, -1))
			ask_at(set, table, first, family);
		if (step(&last, family, 1))
			ask_at(set, table, last, family);
	}
	for (i = 0; i < ARRAY_SIZE(corners); i++) {
		ask_at(set, table, addr4(corners[i]), LE_IPV4);
		ask_at(set, table, addr6(corners[i], corners[i]), LE_IPV6);
	}
	le_table_free(table);
}

/*
 * For large sets. Where prefixes begin and where they have ended are events; between two of them
 * membership is the same everywhere, and it is whatever has begun and not ended. No nesting is
 * supposed, nor used.
 */
struct event {
	struct le_key at;
	u16 tag;
	bool begins;
};

/* By one byte of the key at a time, the last first: no comparison of keys is needed. */
static void sort_events(struct event **events, struct event **spare, u32 nr, unsigned int bytes)
{
	unsigned int byte;

	for (byte = 0; byte < bytes; byte++) {
		u32 starts[257] = { 0 }, i;
		struct event *swap;

		for (i = 0; i < nr; i++) {
			const struct le_key *at = &(*events)[i].at;
			u64 word = byte < 8 ? at->lo : at->hi;

			starts[(word >> byte % 8 * 8 & 0xff) + 1]++;
		}
		for (i = 1; i < 256; i++)
			starts[i] += starts[i - 1];
		for (i = 0; i < nr; i++) {
			const struct le_key *at = &(*events)[i].at;
			u64 word = byte < 8 ? at->lo : at->hi;

			(*spare)[starts[word >> byte % 8 * 8 & 0xff]++] = (*events)[i];
		}
		swap = *events;
		*events = *spare;
		*spare = swap;
		cond_resched();
	}
}

static union le_addr addr_of_key(const struct le_key *key, u8 family)
{
	return family == LE_IPV4 ? addr4(key->lo) : addr6(key->hi, key->lo);
}

static struct le_key key_of_addr(const union le_addr *addr, u8 family)
{
	struct le_key key = { 0 };

	if (family == LE_IPV4) {
		key.lo = ntohl(addr->v4);
		return key;
	}
	key.hi = (u64)ntohl(addr->word[0]) << 32 | ntohl(addr->word[1]);
	key.lo = (u64)ntohl(addr->word[2]) << 32 | ntohl(addr->word[3]);
	return key;
}

/* The prefix ends before the event; one that ends with its address space has none. */
static u32 list_events(const struct set *set, u8 family, struct event *events)
{
	u32 nr = 0, i;

	for (i = 0; i < set->nr; i++) {
		const struct le_prefix *prefix = &set->list[i];
		union le_addr behind;

		if (prefix->family != family)
			continue;
		events[nr].at = key_of_addr(&prefix->addr, family);
		events[nr].tag = prefix->tag;
		events[nr++].begins = true;
		behind = last_of(prefix);
		if (!step(&behind, family, 1))
			continue;
		events[nr].at = key_of_addr(&behind, family);
		events[nr].tag = prefix->tag;
		events[nr++].begins = false;
	}
	return nr;
}

/* Somewhere in a stretch: at least one address is in it. */
static struct le_key between(const struct le_key *first, const struct le_key *behind)
{
	u64 room = behind->hi == first->hi ? behind->lo - first->lo : ~first->lo;
	struct le_key key = *first;

	key.lo += room ? random64() % room : 0;
	return key;
}

static void check_events(struct set *set, const struct le_table *table, u8 family,
			 const struct event *events, u32 nr)
{
	u32 open[LE_NR_TAGS] = { 0 }, members = 0, i = 0;

	while (i < nr) {
		struct le_key at = events[i].at, inside;
		union le_addr addr = addr_of_key(&at, family), before = addr;

		if (step(&before, family, -1))
			expect_members(set, table, &before, family, members);
		for (; i < nr && events[i].at.hi == at.hi && events[i].at.lo == at.lo; i++) {
			unsigned int tag = events[i].tag;

			open[tag] += events[i].begins ? 1 : -1;
			if (open[tag])
				members |= member_of_tag(tag);
			else
				members &= ~member_of_tag(tag);
		}
		expect_members(set, table, &addr, family, members);
		if (i == nr)
			break;
		inside = between(&at, &events[i].at);
		addr = addr_of_key(&inside, family);
		expect_members(set, table, &addr, family, members);
		if (i % 1024 == 0)
			cond_resched();
	}
}

static void check_large(struct set *set)
{
	struct le_table *table = compile_set(set);
	struct event *events = kvcalloc(2UL * set->nr, sizeof(*events), GFP_KERNEL);
	struct event *spare = kvcalloc(2UL * set->nr, sizeof(*spare), GFP_KERNEL);
	u8 family;

	KUNIT_ASSERT_NOT_NULL(set->test, events);
	KUNIT_ASSERT_NOT_NULL(set->test, spare);
	for (family = LE_IPV4; family <= LE_IPV6; family++) {
		u32 nr = list_events(set, family, events);

		sort_events(&events, &spare, nr, le_addr_bits(family) / 8);
		check_events(set, table, family, events, nr);
	}
	kvfree(events);
	kvfree(spare);
	le_table_free(table);
}

static void report(const struct set *set)
{
	kunit_info(set->test, "%llu points compared\n", set->points);
}

/* One prefix, of every length, at both ends of the address space and in its midst. */
static void every_length(struct kunit *test)
{
	static const char *const addrs[] = {
		"0.0.0.0", "255.255.255.255", "10.45.16.30", "85.85.85.85", "170.170.170.170",
		"127.255.255.255", "128.0.0.0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		"2001:db8:16::30", "5555:5555:5555:5555:5555:5555:5555:5555",
		"0:0:0:0:ffff:ffff:ffff:ffff", "0:0:0:1::",
		"aaaa:aaaa:aaaa:aaaa:aaaa:aaaa:aaaa:aaaa",
	};
	struct set set = new_set(test, 1);
	unsigned int i, len;

	for (i = 0; i < ARRAY_SIZE(addrs); i++) {
		u8 family;
		union le_addr addr = parse_addr(test, addrs[i], &family);

		for (len = 0; len <= le_addr_bits(family); len++) {
			set.nr = 0;
			set.groups = 0;
			add_prefix(&set, &addr, family, len, tag_of_list((len + i) % NR_LISTS));
			check_small(&set);
		}
	}
	report(&set);
	free_set(&set);
}

/*
 * A prefix of every length around one address: 33 of IPv4, 129 of IPv6. An address is in all that
 * are around it, so a list shows at the first length that it has: those that differ from the first
 * begin at another length in each round.
 */
static void nested(struct kunit *test)
{
	static const char *const addrs[] = {
		"0.0.0.0", "255.255.255.255", "10.45.16.30", "170.170.170.170", "85.85.85.85", "::",
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8:16::30",
		"aaaa:aaaa:aaaa:aaaa:aaaa:aaaa:aaaa:aaaa",
		"5555:5555:5555:5555:5555:5555:5555:5555",
	};
	struct set set = new_set(test, 4096);
	unsigned int i, len, first;

	for (first = 0; first <= 128; first += NR_LISTS - 1) {
		set.nr = 0;
		set.groups = 0;
		for (i = 0; i < ARRAY_SIZE(addrs); i++) {
			u8 family;
			union le_addr addr = parse_addr(test, addrs[i], &family);

			for (len = 0; len <= le_addr_bits(family); len++) {
				bool own = len >= first && len - first < NR_LISTS - 1;

				add_prefix(&set, &addr, family, len,
					   tag_of_list(own ? 1 + len - first : 0));
			}
		}
		check_small(&set);
	}
	report(&set);
	free_set(&set);
}

/*
 * The same with a class of its own for each length: site rows from each prefix, the longest first,
 * so that the row that takes an address is the longest prefix that holds it.
 */
static void longest_prefix(struct kunit *test, const char *text)
{
	struct text policy = new_text(test, 1 << 15);
	struct le_packet packet = { .kind = LE_KIND_PORTS, .track = LE_TRACK_ORIGINAL };
	struct le_flow *flow = &packet.flow;
	unsigned int in = le_crossing(LE_EXTERNAL, LE_IN), bits, differs, round, bit;
	struct le_table *table;
	u8 family;
	union le_addr addr = parse_addr(test, text, &family);
	int len;

	bits = le_addr_bits(family);
	for (len = bits; len >= 0; len--) {
		struct le_prefix prefix = { .addr = addr, .family = family, .len = len };
		char buf[LE_PREFIX_TEXT];

		le_prefix_clear_host_bits(&prefix);
		le_prefix_format(buf, sizeof(buf), &prefix);
		add_text(&policy, "allow n%d external in tcp 1 from %s to any\n", len, buf);
	}
	add_text(&policy, "commit\n");
	table = must_compile(test, policy.buf, policy.len);
	free_text(&policy);
	flow->family = family;
	flow->protocol = IPPROTO_TCP;
	flow->dport = 1;
	/* An address that differs in bit n, and maybe in those behind it, shares n bits. */
	for (differs = 0; differs <= bits; differs++) {
		for (round = 0; round < 8; round++) {
			flow->src = addr;
			for (bit = differs; bit < bits; bit++)
				if (bit == differs || (round && one_in(2)))
					flow->src.byte[bit / 8] ^= 0x80 >> bit % 8;
			KUNIT_EXPECT_EQ_MSG(test, le_judge(table, in, &packet),
					    (int)(LE_NR_ROWS + bits - differs), "%s, %u bits", text,
					    differs);
		}
	}
	le_table_free(table);
}

static void longest_prefixes(struct kunit *test)
{
	longest_prefix(test, "0.0.0.0");
	longest_prefix(test, "255.255.255.255");
	longest_prefix(test, "10.45.16.30");
	longest_prefix(test, "::");
	longest_prefix(test, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	longest_prefix(test, "2001:db8:5555:aaaa:5555:aaaa:8000:1");
}

/* Neighbours: of one list and of two, over borders of words, nodes and the address space. */
static void adjacent(struct kunit *test)
{
	struct set set = new_set(test, 1024);
	unsigned int i;

	add_texts(&set, "0.0.0.0", 1, tag_of_list(0));
	add_texts(&set, "128.0.0.0", 1, tag_of_list(0));
	add_texts(&set, "0.0.0.0", 1, tag_of_list(1));
	add_texts(&set, "128.0.0.0", 2, tag_of_list(1));
	add_texts(&set, "192.0.0.0", 2, tag_of_list(2));
	add_texts(&set, "255.255.255.255", 32, tag_of_list(3));
	add_texts(&set, "255.255.255.254", 32, tag_of_list(4));
	add_texts(&set, "0.0.0.0", 32, tag_of_list(3));
	add_texts(&set, "10.0.255.255", 32, tag_of_list(5));
	add_texts(&set, "10.1.0.0", 32, tag_of_list(5));
	add_texts(&set, "10.1.0.255", 32, tag_of_list(6));
	add_texts(&set, "10.1.1.0", 24, tag_of_list(7));
	add_texts(&set, "10.45.16.10", 32, LE_TAG_EDGE + LE_EDGE_ACCESS);
	add_texts(&set, "10.45.16.11", 32, LE_TAG_EDGE + LE_EDGE_AV);
	add_texts(&set, "10.45.16.11", 32, LE_TAG_EDGE + LE_EDGE_WEBCONF);
	add_texts(&set, "10.45.16.12", 32, LE_TAG_BLOCK);
	add_texts(&set, "::", 1, tag_of_list(8));
	add_texts(&set, "8000::", 1, tag_of_list(8));
	add_texts(&set, "2001:db8::ffff:ffff:ffff:ffff", 128, tag_of_list(9));
	add_texts(&set, "2001:db8:0:1::", 64, tag_of_list(9));
	add_texts(&set, "2001:db8:0:2::", 128, tag_of_list(9));
	add_texts(&set, "2001:db8:0:2::1", 128, tag_of_list(10));
	add_texts(&set, "2001:db8:0:2::2", 128, LE_TAG_EDGE + LE_EDGE_INTERNAL);
	add_texts(&set, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 128, tag_of_list(11));
	add_texts(&set, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe", 128, LE_TAG_BLOCK);
	add_texts(&set, "::", 128, tag_of_list(12));
	for (i = 0; i < 256; i++) {
		union le_addr addr = addr4(0xac100000 | i << 8);

		add_prefix(&set, &addr, LE_IPV4, 24, tag_of_list(i % NR_LISTS));
	}
	check_small(&set);
	check_large(&set);
	report(&set);
	free_set(&set);
}

/* All of the address space, alone, in several lists, and with others inside it. */
static void whole_space(struct kunit *test)
{
	struct set set = new_set(test, 8);

	add_texts(&set, "0.0.0.0", 0, tag_of_list(0));
	check_small(&set);
	add_texts(&set, "::", 0, LE_TAG_BLOCK);
	check_small(&set);
	add_texts(&set, "0.0.0.0", 0, tag_of_list(1));
	add_texts(&set, "::", 0, tag_of_list(1));
	check_small(&set);
	add_texts(&set, "255.255.255.255", 32, tag_of_list(2));
	add_texts(&set, "0.0.0.0", 32, tag_of_list(3));
	add_texts(&set, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 128, tag_of_list(2));
	add_texts(&set, "::", 128, tag_of_list(3));
	check_small(&set);
	check_large(&set);
	report(&set);
	free_set(&set);
}

/* All 65,536 hosts of a network. */
static void all_hosts(struct kunit *test)
{
	struct set set = new_set(test, 4 * 65536);
	u32 i;

	for (i = 0; i < 65536; i++) {
		union le_addr v4 = addr4(0x0a2d0000 | i), v6 = addr6(0x20010db800000000ULL, i);

		/* Neighbours are in different lists; every second one is in a list by itself. */
		add_prefix(&set, &v4, LE_IPV4, 32, tag_of_list(i % 13));
		add_prefix(&set, &v6, LE_IPV6, 128, tag_of_list(i % 13));
		if (i % 2)
			add_prefix(&set, &v4, LE_IPV4, 32, LE_TAG_BLOCK);
	}
	check_large(&set);
	report(&set);
	free_set(&set);
}

/* The same in one list, whose neighbours are one; and every second of them, which are not. */
static void all_hosts_alike(struct kunit *test)
{
	struct set set = new_set(test, 3 * 65536);
	u32 i;

	for (i = 0; i < 65536; i++) {
		union le_addr v4 = addr4(0x0a2d0000 | i), other = addr4(0x0a2e0000 | i);

		add_prefix(&set, &v4, LE_IPV4, 32, tag_of_list(0));
		if (i % 2)
			add_prefix(&set, &other, LE_IPV4, 32, tag_of_list(0));
	}
	/* A network of each block of the root: the others are whole. */
	for (i = 0; i < 65536; i++) {
		union le_addr v4 = addr4(i << 16 | (i & 255) << 8);

		add_prefix(&set, &v4, LE_IPV4, 24, tag_of_list(1));
	}
	check_large(&set);
	report(&set);
	free_set(&set);
}

/* Anywhere, or inside of, or next to, a prefix that is there already. */
static void add_random(struct set *set, u8 family)
{
	unsigned int bits = le_addr_bits(family), shortest = family == LE_IPV4 ? 6 : 12, len;
	union le_addr addr = addr6(random64(), random64());

	if (family == LE_IPV4)
		addr = addr4(random64());
	len = shortest + random_below(bits - shortest + 1);
	if (set->nr && !one_in(3)) {
		const struct le_prefix *other = &set->list[random_below(set->nr)];

		if (other->family == family) {
			unsigned int bit, keep = other->len;

			for (bit = 0; bit < keep; bit++) {
				addr.byte[bit / 8] &= ~(0x80 >> bit % 8);
				addr.byte[bit / 8] |= other->addr.byte[bit / 8] & 0x80 >> bit % 8;
			}
			if (one_in(4))
				len = keep;
			else
				len = keep + random_below(bits - keep + 1);
			if (one_in(4) && len == keep)
				addr.byte[(len - 1) / 8] ^= 0x80 >> (len - 1) % 8;
		}
	}
	add_prefix(set, &addr, family, len, tag_of_list(random_below(NR_LISTS)));
}

static void random_prefixes(struct kunit *test)
{
	struct set set = new_set(test, 200);
	unsigned int round;

	for (round = 0; round < 200; round++) {
		set.nr = 0;
		set.groups = 0;
		do {
			add_random(&set, one_in(2) ? LE_IPV4 : LE_IPV6);
		} while (set.nr < 200 && !one_in(100));
		check_small(&set);
		check_large(&set);
	}
	report(&set);
	free_set(&set);
}

#define MILLION 1000000

struct million {
	const char *name;
	unsigned int v6_in_100;
};

static const struct million millions[] = {
	{ "IPv4", 0 },
	{ "IPv6", 100 },
	{ "both", 50 },
};

static void million_name(const struct million *m, char *name)
{
	strscpy(name, m->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(million, millions, million_name);

static void a_million_prefixes(struct kunit *test)
{
	const struct million *m = test->param_value;
	struct set set = new_set(test, MILLION);

	while (set.nr < MILLION) {
		add_random(&set, random_below(100) < m->v6_in_100 ? LE_IPV6 : LE_IPV4);
		if (set.nr % 4096 == 0)
			cond_resched();
	}
	check_large(&set);
	report(&set);
	free_set(&set);
}

/*
 * Spans as they come, with a class of its own for each: the table has to find the very span, where
 * policies would do with one of the same class.
 */
struct cut {
	struct kunit *test;
	struct le_span *spans[2];
	u32 nr[2];
	u32 room;
	u64 points;
};

static struct cut new_cut(struct kunit *test, u32 room)
{
	struct cut cut = { .test = test, .room = room };
	u8 family;

	for (family = LE_IPV4; family <= LE_IPV6; family++) {
		cut.spans[family] = kvcalloc(room, sizeof(struct le_span), GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, cut.spans[family]);
	}
	return cut;
}

static void free_cut(struct cut *cut)
{
	kvfree(cut->spans[LE_IPV4]);
	kvfree(cut->spans[LE_IPV6]);
}

/* The multiplier is odd: no two of 2^31 spans are of one class. */
static void cut_at(struct cut *cut, u8 family, u64 hi, u64 lo)
{
	u32 i = cut->nr[family]++;

	KUNIT_ASSERT_LT(cut->test, i, cut->room);
	cut->spans[family][i] = (struct le_span){
		.start = { .hi = hi, .lo = lo },
		.class = (LE_MAX_CLASSES - 1 - i * 2654435761U) % LE_MAX_CLASSES,
	};
}

static void begin_cut(struct cut *cut)
{
	u8 family;

	for (family = LE_IPV4; family <= LE_IPV6; family++) {
		cut->nr[family] = 0;
		cut_at(cut, family, 0, 0);
	}
}

static void expect_class(struct cut *cut, const struct le_addr_table *table, union le_addr addr,
			 u8 family, u32 want)
{
	u32 got = le_addr_class(table, &addr, family);
	char buf[LE_PREFIX_TEXT];

	cut->points++;
	if (likely(got == want))
		return;
	le_addr_format(buf, sizeof(buf), &addr, family);
	KUNIT_FAIL(cut->test, "%s is of class %u, not %u", buf, got, want);
}

static void check_spans(struct cut *cut, const struct le_addr_table *table, u8 family)
{
	static const struct le_key top[2] = { { 0, ~0U }, { ~0ULL, ~0ULL } };
	const struct le_span *spans = cut->spans[family];
	u32 i, nr = cut->nr[family];

	for (i = 0; i < nr; i++) {
		struct le_key behind = i + 1 < nr ? spans[i + 1].start : top[family], inside;
		union le_addr addr = addr_of_key(&spans[i].start, family);

		expect_class(cut, table, addr, family, spans[i].class);
		if (step(&addr, family, -1))
			expect_class(cut, table, addr, family, spans[i - 1].class);
		inside = between(&spans[i].start, &behind);
		expect_class(cut, table, addr_of_key(&inside, family), family, spans[i].class);
		if (i % 4096 == 0)
			cond_resched();
	}
	expect_class(cut, table, addr_of_key(&top[family], family), family, spans[nr - 1].class);
}

static void check_cut(struct cut *cut)
{
	struct le_addr_table *table = kvzalloc(sizeof(*table), GFP_KERNEL);
	u8 family;

	KUNIT_ASSERT_NOT_NULL(cut->test, table);
	KUNIT_ASSERT_EQ(cut->test, le_addr_build(table, cut->spans[LE_IPV4], cut->nr[LE_IPV4],
						 cut->spans[LE_IPV6], cut->nr[LE_IPV6]), 0);
	for (family = LE_IPV4; family <= LE_IPV6; family++)
		check_spans(cut, table, family);
	le_addr_destroy(table);
	kvfree(table);
}

/* Every block of the root, of a node, of a node below a node; at the ends and in the midst. */
static void regular_spans(struct kunit *test)
{
	static const struct {
		u32 first;
		unsigned int bits;
		u32 nr;
	} shapes[] = {
		{ 0, 0, 1 }, { 0, 16, 65536 }, { 0x0a2d0000, 8, 256 }, { 0x0a2d1000, 0, 256 },
		{ 0x0a2d0000, 0, 65536 }, { 0xffff0000, 8, 256 }, { 0xffffff00, 0, 256 },
		{ 0xffff0000, 0, 65536 }, { 0, 8, 65536 }, { 0, 0, 65536 }, { 0x0a2dff80, 0, 256 },
		{ 0x0a2cfffe, 0, 4 }, { 0x0a2d0000, 7, 512 }, { 0x0a2d0000, 15, 4 },
	};
	struct cut cut = new_cut(test, 65538);
	unsigned int i;
	u32 n;

	for (i = 0; i < ARRAY_SIZE(shapes); i++) {
		begin_cut(&cut);
		for (n = shapes[i].first ? 0 : 1; n < shapes[i].nr; n++) {
			u64 at = shapes[i].first + ((u64)n << shapes[i].bits);

			cut_at(&cut, LE_IPV4, 0, at);
			/* Both halves of the address count on, so that the lower one wraps. */
			cut_at(&cut, LE_IPV6, at, at << 32 | at);
		}
		check_cut(&cut);
	}
	kunit_info(test, "%llu points compared\n", cut.points);
	free_cut(&cut);
}

/* Steps that hit and miss the borders of blocks by one, from a random place on. */
static void irregular_spans(struct kunit *test)
{
	static const u64 steps[] = {
		1, 2, 255, 256, 257, 65535, 65536, 65537, 1 << 24, 0xffffffff, 1ULL << 32,
		1ULL << 63, ~0ULL,
	};
	struct cut cut = new_cut(test, 4096);
	unsigned int round, i, reach;

	for (round = 0; round < 100; round++) {
		u64 at = one_in(2) ? random64() >> 32 & ~0xffU : 1 + random_below(256);
		u64 hi = one_in(2) ? random64() : 0, lo = random64(), by;

		begin_cut(&cut);
		reach = 1 + random_below(9);
		for (i = 0; i < 4000 && at && at <= ~0U; i++) {
			cut_at(&cut, LE_IPV4, 0, at);
			at += one_in(2) ? 1 + random_below(300) : steps[random_below(reach)];
		}
		reach = 1 + random_below(ARRAY_SIZE(steps));
		for (i = 0; i < 4000 && (hi | lo); i++) {
			cut_at(&cut, LE_IPV6, hi, lo);
			by = steps[random_below(reach)];
			if (lo + by < lo && !++hi)
				break;
			lo += by;
		}
		check_cut(&cut);
	}
	kunit_info(test, "%llu points compared\n", cut.points);
	free_cut(&cut);
}

static struct kunit_case addr_kunit_cases[] = {
	KUNIT_CASE(every_length),
	KUNIT_CASE(nested),
	KUNIT_CASE(longest_prefixes),
	KUNIT_CASE(adjacent),
	KUNIT_CASE(whole_space),
	KUNIT_CASE(all_hosts),
	KUNIT_CASE(all_hosts_alike),
	KUNIT_CASE(random_prefixes),
	KUNIT_CASE_PARAM(a_million_prefixes, million_gen_params),
	KUNIT_CASE(regular_spans),
	KUNIT_CASE(irregular_spans),
	{}
};

static struct kunit_suite addr_suite = {
	.name = "lyncedge_addr",
	.test_cases = addr_kunit_cases,
};

kunit_test_suite(addr_suite);

MODULE_LICENSE("GPL");
