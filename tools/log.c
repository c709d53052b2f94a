// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verb that shows drops as they happen: a line each, with the reason that the module gives and
 * what is in the packet's way.
 */
/* Before the kernel's headers, which then leave out what is the same in both. */
#include <net/if.h>

#include <signal.h>
#include <time.h>

#include <pcap/pcap.h>

#include "capture.h"
#include "explain.h"
#include "link.h"
#include "load.h"
#include "lookup.h"
#include "lyncedge_rules.h"
#include "nflog.h"
#include "packet_json.h"
#include "rows.h"
#include "sysfs.h"
#include "verbs.h"
#include "where.h"

#define SNAPLEN 65535
#define TIMEOUT_MS 200
#define MAX_GROUP 65535

/**
 * struct judged_by - the policy that drops are explained by
 * @policy: the policy
 * @table: the same, compiled
 * @where: its addresses
 */
struct judged_by {
	struct le_policy *policy;
	struct le_table *table;
	struct where *where;
};

/**
 * struct log - the verb at work
 * @call: how it was called
 * @by: the policy
 * @generation: of the policy in force; NULL if another is wanted
 * @group: the log group
 * @left: how many lines are still wanted
 * @pcap: where drops come from
 * @status: how it ends
 */
struct log {
	const struct call *call;
	struct judged_by by;
	char *generation;
	int group;
	u64 left;
	pcap_t *pcap;
	enum status status;
};

/* What an interrupt stops: nothing else can be reached from there. */
static pcap_t *interruptible;

static void interrupt(int signal)
{
	(void)signal;
	pcap_breakloop(interruptible);
}

/* ---- the policy ---- */

static bool by_load(struct judged_by *by, const char *file)
{
	*by = (struct judged_by){ .policy = load_policy(file) };
	if (!by->policy)
		return false;
	by->table = le_table_compile(by->policy);
	if (!by->table)
		die_out_of_memory();
	by->where = where_new(by->policy);
	return true;
}

static void by_free(struct judged_by *by)
{
	if (!by->policy)
		return;
	where_free(by->where);
	le_table_free(by->table);
	le_policy_free(by->policy);
}

/* Drops are explained by the policy that caused them, as far as it is still in force. */
static bool keep_up(struct log *log)
{
	char *generation = log->generation ? sysfs_read_line("generation") : NULL;
	struct judged_by by;

	if (!generation || !strcmp(generation, log->generation)) {
		free(generation);
		return true;
	}
	free(log->generation);
	log->generation = generation;
	if (!by_load(&by, NULL))
		return false;
	by_free(&log->by);
	log->by = by;
	if (!log->call->group && by.policy->log_group != log->group) {
		complain("the policy in force does not log to group %d any more", log->group);
		return false;
	}
	return true;
}

/* ---- a drop ---- */

/**
 * struct drop - a drop, in all that is said of it
 * @asked: the packet, and where it crosses; its device may be of no interface any more
 * @is_placed: where it crosses is known
 * @outcome: why it was dropped
 * @devices: names of the devices that it came in by, and was to leave by; "" for none
 * @bytes: its length
 * @time: when
 */
struct drop {
	struct asked asked;
	bool is_placed;
	int outcome;
	char devices[LE_NR_DIRS][IFNAMSIZ];
	u32 bytes;
	struct timeval time;
};

/* Of two crossings the module drops at the first that refuses. */
static void place(struct drop *drop, const struct judged_by *by)
{
	int in = iface_of_device(by->policy, drop->devices[LE_IN]);
	int out = iface_of_device(by->policy, drop->devices[LE_OUT]);

	drop->is_placed = in >= 0 || out >= 0;
	if (in >= 0)
		drop->asked.crossing = le_crossing(in, LE_IN);
	if (out >= 0 && (in < 0 || le_outcome_accepts(le_judge(by->table, drop->asked.crossing,
							       &drop->asked.packet))))
		drop->asked.crossing = le_crossing(out, LE_OUT);
}

static void name_device(char *name, u32 index)
{
	char text[IF_NAMESIZE];

	if (index)
		scnprintf(name, IFNAMSIZ, "%s", if_indextoname(index, text) ?: "?");
}

