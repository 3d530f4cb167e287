// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime manual: chronyc's commands about the times that the operator has set, with its words.
 * `truechime settime list` shows more of them.
 */
#include <string.h>

#include "cli/cli.h"

static void print_entry(const struct cli *cli, size_t index, const json_t *entry)
{
	printf(cli->csv ? "%zu,%s,%.2f,%.2f,%.2f\n" : "%2zu %s %10.2f %10.2f %10.2f\n", index,
	       utc_column(json_seconds_of(entry, "time_s"), "%Y-%m-%d %H:%M:%S").text,
	       seconds_of_ns(entry, "slewed_ns"), seconds_of_ns(entry, "original_ns"),
	       seconds_of_ns(entry, "residual_ns"));
}

static void print_list(const struct cli *cli, const json_t *reply)
{
	const json_t *entries = json_object_get(reply, "entries");

	if (!cli->csv)
		printf("210 n_samples = %zu\n"
		       "#    Date     Time(UTC)    Slewed   Original   Residual\n"
		       "=======================================================\n",
		       json_array_size(entries));
	for (size_t i = 0; i < json_array_size(entries); i++)
		print_entry(cli, i, json_array_get(entries, i));
}

int verb_manual(const struct cli *cli, int argc, char **argv)
{
	char *words[2] = { (char *)cli->verb, argc > 0 ? argv[0] : NULL };

	if (argc == 1 && !strcmp(argv[0], "list"))
		return client_report_with(cli, "settime", argc, argv, print_list);
	if ((argc == 1 && !strcmp(argv[0], "reset")) ||
	    (argc == 2 && !strcmp(argv[0], "delete")))
		return client_report_with(cli, "settime", argc, argv, print_done);
	if (argc == 1 && (!strcmp(argv[0], "on") || !strcmp(argv[0], "off")))
		return client_report_with(cli, "directive", 2, words, print_done);
	return cli_error("manual takes on, off, list, delete NUMBER or reset");
}
