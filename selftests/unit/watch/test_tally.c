// SPDX-License-Identifier: GPL-2.0-only
/*
 * From records of the kernel to what people and the daemon are told.
 */
#include "user/watch/tally.h"

#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>

#include "selftests/unit/schema.h"
#include "selftests/unit/unit.h"
#include "user/watch/report.h"

#define S	1000000000LL

static const struct report_view view = { .ahead_ns = 1000 * S };

static struct watch_record record_of(const char *comm, uint32_t tgid)
{
	struct watch_record record = {
		.boot_ns = 5 * S, .call = WATCH_SETS, .step_ns = 2 * S, .tgid = tgid,
		.pid = tgid, .args_size = 7, .args = "date\0-s",
	};

	strncpy(record.comm, comm, sizeof(record.comm) - 1);

	return record;
}

static const char *text_of(const struct watch_record *record, struct change_rate *rate)
{
	static char text[CHANGE_TEXT_MAX];
	struct change change;

	change_of_record(record, rate, &change);
	change_text(record, &change, text);

	return text;
}

static struct watch_record adjustment(unsigned int modes)
{
	return (struct watch_record){
		.call = WATCH_ADJUSTS, .modes = modes, .tick_us = 10000, .frequency = 65536,
	};
}

TEST(changes_have_words)
{
	struct change_rate rate = { true, 0, 10000 };
	struct watch_record record = { .call = WATCH_SETS, .step_ns = -3200000000LL };

	EXPECT_STREQ("stepped it by -3.20 s", text_of(&record, &rate));
	record = adjustment(ADJ_SETOFFSET);
	record.step_ns = 40000;
	EXPECT_STREQ("stepped it by +40.0 us", text_of(&record, &rate));
	rate.frequency = 0;
	record = adjustment(ADJ_FREQUENCY);
	EXPECT_STREQ("set its frequency to +1.000 ppm (by +1.000 ppm)", text_of(&record, &rate));
	/* To what it was: no news of the rate. */
	EXPECT_STREQ("set its frequency to +1.000 ppm", text_of(&record, &rate));
	record = adjustment(ADJ_TICK);
	record.tick_us = 10001;
	EXPECT_STREQ("set its frequency to +101.000 ppm (by +100.000 ppm)",
		     text_of(&record, &rate));
	record = adjustment(ADJ_OFFSET);
	record.offset = -1500;
	EXPECT_STREQ("slewed it by -1.50 ms", text_of(&record, &rate));
	record.status = STA_NANO;
	EXPECT_STREQ("slewed it by -1.50 us", text_of(&record, &rate));
	record = adjustment(ADJ_OFFSET_SINGLESHOT);
	record.offset = 2000000;
	EXPECT_STREQ("slewed it by +2.00 s", text_of(&record, &rate));
	record = adjustment(ADJ_STATUS | ADJ_MAXERROR);
	record.status = STA_PLL | STA_UNSYNC;
	EXPECT_STREQ("set status PLL, UNSYNC; set the bounds of its error",
		     text_of(&record, &rate));
	record = adjustment(ADJ_TAI);
	record.constant = 37;
	EXPECT_STREQ("set TAI - UTC to 37 s", text_of(&record, &rate));
	record = adjustment(0x0800);
	EXPECT_STREQ("changed it", text_of(&record, &rate));
}

TEST(a_frequency_that_was_not_known_is_no_difference)
{
	struct change_rate rate = { .known = false };
	struct watch_record record = adjustment(ADJ_FREQUENCY);

	EXPECT_STREQ("set its frequency to +1.000 ppm", text_of(&record, &rate));
	record.frequency = INT64_MIN;
	record.tick_us = INT64_MAX;
	record.offset = INT64_MIN;
	record.modes = 0xffff;
	text_of(&record, &rate);
}

TEST(groups_become_a_path)
{
	struct watch_record record = { .group_count = 0 };
	char path[64];

	tally_path(&record, path, sizeof(path));
	EXPECT_STREQ("/", path);
	record.group_count = 2;
	strcpy(record.groups[0], "chrony.service");
	strcpy(record.groups[1], "system.slice");
	tally_path(&record, path, sizeof(path));
	EXPECT_STREQ("/system.slice/chrony.service", path);
	record.is_deeper = 1;
	tally_path(&record, path, sizeof(path));
	EXPECT_STREQ("/.../system.slice/chrony.service", path);
	record.group_count = UINT32_MAX;
	memset(record.groups, 'x', sizeof(record.groups));
	tally_path(&record, path, sizeof(path));
	EXPECT_GT(sizeof(path), strlen(path));
}

/* As the program in the kernel notes it. */
static void note_path(const char *const *groups, size_t count, struct watch_record *record)
{
	while (count-- && record->group_count < WATCH_GROUPS)
		strcpy(record->groups[record->group_count++], groups[count]);
}

