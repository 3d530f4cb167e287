// SPDX-License-Identifier: GPL-2.0-only
/*
 * Steering beside other programs that set the system clock: what is set back, and what is not.
 */
#include "selftests/unit/steering_fixture.h"
#include "user/steering/time_daemons.h"

/* The programs on this machine. */
static const struct time_daemon chronyd = {
	.program = "chronyd", .pid = 77, .unit = "chrony.service",
};

static bool chronyd_runs;

size_t __wrap_time_daemons_find(const char *proc, const char *cgroup,
				struct time_daemon daemons[TIME_DAEMONS_MAX])
{
	daemons[0] = chronyd;
	return chronyd_runs;
}

TEST_F(steering, notices_that_somebody_else_set_the_clock)
{
	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 300 * S));
	fake_clock.realtime_ns += 2 * S;
	fake_clock.status |= STA_UNSYNC;
	ASSERT_EQ(0, follow(self));
	EXPECT_TRUE(fake_clock.status & STA_UNSYNC);
	EXPECT_LT(fake_clock_rate(), -0.09);
	ASSERT_EQ(0, run_truthfully(self, 25 * S));
	EXPECT_LT(llabs(error_ns(self)), US);
	EXPECT_FALSE(fake_clock.status & STA_UNSYNC);
}

TEST_F(steering, says_what_becomes_of_a_clock_that_somebody_else_set)
{
	journal_listen(LOG_NOTICE);
	fake_clock.realtime_ns += 2 * S;
	ASSERT_EQ(0, read_clocks(self));
	/* Nobody knows how wrong it is now. */
	EXPECT_STREQ("MESSAGE=Somebody else set the system clock by 2.00 s", journal.fields[0]);

	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	fake_clock.realtime_ns += 2 * S;
	ASSERT_EQ(0, read_clocks(self));
	EXPECT_NE(NULL, strstr(journal.fields[0],
			       "set the system clock by 2.00 s; it is being slewed back"));

	steering_set_external(self->steering, true);
	ASSERT_EQ(0, follow(self));
	fake_clock_run(2 * 3600 * S);
	ASSERT_EQ(0, read_clocks(self));
	fake_clock.realtime_ns += 2 * S;
	ASSERT_EQ(0, read_clocks(self));
	EXPECT_STREQ("MESSAGE=Somebody else set the system clock by 2.00 s", journal.fields[0]);
}

/* Less may be a slew that was not seen, or a machine that stood still between two readings. */
TEST_F(steering, who_sets_the_clock_moves_it_by_more_than_10_ms)
{
	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	journal_listen(LOG_NOTICE);
	fake_clock.realtime_ns += 10 * MS;
	ASSERT_EQ(0, read_clocks(self));
	EXPECT_EQ(0, journal.messages);
	fake_clock.realtime_ns -= 10 * MS + 1;
	ASSERT_EQ(0, read_clocks(self));
	EXPECT_EQ(1, journal.messages);
}

/* Once an hour, however often. What it does is undone at the next reading. */
TEST_F(steering, says_that_somebody_else_changes_the_rate)
{
	static const char said[] = "Somebody else has changed the rate of the system clock by ";
	const char *by;
	double rate;

	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 300 * S));
	rate = fake_clock_rate();
	journal_listen(LOG_NOTICE);
	for (int i = 0; i < 10; i++) {
		fake_clock.freq += 3 * 65536;
		fake_clock_run(S);
		ASSERT_EQ(0, follow(self));
		EXPECT_LT(fabs(fake_clock_rate() - rate), 1e-4);
	}
	EXPECT_EQ(1, journal.messages);
	by = strstr(journal.fields[0], said);
	ASSERT_NE(NULL, by);
	EXPECT_NE(NULL, strstr(by, "by 3.000 ppm: it cannot be seen from here"));
	EXPECT_LT(llabs(error_ns(self)), 4 * US);

	ASSERT_EQ(0, run_truthfully(self, 3600 * S));
	fake_clock.tick_us -= 2;
	chronyd_runs = true;
	ASSERT_EQ(0, follow(self));
	EXPECT_EQ(2, journal.messages);
	by = strstr(journal.fields[0], "by -200.000 ppm: ");
	ASSERT_NE(NULL, by);
	EXPECT_NE(NULL, strstr(by, ": chronyd (process 77, chrony.service) may be it. "));
}

