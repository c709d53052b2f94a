// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verb that says what one policy would change for packets against another. A change is what is
 * judged otherwise, not what is written otherwise: groups are compared by who is in them.
 */
#include "load.h"
#include "lookup.h"
#include "ranges.h"
#include "rows.h"
#include "verbs.h"

/* So many addresses of a list are shown to people; --json has all. */
#define MAX_SHOWN 8

/**
 * struct change - one difference
 * @kind: of what: "row", "site-row", "peer", "block", "edge", "public", "interface", "feature",
 *	"option"
 * @name: of which
 * @change: what becomes of it
 * @before: as it was, or NULL
 * @after: as it is, or NULL
 * @why: the cause, or a remark; may be NULL
 * @added: what joins a list
 * @removed: what leaves it
 */
struct change {
	const char *kind;
	char *name;
	const char *change;
	char *before;
	char *after;
	char *why;
	struct words added;
	struct words removed;
};

struct diff {
	const struct le_policy *before;
	const struct le_policy *after;
	struct change *list;
	size_t nr;
};

static struct change *add_change(struct diff *diff, const char *kind, const char *name,
				 const char *what)
{
	struct change *change;

	diff->list = grown(diff->list, diff->nr + 1, sizeof(*diff->list));
	change = &diff->list[diff->nr++];
	*change = (struct change){ .kind = kind, .name = text_of("%s", name), .change = what };
	return change;
}

static void diff_free(struct diff *diff)
{
	size_t i;

	for (i = 0; i < diff->nr; i++) {
		struct change *change = &diff->list[i];

		free(change->name);
		free(change->before);
		free(change->after);
		free(change->why);
		words_free(&change->added);
		words_free(&change->removed);
	}
	free(diff->list);
}

/* A list in words: takes the list so far, or NULL. */
static __printf(2, 3) char *also(char *list, const char *fmt, ...)
{
	char *more, *longer;
	va_list args;

	va_start(args, fmt);
	more = text_of_args(fmt, args);
	va_end(args);
	if (!list)
		return more;
	longer = text_of("%s, %s", list, more);
	free(list);
	free(more);
	return longer;
}

/* ---- rows of the matrix ---- */

/* Why an inactive row becomes active, or the other way round: @on is the policy that has it. */
static char *why_active(const struct le_policy *on, const struct le_policy *off, u32 features,
			u32 tags, bool becomes)
{
	char *why = NULL;
	unsigned int i;

	if (!(features & off->features))
		for (i = 0; i < LE_NR_FEATURES; i++)
			if (features & on->features & BIT(i))
				why = also(why, "feature %s is %s", le_feature_names[i],
					   becomes ? "on" : "off");
	for (i = 0; i < LE_NR_EDGES; i++)
		if (tags & BIT(LE_TAG_EDGE + i) && !off->edges[i].nr)
			why = also(why, "edge %s has %s address", le_edge_names[i],
				   becomes ? "an" : "no");
	return why;
}

static char *ports_text(struct le_ports ports)
{
	return ports.first == ports.last ? text_of("%u", ports.first) :
					   text_of("%u-%u", ports.first, ports.last);
}

static void diff_ports(struct diff *diff, const char *row, const char *what, struct le_ports before,
		       struct le_ports after, bool active)
{
	struct change *change;

	if (before.first == after.first && before.last == after.last)
		return;
	change = add_change(diff, "row", row, what);
	change->before = ports_text(before);
	change->after = ports_text(after);
	if (!active)
		change->why = text_of("the row is not active");
}

static bool is_strict(const struct le_policy *policy)
{
	return policy->options[LE_OPT_PORTS] == LE_PORTS_STRICT;
}

static void diff_row(struct diff *diff, unsigned int number)
{
	bool before = le_policy_row_active(diff->before, number);
	bool after = le_policy_row_active(diff->after, number);
	const struct le_row *row = &le_matrix[number];
	u32 tags = row->source | row->destination;
	struct change *change;

	if (before != after) {
		change = add_change(diff, "row", row->id, after ? "active" : "inactive");
		change->why = why_active(after ? diff->after : diff->before,
					 after ? diff->before : diff->after, row->features, tags,
					 after);
	}
	diff_ports(diff, row->id, "port", le_policy_row_ports(diff->before, number),
		   le_policy_row_ports(diff->after, number), before || after);
	if (row->kind == LE_PORTS_STRICT_MEDIA && is_strict(diff->before) && is_strict(diff->after))
		diff_ports(diff, row->id, "source port", diff->before->media, diff->after->media,
			   before || after);
}

