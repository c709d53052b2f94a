// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hooks of the loaded module, on real socket buffers: policies are written to
 * /sys/kernel/lyncedge, packets handed to netfilter as the stack hands them to it, between devices
 * that exist. Every packet is held against the contract (DESIGN sec. 4) by what became of it and by
 * the counters that moved, all of them. Not in here: what the reader makes of each header
 * (lyncedge_flow_kunit.c), all rows (lyncedge_rules_kunit.c), wires, NAT and other namespaces
 * (tests/vm).
 */
#include <linux/if_vlan.h>
#include <linux/inet.h>
#include <linux/inetdevice.h>
#include <linux/etherdevice.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <linux/netfilter_netdev.h>
#include <linux/prandom.h>
#include <linux/rtnetlink.h>
#include <net/net_namespace.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netlink.h>

#include "bytes.h"
#include "lyncedge_rules.h"
#include "tree.h"

/* TCP flags (RFC 9293 sec. 3.1). */
#define FIN 0x01
#define SYN 0x02
#define RST 0x04
#define ACK 0x10

#define LOG_GROUP 7

/* ---- devices and netlink ---- */

/* Named external, named internal, and not named. */
static struct net_device *ext, *inner, *per;

/* What a device is given to send stays in its queue. */
static netdev_tx_t wire_xmit(struct sk_buff *skb, struct net_device *dev)
{
	nf_reset_ct(skb);
	skb_queue_tail(netdev_priv(dev), skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops wire_ops = {
	.ndo_start_xmit = wire_xmit,
};

static void wire_setup(struct net_device *dev)
{
	ether_setup(dev);
	dev->flags |= IFF_NOARP;
	dev->netdev_ops = &wire_ops;
	eth_hw_addr_random(dev);
}

/* An @ifindex of 0 is any. */
static struct net_device *make_device(const char *name, int ifindex)
{
	struct net_device *dev = alloc_netdev(sizeof(struct sk_buff_head), name, NET_NAME_USER,
					      wire_setup);

	if (!dev)
		return NULL;
	skb_queue_head_init(netdev_priv(dev));
	dev->ifindex = ifindex;
	if (register_netdev(dev)) {
		free_netdev(dev);
		return NULL;
	}
	return dev;
}

/* A device on its way out. */
struct removal {
	struct net_device *dev;
	struct work_struct work;
	struct completion done;
};

static void unregister(struct work_struct *work)
{
	struct removal *removal = container_of(work, struct removal, work);

	unregister_netdev(removal->dev);
	complete(&removal->done);
}

/*
 * Whether nobody held the device for good. The kernel would wait for that one for ever, so the
 * device is taken from him.
 */
static bool remove_device(struct net_device *dev)
{
	struct removal removal = { .dev = dev };
	bool held;

	if (!dev)
		return true;
	INIT_WORK_ONSTACK(&removal.work, unregister);
	init_completion(&removal.done);
	schedule_work(&removal.work);
	held = !wait_for_completion_timeout(&removal.done, 15 * HZ);
	if (held) {
		while (netdev_refcnt_read(dev) > 1)
			dev_put(dev);
		wait_for_completion(&removal.done);
	}
	destroy_work_on_stack(&removal.work);
	skb_queue_purge(netdev_priv(dev));
	free_netdev(dev);
	return !held;
}

static struct socket *netlink_open(int protocol)
{
	struct socket *sock;

	if (sock_create_kern(&init_net, AF_NETLINK, SOCK_RAW, protocol, &sock))
		return NULL;
	/* Netlink asks for the rights of who opened the file. */
	return IS_ERR(sock_alloc_file(sock, 0, NULL)) ? NULL : sock;
}

static void netlink_close(struct socket *sock)
{
	fput(sock->file);
}

static int receive(struct socket *sock, void *buf, size_t size)
{
	struct msghdr msg = { };
	struct kvec vec = { .iov_base = buf, .iov_len = size };

	return kernel_recvmsg(sock, &msg, &vec, 1, size, MSG_DONTWAIT);
}

/* Sends a request, which is freed, and returns what the kernel says to it. */
static int netlink_ask(struct socket *sock, struct sk_buff *request)
{
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
		u8 request[512];
	} answer;
	struct msghdr msg = { };
	struct kvec vec;
	int n;

	nlmsg_hdr(request)->nlmsg_len = request->len;
	vec.iov_base = request->data;
	vec.iov_len = request->len;
	n = kernel_sendmsg(sock, &msg, &vec, 1, vec.iov_len);
	nlmsg_free(request);
	if (n < 0)
		return n;
	n = receive(sock, &answer, sizeof(answer));
	if (n < (int)(sizeof(answer.head) + sizeof(answer.error)))
		return n < 0 ? n : -EBADMSG;
	return answer.head.nlmsg_type == NLMSG_ERROR ? answer.error.error : -EBADMSG;
}

static int ask_rtnetlink(struct sk_buff *request)
{
	struct socket *sock = netlink_open(NETLINK_ROUTE);
	int err;

	if (!sock) {
		nlmsg_free(request);
		return -ENOMEM;
	}
	err = netlink_ask(sock, request);
	netlink_close(sock);
	return err;
}

static struct sk_buff *new_request(int type, int flags, const void *head, int len)
{
	struct sk_buff *request = nlmsg_new(256, GFP_KERNEL);
	struct nlmsghdr *nlh;

	if (!request)
		return NULL;
	nlh = nlmsg_put(request, 0, 0, type, len, NLM_F_REQUEST | NLM_F_ACK | flags);
	memcpy(nlmsg_data(nlh), head, len);
	return request;
}

static int add_address(const struct net_device *dev, u8 family, const char *text, u8 prefix_len)
{
	const struct ifaddrmsg head = {
		.ifa_family = family,
		.ifa_prefixlen = prefix_len,
		.ifa_flags = IFA_F_NODAD,
		.ifa_index = dev->ifindex,
	};
	struct sk_buff *request = new_request(RTM_NEWADDR, NLM_F_CREATE, &head, sizeof(head));
	u8 addr[16];

	if (!request)
		return -ENOMEM;
	if (family == AF_INET)
		in4_pton(text, -1, addr, -1, NULL);
	else
		in6_pton(text, -1, addr, -1, NULL);
	nla_put(request, IFA_LOCAL, family == AF_INET ? 4 : 16, addr);
	return ask_rtnetlink(request);
}

static int rename_device(const struct net_device *dev, const char *name)
{
	const struct ifinfomsg head = { .ifi_index = dev->ifindex };
	struct sk_buff *request = new_request(RTM_NEWLINK, 0, &head, sizeof(head));

	if (!request)
		return -ENOMEM;
	nla_put_string(request, IFLA_IFNAME, name);
	return ask_rtnetlink(request);
}

/* ---- packets ---- */

static const struct family {
	const char *name;
	u8 pf;
	const char *far;
	const char *blocked;
	const char *access;
	const char *av;
	const char *internal;
	const char *front_end;
	/* Nobody's that a policy names. */
	const char *stranger;
	/* The gateway's own, on the external device. */
	const char *gateway;
} families[] = {
	{
		.name = "IPv4",
		.pf = NFPROTO_IPV4,
		.far = "198.51.100.7",
		.blocked = "203.0.113.9",
		.access = "10.45.16.10",
		.av = "10.45.16.30",
		.internal = "172.25.33.10",
		.front_end = "192.168.10.7",
		.stranger = "10.45.16.99",
		.gateway = "198.51.100.1",
	}, {
		.name = "IPv6",
		.pf = NFPROTO_IPV6,
		.far = "2001:db8:51::7",
		.blocked = "2001:db8:bad::9",
		.access = "2001:db8:16::10",
		.av = "2001:db8:16::30",
		.internal = "2001:db8:33::10",
		.front_end = "2001:db8:10::7",
		.stranger = "2001:db8:16::99",
		.gateway = "2001:db8:51::1",
	},
};

#define END_OF_FAMILIES (families + ARRAY_SIZE(families))

static bool is_v4(const struct family *f)
{
	return f->pf == NFPROTO_IPV4;
}

static void set_addrs(struct bytes *b, const struct family *f, unsigned int at, const char *src,
		      const char *dst)
{
	if (is_v4(f)) {
		in4_pton(src, -1, b->data + at + offsetof(struct iphdr, saddr), -1, NULL);
		in4_pton(dst, -1, b->data + at + offsetof(struct iphdr, daddr), -1, NULL);
	} else {
		in6_pton(src, -1, b->data + at + offsetof(struct ipv6hdr, saddr), -1, NULL);
		in6_pton(dst, -1, b->data + at + offsetof(struct ipv6hdr, daddr), -1, NULL);
	}
}

static void put_ip(struct bytes *b, const struct family *f, const char *src, const char *dst,
		   u8 protocol, unsigned int payload)
{
	unsigned int at = b->len;

	if (is_v4(f))
		put_ipv4(b, protocol, 0, payload);
	else
		put_ipv6(b, protocol, payload);
	set_addrs(b, f, at, src, dst);
}

static void set_ports(struct bytes *b, unsigned int at, u16 sport, u16 dport)
{
	const __be16 ports[] = { htons(sport), htons(dport) };

	memcpy(b->data + at, ports, sizeof(ports));
}

static struct bytes tcp(const struct family *f, const char *src, u16 sport, const char *dst,
			u16 dport, u8 flags)
{
	struct bytes b = { .len = 0 };
	unsigned int at;

	put_ip(&b, f, src, dst, IPPROTO_TCP, sizeof(struct tcphdr));
	at = b.len;
	put_tcp(&b, false);
	set_ports(&b, at, sport, dport);
	b.data[at + 13] = flags;
	return b;
}

static struct bytes udp(const struct family *f, const char *src, u16 sport, const char *dst,
			u16 dport)
{
	struct bytes b = { .len = 0 };
	unsigned int at;

	put_ip(&b, f, src, dst, IPPROTO_UDP, sizeof(struct udphdr));
	at = b.len;
	put_udp(&b, 0);
	set_ports(&b, at, sport, dport);
	return b;
}

static struct bytes icmp(const struct family *f, const char *src, const char *dst, u8 type)
{
	const u8 head[8] = { type };
	struct bytes b = { .len = 0 };

	put_ip(&b, f, src, dst, is_v4(f) ? IPPROTO_ICMP : IPPROTO_ICMPV6, sizeof(head));
	put(&b, head, sizeof(head));
	return b;
}

static u8 echo_request(const struct family *f)
{
	return is_v4(f) ? 8 : 128;
}

/* Destination unreachable, about a packet. */
static struct bytes icmp_error(const struct family *f, const char *src, const char *dst,
			       const struct bytes *about)
{
	const u8 head[8] = { is_v4(f) ? 3 : 1 };
	struct bytes b = { .len = 0 };

	put_ip(&b, f, src, dst, is_v4(f) ? IPPROTO_ICMP : IPPROTO_ICMPV6,
	       sizeof(head) + about->len);
	put(&b, head, sizeof(head));
	put(&b, about->data, about->len);
	return b;
}

/* A port of its own for every connection, so that none is taken for part of another. */
static u16 fresh_port(void)
{
	static u16 port = 20000;

	return port++;
}

/* ---- the module ---- */

#define COUNTERS_SIZE 8192

static char counts_before[COUNTERS_SIZE], counts_after[COUNTERS_SIZE];
static struct file *counters;

static void read_counters(char *buf)
{
	if (tree_read_file(counters, buf, COUNTERS_SIZE) < 0)
		buf[0] = 0;
}

static const char open_policy[] =
	"interface external kext0\n"
	"interface internal kint0\n"
	"edge access 10.45.16.10 2001:db8:16::10\n"
	"edge av 10.45.16.30 2001:db8:16::30\n"
	"edge internal 172.25.33.10 2001:db8:33::10\n"
	"peer front-end 192.168.10.0/24 2001:db8:10::/64\n"
	"feature remote-access av federation\n";

#define BLOCK "block 203.0.113.0/24 2001:db8:bad::/48\n"

/* Puts the open policy, with more lines, in force. */
static void policy_without_block(struct kunit *test, const char *lines)
{
	char *text = kasprintf(GFP_KERNEL, "%s%scommit\n", open_policy, lines);

	KUNIT_ASSERT_NOT_NULL(test, text);
	KUNIT_ASSERT_EQ(test, tree_write("policy", text), 0);
	kfree(text);
	read_counters(counts_before);
}

/* The same, with addresses that are blocked. */
static void policy(struct kunit *test, const char *lines)
{
	char *more = kasprintf(GFP_KERNEL, "%s%s", BLOCK, lines);

	KUNIT_ASSERT_NOT_NULL(test, more);
	policy_without_block(test, more);
	kfree(more);
}

#define STATELESS "option established stateless\n"

static void mode(struct kunit *test, const char *name)
{
	KUNIT_ASSERT_EQ(test, tree_write("mode", name), 0);
}

/*
 * Appends to @out the name of each counter that moved since counts_before: the name alone if by one
 * packet of @len bytes, else with both numbers.
 */
static void put_moved(char *out, size_t size, unsigned int len)
{
	char *before = counts_before, *after = counts_after;
	size_t n = strlen(out);

	read_counters(after);
	while (*before && *after) {
		char *before_end = strchrnul(before, '\n'), *after_end = strchrnul(after, '\n');
		u64 old_packets, old_bytes, packets, bytes;
		char name[32];

		if (before_end - before == after_end - after &&
		    !memcmp(before, after, after_end - after))
			goto next;
		if (sscanf(before, "%31s %llu %llu", name, &old_packets, &old_bytes) != 3 ||
		    sscanf(after, "%31s %llu %llu", name, &packets, &bytes) != 3) {
			n += scnprintf(out + n, size - n, " (unreadable)");
			break;
		}
		n += scnprintf(out + n, size - n, " %s", name);
		if (packets - old_packets != 1 || bytes - old_bytes != len)
			n += scnprintf(out + n, size - n, ":%llu:%llu", packets - old_packets,
				       bytes - old_bytes);
next:
		before = before_end + !!*before_end;
		after = after_end + !!*after_end;
	}
	memcpy(counts_before, counts_after, sizeof(counts_before));
}

static struct sk_buff *packet_skb(struct kunit *test, const struct family *f,
				  const struct bytes *b, unsigned int linear)
{
	struct sk_buff *skb = make_skb(test, b, linear);

	skb->protocol = is_v4(f) ? htons(ETH_P_IP) : htons(ETH_P_IPV6);
	skb->pkt_type = PACKET_HOST;
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	return skb;
}

/* As the stack does; a packet that is not let through is gone. */
static bool at_hook(const struct family *f, unsigned int hook, struct sk_buff *skb,
		    struct net_device *in, struct net_device *out)
{
	int ret;

	local_bh_disable();
	ret = nf_hook(f->pf, hook, &init_net, NULL, skb, in, out, NULL);
	local_bh_enable();
	return ret == 1;
}

/*
 * Holds what became of a packet of @len bytes, and the counters that moved for it, against a text
 * like lyncedgectl's: "accept ROW", "drop REASON"; a packet that is not judged moves none.
 */
static void vexpect_outcome(struct kunit *test, bool passed, unsigned int len, const char *want,
			    const char *fmt, va_list *args)
{
	struct va_format what = { .fmt = fmt, .va = args };
	char got[96];

	strscpy(got, passed ? "accept" : "drop", sizeof(got));
	put_moved(got, sizeof(got), len);
	KUNIT_EXPECT_STREQ_MSG(test, (const char *)got, want, "%pV", &what);
}

static __printf(5, 6) void expect_outcome(struct kunit *test, bool passed, unsigned int len,
					  const char *want, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vexpect_outcome(test, passed, len, want, fmt, &args);
	va_end(args);
}

/* A socket buffer at FORWARD alone; it is freed. */
static bool forward_skb(const struct family *f, struct sk_buff *skb, struct net_device *in,
			struct net_device *out)
{
	bool passed;

	skb->dev = in;
	passed = at_hook(f, NF_INET_FORWARD, skb, in, out);
	if (passed)
		kfree_skb(skb);
	return passed;
}

static bool forward(struct kunit *test, const struct family *f, const struct bytes *b,
		    struct net_device *in, struct net_device *out)
{
	return forward_skb(f, packet_skb(test, f, b, b->len), in, out);
}

/* The whole way of a forwarded packet, which conntrack sees come and go. */
static bool travel(struct kunit *test, const struct family *f, const struct bytes *b,
		   struct net_device *in, struct net_device *out)
{
	struct sk_buff *skb = packet_skb(test, f, b, b->len);

	skb->dev = in;
	if (!at_hook(f, NF_INET_PRE_ROUTING, skb, in, NULL) ||
	    !at_hook(f, NF_INET_FORWARD, skb, in, out) ||
	    !at_hook(f, NF_INET_POST_ROUTING, skb, NULL, out))
		return false;
	kfree_skb(skb);
	return true;
}

static __printf(7, 8) void expect_forward(struct kunit *test, const struct family *f,
					  const struct bytes *b, struct net_device *in,
					  struct net_device *out, const char *want,
					  const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vexpect_outcome(test, forward(test, f, b, in, out), b->len, want, fmt, &args);
	va_end(args);
}

static __printf(7, 8) void expect_travel(struct kunit *test, const struct family *f,
					 const struct bytes *b, struct net_device *in,
					 struct net_device *out, const char *want,
					 const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vexpect_outcome(test, travel(test, f, b, in, out), b->len, want, fmt, &args);
	va_end(args);
}

/* ---- what headers may be like ---- */

/* Who reads on where the linear part has ended finds another packet's headers. */
static void expect_split(struct kunit *test, const struct family *f, const struct bytes *b,
			 const struct bytes *other, unsigned int linear, const char *want)
{
	struct sk_buff *skb = packet_skb(test, f, b, linear);

	memcpy(skb_tail_pointer(skb), other->data + linear, other->len - linear);
	expect_outcome(test, forward_skb(f, skb, ext, per), b->len, want,
		       "%s, %u of %u bytes linear", f->name, linear, b->len);
}

/* Whatever part of the headers is in the linear part, the verdict and the counted bytes are one. */
static void split_anywhere(struct kunit *test)
{
	const struct family *f;

	policy(test, STATELESS);
	mode(test, "enforce");
	for (f = families; f < END_OF_FAMILIES; f++) {
		struct bytes open = tcp(f, f->far, 40000, f->access, 443, SYN);
		struct bytes closed = tcp(f, f->far, 40000, f->access, 444, SYN);
		unsigned int i;

		for (i = 0; i <= open.len; i++) {
			expect_split(test, f, &open, &closed, i, "accept ext-05");
			expect_split(test, f, &closed, &open, i, "drop no-row");
		}
	}
}

static void ipv4_options(struct kunit *test)
{
	const struct family *f = &families[0];
	unsigned int options, linear;

	policy(test, STATELESS);
	for (options = 4; options <= 40; options += 4) {
		struct bytes b = { .len = 0 };

		put_ipv4(&b, IPPROTO_UDP, options, 8);
		set_addrs(&b, f, 0, f->far, f->av);
		put_udp(&b, 0);
		set_ports(&b, 20 + options, 40000, 3478);
		for (linear = 0; linear <= b.len; linear++)
			expect_split(test, f, &b, &b, linear, "accept ext-14");
	}
}

/* Each kind of extension header, alone and behind another, split at every byte. */
static void ipv6_extension_headers(struct kunit *test)
{
	static const u8 kinds[] = {
		IPPROTO_HOPOPTS, IPPROTO_ROUTING, IPPROTO_FRAGMENT, IPPROTO_AH, IPPROTO_DSTOPTS,
	};
	const struct family *f = &families[1];
	unsigned int i, j, linear;

	policy(test, STATELESS);
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		for (j = 0; j < ARRAY_SIZE(kinds); j++) {
			struct bytes b = { .len = 0 };

			put_ipv6(&b, kinds[i], 8 + 8 + 8);
			set_addrs(&b, f, 0, f->far, f->av);
			put_ext(&b, kinds[j], 0, 0);
			put_ext(&b, IPPROTO_UDP, 0, 0);
			put_udp(&b, 0);
			set_ports(&b, 40 + 16, 40000, 3478);
			for (linear = 0; linear <= b.len; linear++)
				expect_split(test, f, &b, &b, linear, "accept ext-14");
		}
	}
	for (i = 0; i <= 2 * LE_MAX_EXT_HEADERS; i++) {
		struct bytes b = { .len = 0 };

		put_ipv6(&b, i ? IPPROTO_DSTOPTS : IPPROTO_UDP, 8 * i + 8);
		set_addrs(&b, f, 0, f->far, f->av);
		for (j = 1; j <= i; j++)
			put_ext(&b, j < i ? IPPROTO_DSTOPTS : IPPROTO_UDP, 0, 0);
		put_udp(&b, 0);
		set_ports(&b, 40 + 8 * i, 40000, 3478);
		expect_forward(test, f, &b, ext, per,
			       i <= LE_MAX_EXT_HEADERS ? "accept ext-14" : "drop malformed",
			       "%u headers", i);
	}
}

