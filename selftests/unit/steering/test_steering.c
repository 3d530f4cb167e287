// SPDX-License-Identifier: GPL-2.0-only
/*
 * Steering: what the discipline finds becomes the system clock's time, and what is published of it
 * is true at every moment. Over the timescale without the module, and over a stand-in for the
 * module's.
 */
#include "user/steering/steering.h"

#include "selftests/unit/fake_clock.h"
#include "selftests/unit/fake_journal.h"
#include "selftests/unit/unit.h"
#include "user/lib/log.h"
#include "user/lib/module_link.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <syslog.h>

#define S	1000000000LL
#define MS	1000000LL
#define US	1000LL

/* 2027-07-01 00:00:00 */
#define LEAP_NS	(1814400000 * S)

FIXTURE(steering)
{
	struct system_clock *clock;
	struct timescale *timescale;
	struct steering *steering;
	struct steering_status status;
	int64_t utc_ahead_ns;	/* of the system clock, exactly */
};

static const struct steering_options normal = {
	.max_slew = 0.1,
	.max_rate = 0.1,
	.logchange_ns = S,
};

/* The loop turns, and has the clocks followed ... */
static int follow(FIXTURE_DATA(steering) *self)
{
	timescale_expire(self->timescale);
	return steering_follow(self->steering);
}

/* ... or only read. */
static int read_clocks(FIXTURE_DATA(steering) *self)
{
	timescale_expire(self->timescale);
	return steering_read(self->steering);
}

FIXTURE_SETUP(steering)
{
	log_set_level(-1);
	fake_clock_start();
	ASSERT_EQ(0, system_clock_open(&self->clock, false));
	ASSERT_EQ(0, timescale_user_open(&self->timescale, self->clock));
	self->steering = steering_new(&normal, self->clock, self->timescale);
	ASSERT_NE(NULL, self->steering);
	ASSERT_EQ(0, follow(self));
}

FIXTURE_TEARDOWN(steering)
{
	steering_free(self->steering);
	self->timescale->ops->close(self->timescale);
	system_clock_close(self->clock);
}

/* What the discipline would say of a clock that is @ahead_ns behind UTC. */
static struct discipline_result found(FIXTURE_DATA(steering) *self, int64_t ahead_ns)
{
	struct timescale_now now;

	self->timescale->ops->now(self->timescale, &now);
	return (struct discipline_result){
		.changed = true,
		.measured = true,
		.correction = {
			.origin_ns = now.raw_ns,
			.offset_ns = now.realtime_ns + ahead_ns - now.raw_ns,
			.sigma_ns = 10 * US,
			.maxerror_ns = 100 * US,
			.maxerror_rate_q32 = 4295,
		},
		.step_ns = ahead_ns,
		.synchronised = true,
	};
}

static int apply(FIXTURE_DATA(steering) *self, struct discipline_result result)
{
	struct timescale_now now;
	int err;

	timescale_read(self->timescale, &now);
	err = steering_correct(self->steering, &result, &now);
	if (!err)
		err = steering_follow(self->steering);
	steering_get_status(self->steering, &self->status);
	return err;
}

/* The timescale minus the system clock, now. */
static int64_t error_ns(FIXTURE_DATA(steering) *self)
{
	struct timescale_now now;

	self->timescale->ops->now(self->timescale, &now);
	return now.time_ns - now.realtime_ns;
}

/* A daemon starts beside @timescale, with a system clock that is @behind_ns. 0, -errno. */
static int begin_beside(FIXTURE_DATA(steering) *self, struct timescale *timescale,
			const struct steering_options *options, int64_t behind_ns)
{
	int err;

	fake_clock_start();
	fake_clock.realtime_ns = 1700000000 * S + fake_clock.raw_ns - behind_ns;
	err = system_clock_open(&self->clock, false);
	if (err)
		return err;
	self->timescale = timescale;
	self->steering = steering_new(options, self->clock, timescale);
	return self->steering ? 0 : -ENOMEM;
}

static void end_beside(FIXTURE_DATA(steering) *self)
{
	steering_free(self->steering);
	system_clock_close(self->clock);
}

/* Time goes on for @duration_ns, steering when it wants. The published bound must hold. */
static int run_truthfully(FIXTURE_DATA(steering) *self, int64_t duration_ns)
{
	int64_t end_ns = fake_clock.raw_ns + duration_ns, next_ns, error;

	while (fake_clock.raw_ns < end_ns) {
		next_ns = steering_next_ns(self->steering);
		if (next_ns > end_ns)
			next_ns = end_ns;
		if (next_ns > fake_clock.raw_ns)
			fake_clock_run(next_ns - fake_clock.raw_ns);
		error = llabs(error_ns(self));
		if (!(fake_clock.status & STA_UNSYNC) && error > fake_clock.maxerror_us * 1000)
			return -1;
		if (follow(self))
			return -1;
	}
	steering_get_status(self->steering, &self->status);
	return 0;
}

TEST_F(steering, is_unsynchronised_until_something_is_known)
{
	EXPECT_TRUE(fake_clock.status & STA_UNSYNC);
	ASSERT_EQ(0, run_truthfully(self, 100 * S));
	EXPECT_TRUE(fake_clock.status & STA_UNSYNC);
	EXPECT_FALSE(self->status.synchronised);
	EXPECT_EQ(0, fake_clock_rate());
}

TEST_F(steering, slews_a_small_error_and_says_so_when_it_is_gone)
{
	ASSERT_EQ(0, apply(self, found(self, 5 * MS)));
	EXPECT_TRUE(fake_clock.status & STA_UNSYNC);
	EXPECT_GT(fake_clock_rate(), 0.0);
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	EXPECT_FALSE(fake_clock.status & STA_UNSYNC);
	EXPECT_TRUE(self->status.synchronised);
	EXPECT_LT(llabs(error_ns(self)), US);
	EXPECT_EQ(0, self->status.steps);
	EXPECT_GE(fake_clock.maxerror_us, 100);
}

/*
 * After minutes without answers the clock was unsynchronised, and most of its error is gone. The
 * rest is within what the sources themselves know, and is slewed slowly.
 */
TEST_F(steering, is_synchronised_again_when_the_rest_is_within_what_sources_know)
{
	struct discipline_result result;

	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 600 * S));
	result = found(self, 25 * MS);
	result.correction.maxerror_ns = 6 * MS;
	ASSERT_EQ(0, apply(self, result));
	EXPECT_TRUE(fake_clock.status & STA_UNSYNC);
	result = found(self, 4 * MS);
	result.correction.maxerror_ns = 6 * MS;
	ASSERT_EQ(0, apply(self, result));
	EXPECT_FALSE(fake_clock.status & STA_UNSYNC);
	EXPECT_GT(llabs(error_ns(self)), 3 * MS);
	EXPECT_GE(fake_clock.maxerror_us * US, 9 * MS);
	ASSERT_EQ(0, run_truthfully(self, 60 * S));
	EXPECT_FALSE(fake_clock.status & STA_UNSYNC);
}

/* What sources know badly is no reason to call a clock right that is still being slewed. */
TEST_F(steering, is_unsynchronised_while_a_large_error_is_within_a_wide_bound)
{
	struct discipline_result result = found(self, 300 * MS);

	result.correction.maxerror_ns = 500 * MS;
	ASSERT_EQ(0, apply(self, result));
	EXPECT_TRUE(fake_clock.status & STA_UNSYNC);
}

TEST_F(steering, refreshes_what_it_publishes)
{
	int i;

	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, run_truthfully(self, 37 * S));
		/* The bound and its growth; what the kernel adds meanwhile is 8 ms at most. */
		EXPECT_GE(fake_clock.maxerror_us, 100);
		EXPECT_LE(fake_clock.maxerror_us, 100 + 750 + 8100);
	}
	EXPECT_FALSE(fake_clock.status & STA_UNSYNC);
}

/* A rate that may be wrong by a percent: the kernel's own growth is no bound of that. */
TEST_F(steering, publishes_a_bound_that_outgrows_the_kernels)
{
	struct discipline_result result = found(self, 0);
	struct timescale_now now;
	int i;

	result.correction.maxerror_rate_q32 = 42949673;
	result.correction.beyond_maxerror_rate_q32 = 42949673;
	ASSERT_EQ(0, apply(self, result));
	for (i = 0; i < 100; i++) {
		fake_clock_run(steering_next_ns(self->steering) - fake_clock.raw_ns);
		ASSERT_EQ(0, self->timescale->ops->now(self->timescale, &now));
		EXPECT_GE(fake_clock.maxerror_us * US, now.maxerror_ns);
		EXPECT_LE(fake_clock.maxerror_us * US, now.maxerror_ns + 30 * MS);
		ASSERT_EQ(0, follow(self));
	}
	EXPECT_FALSE(fake_clock.status & STA_UNSYNC);
}

