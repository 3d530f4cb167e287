// SPDX-License-Identifier: GPL-2.0-only
/*
 * The SHM driver: samples in shared memory, and whose memory that may be.
 */
#include "user/sources/refclock_shm.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#include "selftests/unit/unit.h"
#include "user/lib/time_units.h"
#include "user/sources/refclock.h"

#define UTC_S		1795160717LL

/* Units that nobody uses: the test's own process gives each run others. */
#define FIRST_UNIT	1000

static const struct refclock_shm_segment good = {
	.mode = 1,
	.clock_s = UTC_S,
	.clock_us = 500000,
	.receive_s = UTC_S - 2,
	.receive_us = 250000,
	.precision = -20,
	.valid = 1,
	.clock_ns = 500000123,
	.receive_ns = 250000100,
};

TEST(the_layout_is_ntpds)
{
	EXPECT_EQ(96, sizeof(struct refclock_shm_segment));
	EXPECT_EQ(8, offsetof(struct refclock_shm_segment, clock_s));
	EXPECT_EQ(24, offsetof(struct refclock_shm_segment, receive_s));
	EXPECT_EQ(48, offsetof(struct refclock_shm_segment, valid));
	EXPECT_EQ(56, offsetof(struct refclock_shm_segment, receive_ns));
}

TEST(a_sample_is_taken)
{
	struct refclock_shm_segment copy = good;
	struct refclock_reading reading;
	const char *problem = "";

	ASSERT_EQ(0, refclock_shm_parse(&copy, &reading, &problem));
	EXPECT_EQ((UTC_S - 2) * NS_PER_S + 250000100, reading.realtime_ns);
	EXPECT_EQ(2 * NS_PER_S + 250000023, reading.offset_ns);
	/* A writer without nanoseconds leaves others' there. */
	copy.receive_ns = 999999999;
	ASSERT_EQ(0, refclock_shm_parse(&copy, &reading, &problem));
	EXPECT_EQ((UTC_S - 2) * NS_PER_S + 250000000, reading.realtime_ns);
	EXPECT_EQ(2 * NS_PER_S + 250000000, reading.offset_ns);
	copy.leap = 1;
	ASSERT_EQ(0, refclock_shm_parse(&copy, &reading, &problem));
	EXPECT_EQ(1, reading.leap);
}

