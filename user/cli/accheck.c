// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime accheck and cmdaccheck: would the NTP server answer an address, and would chronyc be
 * answered there? In chronyc's words.
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
	char text[NET_ADDRESS_TEXT_MAX], *word;

	if (argc != 1)
		return cli_error("%s takes one address or name of a host", cli->verb);
	word = (char *)address_of_host(cli, argv[0], text);

	return word ? client_report_with(cli, cli->verb, 1, &word, print) : CLI_NOT;
}
