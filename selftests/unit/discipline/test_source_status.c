// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is told of one source, and how far the truth may be from what it says.
 */
#include "user/discipline/source_parts.h"

#include <errno.h>
#include <math.h>

#include "selftests/unit/unit.h"

#define MS	1000000LL
#define S	1000000000LL
#define NOW_NS	(1000 * S)

/* Stand-ins for the source's other parts. */
static struct {
	struct estimate estimate;
	bool estimates;
	double floor_ns, interval_s, learned_s;
	int64_t trips_ns, trips_at_ns, trips_offset_ns;
	struct rate_limits changed;
	bool lost;
} stub;

bool estimator_get(const struct estimator *estimator, int64_t at_ns, struct estimate *estimate)
{
	*estimate = stub.estimate;
	estimate->at_ns = at_ns;
	return stub.estimates;
}

double estimator_floor(const struct estimator *estimator)
{
	return stub.floor_ns;
}

int64_t round_trips_distance(const struct round_trips *trips, const struct rate_limits *changed,
			     int64_t at_ns, int64_t offset_ns)
{
	stub.changed = *changed;
	stub.trips_at_ns = at_ns;
	stub.trips_offset_ns = offset_ns;
	return stub.trips_ns;
}

bool source_is_lost(const struct source *source)
{
	return stub.lost;
}

double source_learned_s(const struct source *source)
{
	return stub.learned_s;
}

double source_interval_in_force_s(const struct source *source)
{
	return stub.interval_s;
}

/*
 * A server 10 ms away, 6 at least, 4 from its primary clock, with a dispersion of 3, and an
 * estimate that agrees with its latest answer and has a standard error of 0.1 ms.
 */
FIXTURE(status) {
	struct source source;
	struct source_status status;
};

FIXTURE_SETUP(status)
{
	memset(self, 0, sizeof(*self));
	memset(&stub, 0, sizeof(stub));
	stub.estimates = true;
	stub.estimate.offset_ns = 70 * MS;
	stub.estimate.sigma_ns = 0.1 * MS;
	stub.floor_ns = 6 * MS;
	stub.interval_s = 64;
	self->source.samples = 8;
	self->source.received = 8;
	self->source.interval_s = 64;
	self->source.last = (struct source_sample){
		.at_ns = NOW_NS, .offset_ns = 70 * MS, .delay_ns = 10 * MS, .stratum = 2,
		.root_delay_ns = 4 * MS, .root_dispersion_ns = 3 * MS,
	};
}

FIXTURE_TEARDOWN(status)
{
}

/* To a millionth of @wanted. */
static bool is_near(double wanted, double value)
{
	return fabs(value - wanted) <= fabs(wanted) / 1e6;
}

static double distance_at(FIXTURE_DATA(status) *self, int64_t at_ns)
{
	source_get_status(&self->source, at_ns, &self->status);
	return self->status.root_distance_ns;
}

static double distance_ms(FIXTURE_DATA(status) *self)
{
	return distance_at(self, NOW_NS) / MS;
}

/* Half of both least ways, the dispersion and five standard errors: 5, 3 and 0.5. */
TEST_F(status, the_distance_of_an_answer)
{
	EXPECT_TRUE(is_near(8.5, distance_ms(self)));
	EXPECT_TRUE(self->status.has_estimate);
	EXPECT_EQ(70 * MS, self->status.estimate.offset_ns);
	EXPECT_EQ(6 * MS, self->status.minimum_delay_ns);
}

TEST_F(status, an_asymmetry_that_was_allowed_for_may_be_wrong)
{
	stub.estimate.asymmetry_ns = -1.0 * MS;
	EXPECT_TRUE(is_near(9.5, distance_ms(self)));
}

/* By more than the ways can hide, 3 and 5, and five standard errors, 0.5. */
TEST_F(status, an_answer_that_contradicts_the_estimate)
{
	stub.estimate.offset_ns = 70 * MS - 84 * MS / 10;
	EXPECT_TRUE(is_near(8.5, distance_ms(self)));
	stub.estimate.offset_ns = 70 * MS - 86 * MS / 10;
	EXPECT_TRUE(is_near(8.6 + 10, distance_ms(self)));
	stub.estimate.offset_ns = 70 * MS + 86 * MS / 10;
	EXPECT_TRUE(is_near(8.6 + 10, distance_ms(self)));
}

