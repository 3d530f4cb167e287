// SPDX-License-Identifier: GPL-2.0-only
/*
 * What becomes of one correction: what the timescale is asked for, what is said of it when that
 * refuses, and what is known of the clock afterwards.
 */
#include "selftests/unit/steering_fixture.h"

/* A timescale that keeps what it is asked for, and may refuse. */
static struct {
	const struct timescale_ops *real;
	struct timescale_ops ops;
	int err;		/* 0: it does as it is told */
	int corrections;
	bool jump;		/* was the latest one to be one? */
} asked;

static int keep_correction(struct timescale *timescale, const struct chime_line *correction,
			   uint32_t epoch, bool jump, struct timescale_now *now)
{
	asked.corrections++;
	asked.jump = jump;
	if (asked.err)
		return asked.err;
	return asked.real->correct(timescale, correction, epoch, jump, now);
}

static int keep_dispute(struct timescale *timescale, int64_t maxerror_ns, uint32_t epoch,
			struct timescale_now *now)
{
	if (asked.err)
		return asked.err;
	return asked.real->dispute(timescale, maxerror_ns, epoch, now);
}

static int refuse_step(struct timescale *timescale, enum truechime_occasion occasion)
{
	(void)timescale;
	(void)occasion;
	return -EAGAIN;
}

static void ask(FIXTURE_DATA(steering) *self, int err)
{
	if (self->timescale->ops != &asked.ops) {
		asked.real = self->timescale->ops;
		asked.ops = *asked.real;
		asked.ops.correct = keep_correction;
		asked.ops.dispute = keep_dispute;
		self->timescale->ops = &asked.ops;
	}
	asked.err = err;
	asked.corrections = 0;
	asked.jump = false;
}

static int follow_one(FIXTURE_DATA(steering) *self, struct discipline_result result)
{
	struct timescale_now now;

	timescale_read(self->timescale, &now);
	return steering_correct(self->steering, &result, &now);
}

/* By how much the bound was widened, ns. */
static int64_t widened_ns(FIXTURE_DATA(steering) *self)
{
	struct timescale_now now;

	timescale_read(self->timescale, &now);
	return now.maxerror_ns - steering_known_ns(self->steering, &now);
}

/* A kernel that slews would do so for a clock that is known to be wrong. */
TEST_F(steering, a_timescale_jumps_where_it_was_wrong)
{
	struct discipline_result result;

	ask(self, 0);
	ASSERT_EQ(0, apply(self, found(self, 0)));
	EXPECT_FALSE(asked.jump);
	ASSERT_EQ(0, apply(self, found(self, MS)));
	EXPECT_FALSE(asked.jump);
	result = found(self, 0);
	result.jump = true;
	ASSERT_EQ(0, apply(self, result));
	EXPECT_TRUE(asked.jump);
	/* The first answer after a disruption contradicts it by more than its own bound. */
	steering_disrupted(self->steering, false);
	ASSERT_EQ(0, follow(self));
	ASSERT_EQ(0, apply(self, found(self, 200 * US)));
	EXPECT_TRUE(asked.jump);
	/* One that is off by no more than that does not. */
	steering_disrupted(self->steering, false);
	ASSERT_EQ(0, follow(self));
	ASSERT_EQ(0, apply(self, found(self, 100 * US)));
	EXPECT_FALSE(asked.jump);
}

/* The error is measured anew in the new epoch, or when the host has answered. */
TEST_F(steering, a_correction_that_comes_too_late_is_no_failure)
{
	static const int errors[] = { -ESTALE, -EAGAIN };
	struct discipline_result result;

	journal_listen(LOG_ERR);
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		ask(self, errors[i]);
		EXPECT_EQ(errors[i], follow_one(self, found(self, 0)));
		EXPECT_FALSE(steering_withholds_step(self->steering));
		/* A step that was due is still to be made. */
		result = found(self, 3600 * S);
		result.step = DISCIPLINE_STEP;
		EXPECT_EQ(errors[i], follow_one(self, result));
		EXPECT_TRUE(steering_withholds_step(self->steering));
		EXPECT_EQ(0, journal.messages);
	}
	ask(self, 0);
	ASSERT_EQ(0, follow_one(self, found(self, 0)));
	EXPECT_FALSE(steering_withholds_step(self->steering));
	log_set_level(-1);
}

