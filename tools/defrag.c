// SPDX-License-Identifier: GPL-2.0-only
/*
 * Puts fragments together. Few packets are fragments, and of those few are on their way at a time,
 * so they are kept in a plain array, which is searched from its start; the oldest goes when there
 * are too many.
 */
#include "defrag.h"
#include "output.h"

#define NR_QUEUES 256
#define IPV4_OFFSET 0x1fff
#define IPV4_MORE 0x2000
#define IPV6_OFFSET 0xfff8
#define IPV6_MORE 0x0001
/* Fragments but the last are multiples of it, and so are their places. */
#define UNIT 8
#define MAX_PAYLOAD 65535
#define NR_UNITS ((MAX_PAYLOAD + UNIT) / UNIT)
/* How long the kernel waits for the rest: ipfrag_time, nf_conntrack_frag6_timeout. */
#define NSEC_PER_SEC 1000000000ULL
#define IPV4_WAITS (30 * NSEC_PER_SEC)
#define IPV6_WAITS (60 * NSEC_PER_SEC)

/* Extension headers that may stand before or behind that of a fragment (RFC 8200 sec. 4.1). */
enum {
	HOP_BY_HOP = 0,
	ROUTING = 43,
	FRAGMENT = 44,
	AUTHENTICATION = 51,
	OPTIONS = 60,
};

#define FRAGMENT_HEADER 8

/**
 * struct piece - a fragment
 * @header: bytes of headers that are not cut into fragments
 * @next_at: IPv6: where the number is that says that a fragment header follows
 * @next: IPv6: what follows the fragment header
 * @skip: bytes of the fragment header
 * @offset: where its payload belongs
 * @len: length of that
 * @more: it is not the last
 * @id: which packet it is of
 * @protocol: likewise, IPv4
 */
struct piece {
	u32 header;
	u32 next_at;
	u8 next;
	u32 skip;
	u32 offset;
	u32 len;
	bool more;
	u32 id;
	u8 protocol;
};

/**
 * struct queue - a packet of which not all is here yet
 * @src: its sender
 * @dst: its receiver
 * @where: where it crosses
 * @id: its number
 * @protocol: its protocol, IPv4
 * @family: LE_IPV4 or LE_IPV6
 * @begun: when its first fragment came; 0 if the queue is free
 * @nr: how many fragments have come
 * @data: headers of the first fragment, then payload; bytes that are not at hand are 0
 * @header: bytes of headers; 0 until the first fragment is here
 * @at_hand: behind @data: how many bytes of each unit are at hand
 * @reach: where the payload that has come ends
 * @end: length of the payload; 0 until the last fragment is here
 * @units: set of them
 */
struct queue {
	union le_addr src;
	union le_addr dst;
	u32 where;
	u32 id;
	u8 protocol;
	u8 family;
	u64 begun;
	u32 nr;
	u8 *data;
	u32 header;
	u8 *at_hand;
	u32 reach;
	u32 end;
	u8 units[NR_UNITS / 8 + 1];
};

/* Headers before the payload: at most what an IPv6 packet has of them, beyond reason. */
#define MAX_HEADER 2048
#define QUEUE_DATA (MAX_HEADER + MAX_PAYLOAD + UNIT)

/**
 * struct defrag - all packets that are not complete
 * @queues: the packets
 * @whole: the packet that was completed last
 * @kept: how many fragments came of which no packet was made
 */
struct defrag {
	struct queue queues[NR_QUEUES];
	u8 *whole;
	u64 kept;
};

/**
 * defrag_new() - begin
 *
 * Return: what to call the others with.
 */
struct defrag *defrag_new(void)
{
	struct defrag *defrag = calloc(1, sizeof(*defrag));

	if (!defrag)
		die_out_of_memory();
	return defrag;
}

/**
 * defrag_free() - end
 * @defrag: of defrag_new()
 */
void defrag_free(struct defrag *defrag)
{
	unsigned int i;

	for (i = 0; i < NR_QUEUES; i++)
		free(defrag->queues[i].data);
	free(defrag->whole);
	free(defrag);
}

/**
 * defrag_kept() - how many fragments came of which no packet could be made
 * @defrag: of defrag_new()
 *
 * Return: their number.
 */
u64 defrag_kept(const struct defrag *defrag)
{
	u64 kept = defrag->kept;
	unsigned int i;

	for (i = 0; i < NR_QUEUES; i++)
		if (defrag->queues[i].begun)
			kept += defrag->queues[i].nr;
	return kept;
}

static u32 ext_header_len(u8 protocol, const u8 *ext)
{
	if (protocol == FRAGMENT)
		return FRAGMENT_HEADER;
	return protocol == AUTHENTICATION ? (ext[1] + 2) * 4 : (ext[1] + 1) * 8;
}

/**
 * ipv6_find_header() - find a header behind the IPv6 header
 * @skb: the packet
 * @protocol: its protocol number
 * @at: where to put where it starts
 * @next_at: where to put where its number is
 *
 * Return: whether there is one, at least by what the headers before it say.
 */
