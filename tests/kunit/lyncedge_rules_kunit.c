// SPDX-License-Identifier: GPL-2.0-only
/*
 * The compiled table is the matrix. For policies by hand, for each row by itself and for random
 * policies, every destination port, protocol, interface, direction and kind of address is judged
 * by the table and by a walk over rows that is written here as plainly as possible, from the words
 * of the contract (DESIGN sec. 2 and 4), over the tests' own copy of the matrix:
 * tests/oracle/matrix.tsv, which expected-matrix makes expected_matrix.h of. Nothing of lyncedge's
 * matching, nor its matrix, is used to know what is right. Not in here: how packets are read
 * (lyncedge_flow_kunit.c), lookups among many prefixes (lyncedge_addr_kunit.c), and the policy
 * language beyond what these policies say (lyncedge_policy_kunit.c).
 */
#include "lyncedge_kunit.h"
#include "random.h"

/* A row as it is printed: words, not numbers. */
struct expected_row {
	const char *id;
	const char *iface;
	const char *dir;
	const char *protocol;
	u16 first;
	u16 last;
	const char *source;
	const char *destination;
	const char *features;
};

static const struct expected_row matrix[] = {
#include "expected_matrix.h"
};

/* An address, and the edges and groups it belongs to, by hand. */
struct probe {
	const char *addr;
	const char *words;
};

/* Where a "port" statement moves a row, or "rtp" all media rows at once. */
struct moved {
	const char *id;
	u16 first;
	u16 last;
};

/**
 * struct rules_case - a policy, and the same once more in words for the walk
 * @name: what is special about it
 * @text: the policy
 * @defined: edges and groups that it defines
 * @features: features that it turns on
 * @rtp: "option rtp-outbound"
 * @strict: "option ports strict"
 * @moved: its "port" statements
 * @v4: addresses to try
 * @v6: addresses to try, if there are any
 * @thorough: also judge answers and untracked packets
 * @strangers: also judge packets between two that are no edges
 */
struct rules_case {
	const char *name;
	const char *text;
	const char *defined;
	const char *features;
	enum le_rtp_outbound rtp;
	bool strict;
	struct moved moved[4];
	const struct probe *v4;
	const struct probe *v6;
	bool thorough;
	bool strangers;
};

#define EDGES						\
	"edge access 10.45.16.10 2001:db8:16::10\n"	\
	"edge webconf 10.45.16.20\n"			\
	"edge av 10.45.16.30 2001:db8:16::30\n"		\
	"edge internal 172.25.33.10 2001:db8:33::10\n"
#define EDGE_WORDS "access webconf av internal"

#define GROUPS							\
	"peer pic-partner 192.0.2.0/24 2001:db8:91c::/48\n"	\
	"peer front-end 192.168.10.0/24 2001:db8:10::/64\n"	\
	"peer branch 192.168.20.0/24\n"				\
	"peer federation-partner 198.51.100.0/24\n"
#define GROUP_WORDS "pic-partner front-end branch federation-partner"

#define ALL_FEATURES								\
	"crl dns remote-access federation web-conferencing av av-federation "	\
	"av-federation-ocs2007 multiple-pools pic pic-av xmpp cms-replication "	\
	"central-logging"

static const struct probe v4[] = {
	{ "10.45.16.10", "access" },
	{ "10.45.16.20", "webconf" },
	{ "10.45.16.30", "av" },
	{ "172.25.33.10", "internal" },
	{ "192.0.2.1", "pic-partner" },
	{ "192.168.10.1", "front-end" },
	{ "192.168.20.255", "branch" },
	{ "198.51.100.0", "federation-partner" },
	{ "8.8.8.8", "" },
	{ }
};

static const struct probe v6[] = {
	{ "2001:db8:16::10", "access" },
	{ "2001:db8:16::30", "av" },
	{ "2001:db8:33::10", "internal" },
	{ "2001:db8:91c::1", "pic-partner" },
	{ "2001:db8:10::1", "front-end" },
	{ "2001:4860:4860::8888", "" },
	{ }
};

/* Neighbours on either side of everything that is defined. */
static const struct probe v4_outside[] = {
	{ "10.45.16.10", "access" },
	{ "10.45.16.9", "" },
	{ "10.45.16.11", "" },
	{ "172.25.33.10", "internal" },
	{ "192.168.9.255", "" },
	{ "192.168.11.0", "" },
	{ "0.0.0.0", "" },
	{ "255.255.255.255", "" },
	{ }
};

static const struct probe v4_shared[] = {
	{ "10.45.16.10", "access webconf av client" },
	{ "172.25.33.10", "internal client" },
	{ "192.168.20.1", "front-end branch client" },
	{ "192.168.10.1", "front-end client" },
	{ "192.168.20.200", "front-end client" },
	{ "10.45.16.20", "client" },
	{ "192.0.2.9", "client pic-partner federation-partner" },
	{ }
};

static const struct probe v6_shared[] = {
	{ "2001:db8:16::10", "access webconf" },
	{ "2001:db8::1", "" },
	{ }
};