/* Cut anywhere, whole or in parts, a packet is malformed. */
static void truncated(struct kunit *test)
{
	const struct family *f;

	policy(test, STATELESS);
	for (f = families; f < END_OF_FAMILIES; f++) {
		struct bytes b = tcp(f, f->far, 40000, f->access, 443, SYN);

		while (b.len--) {
			expect_forward(test, f, &b, ext, per, "drop malformed", "%s, %u bytes",
				       f->name, b.len);
			expect_split(test, f, &b, &b, b.len / 2, "drop malformed");
		}
	}
}

/* Of what the IP layer does not see to before: version and length of IP are its business. */
static void lies(struct kunit *test)
{
	const struct family *f;
	unsigned int n;

	policy(test, STATELESS);
	for (f = families; f < END_OF_FAMILIES; f++) {
		unsigned int header = is_v4(f) ? 20 : 40;

		for (n = 0; n < 16; n++) {
			struct bytes b = tcp(f, f->far, 40000, f->access, 443, SYN);

			b.data[header + 12] = n << 4;
			expect_forward(test, f, &b, ext, per,
				       n == 5 ? "accept ext-05" : "drop malformed", "%s, doff %u",
				       f->name, n);
		}
		for (n = 0; n < 12; n++) {
			struct bytes b = udp(f, f->far, 40000, f->av, 3478);

			b.data[header + 5] = n;
			expect_forward(test, f, &b, ext, per,
				       n == 8 ? "accept ext-14" : "drop malformed",
				       "%s, UDP length %u", f->name, n);
		}
	}
	for (n = 0; n < 16; n++) {
		struct bytes b = tcp(&families[0], families[0].far, 40000, families[0].access, 443,
				     SYN);

		b.data[0] = 0x40 | n;
		expect_forward(test, &families[0], &b, ext, per,
			       n == 5 ? "accept ext-05" : "drop malformed", "ihl %u", n);
	}
}

