/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The usual packet, judged in few instructions: TCP or UDP in plain headers that lie in one
 * piece, across one named device. Whatever is not usual is left to le_packet_read() and
 * le_judge(), and whatever is decided here they decide alike: this is an abridged form of the
 * two, not another opinion. Pure, and inline: each hook has a copy in which family and direction
 * are constants.
 */
#ifndef LYNCEDGE_FAST_H
#define LYNCEDGE_FAST_H

#include "lyncedge_rules.h"

/* How far reading got. */
enum le_fast_read {
	LE_FAST_USUAL,
	/* The policy has many prefixes: the same again, with "deep". */
	LE_FAST_DEEP,
	LE_FAST_UNUSUAL,
};

/**
 * struct le_fast - a usual packet, as the bitmaps see it
 * @lane: its crossing and protocol
 * @far: class of the address beyond the crossing
 * @near: class of the address on the Edge's side
 */
struct le_fast {
	size_t lane;
	u32 far;
	u32 near;
};

/* Of headers without options; as many bytes are wanted in one piece, UDP or TCP. */
#define LE_IPV4_HEADER sizeof(struct iphdr)
#define LE_IPV6_HEADER sizeof(struct ipv6hdr)
#define LE_TCP_HEADER sizeof(struct tcphdr)

/* Version 4, five words of header. */
#define LE_IPV4_PLAIN 0x45
/* More fragments, and the fragment's offset. */
#define LE_IPV4_FRAGMENT 0x3fff

/* Of a TCP header: where its length and flags are; the flags of an answer (ACK, RST). */
#define LE_TCP_OFFSET 12
#define LE_TCP_FLAGS 13
#define LE_TCP_ANSWERS 0x14

static __always_inline bool le_fast_ipv4(const struct iphdr *ip, u32 len)
{
	return *(const u8 *)ip == LE_IPV4_PLAIN && !(ip->frag_off & htons(LE_IPV4_FRAGMENT)) &&
	       ntohs(ip->tot_len) == len;
}

static __always_inline bool le_fast_ipv6(const struct ipv6hdr *ip, u32 len)
{
	return *(const u8 *)ip >> 4 == 6 && ntohs(ip->payload_len) + LE_IPV6_HEADER == len;
}

/* The header is plain, and what it says of the packet's length is so. */
static __always_inline bool le_fast_ip(const u8 *ip, u8 family, u32 len)
{
	return family == LE_IPV4 ? le_fast_ipv4((const struct iphdr *)ip, len) :
				   le_fast_ipv6((const struct ipv6hdr *)ip, len);
}

static __always_inline u8 le_fast_protocol(const u8 *ip, u8 family)
{
	return family == LE_IPV4 ? ((const struct iphdr *)ip)->protocol :
				   ((const struct ipv6hdr *)ip)->nexthdr;
}

static __always_inline const u8 *le_fast_addr(const u8 *ip, u8 family, bool source)
{
	if (family == LE_IPV4)
		return ip + (source ? offsetof(struct iphdr, saddr) :
				      offsetof(struct iphdr, daddr));
	return ip + (source ? offsetof(struct ipv6hdr, saddr) : offsetof(struct ipv6hdr, daddr));
}

static __always_inline bool le_fast_near(const struct le_table *t, u8 family, const u8 *addr,
					 u32 *class)
{
	if (family == LE_IPV4)
		return le_addr_near4(&t->addrs, *(const __be32 *)addr, class);
	return le_addr_near6(&t->addrs, addr, class);
}

/* False if the nodes that lead to the class are not plain, and @deep does not allow for that. */
static __always_inline bool le_fast_class(const struct le_table *t, u8 family, const u8 *addr,
					  bool deep, u32 *class)
{
	const struct le_addr_table *addrs = &t->addrs;
	bool plain = family == LE_IPV4 ? addrs->plain4 : addrs->plain6;

	*class = family == LE_IPV4 ? addrs->root4[le_block(addr)] : addrs->root6[le_block(addr)];
	if (!(*class & LE_NODE))
		return true;
	if (!deep && unlikely(!plain))
		return false;
	plain |= !deep;
	*class = family == LE_IPV4 ? le_descend4(addrs, *class, addr, plain) :
				     le_descend6(addrs, *class, addr, plain);
	return true;
}

/*
 * TCP or UDP, in a header that says of its length what can be so; the lane's number grows for
 * UDP.
 */
static __always_inline bool le_fast_transport(const u8 *ports, u8 protocol, u32 len, size_t *lane)
{
	if (protocol == IPPROTO_UDP) {
		*lane += 1;
		return ntohs(((const struct udphdr *)ports)->len) == len;
	}
	/* Between 20 bytes and all there are; len is 20 at least. */
	return protocol == IPPROTO_TCP &&
	       (ports[LE_TCP_OFFSET] >> 2 & 0x3cU) - LE_TCP_HEADER <= len - LE_TCP_HEADER;
}

