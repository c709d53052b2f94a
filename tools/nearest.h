/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For a packet that no row takes: the row that came nearest, and what differs, in words.
 */
#ifndef LYNCEDGECTL_NEAREST_H
#define LYNCEDGECTL_NEAREST_H

#include "lyncedge_packet.h"
#include "lyncedge_policy.h"

/**
 * struct nearest - the row that came nearest
 * @row: its number, of the matrix or of the site; LE_NO_ROW if none came near
 * @name: what it is called; NULL if none came near
 * @differs: what differs, as the end of a sentence: "its port is 443, not 444"; NULL likewise, and
 *	if nothing does
 */
struct nearest {
	int row;
	const char *name;
	char *differs;
};

bool nearest_find(struct nearest *nearest, const struct le_policy *policy, unsigned int crossing,
		  const struct le_flow *flow);
char *nearest_text(const struct nearest *nearest);
void nearest_free(struct nearest *nearest);

#endif /* LYNCEDGECTL_NEAREST_H */
