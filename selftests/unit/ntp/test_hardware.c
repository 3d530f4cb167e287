// SPDX-License-Identifier: GPL-2.0-only
/*
 * Network cards: what is asked of the kernel, and what is said when it refuses. The cards are
 * stand-ins, but for the loopback interface, which is the kernel's own and has no clock.
 */
#include "user/ntp/hardware.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/net_tstamp.h>
#include <linux/ptp_clock.h>
#include <linux/sockios.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <syslog.h>
#include <unistd.h>

#include "selftests/unit/unit.h"
#include "selftests/unit/wrapped_calls.h"
#include "user/lib/log.h"

#define LOOPBACK	"lo"

static struct {
	bool real;			/* ask the kernel */
	uint32_t filters;
	uint32_t speed;			/* of the link */
	struct hwtstamp_config set;
	int set_calls;
	int set_error;
	bool is_on;			/* somebody else has switched it on */
	int open_error;
	char opened[64];
	bool precise;
	int precise_asked;
	int precise_error;		/* unless it is precise */
	int extended_asked;
	int extended_error;
	int basic_asked;
	int basic_error;
	int64_t backwards_s;		/* the system clock between two readings of it */
	bool absurd;			/* all clocks are at the end of time */
	int messages;
	int level;
	char message[256];
} world;

static int refuse(int error)
{
	errno = error;
	return -1;
}

/* A card with the clock 5. */
static int answer_ethtool(void *data)
{
	struct ethtool_link_settings *link = data;
	struct ethtool_ts_info *info = data;

	switch (*(uint32_t *)data) {
	case ETHTOOL_GET_TS_INFO:
		info->so_timestamping = SOF_TIMESTAMPING_RAW_HARDWARE;
		info->phc_index = 5;
		info->rx_filters = world.filters;
		return 0;
	case ETHTOOL_GLINKSETTINGS:
		if (link->link_mode_masks_nwords != 3)
			link->link_mode_masks_nwords = -3;
		else
			link->speed = world.speed;
		return 0;
	}
	return refuse(EOPNOTSUPP);
}

int __wrap_ioctl(int fd, unsigned long request, void *argument)
{
	struct ptp_sys_offset_extended *extended = argument;
	struct ptp_sys_offset_precise *precise = argument;
	struct ptp_sys_offset *basic = argument;
	struct hwtstamp_config *config;
	struct ifreq *ifr = argument;

	if (world.real)
		return __real_ioctl(fd, request, argument);
	switch (request) {
	case SIOCETHTOOL:
		return answer_ethtool(ifr->ifr_data);
	case SIOCGHWTSTAMP:
		config = (void *)ifr->ifr_data;
		if (world.is_on)
			*config = (struct hwtstamp_config){ .tx_type = HWTSTAMP_TX_ON,
							    .rx_filter = HWTSTAMP_FILTER_ALL };
		return 0;
	case SIOCSHWTSTAMP:
		world.set_calls++;
		world.set = *(struct hwtstamp_config *)(void *)ifr->ifr_data;
		return world.set_error ? refuse(world.set_error) : 0;
	case PTP_SYS_OFFSET_PRECISE:
		world.precise_asked++;
		precise->device = (struct ptp_clock_time){ .sec = 100 };
		precise->sys_realtime = (struct ptp_clock_time){ .sec = 1000 };
		return world.precise ? 0 : refuse(world.precise_error);
	case PTP_SYS_OFFSET_EXTENDED:
		world.extended_asked++;
		for (unsigned int i = 0; i < extended->n_samples; i++) {
			extended->ts[i][0] = (struct ptp_clock_time){ 1000, 100, 0 };
			extended->ts[i][1] = (struct ptp_clock_time){ 100, 0, 0 };
			extended->ts[i][2] = extended->ts[i][0];
			extended->ts[i][2].nsec += i == 3 ? 200 : 8900;
			extended->ts[i][2].sec -= world.backwards_s;
			for (int j = 0; world.absurd && j < 3; j++)
				extended->ts[i][j] = (struct ptp_clock_time){
					INT64_MAX / 1000000000 - 1, UINT32_MAX, 0,
				};
		}
		return world.extended_error ? refuse(world.extended_error) : 0;
	case PTP_SYS_OFFSET:
		world.basic_asked++;
		for (unsigned int i = 0; i < 2 * basic->n_samples + 1; i++)
			basic->ts[i] = i % 2 ? (struct ptp_clock_time){ 100, 0, 0 } :
				       (struct ptp_clock_time){ 1000, 100 + 250 * i, 0 };
		return world.basic_error ? refuse(world.basic_error) : 0;
	}
	return refuse(ENOTTY);
}

