// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that tests can fail: every CHECK macro counts what does not hold, and a test that
 * checks nothing does not pass.
 */
#include "unit.h"

static void hold_all(void)
{
	CHECK(true);
	CHECK_INT(1, 1);
	CHECK_STR("a", "a");
}

static void check_false(void)
{
	CHECK(false);
}

static void check_other_int(void)
{
	CHECK_INT(1LL << 32, 0);
}

static void check_other_str(void)
{
	CHECK_STR("a", "ab");
}

static void fail_in_loop(void)
{
	CHECK(true);
	FAIL("%d", 1);
}

static void check_nothing(void)
{
}

static bool passes(void (*run)(void))
{
	struct unit_test test = { "inner", run };
	struct unit_state outer = unit;
	bool ok;

	unit.quiet = true;
	ok = unit_passes(&test);
	unit = outer;
	return ok;
}

static void failures_count(void)
{
	CHECK(passes(hold_all));
	CHECK(!passes(check_false));
	CHECK(!passes(check_other_int));
	CHECK(!passes(check_other_str));
	CHECK(!passes(fail_in_loop));
	CHECK(!passes(check_nothing));
}

static void random_numbers_spread(void)
{
	unsigned int seen = 0, i;

	for (i = 0; i < 1000; i++) {
		u32 n = random_below(10);

		if (n >= 10)
			FAIL("random_below(10) is %u", n);
		else
			seen |= 1 << n;
	}
	CHECK_INT(seen, 0x3ff);
}

static const struct unit_test tests[] = {
	UNIT_TEST(failures_count),
	UNIT_TEST(random_numbers_spread),
};

int main(void)
{
	return unit_main(tests, ARRAY_SIZE(tests));
}
