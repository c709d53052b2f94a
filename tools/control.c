// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verbs that change one thing of the module: mode, enable, disable, reset. Whole policies are
 * applied in check.c.
 */
#include "lyncedge_policy.h"
#include "sysfs.h"
#include "verbs.h"

static const char *const modes[] = { "off", "monitor", "enforce" };

static enum status print_mode(const struct call *call)
{
	char *mode = sysfs_read_line("mode");
	struct json_object *object;

	if (!mode)
		return STATUS_ERROR;
	if (wants_json(call)) {
		object = json_object_new_object();
		json_add(object, "mode", json_text(mode));
		json_print(object);
	} else {
		puts(mode);
	}
	free(mode);
	return STATUS_YES;
}

/**
 * verb_mode() - show or change the mode
 * @call: the operand, if there is one, is the new mode
 *
 * Return: STATUS_NO if the module refuses it.
 */
enum status verb_mode(const struct call *call)
{
	const char *mode = call->operands[0];
	unsigned int i;

	if (!call->nr_operands)
		return print_mode(call);
	if (wants_json(call))
		return misuse(call, "--json shows the mode, and does not go with a new one");
	for (i = 0; i < ARRAY_SIZE(modes); i++)
		if (!strcmp(mode, modes[i]))
			return sysfs_write("mode", mode, strlen(mode), "mode");
	return misuse(call, "unknown mode '%s': off, monitor or enforce", mode);
}

static enum status check_features(const struct call *call)
{
	char *known = NULL;
	int i;

	for (i = 0; i < call->nr_operands; i++) {
		const char *name = call->operands[i];
		unsigned int f;

		if (le_feature_find(name, strlen(name)) >= 0)
			continue;
		known = text_of("%s", "");
		for (f = 0; f < LE_NR_FEATURES; f++) {
			char *longer = text_of("%s %s", known, le_feature_names[f]);

			free(known);
			known = longer;
		}
		complain("unknown feature '%s'", name);
		advise("one of:%s", known);
		free(known);
		return STATUS_ERROR;
	}
	return STATUS_YES;
}

/* One by one, as the module has it; all names are known before the first is changed. */
static enum status set_features(const struct call *call, const char *value)
{
	enum status status = check_features(call);
	int i;

	for (i = 0; status == STATUS_YES && i < call->nr_operands; i++) {
		char *file = text_of("features/%s", call->operands[i]);

		status = sysfs_write(file, value, strlen(value), call->operands[i]);
		if (status != STATUS_YES && i)
			complain("changed before that: %d of %d features", i, call->nr_operands);
		free(file);
	}
	return status;
}

/**
 * verb_enable() - turn features on
 * @call: the operands are features
 *
 * Return: STATUS_NO if the module refuses one.
 */
enum status verb_enable(const struct call *call)
{
	return set_features(call, "1");
}

/**
 * verb_disable() - turn features off
 * @call: the operands are features
 *
 * Return: STATUS_NO if the module refuses one.
 */
enum status verb_disable(const struct call *call)
{
	return set_features(call, "0");
}

/**
 * verb_reset() - start all counters from 0
 * @call: not used: there is nothing to say
 *
 * Return: STATUS_YES, or STATUS_ERROR.
 */
enum status verb_reset(const struct call *call)
{
	return sysfs_write("reset", "1", 1, call->verb);
}
