/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The version of a program, at the beginning of a file in memory that it hands to another one of
 * its package. While an upgrade is under way a daemon that still runs starts programs of the next
 * version, which may have other ideas of what lies where, in this file and others: so they look for
 * this first.
 */
#ifndef LIB_OWN_VERSION_H
#define LIB_OWN_VERSION_H

#include <assert.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#define OWN_VERSION_MAX	32

static_assert(sizeof(TRUECHIME_VERSION) <= OWN_VERSION_MAX, "there is room for it");

/* Write it, and zeros behind it. */
static inline void own_version_write(char version[OWN_VERSION_MAX])
{
	memset(version, 0, OWN_VERSION_MAX);
	memcpy(version, TRUECHIME_VERSION, sizeof(TRUECHIME_VERSION));
}

/* Was the file in memory written by a program of this one's version? */
static inline bool own_version_is_of(int fd)
{
	char version[OWN_VERSION_MAX];

	return pread(fd, version, sizeof(version), 0) == (ssize_t)sizeof(version) &&
	       !strncmp(version, TRUECHIME_VERSION, sizeof(version));
}

#endif /* LIB_OWN_VERSION_H */
