// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hooks of FORWARD: is the packet ours, and if it is a usual one (lyncedge_fast.h), what
 * becomes of it. What is not usual goes on to le_judge_any() (lyncedge_main.c).
 *
 * A *way* is a family and a direction. Each has an inline function for the simplest case, which
 * needs no stack and goes on by jumps, and functions out of line for what may come in between:
 *
 *     way_far         who is at the far end has to be found
 *     way_many        where there are many blocks of addresses that are not of one class (IPv4)
 *     way_unmatched   no row takes the packet, whoever is at the far end; is it an answer?
 *     way_stranger    no row takes the packet from there, or for there; is it an answer?
 *     way_deep        it takes all there is to decide, or to find the near address
 *     way_other       conntrack is asked; or it is not a usual packet
 *     way_tracked     conntrack is asked, and it matters who is at the far end
 *
 * The near address comes first, since nearly all that is refused has no row for it and its port.
 * Most rows take the packet whoever is at the far end, or from one prefix more than from others;
 * then the far address need not be looked up.
 */
#include "lyncedge_drop.h"
#include "lyncedge_fast.h"
#include "lyncedge_forward.h"
#include "lyncedge_main.h"
#include "lyncedge_trace.h"

typedef unsigned int way_fn(const struct le_live *live, struct sk_buff *skb,
			    const struct nf_hook_state *state, size_t lane);
typedef unsigned int unmatched_fn(const struct le_live *live, struct sk_buff *skb,
				  const struct nf_hook_state *state, size_t lane, const u64 *near);
typedef unsigned int far_fn(const struct le_live *live, struct sk_buff *skb,
			    const struct nf_hook_state *state, size_t lane, const u64 *near,
			    u64 terms);
typedef unsigned int tracked_fn(const struct le_live *live, struct sk_buff *skb,
				const struct nf_hook_state *state, size_t lane, u64 terms,
				u8 track);
typedef unsigned int stranger_fn(const struct le_live *live, struct sk_buff *skb,
				 const struct nf_hook_state *state, size_t lane, const u64 *near,
				 size_t far);
typedef unsigned int any_fn(const struct le_live *live, struct sk_buff *skb,
			    const struct nf_hook_state *state);

static __always_inline const struct le_live_term *first_term(const struct le_live *live, u64 terms)
{
	return &live->terms[__ffs64(terms)];
}

static __always_inline unsigned int accept(const struct le_live_term *term,
					   const struct sk_buff *skb)
{
	/* The length is read once more rather than kept: registers are dear on the way here. */
	le_count_at(term->counter, READ_ONCE(skb->len));
	return NF_ACCEPT;
}

/* Drops may be logged, or answered, or be of blocked addresses, ... */
static noinline unsigned int refuse_any(const struct le_live *live, struct sk_buff *skb,
					const struct nf_hook_state *state, size_t far)
{
	const struct le_fast f = { .far = far };
	int outcome = le_fast_is_blocked(live->table, &f) ? LE_BLOCKED : LE_NO_ROW;

	if (!live->drops_simply)
		return le_judge_any(live, skb, state);
	le_count_at(&le_counters[le_counter_index(outcome)], skb->len);
	return outcome == LE_BLOCKED ? le_drop_blocked(skb) : le_drop_no_row(skb);
}

static __always_inline unsigned int refuse_unmatched(struct sk_buff *skb)
{
	le_count_at(&le_counters[le_counter_index(LE_NO_ROW)], skb->len);
	return le_drop_no_row(skb);
}

static __always_inline unsigned int refuse(const struct le_live *live, struct sk_buff *skb,
					   const struct nf_hook_state *state, size_t far)
{
	if (unlikely(!live->drops_unmatched))
		return refuse_any(live, skb, state, far);
	return refuse_unmatched(skb);
}

/* Whether a row beyond word 0 takes the packet, or what it answers: then it is counted. */
static bool takes_wide(const struct le_live *live, const struct sk_buff *skb,
		       const struct le_fast *f, u8 family, enum le_dir dir, bool answered)
{
	int row = le_fast_match_wide(live->table, skb, family, dir, answered, f);

	if (row == LE_NO_ROW)
		return false;
	le_count(live->sites, row, skb->len);
	return true;
}

