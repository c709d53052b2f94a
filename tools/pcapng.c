// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads pcapng, block by block. Every length is checked against what is at hand before it is
 * believed; a block of a kind that is not known is passed over, as the format wants it.
 */
#include "link.h"
#include "output.h"
#include "pcapng.h"

enum {
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_DEVICE = 1,
	BLOCK_OLD_PACKET = 2,
	BLOCK_SIMPLE_PACKET = 3,
	BLOCK_PACKET = 6,
};

enum {
	OPTION_END = 0,
	OPTION_PACKET_FLAGS = 2,
	OPTION_DEVICE_NAME = 2,
	OPTION_DEVICE_RESOLUTION = 9,
	OPTION_DEVICE_OFFSET = 14,
};

#define BYTE_ORDER_MAGIC 0x1a2b3c4d
/* Type and length, and the length again at the end. */
#define BLOCK_HEADER 8
#define BLOCK_MIN 12
/* Longer ones are taken for damage: the largest frame that tcpdump captures is 256 KiB. */
#define BLOCK_MAX (16 << 20)
#define NSEC_PER_SEC 1000000000ULL
#define MAX_DEVICES 65536

/**
 * struct pcapng - a capture on its way
 * @file: what is read; the caller's
 * @swapped: numbers of this section are in the other byte order
 * @devices: of this section
 * @nr_devices: how many
 * @block: the block that was read last
 * @room: bytes that there is room for in @block
 * @start: where that block starts
 * @offset: where the next one starts
 * @error: what is wrong
 */
struct pcapng {
	FILE *file;
	bool swapped;
	struct capture_device *devices;
	u32 nr_devices;
	u8 *block;
	u32 room;
	u64 start;
	u64 offset;
	char error[CAPTURE_ERROR];
};

/* Options and bodies of blocks: what is left of them. */
struct span {
	const u8 *data;
	u32 len;
};

static __printf(2, 3) int wrong(struct pcapng *ng, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vscnprintf(ng->error, sizeof(ng->error), fmt, args);
	va_end(args);
	return -1;
}

static u32 get32(const struct pcapng *ng, const u8 *data)
{
	u32 value;

	memcpy(&value, data, sizeof(value));
	return ng->swapped ? __builtin_bswap32(value) : value;
}

static u16 get16(const struct pcapng *ng, const u8 *data)
{
	u16 value;

	memcpy(&value, data, sizeof(value));
	return ng->swapped ? __builtin_bswap16(value) : value;
}

static u64 get64(const struct pcapng *ng, const u8 *data)
{
	u64 value;

	memcpy(&value, data, sizeof(value));
	return ng->swapped ? __builtin_bswap64(value) : value;
}

/* How many bytes of a block's rest could be read. */
static bool read_more(struct pcapng *ng, u32 have, u32 want)
{
	if (want > ng->room) {
		ng->block = grown(ng->block, want, 1);
		ng->room = want;
	}
	return fread(ng->block + have, 1, want - have, ng->file) == want - have;
}

static int cut_short(struct pcapng *ng)
{
	if (ferror(ng->file))
		return wrong(ng, "cannot be read: %s", strerror(errno));
	return wrong(ng, "the file ends within a block");
}

/* The byte order of what follows is in the header of a section, after its length. */
static int read_byte_order(struct pcapng *ng)
{
	if (!read_more(ng, BLOCK_HEADER, BLOCK_HEADER + 4))
		return cut_short(ng);
	ng->swapped = false;
	if (get32(ng, ng->block + BLOCK_HEADER) == BYTE_ORDER_MAGIC)
		return 1;
	ng->swapped = true;
	if (get32(ng, ng->block + BLOCK_HEADER) == BYTE_ORDER_MAGIC)
		return 1;
	return wrong(ng, "a section without a byte order");
}

