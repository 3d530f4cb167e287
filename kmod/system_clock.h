/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CLOCK_REALTIME: measuring its error, and stepping it. Its rate is left to user space: no kernel
 * lets a module set that.
 */
#ifndef CHIME_SYSTEM_CLOCK_H
#define CHIME_SYSTEM_CLOCK_H

#include "core/policy.h"
#include "timescale.h"

#define CHIME_STEPS_TIMED	4

struct chime_log;
struct kthread_worker;

/**
 * struct chime_system_clock - state of the steps
 * @log: the module's
 * @thread: sets the clock
 * @took_ns: how long the latest settings took, from computing a time to its being set
 * @timed: number of settings timed
 * @steps: number of steps since load
 */
struct chime_system_clock {
	struct chime_log *log;
	struct kthread_worker *thread;
	s64 took_ns[CHIME_STEPS_TIMED];
	u32 timed;
	u32 steps;
};

/**
 * struct chime_target - where the system clock is to be
 * @timescale: at the time of this; NULL: of the raw clock ...
 * @plus_ns: ... plus this
 */
struct chime_target {
	const struct chime_timescale *timescale;
	s64 plus_ns;
};

/**
 * struct chime_repair - what was done about an error
 * @action: the action
 * @offset_ns: target minus system clock before ...
 * @residual_ns: ... and after
 */
struct chime_repair {
	enum truechime_action action;
	s64 offset_ns;
	s64 residual_ns;
};

/* Prepare to set the clock. 0 or -errno. Context: process. */
int chime_system_clock_init(struct chime_system_clock *clock, struct chime_log *log);

/* Undo it, when nobody sets the clock any more. Context: process. */
void chime_system_clock_exit(struct chime_system_clock *clock);

/* Timescale minus system clock, now. Any context but NMI. */
s64 chime_system_clock_offset(const struct chime_timescale *timescale);

/**
 * chime_system_clock_repair() - step the system clock to its target, if the policy says so
 * @clock: the system clock
 * @target: the target, which has a timescale
 * @policy: the rules
 * @occasion: whose rules apply
 * @repair: result
 *
 * A step marks the clock unsynchronised (STA_UNSYNC). It may need several tries, but the clock only
 * goes on in the direction of the error, or as the policy says of what is left. If another program
 * sets it meanwhile, the policy is asked again. Context: process, module's lock held.
 */
void chime_system_clock_repair(struct chime_system_clock *clock, const struct chime_target *target,
			       const struct chime_policy *policy,
			       enum truechime_occasion occasion, struct chime_repair *repair);

/* @time_ns is before the release of this module: no correct clock shows it. */
bool chime_system_clock_is_too_early(s64 time_ns);

/* The system clock shows such a date. */
bool chime_system_clock_shows_too_early(void);

/**
 * chime_system_clock_distrust() - mark the system clock unsynchronised without correcting it
 * @clock: the system clock
 *
 * No kernel lets a module set STA_UNSYNC alone, but setting the clock does that too: so set it to
 * the time that it shows, or microseconds later, so that it does not go back. Context: process,
 * module's lock held.
 */
void chime_system_clock_distrust(struct chime_system_clock *clock);

#endif /* CHIME_SYSTEM_CLOCK_H */
