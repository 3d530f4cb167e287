// SPDX-License-Identifier: GPL-2.0-only
/*
 * Steering over a stand-in for the module's timescale, where that follows a host.
 */
#include "selftests/unit/steering_fixture.h"

/* A daemon starts beside @timescale, with a system clock that is @behind_ns. 0, -errno. */
static int begin_beside(FIXTURE_DATA(steering) *self, struct timescale *timescale,
			const struct steering_options *options, int64_t behind_ns)
{
	int err;

	fake_clock_start();
	fake_clock.realtime_ns = 1700000000 * S + fake_clock.raw_ns - behind_ns;
	err = system_clock_open(&self->clock, false);
	if (err)
		return err;
	self->timescale = timescale;
	self->steering = steering_new(options, self->clock, timescale);
	return self->steering ? 0 : -ENOMEM;
}

static void end_beside(FIXTURE_DATA(steering) *self)
{
	steering_free(self->steering);
	system_clock_close(self->clock);
}

/* The module's timescale in small: a host, no bound known of it. */
static int host_now(struct timescale *timescale, struct timescale_now *now)
{
	(void)timescale;
	*now = (struct timescale_now){
		.raw_ns = fake_clock.raw_ns,
		.realtime_ns = fake_clock.realtime_ns,
		.reference_ns = 1700000000 * S + fake_clock.raw_ns,
		.time_ns = 1700000000 * S + fake_clock.raw_ns,
		.sigma_ns = 10,
		.maxerror_ns = CHIME_LINE_UNBOUNDED_NS,
		.has_host = true,
	};
	return 0;
}

static int bounded_host_now(struct timescale *timescale, struct timescale_now *now)
{
	int err = host_now(timescale, now);

	now->maxerror_ns = 200;
	return err;
}

static int64_t host_maxerror_ns;

static int vouched_host_now(struct timescale *timescale, struct timescale_now *now)
{
	int err = bounded_host_now(timescale, now);

	now->host_maxerror_ns = host_maxerror_ns;
	return err;
}

static uint32_t reverts;

static int reverted_host_now(struct timescale *timescale, struct timescale_now *now)
{
	int err = vouched_host_now(timescale, now);

	now->disruptions = reverts;
	return err;
}

static int host_step(struct timescale *timescale, enum truechime_occasion occasion)
{
	(void)timescale;
	(void)occasion;
	fake_clock.realtime_ns = 1700000000 * S + fake_clock.raw_ns;
	return 0;
}

/* Makestep is for whoever says the time. */
TEST(steps_to_a_host_as_makestep_says)
{
	static const struct timescale_ops ops = {
		.name = "host", .now = bounded_host_now, .step = host_step,
	};
	static const struct {
		int64_t threshold_ns;
		int limit;
		unsigned int steps[2];	/* after the start; after being set later on */
	} cases[] = {
		{ S, 3, { 0, 0 } },
		{ MS, 0, { 0, 0 } },
		{ 0, -1, { 0, 0 } },
		{ MS, 3, { 1, 1 } },
		{ MS, -1, { 1, 2 } },
	};
	unsigned int i;

	log_set_level(-1);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct timescale timescale = { .ops = &ops };
		struct steering_options options = normal;

		FIXTURE_DATA(steering) world;

		options.step_threshold_ns = cases[i].threshold_ns;
		options.step_limit = cases[i].limit;
		ASSERT_EQ(0, begin_beside(&world, &timescale, &options, 400 * MS));
		ASSERT_EQ(0, run_truthfully(&world, 20 * S));
		EXPECT_EQ(cases[i].steps[0], world.status.steps) TH_LOG("case %u", i);
		fake_clock.realtime_ns -= 300 * MS;
		/* The bound that is published does not hold for what somebody else does. */
		(void)follow(&world);
		ASSERT_EQ(0, run_truthfully(&world, 20 * S));
		EXPECT_EQ(cases[i].steps[1], world.status.steps) TH_LOG("case %u", i);
		EXPECT_LT(llabs(error_ns(&world)), 100) TH_LOG("case %u", i);
		end_beside(&world);
	}
}

