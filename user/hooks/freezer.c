// SPDX-License-Identifier: GPL-2.0-only
/*
 * Freezing a cgroup.
 */
#include "hooks/freezer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* "a.slice/b.service": no way up or around, and not the root. */
static bool freezer_name_is_sane(const char *name)
{
	size_t length;

	if (!*name)
		return false;
	while (*name) {
		length = strcspn(name, "/");
		if (!length || (length == 1 && name[0] == '.') ||
		    (length == 2 && name[0] == '.' && name[1] == '.'))
			return false;
		name += length;
		if (*name == '/' && !*++name)
			return false;
	}
	return true;
}

/* @own is "/" and the caller's cgroup. */
static bool freezer_contains(const char *name, const char *own)
{
	size_t length = strlen(name);

	return *own == '/' && !strncmp(own + 1, name, length) &&
	       (own[1 + length] == '\0' || own[1 + length] == '/');
}

int freezer_open(struct freezer *freezer, const char *root, const char *name, const char *own)
{
	char path[PATH_MAX];
	int length;

	freezer->fd = -1;
	if (*name == '/')
		name++;
	if (!freezer_name_is_sane(name))
		return -EINVAL;
	if (freezer_contains(name, own))
		return -EDEADLK;
	length = snprintf(path, sizeof(path), "%s/%s/cgroup.freeze", root, name);
	if (length < 0 || (size_t)length >= sizeof(path))
		return -ENAMETOOLONG;
	freezer->fd = open(path, O_RDWR | O_CLOEXEC);
	return freezer->fd < 0 ? -errno : 0;
}

void freezer_close(struct freezer *freezer)
{
	if (freezer->fd >= 0)
		close(freezer->fd);
	freezer->fd = -1;
}

bool freezer_is_frozen(const struct freezer *freezer)
{
	char state = '0';

	return pread(freezer->fd, &state, 1, 0) == 1 && state == '1';
}

int freezer_set(const struct freezer *freezer, bool frozen)
{
	ssize_t written = pwrite(freezer->fd, frozen ? "1" : "0", 1, 0);

	/* A cgroup that is gone since it was opened has nothing frozen in it. */
	if (written < 0 && errno == ENODEV && !frozen)
		return 0;
	return written == 1 ? 0 : written < 0 ? -errno : -EIO;
}

int freezer_own(const char *file, char *own, size_t size)
{
	static const char version_2[] = "0::";
	char line[PATH_MAX + 8];
	int err = -ENOENT;
	size_t length;
	FILE *from;

	from = fopen(file, "re");
	if (!from)
		return -errno;
	while (err && fgets(line, sizeof(line), from)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, version_2, strlen(version_2)))
			continue;
		length = strlen(line + strlen(version_2));
		err = length < size ? 0 : -ENAMETOOLONG;
		if (!err)
			memcpy(own, line + strlen(version_2), length + 1);
	}
	fclose(from);
	return err;
}