/*
 * Likewise who slews it with adjtime(3), as OpenNTPD does: what remains is cancelled, so that the
 * clock goes wrong no further than until the next check.
 */
TEST_F(steering, says_that_somebody_else_slews_the_clock)
{
	static const char said[] =
		"Somebody else slews the system clock with adjtime(3); the 5.00 s that remain are";

	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 300 * S));
	journal_listen(LOG_NOTICE);
	for (int i = 0; i < 10; i++) {
		fake_clock.adjtime_us = 5000000;
		fake_clock_run(4 * S);
		EXPECT_GT(-MS, error_ns(self));
		ASSERT_EQ(0, follow(self));
		EXPECT_EQ(0, fake_clock.adjtime_us);
		ASSERT_EQ(0, run_truthfully(self, 60 * S));
		EXPECT_LT(llabs(error_ns(self)), US);
		EXPECT_FALSE(fake_clock.status & STA_UNSYNC);
	}
	EXPECT_EQ(1, journal.messages);
	EXPECT_NE(NULL, strstr(journal.fields[0], said));

	/* One that was not seen for a minute: it has set nothing. */
	ASSERT_EQ(0, run_truthfully(self, 3600 * S));
	fake_clock.adjtime_us = -3600000000L;
	fake_clock_run(64 * S);
	EXPECT_LT(30 * MS, error_ns(self));
	ASSERT_EQ(0, follow(self));
	EXPECT_EQ(3, journal.messages);
	EXPECT_STREQ("MESSAGE=The system clock is no longer synchronised", journal.fields[0]);
}

/* Who does both at once is not taken for one that only slews. */
TEST_F(steering, a_slew_hides_no_clock_that_was_set)
{
	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 300 * S));
	journal_listen(LOG_NOTICE);
	fake_clock.tick_us += 10;
	fake_clock_run(S);
	fake_clock.realtime_ns += S;
	ASSERT_EQ(0, read_clocks(self));
	EXPECT_EQ(2, journal.messages);
	EXPECT_NE(NULL, strstr(journal.fields[0], "set the system clock by 1.00 s"));
}

/* What another program does to the rate is undone at once, and not when a check is due. */
TEST_F(steering, undoes_a_changed_rate_at_once)
{
	double rate;

	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 1000 * S));
	steering_get_status(self->steering, &self->status);
	EXPECT_EQ(64 * S, self->status.interval_ns);
	fake_clock_run(MS);
	ASSERT_EQ(0, follow(self));
	EXPECT_LT(fake_clock.raw_ns, steering_next_ns(self->steering));
	rate = fake_clock_rate();
	fake_clock.freq += 500 * 65536;
	fake_clock_run(US);
	ASSERT_EQ(0, follow(self));
	EXPECT_LT(fabs(fake_clock_rate() - rate), 1e-6);
}

/* A clock that was slewed by 32 ms meanwhile was not set, but is no longer right. */
TEST_F(steering, a_slew_of_somebody_else_sets_nothing)
{
	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 300 * S));
	journal_listen(LOG_NOTICE);
	fake_clock.freq += 500 * 65536;
	fake_clock_run(64 * S);
	ASSERT_EQ(0, follow(self));
	EXPECT_EQ(2, journal.messages);
	EXPECT_STREQ("MESSAGE=The system clock is no longer synchronised", journal.fields[0]);
	ASSERT_EQ(0, run_truthfully(self, 60 * S));
	EXPECT_LT(llabs(error_ns(self)), US);
	EXPECT_NE(NULL, strstr(journal.fields[0], "The system clock is synchronised"));
}

