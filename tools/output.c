// SPDX-License-Identifier: GPL-2.0-only
/*
 * Complaints, tables and JSON. What is said is up to the verbs.
 */
#include <unistd.h>

#include "output.h"

/* Where complaints go in place of stderr, if not NULL. */
static char **kept;

/**
 * complain_to() - keep complaints, for who has no use for lines on stderr
 * @text: where to put the last one, without the line's end, in place of what is there, which is
 *	freed; NULL for stderr again
 *
 * Advice is not kept.
 */
void complain_to(char **text)
{
	kept = text;
}

static bool has_colours(FILE *out)
{
	const char *unwanted = getenv("NO_COLOR"), *terminal = getenv("TERM");

	/* https://no-color.org: whatever it is set to, unless that is empty. */
	if (unwanted && *unwanted)
		return false;
	return terminal && strcmp(terminal, "dumb") && isatty(fileno(out));
}

/**
 * colour_on() - have a word in colour, if there is a terminal that nobody minds colours on
 * @out: where the word goes
 * @colour: what it says
 *
 * Return: what to print before it.
 */
const char *colour_on(FILE *out, enum colour colour)
{
	static const char *const codes[] = {
		[COLOUR_GOOD] = "\033[32m",
		[COLOUR_BAD] = "\033[31m",
		[COLOUR_DOUBTFUL] = "\033[33m",
	};

	return has_colours(out) ? codes[colour] : "";
}

/**
 * colour_off() - end what colour_on() began
 * @out: the same
 *
 * Return: what to print behind the word.
 */
const char *colour_off(FILE *out)
{
	return has_colours(out) ? "\033[0m" : "";
}

/**
 * complain() - say on stderr what is wrong
 * @fmt: as printf(), without the line's end
 */
void complain(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	if (kept) {
		free(*kept);
		if (vasprintf(kept, fmt, args) < 0)
			*kept = NULL;
	} else {
		fputs("lyncedgectl: ", stderr);
		vfprintf(stderr, fmt, args);
		fputc('\n', stderr);
	}
	va_end(args);
}

/**
 * advise() - say on stderr what would be right
 * @fmt: as printf(), without the line's end
 */
