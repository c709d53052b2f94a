// SPDX-License-Identifier: GPL-2.0-only
/*
 * Early drops in the kernel: a hook at the ingress of each external device, and what it does with a
 * packet. Whether a packet is hopeless is told in lyncedge_early.c; which devices are named, and
 * when they come and go, in lyncedge_control.c.
 */
#include <linux/if_vlan.h>
#include <linux/list.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/rtnetlink.h>
#include <net/net_namespace.h>

#include "lyncedge_drop.h"
#include "lyncedge_early.h"
#include "lyncedge_ingress.h"
#include "lyncedge_main.h"
#include "lyncedge_trace.h"

/* As at FORWARD: just ahead of the chains for filters, behind those that rewrite packets. */
#define LE_INGRESS_PRIORITY (NF_IP_PRI_FILTER - 1)

/**
 * struct ingress - the hook of a device
 * @list: in ingresses
 * @ops: what is registered
 * @rcu: frees it: who lists the hooks of a device may be reading @ops
 */
struct ingress {
	struct list_head list;
	struct nf_hook_ops ops;
	struct rcu_head rcu;
};

/* Under RTNL. A hook is gone before its device is, so no device is held. */
static LIST_HEAD(ingresses);

/*
 * Whether FORWARD will have the packet enter by this device. What a bridge, a bond, a VRF or the
 * like makes its own enters by that one, which may not be named.
 */
static bool is_entrance(const struct net_device *dev)
{
	return !rcu_access_pointer(dev->rx_handler) && !netif_is_l3_slave(dev);
}

static bool wants(const struct le_live *live, const struct net_device *dev)
{
	return live && live->early && le_live_iface(live, dev->ifindex) == LE_EXTERNAL;
}

/* The length that FORWARD would count: what pads a short frame is cut off on the way. */
static unsigned int length(const struct sk_buff *skb, u8 family)
{
	unsigned int offset = skb_network_offset(skb);
	const struct ipv6hdr *ip6;
	const struct iphdr *ip;
	struct ipv6hdr buf6;
	struct iphdr buf;

	if (skb_is_gso(skb))
		return skb->len;
	if (family == LE_IPV4) {
		ip = skb_header_pointer(skb, offset, sizeof(buf), &buf);
		return ip ? ntohs(ip->tot_len) : skb->len;
	}
	ip6 = skb_header_pointer(skb, offset, sizeof(buf6), &buf6);
	return ip6 ? ntohs(ip6->payload_len) + sizeof(*ip6) : skb->len;
}

/* What conntrack would say of it is not known. */
static noinline void tell_dropped(const struct le_live *live, const struct sk_buff *skb, u8 family,
				  const struct nf_hook_state *state, int outcome)
{
	struct le_packet packet;

	le_packet_read(skb, family, &packet);
	le_event_verdict(live, skb, state, &packet, le_crossing(LE_EXTERNAL, LE_IN), outcome,
			 length(skb, family));
}

static unsigned int drop(const struct le_live *live, struct sk_buff *skb, u8 family,
			 const struct nf_hook_state *state, int outcome)
{
	/* The hook may be there a moment longer than the device is named. */
	if (!wants(live, state->in) || !is_entrance(state->in))
		return NF_ACCEPT;
	/* Its sender is to be told, which takes routing. */
	if (outcome == LE_NO_ROW && live->reject)
		return NF_ACCEPT;
	le_count(live->sites, outcome, length(skb, family));
	if (trace_verdict_enabled())
		tell_dropped(live, skb, family, state, outcome);
	if (live->log_group != LE_NO_LOG_GROUP)
		le_log_drop(live, skb, state, family == LE_IPV4 ? NFPROTO_IPV4 : NFPROTO_IPV6,
			    outcome);
	return le_drop(skb, outcome);
}

/*
 * Somebody may be reading the packet as well (tcpdump), and a VLAN's frame is not yet the VLAN
 * device's: nothing is changed, and what is not plainly this device's to receive goes on.
 */
static unsigned int ingress_hook(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	const struct le_live *live = rcu_dereference(le_live);
	int outcome;
	u8 family;

	if (unlikely(!live->early))
		return NF_ACCEPT;
	if (skb->protocol == htons(ETH_P_IP))
		family = LE_IPV4;
	else if (skb->protocol == htons(ETH_P_IPV6))
		family = LE_IPV6;
	else
		return NF_ACCEPT;
	if (skb->pkt_type != PACKET_HOST || skb_vlan_tag_present(skb))
		return NF_ACCEPT;
	outcome = le_early_judge(live->early, skb, family);
	if (le_outcome_accepts(outcome))
		return NF_ACCEPT;
	return drop(live, skb, family, state, outcome);
}

/**
 * le_ingress_supported() - whether this kernel has ingress hooks
 *
 * Return: true if it has.
 */
bool le_ingress_supported(void)
{
	return IS_ENABLED(CONFIG_NETFILTER_INGRESS);
}

static bool is_hooked(const struct net_device *dev)
{
	const struct ingress *ingress;

	list_for_each_entry(ingress, &ingresses, list)
		if (ingress->ops.dev == dev)
			return true;
	return false;
}

static int hook(struct net_device *dev)
{
	struct ingress *ingress = kzalloc(sizeof(*ingress), GFP_KERNEL);
	int err;

	if (!ingress)
		return -ENOMEM;
	ingress->ops.hook = ingress_hook;
	ingress->ops.dev = dev;
	ingress->ops.pf = NFPROTO_NETDEV;
	ingress->ops.hooknum = NF_NETDEV_INGRESS;
	ingress->ops.priority = LE_INGRESS_PRIORITY;
	err = nf_register_net_hook(&init_net, &ingress->ops);
	if (err) {
		kfree(ingress);
		return err;
	}
	list_add(&ingress->list, &ingresses);
	return 0;
}

/**
 * le_ingress_follow() - see what comes in by the devices for which that is wanted
 * @live: what is going to be judged by, or NULL
 *
 * Nothing is dropped on account of @live until it is published. le_ingress_prune() makes the
 * change whole, or undoes it.
 *
 * Context: process, under RTNL; may sleep.
 *
 * Return: 0, or an error, with hooks for some of the devices.
 */
int le_ingress_follow(const struct le_live *live)
{
	struct net_device *dev;
	int err;

	ASSERT_RTNL();
	for_each_netdev(&init_net, dev) {
		if (!wants(live, dev) || is_hooked(dev))
			continue;
		err = hook(dev);
		if (err)
			return err;
	}
	return 0;
}

/**
 * le_ingress_prune() - see it no more at other devices
 * @live: what is judged by, or NULL
 *
 * A packet may be in the hook until a grace period later. A device that goes is in no list any
 * more, and its hook is taken from it here.
 *
 * Context: process, under RTNL; may sleep.
 */
void le_ingress_prune(const struct le_live *live)
{
	struct ingress *ingress, *next;

	ASSERT_RTNL();
	list_for_each_entry_safe(ingress, next, &ingresses, list) {
		if (wants(live, ingress->ops.dev))
			continue;
		nf_unregister_net_hook(&init_net, &ingress->ops);
		list_del(&ingress->list);
		kfree_rcu(ingress, rcu);
	}
}
