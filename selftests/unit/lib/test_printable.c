// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text from outside does not reach a terminal or the log as control characters: what the log and
 * complaints about a command line make of it.
 */
#include "user/lib/user_err.h"
#include "user/lib/log.h"

#include <stdlib.h>
#include <string.h>

#include "selftests/unit/unit.h"

/* It clears a terminal's screen and gives its window another title; and one more line. */
#define HOSTILE	"a\033[2J\033]0;b\007\nc\2334"
#define HARMLESS	"a?[2J?]0;b??c?4"

static FILE *before;
static char *said;
static size_t size;

static void listen_to_stderr(void)
{
	before = stderr;
	stderr = open_memstream(&said, &size);
	if (!stderr)
		exit(1);
}

static const char *heard(void)
{
	fclose(stderr);
	stderr = before;
	return strchr(said, ':') + 2;
}

TEST(log_quotes_no_control_characters)
{
	listen_to_stderr();
	log_notice("server %s", HOSTILE);
	EXPECT_STREQ("server " HARMLESS "\n", heard());
	free(said);
}

TEST(message_with_fields_quotes_no_control_characters)
{
	listen_to_stderr();
	log_fields(5, HOSTILE, NULL);
	EXPECT_STREQ(HARMLESS "\n", heard());
	free(said);
}

TEST(complaint_quotes_no_control_characters)
{
	listen_to_stderr();
	user_err("unknown verb \"%s\"", HOSTILE);
	EXPECT_STREQ("unknown verb \"" HARMLESS "\"\n", heard());
	free(said);
}

/* What getopt_long() finds wrong with that word after the program's name and an option. */
static void refuse(const char *word)
{
	static const struct option names[] = {
		{ "socket", required_argument, NULL, 'S' }, { "help", no_argument, NULL, 'h' },
		{ "helper", no_argument, NULL, 'H' }, { "verbose", no_argument, NULL, 'v' },
		{ NULL, 0, NULL, 0 },
	};
	char name[] = "test", first[] = "--socket=x", copy[64];
	char *argv[4] = { name, first, copy };
	int result;

	snprintf(copy, sizeof(copy), "%s", word);
	listen_to_stderr();
	opterr = 0;
	optind = 0;
	do {
		result = getopt_long(3, argv, ":S:hHv", names, NULL);
	} while (result == 'S' || result == 'h');
	user_err_option(result, names, argv);
}

TEST(wrong_option_is_named_without_control_characters)
{
	static const struct {
		const char *word;
		const char *complaint;
	} cases[] = {
		{ "--" HOSTILE, "unrecognized option \"--" HARMLESS "\"\n" },
		{ "--he", "unrecognized option \"--he\"\n" },
		{ "--verb=" HOSTILE, "option takes no argument: \"--verb=" HARMLESS "\"\n" },
		{ "--help=1", "option takes no argument: \"--help=1\"\n" },
		{ "-\033", "invalid option -- '?'\n" },
		{ "-h\033[2J", "invalid option -- '?'\n" },
		{ "-zh", "invalid option -- 'z'\n" },
		{ "-S", "option requires an argument: \"-S\"\n" },
		{ "--socket", "option requires an argument: \"--socket\"\n" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char expected[128];

		snprintf(expected, sizeof(expected), "%s%s %s --help\n", cases[i].complaint, "See:",
			 program_invocation_short_name);
		refuse(cases[i].word);
		EXPECT_STREQ(expected, heard());
		free(said);
	}
}

TEST_HARNESS_MAIN
