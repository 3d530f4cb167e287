// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime waitsync: wait until the system clock is synchronised, with chronyc's arguments, or
 * until its error is bounded by what is given.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <sys/timex.h>
#include <time.h>

#include "cli/cli.h"
#include "lib/clock_ns.h"
#include "lib/names.h"
#include "lib/user_err.h"

/* Between two checks, unless the command line says otherwise (as in chronyc). */
#define WAITSYNC_INTERVAL_S	10

/* A shorter one would only be work (as in chronyc). */
#define WAITSYNC_INTERVAL_MIN_S	0.1

/* Between two checks of the bound. */
#define BOUND_INTERVAL_S	0.25

/* How long the daemon may take then for an answer, as with truechime check. */
#define BOUND_ANSWER_S		5

#define NOT_SYNCHRONISED	"the clock is not synchronised"

/* Room for what is missing. */
#define MISSING_TEXT_MAX	160

/**
 * struct waitsync - what is waited for
 * @by_bound: for the bound of the clock's error, and not for chronyc's numbers
 * @tries: checks at most, 0: without limit; negative: one, as with chronyc
 * @correction_s: what may be left of the system clock's error, 0: anything; negative: nothing is
 *	little enough
 * @skew_ppm: how well its frequency is to be known, 0: anyhow; negative: likewise
 * @interval_s: between checks
 * @within_ns: how wrong the clock may be at most, 0: any bound is good enough
 * @deadline_s: when to give up, by waitsync_now(); INFINITY: never
 */
struct waitsync {
	bool by_bound;
	double tries;
	double correction_s;
	double skew_ppm;
	double interval_s;
	int64_t within_ns;
	double deadline_s;
};

/**
 * struct waitsync_answer - what the daemon says
 * @err: why it was not asked, -errno; then all else is empty
 * @synchronised: the clock is
 * @refid: of what it follows
 * @correction_s: what is left of its measured error, unsigned
 * @skew_ppm: how well its frequency is known; INFINITY: it is not yet; 0: nothing measures it
 * @maxerror_ns: the bound of its error; -1: none is known
 */
