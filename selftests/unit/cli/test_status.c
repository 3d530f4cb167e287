// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime status: what it says that the clock rests on. Module and daemon are stand-ins.
 */
#include "user/cli/cli.h"
#include "user/cli/view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>

#include "selftests/unit/cli/fake_module.h"
#include "selftests/unit/unit.h"

static struct {
	bool no_daemon;
	int error;
	bool corrected;
	bool aside;
	bool refused;
	bool too_early;
	const char *rate_error;
	json_int_t offset_ns;		/* 0: 3 s */
	bool unsynchronised;
	bool set_by_hand;
	bool manual;
	bool observing;
	int no_sources;
	int minsources;
	const char *configuration;
	int offline;
	bool kernel_unsynchronised;
	long kernel_maxerror_us;
	const char *vouched;
	bool states_bounds;		/* the daemon does; negative: null */
	json_int_t maxerror_ns;
	json_int_t reading_ns;
} world;

static void start_anew(void)
{
	memset(&world, 0, sizeof(world));
	memset(&fake_module, 0, sizeof(fake_module));
}

int clock_adjtime(clockid_t id, struct timex *tx)
{
	memset(tx, 0, sizeof(*tx));
	tx->maxerror = world.kernel_maxerror_us;
	if (world.kernel_unsynchronised)
		tx->status = STA_UNSYNC;
	return 0;
}

static json_t *number(json_int_t value)
{
	return value < 0 ? json_null() : json_integer(value);
}

/* What it is by the daemon, and the system clock does not show. */
static double utc_s(void)
{
	json_int_t offset_ns = world.offset_ns ? world.offset_ns : 3000000000;

	return (double)time(NULL) + (double)offset_ns / 1e9;
}

/* It heard of NTP a minute ago. */
int client_ask(const struct cli *cli, const char *command, json_t **reply)
{
	if (world.no_daemon)
		return -ECONNREFUSED;
	if (world.error)
		return world.error;
	*reply = json_pack("{s:b,s:b,s:b,s:s,s:b,s:f,s:I,s:{s:i,s:i,s:i,s:i,s:i,s:i}}", "ok", 1,
			   "synchronised", !world.unsynchronised,
			   "corrected", world.corrected, "trust",
			   world.aside ? "external" : "confirmed",
			   "refused", world.refused,
			   "last_update_s", utc_s() - 60.5,
			   "offset_ns", world.offset_ns ? world.offset_ns : (json_int_t)3000000000,
			   "sources",
			   "configured", !world.no_sources, "known", 2, "offline", world.offline,
			   "reachable", world.offline ? 0 : 1, "usable", 1,
			   "minsources", world.minsources);
	if (world.set_by_hand)
		json_object_set_new(*reply, "set_by_hand_s", json_real(utc_s() - 93.5));
	json_object_set_new(*reply, "manual", json_boolean(world.manual));
	json_object_set_new(*reply, "too_early", json_boolean(world.too_early));
	if (world.rate_error)
		json_object_set_new(*reply, "rate_error", json_string(world.rate_error));
	json_object_set_new(*reply, "observing", json_boolean(world.observing));
	if (world.configuration)
		json_object_set_new(*reply, "configuration", json_string(world.configuration));
	if (world.vouched)
		json_object_set_new(*reply, "vouched_host", json_string(world.vouched));
	if (!world.states_bounds)
		return 0;
	json_object_set_new(*reply, "maxerror_ns", number(world.maxerror_ns));
	json_object_set_new(*reply, "reading_maxerror_ns", number(world.reading_ns));
	return 0;
}

int client_failed(const struct cli *cli, int err, json_t *reply)
{
	return CLI_ERROR;
}

/* Does it say @words? */
static bool says(const char *words)
{
	const struct cli cli = { .json = false };
	FILE *before = stdout;
	char *text = NULL;
	size_t size = 0;
	bool found;

	stdout = open_memstream(&text, &size);
	if (!stdout)
		exit(1);
	verb_status(&cli);
	fclose(stdout);
	stdout = before;
	found = size && strstr(text, words);
	free(text);
	return found;
}

TEST(correction_that_ended_is_not_called_one)
{
	start_anew();
	world.corrected = true;
	EXPECT_TRUE(says("corrected by NTP 6"));
	world.corrected = false;
	EXPECT_FALSE(says("corrected by NTP"));
	EXPECT_TRUE(says("NTP's correction of 6"));

	/* The module may have ended what the daemon has in force. */
	fake_module.is_there = true;
	world.corrected = true;
	fake_module.status.has_correction = true;
	EXPECT_TRUE(says("corrected by NTP 6"));
	fake_module.status.has_correction = false;
	EXPECT_FALSE(says("corrected by NTP"));
	world.aside = true;
	EXPECT_FALSE(says("NTP's correction of"));
}

