// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verb that writes a policy for another packet filter. What the filter gets to read is in
 * nft.c.
 */
#include "load.h"
#include "nft.h"
#include "verbs.h"

static enum status export_nft(const struct le_policy *policy)
{
	const char *device = nft_unspeakable_device(policy);

	if (device) {
		complain("nft has no way to write the device name %s", device);
		advise("rename the device: nft knows no escape for '\"', '\\' and '*'");
		return STATUS_ERROR;
	}
	nft_print(policy);
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
	struct le_policy *policy;
	enum status status;

	if (!strcmp(call->operands[0], "iptables"))
		return misuse(call, "iptables is not supported by this version, nft is");
	if (strcmp(call->operands[0], "nft"))
		return misuse(call, "unknown packet filter '%s'", call->operands[0]);
	policy = load_policy(call->policy);
	if (!policy)
		return STATUS_ERROR;
	status = export_nft(policy);
	le_policy_free(policy);
	return status;
}
