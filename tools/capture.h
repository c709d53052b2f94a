/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Captures, packet by packet: pcap by libpcap, pcapng by pcapng.c. What is in a packet is read
 * elsewhere (link.h).
 */
#ifndef LYNCEDGECTL_CAPTURE_H
#define LYNCEDGECTL_CAPTURE_H

#include "lyncedge_shim.h"

/* Longest name of a device that is kept; no device of Linux has one of over 15 bytes. */
#define CAPTURE_DEVICE_NAME 64
#define CAPTURE_ERROR 320

/**
 * struct capture_device - a device that a pcapng capture names
 * @name: its name; empty if it has none
 * @linktype: of its frames
 * @snaplen: no more of a frame is captured; 0 for no limit
 * @resolution: unit of its times: -log10 of seconds, or with bit 7 -log2
 * @offset: seconds that its times leave out
 */
struct capture_device {
	char name[CAPTURE_DEVICE_NAME];
	int linktype;
	u32 snaplen;
	u8 resolution;
	s64 offset;
};

/**
 * struct captured - a captured packet
 * @data: its bytes; valid until the next one is read
 * @caplen: how many there are
 * @len: how many there were on the wire
 * @time: when, in nanoseconds since 1970
 * @linktype: how its frame is to be read, see link.h
 * @dir: enum link_dir, as far as the capture tells apart from the frame
 * @device: number of the device in the capture; -1 if it tells none
 * @name: the device's name, "" if it tells none
 */
struct captured {
	const u8 *data;
	u32 caplen;
	u32 len;
	u64 time;
	int linktype;
	u8 dir;
	int device;
	const char *name;
};

struct capture;

struct capture *capture_open(const char *name);
int capture_next(struct capture *capture, struct captured *packet);
const char *capture_name(const struct capture *capture);
const char *capture_error(const struct capture *capture);
bool capture_names(const struct capture *capture, const char *device);
u64 capture_offset(const struct capture *capture);
u64 capture_size(const struct capture *capture);
void capture_close(struct capture *capture);

#endif /* LYNCEDGECTL_CAPTURE_H */
