// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unslewed host time: it keeps its rate while the host is slewed, follows a host that is not,
 * survives a disruption, and its bound covers the slews that it may have followed. The truth is the
 * raw clock, whose rate is constant.
 */
#include "kmod/core/steady.h"

#include "kmod/core/host_line.h"
#include "kmod/core/steady_parts.h"
#include "selftests/unit/unit.h"

#define MS		1000000LL
#define S		1000000000LL
#define PPM_Q32		4295LL
#define RAW0_NS		(5000 * S)
#define UTC0_NS		(1790000000 * S)
#define READING_NS	170LL

/* A host whose line is always known at once. */
FIXTURE(steady) {
	struct chime_steady steady;
	struct chime_line host;
	s64 raw_ns;
};

FIXTURE_SETUP(steady)
{
	self->raw_ns = RAW0_NS;
	self->host = (struct chime_line){
		.origin_ns = RAW0_NS,
		.offset_ns = UTC0_NS - RAW0_NS,
		.maxerror_ns = READING_NS,
		.maxerror_rate_q32 = PPM_Q32,
	};
	chime_steady_start(&self->steady, &self->host, RAW0_NS);
}

FIXTURE_TEARDOWN(steady)
{
}

/* Check every 20 ms, with a host at @rate_q32 against the raw clock and a correction in force. */
static void watch(struct _test_data_steady *self, s64 rate_q32, s64 duration_ns)
{
	s64 end_ns = self->raw_ns + duration_ns;

	chime_line_move(&self->host, self->raw_ns);
	self->host.maxerror_ns = READING_NS;
	self->host.rate_q32 = rate_q32;
	while (self->raw_ns < end_ns) {
		struct chime_line line = self->host;

		self->raw_ns += 20 * MS;
		chime_line_move(&line, self->raw_ns);
		line.maxerror_ns = READING_NS;
		chime_steady_follow(&self->steady, &line, true, self->raw_ns);
	}
}

/* How far unslewed host time is off the raw clock. */
static s64 gained(const struct _test_data_steady *self)
{
	return chime_line_eval(&self->steady.line, self->raw_ns) - UTC0_NS -
	       (self->raw_ns - RAW0_NS);
}

static s64 bound(const struct _test_data_steady *self)
{
	return chime_line_maxerror(&self->steady.line, self->raw_ns);
}

TEST_F(steady, goes_on_while_the_host_is_slewed)
{
	static const s64 ppm[] = { 1, -20, 500, -1000 };
	unsigned int i;

	watch(self, 0, 10 * S);
	for (i = 0; i < ARRAY_SIZE(ppm); i++) {
		watch(self, ppm[i] * PPM_Q32, 20 * S);
		EXPECT_LE(llabs(gained(self)), 10);
		EXPECT_EQ(0, self->steady.line.rate_q32);
		EXPECT_LE(bound(self), 20 * READING_NS);
		watch(self, 0, 20 * S);
		EXPECT_LE(llabs(gained(self)), 20);
	}
}

/* A change of rate above half a ppm is a slew. */
TEST_F(steady, parts_from_a_host_above_half_a_ppm)
{
	watch(self, 0, 10 * S);
	watch(self, CHIME_STEADY_TURN_Q32, 20 * MS);
	EXPECT_FALSE(self->steady.parted);
	watch(self, 0, 10 * S);
	watch(self, CHIME_STEADY_TURN_Q32 + 1, 20 * MS);
	EXPECT_TRUE(self->steady.parted);
}

/* Who slewed within 1000 s is expected to do so again. */
TEST_F(steady, remembers_a_slew_for_1000_s)
{
	s64 parted_ns;

	watch(self, 0, 10 * S);
	watch(self, 300 * PPM_Q32, 20 * S);
	watch(self, 0, S);
	parted_ns = self->steady.parted_raw_ns;
	EXPECT_LT(299 * PPM_Q32, chime_steady_slew(&self->steady, parted_ns + 1000 * S - 1));
	EXPECT_EQ(0, chime_steady_slew(&self->steady, parted_ns + 1000 * S));
}

/*
 * A rate change that may be an oscillator's. The bound allows for a slew for 64 s, after which an
 * oscillator could have drifted so far: by a quarter of a ppm, half of that on average.
 */
TEST_F(steady, follows_a_small_change)
{
	watch(self, 0, 10 * S);
	watch(self, PPM_Q32 / 4, 100 * S);
	EXPECT_LT(llabs(gained(self) - 25000), 100);
	EXPECT_GE(bound(self), 8000);
	chime_steady_renew(&self->steady, self->raw_ns);
	watch(self, PPM_Q32 / 4, 20 * MS);
	EXPECT_LE(bound(self), 2 * READING_NS);
	/* By now this rate is the pace. */
	watch(self, PPM_Q32 / 4, 100 * S);
	EXPECT_LE(bound(self), 2000);
	watch(self, 100 * PPM_Q32, 10 * S);
	EXPECT_LE(llabs(self->steady.line.rate_q32 - PPM_Q32 / 4), 20);
}

TEST_F(steady, small_changes_do_not_add_up_to_a_slew)
{
	s64 before_ns;
	int i;

	watch(self, 0, 10 * S);
	before_ns = gained(self);
	for (i = 1; i <= 100; i++)
		watch(self, i * PPM_Q32 / 4, S);
	/* Half a ppm, and the drift of the pace in that time. */
	EXPECT_LE(llabs(gained(self) - before_ns), 100 * 1000 * 9 / 10);
	EXPECT_LE(llabs(self->steady.line.rate_q32), PPM_Q32);
	EXPECT_GE(bound(self), llabs(gained(self) - before_ns) / 2);
}

TEST_F(steady, is_the_hosts_time_without_a_correction)
{
	s64 i;

	for (i = 1; i <= 100; i++) {
		struct chime_line line = self->host;

		self->raw_ns += 20 * MS;
		line.rate_q32 = 500 * PPM_Q32;
		chime_line_move(&line, self->raw_ns);
		chime_steady_follow(&self->steady, &line, false, self->raw_ns);
		ASSERT_EQ(chime_line_eval(&line, self->raw_ns),
			  chime_line_eval(&self->steady.line, self->raw_ns));
	}
}

