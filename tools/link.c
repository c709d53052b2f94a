// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads link layers: Ethernet with VLAN tags (IEEE 802.1Q and 802.1ad), Linux cooked v1 and v2, and
 * none at all.
 */
#include "link.h"

enum {
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_IPV6 = 0x86dd,
	ETHERTYPE_VLAN = 0x8100,
	ETHERTYPE_VLAN_OUTER = 0x88a8,
	ETHERTYPE_VLAN_OLD_OUTER = 0x9100,
};

/* Addresses and type; tag. */
#define ETHERNET_HEADER 14
#define VLAN_TAG 4
#define VLAN_ID 0xfff
#define COOKED_HEADER 16
#define COOKED2_HEADER 20

/* The packet types of cooked frames (linux/if_packet.h). */
enum {
	COOKED_HOST,
	COOKED_BROADCAST,
	COOKED_MULTICAST,
	COOKED_OTHER_HOST,
	COOKED_OUTGOING,
};

static u16 get16(const u8 *data)
{
	return data[0] << 8 | data[1];
}

static u32 get32(const u8 *data)
{
	return (u32)get16(data) << 16 | get16(data + 2);
}

static u8 cooked_dir(unsigned int type)
{
	switch (type) {
	case COOKED_OUTGOING:
		return LINK_SENT;
	case COOKED_OTHER_HOST:
		return LINK_FOR_OTHERS;
	}
	return type <= COOKED_MULTICAST ? LINK_RECEIVED : LINK_DIR_UNKNOWN;
}

static bool is_vlan(u16 ethertype)
{
	return ethertype == ETHERTYPE_VLAN || ethertype == ETHERTYPE_VLAN_OUTER ||
	       ethertype == ETHERTYPE_VLAN_OLD_OUTER;
}

/* Without a type to tell it, the first half of a byte does. */
static enum link_kind read_raw(const u8 *data, u32 len, u32 at, struct link_frame *frame)
{
	if (at >= len)
		return LINK_IS_CUT;
	frame->ip = at;
	frame->family = data[at] >> 4 == 6 ? LE_IPV6 : LE_IPV4;
	return data[at] >> 4 == 4 || data[at] >> 4 == 6 ? LINK_IS_IP : LINK_IS_OTHER;
}

static enum link_kind read_typed(const u8 *data, u32 len, u32 at, u16 ethertype,
				 struct link_frame *frame)
{
	while (is_vlan(ethertype)) {
		if (len < at + VLAN_TAG)
			return LINK_IS_CUT;
		if (frame->nr_vlans == LINK_MAX_VLANS)
			return LINK_IS_OTHER;
		frame->vlans[frame->nr_vlans++] = get16(data + at) & VLAN_ID;
		ethertype = get16(data + at + 2);
		at += VLAN_TAG;
	}
	frame->ip = at;
	frame->family = ethertype == ETHERTYPE_IPV6 ? LE_IPV6 : LE_IPV4;
	return ethertype == ETHERTYPE_IPV4 || ethertype == ETHERTYPE_IPV6 ? LINK_IS_IP :
									    LINK_IS_OTHER;
}

/**
 * link_is_known() - whether frames of a link type can be read
 * @linktype: its number
 *
 * Return: true if they can.
 */
bool link_is_known(int linktype)
{
	struct link_frame frame;

	return link_read(linktype, NULL, 0, &frame) != LINK_IS_FOREIGN;
}

/**
 * link_read() - find the IP packet in a frame
 * @linktype: link type of the frame
 * @data: the frame
 * @len: how much of it was captured
 * @frame: where to put what is found
 *
 * Return: LINK_IS_IP if there is one; of its bytes there may be any number at hand.
 */
enum link_kind link_read(int linktype, const u8 *data, u32 len, struct link_frame *frame)
{
	*frame = (struct link_frame){ .dir = LINK_DIR_UNKNOWN };
	switch (linktype) {
	case LINK_ETHERNET:
		if (len < ETHERNET_HEADER)
			return LINK_IS_CUT;
		return read_typed(data, len, ETHERNET_HEADER, get16(data + 12), frame);
	case LINK_COOKED:
		if (len < COOKED_HEADER)
			return LINK_IS_CUT;
		frame->dir = cooked_dir(get16(data));
		return read_typed(data, len, COOKED_HEADER, get16(data + 14), frame);
	case LINK_COOKED2:
		if (len < COOKED2_HEADER)
			return LINK_IS_CUT;
		frame->ifindex = get32(data + 4);
		frame->dir = cooked_dir(data[10]);
		return read_typed(data, len, COOKED2_HEADER, get16(data), frame);
	case LINK_RAW:
	case LINK_IPV4:
	case LINK_IPV6:
		return read_raw(data, len, 0, frame);
	}
	return LINK_IS_FOREIGN;
}