/* A guest that is not run for seconds goes on past where a slew was to bring its clock. */
TEST_F(steering, publishes_what_a_slew_does_that_nobody_ends)
{
	int64_t stalls_ns[] = { 50 * MS, 2 * S, 30 * S };
	size_t i;

	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	for (i = 0; i < sizeof(stalls_ns) / sizeof(*stalls_ns); i++) {
		ASSERT_EQ(0, apply(self, found(self, 8 * MS)));
		EXPECT_FALSE(fake_clock.status & STA_UNSYNC);
		EXPECT_GT(fabs(fake_clock_rate()), 1e-3);
		fake_clock_run(stalls_ns[i]);
		EXPECT_GE(fake_clock.maxerror_us * US, llabs(error_ns(self)) + 100 * US);
		ASSERT_EQ(0, follow(self));
		/* Once the slew is over the bound is what it was. */
		ASSERT_EQ(0, run_truthfully(self, 120 * S));
		EXPECT_LT(fake_clock.maxerror_us, 20000);
	}
}

TEST_F(steering, steps_when_the_discipline_says_so)
{
	struct discipline_result result = found(self, -3600 * S);

	result.step = DISCIPLINE_STEP;
	ASSERT_EQ(0, apply(self, result));
	EXPECT_EQ(0, error_ns(self));
	EXPECT_EQ(1, self->status.steps);
	ASSERT_EQ(0, run_truthfully(self, 2 * S));
	EXPECT_FALSE(fake_clock.status & STA_UNSYNC);
}

TEST_F(steering, slews_for_long_without_a_lie)
{
	ASSERT_EQ(0, apply(self, found(self, 10 * S)));
	ASSERT_EQ(0, run_truthfully(self, 50 * S));
	EXPECT_TRUE(fake_clock.status & STA_UNSYNC);
	EXPECT_GT(error_ns(self), 4 * S);
	ASSERT_EQ(0, run_truthfully(self, 60 * S));
	EXPECT_FALSE(fake_clock.status & STA_UNSYNC);
	EXPECT_LT(llabs(error_ns(self)), US);
	EXPECT_EQ(0, self->status.steps);
}

/* Calm is for a clock that is right. One that is called wrong is put right at once. */
TEST_F(steering, slews_quickly_what_the_bound_excludes)
{
	struct discipline_result result;
	int i;

	for (i = 0; i < 60; i++) {
		ASSERT_EQ(0, apply(self, found(self, i % 2 ? 10 * US : -10 * US)));
		ASSERT_EQ(0, run_truthfully(self, 16 * S));
	}
	ASSERT_FALSE(fake_clock.status & STA_UNSYNC);
	/* Learned anew after a jump: not sure, but sure of that. */
	result = found(self, 80 * MS);
	result.correction.sigma_ns = 16 * MS;
	result.correction.maxerror_ns = 20 * MS;
	result.jump = true;
	ASSERT_EQ(0, apply(self, result));
	ASSERT_EQ(0, run_truthfully(self, 3 * S));
	EXPECT_FALSE(fake_clock.status & STA_UNSYNC);
	EXPECT_LT(llabs(error_ns(self)), 10 * MS);
}

/*
 * The first answer bounds the time badly, the next one well, and within what was published: that
 * was true, and a smaller bound is no reason to take it back.
 */
TEST_F(steering, a_better_answer_within_what_was_published_unsynchronises_nothing)
{
	struct discipline_result result = found(self, 0);
	int jumps, i;

	for (jumps = 0; jumps < 2; jumps++) {
		result = found(self, 0);
		result.correction.maxerror_ns = 134 * MS;
		ASSERT_EQ(0, apply(self, result));
		ASSERT_EQ(0, run_truthfully(self, 2 * S));
		ASSERT_FALSE(fake_clock.status & STA_UNSYNC);
		result = found(self, 60 * MS);
		result.correction.maxerror_ns = 20 * MS;
		result.jump = jumps;
		ASSERT_EQ(0, apply(self, result));
		EXPECT_FALSE(fake_clock.status & STA_UNSYNC);
		EXPECT_GE(fake_clock.maxerror_us * US, 80 * MS);
		for (i = 0; i < 20; i++) {
			ASSERT_EQ(0, run_truthfully(self, S / 10));
			EXPECT_FALSE(fake_clock.status & STA_UNSYNC);
		}
		ASSERT_EQ(0, run_truthfully(self, 20 * S));
	}
}

TEST_F(steering, a_refused_change_is_not_carried_out)
{
	struct discipline_result result = found(self, 100 * S);

	ASSERT_EQ(0, apply(self, found(self, 0)));
	result.step = DISCIPLINE_REFUSED;
	result.changed = false;
	result.synchronised = false;
	ASSERT_EQ(0, apply(self, result));
	ASSERT_EQ(0, run_truthfully(self, 5 * S));
	EXPECT_LT(llabs(error_ns(self)), US);
	EXPECT_TRUE(fake_clock.status & STA_UNSYNC);
}

TEST_F(steering, a_stale_correction_is_measured_again)
{
	struct discipline_result result = found(self, 0);
	struct timescale_now now;

	self->timescale->ops->now(self->timescale, &now);
	now.epoch++;
	EXPECT_EQ(-ESTALE, steering_correct(self->steering, &result, &now));
}

TEST_F(steering, lost_sources_unsynchronise)
{
	struct discipline_result lost = { .selection.selected = -1, .stratum = 16 };

	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 5 * S));
	EXPECT_FALSE(fake_clock.status & STA_UNSYNC);
	ASSERT_EQ(0, apply(self, lost));
	EXPECT_TRUE(fake_clock.status & STA_UNSYNC);
}

TEST_F(steering, notices_that_somebody_else_set_the_clock)
{
	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 300 * S));
	fake_clock.realtime_ns += 2 * S;
	fake_clock.status |= STA_UNSYNC;
	ASSERT_EQ(0, follow(self));
	EXPECT_TRUE(fake_clock.status & STA_UNSYNC);
	EXPECT_LT(fake_clock_rate(), -0.09);
	ASSERT_EQ(0, run_truthfully(self, 25 * S));
	EXPECT_LT(llabs(error_ns(self)), US);
	EXPECT_FALSE(fake_clock.status & STA_UNSYNC);
}

TEST_F(steering, says_what_becomes_of_a_clock_that_somebody_else_set)
{
	journal_listen(LOG_NOTICE);
	fake_clock.realtime_ns += 2 * S;
	ASSERT_EQ(0, read_clocks(self));
	/* Nobody knows how wrong it is now. */
	EXPECT_STREQ("MESSAGE=Somebody else set the system clock by 2.00 s", journal.fields[0]);

	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	fake_clock.realtime_ns += 2 * S;
	ASSERT_EQ(0, read_clocks(self));
	EXPECT_NE(NULL, strstr(journal.fields[0],
			       "set the system clock by 2.00 s; it is being slewed back"));

	steering_stand_aside(self->steering, true);
	ASSERT_EQ(0, follow(self));
	fake_clock_run(2 * 3600 * S);
	ASSERT_EQ(0, read_clocks(self));
	fake_clock.realtime_ns += 2 * S;
	ASSERT_EQ(0, read_clocks(self));
	EXPECT_STREQ("MESSAGE=Somebody else set the system clock by 2.00 s", journal.fields[0]);
}

/* The sources' answer is that the timescale is right, whatever the system clock says. */
static struct discipline_result confirmed(FIXTURE_DATA(steering) *self)
{
	struct timescale_now now;
	struct discipline_result result;

	self->timescale->ops->now(self->timescale, &now);
	result = found(self, now.time_ns - now.realtime_ns);
	result.step = DISCIPLINE_STEP;
	result.agreed_raw_ns = now.raw_ns;
	return result;
}

/* date -s by an hour: a slew back would take ten. Who does it again and again is no operator. */
TEST_F(steering, a_clock_that_was_set_far_off_is_set_back)
{
	static const int64_t jumps_ns[] = { 3600 * S, -86400 * S, 3600 * S };
	unsigned int i;

	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	for (i = 0; i < ARRAY_SIZE(jumps_ns); i++) {
		fake_clock.realtime_ns += jumps_ns[i];
		fake_clock.status |= STA_UNSYNC;
		ASSERT_EQ(0, follow(self));
		steering_get_status(self->steering, &self->status);
		EXPECT_EQ(i < 2, steering_asks_sources(self->steering));
		if (i == 2)
			break;
		/* The sources have ten seconds to find that it was right. */
		EXPECT_EQ(i, self->status.steps);
		fake_clock_run(S);
		ASSERT_EQ(0, apply(self, confirmed(self)));
		EXPECT_LE(self->status.now.raw_ns + 9 * S, steering_next_ns(self->steering));
		fake_clock_run(8 * S);
		ASSERT_EQ(0, follow(self));
		EXPECT_LT(S, llabs(error_ns(self)));
		EXPECT_FALSE(steering_asks_sources(self->steering));
		EXPECT_TRUE(fake_clock.status & STA_UNSYNC);
		fake_clock_run(S);
		ASSERT_EQ(0, follow(self));
		steering_get_status(self->steering, &self->status);
		EXPECT_EQ(i + 1, self->status.steps);
		EXPECT_LT(llabs(error_ns(self)), MS);
		ASSERT_EQ(0, run_truthfully(self, 10 * S));
		EXPECT_FALSE(fake_clock.status & STA_UNSYNC);
	}
	EXPECT_EQ(2, self->status.steps);
	EXPECT_LT(fake_clock_rate(), -0.09);
}

