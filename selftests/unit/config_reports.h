/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading a configuration in a test, what it reported, and what is printed of it.
 */
#ifndef CONFIG_REPORTS_H
#define CONFIG_REPORTS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/config/config.h"

/* The reports of a reading. */
struct reports {
	int warnings;
	int errors;
	int line;
	char file[128];
	char message[512];
};

/* The last error is kept, or the last warning if there is none. */
static inline void keep_report(void *context, enum config_severity severity, const char *file,
			       int line, const char *message)
{
	struct reports *reports = context;

	if (severity == CONFIG_ERROR)
		reports->errors++;
	else
		reports->warnings++;
	if (severity != CONFIG_ERROR && reports->errors)
		return;
	reports->line = line;
	snprintf(reports->file, sizeof(reports->file), "%s", file);
	snprintf(reports->message, sizeof(reports->message), "%s", message);
}

static inline struct config *parse(const char *text, struct reports *reports)
{
	struct config *config = NULL;

	memset(reports, 0, sizeof(*reports));
	config_from_text("test.conf", text, strlen(text), false, keep_report, reports, &config);
	return config;
}

/* What config_print() writes of @config; to be freed. */
static inline char *printed(const struct config *config)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		abort();
	config_print(config, out);
	fclose(out);

	return text;
}

#endif /* CONFIG_REPORTS_H */
