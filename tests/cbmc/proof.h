/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the proofs share: values that may be anything, and models of the C library's functions
 * that CBMC has no idea of. Linked into no program; tests/cbmc/run reads it with each proof.
 */
#ifndef LYNCEDGE_PROOF_H
#define LYNCEDGE_PROOF_H

#include "lyncedge_shim.h"

bool nondet_bool(void);
u8 nondet_u8(void);
u16 nondet_u16(void);
u32 nondet_u32(void);
u64 nondet_u64(void);
int nondet_int(void);
size_t nondet_size(void);

#define ASSUME(condition) __CPROVER_assume(condition)
#define PROVE(condition) __CPROVER_assert(condition, #condition)

/* A number below a limit, any of them. */
static inline u32 any_below(u32 limit)
{
	u32 n = nondet_u32();

	ASSUME(n < limit);
	return n;
}

void *memchr(const void *area, int byte, size_t len)
{
	const u8 *bytes = area;
	size_t i;

	for (i = 0; i < len; i++)
		if (bytes[i] == (u8)byte)
			return (void *)(bytes + i);
	return NULL;
}

void *reallocarray(void *old, size_t nr, size_t size)
{
	(void)old;
	return malloc(nr * size);
}

/* Writes anything, but no further than it may, and says that it would have liked to write more. */
int vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	int n = nondet_int();

	(void)fmt;
	(void)args;
	PROVE(!size || __CPROVER_w_ok(buf, size));
	ASSUME(n >= 0 && n < 4096);
	return n;
}

#endif /* LYNCEDGE_PROOF_H */
