/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is wrong with a command line, on standard error. It quotes words of the caller, of files and
 * of others: none of them gets to send the terminal a control character.
 */
#ifndef LIB_USER_ERR_H
#define LIB_USER_ERR_H

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/printable.h"

/* Longer lines are cut. */
#define USER_ERR_MAX	1024

/* One line, after the program's name. */
static inline void user_err(const char *format, ...) __attribute__((format(printf, 1, 2)));

static inline void user_err(const char *format, ...)
{
	char message[USER_ERR_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	make_printable(message);
	fprintf(stderr, "%s: %s\n", program_invocation_short_name, message);
}

/* "--help=1", where --help takes nothing? */
static inline bool option_has_value(const struct option *names, const char *word)
{
	size_t length = strcspn(word, "=");

	if (strncmp(word, "--", 2) || !word[length])
		return false;
	for (; names->name; names++) {
		if (names->val == optopt && !strncmp(names->name, word + 2, length - 2))
			return true;
	}

	return false;
}

/**
 * user_err_option() - say what getopt_long() found wrong, which quotes words as they are itself
 * @result: what it returned, '?' or ':'; the caller has set opterr to 0, and its letters begin
 *	with a colon
 * @names: of the options
 * @argv: as it was given to getopt_long()
 *
 * A summary of all options would push that off the screen.
 */
static inline void user_err_option(int result, const struct option *names, char *const argv[])
{
	const char *word = argv[optind - 1];

	if (result == ':')
		user_err("option requires an argument: \"%s\"", word);
	else if (!optopt)
		user_err("unrecognized option \"%s\"", word);
	else if (option_has_value(names, word))
		user_err("option takes no argument: \"%s\"", word);
	else
		user_err("invalid option -- '%c'", optopt);
	fprintf(stderr, "See: %s --help\n", program_invocation_short_name);
}

/**
 * user_err_arguments() - where there is no use for any word but options: is there one? It is said
 * @argc: as it was given to getopt_long(), which has come to an end
 * @argv: likewise
 */
static inline bool user_err_arguments(int argc, char *const argv[])
{
	if (optind < argc)
		user_err("takes no arguments, not \"%s\"", argv[optind]);

	return optind < argc;
}

#endif /* LIB_USER_ERR_H */
