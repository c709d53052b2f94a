// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that KUnit suites can fail in user space: every macro that kunit/test.h has counts what
 * does not hold, assertions and skips end a case, and a case that checks nothing does not pass.
 */
#include "kunit/test.h"
#include "unit.h"

/* Which of the expectations that do not hold is met, and whether the case went on behind it. */
static unsigned int which;
static bool went_on;

static struct kunit_tally run(void (*run_case)(struct kunit *test))
{
	struct kunit_case cases[] = { KUNIT_CASE(run_case), { } };
	struct kunit_suite suite = { .name = "inner", .test_cases = cases };

	went_on = false;
	return kunit_run_suite(&suite, true);
}

static bool passes(void (*run_case)(struct kunit *test))
{
	struct kunit_tally tally = run(run_case);

	CHECK_INT(tally.passed + tally.failed, 1);
	return tally.passed;
}

static void hold(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, true);
	KUNIT_EXPECT_TRUE_MSG(test, true, "number %d", 1);
	KUNIT_EXPECT_FALSE(test, false);
	KUNIT_EXPECT_FALSE_MSG(test, false, "number %d", 1);
	KUNIT_EXPECT_NULL(test, NULL);
	KUNIT_EXPECT_NOT_NULL(test, test);
	KUNIT_EXPECT_EQ(test, 1, 1);
	KUNIT_EXPECT_EQ_MSG(test, 1, 1, "number %d", 1);
	KUNIT_EXPECT_NE(test, 1, 2);
	KUNIT_EXPECT_NE_MSG(test, 1, 2, "number %d", 1);
	KUNIT_EXPECT_LT(test, 1, 2);
	KUNIT_EXPECT_LT_MSG(test, 1, 2, "number %d", 1);
	KUNIT_EXPECT_LE(test, 2, 2);
	KUNIT_EXPECT_LE_MSG(test, 2, 2, "number %d", 1);
	KUNIT_EXPECT_GT(test, 2, 1);
	KUNIT_EXPECT_GT_MSG(test, 2, 1, "number %d", 1);
	KUNIT_EXPECT_GE(test, 2, 2);
	KUNIT_EXPECT_GE_MSG(test, 2, 2, "number %d", 1);
	KUNIT_EXPECT_STREQ(test, "a", "a");
	KUNIT_EXPECT_STREQ_MSG(test, "a", "a", "number %d", 1);
	went_on = true;
}

static void expectations_hold(void)
{
	CHECK(passes(hold));
	CHECK(went_on);
}

#define NR_EXPECTATIONS 22

static void expect_wrongly(struct kunit *test)
{
	switch (which) {
	case 0:
		KUNIT_EXPECT_TRUE(test, false);
		break;
	case 1:
		KUNIT_EXPECT_TRUE_MSG(test, false, "number %d", 1);
		break;
	case 2:
		KUNIT_EXPECT_FALSE(test, true);
		break;
	case 3:
		KUNIT_EXPECT_FALSE_MSG(test, true, "number %d", 1);
		break;
	case 4:
		KUNIT_EXPECT_NULL(test, test);
		break;
	case 5:
		KUNIT_EXPECT_NOT_NULL(test, NULL);
		break;
	case 6:
		KUNIT_EXPECT_EQ(test, 1LL << 32, 0);
		break;
	case 7:
		KUNIT_EXPECT_EQ_MSG(test, 1LL << 32, 0, "number %d", 1);
		break;
	case 8:
		KUNIT_EXPECT_NE(test, 1, 1);
		break;
	case 9:
		KUNIT_EXPECT_NE_MSG(test, 1, 1, "number %d", 1);
		break;
	case 10:
		KUNIT_EXPECT_LT(test, 2, 2);
		break;
	case 11:
		KUNIT_EXPECT_LT_MSG(test, 2, 2, "number %d", 1);
		break;
	case 12:
		KUNIT_EXPECT_LE(test, 2, 1);
		break;
	case 13:
		KUNIT_EXPECT_LE_MSG(test, 2, 1, "number %d", 1);
		break;
	case 14:
		KUNIT_EXPECT_GT(test, 2, 2);
		break;
	case 15:
		KUNIT_EXPECT_GT_MSG(test, 2, 2, "number %d", 1);
		break;
	case 16:
		KUNIT_EXPECT_GE(test, 1, 2);
		break;
	case 17:
		KUNIT_EXPECT_GE_MSG(test, 1, 2, "number %d", 1);
		break;
	case 18:
		KUNIT_EXPECT_STREQ(test, "a", "ab");
		break;
	case 19:
		KUNIT_EXPECT_STREQ_MSG(test, "a", "ab", "number %d", 1);
		break;
	case 20:
		KUNIT_FAIL(test, "number %d", 1);
		break;
	case 21:
		KUNIT_FAIL(test, "no number");
		break;
	}
	went_on = true;
}

