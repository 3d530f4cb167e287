// SPDX-License-Identifier: GPL-2.0-only
/*
 * The time that the program in the kernel tells, beside the line that it is made of, and for how
 * long it may; and the addresses for which it does.
 */
#include "user/xdp/time.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "selftests/unit/unit.h"
#include "selftests/unit/wrapped_calls.h"
#include "user/lib/time_units.h"
#include "user/ntp/bytes.h"
#include "user/ntp/packet.h"
#include "user/xdp/addresses.h"
#include "user/xdp/answer.h"

#define DAY_NS		(86400 * NS_PER_S)
#define PRECISION	(-25)

static const struct xdp_clocks clocks = {
	.monotonic_ns = 5555 * NS_PER_S,
	.realtime_ns = 1800000000 * NS_PER_S + 123456789,
	.tai_ns = 1800000037 * NS_PER_S + 123456789,
	.error_ns = 50,
};

static struct time_content content_of(int64_t offset_ns, int64_t rate_q32)
{
	return (struct time_content){
		.raw_ns = 1,
		.time = { .origin_ns = 1800000000 * NS_PER_S, .offset_ns = offset_ns,
			  .rate_q32 = rate_q32, .maxerror_ns = 20000000,
			  .maxerror_rate_q32 = 50 * CHIME_PPM_Q32 },
		.stratum = 2,
		.root_delay_ns = 10000000,
		.refid = 0x01020304,
	};
}

/* Any rate that a clock may be slewed at, to the nanosecond at any instant. */
TEST(a_line_is_told_to_the_nanosecond)
{
	struct unit_random random = { 1 };

	for (int i = 0; i < 200000; i++) {
		int64_t ppm = (int64_t)unit_random_below(&random, 200000) - 100000;
		struct time_content content = content_of(unit_random_s64(&random) >> 20,
							 ppm * CHIME_PPM_Q32);
		uint64_t since_ns = unit_random_below(&random, 1ULL << 30);
		int64_t told_ns, right_ns;
		struct xdp_time time;

		xdp_time_fill(&time, &content, PRECISION, &clocks, NS_PER_S);
		ASSERT_EQ(NS_PER_S, time.valid_ns);
		ASSERT_EQ(clocks.monotonic_ns, time.from_ns);
		ASSERT_EQ(clocks.tai_ns - clocks.monotonic_ns, time.tai_offset_ns);
		told_ns = ntp_timestamp_to_ns(xdp_timestamp(&time, since_ns));
		right_ns = chime_line_eval(&content.time, clocks.realtime_ns + (int64_t)since_ns);
		ASSERT_GE(2, chime_abs_sat(told_ns - right_ns))
			TH_LOG("%lld ppm, %lld ns", (long long)ppm, (long long)since_ns);
	}
}

/* The lowest bit says which of the two it is, and the second one is never before the first. */
TEST(stamps_are_marked_and_in_order)
{
	struct unit_random random = { 2 };
	struct time_content content = content_of(0, 0);
	struct xdp_time time;

	xdp_time_fill(&time, &content, PRECISION, &clocks, NS_PER_S);
	EXPECT_EQ((1ULL << 7) - 1, time.precision_mask);
	for (int i = 0; i < 200000; i++) {
		struct xdp_stamps stamps = { .random = unit_random(&random) };
		xdp_word ntp[XDP_NTP_WORDS];
		uint64_t receive, transmit;

		stamps.receive_ns = unit_random_below(&random, NS_PER_S);
		stamps.transmit_ns = stamps.receive_ns + unit_random_below(&random, 100);
		xdp_put_stamps(ntp, &time, &stamps);
		receive = get_be64((uint8_t *)(ntp + XDP_AT_RECEIVE));
		transmit = get_be64((uint8_t *)(ntp + XDP_AT_TRANSMIT));
		ASSERT_EQ(1, receive & 1);
		ASSERT_EQ(0, transmit & 1);
		ASSERT_LT(receive, transmit);
	}
}

