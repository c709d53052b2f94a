// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verb that shows on a terminal what is going on: rows and reasons by rate. What is measured is
 * in meter.c; here is the screen.
 *
 *   line 0      mode, policy, what waits to be confirmed; host and time
 *   line 1      titles of the columns
 *   lines 2, 3  what was accepted, and what was dropped
 *   ...         rows, as many as fit
 *   ...         reasons, which get up to half of what is left
 *   last line   keys
 */
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include <ncurses.h>

#include "meter.h"
#include "rows.h"
#include "verbs.h"
#include "words.h"

#define MIN_LINES 6
#define MIN_COLUMNS 30

/* Lines that are always there: head, titles, two sums, keys. */
#define FIXED_LINES 5
/* With so many lines between those, an empty one goes between the parts. */
#define AIRY_LINES 10

#define FIGURE_WIDTH 9
#define LEAST_WHAT 12
/* What is beyond that is for a bar. */
#define MOST_WHAT 72
#define LEAST_BAR 8
#define LINE_TEXT 512

#define CTRL_L ('L' & 0x1f)

enum sort { BY_PACKET_RATE, BY_BYTE_RATE, BY_PACKETS, BY_BYTES, BY_ORDER, NR_SORTS };

static const char *const sort_names[NR_SORTS] = {
	[BY_PACKET_RATE] = "packets/s",
	[BY_BYTE_RATE] = "bytes/s",
	[BY_PACKETS] = "packets",
	[BY_BYTES] = "bytes",
	[BY_ORDER] = "matrix",
};

static const double intervals[] = { 0.5, 1, 2, 5, 10, 30, 60 };
#define DEFAULT_INTERVAL 2.0

enum hue { HUE_NONE, HUE_GOOD, HUE_CARE, HUE_BAD };

/**
 * struct top - the verb at work
 * @meter: the readings
 * @policy: the policy in force, which says what rows are; NULL if there is none, or it is not known
 * @generation: of @policy; NULL before the first look
 * @interval: seconds between readings
 * @next: when the next one is due
 * @sort: what is first
 * @paused: nothing is read
 * @since: totals are those since the view was reset
 * @all: what has counted nothing is shown as well
 * @scroll: how many rows are above the first that is shown
 * @page: how many are shown
 * @quit: it is over
 * @coloured: there are colours
 * @when: when the last reading was, for people
 * @host: name of this machine
 */
struct top {
	struct meter meter;
	struct le_policy *policy;
	char *generation;
	double interval;
	double next;
	enum sort sort;
	bool paused;
	bool since;
	bool all;
	size_t scroll;
	size_t page;
	bool quit;
	bool coloured;
	time_t when;
	char host[65];
};

/* ---- text on the screen ---- */

