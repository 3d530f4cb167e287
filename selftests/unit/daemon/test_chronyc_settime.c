// SPDX-License-Identifier: GPL-2.0-only
/*
 * chronyc's commands about times that are set by hand, as what they become and how they are
 * answered.
 */
#include "user/daemon/requests.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "selftests/unit/unit.h"

/* Where a reply has its status. */
#define AT_STATUS	8

/* The daemon's own command: what was asked for, and its answer; NULL: it refuses. */
static char asked[64];
static const char *answered;

json_t *daemon_settime(struct daemon *daemon, const char *arguments, const char **error)
{
	snprintf(asked, sizeof(asked), "%s", arguments);
	*error = "the test does not want it";

	return answered ? json_loads(answered, 0, NULL) : NULL;
}

/* What it logged last. */
static char said[256];

void log_info(const char *format, ...)
{
	va_list values;

	va_start(values, format);
	vsnprintf(said, sizeof(said), format, values);
	va_end(values);
}

FIXTURE(commands) {
	struct daemon daemon;
	struct config config;
	struct chronyc_request request;
	struct chronyc_reply reply;
};

FIXTURE_SETUP(commands)
{
	self->daemon.config = &self->config;
	answered = NULL;
	*asked = '\0';
}

FIXTURE_TEARDOWN(commands)
{
}

/* @count parameters of 32 bits; what is answered is the status, or 0 where there are contents. */
static int ask(FIXTURE_DATA(commands) *self, enum chronyc_command command, int count, ...)
{
	static uint8_t parameters[12];
	va_list values;

	va_start(values, count);
	for (int i = 0; i < count; i++) {
		uint32_t value = va_arg(values, uint32_t);

		for (int j = 0; j < 4; j++)
			parameters[4 * i + j] = (uint8_t)(value >> (24 - 8 * j));
	}
	va_end(values);
	self->request = (struct chronyc_request){ .command = (uint16_t)command, .at = parameters,
						  .left = 4 * (size_t)count };
	chronyc_reply_start(&self->reply, &self->request, CHRONYC_SUCCESS);
	if (!daemon_settime_for_chronyc(&self->daemon, &self->request, &self->reply))
		return -1;

	return self->reply.bytes[AT_STATUS + 1];
}

TEST_F(commands, a_time_is_set_to_whole_seconds)
{
	answered = "{\"error_ns\": 1500000000, \"frequency_ppb\": -2000.0}";
	self->config.manual = true;
	EXPECT_EQ(CHRONYC_SUCCESS, ask(self, CHRONYC_SETTIME, 3, 0, 1700000000, 0));
	EXPECT_STREQ("set 1700000000000000000 2000000000", asked);
	EXPECT_EQ(28 + chronyc_contents_length(CHRONYC_REPLY_SETTIME), self->reply.length);
}

/* Where time_t has 32 bits, chronyc has no upper half of the seconds. */
TEST_F(commands, a_time_may_have_32_bits)
{
	answered = "{\"error_ns\": 0}";
	self->config.manual = true;
	EXPECT_EQ(CHRONYC_SUCCESS, ask(self, CHRONYC_SETTIME, 3, 0x7fffffff, 1800000000, 0));
	EXPECT_STREQ("set 1800000000000000000 2000000000", asked);
}

TEST_F(commands, what_is_refused_says_so)
{
	EXPECT_EQ(CHRONYC_NOT_ENABLED, ask(self, CHRONYC_SETTIME, 3, 0, 1700000000, 0));
	EXPECT_STREQ("chronyc: settime is refused: the test does not want it", said);
	self->config.manual = true;
	EXPECT_EQ(CHRONYC_FAILED, ask(self, CHRONYC_SETTIME, 3, 0, 1700000000, 0));
	EXPECT_EQ(CHRONYC_BAD_SAMPLE, ask(self, CHRONYC_MANUAL_DELETE, 1, 7));
	EXPECT_STREQ("delete 7", asked);
	EXPECT_STREQ("chronyc: manual delete is refused: the test does not want it", said);
}

/* Where there is such an entry, it is not its number that is wrong. */
TEST_F(commands, a_delete_that_is_refused_has_no_bad_number)
{
	self->daemon.by_hand.times.count = 2;
	EXPECT_EQ(CHRONYC_FAILED, ask(self, CHRONYC_MANUAL_DELETE, 1, 1));
	EXPECT_EQ(CHRONYC_BAD_SAMPLE, ask(self, CHRONYC_MANUAL_DELETE, 1, 2));
}

TEST_F(commands, what_is_no_time_reaches_nobody)
{
	static const uint32_t times[][3] = { { 3, 0, 0 }, { 0xffffffff, 0xffffffff, 0 },
					     { 0, 1700000000, 1000000000 } };

	self->config.manual = true;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		EXPECT_EQ(CHRONYC_INVALID, ask(self, CHRONYC_SETTIME, 3, times[i][0], times[i][1],
					       times[i][2]));
		EXPECT_STREQ("", asked);
	}
}

TEST_F(commands, manual_is_switched_and_reset)
{
	answered = "{\"entries\": 0}";
	EXPECT_EQ(CHRONYC_SUCCESS, ask(self, CHRONYC_MANUAL, 1, 1));
	EXPECT_TRUE(self->config.manual);
	EXPECT_EQ(CHRONYC_SUCCESS, ask(self, CHRONYC_MANUAL, 1, 0));
	EXPECT_FALSE(self->config.manual);
	EXPECT_EQ(CHRONYC_SUCCESS, ask(self, CHRONYC_MANUAL, 1, 2));
	EXPECT_STREQ("reset", asked);
	EXPECT_EQ(CHRONYC_INVALID, ask(self, CHRONYC_MANUAL, 1, 3));
	EXPECT_EQ(-1, ask(self, CHRONYC_TRACKING, 0));
}

TEST_F(commands, list_has_a_place_for_each_entry)
{
	answered = "{\"entries\": [{\"time_s\": 1700000000.0, \"slewed_ns\": 1}]}";
	chronyc_reply_start(&self->reply, &self->request, CHRONYC_SUCCESS);
	daemon_list_for_chronyc(&self->daemon, &self->reply);
	EXPECT_STREQ("list", asked);
	EXPECT_EQ(28 + chronyc_contents_length(CHRONYC_REPLY_MANUAL_LIST), self->reply.length);
	EXPECT_EQ(1, self->reply.bytes[28 + 3]);
}

TEST_HARNESS_MAIN
