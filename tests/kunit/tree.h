/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files below /sys/kernel/lyncedge, for suites that speak with the loaded module as user space
 * does: through their operations. What is to be in the files is the suites' business.
 */
#ifndef LYNCEDGE_KUNIT_TREE_H
#define LYNCEDGE_KUNIT_TREE_H

#include <kunit/test.h>
#include <linux/fs.h>

#define TREE "/sys/kernel/lyncedge/"

static inline struct file *tree_open(const char *name, int flags)
{
	char path[96];

	scnprintf(path, sizeof(path), TREE "%s", name);
	return filp_open(path, flags, 0);
}

/* Reads as cat does, to the end. Returns what was read, terminated, or an error. */
static inline ssize_t tree_read_file(struct file *file, char *buf, size_t size)
{
	loff_t pos = 0;
	ssize_t n;

	do {
		n = kernel_read(file, buf + pos, size - 1 - pos, &pos);
	} while (n > 0);
	buf[pos] = 0;
	return n < 0 ? n : pos;
}

static inline ssize_t tree_read(const char *name, char *buf, size_t size)
{
	struct file *file = tree_open(name, O_RDONLY);
	ssize_t n;

	buf[0] = 0;
	if (IS_ERR(file))
		return PTR_ERR(file);
	n = tree_read_file(file, buf, size);
	filp_close(file, NULL);
	return n;
}

/* Writes as cat does, which minds partial writes, in pieces of at most @piece bytes. */
static inline int tree_write_file(struct file *file, const char *data, size_t len, size_t piece,
				  loff_t *pos)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = kernel_write(file, data + done, min(piece, len - done), pos);

		if (n < 0)
			return n;
		done += n;
	}
	return 0;
}

static inline int tree_write_pieces(const char *name, const char *data, size_t len, size_t piece)
{
	struct file *file = tree_open(name, O_WRONLY);
	loff_t pos = 0;
	int err;

	if (IS_ERR(file))
		return PTR_ERR(file);
	err = tree_write_file(file, data, len, piece, &pos);
	filp_close(file, NULL);
	return err;
}

/* All at once; 0 or an error. */
static inline int tree_write(const char *name, const char *text)
{
	return tree_write_pieces(name, text, strlen(text), SIZE_MAX);
}

#endif /* LYNCEDGE_KUNIT_TREE_H */
