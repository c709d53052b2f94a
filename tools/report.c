// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verb that prints a page on how things stand, for a browser or paper. How the page looks, and
 * how text gets into it, is in html.c.
 */
/* Before the kernel's headers, which then leave out what is the same in both. */
#include <net/if.h>

#include <time.h>
#include <unistd.h>

#include "doubts.h"
#include "html.h"
#include "load.h"
#include "rows.h"
#include "state.h"
#include "verbs.h"
#include "words.h"

/* How many addresses are told in a row's line, and how many where groups are listed. */
#define FEW 2
#define MANY 24

/* Digits of the largest number, with commas, and the terminator. */
#define GROUPED_TEXT 28

/**
 * struct report - what the page is about
 * @file: the policy's file; NULL for the one in force
 * @state: what the module says; nothing if @file
 * @policy: the policy
 * @doubts: what is doubtful about it
 * @of_row: what each row accepted; NULL if that is not known
 * @taken: packets that rows accepted, all together
 * @accepted: what was accepted, by whatever row or reason
 * @dropped: what was dropped
 */
struct report {
	const char *file;
	struct state state;
	struct le_policy *policy;
	struct doubts doubts;
	struct count *of_row;
	unsigned long long taken;
	struct count accepted;
	struct count dropped;
};

/* ---- figures ---- */

static void put_grouped(char text[GROUPED_TEXT], unsigned long long number)
{
	char digits[24];
	size_t len = scnprintf(digits, sizeof(digits), "%llu", number), i, n = 0;

	for (i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			text[n++] = ',';
		text[n++] = digits[i];
	}
	text[n] = 0;
}

static void put_number(unsigned long long number)
{
	char text[GROUPED_TEXT];

	put_grouped(text, number);
	printf("<td class=\"number\">%s</td>", text);
}

/* The figure for all, and a bar for those who see it. */
static void put_share(const char *class, unsigned long long part, unsigned long long whole)
{
	double percent = whole ? 100.0 * (double)part / (double)whole : 0;

	if (part)
		printf("<td class=\"share%s\"><div><span class=\"percent\">%.1f %%</span>\n"
		       "<span class=\"bar\"><i style=\"width:%.2f%%\"></i></span></div></td>",
		       class, percent, percent);
	else
		printf("<td></td>");
}

static void put_amount(const char *title, const struct count *count)
{
	char packets[GROUPED_TEXT], bytes[GROUPED_TEXT];

	put_grouped(packets, count->packets);
	put_grouped(bytes, count->bytes);
	printf("<dt>%s</dt><dd>%s packets, %s bytes</dd>\n", title, packets, bytes);
}

/* ---- who ---- */

static const char *addr_text(char text[LE_PREFIX_TEXT], const struct le_edge_addr *addr)
{
	le_addr_format(text, LE_PREFIX_TEXT, &addr->addr, addr->family);
	return text;
}

/**
 * struct list - addresses on their way to the page
 * @max: how many to print
 * @nr: how many there are
 */
struct list {
	u32 max;
	u32 nr;
};

static void list_add(struct list *list, const char *text)
{
	if (list->nr++ >= list->max)
		return;
	if (list->nr > 1)
		printf(", ");
	html_element("code", "%s", text);
}

static void list_end(const struct list *list)
{
	if (list->nr > list->max)
		printf(" and %u more", list->nr - list->max);
}

static void put_addrs(const struct le_addrs *addrs, u32 max)
{
	struct list list = { .max = max };
	char text[LE_PREFIX_TEXT];
	u32 i;

	for (i = 0; i < addrs->nr; i++)
		list_add(&list, addr_text(text, &addrs->list[i]));
	list_end(&list);
}

static void put_prefixes(const struct le_policy *policy, unsigned int tag, u32 max)
{
	struct list list = { .max = max };
	char text[LE_PREFIX_TEXT];
	u32 i;

	for (i = 0; i < policy->nr_prefixes; i++) {
		if (policy->prefixes[i].tag != tag)
			continue;
		/* Of two million, only those that are shown are written. */
		if (list.nr < max)
			le_prefix_format(text, sizeof(text), &policy->prefixes[i]);
		list_add(&list, text);
	}
	list_end(&list);
}

