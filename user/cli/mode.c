// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime mode: who steers the module's clock.
 */
#include "cli/cli.h"
#include "lib/names.h"

static const char *mode_sentence(enum truechime_mode mode)
{
	switch (mode) {
	case TRUECHIME_MODE_AUTO:
		return "auto: the module's clock follows the host and the daemon's corrections;\n"
		       "the PTP interface may only read.";
	case TRUECHIME_MODE_EXTERNAL:
		return "external: the module's clock is steered through the PTP interface\n"
		       "(ptp4l, phc2sys); host and daemon do not steer it.";
	}
	return "a mode that this program does not know";
}

static int mode_show(const struct cli *cli, struct module_link *link)
{
	struct module_status status;
	int err;

	err = module_link_status(link, &status);
	if (err)
		return module_refused(link, "to report its mode", err);
	if (cli->json)
		print_json(json_pack("{s:s}", "mode", name_of_mode(status.mode)));
	else
		puts(mode_sentence(status.mode));
	return CLI_OK;
}

int verb_mode(const struct cli *cli, int argc, char **argv)
{
	enum truechime_mode mode = TRUECHIME_MODE_AUTO;
	struct module_link *link;
	int status, err = 0;

	if (argc > 1 || (argc && !mode_of_name(argv[0], &mode))) {
		fputs("Usage: truechime mode [auto|external]\n", stderr);
		return CLI_ERROR;
	}
	status = module_open_loudly(&link);
	if (status)
		return status;
	if (argc)
		err = module_link_set_mode(link, mode);
	status = err ? module_refused(link, "the mode", err) : mode_show(cli, link);
	module_link_close(link);
	return status;
}