/* ---- lists of names and addresses ---- */

static bool has_device(const struct le_policy *policy, unsigned int iface, const char *name)
{
	u32 i;

	for (i = 0; i < policy->nr_devices[iface]; i++)
		if (!strcmp(policy->devices[iface][i], name))
			return true;
	return false;
}

/* Devices that @policy has and @other has not. */
static void list_devices(struct words *words, const struct le_policy *policy,
			 const struct le_policy *other, unsigned int iface)
{
	u32 i;

	for (i = 0; i < policy->nr_devices[iface]; i++)
		if (!has_device(other, iface, policy->devices[iface][i]))
			words_add(words, policy->devices[iface][i]);
}

/* A list that changed, or nothing if it did not. */
static void add_lists(struct diff *diff, const char *kind, const char *name, struct words *added,
		      struct words *removed, const char *why)
{
	struct change *change;

	if (!added->nr && !removed->nr) {
		words_free(added);
		words_free(removed);
		return;
	}
	change = add_change(diff, kind, name, "list");
	change->added = *added;
	change->removed = *removed;
	change->why = why ? text_of("%s", why) : NULL;
}

static void diff_devices(struct diff *diff, unsigned int iface)
{
	struct words added = { .nr = 0 }, removed = { .nr = 0 };

	list_devices(&added, diff->after, diff->before, iface);
	list_devices(&removed, diff->before, diff->after, iface);
	add_lists(diff, "interface", le_iface_names[iface], &added, &removed, NULL);
}

static void list_addrs(struct words *words, const struct le_addrs *addrs,
		       const struct le_addrs *other)
{
	char text[LE_PREFIX_TEXT];
	u32 i;

	for (i = 0; i < addrs->nr; i++) {
		const struct le_edge_addr *addr = &addrs->list[i];

		if (!addrs_hold(other, &addr->addr, addr->family))
			words_add(words, text_of_addr(text, addr));
	}
}

static void diff_addrs(struct diff *diff, const char *kind, unsigned int edge,
		       const struct le_addrs *before, const struct le_addrs *after, const char *why)
{
	struct words added = { .nr = 0 }, removed = { .nr = 0 };

	list_addrs(&added, after, before);
	list_addrs(&removed, before, after);
	add_lists(diff, kind, le_edge_names[edge], &added, &removed, why);
}

static void diff_edge(struct diff *diff, unsigned int edge)
{
	bool early = diff->after->options[LE_OPT_EARLY_DROP] == LE_EARLY_DROP_ON;

	diff_addrs(diff, "edge", edge, &diff->before->edges[edge], &diff->after->edges[edge], NULL);
	diff_addrs(diff, "public", edge, &diff->before->publics[edge], &diff->after->publics[edge],
		   early ? NULL : "matters to NAT, and to 'option early-drop on'");
}

static void diff_features(struct diff *diff)
{
	struct words added = { .nr = 0 }, removed = { .nr = 0 };
	u32 before = diff->before->features, after = diff->after->features;
	unsigned int i;

	for (i = 0; i < LE_NR_FEATURES; i++) {
		if (after & ~before & BIT(i))
			words_add(&added, le_feature_names[i]);
		if (before & ~after & BIT(i))
			words_add(&removed, le_feature_names[i]);
	}
	add_lists(diff, "feature", "", &added, &removed, NULL);
}

/* ---- groups ---- */

enum who { ANYBODY, NOBODY, LISTED };

static const char *const who_words[] = {
	[ANYBODY] = "anybody",
	[NOBODY] = "nobody",
	[LISTED] = "listed",
};

/* Who is in a group, as far as a policy says, or in the block list. */
struct members {
	enum who who;
	struct ranges families[LE_IPV6 + 1];
};

/* A group that is not defined is anybody, but nobody where all rows have one beside it that is. */
static enum who who_if_undefined(const struct le_policy *policy, unsigned int tag)
{
	unsigned int i;