/* As judge_further(), for policies with so many rows that there are more words. */
static noinline unsigned int judge_wide(const struct le_live *live, struct sk_buff *skb,
					const struct nf_hook_state *state, struct le_fast f,
					u8 track, u8 family, enum le_dir dir)
{
	const u8 *ports = le_fast_ports(skb, family);
	u64 terms;

	if (takes_wide(live, skb, &f, family, dir, track == LE_TRACK_REPLY))
		return NF_ACCEPT;
	if (track != LE_TRACK_NONE || !le_fast_may_answer(ports, &f))
		return refuse(live, skb, state, f.far);
	terms = le_fast_match(live->table, ports, dir, true, &f);
	if (terms)
		return accept(first_term(live, terms), skb);
	if (takes_wide(live, skb, &f, family, dir, true))
		return NF_ACCEPT;
	return refuse(live, skb, state, f.far);
}

/* No row of word 0 takes it. By itself, it may be the answer to a packet that one takes. */
static __always_inline unsigned int judge_further(const struct le_live *live, struct sk_buff *skb,
						  const struct nf_hook_state *state,
						  const struct le_fast *f, u8 track, u8 family,
						  enum le_dir dir)
{
	const u8 *ports = le_fast_ports(skb, family);
	u64 terms = 0;

	if (unlikely(live->wide))
		return judge_wide(live, skb, state, *f, track, family, dir);
	if (track == LE_TRACK_NONE && le_fast_may_answer(ports, f))
		terms = le_fast_match(live->table, ports, dir, true, f);
	if (unlikely(terms))
		return accept(first_term(live, terms), skb);
	return refuse(live, skb, state, f->far);
}

/* All is known of a usual packet. What conntrack says of it counts, if it is asked. */
static __always_inline unsigned int judge(const struct le_live *live, struct sk_buff *skb,
					  const struct nf_hook_state *state,
					  const struct le_fast *f, u8 track, u8 family,
					  enum le_dir dir)
{
	const u8 *ports = le_fast_ports(skb, family);
	u64 terms;

	if (track == LE_TRACK_REPLY)
		terms = le_fast_match(live->table, ports, dir, true, f);
	else
		terms = le_fast_match(live->table, ports, dir, false, f);
	if (likely(terms))
		return accept(first_term(live, terms), skb);
	return judge_further(live, skb, state, f, track, family, dir);
}

/* A usual packet, whatever it takes to find its addresses. */
static __always_inline unsigned int cross_deep(const struct le_live *live, struct sk_buff *skb,
					       const struct nf_hook_state *state, size_t lane,
					       u8 family, enum le_dir dir)
{
	struct le_fast f = { .lane = lane };
	u8 track = le_live_track(live, skb);

	if (unlikely(!le_fast_near_deep(live->table, skb, family, dir, &f)))
		return NF_ACCEPT;
	f.far = le_fast_far_block(live->table, skb, family, dir);
	if (f.far & LE_NODE)
		f.far = le_fast_far(live->table, skb, family, dir, f.far, f.far & LE_BY_RUNS);
	return judge(live, skb, state, &f, track, family, dir);
}

/* A packet by itself. */
static __always_inline unsigned int cross(const struct le_live *live, struct sk_buff *skb,
					  const struct nf_hook_state *state, size_t lane,
					  u8 family, enum le_dir dir, way_fn *deep, way_fn *other,
					  unmatched_fn *unmatched, far_fn *far, far_fn *many)
{
	const struct le_live_term *first;
	struct le_fast f = { .lane = lane };
	u64 terms;

	if (unlikely(!le_fast_headers(skb, live->least[family], family, &f)))
		return other(live, skb, state, lane);
	if (unlikely(!le_fast_near(live->table, skb, family, dir, &f)))
		return deep(live, skb, state, f.lane);
	terms = le_fast_candidates(live->table, le_fast_ports(skb, family), dir, false, &f);
	if (unlikely(!terms))
		return unmatched(live, skb, state, f.lane, f.near);
	first = first_term(live, terms);
	if (likely(le_fast_is_usual(&first->usual, skb, family, dir)))
		return accept(first, skb);
	if (many && unlikely(live->many))
		return many(live, skb, state, f.lane, f.near, terms);
	return far(live, skb, state, f.lane, f.near, terms);
}

