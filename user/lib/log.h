/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The daemon's log: one line a message, to the journal if stderr is the journal, else to stderr.
 * Levels: err = a function of the program stopped, warning = degraded, notice = a step or a change
 * of state, once; info = for operators at the start; debug = all other messages.
 *
 * One thread; the only file-scope state is the level and the target chosen by log_open().
 */
#ifndef LIB_LOG_H
#define LIB_LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Messages of this level of syslog(3) and more serious ones appear. Without: LOG_INFO. */
void log_set_level(int level);

/*
 * Choose the target: the journal when systemd connected stderr to it, "<N>text" when @prefix and
 * stderr is no terminal, plain text else. Before it: plain text. Call it before anything is opened:
 * standard descriptors that are closed become /dev/null.
 */
void log_open(bool prefix);

/* A message of that level: printf(3)'s format, without a newline at the end. */
void log_err(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_notice(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

/**
 * log_fields() - a message with journal fields
 * @level: LOG_ERR to LOG_DEBUG
 * @text: for people; what is not printable in it becomes question marks
 * @fields: "NAME=value" strings, the last one NULL; only the journal shows them
 */
void log_fields(int level, const char *text, const char *const *fields);

/**
 * struct log_limit - the rate of messages that others can trigger; zero it to start
 * @next_ns: when the next message may pass, by the caller's clock
 */
struct log_limit {
	int64_t next_ns;
};

/* Whether to log it at @now_ns: once in @interval_ns. */
bool log_limit_pass(struct log_limit *limit, int64_t now_ns, int64_t interval_ns);

#endif /* LIB_LOG_H */
