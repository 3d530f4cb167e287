// SPDX-License-Identifier: GPL-2.0-only
/*
 * Beliefs: prediction against a walk of many small steps, conditioning against the textbook's
 * inverse, and what both have to leave alone.
 */
#include "user/discipline/belief.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "selftests/unit/unit.h"

#define STATES	6	/* two paths */

/* In [0, 1). */
static double fraction(struct unit_random *random)
{
	return ldexp((double)(unit_random(random) >> 11), -53);
}

/* Correlated like one that has seen samples: A A' and something on the diagonal. */
static void any_belief(struct unit_random *random, struct belief *belief)
{
	double root[STATES][STATES];
	int i, j, k;

	belief_clear(belief);
	belief_add_path(belief, 1);
	for (i = 0; i < STATES; i++) {
		belief->mean[i] = fraction(random) * 1000 - 500;
		for (j = 0; j < STATES; j++)
			root[i][j] = fraction(random) * 20 - 10;
	}
	for (i = 0; i < STATES; i++) {
		belief_add_cov(belief, i, i, 1);
		for (j = 0; j <= i; j++)
			for (k = 0; k < STATES; k++)
				belief_add_cov(belief, i, j, root[i][k] * root[j][k]);
	}
}

static struct belief_direction any_direction(struct unit_random *random)
{
	return (struct belief_direction){
		.path = (int)unit_random_below(random, 2),
		.offset = fraction(random) * 2 - 1,
		.asymmetry = fraction(random) * 2 - 1,
		.delay = fraction(random) * 2 - 1,
	};
}

/* The direction as a row of all states. */
static void row_of(struct belief_direction direction, double *row)
{
	memset(row, 0, STATES * sizeof(*row));
	row[BELIEF_OFFSET] = direction.offset;
	row[belief_asymmetry(direction.path)] = direction.asymmetry;
	row[belief_delay(direction.path)] = direction.delay;
}

static double scale_of(const struct belief *belief)
{
	double most = 1;
	int i;

	for (i = 0; i < belief->states; i++)
		most = fmax(most, belief_cov(belief, i, i));
	return most;
}

TEST(knows_nothing_at_first)
{
	struct belief belief;
	int i;

	memset(&belief, 0xff, sizeof(belief));
	belief_clear(&belief);
	EXPECT_EQ(BELIEF_FIRST_PATH, belief.states);
	belief_add_path(&belief, BELIEF_PATHS - 1);
	for (i = 0; i < BELIEF_STATES; i++) {
		EXPECT_EQ(0.0, belief.mean[i]);
		EXPECT_EQ(0.0, belief_cov(&belief, i, i));
	}
	/* No clock is known without error. */
	EXPECT_FALSE(belief_is_sane(&belief));
	belief_set(&belief, BELIEF_OFFSET, 5, 9);
	EXPECT_TRUE(belief_is_sane(&belief));
}

/* A belief of one path in no more memory than it takes: the sanitizer looks on. */
TEST(takes_the_memory_of_its_paths)
{
	struct belief *one = malloc(belief_size(1)), *other = malloc(belief_size(1));
	struct belief all;
	struct normal normal;

	ASSERT_NE(NULL, one);
	ASSERT_NE(NULL, other);
	EXPECT_EQ(sizeof(all), belief_size(BELIEF_PATHS));
	EXPECT_LT(belief_size(1), sizeof(all) / 3);
	belief_clear(one);
	belief_add_path(one, 0);
	belief_set(one, BELIEF_OFFSET, 5, 9);
	belief_predict(one, 1, 1);
	belief_condition(one, (struct belief_direction){ .offset = 1, .asymmetry = 1 },
			 &(struct normal){ 6, 3 });
	belief_copy(other, one);
	belief_project(other, (struct belief_direction){ .offset = 1 }, &normal);
	EXPECT_EQ(6.0, normal.mean);
	EXPECT_EQ(0, memcmp(one, other, belief_size(1)));

	memset(&all, 0xff, sizeof(all));
	belief_copy(&all, one);
	belief_add_path(&all, 1);
	EXPECT_EQ(0.0, belief_cov(&all, BELIEF_OFFSET, belief_delay(1)));
	EXPECT_EQ(0.0, belief_cov(&all, belief_delay(1), BELIEF_OFFSET));
	free(one);
	free(other);
}