static __always_inline unsigned int cross_far(const struct le_live *live, struct sk_buff *skb,
					      const struct nf_hook_state *state, size_t lane,
					      const u64 *near, u64 terms, u8 family,
					      enum le_dir dir, bool runs, stranger_fn *stranger)
{
	struct le_fast f = { .lane = lane, .near = near };

	f.far = le_fast_far_block(live->table, skb, family, dir);
	if (f.far & LE_NODE)
		f.far = le_fast_far(live->table, skb, family, dir, f.far, runs);
	terms &= le_fast_of_far(live->table, dir, false, &f);
	if (likely(terms))
		return accept(first_term(live, terms), skb);
	return stranger(live, skb, state, lane, near, f.far);
}

static __always_inline unsigned int cross_stranger(const struct le_live *live, struct sk_buff *skb,
						   const struct nf_hook_state *state, size_t lane,
						   const u64 *near, size_t far, u8 family,
						   enum le_dir dir)
{
	const struct le_fast f = { .lane = lane, .far = far, .near = near };

	return judge_further(live, skb, state, &f, LE_TRACK_NONE, family, dir);
}

/*
 * No row takes it, not even beyond word 0. If it is an answer, then perhaps only to somebody in
 * particular, or to a packet that a row beyond word 0 takes.
 */
static __always_inline unsigned int
cross_unmatched(const struct le_live *live, struct sk_buff *skb, const struct nf_hook_state *state,
		size_t lane, const u64 *near, u8 family, enum le_dir dir, way_fn *deep)
{
	const struct le_fast f = { .lane = lane, .near = near };
	const u8 *ports = le_fast_ports(skb, family);
	const struct le_live_term *first;
	u64 terms = 0;

	if (le_fast_may_answer(ports, &f))
		terms = le_fast_candidates(live->table, ports, dir, true, &f);
	if (terms) {
		first = first_term(live, terms);
		if (le_fast_is_usual(&first->usual, skb, family, dir))
			return accept(first, skb);
		return deep(live, skb, state, lane);
	}
	if (unlikely(!live->drops_unmatched))
		return deep(live, skb, state, lane);
	return refuse_unmatched(skb);
}

/* Conntrack knows it, or is told not to. */
static __always_inline unsigned int cross_tracked(const struct le_live *live, struct sk_buff *skb,
						  const struct nf_hook_state *state, size_t lane,
						  u64 terms, u8 track, u8 family, enum le_dir dir,
						  way_fn *deep)
{
	struct le_fast f = { .far = le_fast_far_block(live->table, skb, family, dir) };

	if (unlikely(f.far & LE_BY_RUNS))
		return deep(live, skb, state, lane);
	if (f.far & LE_NODE)
		f.far = le_fast_far(live->table, skb, family, dir, f.far, false);
	if (track == LE_TRACK_REPLY)
		terms &= le_fast_of_far(live->table, dir, true, &f);
	else
		terms &= le_fast_of_far(live->table, dir, false, &f);
	if (likely(terms))
		return accept(first_term(live, terms), skb);
	return deep(live, skb, state, lane);
}

/* With conntrack, if that is what makes the packet other than usual. */
static __always_inline unsigned int cross_other(const struct le_live *live, struct sk_buff *skb,
						const struct nf_hook_state *state, size_t lane,
						u8 family, enum le_dir dir, way_fn *deep,
						tracked_fn *tracked)
{
	const struct le_live_term *first;
	struct le_fast f = { .lane = lane };
	u64 terms;
	u8 track;

	if (!live->conntrack)
		return le_judge_any(live, skb, state);
	track = le_live_track(live, skb);
	if (unlikely(track == LE_TRACK_INVALID) ||
	    unlikely(!le_fast_headers(skb, le_fast_least(family), family, &f)))
		return le_judge_any(live, skb, state);
	if (unlikely(!le_fast_near(live->table, skb, family, dir, &f)))
		return deep(live, skb, state, f.lane);
	if (track == LE_TRACK_REPLY)
		terms = le_fast_candidates(live->table, le_fast_ports(skb, family), dir, true, &f);
	else
		terms = le_fast_candidates(live->table, le_fast_ports(skb, family), dir, false, &f);
	if (likely(terms)) {
		first = first_term(live, terms);
		if (likely(le_fast_is_usual(&first->usual, skb, family, dir)))
			return accept(first, skb);
	}
	/* By itself, it may be an answer. */
	if (!terms && track != LE_TRACK_NONE && live->drops_unmatched)
		return refuse_unmatched(skb);
	return tracked(live, skb, state, f.lane, terms, track);
}

