/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A time as people type it, and how precise they are. Pure, but for the time zone.
 */
#ifndef CLI_TYPED_TIME_H
#define CLI_TYPED_TIME_H

#include <stdint.h>

/**
 * struct typed_time - what was typed
 * @utc_ns: the time, since 1970
 * @unit_ns: of its last digit: nobody knows more of it
 */
struct typed_time {
	int64_t utc_ns;
	int64_t unit_ns;
};

/* What it looks like, for people. */
#define TYPED_TIME_FORMS \
	"16:30, 16:30:05, 16:30:05.25, \"2026-11-23 16:30:05\", 2026-11-23T16:30:05Z, \"Nov 23, 2026 16:30:05\" or @1795451405"

/**
 * typed_time_parse() - text to a time
 * @text: one of TYPED_TIME_FORMS; local time but with "Z", an offset as +01:00, or UTC at the end
 * @now_s: today, for a time without a date: seconds since 1970
 * @time: result
 *
 * Return: 0, -EINVAL.
 */
int typed_time_parse(const char *text, int64_t now_s, struct typed_time *time);

#endif /* CLI_TYPED_TIME_H */