/* An unknown slope does not show whether the host is slewed. */
TEST_F(steady, waits_until_the_slope_is_known)
{
	watch(self, 0, 10 * S);
	self->host.maxerror_rate_q32 = 20 * PPM_Q32;
	watch(self, 10 * PPM_Q32, 10 * S);
	EXPECT_TRUE(self->steady.parted);
	EXPECT_LE(llabs(gained(self)), 10);
	self->host.maxerror_rate_q32 = PPM_Q32;
	watch(self, 10 * PPM_Q32, 10 * S);
	EXPECT_FALSE(self->steady.parted);
	EXPECT_LE(llabs(gained(self)), 10);
}

/*
 * The host was slewed a moment before the first correction, and another slew is expected: its slope
 * is known all the same, and is the one that the correction was measured against.
 */
TEST_F(steady, first_correction_finds_the_pace_after_a_slew)
{
	struct chime_line line = self->host;

	line.maxerror_rate_q32 = 700 * PPM_Q32;
	line.sigma_rate_q32 = PPM_Q32 / 4;
	chime_steady_follow(&self->steady, &line, false, self->raw_ns);
	chime_steady_renew(&self->steady, self->raw_ns);
	/* The next slew begins before the next check. */
	self->host.maxerror_rate_q32 = 700 * PPM_Q32;
	watch(self, 93 * PPM_Q32, 30 * S);
	EXPECT_TRUE(self->steady.parted);
	EXPECT_LE(llabs(gained(self)), 10);
	watch(self, 0, 30 * S);
	EXPECT_LE(llabs(gained(self)), 20);
}

/* Its slope is that of the slew, or of nothing: there is no pace yet. */
TEST_F(steady, first_correction_finds_no_pace_in_an_unknown_slope)
{
	struct chime_line line = self->host;

	line.maxerror_rate_q32 = 2 * PPM_Q32;
	line.sigma_rate_q32 = CHIME_PPM_Q32 / 2 + 1;
	chime_steady_follow(&self->steady, &line, false, self->raw_ns);
	line.maxerror_rate_q32 = CHIME_PPM_Q32 + line.sigma_rate_q32;
	chime_steady_follow(&self->steady, &line, true, self->raw_ns);
	EXPECT_FALSE(self->steady.pace_known);
	EXPECT_FALSE(self->steady.paced);
}

/* The raw clock goes back by @gap_ns, while the host runs on at the rate of its line. */
static void revert_reaching(struct _test_data_steady *self, s64 gap_ns, s64 reach_ns)
{
	struct chime_line before;

	chime_line_move(&self->host, self->raw_ns);
	self->host.maxerror_ns = READING_NS;
	before = self->host;
	self->host.offset_ns += gap_ns;
	chime_steady_resync(&self->steady, &before, &self->host, reach_ns, self->raw_ns);
}

static void revert(struct _test_data_steady *self, s64 gap_ns)
{
	revert_reaching(self, gap_ns, -1);
}

TEST_F(steady, survives_a_revert)
{
	watch(self, 0, 10 * S);
	watch(self, 50 * PPM_Q32, 200 * S);
	revert(self, 1000 * S);
	/* A rate that lasted so long is the host's own. It is per host time, which makes 2.5 us. */
	EXPECT_LE(llabs(gained(self) - 1000 * S + 50 * MS), 3000);
	EXPECT_LE(self->steady.unslew.sigma_ns, 10 * MS);
	watch(self, 50 * PPM_Q32, 20 * S);
	EXPECT_TRUE(self->steady.paced);
}

/* The correction's rate is valid for 100 s more, and so is the rate that adds to it. */
TEST_F(steady, extrapolates_no_further_than_the_correction)
{
	watch(self, 0, 10 * S);
	watch(self, 50 * PPM_Q32, 200 * S);
	revert_reaching(self, 1000 * S, 100 * S);
	EXPECT_LE(llabs(gained(self) - 1000 * S + 5 * MS), 3000);
	EXPECT_GE(self->steady.unslew.maxerror_ns, 45 * MS - 1000);
	/* The host is not slewed now, so it was not then: what was not carried on remains. */
	watch(self, 50 * PPM_Q32, 2 * S);
	EXPECT_GE(bound(self), 45 * MS - 1000);
	EXPECT_LE(bound(self), 51 * MS);
	revert_reaching(self, -1000 * S, 0);
	EXPECT_LE(llabs(gained(self) + 5 * MS), 3000);
	watch(self, 50 * PPM_Q32, 2 * S);
	EXPECT_GE(bound(self), 95 * MS - 1000);
	EXPECT_LE(bound(self), 101 * MS);
}

/* The bound allows for a slew until the host's slope is seen. */
TEST_F(steady, allows_for_a_slew_until_the_slope_is_seen)
{
	watch(self, 0, 20 * S);
	revert(self, 1000 * S);
	revert(self, 1000 * S);
	EXPECT_GE(bound(self), 100 * MS);
	EXPECT_LE(bound(self), 100 * MS + 20 * READING_NS);
	EXPECT_EQ(0, self->steady.unslew.sigma_ns);
	watch(self, 0, 2 * S);
	EXPECT_LE(bound(self), 20 * READING_NS);
}

/* A host may gain a ns in a us. */
TEST_F(steady, allows_for_a_slew_in_the_shortest_gap)
{
	watch(self, 0, 20 * S);
	revert(self, 1000);
	EXPECT_EQ(1, self->steady.unseen_ns);
}

/*
 * After a gap the host is followed, slewed or not, up to 50 ppm off the pace. A correction makes up
 * for that in what it is measured by, and in nothing that was measured before.
 */
TEST_F(steady, tells_how_far_it_may_have_followed_slews)
{
	s64 before_ns, followed_ns;

	watch(self, 0, 1100 * S);
	chime_steady_renew(&self->steady, self->raw_ns);
	followed_ns = self->steady.followed_ns;
	revert(self, 10 * S);
	before_ns = gained(self);
	watch(self, 40 * PPM_Q32, 20 * S);
	chime_steady_renew(&self->steady, self->raw_ns);
	watch(self, 40 * PPM_Q32, 20 * S);
	chime_steady_renew(&self->steady, self->raw_ns);
	watch(self, 40 * PPM_Q32, 20 * S);
	EXPECT_GE(gained(self) - before_ns, 60 * 39 * 1000);
	EXPECT_GE(self->steady.followed_ns - followed_ns, 60 * 39 * 1000);
	EXPECT_LE(self->steady.followed_ns - followed_ns, 61 * 41 * 1000);
}

