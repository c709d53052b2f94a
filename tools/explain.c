// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verb that says what becomes of a packet: of one, with reasons, or of a million, fast. The
 * judging itself is the module's (lyncedge_rules.c); how packets are written is in packet_line.c.
 */
#include <unistd.h>

#include "conn.h"
#include "explain.h"
#include "load.h"
#include "lyncedge_rules.h"
#include "nearest.h"
#include "packet_json.h"
#include "rows.h"
#include "sysfs.h"
#include "verbs.h"

/* A line of a batch and its answer are never longer than these; see PACKET_LINE_MAX. */
#define IN_BUFFER (256 << 10)
#define OUT_BUFFER (256 << 10)
#define ANSWER_MAX 160

struct answer {
	char text[ANSWER_MAX];
	u32 len;
};

/**
 * struct judge - all that a question is answered by
 * @policy: the policy
 * @table: the same, compiled
 * @rows: answers of the rows, with the line's end
 * @reasons: answers of the other outcomes, by le_outcome_index()
 */
struct judge {
	struct le_policy *policy;
	struct le_table *table;
	struct answer *rows;
	struct answer reasons[LE_NR_REASONS + 1];
};

static __printf(2, 3) void put_answer(struct answer *answer, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	answer->len = vscnprintf(answer->text, sizeof(answer->text), fmt, args);
	va_end(args);
}

/* A batch's answers with --json are objects, one a line. */
static void put_answers(struct judge *judge, bool json)
{
	const char *accept = json ? "{\"verdict\": \"accept\", \"row\": \"%s\"}\n" : "accept %s\n";
	const char *other = json ? "{\"verdict\": \"accept\", \"reason\": \"%s\"}\n" :
				   "accept %s\n";
	const char *drop = json ? "{\"verdict\": \"drop\", \"reason\": \"%s\"}\n" : "drop %s\n";
	unsigned int i;

	for (i = 0; i < nr_rows(judge->policy); i++) {
		struct row_view view;

		row_view(&view, judge->policy, i);
		put_answer(&judge->rows[i], accept, view.id);
	}
	for (i = 0; i < LE_NR_REASONS; i++)
		put_answer(&judge->reasons[i], i < LE_NR_DROPS ? drop : other, le_reason_names[i]);
	put_answer(&judge->reasons[le_outcome_index(LE_UNJUDGED)], other, "unjudged");
}

static const struct answer *answer_of(const struct judge *judge, int outcome)
{
	return outcome >= 0 ? &judge->rows[outcome] : &judge->reasons[le_outcome_index(outcome)];
}

static bool judge_init(struct judge *judge, const struct call *call)
{
	bool json_lines = wants_json(call) && call->options & OPTION_BATCH;

	static_assert(-LE_UNJUDGED - 1 == LE_NR_REASONS, "unjudged comes after the reasons");
	judge->policy = load_policy(call->policy);
	if (!judge->policy)
		return false;
	judge->table = le_table_compile(judge->policy);
	if (!judge->table)
		die_out_of_memory();
	judge->rows = grown(NULL, nr_rows(judge->policy), sizeof(*judge->rows));
	put_answers(judge, json_lines);
	return true;
}

static void judge_destroy(struct judge *judge)
{
	le_table_free(judge->table);
	le_policy_free(judge->policy);
	free(judge->rows);
}

/* A packet is taken for the first of its connection, as conntrack would see it. */
static int outcome_of(const struct le_table *table, struct asked *asked)
{
	asked->packet.track = table->stateless ? LE_TRACK_NONE : LE_TRACK_ORIGINAL;
	return le_judge(table, asked->crossing, &asked->packet);
}

/* ---- a batch ---- */

/**
 * struct batch - a batch on its way
 * @judge: answers
 * @json: answers are objects
 * @failed: a line could not be judged
 * @in: what was read and is not answered yet
 * @in_len: length of that
 * @skipping: the line is too long, and was answered; the rest of it is still to come
 * @out: answers that are not written yet
 * @out_len: length of that
 */
struct batch {
	const struct judge *judge;
	bool json;
	bool failed;
	char in[IN_BUFFER];
	size_t in_len;
	bool skipping;
	char out[OUT_BUFFER];
	size_t out_len;
};

