/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KUnit as far as the suites of the pure part use it, so that those of tests/kunit build unchanged
 * as programs of user space, under sanitizers. Names and meanings are those of the kernel's
 * <kunit/test.h>; one thing is stricter: a case that checks nothing fails. The runner is in test.c.
 * What the pure part itself wants of the kernel is not here but in lyncedge_shim.h.
 */
#ifndef LYNCEDGE_UNIT_KUNIT_TEST_H
#define LYNCEDGE_UNIT_KUNIT_TEST_H

#include <setjmp.h>

#include "lyncedge_shim.h"

/* What suites use of the kernel's headers and the pure part does not. */
#define MODULE_LICENSE(license) static_assert(sizeof(license) > 1, "a license")
#define hweight32(w) ((unsigned int)__builtin_popcount(w))

ssize_t strscpy(char *to, const char *from, size_t size);

#define KUNIT_PARAM_DESC_SIZE 128

struct kunit_allocation;

/**
 * struct kunit - a case that runs
 * @param_value: its parameter, if it has any
 * @name: what to call it in messages
 * @quiet: it is the runner that is tested: nothing is to be said
 * @checks: expectations that were looked at
 * @failures: those that did not hold
 * @skipped: the case gave up, and is neither well nor ill
 * @abort: where a failed assertion and a skip lead
 * @allocations: what the case need not free
 */
struct kunit {
	const void *param_value;
	const char *name;
	bool quiet;
	unsigned long checks;
	unsigned long failures;
	bool skipped;
	jmp_buf abort;
	struct kunit_allocation *allocations;
};

struct kunit_case {
	void (*run_case)(struct kunit *test);
	const char *name;
	const void *(*generate_params)(const void *prev, char *desc);
};

struct kunit_suite {
	const char name[256];
	struct kunit_case *test_cases;
};

/**
 * struct kunit_tally - how the cases of a suite went; one with parameters is one case
 * @passed: every expectation held
 * @failed: one did not, or there was none
 * @skipped: gave up by itself
 */
struct kunit_tally {
	unsigned int passed;
	unsigned int failed;
	unsigned int skipped;
};

/* An expectation: where it is, how it reads, and whether the case ends if it does not hold. */
struct kunit_place {
	const char *file;
	int line;
	bool is_assertion;
	const char *text;
};

struct kunit_tally kunit_run_suite(const struct kunit_suite *suite, bool quiet);
void *kunit_kzalloc(struct kunit *test, size_t size, int gfp);
__printf(2, 3) void kunit_info(struct kunit *test, const char *fmt, ...);
__printf(2, 3) void kunit_skip(struct kunit *test, const char *fmt, ...);
__printf(3, 4) void kunit_fail(struct kunit *test, const struct kunit_place *place,
			       const char *fmt, ...);
__printf(5, 6) void kunit_differ(struct kunit *test, const struct kunit_place *place,
				 long long left, long long right, const char *fmt, ...);
__printf(5, 6) void kunit_check_strings(struct kunit *test, const struct kunit_place *place,
					const char *left, const char *right, const char *fmt, ...);

/* What kunit/main.c runs. */
extern const struct kunit_suite *const kunit_program;

#define kunit_test_suite(suite) const struct kunit_suite *const kunit_program = &(suite)

