// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interleaved mode: which exchange a sample is of, and what becomes of it when packets are lost,
 * clocks are set, or the server does not do it.
 */
#include "user/ntp/interleave.h"

#include <stdlib.h>
#include <string.h>

#include "selftests/unit/unit.h"
#include "user/lib/time_units.h"

/* An instant in 2026, as realtime and as the server's time, and the reference's time then. */
#define UTC_NS		(1795160717LL * NS_PER_S)
#define RAW_NS		(7200LL * NS_PER_S)

/* From one request to the next. */
#define POLL_NS		(64 * NS_PER_S)

/* The way there, what the server takes, what its answer waits before it leaves, the way back. */
#define THERE_NS	(2 * NS_PER_MS)
#define WORK_NS		(100 * NS_PER_US)
#define QUEUE_NS	(300 * NS_PER_US)
#define BACK_NS		(2 * NS_PER_MS)
#define ROUND_NS	(THERE_NS + WORK_NS + QUEUE_NS + BACK_NS)

static const struct ntp_limits limits = {
	.minstratum = 1,
	.maxstratum = 15,
	.maxdelay_ns = 3 * NS_PER_S,
};

/* A server's clock, and ours: what sets them changes these. */
struct clocks {
	int64_t server_ns;	/* server minus true time */
	int64_t realtime_ns;	/* the system clock minus true time */
	uint32_t epoch;
	uint32_t disruptions;
};

static struct ntp_moment moment(const struct clocks *clocks, int64_t at_ns)
{
	return (struct ntp_moment) {
		.now = {
			.raw_ns = RAW_NS + at_ns,
			.reference_ns = RAW_NS + at_ns,
			.realtime_ns = UTC_NS + at_ns + clocks->realtime_ns,
			.epoch = clocks->epoch,
			.disruptions = clocks->disruptions,
		},
		.realtime_ns = UTC_NS + at_ns + clocks->realtime_ns,
		.has_realtime = true,
	};
}

/* The server's timestamp, true time being @at_ns. */
static uint64_t stamp(const struct clocks *clocks, int64_t at_ns)
{
	return ntp_timestamp_from_ns(UTC_NS + at_ns + clocks->server_ns);
}

/* When an answer to a request that left at @at_ns really left. */
static int64_t left_ns(int64_t at_ns)
{
	return at_ns + THERE_NS + WORK_NS + QUEUE_NS;
}

/* The exchange whose request left at @at_ns; its answer's transmit timestamp is @transmit. */
static struct ntp_trip make_trip(const struct clocks *clocks, int64_t at_ns, uint64_t transmit)
{
	return (struct ntp_trip) {
		.answer = {
			.version = 4,
			.mode = NTP_MODE_SERVER,
			.stratum = 2,
			.precision = -25,
			.refid = 0xc0000201,
			.root_delay_ns = NS_PER_MS,
			.receive = stamp(clocks, at_ns + THERE_NS),
			.transmit = transmit,
		},
		.sent = moment(clocks, at_ns),
		.received = moment(clocks, at_ns + ROUND_NS),
	};
}

FIXTURE(mode) {
	struct ntp_interleave interleave;
	struct clocks clocks;
	struct source_sample sample;
	int64_t at_ns;		/* of the next request */
	int64_t before_ns;	/* of the latest that was answered */
};

/* In basic mode the server does not know what its answer waits. */
static enum ntp_verdict answer_basic(struct _test_data_mode *self)
{
	struct ntp_trip trip = make_trip(&self->clocks, self->at_ns,
					 stamp(&self->clocks, self->at_ns + THERE_NS + WORK_NS));

	self->before_ns = self->at_ns;
	self->at_ns += POLL_NS;
	ntp_interleave_asked(&self->interleave);
	return ntp_interleave_sample(&self->interleave, &trip, false, &limits, &self->sample);
}

/* @late_ns: what the server's timestamp of the answer before is wrong by. */
static enum ntp_verdict answer_wrongly(struct _test_data_mode *self, int64_t late_ns)
{
	struct ntp_trip trip = make_trip(&self->clocks, self->at_ns,
					 stamp(&self->clocks, left_ns(self->before_ns) + late_ns));

	self->before_ns = self->at_ns;
	self->at_ns += POLL_NS;
	ntp_interleave_asked(&self->interleave);
	return ntp_interleave_sample(&self->interleave, &trip, true, &limits, &self->sample);
}

