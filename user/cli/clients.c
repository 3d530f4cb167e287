// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime clients: who asked the NTP server, in chronyc's columns. Intervals are powers of two in
 * seconds, of requests and of answers.
 */
#include <math.h>
#include <string.h>

#include "cli/cli.h"

/* Columns of an address, as a rule. */
#define ADDRESS_WIDTH	25

/*
 * As log2 s; NAN: not known. chronyc shows that of answers only where the rate was limited. What is
 * rounded to nothing has no sign.
 */
static double power_of(const json_t *client, const char *key)
{
	double interval_s = json_real_of(client, key, NAN);

	if (!strcmp(key, "answer_interval_s") && !json_int_of(client, "drops", 0))
		return NAN;
	return isfinite(interval_s) && interval_s > 0 ? round(log2(interval_s)) + 0.0 : NAN;
}

static void print_power(const json_t *client, const char *key)
{
	double power = power_of(client, key);

	if (isfinite(power))
		printf("  %2.0f", power);
	else
		printf("   -");
}

/* Of what never came, 4 columns without a number. */
static void print_age(const json_t *client, const char *key)
{
	printf("  %s", interval_column(age_of(client, key)).text);
}

/* Who asks about the daemon is not counted, so chronyc's columns of that are empty. */
static void print_row(const struct cli *cli, const json_t *client, int width)
{
	printf("%-*s  %6lld  %5lld", width, json_text_of(client, "address"),
	       (long long)json_int_of(client, "hits", 0),
	       (long long)json_int_of(client, "drops", 0));
	print_power(client, "interval_s");
	print_power(client, "answer_interval_s");
	print_age(client, "age_ns");
	if (cli->nts) {
		printf("  %6lld  %5lld", (long long)json_int_of(client, "nts_hits", 0),
		       (long long)json_int_of(client, "nts_drops", 0));
		print_power(client, "nts_interval_s");
		print_age(client, "nts_age_ns");
	} else {
		printf("  %6d  %5d   -     -", 0, 0);
	}
	putchar('\n');
}

#define POWER_UNKNOWN	127

static int csv_power(const json_t *client, const char *key)
{
	double power = power_of(client, key);

	return isfinite(power) ? (int)power : POWER_UNKNOWN;
}

static void print_csv(const json_t *client)
{
	printf("%s,%lld,%lld,%d,%d,%u,%lld,%lld,%d,%u\n", json_text_of(client, "address"),
	       (long long)json_int_of(client, "hits", 0),
	       (long long)json_int_of(client, "drops", 0), csv_power(client, "interval_s"),
	       csv_power(client, "answer_interval_s"), (unsigned int)age_of(client, "age_ns"),
	       (long long)json_int_of(client, "nts_hits", 0),
	       (long long)json_int_of(client, "nts_drops", 0),
	       csv_power(client, "nts_interval_s"), (unsigned int)age_of(client, "nts_age_ns"));
}

static void print(const struct cli *cli, const json_t *reply)
{
	const json_t *clients = json_object_get(reply, "clients"), *client;
	json_int_t more = json_int_of(reply, "more", 0);
	int width = ADDRESS_WIDTH;
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
	json_array_foreach(clients, i, client)
		width = wider_column(width, json_text_of(client, "address"));
	print_heading("Hostname", width - ADDRESS_WIDTH,
		      cli->nts ?
		      "                      NTP   Drop Int IntL Last  NTS-KE   Drop Int  Last" :
		      "                      NTP   Drop Int IntL Last     Cmd   Drop Int  Last",
		      79);
	json_array_foreach(clients, i, client)
		print_row(cli, client, width);
	if (more > 0)
		printf("... and %lld more\n", (long long)more);
}

int verb_clients(const struct cli *cli)
{
	char text[64], *words = text;

	if (!cli->least_hits && !cli->nts && !cli->reset)
		return client_report(cli, "clients", print);
	snprintf(text, sizeof(text), "least %u%s%s", cli->least_hits, cli->nts ? " nts" : "",
		 cli->reset ? " reset" : "");

	return client_report_with(cli, "clients", 1, &words, print);
}
