// SPDX-License-Identifier: GPL-2.0-only
/*
 * The operator sets the time: when he may, what is done, what is refused with which words. Clock,
 * sources and steering are stand-ins; what entries show is the real thing.
 */
#include "user/daemon/requests.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "selftests/unit/schema.h"
#include "selftests/unit/unit.h"

#define S	1000000000LL
#define UTC	(1800000000LL * S)

static struct {
	struct timescale_now now;
	struct chime_line line;
	int set_error;
	int set;
	int voided;		/* what sources said */
	enum trust trust;
	struct source_status status;
	bool has_other;
	struct source_status other;	/* of a second source */
	double primed;
	int warnings;
	char message[512];
} world;

void log_notice(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(world.message, sizeof(world.message), format, arguments);
	va_end(arguments);
}

void log_warning(const char *format, ...)
{
	world.warnings++;
}

int64_t release_date_ns(void)
{
	return UTC - 365 * 86400 * S;
}

int timescale_read(struct timescale *timescale, struct timescale_now *now)
{
	*now = world.now;
	return 0;
}

size_t associations_sources(const struct associations *associations,
			    struct source *const **sources)
{
	/* Nobody looks into them. */
	static struct source *const list[] = { NULL, (struct source *)&world.other };

	*sources = list;
	return world.has_other ? 2 : 1;
}

void source_get_record(const struct source *source, struct source_status *status)
{
	*status = source ? world.other : world.status;
}

void daemon_change_sources(struct daemon *daemon, const struct reference_change *change)
{
	world.voided += !reference_change_keeps_offset(change);
}

bool discipline_get_rate(const struct discipline *discipline, double *rate, double *rate_sigma)
{
	return false;
}

void discipline_prime_rate(struct discipline *discipline, double rate, double rate_sigma)
{
	world.primed = rate;
}

void steering_get_status(const struct steering *steering, struct steering_status *status)
{
	*status = (struct steering_status){ .trust = world.trust, .rate = 7e-6,
					    .correction = world.line };
}

int steering_set_by_operator(struct steering *steering, const struct chime_line *line,
			     const struct timescale_now *now)
{
	world.set++;
	if (!world.set_error || world.set_error == -EPERM)
		world.line = *line;
	return world.set_error;
}

FIXTURE(settime) {
	struct config *config;
	struct daemon_options options;
	struct daemon daemon;
	const char *error;
};

FIXTURE_SETUP(settime)
{
	memset(&world, 0, sizeof(world));
	memset(self, 0, sizeof(*self));
	world.trust = TRUST_UNKNOWN;
	world.now = (struct timescale_now){
		.raw_ns = 1000 * S, .reference_ns = 1000 * S, .realtime_ns = UTC,
		.maxerror_ns = CHIME_LINE_UNBOUNDED_NS,
	};
	self->config = config_new();
	ASSERT_NE(NULL, self->config);
	self->config->manual = true;
	self->daemon.config = self->config;
	self->daemon.options = &self->options;
	self->daemon.update.result.selection.selected = -1;
}

FIXTURE_TEARDOWN(settime)
{
	config_free(self->config);
}

static json_t *ask(FIXTURE_DATA(settime) *self, const char *arguments)
{
	self->error = "";
	return daemon_settime(&self->daemon, arguments, &self->error);
}

/* The operator says that it is @ahead_ns later than the system clock shows. Is it taken? */
static bool takes(FIXTURE_DATA(settime) *self, int64_t ahead_ns)
{
	char text[96];
	json_t *reply;

	snprintf(text, sizeof(text), "set %lld %lld", (long long)(world.now.realtime_ns + ahead_ns),
		 2 * S);
	reply = ask(self, text);
	json_decref(reply);
	return reply;
}

static void pass(int64_t ns)
{
	world.now.raw_ns += ns;
	world.now.reference_ns += ns;
	world.now.realtime_ns += ns;
}

