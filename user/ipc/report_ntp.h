/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What chronyc shows of one source beside its samples, as JSON, in the units and signs of
 * ipc/report.h: its latest packet, and what became of it in the selection.
 */
#ifndef IPC_REPORT_NTP_H
#define IPC_REPORT_NTP_H

#include <jansson.h>

#include "ipc/state.h"

/* The latest answer and how it was measured. Null of a refclock, which sends no packets. */
json_t *report_ntp(const struct state *state, const struct state_source *source);

/* The letter of the source @index, its options, and the interval that it says holds the truth. */
json_t *report_selection(const struct state *state, size_t index);

#endif /* IPC_REPORT_NTP_H */
