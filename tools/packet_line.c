// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads packets from lines of text, a million of them in well under a second; what is made of
 * them is up to explain.c. Complaints are constant texts: they cost nothing and need no escaping.
 */
#include "lyncedge_rules.h"
#include "output.h"
#include "packet_line.h"

struct field {
	const char *text;
	size_t len;
};

#define NR_FIELDS 5

/* Protocol words; any other protocol goes by its number. */
static const struct {
	const char *name;
	u8 protocol;
} protocols[] = {
	{ "tcp", IPPROTO_TCP },
	{ "udp", IPPROTO_UDP },
	{ "icmp", IPPROTO_ICMP },
	{ "icmpv6", IPPROTO_ICMPV6 },
	{ "sctp", IPPROTO_SCTP },
	{ "gre", IPPROTO_GRE },
	{ "esp", IPPROTO_ESP },
	{ "ah", IPPROTO_AH },
	{ "udplite", IPPROTO_UDPLITE },
	{ "dccp", IPPROTO_DCCP },
	{ "igmp", IPPROTO_IGMP },
	{ "ipip", IPPROTO_IPIP },
	{ "ipv6", IPPROTO_IPV6 },
	{ "pim", IPPROTO_PIM },
	{ "l2tp", 115 },	/* RFC 3931 sec. 4.1.1 */
	{ "ospf", 89 },	/* RFC 2328 app. A.1 */
	{ "vrrp", 112 },	/* RFC 5798 sec. 5.1.1.4 */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool field_is(const struct field *field, const char *word)
{
	return strlen(word) == field->len && !memcmp(word, field->text, field->len);
}

/* Number of fields; more than NR_FIELDS if there are too many. */
static unsigned int split(const char *line, size_t len, struct field *fields)
{
	const char *c = line, *end = line + len;
	unsigned int nr = 0;

	for (;;) {
		const char *start;

		while (c < end && is_blank(*c))
			c++;
		if (c == end)
			return nr;
		if (nr == NR_FIELDS)
			return nr + 1;
		start = c;
		while (c < end && !is_blank(*c))
			c++;
		fields[nr++] = (struct field){ .text = start, .len = c - start };
	}
}

/* A number up to @max, or -1. */
static int parse_number(const char *text, const char *end, int max)
{
	int number = 0;

	if (text == end)
		return -1;
	for (; text < end; text++) {
		if (*text < '0' || *text > '9')
			return -1;
		number = number * 10 + *text - '0';
		if (number > max)
			return -1;
	}
	return number;
}

static const char *parse_crossing(const struct field *iface, const struct field *dir,
				  unsigned int *crossing)
{
	unsigned int i, d;

	for (i = 0; i < LE_NR_IFACES && !field_is(iface, le_iface_names[i]); i++)
		;
	if (i == LE_NR_IFACES)
		return "unknown interface: external or internal";
	for (d = 0; d < LE_NR_DIRS && !field_is(dir, le_dir_names[d]); d++)
		;
	if (d == LE_NR_DIRS)
		return "unknown direction: in (toward the Edge) or out";
	*crossing = le_crossing(i, d);
	return NULL;
}

/* A protocol's number, or -1. */
static int protocol_number(const struct field *field)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(protocols); i++)
		if (field_is(field, protocols[i].name))
			return protocols[i].protocol;
	return parse_number(field->text, field->text + field->len, 255);
}

/**
 * packet_protocol_parse() - read a protocol from a word
 * @word: its name, or number
 *
 * Return: its number, or -1.
 */
int packet_protocol_parse(const char *word)
{
	struct field field = { .text = word, .len = strlen(word) };

	return protocol_number(&field);
}

