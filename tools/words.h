/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Words for people who need not know the policy language: what the verbs "top" and "report" call
 * things.
 */
#ifndef LYNCEDGECTL_WORDS_H
#define LYNCEDGECTL_WORDS_H

#include "lyncedge_matrix.h"

/* The tables of the source document, in its order. */
#define NR_TABLES 5

/**
 * struct matrix_table - a table of the source document
 * @prefix: what the names of its rows begin with
 * @title: its title
 */
struct matrix_table {
	const char *prefix;
	const char *title;
};

extern const struct matrix_table matrix_tables[NR_TABLES];

/**
 * struct reason_words - what became of a packet that counts at no row
 * @is: what it means, in a few words
 * @look: where to look if there should be less of it
 */
struct reason_words {
	const char *is;
	const char *look;
};

extern const struct reason_words reason_words[LE_NR_REASONS];

const char *tag_words(unsigned int tag);
const struct reason_words *words_of_reason(const char *name);
bool row_is_of_table(unsigned int row, const struct matrix_table *table);

#endif /* LYNCEDGECTL_WORDS_H */
