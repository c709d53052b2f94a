// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looks things up in a policy's lists, for the verbs that ask about single devices and addresses.
 * Packets are judged by the compiled table (lyncedge_compile.c), not by this.
 */
#include "lookup.h"

/**
 * iface_of_device() - the interface that a device is part of
 * @policy: the policy
 * @name: name of the device
 *
 * Return: enum le_iface, or -ENOENT if the policy does not name it.
 */
int iface_of_device(const struct le_policy *policy, const char *name)
{
	unsigned int i;
	u32 n;

	for (i = 0; i < LE_NR_IFACES; i++)
		for (n = 0; n < policy->nr_devices[i]; n++)
			if (!strcmp(policy->devices[i][n], name))
				return i;
	return -ENOENT;
}

/**
 * prefix_holds() - whether an address is in a prefix
 * @prefix: the prefix
 * @addr: the address
 * @family: LE_IPV4 or LE_IPV6
 *
 * Return: true if it is.
 */
bool prefix_holds(const struct le_prefix *prefix, const union le_addr *addr, u8 family)
{
	unsigned int whole = prefix->len / 8, rest = prefix->len % 8;

	if (prefix->family != family || memcmp(&prefix->addr, addr, whole))
		return false;
	return !rest || !((prefix->addr.byte[whole] ^ addr->byte[whole]) >> (8 - rest));
}

/**
 * addrs_hold() - whether an address is in a list
 * @addrs: the list
 * @addr: the address
 * @family: LE_IPV4 or LE_IPV6
 *
 * Return: true if it is.
 */
bool addrs_hold(const struct le_addrs *addrs, const union le_addr *addr, u8 family)
{
	size_t len = le_addr_bits(family) / 8;
	u32 i;

	for (i = 0; i < addrs->nr; i++)
		if (addrs->list[i].family == family && !memcmp(&addrs->list[i].addr, addr, len))
			return true;
	return false;
}

/**
 * text_of_addr() - write an address
 * @text: where to; LE_PREFIX_TEXT bytes
 * @addr: the address
 *
 * Return: @text.
 */
const char *text_of_addr(char *text, const struct le_edge_addr *addr)
{
	le_addr_format(text, LE_PREFIX_TEXT, &addr->addr, addr->family);
	return text;
}