static bool drop_read(struct drop *drop, const struct judged_by *by, const u8 *data, u32 len)
{
	struct le_packet *packet = &drop->asked.packet;
	struct nflog nflog;
	struct sk_buff skb;

	memset(drop, 0, sizeof(*drop));
	if (!nflog_read(data, len, &nflog))
		return false;
	drop->outcome = nflog.outcome;
	drop->bytes = nflog.len;
	name_device(drop->devices[LE_IN], nflog.in);
	name_device(drop->devices[LE_OUT], nflog.out);
	skb = (struct sk_buff){ .data = nflog.data, .len = nflog.len };
	le_packet_read(&skb, nflog.family, packet);
	/* Early drops are logged at the addresses that they had come for. */
	where_map(by->where, &packet->flow.src, nflog.family);
	where_map(by->where, &packet->flow.dst, nflog.family);
	/* As the first of a connection: a later one would have passed. */
	packet->track = by->table->stateless ? LE_TRACK_NONE : LE_TRACK_ORIGINAL;
	place(drop, by);
	return true;
}

/* The row by which this policy accepts what was dropped by another; -1 if there is none. */
static int row_by_now(const struct judged_by *by, const struct drop *drop)
{
	return drop->outcome == LE_NO_ROW ? le_judge(by->table, drop->asked.crossing,
						     &drop->asked.packet) : LE_NO_ROW;
}

static char *why(const struct judged_by *by, const struct drop *drop)
{
	struct row_view view;
	int row;

	if (drop->outcome == LE_INVALID)
		return text_of("conntrack knows no connection that it could be of");
	/* What else there is to say is of a place. */
	if (!drop->is_placed && drop->outcome != LE_MALFORMED &&
	    drop->asked.packet.kind != LE_KIND_ICMP_ERROR)
		return NULL;
	row = row_by_now(by, drop);
	if (row < 0)
		return explain_drop(by->policy, by->table, drop->outcome, &drop->asked);
	row_view(&view, by->policy, row);
	return text_of("row %s takes it by this policy", view.id);
}

/* Where it crosses; if that is not known, its devices. */
static char *where_text(const struct drop *drop)
{
	unsigned int crossing = drop->asked.crossing;

	if (!drop->is_placed)
		return text_of("%s>%s", drop->devices[LE_IN], drop->devices[LE_OUT]);
	return text_of("%s %s", le_iface_names[crossing / LE_NR_DIRS],
		       le_dir_names[crossing % LE_NR_DIRS]);
}

/* Protocol and ends, which are known if the IP header could be read. */
static char *packet_text(const struct drop *drop)
{
	char *line, *text;

	if (!drop->asked.packet.has_addrs)
		return text_of("- - -");
	line = packet_line_text(&drop->asked);
	/* Behind interface and direction. */
	text = text_of("%s", strchr(strchr(line, ' ') + 1, ' ') + 1);
	free(line);
	return text;
}

static void print_text(const struct drop *drop, const char *explanation)
{
	char *where = where_text(drop), *packet = packet_text(drop);
	time_t seconds = drop->time.tv_sec;
	char time[32] = "";
	struct tm tm;

	if (localtime_r(&seconds, &tm))
		strftime(time, sizeof(time), "%Y-%m-%d %H:%M:%S", &tm);
	printf("%s.%03ld  %-9s  %s %s%s%s\n", time, (long)drop->time.tv_usec / 1000,
	       le_reason_names[le_outcome_index(drop->outcome)], where, packet,
	       explanation ? "  " : "", explanation ? explanation : "");
	free(where);
	free(packet);
}

static struct json_object *json_device(const char *name)
{
	return *name ? json_text(name) : NULL;
}

static void print_json(const struct drop *drop, const char *explanation)
{
	struct json_object *object = json_map();

	json_add(object, "time", json_seconds(drop->time.tv_sec, drop->time.tv_usec, 6));
	json_add_crossing(object, drop->asked.crossing, drop->is_placed);
	json_add(object, "in_device", json_device(drop->devices[LE_IN]));
	json_add(object, "out_device", json_device(drop->devices[LE_OUT]));
	json_add_packet(object, &drop->asked.packet);
	json_add(object, "bytes", json_number(drop->bytes));
	json_add(object, "reason",
		 json_text(le_reason_names[le_outcome_index(drop->outcome)]));
	json_add(object, "explanation", explanation ? json_text(explanation) : NULL);
	json_print_line(object);
}

static void take(u8 *user, const struct pcap_pkthdr *header, const u8 *data)
{
	struct log *log = (struct log *)user;
	char *explanation;
	struct drop drop;

	if (!keep_up(log)) {
		log->status = STATUS_ERROR;
		pcap_breakloop(log->pcap);
		return;
	}
	if (!log->left || !drop_read(&drop, &log->by, data, header->caplen))
		return;
	drop.time = header->ts;
	explanation = why(&log->by, &drop);
	if (wants_json(log->call))
		print_json(&drop, explanation);
	else
		print_text(&drop, explanation);
	free(explanation);
	/* Each line at once; who has gone away wants no more. */
	if (fflush(stdout) || !--log->left)
		pcap_breakloop(log->pcap);
}