static const char *parse_protocol(const struct field *field, struct le_packet *packet)
{
	int number;

	packet->kind = LE_KIND_OTHER;
	if (field_is(field, "icmp-echo")) {
		packet->kind = LE_KIND_ICMP_ECHO;
		return NULL;
	}
	number = protocol_number(field);
	if (number < 0)
		return "unknown protocol: tcp, udp, icmp-echo, ..., or 0 to 255";
	packet->flow.protocol = number;
	if (number == IPPROTO_TCP || number == IPPROTO_UDP)
		packet->kind = LE_KIND_PORTS;
	/* The first packet of a TCP connection has neither ACK nor RST. */
	packet->may_answer = number == IPPROTO_UDP;
	return NULL;
}

/* Why an end of a packet is none; the two ends have texts of their own. */
enum end_error {
	END_OK,
	END_NO_ADDRESS,
	END_NO_PORT,
	END_BAD_PORT,
};

static const char *const end_errors[][2] = {
	[END_NO_ADDRESS] = {
		"malformed source address: ADDRESS:PORT, or [ADDRESS]:PORT for IPv6",
		"malformed destination address: ADDRESS:PORT, or [ADDRESS]:PORT for IPv6"
	},
	[END_NO_PORT] = { "no source port: ADDRESS:PORT, or [ADDRESS]:PORT for IPv6",
			  "no destination port: ADDRESS:PORT, or [ADDRESS]:PORT for IPv6" },
	[END_BAD_PORT] = { "source port is not from 0 to 65535",
			   "destination port is not from 0 to 65535" },
};

/*
 * ADDRESS, ADDRESS:PORT, or for IPv6 ADDRESS, [ADDRESS] or [ADDRESS]:PORT. The port is -1 if there
 * is none.
 */
static enum end_error parse_end(const struct field *field, union le_addr *addr, u8 *family,
				int *port)
{
	const char *text = field->text, *end = text + field->len;
	const char *addr_end = end, *colon = memchr(text, ':', field->len);
	bool bracketed = *text == '[';

	*port = -1;
	if (bracketed) {
		addr_end = memchr(text, ']', field->len);
		if (!addr_end || (addr_end + 1 < end && addr_end[1] != ':'))
			return END_NO_ADDRESS;
		colon = addr_end + 1 < end ? addr_end + 1 : NULL;
		text++;
	} else if (colon) {
		/* A second colon: an IPv6 address, which has no port without brackets. */
		if (memchr(colon + 1, ':', end - colon - 1))
			colon = NULL;
		else
			addr_end = colon;
	}
	if (!le_addr_parse(text, addr_end - text, addr, family))
		return END_NO_ADDRESS;
	if (bracketed && *family != LE_IPV6)
		return END_NO_ADDRESS;
	if (!colon)
		return END_OK;
	*port = parse_number(colon + 1, end, 65535);
	return *port < 0 ? END_BAD_PORT : END_OK;
}

/**
 * packet_end_parse() - read one end of a packet from a word
 * @word: ADDRESS, ADDRESS:PORT, or for IPv6 [ADDRESS]:PORT
 * @addr: where to put the address
 * @family: where to put its family
 * @port: where to put the port; -1 if there is none
 *
 * Return: whether it is an end.
 */
bool packet_end_parse(const char *word, union le_addr *addr, u8 *family, int *port)
{
	struct field field = { .text = word, .len = strlen(word) };

	return parse_end(&field, addr, family, port) == END_OK;
}

static const char *parse_ends(const struct field *source, const struct field *destination,
			      struct le_packet *packet)
{
	struct le_flow *flow = &packet->flow;
	const struct field *const fields[] = { source, destination };
	union le_addr *const addrs[] = { &flow->src, &flow->dst };
	u8 families[2];
	int ports[2];
	unsigned int i;

