/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A line's words.
 */
#ifndef LIB_SPLIT_WORDS_H
#define LIB_SPLIT_WORDS_H

#include <ctype.h>

/* Words of a line, separated by blanks, in place. How many, @most at most: the rest is left out. */
static inline int split_words(char *line, char **words, int most)
{
	int count = 0;

	while (count < most) {
		while (isspace((unsigned char)*line))
			line++;
		if (!*line)
			break;
		words[count++] = line;
		while (*line && !isspace((unsigned char)*line))
			line++;
		if (*line)
			*line++ = '\0';
	}

	return count;
}

#endif /* LIB_SPLIT_WORDS_H */
