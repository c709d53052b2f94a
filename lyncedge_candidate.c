// SPDX-License-Identifier: GPL-2.0-only
/*
 * Gathers the pieces of a policy until there is a line "commit". A file in sysfs is not told
 * when it is closed, so the text itself has to say when it is whole. What the text says
 * otherwise is lyncedge_policy.c's business.
 */
#include "lyncedge_candidate.h"

static __printf(4, 5) int refuse(struct le_error *error, int err, const char *hint,
				 const char *fmt, ...)
{
	va_list args;

	*error = (struct le_error){ .line = 0 };
	strscpy(error->hint, hint, sizeof(error->hint));
	va_start(args, fmt);
	vscnprintf(error->message, sizeof(error->message), fmt, args);
	va_end(args);
	return err;
}

static int make_room(struct le_candidate *c, size_t len)
{
	size_t room = max_t(size_t, 2 * c->room, PAGE_SIZE);
	char *text;

	if (c->room - c->len >= len)
		return 0;
	while (room - c->len < len)
		room *= 2;
	text = kvmalloc(room, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	if (c->len)
		memcpy(text, c->text, c->len);
	kvfree(c->text);
	c->text = text;
	c->room = room;
	return 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Whether a line has "commit" for its first word. */
static bool is_commit(const char *line, size_t len)
{
	static const char word[] = "commit";
	const size_t word_len = sizeof(word) - 1;

	while (len && is_blank(*line)) {
		line++;
		len--;
	}
	if (len < word_len || memcmp(line, word, word_len))
		return false;
	return len == word_len || is_blank(line[word_len]) || line[word_len] == '#';
}

/*
 * Whether the text has a commit line now. A last line without an end counts if this piece
 * brought all of it and could have brought more: 'printf commit' is meant, while one that was
 * cut at a page or comes byte by byte has its end still to come.
 */
static bool is_whole(struct le_candidate *c, size_t piece_start, size_t piece_len)
{
	const char *newline;

	for (;;) {
		const char *line = c->text + c->line;
		size_t left = c->len - c->line;

		newline = memchr(line, '\n', left);
		if (!newline)
			return left && c->line >= piece_start && piece_len < PAGE_SIZE &&
			       is_commit(line, left);
		if (is_commit(line, newline - line))
			return true;
		c->line = newline + 1 - c->text;
	}
}

/*
 * What follows a policy that was taken already: it can be said to be too much, but the policy
 * stands.
 */
static int check_rest(struct le_candidate *c, const char *piece, size_t len, struct le_error *error)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (piece[i] == '\n')
			c->in_comment = false;
		else if (piece[i] == '#')
			c->in_comment = true;
		else if (!c->in_comment && !is_blank(piece[i]))
			return refuse(error, -EINVAL, "'commit' is the last line",
				      "text after commit; the policy before it is in force");
	}
	return 0;
}

static void start(struct le_candidate *c, const struct file *writer)
{
	le_candidate_end(c, LE_CANDIDATE_OPEN);
	c->writer = writer;
	c->received = 0;
}

/* Where a piece belongs: to a new text, or to the end of the one there is. */
static int place(struct le_candidate *c, const struct file *writer, loff_t offset,
		 struct le_error *error)
{
	/*
	 * An open file at its start has written nothing, though one that was closed had its
	 * address.
	 */
	bool same = offset && c->state != LE_CANDIDATE_NONE && c->writer == writer;

	if (writer->f_flags & O_APPEND) {
		/*
		 * ">>" adds to what others left open, and starts anew after a commit or a
		 * refusal.
		 */
		if (!same && c->state != LE_CANDIDATE_OPEN)
			start(c, writer);
		c->writer = writer;
		return 0;
	}
	if (!offset) {
		start(c, writer);
		return 0;
	}
	if (same && offset == c->received)
		return 0;
	return refuse(error, -EINVAL, "write the whole text again from its start",
		      "byte %lld does not continue a policy: it has a gap or another writer came between",
		      offset);
}

static int add(struct le_candidate *c, const char *piece, size_t len, struct le_error *error)
{
	size_t piece_start = c->len;

	if (len > LE_MAX_TEXT - c->len)
		return refuse(error, -EINVAL, LE_HINT_MAX_TEXT, "policy is longer than %u bytes",
			      LE_MAX_TEXT);
	if (make_room(c, len))
		return refuse(error, -ENOMEM, "the same again, later",
			      "out of memory; nothing was changed");
	memcpy(c->text + c->len, piece, len);
	c->len += len;
	return is_whole(c, piece_start, len);
}

/**
 * le_candidate_end() - let go of the text
 * @c: the candidate
 * @state: what became of it
 */
void le_candidate_end(struct le_candidate *c, enum le_candidate_state state)
{
	kvfree(c->text);
	c->text = NULL;
	c->len = 0;
	c->room = 0;
	c->line = 0;
	c->in_comment = false;
	c->state = state;
}

/**
 * le_candidate_add() - add a piece
 * @c: the candidate
 * @writer: open file that the piece comes through
 * @offset: where in the file it is written; 0 starts a new text, unless the file was
 *	opened to append
 * @piece: the piece
 * @len: its length
 * @error: where to say what is wrong; left empty where it was said before
 *
 * Context: process, under the control lock; may sleep.
 *
 * Return: 1 if the text is whole: the caller takes or refuses it and calls le_candidate_end();
 * 0 if more is to come; a negative error if the piece is refused, and the text with it.
 */
int le_candidate_add(struct le_candidate *c, const struct file *writer, loff_t offset,
		     const char *piece, size_t len, struct le_error *error)
{
	int ret;

	error->message[0] = 0;
	ret = place(c, writer, offset, error);
	if (ret)
		return ret;
	c->received += len;
	if (c->state == LE_CANDIDATE_REFUSED)
		return -EINVAL;
	if (c->state == LE_CANDIDATE_TAKEN)
		return check_rest(c, piece, len, error);
	ret = add(c, piece, len, error);
	if (ret < 0)
		le_candidate_end(c, LE_CANDIDATE_REFUSED);
	return ret;
}
