// SPDX-License-Identifier: GPL-2.0-only
/*
 * One source: when it is polled, how failures and KISS codes change that, which samples it takes.
 */
#include "user/discipline/source.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "selftests/unit/unit.h"
#include "user/discipline/source_parts.h"
#include "user/lib/time_units.h"

#define START_NS	(1800000000LL * NS_PER_S)

static struct source_options options(int minpoll, int maxpoll, bool iburst)
{
	return (struct source_options){
		.name = "test",
		.minpoll = minpoll,
		.maxpoll = maxpoll,
		.iburst = iburst,
	};
}

static struct source_sample sample_at(int64_t at_ns)
{
	return (struct source_sample){
		.at_ns = at_ns,
		.offset_ns = 123456789,
		.delay_ns = 200000,
		.root_delay_ns = 1000000,
		.root_dispersion_ns = 50000,
		.epoch = 1,
		.stratum = 2,
	};
}

/* Ask, be answered with a delay that varies a little, and see when the next request is due. */
static int64_t exchange(struct source *source)
{
	int64_t now_ns = source_next_poll(source);
	struct source_sample sample = sample_at(now_ns + 100000);

	source_polled(source, now_ns);
	sample.delay_ns += now_ns / NS_PER_S * 7919 % 20000;
	source_add(source, now_ns + 200000, &sample);
	return source_next_poll(source) - now_ns;
}

FIXTURE(source) {
	struct source *source;
};

FIXTURE_SETUP(source)
{
	struct source_options plain = options(6, 10, false);

	self->source = source_new(&plain, START_NS);
	ASSERT_NE(NULL, self->source);
}

FIXTURE_TEARDOWN(source)
{
	source_free(self->source);
}

TEST_F(source, asks_at_once_and_then_at_minpoll)
{
	EXPECT_EQ(START_NS, source_next_poll(self->source));
	EXPECT_EQ(64 * NS_PER_S, exchange(self->source));
}

/* In interleaved mode the sample of an answer comes with the next one. */
TEST_F(source, an_answer_without_a_sample_is_an_answer)
{
	struct source_status status;
	int64_t next_ns;

	exchange(self->source);
	source_polled(self->source, START_NS + 64 * NS_PER_S);
	source_failed(self->source, START_NS + 68 * NS_PER_S, -ETIMEDOUT);
	source_polled(self->source, START_NS + 128 * NS_PER_S);
	next_ns = source_next_poll(self->source);
	source_answered(self->source);
	EXPECT_EQ(next_ns, source_next_poll(self->source));
	source_get_status(self->source, START_NS, &status);
	EXPECT_EQ(5, status.reach);
	EXPECT_EQ(0, status.last_error);
	EXPECT_EQ(1, status.received);

	/* It is not missed while others answer. */
	for (int i = 0; i < 100; i++)
		source_others_answered(self->source, START_NS + (130 + i) * NS_PER_S);
	source_get_status(self->source, START_NS, &status);
	EXPECT_FALSE(status.lost);
}

/* An exchange that takes @late_ns more. */
static void exchange_late(struct source *source, uint32_t epoch, int64_t late_ns)
{
	int64_t now_ns = source_next_poll(source);
	struct source_sample sample = sample_at(now_ns + 100000);

	source_polled(source, now_ns);
	sample.delay_ns += late_ns;
	sample.epoch = epoch;
	source_add(source, now_ns + 200000, &sample);
}

/* Of the first answers alone nobody sees that all of them are late. */
TEST_F(source, answers_are_late_by_what_the_path_took_before)
{
	struct source_status status;

	exchange_late(self->source, 1, 0);
	exchange_late(self->source, 1, 300000);
	source_get_status(self->source, START_NS, &status);
	EXPECT_EQ(0, status.late_ns);
	source_change_reference(self->source, 2, &REFERENCE_JUMPED);
	/* Another disruption before the first answer changes nothing. */
	source_change_reference(self->source, 3, &REFERENCE_JUMPED);
	exchange_late(self->source, 3, 20000000);
	exchange_late(self->source, 3, 21000000);
	source_get_status(self->source, START_NS, &status);
	EXPECT_EQ(20000000, status.late_ns);
	exchange_late(self->source, 3, 100000);
	source_get_status(self->source, START_NS, &status);
	EXPECT_EQ(100000, status.late_ns);
	exchange_late(self->source, 3, -50000);
	source_get_status(self->source, START_NS, &status);
	EXPECT_EQ(0, status.late_ns);

	/* From another host the path may be another one. */
	source_change_reference(self->source, 4, &REFERENCE_REPLACED);
	exchange_late(self->source, 4, 20000000);
	source_get_status(self->source, START_NS, &status);
	EXPECT_EQ(0, status.late_ns);
}

/* Others wait for it at a start. */
TEST_F(source, first_request_is_soon_repeated)
{
	source_polled(self->source, START_NS);
	EXPECT_EQ(START_NS + 2 * NS_PER_S, source_next_poll(self->source));
	source_failed(self->source, START_NS + 2 * NS_PER_S, -ETIMEDOUT);
	EXPECT_EQ(START_NS + 3 * NS_PER_S, source_next_poll(self->source));
	source_polled(self->source, START_NS + 3 * NS_PER_S);
	EXPECT_EQ(START_NS + 67 * NS_PER_S, source_next_poll(self->source));
}

/* Somebody set the clock while the answer was on its way: the server may drop a quick request. */
TEST_F(source, repeats_an_exchange_across_a_step_as_in_a_burst)
{
	struct source_options quick = options(0, 0, false);
	struct source *source;

	exchange(self->source);
	source_polled(self->source, START_NS + 64 * NS_PER_S);
	source_failed(self->source, START_NS + 64 * NS_PER_S + 300000, -ESTALE);
	EXPECT_EQ(START_NS + 66 * NS_PER_S, source_next_poll(self->source));

	source = source_new(&quick, START_NS);
	exchange(source);
	source_polled(source, START_NS + NS_PER_S);
	source_failed(source, START_NS + NS_PER_S + 300000, -ESTALE);
	EXPECT_GE(START_NS + 2 * NS_PER_S + 300000, source_next_poll(source));
	EXPECT_LE(START_NS + 2 * NS_PER_S, source_next_poll(source));
	source_free(source);
}

/* A guest goes back to a snapshot, and its host's clock was set back in the meantime. */
TEST_F(source, hears_its_server_when_the_reference_went_back)
{
	struct source_sample sample;
	struct source_status status;
	int i;

	for (i = 0; i < 10; i++)
		exchange(self->source);
	source_get_status(self->source, START_NS, &status);
	ASSERT_EQ(10, status.samples);

	sample = sample_at(START_NS - 3600 * NS_PER_S);
	sample.offset_ns += 5000000;
	EXPECT_EQ(0, source_add(self->source, status.last_raw_ns + NS_PER_S, &sample));
	source_get_status(self->source, sample.at_ns, &status);
	EXPECT_EQ(1, status.samples);
	EXPECT_EQ(sample.offset_ns, status.estimate.offset_ns);

	/* Samples in the wrong order, of which one had longer to travel, are none of this. */
	sample.at_ns -= NS_PER_S;
	EXPECT_EQ(-EINVAL, source_add(self->source, status.last_raw_ns + NS_PER_S, &sample));
}

/* The interval after a request that took @delay_ns to be answered, or was not (negative). */
static int64_t quick_exchange(struct source *source, int64_t delay_ns)
{
	int64_t now_ns = source_next_poll(source);
	struct source_sample sample = sample_at(now_ns + delay_ns / 2);

	source_polled(source, now_ns);
	sample.delay_ns = delay_ns;
	if (delay_ns >= 0)
		source_add(source, now_ns + delay_ns, &sample);
	return source_next_poll(source) - now_ns;
}

/* Less than a second is for a server that answers, and is near (chrony's rule). */
TEST(polls_below_a_second_are_for_near_servers)
{
	struct source_options quick = options(-6, -6, false);
	struct source *source = source_new(&quick, START_NS);
	int i;

	EXPECT_EQ(NS_PER_S, quick_exchange(source, -1));
	for (i = 0; i < 10; i++)
		EXPECT_EQ(NS_PER_S, quick_exchange(source, 20000000));
	source_free(source);

	source = source_new(&quick, START_NS);
	for (i = 0; i < 10; i++)
		EXPECT_EQ(NS_PER_S / 64, quick_exchange(source, 200000));
	/* One answer that took longer does not take it away, eight that are missing do. */
	EXPECT_EQ(NS_PER_S / 64, quick_exchange(source, 20000000));
	for (i = 0; i < 7; i++)
		EXPECT_EQ(NS_PER_S / 64, quick_exchange(source, -1));
	EXPECT_EQ(NS_PER_S, quick_exchange(source, -1));
	EXPECT_EQ(NS_PER_S / 64, quick_exchange(source, 200000));
	source_free(source);
}

/* A far server is asked no more often at a wider range either. A refclock has no way to go. */
TEST(polls_below_a_second_by_range_and_kind)
{
	struct source_options range = options(-4, 4, false);
	struct source *source = source_new(&range, START_NS);
	int i;

	for (i = 0; i < 100; i++)
		EXPECT_LE(NS_PER_S, quick_exchange(source, 20000000 + i * 7919 % 1000 * 1000));
	source_free(source);

	range.kind = SOURCE_REFCLOCK;
	source = source_new(&range, START_NS);
	EXPECT_EQ(NS_PER_S / 16, quick_exchange(source, -1));
	source_free(source);
}

TEST_F(source, poll_grows_to_maxpoll_and_no_further)
{
	struct source_status status;
	int64_t interval_ns = 0;
	int i;

	for (i = 0; i < 200; i++)
		interval_ns = exchange(self->source);
	EXPECT_GT(interval_ns, 64 * NS_PER_S);
	EXPECT_LE(interval_ns, 1024 * NS_PER_S);
	source_get_status(self->source, source_next_poll(self->source), &status);
	EXPECT_TRUE(status.has_estimate);
	EXPECT_EQ(255, status.reach);
	EXPECT_EQ(200, status.sent);
	EXPECT_EQ(200, status.received);
	EXPECT_GE(status.poll, 6);
	EXPECT_LE(status.poll, 10);
}

/* The mean interval of the second half of so many exchanges, in seconds. */
static double mean_interval_s(int polltarget, int64_t (*ask)(struct source *source))
{
	struct source_options aiming = options(0, 17, false);
	int64_t sum_ns = 0, interval_ns;
	struct source *source;
	int i;

	aiming.polltarget = polltarget;
	source = source_new(&aiming, START_NS);
	for (i = 0; i < 1000; i++) {
		interval_ns = ask(source);
		sum_ns += i < 500 ? 0 : interval_ns;
	}
	source_free(source);
	return (double)sum_ns / 500 / NS_PER_S;
}

/* It is in inverse proportion to what is aimed at. */
TEST(polltarget_stretches_the_interval)
{
	double usual_s = mean_interval_s(0, exchange);

	EXPECT_EQ(usual_s, mean_interval_s(8, exchange));
	EXPECT_LT(1.5, mean_interval_s(4, exchange) / usual_s);
	EXPECT_GT(3, mean_interval_s(4, exchange) / usual_s);
	EXPECT_GT(0.6, mean_interval_s(16, exchange) / usual_s);
	EXPECT_LT(0.3, mean_interval_s(16, exchange) / usual_s);
}

