// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime settime: the operator tells the time, on a machine that nothing else does; as chronyc's
 * settime and manual.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/typed_time.h"
#include "lib/clock_ns.h"
#include "lib/names.h"
#include "lib/split_words.h"
#include "lib/time_units.h"

/* The most that people add to the time between their watch and the Enter key. */
#define REACTION_NS	NS_PER_S

/* The daemon takes no greater one. */
#define WITHIN_MOST_S	86400

static void print_rate(const json_t *reply)
{
	double bound_ppm = json_real_of(reply, "frequency_bound_ppb", 0) / 1e3;
	const struct duration_text day = duration_text((int64_t)(bound_ppm * 1e-6 * 86400e9));

	if (json_bool_of(reply, "contradictory"))
		printf("%s\n",
		       "No rate of the clock fits all the times that were set, so one of them is wrong. To find it: truechime settime list");
	if (json_bool_of(reply, "learned"))
		printf("By the times that were set its frequency is %.3f ppm to %.3f, %s a day.\n",
		       json_real_of(reply, "frequency_ppb", 0) / 1e3, bound_ppm, day.text);
	else
		printf("Its frequency is known to %.0f ppm: the error may grow by %s a day. %s\n",
		       bound_ppm, day.text, "To have it learned, set the time again in some days.");
}

static void print_set(const struct cli *cli, const json_t *reply)
{
	int64_t error_ns = json_int_of(reply, "error_ns", 0);

	(void)cli;
	printf("The clock was %s %s, and %s. It is right to within %s, by your word.\n",
	       duration_text(llabs(error_ns)).text, error_ns < 0 ? "fast" : "slow",
	       json_bool_of(reply, "stepped") ? "was set" :
	       "is slewed, as the step policy forbids a step",
	       duration_text(json_int_of(reply, "bound_ns", 0)).text);
	print_rate(reply);
}

static void print_entry(size_t index, const json_t *entry)
{
	printf("%2zu  %s  %10.2f  %10.2f  %10.2f  %10.2f\n", index,
	       utc_column(json_seconds_of(entry, "time_s"), "%d%b%y  %H:%M:%S").text,
	       seconds_of_ns(entry, "slewed_ns"), seconds_of_ns(entry, "original_ns"),
	       seconds_of_ns(entry, "residual_ns"), seconds_of_ns(entry, "bound_ns"));
}

static void print_list(const struct cli *cli, const json_t *reply)
{
	const json_t *entries = json_object_get(reply, "entries");

	if (cli->verbose)
		puts("Slewed: how far the clock, as it is corrected now, was ahead then\n"
		     "Original: how far it was ahead. Residual: the same of the line through all\n"
		     "Bound: by which what was typed may be wrong. All in seconds\n");
	puts(" #  Date     Time (UTC)    Slewed    Original    Residual       Bound\n"
	     "=====================================================================");
	for (size_t i = 0; i < json_array_size(entries); i++)
		print_entry(i, json_array_get(entries, i));
}

static void print_left(const struct cli *cli, const json_t *reply)
{
	(void)cli;
	printf("Times that were set and are remembered: %d.\n",
	       (int)json_int_of(reply, "entries", 0));
}

static int usage(void)
{
	fputs("truechime: settime takes a time, as " TYPED_TIME_FORMS
	      ", and how wrong it may be, as \"within 0.5\" (seconds); or list, delete NUMBER, or reset\n",
	      stderr);
	return CLI_ERROR;
}

/* "within 0.5" at the end of the words, as ns; 0: it is not there; -1: it was said why not. */
static int64_t take_within(int *argc, char **argv)
{
	double s;
	char *end;

	if (*argc < 3 || strcmp(argv[*argc - 2], "within"))
		return 0;
	s = strtod(argv[*argc - 1], &end);
	*argc -= 2;
	if (*end || end == argv[*argc + 1] || !(s > 0 && s <= WITHIN_MOST_S)) {
		user_err("\"within\" takes how many seconds the time may be wrong by, more than 0 and %d at most, as \"within 0.5\", not \"%s\"",
			 WITHIN_MOST_S, argv[*argc + 1]);
		return -1;
	}

	return (int64_t)ceil(s * (double)NS_PER_S);
}

static int set_time(const struct cli *cli, int argc, char **argv)
{
	/* The daemon may be busy for a while, in which it becomes later. */
	int64_t raw_ns = clock_ns(CLOCK_MONOTONIC_RAW), within_ns = take_within(&argc, argv);
	char text[128], request[96], *words = request;
	struct typed_time typed;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (within_ns < 0)
		return CLI_ERROR;
	/* What has no room is no time. */
	if (!join_words(argv, argc, text, sizeof(text)) ||
	    typed_time_parse(text, now.tv_sec, &typed) < 0) {
		user_err("\"%s\" is no time", text);
		return usage();
	}
	if (!within_ns)
		within_ns = typed.unit_ns + REACTION_NS;
	snprintf(request, sizeof(request), "set %lld %lld %lld", (long long)typed.utc_ns,
		 (long long)within_ns, (long long)raw_ns);

	return client_report_with(cli, "settime", 1, &words, print_set);
}

int verb_settime(const struct cli *cli, int argc, char **argv)
{
	if (argc < 1)
		return usage();
	if (argc == 1 && !strcmp(argv[0], "list"))
		return client_report_with(cli, "settime", argc, argv, print_list);
	if ((argc == 1 && !strcmp(argv[0], "reset")) ||
	    (argc == 2 && !strcmp(argv[0], "delete")))
		return client_report_with(cli, "settime", argc, argv, print_left);

	return set_time(cli, argc, argv);
}
