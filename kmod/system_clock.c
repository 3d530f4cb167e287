// SPDX-License-Identifier: GPL-2.0-only
/*
 * CLOCK_REALTIME: measuring its error and stepping it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "system_clock.h"

#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/time64.h>
#include <linux/timekeeping.h>

/*
 * A step takes from 1 us on bare metal to a millisecond under emulation, and the clock is late by
 * as much afterwards. That latency is measured and added to the next try. A machine that has just
 * been restored is busy: wait a millisecond before each of the later tries.
 */
#define CHIME_STEP_TRIES	8
#define CHIME_STEP_GOOD_NS	(5 * NSEC_PER_USEC)
#define CHIME_STEP_LATENCY_MAX_NS	(20 * NSEC_PER_MSEC)

/* The time that the system clock is to show at @raw_ns. */
static s64 chime_target_time(const struct chime_target *target, s64 raw_ns)
{
	s64 base_ns = target->timescale ? chime_timescale_time(target->timescale, raw_ns) : raw_ns;

	return chime_add_sat(base_ns, target->plus_ns);
}

/* Target minus system clock, now. */
static s64 chime_target_offset(const struct chime_target *target)
{
	struct chime_snapshot snapshot;

	chime_snapshot_take(&snapshot);
	return chime_sub_sat(chime_target_time(target, snapshot.raw_ns), snapshot.realtime_ns);
}

s64 chime_system_clock_offset(const struct chime_timescale *timescale)
{
	const struct chime_target target = { .timescale = timescale };

	return chime_target_offset(&target);
}

static int chime_system_clock_set(struct chime_system_clock *clock,
				  const struct chime_target *target)
{
	struct chime_snapshot snapshot;
	struct timespec64 time;

	chime_snapshot_take(&snapshot);
	time = ns_to_timespec64(chime_add_sat(chime_target_time(target, snapshot.raw_ns),
					      clock->latency_ns));
	return do_settimeofday64(&time);
}

/* Set the clock, measure its error, and repeat until that is small. */
static int chime_system_clock_step(struct chime_system_clock *clock,
				   const struct chime_target *target, s64 *residual_ns)
{
	s64 left_ns;
	int ret, i;

	for (i = 0; i < CHIME_STEP_TRIES; i++) {
		if (i >= CHIME_STEP_TRIES / 2)
			usleep_range(1000, 2000);
		ret = chime_system_clock_set(clock, target);
		if (ret)
			return i ? 0 : ret;
		left_ns = chime_target_offset(target);
		*residual_ns = left_ns;
		if (chime_abs_sat(left_ns) <= CHIME_STEP_GOOD_NS)
			break;
		clock->latency_ns = clamp_t(s64, chime_add_sat(clock->latency_ns, left_ns), 0,
					    CHIME_STEP_LATENCY_MAX_NS);
	}
	return 0;
}

bool chime_system_clock_is_too_early(s64 time_ns)
{
	return time_ns < CHIME_RELEASE_S * NSEC_PER_SEC;
}

bool chime_system_clock_shows_too_early(void)
{
	struct chime_snapshot snapshot;

	chime_snapshot_take(&snapshot);
	return chime_system_clock_is_too_early(snapshot.realtime_ns);
}

/* Time did not run before this module was released: such a reference is broken. */
static bool chime_system_clock_before_release(const struct chime_target *target)
{
	s64 time_ns = chime_target_time(target, ktime_get_raw_ns());

	if (!chime_system_clock_is_too_early(time_ns))
		return false;
	pr_warn_ratelimited("not setting the system clock to a date before this module was released: the reference says %lld s after 1970, the release was at %lld s\n",
			    div_s64(time_ns, NSEC_PER_SEC), (s64)CHIME_RELEASE_S);
	return true;
}

void chime_system_clock_repair(struct chime_system_clock *clock, const struct chime_target *target,
			       const struct chime_policy *policy,
			       enum truechime_occasion occasion, struct chime_repair *repair)
{
	int ret;

	lockdep_assert_held(target->timescale->lock);
	repair->offset_ns = chime_target_offset(target);
	repair->residual_ns = repair->offset_ns;
	repair->action = chime_policy_decide(policy, occasion, repair->offset_ns);
	if (repair->action != TRUECHIME_ACTION_STEPPED)
		return;

	if (chime_system_clock_before_release(target)) {
		repair->action = TRUECHIME_ACTION_TOO_EARLY;
		return;
	}
	ret = chime_system_clock_step(clock, target, &repair->residual_ns);
	if (ret) {
		repair->action = TRUECHIME_ACTION_FAILED;
		pr_err_ratelimited("the kernel refused to set the system clock (error %d): it stays wrong\n",
				   ret);
		return;
	}
	clock->steps++;
}

void chime_system_clock_distrust(struct chime_system_clock *clock)
{
	struct chime_target target = { };
	s64 residual_ns;

	/* Preemption in the middle makes the clock late: the step is then repeated. */
	target.plus_ns = -chime_target_offset(&target);
	if (chime_system_clock_step(clock, &target, &residual_ns))
		pr_err("the kernel refused to mark the system clock unsynchronised\n");
}