	if (tag == LE_TAG_BLOCK)
		return NOBODY;
	for (i = 0; i < LE_NR_ROWS; i++) {
		u32 source = le_matrix[i].source, destination = le_matrix[i].destination;
		u32 end = source & BIT(tag) ? source : destination;

		if (end & BIT(tag) && !(end & policy->groups << LE_TAG_GROUP))
			return ANYBODY;
	}
	return NOBODY;
}

static void members_of(struct members *members, const struct le_policy *policy, unsigned int tag)
{
	bool defined = tag == LE_TAG_BLOCK || policy->groups & BIT(tag - LE_TAG_GROUP);
	struct ranges *families = members->families;

	ranges_of_tag(&families[LE_IPV4], policy, tag, LE_IPV4);
	ranges_of_tag(&families[LE_IPV6], policy, tag, LE_IPV6);
	if (!defined)
		members->who = who_if_undefined(policy, tag);
	else if (ranges_hold_all(&families[LE_IPV4]) && ranges_hold_all(&families[LE_IPV6]))
		members->who = ANYBODY;
	else
		members->who = families[LE_IPV4].nr || families[LE_IPV6].nr ? LISTED : NOBODY;
}

static void members_free(struct members *members)
{
	ranges_free(&members->families[LE_IPV4]);
	ranges_free(&members->families[LE_IPV6]);
}

static void list_more(struct words *words, const struct members *members,
		      const struct members *other)
{
	unsigned int family;

	for (family = LE_IPV4; family <= LE_IPV6; family++) {
		struct ranges more;

		ranges_subtract(&more, &members->families[family], &other->families[family]);
		ranges_list(&more, words);
		ranges_free(&more);
	}
}

static bool tag_is_used(const struct le_policy *policy, unsigned int tag)
{
	unsigned int i;
	u32 n;

	for (i = 0; i < LE_NR_ROWS; i++)
		if (le_policy_row_active(policy, i) &&
		    (le_matrix[i].source | le_matrix[i].destination) & BIT(tag))
			return true;
	for (n = 0; n < policy->nr_site_rows; n++) {
		const struct le_end *from = &policy->site_rows[n].from;
		const struct le_end *to = &policy->site_rows[n].to;

		if ((from->kind == LE_END_TAG && from->tag == tag) ||
		    (to->kind == LE_END_TAG && to->tag == tag))
			return true;
	}
	return false;
}

static void diff_members(struct diff *diff, unsigned int tag)
{
	bool is_block = tag == LE_TAG_BLOCK;
	bool used = is_block || tag_is_used(diff->before, tag) || tag_is_used(diff->after, tag);
	struct words added = { .nr = 0 }, removed = { .nr = 0 };
	struct members before, after;
	struct change *change;

	members_of(&before, diff->before, tag);
	members_of(&after, diff->after, tag);
	/* Against anybody, what is listed is said whole, not all the rest of the world. */
	if (after.who == LISTED)
		list_more(&added, &after, &before);
	if (before.who == LISTED)
		list_more(&removed, &before, &after);
	if (before.who != after.who) {
		change = add_change(diff, is_block ? "block" : "peer",
				    is_block ? "" : le_tag_name(tag), "who");
		change->before = text_of("%s", who_words[before.who]);
		change->after = text_of("%s", who_words[after.who]);
		change->added = added;
		change->removed = removed;
		change->why = used ? NULL : text_of("no active row uses it");
	} else {
		add_lists(diff, is_block ? "block" : "peer", is_block ? "" : le_tag_name(tag),
			  &added, &removed, used ? NULL : "no active row uses it");
	}
	members_free(&before);
	members_free(&after);
}

/* ---- options ---- */

static char *log_group_text(const struct le_policy *policy)
{
	return policy->log_group == LE_NO_LOG_GROUP ? text_of("none") :
						      text_of("%d", policy->log_group);
}

static void diff_options(struct diff *diff)
{
	struct change *change;
	unsigned int i;

	for (i = 0; i < LE_NR_OPTIONS; i++) {
		u8 before = diff->before->options[i], after = diff->after->options[i];

		if (before == after)
			continue;
		change = add_change(diff, "option", le_option_names[i], "value");
		change->before = text_of("%s", le_option_values[i][before]);
		change->after = text_of("%s", le_option_values[i][after]);
	}
	if (diff->before->log_group == diff->after->log_group)
		return;
	change = add_change(diff, "option", "log-group", "value");
	change->before = log_group_text(diff->before);
	change->after = log_group_text(diff->after);
}

