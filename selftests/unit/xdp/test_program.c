// SPDX-License-Identifier: GPL-2.0-only
/*
 * The program that runs in the kernel, as a program of its own, so that the daemon can be made to
 * write to the page at any moment in the middle of an answer.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "selftests/unit/unit.h"
#include "selftests/unit/xdp/frame.h"

static uint64_t clock_now_ns, tai_offset_ns;
static void (*at_clock)(void), (*at_random)(void);

static uint64_t own_ktime_get_ns(void)
{
	return clock_now_ns;
}

/* Right before the program looks whether all of what it was told still holds. */
static uint64_t own_ktime_get_tai_ns(void)
{
	if (at_clock)
		at_clock();

	return clock_now_ns + tai_offset_ns;
}

/* Right after that. */
static uint32_t own_get_prandom_u32(void)
{
	if (at_random)
		at_random();

	return 0;
}

static uint32_t own_get_smp_processor_id(void)
{
	return 0;
}

static void *own_map_lookup_elem(void *map, const void *key)
{
	/* Allowed; or a client's debt. */
	static int64_t value = 1;

	(void)map;
	(void)key;

	return &value;
}

static long own_map_update_elem(void *map, const void *key, const void *value, uint64_t flags)
{
	(void)map;
	(void)key;
	(void)value;
	(void)flags;

	return 0;
}

/* What the program calls of the kernel. */
#define bpf_ktime_get_ns own_ktime_get_ns
#define bpf_ktime_get_tai_ns own_ktime_get_tai_ns
#define bpf_get_prandom_u32 own_get_prandom_u32
#define bpf_get_smp_processor_id own_get_smp_processor_id
#define bpf_map_lookup_elem own_map_lookup_elem
#define bpf_map_update_elem own_map_update_elem

#include "user/xdp/program.bpf.c"

#define NS_PER_S	1000000000ULL

/* As serving_fast.c tells the time, and fast_path_set_time() writes it. */
static void tell(const struct xdp_time *time)
{
	uint64_t next = page.current + 1;

	page.times[next & 1] = *time;
	page.current = next;
}

/* The truth is that the monotonic clock shows the time that is told, but for a thousand seconds. */
static void tell_truth(void)
{
	struct xdp_time time = {
		.from_ns = clock_now_ns,
		.valid_ns = NS_PER_S,
		.tai_offset_ns = tai_offset_ns,
		.base = ((clock_now_ns / NS_PER_S + 1000) << 32) +
			((clock_now_ns % NS_PER_S << 32) / NS_PER_S),
		.rate = 1266874890,	/* 2^32 / 10^9 - 4, times 2^32 */
	};

	tell(&time);
}

static void tell_nothing(void)
{
	static const struct xdp_time nothing;

	tell(&nothing);
}

/* As when an address of the interface has changed. */
static void tell_anew(void)
{
	at_random = NULL;
	at_clock = NULL;
	tell_nothing();
	tell_truth();
}

/* By less than what an answer may take. */
static void step_a_little(void)
{
	at_clock = NULL;
	tai_offset_ns += XDP_TOOK_MAX_NS / 2;
}

static void step_far(void)
{
	at_clock = NULL;
	tai_offset_ns += NS_PER_S;
}

static void step_back(void)
{
	at_clock = NULL;
	tai_offset_ns -= 1000;
}

FIXTURE(program)
{
	struct frame *frame;
};

FIXTURE_SETUP(program)
{
	/* The program knows where a frame is by 32 bits. */
	self->frame = mmap(NULL, sizeof(*self->frame), PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	ASSERT_NE(MAP_FAILED, self->frame);
	frame_make(self->frame, false, 4);
	page.settings = (struct xdp_settings){ .port = htons(123), .ipv4_count = 1 };
	memcpy(page.settings.mac, own_mac, sizeof(own_mac));
	memcpy(page.settings.ipv4, own_ipv4, sizeof(own_ipv4));
	clock_now_ns = 5000 * NS_PER_S;
	tai_offset_ns = 1800000000 * NS_PER_S;
	at_clock = NULL;
	at_random = NULL;
	tell_truth();
	clock_now_ns += NS_PER_S / 4;
}

FIXTURE_TEARDOWN(program)
{
	munmap(self->frame, sizeof(*self->frame));
}

static int try(FIXTURE_DATA(program) *self)
{
	struct xdp_md context = {
		.data = (uint32_t)(uintptr_t)self->frame->bytes,
		.data_end = (uint32_t)(uintptr_t)(self->frame->bytes + self->frame->length),
	};

	return truechime_ntp(&context);
}

#define AT_RECEIVE	32
#define AT_TRANSMIT	40

/* By how much one of the answer's timestamps is wrong, in units of 2^-32 s. */
static int64_t error_units(FIXTURE_DATA(program) *self, int at)
{
	uint64_t truth = ((clock_now_ns / NS_PER_S + 1000) << 32) +
			 ((clock_now_ns % NS_PER_S << 32) / NS_PER_S), told = 0;

	for (int i = 0; i < 8; i++)
		told = told << 8 | frame_ntp(self->frame)[at + i];

	return (int64_t)(told - truth);
}

TEST_F(program, tells_the_time)
{
	ASSERT_EQ(XDP_TX, try(self));
	EXPECT_LT(llabs(error_units(self, AT_RECEIVE)), 100);
	EXPECT_LT(llabs(error_units(self, AT_TRANSMIT)), 100);
}

/* What was told is as true as before. */
TEST_F(program, takes_no_step_of_the_system_clock_for_the_time_that_an_answer_took)
{
	at_clock = step_a_little;
	ASSERT_EQ(XDP_TX, try(self));
	EXPECT_LT(llabs(error_units(self, AT_RECEIVE)), 100);
	EXPECT_LT(llabs(error_units(self, AT_TRANSMIT)), 100);
}

TEST_F(program, leaves_to_the_sockets_what_comes_after_a_step)
{
	at_clock = step_far;
	EXPECT_EQ(XDP_PASS, try(self));
	tell_truth();
	at_clock = step_back;
	EXPECT_EQ(XDP_PASS, try(self));
}

TEST_F(program, leaves_to_the_sockets_what_the_daemon_takes_back)
{
	at_clock = tell_nothing;
	EXPECT_EQ(XDP_PASS, try(self));
}

TEST_F(program, leaves_to_the_sockets_what_was_told_anew)
{
	at_clock = tell_anew;
	EXPECT_EQ(XDP_PASS, try(self));
}

/*
 * It was kept from running for a moment after it has found that all of it holds. What was true then
 * may leave; a mixture of that and of what is told since is no time at all.
 */
TEST_F(program, does_not_mix_what_it_was_told_with_what_is_told_anew)
{
	at_random = tell_anew;
	ASSERT_EQ(XDP_TX, try(self));
	EXPECT_TRUE(!at_random);
	EXPECT_LT(llabs(error_units(self, AT_RECEIVE)), 100);
	EXPECT_LT(llabs(error_units(self, AT_TRANSMIT)), 100);
}

TEST_HARNESS_MAIN