/* Each try would count as one more offset, and a host be taken for corrected that is not. */
TEST_F(steering, a_correction_that_was_refused_is_not_remembered)
{
	static const int errors[] = { -ESTALE, -EAGAIN, -EIO };

	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		ask(self, errors[i]);
		EXPECT_EQ(errors[i], follow_one(self, found(self, 3600 * S)));
		steering_get_status(self->steering, &self->status);
		EXPECT_FALSE(self->status.has_correction);
		EXPECT_EQ(0, self->status.last_offset_ns);
		EXPECT_EQ(0, self->status.rms_offset_ns);
	}
	ask(self, 0);
	ASSERT_EQ(0, apply(self, found(self, MS)));
	EXPECT_TRUE(self->status.has_correction);
	EXPECT_EQ(MS, self->status.last_offset_ns);
	EXPECT_LT(fabs(self->status.rms_offset_ns - 1e6), 1.0);
}

/* Any other refusal is a failure, and its step is not withheld: the operator has to act. */
TEST_F(steering, a_correction_that_fails_is_said_to)
{
	struct discipline_result result = found(self, 3600 * S);

	journal_listen(LOG_ERR);
	ask(self, -EPERM);
	result.step = DISCIPLINE_STEP;
	EXPECT_EQ(-EPERM, follow_one(self, result));
	EXPECT_FALSE(steering_withholds_step(self->steering));
	EXPECT_NE(NULL, strstr(journal.fields[0], "could not be set: Operation not permitted;"));
	EXPECT_NE(NULL, strstr(journal.fields[0], "It takes CAP_SYS_TIME"));
	fake_clock_run(3601 * S);
	ask(self, -EIO);
	EXPECT_EQ(-EIO, follow_one(self, found(self, 0)));
	EXPECT_NE(NULL, strstr(journal.fields[0], "could not be set: Input/output error;"));
	EXPECT_EQ(NULL, strstr(journal.fields[0], "CAP_SYS_TIME"));
	EXPECT_EQ(2, journal.messages);
	log_set_level(-1);
}

/* What sources agree on confirms no clock that is not set to it. */
TEST_F(steering, a_correction_that_fails_confirms_nothing)
{
	struct discipline_result lost = { .selection.selected = -1, .stratum = 16 };

	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 5 * S));
	ASSERT_EQ(0, apply(self, lost));
	ASSERT_EQ(0, run_truthfully(self, 5 * S));
	ASSERT_TRUE(fake_clock.status & STA_UNSYNC);
	ask(self, -ERANGE);
	EXPECT_EQ(-ERANGE, follow_one(self, found(self, 4 * S)));
	ASSERT_EQ(0, run_truthfully(self, 5 * S));
	EXPECT_TRUE(fake_clock.status & STA_UNSYNC);
	ask(self, 0);
	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 5 * S));
	EXPECT_FALSE(fake_clock.status & STA_UNSYNC);
}

/* The host has still to say what a disruption took: the step waits for that. */
TEST_F(steering, a_step_that_has_to_wait_is_withheld)
{
	struct discipline_result result = found(self, 3600 * S);

	ask(self, 0);
	asked.ops.step = refuse_step;
	result.step = DISCIPLINE_STEP;
	EXPECT_EQ(-EAGAIN, follow_one(self, result));
	EXPECT_TRUE(steering_withholds_step(self->steering));
	/* The sources have nothing more to say, or think otherwise. */
	EXPECT_EQ(0, follow_one(self, (struct discipline_result){ .changed = false }));
	EXPECT_FALSE(steering_withholds_step(self->steering));
	asked.ops.step = asked.real->step;
	result = found(self, 3600 * S);
	result.step = DISCIPLINE_STEP;
	EXPECT_EQ(0, follow_one(self, result));
	EXPECT_FALSE(steering_withholds_step(self->steering));
}

/* A bound of another epoch is no failure either. */
TEST_F(steering, a_bound_is_widened_or_why_not_is_said)
{
	static const int errors[] = { -ESTALE, -EAGAIN, -EIO };
	struct timescale_now now;

	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, timescale_read(self->timescale, &now));
	journal_listen(LOG_ERR);
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		ask(self, errors[i]);
		steering_widen(self->steering, 60 * MS, &now);
		EXPECT_EQ(errors[i] == -EIO, journal.messages);
		EXPECT_EQ(0, widened_ns(self));
	}
	log_set_level(-1);
}

