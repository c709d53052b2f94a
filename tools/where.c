// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds where captured packets cross; see where.h.
 */
/* Before the kernel's headers, which then leave out what is the same in both. */
#include <net/if.h>

#include <ifaddrs.h>

#include "lookup.h"
#include "lyncedge_rules.h"
#include "nat_pairs.h"
#include "output.h"
#include "where.h"

const char *const unjudged_names[NR_UNJUDGED] = {
	[UNJUDGED_NOT] = "judged",
	[UNJUDGED_NOT_IP] = "not-ip",
	[UNJUDGED_FOREIGN] = "link-type",
	[UNJUDGED_DEVICE] = "other-device",
	[UNJUDGED_TWICE] = "seen-twice",
	[UNJUDGED_OTHER_HOST] = "other-host",
	[UNJUDGED_LOCAL] = "not-forwarded",
	[UNJUDGED_DAMAGED] = "damaged",
	[UNJUDGED_UNKNOWN_WAY] = "unknown-way",
	[UNJUDGED_SCOPE] = "out-of-scope",
	[UNJUDGED_CUT] = "cut",
	[UNJUDGED_FRAGMENT] = "fragment",
	[UNJUDGED_BEFORE] = "from-before",
};

const char *const unjudged_words[NR_UNJUDGED] = {
	[UNJUDGED_NOT] = "judged",
	[UNJUDGED_NOT_IP] = "neither IPv4 nor IPv6",
	[UNJUDGED_FOREIGN] = "of link types that are not understood",
	[UNJUDGED_DEVICE] = "at devices that the policy does not name",
	[UNJUDGED_TWICE] = "seen at the other device that they cross",
	[UNJUDGED_OTHER_HOST] = "for other machines than the gateway",
	[UNJUDGED_LOCAL] = "the gateway's own, or never forwarded",
	[UNJUDGED_DAMAGED] = "headers that the kernel itself drops",
	[UNJUDGED_UNKNOWN_WAY] = "between neither an edge and others, nor two known sides",
	[UNJUDGED_SCOPE] = "not at an edge's address (option scope address)",
	[UNJUDGED_CUT] = "cut too short by the capture (tcpdump -s)",
	[UNJUDGED_FRAGMENT] = "fragments whose rest is missing",
	[UNJUDGED_BEFORE] = "of connections that began before the capture",
};

/* More than twice as many as there can be addresses. */
#define NR_SLOTS 8192
static_assert(NR_SLOTS > 2 * LE_NR_EDGES * 2 * LE_MAX_EDGE_ADDRS);

#define EXTERNAL_ROLES (BIT(LE_EDGE_ACCESS) | BIT(LE_EDGE_WEBCONF) | BIT(LE_EDGE_AV))
/* The tag of an address of the gateway, where others have an interface. */
#define TAG_GATEWAY LE_NR_IFACES
#define NO_SIDE (-1)

/**
 * struct near - an address of an edge
 * @addr: as it may be seen
 * @own: as the Edge knows it; the same if nothing maps it
 * @family: of both
 * @roles: set of the edges that have it; 0 for a free slot
 */
struct near {
	union le_addr addr;
	union le_addr own;
	u8 family;
	u8 roles;
};

/**
 * struct where - what is known of where things are
 * @policy: the policy
 * @told: prefixes that the command line gave, the longest first; their tags are interfaces
 * @nr_told: how many
 * @sides: set of the interfaces among them
 * @is_gateway: some are the gateway's own addresses
 * @indexes: of the policy's devices on this machine; 0 where there is no such device
 * @is_here: all of them exist, so that this is the gateway, as far as can be told
 * @by_address: addresses had to decide at least once
 * @by_index: indexes of this machine did
 * @near: the edges' addresses, hashed
 */
struct where {
	const struct le_policy *policy;
	struct le_prefix *told;
	u32 nr_told;
	u32 sides;
	bool is_gateway;
	unsigned int indexes[LE_NR_IFACES][LE_MAX_DEVICES];
	bool is_here;
	bool by_address;
	bool by_index;
	struct near near[NR_SLOTS];
};

static size_t addr_size(u8 family)
{
	return family == LE_IPV4 ? 4 : 16;
}

