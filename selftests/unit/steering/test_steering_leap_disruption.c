// SPDX-License-Identifier: GPL-2.0-only
/*
 * Disruptions beside a leap second, with each leapsecmode: whatever has measured what was lost, the
 * clock leaps once.
 */
#include "selftests/unit/steering_fixture.h"

/* 2027-07-01 00:00:00 */
#define LEAP_NS	(1814400000 * S)

/* TAI - UTC before it, as somebody has told the kernel. */
#define TAI_S	37

/* From one turn of the loop to the next, while all is well, and where the machine is slow. */
#define TURN_NS		(10 * MS)
#define SLOW_TURN_NS	(7 * S / 2)

/* A clock that is right is; one that has leapt once too often, or not at all, is a second off. */
#define RIGHT_NS	(2 * MS)

/* A kernel that has not leapt by then will not: the daemon leaps, and tells nobody so long. */
#define MISSED_NS	S

/* The machine: UTC without the leap second, which is @kind, is the raw clock and @base_ns. */
static struct {
	int kind;
	int64_t base_ns;
} truth;

static int64_t scale_ns(void)
{
	return fake_clock.raw_ns + truth.base_ns;
}

/* UTC, as a server or a host's clock has it. */
static int64_t utc_ns(void)
{
	if (truth.kind == 1 && scale_ns() >= LEAP_NS)
		return scale_ns() - S;
	if (truth.kind == 2 && scale_ns() >= LEAP_NS - S)
		return scale_ns() + S;
	return scale_ns();
}

/* The module's timescale in small: a host, with a correction or without one. */
static struct {
	bool alone;
	bool suspect;		/* it may be another one: no bound is known */
	int64_t ahead_ns;	/* UTC minus the raw clock by the correction */
	uint32_t disruptions;
} host;

static int host_now(struct timescale *timescale, struct timescale_now *now)
{
	(void)timescale;
	*now = (struct timescale_now){
		.raw_ns = fake_clock.raw_ns,
		.realtime_ns = fake_clock.realtime_ns,
		.reference_ns = fake_clock.raw_ns,
		.time_ns = host.alone ? utc_ns() : fake_clock.raw_ns + host.ahead_ns,
		.sigma_ns = US,
		.maxerror_ns = host.suspect ? CHIME_LINE_UNBOUNDED_NS : 100 * US,
		.host_maxerror_ns = host.alone ? MS : 0,
		.disruptions = host.disruptions,
		.has_host = true,
	};
	return 0;
}

static int host_step(struct timescale *timescale, enum truechime_occasion occasion)
{
	(void)timescale;
	(void)occasion;
	fake_clock.realtime_ns = host.alone ? utc_ns() : fake_clock.raw_ns + host.ahead_ns;
	fake_clock.status = STA_UNSYNC;
	return 0;
}

static int host_leap(struct timescale *timescale, int64_t change_ns)
{
	(void)timescale;
	host.ahead_ns += change_ns;
	return 0;
}

static int host_correct(struct timescale *timescale, const struct chime_line *correction,
			uint32_t epoch, bool jump, struct timescale_now *now)
{
	(void)epoch;
	(void)jump;
	host.ahead_ns = correction->offset_ns;
	host.suspect = false;
	return host_now(timescale, now);
}

static const struct timescale_ops host_ops = {
	.name = "host", .in_kernel = true, .now = host_now, .step = host_step, .leap = host_leap,
	.correct = host_correct,
};

/* The kernel leaps where it is armed. */
static void run_kernel(int64_t raw_ns)
{
	int armed = fake_clock.status;
	int64_t at_ns = LEAP_NS - (armed & STA_DEL ? S : 0);
	bool before = fake_clock.realtime_ns < at_ns;

	fake_clock_run(raw_ns);
	if (!before || fake_clock.realtime_ns < at_ns || !(armed & (STA_INS | STA_DEL)))
		return;
	fake_clock.realtime_ns += armed & STA_INS ? -S : S;
	fake_clock.tai_s += armed & STA_INS ? 1 : -1;
}