static const struct rules_case rules_cases[] = {
	{
		.name = "nothing is on",
		.text = EDGES GROUPS "commit\n",
		.defined = EDGE_WORDS " " GROUP_WORDS,
		.features = "",
		.v4 = v4,
		.v6 = v6,
	}, {
		.name = "all features",
		.text = EDGES GROUPS "feature " ALL_FEATURES "\ncommit\n",
		.defined = EDGE_WORDS " " GROUP_WORDS,
		.features = ALL_FEATURES,
		.v4 = v4,
		.v6 = v6,
		.thorough = true,
		.strangers = true,
	}, {
		.name = "all features, no groups",
		.text = EDGES "peer pic-partner 192.0.2.0/24\n"
			"feature " ALL_FEATURES "\noption ports strict\ncommit\n",
		.defined = EDGE_WORDS " pic-partner",
		.features = ALL_FEATURES,
		.strict = true,
		.v4 = v4,
	}, {
		.name = "sample features",
		.text = EDGES GROUPS "feature remote-access web-conferencing av federation\n"
			"feature dns crl cms-replication\ncommit\n",
		.defined = EDGE_WORDS " " GROUP_WORDS,
		.features = "remote-access web-conferencing av federation dns crl cms-replication",
		.v4 = v4_outside,
	}, {
		.name = "public instant messaging alone",
		.text = EDGES GROUPS "feature pic pic-av\ncommit\n",
		.defined = EDGE_WORDS " " GROUP_WORDS,
		.features = "pic pic-av",
		.v4 = v4,
	}, {
		.name = "media, strict, by destination",
		.text = EDGES GROUPS "feature av av-federation\noption ports strict\n"
			"option rtp-outbound destination\ncommit\n",
		.defined = EDGE_WORDS " " GROUP_WORDS,
		.features = "av av-federation",
		.rtp = LE_RTP_DESTINATION,
		.strict = true,
		.v4 = v4,
	}, {
		.name = "media, strict, by source",
		.text = EDGES GROUPS "feature av av-federation-ocs2007\noption ports strict\n"
			"option rtp-outbound source\ncommit\n",
		.defined = EDGE_WORDS " " GROUP_WORDS,
		.features = "av av-federation-ocs2007",
		.rtp = LE_RTP_SOURCE,
		.strict = true,
		.v4 = v4,
		.v6 = v6,
	}, {
		/* Of two groups in a row, the one that is not defined is empty. */
		.name = "branch is defined, front-end is not",
		.text = EDGES "peer branch 192.168.20.0/24\nfeature av\ncommit\n",
		.defined = EDGE_WORDS " branch",
		.features = "av",
		.v4 = v4,
	}, {
		.name = "no A/V edge",
		.text = "edge access 10.45.16.10\nedge webconf 10.45.16.20\n"
			"edge internal 172.25.33.10\n"
			GROUPS "feature " ALL_FEATURES "\ncommit\n",
		.defined = "access webconf internal " GROUP_WORDS,
		.features = ALL_FEATURES,
		.v4 = v4,
	}, {
		/* ext-05 moves onto ext-06, and the media range onto int-09 and the last port. */
		.name = "moved ports",
		.text = EDGES GROUPS "feature " ALL_FEATURES "\nport ext-05 5061\n"
			"port rtp 1-65535\nport ext-12 60000-65535\nport int-02 443\n"
			"option rtp-outbound destination\ncommit\n",
		.defined = EDGE_WORDS " " GROUP_WORDS,
		.features = ALL_FEATURES,
		.rtp = LE_RTP_DESTINATION,
		.moved = {
			{ "rtp", 1, 65535 }, { "ext-05", 5061, 5061 },
			{ "ext-12", 60000, 65535 }, { "int-02", 443, 443 },
		},
		.v4 = v4,
	}, {
		/* One address for three edges, groups inside groups, an address in several. */
		.name = "shared and nested addresses",
		.text = "edge access 10.45.16.10 2001:db8:16::10\nedge av 10.45.16.10\n"
			"edge webconf 2001:db8:16::10 10.45.16.10\nedge internal 172.25.33.10\n"
			"peer client 0.0.0.0/1 128.0.0.0/1\npeer front-end 192.168.0.0/16\n"
			"peer branch 192.168.20.0/25 192.168.20.1/32\n"
			"peer pic-partner 192.0.2.8/29\npeer federation-partner 192.0.2.9/32\n"
			"feature " ALL_FEATURES "\ncommit\n",
		.defined = EDGE_WORDS " client " GROUP_WORDS,
		.features = ALL_FEATURES,
		.v4 = v4_shared,
		.v6 = v6_shared,
	},
};

static void rules_case_name(const struct rules_case *c, char *name)
{
	strscpy(name, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(rules, rules_cases, rules_case_name);

/* The next word of a list, which has spaces or commas between them; its length, 0 at the end. */
static size_t next_word(const char **list)
{
	*list += strspn(*list, " ,");
	return strcspn(*list, " ,");
}

static bool has_word(const char *list, const char *word, size_t len)
{
	size_t n;

	for (; (n = next_word(&list)); list += n)
		if (n == len && !memcmp(list, word, n))
			return true;
	return false;
}

static bool have_word_in_common(const char *list, const char *other)
{
	size_t n;

	for (; (n = next_word(&list)); list += n)
		if (has_word(other, list, n))
			return true;
	return false;
}

/*
 * Whether an address may stand where a row says @wanted (DESIGN sec. 2): groups that the policy
 * does not define mean any address, unless one beside them is defined.
 */
static bool is_member(const struct rules_case *c, const char *wanted, const char *words)
{
	bool stated = false;
	size_t n;

	for (; (n = next_word(&wanted)); wanted += n) {
		if (!has_word(c->defined, wanted, n))
			continue;
		stated = true;
		if (has_word(words, wanted, n))
			return true;
	}
	return !stated;
}

static bool has_every_edge(const struct rules_case *c, const char *words)
{
	size_t n;

	for (; (n = next_word(&words)); words += n)
		if (has_word(EDGE_WORDS, words, n) && !has_word(c->defined, words, n))
			return false;
	return true;
}

static bool is_active(const struct rules_case *c, const struct expected_row *row)
{
	return have_word_in_common(row->features, c->features) &&
	       has_every_edge(c, row->source) && has_every_edge(c, row->destination);
}

static const struct moved *find_moved(const struct rules_case *c, const char *id)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(c->moved) && c->moved[i].id; i++)
		if (!strcmp(c->moved[i].id, id))
			return &c->moved[i];
	return NULL;
}

/* A row as far as ports are concerned: what is left to ask when all else fits. */
struct candidate {
	int row;
	struct le_ports dports;
	struct le_ports sports;
	bool outbound_media;
};

/* DESIGN sec. 3 and 4.7. */
static struct candidate make_candidate(const struct rules_case *c, int i)
{
	const struct expected_row *row = &matrix[i];
	const struct moved *rtp = find_moved(c, "rtp"), *own = find_moved(c, row->id);
	struct le_ports media = { .first = 50000, .last = 59999 };
	struct candidate candidate = {
		.row = i,
		.dports = { .first = row->first, .last = row->last },
		.sports = { .first = 0, .last = 65535 },
		.outbound_media = has_word("ext-09 ext-10 pic-04", row->id, strlen(row->id)),
	};

