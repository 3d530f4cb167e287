// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime check: the state, the sentence and the performance data, a row each.
 */
#include "user/cli/check_judge.h"

#include <errno.h>
#include <string.h>

#include "selftests/unit/unit.h"

#define MS	1000000LL
#define S	(1000 * MS)

/* Options, 0: not given, and what follows from them. */
TEST(limits)
{
	static const struct {
		int64_t warn_ns, crit_ns, within_ns;
		bool sense;
		int64_t warn_then_ns, crit_then_ns;
		bool demanded;
	} rows[] = {
		{ 0, 0, 0, true, 100 * MS, S, false },
		{ 0, 0, 50 * MS, true, 25 * MS, 50 * MS, true },
		{ 0, 20 * MS, 0, true, 10 * MS, 20 * MS, true },
		{ 5 * MS, 0, 0, true, 5 * MS, S, true },
		{ 2 * S, 0, 0, true, 2 * S, 2 * S, true },
		{ 5 * MS, 20 * MS, 0, true, 5 * MS, 20 * MS, true },
		/* The stricter of two counts. */
		{ 0, 20 * MS, 50 * MS, true, 10 * MS, 20 * MS, true },
		{ 0, 200 * MS, 50 * MS, true, 25 * MS, 50 * MS, true },
		{ 20 * MS, 20 * MS, 0, true, 20 * MS, 20 * MS, true },
		{ 21 * MS, 20 * MS, 0, false, 21 * MS, 20 * MS, true },
		{ 60 * MS, 0, 50 * MS, false, 60 * MS, 50 * MS, true },
	};
	struct check_limits limits;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		EXPECT_EQ(rows[i].sense, check_limits_choose(rows[i].warn_ns, rows[i].crit_ns,
							     rows[i].within_ns, &limits));
		EXPECT_EQ(rows[i].warn_then_ns, limits.warn_ns) TH_LOG("row %zu", i);
		EXPECT_EQ(rows[i].crit_then_ns, limits.crit_ns) TH_LOG("row %zu", i);
		EXPECT_EQ(rows[i].demanded, limits.demanded) TH_LOG("row %zu", i);
	}
}

FIXTURE(check) {
	struct check_facts facts;
	struct check_limits limits;
	char sentence[CHECK_TEXT_MAX];
};

FIXTURE_SETUP(check)
{
	memset(self, 0, sizeof(*self));
	check_limits_choose(0, 0, 0, &self->limits);
	self->facts = (struct check_facts){
		.synchronised = true, .obstacle = "", .bound_ns = 340000, .has_offset = true,
		.offset_ns = 12000, .host_reading_ns = 170, .disruptions = 3,
	};
}

FIXTURE_TEARDOWN(check)
{
}

static enum check_state judge(FIXTURE_DATA(check) *self)
{
	enum check_state state = check_judge(&self->facts, &self->limits, self->sentence);

	/* They would end the line, or the sentence. */
	if (strpbrk(self->sentence, "|\n"))
		abort();

	return state;
}

TEST_F(check, right_clock)
{
	EXPECT_EQ(CHECK_OK, judge(self));
	EXPECT_STREQ("The clock is right to within 340 us, and now some 12.0 us behind",
		     self->sentence);
	self->facts.offset_ns = -12000;
	EXPECT_EQ(CHECK_OK, judge(self));
	EXPECT_NE(NULL, strstr(self->sentence, "12.0 us ahead"));
}

TEST_F(check, bound_meets_the_limits)
{
	static const struct {
		int64_t bound_ns;
		enum check_state state;
	} rows[] = {
		{ 0, CHECK_OK }, { 25 * MS, CHECK_OK }, { 25 * MS + 1, CHECK_WARNING },
		{ 50 * MS, CHECK_WARNING }, { 50 * MS + 1, CHECK_CRITICAL },
		{ INT64_MAX, CHECK_CRITICAL },
	};
	size_t i;

	check_limits_choose(0, 0, CHECK_CEPH_NS, &self->limits);
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		self->facts.bound_ns = rows[i].bound_ns;
		EXPECT_EQ(rows[i].state, judge(self)) TH_LOG("row %zu", i);
	}
	EXPECT_NE(NULL, strstr(self->sentence, "more than 50.0 ms"));
}