static enum ntp_verdict answer_interleaved(struct _test_data_mode *self)
{
	return answer_wrongly(self, 0);
}

static void lose(struct _test_data_mode *self)
{
	ntp_interleave_asked(&self->interleave);
	self->at_ns += POLL_NS;
}

/* As it is after a while: each answer completes the one before. */
FIXTURE_SETUP(mode)
{
	memset(self, 0, sizeof(*self));
	ntp_interleave_reset(&self->interleave);
	for (int i = 0; i < 4; i++) {
		ASSERT_EQ(0, ntp_interleave_origin(&self->interleave));
		ASSERT_EQ(NTP_ACCEPTED, answer_basic(self));
	}
	ASSERT_EQ(NTP_POSTPONED, answer_interleaved(self));
}

FIXTURE_TEARDOWN(mode)
{
}

/* The instant that the sample of a request at @at_ns is of. */
static int64_t middle_ns(int64_t at_ns)
{
	return RAW_NS + at_ns + ROUND_NS / 2;
}

TEST_F(mode, a_sample_is_of_the_exchange_before)
{
	for (int i = 0; i < 10; i++) {
		int64_t before_ns = self->before_ns;

		ASSERT_EQ(self->interleave.trip.answer.receive,
			  ntp_interleave_origin(&self->interleave));
		ASSERT_NE(0, ntp_interleave_origin(&self->interleave));
		ASSERT_EQ(NTP_ACCEPTED, answer_interleaved(self));
		EXPECT_EQ(middle_ns(before_ns), self->sample.at_ns);
		/* What the answer waited at the server is no delay of the path. */
		EXPECT_GE(2, llabs(self->sample.delay_ns - THERE_NS - BACK_NS));
		EXPECT_GE(2, llabs(self->sample.offset_ns - (UTC_NS - RAW_NS)));
	}
}

/* Basic mode takes that for delay, half of it for an offset. */
TEST_F(mode, it_is_better_than_basic_mode)
{
	ASSERT_EQ(NTP_ACCEPTED, answer_basic(self));
	EXPECT_GE(2, llabs(self->sample.delay_ns - THERE_NS - BACK_NS - QUEUE_NS));
	EXPECT_GE(2, llabs(self->sample.offset_ns - (UTC_NS - RAW_NS) + QUEUE_NS / 2));
}

TEST_F(mode, the_server_may_fall_back)
{
	int64_t before_ns = self->at_ns;

	/* A sample of this exchange; the one before is not completed any more. */
	ASSERT_EQ(NTP_ACCEPTED, answer_basic(self));
	EXPECT_EQ(middle_ns(before_ns), self->sample.at_ns);
	/* The next would give the same again. */
	EXPECT_EQ(NTP_POSTPONED, answer_interleaved(self));
	before_ns = self->before_ns;
	ASSERT_EQ(NTP_ACCEPTED, answer_interleaved(self));
	EXPECT_EQ(middle_ns(before_ns), self->sample.at_ns);
}

TEST_F(mode, a_lost_packet_is_none_of_its_business)
{
	int64_t before_ns = self->before_ns;
	uint64_t origin = ntp_interleave_origin(&self->interleave);

	lose(self);
	EXPECT_EQ(origin, ntp_interleave_origin(&self->interleave));
	ASSERT_EQ(NTP_ACCEPTED, answer_interleaved(self));
	EXPECT_EQ(middle_ns(before_ns), self->sample.at_ns);
	EXPECT_GE(2, llabs(self->sample.delay_ns - THERE_NS - BACK_NS));
}

TEST_F(mode, the_distant_past_is_not_asked_for)
{
	for (int i = 0; i < 4; i++) {
		EXPECT_NE(0, ntp_interleave_origin(&self->interleave));
		lose(self);
	}
	EXPECT_EQ(0, ntp_interleave_origin(&self->interleave));
	ASSERT_EQ(NTP_ACCEPTED, answer_basic(self));
	EXPECT_NE(0, ntp_interleave_origin(&self->interleave));
}

