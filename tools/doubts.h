/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is accepted in a policy, but doubtful.
 */
#ifndef LYNCEDGECTL_DOUBTS_H
#define LYNCEDGECTL_DOUBTS_H

#include "lyncedge_policy.h"

/* Owned texts: what is doubtful, and what would settle it. */
struct doubt {
	char *message;
	char *remedy;
};

struct doubts {
	struct doubt *list;
	size_t nr;
};

/* For those who find them. */
__printf(2, 3) void doubt(struct doubts *doubts, const char *fmt, ...);
__printf(2, 3) void remedy(struct doubts *doubts, const char *fmt, ...);
void doubts_about_deployment(struct doubts *doubts, const struct le_policy *policy);

void doubts_find(struct doubts *doubts, const struct le_policy *policy);
void doubts_print(const struct doubts *doubts, const char *name);
void doubts_free(struct doubts *doubts);

#endif /* LYNCEDGECTL_DOUBTS_H */
