// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the latest samples of a path say of its route. How the filters go on is test_estimator.c's.
 */
#include "user/discipline/estimator_path.h"

#include <math.h>

#include "selftests/unit/unit.h"
#include "user/lib/time_units.h"

#define LEAST_NS	1e6
#define QUEUE_NS	100e3
#define MOVED_NS	1.2e6

/* Samples before anything changes. */
#define BEFORE	64

FIXTURE(path) {
	struct path_memory memory;
	struct unit_random random;
	unsigned int count;
};

FIXTURE_SETUP(path)
{
	self->random.state = 1;
}

FIXTURE_TEARDOWN(path)
{
}

static double queueing(struct unit_random *random)
{
	return -QUEUE_NS * log(((double)(unit_random(random) >> 11) + 0.5) * 0x1p-53);
}

/*
 * A sample whose ways take so much longer than the least delay, besides their queueing, by a clock
 * that is so far behind. Does it show that the route has changed?
 */
static bool shows_another_route(FIXTURE_DATA(path) *self, double up_ns, double down_ns,
				double behind_ns)
{
	double up = LEAST_NS + up_ns + queueing(&self->random);
	double down = LEAST_NS + down_ns + queueing(&self->random);
	double off_ns = (up - down) / 2 + behind_ns;
	struct estimator_sample sample = {
		.at_ns = 16 * NS_PER_S * self->count,
		.offset_ns = llrint(off_ns),
		.delay_ns = up + down,
	};

	if (!self->count++)
		path_memory_start(&self->memory, &sample, 0.5);
	path_memory_add(&self->memory, &sample);
	path_memory_add_excess(&self->memory, &sample, off_ns, LEAST_NS);
	return path_memory_notice_reroute(&self->memory, LEAST_NS);
}

/* So many of the samples after the change until it shows; -1: it does not. */
static int samples_until_it_shows(FIXTURE_DATA(path) *self, double up_ns, double down_ns,
				  double behind_ns)
{
	int i;

	while (self->count < BEFORE)
		if (shows_another_route(self, 0, 0, 0))
			return -1;
	for (i = 1; i <= BEFORE; i++)
		if (shows_another_route(self, up_ns, down_ns, behind_ns))
			return i;
	return -1;
}

TEST_F(path, that_became_longer_one_way_shows_it)
{
	EXPECT_EQ(PATH_EXCESSES, samples_until_it_shows(self, 0, MOVED_NS, 0));
	EXPECT_EQ(0, self->memory.up.longer_ns);
	EXPECT_LT(fabs(self->memory.down.longer_ns - MOVED_NS), QUEUE_NS);
}

TEST_F(path, that_became_longer_both_ways_shows_it)
{
	EXPECT_EQ(PATH_EXCESSES, samples_until_it_shows(self, MOVED_NS, 2 * MOVED_NS, 0));
	EXPECT_LT(fabs(self->memory.up.longer_ns - MOVED_NS), QUEUE_NS);
	EXPECT_LT(fabs(self->memory.down.longer_ns - 2 * MOVED_NS), QUEUE_NS);
}

/* One way seems to take longer, the other one less by as much: round trips are what they were. */
TEST_F(path, has_no_other_route_when_the_clock_ran_off)
{
	EXPECT_EQ(-1, samples_until_it_shows(self, 0, 0, MOVED_NS));
}

TEST_F(path, has_no_other_route_when_the_clock_ran_off_back)
{
	EXPECT_EQ(-1, samples_until_it_shows(self, 0, 0, -MOVED_NS));
}

TEST_HARNESS_MAIN
