// SPDX-License-Identifier: GPL-2.0-only
/*
 * A captured packet's way to its verdict; see follow.h.
 */
#include "follow.h"
#include "output.h"
#include "rows.h"

/* Where a TCP header has its flags. */
#define TCP_FLAGS_AT 13
/* How long a packet may take from one device to the other, in nanoseconds. */
#define ENTERED_LASTS 1000000000ULL
/* An odd number whose bits are anywhere. */
#define MARK_FACTOR 0x9e3779b97f4a7c15ULL

/**
 * follow_init() - begin
 * @follow: what to call the others with
 * @policy: what to judge by
 * @table: the same, compiled
 * @where: where packets cross; all three must outlive @follow
 */
void follow_init(struct follow *follow, const struct le_policy *policy,
		 const struct le_table *table, struct where *where)
{
	memset(follow, 0, sizeof(*follow));
	follow->policy = policy;
	follow->table = table;
	follow->where = where;
	follow->defrag = defrag_new();
	tracker_init(&follow->tracker);
	follow->rows = calloc(nr_rows(policy), sizeof(*follow->rows));
	if (!follow->rows)
		die_out_of_memory();
}

/**
 * follow_free() - let go of what was followed
 * @follow: of follow_init()
 */
void follow_free(struct follow *follow)
{
	defrag_free(follow->defrag);
	tracker_free(&follow->tracker);
	free(follow->rows);
	free(follow->aligned);
}

static void add(struct total *total, u64 bytes)
{
	total->packets++;
	total->bytes += bytes;
}

/*
 * The packet in a frame, without what fills the frame up, if its header is one that the kernel
 * would have brought as far as FORWARD.
 */
static enum unjudged trim(struct sk_buff *skb, u8 family)
{
	struct ipv6hdr ip6;
	struct iphdr ip;
	u32 len;

	if (skb_headlen(skb) < (family == LE_IPV4 ? sizeof(ip) : sizeof(ip6)))
		return skb->absent ? UNJUDGED_CUT : UNJUDGED_DAMAGED;
	if (family == LE_IPV4) {
		memcpy(&ip, skb->data, sizeof(ip));
		len = ntohs(ip.tot_len);
		if (ip.version != 4 || ip.ihl < 5 || len < ip.ihl * 4U)
			return UNJUDGED_DAMAGED;
	} else {
		memcpy(&ip6, skb->data, sizeof(ip6));
		len = ntohs(ip6.payload_len) + sizeof(ip6);
		if (ip6.version != 6)
			return UNJUDGED_DAMAGED;
	}
	if (len > skb->len)
		return UNJUDGED_DAMAGED;
	skb->absent = len > skb_headlen(skb) ? len - skb_headlen(skb) : 0;
	skb->len = len;
	return UNJUDGED_NOT;
}

static void read_addrs(const struct sk_buff *skb, u8 family, union le_addr *src,
		       union le_addr *dst, u8 *hops)
{
	u32 size = family == LE_IPV4 ? sizeof(src->v4) : sizeof(*src);
	u32 at = family == LE_IPV4 ? offsetof(struct iphdr, saddr) :
				     offsetof(struct ipv6hdr, saddr);

	memset(src, 0, sizeof(*src));
	memset(dst, 0, sizeof(*dst));
	memcpy(src, skb->data + at, size);
	memcpy(dst, skb->data + at + size, size);
	*hops = skb->data[family == LE_IPV4 ? offsetof(struct iphdr, ttl) :
					      offsetof(struct ipv6hdr, hop_limit)];
}

static u8 tcp_flags(const struct sk_buff *skb, u8 family)
{
	u32 at = (skb->data[0] & 0xf) * 4, ignored;
	const u8 *flags;

	if (family == LE_IPV6 && !ipv6_find_header(skb, IPPROTO_TCP, &at, &ignored))
		return 0;
	flags = skb_header_pointer(skb, at + TCP_FLAGS_AT, 1, NULL);
	return flags ? *flags : 0;
}

static void map_flow(const struct where *where, struct le_flow *flow)
{
	where_map(where, &flow->src, flow->family);
	where_map(where, &flow->dst, flow->family);
}

/* The addresses that NAT gives a packet. */
static void map_packet(const struct where *where, struct le_packet *packet)
{
	if (packet->has_addrs)
		map_flow(where, &packet->flow);
	if (packet->kind == LE_KIND_ICMP_ERROR && packet->about_known)
		map_flow(where, &packet->about);
}

/* What was not captured may have been as it should. */
static bool is_cut(const struct sk_buff *skb, const struct le_packet *packet)
{
	if (!skb->absent)
		return false;
	return packet->kind == LE_KIND_MALFORMED ||
	       (packet->kind == LE_KIND_ICMP_ERROR && !packet->about_known);
}

