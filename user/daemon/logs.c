// SPDX-License-Identifier: GPL-2.0-only
/*
 * The files of measurements: an entry for each answer, for what it has taught, and for the update
 * of the clock that follows. Nothing is looked at where none is configured.
 */
#include "daemon/daemon.h"

#include <string.h>

#include "daemon/requests.h"
#include "ipc/figures.h"
#include "ipc/log_lines.h"

void daemon_open_logs(struct daemon *daemon)
{
	struct daemon_logs *logs = &daemon->logs;

	log_files_free(logs->files);
	*logs = (struct daemon_logs){ .files = NULL };
	if (daemon->options->task != DAEMON_RUN)
		return;
	if (daemon->config->logs.wanted)
		daemon_make_own_folder(daemon, daemon->config->logs.folder, 0750);
	logs->files = log_files_new(&daemon->config->logs);
	logs->update_ns = daemon->update.raw_ns;
}

static void daemon_write_log(struct daemon *daemon, enum config_log log, const char *line)
{
	log_files_add(daemon->logs.files, log, log_line_banner(log), line);
}

/* What a source was like at the look before; a new one: as it is now. */
static struct source_seen daemon_seen(const struct daemon_logs *logs, const struct source *source,
				      const struct association_info *info)
{
	uint64_t serial = source_serial(source);

	for (size_t i = 0; i < logs->seen_count; i++) {
		if (logs->seen[i].serial == serial)
			return logs->seen[i];
	}

	return (struct source_seen){
		.serial = serial,
		.answers = info->latest->count,
		.samples = source_received(source),
		.readings = info->readings ? info->readings->count : 0,
	};
}

/**
 * struct news - what sources have done since the latest look, a bit each
 * @answered: they answered
 * @read: they were read, and that is to be written
 * @sampled: they have a new sample
 */
struct news {
	uint64_t answered;
	uint64_t read;
	uint64_t sampled;
};

static struct news daemon_look_at_sources(struct daemon *daemon)
{
	bool wants_readings = log_files_wants(daemon->logs.files, CONFIG_LOG_REFCLOCKS);
	struct source_seen seen[CONFIG_SOURCES_MAX] = { 0 };
	struct daemon_logs *logs = &daemon->logs;
	struct source *const *sources;
	size_t count = associations_sources(daemon->associations, &sources);
	struct news news = { 0 };

	for (size_t i = 0; i < count; i++) {
		struct association_info info;

		if (!associations_get_info(daemon->associations, i, &info))
			continue;
		seen[i] = daemon_seen(logs, sources[i], &info);
		/* A server's next address begins to count anew. */
		if (info.latest->count && info.latest->count != seen[i].answers)
			news.answered |= 1ULL << i;
		if (wants_readings && info.readings && info.readings->count != seen[i].readings)
			news.read |= 1ULL << i;
		if (source_received(sources[i]) != seen[i].samples)
			news.sampled |= 1ULL << i;
		seen[i].answers = info.latest->count;
		seen[i].samples = source_received(sources[i]);
	}
	memcpy(logs->seen, seen, count * sizeof(*seen));
	logs->seen_count = count;

	return news;
}

static void daemon_log_answer(struct daemon *daemon, const struct state *state,
			      const struct state_source *source)
{
	char line[LOG_LINE_MAX];

	if (!log_files_wants(daemon->logs.files, CONFIG_LOG_MEASUREMENTS))
		return;
	if (!log_files_wants_refused(daemon->logs.files) && !log_line_is_valid(source->info.latest))
		return;
	log_line_measurements(state, source, line);
	daemon_write_log(daemon, CONFIG_LOG_MEASUREMENTS, line);
}

