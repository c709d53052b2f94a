// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds connections in conntrack's table, and says as what the module judges them: in the original
 * direction, from where the first packet came to where DNAT sent it, which is whence answers come.
 * The table is read from the kernel's own list, or by the program conntrack; both write an entry as
 * one line, of which only the two tuples and the state are of interest here.
 */
#include <unistd.h>

#include "conn.h"
#include "lookup.h"
#include "lyncedge_rules.h"

#define TABLE "/proc/net/nf_conntrack"
#define PROGRAM "conntrack -L"

/* ---- what is asked ---- */

static int index_of(const char *word, const char *const *names, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (!strcmp(word, names[i]))
			return i;
	return -1;
}

static bool is_entry(char **words, int nr)
{
	int i;

	for (i = 0; i < nr; i++)
		if (strstr(words[i], "src="))
			return true;
	return false;
}

/**
 * conn_query_parse() - read what is asked
 * @query: where to put it; its @entry is the caller's to free
 * @words: [INTERFACE DIRECTION] and then [PROTOCOL [END [END]]], "-", or a connection as listed
 * @nr: how many words
 *
 * Return: NULL, or what is wrong.
 */
const char *conn_query_parse(struct conn_query *query, char **words, int nr)
{
	int iface, dir, i;

	*query = (struct conn_query){ .protocol = -1 };
	iface = nr >= 2 ? index_of(words[0], le_iface_names, LE_NR_IFACES) : -1;
	if (iface >= 0) {
		dir = index_of(words[1], le_dir_names, LE_NR_DIRS);
		if (dir < 0)
			return "unknown direction: in (toward the Edge) or out";
		query->crossings = BIT(le_crossing(iface, dir));
		words += 2;
		nr -= 2;
	}
	if (is_entry(words, nr)) {
		query->entry = joined(words, nr);
		return NULL;
	}
	if (nr == 1 && !strcmp(words[0], "-")) {
		query->from_stdin = true;
		return NULL;
	}
	if (nr > 3)
		return "too many words: [INTERFACE DIRECTION] [PROTOCOL [ADDRESS [ADDRESS]]]";
	if (nr) {
		query->protocol = packet_protocol_parse(words[0]);
		if (query->protocol < 0)
			return "unknown protocol: tcp, udp, icmp, ..., or 0 to 255";
	}
	for (i = 1; i < nr; i++) {
		struct conn_end *end = &query->ends[query->nr_ends++];

		if (!packet_end_parse(words[i], &end->addr, &end->family, &end->port))
			return "malformed address: ADDRESS, ADDRESS:PORT, [ADDRESS]:PORT for IPv6";
	}
	return NULL;
}

/* ---- an entry ---- */

/* What stands behind a key, the first or the second time; NULL if it does not. */
static const char *find_value(char **words, unsigned int nr, const char *key, unsigned int nth)
{
	size_t len = strlen(key);
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (!strncmp(words[i], key, len) && words[i][len] == '=' && !nth--)
			return words[i] + len + 1;
	return NULL;
}

static u16 find_number(char **words, unsigned int nr, const char *key, unsigned int nth)
{
	const char *value = find_value(words, nr, key, nth);

	return value ? atoi(value) : 0;
}

static bool find_tuple(struct le_flow *flow, char **words, unsigned int nr, unsigned int nth)
{
	const char *src = find_value(words, nr, "src", nth);
	const char *dst = find_value(words, nr, "dst", nth);
	u8 family;

	if (!src || !dst || !le_addr_parse(src, strlen(src), &flow->src, &flow->family) ||
	    !le_addr_parse(dst, strlen(dst), &flow->dst, &family) || family != flow->family)
		return false;
	flow->sport = find_number(words, nr, "sport", nth);
	flow->dport = find_number(words, nr, "dport", nth);
	return true;
}

