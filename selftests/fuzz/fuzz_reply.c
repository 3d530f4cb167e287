// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any JSON as the daemon's reply: the command line program prints what it understands of it.
 */
#include "user/cli/cli.h"
#include "user/cli/plot_svg.h"
#include "user/cli/top_screen.h"

#include "fuzz.h"

static const char *reply_text;
static size_t reply_size;

int client_report(const struct cli *cli, const char *command,
		  void (*print)(const struct cli *cli, const json_t *reply))
{
	json_t *reply = json_loadb(reply_text, reply_size, 0, NULL);

	(void)command;
	if (json_is_object(reply))
		print(cli, reply);
	json_decref(reply);
	return 0;
}

int client_report_with(const struct cli *cli, const char *command, int argc, char **argv,
		       void (*print)(const struct cli *cli, const json_t *reply))
{
	(void)argc;
	(void)argv;
	return client_report(cli, command, print);
}

int client_ask(const struct cli *cli, const char *command, json_t **reply)
{
	(void)cli;
	(void)command;
	*reply = json_loadb(reply_text, reply_size, 0, NULL);
	return 0;
}

int client_failed(const struct cli *cli, int err, json_t *reply)
{
	(void)cli;
	(void)reply;
	return err;
}

/* The same as history, as events and as sources. */
static void draw(void)
{
	json_t *reply = json_loadb(reply_text, reply_size, 0, NULL);
	struct grid *grid = grid_new(24, 80);
	struct past past;

	past_read(&past, reply, reply);
	plot_svg(stdout, &past, past.now_s - 3600, "fuzz");
	if (grid)
		top_draw(grid, &(struct top_view){
			.sentences = "", .host = "", .span_s = 3600, .past = &past,
			.sources = json_object_get(reply, "sources"), .sort = TOP_OFFSET,
		});
	grid_free(grid);
	json_decref(reply);
}

int fuzz_one_input(const uint8_t *data, size_t size)
{
	struct cli cli = { .socket_path = "" };

	if (size < 2)
		return 0;
	cli.verbose = data[0] & 1;
	cli.csv = data[0] & 2;
	cli.all = data[0] & 4;
	cli.nts = data[0] & 8;
	reply_text = (const char *)data + 1;
	reply_size = size - 1;
	verb_tracking(&cli);
	verb_sources(&cli);
	verb_sourcestats(&cli);
	verb_peers(&cli);
	verb_selectdata(&cli);
	verb_authdata(&cli);
	verb_clients(&cli);
	verb_ntpdata(&cli, 0, NULL);
	draw();
	return 0;
}