static int host_step_refused(struct timescale *timescale, enum truechime_occasion occasion)
{
	(void)timescale;
	(void)occasion;
	return -EPERM;
}

/* A policy that forbids what makestep allows would fill the log for as long as the slew takes. */
TEST(says_once_an_hour_that_a_step_by_makestep_is_refused)
{
	static const struct timescale_ops ops = {
		.name = "host", .now = bounded_host_now, .step = host_step_refused,
	};
	struct timescale timescale = { .ops = &ops };
	struct steering_options options = normal;

	FIXTURE_DATA(steering) world;

	log_set_level(-1);
	options.step_threshold_ns = S;
	options.step_limit = -1;
	ASSERT_EQ(0, begin_beside(&world, &timescale, &options, 3600 * S));
	journal_listen(LOG_ERR);
	ASSERT_EQ(0, run_truthfully(&world, 3599 * S));
	EXPECT_EQ(1, journal.messages);
	EXPECT_NE(NULL, strstr(journal.fields[0], "the step was refused: Operation not permitted"))
		TH_LOG("%s", journal.fields[0]);
	ASSERT_EQ(0, run_truthfully(&world, 3600 * S));
	EXPECT_EQ(2, journal.messages);
	/* Who asks for it himself is told each time. */
	EXPECT_EQ(-EPERM, steering_step(world.steering, "asked for by the operator"));
	EXPECT_EQ(-EPERM, steering_step(world.steering, "asked for by the operator"));
	EXPECT_EQ(4, journal.messages);
	log_set_level(-1);
	end_beside(&world);
}

/* "makestep 0.1 1" is one check, and one more when the operator says so again. */
TEST(counts_the_checks_of_makestep_anew)
{
	static const struct timescale_ops ops = {
		.name = "host", .now = bounded_host_now, .step = host_step,
	};
	struct timescale timescale = { .ops = &ops };
	struct steering_options options = normal;
	unsigned int i;

	FIXTURE_DATA(steering) world;

	log_set_level(-1);
	options.step_threshold_ns = MS;
	options.step_limit = 1;
	ASSERT_EQ(0, begin_beside(&world, &timescale, &options, 400 * MS));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, run_truthfully(&world, 20 * S));
		EXPECT_EQ(i + 1, world.status.steps);
		fake_clock.realtime_ns -= 300 * MS;
		(void)follow(&world);
		ASSERT_EQ(0, run_truthfully(&world, 20 * S));
		EXPECT_EQ(i + 1, world.status.steps);
		steering_count_steps_anew(world.steering);
		fake_clock.realtime_ns -= 300 * MS;
		(void)follow(&world);
	}
	end_beside(&world);
}

/* One source contradicts the host, which is followed all the same. */
TEST(does_not_step_to_a_host_that_may_be_further_off)
{
	static const struct timescale_ops ops = {
		.name = "host", .now = bounded_host_now, .step = host_step,
	};
	struct discipline_result disputed = { .stratum = 16, .selection.selected = -1 };
	struct timescale timescale = { .ops = &ops };
	struct steering_options options = normal;

	FIXTURE_DATA(steering) world;

	log_set_level(-1);
	options.step_threshold_ns = MS;
	options.step_limit = -1;
	ASSERT_EQ(0, begin_beside(&world, &timescale, &options, 0));
	ASSERT_EQ(0, run_truthfully(&world, 20 * S));
	disputed.disputed_ns = 500 * MS;
	ASSERT_EQ(0, apply(&world, disputed));
	fake_clock.realtime_ns -= 400 * MS;
	(void)follow(&world);
	ASSERT_EQ(0, run_truthfully(&world, 20 * S));
	EXPECT_EQ(0, world.status.steps);
	EXPECT_LT(llabs(error_ns(&world)), 100);
	fake_clock.realtime_ns -= 600 * MS;
	(void)follow(&world);
	ASSERT_EQ(0, run_truthfully(&world, S));
	EXPECT_EQ(1, world.status.steps);
	end_beside(&world);
}

