/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters of rows and reasons: per CPU, 64 bit, written by this_cpu operations only. Kernel only.
 */
#ifndef LYNCEDGE_STATS_H
#define LYNCEDGE_STATS_H

#include <linux/kref.h>
#include <linux/percpu.h>

#include "lyncedge_rules.h"

/* One of a counter's per-CPU parts, or a sum of them. */
struct le_count {
	u64 packets;
	u64 bytes;
};

#define LE_NR_COUNTERS (LE_NR_ROWS + LE_NR_REASONS)

/**
 * struct le_site_counter - counter of a site row
 * @ref: held by each configuration that has the row
 * @name: the row's name, by which a changed policy finds the counter again
 * @parts: its per-CPU parts
 * @base: what is taken off the sum, see le_stats_reset()
 */
struct le_site_counter {
	struct kref ref;
	char name[LE_MAX_ROW_NAME + 1];
	struct le_count __percpu *parts;
	struct le_count base;
};

DECLARE_PER_CPU(struct le_count, le_counters[LE_NR_COUNTERS]);

/* Place in le_counters of an outcome that is not a site row. */
static inline unsigned int le_counter_index(int outcome)
{
	return outcome >= 0 ? outcome : LE_NR_ROWS + le_outcome_index(outcome);
}

/**
 * le_count_at() - count a packet at a counter
 * @counter: the counter
 * @bytes: length of the packet from its IP header on
 *
 * Context: any, under RCU, which keeps @counter.
 */
static inline void le_count_at(struct le_count __percpu *counter, unsigned int bytes)
{
	this_cpu_inc(counter->packets);
	this_cpu_add(counter->bytes, bytes);
}

/**
 * le_counter() - the counter of an outcome
 * @sites: counters of the site rows of the policy that judges
 * @outcome: what became of a packet; not LE_UNJUDGED
 *
 * Return: the counter.
 */
static inline struct le_count __percpu *le_counter(struct le_site_counter *const *sites,
						   int outcome)
{
	if (likely(outcome < LE_NR_ROWS))
		return &le_counters[le_counter_index(outcome)];
	return sites[outcome - LE_NR_ROWS]->parts;
}

/**
 * le_count() - count a packet
 * @sites: counters of the site rows of the policy that judged it
 * @outcome: what became of it; LE_UNJUDGED is not counted
 * @bytes: length of the packet from its IP header on
 *
 * Context: any, under RCU, which keeps @sites.
 */
static inline void le_count(struct le_site_counter *const *sites, int outcome, unsigned int bytes)
{
	if (outcome != LE_UNJUDGED)
		le_count_at(le_counter(sites, outcome), bytes);
}

struct le_count le_stats_sum(unsigned int index);
struct le_count le_stats_sum_site(const struct le_site_counter *site);
void le_stats_reset(void);
void le_stats_reset_site(struct le_site_counter *site);
struct le_site_counter *le_stats_site_create(const char *name);
void le_stats_site_put(struct le_site_counter *site);
const char *le_counter_name(unsigned int index);

#endif /* LYNCEDGE_STATS_H */
