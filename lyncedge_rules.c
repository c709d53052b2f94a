// SPDX-License-Identifier: GPL-2.0-only
/*
 * Judges packets by a compiled table; lyncedge_rules.h explains how. The table is made in
 * lyncedge_compile.c; the rows are in lyncedge_matrix.c; how addresses are looked up is in
 * lyncedge_addr.h, how packets are read in lyncedge_packet.c.
 */
#include "lyncedge_rules.h"

/*
 * What a packet or connection is to the rows: two addresses by their classes, two ports as they
 * lie in packets.
 */
struct ends {
	u32 src;
	u32 dst;
	__be16 sport;
	__be16 dport;
};

/**
 * le_match_wide() - find the first row beyond word 0 that takes a packet
 * @t: the table
 * @lane: le_lane() of the packet
 * @dport: its destination port, as it lies in the packet
 * @src: class of its source address
 * @dst: class of its destination address
 *
 * Context: any; in the kernel under RCU, which keeps @t. Only policies with more than some twenty
 * site rows have more than one word.
 *
 * Return: the row, or LE_NO_ROW.
 */
int le_match_wide(const struct le_table *t, unsigned int lane, __be16 dport, u32 src, u32 dst)
{
	const struct le_wide *w = &t->wide;
	size_t nr = w->nr_words, stride = nr + 1;
	const u64 *lanes = w->lanes + lane * stride;
	const u64 *dports = w->dports + w->port_class[ntohs(dport)] * stride;
	const u64 *froms = w->froms + src / LE_CLASS_STEP * stride;
	const u64 *tos = w->tos + dst / LE_CLASS_STEP * stride;
	u64 summary = lanes[nr] & dports[nr] & froms[nr] & tos[nr];

	while (summary) {
		size_t i = __ffs64(summary);
		u64 terms = lanes[i] & dports[i] & froms[i] & tos[i];

		if (terms)
			return t->row_of[(i + 1) * 64 + __ffs64(terms)];
		summary &= summary - 1;
	}
	return LE_NO_ROW;
}

static u64 lane_terms(const struct le_table *t, unsigned int lane, const struct ends *e)
{
	size_t place = le_lane_place(le_lane_iface(lane), le_lane_is_udp(lane));

	return le_lane_dir(lane) == LE_IN ?
	       le_entering_terms(t, place, (const u8 *)&e->dport) :
	       le_leaving_terms(t, place, (const u8 *)&e->sport, (const u8 *)&e->dport);
}

/* The first row that takes it (DESIGN sec. 4.7 and 4.8). */
static int match(const struct le_table *t, unsigned int lane, const struct ends *e)
{
	u64 terms = lane_terms(t, lane, e) & le_from(t, e->src) & le_to(t, e->dst);

	if (terms)
		return t->row_of[__ffs64(terms)];
	if (unlikely(t->wide.nr_words))
		return le_match_wide(t, lane, e->dport, e->src, e->dst);
	return LE_NO_ROW;
}

static int match_mirrored(const struct le_table *t, unsigned int crossing, u8 protocol,
			  const struct ends *e)
{
	struct ends mirrored = {
		.src = e->dst,
		.dst = e->src,
		.sport = e->dport,
		.dport = e->sport,
	};

	return match(t, le_lane(le_crossing_reverse(crossing), protocol), &mirrored);
}

/*
 * A packet without its connection: itself, or the answer to one that would pass (DESIGN sec.
 * 4.6).
 */
static int match_stateless(const struct le_table *t, unsigned int crossing, u8 protocol,
			   const struct ends *e, bool may_answer)
{
	int outcome = match(t, le_lane(crossing, protocol), e);

	if (outcome == LE_NO_ROW && may_answer)
		return match_mirrored(t, crossing, protocol, e);
	return outcome;
}

static bool far_is_blocked(const struct le_table *t, unsigned int crossing, const struct ends *e)
{
	u32 far = crossing % LE_NR_DIRS == LE_IN ? e->src : e->dst;

	return le_addr_flags(t, far) & LE_ADDR_BLOCKED;
}