static struct near *slot_of(struct where *where, const union le_addr *addr, u8 family)
{
	u32 hash = addr->v4, i;
	struct near *near;

	if (family == LE_IPV6)
		hash ^= addr->word[1] ^ addr->word[2] ^ addr->word[3];
	hash *= 0x9e3779b1;
	for (i = hash >> 16;; i++) {
		near = &where->near[i % NR_SLOTS];
		if (!near->roles || (near->family == family &&
				     !memcmp(&near->addr, addr, addr_size(family))))
			return near;
	}
}

static const struct near *find_near(const struct where *where, const union le_addr *addr,
				    u8 family)
{
	const struct near *near = slot_of((struct where *)where, addr, family);

	return near->roles ? near : NULL;
}

/* An address that was there before keeps what it was mapped to. */
static void add_near(struct where *where, const struct le_edge_addr *seen,
		     const struct le_edge_addr *own, u8 roles)
{
	struct near *near = slot_of(where, &seen->addr, seen->family);

	if (!near->roles) {
		memcpy(&near->addr, &seen->addr, addr_size(seen->family));
		memcpy(&near->own, &own->addr, addr_size(own->family));
		near->family = seen->family;
	}
	near->roles |= roles;
}

/*
 * Public addresses as NAT has them by "lyncedgectl nat". One that it cannot pair is the Edge's as
 * well, but nothing maps it.
 */
static void add_publics(struct where *where)
{
	const struct le_policy *policy = where->policy;
	struct nat_pairs pairs;
	unsigned int edge;
	size_t i;

	nat_pairs_find(&pairs, policy);
	for (i = 0; i < pairs.nr; i++) {
		const struct nat_pair *pair = &pairs.list[i];
		const struct near *own = find_near(where, &pair->own.addr, pair->own.family);

		/* Edges that share the one address share the other. */
		add_near(where, &pair->public, &pair->own, own->roles);
	}
	nat_pairs_free(&pairs);
	for (edge = 0; edge < LE_NR_EDGES; edge++) {
		for (i = 0; i < policy->publics[edge].nr; i++) {
			const struct le_edge_addr *public = &policy->publics[edge].list[i];

			if (!find_near(where, &public->addr, public->family))
				add_near(where, public, public, BIT(edge));
		}
	}
}

/*
 * A name such as eth0 is on many a machine. Were one of them enough, another machine's indexes
 * would be read as if they were this one's, and packets passed over that are to be judged.
 */
static void find_indexes(struct where *where)
{
	const struct le_policy *policy = where->policy;
	u32 nr = 0, nr_here = 0, n;
	unsigned int i;

	for (i = 0; i < LE_NR_IFACES; i++) {
		for (n = 0; n < policy->nr_devices[i]; n++) {
			where->indexes[i][n] = if_nametoindex(policy->devices[i][n]);
			nr_here += !!where->indexes[i][n];
			nr++;
		}
	}
	where->is_here = nr && nr_here == nr;
}

/* ---- which addresses are where ---- */

/* ADDRESS or ADDRESS/LENGTH; what is wrong with it, or NULL. */
static const char *parse_prefix(const char *text, size_t len, struct le_prefix *prefix)
{
	const char *slash = memchr(text, '/', len);
	unsigned int bits = 0;
	const char *c;

	memset(prefix, 0, sizeof(*prefix));
	if (!le_addr_parse(text, slash ? (size_t)(slash - text) : len, &prefix->addr,
			   &prefix->family))
		return "is no address and no prefix";
	prefix->len = le_addr_bits(prefix->family);
	if (!slash)
		return NULL;
	for (c = slash + 1; c < text + len && bits <= 128; c++) {
		if (*c < '0' || *c > '9')
			return "is no address and no prefix";
		bits = bits * 10 + *c - '0';
	}
	if (c == slash + 1 || bits > prefix->len)
		return "is no address and no prefix";
	prefix->len = bits;
	return le_prefix_has_host_bits(prefix) ? "has bits set beyond its length" : NULL;
}