/* ---- where drops come from ---- */

static pcap_t *open_file(const char *name)
{
	char error[PCAP_ERRBUF_SIZE];
	pcap_t *pcap = pcap_open_offline(name, error);

	if (!pcap) {
		/* Of some errors it says the name, of others not. */
		if (strncmp(error, name, strlen(name)))
			complain("%s: %s", name, error);
		else
			complain("%s", error);
		advise("a file that 'tcpdump -i nflog:GROUP -w FILE' wrote is wanted");
	}
	return pcap;
}

static pcap_t *open_group(int group)
{
	char *device = text_of("nflog:%d", group), error[PCAP_ERRBUF_SIZE];
	pcap_t *pcap = pcap_create(device, error);
	int failed = -1;

	if (pcap) {
		pcap_set_snaplen(pcap, SNAPLEN);
		pcap_set_timeout(pcap, TIMEOUT_MS);
		pcap_set_immediate_mode(pcap, 1);
		failed = pcap_activate(pcap);
	}
	if (failed >= 0) {
		free(device);
		return pcap;
	}
	complain("%s: %s", device, pcap ? pcap_geterr(pcap) : error);
	if (failed == PCAP_ERROR_PERM_DENIED || geteuid())
		advise("the kernel's log is root's alone: run lyncedgectl as root");
	else
		advise("it wants the kernel's nfnetlink_log, and no one else at this group");
	if (pcap)
		pcap_close(pcap);
	free(device);
	return NULL;
}

static bool open_log(struct log *log)
{
	const struct call *call = log->call;
	const char *name = call->nr_operands ? call->operands[0] : NULL;

	log->pcap = name ? open_file(name) : open_group(log->group);
	if (!log->pcap)
		return false;
	if (pcap_datalink(log->pcap) == DLT_NFLOG)
		return true;
	complain("%s: not captured at an nflog device", name ? name : "the log");
	advise("'tcpdump -i nflog:GROUP -w FILE' does that; other captures are for 'replay'");
	pcap_close(log->pcap);
	return false;
}

static enum status run(struct log *log)
{
	struct sigaction action = { .sa_handler = interrupt };

	if (!open_log(log))
		return STATUS_ERROR;
	interruptible = log->pcap;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	if (pcap_loop(log->pcap, -1, take, (u8 *)log) == PCAP_ERROR) {
		complain("%s", pcap_geterr(log->pcap));
		log->status = STATUS_ERROR;
	}
	/* From here on an interrupt ends the program, which has nothing left to stop. */
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	pcap_close(log->pcap);
	return log->status;
}

/* ---- the command line ---- */

static bool find_group(struct log *log)
{
	if (log->call->group || log->call->nr_operands)
		return true;
	log->group = log->by.policy->log_group;
	if (log->group != LE_NO_LOG_GROUP)
		return true;
	complain("drops are not logged: the policy has no log group");
	advise("add 'option log-group 5' to it, and apply it");
	return false;
}

/**
 * verb_log() - show drops as they happen
 * @call: with --count, so many; the operand, if there is one, is a capture of a log group
 *
 * Return: STATUS_YES when it has been told to stop, or STATUS_ERROR.
 */
enum status verb_log(const struct call *call)
{
	struct log log = { .call = call, .left = UINT64_MAX, .status = STATUS_YES };
	enum status status = STATUS_ERROR;
	u64 group = 0;

	if (call->count && (!parse_number(call->count, UINT32_MAX, &log.left) || !log.left))
		return misuse(call, "--count: '%s' is no number of lines, from 1 on", call->count);
	if (call->group && !parse_number(call->group, MAX_GROUP, &group))
		return misuse(call, "--group: '%s' is no number from 0 to 65535", call->group);
	if (call->group && call->nr_operands)
		return misuse(call, "--group is for what happens: a capture is of one group");
	log.group = group;
	if (!call->policy)
		log.generation = sysfs_read_line("generation");
	if (!call->policy && !log.generation)
		return STATUS_ERROR;
	if (by_load(&log.by, call->policy) && find_group(&log))
		status = run(&log);
	by_free(&log.by);
	free(log.generation);
	return status;
}