/* 1 and the next block, 0 at the end, -1. */
static int read_block(struct pcapng *ng, u32 *type, struct span *body)
{
	u32 have = BLOCK_HEADER, len;
	size_t n;

	ng->start = ng->offset;
	n = fread(ng->block, 1, BLOCK_HEADER, ng->file);
	if (!n && !ferror(ng->file))
		return 0;
	if (n < BLOCK_HEADER)
		return cut_short(ng);
	/* That of a section is the same in either byte order. */
	*type = get32(ng, ng->block);
	if (*type == BLOCK_SECTION) {
		if (read_byte_order(ng) < 0)
			return -1;
		have += 4;
	} else if (!ng->offset) {
		return wrong(ng, "it does not begin with a section");
	}
	len = get32(ng, ng->block + 4);
	if (len < BLOCK_MIN || len < have + 4 || len % 4 || len > BLOCK_MAX)
		return wrong(ng, "a block of %u bytes", len);
	if (!read_more(ng, have, len))
		return cut_short(ng);
	if (get32(ng, ng->block + len - 4) != len)
		return wrong(ng, "a block says that it has %u bytes, and at its end %u", len,
			     get32(ng, ng->block + len - 4));
	ng->offset += len;
	*body = (struct span){ .data = ng->block + BLOCK_HEADER, .len = len - BLOCK_MIN };
	return 1;
}

/* Takes bytes off a span; NULL if there are not so many. */
static const u8 *take(struct span *span, u32 len)
{
	const u8 *data = span->data;

	if (span->len < len)
		return NULL;
	span->data += len;
	span->len -= len;
	return data;
}

/* Length with what fills it up to 32 bits. */
static u32 padded(u32 len)
{
	return (len + 3) & ~3U;
}

/* The next option's code, or OPTION_END. */
static u16 next_option(const struct pcapng *ng, struct span *options, struct span *value)
{
	const u8 *head = take(options, 4);
	u16 code;

	if (!head)
		return OPTION_END;
	code = get16(ng, head);
	value->len = get16(ng, head + 2);
	value->data = take(options, padded(value->len));
	return value->data ? code : OPTION_END;
}

static void device_option(const struct pcapng *ng, struct capture_device *device, u16 code,
			  const struct span *value)
{
	if (code == OPTION_DEVICE_NAME)
		scnprintf(device->name, sizeof(device->name), "%.*s", (int)value->len,
			  (const char *)value->data);
	else if (code == OPTION_DEVICE_RESOLUTION && value->len)
		device->resolution = value->data[0];
	else if (code == OPTION_DEVICE_OFFSET && value->len == sizeof(s64))
		device->offset = get64(ng, value->data);
}

static int read_device(struct pcapng *ng, struct span body)
{
	struct capture_device *device;
	const u8 *head = take(&body, 8);
	struct span value;
	u16 code;

	if (!head)
		return wrong(ng, "the block of a device is too short");
	if (ng->nr_devices == MAX_DEVICES)
		return wrong(ng, "more than %u devices", MAX_DEVICES);
	ng->devices = grown(ng->devices, ng->nr_devices + 1, sizeof(*ng->devices));
	device = &ng->devices[ng->nr_devices++];
	*device = (struct capture_device){
		.linktype = get16(ng, head),
		.snaplen = get32(ng, head + 4),
		.resolution = 6,
	};
	while ((code = next_option(ng, &body, &value)) != OPTION_END)
		device_option(ng, device, code, &value);
	return 0;
}

static u64 nanoseconds(const struct capture_device *device, u64 time)
{
	u64 offset = device->offset * NSEC_PER_SEC;
	unsigned int n = device->resolution & 0x7f;
	u64 unit = 1;

	if (device->resolution & 0x80) {
		if (n > 63)
			return offset;
		offset += (time >> n) * NSEC_PER_SEC;
		time &= BIT_ULL(n) - 1;
		/* A nanosecond is more than that. */
		if (n > 30) {
			time >>= n - 30;
			n = 30;
		}
		return offset + (time * NSEC_PER_SEC >> n);
	}
	for (; n < 9; n++)
		unit *= 10;
	if (unit > 1)
		return offset + time * unit;
	for (; n > 9 && time; n--)
		time /= 10;
	return offset + time;
}

static u8 dir_of(const struct pcapng *ng, struct span options)
{
	struct span value;
	u16 code;

	while ((code = next_option(ng, &options, &value)) != OPTION_END) {
		if (code != OPTION_PACKET_FLAGS || value.len != 4)
			continue;
		switch (get32(ng, value.data) & 3) {
		case 1:
			return LINK_RECEIVED;
		case 2:
			return LINK_SENT;
		}
	}
	return LINK_DIR_UNKNOWN;
}

