// SPDX-License-Identifier: GPL-2.0-only
/*
 * The timescale without the module: raw and realtime of one instant, the correction as it was set,
 * and a suspend noticed, but nothing else taken for one.
 */
#include "user/clocks/timescale.h"

#include "selftests/unit/fake_clock.h"
#include "selftests/unit/fake_journal.h"
#include "selftests/unit/unit.h"
#include "user/clocks/system_clock.h"
#include "user/lib/log.h"
#include "user/lib/module_link.h"

#define S	1000000000LL
#define MS	1000000LL

FIXTURE(timescale)
{
	struct system_clock *clock;
	struct timescale *timescale;
	struct timescale_now now;
};

FIXTURE_SETUP(timescale)
{
	fake_clock_start();
	ASSERT_EQ(0, system_clock_open(&self->clock, false));
	ASSERT_EQ(0, timescale_user_open(&self->timescale, self->clock));
}

FIXTURE_TEARDOWN(timescale)
{
	self->timescale->ops->close(self->timescale);
	system_clock_close(self->clock);
}

static int look(FIXTURE_DATA(timescale) *self)
{
	return self->timescale->ops->now(self->timescale, &self->now);
}

/* UTC is @ahead_ns ahead of the system clock and runs at @rate against raw. */
static int correct(FIXTURE_DATA(timescale) *self, int64_t ahead_ns, double rate)
{
	struct chime_line line = {
		.origin_ns = self->now.raw_ns,
		.offset_ns = self->now.realtime_ns + ahead_ns - self->now.raw_ns,
		.rate_q32 = (int64_t)(rate * 4294967296.0),
		.sigma_ns = 100,
		.maxerror_ns = 1000,
		.maxerror_rate_q32 = 4295,
	};

	return timescale_correct(self->timescale, &line, self->now.epoch, false);
}

TEST_F(timescale, knows_nothing_at_first)
{
	ASSERT_EQ(0, look(self));
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, self->now.maxerror_ns);
	EXPECT_EQ(self->now.raw_ns, self->now.reference_ns);
	EXPECT_EQ(self->now.realtime_ns, self->now.time_ns);
	EXPECT_FALSE(self->now.has_host);
	EXPECT_EQ(-ENODATA, self->timescale->ops->step(self->timescale,
						       TRUECHIME_OCCASION_OPERATOR));
}

TEST_F(timescale, reads_clocks_of_one_instant)
{
	fake_clock.reading_ns = 40;
	ASSERT_EQ(0, look(self));
	EXPECT_EQ(1700000000 * S - 1000 * S, self->now.realtime_ns - self->now.raw_ns);
	EXPECT_EQ(40, self->now.reading_ns);
	/* The first bracket is a little wider. */
	fake_clock.stall_at = 2;
	fake_clock.stall_ns = 30;
	ASSERT_EQ(0, look(self));
	EXPECT_EQ(40, self->now.reading_ns);
}

TEST_F(timescale, is_the_correction)
{
	ASSERT_EQ(0, look(self));
	ASSERT_EQ(0, correct(self, 5 * MS, 1e-3));
	ASSERT_EQ(0, look(self));
	EXPECT_EQ(5 * MS, self->now.time_ns - self->now.realtime_ns);
	EXPECT_EQ(1000, self->now.maxerror_ns);
	fake_clock_run(10 * S);
	ASSERT_EQ(0, look(self));
	EXPECT_LT(llabs(self->now.time_ns - self->now.realtime_ns - 15 * MS), 10);
	/* 1000 ns and 4295 / 2^32, a little more than a millionth, of 10 s. */
	EXPECT_EQ(11001, self->now.maxerror_ns);
	EXPECT_LT(fabs(self->now.rate - 1e-3), 1e-9);
}

/* Sources contradict it, and must not be followed: its bound is theirs until the next one. */
TEST_F(timescale, has_the_bound_of_a_dispute)
{
	ASSERT_EQ(0, look(self));
	EXPECT_EQ(-ENODATA, timescale_dispute(self->timescale, 5 * S, 0));
	ASSERT_EQ(0, correct(self, 5 * MS, 0));
	EXPECT_EQ(-ESTALE, timescale_dispute(self->timescale, 5 * S, 1));
	ASSERT_EQ(0, timescale_dispute(self->timescale, 5 * S, 0));
	ASSERT_EQ(0, timescale_now(self->timescale, &self->now));
	EXPECT_EQ(5 * S, self->now.maxerror_ns);
	EXPECT_EQ(5 * MS, self->now.time_ns - self->now.realtime_ns);
	/* The latest word counts, and the bound grows with what it was. */
	ASSERT_EQ(0, timescale_dispute(self->timescale, 3 * S, 0));
	fake_clock_run(10 * S);
	ASSERT_EQ(0, look(self));
	EXPECT_EQ(3 * S + 10001, self->now.maxerror_ns);
	ASSERT_EQ(0, timescale_dispute(self->timescale, 0, 0));
	ASSERT_EQ(0, look(self));
	EXPECT_EQ(11001, self->now.maxerror_ns);
	ASSERT_EQ(0, timescale_dispute(self->timescale, 3 * S, 0));
	ASSERT_EQ(0, correct(self, 0, 0));
	ASSERT_EQ(0, look(self));
	EXPECT_EQ(1000, self->now.maxerror_ns);
}