static void add_told(struct where *where, const struct le_prefix *prefix)
{
	u32 i;

	where->told = grown(where->told, where->nr_told + 1, sizeof(*where->told));
	for (i = where->nr_told++; i && where->told[i - 1].len < prefix->len; i--)
		where->told[i] = where->told[i - 1];
	where->told[i] = *prefix;
}

/* Prefixes with commas or blanks between them. */
static bool add_list(struct where *where, u16 tag, const char *list, const char **wrong)
{
	static const char separators[] = ", \t";
	struct le_prefix prefix;
	u32 nr_before = where->nr_told;

	*wrong = NULL;
	for (list += strspn(list, separators); *list; list += strspn(list, separators)) {
		size_t len = strcspn(list, separators);

		*wrong = parse_prefix(list, len, &prefix);
		if (*wrong)
			return false;
		prefix.tag = tag;
		add_told(where, &prefix);
		list += len;
	}
	/* As of a script's variable that nobody set: all addresses would be at the other side. */
	if (where->nr_told == nr_before)
		*wrong = "names no address";
	return !*wrong;
}

/**
 * where_add() - say which addresses are beyond an interface
 * @where: of where_new()
 * @iface: the interface
 * @list: addresses and prefixes, with commas between them
 * @wrong: where to put what is wrong with it
 *
 * Return: whether it is a list of prefixes, and not an empty one.
 */
bool where_add(struct where *where, enum le_iface iface, const char *list, const char **wrong)
{
	where->sides |= BIT(iface);
	return add_list(where, iface, list, wrong);
}

/**
 * where_add_gateway() - say which addresses are the gateway's own
 * @where: of where_new()
 * @list: addresses and prefixes, with commas between them
 * @wrong: where to put what is wrong with it
 *
 * Return: whether it is a list of prefixes, and not an empty one.
 */
bool where_add_gateway(struct where *where, const char *list, const char **wrong)
{
	where->is_gateway = true;
	return add_list(where, TAG_GATEWAY, list, wrong);
}

/* Tag of the longest prefix of these tags that an address is in, or NO_SIDE. */
static int told_of(const struct where *where, const union le_addr *addr, u8 family, u32 tags)
{
	u32 i;

	for (i = 0; i < where->nr_told; i++)
		if (BIT(where->told[i].tag) & tags && prefix_holds(&where->told[i], addr, family))
			return where->told[i].tag;
	return NO_SIDE;
}

/* A machine that has all of the policy's devices is the gateway: then its addresses are known. */
static void find_gateway(struct where *where)
{
	struct ifaddrs *list, *entry;
	struct le_prefix prefix;

	if (!where->is_here || getifaddrs(&list))
		return;
	for (entry = list; entry; entry = entry->ifa_next) {
		const struct sockaddr *addr = entry->ifa_addr;

		memset(&prefix, 0, sizeof(prefix));
		prefix.tag = TAG_GATEWAY;
		if (addr && addr->sa_family == AF_INET) {
			prefix.addr.v4 = ((const struct sockaddr_in *)addr)->sin_addr.s_addr;
			prefix.family = LE_IPV4;
		} else if (addr && addr->sa_family == AF_INET6) {
			memcpy(&prefix.addr, &((const struct sockaddr_in6 *)addr)->sin6_addr,
			       sizeof(prefix.addr));
			prefix.family = LE_IPV6;
		} else {
			continue;
		}
		prefix.len = le_addr_bits(prefix.family);
		where->is_gateway = true;
		add_told(where, &prefix);
	}
	freeifaddrs(list);
}

/**
 * where_new() - begin with what a policy says
 * @policy: the policy, which must outlive what is returned
 *
 * Return: what to call the others with.
 */
struct where *where_new(const struct le_policy *policy)
{
	struct where *where = grown(NULL, 1, sizeof(*where));
	unsigned int edge;
	u32 i;

	memset(where, 0, sizeof(*where));
	where->policy = policy;
	for (edge = 0; edge < LE_NR_EDGES; edge++)
		for (i = 0; i < policy->edges[edge].nr; i++)
			add_near(where, &policy->edges[edge].list[i],
				 &policy->edges[edge].list[i], BIT(edge));
	add_publics(where);
	find_indexes(where);
	find_gateway(where);
	return where;
}

