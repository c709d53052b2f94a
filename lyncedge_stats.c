// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sums, resets and lifetime of the counters; the counting itself is inline in lyncedge_stats.h.
 * Who calls holds the control lock (lyncedge_control.h), which keeps the bases.
 */
#include <linux/cpumask.h>

#include "lyncedge_stats.h"

/*
 * A this_cpu operation on 64 bits is atomic toward interrupts and readers only on 64-bit
 * machines.
 */
#ifndef CONFIG_64BIT
#error "lyncedge needs a 64-bit kernel"
#endif

DEFINE_PER_CPU(struct le_count, le_counters[LE_NR_COUNTERS]);

/*
 * What a reset took off. Counters are not zeroed, since a count on another CPU could be lost on
 * the way.
 */
static struct le_count bases[LE_NR_COUNTERS];

static void add_part(struct le_count *sum, const struct le_count *part)
{
	sum->packets += READ_ONCE(part->packets);
	sum->bytes += READ_ONCE(part->bytes);
}

static struct le_count total(unsigned int index)
{
	struct le_count sum = { 0 };
	int cpu;

	for_each_possible_cpu(cpu)
		add_part(&sum, per_cpu_ptr(&le_counters[index], cpu));
	return sum;
}

static struct le_count site_total(const struct le_site_counter *site)
{
	struct le_count sum = { 0 };
	int cpu;

	for_each_possible_cpu(cpu)
		add_part(&sum, per_cpu_ptr(site->parts, cpu));
	return sum;
}

static struct le_count since(struct le_count now, const struct le_count *base)
{
	now.packets -= base->packets;
	now.bytes -= base->bytes;
	return now;
}

/**
 * le_stats_sum() - a counter since the last reset
 * @index: le_counter_index() of a matrix row or a reason
 *
 * Context: process, under the control lock.
 *
 * Return: packets and bytes.
 */
struct le_count le_stats_sum(unsigned int index)
{
	return since(total(index), &bases[index]);
}

/**
 * le_stats_sum_site() - a site row's counter since the last reset
 * @site: the counter
 *
 * Context: process, under the control lock.
 *
 * Return: packets and bytes.
 */
struct le_count le_stats_sum_site(const struct le_site_counter *site)
{
	return since(site_total(site), &site->base);
}

/**
 * le_stats_reset() - start all counters of matrix rows and reasons from 0
 *
 * Context: process, under the control lock.
 */
void le_stats_reset(void)
{
	unsigned int i;

	for (i = 0; i < LE_NR_COUNTERS; i++)
		bases[i] = total(i);
}

/**
 * le_stats_reset_site() - start a site row's counter from 0
 * @site: the counter
 *
 * Context: process, under the control lock.
 */
void le_stats_reset_site(struct le_site_counter *site)
{
	site->base = site_total(site);
}

/**
 * le_stats_site_create() - make a counter for a site row
 * @name: the row's name
 *
 * Context: process; may sleep.
 *
 * Return: the counter with one reference, or NULL if there is no memory.
 */
struct le_site_counter *le_stats_site_create(const char *name)
{
	struct le_site_counter *site = kzalloc(sizeof(*site), GFP_KERNEL);

	if (!site)
		return NULL;
	site->parts = alloc_percpu(struct le_count);
	if (!site->parts) {
		kfree(site);
		return NULL;
	}
	kref_init(&site->ref);
	strscpy(site->name, name, sizeof(site->name));
	return site;
}

static void release_site(struct kref *ref)
{
	struct le_site_counter *site = container_of(ref, struct le_site_counter, ref);

	free_percpu(site->parts);
	kfree(site);
}

/**
 * le_stats_site_put() - drop a reference
 * @site: the counter; freed with its last reference, when no reader may count any more
 *
 * Context: any but NMI.
 */
void le_stats_site_put(struct le_site_counter *site)
{
	kref_put(&site->ref, release_site);
}

/**
 * le_counter_name() - name of a counter
 * @index: le_counter_index() of a matrix row or a reason
 *
 * Return: its name as in the files.
 */
const char *le_counter_name(unsigned int index)
{
	return index < LE_NR_ROWS ? le_matrix[index].id : le_reason_names[index - LE_NR_ROWS];
}
