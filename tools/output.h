/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How lyncedgectl speaks: complaints, tables, JSON, exit statuses.
 */
#ifndef LYNCEDGECTL_OUTPUT_H
#define LYNCEDGECTL_OUTPUT_H

#include <stdarg.h>

#include <json-c/json.h>

#include "lyncedge_shim.h"

enum status {
	STATUS_YES,	/* done; accepted */
	STATUS_NO,	/* refused; dropped */
	STATUS_ERROR,	/* could not be found out or done */
};

/* What a word says, shown by its colour where there are colours. */
enum colour {
	COLOUR_GOOD,
	COLOUR_BAD,
	COLOUR_DOUBTFUL,
};

const char *colour_on(FILE *out, enum colour colour);
const char *colour_off(FILE *out);

/* The longest is "1.00k". */
#define SHORT_FIGURE 16

void complain_to(char **text);
__printf(1, 2) void complain(const char *fmt, ...);
__printf(1, 2) void advise(const char *fmt, ...);
__printf(1, 0) char *text_of_args(const char *fmt, va_list args);
__printf(1, 2) char *text_of(const char *fmt, ...);
void short_figure(char buf[SHORT_FIGURE], double value);
char *joined(char **words, int nr);
char *text_of_output(void (*print)(const void *what), const void *what);
void *grown(void *list, size_t nr, size_t size);
void die_out_of_memory(void);

#define TABLE_MAX_COLUMNS 9

/**
 * struct table - what is printed in columns
 * @titles: of the columns
 * @nr_columns: how many
 * @right: set of the columns that are flush right
 * @cells: texts, row by row; the table's own
 * @nr_rows: how many rows
 */
struct table {
	const char *const *titles;
	unsigned int nr_columns;
	unsigned int right;
	char **cells;
	size_t nr_rows;
};

void table_add(struct table *table, ...);
void table_print(const struct table *table);
void table_free(struct table *table);

char *utf8_text(const char *text);
struct json_object *json_map(void);
struct json_object *json_list(void);
struct json_object *json_number(u64 number);
struct json_object *json_flag(bool flag);
struct json_object *json_figure(double figure);
struct json_object *json_seconds(u64 seconds, u64 part, int digits);
struct json_object *json_text(const char *text);
void json_add(struct json_object *object, const char *key, struct json_object *value);
void json_append(struct json_object *array, struct json_object *value);
void json_print(struct json_object *object);
void json_print_line(struct json_object *object);

#endif /* LYNCEDGECTL_OUTPUT_H */
