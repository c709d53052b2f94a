// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the policy language. Every statement has one handler; whatever is refused is refused
 * through refuse(), with the place and the remedy. How a policy is written back as text is in
 * lyncedge_render.c; what it means for packets is not known here.
 */
#include "lyncedge_list.h"
#include "lyncedge_policy.h"

const char *const le_option_names[LE_NR_OPTIONS] = {
	[LE_OPT_ESTABLISHED] = "established",
	[LE_OPT_RTP_OUTBOUND] = "rtp-outbound",
	[LE_OPT_PORTS] = "ports",
	[LE_OPT_SCOPE] = "scope",
	[LE_OPT_UNMATCHED] = "unmatched",
	[LE_OPT_ICMP_ECHO] = "icmp-echo",
	[LE_OPT_HOOKS] = "hooks",
	[LE_OPT_EARLY_DROP] = "early-drop",
};

const char *const le_option_values[LE_NR_OPTIONS][3] = {
	[LE_OPT_ESTABLISHED] = { "conntrack", "stateless" },
	[LE_OPT_RTP_OUTBOUND] = { "either", "source", "destination" },
	[LE_OPT_PORTS] = { "destination", "strict" },
	[LE_OPT_SCOPE] = { "interface", "address" },
	[LE_OPT_UNMATCHED] = { "drop", "reject" },
	[LE_OPT_ICMP_ECHO] = { "drop", "allow" },
	[LE_OPT_HOOKS] = { "forward", "all" },
	[LE_OPT_EARLY_DROP] = { "off", "on" },
};

/* The media range of the A/V Edge, as Microsoft's tables have it. */
#define LE_MEDIA_FIRST 50000
#define LE_MEDIA_LAST 59999

/* NFLOG groups are 16 bits on the wire (NFULA_CFG, nfgenmsg.res_id). */
#define LE_MAX_LOG_GROUP 65535

/* How much of a word a message repeats. */
#define LE_QUOTED 48

struct word {
	const char *text;
	size_t len;
	u32 column;
};

struct parser {
	struct le_policy *policy;
	struct le_error *error;
	const char *line;
	size_t line_len;
	size_t pos;
	u32 line_no;
	u32 statement_column;
	u32 prefix_room;
	u32 site_room;
	/* Lines of statements that may not be contradicted, 0 if there is none yet. */
	u32 option_line[LE_NR_OPTIONS];
	u32 log_group_line;
	u32 port_line[LE_NR_ROWS];
	u32 media_line;
	/* Where the feature "pic" was named, for the message that it lacks its group. */
	u32 pic_line;
	u32 pic_column;
	bool committed;
};

static __printf(4, 5) int refuse(struct parser *ps, u32 column, const char *hint,
				 const char *fmt, ...)
{
	va_list args;

	ps->error->line = ps->line_no;
	ps->error->column = column;
	scnprintf(ps->error->hint, sizeof(ps->error->hint), "%s", hint);
	va_start(args, fmt);
	vscnprintf(ps->error->message, sizeof(ps->error->message), fmt, args);
	va_end(args);
	return -EINVAL;
}

static int out_of_memory(struct parser *ps)
{
	refuse(ps, 0, "free some memory and write the policy again", "out of memory");
	ps->error->line = 0;
	return -ENOMEM;
}

/* A word for a message: cut to a length for people, with what does not print shown as '?'. */
static const char *quote(const struct word *word, char *buf)
{
	size_t i, len = word->len < LE_QUOTED ? word->len : LE_QUOTED;

	for (i = 0; i < len; i++) {
		u8 c = word->text[i];

		buf[i] = c < ' ' || c > '~' ? '?' : c;
	}
	scnprintf(buf + len, 4, "%s", len < word->len ? "..." : "");
	return buf;
}

static int refuse_word(struct parser *ps, const struct word *word, const char *hint,
		       const char *what)
{
	char buf[LE_QUOTED + 4];

	return refuse(ps, word->column, hint, "%s '%s'", what, quote(word, buf));
}

