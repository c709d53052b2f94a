// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds the row that came nearest to a packet that no row takes. Every row, active or not, is held
 * against the packet, and what differs is weighed: what an administrator is most likely to have
 * forgotten weighs least. A row that is off is still near; one of which two things differ, besides
 * that, is not.
 *
 * A reading of the policy of its own: the compiled table knows which rows match, not which almost
 * do.
 */
#include "lookup.h"
#include "nearest.h"
#include "output.h"
#include "rows.h"

/* What may differ, in the order in which it is told, from the last on. */
enum difference {
	DIFFERS_FEATURE,	/* it is off */
	DIFFERS_NO_EDGE,	/* its edge has no address */
	DIFFERS_ANSWER,		/* the packet goes back to where the row's connections come from */
	DIFFERS_FAR,		/* the far address is in none of its groups */
	DIFFERS_SOURCE_PORT,	/* "ports strict" */
	DIFFERS_DIRECTION,
	DIFFERS_INTERFACE,
	DIFFERS_NEAR,		/* the near address is another edge's, or nobody's */
	DIFFERS_PROTOCOL,
	DIFFERS_PORT,
	NR_DIFFERENCES,
};

/*
 * How much each weighs. Somebody who is in none of the groups of a row that is on is told so,
 * rather than of a row for others that is off.
 */
static const unsigned int weights[NR_DIFFERENCES] = {
	[DIFFERS_FAR] = 1,
	[DIFFERS_FEATURE] = 2,
	[DIFFERS_NO_EDGE] = 3,
	[DIFFERS_ANSWER] = 4,
	[DIFFERS_SOURCE_PORT] = 5,
	[DIFFERS_DIRECTION] = 6,
	[DIFFERS_INTERFACE] = 7,
	[DIFFERS_NEAR] = 8,
	[DIFFERS_PROTOCOL] = 9,
	[DIFFERS_PORT] = 10,
};

/* Differences that leave a row near by themselves. */
#define MAX_REAL_DIFFERENCES 1
#define LIGHT_DIFFERENCES BIT(DIFFERS_FEATURE)

/* More than any distance between two ports, which decides between rows that differ alike. */
#define WEIGHT_STEP 65536UL

/**
 * struct question - a packet, and what its addresses are members of
 * @policy: the policy
 * @iface: interface
 * @dir: direction
 * @flow: the packet
 * @src_tags: edges and groups that the source is in
 * @dst_tags: likewise
 */
struct question {
	const struct le_policy *policy;
	unsigned int iface;
	unsigned int dir;
	struct le_flow flow;
	u32 src_tags;
	u32 dst_tags;
};

/* A row as it is held against a packet. */
struct candidate {
	unsigned int iface;
	unsigned int dir;
	u8 protocol;
	struct le_ports ports;
	enum le_row_ports kind;
	struct le_end from;	/* of a row of the matrix: not used */
	struct le_end to;
	u32 from_tags;
	u32 to_tags;
	u32 features;
};

