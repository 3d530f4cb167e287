// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime reload: let the daemon read its configuration again.
 */
#include "cli.h"

int verb_reload(const struct cli *cli, int argc, char **argv)
{
	json_t *reply;
	int status;

	(void)argv;
	if (argc) {
		fputs("truechime: reload takes no arguments\n", stderr);
		return CLI_ERROR;
	}
	status = client_ask_loudly(cli, "reload", &reply);
	if (status)
		return status;
	if (cli->json)
		print_json(reply);
	else
		puts("The configuration was read again.");
	if (!cli->json)
		json_decref(reply);
	return CLI_OK;
}
