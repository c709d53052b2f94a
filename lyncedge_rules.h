/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The model, and how a packet is judged by it. Pure: the same source serves the module,
 * lyncedgectl, KUnit and fuzzers.
 *
 * Theory of operation
 * -------------------
 *
 * A *row* (lyncedge_matrix.h) says: on this interface, in this direction, with this protocol,
 * from these to those, to this port. A *policy* (lyncedge_policy.h) says which rows are active,
 * who the groups are, and adds site rows. Nothing of that is walked when a packet comes: the
 * policy is compiled into a struct le_table, in which every condition of a row is a bit.
 *
 * Each active row becomes a *term*, numbered in the order in which rows are judged. Term n is
 * bit n % 64 of word n / 64 of every bitmap. (An outbound media row under "rtp-outbound either"
 * becomes two terms, one for the media range at the destination and one at the source, so that
 * a term is always a plain conjunction.) Five bitmaps say which terms a packet can satisfy by
 *
 *     lane          its interface, direction and protocol: 8 lanes
 *     destination   its destination port: a port belongs to a class, a class has a bitmap
 *     source        its source port, likewise
 *     from          its source address: an address belongs to a class, a class has two bitmaps,
 *     to            its destination address: for addresses as a sender and as a receiver
 *
 * and the lowest bit of their intersection is the row. Example, an inbound packet to port 443
 * of the A/V Edge:
 *
 *     lane external/in/tcp          ext-05 ext-06 ext-08 ext-15
 *   & destination port 443          ext-05        ext-08 ext-15 ext-16 int-07
 *   & source port 40000             (all)
 *   & from 198.51.100.7             ext-05 ext-06 ext-08 ext-15        (client: any)
 *   & to   10.45.16.30              ext-15 (and rows to any)
 *   =                               ext-15
 *
 * Classes. Two ports, or two addresses, of which the same terms hold are of the same class, so
 * there are few. Ports: two arrays of 65,536 class numbers, by the two bytes of the port as they
 * lie in the packet, one for destinations and one for sources. Addresses: lyncedge_addr.h. What
 * lane and ports say is stored as the intersection of their bitmaps, one word for each
 * combination. Source ports matter to rows that leave the Edge alone (media, and "ports strict"),
 * and few ranges of them do. So it is a word for each lane and class of destination ports of what
 * enters, and sixteen of what leaves.
 *
 * The matrix is at most 40 terms, so word 0 decides for it and for the first site rows, at a
 * cost that knows neither the number of active rows nor that of prefixes. Its last bits are no
 * terms', but say of a class of addresses that it is blocked, and of each bitmap whether it has
 * anything in other words. Only if word 0 has no row, and all of the bitmaps go on, a summary (a
 * bit for each word that is not zero) says where to look. Why an intersection and not one indexed
 * verdict: the product of classes is small for the matrix, but 1,024 site rows with prefixes of
 * their own would make millions of entries.
 *
 * A table is immutable once published and freed after a grace period; a reader needs RCU and
 * nothing else.
 */
#ifndef LYNCEDGE_RULES_H
#define LYNCEDGE_RULES_H

#include "lyncedge_addr.h"
#include "lyncedge_packet.h"
#include "lyncedge_policy.h"

/* A crossing of a named device: interface and direction. */
#define LE_NR_CROSSINGS (LE_NR_IFACES * LE_NR_DIRS)

static inline unsigned int le_crossing(enum le_iface iface, enum le_dir dir)
{
	return iface * LE_NR_DIRS + dir;
}

static inline unsigned int le_crossing_reverse(unsigned int crossing)
{
	return crossing ^ 1;
}

#define LE_NR_LANES (LE_NR_CROSSINGS * 2)

static inline unsigned int le_lane(unsigned int crossing, u8 protocol)
{
	return crossing * 2 + (protocol == IPPROTO_UDP);
}

static inline enum le_dir le_lane_dir(unsigned int lane)
{
	return lane / 2 % LE_NR_DIRS;
}

static inline unsigned int le_lane_iface(unsigned int lane)
{
	return lane / 2 / LE_NR_DIRS;
}

static inline bool le_lane_is_udp(unsigned int lane)
{
	return lane % 2;
}

/* The other direction of the same interface, with the same protocol. */
static inline unsigned int le_lane_reverse(unsigned int lane)
{
	return lane ^ 2;
}

