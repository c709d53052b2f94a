// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that the header reader looks at nothing behind the end that the IP header states, were it
 * in the packet's buffer or not: whatever lies there, the same is read. Each packet is tried with
 * every length from its IP header to its whole, so that the end falls into each header there is,
 * also into those that an ICMP error quotes. Nor does an IPv4 header end within itself.
 */
#include "lyncedge_packet.h"
#include "unit.h"

#define ROOM 256

struct bytes {
	u8 byte[ROOM];
	unsigned int len;
};

static void put(struct bytes *packet, unsigned int nr, const u8 *bytes)
{
	memcpy(packet->byte + packet->len, bytes, nr);
	packet->len += nr;
}

#define PUT(packet, ...) \
	put(packet, sizeof((u8[]){ __VA_ARGS__ }), (u8[]){ __VA_ARGS__ })

static void put_ip(struct bytes *packet, u8 family, u8 protocol)
{
	u8 addrs[32];
	unsigned int i;

	for (i = 0; i < sizeof(addrs); i++)
		addrs[i] = i + 1;
	if (family == LE_IPV4) {
		PUT(packet, 0x45, 0, 0, 200, 0, 0, 0, 0, 64, protocol, 0, 0);
		put(packet, 8, addrs);
	} else {
		PUT(packet, 0x60, 0, 0, 0, 0, 200, protocol, 64);
		put(packet, 32, addrs);
	}
}

/* Both kinds that have ports: TCP with ACK, or UDP as long as there is room for. */
static void put_transport(struct bytes *packet, u8 protocol)
{
	if (protocol == IPPROTO_TCP)
		PUT(packet, 0x9c, 0x40, 0x01, 0xbb, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 0, 0, 0, 0,
		    0, 0);
	else
		PUT(packet, 0x9c, 0x40, 0x0d, 0x96, 0, 8, 0, 0);
}

static void put_error(struct bytes *packet, u8 family)
{
	/* Destination unreachable, in either protocol's numbers. */
	PUT(packet, family == LE_IPV4 ? 3 : 1, 0, 0, 0, 0, 0, 0, 0);
}

static void state_length(struct bytes *packet, u8 family, unsigned int len)
{
	if (family == LE_IPV4) {
		packet->byte[2] = len >> 8;
		packet->byte[3] = len;
	} else {
		packet->byte[4] = (len - 40) >> 8;
		packet->byte[5] = len - 40;
	}
}

/* What an error quotes means nothing where it could not be read. */
static void forget_unknown(struct le_packet *packet)
{
	if (packet->about_known)
		return;
	memset(&packet->about, 0, sizeof(packet->about));
}

static void read_padded(const struct bytes *packet, u8 family, unsigned int len, u8 padding,
			struct le_packet *got)
{
	struct bytes padded = *packet;
	struct sk_buff skb = { .data = padded.byte, .len = ROOM };

	memset(padded.byte + len, padding, ROOM - len);
	state_length(&padded, family, len);
	memset(got, 0, sizeof(*got));
	le_packet_read(&skb, family, got);
	forget_unknown(got);
}

static void read_whole(const struct bytes *packet, u8 family, unsigned int len,
		       struct le_packet *got)
{
	struct bytes stated = *packet;
	struct sk_buff skb = { .data = stated.byte, .len = len };

	state_length(&stated, family, len);
	memset(got, 0, sizeof(*got));
	le_packet_read(&skb, family, got);
	forget_unknown(got);
}

static void every_length(const struct bytes *packet, u8 family)
{
	/* Bytes that a port, a length, a data offset or a type would be seen to have come from. */
	static const u8 paddings[] = { 0x00, 0x08, 0x50, 0x55, 0xff };
	unsigned int len, i;

	for (len = family == LE_IPV4 ? 20 : 40; len <= packet->len; len++) {
		struct le_packet want, got;

		/* A payload of no stated length is another matter (BIG TCP). */
		if (family == LE_IPV6 && len == 40)
			continue;
		read_whole(packet, family, len, &want);
		for (i = 0; i < ARRAY_SIZE(paddings); i++) {
			read_padded(packet, family, len, paddings[i], &got);
			unit.checks++;
			if (memcmp(&got, &want, sizeof(got)))
				FAIL("family %u, %u of %u bytes, padded with %02x: another packet",
				     family, len, packet->len, paddings[i]);
		}
	}
}

