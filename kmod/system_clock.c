// SPDX-License-Identifier: GPL-2.0-only
/*
 * CLOCK_REALTIME: measuring its error and stepping it.
 */
#include "system_clock.h"

#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/time64.h>
#include <linux/timekeeping.h>

#include "compat.h"
#include "log.h"
#include "thread.h"

/*
 * A step takes from 1 us on bare metal to a millisecond under emulation, and the clock is late by
 * as much afterwards. So each setting is timed, and the next one allows for the shortest of the
 * latest: a setting that was preempted says nothing of the next one, and a clock set too far ahead
 * would have to be set back. A machine that has just been restored is busy: wait a millisecond
 * before each of the later tries.
 */
#define CHIME_STEP_TRIES	8
#define CHIME_STEP_GOOD_NS	(5 * NSEC_PER_USEC)
#define CHIME_STEP_LATENCY_MAX_NS	(20 * NSEC_PER_MSEC)

/* A clock that is only to be marked unsynchronised may be set ahead by up to this. */
#define CHIME_MARK_AHEAD_MAX_NS	NSEC_PER_MSEC

/*
 * A thread of its own: a step waits neither for memory, as a check may, nor for what else runs.
 * Workers of a queue are of an ordinary class. One that is bound to a processor does not run while
 * a program of a real-time class does there, and one that is bound to none goes to another
 * processor only once the scheduler balances their load. Either may be preempted between the
 * reading of the clock and its setting, and the clock is late by that.
 */
int chime_system_clock_init(struct chime_system_clock *clock, struct chime_log *log)
{
	clock->log = log;
	clock->thread = chime_thread_start(KBUILD_MODNAME);
	return PTR_ERR_OR_ZERO(clock->thread);
}

void chime_system_clock_exit(struct chime_system_clock *clock)
{
	kthread_destroy_worker(clock->thread);
}

/* The time that the system clock is to show at @raw_ns. */
static s64 chime_target_time(const struct chime_target *target, s64 raw_ns)
{
	s64 base_ns = target->timescale ? chime_timescale_time(target->timescale, raw_ns) : raw_ns;

	return chime_add_sat(base_ns, target->plus_ns);
}

/* Target minus system clock, as @now shows that. */
static s64 chime_target_offset(const struct chime_target *target, const struct chime_snapshot *now)
{
	return chime_sub_sat(chime_target_time(target, now->raw_ns), now->realtime_ns);
}

s64 chime_system_clock_offset(const struct chime_timescale *timescale)
{
	const struct chime_target target = { .timescale = timescale };
	struct chime_snapshot snapshot;

	chime_snapshot_take(&snapshot);
	return chime_target_offset(&target, &snapshot);
}

/* The shortest of the latest settings; a single one may have been preempted. */
static s64 chime_system_clock_least(const struct chime_system_clock *clock)
{
	u32 i, timed = min_t(u32, clock->timed, CHIME_STEPS_TIMED);
	s64 least_ns = timed > 1 ? clock->took_ns[0] : 0;

	for (i = 1; i < timed; i++)
		least_ns = min(least_ns, clock->took_ns[i]);
	return least_ns;
}

/* The longest of the latest settings. */
static s64 chime_system_clock_most(const struct chime_system_clock *clock)
{
	u32 i, timed = min_t(u32, clock->timed, CHIME_STEPS_TIMED);
	s64 most_ns = 0;

	for (i = 0; i < timed; i++)
		most_ns = max(most_ns, clock->took_ns[i]);
	return min_t(s64, most_ns, CHIME_MARK_AHEAD_MAX_NS);
}

/**
 * struct chime_setting - one setting of the clock, or several after another
 * @work: that carries it out
 * @target: where the clock is to be
 * @mark: @target, if that is where the clock is found
 * @sets: how often the clock had been set when its error was measured last; -1: it was not
 * @ahead_ns: what is allowed for the setting itself
 * @left_ns: the error that is left
 * @ret: 0 or -errno; -EAGAIN: others have set the clock since, and it was left so
 */