/* Place of the first of a policy's prefixes, which are in order, that is not before another. */
static u32 find_prefix(const struct le_policy *policy, const struct le_prefix *prefix)
{
	u32 from = 0, to = policy->nr_prefixes;

	while (from < to) {
		u32 middle = from + (to - from) / 2;

		if (le_prefix_compare(&policy->prefixes[middle], prefix) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

/*
 * What an address is a member of. There may be a million prefixes, and many packets to ask about,
 * but only so many lengths.
 */
static u32 tags_of(const struct le_policy *policy, const union le_addr *addr, u8 family)
{
	u32 tags = 0, i;
	unsigned int n;

	for (n = 0; n < LE_NR_EDGES; n++)
		if (addrs_hold(&policy->edges[n], addr, family))
			tags |= BIT(LE_TAG_EDGE + n);
	for (n = 0; n <= le_addr_bits(family); n++) {
		struct le_prefix prefix = { .addr = *addr, .family = family, .len = n };

		le_prefix_clear_host_bits(&prefix);
		for (i = find_prefix(policy, &prefix); i < policy->nr_prefixes; i++) {
			if (!le_prefix_equal(&prefix, &policy->prefixes[i]))
				break;
			tags |= BIT(policy->prefixes[i].tag);
		}
	}
	return tags;
}

static void find_tags(struct question *question)
{
	const struct le_flow *flow = &question->flow;

	question->src_tags = tags_of(question->policy, &flow->src, flow->family);
	question->dst_tags = tags_of(question->policy, &flow->dst, flow->family);
}

static void candidate_of_matrix(struct candidate *c, const struct le_policy *policy,
				unsigned int number)
{
	const struct le_row *row = &le_matrix[number];

	*c = (struct candidate){
		.iface = row->iface,
		.dir = row->dir,
		.protocol = row->protocol,
		.ports = le_policy_row_ports(policy, number),
		.kind = row->kind,
		.from_tags = row->source,
		.to_tags = row->destination,
		.features = row->features,
	};
}

static u32 tags_of_end(const struct le_end *end)
{
	return end->kind == LE_END_TAG ? BIT(end->tag) : 0;
}

static void candidate_of_site(struct candidate *c, const struct le_site_row *row)
{
	*c = (struct candidate){
		.iface = row->iface,
		.dir = row->dir,
		.protocol = row->protocol,
		.ports = row->ports,
		.from = row->from,
		.to = row->to,
		.from_tags = tags_of_end(&row->from),
		.to_tags = tags_of_end(&row->to),
	};
}

static bool in_ports(struct le_ports ports, u16 port)
{
	return port >= ports.first && port <= ports.last;
}

/* How far a port is from a range. */
static unsigned int port_distance(struct le_ports ports, u16 port)
{
	if (in_ports(ports, port))
		return 0;
	return port < ports.first ? ports.first - port : port - ports.last;
}

/* An outbound media row may have its range at either end. */
static bool is_outbound_media(const struct candidate *c)
{
	return c->kind == LE_PORTS_MEDIA && c->dir == LE_OUT;
}

static bool ports_match(const struct candidate *c, const struct le_policy *policy, u16 sport,
			u16 dport)
{
	u8 rtp = policy->options[LE_OPT_RTP_OUTBOUND];

	if (!is_outbound_media(c))
		return in_ports(c->ports, dport);
	return (rtp != LE_RTP_SOURCE && in_ports(c->ports, dport)) ||
	       (rtp != LE_RTP_DESTINATION && in_ports(c->ports, sport));
}

static bool strict_ports(const struct candidate *c, const struct le_policy *policy,
			 struct le_ports *ports)
{
	*ports = c->kind == LE_PORTS_STRICT_MEDIA ? policy->media :
						    (struct le_ports){ LE_PORT_STUN, LE_PORT_STUN };
	return policy->options[LE_OPT_PORTS] == LE_PORTS_STRICT &&
	       (c->kind == LE_PORTS_STRICT_MEDIA || c->kind == LE_PORTS_STRICT_STUN);
}

static bool lacks_edge(const struct le_policy *policy, u32 tags)
{
	unsigned int edge;

	for (edge = 0; edge < LE_NR_EDGES; edge++)
		if (tags & BIT(LE_TAG_EDGE + edge) && !policy->edges[edge].nr)
			return true;
	return false;
}

/* Whether an address, of which the tags are known, may be at an end. */
static bool end_matches(const struct question *q, const struct le_end *end, u32 end_tags,
			u32 addr_tags, const union le_addr *addr)
{
	u32 defined = end_tags & (LE_TAGS_EDGES | q->policy->groups << LE_TAG_GROUP);

	if (end->kind == LE_END_PREFIX)
		return prefix_holds(&end->prefix, addr, q->flow.family);
	return !defined || defined & addr_tags;
}

/* What differs between a row and a packet that goes its way. */
static u32 compare(const struct candidate *c, const struct question *q)
{
	bool from = end_matches(q, &c->from, c->from_tags, q->src_tags, &q->flow.src);
	bool to = end_matches(q, &c->to, c->to_tags, q->dst_tags, &q->flow.dst);
	u32 near_tags = c->dir == LE_IN ? q->dst_tags : q->src_tags;
	u32 tags = c->from_tags | c->to_tags, found = 0;
	struct le_ports strict;

	if (c->features && !(q->policy->features & c->features))
		found |= BIT(DIFFERS_FEATURE);
	if (lacks_edge(q->policy, tags)) {
		found |= BIT(DIFFERS_NO_EDGE);
		/* An address that is no other edge's may be meant to be this one's. */
		from |= c->dir == LE_OUT && !(near_tags & LE_TAGS_EDGES);
		to |= c->dir == LE_IN && !(near_tags & LE_TAGS_EDGES);
	}
	if (!(c->dir == LE_IN ? from : to))
		found |= BIT(DIFFERS_FAR);
	if (!(c->dir == LE_IN ? to : from))
		found |= BIT(DIFFERS_NEAR);
	if (c->iface != q->iface)
		found |= BIT(DIFFERS_INTERFACE);
	if (c->dir != q->dir)
		found |= BIT(DIFFERS_DIRECTION);
	if (c->protocol != q->flow.protocol)
		found |= BIT(DIFFERS_PROTOCOL);
	if (!ports_match(c, q->policy, q->flow.sport, q->flow.dport))
		found |= BIT(DIFFERS_PORT);
	if (strict_ports(c, q->policy, &strict) && !in_ports(strict, q->flow.sport))
		found |= BIT(DIFFERS_SOURCE_PORT);
	return found;
}

/* Of an IPv4 address, only the first word need have been set. */
static union le_addr whole_addr(const union le_addr *addr, u8 family)
{
	union le_addr whole = { .v4 = addr->v4 };

	return family == LE_IPV4 ? whole : *addr;
}

static struct question reversed(const struct question *q)
{
	struct question back = *q;

	back.dir = !q->dir;
	back.flow.src = q->flow.dst;
	back.flow.dst = q->flow.src;
	back.flow.sport = q->flow.dport;
	back.flow.dport = q->flow.sport;
	back.src_tags = q->dst_tags;
	back.dst_tags = q->src_tags;
	return back;
}

static bool is_near(u32 differences)
{
	return hweight64(differences & ~LIGHT_DIFFERENCES) <= MAX_REAL_DIFFERENCES;
}

/* What differs counts, then how far off the port is, then the order of rows. */
static unsigned long weight_of(const struct candidate *c, const struct question *q,
			       u32 differences)
{
	unsigned long weight = 0;
	unsigned int i;

	for (i = 0; i < NR_DIFFERENCES; i++)
		if (differences & BIT(i))
			weight += weights[i] * WEIGHT_STEP;
	if (differences & BIT(DIFFERS_PORT))
		weight += port_distance(c->ports, q->flow.dport);
	return weight;
}

/* ---- in words ---- */

static char *text_of_ports(struct le_ports ports)
{
	if (ports.first == ports.last)
		return text_of("%u", ports.first);
	return text_of("%u-%u", ports.first, ports.last);
}

static char *names_of_tags(u32 tags)
{
	char *names = text_of("%s", ""), *longer;
	unsigned int tag;

	for (tag = 0; tag < LE_TAG_BLOCK; tag++) {
		if (!(tags & BIT(tag)))
			continue;
		longer = text_of("%s%s%s", names, *names ? ", " : "", le_tag_name(tag));
		free(names);
		names = longer;
	}
	return names;
}

static char *words_for_features(const struct candidate *c, const struct le_policy *policy,
				const struct row_view *view)
{
	bool pic = c->features & BIT(LE_FEATURE_PIC) && !(c->features & ~BIT(LE_FEATURE_PIC)) &&
		   !(policy->groups & BIT(LE_GROUP_PIC_PARTNER));

	return text_of("it is off: it needs %s%s%s",
		       strchr(view->features, ',') ? "one of the features " : "feature ",
		       view->features, pic ? ", and peer pic-partner" : "");
}

static char *words_for_no_edge(const struct candidate *c, const struct le_policy *policy)
{
	u32 tags = (c->from_tags | c->to_tags) & LE_TAGS_EDGES;
	char *names, *text;
	unsigned int edge;

	for (edge = 0; edge < LE_NR_EDGES; edge++)
		if (policy->edges[edge].nr)
			tags &= ~BIT(LE_TAG_EDGE + edge);
	names = names_of_tags(tags);
	text = text_of("edge %s has no address in the policy", names);
	free(names);
	return text;
}

static char *words_for_end(const struct candidate *c, const struct question *q, bool near)
{
	bool source = (c->dir == LE_IN) != near;
	const struct le_end *end = source ? &c->from : &c->to;
	u32 tags = source ? c->from_tags : c->to_tags;
	u32 edges = (source ? q->src_tags : q->dst_tags) & LE_TAGS_EDGES;
	char addr[LE_PREFIX_TEXT], prefix[LE_PREFIX_TEXT];
	char *names, *others, *text;

	le_addr_format(addr, sizeof(addr), source ? &q->flow.src : &q->flow.dst, q->flow.family);
	if (end->kind == LE_END_PREFIX) {
		le_prefix_format(prefix, sizeof(prefix), &end->prefix);
		return text_of("%s is not in %s", addr, prefix);
	}
	names = names_of_tags(tags & (LE_TAGS_EDGES | q->policy->groups << LE_TAG_GROUP));
	others = names_of_tags(edges);
	if (tags & LE_TAGS_EDGES && edges)
		text = text_of("%s is edge %s, not %s", addr, others, names);
	else if (tags & LE_TAGS_EDGES)
		text = text_of("%s is not an address of edge %s", addr, names);
	else
		text = text_of("%s is not in group %s", addr, names);
	free(names);
	free(others);
	return text;
}

static char *words_for_port(const struct candidate *c, const struct question *q)
{
	static const char *const ends[] = {
		[LE_RTP_EITHER] = "source or destination port",
		[LE_RTP_SOURCE] = "source port",
		[LE_RTP_DESTINATION] = "destination port",
	};
	u8 rtp = q->policy->options[LE_OPT_RTP_OUTBOUND];
	char *ports = text_of_ports(c->ports), *text;

	if (!is_outbound_media(c))
		text = text_of("its port is %s, not %u", ports, q->flow.dport);
	else if (rtp == LE_RTP_EITHER)
		text = text_of("its %s is in %s, which neither %u nor %u is", ends[rtp], ports,
			       q->flow.sport, q->flow.dport);
	else
		text = text_of("with 'option rtp-outbound %s' its %s is in %s, not %u",
			       le_option_values[LE_OPT_RTP_OUTBOUND][rtp], ends[rtp], ports,
			       rtp == LE_RTP_SOURCE ? q->flow.sport : q->flow.dport);
	free(ports);
	return text;
}

static char *words_for_source_port(const struct candidate *c, const struct question *q)
{
	struct le_ports strict;
	char *ports, *text;

	strict_ports(c, q->policy, &strict);
	ports = text_of_ports(strict);
	text = text_of("with 'option ports strict' its source port is %s%s, not %u",
		       strict.first == strict.last ? "" : "in ", ports, q->flow.sport);
	free(ports);
	return text;
}

static char *words_for(enum difference difference, const struct candidate *c,
		       const struct question *q, const struct row_view *view)
{
	switch (difference) {
	case DIFFERS_FEATURE:
		return words_for_features(c, q->policy, view);
	case DIFFERS_NO_EDGE:
		return words_for_no_edge(c, q->policy);
	case DIFFERS_ANSWER:
		return text_of("this goes the other way: an answer, of no known connection");
	case DIFFERS_FAR:
		return words_for_end(c, q, false);
	case DIFFERS_NEAR:
		return words_for_end(c, q, true);
	case DIFFERS_SOURCE_PORT:
		return words_for_source_port(c, q);
	case DIFFERS_DIRECTION:
		return text_of("it is for direction %s (%s the Edge)", view->dir,
			       c->dir == LE_IN ? "toward" : "from");
	case DIFFERS_INTERFACE:
		return text_of("it is for the %s interface", view->iface);
	case DIFFERS_PROTOCOL:
		return text_of("it is for %s", view->protocol);
	case DIFFERS_PORT:
		return words_for_port(c, q);
	default:
		return text_of("%s", "");
	}
}

/* NULL if nothing differs. */
static char *words_for_all(u32 differences, const struct candidate *c, const struct question *q,
			   const struct row_view *view)
{
	char *text = NULL, *more, *longer;
	unsigned int i;

	for (i = NR_DIFFERENCES; i-- > 0;) {
		if (!(differences & BIT(i)))
			continue;
		more = words_for(i, c, q, view);
		longer = text ? text_of("%s; and %s", text, more) : text_of("%s", more);
		free(more);
		free(text);
		text = longer;
	}
	return text;
}

/* ---- the search ---- */

/* The best so far. */
struct search {
	struct candidate candidate;
	u32 differences;
	unsigned long weight;
	int row;
};

static void consider(struct search *best, const struct candidate *c, const struct question *q,
		     u32 differences, unsigned int row)
{
	unsigned long weight = weight_of(c, q, differences);

	if (!is_near(differences) || (best->row != LE_NO_ROW && weight >= best->weight))
		return;
	*best = (struct search){
		.candidate = *c, .differences = differences, .weight = weight, .row = row,
	};
}

/**
 * nearest_find() - find the row that came nearest to a packet that no row takes
 * @nearest: where to put it; freed with nearest_free()
 * @policy: the policy
 * @crossing: le_crossing() of the packet's device
 * @flow: the packet, TCP or UDP, at the Edge's own addresses
 *
 * Return: whether one came near.
 */
bool nearest_find(struct nearest *nearest, const struct le_policy *policy, unsigned int crossing,
		  const struct le_flow *flow)
{
	struct question question = {
		.policy = policy,
		.iface = crossing / LE_NR_DIRS,
		.dir = crossing % LE_NR_DIRS,
		.flow = *flow,
	};
	struct search best = { .row = LE_NO_ROW };
	struct question back;
	struct row_view view;
	unsigned int row;

	*nearest = (struct nearest){ .row = LE_NO_ROW };
	question.flow.src = whole_addr(&flow->src, flow->family);
	question.flow.dst = whole_addr(&flow->dst, flow->family);
	find_tags(&question);
	back = reversed(&question);
	for (row = 0; row < nr_rows(policy); row++) {
		struct candidate c;

		if (row < LE_NR_ROWS)
			candidate_of_matrix(&c, policy, row);
		else
			candidate_of_site(&c, &policy->site_rows[row - LE_NR_ROWS]);
		consider(&best, &c, &question, compare(&c, &question), row);
		/* Connections of a row that is off have had no answers for a while. */
		if (row_is_active(policy, row))
			consider(&best, &c, &question, compare(&c, &back) | BIT(DIFFERS_ANSWER),
				 row);
	}
	if (best.row == LE_NO_ROW)
		return false;
	row_view(&view, policy, best.row);
	nearest->row = best.row;
	nearest->name = view.id;
	nearest->differs = words_for_all(best.differences, &best.candidate, &question, &view);
	return true;
}

/**
 * nearest_text() - the row that came nearest, in a sentence
 * @nearest: the row
 *
 * Return: the sentence, without a full stop, which the caller frees.
 */
char *nearest_text(const struct nearest *nearest)
{
	if (nearest->row == LE_NO_ROW)
		return text_of("no row comes near: of each, two things differ or more");
	/* It was not dropped by this policy, but by another. */
	if (!nearest->differs)
		return text_of("row %s takes it by this policy", nearest->name);
	return text_of("row %s comes nearest, but %s", nearest->name, nearest->differs);
}

/**
 * nearest_free() - free what the answer holds
 * @nearest: the answer
 */
void nearest_free(struct nearest *nearest)
{
	free(nearest->differs);
}