/* "unknown WHAT 'WORD'", with the words that would be known. */
static int refuse_unknown(struct parser *ps, const struct word *word, const char *what,
			  const char *const *names, unsigned int nr)
{
	char hint[sizeof(ps->error->hint)], message[64];
	unsigned int i;
	int n;

	n = scnprintf(hint, sizeof(hint), "one of:");
	for (i = 0; i < nr && names[i]; i++)
		n += scnprintf(hint + n, sizeof(hint) - n, " %s", names[i]);
	scnprintf(message, sizeof(message), "unknown %s", what);
	return refuse_word(ps, word, hint, message);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The next word of the line, if there is one. */
static bool next_word(struct parser *ps, struct word *word)
{
	const char *text = ps->line + ps->pos, *end = ps->line + ps->line_len;

	while (text < end && is_blank(*text))
		text++;
	word->text = text;
	word->column = text - ps->line + 1;
	while (text < end && !is_blank(*text))
		text++;
	word->len = text - word->text;
	ps->pos = text - ps->line;
	return word->len;
}

static int need_word(struct parser *ps, struct word *word, const char *what, const char *hint)
{
	if (next_word(ps, word))
		return 0;
	return refuse(ps, word->column, hint, "missing %s", what);
}

static int end_of_line(struct parser *ps, const char *hint)
{
	struct word word;

	if (!next_word(ps, &word))
		return 0;
	return refuse_word(ps, &word, hint, "extra word");
}

static bool word_is(const struct word *word, const char *name)
{
	return strlen(name) == word->len && !memcmp(name, word->text, word->len);
}

static int find_name(const struct word *word, const char *const *names, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr && names[i]; i++)
		if (word_is(word, names[i]))
			return i;
	return -ENOENT;
}

static int need_name(struct parser *ps, const char *what, const char *const *names,
		     unsigned int nr, unsigned int *found, const char *hint)
{
	struct word word;
	int err = need_word(ps, &word, what, hint);

	if (err)
		return err;
	err = find_name(&word, names, nr);
	if (err < 0)
		return refuse_unknown(ps, &word, what, names, nr);
	*found = err;
	return 0;
}

/* What dev_valid_name() of the kernel takes: no device could bear another name. */
static bool is_device_name(const struct word *word)
{
	size_t i;

	if (word->len >= IFNAMSIZ || word_is(word, ".") || word_is(word, ".."))
		return false;
	for (i = 0; i < word->len; i++) {
		u8 c = word->text[i];

		/* White space as isspace() has it in the kernel: Latin-1's no-break space too. */
		if (c == '/' || c == ':' || (c >= '\t' && c <= '\r') || c == 0xa0)
			return false;
	}
	return true;
}

static bool has_device(const struct le_policy *policy, unsigned int iface, const struct word *word)
{
	u32 i;

	for (i = 0; i < policy->nr_devices[iface]; i++)
		if (word_is(word, policy->devices[iface][i]))
			return true;
	return false;
}

static int add_device(struct parser *ps, unsigned int iface, const struct word *word)
{
	struct le_policy *policy = ps->policy;
	char *name;

	if (!is_device_name(word))
		return refuse_word(ps, word, "a device name has at most 15 bytes, no '/', no ':'",
				   "no device could be named");
	if (has_device(policy, !iface, word))
		return refuse_word(ps, word, "a device is external or internal, not both",
				   "the other interface has device");
	if (has_device(policy, iface, word))
		return 0;
	if (policy->nr_devices[iface] == LE_MAX_DEVICES)
		return refuse(ps, word->column,
			      "name the bridge or bond that they are parts of, if there is one",
			      "more than %u devices of one interface", LE_MAX_DEVICES);
	name = policy->devices[iface][policy->nr_devices[iface]++];
	memcpy(name, word->text, word->len);
	name[word->len] = 0;
	return 0;
}

