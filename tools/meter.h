/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The module's state, read again and again: what has been counted since the last time, and how
 * fast. Modules that go and come back, and counters that are reset meanwhile, are no trouble.
 */
#ifndef LYNCEDGECTL_METER_H
#define LYNCEDGECTL_METER_H

#include "state.h"

/**
 * struct rate - a counter on the move
 * @count: as it was read last; its name is of the meter's state
 * @packets: what came since the time before
 * @bytes: likewise
 * @since_packets: what came since meter_start_anew(), or since the counters were reset
 * @since_bytes: likewise
 */
struct rate {
	struct count count;
	unsigned long long packets;
	unsigned long long bytes;
	unsigned long long since_packets;
	unsigned long long since_bytes;
};

/**
 * struct meter - readings
 * @is_loaded: the last one succeeded, and all that follows is valid
 * @state: as it was read last, without the policy
 * @when: when that was, in seconds of a clock that only goes forward
 * @seconds: how long after the one before; 0 if there is none to compare with
 * @was_reset: counters were reset between the two
 * @rates: a rate for each counter, in the module's order
 * @accepted: their sum, by whatever row or reason
 * @dropped: likewise
 * @complaint: why the last reading did not succeed
 */
struct meter {
	bool is_loaded;
	struct state state;
	double when;
	double seconds;
	bool was_reset;
	struct rate *rates;
	struct rate accepted;
	struct rate dropped;
	char *complaint;
};

bool meter_start(struct meter *meter);
bool meter_read(struct meter *meter);
void meter_start_anew(struct meter *meter);
void meter_free(struct meter *meter);

double meter_now(void);
double per_second(const struct meter *meter, unsigned long long counted);
bool parse_interval(const char *text, double *seconds);

#define MIN_INTERVAL 0.1
#define MAX_INTERVAL 86400.0

#endif /* LYNCEDGECTL_METER_H */