/* What the operator sets is the time at once, whatever the sources said before. */
TEST_F(steering, the_operators_time_begins_anew)
{
	struct timescale_now now;
	struct chime_line line;

	ask(self, 0);
	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, timescale_read(self->timescale, &now));
	line = self->status.correction;
	steering_widen(self->steering, 60 * MS, &now);
	ASSERT_NE(0, widened_ns(self));
	line.offset_ns += 60 * S;
	ASSERT_EQ(0, steering_set_by_operator(self->steering, &line, &now));
	EXPECT_TRUE(asked.jump);
	EXPECT_EQ(0, widened_ns(self));
	steering_get_status(self->steering, &self->status);
	EXPECT_EQ(60 * S, self->status.last_offset_ns);
	/* No program runs before it was released. */
	ASSERT_EQ(0, timescale_read(self->timescale, &now));
	fake_clock.release_ns = now.realtime_ns - 60 * S;
	line.offset_ns -= 3600 * S;
	asked.corrections = 0;
	EXPECT_EQ(-ERANGE, steering_set_by_operator(self->steering, &line, &now));
	EXPECT_EQ(0, asked.corrections);
}

/* Another timescale knows nothing of what was said of the one before. */
TEST_F(steering, another_timescale_begins_anew)
{
	struct discipline_result result;
	struct timescale_now now;

	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	ASSERT_TRUE(self->status.synchronised);
	ASSERT_EQ(0, timescale_read(self->timescale, &now));
	steering_widen(self->steering, 60 * MS, &now);
	steering_set_timescale(self->steering, self->timescale);
	steering_get_status(self->steering, &self->status);
	EXPECT_FALSE(self->status.has_correction);
	EXPECT_EQ(0, widened_ns(self));
	/* Were it the same one, this would be slewed by a clock that stays synchronised. */
	result = found(self, 12 * MS);
	result.correction.maxerror_ns = 20 * MS;
	ASSERT_EQ(0, apply(self, result));
	EXPECT_TRUE(fake_clock.status & STA_UNSYNC);
}

/* Nor does a disruption leave anything of what was measured before, or another program's turn. */
TEST_F(steering, what_is_lost_is_not_called_synchronised)
{
	struct discipline_result result;
	int i;

	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, apply(self, found(self, 0)));
		ASSERT_EQ(0, run_truthfully(self, 10 * S));
		ASSERT_TRUE(self->status.synchronised);
		if (i) {
			EXPECT_TRUE(steering_set_external(self->steering, true));
			EXPECT_FALSE(steering_set_external(self->steering, true));
			steering_get_status(self->steering, &self->status);
			EXPECT_FALSE(self->status.synchronised);
			EXPECT_TRUE(steering_set_external(self->steering, false));
		} else {
			steering_disrupted(self->steering, false);
			steering_get_status(self->steering, &self->status);
			EXPECT_FALSE(self->status.has_correction);
		}
		result = found(self, 12 * MS);
		result.correction.maxerror_ns = 20 * MS;
		ASSERT_EQ(0, apply(self, result));
		EXPECT_TRUE(fake_clock.status & STA_UNSYNC);
	}
}

/* chronyd's tracking: the latest offset, and a mean square that forgets a tenth at each. */
TEST_F(steering, remembers_the_offsets_that_were_found)
{
	ASSERT_EQ(0, apply(self, found(self, -MS)));
	EXPECT_EQ(-MS, self->status.last_offset_ns);
	EXPECT_LT(fabs(self->status.rms_offset_ns - 1e6), 1.0);
	ASSERT_EQ(0, apply(self, found(self, 2 * MS)));
	EXPECT_EQ(2 * MS, self->status.last_offset_ns);
	EXPECT_LT(fabs(self->status.rms_offset_ns - sqrt(0.9 * 1e12 + 0.1 * 4e12)), 1.0);
}

