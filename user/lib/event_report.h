/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An event as JSON: the same from the daemon and, where the module alone is there, from the command
 * line program.
 */
#ifndef LIB_EVENT_REPORT_H
#define LIB_EVENT_REPORT_H

#include <jansson.h>

#include "lib/module_link.h"

/* A new object; NULL: no memory. */
json_t *event_report(const struct module_event *event);

#endif /* LIB_EVENT_REPORT_H */