/* As exchange(), with queueing of up to 2 ms, of which so much is on the way to the server. */
static int64_t exchange_queued(struct source *source, double up_share)
{
	int64_t now_ns = source_next_poll(source);
	struct source_sample sample = sample_at(now_ns + 100000);
	int64_t queued_ns = now_ns / NS_PER_S * 7919 % 2000 * 1000;

	source_polled(source, now_ns);
	sample.delay_ns += queued_ns;
	sample.offset_ns += llrint((up_share - 0.5) * (double)queued_ns);
	source_add(source, now_ns + 2200000, &sample);
	return source_next_poll(source) - now_ns;
}

static int64_t exchange_queued_both_ways(struct source *source)
{
	return exchange_queued(source, 0.5);
}

static int64_t exchange_queued_one_way(struct source *source)
{
	return exchange_queued(source, 1);
}

/* Each sample shows the clock, by the other way: one more is worth a packet sooner. */
TEST(a_way_that_does_not_queue_is_worth_asking_more_often)
{
	double share = mean_interval_s(0, exchange_queued_one_way) /
		       mean_interval_s(0, exchange_queued_both_ways);

	EXPECT_LT(share, 0.5);
}

/*
 * As exchange(), @delay_ns at least away and with queueing of up to 4 us, of a clock that goes a
 * millisecond to and fro in a day.
 */
static int64_t exchange_wandering(struct source *source, int64_t delay_ns)
{
	int64_t now_ns = source_next_poll(source);
	struct source_sample sample = sample_at(now_ns + delay_ns / 2);
	int64_t queued_ns = now_ns / NS_PER_S * 7919 % 4000;

	source_polled(source, now_ns);
	sample.delay_ns = delay_ns + queued_ns;
	sample.offset_ns += llrint(1e6 * sin((double)now_ns / NS_PER_S / 13751));
	sample.offset_ns += queued_ns * (now_ns / NS_PER_S * 104729 % 1000 - 500) / 1000;
	source_add(source, now_ns + delay_ns + 4000, &sample);
	return source_next_poll(source) - now_ns;
}

static int64_t exchange_near(struct source *source)
{
	return exchange_wandering(source, 20000);
}

static int64_t exchange_far(struct source *source)
{
	return exchange_wandering(source, 2000000);
}

/*
 * The longer path may be uneven by more, so a sample is worth less there; but the path may as well
 * be even, and then it is worth all that it is on the short one.
 */
TEST(a_far_server_that_hardly_queues_is_not_asked_as_if_it_were_of_no_use)
{
	double ratio = mean_interval_s(0, exchange_far) / mean_interval_s(0, exchange_near);

	EXPECT_LT(1.2, ratio);
	EXPECT_GT(2, ratio);
}

static int64_t exchange_overseas(struct source *source)
{
	return exchange_wandering(source, 200000000);
}

/* What a path may hide grows with its length, but what the clock does meanwhile shows. */
TEST(how_far_a_server_that_hardly_queues_is_makes_no_difference)
{
	double ratio = mean_interval_s(0, exchange_overseas) / mean_interval_s(0, exchange_far);

	EXPECT_GT(1.1, ratio);
}

TEST(iburst_is_quick_and_ends)
{
	struct source_options quick = options(6, 10, true);
	struct source *source = source_new(&quick, START_NS);
	int i;

	for (i = 0; i < 3; i++)
		EXPECT_EQ(2 * NS_PER_S, exchange(source));
	for (; i < 20; i++)
		exchange(source);
	EXPECT_GE(exchange(source), 64 * NS_PER_S);
	source_free(source);
}

/* It is so many answers that a rate is learned from, and not so many requests. */
TEST(iburst_makes_up_for_what_was_lost)
{
	struct source_options quick = options(6, 10, true);
	struct source *source = source_new(&quick, START_NS);
	int64_t asked_ns = START_NS, longest_ns = 0;
	struct source_status status;
	int i;

	for (i = 0; asked_ns < START_NS + 240 * NS_PER_S; i++) {
		asked_ns = source_next_poll(source);
		if (i % 2) {
			source_polled(source, asked_ns);
			source_failed(source, asked_ns + NS_PER_S, -ETIMEDOUT);
		} else {
			exchange(source);
		}
		if (source_next_poll(source) - asked_ns > longest_ns)
			longest_ns = source_next_poll(source) - asked_ns;
	}
	EXPECT_LE(longest_ns, 64 * NS_PER_S);
	source_get_status(source, asked_ns, &status);
	EXPECT_GE(status.received, 11);
	EXPECT_LE(status.sent, 32);
	source_free(source);
}

/*
 * On the quietest network, too: what a rate is wrong by that was learned in a minute does not show
 * in the estimate's own error.
 */
TEST(interval_is_a_share_of_the_time_learned_from)
{
	struct source_options quick = options(6, 10, true);
	struct source *source = source_new(&quick, START_NS);
	int64_t interval_ns, longest_ns = 0;
	int round, i;

	for (round = 0; round < 2; round++) {
		int64_t from_ns = source_next_poll(source);

		for (i = 0; i < 80; i++) {
			int64_t learned_ns = source_next_poll(source) - from_ns;
			int64_t most_ns = learned_ns / 20 > 64 * NS_PER_S ? learned_ns / 20 :
									    64 * NS_PER_S;

			interval_ns = exchange(source);
			EXPECT_LE(interval_ns, most_ns + 1) TH_LOG("after %d samples", i);
			longest_ns = interval_ns > longest_ns ? interval_ns : longest_ns;
		}
		EXPECT_GT(longest_ns, 256 * NS_PER_S);
		/* Another reference: its rate is learned from now on. */
		source_change_reference(source, 1, &REFERENCE_REPLACED);
	}
	source_free(source);
}

TEST_F(source, never_answered_is_retried_ever_less_often)
{
	int64_t now_ns = START_NS, wait_ns, last_ns = 0;
	int i;

	for (i = 0; i < 20; i++) {
		source_polled(self->source, now_ns);
		source_failed(self->source, now_ns, -ENETUNREACH);
		wait_ns = source_next_poll(self->source) - now_ns;
		EXPECT_GE(wait_ns, last_ns);
		EXPECT_LE(wait_ns, 1024 * NS_PER_S);
		if (!i)
			EXPECT_EQ(NS_PER_S, wait_ns);
		last_ns = wait_ns;
		now_ns += wait_ns;
	}
	EXPECT_EQ(1024 * NS_PER_S, last_ns);
}

/* iburst's 2 s are not what a server is asked every that does not answer. */
TEST(the_poll_told_is_the_one_in_force)
{
	struct source_options quick = options(6, 10, true);
	struct source *source = source_new(&quick, START_NS);
	struct source_status status;
	int64_t now_ns = START_NS;
	int i;

	for (i = 0; i < 12; i++) {
		source_polled(source, now_ns);
		source_failed(source, now_ns, -ENETUNREACH);
		source_get_status(source, now_ns, &status);
		EXPECT_EQ(lrint(log2((double)(source_next_poll(source) - now_ns) / NS_PER_S)),
			  i ? status.poll : status.poll - 1);
		now_ns = source_next_poll(source);
	}
	EXPECT_LE(8, status.poll);
	source_free(source);
}

TEST_F(source, one_lost_packet_changes_nothing)
{
	int64_t next_ns;

	exchange(self->source);
	next_ns = source_next_poll(self->source);
	source_polled(self->source, next_ns);
	source_failed(self->source, next_ns + NS_PER_S, -ETIMEDOUT);
	EXPECT_EQ(next_ns + 64 * NS_PER_S, source_next_poll(self->source));
}

/* Not even a burst asks earlier than after a day; a reload does, and an answer ends it. */
TEST_F(source, denied_means_not_before_tomorrow)
{
	const int64_t day_ns = 86400 * NS_PER_S;
	struct source_status status;

	source_polled(self->source, START_NS);
	source_kissed(self->source, START_NS, SOURCE_KISS_DENY);
	EXPECT_TRUE(source_is_refused(self->source));
	EXPECT_EQ(START_NS + day_ns, source_next_poll(self->source));
	source_burst(self->source, START_NS, 4, true);
	EXPECT_EQ(START_NS + day_ns, source_next_poll(self->source));
	source_kissed(self->source, START_NS + day_ns, SOURCE_KISS_RSTR);
	EXPECT_EQ(START_NS + 2 * day_ns, source_next_poll(self->source));

	source_forgive(self->source, START_NS + day_ns + NS_PER_S);
	EXPECT_FALSE(source_is_refused(self->source));
	EXPECT_EQ(START_NS + day_ns + NS_PER_S, source_next_poll(self->source));

	source_kissed(self->source, START_NS + 2 * day_ns, SOURCE_KISS_DENY);
	EXPECT_GT(day_ns, exchange(self->source));
	EXPECT_FALSE(source_is_refused(self->source));
	source_get_status(self->source, source_next_poll(self->source), &status);
	EXPECT_EQ(0, status.kiss);
}

TEST_F(source, rate_means_less_often)
{
	source_polled(self->source, START_NS);
	source_kissed(self->source, START_NS, SOURCE_KISS_RATE);
	EXPECT_GE(source_next_poll(self->source), START_NS + 128 * NS_PER_S);
	exchange(self->source);
	EXPECT_GE(exchange(self->source), 128 * NS_PER_S);
}

/* Whatever wants a request at once: a reload, a new route, a disruption, a retry. */
TEST_F(source, rate_is_respected_by_all_who_are_in_a_hurry)
{
	int64_t earliest_ns = START_NS + 128 * NS_PER_S, now_ns;
	int i;

	source_polled(self->source, START_NS);
	source_kissed(self->source, START_NS, SOURCE_KISS_RATE);
	source_burst(self->source, START_NS + NS_PER_S, 4, true);
	EXPECT_LE(earliest_ns, source_next_poll(self->source));
	source_change_reference(self->source, 2, &REFERENCE_JUMPED);
	source_failed(self->source, START_NS + 2 * NS_PER_S, -ENETUNREACH);
	EXPECT_LE(earliest_ns, source_next_poll(self->source));
	source_forgive(self->source, START_NS + 3 * NS_PER_S);
	EXPECT_LE(earliest_ns, source_next_poll(self->source));

	/* Nor are those of a burst 2 s apart any more, answered or not. */
	for (i = 0; i < 6; i++) {
		now_ns = source_next_poll(self->source);
		source_burst(self->source, now_ns, 4, true);
		source_polled(self->source, now_ns);
		if (i > 2)
			source_failed(self->source, now_ns + NS_PER_S, -ETIMEDOUT);
		EXPECT_LE(now_ns + 128 * NS_PER_S, source_next_poll(self->source));
	}
}

/* A disruption ends a wait that has doubled, but minpoll, which RATE has raised, still holds. */
TEST_F(source, a_disruption_cuts_the_rest_that_rate_asked_for)
{
	struct source_status status;
	int64_t asked_ns;

	source_get_record(self->source, &status);
	EXPECT_FALSE(source_status_is_limited(&status));
	source_cut_rest(self->source);
	EXPECT_EQ(START_NS, source_next_poll(self->source));
	source_polled(self->source, START_NS);
	source_kissed(self->source, START_NS, SOURCE_KISS_RATE);
	asked_ns = source_next_poll(self->source);
	source_polled(self->source, asked_ns);
	source_kissed(self->source, asked_ns, SOURCE_KISS_RATE);
	source_get_record(self->source, &status);
	EXPECT_TRUE(source_status_is_limited(&status));
	EXPECT_EQ(2, status.kisses);

	source_burst(self->source, asked_ns + NS_PER_S, 4, true);
	EXPECT_LE(asked_ns + 512 * NS_PER_S, source_next_poll(self->source));
	source_cut_rest(self->source);
	EXPECT_EQ(asked_ns + 256 * NS_PER_S, source_next_poll(self->source));
	/* The next one doubles the wait again. */
	asked_ns += 256 * NS_PER_S;
	source_polled(self->source, asked_ns);
	source_kissed(self->source, asked_ns, SOURCE_KISS_RATE);
	EXPECT_LE(asked_ns + 1024 * NS_PER_S, source_next_poll(self->source));
}

