// SPDX-License-Identifier: GPL-2.0-only
/*
 * The header reader. Every byte is fetched through skb_header_pointer(), so a packet may be
 * linear or not and as short as it likes; what is missing or contradicts itself is
 * LE_KIND_MALFORMED. Conntrack is asked elsewhere (lyncedge_main.c).
 */
#include "lyncedge_packet.h"

/* IPv4: more fragments, offset (RFC 791 sec. 3.1). IPv6: likewise, RFC 8200 sec. 4.5. */
#define LE_IPV4_MORE 0x2000
#define LE_IPV4_OFFSET 0x1fff
#define LE_IPV6_MORE 0x0001
#define LE_IPV6_OFFSET 0xfff8

/* Protocols and extension headers (IANA, protocol numbers). */
#define LE_HOP_BY_HOP 0
#define LE_ROUTING 43
#define LE_IPV6_FRAGMENT 44
#define LE_AUTHENTICATION 51
#define LE_DESTINATION_OPTIONS 60

/* ICMP (RFC 792) and ICMPv6 (RFC 4443, RFC 4861) types. */
enum {
	ICMP4_ECHO_REPLY = 0,
	ICMP4_UNREACHABLE = 3,
	ICMP4_SOURCE_QUENCH = 4,
	ICMP4_ECHO_REQUEST = 8,
	ICMP4_TIME_EXCEEDED = 11,
	ICMP4_PARAMETER_PROBLEM = 12,
	ICMP6_UNREACHABLE = 1,
	ICMP6_PARAMETER_PROBLEM = 4,
	ICMP6_ECHO_REQUEST = 128,
	ICMP6_ECHO_REPLY = 129,
	ICMP6_LISTENER_QUERY = 130,
	ICMP6_LISTENER_DONE = 132,
	ICMP6_ROUTER_SOLICITATION = 133,
	ICMP6_REDIRECT = 137,
	ICMP6_LISTENER_REPORT2 = 143,
};

/* The hop limit of neighbour discovery (RFC 4861 sec. 6.1 and 7.1) and of MLD (RFC 3810 sec. 5). */
#define LE_NEIGHBOUR_HOPS 255
#define LE_LISTENER_HOPS 1

/* The part of an ICMP header that all types share, and what an error quotes after it. */
#define LE_ICMP_HEADER 8

/**
 * struct reader - a packet, or the packet that an ICMP error quotes
 * @skb: the bytes
 * @offset: where the transport header is
 * @end: where the IP payload ends, by what the IP header says
 * @fragment: it is the first of several fragments, so lengths say more than is here
 * @quoted: it is quoted and may be cut short anywhere after the ports
 */
struct reader {
	const struct sk_buff *skb;
	u32 offset;
	u32 end;
	bool fragment;
	bool quoted;
};

/* Bytes of the IP payload, or NULL where it ends first. */
static const void *payload(const struct reader *rd, u32 len, void *buf)
{
	if (rd->offset + len > rd->end)
		return NULL;
	return skb_header_pointer(rd->skb, rd->offset, len, buf);
}

/*
 * The length that the IP header claims, as an end offset. 0 if it claims more than there is,
 * which only a quoted packet may. A segment that is still to be cut may be longer than the
 * field can say, which then is 0 (kernel's BIG TCP).
 */
static u32 claimed_end(const struct reader *rd, u32 start, u32 len, bool unstated)
{
	if (unstated && skb_is_gso(rd->skb))
		return rd->skb->len;
	if (rd->quoted || start + len <= rd->skb->len)
		return start + len;
	return 0;
}