/* What is told during a second has the dispersion of its end. */
TEST(dispersion_is_that_of_the_end)
{
	struct time_content content = content_of(0, 0);
	struct xdp_time time;
	int64_t end_ns = clocks.realtime_ns + NS_PER_S, told_ns, bound_ns;

	for (int days = 0; days < 400; days += 7) {
		content.time.origin_ns = clocks.realtime_ns - days * DAY_NS;
		xdp_time_fill(&time, &content, PRECISION, &clocks, NS_PER_S);
		told_ns = ntp_short_to_ns(XDP_SWAP32(time.header[2]));
		bound_ns = chime_line_maxerror(&content.time, end_ns) + clocks.error_ns -
			   content.root_delay_ns / 2;
		/* Rounded up to a unit of 2^-16 s. */
		EXPECT_LE(bound_ns, told_ns);
		EXPECT_GE(bound_ns + 15260, told_ns);
	}
}

static int64_t valid_ns(int leap, int64_t left_ns)
{
	struct time_content content = content_of(0, 0);
	struct xdp_clocks late = clocks;
	struct xdp_time time;

	content.leap = (uint16_t)leap;
	late.realtime_ns = (clocks.realtime_ns / DAY_NS + 1) * DAY_NS - left_ns;
	xdp_time_fill(&time, &content, PRECISION, &late, NS_PER_S);

	return (int64_t)time.valid_ns;
}

/* The system clock is set by a second then, and until that is known nobody is told anything. */
TEST(no_longer_than_until_a_leap_second)
{
	EXPECT_EQ(NS_PER_S, valid_ns(0, 1));
	EXPECT_EQ(NS_PER_S, valid_ns(1, 2 * NS_PER_S));
	EXPECT_EQ(NS_PER_S / 2, valid_ns(1, NS_PER_S / 2));
	EXPECT_EQ(NS_PER_S, valid_ns(2, 2 * NS_PER_S));
	EXPECT_EQ(NS_PER_S / 2, valid_ns(2, 3 * NS_PER_S / 2));
	EXPECT_EQ(0, valid_ns(2, NS_PER_S / 2));
}

TEST(nothing_of_a_clock_that_is_not_right)
{
	struct time_content content = content_of(0, 0);
	struct xdp_time time;

	content.stratum = TIME_STRATUM_NONE;
	xdp_time_fill(&time, &content, PRECISION, &clocks, NS_PER_S);
	EXPECT_EQ(0, time.valid_ns);
	content = content_of(0, 200000 * CHIME_PPM_Q32);
	xdp_time_fill(&time, &content, PRECISION, &clocks, NS_PER_S);
	EXPECT_EQ(0, time.valid_ns);
}

/* CLOCK_TAI and CLOCK_REALTIME are the same clock, whole seconds apart. */
TEST(clocks_are_read_at_one_instant)
{
	struct xdp_clocks read;

	for (int i = 0; i < 1000; i++) {
		xdp_clocks_read(&read);
		ASSERT_EQ(0, (read.tai_ns - read.realtime_ns) % NS_PER_S);
		ASSERT_LT(0, read.error_ns);
	}
}

/* Clocks of which each reading takes as long, and in @pause_at readings 0.7 s; negative: none. */
static int pause_at = -1;
static int64_t fake_ns;

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
	int64_t ns;

	if (!fake_ns)
		return __real_clock_gettime(clock, now);
	fake_ns += pause_at-- ? 20 : 700000000;
	ns = fake_ns + (clock == CLOCK_TAI ? 1800000037 * NS_PER_S :
			clock == CLOCK_REALTIME ? 1800000000 * NS_PER_S : 0);
	*now = (struct timespec){ .tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S };

	return 0;
}

/* Another process had the processor, or the guest was stopped: the second is the right one. */
TEST(who_is_kept_from_reading_on_knows_the_second)
{
	for (int i = 0; i < 40; i++) {
		struct xdp_clocks read;

		fake_ns = NS_PER_S;
		pause_at = i;
		xdp_clocks_read(&read);
		fake_ns = 0;
		ASSERT_EQ(37 * NS_PER_S, read.tai_ns - read.realtime_ns)
			TH_LOG("before reading %d", i);
		ASSERT_GT(100, read.error_ns);
	}
}

