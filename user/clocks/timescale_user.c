// SPDX-License-Identifier: GPL-2.0-only
/*
 * The timescale without the module: the reference is CLOCK_MONOTONIC_RAW, there is no host, and
 * the correction is kept here, by the same arithmetic as in the kernel. Corrections change the
 * phase at once: what slews is the system clock, which follows.
 *
 * Of the disruptions that the module notices only a suspend is noticed, because CLOCK_BOOTTIME
 * counts it and the raw clock does not. A revert takes all clocks of the guest back, so that only
 * NTP can show it. The step policy is the same as the module's, and is decided here.
 */
#include "clocks/timescale.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "clocks/release_date.h"
#include "clocks/system_clock.h"
#include "core/policy.h"
#include "core/reaction.h"
#include "core/verdict.h"
#include "lib/log.h"
#include "lib/module_link.h"
#include "lib/time_units.h"

/* Readings of which the tightest counts; the first is often slow for want of a warm cache. */
#define READINGS	4

/* A suspend that the clock may be wrong by. */
#define SUSPEND_MIN_NS	(NS_PER_S / 100)

/* BOOTTIME minus MONOTONIC of a wider bracket is not used: two of them could look like one. */
#define READING_MAX_NS	(SUSPEND_MIN_NS / 2)

struct timescale_user {
	struct timescale timescale;	/* first: what callers hold */
	struct system_clock *clock;	/* borrowed */
	struct chime_policy policy;
	struct chime_line correction;
	bool has_correction;
	int64_t disputed_ns;		/* of its bound, as sources contradict it */
	bool has_asleep;		/* BOOTTIME could be read: */
	int64_t asleep_ns;		/* it minus MONOTONIC, which is the time in suspend */
	uint32_t epoch;
	uint32_t disruptions;
	int64_t gap_ns;			/* of the latest of them */
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

/**
 * struct clock_pair - two clocks at one instant
 * @base_ns: the one that is read before and after the other
 * @other_ns: the other one
 * @reading_ns: greatest distance between the two readings
 */
struct clock_pair {
	int64_t base_ns;
	int64_t other_ns;
	int64_t reading_ns;
};

/* The tightest of several brackets. */
static int clock_pair_read(clockid_t base, clockid_t other, struct clock_pair *pair)
{
	int64_t before_ns, other_ns, after_ns, half_ns;
	int err, i;

	pair->reading_ns = INT64_MAX;
	for (i = 0; i < READINGS; i++) {
		err = clock_read_ns(base, &before_ns);
		if (!err)
			err = clock_read_ns(other, &other_ns);
		if (!err)
			err = clock_read_ns(base, &after_ns);
		if (err)
			return err;
		half_ns = (after_ns - before_ns + 1) / 2;
		if (after_ns >= before_ns && half_ns < pair->reading_ns)
			*pair = (struct clock_pair){
				.base_ns = before_ns + (after_ns - before_ns) / 2,
				.other_ns = other_ns,
				.reading_ns = half_ns,
			};
	}
	return pair->reading_ns == INT64_MAX ? -EAGAIN : 0;
}

static int timescale_user_read(struct timescale_now *now)
{
	struct clock_pair pair;
	int err = clock_pair_read(CLOCK_MONOTONIC_RAW, CLOCK_REALTIME, &pair);

	if (err)
		return err;
	now->raw_ns = pair.base_ns;
	now->realtime_ns = pair.other_ns;
	now->reading_ns = pair.reading_ns;
	return 0;
}

/* The raw clock stood still. As it is the reference, the correction shifts by that. */
static void timescale_user_react(struct timescale_user *user,
				 const struct chime_disrupted *disrupted)
{
	struct chime_line *correction = &user->correction;
	struct chime_reaction reaction;

	chime_react(disrupted, &reaction);
	user->epoch++;
	user->disruptions += chime_reaction_counts(disrupted->cause);
	user->gap_ns = disrupted->gap_ns;
	correction->offset_ns = chime_add_sat(correction->offset_ns, disrupted->gap_ns);
	correction->sigma_ns = chime_add_sat(correction->sigma_ns, reaction.shift_error_ns);
	correction->maxerror_ns = chime_add_sat(correction->maxerror_ns, reaction.shift_error_ns);
}

/*
 * Was there a suspend? A process that is stopped between two readings finds the later clock ahead,
 * as after one: such a reading shows nothing, and the next one does.
 */
static bool timescale_user_watch(struct timescale_user *user)
{
	/* The kernel counts the suspend by a clock whose error is unknown. */
	struct chime_disrupted disrupted = {
		.cause = TRUECHIME_CAUSE_SUSPEND,
		.measure = CHIME_MEASURED_BY_SOURCES,
		.gap_error_ns = CHIME_LINE_UNBOUNDED_NS,
	};
	bool had_asleep = user->has_asleep;
	int64_t before_ns = user->asleep_ns;
	struct clock_pair boottime;

	if (clock_pair_read(CLOCK_MONOTONIC, CLOCK_BOOTTIME, &boottime) ||
	    boottime.reading_ns > READING_MAX_NS)
		return false;
	user->has_asleep = true;
	user->asleep_ns = boottime.other_ns - boottime.base_ns;
	disrupted.gap_ns = user->asleep_ns - before_ns;
	if (!had_asleep || disrupted.gap_ns <= SUSPEND_MIN_NS)
		return false;
	timescale_user_react(user, &disrupted);
	return true;
}

static int timescale_user_now(struct timescale *timescale, struct timescale_now *now)
{
	struct timescale_user *user = (struct timescale_user *)timescale;
	int err;

	*now = (struct timescale_now){ 0 };
	err = timescale_user_read(now);
	/* The system clock may have been read before the suspend. */
	if (!err && timescale_user_watch(user))
		err = timescale_user_read(now);
	if (err)
		return err;
	now->reference_ns = now->raw_ns;
	now->epoch = user->epoch;
	now->change = REFERENCE_JUMPED;
	now->disruptions = user->disruptions;
	now->gap_ns = user->gap_ns;
	if (!user->has_correction) {
		now->time_ns = now->realtime_ns;
		now->rate = system_clock_rate(user->clock);
		now->sigma_ns = CHIME_LINE_UNBOUNDED_NS;
		now->maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
		return 0;
	}
	now->time_ns = chime_line_eval(&user->correction, now->raw_ns);
	now->rate = (double)chime_line_rate(&user->correction, now->raw_ns) / Q32;
	now->sigma_ns = chime_line_sigma(&user->correction, now->raw_ns);
	now->maxerror_ns = chime_add_sat(chime_line_maxerror(&user->correction, now->raw_ns),
					 user->disputed_ns);
	return 0;
}

static int timescale_user_correct(struct timescale *timescale, const struct chime_line *correction,
				  uint32_t epoch, bool jump, struct timescale_now *now)
{
	struct timescale_user *user = (struct timescale_user *)timescale;

	(void)jump;
	if (epoch != user->epoch)
		return -ESTALE;
	if (!chime_line_valid(correction))
		return -ERANGE;
	user->correction = *correction;
	user->has_correction = true;
	user->disputed_ns = 0;
	return timescale_user_now(timescale, now);
}

static int timescale_user_dispute(struct timescale *timescale, int64_t maxerror_ns, uint32_t epoch,
				  struct timescale_now *now)
{
	struct timescale_user *user = (struct timescale_user *)timescale;
	int err;

