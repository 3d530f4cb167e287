// SPDX-License-Identifier: GPL-2.0-only
/*
 * The timescale without the module: raw is CLOCK_MONOTONIC_RAW, there is no host, and the
 * correction is kept here, by the same arithmetic as in the kernel. Corrections change the phase at
 * once: what slews is the system clock, which follows.
 *
 * What the module would notice is noticed simply: a suspend, because CLOCK_BOOTTIME counts it and
 * raw does not. A guest that is reverted takes all its clocks along; only NTP can tell then.
 */
#include "timescale.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "system_clock.h"

#define NS_PER_S	1000000000LL

/* Readings of which the tightest counts; the first is often slow for want of a warm cache. */
#define READINGS	4

/*
 * BOOTTIME runs at the system clock's rate, which is ours; what is left is somebody else's slewing
 * under -x, a few ms at most between two readings.
 */
#define SUSPEND_MIN_NS	(NS_PER_S / 2)

struct timescale_user {
	struct timescale timescale;	/* first: what callers hold */
	struct system_clock *clock;	/* borrowed */
	struct chime_line correction;
	bool has_correction;
	bool watch_suspend;		/* BOOTTIME can be read */
	int64_t asleep_ns;		/* BOOTTIME minus raw at raw_ns */
	int64_t raw_ns;
	uint32_t epoch;
	uint32_t disruptions;
};

static int clock_read_ns(clockid_t id, int64_t *ns)
{
	struct timespec ts;

	*ns = 0;
	if (clock_gettime(id, &ts))
		return -errno;
	*ns = ts.tv_sec * NS_PER_S + ts.tv_nsec;
	return 0;
}

/* Raw and realtime of one instant, as nearly as three readings can tell. */
static int timescale_user_read(struct timescale_now *now)
{
	int64_t before_ns, realtime_ns, after_ns;
	int err, i;

	now->reading_ns = INT64_MAX;
	for (i = 0; i < READINGS; i++) {
		err = clock_read_ns(CLOCK_MONOTONIC_RAW, &before_ns);
		if (!err)
			err = clock_read_ns(CLOCK_REALTIME, &realtime_ns);
		if (!err)
			err = clock_read_ns(CLOCK_MONOTONIC_RAW, &after_ns);
		if (err)
			return err;
		if (after_ns < before_ns || (after_ns - before_ns + 1) / 2 >= now->reading_ns)
			continue;
		now->reading_ns = (after_ns - before_ns + 1) / 2;
		now->raw_ns = before_ns + (after_ns - before_ns) / 2;
		now->realtime_ns = realtime_ns;
	}
	return now->reading_ns == INT64_MAX ? -EAGAIN : 0;
}

/* Raw stood still while the machine slept: what was measured against it is worth its rate only. */
static void timescale_user_slept(struct timescale_user *user, int64_t gap_ns)
{
	user->epoch++;
	user->disruptions++;
	user->correction.offset_ns = chime_add_sat(user->correction.offset_ns, gap_ns);
	user->correction.maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
}

static void timescale_user_watch(struct timescale_user *user, int64_t raw_ns)
{
	int64_t boottime_ns, asleep_ns, gap_ns, steered_ns;

	if (!user->watch_suspend || clock_read_ns(CLOCK_BOOTTIME, &boottime_ns))
		return;
	asleep_ns = boottime_ns - raw_ns;
	gap_ns = asleep_ns - user->asleep_ns;
	steered_ns = (int64_t)((double)(raw_ns - user->raw_ns) * system_clock_rate(user->clock));
	user->asleep_ns = asleep_ns;
	user->raw_ns = raw_ns;
	if (gap_ns - steered_ns > SUSPEND_MIN_NS)
		timescale_user_slept(user, gap_ns);
}

static int timescale_user_now(struct timescale *timescale, struct timescale_now *now)
{
	struct timescale_user *user = (struct timescale_user *)timescale;
	int err;

	*now = (struct timescale_now){ 0 };
	err = timescale_user_read(now);
	if (err)
		return err;
	timescale_user_watch(user, now->raw_ns);
	now->reference_ns = now->raw_ns;
	now->epoch = user->epoch;
	now->disruptions = user->disruptions;
	if (!user->has_correction) {
		now->time_ns = now->realtime_ns;
		now->rate = system_clock_rate(user->clock);
		now->sigma_ns = CHIME_LINE_UNBOUNDED_NS;
		now->maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
		return 0;
	}
	now->time_ns = chime_line_eval(&user->correction, now->raw_ns);
	now->rate = (double)user->correction.rate_q32 / 4294967296.0;
	now->sigma_ns = chime_line_sigma(&user->correction, now->raw_ns);
	now->maxerror_ns = chime_line_maxerror(&user->correction, now->raw_ns);
	return 0;
}

static int timescale_user_correct(struct timescale *timescale, const struct chime_line *correction,
				  uint32_t epoch, bool jump)
{
	struct timescale_user *user = (struct timescale_user *)timescale;

	(void)jump;
	if (epoch != user->epoch)
		return -ESTALE;
	if (correction->rate_q32 > CHIME_LINE_RATE_MAX_Q32 ||
	    correction->rate_q32 < -CHIME_LINE_RATE_MAX_Q32)
		return -ERANGE;
	user->correction = *correction;
	user->has_correction = true;
	return 0;
}

static int timescale_user_step(struct timescale *timescale)
{
	struct timescale_user *user = (struct timescale_user *)timescale;
	struct timescale_now now;
	int err;

	if (!user->has_correction)
		return -ENODATA;
	err = timescale_user_now(timescale, &now);
	if (err)
		return err;
	return system_clock_step(user->clock, chime_sub_sat(now.time_ns, now.realtime_ns));
}

static int timescale_user_leap(struct timescale *timescale, int64_t change_ns)
{
	struct timescale_user *user = (struct timescale_user *)timescale;

	user->correction.offset_ns = chime_add_sat(user->correction.offset_ns, change_ns);
	return 0;
}

static void timescale_user_close(struct timescale *timescale)
{
	free(timescale);
}

static const struct timescale_ops timescale_user_ops = {
	.name = "user",
	.now = timescale_user_now,
	.correct = timescale_user_correct,
	.step = timescale_user_step,
	.leap = timescale_user_leap,
	.close = timescale_user_close,
};

int timescale_user_open(struct timescale **timescale, struct system_clock *clock)
{
	struct timescale_user *user;
	int64_t boottime_ns;
	int err;

	user = calloc(1, sizeof(*user));
	if (!user)
		return -ENOMEM;
	user->timescale.ops = &timescale_user_ops;
	user->clock = clock;
	err = clock_read_ns(CLOCK_MONOTONIC_RAW, &user->raw_ns);
	if (err) {
		free(user);
		return err;
	}
	user->watch_suspend = !clock_read_ns(CLOCK_BOOTTIME, &boottime_ns);
	user->asleep_ns = user->watch_suspend ? boottime_ns - user->raw_ns : 0;
	*timescale = &user->timescale;
	return 0;
}
