// SPDX-License-Identifier: GPL-2.0-only
/*
 * The program truechime-hooks, without the module: what it refuses before it waits for events, and
 * with which event it begins.
 */
#define main hooks_main
#include "user/hooks/main.c"
#undef main

#include "selftests/unit/fake_journal.h"
#include "selftests/unit/unit.h"
#include "selftests/unit/wrapped_calls.h"

#define INSTANCE	0x0123456789abcdef

static int waits;

/* Where it gets as far as to ask for the module: how often that is not there. */
static int absences;
static bool warned;

/* The module is there, and has had so many events; which the latest process begins after. */
static uint32_t events;
static int64_t begun_after;

/* Comes as it waits; 0: none. */
static int signal_meanwhile;

/* It begins to wait, and this ends it. */
int module_watch_open(struct module_watch **watch)
{
	waits++;
	*watch = NULL;

	return absences || events ? 0 : -EPERM;
}

void module_watch_close(struct module_watch *watch)
{
}

int module_watch_wait(struct module_watch *watch, int fd, int output_fd)
{
	warned = strstr(journal.fields[0], "truechime is not loaded");
	if (signal_meanwhile)
		raise(signal_meanwhile);
	return -ENODEV;
}

int module_link_open(struct module_link **link)
{
	if (events)
		return 0;
	return absences-- > 0 ? -ENOENT : -EPERM;
}

void module_link_close(struct module_link *link)
{
}

int module_link_subscribe(struct module_link *link)
{
	return 0;
}

int event_stream_skip(struct event_stream *stream)
{
	stream->last = events;
	stream->instance = INSTANCE;
	begun_after = events;
	return 0;
}

static void handle(struct event_stream *stream, uint32_t sequence)
{
	const struct module_event event = {
		.instance = INSTANCE,
		.sequence = sequence,
		.cause = TRUECHIME_CAUSE_REVERT,
	};

	stream->handle(stream->context, &event);
}

int event_stream_resume(struct event_stream *stream, uint64_t instance, uint32_t sequence)
{
	if (instance != INSTANCE)
		return -EPERM;
	begun_after = sequence;
	while (sequence < events)
		handle(stream, ++sequence);
	return 0;
}

/* One more comes, and then nothing can be received any more. */
int event_stream_follow(struct event_stream *stream, struct module_watch *watch, int output_fd)
{
	handle(stream, ++events);
	return -EPERM;
}

json_t *event_report(const struct module_event *event)
{
	return NULL;
}

int __wrap_freezer_own(const char *file, char *own, size_t size)
{
	return snprintf(own, size, "/own.slice/hold.service") < (int)size ? 0 : -ENAMETOOLONG;
}

/* There is a cgroup, and a hold lasts as long as it may. */
static bool is_freezable;
static int held_ms[8];
static size_t holds;

int __wrap_freezer_open(struct freezer *freezer, const char *root, const char *name,
			const char *own)
{
	if (!is_freezable)
		return __real_freezer_open(freezer, root, name, own);
	freezer->fd = -1;
	return 0;
}

int __wrap_hold_run(const struct freezer *freezer, int limit_ms, int64_t within_ns,
		    bool (*is_right)(int64_t within_ns), struct hold_result *result)
{
	*result = (struct hold_result){ .held_ms = limit_ms };
	held_ms[holds++] = limit_ms;
	return 0;
}

/* How right the clock has to be for a service to be ready; -1: it was not asked. */
static int64_t ready_within_ns;

void __wrap_readiness_run(int64_t within_ns, bool (*is_right)(int64_t within_ns))
{
	ready_within_ns = is_right == hold_clock_is_right ? within_ns : -1;
}

static int run_with(const char *option, const char *value)
{
	char *words[4] = { (char *)"truechime-hooks", (char *)option, (char *)value };

	waits = 0;
	optind = 0;
	return hooks_main(3, words);
}

/* It would wait for ever, and freeze nothing when it counts. */
TEST(what_can_never_be_frozen_is_refused_at_once)
{
	static const char *const slices[] = {
		"", "/", "..", "../x.slice", "a.slice//b.slice", "a.slice/", "own.slice",
		"/own.slice/hold.service",
	};

	log_set_level(-1);
	for (size_t i = 0; i < ARRAY_SIZE(slices); i++) {
		EXPECT_EQ(2, run_with("--freeze", slices[i]))
			TH_LOG("'%s'", slices[i]);
		EXPECT_EQ(0, waits);
	}
}

