// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime clients: who asked the NTP server, in chronyc's columns. Intervals are powers of two in
 * seconds, of requests and of answers.
 */
#include <math.h>
#include <string.h>

#include "cli/cli.h"

/* As log2 s; NAN: not known. chronyc shows that of answers only where the rate was limited. */
static double power_of(const json_t *client, const char *key)
{
	double interval_s = json_real_of(client, key, NAN);

	if (!strcmp(key, "answer_interval_s") && !json_int_of(client, "drops", 0))
		return NAN;
	return isfinite(interval_s) && interval_s > 0 ? round(log2(interval_s)) : NAN;
}

static void print_power(const json_t *client, const char *key)
{
	double power = power_of(client, key);

	if (isfinite(power))
		printf("  %2.0f", power);
	else
		printf("   -");
}

/* chronyc's columns of commands are empty: who asks about the daemon is not counted. */
static void print_row(const json_t *client)
{
	printf("%-25s  %6lld  %5lld", json_text_of(client, "address"),
	       (long long)json_int_of(client, "hits", 0),
	       (long long)json_int_of(client, "drops", 0));
	print_power(client, "interval_s");
	print_power(client, "answer_interval_s");
	printf("  ");
	print_interval(json_int_of(client, "age_ns", 0) / 1000000000);
	printf("  %6d  %5d   -     -\n", 0, 0);
}

#define POWER_UNKNOWN	127

static int csv_power(const json_t *client, const char *key)
{
	double power = power_of(client, key);

	return isfinite(power) ? (int)power : POWER_UNKNOWN;
}

static void print_csv(const json_t *client)
{
	printf("%s,%lld,%lld,%d,%d,%lld,0,0,%d,%u\n", json_text_of(client, "address"),
	       (long long)json_int_of(client, "hits", 0),
	       (long long)json_int_of(client, "drops", 0), csv_power(client, "interval_s"),
	       csv_power(client, "answer_interval_s"),
	       (long long)(json_int_of(client, "age_ns", 0) / 1000000000), POWER_UNKNOWN,
	       UINT32_MAX);
}

static void print(const struct cli *cli, const json_t *reply)
{
	const json_t *clients = json_object_get(reply, "clients"), *client;
	json_int_t more = json_int_of(reply, "more", 0);
	size_t i;

	if (cli->csv) {
		json_array_foreach(clients, i, client)
			print_csv(client);
		return;
	}
	if (!json_bool_of(reply, "serving"))
		puts(NOT_SERVED);
	else if (json_is_false(json_object_get(reply, "recording")))
		puts("Clients are not recorded: 'noclientlog' is in the configuration.");
	puts("Hostname                      NTP   Drop Int IntL Last     Cmd   Drop Int  Last\n"
	     "===============================================================================");
	json_array_foreach(clients, i, client)
		print_row(client);
	if (more > 0)
		printf("... and %lld more\n", (long long)more);
}

int verb_clients(const struct cli *cli)
{
	char text[64], *words = text;

	if (!cli->least_hits && !cli->reset)
		return client_report(cli, "clients", print);
	snprintf(text, sizeof(text), "least %u%s", cli->least_hits, cli->reset ? " reset" : "");

	return client_report_with(cli, "clients", 1, &words, print);
}
