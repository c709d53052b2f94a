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
 * Classes. Ports: 256 pages of 256 ports, by the two bytes of the port as they lie in the
 * packet; a page is an array of 256 class numbers, and pages that are alike are one. The sample
 * policy has a dozen pages (6 KiB); the media range, 37 whole pages, is one of them and costs
 * what any port costs. Addresses: lyncedge_addr.h. Two ports, or two addresses, of which the
 * same terms hold are of the same class, so there are few.
 *
 * Few terms care for the source port ("sported": media rows, strict ones). It is looked up only
 * if the lowest bit of the other four bitmaps is such a term.
 *
 * The matrix is at most 40 terms, so word 0 decides for it and for the first site rows, at a
 * cost that knows neither the number of active rows nor that of prefixes. Only if word 0 has no
 * row, and there are more words, a summary (a bit for each word that is not zero) says which to
 * look at. Why an intersection and not one indexed verdict: the product of classes is small for
 * the matrix, but 1,024 site rows with prefixes of their own would make millions of entries.
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

/* The other direction of the same interface, with the same protocol. */
static inline unsigned int le_lane_reverse(unsigned int lane)
{
	return lane ^ 2;
}

#define LE_PAGE_PORTS 256
#define LE_NR_PAGES 256

/* Words of 64 terms. The matrix alone is 37 rows, of which three may be two terms. */
#define LE_MAX_MATRIX_TERMS (LE_NR_ROWS + 3)
#define LE_MAX_TERMS (LE_MAX_MATRIX_TERMS + LE_MAX_SITE_ROWS)
#define LE_MAX_WORDS ((LE_MAX_TERMS + 63) / 64)

/* A term's range of ports begins and ends a class at most; site rows have no source ports. */
#define LE_MAX_PORT_CLASSES (2 * LE_MAX_TERMS + 2 * LE_MAX_MATRIX_TERMS + 1)

/*
 * Classes of addresses are numbered by twos, so that a class is the place of its two bitmaps.
 * What there is one of for each class is at half that number.
 */
#define LE_CLASS_STEP 2

/* What the steps before the rows need to know of a class of addresses. */
#define LE_ADDR_EDGE BIT(0)	/* belongs to an edge */
#define LE_ADDR_BLOCKED BIT(1)	/* is in the block list; word 0 then has no row that it is far to */

/**
 * struct le_wide - the words after word 0, for policies with many site rows
 * @nr_words: how many; 0 for most policies
 * @lanes: @nr_words words a lane, then their summary
 * @dports: @nr_words words a class of ports, then their summary
 * @froms: @nr_words words a class of addresses, then their summary
 * @tos: likewise
 *
 * Site rows have no condition on the source port, so it has no bitmap here.
 */
struct le_wide {
	u32 nr_words;
	u64 *lanes;
	u64 *dports;
	u64 *froms;
	u64 *tos;
};

/**
 * struct le_table - a compiled policy
 * @lanes: word 0 of the terms of each lane
 * @sported: word 0 of the terms that have a condition on the source port
 * @stateless: judge packets, not connections: conntrack is not to be asked
 * @scope_address: judge only what has an edge's address
 * @icmp_echo: let ICMP echo pass
 * @blocks: some address is in the block list
 * @page_of: where in @pages the page of each 256 ports begins
 * @dports: word 0 of each class of destination ports
 * @sports: word 0 of each class of source ports
 * @pages: class numbers of the ports of each page
 * @ends: word 0 of each class of addresses, as a sender and as a receiver
 * @addr_flags: LE_ADDR_* of each class of addresses
 * @wide: words beyond word 0
 * @row_of: row of each term
 * @nr_terms: how many terms there are
 * @nr_pages: how many pages there are
 * @nr_port_classes: how many classes of ports there are
 * @nr_addr_classes: how many classes of addresses there are
 * @addrs: finds the class of an address
 *
 * What is of a size that no policy changes is inside, so that it is found without following a
 * pointer. An accepted packet of a usual policy meets these cache lines: @lanes; @sported and
 * what follows it; @page_of; @pages; @dports; the far address's root entry; the near address's
 * place; @ends.
 */
struct le_table {
	u64 lanes[LE_NR_LANES];
	u64 sported;
	u64 *ends;
	u8 *addr_flags;
	u16 *row_of;
	bool stateless;
	bool scope_address;
	bool icmp_echo;
	bool blocks;
	struct le_wide wide;
	u32 nr_terms;
	u32 nr_pages;
	u32 nr_port_classes;
	u32 nr_addr_classes;
	u16 page_of[LE_NR_PAGES];
	u64 dports[LE_MAX_PORT_CLASSES];
	u64 sports[LE_MAX_PORT_CLASSES];
	u16 pages[LE_NR_PAGES * LE_PAGE_PORTS];
	struct le_addr_table addrs;
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

/**
 * le_port_class() - class of a port
 * @t: the table
 * @port: its two bytes, as they lie in the packet
 *
 * Return: its class.
 */
static inline u32 le_port_class(const struct le_table *t, const u8 *port)
{
	return t->pages[(size_t)t->page_of[port[0]] + port[1]];
}

/**
 * le_sport_terms() - leave those of some terms for which the source port is right
 * @t: the table
 * @terms: word 0 of the terms that all but the source port allow
 * @sport: the source port, as it lies in the packet
 *
 * Return: @terms if the first of them does not care, else those that remain.
 */
static __always_inline u64 le_sport_terms(const struct le_table *t, u64 terms, const u8 *sport)
{
	/* Terms that do not care have their bit in every class of source ports. */
	if (terms & -terms & t->sported)
		return terms & t->sports[le_port_class(t, sport)];
	return terms;
}

struct le_table *le_table_compile(const struct le_policy *policy);
void le_table_free(struct le_table *table);
int le_judge(const struct le_table *table, unsigned int crossing, const struct le_packet *packet);

#endif /* LYNCEDGE_RULES_H */
