// SPDX-License-Identifier: GPL-2.0-only
/*
 * Follows connections as conntrack does, as far as a packet's verdict depends on it: which end sent
 * the first packet, and whether conntrack would call a packet invalid. Sequence numbers and sums
 * are not looked at. A connection that is refused is followed like any other, as in mode monitor,
 * where its packets pass.
 */
#include <sys/random.h>

#include "tracker.h"
#include "output.h"

#define FIRST_SLOTS 4096
#define NSEC_PER_SEC 1000000000ULL

/* conntrack's own times (Documentation/networking/nf_conntrack-sysctl.rst), its defaults. */
enum {
	TCP_ESTABLISHED = 432000,
	TCP_UNREPLIED = 120,
	TCP_CLOSED = 120,
	TCP_RESET = 10,
	UDP_UNREPLIED = 30,
	UDP_STREAM = 120,
	/* After which an answered exchange is a stream. */
	UDP_STREAM_AGE = 2,
	ICMP_WAITS = 30,
};

/**
 * tracker_init() - begin without connections
 * @tracker: where
 */
void tracker_init(struct tracker *tracker)
{
	*tracker = (struct tracker){ .mask = FIRST_SLOTS - 1 };
	tracker->slots = calloc(FIRST_SLOTS, sizeof(*tracker->slots));
	if (!tracker->slots)
		die_out_of_memory();
	if (getrandom(&tracker->seed, sizeof(tracker->seed), GRND_NONBLOCK) < 0)
		tracker->seed = (uintptr_t)tracker;
}

/**
 * tracker_free() - forget all connections
 * @tracker: they
 */
void tracker_free(struct tracker *tracker)
{
	free(tracker->slots);
	free(tracker->list);
	free(tracker->tallies);
}

static u64 mixed(u64 hash, u64 word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
	/* Where the product knows most of its factors is in the middle. */
	return hash ^ hash >> 32;
}

static u64 hash_of(const struct tracker *tracker, const struct flow_key *key)
{
	u64 words[5], hash = tracker->seed;
	unsigned int i;

	static_assert(sizeof(*key) <= sizeof(words), "a key is so many words");
	words[4] = 0;
	memcpy(words, key, sizeof(*key));
	for (i = 0; i < ARRAY_SIZE(words); i++)
		hash = mixed(hash, words[i]);
	return hash;
}

/* Return: which end of the key is the flow's source. */
static u8 key_of(struct flow_key *key, const struct le_flow *flow)
{
	size_t size = flow->family == LE_IPV4 ? sizeof(flow->src.v4) : sizeof(flow->src);
	int order = memcmp(&flow->src, &flow->dst, size);
	u8 sender;

	memset(key, 0, sizeof(*key));
	sender = order ? order > 0 : flow->sport > flow->dport;
	memcpy(&key->addr[sender], &flow->src, size);
	memcpy(&key->addr[!sender], &flow->dst, size);
	key->port[sender] = flow->sport;
	key->port[!sender] = flow->dport;
	key->family = flow->family;
	key->protocol = flow->protocol;
	return sender;
}

static u64 slot_of(u64 hash, u32 number)
{
	return (hash & ~0xffffffffULL) | (number + 1);
}

static void put_slot(struct tracker *tracker, u64 hash, u64 slot)
{
	u32 i = hash & tracker->mask;

	while (tracker->slots[i])
		i = (i + 1) & tracker->mask;
	tracker->slots[i] = slot;
}

/* Twice as many slots; no more than two of three are in use. */
static void grow_slots(struct tracker *tracker)
{
	u32 i;

	if (tracker->nr < tracker->mask / 3 * 2)
		return;
	free(tracker->slots);
	tracker->mask = tracker->mask * 2 + 1;
	tracker->slots = calloc((size_t)tracker->mask + 1, sizeof(*tracker->slots));
	if (!tracker->slots)
		die_out_of_memory();
	for (i = 0; i < tracker->nr; i++) {
		u64 hash = hash_of(tracker, &tracker->list[i].key);

		put_slot(tracker, hash, slot_of(hash, i));
	}
}

static struct tracked *add(struct tracker *tracker, const struct flow_key *key, u64 hash)
{
	struct tracked *conn;

	if (tracker->nr == tracker->room) {
		tracker->room = tracker->room ? tracker->room * 2 : FIRST_SLOTS;
		tracker->list = grown(tracker->list, tracker->room, sizeof(*tracker->list));
	}
	conn = &tracker->list[tracker->nr];
	*conn = (struct tracked){ .key = *key, .tallies = NO_TALLY };
	put_slot(tracker, hash, slot_of(hash, tracker->nr++));
	grow_slots(tracker);
	return conn;
}