/* Fragments that nobody put together: the first has ports to be judged by, others have none. */
static void fragments(struct kunit *test)
{
	const struct family *v4 = &families[0], *v6 = &families[1];
	struct bytes b = udp(v4, v4->far, 40000, v4->av, 3478), ext6 = { .len = 0 };

	policy(test, STATELESS);
	b.data[6] = 0x20;
	b.data[20 + 4] = 4;
	expect_forward(test, v4, &b, ext, per, "accept ext-14", "first, IPv4");
	set_ports(&b, 20, 40000, 3479);
	expect_forward(test, v4, &b, ext, per, "drop no-row", "first, IPv4, closed port");
	b.data[7] = 1;
	expect_forward(test, v4, &b, ext, per, "drop fragment", "later, IPv4");
	b.data[6] = 0;
	expect_forward(test, v4, &b, ext, per, "drop fragment", "last, IPv4");
	set_addrs(&b, v4, 0, v4->blocked, v4->av);
	expect_forward(test, v4, &b, ext, per, "drop fragment", "before the block list");

	put_ipv6(&ext6, IPPROTO_FRAGMENT, 8 + 8);
	set_addrs(&ext6, v6, 0, v6->far, v6->av);
	put_ext(&ext6, IPPROTO_UDP, 0, 1);
	put_udp(&ext6, 1000);
	set_ports(&ext6, 48, 40000, 3478);
	expect_forward(test, v6, &ext6, ext, per, "accept ext-14", "first, IPv6");
	set_ports(&ext6, 48, 40000, 3479);
	expect_forward(test, v6, &ext6, ext, per, "drop no-row", "first, IPv6, closed port");
	ext6.data[43] = 8 | 1;
	expect_forward(test, v6, &ext6, ext, per, "drop fragment", "later, IPv6");
	ext6.data[43] = 8;
	expect_forward(test, v6, &ext6, ext, per, "drop fragment", "last, IPv6");
}

/* Half of a datagram that is 16 bytes with its header. */
static struct bytes half(const struct family *f, u16 sport, bool last, u8 ident)
{
	unsigned int at = is_v4(f) ? 20 : 48, fragment = (last ? 8 : 0) | !last;
	struct bytes b = { .len = 0 };

	if (is_v4(f)) {
		put_ip(&b, f, f->far, f->av, IPPROTO_UDP, 8);
		b.data[5] = ident;
		b.data[6] = last ? 0 : 0x20;
		b.data[7] = last;
	} else {
		put_ip(&b, f, f->far, f->av, IPPROTO_FRAGMENT, 8 + 8);
		put_ext(&b, IPPROTO_UDP, 0, fragment);
		b.data[47] = ident;
	}
	put_udp(&b, 8);
	set_ports(&b, at, sport, 3478);
	return b;
}

/* While lyncedge judges, fragments are put together before they reach it, conntrack or not. */
static void reassembled(struct kunit *test)
{
	static const char *const established[] = { "", STATELESS };
	const struct family *f;
	unsigned int i, last;

	mode(test, "enforce");
	for (i = 0; i < ARRAY_SIZE(established); i++) {
		policy(test, established[i]);
		for (f = families; f < END_OF_FAMILIES; f++) {
			unsigned int len = (is_v4(f) ? 20 : 40) + 16;
			u16 sport = fresh_port();
			struct sk_buff *skb;
			bool passed;

			for (last = 0; last < 2; last++) {
				struct bytes b = half(f, sport, last, 1 + i);

				skb = packet_skb(test, f, &b, b.len);
				skb->dev = ext;
				passed = at_hook(f, NF_INET_PRE_ROUTING, skb, ext, NULL);
				/* The first is kept until the last is there. */
				KUNIT_ASSERT_EQ(test, passed, last);
			}
			KUNIT_EXPECT_EQ(test, skb->len, len);
			expect_outcome(test, forward_skb(f, skb, ext, per), len, "accept ext-14",
				       "%s, case %u", f->name, i);
		}
	}
}

/* A segment that is still to be cut is one packet, of all its bytes. */
static void gso(struct kunit *test)
{
	const struct family *f;

	policy(test, STATELESS);
	for (f = families; f < END_OF_FAMILIES; f++) {
		struct bytes b = tcp(f, f->far, 40000, f->access, 443, ACK);
		unsigned int at = is_v4(f) ? 2 : 4, stated;

		b.data[at + 1] += 100;
		b.len += 100;
		for (stated = 0; stated < 2; stated++) {
			struct sk_buff *skb = packet_skb(test, f, &b, b.len - 90);

			skb_shinfo(skb)->gso_size = 25;
			skb_shinfo(skb)->gso_segs = 4;
			skb_shinfo(skb)->gso_type = is_v4(f) ? SKB_GSO_TCPV4 : SKB_GSO_TCPV6;
			expect_outcome(test, forward_skb(f, skb, ext, per), b.len, "accept ext-05",
				       "%s", f->name);
			b.data[at + 1] = 0;
		}
	}
}

/* ---- connections ---- */

static void expect_replies(struct kunit *test)
{
	const struct family *f;

	for (f = families; f < END_OF_FAMILIES; f++) {
		u16 port = fresh_port();
		struct bytes syn = tcp(f, f->far, port, f->access, 443, SYN);
		struct bytes syn_ack = tcp(f, f->access, 443, f->far, port, SYN | ACK);
		struct bytes ask = udp(f, f->far, port, f->av, 3478);
		struct bytes answer = udp(f, f->av, 3478, f->far, port);
		struct bytes ack = tcp(f, f->access, 443, f->far, fresh_port(), ACK);
		struct bytes out = tcp(f, f->access, 443, f->far, 5061, SYN);
		struct bytes back = tcp(f, f->far, 5061, f->access, 443, SYN | ACK);

		expect_travel(test, f, &syn_ack, per, ext, "drop invalid", "%s, no SYN before",
			      f->name);
		/* Picked up in the middle it is a connection from the Edge. */
		expect_travel(test, f, &ack, per, ext, "drop no-row", "%s, no connection", f->name);
		expect_travel(test, f, &syn, ext, per, "accept ext-05", "%s", f->name);
		expect_travel(test, f, &syn_ack, per, ext, "accept ext-05", "%s, reply", f->name);
		expect_travel(test, f, &answer, per, ext, "drop no-row", "%s, answers nothing",
			      f->name);
		expect_travel(test, f, &ask, ext, per, "accept ext-14", "%s, UDP", f->name);
		expect_travel(test, f, &answer, per, ext, "accept ext-14", "%s, UDP reply",
			      f->name);
		/* ext-05 would take it, were it the first. */
		expect_travel(test, f, &out, per, ext, "accept ext-07", "%s, outbound", f->name);
		expect_travel(test, f, &back, ext, per, "accept ext-07", "%s, its reply", f->name);
	}
}

/* A policy holds at once for connections that there are. */
static void conntrack_replies(struct kunit *test)
{
	policy(test, "");
	mode(test, "enforce");
	expect_replies(test);
	policy_without_block(test, "");
	expect_replies(test);
}

static void conntrack_policy_change(struct kunit *test)
{
	const struct family *f;

	for (f = families; f < END_OF_FAMILIES; f++) {
		u16 port = fresh_port();
		struct bytes ask = udp(f, f->far, port, f->av, 3478);
		struct bytes answer = udp(f, f->av, 3478, f->far, port);

		policy(test, "");
		expect_travel(test, f, &ask, ext, per, "accept ext-14", "%s", f->name);
		expect_travel(test, f, &answer, per, ext, "accept ext-14", "%s, reply", f->name);
		policy(test, "port ext-14 3480\n");
		expect_travel(test, f, &ask, ext, per, "drop no-row", "%s, moved away", f->name);
		expect_travel(test, f, &answer, per, ext, "drop no-row", "%s, reply, moved away",
			      f->name);
		policy(test, is_v4(f) ? "block 198.51.100.0/24\n" : "block 2001:db8:51::/48\n");
		expect_travel(test, f, &answer, per, ext, "drop blocked", "%s, reply, blocked",
			      f->name);
		policy(test, "");
		expect_travel(test, f, &answer, per, ext, "accept ext-14", "%s, reply, as before",
			      f->name);
	}
}

static void conntrack_invalid(struct kunit *test)
{
	const struct family *f;

	policy(test, "");
	for (f = families; f < END_OF_FAMILIES; f++) {
		struct bytes b = tcp(f, f->far, fresh_port(), f->access, 443, SYN | FIN);

		expect_travel(test, f, &b, ext, per, "drop invalid", "%s, SYN and FIN", f->name);
		b = tcp(f, f->far, fresh_port(), f->access, 443, SYN);
		expect_forward(test, f, &b, ext, per, "drop invalid", "%s, never seen by conntrack",
			       f->name);
		b = tcp(f, f->blocked, fresh_port(), f->access, 443, SYN | FIN);
		expect_travel(test, f, &b, ext, per, "drop blocked", "%s, blocked comes first",
			      f->name);
	}
}

static void expect_untracked(struct kunit *test, const struct family *f, const struct bytes *b,
			     struct net_device *in, struct net_device *out, const char *want)
{
	struct sk_buff *skb = packet_skb(test, f, b, b->len);

	nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
	expect_outcome(test, forward_skb(f, skb, in, out), b->len, want, "%s", f->name);
}

/* What is told not to be tracked is judged as if there were no conntrack. */
static void conntrack_untracked(struct kunit *test)
{
	const struct family *f;

	policy(test, "");
	for (f = families; f < END_OF_FAMILIES; f++) {
		struct bytes b = tcp(f, f->far, 40000, f->access, 443, SYN);

		expect_untracked(test, f, &b, ext, per, "accept ext-05");
		b = tcp(f, f->far, 40000, f->access, 443, SYN | FIN);
		expect_untracked(test, f, &b, ext, per, "accept ext-05");
		b = tcp(f, f->access, 443, f->far, 40000, ACK);
		expect_untracked(test, f, &b, per, ext, "accept ext-05");
		b = tcp(f, f->access, 443, f->far, 40000, SYN);
		expect_untracked(test, f, &b, per, ext, "drop no-row");
		b = udp(f, f->av, 3478, f->far, 40000);
		expect_untracked(test, f, &b, per, ext, "accept ext-14");
		b = tcp(f, f->far, 40000, f->access, 444, SYN);
		expect_untracked(test, f, &b, ext, per, "drop no-row");
		b = tcp(f, f->far, 40000, f->access, 443, SYN);
		b = icmp_error(f, f->access, f->far, &b);
		expect_untracked(test, f, &b, per, ext, "accept icmp-related");
	}
}

/* An error passes if the connection that it is about does, by today's policy. */
static void conntrack_icmp_errors(struct kunit *test)
{
	const struct family *f;

	for (f = families; f < END_OF_FAMILIES; f++) {
		u16 port = fresh_port();
		struct bytes ask = udp(f, f->far, port, f->av, 3478);
		struct bytes answer = udp(f, f->av, 3478, f->far, port);
		struct bytes other = udp(f, f->far, fresh_port(), f->av, 3478), error;

		policy(test, "");
		expect_travel(test, f, &ask, ext, per, "accept ext-14", "%s", f->name);
		error = icmp_error(f, f->av, f->far, &ask);
		expect_travel(test, f, &error, per, ext, "accept icmp-related",
			      "%s, from the Edge", f->name);
		error = icmp_error(f, f->stranger, f->far, &ask);
		expect_travel(test, f, &error, per, ext, "accept icmp-related",
			      "%s, from a router on the way", f->name);
		error = icmp_error(f, f->av, f->far, &other);
		expect_travel(test, f, &error, per, ext, "drop protocol",
			      "%s, about no connection", f->name);
		expect_travel(test, f, &answer, per, ext, "accept ext-14", "%s, reply", f->name);
		error = icmp_error(f, f->far, f->av, &answer);
		expect_travel(test, f, &error, ext, per, "accept icmp-related",
			      "%s, about the reply", f->name);
		error = icmp_error(f, f->stranger, f->av, &answer);
		expect_travel(test, f, &error, ext, per, "accept icmp-related",
			      "%s, about the reply, from a router", f->name);
		policy(test, is_v4(f) ? "block 198.51.100.0/24\n" : "block 2001:db8:51::/48\n");
		expect_travel(test, f, &error, ext, per, "drop protocol",
			      "%s, about one to somebody who is blocked", f->name);
		policy(test, "port ext-14 3480\n");
		error = icmp_error(f, f->av, f->far, &ask);
		expect_travel(test, f, &error, per, ext, "drop protocol",
			      "%s, about what passes no more", f->name);
	}
}

