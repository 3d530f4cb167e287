// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module as a whole, on a machine that the test controls: what it reports, what its timers see,
 * and what it refuses. The other tests of this fixture say what becomes of timescale, system clock
 * and correction, each for a kind of what happens to guest or host: test_module_*.c.
 */
#include "selftests/unit/module_fixture.h"

/* What a revert rewinds comes again, and an event of two lives must not look the same. */
TEST_F(module, each_disruption_begins_an_instance)
{
	u64 loaded, reverted;

	ASSERT_EQ(0, load());
	loaded = status().instance;
	EXPECT_NE(0, loaded);
	revert(HOUR);
	reverted = status().instance;
	EXPECT_NE(loaded, reverted);
	EXPECT_EQ(reverted, latest()->instance);
	EXPECT_STREQ("kvm", latest()->host_name);
	/* A step that somebody asked for is no disruption. */
	machine.behind_ns = S;
	ASSERT_EQ(0, chime_control_step(machine.chime, TRUECHIME_OCCASION_OPERATOR));
	EXPECT_EQ(TRUECHIME_CAUSE_OPERATOR, latest()->cause);
	EXPECT_EQ(reverted, latest()->instance);
	EXPECT_EQ(reverted, status().instance);
	revert(HOUR);
	EXPECT_NE(reverted, status().instance);
	EXPECT_NE(loaded, status().instance);
}

TEST_F(module, quiet_machine_has_no_events)
{
	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	run(HOUR);
	EXPECT_EQ(0, machine.count);
	EXPECT_EQ(0, machine.sets);
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
}

/* A measurement right after a pause gets a clock that has been corrected for it. */
TEST_F(module, reading_to_measure_by_is_taken_after_a_check)
{
	struct chime_status measured;
	s64 error_ns;

	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	stand_still(30 * S);
	machine_pass(300 * MS);
	/* An unprivileged request does not trigger a check. */
	EXPECT_EQ(0, status().disruptions);
	chime_control_now(machine.chime, &measured);
	error_ns = measured.now.time_ns - machine.utc_ns;
	EXPECT_LE(llabs(error_ns), CLOSE_NS);
	EXPECT_EQ(1, measured.disruptions);
	ASSERT_EQ(1, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_PAUSE, latest()->cause);
}

static struct chime_status amid_repair;

static void ask_amid_repair(void)
{
	struct chime_event event;
	struct chime_policy policy;
	enum truechime_rtc rtc;

	chime_status_read(machine.chime, &amid_repair);
	amid_repair.now.time_ns -= machine.utc_ns;
	chime_status_read_policy(machine.chime, &policy, &rtc);
	amid_repair.disruptions += chime_events_next(&machine.chime->events, 1, &event);
}

/* A lock that is taken twice is a deadlock here. */
TEST_F(module, answers_do_not_wait_for_a_repair)
{
	struct chime_policy policy;
	enum truechime_rtc rtc;

	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	EXPECT_TRUE(status().corrected);
	unit_settling = ask_amid_repair;
	stand_still(HOUR);
	check();
	ASSERT_EQ(1, machine.count);
	EXPECT_LE(llabs(amid_repair.now.time_ns), CLOSE_NS);
	EXPECT_EQ(0, amid_repair.disruptions);
	EXPECT_TRUE(amid_repair.corrected);
	EXPECT_EQ(1, status().disruptions);
	EXPECT_EQ(1, status().steps);
	set_rtc_policy(TRUECHIME_RTC_TRUST);
	chime_status_read_policy(machine.chime, &policy, &rtc);
	EXPECT_EQ(TRUECHIME_RTC_TRUST, rtc);
	EXPECT_EQ(0, memcmp(&policy, &machine.chime->policy, sizeof(policy)));
}

