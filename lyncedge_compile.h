/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the steps of the compiler have in common: rows to terms (lyncedge_terms.c), terms to lanes
 * and classes of ports (lyncedge_ports.c), prefixes to spans and classes of addresses
 * (lyncedge_spans.c). lyncedge_compile.c takes them; for all others there is lyncedge_rules.h.
 *
 * Context of all that is declared here: process; what allocates may sleep.
 */
#ifndef LYNCEDGE_COMPILE_H
#define LYNCEDGE_COMPILE_H

#include "lyncedge_rules.h"

/* Tags of the compiler's own, beyond those that policies know. */
enum {
	/* What each edge may send once NAT has been at it, for LE_TAG_PUBLIC; no address has it. */
	LE_TAG_NAT = LE_NR_TAGS,
	/* Its public addresses of each family, in a table for early drops alone. */
	LE_TAG_PUBLIC = LE_TAG_NAT + LE_NR_EDGES,
	/* The distinct prefixes of site rows. */
	LE_TAG_SITE = LE_TAG_PUBLIC + 2 * LE_NR_EDGES,
};

/* One end of a term: any address, or the members of one of these tags. */
struct le_term_end {
	bool any;
	u32 tags;	/* set of tags below LE_NR_TAGS */
	u16 own_tag;	/* one from LE_NR_TAGS up, or 0 */
};

struct le_term {
	u16 row;
	u8 lane;
	struct le_ports dport;
	struct le_ports sport;
	struct le_term_end from;
	struct le_term_end to;
};

/* Classes of addresses under construction: a pair of bitmaps and flags each, every class once. */
struct le_classes {
	u64 *bits;
	u32 *flags;
	u32 *next;	/* next class in the same bucket */
	u32 *buckets;
	u32 nr;
	u32 room;
	u32 nr_buckets;	/* a power of two */
};

#define LE_NO_CLASS (~0U)

struct le_compiler {
	const struct le_policy *policy;
	/* Early drops: le_table_compile_early(). */
	bool early;
	struct le_table *table;
	struct le_term *terms;
	u32 nr_terms;
	u32 words;
	/* Of site rows; tag LE_TAG_SITE + n is the n-th. */
	struct le_prefix *site_prefixes;
	u32 nr_site_prefixes;
	/* What membership of a tag adds to a class: a pair of bitmaps and flags, by tag. */
	u64 *tag_bits;
	u32 *tag_flags;
	struct le_classes classes;
	/* The last answer of class_with_tag(): mostly the next one too. */
	u32 joined_class;
	u32 joined_tag;
	u32 joined;
	struct le_prefix *prefixes;
	u32 nr_prefixes;
	struct le_span *spans[2];
	u32 nr_spans[2];
};

/* Words of two bitmaps of terms: source and destination of addresses, or the ports' likewise. */
static inline size_t le_pair_words(const struct le_compiler *c)
{
	return 2 * (size_t)c->words;
}

static inline void le_bits_set(u64 *bits, u32 term)
{
	bits[term / 64] |= BIT_ULL(term % 64);
}

u64 le_bits_word_0(const struct le_compiler *c, const u64 *bits, u64 more);
u64 *le_bits_alloc_wide(const struct le_compiler *c, u32 nr);
void le_bits_store_wide(const struct le_compiler *c, const u64 *bits, u64 *wide, u32 index);

int le_terms_make(struct le_compiler *c);
int le_terms_to_table(struct le_compiler *c);
int le_ports_make(struct le_compiler *c);
int le_spans_make(struct le_compiler *c);
int le_spans_to_table(struct le_compiler *c);

#endif /* LYNCEDGE_COMPILE_H */
