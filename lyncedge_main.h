/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What lyncedge_main.c offers: judging a packet of any kind, logging one that is dropped, and
 * switching the hooks on and off. Kernel only.
 */
#ifndef LYNCEDGE_MAIN_H
#define LYNCEDGE_MAIN_H

#include <net/netfilter/nf_conntrack.h>

#include "lyncedge_control.h"

/**
 * le_live_iface_of() - the interface that a device is part of
 * @live: what to judge by
 * @dev: the device, or NULL
 *
 * Context: under RCU.
 *
 * Return: enum le_iface, or LE_UNNAMED.
 */
static inline u8 le_live_iface_of(const struct le_live *live, const struct net_device *dev)
{
	return dev ? le_live_iface(live, dev->ifindex) : LE_UNNAMED;
}

/**
 * le_live_track() - what conntrack says of a packet
 * @live: what to judge by
 * @skb: the packet
 *
 * Return: LE_TRACK_*; LE_TRACK_NONE if it is not to be asked.
 */
static __always_inline u8 le_live_track(const struct le_live *live, const struct sk_buff *skb)
{
	enum ip_conntrack_info ctinfo;

	if (!live->conntrack)
		return LE_TRACK_NONE;
	if (!nf_ct_get(skb, &ctinfo))
		return ctinfo == IP_CT_UNTRACKED ? LE_TRACK_NONE : LE_TRACK_INVALID;
	return CTINFO2DIR(ctinfo) == IP_CT_DIR_REPLY ? LE_TRACK_REPLY : LE_TRACK_ORIGINAL;
}

unsigned int le_judge_any(const struct le_live *live, struct sk_buff *skb,
			  const struct nf_hook_state *state);
int le_hooks_register_forward(void);
void le_hooks_unregister_forward(void);
int le_hooks_register_local(void);
void le_hooks_unregister_local(void);
void le_log_drop(const struct le_live *live, const struct sk_buff *skb,
		 const struct nf_hook_state *state, u8 pf, int outcome);

#endif /* LYNCEDGE_MAIN_H */
