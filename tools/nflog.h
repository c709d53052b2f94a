/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the module logs of a packet that it drops ("option log-group"), as it comes from libpcap's
 * nflog devices (LINKTYPE_NFLOG). Pure.
 */
#ifndef LYNCEDGECTL_NFLOG_H
#define LYNCEDGECTL_NFLOG_H

#include "lyncedge_inet.h"
#include "lyncedge_matrix.h"

/* LINKTYPE_NFLOG, www.tcpdump.org/linktypes.html. */
#define LINK_NFLOG 239

/**
 * struct nflog - a logged packet
 * @outcome: why it was dropped
 * @family: LE_IPV4 or LE_IPV6
 * @in: index of the device that it came in by; 0 if there is none
 * @out: index of that which it was to leave by, likewise
 * @data: the packet from its IP header on
 * @len: how much of it there is
 */
struct nflog {
	int outcome;
	u8 family;
	u32 in;
	u32 out;
	const u8 *data;
	u32 len;
};

bool nflog_read(const u8 *data, u32 len, struct nflog *nflog);

#endif /* LYNCEDGECTL_NFLOG_H */
