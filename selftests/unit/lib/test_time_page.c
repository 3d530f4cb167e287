// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page of time: what is written is read, never half of it, and nobody else can write.
 */
#include "user/lib/time_page.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#include "selftests/unit/unit.h"

#define MS	1000000LL

FIXTURE(page)
{
	struct time_page *page;
	const struct time_page *mapped;
	int fd;
};

FIXTURE_SETUP(page)
{
	ASSERT_EQ(0, time_page_create(&self->page, &self->fd));
	ASSERT_EQ(0, time_page_map(&self->mapped, self->fd));
}

FIXTURE_TEARDOWN(page)
{
	time_page_unmap(self->page);
	time_page_unmap(self->mapped);
	close(self->fd);
}

TEST_F(page, a_new_one_is_not_synchronised)
{
	struct time_content content;

	ASSERT_TRUE(time_page_read(self->mapped, &content));
	EXPECT_EQ(TIME_STRATUM_NONE, content.stratum);
}

TEST_F(page, what_is_written_is_read)
{
	struct time_content written, content;

	memset(&written, 0x5a, sizeof(written));
	time_page_write(self->page, &written);
	ASSERT_TRUE(time_page_read(self->mapped, &content));
	EXPECT_EQ(0, memcmp(&written, &content, sizeof(content)));
}

TEST_F(page, nobody_else_can_write)
{
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, 0));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(-1, write(self->fd, "x", 1));
	EXPECT_EQ(-1, ftruncate(self->fd, 0));
}

TEST_F(page, who_was_stopped_while_writing_leaves_nothing)
{
	struct time_content content = { .stratum = 2 };

	time_page_write(self->page, &content);
	/* The first word is the sequence. */
	atomic_fetch_add((atomic_uint_least64_t *)self->page, 1);
	EXPECT_FALSE(time_page_read(self->mapped, &content));
	EXPECT_EQ(TIME_STRATUM_NONE, content.stratum);
}

static atomic_bool stop;

static void *write_always(void *context)
{
	struct time_content content;
	uint8_t byte = 0;

	while (!stop) {
		memset(&content, ++byte, sizeof(content));
		time_page_write(context, &content);
	}

	return NULL;
}

TEST_F(page, never_half_of_it)
{
	struct time_content content, expected;
	pthread_t thread;
	int whole = 0;

	memset(&content, 0, sizeof(content));
	time_page_write(self->page, &content);
	ASSERT_EQ(0, pthread_create(&thread, NULL, write_always, self->page));
	for (int i = 0; i < 200000; i++) {
		if (!time_page_read(self->mapped, &content))
			continue;
		memset(&expected, (uint8_t)content.raw_ns, sizeof(expected));
		ASSERT_EQ(0, memcmp(&expected, &content, sizeof(content)));
		whole++;
	}
	stop = true;
	pthread_join(thread, NULL);
	EXPECT_LT(1000, whole);
}

TEST(half_of_the_delay_is_in_the_bound)
{
	struct time_content content = {
		.time = { .origin_ns = 1000 * MS, .maxerror_ns = 30 * MS,
			  .maxerror_rate_q32 = (1LL << 32) / 1000 },
		.root_delay_ns = 20 * MS,
	};

	EXPECT_EQ(20 * MS, time_content_dispersion_ns(&content, 1000 * MS));
	EXPECT_EQ(21 * MS, (time_content_dispersion_ns(&content, 2000 * MS) + 500) / 1000 * 1000);
	content.root_delay_ns = 80 * MS;
	EXPECT_EQ(0, time_content_dispersion_ns(&content, 1000 * MS));
}

TEST_HARNESS_MAIN