/*
 * Words of 64 terms. The matrix alone is 37 rows, of which three may be two terms; for early drops
 * six have one more.
 */
#define LE_MAX_MATRIX_TERMS (LE_NR_ROWS + 3 + 6)
/* With those that stand at the bits of word 0 which are no terms'. */
#define LE_MAX_TERMS (LE_MAX_MATRIX_TERMS + LE_MAX_SITE_ROWS + 64 - LE_NR_FAST_TERMS)
#define LE_MAX_WORDS ((LE_MAX_TERMS + 63) / 64)

/*
 * Bits of word 0 that are terms, and those that are not. Classes of addresses have LE_MORE_ENDS,
 * ports LE_MORE_PORTS, so that an intersection with both has neither. Near addresses
 * (le_addr_table.near4, near6) have both: an intersection of theirs with ports is 0 only if other
 * words have no row either.
 */
#define LE_NR_FAST_TERMS 61
#define LE_MORE_ENDS BIT_ULL(61)
#define LE_MORE_PORTS (LE_MORE_ENDS << 1)
#define LE_BLOCKED_BIT BIT_ULL(63)

/*
 * Classes of ports as far as word 0 can tell. A range of ports begins and ends a class at most.
 * Source ports are asked for in five: those of ext-09, ext-10 and pic-04, each of which a policy
 * may move, the media range as it is (ext-16), and STUN's (ext-13, pic-05).
 */
#define LE_NR_DPORT_CLASSES 256
#define LE_NR_SPORT_RANGES 5
#define LE_NR_SPORT_CLASSES 16
/* Those that go on in other words are other classes. */
static_assert(2 * (2 * LE_NR_FAST_TERMS + 1) <= LE_NR_DPORT_CLASSES);
static_assert(2 * LE_NR_SPORT_RANGES + 1 <= LE_NR_SPORT_CLASSES);

/*
 * Classes of addresses are numbered by twos, so that a class is the place of its two bitmaps.
 * What there is one of for each class is at half that number.
 */
#define LE_CLASS_STEP 2

/* What the steps before the rows need to know of a class of addresses. */
#define LE_ADDR_EDGE BIT(0)	/* belongs to an edge */
#define LE_ADDR_BLOCKED BIT(1)	/* is in the block list: see LE_BLOCKED_BIT */

/**
 * struct le_wide - the words after word 0, for policies with many site rows
 * @nr_words: how many; 0 for most policies
 * @port_class: class of each port, in host byte order: finer than word 0's
 * @lanes: @nr_words words a lane, then their summary
 * @dports: @nr_words words a class of ports, then their summary
 * @froms: @nr_words words a class of addresses, then their summary
 * @tos: likewise
 *
 * Site rows have no condition on the source port, so it has no bitmap here.
 */
struct le_wide {
	u32 nr_words;
	u16 *port_class;
	u64 *lanes;
	u64 *dports;
	u64 *froms;
	u64 *tos;
};

/**
 * struct le_usual - the largest prefix of those that the far end of a term may be in
 * @mask4: its mask, in IPv4
 * @addr4: its address
 * @mask6: its mask, in IPv6, by halves
 * @addr6: its address, likewise
 *
 * All as addresses are loaded from packets. A term that any address will do for has a prefix of
 * length 0. If there is none in a family, or some address is blocked, nobody is in it.
 */
struct le_usual {
	__be32 mask4;
	__be32 addr4;
	u64 mask6[2];
	u64 addr6[2];
};

/* Interfaces and protocols: what lanes have besides a direction. */
#define LE_NR_LANE_PAIRS (LE_NR_LANES / LE_NR_DIRS)

