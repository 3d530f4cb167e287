// SPDX-License-Identifier: GPL-2.0-only
/*
 * Steering over leap seconds.
 */
#include "selftests/unit/steering_fixture.h"

/* 2027-07-01 00:00:00 */
#define LEAP_NS	(1814400000 * S)

/* 2027-06-30 23:58:00 by a clock that is right, and a leap second announced. */
static void set_leap_day(FIXTURE_DATA(steering) *self, enum leap_mode mode)
{
	struct steering_options options = normal;

	options.leap_mode = mode;
	steering_set_options(self->steering, &options);
	fake_clock.realtime_ns = LEAP_NS - 120 * S;
	steering_disrupted(self->steering, false);
	apply(self, found(self, 0));
	steering_announce_leap(self->steering, 1);
}

TEST_F(steering, kernel_leaps_and_nothing_is_wrong)
{
	int64_t offset_ns;

	journal_listen(LOG_NOTICE);
	set_leap_day(self, LEAP_SYSTEM);
	ASSERT_EQ(0, run_truthfully(self, 3 * S));
	EXPECT_EQ(STA_INS, fake_clock.status);
	ASSERT_EQ(0, run_truthfully(self, 97 * S));
	EXPECT_EQ(STA_INS, fake_clock.status);
	EXPECT_EQ(1, self->status.leap);
	offset_ns = self->status.correction.offset_ns;
	EXPECT_EQ(fake_clock.raw_ns + 20 * S, self->status.leap_raw_ns);
	ASSERT_EQ(0, run_truthfully(self, 20 * S));
	fake_clock_leap();
	ASSERT_EQ(0, follow(self));
	EXPECT_TRUE(journal_has("MESSAGE=A second was inserted at midnight UTC, as announced"));
	steering_get_status(self->steering, &self->status);
	EXPECT_EQ(offset_ns - S, self->status.correction.offset_ns);
	EXPECT_EQ(-S, steering_leap(self->steering));
	EXPECT_EQ(0, steering_leap(self->steering));
	EXPECT_EQ(0, error_ns(self));
	EXPECT_EQ(0, fake_clock_rate());
	EXPECT_EQ(0, fake_clock.status);
	ASSERT_EQ(0, run_truthfully(self, 100 * S));
	EXPECT_EQ(0, fake_clock_rate());
	EXPECT_EQ(0, fake_clock.status);
	EXPECT_EQ(0, steering_leap(self->steering));
}

/* The kernel has to know at once: midnight may be near, and the next check a minute away. */
TEST_F(steering, publishes_a_leap_second_as_soon_as_it_is_known)
{
	set_leap_day(self, LEAP_SYSTEM);
	steering_announce_leap(self->steering, 0);
	ASSERT_EQ(0, run_truthfully(self, 30 * S));
	fake_clock_run(MS);
	ASSERT_EQ(0, read_clocks(self));
	EXPECT_LT(fake_clock.raw_ns, steering_next_ns(self->steering));
	steering_announce_leap(self->steering, 1);
	ASSERT_EQ(0, read_clocks(self));
	EXPECT_GE(fake_clock.raw_ns, steering_next_ns(self->steering));
}

/* While nobody knows the time no leap second passes, and none is forgotten. */
TEST_F(steering, keeps_a_leap_second_that_is_announced_while_the_time_is_unknown)
{
	steering_announce_leap(self->steering, 1);
	ASSERT_EQ(0, read_clocks(self));
	fake_clock.realtime_ns = LEAP_NS - 120 * S;
	ASSERT_EQ(0, apply(self, found(self, 0)));
	EXPECT_EQ(1, self->status.leap);
}

