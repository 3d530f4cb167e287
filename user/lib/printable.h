/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text from outside, on its way to a terminal, the journal or JSON.
 */
#ifndef PRINTABLE_H
#define PRINTABLE_H

/* In place: what is not printable ASCII becomes a question mark. */
static inline void make_printable(char *text)
{
	for (; *text; text++) {
		if (*text < ' ' || *text > '~')
			*text = '?';
	}
}

#endif /* PRINTABLE_H */
