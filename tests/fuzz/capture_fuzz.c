// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as a capture for lyncedgectl replay. The first says by which policy it is judged, and
 * whether the rest is a pcapng file, or frames of some link type, each behind its length, or what
 * the module logs, for lyncedgectl log. Whatever they are, reading them ends, inside them; and each
 * packet is counted once, at what became of it.
 */
#include "follow.h"
#include "fuzz.h"
#include "nflog.h"
#include "pcapng.h"

#define EDGES "interface external eth0\ninterface internal eth1\n"		\
	      "edge access 10.45.16.10 2001:db8:16::10 public 131.107.155.10\n"	\
	      "edge av 10.45.16.30 2001:db8:16::30\n"				\
	      "edge internal 172.25.33.10\n"					\
	      "feature remote-access av av-federation federation\n"

static const char *const texts[] = {
	EDGES "commit\n",
	EDGES "option established stateless\noption icmp-echo allow\ncommit\n",
	EDGES "option scope address\nblock 198.51.100.64/26\ncommit\n",
	EDGES "option hooks all\noption rtp-outbound source\ncommit\n",
};

static const int linktypes[] = {
	LINK_ETHERNET, LINK_RAW, LINK_COOKED, LINK_IPV4, LINK_IPV6, LINK_COOKED2, 127,
	/* Not a link type of captures to be judged: what the module logs. */
	LINK_NFLOG,
};

/* By policy, and whether it is said which addresses are where. */
static struct where *wheres[ARRAY_SIZE(texts)][2];
static struct le_policy *policies[ARRAY_SIZE(texts)];
static struct le_table *tables[ARRAY_SIZE(texts)];

/* In place of that of capture.c, where libpcap would come with it. */
bool capture_names(const struct capture *capture, const char *device)
{
	MUST(!capture);
	return !*device;
}

static void compile(void)
{
	struct le_error error;
	const char *wrong;
	struct where *told;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		MUST(!le_policy_parse(texts[i], strlen(texts[i]), &policies[i], &error));
		tables[i] = le_table_compile(policies[i]);
		MUST(tables[i]);
		wheres[i][0] = where_new(policies[i]);
		told = where_new(policies[i]);
		MUST(where_add(told, LE_EXTERNAL, "198.51.100.0/24,2001:db8:99::/48", &wrong));
		MUST(where_add(told, LE_INTERNAL, "192.168.0.0/16", &wrong));
		wheres[i][1] = told;
	}
}

/* Alone, so that a byte read too far is seen. */
static void take(struct follow *follow, const struct captured *packet)
{
	struct captured alone = *packet;
	u8 *data = malloc(packet->caplen);

	MUST(data || !packet->caplen);
	memcpy(data, packet->data, packet->caplen);
	alone.data = data;
	if (alone.len < alone.caplen)
		alone.len = alone.caplen;
	follow_take(follow, NULL, &alone);
	free(data);
}

static void take_pcapng(struct follow *follow, const u8 *data, size_t size)
{
	FILE *file = size ? fmemopen((void *)data, size, "r") : NULL;
	struct captured packet;
	struct pcapng *ng;
	int got;

	if (!file)
		return;
	ng = pcapng_open(file);
	while ((got = pcapng_next(ng, &packet)) > 0)
		take(follow, &packet);
	MUST(got == 0 || *pcapng_error(ng));
	MUST(pcapng_offset(ng) <= size);
	pcapng_close(ng);
	fclose(file);
}

/* Each frame is behind two bytes: how much of it there is, and how much is lacking. */
static void take_frames(struct follow *follow, int linktype, const u8 *data, size_t size)
{
	struct captured packet = { .linktype = linktype, .device = -1, .name = "" };

	while (size >= 2) {
		packet.caplen = data[0] < size - 2 ? data[0] : size - 2;
		packet.len = packet.caplen + (data[1] & 0x3f) * 4;
		/* Now and then, long after the one before. */
		packet.time += data[1] & 0x80 ? 31000000000ULL : 1000000;
		packet.data = data + 2;
		take(follow, &packet);
		data += 2 + packet.caplen;
		size -= 2 + packet.caplen;
	}
}

static void check_counts(const struct follow *follow)
{
	u64 counted = 0, tallied = 0, frames = 0;
	u32 i;

	for (i = 0; i < LE_NR_ROWS; i++)
		counted += follow->rows[i].packets;
	for (i = 0; i < LE_NR_REASONS; i++)
		counted += follow->reasons[i].packets;
	for (i = 0; i < follow->tracker.nr_tallies; i++)
		tallied += follow->tracker.tallies[i].packets;
	for (i = 0; i < NR_UNJUDGED; i++)
		frames += follow->unjudged[i].packets;
	MUST(counted == tallied);
	/* Of what crosses two devices, both may count. */
	MUST(counted >= follow->unjudged[UNJUDGED_NOT].packets);
	MUST(counted <= 2 * follow->unjudged[UNJUDGED_NOT].packets);
	/* Fragments that made a packet are more than it. */
	MUST(frames <= follow->packets);
}

static void take_nflog(const u8 *data, size_t size)
{
	struct le_packet packet;
	u8 *alone = malloc(size);
	struct nflog nflog;
	struct sk_buff skb;

	MUST(alone || !size);
	memcpy(alone, data, size);
	if (nflog_read(alone, size, &nflog)) {
		MUST(nflog.data >= alone && nflog.data + nflog.len <= alone + size);
		MUST(!le_outcome_accepts(nflog.outcome));
		skb = (struct sk_buff){ .data = nflog.data, .len = nflog.len };
		le_packet_read(&skb, nflog.family, &packet);
	}
	free(alone);
}

int fuzz_one(const u8 *data, size_t size)
{
	struct follow follow;
	u8 how, by;

	if (!size)
		return 0;
	if (!policies[0])
		compile();
	how = *data++;
	size--;
	by = how % ARRAY_SIZE(texts);
	if (!(how & 8) && linktypes[how >> 4 & 7] == LINK_NFLOG) {
		take_nflog(data, size);
		return 0;
	}
	follow_init(&follow, policies[by], tables[by], wheres[by][how >> 2 & 1]);
	if (how & 8)
		take_pcapng(&follow, data, size);
	else
		take_frames(&follow, linktypes[how >> 4 & 7], data, size);
	follow_end(&follow);
	check_counts(&follow);
	follow_free(&follow);
	return 0;
}
