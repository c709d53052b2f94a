/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Changes that are undone unless somebody confirms them in time: the clock. Kernel only.
 */
#ifndef LYNCEDGE_CONFIRM_H
#define LYNCEDGE_CONFIRM_H

#include <linux/types.h>

void le_confirm_set(unsigned int seconds);
bool le_confirm_awaits_change(void);
void le_confirm_changed(void);
unsigned int le_confirm_left(void);
unsigned int le_confirm_seconds(void);
void le_confirm_exit(void);

#endif /* LYNCEDGE_CONFIRM_H */
