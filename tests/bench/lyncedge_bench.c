// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a packet costs in FORWARD: makes packets as it is told, runs them through whatever is
 * registered there many times, and says how long that took and what became of them. Under QEMU's
 * -icount the clock counts instructions, and the answer is exact; elsewhere it is a time.
 *
 * /sys/kernel/debug/lyncedge_bench/
 *	packet	write: "ipv4|ipv6 tcp|udp SRC SPORT DST DPORT IN OUT STATE", IN and OUT devices,
 *		STATE one of untracked (told not to track), new, established, reply (what
 *		conntrack says, which has to be active). "+" before it adds it to the packets
 *		that there are, else it takes their place
 *	cost	read: "accept|drop|mixed CLOCK", of a packet: the least of ROUNDS rounds of about
 *		PASSES passes, in which all packets come equally often, in an order that is
 *		shuffled once and the same in every run
 *	bare	write: "accept" or "drop" registers a hook that does nothing else, with which the
 *		others are compared; "off" takes it away
 *
 * What is compared with what is the business of the scripts around it. No part of lyncedge.
 */
#include <linux/debugfs.h>
#include <linux/etherdevice.h>
#include <linux/inet.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/prandom.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/net_namespace.h>
#include <net/netfilter/nf_conntrack.h>

#define PASSES 1000
#define MAX_PACKETS 64
#define ROUNDS 3
#define PAYLOAD 160	/* 20 ms of G.711 */

/* The last two have a past. */
enum state { UNTRACKED, NEW, ESTABLISHED, REPLY };

static const char *const state_names[] = { "untracked", "new", "established", "reply" };

/* A packet as asked for. */
struct asked {
	u8 pf;
	u8 protocol;
	union nf_inet_addr src;
	union nf_inet_addr dst;
	u16 sport;
	u16 dport;
	struct net_device *in;
	struct net_device *out;
	enum state state;
};

enum segment { SYN, SYN_ACK, ACK };

/* A packet as made, and where it goes through. */
struct sample {
	struct asked asked;
	struct sk_buff *skb;
	struct nf_hook_state state;
	const struct nf_hook_entries *entries;
};

static DEFINE_MUTEX(lock);
static struct sample samples[MAX_PACKETS];
static unsigned int nr_samples;
/* Places in the above. */
static u8 order[PASSES];
static struct dentry *folder;

static unsigned int bare_accept(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	return NF_ACCEPT;
}

static unsigned int bare_drop(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	return NF_DROP;
}

static struct nf_hook_ops bare[] = {
	{ .pf = NFPROTO_IPV4, .hooknum = NF_INET_FORWARD, .priority = NF_IP_PRI_FILTER },
	{ .pf = NFPROTO_IPV6, .hooknum = NF_INET_FORWARD, .priority = NF_IP_PRI_FILTER },
};

static bool bare_registered;

static const struct nf_hook_entries *entries(u8 pf, unsigned int hook)
{
	if (pf == NFPROTO_IPV4)
		return rcu_dereference(init_net.nf.hooks_ipv4[hook]);
	return rcu_dereference(init_net.nf.hooks_ipv6[hook]);
}

static void put_ip(struct sk_buff *skb, const struct asked *a, unsigned int payload)
{
	if (a->pf == NFPROTO_IPV4) {
		struct iphdr *ip = skb_put_zero(skb, sizeof(*ip));

		ip->version = 4;
		ip->ihl = 5;
		ip->tot_len = htons(sizeof(*ip) + payload);
		ip->ttl = 64;
		ip->protocol = a->protocol;
		ip->saddr = a->src.ip;
		ip->daddr = a->dst.ip;
		ip->check = ip_fast_csum(ip, ip->ihl);
		skb->protocol = htons(ETH_P_IP);
	} else {
		struct ipv6hdr *ip = skb_put_zero(skb, sizeof(*ip));

		ip->version = 6;
		ip->payload_len = htons(payload);
		ip->nexthdr = a->protocol;
		ip->hop_limit = 64;
		ip->saddr = a->src.in6;
		ip->daddr = a->dst.in6;
		skb->protocol = htons(ETH_P_IPV6);
	}
}