/* It may be right to 300 ms, and the clock wrong by 400 ms: which of them is, nobody knows. */
static int vague_host_now(struct timescale *timescale, struct timescale_now *now)
{
	int err = host_now(timescale, now);

	now->maxerror_ns = 300 * MS;
	return err;
}

TEST(does_not_step_to_a_host_that_is_hardly_better)
{
	static const struct timescale_ops ops = {
		.name = "host", .now = vague_host_now, .step = host_step,
	};
	struct timescale timescale = { .ops = &ops };
	struct steering_options options = normal;

	FIXTURE_DATA(steering) world;

	log_set_level(-1);
	options.step_threshold_ns = MS;
	options.step_limit = -1;
	ASSERT_EQ(0, begin_beside(&world, &timescale, &options, 400 * MS));
	ASSERT_EQ(0, run_truthfully(&world, 20 * S));
	EXPECT_EQ(0, world.status.steps);
	end_beside(&world);
}

/* The module has found it, and has set the clock. */
TEST(what_a_disruption_does_is_nobody_elses)
{
	static const struct timescale_ops ops = { .name = "host", .now = reverted_host_now };
	struct timescale timescale = { .ops = &ops };

	FIXTURE_DATA(steering) world;

	log_set_level(-1);
	host_maxerror_ns = 0;
	ASSERT_EQ(0, begin_beside(&world, &timescale, &normal, 3600 * S));
	ASSERT_EQ(0, follow(&world));
	journal_listen(LOG_NOTICE);
	fake_clock_run(S);
	reverts++;
	fake_clock.realtime_ns += 3600 * S;
	ASSERT_EQ(0, follow(&world));
	EXPECT_EQ(NULL, strstr(journal.fields[0], "Somebody else")) TH_LOG("%s", journal.fields[0]);
	log_set_level(-1);
	end_beside(&world);
}

/* A disruption was found by the very step, and the host has to say first what it took. */
static int refusals;

static int host_step_later(struct timescale *timescale, enum truechime_occasion occasion)
{
	return refusals-- > 0 ? -EAGAIN : host_step(timescale, occasion);
}

TEST(a_step_to_a_host_that_is_put_off_is_not_spent)
{
	static const struct timescale_ops ops = {
		.name = "host", .now = bounded_host_now, .step = host_step_later,
	};
	struct timescale timescale = { .ops = &ops };
	struct steering_options options = normal;

	FIXTURE_DATA(steering) world;

	log_set_level(-1);
	options.step_threshold_ns = MS;
	options.step_limit = 1;
	refusals = 2;
	ASSERT_EQ(0, begin_beside(&world, &timescale, &options, 400 * MS));
	(void)follow(&world);
	(void)follow(&world);
	ASSERT_EQ(0, follow(&world));
	steering_get_status(world.steering, &world.status);
	EXPECT_EQ(1, world.status.steps);
	EXPECT_EQ(0, error_ns(&world));
	/* That was it. */
	fake_clock.realtime_ns -= 300 * MS;
	(void)follow(&world);
	steering_get_status(world.steering, &world.status);
	EXPECT_EQ(1, world.status.steps);
	end_beside(&world);
}

/* How well a host is read, and how right it is, are two numbers. */
TEST(host_is_followed_and_its_own_error_published)
{
	static const struct timescale_ops ops = { .name = "host", .now = vouched_host_now };
	static const struct {
		int64_t host_ns, least_us, most_us;
	} cases[] = {
		{ 0, 0, 10000 },		/* corrected */
		{ 50 * MS, 50000, 60000 },
		{ CHIME_LINE_UNBOUNDED_NS, 1000000, 1010000 },
	};
	struct timescale timescale = { .ops = &ops };
	unsigned int i;

	FIXTURE_DATA(steering) world;

	log_set_level(-1);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		host_maxerror_ns = cases[i].host_ns;
		ASSERT_EQ(0, begin_beside(&world, &timescale, &normal, 0));
		ASSERT_EQ(0, run_truthfully(&world, 100 * S));
		/* Programs wait for this, and a host is followed whoever vouches for it. */
		EXPECT_TRUE(world.status.synchronised);
		EXPECT_LE(cases[i].least_us, fake_clock.maxerror_us);
		EXPECT_GE(cases[i].most_us, fake_clock.maxerror_us);
		EXPECT_LE(world.status.reading_ns, 10 * US);
		EXPECT_EQ(chime_add_sat(world.status.reading_ns, cases[i].host_ns),
			  world.status.maxerror_ns);
		EXPECT_EQ(i == 2, world.status.maxerror_ns == CHIME_LINE_UNBOUNDED_NS);
		/* The same when the daemon ends. */
		steering_settle(world.steering);
		EXPECT_LE(cases[i].least_us, fake_clock.maxerror_us);
		end_beside(&world);
	}
}

