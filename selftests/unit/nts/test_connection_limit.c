// SPDX-License-Identifier: GPL-2.0-only
/*
 * How often clients may connect, to one process and to several that share the table.
 */
#include "user/nts/connection_limit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "selftests/unit/unit.h"
#include "user/lib/time_units.h"

#define NOW_NS		(1000 * NS_PER_S)

#define BURST		8
#define INTERVAL_NS	(64 * NS_PER_S)

/* Bits by which none of the connections beyond the limit is let in. */
#define NO_LEAK		1

FIXTURE(limit) {
	struct nts_clients *clients;
	struct nts_settings settings;
	struct connection_limit limit;
};

FIXTURE_SETUP(limit)
{
	self->clients = mmap(NULL, sizeof(*self->clients), PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)self->clients);
	self->settings = (struct nts_settings){
		.limit = { .enabled = true, .interval_ns = INTERVAL_NS, .burst = BURST, .leak = 2 },
		.seed = { 1, 2 },
		.records = true,
	};
	connection_limit_init(&self->limit, self->clients, &self->settings);
}

FIXTURE_TEARDOWN(limit)
{
	munmap(self->clients, sizeof(*self->clients));
}

static bool connects(struct _test_data_limit *self, uint8_t client, int64_t now_ns, uint64_t random)
{
	struct net_address address = { .family = AF_INET, .bytes = { 192, 0, 2, client } };

	return connection_limit_allows(&self->limit, &address, now_ns, random);
}

static uint64_t hits_of_all(const struct _test_data_limit *self)
{
	uint64_t hits = 0;

	for (size_t i = 0; i < NTS_CLIENTS; i++)
		hits += self->clients->records[i].hits;
	return hits;
}

TEST_F(limit, a_burst_and_then_one_in_an_interval)
{
	for (int i = 0; i < BURST; i++)
		EXPECT_TRUE(connects(self, 1, NOW_NS, NO_LEAK));
	EXPECT_FALSE(connects(self, 1, NOW_NS, NO_LEAK));
	/* Others are not in its way, nor it in theirs. */
	EXPECT_TRUE(connects(self, 2, NOW_NS, NO_LEAK));
	EXPECT_FALSE(connects(self, 1, NOW_NS + INTERVAL_NS - 1, NO_LEAK));
	EXPECT_TRUE(connects(self, 1, NOW_NS + INTERVAL_NS, NO_LEAK));
	EXPECT_FALSE(connects(self, 1, NOW_NS + INTERVAL_NS, NO_LEAK));
}

TEST_F(limit, some_get_in_all_the_same)
{
	int allowed = 0;

	for (int i = 0; i < BURST; i++)
		EXPECT_TRUE(connects(self, 1, NOW_NS, NO_LEAK));
	for (uint64_t random = 0; random < 400; random++)
		allowed += connects(self, 1, NOW_NS, random);
	EXPECT_EQ(100, allowed);
}

TEST_F(limit, without_one_all_connect)
{
	self->settings.limit.enabled = false;
	connection_limit_init(&self->limit, self->clients, &self->settings);
	for (int i = 0; i < 1000; i++)
		EXPECT_TRUE(connects(self, 1, NOW_NS, NO_LEAK));
	EXPECT_EQ(1000, hits_of_all(self));
}

TEST_F(limit, without_records_there_is_none)
{
	self->settings.records = false;
	connection_limit_init(&self->limit, self->clients, &self->settings);
	for (int i = 0; i < 1000; i++)
		EXPECT_TRUE(connects(self, 1, NOW_NS, NO_LEAK));
	EXPECT_EQ(0, hits_of_all(self));
}

/* A process: how many of its attempts succeed. */
static int attempt(struct _test_data_limit *self)
{
	int allowed = 0;

	connection_limit_init(&self->limit, self->clients, &self->settings);
	for (int i = 0; i < 2000; i++)
		allowed += connects(self, 1, NOW_NS, NO_LEAK);
	return allowed;
}

TEST_F(limit, all_processes_together)
{
	int allowed = 0, status;
	pid_t pids[4];

	for (int i = 0; i < 4; i++) {
		pids[i] = fork();
		if (!pids[i])
			_exit(attempt(self));
	}
	for (int i = 0; i < 4; i++) {
		ASSERT_EQ(pids[i], waitpid(pids[i], &status, 0));
		allowed += WEXITSTATUS(status);
	}
	EXPECT_EQ(BURST, allowed);
}

/* One was killed in the middle of it. */
TEST_F(limit, a_lock_that_nobody_holds_any_more_stops_nobody)
{
	self->clients->lock = 1;
	EXPECT_TRUE(connects(self, 1, NOW_NS, NO_LEAK));
	EXPECT_EQ(0, self->clients->lock);
}

TEST_HARNESS_MAIN