static bool is_defined(const struct le_policy *policy, unsigned int tag)
{
	if (tag < LE_TAG_GROUP)
		return policy->edges[tag].nr;
	return policy->groups & BIT(tag - LE_TAG_GROUP);
}

/* Where a row names two groups, one that is not defined is nobody beside one that is. */
static void put_members(const struct le_policy *policy, u32 tags)
{
	bool any_defined = false, first = true;
	unsigned int tag;

	for (tag = 0; tag < LE_TAG_BLOCK; tag++)
		any_defined |= tags & BIT(tag) && is_defined(policy, tag);
	if (!any_defined) {
		printf("<small>%s</small>", tags & LE_TAGS_EDGES ? "no address" : "anybody");
		return;
	}
	printf("<small>");
	for (tag = 0; tag < LE_TAG_BLOCK; tag++) {
		if (!(tags & BIT(tag)) || !is_defined(policy, tag))
			continue;
		printf("%s", first ? "" : "; ");
		first = false;
		if (tag < LE_TAG_GROUP)
			put_addrs(&policy->edges[tag], FEW);
		else
			put_prefixes(policy, tag, FEW);
	}
	printf("</small>");
}

static void put_tags(const struct le_policy *policy, u32 tags)
{
	unsigned int tag;
	bool first = true;

	printf("<td>");
	if (!tags)
		printf("anybody");
	for (tag = 0; tag < LE_TAG_BLOCK; tag++)
		if (tags & BIT(tag)) {
			printf("%s", first ? "" : " or ");
			html_text(tag_words(tag));
			first = false;
		}
	if (tags)
		put_members(policy, tags);
	printf("</td>");
}

static void put_end(const struct le_policy *policy, const struct le_end *end)
{
	char text[LE_PREFIX_TEXT];

	if (end->kind != LE_END_PREFIX) {
		put_tags(policy, end->kind == LE_END_TAG ? BIT(end->tag) : 0);
		return;
	}
	le_prefix_format(text, sizeof(text), &end->prefix);
	printf("<td>");
	html_element("code", "%s", text);
	printf("</td>");
}

static void put_ends(const struct le_policy *policy, unsigned int row)
{
	const struct le_site_row *site;

	if (row < LE_NR_ROWS) {
		put_tags(policy, le_matrix[row].source);
		put_tags(policy, le_matrix[row].destination);
		return;
	}
	site = &policy->site_rows[row - LE_NR_ROWS];
	put_end(policy, &site->from);
	put_end(policy, &site->to);
}

/* ---- rows ---- */

/* Names have hyphens, which are no place to break a line; commas between them are. */
static void put_words(const char *text)
{
	while (*text) {
		int len = (int)strcspn(text, " ,");
		bool is_name = memchr(text, '-', len);

		printf("%s%.*s%s", is_name ? "<span class=\"word\">" : "", len, text,
		       is_name ? "</span>" : "");
		text += len;
		if (*text == ',' && text[1] != ' ')
			printf(", ");
		else if (*text)
			putchar(*text);
		text += !!*text;
	}
}

static void put_state(const struct le_policy *policy, unsigned int row)
{
	char state[ROW_STATE_TEXT];
	size_t active = 0;

	row_state(state, policy, row);
	printf("<td>");
	if (row_is_active(policy, row)) {
		active = strlen("active");
		printf("<span class=\"good\">active</span>");
	}
	put_words(state + active);
	printf("</td>");
}

static void put_row(const struct report *report, unsigned int row)
{
	const struct le_policy *policy = report->policy;
	const struct count *count;
	struct row_view view;

	row_view(&view, policy, row);
	printf("<tr%s>", row_is_active(policy, row) ? "" : " class=\"off\"");
	html_element("td class=\"id\"", "%s", view.id);
	printf("<td>%s%s", row < LE_NR_ROWS ? view.application : "",
	       row < LE_NR_ROWS ? "<br>" : "");
	printf("<span class=\"word\">%s %s</span></td>", view.protocol, view.ports_text);
	html_element("td", "%s", view.dir);
	put_ends(policy, row);
	put_state(policy, row);
	if (report->of_row) {
		count = &report->of_row[row];
		put_number(count->packets);
		put_number(count->bytes);
		put_share("", count->packets, report->taken);
	}
	printf("</tr>\n");
}