static noinline unsigned int
enter_ipv4_deep(const struct le_live *live, struct sk_buff *skb, const struct nf_hook_state *state,
		size_t lane)
{
	return cross_deep(live, skb, state, lane, LE_IPV4, LE_IN);
}

static noinline unsigned int
enter_ipv4_tracked(const struct le_live *live, struct sk_buff *skb,
		   const struct nf_hook_state *state, size_t lane, u64 terms, u8 track)
{
	return cross_tracked(live, skb, state, lane, terms, track, LE_IPV4, LE_IN,
			     enter_ipv4_deep);
}

static noinline unsigned int
enter_ipv4_other(const struct le_live *live, struct sk_buff *skb,
		 const struct nf_hook_state *state, size_t lane)
{
	return cross_other(live, skb, state, lane, LE_IPV4, LE_IN, enter_ipv4_deep,
			   enter_ipv4_tracked);
}

static noinline unsigned int
enter_ipv4_unmatched(const struct le_live *live, struct sk_buff *skb,
		     const struct nf_hook_state *state, size_t lane, const u64 *near)
{
	return cross_unmatched(live, skb, state, lane, near, LE_IPV4, LE_IN, enter_ipv4_deep);
}

static noinline unsigned int
enter_ipv4_stranger(const struct le_live *live, struct sk_buff *skb,
		    const struct nf_hook_state *state, size_t lane, const u64 *near, size_t far)
{
	return cross_stranger(live, skb, state, lane, near, far, LE_IPV4, LE_IN);
}

static noinline unsigned int
enter_ipv4_many(const struct le_live *live, struct sk_buff *skb, const struct nf_hook_state *state,
		size_t lane, const u64 *near, u64 terms)
{
	return cross_far(live, skb, state, lane, near, terms, LE_IPV4, LE_IN, true,
			 enter_ipv4_stranger);
}

static noinline unsigned int
enter_ipv4_far(const struct le_live *live, struct sk_buff *skb, const struct nf_hook_state *state,
	       size_t lane, const u64 *near, u64 terms)
{
	return cross_far(live, skb, state, lane, near, terms, LE_IPV4, LE_IN, false,
			 enter_ipv4_stranger);
}

static __always_inline unsigned int
enter_ipv4(const struct le_live *live, struct sk_buff *skb, const struct nf_hook_state *state,
	   size_t lane)
{
	return cross(live, skb, state, lane, LE_IPV4, LE_IN, enter_ipv4_deep, enter_ipv4_other,
		     enter_ipv4_unmatched, enter_ipv4_far, enter_ipv4_many);
}

static noinline unsigned int
leave_ipv4_deep(const struct le_live *live, struct sk_buff *skb, const struct nf_hook_state *state,
		size_t lane)
{
	return cross_deep(live, skb, state, lane, LE_IPV4, LE_OUT);
}

static noinline unsigned int
leave_ipv4_tracked(const struct le_live *live, struct sk_buff *skb,
		   const struct nf_hook_state *state, size_t lane, u64 terms, u8 track)
{
	return cross_tracked(live, skb, state, lane, terms, track, LE_IPV4, LE_OUT,
			     leave_ipv4_deep);
}

static noinline unsigned int
leave_ipv4_other(const struct le_live *live, struct sk_buff *skb,
		 const struct nf_hook_state *state, size_t lane)
{
	return cross_other(live, skb, state, lane, LE_IPV4, LE_OUT, leave_ipv4_deep,
			   leave_ipv4_tracked);
}

static noinline unsigned int
leave_ipv4_unmatched(const struct le_live *live, struct sk_buff *skb,
		     const struct nf_hook_state *state, size_t lane, const u64 *near)
{
	return cross_unmatched(live, skb, state, lane, near, LE_IPV4, LE_OUT, leave_ipv4_deep);
}

static noinline unsigned int
leave_ipv4_stranger(const struct le_live *live, struct sk_buff *skb,
		    const struct nf_hook_state *state, size_t lane, const u64 *near, size_t far)
{
	return cross_stranger(live, skb, state, lane, near, far, LE_IPV4, LE_OUT);
}

