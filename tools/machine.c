// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looks around on this machine for what a first policy could name. Guesses, all of it: who asks is
 * told and may say otherwise.
 */
/* Before the kernel's headers, which then leave out what is the same in both. */
#include <net/if.h>

#include <ifaddrs.h>
#include <net/route.h>

#include "lyncedge_inet.h"
#include "machine.h"

#define ROUTES "/proc/net/route"
#define ROUTES6 "/proc/net/ipv6_route"

/* The device of the IPv4 default route of the lowest metric, or NULL. */
static char *default_device4(void)
{
	unsigned int destination, gateway, flags, metric, mask, best = ~0U;
	char line[512], name[IFNAMSIZ], *found = NULL;
	FILE *file = fopen(ROUTES, "re");

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%15s %x %x %x %*d %*d %u %x", name, &destination, &gateway,
			   &flags, &metric, &mask) != 6)
			continue;
		if (destination || mask || !(flags & RTF_UP) || flags & RTF_REJECT ||
		    (found && metric >= best))
			continue;
		best = metric;
		free(found);
		found = text_of("%s", name);
	}
	if (file)
		fclose(file);
	return found;
}

static char *default_device6(void)
{
	char line[512], destination[33], name[IFNAMSIZ], *found = NULL;
	unsigned int len, metric, flags, best = ~0U;
	FILE *file = fopen(ROUTES6, "re");

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%32s %x %*s %*x %*s %x %*x %*x %x %15s", destination, &len,
			   &metric, &flags, name) != 5)
			continue;
		if (len || strspn(destination, "0") != 32 || !(flags & RTF_UP) ||
		    flags & RTF_REJECT || (found && metric >= best))
			continue;
		best = metric;
		free(found);
		found = text_of("%s", name);
	}
	if (file)
		fclose(file);
	return found;
}

/**
 * machine_external_device() - the device toward the Internet, as far as can be guessed
 *
 * Return: the name of the default route's device, which the caller frees; NULL if there is none.
 */
char *machine_external_device(void)
{
	char *name = default_device4();

	return name ? name : default_device6();
}

static struct ifaddrs *addresses(void)
{
	struct ifaddrs *here = NULL;

	return getifaddrs(&here) ? NULL : here;
}

/* The address as the rules know it; false if it is of another family, or of the link alone. */
static bool addr_of(const struct sockaddr *sa, union le_addr *addr, u8 *family)
{
	memset(addr, 0, sizeof(*addr));
	if (sa && sa->sa_family == AF_INET) {
		*family = LE_IPV4;
		memcpy(addr, &((const struct sockaddr_in *)(const void *)sa)->sin_addr, 4);
		return true;
	}
	if (sa && sa->sa_family == AF_INET6) {
		*family = LE_IPV6;
		memcpy(addr, &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr, 16);
		return !(addr->byte[0] == 0xfe && (addr->byte[1] & 0xc0) == 0x80);
	}
	return false;
}

static bool prefix_of(const struct ifaddrs *one, struct le_prefix *prefix)
{
	union le_addr mask;
	unsigned int i;
	u8 family;

	memset(prefix, 0, sizeof(*prefix));
	if (!addr_of(one->ifa_addr, &prefix->addr, &prefix->family) || !one->ifa_netmask)
		return false;
	/* A netmask's family is not always set. */
	one->ifa_netmask->sa_family = one->ifa_addr->sa_family;
	if (!addr_of(one->ifa_netmask, &mask, &family))
		return false;
	for (i = 0; i < le_addr_bits(family) / 8; i++)
		prefix->len += hweight64(mask.byte[i]);
	return true;
}

/**
 * machine_internal_device() - the device toward the company, as far as can be guessed
 * @external: the external device, or NULL
 *
 * Return: the name of the first other device that is up and has an address, which the caller
 * frees; NULL if there is none.
 */
char *machine_internal_device(const char *external)
{
	struct ifaddrs *here = addresses(), *one;
	char *found = NULL;

	for (one = here; one && !found; one = one->ifa_next) {
		struct le_prefix prefix;

		if (one->ifa_flags & IFF_LOOPBACK || !(one->ifa_flags & IFF_UP) ||
		    (external && !strcmp(one->ifa_name, external)) || !prefix_of(one, &prefix))
			continue;
		found = text_of("%s", one->ifa_name);
	}
	freeifaddrs(here);
	return found;
}

/* Whether a name is one of a list with blanks between. */
static bool is_listed(const char *list, const char *name)
{
	size_t len = strlen(name);

	while (*list) {
		list += strspn(list, " \t");
		if (strcspn(list, " \t") == len && !memcmp(list, name, len))
			return true;
		list += strcspn(list, " \t");
	}
	return false;
}

/**
 * machine_networks() - the networks that devices have addresses in
 * @devices: their names, with blanks between
 *
 * Return: prefixes, with blanks between, which the caller frees; NULL if there are none.
 */
char *machine_networks(const char *devices)
{
	struct ifaddrs *here = addresses(), *one;
	char *list = NULL, *longer;

	for (one = here; one; one = one->ifa_next) {
		char text[LE_PREFIX_TEXT];
		struct le_prefix prefix;

		if (!is_listed(devices, one->ifa_name) || !prefix_of(one, &prefix))
			continue;
		le_prefix_clear_host_bits(&prefix);
		le_prefix_format(text, sizeof(text), &prefix);
		if (list && is_listed(list, text))
			continue;
		longer = text_of("%s%s%s", list ? list : "", list ? " " : "", text);
		free(list);
		list = longer;
	}
	freeifaddrs(here);
	return list;
}

/**
 * machine_print_devices() - list devices and their addresses, for a person
 * @out: where to
 */
void machine_print_devices(FILE *out)
{
	char *external = machine_external_device();
	struct if_nameindex *names = if_nameindex();
	struct ifaddrs *here = addresses(), *one;
	unsigned int i;

	for (i = 0; names && names[i].if_index; i++) {
		if (!strcmp(names[i].if_name, "lo"))
			continue;
		fprintf(out, "  %s", names[i].if_name);
		for (one = here; one; one = one->ifa_next) {
			char text[LE_PREFIX_TEXT];
			struct le_prefix prefix;

			if (strcmp(one->ifa_name, names[i].if_name) || !prefix_of(one, &prefix))
				continue;
			le_prefix_format(text, sizeof(text), &prefix);
			fprintf(out, " %s", text);
		}
		if (external && !strcmp(external, names[i].if_name))
			fputs(" (default route)", out);
		fputc('\n', out);
	}
	if (names)
		if_freenameindex(names);
	freeifaddrs(here);
	free(external);
}
