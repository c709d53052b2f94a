// SPDX-License-Identifier: GPL-2.0-only
/*
 * Doubts about the deployment that a policy describes, where Microsoft's pages warn: what works in
 * the module as written, but not, or for too many, between Edge, partners and clients.
 */
#include "doubts.h"
#include "lookup.h"
#include "nat_pairs.h"
#include "rows.h"

/* A site row that opens fewer ports of the media range than this is about something else. */
#define MEDIA_PORTS 100

static bool concerns_external(const struct le_policy *policy)
{
	return policy->nr_devices[LE_EXTERNAL] || !policy->nr_devices[LE_INTERNAL];
}

static bool is_on(const struct le_policy *policy, enum le_feature feature)
{
	return policy->features & BIT(feature);
}

static bool is_defined(const struct le_policy *policy, enum le_group group)
{
	return policy->groups & BIT(group);
}

/* ---- the media range, inward ---- */

static u32 shared_ports(struct le_ports a, struct le_ports b)
{
	u16 first = a.first > b.first ? a.first : b.first, last = a.last < b.last ? a.last : b.last;

	return first > last ? 0 : last - first + 1;
}

/* Whether the A/V Edge is among those at an end. */
static bool holds_av(const struct le_policy *policy, const struct le_end *end)
{
	const struct le_addrs *av = &policy->edges[LE_EDGE_AV];
	u32 i;

	if (end->kind == LE_END_TAG)
		return end->tag == LE_TAG_EDGE + LE_EDGE_AV;
	for (i = 0; i < av->nr; i++)
		if (end->kind == LE_END_ANY ||
		    prefix_holds(&end->prefix, &av->list[i].addr, av->list[i].family))
			return true;
	return false;
}

static void doubt_media_of_site(struct doubts *doubts, const struct le_policy *policy, u32 i)
{
	const struct le_site_row *row = &policy->site_rows[i];
	u32 nr = shared_ports(row->ports, policy->media);

	if (row->iface != LE_EXTERNAL || row->dir != LE_IN || nr < MEDIA_PORTS ||
	    !le_policy_site_row_active(policy, i) || !holds_av(policy, &row->to))
		return;
	doubt(doubts,
	      "row %s opens %u ports of the media range inward, which only partners on Office Communications Server 2007 need",
	      row->name, nr);
	remedy(doubts,
	       "leave the row out: media comes in by ports 3478 and 443 (ext-14, ext-15); for such partners there is feature av-federation-ocs2007");
}

static void doubt_media(struct doubts *doubts, const struct le_policy *policy)
{
	int row = le_row_find("ext-12", strlen("ext-12"));
	struct le_ports ports = le_policy_row_ports(policy, row);
	u32 i;

	if (!is_on(policy, LE_FEATURE_AV_FEDERATION_OCS2007)) {
		for (i = 0; i < policy->nr_site_rows; i++)
			doubt_media_of_site(doubts, policy, i);
		return;
	}
	if (!le_policy_row_active(policy, row) || is_defined(policy, LE_GROUP_MEDIA_PARTNER))
		return;
	doubt(doubts, "feature av-federation-ocs2007 opens ports %u-%u inward to everybody",
	      ports.first, ports.last);
	remedy(doubts,
	       "peer media-partner PREFIX of the partners on Office Communications Server 2007; for others, feature av-federation does");
}

/* ---- one address, two roles ---- */

/* The edge that a row leads to. */
static int edge_of_row(unsigned int row)
{
	u32 edges = le_matrix[row].destination & LE_TAGS_EDGES;

	return edges ? (int)__ffs64(edges) : -ENOENT;
}

static const struct le_edge_addr *shared_address(const struct le_policy *policy, int a, int b)
{
	const struct le_addrs *some = &policy->edges[a], *others = &policy->edges[b];
	u32 i, n;

	for (i = 0; i < some->nr; i++)
		for (n = 0; n < others->nr; n++)
			if (same_addr(&some->list[i], &others->list[n]))
				return &some->list[i];
	return NULL;
}

/* Two rows that cannot both be meant: at one address, one port leads to one role. */
static bool collide(const struct le_policy *policy, unsigned int a, unsigned int b)
{
	const struct le_row *one = &le_matrix[a], *other = &le_matrix[b];

	return one->iface == LE_EXTERNAL && one->dir == LE_IN && other->iface == one->iface &&
	       other->dir == one->dir && other->protocol == one->protocol &&
	       le_policy_row_active(policy, a) && le_policy_row_active(policy, b) &&
	       edge_of_row(a) != edge_of_row(b) &&
	       shared_ports(le_policy_row_ports(policy, a), le_policy_row_ports(policy, b));
}

static void doubt_shared_address(struct doubts *doubts, const struct le_policy *policy)
{
	unsigned int a, b;

	for (a = 0; a < LE_NR_ROWS; a++) {
		for (b = a + 1; b < LE_NR_ROWS; b++) {
			const struct le_edge_addr *addr;
			char text[LE_PREFIX_TEXT];
			struct row_view view;

			if (!collide(policy, a, b))
				continue;
			addr = shared_address(policy, edge_of_row(a), edge_of_row(b));
			if (!addr)
				continue;
			le_addr_format(text, sizeof(text), &addr->addr, addr->family);
			row_view(&view, policy, b);
			doubt(doubts,
			      "rows %s and %s lead to %s, %s port %s, which is edge %s and edge %s: only one of them can listen there",
			      le_matrix[a].id, view.id, text, view.protocol, view.ports_text,
			      le_edge_names[edge_of_row(a)], le_edge_names[edge_of_row(b)]);
			remedy(doubts,
			       "as the topology has it, for one address mostly: port ext-05 5061, port ext-08 444, and 443 for ext-15");
		}
	}
}

