/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What lyncedge_main.c offers to the files that switch judging on and off. Kernel only.
 */
#ifndef LYNCEDGE_MAIN_H
#define LYNCEDGE_MAIN_H

int le_hooks_register_forward(void);
void le_hooks_unregister_forward(void);
int le_hooks_register_local(void);
void le_hooks_unregister_local(void);

#endif /* LYNCEDGE_MAIN_H */
