// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime selectdata: what became of each time source in the selection, in chronyc's columns.
 */
#include "cli/cli.h"

static void print_legend(void)
{
	puts("  . State: N - noselect, M - missing samples, d/D - large distance,\n"
	     " /         ~ - too variable, W - waits for others, S - stale,\n"
	     "|          O - orphan, P - not preferred, x - falseticker,\n"
	     "|          + - combined, * - best.\n"
	     "|   Effective options   ---------.  (N - noselect, P - prefer\n"
	     "|   Configured options  ----.     \\  T - trust, R - require)\n"
	     "|   Auth. enabled (Y/N) -.   \\     \\     Offset interval --.\n"
	     "|                        |    |     |                       |");
}

/* The options, which here are also the effective ones: authselectmode changes the options. */
static void text_of_options(const json_t *selection, char text[6])
{
	snprintf(text, 6, "%c%c%c%c-", json_bool_of(selection, "noselect") ? 'N' : '-',
		 json_bool_of(selection, "prefer") ? 'P' : '-',
		 json_bool_of(selection, "trust") ? 'T' : '-',
		 json_bool_of(selection, "require") ? 'R' : '-');
}

static void print_row(const struct cli *cli, const json_t *source)
{
	const json_t *selection = json_object_get(source, "selection");
	char options[6];

	text_of_options(selection, options);
	printf("%s %-25s %c %s %s ", json_text_of(selection, "letter"), name_of_source(cli, source),
	       json_bool_of(source, "authenticated") ? 'Y' : 'N', options, options);
	print_interval(json_int_of(selection, "age_ns", 0) / 1000000000);
	/* The best one is selected anew at each update, so no source has a better score. */
	printf(" %5.1f ", 1.0);
	print_signed_ns(json_real_of(selection, "low_ns", 0));
	putchar(' ');
	print_signed_ns(json_real_of(selection, "high_ns", 0));
	printf("  %s\n", name_of_leap(json_text_of(selection, "leap"), true));
}

static void print_csv(const struct cli *cli, const json_t *source)
{
	const json_t *selection = json_object_get(source, "selection");
	char options[6];
	int round;

	text_of_options(selection, options);
	printf("%s,%s,%c", json_text_of(selection, "letter"), name_of_source(cli, source),
	       json_bool_of(source, "authenticated") ? 'Y' : 'N');
	for (round = 0; round < 2; round++)
		for (const char *option = options; *option; option++)
			printf(",%c", *option);
	printf(",%lld,1.0,%.9f,%.9f,%s\n",
	       (long long)(json_int_of(selection, "age_ns", 0) / 1000000000),
	       json_real_of(selection, "low_ns", 0) / 1e9,
	       json_real_of(selection, "high_ns", 0) / 1e9,
	       name_of_leap(json_text_of(selection, "leap"), false));
}

static void print(const struct cli *cli, const json_t *reply)
{
	const json_t *sources = json_object_get(reply, "sources"), *source;
	size_t i;

	if (!cli->csv && cli->verbose)
		print_legend();
	if (!cli->csv)
		puts("S Name/IP Address        Auth COpts EOpts Last Score     Interval  Leap\n"
		     "=======================================================================");
	json_array_foreach(sources, i, source) {
		if (!cli->csv)
			print_row(cli, source);
		else if (has_row(cli, source))
			print_csv(cli, source);
	}
}

int verb_selectdata(const struct cli *cli)
{
	return client_report(cli, "sources", print);
}
