// SPDX-License-Identifier: GPL-2.0-only
/*
 * The time of batches by clocks of the test: which page holds, which answer may leave, and which
 * timestamps count, when the system clock is set at any of those moments.
 */
#include "user/server/batch_time.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "selftests/unit/unit.h"
#include "selftests/unit/wrapped_calls.h"
#include "user/lib/time_units.h"

/* How far the system clock is ahead of the monotonic one at first. */
#define AHEAD_NS	(1700000000 * NS_PER_S)

/*
 * The clocks: each reading takes @reading_ns, and so do the first @slow ones after that, but
 * @slow_ns longer.
 */
static struct {
	int64_t monotonic_ns;
	int64_t ahead_ns;
	int64_t reading_ns;
	int64_t slow_ns;
	int slow;
} clocks;

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
	int64_t at_ns;

	clocks.monotonic_ns += clocks.reading_ns;
	if (clocks.slow > 0) {
		clocks.slow--;
		clocks.monotonic_ns += clocks.slow_ns;
	}
	at_ns = clocks.monotonic_ns + (clock == CLOCK_REALTIME ? clocks.ahead_ns : 0);
	now->tv_sec = at_ns / NS_PER_S;
	now->tv_nsec = at_ns % NS_PER_S;

	return 0;
}

FIXTURE(batch)
{
	struct batch_time time;
	struct time_page *page;
	struct time_content content;
	int page_fd;
	int watch_fd;
};

/* The daemon has read the clocks now. */
static void tell(FIXTURE_DATA(batch) *self)
{
	struct time_content content = { .raw_ns = clocks.monotonic_ns, .stratum = 2 };

	time_page_write(self->page, &content);
	clocks.monotonic_ns += NS_PER_S / 1000;
}

static void set(FIXTURE_DATA(batch) *self, int64_t by_ns, bool is_reported)
{
	uint64_t one = 1;

	clocks.ahead_ns += by_ns;
	if (is_reported && write(self->watch_fd, &one, sizeof(one)) != sizeof(one))
		abort();
}

static bool read_time(FIXTURE_DATA(batch) *self)
{
	return batch_time_read(&self->time, &self->content);
}

static bool may_leave(FIXTURE_DATA(batch) *self)
{
	int64_t realtime_ns;
	bool may = batch_time_take(&self->time, &realtime_ns);

	return may && realtime_ns <= clocks.monotonic_ns + clocks.ahead_ns &&
	       realtime_ns > clocks.monotonic_ns + clocks.ahead_ns - NS_PER_S;
}

static bool covers(FIXTURE_DATA(batch) *self, int64_t realtime_ns)
{
	const struct ntp_stamp stamp = { .valid = true, .realtime_ns = realtime_ns };

	return batch_time_covers(&self->time, &stamp);
}

FIXTURE_SETUP(batch)
{
	clocks = (typeof(clocks)){ .monotonic_ns = 1000 * NS_PER_S, .ahead_ns = AHEAD_NS,
				   .reading_ns = 50 };
	ASSERT_EQ(0, time_page_create(&self->page, &self->page_fd));
	self->watch_fd = eventfd(0, EFD_NONBLOCK);
	ASSERT_LE(0, self->watch_fd);
	batch_time_init(&self->time, self->page, self->watch_fd);
}

FIXTURE_TEARDOWN(batch)
{
	close(self->watch_fd);
	close(self->page_fd);
	time_page_unmap(self->page);
}

TEST_F(batch, a_clock_that_nobody_sets)
{
	/* Nothing was written yet. */
	EXPECT_FALSE(read_time(self));
	EXPECT_EQ(TIME_STRATUM_NONE, self->content.stratum);
	tell(self);
	for (int i = 0; i < 3; i++) {
		EXPECT_FALSE(read_time(self));
		EXPECT_EQ(2, self->content.stratum);
		EXPECT_TRUE(may_leave(self));
		clocks.monotonic_ns += NS_PER_S;
	}
}

/* It writes every 16 s, unless it is stopped or hangs. */
TEST_F(batch, a_page_of_a_daemon_that_is_stopped)
{
	tell(self);
	clocks.monotonic_ns += 60 * NS_PER_S;
	EXPECT_FALSE(read_time(self));
	EXPECT_EQ(2, self->content.stratum);
	clocks.monotonic_ns += 5 * NS_PER_S;
	EXPECT_FALSE(read_time(self));
	EXPECT_EQ(TIME_STRATUM_NONE, self->content.stratum);
	/* It goes on. */
	tell(self);
	EXPECT_FALSE(read_time(self));
	EXPECT_EQ(2, self->content.stratum);
}

