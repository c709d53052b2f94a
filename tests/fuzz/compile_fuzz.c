// SPDX-License-Identifier: GPL-2.0-only
/*
 * A policy, compiled. The bytes say which one (write.h), so that nearly all of them are one, and
 * all of what they say is accepted. Its canonical text compiles to the same table. What the table
 * says of packets, to and from the edges of all that the policy names, a plain walk over it says
 * as well.
 */
#include "canonical.h"
#include "lyncedge_rules.h"
#include "probes.h"
#include "walk.h"
#include "write.h"

/* Packets that are judged of each policy. */
#define PACKETS 48

/*
 * That its canonical text says the same is seen of each policy; that a table of the same is the
 * same, which takes as long as all else, of one in so many.
 */
#define RECOMPILED 8

static void check_verdicts(const struct le_policy *policy, const struct probes *probes,
			   const struct le_table *table)
{
	u32 i;

	for (i = 0; i < PACKETS; i++) {
		struct le_packet packet = { .kind = LE_KIND_PORTS, .has_addrs = true };
		u32 iface = random_below(LE_NR_IFACES), dir = random_below(LE_NR_DIRS);

		packet.track = LE_TRACK_ORIGINAL;
		if (!some_flow(policy, probes, dir == LE_IN, &packet.flow))
			continue;
		if (one_in(2))
			aim(policy, probes, &iface, &dir, &packet.flow);
		MUST(le_judge(table, le_crossing(iface, dir), &packet) ==
		     walk_verdict(policy, iface, dir, &packet.flow));
	}
}

static bool same_wide_rows(const u64 *a, const u64 *b, size_t nr, u32 nr_words)
{
	/* And the summary. */
	return same_bytes(a, b, nr * (nr_words + 1) * sizeof(*a));
}

static void check_same_wide(const struct le_table *a, const struct le_table *b)
{
	u32 nr_words = a->wide.nr_words, nr_ports = 0, port;

	MUST(nr_words == b->wide.nr_words);
	if (!nr_words)
		return;
	MUST(same_bytes(a->wide.port_class, b->wide.port_class, 65536 * sizeof(u16)));
	for (port = 0; port < 65536; port++)
		if (a->wide.port_class[port] >= nr_ports)
			nr_ports = a->wide.port_class[port] + 1;
	MUST(same_wide_rows(a->wide.lanes, b->wide.lanes, LE_NR_LANES, nr_words));
	MUST(same_wide_rows(a->wide.dports, b->wide.dports, nr_ports, nr_words));
	MUST(same_wide_rows(a->wide.froms, b->wide.froms, a->nr_addr_classes, nr_words));
	MUST(same_wide_rows(a->wide.tos, b->wide.tos, a->nr_addr_classes, nr_words));
}

static void check_same_lookup(const struct le_addr_table *a, const struct le_addr_table *b)
{
	MUST(a->nr_nodes4 == b->nr_nodes4 && a->nr_runs4 == b->nr_runs4);
	MUST(a->nr_keys6 == b->nr_keys6 && a->multiplier == b->multiplier);
	MUST(same_bytes(a->root4, b->root4, sizeof(a->root4)));
	MUST(same_bytes(a->root6, b->root6, sizeof(a->root6)));
	MUST(same_bytes(a->near4, b->near4, sizeof(a->near4)));
	MUST(same_bytes(a->near6, b->near6, sizeof(a->near6)));
	MUST(same_bytes(a->nodes4, b->nodes4, a->nr_nodes4 * sizeof(*a->nodes4)));
	MUST(same_bytes(a->runs4, b->runs4, a->nr_runs4 * sizeof(*a->runs4)));
	MUST(same_bytes(a->keys6, b->keys6, a->nr_keys6 * sizeof(*a->keys6)));
	MUST(same_bytes(a->entries6, b->entries6, a->nr_keys6 * sizeof(*a->entries6)));
}

/* In all that is looked at when a packet is judged. */
static void check_same_table(const struct le_table *a, const struct le_table *b)
{
	MUST(a->stateless == b->stateless && a->scope_address == b->scope_address);
	MUST(a->icmp_echo == b->icmp_echo && a->blocks == b->blocks);
	MUST(a->nr_terms == b->nr_terms && a->nr_dport_classes == b->nr_dport_classes);
	MUST(a->nr_addr_classes == b->nr_addr_classes);
	MUST(same_bytes(a->row_of, b->row_of, a->nr_terms * sizeof(*a->row_of)));
	MUST(same_bytes(a->addr_flags, b->addr_flags, a->nr_addr_classes));
	MUST(same_bytes(a->usual, b->usual, sizeof(a->usual)));
	MUST(same_bytes(a->dport_class, b->dport_class, sizeof(a->dport_class)));
	MUST(same_bytes(a->sport_class, b->sport_class, sizeof(a->sport_class)));
	MUST(same_bytes(a->entering, b->entering, sizeof(a->entering)));
	MUST(same_bytes(a->leaving, b->leaving, sizeof(a->leaving)));
	MUST(same_bytes(a->ends, b->ends, a->nr_addr_classes * LE_CLASS_STEP * sizeof(*a->ends)));
	check_same_lookup(&a->addrs, &b->addrs);
	check_same_wide(a, b);
}

static void check_canonical(const struct le_policy *policy, const struct le_table *table)
{
	struct le_policy *parsed = parse_canonical(policy);
	struct le_table *again;

	if (one_in(RECOMPILED)) {
		again = le_table_compile(parsed);
		MUST(again);
		check_same_table(table, again);
		le_table_free(again);
	}
	le_policy_free(parsed);
}

struct table_memory table_memory;

int fuzz_one(const u8 *data, size_t size)
{
	static struct probes probes;
	static struct writer writer;
	struct le_policy *policy;
	struct le_table *table;

	write_policy(&writer, data, size);
	policy = parse_accepted(writer.text, writer.len);
	table = le_table_compile(policy);
	MUST(table);
	gather_probes(policy, &probes);
	check_canonical(policy, table);
	check_verdicts(policy, &probes, table);
	le_table_free(table);
	le_policy_free(policy);
	MUST(table_all_free());
	return 0;
}
