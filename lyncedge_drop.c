// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets that are dropped. To the kernel's tools (skb:kfree_skb, dropwatch, perf) a drop is a
 * reason out of the kernel's own list, which no module can add to, and the place where the packet
 * was freed. So each of our reasons has a function of its own, and its name is what they show:
 *
 *     location=le_drop_blocked+0x1b/0x30 [lyncedge] reason: NETFILTER_DROP
 *
 * Nothing may look at a packet after any of these. Where the kernel does not let a hook free what
 * it drops (compat.h), they only return the verdict, and all drops are nf_hook_slow()'s.
 */
#include <linux/netfilter.h>

#include "compat.h"
#include "lyncedge_drop.h"
#include "lyncedge_matrix.h"

/*
 * The empty assembly comes behind the call, lest that become a jump, which leaves no trace of the
 * function; and differs, lest the compiler make one function of all that are alike.
 */
#define LE_DROP(_skb, _outcome)						\
({									\
	unsigned int _verdict = NF_DROP_REASON(_skb,			\
					       SKB_DROP_REASON_NETFILTER_DROP, EPERM);	\
									\
	asm volatile("" : : "i" (_outcome) : "memory");			\
	_verdict;							\
})

/**
 * le_drop_no_row() - give up a packet that no row takes
 * @skb: the packet, counted and logged; gone thereafter
 *
 * Context: hook.
 *
 * Return: what the hook is to return.
 */
noinline unsigned int le_drop_no_row(struct sk_buff *skb)
{
	return LE_DROP(skb, LE_NO_ROW);
}

/**
 * le_drop_blocked() - give up a packet whose far address is blocked
 * @skb: the packet, counted and logged; gone thereafter
 *
 * Context: hook.
 *
 * Return: what the hook is to return.
 */
noinline unsigned int le_drop_blocked(struct sk_buff *skb)
{
	return LE_DROP(skb, LE_BLOCKED);
}

/* __used: a compiler that knows all callers may give it another form, and another name. */
static noinline __used unsigned int le_drop_malformed(struct sk_buff *skb)
{
	return LE_DROP(skb, LE_MALFORMED);
}

static noinline __used unsigned int le_drop_fragment(struct sk_buff *skb)
{
	return LE_DROP(skb, LE_FRAGMENT);
}

static noinline __used unsigned int le_drop_protocol(struct sk_buff *skb)
{
	return LE_DROP(skb, LE_PROTOCOL);
}

static noinline __used unsigned int le_drop_invalid(struct sk_buff *skb)
{
	return LE_DROP(skb, LE_INVALID);
}

static_assert(LE_LAST_DROP == LE_INVALID);

/**
 * le_drop() - give up a packet
 * @skb: the packet, counted and logged; gone thereafter
 * @outcome: why
 *
 * Context: hook.
 *
 * Return: what the hook is to return.
 */
unsigned int le_drop(struct sk_buff *skb, int outcome)
{
	switch (outcome) {
	case LE_NO_ROW:
		return le_drop_no_row(skb);
	case LE_BLOCKED:
		return le_drop_blocked(skb);
	case LE_MALFORMED:
		return le_drop_malformed(skb);
	case LE_FRAGMENT:
		return le_drop_fragment(skb);
	case LE_PROTOCOL:
		return le_drop_protocol(skb);
	default:
		return le_drop_invalid(skb);
	}
}