TEST_F(steering, kernel_leaves_a_second_out)
{
	journal_listen(LOG_NOTICE);
	set_leap_day(self, LEAP_SYSTEM);
	steering_announce_leap(self->steering, 2);
	ASSERT_EQ(0, run_truthfully(self, 119 * S));
	EXPECT_EQ(STA_DEL, fake_clock.status);
	fake_clock.realtime_ns += S;
	fake_clock.tai_s--;
	fake_clock.leap_state = TIME_WAIT;
	ASSERT_EQ(0, follow(self));
	EXPECT_TRUE(journal_has("MESSAGE=A second was left out at midnight UTC, as announced"));
	EXPECT_EQ(S, steering_leap(self->steering));
	EXPECT_EQ(0, error_ns(self));
}

/* It is looked for when it is over, and when the kernel must have missed it. */
TEST_F(steering, checks_just_after_a_leap_second_and_once_more)
{
	int64_t leap_raw_ns;

	set_leap_day(self, LEAP_SYSTEM);
	ASSERT_EQ(0, run_truthfully(self, 119 * S));
	leap_raw_ns = self->status.leap_raw_ns;
	EXPECT_EQ(fake_clock.raw_ns + S, leap_raw_ns);
	/* Nothing else is due. */
	steering_follow_later(self->steering, fake_clock.raw_ns + 3600 * S);
	ASSERT_EQ(0, read_clocks(self));
	EXPECT_EQ(leap_raw_ns + MS, steering_next_ns(self->steering));
	fake_clock_run(S + MS);
	ASSERT_EQ(0, read_clocks(self));
	steering_get_status(self->steering, &self->status);
	ASSERT_EQ(leap_raw_ns + MS, self->status.now.raw_ns);
	EXPECT_EQ(leap_raw_ns + MS + S, steering_next_ns(self->steering));
}

/* When the clock is set the kernel forgets what was armed, until it was taken back for a while. */
TEST_F(steering, arms_the_kernel_anew_after_a_step)
{
	set_leap_day(self, LEAP_SYSTEM);
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	ASSERT_EQ(STA_INS, fake_clock.status);
	ASSERT_EQ(0, steering_step(self->steering, "test"));
	ASSERT_EQ(0, follow(self));
	EXPECT_EQ(0, fake_clock.status & STA_INS);
	ASSERT_EQ(0, run_truthfully(self, 3 * S / 2));
	EXPECT_EQ(0, fake_clock.status & STA_INS);
	ASSERT_EQ(0, run_truthfully(self, S));
	EXPECT_EQ(STA_INS, fake_clock.status & STA_INS);
}

/* Whoever sets it: by so little that it is right again at once, ... */
TEST_F(steering, arms_the_kernel_anew_after_somebody_else_set_the_clock)
{
	static const int64_t jumps_ns[] = { 20 * MS, -20 * MS, 200 * MS, -200 * MS };

	for (size_t i = 0; i < ARRAY_SIZE(jumps_ns); i++) {
		set_leap_day(self, LEAP_SYSTEM);
		ASSERT_EQ(0, run_truthfully(self, 10 * S));
		ASSERT_EQ(STA_INS, fake_clock.status);
		fake_clock.realtime_ns += jumps_ns[i];
		fake_clock.status |= STA_UNSYNC;
		ASSERT_EQ(0, follow(self));
		EXPECT_EQ(0, fake_clock.status & STA_INS) TH_LOG("%zu", i);
		ASSERT_EQ(0, run_truthfully(self, 3 * S / 2));
		EXPECT_EQ(0, fake_clock.status & STA_INS) TH_LOG("%zu", i);
		ASSERT_EQ(0, run_truthfully(self, 5 * S));
		EXPECT_EQ(STA_INS, fake_clock.status) TH_LOG("%zu", i);
	}
}

/* ... or by nothing that could be seen: the kernel has marked the clock. */
TEST_F(steering, arms_the_kernel_anew_after_an_unseen_setting_of_the_clock)
{
	set_leap_day(self, LEAP_SYSTEM);
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	ASSERT_EQ(STA_INS, fake_clock.status);
	fake_clock.status |= STA_UNSYNC;
	steering_follow_now(self->steering);
	ASSERT_EQ(0, follow(self));
	EXPECT_EQ(0, fake_clock.status);
	ASSERT_EQ(0, run_truthfully(self, 3 * S / 2));
	EXPECT_EQ(0, fake_clock.status);
	ASSERT_EQ(0, run_truthfully(self, S));
	EXPECT_EQ(STA_INS, fake_clock.status);
}

