// SPDX-License-Identifier: GPL-2.0-only
/*
 * Gets a policy, and shows where a text is wrong if it is none. What a policy says is read in
 * lyncedge_policy.c, what is doubtful about it in doubts.c.
 */
#include <fcntl.h>
#include <unistd.h>

#include "load.h"
#include "sysfs.h"

/* A line that is longer than a screen is wide is shown in part, around the place. */
#define EXCERPT_BEFORE 60
#define EXCERPT_AFTER 60

static void complain_unreadable(const char *name, int err)
{
	complain("%s: %s", name, strerror(err));
	if (err == EACCES)
		advise("who runs lyncedgectl must be able to read the policy");
	else
		advise("%s",
		       "a policy's file is wanted, or - for stdin; 'lyncedgectl init FILE' writes one");
}

static bool read_stdin_or_file(struct source *source, const char *file)
{
	bool is_stdin = !strcmp(file, "-");
	int fd = is_stdin ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC);

	source->name = is_stdin ? "stdin" : file;
	source->text = fd < 0 ? NULL : read_all(fd, LE_MAX_TEXT, &source->len);
	if (!source->text)
		complain_unreadable(source->name, errno);
	if (fd >= 0 && !is_stdin)
		close(fd);
	return source->text;
}

static bool read_in_force(struct source *source)
{
	source->name = "policy in force";
	source->text = sysfs_read_policy(&source->len);
	if (!source->text)
		return false;
	if (source->len)
		return true;
	free(source->text);
	complain("there is no policy in force");
	advise("lyncedgectl apply FILE, or judge a policy that is not in force with --policy FILE");
	return false;
}

/**
 * source_read() - get the text of a policy
 * @source: where to put it
 * @file: name of the file; "-" for stdin, NULL for the policy in force
 *
 * Return: whether there is one; if not, that was complained about.
 */
bool source_read(struct source *source, const char *file)
{
	return file ? read_stdin_or_file(source, file) : read_in_force(source);
}

/* The line with a number, from 1; length 0 if there is none. */
static const char *find_line(const struct source *source, u32 number, size_t *len)
{
	const char *line = source->text, *end = source->text + source->len, *newline;

	for (;;) {
		newline = memchr(line, '\n', end - line);
		if (!--number || !newline)
			break;
		line = newline + 1;
	}
	*len = number ? 0 : (newline ? newline : end) - line;
	return line;
}

static bool continues_character(char c)
{
	return ((u8)c & 0xc0) == 0x80;
}

/* A place to cut a line at that is not within a character. */
static size_t cut(const char *line, size_t len, size_t at)
{
	while (at < len && continues_character(line[at]))
		at++;
	return at < len ? at : len;
}

/*
 * The line, and a caret under the column. Tabs are repeated before the caret, so that it stands
 * right however wide they are; control characters would do things to the terminal.
 */
static void show_line(const char *line, size_t len, size_t column)
{
	size_t from = 0, to = len, i;

	if (column > EXCERPT_BEFORE + 1)
		from = cut(line, len, column - 1 - EXCERPT_BEFORE);
	if (len > column + EXCERPT_AFTER)
		to = cut(line, len, column + EXCERPT_AFTER);
	fputs(from ? "  ..." : "  ", stderr);
	for (i = from; i < to; i++)
		fputc((u8)line[i] < ' ' && line[i] != '\t' ? '?' : line[i], stderr);
	fputs(to < len ? "...\n  " : "\n  ", stderr);
	if (from)
		fputs("   ", stderr);
	for (i = from; i < column - 1; i++)
		if (i >= len || !continues_character(line[i]))
			fputc(i < len && line[i] == '\t' ? '\t' : ' ', stderr);
	fputs("^\n", stderr);
}

/**
 * source_show_refusal() - show on stderr why a text is refused
 * @source: the text
 * @error: what the parser says
 */
void source_show_refusal(const struct source *source, const struct le_error *error)
{
	const char *line;
	size_t len;

	if (error->line) {
		fprintf(stderr, "%s:%u:%u: %s\n", source->name, error->line, error->column,
			error->message);
		line = find_line(source, error->line, &len);
		if (len && line[len - 1] == '\r')
			len--;
		if (len && error->column)
			show_line(line, len, error->column);
	} else {
		fprintf(stderr, "%s: %s\n", source->name, error->message);
	}
	if (error->hint[0])
		advise("%s", error->hint);
}

/**
 * load_policy() - get a policy
 * @file: name of the file; "-" for stdin, NULL for the policy in force
 *
 * Return: the policy, which the caller frees; NULL if there is none, which was complained about.
 */
struct le_policy *load_policy(const char *file)
{
	struct le_policy *policy = NULL;
	struct le_error error;
	struct source source;

	if (!source_read(&source, file))
		return NULL;
	if (le_policy_parse(source.text, source.len, &policy, &error))
		source_show_refusal(&source, &error);
	free(source.text);
	return policy;
}

/**
 * count_active_rows() - how many rows of the matrix a policy has active
 * @policy: the policy
 *
 * Return: their number.
 */
unsigned int count_active_rows(const struct le_policy *policy)
{
	unsigned int row, nr = 0;

	for (row = 0; row < LE_NR_ROWS; row++)
		nr += le_policy_row_active(policy, row);
	return nr;
}