TEST_F(timescale, steps_the_system_clock_to_it)
{
	ASSERT_EQ(0, look(self));
	ASSERT_EQ(0, correct(self, -3600 * S, 0));
	ASSERT_EQ(0, self->timescale->ops->step(self->timescale, TRUECHIME_OCCASION_OPERATOR));
	ASSERT_EQ(0, look(self));
	EXPECT_EQ(self->now.time_ns, self->now.realtime_ns);
	EXPECT_EQ(0, self->now.epoch);
	EXPECT_EQ(0, self->now.disruptions);
}

/* Which is nothing that the operator's policy says. */
TEST_F(timescale, a_process_that_may_not_set_the_clock_is_told_so)
{
	ASSERT_EQ(0, look(self));
	ASSERT_EQ(0, correct(self, -3600 * S, 0));
	fake_clock.error = EPERM;
	EXPECT_EQ(-EACCES, self->timescale->ops->step(self->timescale,
						      TRUECHIME_OCCASION_OPERATOR));
	fake_clock.error = EIO;
	EXPECT_EQ(-EIO, self->timescale->ops->step(self->timescale, TRUECHIME_OCCASION_OPERATOR));
}

TEST_F(timescale, refuses_what_is_not_of_this_epoch_or_world)
{
	struct chime_line wild = { .rate_q32 = CHIME_LINE_RATE_MAX_Q32 + 1 };

	ASSERT_EQ(0, look(self));
	EXPECT_EQ(-ERANGE, timescale_correct(self->timescale, &wild, 0, true));
	self->now.epoch++;
	EXPECT_EQ(-ESTALE, correct(self, 0, 0));
	EXPECT_EQ(-ENODATA, self->timescale->ops->step(self->timescale,
						       TRUECHIME_OCCASION_OPERATOR));
}

TEST_F(timescale, notices_a_suspend)
{
	ASSERT_EQ(0, look(self));
	ASSERT_EQ(0, correct(self, 0, 0));
	fake_clock_run(S);
	fake_clock.boottime_ns += 3600 * S;
	fake_clock.realtime_ns += 3600 * S;
	ASSERT_EQ(0, look(self));
	EXPECT_EQ(1, self->now.epoch);
	EXPECT_EQ(1, self->now.disruptions);
	EXPECT_EQ(3600 * S, self->now.gap_ns);
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, self->now.maxerror_ns);
	/* The best guess goes on all the same. */
	EXPECT_LT(llabs(self->now.time_ns - self->now.realtime_ns), MS);
	ASSERT_EQ(0, look(self));
	EXPECT_EQ(1, self->now.disruptions);
}

/* A machine that wakes at once, while its clock is slewed: what the suspend took is no slew. */
TEST_F(timescale, notices_a_short_suspend)
{
	ASSERT_EQ(0, look(self));
	ASSERT_EQ(0, correct(self, 0, 0.05));
	ASSERT_EQ(0, system_clock_set_rate(self->clock, 0.05));
	fake_clock_run(64 * S);
	fake_clock.boottime_ns += 20 * MS;
	fake_clock.realtime_ns += 20 * MS;
	ASSERT_EQ(0, look(self));
	EXPECT_EQ(1, self->now.disruptions);
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, self->now.maxerror_ns);
	EXPECT_LT(llabs(self->now.time_ns - self->now.realtime_ns), MS);
}

/* 10 ms may be the way in which the kernel keeps its clocks; more was a suspend. */
TEST_F(timescale, takes_10_ms_for_no_suspend)
{
	ASSERT_EQ(0, look(self));
	fake_clock.boottime_ns += 10 * MS;
	ASSERT_EQ(0, look(self));
	EXPECT_EQ(0, self->now.disruptions);
	fake_clock.boottime_ns += 10 * MS + 1;
	ASSERT_EQ(0, look(self));
	EXPECT_EQ(1, self->now.disruptions);
}

