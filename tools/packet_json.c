// SPDX-License-Identifier: GPL-2.0-only
/*
 * Puts packets into JSON objects. As a line of text they are in packet_line.c.
 */
#include "lyncedge_policy.h"
#include "packet_json.h"

/**
 * json_add_crossing() - say where a packet crosses
 * @object: what to say it in: its members "interface" and "direction"
 * @crossing: le_crossing()
 * @is_known: it is; if not, they are null
 */
void json_add_crossing(struct json_object *object, unsigned int crossing, bool is_known)
{
	json_add(object, "interface",
		 is_known ? json_text(le_iface_names[crossing / LE_NR_DIRS]) : NULL);
	json_add(object, "direction",
		 is_known ? json_text(le_dir_names[crossing % LE_NR_DIRS]) : NULL);
}

static void add_end(struct json_object *object, const char *address, const char *port,
		    const union le_addr *addr, u16 number, const struct le_packet *packet)
{
	char text[LE_PREFIX_TEXT];

	le_addr_format(text, sizeof(text), addr, packet->flow.family);
	json_add(object, address, packet->has_addrs ? json_text(text) : NULL);
	json_add(object, port, packet->kind == LE_KIND_PORTS ? json_number(number) : NULL);
}

/**
 * json_add_packet() - say what a packet is
 * @object: what to say it in: its members "protocol", "source", "source_port", "destination" and
 *	"destination_port", which are null as far as the packet does not have them
 * @packet: the packet
 */
void json_add_packet(struct json_object *object, const struct le_packet *packet)
{
	const struct le_flow *flow = &packet->flow;
	char number[4];

	json_add(object, "protocol", packet->has_addrs ?
		 json_text(packet_protocol_name(packet, number, sizeof(number))) : NULL);
	add_end(object, "source", "source_port", &flow->src, flow->sport, packet);
	add_end(object, "destination", "destination_port", &flow->dst, flow->dport, packet);
}
