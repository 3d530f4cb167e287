// SPDX-License-Identifier: GPL-2.0-only
/*
 * For LD_PRELOAD: a program that steers the system clock believes that it does, and nothing happens
 * to the clock, which is right already. Without that it would only observe, and so be no server.
 * A step is refused. What was asked for goes to the file that the environment names by PRETEND_LOG,
 * if it does: "SECONDS start", "SECONDS rate RATE", "SECONDS step STEP_S".
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>

/* What the program has set. */
static struct timex kept = { .tick = 10000, .status = STA_UNSYNC, .maxerror = 16000000 };

static void note(const char *what)
{
	static FILE *file;
	struct timespec now;

	if (!file && getenv("PRETEND_LOG"))
		file = fopen(getenv("PRETEND_LOG"), "ae");
	if (!file)
		return;
	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	(void)fprintf(file, "%lld.%09ld %s\n", (long long)now.tv_sec, now.tv_nsec, what);
	(void)fflush(file);
}

static void __attribute__((constructor)) note_start(void)
{
	note("start");
}

static void note_step(double step_s)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "step %.9f", step_s);
	note(text);
}

static void note_rate(void)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "rate %.12f",
		       (double)kept.freq / 65536e6 + (double)(kept.tick - 10000) / 10000);
	note(text);
}

int clock_adjtime(clockid_t clock, struct timex *tx)
{
	struct timespec now;

	if (tx->modes & ADJ_SETOFFSET) {
		note_step((double)tx->time.tv_sec + (double)tx->time.tv_usec /
			  (tx->modes & ADJ_NANO ? 1e9 : 1e6));
		errno = EPERM;
		return -1;
	}
	if (tx->modes & ADJ_FREQUENCY)
		kept.freq = tx->freq;
	if (tx->modes & ADJ_TICK)
		kept.tick = tx->tick;
	if (tx->modes & (ADJ_FREQUENCY | ADJ_TICK))
		note_rate();
	if (tx->modes & ADJ_MAXERROR)
		kept.maxerror = tx->maxerror;
	if (tx->modes & ADJ_ESTERROR)
		kept.esterror = tx->esterror;
	if (tx->modes & ADJ_STATUS)
		kept.status = tx->status;
	if (tx->modes & ADJ_TAI)
		kept.tai = (int)tx->constant;
	clock_gettime(clock, &now);
	*tx = kept;
	tx->precision = 1;
	tx->tolerance = 500 << 16;
	tx->time.tv_sec = now.tv_sec;
	tx->time.tv_usec = kept.status & STA_NANO ? now.tv_nsec : now.tv_nsec / 1000;

	return kept.status & STA_UNSYNC ? TIME_ERROR : TIME_OK;
}

int ntp_adjtime(struct timex *tx)
{
	return clock_adjtime(CLOCK_REALTIME, tx);
}

int clock_settime(clockid_t clock, const struct timespec *time)
{
	struct timespec now;

	clock_gettime(clock, &now);
	note_step((double)(time->tv_sec - now.tv_sec) +
		  (double)(time->tv_nsec - now.tv_nsec) / 1e9);
	errno = EPERM;

	return -1;
}
