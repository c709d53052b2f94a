/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packets to ask a policy about: between addresses at the edges of all that it names, at ports at
 * the edges of its rows' ranges. Which ones is random, but the same for the same seed.
 */
#ifndef LYNCEDGE_FUZZ_PROBES_H
#define LYNCEDGE_FUZZ_PROBES_H

#include "lyncedge_packet.h"
#include "lyncedge_policy.h"
#include "random.h"

/* Addresses to try, of those that the policy names. */
#define MAX_PROBES 128

struct probes {
	struct probe {
		union le_addr addr;
		u8 family;
	} list[MAX_PROBES];
	u32 nr;
	/* The first are the edges' own and public ones. */
	u32 nr_edges;
};

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

static void add_edge(struct probes *probes, const struct le_addrs *addrs)
{
	u32 i;

	for (i = 0; i < addrs->nr && i < 4; i++)
		add_probe(probes, addrs->list[i].addr, addrs->list[i].family);
}

static void add_site_rows(struct probes *probes, const struct le_policy *policy)
{
	u32 i, step = policy->nr_site_rows / 8 + 1;

	for (i = random_below(step); i < policy->nr_site_rows; i += step) {
		if (policy->site_rows[i].from.kind == LE_END_PREFIX)
			add_prefix(probes, &policy->site_rows[i].from.prefix);
		if (policy->site_rows[i].to.kind == LE_END_PREFIX)
			add_prefix(probes, &policy->site_rows[i].to.prefix);
	}
}

static void gather_probes(const struct le_policy *policy, struct probes *probes)
{
	static const union le_addr zero;
	u32 step = policy->nr_prefixes / 16 + 1, i;

	probes->nr = 0;
	for (i = 0; i < LE_NR_EDGES; i++) {
		add_edge(probes, &policy->edges[i]);
		add_edge(probes, &policy->publics[i]);
	}
	probes->nr_edges = probes->nr;
	add_probe(probes, zero, LE_IPV4);
	add_probe(probes, zero, LE_IPV6);
	add_site_rows(probes, policy);
	/* Of many, some from among all. */
	for (i = random_below(step); i < policy->nr_prefixes; i += step)
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

static const struct probe *some_probe(const struct probes *probes)
{
	return &probes->list[random_below(probes->nr)];
}

static const struct probe *some_edge(const struct probes *probes)
{
	return &probes->list[random_below(probes->nr_edges)];
}

/* Rows have an edge at one end: three of four packets too, if there is one. */
static void some_ends(const struct probes *probes, bool in, const struct probe **from,
		      const struct probe **to)
{
	bool edge = probes->nr_edges && !one_in(4);

	*from = edge && !in ? some_edge(probes) : some_probe(probes);
	*to = edge && in ? some_edge(probes) : some_probe(probes);
}

/* False if the two ends are of two families. */
static bool some_flow(const struct le_policy *policy, const struct probes *probes, bool in,
		      struct le_flow *flow)
{
	const struct probe *from, *to;

	some_ends(probes, in, &from, &to);
	*flow = (struct le_flow){
		.src = from->addr,
		.dst = to->addr,
		.family = from->family,
		.protocol = random_below(2) ? IPPROTO_TCP : IPPROTO_UDP,
		.sport = some_port(policy),
		.dport = some_port(policy),
	};
	return from->family == to->family;
}

static inline union le_addr some_addr(const struct probes *probes, u8 family)
{
	union le_addr none = { .word = { 0 } };
	u32 tries;

	for (tries = 0; tries < 8; tries++) {
		const struct probe *probe = some_probe(probes);

		if (probe->family == family)
			return probe->addr;
	}
	return none;
}

/* Turns a packet into one that a site row is likely to take, if no earlier row does. */
static inline void aim(const struct le_policy *policy, const struct probes *probes, u32 *iface,
		       u32 *dir, struct le_flow *flow)
{
	const struct le_site_row *row;
	bool from, to;

	if (!policy->nr_site_rows)
		return;
	row = &policy->site_rows[random_below(policy->nr_site_rows)];
	from = row->from.kind == LE_END_PREFIX;
	to = row->to.kind == LE_END_PREFIX;
	*iface = row->iface;
	*dir = row->dir;
	flow->protocol = row->protocol;
	flow->dport = one_in(2) ? row->ports.first : row->ports.last;
	if (from || to)
		flow->family = from ? row->from.prefix.family : row->to.prefix.family;
	flow->src = from ? row->from.prefix.addr : some_addr(probes, flow->family);
	flow->dst = to && row->to.prefix.family == flow->family ? row->to.prefix.addr :
								  some_addr(probes, flow->family);
}

#endif /* LYNCEDGE_FUZZ_PROBES_H */