#define NR_ASSERTIONS 20

static void assert_wrongly(struct kunit *test)
{
	switch (which) {
	case 0:
		KUNIT_ASSERT_TRUE(test, false);
		break;
	case 1:
		KUNIT_ASSERT_TRUE_MSG(test, false, "number %d", 1);
		break;
	case 2:
		KUNIT_ASSERT_FALSE(test, true);
		break;
	case 3:
		KUNIT_ASSERT_FALSE_MSG(test, true, "number %d", 1);
		break;
	case 4:
		KUNIT_ASSERT_NULL(test, test);
		break;
	case 5:
		KUNIT_ASSERT_NOT_NULL(test, NULL);
		break;
	case 6:
		KUNIT_ASSERT_EQ(test, 1LL << 32, 0);
		break;
	case 7:
		KUNIT_ASSERT_EQ_MSG(test, 1LL << 32, 0, "number %d", 1);
		break;
	case 8:
		KUNIT_ASSERT_NE(test, 1, 1);
		break;
	case 9:
		KUNIT_ASSERT_NE_MSG(test, 1, 1, "number %d", 1);
		break;
	case 10:
		KUNIT_ASSERT_LT(test, 2, 2);
		break;
	case 11:
		KUNIT_ASSERT_LT_MSG(test, 2, 2, "number %d", 1);
		break;
	case 12:
		KUNIT_ASSERT_LE(test, 2, 1);
		break;
	case 13:
		KUNIT_ASSERT_LE_MSG(test, 2, 1, "number %d", 1);
		break;
	case 14:
		KUNIT_ASSERT_GT(test, 2, 2);
		break;
	case 15:
		KUNIT_ASSERT_GT_MSG(test, 2, 2, "number %d", 1);
		break;
	case 16:
		KUNIT_ASSERT_GE(test, 1, 2);
		break;
	case 17:
		KUNIT_ASSERT_GE_MSG(test, 1, 2, "number %d", 1);
		break;
	case 18:
		KUNIT_ASSERT_STREQ(test, "a", "ab");
		break;
	case 19:
		KUNIT_ASSERT_STREQ_MSG(test, "a", "ab", "number %d", 1);
		break;
	}
	went_on = true;
}

static void expectations_fail(void)
{
	for (which = 0; which < NR_EXPECTATIONS; which++)
		if (passes(expect_wrongly) || !went_on)
			FAIL("expectation %u", which);
}

static void assertions_fail(void)
{
	for (which = 0; which < NR_ASSERTIONS; which++)
		if (passes(assert_wrongly) || went_on)
			FAIL("assertion %u", which);
}

/* A failure is not made good by what holds after it, and operands are evaluated once. */
static unsigned int evaluated;

static void fail_first(struct kunit *test)
{
	KUNIT_EXPECT_EQ_MSG(test, ++evaluated, 2U, "number %u", ++evaluated);
	hold(test);
}

static void hold_once(struct kunit *test)
{
	KUNIT_EXPECT_EQ_MSG(test, ++evaluated, 1U, "number %u", ++evaluated);
}

static void operands_once(void)
{
	evaluated = 0;
	CHECK(!passes(fail_first));
	CHECK_INT(evaluated, 2);
	evaluated = 0;
	CHECK(passes(hold_once));
	CHECK_INT(evaluated, 1);
}

static void check_nothing(struct kunit *test)
{
	kunit_info(test, "nothing\n");
}

