// SPDX-License-Identifier: GPL-2.0-only
/*
 * What comes through a flood: packets come in by a device at given rates, as a driver hands them
 * to the kernel. A ring holds what has come and was not yet taken; what finds it full is lost.
 * The clock that they come by is the kernel's: under QEMU's -icount it counts instructions, a
 * nanosecond each, and so a second is what a processor of a thousand million instructions does in
 * one, and the answer is the same in every run.
 *
 * /sys/kernel/debug/lyncedge_flood/
 *	run	write: "IN OUT FLOOD MEDIA MILLISECONDS": devices, and packets a second. The flood
 *		is TCP, to open connections that no row takes, each from another address; media is
 *		one stream of UDP to the A/V Edge
 *	result	read: "MEDIA DELIVERED FLOODED TAKEN": media packets that came, and that left by
 *		OUT; packets of the flood that came, and that the ring had room for
 */
#include <linux/debugfs.h>
#include <linux/etherdevice.h>
#include <linux/ip.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/net_namespace.h>

#define RING 512	/* packets; a power of two */
#define BATCH 64	/* taken in a row, as by a driver's poll */
#define PAYLOAD 160	/* 20 ms of G.711 */

/* 10.45.16.10, .30, and where media comes from, 198.51.100.7. */
#define ACCESS_EDGE 0x0a2d100a
#define AV_EDGE 0x0a2d101e
#define MEDIA_PEER 0xc6336407

enum kind { FLOOD, MEDIA, NR_KINDS };

struct frame {
	struct ethhdr eth;
	struct iphdr ip;
	union {
		struct tcphdr tcp;
		struct {
			struct udphdr header;
			u8 payload[PAYLOAD];
		} udp;
	};
} __packed;

/* One kind of packets on their way in; times are in nanoseconds from the beginning. */
struct stream {
	struct frame frame;
	unsigned int len;
	u64 rate;
	u64 came;
	u64 taken;
};

static DEFINE_MUTEX(lock);
static struct stream streams[NR_KINDS];
static u64 delivered;
static u32 next_source;
static u8 ring[RING];
static unsigned int ring_first, ring_nr;
static struct dentry *folder;

static void put_ip(struct frame *frame, struct net_device *dev, u8 protocol, u32 src, u32 dst,
		   unsigned int payload)
{
	ether_addr_copy(frame->eth.h_dest, dev->dev_addr);
	frame->eth.h_proto = htons(ETH_P_IP);
	frame->ip.version = 4;
	frame->ip.ihl = 5;
	frame->ip.tot_len = htons(sizeof(frame->ip) + payload);
	frame->ip.ttl = 64;
	frame->ip.protocol = protocol;
	frame->ip.saddr = htonl(src);
	frame->ip.daddr = htonl(dst);
	frame->ip.check = ip_fast_csum(&frame->ip, frame->ip.ihl);
}

static void prepare_flood(struct stream *s, struct net_device *dev)
{
	struct tcphdr *tcp = &s->frame.tcp;

	put_ip(&s->frame, dev, IPPROTO_TCP, 0, ACCESS_EDGE, sizeof(*tcp));
	tcp->source = htons(40000);
	tcp->dest = htons(5060);
	tcp->seq = htonl(1);
	tcp->doff = sizeof(*tcp) / 4;
	tcp->syn = 1;
	tcp->window = htons(65535);
	s->len = offsetofend(struct frame, tcp);
}

static void prepare_media(struct stream *s, struct net_device *dev)
{
	struct udphdr *udp = &s->frame.udp.header;

	put_ip(&s->frame, dev, IPPROTO_UDP, MEDIA_PEER, AV_EDGE, sizeof(s->frame.udp));
	udp->source = htons(50200);
	udp->dest = htons(50100);
	udp->len = htons(sizeof(s->frame.udp));
	s->len = offsetofend(struct frame, udp);
}

/* When the next packet of a stream comes. */
static u64 next_time(const struct stream *s)
{
	return s->rate ? div64_u64((s->came + 1) * NSEC_PER_SEC, s->rate) : U64_MAX;
}

static void come(enum kind kind)
{
	streams[kind].came++;
	if (ring_nr == RING)
		return;
	ring[(ring_first + ring_nr++) % RING] = kind;
	streams[kind].taken++;
}

/* What has come up to now, in the order of its times. */
static void let_come(u64 now)
{
	for (;;) {
		u64 flood = next_time(&streams[FLOOD]), media = next_time(&streams[MEDIA]);

		if (min(flood, media) > now)
			return;
		come(media <= flood ? MEDIA : FLOOD);
	}
}