TEST_F(settime, sets_the_clock_and_says_so)
{
	json_t *reply = ask(self, "set 1800000005000000000 2000000000");

	ASSERT_NE(NULL, reply) TH_LOG("%s", self->error);
	EXPECT_EQ(5 * S, json_integer_value(json_object_get(reply, "error_ns")));
	EXPECT_EQ(2 * S, json_integer_value(json_object_get(reply, "bound_ns")));
	EXPECT_TRUE(json_is_true(json_object_get(reply, "stepped")));
	EXPECT_TRUE(json_is_false(json_object_get(reply, "learned")));
	EXPECT_TRUE(schema_fits("settime", reply));
	json_decref(reply);
	EXPECT_EQ(1, world.set);
	EXPECT_EQ(1000 * S, world.line.origin_ns);
	EXPECT_EQ(UTC + 5 * S - 1000 * S, world.line.offset_ns);
	EXPECT_EQ(2 * S, world.line.maxerror_ns);
	/* The rate that the clock has is the best guess. */
	EXPECT_LT(fabs(ldexp((double)world.line.rate_q32, -32) - 7e-6), 1e-9);
	EXPECT_NE(NULL, strstr(world.message, "wrong by 5.00 s")) TH_LOG("%s", world.message);
	EXPECT_NE(NULL, strstr(world.message, "within 2.00 s")) TH_LOG("%s", world.message);
	EXPECT_EQ(UTC + 5 * S, self->daemon.by_hand.latest_ns);
	EXPECT_EQ(1, world.voided);
	EXPECT_EQ(0, world.primed);
}

/* Nobody is more precise than the way from the shell to the daemon. */
TEST_F(settime, bound_is_not_less_than_is_known)
{
	json_t *reply = ask(self, "set 1800000005000000000 1");

	ASSERT_NE(NULL, reply);
	EXPECT_EQ(10000000, world.line.maxerror_ns);
	json_decref(reply);
}

TEST_F(settime, is_refused_with_a_reason)
{
	self->config->manual = false;
	EXPECT_FALSE(takes(self, S));
	EXPECT_NE(NULL, strstr(self->error, "\"manual\""));
	self->config->manual = true;
	self->options.no_clock = true;
	EXPECT_FALSE(takes(self, S));
	EXPECT_NE(NULL, strstr(self->error, "-x"));
	self->options.no_clock = false;
	world.trust = TRUST_EXTERNAL;
	EXPECT_FALSE(takes(self, S));
	EXPECT_NE(NULL, strstr(self->error, "another program"));
	world.trust = TRUST_DISRUPTED;
	world.now.has_host = true;
	EXPECT_FALSE(takes(self, S));
	EXPECT_NE(NULL, strstr(self->error, "host demote"));
	world.now.has_host = false;
	EXPECT_FALSE(takes(self, -366 * 86400 * S));
	EXPECT_NE(NULL, strstr(self->error, "released"));
	/* The kernel cannot be set to it, and what sources know would be lost for it. */
	EXPECT_FALSE(takes(self, 200LL * 365 * 86400 * S));
	EXPECT_NE(NULL, strstr(self->error, "a century after"));
	EXPECT_EQ(0, world.set);
	EXPECT_EQ(0, world.voided);
	EXPECT_EQ(0, self->daemon.by_hand.times.count);
	EXPECT_TRUE(takes(self, S));
	EXPECT_FALSE(takes(self, S));
	EXPECT_NE(NULL, strstr(self->error, "less than a second"));
	EXPECT_NE(NULL, strstr(self->error, "Set it again"));
	EXPECT_EQ(1, world.set);
}

/* The module says so too, and for another reason than that he was hasty. */
TEST_F(settime, a_disruption_is_not_called_haste)
{
	world.set_error = -EAGAIN;
	EXPECT_FALSE(takes(self, S));
	EXPECT_EQ(1, world.set);
	EXPECT_NE(NULL, strstr(self->error, "disrupted"));
	EXPECT_NE(NULL, strstr(self->error, "Try again"));
	EXPECT_EQ(0, self->daemon.by_hand.times.count);
}

/* Sources that answer know better; those that do not, or that were taken offline, have no say. */
TEST_F(settime, not_against_sources_that_answer)
{
	self->daemon.update.raw_ns = 1;
	self->daemon.update.result.selection.selected = 0;
	world.status.reach = 1;
	EXPECT_FALSE(takes(self, S));
	EXPECT_NE(NULL, strstr(self->error, "truechime offline"));
	world.status.withdrawn = true;
	EXPECT_TRUE(takes(self, S));
	world.status = (struct source_status){ .reach = 0 };
	pass(10 * S);
	EXPECT_TRUE(takes(self, S));
	/* An index of sources that are gone. */
	self->daemon.update.result.selection.selected = 1;
	world.status.reach = 1;
	pass(10 * S);
	EXPECT_TRUE(takes(self, S));
	/* What they said before counts no more: it would undo this. */
	EXPECT_EQ(3, world.voided);
}

/* Pulses stay with a wrong second, which only the operator, or another source, can tell. */
TEST_F(settime, numbered_pulses_tell_no_time)
{
	self->daemon.update.raw_ns = 1;
	self->daemon.update.result.selection.selected = 0;
	world.status.reach = 1;
	world.status.verdict = SOURCE_SELECTED;
	world.status.last.numbered = true;
	EXPECT_TRUE(takes(self, S));
	pass(10 * S);
	world.other = (struct source_status){ .reach = 1, .verdict = SOURCE_NOT_COMBINED };
	world.has_other = true;
	EXPECT_FALSE(takes(self, S));
	world.other.verdict = SOURCE_FALSETICKER;
	EXPECT_TRUE(takes(self, S));
}

