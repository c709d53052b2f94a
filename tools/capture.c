// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opens captures and tells the two formats apart. libpcap, which knows all kinds of pcap, reads
 * those; see pcapng.h for the other format.
 */
#include <sys/stat.h>

#include <pcap/pcap.h>

#include "link.h"
#include "output.h"
#include "pcapng.h"

/* A file's first four bytes, as they are there. */
static const u8 magic_pcapng[4] = { 0x0a, 0x0d, 0x0d, 0x0a };
static const u8 magics_patched[][4] = { { 0xa1, 0xb2, 0xcd, 0x34 }, { 0x34, 0xcd, 0xb2, 0xa1 } };

#define PCAP_FILE_HEADER 24
#define PCAP_PACKET_HEADER 16
/* Alexey Kuznetsov's pcap has more to say of a packet. */
#define PCAP_PATCHED_PACKET_HEADER 24

/* Read ahead: packets are small. */
#define BUFFER 1048576

/**
 * struct capture - a capture on its way
 * @name: for messages
 * @file: the file; libpcap's if @pcap
 * @ng: its reader, if it is in pcapng
 * @pcap: its reader, if it is not
 * @linktype: of all packets of @pcap
 * @header: bytes before each packet of @pcap
 * @offset: where the next packet of @pcap is
 * @size: of the file, 0 if that is not known
 */
struct capture {
	const char *name;
	FILE *file;
	struct pcapng *ng;
	pcap_t *pcap;
	int linktype;
	u32 header;
	u64 offset;
	u64 size;
};

static u64 size_of(FILE *file)
{
	struct stat st;

	if (fstat(fileno(file), &st) || !S_ISREG(st.st_mode))
		return 0;
	return st.st_size;
}

/* The first bytes, which are then read again: stdin cannot be rewound, but that far it can. */
static bool peek(FILE *file, u8 *magic)
{
	size_t n = fread(magic, 1, 4, file), i;

	for (i = n; i; i--)
		if (ungetc(magic[i - 1], file) == EOF)
			return false;
	return n == 4;
}

static bool is_patched(const u8 *magic)
{
	return !memcmp(magic, magics_patched[0], 4) || !memcmp(magic, magics_patched[1], 4);
}

/* What libpcap calls a link type, which differs for some. */
static int linktype_of(pcap_t *pcap)
{
	switch (pcap_datalink(pcap)) {
	case DLT_RAW:
		return LINK_RAW;
	case DLT_IPV4:
		return LINK_IPV4;
	case DLT_IPV6:
		return LINK_IPV6;
	}
	return pcap_datalink(pcap);
}

static void advise_of_captures(void)
{
	advise("%s",
	       "a capture is a file of 'tcpdump -w' or 'dumpcap', pcap or pcapng; if it is compressed: 'zcat FILE | lyncedgectl replay -'");
}

static bool open_pcap(struct capture *capture, const u8 *magic)
{
	char error[PCAP_ERRBUF_SIZE];

	capture->pcap = pcap_fopen_offline_with_tstamp_precision(capture->file,
								 PCAP_TSTAMP_PRECISION_NANO,
								 error);
	if (!capture->pcap) {
		complain("%s: %s", capture->name, error);
		advise_of_captures();
		return false;
	}
	capture->linktype = linktype_of(capture->pcap);
	capture->header = is_patched(magic) ? PCAP_PATCHED_PACKET_HEADER : PCAP_PACKET_HEADER;
	capture->offset = PCAP_FILE_HEADER;
	if (link_is_known(capture->linktype))
		return true;
	complain("%s: packets of link type %s are not understood", capture->name,
		 pcap_datalink_val_to_name(pcap_datalink(capture->pcap)) ?: "unknown");
	advise("Ethernet, Linux cooked v1 and v2, and raw IP are");
	return false;
}

/**
 * capture_open() - begin to read a capture
 * @name: name of the file, "-" for stdin
 *
 * Return: the capture; NULL if it cannot be read, which was complained about.
 */
