/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a captured packet crosses: by which of the policy's interfaces it enters or leaves the
 * gateway's FORWARD, and what its addresses are there.
 *
 * If a capture says which device a packet was seen at, that decides, by the policy's names, or by
 * the indexes that these have here if all of them exist here. If it does not, addresses do: the
 * Edge's own and public ones are known, and what is at the other end is where --external and
 * --internal say, or else where the Edge's role is (a server at the Internal Edge's address is in
 * the company network).
 */
#ifndef LYNCEDGECTL_WHERE_H
#define LYNCEDGECTL_WHERE_H

#include "capture.h"
#include "link.h"
#include "lyncedge_policy.h"

/* Why a packet is not judged; names are in where.c. */
enum unjudged {
	UNJUDGED_NOT,	/* it is */
	UNJUDGED_NOT_IP,
	UNJUDGED_FOREIGN,	/* of a link type that is not known here */
	UNJUDGED_DEVICE,	/* at a device that the policy does not name */
	UNJUDGED_TWICE,	/* at the other of the two devices that it crosses */
	UNJUDGED_OTHER_HOST,	/* not for the gateway */
	UNJUDGED_LOCAL,	/* the gateway's own, or what no gateway forwards */
	UNJUDGED_DAMAGED,	/* the kernel drops it before the module sees it */
	UNJUDGED_UNKNOWN_WAY,	/* of no edge, and nothing says where it crosses */
	UNJUDGED_SCOPE,	/* option scope address */
	UNJUDGED_CUT,	/* not enough of it was captured */
	UNJUDGED_FRAGMENT,	/* part of a packet that did not come whole */
	UNJUDGED_BEFORE,	/* ends what began before the capture */
	NR_UNJUDGED,
};

extern const char *const unjudged_names[NR_UNJUDGED];
extern const char *const unjudged_words[NR_UNJUDGED];

#define NO_CROSSING (-1)

/**
 * struct crossings - where a packet crosses
 * @entering: le_crossing() of the device that it enters by, or NO_CROSSING
 * @leaving: of that which it leaves by, or NO_CROSSING
 */
struct crossings {
	int entering;
	int leaving;
};

struct where;

struct where *where_new(const struct le_policy *policy);
bool where_add(struct where *where, enum le_iface iface, const char *list, const char **wrong);
bool where_add_gateway(struct where *where, const char *list, const char **wrong);
enum unjudged where_find(struct where *where, const struct capture *capture,
			 const struct captured *packet, const struct link_frame *frame,
			 const union le_addr *src, const union le_addr *dst, u8 hops,
			 struct crossings *crossings);
void where_map(const struct where *where, union le_addr *addr, u8 family);
bool where_by_address(const struct where *where);
bool where_by_index(const struct where *where);
void where_free(struct where *where);

#endif /* LYNCEDGECTL_WHERE_H */
