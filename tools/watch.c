// SPDX-License-Identifier: GPL-2.0-only
/*
 * "counters --watch": what was counted, again and again, as lines for a pipe, a file or a program.
 */
#include <signal.h>
#include <time.h>

#include "meter.h"
#include "verbs.h"

#define DEFAULT_INTERVAL 2.0

/**
 * struct watch - the verb at work
 * @call: how it was called
 * @interval: seconds between readings
 * @left: how many are still wanted
 * @meter: the readings
 * @width: of the column of names
 * @complained: the module's absence was complained about
 */
struct watch {
	const struct call *call;
	double interval;
	u64 left;
	struct meter meter;
	int width;
	bool complained;
};

/* ---- text ---- */

static void put_time(const struct timespec *when)
{
	char text[32] = "";
	struct tm tm;

	if (localtime_r(&when->tv_sec, &tm))
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	printf("%s.%03ld", text, when->tv_nsec / 1000000);
}

static void print_titles(struct watch *watch)
{
	const struct counts *counts = &watch->meter.state.counts;
	size_t i;

	watch->width = strlen("accepted");
	for (i = 0; i < counts->nr; i++)
		if ((int)strlen(counts->list[i].name) > watch->width)
			watch->width = strlen(counts->list[i].name);
	printf("%-23s  %-*s  %-8s  %11s  %13s  %11s  %13s\n", "TIME", watch->width, "NAME", "KIND",
	       "PACKETS", "BYTES", "PACKETS/S", "BYTES/S");
}

static void print_rate(const struct watch *watch, const struct timespec *when, const char *kind,
		       const struct rate *rate)
{
	put_time(when);
	printf("  %-*s  %-8s  %11llu  %13llu  %11.1f  %13.1f\n", watch->width, rate->count.name,
	       kind, rate->packets, rate->bytes, per_second(&watch->meter, rate->packets),
	       per_second(&watch->meter, rate->bytes));
}

static void print_lines(const struct watch *watch, const struct timespec *when)
{
	const struct meter *meter = &watch->meter;
	bool all = watch->call->options & OPTION_ALL;
	size_t i;

	for (i = 0; i < meter->state.counts.nr; i++) {
		const struct rate *rate = &meter->rates[i];

		if (all || rate->packets)
			print_rate(watch, when, count_kind_names[rate->count.kind], rate);
	}
	print_rate(watch, when, "sum", &meter->accepted);
	print_rate(watch, when, "sum", &meter->dropped);
}

/* ---- JSON ---- */

static void json_add_rate(struct json_object *object, const struct meter *meter,
			  const struct rate *rate)
{
	json_add(object, "packets", json_number(rate->count.packets));
	json_add(object, "bytes", json_number(rate->count.bytes));
	json_add(object, "new_packets", json_number(rate->packets));
	json_add(object, "new_bytes", json_number(rate->bytes));
	json_add(object, "packets_per_second", json_figure(per_second(meter, rate->packets)));
	json_add(object, "bytes_per_second", json_figure(per_second(meter, rate->bytes)));
}

static struct json_object *json_of_sum(const struct meter *meter, const struct rate *sum)
{
	struct json_object *object = json_map();

	json_add_rate(object, meter, sum);
	return object;
}

static struct json_object *json_of_rates(const struct meter *meter, bool all)
{
	struct json_object *array = json_list();
	size_t i;

	for (i = 0; i < meter->state.counts.nr; i++) {
		const struct rate *rate = &meter->rates[i];
		struct json_object *entry;

		if (!all && !rate->packets)
			continue;
		entry = json_map();
		json_add(entry, "name", json_text(rate->count.name));
		json_add(entry, "kind", json_text(count_kind_names[rate->count.kind]));
		json_add_rate(entry, meter, rate);
		json_append(array, entry);
	}
	return array;
}

