/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files of keys and cookies as they are kept: lines of words with one space between them.
 */
#ifndef NTP_WORDS_H
#define NTP_WORDS_H

#include <string.h>

/* No line has more. */
#define WORDS_MAX	4

/*
 * The words of the next line of @text, which moves on behind it and is taken apart. How many; -1:
 * there is no line, it has more than WORDS_MAX words, or an empty one.
 */
static inline int words_next(char **text, char *words[WORDS_MAX])
{
	char *line = strsep(text, "\n"), *word;
	int count = 0;

	if (!line || !*text)
		return -1;
	while ((word = strsep(&line, " "))) {
		if (count == WORDS_MAX || !*word)
			return -1;
		words[count++] = word;
	}

	return count;
}

#endif /* NTP_WORDS_H */