/* A host that is not slewed has its wander followed, and no more. */
TEST_F(steady, follows_no_slew_of_a_host_that_has_none)
{
	s64 followed_ns;
	int i;

	watch(self, 0, 1100 * S);
	chime_steady_renew(&self->steady, self->raw_ns);
	followed_ns = self->steady.followed_ns;
	revert(self, 10 * S);
	for (i = 0; i < 10; i++) {
		watch(self, i % 2 * PPM_Q32 / 50, 10 * S);
		chime_steady_renew(&self->steady, self->raw_ns);
	}
	EXPECT_LE(self->steady.followed_ns - followed_ns, 100 * 25);
}

/*
 * What the bound allows for a gap may be hours. Whoever had that as the width of what others have
 * said before it would believe the first one who speaks afterwards.
 */
TEST_F(steady, tells_nothing_of_gaps)
{
	s64 followed_ns;

	watch(self, 0, 10 * S);
	watch(self, 300 * PPM_Q32, 20 * S);
	watch(self, 0, 200 * S);
	chime_steady_renew(&self->steady, self->raw_ns);
	followed_ns = self->steady.followed_ns;
	revert(self, 1000000 * S);
	watch(self, 0, 5 * S);
	EXPECT_GE(bound(self), 29 * MS);
	EXPECT_LE(self->steady.followed_ns - followed_ns, 1000);
}

/* A slew that shows now may have lasted throughout the gap. */
TEST_F(steady, allows_for_the_slew_seen_after_the_gap)
{
	static const s64 ppm[] = { 20, -200 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ppm); i++) {
		s64 before_ns;

		watch(self, 0, 1100 * S);
		chime_steady_renew(&self->steady, self->raw_ns);
		before_ns = gained(self);
		revert(self, 1000 * S);
		watch(self, ppm[i] * PPM_Q32, 5 * S);
		EXPECT_GE(bound(self), 1000 * 999 * llabs(ppm[i]));
		/* Only the slower one may be another machine's oscillator. */
		EXPECT_EQ(llabs(ppm[i]) < 50, llabs(gained(self) - before_ns - 1000 * S) > 1000);
		watch(self, 0, 5 * S);
		chime_steady_renew(&self->steady, self->raw_ns);
		watch(self, 0, S);
		EXPECT_LE(bound(self), 20 * READING_NS);
	}
}

/* A host that was slewed lately may have been slewed again, as fast, and as long as slews last. */
TEST_F(steady, allows_for_another_slew_of_a_host_slewed_lately)
{
	watch(self, 0, 20 * S);
	watch(self, 300 * PPM_Q32, 20 * S);
	watch(self, 0, 200 * S);
	chime_steady_renew(&self->steady, self->raw_ns);
	revert(self, 1000 * S);
	/* That is part of what the fastest slew may do, until the slope is seen. */
	EXPECT_GE(bound(self), 100 * MS);
	EXPECT_LE(bound(self), 100 * MS + 20 * READING_NS);
	watch(self, 0, 5 * S);
	EXPECT_GE(bound(self), 29 * MS);
	EXPECT_LE(bound(self), 31 * MS);
	EXPECT_GE(self->steady.line.sigma_ns, 14 * MS);
	EXPECT_LE(self->steady.line.sigma_ns, 16 * MS);
	EXPECT_GE(self->steady.unslew.sigma_ns, 14 * MS);
	/* And its rate now is a slew, not another machine's rate. */
	watch(self, 10 * PPM_Q32, 20 * S);
	EXPECT_LE(llabs(gained(self) - 1000 * S), 1000);
	chime_steady_renew(&self->steady, self->raw_ns);
	EXPECT_LE(bound(self), 20 * READING_NS);
	watch(self, 0, 1100 * S);
	chime_steady_renew(&self->steady, self->raw_ns);
	revert(self, 1000 * S);
	watch(self, 0, 5 * S);
	EXPECT_LE(bound(self), 20 * READING_NS);
}

TEST_F(steady, does_not_carry_a_slew_on_over_a_revert)
{
	watch(self, 0, 10 * S);
	watch(self, 500 * PPM_Q32, 20 * S);
	revert(self, 1000 * S);
	EXPECT_LE(llabs(gained(self) - 1000 * S), 1000);
	EXPECT_GE(bound(self), 1000 * 499000);
}

/* A lasting slew is mistaken for a new rate until the host is back at the old one. */
TEST_F(steady, a_long_slew_is_over_when_the_old_rate_is_back)
{
	watch(self, 0, 20 * S);
	watch(self, -450 * PPM_Q32, 150 * S);
	watch(self, 0, 40 * S);
	chime_steady_renew(&self->steady, self->raw_ns);
	revert(self, 600 * S);
	EXPECT_LE(llabs(gained(self) - 600 * S), 1000);
	/* Which of the two is its rate without a slew is not known until its slope is seen. */
	EXPECT_GE(bound(self), 600 * 449000);
	watch(self, 0, 2 * S);
	EXPECT_GE(bound(self), 100 * 449000);
	EXPECT_LE(bound(self), 100 * 451000);
}

/* The slew ended when the guest stopped, or half-way through the pause. */
TEST_F(steady, allows_for_a_rate_that_may_have_been_a_slew)
{
	static const s64 rests_s[] = { 600, 300 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rests_s); i++) {
		s64 slewed_ns = (600 - rests_s[i]) * 450000;
		s64 before_ns;

		watch(self, 0, 2000 * S);
		watch(self, 450 * PPM_Q32, 150 * S);
		chime_steady_renew(&self->steady, self->raw_ns);
		before_ns = gained(self);
		revert(self, 600 * S + slewed_ns);
		EXPECT_GE(bound(self), llabs(gained(self) - before_ns - 600 * S));
		watch(self, 0, 2 * S);
		EXPECT_GE(bound(self), llabs(gained(self) - before_ns - 600 * S));
		watch(self, 0, 10 * S);
	}
}

