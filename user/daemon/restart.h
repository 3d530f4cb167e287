/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When processes that end are started again: after a second, and each time after twice as long.
 */
#ifndef DAEMON_RESTART_H
#define DAEMON_RESTART_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct restart - the next start of a process, or of some that are started together
 * @next_ns: raw instant of it; INT64_MAX: they run, or are not to
 * @wait_ns: how long the next restart will wait
 * @trouble: what was said of it last; empty: nothing, or it is over
 */
struct restart {
	int64_t next_ns;
	int64_t wait_ns;
	char trouble[128];
};

/* None is to come, and none has failed. */
void restart_init(struct restart *restart);

/* Forget how often it has failed, and why; a start that is to come stays. */
void restart_forgive(struct restart *restart);

/* It could not be started. */
void restart_after_failure(struct restart *restart, int64_t now_raw_ns);

/* A process that was started at @started_ns has ended. A start that is to come stays. */
void restart_after_end(struct restart *restart, int64_t started_ns, int64_t now_raw_ns);

/* What to do about a program that could not be started, with that error; a sentence. */
const char *restart_advice(int err);

/* Is this trouble to be said? It was, if it is the one of the time before. */
bool restart_is_news(struct restart *restart, const char *trouble);

/*
 * The raw instant from which on a process that was started at @started_ns is no longer one of those
 * that end at once. INT64_MAX: there was no trouble.
 */
int64_t restart_proof_ns(const struct restart *restart, int64_t started_ns);

/* That instant has come: to be said, once. */
bool restart_is_mended(struct restart *restart, int64_t started_ns, int64_t now_raw_ns);

#endif /* DAEMON_RESTART_H */
