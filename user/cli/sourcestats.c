// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime sourcestats: what the samples of each time source say, in chronyc's columns. NR, the
 * number of runs of residuals, is chrony's own statistic: there is none here.
 */
#include <math.h>

#include "cli/cli.h"

static void print_legend(void)
{
	puts("                             .- Number of sample points in measurement set.\n"
	     "                            /    .- (chrony's runs test; not used here).\n"
	     "                           |    /    .- Length of measurement set (time).\n"
	     "                           |   |    /\n"
	     "                           |   |   |      .- Est. clock freq error (ppm).\n"
	     "                           |   |   |     /           .- Est. error in freq.\n"
	     "                           |   |   |    |           /         .- Est. offset.\n"
	     "                           |   |   |    |          |          |   On the -.\n"
	     "                           |   |   |    |          |          |   samples. \\\n"
	     "                           |   |   |    |          |          |             |");
}

static void print_row(const struct cli *cli, const json_t *source)
{
	const json_t *estimate = json_object_get(source, "estimate");

	printf("%-25s ", name_of_source(cli, source));
	if (!json_is_object(estimate)) {
		/* chronyc's row of a source without a sample. */
		puts("  0   0     0     +0.000   2000.000     +0ns  4000ms");
		return;
	}
	printf("%3d   -  ", (int)json_int_of(estimate, "samples", 0));
	print_interval(json_seconds_of(estimate, "span_s"));
	putchar(' ');
	print_signed_ppm(json_real_of(estimate, "frequency_ppb", 0) / 1e3);
	putchar(' ');
	print_ppm(json_real_of(estimate, "skew_ppb", 0) / 1e3);
	printf("  ");
	print_signed_ns(json_real_of(estimate, "offset_ns", 0));
	printf("  ");
	print_ns(json_real_of(estimate, "jitter_ns", NAN));
	putchar('\n');
}

static void print(const struct cli *cli, const json_t *reply)
{
	const json_t *source;
	size_t i;

	if (cli->verbose)
		print_legend();
	puts("Name/IP Address            NP  NR  Span  Frequency  Freq Skew  Offset  Std Dev\n"
	     "==============================================================================");
	json_array_foreach(json_object_get(reply, "sources"), i, source)
		print_row(cli, source);
}

int verb_sourcestats(const struct cli *cli)
{
	return client_report(cli, "sources", print);
}
