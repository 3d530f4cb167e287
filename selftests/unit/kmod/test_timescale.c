// SPDX-License-Identifier: GPL-2.0-only
/*
 * The timescale: its time, its continuity wherever no jump is due, the rate of its slews, its
 * bound, and that readers always see a consistent state.
 */
#include "kmod/timescale.h"

#include <pthread.h>
#include <signal.h>

#include "selftests/unit/lines.h"
#include "selftests/unit/timescale_world.h"
#include "selftests/unit/unit.h"

TEST_F(timescale, begins_with_the_systems_time)
{
	const struct chime_now now = now_at(&self->timescale, RAW0_NS + S);

	EXPECT_EQ(UTC0_NS + S, time_at(&self->timescale, RAW0_NS + S));
	EXPECT_EQ(UTC0_NS + S, now.time_ns);
	EXPECT_EQ(TRUECHIME_STATE_FREE, now.state);
	EXPECT_EQ(TRUECHIME_MODE_AUTO, now.mode);
	EXPECT_EQ(TRUECHIME_REFERENCE_RAW, now.reference);
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, now.maxerror_ns);
	EXPECT_FALSE(now.has_host);
	EXPECT_EQ(0, now.slew_ns);
	EXPECT_EQ(0, now.rate_q32);
}

TEST_F(timescale, jumps_to_the_first_host)
{
	struct chime_now now;

	take_host(&self->timescale, 3600 * S, RAW0_NS);
	now = now_at(&self->timescale, RAW0_NS);
	EXPECT_EQ(UTC0_NS + 3600 * S, now.time_ns);
	EXPECT_EQ(UTC0_NS + 3600 * S, now.host_ns);
	EXPECT_EQ(TRUECHIME_STATE_HOST, now.state);
	EXPECT_EQ(TRUECHIME_REFERENCE_HOST, now.reference);
	EXPECT_TRUE(now.has_host);
	EXPECT_EQ(1, now.epoch);
	EXPECT_EQ(20, now.reading_ns);
	EXPECT_EQ(0, now.slew_ns);
}