static void begin_rows(const struct report *report, const char *title, bool whole)
{
	static const struct html_column columns[] = {
		{ "Row", "c-row" }, { "Application, port", "c-application" }, { "Dir.", "c-dir" },
		{ "From", "" }, { "To", "" }, { "State", "c-state" },
		{ "Packets", "number c-packets" }, { "Bytes", "number c-bytes" },
		{ "Share of packets", "share c-share" },
	};
	/* The last three are counters. */
	unsigned int nr = ARRAY_SIZE(columns) - (report->of_row ? 0 : 3);

	printf("<section%s>\n", whole ? " class=\"whole\"" : "");
	html_element("h2", "%s", title);
	printf("\n");
	html_begin_table(columns, nr);
}

static void end_rows(void)
{
	html_end_table();
	printf("</section>\n");
}

static void put_tables(const struct report *report)
{
	unsigned int i, row;

	for (i = 0; i < NR_TABLES; i++) {
		unsigned int nr = 0;

		for (row = 0; row < LE_NR_ROWS; row++)
			nr += row_is_of_table(row, &matrix_tables[i]);
		/* The small ones go on one page. */
		begin_rows(report, matrix_tables[i].title, nr < 8);
		for (row = 0; row < LE_NR_ROWS; row++)
			if (row_is_of_table(row, &matrix_tables[i]))
				put_row(report, row);
		end_rows();
	}
	if (!report->policy->nr_site_rows)
		return;
	begin_rows(report, "Rows of the site", report->policy->nr_site_rows < 8);
	for (; row < nr_rows(report->policy); row++)
		put_row(report, row);
	end_rows();
}

/* ---- reasons ---- */

static void put_reason(const struct report *report, const struct count *count)
{
	const struct reason_words *words = words_of_reason(count->name);

	printf("<tr%s>", count->packets ? "" : " class=\"off\"");
	html_element("td class=\"id\"", "%s", count->name);
	printf("<td>");
	if (words) {
		html_text(words->is);
		html_element("small", "%s", words->look);
	}
	printf("</td>");
	put_number(count->packets);
	put_number(count->bytes);
	put_share(count->kind == COUNT_DROP ? " drop" : "", count->packets,
		  count->kind == COUNT_DROP ? report->dropped.packets : report->accepted.packets);
	printf("</tr>\n");
}

static void put_reasons(const struct report *report, enum count_kind kind, const char *title,
			const char *share, const char *note)
{
	const struct html_column columns[] = {
		{ "Reason", "c-reason" }, { "What it means", "" },
		{ "Packets", "number c-packets" }, { "Bytes", "number c-bytes" },
		{ share, "share c-share" },
	};
	const struct counts *counts = &report->state.counts;
	size_t i;

	printf("<section class=\"whole\">\n<h2>%s</h2>\n", title);
	if (note)
		printf("<p class=\"soft\">%s</p>\n", note);
	html_begin_table(columns, ARRAY_SIZE(columns));
	for (i = 0; i < counts->nr; i++)
		if (counts->list[i].kind == kind)
			put_reason(report, &counts->list[i]);
	end_rows();
}

static const char *note_on_drops(const char *mode)
{
	if (!strcmp(mode, "monitor"))
		return "The mode is monitor: nothing is dropped. These would have been.";
	if (!strcmp(mode, "off"))
		return "The mode is off: nothing is judged. These are from before.";
	return NULL;
}

static void put_all_reasons(const struct report *report)
{
	put_reasons(report, COUNT_DROP, "Dropped", "Share of drops",
		    note_on_drops(report->state.mode));
	put_reasons(report, COUNT_ACCEPT, "Accepted, but not by a row", "Share of accepted", NULL);
}

/* ---- the rest ---- */

