/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The verbs of truechime. Their functions are named in cli.h.
 */
#ifndef CLI_VERBS_H
#define CLI_VERBS_H

struct cli;

/**
 * struct verb - a word that is typed, and what it does
 * @name: the word
 * @run: does it, and returns the exit status; NULL: it takes arguments, see @run_with
 * @run_with: likewise, with what follows the verb; NULL: it takes none
 * @options: letters of those that it has a use for, beside those of all verbs
 * @help: a line of --help
 */
struct verb {
	const char *name;
	int (*run)(const struct cli *cli);
	int (*run_with)(const struct cli *cli, int argc, char **argv);
	const char *options;
	const char *help;
};

/* The one that runs where none was typed. */
const struct verb *verbs_default(void);

/* NULL: there is none of that name. */
const struct verb *verbs_find(const char *name);

/* The name that may have been meant by one that is none; NULL: none is near. */
const char *verbs_nearest(const char *name);

/* All of them to standard output, a line each, as --help has them. */
void verbs_print(void);

#endif /* CLI_VERBS_H */
