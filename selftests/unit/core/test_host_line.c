// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cross-timestamps to the host line: the clocks of a simulated guest and host, whose true relation
 * is known, and periodic cross-timestamps that are wrong by up to their uncertainty.
 */
#include "kmod/core/host_line.h"

#include "selftests/unit/unit.h"

#define MS		1000000LL
#define S		1000000000LL
#define PPM_Q32		4295LL

/* A host, as seen by a guest whose raw clock began at START_NS. */
#define START_NS	(100 * S)
#define UNCERTAINTY_NS	5LL

/* How far the host's clock wobbles, either way (CHIME_WOBBLE_NS). */
#define WOBBLE_NS	75LL

/* The deviation of a reading that the bound of the line allows for. */
#define SLACK_NS	(5 * UNCERTAINTY_NS + 2 * WOBBLE_NS)

struct world {
	struct unit_random random;
	s64 raw_ns;
	s64 wobble_ns;			/* largest wobble, in one reading of twenty */
	s64 bracket_ns;			/* longest bracket of a reading; 0: exact */
	struct chime_line truth;	/* the host's time as a function of the raw clock */
	u32 clocksource_seq;
	struct chime_host_line host;
};

static struct world new_world(s64 rate_q32)
{
	return (struct world) {
		.random = { 1 },
		.raw_ns = START_NS,
		.truth = {
			.origin_ns = START_NS,
			.offset_ns = 1790000000 * S,
			.rate_q32 = rate_q32,
		},
	};
}

static s64 true_time(const struct world *world)
{
	return chime_line_eval(&world->truth, world->raw_ns);
}

/* The error of the line now. */
static s64 error_now(const struct world *world)
{
	return llabs(chime_line_eval(&world->host.line, world->raw_ns) - true_time(world));
}

static s64 bound_now(const struct world *world)
{
	return chime_line_maxerror(&world->host.line, world->raw_ns);
}

/* From here on the host's clock runs at another rate, and is set by @step_ns. */
static void change_host(struct world *world, s64 rate_q32, s64 step_ns)
{
	chime_line_move(&world->truth, world->raw_ns);
	world->truth.rate_q32 = rate_q32;
	world->truth.offset_ns += step_ns;
}

static struct chime_pairing take_pairing(struct world *world)
{
	s64 uncertainty_ns = UNCERTAINTY_NS +
			     (s64)unit_random_below(&world->random, world->bracket_ns / 2 + 1);
	s64 noise_ns = (s64)unit_random_below(&world->random, 2 * uncertainty_ns + 1) -
		       uncertainty_ns;

	if (world->wobble_ns && !unit_random_below(&world->random, 20))
		noise_ns += (s64)unit_random_below(&world->random, 2 * world->wobble_ns + 1) -
			    world->wobble_ns;
	return (struct chime_pairing) {
		.raw_ns = world->raw_ns,
		.utc_ns = true_time(world) + noise_ns,
		.uncertainty_ns = uncertainty_ns,
		.exact = !world->bracket_ns,
		.clocksource_seq = world->clocksource_seq,
	};
}

static enum chime_verdict check_after(struct world *world, s64 wait_ns)
{
	struct chime_pairing pairing;

	world->raw_ns += wait_ns;
	pairing = take_pairing(world);
	return chime_host_line_update(&world->host, &pairing);
}

/* Check every @wait_ns for @duration_ns. Return: number of verdicts other than "on the line". */
static int watch(struct world *world, s64 wait_ns, s64 duration_ns)
{
	const s64 until_ns = world->raw_ns + duration_ns;
	int surprises = 0;

	while (world->raw_ns < until_ns)
		surprises += check_after(world, wait_ns) != CHIME_VERDICT_ON_LINE;
	return surprises;
}

static bool is_same(const struct chime_host_line *a, const struct chime_host_line *b)
{
	return !memcmp(&a->line, &b->line, sizeof(a->line)) && a->count == b->count &&
	       a->last.raw_ns == b->last.raw_ns && a->last.utc_ns == b->last.utc_ns &&
	       a->rate_known == b->rate_known;
}

TEST(starts_at_the_first_cross_timestamp)
{
	struct world world = new_world(50 * PPM_Q32);
	struct chime_pairing pairing = take_pairing(&world);

	EXPECT_EQ(0, chime_host_line_deviation(&world.host, &pairing));
	ASSERT_EQ(CHIME_VERDICT_STARTED, chime_host_line_update(&world.host, &pairing));
	EXPECT_EQ(pairing.utc_ns, chime_line_eval(&world.host.line, pairing.raw_ns));
	EXPECT_EQ(SLACK_NS, bound_now(&world));
	EXPECT_FALSE(world.host.rate_known);

	/* No slope yet: the bound covers the largest rate that a kernel corrects. */
	world.raw_ns += S;
	EXPECT_LE(error_now(&world), bound_now(&world));
	EXPECT_GE(bound_now(&world), 500000);
}

TEST(follows_a_straight_host_within_its_bound)
{
	static const s64 rates[] = { 0, PPM_Q32, -50 * PPM_Q32, 500 * PPM_Q32 };
	static const s64 waits_ns[] = { 20 * MS, S, 17 * MS + 1 };
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(rates); i++) {
		for (j = 0; j < ARRAY_SIZE(waits_ns); j++) {
			struct world world = new_world(rates[i]);
			int checks;

			ASSERT_EQ(CHIME_VERDICT_STARTED, check_after(&world, 0));
			for (checks = 0; checks < 3000; checks++) {
				world.raw_ns += waits_ns[j] / 2;
				ASSERT_LE(error_now(&world), bound_now(&world));
				ASSERT_EQ(CHIME_VERDICT_ON_LINE,
					  check_after(&world, waits_ns[j] - waits_ns[j] / 2));
				ASSERT_LE(error_now(&world), UNCERTAINTY_NS);
			}
			ASSERT_TRUE(world.host.rate_known);
			/* 2 * 5 ns over the 14 s that are kept at least */
			EXPECT_LE(llabs(world.host.line.rate_q32 - rates[i]),
				  1 + chime_ratio_q32(2 * UNCERTAINTY_NS, 14 * S));
		}
	}
}

TEST(predicts_to_the_ns)
{
	struct world world = new_world(-20 * PPM_Q32);

	check_after(&world, 0);
	EXPECT_EQ(0, watch(&world, 20 * MS, 20 * S));
	world.raw_ns += S;
	EXPECT_LE(error_now(&world), 2 * UNCERTAINTY_NS);
	/* 1 ppm of growth, and the wobble's share of a slope over 14 s, for one second */
	EXPECT_LE(bound_now(&world), SLACK_NS + UNCERTAINTY_NS + WOBBLE_NS + 1000);
}

/* An idle host's kernel has few ticks to keep its clock straight: that is no slew. */
TEST(keeps_the_slope_of_a_wobbling_host)
{
	static const s64 waits_ns[] = { 20 * MS, 300 * MS, S };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(waits_ns); i++) {
		struct world world = new_world(20 * PPM_Q32);
		s64 until_ns = START_NS + 200 * S;

		check_after(&world, 0);
		watch(&world, waits_ns[i], 20 * S);
		world.wobble_ns = 60;
		while (world.raw_ns < until_ns) {
			world.raw_ns += waits_ns[i] / 2;
			ASSERT_LE(error_now(&world), bound_now(&world));
			ASSERT_EQ(CHIME_VERDICT_ON_LINE, check_after(&world, waits_ns[i] / 2));
			/* 2 * 65 ns over the 14 s that are kept at least: 10 ppb */
			ASSERT_LE(llabs(world.host.line.rate_q32 - 20 * PPM_Q32), PPM_Q32 / 100);
		}
	}
}

