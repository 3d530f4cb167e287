// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime online, offline, onoffline, refresh, add and delete: the operator's commands about the
 * time sources, as chronyc's. The daemon parses their arguments.
 */
#include <string.h>

#include "cli/cli.h"

static void print_connected(const struct cli *cli, const json_t *reply)
{
	(void)cli;
	printf("Time sources that this is about: %d. See: truechime activity\n",
	       (int)json_int_of(reply, "sources", 0));
}

static void print_deleted(const struct cli *cli, const json_t *reply)
{
	(void)cli;
	printf("Time sources that were deleted: %d.\n", (int)json_int_of(reply, "sources", 0));
}

static void print_added(const struct cli *cli, const json_t *reply)
{
	(void)cli;
	(void)reply;
	puts("The time source was added, until it is deleted or the daemon ends.");
}

static void print_refreshed(const struct cli *cli, const json_t *reply)
{
	(void)cli;
	(void)reply;
	puts("The names of all time sources are being resolved again.");
}

static int connect_sources(const struct cli *cli, const char *verb, int argc, char **argv)
{
	if (argc > 1) {
		fprintf(stderr,
			"truechime: %s takes one ADDRESS, NAME, MASK/ADDRESS or ADDRESS/BITS, or nothing for all\n",
			verb);
		return CLI_ERROR;
	}
	return client_report_with(cli, verb, argc, argv, print_connected);
}

int verb_online(const struct cli *cli, int argc, char **argv)
{
	return connect_sources(cli, "online", argc, argv);
}

int verb_offline(const struct cli *cli, int argc, char **argv)
{
	return connect_sources(cli, "offline", argc, argv);
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
	if (argc < 2 || (strcmp(argv[0], "server") && strcmp(argv[0], "pool"))) {
		fprintf(stderr, "%s\n",
			"truechime: \"add server NAME\" or \"add pool NAME\" was expected, with options of truechime.conf(5)");
		return CLI_ERROR;
	}
	return client_report_with(cli, "add", argc, argv, print_added);
}

int verb_delete(const struct cli *cli, int argc, char **argv)
{
	if (argc != 1) {
		fputs("truechime: delete takes the ADDRESS or the NAME of a time source\n", stderr);
		return CLI_ERROR;
	}
	return client_report_with(cli, "delete", argc, argv, print_deleted);
}
