// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as a policy. Whatever they are, reading them ends, inside them, with a policy or with
 * an error that has a place and words. Of a policy: its canonical text is one that is accepted, is
 * its own canonical text, and compiles to the same table; and what the table says of packets, to
 * and from the edges of all that the policy names, a plain walk over it says as well.
 */
#include "fuzz.h"
#include "lyncedge_rules.h"
#include "random.h"
#include "walk.h"

/* Packets that are judged of each policy. */
#define PACKETS 256

/* Addresses to try: as many as are different, of those that the policy names. */
#define MAX_PROBES 128

struct probes {
	struct probe {
		union le_addr addr;
		u8 family;
	} list[MAX_PROBES];
	u32 nr;
};

static void check_error(const char *data, size_t size, const struct le_error *error)
{
	size_t lines = 1, i;

	for (i = 0; i < size; i++)
		lines += data[i] == '\n';
	/* A line that is missing is missing after the last. */
	MUST(error->line <= lines + 1);
	MUST(error->message[0]);
	MUST(memchr(error->message, 0, sizeof(error->message)));
	MUST(memchr(error->hint, 0, sizeof(error->hint)));
	for (i = 0; error->message[i]; i++)
		MUST(error->message[i] >= ' ' && error->message[i] <= '~');
}

static void add_probe(struct probes *probes, union le_addr addr, u8 family)
{
	if (probes->nr < MAX_PROBES)
		probes->list[probes->nr++] = (struct probe){ addr, family };
}

/* One less or more, of the number that the address is. */
static union le_addr neighbour(union le_addr addr, u8 family, bool next)
{
	int i;

	for (i = family == LE_IPV4 ? 3 : 15; i >= 0; i--) {
		addr.byte[i] += next ? 1 : -1;
		if (addr.byte[i] != (next ? 0 : 255))
			break;
	}
	return addr;
}

static void add_prefix(struct probes *probes, const struct le_prefix *prefix)
{
	u32 bits = prefix->family == LE_IPV4 ? 32 : 128, bit;
	union le_addr last = prefix->addr;

	for (bit = prefix->len; bit < bits; bit++)
		last.byte[bit / 8] |= 0x80 >> bit % 8;
	add_probe(probes, prefix->addr, prefix->family);
	add_probe(probes, last, prefix->family);
	add_probe(probes, neighbour(prefix->addr, prefix->family, false), prefix->family);
	add_probe(probes, neighbour(last, prefix->family, true), prefix->family);
}

static void gather_probes(const struct le_policy *policy, struct probes *probes)
{
	static const union le_addr zero;
	u32 edge, i;

	probes->nr = 0;
	add_probe(probes, zero, LE_IPV4);
	add_probe(probes, zero, LE_IPV6);
	for (edge = 0; edge < LE_NR_EDGES; edge++)
		for (i = 0; i < policy->edges[edge].nr && i < 4; i++)
			add_probe(probes, policy->edges[edge].list[i].addr,
				  policy->edges[edge].list[i].family);
	for (i = 0; i < policy->nr_site_rows && i < 8; i++) {
		if (policy->site_rows[i].from.kind == LE_END_PREFIX)
			add_prefix(probes, &policy->site_rows[i].from.prefix);
		if (policy->site_rows[i].to.kind == LE_END_PREFIX)
			add_prefix(probes, &policy->site_rows[i].to.prefix);
	}
	for (i = 0; i < policy->nr_prefixes; i++)
		add_prefix(probes, &policy->prefixes[i]);
}

/* The ends of some row's range, or beside them. */
static u16 some_port(const struct le_policy *policy)
{
	u32 row = random_below(LE_NR_ROWS + policy->nr_site_rows);
	struct le_ports ports;
	u16 port;

	if (row < LE_NR_ROWS)
		ports = le_policy_row_ports(policy, row);
	else
		ports = policy->site_rows[row - LE_NR_ROWS].ports;
	port = random_below(2) ? ports.first : ports.last;
	return random_below(4) ? port : port + random_below(3) - 1;
}

/* Both of one family; false if there are no two. */
static bool some_ends(const struct probes *probes, struct le_flow *flow)
{
	const struct probe *from = &probes->list[random_below(probes->nr)];
	const struct probe *to = &probes->list[random_below(probes->nr)];

	flow->family = from->family;
	flow->src = from->addr;
	flow->dst = to->addr;
	return from->family == to->family;
}

