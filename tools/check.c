// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verbs that take a whole policy: check and apply. Where the text is from is in load.c, what
 * is doubtful in doubts.c.
 */
#include "doubts.h"
#include "load.h"
#include "sysfs.h"
#include "verbs.h"

static const char *plural(unsigned long nr)
{
	return nr == 1 ? "" : "s";
}

static void print_summary(const char *name, const char *done, const struct le_policy *policy,
			  const struct doubts *doubts)
{
	printf("%s: %s: %u of %u rows active, %u site row%s, %u prefix%s, %zu warning%s\n", name,
	       done, count_active_rows(policy), LE_NR_ROWS, policy->nr_site_rows,
	       plural(policy->nr_site_rows), policy->nr_prefixes,
	       policy->nr_prefixes == 1 ? "" : "es", doubts->nr, plural(doubts->nr));
}

static struct json_object *json_of_error(const struct le_error *error)
{
	struct json_object *object = json_map();

	json_add(object, "line", error->line ? json_number(error->line) : NULL);
	json_add(object, "column", error->line ? json_number(error->column) : NULL);
	json_add(object, "message", json_text(error->message));
	json_add(object, "hint", error->hint[0] ? json_text(error->hint) : NULL);
	return object;
}

static struct json_object *json_of_doubts(const struct doubts *doubts)
{
	struct json_object *array = json_list();
	size_t i;

	for (i = 0; i < doubts->nr; i++) {
		struct json_object *object = json_map();

		json_add(object, "message", json_text(doubts->list[i].message));
		json_add(object, "hint", json_text(doubts->list[i].remedy));
		json_append(array, object);
	}
	return array;
}

/* @policy is NULL if it is refused, and then @error says why. */
static void print_json(const char *name, const struct le_policy *policy,
		       const struct doubts *doubts, const struct le_error *error)
{
	struct json_object *object = json_map();

	json_add(object, "policy", json_text(name));
	json_add(object, "accepted", json_flag(!!policy));
	json_add(object, "error", policy ? NULL : json_of_error(error));
	json_add(object, "warnings", json_of_doubts(doubts));
	if (policy) {
		json_add(object, "active_rows", json_number(count_active_rows(policy)));
		json_add(object, "site_rows", json_number(policy->nr_site_rows));
		json_add(object, "prefixes", json_number(policy->nr_prefixes));
	}
	json_print(object);
}

static enum status check_source(const struct source *source, bool json)
{
	struct doubts doubts = { .nr = 0 };
	struct le_policy *policy = NULL;
	struct le_error error;
	int err;

	err = le_policy_parse(source->text, source->len, &policy, &error);
	if (!err)
		doubts_find(&doubts, policy);
	if (json) {
		print_json(source->name, policy, &doubts, &error);
	} else if (err) {
		source_show_refusal(source, &error);
	} else {
		doubts_print(&doubts, source->name);
		print_summary(source->name, "accepted", policy, &doubts);
	}
	doubts_free(&doubts);
	le_policy_free(policy);
	if (err)
		return err == -EINVAL ? STATUS_NO : STATUS_ERROR;
	return STATUS_YES;
}

/**
 * verb_check() - is a policy accepted, and what is doubtful about it
 * @call: the file is the operand, or that of --policy; without either, the policy in force
 *
 * Return: STATUS_NO if it is refused.
 */
enum status verb_check(const struct call *call)
{
	const char *file = call->nr_operands ? call->operands[0] : call->policy;
	struct source source;
	enum status status;

	if (call->nr_operands && call->policy)
		return misuse(call, "FILE is given twice");
	if (!source_read(&source, file))
		return STATUS_ERROR;
	status = check_source(&source, wants_json(call));
	free(source.text);
	return status;
}

/* The kernel cannot tell a last line without its end from one that is still to be continued. */
static void end_last_line(struct source *source)
{
	if (source->len && source->text[source->len - 1] != '\n') {
		source->text = grown(source->text, source->len + 1, 1);
		source->text[source->len++] = '\n';
	}
}

static void print_mode(void)
{
	char *mode = sysfs_read_line("mode");

	if (!mode)
		return;
	if (!strcmp(mode, "off"))
		printf("The mode is off, nothing is judged: lyncedgectl mode monitor|enforce\n");
	else
		printf("The mode is %s.\n", mode);
	free(mode);
}

static enum status apply_source(const struct call *call, struct source *source)
{
	struct le_policy *policy;
	struct doubts doubts;
	struct le_error error;
	enum status status;
	bool pending;
	int err;

	err = le_policy_parse(source->text, source->len, &policy, &error);
	if (err) {
		source_show_refusal(source, &error);
		complain("nothing was changed");
		return err == -EINVAL ? STATUS_NO : STATUS_ERROR;
	}
	end_last_line(source);
	status = ask_to_confirm(call, &pending);
	if (status == STATUS_YES) {
		status = sysfs_write("policy", source->text, source->len, source->name);
		asked_to_confirm(call, pending, status);
	}
	if (status == STATUS_YES) {
		doubts_find(&doubts, policy);
		doubts_print(&doubts, source->name);
		print_summary(source->name, "applied", policy, &doubts);
		print_mode();
		doubts_free(&doubts);
	}
	le_policy_free(policy);
	return status;
}

/**
 * verb_apply() - put a policy in force
 * @call: the operand is the file
 *
 * It is checked here first, which shows more of what is wrong than the module can say.
 *
 * Return: STATUS_NO if it is refused.
 */
enum status verb_apply(const struct call *call)
{
	struct source source;
	enum status status;

	if (!source_read(&source, call->operands[0]))
		return STATUS_ERROR;
	status = apply_source(call, &source);
	free(source.text);
	return status;
}
