/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What org.freedesktop.timesync1 shows of the daemon, as JSON for truechime-timesync1, which alone
 * asks for it. Units and signs as in ipc/report.h.
 */
#ifndef IPC_REPORT_TIMESYNC_H
#define IPC_REPORT_TIMESYNC_H

#include <jansson.h>
#include <stdint.h>

#include "ipc/state.h"

/*
 * A new object with "ok": true; NULL: no memory. The selected source is "source", and "message" in
 * it the latest answer that was used; either is null while there is none. The servers' timestamps
 * are cut to microseconds: what is left of them would help to forge answers.
 */
json_t *report_timesync(const struct state *state);

#endif /* IPC_REPORT_TIMESYNC_H */