static int parse_interface(struct parser *ps)
{
	static const char hint[] = "interface external|internal DEVICE [DEVICE...]";
	unsigned int iface = 0;
	struct word word;
	int err;

	err = need_name(ps, "interface", le_iface_names, LE_NR_IFACES, &iface, hint);
	if (!err)
		err = need_word(ps, &word, "device name", hint);
	if (err)
		return err;
	do {
		err = add_device(ps, iface, &word);
	} while (!err && next_word(ps, &word));
	return err;
}

static int add_addr(struct parser *ps, struct le_addrs *addrs, const struct word *word)
{
	struct le_edge_addr addr, *list;
	u32 i;

	if (!le_addr_parse(word->text, word->len, &addr.addr, &addr.family))
		return refuse_word(ps, word, "an address such as 10.45.16.10 or 2001:db8::10",
				   "malformed address");
	for (i = 0; i < addrs->nr; i++)
		if (addrs->list[i].family == addr.family &&
		    !memcmp(&addrs->list[i].addr, &addr.addr, sizeof(addr.addr)))
			return 0;
	if (addrs->nr == LE_MAX_EDGE_ADDRS)
		return refuse(ps, word->column,
			      "admit further servers by their prefix: allow NAME ... to PREFIX",
			      "more than %u addresses of one edge", LE_MAX_EDGE_ADDRS);
	list = le_list_grow(addrs->list, &addrs->room, addrs->nr + 1, sizeof(*list));
	if (!list)
		return out_of_memory(ps);
	addrs->list = list;
	addrs->list[addrs->nr++] = addr;
	return 0;
}

static int parse_edge(struct parser *ps)
{
	static const char hint[] =
		"edge access|webconf|av|internal ADDRESS... [public ADDRESS...]";
	struct le_addrs *addrs;
	unsigned int edge = 0;
	struct word word;
	int err;

	err = need_name(ps, "edge", le_edge_names, LE_NR_EDGES, &edge, hint);
	if (!err)
		err = need_word(ps, &word, "address", hint);
	if (err)
		return err;
	addrs = &ps->policy->edges[edge];
	do {
		err = add_addr(ps, addrs, &word);
		if (err)
			return err;
		if (!next_word(ps, &word))
			return 0;
	} while (!word_is(&word, "public"));

	addrs = &ps->policy->publics[edge];
	err = need_word(ps, &word, "address after 'public'", hint);
	if (err)
		return err;
	do {
		err = add_addr(ps, addrs, &word);
	} while (!err && next_word(ps, &word));
	return err;
}

static bool parse_number(const char *text, size_t len, u32 max, u32 *number)
{
	size_t i;

	*number = 0;
	for (i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		*number = *number * 10 + text[i] - '0';
		if (*number > max)
			return false;
	}
	return len;
}

static int parse_prefix(struct parser *ps, const struct word *word, struct le_prefix *prefix)
{
	static const char hint[] = "a prefix such as 192.0.2.0/24 or 2001:db8::/32, or an address";
	const char *slash = memchr(word->text, '/', word->len);
	size_t len = slash ? (size_t)(slash - word->text) : word->len;
	char buf[LE_PREFIX_TEXT];
	struct le_prefix right;
	u32 bits;

	if (!le_addr_parse(word->text, len, &prefix->addr, &prefix->family))
		return refuse_word(ps, word, hint, "malformed prefix");
	prefix->len = le_addr_bits(prefix->family);
	if (!slash)
		return 0;
	if (!parse_number(slash + 1, word->len - len - 1, prefix->len, &bits))
		return refuse_word(ps, word, hint, "malformed prefix length in");
	prefix->len = bits;
	if (!le_prefix_has_host_bits(prefix))
		return 0;
	right = *prefix;
	le_prefix_clear_host_bits(&right);
	le_prefix_format(buf, sizeof(buf), &right);
	return refuse_word(ps, word, buf, "host bits set in prefix");
}

