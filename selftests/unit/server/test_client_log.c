// SPDX-License-Identifier: GPL-2.0-only
/*
 * Clients: the rate limit against its definition, and a table that is smaller than the number of
 * clients.
 */
#include "user/server/client_log.h"

#include <stdlib.h>
#include <string.h>

#include "selftests/unit/unit.h"
#include "user/lib/time_units.h"

#define RECORDS		64

static struct net_address client(uint32_t number)
{
	struct net_address address = { .family = AF_INET };

	memcpy(address.bytes, &number, sizeof(number));

	return address;
}

FIXTURE(log)
{
	struct client_record records[RECORDS];
	struct client_log log;
};

FIXTURE_SETUP(log)
{
	memset(self->records, 0, sizeof(self->records));
	self->log = (struct client_log){
		.records = self->records,
		.count = RECORDS,
		.seed = { 1, 2 },
		.limit = { .enabled = true, .interval_ns = 8 * NS_PER_S, .burst = 4, .leak = 2 },
	};
}

FIXTURE_TEARDOWN(log)
{
}

static struct client_record *record_of(struct client_log *log, uint32_t number)
{
	struct net_address address = client(number);

	for (size_t i = 0; i < log->count; i++) {
		if (log->records[i].family && !memcmp(log->records[i].address, address.bytes, 16))
			return &log->records[i];
	}

	return NULL;
}

/* Bits that neither leak nor tell. */
#define NEVER	UINT64_MAX

TEST_F(log, a_burst_is_answered_and_then_one_an_interval)
{
	struct net_address address = client(1);
	int64_t now_ns = NS_PER_S;
	int answered = 0;

	for (int i = 0; i < 10; i++)
		answered += client_log_note(&self->log, &address, now_ns, NEVER) == CLIENT_ANSWER;
	EXPECT_EQ(4, answered);
	for (int s = 1; s <= 80; s++)
		answered += client_log_note(&self->log, &address, now_ns + s * NS_PER_S, NEVER) ==
			    CLIENT_ANSWER;
	EXPECT_EQ(4 + 10, answered);
	EXPECT_EQ(90, record_of(&self->log, 1)->hits);
	EXPECT_EQ(90 - 14, record_of(&self->log, 1)->drops);
	/* After a long silence the burst is there again, and no longer. */
	now_ns += 1000 * NS_PER_S;
	answered = 0;
	for (int i = 0; i < 10; i++)
		answered += client_log_note(&self->log, &address, now_ns, NEVER) == CLIENT_ANSWER;
	EXPECT_EQ(4, answered);
}

TEST_F(log, some_of_the_rest_are_answered_and_some_are_told)
{
	struct unit_random random = { 7 };
	struct net_address address = client(1);
	int counts[3] = { 0 };

	self->log.limit.kod = 1;
	for (int i = 0; i < 10000; i++)
		counts[client_log_note(&self->log, &address, NS_PER_S, unit_random(&random))]++;
	EXPECT_GT(2700, counts[CLIENT_ANSWER]);
	EXPECT_LT(2300, counts[CLIENT_ANSWER]);
	/* Half of what is left. */
	EXPECT_GT(4000, counts[CLIENT_KISS]);
	EXPECT_LT(3500, counts[CLIENT_KISS]);
}

TEST_F(log, clients_do_not_share_a_limit)
{
	for (uint32_t i = 0; i < 20; i++) {
		struct net_address address = client(i);

		for (int n = 0; n < 4; n++)
			EXPECT_EQ(CLIENT_ANSWER,
				  client_log_note(&self->log, &address, NS_PER_S, NEVER));
		EXPECT_EQ(CLIENT_DROP, client_log_note(&self->log, &address, NS_PER_S, NEVER));
	}
}

