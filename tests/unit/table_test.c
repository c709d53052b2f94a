// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that a compiled table says what its policy says where that is easily lost: prefixes that
 * nest, touch, repeat and end together, in more than one list; and more site rows than one word of
 * a bitmap holds. Each answer is worked out anew from the policy's text, by looking at every line.
 */
#include "lyncedge_rules.h"
#include "unit.h"

struct text {
	char buf[1 << 18];
	size_t len;
};

static void add(struct text *text, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	text->len += vscnprintf(text->buf + text->len, sizeof(text->buf) - text->len, fmt, args);
	va_end(args);
}

static struct le_table *compile(struct text *text)
{
	struct le_policy *policy;
	struct le_error error;
	struct le_table *table;
	char said[512];

	add(text, "commit\n");
	if (le_policy_parse(text->buf, text->len, &policy, &error)) {
		le_error_format(said, sizeof(said), &error);
		FAIL("refused: %s", said);
		return NULL;
	}
	table = le_table_compile(policy);
	le_policy_free(policy);
	if (!table)
		FAIL("no memory");
	return table;
}

/* A TCP packet from outside, the first of its connection. */
static int judge(const struct le_table *table, const union le_addr *from, u8 family, u16 port)
{
	struct le_packet packet = {
		.flow = {
			.src = *from,
			.family = family,
			.protocol = IPPROTO_TCP,
			.sport = 40000,
			.dport = port,
		},
		.kind = LE_KIND_PORTS,
		.track = LE_TRACK_ORIGINAL,
		.has_addrs = true,
	};

	if (family == LE_IPV6)
		packet.flow.dst.byte[15] = 1;
	unit.checks++;
	return le_judge(table, le_crossing(LE_EXTERNAL, LE_IN), &packet);
}

/* ---- prefixes ----------------------------------------------------------------------------- */

#define NR_LISTS 4
#define MAX_LISTED 12
/* A row of its own says who is in each of the first lists; the last one is the block list. */
#define FIRST_PORT 1000

static const char *const lists[NR_LISTS] = {
	"peer client", "peer cms", "peer crl-server", "block",
};

/* Addresses base + 0 to base + 31, in a family of the given number of bits. */
#define SPACE_BITS 5

struct prefix {
	unsigned int first;
	unsigned int bits;
};

struct listed {
	struct prefix prefixes[MAX_LISTED];
	unsigned int nr;
};

static bool holds(const struct listed *list, unsigned int addr)
{
	unsigned int i;

	for (i = 0; i < list->nr; i++)
		if (!((addr ^ list->prefixes[i].first) >> list->prefixes[i].bits))
			return true;
	return false;
}

/* The space ends where a half of the key is all ones, or at the end of all addresses. */
static void put_base(union le_addr *addr, u8 family, bool at_end)
{
	memset(addr, at_end ? 0xff : 0, sizeof(*addr));
	if (family == LE_IPV4 && at_end)
		memset(addr->byte + 4, 0, 12);
	if (!at_end)
		addr->byte[0] = 0x0a;
	if (!at_end && family == LE_IPV6)
		memset(addr->byte + 8, 0xff, 8);
	if (!at_end && family == LE_IPV4)
		memset(addr->byte + 1, 0xff, 3);
}

static void put_addr(union le_addr *addr, u8 family, bool at_end, unsigned int n)
{
	u8 *last;

	put_base(addr, family, at_end);
	last = &addr->byte[family == LE_IPV4 ? 3 : 15];
	*last = (*last & ~((1 << SPACE_BITS) - 1)) | n;
}

static void random_list(struct listed *list)
{
	unsigned int i;

	list->nr = 1 + random_below(MAX_LISTED);
	for (i = 0; i < list->nr; i++) {
		list->prefixes[i].bits = one_in(2) ? 0 : random_below(SPACE_BITS + 1);
		list->prefixes[i].first = random_below(1 << SPACE_BITS) >> list->prefixes[i].bits
					  << list->prefixes[i].bits;
	}
}

