// SPDX-License-Identifier: GPL-2.0-only
/*
 * Objects, properties and signals on the bus.
 */
#include "timesync1/face.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "lib/log.h"

#define TIMESYNC_NAME		"org.freedesktop.timesync1"
#define TIMESYNC_PATH		"/org/freedesktop/timesync1"
#define TIMESYNC_INTERFACE	"org.freedesktop.timesync1.Manager"

#define CLOCK_NAME		"org.truechime1"
#define CLOCK_PATH		"/org/truechime1"
#define CLOCK_INTERFACE		"org.truechime1.Clock"

/* The members of NTPMessage. */
#define MESSAGE_TYPE		"uuuuittayttttbtt"

struct face {
	sd_bus *bus;
	bool shown;
};

/* Which property shows what. */
struct shown_change {
	unsigned int change;
	const char *property;
};

static const struct shown_change timesync_changes[] = {
	{ VIEW_CHANGE_LINK_SERVERS, "LinkNTPServers" },
	{ VIEW_CHANGE_SYSTEM_SERVERS, "SystemNTPServers" },
	{ VIEW_CHANGE_RUNTIME_SERVERS, "RuntimeNTPServers" },
	{ VIEW_CHANGE_SERVER_NAME, "ServerName" },
	{ VIEW_CHANGE_SERVER_ADDRESS, "ServerAddress" },
	{ VIEW_CHANGE_ROOT_DISTANCE, "RootDistanceMaxUSec" },
	{ VIEW_CHANGE_POLL_MIN, "PollIntervalMinUSec" },
	{ VIEW_CHANGE_POLL_MAX, "PollIntervalMaxUSec" },
	{ VIEW_CHANGE_POLL, "PollIntervalUSec" },
	{ VIEW_CHANGE_MESSAGE, "NTPMessage" },
	{ VIEW_CHANGE_FREQUENCY, "Frequency" },
	{ 0, NULL },
};

static const struct shown_change clock_changes[] = {
	{ VIEW_CHANGE_SYNCHRONISED, "Synchronized" },
	{ VIEW_CHANGE_TRUST, "Trust" },
	{ 0, NULL },
};

#define CHANGES_MAX	16

/* Properties get the part of the view that their offset says. */
static int get_servers(sd_bus *bus, const char *path, const char *interface, const char *property,
		       sd_bus_message *reply, void *part, sd_bus_error *error)
{
	const json_t *list = *(json_t *const *)part;
	size_t i;
	int err;

	(void)bus;
	(void)path;
	(void)interface;
	(void)property;
	(void)error;
	err = sd_bus_message_open_container(reply, 'a', "s");
	for (i = 0; err >= 0 && i < json_array_size(list); i++)
		err = sd_bus_message_append(reply, "s",
					    json_string_value(json_array_get(list, i)));
	return err < 0 ? err : sd_bus_message_close_container(reply);
}

static int get_text(sd_bus *bus, const char *path, const char *interface, const char *property,
		    sd_bus_message *reply, void *part, sd_bus_error *error)
{
	(void)bus;
	(void)path;
	(void)interface;
	(void)property;
	(void)error;
	return sd_bus_message_append(reply, "s", (const char *)part);
}

static int get_truth(sd_bus *bus, const char *path, const char *interface, const char *property,
		     sd_bus_message *reply, void *part, sd_bus_error *error)
{
	(void)bus;
	(void)path;
	(void)interface;
	(void)property;
	(void)error;
	return sd_bus_message_append(reply, "b", *(const bool *)part);
}

static int get_address(sd_bus *bus, const char *path, const char *interface, const char *property,
		       sd_bus_message *reply, void *part, sd_bus_error *error)
{
	const struct net_address *address = part;
	size_t size = address->family == AF_INET6 ? 16 : address->family == AF_INET ? 4 : 0;
	int err;

	(void)bus;
	(void)path;
	(void)interface;
	(void)property;
	(void)error;
	err = sd_bus_message_open_container(reply, 'r', "iay");
	if (err >= 0)
		err = sd_bus_message_append(reply, "i", address->family);
	if (err >= 0)
		err = sd_bus_message_append_array(reply, 'y', address->bytes, size);
	return err < 0 ? err : sd_bus_message_close_container(reply);
}

static int get_message(sd_bus *bus, const char *path, const char *interface, const char *property,
		       sd_bus_message *reply, void *part, sd_bus_error *error)
{
	const struct view_message *message = part;
	int err;

	(void)bus;
	(void)path;
	(void)interface;
	(void)property;
	(void)error;
	err = sd_bus_message_open_container(reply, 'r', MESSAGE_TYPE);
	if (err >= 0)
		err = sd_bus_message_append(reply, "uuuuitt", message->leap, message->version,
					    message->mode, message->stratum, message->precision,
					    message->root_delay_us, message->root_dispersion_us);
	if (err >= 0)
		err = sd_bus_message_append_array(reply, 'y', message->refid,
						  sizeof(message->refid));
	if (err >= 0)
		err = sd_bus_message_append(reply, "ttttbtt", message->origin_us,
					    message->receive_us, message->transmit_us,
					    message->destination_us, message->ignored,
					    message->packets, message->jitter_us);
	return err < 0 ? err : sd_bus_message_close_container(reply);
}

/*
 * Who chooses the time sources has the clock. Whoever may speak on the bus speaks to this process,
 * so it has no right to do that, and passes nothing on.
 */
static int refuse_servers(sd_bus_message *message, void *context, sd_bus_error *error)
{
	(void)message;
	(void)context;
	return sd_bus_error_set(error, SD_BUS_ERROR_NOT_SUPPORTED,
				"truechime takes no time servers over D-Bus. As root: \"truechime add server NAME\" and \"truechime delete NAME\"; to stay: a file in /etc/truechime/sources.d");
}