/* It was when that exchange was made, and is not now: its sample is by the reference. */
TEST_F(mode, a_step_of_the_system_clock_between_two_exchanges_is_no_matter)
{
	static const int64_t steps[] = { 1000 * NS_PER_S, -5000 * NS_PER_S, 20 * NS_PER_MS };

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		int64_t before_ns = self->before_ns;

		self->clocks.realtime_ns += steps[i];
		ASSERT_EQ(NTP_ACCEPTED, answer_interleaved(self));
		EXPECT_EQ(middle_ns(before_ns), self->sample.at_ns);
		EXPECT_GE(2, llabs(self->sample.offset_ns - (UTC_NS - RAW_NS)));
	}
}

TEST_F(mode, a_step_during_an_exchange_spoils_that_one)
{
	struct ntp_trip trip = make_trip(&self->clocks, self->at_ns,
					 stamp(&self->clocks, left_ns(self->before_ns)));

	trip.received.now.realtime_ns += NS_PER_S;
	trip.received.realtime_ns += NS_PER_S;
	EXPECT_EQ(NTP_STEPPED, ntp_interleave_sample(&self->interleave, &trip, true, &limits,
						     &self->sample));
	EXPECT_EQ(0, ntp_interleave_origin(&self->interleave));
}

/* The exchange before is by another reference. This one can be used at once, if not as exactly. */
TEST_F(mode, after_a_disruption_this_exchange_counts)
{
	int64_t now_ns;

	for (int i = 0; i < 2; i++) {
		self->clocks.epoch += !i;
		self->clocks.disruptions += i;
		now_ns = self->at_ns;
		ASSERT_EQ(NTP_ACCEPTED, answer_interleaved(self));
		EXPECT_EQ(middle_ns(now_ns), self->sample.at_ns);
		EXPECT_EQ(self->clocks.epoch, self->sample.epoch);
		EXPECT_GE(ROUND_NS, self->sample.delay_ns);
		EXPECT_GE(self->sample.delay_ns / 2,
			  llabs(self->sample.offset_ns - (UTC_NS - RAW_NS)));
		/* Once. */
		ASSERT_EQ(NTP_POSTPONED, answer_interleaved(self));
	}
}

/* What nobody noticed here, or happened there: it must not take another poll to show. */
TEST_F(mode, a_jump_shows_at_once)
{
	static const int64_t jumps[] = { 10 * NS_PER_S, -NS_PER_S, 200 * NS_PER_MS };

	for (size_t i = 0; i < ARRAY_SIZE(jumps); i++) {
		struct ntp_trip trip;
		uint64_t left = stamp(&self->clocks, left_ns(self->before_ns));
		int64_t now_ns = self->at_ns;

		self->clocks.server_ns += jumps[i];
		trip = make_trip(&self->clocks, now_ns, left);
		ASSERT_EQ(NTP_ACCEPTED, ntp_interleave_sample(&self->interleave, &trip, true,
							      &limits, &self->sample));
		EXPECT_EQ(middle_ns(now_ns), self->sample.at_ns);
		EXPECT_GE(self->sample.delay_ns / 2,
			  llabs(self->sample.offset_ns - (UTC_NS - RAW_NS) -
				self->clocks.server_ns));
		self->before_ns = now_ns;
		self->at_ns += POLL_NS;
		EXPECT_EQ(NTP_POSTPONED, answer_interleaved(self));
	}
}

/* The timestamp is of another answer, or made up. */
TEST_F(mode, what_does_not_fit_the_exchange_before_is_refused)
{
	EXPECT_EQ(NTP_SERVER_REVERSED, answer_wrongly(self, -NS_PER_MS));
	/* It starts anew in basic mode. */
	EXPECT_EQ(0, ntp_interleave_origin(&self->interleave));
	EXPECT_EQ(NTP_ACCEPTED, answer_basic(self));
	EXPECT_NE(0, ntp_interleave_origin(&self->interleave));
	EXPECT_EQ(NTP_DELAY_NEGATIVE, answer_wrongly(self, POLL_NS));
	EXPECT_EQ(0, ntp_interleave_origin(&self->interleave));
}

/* In basic mode a server guesses when its answer will leave, and on a quick network too late. */
TEST_F(mode, a_wrong_guess_is_made_good)
{
	struct ntp_trip trip = make_trip(&self->clocks, self->at_ns,
					 stamp(&self->clocks, self->at_ns + 2 * ROUND_NS));

	self->before_ns = self->at_ns;
	self->at_ns += POLL_NS;
	EXPECT_EQ(NTP_DELAY_NEGATIVE, ntp_interleave_sample(&self->interleave, &trip, false,
							    &limits, &self->sample));
	EXPECT_EQ(trip.answer.receive, ntp_interleave_origin(&self->interleave));
	ASSERT_EQ(NTP_ACCEPTED, answer_interleaved(self));
	EXPECT_EQ(middle_ns(self->at_ns - 2 * POLL_NS), self->sample.at_ns);
	EXPECT_GE(2, llabs(self->sample.delay_ns - THERE_NS - BACK_NS));
}

