// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime burst: ask all time sources now.
 */
#include "cli/cli.h"

static void print(const struct cli *cli, const json_t *reply)
{
	(void)cli;
	(void)reply;
	puts("All time sources are being asked.");
}

int verb_burst(const struct cli *cli)
{
	return client_report(cli, "burst", print);
}