	if (rtp)
		media = (struct le_ports){ .first = rtp->first, .last = rtp->last };
	if (has_word("ext-09 ext-10 ext-11 ext-12 pic-04", row->id, strlen(row->id)))
		candidate.dports = media;
	if (own)
		candidate.dports = (struct le_ports){ .first = own->first, .last = own->last };
	if (c->strict && !strcmp(row->id, "ext-16"))
		candidate.sports = media;
	if (c->strict && has_word("ext-13 pic-05", row->id, strlen(row->id)))
		candidate.sports = (struct le_ports){ .first = 3478, .last = 3478 };
	return candidate;
}

static bool is_between(u16 port, const struct le_ports *ports)
{
	return port >= ports->first && port <= ports->last;
}

static bool takes_ports(const struct rules_case *c, const struct candidate *candidate, u16 sport,
			u16 dport)
{
	if (!candidate->outbound_media)
		return is_between(dport, &candidate->dports) &&
		       is_between(sport, &candidate->sports);
	if (c->rtp != LE_RTP_SOURCE && is_between(dport, &candidate->dports))
		return true;
	return c->rtp != LE_RTP_DESTINATION && is_between(sport, &candidate->dports);
}

/* Where a packet crosses, and between whom. */
struct point {
	enum le_iface iface;
	enum le_dir dir;
	u8 protocol;
	const struct probe *src;
	const struct probe *dst;
};

/* The rows that fit a point but for the ports, in their order. */
struct candidates {
	struct candidate list[ARRAY_SIZE(matrix)];
	unsigned int nr;
};

static void find_candidates(const struct rules_case *c, const struct point *p,
			    struct candidates *fit)
{
	const char *iface = p->iface == LE_EXTERNAL ? "external" : "internal";
	const char *protocol = p->protocol == IPPROTO_TCP ? "tcp" : "udp";
	const char *dir = p->dir == LE_IN ? "in" : "out";
	int i;

	fit->nr = 0;
	for (i = 0; i < ARRAY_SIZE(matrix); i++) {
		const struct expected_row *row = &matrix[i];

		if (is_active(c, row) && !strcmp(row->iface, iface) && !strcmp(row->dir, dir) &&
		    !strcmp(row->protocol, protocol) && is_member(c, row->source, p->src->words) &&
		    is_member(c, row->destination, p->dst->words))
			fit->list[fit->nr++] = make_candidate(c, i);
	}
}

/* The plain walk: the first row that takes it, or LE_NO_ROW. */
static int walk(const struct rules_case *c, const struct candidates *fit, u16 sport, u16 dport)
{
	unsigned int i;

	for (i = 0; i < fit->nr; i++)
		if (takes_ports(c, &fit->list[i], sport, dport))
			return fit->list[i].row;
	return LE_NO_ROW;
}

static struct le_table *compile(struct kunit *test, const char *text)
{
	return must_compile(test, text, strlen(text));
}

/* A packet between two addresses, which travels as the first of its connection. */
static void set_ends(struct kunit *test, struct le_packet *packet, u8 protocol, const char *src,
		     const char *dst)
{
	struct le_flow *flow = &packet->flow;

	memset(packet, 0, sizeof(*packet));
	packet->kind = LE_KIND_PORTS;
	packet->track = LE_TRACK_ORIGINAL;
	packet->has_addrs = true;
	flow->protocol = protocol;
	KUNIT_ASSERT_TRUE(test, le_addr_parse(src, strlen(src), &flow->src, &flow->family));
	KUNIT_ASSERT_TRUE(test, le_addr_parse(dst, strlen(dst), &flow->dst, &flow->family));
}

static void mirror(struct le_flow *flow)
{
	const struct le_flow was = *flow;

	flow->src = was.dst;
	flow->dst = was.src;
	flow->sport = was.dport;
	flow->dport = was.sport;
}

/*
 * A sweep: all destination ports from one source port, or all source ports to one destination
 * port (what varies is EVERY). Each point is judged as the first packet of a connection; in a
 * thorough case also as its answer, and as a packet of no connection.
 */
#define EVERY (-1)

struct sweep {
	struct kunit *test;
	const struct rules_case *c;
	struct le_table *table;
	struct candidates fit;
	u64 points;
};

static bool agrees(struct sweep *sw, const struct point *p, const struct le_packet *packet,
		   unsigned int crossing, const char *as, int want)
{
	const struct le_flow *flow = &packet->flow;
	int got = le_judge(sw->table, crossing, packet);

	sw->points++;
	if (likely(got == want))
		return true;
	KUNIT_FAIL(sw->test, "%s %s %s %s %s:%u %s:%u: row %d, not %d",
		   le_iface_names[p->iface], le_dir_names[p->dir],
		   p->protocol == IPPROTO_TCP ? "tcp" : "udp", as, p->src->addr, flow->sport,
		   p->dst->addr, flow->dport, got, want);
	return false;
}

/* One complaint a sweep is enough. */
static void sweep_ports(struct sweep *sw, const struct point *p, int sport, int dport)
{
	unsigned int crossing = le_crossing(p->iface, p->dir);
	unsigned int back = le_crossing(p->iface, p->dir == LE_IN ? LE_OUT : LE_IN);
	struct le_packet packet, answer;
	u32 port;

	set_ends(sw->test, &packet, p->protocol, p->src->addr, p->dst->addr);
	for (port = 0; port < 65536; port++) {
		u16 from = sport == EVERY ? port : sport, to = dport == EVERY ? port : dport;
		int want = walk(sw->c, &sw->fit, from, to);

		packet.flow.sport = from;
		packet.flow.dport = to;
		packet.track = LE_TRACK_ORIGINAL;
		if (!agrees(sw, p, &packet, crossing, "first packet", want))
			return;
		if (!sw->c->thorough)
			continue;
		answer = packet;
		mirror(&answer.flow);
		answer.track = LE_TRACK_REPLY;
		if (!agrees(sw, p, &answer, back, "answer to", want))
			return;
		packet.track = LE_TRACK_NONE;
		if (!agrees(sw, p, &packet, crossing, "untracked", want))
			return;
	}
	cond_resched();
}

