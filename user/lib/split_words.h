/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A line's words, apart and together.
 */
#ifndef LIB_SPLIT_WORDS_H
#define LIB_SPLIT_WORDS_H

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>

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

/* The line of @count words, with a blank between them. false: it has no room, and is cut. */
static inline bool join_words(char **words, int count, char *line, size_t size)
{
	size_t used = 0;

	*line = '\0';
	for (int i = 0; i < count && used < size; i++)
		used += (size_t)snprintf(line + used, size - used, "%s%s", i ? " " : "", words[i]);

	return used < size;
}

#endif /* LIB_SPLIT_WORDS_H */