/* A slew that had just begun lasted, and another one came on top of it. */
TEST_F(steady, allows_for_two_slews_in_one_gap)
{
	watch(self, 0, 20 * S);
	watch(self, 500 * PPM_Q32, 20 * S);
	watch(self, 0, 30 * S);
	watch(self, 300 * PPM_Q32, 5 * S);
	revert(self, 600 * S + 600 * 300000 + 100 * 499000);
	EXPECT_GE(bound(self), llabs(gained(self) - 600 * S));
	watch(self, 300 * PPM_Q32, 2 * S);
	EXPECT_GE(bound(self), llabs(gained(self) - 600 * S));
}

TEST_F(steady, a_pace_that_does_not_come_back_was_another_clocks)
{
	watch(self, 0, 10 * S);
	revert(self, 1000 * S);
	watch(self, 30 * PPM_Q32, 100 * S);
	EXPECT_LE(llabs(gained(self) - 1000 * S - 3 * MS), 10000);
	EXPECT_GE(bound(self), 100 * 29000);
	watch(self, 30 * PPM_Q32, 1000 * S);
	EXPECT_TRUE(self->steady.paced);
	chime_steady_renew(&self->steady, self->raw_ns);
	watch(self, 30 * PPM_Q32, S);
	EXPECT_LE(bound(self), 20 * READING_NS);
}

/* A host that is slewed to and fro shows no other clock, however long ago the gap was. */
TEST_F(steady, a_slew_is_no_other_clock_however_late)
{
	static const s64 ppm[] = { 200, 40 };
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(ppm); i++) {
		watch(self, 0, 20 * MS);
		chime_steady_start(&self->steady, &self->host, self->raw_ns);
		watch(self, 0, 10 * S);
		revert(self, 1000 * S);
		for (j = 0; j < 13; j++) {
			watch(self, ppm[i] * PPM_Q32, 45 * S);
			watch(self, -ppm[i] * PPM_Q32, 45 * S);
		}
		EXPECT_EQ(0, self->steady.pace_q32);
	}
}

TEST_F(steady, is_set_along_with_the_host)
{
	const s64 rates[] = { 0, 50 * PPM_Q32 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rates); i++) {
		s64 before_ns;

		watch(self, 0, 10 * S);
		watch(self, rates[i], S);
		before_ns = gained(self);
		self->host.offset_ns += S;
		chime_steady_step(&self->steady, &self->host, S, self->raw_ns);
		EXPECT_LE(llabs(gained(self) - before_ns - S), 2);
		watch(self, rates[i], S);
		EXPECT_LE(llabs(gained(self) - before_ns - S), 10);
	}
}

/* Its rate is taken for the pace at once, and confirmed when no slew can have lasted so long. */
TEST_F(steady, another_clocksource_is_followed)
{
	int i;

	watch(self, 0, 10 * S);
	chime_steady_lose_pace(&self->steady, &self->host, self->raw_ns);
	watch(self, 40 * PPM_Q32, 5 * S);
	EXPECT_LE(llabs(gained(self) - MS / 5), 100);
	EXPECT_EQ(40 * PPM_Q32, self->steady.pace_q32);
	EXPECT_FALSE(self->steady.paced);
	EXPECT_GE(bound(self), 4 * MS);
	watch(self, 40 * PPM_Q32, 94 * S);
	EXPECT_FALSE(self->steady.paced);
	EXPECT_GE(bound(self), 98 * MS);
	EXPECT_LE(bound(self), 100 * MS);
	/* From that check on: a slew may begin before the next one. */
	for (i = 0; i < 100 && self->steady.lost; i++)
		watch(self, 40 * PPM_Q32, 20 * MS);
	EXPECT_FALSE(self->steady.lost);
	EXPECT_TRUE(self->steady.paced);
	EXPECT_EQ(40 * PPM_Q32, self->steady.pace_q32);
	/* What a slew could do before the rate was seen. */
	EXPECT_LE(bound(self), MS);
}

/* A correction makes up for what slews did until then, and measures their rate after a while. */
TEST_F(steady, another_clocksource_is_measured)
{
	int i;

	watch(self, 0, 10 * S);
	chime_steady_lose_pace(&self->steady, &self->host, self->raw_ns);
	for (i = 0; i < 12; i++) {
		watch(self, 40 * PPM_Q32, 10 * S);
		chime_steady_renew(&self->steady, self->raw_ns);
		EXPECT_LE(bound(self), 2 * READING_NS);
	}
	EXPECT_TRUE(self->steady.paced);
	EXPECT_EQ(0, self->steady.moved_q32);
	watch(self, 40 * PPM_Q32, 10 * S);
	EXPECT_LE(bound(self), 2 * READING_NS);
}

/* A slope that is never known well has no pace, before and after. */
TEST_F(steady, another_clocksource_of_a_host_whose_rate_is_not_seen_is_not_doubted_for_ever)
{
	self->host.sigma_rate_q32 = 2 * PPM_Q32;
	self->host.maxerror_rate_q32 = 3 * PPM_Q32;
	watch(self, 0, 10 * S);
	chime_steady_lose_pace(&self->steady, &self->host, self->raw_ns);
	watch(self, 40 * PPM_Q32, 100 * S - 20 * MS);
	EXPECT_GE(bound(self), 99 * MS);
	EXPECT_TRUE(self->steady.lost);
	watch(self, 40 * PPM_Q32, 20 * MS);
	EXPECT_FALSE(self->steady.lost);
	watch(self, 40 * PPM_Q32, 900 * S);
	EXPECT_LE(bound(self), 101 * MS);
	EXPECT_FALSE(self->steady.lost);
}