static void ports_are_inside(void)
{
	static const u8 protocols[] = { IPPROTO_TCP, IPPROTO_UDP };
	unsigned int family, i;

	for (family = LE_IPV4; family <= LE_IPV6; family++) {
		for (i = 0; i < ARRAY_SIZE(protocols); i++) {
			struct bytes packet = { .len = 0 };
			struct le_packet got;

			put_ip(&packet, family, protocols[i]);
			put_transport(&packet, protocols[i]);
			every_length(&packet, family);
			read_whole(&packet, family, packet.len, &got);
			CHECK_INT(got.kind, LE_KIND_PORTS);
			CHECK_INT(got.flow.sport, 40000);
		}
	}
}

/* An error goes to who sent what it quotes. */
static void send_to_quoted(struct bytes *packet, unsigned int family)
{
	if (family == LE_IPV4)
		memcpy(packet->byte + 16, packet->byte + 28 + 12, 4);
	else
		memcpy(packet->byte + 24, packet->byte + 48 + 8, 16);
}

/* Who reads a packet into memory that nobody has cleared, as hooks do, finds the same. */
static bool quote_known_on_stack(const struct bytes *packet, u8 family)
{
	struct bytes stated = *packet;
	struct sk_buff skb = { .data = stated.byte, .len = packet->len };
	struct le_packet got;
	unsigned int i;

	for (i = 0; i < sizeof(got); i++)
		((u8 *)&got)[i] = i;
	state_length(&stated, family, packet->len);
	le_packet_read(&skb, family, &got);
	return got.about_known;
}

static void quoted_ports_are_inside(void)
{
	static const u8 protocols[] = { IPPROTO_TCP, IPPROTO_UDP };
	unsigned int family, i;

	for (family = LE_IPV4; family <= LE_IPV6; family++) {
		for (i = 0; i < ARRAY_SIZE(protocols); i++) {
			struct bytes packet = { .len = 0 };
			struct le_packet got;

			put_ip(&packet, family, family == LE_IPV4 ? IPPROTO_ICMP : IPPROTO_ICMPV6);
			put_error(&packet, family);
			put_ip(&packet, family, protocols[i]);
			put_transport(&packet, protocols[i]);
			send_to_quoted(&packet, family);
			every_length(&packet, family);
			read_whole(&packet, family, packet.len, &got);
			CHECK_INT(got.kind, LE_KIND_ICMP_ERROR);
			CHECK(got.about_known);
			CHECK(quote_known_on_stack(&packet, family));
			CHECK_INT(got.about.sport, 40000);
		}
	}
}

/* A header that would overlap what follows it: its last word could pass for the ports. */
static void header_is_whole(void)
{
	struct bytes packet = { .len = 0 };
	struct le_packet got;

	put_ip(&packet, LE_IPV4, IPPROTO_UDP);
	PUT(&packet, 0, 8, 0, 0, 0, 8, 0, 0);
	read_whole(&packet, LE_IPV4, packet.len, &got);
	CHECK_INT(got.kind, LE_KIND_PORTS);
	packet.byte[0] = 0x44;
	read_whole(&packet, LE_IPV4, packet.len, &got);
	CHECK_INT(got.kind, LE_KIND_MALFORMED);
}

static const struct unit_test tests[] = {
	UNIT_TEST(ports_are_inside),
	UNIT_TEST(quoted_ports_are_inside),
	UNIT_TEST(header_is_whole),
};

int main(void)
{
	return unit_main(tests, ARRAY_SIZE(tests));
}
