// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading configuration files: from files to lines to words, and the reports. Which files are read
 * is in files.c, what the words mean in directives.c and sources.c.
 */
#include "config/config.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/reader.h"
#include "lib/byte_order_mark.h"
#include "lib/printable.h"
#include "lib/split_words.h"

/* Files that include files that include files ... (chrony's limit). */
#define DEPTH_MAX	10

/* A configuration file that is longer is no configuration file. */
#define FILE_SIZE_MAX	1048576

/* How long a program that writes the first file into a pipe may need for each part of it. */
#define PIPE_PATIENCE_MS	5000

/* After so many errors it is some other file. */
#define ERRORS_MAX	20

/* Who may write to a source directory gives its files their names, of several lines perhaps. */
static const char *shown_file(const struct config_reader *reader, char file[PATH_MAX])
{
	snprintf(file, PATH_MAX, "%s", reader->file);
	make_printable(file);

	return file;
}

static void report(struct config_reader *reader, enum config_severity severity,
		   const char *suffix, const char *format, va_list arguments)
{
	char message[512], file[PATH_MAX];

	if (!reader->report)
		return;
	vsnprintf(message, sizeof(message), format, arguments);
	if (suffix)
		strncat(message, suffix, sizeof(message) - strlen(message) - 1);
	/* Messages quote words of the file: keep control characters away from the terminal. */
	make_printable(message);
	reader->report(reader->context, severity, shown_file(reader, file), reader->line, message);
}

const char *config_place(const char *file, int line, char *place, size_t size)
{
	if (line)
		snprintf(place, size, "%s:%d", file, line);
	else
		snprintf(place, size, "%s", file);

	return place;
}

/* The line itself, for config_explain(). */
static void report_line(struct config_reader *reader, const char *line)
{
	char text[CONFIG_LINE_MAX], file[PATH_MAX];
	size_t length;

	snprintf(text, sizeof(text), "%s", line);
	for (length = strlen(text); length && isspace((unsigned char)text[length - 1]); length--)
		text[length - 1] = '\0';
	for (char *tab = text; (tab = strchr(tab, '\t'));)
		*tab = ' ';
	make_printable(text);
	reader->report(reader->context, CONFIG_LINE, shown_file(reader, file), reader->line, text);
}

/* A bad line of a sourcedir is skipped and does not invalidate the configuration. */
int config_error(struct config_reader *reader, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (reader->volatile_origin)
		report(reader, CONFIG_SKIPPED, reader->keeps ?
		       "; the file's earlier sources are kept" : "; the line is skipped", format,
		       arguments);
	else
		report(reader, CONFIG_ERROR, NULL, format, arguments);
	va_end(arguments);
	if (reader->volatile_origin)
		reader->skipped++;
	else
		reader->errors++;

	return -EINVAL;
}

void config_warn(struct config_reader *reader, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	report(reader, CONFIG_WARNING, NULL, format, arguments);
	va_end(arguments);
}

int config_no_effect(struct config_reader *reader, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	report(reader, CONFIG_NO_EFFECT, NULL, format, arguments);
	va_end(arguments);

	return 0;
}

void config_note(struct config_reader *reader, const char *format, ...)
{
	va_list arguments;

	if (!reader->explain)
		return;
	va_start(arguments, format);
	report(reader, CONFIG_NOTE, NULL, format, arguments);
	va_end(arguments);
}

int config_parse_line(struct config_reader *reader, const char *text, size_t length)
{
	char line[CONFIG_LINE_MAX], whole[CONFIG_LINE_MAX];
	char *words[CONFIG_WORDS_MAX];
	int count;

	if (length >= sizeof(line))
		return config_error(reader, "the line is too long: %zu bytes are the most",
				    sizeof(line) - 1);
	if (memchr(text, '\0', length))
		return config_error(reader, "the line is not text: it contains a zero byte");
	memcpy(line, text, length);
	line[length] = '\0';
	memcpy(whole, line, length + 1);

	count = split_words(line, words, CONFIG_WORDS_MAX);
	/* Comments start with one of these, on a line of their own. */
	if (!count || strchr("#!;%", words[0][0]))
		return 0;
	if (reader->explain)
		report_line(reader, whole + (words[0] - line));
	/* chronyd does not take it for text either. */
	if (reader->line == 1 && byte_order_mark_of(words[0]))
		return config_error(reader,
				    "the file begins with a byte order mark, which cannot be seen: save it as UTF-8 without one");

	return config_directive(reader, count, words);
}

/* Lines so far that a file of sources has for nothing. */
static size_t count_useless(const struct config_reader *reader)
{
	return (size_t)reader->skipped + reader->config->left_out;
}