/* Without the group of the container, its units would be this machine's. */
TEST(a_container_is_known_from_deep_within)
{
	static const char *const session[] = {
		"machine.slice", "systemd-nspawn@lab.service", "payload", "user.slice",
		"user-1000.slice", "user@1000.service", "app.slice", "app-clock.slice",
		"clock.service",
	};
	static const char *const pod[] = {
		"lxc.payload.lab", "kubepods.slice", "kubepods-burstable.slice",
		"kubepods-burstable-pod12.slice", "cri-containerd-1.scope", "system.slice",
		"system-ntp.slice", "ntp@1.service",
	};
	struct watch_record of_user = { .group_count = 0 }, of_pod = { .group_count = 0 };
	char path[WATCH_GROUPS * WATCH_GROUP_MAX];
	struct identity identity;

	note_path(session, ARRAY_SIZE(session), &of_user);
	tally_path(&of_user, path, sizeof(path));
	identity_of_path(path, &identity);
	EXPECT_EQ(CONTAINER_MACHINE, identity.kind);
	EXPECT_STREQ("lab", identity.container);
	EXPECT_STREQ("systemd-nspawn@lab.service", identity.unit);
	note_path(pod, ARRAY_SIZE(pod), &of_pod);
	tally_path(&of_pod, path, sizeof(path));
	identity_of_path(path, &identity);
	EXPECT_EQ(CONTAINER_LXC, identity.kind);
	EXPECT_STREQ("lab", identity.container);
}

TEST(truechime_is_told_from_others)
{
	struct watch_record record = record_of("truechimed", 77);

	EXPECT_TRUE(tally_is_own(&record, "/system.slice/truechimed.service", 0));
	EXPECT_TRUE(tally_is_own(&record, "/", 77));
	EXPECT_FALSE(tally_is_own(&record, "/", 0));
	EXPECT_FALSE(tally_is_own(&record, "/user.slice/session-1.scope", 78));
	/* The module, in its thread; a driver in a worker. */
	record = record_of("truechime", 9);
	record.call = WATCH_KERNEL_SETS;
	record.is_kernel = 1;
	EXPECT_TRUE(tally_is_own(&record, "/", 0));
	record = record_of("kworker/0:1H", 9);
	record.call = WATCH_KERNEL_SETS;
	record.is_kernel = 1;
	strcpy(record.queue, "events");
	EXPECT_FALSE(tally_is_own(&record, "/", 0));
	/* A name is anybody's. */
	record = record_of("truechime", 80);
	record.call = WATCH_KERNEL_SETS;
	EXPECT_FALSE(tally_is_own(&record, "/", 0));
	record = record_of("date", 80);
	record.call = WATCH_KERNEL_SETS;
	EXPECT_FALSE(tally_is_own(&record, "/", 0));
}

FIXTURE(tally) {
	struct tally *tally;
};

FIXTURE_SETUP(tally)
{
	self->tally = calloc(1, sizeof(*self->tally));
	ASSERT_NE(NULL, self->tally);
}

FIXTURE_TEARDOWN(tally)
{
	free(self->tally);
}

TEST_F(tally, a_program_of_a_unit_is_one_whatever_its_process)
{
	struct watch_record record = record_of("chronyd", 77);
	const struct tally_rival *rival;

	tally_add(self->tally, &record, "/system.slice/chrony.service");
	record.tgid = 78;
	record.step_ns = -S;
	record.boot_ns = 9 * S;
	rival = tally_add(self->tally, &record, "/system.slice/chrony.service");
	tally_add(self->tally, &record, "/");
	EXPECT_EQ(2, self->tally->rival_count);
	EXPECT_EQ(3, self->tally->others);
	EXPECT_EQ(2, rival->count);
	EXPECT_EQ(2, rival->steps);
	EXPECT_EQ(S, rival->stepped_ns);
	EXPECT_EQ(78, rival->pid);
	EXPECT_EQ(5 * S, rival->first_ns);
	EXPECT_EQ(9 * S, rival->latest_ns);
	EXPECT_STREQ("date -s", rival->command);
	EXPECT_STREQ("chrony.service", rival->identity.unit);
	EXPECT_TRUE(rival->news);
}

/* A container may have units of any name, and nobody is to be told to end this machine's. */
TEST_F(tally, a_unit_within_unknown_groups_is_not_taken_for_this_machines)
{
	static const char *const groups[WATCH_GROUPS] = {
		"a", "b", "c", "d", "e", "f", "g", "system.slice", "ssh.service", "h",
	};
	struct watch_record record = record_of("clockd", 77);
	char path[WATCH_GROUPS * WATCH_GROUP_MAX], advice[64];
	const struct tally_rival *rival;

	note_path(groups, ARRAY_SIZE(groups), &record);
	record.is_deeper = 1;
	tally_path(&record, path, sizeof(path));
	rival = tally_add(self->tally, &record, path);
	EXPECT_STREQ("/.../a/b/c/d/e/f/g/system.slice/ssh.service/h", rival->path);
	EXPECT_STREQ("", rival->identity.unit);
	identity_advice(&rival->identity, rival->pid, advice, sizeof(advice));
	EXPECT_STREQ("kill 77", advice);
}