bool ipv6_find_header(const struct sk_buff *skb, u8 protocol, u32 *at, u32 *next_at)
{
	u32 offset = sizeof(struct ipv6hdr), next = offsetof(struct ipv6hdr, nexthdr);
	unsigned int nr;

	for (nr = 0; nr < 16; nr++) {
		const u8 *ext = skb_header_pointer(skb, offset, 8, NULL);
		u8 number = skb->data[next];

		if (number == protocol) {
			*at = offset;
			*next_at = next;
			return true;
		}
		if (!ext || (number != HOP_BY_HOP && number != ROUTING && number != OPTIONS &&
			     number != AUTHENTICATION && number != FRAGMENT))
			return false;
		next = offset;
		offset += ext_header_len(number, ext);
	}
	return false;
}

static bool read_ipv4(const struct sk_buff *skb, struct piece *piece)
{
	struct iphdr ip;
	u32 len;
	u16 bits;

	memcpy(&ip, skb->data, sizeof(ip));
	bits = ntohs(ip.frag_off);
	if (!(bits & (IPV4_OFFSET | IPV4_MORE)))
		return false;
	len = skb->len - ip.ihl * 4;
	/* The kernel takes of it what fits. */
	if (bits & IPV4_MORE)
		len -= len % UNIT;
	*piece = (struct piece){
		.header = ip.ihl * 4,
		.offset = (bits & IPV4_OFFSET) * UNIT,
		.len = len,
		.more = bits & IPV4_MORE,
		.id = ntohs(ip.id),
		.protocol = ip.protocol,
	};
	return true;
}

static bool read_ipv6(const struct sk_buff *skb, struct piece *piece)
{
	u32 at, next_at;
	const u8 *head;
	u16 bits;

	if (!ipv6_find_header(skb, FRAGMENT, &at, &next_at))
		return false;
	head = skb_header_pointer(skb, at, FRAGMENT_HEADER, NULL);
	if (!head || at > MAX_HEADER)
		return false;
	bits = head[2] << 8 | head[3];
	*piece = (struct piece){
		.header = at,
		.next_at = next_at,
		.next = head[0],
		.skip = FRAGMENT_HEADER,
		.offset = bits & IPV6_OFFSET,
		.len = skb->len - at - FRAGMENT_HEADER,
		.more = bits & IPV6_MORE,
	};
	memcpy(&piece->id, head + 4, sizeof(piece->id));
	return true;
}

static void read_addrs(const struct sk_buff *skb, u8 family, struct queue *queue)
{
	u32 size = family == LE_IPV4 ? 4 : 16, at = family == LE_IPV4 ? 12 : 8;

	memset(&queue->src, 0, sizeof(queue->src));
	memset(&queue->dst, 0, sizeof(queue->dst));
	memcpy(&queue->src, skb->data + at, size);
	memcpy(&queue->dst, skb->data + at + size, size);
}

static bool is_of(const struct queue *queue, const struct queue *wanted)
{
	return queue->begun && queue->id == wanted->id && queue->protocol == wanted->protocol &&
	       queue->family == wanted->family && queue->where == wanted->where &&
	       !memcmp(&queue->src, &wanted->src, sizeof(queue->src)) &&
	       !memcmp(&queue->dst, &wanted->dst, sizeof(queue->dst));
}

/* What is left of a packet is of no use any more. */
static void give_up(struct defrag *defrag, struct queue *queue)
{
	defrag->kept += queue->nr;
	queue->begun = 0;
}

static void expire(struct defrag *defrag, struct queue *queue, u64 now)
{
	u64 waits = queue->family == LE_IPV4 ? IPV4_WAITS : IPV6_WAITS;

	if (queue->begun && now > queue->begun && now - queue->begun > waits)
		give_up(defrag, queue);
}

/* The packet's queue, or a new one in place of a free or the oldest one. */
static struct queue *find(struct defrag *defrag, struct queue *wanted, u64 now)
{
	struct queue *queue, *oldest = defrag->queues;
	u8 *data;

	for (queue = defrag->queues; queue < defrag->queues + NR_QUEUES; queue++) {
		expire(defrag, queue, now);
		if (is_of(queue, wanted))
			return queue;
		if (queue->begun < oldest->begun)
			oldest = queue;
	}
	if (oldest->begun)
		give_up(defrag, oldest);
	data = oldest->data ? oldest->data : grown(NULL, QUEUE_DATA + NR_UNITS, 1);
	memset(data, 0, QUEUE_DATA + NR_UNITS);
	*oldest = *wanted;
	oldest->data = data;
	oldest->at_hand = data + QUEUE_DATA;
	oldest->begun = now ? now : 1;
	return oldest;
}

static bool has_unit(const struct queue *queue, u32 unit)
{
	return queue->units[unit / 8] & BIT(unit % 8);
}

/* How many of a piece's units are here already. */
static u32 count_units(const struct queue *queue, u32 first, u32 nr)
{
	u32 i, n = 0;

	for (i = 0; i < nr; i++)
		n += has_unit(queue, first + i);
	return n;
}