/* A slew that cannot be distinguished from a wobble until the whole segment shows it. */
TEST(bound_holds_before_a_slow_slew_shows)
{
	static const s64 slews[] = { 2 * PPM_Q32, -5 * PPM_Q32, 8 * PPM_Q32 };
	unsigned int i, check;

	for (i = 0; i < ARRAY_SIZE(slews); i++) {
		struct world world = new_world(10 * PPM_Q32);

		check_after(&world, 0);
		ASSERT_EQ(0, watch(&world, 20 * MS, 30 * S));
		change_host(&world, 10 * PPM_Q32 + slews[i], 0);
		for (check = 0; check < 500; check++) {
			world.raw_ns += 20 * MS;
			ASSERT_LE(error_now(&world), bound_now(&world));
			check_after(&world, 0);
		}
		EXPECT_LE(error_now(&world), UNCERTAINTY_NS);
	}
}

/*
 * A slew that is just too slow to show between two readings moves the host as far until the next
 * one. The deviation at the first one cannot be foreseen.
 */
static void slew_unnoticed(struct __test_metadata *_metadata, s64 bracket_ns, s64 slew_q32)
{
	struct world world = new_world(10 * PPM_Q32);
	unsigned int check;

	world.random.state += (u64)slew_q32;
	world.bracket_ns = bracket_ns;
	check_after(&world, 0);
	watch(&world, 20 * MS, 30 * S);
	change_host(&world, 10 * PPM_Q32 + slew_q32, 0);
	check_after(&world, 20 * MS);
	for (check = 0; check < 500; check++) {
		world.raw_ns += 20 * MS;
		ASSERT_LE(error_now(&world), bound_now(&world));
		check_after(&world, 0);
	}
}

TEST(bound_holds_while_readings_hide_a_slew)
{
	s64 slew_q32;

	for (slew_q32 = -40 * PPM_Q32; slew_q32 <= 40 * PPM_Q32; slew_q32 += PPM_Q32 / 4) {
		slew_unnoticed(_metadata, 0, slew_q32);
		slew_unnoticed(_metadata, 20000, 20 * slew_q32);
	}
}

/* The host's daemon starts and ends a slew: detected at the next check, followed soon after. */
TEST(follows_the_rate_changes_of_a_slewed_host)
{
	static const s64 slews[] = { 20 * PPM_Q32, -100 * PPM_Q32, 500 * PPM_Q32,
				     -1000 * PPM_Q32 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(slews); i++) {
		struct world world = new_world(10 * PPM_Q32);

		check_after(&world, 0);
		ASSERT_EQ(0, watch(&world, 20 * MS, 30 * S));

		change_host(&world, 10 * PPM_Q32 + slews[i], 0);
		EXPECT_EQ(CHIME_VERDICT_RATE_CHANGED, check_after(&world, 20 * MS));
		EXPECT_LE(error_now(&world), UNCERTAINTY_NS);
		watch(&world, 20 * MS, 200 * MS);
		EXPECT_LE(llabs(world.host.line.rate_q32 - 10 * PPM_Q32 - slews[i]),
			  chime_ratio_q32(4 * UNCERTAINTY_NS, 100 * MS));
		world.raw_ns += 20 * MS;
		EXPECT_LE(error_now(&world), bound_now(&world));

		ASSERT_EQ(0, watch(&world, 20 * MS, 5 * S));
		change_host(&world, 10 * PPM_Q32, 0);
		EXPECT_EQ(CHIME_VERDICT_RATE_CHANGED, check_after(&world, 20 * MS));
		world.raw_ns += 20 * MS;
		/* a second rate change is expected, so the bound covers it */
		EXPECT_LE(error_now(&world), bound_now(&world));
	}
}

/*
 * From one check to the next the change is a little more than errors explain, and too little for
 * the new slope to be better at once. It is not another change at each check.
 */
TEST(learns_the_rate_after_a_change_that_barely_shows)
{
	static const s64 slews[] = { 9 * PPM_Q32, -12 * PPM_Q32, 16 * PPM_Q32 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(slews); i++) {
		struct world world = new_world(10 * PPM_Q32);

		check_after(&world, 0);
		ASSERT_EQ(0, watch(&world, 20 * MS, 30 * S));
		change_host(&world, 10 * PPM_Q32 + slews[i], 0);
		watch(&world, 20 * MS, 500 * MS);
		EXPECT_LE(llabs(world.host.line.rate_q32 - 10 * PPM_Q32 - slews[i]), PPM_Q32 / 10);
	}
}

/* Until the slope is that of the new segment, its error is not that of the old one. */
TEST(slope_kept_across_a_change_is_as_wrong_as_readings_show)
{
	struct world world = new_world(0);
	s64 wrong_q32;
	int i;

	check_after(&world, 0);
	watch(&world, 20 * MS, 30 * S);
	change_host(&world, 9 * PPM_Q32, 0);
	for (i = 0; i < 100; i++) {
		check_after(&world, 20 * MS);
		if (!world.host.rate_change_q32)
			continue;
		wrong_q32 = llabs(world.host.line.rate_q32 - 9 * PPM_Q32);
		ASSERT_LE(wrong_q32, world.host.line.sigma_rate_q32);
	}
	EXPECT_LE(world.host.line.sigma_rate_q32, PPM_Q32 / 5);
}

/* A slew of which no check shows the end, in a segment that has just begun: its rate is dropped. */
TEST(slope_of_a_young_segment_is_that_of_its_end)
{
	struct world world = new_world(0);

	check_after(&world, 0);
	watch(&world, 20 * MS, 30 * S);
	change_host(&world, 50 * PPM_Q32, 0);
	watch(&world, 20 * MS, 5 * S);
	change_host(&world, 6 * PPM_Q32, 0);
	watch(&world, 20 * MS, 500 * MS);
	change_host(&world, 0, 0);
	watch(&world, 20 * MS, 1200 * MS);
	EXPECT_LE(llabs(world.host.line.rate_q32), PPM_Q32 / 4);
}

TEST(notices_a_jump_and_touches_nothing)
{
	static const s64 jumps_ns[] = { 11 * MS, -11 * MS, S, -S, 86400 * S, -86400 * S * 365 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(jumps_ns); i++) {
		struct world world = new_world(10 * PPM_Q32);
		struct chime_host_line before;
		struct chime_pairing pairing;

		check_after(&world, 0);
		ASSERT_EQ(0, watch(&world, 20 * MS, 30 * S));
		before = world.host;

		change_host(&world, 10 * PPM_Q32, jumps_ns[i]);
		world.raw_ns += 20 * MS;
		pairing = take_pairing(&world);
		EXPECT_EQ(CHIME_VERDICT_JUMPED, chime_host_line_update(&world.host, &pairing));
		EXPECT_TRUE(is_same(&before, &world.host));
		EXPECT_LE(llabs(chime_host_line_deviation(&world.host, &pairing) - jumps_ns[i]),
			  2 * UNCERTAINTY_NS);
	}
}