/* A change of phase is slewed in without a jump, in the promised time and at the promised rate. */
TEST_F(timescale, slews_a_change_of_the_host_line)
{
	static const struct {
		s64 change_ns;
		s64 rate_q32;
	} cases[] = {
		{ 100, SLEW_MIN_Q32 },
		{ -100 * US, SLEW_MIN_Q32 },
		{ 400 * US, SLEW_MIN_Q32 },
		{ 50 * MS, 50000 * CHIME_PPM_Q32 },
		{ -50 * MS, 50000 * CHIME_PPM_Q32 },
		{ 900 * MS, 100000 * CHIME_PPM_Q32 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const s64 change_ns = cases[i].change_ns;
		const s64 sign = change_ns < 0 ? -1 : 1;
		const s64 duration_ns = llabs(change_ns) * (1LL << 32) / cases[i].rate_q32;
		struct chime_now now;
		s64 raw_ns;

		take_host(&self->timescale, 0, RAW0_NS);
		ASSERT_EQ(UTC0_NS, time_at(&self->timescale, RAW0_NS));
		follow_host(&self->timescale, change_ns, 0, RAW0_NS);

		now = now_at(&self->timescale, RAW0_NS);
		EXPECT_EQ(UTC0_NS, now.time_ns);
		EXPECT_EQ(change_ns, now.slew_ns);
		EXPECT_LE(llabs(now.rate_q32 - sign * cases[i].rate_q32), cases[i].rate_q32 / 1000);
		EXPECT_EQ(20 + llabs(change_ns), now.reading_ns);

		for (raw_ns = RAW0_NS; raw_ns < RAW0_NS + duration_ns * 2;
		     raw_ns += duration_ns / 64 + 1) {
			now = now_at(&self->timescale, raw_ns);
			ASSERT_EQ(time_at(&self->timescale, raw_ns), now.time_ns);
			/* The truth is the new host line: the bound covers it all the way. */
			ASSERT_LE(llabs(now.host_ns - now.time_ns), now.reading_ns);
			ASSERT_EQ(now.host_ns - now.time_ns, now.slew_ns);
		}
		now = now_at(&self->timescale, RAW0_NS + duration_ns * 101 / 100 + 10);
		EXPECT_EQ(0, now.slew_ns);
		EXPECT_EQ(0, now.rate_q32);
		EXPECT_EQ(now.host_ns, now.time_ns);
		chime_timescale_forget(&self->timescale, RAW0_NS);
	}
}

TEST_F(timescale, jumps_beyond_a_second)
{
	take_host(&self->timescale, 0, RAW0_NS);
	follow_host(&self->timescale, S + 1, 0, RAW0_NS);
	EXPECT_EQ(UTC0_NS + S + 1, time_at(&self->timescale, RAW0_NS));
	follow_host(&self->timescale, 0, 0, RAW0_NS);
	EXPECT_EQ(UTC0_NS, time_at(&self->timescale, RAW0_NS));
	EXPECT_EQ(0, now_at(&self->timescale, RAW0_NS).slew_ns);
}

/* Each check fits the line anew: a slew in progress must not start over each time. */
TEST_F(timescale, ends_a_slew_in_time_though_lines_change)
{
	struct unit_random random = { 1 };
	s64 raw_ns = RAW0_NS;
	s64 before_ns;

	take_host(&self->timescale, 0, raw_ns);
	follow_host(&self->timescale, 50 * MS, 0, raw_ns);
	before_ns = time_at(&self->timescale, raw_ns);
	while (raw_ns < RAW0_NS + S + 100 * MS) {
		const s64 noise_ns = (s64)unit_random_below(&random, 11) - 5;
		s64 time_ns;

		raw_ns += 20 * MS;
		follow_host(&self->timescale, 50 * MS + noise_ns, 0, raw_ns);
		time_ns = time_at(&self->timescale, raw_ns);
		ASSERT_GE(time_ns - before_ns, 20 * MS - 20);
		ASSERT_LE(time_ns - before_ns, 20 * MS + MS + 20);
		before_ns = time_ns;
	}
	EXPECT_LE(llabs(now_at(&self->timescale, raw_ns).slew_ns), 20);
}

TEST_F(timescale, adds_the_correction_to_the_host)
{
	const struct chime_line correction = correction_line(UTC0_NS, 30 * US, CHIME_PPM_Q32);
	struct chime_now now;

	take_host(&self->timescale, 0, RAW0_NS);
	EXPECT_EQ(-ESTALE, chime_timescale_correct(&self->timescale, &correction, 0, true,
						   RAW0_NS));
	EXPECT_EQ(-ESTALE, chime_timescale_correct(&self->timescale, &correction, 2, true,
						   RAW0_NS));
	EXPECT_EQ(UTC0_NS, time_at(&self->timescale, RAW0_NS));
	EXPECT_EQ(NULL, chime_timescale_correction(&self->timescale));

	ASSERT_EQ(0, chime_timescale_correct(&self->timescale, &correction, 1, true, RAW0_NS));
	now = now_at(&self->timescale, RAW0_NS + 100 * S);
	EXPECT_EQ(TRUECHIME_STATE_CORRECTED, now.state);
	EXPECT_EQ(UTC0_NS + 100 * S, now.host_ns);
	EXPECT_LE(llabs(now.time_ns - (UTC0_NS + 100 * S + 30 * US + 100 * US)), 20);
	/* 10 us and 20 ns at first, 1 ppm of the one and of the other over 100 s */
	EXPECT_LE(llabs(now.maxerror_ns - (10020 + 200 * US)), 200);
	EXPECT_NE(NULL, chime_timescale_correction(&self->timescale));

	/* The same again without a jump: nothing changes. */
	ASSERT_EQ(0, chime_timescale_correct(&self->timescale, &correction, 1, false,
					     RAW0_NS + 100 * S));
	EXPECT_LE(llabs(now_at(&self->timescale, RAW0_NS + 100 * S).slew_ns), 1);
}

TEST_F(timescale, slews_a_correction_unless_told_to_jump)
{
	const struct chime_line first = correction_line(UTC0_NS, 0, 0);
	const struct chime_line second = correction_line(UTC0_NS, 500 * MS, 0);

	take_host(&self->timescale, 0, RAW0_NS);
	ASSERT_EQ(0, chime_timescale_correct(&self->timescale, &first, 1, false, RAW0_NS));
	ASSERT_EQ(0, chime_timescale_correct(&self->timescale, &second, 1, false, RAW0_NS));
	EXPECT_EQ(UTC0_NS, time_at(&self->timescale, RAW0_NS));
	EXPECT_EQ(500 * MS, now_at(&self->timescale, RAW0_NS).slew_ns);
	ASSERT_EQ(0, chime_timescale_correct(&self->timescale, &second, 1, true, RAW0_NS));
	EXPECT_EQ(UTC0_NS + 500 * MS, time_at(&self->timescale, RAW0_NS));
}

TEST_F(timescale, corrects_raw_where_there_is_no_host)
{
	const struct chime_line correction =
		correction_line(RAW0_NS, UTC0_NS - RAW0_NS + 7 * S, -40 * CHIME_PPM_Q32);
	struct chime_now now;

	ASSERT_EQ(0, chime_timescale_correct(&self->timescale, &correction, 0, false, RAW0_NS));
	now = now_at(&self->timescale, RAW0_NS);
	/* A timescale without a bound jumps, even by 7 s. */
	EXPECT_EQ(UTC0_NS + 7 * S, now.time_ns);
	EXPECT_EQ(TRUECHIME_STATE_CORRECTED, now.state);
	EXPECT_EQ(TRUECHIME_REFERENCE_RAW, now.reference);
	EXPECT_EQ(-40 * CHIME_PPM_Q32, now.rate_q32);
	EXPECT_EQ(10000, now.maxerror_ns);
}

TEST_F(timescale, holds_over_by_the_references_time)
{
	const struct chime_line correction = correction_line(UTC0_NS, 0, 0);
	struct chime_line later;

	take_host(&self->timescale, 0, RAW0_NS);
	ASSERT_EQ(0, chime_timescale_correct(&self->timescale, &correction, 1, false, RAW0_NS));
	EXPECT_EQ(TRUECHIME_STATE_CORRECTED,
		  now_at(&self->timescale, RAW0_NS + HOLDOVER_NS).state);
	EXPECT_EQ(TRUECHIME_STATE_HOLDOVER,
		  now_at(&self->timescale, RAW0_NS + HOLDOVER_NS + S).state);

	/* A month-old snapshot: the raw clock does not show the month, host time does. */
	later = host_line(30 * DAY, 0);
	change_reference(&self->timescale, CHIME_REFERENCE_RESYNC, &later, 0, RAW0_NS + S);
	EXPECT_EQ(TRUECHIME_STATE_HOLDOVER, now_at(&self->timescale, RAW0_NS + S).state);
	/* and the bound has grown by the month: 1 ppm of it is 2.6 s */
	EXPECT_GE(now_at(&self->timescale, RAW0_NS + S).maxerror_ns, 2592 * MS);
}

/* The reference's time changes from hours to decades, or back: no correction ages by that. */
TEST_F(timescale, does_not_age_a_correction_by_a_change_of_the_reference)
{
	const struct chime_line correction = correction_line(RAW0_NS, UTC0_NS - RAW0_NS, 0);
	const s64 age_ns = HOLDOVER_NS / 2;
	s64 raw_ns = RAW0_NS + age_ns;
	int i;

	ASSERT_EQ(0, chime_timescale_correct(&self->timescale, &correction, 0, true, RAW0_NS));
	for (i = 0; i < 2; i++) {
		take_host(&self->timescale, 0, raw_ns);
		EXPECT_EQ(TRUECHIME_REFERENCE_HOST, now_at(&self->timescale, raw_ns).reference);
		EXPECT_EQ(TRUECHIME_STATE_CORRECTED, now_at(&self->timescale, raw_ns).state);
		raw_ns += S;
		chime_timescale_set_reference(&self->timescale, NULL, false, 0, raw_ns);
		EXPECT_EQ(TRUECHIME_STATE_CORRECTED, now_at(&self->timescale, raw_ns).state);
		raw_ns += DAY;
		EXPECT_EQ(TRUECHIME_STATE_HOLDOVER, now_at(&self->timescale, raw_ns).state);
		ASSERT_EQ(0, chime_timescale_correct(&self->timescale, &correction,
						     self->timescale.current_view.epoch, true,
						     raw_ns));
		raw_ns += age_ns;
	}
	/* It keeps the age that it had: only half of it is left. */
	take_host(&self->timescale, 0, raw_ns);
	EXPECT_EQ(TRUECHIME_STATE_HOLDOVER, now_at(&self->timescale, raw_ns + age_ns + S).state);
}

/*
 * A rate of 20 ppm that was measured within a minute is not extrapolated over the day that a revert
 * took: the bound allows for it instead. The same holds if the host is demoted afterwards, and the
 * raw clock is the reference.
 */
TEST_F(timescale, carries_a_rate_to_its_horizon_only)
{
	struct chime_line correction = correction_line(UTC0_NS, MS, 20 * CHIME_PPM_Q32);
	struct chime_line after = host_line(DAY, 0);
	const s64 kept_ns = MS + chime_scale_q32(60 * S, 20 * CHIME_PPM_Q32);
	struct chime_now now;

	correction.rate_horizon_ns = 60 * S;
	correction.horizon_ns = 60 * S;
	correction.beyond_sigma_rate_q32 = 20 * CHIME_PPM_Q32;
	correction.beyond_maxerror_rate_q32 = 50 * CHIME_PPM_Q32;
	take_host(&self->timescale, 0, RAW0_NS);
	ASSERT_EQ(0, chime_timescale_correct(&self->timescale, &correction,
					     self->timescale.current_view.epoch, true, RAW0_NS));
	EXPECT_EQ(20 * CHIME_PPM_Q32, now_at(&self->timescale, RAW0_NS + 59 * S).rate_q32);
	/* The host was not checked for long: readers apply the horizon themselves. */
	EXPECT_LE(llabs(UTC0_NS + 90 * S + kept_ns - time_at(&self->timescale, RAW0_NS + 90 * S)),
		  1);
	EXPECT_EQ(0, now_at(&self->timescale, RAW0_NS + 90 * S).rate_q32);

	change_reference(&self->timescale, CHIME_REFERENCE_RESYNC, &after, 0, RAW0_NS + S);
	now = now_at(&self->timescale, RAW0_NS + S);
	EXPECT_LE(llabs(UTC0_NS + S + DAY + kept_ns - now.time_ns), 1);
	/* Until its slope is seen the host may have been slewed meanwhile: 100 ms. */
	EXPECT_GT(now.maxerror_ns, 50 * 86400 * US - 5 * MS);
	EXPECT_LT(now.maxerror_ns, 50 * 86400 * US + 105 * MS);
	EXPECT_GT(now.sigma_ns, 20 * 86400 * US - 2 * MS);

	chime_timescale_set_reference(&self->timescale, &after, false, 0, RAW0_NS + S);
	now = now_at(&self->timescale, RAW0_NS + 3601 * S);
	EXPECT_LE(llabs(UTC0_NS + 3601 * S + DAY + kept_ns - now.time_ns), 2);
	EXPECT_GT(now.maxerror_ns, 50 * (86400 + 3600) * US - 5 * MS);
	chime_timescale_set_reference(&self->timescale, &after, true, 0, RAW0_NS + 3601 * S);
	EXPECT_LE(llabs(now.time_ns - time_at(&self->timescale, RAW0_NS + 3601 * S)), 2);
}

TEST_F(timescale, keeps_the_correction_over_a_revert)
{
	const struct chime_line correction = correction_line(UTC0_NS, 70 * US, 0);
	struct chime_line after = host_line(3600 * S, 0);
	struct chime_now now;

	take_host(&self->timescale, 0, RAW0_NS);
	ASSERT_EQ(0, chime_timescale_correct(&self->timescale, &correction, 1, true, RAW0_NS));
	change_reference(&self->timescale, CHIME_REFERENCE_RESYNC, &after, 0, RAW0_NS + S);
	now = now_at(&self->timescale, RAW0_NS + S);
	EXPECT_EQ(UTC0_NS + S + 3600 * S + 70 * US, now.time_ns);
	EXPECT_EQ(0, now.slew_ns);
	EXPECT_EQ(1, now.epoch);

	/* But not over a step of the host's own clock, for which it is not valid. */
	after = host_line(0, 0);
	change_reference(&self->timescale, CHIME_REFERENCE_FOLLOW, &after, 0, RAW0_NS + S);
	now = now_at(&self->timescale, RAW0_NS + S);
	EXPECT_EQ(UTC0_NS + S, now.time_ns);
	EXPECT_EQ(2, now.epoch);
	EXPECT_EQ(TRUECHIME_STATE_HOST, now.state);
	EXPECT_EQ(NULL, chime_timescale_correction(&self->timescale));
	EXPECT_EQ(-ESTALE, chime_timescale_correct(&self->timescale, &correction, 1, true,
						   RAW0_NS + S));
}

/* The host's clock is set by more than UTC's bound: only the epoch changes. */
TEST_F(timescale, absorbs_a_step_of_the_host)
{
	const struct chime_line correction = correction_line(UTC0_NS, 70 * US, 3 * CHIME_PPM_Q32);
	const struct chime_line stepped = host_line(45 * S, 0);
	struct chime_now before, after;

	take_host(&self->timescale, 0, RAW0_NS);
	ASSERT_EQ(0, chime_timescale_correct(&self->timescale, &correction, 1, true, RAW0_NS));
	before = now_at(&self->timescale, RAW0_NS + 1000 * S);
	change_reference(&self->timescale, CHIME_REFERENCE_ABSORB, &stepped, 45 * S,
			 RAW0_NS + 100 * S);
	after = now_at(&self->timescale, RAW0_NS + 1000 * S);
	EXPECT_LE(llabs(before.time_ns - after.time_ns), 2);
	EXPECT_EQ(before.host_ns + 45 * S, after.host_ns);
	EXPECT_EQ(2, after.epoch);
	EXPECT_EQ(TRUECHIME_STATE_CORRECTED, after.state);
	EXPECT_GE(after.maxerror_ns, before.maxerror_ns - US);
	EXPECT_LE(after.maxerror_ns, before.maxerror_ns + US);
	/* The correction keeps its age. */
	EXPECT_EQ(TRUECHIME_STATE_CORRECTED,
		  now_at(&self->timescale, RAW0_NS + HOLDOVER_NS).state);
	EXPECT_EQ(TRUECHIME_STATE_HOLDOVER,
		  now_at(&self->timescale, RAW0_NS + HOLDOVER_NS + S).state);
}

/* With a correction in force neither UTC nor the reference follows a slew of the host. */
TEST_F(timescale, goes_on_while_the_host_is_slewed)
{
	struct chime_line correction = correction_line(UTC0_NS, 50 * MS, 0);
	struct chime_now now;
	s64 raw_ns;

	take_host(&self->timescale, 0, RAW0_NS);
	ASSERT_EQ(0, chime_timescale_correct(&self->timescale, &correction, 1, true, RAW0_NS));
	follow_host(&self->timescale, 0, 0, RAW0_NS);
	for (raw_ns = RAW0_NS + 20 * MS; raw_ns <= RAW0_NS + 10 * S; raw_ns += 20 * MS) {
		follow_host(&self->timescale, 0, 500 * CHIME_PPM_Q32, raw_ns);
		now = now_at(&self->timescale, raw_ns);
		ASSERT_LE(llabs(now.time_ns - UTC0_NS - 50 * MS - (raw_ns - RAW0_NS)), 5);
		ASSERT_LE(llabs(now.reference_ns - UTC0_NS - (raw_ns - RAW0_NS)), 5);
		ASSERT_EQ(1, now.epoch);
	}
	EXPECT_GT(now.host_ns - now.reference_ns, 4999000);
	/* Without the correction the host is the best source. */
	chime_timescale_forget(&self->timescale, raw_ns);
	EXPECT_EQ(now_at(&self->timescale, raw_ns + 20 * S).host_ns,
		  now_at(&self->timescale, raw_ns + 20 * S).time_ns);
}

/* Demotion and back: the same UTC, converted to the other reference. */
TEST_F(timescale, goes_on_when_the_reference_changes)
{
	const struct chime_line correction = correction_line(UTC0_NS, 70 * US, 3 * CHIME_PPM_Q32);
	const struct chime_line host = host_line(0, 25 * CHIME_PPM_Q32);
	const s64 change_ns = RAW0_NS + 1000 * S;
	struct chime_now before, after, back;
	s64 far_ns;

	chime_timescale_set_reference(&self->timescale, &host, true, 0, RAW0_NS);
	ASSERT_EQ(0, chime_timescale_correct(&self->timescale, &correction, 1, true, RAW0_NS));
	for (far_ns = change_ns; far_ns < change_ns + 10000 * S; far_ns += 999 * S) {
		before = now_at(&self->timescale, far_ns);
		chime_timescale_set_reference(&self->timescale, &host, false, 0, change_ns);
		after = now_at(&self->timescale, far_ns);
		EXPECT_EQ(TRUECHIME_REFERENCE_RAW, after.reference);
		EXPECT_EQ(before.host_ns, after.host_ns);
		EXPECT_EQ(before.epoch + 1, after.epoch);
		EXPECT_EQ(before.state, after.state);
		/* to 1e-12 of the distance, and a unit of the rate's */
		EXPECT_LE(llabs(before.time_ns - after.time_ns),
			  2 + (far_ns - change_ns) / (4000 * MS));
		/* growths are rounded up by a unit each, 0.25 us in 1000 s */
		EXPECT_GE(after.maxerror_ns, before.maxerror_ns - US);

		chime_timescale_set_reference(&self->timescale, &host, true, 0, change_ns);
		back = now_at(&self->timescale, far_ns);
		EXPECT_EQ(TRUECHIME_REFERENCE_HOST, back.reference);
		EXPECT_EQ(before.epoch + 2, back.epoch);
		EXPECT_LE(llabs(before.time_ns - back.time_ns),
			  4 + (far_ns - change_ns) / (2000 * MS));
	}
}

TEST_F(timescale, is_free_when_an_uncorrected_host_goes)
{
	struct chime_now now;

	take_host(&self->timescale, 5 * S, RAW0_NS);
	chime_timescale_set_reference(&self->timescale, NULL, false, 0, RAW0_NS + S);
	now = now_at(&self->timescale, RAW0_NS + S);
	EXPECT_EQ(UTC0_NS + 6 * S, now.time_ns);
	EXPECT_EQ(TRUECHIME_STATE_FREE, now.state);
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, now.maxerror_ns);
	EXPECT_FALSE(now.has_host);
	EXPECT_EQ(2, now.epoch);
}

