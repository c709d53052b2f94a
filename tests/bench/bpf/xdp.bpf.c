// SPDX-License-Identifier: GPL-2.0-only
/*
 * Refuses at the external device, before the kernel has looked at the packet, what no row can
 * take: as ingress.nft does it, by the Edge's IPv4 addresses and ports, written by hand.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <stdbool.h>

#define IPPROTO_ICMP 1
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17

#define ACCESS_EDGE bpf_htonl(0x0a2d100a)
#define WEBCONF_EDGE bpf_htonl(0x0a2d1014)
#define AV_EDGE bpf_htonl(0x0a2d101e)

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} dropped SEC(".maps");

static __always_inline bool is_media(__u16 port)
{
	return port >= 50000 && port <= 59999;
}

static __always_inline bool takes_tcp(__u32 to, __u16 port)
{
	if (to == ACCESS_EDGE)
		return port == 443 || port == 5061 || port == 5269;
	if (to == WEBCONF_EDGE)
		return port == 443;
	return to == AV_EDGE && (port == 443 || is_media(port));
}

/* STUN and media; and what may answer the Edge's own questions. */
static __always_inline bool takes_udp(__u32 to, __u16 from_port, __u16 port)
{
	if (to == ACCESS_EDGE)
		return from_port == 53;
	return to == AV_EDGE &&
	       (port == 3478 || is_media(port) || from_port == 3478 || is_media(from_port));
}

static __always_inline int drop(void)
{
	__u32 place = 0;
	__u64 *count = bpf_map_lookup_elem(&dropped, &place);

	if (count)
		++*count;
	return XDP_DROP;
}

SEC("xdp")
int ingress(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	struct tcphdr *tcp = (void *)(ip + 1);
	struct udphdr *udp = (void *)(ip + 1);

	/* Whatever is unusual goes on to who knows better. */
	if ((void *)(udp + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5 ||
	    ip->protocol == IPPROTO_ICMP)
		return XDP_PASS;
	if (ip->protocol == IPPROTO_UDP && takes_udp(ip->daddr, bpf_ntohs(udp->source),
						     bpf_ntohs(udp->dest)))
		return XDP_PASS;
	if (ip->protocol == IPPROTO_TCP && (void *)(tcp + 1) <= end &&
	    (tcp->ack || tcp->rst || takes_tcp(ip->daddr, bpf_ntohs(tcp->dest))))
		return XDP_PASS;
	return drop();
}

char program_license[] SEC("license") = "GPL";