static void print_object(const struct watch *watch, const struct timespec *when)
{
	struct json_object *object = json_map();
	const struct meter *meter = &watch->meter;

	json_add(object, "time", json_figure((double)when->tv_sec + (double)when->tv_nsec / 1e9));
	json_add(object, "seconds", json_figure(meter->seconds));
	json_add(object, "mode", json_text(meter->state.mode));
	json_add(object, "generation",
		 json_number(strtoull(meter->state.generation, NULL, 10)));
	json_add(object, "confirm_seconds",
		 json_number(strtoull(meter->state.confirm, NULL, 10)));
	json_add(object, "reset", json_flag(meter->was_reset));
	json_add(object, "accepted", json_of_sum(meter, &meter->accepted));
	json_add(object, "dropped", json_of_sum(meter, &meter->dropped));
	json_add(object, "counters",
		 json_of_rates(meter, watch->call->options & OPTION_ALL));
	json_print_line(object);
}

/* ---- the loop ---- */

/* Once for each time that it goes; what is printed is for programs. */
static void complain_of_absence(struct watch *watch)
{
	if (!watch->complained)
		complain("%s: waiting for it", watch->meter.complaint);
	watch->complained = true;
}

static void print(struct watch *watch)
{
	struct timespec when;

	clock_gettime(CLOCK_REALTIME, &when);
	watch->complained = false;
	/* It is back, with nothing to compare with. */
	if (!(watch->meter.seconds > 0))
		return;
	if (wants_json(watch->call))
		print_object(watch, &when);
	else
		print_lines(watch, &when);
	watch->left--;
}

/* Sleeps until @deadline. Return: whether it was not told to stop. */
static bool sleep_until(double deadline, const sigset_t *stops)
{
	for (;;) {
		double left = deadline - meter_now();
		struct timespec time = { .tv_sec = 0 };

		if (left > 0) {
			time.tv_sec = (time_t)left;
			time.tv_nsec = (long)((left - (double)time.tv_sec) * 1e9);
		}
		if (sigtimedwait(stops, NULL, &time) >= 0)
			return false;
		if (errno == EAGAIN)
			return true;
	}
}

/* Each line at once; who has gone away wants no more. */
static void run(struct watch *watch, const sigset_t *stops)
{
	double deadline = watch->meter.when;

	if (!wants_json(watch->call))
		print_titles(watch);
	while (watch->left && !fflush(stdout)) {
		deadline += watch->interval;
		/* A machine that slept, or is too slow, has nothing to catch up with. */
		if (deadline < meter_now())
			deadline = meter_now();
		if (!sleep_until(deadline, stops))
			return;
		if (meter_read(&watch->meter))
			print(watch);
		else
			complain_of_absence(watch);
	}
}

/**
 * watch_counters() - show what is counted, again and again
 * @call: with --watch; how often is its operand or the verb's
 *
 * Return: STATUS_YES when it has been told to stop, or STATUS_ERROR.
 */
enum status watch_counters(const struct call *call)
{
	struct watch watch = { .call = call, .interval = DEFAULT_INTERVAL, .left = UINT64_MAX };
	const char *seconds = call->nr_operands ? call->operands[0] : call->watch;
	enum status status = STATUS_ERROR;
	sigset_t stops, before;

	if (call->nr_operands && call->watch)
		return misuse(call, "'%s' is too much", call->operands[0]);
	if (seconds && !parse_interval(seconds, &watch.interval))
		return misuse(call, "--watch: '%s' is no number of seconds from 0.1 to 86400",
			      seconds);
	if (call->count && (!parse_number(call->count, UINT32_MAX, &watch.left) || !watch.left))
		return misuse(call, "--count: '%s' is no number of times", call->count);
	/* They wait until they are asked for. */
	sigemptyset(&stops);
	sigaddset(&stops, SIGINT);
	sigaddset(&stops, SIGTERM);
	sigprocmask(SIG_BLOCK, &stops, &before);
	if (meter_start(&watch.meter)) {
		run(&watch, &stops);
		status = STATUS_YES;
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	meter_free(&watch.meter);
	return status;
}
