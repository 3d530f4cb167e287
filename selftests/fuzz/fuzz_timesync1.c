// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any JSON as the daemon's state, or as its event: what is shown on the bus is within its type, or
 * nothing is.
 */
#include "user/timesync1/view.h"

#include "fuzz.h"

static void check_view(const struct view *view)
{
	const struct view_message *message = &view->message;
	int i;

	for (i = 0; i < VIEW_LISTS; i++)
		FUZZ_CHECK(i == VIEW_FALLBACK || json_is_array(view->servers[i]));
	FUZZ_CHECK(memchr(view->server_name, '\0', sizeof(view->server_name)));
	FUZZ_CHECK(memchr(view->trust, '\0', sizeof(view->trust)));
	FUZZ_CHECK(message->leap <= 3 && message->version <= 7 && message->mode <= 7);
	FUZZ_CHECK(message->stratum <= 255);
	FUZZ_CHECK(message->receive_us <= message->transmit_us);
	FUZZ_CHECK(!view_compare(view, view));
}

int fuzz_one_input(const uint8_t *data, size_t size)
{
	json_t *object = json_loadb((const char *)data, size, 0, NULL);
	struct view_disruption disruption;
	struct view view;

	if (!json_is_object(object)) {
		json_decref(object);
		return 0;
	}
	if (!view_read(object, &view)) {
		check_view(&view);
		view_clear(&view);
	}
	if (!view_read_disruption(object, &disruption))
		FUZZ_CHECK(disruption.cause && disruption.action && disruption.text);
	json_decref(object);
	return 0;
}
