// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the bound of unslewed host time allows for where the errors of readings hide slews. The
 * truth is the raw clock, whose rate is constant.
 */
#include "kmod/core/steady.h"

#include "kmod/core/host_line.h"
#include "kmod/core/steady_parts.h"
#include "selftests/unit/unit.h"

#define US		1000LL
#define MS		1000000LL
#define S		1000000000LL
#define PPM_Q32		4295LL
#define RAW0_NS		(5000 * S)
#define UTC0_NS		(1790000000 * S)

/* In so many ns a rate of 1 in units of 2^-32 makes up for 1 ns. */
#define Q32_NS		(1LL << 32)

FIXTURE(rough) {
	struct chime_steady steady;
	struct chime_line host;
	s64 raw_ns;
	s64 read_ns;
	bool corrected;
};

/* A host whose readings are good to @read_ns; its slope is known to @slope_q32. */
static void begin(struct _test_data_rough *self, s64 read_ns, s64 slope_q32)
{
	self->raw_ns = RAW0_NS;
	self->read_ns = read_ns;
	self->corrected = false;
	self->host = (struct chime_line){
		.origin_ns = RAW0_NS,
		.offset_ns = UTC0_NS - RAW0_NS,
		.sigma_ns = read_ns,
		.sigma_rate_q32 = slope_q32,
		.maxerror_rate_q32 = CHIME_GROWTH_Q32 + slope_q32,
	};
	chime_steady_start(&self->steady, &self->host, RAW0_NS);
}

/* One that is read too coarsely for its slope to show a slew. */
FIXTURE_SETUP(rough)
{
	begin(self, 10 * US, 20 * PPM_Q32);
}

FIXTURE_TEARDOWN(rough)
{
}

/* The host runs at @rate_q32 against the raw clock until the next check. */
static void check_after(struct _test_data_rough *self, s64 rate_q32, s64 interval_ns)
{
	struct chime_line line;

	chime_line_move(&self->host, self->raw_ns);
	self->host.maxerror_ns = 0;
	self->host.rate_q32 = rate_q32;
	self->raw_ns += interval_ns;
	line = self->host;
	chime_line_move(&line, self->raw_ns);
	line.sigma_ns = self->read_ns;
	line.maxerror_ns = 0;
	chime_steady_follow(&self->steady, &line, self->corrected, self->raw_ns);
}

/* So it does, with a check each half a second. */
static void run(struct _test_data_rough *self, s64 rate_q32, s64 duration_ns)
{
	s64 end_ns = self->raw_ns + duration_ns;

	while (self->raw_ns < end_ns)
		check_after(self, rate_q32, S / 2);
}

static void correct(struct _test_data_rough *self)
{
	chime_steady_renew(&self->steady, self->raw_ns);
	self->corrected = true;
}

/* By how much unslewed host time may have followed slews since the latest correction. */
static s64 may_be_off(const struct _test_data_rough *self)
{
	return self->steady.unslew.maxerror_ns;
}

#define EXPECT_NEAR(wanted, found, most) EXPECT_LE(llabs((found) - (wanted)), most)

/*
 * The rate that the correction was measured at is known by two checks half a second apart, each
 * wrong by 10 us: to 40 ppm. Nobody knows what the host did before.
 */
TEST_F(rough, allows_for_what_two_checks_may_hide)
{
	run(self, 30 * PPM_Q32, 10 * S);
	correct(self);
	run(self, 30 * PPM_Q32, 10 * S);
	EXPECT_NEAR(10 * 40 * US, may_be_off(self), 100);
}

/* Checks in between are none of these two. */
TEST_F(rough, measures_the_rate_over_half_a_second_at_least)
{
	s64 i;

	for (i = 0; i < 96; i++)
		check_after(self, 30 * PPM_Q32, 100 * MS);
	correct(self);
	run(self, 30 * PPM_Q32, 10 * S);
	EXPECT_NEAR(10 * 40 * US, may_be_off(self), 100);
}

/* A host that is slewed after the correction is followed, and the bound covers that. */
TEST_F(rough, allows_for_what_it_follows)
{
	run(self, 30 * PPM_Q32, 10 * S);
	correct(self);
	/* At once, as the host may be silent at the next check. */
	EXPECT_NEAR((40 + 20 + 1) * PPM_Q32, self->steady.line.maxerror_rate_q32, 100);
	run(self, 130 * PPM_Q32, 10 * S);
	EXPECT_NEAR(10 * 140 * US, may_be_off(self), 500);
	/* Until the next check it may go on, at either rate. */
	EXPECT_NEAR((100 + 40 + 20 + 1) * PPM_Q32, self->steady.line.maxerror_rate_q32, 100);
	/* The next correction makes up for it, and is measured at the rate of now. */
	correct(self);
	EXPECT_EQ(0, may_be_off(self));
	run(self, 130 * PPM_Q32, 10 * S);
	EXPECT_NEAR(10 * 40 * US, may_be_off(self), 500);
	/* Back at the first one it is slewed again, the other way. */
	run(self, 30 * PPM_Q32, 10 * S);
	EXPECT_NEAR(20 * 40 * US + 10 * 100 * US, may_be_off(self), 500);
}

