/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What lyncedge borrows from the kernel while it judges: hooks, conntrack, defragmentation,
 * reject, log. Kernel only.
 */
#ifndef LYNCEDGE_NEEDS_H
#define LYNCEDGE_NEEDS_H

#include <linux/netfilter.h>

/* A set of needs is a word of these bits; they are met in this order and given up in reverse. */
enum le_need {
	LE_NEED_MODULE,	/* the module stays loaded */
	LE_NEED_DEFRAG,
	LE_NEED_CONNTRACK,
	LE_NEED_REJECT,
	LE_NEED_LOG,
	LE_NEED_FORWARD,	/* the FORWARD hooks */
	LE_NEED_LOCAL,	/* the INPUT and OUTPUT hooks */
	LE_NR_NEEDS,
};

int le_needs_meet(unsigned long needs, const char **lacking);
void le_needs_release(unsigned long needs);
void le_reject(struct sk_buff *skb, u8 protocol, const struct nf_hook_state *state);
bool le_is_rejecting(void);

#endif /* LYNCEDGE_NEEDS_H */