static int read_ipv4(struct reader *rd, struct le_flow *flow)
{
	const struct iphdr *ip;
	u32 start = rd->offset, header, total;
	struct iphdr buf;

	ip = skb_header_pointer(rd->skb, start, sizeof(buf), &buf);
	if (!ip)
		return LE_KIND_MALFORMED;
	header = ip->ihl * 4;
	total = ntohs(ip->tot_len);
	flow->src.v4 = ip->saddr;
	flow->dst.v4 = ip->daddr;
	flow->protocol = ip->protocol;
	if (ip->version != 4 || header < sizeof(buf) || start + header > rd->skb->len)
		return LE_KIND_MALFORMED;
	rd->end = claimed_end(rd, start, total, !total);
	rd->offset = start + header;
	if (rd->end < rd->offset)
		return LE_KIND_MALFORMED;
	if (ip->frag_off & htons(LE_IPV4_OFFSET))
		return LE_KIND_FRAGMENT;
	rd->fragment = ip->frag_off & htons(LE_IPV4_MORE);
	return LE_KIND_OTHER;
}

struct ext_header {
	u8 next;
	u8 len;
	__be16 fragment;
};

static bool is_ext_header(u8 protocol)
{
	return protocol == LE_HOP_BY_HOP || protocol == LE_ROUTING ||
	       protocol == LE_IPV6_FRAGMENT || protocol == LE_AUTHENTICATION ||
	       protocol == LE_DESTINATION_OPTIONS;
}

/* In bytes, by what the header says (RFC 8200 sec. 4; RFC 4302 sec. 2.2 counts otherwise). */
static u32 ext_header_len(u8 protocol, const struct ext_header *ext)
{
	if (protocol == LE_IPV6_FRAGMENT)
		return 8;
	if (protocol == LE_AUTHENTICATION)
		return (ext->len + 2) * 4;
	return (ext->len + 1) * 8;
}

static int skip_ext_headers(struct reader *rd, struct le_flow *flow)
{
	unsigned int nr = 0;

	while (is_ext_header(flow->protocol)) {
		const struct ext_header *ext;
		struct ext_header buf;
		u32 len;

		if (++nr > LE_MAX_EXT_HEADERS)
			return LE_KIND_MALFORMED;
		ext = payload(rd, sizeof(buf), &buf);
		if (!ext)
			return LE_KIND_MALFORMED;
		len = ext_header_len(flow->protocol, ext);
		if (len > rd->end - rd->offset)
			return LE_KIND_MALFORMED;
		if (flow->protocol == LE_IPV6_FRAGMENT) {
			if (ext->fragment & htons(LE_IPV6_OFFSET))
				return LE_KIND_FRAGMENT;
			rd->fragment |= !!(ext->fragment & htons(LE_IPV6_MORE));
		}
		flow->protocol = ext->next;
		rd->offset += len;
	}
	return LE_KIND_OTHER;
}

static int read_ipv6(struct reader *rd, struct le_flow *flow)
{
	const struct ipv6hdr *ip;
	u32 start = rd->offset, len;
	struct ipv6hdr buf;

	ip = skb_header_pointer(rd->skb, start, sizeof(buf), &buf);
	if (!ip)
		return LE_KIND_MALFORMED;
	memcpy(&flow->src, &ip->saddr, sizeof(flow->src));
	memcpy(&flow->dst, &ip->daddr, sizeof(flow->dst));
	flow->protocol = ip->nexthdr;
	if (ip->version != 6)
		return LE_KIND_MALFORMED;
	len = ntohs(ip->payload_len);
	rd->offset = start + sizeof(buf);
	rd->end = claimed_end(rd, rd->offset, len, !len);
	if (rd->end < rd->offset)
		return LE_KIND_MALFORMED;
	if (!is_ext_header(flow->protocol))
		return LE_KIND_OTHER;
	return skip_ext_headers(rd, flow);
}

static int read_ip(struct reader *rd, struct le_flow *flow)
{
	return flow->family == LE_IPV4 ? read_ipv4(rd, flow) : read_ipv6(rd, flow);
}

static int read_tcp(const struct reader *rd, struct le_packet *packet)
{
	const struct tcphdr *tcp;
	struct tcphdr buf;
	u32 header;

	tcp = payload(rd, sizeof(buf), &buf);
	if (!tcp)
		return LE_KIND_MALFORMED;
	header = tcp->doff * 4;
	if (header < sizeof(buf) || (header > rd->end - rd->offset && !rd->fragment))
		return LE_KIND_MALFORMED;
	packet->flow.sport = ntohs(tcp->source);
	packet->flow.dport = ntohs(tcp->dest);
	packet->may_answer = tcp->ack || tcp->rst;
	return LE_KIND_PORTS;
}

