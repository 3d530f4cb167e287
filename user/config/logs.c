// SPDX-License-Identifier: GPL-2.0-only
/*
 * The directive log: which files of measurements are written.
 */
#include "config/reader.h"

#include <errno.h>
#include <strings.h>

/* chronyd's words for what there is nothing to write of. */
static const struct {
	const char *name;
	const char *why;
} empty[] = {
	{ "rtc", "the kernel sets the RTC while the clock is synchronised; nothing measures it" },
	{ "tempcomp", "the rate is learned, and no temperature is read" },
};

const char *config_log_name(enum config_log log)
{
	static const char *const names[CONFIG_LOGS] = {
		[CONFIG_LOG_MEASUREMENTS] = "measurements",
		[CONFIG_LOG_STATISTICS] = "statistics",
		[CONFIG_LOG_SELECTION] = "selection",
		[CONFIG_LOG_TRACKING] = "tracking",
		[CONFIG_LOG_REFCLOCKS] = "refclocks",
	};

	return names[log];
}

/* The file that @word names; CONFIG_LOGS: none. */
static enum config_log file_named(const char *word)
{
	for (int i = 0; i < CONFIG_LOGS; i++) {
		if (!strcasecmp(word, config_log_name((enum config_log)i)))
			return (enum config_log)i;
	}

	return CONFIG_LOGS;
}

static int parse_word(struct config_reader *reader, const char *word)
{
	struct config_logs *logs = &reader->config->logs;
	enum config_log file = file_named(word);

	if (!strcasecmp(word, "rawmeasurements")) {
		file = CONFIG_LOG_MEASUREMENTS;
		logs->raw = true;
	}
	if (file != CONFIG_LOGS) {
		logs->wanted |= 1U << file;
		return 0;
	}
	for (size_t i = 0; i < sizeof(empty) / sizeof(*empty); i++) {
		if (strcasecmp(word, empty[i].name))
			continue;
		config_warn(reader, "'log %s' has no effect: %s", word, empty[i].why);
		return 0;
	}

	return config_error(reader, "'%s' is nothing that 'log' knows", word);
}

int config_parse_log(struct config_reader *reader, int count, char **words)
{
	for (int i = 0; i < count; i++) {
		if (parse_word(reader, words[i]) < 0)
			return -EINVAL;
	}

	return 0;
}

void config_check_logs(struct config_reader *reader)
{
	struct config_logs *logs = &reader->config->logs;

	if (!logs->wanted || *logs->folder)
		return;
	config_no_effect(reader,
			 "'log' has no effect without a folder for its files: add 'logdir /var/log/truechime'");
	logs->wanted = 0;
	logs->raw = false;
}
