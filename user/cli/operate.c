// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime online, offline, onoffline, refresh, add, delete, minpoll, allow and their like: the
 * operator's commands about the time sources and the server, as chronyc's. The daemon parses their
 * arguments.
 */
#include <string.h>

#include "chronyc/refusal.h"
#include "cli/cli.h"

static void print_connected(const struct cli *cli, const json_t *reply)
{
	const char *what = "asked where there is a route, and else not";

	if (!strcmp(cli->verb, "online"))
		what = "asked again";
	else if (!strcmp(cli->verb, "offline"))
		what = "not asked any more";
	printf("Time sources that are %s: %d. See: truechime activity\n", what,
	       (int)json_int_of(reply, "sources", 0));
}

static void print_deleted(const struct cli *cli, const json_t *reply)
{
	(void)cli;
	printf("Time sources that were deleted: %d.\n", (int)json_int_of(reply, "sources", 0));
}

static void print_added(const struct cli *cli, const json_t *reply)
{
	const char *warning = json_text_of(reply, "warning");

	(void)cli;
	puts("The time source was added, until it is deleted or the daemon ends.");
	if (*warning)
		printf("Not all is as you have written it: %s.\n", warning);
}

static void print_refreshed(const struct cli *cli, const json_t *reply)
{
	(void)cli;
	(void)reply;
	puts("The names of all time sources are being resolved again.");
}

/* online and offline */
int verb_connect(const struct cli *cli, int argc, char **argv)
{
	char text[NET_ADDRESS_TEXT_MAX], *word;

	if (argc > 1) {
		user_err("%s takes one ADDRESS, NAME, MASK/ADDRESS or ADDRESS/BITS, or nothing for all",
			 cli->verb);
		return CLI_ERROR;
	}
	word = argc ? (char *)word_of_source(cli, argv[0], text) : NULL;

	return client_report_with(cli, cli->verb, argc, &word, print_connected);
}

int verb_onoffline(const struct cli *cli)
{
	return client_report(cli, "onoffline", print_connected);
}

int verb_refresh(const struct cli *cli)
{
	return client_report(cli, "refresh", print_refreshed);
}

int verb_add(const struct cli *cli, int argc, char **argv)
{
	if (argc < 2 || (strcmp(argv[0], "server") && strcmp(argv[0], "pool") &&
			 strcmp(argv[0], "peer"))) {
		user_err("\"add server NAME\", \"add peer NAME\" or \"add pool NAME\" was expected, with options of truechime.conf(5)");
		return CLI_ERROR;
	}
	return client_report_with(cli, "add", argc, argv, print_added);
}

int verb_delete(const struct cli *cli, int argc, char **argv)
{
	char text[NET_ADDRESS_TEXT_MAX], *word;

	if (argc != 1)
		return cli_error("delete takes the ADDRESS or the NAME of a time source");
	word = (char *)word_of_source(cli, argv[0], text);

	return client_report_with(cli, "delete", 1, &word, print_deleted);
}

/* Standard output and exit status are as chronyc's. */
static void print_done_but(const struct cli *cli, const json_t *reply)
{
	print_done(cli, reply);
	if (*json_text_of(reply, "warning"))
		user_err("%s", json_text_of(reply, "warning"));
}

/* minpoll and its like: an option of a time source that is there. */
int verb_change(const struct cli *cli, int argc, char **argv)
{
	bool selects = !strcmp(cli->verb, "selectopts");
	char text[NET_ADDRESS_TEXT_MAX], *words[8] = { (char *)cli->verb };

	if (argc < 2 || argc > (selects ? (int)(sizeof(words) / sizeof(*words)) - 1 : 2))
		return cli_error("%s takes the ADDRESS or the NAME of a time source and %s",
				 cli->verb,
				 selects ? "options of the selection, as +prefer -trust" :
				 "a number");
	words[1] = (char *)word_of_source(cli, argv[0], text);
	memcpy(words + 2, argv + 1, (size_t)(argc - 1) * sizeof(*argv));

	return client_report_with(cli, "change", argc + 1, words, print_done_but);
}

/* The network is the last word of allow and its like, after "all" or alone. */
static bool is_network(const struct cli *cli, int argc, char **argv, int i)
{
	return strcmp(cli->verb, "local") && i == argc - 1 && strcmp(argv[i], "all") &&
	       (!i || (i == 1 && !strcmp(argv[0], "all")));
}

/* allow, deny, cmdallow, cmddeny and local: a line that is in force until the next reload. */
int verb_directive(const struct cli *cli, int argc, char **argv)
{
	char *words[8] = { (char *)cli->verb }, text[NET_ADDRESS_TEXT_MAX];
	int i;

	if (argc >= (int)(sizeof(words) / sizeof(*words)))
		return cli_error("%s takes fewer words; see truechime.conf(5)", cli->verb);
	for (i = 0; i < argc; i++) {
		words[i + 1] = is_network(cli, argc, argv, i) ?
			       (char *)network_of_host(cli, argv[i], text) : argv[i];
		if (!words[i + 1])
			return CLI_NOT;
	}
	return client_report_with(cli, "directive", argc + 1, words, print_done);
}

int verb_plain(const struct cli *cli)
{
	return client_report(cli, cli->verb, print_done_but);
}

/* Standard output and exit status are as chronyc's. */
static void print_dumped(const struct cli *cli, const json_t *reply)
{
	print_done(cli, reply);
	if (*json_text_of(reply, "reason"))
		user_err("nothing was written: %s", json_text_of(reply, "reason"));
}

int verb_dump(const struct cli *cli)
{
	return client_report(cli, cli->verb, print_dumped);
}

/* What chronyc's users type and has no meaning here. */
int verb_refused(const struct cli *cli, int argc, char **argv)
{
	const struct chronyc_refusal *refusal = chronyc_refusal_named(cli->verb);

	(void)argc;
	(void)argv;
	user_err("%s is not done here: %s", cli->verb, refusal ? refusal->why : "it is not known");
	return CLI_NOT;
}
