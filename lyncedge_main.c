// SPDX-License-Identifier: GPL-2.0-only
/*
 * lyncedge: the port matrix of a Lync Server 2013 / Skype for Business Edge, enforced on the
 * gateway in front of it.
 *
 * The story: load, hook, packet in, verdict out, unload. How a packet's headers are read is in
 * lyncedge_packet.c, how it is judged in lyncedge_rules.c, what is in force in
 * lyncedge_control.c, the files that change it in lyncedge_sysfs.c.
 */
#include <linux/module.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <net/net_namespace.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_log.h>

#include "lyncedge_control.h"
#include "lyncedge_fast.h"
#include "lyncedge_main.h"
#include "lyncedge_needs.h"
#include "lyncedge_sysfs.h"

/*
 * Just ahead of the filter tables of iptables and nftables, so that they see only what passed:
 * after DNAT and defragmentation, before SNAT, which is where addresses are the Edge's own.
 */
#define LE_PRIORITY (NF_IP_PRI_FILTER - 1)

/*
 * An ICMP error is about a connection that conntrack knows: take that, at the addresses that
 * the Edge knows.
 */
static void read_connection(const struct nf_conn *ct, struct le_packet *packet)
{
	const struct nf_conntrack_tuple *orig = &ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple;
	const struct nf_conntrack_tuple *reply = &ct->tuplehash[IP_CT_DIR_REPLY].tuple;
	struct le_flow *flow = &packet->about;

	flow->family = packet->flow.family;
	flow->protocol = orig->dst.protonum;
	memcpy(&flow->src, &orig->src.u3, sizeof(flow->src));
	memcpy(&flow->dst, &reply->src.u3, sizeof(flow->dst));
	flow->sport = ntohs(orig->src.u.all);
	flow->dport = ntohs(reply->src.u.all);
	packet->about_known = true;
	packet->about_echo = le_flow_is_echo(flow, orig->dst.u.icmp.type);
	packet->about_may_answer = false;
	packet->about_reversed = packet->track == LE_TRACK_REPLY;
}

static __always_inline u8 track_of(const struct le_live *live, const struct sk_buff *skb)
{
	enum ip_conntrack_info ctinfo;

	if (!live->conntrack)
		return LE_TRACK_NONE;
	if (!nf_ct_get(skb, &ctinfo))
		return ctinfo == IP_CT_UNTRACKED ? LE_TRACK_NONE : LE_TRACK_INVALID;
	return CTINFO2DIR(ctinfo) == IP_CT_DIR_REPLY ? LE_TRACK_REPLY : LE_TRACK_ORIGINAL;
}

static void ask_conntrack(const struct le_live *live, const struct sk_buff *skb,
			  struct le_packet *packet)
{
	enum ip_conntrack_info ctinfo;

	packet->track = track_of(live, skb);
	if (packet->kind != LE_KIND_ICMP_ERROR)
		return;
	if (packet->track == LE_TRACK_INVALID)
		packet->about_known = false;
	else if (packet->track != LE_TRACK_NONE)
		read_connection(nf_ct_get(skb, &ctinfo), packet);
}

static void log_drop(const struct le_live *live, const struct sk_buff *skb,
		     const struct nf_hook_state *state, int outcome)
{
	struct nf_loginfo info = {
		.type = NF_LOG_TYPE_ULOG,
		.u.ulog.group = live->log_group,
		.u.ulog.qthreshold = 1,
	};

	nf_log_packet(state->net, state->pf, state->hook, skb, state->in, state->out, &info,
		      "lyncedge:%s", le_reason_names[le_outcome_index(outcome)]);
}

static unsigned int drop(const struct le_live *live, struct sk_buff *skb,
			 const struct le_packet *packet, const struct nf_hook_state *state,
			 int outcome)
{
	le_count(live->sites, outcome, skb->len);
	if (live->log_group != LE_NO_LOG_GROUP)
		log_drop(live, skb, state, outcome);
	if (!live->enforce)
		return NF_ACCEPT;
	if (outcome == LE_NO_ROW && live->reject)
		le_reject(skb, packet->flow.protocol, state);
	return NF_DROP;
}