static noinline unsigned int
leave_ipv4_many(const struct le_live *live, struct sk_buff *skb, const struct nf_hook_state *state,
		size_t lane, const u64 *near, u64 terms)
{
	return cross_far(live, skb, state, lane, near, terms, LE_IPV4, LE_OUT, true,
			 leave_ipv4_stranger);
}

static noinline unsigned int
leave_ipv4_far(const struct le_live *live, struct sk_buff *skb, const struct nf_hook_state *state,
	       size_t lane, const u64 *near, u64 terms)
{
	return cross_far(live, skb, state, lane, near, terms, LE_IPV4, LE_OUT, false,
			 leave_ipv4_stranger);
}

static __always_inline unsigned int
leave_ipv4(const struct le_live *live, struct sk_buff *skb, const struct nf_hook_state *state,
	   size_t lane)
{
	return cross(live, skb, state, lane, LE_IPV4, LE_OUT, leave_ipv4_deep, leave_ipv4_other,
		     leave_ipv4_unmatched, leave_ipv4_far, leave_ipv4_many);
}

static noinline unsigned int
enter_ipv6_deep(const struct le_live *live, struct sk_buff *skb, const struct nf_hook_state *state,
		size_t lane)
{
	return cross_deep(live, skb, state, lane, LE_IPV6, LE_IN);
}

static noinline unsigned int
enter_ipv6_tracked(const struct le_live *live, struct sk_buff *skb,
		   const struct nf_hook_state *state, size_t lane, u64 terms, u8 track)
{
	return cross_tracked(live, skb, state, lane, terms, track, LE_IPV6, LE_IN,
			     enter_ipv6_deep);
}

static noinline unsigned int
enter_ipv6_other(const struct le_live *live, struct sk_buff *skb,
		 const struct nf_hook_state *state, size_t lane)
{
	return cross_other(live, skb, state, lane, LE_IPV6, LE_IN, enter_ipv6_deep,
			   enter_ipv6_tracked);
}

static noinline unsigned int
enter_ipv6_unmatched(const struct le_live *live, struct sk_buff *skb,
		     const struct nf_hook_state *state, size_t lane, const u64 *near)
{
	return cross_unmatched(live, skb, state, lane, near, LE_IPV6, LE_IN, enter_ipv6_deep);
}

static noinline unsigned int
enter_ipv6_stranger(const struct le_live *live, struct sk_buff *skb,
		    const struct nf_hook_state *state, size_t lane, const u64 *near, size_t far)
{
	return cross_stranger(live, skb, state, lane, near, far, LE_IPV6, LE_IN);
}

static noinline unsigned int
enter_ipv6_far(const struct le_live *live, struct sk_buff *skb, const struct nf_hook_state *state,
	       size_t lane, const u64 *near, u64 terms)
{
	return cross_far(live, skb, state, lane, near, terms, LE_IPV6, LE_IN, false,
			 enter_ipv6_stranger);
}

static __always_inline unsigned int
enter_ipv6(const struct le_live *live, struct sk_buff *skb, const struct nf_hook_state *state,
	   size_t lane)
{
	return cross(live, skb, state, lane, LE_IPV6, LE_IN, enter_ipv6_deep, enter_ipv6_other,
		     enter_ipv6_unmatched, enter_ipv6_far, NULL);
}

static noinline unsigned int
leave_ipv6_deep(const struct le_live *live, struct sk_buff *skb, const struct nf_hook_state *state,
		size_t lane)
{
	return cross_deep(live, skb, state, lane, LE_IPV6, LE_OUT);
}

static noinline unsigned int
leave_ipv6_tracked(const struct le_live *live, struct sk_buff *skb,
		   const struct nf_hook_state *state, size_t lane, u64 terms, u8 track)
{
	return cross_tracked(live, skb, state, lane, terms, track, LE_IPV6, LE_OUT,
			     leave_ipv6_deep);
}

static noinline unsigned int
leave_ipv6_other(const struct le_live *live, struct sk_buff *skb,
		 const struct nf_hook_state *state, size_t lane)
{
	return cross_other(live, skb, state, lane, LE_IPV6, LE_OUT, leave_ipv6_deep,
			   leave_ipv6_tracked);
}

static noinline unsigned int
leave_ipv6_unmatched(const struct le_live *live, struct sk_buff *skb,
		     const struct nf_hook_state *state, size_t lane, const u64 *near)
{
	return cross_unmatched(live, skb, state, lane, near, LE_IPV6, LE_OUT, leave_ipv6_deep);
}