/*
 * Nothing has seen that this machine was reverted by an hour, and an agent of the hypervisor gives
 * the hour back. The timescale is what is wrong.
 */
TEST_F(steering, a_clock_that_was_set_right_is_not_set_back)
{
	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	fake_clock.realtime_ns += 3600 * S;
	ASSERT_EQ(0, follow(self));
	EXPECT_TRUE(steering_asks_sources(self->steering));
	fake_clock_run(S);
	ASSERT_EQ(0, apply(self, found(self, 0)));
	EXPECT_LT(llabs(error_ns(self)), MS);
	ASSERT_EQ(0, run_truthfully(self, 20 * S));
	EXPECT_EQ(0, self->status.steps);
	EXPECT_LT(llabs(error_ns(self)), MS);
}

/*
 * As above, and the network is not there yet: ten seconds without an answer confirm nothing, nor
 * do a few answers while most sources are silent. They are asked again.
 */
TEST_F(steering, a_clock_is_not_set_back_on_silence)
{
	struct discipline_result few;
	int asked = 0;

	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	fake_clock.realtime_ns += 3600 * S;
	fake_clock.status |= STA_UNSYNC;
	ASSERT_EQ(0, follow(self));
	EXPECT_TRUE(steering_asks_sources(self->steering));
	for (int i = 0; i < 1000; i++) {
		ASSERT_EQ(0, run_truthfully(self, S));
		asked += steering_asks_sources(self->steering);
	}
	EXPECT_EQ(4, asked);
	EXPECT_EQ(0, self->status.steps);
	EXPECT_TRUE(fake_clock.status & STA_UNSYNC);
	EXPECT_GT(llabs(error_ns(self)), 3599 * S);
	few = confirmed(self);
	few.agreed_raw_ns -= 1001 * S;
	ASSERT_EQ(0, apply(self, few));
	EXPECT_EQ(0, self->status.steps);
	ASSERT_EQ(0, apply(self, confirmed(self)));
	EXPECT_EQ(1, self->status.steps);
	EXPECT_LT(llabs(error_ns(self)), MS);
}

/* An answer from before the clock was set is handled before anybody has noticed that it was. */
TEST_F(steering, an_answer_that_was_under_way_does_not_undo_what_others_set)
{
	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	fake_clock.realtime_ns += 3600 * S;
	fake_clock.status |= STA_UNSYNC;
	timescale_expire(self->timescale);
	ASSERT_EQ(0, apply(self, confirmed(self)));
	EXPECT_EQ(0, self->status.steps);
	EXPECT_TRUE(steering_asks_sources(self->steering));
	EXPECT_GT(llabs(error_ns(self)), 3599 * S);

	/* The operator's word goes before theirs. */
	ASSERT_EQ(0, steering_step(self->steering, "asked for"));
	EXPECT_LT(llabs(error_ns(self)), MS);
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	EXPECT_FALSE(fake_clock.status & STA_UNSYNC);
}

/* Not even where it was set three times in a row, and is not set back any more. */
TEST_F(steering, answers_that_were_under_way_do_not_undo_what_others_set_again)
{
	struct discipline_result late;
	int i;

	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	for (i = 0; i < 3; i++) {
		fake_clock.realtime_ns += 3600 * S;
		late = confirmed(self);
		fake_clock_run(MS);
		ASSERT_EQ(0, follow(self));
	}
	fake_clock_run(MS);
	ASSERT_EQ(0, apply(self, late));
	EXPECT_EQ(0, self->status.steps);
	EXPECT_GT(llabs(error_ns(self)), 3599 * S);
	fake_clock_run(S);
	ASSERT_EQ(0, apply(self, confirmed(self)));
	EXPECT_EQ(1, self->status.steps);
	EXPECT_LT(llabs(error_ns(self)), MS);
}

/* The clocks are checked anew meanwhile, as when another clock becomes the reference. */
TEST_F(steering, a_clock_is_not_set_back_because_clocks_are_checked_anew)
{
	struct discipline_result late;

	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	fake_clock.realtime_ns += 3600 * S;
	fake_clock.status |= STA_UNSYNC;
	late = confirmed(self);
	fake_clock_run(MS);
	ASSERT_EQ(0, follow(self));
	EXPECT_TRUE(steering_asks_sources(self->steering));
	steering_recheck(self->steering);
	ASSERT_EQ(0, run_truthfully(self, 20 * S));
	EXPECT_LT(fabs(fake_clock_rate()), 1e-3);
	ASSERT_EQ(0, apply(self, late));
	EXPECT_EQ(0, self->status.steps);
	EXPECT_GT(llabs(error_ns(self)), 3599 * S);
	ASSERT_EQ(0, apply(self, confirmed(self)));
	EXPECT_EQ(1, self->status.steps);
	EXPECT_LT(llabs(error_ns(self)), MS);
}

/* Where nobody knows the time well enough it is not taken back by a step, even if it may be. */
TEST_F(steering, a_vague_time_sets_no_clock_back)
{
	struct discipline_result vague = found(self, 0);
	struct steering_options options = normal;

	options.undo = true;
	steering_set_options(self->steering, &options);
	vague.correction.maxerror_ns = 2000 * S;
	ASSERT_EQ(0, apply(self, vague));
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	fake_clock.realtime_ns += 3600 * S;
	fake_clock.status |= STA_UNSYNC;
	ASSERT_EQ(0, follow(self));
	steering_get_status(self->steering, &self->status);
	EXPECT_EQ(0, self->status.steps);
}

/* A rival steps the clock by little, again and again, and each time it is stepped back at once. */
TEST_F(steering, what_others_do_is_undone_where_that_is_wanted)
{
	struct steering_options options = normal;
	unsigned int i;

	journal_listen(LOG_NOTICE);
	options.undo = true;
	steering_set_options(self->steering, &options);
	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	for (i = 1; i <= 10; i++) {
		fake_clock.realtime_ns += 50 * MS;
		fake_clock.status |= STA_UNSYNC;
		ASSERT_EQ(0, follow(self));
		steering_get_status(self->steering, &self->status);
		EXPECT_EQ(i, self->status.steps);
		EXPECT_LT(llabs(error_ns(self)), MS);
		ASSERT_EQ(0, run_truthfully(self, 10 * S));
	}

	/* Not where it is hardly better known than the rival's. */
	fake_clock.realtime_ns += 100 * US;
	ASSERT_EQ(0, follow(self));
	steering_get_status(self->steering, &self->status);
	EXPECT_EQ(10, self->status.steps);
}

/* A rival daemon of another opinion, every 4 s for two hours: said four times. */
TEST_F(steering, a_rival_is_told_and_not_for_ever)
{
	int i;

	journal_listen(LOG_NOTICE);
	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	journal.messages = 0;
	for (i = 0; i < 1800; i++) {
		fake_clock_run(4 * S);
		fake_clock.realtime_ns += 50 * MS;
		ASSERT_EQ(0, read_clocks(self));
		if (i == 2)
			EXPECT_NE(NULL, strstr(journal.fields[0], "again and again, 3 times"));
	}
	EXPECT_EQ(4, journal.messages);
	EXPECT_NE(NULL, strstr(journal.fields[0], "goes on setting the system clock, 900 times"));
}

/* A mode is the module's: "truechime mode external" fails without it. */
TEST_F(steering, a_rival_is_given_the_clock_by_what_is_there)
{
	struct timescale_ops with_module = *self->timescale->ops;
	const struct timescale_ops *ops = self->timescale->ops;
	int i;

	with_module.in_kernel = true;
	journal_listen(LOG_NOTICE);
	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	for (i = 0; i < 6; i++) {
		/* An hour later it is told anew. */
		fake_clock_run(i == 3 ? 7200 * S : 4 * S);
		self->timescale->ops = i < 3 ? ops : &with_module;
		fake_clock.realtime_ns += 50 * MS;
		ASSERT_EQ(0, read_clocks(self));
		if (i != 2 && i != 5)
			continue;
		EXPECT_NE(NULL, strstr(journal.fields[0], "again and again"));
		EXPECT_EQ(i == 2, !!strstr(journal.fields[0], "\"rivals\" in truechime.conf(5)"));
		EXPECT_EQ(i == 5, !!strstr(journal.fields[0], "truechime mode external"));
	}
	self->timescale->ops = ops;
}