/**
 * tracker_find() - find the connection of a packet
 * @tracker: the connections
 * @flow: the packet's
 * @make: make one if there is none
 * @sender: where to put which end of it has sent the packet
 *
 * Return: the connection, valid until another is made; NULL if there is none.
 */
struct tracked *tracker_find(struct tracker *tracker, const struct le_flow *flow, bool make,
			     u8 *sender)
{
	struct flow_key key;
	u64 hash, slot;
	u32 i;

	*sender = key_of(&key, flow);
	hash = hash_of(tracker, &key);
	for (i = hash & tracker->mask; (slot = tracker->slots[i]); i = (i + 1) & tracker->mask) {
		struct tracked *conn = &tracker->list[(u32)slot - 1];

		if ((slot ^ hash) >> 32 == 0 && !memcmp(&conn->key, &key, sizeof(key)))
			return conn;
	}
	return make ? add(tracker, &key, hash) : NULL;
}

static bool is_stream(const struct tracked *conn)
{
	return conn->replied && conn->seen - conn->created >= UDP_STREAM_AGE * NSEC_PER_SEC;
}

static unsigned int lifetime(const struct tracked *conn)
{
	if (conn->key.protocol == IPPROTO_UDP)
		return is_stream(conn) ? UDP_STREAM : UDP_UNREPLIED;
	if (conn->key.protocol != IPPROTO_TCP)
		return ICMP_WAITS;
	if (conn->reset)
		return TCP_RESET;
	if (conn->fins == 3)
		return TCP_CLOSED;
	return conn->replied || conn->guessed ? TCP_ESTABLISHED : TCP_UNREPLIED;
}

static bool is_known(const struct tracked *conn, u64 now)
{
	if (!conn->tracked)
		return false;
	return now <= conn->seen || now - conn->seen <= lifetime(conn) * NSEC_PER_SEC;
}

static u8 begin(struct tracked *conn, u8 sender, bool guessed, u64 now)
{
	conn->first = sender;
	conn->tracked = true;
	conn->replied = false;
	conn->guessed = guessed;
	conn->fins = 0;
	conn->reset = false;
	conn->created = now;
	conn->seen = now;
	return LE_TRACK_ORIGINAL;
}

static u8 go_on(struct tracked *conn, u8 sender, u64 now)
{
	if (now > conn->seen)
		conn->seen = now;
	if (sender == conn->first)
		return LE_TRACK_ORIGINAL;
	conn->replied = true;
	return LE_TRACK_REPLY;
}

/* Flags that no TCP sends. */
static bool is_nonsense(u8 flags)
{
	switch (flags & ~TCP_URG) {
	case TCP_SYN:
	case TCP_RST:
	case TCP_RST | TCP_ACK:
	case TCP_FIN | TCP_ACK:
	case TCP_ACK:
		return false;
	case TCP_SYN | TCP_ACK:
		return flags & TCP_URG;
	}
	return true;
}

/* Whether flags are possible in the state of a connection that is known. */
static bool is_possible(const struct tracked *conn, bool original, u8 flags)
{
	bool answered = conn->replied || conn->guessed;

	if (flags & TCP_RST)
		return true;
	if (flags & TCP_SYN && flags & TCP_ACK)
		return !original;
	if (flags & TCP_SYN)
		return original || !answered;
	if (answered)
		return true;
	/* Before an answer, the one end can but repeat itself, and the other not end it. */
	return !original && !(flags & TCP_FIN);
}

static u8 track_tcp(struct tracked *conn, u8 sender, u8 flags, u64 now)
{
	flags &= TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK | TCP_URG;
	if (is_nonsense(flags))
		return LE_TRACK_INVALID;
	if (!is_known(conn, now)) {
		if (!(flags & (TCP_SYN | TCP_FIN | TCP_RST)))
			return begin(conn, sender, true, now);
		if ((flags & (TCP_SYN | TCP_ACK)) == TCP_SYN)
			return begin(conn, sender, false, now);
		return LE_TRACK_INVALID;
	}
	/* A new connection between the ports of one that is over. */
	if ((flags & (TCP_SYN | TCP_ACK)) == TCP_SYN &&
	    (conn->fins == 3 || (conn->reset && sender == conn->first)))
		return begin(conn, sender, false, now);
	if (!is_possible(conn, sender == conn->first, flags))
		return LE_TRACK_INVALID;
	if (flags & TCP_FIN)
		conn->fins |= BIT(sender);
	if (flags & TCP_RST)
		conn->reset = true;
	return go_on(conn, sender, now);
}

