// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs a KUnit suite in user space: its cases one after the other, each with what it need not free
 * itself, and out of which it can jump. That it can fail is proved by kunit_test.c.
 */
#include "kunit/test.h"

/* How many failures of one case are worth reading. */
#define SHOWN 10

struct kunit_allocation {
	struct kunit_allocation *next;
	/* Aligned as malloc() does it. */
	max_align_t data[];
};

ssize_t strscpy(char *to, const char *from, size_t size)
{
	size_t len = strnlen(from, size);

	if (!size)
		return -E2BIG;
	if (len == size)
		len--;
	memcpy(to, from, len);
	to[len] = 0;
	return from[len] ? -E2BIG : (ssize_t)len;
}

/**
 * kunit_kzalloc() - memory that is freed when the case ends
 * @test: the case
 * @size: how many bytes
 * @gfp: not used
 *
 * Return: the memory, zeroed, or NULL.
 */
void *kunit_kzalloc(struct kunit *test, size_t size, int gfp)
{
	struct kunit_allocation *allocation = calloc(1, sizeof(*allocation) + size);

	(void)gfp;
	if (!allocation)
		return NULL;
	allocation->next = test->allocations;
	test->allocations = allocation;
	return allocation->data;
}

static void free_allocations(struct kunit *test)
{
	while (test->allocations) {
		struct kunit_allocation *next = test->allocations->next;

		free(test->allocations);
		test->allocations = next;
	}
}

/**
 * kunit_info() - say something
 * @test: the case
 * @fmt: what, and the end of the line
 */
void kunit_info(struct kunit *test, const char *fmt, ...)
{
	va_list args;

	if (test->quiet)
		return;
	printf("    # %s: ", test->name);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
}

/**
 * kunit_skip() - leave a case that cannot be run here
 * @test: the case
 * @fmt: why
 *
 * Does not return.
 */
void kunit_skip(struct kunit *test, const char *fmt, ...)
{
	va_list args;

	if (!test->quiet) {
		printf("    # %s: skipped: ", test->name);
		va_start(args, fmt);
		vprintf(fmt, args);
		va_end(args);
		printf("\n");
	}
	test->skipped = true;
	longjmp(test->abort, 1);
}

/* Counts a failure, shows it if there have not been many, and ends the case if it has to end. */
static void complain(struct kunit *test, const struct kunit_place *place, const char *values,
		     const char *fmt, va_list args)
{
	if (test->failures++ < SHOWN && !test->quiet) {
		printf("    # %s: %s:%d: not so: %s%s", test->name, place->file, place->line,
		       place->text, values);
		vprintf(fmt, args);
		printf("\n");
	}
	if (place->is_assertion)
		longjmp(test->abort, 1);
}

/**
 * kunit_fail() - an expectation does not hold
 * @test: the case
 * @place: which
 * @fmt: what else there is to say
 *
 * Does not return if it is an assertion.
 */
void kunit_fail(struct kunit *test, const struct kunit_place *place, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	complain(test, place, "", fmt, args);
	va_end(args);
}

/**
 * kunit_differ() - two numbers are not as they are expected to be
 * @test: the case
 * @place: which expectation
 * @left: one of them
 * @right: the other
 * @fmt: what else there is to say
 *
 * Does not return if it is an assertion.
 */
void kunit_differ(struct kunit *test, const struct kunit_place *place, long long left,
		  long long right, const char *fmt, ...)
{
	char values[64];
	va_list args;

	snprintf(values, sizeof(values), ": %lld, %lld", left, right);
	va_start(args, fmt);
	complain(test, place, values, fmt, args);
	va_end(args);
}

/**
 * kunit_check_strings() - expect two strings to be equal
 * @test: the case
 * @place: which expectation
 * @left: one of them
 * @right: the other
 * @fmt: what else there is to say
 *
 * Does not return if they are not and it is an assertion.
 */
void kunit_check_strings(struct kunit *test, const struct kunit_place *place, const char *left,
			 const char *right, const char *fmt, ...)
{
	char values[1024];
	va_list args;

	test->checks++;
	if (!strcmp(left, right))
		return;
	snprintf(values, sizeof(values), ":\n\t'%s'\n\t'%s'\n", left, right);
	va_start(args, fmt);
	complain(test, place, values, fmt, args);
	va_end(args);
}

/* One run of a case: with one of its parameters, if it has any. */
static void run_once(const struct kunit_case *c, const void *param, const char *name, bool quiet,
		     struct kunit_tally *tally)
{
	struct kunit test = { .param_value = param, .name = name, .quiet = quiet };

	if (!setjmp(test.abort))
		c->run_case(&test);
	free_allocations(&test);
	if (!test.checks && !test.failures && !test.skipped && !quiet)
		printf("    # %s: nothing was checked\n", name);
	if (test.failures || !(test.checks || test.skipped))
		tally->failed++;
	else if (test.skipped)
		tally->skipped++;
	else
		tally->passed++;
}

static struct kunit_tally run_with_params(const struct kunit_case *c, bool quiet)
{
	struct kunit_tally tally = { 0 };
	const void *param = NULL;

	for (;;) {
		char name[256], desc[KUNIT_PARAM_DESC_SIZE] = "";

		param = c->generate_params(param, desc);
		if (!param)
			return tally;
		snprintf(name, sizeof(name), "%s: %s", c->name, desc);
		run_once(c, param, name, quiet, &tally);
	}
}

/**
 * kunit_run_suite() - run the cases of a suite
 * @suite: the suite
 * @quiet: say nothing
 *
 * Return: how they went.
 */
struct kunit_tally kunit_run_suite(const struct kunit_suite *suite, bool quiet)
{
	struct kunit_tally sum = { 0 };
	const struct kunit_case *c;

	for (c = suite->test_cases; c->run_case; c++) {
		struct kunit_tally tally = { 0 };
		const char *result = "ok";

		if (c->generate_params)
			tally = run_with_params(c, quiet);
		else
			run_once(c, NULL, c->name, quiet, &tally);
		if (tally.failed || !(tally.passed || tally.skipped)) {
			result = "not ok";
			sum.failed++;
		} else if (tally.passed) {
			sum.passed++;
		} else {
			result = "skipped";
			sum.skipped++;
		}
		if (!quiet)
			printf("%s - %s\n", result, c->name);
	}
	return sum;
}