/* Who has the clock may do with it what it likes. */
TEST_F(steering, a_clock_that_is_left_to_somebody_else_has_its_rate)
{
	double rate;

	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 300 * S));
	steering_set_external(self->steering, true);
	ASSERT_EQ(0, follow(self));
	rate = fake_clock_rate();
	journal_listen(LOG_NOTICE);
	fake_clock.freq += 65536;
	fake_clock.adjtime_us = 5000000;
	fake_clock_run(S);
	ASSERT_EQ(0, follow(self));
	EXPECT_EQ(0, journal.messages);
	EXPECT_EQ(4999500, fake_clock.adjtime_us);
	EXPECT_LT(fabs(fake_clock_rate() - rate - 1e-6), 1e-12);
	steering_set_external(self->steering, false);
	journal_listen(LOG_NOTICE);
	ASSERT_EQ(0, follow(self));
	EXPECT_EQ(NULL, strstr(journal.fields[0], "changed the rate"));
}

/* It sets its clock ahead itself, before anybody knows that it slept. */
TEST_F(steering, a_machine_that_slept_is_nobody_else)
{
	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	journal_listen(LOG_NOTICE);
	fake_clock.boottime_ns += 3600 * S;
	fake_clock.realtime_ns += 3600 * S;
	ASSERT_EQ(0, read_clocks(self));
	EXPECT_EQ(0, journal.messages);

	fake_clock_run(S);
	fake_clock.realtime_ns += 2 * S;
	ASSERT_EQ(0, read_clocks(self));
	EXPECT_NE(NULL, strstr(journal.fields[0], "Somebody else set the system clock"));
}

/* Whichever part of a second it is then, and where nothing tells of sleep. */
TEST_F(steering, a_machine_that_did_not_sleep)
{
	static const int64_t parts_ns[][2] = {
		{ 900 * MS, 1100 * MS }, { 100 * MS, 900 * MS }, { 100 * MS, 200 * MS },
	};
	int64_t whole_ns = fake_clock.monotonic_ns / S * S;

	ASSERT_EQ(0, apply(self, found(self, 0)));
	journal_listen(LOG_NOTICE);
	for (size_t i = 0; i < ARRAY_SIZE(parts_ns); i++) {
		fake_clock.no_boottime = i == 2;
		for (int at = 0; at < 2; at++) {
			fake_clock_run(100 * MS);
			fake_clock.monotonic_ns = whole_ns + parts_ns[i][at];
			fake_clock.boottime_ns = whole_ns + parts_ns[i][at];
			fake_clock.realtime_ns += at * 2 * S;
			*journal.fields[0] = '\0';
			ASSERT_EQ(0, read_clocks(self));
		}
		EXPECT_NE(NULL, strstr(journal.fields[0], "Somebody else")) TH_LOG("%zu", i);
	}
	fake_clock.no_boottime = false;
}

/* The sources' answer is that the timescale is right, whatever the system clock says. */
static struct discipline_result confirmed(FIXTURE_DATA(steering) *self)
{
	struct timescale_now now;
	struct discipline_result result;

	self->timescale->ops->now(self->timescale, &now);
	result = found(self, now.time_ns - now.realtime_ns);
	result.step = DISCIPLINE_STEP;
	result.agreed_raw_ns = now.raw_ns;
	return result;
}

/* date -s by an hour: a slew back would take ten. Who does it again and again is no operator. */
TEST_F(steering, a_clock_that_was_set_far_off_is_set_back)
{
	static const int64_t jumps_ns[] = { 3600 * S, -86400 * S, 3600 * S };
	unsigned int i;

	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	for (i = 0; i < ARRAY_SIZE(jumps_ns); i++) {
		fake_clock.realtime_ns += jumps_ns[i];
		fake_clock.status |= STA_UNSYNC;
		ASSERT_EQ(0, follow(self));
		steering_get_status(self->steering, &self->status);
		EXPECT_EQ(i < 2, steering_asks_sources(self->steering));
		if (i == 2)
			break;
		/* The sources have ten seconds to find that it was right. */
		EXPECT_EQ(i, self->status.steps);
		fake_clock_run(S);
		ASSERT_EQ(0, apply(self, confirmed(self)));
		EXPECT_LE(self->status.now.raw_ns + 9 * S, steering_next_ns(self->steering));
		fake_clock_run(8 * S);
		ASSERT_EQ(0, follow(self));
		EXPECT_LT(S, llabs(error_ns(self)));
		EXPECT_FALSE(steering_asks_sources(self->steering));
		EXPECT_TRUE(fake_clock.status & STA_UNSYNC);
		fake_clock_run(S);
		ASSERT_EQ(0, follow(self));
		steering_get_status(self->steering, &self->status);
		EXPECT_EQ(i + 1, self->status.steps);
		EXPECT_LT(llabs(error_ns(self)), MS);
		ASSERT_EQ(0, run_truthfully(self, 10 * S));
		EXPECT_FALSE(fake_clock.status & STA_UNSYNC);
	}
	EXPECT_EQ(2, self->status.steps);
	EXPECT_LT(fake_clock_rate(), -0.09);
}