/* The bytes of a piece that were captured, into their place. */
static void put_bytes(struct queue *queue, const struct sk_buff *skb, const struct piece *piece)
{
	u32 start = piece->header + piece->skip, at_hand = skb_headlen(skb);
	u32 len = at_hand > start ? at_hand - start : 0, i;

	if (!piece->offset && at_hand >= piece->header && piece->header <= MAX_HEADER) {
		queue->header = piece->header;
		memcpy(queue->data + MAX_HEADER - piece->header, skb->data, piece->header);
		if (piece->skip)
			queue->data[MAX_HEADER - piece->header + piece->next_at] = piece->next;
	}
	if (len > piece->len)
		len = piece->len;
	memcpy(queue->data + MAX_HEADER + piece->offset, skb->data + start, len);
	for (i = 0; i < len; i += UNIT)
		queue->at_hand[(piece->offset + i) / UNIT] = len - i < UNIT ? len - i : UNIT;
}

/* How many bytes of payload are at hand from the start on, in whatever order they came. */
static u32 known_of(const struct queue *queue)
{
	u32 known = 0;

	while (known < queue->end && known % UNIT == 0 && queue->at_hand[known / UNIT])
		known += queue->at_hand[known / UNIT];
	return known;
}

/* The whole packet in place of its last fragment, with lengths that say so. */
static void complete(struct defrag *defrag, struct queue *queue, struct sk_buff *skb)
{
	u32 total = queue->header + queue->end;
	u8 *data = queue->data + MAX_HEADER - queue->header;
	struct ipv6hdr ip6;
	struct iphdr ip;

	if (queue->family == LE_IPV4) {
		memcpy(&ip, data, sizeof(ip));
		ip.frag_off = 0;
		ip.tot_len = htons(total);
		memcpy(data, &ip, sizeof(ip));
	} else {
		memcpy(&ip6, data, sizeof(ip6));
		ip6.payload_len = htons(total - sizeof(ip6));
		memcpy(data, &ip6, sizeof(ip6));
	}
	if (!defrag->whole)
		defrag->whole = grown(NULL, QUEUE_DATA, 1);
	memcpy(defrag->whole, data, total);
	*skb = (struct sk_buff){
		.data = defrag->whole,
		.len = total,
		.absent = queue->end - known_of(queue),
	};
	queue->begun = 0;
}

static bool is_possible(const struct queue *queue, const struct piece *piece)
{
	u32 end = piece->offset + piece->len;

	if (!piece->len || end > MAX_PAYLOAD || (piece->more && piece->len % UNIT))
		return false;
	if (!piece->more && end < queue->reach)
		return false;
	if (!queue->end)
		return true;
	return piece->more ? end <= queue->end : end == queue->end;
}

static bool is_complete(const struct queue *queue)
{
	u32 nr = (queue->end + UNIT - 1) / UNIT;

	return queue->header && queue->end && count_units(queue, 0, nr) == nr;
}

/**
 * defrag_take() - take a packet
 * @defrag: of defrag_new()
 * @skb: the packet, with a whole IP header; if it is the last fragment of one that was lacking,
 *	the packet that they make, which is valid until the next is taken
 * @family: LE_IPV4 or LE_IPV6
 * @where: where it crosses: fragments of different places are of different packets
 * @now: when it was captured
 *
 * Return: what becomes of it.
 */
enum defrag_kind defrag_take(struct defrag *defrag, struct sk_buff *skb, u8 family, u32 where,
			     u64 now)
{
	struct queue wanted = { .family = family, .where = where }, *queue;
	u32 first, nr, here, i;
	struct piece piece;

	if (!(family == LE_IPV4 ? read_ipv4(skb, &piece) : read_ipv6(skb, &piece)))
		return DEFRAG_WHOLE;
	read_addrs(skb, family, &wanted);
	wanted.id = piece.id;
	wanted.protocol = piece.protocol;
	queue = find(defrag, &wanted, now);
	queue->nr++;
	first = piece.offset / UNIT;
	nr = (piece.len + UNIT - 1) / UNIT;
	if (!is_possible(queue, &piece)) {
		give_up(defrag, queue);
		return DEFRAG_LOST;
	}
	here = count_units(queue, first, nr);
	if (here == nr)
		return DEFRAG_KEPT;
	if (here) {
		give_up(defrag, queue);
		return DEFRAG_LOST;
	}
	for (i = first; i < first + nr; i++)
		queue->units[i / 8] |= BIT(i % 8);
	if (piece.offset + piece.len > queue->reach)
		queue->reach = piece.offset + piece.len;
	if (!piece.more)
		queue->end = piece.offset + piece.len;
	put_bytes(queue, skb, &piece);
	if (!is_complete(queue))
		return DEFRAG_KEPT;
	if (queue->header + queue->end > MAX_PAYLOAD) {
		give_up(defrag, queue);
		return DEFRAG_LOST;
	}
	complete(defrag, queue, skb);
	return DEFRAG_WHOLE;
}