/* That it is slewed shows in the difference of the clocks, too, but by little. */
TEST_F(batch, a_slew_is_no_step)
{
	tell(self);
	for (int i = 0; i < 100; i++) {
		set(self, 90000, false);
		EXPECT_FALSE(read_time(self));
		EXPECT_EQ(2, self->content.stratum);
	}
}

/* By the kernel's report, or by the clocks before that. */
TEST_F(batch, a_page_from_before_does_not_hold)
{
	static const int64_t steps_ns[] = { 3600 * NS_PER_S, 200000, -200000, -3600 * NS_PER_S };

	for (size_t i = 0; i < 2 * ARRAY_SIZE(steps_ns); i++) {
		tell(self);
		EXPECT_FALSE(read_time(self));
		EXPECT_EQ(2, self->content.stratum);
		set(self, steps_ns[i / 2], i % 2);
		EXPECT_TRUE(read_time(self));
		EXPECT_EQ(TIME_STRATUM_NONE, self->content.stratum);
		EXPECT_TRUE(may_leave(self));
		/* It is reported once, and the page does not become right by that. */
		EXPECT_FALSE(read_time(self));
		EXPECT_EQ(TIME_STRATUM_NONE, self->content.stratum);
		tell(self);
		EXPECT_FALSE(read_time(self));
		EXPECT_EQ(2, self->content.stratum);
	}
}

/* By less than the clocks show, which the kernel reports all the same. */
TEST_F(batch, a_small_step)
{
	tell(self);
	set(self, 1000, true);
	EXPECT_TRUE(read_time(self));
	EXPECT_EQ(TIME_STRATUM_NONE, self->content.stratum);
}

TEST_F(batch, no_answer_leaves_after_a_step)
{
	tell(self);
	EXPECT_FALSE(read_time(self));
	EXPECT_TRUE(may_leave(self));
	set(self, -NS_PER_S, true);
	EXPECT_FALSE(may_leave(self));
	EXPECT_FALSE(may_leave(self));
	EXPECT_TRUE(read_time(self));
	EXPECT_TRUE(may_leave(self));
}

/* Something else ran between two readings of the clocks. */
TEST_F(batch, an_interruption_is_no_step)
{
	tell(self);
	EXPECT_FALSE(read_time(self));
	clocks.slow_ns = NS_PER_S / 10;
	clocks.slow = 2;
	EXPECT_TRUE(may_leave(self));
	clocks.slow = 2;
	EXPECT_FALSE(read_time(self));
	EXPECT_EQ(2, self->content.stratum);
	/* Again and again: nothing is known, so it is no step, but no answer leaves by it. */
	clocks.slow = 12;
	EXPECT_FALSE(read_time(self));
	EXPECT_EQ(2, self->content.stratum);
	clocks.slow = 14;
	EXPECT_FALSE(may_leave(self));
}

TEST_F(batch, which_timestamps_count)
{
	const struct ntp_stamp none = { .valid = false };
	int64_t before_ns, now_ns;

	tell(self);
	EXPECT_FALSE(read_time(self));
	now_ns = self->time.realtime_ns;
	EXPECT_FALSE(batch_time_covers(&self->time, &none));
	/* However long it has waited. */
	EXPECT_TRUE(covers(self, now_ns));
	EXPECT_TRUE(covers(self, now_ns - 3600 * NS_PER_S));
	EXPECT_FALSE(covers(self, now_ns + 1));
	set(self, -10 * NS_PER_S, false);
	before_ns = now_ns;
	EXPECT_TRUE(read_time(self));
	now_ns = self->time.realtime_ns;
	EXPECT_FALSE(covers(self, before_ns));
	EXPECT_FALSE(covers(self, now_ns - 1));
	EXPECT_TRUE(covers(self, now_ns));
}

/* A server that goes on with the memory of another one compares the clocks with those of then. */
TEST_F(batch, a_step_between_two_servers)
{
	EXPECT_FALSE(batch_time_is_step(&self->time, AHEAD_NS));
	EXPECT_TRUE(batch_time_is_step(&self->time, AHEAD_NS + 200000));
	EXPECT_TRUE(batch_time_is_step(&self->time, AHEAD_NS - 200000));
	EXPECT_TRUE(batch_time_is_step(&self->time, INT64_MAX));
}

TEST_HARNESS_MAIN