/* Time that passes between the reading and the rate that follows from it. */
static int64_t stall_ns;

static int stalled_host_now(struct timescale *timescale, struct timescale_now *now)
{
	int err = bounded_host_now(timescale, now);

	fake_clock_run(stall_ns);
	stall_ns = 0;
	return err;
}

/* The system clock minus the host's time. */
static int64_t ahead_of_host_ns(void)
{
	return fake_clock.realtime_ns - 1700000000 * S - fake_clock.raw_ns;
}

/* A clock that has been steered by @world's timescale for long enough to be right. */
static int steer_for_long(FIXTURE_DATA(steering) *world)
{
	int err;

	log_set_level(-1);
	fake_clock_start();
	fake_clock.realtime_ns = 1700000000 * S + fake_clock.raw_ns;
	err = system_clock_open(&world->clock, false);
	if (err)
		return err;
	world->steering = steering_new(&normal, world->clock, world->timescale);
	return run_truthfully(world, 100 * S);
}

/*
 * A guest that is starved of its processor stands still anywhere: also between reading the clock
 * and setting its rate, while the rate from before runs on. What that does is in the bound, is
 * taken away at once, and is nobody else's doing.
 */
TEST(a_rate_that_comes_late_is_made_good)
{
	static const struct timescale_ops ops = {
		.name = "host", .now = stalled_host_now, .step = host_step,
	};
	struct timescale timescale = { .ops = &ops };

	FIXTURE_DATA(steering) world = { .timescale = &timescale };

	ASSERT_EQ(0, steer_for_long(&world));
	EXPECT_TRUE(world.status.synchronised);

	fake_clock.realtime_ns -= MS;
	fake_clock_run(steering_next_ns(world.steering) - fake_clock.raw_ns);
	ASSERT_EQ(0, follow(&world));
	EXPECT_GT(fake_clock_rate(), 0.005);
	fake_clock_run(steering_next_ns(world.steering) - fake_clock.raw_ns);
	stall_ns = 1500 * MS;
	ASSERT_EQ(0, follow(&world));
	EXPECT_GT(ahead_of_host_ns(), 10 * MS);
	EXPECT_GE(fake_clock.maxerror_us * US, ahead_of_host_ns());
	EXPECT_LE(steering_next_ns(world.steering), fake_clock.raw_ns);
	ASSERT_EQ(0, run_truthfully(&world, 10 * S));
	EXPECT_LT(llabs(ahead_of_host_ns()), US);
	steering_free(world.steering);
	system_clock_close(world.clock);
}

/* Readings after which something comes, and what has come. */
static int calm_readings;

static uint32_t new_disruptions;

static uint32_t new_epochs;

static int64_t new_error_ns;

/* The module marks the clock. */
static bool new_mark;

/* From then on nobody knows how wrong the clock is. */
static bool new_doubt;

static int disrupted_host_now(struct timescale *timescale, struct timescale_now *now)
{
	static uint32_t disruptions, epoch;

	(void)bounded_host_now(timescale, now);
	now->epoch = epoch;
	now->disruptions = disruptions;
	if (!calm_readings && new_doubt)
		now->maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
	if (calm_readings && !--calm_readings) {
		disruptions += new_disruptions;
		epoch += new_epochs;
		fake_clock.realtime_ns += new_error_ns;
		if (new_disruptions || new_error_ns || new_mark)
			fake_clock.status |= STA_UNSYNC;
	}
	return 0;
}