static void put_transport(struct sk_buff *skb, const struct asked *a, enum segment segment)
{
	if (a->protocol == IPPROTO_TCP) {
		struct tcphdr *tcp = skb_put_zero(skb, sizeof(*tcp));

		tcp->source = htons(a->sport);
		tcp->dest = htons(a->dport);
		tcp->seq = htonl(segment == ACK ? 2 : 1);
		tcp->ack_seq = htonl(segment == SYN ? 0 : 2);
		tcp->doff = sizeof(*tcp) / 4;
		tcp->syn = segment != ACK;
		tcp->ack = segment != SYN;
		tcp->window = htons(65535);
	} else {
		struct udphdr *udp = skb_put_zero(skb, sizeof(*udp));

		udp->source = htons(a->sport);
		udp->dest = htons(a->dport);
		udp->len = htons(sizeof(*udp) + PAYLOAD);
	}
}

static struct sk_buff *make_packet(const struct asked *a, enum segment segment)
{
	unsigned int header = a->protocol == IPPROTO_TCP ? sizeof(struct tcphdr) :
							   sizeof(struct udphdr);
	unsigned int payload = a->protocol == IPPROTO_TCP && segment != ACK ? 0 : PAYLOAD;
	struct sk_buff *skb = alloc_skb(LL_MAX_HEADER + 256 + PAYLOAD, GFP_KERNEL);

	if (!skb)
		return NULL;
	skb_reserve(skb, LL_MAX_HEADER);
	skb_reset_network_header(skb);
	put_ip(skb, a, header + payload);
	skb_set_transport_header(skb, skb->len);
	put_transport(skb, a, segment);
	skb_put_zero(skb, payload);
	skb->dev = a->in;
	/* Conntrack need not look at sums. */
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	return skb;
}

/* Through one hook of init_net, as a packet on its way would be. */
static int pass(struct sk_buff *skb, const struct asked *a, unsigned int hook)
{
	const struct nf_hook_entries *e;
	struct nf_hook_state state;
	int ret = 1;

	nf_hook_state_init(&state, hook, a->pf, a->in, a->out, NULL, &init_net, NULL);
	local_bh_disable();
	rcu_read_lock();
	e = entries(a->pf, hook);
	if (e)
		ret = nf_hook_slow(skb, &state, e, 0);
	rcu_read_unlock();
	local_bh_enable();
	return ret;
}

/* Conntrack sees the packet come in and go out, and so knows its connection from now on. */
static int track(const struct asked *a, enum segment segment)
{
	struct sk_buff *skb = make_packet(a, segment);

	if (!skb)
		return -ENOMEM;
	if (pass(skb, a, NF_INET_PRE_ROUTING) != 1 || pass(skb, a, NF_INET_POST_ROUTING) != 1)
		return -EINVAL;
	kfree_skb(skb);
	return 0;
}

static struct asked answer(const struct asked *a)
{
	struct asked b = *a;

	swap(b.src, b.dst);
	swap(b.sport, b.dport);
	swap(b.in, b.out);
	return b;
}

/* The connection that a packet continues: three segments of it went by. */
static int make_past(const struct asked *asked)
{
	struct asked back = answer(asked), forth = *asked;
	int err;

	if (asked->state == REPLY)
		swap(back, forth);
	err = track(&forth, SYN);
	if (!err)
		err = track(&back, SYN_ACK);
	return err ? err : track(&forth, ACK);
}

static int prepare(struct sample *s)
{
	const struct asked *asked = &s->asked;
	struct sk_buff *skb;

	if (asked->state >= ESTABLISHED) {
		int err = make_past(asked);

		if (err)
			return err;
	}
	skb = make_packet(asked, asked->state >= ESTABLISHED ? ACK : SYN);
	if (!skb)
		return -ENOMEM;
	if (asked->state == UNTRACKED)
		nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
	else if (pass(skb, asked, NF_INET_PRE_ROUTING) != 1)
		return -EINVAL;
	s->skb = skb;
	return 0;
}

