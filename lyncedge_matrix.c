// SPDX-License-Identifier: GPL-2.0-only
/*
 * The port matrix: Microsoft's tables for the firewalls around a Lync Server 2013 / Skype for
 * Business Edge server ("Port summary - Scaled consolidated edge" and its federation, public IM
 * and XMPP companions), a row a pair of lines, in their order, and the names of everything in
 * them. Data only: what a policy makes of the rows is in lyncedge_rules.c.
 */
#include "lyncedge_matrix.h"

#define ANY 0
#define E(e) BIT(LE_TAG_EDGE + LE_EDGE_##e)
#define G(g) BIT(LE_TAG_GROUP + LE_GROUP_##g)
#define F(f) BIT(LE_FEATURE_##f)

/* Every role of the Edge needs SIP to and from the Director or Front End. */
#define SIP_FEATURES \
	(F(REMOTE_ACCESS) | F(FEDERATION) | F(PIC) | F(WEB_CONFERENCING) | F(AV))

/* Media toward federated partners, whatever they run. */
#define MEDIA_FEATURES (F(AV_FEDERATION) | F(AV_FEDERATION_OCS2007))

#define ROW(_id, _iface, _dir, _service, _application, _protocol, _first, _last, _kind,          \
	    _source, _destination, _features)                                                    \
	{                                                                                        \
		.id = _id, .iface = LE_##_iface, .dir = LE_##_dir, .service = _service,          \
		.application = _application, .protocol = IPPROTO_##_protocol,                    \
		.ports = { .first = _first, .last = _last }, .kind = LE_PORTS_##_kind,           \
		.source = _source, .destination = _destination, .features = _features,           \
	}