/* The module marks the clock unsynchronised between the reading and what is published of it. */
TEST(what_a_disruption_has_overtaken_is_not_published)
{
	static const struct timescale_ops ops = { .name = "host", .now = disrupted_host_now };
	struct timescale timescale = { .ops = &ops };

	FIXTURE_DATA(steering) world = { .timescale = &timescale };

	ASSERT_EQ(0, steer_for_long(&world));
	EXPECT_FALSE(fake_clock.status & STA_UNSYNC);

	new_disruptions = 1;
	calm_readings = 1;
	ASSERT_EQ(0, follow(&world));
	EXPECT_EQ(0, calm_readings);
	EXPECT_TRUE(fake_clock.status & STA_UNSYNC);
	steering_get_status(world.steering, &world.status);
	EXPECT_FALSE(world.status.synchronised);
	EXPECT_LE(steering_next_ns(world.steering), fake_clock.raw_ns);
	ASSERT_EQ(0, run_truthfully(&world, 10 * S));
	EXPECT_FALSE(fake_clock.status & STA_UNSYNC);

	/* The host's leap second, where the clock leapt with it ... */
	new_disruptions = 0;
	new_epochs = 1;
	calm_readings = 1;
	ASSERT_EQ(0, follow(&world));
	EXPECT_EQ(0, calm_readings);
	EXPECT_FALSE(fake_clock.status & STA_UNSYNC);
	/* ... and where it did not. */
	new_error_ns = S;
	calm_readings = 1;
	ASSERT_EQ(0, follow(&world));
	EXPECT_EQ(0, calm_readings);
	EXPECT_TRUE(fake_clock.status & STA_UNSYNC);
	ASSERT_EQ(0, run_truthfully(&world, 20 * S));
	EXPECT_FALSE(fake_clock.status & STA_UNSYNC);
	EXPECT_TRUE(world.status.synchronised);
	steering_free(world.steering);
	system_clock_close(world.clock);
}

/*
 * A mark that came between the reading and publishing stays, and is not taken away and set again: a
 * program that looks in between would take the clock for right. While a host is waited for, only
 * the lost bound shows why the clock is marked.
 */
TEST(a_mark_since_the_reading_stays)
{
	static const struct timescale_ops ops = { .name = "host", .now = disrupted_host_now };
	struct timescale timescale = { .ops = &ops };
	static const struct {
		uint32_t disruptions;
		uint32_t epochs;
		bool doubt;
	} cases[] = {
		{ .disruptions = 1, .epochs = 1, .doubt = true },
		{ .epochs = 1 },
		{ .doubt = true },
	};
	int cleared;

	FIXTURE_DATA(steering) world = { .timescale = &timescale };

	ASSERT_EQ(0, steer_for_long(&world));
	new_error_ns = 0;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		ASSERT_FALSE(fake_clock.status & STA_UNSYNC);
		new_disruptions = cases[i].disruptions;
		new_epochs = cases[i].epochs;
		new_doubt = cases[i].doubt;
		new_mark = true;
		calm_readings = 1;
		cleared = fake_clock.cleared;
		ASSERT_EQ(0, follow(&world));
		EXPECT_EQ(0, calm_readings);
		EXPECT_TRUE(fake_clock.status & STA_UNSYNC);
		EXPECT_EQ(cleared, fake_clock.cleared);
		EXPECT_LE(steering_next_ns(world.steering), fake_clock.raw_ns);
		new_doubt = false;
		new_mark = false;
		ASSERT_EQ(0, run_truthfully(&world, 20 * S));
	}
	/* The mark is an older one's, so it is being cleared, when this one comes. */
	fake_clock.status |= STA_UNSYNC;
	new_disruptions = 1;
	new_epochs = 1;
	new_doubt = true;
	new_mark = true;
	calm_readings = 2;
	cleared = fake_clock.cleared;
	ASSERT_EQ(0, follow(&world));
	EXPECT_EQ(cleared + 1, fake_clock.cleared);
	EXPECT_TRUE(fake_clock.status & STA_UNSYNC);
	steering_free(world.steering);
	system_clock_close(world.clock);
}