/*
 * A connection to the public address @public, that DNAT is to take to the A/V Edge: conntrack sees
 * its first packet come, learns from NAT whom the replies will be from, and sees the packet leave.
 */
static void travel_to_public(struct kunit *test, const struct family *f, u16 sport,
			     const char *public)
{
	const struct bytes before = udp(f, f->far, sport, public, 3478);
	const struct bytes after = udp(f, f->far, sport, f->av, 3478);
	struct sk_buff *skb = packet_skb(test, f, &before, before.len);
	enum ip_conntrack_info ctinfo;
	union nf_inet_addr *replier;
	bool passed;

	skb->dev = ext;
	KUNIT_ASSERT_TRUE(test, at_hook(f, NF_INET_PRE_ROUTING, skb, ext, NULL));
	KUNIT_ASSERT_NOT_NULL(test, nf_ct_get(skb, &ctinfo));
	replier = &nf_ct_get(skb, &ctinfo)->tuplehash[IP_CT_DIR_REPLY].tuple.src.u3;
	if (is_v4(f))
		in4_pton(f->av, -1, (u8 *)replier, -1, NULL);
	else
		in6_pton(f->av, -1, (u8 *)replier, -1, NULL);
	KUNIT_ASSERT_EQ(test, skb_ensure_writable(skb, skb->len), 0);
	memcpy(skb->data, after.data, after.len);
	passed = at_hook(f, NF_INET_FORWARD, skb, ext, per);
	expect_outcome(test, passed, after.len, "accept ext-14", "%s, after DNAT", f->name);
	KUNIT_ASSERT_TRUE(test, passed);
	KUNIT_ASSERT_TRUE(test, at_hook(f, NF_INET_POST_ROUTING, skb, NULL, per));
	kfree_skb(skb);
}

/* An error is judged by the connection's addresses as the Edge knows them, not as the peer does. */
static void conntrack_nat(struct kunit *test)
{
	const struct family *f;

	policy(test, "");
	for (f = families; f < END_OF_FAMILIES; f++) {
		u16 port = fresh_port();
		struct bytes ask = udp(f, f->far, port, f->av, 3478);
		struct bytes answer = udp(f, f->av, 3478, f->far, port);
		struct bytes error = icmp_error(f, f->av, f->far, &ask);

		travel_to_public(test, f, port, f->stranger);
		expect_travel(test, f, &answer, per, ext, "accept ext-14", "%s, reply", f->name);
		expect_travel(test, f, &error, per, ext, "accept icmp-related",
			      "%s, error from the Edge", f->name);
	}
}

static void stateless(struct kunit *test)
{
	const struct family *f;

	policy(test, STATELESS);
	mode(test, "enforce");
	for (f = families; f < END_OF_FAMILIES; f++) {
		struct bytes b = tcp(f, f->far, 40000, f->access, 443, SYN), error;

		expect_travel(test, f, &b, ext, per, "accept ext-05", "%s", f->name);
		error = icmp_error(f, f->access, f->far, &b);
		expect_travel(test, f, &error, per, ext, "accept icmp-related", "%s, error",
			      f->name);
		b = tcp(f, f->far, 40000, f->access, 444, SYN);
		error = icmp_error(f, f->access, f->far, &b);
		expect_travel(test, f, &error, per, ext, "drop protocol", "%s, error about nothing",
			      f->name);
		b = tcp(f, f->access, 443, f->far, 40000, SYN | ACK);
		expect_travel(test, f, &b, per, ext, "accept ext-05", "%s, ACK answers", f->name);
		b = tcp(f, f->access, 443, f->far, 40000, RST);
		expect_travel(test, f, &b, per, ext, "accept ext-05", "%s, RST answers", f->name);
		b = tcp(f, f->access, 443, f->far, 40000, FIN);
		expect_travel(test, f, &b, per, ext, "drop no-row", "%s, FIN does not", f->name);
		b = udp(f, f->av, 3478, f->far, 40000);
		expect_travel(test, f, &b, per, ext, "accept ext-14", "%s, UDP answers", f->name);
		b = tcp(f, f->access, 40000, f->far, 5061, SYN);
		expect_travel(test, f, &b, per, ext, "accept ext-07", "%s, outbound", f->name);
		b = tcp(f, f->far, 5061, f->access, 40000, ACK);
		expect_travel(test, f, &b, ext, per, "accept ext-07", "%s, its answer", f->name);
	}
}

/* ---- crossings ---- */

static void crossings(struct kunit *test)
{
	const struct family *f;

	policy(test, STATELESS
	       "allow leave internal out tcp 5061 from any to front-end\n"
	       "allow enter external in tcp 9000-9001 from any to any\n"
	       "allow twice external out tcp 9001 from any to any\n");
	for (f = families; f < END_OF_FAMILIES; f++) {
		struct bytes b = tcp(f, f->far, 40000, f->access, 443, SYN);

		expect_forward(test, f, &b, ext, per, "accept ext-05", "%s, enters", f->name);
		expect_forward(test, f, &b, per, ext, "drop no-row", "%s, leaves", f->name);
		expect_forward(test, f, &b, per, per, "accept", "%s, is not ours", f->name);
		expect_forward(test, f, &b, inner, per, "drop no-row", "%s, internal", f->name);
		expect_forward(test, f, &b, ext, inner, "drop no-row",
			       "%s, the second crossing refuses", f->name);
		b = tcp(f, f->front_end, 40000, f->internal, 5061, SYN);
		expect_forward(test, f, &b, inner, per, "accept int-02", "%s, enters", f->name);
		expect_forward(test, f, &b, inner, ext, "drop no-row",
			       "%s, the second crossing refuses", f->name);
		expect_forward(test, f, &b, ext, inner, "drop no-row",
			       "%s, the first crossing refuses", f->name);
		b = tcp(f, f->access, 40000, f->front_end, 5061, SYN);
		expect_forward(test, f, &b, per, inner, "accept leave", "%s, leaves", f->name);
		b = tcp(f, f->internal, 40000, f->front_end, 5061, SYN);
		expect_forward(test, f, &b, per, inner, "accept int-03", "%s, leaves", f->name);
		b = tcp(f, f->front_end, 5061, f->internal, 40000, SYN | ACK);
		expect_forward(test, f, &b, inner, per, "accept int-03", "%s, the answer", f->name);
		/* By one device in and out again: two crossings of it. */
		b = tcp(f, f->far, 40000, f->access, 9000, SYN);
		expect_forward(test, f, &b, ext, ext, "drop no-row", "%s, back out", f->name);
		b = tcp(f, f->far, 40000, f->access, 9001, SYN);
		expect_forward(test, f, &b, ext, ext, "accept enter twice", "%s, back out",
			       f->name);
		for (b.len = 0; b.len < 60; b.len += 20)
			expect_forward(test, f, &b, per, per, "accept", "%s, cut, not ours",
				       f->name);
	}
}

static void scope_address(struct kunit *test)
{
	const struct family *f;

	for (f = families; f < END_OF_FAMILIES; f++) {
		struct bytes b = tcp(f, f->far, 40000, f->stranger, 443, SYN);

		policy(test, STATELESS);
		expect_forward(test, f, &b, ext, per, "drop no-row", "%s, interface", f->name);
		policy(test, STATELESS "option scope address\n");
		expect_forward(test, f, &b, ext, per, "accept", "%s, no edge's", f->name);
		b = tcp(f, f->blocked, 40000, f->stranger, 443, SYN);
		expect_forward(test, f, &b, ext, per, "accept", "%s, blocked, no edge's", f->name);
		b = tcp(f, f->far, 40000, f->access, 444, SYN);
		expect_forward(test, f, &b, ext, per, "drop no-row", "%s, an edge's", f->name);
		expect_forward(test, f, &b, per, ext, "accept",
			       "%s, outbound its source counts", f->name);
		b = tcp(f, f->access, 444, f->far, 40000, SYN);
		expect_forward(test, f, &b, per, ext, "drop no-row", "%s, outbound, an edge's",
			       f->name);
		b = icmp(f, f->far, f->stranger, echo_request(f));
		expect_forward(test, f, &b, ext, per, "accept", "%s, ICMP, no edge's", f->name);
		b = icmp(f, f->far, f->access, echo_request(f));
		expect_forward(test, f, &b, ext, per, "drop protocol", "%s, ICMP, an edge's",
			       f->name);
	}
}

static void block_and_protocols(struct kunit *test)
{
	const struct family *f;
	unsigned int protocol;

	for (f = families; f < END_OF_FAMILIES; f++) {
		struct bytes b, asked, error;

		policy(test, STATELESS);
		b = tcp(f, f->blocked, 40000, f->access, 443, SYN);
		expect_forward(test, f, &b, ext, per, "drop blocked", "%s, in", f->name);
		b = tcp(f, f->access, 443, f->blocked, 40000, ACK);
		expect_forward(test, f, &b, per, ext, "drop blocked", "%s, out", f->name);
		b = icmp(f, f->blocked, f->access, echo_request(f));
		expect_forward(test, f, &b, ext, per, "drop blocked", "%s, ICMP", f->name);
		b = icmp(f, f->far, f->access, echo_request(f));
		expect_forward(test, f, &b, ext, per, "drop protocol", "%s, echo", f->name);
		policy(test, STATELESS "option icmp-echo allow\n");
		expect_forward(test, f, &b, ext, per, "accept icmp-echo", "%s, echo", f->name);
		asked = icmp(f, f->access, f->far, echo_request(f));
		error = icmp_error(f, f->stranger, f->access, &asked);
		expect_forward(test, f, &error, ext, per, "accept icmp-related",
			       "%s, about an echo", f->name);
		asked = icmp(f, f->access, f->blocked, echo_request(f));
		error = icmp_error(f, f->stranger, f->access, &asked);
		expect_forward(test, f, &error, ext, per, "drop protocol",
			       "%s, about an echo to somebody who is blocked", f->name);
		for (protocol = 0; protocol < 256; protocol++) {
			/* Hop-by-hop, destination and the like are headers; ICMP was above. */
			if (protocol == IPPROTO_TCP || protocol == IPPROTO_UDP ||
			    protocol == IPPROTO_ICMPV6 || protocol == IPPROTO_ICMP ||
			    (!is_v4(f) && (protocol == IPPROTO_HOPOPTS ||
					   protocol == IPPROTO_ROUTING ||
					   protocol == IPPROTO_FRAGMENT || protocol == IPPROTO_AH ||
					   protocol == IPPROTO_DSTOPTS)))
				continue;
			b.data[is_v4(f) ? 9 : 6] = protocol;
			expect_forward(test, f, &b, ext, per, "drop protocol", "%s, protocol %u",
				       f->name, protocol);
		}
	}
}

