// SPDX-License-Identifier: GPL-2.0-only
/*
 * A suite as a program. How its cases run is in test.c.
 */
#include "kunit/test.h"

int main(void)
{
	struct kunit_tally tally;

	setvbuf(stdout, NULL, _IOLBF, 0);
	tally = kunit_run_suite(kunit_program, false);
	if (tally.skipped)
		printf("%u skipped\n", tally.skipped);
	printf("%u passed, %u failed\n", tally.passed, tally.failed);
	return tally.failed || !tally.passed;
}
