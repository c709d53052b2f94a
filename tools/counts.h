/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The module's counters, as read.
 */
#ifndef LYNCEDGECTL_COUNTS_H
#define LYNCEDGECTL_COUNTS_H

#include "lyncedge_policy.h"
#include "output.h"

enum count_kind {
	COUNT_ROW,	/* a row of the matrix: accepted */
	COUNT_SITE_ROW,	/* accepted */
	COUNT_DROP,
	COUNT_ACCEPT,	/* accepted for another reason than a row */
	NR_COUNT_KINDS,
};

extern const char *const count_kind_names[NR_COUNT_KINDS];

struct count {
	const char *name;
	enum count_kind kind;
	unsigned long long packets;
	unsigned long long bytes;
};

/**
 * struct counts - the counters
 * @text: what the names are part of
 * @list: the counters, in the module's order
 * @nr: how many
 */
struct counts {
	char *text;
	struct count *list;
	size_t nr;
};

static inline bool count_is_of_row(const struct count *count)
{
	return count->kind == COUNT_ROW || count->kind == COUNT_SITE_ROW;
}

bool counts_read(struct counts *counts);
void counts_free(struct counts *counts);
int count_row(const struct count *count, const struct le_policy *policy);
void counts_sum(const struct counts *counts, struct count *accepted, struct count *dropped);

#endif /* LYNCEDGECTL_COUNTS_H */