TEST_F(timescale, watches_a_demoted_host_without_following)
{
	struct chime_line host = host_line(0, 0);

	chime_timescale_set_reference(&self->timescale, &host, false, 0, RAW0_NS);
	host = host_line(9 * S, 0);
	chime_timescale_watch_host(&self->timescale, &host);
	EXPECT_EQ(UTC0_NS, now_at(&self->timescale, RAW0_NS).time_ns);
	EXPECT_EQ(UTC0_NS + 9 * S, now_at(&self->timescale, RAW0_NS).host_ns);
}

TEST_F(timescale, forgets)
{
	const struct chime_line correction = correction_line(UTC0_NS, 300 * US, 0);
	struct chime_now now;

	take_host(&self->timescale, 0, RAW0_NS);
	ASSERT_EQ(0, chime_timescale_correct(&self->timescale, &correction, 1, true, RAW0_NS));
	chime_timescale_forget(&self->timescale, RAW0_NS);
	now = now_at(&self->timescale, RAW0_NS);
	EXPECT_EQ(TRUECHIME_STATE_HOST, now.state);
	EXPECT_EQ(UTC0_NS + 300 * US, now.time_ns);
	EXPECT_EQ(-300 * US, now.slew_ns);
	EXPECT_EQ(UTC0_NS + 10 * S, time_at(&self->timescale, RAW0_NS + 10 * S));
	EXPECT_EQ(2, now.epoch);
}

