// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime events --follow tells each event once and in order, whatever way it comes: remembered,
 * notified, both, or remembered after its notification was lost. Module and daemon are stand-ins.
 */
#include "user/cli/cli.h"

#include <errno.h>
#include <string.h>

#include "user/event_report.h"
#include "user/module_group.h"

#include "unit.h"

#define EVENTS_MAX	64

struct module_link {
	int unused;
};

struct module_watch {
	int unused;
};

/* What the notifications' socket says: an event's number, or -errno. */
struct notice {
	int64_t said;
	uint32_t remembered;	/* the latest event from then on; 0: as before */
	int dump_error;		/* of asking for them from then on */
};

static struct {
	struct module_link link;
	struct module_watch watch;
	uint32_t remembered;	/* the latest event */
	int dump_error;
	const struct notice *notices;
	size_t notice_count;
	uint32_t told[256];
	size_t told_count;
} world;

/* --- The module --- */

int module_watch_open(struct module_watch **watch)
{
	*watch = &world.watch;
	return 0;
}

void module_watch_close(struct module_watch *watch)
{
}

/* Once everything is said the module goes. */
int module_watch_wait(struct module_watch *watch, int fd)
{
	return world.notice_count ? 0 : -ENODEV;
}

int module_link_open(struct module_link **link)
{
	*link = &world.link;
	return 0;
}

void module_link_close(struct module_link *link)
{
}

const char *module_link_words(const struct module_link *link, int err)
{
	return strerror(-err);
}

int module_link_subscribe(struct module_link *link)
{
	return 0;
}

int module_link_events_fd(const struct module_link *link)
{
	return 0;
}

int module_link_events(struct module_link *link, struct module_event *events, int max, int *count)
{
	uint32_t sequence = world.remembered > EVENTS_MAX ? world.remembered - EVENTS_MAX : 0;

	*count = 0;
	if (world.dump_error)
		return world.dump_error;
	while (sequence != world.remembered && *count < max)
		events[(*count)++] = (struct module_event){ .sequence = ++sequence };
	return 0;
}

int module_link_next_event(struct module_link *link, struct module_event *event)
{
	const struct notice *notice = world.notices++;

	world.notice_count--;
	if (notice->remembered)
		world.remembered = notice->remembered;
	world.dump_error = notice->dump_error;
	if (notice->said < 0)
		return (int)notice->said;
	*event = (struct module_event){ .sequence = (uint32_t)notice->said };
	return 0;
}

int module_refused(const struct module_link *link, const char *what, int err)
{
	return CLI_NOT;
}

/* --- The daemon, which is not there --- */

int client_ask(const struct cli *cli, const char *command, json_t **reply)
{
	return -ECONNREFUSED;
}

int client_failed(const struct cli *cli, const char *command, int err, json_t *reply)
{
	return CLI_ERROR;
}

int client_follow(const struct cli *cli, void (*tell)(const struct cli *cli, json_t *event))
{
	return CLI_ERROR;
}

/* --- What is printed --- */

void print_json_line(json_t *object)
{
	if (world.told_count < ARRAY_SIZE(world.told))
		world.told[world.told_count++] = (uint32_t)json_int_of(object, "sequence", 0);
	json_decref(object);
}

int64_t json_int_of(const json_t *object, const char *key, int64_t otherwise)
{
	return json_integer_value(json_object_get(object, key));
}

const char *json_text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* --- The tests --- */

/* Follow from @remembered events on, hear @notices, and find 1 to @latest told, once each. */
static void expect_all_told(struct __test_metadata *_metadata, uint32_t remembered,
			    const struct notice *notices, size_t count, uint32_t latest)
{
	const struct cli cli = { .json = true, .follow = true };
	uint32_t i;

	memset(&world, 0, sizeof(world));
	world.remembered = remembered;
	world.notices = notices;
	world.notice_count = count;
	EXPECT_EQ(CLI_ERROR, verb_events(&cli));
	ASSERT_EQ(latest, world.told_count);
	for (i = 0; i < latest; i++)
		EXPECT_EQ(i + 1, world.told[i]);
}

TEST(events_are_told_as_they_come)
{
	static const struct notice notices[] = {
		{ .said = 1 }, { .said = -EAGAIN }, { .said = 2 }, { .said = 3 },
	};

	expect_all_told(_metadata, 0, notices, ARRAY_SIZE(notices), 3);
}

TEST(notifications_that_waited_during_the_dump_are_not_told_again)
{
	static const struct notice notices[] = {
		{ .said = 2 }, { .said = 3 }, { .said = 4 }, { .said = 5 }, { .said = 6 },
	};

	expect_all_told(_metadata, 4, notices, ARRAY_SIZE(notices), 6);
}

TEST(lost_notifications_are_made_up_from_memory)
{
	static const struct notice notices[] = {
		{ .said = 1 }, { .said = 2 }, { .said = -ENOBUFS, .remembered = 9 },
		{ .said = 3 }, { .said = 4 }, { .said = 10 },
		{ .said = -ENOBUFS, .remembered = 10 }, { .said = 11 },
	};

	expect_all_told(_metadata, 0, notices, ARRAY_SIZE(notices), 11);
}