/* Without it a gateway does not even know who its neighbours are. */
static void neighbour_discovery(struct kunit *test)
{
	const struct family *f = &families[1];
	unsigned int type;

	policy(test, STATELESS);
	for (type = 133; type <= 137; type++) {
		struct bytes b = icmp(f, "fe80::1", "fe80::2", type);

		b.data[7] = 255;
		expect_forward(test, f, &b, ext, per, "accept", "type %u", type);
		b.data[7] = 64;
		expect_forward(test, f, &b, ext, per, "drop protocol", "type %u, routed", type);
	}
}

/* ---- modes and what is done about a drop ---- */

static const char *name_of_sent(const struct sk_buff *skb, char *buf, size_t size)
{
	const u8 *ip = skb_network_header(skb), *payload;
	bool v4 = skb->protocol == htons(ETH_P_IP);
	u8 protocol = v4 ? ip[9] : ip[6];

	payload = ip + (v4 ? 4 * (ip[0] & 15) : 40);
	if (protocol == IPPROTO_TCP)
		return payload[13] & RST ? "reset;" : "TCP;";
	/* Neighbours have things to say to each other. */
	if (protocol == IPPROTO_ICMPV6 && payload[0] >= 128)
		return "";
	scnprintf(buf, size, "%s %u %u;", v4 ? "ICMP" : "ICMPv6", payload[0], payload[1]);
	return buf;
}

/* What a device was given to send, which it then has not any more. */
static void read_sent(struct net_device *dev, char *out, size_t size)
{
	struct sk_buff *skb;
	char buf[24];

	out[0] = 0;
	while ((skb = skb_dequeue(netdev_priv(dev)))) {
		strlcat(out, name_of_sent(skb, buf, sizeof(buf)), size);
		kfree_skb(skb);
	}
}

static void expect_sent(struct kunit *test, struct net_device *dev, const char *want)
{
	char got[96];

	read_sent(dev, got, sizeof(got));
	KUNIT_EXPECT_STREQ(test, (const char *)got, want);
}

static void monitor(struct kunit *test)
{
	const struct family *f;

	policy(test, "option unmatched reject\n");
	mode(test, "monitor");
	skb_queue_purge(netdev_priv(ext));
	for (f = families; f < END_OF_FAMILIES; f++) {
		struct bytes b = tcp(f, f->far, fresh_port(), f->access, 444, SYN);

		expect_travel(test, f, &b, ext, per, "accept no-row", "%s", f->name);
		b = tcp(f, f->blocked, fresh_port(), f->access, 443, SYN);
		expect_travel(test, f, &b, ext, per, "accept blocked", "%s", f->name);
		b = tcp(f, f->far, fresh_port(), f->access, 443, SYN | FIN);
		expect_travel(test, f, &b, ext, per, "accept invalid", "%s", f->name);
		b = icmp(f, f->far, f->access, echo_request(f));
		expect_travel(test, f, &b, ext, per, "accept protocol", "%s", f->name);
		b.len -= 4;
		expect_forward(test, f, &b, ext, per, "accept malformed", "%s", f->name);
		b = tcp(f, f->far, fresh_port(), f->access, 443, SYN);
		expect_travel(test, f, &b, ext, per, "accept ext-05", "%s", f->name);
		expect_travel(test, f, &b, ext, inner, "accept no-row", "%s, second crossing",
			      f->name);
	}
	expect_sent(test, ext, "");
	mode(test, "enforce");
	for (f = families; f < END_OF_FAMILIES; f++) {
		struct bytes b = tcp(f, f->far, fresh_port(), f->access, 444, SYN);

		expect_travel(test, f, &b, ext, per, "drop no-row", "%s, enforced", f->name);
		expect_sent(test, ext, "reset;");
	}
}

static bool is_hooked(unsigned int hook)
{
	return rcu_access_pointer(init_net.nf.hooks_ipv4[hook]) ||
	       rcu_access_pointer(init_net.nf.hooks_ipv6[hook]);
}

/* Off, and without a policy to judge by, no hook is there: it costs nothing. */
static void off(struct kunit *test)
{
	static const unsigned int hooks[] = {
		NF_INET_PRE_ROUTING, NF_INET_LOCAL_IN, NF_INET_FORWARD, NF_INET_LOCAL_OUT,
	};
	const struct family *f = &families[0];
	struct bytes b = tcp(f, f->blocked, 40000, f->access, 444, SYN);
	unsigned int i;

	policy(test, "option hooks all\n");
	for (i = 0; i < ARRAY_SIZE(hooks); i++)
		KUNIT_EXPECT_TRUE_MSG(test, is_hooked(hooks[i]), "hook %u", hooks[i]);
	policy(test, STATELESS);
	KUNIT_EXPECT_TRUE(test, is_hooked(NF_INET_FORWARD));
	KUNIT_EXPECT_TRUE(test, is_hooked(NF_INET_PRE_ROUTING));
	KUNIT_EXPECT_FALSE(test, is_hooked(NF_INET_LOCAL_IN));
	mode(test, "off");
	for (i = 0; i < ARRAY_SIZE(hooks); i++)
		KUNIT_EXPECT_FALSE_MSG(test, is_hooked(hooks[i]), "hook %u", hooks[i]);
	expect_forward(test, f, &b, ext, per, "accept", "off");
	policy(test, "option hooks all\n");
	for (i = 0; i < ARRAY_SIZE(hooks); i++)
		KUNIT_EXPECT_FALSE_MSG(test, is_hooked(hooks[i]), "hook %u", hooks[i]);
}

/* The sender is told, and of what no row takes alone; what tells him is not judged (hooks all). */
static void tell_senders(struct kunit *test)
{
	static const char *const options[] = {
		"option unmatched reject\n",
		"option unmatched reject\noption hooks all\n",
		STATELESS "option unmatched reject\noption hooks all\n",
	};
	const struct family *f;
	unsigned int i;

	mode(test, "enforce");
	for (i = 0; i < ARRAY_SIZE(options); i++) {
		policy(test, options[i]);
		for (f = families; f < END_OF_FAMILIES; f++) {
			/* RFC 1812 sec. 5.2.7.1: 3, 13. RFC 4443 sec. 3.1: 1, 1. */
			const char *prohibited = is_v4(f) ? "ICMP 3 13;" : "ICMPv6 1 1;";
			struct bytes b = tcp(f, f->far, fresh_port(), f->access, 444, SYN);

			skb_queue_purge(netdev_priv(ext));
			expect_travel(test, f, &b, ext, per, "drop no-row", "%s", f->name);
			expect_sent(test, ext, "reset;");
			b = udp(f, f->far, fresh_port(), f->av, 3479);
			expect_travel(test, f, &b, ext, per, "drop no-row", "%s", f->name);
			expect_sent(test, ext, prohibited);
			b = udp(f, f->blocked, fresh_port(), f->av, 3479);
			expect_travel(test, f, &b, ext, per, "drop blocked", "%s", f->name);
			b = icmp(f, f->far, f->access, echo_request(f));
			expect_travel(test, f, &b, ext, per, "drop protocol", "%s", f->name);
			b = udp(f, f->far, fresh_port(), f->av, 3478);
			b.len--;
			expect_forward(test, f, &b, ext, per, "drop malformed", "%s", f->name);
			expect_sent(test, ext, "");
		}
	}
	policy(test, "");
	for (f = families; f < END_OF_FAMILIES; f++) {
		struct bytes b = tcp(f, f->far, fresh_port(), f->access, 444, SYN);

		expect_travel(test, f, &b, ext, per, "drop no-row", "%s, silently", f->name);
	}
	expect_sent(test, ext, "");
}

static void expect_input(struct kunit *test, const struct family *f, u16 dport, const char *want)
{
	struct bytes b = tcp(f, f->far, 40000, f->access, dport, SYN);
	struct sk_buff *skb = packet_skb(test, f, &b, b.len);
	bool passed;

	skb->dev = ext;
	passed = at_hook(f, NF_INET_LOCAL_IN, skb, ext, NULL);
	if (passed)
		kfree_skb(skb);
	expect_outcome(test, passed, b.len, want, "%s, input, %u", f->name, dport);
}

static void expect_output(struct kunit *test, const struct family *f, u16 dport, const char *want)
{
	struct bytes b = tcp(f, f->access, 40000, f->far, dport, SYN);
	struct sk_buff *skb = packet_skb(test, f, &b, b.len);
	bool passed = at_hook(f, NF_INET_LOCAL_OUT, skb, NULL, ext);

	if (passed)
		kfree_skb(skb);
	expect_outcome(test, passed, b.len, want, "%s, output, %u", f->name, dport);
}

/* Where the gateway runs an Edge role itself. */
static void hooks_all(struct kunit *test)
{
	const struct family *f;

	for (f = families; f < END_OF_FAMILIES; f++) {
		policy(test, STATELESS);
		expect_input(test, f, 444, "accept");
		expect_output(test, f, 5062, "accept");
		policy(test, STATELESS "option hooks all\n");
		expect_input(test, f, 443, "accept ext-05");
		expect_input(test, f, 444, "drop no-row");
		expect_output(test, f, 5061, "accept ext-07");
		expect_output(test, f, 5062, "drop no-row");
		policy(test, STATELESS);
		expect_input(test, f, 444, "accept");
		expect_output(test, f, 5062, "accept");
	}
}

static int bind_log(struct socket *sock)
{
	const struct nfgenmsg head = { .nfgen_family = AF_UNSPEC, .res_id = htons(LOG_GROUP) };
	const struct nfulnl_msg_config_cmd command = { .command = NFULNL_CFG_CMD_BIND };
	const struct nfulnl_msg_config_mode copy = {
		.copy_range = htonl(ROOM),
		.copy_mode = NFULNL_COPY_PACKET,
	};
	struct sk_buff *request = new_request(NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG, 0, &head,
					      sizeof(head));

	if (!request)
		return -ENOMEM;
	nla_put(request, NFULA_CFG_CMD, sizeof(command), &command);
	nla_put(request, NFULA_CFG_MODE, sizeof(copy), &copy);
	return netlink_ask(sock, request);
}

/* The one packet that was logged: by whom and why it was dropped, where it came in, all of it. */
static void expect_logged(struct kunit *test, struct socket *sock, const char *prefix,
			  const struct bytes *b)
{
	struct nlattr *attrs[NFULA_MAX + 1];
	struct {
		struct nlmsghdr head;
		u8 rest[1024];
	} message;
	int n = receive(sock, &message, sizeof(message));

	KUNIT_ASSERT_GT(test, n, 0);
	KUNIT_ASSERT_EQ(test, nlmsg_parse(&message.head, sizeof(struct nfgenmsg), attrs, NFULA_MAX,
					  NULL, NULL), 0);
	KUNIT_ASSERT_NOT_NULL(test, attrs[NFULA_PREFIX]);
	KUNIT_EXPECT_STREQ(test, (const char *)nla_data(attrs[NFULA_PREFIX]), prefix);
	KUNIT_ASSERT_NOT_NULL(test, attrs[NFULA_IFINDEX_INDEV]);
	KUNIT_EXPECT_EQ(test, nla_get_be32(attrs[NFULA_IFINDEX_INDEV]), htonl(ext->ifindex));
	KUNIT_ASSERT_NOT_NULL(test, attrs[NFULA_PAYLOAD]);
	KUNIT_ASSERT_EQ(test, nla_len(attrs[NFULA_PAYLOAD]), b->len);
	KUNIT_EXPECT_EQ(test, memcmp(nla_data(attrs[NFULA_PAYLOAD]), b->data, b->len), 0);
	KUNIT_EXPECT_LT(test, receive(sock, &message, sizeof(message)), 0);
}

