/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A policy as an nftables ruleset while it is written: rows as rules (nft_rules.c), the way to them
 * (nft_tree.c), for the ruleset as a whole (nft.c).
 */
#ifndef LYNCEDGECTL_NFT_RULES_H
#define LYNCEDGECTL_NFT_RULES_H

#include "terms.h"

/* Where a rule finds the two ends that a row speaks of. */
enum nft_place {
	NFT_PACKET,	/* the packet's own headers */
	NFT_CONNECTION,	/* conntrack's entry: its original direction, at the Edge's addresses */
	NFT_QUOTED,	/* the packet that an ICMP error quotes */
};

/**
 * struct nft_ruleset - a ruleset that is being written
 * @policy: the policy
 * @out: where the rules go
 * @terms: the active rows
 * @only: the prefix of a group and family that has just one, else NULL
 * @families: which families (bit: enum le_family) the addresses of each tag are of
 * @used: which sets the rules refer to (bit: enum le_family), as addresses and as numbers
 */
struct nft_ruleset {
	const struct le_policy *policy;
	FILE *out;
	struct terms terms;
	const struct le_prefix *only[LE_NR_TAGS][NR_FAMILIES];
	u8 families[LE_NR_TAGS];
	u8 used[LE_NR_TAGS][2];
};

const char *nft_crossing_name(unsigned int crossing);
void nft_ruleset_init(struct nft_ruleset *rs, const struct le_policy *policy, FILE *out);
void nft_set_name(char *buf, size_t size, unsigned int tag, unsigned int family, bool number);
const char *nft_key(enum nft_place place, unsigned int family, bool source);
void nft_put_number(FILE *out, const struct le_prefix *prefix);
void nft_put_ports(FILE *out, struct le_ports ports);
bool nft_put_in_set(struct nft_ruleset *rs, enum nft_place place, unsigned int family, bool source,
		    unsigned int tag);
void nft_put_rule(struct nft_ruleset *rs, const struct term *term, bool answers);
void nft_put_list(struct nft_ruleset *rs, unsigned int crossing, enum nft_place place,
		  unsigned int family, bool answers);

void nft_put_separator(FILE *out, u32 nr);
void nft_put_tree(struct nft_ruleset *rs, const char *chain, unsigned int crossing, bool answers,
		  const char *end);

#endif /* LYNCEDGECTL_NFT_RULES_H */