/* One check has no rate: no clock is off by more than 500 ppm. */
TEST_F(rough, knows_nothing_after_a_single_check)
{
	check_after(self, 30 * PPM_Q32, S / 2);
	correct(self);
	EXPECT_EQ(0, self->steady.rough.pace_q32);
	run(self, 30 * PPM_Q32, 10 * S);
	EXPECT_NEAR(10 * 530 * US, may_be_off(self), 500);
}

/* Nor have two that are both so wrong that it might be 500 ppm. */
TEST_F(rough, knows_nothing_by_readings_that_may_be_500_ppm_off)
{
	static const s64 reads_ns[] = { CHIME_STEADY_RAW_Q32 / 2, CHIME_STEADY_RAW_Q32 / 2 - 1 };
	unsigned int i, check;

	for (i = 0; i < ARRAY_SIZE(reads_ns); i++) {
		begin(self, reads_ns[i], 600 * PPM_Q32);
		for (check = 0; check < 3; check++)
			check_after(self, 30 * PPM_Q32, Q32_NS);
		correct(self);
		EXPECT_NEAR(i ? 30 * PPM_Q32 : 0, self->steady.rough.pace_q32, 1);
		EXPECT_EQ(CHIME_STEADY_RAW_Q32 - 2 * i, self->steady.rough.error_q32);
	}
}

/* The raw clock goes back by @gap_ns, while the host runs on. */
static void revert(struct _test_data_rough *self, s64 gap_ns)
{
	struct chime_line before;

	chime_line_move(&self->host, self->raw_ns);
	self->host.maxerror_ns = 0;
	self->host.sigma_ns = self->read_ns;
	before = self->host;
	self->host.offset_ns += gap_ns;
	chime_steady_resync(&self->steady, &before, &self->host, -1, self->raw_ns);
}

/*
 * What readings hide is in the bound until the next correction, across a gap too. But nobody has
 * seen it: it is not told as a slew that was followed.
 */
TEST_F(rough, keeps_in_the_bound_what_was_hidden_before_a_gap)
{
	s64 followed_ns, gap_ns, error_q32;

	run(self, 30 * PPM_Q32, 10 * S);
	correct(self);
	run(self, 130 * PPM_Q32, 10 * S);
	followed_ns = self->steady.followed_ns;
	error_q32 = self->steady.rough.error_q32;
	revert(self, 10 * S);
	/* What is known of the rate is so still, on the same machine. */
	EXPECT_EQ(error_q32, self->steady.rough.error_q32);
	gap_ns = 10 * S / 1000;
	EXPECT_NEAR(10 * 140 * US + gap_ns, may_be_off(self), 1000);
	run(self, 130 * PPM_Q32, 10 * S);
	EXPECT_NEAR(20 * 140 * US + gap_ns, may_be_off(self), 2000);
	EXPECT_EQ(followed_ns, self->steady.followed_ns);
}

/* Where nobody could have seen another machine's raw clock, that may be 250 ppm off, too. */
TEST_F(rough, allows_for_another_machines_raw_clock)
{
	s64 before_ns;

	run(self, 30 * PPM_Q32, 10 * S);
	correct(self);
	revert(self, 10 * S);
	chime_steady_doubt_machine(&self->steady, self->raw_ns);
	before_ns = may_be_off(self);
	run(self, 30 * PPM_Q32, 10 * S);
	EXPECT_NEAR(10 * (40 + 250) * US, may_be_off(self) - before_ns, 500);
	/* Checks before and after show no rate of either. */
	correct(self);
	EXPECT_NEAR(chime_ratio_q32(20 * US, S / 2), self->steady.rough.error_q32, 1);
	revert(self, 10 * S);
	correct(self);
	EXPECT_EQ(CHIME_STEADY_RAW_Q32, self->steady.rough.error_q32);
}

