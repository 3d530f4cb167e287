/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The daemon's state as JSON for the command line program. Times in seconds of UTC, durations in
 * nanoseconds (*_ns), rates in ppb (*_ppb), words as in lib/names.h. offset = reference - local:
 * positive means that the system clock is behind.
 */
#ifndef IPC_REPORT_H
#define IPC_REPORT_H

#include <jansson.h>

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

#endif /* IPC_REPORT_H */
