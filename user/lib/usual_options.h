/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The options that all programs have, --version and --help, and words that are none of theirs.
 */
#ifndef LIB_USUAL_OPTIONS_H
#define LIB_USUAL_OPTIONS_H

#include <getopt.h>
#include <stdio.h>

#include "lib/output.h"
#include "lib/user_err.h"

/**
 * usual_option() - what getopt_long() found and @program has no use of its own for
 * @program: its name
 * @option: 'v', 'h', or what was found wrong, see user_err_option()
 * @print_usage: what -h prints
 * @names: of its options
 * @argv: as it was given to getopt_long()
 *
 * Return: the exit status with which it ends.
 */
static inline int usual_option(const char *program, int option, void (*print_usage)(void),
			       const struct option *names, char *const argv[])
{
	switch (option) {
	case 'v':
		printf("%s (truechime) %s\n", program, TRUECHIME_VERSION);
		return output_status(program);
	case 'h':
		print_usage();
		return output_status(program);
	}
	user_err_option(option, names, argv);

	return 2;
}

#endif /* LIB_USUAL_OPTIONS_H */
