/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why something becomes of a packet, in words, for every verb that shows packets.
 */
#ifndef LYNCEDGECTL_EXPLAIN_H
#define LYNCEDGECTL_EXPLAIN_H

#include "lyncedge_policy.h"
#include "lyncedge_rules.h"
#include "packet_line.h"

char *explain_outcome(const struct le_policy *policy, int outcome, const struct asked *asked);
char *explain_drop(const struct le_policy *policy, const struct le_table *table, int outcome,
		   const struct asked *asked);

#endif /* LYNCEDGECTL_EXPLAIN_H */