/* Who measures what a disruption took. */
enum measure {
	BY_HOST,	/* its clock, as soon as the machine runs again ... */
	BY_HOST_ALONE,	/* ... which is followed without a correction */
	BY_OTHER_HOST,	/* ... after a fork, so that it may be another one */
	BY_SOURCES,	/* without the module: their jump is followed */
	BY_BOOTTIME,	/* likewise: a suspend, and the sources answer later */
	MEASURES,
};

static const char *const measures[MEASURES] = {
	"host", "host alone", "other host", "sources", "suspend",
};

static const char *const modes[] = { "system", "step", "slew", "ignore" };

/**
 * struct passage - a leap second, and a disruption
 * @mode: leapsecmode
 * @measure: who measures it
 * @kind: of the leap second, at midnight or the second before it
 * @turn_ns: from one turn of the loop to the next
 * @from_ns: when the disruption begins, after that instant ...
 * @until_ns: ... and ends, by a clock that does not leap
 * @off_ns: the timescale minus UTC then, before sources have answered
 * @synchronised: ... as the kernel is told
 * @leapt_ns: what steering returned
 * @lies: turns in which the kernel was told too small a bound
 */
struct passage {
	enum leap_mode mode;
	enum measure measure;
	int kind;
	int64_t turn_ns;
	int64_t from_ns;
	int64_t until_ns;
	int64_t off_ns;
	bool synchronised;
	int64_t leapt_ns;
	int lies;
};

static bool passage_has_host(const struct passage *passage)
{
	return passage->measure < BY_SOURCES;
}

static int64_t instant_ns(int kind)
{
	return LEAP_NS - (kind == 2 ? S : 0);
}

static void check_bound(struct passage *passage)
{
	int64_t since_ns = scale_ns() - instant_ns(passage->kind);
	int64_t missed_ns = (passage->mode == LEAP_SYSTEM ? MISSED_NS : 0) + 2 * passage->turn_ns;

	if (!(fake_clock.status & STA_UNSYNC) && (since_ns < 0 || since_ns > missed_ns) &&
	    llabs(utc_ns() - fake_clock.realtime_ns) > fake_clock.maxerror_us * US)
		passage->lies++;
}

/* The turns of the loop until so long has passed; the clocks are read in each. */
static int run_turns(FIXTURE_DATA(steering) *self, struct passage *passage, int64_t raw_ns)
{
	int64_t end_ns = fake_clock.raw_ns + raw_ns;

	while (fake_clock.raw_ns < end_ns) {
		run_kernel(passage->turn_ns);
		/* The module follows the host's clock over the leap second by itself. */
		if (host.alone && llabs(utc_ns() - fake_clock.realtime_ns) > S / 2)
			host_step(self->timescale, TRUECHIME_OCCASION_DISRUPTION);
		timescale_expire(self->timescale);
		passage->leapt_ns += steering_leap(self->steering);
		if (fake_clock.raw_ns >= steering_next_ns(self->steering) &&
		    steering_follow(self->steering))
			return -1;
		check_bound(passage);
	}
	return 0;
}

/* The sources measure UTC; a host that is followed alone has none. */
static int answer(FIXTURE_DATA(steering) *self)
{
	timescale_expire(self->timescale);
	if (host.alone)
		return 0;
	return apply(self, found(self, utc_ns() - fake_clock.realtime_ns));
}

static int follow_jump(FIXTURE_DATA(steering) *self)
{
	struct module_jump jump = { .maxerror_ns = 100 * US };
	struct module_event event;
	struct timescale_now now;
	int err;

	timescale_expire(self->timescale);
	err = timescale_now(self->timescale, &now);
	if (err)
		return err;
	jump.offset_ns = utc_ns() - now.time_ns;
	err = self->timescale->ops->disrupted(self->timescale, &jump, now.epoch, &event);
	steering_disrupted(self->steering, false);
	return err ? err : answer(self);
}

