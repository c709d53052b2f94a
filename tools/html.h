/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * HTML on stdout: the frame of a page, and text that is nothing but text, whatever is in it.
 */
#ifndef LYNCEDGECTL_HTML_H
#define LYNCEDGECTL_HTML_H

#include "output.h"

/* Title and classes of a column: what is written in the program, and not escaped. */
struct html_column {
	const char *title;
	const char *class;
};

void html_begin(const char *title);
void html_end(void);
void html_begin_table(const struct html_column *columns, unsigned int nr);
void html_end_table(void);
void html_text(const char *text);
__printf(2, 3) void html_element(const char *tag, const char *fmt, ...);

#endif /* LYNCEDGECTL_HTML_H */
