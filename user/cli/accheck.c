// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime accheck: would the NTP server answer an address? In chronyc's words.
 */
#include <stdio.h>

#include "cli/cli.h"

static void print(const struct cli *cli, const json_t *reply)
{
	(void)cli;
	if (!json_bool_of(reply, "served"))
		puts("NTP is served to nobody: there is no \"allow\", or port 0.");
	else
		puts(json_bool_of(reply, "allowed") ? "Access allowed" : "Access denied");
}

int verb_accheck(const struct cli *cli, int argc, char **argv)
{
	if (argc != 1) {
		fputs("truechime: accheck takes one numeric address\n", stderr);
		return CLI_ERROR;
	}

	return client_report_with(cli, "accheck", argc, argv, print);
}
