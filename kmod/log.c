// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages that wait for the module's lock to be released. See log.h.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "log.h"

#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/stdarg.h>

void chime_log_init(struct chime_log *log)
{
	spin_lock_init(&log->lock);
}

void chime_log_add(struct chime_log *log, enum chime_log_level level, const char *format, ...)
{
	struct chime_log_line *line;
	va_list arguments;

	va_start(arguments, format);
	spin_lock(&log->lock);
	line = &log->lines[++log->count % CHIME_LOG_LINES];
	line->level = level;
	vscnprintf(line->text, sizeof(line->text), format, arguments);
	spin_unlock(&log->lock);
	va_end(arguments);
}

/* The number of the oldest message that is kept. */
static u32 chime_log_oldest(const struct chime_log *log)
{
	return log->count > CHIME_LOG_LINES ? log->count - CHIME_LOG_LINES + 1 : 1;
}

/* false: all are written. */
static bool chime_log_next(struct chime_log *log, struct chime_log_line *line)
{
	bool found;

	spin_lock(&log->lock);
	found = log->written != log->count;
	if (found) {
		log->written = max(log->written + 1, chime_log_oldest(log));
		*line = log->lines[log->written % CHIME_LOG_LINES];
	}
	spin_unlock(&log->lock);
	return found;
}

void chime_log_write(struct chime_log *log)
{
	struct chime_log_line line;

	while (chime_log_next(log, &line)) {
		switch (line.level) {
		case CHIME_LOG_ERROR:
			pr_err("%s", line.text);
			break;
		case CHIME_LOG_WARNING:
			pr_warn("%s", line.text);
			break;
		case CHIME_LOG_NOTICE:
			pr_notice("%s", line.text);
			break;
		}
	}
}