struct capture *capture_open(const char *name)
{
	struct capture *capture = grown(NULL, 1, sizeof(*capture));
	bool is_stdin = !strcmp(name, "-");
	u8 magic[4];

	*capture = (struct capture){ .name = is_stdin ? "stdin" : name };
	capture->file = is_stdin ? stdin : fopen(name, "rbe");
	if (!capture->file) {
		complain("%s: %s", name, strerror(errno));
		advise_of_captures();
		capture_close(capture);
		return NULL;
	}
	setvbuf(capture->file, NULL, _IOFBF, BUFFER);
	capture->size = size_of(capture->file);
	errno = 0;
	if (!peek(capture->file, magic)) {
		complain("%s: %s", capture->name,
			 errno ? strerror(errno) : "too short to be a capture");
		advise_of_captures();
		capture_close(capture);
		return NULL;
	}
	if (!memcmp(magic, magic_pcapng, sizeof(magic))) {
		capture->ng = pcapng_open(capture->file);
	} else if (!open_pcap(capture, magic)) {
		capture_close(capture);
		return NULL;
	}
	return capture;
}

static int next_of_pcap(struct capture *capture, struct captured *packet)
{
	struct pcap_pkthdr *header;
	const u8 *data;

	switch (pcap_next_ex(capture->pcap, &header, &data)) {
	case 1:
		break;
	case PCAP_ERROR_BREAK:
		return 0;
	default:
		return -1;
	}
	capture->offset += capture->header + header->caplen;
	*packet = (struct captured){
		.data = data,
		.caplen = header->caplen,
		.len = header->len,
		/* With nanoseconds in the place of microseconds. */
		.time = header->ts.tv_sec * 1000000000ULL + header->ts.tv_usec,
		.linktype = capture->linktype,
		.device = -1,
		.name = "",
	};
	return 1;
}

/**
 * capture_next() - read the next packet
 * @capture: the capture
 * @packet: where to put it
 *
 * Return: 1, 0 at the end, -1 where the capture is damaged.
 */
int capture_next(struct capture *capture, struct captured *packet)
{
	int got = capture->ng ? pcapng_next(capture->ng, packet) : next_of_pcap(capture, packet);

	/* A frame that claims to be shorter than what there is of it is as long as that. */
	if (got > 0 && packet->len < packet->caplen)
		packet->len = packet->caplen;
	return got;
}

/**
 * capture_name() - how a capture is called
 * @capture: the capture
 *
 * Return: its name, for messages.
 */
const char *capture_name(const struct capture *capture)
{
	return capture->name;
}

/**
 * capture_error() - what is wrong with a capture
 * @capture: the capture, after capture_next() returned -1
 *
 * Return: that, in words.
 */
const char *capture_error(const struct capture *capture)
{
	return capture->ng ? pcapng_error(capture->ng) : pcap_geterr(capture->pcap);
}

/**
 * capture_names() - whether a capture has a device of that name
 * @capture: the capture
 * @device: the name
 *
 * Return: true if it has, as far as it was read.
 */
bool capture_names(const struct capture *capture, const char *device)
{
	return capture->ng && pcapng_names(capture->ng, device);
}

/**
 * capture_offset() - how far a capture was read
 * @capture: the capture
 *
 * Return: in bytes; after an error, where the record is that is damaged.
 */
u64 capture_offset(const struct capture *capture)
{
	return capture->ng ? pcapng_offset(capture->ng) : capture->offset;
}

/**
 * capture_size() - how long a capture is
 * @capture: the capture
 *
 * Return: in bytes; 0 if that is not known.
 */
u64 capture_size(const struct capture *capture)
{
	return capture->size;
}

/**
 * capture_close() - let go of a capture
 * @capture: the capture
 */
void capture_close(struct capture *capture)
{
	if (capture->ng)
		pcapng_close(capture->ng);
	if (capture->pcap)
		pcap_close(capture->pcap);
	else if (capture->file)
		fclose(capture->file);
	free(capture);
}