TEST_F(source, a_refusal_and_what_another_was_told_are_not_cut_short)
{
	source_hold_back(self->source, SOURCE_KISS_RATE, START_NS + 100 * NS_PER_S);
	source_cut_rest(self->source);
	EXPECT_EQ(START_NS + 100 * NS_PER_S, source_next_poll(self->source));
	source_polled(self->source, START_NS + 100 * NS_PER_S);
	source_kissed(self->source, START_NS + 100 * NS_PER_S, SOURCE_KISS_DENY);
	source_cut_rest(self->source);
	EXPECT_LE(START_NS + 86400 * NS_PER_S, source_next_poll(self->source));
}

TEST_F(source, rate_again_doubles_the_wait)
{
	int64_t now_ns = START_NS, wait_ns, last_ns = 0;
	int i;

	for (i = 0; i < 40; i++) {
		source_polled(self->source, now_ns);
		source_kissed(self->source, now_ns, SOURCE_KISS_RATE);
		wait_ns = source_next_poll(self->source) - now_ns;
		EXPECT_GE(wait_ns, i < 6 ? 2 * last_ns : last_ns);
		EXPECT_LE(wait_ns, 86400 * NS_PER_S);
		last_ns = wait_ns;
		now_ns += wait_ns;
	}
	EXPECT_EQ(86400 * NS_PER_S, last_ns);
}

/* Where minpoll is maxpoll there is nothing to raise but both. */
TEST(rate_raises_maxpoll_too)
{
	struct source_options fixed = options(4, 4, true);
	struct source *source = source_new(&fixed, START_NS);

	source_polled(source, START_NS);
	source_kissed(source, START_NS, SOURCE_KISS_RATE);
	exchange(source);
	EXPECT_LE(32 * NS_PER_S, exchange(source));
	source_free(source);
}

/* The server was asked by another source, or by this name's source before it was replaced. */
TEST_F(source, holds_back_for_what_another_was_told)
{
	source_hold_back(self->source, SOURCE_KISS_RATE, START_NS + 100 * NS_PER_S);
	EXPECT_EQ(START_NS + 100 * NS_PER_S, source_next_poll(self->source));
	source_burst(self->source, START_NS, 4, true);
	EXPECT_EQ(START_NS + 100 * NS_PER_S, source_next_poll(self->source));
	EXPECT_LE(64 * NS_PER_S, exchange(self->source));
}

/* A server that is not synchronised: 2 s later, and then at minpoll; not 1 s later. */
TEST_F(source, an_answer_of_no_use_is_followed_up_slowly)
{
	int64_t now_ns = START_NS;
	int i;

	for (i = 0; i < 12; i++) {
		source_polled(self->source, now_ns);
		source_failed(self->source, now_ns, -EPROTO);
		EXPECT_EQ(now_ns + (i ? 64 : 2) * NS_PER_S, source_next_poll(self->source));
		now_ns = source_next_poll(self->source);
	}
	exchange(self->source);
	now_ns = source_next_poll(self->source);
	source_polled(self->source, now_ns);
	source_failed(self->source, now_ns, -EBADMSG);
	EXPECT_EQ(now_ns + 2 * NS_PER_S, source_next_poll(self->source));
}

/* maxdelay is there to refuse some answers, and no reason to ask more often than without it. */
TEST_F(source, an_answer_beyond_maxdelay_keeps_the_pace)
{
	int64_t now_ns = START_NS, interval_ns;
	int i;

	for (i = 0; i < 3; i++) {
		source_polled(self->source, now_ns);
		source_failed(self->source, now_ns + NS_PER_S, -ETIME);
		EXPECT_EQ(now_ns + 64 * NS_PER_S, source_next_poll(self->source));
		now_ns = source_next_poll(self->source);
	}
	for (i = 0; i < 100; i++)
		interval_ns = exchange(self->source);
	EXPECT_LT(64 * NS_PER_S, interval_ns);
	for (i = 0; i < 12; i++) {
		now_ns = source_next_poll(self->source);
		source_polled(self->source, now_ns);
		source_failed(self->source, now_ns + NS_PER_S, -ETIME);
		EXPECT_EQ(now_ns + interval_ns, source_next_poll(self->source));
	}
}

static const struct source_sample *overlong(const struct source *source)
{
	struct source_status status;

	source_get_record(source, &status);
	return status.overlong;
}

/* An answer that maxdelay refuses is the latest word until there is a sample, or it is too old. */
TEST_F(source, an_answer_beyond_maxdelay_is_kept_for_eight_requests)
{
	struct source_sample sample = sample_at(START_NS);
	int i;

	EXPECT_EQ(NULL, overlong(self->source));
	exchange(self->source);
	EXPECT_EQ(NULL, overlong(self->source));
	source_note_overlong(self->source, &sample);
	ASSERT_NE(NULL, overlong(self->source));
	EXPECT_EQ(sample.offset_ns, overlong(self->source)->offset_ns);
	exchange(self->source);
	EXPECT_EQ(NULL, overlong(self->source));
	source_note_overlong(self->source, &sample);
	for (i = 0; i < 8; i++) {
		EXPECT_NE(NULL, overlong(self->source));
		source_polled(self->source, START_NS + (100 + i) * NS_PER_S);
	}
	EXPECT_EQ(NULL, overlong(self->source));
	/* Of nonsense, and of another epoch, nothing is kept. */
	sample.epoch = 2;
	source_note_overlong(self->source, &sample);
	EXPECT_EQ(NULL, overlong(self->source));
	sample.epoch = 1;
	sample.root_dispersion_ns = -1;
	source_note_overlong(self->source, &sample);
	EXPECT_EQ(NULL, overlong(self->source));
}

/* Others answer in time, but it does answer: when all samples become void it is not silent. */
TEST_F(source, an_answer_beyond_maxdelay_may_come_again)
{
	struct source_sample sample = sample_at(START_NS);
	struct source_status status;
	int i, late;

	for (late = 0; late < 2; late++) {
		exchange(self->source);
		for (i = 0; i < 16; i++) {
			int64_t now_ns = source_next_poll(self->source);

			source_polled(self->source, now_ns);
			if (late)
				source_note_overlong(self->source, &sample);
			source_failed(self->source, now_ns, -ETIME);
			source_others_answered(self->source, now_ns + 2 * NS_PER_S);
		}
		source_get_record(self->source, &status);
		EXPECT_TRUE(status.lost);
		source_change_reference(self->source, 1, &REFERENCE_JUMPED);
		source_get_record(self->source, &status);
		EXPECT_EQ(!late, status.lost);
	}
}

TEST_F(source, an_answer_beyond_maxdelay_is_converted_with_the_reference)
{
	const struct reference_change change = { .at_ns = START_NS, .shift_ns = 5000 };
	struct source_sample sample = sample_at(START_NS);

	exchange(self->source);
	source_note_overlong(self->source, &sample);
	source_change_reference(self->source, 2, &change);
	ASSERT_NE(NULL, overlong(self->source));
	EXPECT_EQ(START_NS + 5000, overlong(self->source)->at_ns);
	EXPECT_EQ(sample.offset_ns - 5000, overlong(self->source)->offset_ns);
	source_change_reference(self->source, 3, &REFERENCE_JUMPED);
	EXPECT_EQ(NULL, overlong(self->source));
}

/* The server's time is corrected as configured, however long its answer took. */
TEST(an_answer_beyond_maxdelay_is_corrected_as_configured)
{
	struct source_options ahead = options(6, 10, false);
	struct source_sample sample = sample_at(START_NS);
	struct source *source;

	ahead.offset_s = -0.5;
	source = source_new(&ahead, START_NS);
	source_note_overlong(source, &sample);
	ASSERT_NE(NULL, overlong(source));
	EXPECT_EQ(sample.offset_ns - NS_PER_S / 2, overlong(source)->offset_ns);
	source_free(source);
}

/* The answers that were on their way while the guest stood still took as long as that. */
TEST_F(source, answer_beyond_maxdelay_after_a_disruption_is_followed_up)
{
	int64_t now_ns;
	int i;

	for (i = 0; i < 10; i++)
		exchange(self->source);
	source_change_reference(self->source, 2, &REFERENCE_JUMPED);
	now_ns = source_next_poll(self->source);
	source_burst(self->source, now_ns, 2, true);
	for (i = 0; i < 6; i++) {
		now_ns = source_next_poll(self->source);
		source_polled(self->source, now_ns);
		source_failed(self->source, now_ns + NS_PER_S, -ETIME);
		EXPECT_EQ(i < 5, source_next_poll(self->source) == now_ns + 2 * NS_PER_S);
	}
	EXPECT_EQ(now_ns + 64 * NS_PER_S, source_next_poll(self->source));
}

/* With iburst the first four answers without a sample are followed up soon. */
static void expect_four_quick_requests(struct __test_metadata *_metadata, int error)
{
	struct source_options quick = options(6, 10, true);
	struct source *source = source_new(&quick, START_NS);
	int64_t now_ns = START_NS;
	int i;

	for (i = 0; i < 8; i++) {
		source_polled(source, now_ns);
		source_failed(source, now_ns, error);
		EXPECT_EQ(now_ns + (i < 4 ? 2 : 64) * NS_PER_S, source_next_poll(source));
		now_ns = source_next_poll(source);
	}
	source_free(source);
}

TEST(iburst_makes_up_for_a_few_answers_beyond_maxdelay)
{
	expect_four_quick_requests(_metadata, -ETIME);
}

TEST(iburst_waits_a_little_for_a_server_to_have_the_time)
{
	expect_four_quick_requests(_metadata, -EPROTO);
}

TEST_F(source, burst_asks_now_and_soon_again)
{
	exchange(self->source);
	source_burst(self->source, START_NS + 10 * NS_PER_S, 3, true);
	EXPECT_EQ(START_NS + 10 * NS_PER_S, source_next_poll(self->source));
	EXPECT_EQ(2 * NS_PER_S, exchange(self->source));
	EXPECT_EQ(2 * NS_PER_S, exchange(self->source));
	EXPECT_GE(exchange(self->source), 64 * NS_PER_S);
}

/* A contradiction shows in an answer: the server that gave it is not asked again at once. */
TEST_F(source, burst_does_not_press_who_has_just_answered)
{
	int64_t now_ns;

	exchange(self->source);
	now_ns = source_next_poll(self->source);
	exchange(self->source);
	source_burst(self->source, now_ns + NS_PER_S / 100, 3, false);
	EXPECT_EQ(now_ns + 2 * NS_PER_S, source_next_poll(self->source));
	/* What it said is void, because of what it said. */
	source_change_reference(self->source, 2, &REFERENCE_JUMPED);
	source_burst(self->source, now_ns + NS_PER_S / 100, 3, false);
	EXPECT_EQ(now_ns + 2 * NS_PER_S, source_next_poll(self->source));
	/* Somebody else says so: it may have said it long ago. */
	source_burst(self->source, now_ns + NS_PER_S, 3, true);
	EXPECT_EQ(now_ns + NS_PER_S, source_next_poll(self->source));
}