static int lose(FIXTURE_DATA(steering) *self, const struct passage *passage)
{
	int64_t lost_ns = passage->until_ns - passage->from_ns;

	truth.base_ns += lost_ns;
	timescale_expire(self->timescale);
	switch (passage->measure) {
	case BY_HOST:
	case BY_HOST_ALONE:
	case BY_OTHER_HOST:
		host.disruptions++;
		host.suspect = passage->measure == BY_OTHER_HOST;
		host.ahead_ns = utc_ns() - fake_clock.raw_ns;
		host_step(self->timescale, TRUECHIME_OCCASION_DISRUPTION);
		steering_disrupted(self->steering, !host.suspect);
		break;
	case BY_SOURCES:
		return follow_jump(self);
	case BY_BOOTTIME:
		fake_clock.boottime_ns += lost_ns;
		/* The kernel stays armed. */
		fake_clock.realtime_ns += lost_ns;
		steering_disrupted(self->steering, false);
		break;
	case MEASURES:
		break;
	}
	return 0;
}

/* A minute of a clock that is right, the disruption, and what comes after it. */
static int pass(FIXTURE_DATA(steering) *self, struct passage *passage)
{
	int err = answer(self);

	steering_announce_leap(self->steering, passage->kind);
	if (!err)
		err = run_turns(self, passage, 60 * S);
	if (!err)
		err = lose(self, passage);
	if (!err)
		err = run_turns(self, passage, 8 * S);
	passage->off_ns = fake_clock.realtime_ns + error_ns(self) - utc_ns();
	passage->synchronised = !(fake_clock.status & STA_UNSYNC);
	if (!err)
		err = answer(self);
	return err ? err : run_turns(self, passage, 40 * S);
}

static int begin(FIXTURE_DATA(steering) *self, struct passage *passage, struct timescale *timescale)
{
	struct steering_options options = normal;

	fake_clock_start();
	truth.kind = passage->kind;
	truth.base_ns = instant_ns(passage->kind) + passage->from_ns - 60 * S - fake_clock.raw_ns;
	fake_clock.realtime_ns = utc_ns();
	fake_clock.tai_s = TAI_S;
	memset(&host, 0, sizeof(host));
	host.ahead_ns = utc_ns() - fake_clock.raw_ns;
	host.alone = passage->measure == BY_HOST_ALONE;
	options.leap_mode = passage->mode;
	if (system_clock_open(&self->clock, false))
		return -1;
	self->timescale = timescale;
	if (!passage_has_host(passage) && timescale_user_open(&self->timescale, self->clock))
		return -1;
	self->steering = steering_new(&options, self->clock, self->timescale);
	return self->steering ? 0 : -1;
}

/* The same, with an inserted second announced to a clock that sources have confirmed. */
static int begin_with_leap(FIXTURE_DATA(steering) *self, struct passage *passage,
			   struct timescale *timescale)
{
	if (begin(self, passage, timescale) || answer(self))
		return -1;
	steering_announce_leap(self->steering, 1);

	return 0;
}

/* 0: all went well, and both clocks are right in the end. */
static int go_through(struct passage *passage)
{
	struct timescale timescale = { .ops = &host_ops };
	int err;

	FIXTURE_DATA(steering) world;

	log_set_level(-1);
	err = begin(&world, passage, &timescale);
	if (err)
		return err;
	err = pass(&world, passage);
	if (!err && (llabs(error_ns(&world)) > RIGHT_NS ||
		     llabs(utc_ns() - fake_clock.realtime_ns) > RIGHT_NS))
		err = -EDOM;
	steering_free(world.steering);
	if (!passage_has_host(passage))
		world.timescale->ops->close(world.timescale);
	system_clock_close(world.clock);
	return err;
}

