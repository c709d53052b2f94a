/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which public address belongs to which of the Edge's own: 1:1 NAT as a policy's "public" has it.
 */
#ifndef LYNCEDGECTL_NAT_PAIRS_H
#define LYNCEDGECTL_NAT_PAIRS_H

#include "lyncedge_policy.h"
#include "ranges.h"

/**
 * struct nat_pair - two addresses that NAT maps to each other
 * @edge: whose they are
 * @own: the Edge's own
 * @public: what the Internet knows it by
 * @leaves: what the Edge sends from @own leaves as @public; of several public addresses that one
 *	own address has, only the first's
 */
struct nat_pair {
	unsigned int edge;
	struct le_edge_addr own;
	struct le_edge_addr public;
	bool leaves;
};

/**
 * struct nat_pairs - all of a policy
 * @list: the pairs; of two, neither the public addresses nor both addresses are the same
 * @nr: how many
 * @odd: what could not be paired, and why, in sentences
 */
struct nat_pairs {
	struct nat_pair *list;
	size_t nr;
	struct words odd;
};

void nat_pairs_find(struct nat_pairs *pairs, const struct le_policy *policy);
void nat_pairs_free(struct nat_pairs *pairs);
bool addr_is_private(const struct le_edge_addr *addr);
bool same_addr(const struct le_edge_addr *a, const struct le_edge_addr *b);

#endif /* LYNCEDGECTL_NAT_PAIRS_H */