static u8 iface_of(const struct le_live *live, const struct net_device *dev)
{
	return dev ? le_live_iface(live, dev->ifindex) : LE_UNNAMED;
}

/* Each named device is a crossing; a packet that crosses two must pass both, and counts at both. */
static noinline unsigned int judge(const struct le_live *live, struct sk_buff *skb,
				   const struct nf_hook_state *state)
{
	u8 in = iface_of(live, state->in), out = iface_of(live, state->out);
	int entering = LE_UNJUDGED, leaving = LE_UNJUDGED;
	struct le_packet packet;

	if (in == LE_UNNAMED && out == LE_UNNAMED)
		return NF_ACCEPT;
	le_packet_read(skb, state->pf == NFPROTO_IPV4 ? LE_IPV4 : LE_IPV6, &packet);
	ask_conntrack(live, skb, &packet);
	if (in != LE_UNNAMED) {
		entering = le_judge(live->table, le_crossing(in, LE_IN), &packet);
		if (!le_outcome_accepts(entering))
			return drop(live, skb, &packet, state, entering);
	}
	if (out != LE_UNNAMED) {
		leaving = le_judge(live->table, le_crossing(out, LE_OUT), &packet);
		if (!le_outcome_accepts(leaving))
			return drop(live, skb, &packet, state, leaving);
	}
	le_count(live->sites, entering, skb->len);
	le_count(live->sites, leaving, skb->len);
	return NF_ACCEPT;
}

static __always_inline unsigned int accept(const struct le_live *live, const struct sk_buff *skb,
					   u64 terms)
{
	/* The length is read once more rather than kept: registers are dear on the way here. */
	le_count_at(live->counters[__ffs64(terms)], READ_ONCE(skb->len));
	return NF_ACCEPT;
}

/* No row of word 0 takes it. */
static __always_inline unsigned int refuse(const struct le_live *live, struct sk_buff *skb,
					   const struct nf_hook_state *state,
					   const struct le_fast *f)
{
	if (!le_fast_no_row(live->table, f) || !live->enforce || live->reject ||
	    live->log_group != LE_NO_LOG_GROUP)
		return judge(live, skb, state);
	le_count_at(le_counter(live->sites, LE_NO_ROW), skb->len);
	return NF_DROP;
}

/*
 * The fast path (lyncedge_fast.h): a crossing of one named device, by a usual packet. A way is a
 * family and a direction. Each has a function for the simplest case, which needs hardly any
 * stack and goes on by jumps, and one for what conntrack and many prefixes add to it; all are
 * out of line, so that a packet which is not ours meets nothing but two bits.
 */
typedef unsigned int way_fn(const struct le_live *live, struct sk_buff *skb,
			    const struct nf_hook_state *state, int ifindex);

static __always_inline bool find_lane(const struct le_live *live, int ifindex, enum le_dir dir,
				      struct le_fast *f)
{
	const struct le_slot *slot = &live->slots[ifindex & live->slot_mask];

	f->lane = dir == LE_IN ? slot->lane : le_lane_reverse(slot->lane);
	return likely(slot->ifindex == ifindex);
}

/* A packet that no row takes may be the answer to one that a row takes. */
static noinline unsigned int answer(const struct le_live *live, struct sk_buff *skb,
				    const struct nf_hook_state *state, size_t lane, u32 far,
				    u32 near)
{
	const struct le_fast f = { .lane = lane, .far = far, .near = near };
	u8 family = state->pf == NFPROTO_IPV4 ? LE_IPV4 : LE_IPV6;
	u64 terms = 0;

	if (le_fast_may_answer(skb, family, &f))
		terms = le_fast_match_answered(live->table, skb, family, le_lane_dir(lane), &f);
	return terms ? accept(live, skb, terms) : refuse(live, skb, state, &f);
}

