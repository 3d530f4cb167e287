/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The known word that somebody may have meant who typed one that is none.
 */
#ifndef LIB_NEAREST_WORD_H
#define LIB_NEAREST_WORD_H

#include <ctype.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Longer words are not compared. */
#define NEAREST_WORD_MAX	32

/* With more edits than this it is another word. */
#define NEAREST_EDITS_MAX	3

/**
 * struct nearest_word - the search
 * @typed: what is no word
 * @found: the nearest one of those that were tried; NULL: none is near
 * @least: so many edits, or more, are too many
 */
struct nearest_word {
	const char *typed;
	const char *found;
	size_t least;
};

static inline size_t nearest_word_min3(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/* Edits from one word to the other: insert, delete, replace, swap two neighbours. */
static inline size_t nearest_word_edits(const char *a, const char *b)
{
	size_t d[NEAREST_WORD_MAX + 1][NEAREST_WORD_MAX + 1];
	size_t a_length = strlen(a);
	size_t b_length = strlen(b);

	if (a_length > NEAREST_WORD_MAX || b_length > NEAREST_WORD_MAX)
		return SIZE_MAX;

	for (size_t i = 0; i <= a_length; i++)
		d[i][0] = i;
	for (size_t j = 0; j <= b_length; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= a_length; i++) {
		for (size_t j = 1; j <= b_length; j++) {
			int x = tolower((unsigned char)a[i - 1]);
			int y = tolower((unsigned char)b[j - 1]);

			d[i][j] = nearest_word_min3(d[i - 1][j] + 1, d[i][j - 1] + 1,
						    d[i - 1][j - 1] + (x != y));
			if (i > 1 && j > 1 && x == tolower((unsigned char)b[j - 2]) &&
			    y == tolower((unsigned char)a[i - 2]) && d[i - 2][j - 2] + 1 < d[i][j])
				d[i][j] = d[i - 2][j - 2] + 1;
		}
	}

	return d[a_length][b_length];
}

static inline struct nearest_word nearest_word_to(const char *typed)
{
	/* A word of which more than half differs is no misspelling. */
	size_t half = strlen(typed) / 2 + 1;

	return (struct nearest_word){
		.typed = typed,
		.least = half < NEAREST_EDITS_MAX + 1 ? half : NEAREST_EDITS_MAX + 1,
	};
}

static inline void nearest_word_try(struct nearest_word *nearest, const char *word)
{
	size_t length = strlen(word), typed_length = strlen(nearest->typed), edits;

	/* Each additional letter is an edit. */
	if (length >= typed_length + nearest->least || typed_length >= length + nearest->least)
		return;
	edits = nearest_word_edits(word, nearest->typed);
	if (edits < nearest->least) {
		nearest->least = edits;
		nearest->found = word;
	}
}

#endif /* LIB_NEAREST_WORD_H */
