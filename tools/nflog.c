// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads what netfilter's log hands out: a header, then attributes, each with its length and type in
 * this machine's byte order (linux/netfilter/nfnetlink_log.h).
 */
#include "nflog.h"

#define PREFIX "lyncedge:"
/* Family, version, group. */
#define NFLOG_HEADER 4
#define ATTRIBUTE_HEADER 4

enum {
	ATTRIBUTE_IN = 4,
	ATTRIBUTE_OUT = 5,
	ATTRIBUTE_PACKET = 9,
	ATTRIBUTE_PREFIX = 10,
};

/* AF_INET and AF_INET6, which are the kernel's own in files. */
enum {
	FAMILY_IPV4 = 2,
	FAMILY_IPV6 = 10,
};

static u16 get16(const u8 *data)
{
	u16 value;

	memcpy(&value, data, sizeof(value));
	return value;
}

static u32 get_be32(const u8 *data, u32 len)
{
	__be32 value;

	if (len < sizeof(value))
		return 0;
	memcpy(&value, data, sizeof(value));
	return ntohl(value);
}

/* By the prefix, which is terminated; LE_UNJUDGED if it is not the module's. */
static int outcome_of(const u8 *prefix, u32 len)
{
	static const u32 start = sizeof(PREFIX) - 1;
	unsigned int i;

	if (len <= start || memcmp(prefix, PREFIX, start) || prefix[len - 1])
		return LE_UNJUDGED;
	for (i = 0; i < LE_NR_DROPS; i++)
		if (!strcmp((const char *)prefix + start, le_reason_names[i]))
			return -(int)i - 1;
	return LE_UNJUDGED;
}

static void take(struct nflog *nflog, u16 type, const u8 *value, u32 len)
{
	switch (type) {
	case ATTRIBUTE_IN:
		nflog->in = get_be32(value, len);
		break;
	case ATTRIBUTE_OUT:
		nflog->out = get_be32(value, len);
		break;
	case ATTRIBUTE_PACKET:
		nflog->data = value;
		nflog->len = len;
		break;
	case ATTRIBUTE_PREFIX:
		nflog->outcome = outcome_of(value, len);
		break;
	}
}

/**
 * nflog_read() - read what is logged of a packet
 * @data: a frame of link type LINK_NFLOG
 * @len: its length
 * @nflog: where to put what it says
 *
 * Return: whether it is of a packet that the module has dropped.
 */
bool nflog_read(const u8 *data, u32 len, struct nflog *nflog)
{
	u32 at = NFLOG_HEADER, size;

	*nflog = (struct nflog){ .outcome = LE_UNJUDGED };
	if (len < NFLOG_HEADER || (data[0] != FAMILY_IPV4 && data[0] != FAMILY_IPV6))
		return false;
	nflog->family = data[0] == FAMILY_IPV6 ? LE_IPV6 : LE_IPV4;
	while (len - at >= ATTRIBUTE_HEADER) {
		size = get16(data + at);
		if (size < ATTRIBUTE_HEADER || size > len - at)
			return false;
		take(nflog, get16(data + at + 2), data + at + ATTRIBUTE_HEADER,
		     size - ATTRIBUTE_HEADER);
		/* With what fills it up to 32 bits; the last may do without. */
		size = (size + 3) & ~3U;
		at += size < len - at ? size : len - at;
	}
	return nflog->outcome != LE_UNJUDGED && nflog->data;
}
