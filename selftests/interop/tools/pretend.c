// SPDX-License-Identifier: GPL-2.0-only
/*
 * For LD_PRELOAD: a program that steers the system clock believes that it does, and nothing happens
 * to the clock, which is right already. Without that it would only observe, and so be no server.
 * A step is refused.
 */
#include <errno.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>

/* What the program has set. */
static struct timex kept = { .tick = 10000, .status = STA_UNSYNC, .maxerror = 16000000 };

int clock_adjtime(clockid_t clock, struct timex *tx)
{
	struct timespec now;

	if (tx->modes & ADJ_SETOFFSET) {
		errno = EPERM;
		return -1;
	}
	if (tx->modes & ADJ_FREQUENCY)
		kept.freq = tx->freq;
	if (tx->modes & ADJ_TICK)
		kept.tick = tx->tick;
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

int clock_settime(clockid_t clock, const struct timespec *time)
{
	(void)clock;
	(void)time;
	errno = EPERM;

	return -1;
}
