// SPDX-License-Identifier: GPL-2.0-only
/*
 * How large compiled tables are: table_size POLICY... prints a line "BYTES POLICY" for each. The
 * module's own compiler does it, in user space, and what it leaves allocated is the table.
 *
 * The linker puts the functions below in front of the allocator (--wrap); the C library's own
 * allocations do not go through them.
 */
#include <malloc.h>

#include "lyncedge_rules.h"

/* Not static: the C library says that its functions are leaves, which do not touch what is. */
long allocated;

typeof(malloc) __real_malloc, __wrap_malloc;
typeof(calloc) __real_calloc, __wrap_calloc;
typeof(reallocarray) __real_reallocarray, __wrap_reallocarray;
typeof(free) __real_free, __wrap_free;

static void *count(void *p)
{
	allocated += malloc_usable_size(p);
	return p;
}

void *__wrap_malloc(size_t size)
{
	return count(__real_malloc(size));
}

void *__wrap_calloc(size_t nr, size_t size)
{
	return count(__real_calloc(nr, size));
}

/* kvmalloc_array() of the shim: there is never an old one. */
void *__wrap_reallocarray(void *old, size_t nr, size_t size)
{
	return count(__real_reallocarray(old, nr, size));
}

void __wrap_free(void *p)
{
	allocated -= malloc_usable_size(p);
	__real_free(p);
}

static char *read_file(const char *name, size_t *len)
{
	FILE *file = fopen(name, "rb");
	char *text = __real_malloc(LE_MAX_TEXT);

	if (file && text)
		*len = fread(text, 1, LE_MAX_TEXT, file);
	if (!file || !text || ferror(file)) {
		perror(name);
		exit(2);
	}
	fclose(file);
	return text;
}

static void print_size(const char *name)
{
	struct le_policy *policy;
	struct le_table *table;
	struct le_error error;
	size_t len = 0;
	char *text = read_file(name, &len);
	long before;

	if (le_policy_parse(text, len, &policy, &error)) {
		fprintf(stderr, "%s:%u:%u: %s\n", name, error.line, error.column, error.message);
		exit(2);
	}
	before = allocated;
	table = le_table_compile(policy);
	if (!table) {
		fprintf(stderr, "%s: no memory\n", name);
		exit(2);
	}
	printf("%ld %s\n", allocated - before, name);
	le_table_free(table);
	le_policy_free(policy);
	__real_free(text);
}

int main(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		print_size(argv[i]);
	return 0;
}
