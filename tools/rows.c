// SPDX-License-Identifier: GPL-2.0-only
/*
 * Puts rows into words: those of the matrix, and from LE_NR_ROWS up those of the site. Who prints
 * the words is listing.c, explain.c, top.c and report.c.
 */
#include "rows.h"

/*
 * The order in which the matrix lists a row's features, which is not that of the policy language:
 * there pic comes with pic-av.
 */
static const u8 feature_order[LE_NR_FEATURES] = {
	LE_FEATURE_CRL,
	LE_FEATURE_DNS,
	LE_FEATURE_REMOTE_ACCESS,
	LE_FEATURE_FEDERATION,
	LE_FEATURE_PIC,
	LE_FEATURE_WEB_CONFERENCING,
	LE_FEATURE_AV,
	LE_FEATURE_AV_FEDERATION,
	LE_FEATURE_AV_FEDERATION_OCS2007,
	LE_FEATURE_MULTIPLE_POOLS,
	LE_FEATURE_PIC_AV,
	LE_FEATURE_XMPP,
	LE_FEATURE_CMS_REPLICATION,
	LE_FEATURE_CENTRAL_LOGGING,
};

static size_t add_name(char *list, size_t n, const char *name)
{
	return n + scnprintf(list + n, ROW_LIST_TEXT - n, "%s%s", n ? "," : "", name);
}

static void put_tags(char *list, u32 tags)
{
	unsigned int tag;
	size_t n = 0;

	for (tag = 0; tag < LE_TAG_BLOCK; tag++)
		if (tags & BIT(tag))
			n = add_name(list, n, le_tag_name(tag));
	if (!n)
		add_name(list, n, "any");
}

static void put_features(char *list, u32 features)
{
	unsigned int i;
	size_t n = 0;

	for (i = 0; i < LE_NR_FEATURES; i++)
		if (features & BIT(feature_order[i]))
			n = add_name(list, n, le_feature_names[feature_order[i]]);
}

static void put_end(char *text, const struct le_end *end)
{
	if (end->kind == LE_END_PREFIX)
		le_prefix_format(text, ROW_LIST_TEXT, &end->prefix);
	else
		put_tags(text, end->kind == LE_END_TAG ? BIT(end->tag) : 0);
}

static const char *protocol_name(u8 protocol)
{
	return protocol == IPPROTO_UDP ? "udp" : "tcp";
}

static void view_matrix_row(struct row_view *view, const struct le_policy *policy,
			    unsigned int number)
{
	const struct le_row *row = &le_matrix[number];

	view->id = row->id;
	view->iface = le_iface_names[row->iface];
	view->dir = le_dir_names[row->dir];
	view->service = row->service;
	view->application = row->application;
	view->protocol = protocol_name(row->protocol);
	view->ports = policy ? le_policy_row_ports(policy, number) : row->ports;
	put_tags(view->source, row->source);
	put_tags(view->destination, row->destination);
	put_features(view->features, row->features);
}

static void view_site_row(struct row_view *view, const struct le_site_row *row)
{
	view->id = row->name;
	view->iface = le_iface_names[row->iface];
	view->dir = le_dir_names[row->dir];
	view->service = "site";
	view->application = "-";
	view->protocol = protocol_name(row->protocol);
	view->ports = row->ports;
	put_end(view->source, &row->from);
	put_end(view->destination, &row->to);
	add_name(view->features, 0, "-");
}

/**
 * row_view() - put a row into words
 * @view: where to put them; valid as long as @policy
 * @policy: the policy that says where ports are and what rows the site has, or NULL
 * @row: number of the row
 */
void row_view(struct row_view *view, const struct le_policy *policy, unsigned int row)
{
	if (row < LE_NR_ROWS)
		view_matrix_row(view, policy, row);
	else
		view_site_row(view, &policy->site_rows[row - LE_NR_ROWS]);
	if (view->ports.first == view->ports.last)
		scnprintf(view->ports_text, ROW_PORTS_TEXT, "%u", view->ports.first);
	else
		scnprintf(view->ports_text, ROW_PORTS_TEXT, "%u-%u", view->ports.first,
			  view->ports.last);
}

