/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The trace events lyncedge:verdict and lyncedge:policy, for ftrace, perf and BPF: their fields,
 * and how they are printed. What is gathered for them, and when, is in lyncedge_events.c; what the
 * fields mean to an administrator in docs/tracing.md. Kernel only.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM lyncedge

#if !defined(_LYNCEDGE_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _LYNCEDGE_TRACE_H

#include <linux/in.h>
#include <linux/netfilter.h>
#include <linux/skbuff.h>
#include <linux/tracepoint.h>

#include "compat.h"
#include "lyncedge_events.h"

/* Who formats events in user space knows numbers, not the names of enumerators. */
TRACE_DEFINE_ENUM(LE_EXTERNAL);
TRACE_DEFINE_ENUM(LE_INTERNAL);
TRACE_DEFINE_ENUM(LE_IN);
TRACE_DEFINE_ENUM(LE_OUT);
TRACE_DEFINE_ENUM(LE_MODE_OFF);
TRACE_DEFINE_ENUM(LE_MODE_MONITOR);
TRACE_DEFINE_ENUM(LE_MODE_ENFORCE);
TRACE_DEFINE_ENUM(LE_TRACK_NONE);
TRACE_DEFINE_ENUM(LE_TRACK_INVALID);
TRACE_DEFINE_ENUM(LE_TRACK_ORIGINAL);
TRACE_DEFINE_ENUM(LE_TRACK_REPLY);
TRACE_DEFINE_ENUM(NF_INET_LOCAL_IN);
TRACE_DEFINE_ENUM(NF_INET_FORWARD);
TRACE_DEFINE_ENUM(NF_INET_LOCAL_OUT);
TRACE_DEFINE_ENUM(NF_INET_INGRESS);
TRACE_DEFINE_ENUM(IPPROTO_ICMP);
TRACE_DEFINE_ENUM(IPPROTO_TCP);
TRACE_DEFINE_ENUM(IPPROTO_UDP);
TRACE_DEFINE_ENUM(IPPROTO_ICMPV6);

#define le_show_verdict(value)			\
	__print_symbolic(value,			\
		{ 0, "drop" },			\
		{ 1, "accept" })

#define le_show_iface(value)			\
	__print_symbolic(value,			\
		{ LE_EXTERNAL, "external" },	\
		{ LE_INTERNAL, "internal" })

#define le_show_dir(value)			\
	__print_symbolic(value,			\
		{ LE_IN, "in" },		\
		{ LE_OUT, "out" })

#define le_show_protocol(value)			\
	__print_symbolic(value,			\
		{ IPPROTO_ICMP, "icmp" },	\
		{ IPPROTO_TCP, "tcp" },		\
		{ IPPROTO_UDP, "udp" },		\
		{ IPPROTO_ICMPV6, "icmpv6" })

#define le_show_mode(value)			\
	__print_symbolic(value,			\
		{ LE_MODE_OFF, "off" },		\
		{ LE_MODE_MONITOR, "monitor" },	\
		{ LE_MODE_ENFORCE, "enforce" })

#define le_show_track(value)			\
	__print_symbolic(value,			\
		{ LE_TRACK_NONE, "none" },	\
		{ LE_TRACK_INVALID, "invalid" },	\
		{ LE_TRACK_ORIGINAL, "original" },	\
		{ LE_TRACK_REPLY, "reply" })

#define le_show_hook(value)			\
	__print_symbolic(value,			\
		{ NF_INET_LOCAL_IN, "input" },	\
		{ NF_INET_FORWARD, "forward" },	\
		{ NF_INET_LOCAL_OUT, "output" },	\
		{ NF_INET_INGRESS, "ingress" })

#define LE_PRINT_JUDGED "verdict=%s name=%s mode=%s iface=%s dir=%s"
#define LE_PRINT_PACKET " protocol=%s src=%pISpc dst=%pISpc track=%s hook=%s"
#define LE_PRINT_DEVICES " iif=%d iifname=%s oif=%d oifname=%s len=%u skbaddr=%p"

/*
 * A packet was judged at a crossing, and counted. Each address is there twice: by itself, as
 * sock:inet_sock_set_state has it, and with its port as a socket address, which is printed.
 */