/* The sources agree with the timescale. Makestep allows no step any more. */
static struct discipline_result agreed(FIXTURE_DATA(steering) *self)
{
	struct discipline_result result = confirmed(self);

	result.step = DISCIPLINE_NO_STEP;
	return result;
}

/*
 * A program of another opinion sets the clock three times by a year, and ends. It would take thirty
 * years to slew that back.
 */
TEST_F(steering, a_clock_is_set_back_when_a_rival_has_left_it_alone)
{
	int i;

	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	for (i = 0; i < 3; i++) {
		fake_clock.realtime_ns += 365 * 86400 * S;
		fake_clock.status |= STA_UNSYNC;
		ASSERT_EQ(0, run_truthfully(self, S));
	}
	/* It may go on. */
	steering_asks_sources(self->steering);
	ASSERT_EQ(0, run_truthfully(self, 3500 * S));
	ASSERT_EQ(0, apply(self, agreed(self)));
	EXPECT_EQ(0, self->status.steps);
	EXPECT_FALSE(steering_asks_sources(self->steering));

	ASSERT_EQ(0, run_truthfully(self, 110 * S));
	EXPECT_EQ(0, self->status.steps);
	EXPECT_TRUE(steering_asks_sources(self->steering));
	fake_clock_run(S);
	ASSERT_EQ(0, apply(self, agreed(self)));
	ASSERT_EQ(0, run_truthfully(self, 12 * S));
	EXPECT_EQ(1, self->status.steps);
	EXPECT_LT(llabs(error_ns(self)), MS);
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	EXPECT_FALSE(fake_clock.status & STA_UNSYNC);
	/* Once. */
	ASSERT_EQ(0, run_truthfully(self, 7300 * S));
	EXPECT_FALSE(steering_asks_sources(self->steering));
	EXPECT_EQ(1, self->status.steps);
}

/* It was set while the time was too vague to set it back, and is known since. */
TEST_F(steering, a_clock_is_set_back_when_the_time_is_known_again)
{
	struct discipline_result vague = found(self, 0);

	vague.correction.maxerror_ns = 2000 * S;
	ASSERT_EQ(0, apply(self, vague));
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	fake_clock.realtime_ns += 3600 * S;
	fake_clock.status |= STA_UNSYNC;
	ASSERT_EQ(0, run_truthfully(self, 100 * S));
	ASSERT_EQ(0, apply(self, agreed(self)));
	EXPECT_EQ(0, self->status.steps);
	ASSERT_EQ(0, run_truthfully(self, 3600 * S));
	EXPECT_TRUE(steering_asks_sources(self->steering));
	fake_clock_run(S);
	ASSERT_EQ(0, apply(self, agreed(self)));
	ASSERT_EQ(0, run_truthfully(self, 12 * S));
	EXPECT_EQ(1, self->status.steps);
	EXPECT_LT(llabs(error_ns(self)), MS);
}

/*
 * Nothing has seen that this machine was reverted by an hour, and an agent of the hypervisor gives
 * the hour back. The timescale is what is wrong.
 */
TEST_F(steering, a_clock_that_was_set_right_is_not_set_back)
{
	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	fake_clock.realtime_ns += 3600 * S;
	ASSERT_EQ(0, follow(self));
	EXPECT_TRUE(steering_asks_sources(self->steering));
	fake_clock_run(S);
	ASSERT_EQ(0, apply(self, found(self, 0)));
	EXPECT_LT(llabs(error_ns(self)), MS);
	ASSERT_EQ(0, run_truthfully(self, 20 * S));
	EXPECT_EQ(0, self->status.steps);
	EXPECT_LT(llabs(error_ns(self)), MS);
}

