/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The words of the port matrix: interfaces, directions, edges, peer groups, features, rows, and
 * what can become of a packet. The table itself is in lyncedge_matrix.c; what a policy makes of
 * it is in lyncedge_rules.h. Pure: builds in kernel and user space.
 */
#ifndef LYNCEDGE_MATRIX_H
#define LYNCEDGE_MATRIX_H

#include "lyncedge_shim.h"

enum le_iface {
	LE_EXTERNAL,
	LE_INTERNAL,
	LE_NR_IFACES,
};

/* Seen from the Edge server: LE_IN is toward it. */
enum le_dir {
	LE_IN,
	LE_OUT,
	LE_NR_DIRS,
};

enum le_edge {
	LE_EDGE_ACCESS,
	LE_EDGE_WEBCONF,
	LE_EDGE_AV,
	LE_EDGE_INTERNAL,
	LE_NR_EDGES,
};

enum le_group {
	LE_GROUP_CLIENT,
	LE_GROUP_FEDERATION_PARTNER,
	LE_GROUP_MEDIA_PARTNER,
	LE_GROUP_PIC_PARTNER,
	LE_GROUP_MESSENGER_CLIENT,
	LE_GROUP_XMPP_PARTNER,
	LE_GROUP_CRL_SERVER,
	LE_GROUP_DNS_SERVER,
	LE_GROUP_FRONT_END,
	LE_GROUP_BRANCH,
	LE_GROUP_XMPP_GATEWAY,
	LE_GROUP_CMS,
	LE_GROUP_LOGGING_CONTROLLER,
	LE_NR_GROUPS,
};

enum le_feature {
	LE_FEATURE_CRL,
	LE_FEATURE_DNS,
	LE_FEATURE_REMOTE_ACCESS,
	LE_FEATURE_FEDERATION,
	LE_FEATURE_WEB_CONFERENCING,
	LE_FEATURE_AV,
	LE_FEATURE_AV_FEDERATION,
	LE_FEATURE_AV_FEDERATION_OCS2007,
	LE_FEATURE_MULTIPLE_POOLS,
	LE_FEATURE_PIC,
	LE_FEATURE_PIC_AV,
	LE_FEATURE_XMPP,
	LE_FEATURE_CMS_REPLICATION,
	LE_FEATURE_CENTRAL_LOGGING,
	LE_NR_FEATURES,
};

/*
 * A tag is what an address can be a member of: an edge, a peer group, the block list, or (from
 * LE_NR_TAGS up) what the compiler adds to these. The two ends of a row are sets of tags; the
 * empty set means any address.
 */
enum le_tag {
	LE_TAG_EDGE = 0,
	LE_TAG_GROUP = LE_TAG_EDGE + LE_NR_EDGES,
	LE_TAG_BLOCK = LE_TAG_GROUP + LE_NR_GROUPS,
	LE_NR_TAGS,
};

#define LE_TAGS_EDGES GENMASK_ULL(LE_NR_EDGES - 1, 0)

struct le_ports {
	u16 first;
	u16 last;
};

/* What is special about a row's ports (DESIGN sec. 4.7). */
enum le_row_ports {
	LE_PORTS_PLAIN,
	/* The media range, moved by "port rtp"; an outbound one may have it at either end. */
	LE_PORTS_MEDIA,
	/* "ports strict": the source port is in the media range as well. */
	LE_PORTS_STRICT_MEDIA,
	/* "ports strict": the source port is LE_PORT_STUN as well. */
	LE_PORTS_STRICT_STUN,
};

/* STUN over UDP (RFC 8489 sec. 18.6), which the A/V Edge sends from and listens on. */
#define LE_PORT_STUN 3478

/**
 * struct le_row - one row of the port matrix
 * @id: public name: counters, messages and tests use it
 * @iface: interface of the gateway that the traffic crosses
 * @dir: direction, seen from the Edge server
 * @service: Edge role, as the source document groups its rows
 * @application: application protocol, as printed there
 * @protocol: IPPROTO_TCP or IPPROTO_UDP
 * @ports: destination ports, standard values
 * @kind: what else holds for the ports
 * @source: tags of the sender, 0 for any
 * @destination: tags of the receiver, 0 for any
 * @features: features that make the row active, any one of them
 */
struct le_row {
	const char *id;
	enum le_iface iface;
	enum le_dir dir;
	const char *service;
	const char *application;
	u8 protocol;
	struct le_ports ports;
	enum le_row_ports kind;
	u32 source;
	u32 destination;
	u32 features;
};

#define LE_NR_ROWS 37

extern const struct le_row le_matrix[LE_NR_ROWS];
extern const char *const le_iface_names[LE_NR_IFACES];
extern const char *const le_dir_names[LE_NR_DIRS];
extern const char *const le_edge_names[LE_NR_EDGES];
extern const char *const le_group_names[LE_NR_GROUPS];
extern const char *const le_feature_names[LE_NR_FEATURES];

/*
 * What became of a packet: the number of the row that accepts it (matrix rows, then site rows
 * from LE_NR_ROWS up), or one of these. The drops come first; le_outcome_accepts() relies on
 * it.
 */
enum le_outcome {
	LE_NO_ROW = -1,
	LE_MALFORMED = -2,
	LE_FRAGMENT = -3,
	LE_BLOCKED = -4,
	LE_PROTOCOL = -5,
	LE_INVALID = -6,
	LE_LAST_DROP = LE_INVALID,
	/* Accepted for another reason than a row. */
	LE_ICMP_RELATED = -7,
	LE_ICMP_ECHO = -8,
	LE_LAST_COUNTED = LE_ICMP_ECHO,
	/* Accepted and not counted: not ours to judge. */
	LE_UNJUDGED = -9,
};

#define LE_NR_DROPS (-LE_LAST_DROP)
/* Outcomes that are no rows and have a counter: number them by le_outcome_index(). */
#define LE_NR_REASONS (-LE_LAST_COUNTED)

static inline bool le_outcome_accepts(int outcome)
{
	return outcome >= 0 || outcome < LE_LAST_DROP;
}

static inline unsigned int le_outcome_index(int outcome)
{
	return -(outcome + 1);
}

/*
 * Names of the reasons by le_outcome_index(): the drops of DESIGN sec. 5, then the others that
 * are counted.
 */
extern const char *const le_reason_names[LE_NR_REASONS];

int le_row_find(const char *id, size_t len);
int le_row_repeats(unsigned int row);
const char *le_tag_name(unsigned int tag);

#endif /* LYNCEDGE_MATRIX_H */