/* The forgotten correction contained the slews of the host that were not followed. */
TEST_F(timescale, forgets_where_the_host_was_not_followed)
{
	const struct chime_line correction = correction_line(UTC0_NS, 0, 0);
	s64 raw_ns, host_ns;

	take_host(&self->timescale, 0, RAW0_NS);
	for (raw_ns = RAW0_NS; raw_ns < RAW0_NS + 100 * S; raw_ns += S) {
		follow_host(&self->timescale, 0, 0, raw_ns);
		ASSERT_EQ(0, chime_timescale_correct(&self->timescale, &correction, 1, true,
						     raw_ns));
	}
	for (; raw_ns < RAW0_NS + 110 * S; raw_ns += S) {
		const struct chime_line slewed = {
			.origin_ns = raw_ns,
			.offset_ns = UTC0_NS - RAW0_NS +
				     chime_scale_q32(raw_ns - RAW0_NS - 100 * S,
						     500 * CHIME_PPM_Q32),
			.rate_q32 = 500 * CHIME_PPM_Q32,
			.maxerror_ns = 20,
		};

		chime_timescale_set_host(&self->timescale, &slewed, raw_ns);
	}
	ASSERT_GT(llabs(now_at(&self->timescale, raw_ns).host_ns -
			now_at(&self->timescale, raw_ns).reference_ns), 4 * MS);
	chime_timescale_forget(&self->timescale, raw_ns);
	host_ns = now_at(&self->timescale, raw_ns).host_ns;
	EXPECT_EQ(host_ns, now_at(&self->timescale, raw_ns).reference_ns);
	chime_timescale_lose_host(&self->timescale, 0, raw_ns);
	EXPECT_LE(llabs(time_at(&self->timescale, raw_ns + 20 * S) - host_ns - 20 * S),
		  20 * S / 1000);
}