/* Names and complaints may hold anything; what is no plain character would upset the columns. */
static void put(int y, int x, int width, const char *text)
{
	char line[LINE_TEXT];
	int i;

	if (width > LINE_TEXT - 1)
		width = LINE_TEXT - 1;
	for (i = 0; i < width && text[i]; i++)
		line[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
	if (i == width && i && text[i])
		line[i - 1] = '~';
	mvaddnstr(y, x, line, i);
}

static void put_right(int y, int width, const char *text)
{
	int len = (int)strlen(text);

	if (len < width)
		put(y, width - len, len, text);
}

static void colour_line(const struct top *top, int y, enum hue hue, attr_t attr)
{
	mvchgat(y, 0, -1, attr, top->coloured ? (short)hue : 0, NULL);
}

/* ---- the head ---- */

static enum hue hue_of_mode(const char *mode)
{
	if (!strcmp(mode, "enforce"))
		return HUE_GOOD;
	return strcmp(mode, "monitor") ? HUE_BAD : HUE_CARE;
}

static char *head_text(const struct top *top)
{
	const struct state *state = &top->meter.state;
	const char *pause = top->paused ? "PAUSED  " : "";
	bool pending = strcmp(state->confirm, "0");

	if (!strcmp(state->generation, "0"))
		return text_of("%smode %s  no policy yet", pause, state->mode);
	return text_of("%smode %s  policy %s%s%s%s", pause, state->mode, state->generation,
		       pending ? "  undone in " : "", pending ? state->confirm : "",
		       pending ? " s" : "");
}

static void draw_head(const struct top *top)
{
	char *head = head_text(top), *right;
	const struct state *state = &top->meter.state;
	bool pending = strcmp(state->confirm, "0");
	char clock[16] = "";
	struct tm tm;
	int room;

	if (localtime_r(&top->when, &tm))
		strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	put(0, 0, COLS, head);
	room = COLS - (int)strlen(head) - 2;
	right = text_of("%s  %s", top->host, clock);
	if ((int)strlen(right) > room) {
		free(right);
		right = text_of("%s", clock);
	}
	if ((int)strlen(right) <= room)
		put_right(0, COLS, right);
	colour_line(top, 0, pending ? HUE_BAD : hue_of_mode(state->mode), A_REVERSE);
	free(right);
	free(head);
}

/* What there is room for. */
static void draw_keys(const struct top *top)
{
	char *line = text_of("q quit  s sort: %s  p %s  +- interval: %g s  r %s  a %s",
			     sort_names[top->sort], top->paused ? "go on" : "pause", top->interval,
			     top->since ? "module's totals" : "reset view",
			     top->all ? "not all" : "all");

	if ((int)strlen(line) > COLS) {
		free(line);
		line = text_of("q quit  s sort  p pause  +-%gs  r reset", top->interval);
	}
	put(LINES - 1, 0, COLS, line);
	colour_line(top, LINES - 1, HUE_NONE, A_REVERSE);
	free(line);
}

/* ---- the table ---- */

/**
 * struct columns - how a line is divided
 * @name: width of the name
 * @what: width of what it is, 0 if there is no room for that
 * @figures: how many figures there are, of two rates and two totals
 * @right: where they end
 * @bar: width of a bar behind them, 0 if there is none
 */
struct columns {
	int name;
	int what;
	int figures;
	int right;
	int bar;
};

static struct columns columns_for(int width, int longest)
{
	struct columns columns = {
		.figures = width < 38 ? 2 : width < 50 ? 3 : 4,
		.right = width,
	};
	int left = width - columns.figures * FIGURE_WIDTH - 1;

	columns.name = longest < left ? longest : left;
	columns.what = left - columns.name - 2;
	if (columns.what < LEAST_WHAT) {
		columns.what = 0;
		columns.name = left;
	}
	if (columns.what > MOST_WHAT + LEAST_BAR + 2) {
		columns.right -= columns.what - MOST_WHAT;
		columns.bar = width - columns.right - 2;
		columns.what = MOST_WHAT;
	}
	return columns;
}

static void draw_figures(int y, const struct columns *columns, const char *const *figures)
{
	int i, x = columns->right - columns->figures * FIGURE_WIDTH;

	for (i = 0; i < columns->figures; i++, x += FIGURE_WIDTH)
		put_right(y, x + FIGURE_WIDTH, figures[i]);
}

static void draw_titles(const struct top *top, const struct columns *columns)
{
	static const char *const titles[] = { "PACKETS/S", "BYTES/S", "PACKETS", "BYTES" };
	/* The column that is sorted by; the first figure has no blank before it. */
	int x = columns->right - (columns->figures - (int)top->sort) * FIGURE_WIDTH;

	put(1, 0, columns->name, "NAME");
	draw_figures(1, columns, titles);
	put(1, columns->right + 2, columns->bar, "SHARE OF PACKETS/S");
	colour_line(top, 1, HUE_NONE, A_BOLD);
	if (top->sort == BY_ORDER)
		mvchgat(1, 0, 4, A_BOLD | A_UNDERLINE, 0, NULL);
	else if ((int)top->sort < columns->figures)
		mvchgat(1, x + FIGURE_WIDTH - (int)strlen(titles[top->sort]),
			(int)strlen(titles[top->sort]), A_BOLD | A_UNDERLINE, 0, NULL);
}

/* What a row is: all of it if that fits, else what tells it from others. */
static char *what_row(const struct top *top, unsigned int row, int width)
{
	struct row_view view;
	const char *name;
	char *text;

	row_view(&view, top->policy, row);
	name = row < LE_NR_ROWS ? view.application : "site row";
	text = text_of("%s, %s %s, %s %s, from %s to %s", name, view.iface, view.dir,
		       view.protocol, view.ports_text, view.source, view.destination);
	if ((int)strlen(text) <= width)
		return text;
	free(text);
	return text_of("%s %s %s %s", view.protocol, view.ports_text, view.dir, name);
}

static char *what_is(const struct top *top, const struct count *count, int width)
{
	const struct reason_words *words;
	int row;

	if (count_is_of_row(count)) {
		row = count_row(count, top->policy);
		return row < 0 ? text_of("%s", "") : what_row(top, row, width);
	}
	words = words_of_reason(count->name);
	return text_of("%s", words ? words->is : "");
}

/* Of all that is accepted, or of all drops. */
static void draw_bar(const struct top *top, int y, const struct columns *columns,
		     const struct rate *rate)
{
	bool is_drop = rate->count.kind == COUNT_DROP;
	const struct rate *sum = is_drop ? &top->meter.dropped : &top->meter.accepted;
	double share = sum->packets ? (double)rate->packets / (double)sum->packets : 0;
	int i, width = (int)(share * columns->bar + 0.5);

	for (i = 0; i < width; i++)
		mvaddch(y, columns->right + 2 + i, '#');
}

static void draw_rate(const struct top *top, int y, const struct columns *columns,
		      const struct rate *rate, const char *what)
{
	unsigned long long packets = top->since ? rate->since_packets : rate->count.packets;
	unsigned long long bytes = top->since ? rate->since_bytes : rate->count.bytes;
	char texts[4][SHORT_FIGURE];
	const char *const figures[] = { texts[0], texts[1], texts[2], texts[3] };

	short_figure(texts[0], per_second(&top->meter, rate->packets));
	short_figure(texts[1], per_second(&top->meter, rate->bytes));
	short_figure(texts[2], (double)packets);
	short_figure(texts[3], (double)bytes);
	put(y, 0, columns->name, rate->count.name);
	if (columns->what)
		put(y, columns->name + 2, columns->what, what);
	draw_figures(y, columns, figures);
	draw_bar(top, y, columns, rate);
	if (rate->count.kind == COUNT_DROP && rate->packets)
		colour_line(top, y, HUE_BAD, A_BOLD);
	else if (!rate->packets)
		colour_line(top, y, HUE_NONE, A_DIM);
}

static void draw_sums(const struct top *top, const struct columns *columns)
{
	const struct meter *meter = &top->meter;
	bool monitors = !strcmp(meter->state.mode, "monitor");
	struct rate dropped = meter->dropped;

	dropped.count.kind = COUNT_DROP;
	draw_rate(top, 2, columns, &meter->accepted, top->since ? "since the view was reset" : "");
	draw_rate(top, 3, columns, &dropped, monitors ? "let pass: mode monitor" : "");
}

/* ---- what is shown, in which order ---- */

/* A line of the table. */
struct shown {
	const struct rate *rate;
};

/* Of qsort(), which passes nothing on. */
static const struct top *sorted_for;

static double key_of(const struct rate *rate, enum sort sort)
{
	bool since = sorted_for->since;

	switch (sort) {
	case BY_PACKET_RATE:
		return (double)rate->packets;
	case BY_BYTE_RATE:
		return (double)rate->bytes;
	case BY_PACKETS:
		return (double)(since ? rate->since_packets : rate->count.packets);
	case BY_BYTES:
		return (double)(since ? rate->since_bytes : rate->count.bytes);
	default:
		return 0;
	}
}

/*
 * What stands still goes by what it has counted, and what is equal then by the module's order,
 * which is that of the matrix.
 */
static int compare_rates(const void *left, const void *right)
{
	const struct rate *a = ((const struct shown *)left)->rate;
	const struct rate *b = ((const struct shown *)right)->rate;
	enum sort sorts[] = { sorted_for->sort, BY_PACKETS };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sorts) && sorts[0] != BY_ORDER; i++) {
		double key_a = key_of(a, sorts[i]), key_b = key_of(b, sorts[i]);

		if (key_a != key_b)
			return key_a < key_b ? 1 : -1;
	}
	return a < b ? -1 : a > b;
}