/* The system clock may be far off, as when nothing may step it. */
TEST(age_is_not_counted_by_a_clock_that_is_off)
{
	start_anew();
	world.unsynchronised = true;
	world.kernel_unsynchronised = true;
	world.corrected = true;
	world.offset_ns = 400 * 86400000000000;
	EXPECT_TRUE(says("corrected by NTP 6"));
	EXPECT_TRUE(says("400 days 0 h behind"));
	world.offset_ns = -world.offset_ns;
	EXPECT_TRUE(says("corrected by NTP 6"));
	world.set_by_hand = true;
	EXPECT_TRUE(says("set by hand 9"));
}

TEST(observer_that_knows_no_time_names_no_offset)
{
	const char *known =
		"only observes (-x). The system clock is 3.00 s behind the right time.\n";

	start_anew();
	world.kernel_unsynchronised = true;
	world.observing = true;
	EXPECT_TRUE(says("only observes (-x), and does not know the right time yet."));
	EXPECT_FALSE(says("behind the right time"));
	world.corrected = true;
	EXPECT_TRUE(says(known));
}

TEST(host_that_somebody_vouches_for_needs_no_correction)
{
	start_anew();
	fake_module.is_there = true;
	fake_module.status.host_state = TRUECHIME_HOST_CHOSEN;
	world.vouched = "stands";
	EXPECT_TRUE(says("as right as is stated of it; NTP agrees"));
	world.vouched = "suspect";
	EXPECT_TRUE(says("the only time source contradicts"));
	/* What was judged before a correction was set is no news. */
	world.vouched = "worse";
	EXPECT_FALSE(says("stated of it"));
}

TEST(host_that_smears_leap_seconds_is_called_so)
{
	start_anew();
	fake_module.is_there = true;
	fake_module.status.host_state = TRUECHIME_HOST_CHOSEN;
	fake_module.status.scale = TRUECHIME_SCALE_UTC;
	EXPECT_FALSE(says("smears"));
	fake_module.status.scale = TRUECHIME_SCALE_SMEARED;
	EXPECT_TRUE(says("Leap seconds : the host smears them"));
}

TEST(host_that_nobody_vouches_for_is_not_called_right)
{
	start_anew();
	fake_module.is_there = true;
	fake_module.status.host_state = TRUECHIME_HOST_CHOSEN;
	fake_module.status.host_maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
	world.kernel_maxerror_us = 1000001;
	world.states_bounds = true;
	world.maxerror_ns = -1;
	world.reading_ns = 170;
	EXPECT_TRUE(says("follows its host to 170 ns; the host's own error is not known"));
	EXPECT_FALSE(says("right to within"));
	EXPECT_TRUE(says("its own error is not known"));

	world.maxerror_ns = 10000170;
	fake_module.status.host_maxerror_ns = 10000000;
	EXPECT_TRUE(says("The clock is right to within 10.0 ms"));
	EXPECT_TRUE(says("its own error is stated to be at most 10.0 ms"));
	/* Nothing is known at all. */
	world.maxerror_ns = -1;
	world.reading_ns = -1;
	EXPECT_FALSE(says("follows its host"));
}

/* phc2sys tells the kernel that the clock is synchronised, with a maximum error of 0. */
TEST(another_programs_silence_is_no_bound)
{
	start_anew();
	world.aside = true;
	EXPECT_FALSE(says("right to within"));
	EXPECT_TRUE(says("but no error bound"));
	EXPECT_TRUE(says("mode external"));
	world.aside = false;
	world.no_daemon = true;
	fake_module.is_there = true;
	fake_module.status.mode = TRUECHIME_MODE_EXTERNAL;
	EXPECT_FALSE(says("right to within"));

	fake_module.is_there = false;
	EXPECT_FALSE(says("right to within"));
	EXPECT_TRUE(says("but no error bound"));
	world.kernel_maxerror_us = 1500;
	EXPECT_TRUE(says("right to within 1.50 ms"));
}

/* Where maxchange refuses a change the clock stays as it is. */
TEST(what_is_refused_is_not_being_corrected)
{
	start_anew();
	world.unsynchronised = true;
	world.kernel_unsynchronised = true;
	world.corrected = true;
	EXPECT_TRUE(says("It is being corrected: it is 3.00 s behind"));
	EXPECT_FALSE(says("truechime makestep"));
	/* A slew of that takes a day or more. */
	world.offset_ns = -3 * 3600000000000;
	EXPECT_TRUE(says("is 3 h 0 min ahead of the right time.\nTo step it at once: truechime"));
	world.offset_ns = 0;
	world.refused = true;
	EXPECT_FALSE(says("It is being corrected"));
	EXPECT_TRUE(says("maxchange forbids"));
	world.refused = false;
	world.too_early = true;
	EXPECT_FALSE(says("It is being corrected"));
	EXPECT_TRUE(says("It is not being corrected: the right time would be before"));
	world.too_early = false;
	world.corrected = false;
	EXPECT_FALSE(says("being corrected"));
	/* A host is followed all the same. */
	fake_module.is_there = true;
	fake_module.status.host_state = TRUECHIME_HOST_CHOSEN;
	EXPECT_TRUE(says("It is being corrected"));
}