static int put_device(struct pcapng *ng, u32 number, struct captured *packet)
{
	const struct capture_device *device;

	if (number >= ng->nr_devices)
		return wrong(ng, "a packet of device %u, which the capture does not name",
			     number);
	device = &ng->devices[number];
	packet->device = number;
	packet->name = device->name;
	packet->linktype = device->linktype;
	packet->dir = LINK_DIR_UNKNOWN;
	return 1;
}

static int read_packet(struct pcapng *ng, struct span body, bool old, struct captured *packet)
{
	const u8 *head = take(&body, 20);
	u64 time;

	if (!head)
		return wrong(ng, "the block of a packet is too short");
	if (put_device(ng, old ? get16(ng, head) : get32(ng, head), packet) < 0)
		return -1;
	time = (u64)get32(ng, head + 4) << 32 | get32(ng, head + 8);
	packet->time = nanoseconds(&ng->devices[packet->device], time);
	packet->caplen = get32(ng, head + 12);
	packet->len = get32(ng, head + 16);
	if (packet->caplen > body.len)
		return wrong(ng, "a packet of %u bytes in a block with room for %u", packet->caplen,
			     body.len);
	packet->data = take(&body, padded(packet->caplen));
	packet->dir = dir_of(ng, body);
	return 1;
}

static int read_simple_packet(struct pcapng *ng, struct span body, struct captured *packet)
{
	const u8 *head = take(&body, 4);
	u32 snaplen;

	if (!head)
		return wrong(ng, "the block of a packet is too short");
	if (put_device(ng, 0, packet) < 0)
		return -1;
	snaplen = ng->devices[0].snaplen;
	packet->time = 0;
	packet->len = get32(ng, head);
	packet->caplen = packet->len < body.len ? packet->len : body.len;
	if (snaplen && packet->caplen > snaplen)
		packet->caplen = snaplen;
	packet->data = body.data;
	return 1;
}

/**
 * pcapng_open() - begin to read a capture
 * @file: the file, of which nothing is read yet
 *
 * Return: the capture.
 */
struct pcapng *pcapng_open(FILE *file)
{
	struct pcapng *ng = grown(NULL, 1, sizeof(*ng));

	*ng = (struct pcapng){ .file = file, .room = 64 << 10 };
	ng->block = grown(NULL, ng->room, 1);
	return ng;
}

/**
 * pcapng_next() - read the next packet
 * @ng: the capture
 * @packet: where to put it
 *
 * Return: 1, 0 at the end, -1 where the capture is damaged.
 */
int pcapng_next(struct pcapng *ng, struct captured *packet)
{
	struct span body = { .data = NULL };
	u32 type = 0;
	int got;

	while ((got = read_block(ng, &type, &body)) > 0) {
		switch (type) {
		case BLOCK_SECTION:
			ng->nr_devices = 0;
			break;
		case BLOCK_DEVICE:
			if (read_device(ng, body) < 0)
				return -1;
			break;
		case BLOCK_PACKET:
		case BLOCK_OLD_PACKET:
			return read_packet(ng, body, type == BLOCK_OLD_PACKET, packet);
		case BLOCK_SIMPLE_PACKET:
			return read_simple_packet(ng, body, packet);
		}
	}
	return got;
}

/**
 * pcapng_names() - whether a capture has a device of that name, as far as it was read
 * @ng: the capture
 * @name: the name
 *
 * Return: true if it has.
 */
bool pcapng_names(const struct pcapng *ng, const char *name)
{
	u32 i;

	for (i = 0; i < ng->nr_devices; i++)
		if (!strcmp(ng->devices[i].name, name))
			return true;
	return false;
}

/**
 * pcapng_offset() - where in the file the block is that was read last
 * @ng: the capture
 *
 * Return: its offset in bytes.
 */
u64 pcapng_offset(const struct pcapng *ng)
{
	return ng->start;
}

/**
 * pcapng_error() - what is wrong with a capture
 * @ng: the capture, after pcapng_next() returned -1
 *
 * Return: that, in words.
 */
const char *pcapng_error(const struct pcapng *ng)
{
	return ng->error;
}

/**
 * pcapng_close() - forget a capture; the file stays open
 * @ng: the capture
 */
void pcapng_close(struct pcapng *ng)
{
	free(ng->devices);
	free(ng->block);
	free(ng);
}
