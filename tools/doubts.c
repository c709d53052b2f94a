// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds what is accepted in a policy, but is hardly what the administrator wants (DESIGN sec. 3).
 * Each kind of doubt has a function. What is refused is refused in lyncedge_policy.c.
 */
/* Before the kernel's headers, which then leave out what is the same in both. */
#include <net/if.h>

#include <ifaddrs.h>

#include "doubts.h"
#include "nat_pairs.h"
#include "output.h"

/* Set of families that an address may be of. */
#define FAMILIES_NONE 0
#define FAMILIES_BOTH (BIT(LE_IPV4) | BIT(LE_IPV6))

static const char *name_of_family(u32 family)
{
	return family == BIT(LE_IPV4) ? "IPv4" : "IPv6";
}

/**
 * doubt() - say what is doubtful
 * @doubts: list to add to; remedy() follows
 * @fmt: as printf()
 */
void doubt(struct doubts *doubts, const char *fmt, ...)
{
	va_list args;

	doubts->list = grown(doubts->list, doubts->nr + 1, sizeof(*doubts->list));
	va_start(args, fmt);
	doubts->list[doubts->nr++].message = text_of_args(fmt, args);
	va_end(args);
}

/**
 * remedy() - say what would settle the last doubt
 * @doubts: the list
 * @fmt: as printf()
 */
void remedy(struct doubts *doubts, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	doubts->list[doubts->nr - 1].remedy = text_of_args(fmt, args);
	va_end(args);
}

/* A list in words, "a, b": takes the list so far (or NULL) and returns the longer one. */
static char *listed(char *list, const char *word)
{
	char *longer = text_of("%s%s%s", list ? list : "", list ? ", " : "", word);

	free(list);
	return longer;
}

/*
 * A gateway may hold one of the two firewalls only: then the rows of the other are no concern of
 * its policy. With no device named at all, both are.
 */
static bool concerns(const struct le_policy *policy, enum le_iface iface)
{
	return policy->nr_devices[iface] || !policy->nr_devices[!iface];
}

static enum le_iface iface_of_edge(unsigned int edge)
{
	return edge == LE_EDGE_INTERNAL ? LE_INTERNAL : LE_EXTERNAL;
}

static void doubt_interfaces(struct doubts *doubts, const struct le_policy *policy)
{
	unsigned int iface, edge;

	if (!policy->nr_devices[LE_EXTERNAL] && !policy->nr_devices[LE_INTERNAL]) {
		doubt(doubts, "no interface is named: no packet will be judged");
		remedy(doubts, "interface external DEVICE, interface internal DEVICE");
		return;
	}
	for (iface = 0; iface < LE_NR_IFACES; iface++) {
		const char *name = le_iface_names[iface];
		char *edges = NULL;

		for (edge = 0; edge < LE_NR_EDGES; edge++)
			if (iface_of_edge(edge) == iface && policy->edges[edge].nr)
				edges = listed(edges, le_edge_names[edge]);
		if (edges && !policy->nr_devices[iface]) {
			doubt(doubts,
			      "edge %s has addresses, but no %s device is named: nothing is judged there",
			      edges, name);
			remedy(doubts,
			       "interface %s DEVICE; if this gateway has only the other firewall, leave out edge %s",
			       name, edges);
		}
		free(edges);
	}
}

static void doubt_devices(struct doubts *doubts, const struct le_policy *policy)
{
	unsigned int iface;
	u32 i;

	for (iface = 0; iface < LE_NR_IFACES; iface++)
		for (i = 0; i < policy->nr_devices[iface]; i++) {
			const char *name = policy->devices[iface][i];

			if (if_nametoindex(name))
				continue;
			doubt(doubts, "there is no device '%s' here now", name);
			remedy(doubts,
			       "is it misspelt? 'ip link' lists devices; one that comes later is judged from then on");
		}
}

/* Rows that a feature would make active, if only the edge had an address. */
static char *rows_lacking(const struct le_policy *policy, unsigned int feature, unsigned int edge)
{
	char *rows = NULL;
	unsigned int i;

	for (i = 0; i < LE_NR_ROWS; i++) {
		const struct le_row *row = &le_matrix[i];

		if (row->features & BIT(feature) && concerns(policy, row->iface) &&
		    (row->source | row->destination) & BIT(LE_TAG_EDGE + edge))
			rows = listed(rows, row->id);
	}
	return rows;
}

