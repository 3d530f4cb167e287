// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of sources that are written, moved and removed in directories of the test's own, some of
 * which are made later; by a clock that is an argument.
 */
#include "user/sources/source_watch.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "selftests/unit/unit.h"

#define S	1000000000LL

FIXTURE(watch) {
	struct source_watch *watch;
	struct config_sourcedir directory;
	char top[64];
	int64_t now_ns;
};

FIXTURE_SETUP(watch)
{
	memset(self, 0, sizeof(*self));
	self->now_ns = 1000 * S;
	strcpy(self->top, "/tmp/test_watch.XXXXXX");
	ASSERT_NE(NULL, mkdtemp(self->top));
	ASSERT_EQ(0, source_watch_open(&self->watch));
}

FIXTURE_TEARDOWN(watch)
{
	char command[128];

	source_watch_close(self->watch);
	snprintf(command, sizeof(command), "rm -rf %s", self->top);
	ASSERT_EQ(0, system(command));
}

/* Good until the next call but three. */
static const char *path_of(const FIXTURE_DATA(watch) *self, const char *name)
{
	static char paths[4][256];
	static int next;

	next = (next + 1) % 4;
	snprintf(paths[next], sizeof(paths[next]), "%s%s%s", self->top, *name ? "/" : "", name);
	return paths[next];
}

/* Watch that directory below the top, and take the first reading. */
static void watch(FIXTURE_DATA(watch) *self, const char *name)
{
	const char *failed = NULL;

	snprintf(self->directory.path, sizeof(self->directory.path), "%s", path_of(self, name));
	self->directory.first = true;
	if (source_watch_set(self->watch, &self->directory, 1, self->now_ns, &failed))
		abort();
	self->now_ns += 60 * S;
	if (!source_watch_take(self->watch, self->now_ns))
		abort();
	self->now_ns += 60 * S;
}

static int start_writing(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, "server", 6) != 6)
		abort();
	return fd;
}

static void write_file(const char *path)
{
	close(start_writing(path));
}

/* The descriptor says that something happened, and so it is a second later. */
static bool has_news(FIXTURE_DATA(watch) *self)
{
	struct pollfd fd = { .fd = source_watch_fd(self->watch), .events = POLLIN };
	bool news;

	poll(&fd, 1, 0);
	if (!fd.revents)
		return false;
	news = source_watch_take(self->watch, self->now_ns);
	self->now_ns += S;
	news |= self->now_ns >= source_watch_next_ns(self->watch) &&
		source_watch_take(self->watch, self->now_ns);
	self->now_ns += 60 * S;
	return news;
}

TEST_F(watch, files_that_come_change_and_go)
{
	watch(self, "");
	EXPECT_FALSE(has_news(self));
	EXPECT_EQ(INT64_MAX, source_watch_next_ns(self->watch));
	write_file(path_of(self, "a.sources"));
	EXPECT_TRUE(has_news(self));
	EXPECT_FALSE(has_news(self));
	write_file(path_of(self, "a.sources"));
	EXPECT_TRUE(has_news(self));
	ASSERT_EQ(0, unlink(path_of(self, "a.sources")));
	EXPECT_TRUE(has_news(self));
	EXPECT_FALSE(has_news(self));
}

TEST_F(watch, other_files_are_none)
{
	watch(self, "");
	write_file(path_of(self, "a.conf"));
	write_file(path_of(self, "a.sources.tmp"));
	write_file(path_of(self, ".a.sources"));
	write_file(path_of(self, ".sources"));
	ASSERT_EQ(0, mkdir(path_of(self, "d.sources"), 0700));
	EXPECT_FALSE(has_news(self));
}

