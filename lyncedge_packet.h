/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a packet says of itself: from the bytes of its headers to a struct le_packet, safely
 * whatever they are. Who may pass is not decided here but in lyncedge_rules.c. Pure but for
 * struct sk_buff, which the shim gives user space as well.
 */
#ifndef LYNCEDGE_PACKET_H
#define LYNCEDGE_PACKET_H

#include "lyncedge_inet.h"

/* More extension headers than RFC 8200 sec. 4.1 has an order for is a contradiction in itself. */
#define LE_MAX_EXT_HEADERS 8

/**
 * struct le_flow - the two ends of a packet or connection
 * @src: sender's address
 * @dst: receiver's address
 * @family: LE_IPV4 or LE_IPV6
 * @protocol: IPPROTO_*
 * @sport: source port, host byte order; TCP and UDP only
 * @dport: destination port, likewise
 */
struct le_flow {
	union le_addr src;
	union le_addr dst;
	u8 family;
	u8 protocol;
	u16 sport;
	u16 dport;
};

/* What to do with a packet depends on what it carries. */
enum le_kind {
	LE_KIND_PORTS,	/* TCP or UDP: the rows decide */
	LE_KIND_ICMP_ERROR,	/* decided by the flow that it is about */
	LE_KIND_ICMP_ECHO,
	LE_KIND_NEIGHBOUR,	/* neighbour discovery */
	LE_KIND_OTHER,	/* any other ICMP and any other protocol */
	LE_KIND_MALFORMED,
	LE_KIND_FRAGMENT,	/* a fragment other than the first */
};

/* What conntrack says of a packet. */
enum le_track {
	LE_TRACK_NONE,	/* not asked, or told not to track */
	LE_TRACK_INVALID,
	LE_TRACK_ORIGINAL,	/* travels as the first packet of its connection */
	LE_TRACK_REPLY,	/* travels the other way */
};

/**
 * struct le_packet - a packet as the rules see it
 * @flow: addresses, protocol, and ports if there are any
 * @kind: what it carries; with LE_KIND_MALFORMED @flow has addresses only if @has_addrs
 * @track: set by who asks conntrack, LE_TRACK_NONE after reading
 * @has_addrs: the IP header could be read
 * @fragmented: it is the first of several fragments
 * @may_answer: could be the answer to an earlier packet: UDP, or TCP with ACK or RST
 * @about_known: LE_KIND_ICMP_ERROR: @about could be read
 * @about_reversed: @about is seen against the packet's own direction
 * @about_may_answer: as @may_answer, for @about
 * @about_echo: @about is an ICMP echo
 * @about: LE_KIND_ICMP_ERROR: the quoted packet, or conntrack's connection in its original
 *	direction
 *
 * Left unset where @kind does not call for it: @about and its companions are meaningless but
 * with LE_KIND_ICMP_ERROR.
 */
struct le_packet {
	struct le_flow flow;
	u8 kind;
	u8 track;
	bool has_addrs;
	bool fragmented;
	bool may_answer;
	bool about_known;
	bool about_reversed;
	bool about_may_answer;
	bool about_echo;
	struct le_flow about;
};

bool le_flow_is_echo(const struct le_flow *flow, u8 type);
void le_packet_read(const struct sk_buff *skb, u8 family, struct le_packet *packet);

#endif /* LYNCEDGE_PACKET_H */
