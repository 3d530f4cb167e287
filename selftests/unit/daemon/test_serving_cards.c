// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the server is told of the clocks of network cards, which are stand-ins.
 */
#include "user/daemon/serving_cards.h"

#include <errno.h>
#include <linux/ptp_clock.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "selftests/unit/unit.h"
#include "selftests/unit/wrapped_calls.h"
#include "user/lib/clock_ns.h"
#include "user/lib/time_units.h"
#include "user/server/card_stamp.h"

#define PPM_Q32		4294.967296

/* The card's clock is so much behind the system clock. */
#define BEHIND_NS	(1000 * NS_PER_S)

static struct {
	bool broken;
	int asked;
} world;

int __wrap_ioctl(int fd, unsigned long request, void *argument)
{
	struct ptp_sys_offset_precise *precise = argument;
	int64_t now_ns = clock_ns(CLOCK_REALTIME), device_ns = now_ns - BEHIND_NS;

	world.asked++;
	if (world.broken || request != PTP_SYS_OFFSET_PRECISE) {
		errno = EIO;
		return -1;
	}
	precise->sys_realtime.sec = now_ns / NS_PER_S;
	precise->sys_realtime.nsec = (uint32_t)(now_ns % NS_PER_S);
	precise->device.sec = device_ns / NS_PER_S;
	precise->device.nsec = (uint32_t)(device_ns % NS_PER_S);
	return 0;
}

FIXTURE(cards) {
	struct hardware hardware;
	struct serving_cards cards;
	struct time_content content;
};

FIXTURE_SETUP(cards)
{
	memset(self, 0, sizeof(*self));
	memset(&world, 0, sizeof(world));
	self->hardware.count = 1;
	self->hardware.cards[0] = (struct hardware_card){
		.index = 3, .device = { .fd = -1 }, .mbit = 1000,
		.options = { .receive_ns = 645, .transmit_ns = 300 },
	};
	serving_cards_init(&self->cards, &self->hardware);
}

FIXTURE_TEARDOWN(cards)
{
}

TEST_F(cards, none)
{
	serving_cards_init(&self->cards, NULL);
	EXPECT_FALSE(serving_cards_exist(&self->cards));
	EXPECT_EQ(INT64_MAX, self->cards.next_ns);
	self->content.card_count = 1;
	serving_cards_read(&self->cards, 0, &self->content);
	EXPECT_EQ(0, self->content.card_count);
	self->hardware.count = 0;
	serving_cards_init(&self->cards, &self->hardware);
	EXPECT_EQ(INT64_MAX, self->cards.next_ns);
	EXPECT_EQ(0, world.asked);
}

/* From the second reading on, a second later, a stamp of now is known to be of now. */
TEST_F(cards, are_told_when_their_rate_is_known)
{
	struct ntp_stamp stamp = { .has_device = true, .interface = 3 };
	int64_t at_ns, error_ns, now_ns;

	EXPECT_TRUE(serving_cards_exist(&self->cards));
	EXPECT_EQ(INT64_MIN, self->cards.next_ns);
	serving_cards_read(&self->cards, 0, &self->content);
	EXPECT_EQ(0, self->content.card_count);
	EXPECT_LT(clock_ns(CLOCK_MONOTONIC_RAW), self->cards.next_ns);
	usleep(1050000);
	EXPECT_GE(clock_ns(CLOCK_MONOTONIC_RAW), self->cards.next_ns);
	serving_cards_read(&self->cards, 0, &self->content);
	ASSERT_EQ(1, self->content.card_count);
	EXPECT_EQ(3, self->content.cards[0].interface);
	EXPECT_EQ(1000, self->content.cards[0].mbit);
	EXPECT_EQ(645, self->content.cards[0].receive_ns);
	EXPECT_EQ(300, self->content.cards[0].transmit_ns);
	now_ns = clock_ns(CLOCK_REALTIME);
	stamp.device_ns = now_ns - BEHIND_NS;
	ASSERT_TRUE(card_stamp_convert(&self->content, &stamp, true, &at_ns, &error_ns));
	EXPECT_LE(llabs(at_ns - (now_ns - 645)), 1000);
	/* A card that cannot be read is not told of, and one that was put in anew is. */
	world.broken = true;
	serving_cards_read(&self->cards, 0, &self->content);
	EXPECT_EQ(0, self->content.card_count);
	world.broken = false;
	self->hardware.cards[0].device.method = PTP_CLOCK_PRECISE;
	serving_cards_read(&self->cards, 0, &self->content);
	EXPECT_EQ(1, self->content.card_count);
	serving_cards_init(&self->cards, &self->hardware);
	serving_cards_read(&self->cards, 0, &self->content);
	EXPECT_EQ(0, self->content.card_count);
}

/* A new rate of the system clock counts from now on, whatever it was between the readings. */
TEST(a_steered_system_clock)
{
	struct hardware_clock clock = { .count = 2, .has_rate = true, .rate = -20e-6,
					.latest = { .device_ns = 77, .width_ns = 9 } };
	struct time_card card = { .interface = 3 };

	ASSERT_TRUE(serving_card_fill(&clock, 1234, 100e-6, &card));
	EXPECT_EQ(77, card.device_ns);
	EXPECT_EQ(1234, card.realtime_ns);
	EXPECT_EQ(9, card.width_ns);
	EXPECT_LE(llabs(card.rate_q32 - (int64_t)((80 - 0.002) * PPM_Q32)), 1);
	clock.has_rate = false;
	EXPECT_FALSE(serving_card_fill(&clock, 1234, 0, &card));
}

TEST_HARNESS_MAIN