/**
 * row_is_active() - whether a row is active
 * @policy: the policy
 * @row: number of the row, of the matrix or of the site
 *
 * Return: true if it is.
 */
bool row_is_active(const struct le_policy *policy, unsigned int row)
{
	return row < LE_NR_ROWS ? le_policy_row_active(policy, row) :
				  le_policy_site_row_active(policy, row - LE_NR_ROWS);
}

/**
 * row_counts_at() - the row at which another one's traffic counts
 * @policy: the policy, or NULL
 * @row: number of the row
 *
 * Return: number of the earlier row that is the same, -ENOENT if there is none. A policy that
 * moves the port of one of the two makes them differ.
 */
int row_counts_at(const struct le_policy *policy, unsigned int row)
{
	int first = row < LE_NR_ROWS ? le_row_repeats(row) : -ENOENT;
	struct le_ports here, there;

	if (first < 0 || !policy)
		return first;
	here = le_policy_row_ports(policy, row);
	there = le_policy_row_ports(policy, first);
	return here.first == there.first && here.last == there.last ? first : -ENOENT;
}

/**
 * nr_rows() - how many rows there are
 * @policy: the policy, or NULL
 *
 * Return: their number, of the matrix and of the site.
 */
unsigned int nr_rows(const struct le_policy *policy)
{
	return LE_NR_ROWS + (policy ? policy->nr_site_rows : 0);
}

static const char *const media_ends[] = {
	[LE_RTP_EITHER] = "at either end",
	[LE_RTP_SOURCE] = "at the source",
	[LE_RTP_DESTINATION] = "at the destination",
};

/* What options of the policy add to the ports. */
static const char *ports_note(const struct le_policy *policy, unsigned int row)
{
	const struct le_row *r;

	if (row >= LE_NR_ROWS)
		return NULL;
	r = &le_matrix[row];
	if (r->kind == LE_PORTS_MEDIA && r->dir == LE_OUT)
		return media_ends[policy->options[LE_OPT_RTP_OUTBOUND]];
	if (policy->options[LE_OPT_PORTS] != LE_PORTS_STRICT)
		return NULL;
	if (r->kind == LE_PORTS_STRICT_MEDIA)
		return "and source in the media range";
	return r->kind == LE_PORTS_STRICT_STUN ? "and source 3478" : NULL;
}

/* Why a row is not active: its features are off, or an edge has no address. */
static void put_inactive(char *state, const struct le_policy *policy, unsigned int row)
{
	struct row_view view;
	unsigned int edge;

	row_view(&view, policy, row);
	if (row < LE_NR_ROWS && !(policy->features & le_matrix[row].features)) {
		scnprintf(state, ROW_STATE_TEXT, "off: feature %s", view.features);
		return;
	}
	for (edge = 0; edge < LE_NR_EDGES; edge++) {
		const char *name = le_edge_names[edge];

		if (!policy->edges[edge].nr &&
		    (!strcmp(view.source, name) || !strcmp(view.destination, name)))
			scnprintf(state, ROW_STATE_TEXT, "off: edge %s has no address", name);
	}
}

/**
 * row_state() - say whether a row is active, and what else there is to know of it
 * @state: where to put it, terminated
 * @policy: the policy, or NULL: then nothing is active or not
 * @row: number of the row
 */
void row_state(char state[ROW_STATE_TEXT], const struct le_policy *policy, unsigned int row)
{
	int first = row_counts_at(policy, row);
	const char *note = policy ? ports_note(policy, row) : NULL;
	size_t n = 0;

	state[0] = 0;
	if (policy && !row_is_active(policy, row)) {
		put_inactive(state, policy, row);
		return;
	}
	if (policy)
		n += scnprintf(state, ROW_STATE_TEXT, "active");
	if (note)
		n += scnprintf(state + n, ROW_STATE_TEXT - n, ", port %s", note);
	if (first >= 0)
		scnprintf(state + n, ROW_STATE_TEXT - n, "%scounts at %s", n ? ", " : "",
			  le_matrix[first].id);
}