TEST_F(timescale, correction_does_not_move_to_another_host)
{
	const struct chime_line correction = correction_line(UTC0_NS, 300 * US, 0);
	const struct chime_line host = host_line(60 * S, 0);
	struct chime_now now;

	take_host(&self->timescale, 0, RAW0_NS);
	ASSERT_EQ(0, chime_timescale_correct(&self->timescale, &correction, 1, true, RAW0_NS));
	change_reference(&self->timescale, CHIME_REFERENCE_REPLACE, &host, 60 * S, RAW0_NS);
	now = now_at(&self->timescale, RAW0_NS);
	EXPECT_EQ(NULL, chime_timescale_correction(&self->timescale));
	EXPECT_EQ(TRUECHIME_STATE_HOST, now.state);
	EXPECT_EQ(UTC0_NS + 60 * S, now.time_ns);
	EXPECT_EQ(0, now.slew_ns);
	EXPECT_EQ(2, now.epoch);
	EXPECT_EQ(-ESTALE, chime_timescale_correct(&self->timescale, &correction, 1, true,
						   RAW0_NS));
}

TEST_F(timescale, correction_of_what_may_be_another_host_has_no_bound)
{
	const struct chime_line correction = correction_line(UTC0_NS, 300 * US, 0);
	struct chime_now now;

	take_host(&self->timescale, 0, RAW0_NS);
	/* Without a correction the host is followed, but earlier measurements are invalid. */
	EXPECT_FALSE(chime_timescale_suspect_host(&self->timescale, RAW0_NS));
	now = now_at(&self->timescale, RAW0_NS);
	EXPECT_EQ(2, now.epoch);
	EXPECT_NE(CHIME_LINE_UNBOUNDED_NS, now.reading_ns);
	EXPECT_EQ(CHIME_LINE_RATE_UNKNOWN_Q32, now.change.sigma_rate_q32);
	ASSERT_EQ(0, chime_timescale_correct(&self->timescale, &correction, 2, true, RAW0_NS));
	EXPECT_NE(CHIME_LINE_UNBOUNDED_NS, now_at(&self->timescale, RAW0_NS).maxerror_ns);
	EXPECT_TRUE(chime_timescale_suspect_host(&self->timescale, RAW0_NS));
	now = now_at(&self->timescale, RAW0_NS + S);
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, now.maxerror_ns);
	EXPECT_EQ(UTC0_NS + S + 300 * US, now.time_ns);
	EXPECT_EQ(0, now.slew_ns);
	EXPECT_EQ(TRUECHIME_STATE_CORRECTED, now.state);
	/* A correction that was measured before is refused. */
	EXPECT_EQ(-ESTALE, chime_timescale_correct(&self->timescale, &correction, 2, true,
						   RAW0_NS));
	EXPECT_EQ(0, chime_timescale_correct(&self->timescale, &correction, 3, true, RAW0_NS));
	EXPECT_NE(CHIME_LINE_UNBOUNDED_NS, now_at(&self->timescale, RAW0_NS).maxerror_ns);
}

