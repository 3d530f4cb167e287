// SPDX-License-Identifier: GPL-2.0-only
/*
 * CLOCK_REALTIME by clock_adjtime(2): its rate from frequency and tick, its step, and what the
 * kernel says of it. Which rate, when to step and what to say is for others to decide.
 */
#include "clocks/system_clock.h"
#include "lib/clock_ns.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "lib/time_units.h"

/* The kernel's MAXFREQ; beyond it the tick has to help. */
#define FREQ_MAX	500e-6

/* ADJ_FREQUENCY counts ppm / 2^16. */
#define SCALED_PPM	(65536.0 * 1e6)

/* NTP_PHASE_LIMIT: from here on the kernel calls the clock unsynchronised. */
#define ERROR_LIMIT_US	16000000LL

struct system_clock {
	bool null;
	long nominal_tick_us;
	long tick_us;
	double rate;		/* of tick_us and the frequency together */
	int tai_s;		/* the kernel's TAI - UTC */
	bool slewed;		/* by adjtime(3), when it was last read */
	int left_state;		/* of leap seconds, as the clock was opened ... */
	int left_status;	/* ... and the kernel's status */
};

/* 0 or -errno. The clock state, which clock_adjtime(2) returns on success, is not needed here. */
static int system_clock_adjust(struct system_clock *clock, struct timex *tx)
{
	if (clock->null)
		return 0;
	return clock_adjtime(CLOCK_REALTIME, tx) < 0 ? -errno : 0;
}

/* The rate that results from tick and frequency. */
static double system_clock_rate_of(const struct system_clock *clock, const struct timex *tx)
{
	double tick = (double)(tx->tick - clock->nominal_tick_us) / (double)clock->nominal_tick_us;

	return tick + (double)tx->freq / SCALED_PPM;
}

/* A phase that adjtime(3) is still removing would be added to ours. */
static int system_clock_stop_adjtime(struct system_clock *clock)
{
	struct timex none = { .modes = ADJ_OFFSET_SINGLESHOT };

	clock->slewed = false;
	return system_clock_adjust(clock, &none);
}

/*
 * So would one of the PLL. It drops its own only when another one is set, which it accepts only
 * while it is on.
 */
static int system_clock_stop_slews(struct system_clock *clock)
{
	struct timex pll_zero = {
		.modes = ADJ_STATUS | ADJ_OFFSET,
		.status = STA_PLL | STA_UNSYNC,
	};
	struct timex pll_off = { .modes = ADJ_STATUS, .status = STA_UNSYNC };
	int err;

	err = system_clock_stop_adjtime(clock);
	if (!err)
		err = system_clock_adjust(clock, &pll_zero);
	if (!err)
		err = system_clock_adjust(clock, &pll_off);
	return err;
}

static struct system_clock *system_clock_new(bool null)
{
	struct system_clock *clock = calloc(1, sizeof(*clock));
	long hz = sysconf(_SC_CLK_TCK);

	if (!clock)
		return NULL;
	clock->null = null;
	clock->nominal_tick_us = (1000000 + hz / 2) / hz;
	clock->tick_us = clock->nominal_tick_us;
	return clock;
}

/*
 * No oscillator is wrong by so much: this is a slew whose program was killed before it could end
 * it. The clock's rate before the slew is unknown, and the nominal rate is the best guess.
 */
static int system_clock_end_slew(struct system_clock *clock, struct timex *tx)
{
	struct timex normal = {
		.modes = ADJ_TICK | ADJ_FREQUENCY | ADJ_STATUS,
		.tick = clock->nominal_tick_us,
		.status = STA_UNSYNC,
	};

	if (fabs(system_clock_rate_of(clock, tx)) <= FREQ_MAX)
		return 0;
	tx->tick = normal.tick;
	tx->freq = normal.freq;
	return system_clock_adjust(clock, &normal);
}

int system_clock_settle(void)
{
	struct system_clock *clock = system_clock_new(false);
	struct timex tx = { .modes = 0 };
	int err;

	if (!clock)
		return -ENOMEM;
	if (clock_adjtime(CLOCK_REALTIME, &tx) < 0)
		err = -errno;
	else
		err = system_clock_end_slew(clock, &tx);
	free(clock);
	return err;
}

static void system_clock_note(struct system_clock *clock, const struct timex *tx)
{
	clock->rate = system_clock_rate_of(clock, tx);
	clock->tick_us = tx->tick;
}

