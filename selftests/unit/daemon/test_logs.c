// SPDX-License-Identifier: GPL-2.0-only
/*
 * When entries of the files of measurements are written: once for each answer, sample and update.
 */
#include "user/daemon/requests.h"

#include <string.h>

#include "selftests/unit/unit.h"
#include "user/ipc/log_lines.h"

#define S	1000000000LL

/* A source as the associations show it; what stands for a struct source is its place here. */
struct world_source {
	uint64_t serial;
	uint64_t received;
	struct ntp_client_answer answer;
	const char *address;
	enum source_kind kind;
	struct refclock_record readings;
};

static struct {
	struct world_source sources[3];
	struct source *order[3];
	size_t count;
	unsigned int wanted;
	bool raw;
	int states;		/* how often the whole state was asked for */
	const char *made;	/* a folder */
	int entries[CONFIG_LOGS];
	char line[LOG_LINE_MAX];
	char first[LOG_LINE_MAX];	/* of a turn */
	uint32_t epoch;
} world;

static struct world_source *of(const struct source *source)
{
	return (struct world_source *)(void *)source;
}

static struct source_options options[2] = {
	[SOURCE_REFCLOCK] = { .kind = SOURCE_REFCLOCK },
};

size_t associations_sources(const struct associations *associations, struct source *const **sources)
{
	*sources = world.order;

	return world.count;
}

bool associations_get_info(const struct associations *associations, size_t index,
			   struct association_info *info)
{
	struct world_source *source = of(world.order[index]);

	*info = (struct association_info){ .latest = &source->answer, .serial = source->serial };
	strcpy(info->address, source->address);
	if (source->kind == SOURCE_REFCLOCK)
		info->readings = &source->readings;

	return true;
}

uint64_t source_serial(const struct source *source)
{
	return of(source)->serial;
}

uint64_t source_received(const struct source *source)
{
	return of(source)->received;
}

void daemon_get_state(struct daemon *daemon, struct state *state)
{
	world.states++;
	memset(state, 0, sizeof(*state));
	state->update = daemon->update;
	state->steering.now.epoch = world.epoch;
	state->source_count = world.count;
	for (size_t i = 0; i < world.count; i++) {
		struct world_source *source = of(world.order[i]);

		associations_get_info(NULL, i, &state->sources[i].info);
		state->sources[i].status = (struct source_status){
			.options = &options[source->kind],
			.has_estimate = source->received,
			.samples = (unsigned int)source->received,
			.estimate = { .rate = 1e-6 * (double)source->received, .rate_sigma = 1e-6 },
		};
	}
}

void daemon_make_own_folder(const struct daemon *daemon, const char *folder, mode_t mode)
{
	world.made = folder;
}

struct log_files *log_files_new(const struct config_logs *logs)
{
	return (struct log_files *)(void *)&world;
}

void log_files_free(struct log_files *files)
{
}

bool log_files_wants(const struct log_files *files, enum config_log file)
{
	return world.wanted >> file & 1;
}

bool log_files_wants_refused(const struct log_files *files)
{
	return world.raw;
}

void log_files_add(struct log_files *files, enum config_log file, const char *banner,
		   const char *entry)
{
	world.entries[file]++;
	strcpy(world.line, entry);
	if (!*world.first)
		strcpy(world.first, entry);
}

FIXTURE(logs)
{
	struct daemon_options options;
	struct config config;
	struct daemon daemon;
};

/* Two servers, of which the first has answered before. */
FIXTURE_SETUP(logs)
{
	memset(self, 0, sizeof(*self));
	memset(&world, 0, sizeof(world));
	world.wanted = (1U << CONFIG_LOGS) - 1;
	world.sources[0] = (struct world_source){
		.serial = 1, .received = 1, .answer = { .count = 1 }, .address = "10.0.0.1",
	};
	world.sources[1] = (struct world_source){ .serial = 2, .address = "10.0.0.2" };
	world.sources[2] = (struct world_source){ .serial = 3, .address = "10.0.0.3" };
	for (size_t i = 0; i < 3; i++)
		world.order[i] = (struct source *)(void *)&world.sources[i];
	world.count = 2;
	self->daemon.options = &self->options;
	self->daemon.config = &self->config;
	daemon_open_logs(&self->daemon);
	daemon_log_answers(&self->daemon);
	daemon_log_update(&self->daemon);
}