/* The daemon was busy, or the machine starved: what was typed is the time of when it was typed. */
TEST_F(settime, a_request_that_has_waited_is_no_less_right)
{
	json_t *reply = ask(self, "set 1800000005000000000 2000000000 997000000000");

	ASSERT_NE(NULL, reply) TH_LOG("%s", self->error);
	EXPECT_EQ(8 * S, json_integer_value(json_object_get(reply, "error_ns")));
	EXPECT_EQ(2 * S, json_integer_value(json_object_get(reply, "bound_ns")));
	json_decref(reply);
}

/* Nor is one that was made by another machine's clock, or long ago, the time. */
TEST_F(settime, a_request_of_another_time_is_refused)
{
	EXPECT_EQ(NULL, ask(self, "set 1800000005000000000 2000000000 1000000000001"));
	EXPECT_NE(NULL, strstr(self->error, "too long on its way"));
	EXPECT_EQ(NULL, ask(self, "set 1800000005000000000 2000000000 939999999999"));
	EXPECT_NE(NULL, strstr(self->error, "too long on its way"));
	EXPECT_EQ(0, world.set);
}

TEST_F(settime, policy_may_forbid_a_step)
{
	world.set_error = -EPERM;
	json_t *reply = ask(self, "set 1800000005000000000 2000000000");

	ASSERT_NE(NULL, reply);
	EXPECT_TRUE(json_is_false(json_object_get(reply, "stepped")));
	json_decref(reply);
	EXPECT_EQ(1, self->daemon.by_hand.times.count);
}

TEST_F(settime, what_cannot_be_set_is_not_remembered)
{
	world.set_error = -ESTALE;
	EXPECT_FALSE(takes(self, S));
	EXPECT_NE(NULL, strstr(self->error, "Try again"));
	EXPECT_EQ(0, self->daemon.by_hand.times.count);
	EXPECT_EQ(0, self->daemon.by_hand.latest_ns);
	/* Nor does it count more than what sources said. */
	EXPECT_EQ(0, world.voided);
}

TEST_F(settime, says_what_keeps_it_from_setting_the_clock)
{
	world.set_error = -EACCES;
	EXPECT_FALSE(takes(self, S));
	EXPECT_NE(NULL, strstr(self->error, "CAP_SYS_TIME"));
	EXPECT_EQ(0, self->daemon.by_hand.times.count);
}

/* Who is told to try again would otherwise delete the next one, or has lost the oldest one. */
TEST_F(settime, entries_stay_if_the_clock_cannot_be_set)
{
	const struct manual *times = &self->daemon.by_hand.times;
	int64_t first_ns = world.now.reference_ns;

	for (int i = 0; i < MANUAL_ENTRIES_MAX; i++) {
		EXPECT_TRUE(takes(self, S));
		pass(3600 * S);
	}
	world.set_error = -ESTALE;
	EXPECT_EQ(NULL, ask(self, "delete 1"));
	EXPECT_NE(NULL, strstr(self->error, "Try again"));
	EXPECT_EQ(MANUAL_ENTRIES_MAX, times->count);
	EXPECT_EQ(first_ns + 3600 * S, times->entries[1].at_ns);
	EXPECT_FALSE(takes(self, S));
	EXPECT_EQ(MANUAL_ENTRIES_MAX, times->count);
	EXPECT_EQ(first_ns, times->entries[0].at_ns);
	EXPECT_EQ(world.now.reference_ns - 3600 * S,
		  times->entries[MANUAL_ENTRIES_MAX - 1].at_ns);
}

/* The crystal is 30 ppm slow, and the operator sets the time once a day. */
TEST_F(settime, rate_is_learned)
{
	int64_t utc_ns = UTC;

	for (int day = 0; day < 8; day++) {
		char text[96];

		snprintf(text, sizeof(text), "set %lld %lld", (long long)utc_ns, 2 * S);
		json_decref(ask(self, text));
		EXPECT_STREQ("", self->error);
		pass(86400 * S);
		utc_ns += 86400 * S + 2592000000;
	}
	EXPECT_EQ(8, world.set);
	EXPECT_LT(fabs(ldexp((double)world.line.rate_q32, -32) - 30e-6), 1e-6);
	EXPECT_LT(fabs(world.primed - 30e-6), 1e-6);
	/* A second in a week, beside 60 ms in two minutes by what was known before. */
	EXPECT_LT(ldexp((double)world.line.maxerror_rate_q32, -32), 10e-6);
	EXPECT_EQ(0, world.warnings);
}

