// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether a packet that comes in is hopeless; lyncedge_early.h says what that is. A usual packet is
 * told in few instructions, any other the long way by le_packet_read() and le_judge(), to the same
 * effect. What becomes of it, and who counts it, is in lyncedge_ingress.c.
 */
#include "lyncedge_early.h"
#include "lyncedge_fast.h"

static const unsigned int crossing = LE_EXTERNAL * LE_NR_DIRS + LE_IN;

/**
 * struct usual - TCP or UDP in plain headers, which lie in one piece
 * @src: source address
 * @dst: destination address
 * @ports: the transport header
 * @lane: le_lane_place() of what it comes in by
 * @may_answer: UDP, or TCP with ACK or RST
 */
struct usual {
	const u8 *src;
	const u8 *dst;
	const u8 *ports;
	size_t lane;
	bool may_answer;
};

/* Short frames are padded, so there may be more than the header says. */
static __always_inline bool read_transport(struct usual *u, u8 protocol, u32 room, u32 len)
{
	u32 header;

	u->lane = le_lane_place(LE_EXTERNAL, protocol == IPPROTO_UDP);
	u->may_answer = true;
	if (protocol == IPPROTO_UDP)
		return len >= sizeof(struct udphdr) &&
		       ntohs(((const struct udphdr *)u->ports)->len) == len;
	if (protocol != IPPROTO_TCP || room < sizeof(struct tcphdr))
		return false;
	header = u->ports[LE_TCP_OFFSET] >> 4 << 2;
	u->may_answer = u->ports[LE_TCP_FLAGS] & LE_TCP_ANSWERS;
	return header >= sizeof(struct tcphdr) && header <= len;
}

static __always_inline bool read_usual_ipv4(const struct sk_buff *skb, struct usual *u)
{
	const struct iphdr *ip = (const struct iphdr *)skb->data;
	u32 room = skb_headlen(skb), len;

	if (room < sizeof(*ip) + sizeof(struct udphdr) || *skb->data != LE_IPV4_PLAIN ||
	    ip->frag_off & htons(LE_IPV4_FRAGMENT))
		return false;
	len = ntohs(ip->tot_len);
	if (len < sizeof(*ip) || len > skb->len)
		return false;
	u->src = (const u8 *)&ip->saddr;
	u->dst = (const u8 *)&ip->daddr;
	u->ports = skb->data + sizeof(*ip);
	return read_transport(u, ip->protocol, room - sizeof(*ip), len - sizeof(*ip));
}

static __always_inline bool read_usual_ipv6(const struct sk_buff *skb, struct usual *u)
{
	const struct ipv6hdr *ip = (const struct ipv6hdr *)skb->data;
	u32 room = skb_headlen(skb), len;

	if (room < sizeof(*ip) + sizeof(struct udphdr) || *skb->data >> 4 != 6)
		return false;
	len = ntohs(ip->payload_len);
	if (len > skb->len - sizeof(*ip))
		return false;
	u->src = (const u8 *)&ip->saddr;
	u->dst = (const u8 *)&ip->daddr;
	u->ports = skb->data + sizeof(*ip);
	return read_transport(u, ip->nexthdr, room - sizeof(*ip), len);
}

/* The two bitmaps of an edge's address, or NULL. */
static __always_inline const u64 *find_near(const struct le_table *t, const u8 *addr, u8 family)
{
	const u64 *ends;
	u32 class;

	if (family == LE_IPV4 ? le_addr_near4(&t->addrs, addr, &ends) :
				le_addr_near6(&t->addrs, addr, &ends))
		return ends;
	class = family == LE_IPV4 ? le_addr_class4(&t->addrs, addr) :
				    le_addr_class6(&t->addrs, addr);
	return le_addr_flags(t, class) & LE_ADDR_EDGE ? t->ends + class : NULL;
}

/* Word 0 of the terms that take a packet, or what it would be the answer to. */
static __always_inline u64 match_either(const struct le_table *t, const struct usual *u, u32 far,
					const u64 *near)
{
	const u8 *sport = u->ports, *dport = u->ports + 2;
	u64 terms = le_entering_terms(t, u->lane, dport) & le_from(t, far) & near[1];

	if (terms || (t->stateless && !u->may_answer))
		return terms;
	return le_leaving_terms(t, u->lane, dport, sport) & near[0] & le_to(t, far);
}

static __always_inline int judge_usual(const struct le_table *t, const struct usual *u, u8 family)
{
	const u64 *near = find_near(t, u->dst, family);
	u64 terms;
	u32 far;

	if (!near)
		return LE_UNJUDGED;
	far = family == LE_IPV4 ? le_addr_class4(&t->addrs, u->src) :
				  le_addr_class6(&t->addrs, u->src);
	terms = match_either(t, u, far, near);
	if (terms)
		return t->row_of[__ffs64(terms)];
	return le_from(t, far) & LE_BLOCKED_BIT ? LE_BLOCKED : LE_NO_ROW;
}

static int judge_ports(const struct le_table *t, struct le_packet *packet)
{
	int outcome;

	packet->track = LE_TRACK_ORIGINAL;
	outcome = le_judge(t, crossing, packet);
	if (outcome != LE_NO_ROW || (t->stateless && !packet->may_answer))
		return outcome;
	packet->track = LE_TRACK_REPLY;
	return le_judge(t, crossing, packet);
}

static bool is_icmp(u8 protocol)
{
	return protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
}

/* Whatever is not usual, and policies with many site rows. */
static noinline int judge_unusual(const struct le_table *t, const struct sk_buff *skb, u8 family)
{
	struct le_packet packet;

	le_packet_read(skb, family, &packet);
	if (packet.fragmented)
		return LE_UNJUDGED;
	if (packet.kind == LE_KIND_PORTS)
		return judge_ports(t, &packet);
	if (packet.kind == LE_KIND_OTHER && !is_icmp(packet.flow.protocol))
		return le_judge(t, crossing, &packet);
	return LE_UNJUDGED;
}

/**
 * le_early_judge() - judge a packet where it comes in by an external device
 * @t: what le_table_compile_early() made
 * @skb: the packet, from its IP header on, possibly padded; nothing of it is changed
 * @family: LE_IPV4 or LE_IPV6
 *
 * Context: any; in the kernel under RCU, which keeps @t.
 *
 * Return: LE_NO_ROW, LE_BLOCKED or LE_PROTOCOL if FORWARD would drop the packet in any case, and
 * for that reason unless conntrack found another; a row that may take it, or LE_UNJUDGED, if not.
 */
int le_early_judge(const struct le_table *t, const struct sk_buff *skb, u8 family)
{
	struct usual u;

	if (unlikely(t->wide.nr_words))
		return judge_unusual(t, skb, family);
	if (family == LE_IPV4) {
		if (likely(read_usual_ipv4(skb, &u)))
			return judge_usual(t, &u, LE_IPV4);
	} else if (likely(read_usual_ipv6(skb, &u))) {
		return judge_usual(t, &u, LE_IPV6);
	}
	return judge_unusual(t, skb, family);
}
