// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verb that says how things stand to a monitoring system: as OpenMetrics, or in the older text
 * format of Prometheus, which node_exporter reads from files.
 */
/* Before the kernel's headers, which then leave out what is the same in both. */
#include <net/if.h>

#include "load.h"
#include "rows.h"
#include "state.h"
#include "verbs.h"

#define MODULE_VERSION_FILE "/sys/module/lyncedge/version"

/**
 * struct exposition - what is to be shown, and how
 * @openmetrics: the newer format
 * @state: the state
 */
struct exposition {
	bool openmetrics;
	struct state state;
};

enum metric_type { TYPE_GAUGE, TYPE_COUNTER, TYPE_INFO, TYPE_STATESET };

/* A metric: what is known of it but its values. The name ends in the unit, where there is one. */
struct metric {
	const char *name;
	enum metric_type type;
	const char *unit;
	const char *help;
};

/* What the samples of a type have after the metric's name. */
static const char *suffix_of(enum metric_type type)
{
	return type == TYPE_COUNTER ? "_total" : type == TYPE_INFO ? "_info" : "";
}

/* The older format has neither units nor more than the first two types, and no bare names. */
static void put_head(const struct exposition *x, const struct metric *metric)
{
	static const char *const names[] = {
		[TYPE_GAUGE] = "gauge",
		[TYPE_COUNTER] = "counter",
		[TYPE_INFO] = "info",
		[TYPE_STATESET] = "stateset",
	};
	const char *suffix = x->openmetrics ? "" : suffix_of(metric->type);
	enum metric_type type = metric->type;

	if (!x->openmetrics && type != TYPE_COUNTER)
		type = TYPE_GAUGE;
	printf("# TYPE %s%s %s\n", metric->name, suffix, names[type]);
	if (x->openmetrics && metric->unit)
		printf("# UNIT %s %s\n", metric->name, metric->unit);
	printf("# HELP %s%s %s\n", metric->name, suffix, metric->help);
}

static void put_label(const char *name, const char *value, bool first)
{
	char *clean = utf8_text(value), *c;

	printf("%s%s=\"", first ? "{" : ",", name);
	for (c = clean; *c; c++) {
		if (*c == '"' || *c == '\\')
			putchar('\\');
		putchar(*c);
	}
	putchar('"');
	free(clean);
}

/* Starts a sample; labels and value follow. */
static void put_name(const struct metric *metric)
{
	printf("%s%s", metric->name, suffix_of(metric->type));
}

static void put_single(const struct exposition *x, const struct metric *metric,
		       unsigned long long value)
{
	put_head(x, metric);
	put_name(metric);
	printf(" %llu\n", value);
}

/* ---- what is in force ---- */

static char *module_version(void)
{
	FILE *file = fopen(MODULE_VERSION_FILE, "re");
	char *line = NULL;
	size_t room = 0;

	if (!file)
		return NULL;
	if (getline(&line, &room, file) > 0)
		line[strcspn(line, "\n")] = 0;
	fclose(file);
	return line;
}

static void put_build(const struct exposition *x)
{
	static const struct metric metric = {
		"lyncedge_build", TYPE_INFO, NULL, "Versions of the tool and of the loaded module.",
	};
	char *module = module_version();

	put_head(x, &metric);
	put_name(&metric);
	put_label("version", tool_version, true);
	if (module)
		put_label("module_version", module, false);
	puts("} 1");
	free(module);
}

static void put_mode(const struct exposition *x)
{
	static const struct metric metric = {
		"lyncedge_mode", TYPE_STATESET, NULL, "What becomes of packets that no row takes.",
	};
	static const char *const modes[] = { "off", "monitor", "enforce" };
	unsigned int i;

	put_head(x, &metric);
	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		put_name(&metric);
		/* A state set's label is called as the metric is. */
		put_label("lyncedge_mode", modes[i], true);
		printf("} %d\n", !strcmp(x->state.mode, modes[i]));
	}
}

static void put_state(const struct exposition *x)
{
	static const struct metric generation = {
		"lyncedge_policy_generation", TYPE_GAUGE, NULL,
		"How many policies have been applied since the module was loaded.",
	};
	static const struct metric confirm = {
		"lyncedge_confirm_seconds", TYPE_GAUGE, "seconds",
		"Time until changes are undone unless they are confirmed; 0 if none are to be.",
	};
	static const struct metric refused = {
		"lyncedge_write_refused", TYPE_GAUGE, NULL,
		"Whether the last write to the module was refused.",
	};

	put_single(x, &generation, strtoull(x->state.generation, NULL, 10));
	put_single(x, &confirm, strtoull(x->state.confirm, NULL, 10));
	put_single(x, &refused, !!*x->state.error);
}

static void put_devices(const struct exposition *x)
{
	static const struct metric metric = {
		"lyncedge_device_present", TYPE_GAUGE, NULL,
		"Whether a device that the policy names exists.",
	};
	unsigned int iface;
	u32 i;

	put_head(x, &metric);
	for (iface = 0; x->state.policy && iface < LE_NR_IFACES; iface++) {
		for (i = 0; i < x->state.policy->nr_devices[iface]; i++) {
			const char *name = x->state.policy->devices[iface][i];

			put_name(&metric);
			put_label("interface", le_iface_names[iface], true);
			put_label("device", name, false);
			printf("} %d\n", !!if_nametoindex(name));
		}
	}
}