int system_clock_open(struct system_clock **result, bool null)
{
	struct system_clock *clock = system_clock_new(null);
	struct timex tx = { .modes = 0 };
	int err;

	if (!clock)
		return -ENOMEM;
	if (null) {
		*result = clock;
		return 0;
	}
	clock->left_state = clock_adjtime(CLOCK_REALTIME, &tx);
	if (clock->left_state < 0) {
		err = -errno;
		free(clock);
		return err;
	}
	system_clock_note(clock, &tx);
	clock->tai_s = tx.tai;
	clock->left_status = tx.status;
	*result = clock;
	return 0;
}

int system_clock_take(struct system_clock *clock)
{
	struct timex tx = { .modes = 0 };
	int err;

	if (clock->null)
		return 0;
	if (clock_adjtime(CLOCK_REALTIME, &tx) < 0)
		return -errno;
	err = system_clock_end_slew(clock, &tx);
	if (!err)
		err = system_clock_stop_slews(clock);
	if (!err)
		system_clock_note(clock, &tx);
	return err;
}

void system_clock_close(struct system_clock *clock)
{
	free(clock);
}

int64_t system_clock_raw_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC_RAW);
}

double system_clock_rate(const struct system_clock *clock)
{
	return clock->rate;
}

int system_clock_set_rate(struct system_clock *clock, double rate)
{
	double per_tick = 1.0 / (double)clock->nominal_tick_us, rest;
	struct timex tx = { .modes = ADJ_FREQUENCY | ADJ_TICK };
	long tick = clock->tick_us;
	int err = 0;

	if (!isfinite(rate))
		return -EINVAL;
	rate = fmax(-SYSTEM_CLOCK_RATE_MAX, fmin(SYSTEM_CLOCK_RATE_MAX, rate));

	/*
	 * Use the nominal or the present tick while the frequency's range suffices, else the
	 * nearest one.
	 */
	if (fabs(rate) <= FREQ_MAX)
		tick = clock->nominal_tick_us;
	rest = rate - (double)(tick - clock->nominal_tick_us) * per_tick;
	if (fabs(rest) > FREQ_MAX) {
		tick = clock->nominal_tick_us + lround(rate / per_tick);
		rest = rate - (double)(tick - clock->nominal_tick_us) * per_tick;
	}
	tx.freq = lround(rest * SCALED_PPM);
	/* Whether it has changed or not: another program may have changed it since. */
	tx.tick = tick;
	if (clock->slewed)
		err = system_clock_stop_adjtime(clock);
	if (!err)
		err = system_clock_adjust(clock, &tx);
	/* The kernel answers in place. */
	if (!err)
		system_clock_note(clock, &tx);
	return err;
}

int system_clock_step(struct system_clock *clock, int64_t offset_ns)
{
	struct timex tx = { .modes = ADJ_SETOFFSET | ADJ_NANO };

	tx.time.tv_sec = offset_ns / NS_PER_S;
	tx.time.tv_usec = offset_ns % NS_PER_S;
	if (tx.time.tv_usec < 0) {
		tx.time.tv_sec--;
		tx.time.tv_usec += NS_PER_S;
	}
	/* ADJ_NANO stays set in the kernel's status; publishing takes it back. */
	return system_clock_adjust(clock, &tx);
}

static long system_clock_error_us(int64_t error_ns)
{
	if (error_ns < 0)
		return ERROR_LIMIT_US;
	if (error_ns >= ERROR_LIMIT_US * NS_PER_US)
		return ERROR_LIMIT_US;
	return (error_ns + NS_PER_US - 1) / NS_PER_US;
}

/* NTP's word of a leap second in the kernel's status. */
static int system_clock_leap_status(int leap)
{
	return leap == 1 ? STA_INS : leap == 2 ? STA_DEL : 0;
}

static int system_clock_set_status(struct system_clock *clock, int status)
{
	struct timex tx = { .modes = ADJ_STATUS, .status = status };

	return system_clock_adjust(clock, &tx);
}

