// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves of the headers that the fast path looks into (lyncedge_fast.h) what no run can try out:
 * of any packet of 0 to MAX_BYTES bytes, in a piece of memory that ends where it ends, nothing
 * beyond is read, and what counts as usual has the headers that are then relied on.
 *
 * That the lookup behind it equals a walk over rows is not proved here but run through, port
 * by port, by tests/kunit and tests/unit: the table is an object of 1.2 million bytes, which CBMC
 * turns into bits (not done after seven minutes), and its theory of arrays, which would not, ends
 * in an invariant violation of its own (6.6) at arrays within a structure.
 *
 * prove headers --unwind 2
 * seed headers fast-doff
 * seed headers fast-udp-length
 */
/* Lengths are compared as what is left of them, which is a large number where it is too little. */
#pragma CPROVER check push
#pragma CPROVER check disable "unsigned-overflow"
#include "lyncedge_fast.h"
#pragma CPROVER check pop
#include "proof.h"

#define MAX_BYTES 65535

void headers(void)
{
	struct sk_buff skb = { .len = nondet_u32() };
	u8 family = nondet_bool() ? LE_IPV4 : LE_IPV6;
	struct le_fast f = { .lane = LE_NAMED };
	u32 header = family == LE_IPV4 ? 20 : 40;
	const u8 *ports;

	ASSUME(skb.len <= MAX_BYTES);
	skb.data = malloc(skb.len);
	ASSUME(skb.data);
	if (!le_fast_headers(&skb, le_fast_least(family), family, &f))
		return;
	PROVE(skb.len >= header + 20);
	PROVE(family == LE_IPV6 || skb.data[0] == 0x45);
	ports = le_fast_ports(&skb, family);
	PROVE(ports == skb.data + header);
	if (f.lane == LE_NAMED)
		PROVE(ports[12] >> 4 >= 5 && header + (ports[12] >> 4) * 4 <= skb.len);
	else
		PROVE(ports[4] * 256 + ports[5] == skb.len - header);
}
