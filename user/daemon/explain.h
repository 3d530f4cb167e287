/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A configuration for people: what becomes of each line of each file, and all that counts then.
 */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include <stdbool.h>
#include <stdio.h>

/**
 * explain_config() - print the verdict on each line, and then the configuration itself
 * @path: of the file
 * @text: NULL, or the configuration, a line a directive, instead of the file
 * @unit_files: UNIT_FILES; NULL: systemd does not run here, and no unit restricts the daemon
 * @out: gets a configuration, in which the verdicts are comments
 * @errors: gets what is wrong, also with the keys, as "file:line: error: ..."
 *
 * Return: whether the configuration is right, and a source of it can set the clock if it has any.
 */
bool explain_config(const char *path, const char *text, const char *unit_files, FILE *out,
		    FILE *errors);

#endif /* EXPLAIN_H */