static void parse_text(struct config_reader *reader, const char *text, size_t length)
{
	size_t useless = count_useless(reader);

	reader->line = 0;
	while (length > 0) {
		const char *end = memchr(text, '\n', length);
		size_t line_length = end ? (size_t)(end - text) : length;

		reader->line++;
		/* The program that writes the sources may not have finished yet. */
		if (!end && reader->volatile_origin) {
			config_error(reader, "the last line has no end");
			return;
		}
		if (reader->errors == ERRORS_MAX) {
			config_error(reader, "too many errors, the rest is not read");
			return;
		}
		if (reader->errors > ERRORS_MAX)
			return;
		/* Each of them takes time, which is the clock's. */
		if (reader->volatile_origin && count_useless(reader) - useless >= ERRORS_MAX) {
			config_no_effect(reader, "too many useless lines, the rest is not read");
			return;
		}
		(void)config_parse_line(reader, text, line_length);
		line_length += end ? 1 : 0;
		text += line_length;
		length -= line_length;
	}
}

/* A pipe has something to read, or its writer has closed it. -ENODATA: nobody writes to it. */
static int await_writer(int fd, int patience_ms)
{
	struct pollfd writer = { .fd = fd, .events = POLLIN };

	switch (poll(&writer, 1, patience_ms)) {
	case -1:
		return -errno;
	case 0:
		return -ENODATA;
	}

	return 0;
}

/*
 * The whole file; free() it. A pipe is waited for from one part to the next, and no longer than
 * @patience_ms each time.
 */
static int read_whole(const char *path, int patience_ms, char **text, size_t *length)
{
	struct stat status;
	ssize_t got = 0;
	int fd, err = 0;

	/* A pipe without a writer must not hold us up, nor whatever else may be there. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) < 0) {
		err = -errno;
		goto out_close;
	}
	if (S_ISDIR(status.st_mode)) {
		err = -EISDIR;
		goto out_close;
	}

	*text = malloc(FILE_SIZE_MAX + 1);
	if (!*text) {
		err = -ENOMEM;
		goto out_close;
	}
	*length = 0;
	do {
		if (S_ISFIFO(status.st_mode))
			err = await_writer(fd, patience_ms);
		if (err)
			break;
		got = read(fd, *text + *length, FILE_SIZE_MAX + 1 - *length);
		if (got > 0)
			*length += (size_t)got;
	} while (got > 0 && *length <= FILE_SIZE_MAX);
	if (got < 0)
		err = -errno;
	else if (*length > FILE_SIZE_MAX)
		err = -EFBIG;
	/* What was in it can be read once only, and a program that failed has written nothing. */
	else if (!*length && S_ISFIFO(status.st_mode))
		err = -ENODATA;
	if (err < 0)
		free(*text);

out_close:
	close(fd);
	return err;
}

/* Why a file was not read, as the end of a sentence. */
static const char *words_of(int err)
{
	return err == -ENODATA ? "it is a pipe, and there is nothing in it" : strerror(-err);
}

/*
 * A file, in the middle of another or as the first. 0 if it was read, whatever is in it; else
 * -errno after an error was reported.
 */
int config_read_file(struct config_reader *reader, const char *path)
{
	/* It has the name that reports have; files of sources that are read again have not. */
	bool is_first = !strcmp(path, reader->file);
	const char *outer_file = reader->file;
	int outer_line = reader->line;
	int err, patience_ms = 0;
	size_t length = 0;
	char *text = NULL;

	if (reader->depth >= DEPTH_MAX) {
		config_error(reader, "files include each other more than %d deep", DEPTH_MAX);
		return -ELOOP;
	}
	/* Later on the clock would wait as well. */
	if (!reader->depth && !reader->before && !reader->volatile_origin)
		patience_ms = PIPE_PATIENCE_MS;
	err = read_whole(path, patience_ms, &text, &length);
	/* Such a file is the first one where only the files of sources are read again. */
	if (err == -EISDIR && (reader->depth || reader->volatile_origin)) {
		config_warn(reader, "%s is a directory, of which nothing is read", path);
		return 0;
	}
	if (err < 0) {
		if (is_first)
			config_error(reader, "cannot be read: %s", words_of(err));
		else
			config_error(reader, "cannot read %s: %s", path, words_of(err));
		return err;
	}

	reader->file = path;
	reader->depth++;
	parse_text(reader, text, length);
	reader->depth--;
	reader->file = outer_file;
	reader->line = outer_line;
	free(text);

	return 0;
}

void config_restrict_family(struct config *config, int family)
{
	config->family = family;
	config->server.family = family;
	config->chronyc.family = family;
}

struct config *config_new(void)
{
	struct config *config = calloc(1, sizeof(*config));

	if (config)
		config_directives_defaults(config);

	return config;
}

void config_free(struct config *config)
{
	if (config) {
		config_server_clear(&config->server);
		free(config->chronyc.rules);
	}
	free(config);
}