/* ---- several servers ---- */

static u32 count_family(const struct le_addrs *addrs, u8 family)
{
	u32 i, nr = 0;

	for (i = 0; i < addrs->nr; i++)
		nr += addrs->list[i].family == family;
	return nr;
}

static void doubt_pools(struct doubts *doubts, const struct le_policy *policy)
{
	const struct le_addrs *av = &policy->edges[LE_EDGE_AV];
	u32 nr4 = count_family(av, LE_IPV4), nr6 = count_family(av, LE_IPV6);
	u32 nr = nr4 > nr6 ? nr4 : nr6;

	if (!concerns_external(policy) || !is_on(policy, LE_FEATURE_AV) || nr < 2 ||
	    le_policy_row_active(policy, le_row_find("ext-13", strlen("ext-13"))))
		return;
	doubt(doubts,
	      "edge av is %u servers, and none may send to port 3478 of another (ext-13): between users of two pools there may be no media",
	      nr);
	remedy(doubts, "feature multiple-pools, if the topology has more than one Edge pool");
}

/* ---- both sides in one network ---- */

/* Networks of servers are rarely larger, and never smaller where there is room for both sides. */
static unsigned int network_len(u8 family)
{
	return family == LE_IPV4 ? 24 : 64;
}

static bool same_network(const struct le_edge_addr *a, const struct le_edge_addr *b)
{
	return a->family == b->family &&
	       !memcmp(&a->addr, &b->addr, network_len(a->family) / 8);
}

/* The internal address and an external edge's that are in one network; false if there are none. */
static bool find_neighbours(const struct le_policy *policy, const struct le_edge_addr **internal,
			    unsigned int *edge)
{
	const struct le_addrs *own = &policy->edges[LE_EDGE_INTERNAL];
	u32 i, n;

	for (i = 0; i < own->nr; i++) {
		*internal = &own->list[i];
		for (*edge = 0; *edge < LE_EDGE_INTERNAL; (*edge)++)
			for (n = 0; n < policy->edges[*edge].nr; n++)
				if (same_network(*internal, &policy->edges[*edge].list[n]))
					return true;
	}
	return false;
}

static void doubt_one_network(struct doubts *doubts, const struct le_policy *policy)
{
	const struct le_edge_addr *internal;
	char text[LE_PREFIX_TEXT];
	unsigned int edge;

	if (!find_neighbours(policy, &internal, &edge))
		return;
	le_addr_format(text, sizeof(text), &internal->addr, internal->family);
	doubt(doubts,
	      "edge internal, %s, seems to be in the external network, with edge %s: what goes from one to the other passes no firewall",
	      text, le_edge_names[edge]);
	remedy(doubts, "give the Edge's internal side an address in a network of its own");
}

/* ---- NAT ---- */

/* Where some addresses have public ones, the others were forgotten, or there is one too many. */
static void doubt_nat(struct doubts *doubts, const struct le_policy *policy)
{
	struct nat_pairs pairs;
	size_t i;

	nat_pairs_find(&pairs, policy);
	for (i = 0; pairs.nr && i < pairs.odd.nr; i++) {
		doubt(doubts, "%s", pairs.odd.list[i]);
		remedy(doubts,
		       "edge NAME ADDRESS... public ADDRESS..., as many and in the same order; 'lyncedgectl nat' shows the pairs");
	}
	nat_pairs_free(&pairs);
}

/* ---- partners ---- */

static void doubt_federation(struct doubts *doubts, const struct le_policy *policy)
{
	int row = le_row_find("ext-06", strlen("ext-06"));

	if (!concerns_external(policy) || !le_policy_row_active(policy, row) ||
	    is_defined(policy, LE_GROUP_FEDERATION_PARTNER))
		return;
	doubt(doubts, "federation is limited by no group: everybody may come to port %u (%s)",
	      le_policy_row_ports(policy, row).first, le_matrix[row].id);
	remedy(doubts,
	       "peer federation-partner PREFIX...; leave it so if partners are found by DNS (open federation)");
}

static bool has_outbound_media(const struct le_policy *policy)
{
	unsigned int i;

	for (i = 0; i < LE_NR_ROWS; i++)
		if (le_matrix[i].kind == LE_PORTS_MEDIA && le_matrix[i].dir == LE_OUT &&
		    le_policy_row_active(policy, i))
			return true;
	return false;
}

static void doubt_rtp(struct doubts *doubts, const struct le_policy *policy)
{
	u8 rtp = policy->options[LE_OPT_RTP_OUTBOUND];

	if (rtp == LE_RTP_EITHER || !has_outbound_media(policy))
		return;
	if (rtp == LE_RTP_SOURCE)
		doubt(doubts,
		      "'rtp-outbound source' drops media to ports %u-%u that the A/V Edge sends from elsewhere, as Microsoft's table has it",
		      policy->media.first, policy->media.last);
	else
		doubt(doubts,
		      "'rtp-outbound destination' drops media to partners who listen elsewhere than at ports %u-%u, such as Pexip",
		      policy->media.first, policy->media.last);
	remedy(doubts, "option rtp-outbound either, unless all partners do as the option says");
}

/**
 * doubts_about_deployment() - find what is doubtful about the deployment
 * @doubts: list to add to
 * @policy: the policy
 */
void doubts_about_deployment(struct doubts *doubts, const struct le_policy *policy)
{
	doubt_media(doubts, policy);
	doubt_shared_address(doubts, policy);
	doubt_pools(doubts, policy);
	doubt_one_network(doubts, policy);
	doubt_nat(doubts, policy);
	doubt_federation(doubts, policy);
	doubt_rtp(doubts, policy);
}
