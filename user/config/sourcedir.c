// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sources that come and go while the daemon runs: the files of the source directories, which other
 * programs write, and the operator's additions. What is in force stays where something is wrong.
 */
#include "config/reader.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Is there room for all of them? If not, it was reported. */
static bool has_room(struct config_reader *reader, int count, char **directories)
{
	size_t size = sizeof(reader->config->sourcedirs[0].path);

	if (reader->config->sourcedir_count + (size_t)count > CONFIG_SOURCEDIRS_MAX) {
		config_no_effect(reader,
				 "too many directories of sources: %d are the most, and none of this line is read",
				 CONFIG_SOURCEDIRS_MAX);
		return false;
	}
	for (int i = 0; i < count; i++) {
		if (strlen(directories[i]) < size)
			continue;
		config_no_effect(reader,
				 "'%.20s...' is too long: %zu bytes are the most, and none of this line is read",
				 directories[i], size - 1);
		return false;
	}

	return true;
}

bool config_add_sourcedirs(struct config_reader *reader, int count, char **directories)
{
	struct config *config = reader->config;

	if (!has_room(reader, count, directories))
		return false;
	for (int i = 0; i < count; i++) {
		struct config_sourcedir *sourcedir = &config->sourcedirs[config->sourcedir_count];

		memcpy(sourcedir->path, directories[i], strlen(directories[i]) + 1);
		sourcedir->first = !i;
		config->sourcedir_count++;
	}

	return true;
}

static bool is_from(const struct config_source *source, const char *path)
{
	return source->volatile_origin && !strcmp(source->file, path);
}

static bool has_sources(const struct config *config, const char *path)
{
	for (size_t i = 0; config && i < config->source_count; i++) {
		if (is_from(&config->sources[i], path))
			return true;
	}

	return false;
}

/* What the file said when it was last read without an error. */
static void keep_sources(struct config_reader *reader, const char *path)
{
	const struct config *before = reader->before;
	struct config *config = reader->config;

	for (size_t i = 0; before && i < before->source_count; i++) {
		if (is_from(&before->sources[i], path) &&
		    config->source_count < CONFIG_SOURCES_MAX)
			config->sources[config->source_count++] = before->sources[i];
	}
}

/* A copy to add sources to: who is answered does not matter then, and the rules are @config's. */
static struct config *copy_without_rules(const struct config *config)
{
	struct config *copy = config_new();

	if (!copy)
		return NULL;
	*copy = *config;
	copy->server = (struct config_server) { 0 };
	copy->chronyc = (struct config_chronyc) { 0 };

	return copy;
}

static void report_nothing(void *context, enum config_severity severity, const char *file,
			   int line, const char *message)
{
	(void)context;
	(void)severity;
	(void)file;
	(void)line;
	(void)message;
}

static bool equal_as_written(const struct config_source *one, const struct config_source *other)
{
	struct config_source a = *one, b = *other;

	config_source_take_said(&a);
	config_source_take_said(&b);

	return config_source_equal(&a, &b);
}

/* Are the sources of @config from @first on those that the file has in force? */
static bool are_in_force(const struct config *before, const char *path,
			 const struct config *config, size_t first)
{
	size_t next = first;

	for (size_t i = 0; i < before->source_count; i++) {
		if (!is_from(&before->sources[i], path))
			continue;
		if (next == config->source_count ||
		    !equal_as_written(&before->sources[i], &config->sources[next]))
			return false;
		next++;
	}

	return next == config->source_count;
}

/*
 * Would the file have other sources, were its bad lines left out? If not, as where nothing has
 * changed, there is nothing to keep, and what is said of these lines is what was said before.
 */
static bool would_change(const struct config_reader *reader, const char *path)
{
	size_t first = reader->config->source_count;
	struct config_reader trial = *reader;
	bool same;

	trial.report = report_nothing;
	trial.config = copy_without_rules(reader->config);
	if (!trial.config)
		return true;
	(void)config_read_file(&trial, path);
	same = are_in_force(reader->before, path, trial.config, first);
	config_free(trial.config);

	return !same;
}

