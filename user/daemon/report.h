/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the daemon knows, as JSON for the command line program. Times in seconds of UTC, durations
 * in nanoseconds (*_ns), rates in ppb (*_ppb), words as in lib/names.h. offset = reference - local:
 * positive means that the system clock is behind.
 */
#ifndef DAEMON_REPORT_H
#define DAEMON_REPORT_H

#include <jansson.h>

#include "daemon/daemon.h"

/* Each returns a new object with "ok": true; NULL: no memory. */
json_t *report_status(const struct daemon *daemon);
json_t *report_tracking(const struct daemon *daemon);
json_t *report_sources(const struct daemon *daemon);
json_t *report_events(struct daemon *daemon);

#endif /* DAEMON_REPORT_H */