/* No daemon may run at midnight. */
TEST_F(steering, leaves_the_leap_second_to_the_kernel)
{
	set_leap_day(self, LEAP_SYSTEM);
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	ASSERT_EQ(STA_INS, fake_clock.status);
	steering_settle(self->steering);
	EXPECT_EQ(STA_INS, fake_clock.status);
}

/* They know for themselves. */
TEST_F(steering, leaves_no_leap_second_to_others)
{
	set_leap_day(self, LEAP_SYSTEM);
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	ASSERT_EQ(STA_INS, fake_clock.status);
	steering_yield(self->steering, true);
	EXPECT_EQ(0, fake_clock.status);
}

/* Nor is a clock called synchronised of which that is not known any more. */
TEST_F(steering, leaves_no_leap_second_behind_where_time_was_just_disrupted)
{
	set_leap_day(self, LEAP_SYSTEM);
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	ASSERT_EQ(STA_INS, fake_clock.status);
	steering_disrupted(self->steering, false);
	steering_settle(self->steering);
	EXPECT_EQ(STA_UNSYNC, fake_clock.status);
}

TEST_F(steering, a_second_that_nobody_announced_is_a_set_clock)
{
	set_leap_day(self, LEAP_SYSTEM);
	steering_announce_leap(self->steering, 0);
	ASSERT_EQ(0, run_truthfully(self, 120 * S));
	EXPECT_EQ(0, fake_clock.status);
	fake_clock_leap();
	ASSERT_EQ(0, follow(self));
	EXPECT_EQ(0, steering_leap(self->steering));
	EXPECT_EQ(S, error_ns(self));
}

TEST_F(steering, steps_over_a_leap_second)
{
	unsigned int steps = self->status.steps;

	set_leap_day(self, LEAP_STEP);
	ASSERT_EQ(0, run_truthfully(self, 119 * S));
	EXPECT_EQ(0, fake_clock.status);
	EXPECT_EQ(steps, self->status.steps);
	ASSERT_EQ(0, run_truthfully(self, 2 * S));
	EXPECT_EQ(-S, steering_leap(self->steering));
	EXPECT_EQ(steps + 1, self->status.steps);
	EXPECT_EQ(LEAP_NS, fake_clock.realtime_ns);
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	EXPECT_EQ(LEAP_NS + 10 * S, fake_clock.realtime_ns);
	EXPECT_EQ(0, fake_clock.status);
}

/* It is said by how much, and not by what the clock was off before the leap second. */
TEST_F(steering, says_by_how_much_it_steps_over_a_leap_second)
{
	static const char said[] =
		"MESSAGE=The system clock was stepped by -1.00 s (a leap second); 0 ns remain";

	set_leap_day(self, LEAP_STEP);
	ASSERT_EQ(0, run_truthfully(self, 119 * S));
	journal_listen(LOG_NOTICE);
	ASSERT_EQ(0, run_truthfully(self, 2 * S));
	EXPECT_TRUE(journal_has(said)) TH_LOG("%s", journal.fields[0]);
}

TEST_F(steering, slews_over_a_leap_second)
{
	set_leap_day(self, LEAP_SLEW);
	ASSERT_EQ(0, run_truthfully(self, 121 * S));
	EXPECT_EQ(-S, steering_leap(self->steering));
	EXPECT_LT(fake_clock_rate(), -0.09);
	ASSERT_EQ(0, run_truthfully(self, 20 * S));
	EXPECT_EQ(0, self->status.steps);
	EXPECT_LT(llabs(fake_clock.realtime_ns - (LEAP_NS + 20 * S)), US);
	EXPECT_EQ(0, fake_clock.status);
}

