// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime doctor: what is taken from the daemon's and the module's words, and what is printed.
 * Daemon, module, systemd and the machine's files are stand-ins.
 */
#include "user/cli/doctor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>

#include "selftests/unit/cli/fake_module.h"
#include "selftests/unit/unit.h"
#include "user/doctor/machine.h"
#include "user/doctor/units.h"
#include "user/lib/virtual_machine.h"

static struct {
	bool no_proc;
	bool no_daemon;
	bool no_systemd;
	const char *sources;
} world;

#define SERVER(name, more)							\
	"{\"name\":\"" name "\",\"address\":\"192.0.2.1\",\"kind\":\"server\","	\
	"\"port\":1123,\"offline\":false,\"reach\":255,\"sent\":9,"			\
	"\"received\":9,\"error\":\"\"," more "}"
#define GOOD	"\"state\":\"combined\""
#define SILENT(name, packets, error)						\
	"{\"name\":\"" name "\",\"address\":\"192.0.2.1\",\"kind\":\"server\","	\
	"\"port\":123,\"offline\":false,\"reach\":0,\"sent\":9,\"received\":0,"	\
	"\"error\":\"" error "\",\"state\":\"unusable\",\"ntp\":{\"packets\":" packets "}}"
#define LIAR	"\"state\":\"falseticker\""
#define CHOSEN	"\"state\":\"selected\""
#define NTS	"\"auth\":{\"mode\":\"NTS\",\"refused\":true,\"attempts\":3,\"cookies\":2}"
#define PHC	"{\"name\":\"PHC0\",\"kind\":\"refclock\",\"offline\":true}"
#define MIXED	"{\"sources\":[" SERVER("a", LIAR) "," SERVER("b", NTS) ","		\
		SERVER("c", CHOSEN) "," PHC ",7]}"
#define FOUR	"{\"ok\":true,\"sources\":[" SERVER("a", GOOD) "," SERVER("b", GOOD) ","	\
		SERVER("c", GOOD) "," SERVER("d", GOOD) "]}"

int clock_adjtime(clockid_t id, struct timex *tx)
{
	memset(tx, 0, sizeof(*tx));
	tx->maxerror = 1500;
	return 0;
}

int client_ask(const struct cli *cli, const char *command, json_t **reply)
{
	if (world.no_daemon)
		return -ECONNREFUSED;
	*reply = strcmp(command, "status") ? json_loads(world.sources, 0, NULL) :
		 json_pack("{s:b,s:b,s:I,s:s,s:s,s:{s:i}}", "ok", 1, "synchronised", 1,
			   "maxerror_ns", (json_int_t)1500000,
			   "configuration", "/srv/clock.conf", "trust", "confirmed", "sources",
			   "configured", 1);
	return *reply ? 0 : -EPROTO;
}

size_t __wrap_time_daemons_find(const char *proc, const char *cgroup,
				struct time_daemon daemons[TIME_DAEMONS_MAX])
{
	return 0;
}

int doctor_machine_read(const char *root, const char *release, struct doctor_machine *machine)
{
	*machine = (struct doctor_machine){ .ptp_kvm = -1, .has_vmclock = true,
					    .module.loaded = fake_module.is_there };
	return world.no_proc ? -ENOENT : 0;
}

int doctor_units_read(struct doctor_units *units)
{
	*units = (struct doctor_units){ .known = true, .exists = true, .enabled = true,
					.wait_sync_enabled = true };
	return world.no_systemd ? -ECONNREFUSED : 0;
}

bool is_virtual_machine(void)
{
	return true;
}

FIXTURE(doctor) {
	struct cli cli;
	char *text;
	size_t size;
	int status;
};

FIXTURE_SETUP(doctor)
{
	memset(self, 0, sizeof(*self));
	memset(&world, 0, sizeof(world));
	memset(&fake_module, 0, sizeof(fake_module));
	fake_module.rtc = TRUECHIME_RTC_HINT;
	fake_module.rules[0] = (struct module_rule){ .occasion = TRUECHIME_OCCASION_BOOT,
						     .rule = TRUECHIME_RULE_SLEW };
	fake_module.rules[1] = (struct module_rule){ .occasion = TRUECHIME_OCCASION_DISRUPTION,
						     .rule = TRUECHIME_RULE_STEP };
	fake_module.rule_count = 2;
	world.sources = FOUR;
	fake_module.is_there = true;
	fake_module.status.host_state = TRUECHIME_HOST_CHOSEN;
}

FIXTURE_TEARDOWN(doctor)
{
	free(self->text);
}

/* What it prints. */
static const char *run(FIXTURE_DATA(doctor) *self)
{
	FILE *before = stdout;

	free(self->text);
	stdout = open_memstream(&self->text, &self->size);
	if (!stdout)
		exit(1);
	self->status = verb_doctor(&self->cli);
	fclose(stdout);
	stdout = before;
	return self->text;
}

TEST_F(doctor, nothing_is_found)
{
	EXPECT_STREQ("Nothing was found that keeps this clock wrong.\n", run(self));
	EXPECT_EQ(0, self->status);
}

TEST_F(doctor, something_is_found)
{
	fake_module.rules[1].rule = TRUECHIME_RULE_SLEW;
	EXPECT_EQ(run(self), strstr(self->text, "One thing was found"));
	EXPECT_NE(NULL, strstr(self->text, "\nwarning: The step policy"));
	EXPECT_NE(NULL, strstr(self->text, "\n  => truechime policy set disruption both step\n"));
	EXPECT_EQ(1, self->status);
	fake_module.status.host_state = TRUECHIME_HOST_DEMOTED;
	EXPECT_NE(NULL, strstr(run(self), "2 things were found"));
}