struct waitsync_answer {
	int err;
	bool synchronised;
	uint32_t refid;
	double correction_s;
	double skew_ppm;
	int64_t maxerror_ns;
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

/*
 * With a host's clock alone, or once no source is left, the frequency is measured by nobody, and
 * nothing is to be waited for. chronyc is told 0 then. A source that is followed shows it soon.
 */
static double skew_of(const json_t *reply)
{
	double unknown = *json_text_of(reply, "name") ? INFINITY : 0;

	return json_real_of(reply, "skew_ppb", unknown) / 1e3;
}

/* Ask for @answer: once, so that all of it is of one instant. */
static void waitsync_ask(const struct cli *cli, struct waitsync_answer *answer)
{
	json_t *reply = NULL;

	*answer = (struct waitsync_answer){ .maxerror_ns = -1 };
	answer->err = client_ask(cli, "tracking", &reply);
	if (!answer->err) {
		answer->synchronised = json_bool_of(reply, "synchronised");
		answer->refid = (uint32_t)json_int_of(reply, "refid", 0);
		answer->correction_s = fabs(json_real_of(reply, "offset_ns", 0)) / 1e9;
		answer->skew_ppm = skew_of(reply);
		answer->maxerror_ns = json_int_of(reply, "maxerror_ns", -1);
	}
	json_decref(reply);
}

/* In the form of chronyc, with the bound behind that where it may be waited for. */
static void waitsync_print(const struct cli *cli, const struct waitsync *wait,
			   const struct waitsync_answer *answer, int number)
{
	char bound[32] = "unknown";

	if (cli->json)
		return;
	printf(cli->csv ? "%d,%08X,%.9f,%.3f" :
	       "try: %d, refid: %08X, correction: %.9f, skew: %.3f", number, answer->refid,
	       answer->correction_s, isfinite(answer->skew_ppm) ? answer->skew_ppm : 0.0);
	if (answer->maxerror_ns >= 0)
		snprintf(bound, sizeof(bound), "%.9f", (double)answer->maxerror_ns / 1e9);
	if (wait->by_bound)
		printf(cli->csv ? ",%s" : ", maximum error: %s", bound);
	putchar('\n');
	fflush(stdout);
}

/*
 * What every program reads. A disruption marks the clock there before the daemon is told of it. A
 * sandbox may forbid to read that (ProtectClock= of systemd); then the daemon's word has to do.
 */
static bool kernel_calls_it_unsynchronised(void)
{
	struct timex tx = { .modes = 0 };

	return clock_adjtime(CLOCK_REALTIME, &tx) >= 0 && (tx.status & STA_UNSYNC);
}

static const char *waitsync_missing_numbers(const struct waitsync *wait,
					    const struct waitsync_answer *answer)
{
	if (wait->correction_s != 0 && answer->correction_s > wait->correction_s)
		return "the clock is synchronised, but its correction is above the limit";
	if (wait->skew_ppm != 0 && answer->skew_ppm > wait->skew_ppm)
		return "the clock is synchronised, but its skew is above the limit";
	return NULL;
}

static const char *waitsync_missing_bound(const struct waitsync *wait,
					  const struct waitsync_answer *answer,
					  char text[MISSING_TEXT_MAX])
{
	if (kernel_calls_it_unsynchronised())
		return NOT_SYNCHRONISED;
	if (!wait->within_ns)
		return NULL;
	if (answer->maxerror_ns < 0)
		return "the clock is synchronised, but it is not known how wrong it may be";
	if (answer->maxerror_ns <= wait->within_ns)
		return NULL;
	snprintf(text, MISSING_TEXT_MAX,
		 "the clock is synchronised, but only known to be right to within %s, more than %s",
		 duration_text(answer->maxerror_ns).text, duration_text(wait->within_ns).text);

	return text;
}

/* Why the wait goes on, maybe in @text; NULL: it is over. */
static const char *waitsync_missing(const struct waitsync *wait,
				    const struct waitsync_answer *answer,
				    char text[MISSING_TEXT_MAX])
{
	if (answer->err)
		return waitsync_failed(answer->err);
	if (!answer->synchronised)
		return NOT_SYNCHRONISED;

	return wait->by_bound ? waitsync_missing_bound(wait, answer, text) :
				waitsync_missing_numbers(wait, answer);
}

/* --- The wait --- */

/*
 * A daemon that is stuck takes no more of the wait than one that is not; of one that has an end, no
 * more than is left.
 */
static int waitsync_patience(const struct waitsync *wait, double now_s)
{
	double most_s = wait->by_bound ? fmin(wait->deadline_s - now_s, BOUND_ANSWER_S) :
					 fmin(wait->interval_s, WAITSYNC_INTERVAL_S);

	return (int)ceil(fmax(most_s, 1));
}

/* Seconds of a clock that nobody sets. */
static double waitsync_now(void)
{
	return (double)clock_ns(CLOCK_MONOTONIC) / 1e9;
}

/* Until the next check, one interval after that which @began_s; one is at the very end. */
static void waitsync_pause(const struct waitsync *wait, double began_s)
{
	double now_s = waitsync_now();
	double next_s = began_s + fmax(wait->interval_s, WAITSYNC_INTERVAL_MIN_S);
	double s = fmax(fmin(next_s, wait->deadline_s) - now_s, 0);
	struct timespec pause = { .tv_sec = (time_t)s, .tv_nsec = (long)(fmod(s, 1) * 1e9) };

	while (nanosleep(&pause, &pause) && errno == EINTR)
		;
}

/* Once for each reason: lines of zeros alone leave who waits guessing. */
static void waitsync_say_failed(int err, int before)
{
	if (err && err != before)
		fprintf(stderr, "truechime: %s; it is waited for. See: truechime doctor\n",
			waitsync_failed(err));
}

/* NULL: the clock is as was asked for; else why it is not, maybe in @text. */
static const char *waitsync_run(const struct cli *cli, const struct waitsync *wait,
				char text[MISSING_TEXT_MAX])
{
	struct waitsync_answer answer;
	struct cli asking = *cli;
	const char *missing;
	int number, err = 0;
	double began_s;

	for (number = 1;; number++) {
		began_s = waitsync_now();
		asking.answer_s = waitsync_patience(wait, began_s);
		waitsync_ask(&asking, &answer);
		waitsync_print(cli, wait, &answer, number);
		missing = waitsync_missing(wait, &answer, text);
		if (!missing || (wait->tries != 0 && number >= wait->tries) ||
		    waitsync_now() >= wait->deadline_s)
			return missing;
		waitsync_say_failed(answer.err, err);
		err = answer.err;
		waitsync_pause(wait, began_s);
	}
}

int verb_waitsync(const struct cli *cli, int argc, char **argv)
{
	struct waitsync wait = { .interval_s = WAITSYNC_INTERVAL_S, .deadline_s = INFINITY };
	char text[MISSING_TEXT_MAX];
	const char *missing;

	wait.by_bound = cli->within_ns || cli->timeout_ns;
	if (wait.by_bound && argc) {
		user_err("waitsync takes either --within and --timeout, or chronyc's numbers (TRIES CORRECTION SKEW INTERVAL)");
		return CLI_ERROR;
	}
	if (waitsync_parse(argc, argv, &wait)) {
		fprintf(stderr,
			"truechime: waitsync takes up to four numbers: tries (0: for ever), the largest correction in s and the largest skew in ppm (0: any), and seconds between tries\n");
		return CLI_ERROR;
	}
	if (wait.by_bound) {
		wait.interval_s = BOUND_INTERVAL_S;
		wait.within_ns = cli->within_ns;
	}
	if (cli->timeout_ns)
		wait.deadline_s = waitsync_now() + (double)cli->timeout_ns / 1e9;
	missing = waitsync_run(cli, &wait, text);
	if (cli->json)
		puts(missing ? "{\"ok\":false}" : "{\"ok\":true}");
	if (!missing)
		return CLI_OK;
	fprintf(stderr, "truechime: %s. See: truechime status\n", missing);

	return CLI_NOT;
}
