// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verb that says how things stand.
 */
/* Before the kernel's headers, which then leave out what is the same in both. */
#include <net/if.h>

#include "load.h"
#include "peer.h"
#include "state.h"
#include "verbs.h"

static struct json_object *json_of_count(const struct count *count)
{
	struct json_object *object = json_map();

	json_add(object, "packets", json_number(count->packets));
	json_add(object, "bytes", json_number(count->bytes));
	return object;
}

static struct json_object *json_of_policy(const struct le_policy *policy, const char *sha256)
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
	json_add(object, "sha256", json_text(sha256));
	return object;
}

/* @peer may be NULL. */
static void print_json(const struct state *state, const struct standing *peer)
{
	const struct standing here = standing_of(state);
	struct json_object *object = json_map();
	struct count accepted, dropped;

	counts_sum(&state->counts, &accepted, &dropped);
	json_add(object, "mode", json_text(state->mode));
	json_add(object, "generation",
		 json_number(strtoll(state->generation, NULL, 10)));
	json_add(object, "confirm_seconds",
		 json_number(strtoll(state->confirm, NULL, 10)));
	json_add(object, "module", json_of_module(&here));
	json_add(object, "policy",
		 state->policy ? json_of_policy(state->policy, state->sha256) : NULL);
	json_add(object, "accepted", json_of_count(&accepted));
	json_add(object, "dropped", json_of_count(&dropped));
	json_add(object, "error", *state->error ? json_text(state->error) : NULL);
	json_add(object, "peer", peer ? json_of_peer(&here, peer) : NULL);
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
	struct count accepted, dropped;

	counts_sum(&state->counts, &accepted, &dropped);
	printf("%-12s %s\n", "mode", state->mode);
	printf("%-12s %s\n", "generation", state->generation);
	if (strcmp(state->confirm, "0"))
		printf("%-12s undone in %s s, unless you say: lyncedgectl confirm\n",
		       "unconfirmed", state->confirm);
	if (state->policy)
		print_policy(state->policy);
	else
		printf("%-12s none: lyncedgectl apply FILE\n", "policy");
	printf("%-12s %llu packets, %llu bytes\n", "accepted", accepted.packets,
	       accepted.bytes);
	printf("%-12s %llu packets, %llu bytes%s\n", "dropped", dropped.packets,
	       dropped.bytes, monitors ? " (in mode monitor: let pass)" : "");
	if (state->error[0])
		printf("%-12s %s\n", "last error", state->error);
}

static enum status compare(const struct call *call, const struct state *state)
{
	const struct standing here = standing_of(state);
	struct standing peer;
	struct json_object *said = peer_read(call->peer, &peer);
	enum status status;

	if (!said)
		return STATUS_ERROR;
	if (wants_json(call))
		print_json(state, &peer);
	else
		peer_print(&here, &peer);
	status = peer_is_same(&here, &peer) ? STATUS_YES : STATUS_NO;
	json_object_put(said);
	return status;
}

/**
 * verb_status() - say how things stand, or whether they stand alike on another gateway
 * @call: with --json or without; with --peer or without
 *
 * Return: STATUS_YES, with --peer STATUS_NO if they do not, or STATUS_ERROR.
 */
enum status verb_status(const struct call *call)
{
	enum status status = STATUS_ERROR;
	struct state state;

	if (state_read(&state)) {
		status = STATUS_YES;
		if (call->peer)
			status = compare(call, &state);
		else if (wants_json(call))
			print_json(&state, NULL);
		else
			print_text(&state);
	}
	state_free(&state);
	return status;
}
