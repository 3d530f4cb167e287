// SPDX-License-Identifier: GPL-2.0-only
/*
 * What systemd says of units. It is a thread with a bus of its own, which knows some properties.
 */
#include "user/doctor/units.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <systemd/sd-bus.h>

#include "selftests/unit/unit.h"

/* Objects end with the unit's name, in which each '.' and '-' is escaped. */
#define DAEMON		"/truechimed_2eservice"
#define TARGET		"/time_2dsync_2etarget"
#define WAITING		"/truechime_2dwait_2dsync_2eservice"

static struct {
	const char *load, *file, *active, *target, *waiting;
	int exit_code, exit_status;
	const char *words[8];
	bool mute;
	int questions;
} world;

FIXTURE(systemd) {
	char path[64];
	int listener;
	pthread_t thread;
	struct doctor_units units;
};

static bool ends(const char *text, const char *end)
{
	size_t length = strlen(text), tail = strlen(end);

	return length >= tail && !strcmp(text + length - tail, end);
}

static const char *value_of(const char *object, const char *property)
{
	if (!strcmp(property, "Version"))
		return world.mute ? NULL : "252";
	if (ends(object, DAEMON))
		return !strcmp(property, "LoadState") ? world.load :
		       !strcmp(property, "UnitFileState") ? world.file : world.active;
	return ends(object, TARGET) ? world.target : ends(object, WAITING) ? world.waiting : NULL;
}

/* As systemd tells a service's command line. */
static int answer_command(sd_bus_message *call)
{
	sd_bus_message *reply;
	int err;

	if (sd_bus_message_new_method_return(call, &reply) < 0 ||
	    sd_bus_message_open_container(reply, 'v', "a(sasbttttuii)") < 0 ||
	    sd_bus_message_open_container(reply, 'a', "(sasbttttuii)") < 0 ||
	    sd_bus_message_open_container(reply, 'r', "sasbttttuii") < 0 ||
	    sd_bus_message_append(reply, "s", "/usr/sbin/truechimed") < 0 ||
	    sd_bus_message_append_strv(reply, (char **)world.words) < 0 ||
	    sd_bus_message_append(reply, "bttttuii", 0, (uint64_t)1, (uint64_t)2, (uint64_t)3,
				  (uint64_t)4, 5, 1, 4) < 0 ||
	    sd_bus_message_close_container(reply) < 0 ||
	    sd_bus_message_close_container(reply) < 0 ||
	    sd_bus_message_close_container(reply) < 0)
		exit(1);
	err = sd_bus_send(NULL, reply, NULL);
	sd_bus_message_unref(reply);

	return err < 0 ? err : 1;
}

static int answer(sd_bus_message *call, void *context, sd_bus_error *error)
{
	const char *interface, *property, *value;

	if (sd_bus_message_is_method_call(call, NULL, "Hello"))
		return sd_bus_reply_method_return(call, "s", ":1.1");
	if (!sd_bus_message_is_method_call(call, NULL, "Get"))
		return 0;
	if (sd_bus_message_read(call, "ss", &interface, &property) < 0)
		exit(1);
	world.questions++;
	if (!strcmp(property, "ExecMainCode"))
		return sd_bus_reply_method_return(call, "v", "i", world.exit_code);
	if (!strcmp(property, "ExecMainStatus"))
		return sd_bus_reply_method_return(call, "v", "i", world.exit_status);
	if (!strcmp(property, "ExecStart"))
		return answer_command(call);
	value = value_of(sd_bus_message_get_path(call), property);
	if (!value)
		return sd_bus_reply_method_errorf(call, SD_BUS_ERROR_UNKNOWN_PROPERTY, "none");
	return sd_bus_reply_method_return(call, "v", "s", value);
}

/* One client, until it leaves. */
static void *serve(void *context)
{
	FIXTURE_DATA(systemd) *self = context;
	int fd = accept(self->listener, NULL, NULL);
	sd_id128_t id = { .bytes = { 1 } };
	sd_bus *bus;
	int err = 0;

	if (fd < 0 || sd_bus_new(&bus) < 0 || sd_bus_set_fd(bus, fd, fd) < 0 ||
	    sd_bus_set_server(bus, 1, id) < 0 || sd_bus_set_anonymous(bus, 1) < 0 ||
	    sd_bus_add_filter(bus, NULL, answer, NULL) < 0 || sd_bus_start(bus) < 0)
		exit(1);
	while (err >= 0) {
		err = sd_bus_process(bus, NULL);
		if (!err)
			err = sd_bus_wait(bus, UINT64_MAX);
	}
	sd_bus_close_unref(bus);
	return NULL;
}

FIXTURE_SETUP(systemd)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char text[96];

	memset(self, 0, sizeof(*self));
	memset(&world, 0, sizeof(world));
	world.load = "loaded";
	world.file = "enabled";
	world.active = "active";
	world.target = "active";
	world.waiting = "enabled";
	snprintf(self->path, sizeof(self->path), "/tmp/test_units.%d", (int)getpid());
	strcpy(address.sun_path, self->path);
	snprintf(text, sizeof(text), "unix:path=%s", self->path);
	setenv("DBUS_SYSTEM_BUS_ADDRESS", text, 1);
	self->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ASSERT_EQ(0, bind(self->listener, (struct sockaddr *)&address, sizeof(address)));
	ASSERT_EQ(0, listen(self->listener, 1));
}

