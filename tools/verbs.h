/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What lyncedgectl can be told to do: one function a verb, which the table in main.c calls.
 */
#ifndef LYNCEDGECTL_VERBS_H
#define LYNCEDGECTL_VERBS_H

#include "output.h"

/* Options, each of which some verbs take. */
enum option_bit {
	OPTION_POLICY = BIT(0),
	OPTION_JSON = BIT(1),
	OPTION_ALL = BIT(2),
	OPTION_TSV = BIT(3),
	OPTION_BATCH = BIT(4),
	OPTION_IPV6 = BIT(5),
	OPTION_CONFIRM = BIT(6),
	OPTION_HAIRPIN = BIT(7),
	OPTION_PROMETHEUS = BIT(8),
	OPTION_FORCE = BIT(9),
	OPTION_YES = BIT(10),
	OPTION_ANSWER = BIT(11),
	OPTION_CONN = BIT(12),
	OPTION_EXTERNAL = BIT(13),
	OPTION_INTERNAL = BIT(14),
	OPTION_GATEWAY = BIT(15),
	OPTION_GROUP = BIT(16),
	OPTION_COUNT = BIT(17),
	OPTION_WATCH = BIT(18),
	OPTION_PEER = BIT(19),
};

/*
 * What "init" asks, in this order; each has an option of its own. "replay" takes the first two as
 * well, for which addresses are where.
 */
enum init_answer {
	INIT_EXTERNAL,
	INIT_INTERNAL,
	INIT_ACCESS,
	INIT_WEBCONF,
	INIT_AV,
	INIT_EDGE_INTERNAL,
	INIT_FRONT_END,
	INIT_FEATURES,
	INIT_LOG_GROUP,
	NR_INIT_ANSWERS,
};

/**
 * struct call - how lyncedgectl was called
 * @verb: the verb's name
 * @usage: what may follow it
 * @options: set of the options that were given (enum option_bit)
 * @policy: operand of --policy, or NULL
 * @confirm: operand of --confirm, or NULL
 * @gateway: operand of --gateway, or NULL
 * @group: operand of --group, or NULL
 * @count: operand of --count, or NULL
 * @watch: operand of --watch, or NULL
 * @peer: operand of --peer, or NULL
 * @answers: operands of the options that answer what "init" asks, or NULL
 * @operands: what follows the verb
 * @nr_operands: how many
 */
struct call {
	const char *verb;
	const char *usage;
	unsigned int options;
	const char *policy;
	const char *confirm;
	const char *gateway;
	const char *group;
	const char *count;
	const char *watch;
	const char *peer;
	const char *answers[NR_INIT_ANSWERS];
	char **operands;
	int nr_operands;
};

static inline bool wants_json(const struct call *call)
{
	return call->options & OPTION_JSON;
}

extern const char tool_version[];

__printf(2, 3) enum status misuse(const struct call *call, const char *fmt, ...);
bool parse_number(const char *text, u64 max, u64 *number);
enum status ask_to_confirm(const struct call *call, bool *pending);
void asked_to_confirm(const struct call *call, bool pending, enum status status);

enum status verb_status(const struct call *call);
enum status verb_check(const struct call *call);
enum status verb_apply(const struct call *call);
enum status verb_show(const struct call *call);
enum status verb_mode(const struct call *call);
enum status verb_enable(const struct call *call);
enum status verb_disable(const struct call *call);
enum status verb_confirm(const struct call *call);
enum status verb_matrix(const struct call *call);
enum status verb_counters(const struct call *call);
enum status verb_reset(const struct call *call);
enum status verb_explain(const struct call *call);
enum status verb_replay(const struct call *call);
enum status verb_log(const struct call *call);
enum status verb_export(const struct call *call);
enum status verb_diff(const struct call *call);
enum status verb_nat(const struct call *call);
enum status verb_metrics(const struct call *call);
enum status verb_init(const struct call *call);
enum status verb_top(const struct call *call);
enum status verb_report(const struct call *call);

/* Of "counters". */
enum status watch_counters(const struct call *call);

#endif /* LYNCEDGECTL_VERBS_H */
