// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime serverstats: what the NTP server has counted, under chronyc's names where it has one.
 */
#include <string.h>

#include "cli/cli.h"

struct row {
	const char *name;
	const char *key;
};

/* chronyc's, in its order. */
static const struct row rows[] = {
	{ "NTP packets received", "received" },
	{ "NTP packets dropped", "dropped" },
	{ "Command packets received", "commands_received" },
	{ "Command packets dropped", "commands_dropped" },
	{ "Client log records dropped", "replaced" },
	{ "NTS-KE connections accepted", "nts_ke_accepted" },
	{ "NTS-KE connections dropped", "nts_ke_dropped" },
	{ "Authenticated NTP packets", "authenticated" },
	{ "Interleaved NTP packets", "interleaved" },
	{ "NTP timestamps held", "timestamps_held" },
	{ "NTP timestamp span", "timestamps_span" },
	/* Since chrony 4.4. */
	{ "NTP daemon RX timestamps", "rx_daemon" },
	{ "NTP daemon TX timestamps", "tx_daemon" },
	{ "NTP kernel RX timestamps", "rx_kernel" },
	{ "NTP kernel TX timestamps", "tx_kernel" },
	{ "NTP hardware RX timestamps", "rx_hardware" },
	{ "NTP hardware TX timestamps", "tx_hardware" },
	{ NULL, NULL },
};

static const struct row own_rows[] = {
	{ "NTP packets refused", "refused" },
	{ "Malformed packets", "malformed" },
	{ "Rate kisses sent", "kissed" },
	{ "Answers not sent", "unsent" },
	{ "NTS cookies refused", "nts_refused" },
	{ "Wrongly keyed NTP packets", "unauthentic" },
	{ "Hardware stamps refused", "hardware_refused" },
	{ NULL, NULL },
};

/* Only where the kernel answers, too: what of the above it did. */
static const struct row xdp_rows[] = {
	{ "XDP answers", "xdp_answered" },
	{ "XDP packets dropped", "xdp_dropped" },
	{ "XDP packets refused", "xdp_refused" },
	{ "XDP rate kisses sent", "xdp_kissed" },
	{ "XDP packets left to sockets", "xdp_passed" },
	{ NULL, NULL },
};

/* What counts as well of what the kernel does. */
static const struct {
	const char *key;
	const char *xdp_key;
} added[] = {
	{ "received", "xdp_answered" },
	{ "received", "xdp_dropped" },
	{ "dropped", "xdp_dropped" },
	{ "rx_kernel", "xdp_answered" },
	{ "tx_kernel", "xdp_answered" },
	{ NULL, NULL },
};

static long long count_of(const json_t *reply, const char *key)
{
	int64_t count = json_int_of(reply, key, 0);

	for (int i = 0; added[i].key; i++)
		if (!strcmp(key, added[i].key))
			count += json_int_of(reply, added[i].xdp_key, 0);

	return (long long)count;
}

static void print_rows(const json_t *reply, const struct row *row)
{
	for (; row->name; row++)
		printf("%-27s: %lld\n", row->name, count_of(reply, row->key));
}

static void print_csv(const json_t *reply)
{
	for (const struct row *row = rows; row->name; row++)
		printf("%s%lld", row == rows ? "" : ",", count_of(reply, row->key));
	putchar('\n');
}

static void print(const struct cli *cli, const json_t *reply)
{
	if (cli->csv) {
		print_csv(reply);
		return;
	}
	if (json_bool_of(reply, "serving"))
		puts("NTP is served.\n");
	else
		puts(NOT_SERVED "\n");
	print_rows(reply, rows);
	print_rows(reply, own_rows);
	if (json_bool_of(reply, "xdp"))
		print_rows(reply, xdp_rows);
}

int verb_serverstats(const struct cli *cli)
{
	return client_report(cli, "serverstats", print);
}