FIXTURE_TEARDOWN(systemd)
{
	close(self->listener);
	unlink(self->path);
}

static int ask(FIXTURE_DATA(systemd) *self)
{
	int err;

	pthread_create(&self->thread, NULL, serve, self);
	err = doctor_units_read(&self->units);
	pthread_join(self->thread, NULL);
	return err;
}

TEST_F(systemd, all_is_well)
{
	ASSERT_EQ(0, ask(self));
	EXPECT_TRUE(self->units.known && self->units.exists && self->units.enabled &&
		    self->units.active && !self->units.failed && !self->units.masked);
	EXPECT_TRUE(self->units.time_sync_reached && self->units.wait_sync_enabled);
}

TEST_F(systemd, daemon_has_failed)
{
	world.active = "failed";
	world.exit_code = CLD_EXITED;
	world.exit_status = 4;
	world.file = "disabled";
	ASSERT_EQ(0, ask(self));
	EXPECT_TRUE(self->units.exists && self->units.failed);
	EXPECT_FALSE(self->units.active || self->units.enabled);
	EXPECT_EQ(4, self->units.exit_status);
	EXPECT_STREQ("", self->units.configuration);
}

/* A drop-in may have given it another file, in each form that the program takes. */
TEST_F(systemd, configuration_that_the_unit_names)
{
	static const struct {
		const char *words[6];
		const char *file;
	} rows[] = {
		{ { "truechimed", "-f", "/etc/a.conf" }, "/etc/a.conf" },
		{ { "truechimed", "-f/etc/a.conf", "-4" }, "/etc/a.conf" },
		{ { "truechimed", "--file", "/etc/a.conf" }, "/etc/a.conf" },
		{ { "truechimed", "--file=/etc/a.conf" }, "/etc/a.conf" },
		{ { "truechimed", "-xf", "/etc/a.conf" }, "/etc/a.conf" },
		{ { "truechimed", "-f", "/a", "-f", "/etc/a.conf" }, "/etc/a.conf" },
		{ { "truechimed", "-u", "-f" }, "" },
		{ { "truechimed", "-4", "-d" }, "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		memcpy(world.words, rows[i].words, sizeof(rows[i].words));
		ASSERT_EQ(0, ask(self));
		EXPECT_STREQ(rows[i].file, self->units.configuration)
			TH_LOG("row %zu", i);
	}
}

/*
 * The version, three states, how it ended and the command line of the daemon, and one state of each
 * other unit.
 */
TEST_F(systemd, nothing_is_asked_twice)
{
	world.active = "failed";
	world.exit_code = CLD_EXITED;
	ASSERT_EQ(0, ask(self));
	EXPECT_EQ(9, world.questions);
}

TEST_F(systemd, unit_does_not_exist)
{
	world.load = "not-found";
	world.file = "";
	world.active = "inactive";
	world.target = "inactive";
	world.waiting = "disabled";
	ASSERT_EQ(0, ask(self));
	EXPECT_TRUE(self->units.known);
	EXPECT_FALSE(self->units.exists || self->units.enabled || self->units.active ||
		     self->units.time_sync_reached || self->units.wait_sync_enabled);
}

TEST_F(systemd, unit_is_masked)
{
	world.load = "masked";
	world.file = "masked";
	world.active = "inactive";
	ASSERT_EQ(0, ask(self));
	EXPECT_TRUE(self->units.exists && self->units.masked);
	EXPECT_FALSE(self->units.enabled);
}

/* SIGQUIT is 3, as what the daemon ends with where maxchange forbids a change. */
TEST_F(systemd, daemon_was_killed)
{
	world.active = "failed";
	world.exit_code = CLD_KILLED;
	world.exit_status = SIGQUIT;
	ASSERT_EQ(0, ask(self));
	EXPECT_TRUE(self->units.failed);
	EXPECT_EQ(0, self->units.exit_status);
}

/* A word is a whole one. */
TEST_F(systemd, words_that_are_not_known)
{
	world.load = "load";
	world.active = "activating";
	world.file = "enabled-runtime";
	world.waiting = "able";
	ASSERT_EQ(0, ask(self));
	EXPECT_FALSE(self->units.exists || self->units.wait_sync_enabled);
	EXPECT_TRUE(self->units.active && self->units.enabled);
}

/* Another program has the bus, or it has no systemd. */
TEST_F(systemd, nobody_answers)
{
	world.mute = true;
	EXPECT_GT(0, ask(self));
	EXPECT_FALSE(self->units.known);
	setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/tmp/no such bus", 1);
	EXPECT_GT(0, doctor_units_read(&self->units));
	EXPECT_FALSE(self->units.known || self->units.exists);
}

TEST_HARNESS_MAIN