/* Before the first correction nothing is kept, and no slew to be allowed for. */
TEST_F(steady, another_clocksource_is_none_of_who_has_no_correction)
{
	struct chime_line line = self->host;

	chime_steady_lose_pace(&self->steady, &self->host, self->raw_ns);
	line.rate_q32 = 40 * PPM_Q32;
	chime_steady_follow(&self->steady, &line, false, self->raw_ns);
	EXPECT_FALSE(self->steady.lost);
	EXPECT_EQ(0, self->steady.moved_q32);
	chime_steady_renew(&self->steady, self->raw_ns);
	watch(self, 40 * PPM_Q32, S);
	EXPECT_TRUE(self->steady.paced);
	EXPECT_LE(bound(self), 2 * READING_NS);
}

/*
 * What is followed of a rate change that may be a slew is in the bound at once, and not only from
 * the next comparison of rates on; and until the next check it goes on.
 */
TEST_F(steady, a_followed_turn_is_in_the_bound_at_once)
{
	static const s64 turns_q32[] = { PPM_Q32 / 4, -PPM_Q32 / 4 };
	unsigned int i, check;

	for (i = 0; i < ARRAY_SIZE(turns_q32); i++) {
		const s64 turn_q32 = turns_q32[i];
		s64 before_ns, followed_ns, later_ns;

		watch(self, 0, 600 * S);
		chime_steady_renew(&self->steady, self->raw_ns);
		before_ns = gained(self);
		for (check = 1; check <= 250; check++) {
			watch(self, turn_q32, 20 * MS);
			followed_ns = llabs(gained(self) - before_ns);
			/* But for what the pace drifts by: in 5 s, at 1 ppm in 256 s, 49 ns. */
			ASSERT_GE(bound(self), READING_NS + followed_ns - 50);
			/* The rate may have changed as early as rates were last compared. */
			ASSERT_LE(bound(self), READING_NS + followed_ns + 300);
			later_ns = chime_line_maxerror(&self->steady.line, self->raw_ns + 1000 * S);
			/* 1 ppm of the host's line, and the turn but for the drift of the pace */
			ASSERT_GE(later_ns - bound(self), 1000 * 1225);
			ASSERT_LE(later_ns - bound(self), 1000 * 1252);
		}
	}
}

/* Half a ppm more or less is followed, and a slope that is known to half a ppm shows a slew. */
TEST_F(steady, follows_up_to_half_a_ppm)
{
	/* Between two comparisons of rates, at which the pace drifts */
	watch(self, 0, 10500 * MS);
	watch(self, CHIME_PPM_Q32 / 2, 20 * MS);
	EXPECT_FALSE(self->steady.parted);
	watch(self, CHIME_PPM_Q32 / 2 + 1, 20 * MS);
	EXPECT_TRUE(self->steady.parted);
	watch(self, 0, S);
	self->host.maxerror_rate_q32 = CHIME_PPM_Q32 + CHIME_PPM_Q32 / 2;
	watch(self, 0, 20 * MS);
	EXPECT_FALSE(self->steady.parted);
	self->host.maxerror_rate_q32++;
	watch(self, 0, 20 * MS);
	EXPECT_TRUE(self->steady.parted);
}

/* A slope that is not known teaches no pace, however long it lasts: readings are too coarse. */
TEST_F(steady, learns_no_pace_from_an_unknown_slope)
{
	self->host.sigma_ns = 10000;
	self->host.sigma_rate_q32 = 19 * PPM_Q32;
	self->host.maxerror_rate_q32 = 20 * PPM_Q32;
	chime_steady_start(&self->steady, &self->host, RAW0_NS);
	watch(self, 10 * PPM_Q32, 30 * S);
	EXPECT_FALSE(self->steady.pace_known);
	self->host.sigma_rate_q32 = 0;
	self->host.maxerror_rate_q32 = PPM_Q32;
	watch(self, 0, 20 * MS);
	EXPECT_TRUE(self->steady.paced);
	EXPECT_EQ(0, self->steady.pace_q32);
}

/* Its rate is not known yet: each slew that follows is followed. */
TEST_F(steady, first_correction_beside_a_host_whose_rate_is_not_seen_allows_for_a_slew)
{
	self->host.sigma_rate_q32 = 5 * PPM_Q32;
	self->host.maxerror_rate_q32 = 120 * PPM_Q32;
	chime_steady_start(&self->steady, &self->host, RAW0_NS);
	watch(self, 0, 20 * MS);
	EXPECT_FALSE(self->steady.pace_known);
	self->host.sigma_rate_q32 = 0;
	watch(self, 1000 * PPM_Q32, 5 * S);
	EXPECT_GE(bound(self), 4 * MS);
	/* The next correction makes up for it. */
	chime_steady_renew(&self->steady, self->raw_ns);
	EXPECT_LE(bound(self), 2 * READING_NS);
	watch(self, 1000 * PPM_Q32, 90 * S);
	EXPECT_GE(bound(self), 89 * MS);
	/* At rest its rate is the pace, once no slew lasts so long. */
	self->host.maxerror_rate_q32 = PPM_Q32;
	watch(self, 0, 100 * S);
	chime_steady_renew(&self->steady, self->raw_ns);
	watch(self, 0, 10 * S);
	EXPECT_TRUE(self->steady.paced);
	EXPECT_LE(bound(self), 2 * READING_NS);
}

/*
 * The slew began before it showed: unslewed host time may have followed it by as much as the host's
 * line may be wrong, and that line may be wrong by as much again.
 */
TEST_F(steady, parts_with_twice_the_error_of_the_line)
{
	self->host.sigma_rate_q32 = PPM_Q32;
	watch(self, 0, 10 * S);
	watch(self, 100 * PPM_Q32, 20 * MS);
	ASSERT_TRUE(self->steady.parted);
	EXPECT_GE(bound(self), 2 * READING_NS);
	EXPECT_LE(bound(self), 2 * READING_NS + 60);
	/* The pace is exact: no error grows. */
	EXPECT_EQ(0, self->steady.line.maxerror_rate_q32);
	EXPECT_EQ(0, self->steady.line.sigma_rate_q32);
}