TEST_F(steering, a_disruption_unsynchronises_and_the_first_confirmation_steps)
{
	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 5 * S));
	steering_disrupted(self->steering, false);
	ASSERT_EQ(0, follow(self));
	EXPECT_TRUE(fake_clock.status & STA_UNSYNC);
	ASSERT_EQ(0, apply(self, found(self, 3 * S)));
	EXPECT_EQ(1, self->status.steps);
	EXPECT_EQ(0, error_ns(self));
	ASSERT_EQ(0, run_truthfully(self, 2 * S));
	EXPECT_FALSE(fake_clock.status & STA_UNSYNC);

	/* Once. */
	ASSERT_EQ(0, apply(self, found(self, S / 2)));
	EXPECT_EQ(1, self->status.steps);
}

/* The first answer was seconds under way: the error may be none, or have the other sign. */
TEST_F(steering, a_doubtful_confirmation_steps_nothing)
{
	struct discipline_result result;

	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 5 * S));
	steering_disrupted(self->steering, false);
	result = found(self, 200 * MS);
	result.correction.maxerror_ns = 2 * S;
	ASSERT_EQ(0, apply(self, result));
	EXPECT_EQ(0, self->status.steps);
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	EXPECT_LT(llabs(error_ns(self)), US);
}

/* The first answer was seconds under way; the next one knows better. Policy says for how long. */
TEST_F(steering, better_answers_step_what_a_doubtful_confirmation_left)
{
	struct discipline_result result;
	int i;

	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, apply(self, found(self, 0)));
		ASSERT_EQ(0, run_truthfully(self, 5 * S));
		steering_disrupted(self->steering, false);
		result = found(self, 3600 * S);
		result.correction.maxerror_ns = 2 * S;
		ASSERT_EQ(0, apply(self, result));
		EXPECT_EQ(1 + 2 * i, self->status.steps);
		/* Within what the first one could be wrong by. */
		ASSERT_EQ(0, apply(self, found(self, S / 2)));
		EXPECT_EQ(2 + 2 * i, self->status.steps);
		EXPECT_EQ(0, error_ns(self));
		/* That one was sure. */
		ASSERT_EQ(0, apply(self, found(self, S / 2)));
		EXPECT_EQ(2 + 2 * i, self->status.steps);
		ASSERT_EQ(0, run_truthfully(self, 10 * S));
	}

	steering_disrupted(self->steering, false);
	result = found(self, 3600 * S);
	result.correction.maxerror_ns = 2 * S;
	ASSERT_EQ(0, apply(self, result));
	EXPECT_EQ(5, self->status.steps);
	ASSERT_EQ(0, run_truthfully(self, 100 * S));
	ASSERT_EQ(0, apply(self, found(self, S / 2)));
	EXPECT_EQ(5, self->status.steps);
}

TEST_F(steering, a_slew_ends_where_nobody_knows_any_more)
{
	struct discipline_result result = found(self, 0);

	ASSERT_EQ(0, apply(self, result));
	ASSERT_EQ(0, run_truthfully(self, 5 * S));
	fake_clock.realtime_ns -= S;
	ASSERT_EQ(0, follow(self));
	ASSERT_GT(fake_clock_rate(), 0.05);
	fake_clock_run(steering_next_ns(self->steering) - fake_clock.raw_ns);
	result = found(self, S / 2);
	result.correction.maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
	ASSERT_EQ(0, timescale_correct(self->timescale, &result.correction,
				       self->status.now.epoch, true));
	ASSERT_EQ(0, follow(self));
	EXPECT_LT(fabs(fake_clock_rate()), 1e-4);
	EXPECT_TRUE(fake_clock.status & STA_UNSYNC);

	/* It is followed again once somebody knows. */
	ASSERT_EQ(0, apply(self, found(self, S / 2)));
	ASSERT_EQ(0, run_truthfully(self, 20 * S));
	EXPECT_LT(llabs(error_ns(self)), US);
}

TEST_F(steering, a_disruption_that_the_timescale_survived_only_makes_it_look)
{
	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 300 * S));
	steering_disrupted(self->steering, true);
	EXPECT_LE(steering_next_ns(self->steering), fake_clock.raw_ns);
	ASSERT_EQ(0, follow(self));
	EXPECT_FALSE(fake_clock.status & STA_UNSYNC);
}

/* The sources have measured, and a host that somebody vouches for needs no correction. */
TEST_F(steering, what_needs_no_correction_is_confirmed_all_the_same)
{
	struct discipline_result result = found(self, 0);

	ASSERT_EQ(0, apply(self, result));
	steering_disrupted(self->steering, true);
	result.changed = false;
	result.measured = false;
	ASSERT_EQ(0, apply(self, result));
	EXPECT_TRUE(trust_is_unconfirmed(self->status.trust));
	result.measured = true;
	ASSERT_EQ(0, apply(self, result));
	EXPECT_EQ(TRUST_CONFIRMED, self->status.trust);
	EXPECT_EQ(0, self->status.steps);
}

/* By the policy of disruptions, above 1 ms by default. An old correction says nothing. */
TEST_F(steering, what_a_disruption_left_wrong_is_stepped_by_policy)
{
	struct discipline_result result;

	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 300 * S));
	steering_disrupted(self->steering, true);
	result = found(self, 3 * MS);
	result.measured = false;
	ASSERT_EQ(0, apply(self, result));
	EXPECT_EQ(0, self->status.steps);
	EXPECT_TRUE(trust_is_unconfirmed(self->status.trust));
	ASSERT_EQ(0, apply(self, found(self, 3 * MS)));
	EXPECT_EQ(1, self->status.steps);
	EXPECT_EQ(0, error_ns(self));
	EXPECT_FALSE(trust_is_unconfirmed(self->status.trust));

	steering_disrupted(self->steering, true);
	ASSERT_EQ(0, apply(self, found(self, MS / 2)));
	EXPECT_EQ(1, self->status.steps);
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	EXPECT_LT(llabs(error_ns(self)), US);

	/* Nobody was disrupted: this is an error as any other. */
	steering_recheck(self->steering);
	ASSERT_EQ(0, apply(self, found(self, 3 * MS)));
	EXPECT_EQ(1, self->status.steps);
}

TEST_F(steering, goes_to_no_date_before_the_build)
{
	struct discipline_result result;

	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 5 * S));
	EXPECT_FALSE(fake_clock.status & STA_UNSYNC);
	fake_clock.release_ns = fake_clock.realtime_ns;
	result = found(self, -60 * S);
	result.step = DISCIPLINE_STEP;
	EXPECT_EQ(-ERANGE, apply(self, result));
	EXPECT_EQ(-ERANGE, steering_step(self->steering, "asked for"));
	EXPECT_LE(steering_next_ns(self->steering), fake_clock.raw_ns);
	ASSERT_EQ(0, follow(self));
	ASSERT_EQ(0, run_truthfully(self, 50 * S));
	EXPECT_EQ(0, fake_clock_rate());
	EXPECT_TRUE(fake_clock.status & STA_UNSYNC);
	EXPECT_EQ(0, self->status.steps);

	/* Time goes on. */
	ASSERT_EQ(0, run_truthfully(self, 70 * S));
	EXPECT_LT(fake_clock_rate(), -0.09);
}

static int no_clocks(struct timescale *timescale, struct timescale_now *now)
{
	(void)timescale;
	(void)now;
	return -ENODEV;
}

/* As when the module was unloaded. Nothing is said of an error that is not known. */
TEST_F(steering, does_not_step_by_clocks_that_cannot_be_read)
{
	struct timescale_ops broken = *self->timescale->ops;
	const struct timescale_ops *ops = self->timescale->ops;
	int said = memfd_create("said", 0), errors = dup(STDERR_FILENO);
	char text[256] = "";

	broken.now = no_clocks;
	self->timescale->ops = &broken;
	timescale_expire(self->timescale);
	log_set_level(LOG_INFO);
	dup2(said, STDERR_FILENO);
	EXPECT_EQ(-ENODEV, steering_step(self->steering, "test"));
	dup2(errors, STDERR_FILENO);
	self->timescale->ops = ops;
	EXPECT_LT(0, pread(said, text, sizeof(text) - 1, 0));
	EXPECT_NE(NULL, strstr(text, "the clocks could not be read: No such device (test)"));
	EXPECT_EQ(NULL, strstr(text, "off by"));
	close(said);
	close(errors);
}