/* The network is there some time after the disruption, and the next poll would be far off. */
TEST_F(source, unanswered_since_a_disruption_is_tried_again_soon)
{
	int64_t now_ns, wait_ns;
	int i;

	exchange(self->source);
	now_ns = START_NS + 10 * NS_PER_S;
	source_change_reference(self->source, 2, &REFERENCE_JUMPED);
	source_burst(self->source, now_ns, 2, true);
	source_polled(self->source, now_ns);
	source_failed(self->source, now_ns + NS_PER_S, -ETIMEDOUT);
	EXPECT_EQ(now_ns + 2 * NS_PER_S, source_next_poll(self->source));
	for (i = 0; i < 4; i++) {
		now_ns = source_next_poll(self->source);
		source_polled(self->source, now_ns);
		source_failed(self->source, now_ns + NS_PER_S, -ETIMEDOUT);
		wait_ns = source_next_poll(self->source) - now_ns;
		EXPECT_EQ((1 + (2 << i)) * NS_PER_S, wait_ns);
	}
}

/* Its server, or this machine, stood still: it says little, and the next poll would be far off. */
TEST_F(source, an_answer_that_is_late_is_asked_for_again)
{
	int64_t now_ns = START_NS + 10 * NS_PER_S;
	struct source_sample late;
	int i;

	source_change_reference(self->source, 2, &REFERENCE_JUMPED);
	source_burst(self->source, now_ns, 1, true);
	/* What was lost before says nothing of a server that answers now. */
	for (i = 0; i < 3; i++) {
		source_polled(self->source, now_ns);
		source_failed(self->source, now_ns + NS_PER_S, -ETIMEDOUT);
		now_ns = source_next_poll(self->source);
	}
	for (i = 0; i < 4; i++) {
		source_polled(self->source, now_ns);
		late = sample_at(now_ns);
		late.epoch = 2;
		late.delay_ns = 5 * NS_PER_S;
		now_ns += 5 * NS_PER_S;
		ASSERT_EQ(0, source_add(self->source, now_ns, &late));
		EXPECT_EQ(now_ns + (2LL << i) * NS_PER_S, source_next_poll(self->source));
		now_ns = source_next_poll(self->source);
	}
}

TEST_F(source, refuses_what_cannot_be)
{
	struct source_sample good = sample_at(START_NS);
	struct source_sample bad;

	bad = good;
	bad.delay_ns = -1;
	EXPECT_EQ(-EINVAL, source_add(self->source, START_NS, &bad));
	bad = good;
	bad.root_delay_ns = -1;
	EXPECT_EQ(-EINVAL, source_add(self->source, START_NS, &bad));
	bad = good;
	bad.root_dispersion_ns = INT64_MAX;
	EXPECT_EQ(-EINVAL, source_add(self->source, START_NS, &bad));
	bad = good;
	bad.stratum = 0;
	EXPECT_EQ(-EINVAL, source_add(self->source, START_NS, &bad));
	bad.stratum = 16;
	EXPECT_EQ(-EINVAL, source_add(self->source, START_NS, &bad));
	bad = good;
	bad.leap = 3;
	EXPECT_EQ(-EINVAL, source_add(self->source, START_NS, &bad));
	EXPECT_EQ(0, source_add(self->source, START_NS, &good));
	bad = good;
	bad.epoch = 2;
	bad.at_ns++;
	EXPECT_EQ(-ESTALE, source_add(self->source, START_NS, &bad));
}

TEST_F(source, distance_holds_root_and_path)
{
	struct source_sample sample = sample_at(START_NS);
	struct source_status status;

	source_add(self->source, START_NS, &sample);
	source_get_status(self->source, START_NS, &status);
	EXPECT_GE(status.root_distance_ns, 500000 + 50000 + 100000);
	EXPECT_EQ(200000, status.minimum_delay_ns);
}

/* One of the two is wrong, and the truth may be with either. */
TEST_F(source, distance_reaches_a_sample_that_contradicts)
{
	struct source_status before, after;
	struct source_sample sample;
	int64_t now_ns;
	int i;

	for (i = 0; i < 20; i++)
		exchange(self->source);
	now_ns = source_next_poll(self->source);
	source_get_status(self->source, now_ns, &before);
	sample = sample_at(now_ns);
	sample.offset_ns += 40000000;
	source_polled(self->source, now_ns);
	ASSERT_EQ(0, source_add(self->source, now_ns, &sample));
	source_get_status(self->source, now_ns, &after);
	EXPECT_LT(before.root_distance_ns, 2000000);
	EXPECT_GE((double)after.estimate.offset_ns + after.root_distance_ns,
		  (double)sample.offset_ns);
	/* When the next ones do not, it was that one. */
	for (i = 0; i < 4; i++)
		exchange(self->source);
	source_get_status(self->source, source_next_poll(self->source), &after);
	EXPECT_LT(after.root_distance_ns, 2000000);
}

/*
 * A server that is right, with a first round trip of which @share was spent on the way there, and
 * later a second one, all of which was.
 */
static void answer_twice(struct source *source, int64_t first_ns, double share, int64_t second_ns,
			 int64_t gap_s)
{
	struct source_sample sample = {
		.at_ns = START_NS, .stratum = 1, .delay_ns = first_ns,
		.offset_ns = llrint((0.5 - share) * (double)first_ns),
	};

	source_polled(source, START_NS);
	source_add(source, START_NS, &sample);
	sample.at_ns += gap_s * NS_PER_S;
	sample.delay_ns = second_ns;
	sample.offset_ns = -second_ns / 2;
	source_polled(source, sample.at_ns);
	source_add(source, sample.at_ns, &sample);
}

/*
 * Two round trips that were spent on different ways look like a rate. For as long as they are all
 * that is known, the truth is anywhere in the second one.
 */
TEST(distance_reaches_where_two_round_trips_allow)
{
	static const int64_t first_ns[] = { 1104, 100000, 10000000 };
	static const int64_t second_ns[] = { 66362, 3000000, 200000000 };
	static const double shares[] = { 0, 0.5, 0.68, 1 };
	static const int64_t gaps_s[] = { 2, 21, 64 };
	struct source_options plain = options(6, 10, false);
	int drawn;

	for (drawn = 0; drawn < 3 * 3 * 4 * 3 * 4; drawn++) {
		struct source *source = source_new(&plain, START_NS);
		int64_t gap_s = gaps_s[drawn % 3], least_ns = first_ns[drawn / 3 % 3];
		int64_t longer_ns = second_ns[drawn / 9 % 3];
		double share = shares[drawn / 27 % 4];
		int64_t later_ns = gap_s * NS_PER_S / 3 * (drawn / 108);
		struct source_status status;

		ASSERT_NE(NULL, source);
		if (longer_ns < least_ns)
			longer_ns += least_ns;
		answer_twice(source, least_ns, share, longer_ns, gap_s);
		source_get_status(source, START_NS + gap_s * NS_PER_S + later_ns, &status);
		EXPECT_LE(fabs((double)status.estimate.offset_ns), status.root_distance_ns + 1)
			TH_LOG("%lld ns (%g one way), after %lld s %lld ns, %lld later: sigma %g",
			       (long long)least_ns, share, (long long)gap_s, (long long)longer_ns,
			       (long long)later_ns, status.estimate.sigma_ns);
		source_free(source);
	}
}

/*
 * All is known of the path, but after a gap of unknown length nothing of the clock: the truth is
 * anywhere in the first answer, also if all of its queueing was on one way.
 */
TEST(distance_reaches_all_that_the_first_answer_after_a_gap_allows)
{
	const struct reference_change change = {
		.at_ns = START_NS + 2000 * NS_PER_S, .shift_sigma_ns = 600e6,
	};
	struct source_options plain = options(6, 10, false);
	int64_t queued_ns;
	int side;

	for (queued_ns = 1000000; queued_ns < 100000000; queued_ns *= 2) {
		for (side = -1; side <= 1; side += 2) {
			struct source *source = source_new(&plain, START_NS);
			struct source_sample sample = sample_at(START_NS + 2064 * NS_PER_S);
			struct source_status status;

			ASSERT_NE(NULL, source);
			while (source_next_poll(source) < change.at_ns)
				exchange(source);
			source_change_reference(source, 1, &change);
			sample.delay_ns += queued_ns;
			sample.offset_ns += side * queued_ns / 2;
			sample.root_delay_ns = 0;
			sample.root_dispersion_ns = 0;
			source_polled(source, sample.at_ns);
			ASSERT_EQ(0, source_add(source, sample.at_ns, &sample));
			source_get_status(source, sample.at_ns, &status);
			EXPECT_LE(fabs((double)(status.estimate.offset_ns - 123456789)),
				  status.root_distance_ns + 1)
				TH_LOG("%lld ns, side %d", (long long)queued_ns, side);
			source_free(source);
		}
	}
}

/* For four minutes the way there was full, then the way back. Found by the fuzzer. */
static const struct {
	int64_t at_s, offset_ns, delay_ns;
} full_ways[] = {
	{ 0, 39010906, 208058167 }, { 49, 39010906, 208058167 },
	{ 98, 39010906, 208058167 }, { 147, 39010906, 208058167 },
	{ 196, 39010906, 208058167 }, { 245, 24796702, 51609399 },
	{ 309, -61797171, 123594343 }, { 310, 30748304, 231516647 },
};

/*
 * The first answers have taught a wrong asymmetry, but no clock is where one of the round trips
 * cannot have been.
 */
TEST_F(source, distance_reaches_what_round_trips_leave)
{
	struct source_status status;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(full_ways); i++) {
		struct source_sample sample = {
			.at_ns = START_NS + full_ways[i].at_s * NS_PER_S, .stratum = 1,
			.offset_ns = full_ways[i].offset_ns, .delay_ns = full_ways[i].delay_ns,
		};

		source_polled(self->source, sample.at_ns);
		ASSERT_EQ(0, source_add(self->source, sample.at_ns, &sample));
		source_get_status(self->source, sample.at_ns, &status);
		EXPECT_LE(fabs((double)status.estimate.offset_ns), status.root_distance_ns)
			TH_LOG("after %lld s", (long long)full_ways[i].at_s);
	}
}

/* What round trips leave they leave also where the reference is set, by 1 s after each of them. */
TEST_F(source, distance_reaches_what_round_trips_before_a_change_leave)
{
	const struct reference_change change = { .shift_ns = NS_PER_S };
	struct source_status status;
	int64_t set_ns = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(full_ways); i++) {
		int64_t raw_ns = START_NS + full_ways[i].at_s * NS_PER_S;
		struct source_sample sample = {
			.at_ns = raw_ns + set_ns, .offset_ns = full_ways[i].offset_ns - set_ns,
			.delay_ns = full_ways[i].delay_ns, .stratum = 1, .epoch = i,
		};

		source_polled(self->source, raw_ns);
		ASSERT_EQ(0, source_add(self->source, raw_ns, &sample));
		source_change_reference(self->source, i + 1, &change);
		set_ns += change.shift_ns;
		source_get_status(self->source, raw_ns + set_ns, &status);
		EXPECT_LE(fabs((double)(status.estimate.offset_ns + set_ns)),
			  status.root_distance_ns)
			TH_LOG("after %lld s", (long long)full_ways[i].at_s);
	}
}

