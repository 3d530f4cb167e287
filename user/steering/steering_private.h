/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of steering share: steering.c, steering_publish.c, steering_leap.c and
 * steering_rival.c.
 */
#ifndef STEERING_PRIVATE_H
#define STEERING_PRIVATE_H

#include "steering/steering.h"

#include "clocks/release_date.h"
#include "lib/log.h"
#include "steering/rival.h"

/*
 * The kernel grows maxerror by 500 ppm on its own (NTP_PHASE_LIMIT apart, its MAXFREQ). So what it
 * tells is too much rather than too little; refreshed so often, by 8 ms at most. A bound that grows
 * faster is refreshed more often (steering_publish.c).
 */
#define STEERING_PUBLISH_NS	16000000000LL

struct steering {
	struct steering_options options;
	struct system_clock *clock;
	struct timescale *timescale;
	struct follower follower;
	struct steering_status status;
	int64_t next_check_ns;
	int64_t next_publish_ns;
	int64_t unseen_ns;	/* what the clock may have moved by since it was read */
	int host_checks;		/* of makestep's limit, spent on a host */
	struct leap leap;
	int64_t leapt_ns;	/* by how much UTC was set forward, and not told yet */
	bool disarm;		/* the clock was set: see steering_publish.c */
	int64_t arm_from_ns;	/* raw instant from which on it may be armed again */
	bool steered;		/* the clock runs at the follower's rate, a slew included */
	bool settled;
	int64_t found_ns;	/* the host's first error by the sources, until that is slewed */
	int64_t repair_until_ns;	/* answers may step until then, see REPAIRED_NS */
	struct log_limit complaint;
	struct rival rival;
	bool set_by_others;	/* the clock was, and is to be set back by policy */
};

/* How far the system clock is from the timescale, either way. */
static inline int64_t steering_error_ns(const struct timescale_now *now)
{
	return chime_abs_sat(chime_sub_sat(now->time_ns, now->realtime_ns));
}

/* The timescale says what time it is: bounded, or the host's (whose bound may be unknown). */
static inline bool steering_is_known(const struct timescale_now *now)
{
	return now->has_host || now->maxerror_ns != CHIME_LINE_UNBOUNDED_NS;
}

/* ... and it can be that time. */
static inline bool steering_can_follow(const struct timescale_now *now)
{
	return steering_is_known(now) && !is_before_release(now->time_ns);
}

/* steering_publish.c */

/* The system clock's errors: the timescale's, and how far it is from that. */
void steering_judge_errors(struct steering *steering, const struct timescale_now *now);

/* The sources' first correction beside a host, which was followed until now, is @error_ns. */
void steering_note_found(struct steering *steering, int64_t error_ns);

/* Settled once the follower says so; unsettled when it is far off again. */
void steering_judge_settled(struct steering *steering, const struct timescale_now *now,
			    bool settled);

/* What the kernel is to be told of today's leap second. */
int steering_kernel_leap(const struct steering *steering);

/* Tell the kernel, and the log what is new of it. 0, -errno. */
int steering_publish(struct steering *steering, const struct timescale_now *now);

/* steering_rival.c */

/*
 * Somebody else set the system clock by @jump_ns: tell, and note whether it is so far off now that
 * it is to be set back.
 */
void steering_report_set(struct steering *steering, const struct timescale_now *now,
			 int64_t jump_ns);

/* steering_leap.c */

/* Is there a leap second today, and when by raw? */
void steering_note_leap(struct steering *steering, const struct timescale_now *now);

/*
 * Whether a leap second has come to pass since last asked. The kernel's own counts if it is the one
 * that was announced: who makes it do another has set the clock.
 */
bool steering_has_leapt(struct steering *steering, const struct timescale_now *now);

#endif /* STEERING_PRIVATE_H */
