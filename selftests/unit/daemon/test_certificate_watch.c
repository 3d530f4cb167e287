// SPDX-License-Identifier: GPL-2.0-only
/*
 * When it is said that a certificate has expired, by a clock that need not be right.
 */
#include "user/daemon/certificate_watch.h"

#include <string.h>

#include "selftests/unit/counted_log.h"
#include "selftests/unit/unit.h"

#define DAY_S	86400LL

/* 2027, when the certificate expires. */
#define END_S	1798761600LL

FIXTURE(watch) {
	struct certificate_watch watch;
	struct config_nts config;
	struct nts_validity validity;
};

FIXTURE_SETUP(watch)
{
	memset(&logged, 0, sizeof(logged));
	memset(self, 0, sizeof(*self));
	strcpy(self->config.certificates[0], "/cert");
	self->config.certificate_count = 1;
	self->validity.end_s[0] = END_S;
}

FIXTURE_TEARDOWN(watch)
{
}

/* How often it was said after a turn of the loop at @utc_s. */
static int said_at(FIXTURE_DATA(watch) *self, int64_t utc_s)
{
	certificate_watch_check(&self->watch, &self->config, &self->validity, 0, utc_s);

	return logged.warnings;
}

TEST_F(watch, it_is_said_once)
{
	EXPECT_EQ(0, said_at(self, END_S));
	EXPECT_EQ(1, said_at(self, END_S + 1));
	EXPECT_EQ(1, said_at(self, END_S + DAY_S));
}

/* Before the first update a clock may show any year. */
TEST_F(watch, a_clock_that_was_ahead_does_not_use_up_the_warning)
{
	EXPECT_EQ(1, said_at(self, END_S + 5000 * DAY_S));
	EXPECT_EQ(1, said_at(self, END_S - 90 * DAY_S));
	EXPECT_EQ(1, said_at(self, END_S));
	EXPECT_EQ(2, said_at(self, END_S + 1));
	EXPECT_EQ(2, said_at(self, END_S + DAY_S));
}

/* Before and after it the certificate has expired. */
TEST_F(watch, a_clock_that_is_put_right_a_little_is_no_news)
{
	EXPECT_EQ(1, said_at(self, END_S + DAY_S));
	EXPECT_EQ(1, said_at(self, END_S + DAY_S - 1));
	EXPECT_EQ(1, said_at(self, END_S + DAY_S));
}

/* A process that was taken over says now this and now that. */
TEST_F(watch, who_changes_his_mind_does_not_fill_the_log)
{
	for (int i = 0; i < 10; i++) {
		self->validity.end_s[0] = i % 2 ? INT64_MAX : END_S;
		EXPECT_EQ(1, said_at(self, END_S + DAY_S + i));
	}
}

TEST_HARNESS_MAIN