/* A new correction was measured against unslewed host time as it is: all errors begin anew. */
TEST_F(steady, renewed_has_only_the_error_of_the_hosts_line)
{
	self->host.sigma_ns = 50;
	watch(self, 0, 20 * S);
	watch(self, PPM_Q32 / 4, 10 * S);
	EXPECT_GE(bound(self), 2000);
	chime_steady_renew(&self->steady, self->raw_ns);
	EXPECT_EQ(50, self->steady.line.sigma_ns);
	EXPECT_GE(self->steady.line.maxerror_ns, READING_NS);
	/* The turn since the last comparison of rates */
	EXPECT_LE(self->steady.line.maxerror_ns, READING_NS + 260);
	EXPECT_EQ(0, self->steady.unslew.maxerror_ns);

	watch(self, 100 * PPM_Q32, 20 * MS);
	ASSERT_TRUE(self->steady.parted);
	EXPECT_EQ(50, self->steady.line.sigma_ns);
	chime_steady_renew(&self->steady, self->raw_ns);
	EXPECT_EQ(0, self->steady.line.sigma_ns);
	EXPECT_EQ(0, self->steady.line.maxerror_ns);

	watch(self, 0, 10 * S);
	revert(self, 1000 * S);
	EXPECT_LT(0, self->steady.unslew.sigma_ns);
	chime_steady_renew(&self->steady, self->raw_ns);
	EXPECT_EQ(0, self->steady.line.sigma_ns);
	EXPECT_EQ(0, self->steady.unslew.sigma_ns);
	EXPECT_EQ(0, self->steady.unslew.maxerror_ns);
	EXPECT_EQ(0, self->steady.gap_ns);
	EXPECT_EQ(0, self->steady.allowance_ns);
	EXPECT_EQ(0, self->steady.unseen_ns);
	EXPECT_EQ(0, self->steady.moved_ns);
}

/* The slope of a line that has just begun shows no slew: a second has to pass, and at most ten. */
TEST_F(steady, sees_the_slope_between_one_and_ten_seconds_after_a_gap)
{
	watch(self, 0, 20 * S);
	revert(self, 1000 * S);
	watch(self, 0, 980 * MS);
	EXPECT_GE(bound(self), 100 * MS);
	watch(self, 0, 20 * MS);
	EXPECT_LE(bound(self), 20 * READING_NS);
	EXPECT_EQ(0, self->steady.unseen_ns);

	self->host.maxerror_rate_q32 = 20 * PPM_Q32;
	revert(self, 1000 * S);
	watch(self, 0, 9980 * MS);
	EXPECT_GE(bound(self), 100 * MS);
	self->host.maxerror_rate_q32 = PPM_Q32;
	watch(self, 0, 20 * MS);
	EXPECT_LE(bound(self), 20 * READING_NS);

	self->host.maxerror_rate_q32 = 20 * PPM_Q32;
	revert(self, 1000 * S);
	watch(self, 0, 5 * S);
	EXPECT_GE(bound(self), 100 * MS);
	watch(self, 0, 5020 * MS);
	self->host.maxerror_rate_q32 = PPM_Q32;
	watch(self, 0, 5 * S);
	/* Nobody has seen whether a slew ended meanwhile. */
	EXPECT_GE(bound(self), 100 * MS);
}

/* Slews are told from a rate that the host has had for long, whatever that rate is. */
TEST_F(steady, a_slew_is_told_from_the_rate_without_one)
{
	watch(self, 0, 10 * S);
	watch(self, 100 * PPM_Q32, 1200 * S);
	watch(self, 120 * PPM_Q32, 20 * S);
	chime_steady_renew(&self->steady, self->raw_ns);
	revert(self, 1000 * S);
	watch(self, 100 * PPM_Q32, 2 * S);
	/* The 20 ppm may have lasted 1000 s, and 100 ppm, as once before, 100 s. */
	EXPECT_GE(bound(self), 29 * MS);
	EXPECT_LE(bound(self), 31 * MS);
}

/* Only the difference of the two latest rates may have been a slew. */
TEST_F(steady, allows_for_the_latest_change_of_a_lasting_rate)
{
	watch(self, 0, 10 * S);
	watch(self, 100 * PPM_Q32, 1200 * S);
	watch(self, 150 * PPM_Q32, 120 * S);
	chime_steady_renew(&self->steady, self->raw_ns);
	revert(self, 600 * S);
	/* 1000 ppm for 100 s, and 50 ppm for 600 s */
	EXPECT_GE(bound(self), 129 * MS);
	EXPECT_LE(bound(self), 131 * MS);
}

/* For 1000 s: then it is the host's own, and no slew that ended in the gap. */
TEST_F(steady, a_rate_that_has_lasted_is_no_slew)
{
	const s64 slew_ns = chime_scale_q32(100 * S, CHIME_HOST_SLEW_MAX_Q32);
	struct chime_steady was;
	struct chime_line host;
	s64 rest_ns;

	watch(self, 0, 10 * S);
	watch(self, 50 * PPM_Q32, 500 * S);
	rest_ns = self->steady.rest_raw_ns + 1000 * S;
	watch(self, 50 * PPM_Q32, rest_ns - 20 * MS - self->raw_ns);
	chime_steady_renew(&self->steady, self->raw_ns);
	was = self->steady;
	host = self->host;
	revert(self, 600 * S);
	EXPECT_LE(llabs(self->steady.unseen_ns - slew_ns - 600 * 50 * 1000), 20000);
	self->steady = was;
	self->host = host;
	watch(self, 50 * PPM_Q32, 20 * MS);
	revert(self, 600 * S);
	EXPECT_EQ(slew_ns, self->steady.unseen_ns);
}

/* 50 ppm may be another machine's oscillator; what is more is a slew or a move. */
TEST_F(steady, follows_after_a_gap_what_oscillators_differ_by)
{
	watch(self, 0, 1200 * S);
	revert(self, 1000 * S);
	watch(self, 50 * CHIME_PPM_Q32, 20 * MS);
	EXPECT_FALSE(self->steady.parted);
	EXPECT_EQ(0, self->steady.moved_q32);
	watch(self, 50 * CHIME_PPM_Q32 + 1, 20 * MS);
	EXPECT_TRUE(self->steady.parted);
	EXPECT_NE(0, self->steady.moved_q32);
}