struct chime_setting {
	struct kthread_work work;
	const struct chime_target *target;
	struct chime_target *mark;
	int sets;
	s64 ahead_ns;
	s64 left_ns;
	int ret;
};

/*
 * Other programs may run, and set the clock, before the thread does: a clock that is only marked
 * stays where they have set it, and whether one that is set wrong is stepped is decided again.
 */
static int chime_system_clock_find(const struct chime_setting *setting,
				   const struct chime_snapshot *now)
{
	if (setting->sets == now->sets)
		return 0;
	if (!setting->mark)
		return -EAGAIN;
	setting->mark->plus_ns = chime_sub_sat(now->realtime_ns, now->raw_ns);
	return 0;
}

/* Set the clock, which shows @now. */
static int chime_system_clock_put(const struct chime_setting *setting,
				  const struct chime_snapshot *now)
{
	s64 time_ns = chime_target_time(setting->target, now->raw_ns);
	struct timespec64 time = ns_to_timespec64(chime_add_sat(time_ns, setting->ahead_ns));

	return do_settimeofday64(&time);
}

/* The thread that waits for this holds the module's lock. */
static void chime_system_clock_work(struct kthread_work *work)
{
	struct chime_setting *setting = container_of(work, struct chime_setting, work);
	struct chime_snapshot snapshot;

	chime_snapshot_take(&snapshot);
	setting->ret = chime_system_clock_find(setting, &snapshot);
	setting->sets = snapshot.sets;
	if (!setting->ret) {
		setting->ret = chime_system_clock_put(setting, &snapshot);
		setting->sets = (u8)(snapshot.sets + 1);
		chime_snapshot_take(&snapshot);
	}
	setting->left_ns = chime_target_offset(setting->target, &snapshot);
}

/*
 * Set the clock as @setting says, time it, and measure the error that is left. Whoever the kernel
 * runs the module for (modprobe, a program that reads the PTP clock, the one that puts the machine
 * to sleep), the clock is set by a thread of the module's own: who watches the clock then sees that
 * it was the module, and the module only.
 */
static int chime_system_clock_set(struct chime_system_clock *clock, struct chime_setting *setting)
{
	kthread_init_work(&setting->work, chime_system_clock_work);
	kthread_queue_work(clock->thread, &setting->work);
	kthread_flush_work(&setting->work);
	if (setting->ret)
		return setting->ret;
	clock->took_ns[clock->timed++ % CHIME_STEPS_TIMED] =
		clamp_t(s64, chime_add_sat(setting->ahead_ns, setting->left_ns), 0,
			CHIME_STEP_LATENCY_MAX_NS);
	return 0;
}

/**
 * struct chime_step - the sanction of a step
 * @policy: the rules ...
 * @occasion: ... and whose of them apply
 * @offset_ns: the error that they said to step ...
 * @sets: ... and how often the clock had been set then
 */
struct chime_step {
	const struct chime_policy *policy;
	enum truechime_occasion occasion;
	s64 offset_ns;
	int sets;
};

/*
 * May what is left be stepped, too? It may in the same direction. The other way a clock that was
 * set back may go forward again, if it may be stepped forward at all; but one that was set forward
 * goes back only as if it had been found wrong by as much.
 */
static bool chime_step_may_repeat(const struct chime_step *step, s64 left_ns)
{
	const struct chime_rule *forward =
		&step->policy->rules[step->occasion][TRUECHIME_DIRECTION_FORWARD];
	bool back = left_ns < 0, was_back = step->offset_ns < 0;

	if (back == was_back)
		return true;
	if (!back)
		return forward->rule == TRUECHIME_RULE_STEP;
	return chime_policy_decide(step->policy, step->occasion, left_ns) ==
	       TRUECHIME_ACTION_STEPPED;
}

/*
 * Set the clock, measure its error, and repeat until that is small. -EAGAIN: others have set it
 * since it was decided to step it.
 */
