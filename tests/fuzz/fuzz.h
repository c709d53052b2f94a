/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the fuzz targets share. A property that does not hold is a crash: libFuzzer keeps the
 * input.
 */
#ifndef LYNCEDGE_FUZZ_H
#define LYNCEDGE_FUZZ_H

#include "lyncedge_shim.h"

/* What libFuzzer calls, under the name that it wants. */
int fuzz_one(const u8 *data, size_t size) __asm__("LLVMFuzzerTestOneInput");

#define MUST(condition) must(condition, #condition, __FILE__, __LINE__)

static inline void must(bool holds, const char *what, const char *file, int line)
{
	if (holds)
		return;
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

#endif /* LYNCEDGE_FUZZ_H */
