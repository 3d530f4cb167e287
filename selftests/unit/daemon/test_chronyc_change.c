// SPDX-License-Identifier: GPL-2.0-only
/*
 * chronyc's commands that change an option of a source: what of them reaches which source, and how
 * they are answered.
 */
#include "user/daemon/requests.h"

#include <string.h>

#include "selftests/unit/unit.h"
#include "user/chronyc/report.h"
#include "user/sources/change.h"

#define SERIAL_SERVER	11
#define SERIAL_REFCLOCK	22
#define REFID_GPS	0x47505300

static struct state_source server = { .info.serial = SERIAL_SERVER };
static struct state_source refclock = { .info.serial = SERIAL_REFCLOCK };

static struct source_change changed;
static uint64_t serial;
static int warnings;
static int refused;

void log_warning(const char *format, ...)
{
	warnings++;
}

void daemon_get_state(struct daemon *daemon, struct state *state)
{
}

enum chronyc_status daemon_refuse_chronyc(const struct chronyc_request *request)
{
	refused++;
	return CHRONYC_FAILED;
}

/* There is a server at 10.0.0.1, and a source without an address has the number 5. */
const struct state_source *chronyc_find_source(const struct state *state,
					       const struct chronyc_address *address)
{
	static const uint8_t there[] = { 10, 0, 0, 1 };

	if (address->family == CHRONYC_FAMILY_ID)
		return address->id == 5 ? &server : NULL;
	return address->family == CHRONYC_FAMILY_IPV4 && !memcmp(address->ip.bytes, there, 4) ?
	       &server : NULL;
}

const struct state_source *chronyc_find_refclock(const struct state *state, uint32_t refid)
{
	return refid == REFID_GPS ? &refclock : NULL;
}

int change_source(struct associations *list, uint64_t of, const struct source_change *change)
{
	serial = of;
	changed = *change;
	return 0;
}

FIXTURE(commands) {
	struct daemon daemon;
	uint8_t parameters[32];
	struct chronyc_request request;
};

FIXTURE_SETUP(commands)
{
	memset(self, 0, sizeof(*self));
	memset(&changed, 0, sizeof(changed));
	serial = 0;
	warnings = 0;
	refused = 0;
}

FIXTURE_TEARDOWN(commands)
{
}

static void put(FIXTURE_DATA(commands) *self, uint32_t value)
{
	uint8_t *at = self->parameters + self->request.left;

	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (24 - 8 * i));
	self->request.left += 4;
}

/* Begin a command about the server at 10.0.0.@last; 0: about none that has an address. */
static void begin(FIXTURE_DATA(commands) *self, enum chronyc_command command, uint32_t last)
{
	self->request = (struct chronyc_request){ .command = (uint16_t)command,
						  .at = self->parameters };
	put(self, last ? 10 << 24 | last : 0);
	put(self, 0);
	put(self, 0);
	put(self, 0);
	put(self, (last ? CHRONYC_FAMILY_IPV4 : CHRONYC_FAMILY_NONE) << 16);
}

static int ask_whole(FIXTURE_DATA(commands) *self, enum chronyc_command command, uint32_t last,
		     int value)
{
	begin(self, command, last);
	put(self, (uint32_t)value);
	return (int)daemon_change_for_chronyc(&self->daemon, &self->request);
}

/* Of chrony's numbers: 2^24 with an exponent of its own is 1/2. */
#define HALF		(0x00u << 25 | 0x800000)

TEST_F(commands, whole_numbers_reach_the_source)
{
	static const struct {
		enum chronyc_command command;
		enum change_option option;
	} cases[] = {
		{ CHRONYC_MINPOLL, CHANGE_MINPOLL }, { CHRONYC_MAXPOLL, CHANGE_MAXPOLL },
		{ CHRONYC_POLLTARGET, CHANGE_POLLTARGET },
		{ CHRONYC_MINSTRATUM, CHANGE_MINSTRATUM },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		EXPECT_EQ(CHRONYC_SUCCESS, ask_whole(self, cases[i].command, 1, -3));
		EXPECT_EQ(SERIAL_SERVER, serial);
		EXPECT_EQ(cases[i].option, changed.option);
		EXPECT_EQ(-3.0, changed.value);
	}
}

TEST_F(commands, reals_reach_the_source)
{
	static const struct {
		enum chronyc_command command;
		enum change_option option;
	} cases[] = {
		{ CHRONYC_MAXDELAY, CHANGE_MAXDELAY },
		{ CHRONYC_MAXDELAYRATIO, CHANGE_MAXDELAYRATIO },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(self, cases[i].command, 1);
		put(self, HALF);
		EXPECT_EQ(CHRONYC_SUCCESS,
			  daemon_change_for_chronyc(&self->daemon, &self->request));
		EXPECT_EQ(SERIAL_SERVER, serial);
		EXPECT_EQ(cases[i].option, changed.option);
		EXPECT_LT(0.0, changed.value);
	}
}

