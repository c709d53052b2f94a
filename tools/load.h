/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Policies, from a file or as they are in force.
 */
#ifndef LYNCEDGECTL_LOAD_H
#define LYNCEDGECTL_LOAD_H

#include "lyncedge_policy.h"
#include "output.h"

/**
 * struct source - the text of a policy
 * @name: where it is from, for messages
 * @text: the text, not terminated; its owner's to free
 * @len: length of @text
 */
struct source {
	const char *name;
	char *text;
	size_t len;
};

bool source_read(struct source *source, const char *file);
void source_show_refusal(const struct source *source, const struct le_error *error);
struct le_policy *load_policy(const char *file);
unsigned int count_active_rows(const struct le_policy *policy);

#endif /* LYNCEDGECTL_LOAD_H */