static void put_features(const struct exposition *x)
{
	static const struct metric metric = {
		"lyncedge_feature_enabled", TYPE_GAUGE, NULL,
		"Whether the policy has a feature on.",
	};
	unsigned int i;

	put_head(x, &metric);
	for (i = 0; i < LE_NR_FEATURES; i++) {
		put_name(&metric);
		put_label("feature", le_feature_names[i], true);
		printf("} %d\n", x->state.policy && x->state.policy->features & BIT(i));
	}
}

static void put_sizes(const struct exposition *x)
{
	static const struct metric rows = {
		"lyncedge_rows_active", TYPE_GAUGE, NULL,
		"Rows of the matrix that the policy has active.",
	};
	static const struct metric site_rows = {
		"lyncedge_site_rows", TYPE_GAUGE, NULL, "Rows that the site added.",
	};
	static const struct metric prefixes = {
		"lyncedge_prefixes", TYPE_GAUGE, NULL, "Prefixes of groups and of the block list.",
	};

	put_single(x, &rows, x->state.policy ? count_active_rows(x->state.policy) : 0);
	put_single(x, &site_rows, x->state.policy ? x->state.policy->nr_site_rows : 0);
	put_single(x, &prefixes, x->state.policy ? x->state.policy->nr_prefixes : 0);
}

static void put_row_labels(const struct le_policy *policy, unsigned int row)
{
	struct row_view view;

	row_view(&view, policy, row);
	put_label("row", view.id, true);
	put_label("kind", row < LE_NR_ROWS ? "matrix" : "site", false);
	put_label("interface", view.iface, false);
	put_label("direction", view.dir, false);
	put_label("service", view.service, false);
	put_label("application", view.application, false);
}

static void put_active(const struct exposition *x)
{
	static const struct metric metric = {
		"lyncedge_row_active", TYPE_GAUGE, NULL, "Whether a row is active.",
	};
	unsigned int row;

	put_head(x, &metric);
	for (row = 0; row < nr_rows(x->state.policy); row++) {
		put_name(&metric);
		put_row_labels(x->state.policy, row);
		printf("} %d\n", x->state.policy && row_is_active(x->state.policy, row));
	}
}

/* ---- counters ---- */

static void put_count(const struct exposition *x, const struct metric *metric,
		      const struct count *count, bool bytes)
{
	bool is_row = count_is_of_row(count);
	int row = is_row ? count_row(count, x->state.policy) : -ENOENT;

	if (is_row && row < 0)
		return;
	put_name(metric);
	if (is_row)
		put_row_labels(x->state.policy, row);
	else
		put_label("reason", count->name, true);
	printf("} %llu\n", bytes ? count->bytes : count->packets);
}

static const struct counter {
	struct metric packets;
	struct metric bytes;
	bool rows;
	enum count_kind kind;
} counters[] = {
	{
		.packets = { "lyncedge_row_packets", TYPE_COUNTER, "packets",
			     "Packets that a row accepted." },
		.bytes = { "lyncedge_row_bytes", TYPE_COUNTER, "bytes",
			   "Bytes of packets that a row accepted." },
		.rows = true,
	},
	{
		.packets = { "lyncedge_drop_packets", TYPE_COUNTER, "packets",
			     "Packets that were dropped, or in mode monitor would have been." },
		.bytes = { "lyncedge_drop_bytes", TYPE_COUNTER, "bytes",
			   "Bytes of packets that were dropped, or would have been." },
		.kind = COUNT_DROP,
	},
	{
		.packets = { "lyncedge_accept_packets", TYPE_COUNTER, "packets",
			     "Packets that were accepted for another reason than a row." },
		.bytes = { "lyncedge_accept_bytes", TYPE_COUNTER, "bytes",
			   "Bytes of packets that were accepted for another reason." },
		.kind = COUNT_ACCEPT,
	},
};

static void put_counter(const struct exposition *x, const struct counter *counter, bool bytes)
{
	const struct metric *metric = bytes ? &counter->bytes : &counter->packets;
	size_t i;

	put_head(x, metric);
	for (i = 0; i < x->state.counts.nr; i++) {
		const struct count *count = &x->state.counts.list[i];

		if (counter->rows ? count_is_of_row(count) : count->kind == counter->kind)
			put_count(x, metric, count, bytes);
	}
}

static void put_all(const struct exposition *x)
{
	unsigned int i;

	put_build(x);
	put_mode(x);
	put_state(x);
	put_devices(x);
	put_features(x);
	put_sizes(x);
	put_active(x);
	for (i = 0; i < ARRAY_SIZE(counters); i++) {
		put_counter(x, &counters[i], false);
		put_counter(x, &counters[i], true);
	}
	if (x->openmetrics)
		puts("# EOF");
}

/**
 * verb_metrics() - say how things stand to a monitoring system
 * @call: with --prometheus in the older format
 *
 * Return: STATUS_YES, or STATUS_ERROR.
 */
enum status verb_metrics(const struct call *call)
{
	struct exposition x = { .openmetrics = !(call->options & OPTION_PROMETHEUS) };
	enum status status = STATUS_ERROR;

	if (state_read(&x.state)) {
		put_all(&x);
		status = STATUS_YES;
	}
	state_free(&x.state);
	return status;
}
