// SPDX-License-Identifier: GPL-2.0-only
/*
 * Carries packets to two gateways at once and tells which of them let each through. Stands in a
 * namespace of its own, at the far ends of the gateways' devices. What the packets are is
 * crafted.py's, what the answers mean judge-both's business.
 *
 * usage: carry PACKETS COUNT DEVICE...
 *
 * The first DEVICE is the one that the packets call 0, and so on; it is reached at one gateway
 * through a-DEVICE and at the other through b-DEVICE.
 *
 * PACKETS is a file of records: length (16 bits, little-endian), device (8 bits), and an IP packet
 * of that length. A packet bears its number, below COUNT, in the IPv4 identification or the IPv6
 * flow label, where gateways leave it alone; fragments share one. Prints
 *
 *     disagree NUMBER a|b	a packet that only that gateway passed on
 *     through A B		how many packets went through each
 *     replies A B		how many packets (rejects) each sent of its own
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/types.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_DEVICES 8
/* Well below netdev_max_backlog, so that no queue overflows. */
#define BATCH 64

/* The ring takes what a batch can bring, many times over; headers are all that is looked at. */
#define FRAME_SIZE 256
#define NR_FRAMES 8192
#define BLOCK_SIZE 65536

/*
 * Time to live, or hop limit, by which packets are known after one hop: crafted.py's usual one, the
 * one that says "do not track", and neighbour discovery's. The gateways' own packets start with the
 * default.
 */
#define TTL_USUAL (77 - 1)
#define TTL_UNTRACKED (79 - 1)
#define TTL_NEIGHBOUR (255 - 1)
#define TTL_OWN 64

/* How long nothing has to come before nothing is on its way. */
#define QUIET_MS 300

struct carrier {
	int socket;
	__u8 *ring;
	unsigned int frame;
	int ifindex[2][MAX_DEVICES];
	unsigned int nr_devices;
	__u8 *through;	/* by number: a bit for each gateway */
	__u32 count;
	__u32 replies[2];
};

