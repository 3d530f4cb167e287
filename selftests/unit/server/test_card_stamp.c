// SPDX-License-Identifier: GPL-2.0-only
/*
 * Timestamps of network cards, on the server's side: what they are worth, and that no card can make
 * a timestamp worse than the answer says.
 */
#include "user/server/card_stamp.h"

#include <stdlib.h>
#include <string.h>

#include "selftests/unit/unit.h"
#include "user/server/sent.h"

#define US		1000LL
#define MS		1000000LL
#define S		1000000000LL

/* The system clock and the card's, at the latest reading of both. */
#define NOW_NS		(1767225600LL * S)
#define DEVICE_NS	(77 * S)

/* The time is ahead of the system clock. */
#define AHEAD_NS	(5 * S)

FIXTURE(card)
{
	struct time_content content;
	struct respond_time time;
	struct stamp_record records[16];
	struct stamp_table stamps;
	struct ntp_stamp stamp;
	uint8_t sent[100];
	uint64_t receive;
};

/* A card that is 10 ppm fast, and an answer that has left 100 us before the reading. */
FIXTURE_SETUP(card)
{
	memset(self, 0, sizeof(*self));
	self->content = (struct time_content){
		.raw_ns = 1,
		.time = { .origin_ns = NOW_NS, .offset_ns = AHEAD_NS, .maxerror_ns = MS },
		.stratum = 2,
		.cards[0] = { .device_ns = DEVICE_NS, .realtime_ns = NOW_NS, .width_ns = 200,
			      .rate_q32 = -42950, .interface = 3 },
		.card_count = 1,
	};
	self->stamp = (struct ntp_stamp){ .device_ns = DEVICE_NS - 100 * US, .has_device = true,
					  .interface = 3 };
	self->stamps = (struct stamp_table){ .records = self->records, .count = 16 };
	self->receive = 0xee12345600000001;
	/* Headers of the network, and the answer with its receive timestamp. */
	for (int i = 0; i < 8; i++)
		self->sent[42 + 32 + i] = (uint8_t)(self->receive >> (56 - 8 * i));
	stamp_table_save(&self->stamps, &(struct stamp_record){
		.receive = self->receive,
		.transmit = ntp_timestamp_from_ns(NOW_NS + AHEAD_NS - 120 * US),
		.doubt_ns = 7,
	});
	respond_prepare(&self->time, &self->content, -25, NOW_NS);
}

FIXTURE_TEARDOWN(card)
{
}

TEST_F(card, stamps_become_realtime)
{
	struct time_card *card = &self->content.cards[0];
	int64_t at_ns, error_ns;

	ASSERT_TRUE(card_stamp_convert(&self->content, &self->stamp, true, &at_ns, &error_ns));
	/* 100 us by a clock that is fast are 1 ns less. */
	EXPECT_EQ(NOW_NS - 100 * US + 1, at_ns);
	EXPECT_EQ(100 + 10 + 1, error_ns);
	/* The end of a packet of 90 bytes by 1 Gbit/s, and compensations. */
	self->stamp.length = 90;
	card->mbit = 1000;
	card->receive_ns = 600;
	card->transmit_ns = 300;
	ASSERT_TRUE(card_stamp_convert(&self->content, &self->stamp, true, &at_ns, &error_ns));
	EXPECT_EQ(NOW_NS - 100 * US + 1 + 752 - 600, at_ns);
	ASSERT_TRUE(card_stamp_convert(&self->content, &self->stamp, false, &at_ns, &error_ns));
	EXPECT_EQ(NOW_NS - 100 * US + 1 + 300, at_ns);
}