static void check_verdicts(const struct le_policy *policy, const struct le_table *table)
{
	static struct probes probes;
	u32 i;

	gather_probes(policy, &probes);
	for (i = 0; i < PACKETS; i++) {
		struct le_packet packet = { .kind = LE_KIND_PORTS, .has_addrs = true };
		u32 iface = random_below(LE_NR_IFACES), dir = random_below(LE_NR_DIRS);

		packet.track = LE_TRACK_ORIGINAL;
		packet.flow.protocol = random_below(2) ? IPPROTO_TCP : IPPROTO_UDP;
		packet.flow.sport = some_port(policy);
		packet.flow.dport = some_port(policy);
		if (some_ends(&probes, &packet.flow))
			MUST(le_judge(table, le_crossing(iface, dir), &packet) ==
			     walk_verdict(policy, iface, dir, &packet.flow));
	}
}

static bool same(const void *a, const void *b, size_t size)
{
	return !size || !memcmp(a, b, size);
}

/* In all that is looked at when a packet is judged. */
static void check_same_table(const struct le_table *a, const struct le_table *b)
{
	MUST(a->nr_terms == b->nr_terms && a->wide.nr_words == b->wide.nr_words);
	MUST(a->nr_addr_classes == b->nr_addr_classes);
	MUST(same(a->usual, b->usual, sizeof(a->usual)));
	MUST(same(a->row_of, b->row_of, a->nr_terms * sizeof(*a->row_of)));
	MUST(same(a->dport_class, b->dport_class, sizeof(a->dport_class)));
	MUST(same(a->sport_class, b->sport_class, sizeof(a->sport_class)));
	MUST(same(a->entering, b->entering, sizeof(a->entering)));
	MUST(same(a->leaving, b->leaving, sizeof(a->leaving)));
	MUST(same(a->addrs.root4, b->addrs.root4, sizeof(a->addrs.root4)));
	MUST(same(a->addrs.root6, b->addrs.root6, sizeof(a->addrs.root6)));
	MUST(a->addrs.nr_keys6 == b->addrs.nr_keys6 && a->addrs.nr_runs4 == b->addrs.nr_runs4);
	MUST(same(a->addrs.entries6, b->addrs.entries6,
		  a->addrs.nr_keys6 * sizeof(*a->addrs.entries6)));
	MUST(same(a->addrs.runs4, b->addrs.runs4, a->addrs.nr_runs4 * sizeof(*a->addrs.runs4)));
	MUST(same(a->ends, b->ends, a->nr_addr_classes * LE_CLASS_STEP * sizeof(*a->ends)));
}

static struct le_policy *parse_again(const char *text, size_t len)
{
	struct le_policy *policy;
	struct le_error error;

	MUST(!le_policy_parse(text, len, &policy, &error));
	return policy;
}

static void check_canonical(const struct le_policy *policy, const struct le_table *table)
{
	size_t len, again_len;
	char *text = le_policy_render(policy, &len), *again;
	struct le_policy *parsed;
	struct le_table *same_table;

	MUST(text);
	parsed = parse_again(text, len);
	again = le_policy_render(parsed, &again_len);
	MUST(again && again_len == len && !memcmp(again, text, len));
	same_table = le_table_compile(parsed);
	MUST(same_table);
	check_same_table(table, same_table);
	le_table_free(same_table);
	le_policy_free(parsed);
	kvfree(again);
	kvfree(text);
}

static void check_early(const struct le_policy *policy)
{
	struct le_table *table = le_table_compile_early(policy);

	MUST(table);
	le_table_free(table);
}

int fuzz_one(const u8 *data, size_t size)
{
	struct le_error error = { .message = "" };
	struct le_policy *policy;
	struct le_table *table;
	size_t i;

	if (le_policy_parse((const char *)data, size, &policy, &error)) {
		check_error((const char *)data, size, &error);
		return 0;
	}
	/* The same packets whenever it is the same text. */
	random_seed = 1;
	for (i = 0; i < size; i++)
		random_seed = random_seed * 31 + data[i];
	random_seed |= 1;
	table = le_table_compile(policy);
	MUST(table);
	check_canonical(policy, table);
	check_verdicts(policy, table);
	check_early(policy);
	le_table_free(table);
	le_policy_free(policy);
	return 0;
}
