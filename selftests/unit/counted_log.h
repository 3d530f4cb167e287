/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A stand-in for the log, which counts warnings and what is said besides, and keeps the latest of
 * each. An error ends the test, unless it is expected.
 */
#ifndef UNIT_COUNTED_LOG_H
#define UNIT_COUNTED_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "user/lib/log.h"

static struct {
	bool errors_expected;
	int warnings;
	char warning[512];
	int infos;
	char info[512];
} logged;

void log_err(const char *format, ...)
{
	if (!logged.errors_expected)
		exit(1);
}

void log_warning(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(logged.warning, sizeof(logged.warning), format, arguments);
	va_end(arguments);
	logged.warnings++;
}

void log_info(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(logged.info, sizeof(logged.info), format, arguments);
	va_end(arguments);
	logged.infos++;
}

void log_debug(const char *format, ...)
{
}

#endif /* UNIT_COUNTED_LOG_H */
