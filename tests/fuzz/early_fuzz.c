// SPDX-License-Identifier: GPL-2.0-only
/*
 * A policy, compiled for early drops. The bytes say which one (write.h). Of packets to and from the
 * edges of all that the policy names, none is refused that FORWARD would accept by a plain walk
 * over the policy, whatever NAT and conntrack make of it (lyncedge_early.h).
 */
#include "canonical.h"
#include "lyncedge_early.h"
#include "probes.h"
#include "walk.h"
#include "write.h"

/* Packets that are judged of each policy. */
#define PACKETS 32

/* What comes in by an external device, from its IP header on. */
struct early_packet {
	u8 bytes[sizeof(struct ipv6hdr) + sizeof(struct tcphdr)];
	u32 len;
	bool may_answer;
};

static void put(struct early_packet *packet, const void *header, size_t size)
{
	memcpy(packet->bytes + packet->len, header, size);
	packet->len += size;
}

static void put_ip(struct early_packet *packet, const struct le_flow *flow, size_t payload)
{
	struct iphdr ip = {
		.version = 4, .ihl = 5, .ttl = 64, .protocol = flow->protocol,
		.tot_len = htons(sizeof(ip) + payload),
		.saddr = flow->src.v4, .daddr = flow->dst.v4,
	};
	struct ipv6hdr ip6 = {
		.version = 6, .nexthdr = flow->protocol, .payload_len = htons(payload),
	};

	if (flow->family == LE_IPV4) {
		put(packet, &ip, sizeof(ip));
		return;
	}
	memcpy(&ip6.saddr, &flow->src, sizeof(ip6.saddr));
	memcpy(&ip6.daddr, &flow->dst, sizeof(ip6.daddr));
	put(packet, &ip6, sizeof(ip6));
}

static struct early_packet make_packet(const struct le_flow *flow)
{
	struct early_packet packet = { .may_answer = one_in(2) };
	struct tcphdr tcp = {
		.source = htons(flow->sport), .dest = htons(flow->dport), .doff = 5,
		.syn = 1, .ack = packet.may_answer,
	};
	struct udphdr udp = {
		.source = htons(flow->sport), .dest = htons(flow->dport),
		.len = htons(sizeof(udp)),
	};

	if (flow->protocol == IPPROTO_TCP) {
		put_ip(&packet, flow, sizeof(tcp));
		put(&packet, &tcp, sizeof(tcp));
	} else {
		packet.may_answer = true;
		put_ip(&packet, flow, sizeof(udp));
		put(&packet, &udp, sizeof(udp));
	}
	return packet;
}

static bool has_addr(const struct le_addrs *addrs, const struct le_flow *flow)
{
	u32 i;

	for (i = 0; i < addrs->nr; i++)
		if (addrs->list[i].family == flow->family &&
		    same_bytes(&addrs->list[i].addr, &flow->dst, sizeof(flow->dst)))
			return true;
	return false;
}

/* No row takes the packet, nor the one that it would answer, which was sent from @port. */
static void check_hopeless(const struct le_policy *policy, const struct le_flow *flow,
			   bool may_answer, u16 port)
{
	struct le_flow asked = {
		.src = flow->dst, .dst = flow->src, .family = flow->family,
		.protocol = flow->protocol, .sport = port, .dport = flow->sport,
	};
	bool stateless = policy->options[LE_OPT_ESTABLISHED] == LE_ESTABLISHED_STATELESS;

	MUST(!le_outcome_accepts(walk_verdict(policy, LE_EXTERNAL, LE_IN, flow)));
	if (may_answer || !stateless)
		MUST(!le_outcome_accepts(walk_verdict(policy, LE_EXTERNAL, LE_OUT, &asked)));
}

/* NAT makes any of the edge's own addresses of a public one, and may have changed the port. */
static void check_translated(const struct le_policy *policy, u32 edge, const struct le_flow *flow,
			     bool may_answer)
{
	const struct le_addrs *own = &policy->edges[edge];
	u32 i;

	for (i = 0; i < own->nr; i++) {
		struct le_flow translated = *flow;

		if (own->list[i].family != flow->family)
			continue;
		translated.dst = own->list[i].addr;
		check_hopeless(policy, &translated, may_answer, flow->dport);
		check_hopeless(policy, &translated, may_answer, some_port(policy));
	}
}

static void check_refused(const struct le_policy *policy, const struct le_flow *flow,
			  bool may_answer)
{
	bool known = false;
	u32 edge;

	for (edge = 0; edge < LE_NR_EDGES; edge++) {
		if (has_addr(&policy->edges[edge], flow)) {
			known = true;
			check_hopeless(policy, flow, may_answer, flow->dport);
		}
		if (has_addr(&policy->publics[edge], flow)) {
			known = true;
			check_translated(policy, edge, flow, may_answer);
		}
	}
	/* What is for nobody that the policy names is not judged. */
	MUST(known);
}

static void check_early(const struct le_policy *policy, const struct probes *probes)
{
	struct le_table *early = le_table_compile_early(policy);
	u32 i;

	MUST(early);
	for (i = 0; i < PACKETS; i++) {
		struct early_packet packet;
		struct le_flow flow;
		struct sk_buff skb;

		if (!some_flow(policy, probes, true, &flow))
			continue;
		packet = make_packet(&flow);
		skb = (struct sk_buff){ .data = packet.bytes, .len = packet.len };
		if (!le_outcome_accepts(le_early_judge(early, &skb, flow.family)))
			check_refused(policy, &flow, packet.may_answer);
	}
	le_table_free(early);
}

struct table_memory table_memory;

int fuzz_one(const u8 *data, size_t size)
{
	static struct probes probes;
	static struct writer writer;
	struct le_policy *policy;

	write_policy(&writer, data, size);
	policy = parse_accepted(writer.text, writer.len);
	gather_probes(policy, &probes);
	check_early(policy, &probes);
	le_policy_free(policy);
	MUST(table_all_free());
	return 0;
}
