// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asking the daemon for the recent past.
 */
#include <stdio.h>

#include "cli/cli.h"
#include "cli/past.h"
#include "ipc/socket.h"

int past_ask(const struct cli *cli, int64_t since_s, struct past *past)
{
	json_t *history = NULL, *events = NULL;
	char text[CONTROL_ARGUMENTS_MAX];
	int err;

	snprintf(text, sizeof(text), "%lld", (long long)since_s);
	err = client_ask_with(cli, "history", text, &history);
	if (err)
		return client_failed(cli, err, history);
	err = client_ask(cli, "events", &events);
	if (err) {
		json_decref(history);
		return client_failed(cli, err, events);
	}
	past_read(past, history, events);
	json_decref(history);
	json_decref(events);

	return CLI_OK;
}