static bool is_edge(const struct probe *probe)
{
	return have_word_in_common(probe->words, EDGE_WORDS);
}

static void sweep_probes(struct sweep *sw, const struct probe *probes)
{
	struct point p;
	unsigned int lane;

	for (lane = 0; lane < 8; lane++) {
		p.iface = lane & 4 ? LE_INTERNAL : LE_EXTERNAL;
		p.dir = lane & 2 ? LE_OUT : LE_IN;
		p.protocol = lane & 1 ? IPPROTO_UDP : IPPROTO_TCP;
		for (p.src = probes; p.src->addr; p.src++)
			for (p.dst = probes; p.dst->addr; p.dst++)
				if (sw->c->strangers || is_edge(p.src) || is_edge(p.dst)) {
					find_candidates(sw->c, &p, &sw->fit);
					sweep_ports(sw, &p, 40000, EVERY);
				}
	}
}

static struct sweep *begin_sweep(struct kunit *test)
{
	struct sweep *sw = kunit_kzalloc(test, sizeof(*sw), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, sw);
	sw->test = test;
	return sw;
}

static void begin_policy(struct sweep *sw, const struct rules_case *c)
{
	sw->c = c;
	sw->table = compile(sw->test, c->text);
}

static void sweep_policy(struct sweep *sw, const struct rules_case *c)
{
	begin_policy(sw, c);
	sweep_probes(sw, c->v4);
	if (c->v6)
		sweep_probes(sw, c->v6);
	le_table_free(sw->table);
}

static void end_sweep(struct sweep *sw)
{
	kunit_info(sw->test, "%llu points compared\n", sw->points);
}

static void table_is_matrix(struct kunit *test)
{
	struct sweep *sw = begin_sweep(test);

	sweep_policy(sw, test->param_value);
	end_sweep(sw);
}

/* A policy that is put together here: a case, and all that its pointers point to. */
#define NR_PROBES 8

struct made_case {
	struct rules_case c;
	struct text text;
	struct text defined;
	struct text features;
	struct probe probes[NR_PROBES + 1];
	struct text words[NR_PROBES];
};

static struct made_case *new_case(struct kunit *test)
{
	struct made_case *made = kunit_kzalloc(test, sizeof(*made), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, made);
	made->text = new_text(test, 4096);
	made->defined = new_text(test, 512);
	made->features = new_text(test, 512);
	for (i = 0; i < NR_PROBES; i++)
		made->words[i] = new_text(test, 512);
	return made;
}

static void free_case(struct made_case *made)
{
	unsigned int i;

	free_text(&made->text);
	free_text(&made->defined);
	free_text(&made->features);
	for (i = 0; i < NR_PROBES; i++)
		free_text(&made->words[i]);
}

static void empty_text(struct text *text)
{
	text->len = 0;
	text->buf[0] = 0;
}

/* Nothing is defined, nothing on, and the addresses to try belong to nobody. */
static void begin_case(struct made_case *made, const char *const *addrs, unsigned int nr)
{
	unsigned int i;

	made->c = (struct rules_case){
		.text = made->text.buf,
		.defined = made->defined.buf,
		.features = made->features.buf,
		.v4 = made->probes,
		.strangers = true,
	};
	empty_text(&made->text);
	empty_text(&made->defined);
	empty_text(&made->features);
	memset(made->probes, 0, sizeof(made->probes));
	for (i = 0; i < nr; i++) {
		empty_text(&made->words[i]);
		made->probes[i].addr = addrs[i];
		made->probes[i].words = made->words[i].buf;
	}
}

/* An edge or group that the address of a probe belongs to; a group has the /24 around it. */
static void define(struct made_case *made, const char *word, size_t len, unsigned int probe)
{
	const char *addr = made->probes[probe].addr;

	if (has_word(EDGE_WORDS, word, len))
		add_text(&made->text, "edge %.*s %s\n", (int)len, word, addr);
	else
		add_text(&made->text, "peer %.*s %.*s.0/24\n", (int)len, word,
			 (int)(strrchr(addr, '.') - addr), addr);
	if (!has_word(made->defined.buf, word, len))
		add_text(&made->defined, " %.*s", (int)len, word);
	if (!has_word(made->words[probe].buf, word, len))
		add_text(&made->words[probe], " %.*s", (int)len, word);
}

static void turn_on(struct made_case *made, const char *feature, size_t len)
{
	add_text(&made->text, "feature %.*s\n", (int)len, feature);
	add_text(&made->features, " %.*s", (int)len, feature);
}

/* Defines what an end of a row names, each with a probe of its own; the next probe. */
static unsigned int define_end(struct made_case *made, const char *words, unsigned int probe)
{
	size_t n;

	for (; (n = next_word(&words)); words += n)
		if (!has_word("any", words, n))
			define(made, words, n, probe++);
	return probe;
}

/*
 * A row by itself, as far as a policy can bring that about: with one of the features that it is
 * part of, and nothing defined but what it names.
 */
static void sweep_row(struct sweep *sw, struct made_case *made, const struct expected_row *row,
		      const char *feature, size_t len)
{
	static const char *const addrs[] = {
		"8.8.8.8", "10.45.16.10", "192.0.2.1", "198.51.100.1", "203.0.113.1",
	};
	static const char partner[] = "pic-partner";
	unsigned int nr = 1;

	begin_case(made, addrs, ARRAY_SIZE(addrs));
	turn_on(made, feature, len);
	nr = define_end(made, row->source, nr);
	nr = define_end(made, row->destination, nr);
	if (has_word("pic", feature, len) && !has_word(made->defined.buf, partner, strlen(partner)))
		define(made, partner, strlen(partner), nr++);
	made->probes[nr].addr = NULL;
	add_text(&made->text, "commit\n");
	sweep_policy(sw, &made->c);
}

