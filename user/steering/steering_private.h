/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of steering share: steering.c, steering_step.c, steering_publish.c,
 * steering_leap.c and steering_rival.c.
 */
#ifndef STEERING_PRIVATE_H
#define STEERING_PRIVATE_H

#include "steering/steering.h"

#include "clocks/release_date.h"
#include "lib/log.h"
#include "lib/time_units.h"
#include "steering/follower.h"
#include "steering/rival.h"

/*
 * The kernel grows maxerror by 500 ppm on its own (NTP_PHASE_LIMIT apart, its MAXFREQ). So the
 * value that it returns is too large rather than too small; refreshed so often, by 8 ms at most. A
 * bound that grows faster is refreshed more often (steering_publish.c).
 */
#define STEERING_PUBLISH_NS	16000000000LL

/*
 * A kernel that was armed and has not leapt so long after midnight will not: its clock was set a
 * moment before, or it was armed too late.
 */
#define STEERING_LEAP_MISSED_NS	NS_PER_S

/* The clock may be stepped to a time whose bound is less than this part of the error. */
#define STEERING_STEP_EVIDENCE	4

/**
 * enum steering_set_state - has another program set the system clock, and what follows from that?
 * @SET_BY_NOBODY: not since it was last stepped, the operator set it, or time was disrupted
 * @SET_AND_LEFT: it has, and the clock is slewed, or was set back since
 * @SET_TO_UNDO: it has, and the clock is to be stepped back by policy
 * @SET_TO_ASK: the same, but first most sources have to confirm the timescale
 */
enum steering_set_state {
	SET_BY_NOBODY,
	SET_AND_LEFT,
	SET_TO_UNDO,
	SET_TO_ASK,
};

/**
 * struct steering_set - another program sets the system clock
 * @rival: how often it has
 * @state: what follows from that
 * @raw_ns: that was seen at this instant of the raw clock, ...
 * @back_ns: ... and is undone at this one at the earliest
 * @contradicted: sources contradict the clock, and are waited for meanwhile
 * @asks: the sources are to be asked now, ...
 * @ask_ns: ... again at this instant of the raw clock, ...
 * @ask_again_ns: ... and so much later
 * @slept_ns: CLOCK_BOOTTIME minus CLOCK_MONOTONIC at the latest reading
 */
struct steering_set {
	struct rival rival;
	enum steering_set_state state;
	int64_t raw_ns;
	int64_t back_ns;
	bool contradicted;
	bool asks;
	int64_t ask_ns;
	int64_t ask_again_ns;
	int64_t slept_ns;
};

/* What may go wrong again and again: one is logged however lately another one was. */
enum steering_complaint {
	STEERING_NOT_CORRECTED,
	STEERING_NO_RATE,
	STEERING_BEFORE_RELEASE,
	STEERING_REFUSED,
	STEERING_NOT_STEPPED,
	STEERING_RATE_CHANGED,
	STEERING_SLEWED,
	STEERING_COMPLAINTS,
};

struct steering {
	struct steering_options options;
	struct system_clock *clock;
	struct timescale *timescale;
	struct follower follower;
	struct steering_status status;
	int64_t next_check_ns;
	int64_t next_publish_ns;
	int64_t retry_ns;	/* nothing before this, as the clocks could not be read */
	int64_t unseen_ns;	/* possible movement of the clock since it was read */
	int host_checks;		/* of makestep's limit, spent on a host */
	int64_t disputed_ns;	/* as in struct discipline_result */
	struct leap leap;
	uint32_t leap_disruptions;	/* since these, @leap comes as time passes */
	int64_t leapt_ns;	/* by how much UTC was set forward, not returned yet */
	bool external;		/* PTP programs steer ... */
	bool yielding;		/* ... or another time daemon */
	bool armed;		/* the kernel is to leap, unless the clock was set since */
	bool disarm;		/* the clock was set: see steering_publish.c */
	int64_t arm_from_ns;	/* raw instant from which on it may be armed again */
	bool steered;		/* the clock runs at the follower's rate, a slew included */
	bool settled;
	int64_t found_ns;	/* the error that leaves the clock synchronised, until slewed */
	int64_t repair_until_ns;	/* answers may step until then, see REPAIRED_NS */
	int64_t widened_ns;	/* of the bound, see steering_known_ns() ... */
	uint32_t widened_epoch;	/* ... and not beyond this */
	struct log_limit complaints[STEERING_COMPLAINTS];
	bool withholds;		/* the latest correction was to step the clock, and could not yet */
	struct steering_set set;
};

