// SPDX-License-Identifier: GPL-2.0-only
/*
 * The timescale when its host falls silent for long and when it answers again: time is continuous,
 * with a bound, and a correction that only stood in for the host ends with its return.
 */
#include "kmod/timescale.h"

#include "selftests/unit/lines.h"
#include "selftests/unit/timescale_world.h"
#include "selftests/unit/unit.h"

TEST_F(timescale, goes_on_without_the_host_it_knew)
{
	const s64 lost_ns = RAW0_NS + 10 * S;
	struct chime_now now;

	take_host(&self->timescale, 5 * S, RAW0_NS);
	chime_timescale_lose_host(&self->timescale, 0, lost_ns);
	now = now_at(&self->timescale, lost_ns + 100 * S);
	EXPECT_EQ(UTC0_NS + 115 * S, now.time_ns);
	EXPECT_EQ(TRUECHIME_REFERENCE_RAW, now.reference);
	EXPECT_EQ(TRUECHIME_STATE_CORRECTED, now.state);
	EXPECT_FALSE(now.has_host);
	EXPECT_EQ(2, now.epoch);
	/* the same reading error as the host's line would have by then: 1 ppm of 110 s */
	EXPECT_GE(now.reading_ns, 110 * US);
	EXPECT_LE(now.reading_ns, 112 * US);
	now = now_at(&self->timescale, lost_ns + HOLDOVER_NS + S);
	EXPECT_EQ(TRUECHIME_STATE_HOLDOVER, now.state);
}

TEST_F(timescale, follows_the_host_alone_when_it_is_back)
{
	struct chime_now now;

	take_host(&self->timescale, 5 * S, RAW0_NS);
	chime_timescale_lose_host(&self->timescale, 0, RAW0_NS + S);
	take_host(&self->timescale, 5 * S + 200 * US, RAW0_NS + 100 * S);
	now = now_at(&self->timescale, RAW0_NS + 100 * S);
	EXPECT_EQ(TRUECHIME_STATE_HOST, now.state);
	EXPECT_EQ(TRUECHIME_REFERENCE_HOST, now.reference);
	EXPECT_EQ(3, now.epoch);
	/* without a jump */
	EXPECT_EQ(UTC0_NS + 105 * S, now.time_ns);
	EXPECT_EQ(200 * US, now.slew_ns);
	EXPECT_EQ(UTC0_NS + 107 * S + 200 * US, time_at(&self->timescale, RAW0_NS + 102 * S));
}

TEST_F(timescale, keeps_a_correction_through_the_hosts_silence)
{
	const struct chime_line correction = correction_line(UTC0_NS, 70 * US, 0);
	struct chime_now now;

	take_host(&self->timescale, 0, RAW0_NS);
	ASSERT_EQ(0, chime_timescale_correct(&self->timescale, &correction, 1, true, RAW0_NS));
	chime_timescale_lose_host(&self->timescale, 0, RAW0_NS + S);
	now = now_at(&self->timescale, RAW0_NS + 100 * S);
	EXPECT_EQ(UTC0_NS + 100 * S + 70 * US, now.time_ns);
	take_host(&self->timescale, 0, RAW0_NS + 100 * S);
	now = now_at(&self->timescale, RAW0_NS + 200 * S);
	EXPECT_EQ(TRUECHIME_STATE_CORRECTED, now.state);
	EXPECT_EQ(UTC0_NS + 200 * S + 70 * US, now.time_ns);
}

TEST_F(timescale, keeps_what_was_learned_during_the_silence)
{
	/* the host was 3 ms ahead of UTC, and the first correction shows it */
	const struct chime_line learned = correction_line(RAW0_NS, UTC0_NS - RAW0_NS, 0);
	struct chime_now now;

	take_host(&self->timescale, 3 * MS, RAW0_NS);
	chime_timescale_lose_host(&self->timescale, 0, RAW0_NS + S);
	ASSERT_EQ(0, chime_timescale_correct(&self->timescale, &learned, 2, true, RAW0_NS + 2 * S));
	take_host(&self->timescale, 3 * MS, RAW0_NS + 50 * S);
	now = now_at(&self->timescale, RAW0_NS + 60 * S);
	EXPECT_EQ(TRUECHIME_STATE_CORRECTED, now.state);
	EXPECT_EQ(TRUECHIME_REFERENCE_HOST, now.reference);
	EXPECT_EQ(UTC0_NS + 60 * S, now.time_ns);
}

TEST_F(timescale, changes_nothing_for_a_host_that_was_demoted)
{
	const struct chime_line host = host_line(9 * S, 0);
	struct chime_now now;

	chime_timescale_set_reference(&self->timescale, &host, false, 0, RAW0_NS);
	chime_timescale_lose_host(&self->timescale, 0, RAW0_NS + S);
	now = now_at(&self->timescale, RAW0_NS + S);
	EXPECT_EQ(UTC0_NS + S, now.time_ns);
	EXPECT_EQ(TRUECHIME_STATE_FREE, now.state);
	EXPECT_FALSE(now.has_host);
}

TEST_HARNESS_MAIN
