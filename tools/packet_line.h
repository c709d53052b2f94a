/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A packet as a line of text: "external in tcp 198.51.100.7:40000 10.45.16.10:443".
 */
#ifndef LYNCEDGECTL_PACKET_LINE_H
#define LYNCEDGECTL_PACKET_LINE_H

#include "lyncedge_packet.h"

/* Longer lines are none. */
#define PACKET_LINE_MAX 1024

/**
 * struct asked - the packet that a line asks about
 * @crossing: le_crossing() of its device
 * @packet: the packet; what conntrack says of it is not in the line
 */
struct asked {
	unsigned int crossing;
	struct le_packet packet;
};

int packet_protocol_parse(const char *word);
bool packet_end_parse(const char *word, union le_addr *addr, u8 *family, int *port);
const char *packet_line_parse(const char *line, size_t len, struct asked *asked);
/* "[address]:port": eight groups, seven colons, brackets, colon, port, and the terminator. */
#define PACKET_END_TEXT 48
void packet_end_format(char *buf, size_t size, const union le_addr *addr, u8 family, int port);
const char *packet_protocol_name(const struct le_packet *packet, char *buf, size_t size);
char *packet_line_text(const struct asked *asked);

#endif /* LYNCEDGECTL_PACKET_LINE_H */