/* A host whose slope shows slews shows another machine's raw clock, too. */
TEST_F(rough, does_not_doubt_the_machine_where_slopes_show_it)
{
	begin(self, US, 0);
	run(self, 30 * PPM_Q32, 10 * S);
	correct(self);
	ASSERT_TRUE(self->steady.rough.active);
	chime_steady_doubt_machine(&self->steady, self->raw_ns);
	EXPECT_NEAR(chime_ratio_q32(2 * US, S / 2), self->steady.rough.error_q32, 1);
}

/* One rate is what has not turned by more than half a ppm; after 100 s of that it is no slew. */
TEST_F(rough, one_rate_lasts_longer_than_slews_do)
{
	begin(self, US, 0);
	run(self, 0, 50 * S);
	run(self, CHIME_STEADY_TURN_Q32, 50 * S);
	EXPECT_TRUE(chime_steady_lasts(&self->steady, self->raw_ns));
	EXPECT_FALSE(chime_steady_lasts(&self->steady, self->raw_ns - 1));
	run(self, CHIME_STEADY_TURN_Q32 + 1, S);
	EXPECT_FALSE(chime_steady_lasts(&self->steady, self->raw_ns));
	/* Whose slope is not known may have any. */
	self->host.sigma_rate_q32 = 20 * PPM_Q32;
	run(self, CHIME_STEADY_TURN_Q32 + 1, 200 * S);
	EXPECT_FALSE(chime_steady_lasts(&self->steady, self->raw_ns));
}

/* Readings that are good to 250 ns show half a ppm from one second to the next. */
TEST_F(rough, readings_of_a_quarter_of_a_microsecond_hide_no_slew)
{
	static const s64 reads_ns[] = { 250, 251 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(reads_ns); i++) {
		begin(self, reads_ns[i], 0);
		run(self, 30 * PPM_Q32, 10 * S);
		correct(self);
		EXPECT_EQ(i, self->steady.rough.active);
	}
	/* Nothing is hidden where the rate has lasted. */
	begin(self, reads_ns[1], 0);
	run(self, 30 * PPM_Q32, 101 * S);
	correct(self);
	EXPECT_FALSE(self->steady.rough.active);
}

/* The slope of readings that are good to 3 us shows whether a host runs off its rate. */
TEST_F(rough, a_host_is_read_coarsely_above_three_microseconds)
{
	static const s64 reads_ns[] = { 3000, 3001 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(reads_ns); i++) {
		begin(self, reads_ns[i], 0);
		chime_steady_rest_on_rate(&self->steady, self->raw_ns);
		EXPECT_EQ(i, self->steady.rough.active);
	}
}

/* A correction was converted to this host by its rate now: running off that is being slewed. */
TEST_F(rough, a_host_that_a_correction_is_converted_to_rests_on_its_rate)
{
	self->host.rate_q32 = 30 * PPM_Q32;
	chime_steady_start(&self->steady, &self->host, self->raw_ns);
	chime_steady_rest_on_rate(&self->steady, self->raw_ns);
	EXPECT_EQ(0, self->steady.rough.error_q32);
	self->corrected = true;
	run(self, 30 * PPM_Q32, 10 * S);
	EXPECT_NEAR(0, may_be_off(self), 10);
	run(self, -70 * PPM_Q32, 10 * S);
	EXPECT_NEAR(10 * 100 * US, may_be_off(self), 500);
}

/*
 * Slopes show this host's slews, but one that had just ended may be part of the rate that was taken
 * for its own, which two checks contradict by 10 ppm. Later corrections keep that rate, and are as
 * little sure of it, for as long as slews last. By then they contain what it is off by.
 */
TEST_F(rough, a_rate_stays_as_little_known_as_it_was_for_as_long_as_slews_last)
{
	const s64 known_q32 = chime_ratio_q32(2 * US, S / 2);

	begin(self, US, 0);
	run(self, 30 * PPM_Q32, 10 * S);
	check_after(self, 40 * PPM_Q32, 10 * MS);
	correct(self);
	ASSERT_TRUE(self->steady.rough.active);
	run(self, 40 * PPM_Q32, 10 * S);
	correct(self);
	EXPECT_EQ(40 * PPM_Q32, self->steady.rough.pace_q32);
	EXPECT_NEAR(known_q32 + 10 * PPM_Q32, self->steady.rough.error_q32, PPM_Q32 / 2);
	run(self, 40 * PPM_Q32, 89500 * MS);
	correct(self);
	EXPECT_TRUE(self->steady.rough.active);
	run(self, 40 * PPM_Q32, S / 2);
	correct(self);
	EXPECT_FALSE(self->steady.rough.active);
	EXPECT_EQ(0, may_be_off(self));
}

TEST_HARNESS_MAIN