/* Two clocks that were read too far apart show no suspend; the next reading does. */
TEST_F(timescale, notices_a_suspend_once_it_reads_fast_enough)
{
	ASSERT_EQ(0, look(self));
	fake_clock.boottime_ns += 20 * MS;
	fake_clock.reading_ns = 5 * MS + 1;
	ASSERT_EQ(0, look(self));
	EXPECT_EQ(0, self->now.disruptions);
	fake_clock.reading_ns--;
	ASSERT_EQ(0, look(self));
	EXPECT_EQ(1, self->now.disruptions);
}

TEST_F(timescale, takes_nothing_else_for_a_suspend)
{
	int i;

	ASSERT_EQ(0, look(self));
	ASSERT_EQ(0, correct(self, 0, 0));

	/* Somebody sets the clock. */
	fake_clock.realtime_ns += 7200 * S;
	ASSERT_EQ(0, look(self));

	/* The hardest slew, looked at rarely. */
	ASSERT_EQ(0, system_clock_set_rate(self->clock, 0.1));
	for (i = 0; i < 10; i++) {
		fake_clock_run(64 * S);
		ASSERT_EQ(0, look(self));
	}
	ASSERT_EQ(0, system_clock_set_rate(self->clock, -0.1));
	for (i = 0; i < 10; i++) {
		fake_clock_run(64 * S);
		ASSERT_EQ(0, look(self));
	}
	EXPECT_EQ(0, self->now.disruptions);
	EXPECT_EQ(0, self->now.epoch);
}

/* More than the readings that one look at the clocks takes. */
#define READINGS	40

/* The process is stopped between any two readings: a debugger, a cgroup that is frozen. */
TEST_F(timescale, takes_being_stopped_for_no_suspend)
{
	fake_clock.reading_ns = 20;
	ASSERT_EQ(0, look(self));
	ASSERT_EQ(0, correct(self, 0, 0));
	for (int at = 1; at <= READINGS; at++) {
		fake_clock.stall_at = at;
		fake_clock.stall_ns = 2 * S;
		ASSERT_EQ(0, look(self));
		ASSERT_EQ(0, self->now.disruptions) TH_LOG("stopped before reading %d", at);
		EXPECT_LE(self->now.reading_ns, 40);
		ASSERT_EQ(0, look(self));
		ASSERT_EQ(0, self->now.disruptions) TH_LOG("stopped before reading %d", at);
	}
}

/* A suspend between any two readings: the system clock has gone on by it, as the timescale has. */
TEST_F(timescale, notices_a_suspend_while_it_is_read)
{
	fake_clock.reading_ns = 20;
	for (int at = 1; at <= READINGS; at++) {
		uint32_t before;

		ASSERT_EQ(0, look(self));
		ASSERT_EQ(0, correct(self, 0, 0));
		before = self->now.disruptions;
		fake_clock.stall_at = at;
		fake_clock.stall_ns = 0;
		fake_clock.sleep_ns = 3600 * S;
		ASSERT_EQ(0, look(self));
		EXPECT_LT(llabs(self->now.time_ns - self->now.realtime_ns), MS)
			TH_LOG("suspended before reading %d", at);
		fake_clock.stall_at = 0;
		ASSERT_EQ(0, look(self));
		EXPECT_LT(llabs(self->now.time_ns - self->now.realtime_ns), MS)
			TH_LOG("suspended before reading %d", at);
		EXPECT_GE(before + 1, self->now.disruptions);
	}
	EXPECT_LE(12, self->now.disruptions);
}

TEST(does_without_boottime)
{
	struct system_clock *clock;
	struct timescale *timescale;
	struct timescale_now now;

	fake_clock_start();
	fake_clock.no_boottime = 1;
	ASSERT_EQ(0, system_clock_open(&clock, false));
	ASSERT_EQ(0, timescale_user_open(&timescale, clock));
	fake_clock.boottime_ns += 3600 * S;
	ASSERT_EQ(0, timescale->ops->now(timescale, &now));
	EXPECT_EQ(0, now.disruptions);
	timescale->ops->close(timescale);
	system_clock_close(clock);
}

/* The sources say so; what the timescale makes of it. */
static int jump(FIXTURE_DATA(timescale) *self, int64_t offset_ns, uint32_t epoch,
		struct module_event *event)
{
	const struct module_jump jump = {
		.offset_ns = offset_ns,
		.maxerror_ns = 2 * MS,
		.agreed_raw_ns = self->now.raw_ns,
	};

	fake_clock_run(3 * S);
	return self->timescale->ops->disrupted(self->timescale, &jump, epoch, event);
}