TEST(gaps_that_nobody_told_of_are_made_up_from_memory)
{
	static const struct notice notices[] = {
		{ .said = 1 }, { .said = 4, .remembered = 5 }, { .said = 5 }, { .said = 6 },
	};

	expect_all_told(_metadata, 0, notices, ARRAY_SIZE(notices), 6);
}

TEST(memory_that_cannot_be_asked_does_not_end_it)
{
	static const struct notice notices[] = {
		{ .said = 1 }, { .said = -ENOBUFS, .dump_error = -EAGAIN },
		{ .said = 2 }, { .said = 3 },
	};

	expect_all_told(_metadata, 0, notices, ARRAY_SIZE(notices), 3);
}

TEST(more_than_the_module_remembers_is_lost)
{
	static const struct notice notices[] = {
		{ .said = 1 }, { .said = -ENOBUFS, .remembered = 100 }, { .said = 101 },
	};
	const struct cli cli = { .json = true, .follow = true };

	memset(&world, 0, sizeof(world));
	world.notices = notices;
	world.notice_count = ARRAY_SIZE(notices);
	EXPECT_EQ(CLI_ERROR, verb_events(&cli));
	ASSERT_EQ(66, world.told_count);
	EXPECT_EQ(1, world.told[0]);
	EXPECT_EQ(37, world.told[1]);
	EXPECT_EQ(101, world.told[65]);
}

/* A revert takes the numbers back, and this process with them: what comes then is next. */
TEST(newer_is_what_comes_after_also_where_numbers_wrap)
{
	static const struct {
		uint32_t sequence;
		uint32_t last;
		bool newer;
	} cases[] = {
		{ 1, 0, true }, { 1, 1, false }, { 1, 2, false }, { 2, 1, true }, { 65, 1, true },
		{ 0, UINT32_MAX, true }, { UINT32_MAX, 0, false }, { 3, UINT32_MAX - 3, true },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct module_event event = { .sequence = cases[i].sequence };

		EXPECT_EQ(cases[i].newer, module_event_is_newer(&event, cases[i].last))
			TH_LOG("case %zu", i);
	}
}

TEST(lost_is_what_lies_before_the_oldest_that_is_remembered)
{
	static const struct {
		uint32_t oldest;
		uint32_t last;
		uint32_t lost;
	} cases[] = {
		{ 1, 0, 0 }, { 2, 0, 1 }, { 1, 64, 0 }, { 65, 64, 0 }, { 70, 64, 5 },
		{ 0, UINT32_MAX, 0 }, { 2, UINT32_MAX, 2 }, { UINT32_MAX, 5, 0 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct module_event event = { .sequence = cases[i].oldest };

		EXPECT_EQ(cases[i].lost, module_events_lost(&event, 1, cases[i].last))
			TH_LOG("case %zu", i);
	}
	EXPECT_EQ(0, module_events_lost(NULL, 0, 7));
}

TEST(a_report_says_all_to_the_nanosecond)
{
	const struct module_event event = {
		.sequence = UINT32_MAX,
		.cause = TRUECHIME_CAUSE_REVERT,
		.evidence = 1U << TRUECHIME_EVIDENCE_PAIRING | 1U << TRUECHIME_EVIDENCE_RTC,
		.action = TRUECHIME_ACTION_STEPPED,
		.gap_ns = INT64_MAX,
		.offset_ns = -3600000000001,
		.residual_ns = -7,
		.latency_ns = 42000001,
		.raw_ns = 7200000000003,
		.time_ns = 1795163104771326123,
		.epoch = 5,
	};
	static const struct {
		const char *key;
		int64_t value;
	} numbers[] = {
		{ "sequence", UINT32_MAX }, { "gap_ns", INT64_MAX },
		{ "offset_ns", -3600000000001 }, { "residual_ns", -7 }, { "latency_ns", 42000001 },
		{ "raw_ns", 7200000000003 }, { "time_ns", 1795163104771326123 }, { "epoch", 5 },
	};
	json_t *report = event_report(&event), *evidence = json_object_get(report, "evidence");
	size_t i;

	ASSERT_NE(NULL, report);
	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		EXPECT_TRUE(json_is_integer(json_object_get(report, numbers[i].key)));
		EXPECT_EQ(numbers[i].value, json_int_of(report, numbers[i].key, 0))
			TH_LOG("%s", numbers[i].key);
	}
	EXPECT_STREQ("revert", json_text_of(report, "cause"));
	EXPECT_STREQ("stepped", json_text_of(report, "action"));
	ASSERT_EQ(2, json_array_size(evidence));
	EXPECT_STREQ("pairing", json_string_value(json_array_get(evidence, 0)));
	EXPECT_STREQ("rtc", json_string_value(json_array_get(evidence, 1)));
	EXPECT_TRUE(json_is_real(json_object_get(report, "time")));
	EXPECT_LT(0, strlen(json_text_of(report, "text")));
	/* Those, time and text, and none that the manual does not name. */
	EXPECT_EQ(ARRAY_SIZE(numbers) + 5, json_object_size(report));
	json_decref(report);
}

TEST_HARNESS_MAIN