static int add_prefixes(struct parser *ps, unsigned int tag, const char *hint)
{
	struct le_policy *policy = ps->policy;
	struct le_prefix prefix, *list;
	struct word word;
	int err;

	err = need_word(ps, &word, "prefix", hint);
	if (err)
		return err;
	do {
		err = parse_prefix(ps, &word, &prefix);
		if (err)
			return err;
		if (policy->nr_prefixes == LE_MAX_PREFIXES)
			return refuse(ps, word.column,
				      "put neighbouring prefixes together to shorter ones",
				      "more than %u prefixes", LE_MAX_PREFIXES);
		list = le_list_grow(policy->prefixes, &ps->prefix_room, policy->nr_prefixes + 1,
				    sizeof(*list));
		if (!list)
			return out_of_memory(ps);
		policy->prefixes = list;
		prefix.tag = tag;
		policy->prefixes[policy->nr_prefixes++] = prefix;
	} while (next_word(ps, &word));
	return 0;
}

static int parse_peer(struct parser *ps)
{
	static const char hint[] = "peer GROUP PREFIX [PREFIX...]";
	unsigned int group = 0;
	int err;

	err = need_name(ps, "peer group", le_group_names, LE_NR_GROUPS, &group, hint);
	if (err)
		return err;
	ps->policy->groups |= BIT(group);
	return add_prefixes(ps, LE_TAG_GROUP + group, hint);
}

static int parse_block(struct parser *ps)
{
	return add_prefixes(ps, LE_TAG_BLOCK, "block PREFIX [PREFIX...]");
}

static int parse_feature(struct parser *ps)
{
	struct word word;
	int err, feature;

	err = need_word(ps, &word, "feature", "feature NAME [NAME...]");
	if (err)
		return err;
	do {
		feature = find_name(&word, le_feature_names, LE_NR_FEATURES);
		if (feature < 0)
			return refuse_unknown(ps, &word, "feature", le_feature_names,
					      LE_NR_FEATURES);
		if (feature == LE_FEATURE_PIC && !ps->pic_line) {
			ps->pic_line = ps->line_no;
			ps->pic_column = word.column;
		}
		ps->policy->features |= BIT(feature);
	} while (next_word(ps, &word));
	return 0;
}

static int need_ports(struct parser *ps, struct le_ports *ports, const char *hint)
{
	static const char range[] = "a port from 1 to 65535, or two of them as FIRST-LAST";
	struct word word;
	const char *dash;
	u32 first, last;
	size_t len;
	int err;

	err = need_word(ps, &word, "port", hint);
	if (err)
		return err;
	dash = memchr(word.text, '-', word.len);
	len = dash ? (size_t)(dash - word.text) : word.len;
	if (!parse_number(word.text, len, 65535, &first) || !first)
		return refuse_word(ps, &word, range, "no port from 1 to 65535:");
	last = first;
	if (dash && (!parse_number(dash + 1, word.len - len - 1, 65535, &last) || !last))
		return refuse_word(ps, &word, range, "no port from 1 to 65535:");
	if (last < first)
		return refuse_word(ps, &word, "FIRST-LAST, the lower port first",
				   "reversed port range");
	ports->first = first;
	ports->last = last;
	return 0;
}

static int parse_port(struct parser *ps)
{
	static const char hint[] = "port ROW|rtp PORT[-PORT]";
	struct le_policy *policy = ps->policy;
	struct le_ports ports = { 0 }, *set;
	struct word word;
	u32 *set_line;
	int err, row;

	err = need_word(ps, &word, "row", hint);
	if (err)
		return err;
	if (word_is(&word, "rtp")) {
		set = &policy->media;
		set_line = &ps->media_line;
	} else {
		row = le_row_find(word.text, word.len);
		if (row < 0)
			return refuse_word(ps, &word,
					   "a row of the matrix, ext-01 to xmpp-03, or 'rtp'",
					   "unknown row");
		set = &policy->row_ports[row];
		set_line = &ps->port_line[row];
		policy->moved |= BIT_ULL(row);
	}
	err = need_ports(ps, &ports, hint);
	if (err)
		return err;
	if (*set_line && memcmp(set, &ports, sizeof(ports)))
		return refuse(ps, word.column, "keep one of the two lines",
			      "line %u moves '%.*s' elsewhere", *set_line, (int)word.len,
			      word.text);
	*set = ports;
	*set_line = ps->line_no;
	policy->media_moved |= set == &policy->media;
	return end_of_line(ps, hint);
}

