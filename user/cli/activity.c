// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime activity: how many servers are asked and how many are not, in chronyc's lines.
 */
#include "cli/cli.h"

static void print(const struct cli *cli, const json_t *reply)
{
	printf(cli->csv ? "%d,%d,%d,%d,%d\n" :
	       "%d sources online\n"
	       "%d sources offline\n"
	       "%d sources doing burst (return to online)\n"
	       "%d sources doing burst (return to offline)\n"
	       "%d sources with unknown address\n",
	       (int)json_int_of(reply, "online", 0), (int)json_int_of(reply, "offline", 0),
	       (int)json_int_of(reply, "burst_online", 0),
	       (int)json_int_of(reply, "burst_offline", 0),
	       (int)json_int_of(reply, "unresolved", 0));
}

int verb_activity(const struct cli *cli)
{
	return client_report(cli, "activity", print);
}