static void add_list(struct text *text, const char *statement, const struct listed *list, u8 family,
		     bool at_end)
{
	char buf[LE_PREFIX_TEXT];
	struct le_prefix prefix = { .family = family };
	unsigned int i;

	add(text, "%s", statement);
	for (i = 0; i < list->nr; i++) {
		put_addr(&prefix.addr, family, at_end, list->prefixes[i].first);
		prefix.len = le_addr_bits(family) - list->prefixes[i].bits;
		le_prefix_format(buf, sizeof(buf), &prefix);
		add(text, " %s", buf);
	}
	add(text, "\n");
}

static void check_addrs(const struct le_table *table, const struct listed *members, u8 family,
			bool at_end)
{
	unsigned int addr, i;

	for (addr = 0; addr < 1 << SPACE_BITS; addr++) {
		union le_addr from;

		put_addr(&from, family, at_end, addr);
		for (i = 0; i < NR_LISTS - 1; i++) {
			int want = holds(&members[i], addr) ? (int)(LE_NR_ROWS + i) : LE_NO_ROW;
			int got = judge(table, &from, family, FIRST_PORT + i);

			if (holds(&members[NR_LISTS - 1], addr))
				want = LE_BLOCKED;
			if (got != want)
				FAIL("address %u of '%s', family %u: %d, not %d", addr, lists[i],
				     family, got, want);
		}
	}
}

static void prefixes_nest(void)
{
	static struct text text;
	unsigned int round, i;

	for (round = 0; round < 400; round++) {
		struct listed members[NR_LISTS];
		u8 family = round % 2 ? LE_IPV6 : LE_IPV4;
		bool at_end = round / 2 % 2;
		struct le_table *table;

		text.len = 0;
		for (i = 0; i < NR_LISTS; i++) {
			random_list(&members[i]);
			add_list(&text, lists[i], &members[i], family, at_end);
		}
		for (i = 0; i < NR_LISTS - 1; i++)
			add(&text, "allow row-%u external in tcp %u from %s to any\n", i,
			    FIRST_PORT + i, lists[i] + strlen("peer "));
		table = compile(&text);
		if (!table)
			return;
		check_addrs(table, members, family, at_end);
		le_table_free(table);
		if (unit.failures) {
			FAIL("the policy of round %u:\n%s", round, text.buf);
			return;
		}
	}
}

/* ---- many rows ---------------------------------------------------------------------------- */

/*
 * Rows from a few senders to a few ports, so that in most words some row has the packet's port and
 * another its sender, and none has both.
 */
#define NR_SENDERS 24
#define NR_PORTS 24

struct row {
	unsigned int sender;
	unsigned int port;
};

static int first_row(const struct row *rows, unsigned int nr, unsigned int sender,
		     unsigned int port)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (rows[i].sender == sender && rows[i].port == port)
			return LE_NR_ROWS + i;
	return LE_NO_ROW;
}

static void check_rows(const struct le_table *table, const struct row *rows, unsigned int nr)
{
	unsigned int sender, port;

	for (sender = 0; sender < NR_SENDERS; sender++) {
		union le_addr from = { .byte = { 192, 0, 2, sender } };

		for (port = 0; port < NR_PORTS; port++) {
			int want = first_row(rows, nr, sender, port);
			int got = judge(table, &from, LE_IPV4, FIRST_PORT + port);

			if (got != want)
				FAIL("%u rows, sender %u, port %u: %d, not %d", nr, sender, port,
				     got, want);
		}
	}
}

static void rows_fill_words(void)
{
	static const unsigned int sizes[] = { 1, 63, 64, 65, 128, 129, 192, 200, 640, 1024 };
	static struct row rows[1024];
	static struct text text;
	unsigned int round, i;

	for (round = 0; round < 2 * ARRAY_SIZE(sizes); round++) {
		unsigned int nr = sizes[round / 2];
		struct le_table *table;

		text.len = 0;
		for (i = 0; i < nr; i++) {
			rows[i].sender = random_below(NR_SENDERS);
			rows[i].port = random_below(NR_PORTS);
			add(&text, "allow row-%u external in tcp %u from 192.0.2.%u to any\n", i,
			    FIRST_PORT + rows[i].port, rows[i].sender);
		}
		table = compile(&text);
		if (!table)
			return;
		check_rows(table, rows, nr);
		le_table_free(table);
	}
}

static const struct unit_test tests[] = {
	UNIT_TEST(prefixes_nest),
	UNIT_TEST(rows_fill_words),
};

int main(void)
{
	return unit_main(tests, ARRAY_SIZE(tests));
}
