// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verb that judges a capture, and shows what it would have come to. How a packet is judged is
 * in follow.c; here is what is said about it.
 */
#include <time.h>
#include <unistd.h>

#include <pcap/pcap.h>

#include "explain.h"
#include "follow.h"
#include "load.h"
#include "packet_json.h"
#include "rows.h"
#include "verbs.h"

/* How many flows are listed without --all. */
#define FLOWS_SHOWN 20
#define NSEC_PER_SEC 1000000000ULL
#define PROGRESS_EVERY 65536
#define PROGRESS_WIDTH 30

/**
 * struct replay - a capture and its verdict
 * @policy: what is judged by
 * @table: the same, compiled
 * @where: where packets cross
 * @capture: the capture
 * @follow: what became of its packets
 * @is_whole: it could be read to its end
 */
struct replay {
	struct le_policy *policy;
	struct le_table *table;
	struct where *where;
	struct capture *capture;
	struct follow follow;
	bool is_whole;
};

/* ---- progress ---- */

/**
 * struct progress - a bar on the terminal
 * @is_shown: stderr is a terminal
 * @begun: when it was begun
 * @shown: when it was shown last
 */
struct progress {
	bool is_shown;
	u64 begun;
	u64 shown;
};

static u64 clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

static void progress_show(struct progress *progress, const struct replay *replay)
{
	u64 size = capture_size(replay->capture), offset = capture_offset(replay->capture);
	u64 now = clock_now(), packets = replay->follow.packets;
	double seconds = (now - progress->begun) / (double)NSEC_PER_SEC;
	int done = size ? offset * PROGRESS_WIDTH / size : 0;
	static const char bar[] = "##############################";

	static_assert(sizeof(bar) - 1 == PROGRESS_WIDTH, "the bar is as long as is said");
	if (now - progress->shown < NSEC_PER_SEC / 5)
		return;
	progress->shown = now;
	fputc('\r', stderr);
	if (size)
		fprintf(stderr, "[%-*.*s] %3d%%  ", PROGRESS_WIDTH, done, bar,
			(int)(offset * 100 / size));
	fprintf(stderr, "%llu packets, %.0f a second ", packets, packets / seconds);
}

static void progress_end(const struct progress *progress)
{
	if (progress->is_shown && progress->shown != progress->begun)
		fprintf(stderr, "\r%*s\r", 78, "");
}

static void judge_capture(struct replay *replay)
{
	struct progress progress = { .is_shown = isatty(STDERR_FILENO) };
	struct follow *follow = &replay->follow;
	struct captured packet;
	int got;

	progress.begun = clock_now();
	progress.shown = progress.begun;
	while ((got = capture_next(replay->capture, &packet)) > 0) {
		follow_take(follow, replay->capture, &packet);
		if (progress.is_shown && follow->packets % PROGRESS_EVERY == 0)
			progress_show(&progress, replay);
	}
	follow_end(follow);
	replay->is_whole = !got;
	progress_end(&progress);
	/* What follows is judged by what could be read. */
	if (got)
		complain("%s: packet %llu, at byte %llu: %s", capture_name(replay->capture),
			 follow->packets + 1, capture_offset(replay->capture),
			 capture_error(replay->capture));
}

/* ---- flows ---- */

struct flows {
	struct tally *list;
	size_t nr;
	size_t nr_shown;
};

static int compare_flows(const void *a, const void *b)
{
	const struct tally *x = a, *y = b;

	if (x->packets != y->packets)
		return x->packets < y->packets ? 1 : -1;
	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	/* The first to be seen comes first. */
	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return x->conn < y->conn ? -1 : x->conn > y->conn;
}

static void flows_find(struct flows *flows, const struct follow *follow, bool all)
{
	const struct tally *tallies = follow->tracker.tallies;
	u32 i;

	*flows = (struct flows){ .list = grown(NULL, follow->tracker.nr_tallies + 1,
					       sizeof(*flows->list)) };
	for (i = 0; i < follow->tracker.nr_tallies; i++)
		if (tallies[i].packets && !le_outcome_accepts(tallies[i].outcome))
			flows->list[flows->nr++] = tallies[i];
	qsort(flows->list, flows->nr, sizeof(*flows->list), compare_flows);
	flows->nr_shown = all || flows->nr < FLOWS_SHOWN ? flows->nr : FLOWS_SHOWN;
}