static void flush(struct batch *batch)
{
	/* A failure is remembered by stdout, and found when lyncedgectl ends. */
	fwrite(batch->out, 1, batch->out_len, stdout);
	fflush(stdout);
	batch->out_len = 0;
}

static void put(struct batch *batch, const char *text, size_t len)
{
	if (batch->out_len + len > OUT_BUFFER)
		flush(batch);
	memcpy(batch->out + batch->out_len, text, len);
	batch->out_len += len;
}

static void answer_line(struct batch *batch, const char *line, size_t len)
{
	struct answer error;
	const struct answer *answer;
	struct asked asked;
	const char *wrong;

	if (len && line[len - 1] == '\r')
		len--;
	wrong = packet_line_parse(line, len, &asked);
	if (wrong) {
		put_answer(&error, batch->json ? "{\"error\": \"%s\"}\n" : "error %s\n", wrong);
		answer = &error;
		batch->failed = true;
	} else {
		answer = answer_of(batch->judge, outcome_of(batch->judge->table, &asked));
	}
	put(batch, answer->text, answer->len);
}

/* Answers the whole lines, and keeps what is left of the last. */
static void answer_lines(struct batch *batch)
{
	char *line = batch->in, *end = batch->in + batch->in_len, *newline;

	while ((newline = memchr(line, '\n', end - line))) {
		if (!batch->skipping)
			answer_line(batch, line, newline - line);
		batch->skipping = false;
		line = newline + 1;
	}
	batch->in_len = end - line;
	if (batch->in_len > PACKET_LINE_MAX + 1) {
		if (!batch->skipping)
			answer_line(batch, line, batch->in_len);
		batch->skipping = true;
	}
	if (batch->skipping)
		batch->in_len = 0;
	memmove(batch->in, line, batch->in_len);
}

/* Answers are written before more is waited for, so that a program can ask line by line. */
static bool answer_input(struct batch *batch)
{
	ssize_t n;

	do {
		flush(batch);
		n = read(STDIN_FILENO, batch->in + batch->in_len, IN_BUFFER - batch->in_len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			complain("stdin: %s", strerror(errno));
			return false;
		}
		batch->in_len += n;
		answer_lines(batch);
	} while (n);
	if (batch->in_len)
		answer_line(batch, batch->in, batch->in_len);
	flush(batch);
	return true;
}

static enum status explain_batch(const struct judge *judge, bool json)
{
	struct batch *batch = grown(NULL, 1, sizeof(*batch));
	enum status status = STATUS_ERROR;

	batch->judge = judge;
	batch->json = json;
	batch->failed = false;
	batch->skipping = false;
	batch->in_len = 0;
	batch->out_len = 0;
	if (answer_input(batch) && !batch->failed)
		status = STATUS_YES;
	free(batch);
	return status;
}

/* ---- one packet ---- */

/* For a packet that no row takes. */
static char *nearest_sentence(const struct le_policy *policy, const struct asked *asked)
{
	struct nearest nearest;
	char *text;

	nearest_find(&nearest, policy, asked->crossing, &asked->packet.flow);
	text = nearest_text(&nearest);
	nearest_free(&nearest);
	return text;
}

/**
 * explain_outcome() - say why, or how to have it otherwise
 * @policy: what was judged by
 * @outcome: what becomes of a packet
 * @asked: the packet, as the first of its connection
 *
 * Return: a text, which the caller frees; NULL where the outcome says it all.
 */
char *explain_outcome(const struct le_policy *policy, int outcome, const struct asked *asked)
{
	switch (outcome) {
	case LE_UNJUDGED:
		return text_of("not at an edge's address: none of 'option scope address'");
	case LE_BLOCKED:
		return text_of("the far address is in the block list");
	case LE_PROTOCOL:
		return text_of("rows are for TCP and UDP%s",
			       asked->packet.kind == LE_KIND_ICMP_ECHO ?
			       "; 'option icmp-echo allow' lets echo pass" : "");
	case LE_ICMP_ECHO:
		return text_of("by 'option icmp-echo allow'");
	case LE_NO_ROW:
		return nearest_sentence(policy, asked);
	default:
		return NULL;
	}
}