/* A property whose value is at the member of the view; NULL: a number that is taken as it is. */
#define SHOWS(property, type, getter, member) \
	SD_BUS_PROPERTY(property, type, getter, offsetof(struct view, member), \
			SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE)

static const sd_bus_vtable timesync_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SHOWS("LinkNTPServers", "as", get_servers, servers[VIEW_LINK]),
	SHOWS("SystemNTPServers", "as", get_servers, servers[VIEW_SYSTEM]),
	SHOWS("RuntimeNTPServers", "as", get_servers, servers[VIEW_RUNTIME]),
	SHOWS("FallbackNTPServers", "as", get_servers, servers[VIEW_FALLBACK]),
	SHOWS("ServerName", "s", get_text, server_name),
	SHOWS("ServerAddress", "(iay)", get_address, server_address),
	SHOWS("RootDistanceMaxUSec", "t", NULL, root_distance_max_us),
	SHOWS("PollIntervalMinUSec", "t", NULL, poll_min_us),
	SHOWS("PollIntervalMaxUSec", "t", NULL, poll_max_us),
	SHOWS("PollIntervalUSec", "t", NULL, poll_us),
	SHOWS("NTPMessage", "(" MESSAGE_TYPE ")", get_message, message),
	SHOWS("Frequency", "x", NULL, frequency),
	SD_BUS_METHOD_WITH_ARGS("SetRuntimeNTPServers", SD_BUS_ARGS("as", runtime_servers),
				SD_BUS_NO_RESULT, refuse_servers, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END
};

static const sd_bus_vtable clock_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SHOWS("Synchronized", "b", get_truth, synchronised),
	SHOWS("Trust", "s", get_text, trust),
	SD_BUS_SIGNAL_WITH_ARGS("Disrupted", SD_BUS_ARGS("s", cause, "s", action, "x", gap_us,
							 "x", offset_us, "t", time_us, "s", text),
				0),
	SD_BUS_VTABLE_END
};

int face_open(struct face **result, sd_event *event, struct view *view)
{
	struct face *face = calloc(1, sizeof(*face));
	int err;

	if (!face)
		return -ENOMEM;
	err = sd_bus_open_system(&face->bus);
	if (err >= 0)
		err = sd_bus_set_exit_on_disconnect(face->bus, true);
	if (err >= 0)
		err = sd_bus_add_object_vtable(face->bus, NULL, TIMESYNC_PATH, TIMESYNC_INTERFACE,
					       timesync_vtable, view);
	if (err >= 0)
		err = sd_bus_add_object_vtable(face->bus, NULL, CLOCK_PATH, CLOCK_INTERFACE,
					       clock_vtable, view);
	if (err >= 0)
		err = sd_bus_attach_event(face->bus, event, 0);
	if (err < 0) {
		face_close(face);
		return err;
	}
	*result = face;
	return 0;
}

void face_close(struct face *face)
{
	if (!face)
		return;
	sd_bus_flush_close_unref(face->bus);
	free(face);
}

/*
 * A bus that was started before this process's user was made knows no policy for him. It may be
 * asked by anybody to read its files again.
 */
static int request_name(struct face *face, const char *name)
{
	int err = sd_bus_request_name(face->bus, name, 0);

	if (err != -EACCES && err != -EPERM)
		return err < 0 ? err : 0;
	(void)sd_bus_call_method(face->bus, "org.freedesktop.DBus", "/org/freedesktop/DBus",
				 "org.freedesktop.DBus", "ReloadConfig", NULL, NULL, NULL);
	err = sd_bus_request_name(face->bus, name, 0);
	return err == -EPERM ? -EACCES : err < 0 ? err : 0;
}

int face_show(struct face *face)
{
	int err = request_name(face, TIMESYNC_NAME);

	if (!err)
		err = request_name(face, CLOCK_NAME);
	face->shown = !err;
	return err;
}

/* The names of what has changed, as sd-bus takes them. */
static size_t list_changes(const struct shown_change *shown, unsigned int changes,
			   const char *names[CHANGES_MAX])
{
	size_t count = 0;

	for (; shown->change; shown++)
		if (changes & shown->change)
			names[count++] = shown->property;
	names[count] = NULL;
	return count;
}

static void emit_changes(struct face *face, const char *path, const char *interface,
			 const struct shown_change *shown, unsigned int changes)
{
	const char *names[CHANGES_MAX];
	int err;

	if (!list_changes(shown, changes, names))
		return;
	err = sd_bus_emit_properties_changed_strv(face->bus, path, interface, (char **)names);
	if (err < 0)
		log_warning("A change could not be told on the bus: %s", strerror(-err));
}

void face_changed(struct face *face, unsigned int changes)
{
	if (!face->shown)
		return;
	emit_changes(face, CLOCK_PATH, CLOCK_INTERFACE, clock_changes, changes);
	emit_changes(face, TIMESYNC_PATH, TIMESYNC_INTERFACE, timesync_changes, changes);
}

void face_disrupted(struct face *face, const struct view_disruption *disruption)
{
	int err;

	if (!face->shown)
		return;
	err = sd_bus_emit_signal(face->bus, CLOCK_PATH, CLOCK_INTERFACE, "Disrupted", "ssxxts",
				 disruption->cause, disruption->action, disruption->gap_us,
				 disruption->offset_us, disruption->at_us, disruption->text);
	if (err < 0)
		log_warning("A disruption could not be told on the bus: %s", strerror(-err));
}
