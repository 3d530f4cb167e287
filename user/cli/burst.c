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
	char text[NET_ADDRESS_TEXT_MAX], *words[2];

	if (argc > 2)
		return cli_error("burst takes GOOD/MAX and which time sources");
	for (int i = 0; i < argc; i++)
		words[i] = i ? (char *)word_of_source(cli, argv[i], text) : argv[i];

	return client_report_with(cli, "burst", argc, words, print);
}