TEST_F(status, an_asymmetry_may_hide_it)
{
	stub.estimate.offset_ns = 70 * MS - 86 * MS / 10;
	stub.estimate.asymmetry_ns = 2.0 * MS;
	EXPECT_TRUE(is_near(10.5, distance_ms(self)));
}

/* Timestamps that are off by 0.4 ms, 5 times that with the estimate's 0.3: 2.5 in place of 1.5. */
TEST_F(status, so_may_the_noise_of_timestamps)
{
	stub.estimate.sigma_ns = 0.3 * MS;
	stub.estimate.offset_ns = 70 * MS - 104 * MS / 10;
	self->source.last.noise_ns = 4 * MS / 10;
	EXPECT_TRUE(is_near(9.5, distance_ms(self)));
	stub.estimate.offset_ns = 70 * MS - 106 * MS / 10;
	EXPECT_TRUE(is_near(10.6 + 10 + 2, distance_ms(self)));
}

/* It queued for up to 4 ms, which explains 2; five standard errors are 0.5. */
TEST_F(status, a_suspect_answer_is_explained_by_its_queue_or_not)
{
	stub.estimate.suspect = true;
	stub.estimate.offset_ns = 70 * MS - 24 * MS / 10;
	EXPECT_TRUE(is_near(8.5, distance_ms(self)));
	stub.estimate.offset_ns = 70 * MS - 26 * MS / 10;
	EXPECT_TRUE(is_near(2.6 + 10, distance_ms(self)));
	stub.estimate.suspect = false;
	EXPECT_TRUE(is_near(8.5, distance_ms(self)));
}

/* It was shorter than the least one: there was no queue, and less than none explains no less. */
TEST_F(status, a_suspect_answer_without_a_queue)
{
	stub.estimate.suspect = true;
	stub.estimate.sigma_ns = 0;
	stub.floor_ns = 14 * MS;
	self->source.last.noise_ns = MS;
	stub.estimate.offset_ns = 70 * MS - 49 * MS / 10;
	EXPECT_TRUE(is_near(12, distance_ms(self)));
	stub.estimate.offset_ns = 70 * MS - 51 * MS / 10;
	EXPECT_TRUE(is_near(5.1 + 10 + 5, distance_ms(self)));
}

/* 10 ppm make a millisecond in 100 s. */
TEST_F(status, an_answer_is_compared_with_the_line_as_it_was_then)
{
	stub.estimate.rate = 10e-6;
	stub.estimate.offset_ns = 71 * MS;
	stub.estimate.suspect = true;
	stub.floor_ns = 10 * MS;
	EXPECT_TRUE(is_near(10.5, distance_at(self, NOW_NS + 100 * S) / MS));
	stub.estimate.offset_ns = 70 * MS;
	EXPECT_TRUE(is_near(1 + 10, distance_at(self, NOW_NS + 100 * S) / MS));
}

/* A reading is only likely to be right, and another one comes in a moment. */
TEST_F(status, a_refclock_contradicts_nothing)
{
	self->source.options.kind = SOURCE_REFCLOCK;
	self->source.last.delay_ns = 0;
	stub.floor_ns = 0;
	stub.learned_s = 1e9;
	stub.estimate.offset_ns = 0;
	EXPECT_TRUE(is_near(2 + 3 + 0.75, distance_ms(self)));
}

/* What the rate may have done since its readings is no error that it is expected to have. */
TEST_F(status, what_a_refclock_may_have_done_unseen)
{
	self->source.last.delay_ns = 0;
	stub.floor_ns = 0;
	stub.learned_s = 1e9;
	stub.trips_ns = 20 * MS;
	EXPECT_TRUE(is_near(20, distance_ms(self)));
	EXPECT_EQ(0.0, self->status.unseen_ns);
	self->source.options.kind = SOURCE_REFCLOCK;
	EXPECT_TRUE(is_near(20, distance_ms(self)));
	EXPECT_TRUE(is_near(20 - (2 + 3 + 0.75), self->status.unseen_ns / MS));
	stub.trips_ns = 0;
	distance_ms(self);
	EXPECT_EQ(0.0, self->status.unseen_ns);
}

