// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that the pure part can run out of memory anywhere: each allocation of parsing, compiling
 * and writing a policy fails in turn, alone and with all that follow it. Each time the failure is
 * reported, nothing stays allocated, and what was there is as it was; and without a failure the
 * same goes well again. Not in here: what becomes of the policy in force (the kernel's tests).
 *
 * The linker puts the functions below in front of the allocator (--wrap); the C library's own
 * allocations do not go through them.
 */
#include "lyncedge_rules.h"
#include "unit.h"

/* Not static: the C library says that its functions are leaves, which do not touch what is. */
struct {
	unsigned long seen;
	unsigned long fail_at;	/* the number of an allocation, from 1; 0 for none */
	bool fail_on;	/* ... and all after it */
	long live;
} heap;

typeof(malloc) __real_malloc, __wrap_malloc;
typeof(calloc) __real_calloc, __wrap_calloc;
typeof(reallocarray) __real_reallocarray, __wrap_reallocarray;
typeof(free) __real_free, __wrap_free;

static bool fails(void)
{
	heap.seen++;
	return heap.fail_at && (heap.fail_on ? heap.seen >= heap.fail_at :
					       heap.seen == heap.fail_at);
}

static void *count(void *p)
{
	heap.live += !!p;
	return p;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : count(__real_malloc(size));
}

void *__wrap_calloc(size_t nr, size_t size)
{
	return fails() ? NULL : count(__real_calloc(nr, size));
}

/* kvmalloc_array() of the shim: there is never an old one. */
void *__wrap_reallocarray(void *old, size_t nr, size_t size)
{
	CHECK(!old);
	return fails() ? NULL : count(__real_reallocarray(old, nr, size));
}

void __wrap_free(void *p)
{
	heap.live -= !!p;
	__real_free(p);
}

static void fail_at(unsigned long nr, bool on)
{
	heap.seen = 0;
	heap.fail_at = nr;
	heap.fail_on = on;
}

/* Texts that make every list grow, and every table be needed. */
static char text[1024 * 1024];
static size_t text_len;

static __printf(1, 2) void add(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	text_len += vscnprintf(text + text_len, sizeof(text) - text_len, fmt, args);
	va_end(args);
}

static void write_nothing(void)
{
	add("commit\n");
}

static void write_usual(void)
{
	add("interface external eth0\ninterface internal eth1\n"
	    "edge access 10.45.16.10 2001:db8:16::10 public 131.107.155.10\n"
	    "edge webconf 10.45.16.20\nedge av 10.45.16.30\nedge internal 172.25.33.10\n"
	    "peer front-end 192.168.10.0/24 2001:db8:10::/64\nblock 203.0.113.0/24\n"
	    "feature remote-access web-conferencing av federation dns crl cms-replication\n"
	    "allow proxy-web external in tcp 8443 from any to access\ncommit\n");
}

static void write_long_lists(void)
{
	unsigned int i;

	for (i = 0; i < 100; i++)
		add("edge av 10.1.0.%u 2001:db8::%u public 10.2.0.%u\n", i, i, i);
	for (i = 0; i < 3000; i++)
		add("peer cms 10.%u.%u.0/24 2001:db8:%x::/48\nblock 10.%u.%u.7\n", i >> 8,
		    i & 255, i, i >> 8, i & 255);
	add("feature av cms-replication\ncommit\n");
}

static void write_many_rows(void)
{
	unsigned int i;

	add("edge access 10.45.16.10\n");
	for (i = 0; i < 300; i++)
		add("allow row%u external in tcp %u-%u from 10.0.%u.0/24 to 2001:db8:%x::/48\n", i,
		    1 + i * 7, 100 + i * 11, i & 255, i);
	add("commit\n");
}

struct shape {
	const char *name;
	void (*write)(void);
};

static const struct shape shapes[] = {
	{ "nothing", write_nothing },
	{ "usual", write_usual },
	{ "long lists", write_long_lists },
	{ "many rows", write_many_rows },
};

/* What a step is tried on. A step gives back whether it went well. */
struct subject {
	struct le_policy *policy;
	char *canonical;
	size_t canonical_len;
};

static bool same_text(const struct subject *s, const char *buf, size_t len)
{
	return len == s->canonical_len && !memcmp(buf, s->canonical, len);
}

/* Not a step: allocations that fail are none of its business. */
static bool is_as_it_was(const struct subject *s)
{
	bool same = false;
	size_t len;
	char *buf;

	fail_at(0, false);
	buf = le_policy_render(s->policy, &len);
	if (buf)
		same = same_text(s, buf, len);
	free(buf);
	return same;
}

static bool try_parse(const struct subject *s)
{
	struct le_policy *policy = NULL;
	struct le_error error = { 7, 7, "untouched", "likewise" };
	int err = le_policy_parse(text, text_len, &policy, &error);
	struct subject parsed = *s;

	if (!err) {
		parsed.policy = policy;
		CHECK(is_as_it_was(&parsed));
		CHECK_STR(error.message, "untouched");
		le_policy_free(policy);
		return true;
	}
	CHECK_INT(err, -ENOMEM);
	CHECK(!policy);
	CHECK_INT(error.line, 0);
	CHECK_STR(error.message, "out of memory");
	CHECK(!strcmp(error.hint, "") ||
	      !strcmp(error.hint, "free some memory and write the policy again"));
	return false;
}

static bool try_compile(const struct subject *s)
{
	struct le_table *table = le_table_compile(s->policy);
	bool compiled = table;

	le_table_free(table);
	return compiled;
}

static bool try_compile_early(const struct subject *s)
{
	struct le_table *table = le_table_compile_early(s->policy);
	bool compiled = table;

	le_table_free(table);
	return compiled;
}

static bool try_render(const struct subject *s)
{
	size_t len = 0;
	char *buf = le_policy_render(s->policy, &len);

	if (buf)
		CHECK(same_text(s, buf, len));
	free(buf);
	return buf;
}

/* A text that is refused, with one that needs memory before it. */
static bool try_refused(const struct subject *s)
{
	struct le_policy *policy = NULL;
	struct le_error error = { .line = 0 };
	int err;

	(void)s;
	text[text_len - 2] = 'x';
	err = le_policy_parse(text, text_len, &policy, &error);
	text[text_len - 2] = 't';
	CHECK(!policy);
	if (err == -ENOMEM)
		CHECK_STR(error.message, "out of memory");
	else
		CHECK_STR(error.message, "unknown statement 'commix'");
	return err == -EINVAL;
}

static bool try_sort(const struct subject *s)
{
	struct le_prefix list[3] = {
		{ .len = 3, .tag = 1 }, { .len = 2, .tag = 2 }, { .len = 1, .tag = 3 },
	}, was[3];
	int err;

	(void)s;
	memcpy(was, list, sizeof(list));
	err = le_prefix_sort(list, ARRAY_SIZE(list));
	if (!err)
		return true;
	CHECK_INT(err, -ENOMEM);
	CHECK(!memcmp(was, list, sizeof(list)));
	return false;
}

/* Each allocation in turn, until all that there are have had theirs. */
static unsigned long fail_each(const struct subject *s, bool (*step)(const struct subject *s),
			       bool on)
{
	unsigned long nr;
	long live = heap.live;

	for (nr = 1; ; nr++) {
		bool ok, all;

		fail_at(nr, on);
		ok = step(s);
		all = heap.seen < nr;
		fail_at(0, false);
		if (!CHECK_INT(ok, all))
			FAIL("allocation %lu", nr);
		if (!CHECK_INT(heap.live, live))
			FAIL("allocation %lu is not all that is lost", nr);
		CHECK(is_as_it_was(s));
		CHECK(step(s));
		if (ok)
			return nr - 1;
	}
}

static void fail_each_of(const char *what, bool (*step)(const struct subject *s),
			 const struct shape *shape)
{
	struct subject s = { .policy = NULL };
	struct le_error error = { .line = 0 };
	unsigned long alone, on;

	text_len = 0;
	shape->write();
	fail_at(0, false);
	if (!CHECK_INT(le_policy_parse(text, text_len, &s.policy, &error), 0))
		return;
	s.canonical = le_policy_render(s.policy, &s.canonical_len);
	CHECK(s.canonical);
	alone = fail_each(&s, step, false);
	on = fail_each(&s, step, true);
	CHECK(alone);
	CHECK_INT(alone, on);
	printf("    # %s, %s: %lu points of failure\n", what, shape->name, alone);
	free(s.canonical);
	le_policy_free(s.policy);
	CHECK_INT(heap.live, 0);
}

static void fail_each_of_all(const char *what, bool (*step)(const struct subject *s))
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(shapes); i++)
		fail_each_of(what, step, &shapes[i]);
}