static bool is_in_scope(const struct le_table *t, unsigned int crossing, const struct ends *e)
{
	u32 near = crossing % LE_NR_DIRS == LE_IN ? e->dst : e->src;

	return !t->scope_address || le_addr_flags(t, near) & LE_ADDR_EDGE;
}

static struct ends ends_of(const struct le_table *t, const struct le_flow *flow)
{
	return (struct ends){
		.src = le_addr_class(&t->addrs, &flow->src, flow->family),
		.dst = le_addr_class(&t->addrs, &flow->dst, flow->family),
		.sport = htons(flow->sport),
		.dport = htons(flow->dport),
	};
}

/* Whether what an ICMP error is about would pass. */
static bool about_passes(const struct le_table *t, unsigned int crossing,
			 const struct le_packet *packet)
{
	const struct le_flow *about = &packet->about;
	struct ends e;

	if (!packet->about_known)
		return false;
	e = ends_of(t, about);
	if (packet->about_reversed)
		crossing = le_crossing_reverse(crossing);
	if (far_is_blocked(t, crossing, &e))
		return false;
	if (packet->about_echo)
		return t->icmp_echo;
	if (about->protocol != IPPROTO_TCP && about->protocol != IPPROTO_UDP)
		return false;
	return match_stateless(t, crossing, about->protocol, &e, packet->about_may_answer) >= 0;
}

/* Whatever is not TCP or UDP, or cannot be read: DESIGN sec. 4.2 to 4.5. */
static noinline int judge_other(const struct le_table *t, unsigned int crossing,
				const struct le_packet *packet)
{
	struct ends e;

	if (packet->kind == LE_KIND_NEIGHBOUR)
		return LE_UNJUDGED;
	if (!packet->has_addrs)
		return LE_MALFORMED;
	e = ends_of(t, &packet->flow);
	if (!is_in_scope(t, crossing, &e))
		return LE_UNJUDGED;
	if (packet->kind == LE_KIND_MALFORMED)
		return LE_MALFORMED;
	if (packet->kind == LE_KIND_FRAGMENT)
		return LE_FRAGMENT;
	if (far_is_blocked(t, crossing, &e))
		return LE_BLOCKED;
	if (packet->kind == LE_KIND_ICMP_ECHO && t->icmp_echo)
		return LE_ICMP_ECHO;
	if (packet->kind == LE_KIND_ICMP_ERROR && about_passes(t, crossing, packet))
		return LE_ICMP_RELATED;
	return LE_PROTOCOL;
}

/**
 * le_judge() - judge a packet at one crossing
 * @t: the table
 * @crossing: le_crossing() of the device
 * @packet: the packet, with what conntrack says of it
 *
 * The packet's own addresses are those of its connection, turned round for a reply: where
 * FORWARD, INPUT and OUTPUT see packets, destinations are rewritten already in either direction
 * and sources not yet. So the connection's direction is all that has to be known of it, and its
 * entry need not be touched.
 *
 * Context: any; in the kernel under RCU, which keeps @t.
 *
 * Return: the row that accepts it, or enum le_outcome.
 */
int le_judge(const struct le_table *t, unsigned int crossing, const struct le_packet *packet)
{
	u8 protocol = packet->flow.protocol;
	struct ends e;

	if (unlikely(packet->kind != LE_KIND_PORTS))
		return judge_other(t, crossing, packet);
	e = ends_of(t, &packet->flow);
	if (unlikely(!is_in_scope(t, crossing, &e)))
		return LE_UNJUDGED;
	if (unlikely(far_is_blocked(t, crossing, &e)))
		return LE_BLOCKED;
	switch (packet->track) {
	case LE_TRACK_ORIGINAL:
		return match(t, le_lane(crossing, protocol), &e);
	case LE_TRACK_REPLY:
		return match_mirrored(t, crossing, protocol, &e);
	case LE_TRACK_INVALID:
		return LE_INVALID;
	}
	return match_stateless(t, crossing, protocol, &e, packet->may_answer);
}
