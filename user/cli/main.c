// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime: which verb runs, with what, and the exit status. Options are read in options.c, the
 * verbs are in the table in verbs.c.
 */
#include <getopt.h>
#include <string.h>

#include "chronyc/refusal.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "cli/verbs.h"
#include "ipc/socket.h"
#include "lib/descriptors.h"
#include "lib/output.h"

/* With -m: as many as a line of chronyc's has at most are fewer. */
#define LINE_WORDS_MAX	128

int verb_help(const struct cli *cli)
{
	(void)cli;
	fputs("Usage: truechime [OPTION]... [VERB [ARGUMENT]...]\n"
	      "Query and control the kernel module truechime and the daemon truechimed.\n\n",
	      stdout);
	verbs_print();
	fputs("\n", stdout);
	options_print();
	fputs("\nExit status: 0: done (status: synchronised); 1: refused (status: not\n"
	      "synchronised, or neither module nor daemon runs); 2: wrong usage, or the module\n"
	      "or daemon that is needed does not run; check: 0 OK, 1 WARNING, 2 CRITICAL,\n"
	      "3 UNKNOWN.\n",
	      stdout);

	return CLI_OK;
}

/* Whatever is an option: a monitoring system gives its plugin no other words. */
static bool is_check(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (!strcmp(argv[i], "check"))
			return true;
	return false;
}

/*
 * What was typed makes no sense, as was said on stderr. A monitoring system reads stdout, and would
 * take the usual exit status for a critical state.
 */
static int wrong_usage(int argc, char **argv)
{
	return is_check(argc, argv) ? check_unknown("wrong usage. See: truechime --help") :
				      CLI_ERROR;
}

/* On a full disk there is a part of what was asked for, which is no success. */
static int finish_output(int status, int argc, char **argv)
{
	if (!output_status("truechime"))
		return status;
	if (is_check(argc, argv))
		return check_unknown("its line cannot be written");

	return status ? status : CLI_NOT;
}

/* The options end it: with that exit status. */
static int end_with(enum options_outcome outcome, int argc, char **argv)
{
	switch (outcome) {
	case OPTIONS_VERSION:
		puts("truechime " TRUECHIME_VERSION);
		return CLI_OK;
	case OPTIONS_HELP:
		return verb_help(NULL);
	case OPTIONS_TAKEN:
	case OPTIONS_WRONG:
		break;
	}

	return wrong_usage(argc, argv);
}

/* As wrong_usage(), where the verb is known. */
static int refuse(const struct verb *verb, const char *words)
{
	return verb->run == verb_check ? check_unknown(words) : CLI_ERROR;
}

static int refuse_unknown(const char *name)
{
	const char *nearest = verbs_nearest(name);

	if (nearest)
		return cli_error("unknown verb \"%s\"; did you mean \"%s\"?", name, nearest);

	return cli_error("unknown verb \"%s\"; see truechime --help", name);
}

/* @words are the verb, none for the first one, and its arguments; @given the options' letters. */
static int run_verb(struct cli *cli, int count, char **words, const char *given)
{
	const struct verb *verb = count > 0 ? verbs_find(words[0]) : verbs_default();

	cli->verb = verb ? verb->name : words[0];
	if (count > 0) {
		count--;
		words++;
	}
	if (!verb && chronyc_refusal_named(cli->verb))
		return verb_refused(cli, count, words);
	if (!verb)
		return refuse_unknown(cli->verb);
	if (!options_are_of_use(given, verb->name, verb->options))
		return refuse(verb, "wrong usage. See: truechime --help");
	if (verb->run_with)
		return verb->run_with(cli, count, words);
	if (count > 0) {
		user_err("%s takes no arguments", verb->name);
		return refuse(verb, "it takes no arguments. See: truechime --help");
	}

	return verb->run(cli);
}

static int run_command(struct cli *cli, int count, char **words, const char *given)
{
	int status = run_verb(cli, count, words, given);

	/* Who reads more than one answer from a pipe waits for it. */
	if (cli->end_dot) {
		puts(".");
		(void)fflush(stdout);
	}

	return status;
}

/* @line is what would be typed behind @program and the options @given. */
static int run_line(struct cli cli, char *program, char *line, const char *given)
{
	char *words[LINE_WORDS_MAX + 1] = { program }, *rest;
	char all_given[OPTIONS_GIVEN_MAX] = "";
	enum options_outcome outcome;
	int count = 1;

	snprintf(all_given, sizeof(all_given), "%s", given);
	for (char *word = strtok_r(line, " \t", &rest); word; word = strtok_r(NULL, " \t", &rest)) {
		if (count == LINE_WORDS_MAX)
			return cli_error("too many words in one command");
		words[count++] = word;
	}
	if (count == 1)
		return CLI_OK;
	/* Begin anew. */
	optind = 0;
	outcome = options_take(&cli, count, words, all_given);
	if (outcome != OPTIONS_TAKEN)
		return end_with(outcome, count, words);

	return run_command(&cli, count - optind, words + optind, all_given);
}

/* As with chronyc, the first one that fails is the last. */
static int run_lines(const struct cli *cli, char *program, char **lines, const char *given)
{
	int status = CLI_OK;

	if (!*lines)
		return cli_error("-m is for the commands behind it, and there is none");
	for (; *lines && status == CLI_OK; lines++) {
		status = run_line(*cli, program, *lines, given);
		/* Errors of the next one come behind it, and no reader waits for that one. */
		(void)fflush(stdout);
	}

	return status;
}

static int run(int argc, char **argv)
{
	struct cli cli = { .socket_path = CONTROL_PATH };
	char given[OPTIONS_GIVEN_MAX] = "";
	enum options_outcome outcome;

	opterr = 0;
	outcome = options_take(&cli, argc, argv, given);
	if (outcome != OPTIONS_TAKEN)
		return end_with(outcome, argc, argv);
	if (cli.multiple)
		return run_lines(&cli, argv[0], argv + optind, given);

	return run_command(&cli, argc - optind, argv + optind, given);
}

int main(int argc, char **argv)
{
	descriptors_fill();

	return finish_output(run(argc, argv), argc, argv);
}
