// SPDX-License-Identifier: GPL-2.0-only
// A packet may end before the header that is asked for: skb_header_pointer(), and payload() in lyncedge_packet.c, are NULL then.
// Whoever sends short packets would bring the gateway down.

@unchecked exists@
expression x, e, e1, e2;
identifier member;
identifier get = { skb_header_pointer, __skb_header_pointer, payload };
position p;
@@
 x = get(...)
 ... when != x == NULL
     when != x != NULL
     when != x = e
(
 x ? e1 : e2
|
 x@p->member
|
 x@p[...]
|
 *x@p
)

@script:python@
p << unchecked.p;
@@
print("%s:%s: a header that the packet may not have" % (p[0].file, p[0].line))