static void die(const char *what)
{
	fprintf(stderr, "carry: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void open_ring(struct carrier *c)
{
	struct tpacket_req request = {
		.tp_block_size = BLOCK_SIZE,
		.tp_block_nr = NR_FRAMES / (BLOCK_SIZE / FRAME_SIZE),
		.tp_frame_size = FRAME_SIZE,
		.tp_frame_nr = NR_FRAMES,
	};
	int version = TPACKET_V2, yes = 1;
	struct sockaddr_ll all = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };

	c->socket = socket(AF_PACKET, SOCK_RAW, 0);
	if (c->socket < 0)
		die("socket");
	if (setsockopt(c->socket, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) ||
	    setsockopt(c->socket, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof(yes)) ||
	    setsockopt(c->socket, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof(yes)) ||
	    setsockopt(c->socket, SOL_PACKET, PACKET_RX_RING, &request, sizeof(request)))
		die("setsockopt");
	c->ring = mmap(NULL, FRAME_SIZE * NR_FRAMES, PROT_READ | PROT_WRITE, MAP_SHARED, c->socket,
		       0);
	if (c->ring == MAP_FAILED)
		die("mmap");
	if (bind(c->socket, (struct sockaddr *)&all, sizeof(all)))
		die("bind");
}

static void find_devices(struct carrier *c, char **devices)
{
	unsigned int gateway, device;
	char name[IFNAMSIZ];

	for (gateway = 0; gateway < 2; gateway++) {
		for (device = 0; device < c->nr_devices; device++) {
			snprintf(name, sizeof(name), "%c-%s", 'a' + gateway, devices[device]);
			c->ifindex[gateway][device] = if_nametoindex(name);
			if (!c->ifindex[gateway][device])
				die(name);
		}
	}
}

static int gateway_of(const struct carrier *c, int ifindex)
{
	unsigned int device;

	for (device = 0; device < c->nr_devices; device++) {
		if (c->ifindex[0][device] == ifindex)
			return 0;
		if (c->ifindex[1][device] == ifindex)
			return 1;
	}
	return -1;
}

static bool is_crafted(__u8 ttl)
{
	return ttl == TTL_USUAL || ttl == TTL_UNTRACKED || ttl == TTL_NEIGHBOUR;
}

/* A reset, or ICMP's "administratively prohibited"; anything else has reasons of its own. */
static bool is_reject(const __u8 *ip, __u32 len)
{
	bool v6 = ip[0] >> 4 == 6;
	__u8 protocol = ip[v6 ? 6 : 9];
	const __u8 *body = ip + (v6 ? 40 : 20);

	if (len < (v6 ? 42 : 22))
		return false;
	if (protocol == IPPROTO_ICMP)
		return body[0] == 3 && body[1] == 13;
	if (protocol == IPPROTO_ICMPV6)
		return body[0] == 1 && body[1] == 1;
	return protocol == IPPROTO_TCP;
}

static void see(struct carrier *c, unsigned int gateway, const __u8 *ip, __u32 len)
{
	__u32 number;
	__u8 ttl;

	if (len >= 20 && ip[0] >> 4 == 4) {
		number = ip[4] << 8 | ip[5];
		ttl = ip[8];
	} else if (len >= 40 && ip[0] >> 4 == 6) {
		number = (ip[1] & 15) << 16 | ip[2] << 8 | ip[3];
		ttl = ip[7];
	} else {
		return;
	}
	if (ttl == TTL_OWN)
		c->replies[gateway] += is_reject(ip, len);
	else if (is_crafted(ttl) && number < c->count)
		c->through[number] |= 1 << gateway;
}

/* Takes what has come; returns whether there was anything. */
static bool drain(struct carrier *c)
{
	bool any = false;

	for (;;) {
		__u8 *frame = c->ring + (size_t)c->frame * FRAME_SIZE;
		struct tpacket2_hdr *header = (void *)frame;
		struct sockaddr_ll *from = (void *)(frame + TPACKET_ALIGN(sizeof(*header)));
		int gateway;

		if (!(__atomic_load_n(&header->tp_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER))
			return any;
		if (header->tp_status & TP_STATUS_LOSING) {
			errno = ENOBUFS;
			die("ring");
		}
		gateway = gateway_of(c, from->sll_ifindex);
		if (gateway >= 0)
			see(c, gateway, frame + header->tp_net,
			    header->tp_snaplen - (header->tp_net - header->tp_mac));
		__atomic_store_n(&header->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
		c->frame = (c->frame + 1) % NR_FRAMES;
		any = true;
	}
}

static void drain_until_quiet(struct carrier *c)
{
	struct pollfd wait = { .fd = c->socket, .events = POLLIN };

	do {
		drain(c);
	} while (poll(&wait, 1, QUIET_MS) > 0);
}

/* Frames on their way to one gateway. */
struct batch {
	struct mmsghdr messages[BATCH];
	struct iovec parts[BATCH][2];
	struct sockaddr_ll to[BATCH];
	unsigned int nr;
};

static void flush(struct carrier *c, struct batch *batch)
{
	unsigned int sent = 0;

	while (sent < batch->nr) {
		int n = sendmmsg(c->socket, batch->messages + sent, batch->nr - sent, 0);

		if (n < 0 && errno != EINTR && errno != ENOBUFS)
			die("sendmmsg");
		if (n > 0)
			sent += n;
	}
	batch->nr = 0;
}

static void add(struct carrier *c, struct batch *batch, unsigned int gateway, unsigned int device,
		const __u8 *packet, __u16 len)
{
	/* To the gateway, whose devices all bear this address, from nobody. */
	static __u8 ethernet[2][ETH_HLEN] = {
		{ 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, ETH_P_IP >> 8, ETH_P_IP & 0xff },
		{ 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, ETH_P_IPV6 >> 8, ETH_P_IPV6 & 0xff },
	};
	unsigned int i = batch->nr++;

	batch->to[i] = (struct sockaddr_ll){
		.sll_family = AF_PACKET,
		.sll_ifindex = c->ifindex[gateway][device],
		.sll_halen = ETH_ALEN,
	};
	batch->parts[i][0] = (struct iovec){ ethernet[packet[0] >> 4 == 6], ETH_HLEN };
	batch->parts[i][1] = (struct iovec){ (void *)packet, len };
	batch->messages[i].msg_hdr = (struct msghdr){
		.msg_name = &batch->to[i],
		.msg_namelen = sizeof(batch->to[i]),
		.msg_iov = batch->parts[i],
		.msg_iovlen = 2,
	};
}

static void send_all(struct carrier *c, const __u8 *record, const __u8 *end)
{
	static struct batch batches[2];
	unsigned int gateway;

	while (record < end) {
		__u16 len = record[0] | record[1] << 8;

		for (gateway = 0; gateway < 2; gateway++)
			add(c, &batches[gateway], gateway, record[2], record + 3, len);
		record += 3 + len;
		if (batches[0].nr < BATCH && record < end)
			continue;
		for (gateway = 0; gateway < 2; gateway++)
			flush(c, &batches[gateway]);
		drain(c);
	}
}

static void report(const struct carrier *c)
{
	__u32 through[2] = { 0, 0 }, number;

	for (number = 0; number < c->count; number++) {
		__u8 who = c->through[number];

		through[0] += who & 1;
		through[1] += who >> 1;
		if (who == 1 || who == 2)
			printf("disagree %u %c\n", number, who == 1 ? 'a' : 'b');
	}
	printf("through %u %u\nreplies %u %u\n", through[0], through[1], c->replies[0],
	       c->replies[1]);
}

int main(int argc, char **argv)
{
	struct carrier c = { .frame = 0 };
	struct stat stat;
	cpu_set_t cpus;
	__u8 *file;
	int fd;

	c.nr_devices = argc - 3;
	if (argc < 4 || c.nr_devices > MAX_DEVICES) {
		fputs("usage: carry PACKETS COUNT DEVICE...\n", stderr);
		return 2;
	}
	/* On one processor, packets stay in order. */
	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		die("sched_setaffinity");
	c.count = strtoul(argv[2], NULL, 10);
	c.through = calloc(c.count + 1, 1);
	fd = open(argv[1], O_RDONLY);
	if (fd < 0 || fstat(fd, &stat) || !c.through)
		die(argv[1]);
	if (!stat.st_size)
		return 0;
	file = mmap(NULL, stat.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (file == MAP_FAILED)
		die(argv[1]);
	find_devices(&c, argv + 3);
	open_ring(&c);
	send_all(&c, file, file + stat.st_size);
	drain_until_quiet(&c);
	report(&c);
	return 0;
}
