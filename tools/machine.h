/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What this machine has that a first policy could name: devices, their networks, the way out.
 */
#ifndef LYNCEDGECTL_MACHINE_H
#define LYNCEDGECTL_MACHINE_H

#include "output.h"

char *machine_external_device(void);
char *machine_internal_device(const char *external);
char *machine_networks(const char *devices);
void machine_print_devices(FILE *out);

#endif /* LYNCEDGECTL_MACHINE_H */