/* Convert an instant from the old reference's time to the new one's. */
static s64 converted(const struct chime_line *change, s64 at_ns)
{
	return at_ns + chime_line_offset(change, at_ns);
}

TEST_F(timescale, change_of_the_reference_is_stated)
{
	const struct chime_line correction = correction_line(UTC0_NS, 70 * US, 0);
	struct chime_now host, raw, back;
	struct chime_line stepped;

	take_host(&self->timescale, 25 * CHIME_PPM_Q32, RAW0_NS);
	ASSERT_EQ(0, chime_timescale_correct(&self->timescale, &correction, 1, true, RAW0_NS));
	host = now_at(&self->timescale, RAW0_NS + 900 * S);
	/* The host is demoted: its time 100 s before converts to the raw clock's. */
	chime_timescale_set_reference(&self->timescale, &self->timescale.current_view.host,
				      false, 0, RAW0_NS + 1000 * S);
	raw = now_at(&self->timescale, RAW0_NS + 1000 * S);
	EXPECT_EQ(2, raw.epoch);
	EXPECT_EQ(0, raw.change.maxerror_ns);
	EXPECT_LE(llabs(converted(&raw.change, host.reference_ns) - (RAW0_NS + 900 * S)), 25);
	/* The host is reinstated. */
	chime_timescale_set_reference(&self->timescale, &self->timescale.current_view.host,
				      true, 0, RAW0_NS + 1001 * S);
	back = now_at(&self->timescale, RAW0_NS + 1001 * S);
	EXPECT_EQ(3, back.epoch);
	EXPECT_LE(llabs(converted(&back.change, raw.reference_ns) -
			now_at(&self->timescale, RAW0_NS + 1000 * S).reference_ns), 1);

	/* If the correction absorbs a step of the host's clock, the change is the gap. */
	stepped = self->timescale.current_view.host;
	stepped.offset_ns += 45 * S;
	change_reference(&self->timescale, CHIME_REFERENCE_ABSORB, &stepped, 45 * S,
			 RAW0_NS + 1001 * S);
	EXPECT_EQ(45 * S, now_at(&self->timescale, RAW0_NS + 1001 * S).change.offset_ns);
	EXPECT_EQ(0, now_at(&self->timescale, RAW0_NS + 1001 * S).change.rate_q32);
	/* If time follows the step, UTC has to be measured again, but the rate stays valid. */
	change_reference(&self->timescale, CHIME_REFERENCE_FOLLOW, &stepped, 45 * S,
			 RAW0_NS + 1001 * S);
	raw = now_at(&self->timescale, RAW0_NS + 1001 * S);
	EXPECT_EQ(5, raw.epoch);
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, raw.change.maxerror_ns);
	EXPECT_EQ(0, raw.change.sigma_rate_q32);
	/* On another host not even the rate is known. */
	change_reference(&self->timescale, CHIME_REFERENCE_REPLACE, &stepped, 0,
			 RAW0_NS + 1001 * S);
	raw = now_at(&self->timescale, RAW0_NS + 1001 * S);
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, raw.change.maxerror_ns);
	EXPECT_EQ(CHIME_LINE_RATE_UNKNOWN_Q32, raw.change.sigma_rate_q32);
}

/* Another clocksource continues from the old one's time, at an unknown rate. */
TEST_F(timescale, another_clocksource_keeps_what_was_measured_but_its_rate)
{
	struct chime_now now;

	chime_timescale_lose_rate(&self->timescale, RAW0_NS + 5 * S, RAW0_NS + 5 * S);
	now = now_at(&self->timescale, RAW0_NS + 5 * S);
	EXPECT_EQ(1, now.epoch);
	EXPECT_EQ(RAW0_NS + 5 * S, now.change.origin_ns);
	EXPECT_EQ(0, now.change.offset_ns);
	EXPECT_EQ(0, now.change.maxerror_ns);
	EXPECT_EQ(500 * CHIME_PPM_Q32, now.change.sigma_rate_q32);
}

