/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What lyncedge_events.c gathers for the trace events of lyncedge_trace.h. Kernel only.
 *
 * Who emits one asks trace_verdict_enabled() or trace_policy_enabled() before: one instruction,
 * that does nothing while nobody listens. Of what is gathered here nothing is worked out earlier.
 */
#ifndef LYNCEDGE_EVENTS_H
#define LYNCEDGE_EVENTS_H

#include <linux/in.h>
#include <linux/in6.h>
#include <linux/netfilter.h>
#include <linux/socket.h>

#include "lyncedge_control.h"

union le_sockaddr {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/**
 * struct le_verdict - a packet that was judged at a crossing, for lyncedge:verdict
 * @name: the counter's: a row, or a reason
 * @iifname: input device, "" if there is none
 * @oifname: output device, likewise
 * @iif: its ifindex, 0 if there is none
 * @oif: likewise
 * @len: length that was counted
 * @accepted: a row takes it, or a reason accepts it; else a reason drops it, if it does
 * @mode: enum le_mode
 * @iface: enum le_iface of the crossing
 * @dir: enum le_dir of the crossing
 * @hook: enum nf_inet_hooks
 * @track: LE_TRACK_*
 * @protocol: IPPROTO_*
 * @sport: source port in host byte order, 0 if there is none
 * @dport: likewise
 * @saddr: source address, 0.0.0.0 in IPv6
 * @daddr: likewise
 * @saddr_v6: source address, that of IPv4 mapped into IPv6
 * @daddr_v6: likewise
 * @src: source address and port
 * @dst: likewise
 */
struct le_verdict {
	const char *name;
	char iifname[IFNAMSIZ];
	char oifname[IFNAMSIZ];
	int iif;
	int oif;
	u32 len;
	bool accepted;
	u8 mode;
	u8 iface;
	u8 dir;
	u8 hook;
	u8 track;
	u8 protocol;
	u16 sport;
	u16 dport;
	union le_addr saddr;
	union le_addr daddr;
	union le_addr saddr_v6;
	union le_addr daddr_v6;
	union le_sockaddr src;
	union le_sockaddr dst;
};

/**
 * struct le_policy_event - a change, for lyncedge:policy
 * @action: what was done
 * @generation: how many policies have been applied, with this one
 * @mode: enum le_mode, now
 * @rows: active rows of the matrix, now
 * @site_rows: site rows
 * @prefixes: prefixes of peer groups and of the block list
 * @seconds: until the change is undone unless confirmed; 0 if it is not to be
 * @error: 0, or why nothing changed
 * @message: the same in words, or ""
 */
struct le_policy_event {
	const char *action;
	u64 generation;
	u8 mode;
	u32 rows;
	u32 site_rows;
	u32 prefixes;
	u32 seconds;
	int error;
	const char *message;
};

void le_event_verdict(const struct le_live *live, const struct sk_buff *skb,
		      const struct nf_hook_state *state, const struct le_packet *packet,
		      unsigned int crossing, int outcome, unsigned int len);
void le_event_policy(const struct le_policy *policy, struct le_policy_event *event);

#endif /* LYNCEDGE_EVENTS_H */