TEST_F(mode, a_reset_begins_with_basic_mode)
{
	ntp_interleave_reset(&self->interleave);
	for (int i = 0; i < 4; i++) {
		EXPECT_EQ(0, ntp_interleave_origin(&self->interleave));
		ASSERT_EQ(NTP_ACCEPTED, answer_basic(self));
	}
	EXPECT_NE(0, ntp_interleave_origin(&self->interleave));
}

TEST_F(mode, what_is_forgotten_is_not_completed)
{
	ntp_interleave_forget(&self->interleave);
	EXPECT_EQ(0, ntp_interleave_origin(&self->interleave));
	ASSERT_EQ(NTP_ACCEPTED, answer_basic(self));
	EXPECT_NE(0, ntp_interleave_origin(&self->interleave));
}

/* Whatever happens: no exchange gives two samples, each is later than the last, and right. */
TEST_F(mode, samples_are_in_order)
{
	struct unit_random random = { .state = 1 };
	int64_t latest_ns = INT64_MIN;
	int samples = 0;

	for (int i = 0; i < 10000; i++) {
		bool interleaved = ntp_interleave_origin(&self->interleave) &&
				   unit_random_below(&random, 8);
		enum ntp_verdict verdict;

		switch (unit_random_below(&random, 16)) {
		case 0:
			lose(self);
			continue;
		case 1:
			ntp_interleave_reset(&self->interleave);
			continue;
		case 2:
			self->clocks.realtime_ns += unit_random_s64(&random) % NS_PER_S;
			break;
		}
		verdict = interleaved ? answer_interleaved(self) : answer_basic(self);
		if (verdict == NTP_POSTPONED)
			continue;
		ASSERT_EQ(NTP_ACCEPTED, verdict);
		ASSERT_LT(latest_ns, self->sample.at_ns);
		ASSERT_GE(self->sample.delay_ns / 2,
			  llabs(self->sample.offset_ns - (UTC_NS - RAW_NS)));
		latest_ns = self->sample.at_ns;
		samples++;
	}
	EXPECT_LT(5000, samples);
}

/* The next answer says that the server has set its time forward by 3 ms since. */
static enum ntp_verdict answer_moved(struct _test_data_mode *self, uint32_t epoch)
{
	struct ntp_trip trip;

	self->interleave.trip.root = (struct mono_root){
		.receive = self->interleave.trip.answer.receive,
		.epoch = 1,
	};
	trip = make_trip(&self->clocks, self->at_ns,
			 stamp(&self->clocks, left_ns(self->before_ns)));
	trip.root = (struct mono_root){ .receive = trip.answer.receive, .epoch = epoch };
	trip.answer.receive += (3 * NS_PER_MS << 32) / NS_PER_S;
	return ntp_interleave_sample(&self->interleave, &trip, true, &limits, &self->sample);
}

TEST_F(mode, a_sample_is_by_the_time_that_the_server_has_now)
{
	while (!ntp_interleave_origin(&self->interleave))
		answer_basic(self);
	answer_interleaved(self);
	ASSERT_EQ(NTP_ACCEPTED, answer_interleaved(self));
	ASSERT_EQ(NTP_ACCEPTED, answer_moved(self, 1));
	/* The queue is on one of the two ways. */
	EXPECT_GE(QUEUE_NS, llabs(self->sample.offset_ns - (UTC_NS - RAW_NS) - 3 * NS_PER_MS));
}

TEST_F(mode, without_a_monotonic_clock_it_is_by_that_of_then)
{
	while (!ntp_interleave_origin(&self->interleave))
		answer_basic(self);
	answer_interleaved(self);
	ASSERT_EQ(NTP_ACCEPTED, answer_interleaved(self));
	ASSERT_EQ(NTP_ACCEPTED, answer_moved(self, 2));
	EXPECT_GE(QUEUE_NS, llabs(self->sample.offset_ns - (UTC_NS - RAW_NS)));
}

TEST_HARNESS_MAIN
