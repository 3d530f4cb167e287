/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine's clocks for tests: raw, realtime, monotonic and boottime are numbers that tests set
 * and run on, and clock_adjtime(2) remembers what it was told; so is the date of the build.
 * Including this file replaces the C library's functions in the test program, so include it in the
 * test alone.
 */
#ifndef FAKE_CLOCK_H
#define FAKE_CLOCK_H

#include "user/clocks/release_date.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>

struct fake_clock {
	int64_t raw_ns;
	int64_t realtime_ns;
	int64_t monotonic_ns;
	int64_t boottime_ns;
	int64_t reading_ns;	/* what each reading takes */
	int stall_at;		/* before this reading from now on, 1 the next; 0: none, ... */
	int64_t stall_ns;	/* ... so much time passes ... */
	int64_t sleep_ns;	/* ... and the machine is suspended for so long */
	long tick_us;
	long freq;
	int status;
	long maxerror_us;
	long esterror_us;
	long offset;		/* what the PLL is still to do ... */
	long adjtime_us;	/* ... and what adjtime(3) is */
	int error;		/* of clock_adjtime: errno, 0: none */
	int no_boottime;
	int tai_s;
	int leap_foreseen;	/* adjtimex tells of a leap that is still to come */
	int leap_state;		/* the kernel's, which an unsynchronised clock hides */
	int adjustments;	/* calls that changed something ... */
	int asked;		/* ... and those that changed nothing */
	int cleared;		/* calls that took STA_UNSYNC away */
	int64_t release_ns;	/* when the program was released */
};

static struct fake_clock fake_clock;

static inline void fake_clock_start(void)
{
	fake_clock = (struct fake_clock){
		.raw_ns = 1000000000000,
		.realtime_ns = 1700000000000000000,
		.monotonic_ns = 1000000000000,
		.boottime_ns = 1000000000000,
		.tick_us = 10000,
		.status = STA_UNSYNC,
		.maxerror_us = 16000000,
	};
	/* Of some other call: one that succeeds leaves it as it is. */
	errno = EIO;
}

/* The kernel lets an inserted second pass: realtime goes back, and TAI does not. */
static inline void fake_clock_leap(void)
{
	fake_clock.realtime_ns -= 1000000000;
	fake_clock.tai_s++;
	fake_clock.leap_foreseen = 0;
	fake_clock.leap_state = TIME_WAIT;
}

/* What was requested of the kernel, and what it has done of that: second_overflow(). */
static inline void fake_clock_set_status(int status)
{
	if (fake_clock.status & ~status & STA_PLL) {
		fake_clock.leap_state = TIME_OK;
		status = STA_UNSYNC;
	}
	if (!(status & (STA_INS | STA_DEL)))
		fake_clock.leap_state = TIME_OK;
	else if (fake_clock.leap_state == TIME_OK)
		fake_clock.leap_state = status & STA_INS ? TIME_INS : TIME_DEL;
	fake_clock.status = status;
}

/* The rate that was commanded. */
static inline double fake_clock_rate(void)
{
	return (double)(fake_clock.tick_us - 10000) / 10000.0 +
	       (double)fake_clock.freq / 65536e6;
}

/* What adjtime(3) does in @raw_ns: 500 ppm at most. */
static inline int64_t fake_clock_adjtime(int64_t raw_ns)
{
	long most_us = raw_ns / 2000000;
	long us = fake_clock.adjtime_us;

	us = us > most_us ? most_us : us < -most_us ? -most_us : us;
	fake_clock.adjtime_us -= us;
	return us * 1000;
}

/* Time goes on by @raw_ns; all other clocks at the commanded rate, errors as the kernel's. */
static inline void fake_clock_run(int64_t raw_ns)
{
	int64_t steered_ns = raw_ns + llround((double)raw_ns * fake_clock_rate()) +
			     fake_clock_adjtime(raw_ns);

	fake_clock.raw_ns += raw_ns;
	fake_clock.realtime_ns += steered_ns;
	fake_clock.monotonic_ns += steered_ns;
	fake_clock.boottime_ns += steered_ns;
	fake_clock.maxerror_us += raw_ns / 1000 / 2000;
}

int64_t release_date_ns(void)
{
	return fake_clock.release_ns;
}

