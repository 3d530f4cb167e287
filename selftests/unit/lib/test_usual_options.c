// SPDX-License-Identifier: GPL-2.0-only
/*
 * What --version, --help and a wrong option print, and where, and the exit status.
 */
#include "user/lib/usual_options.h"

#include <stdlib.h>
#include <string.h>

#include "selftests/unit/unit.h"

static const struct option names[] = {
	{ "socket", required_argument, NULL, 'S' },
	{ "version", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

FIXTURE(program) {
	char *out;
	char *err;
	size_t out_size;
	size_t err_size;
};

FIXTURE_SETUP(program)
{
	self->out = NULL;
	self->err = NULL;
}

FIXTURE_TEARDOWN(program)
{
	free(self->out);
	free(self->err);
}

static void print_usage(void)
{
	puts("Usage: it");
}

/* The exit status of a program that is called with @word. */
static int call(FIXTURE_DATA(program) *self, char *word)
{
	char name[] = "it", *argv[] = { name, word, NULL };
	FILE *out = stdout, *err = stderr;
	int status;

	free(self->out);
	free(self->err);
	stdout = open_memstream(&self->out, &self->out_size);
	stderr = open_memstream(&self->err, &self->err_size);
	optind = 0;
	opterr = 0;
	status = usual_option("it", getopt_long(2, argv, ":S:vh", names, NULL), print_usage, names,
			      argv);
	fclose(stdout);
	fclose(stderr);
	stdout = out;
	stderr = err;

	return status;
}

TEST_F(program, says_what_it_is_and_how_it_is_used)
{
	EXPECT_EQ(0, call(self, "-v"));
	EXPECT_STREQ("it (truechime) " TRUECHIME_VERSION "\n", self->out);
	EXPECT_EQ(0, call(self, "--version"));
	EXPECT_STREQ("it (truechime) " TRUECHIME_VERSION "\n", self->out);
	EXPECT_EQ(0, call(self, "--help"));
	EXPECT_STREQ("Usage: it\n", self->out);
	EXPECT_STREQ("", self->err);
}

TEST_F(program, refuses_what_it_does_not_know)
{
	EXPECT_EQ(2, call(self, "-x"));
	EXPECT_NE(NULL, strstr(self->err, ": invalid option -- 'x'\nSee: "));
	EXPECT_EQ(2, call(self, "-S"));
	EXPECT_NE(NULL, strstr(self->err, ": option requires an argument: \"-S\"\n"));
	EXPECT_EQ(2, call(self, "--version=1"));
	EXPECT_NE(NULL, strstr(self->err, ": option takes no argument: \"--version=1\"\n"));
	EXPECT_STREQ("", self->out);
}

TEST_HARNESS_MAIN