/* The row that would take a packet, if the other end had begun its connection; -1 if none would. */
static int row_of_answer(const struct le_table *table, const struct asked *asked)
{
	struct le_packet packet = asked->packet;

	if (packet.kind != LE_KIND_PORTS || !packet.may_answer)
		return LE_NO_ROW;
	packet.track = LE_TRACK_REPLY;
	return le_judge(table, asked->crossing, &packet);
}

/**
 * explain_drop() - say why a packet was dropped, which need not be the first of its connection
 * @policy: what it is explained by
 * @table: the same, compiled
 * @outcome: what became of it; a drop
 * @asked: the packet
 *
 * Return: a text, which the caller frees; NULL where the outcome says it all.
 */
char *explain_drop(const struct le_policy *policy, const struct le_table *table, int outcome,
		   const struct asked *asked)
{
	struct row_view view;
	int row;

	if (outcome == LE_MALFORMED)
		return text_of("headers that are cut short or contradict themselves");
	if (outcome == LE_PROTOCOL && asked->packet.kind == LE_KIND_ICMP_ERROR)
		return text_of("an ICMP error about no connection that passes");
	row = outcome == LE_NO_ROW ? row_of_answer(table, asked) : LE_NO_ROW;
	if (row < 0)
		return explain_outcome(policy, outcome, asked);
	row_view(&view, policy, row);
	return text_of("row %s would take it as an answer, had the other end begun", view.id);
}

static char *reason_text(const struct judge *judge, int outcome, const struct asked *asked)
{
	return explain_outcome(judge->policy, outcome, asked);
}

static void json_add_nearest(struct json_object *object, const struct judge *judge,
			     const struct asked *asked)
{
	struct json_object *entry = NULL;
	struct nearest nearest;

	if (nearest_find(&nearest, judge->policy, asked->crossing, &asked->packet.flow)) {
		entry = json_map();
		json_add(entry, "row", json_text(nearest.name));
		json_add(entry, "differs",
			 nearest.differs ? json_text(nearest.differs) : NULL);
	}
	json_add(object, "nearest", entry);
	nearest_free(&nearest);
}

/* ADDRESS, with the port if there are any. */
static char *end_text(const union le_addr *addr, u16 port, const struct le_flow *flow)
{
	bool ports = flow->protocol == IPPROTO_TCP || flow->protocol == IPPROTO_UDP;
	char text[PACKET_END_TEXT];

	packet_end_format(text, sizeof(text), addr, flow->family, ports ? port : -1);
	return text_of("%s", text);
}

static char *source_text(const struct le_flow *flow)
{
	return end_text(&flow->src, flow->sport, flow);
}

static char *destination_text(const struct le_flow *flow)
{
	return end_text(&flow->dst, flow->dport, flow);
}

static void print_conn(const struct conn *conn, const struct asked *asked)
{
	const struct le_flow *judged = &asked->packet.flow;
	char *source = source_text(&conn->original), *seen_source = source_text(judged);
	char *dest = destination_text(&conn->original), *seen_dest = destination_text(judged);
	char number[4];

	printf("  %s %s to %s%s%s%s\n",
	       packet_protocol_name(&asked->packet, number, sizeof(number)), source, dest,
	       *conn->state ? ", " : "", conn->state, conn->unreplied ? ", not answered" : "");
	printf("  judged as %s %s: %s to %s\n", le_iface_names[asked->crossing / LE_NR_DIRS],
	       le_dir_names[asked->crossing % LE_NR_DIRS], seen_source, seen_dest);
	free(source);
	free(seen_source);
	free(dest);
	free(seen_dest);
}

/* The verdict is its first word. */
static void print_answer(const char *text, bool accepts)
{
	size_t len = strcspn(text, " ");

	printf("%s%.*s%s%s", colour_on(stdout, accepts ? COLOUR_GOOD : COLOUR_BAD), (int)len, text,
	       colour_off(stdout), text + len);
}