TEST(goes_on_after_a_jump_with_the_rate_it_knew)
{
	struct world world = new_world(30 * PPM_Q32);
	struct chime_pairing pairing;
	s64 rate_q32;

	check_after(&world, 0);
	ASSERT_EQ(0, watch(&world, 20 * MS, 30 * S));
	rate_q32 = world.host.line.rate_q32;

	change_host(&world, 30 * PPM_Q32, 3600 * S);
	world.raw_ns += 20 * MS;
	pairing = take_pairing(&world);
	ASSERT_EQ(CHIME_VERDICT_JUMPED, chime_host_line_update(&world.host, &pairing));
	chime_host_line_rebase(&world.host, &pairing);
	EXPECT_LE(error_now(&world), UNCERTAINTY_NS);
	EXPECT_EQ(rate_q32, world.host.line.rate_q32);

	/* A slope over 20 ms would be worse than the previous one. */
	ASSERT_EQ(CHIME_VERDICT_ON_LINE, check_after(&world, 20 * MS));
	EXPECT_EQ(rate_q32, world.host.line.rate_q32);
	EXPECT_EQ(0, watch(&world, 20 * MS, 20 * S));
	world.raw_ns += 20 * MS;
	EXPECT_LE(error_now(&world), bound_now(&world));
}

TEST(takes_a_small_step_of_the_host_for_a_bend)
{
	struct world world = new_world(0);

	check_after(&world, 0);
	ASSERT_EQ(0, watch(&world, 20 * MS, 30 * S));
	change_host(&world, 0, 5 * MS);
	EXPECT_EQ(CHIME_VERDICT_RATE_CHANGED, check_after(&world, 20 * MS));
	EXPECT_LE(error_now(&world), UNCERTAINTY_NS);
	watch(&world, 20 * MS, S);
	EXPECT_LE(error_now(&world), UNCERTAINTY_NS);
	EXPECT_LE(llabs(world.host.line.rate_q32), PPM_Q32);
}

/* The guest is stopped for @lost_ns, and the hypervisor reports it. */
static enum chime_verdict check_after_stop(struct world *world, s64 lost_ns,
					   struct chime_pairing *pairing)
{
	change_host(world, world->truth.rate_q32, lost_ns);
	world->raw_ns += 20 * MS;
	*pairing = take_pairing(world);
	pairing->stood_still = true;
	return chime_host_line_update(&world->host, pairing);
}

TEST(takes_no_stop_for_a_rate_change)
{
	static const s64 lost_ns[] = { 20000, 900000, -900000 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lost_ns); i++) {
		struct world world = new_world(10 * PPM_Q32);
		struct chime_pairing pairing;
		s64 rate_q32;

		check_after(&world, 0);
		ASSERT_EQ(0, watch(&world, 20 * MS, 30 * S));
		rate_q32 = world.host.line.rate_q32;
		EXPECT_EQ(CHIME_VERDICT_RATE_CHANGED,
			  check_after_stop(&world, lost_ns[i], &pairing));
		EXPECT_EQ(rate_q32, world.host.line.rate_q32);
		/* an idle guest's next check comes after as long a time */
		world.raw_ns += S;
		EXPECT_LE(error_now(&world), 1000);
		EXPECT_LE(error_now(&world), bound_now(&world));
	}
}

TEST(notices_a_stop_that_no_slew_could_be_told_from)
{
	static const s64 lost_ns[] = { 2 * MS, 9 * MS, -2 * MS };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lost_ns); i++) {
		struct world world = new_world(10 * PPM_Q32);
		struct chime_pairing pairing;

		check_after(&world, 0);
		ASSERT_EQ(0, watch(&world, 20 * MS, 30 * S));
		EXPECT_EQ(CHIME_VERDICT_JUMPED, check_after_stop(&world, lost_ns[i], &pairing));
	}
}

/* Do two readings, 12 ms apart, show a slew? The host changes its rate and is set in a second. */
static bool follows_slew(struct world *world, s64 rate_q32, s64 slewed_ns, s64 step_ns)
{
	struct chime_pairing first, second;

	world->raw_ns += S - slewed_ns;
	change_host(world, rate_q32, step_ns);
	world->raw_ns += slewed_ns;
	first = take_pairing(world);
	world->raw_ns += 12 * MS;
	second = take_pairing(world);
	return chime_host_line_follow_slew(&world->host, &first, &second);
}

TEST(follows_a_hard_slew_by_a_third_reading)
{
	static const s64 ppm[] = { 83333, -83333, 40000, -15000 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ppm); i++) {
		struct world world = new_world(10 * PPM_Q32);

		check_after(&world, 0);
		ASSERT_EQ(0, watch(&world, S, 30 * S));
		EXPECT_TRUE(follows_slew(&world, ppm[i] * PPM_Q32, 700 * MS, 0));
		EXPECT_LE(error_now(&world), SLACK_NS);
		EXPECT_LE(llabs(world.host.line.rate_q32 - ppm[i] * PPM_Q32), 20 * PPM_Q32);
		/* The end of the slew as well. */
		ASSERT_EQ(CHIME_VERDICT_ON_LINE, check_after(&world, 500 * MS));
		EXPECT_LE(error_now(&world), bound_now(&world));
		EXPECT_TRUE(follows_slew(&world, 10 * PPM_Q32, 400 * MS, 0));
		EXPECT_LE(error_now(&world), SLACK_NS);
	}
}

TEST(takes_no_step_for_a_slew_that_does_not_explain_it)
{
	static const struct {
		s64 ppm, slewed_ns, step_ns;
	} cases[] = {
		{ 10, S, 50 * MS },		/* a step, and nothing more */
		{ 20000, S, 60 * MS },		/* the slew explains 20 ms of 80 */
		{ -20000, S, 50 * MS },		/* the slew goes back from where it was set to */
		{ 20000, S, -70 * MS },
		{ 700, S, 15 * MS },		/* too slow for a hard slew */
		{ 83333, S, 3600 * S },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world world = new_world(10 * PPM_Q32);
		struct chime_host_line before;

		check_after(&world, 0);
		ASSERT_EQ(0, watch(&world, S, 30 * S));
		before = world.host;
		EXPECT_FALSE(follows_slew(&world, cases[i].ppm * PPM_Q32, cases[i].slewed_ns,
					  cases[i].step_ns));
		EXPECT_TRUE(is_same(&before, &world.host));
	}
}

TEST(asks_only_where_a_slew_could_have_been)
{
	struct world world = new_world(10 * PPM_Q32);
	struct chime_pairing pairing;

	check_after(&world, 0);
	ASSERT_EQ(0, watch(&world, S, 30 * S));
	change_host(&world, 10 * PPM_Q32, 99 * MS);
	world.raw_ns += S;
	pairing = take_pairing(&world);
	EXPECT_TRUE(chime_host_line_may_be_slewed(&world.host, &pairing));
	pairing.stood_still = true;
	EXPECT_FALSE(chime_host_line_may_be_slewed(&world.host, &pairing));
	pairing.stood_still = false;
	pairing.clocksource_seq++;
	EXPECT_FALSE(chime_host_line_may_be_slewed(&world.host, &pairing));
	change_host(&world, 10 * PPM_Q32, 2 * MS);
	pairing = take_pairing(&world);
	EXPECT_FALSE(chime_host_line_may_be_slewed(&world.host, &pairing));
	/* The sooner, the less. */
	world.raw_ns -= 980 * MS;
	pairing = take_pairing(&world);
	EXPECT_FALSE(chime_host_line_may_be_slewed(&world.host, &pairing));
}

