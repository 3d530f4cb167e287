// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of secrets: their mode, that they are replaced as a whole, and which ones are not read.
 */
#include "user/lib/state_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "selftests/unit/unit.h"
#include "selftests/unit/wrapped_calls.h"

/* How often the disk was waited for. */
static int waits;

int __wrap_fsync(int fd)
{
	waits++;

	return 0;
}

int __wrap_fdatasync(int fd)
{
	waits++;

	return 0;
}

FIXTURE(folder)
{
	char folder[32];
	char path[64];
	char other[64];
	char text[16];
};

FIXTURE_SETUP(folder)
{
	memset(self, 0, sizeof(*self));
	strcpy(self->folder, "/tmp/test_state.XXXXXX");
	ASSERT_NE(NULL, mkdtemp(self->folder));
	snprintf(self->path, sizeof(self->path), "%s/file", self->folder);
	snprintf(self->other, sizeof(self->other), "%s/other", self->folder);
}

FIXTURE_TEARDOWN(folder)
{
	unlink(self->path);
	unlink(self->other);
	rmdir(self->folder);
}

TEST_F(folder, what_is_written_is_read)
{
	struct stat about;

	umask(0);
	ASSERT_EQ(0, state_file_write(self->path, "one", 3));
	ASSERT_EQ(0, stat(self->path, &about));
	EXPECT_EQ(S_IFREG | 0600, about.st_mode);
	EXPECT_EQ(3, state_file_read(self->path, self->text, sizeof(self->text)));
	EXPECT_STREQ("one", self->text);
	ASSERT_EQ(0, state_file_write(self->path, "other", 5));
	EXPECT_EQ(5, state_file_read(self->path, self->text, sizeof(self->text)));
	EXPECT_STREQ("other", self->text);
	EXPECT_EQ(0, waits);
	/* Nothing is left beside it. */
	unlink(self->path);
	EXPECT_EQ(0, rmdir(self->folder));
	mkdir(self->folder, 0700);
}

/* Somebody's link is replaced, and what it leads to is left alone. */
TEST_F(folder, no_link_is_followed)
{
	ASSERT_EQ(0, state_file_write(self->other, "other", 5));
	ASSERT_EQ(0, symlink(self->other, self->path));
	EXPECT_EQ(-EINVAL, state_file_read(self->path, self->text, sizeof(self->text)));
	EXPECT_EQ(0, state_file_write(self->path, "one", 3));
	EXPECT_EQ(5, state_file_read(self->other, self->text, sizeof(self->text)));
	EXPECT_EQ(3, state_file_read(self->path, self->text, sizeof(self->text)));
}

/* One without a number may be made by anybody. */
TEST_F(folder, no_device_is_replaced)
{
	struct stat about;

	ASSERT_EQ(0, mknod(self->path, S_IFCHR | 0600, makedev(0, 0)));
	EXPECT_EQ(-EINVAL, state_file_write(self->path, "one", 3));
	ASSERT_EQ(0, lstat(self->path, &about));
	EXPECT_TRUE(S_ISCHR(about.st_mode));
	/* Nothing is left beside it. */
	unlink(self->path);
	EXPECT_EQ(0, rmdir(self->folder));
	mkdir(self->folder, 0700);
}

TEST_F(folder, what_is_no_such_file_is_refused)
{
	EXPECT_EQ(-ENOENT, state_file_read(self->path, self->text, sizeof(self->text)));
	EXPECT_EQ(-EINVAL, state_file_read("/dev/null", self->text, sizeof(self->text)));
	EXPECT_EQ(-EINVAL, state_file_read("/tmp", self->text, sizeof(self->text)));
	ASSERT_EQ(0, state_file_write(self->path, "0123456789abcdef", 16));
	EXPECT_EQ(-EFBIG, state_file_read(self->path, self->text, sizeof(self->text)));
	ASSERT_EQ(0, state_file_write(self->path, "0123456789abcde", 15));
	EXPECT_EQ(15, state_file_read(self->path, self->text, sizeof(self->text)));
	ASSERT_EQ(0, chmod(self->path, 0620));
	EXPECT_EQ(-EINVAL, state_file_read(self->path, self->text, sizeof(self->text)));
	ASSERT_EQ(0, chmod(self->path, 0602));
	EXPECT_EQ(-EINVAL, state_file_read(self->path, self->text, sizeof(self->text)));
	EXPECT_EQ(-ENOENT, state_file_write("/tmp/test_state/nowhere/file", "one", 3));
}

TEST_HARNESS_MAIN