/* The first packet of a flow, to be asked about. */
static void asked_of(const struct follow *follow, const struct tally *tally, struct asked *asked)
{
	memset(asked, 0, sizeof(*asked));
	asked->crossing = tally->crossing;
	asked->packet.kind = tally->kind;
	asked->packet.has_addrs = true;
	tracker_flow(&follow->tracker.list[tally->conn], tally->sender, &asked->packet.flow);
	/* For all that is kept of it. */
	asked->packet.may_answer = true;
}

static char *why(const struct follow *follow, const struct tally *tally,
		 const struct asked *asked)
{
	if (tally->outcome == LE_INVALID)
		return text_of("impossible in its connection, or that is over");
	return explain_drop(follow->policy, follow->table, tally->outcome, asked);
}

/* ---- text ---- */

static void print_time(const struct follow *follow)
{
	time_t first = follow->first / NSEC_PER_SEC;
	struct tm tm;
	char text[32];
	u64 lasts = follow->last > follow->first ? follow->last - follow->first : 0;

	if (!follow->first || !gmtime_r(&first, &tm))
		return;
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	printf("  from %s UTC on, %llu.%03llu s\n", text, lasts / NSEC_PER_SEC,
	       lasts % NSEC_PER_SEC / 1000000);
}

static void add_total(struct table *table, const char *name, const char *kind,
		      const struct total *total)
{
	char *packets, *bytes, *flows;

	if (!total->packets)
		return;
	packets = text_of("%llu", total->packets);
	bytes = text_of("%llu", total->bytes);
	flows = text_of("%llu", total->flows);
	table_add(table, name, kind, packets, bytes, flows);
	free(packets);
	free(bytes);
	free(flows);
}

static const char *kind_of_row(unsigned int row)
{
	return row < LE_NR_ROWS ? "row" : "site-row";
}

static const char *kind_of_reason(unsigned int reason)
{
	return reason < LE_NR_DROPS ? "drop" : "accept";
}

static void print_totals(const struct follow *follow)
{
	static const char *const titles[] = { "NAME", "KIND", "PACKETS", "BYTES", "FLOWS" };
	struct table table = {
		.titles = titles,
		.nr_columns = ARRAY_SIZE(titles),
		.right = BIT(2) | BIT(3) | BIT(4),
	};
	struct row_view view;
	unsigned int i;

	for (i = 0; i < nr_rows(follow->policy); i++) {
		row_view(&view, follow->policy, i);
		add_total(&table, view.id, kind_of_row(i), &follow->rows[i]);
	}
	for (i = 0; i < LE_NR_REASONS; i++)
		add_total(&table, le_reason_names[i], kind_of_reason(i), &follow->reasons[i]);
	if (table.nr_rows) {
		putchar('\n');
		table_print(&table);
	}
	table_free(&table);
}

static void print_unjudged(const struct follow *follow)
{
	bool is_first = true;
	unsigned int i;

	for (i = UNJUDGED_NOT + 1; i < NR_UNJUDGED; i++) {
		if (!follow->unjudged[i].packets)
			continue;
		printf("%s%8llu  %s\n", is_first ? "\nNot judged:\n" : "",
		       follow->unjudged[i].packets, unjudged_words[i]);
		is_first = false;
	}
}

static int digits(u64 number)
{
	int n = 1;

	while (number /= 10)
		n++;
	return n;
}

static void print_flows(const struct follow *follow, const struct flows *flows)
{
	struct asked asked;
	int width;
	size_t i;

	if (!flows->nr)
		return;
	printf("\nWould be dropped, most packets first:\n");
	width = digits(flows->list[0].packets) < 7 ? 7 : digits(flows->list[0].packets);
	for (i = 0; i < flows->nr_shown; i++) {
		const struct tally *tally = &flows->list[i];
		char *line, *text;

		asked_of(follow, tally, &asked);
		line = packet_line_text(&asked);
		text = why(follow, tally, &asked);
		printf("%*llu  %-9s  %s\n", width, tally->packets,
		       le_reason_names[le_outcome_index(tally->outcome)], line);
		if (text)
			printf("%*s  %-9s    %s\n", width, "", "", text);
		free(line);
		free(text);
	}
	if (flows->nr > flows->nr_shown)
		printf("... and %zu more: --all lists them\n", flows->nr - flows->nr_shown);
}

