// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime serverstats: what the NTP server has counted, under chronyc's names where it has one.
 */
#include "cli/cli.h"

static const struct {
	const char *name;
	const char *key;
} rows[] = {
	{ "NTP packets received", "received" },
	{ "NTP packets dropped", "dropped" },
	{ "NTP packets refused", "refused" },
	{ "Malformed packets", "malformed" },
	{ "Rate kisses sent", "kissed" },
	{ "Answers not sent", "unsent" },
	{ "Client log records dropped", "replaced" },
	{ "NTS-KE connections accepted", "nts_ke_accepted" },
	{ "NTS-KE connections dropped", "nts_ke_dropped" },
	{ "NTS cookies refused", "nts_refused" },
	{ "Authenticated NTP packets", "authenticated" },
	{ "Wrongly keyed NTP packets", "unauthentic" },
	{ "Interleaved NTP packets", "interleaved" },
	{ "NTP daemon RX timestamps", "rx_daemon" },
	{ "NTP daemon TX timestamps", "tx_daemon" },
	{ "NTP kernel RX timestamps", "rx_kernel" },
	{ "NTP kernel TX timestamps", "tx_kernel" },
	{ NULL, NULL },
};

static void print(const struct cli *cli, const json_t *reply)
{
	(void)cli;
	if (json_bool_of(reply, "serving"))
		puts("NTP is served.\n");
	else
		printf("%s\n",
		       "NTP is not served: no 'allow' in the configuration, or its port is taken (see journalctl -u truechimed).\n");
	for (int i = 0; rows[i].name; i++)
		printf("%-27s: %lld\n", rows[i].name,
		       (long long)json_int_of(reply, rows[i].key, 0));
}

int verb_serverstats(const struct cli *cli)
{
	return client_report(cli, "serverstats", print);
}
