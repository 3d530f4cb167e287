// SPDX-License-Identifier: GPL-2.0-only
/*
 * The timescale in mode external: an adjustable clock that only its owner moves.
 */
#include "kmod/timescale.h"

#include "selftests/unit/timescale_world.h"
#include "selftests/unit/unit.h"

TEST_F(timescale, is_an_adjustable_clock_in_mode_external)
{
	struct chime_now now;

	take_host(&self->timescale, 0, RAW0_NS);
	chime_timescale_set_mode(&self->timescale, TRUECHIME_MODE_EXTERNAL, RAW0_NS);
	now = now_at(&self->timescale, RAW0_NS + S);
	EXPECT_EQ(TRUECHIME_STATE_EXTERNAL, now.state);
	EXPECT_EQ(UTC0_NS + S, now.time_ns);
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, now.maxerror_ns);

	chime_timescale_set_time(&self->timescale, 5 * S, RAW0_NS);
	EXPECT_EQ(6 * S, time_at(&self->timescale, RAW0_NS + S));
	chime_timescale_add_time(&self->timescale, -2 * S, RAW0_NS + S);
	EXPECT_EQ(4 * S, time_at(&self->timescale, RAW0_NS + S));
	chime_timescale_set_rate(&self->timescale, 1LL << 38, RAW0_NS + S);
	EXPECT_EQ(4 * S, time_at(&self->timescale, RAW0_NS + S));
	EXPECT_EQ(14 * S + 10 * S / 1024, time_at(&self->timescale, RAW0_NS + 11 * S));

	/* Back in mode auto: the external clock has no bound, so time jumps. */
	chime_timescale_set_mode(&self->timescale, TRUECHIME_MODE_AUTO, RAW0_NS + 11 * S);
	EXPECT_EQ(UTC0_NS + 11 * S, time_at(&self->timescale, RAW0_NS + 11 * S));
}

TEST_F(timescale, goes_on_into_mode_external_in_the_middle_of_a_slew)
{
	s64 before_ns;

	take_host(&self->timescale, 0, RAW0_NS);
	follow_host(&self->timescale, 500 * MS, 0, RAW0_NS);
	before_ns = time_at(&self->timescale, RAW0_NS + S);
	chime_timescale_set_mode(&self->timescale, TRUECHIME_MODE_EXTERNAL, RAW0_NS + S);
	EXPECT_EQ(before_ns, time_at(&self->timescale, RAW0_NS + S));
	EXPECT_EQ(before_ns + S, time_at(&self->timescale, RAW0_NS + 2 * S));
}

/* The reference of corrections includes a revert when mode auto comes back. */
TEST_F(timescale, reference_goes_on_in_mode_external)
{
	const struct chime_line host = host_line(3600 * S, 0);
	s64 before_ns;

	take_host(&self->timescale, 0, RAW0_NS);
	chime_timescale_set_mode(&self->timescale, TRUECHIME_MODE_EXTERNAL, RAW0_NS);
	before_ns = time_at(&self->timescale, RAW0_NS);
	change_reference(&self->timescale, CHIME_REFERENCE_RESYNC, &host, 0, RAW0_NS);
	EXPECT_EQ(UTC0_NS + 3600 * S, now_at(&self->timescale, RAW0_NS).reference_ns);
	EXPECT_EQ(before_ns + 3600 * S, time_at(&self->timescale, RAW0_NS));
}

/* In mode external neither line has any effect, whatever becomes of them. */
TEST_F(timescale, nothing_but_its_owner_moves_an_external_clock)
{
	const struct chime_line correction = correction_line(UTC0_NS, 300 * MS, 0);
	s64 expected_ns, raw_ns;

	take_host(&self->timescale, 0, RAW0_NS);
	chime_timescale_set_mode(&self->timescale, TRUECHIME_MODE_EXTERNAL, RAW0_NS);
	chime_timescale_set_time(&self->timescale, 5 * S, RAW0_NS);
	chime_timescale_slew(&self->timescale, 50 * MS, RAW0_NS);
	for (raw_ns = RAW0_NS; raw_ns < RAW0_NS + S; raw_ns += 20 * MS) {
		expected_ns = time_at(&self->timescale, raw_ns);
		follow_host(&self->timescale, raw_ns - RAW0_NS, 0, raw_ns);
		ASSERT_LE(llabs(expected_ns - time_at(&self->timescale, raw_ns)), 1);
		ASSERT_EQ(0, chime_timescale_correct(&self->timescale, &correction, 1, true,
						     raw_ns));
		ASSERT_LE(llabs(expected_ns - time_at(&self->timescale, raw_ns)), 1);
		/* 50 ms in a second: 1 ms in each 20 ms */
		ASSERT_LE(llabs(5 * S + (raw_ns - RAW0_NS) * 105 / 100 - expected_ns), 2 * US);
	}
	EXPECT_LE(llabs(5 * S + 2 * S + 50 * MS - time_at(&self->timescale, RAW0_NS + 2 * S)), 1);
}