/* A host that is 300 ms off, as the sources' first correction says. */
static int64_t corrected_host_ns;

static int corrected_host_now(struct timescale *timescale, struct timescale_now *now)
{
	int err = bounded_host_now(timescale, now);

	now->time_ns += corrected_host_ns;
	return err;
}

static int correct_host(struct timescale *timescale, const struct chime_line *correction,
			uint32_t epoch, bool jump, struct timescale_now *now)
{
	(void)epoch;
	(void)jump;
	corrected_host_ns = correction->offset_ns;
	return corrected_host_now(timescale, now);
}

/*
 * Programs were told that the clock is synchronised, and it goes on to be as right as it is called,
 * from the correction on by a bound that holds what is left of it.
 */
TEST(stays_synchronised_while_a_hosts_error_is_slewed)
{
	static const struct timescale_ops ops = {
		.name = "host", .now = corrected_host_now, .correct = correct_host,
	};
	static const struct {
		int64_t error_ns;
		bool stays;
	} cases[] = {
		{ 300 * MS, true }, { -300 * MS, true }, { S, true }, { S + 1, false },
		{ 3 * S, false },
	};
	unsigned int i;

	log_set_level(-1);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct timescale timescale = { .ops = &ops };
		struct discipline_result result = {
			.changed = true, .measured = true, .synchronised = true, .jump = true,
			.step_ns = cases[i].error_ns,
			.correction = { .offset_ns = cases[i].error_ns, .maxerror_ns = MS },
		};

		FIXTURE_DATA(steering) world;

		corrected_host_ns = 0;
		ASSERT_EQ(0, begin_beside(&world, &timescale, &normal, 0));
		ASSERT_EQ(0, run_truthfully(&world, 2 * S));
		ASSERT_FALSE(fake_clock.status & STA_UNSYNC);
		ASSERT_EQ(0, apply(&world, result));
		EXPECT_EQ(cases[i].stays, !(fake_clock.status & STA_UNSYNC)) TH_LOG("case %u", i);
		if (cases[i].stays)
			EXPECT_GE(fake_clock.maxerror_us, 300000);
		ASSERT_EQ(0, run_truthfully(&world, 60 * S));
		EXPECT_FALSE(fake_clock.status & STA_UNSYNC);
		/* Only the first correction is of the host's error. */
		result.step_ns = 300 * MS;
		result.correction.offset_ns += 300 * MS;
		ASSERT_EQ(0, apply(&world, result));
		EXPECT_TRUE(fake_clock.status & STA_UNSYNC) TH_LOG("case %u", i);
		ASSERT_EQ(0, run_truthfully(&world, 60 * S));
		EXPECT_FALSE(fake_clock.status & STA_UNSYNC);
		/* Once it has been right, it is no more than any other clock. */
		fake_clock.realtime_ns += 300 * MS;
		(void)follow(&world);
		EXPECT_TRUE(fake_clock.status & STA_UNSYNC) TH_LOG("case %u", i);
		end_beside(&world);
	}
}

/* A host alone is as right after a revert as it was before, and no sources will ever confirm it. */
TEST(clock_is_set_back_to_a_host_after_a_disruption)
{
	static const struct timescale_ops ops = {
		.name = "host", .now = reverted_host_now, .step = host_step,
	};
	struct timescale timescale = { .ops = &ops };

	FIXTURE_DATA(steering) world;

	log_set_level(-1);
	host_maxerror_ns = MS;
	ASSERT_EQ(0, begin_beside(&world, &timescale, &normal, 0));
	ASSERT_EQ(0, run_truthfully(&world, 100 * S));
	reverts++;
	steering_disrupted(world.steering, true);
	ASSERT_EQ(0, run_truthfully(&world, 300 * S));
	fake_clock.realtime_ns += 3600 * S;
	fake_clock.status |= STA_UNSYNC;
	ASSERT_EQ(0, follow(&world));
	ASSERT_EQ(0, run_truthfully(&world, 10 * S));
	EXPECT_LT(llabs(ahead_of_host_ns()), US);
	EXPECT_FALSE(fake_clock.status & STA_UNSYNC);
	end_beside(&world);
}

