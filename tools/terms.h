/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The active rows of a policy as terms, which is what a rule of another packet filter can say in
 * one go. A reading of the policy of its own: nothing of the module's compiled table is used.
 */
#ifndef LYNCEDGECTL_TERMS_H
#define LYNCEDGECTL_TERMS_H

#include "lyncedge_policy.h"
#include "lyncedge_rules.h"
#include "output.h"

#define NR_FAMILIES 2

/**
 * struct term - a condition on a packet, and the row that it is of
 * @row: number of the row
 * @crossing: le_crossing()
 * @protocol: IPPROTO_TCP or IPPROTO_UDP
 * @dport: destination ports
 * @sport: source ports
 * @either: @dport holds as well if it is the source that has them; @sport is any port
 * @from: who sends: anybody, one set of addresses, or one prefix
 * @to: who receives, likewise
 *
 * A row that has its ports at either end may be two terms, one that names two groups is.
 */
struct term {
	unsigned int row;
	unsigned int crossing;
	u8 protocol;
	struct le_ports dport;
	struct le_ports sport;
	bool either;
	struct le_end from;
	struct le_end to;
};

/**
 * struct terms - a list of terms, in the order in which they are judged
 * @list: the terms; its owner's to free
 * @nr: how many
 */
struct terms {
	struct term *list;
	u32 nr;
};

#define ANY_PORT { .first = 0, .last = 65535 }

static inline bool is_any_port(struct le_ports ports)
{
	return !ports.first && ports.last == 65535;
}

static inline bool same_ports(struct le_ports a, struct le_ports b)
{
	return a.first == b.first && a.last == b.last;
}

static inline bool is_edge(const struct le_end *end)
{
	return end->kind == LE_END_TAG && end->tag < LE_TAG_GROUP;
}

/* The end at which the Edge is. */
static inline struct le_end *near_end(struct term *term)
{
	return term->crossing % LE_NR_DIRS == LE_IN ? &term->to : &term->from;
}

void terms_make(struct terms *terms, const struct le_policy *policy, bool merge_either);
void terms_add_new(struct terms *terms, const struct term *term);
void terms_select(struct terms *terms, const struct terms *from, unsigned int crossing, u8 protocol,
		  unsigned int first_row, unsigned int last_row);
bool same_term(const struct term *a, const struct term *b);
u32 edges_of(const struct terms *terms);
u32 edges_at(const struct le_policy *policy, u32 edges, const struct le_edge_addr *addr);
char *counter_name(const struct le_policy *policy, unsigned int row);

#endif /* LYNCEDGECTL_TERMS_H */