static void log_group(struct kunit *test)
{
	static const char *const modes[] = { "monitor", "enforce" };
	struct socket *sock = netlink_open(NETLINK_NETFILTER);
	const struct family *f;
	u8 message[64];
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, sock);
	KUNIT_ASSERT_EQ(test, bind_log(sock), 0);
	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		const char *verdict = i ? "drop" : "accept";

		policy(test, STATELESS "option log-group " __stringify(LOG_GROUP) "\n");
		mode(test, modes[i]);
		for (f = families; f < END_OF_FAMILIES; f++) {
			const struct {
				struct bytes b;
				const char *reason;
			} cases[] = {
				{ tcp(f, f->far, 40000, f->access, 444, SYN), "no-row" },
				{ tcp(f, f->blocked, 40000, f->access, 443, SYN), "blocked" },
				{ icmp(f, f->far, f->access, echo_request(f)), "protocol" },
			};
			struct bytes open = tcp(f, f->far, 40000, f->access, 443, SYN);
			unsigned int j;

			for (j = 0; j < ARRAY_SIZE(cases); j++) {
				char want[32], prefix[32];

				scnprintf(want, sizeof(want), "%s %s", verdict, cases[j].reason);
				scnprintf(prefix, sizeof(prefix), "lyncedge:%s", cases[j].reason);
				expect_forward(test, f, &cases[j].b, ext, per, want, "%s", f->name);
				expect_logged(test, sock, prefix, &cases[j].b);
			}
			expect_forward(test, f, &open, ext, per, "accept ext-05", "%s", f->name);
			KUNIT_EXPECT_LT(test, receive(sock, message, sizeof(message)), 0);
		}
		policy(test, STATELESS);
		for (f = families; f < END_OF_FAMILIES; f++) {
			struct bytes b = tcp(f, f->far, 40000, f->access, 444, SYN);

			forward(test, f, &b, ext, per);
			KUNIT_EXPECT_LT(test, receive(sock, message, sizeof(message)), 0);
		}
	}
	netlink_close(sock);
}

/* ---- early drops ---- */

#define EARLY								\
	"edge access 10.45.16.10 public 131.107.155.10 2001:db8:155::10\n"	\
	"option early-drop on\n"

static const char *public_access(const struct family *f)
{
	return is_v4(f) ? "131.107.155.10" : "2001:db8:155::10";
}

/* Where a packet comes in by a device; what is not let through is gone. */
static bool enter_skb(struct sk_buff *skb, struct net_device *dev)
{
	int ret = 0;

	skb->dev = dev;
	rcu_read_lock();
	if (nf_hook_ingress_active(skb))
		ret = nf_hook_ingress(skb);
	rcu_read_unlock();
	return ret >= 0;
}

static bool enter(struct kunit *test, const struct family *f, const struct bytes *b,
		  struct net_device *dev)
{
	struct sk_buff *skb = packet_skb(test, f, b, b->len);
	bool passed = enter_skb(skb, dev);

	if (passed)
		kfree_skb(skb);
	return passed;
}

static __printf(6, 7) void expect_enter(struct kunit *test, const struct family *f,
					const struct bytes *b, struct net_device *dev,
					const char *want, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vexpect_outcome(test, enter(test, f, b, dev), b->len, want, fmt, &args);
	va_end(args);
}

static void enter_for_edge(struct kunit *test, const struct family *f, const char *dst)
{
	struct bytes b = tcp(f, f->far, 40000, dst, 443, SYN);

	expect_enter(test, f, &b, ext, "accept", "open, %s", dst);
	b = tcp(f, f->far, 40000, dst, 444, SYN);
	expect_enter(test, f, &b, ext, "drop no-row", "closed, %s", dst);
	expect_enter(test, f, &b, inner, "accept", "internal, %s", dst);
	expect_enter(test, f, &b, per, "accept", "not named, %s", dst);
	b = tcp(f, f->far, 5061, dst, 444, ACK);
	expect_enter(test, f, &b, ext, "accept", "an answer, %s", dst);
	b = udp(f, f->far, 40000, dst, 443);
	expect_enter(test, f, &b, ext, "drop no-row", "UDP, %s", dst);
	b = tcp(f, f->blocked, 40000, dst, 443, SYN);
	expect_enter(test, f, &b, ext, "drop blocked", "blocked, %s", dst);
	b = icmp(f, f->far, dst, echo_request(f));
	expect_enter(test, f, &b, ext, "accept", "ICMP, %s", dst);
	b.data[is_v4(f) ? 9 : 6] = IPPROTO_GRE;
	expect_enter(test, f, &b, ext, "drop protocol", "GRE, %s", dst);
}

static void enter_for_others(struct kunit *test, const struct family *f, const char *dst)
{
	struct bytes b = tcp(f, f->far, 40000, dst, 444, SYN);

	expect_enter(test, f, &b, ext, "accept", "no edge, %s", dst);
	b = tcp(f, f->blocked, 40000, dst, 444, SYN);
	expect_enter(test, f, &b, ext, "accept", "no edge, blocked, %s", dst);
}

/* What goes on is for FORWARD to count, and what does not is counted once. */
static void early(struct kunit *test)
{
	static const char *const options[] = { EARLY, EARLY STATELESS, EARLY "option hooks all\n" };
	const struct family *f;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(options); i++) {
		policy(test, options[i]);
		mode(test, "enforce");
		for (f = families; f < END_OF_FAMILIES; f++) {
			enter_for_edge(test, f, f->access);
			enter_for_edge(test, f, public_access(f));
			enter_for_others(test, f, f->stranger);
			enter_for_others(test, f, f->gateway);
		}
	}
}

static void expect_hooked(struct kunit *test, const struct net_device *dev, bool want)
{
	KUNIT_EXPECT_EQ_MSG(test, !!rcu_access_pointer(dev->nf_hooks_ingress), want, "%s",
			    dev->name);
}

/* Whatever is not enforced costs nothing, and drops nothing. */
static void early_off(struct kunit *test)
{
	static const char *const modes[] = { "off", "monitor", "enforce", "monitor", "off" };
	unsigned int i;

	policy(test, EARLY);
	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		mode(test, modes[i]);
		expect_hooked(test, ext, !strcmp(modes[i], "enforce"));
		expect_hooked(test, inner, false);
		expect_hooked(test, per, false);
	}
	mode(test, "enforce");
	policy(test, "");
	expect_hooked(test, ext, false);
	policy(test, EARLY);
	expect_hooked(test, ext, true);
	KUNIT_EXPECT_EQ(test, tree_write("policy", "nonsense\ncommit\n"), -EINVAL);
	expect_hooked(test, ext, true);
	/* Without a device to be at. */
	KUNIT_EXPECT_EQ(test, tree_write("policy", "option early-drop on\ncommit\n"), 0);
	expect_hooked(test, ext, false);
}

/* The hook is where the external devices are, whatever becomes of those. */
static void early_devices(struct kunit *test)
{
	struct bytes b = tcp(&families[0], families[0].far, 40000, families[0].access, 444, SYN);
	struct net_device *dev = make_device("kspare0", 0);

	KUNIT_ASSERT_NOT_NULL(test, dev);
	policy(test, EARLY "interface external klate0\ninterface internal kturn0\n");
	mode(test, "enforce");
	expect_hooked(test, dev, false);
	KUNIT_ASSERT_EQ(test, rename_device(dev, "klate0"), 0);
	expect_hooked(test, dev, true);
	expect_enter(test, &families[0], &b, dev, "drop no-row", "named");
	expect_enter(test, &families[0], &b, ext, "drop no-row", "the other as well");
	KUNIT_ASSERT_EQ(test, rename_device(dev, "kturn0"), 0);
	expect_hooked(test, dev, false);
	KUNIT_ASSERT_EQ(test, rename_device(dev, "klate0"), 0);
	expect_hooked(test, dev, true);
	policy(test, EARLY);
	expect_hooked(test, dev, false);
	expect_hooked(test, ext, true);
	policy(test, EARLY "interface external klate0\n");
	expect_hooked(test, dev, true);
	KUNIT_EXPECT_TRUE(test, remove_device(dev));
	expect_enter(test, &families[0], &b, ext, "drop no-row", "the other is there still");
	dev = make_device("klate0", 0);
	KUNIT_ASSERT_NOT_NULL(test, dev);
	expect_enter(test, &families[0], &b, dev, "drop no-row", "made anew");
	mode(test, "off");
	expect_hooked(test, dev, false);
	KUNIT_EXPECT_TRUE(test, remove_device(dev));
}

/* A sender who shall be told is told by FORWARD. */
static void early_reject(struct kunit *test)
{
	const struct family *f;

	policy(test, EARLY "option unmatched reject\n");
	mode(test, "enforce");
	for (f = families; f < END_OF_FAMILIES; f++) {
		struct bytes b = tcp(f, f->far, 40000, f->access, 444, SYN);

		expect_enter(test, f, &b, ext, "accept", "%s, no row", f->name);
		b = tcp(f, f->blocked, 40000, f->access, 443, SYN);
		expect_enter(test, f, &b, ext, "drop blocked", "%s, blocked", f->name);
		b.data[is_v4(f) ? 9 : 6] = IPPROTO_GRE;
		set_addrs(&b, f, 0, f->far, f->access);
		expect_enter(test, f, &b, ext, "drop protocol", "%s, protocol", f->name);
	}
}

static void early_log(struct kunit *test)
{
	struct socket *sock = netlink_open(NETLINK_NETFILTER);
	const struct family *f;

	KUNIT_ASSERT_NOT_NULL(test, sock);
	KUNIT_ASSERT_EQ(test, bind_log(sock), 0);
	policy(test, EARLY "option log-group " __stringify(LOG_GROUP) "\n");
	mode(test, "enforce");
	for (f = families; f < END_OF_FAMILIES; f++) {
		struct bytes b = tcp(f, f->far, 40000, public_access(f), 444, SYN);

		expect_enter(test, f, &b, ext, "drop no-row", "%s", f->name);
		expect_logged(test, sock, "lyncedge:no-row", &b);
		b = tcp(f, f->blocked, 40000, f->access, 443, SYN);
		expect_enter(test, f, &b, ext, "drop blocked", "%s", f->name);
		expect_logged(test, sock, "lyncedge:blocked", &b);
	}
	netlink_close(sock);
}

static rx_handler_result_t take_over(struct sk_buff **pskb)
{
	return RX_HANDLER_PASS;
}

/* By the external device; the caller's hold on the packet outlives what becomes of it. */
static bool enter_held(struct sk_buff *skb)
{
	bool passed = enter_skb(skb_get(skb), ext);

	if (passed)
		kfree_skb(skb);
	return passed;
}

/* What FORWARD would have enter by another device, or not see at all, is not touched. */
static void early_not_ours(struct kunit *test)
{
	const struct family *f;

	policy(test, EARLY);
	mode(test, "enforce");
	for (f = families; f < END_OF_FAMILIES; f++) {
		struct bytes b = tcp(f, f->far, 40000, f->access, 444, SYN);
		struct sk_buff *skb = packet_skb(test, f, &b, b.len);

		skb->pkt_type = PACKET_OTHERHOST;
		expect_outcome(test, enter_held(skb), b.len, "accept", "another host's");
		skb->pkt_type = PACKET_MULTICAST;
		expect_outcome(test, enter_held(skb), b.len, "accept", "multicast");
		skb->pkt_type = PACKET_HOST;
		__vlan_hwaccel_put_tag(skb, htons(ETH_P_8021Q), 5);
		expect_outcome(test, enter_held(skb), b.len, "accept", "a VLAN's");
		__vlan_hwaccel_clear_tag(skb);
		skb->protocol = htons(ETH_P_ARP);
		expect_outcome(test, enter_held(skb), b.len, "accept", "no IP");
		kfree_skb(skb);

		rtnl_lock();
		KUNIT_EXPECT_EQ(test, netdev_rx_handler_register(ext, take_over, NULL), 0);
		rtnl_unlock();
		expect_enter(test, f, &b, ext, "accept", "a bridge's port");
		rtnl_lock();
		netdev_rx_handler_unregister(ext);
		rtnl_unlock();
		expect_enter(test, f, &b, ext, "drop no-row", "a port no more");
		ext->priv_flags |= IFF_L3MDEV_SLAVE;
		expect_enter(test, f, &b, ext, "accept", "a VRF's");
		ext->priv_flags &= ~IFF_L3MDEV_SLAVE;
		expect_enter(test, f, &b, ext, "drop no-row", "a VRF's no more");
	}
}