/**
 * where_free() - end
 * @where: of where_new()
 */
void where_free(struct where *where)
{
	free(where->told);
	free(where);
}

/* ---- packets ---- */

static u16 word_of(const union le_addr *addr)
{
	return addr->byte[0] << 8 | addr->byte[1];
}

/* Addresses that are of use on their own link alone, or within a machine. */
static bool stays_here(const union le_addr *addr, u8 family)
{
	static const union le_addr none, loopback = { .byte = { [15] = 1 } };

	if (family == LE_IPV4)
		return addr->byte[0] >= 224 || addr->byte[0] == 127 || !addr->v4;
	return addr->byte[0] == 0xff || (word_of(addr) & 0xffc0) == 0xfe80 ||
	       !memcmp(addr, &none, sizeof(*addr)) || !memcmp(addr, &loopback, sizeof(*addr));
}

/* The gateway may bear public addresses, to be asked for them: what NAT maps is not its own. */
static bool is_gateways(const struct where *where, const union le_addr *addr, u8 family,
			const struct near *near)
{
	return where->is_gateway && !near &&
	       told_of(where, addr, family, BIT(TAG_GATEWAY)) != NO_SIDE;
}

static bool is_local(const struct where *where, const union le_addr *src,
		     const union le_addr *dst, u8 family, const struct near *from,
		     const struct near *to)
{
	if (where->policy->options[LE_OPT_HOOKS] == LE_HOOKS_ALL)
		return false;
	return stays_here(src, family) || stays_here(dst, family) ||
	       is_gateways(where, src, family, from) || is_gateways(where, dst, family, to);
}

static int iface_of_name(const struct where *where, const char *name)
{
	int iface = iface_of_device(where->policy, name);

	return iface < 0 ? NO_SIDE : iface;
}

static int iface_of_index(const struct where *where, unsigned int index)
{
	unsigned int i;
	u32 n;

	for (i = 0; i < LE_NR_IFACES; i++)
		for (n = 0; n < where->policy->nr_devices[i]; n++)
			if (where->indexes[i][n] == index)
				return i;
	return NO_SIDE;
}

/*
 * A tagged frame belongs to the VLAN's own device, which is called DEVICE.VLAN unless somebody had
 * another idea. If the capture has that device as well, the packet is seen there.
 */
static int iface_of_vlan(const struct where *where, const struct capture *capture,
			 const struct captured *packet, const struct link_frame *frame)
{
	char name[CAPTURE_DEVICE_NAME + 16];
	unsigned int i, n;

	n = scnprintf(name, sizeof(name), "%s", packet->name);
	for (i = 0; i < frame->nr_vlans; i++)
		n += scnprintf(name + n, sizeof(name) - n, ".%u", frame->vlans[i]);
	return capture_names(capture, name) ? NO_SIDE : iface_of_name(where, name);
}

static void set_crossing(struct crossings *crossings, unsigned int iface, bool leaves)
{
	if (leaves)
		crossings->leaving = le_crossing(iface, LE_OUT);
	else
		crossings->entering = le_crossing(iface, LE_IN);
}

static enum unjudged find_by_device(int iface, u8 dir, bool to_near,
				    bool from_near, struct crossings *crossings)
{
	if (iface == NO_SIDE)
		return UNJUDGED_DEVICE;
	if (dir == LINK_DIR_UNKNOWN && !to_near && !from_near)
		return UNJUDGED_UNKNOWN_WAY;
	set_crossing(crossings, iface, dir == LINK_SENT || (dir != LINK_RECEIVED && !to_near));
	return UNJUDGED_NOT;
}

/* On which side an address is that is not the Edge's; NO_SIDE if that cannot be told. */
static int side_of(const struct where *where, const union le_addr *addr, u8 family,
		   const struct near *edge)
{
	int told = told_of(where, addr, family, where->sides);

	if (told != NO_SIDE)
		return told;
	/* Where one side is told, all else is on the other. */
	if (where->sides == BIT(LE_EXTERNAL))
		return LE_INTERNAL;
	if (where->sides == BIT(LE_INTERNAL))
		return LE_EXTERNAL;
	if (where->sides || !edge)
		return NO_SIDE;
	return edge->roles & EXTERNAL_ROLES ? LE_EXTERNAL : LE_INTERNAL;
}

