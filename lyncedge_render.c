// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes a policy as canonical text, which lyncedge_policy.c reads back as the same policy.
 */
#include "lyncedge_policy.h"

/* Wide enough for a screen, narrow enough for a person. */
#define LE_RENDER_COLUMNS 96

/* Text that grows as it is written. */
struct out {
	char *buf;
	size_t len;
	size_t room;
	size_t line_start;
	size_t guess;
	bool failed;
};

/* No piece is longer than this. */
#define LE_RENDER_PIECE 256

/* About as long is a prefix, with its share of a statement. */
#define LE_RENDER_PREFIX 20

/* Room for the pieces that come before it is asked for again, and for some more. */
static bool has_room(struct out *out)
{
	size_t room = out->room + out->room / 2 + out->guess + 4096;
	char *bigger;

	if (out->failed || out->room - out->len >= LE_RENDER_PIECE)
		return !out->failed;
	out->guess = 0;
	bigger = kvmalloc(room, GFP_KERNEL);
	out->failed = !bigger;
	if (!bigger)
		return false;
	if (out->len)
		memcpy(bigger, out->buf, out->len);
	kvfree(out->buf);
	out->buf = bigger;
	out->room = room;
	return true;
}

static __printf(2, 3) void emit(struct out *out, const char *fmt, ...)
{
	va_list args;

	if (!has_room(out))
		return;
	va_start(args, fmt);
	out->len += vscnprintf(out->buf + out->len, out->room - out->len, fmt, args);
	va_end(args);
}

/* What is written often: printf() takes ten times as long. */
static void emit_text(struct out *out, const char *text, size_t len)
{
	if (!has_room(out))
		return;
	memcpy(out->buf + out->len, text, len);
	out->len += len;
}

static void end_line(struct out *out)
{
	emit_text(out, "\n", 1);
	out->line_start = out->len;
}

/* One word of a list statement: opens the statement, and opens it again where a line gets long. */
static void emit_listed(struct out *out, const char *statement, const char *name,
			const char *word, size_t len)
{
	if (out->len - out->line_start + len >= LE_RENDER_COLUMNS)
		end_line(out);
	if (out->len == out->line_start) {
		emit_text(out, statement, strlen(statement));
		if (name) {
			emit_text(out, " ", 1);
			emit_text(out, name, strlen(name));
		}
	}
	emit_text(out, " ", 1);
	emit_text(out, word, len);
}

static void end_list(struct out *out)
{
	if (out->len > out->line_start)
		end_line(out);
}

static void render_edge(struct out *out, const struct le_policy *policy, unsigned int edge)
{
	const struct le_addrs *addrs = &policy->edges[edge], *publics = &policy->publics[edge];
	char buf[LE_PREFIX_TEXT];
	u32 i, nr = addrs->nr > publics->nr ? addrs->nr : publics->nr;

	/* An address and its public one share a line, so that NAT's pairs can be read off. */
	for (i = 0; i < nr; i++) {
		const struct le_edge_addr *addr = &addrs->list[i < addrs->nr ? i : 0];

		le_addr_format(buf, sizeof(buf), &addr->addr, addr->family);
		emit(out, "edge %s %s", le_edge_names[edge], buf);
		if (i < publics->nr) {
			addr = &publics->list[i];
			le_addr_format(buf, sizeof(buf), &addr->addr, addr->family);
			emit(out, " public %s", buf);
		}
		end_line(out);
	}
}

static void render_prefixes(struct out *out, const struct le_policy *policy, unsigned int tag,
			    const char *statement, const char *name)
{
	char buf[LE_PREFIX_TEXT];
	u32 i;

	for (i = 0; i < policy->nr_prefixes; i++) {
		if (i % 4096 == 0)
			cond_resched();
		if (policy->prefixes[i].tag == tag)
			emit_listed(out, statement, name, buf,
				    le_prefix_format(buf, sizeof(buf), &policy->prefixes[i]));
	}
	end_list(out);
}