/* Other answers than rows: a site row of that name could not be told from them. */
static bool is_reserved_name(const struct word *word)
{
	return word_is(word, "unjudged") || find_name(word, le_reason_names, LE_NR_REASONS) >= 0;
}

static bool is_row_name(const struct word *word)
{
	size_t i;

	if (word->len > LE_MAX_ROW_NAME)
		return false;
	for (i = 0; i < word->len; i++) {
		char c = word->text[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      (i && (c == '-' || c == '_' || c == '.'))))
			return false;
	}
	return true;
}

static int need_row_name(struct parser *ps, char *name, const char *hint)
{
	struct le_policy *policy = ps->policy;
	struct word word;
	u32 i;
	int err;

	err = need_word(ps, &word, "name", hint);
	if (err)
		return err;
	if (!is_row_name(&word))
		return refuse_word(ps, &word,
				   "at most 31 letters, digits, '-', '_' and '.', a letter or digit first",
				   "malformed row name");
	if (le_row_find(word.text, word.len) >= 0)
		return refuse_word(ps, &word, "choose another name", "the matrix has a row");
	if (is_reserved_name(&word))
		return refuse_word(ps, &word, "choose another name", "reserved name");
	for (i = 0; i < policy->nr_site_rows; i++)
		if (word_is(&word, policy->site_rows[i].name))
			return refuse_word(ps, &word, "choose another name",
					   "there is already a row");
	memcpy(name, word.text, word.len);
	name[word.len] = 0;
	return 0;
}

static int need_end(struct parser *ps, const char *keyword, struct le_end *end, const char *hint)
{
	struct word word;
	int err, found;

	err = need_word(ps, &word, keyword, hint);
	if (err)
		return err;
	if (!word_is(&word, keyword))
		return refuse_unknown(ps, &word, "word", &keyword, 1);
	err = need_word(ps, &word, "any, edge, peer group or prefix", hint);
	if (err)
		return err;
	if (word_is(&word, "any")) {
		end->kind = LE_END_ANY;
		return 0;
	}
	end->kind = LE_END_TAG;
	found = find_name(&word, le_edge_names, LE_NR_EDGES);
	if (found >= 0) {
		end->tag = LE_TAG_EDGE + found;
		return 0;
	}
	found = find_name(&word, le_group_names, LE_NR_GROUPS);
	if (found >= 0) {
		end->tag = LE_TAG_GROUP + found;
		return 0;
	}
	end->kind = LE_END_PREFIX;
	if (word.text[0] < '0' || word.text[0] > '9') {
		if (!memchr(word.text, ':', word.len))
			return refuse_word(ps, &word, "'any', an edge, a peer group or a prefix",
					   "unknown end");
	}
	return parse_prefix(ps, &word, &end->prefix);
}

