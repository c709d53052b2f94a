// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verb that writes a policy for another packet filter. What the filters get to read is in nft.c
 * and iptables.c.
 */
#include "iptables.h"
#include "load.h"
#include "nft.h"
#include "verbs.h"

/**
 * struct ruleset - what is to be printed
 * @policy: of which policy
 * @filter: for which packet filter
 * @family: for which of the two, where rulesets are of one
 */
struct ruleset {
	const struct le_policy *policy;
	const struct filter *filter;
	u8 family;
};

/**
 * struct filter - a packet filter
 * @name: what it is called here
 * @commands: what loads a ruleset, by family
 * @one_family: a ruleset is of one family
 * @unspeakable_device: finds a device whose name it cannot write; NULL if it writes none
 * @why: why it cannot
 * @print: prints a ruleset
 */
struct filter {
	const char *name;
	const char *commands[LE_IPV6 + 1];
	bool one_family;
	const char *(*unspeakable_device)(const struct le_policy *policy);
	const char *why;
	void (*print)(const struct ruleset *ruleset);
};

static void print_nft(const struct ruleset *ruleset)
{
	nft_print(ruleset->policy);
}

static void print_iptables(const struct ruleset *ruleset)
{
	ipt_print(ruleset->policy, ruleset->family);
}

static void print_ipset(const struct ruleset *ruleset)
{
	ipt_print_sets(ruleset->policy);
}

static const struct filter filters[] = {
	{
		.name = "nft",
		.commands = { [LE_IPV4] = "nft -f" },
		.unspeakable_device = nft_unspeakable_device,
		.why = "nft knows no escape for '\"', '\\' and '*'",
		.print = print_nft,
	},
	{
		.name = "iptables",
		.commands = {
			[LE_IPV4] = "iptables-restore", [LE_IPV6] = "ip6tables-restore",
		},
		.one_family = true,
		.unspeakable_device = ipt_unspeakable_device,
		.why = "to iptables, a '+' at the end stands for any end",
		.print = print_iptables,
	},
	{
		.name = "ipset",
		.commands = { [LE_IPV4] = "ipset -exist restore" },
		.print = print_ipset,
	},
};

static const struct filter *find_filter(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(filters); i++)
		if (!strcmp(name, filters[i].name))
			return &filters[i];
	return NULL;
}

static void print_text(const void *ruleset)
{
	((const struct ruleset *)ruleset)->filter->print(ruleset);
}

/* The points of a list that a ruleset's comments have; none if there is no such list. */
static struct json_object *json_of_limits(const char *text)
{
	struct json_object *limits = json_list();
	char *limit = NULL, *longer;
	const char *end;

	for (; *text == '#'; text = end + 1) {
		end = strchr(text, '\n');
		if (!strncmp(text, "#  - ", 5) && limit) {
			json_append(limits, json_text(limit));
			free(limit);
			limit = NULL;
		}
		if (!strncmp(text, "#  - ", 5)) {
			limit = text_of("%.*s", (int)(end - text - 5), text + 5);
		} else if (!strncmp(text, "#    ", 5) && limit) {
			longer = text_of("%s %.*s", limit, (int)(end - text - 5), text + 5);
			free(limit);
			limit = longer;
		}
	}
	if (limit)
		json_append(limits, json_text(limit));
	free(limit);
	return limits;
}

static struct json_object *json_of_families(const struct ruleset *ruleset)
{
	struct json_object *families = json_list();

	if (!ruleset->filter->one_family || ruleset->family == LE_IPV4)
		json_append(families, json_text("ipv4"));
	if (!ruleset->filter->one_family || ruleset->family == LE_IPV6)
		json_append(families, json_text("ipv6"));
	return families;
}

static void print_json(const struct ruleset *ruleset)
{
	char *text = text_of_output(print_text, ruleset);
	struct json_object *object = json_map();

	json_add(object, "filter", json_text(ruleset->filter->name));
	json_add(object, "families", json_of_families(ruleset));
	json_add(object, "command", json_text(ruleset->filter->commands[ruleset->family]));
	json_add(object, "limits", json_of_limits(text));
	json_add(object, "ruleset", json_text(text));
	free(text);
	json_print(object);
}

static enum status export(const struct call *call, const struct ruleset *ruleset)
{
	const struct filter *filter = ruleset->filter;
	const char *device = NULL;

	if (filter->unspeakable_device)
		device = filter->unspeakable_device(ruleset->policy);
	if (device) {
		complain("%s has no way to write the device name %s", filter->name, device);
		advise("rename the device: %s", filter->why);
		return STATUS_ERROR;
	}
	if (wants_json(call))
		print_json(ruleset);
	else
		print_text(ruleset);
	return STATUS_YES;
}

/**
 * verb_export() - write a policy for another packet filter
 * @call: operand: which one; with --policy that policy, else the one in force
 *
 * Return: STATUS_YES, or STATUS_ERROR.
 */
enum status verb_export(const struct call *call)
{
	const struct filter *filter = find_filter(call->operands[0]);
	struct le_policy *policy;
	enum status status;

	if (!filter)
		return misuse(call, "unknown packet filter '%s': nft, iptables or ipset",
			      call->operands[0]);
	if (call->options & OPTION_IPV6 && !filter->one_family)
		return misuse(call, "--ipv6 is for iptables: %s has both families", filter->name);
	policy = load_policy(call->policy);
	if (!policy)
		return STATUS_ERROR;
	status = export(call, &(struct ruleset){
		.policy = policy,
		.filter = filter,
		.family = call->options & OPTION_IPV6 ? LE_IPV6 : LE_IPV4,
	});
	le_policy_free(policy);
	return status;
}