static void each_row(struct kunit *test)
{
	struct made_case *made = new_case(test);
	struct sweep *sw = begin_sweep(test);
	unsigned int i;
	size_t n;

	for (i = 0; i < ARRAY_SIZE(matrix); i++) {
		const char *feature = matrix[i].features;

		for (; (n = next_word(&feature)); feature += n)
			sweep_row(sw, made, &matrix[i], feature, n);
	}
	end_sweep(sw);
	free_case(made);
}

/* Most of the words of a list are used, some are not, anew each time. */
static void define_some(struct made_case *made, const char *words, unsigned int first,
			unsigned int nr)
{
	size_t n;

	for (; (n = next_word(&words)); words += n) {
		if (one_in(4))
			continue;
		define(made, words, n, first + random_below(nr));
		if (one_in(4))
			define(made, words, n, first + random_below(nr));
	}
}

static void move_some(struct made_case *made)
{
	unsigned int i, row = 0;

	for (i = 0; i < ARRAY_SIZE(made->c.moved); i++) {
		struct moved *moved = &made->c.moved[i];

		row += 1 + random_below(ARRAY_SIZE(matrix) / ARRAY_SIZE(made->c.moved) - 1);
		moved->id = i ? matrix[row].id : "rtp";
		moved->first = one_in(2) ? 443 : 1 + random_below(65535);
		moved->last = moved->first;
		if (!i || one_in(2))
			moved->last += random_below(65536 - moved->first);
		add_text(&made->text, "port %s %u-%u\n", moved->id, moved->first, moved->last);
	}
}

static void choose_options(struct made_case *made, enum le_rtp_outbound rtp, bool strict)
{
	static const char *const words[] = {
		[LE_RTP_EITHER] = "either",
		[LE_RTP_SOURCE] = "source",
		[LE_RTP_DESTINATION] = "destination",
	};

	made->c.rtp = rtp;
	made->c.strict = strict;
	add_text(&made->text, "option rtp-outbound %s\noption ports %s\n", words[rtp],
		 strict ? "strict" : "destination");
}

#define ALL_GROUPS								\
	"client federation-partner media-partner pic-partner messenger-client "	\
	"xmpp-partner crl-server dns-server front-end branch xmpp-gateway cms "	\
	"logging-controller"

/* Edges that share addresses, groups that share prefixes, ports anywhere. */
static void random_policies(struct kunit *test)
{
	static const char *const addrs[] = {
		"8.8.8.8", "10.45.16.10", "10.45.16.20", "10.45.17.30", "192.0.2.1",
		"198.51.100.1",
	};
	struct made_case *made = new_case(test);
	struct sweep *sw = begin_sweep(test);
	const char *feature;
	unsigned int round;
	size_t n;

	for (round = 0; round < 10; round++) {
		begin_case(made, addrs, ARRAY_SIZE(addrs));
		for (feature = ALL_FEATURES; (n = next_word(&feature)); feature += n)
			if (!one_in(3))
				turn_on(made, feature, n);
		define_some(made, EDGE_WORDS, 1, 3);
		/* Groups only where no edge is: a /24 around it would be in the group as well. */
		define_some(made, ALL_GROUPS, 4, 2);
		define(made, "pic-partner", strlen("pic-partner"), 4);
		if (!one_in(3))
			move_some(made);
		choose_options(made, random_below(3), one_in(2));
		add_text(&made->text, "commit\n");
		sweep_policy(sw, &made->c);
	}
	end_sweep(sw);
	free_case(made);
}

/* Every setting of the options that look at source ports; the media range where it is, or moved. */
struct media_case {
	const char *name;
	enum le_rtp_outbound rtp;
	bool strict;
	struct le_ports range;
	bool apart;
};

static const struct media_case media_cases[] = {
	{ "either", LE_RTP_EITHER, false, { 50000, 59999 } },
	{ "source", LE_RTP_SOURCE, false, { 50000, 59999 } },
	{ "destination", LE_RTP_DESTINATION, false, { 50000, 59999 } },
	{ "either, strict", LE_RTP_EITHER, true, { 50000, 59999 } },
	{ "source, strict", LE_RTP_SOURCE, true, { 50000, 59999 } },
	{ "destination, strict", LE_RTP_DESTINATION, true, { 50000, 59999 } },
	{ "either, moved", LE_RTP_EITHER, false, { 3000, 4000 } },
	{ "source, strict, moved", LE_RTP_SOURCE, true, { 400, 500 } },
	{ "destination, strict, moved", LE_RTP_DESTINATION, true, { 1024, 65535 } },
	{ "either, strict, apart", LE_RTP_EITHER, true, { 50000, 59999 }, .apart = true },
	{ "source, strict, apart", LE_RTP_SOURCE, true, { 3400, 3500 }, .apart = true },
};

/* Rows of the media range that have each a range of its own, and so a source port of its own. */
static const struct moved apart[] = {
	{ "ext-09", 40000, 41010 }, { "ext-10", 41000, 42010 }, { "pic-04", 42000, 43010 },
};

