/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The options of truechime, from its command line to struct cli.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>

struct cli;

/* Room for all that are given, a letter each, and the 0 at the end. */
#define OPTIONS_GIVEN_MAX	32

enum options_outcome {
	OPTIONS_TAKEN,		/* the words from optind on are left */
	OPTIONS_WRONG,		/* one of them makes no sense, which was said */
	OPTIONS_VERSION,	/* the version is asked for ... */
	OPTIONS_HELP,		/* ... or help, and nothing else */
};

/**
 * options_take() - all of a command line, with getopt_long()
 * @cli: what they are put into
 * @argc: with the name of the program, as the next
 * @argv: whose order changes: what is no option comes last
 * @given: a letter for each is added, unless it is there
 */
enum options_outcome options_take(struct cli *cli, int argc, char **argv,
				  char given[OPTIONS_GIVEN_MAX]);

/*
 * Whoever types an option expects something of it: each that is @given is one for all verbs, or
 * among those that are @useful to this @verb. false: one is not, which was said.
 */
bool options_are_of_use(const char *given, const char *verb, const char *useful);

/* All of them to standard output, as --help has them. */
void options_print(void);

#endif /* CLI_OPTIONS_H */
