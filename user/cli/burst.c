// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime burst: ask all time sources now.
 */
#include "cli.h"

int verb_burst(const struct cli *cli, int argc, char **argv)
{
	json_t *reply;
	int status;

	(void)argv;
	if (argc) {
		fputs("truechime: burst takes no arguments\n", stderr);
		return CLI_ERROR;
	}
	status = client_ask_loudly(cli, "burst", &reply);
	if (status)
		return status;
	if (cli->json)
		print_json(reply);
	else
		puts("All time sources are being asked.");
	if (!cli->json)
		json_decref(reply);
	return CLI_OK;
}