TEST_F(watch, renaming_over_is_a_change)
{
	watch(self, "");
	write_file(path_of(self, "a.sources"));
	EXPECT_TRUE(has_news(self));
	write_file(path_of(self, "a.tmp"));
	EXPECT_FALSE(has_news(self));
	ASSERT_EQ(0, rename(path_of(self, "a.tmp"), path_of(self, "a.sources")));
	EXPECT_TRUE(has_news(self));
	EXPECT_FALSE(source_watch_is_busy(self->watch, path_of(self, "a.sources")));
	ASSERT_EQ(0, rename(path_of(self, "a.sources"), path_of(self, "a.gone")));
	EXPECT_TRUE(has_news(self));
	ASSERT_EQ(0, symlink("a.gone", path_of(self, "b.sources")));
	EXPECT_TRUE(has_news(self));
	ASSERT_EQ(0, link(path_of(self, "a.gone"), path_of(self, "c.sources")));
	EXPECT_TRUE(has_news(self));
	ASSERT_EQ(0, chmod(path_of(self, "c.sources"), 0644));
	EXPECT_TRUE(has_news(self));
}

/* What it has could not be read before, or cannot be any more. */
TEST_F(watch, another_mode_of_the_directory_is_a_change)
{
	watch(self, "");
	EXPECT_FALSE(has_news(self));
	ASSERT_EQ(0, chmod(path_of(self, ""), 0));
	EXPECT_TRUE(has_news(self));
	ASSERT_EQ(0, chmod(path_of(self, ""), 0700));
	EXPECT_TRUE(has_news(self));
	EXPECT_FALSE(has_news(self));
}

TEST_F(watch, a_file_is_busy_until_it_is_closed)
{
	int fd;

	watch(self, "");
	fd = start_writing(path_of(self, "a.sources"));
	EXPECT_FALSE(has_news(self));
	EXPECT_TRUE(source_watch_is_busy(self->watch, path_of(self, "a.sources")));
	/* However long that takes, if it goes on, and whatever happens to others. */
	for (int i = 0; i < 100; i++) {
		ASSERT_EQ(6, write(fd, "server", 6));
		EXPECT_FALSE(source_watch_take(self->watch, self->now_ns));
		self->now_ns += 50 * S;
		EXPECT_FALSE(source_watch_take(self->watch, self->now_ns));
	}
	write_file(path_of(self, "b.sources"));
	EXPECT_TRUE(has_news(self));
	EXPECT_TRUE(source_watch_is_busy(self->watch, path_of(self, "a.sources")));
	EXPECT_FALSE(source_watch_is_busy(self->watch, path_of(self, "b.sources")));
	close(fd);
	EXPECT_TRUE(has_news(self));
	EXPECT_FALSE(source_watch_is_busy(self->watch, path_of(self, "a.sources")));
}

/* truncate(2) opens and closes nothing; and a program may forget to close what it has written. */
TEST_F(watch, a_file_that_nobody_closes_is_read_all_the_same)
{
	int64_t due_ns;

	watch(self, "");
	write_file(path_of(self, "a.sources"));
	EXPECT_TRUE(has_news(self));
	ASSERT_EQ(0, truncate(path_of(self, "a.sources"), 3));
	EXPECT_FALSE(source_watch_take(self->watch, self->now_ns));
	EXPECT_TRUE(source_watch_is_busy(self->watch, path_of(self, "a.sources")));
	due_ns = source_watch_next_ns(self->watch);
	ASSERT_GE(self->now_ns + 60 * S, due_ns);
	source_watch_take(self->watch, due_ns);
	EXPECT_FALSE(source_watch_is_busy(self->watch, path_of(self, "a.sources")));
	EXPECT_TRUE(source_watch_take(self->watch, due_ns + S));
}

/* Who still has one open that another has replaced says nothing of the one that is there. */
TEST_F(watch, what_becomes_of_a_removed_file_does_not_matter)
{
	int removed, fd;

	watch(self, "");
	removed = start_writing(path_of(self, "a.sources"));
	ASSERT_EQ(0, unlink(path_of(self, "a.sources")));
	write_file(path_of(self, "a.sources"));
	EXPECT_TRUE(has_news(self));
	ASSERT_EQ(6, write(removed, "server", 6));
	EXPECT_FALSE(has_news(self));
	EXPECT_FALSE(source_watch_is_busy(self->watch, path_of(self, "a.sources")));

	fd = start_writing(path_of(self, "a.sources"));
	close(removed);
	EXPECT_FALSE(has_news(self));
	EXPECT_TRUE(source_watch_is_busy(self->watch, path_of(self, "a.sources")));
	close(fd);
	EXPECT_TRUE(has_news(self));
	EXPECT_FALSE(source_watch_is_busy(self->watch, path_of(self, "a.sources")));
}

