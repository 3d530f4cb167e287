// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hold, on a folder that stands for a cgroup: what may be frozen, for how long, and that it
 * does not stay so when the process that froze it dies.
 */
#include "user/hooks/freezer.h"
#include "user/hooks/hold.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "selftests/unit/unit.h"
#include "selftests/unit/wrapped_calls.h"

/* Long enough for anything, however busy the machine. */
#define PATIENCE_MS	20000

#define WITHIN_NS	50000000LL

FIXTURE(hold)
{
	char root[64];
	char file[128];		/* cgroup.freeze of work.slice/job */
	struct freezer freezer;
};

static void put(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		exit(1);
	close(fd);
}

static char state_of(const char *file)
{
	char state = '?';
	int fd = open(file, O_RDONLY);

	if (fd < 0 || read(fd, &state, 1) != 1)
		state = '?';
	close(fd);
	return state;
}

FIXTURE_SETUP(hold)
{
	char path[100];

	strcpy(self->root, "/tmp/truechime-hold.XXXXXX");
	ASSERT_NE(NULL, mkdtemp(self->root));
	snprintf(path, sizeof(path), "%s/work.slice", self->root);
	ASSERT_EQ(0, mkdir(path, 0755));
	strcat(path, "/job");
	ASSERT_EQ(0, mkdir(path, 0755));
	snprintf(self->file, sizeof(self->file), "%s/cgroup.freeze", path);
	put(self->file, "0\n");
	ASSERT_EQ(0, freezer_open(&self->freezer, self->root, "work.slice/job", "/other"));
}

FIXTURE_TEARDOWN(hold)
{
	char command[128];

	freezer_close(&self->freezer);
	snprintf(command, sizeof(command), "rm -rf '%s'", self->root);
	if (system(command))
		exit(1);
}

/* What the clock is said to be, and what was seen meanwhile. */
static const char *watched;
static bool was_frozen;
static int looks, looks_until_right;

static bool is_right(int64_t within_ns)
{
	was_frozen |= state_of(watched) == '1';
	return within_ns == WITHIN_NS && ++looks > looks_until_right;
}

static bool is_never_right(int64_t within_ns)
{
	(void)within_ns;
	was_frozen |= state_of(watched) == '1';
	return false;
}

TEST_F(hold, lasts_until_the_clock_is_right)
{
	struct hold_result result;

	watched = self->file;
	looks_until_right = 5;
	ASSERT_EQ(0, hold_run(&self->freezer, PATIENCE_MS, WITHIN_NS, is_right, &result));
	EXPECT_EQ(7, looks);
	EXPECT_TRUE(was_frozen);
	EXPECT_EQ('0', state_of(self->file));
	EXPECT_TRUE(result.right);
	EXPECT_LT(result.held_ms, PATIENCE_MS);
}

/* As a slice goes with the last of its units; the kernel says so of an open cgroup.freeze. */
static bool is_gone;

ssize_t __wrap_pwrite(int fd, const void *data, size_t size, off_t offset)
{
	if (!is_gone)
		return __real_pwrite(fd, data, size, offset);
	errno = ENODEV;
	return -1;
}

static bool is_right_when_gone(int64_t within_ns)
{
	is_gone = true;
	return is_right(within_ns);
}

TEST_F(hold, a_cgroup_that_went_meanwhile_is_not_frozen_any_more)
{
	struct hold_result result;

	watched = self->file;
	EXPECT_EQ(0, hold_run(&self->freezer, PATIENCE_MS, WITHIN_NS, is_right_when_gone,
			      &result));
	EXPECT_TRUE(result.right);
	EXPECT_EQ(0, freezer_set(&self->freezer, false));
	EXPECT_EQ(-ENODEV, freezer_set(&self->freezer, true));
}

TEST_F(hold, lasts_no_longer_than_it_may)
{
	struct hold_result result;

	watched = self->file;
	ASSERT_EQ(0, hold_run(&self->freezer, 50, WITHIN_NS, is_never_right, &result));
	EXPECT_TRUE(was_frozen);
	EXPECT_EQ('0', state_of(self->file));
	EXPECT_FALSE(result.right);
	EXPECT_GE(result.held_ms, 50);
}

/* As a debugger stops it. */
static bool is_right_once_guard_is_stopped(int64_t within_ns)
{
	char path[64];
	int guard = 0;
	FILE *list;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	list = fopen(path, "r");
	if (!list || fscanf(list, "%d", &guard) != 1 || kill(guard, SIGSTOP))
		exit(1);
	fclose(list);
	return is_right(within_ns);
}

TEST_F(hold, is_not_kept_up_by_a_guard_that_is_stopped)
{
	struct hold_result result;

	watched = self->file;
	ASSERT_EQ(0, hold_run(&self->freezer, PATIENCE_MS, WITHIN_NS,
			      is_right_once_guard_is_stopped, &result));
	EXPECT_TRUE(result.right);
	EXPECT_EQ('0', state_of(self->file));
	EXPECT_LT(result.held_ms, PATIENCE_MS);
}

