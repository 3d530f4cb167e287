/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events and bounds as JSON: the same from the daemon and, where the module alone is there, from
 * the command line program.
 */
#ifndef LIB_EVENT_REPORT_H
#define LIB_EVENT_REPORT_H

#include <jansson.h>

#include "lib/module_link.h"

/* A new object; NULL: no memory. */
json_t *event_report(const struct module_event *event);

/* A bound; null: none is known. */
static inline json_t *json_of_bound(int64_t bound_ns)
{
	return bound_ns == CHIME_LINE_UNBOUNDED_NS ? json_null() : json_integer(bound_ns);
}

#endif /* LIB_EVENT_REPORT_H */