/**
 * struct le_table - a compiled policy
 * @stateless: judge packets, not connections: conntrack is not to be asked
 * @scope_address: judge only what has an edge's address
 * @icmp_echo: let ICMP echo pass
 * @blocks: some address is in the block list
 * @nr_terms: how many terms there are
 * @nr_dport_classes: how many classes of destination ports word 0 has
 * @nr_addr_classes: how many classes of addresses there are
 * @wide: words beyond word 0
 * @row_of: row of each term
 * @addr_flags: LE_ADDR_* of each class of addresses
 * @dport_class: class of each destination port, by its two bytes as they are loaded
 * @sport_class: class of each source port, likewise
 * @usual: of the bits of word 0; in that of a bit which is no term's nobody is
 * @entering: word 0, by le_lane_place() and destination port
 * @leaving: word 0, by le_lane_place() and destination port, and then by source port
 * @addrs: finds the class of an address
 * @ends: word 0 of each class of addresses, as a sender and as a receiver; in that of a class
 *	which is blocked no row is left to which it is the far end, but LE_BLOCKED_BIT is set
 *
 * Words 0 have LE_MORE_PORTS or LE_MORE_ENDS if the bitmaps that they are of go on in @wide.
 *
 * Nearly all that an accepted packet needs is inside, so that it is found without following a
 * pointer. It meets five cache lines, if its far address is a usual one: the near address's place;
 * the destination port's class; the source port's class, if it leaves; @entering or @leaving; and
 * @usual, of which the hooks have a copy beside the counter. Any other far address has two more,
 * its root entry and its class's @ends. If others in its block are of another class, there is one
 * more for each node of its own (IPv4), or some for the keys of a search and one for its entry
 * (IPv6).
 */
struct le_table {
	bool stateless;
	bool scope_address;
	bool icmp_echo;
	bool blocks;
	u32 nr_terms;
	u32 nr_dport_classes;
	u32 nr_addr_classes;
	struct le_wide wide;
	u16 *row_of;
	u8 *addr_flags;
	struct le_usual usual[64];
	u8 dport_class[65536];
	u8 sport_class[65536];
	u64 entering[LE_NR_LANE_PAIRS * LE_NR_DPORT_CLASSES];
	u64 leaving[LE_NR_LANE_PAIRS * LE_NR_DPORT_CLASSES * LE_NR_SPORT_CLASSES];
	struct le_addr_table addrs;
	u64 ends[];
};

/* Word 0 of the terms that a class of addresses may be the source of, or the destination. */
static __always_inline u64 le_from(const struct le_table *t, u32 class)
{
	return t->ends[class];
}

static __always_inline u64 le_to(const struct le_table *t, u32 class)
{
	return t->ends[class + 1UL];
}

static inline u8 le_addr_flags(const struct le_table *t, u32 class)
{
	return t->addr_flags[class / LE_CLASS_STEP];
}

/* Where in le_table.entering the words of an interface and protocol are. */
static __always_inline size_t le_lane_place(unsigned int iface, bool udp)
{
	return (iface * 2UL + udp) * LE_NR_DPORT_CLASSES;
}

/* The lane of a direction, by le_lane_place(). */
static inline unsigned int le_lane_at(size_t place, enum le_dir dir)
{
	unsigned int pair = place / LE_NR_DPORT_CLASSES;

	return le_lane(le_crossing(pair / 2, dir), pair % 2 ? IPPROTO_UDP : IPPROTO_TCP);
}

/* The two bytes of a port, as they lie in the packet. */
static __always_inline u16 le_port_place(const u8 *port)
{
	u16 place;

	memcpy(&place, port, sizeof(place));
	return place;
}

/**
 * le_entering_terms() - the rows that what enters may match by its lane and ports
 * @t: the table
 * @lane: le_lane_place()
 * @dport: destination port, as it lies in the packet
 *
 * Return: word 0 of their terms.
 */
static __always_inline u64 le_entering_terms(const struct le_table *t, size_t lane,
					     const u8 *dport)
{
	return t->entering[lane + t->dport_class[le_port_place(dport)]];
}

/**
 * le_leaving_terms() - the rows that what leaves may match by its lane and ports
 * @t: the table
 * @lane: le_lane_place()
 * @sport: source port, as it lies in the packet
 * @dport: destination port, likewise
 *
 * Return: word 0 of their terms.
 */
static __always_inline u64 le_leaving_terms(const struct le_table *t, size_t lane,
					    const u8 *sport, const u8 *dport)
{
	size_t place = lane + t->dport_class[le_port_place(dport)];

	return t->leaving[place * LE_NR_SPORT_CLASSES + t->sport_class[le_port_place(sport)]];
}

struct le_table *le_table_compile(const struct le_policy *policy);
struct le_table *le_table_compile_early(const struct le_policy *policy);
void le_table_free(struct le_table *table);
int le_match_wide(const struct le_table *table, unsigned int lane, __be16 dport, u32 src, u32 dst);
int le_judge(const struct le_table *table, unsigned int crossing, const struct le_packet *packet);

#endif /* LYNCEDGE_RULES_H */