/* "Invalid argument" names neither the argument nor what is wrong with it. */
TEST(what_can_never_be_thawed_is_named_as_when_it_is_to_be_frozen)
{
	static const char words[] = "../x.slice is not the path of a cgroup below /sys/fs/cgroup";

	journal_listen(LOG_NOTICE);
	EXPECT_EQ(2, run_with("--freeze", "../x.slice"));
	EXPECT_NE(NULL, strstr(journal.fields[0], words)) TH_LOG("%s", journal.fields[0]);
	journal_listen(LOG_NOTICE);
	EXPECT_EQ(1, run_with("--thaw", "../x.slice"));
	EXPECT_NE(NULL, strstr(journal.fields[0], words)) TH_LOG("%s", journal.fields[0]);
}

TEST(what_is_not_there_yet_is_waited_for)
{
	log_set_level(-1);
	EXPECT_EQ(1, run_with("--freeze", "truechime-test-none.slice"));
	EXPECT_EQ(1, waits);
	EXPECT_EQ(1, run_with("--directory", "/nonexistent"));
	EXPECT_EQ(1, waits);
}

/* It needs no module: the kernel knows. The end is no failure, and the service starts again. */
TEST(a_service_is_ready_within_what_it_is_told)
{
	char *words[5] = {
		(char *)"truechime-hooks", (char *)"--notify", (char *)"--within", (char *)"50ms",
	};

	log_set_level(-1);
	waits = 0;
	ready_within_ns = -1;
	optind = 0;
	EXPECT_EQ(0, hooks_main(4, words));
	EXPECT_EQ(50000000, ready_within_ns);
	optind = 0;
	EXPECT_EQ(0, hooks_main(2, words));
	EXPECT_EQ(WITHIN_NS, ready_within_ns);
	EXPECT_EQ(0, waits);
}

/* Whoever enables the service where there is no module would wait for his programs in vain. */
TEST(that_nothing_will_happen_is_said_once)
{
	journal_listen(LOG_NOTICE);
	absences = 3;
	EXPECT_EQ(1, run_with("--directory", "/nonexistent"));
	EXPECT_TRUE(warned);
	EXPECT_EQ(2, journal.messages);
	EXPECT_NE(NULL, strstr(journal.fields[0], "cannot be received"));
}

TEST(to_be_asked_to_end_is_no_failure)
{
	static const int signals[] = { SIGTERM, SIGINT };
	int status;
	pid_t pid;

	log_set_level(-1);
	absences = 1;
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		signal_meanwhile = signals[i];
		pid = fork();
		if (!pid)
			_exit(run_with("--directory", "/nonexistent") + 100);
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_TRUE(WIFEXITED(status) && !WEXITSTATUS(status))
			TH_LOG("signal %d: status %x", signals[i], status);
	}
	signal_meanwhile = 0;
	absences = 0;
}

/* A folder with a program in it, which writes down what it is told. */
FIXTURE(folder) {
	char path[32];
	char said_path[40];
	char said[64];
	char position[48];
};

FIXTURE_SETUP(folder)
{
	snprintf(self->path, sizeof(self->path), "/tmp/truechime-hooks.XXXXXX");
	ASSERT_NE(NULL, mkdtemp(self->path));
	snprintf(self->said_path, sizeof(self->said_path), "%s/said", self->path);
	snprintf(self->position, sizeof(self->position), "%s/position.1", self->path);
	log_set_level(-1);
	events = 3;
}

FIXTURE_TEARDOWN(folder)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -r %s", self->path);
	EXPECT_EQ(0, system(command));
}

/* The program notes the event's number, and goes on with @body. */
static void write_hook(const FIXTURE_DATA(folder) *self, const char *body)
{
	char path[40];
	FILE *file;

	snprintf(path, sizeof(path), "%s/hook", self->path);
	file = fopen(path, "w");
	if (!file)
		exit(1);
	fprintf(file, "#!/bin/sh\nprintf '%%s ' $TRUECHIME_SEQUENCE >>%s\n%s\n",
		self->said_path, body);
	fclose(file);
	chmod(path, 0755);
}

static int run_from(const FIXTURE_DATA(folder) *self)
{
	char *words[6] = {
		(char *)"truechime-hooks", (char *)"--directory", (char *)self->path,
		(char *)"--position", (char *)self->position, NULL,
	};

	begun_after = -1;
	optind = 0;
	return hooks_main(5, words);
}

