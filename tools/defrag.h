/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Puts fragments together, as the kernel does before the module sees them: what is judged is the
 * whole packet, once, when its last fragment has come. Pure.
 */
#ifndef LYNCEDGECTL_DEFRAG_H
#define LYNCEDGECTL_DEFRAG_H

#include "lyncedge_inet.h"

struct defrag;

/* What becomes of a packet. */
enum defrag_kind {
	DEFRAG_WHOLE,	/* it is no fragment, or the last that was lacking: go on with it */
	DEFRAG_KEPT,	/* others are to come */
	DEFRAG_LOST,	/* it contradicts the others: the kernel forgets all of them */
};

struct defrag *defrag_new(void);
enum defrag_kind defrag_take(struct defrag *defrag, struct sk_buff *skb, u8 family, u32 where,
			     u64 now);
u64 defrag_kept(const struct defrag *defrag);
void defrag_free(struct defrag *defrag);
bool ipv6_find_header(const struct sk_buff *skb, u8 protocol, u32 *at, u32 *next_at);

#endif /* LYNCEDGECTL_DEFRAG_H */