TEST_F(steering, ignores_a_leap_second_when_told_to)
{
	set_leap_day(self, LEAP_IGNORE);
	ASSERT_EQ(0, run_truthfully(self, 130 * S));
	EXPECT_EQ(0, steering_leap(self->steering));
	EXPECT_EQ(0, self->status.steps);
	EXPECT_EQ(LEAP_NS + 10 * S, fake_clock.realtime_ns);
	EXPECT_EQ(0, fake_clock.status);
}

/* The daemon, or the machine, stood still for longer than a check is late: the kernel has leapt. */
TEST_F(steering, finds_late_that_the_kernel_has_leapt)
{
	set_leap_day(self, LEAP_SYSTEM);
	ASSERT_EQ(0, run_truthfully(self, 119 * S));
	fake_clock_run(10 * S);
	fake_clock_leap();
	ASSERT_EQ(0, follow(self));
	EXPECT_EQ(-S, steering_leap(self->steering));
	EXPECT_EQ(0, error_ns(self));
	EXPECT_EQ(0, fake_clock_rate());
	ASSERT_EQ(0, run_truthfully(self, 20 * S));
	EXPECT_EQ(0, self->status.steps);
	EXPECT_EQ(LEAP_NS + 28 * S, fake_clock.realtime_ns);
}

/* A clock that is set just before midnight has the kernel forget the leap second. */
TEST_F(steering, leaps_itself_where_the_kernel_does_not)
{
	set_leap_day(self, LEAP_SYSTEM);
	ASSERT_EQ(0, run_truthfully(self, 119 * S));
	ASSERT_EQ(0, steering_step(self->steering, "test"));
	ASSERT_EQ(0, run_truthfully(self, 11 * S));
	EXPECT_EQ(-S, steering_leap(self->steering));
	EXPECT_EQ(0, error_ns(self));
	EXPECT_EQ(LEAP_NS + 9 * S, fake_clock.realtime_ns);
	EXPECT_EQ(0, fake_clock.status & STA_INS);
}

/* Nor does it where its bound is to hold until the daemon has found that. */
TEST_F(steering, does_not_wait_for_a_kernel_that_is_not_armed)
{
	set_leap_day(self, LEAP_SYSTEM);
	ASSERT_EQ(0, run_truthfully(self, 119 * S));
	ASSERT_EQ(0, steering_step(self->steering, "test"));
	ASSERT_EQ(0, run_truthfully(self, S));
	EXPECT_EQ(0, fake_clock.status & STA_INS);
	ASSERT_EQ(0, run_truthfully(self, 2 * MS));
	EXPECT_EQ(-S, steering_leap(self->steering));
	EXPECT_EQ(LEAP_NS - S + 2 * MS, fake_clock.realtime_ns);
}

/* The kernel leaps at its own midnight, which a clock that is behind has seconds later. */
TEST_F(steering, waits_for_a_kernel_whose_clock_is_behind)
{
	struct discipline_result result;

	set_leap_day(self, LEAP_SYSTEM);
	result = found(self, 0);
	result.correction.maxerror_ns = 6 * S;
	ASSERT_EQ(0, apply(self, result));
	ASSERT_EQ(0, run_truthfully(self, 110 * S));
	ASSERT_EQ(STA_INS, fake_clock.status);
	result = found(self, 4 * S);
	result.correction.maxerror_ns = 6 * S;
	ASSERT_EQ(0, apply(self, result));
	while (fake_clock.realtime_ns < LEAP_NS) {
		ASSERT_EQ(0, run_truthfully(self, S / 8));
		EXPECT_EQ(STA_INS, fake_clock.status);
	}
	EXPECT_GT(error_ns(self), 2 * S);
	fake_clock_leap();
	ASSERT_EQ(0, follow(self));
	EXPECT_EQ(-S, steering_leap(self->steering));
	ASSERT_EQ(0, run_truthfully(self, 60 * S));
	EXPECT_EQ(0, steering_leap(self->steering));
	EXPECT_LT(llabs(error_ns(self)), US);
}

