// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime reload: let the daemon read its configuration again.
 */
#include "cli/cli.h"

static void print(const struct cli *cli, const json_t *reply)
{
	(void)cli;
	(void)reply;
	puts("The configuration was read again.");
}

int verb_reload(const struct cli *cli)
{
	return client_report(cli, "reload", print);
}
