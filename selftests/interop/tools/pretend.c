// SPDX-License-Identifier: GPL-2.0-only
/*
 * For LD_PRELOAD: a program that steers the system clock believes that it does, and nothing happens
 * to the clock, which is right already. Without that it would only observe, and so be no server.
 * A step is refused. What was asked for goes to the file that the environment names by PRETEND_LOG,
 * if it does: "SECONDS start", "SECONDS rate RATE", "SECONDS step STEP_S". Programs that have one
 * file as PRETEND_CLOCK believe that they have one clock: what is set of it is kept in there.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

/* What was set: by this program, or in the file by all that share it. */
static struct timex own = { .tick = 10000, .status = STA_UNSYNC, .maxerror = 16000000 };
static struct timex *kept = &own;

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

/* Who comes first fills the file. */
static void share(const char *path)
{
	int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct timex *shared;

	if (file < 0 || (!lseek(file, 0, SEEK_END) &&
			 write(file, &own, sizeof(own)) != (ssize_t)sizeof(own)))
		abort();
	shared = mmap(NULL, sizeof(own), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	if (shared == MAP_FAILED)
		abort();
	close(file);
	kept = shared;
}

static void __attribute__((constructor)) begin(void)
{
	const char *path = getenv("PRETEND_CLOCK");

	if (path)
		share(path);
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
		       (double)kept->freq / 65536e6 + (double)(kept->tick - 10000) / 10000);
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
		kept->freq = tx->freq;
	if (tx->modes & ADJ_TICK)
		kept->tick = tx->tick;
	if (tx->modes & (ADJ_FREQUENCY | ADJ_TICK))
		note_rate();
	if (tx->modes & ADJ_MAXERROR)
		kept->maxerror = tx->maxerror;
	if (tx->modes & ADJ_ESTERROR)
		kept->esterror = tx->esterror;
	if (tx->modes & ADJ_STATUS)
		kept->status = tx->status;
	if (tx->modes & ADJ_TAI)
		kept->tai = (int)tx->constant;
	clock_gettime(clock, &now);
	*tx = *kept;
	tx->precision = 1;
	tx->tolerance = 500 << 16;
	tx->time.tv_sec = now.tv_sec;
	tx->time.tv_usec = kept->status & STA_NANO ? now.tv_nsec : now.tv_nsec / 1000;

	return kept->status & STA_UNSYNC ? TIME_ERROR : TIME_OK;
}

int adjtimex(struct timex *tx)
{
	return clock_adjtime(CLOCK_REALTIME, tx);
}

int ntp_adjtime(struct timex *tx)
{
	return clock_adjtime(CLOCK_REALTIME, tx);
}

int ntp_gettimex(struct ntptimeval *now)
{
	struct timex tx = { .modes = 0 };
	int state = clock_adjtime(CLOCK_REALTIME, &tx);

	*now = (struct ntptimeval){ .time = tx.time, .maxerror = tx.maxerror,
				    .esterror = tx.esterror, .tai = tx.tai };
	return state;
}

/* A slew by so much. */
int adjtime(const struct timeval *delta, struct timeval *left)
{
	(void)delta;
	if (left)
		*left = (struct timeval){ 0, 0 };
	return 0;
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
