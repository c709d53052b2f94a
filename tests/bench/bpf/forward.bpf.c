// SPDX-License-Identifier: GPL-2.0-only
/*
 * The matrix as a BPF netfilter program (Linux 6.4 and later), with the same idea as the module:
 * bitmaps of terms by lane, ports and addresses. Ports are an array, the Edge's own addresses a
 * hash table, others a trie of the kernel's; counters are per CPU.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <stdbool.h>

#include "table.h"

#define NF_DROP 0
#define NF_ACCEPT 1
#define NFPROTO_IPV4 2
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17

/* Of the pointer to a connection: what conntrack says of the packet. */
#define NFCT_INFO 7UL
#define IP_CT_ESTABLISHED 0
#define IP_CT_ESTABLISHED_REPLY 3

/* Of the kernel's, what is looked at; where it is there, the loader finds out. */
struct net_device {
	int ifindex;
} __attribute__((preserve_access_index));

struct nf_hook_state {
	__u8 pf;
	struct net_device *in;
	struct net_device *out;
} __attribute__((preserve_access_index));

struct sk_buff {
	unsigned int len;
	unsigned long _nfct;
} __attribute__((preserve_access_index));

struct bpf_nf_ctx {
	const struct nf_hook_state *state;
	struct sk_buff *skb;
} __attribute__((preserve_access_index));

int bpf_dynptr_from_skb(struct __sk_buff *skb, __u64 flags, struct bpf_dynptr *ptr) __ksym;
void *bpf_dynptr_slice(const struct bpf_dynptr *ptr, __u32 offset, void *buffer,
		       __u32 size) __ksym;

struct table table;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u8[4]);
	__type(value, struct end_terms);
} near4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u8[16]);
	__type(value, struct end_terms);
} near6 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 2097152);
	__type(key, struct key4);
	__type(value, struct end_terms);
} far4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 2097152);
	__type(key, struct key6);
	__type(value, struct end_terms);
} far6 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, NR_COUNTERS);
	__type(key, __u32);
	__type(value, struct count);
} counts SEC(".maps");

static __always_inline int count(__u32 place, const struct sk_buff *skb, int verdict)
{
	struct count *c = bpf_map_lookup_elem(&counts, &place);

	if (c) {
		c->packets++;
		c->bytes += skb->len;
	}
	return verdict;
}

/* The lowest bit that is set; the compiler knows none for BPF. */
static __always_inline __u32 lowest(__u64 bits)
{
	__u32 place = 0;

	if (!(__u32)bits) {
		place += 32;
		bits >>= 32;
	}
	if (!(bits & 0xffff)) {
		place += 16;
		bits >>= 16;
	}
	if (!(bits & 0xff)) {
		place += 8;
		bits >>= 8;
	}
	if (!(bits & 0xf)) {
		place += 4;
		bits >>= 4;
	}
	if (!(bits & 3)) {
		place += 2;
		bits >>= 2;
	}
	return place + !(bits & 1);
}

static __always_inline struct end_terms *find4(const __u8 *addr, bool near)
{
	struct key4 key = { .length = 32 };
	struct end_terms *found;

	__builtin_memcpy(key.addr, addr, sizeof(key.addr));
	if (near) {
		found = bpf_map_lookup_elem(&near4, key.addr);
		if (found)
			return found;
	}
	return bpf_map_lookup_elem(&far4, &key);
}

static __always_inline struct end_terms *find6(const __u8 *addr, bool near)
{
	struct key6 key = { .length = 128 };
	struct end_terms *found;

	__builtin_memcpy(key.addr, addr, sizeof(key.addr));
	if (near) {
		found = bpf_map_lookup_elem(&near6, key.addr);
		if (found)
			return found;
	}
	return bpf_map_lookup_elem(&far6, &key);
}

static __always_inline __u64 match_ports(__u32 lane, const __u8 *ports)
{
	__u32 source = ports[0] << 8 | ports[1], destination = ports[2] << 8 | ports[3];

	return table.lanes[lane & (NR_LANES - 1)] & table.ports[source & 0xffff].source &
	       table.ports[destination & 0xffff].destination;
}

static __always_inline int decide(const struct sk_buff *skb, __u64 terms, struct end_terms *from,
				  struct end_terms *to)
{
	if (from && to)
		terms &= from->from & to->to;
	else
		terms = 0;
	if (!terms)
		return count(COUNT_NO_ROW, skb, NF_DROP);
	return count(lowest(terms), skb, NF_ACCEPT);
}

static __always_inline int judge4(struct sk_buff *skb, struct bpf_dynptr *packet, __u32 lane)
{
	__u8 buffer[24], *ip = bpf_dynptr_slice(packet, 0, buffer, sizeof(buffer));
	bool out = lane & LANE_OUT;
	__u64 terms;

	/* Options, and fragments but for the whole ones. */
	if (!ip || ip[0] != 0x45 || ip[6] & 0x3f || ip[7] ||
	    (ip[9] != IPPROTO_TCP && ip[9] != IPPROTO_UDP))
		return count(COUNT_MALFORMED, skb, NF_DROP);
	terms = match_ports(lane + (ip[9] == IPPROTO_UDP), ip + 20);
	return decide(skb, terms, find4(ip + 12, out), find4(ip + 16, !out));
}

static __always_inline int judge6(struct sk_buff *skb, struct bpf_dynptr *packet, __u32 lane)
{
	__u8 buffer[44], *ip = bpf_dynptr_slice(packet, 0, buffer, sizeof(buffer));
	bool out = lane & LANE_OUT;
	__u64 terms;

	if (!ip || (ip[6] != IPPROTO_TCP && ip[6] != IPPROTO_UDP))
		return count(COUNT_MALFORMED, skb, NF_DROP);
	terms = match_ports(lane + (ip[6] == IPPROTO_UDP), ip + 40);
	return decide(skb, terms, find6(ip + 8, out), find6(ip + 24, !out));
}

static __always_inline __u32 device(const struct net_device *dev)
{
	__u32 ifindex = dev->ifindex;

	return ifindex < NR_DEVICES ? table.devices[ifindex & (NR_DEVICES - 1)] : 0;
}

static __always_inline int is_established(const struct sk_buff *skb)
{
	unsigned long connection = skb->_nfct, info = connection & NFCT_INFO;

	return connection & ~NFCT_INFO &&
	       (info == IP_CT_ESTABLISHED || info == IP_CT_ESTABLISHED_REPLY);
}

SEC("netfilter")
int forward(struct bpf_nf_ctx *ctx)
{
	const struct nf_hook_state *state = ctx->state;
	struct sk_buff *skb = ctx->skb;
	__u32 enter = device(state->in), lane;
	struct bpf_dynptr packet;

	if (enter) {
		lane = enter - 1;
	} else {
		__u32 leave = device(state->out);

		if (!leave)
			return NF_ACCEPT;
		lane = (leave - 1) | LANE_OUT;
	}
	if (table.conntrack && is_established(skb))
		return count(COUNT_ESTABLISHED, skb, NF_ACCEPT);
	if (bpf_dynptr_from_skb((struct __sk_buff *)skb, 0, &packet))
		return NF_DROP;
	return state->pf == NFPROTO_IPV4 ? judge4(skb, &packet, lane) :
					   judge6(skb, &packet, lane);
}

char program_license[] SEC("license") = "GPL";
