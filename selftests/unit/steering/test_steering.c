// SPDX-License-Identifier: GPL-2.0-only
/*
 * Steering: what the discipline finds becomes the system clock's time, and what is published of it
 * is true at every moment. Over the timescale without the module; test_steering_host.c has a
 * stand-in for the module's.
 */
#include "selftests/unit/steering_fixture.h"

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

/* The timescale's, the clock's distance from that, and what the reading of both may be off by. */
TEST_F(steering, adds_up_three_errors)
{
	const struct steering_status *status = &self->status;
	int64_t error;

	fake_clock.reading_ns = 40;
	ASSERT_EQ(0, apply(self, found(self, MS)));
	error = llabs(status->now.time_ns - status->now.realtime_ns);
	EXPECT_LT(MS / 2, error);
	EXPECT_EQ(40, status->now.reading_ns);
	/* And what the clock did since it was read: some ns. */
	EXPECT_LE(status->now.maxerror_ns + error + 40, status->reading_ns);
	EXPECT_GT(status->now.maxerror_ns + error + 60, status->reading_ns);
	EXPECT_EQ(status->reading_ns, status->maxerror_ns);
	EXPECT_LE(status->now.sigma_ns + error, status->esterror_ns);
	EXPECT_GT(status->now.sigma_ns + error + 20, status->esterror_ns);
}

/* An error of 10 ms, within what is known, is slewed by a clock that is synchronised; no larger. */
TEST_F(steering, is_synchronised_at_once_with_a_small_error)
{
	struct discipline_result result = found(self, 10 * MS + 1);

	result.correction.maxerror_ns = 20 * MS;
	ASSERT_EQ(0, apply(self, result));
	EXPECT_TRUE(fake_clock.status & STA_UNSYNC);
	steering_disrupted(self->steering, false);
	result = found(self, 10 * MS);
	result.correction.maxerror_ns = 20 * MS;
	ASSERT_EQ(0, apply(self, result));
	EXPECT_FALSE(fake_clock.status & STA_UNSYNC);
}

/* Somebody has moved it a little: it is as right as was published, or it is not. */
TEST_F(steering, is_synchronised_as_long_as_it_is_within_what_is_known)
{
	struct discipline_result result = found(self, 0);

	result.correction.maxerror_ns = 50 * MS;
	ASSERT_EQ(0, apply(self, result));
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	fake_clock.realtime_ns += 55 * MS;
	ASSERT_EQ(0, follow(self));
	EXPECT_FALSE(fake_clock.status & STA_UNSYNC);
	fake_clock.realtime_ns += 8 * MS;
	ASSERT_EQ(0, follow(self));
	EXPECT_TRUE(fake_clock.status & STA_UNSYNC);
}

/* To the last ns: its bound and 10 ms. */
TEST_F(steering, is_synchronised_until_it_is_10_ms_beyond_what_is_known)
{
	struct discipline_result result = found(self, 0);

	result.correction.maxerror_ns = 50 * MS;
	result.correction.maxerror_rate_q32 = 0;
	ASSERT_EQ(0, apply(self, result));
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	ASSERT_EQ(0, error_ns(self));
	fake_clock.realtime_ns += 60 * MS;
	ASSERT_EQ(0, follow(self));
	EXPECT_FALSE(fake_clock.status & STA_UNSYNC);
	fake_clock.realtime_ns += 60 * MS + 1 + error_ns(self);
	ASSERT_EQ(0, follow(self));
	EXPECT_TRUE(fake_clock.status & STA_UNSYNC);
}

/*
 * The slew is what the kernel does beyond the clock's own rate, and however fast that runs, nothing
 * is published of a slew that is none.
 */
TEST_F(steering, publishes_nothing_of_the_rate_that_the_clock_has)
{
	struct discipline_result result;
	int i;

	for (i = 0; i < 20; i++) {
		result = found(self, 0);
		result.correction.rate_q32 = 4294967;
		ASSERT_EQ(0, apply(self, result));
		ASSERT_EQ(0, run_truthfully(self, 16 * S));
	}
	EXPECT_LT(fabs(fake_clock_rate() - 1e-3), 1e-6);
	ASSERT_EQ(0, follow(self));
	EXPECT_LT(fake_clock.maxerror_us, 1000);
}

static int unreadable(struct timescale *timescale, struct timescale_now *now)
{
	return -EIO;
}

/* Whether time was disrupted since is asked, and not answered: what was measured stands. */
TEST_F(steering, is_synchronised_though_the_clocks_are_not_read_again)
{
	const struct timescale_ops *ops = self->timescale->ops;
	struct discipline_result result = found(self, 0);
	struct timescale_ops failing = *ops;
	struct timescale_now now;

	failing.now = unreadable;
	ASSERT_EQ(0, timescale_read(self->timescale, &now));
	ASSERT_EQ(0, steering_correct(self->steering, &result, &now));
	self->timescale->ops = &failing;
	EXPECT_EQ(0, steering_follow(self->steering));
	self->timescale->ops = ops;
	EXPECT_FALSE(fake_clock.status & STA_UNSYNC);
}

