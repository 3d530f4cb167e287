// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of sources that other programs write while the daemon runs: read again when they change,
 * and what is wrong in them logged once.
 */
#include "daemon/daemon.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/array_size.h"
#include "lib/plural.h"

/* Reports that are logged of one reading. */
#define REPORTS_MAX	8

/* What FNV-1a begins with. */
#define HASH_OF_NOTHING	14695981039346656037u

/*
 * What was wrong at a reading; @skipped has room for the first line that was left out. @now is what
 * was wrong, @before what was at the readings before, and @text what of it is news.
 */
struct reports {
	char *skipped;
	size_t skipped_size;
	const struct daemon_source_reports *before;
	struct daemon_source_reports now;
	char text[REPORTS_MAX][CONFIG_PATH_MAX + 512];
	size_t news;
};

/* FNV-1a, from @hash on. */
static uint64_t hash_text(uint64_t hash, const char *text)
{
	for (const char *c = text; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 1099511628211u;

	return hash;
}

static bool is_known(const struct daemon_source_reports *reports, uint64_t hash)
{
	for (size_t i = 0; i < reports->count; i++) {
		if (reports->each[i] == hash)
			return true;
	}

	return false;
}

static void note_known(struct daemon_source_reports *reports, uint64_t hash)
{
	if (reports->count < ARRAY_SIZE(reports->each) && !is_known(reports, hash))
		reports->each[reports->count++] = hash;
}

static void note_report(void *context, enum config_severity severity, const char *file, int line,
			const char *message)
{
	struct reports *reports = context;
	char text[sizeof(reports->text[0])], place[CONFIG_PATH_MAX + 16];
	uint64_t hash;

	snprintf(text, sizeof(text), "%s: %s", config_place(file, line, place, sizeof(place)),
		 message);
	if (severity == CONFIG_SKIPPED && !*reports->skipped)
		snprintf(reports->skipped, reports->skipped_size, "%s", text);
	hash = hash_text(HASH_OF_NOTHING, text);
	reports->now.all = hash_text(reports->now.all, text);
	note_known(&reports->now, hash);
	if (is_known(reports->before, hash))
		return;
	if (reports->news < REPORTS_MAX)
		memcpy(reports->text[reports->news], text, sizeof(text));
	reports->news++;
}

/*
 * What is wrong in files that are being written, and were not read, is still wrong as far as
 * anybody knows.
 */
static void keep_reports(struct daemon *daemon, struct reports *reports)
{
	if (daemon->source_watch && source_watch_has_busy(daemon->source_watch)) {
		for (size_t i = 0; i < daemon->source_reports.count; i++)
			note_known(&reports->now, daemon->source_reports.each[i]);
	}
	daemon->source_reports = reports->now;
}

/*
 * The same mistakes again are no news: programs rewrite such files all the time. Those of a reading
 * with the whole configuration were logged then.
 */
static void log_reports(struct daemon *daemon, struct reports *reports, bool changed)
{
	const struct daemon_source_reports *before = &daemon->source_reports;
	bool known = reports->now.all == before->all || (!before->all && !changed);
	size_t i;

	keep_reports(daemon, reports);
	if (known)
		return;
	for (i = 0; i < reports->news && i < REPORTS_MAX; i++)
		log_warning("%s", reports->text[i]);
	if (reports->news > REPORTS_MAX)
		log_warning("%zu more line%s of the source directories %s wrong",
			    reports->news - REPORTS_MAX, plural(reports->news - REPORTS_MAX),
			    plural_are(reports->news - REPORTS_MAX));
}

void daemon_forget_source_reports(struct daemon *daemon)
{
	daemon->source_reports = (struct daemon_source_reports){ .all = HASH_OF_NOTHING };
}

const struct config_busy_files *daemon_busy_files(struct daemon *daemon,
						  struct config_busy_files *busy)
{
	if (!daemon->source_watch)
		return NULL;
	/* Up to now: what was noticed is read by the caller. */
	(void)source_watch_take(daemon->source_watch, system_clock_raw_ns());
	*busy = (struct config_busy_files){
		.has = source_watch_is_busy,
		.context = daemon->source_watch,
	};
	return busy;
}

int daemon_reload_sources(struct daemon *daemon)
{
	struct reports reports = {
		.skipped = daemon->refusal,
		.skipped_size = sizeof(daemon->refusal),
		.before = &daemon->source_reports,
		.now.all = HASH_OF_NOTHING,
	};
	struct config_busy_files busy;
	struct associations_changes changes;
	struct config *config;
	int err;

	*daemon->refusal = '\0';
	err = config_reload_sources(daemon->config, daemon_busy_files(daemon, &busy), note_report,
				    &reports, &config);
	if (err)
		return err;
	err = associations_set_sources(daemon->associations, config, system_clock_raw_ns(),
				       &changes);
	if (err) {
		config_free(config);
		return err;
	}
	config_free(daemon->config);
	daemon->config = config;
	log_reports(daemon, &reports, changes.added || changes.removed);
	if (changes.added || changes.removed)
		log_notice("The source directories have changed: %zu source%s came, %zu went, %zu %s configured",
			   changes.added, plural(changes.added), changes.removed,
			   config->source_count, plural_are(config->source_count));
	return 0;
}

void daemon_check_sources(struct daemon *daemon)
{
	if (!source_watch_take(daemon->source_watch, system_clock_raw_ns()))
		return;
	if (daemon_reload_sources(daemon))
		log_warning("There was no memory to read the source directories again; their sources are as before");
}

void daemon_watch_sources(struct daemon *daemon)
{
	const struct config *config = daemon->config;
	const char *failed = "";
	int err;

	/* The configuration was read whole, with whatever is wrong in those files. */
	daemon->source_reports.all = 0;
	if (!daemon->source_watch) {
		if (!config->sourcedir_count)
			return;
		err = source_watch_open(&daemon->source_watch);
		if (err) {
			log_warning("Changes of the source directories go unnoticed: %s. To have them read again: truechime reload sources",
				    strerror(-err));
			return;
		}
	}
	err = source_watch_set(daemon->source_watch, config->sourcedirs, config->sourcedir_count,
			       system_clock_raw_ns(), &failed);
	if (err)
		log_warning("Changes of %s go unnoticed: %s. To have it read again: truechime reload sources",
			    failed, strerror(-err));
}