/* 7.5 of them; twice as many to begin with, sqrt(2) times with 900 readings. */
TEST_F(status, the_standard_errors_of_a_young_refclock)
{
	self->source.options.kind = SOURCE_REFCLOCK;
	self->source.last.root_delay_ns = 0;
	self->source.last.root_dispersion_ns = 0;
	self->source.interval_s = 2;
	stub.floor_ns = 0;
	EXPECT_TRUE(is_near(1.5, distance_ms(self)));
	stub.learned_s = 2 * 499;
	EXPECT_TRUE(is_near(1.5, distance_ms(self)));
	stub.learned_s = 2 * 899;
	EXPECT_TRUE(is_near(0.75 * sqrt(2), distance_ms(self)));
}

TEST_F(status, all_round_trips_may_allow_for_more)
{
	stub.trips_ns = 12 * MS;
	EXPECT_TRUE(is_near(12, distance_ms(self)));
	EXPECT_EQ(NOW_NS, stub.trips_at_ns);
	EXPECT_EQ(70 * MS, stub.trips_offset_ns);
	stub.trips_ns = 8 * MS;
	EXPECT_TRUE(is_near(8.5, distance_ms(self)));
}

/* 1 ppm of maxclockerror and five standard errors of 0.2. */
TEST_F(status, the_rate_may_have_changed_since_any_of_them)
{
	self->source.options.maxclockerror = 1e-6;
	stub.estimate.rate = 7e-6;
	stub.estimate.rate_sigma = 0.2e-6;
	distance_ms(self);
	EXPECT_TRUE(is_near(5, stub.changed.least * 1e6));
	EXPECT_TRUE(is_near(9, stub.changed.most * 1e6));
}

/* One of 10 ppm is more than what the operator allows for. */
TEST_F(status, a_rate_may_jump_as_it_has_done)
{
	self->source.options.maxclockerror = 1e-6;
	self->source.jumps.count = 1;
	self->source.jumps.jump[0].by = 10e-6;
	EXPECT_TRUE(is_near(10, source_rate_jump(&self->source) * 1e6));
	distance_ms(self);
	EXPECT_TRUE(is_near(-10, stub.changed.least * 1e6));
	EXPECT_TRUE(is_near(10, stub.changed.most * 1e6));
	self->source.options.maxclockerror = 30e-6;
	EXPECT_TRUE(is_near(30, source_rate_jump(&self->source) * 1e6));
}

/* No round trip bounds what it has done since the latest reading, 50 s ago. */
TEST_F(status, the_rate_of_a_refclock_may_jump_as_it_has_done)
{
	double steady_ms;

	self->source.options.kind = SOURCE_REFCLOCK;
	self->source.options.maxclockerror = 1e-6;
	self->source.last.at_ns = NOW_NS - 50 * S;
	steady_ms = distance_ms(self);
	self->source.jumps.count = 1;
	self->source.jumps.jump[0].by = 10e-6;
	EXPECT_TRUE(is_near(steady_ms + 0.5, distance_ms(self)));
}

/* A reading that contradicts is likely to be wrong, but not where the clock has run off before. */
TEST_F(status, a_clock_that_has_jumped_may_have_done_so_again)
{
	self->source.options.kind = SOURCE_REFCLOCK;
	self->source.last.offset_ns += 20 * MS;
	self->source.last.at_ns = NOW_NS;
	stub.estimate.suspect = true;
	EXPECT_GT(20, distance_ms(self));
	self->source.jumps.count = 1;
	self->source.jumps.jump[0].by = 10e-6;
	EXPECT_LT(20, distance_ms(self));
}

TEST_F(status, who_never_answered_has_no_estimate)
{
	self->source.samples = 0;
	EXPECT_EQ(0.0, distance_ms(self));
	EXPECT_FALSE(self->status.has_estimate);
	EXPECT_EQ(0, self->status.minimum_delay_ns);
	self->source.samples = 1;
	stub.estimates = false;
	EXPECT_EQ(0.0, distance_ms(self));
	EXPECT_FALSE(self->status.has_estimate);
}

static const struct source_status *record(FIXTURE_DATA(status) *self)
{
	source_get_record(&self->source, &self->status);
	return &self->status;
}