/*
 * By addresses. Where a capture has a packet at both devices that it crosses, it is taken where the
 * module's devices are: where what comes to the Edge is received, and what comes from it is sent.
 */
static enum unjudged find_by_address(struct where *where, const union le_addr *src,
				     const union le_addr *dst, u8 family, u8 dir,
				     const struct near *from, const struct near *to,
				     struct crossings *crossings)
{
	int entering = from ? NO_SIDE : side_of(where, src, family, to);
	int leaving = to ? NO_SIDE : side_of(where, dst, family, from);

	where->by_address = true;
	/* Neighbours of each other, as far as can be told. */
	if (!from && !to && entering == leaving)
		return UNJUDGED_UNKNOWN_WAY;
	if (entering == NO_SIDE && leaving == NO_SIDE)
		return UNJUDGED_UNKNOWN_WAY;
	if (entering != NO_SIDE && dir != LINK_SENT)
		set_crossing(crossings, entering, false);
	if (leaving != NO_SIDE && dir != LINK_RECEIVED)
		set_crossing(crossings, leaving, true);
	if (crossings->entering == NO_CROSSING && crossings->leaving == NO_CROSSING)
		return UNJUDGED_TWICE;
	return UNJUDGED_NOT;
}

/**
 * where_find() - find where a packet crosses
 * @where: of where_new()
 * @capture: what it is from, or NULL
 * @packet: the packet as captured
 * @frame: its frame
 * @src: its source address, as captured
 * @dst: its destination address, likewise
 * @hops: how many more gateways it may cross
 * @crossings: where to put where it crosses
 *
 * Return: UNJUDGED_NOT, or why it does not cross.
 */
enum unjudged where_find(struct where *where, const struct capture *capture,
			 const struct captured *packet, const struct link_frame *frame,
			 const union le_addr *src, const union le_addr *dst, u8 hops,
			 struct crossings *crossings)
{
	const struct near *from = find_near(where, src, frame->family);
	const struct near *to = find_near(where, dst, frame->family);
	u8 dir = packet->dir ? packet->dir : frame->dir;
	int iface;

	*crossings = (struct crossings){ NO_CROSSING, NO_CROSSING };
	if (dir == LINK_FOR_OTHERS)
		return UNJUDGED_OTHER_HOST;
	if (is_local(where, src, dst, frame->family, from, to))
		return UNJUDGED_LOCAL;
	/* It is answered by the gateway, not forwarded. */
	if (dir == LINK_RECEIVED && hops <= 1 &&
	    where->policy->options[LE_OPT_HOOKS] == LE_HOOKS_FORWARD)
		return UNJUDGED_LOCAL;
	if (!where->sides && *packet->name) {
		iface = frame->nr_vlans ? iface_of_vlan(where, capture, packet, frame) :
					  iface_of_name(where, packet->name);
		return find_by_device(iface, dir, to, from, crossings);
	}
	if (!where->sides && frame->ifindex && where->is_here) {
		where->by_index = true;
		iface = frame->nr_vlans ? NO_SIDE : iface_of_index(where, frame->ifindex);
		return find_by_device(iface, dir, to, from, crossings);
	}
	return find_by_address(where, src, dst, frame->family, dir, from, to, crossings);
}

/**
 * where_map() - put an edge's own address in place of a public one
 * @where: of where_new()
 * @addr: an address; one that is no edge's stays as it is
 * @family: its family
 */
void where_map(const struct where *where, union le_addr *addr, u8 family)
{
	const struct near *near = find_near(where, addr, family);

	if (near)
		memcpy(addr, &near->own, addr_size(family));
}

/**
 * where_by_address() - whether addresses had to decide where packets cross
 * @where: of where_new()
 *
 * Return: true if they had, for at least one packet.
 */
bool where_by_address(const struct where *where)
{
	return where->by_address;
}

/**
 * where_by_index() - whether this machine's indexes of devices decided where packets cross
 * @where: of where_new()
 *
 * Return: true if they did, for at least one packet.
 */
bool where_by_index(const struct where *where)
{
	return where->by_index;
}