static void doubt_edges(struct doubts *doubts, const struct le_policy *policy)
{
	unsigned int feature, edge;

	for (feature = 0; feature < LE_NR_FEATURES; feature++) {
		if (!(policy->features & BIT(feature)))
			continue;
		for (edge = 0; edge < LE_NR_EDGES; edge++) {
			char *rows;

			if (policy->edges[edge].nr)
				continue;
			rows = rows_lacking(policy, feature, edge);
			if (rows) {
				doubt(doubts,
				      "feature %s is on, but edge %s has no address: not active: %s",
				      le_feature_names[feature], le_edge_names[edge], rows);
				remedy(doubts, "edge %s ADDRESS, or leave the feature out",
				       le_edge_names[edge]);
			}
			free(rows);
		}
	}
}

static bool has_active_sip(const struct le_policy *policy, enum le_iface iface)
{
	unsigned int i;

	for (i = 0; i < LE_NR_ROWS; i++)
		if (le_matrix[i].iface == iface && le_policy_row_active(policy, i) &&
		    !strncmp(le_matrix[i].application, "SIP/", 4))
			return true;
	return false;
}

static const char *const sip_remedies[LE_NR_IFACES] = {
	[LE_EXTERNAL] = "feature remote-access, federation or pic, and an address for edge access",
	[LE_INTERNAL] = "edge internal ADDRESS: then int-02 and int-03 are active",
};

/* Media and conferences are set up by SIP: without it on either side they cannot come about. */
static void doubt_sip(struct doubts *doubts, const struct le_policy *policy)
{
	u32 features = policy->features & (BIT(LE_FEATURE_AV) | BIT(LE_FEATURE_WEB_CONFERENCING));
	unsigned int iface, feature;
	char *names = NULL;

	if (!features)
		return;
	for (feature = 0; feature < LE_NR_FEATURES; feature++)
		if (features & BIT(feature))
			names = listed(names, le_feature_names[feature]);
	for (iface = 0; iface < LE_NR_IFACES; iface++) {
		if (!concerns(policy, iface) || has_active_sip(policy, iface))
			continue;
		doubt(doubts,
		      "%s on, but no SIP row is active on the %s interface: nobody could set it up",
		      names, le_iface_names[iface]);
		remedy(doubts, "%s", sip_remedies[iface]);
	}
	free(names);
}

static u32 tags_of_end(const struct le_end *end)
{
	return end->kind == LE_END_TAG ? BIT(end->tag) : 0;
}

/* Edges and groups that active rows, of the matrix or the site's, have at an end. */
static u32 used_tags(const struct le_policy *policy)
{
	u32 tags = 0;
	u32 i;

	for (i = 0; i < LE_NR_ROWS; i++)
		if (le_policy_row_active(policy, i))
			tags |= le_matrix[i].source | le_matrix[i].destination;
	for (i = 0; i < policy->nr_site_rows; i++)
		if (le_policy_site_row_active(policy, i))
			tags |= tags_of_end(&policy->site_rows[i].from) |
				tags_of_end(&policy->site_rows[i].to);
	return tags;
}

/* Features of the rows that name a group. */
static char *features_of_group(unsigned int group)
{
	char *names = NULL;
	u32 features = 0;
	unsigned int i;

	for (i = 0; i < LE_NR_ROWS; i++)
		if ((le_matrix[i].source | le_matrix[i].destination) & BIT(LE_TAG_GROUP + group))
			features |= le_matrix[i].features;
	for (i = 0; i < LE_NR_FEATURES; i++)
		if (features & BIT(i))
			names = listed(names, le_feature_names[i]);
	return names;
}

static void doubt_groups(struct doubts *doubts, const struct le_policy *policy)
{
	u32 used = used_tags(policy);
	unsigned int group;

	for (group = 0; group < LE_NR_GROUPS; group++) {
		char *features;

		if (!(policy->groups & BIT(group)) || used & BIT(LE_TAG_GROUP + group))
			continue;
		features = features_of_group(group);
		doubt(doubts, "group %s is defined, but no active row uses it",
		      le_group_names[group]);
		remedy(doubts, "turn on what it is for (one of: %s), or leave it out", features);
		free(features);
	}
}