/* The numbers of all events that the program was run for. */
static const char *read_said(FIXTURE_DATA(folder) *self)
{
	FILE *file = fopen(self->said_path, "r");

	memset(self->said, 0, sizeof(self->said));
	if (!file)
		return "";
	if (!fread(self->said, 1, sizeof(self->said) - 1, file))
		*self->said = '\0';
	fclose(file);
	return self->said;
}

TEST_F(folder, what_happened_while_it_did_not_run_is_made_up_for)
{
	write_hook(self, ":");
	EXPECT_EQ(1, run_from(self));
	EXPECT_EQ(3, begun_after);
	EXPECT_STREQ("4 ", read_said(self));
	events = 6;
	EXPECT_EQ(1, run_from(self));
	EXPECT_EQ(4, begun_after);
	EXPECT_STREQ("4 5 6 7 ", read_said(self));
}

/* It would be started again, and run the same program again, for ever. */
TEST_F(folder, who_is_killed_by_a_program_does_not_run_it_again)
{
	int status;
	pid_t pid;

	write_hook(self, "kill -KILL $(sed 's/.*) . \\([0-9]*\\) .*/\\1/' /proc/$PPID/stat)");
	for (; events <= 4; events++) {
		pid = fork();
		if (!pid)
			_exit(run_from(self));
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_TRUE(WIFSIGNALED(status)) TH_LOG("event %u: status %x", events, status);
	}
	/* The second one went on after event 4, and was killed by the next. */
	EXPECT_STREQ("4 5 ", read_said(self));
}

/* A file that somebody else wrote is no reason to run programs for old disruptions, or none. */
TEST_F(folder, what_is_no_position_is_said_and_replaced)
{
	write_hook(self, ":");
	snprintf(self->position, sizeof(self->position), "%s/hook", self->path);
	journal_listen(LOG_WARNING);
	EXPECT_EQ(1, run_from(self));
	EXPECT_EQ(3, begun_after);
	/* Of that file, of the program that it is no longer, and of the end. */
	EXPECT_EQ(3, journal.messages);
	EXPECT_STREQ("", read_said(self));
}

/* A minute of disruptions would otherwise be an hour in which nothing runs. */
TEST(what_waits_for_a_hold_is_held_for_no_longer_than_its_own_limit)
{
	static const int64_t ages_ms[] = { 0, 4000, 9000, 10000, 3600000, -50 };
	static const int most_ms[] = { 10000, 6000, 1000, 0, 0, 10000 };
	struct hooks hooks = { .cgroup = "work.slice", .limit_s = 10 };
	struct module_event event = { .cause = TRUECHIME_CAUSE_REVERT };
	int64_t spare_ms = 900, now_ns;

	log_set_level(-1);
	is_freezable = true;
	for (size_t i = 0; i < ARRAY_SIZE(ages_ms); i++) {
		holds = 0;
		now_ns = clock_ns(CLOCK_MONOTONIC_RAW);
		event.raw_ns = now_ns - ages_ms[i] * 1000000;
		hooks.held_raw_ns = now_ns;
		handle_event(&hooks, &event);
		ASSERT_EQ(most_ms[i] ? 1 : 0, holds) TH_LOG("case %zu", i);
		if (!holds)
			continue;
		EXPECT_LE(held_ms[0], most_ms[i]) TH_LOG("case %zu", i);
		EXPECT_GE(held_ms[0], most_ms[i] - spare_ms) TH_LOG("case %zu", i);
	}
	is_freezable = false;
}

/* A guest that was just restored may stand still for longer than the limit before it is told. */
TEST(what_no_hold_kept_waiting_is_held_for_however_late_it_is_told)
{
	struct hooks hooks = { .cgroup = "work.slice", .limit_s = 10 };
	struct module_event event = { .cause = TRUECHIME_CAUSE_REVERT };

	log_set_level(-1);
	is_freezable = true;
	holds = 0;
	event.raw_ns = clock_ns(CLOCK_MONOTONIC_RAW) - 14000000000;
	handle_event(&hooks, &event);
	ASSERT_EQ(1, holds);
	EXPECT_EQ(10000, held_ms[0]);

	/* What happened before this hold ended has waited for it. */
	event.raw_ns += 1000000000;
	handle_event(&hooks, &event);
	EXPECT_EQ(1, holds);
	is_freezable = false;
}

TEST_HARNESS_MAIN