static void skip(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, true);
	kunit_skip(test, "because %d", 1);
	went_on = true;
}

static void fail_and_skip(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, false);
	kunit_skip(test, "because %d", 1);
}

static void neither_well_nor_ill(void)
{
	struct kunit_tally tally = run(skip);

	CHECK(!went_on);
	CHECK_INT(tally.skipped, 1);
	CHECK_INT(tally.passed + tally.failed, 0);
	CHECK(!passes(fail_and_skip));
	CHECK(!passes(check_nothing));
}

/* The leak checker sees what is not freed, also where an assertion ends the case. */
static void allocate(struct kunit *test)
{
	char *zero = kunit_kzalloc(test, 100, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, zero);
	KUNIT_EXPECT_EQ(test, zero[0] | zero[99], 0);
	memset(zero, 1, 100);
	KUNIT_ASSERT_NOT_NULL(test, kunit_kzalloc(test, 0, GFP_KERNEL));
	KUNIT_ASSERT_TRUE(test, which == 0);
}

static void allocations_are_freed(void)
{
	which = 0;
	CHECK(passes(allocate));
	which = 1;
	CHECK(!passes(allocate));
}

static const int numbers[] = { 1, 2, 3 };

static void describe(const int *number, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%d", *number);
}

KUNIT_ARRAY_PARAM(all, numbers, describe);

static const void *no_params(const void *prev, char *desc)
{
	(void)prev;
	(void)desc;
	return NULL;
}

static unsigned int sum;

static void is_not_which(struct kunit *test)
{
	const int *number = test->param_value;

	sum += *number;
	KUNIT_EXPECT_NE(test, *number, (int)which);
}

static bool passes_with(const void *(*params)(const void *prev, char *desc))
{
	struct kunit_case cases[] = { KUNIT_CASE_PARAM(is_not_which, params), { } };
	struct kunit_suite suite = { .name = "inner", .test_cases = cases };
	struct kunit_tally tally;

	sum = 0;
	tally = kunit_run_suite(&suite, true);
	CHECK_INT(tally.passed + tally.failed, 1);
	return tally.passed;
}

/* A case passes with all of its parameters or not at all, and not without any. */
static void parameters(void)
{
	which = 0;
	CHECK(passes_with(all_gen_params));
	CHECK_INT(sum, 6);
	for (which = 1; which <= 3; which++) {
		CHECK(!passes_with(all_gen_params));
		CHECK_INT(sum, 6);
	}
	which = 0;
	CHECK(!passes_with(no_params));
}

static void cases_add_up(void)
{
	struct kunit_case cases[] = {
		KUNIT_CASE(hold), KUNIT_CASE(expect_wrongly), KUNIT_CASE(skip), KUNIT_CASE(hold),
		KUNIT_CASE(check_nothing), KUNIT_CASE(hold), { }
	};
	struct kunit_suite suite = { .name = "inner", .test_cases = cases };
	struct kunit_tally tally;

	which = 0;
	tally = kunit_run_suite(&suite, true);
	CHECK_INT(tally.passed, 3);
	CHECK_INT(tally.failed, 2);
	CHECK_INT(tally.skipped, 1);
}

static void strings_are_cut(void)
{
	char to[4];

	CHECK_INT(strscpy(to, "abc", sizeof(to)), 3);
	CHECK_STR(to, "abc");
	CHECK_INT(strscpy(to, "abcd", sizeof(to)), -E2BIG);
	CHECK_STR(to, "abc");
	CHECK_INT(strscpy(to, "", 1), 0);
	CHECK_INT(strscpy(to, "", 0), -E2BIG);
}

static const struct unit_test tests[] = {
	UNIT_TEST(expectations_hold),	   UNIT_TEST(expectations_fail),
	UNIT_TEST(assertions_fail),	   UNIT_TEST(operands_once),
	UNIT_TEST(neither_well_nor_ill),   UNIT_TEST(allocations_are_freed),
	UNIT_TEST(parameters),		   UNIT_TEST(cases_add_up),
	UNIT_TEST(strings_are_cut),
};

int main(void)
{
	return unit_main(tests, ARRAY_SIZE(tests));
}
