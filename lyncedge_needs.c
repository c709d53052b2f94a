// SPDX-License-Identifier: GPL-2.0-only
/*
 * Meets and gives up what the policy in force needs of the kernel. Conntrack, defragmentation
 * and reject are modules of their own: their symbols are asked for when a policy needs them, so
 * that lyncedge.ko can be loaded by insmod on any kernel and a stateless gateway never loads
 * conntrack on its account. When to meet what is lyncedge_control.c's business.
 */
#include <linux/module.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <net/net_namespace.h>
#include <net/netfilter/ipv4/nf_defrag_ipv4.h>
#include <net/netfilter/ipv4/nf_reject.h>
#include <net/netfilter/ipv6/nf_defrag_ipv6.h>
#include <net/netfilter/ipv6/nf_reject.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_log.h>

#include "compat.h"
#include "lyncedge_main.h"
#include "lyncedge_needs.h"

/* Set while a CPU sends a reject: the gateway's own packet, which the OUTPUT hook has no say in. */
static DEFINE_PER_CPU(bool, rejecting);

/* Borrowed functions; NULL while they are not. */
static int (*defrag4_enable)(struct net *net);
static void (*defrag4_disable)(struct net *net);
static int (*defrag6_enable)(struct net *net);
static void (*defrag6_disable)(struct net *net);
static int (*conntrack_get)(struct net *net, u8 family);
static void (*conntrack_put)(struct net *net, u8 family);
static void (*send_reset)(struct net *net, struct sock *sk, struct sk_buff *skb, int hook);
static void (*send_unreach)(struct sk_buff *skb, int code, int hook);
static void (*send_reset6)(struct net *net, struct sock *sk, struct sk_buff *skb, int hook);
static void (*send_unreach6)(struct net *net, struct sk_buff *skb, unsigned char code,
			     unsigned int hook);

/* Loads the module that has the symbol, if need be, and holds it. */
#define borrow(function, symbol) ((function) = symbol_request(symbol))

static void give_back(void *function, const char *symbol)
{
	void **borrowed = function;

	if (*borrowed)
		__symbol_put(symbol);
	*borrowed = NULL;
}

static int meet_module(void)
{
	__module_get(THIS_MODULE);
	return 0;
}

static void release_module(void)
{
	module_put(THIS_MODULE);
}

static void give_back_defrag(void)
{
	give_back(&defrag4_enable, "nf_defrag_ipv4_enable");
	give_back(&defrag4_disable, "nf_defrag_ipv4_disable");
	give_back(&defrag6_enable, "nf_defrag_ipv6_enable");
	give_back(&defrag6_disable, "nf_defrag_ipv6_disable");
}

/* They are of the modules that are held already. */
static bool borrow_defrag_disable(void)
{
	defrag4_disable = symbol_get(nf_defrag_ipv4_disable);
	defrag6_disable = symbol_get(nf_defrag_ipv6_disable);
	return !LE_DEFRAG_ENDS || (defrag4_disable && defrag6_disable);
}

static void disable_defrag4(void)
{
	if (LE_DEFRAG_ENDS)
		defrag4_disable(&init_net);
}

static void disable_defrag6(void)
{
	if (LE_DEFRAG_ENDS)
		defrag6_disable(&init_net);
}

static int enable_defrag(void)
{
	int err = defrag4_enable(&init_net);

	if (err)
		return err;
	err = defrag6_enable(&init_net);
	if (err)
		disable_defrag4();
	return err;
}

static int meet_defrag(void)
{
	int err = -ENOENT;

	if (borrow(defrag4_enable, nf_defrag_ipv4_enable) &&
	    borrow(defrag6_enable, nf_defrag_ipv6_enable) && borrow_defrag_disable())
		err = enable_defrag();
	if (err)
		give_back_defrag();
	return err;
}

static void release_defrag(void)
{
	disable_defrag6();
	disable_defrag4();
	give_back_defrag();
}

static void give_back_conntrack(void)
{
	give_back(&conntrack_get, "nf_ct_netns_get");
	give_back(&conntrack_put, "nf_ct_netns_put");
}

static int meet_conntrack(void)
{
	int err = -ENOENT;

	if (borrow(conntrack_get, nf_ct_netns_get) && borrow(conntrack_put, nf_ct_netns_put))
		err = conntrack_get(&init_net, NFPROTO_INET);
	if (err) {
		give_back_conntrack();
		return err;
	}
	/* A packet that passed PREROUTING before has no entry and would be taken for invalid. */
	synchronize_net();
	return 0;
}

static void release_conntrack(void)
{
	conntrack_put(&init_net, NFPROTO_INET);
	give_back_conntrack();
}

