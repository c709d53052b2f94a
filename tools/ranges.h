/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sets of addresses, whatever prefixes they were written as.
 */
#ifndef LYNCEDGECTL_RANGES_H
#define LYNCEDGECTL_RANGES_H

#include "lyncedge_addr.h"
#include "lyncedge_policy.h"

struct range {
	struct le_key first;
	struct le_key last;
};

/**
 * struct ranges - a set of addresses of one family
 * @family: LE_IPV4 or LE_IPV6
 * @list: ranges in order, none of which touches another; the set's own
 * @nr: how many
 */
struct ranges {
	u8 family;
	struct range *list;
	size_t nr;
};

struct json_object;

/**
 * struct words - a list of texts
 * @list: the texts, and the list, are its own
 * @nr: how many
 */
struct words {
	char **list;
	size_t nr;
};

void ranges_of_tag(struct ranges *ranges, const struct le_policy *policy, unsigned int tag,
		   u8 family);
void ranges_subtract(struct ranges *rest, const struct ranges *from, const struct ranges *what);
bool ranges_hold_all(const struct ranges *ranges);
void ranges_list(const struct ranges *ranges, struct words *words);
void ranges_free(struct ranges *ranges);

void words_add(struct words *words, const char *word);
void words_free(struct words *words);
struct json_object *json_of_words(const struct words *words);

#endif /* LYNCEDGECTL_RANGES_H */