TEST_F(steering, steps_late_over_a_leap_second)
{
	set_leap_day(self, LEAP_STEP);
	ASSERT_EQ(0, run_truthfully(self, 119 * S));
	fake_clock_run(10 * S);
	ASSERT_EQ(0, follow(self));
	EXPECT_EQ(-S, steering_leap(self->steering));
	EXPECT_EQ(LEAP_NS + 8 * S, fake_clock.realtime_ns);
}

/* Time was disrupted since: sources whose jump was followed show UTC as it is after the leap. */
TEST_F(steering, does_not_leap_where_a_disruption_has_hidden_it)
{
	static const char said[] =
		"MESSAGE=A second was inserted at midnight UTC while time was disrupted";
	static const enum leap_mode modes[] = { LEAP_SYSTEM, LEAP_STEP, LEAP_SLEW };
	const struct module_jump jump = { .offset_ns = 600 * S, .maxerror_ns = 100 * US };
	struct module_event event;
	struct timescale_now now;

	journal_listen(LOG_NOTICE);
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		set_leap_day(self, modes[i]);
		ASSERT_EQ(0, run_truthfully(self, 100 * S));
		ASSERT_EQ(0, timescale_now(self->timescale, &now));
		ASSERT_EQ(0, self->timescale->ops->disrupted(self->timescale, &jump, now.epoch,
							     &event));
		ASSERT_EQ(0, read_clocks(self));
		EXPECT_TRUE(journal_has(said)) TH_LOG("%s", journal.fields[0]);
		ASSERT_EQ(0, follow(self));
		EXPECT_EQ(0, steering_leap(self->steering));
	}
}

/* The kernel's own leap was before that, and is still to be made up for. */
TEST_F(steering, finds_that_the_kernel_has_leapt_before_a_disruption)
{
	const struct module_jump jump = { .offset_ns = 600 * S, .maxerror_ns = 100 * US };
	struct module_event event;
	struct timescale_now now;

	set_leap_day(self, LEAP_SYSTEM);
	ASSERT_EQ(0, run_truthfully(self, 119 * S));
	fake_clock_run(10 * S);
	fake_clock_leap();
	timescale_expire(self->timescale);
	ASSERT_EQ(0, timescale_now(self->timescale, &now));
	ASSERT_EQ(0, self->timescale->ops->disrupted(self->timescale, &jump, now.epoch, &event));
	ASSERT_EQ(0, follow(self));
	EXPECT_EQ(-S, steering_leap(self->steering));
}

/* Until the clocks can be read again nothing is due, whatever was before. */
TEST_F(steering, a_leap_second_that_cannot_be_seen_is_not_waited_for)
{
	set_leap_day(self, LEAP_SYSTEM);
	ASSERT_EQ(0, run_truthfully(self, 119 * S));
	fake_clock_run(10 * S);
	steering_follow_later(self->steering, fake_clock.raw_ns + S);
	EXPECT_EQ(fake_clock.raw_ns + S, steering_next_ns(self->steering));
	fake_clock_run(S);
	fake_clock_leap();
	ASSERT_EQ(0, follow(self));
	EXPECT_EQ(-S, steering_leap(self->steering));
}

static const struct timescale_ops *user_ops;

/* The next epoch, whose reference is the same. */
static int next_epoch_now(struct timescale *timescale, struct timescale_now *now)
{
	int err = user_ops->now(timescale, now);

	now->epoch++;
	return err;
}

/*
 * A daemon stood still for so long that the module did not wait for it. The clock was off by
 * @off_ns, and moved by @moved_ns meanwhile.
 */