/*
 * The sources have confirmed the timescale since another program set the clock, and contradict it
 * before the ten seconds are over: a machine that was reverted to an instant in between goes on
 * where it was. Who is right is not known yet.
 */
TEST_F(steering, a_clock_is_not_set_back_while_sources_contradict_the_time)
{
	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	fake_clock.realtime_ns += 3600 * S;
	fake_clock.status |= STA_UNSYNC;
	ASSERT_EQ(0, follow(self));
	fake_clock_run(S);
	ASSERT_EQ(0, apply(self, agreed(self)));
	steering_set_contradicted(self->steering, true);
	/* Nor is it looked at all the time. */
	EXPECT_LT(self->status.now.raw_ns + 10 * S, steering_next_ns(self->steering));
	ASSERT_EQ(0, run_truthfully(self, 20 * S));
	steering_get_status(self->steering, &self->status);
	EXPECT_EQ(0, self->status.steps);
	EXPECT_GT(llabs(error_ns(self)), 3599 * S);
	EXPECT_TRUE(fake_clock.status & STA_UNSYNC);

	/* Those who contradicted were outvoted. */
	steering_set_contradicted(self->steering, false);
	EXPECT_GE(fake_clock.raw_ns, steering_next_ns(self->steering));
	ASSERT_EQ(0, follow(self));
	steering_get_status(self->steering, &self->status);
	EXPECT_EQ(1, self->status.steps);
	EXPECT_LT(llabs(error_ns(self)), MS);
}

/* Nor is it slewed back, when it was set again and again, or by less: that is as wrong. */
TEST_F(steering, a_clock_is_not_slewed_back_while_sources_contradict_the_time)
{
	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	steering_set_contradicted(self->steering, true);
	journal_listen(LOG_NOTICE);
	fake_clock.realtime_ns += 2 * S;
	fake_clock.status |= STA_UNSYNC;
	ASSERT_EQ(0, read_clocks(self));
	EXPECT_NE(NULL, strstr(journal.fields[0], "by 2.00 s; it stays so while"));
	ASSERT_EQ(0, run_truthfully(self, 20 * S));
	EXPECT_LT(llabs(llabs(error_ns(self)) - 2 * S), MS);
	steering_set_contradicted(self->steering, false);
	ASSERT_EQ(0, run_truthfully(self, 90 * S));
	EXPECT_LT(llabs(error_ns(self)), US);
}

/* What the sources say is refused: who is right is the operator's to say. */
TEST_F(steering, a_clock_is_not_slewed_back_to_a_time_that_maxchange_keeps)
{
	struct discipline_result refused = found(self, 5 * S);

	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	refused.step = DISCIPLINE_REFUSED;
	refused.changed = false;
	refused.synchronised = false;
	fake_clock.realtime_ns += 4 * S;
	ASSERT_EQ(0, apply(self, refused));
	ASSERT_EQ(0, run_truthfully(self, 100 * S));
	EXPECT_LT(llabs(llabs(error_ns(self)) - 4 * S), MS);
	EXPECT_TRUE(fake_clock.status & STA_UNSYNC);
}

/*
 * As above, and the network is not there yet: ten seconds without an answer confirm nothing, nor
 * do a few answers while most sources are silent. They are asked again.
 */
TEST_F(steering, a_clock_is_not_set_back_on_silence)
{
	struct discipline_result few;
	int asked = 0;

	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	fake_clock.realtime_ns += 3600 * S;
	fake_clock.status |= STA_UNSYNC;
	ASSERT_EQ(0, follow(self));
	EXPECT_TRUE(steering_asks_sources(self->steering));
	for (int i = 0; i < 1000; i++) {
		ASSERT_EQ(0, run_truthfully(self, S));
		asked += steering_asks_sources(self->steering);
	}
	EXPECT_EQ(4, asked);
	EXPECT_EQ(0, self->status.steps);
	EXPECT_TRUE(fake_clock.status & STA_UNSYNC);
	EXPECT_GT(llabs(error_ns(self)), 3599 * S);
	few = confirmed(self);
	few.agreed_raw_ns -= 1001 * S;
	ASSERT_EQ(0, apply(self, few));
	EXPECT_EQ(0, self->status.steps);
	ASSERT_EQ(0, apply(self, confirmed(self)));
	EXPECT_EQ(1, self->status.steps);
	EXPECT_LT(llabs(error_ns(self)), MS);
}

