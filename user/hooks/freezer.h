/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Freezing a cgroup (version 2) and thawing it: cgroup.freeze, and which cgroups it may be.
 */
#ifndef FREEZER_H
#define FREEZER_H

#include <stdbool.h>
#include <stddef.h>

/* Where cgroups are found. */
#define FREEZER_ROOT	"/sys/fs/cgroup"

/* An open cgroup.freeze. */
struct freezer {
	int fd;
};

/*
 * Open the cgroup @name below @root. -EINVAL: not a name of one, or that of all; -EDEADLK: @own,
 * the caller's, is that or in it, and would freeze as well; -ENOENT: there is none; -errno.
 */
int freezer_open(struct freezer *freezer, const char *root, const char *name, const char *own);
void freezer_close(struct freezer *freezer);

/* It is frozen, or about to be. */
bool freezer_is_frozen(const struct freezer *freezer);

/*
 * What is frozen stops soon after. 0, also if there is no such cgroup any more to be thawed;
 * -errno.
 */
int freezer_set(const struct freezer *freezer, bool frozen);

/* The caller's own cgroup, "/" and so on, from @file (/proc/self/cgroup). 0, -ENOENT, -errno. */
int freezer_own(const char *file, char *own, size_t size);

#endif /* FREEZER_H */