static void put_warnings(const struct report *report)
{
	const struct doubts *doubts = &report->doubts;
	size_t i;

	printf("<section>\n<h2>Warnings</h2>\n");
	if (!doubts->nr) {
		printf("<p>None: nothing is doubtful about the policy.</p>\n</section>\n");
		return;
	}
	printf("<ul class=\"warnings\">\n");
	for (i = 0; i < doubts->nr; i++) {
		printf("<li>");
		html_text(doubts->list[i].message);
		html_element("small", "Remedy: %s", doubts->list[i].remedy);
		printf("</li>\n");
	}
	printf("</ul>\n</section>\n");
}

static void put_who(const struct le_policy *policy, unsigned int tag)
{
	printf("<tr>");
	html_element("td class=\"id\"", "%s",
		     tag == LE_TAG_BLOCK ? "block" : le_tag_name(tag));
	html_element("td", "%s", tag == LE_TAG_BLOCK ? "dropped before any row" : tag_words(tag));
	printf("<td>");
	if (tag < LE_TAG_GROUP) {
		put_addrs(&policy->edges[tag], MANY);
		if (policy->publics[tag].nr) {
			printf("<small>public: ");
			put_addrs(&policy->publics[tag], MANY);
			printf("</small>");
		}
	} else {
		put_prefixes(policy, tag, MANY);
	}
	printf("</td></tr>\n");
}

static bool has_tag(const struct le_policy *policy, unsigned int tag)
{
	u32 i;

	for (i = 0; i < policy->nr_prefixes; i++)
		if (policy->prefixes[i].tag == tag)
			return true;
	return false;
}

static void put_everybody(const struct le_policy *policy)
{
	static const struct html_column columns[] = {
		{ "Name", "c-name" }, { "Who that is", "c-who" }, { "Addresses", "" },
	};
	unsigned int tag;

	printf("<section>\n<h2>Edges and groups</h2>\n");
	printf("<p class=\"soft\">A group that is not here is anybody.</p>\n");
	html_begin_table(columns, ARRAY_SIZE(columns));
	for (tag = 0; tag < LE_TAG_BLOCK; tag++)
		if (is_defined(policy, tag))
			put_who(policy, tag);
	if (has_tag(policy, LE_TAG_BLOCK))
		put_who(policy, LE_TAG_BLOCK);
	end_rows();
}

static void put_devices(const struct le_policy *policy)
{
	unsigned int iface;
	u32 i;

	for (iface = 0; iface < LE_NR_IFACES; iface++) {
		printf("<dt>%s interface</dt><dd>%s", le_iface_names[iface],
		       policy->nr_devices[iface] ? "" : "no device");
		for (i = 0; i < policy->nr_devices[iface]; i++) {
			printf("%s", i ? ", " : "");
			html_element("code", "%s", policy->devices[iface][i]);
			if (!if_nametoindex(policy->devices[iface][i]))
				printf(" (not there)");
		}
		printf("</dd>\n");
	}
}

static void put_features(const struct le_policy *policy)
{
	bool first = true;
	unsigned int i;

	printf("<dt>features</dt><dd>%s", policy->features ? "" : "none");
	for (i = 0; i < LE_NR_FEATURES; i++) {
		if (!(policy->features & BIT(i)))
			continue;
		printf("%s%s", first ? "" : ", ", le_feature_names[i]);
		first = false;
	}
	printf("</dd>\n<dt>rows</dt><dd>%u of %u active, and %u of the site</dd>\n",
	       count_active_rows(policy), LE_NR_ROWS, policy->nr_site_rows);
}

static const char *class_of_mode(const char *mode)
{
	if (!strcmp(mode, "enforce"))
		return "dd class=\"good\"";
	return strcmp(mode, "monitor") ? "dd class=\"bad\"" : "dd class=\"care\"";
}