static int read_udp(const struct reader *rd, struct le_packet *packet)
{
	const struct udphdr *udp;
	struct udphdr buf;
	u32 len;

	udp = payload(rd, sizeof(buf), &buf);
	if (!udp)
		return LE_KIND_MALFORMED;
	len = ntohs(udp->len);
	if ((len < sizeof(buf) || (len > rd->end - rd->offset && !rd->fragment)) &&
	    !skb_is_gso(rd->skb))
		return LE_KIND_MALFORMED;
	packet->flow.sport = ntohs(udp->source);
	packet->flow.dport = ntohs(udp->dest);
	packet->may_answer = true;
	return LE_KIND_PORTS;
}

static bool is_icmp(const struct le_flow *flow)
{
	return flow->protocol == (flow->family == LE_IPV4 ? IPPROTO_ICMP : IPPROTO_ICMPV6);
}

static bool is_echo(u8 family, u8 type)
{
	if (family == LE_IPV4)
		return type == ICMP4_ECHO_REQUEST || type == ICMP4_ECHO_REPLY;
	return type == ICMP6_ECHO_REQUEST || type == ICMP6_ECHO_REPLY;
}

/**
 * le_flow_is_echo() - whether a flow is an ICMP echo
 * @flow: the flow
 * @type: its ICMP type, if it is ICMP
 *
 * Context: any.
 *
 * Return: true if it is, asked or answered.
 */
bool le_flow_is_echo(const struct le_flow *flow, u8 type)
{
	return is_icmp(flow) && is_echo(flow->family, type);
}

/* Of an IPv4 address only the first word has been read. */
static bool same_addr(const union le_addr *a, const union le_addr *b, u8 family)
{
	return !memcmp(a, b, family == LE_IPV4 ? sizeof(a->v4) : sizeof(*a));
}

/*
 * The packet that an error quotes: at least eight bytes beyond its IP header (RFC 792), which
 * is where the ports are. It travelled the other way, and since flags are not always quoted it
 * may have been either end's. An error about a packet goes to who sent it (RFC 792, RFC 4443
 * sec. 2.2): sent to anybody else it is about nothing of his.
 */
static void read_quoted(const struct reader *error, struct le_packet *packet)
{
	struct reader rd = {
		.skb = error->skb,
		.offset = error->offset + LE_ICMP_HEADER,
		.quoted = true,
	};
	struct le_flow *flow = &packet->about;
	const __be16 *ports;
	__be16 buf[4];

	flow->family = packet->flow.family;
	packet->about_reversed = true;
	packet->about_may_answer = true;
	if (rd.offset > error->end || read_ip(&rd, flow) != LE_KIND_OTHER)
		return;
	/* No further than the error itself goes. */
	if (rd.end > error->end)
		rd.end = error->end;
	ports = rd.offset > rd.end ? NULL : payload(&rd, sizeof(buf), buf);
	if (!ports)
		return;
	flow->sport = ntohs(ports[0]);
	flow->dport = ntohs(ports[1]);
	packet->about_echo = le_flow_is_echo(flow, ntohs(ports[0]) >> 8);
	packet->about_known = same_addr(&flow->src, &packet->flow.dst, flow->family);
}

static int read_icmp_error(const struct reader *rd, struct le_packet *packet)
{
	packet->about_known = false;
	packet->about_echo = false;
	read_quoted(rd, packet);
	return LE_KIND_ICMP_ERROR;
}