/* As chronyd: what is above a threshold, and so all where that is 0. How many were told. */
static int changes_told(FIXTURE_DATA(steering) *self, int64_t threshold_ns)
{
	int said = memfd_create("said", 0), errors = dup(STDERR_FILENO), count = 0;
	struct steering_options options = normal;
	char text[4096] = "";

	options.logchange_ns = threshold_ns;
	steering_set_options(self->steering, &options);
	log_set_level(LOG_INFO);
	dup2(said, STDERR_FILENO);
	apply(self, found(self, 2 * MS));
	apply(self, found(self, 20 * US));
	apply(self, found(self, -20 * US));
	dup2(errors, STDERR_FILENO);
	log_set_level(-1);
	if (pread(said, text, sizeof(text) - 1, 0) < 0)
		count = -1;
	for (const char *at = text; (at = strstr(at, "The system clock is off by")); at++)
		count++;
	close(said);
	close(errors);

	return count;
}

TEST_F(steering, tells_of_changes_above_a_threshold)
{
	EXPECT_EQ(0, changes_told(self, S));
	EXPECT_EQ(1, changes_told(self, MS));
	EXPECT_EQ(3, changes_told(self, 0));
}

TEST_F(steering, stands_aside)
{
	int adjustments;

	ASSERT_EQ(0, apply(self, found(self, 50 * MS)));
	steering_stand_aside(self->steering, true);
	EXPECT_EQ(0, fake_clock_rate());
	adjustments = fake_clock.adjustments;
	ASSERT_EQ(0, apply(self, found(self, S)));
	ASSERT_EQ(0, run_truthfully(self, 100 * S));
	EXPECT_EQ(adjustments, fake_clock.adjustments);
	EXPECT_EQ(-EPERM, steering_step(self->steering, "test"));
	steering_stand_aside(self->steering, false);
	ASSERT_EQ(0, apply(self, found(self, 5 * MS)));
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	EXPECT_FALSE(fake_clock.status & STA_UNSYNC);
}

/* PTP programs and another time daemon: the clock is taken back when both have left it. */
TEST_F(steering, yields_to_another_daemon)
{
	int adjustments;

	ASSERT_EQ(0, apply(self, found(self, 50 * MS)));
	steering_yield(self->steering, true);
	EXPECT_EQ(0, fake_clock_rate());
	adjustments = fake_clock.adjustments;
	ASSERT_EQ(0, apply(self, found(self, S)));
	ASSERT_EQ(0, run_truthfully(self, 100 * S));
	EXPECT_EQ(-EPERM, steering_step(self->steering, "test"));
	EXPECT_TRUE(steering_stand_aside(self->steering, true));
	steering_yield(self->steering, false);
	ASSERT_EQ(0, run_truthfully(self, 100 * S));
	EXPECT_EQ(adjustments, fake_clock.adjustments);
	/* The last of them has left a slew. */
	fake_clock.status = STA_PLL;
	fake_clock.offset = 12345;
	fake_clock.freq = 655360;
	EXPECT_TRUE(steering_stand_aside(self->steering, false));
	EXPECT_EQ(0, fake_clock.offset);
	EXPECT_EQ(STA_UNSYNC, fake_clock.status);
	EXPECT_LT(fabs(system_clock_rate(self->clock) - 10e-6), 1e-12);
	ASSERT_EQ(0, apply(self, found(self, 5 * MS)));
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	EXPECT_FALSE(fake_clock.status & STA_UNSYNC);
}

TEST_F(steering, leaves_no_slew_behind)
{
	ASSERT_EQ(0, apply(self, found(self, 50 * MS)));
	EXPECT_GT(fake_clock_rate(), 0.01);
	steering_settle(self->steering);
	EXPECT_EQ(0, fake_clock_rate());
}

/* Something has happened to the clock, and it ends, or others steer, before it is read again. */
TEST_F(steering, leaves_no_slew_behind_where_the_clocks_were_not_read_again)
{
	ASSERT_EQ(0, apply(self, found(self, 50 * MS)));
	EXPECT_GT(fake_clock_rate(), 0.01);
	steering_recheck(self->steering);
	steering_settle(self->steering);
	EXPECT_EQ(0, fake_clock_rate());

	ASSERT_EQ(0, apply(self, found(self, 50 * MS)));
	EXPECT_GT(fake_clock_rate(), 0.01);
	steering_set_timescale(self->steering, self->timescale);
	EXPECT_TRUE(steering_stand_aside(self->steering, true));
	EXPECT_EQ(0, fake_clock_rate());
}

/* 2027-06-30 23:58:00 by a clock that is right, and a leap second announced. */
static void set_leap_day(FIXTURE_DATA(steering) *self, enum leap_mode mode)
{
	struct steering_options options = normal;

	options.leap_mode = mode;
	steering_set_options(self->steering, &options);
	fake_clock.realtime_ns = LEAP_NS - 120 * S;
	steering_disrupted(self->steering, false);
	apply(self, found(self, 0));
	steering_announce_leap(self->steering, 1);
}

TEST_F(steering, kernel_leaps_and_nothing_is_wrong)
{
	set_leap_day(self, LEAP_SYSTEM);
	ASSERT_EQ(0, run_truthfully(self, 100 * S));
	EXPECT_EQ(STA_INS, fake_clock.status);
	EXPECT_EQ(1, self->status.leap);
	EXPECT_EQ(fake_clock.raw_ns + 20 * S, self->status.leap_raw_ns);
	ASSERT_EQ(0, run_truthfully(self, 20 * S));
	fake_clock_leap();
	ASSERT_EQ(0, follow(self));
	EXPECT_EQ(-S, steering_leap(self->steering));
	EXPECT_EQ(0, steering_leap(self->steering));
	EXPECT_EQ(0, error_ns(self));
	EXPECT_EQ(0, fake_clock_rate());
	EXPECT_EQ(0, fake_clock.status);
	ASSERT_EQ(0, run_truthfully(self, 100 * S));
	EXPECT_EQ(0, fake_clock_rate());
	EXPECT_EQ(0, fake_clock.status);
	EXPECT_EQ(0, steering_leap(self->steering));
}

/* When the clock is set the kernel forgets what was armed, until it was taken back for a while. */
TEST_F(steering, arms_the_kernel_anew_after_a_step)
{
	set_leap_day(self, LEAP_SYSTEM);
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	ASSERT_EQ(STA_INS, fake_clock.status);
	ASSERT_EQ(0, steering_step(self->steering, "test"));
	ASSERT_EQ(0, follow(self));
	EXPECT_EQ(0, fake_clock.status & STA_INS);
	ASSERT_EQ(0, run_truthfully(self, 3 * S / 2));
	EXPECT_EQ(0, fake_clock.status & STA_INS);
	ASSERT_EQ(0, run_truthfully(self, S));
	EXPECT_EQ(STA_INS, fake_clock.status & STA_INS);
}

TEST_F(steering, leaves_no_leap_second_behind)
{
	set_leap_day(self, LEAP_SYSTEM);
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	ASSERT_EQ(STA_INS, fake_clock.status);
	steering_settle(self->steering);
	EXPECT_EQ(0, fake_clock.status);
}

/* Nor is a clock called synchronised of which that is not known any more. */
TEST_F(steering, leaves_no_leap_second_behind_where_time_was_just_disrupted)
{
	set_leap_day(self, LEAP_SYSTEM);
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	ASSERT_EQ(STA_INS, fake_clock.status);
	steering_disrupted(self->steering, false);
	steering_settle(self->steering);
	EXPECT_EQ(STA_UNSYNC, fake_clock.status);
}

TEST_F(steering, a_second_that_nobody_announced_is_a_set_clock)
{
	set_leap_day(self, LEAP_SYSTEM);
	steering_announce_leap(self->steering, 0);
	ASSERT_EQ(0, run_truthfully(self, 120 * S));
	EXPECT_EQ(0, fake_clock.status);
	fake_clock_leap();
	ASSERT_EQ(0, follow(self));
	EXPECT_EQ(0, steering_leap(self->steering));
	EXPECT_EQ(S, error_ns(self));
}

TEST_F(steering, steps_over_a_leap_second)
{
	unsigned int steps = self->status.steps;

	set_leap_day(self, LEAP_STEP);
	ASSERT_EQ(0, run_truthfully(self, 119 * S));
	EXPECT_EQ(0, fake_clock.status);
	EXPECT_EQ(steps, self->status.steps);
	ASSERT_EQ(0, run_truthfully(self, 2 * S));
	EXPECT_EQ(-S, steering_leap(self->steering));
	EXPECT_EQ(steps + 1, self->status.steps);
	EXPECT_EQ(LEAP_NS, fake_clock.realtime_ns);
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	EXPECT_EQ(LEAP_NS + 10 * S, fake_clock.realtime_ns);
	EXPECT_EQ(0, fake_clock.status);
}

