/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What lyncedge_drop.c offers: packets given up where tools see why. Kernel only.
 */
#ifndef LYNCEDGE_DROP_H
#define LYNCEDGE_DROP_H

#include <linux/skbuff.h>

unsigned int le_drop_no_row(struct sk_buff *skb);
unsigned int le_drop_blocked(struct sk_buff *skb);
unsigned int le_drop(struct sk_buff *skb, int outcome);

#endif /* LYNCEDGE_DROP_H */