TEST_F(commands, who_is_not_there_is_not_changed)
{
	EXPECT_EQ(CHRONYC_NO_SUCH_SOURCE, ask_whole(self, CHRONYC_MINPOLL, 9, 5));
	EXPECT_EQ(CHRONYC_NO_SUCH_SOURCE, ask_whole(self, CHRONYC_MINPOLL, 0, 5));
	EXPECT_EQ(CHRONYC_NO_SUCH_SOURCE, ask_whole(self, CHRONYC_MINPOLL, 9, 100));
	EXPECT_EQ(CHRONYC_NO_SUCH_SOURCE, ask_whole(self, CHRONYC_MAXDELAYDEVRATIO, 9, 0));
	EXPECT_EQ(0, serial);
	EXPECT_EQ(0, refused);
}

TEST_F(commands, a_poll_that_chronyd_ignores_is_ignored)
{
	EXPECT_EQ(CHRONYC_SUCCESS, ask_whole(self, CHRONYC_MINPOLL, 1, 25));
	EXPECT_EQ(CHRONYC_SUCCESS, ask_whole(self, CHRONYC_MAXPOLL, 1, -8));
	EXPECT_EQ(0, serial);
	EXPECT_EQ(2, warnings);
	EXPECT_EQ(CHRONYC_SUCCESS, ask_whole(self, CHRONYC_MAXPOLL, 1, 24));
	EXPECT_EQ(SERIAL_SERVER, serial);
	EXPECT_EQ(2, warnings);
	/* Of others no number is. */
	serial = 0;
	EXPECT_EQ(CHRONYC_SUCCESS, ask_whole(self, CHRONYC_MINSTRATUM, 1, 25));
	EXPECT_EQ(SERIAL_SERVER, serial);
}

TEST_F(commands, what_there_is_no_option_for_is_refused)
{
	EXPECT_EQ(CHRONYC_FAILED, ask_whole(self, CHRONYC_MAXDELAYDEVRATIO, 1, 0));
	EXPECT_EQ(1, refused);
	EXPECT_EQ(0, serial);
}

TEST_F(commands, an_offset_is_a_servers_or_a_refclocks)
{
	begin(self, CHRONYC_OFFSET, 1);
	put(self, 0);
	put(self, HALF);
	EXPECT_EQ(CHRONYC_SUCCESS, daemon_change_for_chronyc(&self->daemon, &self->request));
	EXPECT_EQ(SERIAL_SERVER, serial);
	EXPECT_EQ(CHANGE_OFFSET, changed.option);
	EXPECT_LT(0.0, changed.value);

	begin(self, CHRONYC_OFFSET, 0);
	put(self, REFID_GPS);
	put(self, HALF);
	EXPECT_EQ(CHRONYC_SUCCESS, daemon_change_for_chronyc(&self->daemon, &self->request));
	EXPECT_EQ(SERIAL_REFCLOCK, serial);

	begin(self, CHRONYC_OFFSET, 0);
	put(self, REFID_GPS + 1);
	put(self, HALF);
	EXPECT_EQ(CHRONYC_NO_SUCH_SOURCE,
		  daemon_change_for_chronyc(&self->daemon, &self->request));
}

/* As chronyc 4.8 sends "selectopts 10.0.0.1 +noselect -prefer +require": two kinds of bits. */
TEST_F(commands, words_of_the_selection_are_given_and_set)
{
	begin(self, CHRONYC_SELECTOPTS, 1);
	put(self, 0);
	put(self, 0x1 | 0x2 | 0x8);
	put(self, 0x10 | 0x40);
	EXPECT_EQ(CHRONYC_SUCCESS, daemon_change_for_chronyc(&self->daemon, &self->request));
	EXPECT_EQ(SERIAL_SERVER, serial);
	EXPECT_EQ(CHANGE_SELECTION, changed.option);
	EXPECT_TRUE(changed.given.noselect && changed.selection.noselect);
	EXPECT_TRUE(changed.given.prefer && !changed.selection.prefer);
	EXPECT_TRUE(changed.given.require && changed.selection.require);
	EXPECT_FALSE(changed.given.trust || changed.selection.trust);

	begin(self, CHRONYC_SELECTOPTS, 0);
	put(self, REFID_GPS);
	put(self, 0x4);
	put(self, 0x20);
	EXPECT_EQ(CHRONYC_SUCCESS, daemon_change_for_chronyc(&self->daemon, &self->request));
	EXPECT_EQ(SERIAL_REFCLOCK, serial);
	EXPECT_TRUE(changed.given.trust && changed.selection.trust);
}

TEST_HARNESS_MAIN