/* @conn is the connection that the packet was found in, or NULL. */
static void print_text(const struct judge *judge, int outcome, struct asked *asked,
		       const struct conn *conn)
{
	struct row_view view;
	unsigned int row;
	char *reason;

	print_answer(answer_of(judge, outcome)->text, le_outcome_accepts(outcome));
	if (conn)
		print_conn(conn, asked);
	if (outcome < 0) {
		reason = reason_text(judge, outcome, asked);
		if (reason)
			printf("  %s\n", reason);
		free(reason);
		return;
	}
	row_view(&view, judge->policy, outcome);
	printf("  %s, %s: %s %s, %s to port %s, from %s to %s\n", view.service, view.application,
	       view.iface, view.dir, view.protocol, view.ports_text, view.source,
	       view.destination);
	for (row = 0; row < LE_NR_ROWS; row++)
		if (row_counts_at(judge->policy, row) == outcome)
			printf("  %s says the same; its traffic counts here\n", le_matrix[row].id);
}

static struct json_object *json_of_outcome(const struct judge *judge, int outcome,
					   struct asked *asked)
{
	struct json_object *object = json_map();
	struct row_view view;
	char *reason;

	json_add(object, "verdict",
		 json_text(le_outcome_accepts(outcome) ? "accept" : "drop"));
	if (outcome >= 0) {
		row_view(&view, judge->policy, outcome);
		json_add(object, "row", json_text(view.id));
		json_add(object, "service", json_text(view.service));
		json_add(object, "application", json_text(view.application));
	} else {
		json_add(object, "reason", json_text(outcome == LE_UNJUDGED ? "unjudged" :
			 le_reason_names[le_outcome_index(outcome)]));
		reason = reason_text(judge, outcome, asked);
		json_add(object, "explanation", reason ? json_text(reason) : NULL);
		free(reason);
		if (outcome == LE_NO_ROW)
			json_add_nearest(object, judge, asked);
	}
	return object;
}

/* What the policy in force says is one thing, whether it is enforced another. */
static void print_mode(int outcome)
{
	char *mode = sysfs_read_line("mode");

	if (mode && !strcmp(mode, "off"))
		printf("  the mode is off: now it passes unjudged\n");
	else if (mode && !strcmp(mode, "monitor") && !le_outcome_accepts(outcome))
		printf("  the mode is monitor: now it is counted, and passes\n");
	free(mode);
}

static enum status explain_one(const struct judge *judge, struct asked *asked,
			       const struct call *call)
{
	int outcome = outcome_of(judge->table, asked);

	if (wants_json(call)) {
		json_print(json_of_outcome(judge, outcome, asked));
	} else {
		print_text(judge, outcome, asked, NULL);
		if (!call->policy)
			print_mode(outcome);
	}
	return le_outcome_accepts(outcome) ? STATUS_YES : STATUS_NO;
}

/* ---- connections ---- */

/**
 * struct conn_answers - what becomes of connections, so far
 * @judge: answers
 * @array: the answers as JSON; NULL if they are printed
 * @nr: how many there are
 * @drops: some are drops
 */
struct conn_answers {
	const struct judge *judge;
	struct json_object *array;
	unsigned long nr;
	bool drops;
};

static void json_add_text(struct json_object *object, const char *key, char *text)
{
	json_add(object, key, json_text(text));
	free(text);
}

static struct json_object *json_of_conn(const struct conn *conn, const struct asked *asked)
{
	struct json_object *object = json_map();
	const struct le_flow *judged = &asked->packet.flow;
	char number[4];

	json_add(object, "protocol",
		 json_text(packet_protocol_name(&asked->packet, number, sizeof(number))));
	json_add(object, "state", *conn->state ? json_text(conn->state) : NULL);
	json_add(object, "answered", json_flag(!conn->unreplied));
	json_add_text(object, "source", source_text(&conn->original));
	json_add_text(object, "destination", destination_text(&conn->original));
	json_add_crossing(object, asked->crossing, true);
	json_add_text(object, "judged_source", source_text(judged));
	json_add_text(object, "judged_destination", destination_text(judged));
	return object;
}

static void answer_conn(struct conn_answers *answers, const struct conn *conn, struct asked *asked)
{
	int outcome = outcome_of(answers->judge->table, asked);
	struct json_object *object;

	answers->nr++;
	if (!le_outcome_accepts(outcome))
		answers->drops = true;
	if (!answers->array) {
		print_text(answers->judge, outcome, asked, conn);
		return;
	}
	object = json_of_outcome(answers->judge, outcome, asked);
	json_add(object, "connection", json_of_conn(conn, asked));
	json_append(answers->array, object);
}