TEST_F(doctor, the_file_that_the_daemon_reads_is_named)
{
	world.sources = "{\"ok\":true,\"sources\":[" SERVER("a", GOOD) "]}";
	EXPECT_NE(NULL, strstr(run(self), " >>/srv/clock.conf && truechime reload\n"));
}

TEST_F(doctor, there_is_nothing_to_look_at)
{
	FILE *before = stderr;

	world.no_proc = true;
	stderr = fopen("/dev/null", "w");
	EXPECT_STREQ("", run(self));
	fclose(stderr);
	stderr = before;
	EXPECT_EQ(2, self->status);
}

TEST_F(doctor, what_was_not_seen_is_said)
{
	world.no_systemd = true;
	world.sources = "no JSON";
	run(self);
	EXPECT_NE(NULL, strstr(self->text, "\nNot looked at: The time sources"));
	EXPECT_NE(NULL, strstr(self->text, "\nNot looked at: The units of systemd"));
	EXPECT_EQ(0, self->status);
}

TEST_F(doctor, daemon_does_not_run)
{
	world.no_daemon = true;
	EXPECT_NE(NULL, strstr(run(self), "error: The daemon truechimed is not running"));
	EXPECT_EQ(1, self->status);
}

/* A server that says that it has no time has been reached. */
TEST_F(doctor, answers_that_are_refused_are_answers)
{
	world.sources = "{\"ok\":true,\"sources\":[" SILENT("a", "5", "it has no time") ","
			SILENT("b", "0", "Connection refused") "]}";
	run(self);
	EXPECT_EQ(NULL, strstr(self->text, "has ever answered")) TH_LOG("%s", self->text);
	EXPECT_NE(NULL, strstr(self->text, "a gives no time: it has no time."));
	EXPECT_NE(NULL, strstr(self->text, "b does not answer at UDP port 123 (Connection refus"));
}

TEST_F(doctor, sources_are_understood)
{
	static struct doctor_daemon daemon;
	json_t *reply = json_loads(MIXED, 0, NULL);

	doctor_take_sources(reply, &daemon);
	json_decref(reply);
	ASSERT_EQ(5, daemon.source_count);
	EXPECT_TRUE(daemon.has_sources);
	EXPECT_STREQ("a", daemon.sources[0].name);
	EXPECT_TRUE(daemon.sources[0].falseticker && daemon.sources[0].is_server);
	EXPECT_TRUE(daemon.sources[0].reachable && !daemon.sources[0].usable);
	EXPECT_EQ(9, daemon.sources[0].sent);
	EXPECT_EQ(1123, daemon.sources[0].port);
	EXPECT_TRUE(daemon.sources[1].is_nts && daemon.sources[1].nts_refused);
	EXPECT_EQ(3, daemon.sources[1].nts_attempts);
	EXPECT_EQ(2, daemon.sources[1].cookies);
	EXPECT_TRUE(daemon.sources[2].usable && !daemon.sources[2].is_nts);
	EXPECT_TRUE(daemon.sources[3].offline && !daemon.sources[3].is_server);
	/* An object is expected, and this is none. */
	EXPECT_STREQ("", daemon.sources[4].name);
}

TEST_F(doctor, who_waits_for_whom_is_understood)
{
	static struct doctor_daemon daemon;
	json_t *reply = json_pack("{s:[{s:s,s:{s:s,s:b}},{s:s,s:{s:s,s:b}}]}", "sources",
				  "state", "not-combined", "selection", "letter", "W", "require", 0,
				  "state", "unusable", "selection", "letter", "W", "require", 1);

	ASSERT_NE(NULL, reply);
	doctor_take_sources(reply, &daemon);
	json_decref(reply);
	EXPECT_TRUE(daemon.sources[0].waits && !daemon.sources[0].required);
	/* One that agrees with nobody waits for nobody. */
	EXPECT_TRUE(!daemon.sources[1].waits && daemon.sources[1].required);
}

TEST_F(doctor, more_sources_than_are_looked_at)
{
	static struct doctor_daemon daemon;
	json_t *list = json_array(), *reply = json_pack("{s:o}", "sources", list);
	int i;

	for (i = 0; i < 2 * DOCTOR_SOURCES_MAX; i++)
		json_array_append_new(list, json_object());
	doctor_take_sources(reply, &daemon);
	json_decref(reply);
	EXPECT_EQ(DOCTOR_SOURCES_MAX, daemon.source_count);
}

TEST_F(doctor, json)
{
	const json_t *finding;
	json_t *report;

	self->cli.json = true;
	fake_module.rules[1].rule = TRUECHIME_RULE_SLEW;
	report = json_loads(run(self), 0, NULL);
	EXPECT_EQ(1, json_integer_value(json_object_get(report, "problems")));
	finding = json_array_get(json_object_get(report, "findings"), 0);
	EXPECT_STREQ("policy-ignores", json_string_value(json_object_get(finding, "id")));
	EXPECT_STREQ("warning", json_string_value(json_object_get(finding, "severity")));
	EXPECT_EQ(1500000, json_integer_value(json_object_get(json_object_get(report, "facts"),
							      "maxerror_ns")));
	json_decref(report);
}

/* As of check: 0 would be a clock that is right. */
TEST_F(doctor, offset_is_null_where_nothing_is_known_of_it)
{
	json_t *report;

	self->cli.json = true;
	report = json_loads(run(self), 0, NULL);
	EXPECT_TRUE(json_is_integer(json_object_get(json_object_get(report, "facts"),
						    "offset_ns")));
	json_decref(report);
	fake_module.status.host_state = TRUECHIME_HOST_ABSENT;
	report = json_loads(run(self), 0, NULL);
	EXPECT_TRUE(json_is_null(json_object_get(json_object_get(report, "facts"), "offset_ns")));
	json_decref(report);
}

TEST_HARNESS_MAIN