static void print_text(const struct replay *replay, const struct flows *flows)
{
	const struct follow *follow = &replay->follow;
	u64 dropped = follow_dropped(follow);

	printf("%s: %llu packets, %llu of them judged\n", capture_name(replay->capture),
	       follow->packets, follow->unjudged[UNJUDGED_NOT].packets);
	print_time(follow);
	if (follow->cut)
		printf("  %llu are not whole in the capture, and judged by what there is of them\n",
		       follow->cut);
	if (where_by_index(replay->where))
		printf("  devices are told by the indexes that those of the policy have here\n");
	if (!replay->is_whole)
		printf("  the capture is damaged: this is what was read until then\n");
	print_totals(follow);
	print_unjudged(follow);
	print_flows(follow, flows);
	if (follow->unjudged[UNJUDGED_NOT].packets && !dropped)
		printf("\nNothing would be dropped.\n");
}

/* ---- JSON ---- */

/* Seconds since 1970. */
static struct json_object *json_time(u64 time)
{
	return json_seconds(time / NSEC_PER_SEC, time % NSEC_PER_SEC, 9);
}

static void json_add_total(struct json_object *array, const char *name, const char *kind,
			   const struct total *total)
{
	struct json_object *entry;

	if (!total->packets)
		return;
	entry = json_map();
	json_add(entry, "name", json_text(name));
	json_add(entry, "kind", json_text(kind));
	json_add(entry, "packets", json_number(total->packets));
	json_add(entry, "bytes", json_number(total->bytes));
	json_add(entry, "flows", json_number(total->flows));
	json_append(array, entry);
}

static struct json_object *json_totals(const struct follow *follow)
{
	struct json_object *array = json_list();
	struct row_view view;
	unsigned int i;

	for (i = 0; i < nr_rows(follow->policy); i++) {
		row_view(&view, follow->policy, i);
		json_add_total(array, view.id, kind_of_row(i), &follow->rows[i]);
	}
	for (i = 0; i < LE_NR_REASONS; i++)
		json_add_total(array, le_reason_names[i], kind_of_reason(i), &follow->reasons[i]);
	return array;
}

static struct json_object *json_unjudged(const struct follow *follow)
{
	struct json_object *array = json_list(), *entry;
	unsigned int i;

	for (i = UNJUDGED_NOT + 1; i < NR_UNJUDGED; i++) {
		if (!follow->unjudged[i].packets)
			continue;
		entry = json_map();
		json_add(entry, "why", json_text(unjudged_names[i]));
		json_add(entry, "packets", json_number(follow->unjudged[i].packets));
		json_append(array, entry);
	}
	return array;
}

static struct json_object *json_flow(const struct follow *follow, const struct tally *tally)
{
	struct json_object *entry = json_map();
	struct asked asked;
	char *text;

	asked_of(follow, tally, &asked);
	json_add_crossing(entry, tally->crossing, true);
	json_add_packet(entry, &asked.packet);
	json_add(entry, "reason", json_text(le_reason_names[le_outcome_index(tally->outcome)]));
	text = why(follow, tally, &asked);
	json_add(entry, "explanation", text ? json_text(text) : NULL);
	free(text);
	json_add(entry, "packets", json_number(tally->packets));
	json_add(entry, "bytes", json_number(tally->bytes));
	json_add(entry, "first", json_time(tally->first));
	json_add(entry, "last", json_time(tally->last));
	return entry;
}

static struct json_object *json_flows(const struct follow *follow, const struct flows *flows)
{
	struct json_object *array = json_list();
	size_t i;

	for (i = 0; i < flows->nr_shown; i++)
		json_append(array, json_flow(follow, &flows->list[i]));
	return array;
}

static struct json_object *json_error(const struct replay *replay)
{
	struct json_object *error;

	if (replay->is_whole)
		return NULL;
	error = json_map();
	json_add(error, "packet", json_number(replay->follow.packets + 1));
	json_add(error, "offset", json_number(capture_offset(replay->capture)));
	json_add(error, "message", json_text(capture_error(replay->capture)));
	return error;
}

