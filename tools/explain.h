/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why something becomes of a packet, in words, for every verb that shows packets.
 */
#ifndef LYNCEDGECTL_EXPLAIN_H
#define LYNCEDGECTL_EXPLAIN_H

#include "lyncedge_rules.h"
#include "packet_line.h"

/**
 * struct reasons - what it takes to say why
 * @policy: what was judged by
 * @all_on: made when it is first wanted: the same with all features on, compiled
 */
struct reasons {
	const struct le_policy *policy;
	struct le_table *all_on;
};

char *reasons_text(struct reasons *reasons, int outcome, struct asked *asked);
void reasons_free(struct reasons *reasons);

#endif /* LYNCEDGECTL_EXPLAIN_H */
