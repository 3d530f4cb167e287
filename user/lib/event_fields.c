// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events as fields.
 */
#include "lib/event_fields.h"

#include <stdarg.h>
#include <stdio.h>

__attribute__((format(printf, 3, 4)))
static void event_field(struct event_fields *fields, int *count, const char *format, ...)
{
	char *text = fields->texts[(*count)++];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, EVENT_FIELD_SIZE, format, arguments);
	va_end(arguments);
	fields->list[*count] = text;
}

void event_fields_fill(struct event_fields *fields, char *first, const struct module_event *event)
{
	char evidence[NAME_TEXT_MAX], text[NAME_TEXT_MAX * 2];
	int count = 0;

	text_of_evidence(event->evidence, evidence, sizeof(evidence));
	text_of_event(event, text, sizeof(text));
	fields->list[0] = first;
	event_field(fields, &count, "TRUECHIME_INSTANCE=%016llx",
		    (unsigned long long)event->instance);
	event_field(fields, &count, "TRUECHIME_SEQUENCE=%u", event->sequence);
	event_field(fields, &count, "TRUECHIME_CAUSE=%s", name_of_cause(event->cause));
	event_field(fields, &count, "TRUECHIME_EVIDENCE=%s", evidence);
	event_field(fields, &count, "TRUECHIME_ACTION=%s", name_of_action(event->action));
	event_field(fields, &count, "TRUECHIME_GAP_NS=%lld", (long long)event->gap_ns);
	event_field(fields, &count, "TRUECHIME_OFFSET_NS=%lld", (long long)event->offset_ns);
	event_field(fields, &count, "TRUECHIME_RESIDUAL_NS=%lld", (long long)event->residual_ns);
	event_field(fields, &count, "TRUECHIME_MAXERROR_BEFORE_NS=%lld",
		    number_of_bound(event->maxerror_before_ns));
	event_field(fields, &count, "TRUECHIME_MAXERROR_NS=%lld",
		    number_of_bound(event->maxerror_ns));
	event_field(fields, &count, "TRUECHIME_READING_MAXERROR_NS=%lld",
		    number_of_bound(event->reading_ns));
	event_field(fields, &count, "TRUECHIME_LATENCY_NS=%lld", (long long)event->latency_ns);
	event_field(fields, &count, "TRUECHIME_TIME_NS=%lld", (long long)event->time_ns);
	event_field(fields, &count, "TRUECHIME_EPOCH=%u", event->epoch);
	event_field(fields, &count, "TRUECHIME_HOST=%s", event->host_name);
	event_field(fields, &count, "TRUECHIME_TEXT=%s", text);
	fields->list[count + 1] = NULL;
}
