/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A packet as members of a JSON object, by the same names for every verb that shows packets.
 */
#ifndef LYNCEDGECTL_PACKET_JSON_H
#define LYNCEDGECTL_PACKET_JSON_H

#include "output.h"
#include "packet_line.h"

void json_add_crossing(struct json_object *object, unsigned int crossing, bool is_known);
void json_add_packet(struct json_object *object, const struct le_packet *packet);

#endif /* LYNCEDGECTL_PACKET_JSON_H */