TEST(sees_no_slew_in_readings_that_do_not_belong_together)
{
	struct world world = new_world(10 * PPM_Q32);
	struct chime_pairing first, second, other;

	check_after(&world, 0);
	ASSERT_EQ(0, watch(&world, S, 30 * S));
	change_host(&world, 50000 * PPM_Q32, 0);
	world.raw_ns += S;
	first = take_pairing(&world);
	world.raw_ns += 4 * MS;
	second = take_pairing(&world);
	/* Too soon for a rate. */
	EXPECT_FALSE(chime_host_line_follow_slew(&world.host, &first, &second));
	world.raw_ns += 6 * MS;
	second = take_pairing(&world);
	other = second;
	other.clocksource_seq++;
	EXPECT_FALSE(chime_host_line_follow_slew(&world.host, &first, &other));
	other = first;
	other.stood_still = true;
	EXPECT_FALSE(chime_host_line_follow_slew(&world.host, &other, &second));
	EXPECT_TRUE(chime_host_line_follow_slew(&world.host, &first, &second));
}

TEST(ignores_a_cross_timestamp_that_is_not_later)
{
	struct world world = new_world(0);
	struct chime_host_line before;

	check_after(&world, 0);
	ASSERT_EQ(0, watch(&world, 20 * MS, S));
	before = world.host;
	EXPECT_EQ(CHIME_VERDICT_USELESS, check_after(&world, 0));
	EXPECT_EQ(CHIME_VERDICT_USELESS, check_after(&world, -20 * MS));
	EXPECT_TRUE(is_same(&before, &world.host));
}

TEST(drops_the_rate_when_the_clocksource_changes)
{
	struct world world = new_world(0);
	struct chime_pairing pairing;

	check_after(&world, 0);
	ASSERT_EQ(0, watch(&world, 20 * MS, 30 * S));

	/* tsc-early to tsc: the raw clock changes its rate */
	world.clocksource_seq++;
	change_host(&world, 300 * PPM_Q32, 0);
	EXPECT_EQ(CHIME_VERDICT_RATE_CHANGED, check_after(&world, 20 * MS));
	EXPECT_FALSE(world.host.rate_known);
	EXPECT_LE(error_now(&world), UNCERTAINTY_NS);
	world.raw_ns += 20 * MS;
	EXPECT_LE(error_now(&world), bound_now(&world));
	EXPECT_EQ(0, watch(&world, 20 * MS, S));
	EXPECT_TRUE(world.host.rate_known);

	/* and together with a jump */
	world.clocksource_seq++;
	change_host(&world, -300 * PPM_Q32, 60 * S);
	world.raw_ns += 20 * MS;
	pairing = take_pairing(&world);
	EXPECT_EQ(CHIME_VERDICT_JUMPED, chime_host_line_update(&world.host, &pairing));
	chime_host_line_rebase(&world.host, &pairing);
	EXPECT_FALSE(world.host.rate_known);
	world.raw_ns += 20 * MS;
	EXPECT_LE(error_now(&world), bound_now(&world));
}

/* An idle guest checks once a second or less often: a gap alone is no rate change. */
TEST(stands_gaps)
{
	struct world world = new_world(7 * PPM_Q32);

	check_after(&world, 0);
	ASSERT_EQ(0, watch(&world, 20 * MS, 30 * S));
	EXPECT_EQ(CHIME_VERDICT_ON_LINE, check_after(&world, 10 * S));
	EXPECT_EQ(CHIME_VERDICT_ON_LINE, check_after(&world, 20 * MS));
	EXPECT_EQ(CHIME_VERDICT_ON_LINE, check_after(&world, 100 * S));
	EXPECT_LE(error_now(&world), UNCERTAINTY_NS);
}

/* What follows looks at limits: each reading is off the truth by as much as the test says. */

static struct chime_pairing exact_pairing(struct world *world, s64 wait_ns, s64 off_ns,
					  s64 uncertainty_ns)
{
	world->raw_ns += wait_ns;
	return (struct chime_pairing) {
		.raw_ns = world->raw_ns,
		.utc_ns = true_time(world) + off_ns,
		.uncertainty_ns = uncertainty_ns,
		.exact = true,
		.clocksource_seq = world->clocksource_seq,
	};
}

static enum chime_verdict check_exact(struct world *world, s64 wait_ns, s64 off_ns,
				      s64 uncertainty_ns)
{
	struct chime_pairing pairing = exact_pairing(world, wait_ns, off_ns, uncertainty_ns);

	return chime_host_line_update(&world->host, &pairing);
}

/* A host that runs at @rate_q32 and has been read without error every 2 s for 30 s. */
static struct world known_world(s64 rate_q32, s64 uncertainty_ns)
{
	struct world world = new_world(rate_q32);
	int i;

	check_exact(&world, 0, 0, uncertainty_ns);
	for (i = 0; i < 15; i++)
		check_exact(&world, 2 * S, 0, uncertainty_ns);
	return world;
}

TEST(keeps_eight_points_two_seconds_apart)
{
	struct world world = known_world(10 * PPM_Q32, UNCERTAINTY_NS);
	int i;

	ASSERT_EQ(8, world.host.count);
	for (i = 0; i < 8; i++)
		EXPECT_EQ(world.raw_ns - (7 - i) * 2 * S, world.host.points[i].raw_ns);
	/* None in between. */
	check_exact(&world, 2 * S - 1, 0, UNCERTAINTY_NS);
	EXPECT_EQ(world.raw_ns - 2 * S + 1, world.host.points[7].raw_ns);
}

/* The errors of both readings, the wobble, and over time the slope's error and the wobble's. */
TEST(rate_change_is_what_no_error_explains)
{
	const s64 readings_ns = 2 * UNCERTAINTY_NS;
	s64 limit_ns = readings_ns + 2 * WOBBLE_NS +
		       chime_scale_q32(10 * S, chime_ratio_q32(readings_ns, 14 * S) +
					       CHIME_PPM_Q32 / 5);
	s64 sign;

	for (sign = -1; sign <= 1; sign += 2) {
		struct world world = known_world(0, UNCERTAINTY_NS);

		EXPECT_EQ(CHIME_VERDICT_ON_LINE,
			  check_exact(&world, 10 * S, sign * limit_ns, UNCERTAINTY_NS));
		world = known_world(0, UNCERTAINTY_NS);
		EXPECT_EQ(CHIME_VERDICT_RATE_CHANGED,
			  check_exact(&world, 10 * S, sign * (limit_ns + 1), UNCERTAINTY_NS));
		/* Nothing is known of the slope yet: 500 ppm and the wobble's */
		world = new_world(0);
		check_exact(&world, 0, 0, UNCERTAINTY_NS);
		EXPECT_EQ(CHIME_VERDICT_ON_LINE,
			  check_exact(&world, S, sign * (500200 + 150), UNCERTAINTY_NS));
		world = new_world(0);
		check_exact(&world, 0, 0, UNCERTAINTY_NS);
		EXPECT_EQ(CHIME_VERDICT_RATE_CHANGED,
			  check_exact(&world, S, sign * (500200 + 300), UNCERTAINTY_NS));
	}
}