static void put_facts(const struct report *report)
{
	const struct state *state = &report->state;

	printf("<dl>\n");
	if (report->file) {
		printf("<dt>policy</dt>");
		html_element("dd", "%s", strcmp(report->file, "-") ? report->file : "stdin");
	} else {
		printf("<dt>mode</dt>");
		html_element(class_of_mode(state->mode), "%s", state->mode);
		printf("\n<dt>policy</dt>");
		html_element("dd", "generation %s", state->generation);
	}
	printf("\n");
	put_devices(report->policy);
	put_features(report->policy);
	if (!report->file) {
		put_amount("accepted", &report->accepted);
		put_amount("dropped", &report->dropped);
	}
	printf("</dl>\n");
}

static void put_notices(const struct report *report)
{
	const struct state *state = &report->state;

	if (report->file) {
		printf("<p class=\"notice\">This is about a policy in a file,\n"
		       "without counters: what is in force was not asked for.</p>\n");
		return;
	}
	if (!state->policy)
		printf("<p class=\"notice alarm\">No policy is in force:\n"
		       "<code>lyncedgectl apply FILE</code></p>\n");
	if (strcmp(state->confirm, "0")) {
		printf("<p class=\"notice alarm\">What was changed last is undone in ");
		html_text(state->confirm);
		printf(" s, unless somebody says <code>lyncedgectl confirm</code>.</p>\n");
	}
	if (state->error[0]) {
		printf("<p class=\"notice\">The last write to the module was refused: ");
		html_text(state->error);
		printf("</p>\n");
	}
}

static void put_page(const struct report *report)
{
	char host[65] = "", when[64] = "", *title;
	time_t now = time(NULL);
	struct tm tm;

	if (gethostname(host, sizeof(host) - 1))
		host[0] = 0;
	if (localtime_r(&now, &tm))
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S %z", &tm);
	title = text_of("lyncedge on %s", host);
	html_begin(title);
	printf("<header>\n");
	html_element("h1", "%s", title);
	html_element("p class=\"soft\"", "%s", when);
	printf("\n");
	put_facts(report);
	put_notices(report);
	printf("</header>\n");
	put_warnings(report);
	if (!report->file)
		put_all_reasons(report);
	put_tables(report);
	put_everybody(report->policy);
	html_element("footer", "Made by lyncedgectl report, version %s.", tool_version);
	printf("\n");
	html_end();
	free(title);
}

/* ---- what it is about ---- */

static void find_counts(struct report *report)
{
	const struct counts *counts = &report->state.counts;
	unsigned int row;
	size_t i;

	report->of_row = grown(NULL, nr_rows(report->policy), sizeof(*report->of_row));
	for (row = 0; row < nr_rows(report->policy); row++)
		report->of_row[row] = (struct count){ .packets = 0 };
	for (i = 0; i < counts->nr; i++) {
		int number = count_row(&counts->list[i], report->policy);

		if (number < 0)
			continue;
		report->of_row[number] = counts->list[i];
		report->taken += counts->list[i].packets;
	}
	counts_sum(counts, &report->accepted, &report->dropped);
}

/* Where there is no policy yet, everything is off. */
static struct le_policy *empty_policy(void)
{
	static const char text[] = "commit\n";
	struct le_policy *policy;
	struct le_error error;

	if (le_policy_parse(text, strlen(text), &policy, &error))
		die_out_of_memory();
	return policy;
}

static bool read_report(struct report *report)
{
	if (report->file) {
		report->policy = load_policy(report->file);
		return report->policy;
	}
	if (!state_read(&report->state))
		return false;
	report->policy = report->state.policy ? report->state.policy : empty_policy();
	find_counts(report);
	return true;
}

/**
 * verb_report() - print a page on how things stand
 * @call: with --policy, on the policy of a file
 *
 * Return: STATUS_YES, or STATUS_ERROR.
 */
enum status verb_report(const struct call *call)
{
	struct report report = { .file = call->policy };
	enum status status = STATUS_ERROR;

	if (read_report(&report)) {
		doubts_find(&report.doubts, report.policy);
		put_page(&report);
		doubts_free(&report.doubts);
		status = STATUS_YES;
	}
	if (report.policy != report.state.policy)
		le_policy_free(report.policy);
	state_free(&report.state);
	free(report.of_row);
	return status;
}
