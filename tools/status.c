// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verb that says how things stand.
 */
/* Before the kernel's headers, which then leave out what is the same in both. */
#include <net/if.h>

#include "counts.h"
#include "load.h"
#include "sysfs.h"
#include "verbs.h"

/**
 * struct state - what the module says of itself
 * @mode: the mode
 * @generation: how many policies have been applied
 * @confirm: seconds until changes are undone unless they are confirmed; 0 if none are to be
 * @error: why the last write was refused; empty if it was not
 * @policy: the policy in force, or NULL
 * @accepted: packets and bytes, by whatever row or reason
 * @dropped: likewise
 */
struct state {
	char *mode;
	char *generation;
	char *confirm;
	char *error;
	struct le_policy *policy;
	struct count accepted;
	struct count dropped;
};

static void add_counts(struct state *state, const struct counts *counts)
{
	size_t i;

	for (i = 0; i < counts->nr; i++) {
		const struct count *count = &counts->list[i];
		struct count *sum = count->kind == COUNT_DROP ? &state->dropped : &state->accepted;

		sum->packets += count->packets;
		sum->bytes += count->bytes;
	}
}

static bool read_policy(struct state *state)
{
	struct le_error error;
	size_t len;
	char *text = sysfs_read_policy(&len);
	bool ok = text;

	if (len && ok && le_policy_parse(text, len, &state->policy, &error)) {
		complain("the policy in force is not understood: %s", error.message);
		advise("module and tool are of different versions: install both from one");
		ok = false;
	}
	free(text);
	return ok;
}

static bool read_state(struct state *state)
{
	struct counts counts;
	size_t len;

	state->mode = sysfs_read_line("mode");
	state->generation = state->mode ? sysfs_read_line("generation") : NULL;
	state->confirm = state->generation ? sysfs_read_line("confirm") : NULL;
	state->error = state->confirm ? sysfs_read("error", &len) : NULL;
	if (!state->error || !read_policy(state) || !counts_read(&counts))
		return false;
	add_counts(state, &counts);
	counts_free(&counts);
	return true;
}

static void free_state(struct state *state)
{
	free(state->mode);
	free(state->generation);
	free(state->confirm);
	free(state->error);
	le_policy_free(state->policy);
}

static struct json_object *json_of_count(const struct count *count)
{
	struct json_object *object = json_map();

	json_add(object, "packets", json_number(count->packets));
	json_add(object, "bytes", json_number(count->bytes));
	return object;
}

static struct json_object *json_of_policy(const struct le_policy *policy)
{
	struct json_object *object = json_map();
	struct json_object *interfaces = json_map();
	struct json_object *features = json_list();
	unsigned int i;
	u32 n;

	for (i = 0; i < LE_NR_IFACES; i++) {
		struct json_object *devices = json_list();

		for (n = 0; n < policy->nr_devices[i]; n++) {
			const char *name = policy->devices[i][n];
			struct json_object *device = json_map();

			json_add(device, "name", json_text(name));
			json_add(device, "present",
				 json_flag(!!if_nametoindex(name)));
			json_append(devices, device);
		}
		json_add(interfaces, le_iface_names[i], devices);
	}
	for (i = 0; i < LE_NR_FEATURES; i++)
		if (policy->features & BIT(i))
			json_append(features, json_text(le_feature_names[i]));
	json_add(object, "interfaces", interfaces);
	json_add(object, "features", features);
	json_add(object, "active_rows", json_number(count_active_rows(policy)));
	json_add(object, "site_rows", json_number(policy->nr_site_rows));
	json_add(object, "prefixes", json_number(policy->nr_prefixes));
	return object;
}

static void print_json(const struct state *state)
{
	struct json_object *object = json_map();
	size_t len = strlen(state->error);

	if (len && state->error[len - 1] == '\n')
		state->error[len - 1] = 0;
	json_add(object, "mode", json_text(state->mode));
	json_add(object, "generation",
		 json_number(strtoll(state->generation, NULL, 10)));
	json_add(object, "confirm_seconds",
		 json_number(strtoll(state->confirm, NULL, 10)));
	json_add(object, "policy", state->policy ? json_of_policy(state->policy) : NULL);
	json_add(object, "accepted", json_of_count(&state->accepted));
	json_add(object, "dropped", json_of_count(&state->dropped));
	json_add(object, "error", len ? json_text(state->error) : NULL);
	json_print(object);
}

static void print_policy(const struct le_policy *policy)
{
	unsigned int i;
	u32 n;

	for (i = 0; i < LE_NR_IFACES; i++) {
		printf("%-12s", le_iface_names[i]);
		for (n = 0; n < policy->nr_devices[i]; n++)
			printf(" %s%s", policy->devices[i][n],
			       if_nametoindex(policy->devices[i][n]) ? "" : " (not there)");
		puts(policy->nr_devices[i] ? "" : " no device");
	}
	printf("%-12s", "features");
	for (i = 0; i < LE_NR_FEATURES; i++)
		if (policy->features & BIT(i))
			printf(" %s", le_feature_names[i]);
	puts(policy->features ? "" : " none");
	printf("%-12s %u of %u active, and %u of the site\n", "rows", count_active_rows(policy),
	       LE_NR_ROWS, policy->nr_site_rows);
	printf("%-12s %u\n", "prefixes", policy->nr_prefixes);
}

static void print_text(const struct state *state)
{
	bool monitors = !strcmp(state->mode, "monitor");

	printf("%-12s %s\n", "mode", state->mode);
	printf("%-12s %s\n", "generation", state->generation);
	if (strcmp(state->confirm, "0"))
		printf("%-12s undone in %s s, unless you say: lyncedgectl confirm\n",
		       "unconfirmed", state->confirm);
	if (state->policy)
		print_policy(state->policy);
	else
		printf("%-12s none: lyncedgectl apply FILE\n", "policy");
	printf("%-12s %llu packets, %llu bytes\n", "accepted", state->accepted.packets,
	       state->accepted.bytes);
	printf("%-12s %llu packets, %llu bytes%s\n", "dropped", state->dropped.packets,
	       state->dropped.bytes, monitors ? " (in mode monitor: let pass)" : "");
	if (state->error[0])
		printf("%-12s %s", "last error", state->error);
}

/**
 * verb_status() - say how things stand
 * @call: with --json or without
 *
 * Return: STATUS_YES, or STATUS_ERROR.
 */
enum status verb_status(const struct call *call)
{
	struct state state = { .mode = NULL };
	enum status status = STATUS_ERROR;

	if (read_state(&state)) {
		status = STATUS_YES;
		if (wants_json(call))
			print_json(&state);
		else
			print_text(&state);
	}
	free_state(&state);
	return status;
}