TEST_F(timescale, error_of_a_gap_is_part_of_the_bound)
{
	const struct chime_reference_terms terms = { .gap_ns = 60 * S, .gap_error_ns = 3 * S };
	const struct chime_line correction = correction_line(RAW0_NS, UTC0_NS - RAW0_NS, 0);

	ASSERT_EQ(0, chime_timescale_correct(&self->timescale, &correction, 0, true, RAW0_NS));
	chime_timescale_apply(&self->timescale, CHIME_REFERENCE_SHIFT, &terms, RAW0_NS);
	EXPECT_EQ(3 * S + 10 * US, now_at(&self->timescale, RAW0_NS).maxerror_ns);
}

TEST_F(timescale, follows_a_gap_of_raw)
{
	const struct chime_line correction = correction_line(RAW0_NS, UTC0_NS - RAW0_NS, 0);
	struct chime_now now;

	ASSERT_EQ(0, chime_timescale_correct(&self->timescale, &correction, 0, true, RAW0_NS));
	change_reference(&self->timescale, CHIME_REFERENCE_SHIFT, NULL, 60 * S, RAW0_NS);
	now = now_at(&self->timescale, RAW0_NS);
	EXPECT_EQ(UTC0_NS + 60 * S, now.time_ns);
	EXPECT_EQ(1, now.epoch);
	EXPECT_EQ(TRUECHIME_STATE_CORRECTED, now.state);
}

/*
 * Beside a demoted host the raw clock went ahead by a day in which no time passed. The host says so
 * by its own rate, which the correction's need not be, and nothing has aged by a day.
 */
TEST_F(timescale, day_that_raw_gained_leaves_no_error)
{
	const s64 day_ns = 86400 * S;
	struct chime_line correction = correction_line(RAW0_NS, UTC0_NS - RAW0_NS,
						       94 * CHIME_PPM_Q32);
	struct chime_line host = { .origin_ns = RAW0_NS, .offset_ns = UTC0_NS - RAW0_NS - 300 * S,
				   .rate_q32 = 95 * CHIME_PPM_Q32 };
	struct chime_reference_terms terms = { .host = &host };
	struct chime_now before, after;

	ASSERT_EQ(0, chime_timescale_correct(&self->timescale, &correction, 0, true, RAW0_NS));
	chime_timescale_watch_host(&self->timescale, &host);
	before = now_at(&self->timescale, RAW0_NS + 10 * S);
	terms.gap_ns = chime_line_eval(&host, RAW0_NS + 10 * S) -
		       chime_line_eval(&host, RAW0_NS + 10 * S + day_ns);
	host.offset_ns += terms.gap_ns;
	chime_timescale_apply(&self->timescale, CHIME_REFERENCE_SHIFT, &terms,
			      RAW0_NS + 10 * S + day_ns);
	after = now_at(&self->timescale, RAW0_NS + 10 * S + day_ns);
	EXPECT_LE(llabs(after.time_ns - before.time_ns), 1);
	EXPECT_EQ(1, after.epoch);
	EXPECT_EQ(before.maxerror_ns, after.maxerror_ns);
	EXPECT_EQ(94 * CHIME_PPM_Q32, after.rate_q32);
	/* A day that it lost is what the host says. */
	terms.gap_ns = day_ns;
	chime_timescale_apply(&self->timescale, CHIME_REFERENCE_SHIFT, &terms,
			      RAW0_NS + 10 * S + day_ns);
	EXPECT_EQ(after.time_ns + day_ns, time_at(&self->timescale, RAW0_NS + 10 * S + day_ns));
}

TEST_F(timescale, begins_anew)
{
	const struct chime_line correction = correction_line(RAW0_NS, UTC0_NS - RAW0_NS, 0);
	struct chime_now now;

	ASSERT_EQ(0, chime_timescale_correct(&self->timescale, &correction, 0, true, RAW0_NS));
	restart(&self->timescale, RAW0_NS + S, UTC0_NS + 8 * S);
	now = now_at(&self->timescale, RAW0_NS + 2 * S);
	EXPECT_EQ(UTC0_NS + 9 * S, now.time_ns);
	EXPECT_EQ(TRUECHIME_STATE_FREE, now.state);
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, now.maxerror_ns);
	EXPECT_EQ(1, now.epoch);
}

TEST_F(timescale, distrusts_raw_after_a_change_of_clocksource)
{
	const struct chime_line correction =
		correction_line(RAW0_NS, UTC0_NS - RAW0_NS, 40 * CHIME_PPM_Q32);
	const s64 change_ns = RAW0_NS + 100 * S;
	struct chime_now before, after;

	ASSERT_EQ(0, chime_timescale_correct(&self->timescale, &correction, 0, true, RAW0_NS));
	before = now_at(&self->timescale, change_ns);
	chime_timescale_lose_rate(&self->timescale, change_ns, change_ns);
	after = now_at(&self->timescale, change_ns);
	EXPECT_EQ(before.time_ns, after.time_ns);
	EXPECT_EQ(0, after.rate_q32);
	EXPECT_EQ(1, after.epoch);
	EXPECT_GE(now_at(&self->timescale, change_ns + S).maxerror_ns,
		  before.maxerror_ns + 500 * US);

	/* The host's line detects the change by itself. */
	take_host(&self->timescale, 0, change_ns);
	chime_timescale_lose_rate(&self->timescale, change_ns, change_ns);
	EXPECT_EQ(2, now_at(&self->timescale, change_ns).epoch);
}

