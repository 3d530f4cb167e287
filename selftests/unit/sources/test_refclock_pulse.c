// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which second a pulse begins.
 */
#include "user/sources/refclock_pulse.h"

#include <errno.h>
#include <stdlib.h>

#include "selftests/unit/unit.h"
#include "user/lib/time_units.h"

#define MS		1000000LL
#define OFFSET_NS	(1795160717LL * NS_PER_S + 123456789)

static const struct {
	const char *name;
	int rate;
	int64_t width_ms;
	int64_t pulse_ns;	/* what a pulse says, whole seconds missing */
	int64_t clock_ns;	/* what the numbering clock says more than OFFSET_NS */
	int64_t error_ns;
	bool locked;
	bool refused;
	int64_t result_ns;	/* more than OFFSET_NS */
} cases[] = {
	{ "exact", 1, 0, 123456789, 0, 1000, true, false, 0 },
	{ "the clock is late", 1, 0, 123456789, -300 * MS, 1000, true, false, 0 },
	{ "the clock is early", 1, 0, 123456789, 300 * MS, 1000, true, false, 0 },
	{ "in the middle", 1, 0, 123456789, 450 * MS, 1000, true, true, 0 },
	{ "in the next second", 1, 0, 123456789, 700 * MS, 1000, true, false, NS_PER_S },
	{ "a noisy clock", 1, 0, 123456789, 300 * MS, 150 * MS, true, true, 0 },
	{ "a whole second away", 1, 0, 123456789 - 40 * NS_PER_S, 0, 0, true, false, 0 },
	{ "the timescale", 1, 0, 123456789, 450 * MS, 1000, false, false, 0 },
	{ "its bound is too wide", 1, 0, 123456789, 0, 500 * MS, false, true, 0 },
	{ "its bound is narrow enough", 1, 0, 123456789, 0, 499 * MS, false, false, 0 },
	{ "5 Hz", 5, 0, 123456789, 170 * MS, 1000, true, false, 200 * MS },
	{ "5 Hz, in the middle", 5, 0, 123456789, 100 * MS, 1000, true, true, 0 },
	{ "3 Hz", 3, 0, 123456789, 2 * NS_PER_S / 3, 0, true, false, 2 * NS_PER_S / 3 },
	{ "the right edge", 1, 200, 123456789, 90 * MS, 0, true, false, 0 },
	{ "the wrong edge", 1, 200, 123456789 + 200 * MS, 0, 0, true, true, 0 },
	{ "a wide pulse's wrong edge", 1, 800, 123456789 - 200 * MS, 0, 0, true, true, 0 },
	{ "the wrong edge by the timescale", 1, 200, 123456789 + 200 * MS, 0, MS, false, true, 0 },
	{ "too wide a bound for two edges", 1, 200, 123456789, 0, 100 * MS, false, true, 0 },
};

TEST(pulses_are_numbered)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct refclock_pulse_terms terms = {
			.rate = cases[i].rate,
			.width_ns = cases[i].width_ms * MS,
		};
		const struct refclock_pulse_clock clock = {
			.offset_ns = OFFSET_NS + cases[i].clock_ns,
			.error_ns = cases[i].error_ns,
			.locked = cases[i].locked,
		};
		int64_t offset_ns = cases[i].pulse_ns, expected_ns;
		int err = refclock_pulse_number(&terms, &clock, &offset_ns);

		EXPECT_EQ(cases[i].refused, err == -EDOM)
			TH_LOG("%s", cases[i].name);
		expected_ns = OFFSET_NS + cases[i].result_ns;
		if (cases[i].refused)
			expected_ns = cases[i].pulse_ns;
		EXPECT_GE(1, llabs(offset_ns - expected_ns))
			TH_LOG("%s: %lld", cases[i].name, (long long)offset_ns);
	}
}

TEST(nothing_wraps)
{
	struct unit_random random = { .state = 7 };

	for (int i = 0; i < 100000; i++) {
		const struct refclock_pulse_terms terms = {
			.rate = 1 + (int)unit_random_below(&random, 1000),
		};
		const struct refclock_pulse_clock clock = {
			.offset_ns = unit_random_s64(&random),
			.error_ns = llabs(unit_random_s64(&random) / 2),
			.locked = i % 2,
		};
		int64_t offset_ns = unit_random_s64(&random);

		refclock_pulse_number(&terms, &clock, &offset_ns);
	}
}

TEST_HARNESS_MAIN
