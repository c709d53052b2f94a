/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hooks of FORWARD, which lyncedge_main.c registers. Kernel only.
 */
#ifndef LYNCEDGE_FORWARD_H
#define LYNCEDGE_FORWARD_H

#include <linux/netfilter.h>

unsigned int le_forward_ipv4(void *priv, struct sk_buff *skb, const struct nf_hook_state *state);
unsigned int le_forward_ipv6(void *priv, struct sk_buff *skb, const struct nf_hook_state *state);

#endif /* LYNCEDGE_FORWARD_H */
