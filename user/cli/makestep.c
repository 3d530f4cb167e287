// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime makestep: step the system clock to the right time now. The daemon does it, as it knows
 * most; without it the module does.
 */
#include <errno.h>

#include "cli/cli.h"
#include "lib/names.h"

static int makestep_by_module(const struct cli *cli, int daemon_error)
{
	struct module_link *link;
	int err, status;

	if (module_link_open(&link)) {
		if (daemon_error != -ECONNREFUSED)
			return client_failed(cli, daemon_error, NULL);
		user_err("neither the kernel module truechime nor the daemon truechimed is there, so the right time is not known. %s",
			 how_to_start());
		return CLI_ERROR;
	}
	err = module_link_step(link, TRUECHIME_OCCASION_OPERATOR);
	status = err ? module_refused(link, "the step", err) : CLI_OK;
	module_link_close(link);
	if (!err && cli->json)
		puts("{\"ok\":true}");
	else if (!err)
		puts("The system clock is right now, by the module's time.");
	return status;
}

/* What the daemon has done. */
static void print_step(const struct cli *cli, const json_t *reply)
{
	int64_t bound_ns = json_int_of(reply, "maxerror_ns", -1);

	(void)cli;
	if (json_bool_of(reply, "waiting")) {
		printf("%s\n",
		       "The time source that contradicts the clock is followed from now on: it is asked, and the clock is set when it answers. See: truechime status");
		return;
	}
	if (bound_ns < 0) {
		printf("%s\n",
		       "The system clock is set to the time that it follows. How wrong that may be is not known. See: truechime status");
		return;
	}
	printf("The system clock is right to within %s now.\n", duration_text(bound_ns).text);
}

int verb_makestep(const struct cli *cli, int argc, char **argv)
{
	json_t *reply = NULL;
	int err;

	/* chronyc's form: what is stepped from now on. */
	if (argc == 2)
		return client_report_with(cli, "makestep", argc, argv, print_done);
	if (argc) {
		user_err("makestep takes nothing, or a threshold in seconds and in how many updates it holds, as 0.1 3");
		return CLI_ERROR;
	}

	err = client_ask(cli, "makestep", &reply);
	if (err == -ECONNREFUSED || err == -EIDRM)
		return makestep_by_module(cli, err);

	return err ? client_failed(cli, err, reply) : print_reply(cli, reply, print_step);
}
