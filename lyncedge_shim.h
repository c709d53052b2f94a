/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one place where the pure part (matrix, policy language, address sets, compiled table,
 * header reader) meets the world it is built in. In the kernel it only includes; in user space
 * it names the same few helpers. Nothing of lyncedge's own lives here.
 */
#ifndef LYNCEDGE_SHIM_H
#define LYNCEDGE_SHIM_H

#ifdef __KERNEL__

#include <linux/bitops.h>
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/if.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/tcp.h>
#include <linux/types.h>
#include <linux/udp.h>

#else /* user space: lyncedgectl, tests, fuzzers */

#include <arpa/inet.h>
#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/types.h>
#include <linux/udp.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s64 s64;

#ifndef IFNAMSIZ
#define IFNAMSIZ 16
#endif
#define __printf(fmt, args)			\
	__attribute__((__format__(__printf__,	\
				  fmt, args)))
#define __aligned(n)		\
	__attribute__((\
		__aligned__(n)))
/* What is inlined is decided for the kernel. */
#define noinline
#define __force
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define READ_ONCE(x) (x)
#define fallthrough __attribute__((__fallthrough__))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define BIT(n) (1UL << (n))
#define BIT_ULL(n) (1ULL << (n))
#define GENMASK_ULL(h, l) ((~0ULL << (l)) & (~0ULL >> (63 - (h))))
#define hweight64(w) ((unsigned int)__builtin_popcountll(w))
#define __ffs64(w) ((unsigned long)__builtin_ctzll(w))
#define be64_to_cpu(x) be64toh(x)

#define GFP_KERNEL 0
#define kvmalloc(size, gfp) malloc(size)
#define kvmalloc_array(n, size, gfp) reallocarray(NULL, n, size)
#define kvzalloc(size, gfp) calloc(1, size)
#define kvcalloc(n, size, gfp) calloc(n, size)
#define kvfree(p) free(p)
#define cond_resched() ((void)0)

/*
 * The bytes of a packet from its network header on: what the header reader needs of a socket
 * buffer. Of a packet that a capture has cut, the last ones are not at hand.
 */
struct sk_buff {
	const u8 *data;
	unsigned int len;
	unsigned int absent;
};

#define skb_network_offset(skb) 0
#define skb_is_gso(skb) false

static inline unsigned int skb_headlen(const struct sk_buff *skb)
{
	return skb->len - skb->absent;
}

static inline const void *skb_header_pointer(const struct sk_buff *skb, unsigned int offset,
					     unsigned int len, void *buffer)
{
	(void)buffer;
	if (offset > skb_headlen(skb) || skb_headlen(skb) - offset < len)
		return NULL;
	return skb->data + offset;
}

static inline int vscnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	int n = size ? vsnprintf(buf, size, fmt, args) : 0;

	if (n < 0)
		return 0;
	return (size_t)n < size ? n : (int)size - 1;
}

static inline __printf(3, 4) int scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vscnprintf(buf, size, fmt, args);
	va_end(args);
	return n;
}

#endif /* __KERNEL__ */

#endif /* LYNCEDGE_SHIM_H */
