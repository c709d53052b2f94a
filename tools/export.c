// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verb that writes a policy for another packet filter. What the filters get to read is in nft.c
 * and iptables.c.
 */
#include "iptables.h"
#include "load.h"
#include "nft.h"
#include "verbs.h"

static enum status export_nft(const struct le_policy *policy, const struct call *call)
{
	const char *device = nft_unspeakable_device(policy);

	(void)call;
	if (device) {
		complain("nft has no way to write the device name %s", device);
		advise("rename the device: nft knows no escape for '\"', '\\' and '*'");
		return STATUS_ERROR;
	}
	nft_print(policy);
	return STATUS_YES;
}

static enum status export_iptables(const struct le_policy *policy, const struct call *call)
{
	const char *device = ipt_unspeakable_device(policy);

	if (device) {
		complain("iptables has no way to write the device name %s", device);
		advise("rename the device: to iptables, a '+' at the end stands for any end");
		return STATUS_ERROR;
	}
	ipt_print(policy, call->options & OPTION_IPV6 ? LE_IPV6 : LE_IPV4);
	return STATUS_YES;
}

static enum status export_ipset(const struct le_policy *policy, const struct call *call)
{
	(void)call;
	ipt_print_sets(policy);
	return STATUS_YES;
}

static const struct filter {
	const char *name;
	enum status (*export)(const struct le_policy *policy, const struct call *call);
} filters[] = {
	{ "nft", export_nft },
	{ "iptables", export_iptables },
	{ "ipset", export_ipset },
};

static const struct filter *find_filter(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(filters); i++)
		if (!strcmp(name, filters[i].name))
			return &filters[i];
	return NULL;
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
		return misuse(call, "unknown packet filter '%s'", call->operands[0]);
	if (call->options & OPTION_IPV6 && filter->export != export_iptables)
		return misuse(call, "--ipv6 is for iptables: %s has both families", filter->name);
	policy = load_policy(call->policy);
	if (!policy)
		return STATUS_ERROR;
	status = filter->export(policy, call);
	le_policy_free(policy);
	return status;
}
