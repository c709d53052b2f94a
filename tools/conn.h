/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Connections as conntrack lists them.
 */
#ifndef LYNCEDGECTL_CONN_H
#define LYNCEDGECTL_CONN_H

#include "lyncedge_policy.h"
#include "packet_line.h"
#include "verbs.h"

/**
 * struct conn - a connection
 * @original: as its first packet came, before NAT
 * @reply: as answers to it come
 * @state: TCP's, as listed; empty for other protocols
 * @unreplied: no answer has been seen
 * @echo: an ICMP echo
 */
struct conn {
	struct le_flow original;
	struct le_flow reply;
	char state[24];
	bool unreplied;
	bool echo;
};

struct conns {
	struct conn *list;
	size_t nr;
};

/* No crossing is known. */
#define CROSSINGS_NONE 0

/**
 * struct conn_query - the connections that are asked about
 * @crossings: set of le_crossing() that was said; CROSSINGS_NONE if it is to be found out
 * @protocol: IPPROTO_*, or -1 for any
 * @ends: what one end of it has, and the other
 * @nr_ends: how many of them were said
 * @entry: the connection itself, as conntrack lists it; or NULL
 * @from_stdin: connections are listed there
 */
struct conn_query {
	u32 crossings;
	int protocol;
	struct conn_end {
		union le_addr addr;
		u8 family;
		int port;	/* -1: any */
	} ends[2];
	unsigned int nr_ends;
	char *entry;
	bool from_stdin;
};

const char *conn_query_parse(struct conn_query *query, char **words, int nr);
bool conns_find(struct conns *conns, const struct conn_query *query);
void conn_judged(const struct conn *conn, struct asked *asked);
u32 conn_crossings(const struct le_policy *policy, const struct le_flow *flow);

#endif /* LYNCEDGECTL_CONN_H */
