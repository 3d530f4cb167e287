/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When processes that end are started again: after a second, and each time after twice as long.
 */
#ifndef DAEMON_RESTART_H
#define DAEMON_RESTART_H

#include <stdint.h>

/**
 * struct restart - the next start of a process, or of some that are started together
 * @next_ns: raw instant of it; INT64_MAX: they run, or are not to
 * @wait_ns: how long the next restart will wait
 */
struct restart {
	int64_t next_ns;
	int64_t wait_ns;
};

/* None is to come, and none has failed. */
void restart_init(struct restart *restart);

/* Forget how often it has failed; a start that is to come stays. */
void restart_forgive(struct restart *restart);

/* It could not be started. */
void restart_after_failure(struct restart *restart, int64_t now_raw_ns);

/* A process that was started at @started_ns has ended. A start that is to come stays. */
void restart_after_end(struct restart *restart, int64_t started_ns, int64_t now_raw_ns);

#endif /* DAEMON_RESTART_H */
