/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What several suites do to get at their subject: policies and tables from text. No expectation is
 * in here but that a text which has to be a policy is one.
 */
#ifndef LYNCEDGE_KUNIT_H
#define LYNCEDGE_KUNIT_H

#include <kunit/test.h>

#include "lyncedge_rules.h"

static inline struct le_policy *must_parse(struct kunit *test, const char *text, size_t len)
{
	struct le_policy *policy = NULL;
	struct le_error error = { .line = 0 };

	KUNIT_ASSERT_EQ_MSG(test, le_policy_parse(text, len, &policy, &error), 0,
			    "line %u, column %u: %s", error.line, error.column, error.message);
	return policy;
}

static inline struct le_table *must_compile(struct kunit *test, const char *text, size_t len)
{
	struct le_policy *policy = must_parse(test, text, len);
	struct le_table *table = le_table_compile(policy);

	le_policy_free(policy);
	KUNIT_ASSERT_NOT_NULL(test, table);
	return table;
}

/* Text under construction. Where it gets too long it is cut, and must_parse() would say so. */
struct text {
	char *buf;
	size_t size;
	size_t len;
};

/* With free_text() at the end: what kunit_kzalloc() gives is too small for long texts. */
static inline struct text new_text(struct kunit *test, size_t size)
{
	struct text text = { .buf = kvmalloc(size, GFP_KERNEL), .size = size };

	KUNIT_ASSERT_NOT_NULL(test, text.buf);
	return text;
}

static inline void free_text(struct text *text)
{
	kvfree(text->buf);
}

static inline __printf(2, 3) void add_text(struct text *text, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	text->len += vscnprintf(text->buf + text->len, text->size - text->len, fmt, args);
	va_end(args);
}

#endif /* LYNCEDGE_KUNIT_H */
