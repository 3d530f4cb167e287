// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PTP clock: what the PTP core, which knows it by its operations only, may ask of it.
 */
#include "kmod/chime.h"

#include <limits.h>

#include "selftests/unit/unit.h"

#define RAW0_NS		(5000 * NSEC_PER_SEC)
#define UTC0_NS		(1800000000 * NSEC_PER_SEC)

#define THIS_MODULE	NULL
#define __maybe_unused	__attribute__((unused))

/* --- kernel and module --- */

static struct chime instance;

/* Shared with the timescale's object. */
struct system_time_snapshot unit_clocks;

void ktime_get_snapshot(struct system_time_snapshot *snapshot)
{
	*snapshot = unit_clocks;
}

/* A check finds that the host, which is silent, is the only one to say what a stop took. */
static bool unit_host_is_awaited;

void chime_disruption_check(struct chime *module)
{
	lockdep_assert_held(&module->lock);
	chime_timescale_await_host(&module->timescale, unit_host_is_awaited);
}

void chime_unlock(struct chime *module)
{
	rt_mutex_unlock(&module->lock);
}

static s64 div_s64_rem(s64 value, s32 by, s32 *rest)
{
	*rest = (s32)(value % by);
	return value / by;
}

static bool timespec64_valid_settod(const struct timespec64 *time)
{
	return time->tv_sec >= 0 && time->tv_nsec >= 0 && time->tv_nsec < NSEC_PER_SEC;
}

static s64 timespec64_to_ns(const struct timespec64 *time)
{
	return time->tv_sec * NSEC_PER_SEC + time->tv_nsec;
}

/* --- the PTP core --- */

#define ptp_read_system_prets(stamps)	((void)(stamps))
#define ptp_read_system_postts(stamps)	((void)(stamps))

static struct ptp_clock_info *registered;
static int index_when_freed;

static struct ptp_clock *ptp_clock_register(struct ptp_clock_info *info, void *parent)
{
	(void)parent;
	registered = info;
	return (struct ptp_clock *)info;
}

static int ptp_clock_index(struct ptp_clock *clock)
{
	return clock ? 7 : -1;
}

static int phc_index(void);

static void ptp_clock_unregister(struct ptp_clock *clock)
{
	(void)clock;
	index_when_freed = phc_index();
	registered = NULL;
}

#include "kmod/phc.c"

static int phc_index(void)
{
	int index;

	rt_mutex_lock(&instance.lock);
	index = chime_phc_index(&instance);
	rt_mutex_unlock(&instance.lock);
	return index;
}

FIXTURE(phc) {
	int unused;
};

FIXTURE_SETUP(phc)
{
	unit_clocks = (struct system_time_snapshot){ .raw = RAW0_NS, .real = UTC0_NS };
	unit_host_is_awaited = false;
	instance = (struct chime){ };
	rt_mutex_init(&instance.lock);
	chime_timescale_init(&instance.timescale, &instance.lock, 500 * CHIME_PPM_Q32,
			     3600 * NSEC_PER_SEC);
	ASSERT_EQ(0, chime_phc_register(&instance));
}

FIXTURE_TEARDOWN(phc)
{
	chime_phc_unregister(&instance);
	EXPECT_EQ(NULL, registered);
}

/* The RTC's reading, which stops later, publishes the index once more. */
TEST_F(phc, has_no_index_when_it_is_freed)
{
	EXPECT_EQ(7, phc_index());
	chime_phc_unregister(&instance);
	EXPECT_EQ(-1, index_when_freed);
	EXPECT_EQ(-1, phc_index());
}

static void set_mode(enum truechime_mode mode)
{
	rt_mutex_lock(&instance.lock);
	chime_timescale_set_mode(&instance.timescale, mode, RAW0_NS);
	rt_mutex_unlock(&instance.lock);
}

/* The external clock's rate times 2^48. */
static s64 rate_q48(void)
{
	return instance.timescale.external.rate_q32 * 65536 + instance.timescale.external_fine_q48;
}

TEST_F(phc, rate_is_set_to_a_65536th_of_a_ppm)
{
	static const struct {
		long scaled_ppm;
		s64 rate_q48;
	} rates[] = {
		{ 0, 0 },
		{ 1, 4294 },
		{ -1, -4294 },
		{ 65536, 281474976 },
		{ -65536, -281474976 },
		{ 32768000000, 1LL << 47 },
		{ -32768000000, -(1LL << 47) },
	};
	unsigned int i;

	EXPECT_EQ(-EBUSY, registered->adjfine(registered, 1));
	set_mode(TRUECHIME_MODE_EXTERNAL);
	for (i = 0; i < ARRAY_SIZE(rates); i++) {
		EXPECT_EQ(0, registered->adjfine(registered, rates[i].scaled_ppm));
		EXPECT_EQ(rates[i].rate_q48, rate_q48())
			TH_LOG("%ld", rates[i].scaled_ppm);
	}
}

static s64 phc_ns(void)
{
	struct timespec64 time;

	registered->gettimex64(registered, &time, NULL);
	return timespec64_to_ns(&time);
}

/* The host will say what a stop took, which is added then: not to a time that has it already. */
TEST_F(phc, phase_is_not_set_while_the_host_is_awaited)
{
	const struct timespec64 time = { .tv_sec = 1900000000 };

	set_mode(TRUECHIME_MODE_EXTERNAL);
	unit_host_is_awaited = true;
	EXPECT_EQ(-EAGAIN, registered->settime64(registered, &time));
	EXPECT_EQ(-EAGAIN, registered->adjtime(registered, NSEC_PER_SEC));
	EXPECT_EQ(-EAGAIN, registered->adjphase(registered, 1000));
	EXPECT_EQ(UTC0_NS, phc_ns());
	/* A rate is none the worse for it. */
	EXPECT_EQ(0, registered->adjfine(registered, 65536));
	unit_host_is_awaited = false;
	EXPECT_EQ(0, registered->adjphase(registered, 1000));
	EXPECT_EQ(0, registered->adjtime(registered, NSEC_PER_SEC));
	EXPECT_EQ(UTC0_NS + NSEC_PER_SEC, phc_ns());
	EXPECT_EQ(0, registered->settime64(registered, &time));
	EXPECT_EQ(1900000000 * NSEC_PER_SEC, phc_ns());
}

/* To the PTP core, in which they wrap, the first two are 0 ppb. */
TEST_F(phc, rate_that_no_clock_has_is_refused)
{
	static const long rates[] = {
		147573952589676412, -147573952589676413, 32768000001, -32768000001, LONG_MAX,
		LONG_MIN,
	};
	unsigned int i;

	set_mode(TRUECHIME_MODE_EXTERNAL);
	ASSERT_EQ(0, registered->adjfine(registered, 65536));
	for (i = 0; i < ARRAY_SIZE(rates); i++) {
		EXPECT_EQ(-ERANGE, registered->adjfine(registered, rates[i]));
		EXPECT_EQ(281474976, rate_q48())
			TH_LOG("%ld", rates[i]);
	}
}

TEST_HARNESS_MAIN
