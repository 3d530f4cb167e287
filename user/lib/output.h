/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a program has written to standard output, and whether it got there.
 */
#ifndef LIB_OUTPUT_H
#define LIB_OUTPUT_H

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

/*
 * The exit status of @program after its output: 0; 1 on a full disk, which it says. An earlier
 * write may have failed as well, and then why is not known any more.
 */
static inline int output_status(const char *program)
{
	errno = 0;
	if (!fflush(stdout) && !ferror(stdout))
		return 0;
	fprintf(stderr, "%s: not all could be written to standard output%s%s\n", program,
		errno ? ": " : "", errno ? strerror(errno) : "");

	return 1;
}

/*
 * Nobody reads standard output any more: end as if something had been written to it, by SIGPIPE.
 * The exit status, where that is ignored.
 */
static inline int output_unread(void)
{
	(void)raise(SIGPIPE);

	return 1;
}

#endif /* LIB_OUTPUT_H */