/* What the reading is off by, either way, and what its errors may hide besides. */
TEST(errors_hide_a_short_stop)
{
	struct world world = known_world(0, UNCERTAINTY_NS);
	struct chime_pairing pairing = exact_pairing(&world, 10 * S, 0, UNCERTAINTY_NS);
	s64 hides_ns = chime_host_line_hides(&world.host, &pairing);

	/* Both errors, the wobble, 10 ns in 14 s, and the wobble of 0.2 ppm */
	EXPECT_LE(llabs(hides_ns - (10 + 150 + 7 + 2000)), 2);
	pairing.utc_ns += 100;
	EXPECT_EQ(hides_ns + 100, chime_host_line_hides(&world.host, &pairing));
	pairing.utc_ns -= 100 + hides_ns;
	EXPECT_EQ(2 * hides_ns, chime_host_line_hides(&world.host, &pairing));
	pairing.utc_ns -= 100;
	EXPECT_EQ(2 * hides_ns + 100, chime_host_line_hides(&world.host, &pairing));
}

/* Readings across 5 ms give a slope, and what errors it may have is no rate change later. */
TEST(slope_begins_at_five_milliseconds)
{
	struct world world = new_world(0);

	check_exact(&world, 0, 0, UNCERTAINTY_NS);
	EXPECT_EQ(0, world.host.line.rate_q32);
	check_exact(&world, 5 * MS - 1, 0, UNCERTAINTY_NS);
	EXPECT_FALSE(world.host.rate_known);
	EXPECT_EQ(0, world.host.line.rate_q32);
	check_exact(&world, 1, 0, UNCERTAINTY_NS);
	EXPECT_TRUE(world.host.rate_known);
	/* 10 ns in 5 ms: 2 ppm, and 0.2 ppm for the wobble; and not the 500 ppm of no slope */
	EXPECT_EQ(CHIME_VERDICT_ON_LINE, check_exact(&world, 100 * S, 220000, UNCERTAINTY_NS));
	world = new_world(0);
	check_exact(&world, 0, 0, UNCERTAINTY_NS);
	check_exact(&world, 5 * MS, 0, UNCERTAINTY_NS);
	EXPECT_EQ(CHIME_VERDICT_RATE_CHANGED, check_exact(&world, 100 * S, 221000, UNCERTAINTY_NS));
}

/* Four times the reading's uncertainty, the wobble, 1000 ppm for 100 s, and 20 ppm. */
TEST(jump_is_what_no_slew_explains)
{
	static const struct {
		s64 age_ns, uncertainty_ns, limit_ns;
		bool stood_still;
	} cases[] = {
		{ S, 10 * MS, 40 * MS + 150 + S / 1000 + S / 50000, false },
		{ 200 * S, 5, 20 + 150 + 100 * S / 1000 + 200 * S / 50000, false },
		{ 20 * MS, 5, 10 * MS, false },
		{ 20 * MS, 5, MS, true },
	};
	unsigned int i;
	s64 sign;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		for (sign = -1; sign <= 1; sign += 2) {
			struct world world = known_world(0, UNCERTAINTY_NS);
			struct chime_pairing pairing;
			struct chime_host_line host;
			/* A rate of 2^-32 rounded */
			s64 rounding_ns = cases[i].age_ns / 1000000;

			pairing = exact_pairing(&world, cases[i].age_ns, 0,
						cases[i].uncertainty_ns);
			pairing.stood_still = cases[i].stood_still;
			pairing.utc_ns += sign * cases[i].limit_ns;
			host = world.host;
			EXPECT_NE(CHIME_VERDICT_JUMPED, chime_host_line_update(&host, &pairing));
			pairing.utc_ns += sign * (1 + rounding_ns);
			host = world.host;
			EXPECT_EQ(CHIME_VERDICT_JUMPED, chime_host_line_update(&host, &pairing));
		}
	}
}

/* The worse of the two readings that it goes through, and half the wobble, at either end. */
TEST(bound_of_a_slope_is_of_its_two_readings)
{
	static const s64 uncertainties_ns[][2] = { { 50, 5 }, { 5, 50 } };
	s64 growth_q32 = chime_ratio_q32(2 * (50 + WOBBLE_NS), 4 * S) + 1;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(uncertainties_ns); i++) {
		struct world world = new_world(0);
		const struct chime_line *line = &world.host.line;

		check_exact(&world, 0, 0, uncertainties_ns[i][0]);
		check_exact(&world, 4 * S, 0, uncertainties_ns[i][1]);
		EXPECT_EQ(growth_q32, line->sigma_rate_q32);
		/* An oscillator's drift on top */
		EXPECT_EQ(growth_q32 + CHIME_PPM_Q32, line->maxerror_rate_q32);
		/* The latest reading, and 8 ns of wobble, RMS */
		EXPECT_EQ(uncertainties_ns[i][1] + 8, line->sigma_ns);
		/* A slew that both hid: twice both, the latter again, and the wobble */
		EXPECT_EQ(2 * 55 + uncertainties_ns[i][1] + 2 * WOBBLE_NS, line->maxerror_ns);
	}
}

/* Half as far apart as the segment is long, but no closer than an eighth of a second. */
TEST(points_of_a_young_segment_are_closer)
{
	struct world world = new_world(0);
	int i;

	check_exact(&world, 0, 0, UNCERTAINTY_NS);
	for (i = 2; i <= 4; i++) {
		check_exact(&world, 125 * MS - 1, 0, UNCERTAINTY_NS);
		EXPECT_EQ(i - 1, world.host.count);
		check_exact(&world, 1, 0, UNCERTAINTY_NS);
		EXPECT_EQ(i, world.host.count);
	}
	check_exact(&world, 187 * MS, 0, UNCERTAINTY_NS);
	EXPECT_EQ(4, world.host.count);
	check_exact(&world, MS, 0, UNCERTAINTY_NS);
	EXPECT_EQ(5, world.host.count);
}

/* The first reading of a segment may be the worst one: that it is off is no rate change. */
TEST(segment_goes_on_after_an_uncertain_first_reading)
{
	struct world world = new_world(0);

	check_exact(&world, 0, 1000, 1000);
	check_exact(&world, 2 * S, -480, 500);
	EXPECT_EQ(CHIME_VERDICT_ON_LINE, check_exact(&world, 8 * S, 0, 500));
	EXPECT_EQ(3, world.host.count);
	EXPECT_EQ(0, world.host.rate_change_q32);
}

/* Readings a jump apart show no slope, and the one before it may be 500 ppm off. */
TEST(slope_is_unknown_at_first_after_a_jump)
{
	struct world world = known_world(0, UNCERTAINTY_NS);
	struct chime_pairing pairing = exact_pairing(&world, 20 * MS, S, UNCERTAINTY_NS);

	change_host(&world, 0, S);
	chime_host_line_rebase(&world.host, &pairing);
	EXPECT_EQ(CHIME_VERDICT_ON_LINE, check_exact(&world, S, 400000, UNCERTAINTY_NS));
}

