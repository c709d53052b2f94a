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

/**
 * struct le_fast - a usual packet, as the bitmaps see it
 * @lane: le_lane_place() of its interface and protocol, and LE_NAMED more
 * @far: class of the address beyond the crossing
 * @near: the two bitmaps of the address on the Edge's side
 */
struct le_fast {
	size_t lane;
	size_t far;
	const u64 *near;
};

/*
 * What a named device's lane is more than its place in the table, so that it is not 0; of whole
 * interfaces, so that the bit which tells protocols apart is the same.
 */
#define LE_NAMED le_lane_place(LE_NR_IFACES, false)

/* From the lane of TCP to that of UDP. */
#define LE_UDP le_lane_place(0, true)

/* Of headers without options. */
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

/*
 * A plain header. That it is of its family, and that the packet is as long as it says, need not
 * be asked: whatever is forwarded was cut to that length, or dropped (ip_rcv_core(),
 * ip6_rcv_core(), br_validate_ipv4(), br_validate_ipv6()).
 */
static __always_inline bool le_fast_ip(const u8 *ip, u8 family)
{
	if (family == LE_IPV6)
		return true;
	return ip[0] == LE_IPV4_PLAIN &&
	       !(((const struct iphdr *)ip)->frag_off & htons(LE_IPV4_FRAGMENT));
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

/* TCP or UDP, in a header that says of its length what can be so. */
static __always_inline bool le_fast_transport(const u8 *ports, u8 protocol, u32 len, size_t *lane)
{
	if (protocol == IPPROTO_UDP) {
		*lane += LE_UDP;
		/* No UDP packet is so long that its length would not fit. */
		return ((const struct udphdr *)ports)->len == htons((u16)len);
	}
	/* Between 20 bytes and all there are; len is 20 at least. */
	return protocol == IPPROTO_TCP &&
	       (ports[LE_TCP_OFFSET] & 0xf0U) - 4 * LE_TCP_HEADER <= 4 * (len - LE_TCP_HEADER);
}

static __always_inline const u8 *le_fast_ports(const struct sk_buff *skb, u8 family)
{
	return skb->data + (family == LE_IPV4 ? LE_IPV4_HEADER : LE_IPV6_HEADER);
}

/* As many bytes are wanted in one piece, UDP or TCP. */
static __always_inline u32 le_fast_least(u8 family)
{
	return (family == LE_IPV4 ? LE_IPV4_HEADER : LE_IPV6_HEADER) + LE_TCP_HEADER;
}

/**
 * le_fast_headers() - whether a packet is a usual one, by its headers
 * @skb: the packet, from its IP header on
 * @least: how many bytes of it are wanted in one piece: le_fast_least(), or more if no packet is
 *	to be usual
 * @family: LE_IPV4 or LE_IPV6
 * @f: its lane is TCP's; that becomes the packet's, if it is a usual one
 *
 * Return: whether it is.
 */
static __always_inline bool le_fast_headers(const struct sk_buff *skb, u32 least, u8 family,
					    struct le_fast *f)
{
	u32 len = skb->len - (family == LE_IPV4 ? LE_IPV4_HEADER : LE_IPV6_HEADER);

	return likely(skb_headlen(skb) >= least) && likely(le_fast_ip(skb->data, family)) &&
	       likely(le_fast_transport(le_fast_ports(skb, family),
					le_fast_protocol(skb->data, family), len, &f->lane));
}

/**
 * le_fast_near() - find a usual packet's address on the Edge's side, as most are found
 * @t: the table
 * @skb: the packet
 * @family: LE_IPV4 or LE_IPV6
 * @dir: direction of the crossing
 * @f: where to put its bitmaps
 *
 * Context: any; in the kernel under RCU, which keeps @t.
 *
 * Return: false if le_fast_near_deep() has to look.
 */
static __always_inline bool le_fast_near(const struct le_table *t, const struct sk_buff *skb,
					 u8 family, enum le_dir dir, struct le_fast *f)
{
	const u8 *near = le_fast_addr(skb->data, family, dir == LE_OUT);

	return likely(family == LE_IPV4 ? le_addr_near4(&t->addrs, near, &f->near) :
					  le_addr_near6(&t->addrs, near, &f->near));
}

/**
 * le_fast_near_deep() - find a usual packet's address on the Edge's side, whatever that takes
 * @t: the table
 * @skb: the packet
 * @family: LE_IPV4 or LE_IPV6
 * @dir: direction of the crossing
 * @f: where to put its bitmaps
 *
 * Context: any; in the kernel under RCU, which keeps @t.
 *
 * Return: false if it is no edge's, and the policy does not judge such packets.
 */
static __always_inline bool le_fast_near_deep(const struct le_table *t, const struct sk_buff *skb,
					      u8 family, enum le_dir dir, struct le_fast *f)
{
	const u8 *near = le_fast_addr(skb->data, family, dir == LE_OUT);
	u32 class;

	if (likely(le_fast_near(t, skb, family, dir, f)))
		return true;
	/* It may still be an edge's, which lost its place to another. */
	class = family == LE_IPV4 ? le_addr_class4(&t->addrs, near) :
				    le_addr_class6(&t->addrs, near);
	f->near = t->ends + class;
	return !t->scope_address || le_addr_flags(t, class) & LE_ADDR_EDGE;
}

/**
 * le_fast_far_block() - look for a usual packet's address beyond the crossing, among the blocks
 * @t: the table
 * @skb: the packet
 * @family: LE_IPV4 or LE_IPV6
 * @dir: direction of the crossing
 *
 * Context: any; in the kernel under RCU, which keeps @t.
 *
 * Return: its class, or an entry with LE_NODE, from which le_fast_far() goes on.
 */
static __always_inline size_t le_fast_far_block(const struct le_table *t, const struct sk_buff *skb,
						u8 family, enum le_dir dir)
{
	u16 block = le_block(le_fast_addr(skb->data, family, dir == LE_IN));

	return family == LE_IPV4 ? t->addrs.root4[block] : t->addrs.root6[block];
}

/**
 * le_fast_far() - find a usual packet's address beyond the crossing
 * @t: the table
 * @skb: the packet
 * @family: LE_IPV4 or LE_IPV6
 * @dir: direction of the crossing
 * @entry: of its block, with LE_NODE
 * @runs: it has LE_BY_RUNS
 *
 * Context: any; in the kernel under RCU, which keeps @t.
 *
 * Return: its class.
 */
static __always_inline size_t le_fast_far(const struct le_table *t, const struct sk_buff *skb,
					  u8 family, enum le_dir dir, size_t entry, bool runs)
{
	const u8 *far = le_fast_addr(skb->data, family, dir == LE_IN);

	return family == LE_IPV4 ? le_descend4(&t->addrs, entry, far, runs) :
				   le_descend6(&t->addrs, entry, far);
}

/* Where the port is that belongs to the near address, and the other one. */
static __always_inline const u8 *le_fast_near_port(const u8 *ports, enum le_dir dir)
{
	return dir == LE_IN ? ports + 2 : ports;
}

static __always_inline const u8 *le_fast_far_port(const u8 *ports, enum le_dir dir)
{
	return dir == LE_IN ? ports : ports + 2;
}

/* Whether what is matched enters: the packet, or that which it answers. */
static __always_inline bool le_fast_enters(enum le_dir dir, bool answered)
{
	return (dir == LE_IN) != answered;
}

/* The rows that take a packet, or the one that it answers, by its lane and ports. */
static __always_inline u64 le_fast_lane_terms(const struct le_table *t, const u8 *ports,
					      enum le_dir dir, bool answered,
					      const struct le_fast *f)
{
	const u8 *near = le_fast_near_port(ports, dir), *far = le_fast_far_port(ports, dir);

	if (le_fast_enters(dir, answered))
		return le_entering_terms(t, f->lane - LE_NAMED, near);
	return le_leaving_terms(t, f->lane - LE_NAMED, near, far);
}

/**
 * le_fast_candidates() - find the rows that take a packet, if its far address is one of theirs
 * @t: the table
 * @ports: the packet from its TCP or UDP header on
 * @dir: direction of the crossing
 * @answered: not itself, but the packet that it answers
 * @f: its lane and near address
 *
 * Return: word 0 of terms, with LE_MORE_PORTS if the near address is one of the near table's and
 * there may be such a row beyond; 0 if there is none at all.
 */
static __always_inline u64 le_fast_candidates(const struct le_table *t, const u8 *ports,
					      enum le_dir dir, bool answered,
					      const struct le_fast *f)
{
	return le_fast_lane_terms(t, ports, dir, answered, f) &
	       f->near[le_fast_enters(dir, answered)];
}

/**
 * le_fast_of_far() - find the rows that a packet's far address is one of
 * @t: the table
 * @dir: direction of the crossing
 * @answered: not its own rows, but those of the packet that it answers
 * @f: its far address
 *
 * Return: word 0 of terms, of which the lowest that is a candidate is the row's.
 */
static __always_inline u64 le_fast_of_far(const struct le_table *t, enum le_dir dir, bool answered,
					  const struct le_fast *f)
{
	return le_fast_enters(dir, answered) ? le_from(t, f->far) : le_to(t, f->far);
}

/**
 * le_fast_match() - find the rows that take a packet
 * @t: the table
 * @ports: the packet from its TCP or UDP header on
 * @dir: direction of the crossing
 * @answered: not itself, but the packet that it answers
 * @f: its lane and addresses
 *
 * Return: word 0 of terms, of which the lowest is the row's; 0 if there is none.
 */
static __always_inline u64 le_fast_match(const struct le_table *t, const u8 *ports,
					 enum le_dir dir, bool answered, const struct le_fast *f)
{
	return le_fast_candidates(t, ports, dir, answered, f) &
	       le_fast_of_far(t, dir, answered, f);
}

/**
 * le_fast_is_usual() - whether a packet's far address is one that a term takes, at first sight
 * @usual: the term's, from wherever it is at hand
 * @skb: the packet
 * @family: LE_IPV4 or LE_IPV6
 * @dir: direction of the crossing
 *
 * Return: true if it is; false says nothing.
 */
static __always_inline bool le_fast_is_usual(const struct le_usual *usual,
					     const struct sk_buff *skb, u8 family,
					     enum le_dir dir)
{
	const u8 *far = le_fast_addr(skb->data, family, dir == LE_IN);
	__be32 addr;
	u64 half;

	if (family == LE_IPV4) {
		memcpy(&addr, far, sizeof(addr));
		return (addr & usual->mask4) == usual->addr4;
	}
	memcpy(&half, far, sizeof(half));
	if ((half & usual->mask6[0]) != usual->addr6[0])
		return false;
	memcpy(&half, far + sizeof(half), sizeof(half));
	return (half & usual->mask6[1]) == usual->addr6[1];
}

/* Whether it can be an answer at all: UDP, or TCP with ACK or RST. */
static __always_inline bool le_fast_may_answer(const u8 *ports, const struct le_fast *f)
{
	return f->lane & LE_UDP || ports[LE_TCP_FLAGS] & LE_TCP_ANSWERS;
}

/*
 * Whether a row beyond word 0 may take it, or what it answers: if the bitmaps of its ports and of
 * both addresses go on, and the far address is not blocked.
 */
static __always_inline bool le_fast_goes_on(const struct le_table *t, const u8 *ports,
					    enum le_dir dir, bool answered,
					    const struct le_fast *f)
{
	u64 terms = le_fast_lane_terms(t, ports, dir, answered, f) >> 1 &
		    f->near[le_fast_enters(dir, answered)];
	u64 far = le_fast_of_far(t, dir, answered, f);

	return (far & (terms | LE_BLOCKED_BIT) & (LE_MORE_ENDS | LE_BLOCKED_BIT)) == LE_MORE_ENDS;
}

/**
 * le_fast_match_wide() - find the row beyond word 0 that takes a usual packet
 * @t: the table
 * @skb: the packet
 * @family: LE_IPV4 or LE_IPV6
 * @dir: direction of the crossing
 * @answered: not itself, but the packet that it answers
 * @f: its lane and addresses
 *
 * Context: any; in the kernel under RCU, which keeps @t.
 *
 * Return: the row, or LE_NO_ROW.
 */
static inline int le_fast_match_wide(const struct le_table *t, const struct sk_buff *skb, u8 family,
				     enum le_dir dir, bool answered, const struct le_fast *f)
{
	const u8 *addr = le_fast_addr(skb->data, family, dir == LE_OUT);
	const u8 *ports = le_fast_ports(skb, family);
	u32 near, far = f->far;
	__be16 dport;

	if (!le_fast_goes_on(t, ports, dir, answered, f))
		return LE_NO_ROW;
	near = family == LE_IPV4 ? le_addr_class4(&t->addrs, addr) :
				   le_addr_class6(&t->addrs, addr);
	if (le_fast_enters(dir, answered)) {
		dport = (__force __be16)le_port_place(le_fast_near_port(ports, dir));
		return le_match_wide(t, le_lane_at(f->lane - LE_NAMED, LE_IN), dport, far, near);
	}
	dport = (__force __be16)le_port_place(le_fast_far_port(ports, dir));
	return le_match_wide(t, le_lane_at(f->lane - LE_NAMED, LE_OUT), dport, near, far);
}

/* Why a packet is dropped for which word 0 has no row, and other words have none. */
static __always_inline bool le_fast_is_blocked(const struct le_table *t, const struct le_fast *f)
{
	return le_from(t, f->far) & LE_BLOCKED_BIT;
}

#endif /* LYNCEDGE_FAST_H */
