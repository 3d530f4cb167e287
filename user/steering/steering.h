/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Steering: from the discipline's result to the timescale, from the timescale to the system clock,
 * and the errors that are published. Every step and refusal is logged here, with size and reason.
 *
 * Decides only when the clock may be called synchronised, and that the first confirmed correction
 * after a disruption steps. Borrows timescale and system clock.
 */
#ifndef STEERING_H
#define STEERING_H

#include <stdbool.h>
#include <stdint.h>

#include "clocks/system_clock.h"
#include "clocks/timescale.h"
#include "discipline/discipline.h"
#include "steering/leap.h"
#include "steering/trust.h"

/**
 * struct steering_options - as configured
 * @max_slew: chrony's maxslewrate, as a fraction
 * @max_rate: chrony's maxdrift and the slew on top, as a fraction
 * @logchange_ns: larger changes are logged
 * @step_threshold_ns: makestep, for a host's time without a correction: larger errors are stepped
 * @step_limit: ... at the first so many checks; negative: always
 * @leap_mode: chrony's leapsecmode
 * @undo: a clock that another program has set is stepped back each time, and not only at first, if
 *	the time is certain and policy allows
 * @observe: change neither the timescale nor the system clock (-x)
 */
struct steering_options {
	double max_slew;
	double max_rate;
	int64_t logchange_ns;
	int64_t step_threshold_ns;
	int step_limit;
	enum leap_mode leap_mode;
	bool undo;
	bool observe;
};

struct steering;

/* NULL: no memory. */
struct steering *steering_new(const struct steering_options *options, struct system_clock *clock,
			      struct timescale *timescale);
void steering_free(struct steering *steering);
void steering_set_options(struct steering *steering, const struct steering_options *options);

/* The checks in which step_limit lets the clock be stepped begin now. */
void steering_count_steps_anew(struct steering *steering);

/* Another backend from now on. */
void steering_set_timescale(struct steering *steering, struct timescale *timescale);

/*
 * Apply @result, computed at @now. -ESTALE: the epoch has passed meanwhile, measure again; -errno:
 * it could not be applied (logged).
 */
int steering_correct(struct steering *steering, const struct discipline_result *result,
		     const struct timescale_now *now);

/*
 * Until it is known whether sources are right that contradict the clock, its bound is @reach_ns as
 * of @now, but for a slew, or what it is anyway. Where no correction is in force it stays as it is.
 */
void steering_widen(struct steering *steering, int64_t reach_ns, const struct timescale_now *now);

/* It is known: the bound is again what it was, and sources show how far off that is. */
void steering_narrow(struct steering *steering, const struct timescale_now *now);

/*
 * The bound at @now without what is there only since sources contradict the clock: who is held
 * against the bound as a whole could not go on contradicting, and nothing is decided by it.
 */
int64_t steering_known_ns(const struct steering *steering, const struct timescale_now *now);

/* The latest correction should have stepped the clock, and a later one is to do that. */
bool steering_withholds_step(const struct steering *steering);

/*
 * The operator has set the time: UTC is @line of the reference now, read at @now, and the system
 * clock is stepped to it as policy says of an operator. No source confirms it. 0; -EPERM: it is
 * slewed, or (with -x, and where another program steers) nothing has changed; -ESTALE, -errno:
 * nothing has.
 */
int steering_set_by_operator(struct steering *steering, const struct chime_line *line,
			     const struct timescale_now *now);

/* Step the system clock to the timescale, because @reason says so. 0, -errno (logged). */
int steering_step(struct steering *steering, const char *reason);

/* The same, but a refusal is not logged: the caller has words for it. 0, -errno. */
int steering_try_step(struct steering *steering, const char *reason);

/* Check the clocks: follow, and publish what is due. Call it at steering_next_ns() or earlier. */
int steering_follow(struct steering *steering);

/*
 * Execute a leap second when its time has come, and note one that the kernel executed: the
 * timescale leaps with it. Returns by how many ns UTC was set forward since the last call, 0 most
 * of the time; all that was measured before is wrong by that.
 */
int64_t steering_leap(struct steering *steering);

/* Set the kind of leap second that sources or lists announce, for the day that ends with it. */
void steering_announce_leap(struct steering *steering, int kind);

/*
 * Once, at the start: an earlier daemon left a leap second to the kernel. If it has been executed
 * since, a timescale that went on without a daemon leaps now. @kind: the one that the kernel was
 * still to execute, 0: none; today that counts until somebody announces.
 */
