// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files in memory, in the hands of a process that was taken over.
 */
#include "user/lib/memory_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "selftests/unit/unit.h"

#define SIZE	100

FIXTURE(file) {
	int fd;
};

FIXTURE_SETUP(file)
{
	self->fd = memory_file("test", SIZE);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(file)
{
	close(self->fd);
}

TEST_F(file, what_is_written_is_mapped)
{
	char *mapped;

	ASSERT_TRUE(memory_file_write(self->fd, "abc", 3, SIZE - 3));
	EXPECT_EQ(NULL, memory_file_map(self->fd, SIZE + 1, PROT_READ));
	mapped = memory_file_map(self->fd, SIZE, PROT_READ | PROT_WRITE);
	ASSERT_NE(NULL, mapped);
	EXPECT_EQ('a', mapped[SIZE - 3]);
	munmap(mapped, SIZE);
}

/* Whoever has it mapped would be ended by reading it. */
TEST_F(file, nobody_makes_it_shorter)
{
	EXPECT_EQ(-1, ftruncate(self->fd, SIZE - 1));
	EXPECT_EQ(EPERM, errno);
}

/* It takes no system call but write(2) to fill the machine's memory. */
TEST_F(file, nobody_makes_it_longer)
{
	char bytes[2 * SIZE] = { 0 };

	EXPECT_EQ(-1, write(self->fd, bytes, sizeof(bytes)));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(SIZE, lseek(self->fd, 0, SEEK_END));
	EXPECT_FALSE(memory_file_write(self->fd, bytes, 1, SIZE));
	EXPECT_EQ(-1, ftruncate(self->fd, 2 * SIZE));
	EXPECT_EQ(SIZE, lseek(self->fd, 0, SEEK_END));
}

TEST_F(file, nobody_forbids_to_write_to_it)
{
	EXPECT_EQ(-1, fcntl(self->fd, F_ADD_SEALS, F_SEAL_WRITE));
	EXPECT_TRUE(memory_file_write(self->fd, "abc", 3, 0));
}

TEST_HARNESS_MAIN
