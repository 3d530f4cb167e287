/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The three descriptors that every program has.
 */
#ifndef LIB_DESCRIPTORS_H
#define LIB_DESCRIPTORS_H

#include <fcntl.h>
#include <unistd.h>

/*
 * Of the three, those that were closed: a socket that is opened later would get the number of
 * stdout or stderr, and what is written there. Nothing can be written to these either.
 */
static inline void descriptors_fill(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

#endif /* LIB_DESCRIPTORS_H */