static void media_case_name(const struct media_case *c, char *name)
{
	strscpy(name, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(media, media_cases, media_case_name);

static void sweep_sources(struct sweep *sw, const struct point *p, const struct le_ports *range)
{
	const int ports[] = {
		443, 3478, 40000, range->first - 1, range->first, range->last, range->last + 1,
	};
	unsigned int i;

	find_candidates(sw->c, p, &sw->fit);
	for (i = 0; i < ARRAY_SIZE(ports); i++) {
		sweep_ports(sw, p, EVERY, ports[i] & 0xffff);
		sweep_ports(sw, p, ports[i] & 0xffff, EVERY);
	}
}

static void source_ports(struct kunit *test)
{
	static const char *const addrs[] = {
		"8.8.8.8", "10.45.16.10", "10.45.16.30", "198.51.100.1", "203.0.113.1",
	};
	const struct media_case *media = test->param_value;
	struct made_case *made = new_case(test);
	struct sweep *sw = begin_sweep(test);
	struct point p = { .iface = LE_EXTERNAL, .dir = LE_OUT };
	const char *feature = ALL_FEATURES;
	unsigned int i;
	size_t n;

	begin_case(made, addrs, ARRAY_SIZE(addrs));
	for (; (n = next_word(&feature)); feature += n)
		turn_on(made, feature, n);
	define(made, "access", strlen("access"), 1);
	define(made, "av", strlen("av"), 2);
	define(made, "media-partner", strlen("media-partner"), 3);
	define(made, "pic-partner", strlen("pic-partner"), 3);
	define(made, "messenger-client", strlen("messenger-client"), 4);
	made->c.moved[0] = (struct moved){ "rtp", media->range.first, media->range.last };
	add_text(&made->text, "port rtp %u-%u\n", media->range.first, media->range.last);
	for (i = 0; media->apart && i < ARRAY_SIZE(apart); i++) {
		made->c.moved[1 + i] = apart[i];
		add_text(&made->text, "port %s %u-%u\n", apart[i].id, apart[i].first,
			 apart[i].last);
	}
	choose_options(made, media->rtp, media->strict);
	add_text(&made->text, "commit\n");
	begin_policy(sw, &made->c);
	for (p.src = &made->probes[1]; p.src <= &made->probes[2]; p.src++) {
		for (p.dst = made->probes; p.dst->addr; p.dst++) {
			p.protocol = IPPROTO_TCP;
			sweep_sources(sw, &p, &media->range);
			p.protocol = IPPROTO_UDP;
			sweep_sources(sw, &p, &media->range);
		}
	}
	le_table_free(sw->table);
	end_sweep(sw);
	free_case(made);
}

/*
 * Packets that several rows would take, by hand: the row is the first of those that are active. A
 * site row for the same comes after all of them. One address may be three edges'.
 */
struct tie {
	const char *features;
	enum le_iface iface;
	enum le_dir dir;
	u8 protocol;
	u16 sport;
	u16 dport;
	const char *src;
	const char *dst;
	const char *first;
};

#define ACCESS "10.45.16.10"
#define AV "10.45.16.30"
#define SHARED "10.45.16.40"
#define INTERNAL "172.25.33.10"
#define PARTNER "192.0.2.1"

static const struct tie ties[] = {
	{ "xmpp", LE_EXTERNAL, LE_IN, IPPROTO_TCP, 40000, 5269, PARTNER, ACCESS, "ext-01" },
	{ "xmpp", LE_INTERNAL, LE_IN, IPPROTO_TCP, 40000, 23456, PARTNER, INTERNAL, "int-01" },
	{ "xmpp", LE_EXTERNAL, LE_OUT, IPPROTO_TCP, 40000, 5269, ACCESS, PARTNER, "xmpp-02" },
	{ "federation", LE_EXTERNAL, LE_OUT, IPPROTO_TCP, 40000, 5061, ACCESS, PARTNER, "ext-07" },
	{ "pic federation", LE_EXTERNAL, LE_OUT, IPPROTO_TCP, 40000, 5061, ACCESS, PARTNER,
	  "ext-07" },
	{ "pic", LE_EXTERNAL, LE_OUT, IPPROTO_TCP, 40000, 5061, ACCESS, PARTNER, "pic-02" },
	{ "federation", LE_EXTERNAL, LE_IN, IPPROTO_TCP, 40000, 5061, PARTNER, ACCESS, "ext-06" },
	{ "pic federation", LE_EXTERNAL, LE_IN, IPPROTO_TCP, 40000, 5061, PARTNER, ACCESS,
	  "ext-06" },
	{ "pic", LE_EXTERNAL, LE_IN, IPPROTO_TCP, 40000, 5061, PARTNER, ACCESS, "pic-01" },
	{ "pic remote-access", LE_EXTERNAL, LE_IN, IPPROTO_TCP, 40000, 443, PARTNER, ACCESS,
	  "ext-05" },
	{ "pic", LE_EXTERNAL, LE_IN, IPPROTO_TCP, 40000, 443, PARTNER, ACCESS, "pic-03" },
	{ "pic-av av-federation", LE_EXTERNAL, LE_OUT, IPPROTO_TCP, 40000, 50000, AV, PARTNER,
	  "ext-09" },
	{ "pic-av", LE_EXTERNAL, LE_OUT, IPPROTO_TCP, 40000, 50000, AV, PARTNER, "pic-04" },
	{ "pic-av multiple-pools", LE_EXTERNAL, LE_OUT, IPPROTO_UDP, 3478, 3478, AV, PARTNER,
	  "ext-13" },
	{ "pic-av", LE_EXTERNAL, LE_OUT, IPPROTO_UDP, 3478, 3478, AV, PARTNER, "pic-05" },
	{ "pic-av av", LE_EXTERNAL, LE_IN, IPPROTO_UDP, 40000, 3478, PARTNER, AV, "ext-14" },
	{ "pic-av", LE_EXTERNAL, LE_IN, IPPROTO_UDP, 40000, 3478, PARTNER, AV, "pic-06" },
	/* By its source port it is media. */
	{ "av-federation-ocs2007", LE_EXTERNAL, LE_OUT, IPPROTO_UDP, 50000, 3478, AV, PARTNER,
	  "ext-10" },
	{ "av-federation-ocs2007", LE_EXTERNAL, LE_OUT, IPPROTO_UDP, 49999, 3478, AV, PARTNER,
	  "ext-13" },
	{ "av av-federation", LE_EXTERNAL, LE_OUT, IPPROTO_TCP, 59999, 443, AV, PARTNER, "ext-09" },
	{ "av av-federation", LE_EXTERNAL, LE_OUT, IPPROTO_TCP, 60000, 443, AV, PARTNER, "ext-16" },
	{ "av pic-av", LE_EXTERNAL, LE_OUT, IPPROTO_TCP, 59999, 443, AV, PARTNER, "ext-16" },
	{ "pic av web-conferencing remote-access", LE_EXTERNAL, LE_IN, IPPROTO_TCP, 40000, 443,
	  PARTNER, SHARED, "ext-05" },
	{ "pic av web-conferencing", LE_EXTERNAL, LE_IN, IPPROTO_TCP, 40000, 443, PARTNER, SHARED,
	  "ext-08" },
	{ "pic av", LE_EXTERNAL, LE_IN, IPPROTO_TCP, 40000, 443, PARTNER, SHARED, "ext-15" },
	{ "pic", LE_EXTERNAL, LE_IN, IPPROTO_TCP, 40000, 443, PARTNER, SHARED, "pic-03" },
	{ "crl", LE_EXTERNAL, LE_IN, IPPROTO_TCP, 40000, 443, PARTNER, SHARED, "first" },
	{ "crl", LE_EXTERNAL, LE_OUT, IPPROTO_UDP, 50000, 53, AV, PARTNER, "first" },
};

/* What a row is called, whether of the matrix or not. */
static const char *row_name(const struct le_policy *policy, int row)
{
	if (row < 0)
		return le_reason_names[le_outcome_index(row)];
	return row < LE_NR_ROWS ? le_matrix[row].id : policy->site_rows[row - LE_NR_ROWS].name;
}

static void judge_tie(struct kunit *test, const struct tie *tie)
{
	struct text text = new_text(test, 4096);
	struct le_packet packet;
	struct le_policy *policy;
	struct le_table *table;
	unsigned int i;

	add_text(&text, "allow first %s %s %s %u from %s to %s\n"
		 "allow second %s %s %s %u from %s to %s\n",
		 le_iface_names[tie->iface], le_dir_names[tie->dir],
		 tie->protocol == IPPROTO_TCP ? "tcp" : "udp", tie->dport, tie->src, tie->dst,
		 le_iface_names[tie->iface], le_dir_names[tie->dir],
		 tie->protocol == IPPROTO_TCP ? "tcp" : "udp", tie->dport, tie->src, tie->dst);
	add_text(&text, "feature %s\nedge internal " INTERNAL "\n", tie->features);
	add_text(&text, "edge access " ACCESS " " SHARED "\nedge webconf " SHARED "\n");
	add_text(&text, "edge av " AV " " SHARED "\npeer pic-partner 192.0.2.0/24\ncommit\n");
	policy = must_parse(test, text.buf, text.len);
	table = compile(test, text.buf);
	set_ends(test, &packet, tie->protocol, tie->src, tie->dst);
	packet.flow.sport = tie->sport;
	packet.flow.dport = tie->dport;
	i = le_crossing(tie->iface, tie->dir);
	KUNIT_EXPECT_STREQ_MSG(test, row_name(policy, le_judge(table, i, &packet)), tie->first,
			       "%s", tie->features);
	le_table_free(table);
	le_policy_free(policy);
	free_text(&text);
}

static void first_row_wins(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ties); i++)
		judge_tie(test, &ties[i]);
}

