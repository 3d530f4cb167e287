// SPDX-License-Identifier: GPL-2.0-only
/*
 * The note of reference clocks that were refuted.
 */
#include "daemon/refuted_clocks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "discipline/drift.h"
#include "lib/state_file.h"

/* Before the name: three numbers. */
#define NUMBERS_MAX	96
#define LINE_MAX_LENGTH	(NUMBERS_MAX + SOURCE_NAME_MAX)
#define NOTE_MAX	((size_t)CONFIG_SOURCES_MAX * LINE_MAX_LENGTH)

/* Its line in the configuration; NULL: it is no reference clock of that. */
static const struct config_source *line_of(const struct config *config, const struct source *source)
{
	const struct source_options *options = source_get_options(source);

	for (size_t i = 0; i < config->source_count; i++) {
		const struct config_source *line = &config->sources[i];

		if (line->options.kind == SOURCE_REFCLOCK && options->kind == SOURCE_REFCLOCK &&
		    !strcmp(line->options.name, options->name))
			return line;
	}

	return NULL;
}

/* What tells this clock, as it is configured, from others. */
static int print_clock(char *text, size_t size, const struct config_source *line)
{
	return snprintf(text, size, "%.9g %lld %s\n", line->options.offset_s,
			(long long)line->delay_ns, line->options.name);
}

/* All of them; how many bytes. */
static size_t print_note(char *note, const struct config *config, struct source *const *sources,
			 size_t count)
{
	size_t length = 0;

	for (size_t i = 0; i < count && NOTE_MAX - length > LINE_MAX_LENGTH; i++) {
		const struct config_source *line = line_of(config, sources[i]);
		int64_t shown_ns;

		if (!line || !source_is_refuted(sources[i], &shown_ns))
			continue;
		length += (size_t)snprintf(note + length, NOTE_MAX - length, "%lld ",
					   (long long)shown_ns);
		length += (size_t)print_clock(note + length, NOTE_MAX - length, line);
	}

	return length;
}

int refuted_clocks_note(const struct config *config, struct source *const *sources, size_t count)
{
	char path[CONFIG_PATH_MAX + DRIFT_SUFFIX_MAX], note[NOTE_MAX];
	size_t length;
	int err;

	if (!*config->driftfile)
		return 0;
	err = drift_path(config->driftfile, ".refuted", path, sizeof(path));
	if (err)
		return err;
	length = print_note(note, config, sources, count);
	if (length)
		return state_file_write(path, note, length);

	return unlink(path) && errno != ENOENT ? -errno : 0;
}

/* The clock of a line of the note is refuted, if it is among the sources and not trusted. */
static int recall_line(const struct config *config, struct source *const *sources, size_t count,
		       const char *text, const char *end, uint64_t *recalled)
{
	char clock[LINE_MAX_LENGTH];
	long long shown_ns;
	char *rest;

	errno = 0;
	shown_ns = strtoll(text, &rest, 10);
	if (errno || rest == text || shown_ns < 0 || *rest++ != ' ')
		return -EBADMSG;
	for (size_t i = 0; i < count && i < SOURCE_SELECT_MAX; i++) {
		const struct config_source *line = line_of(config, sources[i]);

		if (!line || line->options.trust ||
		    print_clock(clock, sizeof(clock), line) != end - rest ||
		    memcmp(clock, rest, (size_t)(end - rest)) != 0)
			continue;
		source_recall_refuted(sources[i], shown_ns);
		*recalled |= 1ULL << i;
	}

	return 0;
}

static int recall_note(const struct config *config, struct source *const *sources, size_t count,
		       const char *note, uint64_t *recalled)
{
	const char *end;
	int err = 0;

	for (; *note && !err; note = end + 1) {
		end = strchr(note, '\n');
		if (!end)
			return -EBADMSG;
		err = recall_line(config, sources, count, note, end + 1, recalled);
	}

	return err;
}

int refuted_clocks_recall(const struct config *config, struct source *const *sources, size_t count,
			  uint64_t *recalled)
{
	char path[CONFIG_PATH_MAX + DRIFT_SUFFIX_MAX], note[NOTE_MAX];
	int err;

	*recalled = 0;
	if (!*config->driftfile)
		return 0;
	err = drift_path(config->driftfile, ".refuted", path, sizeof(path));
	if (err)
		return err;
	err = state_file_read(path, note, sizeof(note));
	if (err > 0)
		err = recall_note(config, sources, count, note, recalled);

	return err == -ENOENT ? 0 : err;
}
