// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as a policy. Whatever they are, reading them ends, inside them, with a policy or with
 * an error that has a place and words. The canonical text of a policy is accepted, is its own
 * canonical text, and says all that the policy said. What packets make of it is compile_fuzz.c's
 * business.
 */
#include "canonical.h"

static void check_error(const char *data, size_t size, const struct le_error *error)
{
	size_t lines = 1, i;

	for (i = 0; i < size; i++)
		lines += data[i] == '\n';
	/* A line that is missing is missing after the last. */
	MUST(error->line <= lines + 1);
	MUST(error->message[0]);
	MUST(memchr(error->message, 0, sizeof(error->message)));
	MUST(memchr(error->hint, 0, sizeof(error->hint)));
	for (i = 0; error->message[i]; i++)
		MUST(error->message[i] >= ' ' && error->message[i] <= '~');
}

int fuzz_one(const u8 *data, size_t size)
{
	struct le_error error = { .message = "" };
	struct le_policy *policy, *parsed;

	if (le_policy_parse((const char *)data, size, &policy, &error)) {
		check_error((const char *)data, size, &error);
		return 0;
	}
	parsed = parse_canonical(policy);
	le_policy_free(parsed);
	le_policy_free(policy);
	return 0;
}
