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

struct options {
	char configured[6];
	char effective[6];	/* as authselectmode has them */
};

static void text_of_options(const json_t *options, bool prefer, char text[6])
{
	snprintf(text, 6, "%c%c%c%c-", json_bool_of(options, "noselect") ? 'N' : '-',
		 prefer ? 'P' : '-', json_bool_of(options, "trust") ? 'T' : '-',
		 json_bool_of(options, "require") ? 'R' : '-');
}

static void options_of(const json_t *selection, struct options *options)
{
	bool prefer = json_bool_of(selection, "prefer");

	text_of_options(json_object_get(selection, "configured"), prefer, options->configured);
	text_of_options(selection, prefer, options->effective);
}

static void print_row(const struct cli *cli, const json_t *source, int width)
{
	const json_t *selection = json_object_get(source, "selection");
	struct options options;

	options_of(selection, &options);
	/* The best one is selected anew at each update, so no source has a better score. */
	printf("%s %-*s %c %s %s %s %5.1f %s %s  %s\n", json_text_of(selection, "letter"), width,
	       name_of_source(cli, source), json_bool_of(source, "authenticated") ? 'Y' : 'N',
	       options.configured, options.effective,
	       interval_column(json_int_of(selection, "age_ns", 0) / 1000000000).text, 1.0,
	       signed_ns_column(json_real_of(selection, "low_ns", 0)).text,
	       signed_ns_column(json_real_of(selection, "high_ns", 0)).text,
	       name_of_leap(json_text_of(selection, "leap"), true));
}

static void print_csv(const struct cli *cli, const json_t *source)
{
	const json_t *selection = json_object_get(source, "selection");
	struct options options;

	options_of(selection, &options);
	printf("%s,%s,%c", json_text_of(selection, "letter"), name_of_source(cli, source),
	       json_bool_of(source, "authenticated") ? 'Y' : 'N');
	for (const char *option = options.configured; *option; option++)
		printf(",%c", *option);
	for (const char *option = options.effective; *option; option++)
		printf(",%c", *option);
	printf(",%lld,1.0,%.9f,%.9f,%s\n",
	       (long long)(json_int_of(selection, "age_ns", 0) / 1000000000),
	       seconds_of_ns(selection, "low_ns"), seconds_of_ns(selection, "high_ns"),
	       name_of_leap(json_text_of(selection, "leap"), false));
}

static const struct source_table table = {
	.name_heading = "S Name/IP Address",
	.name_width = 25,
	.heading = "        Auth COpts EOpts Last Score     Interval  Leap",
	.width = 71,
	.print_legend = print_legend,
	.print_row = print_row,
	.print_csv = print_csv,
};

static void print(const struct cli *cli, const json_t *reply)
{
	print_source_table(cli, json_object_get(reply, "sources"), &table);
}

int verb_selectdata(const struct cli *cli)
{
	return client_report(cli, "sources", print);
}
