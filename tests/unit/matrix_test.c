// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that rows are found by their names, and that what the tables say twice (DESIGN sec. 4.8)
 * is known to be said twice. That the rows are as printed is tests/kunit's and tests/tool's.
 */
#include "lyncedge_matrix.h"
#include "unit.h"

static void rows_by_name(void)
{
	unsigned int i;
	size_t len;

	for (i = 0; i < LE_NR_ROWS; i++) {
		const char *id = le_matrix[i].id;

		CHECK_INT(le_row_find(id, strlen(id)), i);
		for (len = 0; len < strlen(id); len++)
			CHECK_INT(le_row_find(id, len), -ENOENT);
	}
	CHECK_INT(le_row_find("ext-17", 6), -ENOENT);
	CHECK_INT(le_row_find("ext-011", 7), -ENOENT);
}

static const char *said_first(const char *id)
{
	static const char *const twice[][2] = {
		{ "fed-01", "ext-07" }, { "xmpp-01", "ext-01" }, { "xmpp-03", "int-01" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(twice); i++)
		if (!strcmp(twice[i][0], id))
			return twice[i][1];
	return "";
}

static void rows_said_twice(void)
{
	unsigned int i;

	for (i = 0; i < LE_NR_ROWS; i++) {
		int first = le_row_repeats(i);

		CHECK_STR(first < 0 ? "" : le_matrix[first].id, said_first(le_matrix[i].id));
	}
}

/* The table has no room for a condition on the source port of what enters. */
static void source_ports_of_what_leaves(void)
{
	unsigned int i;

	for (i = 0; i < LE_NR_ROWS; i++)
		if (le_matrix[i].dir == LE_IN)
			CHECK(le_matrix[i].kind != LE_PORTS_STRICT_MEDIA &&
			      le_matrix[i].kind != LE_PORTS_STRICT_STUN);
}

static const struct unit_test tests[] = {
	UNIT_TEST(rows_by_name),
	UNIT_TEST(rows_said_twice),
	UNIT_TEST(source_ports_of_what_leaves),
};

int main(void)
{
	return unit_main(tests, ARRAY_SIZE(tests));
}