/* At 500 ppm, and not at the 20 ppm by which a raw clock of the same kind drifts. */
TEST(another_clocksource_is_no_jump)
{
	struct world world = known_world(0, UNCERTAINTY_NS);

	world.clocksource_seq++;
	EXPECT_EQ(CHIME_VERDICT_RATE_CHANGED,
		  check_exact(&world, 200 * S, 150 * MS, UNCERTAINTY_NS));
}

/*
 * 2.5 ppm for 100 ms are more than errors explain, and too little for a slope. The next reading
 * goes on with that, if it is off by no more than 80 ns of either, as much again for each interval,
 * and its own error.
 */
TEST(change_that_shows_again_is_the_same_one)
{
	static const s64 off_ns[] = { 240, 255 };
	unsigned int i;
	s64 sign;

	for (i = 0; i < ARRAY_SIZE(off_ns); i++) {
		for (sign = -1; sign <= 1; sign += 2) {
			struct world world = known_world(0, UNCERTAINTY_NS);
			s64 began_ns = world.raw_ns;

			change_host(&world, sign * PPM_Q32 * 5 / 2, 0);
			ASSERT_EQ(CHIME_VERDICT_RATE_CHANGED,
				  check_exact(&world, 100 * MS, 0, UNCERTAINTY_NS));
			/* The slope of before is off by what it misses, and by both errors. */
			EXPECT_EQ(chime_ratio_q32(250 + 2 * UNCERTAINTY_NS + 2 * WOBBLE_NS,
						  100 * MS),
				  world.host.line.sigma_rate_q32);
			ASSERT_EQ(CHIME_VERDICT_RATE_CHANGED,
				  check_exact(&world, 100 * MS, sign * off_ns[i], UNCERTAINTY_NS));
			EXPECT_EQ(began_ns + (i ? 100 * MS : 0), world.host.points[0].raw_ns);
		}
	}
}

/* 2000 ppm show their slope in 5 ms: what does not go on by that is another change. */
TEST(change_of_a_new_slope_is_another_one)
{
	struct world world = known_world(0, 1000);

	change_host(&world, 2000 * PPM_Q32, 0);
	ASSERT_EQ(CHIME_VERDICT_RATE_CHANGED, check_exact(&world, 5 * MS, 0, UNCERTAINTY_NS));
	EXPECT_EQ(5 * MS, world.host.baseline_min_ns);
	ASSERT_EQ(CHIME_VERDICT_RATE_CHANGED, check_exact(&world, 5 * MS, 500, UNCERTAINTY_NS));
	EXPECT_EQ(world.raw_ns - 5 * MS, world.host.points[0].raw_ns);
}

/* A slew of 0.2 ppm shows in no reading, but over the segment; its slope is then the new one. */
TEST(segment_begins_where_a_slow_slew_began)
{
	struct world world = known_world(100 * PPM_Q32, UNCERTAINTY_NS);
	s64 began_ns = world.raw_ns;
	int i;

	EXPECT_EQ(0, world.host.rate_change_q32);
	change_host(&world, 100 * PPM_Q32 + PPM_Q32 / 5, 0);
	for (i = 0; i < 5; i++)
		EXPECT_EQ(CHIME_VERDICT_ON_LINE, check_exact(&world, 2 * S, 0, UNCERTAINTY_NS));
	EXPECT_LE(llabs(world.host.line.rate_q32 - world.truth.rate_q32), PPM_Q32 / 100);
	EXPECT_EQ(began_ns, world.host.points[0].raw_ns);
	EXPECT_EQ(world.raw_ns, world.host.points[world.host.count - 1].raw_ns);
	EXPECT_LT(0, world.host.rate_change_q32);
	EXPECT_LE(world.host.rate_change_q32, PPM_Q32 / 5);
	EXPECT_LE(began_ns, world.host.rate_change_raw_ns);
}

/*
 * A reading that is off by no more than it may be ends no segment: by its own error, that of the
 * worse end, and the wobble of all three.
 */
TEST(segment_goes_on_over_uncertain_readings)
{
	const s64 limit_ns = 1000 + 1000 + 3 * WOBBLE_NS;
	s64 sign;

	for (sign = -1; sign <= 1; sign += 2) {
		struct world world = known_world(0, 1000);

		EXPECT_EQ(CHIME_VERDICT_ON_LINE,
			  check_exact(&world, 2 * S, sign * limit_ns, 1000));
		EXPECT_EQ(CHIME_VERDICT_ON_LINE, check_exact(&world, 2 * S, 0, 1000));
		EXPECT_EQ(8, world.host.count);
		EXPECT_EQ(0, world.host.rate_change_q32);
		world = known_world(0, 1000);
		check_exact(&world, 2 * S, sign * (limit_ns + 1), 1000);
		EXPECT_EQ(CHIME_VERDICT_ON_LINE, check_exact(&world, 2 * S, 0, 1000));
		EXPECT_EQ(2, world.host.count);
		EXPECT_NE(0, world.host.rate_change_q32);
	}
}

/* It rests at one of the rates that it had since then, and changes 100 s apart are two slews. */
TEST(slew_is_off_the_rates_before_all_its_changes)
{
	static const struct {
		int checks;
		s64 slewing_q32;
	} cases[] = { { 49, 60 * PPM_Q32 }, { 50, 10 * PPM_Q32 } };
	unsigned int i;
	int j;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world world = known_world(100 * PPM_Q32, UNCERTAINTY_NS);

		change_host(&world, 150 * PPM_Q32, 0);
		for (j = 0; j < cases[i].checks; j++)
			check_exact(&world, 2 * S, 0, UNCERTAINTY_NS);
		change_host(&world, 160 * PPM_Q32, 0);
		ASSERT_EQ(CHIME_VERDICT_RATE_CHANGED,
			  check_exact(&world, 2 * S, 0, UNCERTAINTY_NS));
		EXPECT_LE(llabs(chime_host_line_slewing(&world.host, world.raw_ns) -
				cases[i].slewing_q32), PPM_Q32 / 100);
	}
}

/* Where a rate has changed another change is expected, for ten seconds. */
TEST(rate_change_is_in_the_bound_for_ten_seconds)
{
	struct world world = known_world(0, UNCERTAINTY_NS);
	const struct chime_line *line = &world.host.line;
	s64 changed_ns = world.raw_ns;

	change_host(&world, 100 * PPM_Q32, 0);
	ASSERT_EQ(CHIME_VERDICT_RATE_CHANGED, check_exact(&world, 2 * S, 0, UNCERTAINTY_NS));
	check_exact(&world, 8 * S - 1, 0, UNCERTAINTY_NS);
	EXPECT_LE(101 * PPM_Q32 - 2, line->maxerror_rate_q32);
	EXPECT_GE(102 * PPM_Q32, line->maxerror_rate_q32);
	check_exact(&world, 1, 0, UNCERTAINTY_NS);
	EXPECT_EQ(changed_ns + 10 * S, world.raw_ns);
	EXPECT_GE(2 * PPM_Q32, line->maxerror_rate_q32);
}

