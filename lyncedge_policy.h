/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The policy language: text to struct le_policy (lyncedge_policy.c) and back
 * (lyncedge_render.c). A struct le_policy says what the administrator wrote, no more;
 * lyncedge_rules.c compiles it into what packets are judged by. Pure: builds in kernel and user
 * space.
 */
#ifndef LYNCEDGE_POLICY_H
#define LYNCEDGE_POLICY_H

#include "lyncedge_inet.h"
#include "lyncedge_matrix.h"

/*
 * The maxima of a policy. A policy that is over one of them is refused with a message that says
 * which.
 */
#define LE_MAX_TEXT (64U << 20)	/* bytes of text */
/* What is said to who exceeds it, be it in one write or in many. */
#define LE_HINT_MAX_TEXT "leave comments out, and write several prefixes on a line"
#define LE_MAX_LINE 4096	/* bytes of a line, without its end */
#define LE_MAX_PREFIXES 2097152	/* prefixes of peers and block lists, all together */
#define LE_MAX_SITE_ROWS 1024	/* "allow" statements */
#define LE_MAX_DEVICES 64	/* devices of one interface */
#define LE_MAX_EDGE_ADDRS 256	/* addresses of one edge, and as many public ones */
#define LE_MAX_ROW_NAME 31	/* bytes of the name of a site row */

/* And a day, in which a change may wait to be confirmed. */
#define LE_MAX_CONFIRM_SECONDS 86400

/**
 * struct le_error - why a text was refused, for a person
 * @line: line of the text, from 1; 0 if no line is to blame
 * @column: byte of the line where the offending word starts, from 1
 * @message: what is wrong
 * @hint: what would be right; may be empty
 */
struct le_error {
	u32 line;
	u32 column;
	char message[160];
	char hint[352];
};

/**
 * struct le_addrs - a list of addresses, in the order written
 * @list: the addresses
 * @nr: how many
 */
struct le_addrs {
	struct le_edge_addr {
		union le_addr addr;
		u8 family;
	} *list;
	u32 nr;
	u32 room;
};

/* One end of a site row. */
enum le_end_kind {
	LE_END_ANY,
	LE_END_TAG,
	LE_END_PREFIX,
};

struct le_end {
	enum le_end_kind kind;
	u8 tag;	/* LE_END_TAG: an edge or a group */
	struct le_prefix prefix;	/* LE_END_PREFIX; its tag is not used */
};

/* "allow NAME interface direction protocol PORT[-PORT] from X to Y" */
struct le_site_row {
	char name[LE_MAX_ROW_NAME + 1];
	u8 iface;
	u8 dir;
	u8 protocol;
	struct le_ports ports;
	struct le_end from;
	struct le_end to;
};

enum le_established { LE_ESTABLISHED_CONNTRACK, LE_ESTABLISHED_STATELESS };
enum le_rtp_outbound { LE_RTP_EITHER, LE_RTP_SOURCE, LE_RTP_DESTINATION };
enum le_strictness { LE_PORTS_DESTINATION, LE_PORTS_STRICT };
enum le_scope { LE_SCOPE_INTERFACE, LE_SCOPE_ADDRESS };
enum le_unmatched { LE_UNMATCHED_DROP, LE_UNMATCHED_REJECT };
enum le_icmp_echo { LE_ICMP_ECHO_DROP, LE_ICMP_ECHO_ALLOW };
enum le_hooks { LE_HOOKS_FORWARD, LE_HOOKS_ALL };
enum le_early_drop { LE_EARLY_DROP_OFF, LE_EARLY_DROP_ON };

/*
 * The "option" statements that choose one of several words; the first word of each is the
 * default (value 0).
 */
enum le_option {
	LE_OPT_ESTABLISHED,
	LE_OPT_RTP_OUTBOUND,
	LE_OPT_PORTS,
	LE_OPT_SCOPE,
	LE_OPT_UNMATCHED,
	LE_OPT_ICMP_ECHO,
	LE_OPT_HOOKS,
	LE_OPT_EARLY_DROP,
	LE_NR_OPTIONS,
};

#define LE_NO_LOG_GROUP (-1)

/**
 * struct le_policy - a policy as written
 * @devices: names of the devices of each interface
 * @nr_devices: how many of each
 * @edges: addresses of each edge
 * @publics: public addresses that NAT maps to each edge, in the order of the addresses
 * @prefixes: all prefixes of peer groups and of the block list; sorted by family, address,
 *	length and tag, each once
 * @nr_prefixes: how many
 * @groups: set of the peer groups that the policy defines (bit: enum le_group)
 * @features: set of the features that are on (bit: enum le_feature)
 * @moved: set of the rows that a "port" statement of their own moved (bit: row number)
 * @row_ports: where to; valid for rows in @moved
 * @media: the media range
 * @media_moved: @media was given by "port rtp"
 * @site_rows: rows that the administrator added, in order
 * @nr_site_rows: how many
 * @options: chosen value of each option
 * @log_group: NFLOG group for drops, or LE_NO_LOG_GROUP
 */
struct le_policy {
	char devices[LE_NR_IFACES][LE_MAX_DEVICES][IFNAMSIZ];
	u32 nr_devices[LE_NR_IFACES];
	struct le_addrs edges[LE_NR_EDGES];
	struct le_addrs publics[LE_NR_EDGES];
	struct le_prefix *prefixes;
	u32 nr_prefixes;
	u32 groups;
	u32 features;
	u64 moved;
	struct le_ports row_ports[LE_NR_ROWS];
	struct le_ports media;
	bool media_moved;
	struct le_site_row *site_rows;
	u32 nr_site_rows;
	u8 options[LE_NR_OPTIONS];
	int log_group;
};

extern const char *const le_option_names[LE_NR_OPTIONS];
extern const char *const le_option_values[LE_NR_OPTIONS][3];

int le_policy_parse(const char *text, size_t len, struct le_policy **policy,
		    struct le_error *error);
void le_policy_free(struct le_policy *policy);
char *le_policy_render(const struct le_policy *policy, size_t *len);
struct le_ports le_policy_row_ports(const struct le_policy *policy, unsigned int row);
bool le_policy_row_active(const struct le_policy *policy, unsigned int row);
bool le_policy_site_row_active(const struct le_policy *policy, unsigned int i);
int le_policy_check_pic(const struct le_policy *policy, struct le_error *error);
int le_feature_find(const char *word, size_t len);
int le_error_format(char *buf, size_t size, const struct le_error *error);

#endif /* LYNCEDGE_POLICY_H */
