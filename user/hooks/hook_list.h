/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which programs of a directory are hooks: run-parts(8)' rules.
 */
#ifndef HOOK_LIST_H
#define HOOK_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* The most hooks that run: a limit to what a disruption has to wait for. */
#define HOOKS_MAX	64

/* The paths of hooks, in the order of their names. */
struct hook_list {
	size_t count;
	char *paths[HOOKS_MAX];
};

/* Letters, digits, "-" and "_" only, so that editors' and packages' leavings do not run. */
bool hook_name_valid(const char *name);

/**
 * hook_list_read() - the hooks of a directory
 * @directory: a directory that is not there has none
 * @list: result; hook_list_free() it
 * @skipped: called for each program with a valid name that is not taken, with the reason
 *
 * A program that others than its owner and root's group may write to is not run, nor one in such a
 * directory.
 *
 * Return: 0, -errno.
 */
int hook_list_read(const char *directory, struct hook_list *list,
		   void (*skipped)(const char *path, const char *reason));

/* What hook_list_read() has put into it; the list itself is the caller's. */
void hook_list_free(struct hook_list *list);

#endif /* HOOK_LIST_H */
