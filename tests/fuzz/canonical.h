/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The canonical text of a policy, as the fuzz targets that have a policy need it.
 */
#ifndef LYNCEDGE_FUZZ_CANONICAL_H
#define LYNCEDGE_FUZZ_CANONICAL_H

#include "fuzz.h"
#include "lyncedge_policy.h"

static inline struct le_policy *parse_accepted(const char *text, size_t len)
{
	struct le_policy *policy;
	struct le_error error;

	MUST(!le_policy_parse(text, len, &policy, &error));
	return policy;
}

static inline bool same_bytes(const void *a, const void *b, size_t size)
{
	return !size || !memcmp(a, b, size);
}

static inline void check_same_addrs(const struct le_addrs *a, const struct le_addrs *b)
{
	u32 i;

	MUST(a->nr == b->nr);
	for (i = 0; i < a->nr; i++) {
		MUST(a->list[i].family == b->list[i].family);
		MUST(same_bytes(&a->list[i].addr, &b->list[i].addr, sizeof(a->list[i].addr)));
	}
}

static inline void check_same_end(const struct le_end *a, const struct le_end *b)
{
	MUST(a->kind == b->kind);
	if (a->kind == LE_END_TAG)
		MUST(a->tag == b->tag);
	if (a->kind == LE_END_PREFIX)
		MUST(le_prefix_equal(&a->prefix, &b->prefix));
}

static inline void check_same_site_row(const struct le_site_row *a, const struct le_site_row *b)
{
	MUST(!strcmp(a->name, b->name));
	MUST(a->iface == b->iface && a->dir == b->dir && a->protocol == b->protocol);
	MUST(same_bytes(&a->ports, &b->ports, sizeof(a->ports)));
	check_same_end(&a->from, &b->from);
	check_same_end(&a->to, &b->to);
}

static inline void check_same_devices(const struct le_policy *a, const struct le_policy *b)
{
	u32 iface, i;

	for (iface = 0; iface < LE_NR_IFACES; iface++) {
		MUST(a->nr_devices[iface] == b->nr_devices[iface]);
		for (i = 0; i < a->nr_devices[iface]; i++)
			MUST(!strcmp(a->devices[iface][i], b->devices[iface][i]));
	}
}

static inline void check_same_ports(const struct le_policy *a, const struct le_policy *b)
{
	u32 i;

	MUST(a->moved == b->moved && a->media_moved == b->media_moved);
	MUST(same_bytes(&a->media, &b->media, sizeof(a->media)));
	for (i = 0; i < LE_NR_ROWS; i++)
		if (a->moved >> i & 1)
			MUST(same_bytes(&a->row_ports[i], &b->row_ports[i],
					sizeof(a->row_ports[i])));
}

static inline void check_same_policy(const struct le_policy *a, const struct le_policy *b)
{
	u32 i;

	check_same_devices(a, b);
	for (i = 0; i < LE_NR_EDGES; i++) {
		check_same_addrs(&a->edges[i], &b->edges[i]);
		check_same_addrs(&a->publics[i], &b->publics[i]);
	}
	MUST(a->nr_prefixes == b->nr_prefixes);
	for (i = 0; i < a->nr_prefixes; i++)
		MUST(!le_prefix_compare(&a->prefixes[i], &b->prefixes[i]));
	MUST(a->groups == b->groups && a->features == b->features);
	check_same_ports(a, b);
	MUST(a->nr_site_rows == b->nr_site_rows);
	for (i = 0; i < a->nr_site_rows; i++)
		check_same_site_row(&a->site_rows[i], &b->site_rows[i]);
	MUST(same_bytes(a->options, b->options, sizeof(a->options)));
	MUST(a->log_group == b->log_group);
}

/* What the canonical text is read as: a policy that has the same, and says the same. */
static inline struct le_policy *parse_canonical(const struct le_policy *policy)
{
	size_t len, again_len;
	char *text = le_policy_render(policy, &len), *again;
	struct le_policy *parsed;

	MUST(text);
	parsed = parse_accepted(text, len);
	again = le_policy_render(parsed, &again_len);
	MUST(again && again_len == len && !memcmp(again, text, len));
	check_same_policy(policy, parsed);
	kvfree(again);
	kvfree(text);
	return parsed;
}

#endif /* LYNCEDGE_FUZZ_CANONICAL_H */