/*
 * Jitter of 8.8 ms on a way of 0.07, asked every 2 s: within a minute the samples looked like a
 * rate of 30 ppm, and then one of them like a clock 1.65 ms off, 8 of its standard errors. The
 * truth is at 0.
 */
TEST_F(source, distance_reaches_what_all_round_trips_allow)
{
	static const struct {
		int64_t at_ms, offset_ns, delay_ns;
	} answers[] = {
		{ 6, 1460700, 11124700 }, { 2012, -3303100, 24672600 },
		{ 4014, 10120500, 28862300 }, { 6010, -3737800, 19786300 },
		{ 8006, -3088300, 11620000 }, { 10005, -2924150, 9063900 },
		{ 12002, 497500, 3717800 }, { 14002, 1334800, 4659000 },
		{ 16003, 2809050, 5946100 }, { 18004, 2175100, 8119100 },
		{ 20001, 280950, 1018900 }, { 22023, -22079350, 45473400 },
		{ 24007, -6784350, 13726200 }, { 26004, 1885100, 7242600 },
		{ 28003, -543750, 5559000 }, { 30004, -256100, 7040800 },
		{ 32012, 10764800, 23658100 }, { 34007, -1005750, 14893600 },
		{ 36004, 2420300, 7288200 }, { 38019, -8238050, 37526400 },
		{ 40013, 1679250, 25324500 }, { 42019, -266450, 38250800 },
		{ 44002, -1686400, 4898000 }, { 46003, -2779950, 6973000 },
		{ 48007, -1431350, 14773200 }, { 50011, -4796050, 22677400 },
		{ 52011, 2396050, 22142000 }, { 54003, -2270950, 6498400 },
		{ 56004, -3279000, 7668500 }, { 58011, 4881250, 22914100 },
		{ 60010, 6248300, 19378100 }, { 62001, -544650, 2905700 },
	};
	struct source_status status;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(answers); i++) {
		struct source_sample sample = {
			.at_ns = START_NS + answers[i].at_ms * (NS_PER_S / 1000), .stratum = 1,
			.offset_ns = answers[i].offset_ns, .delay_ns = answers[i].delay_ns,
		};

		source_polled(self->source, sample.at_ns);
		ASSERT_EQ(0, source_add(self->source, sample.at_ns, &sample));
		source_get_status(self->source, sample.at_ns, &status);
		EXPECT_LE(fabs((double)status.estimate.offset_ns), status.root_distance_ns)
			TH_LOG("after %lld ms", (long long)answers[i].at_ms);
	}
}

/*
 * A rate that is known for long may have become another one at the latest sample, by what the
 * operator allows for.
 */
TEST(distance_allows_for_a_rate_that_jumps)
{
	struct source_options steady = options(6, 6, false), jumps = steady;
	struct source_status before, after;
	int i;

	jumps.maxclockerror = 1e-6;
	for (i = 0; i < 2; i++) {
		struct source *source = source_new(i ? &jumps : &steady, START_NS);
		int64_t last_ns = START_NS;

		ASSERT_NE(NULL, source);
		while (last_ns < START_NS + 20000 * NS_PER_S) {
			last_ns = source_next_poll(source);
			exchange(source);
		}
		source_get_status(source, last_ns + NS_PER_S, &before);
		source_get_status(source, last_ns + 1001 * NS_PER_S, &after);
		EXPECT_GT(700000, before.root_distance_ns);
		EXPECT_LE(i ? 600000 + 1000000 : 0, after.root_distance_ns);
		EXPECT_GT(i ? 2000000 : 1500000, after.root_distance_ns);
		source_free(source);
	}
}

/* A reading every 16 s, off by up to 100 ns either way, of a clock that has run off by @off_ns. */
static int64_t read_refclock(struct source *source, int64_t off_ns)
{
	int64_t now_ns = source_next_poll(source);
	struct source_sample sample = {
		.at_ns = now_ns,
		.offset_ns = off_ns + now_ns / NS_PER_S / 16 * 7919 % 201 - 100,
		.epoch = 1,
	};

	source_polled(source, now_ns);
	source_add(source, now_ns, &sample);
	return now_ns;
}

static double distance_at(const struct source *source, int64_t at_ns)
{
	struct source_status status;

	source_get_status(source, at_ns, &status);
	return status.root_distance_ns;
}

static struct source *new_refclock(double maxclockerror)
{
	struct source_options refclock = options(4, 4, false);
	struct source *source;
	int i;

	refclock.kind = SOURCE_REFCLOCK;
	refclock.maxclockerror = maxclockerror;
	source = source_new(&refclock, START_NS);
	for (i = 0; source && i < 1000; i++)
		read_refclock(source, 0);
	return source;
}

/* Since its latest reading nobody knows whether the rate has changed. */
TEST(distance_of_a_refclock_grows_by_what_its_rate_may_do)
{
	const double by[] = { 1e-6, 1e-7 };
	int i;

	for (i = 0; i < 2; i++) {
		struct source *source = new_refclock(by[i]);
		int64_t last_ns;

		ASSERT_NE(NULL, source);
		last_ns = read_refclock(source, 0);
		EXPECT_GT(800, distance_at(source, last_ns));
		EXPECT_LE(by[i] * 16e9, distance_at(source, last_ns + 16 * NS_PER_S));
		EXPECT_GT(by[i] * 16e9 + 800, distance_at(source, last_ns + 16 * NS_PER_S));
		source_free(source);
	}
}

/* The rate became another one in the middle between two readings, and the next one shows it. */
TEST(distance_of_a_refclock_reaches_as_far_as_its_reading)
{
	struct source *source = new_refclock(1e-6);
	int64_t last_ns;
	int i;

	ASSERT_NE(NULL, source);
	for (i = 0; i < 6; i++) {
		int64_t off_ns = 7200 + 14400 * i;
		struct source_status status;

		last_ns = read_refclock(source, off_ns);
		source_get_status(source, last_ns, &status);
		EXPECT_LE(fabs((double)(off_ns - status.estimate.offset_ns)),
			  status.root_distance_ns);
		source_get_status(source, last_ns + 16 * NS_PER_S, &status);
		EXPECT_LE(fabs((double)(off_ns + 14400 - status.estimate.offset_ns)),
			  status.root_distance_ns);
	}
	source_free(source);
}

/* By what unslewed host time has followed since the reading it says less, too. */
TEST(distance_of_a_refclock_grows_by_what_was_followed)
{
	struct source *source = new_refclock(1e-6);
	int64_t last_ns;
	double before_ns;

	ASSERT_NE(NULL, source);
	last_ns = read_refclock(source, 0);
	before_ns = distance_at(source, last_ns + 16 * NS_PER_S);
	source_set_followed(source, 5000);
	EXPECT_LE(before_ns + 4900, distance_at(source, last_ns + 16 * NS_PER_S));
	source_free(source);
}

/* What happens to a clock, @at_s after the start: its offset jumps, or its rate. */
struct clock_jump {
	double at_s;
	double offset_s;
	double rate;
};

static double jumped_ns(const struct clock_jump *jump, int64_t at_ns)
{
	double ago_ns = (double)(at_ns - START_NS) - jump->at_s * NS_PER_S;

	return ago_ns < 0 ? 0 : jump->offset_s * NS_PER_S + jump->rate * ago_ns;
}

/*
 * Answers until so long after the start. Returns how far the truth may be from the estimate by the
 * time of the next request, or -1: that does not reach the truth.
 */
static int64_t distance_after(struct source *source, const struct clock_jump *jump, double until_s)
{
	struct source_status status = { .root_distance_ns = -1 };
	int64_t now_ns = source_next_poll(source);
	double off_ns;

	while (now_ns < START_NS + until_s * NS_PER_S) {
		struct source_sample sample = sample_at(now_ns + 100000);

		sample.offset_ns += llrint(jumped_ns(jump, sample.at_ns));
		sample.delay_ns += now_ns / NS_PER_S * 7919 % 20000;
		source_polled(source, now_ns);
		source_add(source, now_ns + 200000, &sample);
		now_ns = source_next_poll(source);
	}
	source_get_status(source, now_ns, &status);
	off_ns = (double)(status.estimate.offset_ns - sample_at(now_ns).offset_ns) -
		 jumped_ns(jump, now_ns);
	return fabs(off_ns) > (double)status.root_distance_ns ? -1 : status.root_distance_ns;
}

static struct source *new_source_that_may_jump(int minpoll, int maxpoll)
{
	struct source_options plain = options(minpoll, maxpoll, false);

	plain.maxclockerror = 1e-6;
	return source_new(&plain, START_NS);
}

/*
 * A clock that nobody has told to be reverted is suddenly wrong. That is no rate, and the next
 * answers say where it is now: a minute or two later it is known as well as before.
 */
TEST(an_offset_that_jumps_leaves_the_distance_as_it_was)
{
	static const double by_s[] = { 0.002, 0.1, 1, 60, 7200, -40000, 1e7 };
	static const double at_s[] = { 2, 6, 10, 14, 30, 62, 126, 1002, 5002 };
	size_t i, k;

	for (i = 0; i < ARRAY_SIZE(by_s); i++) {
		for (k = 0; k < ARRAY_SIZE(at_s); k++) {
			const struct clock_jump jump = { .at_s = at_s[k], .offset_s = by_s[i] };
			struct source *source = new_source_that_may_jump(2, 2);
			int64_t distance_ns;

			ASSERT_NE(NULL, source);
			distance_ns = distance_after(source, &jump, at_s[k] + 120);
			EXPECT_LT(600000, distance_ns)
				TH_LOG("by %g s after %g s", by_s[i], at_s[k]);
			EXPECT_GT(750000, distance_ns)
				TH_LOG("by %g s after %g s", by_s[i], at_s[k]);
			source_free(source);
		}
	}
}

/*
 * One jump of the rate, which may never come again: for some hours the bound allows for another one
 * from one request to the next, and then it is that of a clock that has never jumped.
 */
TEST(one_rate_that_jumps_widens_the_distance_for_hours)
{
	static const double ppm[] = { 3, 10, 50, 100, 300 };
	const struct clock_jump none = { .at_s = 0 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ppm); i++) {
		const struct clock_jump jump = { .at_s = 15000, .rate = ppm[i] * 1e-6 };
		struct source *source = new_source_that_may_jump(6, 10);
		struct source *steady = new_source_that_may_jump(6, 10);
		int64_t distance_ns, steady_ns;

		ASSERT_NE(NULL, source);
		ASSERT_NE(NULL, steady);
		distance_ns = distance_after(source, &jump, 20000);
		EXPECT_LT(0, distance_ns) TH_LOG("%g ppm", ppm[i]);
		EXPECT_GT(1000000 + ppm[i] * 70 * 1000, distance_ns) TH_LOG("%g ppm", ppm[i]);
		distance_ns = distance_after(source, &jump, 15000 + 5 * 3600);
		steady_ns = distance_after(steady, &none, 15000 + 5 * 3600);
		EXPECT_LT(0, distance_ns) TH_LOG("%g ppm", ppm[i]);
		EXPECT_GT(1.1 * (double)steady_ns, distance_ns) TH_LOG("%g ppm", ppm[i]);
		source_free(source);
		source_free(steady);
	}
}

/*
 * A clock whose rate has jumped by 50 ppm is asked more often from then on: what it does at once
 * again is more than what it does in an hour of wandering.
 */