TEST(paths_have_states_of_their_own)
{
	bool taken[BELIEF_STATES] = { [BELIEF_OFFSET] = true, [BELIEF_RATE] = true };
	struct belief belief;
	int path;

	belief_clear(&belief);
	for (path = 0; path < BELIEF_PATHS; path++) {
		ASSERT_LT(belief_delay(path), BELIEF_STATES);
		ASSERT_LT(belief_asymmetry(path), BELIEF_STATES);
		EXPECT_FALSE(taken[belief_delay(path)]);
		taken[belief_delay(path)] = true;
		EXPECT_FALSE(taken[belief_asymmetry(path)]);
		taken[belief_asymmetry(path)] = true;
		belief_add_path(&belief, path);
		EXPECT_EQ(BELIEF_FIRST_PATH + 2 * (path + 1), belief.states);
	}
	/* One that is there already takes none away. */
	belief_add_path(&belief, 0);
	EXPECT_EQ(BELIEF_STATES, belief.states);
}

TEST(a_state_that_is_set_stands_alone)
{
	struct unit_random random = { 1 };
	struct belief belief, before;
	int state = belief_delay(1), i, j;

	any_belief(&random, &belief);
	before = belief;
	belief_set(&belief, state, 42, 7);
	EXPECT_EQ(42.0, belief.mean[state]);
	for (i = 0; i < STATES; i++) {
		for (j = 0; j < STATES; j++) {
			double kept = i == state || j == state ? 0.0 : belief_cov(&before, i, j);

			EXPECT_EQ(i == state && j == state ? 7.0 : kept, belief_cov(&belief, i, j));
		}
	}
}

/* docs/discipline.md section 1: in one stride or in many. */
TEST(prediction_is_the_same_in_any_number_of_steps)
{
	struct unit_random random = { 2 };
	int round, step, i, j;

	for (round = 0; round < 100; round++) {
		double elapsed_s = fraction(&random) * 100;
		double wander = fraction(&random) * 10;
		struct belief once, often;

		any_belief(&random, &once);
		often = once;
		belief_predict(&once, elapsed_s, wander);
		for (step = 0; step < 64; step++)
			belief_predict(&often, elapsed_s / 64, wander);
		for (i = 0; i < STATES; i++) {
			ASSERT_LT(fabs(once.mean[i] - often.mean[i]), 1e-7);
			for (j = 0; j < STATES; j++)
				ASSERT_LT(fabs(belief_cov(&once, i, j) -
					       belief_cov(&often, i, j)),
					  1e-9 * scale_of(&once));
		}
	}
}

TEST(prediction_moves_the_clock_and_not_the_paths)
{
	struct unit_random random = { 3 };
	struct belief belief, before;
	int i, j;

	any_belief(&random, &belief);
	before = belief;
	belief_predict(&belief, 10, 2);
	EXPECT_LT(fabs(belief.mean[BELIEF_OFFSET] - before.mean[BELIEF_OFFSET] -
		       10 * before.mean[BELIEF_RATE]), 1e-9);
	EXPECT_EQ(before.mean[BELIEF_RATE], belief.mean[BELIEF_RATE]);
	EXPECT_EQ(belief_cov(&before, BELIEF_RATE, BELIEF_RATE) + 40,
		  belief_cov(&belief, BELIEF_RATE, BELIEF_RATE));
	for (i = BELIEF_FIRST_PATH; i < STATES; i++) {
		EXPECT_EQ(before.mean[i], belief.mean[i]);
		for (j = BELIEF_FIRST_PATH; j < STATES; j++)
			EXPECT_EQ(belief_cov(&before, i, j), belief_cov(&belief, i, j));
	}
	before = belief;
	belief_predict(&belief, 0, 2);
	for (i = 0; i < STATES; i++) {
		EXPECT_EQ(before.mean[i], belief.mean[i]);
		for (j = 0; j < STATES; j++)
			EXPECT_EQ(belief_cov(&before, i, j), belief_cov(&belief, i, j));
	}
}

TEST(projects_as_the_whole_matrix_does)
{
	struct unit_random random = { 4 };
	int round, i, j;

	for (round = 0; round < 100; round++) {
		struct belief_direction direction = any_direction(&random);
		double row[STATES], mean = 0, variance = 0;
		struct belief belief;
		struct normal normal;

		any_belief(&random, &belief);
		row_of(direction, row);
		for (i = 0; i < STATES; i++) {
			mean += row[i] * belief.mean[i];
			for (j = 0; j < STATES; j++)
				variance += row[i] * belief_cov(&belief, i, j) * row[j];
		}
		belief_project(&belief, direction, &normal);
		ASSERT_LT(fabs(mean - normal.mean), 1e-9);
		ASSERT_LT(fabs(variance - normal.variance), 1e-9 * scale_of(&belief));
	}
}

