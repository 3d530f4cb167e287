// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which programs of a directory are hooks.
 */
#include "hooks/hook_list.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool hook_name_valid(const char *name)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

	return *name && !name[strspn(name, letters)];
}

/*
 * Who, besides its owner and root, may write to it, and so could run programs of their own; NULL:
 * none. The sticky bit does not prevent that.
 */
static const char *reason_of_writers(const struct stat *status)
{
	if (status->st_mode & 0002)
		return "everybody may write to it";
	if (status->st_mode & 0020 && status->st_gid)
		return "a group that is not root's may write to it";
	return NULL;
}

/* Why a program is not run; NULL: it is. "": it is no hook, and is left out without a message. */
static const char *reason_against(const char *path)
{
	struct stat status;
	const char *reason;

	if (stat(path, &status))
		return strerror(errno);
	if (!S_ISREG(status.st_mode))
		return "";
	reason = reason_of_writers(&status);
	if (!reason && access(path, X_OK))
		reason = "it is not executable";
	return reason;
}

static int take(struct hook_list *list, const char *directory, const char *name,
		void (*skipped)(const char *path, const char *reason))
{
	const char *reason;
	char *path;

	if (!hook_name_valid(name))
		return 0;
	if (asprintf(&path, "%s/%s", directory, name) < 0)
		return -ENOMEM;
	reason = reason_against(path);
	if (!reason && list->count == HOOKS_MAX)
		reason = "there are too many";
	if (!reason) {
		list->paths[list->count++] = path;
		return 0;
	}
	if (*reason)
		skipped(path, reason);
	free(path);
	return 0;
}

/* Compare bytes, so that the order does not depend on the locale. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int hook_list_read(const char *directory, struct hook_list *list,
		   void (*skipped)(const char *path, const char *reason))
{
	struct dirent **entries;
	struct stat status;
	const char *reason;
	int count, i, err = 0;

	memset(list, 0, sizeof(*list));
	if (stat(directory, &status))
		return errno == ENOENT ? 0 : -errno;
	reason = reason_of_writers(&status);
	if (reason) {
		skipped(directory, reason);
		return 0;
	}
	count = scandir(directory, &entries, NULL, by_name);
	if (count < 0)
		return -errno;
	for (i = 0; i < count; i++) {
		if (!err)
			err = take(list, directory, entries[i]->d_name, skipped);
		free(entries[i]);
	}
	free(entries);
	if (err)
		hook_list_free(list);
	return err;
}

void hook_list_free(struct hook_list *list)
{
	while (list->count)
		free(list->paths[--list->count]);
}
