/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CLOCK_REALTIME by clock_adjtime(2), which no other file changes: frequency, status, errors, leap
 * and, without the module, steps. With the null backend (-x) no command is executed.
 */
#ifndef CLOCKS_SYSTEM_CLOCK_H
#define CLOCKS_SYSTEM_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* The fastest |rate| that can be set: a tenth of the tick. */
#define SYSTEM_CLOCK_RATE_MAX	0.1

struct system_clock;

/* Open; @null: command nothing (tests, -x). The clock is left as it is. 0, -errno. */
int system_clock_open(struct system_clock **clock, bool null);

/*
 * Take over from whoever steered it: tick and frequency are read back and stay as they are unless
 * they are a slew's, the kernel's own PLL is switched off, and the clock is marked unsynchronised.
 * 0, -EPERM without CAP_SYS_TIME, -errno.
 */
int system_clock_take(struct system_clock *clock);

/* Close; the clock goes on at the rate last set, and unsynchronised once its bound has grown. */
void system_clock_close(struct system_clock *clock);

/*
 * End the slew of a daemon that was killed during it: no kernel ends one by itself. A clock that
 * runs at the rate of an oscillator is left alone. 0, -EPERM without CAP_SYS_TIME, -errno.
 */
int system_clock_settle(void);

/* Make it run at @rate against the raw clock (by the tick beyond 500 ppm). 0, -errno. */
int system_clock_set_rate(struct system_clock *clock, double rate);

/* CLOCK_MONOTONIC_RAW, now. */
int64_t system_clock_raw_ns(void);

/* The rate in force against the raw clock, as it was set or last read. */
double system_clock_rate(const struct system_clock *clock);

/**
 * struct system_clock_change - what became of the clock without this daemon
 * @rate: by how much somebody else has changed its rate
 * @leapt_ns: by how much the kernel has set it forward, by a leap second: it lets one pass at
 *	midnight, UTC, after it was published; -1 s: an inserted one, 0: none
 * @slew_ns: what somebody else still has adjtime(3) set it forward by, beside @rate, at 500 ppm;
 *	the next system_clock_set_rate() cancels it
 */
struct system_clock_change {
	double rate;
	int64_t leapt_ns;
	int64_t slew_ns;
};

/*
 * Read its state from the kernel: what has changed since it was last read, opened or commanded.
 * Nothing where it cannot be read.
 */
void system_clock_reread(struct system_clock *clock, struct system_clock_change *change);

/* Step by @offset_ns (reference - local). Without the module only. 0, -errno. */
int system_clock_step(struct system_clock *clock, int64_t offset_ns);

/*
 * Publish: maxerror and esterror in ns (saturating at the kernel's 16 s, above which the kernel
 * says unsynchronised itself); @leap as NTP's: 0 none, 1 insert, 2 delete. Not @synchronised sets
 * STA_UNSYNC. 0; 1: @synchronised, but somebody set that, maybe a moment ago, and it stays until
 * system_clock_clear_mark(); -errno.
 *
 * STA_UNSYNC is the truth, whatever "rtcsync" says: timedatectl and others read it as
 * "synchronized". The kernel copies a synchronised clock to the RTC every 11 minutes, and offers no
 * way to have the one without the other.
 */
int system_clock_publish(struct system_clock *clock, bool synchronised, int64_t maxerror_ns,
			 int64_t esterror_ns, int leap);

/* Take STA_UNSYNC away, @leap as above. 0, -errno. */
int system_clock_clear_mark(struct system_clock *clock, int leap);

/*
 * Whether the kernel calls it synchronised, whoever has said so; for who publishes nothing (-x).
 * false where it may not be asked.
 */
bool system_clock_is_synchronised(void);

/* Set the kernel's TAI - UTC, for CLOCK_TAI. 0, -errno. */
int system_clock_set_tai(struct system_clock *clock, int tai_s);

/*
 * UTC was set forward by @change_ns, a leap second that is not the kernel's own: so TAI - UTC has
 * changed, if the kernel was told of it. 0, -errno.
 */
int system_clock_leap_tai(struct system_clock *clock, int64_t change_ns);

/*
 * By how much the kernel had set the clock forward when it was opened, by a leap second that
 * nobody has withdrawn since, or of which this is the repeated second. 0: by none, or nobody knows.
 */
int64_t system_clock_left_leapt(const struct system_clock *clock);

/*
 * The leap second that it was to execute then: 0 none, 1 insert, 2 delete. Taking the clock
 * withdraws it.
 */
int system_clock_left_armed(const struct system_clock *clock);

#endif /* CLOCKS_SYSTEM_CLOCK_H */
