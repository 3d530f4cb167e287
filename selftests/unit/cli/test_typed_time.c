// SPDX-License-Identifier: GPL-2.0-only
/*
 * Times as people type them: which instant is meant, and how precise it is.
 */
#include "user/cli/typed_time.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "selftests/unit/unit.h"

#define S	1000000000LL

/* 2026-11-23 22:30:00 UTC, which is 23:30 in Vienna and the 24th in Tokyo. */
#define NOW_S	1795473000LL

static const struct {
	const char *zone;
	const char *text;
	int64_t utc_s;
	int64_t ns;
	int64_t unit_ns;
} times[] = {
	{ "UTC0", "16:30", 1795451400, 0, 60 * S },
	{ "UTC0", "16:30:05", 1795451405, 0, S },
	{ "UTC0", "16:30:05.25", 1795451405, 250000000, S / 100 },
	{ "UTC0", "16:30:05.1234567891", 1795451405, 123456789, 1 },
	{ "UTC0", "  16:30:05  ", 1795451405, 0, S },
	{ "UTC0", "2026-11-22 16:30:05", 1795365005, 0, S },
	{ "UTC0", "2026-11-22T16:30:05Z", 1795365005, 0, S },
	{ "UTC0", "Nov 22, 2026 16:30:05", 1795365005, 0, S },
	{ "UTC0", "Nov 22 2026 16:30:05", 1795365005, 0, S },
	{ "UTC0", "22 Nov 2026 16:30:05", 1795365005, 0, S },
	{ "UTC0", "@1795365005", 1795365005, 0, S },
	{ "UTC0", "@1795365005.5", 1795365005, 500000000, S / 10 },
	{ "CET-1", "16:30:05", 1795447805, 0, S },
	{ "CET-1", "16:30:05 UTC", 1795451405, 0, S },
	{ "CET-1", "16:30:05+02:00", 1795530605, 0, S },
	{ "CET-1CEST,M3.5.0,M10.5.0/3", "2026-07-01 12:00:00", 1782900000, 0, S },
	/* Today is the day there, not here. */
	{ "JST-9", "07:30:00", NOW_S, 0, S },
	{ "JST-9", "22:30:00Z", NOW_S, 0, S },
	{ "UTC0", "07:30:00+09:00", NOW_S, 0, S },
	/* 2016-12-31 had one, and it is the next day's first second to everybody else. */
	{ "UTC0", "2016-12-31 23:59:60", 1483228800, 0, S },
};

TEST(what_is_meant)
{
	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		struct typed_time typed = { 0 };

		setenv("TZ", times[i].zone, 1);
		tzset();
		EXPECT_EQ(0, typed_time_parse(times[i].text, NOW_S, &typed))
			TH_LOG("%s", times[i].text);
		EXPECT_EQ(times[i].utc_s * S + times[i].ns, typed.utc_ns)
			TH_LOG("%s %s", times[i].zone, times[i].text);
		EXPECT_EQ(times[i].unit_ns, typed.unit_ns) TH_LOG("%s", times[i].text);
	}
}

static const char *const nonsense[] = {
	"", "now", "16", "16:", "25:00", "16:61", "16:30:", "16:30:99", "16:30:05.", "16:30:05.x",
	"16:30 tomorrow", "2026-02-30 16:30", "2026-11-23", "2026-13-01 16:30", "@", "@-5", "@x",
	"@99999999999999999999", "@9999999999999", "16:30+25", "16:30 +", "1900-01-01 00:00Z",
};

TEST(nonsense_is_refused)
{
	setenv("TZ", "UTC0", 1);
	tzset();
	for (size_t i = 0; i < ARRAY_SIZE(nonsense); i++) {
		struct typed_time typed;

		EXPECT_EQ(-EINVAL, typed_time_parse(nonsense[i], NOW_S, &typed))
			TH_LOG("%s", nonsense[i]);
	}
}

TEST_HARNESS_MAIN