/**
 * struct crossing - a packet where it crosses
 * @packet: its headers, at the addresses that the module would see
 * @captured: the same as it was captured
 * @conn: its connection
 * @sender: which end of that has sent it
 * @is_from_before: it is the first that was captured of its connection, and not that one's first
 * @where: where it crosses
 * @mark: what it is known by at the other device that it crosses
 * @bytes: its length
 * @now: when it was captured
 */
struct crossing {
	struct le_packet packet;
	struct le_packet captured;
	struct tracked *conn;
	u8 sender;
	bool is_from_before;
	struct crossings where;
	u64 mark;
	u32 bytes;
	u64 now;
};

/* The module drops at the first crossing that refuses. */
static int judge_both(const struct follow *follow, const struct crossing *x, int *entering,
		      int *leaving)
{
	*entering = *leaving = LE_UNJUDGED;
	if (x->where.entering != NO_CROSSING)
		*entering = le_judge(follow->table, x->where.entering, &x->packet);
	if (!le_outcome_accepts(*entering))
		return *entering;
	if (x->where.leaving != NO_CROSSING)
		*leaving = le_judge(follow->table, x->where.leaving, &x->packet);
	return *leaving;
}

/*
 * A connection that was there before the capture has no first packet in it. Where its first sender
 * is not one whom a row admits, but the other is, it was the other.
 */
static void guess_again(const struct follow *follow, struct crossing *x)
{
	int entering, leaving;

	if (judge_both(follow, x, &entering, &leaving) != LE_NO_ROW)
		return;
	x->packet.track = LE_TRACK_REPLY;
	if (le_outcome_accepts(judge_both(follow, x, &entering, &leaving)))
		x->conn->first = !x->conn->first;
	else
		x->packet.track = LE_TRACK_ORIGINAL;
}

/* Return: LE_TRACK_*, by the packet at the Edge's own addresses. */
static u8 track(struct follow *follow, const struct sk_buff *skb, struct crossing *x)
{
	struct le_packet *packet = &x->packet;
	u8 flags = 0;

	if (packet->kind == LE_KIND_ICMP_ERROR) {
		tracker_track_error(&follow->tracker, packet, x->now);
		return packet->track;
	}
	if (packet->kind == LE_KIND_MALFORMED)
		return LE_TRACK_INVALID;
	if (packet->kind != LE_KIND_PORTS && packet->kind != LE_KIND_ICMP_ECHO)
		return LE_TRACK_NONE;
	if (packet->flow.protocol == IPPROTO_TCP)
		flags = tcp_flags(skb, packet->flow.family);
	packet->track = tracker_track(x->conn, x->sender, flags, x->now);
	x->is_from_before = packet->track == LE_TRACK_INVALID &&
			    tracker_is_from_before(x->conn, flags);
	if (packet->track == LE_TRACK_ORIGINAL && x->conn->guessed && !x->conn->replied &&
	    !follow->table->stateless)
		guess_again(follow, x);
	return packet->track;
}

/*
 * What conntrack calls invalid, NAT leaves alone. The rest has the Edge's own addresses, and if
 * conntrack is not asked, all else that it had. So has then what began before the capture: here it
 * is unknown, but to NAT it was not.
 */
static void pass_nat(struct follow *follow, const struct sk_buff *skb, struct crossing *x)
{
	u8 says = track(follow, skb, x);
	bool stateless = follow->table->stateless;

	if (says == LE_TRACK_INVALID && !(stateless && x->is_from_before)) {
		x->packet = x->captured;
		x->packet.track = says;
		if (!stateless)
			x->packet.about_known = false;
	} else if (stateless) {
		x->packet = x->captured;
		map_packet(follow->where, &x->packet);
	}
	if (stateless)
		x->packet.track = LE_TRACK_NONE;
}

/* What is dropped is counted at the crossing of the connection's first packet. */
static struct tally *tally_of(struct follow *follow, const struct crossing *x, int outcome,
			      u8 crossing, bool *is_new)
{
	u8 sender = x->sender;

	if (le_outcome_accepts(outcome))
		return tracker_tally(&follow->tracker, x->conn, outcome, 0, 0, 0, is_new);
	if (x->packet.track == LE_TRACK_REPLY && x->packet.kind == LE_KIND_PORTS) {
		crossing = le_crossing_reverse(crossing);
		sender = !sender;
	}
	return tracker_tally(&follow->tracker, x->conn, outcome, crossing, sender, x->packet.kind,
			   is_new);
}

static struct total *total_of(struct follow *follow, int outcome)
{
	return outcome >= 0 ? &follow->rows[outcome] :
			      &follow->reasons[le_outcome_index(outcome)];
}