int system_clock_publish(struct system_clock *clock, bool synchronised, int64_t maxerror_ns,
			 int64_t esterror_ns, int leap)
{
	struct timex tx = {
		.modes = ADJ_MAXERROR | ADJ_ESTERROR | ADJ_MICRO,
		.maxerror = system_clock_error_us(maxerror_ns),
		.esterror = system_clock_error_us(esterror_ns),
	};
	int status = system_clock_leap_status(leap), mark, err;

	if (!synchronised || tx.maxerror >= ERROR_LIMIT_US) {
		status = STA_UNSYNC;
		tx.maxerror = ERROR_LIMIT_US;
	}
	/* The reply shows the status. One that is right is not written: it may change meanwhile. */
	err = system_clock_adjust(clock, &tx);
	if (err || clock->null)
		return err;
	mark = tx.status & ~status & STA_UNSYNC;
	if ((tx.status & ~STA_RONLY) != (status | mark))
		err = system_clock_set_status(clock, status | mark);
	return err ? err : !!mark;
}

int system_clock_clear_mark(struct system_clock *clock, int leap)
{
	return system_clock_set_status(clock, system_clock_leap_status(leap));
}

bool system_clock_is_synchronised(void)
{
	struct timex tx = { .modes = 0 };

	return clock_adjtime(CLOCK_REALTIME, &tx) >= 0 && !(tx.status & STA_UNSYNC);
}

/*
 * From midnight to the next tick adjtimex(2) returns time and TAI as they will be after the leap
 * second, although the clock has not leapt yet (__do_adjtimex() in kernel/time/ntp.c). In that time
 * the clock is ahead or behind by the second.
 */
static bool is_foreseen(const struct timex *tx)
{
	int64_t stated_ns = tx->time.tv_sec * NS_PER_S +
			    tx->time.tv_usec * (tx->status & STA_NANO ? 1 : NS_PER_US);

	return llabs(clock_ns(CLOCK_REALTIME) - stated_ns) > NS_PER_S / 2;
}

/* A leap second changes TAI - UTC, because TAI goes on; setting the clock does not change it. */
static int64_t system_clock_note_tai(struct system_clock *clock, const struct timex *tx)
{
	int change_s = tx->tai - clock->tai_s;

	if (change_s && is_foreseen(tx))
		return 0;
	clock->tai_s = tx->tai;
	return change_s == 1 || change_s == -1 ? -change_s * NS_PER_S : 0;
}

void system_clock_reread(struct system_clock *clock, struct system_clock_change *change)
{
	/* Changes nothing, and the kernel answers as to a mode of 0, but for the offset. */
	struct timex tx = { .modes = ADJ_OFFSET_SS_READ };
	double before = clock->rate;

	*change = (struct system_clock_change){ .rate = 0.0 };
	if (clock->null || clock_adjtime(CLOCK_REALTIME, &tx) < 0)
		return;
	system_clock_note(clock, &tx);
	change->rate = clock->rate - before;
	change->leapt_ns = system_clock_note_tai(clock, &tx);
	clock->slewed = tx.offset != 0;
	/* Any number is accepted. */
	if (__builtin_mul_overflow((int64_t)tx.offset, NS_PER_US, &change->slew_ns))
		change->slew_ns = tx.offset < 0 ? INT64_MIN : INT64_MAX;
}

int system_clock_set_tai(struct system_clock *clock, int tai_s)
{
	struct timex tx = { .modes = ADJ_TAI, .constant = tai_s };
	int err = 0;

	if (clock->tai_s != tai_s)
		err = system_clock_adjust(clock, &tx);
	if (!err)
		clock->tai_s = tai_s;
	return err;
}

int system_clock_leap_tai(struct system_clock *clock, int64_t change_ns)
{
	if (!clock->tai_s)
		return 0;
	return system_clock_set_tai(clock, clock->tai_s - (int)(change_ns / NS_PER_S));
}

/*
 * TIME_OOP is the second that an inserted one repeats. TIME_WAIT follows, as long as the request
 * for the leap second stays set; a clock that is unsynchronised shows neither (__do_adjtimex()).
 */
int64_t system_clock_left_leapt(const struct system_clock *clock)
{
	if (clock->left_state == TIME_OOP)
		return -NS_PER_S;
	if (clock->left_state != TIME_WAIT)
		return 0;
	return clock->left_status & STA_INS ? -NS_PER_S :
	       clock->left_status & STA_DEL ? NS_PER_S : 0;
}

int system_clock_left_armed(const struct system_clock *clock)
{
	return clock->left_state == TIME_INS ? 1 : clock->left_state == TIME_DEL ? 2 : 0;
}
