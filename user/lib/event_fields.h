/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An event as NAME=value: the journal's fields, and a hook's environment.
 */
#ifndef LIB_EVENT_FIELDS_H
#define LIB_EVENT_FIELDS_H

#include "lib/module_link.h"
#include "lib/names.h"

#define EVENT_FIELDS		16
#define EVENT_FIELD_SIZE	(NAME_TEXT_MAX * 2 + 32)

/**
 * struct event_fields - the event
 * @list: @texts, after what the caller put first, and NULL at the end
 * @texts: TRUECHIME_*
 */
struct event_fields {
	char *list[EVENT_FIELDS + 2];
	char texts[EVENT_FIELDS][EVENT_FIELD_SIZE];
};

/* @first lasts as long as @fields. */
void event_fields_fill(struct event_fields *fields, char *first, const struct module_event *event);

#endif /* LIB_EVENT_FIELDS_H */
