/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A test program is a list of functions that CHECK things; unit_main() runs them and ends with
 * "N passed, N failed". What fails says where, and what was there; a function goes on after it,
 * so that one run shows all that is wrong, but soon falls silent.
 */
#ifndef LYNCEDGE_UNIT_H
#define LYNCEDGE_UNIT_H

#include "lyncedge_shim.h"
#include "random.h"

struct unit_test {
	const char *name;
	void (*run)(void);
};

#define UNIT_TEST(function) { #function, function }

/* How many failures of one test are worth reading. */
#define UNIT_SHOWN 10

struct unit_state {
	unsigned int checks;
	unsigned int failures;
	bool quiet;
};

static struct unit_state unit;

static inline __printf(3, 4) void unit_fail(const char *file, int line, const char *fmt, ...)
{
	va_list args;

	if (unit.failures++ >= UNIT_SHOWN || unit.quiet)
		return;
	printf("%s:%d: ", file, line);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
}

static inline bool unit_check(bool ok, const char *file, int line, const char *what)
{
	unit.checks++;
	if (!ok)
		unit_fail(file, line, "not so: %s", what);
	return ok;
}

static inline bool unit_check_int(long long got, long long want, const char *file, int line,
				  const char *what)
{
	unit.checks++;
	if (got != want)
		unit_fail(file, line, "%s: got %lld, want %lld", what, got, want);
	return got == want;
}

static inline bool unit_check_str(const char *got, const char *want, const char *file, int line,
				  const char *what)
{
	bool ok = !strcmp(got, want);

	unit.checks++;
	if (!ok)
		unit_fail(file, line, "%s:\n  got  '%s'\n  want '%s'", what, got, want);
	return ok;
}

/* Each gives whether it held. */
#define CHECK(condition) unit_check(condition, __FILE__, __LINE__, #condition)
#define CHECK_INT(got, want) unit_check_int(got, want, __FILE__, __LINE__, #got)
#define CHECK_STR(got, want) unit_check_str(got, want, __FILE__, __LINE__, #got)
/* For inner loops: says what was at stake where a comparison did not hold. */
#define FAIL(...) unit_fail(__FILE__, __LINE__, __VA_ARGS__)

/* A test that checks nothing has not passed. */
static inline bool unit_passes(const struct unit_test *test)
{
	unit.checks = 0;
	unit.failures = 0;
	test->run();
	if (!unit.checks)
		unit_fail(test->name, 0, "nothing was checked");
	return !unit.failures;
}

static inline int unit_main(const struct unit_test *tests, size_t nr)
{
	unsigned int passed = 0;
	size_t i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (i = 0; i < nr; i++) {
		bool ok = unit_passes(&tests[i]);

		passed += ok;
		printf("%s - %s", ok ? "ok" : "not ok", tests[i].name);
		printf(ok ? "\n" : " (%u failures)\n", unit.failures);
	}
	printf("%u passed, %u failed\n", passed, (unsigned int)nr - passed);
	return passed != nr;
}

#endif /* LYNCEDGE_UNIT_H */