	for (i = 0; i < 2; i++) {
		enum end_error error = parse_end(fields[i], addrs[i], &families[i], &ports[i]);

		if (!error && packet->kind == LE_KIND_PORTS && ports[i] < 0)
			error = END_NO_PORT;
		if (error)
			return end_errors[error][i];
	}
	if (families[0] != families[1])
		return "source and destination are of different families: both IPv4, or both IPv6";
	flow->family = families[0];
	packet->has_addrs = true;
	if (packet->kind == LE_KIND_PORTS) {
		flow->sport = ports[0];
		flow->dport = ports[1];
	}
	if (packet->kind == LE_KIND_ICMP_ECHO)
		flow->protocol = flow->family == LE_IPV4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	return NULL;
}

/**
 * packet_line_parse() - read a packet from a line
 * @line: the line, without its end
 * @len: length of @line
 * @asked: where to put the packet, as the first of its connection
 *
 * Return: NULL, or what is wrong with the line.
 */
const char *packet_line_parse(const char *line, size_t len, struct asked *asked)
{
	struct field fields[NR_FIELDS];
	const char *wrong;
	unsigned int nr;

	if (len > PACKET_LINE_MAX)
		return "line too long";
	nr = split(line, len, fields);
	if (!nr)
		return "empty line";
	if (nr < NR_FIELDS)
		return "too few words: INTERFACE DIRECTION PROTOCOL SOURCE DESTINATION";
	if (nr > NR_FIELDS)
		return "too many words: INTERFACE DIRECTION PROTOCOL SOURCE DESTINATION";
	memset(asked, 0, sizeof(*asked));
	wrong = parse_crossing(&fields[0], &fields[1], &asked->crossing);
	if (!wrong)
		wrong = parse_protocol(&fields[2], &asked->packet);
	if (!wrong)
		wrong = parse_ends(&fields[3], &fields[4], &asked->packet);
	return wrong;
}

/**
 * packet_end_format() - write an end of a packet as packet_line_parse() reads it
 * @buf: where to put it
 * @size: of @buf: PACKET_END_TEXT will do
 * @addr: its address
 * @family: family of that
 * @port: its port, or -1
 */
void packet_end_format(char *buf, size_t size, const union le_addr *addr, u8 family, int port)
{
	char text[LE_PREFIX_TEXT];

	le_addr_format(text, sizeof(text), addr, family);
	if (port < 0)
		scnprintf(buf, size, "%s", text);
	else
		scnprintf(buf, size, family == LE_IPV6 ? "[%s]:%d" : "%s:%d", text, port);
}

/**
 * packet_protocol_name() - the word for a packet's protocol
 * @packet: the packet
 * @buf: where to put a number, if there is no word
 * @size: of @buf: 4 will do
 *
 * Return: a word that packet_line_parse() knows.
 */
const char *packet_protocol_name(const struct le_packet *packet, char *buf, size_t size)
{
	unsigned int i;

	if (packet->kind == LE_KIND_ICMP_ECHO)
		return "icmp-echo";
	for (i = 0; i < ARRAY_SIZE(protocols); i++)
		if (protocols[i].protocol == packet->flow.protocol)
			return protocols[i].name;
	scnprintf(buf, size, "%u", packet->flow.protocol);
	return buf;
}

/**
 * packet_line_text() - write a packet as packet_line_parse() reads it
 * @asked: the packet
 *
 * Return: the line without its end, which the caller frees.
 */
char *packet_line_text(const struct asked *asked)
{
	char src[PACKET_END_TEXT], dst[PACKET_END_TEXT], number[4];
	const struct le_packet *packet = &asked->packet;
	const struct le_flow *flow = &packet->flow;
	bool has_ports = packet->kind == LE_KIND_PORTS;

	packet_end_format(src, sizeof(src), &flow->src, flow->family,
			  has_ports ? flow->sport : -1);
	packet_end_format(dst, sizeof(dst), &flow->dst, flow->family,
			  has_ports ? flow->dport : -1);
	return text_of("%s %s %s %s %s", le_iface_names[asked->crossing / LE_NR_DIRS],
		       le_dir_names[asked->crossing % LE_NR_DIRS],
		       packet_protocol_name(packet, number, sizeof(number)), src, dst);
}