int __wrap_open(const char *path, int flags, ...)
{
	if (world.real)
		return __real_open(path, flags);
	snprintf(world.opened, sizeof(world.opened), "%s", path);
	return world.open_error ? refuse(world.open_error) : dup(STDERR_FILENO);
}

#define LOG_FUNCTION(name, number)						\
	void name(const char *format, ...)					\
	{									\
		va_list arguments;						\
										\
		world.messages++;						\
		world.level = number;						\
		va_start(arguments, format);					\
		vsnprintf(world.message, sizeof(world.message), format, arguments); \
		va_end(arguments);						\
	}

LOG_FUNCTION(log_warning, LOG_WARNING)
LOG_FUNCTION(log_notice, LOG_NOTICE)
LOG_FUNCTION(log_info, LOG_INFO)

FIXTURE(card) {
	struct hardware_options options;
	struct hardware hardware;
};

FIXTURE_SETUP(card)
{
	memset(&world, 0, sizeof(world));
	memset(self, 0, sizeof(*self));
	world.speed = SPEED_1000;
	world.precise_error = EOPNOTSUPP;
	world.filters = 1u << HWTSTAMP_FILTER_NONE | 1u << HWTSTAMP_FILTER_ALL |
			1u << HWTSTAMP_FILTER_NTP_ALL;
	snprintf(self->options.interface, sizeof(self->options.interface), LOOPBACK);
}

FIXTURE_TEARDOWN(card)
{
	hardware_close(&self->hardware);
}

static size_t open_card(FIXTURE_DATA(card) *self)
{
	hardware_open(&self->hardware, &self->options, 1);
	return self->hardware.count;
}

TEST_F(card, is_switched_on)
{
	ASSERT_EQ(1, open_card(self));
	EXPECT_EQ(HWTSTAMP_TX_ON, world.set.tx_type);
	EXPECT_EQ(HWTSTAMP_FILTER_NTP_ALL, world.set.rx_filter);
	EXPECT_STREQ("/dev/ptp5", world.opened);
	EXPECT_EQ(1000, self->hardware.cards[0].mbit);
	EXPECT_EQ(if_nametoindex(LOOPBACK), self->hardware.cards[0].index);
	EXPECT_EQ(1, world.messages);
	EXPECT_EQ(LOG_INFO, world.level);
}

/* It is opened at the boot, before there is a network. */
TEST_F(card, speed_of_a_link_that_comes_up)
{
	world.speed = (uint32_t)SPEED_UNKNOWN;
	ASSERT_EQ(1, open_card(self));
	EXPECT_EQ(0, self->hardware.cards[0].mbit);
	world.speed = SPEED_100;
	self->hardware.speeds_ns = 0;
	hardware_read(&self->hardware);
	EXPECT_EQ(100, self->hardware.cards[0].mbit);
	/* Not with each reading. */
	world.speed = SPEED_1000;
	hardware_read(&self->hardware);
	EXPECT_EQ(100, self->hardware.cards[0].mbit);
	self->hardware.speeds_ns = 0;
	hardware_read(&self->hardware);
	EXPECT_EQ(1000, self->hardware.cards[0].mbit);
	/* Without a link it is not known. */
	world.speed = (uint32_t)SPEED_UNKNOWN;
	self->hardware.speeds_ns = 0;
	hardware_read(&self->hardware);
	EXPECT_EQ(1000, self->hardware.cards[0].mbit);
}