FIXTURE_TEARDOWN(logs)
{
}

/* A turn of the loop, in which the clock is @updated. */
static void turn(struct _test_data_logs *self, bool updated)
{
	memset(world.entries, 0, sizeof(world.entries));
	*world.first = '\0';
	daemon_log_answers(&self->daemon);
	if (updated)
		self->daemon.update.raw_ns += S;
	daemon_log_update(&self->daemon);
}

static void answer(struct world_source *source, enum ntp_verdict verdict)
{
	source->answer.count++;
	source->answer.verdict = verdict;
	source->received += verdict == NTP_ACCEPTED;
}

TEST_F(logs, without_news_nothing_is_looked_at)
{
	turn(self, false);
	EXPECT_EQ(0, world.states);
}

TEST_F(logs, an_answer_has_its_entries_once)
{
	answer(&world.sources[1], NTP_ACCEPTED);
	turn(self, true);
	EXPECT_EQ(1, world.entries[CONFIG_LOG_MEASUREMENTS]);
	EXPECT_EQ(1, world.entries[CONFIG_LOG_STATISTICS]);
	EXPECT_EQ(0, world.entries[CONFIG_LOG_REFCLOCKS]);
	/* Of all sources. */
	EXPECT_EQ(2, world.entries[CONFIG_LOG_SELECTION]);
	EXPECT_EQ(1, world.entries[CONFIG_LOG_TRACKING]);
	turn(self, false);
	for (int i = 0; i < CONFIG_LOGS; i++)
		EXPECT_EQ(0, world.entries[i]);
}

TEST_F(logs, a_refused_answer_is_written_if_it_is_wanted)
{
	answer(&world.sources[1], NTP_UNSYNCHRONISED);
	turn(self, false);
	EXPECT_EQ(0, world.entries[CONFIG_LOG_MEASUREMENTS]);
	world.raw = true;
	answer(&world.sources[1], NTP_UNSYNCHRONISED);
	turn(self, false);
	EXPECT_EQ(1, world.entries[CONFIG_LOG_MEASUREMENTS]);
	EXPECT_EQ(0, world.entries[CONFIG_LOG_STATISTICS]);
	EXPECT_EQ(0, world.entries[CONFIG_LOG_SELECTION]);
}

/* What is too late to be used is a measurement all the same. */
TEST_F(logs, a_valid_answer_is_written_though_it_is_not_used)
{
	answer(&world.sources[1], NTP_DELAY_TOO_LONG);
	turn(self, false);
	EXPECT_EQ(1, world.entries[CONFIG_LOG_MEASUREMENTS]);
	EXPECT_EQ(0, world.entries[CONFIG_LOG_STATISTICS]);
}

/* A reload that names another server before these. */
TEST_F(logs, sources_are_known_by_their_numbers)
{
	struct source *last = world.order[2];

	world.order[2] = world.order[1];
	world.order[1] = world.order[0];
	world.order[0] = last;
	world.count = 3;
	turn(self, false);
	EXPECT_EQ(0, world.states);
	answer(&world.sources[0], NTP_ACCEPTED);
	turn(self, false);
	EXPECT_EQ(1, world.entries[CONFIG_LOG_MEASUREMENTS]);
	EXPECT_NE(NULL, strstr(world.line, "10.0.0.2"));
	EXPECT_EQ(3, world.entries[CONFIG_LOG_SELECTION]);
}

/* At another address a client counts from 0 again. */
TEST_F(logs, another_address_counts_anew)
{
	world.sources[0].answer.count = 0;
	turn(self, false);
	EXPECT_EQ(0, world.states);
	answer(&world.sources[0], NTP_ACCEPTED);
	turn(self, false);
	EXPECT_EQ(1, world.entries[CONFIG_LOG_MEASUREMENTS]);
}

TEST_F(logs, how_far_a_rate_has_moved_is_in_its_standard_errors)
{
	world.wanted = 1U << CONFIG_LOG_STATISTICS;
	answer(&world.sources[1], NTP_ACCEPTED);
	turn(self, false);
	EXPECT_NE(NULL, strstr(world.line, " 0.0e+00   1 "));
	answer(&world.sources[1], NTP_ACCEPTED);
	turn(self, false);
	EXPECT_NE(NULL, strstr(world.line, " 1.0e+00   2 "));
}

