// SPDX-License-Identifier: GPL-2.0-only
// A packet is read and never changed: others may read it at the same time (tcpdump, a clone), and pulling moves skb->data under
// pointers into it. What is not in its head is read by skb_header_pointer(). The header that a pointer of the kernel's own
// leads to (ip_hdr() and the like) need be neither whole nor, for the transport header, set at all.

@change@
identifier f = { pskb_may_pull, pskb_expand_head, pskb_trim, skb_linearize, skb_ensure_writable, skb_make_writable, skb_cow,
                 skb_cow_data, skb_push, __skb_push, skb_pull, __skb_pull, skb_put, __skb_put, skb_trim, skb_share_check,
                 skb_unshare, skb_reset_network_header, skb_reset_transport_header, skb_set_transport_header, consume_skb,
                 kfree_skb };
position p;
@@
 f@p(...)

@script:python@
f << change.f;
p << change.p;
@@
print("%s:%s: %s() changes a packet, or lets go of what is the caller's" % (p[0].file, p[0].line, f))

@header@
identifier f = { ip_hdr, ipv6_hdr, tcp_hdr, udp_hdr, icmp_hdr, icmp6_hdr, skb_network_header, skb_transport_header,
                 skb_mac_header, eth_hdr };
position p;
@@
 f@p(...)

@script:python@
f << header.f;
p << header.p;
@@
print("%s:%s: %s() is not known to be in the packet's head" % (p[0].file, p[0].line, f))

@store@
struct sk_buff *skb;
identifier member;
expression e;
position p;
@@
 skb->member@p = e

@script:python@
p << store.p;
@@
print("%s:%s: a field of a packet is changed" % (p[0].file, p[0].line))