TEST(asks_more_often_once_the_rate_has_jumped)
{
	const struct clock_jump jump = { .at_s = 15000, .rate = 50e-6 };
	struct source *source = new_source_that_may_jump(6, 10);

	ASSERT_NE(NULL, source);
	distance_after(source, &jump, 15000);
	EXPECT_LT(500 * NS_PER_S, exchange(source));
	distance_after(source, &jump, 24000);
	EXPECT_GT(200 * NS_PER_S, exchange(source));
	EXPECT_LT(50e-6 * 0.9, source_rate_jump(source));
	EXPECT_GT(50e-6, source_rate_jump(source));
	source_free(source);
}

/*
 * The reference follows a slew of 3 ms after two good answers. The next one has queued for 2 ms on
 * its way here, and is 1 ms early, so nobody who believes the first two sees how far it is off.
 */
TEST_F(source, distance_allows_for_slews_that_the_reference_followed)
{
	static const struct {
		int64_t offset_ns, delay_ns, followed_ns;
	} answers[] = {
		{ 0, 100000, 500 }, { 0, 100000, 500 }, { -4000000, 2100000, 3000500 },
	};
	struct source_status status;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(answers); i++) {
		struct source_sample sample = sample_at(START_NS + (int64_t)i * 64 * NS_PER_S);

		sample.offset_ns = answers[i].offset_ns;
		sample.delay_ns = answers[i].delay_ns;
		sample.followed_ns = answers[i].followed_ns;
		sample.root_delay_ns = 0;
		sample.root_dispersion_ns = 0;
		source_polled(self->source, sample.at_ns);
		ASSERT_EQ(0, source_add(self->source, sample.at_ns, &sample));
	}
	source_get_status(self->source, START_NS + 2 * 64 * NS_PER_S, &status);
	EXPECT_LE(fabs((double)status.estimate.offset_ns + 3000000), status.root_distance_ns);
}

/* As well once it is only known that it has, or if the answer is an older one. */
TEST_F(source, what_is_measured_before_a_slew_is_less_certain)
{
	struct source_sample sample = sample_at(START_NS), older = sample_at(START_NS + NS_PER_S);
	int64_t later_ns = START_NS + 2 * NS_PER_S;
	struct source_status before, after;

	source_polled(self->source, START_NS);
	ASSERT_EQ(0, source_add(self->source, START_NS, &sample));
	source_get_status(self->source, START_NS, &before);
	source_set_followed(self->source, 5000000);
	source_get_status(self->source, START_NS, &after);
	EXPECT_LE(before.root_distance_ns, 5650000);
	EXPECT_LE(5650000, after.root_distance_ns);
	source_polled(self->source, later_ns);
	ASSERT_EQ(0, source_add(self->source, later_ns, &older));
	source_get_status(self->source, later_ns, &after);
	EXPECT_LE(5600000, after.root_distance_ns);
	/* Another reference has followed none yet. */
	source_set_followed(self->source, 0);
	source_get_status(self->source, later_ns, &before);
	EXPECT_EQ(after.root_distance_ns, before.root_distance_ns);
	sample = sample_at(START_NS + 4 * NS_PER_S);
	source_polled(self->source, sample.at_ns);
	ASSERT_EQ(0, source_add(self->source, sample.at_ns, &sample));
	source_get_status(self->source, sample.at_ns, &after);
	EXPECT_GT(1000000, after.root_distance_ns);
}

/* chronyc's NR: on which side of the line the samples are, one after the other. */
TEST_F(source, counts_runs_of_residuals)
{
	struct source_status status;

	/* Eight that show the line; then two queued one way, two the other way, and so on. */
	for (int i = 0; i < 8 + 72; i++) {
		int64_t now_ns = START_NS + i * 2 * NS_PER_S;
		struct source_sample sample = sample_at(now_ns);

		if (i >= 8) {
			sample.delay_ns += 40000;
			sample.offset_ns += i / 2 % 2 ? 20000 : -20000;
		}
		source_polled(self->source, now_ns);
		ASSERT_EQ(0, source_add(self->source, now_ns, &sample));
	}
	source_get_status(self->source, START_NS + 160 * NS_PER_S, &status);
	EXPECT_EQ(64, status.samples);
	EXPECT_EQ(32, status.runs);
}

/* A far server, on a path of 74 ms there and back, whose own error is 22.5 ms at most. */
static struct source_sample far_sample_at(int64_t at_ns)
{
	struct source_sample sample = sample_at(at_ns);

	sample.delay_ns = 74000000 + at_ns / NS_PER_S * 7919 % 20000;
	sample.root_delay_ns = 41000000;
	sample.root_dispersion_ns = 2000000;
	return sample;
}

/* The latest sample is of @offset_ns more than all before, and took @queued_ns more. */
static void answer_far_off(struct source *source, int64_t offset_ns, int64_t queued_ns,
			   struct source_status *status)
{
	struct source_sample sample;
	int64_t now_ns;
	int i;

	for (i = 0; i < 20; i++) {
		now_ns = source_next_poll(source);
		sample = far_sample_at(now_ns);
		source_polled(source, now_ns);
		source_add(source, now_ns, &sample);
	}
	now_ns = source_next_poll(source);
	sample = far_sample_at(now_ns);
	sample.offset_ns += offset_ns;
	sample.delay_ns += queued_ns;
	source_polled(source, now_ns);
	source_add(source, now_ns, &sample);
	source_get_status(source, now_ns, status);
}

/*
 * A server's own error is the same in all its samples: it is no excuse for their differences, and
 * the truth may be as far beyond the latest as beyond those before.
 */
TEST_F(source, distance_reaches_all_that_a_far_server_says)
{
	struct source_status status;

	answer_far_off(self->source, -93000000, 0, &status);
	EXPECT_LE((double)status.estimate.offset_ns - status.root_distance_ns,
		  123456789.0 - 93000000 - 37000000 - 22500000);
}

/* Less than the path could hide if all of it were new: but it never was so long. */
TEST_F(source, distance_reaches_what_no_queue_explains)
{
	struct source_status status;

	answer_far_off(self->source, -70000000, 0, &status);
	EXPECT_LE((double)status.estimate.offset_ns - status.root_distance_ns,
		  123456789.0 - 70000000 - 37000000 - 22500000);
}

TEST_F(source, distance_does_not_reach_what_a_queue_explains)
{
	struct source_status status;

	answer_far_off(self->source, -90000000, 200000000, &status);
	EXPECT_LT(status.root_distance_ns, 75000000);
}

/*
 * Its noise is normal, 5.8 us: one that is 30 us off now and then is nothing that the bound has to
 * reach. It has to reach what the other readings allow, five times the noise.
 */
TEST(distance_does_not_reach_a_refclocks_noise)
{
	struct source_options plain = options(0, 0, false);
	struct source_status status;
	struct source_sample sample;
	struct source *source;
	int i;

	plain.kind = SOURCE_REFCLOCK;
	source = source_new(&plain, START_NS);
	for (i = 0; i < 2000; i++) {
		sample = sample_at(START_NS + i * NS_PER_S);
		sample.offset_ns += i * 7919 % 20000 - 10000 + (i == 1999) * 30000;
		sample.delay_ns = 0;
		sample.root_delay_ns = 0;
		sample.root_dispersion_ns = 0;
		source_polled(source, START_NS + i * NS_PER_S);
		ASSERT_EQ(0, source_add(source, START_NS + i * NS_PER_S, &sample));
		if (i != 200)
			continue;
		/* How much it wanders has not shown yet. */
		source_get_status(source, sample.at_ns, &status);
		EXPECT_GE(status.root_distance_ns, 2 * 7.5 * status.estimate.sigma_ns);
	}
	source_get_status(source, sample.at_ns, &status);
	EXPECT_LT(status.root_distance_ns, 30000);
	EXPECT_LT(status.root_distance_ns - status.unseen_ns, 15000);
	source_free(source);
}

TEST_F(source, rebase_forgets)
{
	struct source_sample sample = sample_at(START_NS);
	struct source_status status;

	source_add(self->source, START_NS, &sample);
	source_change_reference(self->source, 6, &REFERENCE_JUMPED);
	source_get_status(self->source, START_NS, &status);
	EXPECT_FALSE(status.has_estimate);
	sample.epoch = 5;
	EXPECT_EQ(-ESTALE, source_add(self->source, START_NS, &sample));
	sample.epoch = 6;
	EXPECT_EQ(0, source_add(self->source, START_NS, &sample));
}

/*
 * Its server answers for the first time in an epoch that the source is told of only then: what is
 * measured by the reference of that epoch is not converted to it once more.
 */
TEST_F(source, first_sample_is_of_the_epoch_that_the_source_was_told_of)
{
	const struct reference_change change = { .shift_ns = -3600 * NS_PER_S };
	struct source_sample sample = sample_at(START_NS - 3600 * NS_PER_S);
	struct source_status status;

	source_begin_epoch(self->source, 0);
	source_polled(self->source, START_NS);
	EXPECT_EQ(-ESTALE, source_add(self->source, START_NS, &sample));
	source_failed(self->source, START_NS, -ESTALE);
	source_change_reference(self->source, 1, &change);
	EXPECT_EQ(2 * NS_PER_S, source_next_poll(self->source) - START_NS);
	sample.at_ns += 2 * NS_PER_S;
	EXPECT_EQ(0, source_add(self->source, START_NS + 2 * NS_PER_S, &sample));
	source_get_status(self->source, sample.at_ns, &status);
	EXPECT_EQ(sample.offset_ns, status.last.offset_ns);
}

/* The host was set back by an hour: what it says next is not from before. */
TEST_F(source, samples_go_on_after_a_step_back)
{
	const struct reference_change change = { .shift_ns = -3600 * NS_PER_S };
	struct source_sample sample = sample_at(START_NS);

	source_add(self->source, START_NS, &sample);
	source_change_reference(self->source, 5, &change);
	sample = sample_at(START_NS - 3590 * NS_PER_S);
	sample.offset_ns += 3600 * NS_PER_S;
	sample.epoch = 5;
	EXPECT_EQ(0, source_add(self->source, START_NS + 10 * NS_PER_S, &sample));
}

/* Two samples, 10 s apart, and 10 s later another reference, which shows @at_ns then. */
static void change_after_two(struct source *source, const struct reference_change *change,
			     int64_t at_ns, struct source_status *before,
			     struct source_status *after)
{
	struct source_sample sample = sample_at(START_NS);

	source_add(source, START_NS, &sample);
	sample.at_ns += 10 * NS_PER_S;
	source_add(source, START_NS + 10 * NS_PER_S, &sample);
	source_get_status(source, START_NS + 20 * NS_PER_S, before);
	source_change_reference(source, 9, change);
	source_get_status(source, at_ns, after);
}

/*
 * A guest is reverted by two months, and its host ran off by 20 s meanwhile. What the rate before
 * that left open is no scatter, and a server that is right from then on is no worse by it.
 */
TEST_F(source, scatter_is_not_what_a_gap_left_open)
{
	int64_t gap_ns = 70 * 86400LL * NS_PER_S, at_ns = START_NS;
	struct source_status status;
	struct source_sample sample;
	int i;

	for (i = 0; i < 46; i++) {
		at_ns += (i == 6 ? gap_ns : 0) + 64 * NS_PER_S;
		sample = sample_at(at_ns);
		sample.offset_ns += (i < 6 ? 0 : 20 * NS_PER_S) + i % 3 * 10000;
		source_polled(self->source, at_ns);
		EXPECT_EQ(0, source_add(self->source, at_ns, &sample));
		source_get_status(self->source, at_ns, &status);
		EXPECT_LT(status.jitter_ns, 1e6);
	}
	EXPECT_EQ(40, status.samples);
}