TEST_F(status, a_record_has_no_estimate)
{
	EXPECT_FALSE(record(self)->has_estimate);
	EXPECT_EQ(&self->source.options, self->status.options);
	EXPECT_EQ(2, self->status.stratum);
	EXPECT_EQ(6 * MS, self->status.minimum_delay_ns);
}

/* What it was less by before the samples became void; a path that became shorter is not late. */
TEST_F(status, answers_that_are_late_since)
{
	EXPECT_EQ(0, record(self)->late_ns);
	self->source.known_floor_ns = 4.0 * MS;
	EXPECT_EQ(2 * MS, record(self)->late_ns);
	self->source.known_floor_ns = 7.0 * MS;
	EXPECT_EQ(0, record(self)->late_ns);
}

TEST_F(status, a_stratum_is_at_least_what_is_configured)
{
	self->source.options.minstratum = 5;
	EXPECT_EQ(5, record(self)->stratum);
	self->source.last.stratum = 6;
	EXPECT_EQ(6, record(self)->stratum);
	self->source.last.stratum = 0;
	self->source.received = 0;
	EXPECT_EQ(0, record(self)->stratum);
}

TEST_F(status, a_poll_is_rounded)
{
	EXPECT_EQ(6, record(self)->poll);
	stub.interval_s = 80;
	EXPECT_EQ(6, record(self)->poll);
	stub.interval_s = 100;
	EXPECT_EQ(7, record(self)->poll);
	stub.interval_s = 0.0625;
	EXPECT_EQ(-4, record(self)->poll);
}

TEST_F(status, worn_out_is_who_was_unreachable_for_so_many_requests)
{
	self->source.unreached = 100;
	EXPECT_FALSE(record(self)->worn_out);
	self->source.options.unreach_limit = 101;
	EXPECT_FALSE(record(self)->worn_out);
	self->source.unreached = 101;
	EXPECT_TRUE(record(self)->worn_out);
}

TEST_F(status, asked_is_who_could_have_answered)
{
	self->source.sent = 9;
	self->source.in_vain = 4;
	EXPECT_EQ(5, record(self)->asked);
	EXPECT_EQ(9, self->status.sent);
}

TEST_F(status, failed_is_who_could_not_be_asked_for_no_good_reason)
{
	EXPECT_FALSE(record(self)->failed);
	self->source.last_error = -ENETUNREACH;
	EXPECT_TRUE(record(self)->failed);
	EXPECT_EQ(-ENETUNREACH, self->status.last_error);
	self->source.excused = true;
	EXPECT_FALSE(record(self)->failed);
	self->source.excused = false;
	self->source.sent = 1;
	EXPECT_FALSE(record(self)->failed);
}

TEST_F(status, distrusted_is_who_has_not_answered_often_enough_since)
{
	EXPECT_FALSE(record(self)->distrusted);
	self->source.distrusted_until = 8;
	EXPECT_FALSE(record(self)->distrusted);
	self->source.distrusted_until = 9;
	EXPECT_TRUE(record(self)->distrusted);
}

TEST_F(status, what_is_told_as_it_is)
{
	self->source.verdict = SOURCE_FALSETICKER;
	self->source.last_raw_ns = 11;
	self->source.last_poll_ns = 12;
	self->source.reach = 0377;
	self->source.withdrawn = true;
	self->source.orphan = true;
	self->source.kiss = 13;
	self->source.kisses = 3;
	self->source.scatter = (struct source_scatter){ 1.5, 4, 14 };
	stub.lost = true;
	record(self);
	EXPECT_EQ(SOURCE_FALSETICKER, self->status.verdict);
	EXPECT_EQ(11, self->status.last_raw_ns);
	EXPECT_EQ(12, self->status.asked_raw_ns);
	EXPECT_EQ(0377, self->status.reach);
	EXPECT_TRUE(self->status.withdrawn);
	EXPECT_TRUE(self->status.orphan);
	EXPECT_FALSE(self->status.loop);
	EXPECT_EQ(13, self->status.kiss);
	EXPECT_EQ(3, self->status.kisses);
	EXPECT_EQ(8, self->status.samples);
	EXPECT_EQ(8, self->status.received);
	EXPECT_EQ(1.5, self->status.jitter_ns);
	EXPECT_EQ(4, self->status.runs);
	EXPECT_EQ(14, self->status.span_ns);
	EXPECT_TRUE(self->status.lost);
}

TEST_HARNESS_MAIN
