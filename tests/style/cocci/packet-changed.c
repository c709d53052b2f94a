// SPDX-License-Identifier: GPL-2.0-only
/* What packet-changed.cocci is to find, and what not; nobody compiles it. */
static bool read(struct sk_buff *skb, struct le_flow *flow)
{
	const struct iphdr *ip;
	struct iphdr buf;

	ip = skb_header_pointer(skb, skb_network_offset(skb), sizeof(buf), &buf);
	if (!ip || !pskb_may_pull(skb, ip->ihl * 4))	/* found */
		return false;
	flow->sport = ntohs(udp_hdr(skb)->source);	/* found */
	skb->mark = 1;	/* found */
	flow->protocol = ip->protocol;
	return true;
}
