/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packets, header by header, as bytes and as socket buffers, for suites that send them. Nothing
 * here keeps a packet from being wrong.
 */
#ifndef LYNCEDGE_KUNIT_BYTES_H
#define LYNCEDGE_KUNIT_BYTES_H

#include <kunit/test.h>
#include <linux/skbuff.h>

#include "lyncedge_packet.h"

#define ROOM 256

/* A packet under construction. */
struct bytes {
	u8 data[ROOM];
	unsigned int len;
};

static inline void put(struct bytes *b, const void *data, unsigned int len)
{
	memcpy(b->data + b->len, data, len);
	b->len += len;
}

static inline void put_ipv4(struct bytes *b, u8 protocol, unsigned int options,
			    unsigned int payload)
{
	struct iphdr ip = {
		.version = 4,
		.ihl = 5 + options / 4,
		.tot_len = htons(sizeof(ip) + options + payload),
		.ttl = 64,
		.protocol = protocol,
		.saddr = htonl(0xc6336407),	/* 198.51.100.7 */
		.daddr = htonl(0x0a2d100a),	/* 10.45.16.10 */
	};
	static const u8 no_operation[40] = {
		1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
		1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
	};

	put(b, &ip, sizeof(ip));
	put(b, no_operation, options);
}

static inline void put_ipv6(struct bytes *b, u8 next, unsigned int payload)
{
	struct ipv6hdr ip = {
		.version = 6,
		.payload_len = htons(payload),
		.nexthdr = next,
		.hop_limit = 64,
	};

	ip.saddr.s6_addr[0] = 0x20;
	ip.saddr.s6_addr[15] = 7;
	ip.daddr.s6_addr[0] = 0x20;
	ip.daddr.s6_addr[15] = 10;
	put(b, &ip, sizeof(ip));
}

static inline void put_tcp(struct bytes *b, bool ack)
{
	struct tcphdr tcp = {
		.source = htons(40000),
		.dest = htons(443),
		.doff = 5,
		.syn = 1,
		.ack = ack,
	};

	put(b, &tcp, sizeof(tcp));
}

static inline void put_udp(struct bytes *b, unsigned int payload)
{
	struct udphdr udp = {
		.source = htons(40000),
		.dest = htons(443),
		.len = htons(sizeof(udp) + payload),
	};

	put(b, &udp, sizeof(udp));
}

/* An extension header of eight bytes. */
static inline void put_ext(struct bytes *b, u8 next, u8 len, u16 fragment)
{
	u8 ext[8] = { next, len, fragment >> 8, fragment & 0xff };

	put(b, ext, sizeof(ext));
}

/* A buffer with the first bytes in its linear part and the rest in a page. */
static inline struct sk_buff *make_skb(struct kunit *test, const struct bytes *b,
				       unsigned int linear)
{
	struct sk_buff *skb = alloc_skb(ROOM, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, skb);
	skb_put_data(skb, b->data, linear);
	if (linear < b->len) {
		struct page *page = alloc_page(GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, page);
		memcpy(page_address(page), b->data + linear, b->len - linear);
		skb_add_rx_frag(skb, 0, page, 0, b->len - linear, PAGE_SIZE);
	}
	skb_reset_network_header(skb);
	return skb;
}

#endif /* LYNCEDGE_KUNIT_BYTES_H */