static void print_json(const struct replay *replay, const struct flows *flows)
{
	struct json_object *object = json_map();
	const struct follow *follow = &replay->follow;

	json_add(object, "capture", json_text(capture_name(replay->capture)));
	json_add(object, "packets", json_number(follow->packets));
	json_add(object, "judged", json_number(follow->unjudged[UNJUDGED_NOT].packets));
	json_add(object, "cut", json_number(follow->cut));
	json_add(object, "first", follow->packets ? json_time(follow->first) : NULL);
	json_add(object, "last", follow->packets ? json_time(follow->last) : NULL);
	json_add(object, "by_index",
		 json_flag(where_by_index(replay->where)));
	json_add(object, "counters", json_totals(follow));
	json_add(object, "unjudged", json_unjudged(follow));
	json_add(object, "dropped_packets", json_number(follow_dropped(follow)));
	json_add(object, "dropped_flows", json_number(flows->nr));
	json_add(object, "dropped", json_flows(follow, flows));
	json_add(object, "error", json_error(replay));
	json_print(object);
}

/* ---- the whole ---- */

/* What was not understood, and what would make more of a capture than was made of it. */
static void advise_more(const struct replay *replay)
{
	static const char told[] = "--external and --internal say which addresses are where";
	const struct total *unjudged = replay->follow.unjudged;

	if (unjudged[UNJUDGED_FOREIGN].packets) {
		complain("%s: packets of link type %s are not understood",
			 capture_name(replay->capture),
			 pcap_datalink_val_to_name(replay->follow.foreign) ?: "unknown");
		advise("Ethernet, Linux cooked v1 and v2, and raw IP are");
	}
	if (unjudged[UNJUDGED_NOT].packets)
		return;
	if (unjudged[UNJUDGED_DEVICE].packets)
		advise("none of the capture's devices is the policy's; %s", told);
	else if (unjudged[UNJUDGED_UNKNOWN_WAY].packets)
		advise("nothing is of an edge, at its own or public address; %s", told);
}

/* Of a capture of which nothing was judged, it cannot be said that nothing would be dropped. */
static enum status status_of(const struct replay *replay)
{
	const struct follow *follow = &replay->follow;

	if (!replay->is_whole)
		return STATUS_ERROR;
	if (follow->packets && !follow->unjudged[UNJUDGED_NOT].packets) {
		complain("%s: none of its packets could be judged", capture_name(replay->capture));
		return STATUS_ERROR;
	}
	return follow_dropped(follow) ? STATUS_NO : STATUS_YES;
}

static bool tell_where(struct where *where, const struct call *call, enum status *status)
{
	const char *external = call->answers[INIT_EXTERNAL];
	const char *internal = call->answers[INIT_INTERNAL], *wrong = NULL;

	if (external && !where_add(where, LE_EXTERNAL, external, &wrong))
		*status = misuse(call, "--external: '%s' %s", external, wrong);
	else if (internal && !where_add(where, LE_INTERNAL, internal, &wrong))
		*status = misuse(call, "--internal: '%s' %s", internal, wrong);
	else if (call->gateway && !where_add_gateway(where, call->gateway, &wrong))
		*status = misuse(call, "--gateway: '%s' %s", call->gateway, wrong);
	return !wrong;
}

static enum status replay_capture(struct replay *replay, const struct call *call)
{
	struct flows flows;

	replay->table = le_table_compile(replay->policy);
	if (!replay->table)
		die_out_of_memory();
	follow_init(&replay->follow, replay->policy, replay->table, replay->where);
	judge_capture(replay);
	flows_find(&flows, &replay->follow, call->options & OPTION_ALL);
	if (wants_json(call))
		print_json(replay, &flows);
	else
		print_text(replay, &flows);
	advise_more(replay);
	free(flows.list);
	follow_free(&replay->follow);
	le_table_free(replay->table);
	return status_of(replay);
}

/**
 * verb_replay() - judge a capture
 * @call: the operand is the capture
 *
 * Return: STATUS_NO if something would have been dropped; STATUS_ERROR also if none of the packets
 * could be judged, and if the capture is damaged, of which what was read is shown.
 */
enum status verb_replay(const struct call *call)
{
	struct replay job = { .policy = NULL };
	enum status status = STATUS_ERROR;

	if (call->policy && !strcmp(call->policy, "-") && !strcmp(call->operands[0], "-"))
		return misuse(call, "stdin cannot be both the policy and the capture");
	job.policy = load_policy(call->policy);
	if (!job.policy)
		return STATUS_ERROR;
	job.where = where_new(job.policy);
	if (tell_where(job.where, call, &status)) {
		job.capture = capture_open(call->operands[0]);
		if (job.capture) {
			status = replay_capture(&job, call);
			capture_close(job.capture);
		}
	}
	where_free(job.where);
	le_policy_free(job.policy);
	return status;
}
