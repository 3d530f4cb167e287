/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a program has written to standard output, and whether it got there.
 */
#ifndef LIB_OUTPUT_H
#define LIB_OUTPUT_H

#include <stdio.h>

/* The exit status of @program after its output: 0; 1 on a full disk, which it says. */
static inline int output_status(const char *program)
{
	if (!fflush(stdout) && !ferror(stdout))
		return 0;
	fprintf(stderr, "%s: not all could be written to standard output\n", program);

	return 1;
}

#endif /* LIB_OUTPUT_H */