static void emit_ports(struct out *out, struct le_ports ports)
{
	emit(out, " %u", ports.first);
	if (ports.last != ports.first)
		emit(out, "-%u", ports.last);
}

static void emit_end(struct out *out, const char *keyword, const struct le_end *end)
{
	char buf[LE_PREFIX_TEXT];

	switch (end->kind) {
	case LE_END_ANY:
		emit(out, " %s any", keyword);
		break;
	case LE_END_TAG:
		emit(out, " %s %s", keyword, le_tag_name(end->tag));
		break;
	case LE_END_PREFIX:
		le_prefix_format(buf, sizeof(buf), &end->prefix);
		emit(out, " %s %s", keyword, buf);
		break;
	}
}

static void render_rows(struct out *out, const struct le_policy *policy)
{
	unsigned int row;
	u32 i;

	if (policy->media_moved) {
		emit(out, "port rtp");
		emit_ports(out, policy->media);
		end_line(out);
	}
	for (row = 0; row < LE_NR_ROWS; row++) {
		if (!(policy->moved & BIT_ULL(row)))
			continue;
		emit(out, "port %s", le_matrix[row].id);
		emit_ports(out, policy->row_ports[row]);
		end_line(out);
	}
	for (i = 0; i < policy->nr_site_rows; i++) {
		const struct le_site_row *site = &policy->site_rows[i];

		emit(out, "allow %s %s %s %s", site->name, le_iface_names[site->iface],
		     le_dir_names[site->dir], site->protocol == IPPROTO_UDP ? "udp" : "tcp");
		emit_ports(out, site->ports);
		emit_end(out, "from", &site->from);
		emit_end(out, "to", &site->to);
		end_line(out);
	}
}

/**
 * le_policy_render() - write a policy as canonical text
 * @policy: the policy
 * @len: where to put the length of the text
 *
 * The text can be read back: le_policy_parse() makes the same policy of it, and that policy the
 * same text.
 *
 * Context: process; may sleep.
 *
 * Return: the text, not terminated, which the caller frees with kvfree(); NULL if there is no
 * memory.
 */
char *le_policy_render(const struct le_policy *policy, size_t *len)
{
	struct out out = { .guess = (size_t)policy->nr_prefixes * LE_RENDER_PREFIX };
	unsigned int i;
	u32 device;

	for (i = 0; i < LE_NR_IFACES; i++) {
		for (device = 0; device < policy->nr_devices[i]; device++)
			emit_listed(&out, "interface", le_iface_names[i],
				    policy->devices[i][device],
				    strlen(policy->devices[i][device]));
		end_list(&out);
	}
	for (i = 0; i < LE_NR_EDGES; i++)
		render_edge(&out, policy, i);
	for (i = 0; i < LE_NR_GROUPS; i++)
		if (policy->groups & BIT(i))
			render_prefixes(&out, policy, LE_TAG_GROUP + i, "peer",
					le_group_names[i]);
	render_prefixes(&out, policy, LE_TAG_BLOCK, "block", NULL);
	for (i = 0; i < LE_NR_FEATURES; i++)
		if (policy->features & BIT(i))
			emit_listed(&out, "feature", NULL, le_feature_names[i],
				    strlen(le_feature_names[i]));
	end_list(&out);
	render_rows(&out, policy);
	for (i = 0; i < LE_NR_OPTIONS; i++) {
		emit(&out, "option %s %s", le_option_names[i],
		     le_option_values[i][policy->options[i]]);
		end_line(&out);
	}
	if (policy->log_group != LE_NO_LOG_GROUP) {
		emit(&out, "option log-group %d", policy->log_group);
		end_line(&out);
	}
	emit(&out, "commit");
	end_line(&out);
	if (out.failed) {
		kvfree(out.buf);
		return NULL;
	}
	*len = out.len;
	return out.buf;
}
