/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a captured frame to the IP packet in it. Pure: what it reads is bytes, whatever they are;
 * where the frame comes from is capture.h's business.
 */
#ifndef LYNCEDGECTL_LINK_H
#define LYNCEDGECTL_LINK_H

#include "lyncedge_inet.h"

/* Link types, by their numbers in files (www.tcpdump.org/linktypes.html). */
enum {
	LINK_ETHERNET = 1,
	LINK_RAW = 101,
	LINK_COOKED = 113,	/* Linux cooked v1: no device */
	LINK_IPV4 = 228,
	LINK_IPV6 = 229,
	LINK_COOKED2 = 276,	/* Linux cooked v2: the device's index */
};

#define LINK_MAX_VLANS 2

/* Which way a frame went at the device that it was captured at. */
enum link_dir {
	LINK_DIR_UNKNOWN,
	LINK_RECEIVED,
	LINK_SENT,
	LINK_FOR_OTHERS,	/* received, but not meant for this machine */
};

/**
 * struct link_frame - what a frame says of itself
 * @ip: where the IP header is
 * @family: LE_IPV4 or LE_IPV6
 * @dir: which way it went
 * @ifindex: index of its device, 0 if it is not told
 * @vlans: its VLANs, from the outside in
 * @nr_vlans: how many
 */
struct link_frame {
	u32 ip;
	u8 family;
	u8 dir;
	u32 ifindex;
	u16 vlans[LINK_MAX_VLANS];
	u8 nr_vlans;
};

enum link_kind {
	LINK_IS_IP,
	LINK_IS_OTHER,	/* ARP, say */
	LINK_IS_CUT,	/* it ends before it says what it is */
	LINK_IS_FOREIGN,	/* a link type that is not known here */
};

bool link_is_known(int linktype);
enum link_kind link_read(int linktype, const u8 *data, u32 len, struct link_frame *frame);

#endif /* LYNCEDGECTL_LINK_H */
