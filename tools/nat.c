// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verb that writes the 1:1 NAT which a policy's public addresses call for, as an nftables
 * ruleset. Which addresses belong together is found in nat_pairs.c.
 */
#include "load.h"
#include "lookup.h"
#include "nat_pairs.h"
#include "nft.h"
#include "verbs.h"

static const char heading[] =
"# 1:1 NAT between the Edge's own addresses and its public ones, as the policy for lyncedge has\n"
"# them. Written by 'lyncedgectl nat'. Load it with: nft -f FILE (try it first with: nft -c -f FILE).\n"
"# Each table replaces itself whole when it is loaded again, and holds nothing but this.\n"
"#\n"
"# lyncedge judges packets between the two translations, at the Edge's own addresses. The Internet\n"
"# must find the public addresses here: they are routed to this gateway, or it answers for them\n"
"# (ip address add ADDRESS/32 dev DEVICE).\n"
"#\n";

static const char *const table_names[] = {
	[LE_IPV4] = "ip lyncedge-nat",
	[LE_IPV6] = "ip6 lyncedge-nat",
};

static const char *const families[] = {
	[LE_IPV4] = "ip",
	[LE_IPV6] = "ip6",
};

static void print_pairs(const struct nat_pairs *pairs)
{
	char own[LE_PREFIX_TEXT], public[LE_PREFIX_TEXT];
	size_t i;

	for (i = 0; i < pairs->nr; i++) {
		const struct nat_pair *pair = &pairs->list[i];

		printf("#   edge %-8s %s %s %s\n", le_edge_names[pair->edge],
		       text_of_addr(own, &pair->own), pair->leaves ? "<->" : "<--",
		       text_of_addr(public, &pair->public));
	}
	if (pairs->odd.nr)
		printf("#\n# What could not be paired:\n");
	for (i = 0; i < pairs->odd.nr; i++)
		printf("#   %s\n", pairs->odd.list[i]);
}

static bool has_family(const struct nat_pairs *pairs, u8 family)
{
	size_t i;

	for (i = 0; i < pairs->nr; i++)
		if (pairs->list[i].public.family == family)
			return true;
	return false;
}

/* One of the two maps. */
static void print_map(const struct nat_pairs *pairs, u8 family, bool inward)
{
	const char *type = family == LE_IPV4 ? "ipv4_addr" : "ipv6_addr";
	char own[LE_PREFIX_TEXT], public[LE_PREFIX_TEXT];
	const char *separator = "";
	size_t i;

	printf("\t# %s\n", inward ? "Public address : where it goes" :
				    "The Edge's own address : what it leaves as");
	printf("\tmap %s {\n\t\ttype %s : %s\n\t\telements = {", inward ? "inward" : "outward",
	       type, type);
	for (i = 0; i < pairs->nr; i++) {
		const struct nat_pair *pair = &pairs->list[i];

		if (pair->own.family != family || !(inward || pair->leaves))
			continue;
		text_of_addr(own, &pair->own);
		text_of_addr(public, &pair->public);
		printf("%s\n\t\t\t%s : %s", separator, inward ? public : own,
		       inward ? own : public);
		separator = ",";
	}
	printf("\n\t\t}\n\t}\n\n");
}

static void print_devices(const struct le_policy *policy)
{
	u32 nr = policy->nr_devices[LE_EXTERNAL], i;

	fputs(nr > 1 ? "{ " : "", stdout);
	for (i = 0; i < nr; i++)
		printf("%s\"%s\"", i ? ", " : "", policy->devices[LE_EXTERNAL][i]);
	fputs(nr > 1 ? " }" : "", stdout);
}

/* A pool's server that speaks to another one by its public address. */
static void print_hairpin(const char *family, bool before_routing)
{
	if (before_routing)
		printf("\t\t# From one server of a pool to another, by its public address.\n"
		       "\t\t%s saddr @own dnat to %s daddr map @inward\n", family, family);
	else
		printf("\t\t# The answer has to come back this way.\n"
		       "\t\tct status dnat %s daddr @own snat to %s saddr map @outward\n", family,
		       family);
}

static void print_own(const struct nat_pairs *pairs, u8 family)
{
	const char *separator = "";
	char own[LE_PREFIX_TEXT];
	size_t i;

	printf("\t# The Edge's own addresses that have a public one.\n"
	       "\tset own {\n\t\ttype %s\n\t\telements = {",
	       family == LE_IPV4 ? "ipv4_addr" : "ipv6_addr");
	for (i = 0; i < pairs->nr; i++) {
		if (pairs->list[i].own.family != family || !pairs->list[i].leaves)
			continue;
		printf("%s\n\t\t\t%s", separator, text_of_addr(own, &pairs->list[i].own));
		separator = ",";
	}
	printf("\n\t\t}\n\t}\n\n");
}