/* With conntrack or without, with any number of prefixes. */
static __always_inline unsigned int cross_any(const struct le_live *live, struct sk_buff *skb,
					      const struct nf_hook_state *state, int ifindex,
					      u8 family, enum le_dir dir)
{
	u8 track = track_of(live, skb);
	struct le_fast f;
	u64 terms;

	if (!find_lane(live, ifindex, dir, &f) || unlikely(track == LE_TRACK_INVALID) ||
	    unlikely(le_fast_read(live->table, skb, family, dir, true, &f) != LE_FAST_USUAL))
		return judge(live, skb, state);
	if (track == LE_TRACK_REPLY)
		terms = le_fast_match_answered(live->table, skb, family, dir, &f);
	else
		terms = le_fast_match(live->table, skb, family, dir, &f);
	if (likely(terms))
		return accept(live, skb, terms);
	if (track == LE_TRACK_NONE)
		return answer(live, skb, state, f.lane, f.far, f.near);
	return refuse(live, skb, state, &f);
}

/* Without conntrack, with a usual number of prefixes; else @any goes on. */
static __always_inline unsigned int cross(const struct le_live *live, struct sk_buff *skb,
					  const struct nf_hook_state *state, int ifindex,
					  u8 family, enum le_dir dir, way_fn *any)
{
	enum le_fast_read read;
	struct le_fast f;
	u64 terms;

	if (live->conntrack)
		return any(live, skb, state, ifindex);
	if (!find_lane(live, ifindex, dir, &f))
		return judge(live, skb, state);
	read = le_fast_read(live->table, skb, family, dir, false, &f);
	if (unlikely(read == LE_FAST_DEEP))
		return any(live, skb, state, ifindex);
	if (unlikely(read != LE_FAST_USUAL))
		return judge(live, skb, state);
	terms = le_fast_match(live->table, skb, family, dir, &f);
	if (likely(terms))
		return accept(live, skb, terms);
	return answer(live, skb, state, f.lane, f.far, f.near);
}

static noinline unsigned int enter_any_ipv4(const struct le_live *live, struct sk_buff *skb,
					    const struct nf_hook_state *state, int ifindex)
{
	return cross_any(live, skb, state, ifindex, LE_IPV4, LE_IN);
}

static noinline unsigned int leave_any_ipv4(const struct le_live *live, struct sk_buff *skb,
					    const struct nf_hook_state *state, int ifindex)
{
	return cross_any(live, skb, state, ifindex, LE_IPV4, LE_OUT);
}

static noinline unsigned int enter_any_ipv6(const struct le_live *live, struct sk_buff *skb,
					    const struct nf_hook_state *state, int ifindex)
{
	return cross_any(live, skb, state, ifindex, LE_IPV6, LE_IN);
}

static noinline unsigned int leave_any_ipv6(const struct le_live *live, struct sk_buff *skb,
					    const struct nf_hook_state *state, int ifindex)
{
	return cross_any(live, skb, state, ifindex, LE_IPV6, LE_OUT);
}

static noinline unsigned int enter_ipv4(const struct le_live *live, struct sk_buff *skb,
					const struct nf_hook_state *state, int ifindex)
{
	return cross(live, skb, state, ifindex, LE_IPV4, LE_IN, enter_any_ipv4);
}

static noinline unsigned int leave_ipv4(const struct le_live *live, struct sk_buff *skb,
					const struct nf_hook_state *state, int ifindex)
{
	return cross(live, skb, state, ifindex, LE_IPV4, LE_OUT, leave_any_ipv4);
}

static noinline unsigned int enter_ipv6(const struct le_live *live, struct sk_buff *skb,
					const struct nf_hook_state *state, int ifindex)
{
	return cross(live, skb, state, ifindex, LE_IPV6, LE_IN, enter_any_ipv6);
}

static noinline unsigned int leave_ipv6(const struct le_live *live, struct sk_buff *skb,
					const struct nf_hook_state *state, int ifindex)
{
	return cross(live, skb, state, ifindex, LE_IPV6, LE_OUT, leave_any_ipv6);
}