TEST_F(module, timers_run_only_while_witnesses_are_open)
{
	ASSERT_EQ(0, load());
	EXPECT_TRUE(machine.can_ask);
	EXPECT_TRUE(machine.timers_run);
	EXPECT_TRUE(machine.timers_found_witnesses);
	played_module_exit();
	EXPECT_FALSE(machine.timers_run);
	EXPECT_TRUE(machine.timers_left_witnesses);
	/* A witness may ask for a check until it is closed. */
	EXPECT_FALSE(machine.can_ask);
	EXPECT_TRUE(machine.witnesses_left_checks);
}

/* Each adjustment of the PTP clock checks the host first. */
static void adjust_phc(struct chime *chime)
{
	rt_mutex_lock(&chime->lock);
	chime_disruption_check(chime);
	chime_unlock(chime);
}

TEST_F(module, reading_of_the_rtc_is_stopped_when_nobody_can_ask_for_it)
{
	machine.has_rtc = true;
	ASSERT_EQ(0, load_without_host());
	machine_pass(S);
	unit_phc_closing = adjust_phc;
	played_module_exit();
	EXPECT_EQ(NULL, machine.work);
}

/* A timer's reading, and nothing changes by it. */
static enum chime_verdict peek(void)
{
	struct chime_status before = status(), after;
	enum chime_verdict verdict = chime_host_peek(&machine.chime->host);

	after = status();
	if (memcmp(&before, &after, sizeof(before)))
		return -1;
	return verdict;
}

TEST_F(module, timer_sees_what_the_next_check_would_find)
{
	ASSERT_EQ(0, load());
	run(30 * S);
	machine_pass(8 * MS);
	EXPECT_EQ(CHIME_VERDICT_ON_LINE, peek());
	EXPECT_EQ(CHIME_VERDICT_ON_LINE, peek());
	/* The host's clock is set, forward and back: it stays so until a check has accepted it. */
	machine.host_ahead_ns += S;
	EXPECT_EQ(CHIME_VERDICT_JUMPED, peek());
	EXPECT_EQ(CHIME_VERDICT_JUMPED, peek());
	check();
	EXPECT_EQ(1, machine.count);
	machine_pass(8 * MS);
	EXPECT_EQ(CHIME_VERDICT_ON_LINE, peek());
	machine.host_ahead_ns -= 60 * S;
	EXPECT_EQ(CHIME_VERDICT_JUMPED, peek());
	check();
	machine_pass(8 * MS);
	EXPECT_EQ(CHIME_VERDICT_ON_LINE, peek());
	EXPECT_EQ(2, machine.count);
	/* Its rate changes: by so much that it shows within 8 ms. */
	run(30 * S);
	machine.host_rate_ppm = 500;
	machine_pass(8 * MS);
	EXPECT_EQ(CHIME_VERDICT_RATE_CHANGED, peek());
	check();
	run(30 * S);
	machine_pass(8 * MS);
	EXPECT_EQ(CHIME_VERDICT_ON_LINE, peek());
	machine.clocksource++;
	EXPECT_EQ(CHIME_VERDICT_RATE_CHANGED, peek());
}

TEST_F(module, timer_sees_nothing_where_it_may_not_read)
{
	ASSERT_EQ(0, load());
	run(5 * S);
	/* The same instant as the check's. */
	EXPECT_EQ(CHIME_VERDICT_USELESS, peek());
	machine_pass(MS);
	EXPECT_EQ(CHIME_VERDICT_ON_LINE, peek());
	machine.host_silent = true;
	EXPECT_EQ(CHIME_VERDICT_USELESS, peek());
	machine.host_silent = false;
	EXPECT_EQ(CHIME_VERDICT_ON_LINE, peek());
	/* Another processor publishes just now, or takes a reading. */
	spin_lock(&machine.chime->host.peek.lock);
	EXPECT_EQ(CHIME_VERDICT_USELESS, chime_host_peek(&machine.chime->host));
	spin_unlock(&machine.chime->host.peek.lock);
	/* The host clock is closed; its memory must not be used any more. */
	rt_mutex_lock(&machine.chime->lock);
	chime_host_choose(&machine.chime->host, "none");
	EXPECT_EQ(CHIME_VERDICT_USELESS, chime_host_peek(&machine.chime->host));
	chime_unlock(machine.chime);
	EXPECT_EQ(CHIME_VERDICT_USELESS, chime_host_peek(&machine.chime->host));
	rt_mutex_lock(&machine.chime->lock);
	chime_host_choose(&machine.chime->host, "kvm");
	chime_unlock(machine.chime);
	machine_pass(MS);
	EXPECT_EQ(CHIME_VERDICT_ON_LINE, chime_host_peek(&machine.chime->host));
}