/* The timescale advances with the raw clock, give or take a tenth, whatever is slewed in. */
TEST_F(timescale, never_runs_backwards_nor_away)
{
	struct unit_random random = { 3 };
	s64 raw_ns = RAW0_NS;
	int i;

	take_host(&self->timescale, 0, raw_ns);
	for (i = 0; i < 100000; i++) {
		const s64 offset_ns = (s64)unit_random_below(&random, S) - S / 2;
		const s64 wait_ns = (s64)unit_random_below(&random, 50 * MS);
		const struct chime_line correction =
			correction_line(UTC0_NS + raw_ns - RAW0_NS, offset_ns, 0);
		const s64 before_ns = time_at(&self->timescale, raw_ns);
		s64 passed_ns;

		if (unit_random_below(&random, 2))
			follow_host(&self->timescale, offset_ns / 2, 0, raw_ns);
		else
			chime_timescale_correct(&self->timescale, &correction, 1, false, raw_ns);
		if (llabs(now_at(&self->timescale, raw_ns).slew_ns) == 0)
			continue;
		ASSERT_LE(llabs(time_at(&self->timescale, raw_ns) - before_ns), 1);
		raw_ns += wait_ns;
		passed_ns = time_at(&self->timescale, raw_ns) - before_ns;
		ASSERT_GE(passed_ns, wait_ns - wait_ns / 9 - 1);
		ASSERT_LE(passed_ns, wait_ns + wait_ns / 9 + 1);
	}
}

/*
 * Any change of the reference by any terms. Privileged programs may send any values; nothing must
 * overflow.
 */
static void apply_any(struct chime_timescale *timescale, struct unit_random *random,
		      const struct chime_line *host, s64 raw_ns)
{
	const struct chime_reference_terms terms = {
		.host = host,
		.gap_ns = unit_random_s64(random),
		.gap_error_ns = llabs(unit_random_s64(random) / 2),
		.realtime_ns = unit_random_s64(random),
	};

	chime_timescale_apply(timescale, unit_random_below(random, CHIME_REFERENCE_RESTART + 1),
			      &terms, raw_ns);
}

TEST_F(timescale, survives_any_lines)
{
	struct chime_timescale *timescale = &self->timescale;
	struct unit_random random = { 4 };
	int i;

	for (i = 0; i < 200000; i++) {
		const struct chime_line line = valid_line(&random);
		const s64 raw_ns = RAW0_NS + i;
		struct chime_now now = now_at(timescale, raw_ns);

		switch (unit_random_below(&random, 7)) {
		case 0:
			chime_timescale_set_host(timescale, &line, raw_ns);
			break;
		case 1:
			apply_any(timescale, &random, &line, raw_ns);
			break;
		case 2:
			chime_timescale_set_reference(timescale, &line, i % 2, 0, raw_ns);
			break;
		case 3:
			chime_timescale_set_mode(timescale, i % 2, raw_ns);
			break;
		case 4:
			chime_timescale_lose_rate(timescale, raw_ns, raw_ns);
			break;
		default:
			chime_timescale_correct(timescale, &line, now.epoch, i % 2, raw_ns);
		}
		now = now_at(timescale, unit_random_s64(&random));
		ASSERT_LE(llabs(now.slew_ns), S);
		ASSERT_GE(now.maxerror_ns, 0);
		ASSERT_GE(now.sigma_ns, 0);
	}
}

struct reading {
	const struct chime_timescale *timescale;
	bool stop;
	unsigned long torn;
	unsigned long readings;
};

/* Each epoch has its time: an even one is UTC0, an odd one an hour later. */
static void *read_until_stopped(void *argument)
{
	struct reading *reading = argument;

	while (!__atomic_load_n(&reading->stop, __ATOMIC_RELAXED)) {
		struct chime_now now = now_at(reading->timescale, RAW0_NS);
		s64 time_ns = time_at(reading->timescale, RAW0_NS);

		if (now.time_ns != UTC0_NS + (now.epoch % 2 ? 3600 * S : 0))
			reading->torn++;
		if (time_ns != UTC0_NS && time_ns != UTC0_NS + 3600 * S)
			reading->torn++;
		reading->readings++;
	}
	return NULL;
}

TEST_F(timescale, readers_see_all_of_a_change_or_nothing)
{
	struct reading reading = { .timescale = &self->timescale };
	pthread_t reader;
	int i;

	ASSERT_EQ(0, pthread_create(&reader, NULL, read_until_stopped, &reading));
	for (i = 0; i < 200000 || (reading.readings < 1000 && i < 50000000); i++)
		restart(&self->timescale, RAW0_NS, UTC0_NS + (i % 2 ? 0 : 3600 * S));
	__atomic_store_n(&reading.stop, true, __ATOMIC_RELAXED);
	ASSERT_EQ(0, pthread_join(reader, NULL));
	EXPECT_EQ(0, reading.torn);
	EXPECT_GE(reading.readings, 1000);
}

TEST_F_SIGNAL(timescale, changes_are_for_the_holder_of_the_lock, SIGTRAP)
{
	self->lock.held = false;
	chime_timescale_forget(&self->timescale, RAW0_NS);
}

TEST_HARNESS_MAIN
