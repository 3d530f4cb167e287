// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lock and pid file: who holds the lock is known, and nothing that is not such a file is touched.
 */
#include "user/daemon/run_files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "selftests/unit/unit.h"

FIXTURE(files) {
	char dir[64];
	char path[96];
	char other[96];
};

FIXTURE_SETUP(files)
{
	strcpy(self->dir, "/tmp/test_run_files.XXXXXX");
	ASSERT_NE(NULL, mkdtemp(self->dir));
	snprintf(self->path, sizeof(self->path), "%s/file", self->dir);
	snprintf(self->other, sizeof(self->other), "%s/other", self->dir);
}

FIXTURE_TEARDOWN(files)
{
	unlink(self->path);
	unlink(self->other);
	/* Nothing else was left behind. */
	EXPECT_EQ(0, rmdir(self->dir));
}

static void put(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	if (!file || fputs(text, file) < 0 || fclose(file))
		abort();
}

static const char *text_of(const char *path)
{
	static char text[64];
	FILE *file = fopen(path, "r");

	memset(text, 0, sizeof(text));
	if (!file)
		return "(none)";
	if (fread(text, 1, sizeof(text) - 1, file) == 0 && ferror(file))
		abort();
	fclose(file);
	return text;
}

/* A process that has the lock until it is killed. */
static pid_t start_holder(const char *path)
{
	pid_t holder, child;
	int ready[2];
	char byte = 0;

	if (pipe(ready))
		abort();
	child = fork();
	if (!child) {
		byte = run_lock(path, &holder) >= 0;
		if (write(ready[1], &byte, 1) != 1)
			abort();
		pause();
		_exit(0);
	}
	if (read(ready[0], &byte, 1) != 1 || !byte)
		abort();
	close(ready[0]);
	close(ready[1]);
	return child;
}

TEST_F(files, the_lock_names_its_holder)
{
	pid_t child = start_holder(self->path), holder = -1;
	int fd, status;

	EXPECT_EQ(-EBUSY, run_lock(self->path, &holder));
	EXPECT_EQ(child, holder);
	EXPECT_EQ(child, run_lock_holder(self->path));
	/* Its end is enough, however it ends. */
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	EXPECT_EQ(0, run_lock_holder(self->path));
	fd = run_lock(self->path, &holder);
	ASSERT_LE(0, fd);
	run_unlock(self->path, fd);
	EXPECT_EQ(-1, access(self->path, F_OK));
	EXPECT_EQ(0, run_lock_holder(self->path));
	EXPECT_EQ(-1, access(self->path, F_OK));
}

TEST_F(files, a_lock_that_was_removed_is_none)
{
	pid_t child = start_holder(self->path), holder;
	int fd, status;

	ASSERT_EQ(0, unlink(self->path));
	fd = run_lock(self->path, &holder);
	EXPECT_LE(0, fd);
	run_unlock(self->path, fd);
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
}

TEST_F(files, another_file_in_its_place_is_not_the_lock)
{
	pid_t holder;
	int fd = run_lock(self->path, &holder);

	ASSERT_LE(0, fd);
	EXPECT_TRUE(run_is_locked(self->path, fd));
	ASSERT_EQ(0, unlink(self->path));
	EXPECT_FALSE(run_is_locked(self->path, fd));
	put(self->path, "");
	EXPECT_FALSE(run_is_locked(self->path, fd));
	close(fd);
}

/* Who ends after its lock was removed leaves the one alone that another daemon has since. */
TEST_F(files, the_lock_of_another_is_left)
{
	pid_t holder = -1, child;
	int fd = run_lock(self->path, &holder), status;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, unlink(self->path));
	child = start_holder(self->path);
	run_unlock(self->path, fd);
	EXPECT_EQ(-EBUSY, run_lock(self->path, &holder));
	EXPECT_EQ(child, holder);
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
}

TEST_F(files, a_lock_is_no_link_and_no_device)
{
	pid_t holder;

	put(self->other, "precious");
	ASSERT_EQ(0, symlink(self->other, self->path));
	EXPECT_EQ(-ELOOP, run_lock(self->path, &holder));
	EXPECT_STREQ("precious", text_of(self->other));
	ASSERT_EQ(0, unlink(self->path));
	ASSERT_EQ(0, mkfifo(self->path, 0600));
	EXPECT_EQ(-EEXIST, run_lock(self->path, &holder));
	EXPECT_EQ(-ENOENT, run_lock("/nonexistent/lock", &holder));
}

TEST_F(files, nobody_else_can_take_the_lock)
{
	struct stat st;
	pid_t holder;
	int fd = run_lock(self->path, &holder);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, stat(self->path, &st));
	EXPECT_EQ(0600, st.st_mode & 0777);
	run_unlock(self->path, fd);
}

TEST_F(files, a_pid_file_is_written_and_an_old_one_replaced)
{
	mode_t mask = umask(0077);
	struct stat st;

	ASSERT_EQ(0, pid_file_write(self->path, 4711));
	EXPECT_STREQ("4711\n", text_of(self->path));
	ASSERT_EQ(0, pid_file_write(self->path, 12));
	EXPECT_STREQ("12\n", text_of(self->path));
	umask(mask);
	ASSERT_EQ(0, stat(self->path, &st));
	EXPECT_EQ(0644, st.st_mode & 0777);
	/* Another's is left to it. */
	pid_file_remove(self->path, 4711);
	EXPECT_STREQ("12\n", text_of(self->path));
	pid_file_remove(self->path, 12);
	EXPECT_EQ(-1, access(self->path, F_OK));
	put(self->path, "");
	EXPECT_EQ(0, pid_file_write(self->path, 12));
}

/* As on a full disk; the reason becomes part of a message. */
TEST_F(files, a_pid_file_that_cannot_be_written_is_not_left)
{
	struct rlimit none = { .rlim_cur = 0 }, before;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	none.rlim_max = before.rlim_max;
	setrlimit(RLIMIT_FSIZE, &none);
	EXPECT_EQ(-EFBIG, pid_file_write(self->path, 4711));
	setrlimit(RLIMIT_FSIZE, &before);
	EXPECT_EQ(-1, access(self->path, F_OK));
}

/* There is nothing of that name, and nobody should look for it. */
TEST_F(files, a_want_of_descriptors_is_no_other_file)
{
	struct rlimit none = { .rlim_cur = 0 }, before;
	int err;

	getrlimit(RLIMIT_NOFILE, &before);
	none.rlim_max = before.rlim_max;
	setrlimit(RLIMIT_NOFILE, &none);
	err = pid_file_write(self->path, 4711);
	setrlimit(RLIMIT_NOFILE, &before);
	EXPECT_EQ(-EMFILE, err);
}

TEST_F(files, what_is_no_pid_file_is_left_alone)
{
	put(self->path, "root:x:0:0\n");
	EXPECT_EQ(-EEXIST, pid_file_write(self->path, 12));
	EXPECT_STREQ("root:x:0:0\n", text_of(self->path));
	unlink(self->path);

	put(self->other, "12\n");
	ASSERT_EQ(0, symlink(self->other, self->path));
	EXPECT_EQ(-EEXIST, pid_file_write(self->path, 13));
	EXPECT_STREQ("12\n", text_of(self->other));
	pid_file_remove(self->path, 12);
	EXPECT_STREQ("12\n", text_of(self->other));
	unlink(self->path);

	ASSERT_EQ(0, mkdir(self->path, 0700));
	EXPECT_EQ(-EEXIST, pid_file_write(self->path, 12));
	rmdir(self->path);
}

TEST_HARNESS_MAIN