/* Rows, or reasons, sorted; the caller frees them. */
static struct shown *choose(const struct top *top, bool rows, size_t *nr)
{
	size_t all = top->meter.state.counts.nr, i;
	struct shown *list = grown(NULL, all + 1, sizeof(*list));

	*nr = 0;
	for (i = 0; i < all; i++) {
		const struct rate *rate = &top->meter.rates[i];

		if (count_is_of_row(&rate->count) == rows && (top->all || rate->count.packets))
			list[(*nr)++] = (struct shown){ .rate = rate };
	}
	sorted_for = top;
	qsort(list, *nr, sizeof(*list), compare_rates);
	return list;
}

static int longest_name(const struct shown *list, size_t nr, int longest)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if ((int)strlen(list[i].rate->count.name) > longest)
			longest = (int)strlen(list[i].rate->count.name);
	return longest;
}

static void draw_list(const struct top *top, int y, const struct columns *columns,
		      const struct shown *list, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		char *what = what_is(top, &list[i].rate->count, columns->what);

		draw_rate(top, y + (int)i, columns, list[i].rate, what);
		free(what);
	}
}

/* Rows that do not fit are said to be there. */
static void draw_rows(struct top *top, int y, const struct columns *columns,
		      const struct shown *list, size_t nr, size_t room)
{
	size_t shown = room, below;
	char *text;

	if (nr > room && room > 1)
		shown = room - 1;
	top->page = shown;
	if (top->scroll + shown > nr)
		top->scroll = nr > shown ? nr - shown : 0;
	below = nr - top->scroll;
	draw_list(top, y, columns, list + top->scroll, below < shown ? below : shown);
	if (!nr)
		put(y, 0, COLS, "No row has counted anything.");
	if (shown == room)
		return;
	below = nr - top->scroll - shown;
	text = text_of("%zu rows above, %zu below (arrow keys)", top->scroll, below);
	put(y + (int)shown, 0, COLS, text);
	colour_line(top, y + (int)shown, HUE_NONE, A_DIM);
	free(text);
}