static void leaps_once(struct __test_metadata *_metadata, FIXTURE_DATA(steering) *self,
		       bool host_leapt, int64_t off_ns, int64_t moved_ns)
{
	struct timescale_ops module_ops = *self->timescale->ops;

	set_leap_day(self, LEAP_SYSTEM);
	ASSERT_EQ(0, run_truthfully(self, 119 * S));
	fake_clock.realtime_ns += off_ns;
	ASSERT_EQ(0, read_clocks(self));
	fake_clock_run(S);
	fake_clock_leap();
	fake_clock_run(600 * S);
	fake_clock.realtime_ns += moved_ns;
	ASSERT_EQ(0, self->timescale->ops->leap(self->timescale, -S));
	user_ops = self->timescale->ops;
	module_ops.now = next_epoch_now;
	self->timescale->ops = &module_ops;
	/* As the daemon does when the module reports the host's leap second. */
	if (host_leapt)
		steering_recheck(self->steering);
	journal_listen(LOG_ERR);
	ASSERT_EQ(0, follow(self));
	EXPECT_EQ(0, journal.messages);
	log_set_level(-1);
	EXPECT_EQ(-S, steering_leap(self->steering));
	EXPECT_EQ(off_ns + moved_ns, -error_ns(self));
	EXPECT_EQ(LEAP_NS + 599 * S + off_ns + moved_ns, fake_clock.realtime_ns);
	self->timescale->ops = user_ops;
}

TEST_F(steering, leaps_once_where_the_module_did_not_wait)
{
	leaps_once(_metadata, self, false, 0, 0);
}

/* The host passed it, too, and the daemon hears of that before it reads the clocks. */
TEST_F(steering, leaps_once_where_the_host_leapt_as_well)
{
	leaps_once(_metadata, self, true, 0, 0);
}

/* A clock that is off, or moved a little meanwhile, has not leapt again. */
TEST_F(steering, leaps_once_by_a_clock_that_is_not_right)
{
	leaps_once(_metadata, self, false, 400 * MS, 0);
}

TEST_F(steering, leaps_once_by_a_clock_that_was_slewed)
{
	leaps_once(_metadata, self, false, 0, -400 * MS);
}

static int readings;

static int counting_now(struct timescale *timescale, struct timescale_now *now)
{
	readings++;
	return user_ops->now(timescale, now);
}

/* A reading may be a request to the kernel: it is repeated after a leap second alone. */
TEST_F(steering, reads_the_clocks_once_where_nothing_leaps)
{
	struct timescale_ops ops = *self->timescale->ops;

	user_ops = self->timescale->ops;
	ops.now = counting_now;
	self->timescale->ops = &ops;
	for (int i = 0; i < 3; i++) {
		/* The time is unknown, then known, and then another program's. */
		if (i == 1)
			ASSERT_EQ(0, apply(self, found(self, 0)));
		if (i == 2)
			steering_set_external(self->steering, true);
		readings = 0;
		ASSERT_EQ(0, follow(self));
		EXPECT_EQ(1, readings) TH_LOG("%d", i);
	}
	self->timescale->ops = user_ops;
}

/* Another epoch alone does not show that it has leapt. */
TEST_F(steering, leaps_where_the_module_has_only_another_epoch)
{
	struct timescale_ops module_ops = *self->timescale->ops;

	set_leap_day(self, LEAP_SYSTEM);
	ASSERT_EQ(0, run_truthfully(self, 119 * S));
	fake_clock_run(S);
	fake_clock_leap();
	user_ops = self->timescale->ops;
	module_ops.now = next_epoch_now;
	self->timescale->ops = &module_ops;
	ASSERT_EQ(0, follow(self));
	EXPECT_EQ(-S, steering_leap(self->steering));
	EXPECT_EQ(0, error_ns(self));
	self->timescale->ops = user_ops;
}

/* --- a daemon that was not there --- */