const struct le_row le_matrix[LE_NR_ROWS] = {
	/* External firewall */
	ROW("ext-01",  EXTERNAL, IN,  "xmpp",       "XMPP",        TCP, 5269,  5269,  PLAIN,
	    G(XMPP_PARTNER),      E(ACCESS),             F(XMPP)),
	ROW("ext-02",  EXTERNAL, OUT, "access",     "HTTP",        TCP, 80,    80,    PLAIN,
	    E(ACCESS),            G(CRL_SERVER),         F(CRL)),
	ROW("ext-03",  EXTERNAL, OUT, "access",     "DNS",         TCP, 53,    53,    PLAIN,
	    E(ACCESS),            G(DNS_SERVER),         F(DNS)),
	ROW("ext-04",  EXTERNAL, OUT, "access",     "DNS",         UDP, 53,    53,    PLAIN,
	    E(ACCESS),            G(DNS_SERVER),         F(DNS)),
	ROW("ext-05",  EXTERNAL, IN,  "access",     "SIP/TLS",     TCP, 443,   443,   PLAIN,
	    G(CLIENT),            E(ACCESS),             F(REMOTE_ACCESS)),
	ROW("ext-06",  EXTERNAL, IN,  "access",     "SIP/MTLS",    TCP, 5061,  5061,  PLAIN,
	    G(FEDERATION_PARTNER), E(ACCESS),             F(FEDERATION)),
	ROW("ext-07",  EXTERNAL, OUT, "access",     "SIP/MTLS",    TCP, 5061,  5061,  PLAIN,
	    E(ACCESS),            G(FEDERATION_PARTNER), F(FEDERATION)),
	ROW("ext-08",  EXTERNAL, IN,  "webconf",    "PSOM/TLS",    TCP, 443,   443,   PLAIN,
	    G(CLIENT),            E(WEBCONF),            F(WEB_CONFERENCING)),
	ROW("ext-09",  EXTERNAL, OUT, "av",         "RTP",         TCP, 50000, 59999, MEDIA,
	    E(AV),                G(MEDIA_PARTNER),      MEDIA_FEATURES),
	ROW("ext-10",  EXTERNAL, OUT, "av",         "RTP",         UDP, 50000, 59999, MEDIA,
	    E(AV),                G(MEDIA_PARTNER),      F(AV_FEDERATION_OCS2007)),
	ROW("ext-11",  EXTERNAL, IN,  "av",         "RTP",         TCP, 50000, 59999, MEDIA,
	    G(MEDIA_PARTNER),     E(AV),                 F(AV_FEDERATION_OCS2007)),
	ROW("ext-12",  EXTERNAL, IN,  "av",         "RTP",         UDP, 50000, 59999, MEDIA,
	    G(MEDIA_PARTNER),     E(AV),                 F(AV_FEDERATION_OCS2007)),
	ROW("ext-13",  EXTERNAL, OUT, "av",         "STUN/MSTURN", UDP, 3478,  3478,  STRICT_STUN,
	    E(AV),                ANY,                   MEDIA_FEATURES | F(MULTIPLE_POOLS)),
	ROW("ext-14",  EXTERNAL, IN,  "av",         "STUN/MSTURN", UDP, 3478,  3478,  PLAIN,
	    ANY,                  E(AV),                 F(AV)),
	ROW("ext-15",  EXTERNAL, IN,  "av",         "STUN/MSTURN", TCP, 443,   443,   PLAIN,
	    ANY,                  E(AV),                 F(AV)),
	ROW("ext-16",  EXTERNAL, OUT, "av",         "STUN/MSTURN", TCP, 443,   443,   STRICT_MEDIA,
	    E(AV),                ANY,                   F(AV)),

	/* Internal firewall */
	ROW("int-01",  INTERNAL, IN,  "xmpp",       "XMPP/MTLS",   TCP, 23456, 23456, PLAIN,
	    G(XMPP_GATEWAY),      E(INTERNAL),           F(XMPP)),
	ROW("int-02",  INTERNAL, IN,  "sip",        "SIP/MTLS",    TCP, 5061,  5061,  PLAIN,
	    G(FRONT_END),         E(INTERNAL),           SIP_FEATURES),
	ROW("int-03",  INTERNAL, OUT, "sip",        "SIP/MTLS",    TCP, 5061,  5061,  PLAIN,
	    E(INTERNAL),          G(FRONT_END),          SIP_FEATURES),
	ROW("int-04",  INTERNAL, IN,  "webconf",    "PSOM/MTLS",   TCP, 8057,  8057,  PLAIN,
	    G(FRONT_END),         E(INTERNAL),           F(WEB_CONFERENCING)),
	ROW("int-05",  INTERNAL, IN,  "av",         "SIP/MTLS",    TCP, 5062,  5062,  PLAIN,
	    G(FRONT_END) | G(BRANCH), E(INTERNAL),           F(AV)),
	ROW("int-06",  INTERNAL, IN,  "av",         "STUN/MSTURN", UDP, 3478,  3478,  PLAIN,
	    ANY,                  E(INTERNAL),           F(AV)),
	ROW("int-07",  INTERNAL, IN,  "av",         "STUN/MSTURN", TCP, 443,   443,   PLAIN,
	    ANY,                  E(INTERNAL),           F(AV)),
	ROW("int-08",  INTERNAL, IN,  "management", "HTTPS",       TCP, 4443,  4443,  PLAIN,
	    G(CMS),               E(INTERNAL),           F(CMS_REPLICATION)),
	ROW("int-09",  INTERNAL, IN,  "logging",    "MTLS",        TCP, 50001, 50001, PLAIN,
	    G(LOGGING_CONTROLLER), E(INTERNAL),           F(CENTRAL_LOGGING)),
	ROW("int-10",  INTERNAL, IN,  "logging",    "MTLS",        TCP, 50002, 50002, PLAIN,
	    G(LOGGING_CONTROLLER), E(INTERNAL),           F(CENTRAL_LOGGING)),
	ROW("int-11",  INTERNAL, IN,  "logging",    "MTLS",        TCP, 50003, 50003, PLAIN,
	    G(LOGGING_CONTROLLER), E(INTERNAL),           F(CENTRAL_LOGGING)),

	/* Federation */
	ROW("fed-01",  EXTERNAL, OUT, "access",     "SIP/MTLS",    TCP, 5061,  5061,  PLAIN,
	    E(ACCESS),            G(FEDERATION_PARTNER), F(FEDERATION)),

	/* Public instant messaging connectivity */
	ROW("pic-01",  EXTERNAL, IN,  "access",     "SIP/MTLS",    TCP, 5061,  5061,  PLAIN,
	    G(PIC_PARTNER),       E(ACCESS),             F(PIC)),
	ROW("pic-02",  EXTERNAL, OUT, "access",     "SIP/MTLS",    TCP, 5061,  5061,  PLAIN,
	    E(ACCESS),            G(PIC_PARTNER),        F(PIC)),
	ROW("pic-03",  EXTERNAL, IN,  "access",     "SIP/TLS",     TCP, 443,   443,   PLAIN,
	    G(CLIENT),            E(ACCESS),             F(PIC)),
	ROW("pic-04",  EXTERNAL, OUT, "av",         "RTP",         TCP, 50000, 59999, MEDIA,
	    E(AV),                G(MESSENGER_CLIENT),   F(PIC_AV)),
	ROW("pic-05",  EXTERNAL, OUT, "av",         "STUN/MSTURN", UDP, 3478,  3478,  STRICT_STUN,
	    E(AV),                G(MESSENGER_CLIENT),   F(PIC_AV)),
	ROW("pic-06",  EXTERNAL, IN,  "av",         "STUN/MSTURN", UDP, 3478,  3478,  PLAIN,
	    G(MESSENGER_CLIENT),  E(AV),                 F(PIC_AV)),

	/* Extensible Messaging and Presence Protocol (XMPP) federation */
	ROW("xmpp-01", EXTERNAL, IN,  "xmpp",       "XMPP",        TCP, 5269,  5269,  PLAIN,
	    G(XMPP_PARTNER),      E(ACCESS),             F(XMPP)),
	ROW("xmpp-02", EXTERNAL, OUT, "xmpp",       "XMPP",        TCP, 5269,  5269,  PLAIN,
	    E(ACCESS),            G(XMPP_PARTNER),       F(XMPP)),
	ROW("xmpp-03", INTERNAL, IN,  "xmpp",       "XMPP/MTLS",   TCP, 23456, 23456, PLAIN,
	    G(XMPP_GATEWAY),      E(INTERNAL),           F(XMPP)),
};