static void draw_table(struct top *top)
{
	size_t nr_rows, nr_reasons, room = LINES - FIXED_LINES, gap = 0, reasons;
	struct shown *rows = choose(top, true, &nr_rows);
	struct shown *list = choose(top, false, &nr_reasons);
	struct columns columns;
	int longest = longest_name(rows, nr_rows, (int)strlen("accepted"));

	longest = longest_name(list, nr_reasons, longest);
	columns = columns_for(COLS, longest);
	draw_titles(top, &columns);
	draw_sums(top, &columns);
	if (room >= AIRY_LINES) {
		gap = 1;
		room -= 2;
	}
	reasons = nr_reasons < room / 2 ? nr_reasons : room / 2;
	draw_rows(top, 4 + (int)gap, &columns, rows, nr_rows, room - reasons);
	draw_list(top, LINES - 1 - (int)reasons, &columns, list, reasons);
	free(rows);
	free(list);
}

static void draw(struct top *top)
{
	erase();
	if (LINES < MIN_LINES || COLS < MIN_COLUMNS) {
		put(0, 0, COLS, "too small");
	} else if (!top->meter.is_loaded) {
		put(0, 0, COLS, "waiting for the module");
		colour_line(top, 0, HUE_BAD, A_REVERSE);
		put(2, 0, COLS, top->meter.complaint ? top->meter.complaint : "");
		draw_keys(top);
	} else {
		draw_head(top);
		draw_table(top);
		draw_keys(top);
	}
	refresh();
}

/* ---- reading ---- */

/* Rows are explained by the policy in force. One that cannot be read explains none. */
static void keep_up(struct top *top)
{
	struct state state = { .policy = NULL };
	const char *generation = top->meter.state.generation;
	char *complaint = NULL;

	if (top->generation && !strcmp(top->generation, generation))
		return;
	complain_to(&complaint);
	state_read_policy(&state);
	complain_to(NULL);
	free(complaint);
	le_policy_free(top->policy);
	top->policy = state.policy;
	free(top->generation);
	top->generation = text_of("%s", generation);
}

static void forget_policy(struct top *top)
{
	le_policy_free(top->policy);
	top->policy = NULL;
	free(top->generation);
	top->generation = NULL;
}

static void read_again(struct top *top)
{
	if (meter_read(&top->meter))
		keep_up(top);
	else
		/* The next one counts its policies from 0 again. */
		forget_policy(top);
	top->when = time(NULL);
	top->next = meter_now() + top->interval;
}

/* ---- keys ---- */

static void change_interval(struct top *top, bool longer)
{
	size_t i;

	if (longer) {
		for (i = 0; i < ARRAY_SIZE(intervals) - 1 && intervals[i] <= top->interval; i++)
			;
		if (intervals[i] > top->interval)
			top->interval = intervals[i];
	} else {
		for (i = ARRAY_SIZE(intervals) - 1; i && intervals[i] >= top->interval; i--)
			;
		if (intervals[i] < top->interval)
			top->interval = intervals[i];
	}
	top->next = meter_now() + top->interval;
}

static void scroll_by(struct top *top, long by)
{
	if (by < 0 && (size_t)-by > top->scroll)
		top->scroll = 0;
	else
		top->scroll += by;
}

static void take_key(struct top *top, int key)
{
	switch (key) {
	case 'q':
	case 'Q':
		top->quit = true;
		break;
	case 's':
		top->sort = (top->sort + 1) % NR_SORTS;
		break;
	case 'p':
	case ' ':
		top->paused = !top->paused;
		if (!top->paused)
			read_again(top);
		break;
	case '+':
	case '-':
		change_interval(top, key == '+');
		break;
	case 'r':
		top->since = !top->since;
		meter_start_anew(&top->meter);
		break;
	case 'a':
		top->all = !top->all;
		break;
	case KEY_UP:
	case KEY_DOWN:
		scroll_by(top, key == KEY_UP ? -1 : 1);
		break;
	case KEY_PPAGE:
	case KEY_NPAGE:
		scroll_by(top, key == KEY_PPAGE ? -(long)top->page : (long)top->page);
		break;
	case KEY_RESIZE:
	case CTRL_L:
		/* What the terminal made of the old picture is not known. */
		clear();
		break;
	default:
		break;
	}
}

