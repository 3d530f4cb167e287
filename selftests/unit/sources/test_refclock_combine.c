// SPDX-License-Identifier: GPL-2.0-only
/*
 * A PTP hardware clock: opening it, and its readings to one sample.
 */
#include "user/sources/refclock_phc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/ptp_clock.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "selftests/unit/unit.h"
#include "selftests/unit/wrapped_calls.h"
#include "user/lib/time_units.h"

#define UTC_NS		(1795160717LL * NS_PER_S)
#define RAW_NS		(7200LL * NS_PER_S)

/* A stand-in for the card of an interface has this clock; without one the kernel is asked. */
#define NO_CARD		(-1)
static int card_index = NO_CARD;
static char asked[IF_NAMESIZE];
static char opened[32];
static int opened_how;

int __wrap_ioctl(int fd, unsigned long request, void *argument)
{
	struct ifreq *interface = argument;

	if (card_index == NO_CARD || (request != SIOCETHTOOL && request != PTP_CLOCK_GETCAPS))
		return __real_ioctl(fd, request, argument);
	if (request == SIOCETHTOOL) {
		snprintf(asked, sizeof(asked), "%s", interface->ifr_name);
		((struct ethtool_ts_info *)(void *)interface->ifr_data)->phc_index = card_index;
	}

	return 0;
}

int __wrap_open(const char *path, int flags, ...)
{
	if (card_index == NO_CARD)
		return __real_open(path, flags);
	snprintf(opened, sizeof(opened), "%s", path);
	opened_how = flags;

	return dup(STDERR_FILENO);
}

static struct clock_span make_span(void)
{
	struct clock_span span = {
		.before = { .raw_ns = RAW_NS, .reference_ns = RAW_NS, .realtime_ns = UTC_NS },
	};

	span.after = span.before;
	span.after.raw_ns += NS_PER_MS;
	span.after.reference_ns += NS_PER_MS;
	span.after.realtime_ns += NS_PER_MS;
	return span;
}

static const struct config_source config = {
	.refid = 0x50484330,
	.stratum = 0,
	.delay_ns = 1,
};

TEST(exact_readings_are_averaged)
{
	struct clock_span span = make_span();
	struct ptp_clock_reading readings[4];
	struct source_sample sample;

	/* The device is 1 s ahead of realtime, give or take 10 ns. */
	for (int i = 0; i < 4; i++) {
		readings[i] = (struct ptp_clock_reading) {
			.raw_ns = RAW_NS + i * 100000,
			.device_ns = UTC_NS + NS_PER_S + i * 100000 + (i % 2 ? 10 : -10),
		};
	}
	ASSERT_EQ(0, refclock_combine(readings, 4, PTP_CLOCK_PRECISE, &span, &config, &sample));
	EXPECT_EQ(UTC_NS + NS_PER_S - RAW_NS, sample.offset_ns);
	EXPECT_EQ(RAW_NS + 150000, sample.at_ns);
	EXPECT_EQ(0, sample.delay_ns);
	EXPECT_EQ(1, sample.root_delay_ns);
	EXPECT_EQ(config.refid, sample.refid);
	EXPECT_EQ(0, sample.stratum);
	/* 11.5 ns over 2, and 1 ns. */
	EXPECT_EQ(7, sample.noise_ns);
}

TEST(what_was_followed_before_the_readings_is_told)
{
	const struct ptp_clock_reading reading = {
		.raw_ns = RAW_NS, .realtime_ns = UTC_NS, .device_ns = UTC_NS,
	};
	struct clock_span span = make_span();
	struct source_sample sample;

	span.before.followed_ns = 700;
	span.after.followed_ns = 900;
	ASSERT_EQ(0, refclock_combine(&reading, 1, PTP_CLOCK_PRECISE, &span, &config, &sample));
	EXPECT_EQ(700, sample.followed_ns);
}

TEST(wide_readings_are_left_out)
{
	struct clock_span span = make_span();
	struct ptp_clock_reading readings[3] = {
		{ UTC_NS, UTC_NS, 1000, 0 },
		{ UTC_NS + 9000, UTC_NS, 20000, 0 },
		{ UTC_NS + 100, UTC_NS, 1200, 0 },
	};
	struct source_sample sample;

	ASSERT_EQ(0, refclock_combine(readings, 3, PTP_CLOCK_EXTENDED, &span, &config, &sample));
	EXPECT_EQ(UTC_NS + 50 - RAW_NS, sample.offset_ns);
	EXPECT_EQ(1100, sample.delay_ns);
}

