/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Captures in pcapng (draft-ietf-opsawg-pcapng). libpcap reads these too, but does not tell which
 * device a packet was captured at, nor does it take devices of several link types in one file.
 */
#ifndef LYNCEDGECTL_PCAPNG_H
#define LYNCEDGECTL_PCAPNG_H

#include "capture.h"

struct pcapng;

struct pcapng *pcapng_open(FILE *file);
int pcapng_next(struct pcapng *ng, struct captured *packet);
bool pcapng_names(const struct pcapng *ng, const char *name);
u64 pcapng_offset(const struct pcapng *ng);
const char *pcapng_error(const struct pcapng *ng);
void pcapng_close(struct pcapng *ng);

#endif /* LYNCEDGECTL_PCAPNG_H */