TEST_F(source, another_reference_loses_nothing)
{
	const struct reference_change change = {
		.at_ns = START_NS + 20 * NS_PER_S,
		.shift_ns = -START_NS,
		.rate = 1e-6,
	};
	struct source_sample sample = sample_at(START_NS);
	struct source_status before, after;

	change_after_two(self->source, &change, 20 * NS_PER_S, &before, &after);
	EXPECT_TRUE(after.has_estimate);
	/* The new clock gains 1 us a second: 10 s before it was 10 us less ahead. */
	EXPECT_EQ(10 * NS_PER_S - 10000, after.last.at_ns);
	EXPECT_EQ(before.last.offset_ns + START_NS + 10000, after.last.offset_ns);
	EXPECT_EQ(before.samples, after.samples);
	EXPECT_LT(llabs(before.span_ns + 10000 - after.span_ns), 2);
	EXPECT_LE(after.root_distance_ns, before.root_distance_ns + 1);
	EXPECT_LT(fabs(after.jitter_ns - before.jitter_ns), 2);
	EXPECT_EQ(-ESTALE, source_add(self->source, START_NS, &sample));
}

TEST_F(source, a_leap_second_moves_servers_and_no_reference)
{
	const struct reference_change change = { .leap_ns = -NS_PER_S };
	struct source_status before, after;

	change_after_two(self->source, &change, START_NS + 20 * NS_PER_S, &before, &after);
	EXPECT_EQ(before.last.at_ns, after.last.at_ns);
	EXPECT_EQ(before.last.offset_ns - NS_PER_S, after.last.offset_ns);
	EXPECT_EQ(before.estimate.offset_ns - NS_PER_S, after.estimate.offset_ns);
	EXPECT_EQ(before.estimate.rate, after.estimate.rate);
	EXPECT_EQ(before.jitter_ns, after.jitter_ns);
}

/* Answers until it is no longer distrusted. */
static int distrusted_for(struct source *source)
{
	struct source_status status;
	int answers;

	for (answers = 0; answers < 2000; answers++) {
		source_get_status(source, 0, &status);
		if (!status.distrusted)
			break;
		exchange(source);
	}
	return answers;
}

TEST_F(source, who_misled_again_and_again_is_distrusted_for_ever_longer)
{
	int i;

	exchange(self->source);
	source_distrust(self->source, false);
	EXPECT_EQ(0, distrusted_for(self->source));
	source_distrust(self->source, true);
	EXPECT_EQ(16, distrusted_for(self->source));
	source_distrust(self->source, true);
	EXPECT_EQ(32, distrusted_for(self->source));
	/* While it is wrong, the time does not begin. */
	source_distrust(self->source, true);
	exchange(self->source);
	source_distrust(self->source, false);
	EXPECT_EQ(64, distrusted_for(self->source));
	for (i = 0; i < 8; i++)
		source_distrust(self->source, true);
	EXPECT_EQ(1024, distrusted_for(self->source));
	for (i = 0; i < 1025; i++)
		exchange(self->source);
	source_distrust(self->source, true);
	EXPECT_EQ(16, distrusted_for(self->source));
}

TEST_F(source, what_a_distrusted_one_said_is_not_learned_from)
{
	const struct sample_log *log = source_get_log(self->source);
	int i;

	for (i = 0; i < 600; i++)
		exchange(self->source);
	EXPECT_EQ(SAMPLE_LOG_MAX, log->count);
	EXPECT_LT(sample_log_get(log, SAMPLE_LOG_MAX - 1)->at_ns, sample_log_get(log, 0)->at_ns);
	source_distrust(self->source, false);
	EXPECT_EQ(0, log->count);
	exchange(self->source);
	EXPECT_EQ(1, log->count);
	source_change_reference(self->source, 2, &REFERENCE_JUMPED);
	EXPECT_EQ(0, log->count);
}

/* Behind one address there may be two servers that answer in turn, 50 ms apart. */
TEST_F(source, those_who_contradict_each_other_are_not_asked_all_the_time)
{
	int64_t from_ns, now_ns;
	unsigned int asked = 0;

	for (int i = 0; i < 100; i++)
		exchange(self->source);
	from_ns = source_next_poll(self->source);
	for (now_ns = from_ns; now_ns < from_ns + 6400 * NS_PER_S;
	     now_ns = source_next_poll(self->source)) {
		struct source_sample sample = sample_at(now_ns + 100000);

		source_polled(self->source, now_ns);
		sample.delay_ns += now_ns / NS_PER_S * 7919 % 20000;
		sample.offset_ns += asked++ % 2 ? 0 : 50 * NS_PER_MS;
		ASSERT_EQ(0, source_add(self->source, now_ns + 200000, &sample));
	}
	EXPECT_GT(3 * 100 + 10, asked);
}

/* A lie in between is no estimate's, and a new start must not learn from it either. */
TEST_F(source, lone_lie_is_not_learned_from)
{
	const struct sample_log *log = source_get_log(self->source);
	struct source_status status;
	unsigned int i;

	answer_far_off(self->source, -3600 * NS_PER_S, 0, &status);
	EXPECT_TRUE(status.estimate.suspect);
	EXPECT_LT(0, log->count);
	for (i = 0; i < log->count; i++)
		EXPECT_EQ(123456789, sample_log_get(log, i)->offset_ns);
}

static bool is_lost(const struct source *source)
{
	struct source_status status;

	source_get_status(source, START_NS, &status);
	return status.lost;
}

/* Requests that nobody answers, while others do so at once, and 2 s later. */
static void miss(struct source *source, int count, bool others_answer)
{
	int64_t now_ns;
	int i;

	for (i = 0; i < count; i++) {
		now_ns = source_next_poll(source);
		source_polled(source, now_ns);
		if (!others_answer)
			continue;
		source_others_answered(source, now_ns + 100000);
		source_others_answered(source, now_ns + 2 * NS_PER_S);
	}
}

/* Where nobody answers it is the network that is away, however long. */
TEST_F(source, who_is_silent_like_all_others_is_not_lost)
{
	exchange(self->source);
	miss(self->source, 100, false);
	EXPECT_FALSE(is_lost(self->source));
	/* What was missed meanwhile counts once when others answer again. */
	miss(self->source, 2, true);
	EXPECT_FALSE(is_lost(self->source));
	miss(self->source, 1, true);
	EXPECT_TRUE(is_lost(self->source));
	exchange(self->source);
	EXPECT_FALSE(is_lost(self->source));
	miss(self->source, 8, false);
	EXPECT_FALSE(is_lost(self->source));
}

/* So many while only a reference clock shows the time. */
static void miss_alone(struct source *source, int count)
{
	int64_t now_ns;
	int i;

	for (i = 0; i < count; i++) {
		now_ns = source_next_poll(source);
		source_polled(source, now_ns);
		source_clock_answered(source, now_ns + 2 * NS_PER_S);
	}
}

/* A clock of this machine goes on without the network. */
TEST_F(source, who_is_silent_beside_a_clock_is_lost_with_all_others)
{
	EXPECT_TRUE(source_is_silent(self->source));
	exchange(self->source);
	EXPECT_FALSE(source_is_silent(self->source));
	miss_alone(self->source, 100);
	EXPECT_TRUE(source_is_silent(self->source));
	EXPECT_FALSE(is_lost(self->source));
	source_cut_off(self->source);
	EXPECT_TRUE(is_lost(self->source));
	/* Another one answers again: this one may, too, and is lost if it does not. */
	source_others_answered(self->source, source_next_poll(self->source));
	EXPECT_FALSE(is_lost(self->source));
	miss(self->source, 3, true);
	EXPECT_FALSE(is_lost(self->source));
	miss(self->source, 1, true);
	EXPECT_TRUE(is_lost(self->source));
	/* It was before all were: no answer of another one excuses that. */
	source_cut_off(self->source);
	source_others_answered(self->source, source_next_poll(self->source));
	EXPECT_TRUE(is_lost(self->source));
	exchange(self->source);
	EXPECT_FALSE(is_lost(self->source));
}

/* A request that has only just left is not missed, however soon others answer. */
TEST_F(source, who_was_asked_just_now_is_not_lost)
{
	int64_t now_ns;

	exchange(self->source);
	miss(self->source, 8, false);
	miss(self->source, 2, true);
	now_ns = source_next_poll(self->source);
	source_polled(self->source, now_ns);
	source_others_answered(self->source, now_ns + NS_PER_S - 1);
	EXPECT_FALSE(is_lost(self->source));
	source_others_answered(self->source, now_ns + NS_PER_S);
	EXPECT_TRUE(is_lost(self->source));
}

/* Who is silent alone is lost with its eighth request, not before. */
TEST_F(source, who_is_silent_alone_is_lost)
{
	exchange(self->source);
	miss(self->source, 7, true);
	EXPECT_FALSE(is_lost(self->source));
	miss(self->source, 1, false);
	EXPECT_TRUE(is_lost(self->source));
}

static void limit(struct source *source)
{
	int64_t now_ns = source_next_poll(source);

	source_polled(source, now_ns);
	source_kissed(source, now_ns + 300000, SOURCE_KISS_RATE);
}

/*
 * Others can have it limit us, by requests in our name, and then it answers few of ours. But if it
 * says nothing else again and again it is of no use.
 */
TEST_F(source, who_answers_rate_is_not_lost)
{
	int i;

	exchange(self->source);
	miss(self->source, 7, true);
	limit(self->source);
	miss(self->source, 2, true);
	EXPECT_FALSE(is_lost(self->source));
	for (i = 0; i < 3; i++)
		limit(self->source);
	miss(self->source, 7, true);
	EXPECT_FALSE(is_lost(self->source));
	limit(self->source);
	EXPECT_TRUE(is_lost(self->source));
}

/* Its answers come, but our clock is set each time before they can be used. */
TEST_F(source, who_answers_while_the_clock_is_set_is_not_lost)
{
	struct source_status status;
	int64_t now_ns;

	exchange(self->source);
	miss(self->source, 7, true);
	now_ns = source_next_poll(self->source);
	source_polled(self->source, now_ns);
	source_failed(self->source, now_ns + 300000, -ESTALE);
	miss(self->source, 1, true);
	EXPECT_FALSE(is_lost(self->source));
	source_get_status(self->source, START_NS, &status);
	EXPECT_EQ(2, status.reach);
}

TEST(silent_refclock_is_lost_by_itself)
{
	struct source_options with = options(0, 0, false);
	struct source *source;

	with.kind = SOURCE_REFCLOCK;
	source = source_new(&with, START_NS);
	exchange(source);
	EXPECT_FALSE(is_lost(source));
	miss(source, 8, false);
	EXPECT_TRUE(is_lost(source));
	source_free(source);
}

TEST(configured_offset_is_added)
{
	struct source_options with = options(6, 10, false);
	struct source_sample sample = sample_at(START_NS);
	struct source_status status;
	struct source *source;

	with.offset_s = 0.25;
	source = source_new(&with, START_NS);
	source_add(source, START_NS, &sample);
	source_get_status(source, START_NS, &status);
	EXPECT_EQ(123456789 + 250000000, status.estimate.offset_ns);
	source_free(source);
}

