/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a policy's lists hold: devices by name, addresses, prefixes.
 */
#ifndef LYNCEDGECTL_LOOKUP_H
#define LYNCEDGECTL_LOOKUP_H

#include "lyncedge_policy.h"

int iface_of_device(const struct le_policy *policy, const char *name);
bool prefix_holds(const struct le_prefix *prefix, const union le_addr *addr, u8 family);
bool addrs_hold(const struct le_addrs *addrs, const union le_addr *addr, u8 family);
const char *text_of_addr(char *text, const struct le_edge_addr *addr);

#endif /* LYNCEDGECTL_LOOKUP_H */