/* A daemon that was killed is followed by another one; the timescale goes on like the module's. */
static void start_another(FIXTURE_DATA(steering) *self, int kind)
{
	steering_free(self->steering);
	system_clock_close(self->clock);
	self->clock = NULL;
	if (system_clock_open(&self->clock, false) || system_clock_take(self->clock))
		return;
	self->steering = steering_new(&normal, self->clock, self->timescale);
	timescale_expire(self->timescale);
	steering_resume_leap(self->steering, kind);
}

TEST_F(steering, makes_up_for_a_leap_second_while_no_daemon_ran)
{
	static const char said[] =
		"MESSAGE=A second was inserted at midnight UTC while no daemon ran";

	set_leap_day(self, LEAP_SYSTEM);
	ASSERT_EQ(0, run_truthfully(self, 100 * S));
	ASSERT_EQ(STA_INS, fake_clock.status);
	fake_clock_run(20 * S);
	fake_clock_leap();
	fake_clock_run(3600 * S);
	ASSERT_EQ(S, error_ns(self));
	journal_listen(LOG_NOTICE);
	start_another(self, 0);
	EXPECT_TRUE(journal_has(said));
	EXPECT_EQ(0, error_ns(self));
	ASSERT_EQ(0, run_truthfully(self, 100 * S));
	EXPECT_EQ(0, fake_clock_rate());
	EXPECT_EQ(LEAP_NS + 3699 * S, fake_clock.realtime_ns);
	EXPECT_EQ(0, steering_leap(self->steering));
}

static int refuse_leap(struct timescale *timescale, int64_t change_ns)
{
	return -EIO;
}

static void leap_in_vain(struct __test_metadata *_metadata, FIXTURE_DATA(steering) *self,
			 bool daemon_is_there)
{
	const struct timescale_ops *ops = self->timescale->ops;
	struct timescale_ops refusing = *ops;

	refusing.leap = refuse_leap;
	set_leap_day(self, LEAP_SYSTEM);
	ASSERT_EQ(0, run_truthfully(self, 119 * S));
	fake_clock_run(S);
	fake_clock_leap();
	self->timescale->ops = &refusing;
	journal_listen(LOG_ERR);
	if (daemon_is_there)
		(void)follow(self);
	else
		start_another(self, 0);
	EXPECT_NE(NULL, strstr(journal.fields[0], strerror(EIO))) TH_LOG("%s", journal.fields[0]);
	log_set_level(-1);
	self->timescale->ops = ops;
}

TEST_F(steering, says_why_a_leap_second_is_not_in_the_timescale)
{
	leap_in_vain(_metadata, self, true);
}

TEST_F(steering, says_why_a_leap_second_of_before_is_not_in_the_timescale)
{
	leap_in_vain(_metadata, self, false);
}

/* The daemon was killed when it had made its timescale leap, and had not withdrawn the request. */
TEST_F(steering, makes_up_for_no_leap_second_that_the_timescale_has)
{
	set_leap_day(self, LEAP_SYSTEM);
	ASSERT_EQ(0, run_truthfully(self, 120 * S));
	fake_clock_leap();
	ASSERT_EQ(0, self->timescale->ops->leap(self->timescale, -S));
	fake_clock_run(10 * S);
	start_another(self, 0);
	EXPECT_EQ(0, error_ns(self));
	ASSERT_EQ(0, run_truthfully(self, 100 * S));
	EXPECT_EQ(LEAP_NS + 109 * S, fake_clock.realtime_ns);
}

/* It was set since: then the kernel's second is no witness of what the two are apart by. */
TEST_F(steering, makes_up_for_no_leap_second_of_a_clock_that_was_set)
{
	set_leap_day(self, LEAP_SYSTEM);
	ASSERT_EQ(0, run_truthfully(self, 100 * S));
	fake_clock_run(20 * S);
	fake_clock_leap();
	fake_clock.realtime_ns += 200 * MS;
	start_another(self, 0);
	EXPECT_EQ(800 * MS, error_ns(self));
}