static int parse_allow(struct parser *ps)
{
	static const char hint[] =
		"allow NAME external|internal in|out tcp|udp PORT[-PORT] from X to Y";
	static const char *const protocols[] = { "tcp", "udp" };
	unsigned int iface = 0, dir = 0, protocol = 0;
	struct le_policy *policy = ps->policy;
	struct le_site_row row = { .from.kind = LE_END_ANY }, *list;
	int err;

	err = need_row_name(ps, row.name, hint);
	if (!err)
		err = need_name(ps, "interface", le_iface_names, LE_NR_IFACES, &iface, hint);
	if (!err)
		err = need_name(ps, "direction", le_dir_names, LE_NR_DIRS, &dir, hint);
	if (!err)
		err = need_name(ps, "protocol", protocols, ARRAY_SIZE(protocols), &protocol, hint);
	if (!err)
		err = need_ports(ps, &row.ports, hint);
	if (!err)
		err = need_end(ps, "from", &row.from, hint);
	if (!err)
		err = need_end(ps, "to", &row.to, hint);
	if (!err)
		err = end_of_line(ps, hint);
	if (err)
		return err;
	if (policy->nr_site_rows == LE_MAX_SITE_ROWS)
		return refuse(ps, ps->statement_column,
			      "a row takes a range of ports, and a peer group of many prefixes",
			      "more than %u site rows", LE_MAX_SITE_ROWS);
	list = le_list_grow(policy->site_rows, &ps->site_room, policy->nr_site_rows + 1,
			    sizeof(*list));
	if (!list)
		return out_of_memory(ps);
	policy->site_rows = list;
	row.iface = iface;
	row.dir = dir;
	row.protocol = protocol ? IPPROTO_UDP : IPPROTO_TCP;
	policy->site_rows[policy->nr_site_rows++] = row;
	return 0;
}

static int parse_log_group(struct parser *ps, const struct word *option)
{
	static const char hint[] = "option log-group GROUP, a number from 0 to 65535";
	struct word word;
	u32 group;
	int err;

	err = need_word(ps, &word, "group", hint);
	if (err)
		return err;
	if (!parse_number(word.text, word.len, LE_MAX_LOG_GROUP, &group))
		return refuse_word(ps, &word, hint, "no group from 0 to 65535:");
	if (ps->log_group_line && ps->policy->log_group != (int)group)
		return refuse(ps, option->column, "keep one of the two lines",
			      "line %u sets 'log-group' otherwise", ps->log_group_line);
	ps->policy->log_group = group;
	ps->log_group_line = ps->line_no;
	return end_of_line(ps, hint);
}

static int parse_option(struct parser *ps)
{
	static const char hint[] = "option NAME VALUE";
	const char *names[LE_NR_OPTIONS + 1];
	unsigned int value = 0;
	struct word word;
	int err, option;

	err = need_word(ps, &word, "option", hint);
	if (err)
		return err;
	if (word_is(&word, "log-group"))
		return parse_log_group(ps, &word);
	memcpy(names, le_option_names, sizeof(le_option_names));
	names[LE_NR_OPTIONS] = "log-group";
	option = find_name(&word, names, LE_NR_OPTIONS);
	if (option < 0)
		return refuse_unknown(ps, &word, "option", names, ARRAY_SIZE(names));
	err = need_name(ps, "value", le_option_values[option], ARRAY_SIZE(le_option_values[0]),
			&value, hint);
	if (err)
		return err;
	if (ps->option_line[option] && ps->policy->options[option] != value)
		return refuse(ps, word.column, "keep one of the two lines",
			      "line %u sets '%s' otherwise", ps->option_line[option],
			      le_option_names[option]);
	ps->policy->options[option] = value;
	ps->option_line[option] = ps->line_no;
	return end_of_line(ps, hint);
}

static int parse_commit(struct parser *ps)
{
	ps->committed = true;
	return end_of_line(ps, "'commit' stands alone on the last line");
}

static const char *const statement_names[] = {
	"interface", "edge", "peer", "block", "feature", "port", "allow", "option", "commit",
};

static int (*const statement_parsers[])(struct parser *ps) = {
	parse_interface, parse_edge, parse_peer, parse_block, parse_feature, parse_port,
	parse_allow, parse_option, parse_commit,
};

static int parse_line(struct parser *ps)
{
	const char *nul = memchr(ps->line, 0, ps->line_len);
	const char *comment;
	struct word word;
	int statement;

	static_assert(ARRAY_SIZE(statement_names) == ARRAY_SIZE(statement_parsers),
		      "every statement has a parser");
	if (ps->line_len > LE_MAX_LINE)
		return refuse(ps, LE_MAX_LINE + 1,
			      "repeat the statement on a second line: lists add up",
			      "line is longer than %u bytes", LE_MAX_LINE);
	if (nul)
		return refuse(ps, nul - ps->line + 1, "a policy is plain text", "NUL byte");
	comment = memchr(ps->line, '#', ps->line_len);
	if (comment)
		ps->line_len = comment - ps->line;
	if (!next_word(ps, &word))
		return 0;
	if (ps->committed)
		return refuse(ps, word.column, "'commit' is the last line", "text after commit");
	statement = find_name(&word, statement_names, ARRAY_SIZE(statement_names));
	if (statement < 0)
		return refuse_unknown(ps, &word, "statement", statement_names,
				      ARRAY_SIZE(statement_names));
	ps->statement_column = word.column;
	return statement_parsers[statement](ps);
}

