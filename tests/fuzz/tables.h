/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory for compiled tables, which the fuzz targets that do nothing but compile use over and over:
 * a table is 850 KiB, and fresh pages for it are most of the time of an execution. Included before
 * all else. What is free is poisoned, and so is what lies behind a table, as AddressSanitizer's own
 * memory is; all other allocations are its own.
 */
#ifndef LYNCEDGE_FUZZ_TABLES_H
#define LYNCEDGE_FUZZ_TABLES_H

#include <assert.h>
#include <sanitizer/asan_interface.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Nothing else is so large and zeroed; only a large policy's table is larger. */
#define TABLE_LEAST (512UL * 1024)
#define TABLE_ROOM (1024UL * 1024)
#define NR_TABLES 2
#define HUGE_PAGE (2048UL * 1024)

static_assert(NR_TABLES * TABLE_ROOM == HUGE_PAGE);

/* The target's, for all that is linked to it. */
struct table_memory {
	char *at;
	bool used[NR_TABLES];
};

extern struct table_memory table_memory;

/* On a huge page, if the kernel has one. */
static inline void table_map(void)
{
	char *at = mmap(NULL, 2 * HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			-1, 0);

	if (at == MAP_FAILED)
		abort();
	table_memory.at = at + -(unsigned long)at % HUGE_PAGE;
	madvise(table_memory.at, HUGE_PAGE, MADV_HUGEPAGE);
	__asan_poison_memory_region(table_memory.at, HUGE_PAGE);
}

static inline void *table_calloc(size_t nr, size_t each)
{
	size_t size, i;

	if (__builtin_mul_overflow(nr, each, &size) || size < TABLE_LEAST || size >= TABLE_ROOM)
		return calloc(nr, each);
	if (!table_memory.at)
		table_map();
	for (i = 0; i < NR_TABLES; i++) {
		char *at = table_memory.at + i * TABLE_ROOM;

		if (table_memory.used[i])
			continue;
		table_memory.used[i] = true;
		__asan_unpoison_memory_region(at, size);
		return memset(at, 0, size);
	}
	return calloc(nr, each);
}

static inline void table_free(void *p)
{
	size_t i;

	for (i = 0; p && table_memory.at && i < NR_TABLES; i++) {
		if (p != table_memory.at + i * TABLE_ROOM)
			continue;
		/* Freed twice. */
		if (!table_memory.used[i])
			abort();
		table_memory.used[i] = false;
		__asan_poison_memory_region(p, TABLE_ROOM);
		return;
	}
	free(p);
}

/* Whether none was left, which AddressSanitizer does not know of these. */
static inline bool table_all_free(void)
{
	size_t i;

	for (i = 0; i < NR_TABLES; i++)
		if (table_memory.used[i])
			return false;
	return true;
}

#define calloc(nr, each) table_calloc(nr, each)
#define free(p) table_free(p)

#endif /* LYNCEDGE_FUZZ_TABLES_H */
