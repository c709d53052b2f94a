// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves of le_packet_read(), for every packet of 0 to MAX_BYTES bytes in either family, as user
 * space has it: it reads no byte beyond the packet, ends, and finds one of the kinds there are.
 *
 * 96 bytes hold an ICMP error with a whole IPv6 packet's header and ports in it, and IPv4 with all
 * its options. 192 bytes were not solved in the time that there was.
 *
 * prove any_bytes --unwind 17
 * seed any_bytes -DSEED_LENGTH
 */
#include "lyncedge_packet.c"
#include "proof.h"

#define MAX_BYTES 96

void any_bytes(void)
{
	u8 bytes[MAX_BYTES], family = nondet_bool() ? LE_IPV4 : LE_IPV6;
	size_t len = nondet_size();
	struct le_packet packet;
	struct sk_buff skb;

	ASSUME(len <= MAX_BYTES);
	/* The packet's end is the array's: what is read behind it is seen. */
	skb.data = bytes + MAX_BYTES - len;
	skb.len = len;
	skb.absent = 0;
#ifdef SEED_LENGTH
	skb.len++;
#endif
	le_packet_read(&skb, family, &packet);
	PROVE(packet.kind <= LE_KIND_FRAGMENT && packet.track == LE_TRACK_NONE);
}
