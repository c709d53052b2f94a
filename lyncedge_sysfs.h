/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files below /sys/kernel/lyncedge. Kernel only.
 */
#ifndef LYNCEDGE_SYSFS_H
#define LYNCEDGE_SYSFS_H

int le_sysfs_init(void);
void le_sysfs_exit(void);

#endif /* LYNCEDGE_SYSFS_H */