static const char *describe(const struct passage *passage)
{
	static char text[128];

	snprintf(text, sizeof(text), "%s, %s, %s, until %lld ms: off %lld ms, leapt %lld ms",
		 modes[passage->mode], measures[passage->measure],
		 passage->kind == 1 ? "inserted" : "left out", (long long)(passage->until_ns / MS),
		 (long long)(passage->off_ns / MS), (long long)(passage->leapt_ns / MS));
	return text;
}

/* A disruption begins 40 s before a leap second, and ends before that, or after it. */
static void check_passages(struct __test_metadata *_metadata, int64_t turn_ns)
{
	static const int64_t ends_ns[] = {
		-30 * S, -5 * S, -5 * S / 2, -3 * S / 2, 5 * MS, S / 2, 11 * S / 10, 19 * S / 10,
		5 * S / 2, 6 * S, 600 * S,
	};
	unsigned int i, count = ARRAY_SIZE(ends_ns) * 2 * MEASURES * (LEAP_SLEW + 1);

	for (i = 0; i < count; i++) {
		struct passage passage = {
			.mode = i / MEASURES / 2 % (LEAP_SLEW + 1),
			.measure = i % MEASURES,
			.kind = 1 + i / MEASURES % 2,
			.turn_ns = turn_ns,
			.from_ns = -40 * S,
			.until_ns = ends_ns[i / MEASURES / 2 / (LEAP_SLEW + 1)],
		};

		/* An inserted one is over a second later. */
		if (passage.until_ns > 0 && passage.kind == 1)
			passage.until_ns += S;
		/* Who is slow ends no slew in time, and does not see when a disruption was over. */
		if (turn_ns > S && (passage.until_ns < 0 || passage.mode == LEAP_SLEW))
			continue;
		EXPECT_EQ(0, go_through(&passage)) TH_LOG("%s", describe(&passage));
		EXPECT_EQ(0, passage.lies) TH_LOG("%s", describe(&passage));
		if (passage.measure != BY_BOOTTIME)
			EXPECT_GT(RIGHT_NS, llabs(passage.off_ns)) TH_LOG("%s", describe(&passage));
		EXPECT_GE(S, llabs(passage.leapt_ns)) TH_LOG("%s", describe(&passage));
		/* Whoever has leapt, CLOCK_TAI has not. */
		EXPECT_EQ(TAI_S + (passage.kind == 1 ? 1 : -1), fake_clock.tai_s)
			TH_LOG("%s", describe(&passage));
		/* That there was one long ago is no reason for doubt. */
		if (passage.measure == BY_HOST && passage.until_ns > 10 * S)
			EXPECT_TRUE(passage.synchronised) TH_LOG("%s", describe(&passage));
	}
}

TEST(a_clock_leaps_once_whatever_happens_beside_it)
{
	check_passages(_metadata, TURN_NS);
}

TEST(a_clock_that_is_seldom_read_leaps_once)
{
	check_passages(_metadata, SLOW_TURN_NS);
}

/*
 * The second before midnight is there twice, and nobody knows which of the two it is; nor does the
 * second after it show whether the disruption was over before it. Until sources have answered
 * nobody is told that the clock is right; a host's own clock knows.
 */
TEST(nobody_is_told_which_of_two_equal_seconds_it_is)
{
	static const int64_t ends_ns[] = { -3 * S / 4, -S / 5, S / 4, 3 * S / 4, 3 * S / 2 };
	unsigned int i, count = 2 * ARRAY_SIZE(ends_ns) * (LEAP_SLEW + 1);

	for (i = 0; i < count; i++) {
		struct passage passage = {
			.mode = i / 2 / ARRAY_SIZE(ends_ns),
			.measure = i % 2 ? BY_HOST : BY_HOST_ALONE,
			.kind = 1,
			.turn_ns = S / 2,
			.from_ns = -40 * S,
			.until_ns = ends_ns[i / 2 % ARRAY_SIZE(ends_ns)],
		};

		EXPECT_EQ(0, go_through(&passage)) TH_LOG("%s", describe(&passage));
		EXPECT_EQ(0, passage.lies) TH_LOG("%s", describe(&passage));
		EXPECT_EQ(passage.measure == BY_HOST_ALONE, passage.synchronised)
			TH_LOG("%s", describe(&passage));
	}
}