/* It is right as yet, and for as long as its rate is. */
TEST(clock_that_is_not_steered_is_called_so)
{
	const char *words = "It is not steered: the daemon could not set its rate (Not permitted)";

	start_anew();
	world.corrected = true;
	world.states_bounds = true;
	world.maxerror_ns = 5000000;
	EXPECT_FALSE(says("not steered"));
	world.rate_error = "Not permitted";
	EXPECT_TRUE(says("The clock is right to within 5.00 ms"));
	EXPECT_TRUE(says(words));
	world.unsynchronised = true;
	world.kernel_unsynchronised = true;
	EXPECT_TRUE(says(words));
	EXPECT_FALSE(says("It is being corrected"));
}

TEST(how_many_have_to_agree_is_said)
{
	start_anew();
	world.unsynchronised = true;
	world.kernel_unsynchronised = true;
	world.minsources = 3;
	EXPECT_TRUE(says("Time sources are used once 3 of them agree (minsources), and 1 does. "));
	world.corrected = true;
	EXPECT_FALSE(says("It is being corrected"));
	world.minsources = 1;
	EXPECT_FALSE(says("(minsources)"));
	EXPECT_TRUE(says("It is being corrected"));
}

/* Which need not be the usual one: a line there would change nothing. */
TEST(the_file_that_counts_is_named)
{
	start_anew();
	world.unsynchronised = true;
	world.kernel_unsynchronised = true;
	world.no_sources = true;
	world.configuration = "/srv/clock.conf";
	EXPECT_TRUE(says("Name one in /srv/clock.conf, e.g.: pool "));
	world.configuration = "";
	EXPECT_TRUE(says("Name one on truechimed's command line, e.g.: pool "));
}

/* A person is no time source, but has a bound, too. */
TEST(clock_that_was_set_by_hand)
{
	start_anew();
	world.unsynchronised = true;
	world.kernel_unsynchronised = true;
	world.no_sources = true;
	world.manual = true;
	EXPECT_TRUE(says("truechime settime"));
	world.corrected = true;
	world.set_by_hand = true;
	world.states_bounds = true;
	world.maxerror_ns = 2500000000;
	EXPECT_TRUE(says("not synchronised (without the kernel module, set by hand 9"));
	EXPECT_TRUE(says("By the operator's word it is right to within 2.50 s"));
	EXPECT_FALSE(says("corrected by NTP"));
	/* A disruption has ended it. */
	world.corrected = false;
	EXPECT_FALSE(says("operator's word"));
}

/* Who is not asked does not answer, and that is nobody's fault but the operator's. */
TEST(sources_that_were_taken_offline)
{
	start_anew();
	world.unsynchronised = true;
	world.kernel_unsynchronised = true;
	world.offline = 2;
	EXPECT_TRUE(says("truechime online"));
	EXPECT_FALSE(says("None of"));
	/* One of the two is asked, and is silent, or has no time itself. */
	world.offline = 1;
	EXPECT_TRUE(says("None of the configured time sources gives the time"));
}

/* Also for who adds nothing to it. */
TEST(every_obstacle_has_a_sentence)
{
	const struct view view = { .daemon = NULL };
	char words[VIEW_WORDS_MAX];
	int obstacle;

	for (obstacle = VIEW_NO_DAEMON; obstacle <= VIEW_OTHER; obstacle++) {
		words[0] = '\0';
		view_obstacle_words(&view, obstacle, words);
		EXPECT_LT(15, strlen(words)) TH_LOG("%d", obstacle);
		words[0] = '\0';
		view_obstacle_figures(&view, obstacle, words);
		EXPECT_LT(15, strlen(words)) TH_LOG("%d", obstacle);
	}
}

/* Whoever reads JSON is told, too, and what is known without the daemon is there. */
TEST(daemon_that_is_stuck_is_an_error_in_json)
{
	const struct cli cli = { .json = true };
	FILE *before = stdout;
	char *text = NULL;
	json_t *status;
	size_t size = 0;

	start_anew();
	fake_module.is_there = true;
	world.error = -ETIMEDOUT;
	EXPECT_FALSE(says(""));
	stdout = open_memstream(&text, &size);
	ASSERT_NE(NULL, stdout);
	EXPECT_EQ(CLI_ERROR, verb_status(&cli));
	fclose(stdout);
	stdout = before;
	status = json_loads(text, 0, NULL);
	ASSERT_NE(NULL, status) TH_LOG("%s", text);
	EXPECT_STREQ("the daemon does not answer", json_text_of(status, "error"));
	EXPECT_FALSE(json_bool_of(status, "synchronised"));
	EXPECT_STREQ("module", json_text_of(status, "parts"));
	EXPECT_TRUE(json_is_null(json_object_get(status, "daemon")));
	json_decref(status);
	free(text);
}

TEST_HARNESS_MAIN