/* What is not shown is not kept, where somebody asks for it. */
TEST_F(check, unknown_bound)
{
	self->facts.bound_ns = -1;
	EXPECT_EQ(CHECK_WARNING, judge(self));
	EXPECT_NE(NULL, strstr(self->sentence, "not known how wrong"));
	check_limits_choose(0, 0, CHECK_CEPH_NS, &self->limits);
	EXPECT_EQ(CHECK_CRITICAL, judge(self));
	self->facts.steered_by_others = true;
	EXPECT_EQ(CHECK_CRITICAL, judge(self));
	EXPECT_NE(NULL, strstr(self->sentence, "the program that steers it"));
}

TEST_F(check, not_synchronised)
{
	self->facts.synchronised = false;
	EXPECT_EQ(CHECK_CRITICAL, judge(self));
	EXPECT_STREQ("The clock is not synchronised", self->sentence);
	self->facts.obstacle = "No time source answers";
	EXPECT_EQ(CHECK_CRITICAL, judge(self));
	EXPECT_STREQ("The clock is not synchronised. No time source answers", self->sentence);
}

/* A service that is down is critical; what this program itself cannot do is unknown. */
TEST_F(check, daemon_that_does_not_answer)
{
	self->facts.daemon_error = -ECONNREFUSED;
	self->facts.obstacle = "The daemon is not running";
	EXPECT_EQ(CHECK_CRITICAL, judge(self));
	EXPECT_STREQ("The daemon is not running", self->sentence);
	strcpy(self->facts.restart, "pkill -x truechimed");
	self->facts.daemon_error = -ETIMEDOUT;
	EXPECT_EQ(CHECK_CRITICAL, judge(self));
	EXPECT_NE(NULL, strstr(self->sentence, "cannot be asked: it does not answer, so it is"));
	EXPECT_NE(NULL, strstr(self->sentence, "To start it anew, as root: pkill -x truechimed"));
	self->facts.daemon_error = -EIDRM;
	EXPECT_EQ(CHECK_UNKNOWN, judge(self));
	EXPECT_NE(NULL, strstr(self->sentence, "its socket was removed. To start it anew, as"));
	self->facts.daemon_error = -EPIPE;
	EXPECT_EQ(CHECK_UNKNOWN, judge(self));
	EXPECT_NE(NULL, strstr(self->sentence, "it is ending, or too many others ask it. See: "));
	self->facts.daemon_error = -EACCES;
	EXPECT_EQ(CHECK_UNKNOWN, judge(self));
}

TEST_F(check, module_that_is_refused)
{
	strcpy(self->facts.refusal, "The kernel refuses the module truechime");
	EXPECT_EQ(CHECK_WARNING, judge(self));
	EXPECT_NE(NULL, strstr(self->sentence,
			       ". The kernel refuses the module truechime. See: truechime doctor"));
	self->facts.bound_ns = 2 * S;
	EXPECT_EQ(CHECK_CRITICAL, judge(self));
	/* It cannot grow beyond its place. */
	memset(self->facts.refusal, 'x', sizeof(self->facts.refusal) - 1);
	EXPECT_EQ(CHECK_CRITICAL, judge(self));
}

TEST_F(check, performance_data)
{
	char text[CHECK_TEXT_MAX];

	check_perfdata(&self->facts, &self->limits, text);
	EXPECT_STREQ(text,
		     "offset=0.000012000s bound=0.000340000s;0.1;1;0 host_reading_error=0.000000170s;;;0 disruptions=3c;;;0");
	self->facts.has_offset = false;
	self->facts.bound_ns = -1;
	self->facts.host_reading_ns = -1;
	self->facts.disruptions = -1;
	check_limits_choose(0, 0, CHECK_CEPH_NS, &self->limits);
	check_perfdata(&self->facts, &self->limits, text);
	EXPECT_STREQ("bound=U;0.025;0.05;0", text);
	/* The longest. */
	self->facts = (struct check_facts){
		.bound_ns = INT64_MAX, .has_offset = true, .offset_ns = INT64_MIN,
		.host_reading_ns = INT64_MAX, .disruptions = UINT32_MAX,
	};
	self->limits.warn_ns = INT64_MAX;
	self->limits.crit_ns = INT64_MAX;
	check_perfdata(&self->facts, &self->limits, text);
	EXPECT_LT(strlen(text), sizeof(text) - 1);
}

/* As the exit status that goes with it. */
TEST(states)
{
	EXPECT_STREQ("OK", check_state_name((enum check_state)0));
	EXPECT_STREQ("WARNING", check_state_name((enum check_state)1));
	EXPECT_STREQ("CRITICAL", check_state_name((enum check_state)2));
	EXPECT_STREQ("UNKNOWN", check_state_name((enum check_state)3));
}

TEST_HARNESS_MAIN
