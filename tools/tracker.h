/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Connections of a capture: what conntrack would say of each packet, and what became of it.
 *
 * A connection is known by its two ends, whichever way its packets go. Who sent the first packet is
 * remembered for as long as conntrack would; what was counted, to the end. Addresses are the
 * Edge's own, as where the module sees packets.
 */
#ifndef LYNCEDGECTL_TRACKER_H
#define LYNCEDGECTL_TRACKER_H

#include "lyncedge_packet.h"

#define NO_TALLY (~0U)

/**
 * struct flow_key - the two ends of a connection, the lesser first
 * @addr: their addresses
 * @port: their ports, host byte order; 0 where there are none
 * @family: LE_IPV4 or LE_IPV6
 * @protocol: IPPROTO_*
 * @zero: none; keys are compared as bytes
 */
struct flow_key {
	union le_addr addr[2];
	u16 port[2];
	u8 family;
	u8 protocol;
	u8 zero[2];
};

/**
 * struct tracked - a connection
 * @key: its ends
 * @first: which of them sent the first packet
 * @tracked: conntrack knows it
 * @replied: the other end has answered
 * @guessed: its beginning was not seen, so @first is a guess
 * @fins: set of the ends that have closed it
 * @reset: one of them has reset it
 * @created: when its first packet came
 * @seen: when its last packet came
 * @tallies: what became of its packets; NO_TALLY if nothing yet
 */
struct tracked {
	struct flow_key key;
	u8 first;
	bool tracked;
	bool replied;
	bool guessed;
	u8 fins;
	bool reset;
	u64 created;
	u64 seen;
	u32 tallies;
};

/**
 * struct tally - packets of a connection of which the same has become
 * @conn: number of the connection
 * @next: another one of the same connection, or NO_TALLY
 * @outcome: row or enum le_outcome
 * @crossing: where: le_crossing(), of the connection's first packet
 * @sender: which end of the key was the first packet's
 * @kind: enum le_kind of the packets
 * @packets: how many
 * @bytes: and how many bytes
 * @first: when the first one came
 * @last: and the last
 */
struct tally {
	u32 conn;
	u32 next;
	int outcome;
	u8 crossing;
	u8 sender;
	u8 kind;
	u64 packets;
	u64 bytes;
	u64 first;
	u64 last;
};

/* A packet's flags in TCP, as far as conntrack minds them (RFC 9293 sec. 3.1). */
#define TCP_FIN BIT(0)
#define TCP_SYN BIT(1)
#define TCP_RST BIT(2)
#define TCP_ACK BIT(4)
#define TCP_URG BIT(5)

/**
 * struct tracker - all connections
 * @slots: hash table: upper half of the hash, and number of the connection, from 1
 * @mask: number of slots less 1
 * @seed: which nobody could know who sent the packets
 * @list: the connections, in the order of their first packets
 * @nr: how many
 * @room: for how many there is room
 * @tallies: what became of them
 * @nr_tallies: how many
 * @tally_room: for how many there is room
 */
struct tracker {
	u64 *slots;
	u32 mask;
	u64 seed;
	struct tracked *list;
	u32 nr;
	u32 room;
	struct tally *tallies;
	u32 nr_tallies;
	u32 tally_room;
};

void tracker_init(struct tracker *tracker);
void tracker_free(struct tracker *tracker);
struct tracked *tracker_find(struct tracker *tracker, const struct le_flow *flow, bool make,
			     u8 *sender);
u8 tracker_track(struct tracked *conn, u8 sender, u8 flags, u64 now);
bool tracker_is_from_before(const struct tracked *conn, u8 flags);
void tracker_track_error(struct tracker *tracker, struct le_packet *packet, u64 now);
struct tally *tracker_tally(struct tracker *tracker, struct tracked *conn, int outcome,
			    u8 crossing, u8 sender, u8 kind, bool *is_new);
void tracker_flow(const struct tracked *conn, u8 sender, struct le_flow *flow);

#endif /* LYNCEDGECTL_TRACKER_H */
