/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The verdict by a plain walk over rows and prefixes, of a policy as it was parsed: nothing is
 * compiled, and nothing is quick. For whoever has policies that no table of expectations knows;
 * the reading that shares nothing with the product, not even its matrix, is tests/kunit's and
 * tests/oracle's.
 */
#ifndef LYNCEDGE_FUZZ_WALK_H
#define LYNCEDGE_FUZZ_WALK_H

#include "lyncedge_packet.h"
#include "lyncedge_policy.h"

static inline bool walk_in_prefix(const struct le_prefix *prefix, const union le_addr *addr,
				  u8 family)
{
	u32 bit;

	if (prefix->family != family)
		return false;
	for (bit = 0; bit < prefix->len; bit++)
		if ((prefix->addr.byte[bit / 8] ^ addr->byte[bit / 8]) & 0x80 >> bit % 8)
			return false;
	return true;
}

static inline bool walk_in_edge(const struct le_policy *policy, u32 edge,
				const union le_addr *addr, u8 family)
{
	const struct le_addrs *own = &policy->edges[edge];
	u32 i;

	for (i = 0; i < own->nr; i++)
		if (own->list[i].family == family &&
		    !memcmp(&own->list[i].addr, addr, family == LE_IPV4 ? 4 : 16))
			return true;
	return false;
}

static inline bool walk_is_edge(const struct le_policy *policy, const union le_addr *addr,
				u8 family)
{
	u32 edge;

	for (edge = 0; edge < LE_NR_EDGES; edge++)
		if (walk_in_edge(policy, edge, addr, family))
			return true;
	return false;
}

/* Whether an address is in a group, or (LE_TAG_BLOCK) is blocked. */
static inline bool walk_in_list(const struct le_policy *policy, u32 tag,
				const union le_addr *addr, u8 family)
{
	u32 i;

	for (i = 0; i < policy->nr_prefixes; i++)
		if (policy->prefixes[i].tag == tag &&
		    walk_in_prefix(&policy->prefixes[i], addr, family))
			return true;
	return false;
}

static inline bool walk_has_tag(u32 tags, u32 tag)
{
	return tags >> tag & 1;
}

/* DESIGN sec. 2: groups that the policy does not define mean any, unless one beside them is. */
static inline bool walk_may_stand(const struct le_policy *policy, u32 tags,
				  const union le_addr *addr, u8 family)
{
	bool stated = false;
	u32 i;

	for (i = 0; i < LE_NR_EDGES; i++) {
		if (!walk_has_tag(tags, LE_TAG_EDGE + i))
			continue;
		stated = true;
		if (walk_in_edge(policy, i, addr, family))
			return true;
	}
	for (i = 0; i < LE_NR_GROUPS; i++) {
		if (!walk_has_tag(tags, LE_TAG_GROUP + i) || !walk_has_tag(policy->groups, i))
			continue;
		stated = true;
		if (walk_in_list(policy, LE_TAG_GROUP + i, addr, family))
			return true;
	}
	return !stated;
}

static inline bool walk_end_takes(const struct le_policy *policy, const struct le_end *end,
				  const union le_addr *addr, u8 family)
{
	if (end->kind == LE_END_PREFIX)
		return walk_in_prefix(&end->prefix, addr, family);
	return end->kind == LE_END_ANY ||
	       walk_may_stand(policy, 1U << end->tag, addr, family);
}

static inline bool walk_in_ports(struct le_ports ports, u16 port)
{
	return port >= ports.first && port <= ports.last;
}

/* DESIGN sec. 4.7. */
static inline bool walk_ports_fit(const struct le_policy *policy, u32 number,
				  const struct le_flow *flow)
{
	const struct le_row *row = &le_matrix[number];
	struct le_ports ports = le_policy_row_ports(policy, number);
	bool strict = policy->options[LE_OPT_PORTS] == LE_PORTS_STRICT;
	bool to = walk_in_ports(ports, flow->dport), from = walk_in_ports(ports, flow->sport);

	if (row->kind == LE_PORTS_MEDIA && row->dir == LE_OUT) {
		if (policy->options[LE_OPT_RTP_OUTBOUND] == LE_RTP_EITHER)
			return to || from;
		return policy->options[LE_OPT_RTP_OUTBOUND] == LE_RTP_SOURCE ? from : to;
	}
	if (strict && row->kind == LE_PORTS_STRICT_MEDIA)
		return to && walk_in_ports(policy->media, flow->sport);
	if (strict && row->kind == LE_PORTS_STRICT_STUN)
		return to && flow->sport == LE_PORT_STUN;
	return to;
}

static inline bool walk_row_takes(const struct le_policy *policy, u32 number, u32 iface, u32 dir,
				  const struct le_flow *flow)
{
	const struct le_row *row = &le_matrix[number];

	return row->iface == iface && row->dir == dir && row->protocol == flow->protocol &&
	       le_policy_row_active(policy, number) && walk_ports_fit(policy, number, flow) &&
	       walk_may_stand(policy, row->source, &flow->src, flow->family) &&
	       walk_may_stand(policy, row->destination, &flow->dst, flow->family);
}

static inline bool walk_site_row_takes(const struct le_policy *policy, u32 i, u32 iface, u32 dir,
				       const struct le_flow *flow)
{
	const struct le_site_row *row = &policy->site_rows[i];

	return row->iface == iface && row->dir == dir && row->protocol == flow->protocol &&
	       le_policy_site_row_active(policy, i) && walk_in_ports(row->ports, flow->dport) &&
	       walk_end_takes(policy, &row->from, &flow->src, flow->family) &&
	       walk_end_takes(policy, &row->to, &flow->dst, flow->family);
}

/**
 * walk_verdict() - judge the first packet of a connection, TCP or UDP
 * @policy: the policy
 * @iface: the interface that it crosses
 * @dir: in which direction
 * @flow: its addresses and ports
 *
 * Return: the row that accepts it, or enum le_outcome, as le_judge() has them.
 */
static inline int walk_verdict(const struct le_policy *policy, u32 iface, u32 dir,
			       const struct le_flow *flow)
{
	const union le_addr *near = dir == LE_IN ? &flow->dst : &flow->src;
	const union le_addr *far = dir == LE_IN ? &flow->src : &flow->dst;
	u32 i;

	if (policy->options[LE_OPT_SCOPE] == LE_SCOPE_ADDRESS &&
	    !walk_is_edge(policy, near, flow->family))
		return LE_UNJUDGED;
	if (walk_in_list(policy, LE_TAG_BLOCK, far, flow->family))
		return LE_BLOCKED;
	for (i = 0; i < LE_NR_ROWS; i++)
		if (walk_row_takes(policy, i, iface, dir, flow))
			return i;
	for (i = 0; i < policy->nr_site_rows; i++)
		if (walk_site_row_takes(policy, i, iface, dir, flow))
			return LE_NR_ROWS + i;
	return LE_NO_ROW;
}

#endif /* LYNCEDGE_FUZZ_WALK_H */