/* Families of the addresses of each edge and group; in one pass, since there may be a million. */
static void find_families(u32 *of_tag, const struct le_policy *policy)
{
	unsigned int edge, group;
	u32 i;

	memset(of_tag, FAMILIES_NONE, LE_NR_TAGS * sizeof(*of_tag));
	for (edge = 0; edge < LE_NR_EDGES; edge++)
		for (i = 0; i < policy->edges[edge].nr; i++)
			of_tag[LE_TAG_EDGE + edge] |= BIT(policy->edges[edge].list[i].family);
	for (i = 0; i < policy->nr_prefixes; i++)
		of_tag[policy->prefixes[i].tag] |= BIT(policy->prefixes[i].family);
	/* Not defined: anybody. */
	for (group = 0; group < LE_NR_GROUPS; group++)
		if (!(policy->groups & BIT(group)))
			of_tag[LE_TAG_GROUP + group] = FAMILIES_BOTH;
}

static u32 families_of_end(const u32 *of_tag, const struct le_end *end)
{
	if (end->kind == LE_END_ANY)
		return FAMILIES_BOTH;
	return end->kind == LE_END_TAG ? of_tag[end->tag] : BIT(end->prefix.family);
}

static void doubt_site_row(struct doubts *doubts, const u32 *of_tag, const struct le_site_row *row)
{
	u32 from = families_of_end(of_tag, &row->from), to = families_of_end(of_tag, &row->to);
	const char *edge;

	if (from & to)
		return;
	if (from != FAMILIES_NONE && to != FAMILIES_NONE) {
		doubt(doubts, "row %s can never match: it is from %s to %s", row->name,
		      name_of_family(from), name_of_family(to));
		remedy(doubts, "give both ends addresses of one family");
		return;
	}
	/* A group that is defined has prefixes, so this is an edge. */
	edge = le_tag_name(from == FAMILIES_NONE ? row->from.tag : row->to.tag);
	doubt(doubts, "row %s can never match: edge %s has no address", row->name, edge);
	remedy(doubts, "edge %s ADDRESS, or leave the row out", edge);
}

static void doubt_site_rows(struct doubts *doubts, const struct le_policy *policy)
{
	u32 of_tag[LE_NR_TAGS];
	u32 i;

	find_families(of_tag, policy);
	for (i = 0; i < policy->nr_site_rows; i++)
		doubt_site_row(doubts, of_tag, &policy->site_rows[i]);
}

/*
 * With "hooks all" the gateway's own traffic is judged, and the matrix has no row for who looks
 * after it. Which port that takes is not known here, but it is TCP, toward the gateway.
 */
static void doubt_admin(struct doubts *doubts, const struct le_policy *policy)
{
	u32 i;

	if (policy->options[LE_OPT_HOOKS] != LE_HOOKS_ALL)
		return;
	for (i = 0; i < policy->nr_site_rows; i++) {
		const struct le_site_row *row = &policy->site_rows[i];

		if (row->dir == LE_IN && row->protocol == IPPROTO_TCP &&
		    le_policy_site_row_active(policy, i))
			return;
	}
	doubt(doubts,
	      "'hooks all' judges what the gateway itself receives, and no site row admits its administrator");
	remedy(doubts, "allow admin internal in tcp 22 from PREFIX to any");
}

static bool has_family(const struct le_addrs *addrs, u8 family)
{
	u32 i;

	for (i = 0; i < addrs->nr; i++)
		if (addrs->list[i].family == family)
			return true;
	return false;
}

/* What comes for them comes through NAT, and before NAT by another address. */
static void doubt_publics(struct doubts *doubts, const struct le_policy *policy, unsigned int edge)
{
	const struct le_addrs *own = &policy->edges[edge];
	u32 i;

	for (i = 0; i < own->nr; i++) {
		if (!addr_is_private(&own->list[i]) ||
		    has_family(&policy->publics[edge], own->list[i].family))
			continue;
		doubt(doubts,
		      "edge %s has a private address and no public one: 'early-drop on' does not know what comes for it by way of NAT",
		      le_edge_names[edge]);
		remedy(doubts, "edge %s ADDRESS public ADDRESS", le_edge_names[edge]);
		return;
	}
}