/* As the timers compare it. */
static bool memory_has_moved(void)
{
	struct chime_marks checked, now;

	chime_witness_checked_marks(machine.chime, &checked);
	chime_witness_read_marks(machine.chime, &now);
	return memcmp(&checked, &now, sizeof(now));
}

TEST_F(module, check_takes_note_of_what_is_in_memory)
{
	const enum chime_mark seen[] = {
		CHIME_MARK_CLOCK_NS, CHIME_MARK_DISRUPTION, CHIME_MARK_ID_LOW,
	};
	unsigned int i;

	machine.has_page = true;
	ASSERT_EQ(0, load());
	for (i = 0; i < ARRAY_SIZE(seen); i++) {
		EXPECT_FALSE(memory_has_moved());
		unit_marks.words[seen[i]]++;
		EXPECT_TRUE(memory_has_moved());
		check();
	}
	/* Of a host that is not there kvm-clock says nothing. */
	rt_mutex_lock(&machine.chime->lock);
	EXPECT_EQ(0, chime_host_choose(&machine.chime->host, "none"));
	rt_mutex_unlock(&machine.chime->lock);
	check();
	EXPECT_FALSE(memory_has_moved());
	unit_marks.words[CHIME_MARK_CLOCK_NS]++;
	EXPECT_FALSE(memory_has_moved());
}

TEST_F(module, correction_of_another_epoch_or_reference_is_refused)
{
	struct chime_line line = { .rate_q32 = CHIME_LINE_RATE_MAX_Q32 + 1 };
	u32 epoch;

	ASSERT_EQ(0, load());
	epoch = status().now.epoch;
	EXPECT_EQ(-ERANGE, chime_control_correct(machine.chime, &line, epoch, -1, true));
	line.rate_q32 = 0;
	EXPECT_EQ(-ESTALE, chime_control_correct(machine.chime, &line, epoch + 1, -1, true));
	EXPECT_EQ(-ESTALE, chime_control_correct(machine.chime, &line, epoch,
						 TRUECHIME_REFERENCE_RAW, true));
	/* A disruption that no check has detected yet ends the epoch, too. */
	machine.host_ahead_ns = HOUR;
	EXPECT_EQ(-ESTALE, chime_control_correct(machine.chime, &line, epoch, -1, true));
	EXPECT_EQ(1, machine.count);
}

/* Of too many at once the latest are. */
TEST_F(module, each_event_is_logged_once)
{
	struct chime_event event = { .cause = TRUECHIME_CAUSE_OPERATOR };
	int i;

	ASSERT_EQ(0, load());
	machine.logged = 0;
	for (i = 1; i <= 3; i++) {
		stand_still(HOUR);
		run(5 * S);
		EXPECT_EQ(i, machine.logged);
	}
	rt_mutex_lock(&machine.chime->lock);
	for (i = 0; i < CHIME_LOG_LINES + 3; i++)
		chime_events_record(&machine.chime->events, &event);
	EXPECT_EQ(3, machine.logged);
	chime_unlock(machine.chime);
	EXPECT_EQ(3 + CHIME_LOG_LINES, machine.logged);
	run(5 * S);
	EXPECT_EQ(3 + CHIME_LOG_LINES, machine.logged);
}

TEST_HARNESS_MAIN