static inline void fake_clock_stall(void)
{
	if (!fake_clock.stall_at || --fake_clock.stall_at)
		return;
	fake_clock.raw_ns += fake_clock.stall_ns;
	fake_clock.realtime_ns += fake_clock.stall_ns + fake_clock.sleep_ns;
	fake_clock.monotonic_ns += fake_clock.stall_ns;
	fake_clock.boottime_ns += fake_clock.stall_ns + fake_clock.sleep_ns;
}

int clock_gettime(clockid_t id, struct timespec *ts)
{
	int64_t ns;

	fake_clock_stall();
	ns = id == CLOCK_REALTIME ? fake_clock.realtime_ns :
	     id == CLOCK_BOOTTIME ? fake_clock.boottime_ns :
	     id == CLOCK_MONOTONIC ? fake_clock.monotonic_ns : fake_clock.raw_ns;

	if (id == CLOCK_BOOTTIME && fake_clock.no_boottime) {
		errno = EINVAL;
		return -1;
	}
	fake_clock.raw_ns += fake_clock.reading_ns;
	fake_clock.realtime_ns += fake_clock.reading_ns;
	fake_clock.monotonic_ns += fake_clock.reading_ns;
	fake_clock.boottime_ns += fake_clock.reading_ns;
	ts->tv_sec = ns / 1000000000;
	ts->tv_nsec = ns % 1000000000;
	return 0;
}

static inline int fake_clock_change(const struct timex *tx)
{
	if (tx->modes == ADJ_OFFSET_SINGLESHOT) {
		fake_clock.adjtime_us = tx->offset;
		return 0;
	}
	if ((tx->modes & ADJ_SETOFFSET) &&
	    (tx->time.tv_usec < 0 || tx->time.tv_usec >= 1000000000 || !(tx->modes & ADJ_NANO)))
		return -EINVAL;
	if ((tx->modes & ADJ_TICK) && (tx->tick < 9000 || tx->tick > 11000))
		return -EINVAL;
	if (tx->modes & ADJ_SETOFFSET) {
		fake_clock.realtime_ns += tx->time.tv_sec * 1000000000LL + tx->time.tv_usec;
		fake_clock.status |= STA_UNSYNC;
		fake_clock.maxerror_us = 16000000;
	}
	if (tx->modes & ADJ_TICK)
		fake_clock.tick_us = tx->tick;
	if (tx->modes & ADJ_FREQUENCY)
		fake_clock.freq = tx->freq > 32768000 ? 32768000 :
				  tx->freq < -32768000 ? -32768000 : tx->freq;
	if (tx->modes & ADJ_TAI)
		fake_clock.tai_s = (int)tx->constant;
	if (tx->modes & ADJ_STATUS) {
		fake_clock.cleared += !!(fake_clock.status & ~tx->status & STA_UNSYNC);
		fake_clock_set_status(tx->status);
	}
	if ((tx->modes & ADJ_OFFSET) && (fake_clock.status & STA_PLL))
		fake_clock.offset = tx->offset;
	if (tx->modes & ADJ_MAXERROR)
		fake_clock.maxerror_us = tx->maxerror;
	if (tx->modes & ADJ_ESTERROR)
		fake_clock.esterror_us = tx->esterror;
	return 0;
}

int clock_adjtime(clockid_t id, struct timex *tx)
{
	bool asks = !tx->modes || tx->modes == ADJ_OFFSET_SS_READ;
	int err = id == CLOCK_REALTIME ? fake_clock.error : EINVAL;

	if (!err && tx->modes == ADJ_OFFSET_SS_READ)
		tx->offset = fake_clock.adjtime_us;
	if (!err && !asks)
		err = -fake_clock_change(tx);
	if (err) {
		errno = err;
		return -1;
	}
	fake_clock.adjustments += !asks;
	fake_clock.asked += asks;
	tx->tick = fake_clock.tick_us;
	tx->freq = fake_clock.freq;
	tx->status = fake_clock.status;
	tx->maxerror = fake_clock.maxerror_us;
	tx->esterror = fake_clock.esterror_us;
	tx->tai = fake_clock.tai_s + fake_clock.leap_foreseen;
	tx->time.tv_sec = fake_clock.realtime_ns / 1000000000 - fake_clock.leap_foreseen;
	tx->time.tv_usec = fake_clock.realtime_ns % 1000000000 /
			   (fake_clock.status & STA_NANO ? 1 : 1000);
	return fake_clock.status & STA_UNSYNC ? TIME_ERROR : fake_clock.leap_state;
}

#endif /* FAKE_CLOCK_H */