TEST(one_reading_may_be_anywhere_in_its_bracket)
{
	struct clock_span span = make_span();
	struct ptp_clock_reading reading = { UTC_NS, UTC_NS, 4000, 0 };
	struct source_sample sample;

	ASSERT_EQ(0, refclock_combine(&reading, 1, PTP_CLOCK_BASIC, &span, &config, &sample));
	EXPECT_EQ(1001, sample.noise_ns);
	EXPECT_EQ(4000, sample.delay_ns);
}

TEST(nothing_to_combine)
{
	struct clock_span span = make_span();
	struct ptp_clock_reading reading = { UTC_NS, UTC_NS, -1, 0 };
	struct source_sample sample;

	EXPECT_EQ(-EINVAL, refclock_combine(NULL, 0, PTP_CLOCK_BASIC, &span, &config, &sample));
	/* Realtime went back between the brackets. */
	EXPECT_EQ(-EINVAL, refclock_combine(&reading, 1, PTP_CLOCK_BASIC, &span, &config, &sample));
	reading.width_ns = 10;
	span.after.epoch++;
	EXPECT_EQ(-ESTALE, refclock_combine(&reading, 1, PTP_CLOCK_BASIC, &span, &config, &sample));
}

TEST(nothing_wraps)
{
	struct unit_random random = { .state = 5 };
	struct clock_span span = make_span();

	for (int i = 0; i < 20000; i++) {
		struct ptp_clock_reading readings[PTP_CLOCK_READINGS_MAX];
		struct source_sample sample;

		for (size_t j = 0; j < PTP_CLOCK_READINGS_MAX; j++)
			readings[j] = (struct ptp_clock_reading) {
				.device_ns = unit_random_s64(&random),
				.realtime_ns = unit_random_s64(&random),
				.width_ns = unit_random_s64(&random),
			};
		if (!refclock_combine(readings, PTP_CLOCK_READINGS_MAX, PTP_CLOCK_EXTENDED, &span,
				      &config, &sample))
			ASSERT_LE(0, sample.noise_ns);
	}
}

TEST(what_is_no_clock_is_not_opened)
{
	struct refclock_phc phc;
	const char *problem;

	EXPECT_EQ(-ENOENT, refclock_phc_open(&phc, "/dev/no-such-device", false, &problem));
	EXPECT_EQ(-1, phc.clock.fd);
	EXPECT_EQ(-ENODEV, refclock_phc_open(&phc, "/dev/null", false, &problem));
	EXPECT_EQ(-1, phc.clock.fd);
	EXPECT_NE(0, strlen(problem));
	refclock_phc_close(&phc);
}

TEST(a_network_interface_names_the_clock_of_its_card)
{
	struct refclock_phc phc;
	const char *problem = "";

	card_index = 5;
	EXPECT_EQ(0, refclock_phc_open(&phc, "eth0", false, &problem));
	EXPECT_STREQ("eth0", asked);
	EXPECT_STREQ("/dev/ptp5", opened);
	/* A terminal that is named by mistake must not become that of the daemon. */
	EXPECT_NE(0, opened_how & O_NOCTTY);
	EXPECT_STREQ("", problem);
	refclock_phc_close(&phc);
	EXPECT_EQ(-1, phc.clock.fd);
	card_index = NO_CARD;

	/* The kernel's own answers; either may have a clock later. */
	EXPECT_EQ(-ENODEV, refclock_phc_open(&phc, "lo", false, &problem));
	EXPECT_EQ(-1, phc.clock.fd);
	EXPECT_STREQ("That network interface has no PTP clock", problem);
	EXPECT_EQ(-ENODEV, refclock_phc_open(&phc, "no-such-card", false, &problem));
	EXPECT_EQ(-1, phc.clock.fd);
	EXPECT_STREQ("There is no such network interface", problem);
}

TEST_HARNESS_MAIN
