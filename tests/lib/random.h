/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random numbers that are the same in every run, in kernel and user space (Marsaglia, xorshift64*).
 * For tests, and for one thread.
 */
#ifndef LYNCEDGE_TESTS_RANDOM_H
#define LYNCEDGE_TESTS_RANDOM_H

#include "lyncedge_shim.h"

static u64 random_seed = 88172645463325252ULL;

static inline u64 random64(void)
{
	random_seed ^= random_seed >> 12;
	random_seed ^= random_seed << 25;
	random_seed ^= random_seed >> 27;
	return random_seed * 2685821657736338717ULL;
}

/* From 0 to n - 1. */
static inline u32 random_below(u32 n)
{
	return (random64() >> 32) * n >> 32;
}

static inline bool one_in(u32 n)
{
	return !random_below(n);
}

#endif /* LYNCEDGE_TESTS_RANDOM_H */