/* A correction, and how unslewed host time runs on beside what that contains. */
static s64 off_after_correction(struct _test_data_steady *self, s64 then_q32, s64 duration_ns)
{
	s64 contained_q32, before_ns;

	chime_steady_renew(&self->steady, self->raw_ns);
	contained_q32 = self->steady.line.rate_q32;
	before_ns = gained(self);
	watch(self, then_q32, duration_ns);
	return gained(self) - before_ns - chime_scale_q32(duration_ns, contained_q32);
}

/*
 * Corrections that were measured while the host was slewed after a gap contain that, as its rate
 * might have been another machine's. Once it ends they are off by what they contain, whatever the
 * host's rate was before.
 */
TEST_F(steady, allows_for_the_end_of_a_slew_that_corrections_contain)
{
	static const s64 then_ppm[] = { -30, 0, 20, 70, 200 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(then_ppm); i++) {
		const s64 most_ns = 20000LL * (40 + llabs(then_ppm[i]));
		s64 off_ns;

		watch(self, 0, 1200 * S);
		chime_steady_start(&self->steady, &self->host, self->raw_ns);
		watch(self, 0, 1200 * S);
		revert(self, 90 * S);
		watch(self, 40 * PPM_Q32, 20 * S);
		off_after_correction(self, 40 * PPM_Q32, 20 * S);
		off_ns = off_after_correction(self, then_ppm[i] * PPM_Q32, 20 * S);
		EXPECT_LE(20 * 20000, llabs(off_ns));
		EXPECT_GE(bound(self), llabs(off_ns));
		/* More than oscillators differ by is a slew or a move since the gap. */
		EXPECT_EQ(then_ppm[i] > 50, bound(self) > most_ns + 100000);
		/* Slewed again, unslewed host time keeps its pace, and stays off the correction. */
		off_ns = llabs(off_ns) + 10 * 20000;
		watch(self, -300 * PPM_Q32, 10 * S);
		EXPECT_GE(bound(self), off_ns);
		watch(self, 0, 5 * S);
		off_after_correction(self, 0, 120 * S);
		EXPECT_EQ(0, off_after_correction(self, 0, 10 * S));
		EXPECT_FALSE(self->steady.contained.active);
		EXPECT_GE(20 * READING_NS, bound(self));
	}
}

/*
 * Corrections contain the pace, and each rate at which they were measured since this guest resumed:
 * what unslewed host time runs at may be off the farthest of these. Half a ppm is none.
 */
TEST_F(steady, knows_how_far_a_rate_is_off_what_corrections_contain)
{
	const s64 pace_q32 = 30 * PPM_Q32;
	s64 late_q32;

	self->host.rate_q32 = pace_q32;
	chime_steady_start(&self->steady, &self->host, RAW0_NS);
	watch(self, pace_q32, 1200 * S);
	chime_steady_renew(&self->steady, self->raw_ns);
	EXPECT_EQ(0, chime_steady_off_contained(&self->steady, 500 * PPM_Q32));
	revert(self, 90 * S);
	EXPECT_EQ(0, chime_steady_off_contained(&self->steady, pace_q32));
	EXPECT_EQ(0, chime_steady_off_contained(&self->steady, pace_q32 + CHIME_STEADY_TURN_Q32));
	EXPECT_EQ(CHIME_STEADY_TURN_Q32 + 1,
		  chime_steady_off_contained(&self->steady, pace_q32 + CHIME_STEADY_TURN_Q32 + 1));

	watch(self, 70 * PPM_Q32, 20 * S);
	chime_steady_renew(&self->steady, self->raw_ns);
	late_q32 = self->steady.line.rate_q32;
	EXPECT_LE(llabs(late_q32 - 70 * PPM_Q32), 20);
	EXPECT_EQ(late_q32 - pace_q32, chime_steady_off_contained(&self->steady, pace_q32));
	EXPECT_EQ(100 * PPM_Q32 - pace_q32,
		  chime_steady_off_contained(&self->steady, 100 * PPM_Q32));
	EXPECT_EQ(late_q32 + 10 * PPM_Q32,
		  chime_steady_off_contained(&self->steady, -10 * PPM_Q32));

	/* Those measured at one rate for longer than slews last contain nothing else. */
	watch(self, 70 * PPM_Q32, 100 * S - 20 * MS);
	chime_steady_renew(&self->steady, self->raw_ns);
	EXPECT_TRUE(self->steady.contained.active);
	watch(self, 70 * PPM_Q32, 20 * MS);
	chime_steady_renew(&self->steady, self->raw_ns);
	EXPECT_FALSE(self->steady.contained.active);
	EXPECT_EQ(0, chime_steady_off_contained(&self->steady, pace_q32));
}

/* Until it is decided whether the raw clock is another machine's, the bound covers that it is. */
TEST_F(steady, bound_covers_another_machines_raw_clock)
{
	s64 before_ns, moved_ns;

	watch(self, 0, 1200 * S);
	chime_steady_renew(&self->steady, self->raw_ns);
	revert(self, S);
	before_ns = bound(self);
	watch(self, 200 * PPM_Q32, 50 * S);
	ASSERT_NE(0, self->steady.moved_q32);
	moved_ns = 50 * 200000;
	EXPECT_GE(bound(self), moved_ns);
	EXPECT_LE(bound(self), before_ns + moved_ns + 300000);
	/* And it grows on. */
	EXPECT_GE(chime_line_maxerror(&self->steady.line, self->raw_ns + S) - bound(self), 199000);
	/* The host is back: it was slewed. */
	watch(self, 0, 2 * S);
	EXPECT_EQ(0, self->steady.moved_q32);
	EXPECT_EQ(0, self->steady.moved_ns);
	EXPECT_LE(bound(self), 2 * MS);
}

/* A rate that has lasted for 1000 s is no slew: it is the raw clock's, and was since the gap. */
TEST_F(steady, a_raw_clock_is_another_machines_after_1000_s)
{
	s64 before_ns;

	watch(self, 0, 1200 * S);
	chime_steady_renew(&self->steady, self->raw_ns);
	revert(self, S);
	before_ns = gained(self);
	watch(self, 200 * PPM_Q32, 1000 * S - 20 * MS);
	EXPECT_EQ(200 * PPM_Q32, self->steady.moved_q32);
	EXPECT_EQ(0, self->steady.pace_q32);
	watch(self, 200 * PPM_Q32, 20 * MS);
	EXPECT_EQ(0, self->steady.moved_q32);
	EXPECT_LE(llabs(self->steady.pace_q32 - 200 * PPM_Q32), 20);
	EXPECT_LE(llabs(gained(self) - before_ns - 200 * MS), MS);
}