static __always_inline const u8 *le_fast_ports(const struct sk_buff *skb, u8 family)
{
	return skb->data + (family == LE_IPV4 ? LE_IPV4_HEADER : LE_IPV6_HEADER);
}

/**
 * le_fast_read() - read a packet if it is a usual one
 * @t: the table
 * @skb: the packet, from its IP header on
 * @family: LE_IPV4 or LE_IPV6
 * @dir: direction of the crossing
 * @deep: take whatever it takes to find addresses; without, only what most policies need
 * @f: what is read; its lane is le_lane() of the crossing for TCP before
 *
 * Context: any; in the kernel under RCU, which keeps @t.
 *
 * Return: whether it is.
 */
static __always_inline enum le_fast_read le_fast_read(const struct le_table *t,
						      const struct sk_buff *skb, u8 family,
						      enum le_dir dir, bool deep,
						      struct le_fast *f)
{
	u32 header = family == LE_IPV4 ? LE_IPV4_HEADER : LE_IPV6_HEADER;
	const u8 *ip = skb->data, *ports = le_fast_ports(skb, family);
	const u8 *near = le_fast_addr(ip, family, dir == LE_OUT);
	u32 len = skb->len;

	if (unlikely(skb_headlen(skb) < header + LE_TCP_HEADER) ||
	    unlikely(!le_fast_ip(ip, family, len)) ||
	    unlikely(!le_fast_transport(ports, le_fast_protocol(ip, family), len - header,
					&f->lane)))
		return LE_FAST_UNUSUAL;
	if (unlikely(!le_fast_class(t, family, le_fast_addr(ip, family, dir == LE_IN), deep,
				    &f->far)))
		return LE_FAST_DEEP;
	if (likely(le_fast_near(t, family, near, &f->near)))
		return LE_FAST_USUAL;
	if (t->scope_address)
		return LE_FAST_UNUSUAL;
	if (!deep)
		return LE_FAST_DEEP;
	le_fast_class(t, family, near, deep, &f->near);
	return LE_FAST_USUAL;
}

/**
 * le_fast_match() - find the rows that take a packet
 * @t: the table
 * @skb: the packet
 * @family: LE_IPV4 or LE_IPV6
 * @dir: direction of the crossing
 * @f: what le_fast_read() made of it
 *
 * Return: word 0 of terms, of which the lowest is the row's; 0 if there is none.
 */
static __always_inline u64 le_fast_match(const struct le_table *t, const struct sk_buff *skb,
					 u8 family, enum le_dir dir, const struct le_fast *f)
{
	const u8 *ports = le_fast_ports(skb, family);
	u64 terms = t->lanes[f->lane] & t->dports[le_port_class(t, ports + 2)];

	if (dir == LE_IN)
		/* No row has a condition on the source port of what comes in. */
		return terms & le_from(t, f->far) & le_to(t, f->near);
	return le_sport_terms(t, terms & le_from(t, f->near) & le_to(t, f->far), ports);
}

/**
 * le_fast_match_answered() - find the rows that take the packet which a packet answers
 * @t: the table
 * @skb: the packet
 * @family: LE_IPV4 or LE_IPV6
 * @dir: direction of the crossing
 * @f: what le_fast_read() made of it
 *
 * Return: as le_fast_match().
 */
static __always_inline u64 le_fast_match_answered(const struct le_table *t,
						  const struct sk_buff *skb, u8 family,
						  enum le_dir dir, const struct le_fast *f)
{
	const u8 *ports = le_fast_ports(skb, family);
	u64 terms = t->lanes[le_lane_reverse(f->lane)] & t->dports[le_port_class(t, ports)];

	if (dir == LE_OUT)
		return terms & le_from(t, f->far) & le_to(t, f->near);
	return le_sport_terms(t, terms & le_from(t, f->near) & le_to(t, f->far), ports + 2);
}

/* Whether it can be an answer at all: UDP, or TCP with ACK or RST. */
static __always_inline bool le_fast_may_answer(const struct sk_buff *skb, u8 family,
					       const struct le_fast *f)
{
	return f->lane & 1 || le_fast_ports(skb, family)[LE_TCP_FLAGS] & LE_TCP_ANSWERS;
}

/* Whether a packet for which word 0 has no row is dropped, and for that reason. */
static __always_inline bool le_fast_no_row(const struct le_table *t, const struct le_fast *f)
{
	return likely(!t->wide.nr_words) && likely(!(le_addr_flags(t, f->far) & LE_ADDR_BLOCKED));
}

#endif /* LYNCEDGE_FAST_H */
