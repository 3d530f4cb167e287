// SPDX-License-Identifier: GPL-2.0-only
/*
 * chronyc's commands about times that the operator sets; settime.c says what becomes of these.
 */
#include "daemon/requests.h"

#include <stdio.h>

#include "chronyc/packet.h"
#include "lib/time_units.h"

/* chronyc has read whole seconds, and whoever pressed the key is off by as much. */
#define TYPED_BOUND_NS	(2 * NS_PER_S)

/* An entry of the list: a time and three real numbers. */
#define ENTRY_SIZE	24

/* What chronyc wants of `manual`. */
enum manual_option {
	MANUAL_OFF,
	MANUAL_ON,
	MANUAL_RESET,
};

static double seconds_of(const json_t *object, const char *key)
{
	return (double)json_integer_value(json_object_get(object, key)) / (double)NS_PER_S;
}

static void put_entry(struct chronyc_reply *reply, const json_t *entry)
{
	double utc_s = json_number_value(json_object_get(entry, "time_s"));

	chronyc_put_time(reply, (int64_t)(utc_s * (double)NS_PER_S));
	chronyc_put_real(reply, seconds_of(entry, "slewed_ns"));
	chronyc_put_real(reply, seconds_of(entry, "original_ns"));
	chronyc_put_real(reply, seconds_of(entry, "residual_ns"));
}

void daemon_list_for_chronyc(struct daemon *daemon, struct chronyc_reply *reply)
{
	const char *error = "";
	json_t *list = daemon_settime(daemon, "list", &error);
	const json_t *entries = json_object_get(list, "entries");
	size_t count = json_array_size(entries);

	chronyc_reply_set_contents(reply, CHRONYC_REPLY_MANUAL_LIST);
	chronyc_put(reply, (uint32_t)count);
	for (size_t i = 0; i < count; i++)
		put_entry(reply, json_array_get(entries, i));
	chronyc_put_zeros(reply, ENTRY_SIZE * (MANUAL_ENTRIES_MAX - count));
	json_decref(list);
}

/* Carry out what @command says, and answer with @status if it is refused. NULL: it was. */
static json_t *settle(struct daemon *daemon, const char *command, const char *arguments,
		      enum chronyc_status status, struct chronyc_reply *reply)
{
	const char *error = "";
	json_t *done = daemon_settime(daemon, arguments, &error);

	if (!done) {
		log_info("chronyc: %s is refused: %s", command, error);
		chronyc_reply_set_status(reply, status);
	}

	return done;
}

static void set_time(struct daemon *daemon, struct chronyc_request *request,
		     struct chronyc_reply *reply)
{
	uint64_t high = chronyc_take(request), low = chronyc_take(request);
	uint32_t ns = chronyc_take(request);
	uint64_t utc_s = (high == CHRONYC_SECONDS_NO_HIGH ? 0 : high << 32) | low;
	char arguments[64];
	json_t *done;

	/* More seconds than ns have room for are no time. */
	if (utc_s > INT64_MAX / NS_PER_S - 1 || ns >= NS_PER_S) {
		chronyc_reply_set_status(reply, CHRONYC_INVALID);
		return;
	}
	snprintf(arguments, sizeof(arguments), "set %lld %lld",
		 (long long)((int64_t)utc_s * NS_PER_S + ns), TYPED_BOUND_NS);
	done = settle(daemon, "settime", arguments,
		      daemon->config->manual ? CHRONYC_FAILED : CHRONYC_NOT_ENABLED, reply);
	if (!done)
		return;
	chronyc_reply_set_contents(reply, CHRONYC_REPLY_SETTIME);
	/* Positive where the clock was fast. The rate is learned, and never turned at once. */
	chronyc_put_real(reply, -seconds_of(done, "error_ns"));
	chronyc_put_real(reply, 0);
	chronyc_put_real(reply, json_number_value(json_object_get(done, "frequency_ppb")) / 1e3);
	json_decref(done);
}

static void configure(struct daemon *daemon, struct chronyc_request *request,
		      struct chronyc_reply *reply)
{
	switch (chronyc_take(request)) {
	case MANUAL_OFF:
		daemon->config->manual = false;
		break;
	case MANUAL_ON:
		daemon->config->manual = true;
		break;
	case MANUAL_RESET:
		json_decref(settle(daemon, "manual reset", "reset", CHRONYC_FAILED, reply));
		break;
	default:
		chronyc_reply_set_status(reply, CHRONYC_INVALID);
	}
}

static void delete_entry(struct daemon *daemon, struct chronyc_request *request,
			 struct chronyc_reply *reply)
{
	uint32_t index = chronyc_take(request);
	char arguments[32];

	snprintf(arguments, sizeof(arguments), "delete %u", index);
	json_decref(settle(daemon, "manual delete", arguments,
			   index < daemon->by_hand.times.count ? CHRONYC_FAILED :
								 CHRONYC_BAD_SAMPLE, reply));
}

bool daemon_settime_for_chronyc(struct daemon *daemon, struct chronyc_request *request,
				struct chronyc_reply *reply)
{
	switch (request->command) {
	case CHRONYC_SETTIME:
		set_time(daemon, request, reply);
		return true;
	case CHRONYC_MANUAL:
		configure(daemon, request, reply);
		return true;
	case CHRONYC_MANUAL_DELETE:
		delete_entry(daemon, request, reply);
		return true;
	}

	return false;
}