static void answer_conns(struct conn_answers *answers, const struct conns *conns, u32 said)
{
	unsigned int crossing;
	size_t i;

	for (i = 0; i < conns->nr; i++) {
		struct asked asked;
		u32 crossings;

		conn_judged(&conns->list[i], &asked);
		crossings = said ? said : conn_crossings(answers->judge->policy,
							 &asked.packet.flow);
		for (crossing = 0; crossing < LE_NR_CROSSINGS; crossing++) {
			if (!(crossings & BIT(crossing)))
				continue;
			asked.crossing = crossing;
			answer_conn(answers, &conns->list[i], &asked);
		}
	}
}

/* That nothing is there is an answer where everything was asked about, and else none. */
static enum status no_connection(const struct conn_query *query, const struct conns *conns)
{
	if (!query->nr_ends && !query->entry) {
		complain("no such connection is at an edge's address");
		return STATUS_YES;
	}
	if (!conns->nr) {
		complain("conntrack knows no such connection");
		advise("'conntrack -L' lists what it knows, each end before and after NAT");
		return STATUS_ERROR;
	}
	complain("neither end is an edge's address: where it crosses is not known");
	advise("say so: explain --conn INTERFACE DIRECTION ...");
	return STATUS_ERROR;
}

static enum status explain_conns(const struct judge *judge, const struct call *call,
				 const struct conn_query *query)
{
	struct conn_answers answers = { .judge = judge };
	struct conns conns;
	struct json_object *object;

	if (!conns_find(&conns, query))
		return STATUS_ERROR;
	if (wants_json(call))
		answers.array = json_list();
	answer_conns(&answers, &conns, query->crossings);
	if (answers.array) {
		object = json_map();
		json_add(object, "connections", answers.array);
		json_print(object);
	}
	if (!answers.nr) {
		enum status status = no_connection(query, &conns);

		free(conns.list);
		return status;
	}
	free(conns.list);
	return answers.drops ? STATUS_NO : STATUS_YES;
}

static enum status verb_explain_conns(const struct call *call)
{
	struct judge judge = { .policy = NULL };
	enum status status = STATUS_ERROR;
	struct conn_query query;
	const char *wrong;

	if (call->options & OPTION_BATCH)
		return misuse(call, "--conn and --batch do not go together");
	wrong = conn_query_parse(&query, call->operands, call->nr_operands);
	if (wrong)
		return misuse(call, "%s", wrong);
	if (query.from_stdin && call->policy && !strcmp(call->policy, "-"))
		return misuse(call, "stdin cannot be both the policy and the connections");
	if (judge_init(&judge, call)) {
		status = explain_conns(&judge, call, &query);
		judge_destroy(&judge);
	}
	free(query.entry);
	return status;
}

/**
 * verb_explain() - say what becomes of a packet
 * @call: the operands are the packet, or with --batch it is one a line of stdin, or with --conn
 *	what is known of it is found in conntrack's table
 *
 * Return: STATUS_NO if it is dropped; for a batch STATUS_YES, or STATUS_ERROR if a line of it
 * could not be judged.
 */
enum status verb_explain(const struct call *call)
{
	bool is_batch = call->options & OPTION_BATCH;
	struct judge judge = { .policy = NULL };
	enum status status = STATUS_ERROR;
	const char *wrong = NULL;
	struct asked asked;
	char *line;

	if (call->options & OPTION_CONN)
		return verb_explain_conns(call);
	if (is_batch && call->nr_operands)
		return misuse(call, "--batch reads packets from stdin, and takes none here");
	if (is_batch && call->policy && !strcmp(call->policy, "-"))
		return misuse(call, "stdin cannot be both the policy and the packets");
	if (!is_batch && !call->nr_operands)
		return misuse(call, "the packet is missing");
	if (!is_batch) {
		/* Put together again to the line that a batch would have. */
		line = joined(call->operands, call->nr_operands);
		wrong = packet_line_parse(line, strlen(line), &asked);
		free(line);
	}
	if (wrong)
		return misuse(call, "%s", wrong);
	if (!judge_init(&judge, call))
		return STATUS_ERROR;
	if (is_batch)
		status = explain_batch(&judge, wants_json(call));
	else
		status = explain_one(&judge, &asked, call);
	judge_destroy(&judge);
	return status;
}