/* What is written in the kernel's status alone shows nothing. */
TEST_F(steering, makes_up_for_no_leap_second_that_was_not)
{
	set_leap_day(self, LEAP_SYSTEM);
	ASSERT_EQ(0, run_truthfully(self, 100 * S));
	fake_clock.realtime_ns -= S;
	start_another(self, 0);
	EXPECT_EQ(S, error_ns(self));
}

/* The last second of the day comes twice, and the second time it is no leap second's eve. */
TEST_F(steering, leaps_once_where_it_starts_in_the_repeated_second)
{
	set_leap_day(self, LEAP_SYSTEM);
	ASSERT_EQ(0, run_truthfully(self, 120 * S));
	fake_clock_leap();
	fake_clock.leap_state = TIME_OOP;
	ASSERT_EQ(0, follow(self));
	EXPECT_EQ(-S, steering_leap(self->steering));
	ASSERT_EQ(0, fake_clock.status);
	/* Until its end. */
	fake_clock.leap_state = TIME_OOP;
	fake_clock_run(100 * MS);
	start_another(self, 0);
	/* The list, and servers, still say so. */
	steering_announce_leap(self->steering, 1);
	ASSERT_EQ(0, apply(self, found(self, 0)));
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	EXPECT_EQ(0, self->status.leap);
	EXPECT_EQ(0, steering_leap(self->steering));
	EXPECT_EQ(LEAP_NS + 9100 * MS, fake_clock.realtime_ns);
}

/* Some program left its request set after an earlier leap second, perhaps half a year ago. */
TEST_F(steering, leaps_where_the_kernel_shows_an_older_leap_second)
{
	set_leap_day(self, LEAP_SYSTEM);
	ASSERT_EQ(0, run_truthfully(self, 60 * S));
	fake_clock.leap_state = TIME_WAIT;
	start_another(self, 0);
	steering_announce_leap(self->steering, 1);
	ASSERT_EQ(0, apply(self, found(self, 0)));
	EXPECT_EQ(1, self->status.leap);
}

/* The kernel was armed, and no source has answered the new daemon yet. */
TEST_F(steering, goes_on_with_a_leap_second_that_was_left)
{
	set_leap_day(self, LEAP_SYSTEM);
	ASSERT_EQ(0, run_truthfully(self, 60 * S));
	start_another(self, 1);
	ASSERT_EQ(0, run_truthfully(self, 30 * S));
	EXPECT_EQ(1, self->status.leap);
	EXPECT_EQ(STA_INS, fake_clock.status & STA_INS);
	ASSERT_EQ(0, run_truthfully(self, 30 * S));
	fake_clock_leap();
	ASSERT_EQ(0, follow(self));
	EXPECT_EQ(-S, steering_leap(self->steering));
	/* It is not that of half a year later. */
	ASSERT_EQ(0, run_truthfully(self, S));
	EXPECT_EQ(0, self->status.leap);
	fake_clock.realtime_ns += 184 * 86400 * S - 120 * S;
	steering_disrupted(self->steering, false);
	ASSERT_EQ(0, apply(self, found(self, 0)));
	EXPECT_EQ(0, self->status.leap);
}

/* Today's kernel leaps today, whatever some program has requested. */
TEST_F(steering, goes_on_with_no_leap_second_of_another_day)
{
	set_leap_day(self, LEAP_SYSTEM);
	steering_announce_leap(self->steering, 0);
	fake_clock.realtime_ns -= 86400 * S;
	steering_disrupted(self->steering, false);
	ASSERT_EQ(0, apply(self, found(self, 0)));
	start_another(self, 1);
	ASSERT_EQ(0, apply(self, found(self, 0)));
	EXPECT_EQ(0, self->status.leap);
	fake_clock.realtime_ns += 86400 * S;
	steering_disrupted(self->steering, false);
	ASSERT_EQ(0, apply(self, found(self, 0)));
	EXPECT_EQ(0, self->status.leap);
}

TEST_HARNESS_MAIN