/* An answer from before the clock was set is handled before anybody has noticed that it was. */
TEST_F(steering, an_answer_that_was_under_way_does_not_undo_what_others_set)
{
	struct discipline_result result;

	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	fake_clock.realtime_ns += 3600 * S;
	fake_clock.status |= STA_UNSYNC;
	timescale_expire(self->timescale);
	ASSERT_EQ(0, apply(self, confirmed(self)));
	EXPECT_EQ(0, self->status.steps);
	EXPECT_TRUE(steering_asks_sources(self->steering));
	EXPECT_GT(llabs(error_ns(self)), 3599 * S);

	/* The operator's word goes before theirs, and there is nothing left to ask. */
	ASSERT_EQ(0, steering_step(self->steering, "asked for"));
	EXPECT_LT(llabs(error_ns(self)), MS);
	ASSERT_EQ(0, run_truthfully(self, S));
	result = found(self, 5 * S);
	result.step = DISCIPLINE_STEP;
	ASSERT_EQ(0, apply(self, result));
	EXPECT_EQ(2, self->status.steps);
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	EXPECT_FALSE(fake_clock.status & STA_UNSYNC);
}

/* Not even where it was set three times in a row, and is not set back any more. */
TEST_F(steering, answers_that_were_under_way_do_not_undo_what_others_set_again)
{
	struct discipline_result late;
	int i;

	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	for (i = 0; i < 3; i++) {
		fake_clock.realtime_ns += 3600 * S;
		late = confirmed(self);
		fake_clock_run(MS);
		ASSERT_EQ(0, follow(self));
	}
	fake_clock_run(MS);
	ASSERT_EQ(0, apply(self, late));
	EXPECT_EQ(0, self->status.steps);
	EXPECT_GT(llabs(error_ns(self)), 3599 * S);
	fake_clock_run(S);
	ASSERT_EQ(0, apply(self, confirmed(self)));
	EXPECT_EQ(1, self->status.steps);
	EXPECT_LT(llabs(error_ns(self)), MS);
}

/* The clocks are checked anew meanwhile, as when another clock becomes the reference. */
TEST_F(steering, a_clock_is_not_set_back_because_clocks_are_checked_anew)
{
	struct discipline_result late;

	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	fake_clock.realtime_ns += 3600 * S;
	fake_clock.status |= STA_UNSYNC;
	late = confirmed(self);
	fake_clock_run(MS);
	ASSERT_EQ(0, follow(self));
	EXPECT_TRUE(steering_asks_sources(self->steering));
	steering_recheck(self->steering);
	ASSERT_EQ(0, run_truthfully(self, 20 * S));
	EXPECT_LT(fabs(fake_clock_rate()), 1e-3);
	ASSERT_EQ(0, apply(self, late));
	EXPECT_EQ(0, self->status.steps);
	EXPECT_GT(llabs(error_ns(self)), 3599 * S);
	ASSERT_EQ(0, apply(self, confirmed(self)));
	EXPECT_EQ(1, self->status.steps);
	EXPECT_LT(llabs(error_ns(self)), MS);
}

/* Where nobody knows the time well enough it is not taken back by a step, even if it may be. */
TEST_F(steering, a_vague_time_sets_no_clock_back)
{
	struct discipline_result vague = found(self, 0);
	struct steering_options options = normal;

	options.undo = true;
	steering_set_options(self->steering, &options);
	vague.correction.maxerror_ns = 2000 * S;
	ASSERT_EQ(0, apply(self, vague));
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	fake_clock.realtime_ns += 3600 * S;
	fake_clock.status |= STA_UNSYNC;
	ASSERT_EQ(0, follow(self));
	steering_get_status(self->steering, &self->status);
	EXPECT_EQ(0, self->status.steps);
}