/* Another address each time: an odd factor visits all of 32.0.0.0/3 before it comes again. */
static void set_source(struct iphdr *ip)
{
	next_source += 0x9e3779b1;
	ip->saddr = htonl(0x20000000 | next_source >> 3);
	ip->check = 0;
	ip->check = ip_fast_csum(ip, ip->ihl);
}

static void receive(struct net_device *dev, enum kind kind)
{
	const struct stream *s = &streams[kind];
	struct sk_buff *skb = netdev_alloc_skb_ip_align(dev, s->len);
	struct frame *frame;

	if (!skb)
		return;
	frame = skb_put_data(skb, &s->frame, s->len);
	if (kind == FLOOD)
		set_source(&frame->ip);
	skb->protocol = eth_type_trans(skb, dev);
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	netif_receive_skb(skb);
}

static void poll(struct net_device *dev)
{
	unsigned int i;

	local_bh_disable();
	for (i = 0; i < BATCH && ring_nr; i++) {
		enum kind kind = ring[ring_first];

		ring_first = (ring_first + 1) % RING;
		ring_nr--;
		receive(dev, kind);
	}
	local_bh_enable();
}

static u64 sent(struct net_device *dev)
{
	struct rtnl_link_stats64 stats;

	return dev_get_stats(dev, &stats)->tx_packets;
}

static void run(struct net_device *in, struct net_device *out, u64 duration)
{
	u64 before, start, now;

	ring_nr = 0;
	prepare_flood(&streams[FLOOD], in);
	prepare_media(&streams[MEDIA], in);
	/* The stream is there already when the flood comes. */
	local_bh_disable();
	receive(in, MEDIA);
	local_bh_enable();
	before = sent(out);
	start = ktime_get_ns();
	for (now = 0; now < duration; now = ktime_get_ns() - start) {
		let_come(now);
		poll(in);
		cond_resched();
	}
	delivered = sent(out) - before;
}

static int parse_and_run(const char *text)
{
	char in_name[IFNAMSIZ], out_name[IFNAMSIZ];
	struct net_device *in, *out;
	unsigned long flood, media;
	unsigned int milliseconds;
	int err = -ENODEV;

	if (sscanf(text, "%15s %15s %lu %lu %u", in_name, out_name, &flood, &media,
		   &milliseconds) != 5 ||
	    milliseconds > 10000)
		return -EINVAL;
	memset(streams, 0, sizeof(streams));
	streams[FLOOD].rate = flood;
	streams[MEDIA].rate = media;
	in = dev_get_by_name(&init_net, in_name);
	out = dev_get_by_name(&init_net, out_name);
	if (in && out) {
		run(in, out, milliseconds * (u64)NSEC_PER_MSEC);
		err = 0;
	}
	if (in)
		dev_put(in);
	if (out)
		dev_put(out);
	return err;
}

static ssize_t run_write(struct file *file, const char __user *from, size_t len, loff_t *offset)
{
	char *text;
	int err;

	if (len > 256)
		return -EINVAL;
	text = memdup_user_nul(from, len);
	if (IS_ERR(text))
		return PTR_ERR(text);
	mutex_lock(&lock);
	err = parse_and_run(text);
	mutex_unlock(&lock);
	kfree(text);
	return err ? err : len;
}

static ssize_t result_read(struct file *file, char __user *to, size_t len, loff_t *offset)
{
	char text[96];
	int n;

	mutex_lock(&lock);
	n = scnprintf(text, sizeof(text), "%llu %llu %llu %llu\n", streams[MEDIA].came, delivered,
		      streams[FLOOD].came, streams[FLOOD].taken);
	mutex_unlock(&lock);
	return simple_read_from_buffer(to, len, offset, text, n);
}

static const struct file_operations run_fops = { .owner = THIS_MODULE, .write = run_write };
static const struct file_operations result_fops = { .owner = THIS_MODULE, .read = result_read };

static int __init flood_init(void)
{
	folder = debugfs_create_dir("lyncedge_flood", NULL);
	debugfs_create_file("run", 0200, folder, NULL, &run_fops);
	debugfs_create_file("result", 0400, folder, NULL, &result_fops);
	return 0;
}

static void __exit flood_exit(void)
{
	debugfs_remove(folder);
}

module_init(flood_init);
module_exit(flood_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Media through a flood of refused packets");
MODULE_AUTHOR("The lyncedge developers");
