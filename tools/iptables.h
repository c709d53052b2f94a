/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A policy as a ruleset of iptables or ip6tables, and the sets of ipset that it refers to.
 */
#ifndef LYNCEDGECTL_IPTABLES_H
#define LYNCEDGECTL_IPTABLES_H

#include "lyncedge_policy.h"

const char *ipt_unspeakable_device(const struct le_policy *policy);
void ipt_print(const struct le_policy *policy, u8 family);
void ipt_print_sets(const struct le_policy *policy);

#endif /* LYNCEDGECTL_IPTABLES_H */
