// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the module's counters again and again, and compares. What is shown of that is the business
 * of watch.c and top.c.
 */
#include <time.h>

#include "meter.h"

/**
 * meter_now() - the time that readings are compared by
 *
 * Return: seconds of a clock that nobody sets.
 */
double meter_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/*
 * Counters come in the same order each time but where the policy changes: the one at @hint mostly
 * is it. NULL for one that was not there before.
 */
static const struct rate *find_before(const struct meter *before, size_t hint, const char *name)
{
	size_t nr = before->state.counts.nr, i;

	if (hint < nr && !strcmp(before->rates[hint].count.name, name))
		return &before->rates[hint];
	for (i = 0; i < nr; i++)
		if (!strcmp(before->rates[i].count.name, name))
			return &before->rates[i];
	return NULL;
}

/* Whether a counter starts again from 0: then all that it has is new. */
static bool fell(const struct rate *before, const struct count *now)
{
	return now->packets < before->count.packets || now->bytes < before->count.bytes;
}

static void compare(struct rate *rate, const struct rate *before)
{
	const struct count *count = &rate->count;
	bool is_new = !before || fell(before, count);

	rate->packets = count->packets - (is_new ? 0 : before->count.packets);
	rate->bytes = count->bytes - (is_new ? 0 : before->count.bytes);
	rate->since_packets = rate->packets + (is_new ? 0 : before->since_packets);
	rate->since_bytes = rate->bytes + (is_new ? 0 : before->since_bytes);
}

static void add_up(struct rate *sum, const struct rate *rate)
{
	sum->count.packets += rate->count.packets;
	sum->count.bytes += rate->count.bytes;
	sum->packets += rate->packets;
	sum->bytes += rate->bytes;
	sum->since_packets += rate->since_packets;
	sum->since_bytes += rate->since_bytes;
}

/* @before is NULL for the first reading, with which nothing can be compared. */
static void find_rates(struct meter *meter, const struct meter *before)
{
	const struct counts *counts = &meter->state.counts;
	size_t i;

	meter->accepted.count.name = "accepted";
	meter->dropped.count.name = "dropped";
	meter->rates = grown(NULL, counts->nr + 1, sizeof(*meter->rates));
	for (i = 0; i < counts->nr; i++) {
		const struct count *count = &counts->list[i];
		struct rate *rate = &meter->rates[i];
		const struct rate *then = before ? find_before(before, i, count->name) : NULL;

		*rate = (struct rate){ .count = *count };
		compare(rate, then);
		if (!before) {
			rate->packets = 0;
			rate->bytes = 0;
		}
		/* One row of the site may have been taken out and put back. */
		if (then && count->kind != COUNT_SITE_ROW && fell(then, count))
			meter->was_reset = true;
		add_up(count->kind == COUNT_DROP ? &meter->dropped : &meter->accepted, rate);
	}
}

/**
 * meter_free() - free a meter
 * @meter: the meter
 */
void meter_free(struct meter *meter)
{
	state_free(&meter->state);
	free(meter->rates);
	free(meter->complaint);
	*meter = (struct meter){ .is_loaded = false };
}

static bool read_again(struct meter *meter)
{
	struct meter before = *meter;

	*meter = (struct meter){ .is_loaded = false };
	meter->is_loaded = state_read_but_policy(&meter->state);
	meter->when = meter_now();
	if (meter->is_loaded) {
		meter->seconds = before.is_loaded ? meter->when - before.when : 0;
		find_rates(meter, before.is_loaded ? &before : NULL);
	}
	meter_free(&before);
	return meter->is_loaded;
}

/**
 * meter_start() - read for the first time
 * @meter: the meter; freed with meter_free() in any case
 *
 * Return: whether there is something to read; if not, that was complained about.
 */
bool meter_start(struct meter *meter)
{
	*meter = (struct meter){ .is_loaded = false };
	return read_again(meter);
}

/**
 * meter_read() - read again
 * @meter: the meter
 *
 * Return: whether there is something to read; if not, meter->complaint says why.
 */
bool meter_read(struct meter *meter)
{
	char *complaint = NULL;
	bool ok;

	complain_to(&complaint);
	ok = read_again(meter);
	complain_to(NULL);
	meter->complaint = complaint;
	return ok;
}

static void start_anew(struct rate *rate)
{
	rate->since_packets = 0;
	rate->since_bytes = 0;
}

/**
 * meter_start_anew() - count from 0 from here on, whatever the module does
 * @meter: the meter
 */
void meter_start_anew(struct meter *meter)
{
	size_t i;

	for (i = 0; meter->is_loaded && i < meter->state.counts.nr; i++)
		start_anew(&meter->rates[i]);
	start_anew(&meter->accepted);
	start_anew(&meter->dropped);
}

/**
 * per_second() - how fast
 * @meter: the meter
 * @counted: what was counted between its last two readings
 *
 * Return: so much a second; 0 if there was but one reading.
 */
double per_second(const struct meter *meter, unsigned long long counted)
{
	return meter->seconds > 0 ? (double)counted / meter->seconds : 0;
}

/**
 * parse_interval() - read how often to read
 * @text: the seconds, as a person writes them: 2, or 0.5
 * @seconds: where to put them
 *
 * Return: whether they are some, from MIN_INTERVAL to MAX_INTERVAL.
 */
bool parse_interval(const char *text, double *seconds)
{
	char *end;

	/* No signs, no exponents, no "inf". */
	if (!*text || strspn(text, "0123456789.") != strlen(text))
		return false;
	*seconds = strtod(text, &end);
	return !*end && *seconds >= MIN_INTERVAL && *seconds <= MAX_INTERVAL;
}