/* While the pace is kept, what is measured by corrections that contain 40 ppm is off by as much. */
TEST_F(steady, a_pace_that_is_kept_is_off_what_corrections_contain)
{
	s64 before_ns = 0;
	int i;

	watch(self, 0, 1200 * S);
	chime_steady_renew(&self->steady, self->raw_ns);
	revert(self, 90 * S);
	watch(self, 40 * PPM_Q32, 20 * S);
	chime_steady_renew(&self->steady, self->raw_ns);
	/* Slewed otherwise at each check */
	for (i = 0; i < 510; i++) {
		watch(self, i % 2 ? 300 * PPM_Q32 : -300 * PPM_Q32, 20 * MS);
		ASSERT_TRUE(self->steady.parted);
		if (i == 9)
			before_ns = bound(self);
	}
	/* And by 600 ppm, if the raw clock is another machine's. */
	EXPECT_LE(llabs(bound(self) - before_ns - 10 * (600 + 40) * 1000), 50000);
}

/* All raw times are stated as if the raw clock had always been where it is set to. */
TEST_F(steady, raw_clock_set_ahead_leaves_no_time_behind)
{
	const s64 by_ns = 77 * S;
	struct chime_steady was;

	watch(self, 0, 1200 * S);
	watch(self, 300 * PPM_Q32, 10 * S);
	was = self->steady;
	chime_steady_set_raw_ahead(&self->steady, by_ns);
	EXPECT_EQ(was.pace_raw_ns + by_ns, self->steady.pace_raw_ns);
	EXPECT_EQ(was.begin_raw_ns + by_ns, self->steady.begin_raw_ns);
	EXPECT_EQ(was.parted_raw_ns + by_ns, self->steady.parted_raw_ns);
	EXPECT_EQ(was.rest_raw_ns + by_ns, self->steady.rest_raw_ns);
	EXPECT_EQ(was.moved_raw_ns + by_ns, self->steady.moved_raw_ns);
	EXPECT_EQ(was.renewed_raw_ns + by_ns, self->steady.renewed_raw_ns);
	EXPECT_EQ(was.contained.since_raw_ns + by_ns, self->steady.contained.since_raw_ns);
	EXPECT_EQ(was.rough.found_raw_ns + by_ns, self->steady.rough.found_raw_ns);
	EXPECT_EQ(chime_line_eval(&was.line, self->raw_ns),
		  chime_line_eval(&self->steady.line, self->raw_ns + by_ns));
}

/* The host's clock is set while it is slewed: the rate that it will be back at goes along. */
TEST_F(steady, is_set_along_with_a_host_that_is_slewed)
{
	s64 before_ns, unmoved_ns;

	watch(self, 0, 10 * S);
	watch(self, 50 * PPM_Q32, 20 * MS);
	ASSERT_TRUE(self->steady.parted);
	before_ns = gained(self);
	unmoved_ns = self->steady.unmoved.origin_ns;
	chime_line_move(&self->host, self->raw_ns);
	self->host.offset_ns += 10 * S;
	chime_steady_step(&self->steady, &self->host, 10 * S, self->raw_ns);
	EXPECT_LE(llabs(gained(self) - before_ns - 10 * S), 2);
	EXPECT_EQ(unmoved_ns + 10 * S, self->steady.unmoved.origin_ns);
	watch(self, 50 * PPM_Q32, S);
	EXPECT_LE(llabs(gained(self) - before_ns - 10 * S), 10);
	watch(self, 0, S);
	EXPECT_LE(llabs(gained(self) - before_ns - 10 * S), 10);
}

/* A raw clock of another rate has no pace to keep. */
TEST_F(steady, another_clocksource_is_followed_by_who_had_parted)
{
	watch(self, 0, 10 * S);
	watch(self, 50 * PPM_Q32, 20 * MS);
	ASSERT_TRUE(self->steady.parted);
	chime_steady_lose_pace(&self->steady, &self->host, self->raw_ns);
	EXPECT_FALSE(self->steady.parted);
	/* That slew may have ended along with the clocksource, and the hardest one begun. */
	EXPECT_LE(llabs(1050 * PPM_Q32 - self->steady.moved_q32), 50);
}

/* With any input: no overflow (the sanitizers check), and errors are never negative. */
TEST(any_lines_do_no_harm)
{
	struct unit_random random = { 3 };
	struct chime_steady steady;
	struct chime_line lines[2];
	int round, i;

	for (round = 0; round < 20000; round++) {
		for (i = 0; i < 2; i++)
			lines[i] = (struct chime_line){
				.origin_ns = unit_random_s64(&random),
				.offset_ns = unit_random_s64(&random),
				.rate_q32 = unit_random_s64(&random) >> 32,
				.sigma_ns = unit_random_s64(&random) & S64_MAX,
				.maxerror_ns = unit_random_s64(&random) & S64_MAX,
				.maxerror_rate_q32 = unit_random_s64(&random) & S64_MAX,
			};
		chime_steady_start(&steady, &lines[0], unit_random_s64(&random));
		for (i = 0; i < 8; i++) {
			chime_steady_follow(&steady, &lines[i & 1], i & 2,
					    unit_random_s64(&random));
			ASSERT_GE(steady.line.maxerror_ns, 0);
			ASSERT_GE(steady.line.maxerror_rate_q32, 0);
		}
		chime_steady_step(&steady, &lines[0], unit_random_s64(&random),
				  unit_random_s64(&random));
		chime_steady_resync(&steady, &lines[0], &lines[1], unit_random_s64(&random),
				    unit_random_s64(&random));
		chime_steady_renew(&steady, unit_random_s64(&random));
		ASSERT_GE(steady.line.maxerror_ns, 0);
		ASSERT_GE(steady.unslew.maxerror_ns, 0);
		ASSERT_GE(steady.followed_ns, 0);
	}
}

TEST_HARNESS_MAIN
