// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verb that lists the rows: as a table, as tab-separated values, as data.
 */
#include "load.h"
#include "rows.h"
#include "verbs.h"

static void print_table(const struct le_policy *policy, bool all)
{
	static const char *const titles[] = {
		"ID", "INTERFACE", "DIR", "APPLICATION", "PROTO", "PORT", "SOURCE", "DESTINATION",
		"STATE",
	};
	struct table table = { .titles = titles, .nr_columns = ARRAY_SIZE(titles) };
	unsigned int row;

	static_assert(ARRAY_SIZE(titles) <= TABLE_MAX_COLUMNS, "too many columns");
	for (row = 0; row < nr_rows(policy); row++) {
		char state[ROW_STATE_TEXT];
		struct row_view view;

		if (!all && !row_is_active(policy, row))
			continue;
		row_view(&view, policy, row);
		row_state(state, policy, row);
		table_add(&table, view.id, view.iface, view.dir, view.application, view.protocol,
			  view.ports_text, view.source, view.destination, state);
	}
	if (table.nr_rows)
		table_print(&table);
	else
		printf("No row is active: nothing is let through.\n");
	table_free(&table);
}

static void print_tsv(const struct le_policy *policy, bool all)
{
	unsigned int row;

	printf("id\tinterface\tdirection\tservice\tapplication\tprotocol\tport_first\tport_last\t"
	       "source\tdestination\tfeatures\n");
	for (row = 0; row < nr_rows(policy); row++) {
		struct row_view view;

		if (!all && !row_is_active(policy, row))
			continue;
		row_view(&view, policy, row);
		printf("%s\t%s\t%s\t%s\t%s\t%s\t%u\t%u\t%s\t%s\t%s\n", view.id, view.iface,
		       view.dir, view.service, view.application, view.protocol, view.ports.first,
		       view.ports.last, view.source, view.destination, view.features);
	}
}

static struct json_object *json_of_names(char *names)
{
	struct json_object *array = json_list();
	char *name;

	while ((name = strsep(&names, ",")))
		json_append(array, json_text(name));
	return array;
}

static struct json_object *json_of_row(const struct le_policy *policy, unsigned int row)
{
	struct json_object *object = json_map();
	int first = row_counts_at(policy, row);
	struct row_view view;

	row_view(&view, policy, row);
	json_add(object, "id", json_text(view.id));
	json_add(object, "interface", json_text(view.iface));
	json_add(object, "direction", json_text(view.dir));
	json_add(object, "service", json_text(view.service));
	if (row < LE_NR_ROWS)
		json_add(object, "application", json_text(view.application));
	json_add(object, "protocol", json_text(view.protocol));
	json_add(object, "port_first", json_number(view.ports.first));
	json_add(object, "port_last", json_number(view.ports.last));
	json_add(object, "source", json_of_names(view.source));
	json_add(object, "destination", json_of_names(view.destination));
	if (row < LE_NR_ROWS)
		json_add(object, "features", json_of_names(view.features));
	if (policy)
		json_add(object, "active", json_flag(row_is_active(policy, row)));
	if (first >= 0)
		json_add(object, "counts_at", json_text(le_matrix[first].id));
	return object;
}

static void print_json(const struct le_policy *policy, bool all)
{
	struct json_object *object = json_map();
	struct json_object *array = json_list();
	unsigned int row;

	for (row = 0; row < nr_rows(policy); row++)
		if (all || row_is_active(policy, row))
			json_append(array, json_of_row(policy, row));
	json_add(object, "rows", array);
	json_print(object);
}

/**
 * verb_matrix() - list the rows
 * @call: with --all the inactive ones too; then, without --policy, the matrix as published
 *
 * Return: STATUS_YES, or STATUS_ERROR.
 */
enum status verb_matrix(const struct call *call)
{
	bool all = call->options & OPTION_ALL;
	struct le_policy *policy = NULL;

	if (wants_json(call) && call->options & OPTION_TSV)
		return misuse(call, "--json and --tsv exclude each other");
	if (!all || call->policy) {
		policy = load_policy(call->policy);
		if (!policy)
			return STATUS_ERROR;
	}
	if (wants_json(call))
		print_json(policy, all);
	else if (call->options & OPTION_TSV)
		print_tsv(policy, all);
	else
		print_table(policy, all);
	le_policy_free(policy);
	return STATUS_YES;
}