/* A machine wakes just before it, and nobody knows the time yet. */
TEST(the_kernel_leaps_while_the_time_is_not_known)
{
	for (int kind = 1; kind <= 2; kind++) {
		struct passage passage = {
			.measure = BY_BOOTTIME,
			.kind = kind,
			.turn_ns = TURN_NS,
			.from_ns = -40 * S,
			.until_ns = -5 * MS,
		};

		EXPECT_EQ(0, go_through(&passage)) TH_LOG("%s", describe(&passage));
		EXPECT_EQ(0, passage.leapt_ns) TH_LOG("%s", describe(&passage));
		EXPECT_EQ(0, passage.lies) TH_LOG("%s", describe(&passage));
		EXPECT_EQ(TAI_S + (kind == 1 ? 1 : -1), fake_clock.tai_s)
			TH_LOG("%s", describe(&passage));
	}
}

/* Whatever is measured after midnight includes it. */
TEST(a_leap_second_that_is_ignored_is_in_what_a_disruption_took)
{
	static const int64_t ends_ns[] = { 3 * S / 2, 5 * S / 2, 600 * S };

	for (unsigned int i = 0; i < ARRAY_SIZE(ends_ns); i++) {
		struct passage passage = {
			.mode = LEAP_IGNORE,
			.kind = 1,
			.turn_ns = TURN_NS,
			.from_ns = -40 * S,
			.until_ns = ends_ns[i],
		};

		EXPECT_EQ(0, go_through(&passage)) TH_LOG("%s", describe(&passage));
		EXPECT_EQ(0, passage.leapt_ns) TH_LOG("%s", describe(&passage));
		EXPECT_EQ(0, passage.lies) TH_LOG("%s", describe(&passage));
	}
}

/*
 * The kernel does not leap, as somebody has disarmed it, and a disruption comes before the daemon
 * finds that: the correction has outlived the host's leap, and is to leap itself.
 */
TEST(a_leap_second_that_has_come_before_a_disruption_is_not_lost)
{
	struct passage passage = { .mode = LEAP_SYSTEM, .kind = 1,
				   .turn_ns = TURN_NS };
	struct timescale timescale = { .ops = &host_ops };

	FIXTURE_DATA(steering) world;

	log_set_level(-1);
	ASSERT_EQ(0, begin_with_leap(&world, &passage, &timescale));
	ASSERT_EQ(0, run_turns(&world, &passage, 60 * S - 100 * MS));
	ASSERT_EQ(STA_INS, fake_clock.status);
	fake_clock.status = 0;
	ASSERT_EQ(0, run_turns(&world, &passage, 600 * MS));
	host.disruptions++;
	host.ahead_ns += S / 5;
	truth.base_ns += S / 5;
	host_step(&timescale, TRUECHIME_OCCASION_DISRUPTION);
	steering_disrupted(world.steering, true);
	ASSERT_EQ(0, run_turns(&world, &passage, 8 * S));
	EXPECT_EQ(-S, passage.leapt_ns);
	EXPECT_GT(RIGHT_NS, llabs(utc_ns() - fake_clock.realtime_ns));
	steering_free(world.steering);
	system_clock_close(world.clock);
}

/*
 * A machine is reverted to a moment before it, and its kernel leaps before the module has found
 * that out. A leap before the disruption, which is to be made up for, looks the same.
 */
