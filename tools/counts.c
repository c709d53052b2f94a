// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module's counters: how they are read, and the verb that shows them.
 */
#include "counts.h"
#include "lyncedge_matrix.h"
#include "sysfs.h"
#include "verbs.h"

const char *const count_kind_names[NR_COUNT_KINDS] = {
	[COUNT_ROW] = "row",
	[COUNT_SITE_ROW] = "site-row",
	[COUNT_DROP] = "drop",
	[COUNT_ACCEPT] = "accept",
};

static enum count_kind kind_of(const char *name)
{
	unsigned int i;

	if (le_row_find(name, strlen(name)) >= 0)
		return COUNT_ROW;
	for (i = 0; i < LE_NR_REASONS; i++)
		if (!strcmp(name, le_reason_names[i]))
			return i < LE_NR_DROPS ? COUNT_DROP : COUNT_ACCEPT;
	return COUNT_SITE_ROW;
}

/* "name packets bytes" */
static bool read_line(char *line, struct count *count)
{
	char *blank = strchr(line, ' ');
	int end = 0;

	if (!blank || sscanf(blank, " %llu %llu%n", &count->packets, &count->bytes, &end) != 2 ||
	    blank[end])
		return false;
	*blank = 0;
	count->name = line;
	count->kind = kind_of(line);
	return true;
}

/**
 * counts_read() - read the counters
 * @counts: where to put them; freed with counts_free() if they could be read
 *
 * Return: whether they could; if not, that was complained about.
 */
bool counts_read(struct counts *counts)
{
	char *line, *rest;
	size_t len;

	*counts = (struct counts){ .text = sysfs_read("counters", &len) };
	if (!counts->text)
		return false;
	rest = counts->text;
	while ((line = strsep(&rest, "\n")) && (rest || *line)) {
		counts->list = grown(counts->list, counts->nr + 1, sizeof(*counts->list));
		if (!read_line(line, &counts->list[counts->nr++])) {
			complain("the module's counters are not understood: '%s'", line);
			counts_free(counts);
			return false;
		}
	}
	return true;
}

/**
 * counts_free() - free counters
 * @counts: the counters
 */
void counts_free(struct counts *counts)
{
	free(counts->list);
	free(counts->text);
	*counts = (struct counts){ .nr = 0 };
}

/**
 * count_row() - the row that a counter is of
 * @count: the counter
 * @policy: the policy that may have site rows, or NULL
 *
 * Return: number of the row; -ENOENT if it is of none, or of one that the policy has no more.
 */
int count_row(const struct count *count, const struct le_policy *policy)
{
	u32 i;

	if (count->kind == COUNT_ROW)
		return le_row_find(count->name, strlen(count->name));
	if (count->kind != COUNT_SITE_ROW || !policy)
		return -ENOENT;
	for (i = 0; i < policy->nr_site_rows; i++)
		if (!strcmp(policy->site_rows[i].name, count->name))
			return LE_NR_ROWS + i;
	return -ENOENT;
}

/**
 * counts_sum() - add counters up
 * @counts: the counters
 * @accepted: where to put what was accepted, by whatever row or reason
 * @dropped: where to put what was dropped
 */
void counts_sum(const struct counts *counts, struct count *accepted, struct count *dropped)
{
	size_t i;

	*accepted = (struct count){ .name = "accepted", .kind = COUNT_ACCEPT };
	*dropped = (struct count){ .name = "dropped", .kind = COUNT_DROP };
	for (i = 0; i < counts->nr; i++) {
		const struct count *count = &counts->list[i];
		struct count *sum = count->kind == COUNT_DROP ? dropped : accepted;

		sum->packets += count->packets;
		sum->bytes += count->bytes;
	}
}

static void print_json(const struct counts *counts, bool all)
{
	struct json_object *object = json_map();
	struct json_object *array = json_list();
	size_t i;

	for (i = 0; i < counts->nr; i++) {
		const struct count *count = &counts->list[i];
		struct json_object *entry;

		if (!all && !count->packets)
			continue;
		entry = json_map();
		json_add(entry, "name", json_text(count->name));
		json_add(entry, "kind", json_text(count_kind_names[count->kind]));
		json_add(entry, "packets", json_number(count->packets));
		json_add(entry, "bytes", json_number(count->bytes));
		json_append(array, entry);
	}
	json_add(object, "counters", array);
	json_print(object);
}

static void print_table(const struct counts *counts, bool all)
{
	static const char *const titles[] = { "NAME", "KIND", "PACKETS", "BYTES" };
	struct table table = {
		.titles = titles,
		.nr_columns = ARRAY_SIZE(titles),
		.right = BIT(2) | BIT(3),
	};
	size_t i;

	for (i = 0; i < counts->nr; i++) {
		const struct count *count = &counts->list[i];
		char *packets, *bytes;

		if (!all && !count->packets)
			continue;
		packets = text_of("%llu", count->packets);
		bytes = text_of("%llu", count->bytes);
		table_add(&table, count->name, count_kind_names[count->kind], packets, bytes);
		free(packets);
		free(bytes);
	}
	if (table.nr_rows)
		table_print(&table);
	else
		printf("Nothing has been counted.\n");
	table_free(&table);
}

/**
 * verb_counters() - show what rows accepted, and what was dropped why
 * @call: with --all, also what counted nothing; with --watch, again and again
 *
 * Return: STATUS_YES, or STATUS_ERROR.
 */
enum status verb_counters(const struct call *call)
{
	bool all = call->options & OPTION_ALL;
	struct counts counts;

	if (call->options & OPTION_WATCH)
		return watch_counters(call);
	if (call->count)
		return misuse(call, "--count goes with --watch");
	if (call->nr_operands)
		return misuse(call, "'%s' is too much without --watch", call->operands[0]);
	if (!counts_read(&counts))
		return STATUS_ERROR;
	if (wants_json(call))
		print_json(&counts, all);
	else
		print_table(&counts, all);
	counts_free(&counts);
	return STATUS_YES;
}
