// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime reload: let the daemon read its configuration again, or its files of sources only.
 */
#include <string.h>

#include "cli/cli.h"
#include "lib/plural.h"

static void print(const struct cli *cli, const json_t *reply)
{
	(void)cli;
	puts("The configuration was read again.");
	if (*json_text_of(reply, "warning"))
		user_err("%s", json_text_of(reply, "warning"));
}

static void print_sources(const struct cli *cli, const json_t *reply)
{
	int64_t count = json_int_of(reply, "sources", 0);

	(void)cli;
	printf("The source directories were read again; %d source%s %s configured.\n", (int)count,
	       plural((uint64_t)count), plural_are((uint64_t)count));
}

int verb_reload(const struct cli *cli, int argc, char **argv)
{
	if (!argc)
		return client_report(cli, "reload", print);
	if (argc == 1 && !strcmp(argv[0], "sources"))
		return client_report(cli, "reload-sources", print_sources);
	return cli_error("reload takes nothing, or \"sources\"");
}