TEST_F(steering, slews_over_a_leap_second)
{
	set_leap_day(self, LEAP_SLEW);
	ASSERT_EQ(0, run_truthfully(self, 121 * S));
	EXPECT_EQ(-S, steering_leap(self->steering));
	EXPECT_LT(fake_clock_rate(), -0.09);
	ASSERT_EQ(0, run_truthfully(self, 20 * S));
	EXPECT_EQ(0, self->status.steps);
	EXPECT_LT(llabs(fake_clock.realtime_ns - (LEAP_NS + 20 * S)), US);
	EXPECT_EQ(0, fake_clock.status);
}

TEST_F(steering, ignores_a_leap_second_when_told_to)
{
	set_leap_day(self, LEAP_IGNORE);
	ASSERT_EQ(0, run_truthfully(self, 130 * S));
	EXPECT_EQ(0, steering_leap(self->steering));
	EXPECT_EQ(LEAP_NS + 10 * S, fake_clock.realtime_ns);
	EXPECT_EQ(0, fake_clock.status);
}

TEST(only_looks_under_x)
{
	struct steering_options options = normal;
	struct timescale *timescale;
	struct system_clock *clock;
	struct steering *steering;
	struct discipline_result result;

	FIXTURE_DATA(steering) world;

	log_set_level(-1);
	fake_clock_start();
	options.observe = true;
	ASSERT_EQ(0, system_clock_open(&clock, true));
	ASSERT_EQ(0, timescale_user_open(&timescale, clock));
	steering = steering_new(&options, clock, timescale);
	world.clock = clock;
	world.timescale = timescale;
	world.steering = steering;
	result = found(&world, S);
	result.step = DISCIPLINE_STEP;
	ASSERT_EQ(0, apply(&world, result));
	ASSERT_EQ(0, run_truthfully(&world, 100 * S));
	EXPECT_EQ(0, fake_clock.adjustments);
	EXPECT_EQ(S, error_ns(&world));
	EXPECT_EQ(-EPERM, steering_step(steering, "test"));
	EXPECT_EQ(64 * S, world.status.interval_ns);

	steering_disrupted(steering, false);
	ASSERT_EQ(0, steering_read(steering));
	steering_get_status(steering, &world.status);
	EXPECT_TRUE(trust_is_unconfirmed(world.status.trust));
	ASSERT_EQ(0, apply(&world, found(&world, S)));
	EXPECT_FALSE(trust_is_unconfirmed(world.status.trust));
	EXPECT_EQ(0, fake_clock.adjustments);
	steering_free(steering);
	timescale->ops->close(timescale);
	system_clock_close(clock);
}

/* A clock that may not be set is complained of, not believed. */
TEST_F(steering, a_refusing_kernel_is_an_error)
{
	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 5 * S));
	fake_clock.error = EPERM;
	EXPECT_EQ(-EPERM, apply(self, found(self, MS)));
	fake_clock.error = 0;
	ASSERT_EQ(0, follow(self));
	ASSERT_EQ(0, run_truthfully(self, 5 * S));
	EXPECT_FALSE(fake_clock.status & STA_UNSYNC);
}

/* The operator, who knows of no policy that forbids it, is told what is missing. */
TEST_F(steering, a_refused_step_is_no_matter_of_policy)
{
	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 5 * S));
	fake_clock.realtime_ns += S;
	ASSERT_EQ(0, read_clocks(self));
	journal_listen(LOG_NOTICE);
	fake_clock.error = EPERM;
	EXPECT_EQ(-EACCES, steering_step(self->steering, "test"));
	EXPECT_EQ(1, journal.messages);
	EXPECT_NE(NULL, strstr(journal.fields[0], "It takes CAP_SYS_TIME"))
		TH_LOG("%s", journal.fields[0]);
}

/* Nor was anything refused where nobody knows how far it is off. */
TEST_F(steering, a_step_to_an_unknown_time_is_no_error)
{
	journal_listen(LOG_NOTICE);
	EXPECT_EQ(-ENODATA, steering_step(self->steering, "test"));
	EXPECT_EQ(1, journal.messages);
	EXPECT_NE(NULL, strstr(journal.fields[0], "the right time is not known yet (test)"))
		TH_LOG("%s", journal.fields[0]);
}

/* Each once an hour, however lately another one was logged. */
TEST_F(steering, complaints_of_other_kinds_are_logged)
{
	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 5 * S));
	journal_listen(LOG_WARNING);
	fake_clock.error = EPERM;
	EXPECT_EQ(-EPERM, apply(self, found(self, MS)));
	EXPECT_EQ(-EPERM, apply(self, found(self, MS)));
	EXPECT_EQ(1, journal.messages);
	EXPECT_NE(NULL, strstr(journal.fields[0], "rate could not be set"));
	fake_clock.error = 0;
	fake_clock.release_ns = fake_clock.realtime_ns;
	ASSERT_EQ(0, apply(self, found(self, -10 * MS)));
	ASSERT_EQ(0, follow(self));
	/* That, and what follows from it. */
	EXPECT_EQ(3, journal.messages);
	EXPECT_NE(NULL, strstr(journal.fields[0], "no longer synchronised"));
	ASSERT_EQ(0, follow(self));
	EXPECT_EQ(3, journal.messages);
	log_set_level(-1);
}

/* The module's timescale in small: a host, no bound known of it. */
static int host_now(struct timescale *timescale, struct timescale_now *now)
{
	(void)timescale;
	*now = (struct timescale_now){
		.raw_ns = fake_clock.raw_ns,
		.realtime_ns = fake_clock.realtime_ns,
		.reference_ns = 1700000000 * S + fake_clock.raw_ns,
		.time_ns = 1700000000 * S + fake_clock.raw_ns,
		.sigma_ns = 10,
		.maxerror_ns = CHIME_LINE_UNBOUNDED_NS,
		.has_host = true,
	};
	return 0;
}

static int bounded_host_now(struct timescale *timescale, struct timescale_now *now)
{
	int err = host_now(timescale, now);

	now->maxerror_ns = 200;
	return err;
}

static int64_t host_maxerror_ns;

static int vouched_host_now(struct timescale *timescale, struct timescale_now *now)
{
	int err = bounded_host_now(timescale, now);

	now->host_maxerror_ns = host_maxerror_ns;
	return err;
}

static int host_step(struct timescale *timescale, enum truechime_occasion occasion)
{
	(void)timescale;
	(void)occasion;
	fake_clock.realtime_ns = 1700000000 * S + fake_clock.raw_ns;
	return 0;
}

/* Makestep is for whoever says the time. */
TEST(steps_to_a_host_as_makestep_says)
{
	static const struct timescale_ops ops = {
		.name = "host", .now = bounded_host_now, .step = host_step,
	};
	static const struct {
		int64_t threshold_ns;
		int limit;
		unsigned int steps[2];	/* after the start; after being set later on */
	} cases[] = {
		{ S, 3, { 0, 0 } },
		{ MS, 0, { 0, 0 } },
		{ 0, -1, { 0, 0 } },
		{ MS, 3, { 1, 1 } },
		{ MS, -1, { 1, 2 } },
	};
	unsigned int i;

	log_set_level(-1);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct timescale timescale = { .ops = &ops };
		struct steering_options options = normal;

		FIXTURE_DATA(steering) world;

		options.step_threshold_ns = cases[i].threshold_ns;
		options.step_limit = cases[i].limit;
		ASSERT_EQ(0, begin_beside(&world, &timescale, &options, 400 * MS));
		ASSERT_EQ(0, run_truthfully(&world, 20 * S));
		EXPECT_EQ(cases[i].steps[0], world.status.steps) TH_LOG("case %u", i);
		fake_clock.realtime_ns -= 300 * MS;
		/* The bound that is published does not hold for what somebody else does. */
		(void)follow(&world);
		ASSERT_EQ(0, run_truthfully(&world, 20 * S));
		EXPECT_EQ(cases[i].steps[1], world.status.steps) TH_LOG("case %u", i);
		EXPECT_LT(llabs(error_ns(&world)), 100) TH_LOG("case %u", i);
		end_beside(&world);
	}
}

/* A disruption was found by the very step, and the host has to say first what it took. */
static int refusals;

static int host_step_later(struct timescale *timescale, enum truechime_occasion occasion)
{
	return refusals-- > 0 ? -EAGAIN : host_step(timescale, occasion);
}