/* A file without a name, linked into the directory when it is complete, is closed elsewhere. */
TEST_F(watch, a_file_that_is_made_and_not_written_to_is_complete)
{
	char proc[64];
	int fd;

	watch(self, "");
	fd = open(self->top, O_TMPFILE | O_WRONLY, 0600);
	if (fd < 0)
		SKIP(return, "machine: no O_TMPFILE in /tmp");
	ASSERT_EQ(6, write(fd, "server", 6));
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	ASSERT_EQ(0, linkat(AT_FDCWD, proc, AT_FDCWD, path_of(self, "a.sources"),
			    AT_SYMLINK_FOLLOW));
	EXPECT_FALSE(source_watch_take(self->watch, self->now_ns));
	EXPECT_GE(self->now_ns + 3 * S, source_watch_next_ns(self->watch));
	self->now_ns += 3 * S;
	source_watch_take(self->watch, self->now_ns);
	EXPECT_FALSE(source_watch_is_busy(self->watch, path_of(self, "a.sources")));
	self->now_ns += S;
	EXPECT_TRUE(source_watch_take(self->watch, self->now_ns));
	close(fd);
}

TEST_F(watch, directories_may_be_made_later)
{
	watch(self, "run/dhcp/sources");
	write_file(path_of(self, "a.sources"));
	EXPECT_FALSE(has_news(self));
	ASSERT_EQ(0, mkdir(path_of(self, "run"), 0700));
	EXPECT_FALSE(has_news(self));
	ASSERT_EQ(0, mkdir(path_of(self, "run/dhcp"), 0700));
	ASSERT_EQ(0, mkdir(path_of(self, "run/dhcp/sources"), 0700));
	write_file(path_of(self, "run/dhcp/sources/a.sources"));
	EXPECT_TRUE(has_news(self));
	write_file(path_of(self, "run/dhcp/sources/b.sources"));
	EXPECT_TRUE(has_news(self));

	/* And go, and be made again. */
	ASSERT_EQ(0, rename(path_of(self, "run/dhcp/sources"), path_of(self, "elsewhere")));
	EXPECT_TRUE(has_news(self));
	write_file(path_of(self, "elsewhere/c.sources"));
	EXPECT_FALSE(has_news(self));
	ASSERT_EQ(0, rmdir(path_of(self, "run/dhcp")));
	has_news(self);
	ASSERT_EQ(0, mkdir(path_of(self, "run/dhcp"), 0700));
	has_news(self);
	ASSERT_EQ(0, rename(path_of(self, "elsewhere"), path_of(self, "run/dhcp/sources")));
	EXPECT_TRUE(has_news(self));
	write_file(path_of(self, "run/dhcp/sources/d.sources"));
	EXPECT_TRUE(has_news(self));
}

/* What leads to it was renamed, or points elsewhere: of that nobody tells. */
TEST_F(watch, a_reload_finds_a_directory_in_anothers_place)
{
	ASSERT_EQ(0, mkdir(path_of(self, "old"), 0700));
	ASSERT_EQ(0, mkdir(path_of(self, "new"), 0700));
	ASSERT_EQ(0, symlink("old", path_of(self, "link")));
	watch(self, "link");
	write_file(path_of(self, "link/a.sources"));
	EXPECT_TRUE(has_news(self));
	ASSERT_EQ(0, symlink("new", path_of(self, "link.tmp")));
	ASSERT_EQ(0, rename(path_of(self, "link.tmp"), path_of(self, "link")));
	watch(self, "link");
	write_file(path_of(self, "link/a.sources"));
	EXPECT_TRUE(has_news(self));
	/* The other one is none any more. */
	write_file(path_of(self, "old/b.sources"));
	EXPECT_FALSE(has_news(self));
	EXPECT_FALSE(has_news(self));
}