/* Another program sets the clock between the module's repair and the daemon's next reading. */
TEST(what_was_set_in_the_moment_of_a_disruption_is_set_back)
{
	static const struct timescale_ops ops = {
		.name = "host", .now = reverted_host_now, .step = host_step,
	};
	struct timescale timescale = { .ops = &ops };
	struct steering_options options = normal;
	unsigned int i;

	FIXTURE_DATA(steering) world;

	log_set_level(-1);
	host_maxerror_ns = MS;
	for (i = 0; i < 2; i++) {
		options.observe = i;
		ASSERT_EQ(0, begin_beside(&world, &timescale, &options, 0));
		ASSERT_EQ(0, run_truthfully(&world, 100 * S));
		reverts++;
		steering_disrupted(world.steering, true);
		fake_clock.realtime_ns += 3600 * S;
		fake_clock.status |= STA_UNSYNC;
		ASSERT_EQ(0, follow(&world));
		steering_get_status(world.steering, &world.status);
		EXPECT_EQ(!options.observe, world.status.steps);
		EXPECT_EQ(options.observe, llabs(ahead_of_host_ns()) > S);
		end_beside(&world);
	}
}

/*
 * Programs run again before the module is told that a suspend has ended, and the kernel has set its
 * clock ahead by then. The timescale does not know that yet: it is not gone back to.
 */
TEST(clock_of_a_machine_that_wakes_is_not_set_back)
{
	static const struct timescale_ops ops = {
		.name = "host", .now = corrected_host_now, .step = host_step,
	};
	unsigned int i;

	log_set_level(-1);
	for (i = 0; i < 2; i++) {
		struct timescale timescale = { .ops = &ops };
		bool sleeps = i == 0;

		FIXTURE_DATA(steering) world;

		corrected_host_ns = 0;
		ASSERT_EQ(0, begin_beside(&world, &timescale, &normal, 0));
		ASSERT_EQ(0, run_truthfully(&world, 10 * S));
		fake_clock.realtime_ns += 3600 * S;
		fake_clock.boottime_ns += sleeps ? 3600 * S : 0;
		ASSERT_EQ(0, follow(&world));
		steering_get_status(world.steering, &world.status);
		EXPECT_EQ(sleeps ? 0 : 1, world.status.steps);
		EXPECT_EQ(sleeps, llabs(error_ns(&world)) > 3599 * S);
		end_beside(&world);
	}
}

static bool silent_host;

static int silent_host_now(struct timescale *timescale, struct timescale_now *now)
{
	int err = corrected_host_now(timescale, now);

	now->host_silent = silent_host;
	return err;
}

/*
 * A restore that nothing has shown, an agent that sets the clock right, and a host's clock that
 * falls silent in that instant: what it said before is not gone back to until it answers again.
 */
TEST(clock_is_not_set_back_to_what_a_silent_host_said)
{
	static const struct timescale_ops ops = {
		.name = "host", .now = silent_host_now, .step = host_step,
	};
	struct steering_options options = normal;
	struct timescale timescale = { .ops = &ops };

	FIXTURE_DATA(steering) world;

	log_set_level(-1);
	/* Nor by makestep. */
	options.step_limit = -1;
	options.step_threshold_ns = S;
	corrected_host_ns = 0;
	ASSERT_EQ(0, begin_beside(&world, &timescale, &options, 0));
	ASSERT_EQ(0, run_truthfully(&world, 10 * S));
	silent_host = true;
	fake_clock.realtime_ns += 3600 * S;
	fake_clock.status |= STA_UNSYNC;
	ASSERT_EQ(0, follow(&world));
	EXPECT_TRUE(steering_asks_sources(world.steering));
	ASSERT_EQ(0, run_truthfully(&world, 25 * S));
	steering_get_status(world.steering, &world.status);
	EXPECT_EQ(0, world.status.steps);
	EXPECT_GT(llabs(error_ns(&world)), 3599 * S);
	EXPECT_TRUE(fake_clock.status & STA_UNSYNC);

	/* It answers, and says the same as before: the other program was wrong. */
	silent_host = false;
	ASSERT_EQ(0, follow(&world));
	steering_get_status(world.steering, &world.status);
	EXPECT_EQ(1, world.status.steps);
	EXPECT_LT(llabs(error_ns(&world)), MS);
	end_beside(&world);
}

