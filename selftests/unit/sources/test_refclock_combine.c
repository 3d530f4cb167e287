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
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
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

/* What its driver states of its error; NULL: nothing, as most. */
static const char *stated;
static int state_file = -1;

static int open_attribute(const char *path)
{
	if (!stated || !strstr(path, "/device/phc_error_bound")) {
		errno = ENOENT;
		return -1;
	}
	state_file = memfd_create("phc_error_bound", MFD_CLOEXEC);
	if (state_file < 0 || pwrite(state_file, stated, strlen(stated), 0) < 0)
		abort();

	return dup(state_file);
}

/* It changes with each reading of the clock. */
static void restate(const char *text)
{
	if (ftruncate(state_file, 0) < 0 || pwrite(state_file, text, strlen(text), 0) < 0)
		abort();
}

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
	if (!strncmp(path, "/sys/", strlen("/sys/")))
		return open_attribute(path);
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

/* The kernel's own answers; either may have a clock later. */
TEST(a_network_interface_without_a_clock_is_named_so)
{
	struct refclock_phc phc;
	const char *problem = "";

	EXPECT_EQ(-ENODEV, refclock_phc_open(&phc, "lo", false, &problem));
	EXPECT_EQ(-1, phc.clock.fd);
	EXPECT_STREQ("That network interface has no PTP clock", problem);
	EXPECT_EQ(-ENODEV, refclock_phc_open(&phc, "no-such-card", false, &problem));
	EXPECT_EQ(-1, phc.clock.fd);
	EXPECT_STREQ("There is no such network interface", problem);
}

/* --- the clock of a card --- */

FIXTURE(card) {
	struct refclock_phc phc;
	struct source_sample sample;
};

FIXTURE_SETUP(card)
{
	card_index = 5;
	self->phc = (struct refclock_phc){ .clock.fd = -1, .bound_fd = -1 };
	self->sample = (struct source_sample){ .root_dispersion_ns = 5 };
}

FIXTURE_TEARDOWN(card)
{
	refclock_phc_close(&self->phc);
	EXPECT_EQ(-1, self->phc.clock.fd);
	EXPECT_EQ(-1, self->phc.bound_fd);
	if (state_file >= 0)
		close(state_file);
	state_file = -1;
	stated = NULL;
	card_index = NO_CARD;
}

/* @text: what its driver states. */
static int open_card(struct refclock_phc *phc, const char *text)
{
	const char *problem = "";
	int err;

	stated = text;
	err = refclock_phc_open(phc, "eth0", false, &problem);

	return *problem ? -EINVAL : err;
}

TEST_F(card, is_named_by_its_network_interface)
{
	EXPECT_EQ(0, open_card(&self->phc, NULL));
	EXPECT_STREQ("eth0", asked);
	EXPECT_STREQ("/dev/ptp5", opened);
	/* A terminal that is named by mistake must not become that of the daemon. */
	EXPECT_NE(0, opened_how & O_NOCTTY);
}

/* As that of Amazon's cards does: no more than that beside UTC. */
TEST_F(card, what_its_driver_states_of_the_error_is_part_of_the_samples)
{
	ASSERT_EQ(0, open_card(&self->phc, "23451\n"));
	ASSERT_EQ(0, refclock_phc_add_stated(&self->phc, &self->sample));
	EXPECT_EQ(23456, self->sample.root_dispersion_ns);
	restate("0\n");
	ASSERT_EQ(0, refclock_phc_add_stated(&self->phc, &self->sample));
	EXPECT_EQ(23456, self->sample.root_dispersion_ns);
	restate("4294967295\n");
	ASSERT_EQ(0, refclock_phc_add_stated(&self->phc, &self->sample));
	EXPECT_EQ(4294967295LL + 23456, self->sample.root_dispersion_ns);
}

/* Then nobody knows how wrong a reading may be: it is none. */
TEST_F(card, what_is_stated_in_no_numbers_is_not_guessed)
{
	static const char * const texts[] = {
		"", "\n", "x\n", "-1\n", "+1\n", " 1\n", "1 x\n", "1.5\n", "0x10\n",
		"99999999999999999999\n",
	};

	ASSERT_EQ(0, open_card(&self->phc, "1\n"));
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		restate(texts[i]);
		EXPECT_EQ(-ENODATA, refclock_phc_add_stated(&self->phc, &self->sample))
			TH_LOG("%zu", i);
		EXPECT_EQ(5, self->sample.root_dispersion_ns);
	}
}

TEST_F(card, most_drivers_state_nothing)
{
	ASSERT_EQ(0, open_card(&self->phc, NULL));
	EXPECT_EQ(-1, self->phc.bound_fd);
	EXPECT_EQ(0, refclock_phc_add_stated(&self->phc, &self->sample));
	EXPECT_EQ(5, self->sample.root_dispersion_ns);
}

TEST_HARNESS_MAIN