static int read_icmp(const struct reader *rd, struct le_packet *packet)
{
	u8 buf[LE_ICMP_HEADER];
	const u8 *icmp = payload(rd, sizeof(buf), buf);

	if (!icmp)
		return LE_KIND_MALFORMED;
	if (is_echo(LE_IPV4, icmp[0]))
		return LE_KIND_ICMP_ECHO;
	switch (icmp[0]) {
	case ICMP4_UNREACHABLE:
	case ICMP4_SOURCE_QUENCH:
	case ICMP4_TIME_EXCEEDED:
	case ICMP4_PARAMETER_PROBLEM:
		return read_icmp_error(rd, packet);
	}
	/* A redirect is for the sender's own link and has no business beyond a gateway. */
	return LE_KIND_OTHER;
}

static bool is_link_local(const struct in6_addr *addr)
{
	const u8 *byte = (const u8 *)addr;

	return byte[0] == 0xfe && (byte[1] & 0xc0) == 0x80;
}

static bool is_unspecified(const struct in6_addr *addr)
{
	static const u8 unspecified[sizeof(*addr)];

	return !memcmp(addr, unspecified, sizeof(*addr));
}

/*
 * Neighbour discovery, and the multicast listener discovery by which switches know whom to hand
 * it: between neighbours only. What a gateway forwards is neither, whatever its type says: it
 * has lost a hop, and link-local sources are not forwarded.
 */
static bool is_neighbour(const struct reader *rd, u8 type)
{
	struct ipv6hdr buf;
	const struct ipv6hdr *ip = skb_header_pointer(rd->skb, skb_network_offset(rd->skb),
						      sizeof(buf), &buf);

	if (!ip)
		return false;
	if (type >= ICMP6_ROUTER_SOLICITATION && type <= ICMP6_REDIRECT)
		return ip->hop_limit == LE_NEIGHBOUR_HOPS;
	if ((type >= ICMP6_LISTENER_QUERY && type <= ICMP6_LISTENER_DONE) ||
	    type == ICMP6_LISTENER_REPORT2)
		return ip->hop_limit == LE_LISTENER_HOPS &&
		       (is_link_local(&ip->saddr) || is_unspecified(&ip->saddr));
	return false;
}

static int read_icmpv6(const struct reader *rd, struct le_packet *packet)
{
	u8 buf[LE_ICMP_HEADER];
	const u8 *icmp = payload(rd, sizeof(buf), buf);

	if (!icmp)
		return LE_KIND_MALFORMED;
	if (is_echo(LE_IPV6, icmp[0]))
		return LE_KIND_ICMP_ECHO;
	if (icmp[0] >= ICMP6_UNREACHABLE && icmp[0] <= ICMP6_PARAMETER_PROBLEM)
		return read_icmp_error(rd, packet);
	return is_neighbour(rd, icmp[0]) ? LE_KIND_NEIGHBOUR : LE_KIND_OTHER;
}

static int read_transport(const struct reader *rd, struct le_packet *packet)
{
	const struct le_flow *flow = &packet->flow;

	if (flow->protocol == IPPROTO_TCP)
		return read_tcp(rd, packet);
	if (flow->protocol == IPPROTO_UDP)
		return read_udp(rd, packet);
	if (!is_icmp(flow))
		return LE_KIND_OTHER;
	return flow->family == LE_IPV4 ? read_icmp(rd, packet) : read_icmpv6(rd, packet);
}

/**
 * le_packet_read() - read a packet's headers
 * @skb: the packet, its network header in place; nothing of it is changed
 * @family: LE_IPV4 or LE_IPV6, as the hook says
 * @packet: what is found; fields that its kind does not call for are left as they were
 *
 * Context: any.
 */
void le_packet_read(const struct sk_buff *skb, u8 family, struct le_packet *packet)
{
	struct reader rd = { .skb = skb, .offset = skb_network_offset(skb) };

	packet->flow.family = family;
	packet->track = LE_TRACK_NONE;
	packet->may_answer = false;
	packet->kind = read_ip(&rd, &packet->flow);
	packet->fragmented = rd.fragment;
	packet->has_addrs = rd.offset != (u32)skb_network_offset(skb);
	if (packet->kind == LE_KIND_OTHER)
		packet->kind = read_transport(&rd, packet);
}