TEST(nonsense_is_refused)
{
	static const struct {
		struct refclock_shm_segment segment;
		const char *why;
	} cases[] = {
		{ { .clock_s = UTC_S, .receive_s = UTC_S, .leap = 3 }, "leap" },
		{ { .clock_s = UTC_S, .receive_s = UTC_S, .leap = -1 }, "leap" },
		{ { .clock_s = UTC_S, .receive_s = UTC_S, .precision = 17 }, "precision" },
		{ { .clock_s = UTC_S, .receive_s = UTC_S, .precision = -65 }, "precision" },
		{ { .clock_s = UTC_S, .receive_s = UTC_S, .clock_us = 1000000 }, "time" },
		{ { .clock_s = UTC_S, .receive_s = UTC_S, .receive_us = -1 }, "time" },
		{ { .clock_s = INT64_MAX, .receive_s = UTC_S }, "time" },
		{ { .clock_s = UTC_S, .receive_s = INT64_MIN }, "time" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct refclock_reading reading;
		const char *problem = "";

		EXPECT_EQ(-EBADMSG, refclock_shm_parse(&cases[i].segment, &reading, &problem))
			TH_LOG("case %zu", i);
		EXPECT_NE(NULL, strstr(problem, cases[i].why))
			TH_LOG("case %zu: %s", i, problem);
	}
}

/* --- The segment --- */

FIXTURE(memory) {
	struct config_source config;
	union refclock_device device;
	struct refclock_shm_segment *writer;
	int id;
	const char *problem;
};

static key_t key_of(const struct config_source *config)
{
	return REFCLOCK_SHM_KEY + config->unit;
}

FIXTURE_SETUP(memory)
{
	memset(self, 0, sizeof(*self));
	self->config.unit = FIRST_UNIT + getpid() % 100000;
	self->config.perm = 0600;
	self->id = -1;
}

FIXTURE_TEARDOWN(memory)
{
	int id = shmget(key_of(&self->config), 0, 0);

	if (self->writer)
		shmdt(self->writer);
	if (id >= 0)
		shmctl(id, IPC_RMID, NULL);
}

static int open_there(struct _test_data_memory *self)
{
	self->problem = "";
	return refclock_shm_driver.open(&self->device, &self->config, &self->problem);
}

/* The other program; it comes first or later. */
static void attach_writer(struct _test_data_memory *self, int perm)
{
	self->id = shmget(key_of(&self->config), sizeof(*self->writer), IPC_CREAT | perm);
	self->writer = shmat(self->id, NULL, 0);
}

static int read_there(struct _test_data_memory *self, struct refclock_reading *reading)
{
	self->problem = "";
	return refclock_shm_driver.read(&self->device, reading, &self->problem);
}

TEST_F(memory, a_sample_is_read_once)
{
	struct refclock_reading reading;

	ASSERT_EQ(0, open_there(self));
	attach_writer(self, 0600);
	ASSERT_NE((void *)-1, (void *)self->writer);
	EXPECT_EQ(-EAGAIN, read_there(self, &reading));
	*self->writer = good;
	ASSERT_EQ(0, read_there(self, &reading));
	EXPECT_EQ(2 * NS_PER_S + 250000023, reading.offset_ns);
	EXPECT_EQ(0, self->writer->valid);
	EXPECT_EQ(-EAGAIN, read_there(self, &reading));
	/* A writer that says again what it said is not believed twice. */
	self->writer->valid = 1;
	EXPECT_EQ(-EAGAIN, read_there(self, &reading));
	self->writer->mode = 0;
	self->writer->receive_us++;
	self->writer->valid = 1;
	EXPECT_EQ(0, read_there(self, &reading));
	self->writer->mode = 2;
	self->writer->receive_us++;
	self->writer->valid = 1;
	EXPECT_EQ(-EBADMSG, read_there(self, &reading));
	refclock_shm_driver.close(&self->device);
}

TEST_F(memory, read_only_is_enough)
{
	struct refclock_reading reading;

	ASSERT_EQ(0, open_there(self));
	attach_writer(self, 0600);
	shmdt(self->device.shm.segment);
	self->device.shm.segment = shmat(self->id, NULL, SHM_RDONLY);
	self->device.shm.may_write = false;
	*self->writer = good;
	ASSERT_EQ(0, read_there(self, &reading));
	EXPECT_EQ(1, self->writer->valid);
	EXPECT_EQ(-EAGAIN, read_there(self, &reading));
	self->writer->clock_ns++;
	EXPECT_EQ(0, read_there(self, &reading));
	refclock_shm_driver.close(&self->device);
}

TEST_F(memory, another_size_is_not_used)
{
	int id = shmget(key_of(&self->config), 80, IPC_CREAT | 0600);

	EXPECT_EQ(-EINVAL, open_there(self));
	EXPECT_NE(NULL, strstr(self->problem, "smaller"));
	shmctl(id, IPC_RMID, NULL);
	id = shmget(key_of(&self->config), 4096, IPC_CREAT | 0600);
	EXPECT_EQ(-EINVAL, open_there(self));
	EXPECT_NE(NULL, strstr(self->problem, "size"));
	shmctl(id, IPC_RMID, NULL);
}

TEST_F(memory, strangers_may_write_if_that_is_said)
{
	attach_writer(self, 0666);
	EXPECT_EQ(-EPERM, open_there(self));
	EXPECT_NE(NULL, strstr(self->problem, "perm=0666"));
	self->config.perm = 0666;
	ASSERT_EQ(0, open_there(self));
	refclock_shm_driver.close(&self->device);
}

TEST_F(memory, a_strangers_segment_is_not_used)
{
	struct shmid_ds status;

	if (geteuid())
		SKIP(return, "only root can give a segment away");
	attach_writer(self, 0600);
	ASSERT_EQ(0, shmctl(self->id, IPC_STAT, &status));
	status.shm_perm.uid = 65534;
	ASSERT_EQ(0, shmctl(self->id, IPC_SET, &status));
	EXPECT_EQ(-EPERM, open_there(self));
	EXPECT_NE(NULL, strstr(self->problem, "another user"));
}

TEST_F(memory, a_segment_that_was_removed_is_gone)
{
	ASSERT_EQ(0, open_there(self));
	EXPECT_FALSE(refclock_shm_driver.is_gone(&self->device));
	attach_writer(self, 0600);
	shmctl(self->id, IPC_RMID, NULL);
	EXPECT_TRUE(refclock_shm_driver.is_gone(&self->device));
	refclock_shm_driver.close(&self->device);
}

/* A writer that is never done: no half of a sample is ever taken with half of another. */
TEST_F(memory, torn_samples_are_not_used)
{
	int taken = 0;
	pid_t child;

	ASSERT_EQ(0, open_there(self));
	attach_writer(self, 0600);
	child = fork();
	if (!child) {
		alarm(20);
		for (int32_t i = 0;; i = (i + 1) % 1000000) {
			__atomic_store_n(&self->writer->valid, 0, __ATOMIC_SEQ_CST);
			__atomic_add_fetch(&self->writer->count, 1, __ATOMIC_SEQ_CST);
			self->writer->mode = 1;
			self->writer->clock_s = UTC_S + i;
			self->writer->clock_us = i;
			self->writer->receive_s = UTC_S + i;
			self->writer->receive_us = i;
			__atomic_add_fetch(&self->writer->count, 1, __ATOMIC_SEQ_CST);
			__atomic_store_n(&self->writer->valid, 1, __ATOMIC_SEQ_CST);
			sched_yield();
		}
	}
	for (int tries = 0; taken < 20000 && tries < 20000000; tries++) {
		struct refclock_reading reading;

		if (read_there(self, &reading))
			continue;
		taken++;
		ASSERT_EQ(0, reading.offset_ns);
		ASSERT_EQ((reading.realtime_ns / NS_PER_S - UTC_S) * 1000,
			  reading.realtime_ns % NS_PER_S);
	}
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	EXPECT_LT(0, taken);
	refclock_shm_driver.close(&self->device);
}

TEST_HARNESS_MAIN
