// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime peers: the time sources in the columns, units and signs of `ntpq -p`: an offset is
 * positive where the source is ahead of the system clock, and all but `when` and `poll` is in ms;
 * as CSV in s.
 */
#include <string.h>

#include "cli/cli.h"
#include "lib/time_units.h"

#define MINUTE_S	60LL
#define HOUR_S		3600LL
#define DAY_S		86400LL

#define HEADING \
	"     remote           refid      st t when poll reach   delay   offset   jitter\n" \
	"==============================================================================="

/* Room for a number, and for a refid as an address between two points. */
#define NUMBER_MAX	32
#define REFERENCE_MAX	24

/* chronyc's letters, but for two that ntpq has no letter for. */
static char tally(const json_t *source)
{
	char letter = letter_of_source(source);

	return letter == '~' || letter == '?' ? ' ' : letter;
}

/* A refid that names a clock: up to four letters, and zeros behind them. */
static bool has_letters(uint32_t refid, char letters[5])
{
	int i;

	for (i = 0; i < 4 && refid; i++, refid <<= 8) {
		letters[i] = (char)(refid >> 24);
		if (letters[i] <= ' ' || letters[i] > '~')
			return false;
	}
	letters[i] = '\0';
	return i > 0;
}

/* What the source itself follows, by its latest answer; of a reference clock its own refid. */
static void text_of_reference(const json_t *source, char text[REFERENCE_MAX])
{
	const json_t *ntp = json_object_get(source, "ntp");
	uint32_t refid = (uint32_t)json_int_of(ntp, "refid", 0);
	char letters[5];

	if (!json_is_object(ntp))
		snprintf(text, REFERENCE_MAX, ".%.4s.", json_text_of(source, "address"));
	else if (!json_bool_of(ntp, "answered"))
		snprintf(text, REFERENCE_MAX, ".INIT.");
	else if (json_int_of(ntp, "stratum", 0) <= 1 && has_letters(refid, letters))
		snprintf(text, REFERENCE_MAX, ".%s.", letters);
	else
		snprintf(text, REFERENCE_MAX, "%u.%u.%u.%u", refid >> 24, refid >> 16 & 255,
			 refid >> 8 & 255, refid & 255);
}

/* Seconds, and beyond some of these minutes, hours or days; "-": none passed. */
static void text_of_passed(int64_t s, char text[NUMBER_MAX])
{
	if (s <= 0)
		snprintf(text, NUMBER_MAX, "-");
	else if (s <= 2048)
		snprintf(text, NUMBER_MAX, "%lld", (long long)s);
	else if (s <= 300 * MINUTE_S)
		snprintf(text, NUMBER_MAX, "%lldm", ((long long)s + MINUTE_S / 2) / MINUTE_S);
	else if (s <= 96 * HOUR_S)
		snprintf(text, NUMBER_MAX, "%lldh", ((long long)s + HOUR_S / 2) / HOUR_S);
	else
		snprintf(text, NUMBER_MAX, "%lldd", ((long long)s + DAY_S / 2) / DAY_S);
}

/* With as many decimals as eight columns have room for, four at most. */
static void text_of_ms(double ns, char text[NUMBER_MAX])
{
	double ms = rounded(ns / NS_PER_MS_REAL, 1e-4);
	int decimals = 4;

	do {
		snprintf(text, NUMBER_MAX, "%8.*f", decimals, ms);
	} while (strlen(text) > 8 && decimals--);
}

static int64_t poll_s(const json_t *source)
{
	int64_t poll = json_int_of(source, "poll", 0);

	return poll > 0 && poll < 32 ? 1LL << poll : 1;
}

static char type_of_source(const json_t *source)
{
	return !strcmp(json_text_of(source, "kind"), "refclock") ? 'l' : 'u';
}

/* ntpd's, of what has not answered, is 16. */
static int stratum_of_source(const json_t *source)
{
	bool answered = json_is_object(json_object_get(source, "estimate"));

	return answered ? (int)json_int_of(source, "stratum", 0) : 16;
}

static double delay_ns(const json_t *source)
{
	return json_real_of(json_object_get(source, "ntp"), "delay_ns", 0);
}

static double offset_ns(const json_t *source)
{
	return 0.0 - json_real_of(json_object_get(source, "estimate"), "measured_ns", 0);
}

static double jitter_ns(const json_t *source)
{
	return json_real_of(json_object_get(source, "estimate"), "jitter_ns", 0);
}

/* What has not answered has chronyc's age for that. */
static void print_csv(const struct cli *cli, const json_t *source)
{
	const json_t *estimate = json_object_get(source, "estimate");
	char reference[REFERENCE_MAX];

	text_of_reference(source, reference);
	printf("%c,%s,%s,%d,%c,%u,%lld,%o,%.9f,%.9f,%.9f\n", tally(source),
	       name_of_source(cli, source), reference, stratum_of_source(source),
	       type_of_source(source),
	       json_is_object(estimate) ?
		(unsigned int)(json_int_of(estimate, "age_ns", 0) / NS_PER_S) : UINT32_MAX,
	       (long long)poll_s(source), (unsigned int)json_int_of(source, "reach", 0),
	       delay_ns(source) / 1e9, offset_ns(source) / 1e9, jitter_ns(source) / 1e9);
}

static void print_row(const struct cli *cli, const json_t *source)
{
	const json_t *estimate = json_object_get(source, "estimate");
	char reference[REFERENCE_MAX], passed[NUMBER_MAX], poll[NUMBER_MAX];
	char delay[NUMBER_MAX], offset[NUMBER_MAX], jitter[NUMBER_MAX];

	text_of_reference(source, reference);
	text_of_passed(json_int_of(estimate, "age_ns", 0) / NS_PER_S, passed);
	text_of_passed(poll_s(source), poll);
	text_of_ms(delay_ns(source), delay);
	text_of_ms(offset_ns(source), offset);
	text_of_ms(jitter_ns(source), jitter);
	printf("%c%-15.15s %-15s %2d %c %4.4s %4.4s  %3o %s %s %s\n", tally(source),
	       name_of_source(cli, source), reference, stratum_of_source(source),
	       type_of_source(source), passed, poll,
	       (unsigned int)json_int_of(source, "reach", 0), delay, offset, jitter);
}

static void print(const struct cli *cli, const json_t *reply)
{
	const json_t *source;
	size_t i;

	if (!cli->csv)
		puts(HEADING);
	json_array_foreach(json_object_get(reply, "sources"), i, source) {
		if (!has_row(cli, source))
			continue;
		if (cli->csv)
			print_csv(cli, source);
		else
			print_row(cli, source);
	}
}

int verb_peers(const struct cli *cli)
{
	return client_report(cli, "sources", print);
}