/* The host goes on, but most sources contradict it by more than maxchange lets them correct. */
TEST(is_not_synchronised_with_a_host_while_a_change_is_refused)
{
	static const struct timescale_ops ops = { .name = "host", .now = bounded_host_now };
	struct discipline_result result = {
		.step = DISCIPLINE_REFUSED, .step_ns = 5 * S, .stratum = 3,
	};
	struct timescale timescale = { .ops = &ops };
	struct timescale_now now;

	FIXTURE_DATA(steering) world;

	log_set_level(-1);
	ASSERT_EQ(0, begin_beside(&world, &timescale, &normal, 0));
	ASSERT_EQ(0, run_truthfully(&world, 10 * S));
	ASSERT_FALSE(fake_clock.status & STA_UNSYNC);
	ASSERT_EQ(0, bounded_host_now(&timescale, &now));
	ASSERT_EQ(0, steering_correct(world.steering, &result, &now));
	ASSERT_EQ(0, run_truthfully(&world, 10 * S));
	EXPECT_TRUE(fake_clock.status & STA_UNSYNC);
	/* They cannot be used any more: the host is all there is, as before they answered. */
	result = (struct discipline_result){ .stratum = 16, .selection.selected = -1 };
	ASSERT_EQ(0, steering_correct(world.steering, &result, &now));
	ASSERT_EQ(0, run_truthfully(&world, 10 * S));
	EXPECT_FALSE(fake_clock.status & STA_UNSYNC);
	end_beside(&world);
}

/* What a disruption has left in question nobody will ever confirm; a daemon started now is told. */
TEST(is_synchronised_with_a_host_that_alone_is_left_after_a_disruption)
{
	static const struct timescale_ops ops = { .name = "host", .now = bounded_host_now };
	struct timescale timescale = { .ops = &ops };

	FIXTURE_DATA(steering) world;

	log_set_level(-1);
	ASSERT_EQ(0, begin_beside(&world, &timescale, &normal, 0));
	ASSERT_EQ(0, run_truthfully(&world, 10 * S));
	steering_disrupted(world.steering, false);
	ASSERT_EQ(0, run_truthfully(&world, 10 * S));
	EXPECT_TRUE(fake_clock.status & STA_UNSYNC);
	steering_follow_host(world.steering);
	ASSERT_EQ(0, run_truthfully(&world, 20 * S));
	EXPECT_FALSE(fake_clock.status & STA_UNSYNC);
	/* Should there be sources after all, the first ones still step what they find wrong. */
	EXPECT_EQ(TRUST_REPAIRED, world.status.trust);
	end_beside(&world);
}

TEST(follows_a_host_of_which_no_bound_is_known_without_vouching_for_it)
{
	static const struct timescale_ops ops = { .name = "host", .now = host_now };
	struct timescale timescale = { .ops = &ops };

	FIXTURE_DATA(steering) world;

	log_set_level(-1);
	ASSERT_EQ(0, begin_beside(&world, &timescale, &normal, 5 * MS));
	ASSERT_EQ(0, run_truthfully(&world, 10 * S));
	EXPECT_LT(llabs(error_ns(&world)), 100);
	EXPECT_TRUE(fake_clock.status & STA_UNSYNC);
	end_beside(&world);
}

TEST_HARNESS_MAIN
