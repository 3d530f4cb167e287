// SPDX-License-Identifier: GPL-2.0-only
/*
 * A loop that waits for descriptors, where poll(2) fails.
 */
#include "user/lib/descriptor_wait.h"

#include <errno.h>

#include "selftests/unit/unit.h"
#include "selftests/unit/wrapped_calls.h"

static struct {
	int result;		/* of polls of descriptors */
	int err;
	int paused_ms;		/* in polls of none */
} world;

int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	if (!count) {
		world.paused_ms += timeout_ms;
		return 0;
	}
	errno = world.err;

	return world.result;
}

static int wait_with(int result, int err, int timeout_ms)
{
	struct pollfd fds[2] = { { .fd = 0 }, { .fd = 1 } };

	world.result = result;
	world.err = err;
	world.paused_ms = 0;

	return descriptor_wait(fds, 2, timeout_ms);
}

TEST(events_are_counted)
{
	EXPECT_EQ(2, wait_with(2, 0, 5000));
	EXPECT_EQ(0, world.paused_ms);
	EXPECT_EQ(0, wait_with(0, 0, 5000));
	EXPECT_EQ(0, world.paused_ms);
}

TEST(signal_is_no_failure)
{
	EXPECT_EQ(-EINTR, wait_with(-1, EINTR, 5000));
	EXPECT_EQ(0, world.paused_ms);
}

/* More descriptors than RLIMIT_NOFILE allows, or no memory: the next call fails as soon. */
TEST(failure_takes_time)
{
	EXPECT_EQ(-EINVAL, wait_with(-1, EINVAL, 5000));
	EXPECT_EQ(100, world.paused_ms);
	EXPECT_EQ(-ENOMEM, wait_with(-1, ENOMEM, -1));
	EXPECT_EQ(100, world.paused_ms);
	EXPECT_EQ(-ENOMEM, wait_with(-1, ENOMEM, 0));
	EXPECT_EQ(100, world.paused_ms);
}

TEST_HARNESS_MAIN
