// SPDX-License-Identifier: GPL-2.0-only
/*
 * Timestamps of answers: told once, the oldest forgotten first.
 */
#include "user/server/stamp_table.h"

#include <string.h>

#include "selftests/unit/unit.h"

#define RECORDS	64

FIXTURE(table)
{
	struct stamp_record records[RECORDS];
	struct stamp_table table;
};

FIXTURE_SETUP(table)
{
	memset(self->records, 0, sizeof(self->records));
	self->table = (struct stamp_table){ .records = self->records, .count = RECORDS };
}

FIXTURE_TEARDOWN(table)
{
}

static void save(FIXTURE_DATA(table) *self, uint64_t receive, uint64_t transmit)
{
	struct stamp_record record = { .receive = receive, .transmit = transmit, .doubt_ns = 9 };

	stamp_table_save(&self->table, &record);
}

TEST_F(table, told_once)
{
	struct stamp_record record;

	save(self, 1001, 5);
	EXPECT_FALSE(stamp_table_take(&self->table, 1003, &record));
	ASSERT_TRUE(stamp_table_take(&self->table, 1001, &record));
	EXPECT_EQ(5, record.transmit);
	EXPECT_EQ(STAMP_BY_DAEMON, record.taker);
	EXPECT_EQ(9, record.doubt_ns);
	EXPECT_FALSE(stamp_table_take(&self->table, 1001, &record));
}

/* An earlier process has left it, whose code may not have been its own. */
TEST_F(table, nobody_took_it)
{
	struct stamp_record record, *kept;

	save(self, 1001, 5);
	kept = stamp_table_find(&self->table, 1001);
	ASSERT_NE(NULL, kept);
	kept->taker = STAMP_BY_CARD + 1;
	EXPECT_FALSE(stamp_table_take(&self->table, 1001, &record));
	EXPECT_EQ(NULL, stamp_table_find(&self->table, 1001));
}

TEST_F(table, a_better_one_takes_its_place)
{
	struct stamp_record record, *kept;

	save(self, 1001, 5);
	EXPECT_EQ(NULL, stamp_table_find(&self->table, 1003));
	kept = stamp_table_find(&self->table, 1001);
	ASSERT_NE(NULL, kept);
	kept->transmit = 7;
	ASSERT_TRUE(stamp_table_take(&self->table, 1001, &record));
	EXPECT_EQ(7, record.transmit);
	EXPECT_EQ(NULL, stamp_table_find(&self->table, 1001));
}

/* A quarter of the table at least is kept of the latest, also where the era wraps. */
TEST_F(table, the_oldest_go_first)
{
	struct unit_random random = { 3 };
	uint64_t receive = UINT64_MAX - (5000ULL << 32), latest[RECORDS / 4];
	struct stamp_record record;
	int found = 0;

	for (int i = 0; i < 10000; i++) {
		receive += (1ULL << 32) + (unit_random(&random) & UINT32_MAX);
		save(self, receive | 1, i);
		latest[i % (RECORDS / 4)] = receive | 1;
	}
	for (int i = 0; i < RECORDS / 4; i++)
		found += stamp_table_take(&self->table, latest[i], &record);
	/* A bucket may have had more than its share. */
	EXPECT_LT(RECORDS / 4 - 3, found);
}

/* What chronyd reports as well: how many are held, and over how long. */
TEST_F(table, says_how_many_it_holds_and_of_how_long)
{
	const uint64_t start = UINT64_MAX - (5ULL << 32);
	struct stamp_record record;
	uint32_t span_s = 7;

	EXPECT_EQ(0, stamp_table_held(self->records, RECORDS, &span_s));
	EXPECT_EQ(0, span_s);
	save(self, start | 1, 5);
	EXPECT_EQ(1, stamp_table_held(self->records, RECORDS, &span_s));
	EXPECT_EQ(0, span_s);
	/* Into another era, in buckets before the first. */
	save(self, (start + (20ULL << 32)) | 5, 5);
	save(self, (start + (9ULL << 32)) | 9, 5);
	EXPECT_EQ(3, stamp_table_held(self->records, RECORDS, &span_s));
	EXPECT_EQ(20, span_s);
	EXPECT_TRUE(stamp_table_take(&self->table, (start + (20ULL << 32)) | 5, &record));
	EXPECT_EQ(2, stamp_table_held(self->records, RECORDS, &span_s));
	EXPECT_EQ(9, span_s);
	EXPECT_EQ(0, stamp_table_held(NULL, 0, &span_s));
	EXPECT_EQ(0, span_s);
}

/*
 * Clients in the interleaved mode, half as many as there are records: as many as a server has room
 * for. Each is told a timestamp with every answer, but for a few whose buckets are full.
 */
TEST_F(table, half_full_it_forgets_next_to_nothing)
{
	enum { MANY = 8192, CLIENTS = MANY / 2, ROUNDS = 20 };
	static struct stamp_record many[MANY];
	static uint64_t receive[CLIENTS];
	struct stamp_table table = { .records = many, .count = MANY };
	struct unit_random random = { 3 };
	uint64_t now = 0;
	struct stamp_record record;
	int lost = 0;

	for (int i = 0; i < CLIENTS * ROUNDS; i++) {
		uint64_t *of_client = &receive[i % CLIENTS];

		lost += *of_client && !stamp_table_take(&table, *of_client, &record);
		now += 1ULL << 32;
		*of_client = now | (unit_random(&random) & UINT32_MAX) | 1;
		record = (struct stamp_record){ .receive = *of_client, .transmit = 2 };
		stamp_table_save(&table, &record);
	}
	EXPECT_GT(CLIENTS * ROUNDS / 100, lost);
}

TEST_F(table, none_is_kept)
{
	struct stamp_record record;

	self->table.count = 0;
	save(self, 1001, 5);
	EXPECT_EQ(NULL, stamp_table_find(&self->table, 1001));
	EXPECT_FALSE(stamp_table_take(&self->table, 1001, &record));
	self->table.count = RECORDS;
	save(self, 0, 5);
	EXPECT_FALSE(stamp_table_take(&self->table, 0, &record));
}

TEST_HARNESS_MAIN