/* Segments that were received together are as long as they are, whatever the header says. */
static void early_gso(struct kunit *test)
{
	const struct family *f;

	policy(test, EARLY);
	mode(test, "enforce");
	for (f = families; f < END_OF_FAMILIES; f++) {
		struct bytes b = tcp(f, f->far, 40000, f->access, 444, SYN);
		struct sk_buff *skb;

		memset(b.data + b.len, 0, 8);
		b.len += 8;
		skb = packet_skb(test, f, &b, b.len);
		skb_shinfo(skb)->gso_size = 4;
		skb_shinfo(skb)->gso_segs = 2;
		skb_shinfo(skb)->gso_type = is_v4(f) ? SKB_GSO_TCPV4 : SKB_GSO_TCPV6;
		expect_outcome(test, enter_skb(skb, ext), b.len, "drop no-row", "%s", f->name);
	}
}

/*
 * However a packet lies in memory, whoever else has it: it is judged, and nothing of it changes.
 * The bytes that fill a frame up are none of the packet's.
 */
static void early_shared(struct kunit *test)
{
	const struct family *f;
	unsigned int linear;

	policy(test, EARLY);
	mode(test, "enforce");
	for (f = families; f < END_OF_FAMILIES; f++) {
		struct bytes b = tcp(f, f->far, 40000, f->access, 444, SYN), padded = b;

		memset(padded.data + padded.len, 0, 6);
		padded.len += 6;
		for (linear = 0; linear <= padded.len; linear++) {
			struct sk_buff *skb = packet_skb(test, f, &padded, linear);
			u8 after[ROOM];

			expect_outcome(test, enter_skb(skb_get(skb), ext), b.len, "drop no-row",
				       "%s, %u bytes linear", f->name, linear);
			KUNIT_EXPECT_EQ(test, skb->len, padded.len);
			KUNIT_EXPECT_EQ(test, skb_headlen(skb), linear);
			KUNIT_EXPECT_EQ(test, skb_copy_bits(skb, 0, after, padded.len), 0);
			KUNIT_EXPECT_EQ(test, memcmp(after, padded.data, padded.len), 0);
			kfree_skb(skb);
		}
	}
}

/* ---- devices ---- */

static void judged(struct kunit *test, struct net_device *dev, const char *want)
{
	struct bytes b = tcp(&families[0], families[0].far, 40000, families[0].access, 443, SYN);

	expect_forward(test, &families[0], &b, dev, per, want, "device %s", dev->name);
}

static void devices(struct kunit *test)
{
	struct net_device *dev = make_device("kspare0", 0);

	KUNIT_ASSERT_NOT_NULL(test, dev);
	policy(test, STATELESS "interface external klate0\ninterface internal kturn0\n");
	mode(test, "enforce");
	judged(test, dev, "accept");
	KUNIT_ASSERT_EQ(test, rename_device(dev, "klate0"), 0);
	judged(test, dev, "accept ext-05");
	KUNIT_ASSERT_EQ(test, rename_device(dev, "kturn0"), 0);
	judged(test, dev, "drop no-row");
	KUNIT_ASSERT_EQ(test, rename_device(dev, "kspare0"), 0);
	judged(test, dev, "accept");
	judged(test, ext, "accept ext-05");
	KUNIT_EXPECT_TRUE(test, remove_device(dev));
	judged(test, ext, "accept ext-05");

	dev = make_device("klate0", 0);
	KUNIT_ASSERT_NOT_NULL(test, dev);
	judged(test, dev, "accept ext-05");
	mode(test, "off");
	judged(test, dev, "accept");
	KUNIT_ASSERT_EQ(test, rename_device(dev, "kspare0"), 0);
	mode(test, "enforce");
	judged(test, dev, "accept");
	KUNIT_ASSERT_EQ(test, rename_device(dev, "klate0"), 0);
	judged(test, dev, "accept ext-05");
	policy(test, STATELESS);
	judged(test, dev, "accept");
	KUNIT_EXPECT_TRUE(test, remove_device(dev));
}

/* However close their numbers are, each is known from every other, whichever come and go. */
/* A packet that leaves by a device, for which there is no row. */
static void leaves(struct kunit *test, struct net_device *dev, const char *want)
{
	const struct family *f;

	for (f = families; f < END_OF_FAMILIES; f++) {
		struct bytes b = tcp(f, f->far, 40000, f->access, 443, SYN);

		expect_forward(test, f, &b, per, dev, want, "%s, %s", f->name, dev->name);
	}
}

static void many_devices(struct kunit *test)
{
	enum { NR = 12 };
	struct net_device *dev[NR], *stranger[NR], *twin;
	char lines[256] = STATELESS "interface external";
	unsigned int i, j;

	for (i = 0; i < NR; i++)
		scnprintf(lines + strlen(lines), sizeof(lines) - strlen(lines), " kmany%u", i);
	strlcat(lines, "\n", sizeof(lines));
	policy(test, lines);
	for (i = 0; i < NR; i++) {
		char name[IFNAMSIZ];

		/* All of one low end, so that any table of up to 256 places has them collide. */
		scnprintf(name, sizeof(name), "kmany%u", i);
		dev[i] = make_device(name, 1000 + 256 * i);
		KUNIT_ASSERT_NOT_NULL(test, dev[i]);
		scnprintf(name, sizeof(name), "kother%u", i);
		stranger[i] = make_device(name, 1001 + 256 * i);
		KUNIT_ASSERT_NOT_NULL(test, stranger[i]);
		for (j = 0; j <= i; j++) {
			judged(test, dev[j], "accept ext-05");
			judged(test, stranger[j], "accept");
		}
	}
	judged(test, ext, "accept ext-05");
	judged(test, inner, "drop no-row");
	/* One that is not named is not taken for those of the same low end. */
	twin = make_device("ktwin", 1000 + 256 * NR);
	KUNIT_ASSERT_NOT_NULL(test, twin);
	judged(test, twin, "accept");
	leaves(test, twin, "accept");
	leaves(test, dev[0], "drop no-row");
	leaves(test, dev[NR - 1], "drop no-row");
	remove_device(twin);
	for (i = 0; i < NR; i++) {
		remove_device(dev[i]);
		for (j = 0; j < NR; j++) {
			if (j > i)
				judged(test, dev[j], "accept ext-05");
			judged(test, stranger[j], "accept");
		}
	}
	for (i = 0; i < NR; i++)
		remove_device(stranger[i]);
}

/* A site row keeps its counter over policies, in any place; one that is gone loses it. */
static void site_row_counters(struct kunit *test)
{
	const struct family *f = &families[0];
	struct bytes b = tcp(f, f->far, 40000, f->access, 9000, SYN);
	char *text = kunit_kzalloc(test, COUNTERS_SIZE, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, text);
	policy(test, STATELESS "allow mine external in tcp 9000 from any to access\n");
	expect_forward(test, f, &b, ext, per, "accept mine", "first");
	policy(test, STATELESS "allow other external in tcp 9001 from any to access\n"
	       "allow mine external in tcp 9000 from any to access\n");
	expect_forward(test, f, &b, ext, per, "accept mine", "second");
	read_counters(text);
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "\nother 0 0\nmine 2 80\n"));
	policy(test, STATELESS);
	expect_forward(test, f, &b, ext, per, "drop no-row", "gone");
	policy(test, STATELESS "allow mine external in tcp 9000 from any to access\n");
	read_counters(text);
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "\nmine 0 0\n"));
	expect_forward(test, f, &b, ext, per, "accept mine", "anew");
}

/* More rows than the fast path knows: it has to know when to ask about the others. */
static void many_site_rows(struct kunit *test)
{
	const size_t room = 8192;
	char *lines = kunit_kzalloc(test, room, GFP_KERNEL);
	const struct family *f;
	unsigned int i;
	int n;

	KUNIT_ASSERT_NOT_NULL(test, lines);
	n = scnprintf(lines, room, STATELESS);
	for (i = 0; i < 100; i++)
		n += scnprintf(lines + n, room - n,
			       "allow r%u external in udp %u from any to any\n", i, 20000 + i);
	scnprintf(lines + n, room - n, "allow sip external in tcp 40000 from any to access\n");
	policy(test, lines);
	for (f = families; f < END_OF_FAMILIES; f++) {
		struct bytes b = udp(f, f->far, 40000, f->access, 20099);

		expect_forward(test, f, &b, ext, per, "accept r99", "%s", f->name);
		b = udp(f, f->access, 20099, f->far, 40000);
		expect_forward(test, f, &b, per, ext, "accept r99", "%s, the answer", f->name);
		b = tcp(f, f->access, 40000, f->far, 5061, SYN);
		expect_forward(test, f, &b, per, ext, "accept ext-07", "%s, outbound", f->name);
		b = tcp(f, f->far, 5061, f->access, 40000, ACK);
		expect_forward(test, f, &b, ext, per, "accept sip",
			       "%s, its own row goes before that which it answers", f->name);
		b = tcp(f, f->far, 5061, f->access, 40001, ACK);
		expect_forward(test, f, &b, ext, per, "accept ext-07", "%s, answers", f->name);
		b = udp(f, f->far, 40000, f->access, 20100);
		expect_forward(test, f, &b, ext, per, "drop no-row", "%s, closed", f->name);
		b = udp(f, f->blocked, 40000, f->access, 20100);
		expect_forward(test, f, &b, ext, per, "drop blocked", "%s, blocked", f->name);
		b = udp(f, f->blocked, 40000, f->access, 20099);
		expect_forward(test, f, &b, ext, per, "drop blocked", "%s, blocked, open", f->name);
	}
}

/* ---- every way through FORWARD ---- */

/* Policies that make packets take one way or another. */
static const struct shape {
	const char *name;
	const char *lines;
	/* Site rows, more of them than word 0 has bits for. */
	unsigned int rows;
	/* Partners in some blocks; a hundred or so are more than are stored plainly. */
	unsigned int partners;
	/* Who is at the far end is none of them, but lives in one of their blocks. */
	bool strangers;
	/* With conntrack, which says of each packet one thing or another. */
	bool tracked;
} shapes[] = {
	{ .name = "nobody blocked", .lines = "" },
	{ .name = "some blocked", .lines = BLOCK },
	{ .name = "many rows", .lines = "", .rows = 120 },
	{ .name = "many rows, some blocked", .lines = BLOCK, .rows = 120 },
	{ .name = "partners", .lines = "", .partners = 3 },
	{ .name = "strangers", .lines = "", .partners = 3, .strangers = true },
	{ .name = "strangers, many rows", .lines = "", .rows = 120, .partners = 3,
	  .strangers = true },
	{ .name = "many partners", .lines = "", .partners = 300 },
	{ .name = "many partners, some blocked", .lines = BLOCK, .partners = 300 },
	{ .name = "many strangers", .lines = "", .partners = 300, .strangers = true },
	{ .name = "rejected", .lines = "option unmatched reject\n" },
	{ .name = "edges alone", .lines = "option scope address\n" },
	{ .name = "tracked", .lines = "", .tracked = true },
	{ .name = "tracked, some blocked", .lines = BLOCK, .tracked = true },
	{ .name = "tracked, many rows", .lines = "", .rows = 120, .tracked = true },
	{ .name = "tracked, many rows, some blocked", .lines = BLOCK, .rows = 120,
	  .tracked = true },
	{ .name = "tracked, partners", .lines = "", .partners = 3, .tracked = true },
	{ .name = "tracked, many partners", .lines = "", .partners = 300, .tracked = true },
	{ .name = "tracked, many strangers, many rows", .lines = "", .rows = 120, .partners = 300,
	  .strangers = true, .tracked = true },
	{ .name = "tracked, rejected", .lines = "option unmatched reject\n", .tracked = true },
	{ .name = "tracked, edges alone", .lines = "option scope address\n", .tracked = true },
};