void advise(const char *fmt, ...)
{
	va_list args;

	if (kept)
		return;
	fputs("hint: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}

/**
 * die_out_of_memory() - give up
 */
void die_out_of_memory(void)
{
	kept = NULL;
	complain("out of memory");
	exit(STATUS_ERROR);
}

/**
 * text_of_args() - format a text of its own
 * @fmt: as vprintf()
 * @args: as vprintf()
 *
 * Return: the text, which the caller frees.
 */
char *text_of_args(const char *fmt, va_list args)
{
	char *text;

	if (vasprintf(&text, fmt, args) < 0)
		die_out_of_memory();
	return text;
}

/**
 * text_of() - format a text of its own
 * @fmt: as printf()
 *
 * Return: the text, which the caller frees.
 */
char *text_of(const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = text_of_args(fmt, args);
	va_end(args);
	return text;
}

/**
 * short_figure() - a figure for a narrow column, as 1.23k or 45.6M
 * @buf: where to put it, terminated
 * @value: the figure, not negative
 */
void short_figure(char buf[SHORT_FIGURE], double value)
{
	static const char units[] = "kMGTPEZ";
	int unit = -1;

	/* As it will be rounded. */
	while (value >= 999.5 && units[unit + 1]) {
		value /= 1000;
		unit++;
	}
	if (unit < 0)
		scnprintf(buf, SHORT_FIGURE, "%.*f", value < 9.95 && value != (double)(int)value,
			  value);
	else
		scnprintf(buf, SHORT_FIGURE, "%.*f%c", value < 9.995 ? 2 : value < 99.95, value,
			  units[unit]);
}

/**
 * joined() - put words together to a line
 * @words: the words
 * @nr: how many
 *
 * Return: the line, with a blank between words, which the caller frees.
 */
char *joined(char **words, int nr)
{
	char *line = text_of("%s", ""), *longer;
	int i;

	for (i = 0; i < nr; i++) {
		longer = text_of("%s%s%s", line, i ? " " : "", words[i]);
		free(line);
		line = longer;
	}
	return line;
}

/**
 * text_of_output() - what would be printed on stdout
 * @print: prints it
 * @what: handed to @print
 *
 * Return: the text, which the caller frees.
 */
char *text_of_output(void (*print)(const void *what), const void *what)
{
	FILE *out = stdout;
	char *text = NULL;
	size_t len;

	stdout = open_memstream(&text, &len);
	if (!stdout)
		die_out_of_memory();
	print(what);
	if (fclose(stdout))
		die_out_of_memory();
	stdout = out;
	return text;
}

/**
 * grown() - make room in a list
 * @list: the list, or NULL
 * @nr: how many elements it shall have room for
 * @size: bytes of an element
 *
 * Return: the list, which may have moved.
 */
void *grown(void *list, size_t nr, size_t size)
{
	list = reallocarray(list, nr, size);
	if (!list)
		die_out_of_memory();
	return list;
}

/**
 * table_add() - add a row
 * @table: the table
 * @...: a text for each column
 */
void table_add(struct table *table, ...)
{
	unsigned int column;
	va_list args;
	char **row;

	table->cells = grown(table->cells, (table->nr_rows + 1) * table->nr_columns,
			     sizeof(*table->cells));
	row = table->cells + table->nr_rows++ * table->nr_columns;
	va_start(args, table);
	for (column = 0; column < table->nr_columns; column++)
		row[column] = text_of("%s", va_arg(args, const char *));
	va_end(args);
}

static void print_row(const struct table *table, const char *const *row, const int *widths)
{
	unsigned int column, nr = table->nr_columns;

	/* No blanks at the ends of lines. */
	while (nr > 1 && !*row[nr - 1])
		nr--;
	for (column = 0; column < nr; column++) {
		bool last = column + 1 == nr;
		int width = table->right & BIT(column) ? widths[column] : -widths[column];

		if (last && width < 0)
			width = 0;
		printf("%*s%s", width, row[column], last ? "\n" : "  ");
	}
}

/**
 * table_print() - print a table on stdout, as wide as its cells
 * @table: the table
 */
void table_print(const struct table *table)
{
	int widths[TABLE_MAX_COLUMNS];
	unsigned int column;
	size_t row;

	for (column = 0; column < table->nr_columns; column++) {
		widths[column] = strlen(table->titles[column]);
		for (row = 0; row < table->nr_rows; row++) {
			int width = strlen(table->cells[row * table->nr_columns + column]);

			if (width > widths[column])
				widths[column] = width;
		}
	}
	print_row(table, table->titles, widths);
	for (row = 0; row < table->nr_rows; row++)
		print_row(table, (const char *const *)table->cells + row * table->nr_columns,
			  widths);
}

/**
 * table_free() - free what a table holds
 * @table: the table
 */
void table_free(struct table *table)
{
	size_t i;

	for (i = 0; i < table->nr_rows * table->nr_columns; i++)
		free(table->cells[i]);
	free(table->cells);
}

/* Length of the UTF-8 sequence at the start of a terminated text (RFC 3629), 0 if there is none. */
static size_t utf8_len(const char *text)
{
	const u8 *t = (const u8 *)text;
	size_t len, i;

	if (t[0] < 0x80)
		return 1;
	if (t[0] < 0xc2 || t[0] > 0xf4)
		return 0;
	len = t[0] < 0xe0 ? 2 : t[0] < 0xf0 ? 3 : 4;
	for (i = 1; i < len; i++)
		if ((t[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong forms, surrogates, and what is beyond the last character. */
	if ((t[0] == 0xe0 && t[1] < 0xa0) || (t[0] == 0xed && t[1] > 0x9f) ||
	    (t[0] == 0xf0 && t[1] < 0x90) || (t[0] == 0xf4 && t[1] > 0x8f))
		return 0;
	return len;
}

/**
 * utf8_text() - a text for readers who insist on UTF-8, which a device's name need not be
 * @text: the text, in whatever encoding
 *
 * Return: the text, with a '?' for each byte that is no UTF-8, which the caller frees.
 */
char *utf8_text(const char *text)
{
	char *clean = text_of("%s", text), *c = clean;

	while (*c) {
		size_t len = utf8_len(c);

		if (!len) {
			*c = '?';
			len = 1;
		}
		c += len;
	}
	return clean;
}

/* What json-c could not make is NULL, which json_add() would take for null. */
static struct json_object *made(struct json_object *object)
{
	if (!object)
		die_out_of_memory();
	return object;
}

/**
 * json_map() - an object for JSON
 *
 * Return: the object, without members.
 */
struct json_object *json_map(void)
{
	return made(json_object_new_object());
}

/**
 * json_list() - an array for JSON
 *
 * Return: the array, without elements.
 */
struct json_object *json_list(void)
{
	return made(json_object_new_array());
}

/**
 * json_number() - a number for JSON
 * @number: the number
 *
 * Return: the number.
 */
struct json_object *json_number(u64 number)
{
	return made(json_object_new_uint64(number));
}

/**
 * json_flag() - true or false for JSON
 * @flag: which
 *
 * Return: that.
 */
struct json_object *json_flag(bool flag)
{
	return made(json_object_new_boolean(flag));
}

/**
 * json_figure() - what was worked out, for JSON
 * @figure: the figure
 *
 * Return: the same, with three digits behind the point.
 */
struct json_object *json_figure(double figure)
{
	char text[64];

	scnprintf(text, sizeof(text), "%.3f", figure);
	return made(json_object_new_double_s(figure, text));
}

/**
 * json_seconds() - seconds for JSON, with all digits that are known
 * @seconds: whole seconds
 * @part: the rest, in units of the last digit
 * @digits: how many digits the rest has
 *
 * Return: the seconds.
 */
struct json_object *json_seconds(u64 seconds, u64 part, int digits)
{
	char text[48];

	scnprintf(text, sizeof(text), "%llu.%0*llu", seconds, digits, part);
	/* The text is what is printed; nobody here asks for the value. */
	return made(json_object_new_double_s(seconds, text));
}

/**
 * json_text() - a text for JSON
 * @text: the text, in whatever encoding
 *
 * Return: the text, with a '?' for each byte that is no UTF-8.
 */
struct json_object *json_text(const char *text)
{
	char *clean = utf8_text(text);
	struct json_object *object = made(json_object_new_string(clean));

	free(clean);
	return object;
}

/**
 * json_add() - add to an object
 * @object: the object
 * @key: name of the member
 * @value: what to add, which is @object's from now on; NULL is null
 */
void json_add(struct json_object *object, const char *key, struct json_object *value)
{
	if (json_object_object_add(object, key, value))
		die_out_of_memory();
}

/**
 * json_append() - add to an array
 * @array: the array
 * @value: what to add, which is @array's from now on
 */
void json_append(struct json_object *array, struct json_object *value)
{
	if (json_object_array_add(array, value))
		die_out_of_memory();
}

static void print(struct json_object *object, int flags)
{
	const char *text = json_object_to_json_string_ext(object, flags | JSON_C_TO_STRING_SPACED |
							  JSON_C_TO_STRING_NOSLASHESCAPE);

	if (!text)
		die_out_of_memory();
	puts(text);
	json_object_put(object);
}

/**
 * json_print() - print an object on stdout and let go of it
 * @object: the object
 */
void json_print(struct json_object *object)
{
	print(object, JSON_C_TO_STRING_PRETTY);
}

/**
 * json_print_line() - print an object on a line of its own, and let go of it
 * @object: the object
 */
void json_print_line(struct json_object *object)
{
	print(object, 0);
}
