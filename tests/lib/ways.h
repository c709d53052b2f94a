/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two ways of a packet to its verdict, in user space: the fast path, with its pieces put
 * together as the hooks do (lyncedge_forward.c), and the header reader and the judge.
 */
#ifndef LYNCEDGE_TESTS_WAYS_H
#define LYNCEDGE_TESTS_WAYS_H

#include "lyncedge_fast.h"

/* No decision: the long way is taken. */
#define WAYS_UNDECIDED (-100)

/* As the hooks do: where the far address is a usual one, it is not looked up. */
static inline u64 ways_match(const struct le_table *t, const struct sk_buff *skb, u8 family,
			     enum le_dir dir, bool answered, const struct le_fast *f)
{
	const u8 *ports = le_fast_ports(skb, family);
	u64 candidates = le_fast_candidates(t, ports, dir, answered, f);

	if (candidates && le_fast_is_usual(&t->usual[__ffs64(candidates)], skb, family, dir))
		return candidates;
	return le_fast_match(t, ports, dir, answered, f);
}

/*
 * As the hooks do: rows beyond word 0 are asked if none of it takes the packet, but if the near
 * address was found at once, only where some row may have that, the ports and the direction.
 */
static inline int ways_match_all(const struct le_table *t, const struct sk_buff *skb, u8 family,
				 enum le_dir dir, bool answered, const struct le_fast *f,
				 bool deep)
{
	const u8 *ports = le_fast_ports(skb, family);
	u64 terms = ways_match(t, skb, family, dir, answered, f);

	if (terms)
		return t->row_of[__ffs64(terms)];
	if (!t->wide.nr_words || (!deep && !le_fast_candidates(t, ports, dir, answered, f)))
		return LE_NO_ROW;
	return le_fast_match_wide(t, skb, family, dir, answered, f);
}

/* As the hooks do: the packet itself, then what it answers. */
static inline int ways_fast(const struct le_table *t, const struct sk_buff *skb, u8 family,
			    u8 crossing, u8 track, bool deep)
{
	enum le_dir dir = crossing % LE_NR_DIRS;
	struct le_fast f = { .lane = LE_NAMED + le_lane_place(crossing / LE_NR_DIRS, false) };
	int row;

	if (track == LE_TRACK_INVALID || !le_fast_headers(skb, le_fast_least(family), family, &f) ||
	    !(deep ? le_fast_near_deep(t, skb, family, dir, &f) :
		     le_fast_near(t, skb, family, dir, &f)))
		return WAYS_UNDECIDED;
	f.far = le_fast_far_block(t, skb, family, dir);
	if (f.far & LE_NODE)
		f.far = le_fast_far(t, skb, family, dir, f.far, f.far & LE_BY_RUNS);
	row = ways_match_all(t, skb, family, dir, track == LE_TRACK_REPLY, &f, deep);
	if (row == LE_NO_ROW && track == LE_TRACK_NONE &&
	    le_fast_may_answer(le_fast_ports(skb, family), &f))
		row = ways_match_all(t, skb, family, dir, true, &f, deep);
	if (row == LE_NO_ROW && le_fast_is_blocked(t, &f))
		return LE_BLOCKED;
	return row;
}

/*
 * What a packet must be before it is forwarded: of its family, and as long as its header says.
 * The kernel sees to that, and the fast path relies on it.
 */
static inline bool ways_is_forwarded(const u8 *data, u32 len, u8 family)
{
	struct ipv6hdr ip6;
	struct iphdr ip;

	if (len < (family == LE_IPV4 ? sizeof(ip) : sizeof(ip6)))
		return true;
	if (family == LE_IPV4) {
		memcpy(&ip, data, sizeof(ip));
		return ntohs(ip.tot_len) == len;
	}
	memcpy(&ip6, data, sizeof(ip6));
	return ip6.version == 6 && ntohs(ip6.payload_len) + sizeof(ip6) == len;
}

static inline int ways_slow(const struct le_table *t, const struct sk_buff *skb, u8 family,
			    u8 crossing, u8 track)
{
	struct le_packet packet;

	le_packet_read(skb, family, &packet);
	packet.track = track;
	return le_judge(t, crossing, &packet);
}

#endif /* LYNCEDGE_TESTS_WAYS_H */