TEST_F(timescale, adjusts_an_external_clock_in_the_middle_of_its_slew)
{
	s64 before_ns;

	chime_timescale_set_mode(&self->timescale, TRUECHIME_MODE_EXTERNAL, RAW0_NS);
	chime_timescale_set_time(&self->timescale, 5 * S, RAW0_NS);
	chime_timescale_slew(&self->timescale, 50 * MS, RAW0_NS);
	before_ns = time_at(&self->timescale, RAW0_NS + 500 * MS);
	chime_timescale_set_rate(&self->timescale, 10 * CHIME_PPM_Q32 * 65536, RAW0_NS + 500 * MS);
	EXPECT_EQ(before_ns, time_at(&self->timescale, RAW0_NS + 500 * MS));
	chime_timescale_add_time(&self->timescale, S, RAW0_NS + 500 * MS);
	EXPECT_EQ(before_ns + S, time_at(&self->timescale, RAW0_NS + 500 * MS));
	EXPECT_LE(llabs(now_at(&self->timescale, RAW0_NS + 500 * MS).slew_ns - 25 * MS), US);
	EXPECT_EQ(0, now_at(&self->timescale, RAW0_NS + 1100 * MS).slew_ns);
}

/* scaled_ppm 1 is 0.015 ppb, a sixteenth of 2^-32. */
TEST_F(timescale, adjusts_an_external_clock_by_fractions_of_a_ppb)
{
	const s64 scaled_ppm = (1LL << 32) / 1000000;
	s64 raw_ns = RAW0_NS;
	int i;

	chime_timescale_set_mode(&self->timescale, TRUECHIME_MODE_EXTERNAL, raw_ns);
	chime_timescale_set_time(&self->timescale, 0, raw_ns);
	chime_timescale_set_rate(&self->timescale, scaled_ppm, raw_ns);
	EXPECT_LE(llabs(time_at(&self->timescale, raw_ns + 100000 * S) - 100000 * S - 1525), 1);
	/* Set again and again, it loses no fraction. */
	for (i = 0; i < 100; i++) {
		raw_ns += 1000 * S;
		chime_timescale_set_rate(&self->timescale, i & 1 ? scaled_ppm : -scaled_ppm,
					 raw_ns);
		chime_timescale_add_time(&self->timescale, i & 1 ? 3 : -3, raw_ns);
	}
	EXPECT_LE(llabs(time_at(&self->timescale, raw_ns) - 100000 * S), 100);
	/* Slow as well as fast. */
	chime_timescale_set_time(&self->timescale, 0, raw_ns);
	chime_timescale_set_rate(&self->timescale, -scaled_ppm, raw_ns);
	EXPECT_LE(llabs(time_at(&self->timescale, raw_ns + 100000 * S) - 100000 * S + 1525), 1);
}

TEST_F(timescale, keeps_its_rate_into_mode_external)
{
	const struct chime_line correction = correction_line(UTC0_NS, 0, 20 * CHIME_PPM_Q32);
	s64 later_ns;

	take_host(&self->timescale, 0, RAW0_NS);
	ASSERT_EQ(0, chime_timescale_correct(&self->timescale, &correction, 1, true, RAW0_NS));
	later_ns = time_at(&self->timescale, RAW0_NS + 1000 * S);
	chime_timescale_set_mode(&self->timescale, TRUECHIME_MODE_EXTERNAL, RAW0_NS);
	EXPECT_LE(llabs(later_ns - time_at(&self->timescale, RAW0_NS + 1000 * S)), US);
	/* Its owner's rate replaces that. */
	chime_timescale_set_rate(&self->timescale, 0, RAW0_NS);
	EXPECT_LE(llabs(UTC0_NS + 1000 * S - time_at(&self->timescale, RAW0_NS + 1000 * S)), US);
	/* It is no part of the rate in mode auto. */
	chime_timescale_set_rate(&self->timescale, 1LL << 15, RAW0_NS);
	chime_timescale_set_mode(&self->timescale, TRUECHIME_MODE_AUTO, RAW0_NS);
	EXPECT_EQ(later_ns, time_at(&self->timescale, RAW0_NS + 1000 * S));
}

TEST_HARNESS_MAIN
