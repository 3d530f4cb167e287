// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leap seconds that the kernel executes: what is one, and whether anybody but the module passes it.
 */
#include "kmod/core/leap_second.h"

#include "selftests/unit/unit.h"

#define MS	1000000LL
#define S	1000000000LL

/* Nobody has renewed the correction for so long. */
#define LEFT	(300 * S)

/* At @raw_ns of a clock that was 0 when the first of them was checked. */
static s64 due(struct chime_leap *leap, s32 tai_offset_s, s64 ahead_ns, s64 age_ns, s64 raw_ns)
{
	return chime_leap_due(leap, tai_offset_s, ahead_ns, age_ns, 5000 * S + raw_ns);
}

TEST(a_leap_second_is_passed_once_where_no_daemon_runs)
{
	struct chime_leap leap = { };

	EXPECT_EQ(0, due(&leap, 37, 0, 3600 * S, 0));
	EXPECT_EQ(0, due(&leap, 37, -S, 3600 * S, 10 * S));
	EXPECT_EQ(0, due(&leap, 38, -S + 100 * MS, 3600 * S, 20 * S));
	EXPECT_EQ(-S, due(&leap, 38, -S + 100 * MS, 3600 * S, 30 * S));
	EXPECT_EQ(0, due(&leap, 38, -S, 3600 * S, 40 * S));
	EXPECT_EQ(0, due(&leap, 37, S - 99 * MS, 3600 * S, 50 * S));
	EXPECT_EQ(S, due(&leap, 37, S - 99 * MS, 3600 * S, 60 * S));
	/* Of a kernel that nobody has told the offset. */
	leap = (struct chime_leap){ };
	EXPECT_EQ(0, due(&leap, 0, 0, LEFT, 0));
	EXPECT_EQ(0, due(&leap, 1, -S, LEFT, S));
	EXPECT_EQ(-S, due(&leap, 1, -S, LEFT, 11 * S));
}

/* It may have been stopped a moment ago, be late, or have had nothing to renew. */
TEST(a_daemon_has_its_time)
{
	struct chime_leap leap = { };

	EXPECT_EQ(0, due(&leap, 37, 0, S, 0));
	EXPECT_EQ(0, due(&leap, 38, -S, 2 * S, S));
	EXPECT_EQ(0, due(&leap, 38, -S, LEFT - 1, 298 * S));
	EXPECT_EQ(-S, due(&leap, 38, -S, LEFT, 299 * S));
	leap = (struct chime_leap){ };
	EXPECT_EQ(0, due(&leap, 37, 0, LEFT, 0));
	EXPECT_EQ(0, due(&leap, 38, -S, LEFT, S));
	EXPECT_EQ(0, due(&leap, 38, -S, LEFT, 11 * S - 1));
	EXPECT_EQ(0, due(&leap, 38, 0, 0, 11 * S));
	EXPECT_EQ(0, due(&leap, 38, -S, LEFT, 320 * S));
}

TEST(other_changes_are_no_leap_seconds)
{
	static const struct {
		s32 before_s, after_s;
		s64 ahead_ns;
	} others[] = {
		{ 0, 37, -37 * S },			/* TAI was not known before */
		{ 37, 39, -2 * S },
		{ 37, 39, 0 },
		{ INT32_MIN, INT32_MAX, -S },
		{ 37, 38, 0 },				/* it was a second wrong */
		{ 37, 38, S },
		{ 37, 38, -S - 100 * MS - 1 },	/* the clock was set since */
		{ 37, 37, -S },				/* it was just set */
	};
	size_t i;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct chime_leap leap = { };

		EXPECT_EQ(0, due(&leap, others[i].before_s, 0, LEFT, 0));
		EXPECT_EQ(0, due(&leap, others[i].after_s, others[i].ahead_ns, LEFT, S));
		EXPECT_EQ(0, due(&leap, others[i].after_s, others[i].ahead_ns, LEFT, 20 * S));
		EXPECT_EQ(0, due(&leap, others[i].after_s, -S, LEFT, 40 * S));
	}
}

TEST_HARNESS_MAIN
