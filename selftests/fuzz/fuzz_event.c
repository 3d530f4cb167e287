// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events of the module as JSON, as fields and as a sentence, whatever the module says: nothing is
 * cut off within an event's room, and each field is a name and a value.
 */
#include "user/lib/event_fields.h"
#include "user/lib/event_report.h"
#include "user/lib/module_message.h"

#include "fuzz.h"

static void check_fields(const struct module_event *event)
{
	char first[] = "FIRST=1";
	struct event_fields fields;
	int count;

	event_fields_fill(&fields, first, event);
	FUZZ_CHECK(fields.list[0] == first);
	for (count = 1; fields.list[count]; count++) {
		FUZZ_CHECK(count <= EVENT_FIELDS);
		FUZZ_CHECK(!strncmp(fields.list[count], "TRUECHIME_", 10));
		FUZZ_CHECK(strchr(fields.list[count], '='));
		FUZZ_CHECK(strlen(fields.list[count]) < EVENT_FIELD_SIZE - 1);
	}
	FUZZ_CHECK(count == EVENT_FIELDS + 1);
}

static void check_text(const struct module_event *event)
{
	char text[NAME_TEXT_MAX * 2];

	text_of_event(event, text, sizeof(text));
	FUZZ_CHECK(*text && strlen(text) < sizeof(text) - 1);
}

/* A name that is no UTF-8 is none of a clock source of Linux, and has no place in JSON. */
static bool is_text(const char *name)
{
	for (; *name; name++)
		if ((unsigned char)*name > '~')
			return false;
	return true;
}

static void check_report(const struct module_event *event)
{
	json_t *report = event_report(event);
	char *text;

	FUZZ_CHECK(report || !is_text(event->host_name));
	if (!report)
		return;
	text = json_dumps(report, JSON_COMPACT);
	FUZZ_CHECK(text);
	free(text);
	json_decref(report);
}

int fuzz_one_input(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	struct module_event event;

	if (module_message_event((const struct nlattr *)data, (int)size, &event)) {
		/* Few inputs are a message: any others are the event itself. */
		fuzz_take(&input, &event, sizeof(event));
		event.host_name[sizeof(event.host_name) - 1] = '\0';
	}
	check_text(&event);
	check_fields(&event);
	check_report(&event);
	return 0;
}