static noinline unsigned int
leave_ipv6_stranger(const struct le_live *live, struct sk_buff *skb,
		    const struct nf_hook_state *state, size_t lane, const u64 *near, size_t far)
{
	return cross_stranger(live, skb, state, lane, near, far, LE_IPV6, LE_OUT);
}

static noinline unsigned int
leave_ipv6_far(const struct le_live *live, struct sk_buff *skb, const struct nf_hook_state *state,
	       size_t lane, const u64 *near, u64 terms)
{
	return cross_far(live, skb, state, lane, near, terms, LE_IPV6, LE_OUT, false,
			 leave_ipv6_stranger);
}

static __always_inline unsigned int
leave_ipv6(const struct le_live *live, struct sk_buff *skb, const struct nf_hook_state *state,
	   size_t lane)
{
	return cross(live, skb, state, lane, LE_IPV6, LE_OUT, leave_ipv6_deep, leave_ipv6_other,
		     leave_ipv6_unmatched, leave_ipv6_far, NULL);
}

/* Where a device is not alone in its place, or both are named; or somebody listens. */
static __always_inline unsigned int forward_any(const struct le_live *live, struct sk_buff *skb,
						const struct nf_hook_state *state, way_fn *enter,
						way_fn *leave)
{
	u8 in = le_live_iface_of(live, state->in), out = le_live_iface_of(live, state->out);

	if (trace_verdict_enabled() || (in != LE_UNNAMED && out != LE_UNNAMED))
		return le_judge_any(live, skb, state);
	if (in != LE_UNNAMED)
		return enter(live, skb, state, le_live_lane(in));
	if (out != LE_UNNAMED)
		return leave(live, skb, state, le_live_lane(out));
	return NF_ACCEPT;
}

static noinline unsigned int forward_any_ipv4(const struct le_live *live, struct sk_buff *skb,
					      const struct nf_hook_state *state)
{
	return forward_any(live, skb, state, enter_ipv4, leave_ipv4);
}

static noinline unsigned int forward_any_ipv6(const struct le_live *live, struct sk_buff *skb,
					      const struct nf_hook_state *state)
{
	return forward_any(live, skb, state, enter_ipv6, leave_ipv6);
}

/*
 * FORWARD has both devices, whoever calls it: ip_forward(), ip6_forward(), multicast, bridges.
 * While somebody listens to lyncedge:verdict every packet that is ours goes the long way, so that
 * it is asked here alone.
 */
static __always_inline unsigned int forward(struct sk_buff *skb, const struct nf_hook_state *state,
					    way_fn *enter, way_fn *leave, any_fn *any)
{
	const struct le_live *live = rcu_dereference(le_live);
	u8 in = state->in->ifindex, out = state->out->ifindex;
	size_t entering = live->lanes[in], leaving = live->lanes[out];

	if (entering) {
		if (unlikely(leaving) || unlikely(live->ifindexes[in] != state->in->ifindex))
			return any(live, skb, state);
		if (trace_verdict_enabled())
			return any(live, skb, state);
		return enter(live, skb, state, entering);
	}
	if (!leaving)
		return NF_ACCEPT;
	if (unlikely(live->ifindexes[out] != state->out->ifindex))
		return any(live, skb, state);
	if (trace_verdict_enabled())
		return any(live, skb, state);
	return leave(live, skb, state, leaving);
}

/**
 * le_forward_ipv4() - the hook of FORWARD, IPv4
 * @priv: not used
 * @skb: the packet
 * @state: where it is seen
 *
 * Context: softirq, under RCU.
 *
 * Return: NF_ACCEPT, or that it is dropped.
 */
unsigned int le_forward_ipv4(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	return forward(skb, state, enter_ipv4, leave_ipv4, forward_any_ipv4);
}

/**
 * le_forward_ipv6() - the hook of FORWARD, IPv6
 * @priv: not used
 * @skb: the packet
 * @state: where it is seen
 *
 * Context: softirq, under RCU.
 *
 * Return: NF_ACCEPT, or that it is dropped.
 */
unsigned int le_forward_ipv6(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	return forward(skb, state, enter_ipv6, leave_ipv6, forward_any_ipv6);
}