/* What the reference was before its latest change is not known any more. */
static void daemon_log_readings(struct daemon *daemon, const struct state *state,
				const struct state_source *source, struct source_seen *seen)
{
	const struct refclock_record *record = source->info.readings;
	uint64_t number = seen->readings;
	char line[LOG_LINE_MAX];

	if (record->count - number > REFCLOCK_TAKEN_MAX)
		number = record->count - REFCLOCK_TAKEN_MAX;
	for (; number != record->count; number++) {
		const struct refclock_taken *taken = &record->latest[number % REFCLOCK_TAKEN_MAX];

		if (taken->sample.epoch != state->steering.now.epoch)
			continue;
		log_line_reading(state, source, taken, line);
		daemon_write_log(daemon, CONFIG_LOG_REFCLOCKS, line);
	}
	seen->readings = record->count;
}

static void daemon_log_sample(struct daemon *daemon, const struct state *state,
			      const struct state_source *source, struct source_seen *seen)
{
	const struct estimate *estimate = &source->status.estimate;
	char line[LOG_LINE_MAX];

	if (!source->status.has_estimate)
		return;
	if (source->status.options->kind == SOURCE_REFCLOCK &&
	    log_files_wants(daemon->logs.files, CONFIG_LOG_REFCLOCKS)) {
		log_line_refclocks(state, source, line);
		daemon_write_log(daemon, CONFIG_LOG_REFCLOCKS, line);
	}
	if (log_files_wants(daemon->logs.files, CONFIG_LOG_STATISTICS)) {
		log_line_statistics(state, source, seen->rate, seen->rate_sigma, line);
		daemon_write_log(daemon, CONFIG_LOG_STATISTICS, line);
	}
	seen->rate = estimate->rate;
	seen->rate_sigma = estimate->rate_sigma;
}

void daemon_log_answers(struct daemon *daemon)
{
	struct daemon_logs *logs = &daemon->logs;
	struct state state;
	struct news news;

	if (!logs->files)
		return;
	news = daemon_look_at_sources(daemon);
	if (!news.answered && !news.read && !news.sampled)
		return;
	daemon_get_state(daemon, &state);
	for (size_t i = 0; i < state.source_count; i++) {
		if (news.answered >> i & 1)
			daemon_log_answer(daemon, &state, &state.sources[i]);
		if (news.read >> i & 1)
			daemon_log_readings(daemon, &state, &state.sources[i], &logs->seen[i]);
		if (news.sampled >> i & 1)
			daemon_log_sample(daemon, &state, &state.sources[i], &logs->seen[i]);
	}
	if (!news.answered && !news.sampled)
		return;
	logs->sampled = news.sampled;
	logs->remaining_ns = chime_sub_sat(state.steering.now.time_ns,
					   state.steering.now.realtime_ns);
	logs->bound_ns = steering_published_ns(&state.steering);
}

/* Who is not known by any address takes no part. */
static void daemon_log_selection(struct daemon *daemon, const struct state *state)
{
	char line[LOG_LINE_MAX];

	for (size_t i = 0; i < state->source_count; i++) {
		if (!*state->sources[i].info.address)
			continue;
		log_line_selection(state, i, line);
		daemon_write_log(daemon, CONFIG_LOG_SELECTION, line);
	}
}

void daemon_log_update(struct daemon *daemon)
{
	struct daemon_logs *logs = &daemon->logs;
	bool updated = daemon->update.raw_ns != logs->update_ns;
	char line[LOG_LINE_MAX];
	struct state state;

	if (!logs->files || (!logs->sampled && !updated))
		return;
	daemon_get_state(daemon, &state);
	if (logs->sampled && log_files_wants(logs->files, CONFIG_LOG_SELECTION))
		daemon_log_selection(daemon, &state);
	if (updated && log_files_wants(logs->files, CONFIG_LOG_TRACKING)) {
		log_line_tracking(&state, logs->remaining_ns, logs->bound_ns, line);
		daemon_write_log(daemon, CONFIG_LOG_TRACKING, line);
	}
	logs->sampled = 0;
	logs->update_ns = daemon->update.raw_ns;
}