static int parse_text(struct parser *ps, const char *text, size_t len)
{
	const char *end = text + len;

	while (text < end) {
		const char *newline = memchr(text, '\n', end - text);
		int err;

		ps->line = text;
		ps->line_len = (newline ? newline : end) - text;
		ps->line_no++;
		ps->pos = 0;
		text += ps->line_len + 1;
		if (ps->line_len && ps->line[ps->line_len - 1] == '\r')
			ps->line_len--;
		err = parse_line(ps);
		if (err)
			return err;
		if (ps->line_no % 1024 == 0)
			cond_resched();
		if (!newline)
			break;
	}
	return 0;
}

/* Sorted, and each prefix of a group once. */
static int normalise_prefixes(struct le_policy *policy)
{
	struct le_prefix *list = policy->prefixes;
	u32 i, kept = 0;

	if (le_prefix_sort(list, policy->nr_prefixes))
		return -ENOMEM;
	for (i = 0; i < policy->nr_prefixes; i++)
		if (!kept || le_prefix_compare(&list[i], &list[kept - 1]))
			list[kept++] = list[i];
	policy->nr_prefixes = kept;
	return 0;
}

/**
 * le_policy_check_pic() - the one rule that spans statements
 * @policy: the policy
 * @error: where to say what is wrong
 *
 * Return: 0, or -EINVAL if feature pic is on and pic-partner is not defined.
 */
int le_policy_check_pic(const struct le_policy *policy, struct le_error *error)
{
	if (!(policy->features & BIT(LE_FEATURE_PIC)) ||
	    policy->groups & BIT(LE_GROUP_PIC_PARTNER))
		return 0;
	*error = (struct le_error){
		.message = "feature 'pic' needs the peer group 'pic-partner'",
		.hint = "name the providers: peer pic-partner PREFIX...",
	};
	return -EINVAL;
}

static int finish(struct parser *ps)
{
	int err;

	if (!ps->committed) {
		ps->line_no++;
		return refuse(ps, 1, "end the policy with a line 'commit'", "missing 'commit'");
	}
	err = le_policy_check_pic(ps->policy, ps->error);
	if (err) {
		ps->error->line = ps->pic_line;
		ps->error->column = ps->pic_column;
		return err;
	}
	return normalise_prefixes(ps->policy) ? out_of_memory(ps) : 0;
}

/**
 * le_policy_parse() - read a policy
 * @text: the text, not terminated
 * @len: its length
 * @policy: where to put the policy; the caller frees it with le_policy_free()
 * @error: where to say why the text is refused; untouched if it is not
 *
 * Context: process; may sleep.
 *
 * Return: 0; -EINVAL if the text is refused; -ENOMEM.
 */
int le_policy_parse(const char *text, size_t len, struct le_policy **policy,
		    struct le_error *error)
{
	struct parser *ps = kvzalloc(sizeof(*ps), GFP_KERNEL);
	int err = -ENOMEM;

