// SPDX-License-Identifier: GPL-2.0-only
/*
 * Gathers what the trace events say (lyncedge_trace.h has their fields). Who emits one has asked
 * before whether anybody listens: nothing of this runs otherwise.
 */
#include <linux/netdevice.h>

#include "lyncedge_events.h"

#define CREATE_TRACE_POINTS
#include "lyncedge_trace.h"

/* A device may be renamed meanwhile, so the name is read once. */
static void put_netdev(const struct net_device *dev, char *name, int *ifindex)
{
	if (!dev)
		return;
	strscpy(name, dev->name, IFNAMSIZ);
	*ifindex = dev->ifindex;
}

static void put_addr(u8 family, const union le_addr *addr, u16 port, union le_addr *v4,
		     union le_addr *v6, union le_sockaddr *sock)
{
	if (family == LE_IPV6) {
		*v6 = *addr;
		sock->v6.sin6_family = AF_INET6;
		sock->v6.sin6_port = htons(port);
		memcpy(&sock->v6.sin6_addr, addr, sizeof(sock->v6.sin6_addr));
		return;
	}
	v4->v4 = addr->v4;
	v6->word[2] = htonl(0xffff);
	v6->word[3] = addr->v4;
	sock->v4.sin_family = AF_INET;
	sock->v4.sin_port = htons(port);
	sock->v4.sin_addr.s_addr = addr->v4;
}

static bool has_ports(const struct le_packet *packet)
{
	return packet->kind == LE_KIND_PORTS;
}

/* Of headers that contradict themselves there may be no more than the family. */
static void put_flow(struct le_verdict *v, const struct le_packet *packet)
{
	static const union le_addr none;
	const struct le_flow *flow = &packet->flow;
	bool known = packet->has_addrs;

	if (has_ports(packet)) {
		v->sport = flow->sport;
		v->dport = flow->dport;
	}
	v->protocol = flow->protocol;
	put_addr(flow->family, known ? &flow->src : &none, v->sport, &v->saddr, &v->saddr_v6,
		 &v->src);
	put_addr(flow->family, known ? &flow->dst : &none, v->dport, &v->daddr, &v->daddr_v6,
		 &v->dst);
}

static const char *name_of(const struct le_live *live, int outcome)
{
	if (outcome >= LE_NR_ROWS)
		return live->sites[outcome - LE_NR_ROWS]->name;
	return le_counter_name(le_counter_index(outcome));
}

static u8 hook_of(const struct nf_hook_state *state)
{
	return state->pf == NFPROTO_NETDEV ? NF_INET_INGRESS : state->hook;
}

/**
 * le_event_verdict() - tell who listens of a packet that was judged at a crossing
 * @live: what it was judged by
 * @skb: the packet
 * @state: the hook's
 * @packet: what its headers say
 * @crossing: le_crossing()
 * @outcome: what became of it; not LE_UNJUDGED
 * @len: the length that was counted
 *
 * Context: hook, under RCU, with the packet not yet given away.
 */
void le_event_verdict(const struct le_live *live, const struct sk_buff *skb,
		      const struct nf_hook_state *state, const struct le_packet *packet,
		      unsigned int crossing, int outcome, unsigned int len)
{
	struct le_verdict v = {
		.name = name_of(live, outcome),
		.len = len,
		.accepted = le_outcome_accepts(outcome),
		.mode = live->enforce ? LE_MODE_ENFORCE : LE_MODE_MONITOR,
		.iface = crossing / LE_NR_DIRS,
		.dir = crossing % LE_NR_DIRS,
		.hook = hook_of(state),
		.track = packet->track,
	};

	put_netdev(state->in, v.iifname, &v.iif);
	put_netdev(state->out, v.oifname, &v.oif);
	put_flow(&v, packet);
	trace_verdict(skb, state, &v);
}

/**
 * le_event_policy() - tell who listens of a change
 * @policy: the policy now in force, or NULL
 * @event: all else
 *
 * Context: process, under the control lock.
 */
void le_event_policy(const struct le_policy *policy, struct le_policy_event *event)
{
	unsigned int row;

	if (policy) {
		for (row = 0; row < LE_NR_ROWS; row++)
			event->rows += le_policy_row_active(policy, row);
		event->site_rows = policy->nr_site_rows;
		event->prefixes = policy->nr_prefixes;
	}
	trace_policy(event);
}