/* The system clock's distance from the timescale, unsigned. */
static inline int64_t steering_error_ns(const struct timescale_now *now)
{
	return chime_abs_sat(chime_sub_sat(now->time_ns, now->realtime_ns));
}

/* The timescale is what the host says now, not what it would say if it had answered. */
static inline bool steering_host_answers(const struct timescale_now *now)
{
	return now->has_host && !now->host_silent;
}

/* The clock is to be stepped back from where another program set it. */
static inline bool steering_sets_back(const struct steering *steering)
{
	return steering->set.state == SET_TO_UNDO || steering->set.state == SET_TO_ASK;
}

/* The timescale is valid: it has a bound, or is the host's (whose bound may be unknown). */
static inline bool steering_is_known(const struct timescale_now *now)
{
	return now->has_host || now->maxerror_ns != CHIME_LINE_UNBOUNDED_NS;
}

/* The timescale is valid, and its date possible. */
static inline bool steering_can_follow(const struct timescale_now *now)
{
	return steering_is_known(now) && !is_before_release(now->time_ns);
}

/* steering.c */

/* May it be logged, or was it within the hour? */
bool steering_may_complain(struct steering *steering, enum steering_complaint complaint,
			   int64_t now_ns);

/* steering_step.c */

/* The clock was put elsewhere: what other programs did before is no question any more. */
void steering_begin_anew(struct steering *steering);

/*
 * Step the clock to the timescale, and say so, or why not. 0, also if policy has it slewed after a
 * disruption; -EAGAIN: the host has still to say what a disruption took; -errno.
 */
int steering_step_by(struct steering *steering, enum truechime_occasion occasion,
		     const char *reason);

/*
 * The same because makestep allows it, which each check may do. A refusal is logged once in an
 * hour, but for -EAGAIN, which soon ends.
 */
int steering_step_as_configured(struct steering *steering);

/*
 * makestep for a host that is followed: was the clock stepped? A check that had to leave it to a
 * later one does not count.
 */
bool steering_step_to_host(struct steering *steering, const struct timescale_now *now);

/* steering_publish.c */

/* The system clock's errors: the timescale's, plus the distance from it. */
void steering_judge_errors(struct steering *steering, const struct timescale_now *now);

/*
 * A correction leaves the clock synchronised while its error of @error_ns is slewed: the sources'
 * first of a host, which was followed until now, or one within what was published.
 */
void steering_note_found(struct steering *steering, int64_t error_ns);

/*
 * Settled once the follower reports that the error is @removed, or once it is small and within what
 * is known of the time; unsettled when the clock is far off again.
 */
void steering_judge_settled(struct steering *steering, const struct timescale_now *now,
			    bool removed);

/* Publish to the kernel, and log what is new. 0, -errno. */
int steering_publish(struct steering *steering, const struct timescale_now *now);

/* steering_rival.c */

/* Has another program changed the rate of the clock, or does it slew it? That is logged. */
bool steering_watch_rate(struct steering *steering, const struct timescale_now *now,
			 const struct system_clock_change *change);

/* Has another program set the clock since the latest reading? That is logged. */
bool steering_watch(struct steering *steering, const struct timescale_now *now);

/*
 * Another program has set the clock, perhaps just now, and nobody knows yet whether that was right:
 * the answers of sources that were asked since then decide, and none that was under way.
 */
bool steering_is_asking(const struct steering *steering, const struct discipline_result *result,
			const struct timescale_now *now);

/*
 * A disruption hides what another program has set at the same time. The module has set the clock by
 * policy: what is far off all the same is set back, as policy allows.
 */
void steering_undo_unseen(struct steering *steering);

/*
 * The clock stays where another program has set it: until it is stepped back, or while nobody knows
 * whether the timescale is any better.
 */
bool steering_leaves_clock(const struct steering *steering, const struct timescale_now *now);

/* Step the clock back from where a slew would take minutes or hours. false: it was not. */
bool steering_set_back(struct steering *steering);

/* steering_leap.c */

/* Is there a leap second today, and when by the raw clock? */
void steering_note_leap(struct steering *steering, const struct timescale_now *now);

/*
 * Whether a leap second has passed since the last call. The kernel's own, which set the clock
 * forward by @change_ns, counts if it is the announced one; one that another program made the
 * kernel execute counts as setting the clock.
 */
bool steering_has_leapt(struct steering *steering, const struct timescale_now *now,
			int64_t change_ns);

#endif /* STEERING_PRIVATE_H */