/* ---- site rows ---- */

static char *site_row_text(const struct le_policy *policy, u32 i)
{
	struct row_view view;

	row_view(&view, policy, LE_NR_ROWS + i);
	return text_of("%s %s %s %s from %s to %s", view.iface, view.dir, view.protocol,
		       view.ports_text, view.source, view.destination);
}

/* Place of the site row of that name, or -ENOENT. */
static int find_site_row(const struct le_policy *policy, const char *name)
{
	u32 i;

	for (i = 0; i < policy->nr_site_rows; i++)
		if (!strcmp(policy->site_rows[i].name, name))
			return i;
	return -ENOENT;
}

static u32 tags_of_site_row(const struct le_site_row *row)
{
	return (row->from.kind == LE_END_TAG ? BIT(row->from.tag) : 0) |
	       (row->to.kind == LE_END_TAG ? BIT(row->to.tag) : 0);
}

static void diff_kept_site_row(struct diff *diff, u32 before, u32 after)
{
	const struct le_site_row *row = &diff->after->site_rows[after];
	char *was = site_row_text(diff->before, before), *is = site_row_text(diff->after, after);
	bool was_active = le_policy_site_row_active(diff->before, before);
	bool is_active = le_policy_site_row_active(diff->after, after);
	struct change *change;

	if (strcmp(was, is)) {
		change = add_change(diff, "site-row", row->name, "changed");
		change->before = was;
		change->after = is;
	} else {
		free(was);
		free(is);
	}
	if (was_active == is_active)
		return;
	change = add_change(diff, "site-row", row->name, is_active ? "active" : "inactive");
	change->why = why_active(is_active ? diff->after : diff->before,
				 is_active ? diff->before : diff->after, 0, tags_of_site_row(row),
				 is_active);
}

/* Rows that both have: their places, in the order of the policy after. */
struct kept {
	u32 before;
	u32 after;
	bool stays;
};

/*
 * The most rows that keep their order stay, the others are moved: the longest ascending run of
 * places before.
 */
static void find_moved(struct kept *kept, u32 nr)
{
	u32 *length = grown(NULL, nr + 1, sizeof(*length));
	int *previous = grown(NULL, nr + 1, sizeof(*previous));
	int best = -1, i, j;

	for (i = 0; i < (int)nr; i++) {
		length[i] = 1;
		previous[i] = -1;
		for (j = 0; j < i; j++) {
			if (kept[j].before < kept[i].before && length[j] + 1 > length[i]) {
				length[i] = length[j] + 1;
				previous[i] = j;
			}
		}
		if (best < 0 || length[i] > length[best])
			best = i;
	}
	for (; best >= 0; best = previous[best])
		kept[best].stays = true;
	free(length);
	free(previous);
}

static void diff_order(struct diff *diff, struct kept *kept, u32 nr)
{
	u32 i;

	find_moved(kept, nr);
	for (i = 0; i < nr; i++) {
		struct change *change;

		if (kept[i].stays)
			continue;
		change = add_change(diff, "site-row",
				    diff->after->site_rows[kept[i].after].name, "moved");
		change->before = text_of("%u", kept[i].before + 1);
		change->after = text_of("%u", kept[i].after + 1);
	}
}

static void diff_site_rows(struct diff *diff)
{
	const struct le_policy *before = diff->before, *after = diff->after;
	struct kept *kept = grown(NULL, after->nr_site_rows + 1, sizeof(*kept));
	u32 nr = 0, i;

	for (i = 0; i < after->nr_site_rows; i++) {
		int was = find_site_row(before, after->site_rows[i].name);

		if (was < 0) {
			add_change(diff, "site-row", after->site_rows[i].name, "added")->after =
				site_row_text(after, i);
			continue;
		}
		kept[nr++] = (struct kept){ .before = was, .after = i };
		diff_kept_site_row(diff, was, i);
	}
	for (i = 0; i < before->nr_site_rows; i++)
		if (find_site_row(after, before->site_rows[i].name) < 0)
			add_change(diff, "site-row", before->site_rows[i].name, "removed")->before =
				site_row_text(before, i);
	diff_order(diff, kept, nr);
	free(kept);
}