void steering_resume_leap(struct steering *steering, int kind);

/*
 * Read the clocks: what others have done to them is noted, and a leap second passes when its time
 * has come. Nothing is steered to. 0, -errno.
 */
int steering_read(struct steering *steering);

/* steering_follow() is due now: something is to be published, or the clock may be elsewhere. */
void steering_follow_now(struct steering *steering);

/* It failed, and is due again at @next_ns of the raw clock. */
void steering_follow_later(struct steering *steering, int64_t next_ns);

/* Raw instant of the next steering_follow(). */
int64_t steering_next_ns(const struct steering *steering);

/*
 * Another program set the clock far from a timescale that may be wrong itself: the sources are to
 * be asked at once, before the clock is set back. true once for each time.
 */
bool steering_asks_sources(struct steering *steering);

/*
 * Sources contradict the clock, and it is not known yet who is right. While they do, or maxchange
 * refuses what they say, a clock that another program has set is neither set back nor slewed back:
 * that program may have set it right, unless a host says what the time is.
 */
void steering_set_contradicted(struct steering *steering, bool contradicted);

/* A clock may have been set: check them at once. */
void steering_recheck(struct steering *steering);

/*
 * Time was disrupted: the first answers that agree step the clock, by the policy of disruptions.
 * @keep: the timescale is as right as before; else the clock is unsynchronised until then.
 */
void steering_disrupted(struct steering *steering, bool keep);

/* The correction has ended, and the timescale is the host's time, as right as is stated of it. */
void steering_end_correction(struct steering *steering);

/*
 * The correction was dropped, because nobody is asked who could confirm it: the timescale is the
 * host's time, whatever was in question before. Should there be sources later on, the first ones
 * step the clock as after any disruption.
 */
void steering_follow_host(struct steering *steering);

/*
 * Another program steers (mode external), or does no longer, maybe as the module has gone. The
 * system clock keeps its rate. Returns whether that is new, which is logged.
 */
bool steering_set_external(struct steering *steering, bool external);

/* The same because another time daemon runs, and is to have the clock; the caller logs that. */
void steering_yield(struct steering *steering, bool yield);

/* Before the end: take the phase correction out of the rate. */
void steering_settle(struct steering *steering);

/**
 * struct steering_status - for tables and JSON
 * @valid: there was a check of the clocks
 * @now: the latest
 * @has_correction: @correction is in force
 * @correction: UTC - reference as a function of the reference's time
 * @trust: trust in the timescale
 * @too_early: the timescale's date is before the release, so the clock is not steered to it
 * @synchronised: published; with -x: the kernel says so, and the sources agree
 * @maxerror_ns: bound of the system clock's error against UTC at the latest check;
 *	CHIME_LINE_UNBOUNDED_NS: none known
 * @reading_ns: the part of that which is no error of a host's own clock
 * @esterror_ns: one standard error
 * @leap: what today ends with: 0 none, 1 insert, 2 delete a second ...
 * @leap_raw_ns: ... and the raw instant of it
 * @rate_error: why the latest rate could not be set, -errno; 0: it was set
 * @rate: of the system clock against the raw clock
 * @base_rate: same without the phase correction
 * @interval_ns: between checks of the clocks while all is well
 * @steps: made by this process
 * @last_offset_ns: system clock's error before the latest correction
 * @rms_offset_ns: its long-term average
 */
struct steering_status {
	bool valid;
	struct timescale_now now;
	bool has_correction;
	struct chime_line correction;
	enum trust trust;
	bool too_early;
	bool synchronised;
	int64_t maxerror_ns;
	int64_t reading_ns;
	int64_t esterror_ns;
	int leap;
	int64_t leap_raw_ns;
	int rate_error;
	double rate;
	double base_rate;
	int64_t interval_ns;
	unsigned int steps;
	int64_t last_offset_ns;
	double rms_offset_ns;
};

/* As of the latest reading of the clocks, which is not taken anew for that. */
void steering_get_status(const struct steering *steering, struct steering_status *status);

/*
 * The bound to tell others. A host whose own error is not known is followed all the same, and
 * called synchronised, because programs wait for that: then an assumed error of the host is in it.
 */
static inline int64_t steering_published_ns(const struct steering_status *status)
{
	if (timescale_is_unvouched(&status->now))
		return chime_add_sat(status->reading_ns, TIMESCALE_ASSUMED_NS);

	return status->maxerror_ns;
}

#endif /* STEERING_H */
