/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether another gateway, the other one of a pair, would do as this one does.
 */
#ifndef LYNCEDGECTL_PEER_H
#define LYNCEDGECTL_PEER_H

#include "output.h"
#include "state.h"

/**
 * struct standing - what two gateways are compared by
 * @mode: the mode
 * @sha256: of the policy in force; NULL if there is none
 * @version: the module's; NULL if that is not known
 * @build: what its sources' checksum is; NULL if that is not known
 * @confirm: seconds until changes are undone; 0 if none are to be
 * @generation: how many policies have been applied; not compared, since each gateway has its own
 *              history
 *
 * Texts belong to whom they were taken from.
 */
struct standing {
	const char *mode;
	const char *sha256;
	const char *version;
	const char *build;
	u64 confirm;
	u64 generation;
};

struct standing standing_of(const struct state *state);
struct json_object *json_of_module(const struct standing *standing);
struct json_object *peer_read(const char *file, struct standing *peer);
bool peer_is_same(const struct standing *here, const struct standing *peer);
struct json_object *json_of_peer(const struct standing *here, const struct standing *peer);
void peer_print(const struct standing *here, const struct standing *peer);

#endif /* LYNCEDGECTL_PEER_H */