static void forget(struct sample *s)
{
	kfree_skb(s->skb);
	if (s->asked.in)
		dev_put(s->asked.in);
	if (s->asked.out)
		dev_put(s->asked.out);
	memset(s, 0, sizeof(*s));
}

static void forget_all(void)
{
	while (nr_samples)
		forget(&samples[--nr_samples]);
}

static int parse_addr(u8 pf, const char *text, union nf_inet_addr *addr)
{
	if (pf == NFPROTO_IPV4)
		return in4_pton(text, -1, (u8 *)&addr->ip, -1, NULL) ? 0 : -EINVAL;
	return in6_pton(text, -1, (u8 *)&addr->in6, -1, NULL) ? 0 : -EINVAL;
}

static int parse(const char *text, struct asked *asked)
{
	char family[8], protocol[8], src[48], dst[48], in[IFNAMSIZ], out[IFNAMSIZ], state[16];
	int which;

	if (sscanf(text, "%7s %7s %47s %hu %47s %hu %15s %15s %15s", family, protocol, src,
		   &asked->sport, dst, &asked->dport, in, out, state) != 9)
		return -EINVAL;
	asked->pf = strcmp(family, "ipv6") ? NFPROTO_IPV4 : NFPROTO_IPV6;
	asked->protocol = strcmp(protocol, "udp") ? IPPROTO_TCP : IPPROTO_UDP;
	which = match_string(state_names, ARRAY_SIZE(state_names), state);
	if (which < 0 || parse_addr(asked->pf, src, &asked->src) ||
	    parse_addr(asked->pf, dst, &asked->dst))
		return -EINVAL;
	asked->state = which;
	asked->in = dev_get_by_name(&init_net, in);
	asked->out = dev_get_by_name(&init_net, out);
	return asked->in && asked->out ? 0 : -ENODEV;
}

static int add_sample(const char *text)
{
	struct sample *s = &samples[nr_samples];
	int err;

	if (nr_samples == MAX_PACKETS)
		return -ENOSPC;
	err = parse(text, &s->asked);
	if (!err)
		err = prepare(s);
	if (err)
		forget(s);
	else
		nr_samples++;
	return err;
}

static ssize_t packet_write(struct file *file, const char __user *from, size_t len, loff_t *offset)
{
	char *text;
	int err;

	if (len > 512)
		return -EINVAL;
	text = memdup_user_nul(from, len);
	if (IS_ERR(text))
		return PTR_ERR(text);
	mutex_lock(&lock);
	if (*text != '+')
		forget_all();
	err = add_sample(text + (*text == '+'));
	mutex_unlock(&lock);
	kfree(text);
	return err ? err : len;
}

/* Every packet equally often (Fisher and Yates shuffle them). The number of passes. */
static unsigned int shuffle(void)
{
	unsigned int nr = PASSES - PASSES % nr_samples, i;
	struct rnd_state random;

	prandom_seed_state(&random, 1);
	for (i = 0; i < nr; i++)
		order[i] = i % nr_samples;
	for (i = nr - 1; i; i--)
		swap(order[i], order[prandom_u32_state(&random) % (i + 1)]);
	return nr;
}

/* Nothing between two readings of the clock but the loop and what is measured. */
static noinline u64 run_round(unsigned int passes)
{
	unsigned int i;
	u64 start;

	start = ktime_get_ns();
	for (i = 0; i < passes; i++) {
		struct sample *s = &samples[order[i]];

		nf_hook_slow(s->skb, &s->state, s->entries, 0);
	}
	return ktime_get_ns() - start;
}

static u64 run_rounds(unsigned int passes)
{
	u64 least = U64_MAX;
	unsigned int round;

	for (round = 0; round < ROUNDS; round++) {
		unsigned long flags;
		u64 time;

		local_irq_save(flags);
		time = run_round(passes);
		local_irq_restore(flags);
		least = min(least, time);
	}
	return least;
}

