/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the module says of itself, as read in one go.
 */
#ifndef LYNCEDGECTL_STATE_H
#define LYNCEDGECTL_STATE_H

#include <sys/types.h>

#include <sha2.h>

#include "counts.h"
#include "lyncedge_policy.h"

/**
 * struct state - how things stand
 * @mode: the mode
 * @generation: how many policies have been applied
 * @confirm: seconds until changes are undone unless they are confirmed; 0 if none are to be
 * @error: why the last write was refused; empty if it was not
 * @version: the module's; NULL if the kernel does not say
 * @build: its sources' checksum; NULL if the kernel does not say
 * @policy: the policy in force; NULL if there is none
 * @sha256: of the text of @policy, by which two gateways' policies are compared
 * @counts: the counters
 */
struct state {
	char *mode;
	char *generation;
	char *confirm;
	char *error;
	char *version;
	char *build;
	struct le_policy *policy;
	char sha256[SHA256_DIGEST_STRING_LENGTH];
	struct counts counts;
};

bool state_read(struct state *state);
bool state_read_but_policy(struct state *state);
bool state_read_policy(struct state *state);
void state_free(struct state *state);

#endif /* LYNCEDGECTL_STATE_H */
