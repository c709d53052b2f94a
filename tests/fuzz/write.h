/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes a policy that a fuzzer's bytes call for: each byte chooses a statement, an edge, an
 * address, a port, and so on; bytes that are missing are 0, or random if the policy is large. So
 * nearly all bytes are a policy, and most changes of them another one: what is fuzzed is what
 * policies mean, not how they are spelt (that is policy_fuzz.c's business). tests/fuzz/seeds writes
 * the same code.
 */
#ifndef LYNCEDGE_FUZZ_WRITE_H
#define LYNCEDGE_FUZZ_WRITE_H

#include "fuzz.h"
#include "lyncedge_policy.h"
#include "random.h"

/* A policy that is longer ends early; few statements matter more than many. */
#define WRITE_ROOM 65536
#define WRITE_REST 1024
#define WRITE_MAX_STATEMENTS 192
#define WRITE_MAX_SITE_ROWS 256

/* Statements, in the order of their numbers; WRITE_MANY is many of one kind. */
enum {
	WRITE_EDGE, WRITE_PEER, WRITE_BLOCK, WRITE_FEATURE, WRITE_PORT, WRITE_ALLOW, WRITE_OPTION,
	WRITE_MANY, WRITE_NR,
};

struct writer {
	const u8 *at;
	const u8 *end;
	char text[WRITE_ROOM];
	size_t len;
	u32 groups;
	u32 features;
	/* What may be said once. */
	u32 options;
	u64 rows;
	u32 nr_site_rows;
	/* So many prefixes or site rows that lookups are stored otherwise; that is slow. */
	bool large;
};

/* Odd, and the same for the same bytes. */
static inline u64 write_hash(const u8 *data, size_t size)
{
	u64 hash = 1;
	size_t i;

	for (i = 0; i < size; i++)
		hash = (hash ^ data[i]) * 0x9e3779b97f4a7c15ULL;
	return hash | 1;
}

static inline u8 write_take(struct writer *w)
{
	if (w->at < w->end)
		return *w->at++;
	return w->large ? random64() >> 56 : 0;
}

static inline void write_bytes(struct writer *w, const char *bytes, size_t len)
{
	MUST(len <= sizeof(w->text) - w->len);
	memcpy(w->text + w->len, bytes, len);
	w->len += len;
}

/* A word and what parts it from the next. */
static inline void write_word(struct writer *w, const char *word)
{
	write_bytes(w, word, strlen(word));
	write_bytes(w, " ", 1);
}

static inline void write_line_end(struct writer *w)
{
	write_bytes(w, "\n", 1);
}

static inline void write_number(struct writer *w, u32 number, char after)
{
	char digits[12];
	u32 at = sizeof(digits);

	digits[--at] = after;
	do {
		digits[--at] = '0' + number % 10;
		number /= 10;
	} while (number);
	write_bytes(w, digits + at, sizeof(digits) - at);
}

/* One of a few that are near each other, or any. */
static inline void write_take_addr(struct writer *w, struct le_prefix *prefix)
{
	static const u8 near6[13] = { 0x20, 0x01, 0x0d, 0xb8, 0x00, 0x16 };
	static const u8 near4[3] = { 10, 45, 16 };
	u8 how = write_take(w), i;

	*prefix = (struct le_prefix){ .family = how & 1 ? LE_IPV6 : LE_IPV4 };
	prefix->len = le_addr_bits(prefix->family);
	if (how & 2) {
		for (i = 0; i < prefix->len / 8; i++)
			prefix->addr.byte[i] = write_take(w);
	} else if (how & 1) {
		memcpy(prefix->addr.byte, near6, sizeof(near6));
		prefix->addr.byte[how & 4 ? 7 : 15] = how >> 3;
	} else {
		memcpy(prefix->addr.byte, near4, sizeof(near4));
		prefix->addr.byte[how & 4 ? 2 : 3] = how >> 3;
	}
}

static inline void write_take_prefix(struct writer *w, struct le_prefix *prefix)
{
	write_take_addr(w, prefix);
	prefix->len -= write_take(w) % (prefix->len + 1);
	le_prefix_clear_host_bits(prefix);
}

static inline void write_addr(struct writer *w, const struct le_prefix *prefix)
{
	char text[LE_PREFIX_TEXT];

	le_addr_format(text, sizeof(text), &prefix->addr, prefix->family);
	write_word(w, text);
}

static inline void write_prefix(struct writer *w, const struct le_prefix *prefix)
{
	char text[LE_PREFIX_TEXT];

	le_prefix_format(text, sizeof(text), prefix);
	write_word(w, text);
}

/* A port that matters, or any; 0 is none. */
static inline u16 write_take_port(struct writer *w)
{
	static const u16 ports[] = {
		53, 80, 443, 3478, 4443, 5061, 5062, 5269, 8057, 23456, 49999, 50000, 59999, 60000,
		1, 65535,
	};
	u8 how = write_take(w);
	u16 port;

	if (how < 128)
		return ports[how % ARRAY_SIZE(ports)];
	port = write_take(w) << 8;
	port |= write_take(w);
	return port ? port : how;
}

static inline void write_ports(struct writer *w)
{
	u16 first = write_take_port(w), last = write_take_port(w);

	write_number(w, first < last ? first : last, '-');
	write_number(w, first < last ? last : first, ' ');
}

static inline void write_edge(struct writer *w)
{
	u8 how = write_take(w);
	struct le_prefix addr;

	write_word(w, "edge");
	write_word(w, le_edge_names[how % LE_NR_EDGES]);
	write_take_addr(w, &addr);
	write_addr(w, &addr);
	if (how & 4) {
		write_word(w, "public");
		write_take_addr(w, &addr);
		write_addr(w, &addr);
	}
	write_line_end(w);
}

/* Up to the prefixes. */
static inline void write_list(struct writer *w, u8 statement)
{
	u32 group;

	if (statement == WRITE_BLOCK) {
		write_word(w, "block");
		return;
	}
	group = write_take(w) % LE_NR_GROUPS;
	w->groups |= BIT(group);
	write_word(w, "peer");
	write_word(w, le_group_names[group]);
}

static inline void write_peers(struct writer *w, u8 statement)
{
	struct le_prefix prefix;

	write_list(w, statement);
	write_take_prefix(w, &prefix);
	write_prefix(w, &prefix);
	write_line_end(w);
}

static inline void write_port(struct writer *w)
{
	u32 row = write_take(w) % (LE_NR_ROWS + 1);

	if (w->rows >> row & 1)
		return;
	w->rows |= BIT_ULL(row);
	write_word(w, "port");
	write_word(w, row < LE_NR_ROWS ? le_matrix[row].id : "rtp");
	write_ports(w);
	write_line_end(w);
}

static inline void write_row_begin(struct writer *w)
{
	u8 how = write_take(w);

	write_bytes(w, "allow site-", 11);
	write_number(w, w->nr_site_rows++, ' ');
	write_word(w, le_iface_names[how % LE_NR_IFACES]);
	write_word(w, le_dir_names[how / 2 % LE_NR_DIRS]);
	write_word(w, how & 4 ? "udp" : "tcp");
	write_ports(w);
}

static inline void write_site_end(struct writer *w)
{
	u8 how = write_take(w);
	struct le_prefix prefix;

	switch (how % 4) {
	case 0:
		write_word(w, "any");
		break;
	case 1:
		write_word(w, le_edge_names[how / 4 % LE_NR_EDGES]);
		break;
	case 2:
		write_word(w, le_group_names[how / 4 % LE_NR_GROUPS]);
		break;
	default:
		write_take_prefix(w, &prefix);
		write_prefix(w, &prefix);
	}
}

static inline void write_allow(struct writer *w)
{
	if (w->nr_site_rows >= WRITE_MAX_SITE_ROWS)
		return;
	write_row_begin(w);
	write_word(w, "from");
	write_site_end(w);
	write_word(w, "to");
	write_site_end(w);
	write_line_end(w);
}

static inline void write_option(struct writer *w)
{
	u8 how = write_take(w), option = how % LE_NR_OPTIONS, value = how / LE_NR_OPTIONS % 3;

	if (w->options & BIT(option) || !le_option_values[option][value])
		return;
	w->options |= BIT(option);
	write_word(w, "option");
	write_word(w, le_option_names[option]);
	write_word(w, le_option_values[option][value]);
	write_line_end(w);
}

/* Some bits further on in a prefix, with no host bits. */
static inline void write_step(struct le_prefix *prefix, u8 step)
{
	u32 i = prefix->len ? (prefix->len - 1) / 8 : 0, sum = step << (8 - prefix->len % 8) % 8;

	for (; sum; sum >>= 8) {
		sum += prefix->addr.byte[i];
		prefix->addr.byte[i] = sum;
		if (!i--)
			break;
	}
	le_prefix_clear_host_bits(prefix);
}

static inline bool write_has_room(const struct writer *w)
{
	return sizeof(w->text) - w->len > WRITE_REST;
}

/* Prefixes or site rows at even distances: a few, or hundreds if they may be so many. */
static inline void write_many(struct writer *w)
{
	u8 what = write_take(w), how = write_take(w), step = write_take(w);
	u32 nr = w->large ? how * 2 : how % 8;
	struct le_prefix prefix;

	write_take_prefix(w, &prefix);
	for (; nr && write_has_room(w); nr--, write_step(&prefix, step)) {
		if (what & 1) {
			if (w->nr_site_rows >= WRITE_MAX_SITE_ROWS)
				return;
			write_row_begin(w);
			write_word(w, what & 2 ? "from any to" : "from");
		} else {
			write_list(w, what & 2 ? WRITE_BLOCK : WRITE_PEER);
		}
		write_prefix(w, &prefix);
		if (what % 4 == 1)
			write_word(w, "to any");
		write_line_end(w);
	}
}

static inline void write_statement(struct writer *w)
{
	u8 statement = write_take(w) % WRITE_NR;

	switch (statement) {
	case WRITE_EDGE:
		write_edge(w);
		break;
	case WRITE_PEER:
	case WRITE_BLOCK:
		write_peers(w, statement);
		break;
	case WRITE_FEATURE:
		w->features ^= write_take(w);
		w->features ^= write_take(w) << 8;
		break;
	case WRITE_PORT:
		write_port(w);
		break;
	case WRITE_ALLOW:
		write_allow(w);
		break;
	case WRITE_OPTION:
		write_option(w);
		break;
	case WRITE_MANY:
		write_many(w);
		break;
	}
}

static inline void write_features(struct writer *w)
{
	u32 i;

	/* The one thing that would be refused. */
	if (!(w->groups & BIT(LE_GROUP_PIC_PARTNER)))
		w->features &= ~BIT(LE_FEATURE_PIC);
	for (i = 0; i < LE_NR_FEATURES; i++) {
		if (!(w->features >> i & 1))
			continue;
		write_word(w, "feature");
		write_word(w, le_feature_names[i]);
		write_line_end(w);
	}
}

/* The policy's text, in @w; what is random from here on is so by the same bytes. */
static inline void write_policy(struct writer *w, const u8 *data, size_t size)
{
	u32 i;

	w->at = data;
	w->end = data + size;
	w->len = 0;
	w->groups = 0;
	w->features = 0;
	w->options = 0;
	w->rows = 0;
	w->nr_site_rows = 0;
	/* One in 64. */
	random_seed = write_hash(data, size);
	w->large = !(random_seed >> 58);
	for (i = 0; i < WRITE_MAX_STATEMENTS && w->at < w->end && write_has_room(w); i++)
		write_statement(w);
	write_features(w);
	write_word(w, "commit");
}

#endif /* LYNCEDGE_FUZZ_WRITE_H */