static void parse(void)
{
	fail_each_of_all("parse", try_parse);
}

static void compile(void)
{
	fail_each_of_all("compile", try_compile);
}

static void compile_early(void)
{
	fail_each_of_all("compile for early drops", try_compile_early);
}

static void render(void)
{
	fail_each_of_all("render", try_render);
}

static void parse_refused(void)
{
	fail_each_of_all("parse and refuse", try_refused);
}

static void sort(void)
{
	fail_each_of("sort", try_sort, &shapes[0]);
}

/* That failures happen where they are asked for, and what is not freed is seen. */
static void failures_happen(void)
{
	void *p;

	fail_at(2, false);
	p = kvmalloc(1, GFP_KERNEL);
	CHECK(p);
	CHECK(!kvzalloc(1, GFP_KERNEL));
	CHECK_INT(heap.live, 1);
	kvfree(p);
	CHECK_INT(heap.live, 0);
	p = kvmalloc_array(1, 1, GFP_KERNEL);
	CHECK(p);
	CHECK_INT(heap.live, 1);
	kvfree(p);
	fail_at(1, true);
	CHECK(!kvmalloc_array(1, 1, GFP_KERNEL));
	CHECK(!kvcalloc(1, 1, GFP_KERNEL));
	CHECK_INT(heap.seen, 2);
	CHECK_INT(heap.live, 0);
	fail_at(0, false);
}

static const struct unit_test tests[] = {
	UNIT_TEST(failures_happen), UNIT_TEST(parse), UNIT_TEST(parse_refused),
	UNIT_TEST(compile),
		UNIT_TEST(compile_early),	    UNIT_TEST(render), UNIT_TEST(sort),
};

int main(void)
{
	return unit_main(tests, ARRAY_SIZE(tests));
}
