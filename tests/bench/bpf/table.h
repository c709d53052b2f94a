/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the BPF program judges by: shared by it and its loader, which fills it in. Terms are as in
 * lyncedge_rules.h, 64 at most.
 */
#ifndef LYNCEDGE_BENCH_BPF_TABLE_H
#define LYNCEDGE_BENCH_BPF_TABLE_H

#include <linux/types.h>

#define NR_DEVICES 256
#define NR_LANES 8
#define LANE_OUT 2
#define NR_PORTS 65536
#define NR_TERMS 64

/* Places of counters beyond those of the terms. */
enum { COUNT_ESTABLISHED = NR_TERMS, COUNT_NO_ROW, COUNT_MALFORMED, NR_COUNTERS };

/* Terms that a port may be the destination of, and the source. */
struct port_terms {
	__u64 destination;
	__u64 source;
};

/* Terms that an address may be the source of, and the destination. */
struct end_terms {
	__u64 from;
	__u64 to;
};

struct key4 {
	__u32 length;
	__u8 addr[4];
};

struct key6 {
	__u32 length;
	__u8 addr[16];
};

struct count {
	__u64 packets;
	__u64 bytes;
};

/* A device has 0 if it is not named, else the lane of TCP that enters by it, plus one. */
struct table {
	__u64 lanes[NR_LANES];
	__u8 devices[NR_DEVICES];
	__u8 conntrack;
	struct port_terms ports[NR_PORTS];
};

#endif /* LYNCEDGE_BENCH_BPF_TABLE_H */