TEST_F(tally, of_too_many_the_quietest_goes)
{
	struct watch_record record = record_of("chronyd", 77);
	char path[32];

	for (int i = 0; i <= TALLY_RIVALS_MAX; i++) {
		record.boot_ns = i == 3 ? 0 : 10 + i;
		snprintf(path, sizeof(path), "/%d", i);
		tally_add(self->tally, &record, path);
	}
	EXPECT_EQ(TALLY_RIVALS_MAX, self->tally->rival_count);
	EXPECT_STREQ("/64", self->tally->rivals[3].path);
}

TEST_F(tally, the_report_has_all_rivals_and_the_latest_changes)
{
	struct watch_record record = record_of("chronyd", 77);
	json_t *report, *events, *rival;

	for (int i = 0; i < 1000; i++)
		tally_add(self->tally, &record, "/system.slice/chrony.service");
	tally_add_own(self->tally, &record);
	report = report_rivals(self->tally, &view);
	ASSERT_NE(NULL, report);
	EXPECT_EQ(1000, json_integer_value(json_object_get(report, "changes")));
	EXPECT_EQ(1, json_integer_value(json_object_get(report, "own")));
	events = json_object_get(report, "events");
	ASSERT_EQ(TALLY_EVENTS_MAX, (int)json_array_size(events));
	EXPECT_EQ(1000, json_integer_value(json_object_get(json_array_get(events,
									  TALLY_EVENTS_MAX - 1),
							   "number")));
	rival = json_array_get(json_object_get(report, "rivals"), 0);
	EXPECT_EQ(1000, json_integer_value(json_object_get(rival, "changes")));
	/* By the clock as it is now. */
	EXPECT_EQ(1005 * S, json_integer_value(json_object_get(rival, "latest_ns")));
	EXPECT_STREQ("chrony.service", json_string_value(json_object_get(rival, "unit")));
	json_decref(report);
}

static bool report_fits(const struct tally *tally, const struct report_view *by)
{
	json_t *report = report_rivals(tally, by);
	bool good = schema_fits("rivals", report);

	json_decref(report);

	return good;
}

/* With nobody, with somebody in each kind of container, and by both kinds of programs. */
TEST_F(tally, the_report_is_what_the_schema_says)
{
	struct report_view probes = { .by_probes = true };
	struct watch_record record = record_of("chronyd", 77);
	struct tally_rival *rival;

	EXPECT_TRUE(report_fits(self->tally, &view));
	EXPECT_TRUE(report_fits(self->tally, &probes));
	rival = tally_add(self->tally, &record, "/");
	for (int i = CONTAINER_NONE; i <= CONTAINER_OTHER; i++) {
		rival->identity.kind = (enum container_kind)i;
		EXPECT_TRUE(report_fits(self->tally, &view)) TH_LOG("container %d", i);
	}
}

/* However strange the names are. */
TEST_F(tally, a_report_and_a_notice_can_always_be_made)
{
	struct watch_record record;
	struct rival_notice notice, again;
	struct tally_rival *rival;
	json_t *report;
	char *text;

	memset(&record, 0xff, sizeof(record));
	record.call = WATCH_SETS;
	rival = tally_add(self->tally, &record, "/\xff\n\"");
	report = report_rivals(self->tally, &view);
	EXPECT_NE(NULL, report);
	json_decref(report);
	report_notice(rival, &notice);
	text = rival_notice_make(&notice);
	ASSERT_NE(NULL, text);
	EXPECT_EQ(0, rival_notice_parse(text, &again));
	EXPECT_STREQ(notice.program, again.program);
	EXPECT_EQ(notice.times, again.times);
	free(text);
}

TEST(a_notice_that_is_wrong_is_refused)
{
	static const char *const wrong[] = {
		"", "{}", "[]", "1",
		"{\"program\":\"a\",\"where\":\"\",\"what\":\"\",\"advice\":\"\",\"pid\":-1,\"times\":1}",
		"{\"program\":\"a\",\"where\":\"\",\"what\":\"\",\"advice\":\"\",\"pid\":1,\"times\":0}",
		"{\"program\":\"\",\"where\":\"\",\"what\":\"\",\"advice\":\"\",\"pid\":1,\"times\":1}",
		"{\"program\":\"a\\n\",\"where\":\"\",\"what\":\"\",\"advice\":\"\",\"pid\":1,\"times\":1}",
		"{\"program\":\"0123456789012345678901234\",\"where\":\"\",\"what\":\"\",\"advice\":\"\",\"pid\":1,\"times\":1}",
		"{\"where\":\"\",\"what\":\"\",\"advice\":\"\",\"pid\":1,\"times\":1}",
	};
	struct rival_notice notice;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		EXPECT_NE(0, rival_notice_parse(wrong[i], &notice)) {
			TH_LOG("%s", wrong[i]);
		}
	}
}

TEST_HARNESS_MAIN