/*
 * A measurement of variance R, as what it makes of its direction, against Kalman's
 *	mean + K (y - H mean), (1 - K H) P, K = P H' / (H P H' + R)
 */
TEST(conditioning_is_kalmans_update)
{
	struct unit_random random = { 5 };
	int round, i, j, k;

	for (round = 0; round < 100; round++) {
		struct belief_direction direction = any_direction(&random);
		double value = fraction(&random) * 1000 - 500;
		double noise = 1 + fraction(&random) * 100;
		double row[STATES], with[STATES] = { 0 };
		struct normal prior, after;
		struct belief belief, before;
		double total;

		any_belief(&random, &belief);
		before = belief;
		row_of(direction, row);
		belief_project(&belief, direction, &prior);
		total = prior.variance + noise;
		after.mean = prior.mean + prior.variance / total * (value - prior.mean);
		after.variance = prior.variance * noise / total;
		belief_condition(&belief, direction, &after);

		for (i = 0; i < STATES; i++)
			for (k = 0; k < STATES; k++)
				with[i] += belief_cov(&before, i, k) * row[k];
		for (i = 0; i < STATES; i++) {
			double mean = before.mean[i] + with[i] / total * (value - prior.mean);

			ASSERT_LT(fabs(mean - belief.mean[i]), 1e-7);
			for (j = 0; j < STATES; j++) {
				double cov = belief_cov(&before, i, j) -
					     with[i] * with[j] / total;

				ASSERT_LT(fabs(cov - belief_cov(&belief, i, j)),
					  1e-9 * scale_of(&before));
			}
		}
		ASSERT_TRUE(belief_is_sane(&belief));
	}
}

/* Its own direction is then what it was told, exactly known too; the rest keeps its spread. */
TEST(what_is_known_is_known)
{
	const struct belief_direction offset = { .offset = 1 };
	const struct normal exact = { 77, 0 };
	struct unit_random random = { 6 };
	struct normal normal;
	struct belief belief;

	any_belief(&random, &belief);
	belief_condition(&belief, offset, &exact);
	belief_project(&belief, offset, &normal);
	EXPECT_LT(fabs(normal.mean - 77), 1e-9);
	EXPECT_LT(fabs(normal.variance), 1e-9);
	EXPECT_LT(fabs(belief_cov(&belief, BELIEF_OFFSET, BELIEF_RATE)), 1e-9);
	EXPECT_GT(belief_cov(&belief, BELIEF_RATE, BELIEF_RATE), 0.5);
}

TEST(a_state_relaxes_and_the_others_stay)
{
	struct unit_random random = { 5 };
	struct belief belief, before;
	int state = belief_asymmetry(1);

	any_belief(&random, &belief);
	before = belief;
	belief_relax(&belief, state, 0.5, 4);
	EXPECT_LT(fabs(belief.mean[state] - 0.5 * before.mean[state]), 1e-12);
	EXPECT_LT(fabs(belief_cov(&belief, state, state) -
		       0.25 * belief_cov(&before, state, state) - 3), 1e-9);
	EXPECT_LT(fabs(belief_cov(&belief, state, BELIEF_OFFSET) -
		       0.5 * belief_cov(&before, state, BELIEF_OFFSET)), 1e-9);
	EXPECT_EQ(before.mean[BELIEF_OFFSET], belief.mean[BELIEF_OFFSET]);
	EXPECT_EQ(belief_cov(&before, BELIEF_OFFSET, BELIEF_RATE),
		  belief_cov(&belief, BELIEF_OFFSET, BELIEF_RATE));
}

TEST(nonsense_is_not_sane)
{
	static const double nonsense[] = { NAN, INFINITY, -INFINITY };
	struct unit_random random = { 7 };
	struct belief belief, spoilt;
	unsigned int i;
	int state;

	any_belief(&random, &belief);
	ASSERT_TRUE(belief_is_sane(&belief));
	for (state = 0; state < STATES; state++) {
		for (i = 0; i < ARRAY_SIZE(nonsense); i++) {
			spoilt = belief;
			spoilt.mean[state] = nonsense[i];
			EXPECT_FALSE(belief_is_sane(&spoilt));
			spoilt = belief;
			belief_add_cov(&spoilt, state, state, nonsense[i]);
			EXPECT_FALSE(belief_is_sane(&spoilt));
		}
		spoilt = belief;
		belief_set(&spoilt, state, 0, -1);
		EXPECT_FALSE(belief_is_sane(&spoilt));
	}
	/* States that are not in use are nobody's business. */
	belief.mean[STATES] = NAN;
	EXPECT_TRUE(belief_is_sane(&belief));
}

TEST_HARNESS_MAIN