/* A file of a source directory. */
void config_read_source_file(struct config_reader *reader, const char *path)
{
	const struct config_busy_files *busy = reader->busy;
	struct config *config = reader->config;
	size_t first = config->source_count;
	int skipped = reader->skipped;

	if (busy && busy->has(busy->context, path)) {
		keep_sources(reader, path);
		return;
	}
	reader->keeps = has_sources(reader->before, path) && would_change(reader, path);
	(void)config_read_file(reader, path);
	if (reader->skipped > skipped && reader->keeps) {
		config->source_count = first;
		keep_sources(reader, path);
	}
	reader->keeps = false;
	/* A longer path cannot be told from others: such a file keeps nothing. */
	for (size_t i = first; strlen(path) < CONFIG_PATH_MAX && i < config->source_count; i++)
		memcpy(config->sources[i].file, path, strlen(path) + 1);
}

/* The directories of one directive, from @first on. How many. */
static size_t read_directive(struct config_reader *reader, size_t first)
{
	struct config *config = reader->config;
	char *directories[CONFIG_SOURCEDIRS_MAX];
	size_t count = 0;

	do {
		directories[count] = config->sourcedirs[first + count].path;
		count++;
	} while (first + count < config->sourcedir_count &&
		 !config->sourcedirs[first + count].first);
	(void)config_read_directories(reader, (int)count, directories, ".sources", true);

	return count;
}

/* In the order in which they come when only the files are read again. Each keeps its own. */
void config_order_sources(struct config *config)
{
	struct config_source *sources = config->sources, source;
	size_t lasting = 0;

	for (size_t i = 0; i < config->source_count; i++) {
		if (sources[i].volatile_origin)
			continue;
		if (i > lasting) {
			source = sources[i];
			memmove(&sources[lasting + 1], &sources[lasting],
				(i - lasting) * sizeof(source));
			sources[lasting] = source;
		}
		lasting++;
	}
}

/* A copy of @before without the sources of files. */
static struct config *copy_lasting(const struct config *before)
{
	struct config *config = config_new();

	if (!config)
		return NULL;
	*config = *before;
	/* Both, as those of @before must not be freed. */
	if (config_copy_rules(&config->server.rules, &config->server.rule_count) |
	    config_copy_rules(&config->chronyc.rules, &config->chronyc.rule_count)) {
		config_free(config);
		return NULL;
	}
	config->source_count = 0;
	for (size_t i = 0; i < before->source_count; i++) {
		if (!before->sources[i].volatile_origin)
			config->sources[config->source_count++] = before->sources[i];
	}

	return config;
}

int config_reload_sources(const struct config *before, const struct config_busy_files *busy,
			  config_report *report, void *context, struct config **config)
{
	struct config_reader reader = {
		.config = copy_lasting(before),
		.report = report,
		.context = context,
		.file = "sourcedir",
		.follow = true,
		.before = before,
		.busy = busy,
	};
	size_t lasting;

	if (!reader.config)
		return -ENOMEM;
	lasting = reader.config->source_count;
	for (size_t i = 0; i < before->sourcedir_count;)
		i += read_directive(&reader, i);
	config_finish_sources(&reader);
	/* Of the others it was said when the configuration was read. */
	config_check_keyfile(&reader, lasting);
	config_check_scopes(&reader, lasting);
	*config = reader.config;

	return 0;
}

int config_parse_source(const struct config *before, const char *text, config_report *report,
			void *context, struct config_source *source)
{
	struct config_reader reader = {
		.config = copy_without_rules(before),
		.report = report,
		.context = context,
		.file = "add",
		.line = 1,
		.sources_only = true,
	};
	int err;

	if (!reader.config)
		return -ENOMEM;
	err = config_parse_line(&reader, text, strlen(text));
	if (!err && reader.config->source_count == before->source_count) {
		config_error(&reader, "'server NAME' or 'pool NAME' was expected");
		err = -EINVAL;
	}
	if (!err) {
		config_finish_sources(&reader);
		config_check_scopes(&reader, before->source_count);
		*source = reader.config->sources[before->source_count];
	}
	config_free(reader.config);

	return err;
}
