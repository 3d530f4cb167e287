// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events as JSON.
 */
#include "lib/event_report.h"

#include <stdio.h>

#include "lib/names.h"

static json_t *event_evidence(uint32_t evidence)
{
	json_t *list = json_array();
	unsigned int number;

	for (number = 0; name_of_evidence(number); number++)
		if (evidence & (1U << number))
			json_array_append_new(list, json_string(name_of_evidence(number)));
	return list;
}

json_t *event_report(const struct module_event *event)
{
	static const char format[] =
		"{s:s,s:I,s:s,s:o,s:s,s:I,s:I,s:I,s:o,s:o,s:o,s:I,s:I,s:f,s:I,s:I,s:s,s:s}";
	char text[NAME_TEXT_MAX * 2], instance[17];

	snprintf(instance, sizeof(instance), "%016llx", (unsigned long long)event->instance);
	text_of_event(event, text, sizeof(text));
	return json_pack(format,
			 /* Text: many readers of JSON keep 53 bits of a number. */
			 "instance", instance,
			 "sequence", (json_int_t)event->sequence,
			 "cause", name_of_cause(event->cause),
			 "evidence", event_evidence(event->evidence),
			 "action", name_of_action(event->action),
			 "gap_ns", (json_int_t)event->gap_ns,
			 "offset_ns", (json_int_t)event->offset_ns,
			 "residual_ns", (json_int_t)event->residual_ns,
			 "maxerror_before_ns", json_of_bound(event->maxerror_before_ns),
			 "maxerror_ns", json_of_bound(event->maxerror_ns),
			 "reading_maxerror_ns", json_of_bound(event->reading_ns),
			 "latency_ns", (json_int_t)event->latency_ns,
			 "raw_ns", (json_int_t)event->raw_ns,
			 /* Good to some 200 ns: a double has 53 bits. */
			 "time_s", (double)event->time_ns / 1e9,
			 "time_ns", (json_int_t)event->time_ns,
			 "epoch", (json_int_t)event->epoch,
			 "host", event->host_name,
			 "text", text);
}