/* What conntrack may say of a packet, and what the module makes of that. */
static const struct tracking {
	u8 track;
	bool known;
	enum ip_conntrack_info info;
} trackings[] = {
	{ LE_TRACK_NONE, false, IP_CT_UNTRACKED },
	{ LE_TRACK_INVALID, false, IP_CT_NEW },
	{ LE_TRACK_ORIGINAL, true, IP_CT_NEW },
	{ LE_TRACK_ORIGINAL, true, IP_CT_ESTABLISHED },
	{ LE_TRACK_REPLY, true, IP_CT_ESTABLISHED_REPLY },
};

static char *shape_text(struct kunit *test, const struct shape *shape)
{
	const size_t room = 65536;
	char *text = kunit_kzalloc(test, room, GFP_KERNEL);
	unsigned int i;
	int n;

	KUNIT_ASSERT_NOT_NULL(test, text);
	n = scnprintf(text, room, "%s%s", shape->tracked ? "" : STATELESS, shape->lines);
	for (i = 0; i < shape->rows; i++)
		n += scnprintf(text + n, room - n, "allow w%u external %s %s %u from %s to %s\n",
			       i, i % 2 ? "in" : "out", i % 4 / 2 ? "tcp" : "udp",
			       i < 80 ? 20000 + i : 40000 + i / 4, i % 2 ? "any" : "access",
			       i % 2 ? "access" : i % 4 ? "2001:db8:51::/48" : "198.51.100.0/24");
	for (i = 0; i < shape->partners; i++)
		n += scnprintf(text + n, room - n,
			       "peer federation-partner 198.51.%u.0/25 2001:db8:%x:1::/64\n"
			       "peer federation-partner %u.%u.5.6\n",
			       101 + i % 100, 0x1000 + i, 20 + i % 100, i / 2);
	if (shape->partners && !shape->strangers)
		n += scnprintf(text + n, room - n,
			       "peer federation-partner 198.51.100.0/25 2001:db8:51::/48\n"
			       "peer federation-partner 8.8.0.0/16 2a00::/16\n");
	return text;
}

/* Mostly one that fits the end that it is for. */
static const char *some_address(const struct family *f, bool near, struct rnd_state *random)
{
	const char *const nears[] = { f->access, f->access, f->av, f->internal };
	const char *const fars[] = { f->far, f->far, f->blocked, f->front_end, f->stranger,
				     /* In a block with nobody else. */
				     is_v4(f) ? "8.8.7.6" : "2a00::876" };
	u32 any = prandom_u32_state(random);

	if (any % 16 == 0)
		near = !near;
	any /= 16;
	return near ? nears[any % ARRAY_SIZE(nears)] : fars[any % ARRAY_SIZE(fars)];
}

static u16 some_port(struct rnd_state *random)
{
	static const u16 all[] = { 443, 444, 3478, 5061, 5062, 20000, 20001, 20002, 20003, 40025,
				   40028, 40029, 50000, 59999, 60000 };

	return all[prandom_u32_state(random) % ARRAY_SIZE(all)];
}

static struct bytes some_packet(const struct family *f, bool entering, struct rnd_state *random)
{
	static const u8 flags[] = { SYN, SYN | ACK, ACK, RST, FIN };
	const char *src = some_address(f, !entering, random);
	const char *dst = some_address(f, entering, random);
	u16 sport = some_port(random), dport = some_port(random);

	if (prandom_u32_state(random) % 2)
		return udp(f, src, sport, dst, dport);
	return tcp(f, src, sport, dst, dport,
		   flags[prandom_u32_state(random) % ARRAY_SIZE(flags)]);
}

/* What the header reader and the judge say, which lyncedge_rules proves against the matrix. */
static void long_way(struct kunit *test, const struct le_policy *policy,
		     const struct le_table *table, const struct family *f, const struct bytes *b,
		     unsigned int crossing, u8 track, char *text, size_t size)
{
	struct sk_buff *skb = packet_skb(test, f, b, b->len);
	struct le_packet packet;
	const char *name = "";
	int outcome;

	le_packet_read(skb, is_v4(f) ? LE_IPV4 : LE_IPV6, &packet);
	kfree_skb(skb);
	packet.track = track;
	outcome = le_judge(table, crossing, &packet);
	if (outcome >= LE_NR_ROWS)
		name = policy->site_rows[outcome - LE_NR_ROWS].name;
	else if (outcome >= 0)
		name = le_matrix[outcome].id;
	else if (outcome != LE_UNJUDGED)
		name = le_reason_names[le_outcome_index(outcome)];
	scnprintf(text, size, "%s%s%s", le_outcome_accepts(outcome) ? "accept" : "drop",
		  *name ? " " : "", name);
}

static void expect_long_way(struct kunit *test, const struct shape *shape,
			    const struct le_policy *policy, const struct le_table *table)
{
	struct net_device *const way[LE_NR_CROSSINGS][2] = {
		[0] = { ext, per }, [1] = { per, ext }, [2] = { inner, per }, [3] = { per, inner },
	};
	/* One that conntrack knows; what it is about is no concern of the hooks. */
	struct nf_conn *ct = nf_ct_tmpl_alloc(&init_net, &nf_ct_zone_dflt, GFP_KERNEL);
	struct rnd_state random;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, ct);
	prandom_seed_state(&random, 7);
	for (i = 0; i < 5000; i++) {
		const struct tracking *tracking =
			&trackings[shape->tracked ? i / 2 % ARRAY_SIZE(trackings) : 0];
		const struct family *f = &families[i % ARRAY_SIZE(families)];
		unsigned int crossing = prandom_u32_state(&random) % LE_NR_CROSSINGS;
		struct bytes b = some_packet(f, crossing % LE_NR_DIRS == LE_IN, &random);
		struct sk_buff *skb = packet_skb(test, f, &b, b.len);
		char want[64];

		long_way(test, policy, table, f, &b, crossing, tracking->track, want,
			 sizeof(want));
		if (tracking->known)
			nf_conntrack_get(&ct->ct_general);
		nf_ct_set(skb, tracking->known ? ct : NULL, tracking->info);
		expect_outcome(test, forward_skb(f, skb, way[crossing][0], way[crossing][1]),
			       b.len, want, "%s, %s, packet %u, crossing %u, tracking %zu",
			       shape->name, f->name, i, crossing, tracking - trackings);
	}
	nf_ct_tmpl_free(ct);
}

static void every_way(struct kunit *test)
{
	const struct shape *shape;

	for (shape = shapes; shape < shapes + ARRAY_SIZE(shapes); shape++) {
		char *lines = shape_text(test, shape), *text;
		struct le_policy *parsed;
		struct le_table *table;
		struct le_error error;

		policy_without_block(test, lines);
		mode(test, "enforce");
		text = kasprintf(GFP_KERNEL, "%s%scommit\n", open_policy, lines);
		KUNIT_ASSERT_NOT_NULL(test, text);
		KUNIT_ASSERT_EQ(test, le_policy_parse(text, strlen(text), &parsed, &error), 0);
		kfree(text);
		table = le_table_compile(parsed);
		KUNIT_ASSERT_NOT_NULL(test, table);
		expect_long_way(test, shape, parsed, table);
		le_table_free(table);
		le_policy_free(parsed);
	}
}

/* ---- the suite ---- */

static int open_device(struct net_device *dev)
{
	int err;

	rtnl_lock();
	err = dev_open(dev, NULL);
	rtnl_unlock();
	return err;
}

static int saved_ratelimit, saved_ratelimit6;

static int hook_suite_init(struct kunit_suite *suite)
{
	unsigned int i;

	/* Errors to one address shall not be too many for it. */
	saved_ratelimit = init_net.ipv4.sysctl_icmp_ratelimit;
	saved_ratelimit6 = init_net.ipv6.sysctl.icmpv6_time;
	init_net.ipv4.sysctl_icmp_ratelimit = 0;
	init_net.ipv6.sysctl.icmpv6_time = 0;
	ext = make_device("kext0", 0);
	inner = make_device("kint0", 0);
	per = make_device("kper0", 0);
	counters = tree_open("counters", O_RDONLY);
	if (!ext || !inner || !per || IS_ERR(counters) || open_device(ext))
		return -ENODEV;
	for (i = 0; i < ARRAY_SIZE(families); i++) {
		const struct family *f = &families[i];
		int err = add_address(ext, is_v4(f) ? AF_INET : AF_INET6, f->gateway,
				      is_v4(f) ? 24 : 64);

		if (err)
			return err;
	}
	return 0;
}

static void hook_suite_exit(struct kunit_suite *suite)
{
	tree_write("mode", "off");
	if (!IS_ERR_OR_NULL(counters))
		filp_close(counters, NULL);
	remove_device(ext);
	remove_device(inner);
	remove_device(per);
	init_net.ipv4.sysctl_icmp_ratelimit = saved_ratelimit;
	init_net.ipv6.sysctl.icmpv6_time = saved_ratelimit6;
}

static struct kunit_case hook_cases[] = {
	KUNIT_CASE(split_anywhere),
	KUNIT_CASE(ipv4_options),
	KUNIT_CASE(ipv6_extension_headers),
	KUNIT_CASE(truncated),
	KUNIT_CASE(lies),
	KUNIT_CASE(fragments),
	KUNIT_CASE(reassembled),
	KUNIT_CASE(gso),
	KUNIT_CASE(conntrack_replies),
	KUNIT_CASE(conntrack_policy_change),
	KUNIT_CASE(conntrack_invalid),
	KUNIT_CASE(conntrack_untracked),
	KUNIT_CASE(conntrack_icmp_errors),
	KUNIT_CASE(conntrack_nat),
	KUNIT_CASE(stateless),
	KUNIT_CASE(crossings),
	KUNIT_CASE(scope_address),
	KUNIT_CASE(block_and_protocols),
	KUNIT_CASE(neighbour_discovery),
	KUNIT_CASE(monitor),
	KUNIT_CASE(off),
	KUNIT_CASE(tell_senders),
	KUNIT_CASE(hooks_all),
	KUNIT_CASE(log_group),
	KUNIT_CASE(early),
	KUNIT_CASE(early_off),
	KUNIT_CASE(early_devices),
	KUNIT_CASE(early_reject),
	KUNIT_CASE(early_log),
	KUNIT_CASE(early_not_ours),
	KUNIT_CASE(early_gso),
	KUNIT_CASE(early_shared),
	KUNIT_CASE(devices),
	KUNIT_CASE(many_devices),
	KUNIT_CASE(site_row_counters),
	KUNIT_CASE(many_site_rows),
	KUNIT_CASE(every_way),
	{}
};

static struct kunit_suite hook_suite = {
	.name = "lyncedge_hook",
	.suite_init = hook_suite_init,
	.suite_exit = hook_suite_exit,
	.test_cases = hook_cases,
};

kunit_test_suite(hook_suite);

MODULE_LICENSE("GPL");