/* For a leap second, the rate and whatever else shows there. */
TEST_F(steering, asks_the_kernel_once_in_each_reading)
{
	ASSERT_EQ(0, apply(self, found(self, 0)));
	fake_clock_run(S);
	fake_clock.asked = 0;
	ASSERT_EQ(0, follow(self));
	EXPECT_EQ(1, fake_clock.asked);
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

	/* Without a horizon there is no other rate. */
	result.correction.maxerror_rate_q32 = 42949673;
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

TEST_F(steering, says_by_how_much_it_stepped)
{
	ASSERT_EQ(0, apply(self, found(self, 10 * S)));
	journal_listen(LOG_NOTICE);
	ASSERT_EQ(0, steering_step(self->steering, "test"));
	EXPECT_STREQ("MESSAGE=The system clock was stepped by 10.0 s (test); 0 ns remain",
		     journal.fields[0]);
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

/* Each answer of each source would be a line, for as long as maxchange refuses the change. */
TEST_F(steering, a_change_that_is_refused_again_and_again_is_logged_once_an_hour)
{
	struct discipline_result result;
	int i;

	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 5 * S));
	journal_listen(LOG_WARNING);
	for (i = 0; i < 3 * 3600 / 4; i++) {
		result = found(self, 100 * S);
		result.step = DISCIPLINE_REFUSED;
		result.changed = false;
		result.synchronised = false;
		ASSERT_EQ(0, apply(self, result));
		if (!i)
			EXPECT_NE(NULL, strstr(journal.fields[0], "no longer synchronised"));
		if (i == 1)
			EXPECT_EQ(2, journal.messages);
		fake_clock_run(4 * S);
	}
	EXPECT_EQ(4, journal.messages);
	EXPECT_NE(NULL, strstr(journal.fields[0], "maxchange forbids it"));
	log_set_level(-1);
}

/* The sources show that it is wrong: nobody is told any longer that it is right. */
TEST_F(steering, a_refused_change_is_published_at_once)
{
	struct discipline_result result = found(self, 100 * S);
	struct timescale_now now;

	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 5 * S));
	self->timescale->ops->now(self->timescale, &now);
	ASSERT_LT(now.raw_ns, steering_next_ns(self->steering));
	result.step = DISCIPLINE_REFUSED;
	result.changed = false;
	result.synchronised = false;
	ASSERT_EQ(0, steering_correct(self->steering, &result, &now));
	EXPECT_GE(now.raw_ns, steering_next_ns(self->steering));
}

TEST_F(steering, a_stale_correction_is_measured_again)
{
	struct discipline_result result = found(self, 0);
	struct timescale_now now;

	self->timescale->ops->now(self->timescale, &now);
	now.epoch++;
	EXPECT_EQ(-ESTALE, steering_correct(self->steering, &result, &now));
}

/* By how much the bound is wider than what is known, after steering has followed. */
static int64_t widened_ns(FIXTURE_DATA(steering) *self)
{
	struct timescale_now now;

	if (follow(self))
		return -1;
	steering_get_status(self->steering, &self->status);
	timescale_now(self->timescale, &now);
	return now.maxerror_ns - steering_known_ns(self->steering, &now);
}

static int64_t widen(FIXTURE_DATA(steering) *self, int64_t reach_ns)
{
	struct timescale_now now;

	timescale_expire(self->timescale);
	timescale_now(self->timescale, &now);
	steering_widen(self->steering, reach_ns, &now);
	return widened_ns(self);
}

/* It is published at once, and what it was before is known until another correction. */
TEST_F(steering, a_bound_that_is_widened_is_published)
{
	struct discipline_result result = found(self, 0);
	struct chime_line before;
	struct timescale_now now;

	result.correction.maxerror_rate_q32 = 0;
	ASSERT_EQ(0, apply(self, result));
	before = self->status.correction;
	EXPECT_EQ(0, widen(self, 100 * US));
	EXPECT_EQ(60 * MS - 100 * US, widen(self, 60 * MS));
	EXPECT_EQ(0, memcmp(&before, &self->status.correction, sizeof(before)));
	EXPECT_LE(60000, fake_clock.maxerror_us);
	EXPECT_FALSE(fake_clock.status & STA_UNSYNC);
	EXPECT_EQ(80 * MS - 100 * US, widen(self, 80 * MS));
	EXPECT_EQ(70 * MS - 100 * US, widen(self, 70 * MS));
	now = self->status.now;
	now.epoch++;
	EXPECT_EQ(now.maxerror_ns, steering_known_ns(self->steering, &now));
	timescale_expire(self->timescale);
	timescale_now(self->timescale, &now);
	steering_narrow(self->steering, &now);
	EXPECT_EQ(0, widened_ns(self));
	timescale_now(self->timescale, &now);
	EXPECT_EQ(100 * US, now.maxerror_ns);
	EXPECT_EQ(80 * MS - 100 * US, widen(self, 80 * MS));
	ASSERT_EQ(0, apply(self, found(self, 0)));
	EXPECT_EQ(0, widened_ns(self));
	EXPECT_GT(20000, fake_clock.maxerror_us);
}

