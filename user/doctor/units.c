// SPDX-License-Identifier: GPL-2.0-only
/*
 * Properties of units, by sd-bus. One that does not exist has them, too: its state says so.
 */
#include "doctor/units.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <systemd/sd-bus.h>

#define SYSTEMD		"org.freedesktop.systemd1"
#define UNITS		"/org/freedesktop/systemd1/unit/"

/* Their names as sd_bus_path_encode() has them. */
#define DAEMON		UNITS "truechimed_2eservice"
#define TIME_SYNC	UNITS "time_2dsync_2etarget"
#define WAIT_SYNC	UNITS "truechime_2dwait_2dsync_2eservice"

/* A systemd that takes longer has other troubles. */
#define TIMEOUT_US	5000000

/* The text of the property, to be freed. NULL: nobody answers. */
static char *text_of(sd_bus *bus, const char *unit, const char *property)
{
	char *value = NULL;

	(void)sd_bus_get_property_string(bus, SYSTEMD, unit, SYSTEMD ".Unit", property, NULL,
					 &value);

	return value;
}

/* @value is one of @words, which have spaces around and between. */
static bool is_one_of(const char *value, const char *words)
{
	char word[64];

	return value && snprintf(word, sizeof(word), " %s ", value) < (int)sizeof(word) &&
	       strstr(words, word);
}

static int number_of(sd_bus *bus, const char *unit, const char *property)
{
	int number = 0;

	(void)sd_bus_get_property_trivial(bus, SYSTEMD, unit, SYSTEMD ".Service", property, NULL,
					  'i', &number);

	return number;
}

/* Of a process that was killed it is the signal's number, which is none of these. */
static int exit_status(sd_bus *bus, const char *unit)
{
	return number_of(bus, unit, "ExecMainCode") == CLD_EXITED ?
	       number_of(bus, unit, "ExecMainStatus") : 0;
}

/* A cluster of options, of which the last is -f: those before it have no value. */
static bool ends_with_file_option(const char *word)
{
	size_t length = strlen(word);

	return length > 1 && *word == '-' && word[length - 1] == 'f' &&
	       strspn(word + 1, "46dnMpqQxvh") == length - 2;
}

/* Where @word gives the file itself: what stands behind the option; else NULL. */
static const char *file_within(const char *word)
{
	if (!strncmp(word, "--file=", strlen("--file=")))
		return word + strlen("--file=");

	return !strncmp(word, "-f", strlen("-f")) && word[2] ? word + 2 : NULL;
}

/* The last one counts, as for the program itself. */
static void read_words(sd_bus_message *message, char *file, size_t size)
{
	const char *word = NULL;
	bool is_file = false;

	while (sd_bus_message_read_basic(message, 's', &word) > 0 && word) {
		const char *within = is_file ? word : file_within(word);

		if (within && strlen(within) < size)
			memcpy(file, within, strlen(within) + 1);
		is_file = !within && (!strcmp(word, "--file") || ends_with_file_option(word));
	}
}

/* Of the unit's command lines this is the only one, as its type is none that has several. */
static void read_configuration(sd_bus *bus, const char *unit, char *file, size_t size)
{
	sd_bus_message *reply = NULL;

	if (sd_bus_get_property(bus, SYSTEMD, unit, SYSTEMD ".Service", "ExecStart", NULL, &reply,
				"a(sasbttttuii)") >= 0 &&
	    sd_bus_message_enter_container(reply, 'a', "(sasbttttuii)") > 0 &&
	    sd_bus_message_enter_container(reply, 'r', "sasbttttuii") > 0 &&
	    sd_bus_message_skip(reply, "s") > 0 &&
	    sd_bus_message_enter_container(reply, 'a', "s") > 0)
		read_words(reply, file, size);
	sd_bus_message_unref(reply);
}

static bool is_enabled(sd_bus *bus, const char *unit)
{
	char *file = text_of(bus, unit, "UnitFileState");
	bool enabled = is_one_of(file, " enabled enabled-runtime static alias ");

	free(file);

	return enabled;
}

static bool is_active(sd_bus *bus, const char *unit)
{
	char *state = text_of(bus, unit, "ActiveState");
	bool active = is_one_of(state, " active ");

	free(state);

	return active;
}

static void read_daemon(sd_bus *bus, struct doctor_units *units)
{
	char *load = text_of(bus, DAEMON, "LoadState");
	char *active = text_of(bus, DAEMON, "ActiveState");

	units->masked = is_one_of(load, " masked ");
	units->exists = units->masked || is_one_of(load, " loaded ");
	units->active = is_one_of(active, " active activating reloading ");
	units->failed = is_one_of(active, " failed ");
	free(active);
	free(load);
	units->enabled = is_enabled(bus, DAEMON);
	units->exit_status = exit_status(bus, DAEMON);
	read_configuration(bus, DAEMON, units->configuration, sizeof(units->configuration));
}

int doctor_units_read(struct doctor_units *units)
{
	char *version = NULL;
	sd_bus *bus = NULL;
	int err;

	*units = (struct doctor_units){ .known = false };
	err = sd_bus_open_system(&bus);
	if (err < 0)
		return err;
	(void)sd_bus_set_method_call_timeout(bus, TIMEOUT_US);
	err = sd_bus_get_property_string(bus, SYSTEMD, "/org/freedesktop/systemd1",
					 SYSTEMD ".Manager", "Version", NULL, &version);
	free(version);
	if (err >= 0) {
		units->known = true;
		read_daemon(bus, units);
		units->time_sync_reached = is_active(bus, TIME_SYNC);
		units->wait_sync_enabled = is_enabled(bus, WAIT_SYNC);
	}
	sd_bus_flush_close_unref(bus);

	return err < 0 ? err : 0;
}
