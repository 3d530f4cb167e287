// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file is known again under any name, and another one that has its name is not taken for it.
 */
#include "user/lib/file_identity.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "selftests/unit/unit.h"

static void make_file(const char *path)
{
	close(open(path, O_WRONLY | O_CREAT | O_EXCL, 0600));
}

FIXTURE(identity)
{
	char folder[32];
	char path[64];
	char other[64];
	struct file_identity identity;
};

FIXTURE_SETUP(identity)
{
	struct stat status;

	snprintf(self->folder, sizeof(self->folder), "/tmp/identity-XXXXXX");
	ASSERT_TRUE(!!mkdtemp(self->folder));
	snprintf(self->path, sizeof(self->path), "%s/file", self->folder);
	snprintf(self->other, sizeof(self->other), "%s/other", self->folder);
	make_file(self->path);
	ASSERT_EQ(0, stat(self->path, &status));
	self->identity = file_identity_of(&status);
}

FIXTURE_TEARDOWN(identity)
{
	unlink(self->path);
	unlink(self->other);
	rmdir(self->folder);
}

TEST_F(identity, it_is_where_it_was_made)
{
	EXPECT_TRUE(file_identity_is_at(&self->identity, self->path));
}

TEST_F(identity, it_is_known_by_another_name)
{
	ASSERT_EQ(0, rename(self->path, self->other));
	EXPECT_TRUE(file_identity_is_at(&self->identity, self->other));
	EXPECT_FALSE(file_identity_is_at(&self->identity, self->path));
}

TEST_F(identity, another_file_of_its_name_is_not_it)
{
	make_file(self->other);
	ASSERT_EQ(0, rename(self->other, self->path));
	EXPECT_FALSE(file_identity_is_at(&self->identity, self->path));
}

/* Whoever replaces it by a link to it has replaced it. */
TEST_F(identity, a_link_to_it_is_not_it)
{
	struct stat status;

	ASSERT_EQ(0, symlink(self->path, self->other));
	EXPECT_FALSE(file_identity_is_at(&self->identity, self->other));
	ASSERT_EQ(0, stat(self->other, &status));
	EXPECT_TRUE(file_identity_is_of(&self->identity, &status));
}

TEST_F(identity, what_cannot_be_found_is_not_it)
{
	EXPECT_FALSE(file_identity_is_at(&self->identity, self->other));
}

/* Each file system has numbers of its own. */
TEST(device_and_number_are_both_compared)
{
	const struct stat status = { .st_dev = 1, .st_ino = 2 };
	const struct file_identity same = { .device = 1, .inode = 2 };
	const struct file_identity elsewhere = { .device = 2, .inode = 2 };
	const struct file_identity beside = { .device = 1, .inode = 1 };

	EXPECT_TRUE(file_identity_is_of(&same, &status));
	EXPECT_FALSE(file_identity_is_of(&elsewhere, &status));
	EXPECT_FALSE(file_identity_is_of(&beside, &status));
}

TEST_HARNESS_MAIN
