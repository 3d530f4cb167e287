// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime clients: who asked the NTP server, in chronyc's columns. Intervals are powers of two in
 * seconds, of requests and of answers.
 */
#include <math.h>

#include "cli/cli.h"

static void print_power(const json_t *client, const char *key)
{
	double interval_s = json_real_of(client, key, NAN);

	if (isfinite(interval_s) && interval_s > 0)
		printf(" %3.0f", round(log2(interval_s)));
	else
		printf("   -");
}

static void print_row(const json_t *client)
{
	printf("%-26s  %6lld  %5lld", json_text_of(client, "address"),
	       (long long)json_int_of(client, "hits", 0),
	       (long long)json_int_of(client, "drops", 0));
	print_power(client, "interval_s");
	print_power(client, "answer_interval_s");
	printf("  ");
	print_interval(json_int_of(client, "age_ns", 0) / 1000000000);
	putchar('\n');
}

static void print(const struct cli *cli, const json_t *reply)
{
	const json_t *clients = json_object_get(reply, "clients"), *client;
	json_int_t more = json_int_of(reply, "more", 0);
	size_t i;

	(void)cli;
	if (!json_bool_of(reply, "serving"))
		printf("%s\n",
		       "NTP is not served: no 'allow' in the configuration, or its port is taken (see journalctl -u truechimed).\n");
	puts("Hostname                       NTP   Drop Int IntL  Last\n"
	     "========================================================");
	json_array_foreach(clients, i, client)
		print_row(client);
	if (more > 0)
		printf("... and %lld more\n", (long long)more);
}

int verb_clients(const struct cli *cli)
{
	return client_report(cli, "clients", print);
}