/*
 * A busy machine reads coarsely, twice, and is idle then: by how much that slope may be off is no
 * jump, of which there would be another one at each check.
 */
TEST(error_of_a_short_slope_is_no_jump)
{
	struct world world = new_world(0);
	int i;

	check_exact(&world, 0, 90 * 1000, 100 * 1000);
	check_exact(&world, 6 * MS, -90 * 1000, 100 * 1000);
	for (i = 0; i < 5; i++)
		EXPECT_NE(CHIME_VERDICT_JUMPED, check_exact(&world, S, 0, 100 * 1000));
	EXPECT_LE(llabs(world.host.line.rate_q32), 100 * PPM_Q32);
}

/* It hides in what coarse readings leave open of a short slope, and is not part of that. */
TEST(short_stop_is_in_no_slope)
{
	struct world world = new_world(0);
	struct chime_pairing pairing;

	check_exact(&world, 0, 0, 100 * 1000);
	check_exact(&world, 6 * MS, 0, 100 * 1000);
	change_host(&world, 0, 900 * 1000);
	pairing = exact_pairing(&world, 94 * MS, 0, 100 * 1000);
	pairing.stood_still = true;
	EXPECT_EQ(CHIME_VERDICT_ON_LINE, chime_host_line_update(&world.host, &pairing));
	EXPECT_LE(error_now(&world), bound_now(&world));
	EXPECT_EQ(0, world.host.line.rate_q32);
	EXPECT_EQ(CHIME_VERDICT_ON_LINE, check_exact(&world, S, 0, 100 * 1000));
	EXPECT_EQ(0, world.host.line.rate_q32);
}

/* However long before that it may have begun, while nobody looked. */
TEST(rate_change_that_has_just_shown_may_be_a_slew_under_way)
{
	struct world world = known_world(0, UNCERTAINTY_NS);

	change_host(&world, 100 * PPM_Q32, 0);
	ASSERT_EQ(CHIME_VERDICT_RATE_CHANGED, check_exact(&world, 150 * S, 0, UNCERTAINTY_NS));
	EXPECT_LE(99 * PPM_Q32, chime_host_line_slewing(&world.host, world.raw_ns));
}

/* It lasts 100 s at most, but for what one reading has just shown. */
TEST(slew_is_over_after_a_hundred_seconds)
{
	struct world world = known_world(0, UNCERTAINTY_NS);
	s64 began_ns = world.raw_ns;
	int i;

	EXPECT_EQ(0, chime_host_line_slewing(&world.host, world.raw_ns));
	change_host(&world, 100 * PPM_Q32, 0);
	for (i = 0; i < 5; i++)
		check_exact(&world, 2 * S, 0, UNCERTAINTY_NS);
	EXPECT_LE(99 * PPM_Q32, chime_host_line_slewing(&world.host, began_ns + 100 * S - 1));
	EXPECT_EQ(0, chime_host_line_slewing(&world.host, began_ns + 100 * S));
}

/* It is not where a witness reports and none saw a stop. */
TEST(rate_is_suspect_where_the_guest_may_have_stopped)
{
	static const bool suspect[2][2] = { { true, false }, { true, true } };
	int stood_still, witness;

	for (stood_still = 0; stood_still < 2; stood_still++) {
		for (witness = 0; witness < 2; witness++) {
			struct world world = known_world(0, UNCERTAINTY_NS);
			struct chime_pairing pairing = exact_pairing(&world, S, S, UNCERTAINTY_NS);

			pairing.stood_still = stood_still;
			pairing.witness = witness;
			chime_host_line_rebase(&world.host, &pairing);
			EXPECT_EQ(suspect[stood_still][witness], world.host.rate_suspect);
		}
	}
}

/* A jump long after it shows nothing of it. */
TEST(jump_is_no_slew_under_way)
{
	struct world world = known_world(0, UNCERTAINTY_NS);
	struct chime_pairing pairing;

	change_host(&world, 100 * PPM_Q32, 0);
	ASSERT_EQ(CHIME_VERDICT_RATE_CHANGED, check_exact(&world, 2 * S, 0, UNCERTAINTY_NS));
	EXPECT_LE(99 * PPM_Q32, chime_host_line_slewing(&world.host, world.raw_ns));
	pairing = exact_pairing(&world, 150 * S, S, UNCERTAINTY_NS);
	chime_host_line_rebase(&world.host, &pairing);
	EXPECT_EQ(0, chime_host_line_slewing(&world.host, world.raw_ns));
}

/* A guest that stood still may be on a machine whose counter differs by 250 ppm, until it shows. */
TEST(rate_is_suspect_after_a_stop_until_readings_show_it)
{
	struct world world = known_world(0, UNCERTAINTY_NS);
	const struct chime_line *line = &world.host.line;
	struct chime_pairing pairing = exact_pairing(&world, 20 * MS, S, UNCERTAINTY_NS);

	pairing.stood_still = true;
	change_host(&world, 0, S);
	chime_host_line_rebase(&world.host, &pairing);
	EXPECT_EQ(250 * CHIME_PPM_Q32, line->sigma_rate_q32);
	check_exact(&world, 5 * MS - 1, 0, UNCERTAINTY_NS);
	EXPECT_EQ(250 * CHIME_PPM_Q32, line->sigma_rate_q32);
	/* Four times both readings' errors, and the wobble of either end */
	check_exact(&world, 1, 0, UNCERTAINTY_NS);
	EXPECT_EQ(chime_ratio_q32(8 * UNCERTAINTY_NS + 4 * WOBBLE_NS, 5 * MS),
		  line->sigma_rate_q32);
	EXPECT_TRUE(world.host.rate_suspect);
	check_exact(&world, S, 0, UNCERTAINTY_NS);
	EXPECT_FALSE(world.host.rate_suspect);
	EXPECT_LE(line->sigma_rate_q32, PPM_Q32 / 5);
}

/* The kept slope is as good as a new one, unless what readings show of it is too much for them. */
TEST(slope_is_learned_anew_where_the_kept_one_is_wrong)
{
	/* Four times both readings' errors, and the wobble of either end, in 40 ms */
	const s64 limit_ns = 4 * (50 + UNCERTAINTY_NS) + 4 * WOBBLE_NS;
	int i, j;

	for (i = 0; i < 2; i++) {
		struct world world = known_world(0, UNCERTAINTY_NS);
		struct chime_pairing pairing = exact_pairing(&world, 20 * MS, S, 50);

		pairing.witness = true;
		change_host(&world, 0, S);
		chime_host_line_rebase(&world.host, &pairing);
		ASSERT_EQ(S, world.host.baseline_min_ns);
		/* Slowly enough to show in no single reading */
		for (j = 1; j < 4; j++) {
			check_exact(&world, 10 * MS, limit_ns * j / 4, UNCERTAINTY_NS);
			EXPECT_EQ(S, world.host.baseline_min_ns);
		}
		check_exact(&world, 10 * MS, limit_ns + i, UNCERTAINTY_NS);
		EXPECT_EQ(i, world.host.baseline_min_ns == 5 * MS);
		EXPECT_EQ(i, world.host.line.rate_q32 != 0);
	}
}

