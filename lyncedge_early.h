/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Early drops ("option early-drop on"): what is hopeless is refused where it comes in, before
 * routing, conntrack and NAT have had any work with it. Pure; the hook is in lyncedge_ingress.c.
 *
 * Theory of operation
 * -------------------
 *
 * A packet is *hopeless* if FORWARD would drop it whatever happens to it until then. Two things are
 * not known where it comes in. The first is what conntrack will say: whether it is the first
 * packet of a connection or an answer. So it is hopeless only if no row takes it, and none takes
 * the packet that it would be the answer to, whatever its flags (two SYNs that meet answer each
 * other). The second is the address that NAT will give it. So it is judged by a table of its
 * own, made of the same policy by le_table_compile_early(), in which the public addresses of an
 * edge have what any of its own addresses has; and an answer at a public address may come to any
 * port, since NAT changes source ports that are taken.
 *
 *     131.107.155.30:50000 <- 198.51.100.7:4000    may answer ext-09, if that is active: goes on
 *     131.107.155.10:5060  <- 198.51.100.7:4000    nothing of the Access Edge's: hopeless
 *     131.107.155.99:5060  <- 198.51.100.7:4000    no edge's address: goes on, unjudged
 *
 * What this rests on: a public address that NAT maps, it maps to an address of the same edge, to
 * the same port; and what comes for an address of an edge is forwarded, not the gateway's own.
 *
 * Whatever else is in doubt goes on, and FORWARD has the last word on it: all ICMP, fragments,
 * malformed headers, other destinations.
 */
#ifndef LYNCEDGE_EARLY_H
#define LYNCEDGE_EARLY_H

#include "lyncedge_rules.h"

int le_early_judge(const struct le_table *table, const struct sk_buff *skb, u8 family);

#endif /* LYNCEDGE_EARLY_H */