#define KUNIT_CASE(test_name) { .run_case = test_name, .name = #test_name }
#define KUNIT_CASE_PARAM(test_name, gen_params) \
	{ .run_case = test_name, .name = #test_name, .generate_params = gen_params }

#define KUNIT_ARRAY_PARAM(name, array, get_desc)					\
	static const void *name##_gen_params(const void *prev, char *desc)		\
	{										\
		__auto_type __all = &(array);						\
		__auto_type __next = prev ? (typeof(&(*__all)[0]))prev + 1 : *__all;	\
											\
		if (__next == *__all + ARRAY_SIZE(*__all))				\
			return NULL;							\
		get_desc(__next, desc);							\
		return __next;								\
	}

#define KUNIT_PLACE(aborts, text) (&(const struct kunit_place){ __FILE__, __LINE__, aborts, text })

/*
 * Operands are evaluated once, and what a message takes only if there is something to say. The
 * space goes before a message, and stands for the one that there is not.
 */
#define KUNIT_COMPARE(test, aborts, left, op, right, ...)				\
	do {										\
		struct kunit *__test = (test);						\
		const typeof(left) __left = (left);					\
		const typeof(right) __right = (right);					\
											\
		__test->checks++;							\
		if (unlikely(!(__left op __right)))					\
			kunit_differ(__test, KUNIT_PLACE(aborts, #left " " #op " " #right),\
				     (long long)__left, (long long)__right, " " __VA_ARGS__);\
	} while (0)

#define KUNIT_CHECK(test, aborts, condition, ...)					\
	do {										\
		struct kunit *__test = (test);						\
											\
		__test->checks++;							\
		if (unlikely(!(condition)))						\
			kunit_fail(__test, KUNIT_PLACE(aborts, #condition), " " __VA_ARGS__);\
	} while (0)

#define KUNIT_FAIL(test, ...) kunit_fail(test, KUNIT_PLACE(false, "failure"), " " __VA_ARGS__)

#define KUNIT_EXPECT_TRUE(test, condition) KUNIT_CHECK(test, false, condition)
#define KUNIT_EXPECT_TRUE_MSG(test, condition, ...) \
	KUNIT_CHECK(test, false, condition, __VA_ARGS__)
#define KUNIT_EXPECT_FALSE(test, condition) KUNIT_CHECK(test, false, !(condition))
#define KUNIT_EXPECT_FALSE_MSG(test, condition, ...) \
	KUNIT_CHECK(test, false, !(condition), __VA_ARGS__)
#define KUNIT_EXPECT_NULL(test, ptr) KUNIT_CHECK(test, false, !(ptr))
#define KUNIT_EXPECT_NOT_NULL(test, ptr) KUNIT_CHECK(test, false, (ptr))
#define KUNIT_EXPECT_EQ(test, left, right) KUNIT_COMPARE(test, false, left, ==, right)
#define KUNIT_EXPECT_EQ_MSG(test, left, right, ...) \
	KUNIT_COMPARE(test, false, left, ==, right, __VA_ARGS__)
#define KUNIT_EXPECT_NE(test, left, right) KUNIT_COMPARE(test, false, left, !=, right)
#define KUNIT_EXPECT_NE_MSG(test, left, right, ...) \
	KUNIT_COMPARE(test, false, left, !=, right, __VA_ARGS__)
#define KUNIT_EXPECT_LT(test, left, right) KUNIT_COMPARE(test, false, left, <, right)
#define KUNIT_EXPECT_LT_MSG(test, left, right, ...) \
	KUNIT_COMPARE(test, false, left, <, right, __VA_ARGS__)
#define KUNIT_EXPECT_LE(test, left, right) KUNIT_COMPARE(test, false, left, <=, right)
#define KUNIT_EXPECT_LE_MSG(test, left, right, ...) \
	KUNIT_COMPARE(test, false, left, <=, right, __VA_ARGS__)
#define KUNIT_EXPECT_GT(test, left, right) KUNIT_COMPARE(test, false, left, >, right)
#define KUNIT_EXPECT_GT_MSG(test, left, right, ...) \
	KUNIT_COMPARE(test, false, left, >, right, __VA_ARGS__)
#define KUNIT_EXPECT_GE(test, left, right) KUNIT_COMPARE(test, false, left, >=, right)
#define KUNIT_EXPECT_GE_MSG(test, left, right, ...) \
	KUNIT_COMPARE(test, false, left, >=, right, __VA_ARGS__)
#define KUNIT_EXPECT_STREQ(test, left, right) \
	kunit_check_strings(test, KUNIT_PLACE(false, #left " == " #right), left, right, " ")
#define KUNIT_EXPECT_STREQ_MSG(test, left, right, ...) \
	kunit_check_strings(test, KUNIT_PLACE(false, #left " == " #right), left, right, \
			    " " __VA_ARGS__)

#define KUNIT_ASSERT_TRUE(test, condition) KUNIT_CHECK(test, true, condition)
#define KUNIT_ASSERT_TRUE_MSG(test, condition, ...) \
	KUNIT_CHECK(test, true, condition, __VA_ARGS__)
#define KUNIT_ASSERT_FALSE(test, condition) KUNIT_CHECK(test, true, !(condition))
#define KUNIT_ASSERT_FALSE_MSG(test, condition, ...) \
	KUNIT_CHECK(test, true, !(condition), __VA_ARGS__)
#define KUNIT_ASSERT_NULL(test, ptr) KUNIT_CHECK(test, true, !(ptr))
#define KUNIT_ASSERT_NOT_NULL(test, ptr) KUNIT_CHECK(test, true, (ptr))
#define KUNIT_ASSERT_EQ(test, left, right) KUNIT_COMPARE(test, true, left, ==, right)
#define KUNIT_ASSERT_EQ_MSG(test, left, right, ...) \
	KUNIT_COMPARE(test, true, left, ==, right, __VA_ARGS__)
#define KUNIT_ASSERT_NE(test, left, right) KUNIT_COMPARE(test, true, left, !=, right)
#define KUNIT_ASSERT_NE_MSG(test, left, right, ...) \
	KUNIT_COMPARE(test, true, left, !=, right, __VA_ARGS__)
#define KUNIT_ASSERT_LT(test, left, right) KUNIT_COMPARE(test, true, left, <, right)
#define KUNIT_ASSERT_LT_MSG(test, left, right, ...) \
	KUNIT_COMPARE(test, true, left, <, right, __VA_ARGS__)
#define KUNIT_ASSERT_LE(test, left, right) KUNIT_COMPARE(test, true, left, <=, right)
#define KUNIT_ASSERT_LE_MSG(test, left, right, ...) \
	KUNIT_COMPARE(test, true, left, <=, right, __VA_ARGS__)
#define KUNIT_ASSERT_GT(test, left, right) KUNIT_COMPARE(test, true, left, >, right)
#define KUNIT_ASSERT_GT_MSG(test, left, right, ...) \
	KUNIT_COMPARE(test, true, left, >, right, __VA_ARGS__)
#define KUNIT_ASSERT_GE(test, left, right) KUNIT_COMPARE(test, true, left, >=, right)
#define KUNIT_ASSERT_GE_MSG(test, left, right, ...) \
	KUNIT_COMPARE(test, true, left, >=, right, __VA_ARGS__)
#define KUNIT_ASSERT_STREQ(test, left, right) \
	kunit_check_strings(test, KUNIT_PLACE(true, #left " == " #right), left, right, " ")
#define KUNIT_ASSERT_STREQ_MSG(test, left, right, ...) \
	kunit_check_strings(test, KUNIT_PLACE(true, #left " == " #right), left, right, \
			    " " __VA_ARGS__)

#endif /* LYNCEDGE_UNIT_KUNIT_TEST_H */