/**
 * tracker_track() - say what conntrack would of a packet
 * @conn: the packet's connection
 * @sender: which end of it has sent the packet
 * @flags: its TCP flags
 * @now: when it was captured
 *
 * Return: LE_TRACK_*.
 */
u8 tracker_track(struct tracked *conn, u8 sender, u8 flags, u64 now)
{
	if (conn->key.protocol == IPPROTO_TCP)
		return track_tcp(conn, sender, flags, now);
	if (!is_known(conn, now))
		return begin(conn, sender, false, now);
	return go_on(conn, sender, now);
}

/**
 * tracker_is_from_before() - whether a packet can only be of what began before the capture
 * @conn: the packet's connection, which tracker_track() has called it invalid in
 * @flags: its TCP flags
 *
 * Return: true if it answers or ends a connection of which nothing else was captured before.
 */
bool tracker_is_from_before(const struct tracked *conn, u8 flags)
{
	flags &= TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK | TCP_URG;
	return conn->key.protocol == IPPROTO_TCP && !conn->tracked && !is_nonsense(flags);
}

/**
 * tracker_track_error() - say what conntrack would of an ICMP error
 * @tracker: the connections
 * @packet: the error, with what it quotes; then with the connection that this is of, as the module
 *	has it from conntrack
 * @now: when it was captured
 */
void tracker_track_error(struct tracker *tracker, struct le_packet *packet, u64 now)
{
	struct le_flow quoted = packet->about;
	struct tracked *conn;
	u8 sender;

	packet->track = LE_TRACK_INVALID;
	if (!packet->about_known)
		return;
	packet->about_known = false;
	/* Echoes are told apart by less than conntrack does. */
	if (packet->about_echo) {
		quoted.sport = 0;
		quoted.dport = 0;
	}
	/* An error is for who sent what it is about. */
	if (memcmp(&quoted.src, &packet->flow.dst, quoted.family == LE_IPV4 ? 4 : 16))
		return;
	conn = tracker_find(tracker, &quoted, false, &sender);
	if (!conn || !is_known(conn, now))
		return;
	packet->track = sender == conn->first ? LE_TRACK_REPLY : LE_TRACK_ORIGINAL;
	tracker_flow(conn, conn->first, &packet->about);
	packet->about_known = true;
	packet->about_may_answer = false;
	packet->about_reversed = packet->track == LE_TRACK_REPLY;
}

/**
 * tracker_tally() - where to count a packet
 * @tracker: the connections
 * @conn: the packet's
 * @outcome: what became of it
 * @crossing: where the connection crosses
 * @sender: which end of the key began it
 * @kind: enum le_kind of the packet
 * @is_new: where to put whether nothing was counted there yet
 *
 * Return: the place, valid until another is made.
 */
struct tally *tracker_tally(struct tracker *tracker, struct tracked *conn, int outcome,
			    u8 crossing, u8 sender, u8 kind, bool *is_new)
{
	struct tally *tally;
	u32 i;

	for (i = conn->tallies; i != NO_TALLY; i = tally->next) {
		tally = &tracker->tallies[i];
		*is_new = false;
		if (tally->outcome == outcome && tally->crossing == crossing &&
		    tally->sender == sender && tally->kind == kind)
			return tally;
	}
	if (tracker->nr_tallies == tracker->tally_room) {
		tracker->tally_room = tracker->tally_room ? tracker->tally_room * 2 : FIRST_SLOTS;
		tracker->tallies = grown(tracker->tallies, tracker->tally_room,
					 sizeof(*tracker->tallies));
	}
	tally = &tracker->tallies[tracker->nr_tallies];
	*tally = (struct tally){
		.conn = conn - tracker->list,
		.next = conn->tallies,
		.outcome = outcome,
		.crossing = crossing,
		.sender = sender,
		.kind = kind,
	};
	conn->tallies = tracker->nr_tallies++;
	*is_new = true;
	return tally;
}

/**
 * tracker_flow() - a connection as one of its ends sends
 * @conn: the connection
 * @sender: which end
 * @flow: where to put it
 */
void tracker_flow(const struct tracked *conn, u8 sender, struct le_flow *flow)
{
	const struct flow_key *key = &conn->key;

	flow->src = key->addr[sender];
	flow->dst = key->addr[!sender];
	flow->sport = key->port[sender];
	flow->dport = key->port[!sender];
	flow->family = key->family;
	flow->protocol = key->protocol;
}