TEST_F(timescale, follows_its_sources_through_a_jump)
{
	struct module_event event;

	ASSERT_EQ(0, look(self));
	EXPECT_EQ(-ENODATA, jump(self, 3600 * S, 0, &event));
	ASSERT_EQ(0, look(self));
	ASSERT_EQ(0, correct(self, 0, 0));
	EXPECT_EQ(-ESTALE, jump(self, 3600 * S, 7, &event));
	ASSERT_EQ(0, look(self));
	ASSERT_EQ(0, jump(self, 3600 * S, 0, &event));
	EXPECT_EQ(TRUECHIME_CAUSE_TIME_SOURCES, event.cause);
	EXPECT_EQ(1U << TRUECHIME_EVIDENCE_NTP, event.evidence);
	EXPECT_EQ(TRUECHIME_ACTION_STEPPED, event.action);
	EXPECT_EQ(3600 * S, event.gap_ns);
	EXPECT_EQ(3600 * S, event.offset_ns);
	EXPECT_EQ(0, event.residual_ns);
	EXPECT_EQ(3 * S, event.latency_ns);
	EXPECT_LE(2 * MS, event.maxerror_ns);
	EXPECT_EQ(event.maxerror_ns, event.reading_ns);
	EXPECT_EQ(1, event.epoch);
	ASSERT_EQ(0, look(self));
	EXPECT_EQ(self->now.time_ns, self->now.realtime_ns);
	EXPECT_EQ(1, self->now.epoch);
	EXPECT_EQ(1, self->now.disruptions);
	EXPECT_GE(self->now.maxerror_ns, 2 * MS);
	EXPECT_GE(self->now.sigma_ns, 2 * MS);

	ASSERT_EQ(0, jump(self, -60 * S, 1, &event));
	EXPECT_EQ(TRUECHIME_CAUSE_TIME_SOURCES, event.cause);
	EXPECT_EQ(TRUECHIME_ACTION_STEPPED, event.action);
}

TEST_F(timescale, steps_as_the_policy_says)
{
	static const struct module_rule rules[] = {
		{ TRUECHIME_OCCASION_DISRUPTION, TRUECHIME_DIRECTION_BACKWARD,
		  TRUECHIME_RULE_IGNORE, 0, 0 },
		{ TRUECHIME_OCCASION_DISRUPTION, TRUECHIME_DIRECTION_FORWARD,
		  TRUECHIME_RULE_STEP, 10 * MS, 3600 * S },
	};
	struct module_event event;

	timescale_user_set_policy(self->timescale, rules, 2);
	ASSERT_EQ(0, look(self));
	ASSERT_EQ(0, correct(self, 0, 0));
	ASSERT_EQ(0, jump(self, -60 * S, 0, &event));
	EXPECT_EQ(TRUECHIME_ACTION_IGNORED, event.action);
	EXPECT_EQ(-60 * S, event.residual_ns);
	EXPECT_EQ(-EPERM, self->timescale->ops->step(self->timescale,
						     TRUECHIME_OCCASION_DISRUPTION));
	ASSERT_EQ(0, self->timescale->ops->step(self->timescale, TRUECHIME_OCCASION_OPERATOR));
	ASSERT_EQ(0, look(self));
	EXPECT_EQ(self->now.time_ns, self->now.realtime_ns);
	ASSERT_EQ(0, jump(self, 3601 * S, 1, &event));
	EXPECT_EQ(TRUECHIME_ACTION_REFUSED, event.action);

	timescale_user_set_policy(self->timescale, NULL, 0);
	EXPECT_EQ(0, self->timescale->ops->step(self->timescale, TRUECHIME_OCCASION_DISRUPTION));
}

TEST_F(timescale, goes_to_no_date_before_the_build)
{
	struct module_event event;
	char wanted[256];

	journal_listen(LOG_WARNING);
	ASSERT_EQ(0, look(self));
	ASSERT_EQ(0, correct(self, 0, 0));
	fake_clock.release_ns = fake_clock.realtime_ns - 60 * S;
	ASSERT_EQ(0, jump(self, -64 * S, 0, &event));
	snprintf(wanted, sizeof(wanted), "say %lld s after 1970, the release was at %lld s",
		 (long long)(fake_clock.realtime_ns / S - 64),
		 (long long)(fake_clock.release_ns / S));
	EXPECT_NE(NULL, strstr(journal.fields[0], wanted))
		TH_LOG("%s", journal.fields[0]);
	log_set_level(-1);
	EXPECT_EQ(TRUECHIME_ACTION_TOO_EARLY, event.action);
	EXPECT_EQ(-64 * S, event.residual_ns);
	EXPECT_EQ(-ERANGE, self->timescale->ops->step(self->timescale,
						      TRUECHIME_OCCASION_OPERATOR));
	fake_clock_run(10 * S);
	ASSERT_EQ(0, self->timescale->ops->step(self->timescale, TRUECHIME_OCCASION_OPERATOR));
}

TEST_HARNESS_MAIN
