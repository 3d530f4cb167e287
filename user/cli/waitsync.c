// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime waitsync: wait until the system clock is synchronised, with chronyc's arguments.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "cli/cli.h"
#include "lib/clock_ns.h"

/* Between two checks, unless the command line says otherwise (as in chronyc). */
#define WAITSYNC_INTERVAL_S	10

/* A shorter one would only be work (as in chronyc). */
#define WAITSYNC_INTERVAL_MIN_S	0.1

/**
 * struct waitsync - what is waited for
 * @tries: checks at most, 0: without limit; negative: one, as with chronyc
 * @correction_s: what may be left of the system clock's error, 0: anything; negative: nothing is
 *	little enough
 * @skew_ppm: how well its frequency is to be known, 0: anyhow; negative: likewise
 * @interval_s: between checks
 */
struct waitsync {
	double tries;
	double correction_s;
	double skew_ppm;
	double interval_s;
};

static int waitsync_parse(int argc, char **argv, struct waitsync *wait)
{
	double *const places[] = {
		&wait->tries, &wait->correction_s, &wait->skew_ppm, &wait->interval_s,
	};
	char *end;
	int i;

	if (argc > 4)
		return -EINVAL;
	for (i = 0; i < argc; i++) {
		*places[i] = strtod(argv[i], &end);
		if (end == argv[i] || *end || !isfinite(*places[i]) || fabs(*places[i]) > 1e9)
			return -EINVAL;
	}
	return 0;
}

/* Why the daemon was not asked. */
static const char *waitsync_failed(int err)
{
	switch (err) {
	case -ECONNREFUSED:
		return "the daemon truechimed is not running";
	case -EIDRM:
		return "the daemon truechimed is running, but its socket was removed";
	case -EACCES:
		return "the daemon truechimed may not be asked: permission denied";
	}
	return "the daemon truechimed does not answer";
}

/* One check, reported in the form of chronyc. Why the wait goes on; NULL: it is over. */
static const char *waitsync_check(const struct cli *cli, const struct waitsync *wait,
				  int number)
{
	double correction_s = 0, skew_ppm = 0;
	bool synchronised = false;
	json_t *reply = NULL;
	uint32_t refid = 0;
	int err;

	err = client_ask(cli, "tracking", &reply);
	if (!err) {
		synchronised = json_bool_of(reply, "synchronised");
		refid = (uint32_t)json_int_of(reply, "refid", 0);
		correction_s = fabs(json_real_of(reply, "offset_ns", 0)) / 1e9;
		skew_ppm = json_real_of(reply, "skew_ppb", INFINITY) / 1e3;
	}
	json_decref(reply);
	if (!cli->json)
		printf(cli->csv ? "%d,%08X,%.9f,%.3f\n" :
		       "try: %d, refid: %08X, correction: %.9f, skew: %.3f\n", number, refid,
		       correction_s, isfinite(skew_ppm) ? skew_ppm : 0.0);
	fflush(stdout);
	if (err)
		return waitsync_failed(err);
	if (!synchronised)
		return "the clock is not synchronised";
	if (wait->correction_s != 0 && correction_s > wait->correction_s)
		return "the clock is synchronised, but its correction is above the limit";
	if (wait->skew_ppm != 0 && skew_ppm > wait->skew_ppm)
		return "the clock is synchronised, but its skew is above the limit";
	return NULL;
}

/* A daemon that is stuck takes no more of the wait than one that is not. */
static int waitsync_patience(const struct waitsync *wait)
{
	return (int)ceil(fmin(fmax(wait->interval_s, 1), WAITSYNC_INTERVAL_S));
}

/* Seconds of a clock that nobody sets. */
static double waitsync_now(void)
{
	return (double)clock_ns(CLOCK_MONOTONIC) / 1e9;
}

static void waitsync_pause(double s)
{
	struct timespec pause = { .tv_sec = (time_t)s, .tv_nsec = (long)(fmod(s, 1) * 1e9) };

	while (nanosleep(&pause, &pause) && errno == EINTR)
		;
}

int verb_waitsync(const struct cli *cli, int argc, char **argv)
{
	struct waitsync wait = { .interval_s = WAITSYNC_INTERVAL_S };
	struct cli asking = *cli;
	const char *missing;
	double began_s;
	int number;

	if (waitsync_parse(argc, argv, &wait)) {
		fprintf(stderr,
			"truechime: waitsync takes up to four numbers: tries (0: for ever), the largest correction in s and the largest skew in ppm (0: any), and seconds between tries\n");
		return CLI_ERROR;
	}
	asking.answer_s = waitsync_patience(&wait);
	for (number = 1;; number++) {
		began_s = waitsync_now();
		missing = waitsync_check(&asking, &wait, number);
		if (!missing) {
			if (cli->json)
				puts("{\"ok\":true}");
			return CLI_OK;
		}
		if (wait.tries != 0 && number >= wait.tries)
			break;
		waitsync_pause(fmax(fmax(wait.interval_s, WAITSYNC_INTERVAL_MIN_S) -
				    (waitsync_now() - began_s), 0));
	}
	if (cli->json)
		puts("{\"ok\":false}");
	fprintf(stderr, "truechime: %s. See: truechime status\n", missing);
	return CLI_NOT;
}