/* FORWARD has both devices, whoever calls it: ip_forward(), ip6_forward(), multicast, bridges. */
static __always_inline unsigned int forward(struct sk_buff *skb, const struct nf_hook_state *state,
					    way_fn *enter, way_fn *leave)
{
	const struct le_live *live = rcu_dereference(le_live);
	int in = state->in->ifindex, out = state->out->ifindex;

	if (unlikely(!live))
		return NF_ACCEPT;
	if (le_live_may_name(live, in)) {
		if (unlikely(le_live_may_name(live, out)))
			return judge(live, skb, state);
		return enter(live, skb, state, in);
	}
	if (le_live_may_name(live, out))
		return leave(live, skb, state, out);
	return NF_ACCEPT;
}

static unsigned int forward_ipv4(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	return forward(skb, state, enter_ipv4, leave_ipv4);
}

static unsigned int forward_ipv6(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	return forward(skb, state, enter_ipv6, leave_ipv6);
}

static unsigned int local_hook(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	const struct le_live *live = rcu_dereference(le_live);

	/* The hooks may be there a moment before and after the policy that asks for them. */
	if (!live || !live->local)
		return NF_ACCEPT;
	if (state->hook == NF_INET_LOCAL_OUT && le_is_rejecting())
		return NF_ACCEPT;
	return judge(live, skb, state);
}

#define LE_HOOK(_function, _pf, _hook)	\
	{				\
		.hook = _function,	\
		.pf = _pf,		\
		.hooknum = _hook,	\
		.priority = LE_PRIORITY,	\
	}

static const struct nf_hook_ops forward_hooks[] = {
	LE_HOOK(forward_ipv4, NFPROTO_IPV4, NF_INET_FORWARD),
	LE_HOOK(forward_ipv6, NFPROTO_IPV6, NF_INET_FORWARD),
};

static const struct nf_hook_ops local_hooks[] = {
	LE_HOOK(local_hook, NFPROTO_IPV4, NF_INET_LOCAL_IN),
	LE_HOOK(local_hook, NFPROTO_IPV4, NF_INET_LOCAL_OUT),
	LE_HOOK(local_hook, NFPROTO_IPV6, NF_INET_LOCAL_IN),
	LE_HOOK(local_hook, NFPROTO_IPV6, NF_INET_LOCAL_OUT),
};

/**
 * le_hooks_register_forward() - see what the gateway forwards
 *
 * Context: process; may sleep.
 *
 * Return: 0 or an error.
 */
int le_hooks_register_forward(void)
{
	return nf_register_net_hooks(&init_net, forward_hooks, ARRAY_SIZE(forward_hooks));
}

/**
 * le_hooks_unregister_forward() - see it no more
 *
 * A packet may be in the hook until a grace period later.
 *
 * Context: process; may sleep.
 */
void le_hooks_unregister_forward(void)
{
	nf_unregister_net_hooks(&init_net, forward_hooks, ARRAY_SIZE(forward_hooks));
}

/**
 * le_hooks_register_local() - see what the gateway itself receives and sends
 *
 * Context: process; may sleep.
 *
 * Return: 0 or an error.
 */
int le_hooks_register_local(void)
{
	return nf_register_net_hooks(&init_net, local_hooks, ARRAY_SIZE(local_hooks));
}

/**
 * le_hooks_unregister_local() - see it no more
 *
 * A packet may be in the hook until a grace period later.
 *
 * Context: process; may sleep.
 */
void le_hooks_unregister_local(void)
{
	nf_unregister_net_hooks(&init_net, local_hooks, ARRAY_SIZE(local_hooks));
}

static int __init lyncedge_init(void)
{
	int err;

	err = le_control_init();
	if (err)
		return err;
	err = le_sysfs_init();
	if (err)
		goto fail_sysfs;
	return 0;

fail_sysfs:
	le_control_exit();
	return err;
}

static void __exit lyncedge_exit(void)
{
	le_sysfs_exit();
	le_control_exit();
}

module_init(lyncedge_init);
module_exit(lyncedge_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Port matrix of a Lync Server 2013 / Skype for Business Edge");
MODULE_AUTHOR("The lyncedge developers");
MODULE_VERSION("0.1.0");