/* Nor where a slew takes no longer than a minute: six seconds, by these options. */
TEST_F(steering, what_is_slewed_within_a_minute_is_not_set_back)
{
	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	fake_clock.realtime_ns += 6 * S;
	ASSERT_EQ(0, read_clocks(self));
	EXPECT_FALSE(steering_asks_sources(self->steering));
	fake_clock.realtime_ns -= 12 * S + 1;
	ASSERT_EQ(0, read_clocks(self));
	EXPECT_TRUE(steering_asks_sources(self->steering));
}

/* A quarter of the error is not less than a quarter. */
TEST_F(steering, a_bound_of_a_quarter_of_the_error_undoes_nothing)
{
	struct steering_options options = normal;
	struct discipline_result result = found(self, 0);

	options.undo = true;
	steering_set_options(self->steering, &options);
	result.correction.maxerror_ns = 25 * MS;
	result.correction.maxerror_rate_q32 = 0;
	ASSERT_EQ(0, apply(self, result));
	for (unsigned int steps = 0; steps < 2; steps++) {
		ASSERT_EQ(0, run_truthfully(self, 10 * S));
		ASSERT_EQ(0, error_ns(self));
		fake_clock.realtime_ns += 100 * MS + 4 * steps;
		ASSERT_EQ(0, follow(self));
		steering_get_status(self->steering, &self->status);
		EXPECT_EQ(steps, self->status.steps);
		EXPECT_EQ(25 * MS, self->status.now.maxerror_ns);
	}
}

/* A rival steps the clock by little, again and again, and each time it is stepped back at once. */
TEST_F(steering, what_others_do_is_undone_where_that_is_wanted)
{
	struct steering_options options = normal;
	unsigned int i;

	journal_listen(LOG_NOTICE);
	options.undo = true;
	steering_set_options(self->steering, &options);
	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	for (i = 1; i <= 10; i++) {
		fake_clock.realtime_ns += 50 * MS;
		fake_clock.status |= STA_UNSYNC;
		ASSERT_EQ(0, follow(self));
		steering_get_status(self->steering, &self->status);
		EXPECT_EQ(i, self->status.steps);
		EXPECT_LT(llabs(error_ns(self)), MS);
		ASSERT_EQ(0, run_truthfully(self, 10 * S));
	}

	/* Not where it is hardly better known than the rival's. */
	fake_clock.realtime_ns += 100 * US;
	ASSERT_EQ(0, follow(self));
	steering_get_status(self->steering, &self->status);
	EXPECT_EQ(10, self->status.steps);
}

/* A rival daemon of another opinion, every 4 s for two hours: said five times. */
TEST_F(steering, a_rival_is_told_and_not_for_ever)
{
	int i;

	journal_listen(LOG_NOTICE);
	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	journal.messages = 0;
	for (i = 0; i < 1803; i++) {
		fake_clock_run(4 * S);
		fake_clock.realtime_ns += 50 * MS;
		ASSERT_EQ(0, read_clocks(self));
		if (i == 2)
			EXPECT_NE(NULL, strstr(journal.fields[0],
					       "again and again, 3 times within 8.00 s"));
	}
	EXPECT_EQ(5, journal.messages);
	EXPECT_NE(NULL, strstr(journal.fields[0], "goes on setting the system clock, 900 times"));
}

/* A mode is the module's: "truechime mode external" fails without it. */
TEST_F(steering, a_rival_is_given_the_clock_by_what_is_there)
{
	struct timescale_ops with_module = *self->timescale->ops;
	const struct timescale_ops *ops = self->timescale->ops;
	int i;

	with_module.in_kernel = true;
	journal_listen(LOG_NOTICE);
	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	for (i = 0; i < 6; i++) {
		/* An hour later it is told anew. */
		fake_clock_run(i == 3 ? 7200 * S : 4 * S);
		self->timescale->ops = i < 3 ? ops : &with_module;
		fake_clock.realtime_ns += 50 * MS;
		ASSERT_EQ(0, read_clocks(self));
		if (i != 2 && i != 5)
			continue;
		EXPECT_NE(NULL, strstr(journal.fields[0], "again and again"));
		EXPECT_EQ(i == 2, !!strstr(journal.fields[0], "\"rivals\" in truechime.conf(5)"));
		EXPECT_EQ(i == 5, !!strstr(journal.fields[0], "truechime mode external"));
	}
	self->timescale->ops = ops;
}

TEST_HARNESS_MAIN
