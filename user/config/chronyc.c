// SPDX-License-Identifier: GPL-2.0-only
/*
 * The directives of chronyc's access: over UDP, and by a local socket.
 */
#include "config/reader.h"

#include <stdio.h>
#include <strings.h>

/* chrony.conf(5), where it is not given. */
#define RATE_INTERVAL	(-4)

#define OPEN(word)	(1U << CONFIG_OPEN_##word)
#define OPEN_DEFAULT	(OPEN(ACTIVITY) | OPEN(MANUAL) | OPEN(RTCDATA) | OPEN(SMOOTHING) | \
			 OPEN(SOURCENAME) | OPEN(SOURCES) | OPEN(SOURCESTATS) | OPEN(TRACKING))

static const char *const open_words[CONFIG_OPEN_WORDS] = {
	[CONFIG_OPEN_ACTIVITY] = "activity", [CONFIG_OPEN_AUTHDATA] = "authdata",
	[CONFIG_OPEN_CLIENTS] = "clients", [CONFIG_OPEN_MANUAL] = "manual",
	[CONFIG_OPEN_NTPDATA] = "ntpdata", [CONFIG_OPEN_RTCDATA] = "rtcdata",
	[CONFIG_OPEN_SELECTDATA] = "selectdata", [CONFIG_OPEN_SERVERSTATS] = "serverstats",
	[CONFIG_OPEN_SMOOTHING] = "smoothing", [CONFIG_OPEN_SOURCENAME] = "sourcename",
	[CONFIG_OPEN_SOURCES] = "sources", [CONFIG_OPEN_SOURCESTATS] = "sourcestats",
	[CONFIG_OPEN_TRACKING] = "tracking",
};

const char *config_open_word(enum config_open word)
{
	return open_words[word];
}

void config_chronyc_defaults(struct config_chronyc *chronyc)
{
	snprintf(chronyc->bind_address4, sizeof(chronyc->bind_address4), "127.0.0.1");
	snprintf(chronyc->bind_address6, sizeof(chronyc->bind_address6), "::1");
	snprintf(chronyc->path, sizeof(chronyc->path), CONFIG_CHRONYC_PATH);
	chronyc->open = OPEN_DEFAULT;
}

int config_parse_cmdratelimit(struct config_reader *reader, int count, char **words)
{
	struct config_chronyc *chronyc = &reader->config->chronyc;

	chronyc->limit_interval = RATE_INTERVAL;

	return config_parse_limit(reader, &chronyc->limit, &chronyc->limit_interval, count, words);
}

/* The words take the place of those of an earlier line. */
int config_parse_opencommands(struct config_reader *reader, int count, char **words)
{
	uint32_t open = 0;

	for (int i = 0; i < count; i++) {
		int word = 0;

		while (word < CONFIG_OPEN_WORDS && strcasecmp(open_words[word], words[i]))
			word++;
		if (word == CONFIG_OPEN_WORDS)
			return config_error(reader, "'%s' is nothing that 'opencommands' knows",
					    words[i]);
		open |= 1U << word;
	}
	reader->config->chronyc.open = open;

	return 0;
}