/* A machine with the interfaces "lo", 1, and a card's, 2, with that name; "": that is gone. */
static char card_name[IF_NAMESIZE];

char *__wrap_if_indextoname(unsigned int number, char *name)
{
	const char *found = number == 1 ? "lo" : number == 2 && *card_name ? card_name : NULL;

	return found ? strcpy(name, found) : NULL;
}

int __wrap_getifaddrs(struct ifaddrs **list)
{
	static struct sockaddr_ll own = { .sll_family = AF_PACKET, .sll_hatype = ARPHRD_LOOPBACK,
					  .sll_halen = 6 };
	static struct sockaddr_ll card = { .sll_family = AF_PACKET, .sll_hatype = ARPHRD_ETHER,
					   .sll_halen = 6, .sll_addr = { 2, 0, 0, 0, 0, 1 } };
	static struct sockaddr_in ipv4 = { .sin_family = AF_INET };
	static char label[IF_NAMESIZE + 2];
	static struct ifaddrs entries[3];

	ipv4.sin_addr.s_addr = htonl(0xc0000201);
	snprintf(label, sizeof(label), "%s:1", card_name);
	entries[0] = (struct ifaddrs){ .ifa_name = "lo", .ifa_addr = (struct sockaddr *)&own,
				       .ifa_next = *card_name ? &entries[1] : NULL };
	entries[1] = (struct ifaddrs){ .ifa_name = card_name, .ifa_next = &entries[2],
				       .ifa_addr = (struct sockaddr *)&card };
	entries[2] = (struct ifaddrs){ .ifa_name = label, .ifa_addr = (struct sockaddr *)&ipv4 };
	*list = entries;

	return 0;
}

void __wrap_freeifaddrs(struct ifaddrs *list)
{
	(void)list;
}

TEST(an_interface_has_to_be_an_ethernets)
{
	struct xdp_local local = { .ipv4 = true, .ipv6 = true, .bind_address4 = "",
				   .bind_address6 = "", .interface = 1 };
	struct xdp_settings settings;

	strcpy(card_name, "eth0");
	EXPECT_EQ(-ENODEV, xdp_addresses_read(&local, &settings));
	local.interface = 2;
	EXPECT_EQ(0, xdp_addresses_read(&local, &settings));
	EXPECT_EQ(1, settings.ipv4_count);
	EXPECT_EQ(1, settings.mac[5]);
	*card_name = '\0';
	EXPECT_EQ(-ENODEV, xdp_addresses_read(&local, &settings));
	EXPECT_EQ(0, settings.ipv4_count);
	local.interface = 0;
	EXPECT_EQ(-ENODEV, xdp_addresses_read(&local, &settings));
}

TEST(an_address_may_be_the_only_one)
{
	struct xdp_local local = { .ipv4 = true, .bind_address6 = "", .interface = 2 };
	struct xdp_settings settings;

	strcpy(card_name, "eth0");
	local.bind_address4 = "192.0.2.1";
	EXPECT_EQ(0, xdp_addresses_read(&local, &settings));
	EXPECT_EQ(1, settings.ipv4_count);
	local.bind_address4 = "192.0.2.2";
	EXPECT_EQ(0, xdp_addresses_read(&local, &settings));
	EXPECT_EQ(0, settings.ipv4_count);
	/* All of IPv4, and no IPv6. */
	local.bind_address4 = "0.0.0.0";
	EXPECT_EQ(0, xdp_addresses_read(&local, &settings));
	EXPECT_EQ(1, settings.ipv4_count);
}

/* "ip link set eth0 name lan0": the program stays attached, and the addresses are the same. */
TEST(an_interface_may_be_renamed)
{
	struct xdp_local local = { .ipv4 = true, .bind_address4 = "", .bind_address6 = "",
				   .interface = 2 };
	struct xdp_settings settings;

	strcpy(card_name, "eth0");
	EXPECT_EQ(0, xdp_addresses_read(&local, &settings));
	strcpy(card_name, "lan0");
	EXPECT_EQ(0, xdp_addresses_read(&local, &settings));
	EXPECT_EQ(1, settings.ipv4_count);
}

TEST_HARNESS_MAIN