/* As the module does. Return: number of the tally. */
static u32 count(struct follow *follow, const struct crossing *x, int outcome, int crossing)
{
	struct total *total;
	struct tally *tally;
	bool is_new;

	if (outcome == LE_UNJUDGED)
		return NO_TALLY;
	total = total_of(follow, outcome);
	add(total, x->bytes);
	tally = tally_of(follow, x, outcome, crossing, &is_new);
	if (is_new || !tally->packets) {
		total->flows++;
		tally->first = x->now;
	}
	tally->packets++;
	tally->bytes += x->bytes;
	tally->last = x->now;
	return tally - follow->tracker.tallies;
}

/* It had been accepted where it enters, but is refused where it leaves: then only that counts. */
static void uncount(struct follow *follow, const struct entered *entered, u32 bytes)
{
	struct total *total = total_of(follow, entered->outcome);
	struct tally *tally = &follow->tracker.tallies[entered->tally];

	total->packets--;
	total->bytes -= bytes;
	tally->packets--;
	tally->bytes -= bytes;
	total->flows -= !tally->packets;
}

/* What a packet is known by where it leaves: nothing of it that NAT or a hop changes. */
static u64 mark_of(const struct follow *follow, const struct sk_buff *skb,
		   const struct crossing *x)
{
	bool is_ipv4 = x->packet.flow.family == LE_IPV4;
	u32 at = is_ipv4 ? (skb->data[0] & 0xfU) * 4 : (u32)sizeof(struct ipv6hdr);
	bool is_tcp = x->packet.flow.protocol == IPPROTO_TCP;
	/* TCP's sequence number. */
	const u8 *number = is_tcp ? skb_header_pointer(skb, at + 4, 4, NULL) : NULL;
	u64 mark = (u64)(x->conn - follow->tracker.list) << 1 | x->sender;
	u32 word = skb->len;

	mark = mark * MARK_FACTOR ^ word;
	if (number)
		memcpy(&word, number, sizeof(word));
	mark = mark * MARK_FACTOR ^ word;
	if (is_ipv4)
		memcpy(&word, skb->data + offsetof(struct iphdr, tot_len), sizeof(word));
	return (mark * MARK_FACTOR ^ word) * MARK_FACTOR | 1;
}

/*
 * The module judges a packet once, with both devices at hand. A capture shows it where it enters,
 * and perhaps a moment later where it leaves.
 */
static struct entered *find_entered(struct follow *follow, const struct crossing *x)
{
	struct entered *entered = &follow->entered[x->mark >> 32 & (NR_ENTERED - 1)];

	if (entered->mark != x->mark || x->now - entered->when > ENTERED_LASTS)
		return NULL;
	if (!--entered->nr)
		entered->mark = 0;
	return entered;
}

/* Equal packets may be on their way at a time: copies, or empty ones of UDP. */
static void add_entered(struct follow *follow, const struct crossing *x, int outcome, u32 tally)
{
	struct entered *entered = &follow->entered[x->mark >> 32 & (NR_ENTERED - 1)];
	bool is_another = entered->mark == x->mark && entered->tally == tally &&
			  x->now - entered->when <= ENTERED_LASTS;

	*entered = (struct entered){
		.mark = x->mark,
		.nr = is_another ? entered->nr + 1 : 1,
		.when = x->now,
		.outcome = outcome,
		.tally = tally,
	};
}

static void judge_leaving(struct follow *follow, const struct crossing *x,
			  const struct entered *entered)
{
	int leaving = le_judge(follow->table, x->where.leaving, &x->packet);

	if (!le_outcome_accepts(leaving))
		uncount(follow, entered, x->bytes);
	count(follow, x, leaving, x->where.leaving);
}

static void judge(struct follow *follow, const struct crossing *x)
{
	bool is_neighbour = x->packet.kind == LE_KIND_NEIGHBOUR;
	u32 tally = NO_TALLY;
	int entering, leaving;
	int outcome = judge_both(follow, x, &entering, &leaving);
	bool accepted = le_outcome_accepts(outcome);

	if (entering == LE_UNJUDGED && leaving == LE_UNJUDGED) {
		add(&follow->unjudged[is_neighbour ? UNJUDGED_LOCAL : UNJUDGED_SCOPE], x->bytes);
		return;
	}
	/* On the gateway, conntrack knew it. */
	if (outcome == LE_INVALID && x->is_from_before) {
		add(&follow->unjudged[UNJUDGED_BEFORE], x->bytes);
		return;
	}
	add(&follow->unjudged[UNJUDGED_NOT], x->bytes);
	if (accepted || !le_outcome_accepts(entering))
		tally = count(follow, x, entering, x->where.entering);
	if (le_outcome_accepts(entering))
		count(follow, x, leaving, x->where.leaving);
	if (tally != NO_TALLY && x->where.leaving == NO_CROSSING)
		add_entered(follow, x, entering, tally);
}