/* ---- the loop ---- */

/* What ends it, in an orderly way. They wait until they are read from the file that this makes. */
static int open_stops(void)
{
	sigset_t stops;

	sigemptyset(&stops);
	sigaddset(&stops, SIGINT);
	sigaddset(&stops, SIGTERM);
	sigaddset(&stops, SIGHUP);
	/* As long as nothing is waited for, the terminal keeps its size. */
	sigaddset(&stops, SIGWINCH);
	sigprocmask(SIG_BLOCK, &stops, NULL);
	sigdelset(&stops, SIGWINCH);
	return signalfd(-1, &stops, SFD_CLOEXEC);
}

/* For a key, a new size, the time to read again, or the end. */
static void await(struct top *top, int stops)
{
	struct pollfd files[] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = stops, .events = POLLIN },
	};
	double left = top->next - meter_now();
	struct timespec time = { .tv_sec = 0 };
	sigset_t mask;

	if (left > 0) {
		time.tv_sec = (time_t)left;
		time.tv_nsec = (long)((left - (double)time.tv_sec) * 1e9);
	}
	sigprocmask(SIG_BLOCK, NULL, &mask);
	sigdelset(&mask, SIGWINCH);
	if (ppoll(files, ARRAY_SIZE(files), top->paused ? NULL : &time, &mask) <= 0)
		return;
	/* A terminal that has gone has no keys, for ever. */
	if (files[1].revents || files[0].revents & ~POLLIN)
		top->quit = true;
}

static void run(struct top *top, int stops)
{
	int key;

	draw(top);
	while (!top->quit) {
		await(top, stops);
		while ((key = getch()) != ERR)
			take_key(top, key);
		if (!top->paused && top->next <= meter_now())
			read_again(top);
		draw(top);
	}
}

/* ---- the screen ---- */

static struct screen *screen;

/* Also if memory runs out, which ends the program. */
static void close_screen(void)
{
	if (!screen)
		return;
	endwin();
	delscreen(screen);
	screen = NULL;
}

static bool open_screen(struct top *top)
{
	const char *no_colour = getenv("NO_COLOR");

	screen = newterm(NULL, stdout, stdin);
	if (!screen) {
		const char *term = getenv("TERM");

		complain("the terminal '%s' is not known", term ? term : "");
		advise("is TERM right? 'lyncedgectl counters --watch' does without");
		return false;
	}
	atexit(close_screen);
	cbreak();
	noecho();
	nodelay(stdscr, TRUE);
	keypad(stdscr, TRUE);
	set_escdelay(25);
	curs_set(0);
	if ((no_colour && *no_colour) || !has_colors())
		return true;
	start_color();
	use_default_colors();
	init_pair(HUE_GOOD, COLOR_GREEN, -1);
	init_pair(HUE_CARE, COLOR_YELLOW, -1);
	init_pair(HUE_BAD, COLOR_RED, -1);
	top->coloured = true;
	return true;
}

static enum status show(struct top *top)
{
	int stops;

	if (!meter_start(&top->meter))
		return STATUS_ERROR;
	keep_up(top);
	top->when = time(NULL);
	top->next = meter_now() + top->interval;
	if (gethostname(top->host, sizeof(top->host) - 1))
		top->host[0] = 0;
	if (!open_screen(top))
		return STATUS_ERROR;
	stops = open_stops();
	run(top, stops);
	close_screen();
	close(stops);
	return STATUS_YES;
}

/**
 * verb_top() - show what is going on, on a terminal
 * @call: how often is the operand, if there is one
 *
 * Return: STATUS_YES when it has been told to quit, or STATUS_ERROR.
 */
enum status verb_top(const struct call *call)
{
	struct top top = { .interval = DEFAULT_INTERVAL };
	enum status status;

	if (call->nr_operands && !parse_interval(call->operands[0], &top.interval))
		return misuse(call, "'%s' is no number of seconds from 0.1 to 86400",
			      call->operands[0]);
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		complain("top wants a terminal to show things on, and keys");
		advise("'lyncedgectl counters --watch' prints them to a pipe or a file");
		return STATUS_ERROR;
	}
	status = show(&top);
	forget_policy(&top);
	meter_free(&top.meter);
	return status;
}
