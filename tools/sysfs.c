// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads and writes the module's files, and says what to do where that fails. What is in them is
 * the verbs' business.
 */
#include <fcntl.h>
#include <unistd.h>

#include "sysfs.h"

/* How often a file is read again that changes while it is read, before that is called hopeless. */
#define TRIES 1000

/* Tests put another tree here. */
static const char *root(void)
{
	const char *dir = getenv("LYNCEDGE_SYSFS");

	return dir && *dir ? dir : "/sys/kernel/lyncedge";
}

static char *path_of(const char *name)
{
	return text_of("%s/%s", root(), name);
}

static void complain_no_access(const char *path)
{
	int err = errno;

	if (access(root(), F_OK)) {
		complain("the module lyncedge is not loaded: there is no %s", root());
		advise("modprobe lyncedge, or insmod lyncedge.ko; --policy FILE does without");
		return;
	}
	complain("%s: %s", path, strerror(err));
	if (err == EACCES || err == EPERM)
		advise("the module's files are root's alone: run lyncedgectl as root");
	else if (err == ENOENT)
		advise("module and tool are of different versions: install both from one");
}

/**
 * read_all() - read a file to its end
 * @fd: the file
 * @max: stop when there is more than this
 * @len: where to put how many bytes there are
 *
 * Return: the bytes, terminated, which the caller frees; NULL, with errno, if it cannot be read.
 */
char *read_all(int fd, size_t max, size_t *len)
{
	size_t room = 64 << 10;
	char *data = grown(NULL, room, 1);
	ssize_t n;

	*len = 0;
	do {
		if (room - *len < 2) {
			room *= 2;
			data = grown(data, room, 1);
		}
		n = read(fd, data + *len, room - *len - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			int err = errno;

			free(data);
			errno = err;
			return NULL;
		}
		*len += n;
	} while (n && *len <= max);
	data[*len] = 0;
	return data;
}

/* NULL, with errno, on failure. */
static char *read_file(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *data;
	int err;

	if (fd < 0)
		return NULL;
	data = read_all(fd, SIZE_MAX - 1, len);
	err = errno;
	close(fd);
	errno = err;
	return data;
}

/**
 * sysfs_read() - read one of the module's files
 * @name: its name
 * @len: where to put its length
 *
 * Return: its text, terminated, which the caller frees; NULL if it cannot be read, which was
 * complained about.
 */
char *sysfs_read(const char *name, size_t *len)
{
	char *path = path_of(name), *data;
	int tries = 0;

	do {
		data = read_file(path, len);
		/* ESTALE: another reader of "counters" came between. */
	} while (!data && errno == ESTALE && ++tries < TRIES);
	if (!data)
		complain_no_access(path);
	free(path);
	return data;
}

/**
 * sysfs_read_line() - read a file of one line
 * @name: its name
 *
 * Return: the line without its end, which the caller frees; NULL if it cannot be read, which was
 * complained about.
 */
char *sysfs_read_line(const char *name)
{
	size_t len;
	char *text = sysfs_read(name, &len);

	if (text)
		text[strcspn(text, "\n")] = 0;
	return text;
}

/**
 * sysfs_read_module() - read what the kernel says of the module
 * @name: name of the attribute
 *
 * Return: its line, which the caller frees; NULL if there is none.
 */
char *sysfs_read_module(const char *name)
{
	const char *dir = getenv("LYNCEDGE_SYSFS");
	char *path, *text;
	size_t len;

	path = dir && *dir ? text_of("%s/module/%s", dir, name) :
			     text_of("/sys/module/lyncedge/%s", name);
	text = read_file(path, &len);
	free(path);
	if (text)
		text[strcspn(text, "\n")] = 0;
	return text;
}

/**
 * sysfs_read_policy() - read the policy in force
 * @len: where to put its length; 0 if there is none
 *
 * A long policy comes in pieces, so it is of one cast only if no other was applied meanwhile.
 *
 * Return: its text, which the caller frees; NULL if it cannot be read, which was complained
 * about.
 */
char *sysfs_read_policy(size_t *len)
{
	char *before = sysfs_read_line("generation"), *after, *text;
	int tries;

	for (tries = 0; before && tries < TRIES; tries++) {
		bool same;

		text = sysfs_read("policy", len);
		after = text ? sysfs_read_line("generation") : NULL;
		same = after && !strcmp(before, after);
		free(before);
		if (same) {
			free(after);
			return text;
		}
		free(text);
		before = after;
	}
	if (before)
		complain("the policy in force changes all the time");
	free(before);
	return NULL;
}

/* The kernel takes a page at a time. */
static bool write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		data += n;
		len -= n;
	}
	return true;
}

/* A write was refused: the module says why in "error", but not to who may not write at all. */
static enum status complain_refused(const char *what, int err)
{
	size_t len;
	char *why;

	if (err == EPERM || err == EACCES) {
		complain("%s: %s", what, strerror(err));
		advise("changes need root and CAP_NET_ADMIN in the initial user namespace");
		return STATUS_ERROR;
	}
	why = sysfs_read("error", &len);
	if (why && len)
		fprintf(stderr, "lyncedgectl: %s: %s%s", what, why,
			why[len - 1] == '\n' ? "" : "\n");
	else
		complain("%s: %s", what, strerror(err));
	free(why);
	return err == EINVAL ? STATUS_NO : STATUS_ERROR;
}

/**
 * sysfs_write() - write one of the module's files
 * @name: its name
 * @data: what to write
 * @len: length of @data
 * @what: what is being done, for the complaint
 *
 * Return: STATUS_YES; STATUS_NO if the module refuses it; STATUS_ERROR. What was not done was
 * complained about.
 */
enum status sysfs_write(const char *name, const char *data, size_t len, const char *what)
{
	enum status status = STATUS_ERROR;
	char *path = path_of(name);
	/* The module does not mind O_TRUNC; a file of a test would keep its tail without. */
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (fd < 0) {
		complain_no_access(path);
	} else {
		status = write_all(fd, data, len) ? STATUS_YES : complain_refused(what, errno);
		close(fd);
	}
	free(path);
	return status;
}