TEST(a_step_to_a_host_that_is_put_off_is_not_spent)
{
	static const struct timescale_ops ops = {
		.name = "host", .now = bounded_host_now, .step = host_step_later,
	};
	struct timescale timescale = { .ops = &ops };
	struct steering_options options = normal;

	FIXTURE_DATA(steering) world;

	log_set_level(-1);
	options.step_threshold_ns = MS;
	options.step_limit = 1;
	refusals = 2;
	ASSERT_EQ(0, begin_beside(&world, &timescale, &options, 400 * MS));
	(void)follow(&world);
	(void)follow(&world);
	ASSERT_EQ(0, follow(&world));
	steering_get_status(world.steering, &world.status);
	EXPECT_EQ(1, world.status.steps);
	EXPECT_EQ(0, error_ns(&world));
	/* That was it. */
	fake_clock.realtime_ns -= 300 * MS;
	(void)follow(&world);
	steering_get_status(world.steering, &world.status);
	EXPECT_EQ(1, world.status.steps);
	end_beside(&world);
}

/* How well a host is read, and how right it is, are two numbers. */
TEST(host_is_followed_and_its_own_error_published)
{
	static const struct timescale_ops ops = { .name = "host", .now = vouched_host_now };
	static const struct {
		int64_t host_ns, least_us, most_us;
	} cases[] = {
		{ 0, 0, 10000 },		/* corrected */
		{ 50 * MS, 50000, 60000 },
		{ CHIME_LINE_UNBOUNDED_NS, 1000000, 1010000 },
	};
	struct timescale timescale = { .ops = &ops };
	unsigned int i;

	FIXTURE_DATA(steering) world;

	log_set_level(-1);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		host_maxerror_ns = cases[i].host_ns;
		ASSERT_EQ(0, begin_beside(&world, &timescale, &normal, 0));
		ASSERT_EQ(0, run_truthfully(&world, 100 * S));
		/* Programs wait for this, and a host is followed whoever vouches for it. */
		EXPECT_TRUE(world.status.synchronised);
		EXPECT_LE(cases[i].least_us, fake_clock.maxerror_us);
		EXPECT_GE(cases[i].most_us, fake_clock.maxerror_us);
		EXPECT_LE(world.status.reading_ns, 10 * US);
		EXPECT_EQ(chime_add_sat(world.status.reading_ns, cases[i].host_ns),
			  world.status.maxerror_ns);
		EXPECT_EQ(i == 2, world.status.maxerror_ns == CHIME_LINE_UNBOUNDED_NS);
		/* The same when the daemon ends. */
		steering_settle(world.steering);
		EXPECT_LE(cases[i].least_us, fake_clock.maxerror_us);
		end_beside(&world);
	}
}

/* Time that passes between the reading and the rate that follows from it. */
static int64_t stall_ns;

static int stalled_host_now(struct timescale *timescale, struct timescale_now *now)
{
	int err = bounded_host_now(timescale, now);

	fake_clock_run(stall_ns);
	stall_ns = 0;
	return err;
}

/* The system clock minus the host's time. */
static int64_t ahead_of_host_ns(void)
{
	return fake_clock.realtime_ns - 1700000000 * S - fake_clock.raw_ns;
}

/* A clock that has been steered by @world's timescale for long enough to be right. */
static int steer_for_long(FIXTURE_DATA(steering) *world)
{
	int err;

	log_set_level(-1);
	fake_clock_start();
	fake_clock.realtime_ns = 1700000000 * S + fake_clock.raw_ns;
	err = system_clock_open(&world->clock, false);
	if (err)
		return err;
	world->steering = steering_new(&normal, world->clock, world->timescale);
	return run_truthfully(world, 100 * S);
}

/*
 * A guest that is starved of its processor stands still anywhere: also between reading the clock
 * and setting its rate, while the rate from before runs on. What that does is in the bound, is
 * taken away at once, and is nobody else's doing.
 */
TEST(a_rate_that_comes_late_is_made_good)
{
	static const struct timescale_ops ops = {
		.name = "host", .now = stalled_host_now, .step = host_step,
	};
	struct timescale timescale = { .ops = &ops };

	FIXTURE_DATA(steering) world = { .timescale = &timescale };

	ASSERT_EQ(0, steer_for_long(&world));
	EXPECT_TRUE(world.status.synchronised);

	fake_clock.realtime_ns -= MS;
	fake_clock_run(steering_next_ns(world.steering) - fake_clock.raw_ns);
	ASSERT_EQ(0, follow(&world));
	EXPECT_GT(fake_clock_rate(), 0.005);
	fake_clock_run(steering_next_ns(world.steering) - fake_clock.raw_ns);
	stall_ns = 1500 * MS;
	ASSERT_EQ(0, follow(&world));
	EXPECT_GT(ahead_of_host_ns(), 10 * MS);
	EXPECT_GE(fake_clock.maxerror_us * US, ahead_of_host_ns());
	EXPECT_LE(steering_next_ns(world.steering), fake_clock.raw_ns);
	ASSERT_EQ(0, run_truthfully(&world, 10 * S));
	EXPECT_LT(llabs(ahead_of_host_ns()), US);
	steering_free(world.steering);
	system_clock_close(world.clock);
}

/* Readings after which something comes, and what has come. */
static int calm_readings;
static uint32_t new_disruptions;
static uint32_t new_epochs;
static int64_t new_error_ns;

static int disrupted_host_now(struct timescale *timescale, struct timescale_now *now)
{
	static uint32_t disruptions, epoch;

	(void)bounded_host_now(timescale, now);
	now->epoch = epoch;
	now->disruptions = disruptions;
	if (calm_readings && !--calm_readings) {
		disruptions += new_disruptions;
		epoch += new_epochs;
		fake_clock.realtime_ns += new_error_ns;
		if (new_disruptions || new_error_ns)
			fake_clock.status |= STA_UNSYNC;
	}
	return 0;
}

/* The module marks the clock unsynchronised between the reading and what is published of it. */
TEST(what_a_disruption_has_overtaken_is_not_published)
{
	static const struct timescale_ops ops = { .name = "host", .now = disrupted_host_now };
	struct timescale timescale = { .ops = &ops };

	FIXTURE_DATA(steering) world = { .timescale = &timescale };

	ASSERT_EQ(0, steer_for_long(&world));
	EXPECT_FALSE(fake_clock.status & STA_UNSYNC);

	new_disruptions = 1;
	calm_readings = 1;
	ASSERT_EQ(0, follow(&world));
	EXPECT_EQ(0, calm_readings);
	EXPECT_TRUE(fake_clock.status & STA_UNSYNC);
	EXPECT_LE(steering_next_ns(world.steering), fake_clock.raw_ns);
	ASSERT_EQ(0, run_truthfully(&world, 10 * S));
	EXPECT_FALSE(fake_clock.status & STA_UNSYNC);

	/* The host's leap second, where the clock leapt with it ... */
	new_disruptions = 0;
	new_epochs = 1;
	calm_readings = 1;
	ASSERT_EQ(0, follow(&world));
	EXPECT_EQ(0, calm_readings);
	EXPECT_FALSE(fake_clock.status & STA_UNSYNC);
	/* ... and where it did not. */
	new_error_ns = S;
	calm_readings = 1;
	ASSERT_EQ(0, follow(&world));
	EXPECT_EQ(0, calm_readings);
	EXPECT_TRUE(fake_clock.status & STA_UNSYNC);
	ASSERT_EQ(0, run_truthfully(&world, 20 * S));
	EXPECT_FALSE(fake_clock.status & STA_UNSYNC);
	EXPECT_TRUE(world.status.synchronised);
	steering_free(world.steering);
	system_clock_close(world.clock);
}

/* A host that is 300 ms off, as the sources' first correction says. */
static int64_t corrected_host_ns;

static int corrected_host_now(struct timescale *timescale, struct timescale_now *now)
{
	int err = bounded_host_now(timescale, now);

	now->time_ns += corrected_host_ns;
	return err;
}

static int correct_host(struct timescale *timescale, const struct chime_line *correction,
			uint32_t epoch, bool jump, struct timescale_now *now)
{
	(void)epoch;
	(void)jump;
	corrected_host_ns = correction->offset_ns;
	return corrected_host_now(timescale, now);
}

/*
 * Programs were told that the clock is synchronised, and it goes on to be as right as it is called,
 * from the correction on by a bound that holds what is left of it.
 */