	if (epoch != user->epoch)
		return -ESTALE;
	if (!user->has_correction)
		return -ENODATA;
	user->disputed_ns = 0;
	err = timescale_user_now(timescale, now);
	if (err)
		return err;
	user->disputed_ns = chime_max(chime_sub_sat(maxerror_ns, now->maxerror_ns), 0);
	now->maxerror_ns = chime_add_sat(now->maxerror_ns, user->disputed_ns);
	return 0;
}

static bool timescale_user_refuses(int64_t time_ns)
{
	if (!is_before_release(time_ns))
		return false;
	log_warning("Not setting the system clock to a date before this program was released: the time sources say %lld s after 1970, the release was at %lld s",
		    (long long)(time_ns / NS_PER_S), (long long)(release_date_ns() / NS_PER_S));
	return true;
}

/*
 * Step the system clock to @time_ns if the policy allows it; @action states the outcome. 0, -errno.
 */
static int timescale_user_repair(struct timescale_user *user, enum truechime_occasion occasion,
				 int64_t time_ns, int64_t offset_ns, enum truechime_action *action)
{
	int err;

	*action = chime_policy_decide(&user->policy, occasion, offset_ns);
	if (*action != TRUECHIME_ACTION_STEPPED)
		return 0;
	if (timescale_user_refuses(time_ns)) {
		*action = TRUECHIME_ACTION_TOO_EARLY;
		return 0;
	}
	err = system_clock_step(user->clock, offset_ns);
	if (err)
		*action = TRUECHIME_ACTION_FAILED;
	return err;
}

static int timescale_user_step(struct timescale *timescale, enum truechime_occasion occasion)
{
	struct timescale_user *user = (struct timescale_user *)timescale;
	enum truechime_action action;
	struct timescale_now now;
	int err;

	if (!user->has_correction)
		return -ENODATA;
	err = timescale_user_now(timescale, &now);
	if (!err)
		err = timescale_user_repair(user, occasion, now.time_ns,
					    chime_sub_sat(now.time_ns, now.realtime_ns), &action);
	if (err)
		return err == -EPERM ? -EACCES : err;
	if (action == TRUECHIME_ACTION_TOO_EARLY)
		return -ERANGE;
	return action == TRUECHIME_ACTION_NONE || action == TRUECHIME_ACTION_STEPPED ? 0 : -EPERM;
}

static int timescale_user_disrupted(struct timescale *timescale, const struct module_jump *jump,
				    uint32_t epoch, struct module_event *event)
{
	struct timescale_user *user = (struct timescale_user *)timescale;
	const struct chime_disrupted disrupted = {
		.cause = TRUECHIME_CAUSE_TIME_SOURCES,
		.measure = CHIME_MEASURED_BY_SOURCES,
		.gap_ns = jump->offset_ns,
		.gap_error_ns = jump->maxerror_ns,
	};
	struct timescale_now now;
	int err;

	err = timescale_user_now(timescale, &now);
	if (err)
		return err;
	if (epoch != user->epoch)
		return -ESTALE;
	if (now.maxerror_ns == CHIME_LINE_UNBOUNDED_NS)
		return -ENODATA;
	timescale_user_react(user, &disrupted);
	*event = (struct module_event){
		.sequence = user->disruptions,
		.cause = disrupted.cause,
		.evidence = CHIME_SAW(NTP),
		.gap_ns = jump->offset_ns,
		.maxerror_before_ns = now.maxerror_ns,
		.offset_ns = chime_sub_sat(chime_add_sat(now.time_ns, jump->offset_ns),
					   now.realtime_ns),
	};
	(void)timescale_user_repair(user, chime_reaction_occasion(disrupted.cause),
				    chime_add_sat(now.time_ns, jump->offset_ns), event->offset_ns,
				    &event->action);
	err = timescale_user_now(timescale, &now);
	event->residual_ns = chime_sub_sat(now.time_ns, now.realtime_ns);
	/* There is no host. */
	event->maxerror_ns = now.maxerror_ns;
	event->reading_ns = now.maxerror_ns;
	event->latency_ns = chime_sub_sat(now.raw_ns, jump->agreed_raw_ns);
	event->raw_ns = now.raw_ns;
	event->time_ns = now.time_ns;
	event->epoch = user->epoch;
	return err;
}

void timescale_user_set_policy(struct timescale *timescale, const struct module_rule *rules,
			       size_t count)
{
	struct timescale_user *user = (struct timescale_user *)timescale;
	size_t i;

	chime_policy_defaults(&user->policy);
	for (i = 0; i < count; i++)
		user->policy.rules[rules[i].occasion][rules[i].direction] = (struct chime_rule){
			.rule = rules[i].rule,
			.threshold_ns = rules[i].threshold_ns,
			.maximum_ns = rules[i].maximum_ns,
		};
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
	.dispute = timescale_user_dispute,
	.step = timescale_user_step,
	.disrupted = timescale_user_disrupted,
	.leap = timescale_user_leap,
	.close = timescale_user_close,
};

int timescale_user_open(struct timescale **timescale, struct system_clock *clock)
{
	struct timescale_user *user;

	user = calloc(1, sizeof(*user));
	if (!user)
		return -ENOMEM;
	user->timescale.ops = &timescale_user_ops;
	user->clock = clock;
	chime_policy_defaults(&user->policy);
	(void)timescale_user_watch(user);
	*timescale = &user->timescale;
	return 0;
}