TEST_F(hold, what_others_froze_stays_so)
{
	struct hold_result result;

	put(self->file, "1\n");
	EXPECT_EQ(-EALREADY, hold_run(&self->freezer, 50, WITHIN_NS, is_never_right, &result));
	EXPECT_EQ('1', state_of(self->file));
}

/* A process that holds for ever, once it does. */
static pid_t start_holder(FIXTURE_DATA(hold) *self, int limit_ms)
{
	struct hold_result result;
	int waits;
	pid_t pid;

	watched = self->file;
	pid = fork();
	if (!pid) {
		hold_run(&self->freezer, limit_ms, WITHIN_NS, is_never_right, &result);
		_exit(0);
	}
	for (waits = 0; state_of(self->file) != '1' && waits < PATIENCE_MS; waits++)
		usleep(1000);
	return pid;
}

static bool is_thawed_soon(FIXTURE_DATA(hold) *self)
{
	int waits;

	for (waits = 0; state_of(self->file) != '0' && waits < PATIENCE_MS; waits++)
		usleep(1000);
	return waits < PATIENCE_MS;
}

TEST_F(hold, ends_with_the_process_that_froze)
{
	pid_t pid = start_holder(self, 100 * PATIENCE_MS);

	ASSERT_GT(pid, 0);
	ASSERT_EQ('1', state_of(self->file));
	kill(pid, SIGKILL);
	ASSERT_EQ(pid, waitpid(pid, NULL, 0));
	EXPECT_TRUE(is_thawed_soon(self));
}

TEST_F(hold, ends_in_time_when_that_process_hangs)
{
	pid_t pid = start_holder(self, 300);

	ASSERT_GT(pid, 0);
	kill(pid, SIGSTOP);
	EXPECT_TRUE(is_thawed_soon(self));
	kill(pid, SIGKILL);
	ASSERT_EQ(pid, waitpid(pid, NULL, 0));
}

TEST_F(hold, only_cgroups_below_the_root)
{
	static const char *const bad[] = { "", "/", ".", "..", "../x", "work.slice/..", "a//b",
					   "work.slice/", "//work.slice", "./work.slice" };
	struct freezer freezer;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_EQ(-EINVAL, freezer_open(&freezer, self->root, bad[i], "/other"))
			TH_LOG("case %u", i);
	EXPECT_EQ(-ENOENT, freezer_open(&freezer, self->root, "none.slice", "/other"));
	ASSERT_EQ(0, freezer_open(&freezer, self->root, "/work.slice/job", "/other"));
	freezer_close(&freezer);
}

TEST_F(hold, not_the_one_that_it_is_in)
{
	static const char *const inside[] = { "/work.slice/job", "/work.slice/job/a/b" };
	static const char *const outside[] = { "/", "", "/work.slice", "/work.slice/jobs",
					       "/work.slice/other" };
	struct freezer freezer;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(inside); i++)
		EXPECT_EQ(-EDEADLK, freezer_open(&freezer, self->root, "work.slice/job", inside[i]))
			TH_LOG("case %u", i);
	for (i = 0; i < ARRAY_SIZE(outside); i++) {
		EXPECT_EQ(0, freezer_open(&freezer, self->root, "work.slice/job", outside[i]))
			TH_LOG("case %u", i);
		freezer_close(&freezer);
	}
}

TEST(synchronised_alone_is_not_right)
{
	struct timex timex = { .maxerror = WITHIN_NS / 1000 };

	EXPECT_TRUE(hold_timex_is_right(TIME_OK, &timex, WITHIN_NS));
	EXPECT_TRUE(hold_timex_is_right(TIME_INS, &timex, WITHIN_NS));
	EXPECT_FALSE(hold_timex_is_right(TIME_ERROR, &timex, WITHIN_NS));
	EXPECT_FALSE(hold_timex_is_right(-1, &timex, WITHIN_NS));
	timex.maxerror++;
	EXPECT_FALSE(hold_timex_is_right(TIME_OK, &timex, WITHIN_NS));
	timex = (struct timex){ .status = STA_UNSYNC };
	EXPECT_FALSE(hold_timex_is_right(TIME_OK, &timex, WITHIN_NS));
}

TEST_F(hold, own_cgroup_is_that_of_version_2)
{
	char file[100], own[64];

	snprintf(file, sizeof(file), "%s/self", self->root);
	EXPECT_EQ(-ENOENT, freezer_own(file, own, sizeof(own)));
	put(file, "12:cpu:/old\n1:name=systemd:/older\n0::/user.slice/a b\n");
	ASSERT_EQ(0, freezer_own(file, own, sizeof(own)));
	EXPECT_STREQ("/user.slice/a b", own);
	EXPECT_EQ(-ENAMETOOLONG, freezer_own(file, own, 8));
	put(file, "12:cpu:/old\n");
	EXPECT_EQ(-ENOENT, freezer_own(file, own, sizeof(own)));
}

TEST_HARNESS_MAIN