/* The set of tags as words, in the order of the enumeration, which is not the matrix's. */
static bool tags_are(u32 tags, const char *words)
{
	unsigned int tag, nr = 0;
	const char *list = words;
	size_t n;

	if (!strcmp(words, "any"))
		return !tags;
	for (tag = 0; tag < LE_TAG_BLOCK; tag++) {
		const char *name = le_tag_name(tag);

		if (!!(tags & BIT(tag)) != has_word(words, name, strlen(name)))
			return false;
	}
	for (; (n = next_word(&list)); list += n)
		nr++;
	return hweight32(tags) == nr;
}

static void matrix_is_as_printed(struct kunit *test)
{
	unsigned int i, f;

	KUNIT_ASSERT_EQ(test, (unsigned int)LE_NR_ROWS, (unsigned int)ARRAY_SIZE(matrix));
	for (i = 0; i < LE_NR_ROWS; i++) {
		const struct expected_row *want = &matrix[i];
		const struct le_row *row = &le_matrix[i];

		KUNIT_EXPECT_STREQ(test, row->id, want->id);
		KUNIT_EXPECT_STREQ(test, le_iface_names[row->iface], want->iface);
		KUNIT_EXPECT_STREQ(test, le_dir_names[row->dir], want->dir);
		KUNIT_EXPECT_STREQ(test, row->protocol == IPPROTO_TCP ? "tcp" : "udp",
				   want->protocol);
		KUNIT_EXPECT_EQ(test, row->ports.first, want->first);
		KUNIT_EXPECT_EQ(test, row->ports.last, want->last);
		KUNIT_EXPECT_TRUE_MSG(test, tags_are(row->source, want->source), "%s", row->id);
		KUNIT_EXPECT_TRUE_MSG(test, tags_are(row->destination, want->destination), "%s",
				      row->id);
		for (f = 0; f < LE_NR_FEATURES; f++)
			KUNIT_EXPECT_EQ_MSG(test, !!(row->features & BIT(f)),
					    has_word(want->features, le_feature_names[f],
						     strlen(le_feature_names[f])),
					    "%s %s", row->id, le_feature_names[f]);
	}
}

/* Rows that the tables say twice count at the first (DESIGN sec. 4.8). */
static void repeated_rows(struct kunit *test)
{
	static const char *const repeats[][2] = {
		{ "fed-01", "ext-07" }, { "xmpp-01", "ext-01" }, { "xmpp-03", "int-01" },
	};
	unsigned int i, found = 0;

	for (i = 0; i < LE_NR_ROWS; i++)
		found += le_row_repeats(i) >= 0;
	KUNIT_EXPECT_EQ(test, found, (unsigned int)ARRAY_SIZE(repeats));
	for (i = 0; i < ARRAY_SIZE(repeats); i++) {
		int row = le_row_find(repeats[i][0], strlen(repeats[i][0]));
		int first = le_row_find(repeats[i][1], strlen(repeats[i][1]));

		KUNIT_EXPECT_EQ(test, le_row_repeats(row), first);
	}
}

/*
 * Site rows are judged after the matrix, in the order written, however many words of terms they
 * fill: here 1,024 rows whose ranges overlap, so that most ports have several rows to choose from.
 */
#define NR_SITE_ROWS LE_MAX_SITE_ROWS

static u16 site_first(unsigned int i)
{
	return 1 + i * 7919 % 65000;
}

static u16 site_last(unsigned int i)
{
	return site_first(i) + i % 500;
}

