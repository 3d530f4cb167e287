// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime tracking: the system clock's offset, frequency and errors, under chronyc's names.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "lib/names.h"

/* What is followed: a source, or else the letters of the reference id. */
static const char *name_of_followed(const struct cli *cli, const json_t *reply,
				    struct refid_text *letters)
{
	*letters = refid_text((uint32_t)json_int_of(reply, "refid", 0));
	return *json_text_of(reply, "name") ? name_of_source(cli, reply) : letters->text;
}

static void print_reference(const struct cli *cli, const json_t *reply)
{
	uint32_t refid = (uint32_t)json_int_of(reply, "refid", 0);
	struct refid_text letters;

	printf("Reference ID    : %08X (%s)\n", refid, name_of_followed(cli, reply, &letters));
	printf("Stratum         : %d\n", (int)json_int_of(reply, "stratum", 0));
	/* Without a source: 1970, as chronyc has it. */
	printf("Ref time (UTC)  : %s\n",
	       utc_column(json_seconds_of(reply, "ref_time_s"), "%a %b %d %H:%M:%S %Y").text);
}

static void print_seconds(const char *name, double ns)
{
	if (isfinite(ns))
		printf("%-16s: %.9f seconds\n", name, ns / 1e9);
	else
		printf("%-16s: unknown\n", name);
}

static void print_table(const struct cli *cli, const json_t *reply)
{
	double offset_ns = json_real_of(reply, "offset_ns", 0);
	double frequency_ppb = json_real_of(reply, "frequency_ppb", 0);

	print_reference(cli, reply);
	printf("System time     : %.9f seconds %s of NTP time\n", fabs(offset_ns) / 1e9,
	       offset_ns > 0 ? "slow" : "fast");
	printf("Last offset     : %+.9f seconds\n", seconds_of_ns(reply, "last_offset_ns"));
	print_seconds("RMS offset", json_real_of(reply, "rms_offset_ns", 0));
	printf("Frequency       : %.3f ppm %s\n", fabs(frequency_ppb) / 1e3,
	       frequency_ppb > 0 ? "fast" : "slow");
	printf("Residual freq   : %+.3f ppm\n",
	       rounded(json_real_of(reply, "residual_ppb", 0) / 1e3, 1e-3));
	printf("Skew            : %.3f ppm\n", json_real_of(reply, "skew_ppb", 0) / 1e3);
	print_seconds("Root delay", json_real_of(reply, "root_delay_ns", 0));
	print_seconds("Root dispersion", json_real_of(reply, "root_dispersion_ns", 0));
	printf("Update interval : %.1f seconds\n", json_real_of(reply, "update_interval_s", 0));
	printf("Leap status     : %s\n", name_of_leap(json_text_of(reply, "leap"), false));
	print_seconds("Maximum error", json_real_of(reply, "maxerror_ns", NAN));
	print_seconds("Random error", json_real_of(reply, "esterror_ns", NAN));
}

static void print_sentence(const json_t *reply)
{
	if (!*json_text_of(reply, "source"))
		printf("%s\n",
		       "No time source is usable (see truechime sources), so the clock is not being corrected by NTP.\n");
	else if (!json_bool_of(reply, "synchronised"))
		printf("The system clock is %s off and not synchronised.\n\n",
		       duration_text(llabs(json_int_of(reply, "offset_ns", 0))).text);
	else if (json_is_null(json_object_get(reply, "maxerror_ns")))
		printf("The system clock is synchronised to %s; its error bound is not known.\n\n",
		       json_text_of(reply, "source"));
	else
		printf("The system clock is synchronised to %s and right to within %s.\n\n",
		       json_text_of(reply, "source"),
		       duration_text(json_int_of(reply, "maxerror_ns", 0)).text);
}

static void print_csv(const struct cli *cli, const json_t *reply)
{
	struct refid_text letters;

	printf("%08X,%s,%d,%.9f,%.9f,%.9f,%.9f,%.3f,%.3f,%.3f,%.9f,%.9f,%.1f,%s\n",
	       (unsigned int)json_int_of(reply, "refid", 0), name_of_followed(cli, reply, &letters),
	       (int)json_int_of(reply, "stratum", 0), json_real_of(reply, "ref_time_s", 0),
	       seconds_of_ns(reply, "offset_ns"), seconds_of_ns(reply, "last_offset_ns"),
	       seconds_of_ns(reply, "rms_offset_ns"),
	       rounded(json_real_of(reply, "frequency_ppb", 0) / 1e3, 1e-3),
	       rounded(json_real_of(reply, "residual_ppb", 0) / 1e3, 1e-3),
	       json_real_of(reply, "skew_ppb", 0) / 1e3, seconds_of_ns(reply, "root_delay_ns"),
	       seconds_of_ns(reply, "root_dispersion_ns"),
	       json_real_of(reply, "update_interval_s", 0),
	       name_of_leap(json_text_of(reply, "leap"), false));
}

static void print(const struct cli *cli, const json_t *reply)
{
	if (cli->csv) {
		print_csv(cli, reply);
		return;
	}
	print_sentence(reply);
	print_table(cli, reply);
}

int verb_tracking(const struct cli *cli)
{
	return client_report(cli, "tracking", print);
}
