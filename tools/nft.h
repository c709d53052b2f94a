/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A policy as an nftables ruleset.
 */
#ifndef LYNCEDGECTL_NFT_H
#define LYNCEDGECTL_NFT_H

#include "lyncedge_policy.h"

const char *nft_unspeakable_device(const struct le_policy *policy);
void nft_print(const struct le_policy *policy);

#endif /* LYNCEDGECTL_NFT_H */
