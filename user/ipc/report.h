/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The daemon's state as JSON for the command line program. Times in seconds of UTC, durations in
 * nanoseconds (*_ns), rates in ppb (*_ppb), words as in lib/names.h. offset = reference - local:
 * positive means that the system clock is behind.
 */
#ifndef IPC_REPORT_H
#define IPC_REPORT_H

#include <jansson.h>

#include "ipc/history.h"
#include "ipc/state.h"

struct module_event;

/* Each returns a new object with "ok": true; NULL: no memory. */
json_t *report_status(const struct state *state);
json_t *report_tracking(const struct state *state);
json_t *report_sources(const struct state *state);
json_t *report_activity(const struct state *state);
json_t *report_events(const struct module_event *events, int count);

/* The word for a leap indicator as in packets. */
const char *report_leap(int leap);

/*
 * report_ntp.c: what chronyc shows of one source beside its samples. The latest answer and how it
 * was measured; null of a refclock, which sends no packets.
 */
json_t *report_ntp(const struct state *state, const struct state_source *source);

/* The letter of the source @index, its options, and the interval that it says holds the truth. */
json_t *report_selection(const struct state *state, size_t index);

/* report_history.c: points in one answer */
#define REPORT_HISTORY_MAX	1024

/*
 * The recent past of the clock: arrays of as many numbers each, oldest first, since @text seconds
 * before @now_ns; "": all there is. NULL: @text is no number of seconds, or there is no memory.
 */
json_t *report_history(const struct history *history, int64_t now_ns, const char *text);

/*
 * report_timesync.c: what org.freedesktop.timesync1 shows of the daemon, for truechime-timesync1,
 * which alone asks for it. A new object with "ok": true; NULL: no memory. The selected source is
 * "source", and "message" in it the latest answer that was used; either is null while there is
 * none. The servers' timestamps are cut to microseconds: what is left of them would help to forge
 * answers.
 */
json_t *report_timesync(const struct state *state);

#endif /* IPC_REPORT_H */
