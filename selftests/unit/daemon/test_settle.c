// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechimed --settle ends a slew, unless another time daemon is to have the clock, or another
 * truechimed has it. Who runs, and the clock, are stand-ins.
 */
#include "user/daemon/settle.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "selftests/unit/unit.h"
#include "user/clocks/system_clock.h"
#include "user/daemon/run_files.h"
#include "user/steering/time_daemons.h"

static struct {
	struct time_daemon running;
	size_t count;
	pid_t truechimed;	/* that keeps the clock */
	int err;
	int settled;
} world;

pid_t run_lock_holder(const char *path)
{
	return world.truechimed;
}

size_t time_daemons_find(const char *proc, const char *cgroup,
			 struct time_daemon daemons[TIME_DAEMONS_MAX])
{
	daemons[0] = world.running;
	return world.count;
}

void time_daemons_text(const struct time_daemon *daemons, size_t count,
		       char text[TIME_DAEMONS_TEXT_MAX])
{
	snprintf(text, TIME_DAEMONS_TEXT_MAX, "%s", daemons[0].program);
}

int system_clock_settle(void)
{
	world.settled++;
	return world.err;
}

FIXTURE(settle) { };

FIXTURE_SETUP(settle)
{
	memset(&world, 0, sizeof(world));
	world.running = (struct time_daemon){ .program = "chronyd", .pid = 77 };
	world.count = 1;
}

FIXTURE_TEARDOWN(settle) { }

TEST_F(settle, the_slew_of_whoever_is_to_have_the_clock_goes_on)
{
	EXPECT_EQ(0, settle_clock("/nonexistent", "rivals yield\n"));
	EXPECT_EQ(0, world.settled);
}

TEST_F(settle, nobody_else_would_end_it)
{
	world.count = 0;
	EXPECT_EQ(0, settle_clock("/nonexistent", "rivals yield\n"));
	EXPECT_EQ(1, world.settled);
	/* Which sets the clock once in a while, and does not slew it. */
	world.count = 1;
	world.running.is_agent = true;
	EXPECT_EQ(0, settle_clock("/nonexistent", "rivals yield\n"));
	EXPECT_EQ(2, world.settled);
}

/* The daemon did not leave the clock to the other one, and this may be its own slew. */
TEST_F(settle, where_two_fight_it_is_ended)
{
	EXPECT_EQ(0, settle_clock("/nonexistent", "rivals warn\n"));
	EXPECT_EQ(0, settle_clock("/nonexistent", "no such directive\n"));
	EXPECT_EQ(0, settle_clock("/nonexistent", NULL));
	EXPECT_EQ(3, world.settled);
	world.err = -EPERM;
	EXPECT_EQ(-EPERM, settle_clock("/nonexistent", ""));
}

/* As where the service's own one did not start, as that was started by hand. */
TEST_F(settle, the_slew_of_another_truechimed_goes_on)
{
	world.count = 0;
	world.truechimed = 78;
	EXPECT_EQ(0, settle_clock("/nonexistent", ""));
	EXPECT_EQ(0, world.settled);
}

TEST_HARNESS_MAIN