TEST_F(settime, list_delete_reset)
{
	json_t *reply, *list;

	EXPECT_EQ(NULL, ask(self, "delete 0"));
	EXPECT_NE(NULL, strstr(self->error, "no such entry"));
	/* What the operator typed, who does not know what the daemon is asked. */
	EXPECT_EQ(NULL, ask(self, "delete first"));
	EXPECT_NE(NULL, strstr(self->error, "no such entry"));
	EXPECT_EQ(NULL, ask(self, "delete 1000"));
	EXPECT_NE(NULL, strstr(self->error, "no such entry"));
	EXPECT_TRUE(takes(self, 2 * S));
	pass(3600 * S);
	EXPECT_TRUE(takes(self, 2 * S));
	pass(3600 * S);
	/* Half an hour wrong. */
	EXPECT_TRUE(takes(self, 1800 * S));
	EXPECT_EQ(1, world.warnings);

	reply = ask(self, "list");
	list = json_object_get(reply, "entries");
	ASSERT_EQ(3, json_array_size(list));
	EXPECT_EQ(-2 * S, json_integer_value(json_object_get(json_array_get(list, 0),
							     "original_ns")));
	EXPECT_EQ(0, json_integer_value(json_object_get(json_array_get(list, 2), "slewed_ns")));
	EXPECT_LT(1700 * S, json_integer_value(json_object_get(json_array_get(list, 0),
							       "slewed_ns")));
	EXPECT_TRUE(schema_fits("settime", reply));
	EXPECT_TRUE(schema_fits("manual", reply));
	json_decref(reply);

	/* The clock goes back to the one before. */
	reply = ask(self, "delete 2");
	EXPECT_TRUE(schema_fits("settime", reply));
	EXPECT_TRUE(schema_fits("manual", reply));
	json_decref(reply);
	EXPECT_STREQ("", self->error);
	EXPECT_EQ(4, world.set);
	EXPECT_EQ(1000 * S + 3600 * S, world.line.origin_ns);
	EXPECT_EQ(UTC + 2 * S - 1000 * S, world.line.offset_ns);

	reply = ask(self, "reset");
	EXPECT_EQ(0, json_integer_value(json_object_get(reply, "entries")));
	EXPECT_TRUE(schema_fits("settime", reply));
	EXPECT_TRUE(schema_fits("manual", reply));
	json_decref(reply);
	reply = ask(self, "list");
	EXPECT_EQ(0, json_array_size(json_object_get(reply, "entries")));
	EXPECT_TRUE(schema_fits("settime", reply));
	json_decref(reply);
	EXPECT_EQ(4, world.set);
}

TEST_F(settime, nonsense_is_refused)
{
	static const char *const nonsense[] = {
		"", "set", "set 1", "set 1800000005000000000 0", "set 1800000005000000000 -1",
		"set -1 1000", "set 1800000005000000000 86400000000001", "set x 1", "delete",
		"delete -1", "delete 0 1", "list 1", "set 1800000005000000000 1000 x",
		"set 1800000005000000000000 1000",
	};

	for (size_t i = 0; i < ARRAY_SIZE(nonsense); i++) {
		EXPECT_EQ(NULL, ask(self, nonsense[i])) TH_LOG("%s", nonsense[i]);
		EXPECT_NE(0, *self->error) TH_LOG("%s", nonsense[i]);
	}
	EXPECT_EQ(0, world.set);
}

/* After a disruption of unknown length entries say nothing of the clock that there is now. */
TEST_F(settime, disruption_voids_what_was_set)
{
	const struct reference_change known = { .shift_ns = S };

	EXPECT_TRUE(takes(self, S));
	daemon_change_settime(&self->daemon, &known);
	EXPECT_EQ(1, self->daemon.by_hand.times.count);
	EXPECT_NE(0, self->daemon.by_hand.latest_ns);
	daemon_change_settime(&self->daemon, &REFERENCE_JUMPED);
	EXPECT_EQ(0, self->daemon.by_hand.times.count);
	EXPECT_EQ(0, self->daemon.by_hand.latest_ns);
	EXPECT_NE(NULL, strstr(world.message, "void")) TH_LOG("%s", world.message);
	/* The rate was not disrupted. */
	EXPECT_NE(0, self->daemon.by_hand.rate.bound);
	daemon_change_settime(&self->daemon, &REFERENCE_REPLACED);
	EXPECT_EQ(0, self->daemon.by_hand.rate.bound);
}

TEST_HARNESS_MAIN
