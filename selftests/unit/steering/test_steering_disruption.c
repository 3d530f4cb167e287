// SPDX-License-Identifier: GPL-2.0-only
/*
 * Steering after disruptions: when the clock is unsynchronised, and what is stepped.
 */
#include "selftests/unit/steering_fixture.h"

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

TEST_F(steering, what_a_disruption_left_wrong_is_slewed_if_policy_forbids_a_step)
{
	static const char said[] =
		"MESSAGE=The system clock is off by 3.00 ms and is slewed: policy forbids a step";
	const struct module_rule slew = {
		.occasion = TRUECHIME_OCCASION_DISRUPTION,
		.direction = TRUECHIME_DIRECTION_FORWARD,
		.rule = TRUECHIME_RULE_SLEW,
	};

	timescale_user_set_policy(self->timescale, &slew, 1);
	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 300 * S));
	steering_disrupted(self->steering, true);
	journal_listen(LOG_NOTICE);
	EXPECT_EQ(0, apply(self, found(self, 3 * MS)));
	EXPECT_TRUE(journal_has(said));
	EXPECT_EQ(0, self->status.steps);
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	EXPECT_LT(llabs(error_ns(self)), US);
}

static int step_later(struct timescale *timescale, enum truechime_occasion occasion)
{
	return -EAGAIN;
}

/* A stop was seen by the very step, and the host says only then that it took no time. */
TEST_F(steering, what_a_disruption_left_wrong_is_stepped_later)
{
	const struct timescale_ops *ops = self->timescale->ops;
	struct timescale_ops busy = *ops;

	busy.step = step_later;
	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 5 * S));
	steering_disrupted(self->steering, false);
	self->timescale->ops = &busy;
	journal_listen(LOG_NOTICE);
	EXPECT_EQ(-EAGAIN, apply(self, found(self, 3600 * S)));
	EXPECT_NE(NULL, strstr(journal.fields[0], "Time was just disrupted"));
	self->timescale->ops = ops;
	ASSERT_EQ(0, apply(self, found(self, 3600 * S)));
	EXPECT_EQ(1, self->status.steps);
	EXPECT_EQ(0, error_ns(self));
	EXPECT_EQ(TRUST_CONFIRMED, self->status.trust);
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
	journal_listen(LOG_NOTICE);
	EXPECT_EQ(-ERANGE, steering_step(self->steering, "asked for"));
	EXPECT_NE(NULL, strstr(journal.fields[0], "the right time would be one before"));
	EXPECT_LE(steering_next_ns(self->steering), fake_clock.raw_ns);
	ASSERT_EQ(0, follow(self));
	ASSERT_EQ(0, run_truthfully(self, 50 * S));
	EXPECT_EQ(0, fake_clock_rate());
	EXPECT_TRUE(fake_clock.status & STA_UNSYNC);
	EXPECT_TRUE(self->status.too_early);
	EXPECT_EQ(0, self->status.steps);

	/* Time goes on. */
	ASSERT_EQ(0, run_truthfully(self, 70 * S));
	EXPECT_FALSE(self->status.too_early);
	EXPECT_LT(fake_clock_rate(), -0.09);
}

static int no_clocks(struct timescale *timescale, struct timescale_now *now)
{
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

TEST_HARNESS_MAIN