/* It ends with the answers that are enough, or with the requests that are the most. */
TEST_F(source, a_burst_may_have_enough_answers)
{
	int64_t now_ns;
	int i;

	exchange(self->source);
	now_ns = source_next_poll(self->source) - 10 * NS_PER_S;
	source_burst_until(self->source, now_ns, 2, 8);
	EXPECT_TRUE(source_is_in_burst(self->source));
	EXPECT_EQ(2 * NS_PER_S, exchange(self->source));
	EXPECT_TRUE(source_is_in_burst(self->source));
	EXPECT_LE(64 * NS_PER_S, exchange(self->source));
	EXPECT_FALSE(source_is_in_burst(self->source));

	now_ns = source_next_poll(self->source) - 10 * NS_PER_S;
	source_burst_until(self->source, now_ns, 2, 3);
	for (i = 0; i < 3; i++) {
		EXPECT_TRUE(source_is_in_burst(self->source));
		source_polled(self->source, source_next_poll(self->source));
	}
	EXPECT_FALSE(source_is_in_burst(self->source));
	/* Another burst has nothing of that. */
	source_burst(self->source, source_next_poll(self->source), 4, true);
	exchange(self->source);
	exchange(self->source);
	EXPECT_TRUE(source_is_in_burst(self->source));
}

TEST_F(source, an_offline_source_is_unreachable_and_withdrawn_by_the_operator_only)
{
	struct source_status status;

	exchange(self->source);
	source_set_offline(self->source, false);
	source_get_status(self->source, START_NS, &status);
	EXPECT_EQ(0, status.reach);
	EXPECT_FALSE(status.withdrawn);
	EXPECT_FALSE(status.lost);
	EXPECT_TRUE(status.has_estimate);
	source_set_offline(self->source, true);
	source_get_status(self->source, START_NS, &status);
	EXPECT_TRUE(status.withdrawn);
	source_set_online(self->source);
	source_get_status(self->source, START_NS, &status);
	EXPECT_FALSE(status.withdrawn);
	/* What it knew it knows. */
	EXPECT_EQ(1, status.samples);
}

/* The first packet after a long silence finds caches empty on its way: a second one follows it. */
TEST(presend_repeats_each_request_at_long_intervals)
{
	struct source_options with = options(4, 6, false);
	struct source *source;
	int64_t interval_ns = 0;
	int i;

	with.presend_s = 64;
	source = source_new(&with, START_NS);
	EXPECT_EQ(16 * NS_PER_S, exchange(source));
	for (i = 0; i < 200 && interval_ns != 2 * NS_PER_S; i++)
		interval_ns = exchange(source);
	EXPECT_EQ(2 * NS_PER_S, interval_ns);
	for (i = 0; i < 4; i++) {
		EXPECT_EQ(64 * NS_PER_S, exchange(source));
		EXPECT_EQ(2 * NS_PER_S, exchange(source));
	}
	source_free(source);
}

/* As if minpoll held: an interval of four times that may have four requests for one answer. */
TEST(burst_repeats_what_was_lost)
{
	struct source_options with = options(4, 6, false);
	struct source *source;
	int64_t now_ns;
	int i;

	with.burst = true;
	source = source_new(&with, START_NS);
	for (i = 0; i < 200 && exchange(source) < 64 * NS_PER_S; i++)
		;
	/* An answer ends it. */
	EXPECT_EQ(64 * NS_PER_S, exchange(source));
	for (i = 1; i < 4; i++) {
		now_ns = source_next_poll(source);
		source_polled(source, now_ns);
		EXPECT_EQ(now_ns + 2 * NS_PER_S, source_next_poll(source));
		source_failed(source, now_ns + 2 * NS_PER_S, -ETIMEDOUT);
	}
	now_ns = source_next_poll(source);
	source_polled(source, now_ns);
	EXPECT_EQ(now_ns + 64 * NS_PER_S, source_next_poll(source));
	/* And so does the answer to the second one. */
	source_failed(source, now_ns + 4 * NS_PER_S, -ETIMEDOUT);
	source_polled(source, source_next_poll(source));
	EXPECT_EQ(64 * NS_PER_S, exchange(source));
	source_free(source);
}

/* Of an answer that queued for long nobody knows the half. */
TEST(burst_repeats_what_queued_for_long)
{
	struct source_options with = options(4, 6, false);
	struct source_sample late;
	struct source *source;
	int64_t now_ns;
	int i;

	with.burst = true;
	source = source_new(&with, START_NS);
	for (i = 0; i < 200 && exchange(source) < 64 * NS_PER_S; i++)
		;
	for (i = 1; i < 4; i++) {
		now_ns = source_next_poll(source);
		late = sample_at(now_ns + 75000000);
		late.offset_ns += 75000000;
		late.delay_ns += 150000000;
		source_polled(source, now_ns);
		EXPECT_EQ(0, source_add(source, now_ns + 150000000, &late));
		EXPECT_EQ(now_ns + 2 * NS_PER_S, source_next_poll(source));
	}
	/* The last of four. */
	EXPECT_LT(2 * NS_PER_S, exchange(source));
	source_free(source);
}

TEST(maxunreach_wears_out)
{
	struct source_options with = options(6, 10, false);
	struct source_status status;
	struct source *source;

	with.unreach_limit = 3;
	source = source_new(&with, START_NS);
	exchange(source);
	/* The eighth request makes it unreachable, and is the first of three. */
	miss(source, 9, false);
	source_get_status(source, START_NS, &status);
	EXPECT_FALSE(status.worn_out);
	miss(source, 1, false);
	source_get_status(source, START_NS, &status);
	EXPECT_TRUE(status.worn_out);
	exchange(source);
	source_get_status(source, START_NS, &status);
	EXPECT_FALSE(status.worn_out);
	source_free(source);
}

TEST(minstratum_raises_the_stratum)
{
	struct source_options with = options(6, 10, false);
	struct source_status status;
	struct source *source;

	with.minstratum = 5;
	source = source_new(&with, START_NS);
	source_get_status(source, START_NS, &status);
	EXPECT_EQ(0, status.stratum);
	exchange(source);
	source_get_status(source, START_NS, &status);
	EXPECT_EQ(5, status.stratum);
	EXPECT_EQ(2, status.last.stratum);
	source_free(source);
}

TEST(no_two_have_one_number)
{
	const struct source_options options = { .minpoll = 4, .maxpoll = 4 };
	uint64_t before = 0;
	int i;

	for (i = 0; i < 4; i++) {
		struct source *source = source_new(&options, START_NS);

		ASSERT_NE(NULL, source);
		EXPECT_LT(before, source_serial(source));
		before = source_serial(source);
		source_free(source);
	}
}

/* It says so (extension field F323): neither the estimate nor its rate is lost. */
TEST_F(source, a_server_that_has_put_its_time_right_does_not_drift)
{
	struct source_status before, after;
	struct source_sample sample;

	for (int i = 0; i < 20; i++)
		exchange(self->source);
	source_get_status(self->source, source_next_poll(self->source), &before);
	source_server_moved(self->source, 3000000);
	EXPECT_EQ(3000000, source_moved_ns(self->source));
	source_get_status(self->source, source_next_poll(self->source), &after);
	EXPECT_EQ(before.estimate.offset_ns + 3000000, after.estimate.offset_ns);
	EXPECT_EQ(before.last.offset_ns + 3000000, after.last.offset_ns);
	EXPECT_EQ(before.last.at_ns, after.last.at_ns);
	EXPECT_EQ(before.samples, after.samples);
	EXPECT_EQ(0, memcmp(&before.estimate.rate, &after.estimate.rate, sizeof(double)));

	sample = sample_at(source_next_poll(self->source));
	sample.offset_ns += 3000000;
	source_polled(self->source, sample.at_ns);
	ASSERT_EQ(0, source_add(self->source, sample.at_ns, &sample));
	source_get_status(self->source, sample.at_ns, &after);
	EXPECT_FALSE(after.estimate.suspect);
	EXPECT_EQ(before.estimate.restarts, after.estimate.restarts);
	EXPECT_GT(1e-9, fabs(after.estimate.rate));
}

/* As if it had always been corrected: else it would look like a server that contradicts itself. */
TEST_F(source, a_changed_offset_is_of_all_samples)
{
	struct source_options to = options(6, 10, false);
	struct source_status before, after;

	for (int i = 0; i < 20; i++)
		exchange(self->source);
	source_get_status(self->source, source_next_poll(self->source), &before);
	to.offset_s = 0.003;
	source_change_options(self->source, &to);
	source_get_status(self->source, source_next_poll(self->source), &after);
	EXPECT_EQ(before.estimate.offset_ns + 3000000, after.estimate.offset_ns);
	EXPECT_EQ(3000000, source_moved_ns(self->source));

	exchange(self->source);
	source_get_status(self->source, source_next_poll(self->source), &after);
	EXPECT_EQ(123456789 + 3000000, after.last.offset_ns);
	EXPECT_FALSE(after.estimate.suspect);
	EXPECT_EQ(before.estimate.restarts, after.estimate.restarts);

	/* Nothing else has changed it. */
	source_change_options(self->source, &to);
	EXPECT_EQ(3000000, source_moved_ns(self->source));
}

TEST_F(source, a_changed_minstratum_is_of_the_latest_sample)
{
	struct source_options to = options(6, 10, false);
	struct source_status status;

	exchange(self->source);
	to.minstratum = 7;
	to.prefer = true;
	to.polltarget = 20;
	source_change_options(self->source, &to);
	source_get_record(self->source, &status);
	EXPECT_EQ(7, status.stratum);
	EXPECT_TRUE(status.options->prefer);
	EXPECT_EQ(20, status.options->polltarget);
}

/* The next request is not as late as it would have been. */
TEST_F(source, a_lower_maxpoll_holds_for_the_next_request)
{
	int64_t asked_ns;

	for (int i = 0; i < 200; i++)
		exchange(self->source);
	asked_ns = source_next_poll(self->source);
	ASSERT_LT(100 * NS_PER_S, exchange(self->source));
	source_set_polls(self->source, 4, 4);
	EXPECT_EQ(asked_ns + 16 * NS_PER_S, source_next_poll(self->source));
	EXPECT_EQ(16 * NS_PER_S, exchange(self->source));
}

TEST_F(source, a_higher_minpoll_holds_after_the_next_request)
{
	int64_t next_ns;

	exchange(self->source);
	next_ns = source_next_poll(self->source);
	source_set_polls(self->source, 9, 10);
	EXPECT_EQ(next_ns, source_next_poll(self->source));
	EXPECT_EQ(512 * NS_PER_S, exchange(self->source));
}

/* A server that finds that we ask too often is not asked sooner by that. */
TEST_F(source, changed_polls_wait_for_a_server_that_limits_us)
{
	int64_t next_ns;

	exchange(self->source);
	source_polled(self->source, source_next_poll(self->source));
	source_kissed(self->source, source_next_poll(self->source), SOURCE_KISS_RATE);
	next_ns = source_next_poll(self->source);
	source_set_polls(self->source, 2, 2);
	EXPECT_EQ(next_ns, source_next_poll(self->source));
}

TEST_F(source, without_samples_a_move_is_none)
{
	source_server_moved(self->source, 3000000);
	EXPECT_EQ(0, source_moved_ns(self->source));
}

TEST_HARNESS_MAIN
