// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads what the module says of itself, for the verbs that show it: status, metrics, top, report,
 * and counters while it watches.
 */
#include "state.h"
#include "sysfs.h"

/* libmd's SHA256Data(), by a name in the style of all others. */
char *sha256_data(const u8 *data, size_t len, char *text) __asm__("SHA256Data");

/**
 * state_read_policy() - read the policy in force, in place of the one that was read before
 * @state: where to put it
 *
 * Return: whether it could be read, or there is none; if not, that was complained about.
 */
bool state_read_policy(struct state *state)
{
	struct le_policy *policy = NULL;
	struct le_error error;
	size_t len;
	char *text = sysfs_read_policy(&len);
	bool ok = text;

	if (text && len && le_policy_parse(text, len, &policy, &error)) {
		complain("the policy in force is not understood: %s", error.message);
		advise("module and tool are of different versions: install both from one");
		ok = false;
	}
	if (ok)
		sha256_data((const u8 *)text, len, state->sha256);
	free(text);
	if (!ok)
		return false;
	le_policy_free(state->policy);
	state->policy = policy;
	return true;
}

/**
 * state_read_but_policy() - read what there is but the policy, which may be long
 * @state: where to put it; freed with state_free() in any case
 *
 * Return: whether it could be read; if not, that was complained about.
 */
bool state_read_but_policy(struct state *state)
{
	size_t len;

	*state = (struct state){ .mode = sysfs_read_line("mode") };
	state->generation = state->mode ? sysfs_read_line("generation") : NULL;
	state->confirm = state->generation ? sysfs_read_line("confirm") : NULL;
	state->error = state->confirm ? sysfs_read("error", &len) : NULL;
	if (!state->error)
		return false;
	if (len && state->error[len - 1] == '\n')
		state->error[len - 1] = 0;
	state->version = sysfs_read_module("version");
	state->build = sysfs_read_module("srcversion");
	return counts_read(&state->counts);
}

/**
 * state_read() - read all there is
 * @state: where to put it; freed with state_free() in any case
 *
 * Return: whether it could be read; if not, that was complained about.
 */
bool state_read(struct state *state)
{
	return state_read_but_policy(state) && state_read_policy(state);
}

/**
 * state_free() - free what was read
 * @state: what was
 */
void state_free(struct state *state)
{
	free(state->mode);
	free(state->generation);
	free(state->confirm);
	free(state->error);
	free(state->version);
	free(state->build);
	le_policy_free(state->policy);
	counts_free(&state->counts);
}