TEST_F(watch, one_directory_may_be_named_twice_and_another_be_in_it)
{
	struct config_sourcedir directories[3] = { 0 };
	const char *failed;

	ASSERT_EQ(0, mkdir(path_of(self, "a"), 0700));
	snprintf(directories[0].path, sizeof(directories[0].path), "%s", path_of(self, "a"));
	snprintf(directories[1].path, sizeof(directories[1].path), "%s", path_of(self, "./a"));
	snprintf(directories[2].path, sizeof(directories[2].path), "%s", path_of(self, "a/b"));
	ASSERT_EQ(0, source_watch_set(self->watch, directories, 3, self->now_ns, &failed));
	self->now_ns += 60 * S;
	EXPECT_TRUE(source_watch_take(self->watch, self->now_ns));
	self->now_ns += 60 * S;
	write_file(path_of(self, "a/x.sources"));
	EXPECT_TRUE(has_news(self));
	ASSERT_EQ(0, mkdir(path_of(self, "a/b"), 0700));
	EXPECT_TRUE(has_news(self));
	write_file(path_of(self, "a/b/x.sources"));
	EXPECT_TRUE(has_news(self));
	write_file(path_of(self, "a/y.sources"));
	EXPECT_TRUE(has_news(self));

	/* Others from now on. */
	ASSERT_EQ(0, source_watch_set(self->watch, &directories[2], 1, self->now_ns, &failed));
	self->now_ns += 60 * S;
	EXPECT_TRUE(source_watch_take(self->watch, self->now_ns));
	self->now_ns += 60 * S;
	write_file(path_of(self, "a/z.sources"));
	EXPECT_FALSE(has_news(self));
	write_file(path_of(self, "a/b/z.sources"));
	EXPECT_TRUE(has_news(self));
}

/* As a program that rewrites a file all the time: 5000 times in 10 s. */
TEST_F(watch, a_flood_is_read_ever_less_often)
{
	int readings = 0, i;

	watch(self, "");
	for (i = 0; i < 5000; i++) {
		write_file(path_of(self, "a.sources"));
		self->now_ns += S / 500;
		if (source_watch_fd(self->watch) >= 0 ||
		    self->now_ns >= source_watch_next_ns(self->watch))
			readings += source_watch_take(self->watch, self->now_ns);
	}
	EXPECT_LE(4, readings);
	EXPECT_GE(8, readings);
	/* The latest state is read at last, and when it was quiet the next one is at once. */
	self->now_ns += 11 * S;
	EXPECT_TRUE(source_watch_take(self->watch, self->now_ns));
	EXPECT_EQ(INT64_MAX, source_watch_next_ns(self->watch));
	self->now_ns += 60 * S;
	write_file(path_of(self, "a.sources"));
	EXPECT_FALSE(source_watch_take(self->watch, self->now_ns));
	EXPECT_EQ(self->now_ns + S / 10, source_watch_next_ns(self->watch));
}

/* More changes than the kernel keeps: some were missed, so nobody knows who writes. */
TEST_F(watch, an_overflow_is_a_change)
{
	FILE *limit = fopen("/proc/sys/fs/inotify/max_queued_events", "r");
	int most = 0, fd, i;

	if (!limit || fscanf(limit, "%d", &most) != 1 || most > 100000)
		SKIP(return, "machine: the kernel keeps more than 100000 events");
	fclose(limit);
	watch(self, "");
	fd = start_writing(path_of(self, "busy.sources"));
	EXPECT_FALSE(has_news(self));
	EXPECT_TRUE(source_watch_is_busy(self->watch, path_of(self, "busy.sources")));
	/* No event that is the same as the latest is kept. */
	for (i = 0; i <= most; i++)
		if (close(open(path_of(self, i % 2 ? "x" : "y"), O_WRONLY | O_CREAT, 0600)))
			abort();
	close(fd);
	EXPECT_TRUE(has_news(self));
	EXPECT_FALSE(source_watch_is_busy(self->watch, path_of(self, "busy.sources")));
	write_file(path_of(self, "a.sources"));
	EXPECT_TRUE(has_news(self));
}

TEST_HARNESS_MAIN
