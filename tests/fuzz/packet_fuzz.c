// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as a packet. The first says by which policy, where and how it is judged; the rest is
 * the packet from its IP header on. Whatever they are, reading them ends, inside them; what is read
 * is judged; and the fast path, if it decides about a packet that the kernel would forward, decides
 * alike.
 */
#include "fuzz.h"
#include "lyncedge_early.h"
#include "lyncedge_rules.h"
#include "ways.h"

#define EDGES "edge access 10.45.16.10 2001:db8:16::10 public 131.107.155.10\n"	\
	      "edge webconf 10.45.16.20 public 131.107.155.20\n"		\
	      "edge av 10.45.16.30 2001:db8:16::30 public 131.107.155.30\n"	\
	      "edge internal 172.25.33.10 2001:db8:33::10\n"			\
	      "peer pic-partner 192.0.2.0/24\n"
#define FEATURES "feature crl dns remote-access federation web-conferencing av av-federation "	\
		 "av-federation-ocs2007 multiple-pools pic pic-av xmpp cms-replication "	\
		 "central-logging\n"
#define GROUPS "peer front-end 192.168.10.0/24 2001:db8:10::/64\n"		\
	       "peer federation-partner 198.51.100.0/25 2001:db8:100::/48\n"

static const char *const texts[] = {
	EDGES FEATURES "commit\n",
	EDGES FEATURES GROUPS "block 198.51.100.64/26 2001:db8:100::/49\noption icmp-echo allow\n"
		"option ports strict\ncommit\n",
	EDGES FEATURES GROUPS "option scope address\noption rtp-outbound source\ncommit\n",
	"edge access 10.45.16.10\nallow all external in udp 1-65535 from 0.0.0.0/0 to any\ncommit\n",
};

static struct judged_by {
	struct le_table *table;
	struct le_table *early;
} tables[ARRAY_SIZE(texts)];

static void compile(void)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		struct le_policy *policy;
		struct le_error error;

		MUST(!le_policy_parse(texts[i], strlen(texts[i]), &policy, &error));
		tables[i].table = le_table_compile(policy);
		tables[i].early = le_table_compile_early(policy);
		MUST(tables[i].table && tables[i].early);
		le_policy_free(policy);
	}
}

static void check_known(int outcome)
{
	MUST(outcome < LE_NR_ROWS + 1);
	if (outcome < 0 && outcome != LE_UNJUDGED)
		MUST(le_outcome_index(outcome) < LE_NR_REASONS);
}

static void check_packet(const struct judged_by *by, const struct sk_buff *skb, u8 how)
{
	static const u8 tracks[] = { LE_TRACK_NONE, LE_TRACK_ORIGINAL, LE_TRACK_REPLY,
				     LE_TRACK_INVALID };
	u8 crossing = how / 4 % LE_NR_CROSSINGS, track = tracks[how / 16 % 4];
	u8 family = how & 64 ? LE_IPV6 : LE_IPV4;
	int want = ways_slow(by->table, skb, family, crossing, track), got;

	check_known(want);
	check_known(le_early_judge(by->early, skb, family));
	if (!ways_is_forwarded(skb->data, skb->len, family))
		return;
	got = ways_fast(by->table, skb, family, crossing, track, how & 128);
	MUST(got == WAYS_UNDECIDED || got == want);
}

int fuzz_one(const u8 *data, size_t size)
{
	struct sk_buff skb;
	u8 *packet;

	if (!size)
		return 0;
	if (!tables[0].table)
		compile();
	/* Alone, so that a byte read too far is seen, and aligned as an IP header is. */
	packet = malloc(size - 1);
	MUST(packet);
	memcpy(packet, data + 1, size - 1);
	skb = (struct sk_buff){ .data = packet, .len = size - 1 };
	check_packet(&tables[data[0] % ARRAY_SIZE(tables)], &skb, data[0]);
	free(packet);
	return 0;
}