/* The table outlives a reload. What a client owes by the limit before is none of the new one's. */
TEST_F(log, a_limit_that_was_relaxed_is_so_for_whom_it_had_hit)
{
	struct net_address address = client(1);
	int64_t now_ns = NS_PER_S;

	self->log.limit.interval_ns = 4096 * NS_PER_S;
	self->log.limit.burst = 255;
	for (int i = 0; i < 300; i++)
		client_log_note(&self->log, &address, now_ns, NEVER);
	self->log.limit.interval_ns = 8 * NS_PER_S;
	self->log.limit.burst = 4;
	EXPECT_EQ(CLIENT_DROP, client_log_note(&self->log, &address, now_ns, NEVER));
	EXPECT_EQ(CLIENT_ANSWER,
		  client_log_note(&self->log, &address, now_ns + 8 * NS_PER_S, NEVER));
	EXPECT_EQ(CLIENT_DROP,
		  client_log_note(&self->log, &address, now_ns + 8 * NS_PER_S, NEVER));
}

/* Nor is what a process has written there whose code was not its own any more. */
TEST_F(log, nobody_owes_more_than_a_burst)
{
	static const int64_t dues_ns[] = { INT64_MAX, INT64_MIN };
	struct net_address address = client(1);

	for (size_t i = 0; i < ARRAY_SIZE(dues_ns); i++) {
		client_log_note(&self->log, &address, NS_PER_S, NEVER);
		record_of(&self->log, 1)->due_ns = dues_ns[i];
		client_log_note(&self->log, &address, NS_PER_S, NEVER);
		EXPECT_EQ(CLIENT_ANSWER,
			  client_log_note(&self->log, &address, 9 * NS_PER_S, NEVER));
	}
}

TEST_F(log, no_limit_no_log)
{
	struct net_address address = client(1);

	self->log.limit.enabled = false;
	for (int i = 0; i < 100; i++)
		EXPECT_EQ(CLIENT_ANSWER, client_log_note(&self->log, &address, 0, NEVER));
	EXPECT_EQ(100, record_of(&self->log, 1)->hits);
	self->log.count = 0;
	self->log.limit.enabled = true;
	for (int i = 0; i < 100; i++)
		EXPECT_EQ(CLIENT_ANSWER, client_log_note(&self->log, &address, 0, NEVER));
}

TEST_F(log, intervals_are_averaged)
{
	struct net_address address = client(1);

	self->log.limit.enabled = false;
	for (int i = 0; i < 40; i++)
		client_log_note(&self->log, &address, i * 16 * NS_PER_S, NEVER);
	EXPECT_EQ(16 * NS_PER_S, record_of(&self->log, 1)->interval_ns);
	EXPECT_EQ(16 * NS_PER_S, record_of(&self->log, 1)->answer_interval_ns);
	EXPECT_EQ(39 * 16 * NS_PER_S, record_of(&self->log, 1)->last_ns);
}

/* Who has not asked for longest is forgotten, and one who keeps asking never is. */
TEST_F(log, more_clients_than_records)
{
	struct net_address steady = client(1);
	size_t kept = 0;

	for (uint32_t i = 0; i < 100000; i++) {
		struct net_address address = client(1000 + i);

		client_log_note(&self->log, &steady, i * NS_PER_S, NEVER);
		client_log_note(&self->log, &address, i * NS_PER_S, NEVER);
	}
	ASSERT_NE(NULL, record_of(&self->log, 1));
	EXPECT_EQ(100000, record_of(&self->log, 1)->hits);
	for (size_t i = 0; i < RECORDS; i++)
		kept += self->records[i].family != 0;
	EXPECT_EQ(RECORDS, kept);
	EXPECT_EQ(100001 - RECORDS, self->log.replaced);
}

TEST_F(log, ipv4_and_ipv6_are_two)
{
	struct net_address ipv4 = client(1), ipv6 = ipv4;

	ipv6.family = AF_INET6;
	client_log_note(&self->log, &ipv4, 0, NEVER);
	client_log_note(&self->log, &ipv6, 0, NEVER);
	EXPECT_EQ(1, record_of(&self->log, 1)->hits);
}

TEST_HARNESS_MAIN