static int chime_system_clock_step(struct chime_system_clock *clock,
				   const struct chime_target *target,
				   const struct chime_step *step, s64 *residual_ns)
{
	struct chime_setting setting = { .target = target, .sets = step->sets };
	int ret, i;

	for (i = 0; i < CHIME_STEP_TRIES; i++) {
		if (i >= CHIME_STEP_TRIES / 2)
			usleep_range(1000, 2000);
		setting.ahead_ns = chime_system_clock_least(clock);
		ret = chime_system_clock_set(clock, &setting);
		if (ret && !(i && ret == -EAGAIN))
			return i ? 0 : ret;
		*residual_ns = setting.left_ns;
		if (chime_abs_sat(*residual_ns) <= CHIME_STEP_GOOD_NS ||
		    !chime_step_may_repeat(step, *residual_ns))
			break;
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
static bool chime_system_clock_before_release(const struct chime_system_clock *clock,
					      const struct chime_target *target)
{
	s64 time_ns = chime_target_time(target, ktime_get_raw_ns());

	if (!chime_system_clock_is_too_early(time_ns))
		return false;
	chime_log_limited(clock->log, CHIME_LOG_WARNING,
			  "not setting the system clock to a date before this module was released: the reference says %lld s after 1970, the release was at %lld s\n",
			  div_s64(time_ns, NSEC_PER_SEC), (s64)CHIME_RELEASE_S);
	return true;
}

/* Step the clock if the policy says so. -EAGAIN: see above. */
static int chime_system_clock_try(struct chime_system_clock *clock,
				  const struct chime_target *target, struct chime_step *step,
				  struct chime_repair *repair)
{
	struct chime_snapshot snapshot;

	chime_snapshot_take(&snapshot);
	repair->offset_ns = chime_target_offset(target, &snapshot);
	repair->residual_ns = repair->offset_ns;
	repair->action = chime_policy_decide(step->policy, step->occasion, repair->offset_ns);
	if (repair->action != TRUECHIME_ACTION_STEPPED)
		return 0;

	if (chime_system_clock_before_release(clock, target)) {
		repair->action = TRUECHIME_ACTION_TOO_EARLY;
		return 0;
	}
	step->offset_ns = repair->offset_ns;
	step->sets = snapshot.sets;
	return chime_system_clock_step(clock, target, step, &repair->residual_ns);
}

void chime_system_clock_repair(struct chime_system_clock *clock, const struct chime_target *target,
			       const struct chime_policy *policy,
			       enum truechime_occasion occasion, struct chime_repair *repair)
{
	struct chime_step step = { .policy = policy, .occasion = occasion };
	int ret = -EAGAIN, i;

	lockdep_assert_held(target->timescale->lock);
	for (i = 0; i < CHIME_STEP_TRIES && ret == -EAGAIN; i++)
		ret = chime_system_clock_try(clock, target, &step, repair);
	if (ret) {
		repair->action = TRUECHIME_ACTION_FAILED;
		chime_log_limited(clock->log, CHIME_LOG_ERROR,
				  "the kernel refused to set the system clock (error %d): it stays wrong\n",
				  ret);
	}
	clock->steps += repair->action == TRUECHIME_ACTION_STEPPED;
}

void chime_system_clock_distrust(struct chime_system_clock *clock)
{
	struct chime_target target = { };
	struct chime_setting setting = { .target = &target, .mark = &target, .sets = -1 };
	int i;

	/* Preemption in the middle makes the clock late: then it is set again. */
	for (i = 0; i < CHIME_STEP_TRIES; i++) {
		setting.ahead_ns = chime_system_clock_most(clock);
		if (chime_system_clock_set(clock, &setting)) {
			chime_log_limited(clock->log, CHIME_LOG_ERROR,
					  "the kernel refused to mark the system clock unsynchronised\n");
			return;
		}
		if (setting.left_ns <= CHIME_STEP_GOOD_NS)
			return;
	}
}