/* A state is capital letters; what is printed as it is must be nothing else. */
static bool is_state(const char *word)
{
	return *word >= 'A' && *word <= 'Z' &&
	       !word[strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_")];
}

#define MAX_WORDS 64

/*
 * [ipv4 2] tcp 6 [431999] [ESTABLISHED] src=... dst=... sport=... dport=... [UNREPLIED] src=...
 * After what an event is called, if it is one.
 */
static bool parse_entry(struct conn *conn, char *line)
{
	char *words[MAX_WORDS], *word;
	unsigned int nr = 0, first = 0, i;

	while (nr < MAX_WORDS && (word = strsep(&line, " \t\r\n")))
		if (*word)
			words[nr++] = word;
	while (first < nr && words[first][0] == '[')
		first++;
	if (first + 1 < nr && (!strcmp(words[first], "ipv4") || !strcmp(words[first], "ipv6")))
		first += 2;
	*conn = (struct conn){ .unreplied = false };
	if (first + 1 >= nr || !find_tuple(&conn->original, words, nr, 0) ||
	    !find_tuple(&conn->reply, words, nr, 1))
		return false;
	conn->original.protocol = atoi(words[first + 1]);
	conn->reply.protocol = conn->original.protocol;
	conn->echo = le_flow_is_echo(&conn->original, find_number(words, nr, "type", 0));
	for (i = first + 2; i < nr; i++) {
		if (!strcmp(words[i], "[UNREPLIED]"))
			conn->unreplied = true;
		if (!conn->state[0] && is_state(words[i]))
			scnprintf(conn->state, sizeof(conn->state), "%s", words[i]);
	}
	return true;
}

static bool end_is(const struct conn_end *end, const union le_addr *addr, u8 family, u16 port)
{
	return end->family == family && !memcmp(&end->addr, addr, le_addr_bits(family) / 8) &&
	       (end->port < 0 || end->port == port);
}

/* An end may be said as it is on either side of NAT. */
static bool is_client(const struct conn_end *end, const struct conn *conn)
{
	const struct le_flow *original = &conn->original, *reply = &conn->reply;

	return end_is(end, &original->src, original->family, original->sport) ||
	       end_is(end, &reply->dst, reply->family, reply->dport);
}

static bool is_server(const struct conn_end *end, const struct conn *conn)
{
	const struct le_flow *original = &conn->original, *reply = &conn->reply;

	return end_is(end, &original->dst, original->family, original->dport) ||
	       end_is(end, &reply->src, reply->family, reply->sport);
}

static bool is_asked(const struct conn_query *query, const struct conn *conn)
{
	const struct conn_end *a = &query->ends[0], *b = &query->ends[1];

	if (query->protocol >= 0 && query->protocol != conn->original.protocol)
		return false;
	if (query->nr_ends == 2)
		return (is_client(a, conn) && is_server(b, conn)) ||
		       (is_client(b, conn) && is_server(a, conn));
	return !query->nr_ends || is_client(a, conn) || is_server(a, conn);
}

/* ---- the table ---- */

static void add_conn(struct conns *conns, const struct conn *conn)
{
	if (!(conns->nr & (conns->nr - 1)))
		conns->list = grown(conns->list, conns->nr ? 2 * conns->nr : 1,
				    sizeof(*conns->list));
	conns->list[conns->nr++] = *conn;
}

/* Whether it was a table, as an empty one is; if not, that was complained about. */
static bool read_table(struct conns *conns, const struct conn_query *query, FILE *table,
		       const char *name)
{
	unsigned long lines = 0, entries = 0;
	char *line = NULL;
	size_t room = 0;

	while (getline(&line, &room, table) >= 0) {
		struct conn conn;

		lines++;
		if (!parse_entry(&conn, line))
			continue;
		entries++;
		if (is_asked(query, &conn))
			add_conn(conns, &conn);
	}
	free(line);
	if (entries || !lines)
		return true;
	complain("%s: none of %lu lines is an entry such as 'conntrack -L' prints", name, lines);
	return false;
}

/* Tests put another table here. */
static const char *table_name(void)
{
	const char *name = getenv("LYNCEDGE_CONNTRACK");

	return name && *name ? name : TABLE;
}

static bool read_kernel(struct conns *conns, const struct conn_query *query)
{
	FILE *table = fopen(table_name(), "re");
	bool is_program = !table, is_table;
	int status = 0;

	if (is_program)
		table = popen(PROGRAM " 2>/dev/null", "re");
	if (!table) {
		complain("conntrack: %s", strerror(errno));
		return false;
	}
	is_table = read_table(conns, query, table, is_program ? PROGRAM : table_name());
	if (is_program)
		status = pclose(table);
	else
		fclose(table);
	if (!status)
		return is_table;
	complain("conntrack's table cannot be read: there is no %s here, and 'conntrack -L' fails",
		 table_name());
	advise("run as root, and install the package conntrack; or: explain --conn - <LISTING");
	return false;
}

static void complain_no_entry(const char *entry)
{
	complain("this is no entry such as 'conntrack -L' prints: %s", entry);
	advise("it has a protocol, a number, and src=, dst=, sport=, dport= of both directions");
}

/**
 * conns_find() - find the connections that are asked about
 * @conns: where to put them; their list is the caller's to free
 * @query: which
 *
 * Return: whether the table could be read; if not, that was complained about.
 */
bool conns_find(struct conns *conns, const struct conn_query *query)
{
	struct conn conn;
	char *line;

	*conns = (struct conns){ .nr = 0 };
	if (query->from_stdin)
		return read_table(conns, query, stdin, "stdin");
	if (!query->entry)
		return read_kernel(conns, query);
	line = text_of("%s", query->entry);
	if (parse_entry(&conn, line))
		add_conn(conns, &conn);
	else
		complain_no_entry(query->entry);
	free(line);
	return conns->nr;
}

/* ---- as it is judged ---- */

/**
 * conn_judged() - a connection as the module judges it
 * @conn: the connection
 * @asked: where to put it; but for the crossing
 */
void conn_judged(const struct conn *conn, struct asked *asked)
{
	struct le_packet *packet = &asked->packet;

	memset(asked, 0, sizeof(*asked));
	packet->flow = conn->original;
	packet->flow.dst = conn->reply.src;
	packet->flow.dport = conn->reply.sport;
	packet->has_addrs = true;
	packet->kind = LE_KIND_OTHER;
	if (conn->echo)
		packet->kind = LE_KIND_ICMP_ECHO;
	else if (conn->original.protocol == IPPROTO_TCP || conn->original.protocol == IPPROTO_UDP)
		packet->kind = LE_KIND_PORTS;
	packet->may_answer = conn->original.protocol == IPPROTO_UDP;
}

/**
 * conn_crossings() - where a connection crosses the gateway, as its addresses have it
 * @policy: the policy
 * @flow: the connection as it is judged
 *
 * Return: set of crossings; CROSSINGS_NONE if neither end is an edge's.
 */
u32 conn_crossings(const struct le_policy *policy, const struct le_flow *flow)
{
	u32 crossings = CROSSINGS_NONE;
	unsigned int edge;

	for (edge = 0; edge < LE_NR_EDGES; edge++) {
		enum le_iface iface = edge == LE_EDGE_INTERNAL ? LE_INTERNAL : LE_EXTERNAL;

		if (addrs_hold(&policy->edges[edge], &flow->dst, flow->family))
			crossings |= BIT(le_crossing(iface, LE_IN));
		if (addrs_hold(&policy->edges[edge], &flow->src, flow->family))
			crossings |= BIT(le_crossing(iface, LE_OUT));
	}
	return crossings;
}