/* An offset of logchange itself is not above it, whether it is found or has grown. */
TEST_F(steering, tells_of_no_change_of_just_the_threshold)
{
	struct steering_options options = normal;

	options.logchange_ns = MS;
	steering_set_options(self->steering, &options);
	journal_listen(LOG_NOTICE);
	ASSERT_EQ(0, follow_one(self, found(self, MS)));
	EXPECT_EQ(0, journal.messages);
	ASSERT_EQ(0, follow_one(self, found(self, error_ns(self) + MS)));
	EXPECT_EQ(0, journal.messages);
	ASSERT_EQ(0, follow_one(self, found(self, error_ns(self) + MS + 1)));
	EXPECT_EQ(1, journal.messages);
	/* Nor is that it is less wrong than it was known to be. */
	ASSERT_EQ(0, follow_one(self, found(self, 5 * MS)));
	EXPECT_EQ(2, journal.messages);
	ASSERT_EQ(0, follow_one(self, found(self, MS)));
	EXPECT_EQ(2, journal.messages);
	log_set_level(-1);
}

/* What nobody knows yet is no error that is known: all of what is found first is told. */
TEST_F(steering, tells_of_the_first_error_just_above_the_threshold)
{
	struct steering_options options = normal;

	options.logchange_ns = MS;
	steering_set_options(self->steering, &options);
	journal_listen(LOG_NOTICE);
	ASSERT_EQ(0, follow_one(self, found(self, MS + 1)));
	EXPECT_EQ(1, journal.messages);
	log_set_level(-1);
}

/* As -d shows it, each change of trust once. */
TEST_F(steering, tells_whom_it_trusts)
{
	steering_get_status(self->steering, &self->status);
	EXPECT_EQ(TRUST_UNKNOWN, self->status.trust);
	journal_listen(LOG_DEBUG);
	steering_disrupted(self->steering, false);
	EXPECT_EQ(1, journal.messages);
	EXPECT_NE(NULL, strstr(journal.fields[0], ", and was "));
	steering_disrupted(self->steering, false);
	EXPECT_EQ(1, journal.messages);
	log_set_level(-1);
	ASSERT_EQ(0, apply(self, found(self, 0)));
	steering_end_correction(self->steering);
	steering_get_status(self->steering, &self->status);
	EXPECT_NE(TRUST_UNKNOWN, self->status.trust);
}

/* maxclockerror, or what the kernel can do if that is less. */
TEST_F(steering, runs_no_faster_than_it_may)
{
	struct steering_options options = normal;

	options.max_rate = 200e-6;
	steering_set_options(self->steering, &options);
	ASSERT_EQ(0, apply(self, found(self, S)));
	EXPECT_LE(fabs(fake_clock_rate()), 200.1e-6);
	EXPECT_GT(fabs(fake_clock_rate()), 199e-6);
	options.max_rate = 1.0;
	options.max_slew = 1.0;
	steering_set_options(self->steering, &options);
	ASSERT_EQ(0, apply(self, found(self, 10 * S)));
	EXPECT_LE(fabs(fake_clock_rate()), SYSTEM_CLOCK_RATE_MAX);
}

/* A slew is ended once. What another program sets after that is its own. */
TEST_F(steering, ends_a_slew_once)
{
	int adjustments;

	ASSERT_EQ(0, apply(self, found(self, 50 * MS)));
	steering_settle(self->steering);
	adjustments = fake_clock.adjustments;
	steering_settle(self->steering);
	EXPECT_EQ(adjustments, fake_clock.adjustments);
}

/* Within what was published before, error and bound: that was true, and to the last ns. */
TEST_F(steering, an_answer_beyond_what_was_published_unsynchronises)
{
	struct discipline_result result;
	int beyond;

	for (beyond = 0; beyond < 2; beyond++) {
		result = found(self, 0);
		result.correction.maxerror_ns = 134 * MS;
		result.correction.maxerror_rate_q32 = 0;
		ASSERT_EQ(0, apply(self, result));
		ASSERT_EQ(0, run_truthfully(self, 2 * S));
		ASSERT_FALSE(fake_clock.status & STA_UNSYNC);
		/* The sources moved the time by 100 ms, and are sure of it to 20 or 40. */
		result = found(self, 100 * MS);
		result.correction.maxerror_ns = beyond ? 40 * MS : 20 * MS;
		result.correction.maxerror_rate_q32 = 0;
		ASSERT_EQ(0, apply(self, result));
		EXPECT_EQ(beyond, !!(fake_clock.status & STA_UNSYNC));
		ASSERT_EQ(0, run_truthfully(self, 60 * S));
	}
}

TEST_HARNESS_MAIN
