/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The module's files, DESIGN sec. 5.
 */
#ifndef LYNCEDGECTL_SYSFS_H
#define LYNCEDGECTL_SYSFS_H

#include "output.h"

char *sysfs_read(const char *name, size_t *len);
char *sysfs_read_line(const char *name);
char *sysfs_read_module(const char *name);
char *sysfs_read_policy(size_t *len);
enum status sysfs_write(const char *name, const char *data, size_t len, const char *what);
char *read_all(int fd, size_t max, size_t *len);

#endif /* LYNCEDGECTL_SYSFS_H */
