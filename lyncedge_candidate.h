/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A policy's text on its way in, which comes in any number of pieces. Kernel only.
 */
#ifndef LYNCEDGE_CANDIDATE_H
#define LYNCEDGE_CANDIDATE_H

#include <linux/fs.h>

#include "lyncedge_policy.h"

enum le_candidate_state {
	LE_CANDIDATE_NONE,
	LE_CANDIDATE_OPEN,	/* more is to come */
	LE_CANDIDATE_TAKEN,	/* only blank lines and comments may follow */
	LE_CANDIDATE_REFUSED,	/* whatever follows is refused as well */
};

/**
 * struct le_candidate - the text so far
 * @state: what became of it
 * @writer: open file that it comes through; only compared, never followed
 * @received: bytes that came through @writer
 * @text: the text, while @state is LE_CANDIDATE_OPEN
 * @len: its length
 * @room: room for it
 * @line: where its last line starts
 * @in_comment: LE_CANDIDATE_TAKEN: what came last was in a comment
 */
struct le_candidate {
	enum le_candidate_state state;
	const struct file *writer;
	loff_t received;
	char *text;
	size_t len;
	size_t room;
	size_t line;
	bool in_comment;
};

int le_candidate_add(struct le_candidate *candidate, const struct file *writer, loff_t offset,
		     const char *piece, size_t len, struct le_error *error);
void le_candidate_end(struct le_candidate *candidate, enum le_candidate_state state);

#endif /* LYNCEDGE_CANDIDATE_H */