/* The timescale's bound has to reach where the sources are that it must not follow. */
TEST_F(steering, a_refused_change_widens_the_bound)
{
	struct discipline_result result = found(self, 100 * S);

	ASSERT_EQ(0, apply(self, found(self, 0)));
	result.step = DISCIPLINE_REFUSED;
	result.reach_ns = 101 * S;
	result.changed = false;
	result.synchronised = false;
	ASSERT_EQ(0, apply(self, result));
	EXPECT_LE(101 * S, self->status.now.maxerror_ns);
	EXPECT_GE(102 * S, self->status.now.maxerror_ns);
	EXPECT_LT(llabs(error_ns(self)), US);
	result = found(self, 0);
	ASSERT_EQ(0, apply(self, result));
	EXPECT_GE(MS, self->status.now.maxerror_ns);
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

/* A slew of an hour takes ten, and each answer meanwhile finds what is left of it. */
TEST_F(steering, tells_of_an_error_that_is_slewed_once)
{
	int i;

	ASSERT_EQ(0, read_clocks(self));
	journal_listen(LOG_NOTICE);
	ASSERT_EQ(0, apply(self, found(self, 3600 * S)));
	EXPECT_EQ(1, journal.messages);
	EXPECT_STREQ("MESSAGE=The system clock is off by 1 h 0 min, found from 0 of 0 sources",
		     journal.fields[0]);
	for (i = 0; i < 100; i++) {
		ASSERT_EQ(0, run_truthfully(self, 16 * S));
		ASSERT_EQ(0, apply(self, found(self, error_ns(self) + MS)));
	}
	EXPECT_GT(error_ns(self), 3400 * S);
	EXPECT_EQ(1, journal.messages);
	/* That is news. */
	ASSERT_EQ(0, apply(self, found(self, error_ns(self) + 2 * S)));
	EXPECT_EQ(2, journal.messages);
	log_set_level(-1);
}

TEST_F(steering, stands_aside)
{
	int adjustments;

	ASSERT_EQ(0, apply(self, found(self, 50 * MS)));
	steering_set_external(self->steering, true);
	EXPECT_EQ(0, fake_clock_rate());
	adjustments = fake_clock.adjustments;
	ASSERT_EQ(0, apply(self, found(self, S)));
	ASSERT_EQ(0, run_truthfully(self, 100 * S));
	EXPECT_EQ(adjustments, fake_clock.adjustments);
	EXPECT_EQ(-EPERM, steering_step(self->steering, "test"));
	steering_set_external(self->steering, false);
	ASSERT_EQ(0, apply(self, found(self, 5 * MS)));
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	EXPECT_FALSE(fake_clock.status & STA_UNSYNC);
}

/* The module may be in another mode, or gone. */
TEST_F(steering, says_why_mode_external_is_over)
{
	static const char *const said[] = {
		"MESSAGE=The module is in mode auto again: this daemon steers it and the system clock",
		"MESSAGE=Mode external is over, as the module is gone: this daemon steers the system clock",
	};
	struct timescale_ops ops = *self->timescale->ops;
	const struct timescale_ops *user_ops = self->timescale->ops;

	journal_listen(LOG_NOTICE);
	for (size_t i = 0; i < ARRAY_SIZE(said); i++) {
		ops.in_kernel = true;
		self->timescale->ops = &ops;
		EXPECT_TRUE(steering_set_external(self->steering, true));
		/* As daemon_lose_module() does. */
		if (i == 1)
			self->timescale->ops = user_ops;
		steering_set_timescale(self->steering, self->timescale);
		EXPECT_TRUE(steering_set_external(self->steering, false));
		EXPECT_TRUE(journal_has(said[i])) TH_LOG("%s", journal.fields[0]);
	}
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
	EXPECT_EQ(-EPERM, steering_try_step(self->steering, "test"));
	EXPECT_TRUE(steering_set_external(self->steering, true));
	steering_yield(self->steering, false);
	ASSERT_EQ(0, run_truthfully(self, 100 * S));
	EXPECT_EQ(adjustments, fake_clock.adjustments);
	/* The last of them has left a slew. */
	fake_clock.status = STA_PLL;
	fake_clock.offset = 12345;
	fake_clock.freq = 655360;
	EXPECT_TRUE(steering_set_external(self->steering, false));
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
	EXPECT_TRUE(steering_set_external(self->steering, true));
	EXPECT_EQ(0, fake_clock_rate());
}

/* A world in which steering is told to touch nothing (-x). 0, or -errno. */
static int observe(FIXTURE_DATA(steering) *world)
{
	struct steering_options options = normal;
	int err;

	log_set_level(-1);
	fake_clock_start();
	options.observe = true;
	err = system_clock_open(&world->clock, true);
	if (!err)
		err = timescale_user_open(&world->timescale, world->clock);
	if (!err)
		world->steering = steering_new(&options, world->clock, world->timescale);
	return err;
}

static void end_observing(FIXTURE_DATA(steering) *world)
{
	steering_free(world->steering);
	world->timescale->ops->close(world->timescale);
	system_clock_close(world->clock);
}

TEST(only_looks_under_x)
{
	struct discipline_result result;

	FIXTURE_DATA(steering) world;

	ASSERT_EQ(0, observe(&world));
	result = found(&world, S);
	result.step = DISCIPLINE_STEP;
	ASSERT_EQ(0, apply(&world, result));
	ASSERT_EQ(0, run_truthfully(&world, 100 * S));
	EXPECT_EQ(0, fake_clock.adjustments);
	EXPECT_EQ(S, error_ns(&world));
	EXPECT_EQ(-EPERM, steering_step(world.steering, "test"));
	EXPECT_EQ(-EPERM, steering_try_step(world.steering, "test"));
	EXPECT_EQ(64 * S, world.status.interval_ns);

	steering_disrupted(world.steering, false);
	ASSERT_EQ(0, steering_read(world.steering));
	steering_get_status(world.steering, &world.status);
	EXPECT_TRUE(trust_is_unconfirmed(world.status.trust));
	ASSERT_EQ(0, apply(&world, found(&world, S)));
	EXPECT_FALSE(trust_is_unconfirmed(world.status.trust));
	EXPECT_EQ(0, fake_clock.adjustments);
	end_observing(&world);
}

/* Nobody steers it here, so it is what the kernel says: another program may keep it. */
TEST(an_observer_calls_no_clock_synchronised_that_the_kernel_does_not)
{
	FIXTURE_DATA(steering) world;

	ASSERT_EQ(0, observe(&world));
	ASSERT_EQ(0, apply(&world, found(&world, 0)));
	EXPECT_FALSE(world.status.synchronised);
	fake_clock.status = 0;
	ASSERT_EQ(0, run_truthfully(&world, 20 * S));
	EXPECT_TRUE(world.status.synchronised);
	fake_clock.status = STA_UNSYNC;
	ASSERT_EQ(0, run_truthfully(&world, 20 * S));
	EXPECT_FALSE(world.status.synchronised);
	/* Where it may not be asked nobody knows. */
	fake_clock.status = 0;
	fake_clock.error = EPERM;
	ASSERT_EQ(0, run_truthfully(&world, 20 * S));
	EXPECT_FALSE(world.status.synchronised);
	/* Nor does its word count for a clock that is wrong. */
	fake_clock.error = 0;
	fake_clock.realtime_ns += S;
	ASSERT_EQ(0, follow(&world));
	ASSERT_EQ(0, follow(&world));
	steering_get_status(world.steering, &world.status);
	EXPECT_FALSE(world.status.synchronised);
	EXPECT_EQ(0, fake_clock.adjustments);
	end_observing(&world);
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

/* The clock is a second off, and may not be set from now on. */
static int be_refused(FIXTURE_DATA(steering) *self)
{
	if (apply(self, found(self, 0)) || run_truthfully(self, 5 * S))
		return -1;
	fake_clock.realtime_ns += S;
	if (read_clocks(self))
		return -1;
	journal_listen(LOG_NOTICE);
	fake_clock.error = EPERM;

	return 0;
}

/* The operator, who knows of no policy that forbids it, is told what is missing. */
TEST_F(steering, a_refused_step_is_no_matter_of_policy)
{
	ASSERT_EQ(0, be_refused(self));
	EXPECT_EQ(-EACCES, steering_step(self->steering, "test"));
	EXPECT_EQ(1, journal.messages);
	EXPECT_NE(NULL, strstr(journal.fields[0], "It takes CAP_SYS_TIME"))
		TH_LOG("%s", journal.fields[0]);
}

/* Who asks says so in words of his own, and it is to be said once. */
TEST_F(steering, a_refused_try_is_left_to_who_asked)
{
	ASSERT_EQ(0, be_refused(self));
	EXPECT_EQ(-EACCES, steering_try_step(self->steering, "test"));
	EXPECT_EQ(0, journal.messages);
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
	EXPECT_EQ(-EPERM, self->status.rate_error);
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