TEST(nobody_is_told_of_a_leap_in_a_time_that_was_wrong)
{
	struct passage passage = {
		.mode = LEAP_SYSTEM,
		.kind = 1,
		.turn_ns = TURN_NS,
		.until_ns = 600 * S,
	};
	struct timescale timescale = { .ops = &host_ops };

	FIXTURE_DATA(steering) world;

	log_set_level(-1);
	ASSERT_EQ(0, begin_with_leap(&world, &passage, &timescale));
	ASSERT_EQ(0, run_turns(&world, &passage, 60 * S - 300 * MS));
	run_kernel(500 * MS);
	ASSERT_EQ(TAI_S + 1, fake_clock.tai_s);
	ASSERT_EQ(0, lose(&world, &passage));
	ASSERT_EQ(0, run_turns(&world, &passage, 15 * S));
	EXPECT_EQ(0, passage.lies);
	ASSERT_EQ(0, answer(&world));
	ASSERT_EQ(0, run_turns(&world, &passage, 20 * S));
	EXPECT_EQ(0, passage.lies);
	EXPECT_GT(RIGHT_NS, llabs(utc_ns() - fake_clock.realtime_ns));
	EXPECT_FALSE(fake_clock.status & STA_UNSYNC);
	steering_free(world.steering);
	system_clock_close(world.clock);
}

/* Another daemon begins so long after it; sources go on to announce it for a while. */
TEST(a_daemon_that_begins_in_that_hour_leaps_once)
{
	static const int64_t begins_ns[] = { -30 * S, -3 * S, 3 * S / 2, 30 * S };

	for (unsigned int i = 0; i < ARRAY_SIZE(begins_ns) * (LEAP_SLEW + 1); i++) {
		struct passage passage = { .mode = i % (LEAP_SLEW + 1), .kind = 1,
				   .turn_ns = TURN_NS };
		struct timescale timescale = { .ops = &host_ops };
		struct steering_options options = normal;

		FIXTURE_DATA(steering) world;

		log_set_level(-1);
		ASSERT_EQ(0, begin(&world, &passage, &timescale));
		options.leap_mode = passage.mode;
		ASSERT_EQ(0, answer(&world));
		steering_announce_leap(world.steering, 1);
		ASSERT_EQ(0, run_turns(&world, &passage, 60 * S + begins_ns[i / (LEAP_SLEW + 1)]));
		steering_settle(world.steering);
		steering_free(world.steering);
		world.steering = steering_new(&options, world.clock, &timescale);
		ASSERT_EQ(0, answer(&world));
		steering_announce_leap(world.steering, 1);
		ASSERT_EQ(0, run_turns(&world, &passage, 60 * S));
		EXPECT_EQ(-S, passage.leapt_ns) TH_LOG("%s", describe(&passage));
		EXPECT_GT(RIGHT_NS, llabs(utc_ns() - fake_clock.realtime_ns))
			TH_LOG("%s", describe(&passage));
		steering_free(world.steering);
		system_clock_close(world.clock);
	}
}

/* The module, which counts the disruptions of weeks, is loaded a moment before. */
TEST(another_timescale_has_seen_other_disruptions)
{
	struct passage passage = { .mode = LEAP_STEP, .measure = BY_SOURCES, .kind = 1,
				   .turn_ns = TURN_NS };
	struct timescale timescale = { .ops = &host_ops };
	struct timescale *user;

	FIXTURE_DATA(steering) world;

	log_set_level(-1);
	ASSERT_EQ(0, begin_with_leap(&world, &passage, NULL));
	ASSERT_EQ(0, run_turns(&world, &passage, 60 * S - TURN_NS));
	host.ahead_ns = utc_ns() - fake_clock.raw_ns;
	host.disruptions = 7;
	user = world.timescale;
	world.timescale = &timescale;
	steering_set_timescale(world.steering, world.timescale);
	ASSERT_EQ(0, run_turns(&world, &passage, S));
	EXPECT_EQ(-S, passage.leapt_ns);
	EXPECT_GT(RIGHT_NS, llabs(utc_ns() - fake_clock.realtime_ns));
	steering_free(world.steering);
	user->ops->close(user);
	system_clock_close(world.clock);
}

TEST_HARNESS_MAIN