TEST_F(card, what_the_page_says_nothing_of)
{
	int64_t at_ns, error_ns;

	/* Of an unknown interface it is the only card's; of two, nobody knows. */
	self->stamp.interface = 0;
	EXPECT_TRUE(card_stamp_convert(&self->content, &self->stamp, true, &at_ns, &error_ns));
	self->content.cards[1] = self->content.cards[0];
	self->content.card_count = 2;
	EXPECT_FALSE(card_stamp_convert(&self->content, &self->stamp, true, &at_ns, &error_ns));
	self->stamp.interface = 4;
	EXPECT_FALSE(card_stamp_convert(&self->content, &self->stamp, true, &at_ns, &error_ns));
	self->content.cards[1].interface = 4;
	EXPECT_TRUE(card_stamp_convert(&self->content, &self->stamp, true, &at_ns, &error_ns));
	/* Too long after the reading: the daemon is kept from running, or the card was set. */
	self->stamp.device_ns = DEVICE_NS + 9 * S;
	EXPECT_FALSE(card_stamp_convert(&self->content, &self->stamp, true, &at_ns, &error_ns));
	self->stamp.has_device = false;
	EXPECT_FALSE(card_stamp_convert(&self->content, &self->stamp, true, &at_ns, &error_ns));
}

/* It converted by what no number holds. */
TEST_F(card, no_clock_has_every_rate)
{
	int64_t *rate_q32 = &self->content.cards[0].rate_q32, at_ns, error_ns;

	*rate_q32 = INT64_MAX;
	EXPECT_FALSE(card_stamp_convert(&self->content, &self->stamp, true, &at_ns, &error_ns));
	*rate_q32 = INT64_MIN;
	EXPECT_FALSE(card_stamp_convert(&self->content, &self->stamp, true, &at_ns, &error_ns));
	/* The system clock is slewed as fast as adjtimex allows. */
	*rate_q32 = -CHIME_ADJTIMEX_MAX_Q32;
	EXPECT_TRUE(card_stamp_convert(&self->content, &self->stamp, true, &at_ns, &error_ns));
}

