/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The recent past of the clock as JSON, in the units and signs of ipc/report.h.
 */
#ifndef IPC_REPORT_HISTORY_H
#define IPC_REPORT_HISTORY_H

#include <jansson.h>

#include "ipc/history.h"

/* Points in one answer. */
#define REPORT_HISTORY_MAX	1024

/*
 * Arrays of as many numbers each, oldest first, since @text seconds before @now_ns; "": all there
 * is. NULL: @text is no number of seconds, or there is no memory.
 */
json_t *report_history(const struct history *history, int64_t now_ns, const char *text);

#endif /* IPC_REPORT_HISTORY_H */
