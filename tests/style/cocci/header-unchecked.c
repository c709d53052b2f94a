// SPDX-License-Identifier: GPL-2.0-only
/* What header-unchecked.cocci is to find, and what not; nobody compiles it. */
static int read_udp(const struct reader *rd, struct le_flow *flow)
{
	struct udphdr buf;
	const struct udphdr *udp = payload(rd, sizeof(buf), &buf);

	flow->sport = ntohs(udp->source);	/* found */
	return LE_KIND_PORTS;
}

static int read_icmp(const struct reader *rd, struct le_packet *packet)
{
	u8 buf[8];
	const u8 *icmp = payload(rd, sizeof(buf), buf);

	if (!icmp)
		return LE_KIND_MALFORMED;
	return icmp[0];
}

static u32 length(const struct sk_buff *skb, unsigned int offset)
{
	const struct iphdr *ip;
	struct iphdr buf;

	ip = skb_header_pointer(skb, offset, sizeof(buf), &buf);
	return ntohs(ip->tot_len);	/* found */
}