static void print_table(const struct le_policy *policy, const struct nat_pairs *pairs, u8 family,
			bool hairpin)
{
	const char *name = table_names[family], *ip = families[family];

	printf("\ntable %s {\n", name);
	print_map(pairs, family, true);
	print_map(pairs, family, false);
	if (hairpin)
		print_own(pairs, family);
	/* Before masquerading and the like of other tables, which would have the Edge's as well. */
	printf("\tchain prerouting {\n"
	       "\t\ttype nat hook prerouting priority dstnat - 1; policy accept;\n"
	       "\t\tiifname ");
	print_devices(policy);
	printf(" dnat to %s daddr map @inward\n", ip);
	if (hairpin)
		print_hairpin(ip, true);
	printf("\t}\n\n"
	       "\tchain postrouting {\n"
	       "\t\ttype nat hook postrouting priority srcnat - 1; policy accept;\n"
	       "\t\toifname ");
	print_devices(policy);
	printf(" snat to %s saddr map @outward\n", ip);
	if (hairpin)
		print_hairpin(ip, false);
	printf("\t}\n}\n");
}

/**
 * struct ruleset - what is to be printed
 * @policy: of which policy
 * @pairs: its addresses
 * @hairpin: between servers of a pool, too
 */
struct ruleset {
	const struct le_policy *policy;
	const struct nat_pairs *pairs;
	bool hairpin;
};

/* What an earlier policy had, with addresses of a family that this one has not, goes as well. */
static void print_ruleset(const void *what)
{
	const struct ruleset *ruleset = what;
	unsigned int family;

	fputs(heading, stdout);
	print_pairs(ruleset->pairs);
	putchar('\n');
	for (family = LE_IPV4; family <= LE_IPV6; family++)
		printf("table %s\ndelete table %s\n", table_names[family], table_names[family]);
	for (family = LE_IPV4; family <= LE_IPV6; family++)
		if (has_family(ruleset->pairs, family))
			print_table(ruleset->policy, ruleset->pairs, family, ruleset->hairpin);
}

static struct json_object *json_of_pairs(const struct nat_pairs *pairs)
{
	struct json_object *array = json_list();
	char text[LE_PREFIX_TEXT];
	size_t i;

	for (i = 0; i < pairs->nr; i++) {
		const struct nat_pair *pair = &pairs->list[i];
		struct json_object *object = json_map();

		json_add(object, "edge", json_text(le_edge_names[pair->edge]));
		json_add(object, "address", json_text(text_of_addr(text, &pair->own)));
		json_add(object, "public", json_text(text_of_addr(text, &pair->public)));
		json_add(object, "leaves", json_flag(pair->leaves));
		json_append(array, object);
	}
	return array;
}

static void print_json(const struct ruleset *ruleset)
{
	struct json_object *object = json_map();
	char *text = ruleset->pairs->nr ? text_of_output(print_ruleset, ruleset) : NULL;

	json_add(object, "pairs", json_of_pairs(ruleset->pairs));
	json_add(object, "warnings", json_of_words(&ruleset->pairs->odd));
	json_add(object, "ruleset", text ? json_text(text) : NULL);
	free(text);
	json_print(object);
}

static void print_warnings(const struct nat_pairs *pairs)
{
	size_t i;

	for (i = 0; i < pairs->odd.nr; i++)
		fprintf(stderr, "%swarning:%s %s\n", colour_on(stderr, COLOUR_DOUBTFUL),
			colour_off(stderr), pairs->odd.list[i]);
	if (pairs->nr)
		return;
	complain("no public address could be paired: there is nothing to translate");
	advise("edge access ADDRESS public ADDRESS");
}

static enum status nat(const struct call *call, const struct le_policy *policy,
		       const struct nat_pairs *pairs)
{
	const char *device = nft_unspeakable_device(policy);
	struct ruleset ruleset = {
		.policy = policy, .pairs = pairs, .hairpin = call->options & OPTION_HAIRPIN,
	};

	if (!wants_json(call))
		print_warnings(pairs);
	if (!pairs->nr) {
		if (wants_json(call))
			print_json(&ruleset);
		return STATUS_NO;
	}
	if (!policy->nr_devices[LE_EXTERNAL]) {
		complain("no external device is named: where should addresses be translated?");
		advise("interface external DEVICE");
		return STATUS_ERROR;
	}
	if (device) {
		complain("nft has no way to write the device name %s", device);
		advise("rename the device: nft knows no escape for '\"', '\\' and '*'");
		return STATUS_ERROR;
	}
	if (wants_json(call))
		print_json(&ruleset);
	else
		print_ruleset(&ruleset);
	return STATUS_YES;
}

/**
 * verb_nat() - write the NAT that public addresses call for
 * @call: with --policy of that policy, else of the one in force
 *
 * Return: STATUS_YES, STATUS_NO if there is nothing to translate, or STATUS_ERROR.
 */
enum status verb_nat(const struct call *call)
{
	struct le_policy *policy = load_policy(call->policy);
	struct nat_pairs pairs;
	enum status status;

	if (!policy)
		return STATUS_ERROR;
	nat_pairs_find(&pairs, policy);
	status = nat(call, policy, &pairs);
	nat_pairs_free(&pairs);
	le_policy_free(policy);
	return status;
}