/* Check what needs the whole configuration, then hand it over if there was no error. */
static int finish(struct config_reader *reader, int err, struct config **config)
{
	reader->line = 0;
	if (!err && !reader->errors)
		config_check_refclocks(reader);
	if (!err && !reader->errors) {
		err = config_apply_initstepslew(reader);
		config_order_sources(reader->config);
		config_finish_sources(reader);
		config_close_access(reader->config);
		config_check_keyfile(reader, 0);
		config_check_scopes(reader, 0);
		config_check_limits(reader);
		config_check_acquisitionport(reader);
		config_check_port(reader);
		config_check_nts(reader);
		config_check_logs(reader);
	}
	if (err || reader->errors) {
		config_free(reader->config);
		return err ? err : -EINVAL;
	}
	*config = reader->config;

	return 0;
}

/* Read @text, or the reader's file if that is NULL, into a new configuration. */
static int read_into_new(struct config_reader *reader, const char *text, size_t length,
			 struct config **config)
{
	int err = 0;

	reader->config = config_new();
	if (!reader->config)
		return -ENOMEM;
	if (text)
		parse_text(reader, text, length);
	else
		err = config_read_file(reader, reader->file);

	return finish(reader, err, config);
}

int config_load(const char *path, config_report *report_function, void *context,
		struct config **config)
{
	return config_load_again(path, NULL, NULL, report_function, context, config);
}

int config_load_again(const char *path, const struct config *before,
		      const struct config_busy_files *busy, config_report *report_function,
		      void *context, struct config **config)
{
	struct config_reader reader = {
		.report = report_function,
		.context = context,
		.file = path,
		.follow = true,
		.before = before,
		.busy = busy,
	};

	return read_into_new(&reader, NULL, 0, config);
}

int config_explain(const char *name, const char *text, bool follow,
		   config_report *report_function, void *context, struct config **config)
{
	struct config_reader reader = {
		.report = report_function,
		.context = context,
		.file = name,
		.follow = follow,
		.explain = true,
	};

	return read_into_new(&reader, text, text ? strlen(text) : 0, config);
}

int config_from_text(const char *name, const char *text, size_t length, bool follow,
		     config_report *report_function, void *context, struct config **config)
{
	struct config_reader reader = {
		.report = report_function,
		.context = context,
		.file = name,
		.follow = follow,
	};

	/* There may be no text, and then there is nothing to read. */
	return read_into_new(&reader, length ? text : "", length, config);
}

static bool is_same_number(double one, double other)
{
	return !(one < other) && !(one > other);
}

/* Compare member by member, as padding is undefined. */
bool config_source_equal(const struct config_source *one, const struct config_source *other)
{
	const struct source_options *a = &one->options;
	const struct source_options *b = &other->options;

	return one->kind == other->kind && !strcmp(a->name, b->name) && a->kind == b->kind &&
	       a->minpoll == b->minpoll && a->maxpoll == b->maxpoll &&
	       a->polltarget == b->polltarget && a->iburst == b->iburst &&
	       a->prefer == b->prefer && a->trust == b->trust && a->noselect == b->noselect &&
	       a->require == b->require && a->copy == b->copy && a->maxsamples == b->maxsamples &&
	       a->minstratum == b->minstratum && a->unreach_limit == b->unreach_limit &&
	       a->burst == b->burst &&
	       is_same_number(a->presend_s, b->presend_s) &&
	       is_same_number(a->offset_s, b->offset_s) &&
	       is_same_number(a->asymmetry, b->asymmetry) && a->mindelay_ns == b->mindelay_ns &&
	       one->family == other->family && one->port == other->port &&
	       one->version == other->version && one->maxsources == other->maxsources &&
	       one->maxdelay_ns == other->maxdelay_ns &&
	       is_same_number(one->maxdelayratio, other->maxdelayratio) &&
	       one->offline == other->offline && one->auto_offline == other->auto_offline &&
	       one->at_start == other->at_start &&
	       one->authenticated == other->authenticated && one->key == other->key &&
	       one->nts == other->nts && one->nts_port == other->nts_port &&
	       one->cert_set == other->cert_set &&
	       one->interleaved == other->interleaved && one->mono_root == other->mono_root &&
	       one->refid == other->refid &&
	       one->stratum == other->stratum && one->driver_poll == other->driver_poll &&
	       one->filter == other->filter && one->delay_ns == other->delay_ns &&
	       one->precision_ns == other->precision_ns &&
	       one->no_crosststamp == other->no_crosststamp && one->unit == other->unit &&
	       one->perm == other->perm && one->clear == other->clear &&
	       one->pps == other->pps && one->lock == other->lock && one->rate == other->rate &&
	       one->width_ns == other->width_ns && one->maxlockage == other->maxlockage &&
	       one->tai == other->tai;
}
