// SPDX-License-Identifier: GPL-2.0-only
/*
 * lyncedge: the port matrix of a Lync Server 2013 / Skype for Business Edge, enforced on the
 * gateway in front of it.
 *
 * The story: load, hook, packet in, verdict out, unload. How a packet's headers are read is in
 * lyncedge_packet.c, how it is judged in lyncedge_rules.c, the usual packet's shorter way in
 * lyncedge_forward.c, what is in force in lyncedge_control.c, the files that change it in
 * lyncedge_sysfs.c.
 */
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/net_namespace.h>
#include <net/netfilter/nf_log.h>

#include "lyncedge_control.h"
#include "lyncedge_drop.h"
#include "lyncedge_forward.h"
#include "lyncedge_main.h"
#include "lyncedge_needs.h"
#include "lyncedge_sysfs.h"
#include "lyncedge_trace.h"

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

static void ask_conntrack(const struct le_live *live, const struct sk_buff *skb,
			  struct le_packet *packet)
{
	enum ip_conntrack_info ctinfo;

	packet->track = le_live_track(live, skb);
	if (packet->kind != LE_KIND_ICMP_ERROR)
		return;
	if (packet->track == LE_TRACK_INVALID)
		packet->about_known = false;
	else if (packet->track != LE_TRACK_NONE)
		read_connection(nf_ct_get(skb, &ctinfo), packet);
}

/**
 * le_log_drop() - hand a dropped packet to who listens to the log group
 * @live: what it was judged by, with a log group
 * @skb: the packet
 * @state: the hook's
 * @pf: NFPROTO_IPV4 or NFPROTO_IPV6
 * @outcome: why it was dropped
 *
 * Context: hook, under RCU.
 */
void le_log_drop(const struct le_live *live, const struct sk_buff *skb,
		 const struct nf_hook_state *state, u8 pf, int outcome)
{
	struct nf_loginfo info = {
		.type = NF_LOG_TYPE_ULOG,
		.u.ulog.group = live->log_group,
		.u.ulog.qthreshold = 1,
	};

	nf_log_packet(state->net, pf, state->hook, skb, state->in, state->out, &info,
		      "lyncedge:%s", le_reason_names[le_outcome_index(outcome)]);
}

static unsigned int drop(const struct le_live *live, struct sk_buff *skb,
			 const struct le_packet *packet, const struct nf_hook_state *state,
			 unsigned int crossing, int outcome)
{
	le_count(live->sites, outcome, skb->len);
	if (trace_verdict_enabled())
		le_event_verdict(live, skb, state, packet, crossing, outcome, skb->len);
	if (live->log_group != LE_NO_LOG_GROUP)
		le_log_drop(live, skb, state, state->pf, outcome);
	if (!live->enforce)
		return NF_ACCEPT;
	if (outcome == LE_NO_ROW && live->reject)
		le_reject(skb, packet->flow.protocol, state);
	return le_drop(skb, outcome);
}

/* It passed both crossings, of which it need not have been judged at any. */
static noinline void tell_passed(const struct le_live *live, const struct sk_buff *skb,
				 const struct nf_hook_state *state, const struct le_packet *packet,
				 int entering, int leaving)
{
	u8 in = le_live_iface_of(live, state->in), out = le_live_iface_of(live, state->out);

	if (entering != LE_UNJUDGED)
		le_event_verdict(live, skb, state, packet, le_crossing(in, LE_IN), entering,
				 skb->len);
	if (leaving != LE_UNJUDGED)
		le_event_verdict(live, skb, state, packet, le_crossing(out, LE_OUT), leaving,
				 skb->len);
}

/**
 * le_judge_any() - judge a packet of any kind
 * @live: what to judge by
 * @skb: the packet
 * @state: where it is seen
 *
 * Each named device is a crossing; a packet that crosses two must pass both, and counts at both.
 *
 * Context: a hook, under RCU.
 *
 * Return: NF_ACCEPT, or that it is dropped, and then @skb may be gone.
 */
unsigned int le_judge_any(const struct le_live *live, struct sk_buff *skb,
			  const struct nf_hook_state *state)
{
	u8 in = le_live_iface_of(live, state->in), out = le_live_iface_of(live, state->out);
	int entering = LE_UNJUDGED, leaving = LE_UNJUDGED;
	unsigned int crossing;
	struct le_packet packet;

	if (in == LE_UNNAMED && out == LE_UNNAMED)
		return NF_ACCEPT;
	le_packet_read(skb, state->pf == NFPROTO_IPV4 ? LE_IPV4 : LE_IPV6, &packet);
	ask_conntrack(live, skb, &packet);
	if (in != LE_UNNAMED) {
		crossing = le_crossing(in, LE_IN);
		entering = le_judge(live->table, crossing, &packet);
		if (!le_outcome_accepts(entering))
			return drop(live, skb, &packet, state, crossing, entering);
	}
	if (out != LE_UNNAMED) {
		crossing = le_crossing(out, LE_OUT);
		leaving = le_judge(live->table, crossing, &packet);
		if (!le_outcome_accepts(leaving))
			return drop(live, skb, &packet, state, crossing, leaving);
	}
	le_count(live->sites, entering, skb->len);
	le_count(live->sites, leaving, skb->len);
	if (trace_verdict_enabled())
		tell_passed(live, skb, state, &packet, entering, leaving);
	return NF_ACCEPT;
}

static unsigned int local_hook(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	const struct le_live *live = rcu_dereference(le_live);

	/* The hooks may be there a moment before and after the policy that asks for them. */
	if (!live->local)
		return NF_ACCEPT;
	if (state->hook == NF_INET_LOCAL_OUT && le_is_rejecting())
		return NF_ACCEPT;
	return le_judge_any(live, skb, state);
}

#define LE_HOOK(_function, _pf, _hook)	\
	{				\
		.hook = _function,	\
		.pf = _pf,		\
		.hooknum = _hook,	\
		.priority = LE_PRIORITY,	\
	}

static const struct nf_hook_ops forward_hooks[] = {
	LE_HOOK(le_forward_ipv4, NFPROTO_IPV4, NF_INET_FORWARD),
	LE_HOOK(le_forward_ipv6, NFPROTO_IPV6, NF_INET_FORWARD),
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

static char *enforce_on_load;
module_param(enforce_on_load, charp, 0400);
MODULE_PARM_DESC(enforce_on_load,
		 "devices (NAME,NAME,...) that nothing crosses until a policy is written");

static int __init enforce(const char *text)
{
	char why[sizeof(struct le_error)];
	int err;

	le_control_lock();
	err = le_control_apply(text, strlen(text));
	if (!err)
		err = le_control_set_mode(LE_MODE_ENFORCE);
	if (err) {
		le_control_error_text(why, sizeof(why));
		/* The remedy, on a line of its own, is for who writes policies. */
		pr_err("lyncedge: enforce_on_load=%s: %.*s\n", enforce_on_load,
		       (int)strcspn(why, "\n"), why);
	}
	le_control_unlock();
	return err;
}

/*
 * A policy without rows, so that between boot and the real one no packet passes. It asks nothing of
 * the kernel that could be missing so early.
 */
static int __init close_devices(void)
{
	static const char rest[] = "option established stateless\ncommit\n";
	char *text = kasprintf(GFP_KERNEL, "interface external %s\n%s", enforce_on_load, rest);
	int err;

	if (!text)
		return -ENOMEM;
	strreplace(text, ',', ' ');
	err = enforce(text);
	kfree(text);
	return err;
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
	if (enforce_on_load)
		err = close_devices();
	if (err)
		goto fail_close;
	return 0;

fail_close:
	le_sysfs_exit();
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