TEST_F(card, gains)
{
	static const struct {
		int64_t later_ns, error_ns, gain_ns;	/* -1: refused */
	} rows[] = {
		{ 0, 0, 0 }, { 5000, 0, 5000 }, { MS, 0, MS }, { MS + 1, 5000, -1 },
		{ -1, 0, -1 }, { -50, 50, 0 }, { -51, 50, -1 },
		{ INT64_MAX, INT64_MAX, -1 }, { INT64_MIN, 50, -1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int64_t gain_ns = -1;
		bool believed = card_stamp_gain(rows[i].later_ns, rows[i].error_ns, &gain_ns);

		EXPECT_EQ(rows[i].gain_ns >= 0, believed) TH_LOG("%zu", i);
		EXPECT_EQ(rows[i].gain_ns, gain_ns) TH_LOG("%zu", i);
	}
}

/* --- answers that have left --- */

static enum sent_verdict note(FIXTURE_DATA(card) *self)
{
	return sent_note(&self->stamps, &self->time, self->sent, 42 + 48, &self->stamp, 0);
}

/* That of the record, as by the system clock. */
static int64_t left_ns(FIXTURE_DATA(card) *self)
{
	return ntp_timestamp_to_ns(stamp_table_find(&self->stamps, self->receive)->transmit) -
	       AHEAD_NS;
}

/* As cards do: first the kernel's timestamp, in a message of its own. */
TEST_F(card, the_kernels_and_then_the_cards)
{
	struct stamp_record *record = stamp_table_find(&self->stamps, self->receive);
	struct ntp_stamp kernels = { .realtime_ns = NOW_NS - 110 * US, .valid = true };
	struct ntp_stamp cards = self->stamp;

	self->stamp = kernels;
	EXPECT_EQ(SENT_NOTED, note(self));
	EXPECT_EQ(STAMP_BY_KERNEL, record->taker);
	EXPECT_LE(llabs(NOW_NS - 110 * US - left_ns(self)), 1);
	EXPECT_EQ(7, record->doubt_ns);
	self->stamp = cards;
	EXPECT_EQ(SENT_NOTED, note(self));
	EXPECT_EQ(STAMP_BY_CARD, record->taker);
	EXPECT_LE(llabs(NOW_NS - 100 * US - left_ns(self)), 2);
	EXPECT_LE(llabs(10 * US - (int64_t)record->doubt_ns), 2);
	EXPECT_FALSE(record->transmit & 1);
	/* Neither is heard again. */
	EXPECT_EQ(SENT_UNKNOWN, note(self));
	self->stamp = kernels;
	note(self);
	EXPECT_EQ(STAMP_BY_CARD, record->taker);
	EXPECT_LE(llabs(NOW_NS - 100 * US - left_ns(self)), 2);
}

/* A driver that leaves the kernel's out: the program's own is what it is judged by. */
TEST_F(card, alone)
{
	EXPECT_EQ(SENT_NOTED, note(self));
	EXPECT_LE(llabs(NOW_NS - 100 * US - left_ns(self)), 2);
	EXPECT_LE(20 * US - 2, stamp_table_find(&self->stamps, self->receive)->doubt_ns);
}

TEST_F(card, contradicts_what_is_known)
{
	self->stamp.device_ns = DEVICE_NS - 130 * US;
	EXPECT_EQ(SENT_CARD_REFUSED, note(self));
	self->stamp.device_ns = DEVICE_NS + 2 * MS;
	EXPECT_EQ(SENT_CARD_REFUSED, note(self));
	EXPECT_LE(llabs(NOW_NS - 120 * US - left_ns(self)), 1);
	EXPECT_EQ(STAMP_BY_DAEMON, stamp_table_find(&self->stamps, self->receive)->taker);
}

/* Without a time nothing can be told of it, and of another answer nobody will ask. */
TEST_F(card, nobody_waits_for_it)
{
	self->time.content.stratum = TIME_STRATUM_NONE;
	EXPECT_EQ(SENT_UNKNOWN, note(self));
	self->time.content.stratum = 2;
	self->sent[42 + 33]++;
	EXPECT_EQ(SENT_UNKNOWN, note(self));
	EXPECT_EQ(SENT_UNKNOWN, sent_note(&self->stamps, &self->time, self->sent, 20,
					  &self->stamp, 0));
}

/* Whatever a card says: what is told is off the kernel's timestamp by the doubt that is told. */
TEST_F(card, any_stamp)
{
	struct unit_random random = { 11 };
	int taken = 0;

	for (int run = 0; run < 200000; run++) {
		struct time_card *card = &self->time.content.cards[0];
		struct stamp_record *record = stamp_table_find(&self->stamps, self->receive);
		int64_t gained_ns;

		record->transmit = ntp_timestamp_from_ns(NOW_NS + AHEAD_NS);
		record->taker = STAMP_BY_KERNEL;
		record->doubt_ns = 0;
		*card = (struct time_card){
			.device_ns = unit_random_s64(&random),
			.realtime_ns = run % 2 ? NOW_NS : unit_random_s64(&random),
			.width_ns = unit_random_s64(&random) & INT64_MAX,
			.rate_q32 = unit_random_s64(&random) >> 20,
			.receive_ns = unit_random_s64(&random) >> 40,
			.transmit_ns = unit_random_s64(&random) >> 40,
			.interface = 3, .mbit = (uint32_t)unit_random(&random),
		};
		self->stamp.length = (uint32_t)unit_random(&random);
		self->stamp.device_ns = run % 2 ? card->device_ns / 2 * 2 + run % 3000000 :
						  unit_random_s64(&random);
		taken += note(self) == SENT_NOTED;
		gained_ns = left_ns(self) - NOW_NS;
		ASSERT_LE(-2, gained_ns);
		ASSERT_GE(MS + 2, gained_ns);
		ASSERT_LE(gained_ns, (int64_t)record->doubt_ns + 2);
	}
	EXPECT_LT(1000, taken);
}

TEST_HARNESS_MAIN
