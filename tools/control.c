// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verbs that change one thing of the module: mode, confirm, enable, disable, reset. Whole
 * policies are applied in check.c.
 */
#include "lyncedge_policy.h"
#include "sysfs.h"
#include "verbs.h"

static const char *const modes[] = { "off", "monitor", "enforce" };

/**
 * ask_to_confirm() - have the module undo the next change unless it is confirmed
 * @call: with --confirm; without, nothing is done
 * @pending: where to say whether one before it still has to be confirmed
 *
 * Return: STATUS_YES, or STATUS_ERROR with a complaint.
 */
enum status ask_to_confirm(const struct call *call, bool *pending)
{
	const char *seconds = call->confirm;
	unsigned long value;
	char *end, *left;

	*pending = false;
	if (!seconds)
		return STATUS_YES;
	value = strtoul(seconds, &end, 10);
	if (strspn(seconds, "0123456789") != strlen(seconds) || !value ||
	    value > LE_MAX_CONFIRM_SECONDS)
		return misuse(call, "--confirm: '%s' is no number of seconds from 1 to %u", seconds,
			      LE_MAX_CONFIRM_SECONDS);
	left = sysfs_read_line("confirm");
	if (!left)
		return STATUS_ERROR;
	*pending = strcmp(left, "0");
	free(left);
	return sysfs_write("confirm", seconds, strlen(seconds), "--confirm") == STATUS_YES ?
	       STATUS_YES : STATUS_ERROR;
}

/**
 * asked_to_confirm() - say what follows from ask_to_confirm()
 * @call: the same
 * @pending: as it said
 * @status: what became of the change
 *
 * After a change that was refused, the next one is not to be confirmed; but one before it still is.
 */
void asked_to_confirm(const struct call *call, bool pending, enum status status)
{
	if (!call->confirm)
		return;
	if (status == STATUS_YES)
		printf("In %s s all is as before, unless you say: lyncedgectl confirm\n",
		       call->confirm);
	else if (!pending)
		sysfs_write("confirm", "0", 1, "--confirm");
}

static enum status print_mode(const struct call *call)
{
	char *mode = sysfs_read_line("mode");
	struct json_object *object;

	if (!mode)
		return STATUS_ERROR;
	if (wants_json(call)) {
		object = json_map();
		json_add(object, "mode", json_text(mode));
		json_print(object);
	} else {
		puts(mode);
	}
	free(mode);
	return STATUS_YES;
}

static enum status change_mode(const struct call *call, const char *mode)
{
	bool pending;
	enum status status = ask_to_confirm(call, &pending);

	if (status != STATUS_YES)
		return status;
	status = sysfs_write("mode", mode, strlen(mode), "mode");
	asked_to_confirm(call, pending, status);
	return status;
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
		return call->confirm ? misuse(call, "--confirm goes with a new mode") :
				       print_mode(call);
	if (wants_json(call))
		return misuse(call, "--json shows the mode, and does not go with a new one");
	for (i = 0; i < ARRAY_SIZE(modes); i++)
		if (!strcmp(mode, modes[i]))
			return change_mode(call, mode);
	return misuse(call, "unknown mode '%s': off, monitor or enforce", mode);
}

/**
 * verb_confirm() - keep what was changed
 * @call: not used: there is nothing to say
 *
 * Return: STATUS_NO if there is nothing to confirm.
 */
enum status verb_confirm(const struct call *call)
{
	char *left = sysfs_read_line("confirm");
	enum status status = STATUS_ERROR;

	if (left && strcmp(left, "0")) {
		status = sysfs_write("confirm", "0", 1, call->verb);
	} else if (left) {
		complain("there is no change that would have to be confirmed");
		advise("it was confirmed, or undone when its time was up: lyncedgectl status");
		status = STATUS_NO;
	}
	free(left);
	return status;
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
	bool pending;
	int i;

	if (status == STATUS_YES)
		status = ask_to_confirm(call, &pending);
	if (status != STATUS_YES)
		return status;
	for (i = 0; status == STATUS_YES && i < call->nr_operands; i++) {
		char *file = text_of("features/%s", call->operands[i]);

		status = sysfs_write(file, value, strlen(value), call->operands[i]);
		if (status != STATUS_YES && i)
			complain("changed before that: %d of %d features", i, call->nr_operands);
		free(file);
	}
	/* What was changed before one was refused is undone as well. */
	asked_to_confirm(call, pending, i > 1 ? STATUS_YES : status);
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
