// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pairs the addresses of edges with their public ones: of each family, the first with the first,
 * the second with the second. What cannot be paired is said in words.
 */
#include "lookup.h"
#include "nat_pairs.h"
#include "output.h"

/**
 * same_addr() - whether two addresses are one
 * @a: an address
 * @b: another
 *
 * Return: true if they are.
 */
bool same_addr(const struct le_edge_addr *a, const struct le_edge_addr *b)
{
	return a->family == b->family &&
	       !memcmp(&a->addr, &b->addr, le_addr_bits(a->family) / 8);
}

/**
 * addr_is_private() - whether an address is of a private network
 * @addr: the address
 *
 * Return: true if nobody on the Internet sends to it (RFC 1918, 6598, 4193).
 */
bool addr_is_private(const struct le_edge_addr *addr)
{
	const u8 *byte = addr->addr.byte;

	if (addr->family == LE_IPV6)
		return (byte[0] & 0xfe) == 0xfc;
	return byte[0] == 10 || (byte[0] == 172 && (byte[1] & 0xf0) == 16) ||
	       (byte[0] == 192 && byte[1] == 168) || (byte[0] == 100 && (byte[1] & 0xc0) == 64);
}

/* The next address of a family from a place on; NULL if there is none. */
static const struct le_edge_addr *next_addr(const struct le_addrs *addrs, u8 family, u32 *place)
{
	while (*place < addrs->nr) {
		const struct le_edge_addr *addr = &addrs->list[(*place)++];

		if (addr->family == family)
			return addr;
	}
	return NULL;
}

static __printf(2, 3) void odd(struct nat_pairs *pairs, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = text_of_args(fmt, args);
	va_end(args);
	words_add(&pairs->odd, text);
	free(text);
}

static const struct nat_pair *pair_of_public(const struct nat_pairs *pairs,
					     const struct le_edge_addr *addr)
{
	size_t i;

	for (i = 0; i < pairs->nr; i++)
		if (same_addr(&pairs->list[i].public, addr))
			return &pairs->list[i];
	return NULL;
}

static const struct nat_pair *pair_of_own(const struct nat_pairs *pairs,
					  const struct le_edge_addr *addr)
{
	size_t i;

	for (i = 0; i < pairs->nr; i++)
		if (same_addr(&pairs->list[i].own, addr))
			return &pairs->list[i];
	return NULL;
}

static void add_pair(struct nat_pairs *pairs, unsigned int edge, const struct le_edge_addr *own,
		     const struct le_edge_addr *public)
{
	const struct nat_pair *taken = pair_of_public(pairs, public);
	const struct nat_pair *first = pair_of_own(pairs, own);
	char a[LE_PREFIX_TEXT], b[LE_PREFIX_TEXT], c[LE_PREFIX_TEXT];
	bool leaves = !first;

	text_of_addr(a, own);
	text_of_addr(b, public);
	/* Edges may share an address, and then its public one. */
	if (taken && same_addr(&taken->own, own))
		return;
	if (taken) {
		odd(pairs,
		    "edge %s: %s cannot have %s: that is %s's, edge %s, and 1:1 NAT knows no ports",
		    le_edge_names[edge], a, b, text_of_addr(c, &taken->own),
		    le_edge_names[taken->edge]);
		return;
	}
	if (first)
		odd(pairs,
		    "edge %s: %s has several public addresses: what it sends leaves as %s, not %s",
		    le_edge_names[edge], a, text_of_addr(c, &first->public), b);
	pairs->list = grown(pairs->list, pairs->nr + 1, sizeof(*pairs->list));
	pairs->list[pairs->nr++] = (struct nat_pair){
		.edge = edge, .own = *own, .public = *public, .leaves = leaves,
	};
}

static void pair_edge(struct nat_pairs *pairs, const struct le_policy *policy, unsigned int edge,
		      u8 family)
{
	const struct le_addrs *owns = &policy->edges[edge], *publics = &policy->publics[edge];
	const struct le_edge_addr *own, *public;
	u32 own_place = 0, public_place = 0;

	for (;;) {
		own = next_addr(owns, family, &own_place);
		public = next_addr(publics, family, &public_place);
		if (!own || !public)
			break;
		add_pair(pairs, edge, own, public);
	}
	for (; public; public = next_addr(publics, family, &public_place)) {
		char text[LE_PREFIX_TEXT];

		odd(pairs,
		    "edge %s: the public address %s has no %s address of the Edge's to go to",
		    le_edge_names[edge], text_of_addr(text, public),
		    family == LE_IPV4 ? "IPv4" : "IPv6");
	}
}

static bool has_family(const struct le_addrs *addrs, u8 family)
{
	u32 place = 0;

	return next_addr(addrs, family, &place);
}

/* What the Internet cannot reach, once all pairs are known. */
static void find_unpaired(struct nat_pairs *pairs, const struct le_policy *policy,
			  unsigned int edge)
{
	const struct le_addrs *owns = &policy->edges[edge];
	char text[LE_PREFIX_TEXT];
	u32 i;

	for (i = 0; i < owns->nr; i++) {
		const struct le_edge_addr *own = &owns->list[i];

		if (pair_of_own(pairs, own) ||
		    (!addr_is_private(own) && !has_family(&policy->publics[edge], own->family)))
			continue;
		odd(pairs, "edge %s: %s has no public address, and is left as it is",
		    le_edge_names[edge], text_of_addr(text, own));
	}
}

/**
 * nat_pairs_find() - pair the addresses of a policy's edges
 * @pairs: where to put them; freed with nat_pairs_free()
 * @policy: the policy
 */
void nat_pairs_find(struct nat_pairs *pairs, const struct le_policy *policy)
{
	unsigned int edge;

	*pairs = (struct nat_pairs){ .nr = 0 };
	for (edge = 0; edge < LE_NR_EDGES; edge++) {
		if (edge == LE_EDGE_INTERNAL)
			continue;
		pair_edge(pairs, policy, edge, LE_IPV4);
		pair_edge(pairs, policy, edge, LE_IPV6);
	}
	for (edge = 0; edge < LE_NR_EDGES; edge++)
		if (edge != LE_EDGE_INTERNAL)
			find_unpaired(pairs, policy, edge);
	if (policy->publics[LE_EDGE_INTERNAL].nr)
		odd(pairs,
		    "edge internal: its public addresses are left out: there is no NAT inside");
}

/**
 * nat_pairs_free() - free what pairs hold
 * @pairs: the pairs
 */
void nat_pairs_free(struct nat_pairs *pairs)
{
	free(pairs->list);
	words_free(&pairs->odd);
}
