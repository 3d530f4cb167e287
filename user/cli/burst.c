// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime burst: ask all time sources now, or some of them until there are enough answers.
 */
#include "cli/cli.h"

static void print(const struct cli *cli, const json_t *reply)
{
	int64_t count = json_int_of(reply, "sources", -1);

	(void)cli;
	if (count < 0)
		puts("All time sources are being asked.");
	else
		printf("Time sources that are being asked: %d.\n", (int)count);
}

int verb_burst(const struct cli *cli, int argc, char **argv)
{
	if (argc > 2) {
		fputs("truechime: burst takes GOOD/MAX and which time sources\n", stderr);
		return CLI_ERROR;
	}
	return client_report_with(cli, "burst", argc, argv, print);
}
