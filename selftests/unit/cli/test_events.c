// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime events: what is remembered, and with --follow what comes then, once each. Module and
 * daemon are stand-ins.
 */
#include "user/cli/cli.h"

#include <errno.h>
#include <string.h>

#include "user/lib/event_report.h"
#include "user/lib/names.h"

#include "selftests/unit/event_module.h"
#include "selftests/unit/schema.h"

struct module_link {
	int unused;
} module_link;

struct module_watch {
	int unused;
} module_watch;

/* --- The module comes and goes --- */

int module_watch_open(struct module_watch **watch)
{
	*watch = &module_watch;
	return 0;
}

void module_watch_close(struct module_watch *watch)
{
}

int module_link_open(struct module_link **link)
{
	*link = &module_link;
	return 0;
}

void module_link_close(struct module_link *link)
{
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

const char *how_to_start(void)
{
	return "";
}

int client_failed(const struct cli *cli, int err, json_t *reply)
{
	return CLI_ERROR;
}

int client_follow(const struct cli *cli, void (*tell)(const struct cli *cli, json_t *event))
{
	return CLI_ERROR;
}

/* --- What is printed --- */

static bool fit;	/* all lines the schema */

void print_json_line(json_t *object)
{
	fit = schema_fits("events", object) && fit;
	world_handle((uint32_t)json_int_of(object, "sequence", 0));
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

static const struct cli once = { .json = true }, follow = { .json = true, .follow = true };

TEST(what_is_remembered_is_told)
{
	world_begin(3, NULL, 0);
	fit = true;
	EXPECT_EQ(CLI_OK, verb_events(&once));
	expect_handled(_metadata, 1, 3);
	EXPECT_TRUE(fit);
}

TEST(module_that_does_not_tell_is_an_error)
{
	world_begin(3, NULL, 0);
	world.dump_error = -EAGAIN;
	EXPECT_EQ(CLI_NOT, verb_events(&once));
	EXPECT_EQ(CLI_NOT, verb_events(&follow));
	EXPECT_EQ(0, world.handled_count);
}

TEST(what_waited_during_the_dump_is_not_told_again)
{
	static const struct notice notices[] = {
		{ .said = 2 }, { .said = 3 }, { .said = 4 }, { .said = -EAGAIN }, { .said = 5 },
		{ .said = -ENOBUFS, .remembered = 7 }, { .said = 6 }, { .said = 8 },
	};

	world_begin(4, notices, ARRAY_SIZE(notices));
	EXPECT_EQ(CLI_ERROR, verb_events(&follow));
	expect_handled(_metadata, 1, 8);
}

TEST(what_nobody_remembers_does_not_end_it)
{
	static const struct notice notices[] = {
		{ .said = 1 }, { .said = -ENOBUFS, .remembered = 100 }, { .said = 101 },
	};

	world_begin(0, notices, ARRAY_SIZE(notices));
	EXPECT_EQ(CLI_ERROR, verb_events(&follow));
	ASSERT_EQ(66, world.handled_count);
	EXPECT_EQ(101, world.handled[65]);
}

TEST(a_report_says_all_to_the_nanosecond)
{
	const struct module_event event = {
		.instance = 0xf00000000000001,
		.host_name = "kvm",
		.sequence = UINT32_MAX,
		.cause = TRUECHIME_CAUSE_REVERT,
		.evidence = 1U << TRUECHIME_EVIDENCE_HOST_TIME | 1U << TRUECHIME_EVIDENCE_RTC,
		.action = TRUECHIME_ACTION_STEPPED,
		.gap_ns = INT64_MAX,
		.offset_ns = -3600000000001,
		.residual_ns = -7,
		.maxerror_before_ns = CHIME_LINE_UNBOUNDED_NS,
		.maxerror_ns = 12000000001,
		.reading_ns = 171,
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
		{ "offset_ns", -3600000000001 }, { "residual_ns", -7 },
		{ "maxerror_ns", 12000000001 }, { "reading_maxerror_ns", 171 },
		{ "latency_ns", 42000001 },
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
	EXPECT_STREQ("0f00000000000001", json_text_of(report, "instance"));
	EXPECT_STREQ("kvm", json_text_of(report, "host"));
	EXPECT_STREQ("revert", json_text_of(report, "cause"));
	EXPECT_STREQ("stepped", json_text_of(report, "action"));
	ASSERT_EQ(2, json_array_size(evidence));
	EXPECT_STREQ("host-time", json_string_value(json_array_get(evidence, 0)));
	EXPECT_STREQ("rtc", json_string_value(json_array_get(evidence, 1)));
	EXPECT_TRUE(json_is_real(json_object_get(report, "time_s")));
	EXPECT_LT(0, strlen(json_text_of(report, "text")));
	EXPECT_TRUE(json_is_null(json_object_get(report, "maxerror_before_ns")));
	/* Those, that, time and text, and none that the manual does not name. */
	EXPECT_EQ(ARRAY_SIZE(numbers) + 8, json_object_size(report));
	json_decref(report);
}

static bool report_fits(const struct module_event *event)
{
	json_t *report = event_report(event);
	bool good = schema_fits("events", report);

	json_decref(report);

	return good;
}

static bool has_word(const char *name)
{
	return strcmp(name, "?") != 0;
}

/* Each word that an event can have is in the schema's lists. */
TEST(a_report_is_what_the_schema_says)
{
	struct module_event event = { .maxerror_before_ns = 7, .host_name = "none" };
	unsigned int i;
	json_t *wrong;

	for (i = 0; has_word(name_of_cause((enum truechime_cause)i)); i++) {
		event.cause = (enum truechime_cause)i;
		EXPECT_TRUE(report_fits(&event)) TH_LOG("cause %u", i);
	}
	for (i = 0; has_word(name_of_action((enum truechime_action)i)); i++) {
		event.action = (enum truechime_action)i;
		EXPECT_TRUE(report_fits(&event)) TH_LOG("action %u", i);
	}
	event.evidence = UINT32_MAX;
	EXPECT_TRUE(report_fits(&event));
	event.maxerror_before_ns = CHIME_LINE_UNBOUNDED_NS;
	event.maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
	EXPECT_TRUE(report_fits(&event));
	wrong = event_report(&event);
	json_object_set_new(wrong, "instance", json_string("0f0000000000000g"));
	EXPECT_FALSE(schema_fits("events", wrong));
	json_decref(wrong);
}

TEST_HARNESS_MAIN