static void release_reject(void)
{
	give_back(&send_reset, "nf_send_reset");
	give_back(&send_unreach, "nf_send_unreach");
	give_back(&send_reset6, "nf_send_reset6");
	give_back(&send_unreach6, "nf_send_unreach6");
}

static int meet_reject(void)
{
	if (borrow(send_reset, nf_send_reset) && borrow(send_unreach, nf_send_unreach) &&
	    borrow(send_reset6, nf_send_reset6) && borrow(send_unreach6, nf_send_unreach6))
		return 0;
	release_reject();
	return -ENOENT;
}

static int meet_log(void)
{
	int err = nf_logger_find_get(NFPROTO_INET, NF_LOG_TYPE_ULOG);

	if (!err)
		return 0;
	request_module("nfnetlink_log");
	return nf_logger_find_get(NFPROTO_INET, NF_LOG_TYPE_ULOG);
}

static void release_log(void)
{
	nf_logger_put(NFPROTO_INET, NF_LOG_TYPE_ULOG);
}

static const struct {
	int (*meet)(void);
	void (*release)(void);
	const char *what;
} le_needs[LE_NR_NEEDS] = {
	[LE_NEED_MODULE] = { meet_module, release_module, "itself" },
	[LE_NEED_DEFRAG] = { meet_defrag, release_defrag, "nf_defrag_ipv4, nf_defrag_ipv6" },
	[LE_NEED_CONNTRACK] = { meet_conntrack, release_conntrack, "nf_conntrack" },
	[LE_NEED_REJECT] = { meet_reject, release_reject, "nf_reject_ipv4, nf_reject_ipv6" },
	[LE_NEED_LOG] = { meet_log, release_log, "nfnetlink_log" },
	[LE_NEED_FORWARD] = { le_hooks_register_forward, le_hooks_unregister_forward, "hooks" },
	[LE_NEED_LOCAL] = { le_hooks_register_local, le_hooks_unregister_local, "hooks" },
};

/**
 * le_needs_meet() - meet needs
 * @needs: set of enum le_need, none of which is met yet
 * @lacking: where to put the name of the kernel module that could not be had, on failure
 *
 * Context: process; may sleep; may load modules. Callers are serialized.
 *
 * Return: 0, or an error with none of @needs met.
 */
int le_needs_meet(unsigned long needs, const char **lacking)
{
	unsigned long met = 0;
	unsigned int i;
	int err;

	for_each_set_bit(i, &needs, LE_NR_NEEDS) {
		err = le_needs[i].meet();
		if (err) {
			*lacking = le_needs[i].what;
			le_needs_release(met);
			return err;
		}
		met |= BIT(i);
	}
	return 0;
}

/**
 * le_needs_release() - give up needs
 * @needs: set of enum le_need, all of which are met
 *
 * Context: process; may sleep. Callers are serialized, and no packet is judged by a policy that
 * has one of @needs.
 */
void le_needs_release(unsigned long needs)
{
	int i;

	for (i = LE_NR_NEEDS - 1; i >= 0; i--)
		if (needs & BIT(i))
			le_needs[i].release();
}

static void reject_ipv4(struct sk_buff *skb, const struct nf_hook_state *state, u8 protocol)
{
	if (protocol == IPPROTO_TCP)
		send_reset(state->net, state->sk, skb, state->hook);
	else
		send_unreach(skb, ICMP_PKT_FILTERED, state->hook);
}

static void reject_ipv6(struct sk_buff *skb, const struct nf_hook_state *state, u8 protocol)
{
	if (protocol == IPPROTO_TCP)
		send_reset6(state->net, state->sk, skb, state->hook);
	else
		send_unreach6(state->net, skb, ICMPV6_ADM_PROHIBITED, state->hook);
}

/**
 * le_reject() - tell the sender of a packet that it is refused
 * @skb: a TCP or UDP packet that is about to be dropped
 * @protocol: which of the two
 * @state: the hook's
 *
 * By TCP reset or ICMP "administratively prohibited" (RFC 1812 sec. 5.2.7.1, RFC 4443 sec. 3.1).
 *
 * Context: hook, under RCU, judged by a policy that has LE_NEED_REJECT.
 */
void le_reject(struct sk_buff *skb, u8 protocol, const struct nf_hook_state *state)
{
	local_bh_disable();
	this_cpu_write(rejecting, true);
	if (state->pf == NFPROTO_IPV4)
		reject_ipv4(skb, state, protocol);
	else
		reject_ipv6(skb, state, protocol);
	this_cpu_write(rejecting, false);
	local_bh_enable();
}

/**
 * le_is_rejecting() - whether the packet in the OUTPUT hook is one of le_reject()'s
 *
 * Context: hook.
 *
 * Return: true if it is.
 */
bool le_is_rejecting(void)
{
	return this_cpu_read(rejecting);
}