static void site_rows_in_order(struct kunit *test)
{
	static const char head[] = EDGES "feature av\n";
	size_t size = sizeof(head) + NR_SITE_ROWS * 80 + sizeof("commit\n"), len;
	char *text = kunit_kzalloc(test, size, GFP_KERNEL);
	struct le_table *table;
	struct le_packet packet;
	u64 points = 0;
	u32 port, i;

	KUNIT_ASSERT_NOT_NULL(test, text);
	len = scnprintf(text, size, "%s", head);
	for (i = 0; i < NR_SITE_ROWS; i++)
		len += scnprintf(text + len, size - len,
				 "allow site%u external in tcp %u-%u from any to %s\n", i,
				 site_first(i), site_last(i), i % 2 ? "av" : "10.45.0.0/16");
	scnprintf(text + len, size - len, "commit\n");
	table = compile(test, text);
	/* The A/V Edge is in both; 443 is a row of the matrix. */
	set_ends(test, &packet, IPPROTO_TCP, "8.8.8.8", "10.45.16.30");
	for (port = 0; port < 65536; port++) {
		int want = LE_NO_ROW;

		for (i = 0; i < NR_SITE_ROWS && want == LE_NO_ROW; i++)
			if (port >= site_first(i) && port <= site_last(i))
				want = LE_NR_ROWS + i;
		if (port == 443)
			want = le_row_find("ext-15", 6);
		packet.flow.dport = port;
		packet.flow.sport = 40000;
		points++;
		KUNIT_EXPECT_EQ_MSG(test, le_judge(table, le_crossing(LE_EXTERNAL, LE_IN), &packet),
				    want, "port %u", port);
		KUNIT_EXPECT_EQ(test, le_judge(table, le_crossing(LE_EXTERNAL, LE_OUT), &packet),
				LE_NO_ROW);
	}
	le_table_free(table);
	kunit_info(test, "%llu points compared\n", points);
}

/* What is decided before any row: DESIGN sec. 4.2 to 4.6. */
static void before_the_rows(struct kunit *test)
{
	unsigned int in = le_crossing(LE_EXTERNAL, LE_IN), out = le_crossing(LE_EXTERNAL, LE_OUT);
	struct le_table *table = compile(test, EDGES "feature av\nblock 203.0.113.0/24\n"
					 "option scope address\noption icmp-echo allow\n"
					 "option established stateless\ncommit\n");
	struct le_packet packet;
	unsigned int track;

	set_ends(test, &packet, IPPROTO_TCP, "8.8.8.8", "10.45.16.30");
	packet.flow.sport = 40000;
	packet.flow.dport = 443;
	KUNIT_EXPECT_EQ(test, le_judge(table, in, &packet), le_row_find("ext-15", 6));
	packet.track = LE_TRACK_INVALID;
	KUNIT_EXPECT_EQ(test, le_judge(table, in, &packet), LE_INVALID);

	/* The mirror image of an accepted packet, but only of what may be an answer. */
	mirror(&packet.flow);
	packet.track = LE_TRACK_NONE;
	KUNIT_EXPECT_EQ(test, le_judge(table, out, &packet), LE_NO_ROW);
	packet.may_answer = true;
	KUNIT_EXPECT_EQ(test, le_judge(table, out, &packet), le_row_find("ext-15", 6));

	for (track = LE_TRACK_NONE; track <= LE_TRACK_REPLY; track++) {
		set_ends(test, &packet, IPPROTO_TCP, "203.0.113.255", "10.45.16.30");
		packet.track = track;
		packet.flow.dport = 443;
		KUNIT_EXPECT_EQ(test, le_judge(table, in, &packet), LE_BLOCKED);
		/* It is the far address that counts, and there is no edge at the near one. */
		KUNIT_EXPECT_EQ(test, le_judge(table, out, &packet), LE_UNJUDGED);
		mirror(&packet.flow);
		KUNIT_EXPECT_EQ(test, le_judge(table, out, &packet), LE_BLOCKED);
	}

	set_ends(test, &packet, IPPROTO_ICMP, "8.8.8.8", "10.45.16.30");
	packet.kind = LE_KIND_ICMP_ECHO;
	KUNIT_EXPECT_EQ(test, le_judge(table, in, &packet), LE_ICMP_ECHO);
	packet.kind = LE_KIND_OTHER;
	KUNIT_EXPECT_EQ(test, le_judge(table, in, &packet), LE_PROTOCOL);
	packet.kind = LE_KIND_FRAGMENT;
	KUNIT_EXPECT_EQ(test, le_judge(table, in, &packet), LE_FRAGMENT);
	packet.kind = LE_KIND_MALFORMED;
	KUNIT_EXPECT_EQ(test, le_judge(table, in, &packet), LE_MALFORMED);
	le_table_free(table);
}

/* The whole matrix fits into word 0, in few classes. */
static void tables_are_small(struct kunit *test)
{
	struct le_table *table = compile(test, rules_cases[1].text);

	KUNIT_EXPECT_LE(test, table->nr_terms, (u32)LE_NR_FAST_TERMS);
	KUNIT_EXPECT_LE(test, table->nr_dport_classes, 40U);
	KUNIT_EXPECT_EQ(test, table->wide.nr_words, 0U);
	kunit_info(test, "%u terms, %u classes of ports, %u of addresses\n", table->nr_terms,
		   table->nr_dport_classes, table->nr_addr_classes);
	le_table_free(table);
}

static struct kunit_case rules_kunit_cases[] = {
	KUNIT_CASE_PARAM(table_is_matrix, rules_gen_params),
	KUNIT_CASE(each_row),
	KUNIT_CASE(random_policies),
	KUNIT_CASE_PARAM(source_ports, media_gen_params),
	KUNIT_CASE(first_row_wins),
	KUNIT_CASE(matrix_is_as_printed),
	KUNIT_CASE(repeated_rows),
	KUNIT_CASE(site_rows_in_order),
	KUNIT_CASE(before_the_rows),
	KUNIT_CASE(tables_are_small),
	{}
};

static struct kunit_suite rules_suite = {
	.name = "lyncedge_rules",
	.test_cases = rules_kunit_cases,
};

kunit_test_suite(rules_suite);

MODULE_LICENSE("GPL");