TEST_F(card, filter)
{
	static const struct {
		enum hardware_filter filter;
		uint32_t filters;
		int set;
	} rows[] = {
		{ HARDWARE_FILTER_DEFAULT, 1u << HWTSTAMP_FILTER_ALL, HWTSTAMP_FILTER_ALL },
		{ HARDWARE_FILTER_DEFAULT, 1u << HWTSTAMP_FILTER_PTP_V2_EVENT,
		  HWTSTAMP_FILTER_NONE },
		{ HARDWARE_FILTER_NONE, 1u << HWTSTAMP_FILTER_ALL, HWTSTAMP_FILTER_NONE },
		{ HARDWARE_FILTER_ALL,
		  1u << HWTSTAMP_FILTER_ALL | 1u << HWTSTAMP_FILTER_NTP_ALL, HWTSTAMP_FILTER_ALL },
		{ HARDWARE_FILTER_PTP, 1u << HWTSTAMP_FILTER_PTP_V2_EVENT,
		  HWTSTAMP_FILTER_PTP_V2_EVENT },
		{ HARDWARE_FILTER_PTP, 1u << HWTSTAMP_FILTER_ALL, HWTSTAMP_FILTER_NONE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		self->options.filter = rows[i].filter;
		world.filters = rows[i].filters;
		ASSERT_EQ(1, open_card(self));
		EXPECT_EQ(rows[i].set, world.set.rx_filter) TH_LOG("%zu", i);
	}
}

/* Then it takes no privilege. */
TEST_F(card, that_is_on_already_is_left_so)
{
	world.is_on = true;
	world.set_error = EPERM;
	EXPECT_EQ(1, open_card(self));
	EXPECT_EQ(0, world.set_calls);
}

TEST_F(card, refusals_are_named)
{
	world.set_error = EPERM;
	EXPECT_EQ(0, open_card(self));
	EXPECT_EQ(LOG_WARNING, world.level);
	EXPECT_NE(NULL, strstr(world.message, "CAP_NET_ADMIN"));
	world.set_error = 0;
	world.open_error = EACCES;
	EXPECT_EQ(0, open_card(self));
	EXPECT_NE(NULL, strstr(world.message, "/dev/ptp"));
	snprintf(self->options.interface, sizeof(self->options.interface), "*");
	EXPECT_EQ(0, open_card(self));
	EXPECT_NE(NULL, strstr(world.message, "*: no interface"));
}

/* The kernel's own answers: the loopback interface has no clock, and another one is not there. */
TEST_F(card, real_interfaces_without_a_clock)
{
	world.real = true;
	EXPECT_EQ(0, open_card(self));
	EXPECT_NE(NULL, strstr(world.message, "lo: it has no clock that stamps packets"));
	snprintf(self->options.interface, sizeof(self->options.interface), "nowhere0");
	EXPECT_EQ(0, open_card(self));
	EXPECT_NE(NULL, strstr(world.message, "no such interface"));
	EXPECT_EQ(2, world.messages);
}

/* The best of the readings, 200 ns wide, and a packet of 90 bytes that came 10 us before it. */
TEST_F(card, stamps_become_realtime)
{
	struct ntp_stamp stamp = {
		.device_ns = 100000000000LL - 10000, .has_device = true,
		.interface = if_nametoindex(LOOPBACK), .length = 90,
	};
	int64_t at_ns, error_ns;

	ASSERT_EQ(1, open_card(self));
	EXPECT_FALSE(hardware_convert(&self->hardware, &stamp, true, &at_ns, &error_ns));
	hardware_read(&self->hardware);
	ASSERT_TRUE(hardware_convert(&self->hardware, &stamp, true, &at_ns, &error_ns));
	/* 94 bytes take 752 ns. */
	EXPECT_EQ(1000000000200LL - 10000 + 752, at_ns);
	EXPECT_EQ(100 + 10 + 5, error_ns);
	/* What leaves has left with its first bit. */
	ASSERT_TRUE(hardware_convert(&self->hardware, &stamp, false, &at_ns, &error_ns));
	EXPECT_EQ(1000000000200LL - 10000, at_ns);
	self->hardware.cards[0].options.transmit_ns = 300;
	self->hardware.cards[0].options.receive_ns = 645;
	ASSERT_TRUE(hardware_convert(&self->hardware, &stamp, false, &at_ns, &error_ns));
	EXPECT_EQ(1000000000200LL - 10000 + 300, at_ns);
	ASSERT_TRUE(hardware_convert(&self->hardware, &stamp, true, &at_ns, &error_ns));
	EXPECT_EQ(1000000000200LL - 10000 + 752 - 645, at_ns);
	/* Another card's, or none. */
	stamp.interface++;
	EXPECT_FALSE(hardware_convert(&self->hardware, &stamp, true, &at_ns, &error_ns));
	stamp.interface = 0;
	EXPECT_TRUE(hardware_convert(&self->hardware, &stamp, true, &at_ns, &error_ns));
	stamp.has_device = false;
	EXPECT_FALSE(hardware_convert(&self->hardware, &stamp, true, &at_ns, &error_ns));
}

TEST_F(card, both_clocks_at_one_instant)
{
	world.precise = true;
	ASSERT_EQ(1, open_card(self));
	hardware_read(&self->hardware);
	EXPECT_EQ(0, self->hardware.cards[0].clock.latest.width_ns);
	EXPECT_EQ(1000000000000LL, self->hardware.cards[0].clock.latest.realtime_ns);
	/* nocrossts, and a driver without it, which is asked once. */
	self->options.no_crosststamp = true;
	world.precise_asked = 0;
	ASSERT_EQ(1, open_card(self));
	hardware_read(&self->hardware);
	EXPECT_EQ(0, world.precise_asked);
	EXPECT_EQ(200, self->hardware.cards[0].clock.latest.width_ns);
	self->options.no_crosststamp = false;
	world.precise = false;
	ASSERT_EQ(1, open_card(self));
	hardware_read(&self->hardware);
	hardware_read(&self->hardware);
	EXPECT_EQ(1, world.precise_asked);
}

/* As where the card has to measure the bus first: each packet would wait for that in vain. */
TEST_F(card, that_states_no_instant_again_and_again_is_asked_no_more)
{
	int i;

	world.precise_error = ETIMEDOUT;
	ASSERT_EQ(1, open_card(self));
	for (i = 0; i < 7; i++)
		hardware_read(&self->hardware);
	EXPECT_EQ(7, world.precise_asked);
	EXPECT_EQ(200, self->hardware.cards[0].clock.latest.width_ns);
	/* One that succeeds shows that it may. */
	world.precise = true;
	hardware_read(&self->hardware);
	EXPECT_EQ(0, self->hardware.cards[0].clock.latest.width_ns);
	world.precise = false;
	world.precise_asked = 0;
	for (i = 0; i < 100; i++)
		hardware_read(&self->hardware);
	EXPECT_EQ(8, world.precise_asked);
	EXPECT_EQ(107, world.extended_asked);
	EXPECT_EQ(1, world.messages);
}

/* A driver without the call that reads the system clock as well. */
TEST_F(card, of_an_old_driver_is_read_in_the_old_way)
{
	world.extended_error = EOPNOTSUPP;
	ASSERT_EQ(1, open_card(self));
	hardware_read(&self->hardware);
	hardware_read(&self->hardware);
	EXPECT_EQ(1, world.precise_asked);
	EXPECT_EQ(1, world.extended_asked);
	EXPECT_EQ(2, world.basic_asked);
	EXPECT_EQ(500, self->hardware.cards[0].clock.latest.width_ns);
	EXPECT_EQ(1000000000350LL, self->hardware.cards[0].clock.latest.realtime_ns);
	EXPECT_EQ(100000000000LL, self->hardware.cards[0].clock.latest.device_ns);
}

/* It was unplugged, or its driver is being reset. */
TEST_F(card, whose_clock_cannot_be_read_is_named_once)
{
	struct ntp_stamp stamp = {
		.device_ns = 100000000000LL, .has_device = true,
		.interface = if_nametoindex(LOOPBACK),
	};
	int64_t at_ns, error_ns;

	world.precise_error = ENODEV;
	world.extended_error = ENODEV;
	world.basic_error = ENODEV;
	ASSERT_EQ(1, open_card(self));
	EXPECT_EQ(1, world.messages);
	for (int i = 0; i < 100; i++)
		hardware_read(&self->hardware);
	EXPECT_EQ(2, world.messages);
	EXPECT_EQ(LOG_WARNING, world.level);
	EXPECT_NE(NULL, strstr(world.message, "hwtimestamp lo: its clock cannot be read: "));
	EXPECT_NE(NULL, strstr(world.message, "No such device; the kernel's timestamps are used"));
	/* Not for each packet, which might wait for it. */
	EXPECT_LE(world.precise_asked + world.extended_asked + world.basic_asked, 10);
	EXPECT_FALSE(hardware_convert(&self->hardware, &stamp, true, &at_ns, &error_ns));

	world.extended_error = 0;
	world.basic_error = 0;
	self->hardware.cards[0].retry_ns = 0;
	hardware_read(&self->hardware);
	EXPECT_EQ(3, world.messages);
	EXPECT_EQ(LOG_NOTICE, world.level);
	EXPECT_STREQ("hwtimestamp lo: its clock can be read again", world.message);
	EXPECT_TRUE(hardware_convert(&self->hardware, &stamp, true, &at_ns, &error_ns));
	/* If that happens again and again it is not news. */
	for (int i = 0; i < 100; i++) {
		world.extended_error = i % 10 ? ENODEV : 0;
		self->hardware.cards[0].retry_ns = 0;
		hardware_read(&self->hardware);
	}
	EXPECT_EQ(3, world.messages);
	self->hardware.cards[0].silent_until_ns = 0;
	self->hardware.cards[0].retry_ns = 0;
	hardware_read(&self->hardware);
	EXPECT_EQ(4, world.messages);
}

/* The system clock was set between two readings of it: nothing is known of the card's then. */
TEST_F(card, readings_across_a_step_do_not_count)
{
	world.backwards_s = 1;
	ASSERT_EQ(1, open_card(self));
	hardware_read(&self->hardware);
	EXPECT_EQ(0, self->hardware.cards[0].clock.count);
	EXPECT_EQ(1, world.messages);
	world.backwards_s = 0;
	hardware_read(&self->hardware);
	EXPECT_EQ(1, self->hardware.cards[0].clock.count);
}

/* A driver may fill in anything: nothing overflows. */
TEST_F(card, a_clock_at_the_end_of_time)
{
	world.absurd = true;
	ASSERT_EQ(1, open_card(self));
	hardware_read(&self->hardware);
	EXPECT_EQ(INT64_MAX, self->hardware.cards[0].clock.latest.device_ns);
}

TEST_HARNESS_MAIN