static bool is_here(const struct ifaddrs *here, const struct le_edge_addr *addr)
{
	for (; here; here = here->ifa_next) {
		const struct sockaddr *sa = here->ifa_addr;
		const struct sockaddr_in6 *in6 = (const void *)sa;
		const struct sockaddr_in *in = (const void *)sa;

		if (!sa)
			continue;
		if (addr->family == LE_IPV4 && sa->sa_family == AF_INET &&
		    in->sin_addr.s_addr == addr->addr.v4)
			return true;
		if (addr->family == LE_IPV6 && sa->sa_family == AF_INET6 &&
		    !memcmp(&in6->sin6_addr, &addr->addr, sizeof(addr->addr)))
			return true;
	}
	return false;
}

/* Addresses at which the gateway itself may be spoken to, of which FORWARD sees nothing. */
static void doubt_local(struct doubts *doubts, const struct ifaddrs *here, unsigned int edge,
			const struct le_addrs *addrs)
{
	char text[LE_PREFIX_TEXT];
	u32 i;

	for (i = 0; i < addrs->nr; i++) {
		if (!is_here(here, &addrs->list[i]))
			continue;
		le_addr_format(text, sizeof(text), &addrs->list[i].addr, addrs->list[i].family);
		doubt(doubts,
		      "%s of edge %s is this machine's own: 'early-drop on' refuses there what no row takes, answers to the machine itself too",
		      text, le_edge_names[edge]);
		remedy(doubts,
		       "good if NAT maps all of that address; if not, leave 'early-drop on' out");
	}
}

static void doubt_early_drop(struct doubts *doubts, const struct le_policy *policy)
{
	bool all = policy->options[LE_OPT_HOOKS] == LE_HOOKS_ALL;
	struct ifaddrs *here = NULL;
	unsigned int edge;

	if (policy->options[LE_OPT_EARLY_DROP] != LE_EARLY_DROP_ON)
		return;
	if (policy->nr_devices[LE_INTERNAL] && !policy->nr_devices[LE_EXTERNAL]) {
		doubt(doubts,
		      "'early-drop on', but no external device is named: nothing comes in there");
		remedy(doubts, "leave it out where there is only the internal firewall");
	}
	if (policy->options[LE_OPT_UNMATCHED] == LE_UNMATCHED_REJECT) {
		doubt(doubts,
		      "'unmatched reject' leaves 'early-drop on' only what is blocked or of another protocol");
		remedy(doubts, "option unmatched drop: senders of a flood need not be told");
	}
	/* Without the list no address is found to be here. */
	if (getifaddrs(&here))
		here = NULL;
	for (edge = 0; edge < LE_NR_EDGES; edge++) {
		if (iface_of_edge(edge) == LE_EXTERNAL)
			doubt_publics(doubts, policy, edge);
		/* With "hooks all" INPUT would refuse it as well. */
		if (!all)
			doubt_local(doubts, here, edge, &policy->edges[edge]);
		if (!all || policy->options[LE_OPT_SCOPE] == LE_SCOPE_ADDRESS)
			doubt_local(doubts, here, edge, &policy->publics[edge]);
	}
	freeifaddrs(here);
}

/**
 * doubts_find() - find what is doubtful
 * @doubts: where to put it; freed with doubts_free()
 * @policy: the policy
 */
void doubts_find(struct doubts *doubts, const struct le_policy *policy)
{
	*doubts = (struct doubts){ .nr = 0 };
	doubt_interfaces(doubts, policy);
	doubt_devices(doubts, policy);
	doubt_edges(doubts, policy);
	doubt_sip(doubts, policy);
	doubt_groups(doubts, policy);
	doubt_site_rows(doubts, policy);
	doubt_admin(doubts, policy);
	doubt_early_drop(doubts, policy);
	doubts_about_deployment(doubts, policy);
}

/**
 * doubts_print() - show doubts on stderr
 * @doubts: the doubts
 * @name: where the policy is from
 */
void doubts_print(const struct doubts *doubts, const char *name)
{
	size_t i;

	for (i = 0; i < doubts->nr; i++) {
		fprintf(stderr, "%s: %swarning:%s %s\n", name, colour_on(stderr, COLOUR_DOUBTFUL),
			colour_off(stderr), doubts->list[i].message);
		advise("%s", doubts->list[i].remedy);
	}
}

/**
 * doubts_free() - free what doubts hold
 * @doubts: the doubts
 */
void doubts_free(struct doubts *doubts)
{
	size_t i;

	for (i = 0; i < doubts->nr; i++) {
		free(doubts->list[i].message);
		free(doubts->list[i].remedy);
	}
	free(doubts->list);
}
