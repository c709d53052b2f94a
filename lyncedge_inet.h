/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IP addresses and prefixes as values and as text, the same in kernel and user space (whose own
 * helpers differ in what they accept). What sets of prefixes are good for is in
 * lyncedge_addr.h.
 */
#ifndef LYNCEDGE_INET_H
#define LYNCEDGE_INET_H

#include "lyncedge_shim.h"

/* An address in network byte order; an IPv4 address is the first word. */
union le_addr {
	__be32 v4;
	__be32 word[4];
	u8 byte[16];
};

enum le_family {
	LE_IPV4,
	LE_IPV6,
};

/**
 * struct le_prefix - a prefix and what its members are
 * @addr: its first address
 * @family: LE_IPV4 or LE_IPV6
 * @len: number of leading bits that count, at most 32 or 128
 * @tag: enum le_tag, or one of the compiler's own from LE_NR_TAGS up
 */
struct le_prefix {
	union le_addr addr;
	u8 family;
	u8 len;
	u16 tag;
};

/* Longest text of a prefix: eight groups, seven colons, "/128" and the terminator. */
#define LE_PREFIX_TEXT 44

static inline unsigned int le_addr_bits(u8 family)
{
	return family == LE_IPV4 ? 32 : 128;
}

bool le_addr_parse(const char *text, size_t len, union le_addr *addr, u8 *family);
int le_addr_format(char *buf, size_t size, const union le_addr *addr, u8 family);
int le_prefix_format(char *buf, size_t size, const struct le_prefix *prefix);
bool le_prefix_has_host_bits(const struct le_prefix *prefix);
void le_prefix_clear_host_bits(struct le_prefix *prefix);
int le_prefix_compare(const struct le_prefix *a, const struct le_prefix *b);
int le_prefix_sort(struct le_prefix *list, u32 nr);
bool le_prefix_equal(const struct le_prefix *a, const struct le_prefix *b);

#endif /* LYNCEDGE_INET_H */