TEST_F(logs, a_reference_clock_has_a_file_of_its_own)
{
	world.sources[1].kind = SOURCE_REFCLOCK;
	world.sources[1].received++;
	turn(self, false);
	EXPECT_EQ(0, world.entries[CONFIG_LOG_MEASUREMENTS]);
	EXPECT_EQ(1, world.entries[CONFIG_LOG_REFCLOCKS]);
	EXPECT_EQ(1, world.entries[CONFIG_LOG_STATISTICS]);
}

static void read_clock(struct world_source *source)
{
	uint64_t number = source->readings.count++;

	source->readings.latest[number % REFCLOCK_TAKEN_MAX] = (struct refclock_taken){
		.sample = { .epoch = world.epoch },
		.number = (unsigned int)number,
	};
}

/* Readings are written as they come, before the sample that they are made to. */
TEST_F(logs, so_have_its_readings)
{
	struct world_source *clock = &world.sources[2];

	clock->kind = SOURCE_REFCLOCK;
	clock->address = "GPS";
	read_clock(clock);
	world.count = 3;
	turn(self, false);
	EXPECT_EQ(0, world.states);
	read_clock(clock);
	read_clock(clock);
	turn(self, false);
	EXPECT_EQ(2, world.entries[CONFIG_LOG_REFCLOCKS]);
	EXPECT_NE(NULL, strstr(world.first, " GPS     1 N 0 "));
	EXPECT_NE(NULL, strstr(world.line, " GPS     2 N 0 "));
	EXPECT_EQ(0, world.entries[CONFIG_LOG_STATISTICS]);
	EXPECT_EQ(0, world.entries[CONFIG_LOG_SELECTION]);
	world.wanted = 1U << CONFIG_LOG_REFCLOCKS;
	read_clock(clock);
	clock->received++;
	turn(self, false);
	EXPECT_EQ(2, world.entries[CONFIG_LOG_REFCLOCKS]);
	EXPECT_NE(NULL, strstr(world.first, " GPS     3 N 0 "));
	EXPECT_NE(NULL, strstr(world.line, " GPS     - N - "));
}

TEST_F(logs, readings_that_are_no_longer_kept_are_passed_over)
{
	world.sources[1].kind = SOURCE_REFCLOCK;
	for (int i = 0; i < REFCLOCK_TAKEN_MAX + 2; i++)
		read_clock(&world.sources[1]);
	turn(self, false);
	EXPECT_EQ(REFCLOCK_TAKEN_MAX, world.entries[CONFIG_LOG_REFCLOCKS]);
	EXPECT_NE(NULL, strstr(world.first, "   2 N 0 "));
	/* They are of the reference that was. */
	read_clock(&world.sources[1]);
	world.epoch++;
	turn(self, false);
	EXPECT_EQ(0, world.entries[CONFIG_LOG_REFCLOCKS]);
	world.states = 0;
	turn(self, false);
	EXPECT_EQ(0, world.states);
}

TEST_F(logs, readings_are_written_only_if_they_are_wanted)
{
	world.wanted = 1U << CONFIG_LOG_MEASUREMENTS;
	world.sources[1].kind = SOURCE_REFCLOCK;
	read_clock(&world.sources[1]);
	turn(self, false);
	EXPECT_EQ(0, world.states);
	EXPECT_EQ(0, world.entries[CONFIG_LOG_REFCLOCKS]);
}

/* Nobody is selected without an address. */
TEST_F(logs, a_source_without_an_address_is_not_written)
{
	world.sources[0].address = "";
	answer(&world.sources[1], NTP_ACCEPTED);
	turn(self, false);
	EXPECT_EQ(1, world.entries[CONFIG_LOG_SELECTION]);
}

/* Before the daemon is another user, who might not make it. */
TEST_F(logs, their_folder_is_made)
{
	EXPECT_EQ(NULL, world.made);
	self->config.logs.wanted = 1;
	strcpy(self->config.logs.folder, "/l");
	daemon_open_logs(&self->daemon);
	EXPECT_STREQ("/l", world.made);
}

TEST_F(logs, a_task_writes_none)
{
	self->options.task = DAEMON_MEASURE;
	daemon_open_logs(&self->daemon);
	answer(&world.sources[1], NTP_ACCEPTED);
	turn(self, true);
	EXPECT_EQ(0, world.states);
}

TEST_HARNESS_MAIN