/* ---- the whole, and how it is shown ---- */

static void find_changes(struct diff *diff)
{
	unsigned int i;

	for (i = 0; i < LE_NR_IFACES; i++)
		diff_devices(diff, i);
	for (i = 0; i < LE_NR_EDGES; i++)
		diff_edge(diff, i);
	diff_features(diff);
	for (i = 0; i < LE_NR_ROWS; i++)
		diff_row(diff, i);
	for (i = LE_TAG_GROUP; i <= LE_TAG_BLOCK; i++)
		diff_members(diff, i);
	diff_site_rows(diff);
	diff_options(diff);
}

static void print_words(const char *sign, const struct words *words)
{
	size_t i;

	for (i = 0; i < words->nr && i < MAX_SHOWN; i++)
		printf("  %s %s\n", sign, words->list[i]);
	if (words->nr > MAX_SHOWN)
		printf("  %s ... and %zu more\n", sign, words->nr - MAX_SHOWN);
}

static void print_what(const struct change *change)
{
	bool plain = !strcmp(change->change, "value") || !strcmp(change->change, "who");

	if (change->before && change->after)
		printf(": %s%s%s -> %s", plain ? "" : change->change, plain ? "" : " ",
		       change->before, change->after);
	else if (change->before || change->after)
		printf(": %s: %s", change->change, change->before ? change->before : change->after);
	else if (!change->added.nr && !change->removed.nr)
		printf(": becomes %s", change->change);
}

static void print_change(const struct change *change)
{
	bool remark = change->why && (change->before || change->added.nr || change->removed.nr);

	fputs(strcmp(change->kind, "site-row") ? change->kind : "site row", stdout);
	if (*change->name)
		printf(" %s", change->name);
	print_what(change);
	if (change->why)
		printf(remark ? " (%s)" : ": %s", change->why);
	putchar('\n');
	print_words("+", &change->added);
	print_words("-", &change->removed);
}

static struct json_object *json_or_null(const char *text)
{
	return text && *text ? json_text(text) : NULL;
}

static void print_json(const struct diff *diff)
{
	struct json_object *object = json_map();
	struct json_object *array = json_list();
	size_t i;

	for (i = 0; i < diff->nr; i++) {
		const struct change *change = &diff->list[i];
		struct json_object *entry = json_map();

		json_add(entry, "kind", json_text(change->kind));
		json_add(entry, "name", json_or_null(change->name));
		json_add(entry, "change", json_text(change->change));
		json_add(entry, "before", json_or_null(change->before));
		json_add(entry, "after", json_or_null(change->after));
		json_add(entry, "why", json_or_null(change->why));
		json_add(entry, "added", json_of_words(&change->added));
		json_add(entry, "removed", json_of_words(&change->removed));
		json_append(array, entry);
	}
	json_add(object, "different", json_flag(diff->nr));
	json_add(object, "changes", array);
	json_print(object);
}

static void print_text(const struct diff *diff)
{
	size_t i;

	for (i = 0; i < diff->nr; i++)
		print_change(&diff->list[i]);
	if (!diff->nr)
		printf("No difference.\n");
}

static enum status diff_policies(const struct call *call, const struct le_policy *before,
				 const struct le_policy *after)
{
	struct diff diff = { .before = before, .after = after };
	enum status status;

	find_changes(&diff);
	if (wants_json(call))
		print_json(&diff);
	else
		print_text(&diff);
	status = diff.nr ? STATUS_NO : STATUS_YES;
	diff_free(&diff);
	return status;
}

/**
 * verb_diff() - say what a policy would change
 * @call: the operand is the policy's file; against that of --policy, or the one in force
 *
 * Return: STATUS_YES if there is no difference, STATUS_NO if there is one, or STATUS_ERROR.
 */
enum status verb_diff(const struct call *call)
{
	struct le_policy *before, *after;
	enum status status = STATUS_ERROR;

	if (call->policy && !strcmp(call->policy, "-") && !strcmp(call->operands[0], "-"))
		return misuse(call, "stdin cannot be both policies");
	before = load_policy(call->policy);
	after = before ? load_policy(call->operands[0]) : NULL;
	if (after)
		status = diff_policies(call, before, after);
	le_policy_free(before);
	le_policy_free(after);
	return status;
}