/* Looks up where a packet goes through; whether it gets through, or an error. */
static int try_sample(struct sample *s)
{
	const struct asked *asked = &s->asked;

	s->entries = entries(asked->pf, NF_INET_FORWARD);
	if (!s->entries)
		return -ENOENT;
	nf_hook_state_init(&s->state, NF_INET_FORWARD, asked->pf, asked->in, asked->out, NULL,
			   &init_net, NULL);
	/* A hook that drops gives up a reference each time. */
	refcount_add(ROUNDS * PASSES + 1, &s->skb->users);
	return nf_hook_slow(s->skb, &s->state, s->entries, 0) == 1;
}

/* Of all packets, in a round; and how many get through. */
static int measure(unsigned int passes, u64 *least, unsigned int *accepted)
{
	unsigned int i;
	int ret = 0;

	*accepted = 0;
	local_bh_disable();
	rcu_read_lock();
	for (i = 0; i < nr_samples && ret >= 0; i++) {
		ret = try_sample(&samples[i]);
		*accepted += ret > 0;
	}
	if (ret >= 0)
		*least = run_rounds(passes);
	rcu_read_unlock();
	local_bh_enable();
	for (i = 0; i < nr_samples; i++)
		refcount_set(&samples[i].skb->users, 1);
	return ret < 0 ? ret : 0;
}

static const char *verdict(unsigned int accepted)
{
	if (!accepted)
		return "drop";
	return accepted == nr_samples ? "accept" : "mixed";
}

static ssize_t cost_read(struct file *file, char __user *to, size_t len, loff_t *offset)
{
	unsigned int accepted, passes = 0;
	char text[64];
	u64 least;
	int ret;

	if (*offset)
		return 0;
	mutex_lock(&lock);
	ret = -ENODATA;
	if (nr_samples) {
		passes = shuffle();
		ret = measure(passes, &least, &accepted);
	}
	if (!ret)
		ret = scnprintf(text, sizeof(text), "%s %llu.%03llu\n", verdict(accepted),
				least / passes, least % passes * 1000 / passes);
	mutex_unlock(&lock);
	return ret < 0 ? ret : simple_read_from_buffer(to, len, offset, text, ret);
}

static void unregister_bare(void)
{
	if (bare_registered)
		nf_unregister_net_hooks(&init_net, bare, ARRAY_SIZE(bare));
	bare_registered = false;
}

static int register_bare(nf_hookfn *hook)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(bare); i++)
		bare[i].hook = hook;
	err = nf_register_net_hooks(&init_net, bare, ARRAY_SIZE(bare));
	bare_registered = !err;
	return err;
}

static ssize_t bare_write(struct file *file, const char __user *from, size_t len, loff_t *offset)
{
	char text[8] = "";
	int err = 0;

	if (len >= sizeof(text) || copy_from_user(text, from, len))
		return -EINVAL;
	mutex_lock(&lock);
	unregister_bare();
	if (sysfs_streq(text, "accept"))
		err = register_bare(bare_accept);
	else if (sysfs_streq(text, "drop"))
		err = register_bare(bare_drop);
	else if (!sysfs_streq(text, "off"))
		err = -EINVAL;
	mutex_unlock(&lock);
	return err ? err : len;
}

static const struct file_operations packet_fops = { .owner = THIS_MODULE, .write = packet_write };
static const struct file_operations cost_fops = { .owner = THIS_MODULE, .read = cost_read };
static const struct file_operations bare_fops = { .owner = THIS_MODULE, .write = bare_write };

static int __init bench_init(void)
{
	folder = debugfs_create_dir("lyncedge_bench", NULL);
	debugfs_create_file("packet", 0200, folder, NULL, &packet_fops);
	debugfs_create_file("cost", 0400, folder, NULL, &cost_fops);
	debugfs_create_file("bare", 0200, folder, NULL, &bare_fops);
	return 0;
}

static void __exit bench_exit(void)
{
	debugfs_remove(folder);
	unregister_bare();
	forget_all();
}

module_init(bench_init);
module_exit(bench_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Instructions per packet in FORWARD");
MODULE_AUTHOR("The lyncedge developers");
