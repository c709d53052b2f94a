/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Judges captured packets one after the other as the module would have: the frame is read (link.h),
 * it is found out where the packet crosses (where.h), fragments are put together (defrag.h), the
 * connection is followed (tracker.h), and the module's own code reads the headers and judges.
 */
#ifndef LYNCEDGECTL_FOLLOW_H
#define LYNCEDGECTL_FOLLOW_H

#include "capture.h"
#include "tracker.h"
#include "defrag.h"
#include "lyncedge_rules.h"
#include "where.h"

/**
 * struct total - what has been counted
 * @packets: packets
 * @bytes: their bytes, from the IP header on
 * @flows: connections that they are of
 */
struct total {
	u64 packets;
	u64 bytes;
	u64 flows;
};

/* Packets that entered a moment ago, and may yet be seen to leave; a power of two. */
#define NR_ENTERED 4096

/**
 * struct entered - a packet that was judged where it enters
 * @mark: what it is known by; 0 for none
 * @nr: how many equal ones have entered and were not seen to leave
 * @when: when the last of them entered
 * @outcome: what became of it
 * @tally: number of the tally that counts it
 */
struct entered {
	u64 mark;
	u32 nr;
	u64 when;
	int outcome;
	u32 tally;
};

/**
 * struct follow - a capture that is judged
 * @policy: by what
 * @table: the same, compiled
 * @where: where packets cross
 * @defrag: fragments
 * @tracker: connections
 * @rows: what each row has accepted, as the module counts it
 * @reasons: what has been counted otherwise, by le_outcome_index()
 * @unjudged: what was not judged, by enum unjudged
 * @packets: packets in the capture, so far
 * @bytes: their bytes
 * @first: when the first one was captured
 * @last: when the last one was
 * @cut: how many were not captured whole
 * @foreign: the first link type that is not known, if there are packets of any
 * @entered: packets that were judged where they enter, by their marks
 * @aligned: a packet that did not lie as IP headers do, where it does
 * @room: bytes that there is room for in @aligned
 */
struct follow {
	const struct le_policy *policy;
	const struct le_table *table;
	struct where *where;
	struct defrag *defrag;
	struct tracker tracker;
	struct total *rows;
	struct total reasons[LE_NR_REASONS];
	struct total unjudged[NR_UNJUDGED];
	u64 packets;
	u64 bytes;
	u64 first;
	u64 last;
	u64 cut;
	int foreign;
	struct entered entered[NR_ENTERED];
	u8 *aligned;
	u32 room;
};

void follow_init(struct follow *follow, const struct le_policy *policy,
		 const struct le_table *table, struct where *where);
void follow_take(struct follow *follow, const struct capture *capture,
		 const struct captured *packet);
void follow_end(struct follow *follow);
void follow_free(struct follow *follow);
u64 follow_dropped(const struct follow *follow);

#endif /* LYNCEDGECTL_FOLLOW_H */