TRACE_EVENT(verdict,
	    TP_PROTO(const struct sk_buff *skb, const struct nf_hook_state *state,
		     const struct le_verdict *v),
	    TP_ARGS(skb, state, v),
	    TP_STRUCT__entry(__field(const void *, skbaddr)
			     __field(unsigned int, len)
			     __field(int, iif)
			     __field(int, oif)
			     __string(name, v->name)
			     __string(iifname, v->iifname)
			     __string(oifname, v->oifname)
			     __field(u8, accepted)
			     __field(u8, mode)
			     __field(u8, iface)
			     __field(u8, dir)
			     __field(u8, hook)
			     __field(u8, track)
			     __field(u8, protocol)
			     __field(u16, family)
			     __field(u16, sport)
			     __field(u16, dport)
			     __array(u8, saddr, 4)
			     __array(u8, daddr, 4)
			     __array(u8, saddr_v6, 16)
			     __array(u8, daddr_v6, 16)
			     __array(u8, src, sizeof(union le_sockaddr))
			     __array(u8, dst, sizeof(union le_sockaddr))),
	    TP_fast_assign(__entry->skbaddr = skb;
			   __entry->len = v->len;
			   __entry->iif = v->iif;
			   __entry->oif = v->oif;
			   LE_ASSIGN_STR(name, v->name);
			   LE_ASSIGN_STR(iifname, v->iifname);
			   LE_ASSIGN_STR(oifname, v->oifname);
			   __entry->accepted = v->accepted;
			   __entry->mode = v->mode;
			   __entry->iface = v->iface;
			   __entry->dir = v->dir;
			   __entry->hook = v->hook;
			   __entry->track = v->track;
			   __entry->protocol = v->protocol;
			   __entry->family = v->src.any.sa_family;
			   __entry->sport = v->sport;
			   __entry->dport = v->dport;
			   memcpy(__entry->saddr, v->saddr.byte, 4);
			   memcpy(__entry->daddr, v->daddr.byte, 4);
			   memcpy(__entry->saddr_v6, v->saddr_v6.byte, 16);
			   memcpy(__entry->daddr_v6, v->daddr_v6.byte, 16);
			   memcpy(__entry->src, &v->src, sizeof(v->src));
			   memcpy(__entry->dst, &v->dst, sizeof(v->dst));),
	    TP_printk(LE_PRINT_JUDGED LE_PRINT_PACKET LE_PRINT_DEVICES,
		      le_show_verdict(__entry->accepted), __get_str(name),
		      le_show_mode(__entry->mode), le_show_iface(__entry->iface),
		      le_show_dir(__entry->dir), le_show_protocol(__entry->protocol), __entry->src,
		      __entry->dst, le_show_track(__entry->track), le_show_hook(__entry->hook),
		      __entry->iif, __get_str(iifname), __entry->oif, __get_str(oifname),
		      __entry->len, __entry->skbaddr)
);

#define LE_PRINT_CHANGE "action=%s generation=%llu mode=%s rows=%u site_rows=%u prefixes=%u"
#define LE_PRINT_OUTCOME " seconds=%u error=%d message=%s"

/* What is in force was changed, or a change was refused. */
TRACE_EVENT(policy,
	    TP_PROTO(const struct le_policy_event *e),
	    TP_ARGS(e),
	    TP_STRUCT__entry(__string(action, e->action)
			     __field(u64, generation)
			     __field(u8, mode)
			     __field(u32, rows)
			     __field(u32, site_rows)
			     __field(u32, prefixes)
			     __field(u32, seconds)
			     __field(int, error)
			     __string(message, e->message)),
	    TP_fast_assign(LE_ASSIGN_STR(action, e->action);
			   __entry->generation = e->generation;
			   __entry->mode = e->mode;
			   __entry->rows = e->rows;
			   __entry->site_rows = e->site_rows;
			   __entry->prefixes = e->prefixes;
			   __entry->seconds = e->seconds;
			   __entry->error = e->error;
			   LE_ASSIGN_STR(message, e->message);),
	    TP_printk(LE_PRINT_CHANGE LE_PRINT_OUTCOME, __get_str(action), __entry->generation,
		      le_show_mode(__entry->mode), __entry->rows, __entry->site_rows,
		      __entry->prefixes, __entry->seconds, __entry->error, __get_str(message))
);

#endif /* _LYNCEDGE_TRACE_H */

/* Not in the kernel's tree: Kbuild says where this is. */
#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE lyncedge_trace
#include <trace/define_trace.h>
