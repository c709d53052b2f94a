/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rows as people read them.
 */
#ifndef LYNCEDGECTL_ROWS_H
#define LYNCEDGECTL_ROWS_H

#include "lyncedge_policy.h"

/* Longest list of names: all features with commas between them. */
#define ROW_LIST_TEXT 256
/* "65535-65535" and the terminator. */
#define ROW_PORTS_TEXT 12
#define ROW_STATE_TEXT 160

/**
 * struct row_view - a row of the matrix or of the site, in words
 * @id: its name
 * @iface: interface
 * @dir: direction
 * @service: as in the matrix; "site" for a site row
 * @application: as in the matrix; "-" for a site row
 * @protocol: "tcp" or "udp"
 * @ports: destination ports, where the policy has them
 * @ports_text: the same as FIRST-LAST, or one port
 * @source: who sends: names separated by commas, a prefix, or "any"
 * @destination: who receives, likewise
 * @features: features that make it active, separated by commas; "-" for a site row
 */
struct row_view {
	const char *id;
	const char *iface;
	const char *dir;
	const char *service;
	const char *application;
	const char *protocol;
	struct le_ports ports;
	char ports_text[ROW_PORTS_TEXT];
	char source[ROW_LIST_TEXT];
	char destination[ROW_LIST_TEXT];
	char features[ROW_LIST_TEXT];
};

void row_view(struct row_view *view, const struct le_policy *policy, unsigned int row);
bool row_is_active(const struct le_policy *policy, unsigned int row);
int row_counts_at(const struct le_policy *policy, unsigned int row);
void row_state(char state[ROW_STATE_TEXT], const struct le_policy *policy, unsigned int row);
unsigned int nr_rows(const struct le_policy *policy);

#endif /* LYNCEDGECTL_ROWS_H */