	if (!ps) {
		*error = (struct le_error){ .message = "out of memory" };
		return -ENOMEM;
	}
	ps->error = error;
	ps->policy = kvzalloc(sizeof(*ps->policy), GFP_KERNEL);
	if (!ps->policy) {
		err = out_of_memory(ps);
		goto out;
	}
	ps->policy->log_group = LE_NO_LOG_GROUP;
	ps->policy->media.first = LE_MEDIA_FIRST;
	ps->policy->media.last = LE_MEDIA_LAST;
	if (len > LE_MAX_TEXT)
		err = refuse(ps, 0, LE_HINT_MAX_TEXT, "policy is longer than %u bytes",
			     LE_MAX_TEXT);
	else
		err = parse_text(ps, text, len);
	if (!err)
		err = finish(ps);
	if (err)
		le_policy_free(ps->policy);
	else
		*policy = ps->policy;
out:
	kvfree(ps);
	return err;
}

/**
 * le_policy_free() - free a policy
 * @policy: the policy, or NULL
 */
void le_policy_free(struct le_policy *policy)
{
	unsigned int edge;

	if (!policy)
		return;
	for (edge = 0; edge < LE_NR_EDGES; edge++) {
		kvfree(policy->edges[edge].list);
		kvfree(policy->publics[edge].list);
	}
	kvfree(policy->prefixes);
	kvfree(policy->site_rows);
	kvfree(policy);
}

/**
 * le_feature_find() - number of a feature
 * @word: its name, not terminated
 * @len: length of @word
 *
 * Return: enum le_feature, or -ENOENT.
 */
int le_feature_find(const char *word, size_t len)
{
	struct word w = { .text = word, .len = len };

	return find_name(&w, le_feature_names, LE_NR_FEATURES);
}

/**
 * le_policy_row_ports() - where a row's ports are
 * @policy: the policy
 * @row: number of a matrix row
 *
 * A row's own "port" statement goes before "port rtp", and that before the matrix.
 *
 * Return: its destination ports (for an outbound media row: the A/V Edge's media range).
 */
struct le_ports le_policy_row_ports(const struct le_policy *policy, unsigned int row)
{
	if (policy->moved & BIT_ULL(row))
		return policy->row_ports[row];
	if (le_matrix[row].kind == LE_PORTS_MEDIA)
		return policy->media;
	return le_matrix[row].ports;
}

static bool edges_have_addrs(const struct le_policy *policy, u32 tags)
{
	unsigned int edge;

	for (edge = 0; edge < LE_NR_EDGES; edge++)
		if (tags & BIT(LE_TAG_EDGE + edge) && !policy->edges[edge].nr)
			return false;
	return true;
}

/**
 * le_policy_row_active() - whether a row of the matrix is active
 * @policy: the policy
 * @row: number of a matrix row
 *
 * Return: true if one of its features is on and every edge that it names has an address.
 */
bool le_policy_row_active(const struct le_policy *policy, unsigned int row)
{
	const struct le_row *r = &le_matrix[row];

	return policy->features & r->features &&
	       edges_have_addrs(policy, r->source | r->destination);
}

/**
 * le_policy_site_row_active() - whether a site row is active
 * @policy: the policy
 * @i: number of the site row
 *
 * Return: true if every edge that it names has an address.
 */
bool le_policy_site_row_active(const struct le_policy *policy, unsigned int i)
{
	const struct le_site_row *row = &policy->site_rows[i];
	u32 tags = 0;

	if (row->from.kind == LE_END_TAG)
		tags |= BIT(row->from.tag);
	if (row->to.kind == LE_END_TAG)
		tags |= BIT(row->to.tag);
	return edges_have_addrs(policy, tags);
}

/**
 * le_error_format() - an error as a person reads it
 * @buf: where to, terminated
 * @size: room there
 * @error: the error
 *
 * Return: number of bytes written: the place and what is wrong on one line, the remedy, if
 * there is one, on a second.
 */
int le_error_format(char *buf, size_t size, const struct le_error *error)
{
	int n = 0;

	if (size)
		buf[0] = 0;
	if (!error->message[0])
		return 0;
	if (error->line)
		n = scnprintf(buf, size, "line %u, column %u: ", error->line, error->column);
	n += scnprintf(buf + n, size - n, "%s\n", error->message);
	if (error->hint[0])
		n += scnprintf(buf + n, size - n, "hint: %s\n", error->hint);
	return n;
}