TEST(stays_synchronised_while_a_hosts_error_is_slewed)
{
	static const struct timescale_ops ops = {
		.name = "host", .now = corrected_host_now, .correct = correct_host,
	};
	static const struct {
		int64_t error_ns;
		bool stays;
	} cases[] = { { 300 * MS, true }, { -300 * MS, true }, { 3 * S, false } };
	unsigned int i;

	log_set_level(-1);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct timescale timescale = { .ops = &ops };
		struct discipline_result result = {
			.changed = true, .measured = true, .synchronised = true, .jump = true,
			.step_ns = cases[i].error_ns,
			.correction = { .offset_ns = cases[i].error_ns, .maxerror_ns = MS },
		};

		FIXTURE_DATA(steering) world;

		corrected_host_ns = 0;
		ASSERT_EQ(0, begin_beside(&world, &timescale, &normal, 0));
		ASSERT_EQ(0, run_truthfully(&world, 2 * S));
		ASSERT_FALSE(fake_clock.status & STA_UNSYNC);
		ASSERT_EQ(0, apply(&world, result));
		EXPECT_EQ(cases[i].stays, !(fake_clock.status & STA_UNSYNC)) TH_LOG("case %u", i);
		if (cases[i].stays)
			EXPECT_GE(fake_clock.maxerror_us, 300000);
		ASSERT_EQ(0, run_truthfully(&world, 60 * S));
		EXPECT_FALSE(fake_clock.status & STA_UNSYNC);
		/* Once it has been right, it is no more than any other clock. */
		fake_clock.realtime_ns += 300 * MS;
		(void)follow(&world);
		EXPECT_TRUE(fake_clock.status & STA_UNSYNC) TH_LOG("case %u", i);
		end_beside(&world);
	}
}

/*
 * Programs run again before the module is told that a suspend has ended, and the kernel has set its
 * clock ahead by then. The timescale does not know that yet: it is not gone back to.
 */
TEST(clock_of_a_machine_that_wakes_is_not_set_back)
{
	static const struct timescale_ops ops = {
		.name = "host", .now = corrected_host_now, .step = host_step,
	};
	unsigned int i;

	log_set_level(-1);
	for (i = 0; i < 2; i++) {
		struct timescale timescale = { .ops = &ops };
		bool sleeps = i == 0;

		FIXTURE_DATA(steering) world;

		corrected_host_ns = 0;
		ASSERT_EQ(0, begin_beside(&world, &timescale, &normal, 0));
		ASSERT_EQ(0, run_truthfully(&world, 10 * S));
		fake_clock.realtime_ns += 3600 * S;
		fake_clock.boottime_ns += sleeps ? 3600 * S : 0;
		ASSERT_EQ(0, follow(&world));
		steering_get_status(world.steering, &world.status);
		EXPECT_EQ(sleeps ? 0 : 1, world.status.steps);
		EXPECT_EQ(sleeps, llabs(error_ns(&world)) > 3599 * S);
		end_beside(&world);
	}
}

static bool silent_host;

static int silent_host_now(struct timescale *timescale, struct timescale_now *now)
{
	int err = corrected_host_now(timescale, now);

	now->host_silent = silent_host;
	return err;
}

/*
 * A restore that nothing has shown, an agent that sets the clock right, and a host's clock that
 * falls silent in that instant: what it said before is not gone back to until it answers again.
 */
TEST(clock_is_not_set_back_to_what_a_silent_host_said)
{
	static const struct timescale_ops ops = {
		.name = "host", .now = silent_host_now, .step = host_step,
	};
	struct steering_options options = normal;
	struct timescale timescale = { .ops = &ops };

	FIXTURE_DATA(steering) world;

	log_set_level(-1);
	/* Nor by makestep. */
	options.step_limit = -1;
	options.step_threshold_ns = S;
	corrected_host_ns = 0;
	ASSERT_EQ(0, begin_beside(&world, &timescale, &options, 0));
	ASSERT_EQ(0, run_truthfully(&world, 10 * S));
	silent_host = true;
	fake_clock.realtime_ns += 3600 * S;
	fake_clock.status |= STA_UNSYNC;
	ASSERT_EQ(0, follow(&world));
	EXPECT_TRUE(steering_asks_sources(world.steering));
	ASSERT_EQ(0, run_truthfully(&world, 25 * S));
	steering_get_status(world.steering, &world.status);
	EXPECT_EQ(0, world.status.steps);
	EXPECT_GT(llabs(error_ns(&world)), 3599 * S);
	EXPECT_TRUE(fake_clock.status & STA_UNSYNC);

	/* It answers, and says the same as before: the other program was wrong. */
	silent_host = false;
	ASSERT_EQ(0, follow(&world));
	steering_get_status(world.steering, &world.status);
	EXPECT_EQ(1, world.status.steps);
	EXPECT_LT(llabs(error_ns(&world)), MS);
	end_beside(&world);
}

TEST(follows_a_host_of_which_no_bound_is_known_without_vouching_for_it)
{
	static const struct timescale_ops ops = { .name = "host", .now = host_now };
	struct timescale timescale = { .ops = &ops };

	FIXTURE_DATA(steering) world;

	log_set_level(-1);
	ASSERT_EQ(0, begin_beside(&world, &timescale, &normal, 5 * MS));
	ASSERT_EQ(0, run_truthfully(&world, 10 * S));
	EXPECT_LT(llabs(error_ns(&world)), 100);
	EXPECT_TRUE(fake_clock.status & STA_UNSYNC);
	end_beside(&world);
}

/* The operator sets the time: stepped at once, followed, with its bound, and not called right. */
TEST_F(steering, set_by_the_operator)
{
	struct chime_line line;
	struct timescale_now now;

	ASSERT_EQ(0, timescale_read(self->timescale, &now));
	line = (struct chime_line){
		.origin_ns = now.reference_ns,
		.offset_ns = now.realtime_ns + 3600 * S - now.reference_ns,
		.maxerror_ns = 2 * S,
		.maxerror_rate_q32 = 500 * 4295,
	};
	EXPECT_EQ(0, steering_set_by_operator(self->steering, &line, &now));
	EXPECT_LT(llabs(error_ns(self)), MS);
	EXPECT_EQ(0, follow(self));
	steering_get_status(self->steering, &self->status);
	EXPECT_EQ(TRUST_HELD, self->status.trust);
	EXPECT_FALSE(self->status.synchronised);
	EXPECT_TRUE(self->status.has_correction);
	EXPECT_EQ(1, self->status.steps);
	EXPECT_GE(self->status.maxerror_ns, 2 * S);
	EXPECT_LT(self->status.maxerror_ns, 3 * S);
	/* Sources that answer later are believed as ever. */
	EXPECT_EQ(0, apply(self, found(self, MS)));
	EXPECT_EQ(TRUST_CONFIRMED, self->status.trust);
	/* So is a host that is followed again because it is stated to be right. */
	EXPECT_EQ(0, steering_set_by_operator(self->steering, &line, &now));
	steering_end_correction(self->steering);
	steering_get_status(self->steering, &self->status);
	EXPECT_EQ(TRUST_FOLLOWING, self->status.trust);
	EXPECT_FALSE(self->status.has_correction);
	/* Whether a disruption was repaired is still for the sources to say. */
	steering_disrupted(self->steering, true);
	steering_end_correction(self->steering);
	steering_get_status(self->steering, &self->status);
	EXPECT_EQ(TRUST_REPAIRED, self->status.trust);
}

/* Nobody has to confirm any more what another program has set before. */
TEST_F(steering, set_by_the_operator_after_others_and_slewed)
{
	static const struct module_rule slew = {
		.occasion = TRUECHIME_OCCASION_OPERATOR,
		.direction = TRUECHIME_DIRECTION_FORWARD,
		.rule = TRUECHIME_RULE_SLEW,
	};
	struct chime_line line;
	struct timescale_now now;

	timescale_user_set_policy(self->timescale, &slew, 1);
	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	fake_clock.realtime_ns += 3600 * S;
	ASSERT_EQ(0, follow(self));
	EXPECT_TRUE(steering_asks_sources(self->steering));
	ASSERT_EQ(0, timescale_read(self->timescale, &now));
	line = (struct chime_line){
		.origin_ns = now.reference_ns,
		.offset_ns = now.realtime_ns + 5 * S - now.reference_ns,
		.maxerror_ns = S,
	};
	EXPECT_EQ(-EPERM, steering_set_by_operator(self->steering, &line, &now));
	ASSERT_EQ(0, run_truthfully(self, 60 * S));
	EXPECT_LT(llabs(error_ns(self)), MS);
}

TEST_F(steering, not_set_by_the_operator_where_others_steer)
{
	struct chime_line line = { .maxerror_ns = S };
	struct timescale_now now;

	ASSERT_EQ(0, timescale_read(self->timescale, &now));
	steering_yield(self->steering, true);
	line.offset_ns = now.realtime_ns + 10 * S - now.reference_ns;
	EXPECT_EQ(-EPERM, steering_set_by_operator(self->steering, &line, &now));
	steering_get_status(self->steering, &self->status);
	EXPECT_EQ(0, self->status.steps);
	EXPECT_FALSE(self->status.has_correction);
}

TEST_HARNESS_MAIN