static void cross(struct follow *follow, const struct sk_buff *skb, u8 family,
		  struct crossing *x)
{
	const struct entered *entered = NULL;

	memset(&x->captured, 0, sizeof(x->captured));
	le_packet_read(skb, family, &x->captured);
	if (is_cut(skb, &x->captured)) {
		add(&follow->unjudged[UNJUDGED_CUT], skb->len);
		return;
	}
	x->packet = x->captured;
	map_packet(follow->where, &x->packet);
	x->bytes = skb->len;
	x->conn = tracker_find(&follow->tracker, &x->packet.flow, true, &x->sender);
	x->mark = mark_of(follow, skb, x);
	if (x->where.entering == NO_CROSSING)
		entered = find_entered(follow, x);
	if (entered && !le_outcome_accepts(entered->outcome)) {
		add(&follow->unjudged[UNJUDGED_TWICE], x->bytes);
		return;
	}
	pass_nat(follow, skb, x);
	if (entered)
		judge_leaving(follow, x, entered);
	else
		judge(follow, x);
}

/* Headers are read as they lie, which is at multiples of four bytes in the kernel. */
static void align(struct follow *follow, struct sk_buff *skb)
{
	u32 len = skb_headlen(skb);

	if ((uintptr_t)skb->data % 4 == 0)
		return;
	if (len > follow->room) {
		follow->room = len * 2;
		follow->aligned = grown(follow->aligned, follow->room, 1);
	}
	memcpy(follow->aligned, skb->data, len);
	skb->data = follow->aligned;
}

static enum unjudged take_frame(struct follow *follow, const struct capture *capture,
				const struct captured *packet)
{
	struct sk_buff skb = { .len = packet->len, .absent = packet->len - packet->caplen };
	struct crossing x = { .now = packet->time };
	struct link_frame frame;
	union le_addr src, dst;
	enum unjudged why;
	u8 hops;

	switch (link_read(packet->linktype, packet->data, packet->caplen, &frame)) {
	case LINK_IS_IP:
		break;
	case LINK_IS_CUT:
		return packet->caplen < packet->len ? UNJUDGED_CUT : UNJUDGED_NOT_IP;
	case LINK_IS_OTHER:
		return UNJUDGED_NOT_IP;
	case LINK_IS_FOREIGN:
		/* A pcapng capture may have devices of other link types besides. */
		if (!follow->unjudged[UNJUDGED_FOREIGN].packets)
			follow->foreign = packet->linktype;
		return UNJUDGED_FOREIGN;
	}
	/* A frame may end right where the packet should begin. */
	skb.data = packet->data + frame.ip;
	skb.len -= frame.ip;
	why = trim(&skb, frame.family);
	if (why != UNJUDGED_NOT)
		return why;
	align(follow, &skb);
	read_addrs(&skb, frame.family, &src, &dst, &hops);
	why = where_find(follow->where, capture, packet, &frame, &src, &dst, hops, &x.where);
	if (why != UNJUDGED_NOT)
		return why;
	if (defrag_take(follow->defrag, &skb, frame.family,
			x.where.entering * (LE_NR_CROSSINGS + 1) + x.where.leaving,
			packet->time) == DEFRAG_WHOLE)
		cross(follow, &skb, frame.family, &x);
	return UNJUDGED_NOT;
}

/**
 * follow_take() - judge the next packet of a capture
 * @follow: of follow_init()
 * @capture: the capture, or NULL
 * @packet: the packet
 */
void follow_take(struct follow *follow, const struct capture *capture,
		 const struct captured *packet)
{
	enum unjudged why = take_frame(follow, capture, packet);

	if (why != UNJUDGED_NOT)
		add(&follow->unjudged[why], packet->len);
	if (!follow->packets++)
		follow->first = packet->time;
	follow->last = packet->time;
	follow->bytes += packet->len;
	follow->cut += packet->caplen < packet->len;
}

/**
 * follow_end() - say that there are no more packets
 * @follow: of follow_init()
 */
void follow_end(struct follow *follow)
{
	follow->unjudged[UNJUDGED_FRAGMENT].packets = defrag_kept(follow->defrag);
}

/**
 * follow_dropped() - how many packets would have been dropped
 * @follow: of follow_init()
 *
 * Return: their number.
 */
u64 follow_dropped(const struct follow *follow)
{
	u64 packets = 0;
	unsigned int i;

	for (i = 0; i < LE_NR_DROPS; i++)
		packets += follow->reasons[i].packets;
	return packets;
}
