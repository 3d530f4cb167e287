// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime sourcestats: what the samples of each time source say, in chronyc's columns.
 */
#include <math.h>

#include "cli/cli.h"

static void print_legend(void)
{
	puts("                             .- Number of sample points in measurement set.\n"
	     "                            /    .- Number of residual runs with same sign.\n"
	     "                           |    /    .- Length of measurement set (time).\n"
	     "                           |   |    /\n"
	     "                           |   |   |      .- Est. clock freq error (ppm).\n"
	     "                           |   |   |     /           .- Est. error in freq.\n"
	     "                           |   |   |    |           /         .- Est. offset.\n"
	     "                           |   |   |    |          |          |   On the -.\n"
	     "                           |   |   |    |          |          |   samples. \\\n"
	     "                           |   |   |    |          |          |             |");
}

static void print_row(const struct cli *cli, const json_t *source, int width)
{
	const json_t *estimate = json_object_get(source, "estimate");

	printf("%-*s ", width, name_of_source(cli, source));
	if (!json_is_object(estimate)) {
		/* chronyc's row of a source without a sample. */
		puts("  0   0     0     +0.000   2000.000     +0ns  4000ms");
		return;
	}
	printf("%3d %3d  %s %s %s  %s  %s\n", (int)json_int_of(estimate, "samples", 0),
	       (int)json_int_of(estimate, "runs", 0),
	       interval_column(json_seconds_of(estimate, "span_s")).text,
	       signed_ppm_column(json_real_of(estimate, "frequency_ppb", 0) / 1e3).text,
	       ppm_column(json_real_of(estimate, "skew_ppb", 0) / 1e3).text,
	       signed_ns_column(json_real_of(estimate, "offset_ns", 0)).text,
	       ns_column(json_real_of(estimate, "jitter_ns", NAN)).text);
}

/* Without a sample: chronyc's. */
static void print_csv(const struct cli *cli, const json_t *source)
{
	const json_t *estimate = json_object_get(source, "estimate");
	bool known = json_is_object(estimate);

	printf("%s,%d,%d,%lld,%.3f,%.3f,%.9f,%.9f\n", name_of_source(cli, source),
	       (int)json_int_of(estimate, "samples", 0), (int)json_int_of(estimate, "runs", 0),
	       (long long)json_seconds_of(estimate, "span_s"),
	       rounded(json_real_of(estimate, "frequency_ppb", 0) / 1e3, 1e-3),
	       known ? json_real_of(estimate, "skew_ppb", 0) / 1e3 : 2000.0,
	       seconds_of_ns(estimate, "offset_ns"),
	       known ? seconds_of_ns(estimate, "jitter_ns") : 4.0);
}

static const struct source_table table = {
	.name_heading = "Name/IP Address",
	.name_width = 25,
	.heading = "            NP  NR  Span  Frequency  Freq Skew  Offset  Std Dev",
	.width = 78,
	.print_legend = print_legend,
	.print_row = print_row,
	.print_csv = print_csv,
};

static void print(const struct cli *cli, const json_t *reply)
{
	print_source_table(cli, json_object_get(reply, "sources"), &table);
}

int verb_sourcestats(const struct cli *cli)
{
	return client_report(cli, "sources", print);
}