/* @off_ns off the line after a second, and @went_ns further 10 ms later: a slew? */
static bool follows_exactly(s64 off_ns, s64 went_ns)
{
	struct world world = known_world(0, UNCERTAINTY_NS);
	struct chime_pairing first = exact_pairing(&world, S, off_ns, UNCERTAINTY_NS);
	struct chime_pairing second = exact_pairing(&world, 10 * MS, off_ns + went_ns,
						    UNCERTAINTY_NS);

	return chime_host_line_follow_slew(&world.host, &first, &second);
}

/*
 * A hard slew exceeds 1000 ppm by more than the rate's error: four times both readings' errors and
 * the wobble, 190 ns in 10 ms. And it explains how far the first reading is off the line.
 */
TEST(hard_slew_is_one_beyond_all_errors)
{
	s64 sign;

	for (sign = -1; sign <= 1; sign += 2) {
		EXPECT_TRUE(follows_exactly(sign * MS, sign * 10191));
		EXPECT_FALSE(follows_exactly(sign * MS, sign * 10185));
		EXPECT_FALSE(follows_exactly(sign * 400000, sign * 5000));
		/* 1020 ppm for a second, the rate's error and both readings' */
		EXPECT_TRUE(follows_exactly(sign * (1039000 + 185), sign * 10200));
		EXPECT_FALSE(follows_exactly(sign * (1039000 + 260), sign * 10200));
		/* The other way it does not. */
		EXPECT_FALSE(follows_exactly(sign * MS, sign * -20000));
	}
}

TEST(slew_is_possible_up_to_what_adjtimex_allows)
{
	struct world world = known_world(0, UNCERTAINTY_NS);
	/* 100,000 ppm for a second, four times the reading's error, and the wobble */
	s64 limit_ns = chime_scale_q32(S, CHIME_ADJTIMEX_MAX_Q32) + 4 * UNCERTAINTY_NS +
		       2 * WOBBLE_NS;
	struct chime_pairing pairing = exact_pairing(&world, 0, 0, UNCERTAINTY_NS);

	EXPECT_FALSE(chime_host_line_may_be_slewed(&world.host, &pairing));
	pairing = exact_pairing(&world, 1, 0, UNCERTAINTY_NS);
	EXPECT_TRUE(chime_host_line_may_be_slewed(&world.host, &pairing));
	pairing = exact_pairing(&world, S - 1, limit_ns, UNCERTAINTY_NS);
	EXPECT_TRUE(chime_host_line_may_be_slewed(&world.host, &pairing));
	pairing.utc_ns++;
	EXPECT_FALSE(chime_host_line_may_be_slewed(&world.host, &pairing));
}

/* Two readings 5 ms apart are just enough. */
TEST(slew_shows_in_five_milliseconds)
{
	static const s64 waits_ns[] = { 5 * MS - 1, 5 * MS };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(waits_ns); i++) {
		struct world world = known_world(0, UNCERTAINTY_NS);
		struct chime_pairing first, second;

		change_host(&world, 50000 * PPM_Q32, 0);
		first = exact_pairing(&world, S, 0, UNCERTAINTY_NS);
		second = exact_pairing(&world, waits_ns[i], 0, UNCERTAINTY_NS);
		EXPECT_EQ(i, chime_host_line_follow_slew(&world.host, &first, &second));
	}
}

TEST(raw_clock_set_ahead_leaves_nothing_behind)
{
	struct world world = known_world(0, UNCERTAINTY_NS);
	struct chime_host_line was;
	int i;

	change_host(&world, 100 * PPM_Q32, 0);
	ASSERT_EQ(CHIME_VERDICT_RATE_CHANGED, check_exact(&world, 2 * S, 0, UNCERTAINTY_NS));
	for (i = 0; i < 3; i++)
		check_exact(&world, 2 * S, 0, UNCERTAINTY_NS);
	was = world.host;
	chime_host_line_set_raw_ahead(&world.host, 77 * S);
	EXPECT_EQ(was.last.raw_ns + 77 * S, world.host.last.raw_ns);
	EXPECT_EQ(was.rate_change_raw_ns + 77 * S, world.host.rate_change_raw_ns);
	ASSERT_LT(1, was.count);
	for (i = 0; i < was.count; i++)
		EXPECT_EQ(was.points[i].raw_ns + 77 * S, world.host.points[i].raw_ns);
	EXPECT_EQ(chime_line_eval(&was.line, world.raw_ns),
		  chime_line_eval(&world.host.line, world.raw_ns + 77 * S));
}

TEST(forgets_the_slope_but_not_where_it_is)
{
	struct world world = new_world(100 * PPM_Q32);

	chime_host_line_forget(&world.host);
	EXPECT_EQ(0, world.host.count);
	check_after(&world, 0);
	EXPECT_EQ(0, watch(&world, S, 60 * S));
	chime_host_line_forget(&world.host);
	EXPECT_FALSE(world.host.rate_known);
	EXPECT_EQ(0, world.host.line.rate_q32);
	EXPECT_EQ(1, world.host.count);
	EXPECT_LE(error_now(&world), bound_now(&world));
	EXPECT_EQ(SLACK_NS, bound_now(&world));
	/* A jump shows as before, and so does the slope. */
	change_host(&world, 100 * PPM_Q32, S);
	EXPECT_EQ(CHIME_VERDICT_JUMPED, check_after(&world, 20 * MS));
	change_host(&world, 100 * PPM_Q32, -S);
	EXPECT_EQ(0, watch(&world, S, 10 * S));
	EXPECT_TRUE(world.host.rate_known);
	/* How far the host goes meanwhile is not known then: a second off is no jump. */
	chime_host_line_forget(&world.host);
	EXPECT_NE(CHIME_VERDICT_JUMPED, check_after(&world, 10000 * S));
	change_host(&world, 100 * PPM_Q32, 15 * S);
	EXPECT_EQ(CHIME_VERDICT_JUMPED, check_after(&world, 10000 * S));
}

/* A host that answers nonsense: the line follows it, and nothing overflows. */
TEST(survives_any_cross_timestamps)
{
	struct unit_random random = { 2 };
	struct chime_host_line host = { 0 };
	int i;

	for (i = 0; i < 200000; i++) {
		struct chime_pairing pairing = {
			.raw_ns = unit_random_s64(&random),
			.utc_ns = unit_random_s64(&random),
			.uncertainty_ns = unit_random_s64(&random) & S64_MAX,
			.clocksource_seq = (u32)unit_random_below(&random, 2),
		};

		switch (unit_random_below(&random, 64)) {
		case 0:
			host = (struct chime_host_line){ 0 };
			break;
		case 1:
			chime_host_line_rebase(&host, &pairing);
			break;
		default:
			if (host.count && unit_random_below(&random, 2)) {
				pairing.raw_ns = chime_add_sat(host.last.raw_ns, 1 + S);
				pairing.utc_ns = chime_line_eval(&host.line, pairing.raw_ns);
			}
			chime_host_line_update(&host, &pairing);
		}
		if (host.count) {
			ASSERT_TRUE(chime_line_valid(&host.line));
			ASSERT_LE(host.count, CHIME_HOST_LINE_POINTS);
		}
	}
}

TEST_HARNESS_MAIN
