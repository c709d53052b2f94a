/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What lyncedge_ingress.c offers to the file that decides what is in force. Kernel only.
 */
#ifndef LYNCEDGE_INGRESS_H
#define LYNCEDGE_INGRESS_H

#include "lyncedge_control.h"

bool le_ingress_supported(void);
int le_ingress_follow(const struct le_live *live);
void le_ingress_prune(const struct le_live *live);

#endif /* LYNCEDGE_INGRESS_H */