const char *const le_iface_names[LE_NR_IFACES] = {
	[LE_EXTERNAL] = "external",
	[LE_INTERNAL] = "internal",
};

const char *const le_dir_names[LE_NR_DIRS] = {
	[LE_IN] = "in",
	[LE_OUT] = "out",
};

const char *const le_edge_names[LE_NR_EDGES] = {
	[LE_EDGE_ACCESS] = "access",
	[LE_EDGE_WEBCONF] = "webconf",
	[LE_EDGE_AV] = "av",
	[LE_EDGE_INTERNAL] = "internal",
};

const char *const le_group_names[LE_NR_GROUPS] = {
	[LE_GROUP_CLIENT] = "client",
	[LE_GROUP_FEDERATION_PARTNER] = "federation-partner",
	[LE_GROUP_MEDIA_PARTNER] = "media-partner",
	[LE_GROUP_PIC_PARTNER] = "pic-partner",
	[LE_GROUP_MESSENGER_CLIENT] = "messenger-client",
	[LE_GROUP_XMPP_PARTNER] = "xmpp-partner",
	[LE_GROUP_CRL_SERVER] = "crl-server",
	[LE_GROUP_DNS_SERVER] = "dns-server",
	[LE_GROUP_FRONT_END] = "front-end",
	[LE_GROUP_BRANCH] = "branch",
	[LE_GROUP_XMPP_GATEWAY] = "xmpp-gateway",
	[LE_GROUP_CMS] = "cms",
	[LE_GROUP_LOGGING_CONTROLLER] = "logging-controller",
};

const char *const le_feature_names[LE_NR_FEATURES] = {
	[LE_FEATURE_CRL] = "crl",
	[LE_FEATURE_DNS] = "dns",
	[LE_FEATURE_REMOTE_ACCESS] = "remote-access",
	[LE_FEATURE_FEDERATION] = "federation",
	[LE_FEATURE_WEB_CONFERENCING] = "web-conferencing",
	[LE_FEATURE_AV] = "av",
	[LE_FEATURE_AV_FEDERATION] = "av-federation",
	[LE_FEATURE_AV_FEDERATION_OCS2007] = "av-federation-ocs2007",
	[LE_FEATURE_MULTIPLE_POOLS] = "multiple-pools",
	[LE_FEATURE_PIC] = "pic",
	[LE_FEATURE_PIC_AV] = "pic-av",
	[LE_FEATURE_XMPP] = "xmpp",
	[LE_FEATURE_CMS_REPLICATION] = "cms-replication",
	[LE_FEATURE_CENTRAL_LOGGING] = "central-logging",
};

const char *const le_reason_names[LE_NR_REASONS] = {
	[-LE_NO_ROW - 1] = "no-row",
	[-LE_MALFORMED - 1] = "malformed",
	[-LE_FRAGMENT - 1] = "fragment",
	[-LE_BLOCKED - 1] = "blocked",
	[-LE_PROTOCOL - 1] = "protocol",
	[-LE_INVALID - 1] = "invalid",
	[-LE_ICMP_RELATED - 1] = "icmp-related",
	[-LE_ICMP_ECHO - 1] = "icmp-echo",
};

/**
 * le_row_find() - number of a matrix row
 * @id: its public name, not terminated
 * @len: length of @id
 *
 * Return: the number, or -ENOENT if no row bears that name.
 */
int le_row_find(const char *id, size_t len)
{
	unsigned int row;

	for (row = 0; row < LE_NR_ROWS; row++)
		if (strlen(le_matrix[row].id) == len && !memcmp(le_matrix[row].id, id, len))
			return row;
	return -ENOENT;
}

/**
 * le_row_repeats() - the row that a row says again
 * @row: number of a matrix row
 *
 * Microsoft's tables state some rows twice (fed-01 is ext-07). While both are active the
 * traffic counts at the first.
 *
 * Return: the number of the first row that is the same but for its name, or -ENOENT if there is
 * none before @row.
 */
int le_row_repeats(unsigned int row)
{
	const struct le_row *r = &le_matrix[row];
	unsigned int i;

	for (i = 0; i < row; i++) {
		const struct le_row *first = &le_matrix[i];

		if (first->iface == r->iface && first->dir == r->dir &&
		    first->protocol == r->protocol && first->ports.first == r->ports.first &&
		    first->ports.last == r->ports.last && first->source == r->source &&
		    first->destination == r->destination && first->features == r->features)
			return i;
	}
	return -ENOENT;
}

/**
 * le_tag_name() - the word for an edge or a peer group
 * @tag: a tag below LE_TAG_BLOCK
 *
 * Return: its name in the policy language.
 */
const char *le_tag_name(unsigned int tag)
{
	return tag < LE_TAG_GROUP ? le_edge_names[tag - LE_TAG_EDGE] :
				    le_group_names[tag - LE_TAG_GROUP];
}
