/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages of whoever has the module's lock. A console may take milliseconds for a line, for which
 * neither a repair nor anybody else is to wait: so they are kept, and written once the lock is
 * released.
 */
#ifndef CHIME_LOG_H
#define CHIME_LOG_H

#include <linux/ratelimit.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#define CHIME_LOG_LINES		8
#define CHIME_LOG_LENGTH	512

enum chime_log_level {
	CHIME_LOG_ERROR,
	CHIME_LOG_WARNING,
	CHIME_LOG_NOTICE,
};

struct chime_log_line {
	enum chime_log_level level;
	char text[CHIME_LOG_LENGTH];
};

/**
 * struct chime_log - messages that are to be written
 * @lock: protects the rest; process context only
 * @lines: message number N is at N % CHIME_LOG_LINES
 * @count: number of messages since load; the first is number 1
 * @written: number of the latest one that somebody has taken to write
 */
struct chime_log {
	spinlock_t lock;	/* the other fields */
	struct chime_log_line lines[CHIME_LOG_LINES];
	u32 count;
	u32 written;
};

/* Nothing else runs yet. */
void chime_log_init(struct chime_log *log);

/* Keep a message. Of too many at once the latest are written. Context: process. */
__printf(3, 4)
void chime_log_add(struct chime_log *log, enum chime_log_level level, const char *format, ...);

/* The same for what may come again and again: that must not flood the log. */
#define chime_log_limited(log, level, ...)						\
	do {										\
		static DEFINE_RATELIMIT_STATE(limit, DEFAULT_RATELIMIT_INTERVAL,	\
					      DEFAULT_RATELIMIT_BURST);			\
											\
		if (__ratelimit(&limit))						\
			chime_log_add(log, level, __VA_ARGS__);				\
	} while (0)

/* Write what was kept. Context: process, module's lock not held. */
void chime_log_write(struct chime_log *log);

#endif /* CHIME_LOG_H */
