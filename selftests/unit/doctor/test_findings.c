// SPDX-License-Identifier: GPL-2.0-only
/*
 * From facts to findings, a row each: a machine that lacks nothing, one thing that is wrong with
 * it, and what is found then, and nothing else.
 */
#include "user/doctor/findings.h"

#include <errno.h>
#include <string.h>

#include "selftests/unit/unit.h"

#define SOURCES	4

FIXTURE(machine) {
	struct doctor_facts facts;
	struct doctor_report report;
};

/* A guest of KVM with all that it can have. */
FIXTURE_SETUP(machine)
{
	struct doctor_facts *facts = &self->facts;
	int i;

	memset(facts, 0, sizeof(*facts));
	strcpy(facts->machine.release, "6.1.0-9-amd64");
	facts->machine.is_virtual = true;
	strcpy(facts->machine.clocksource, "kvm-clock");
	strcpy(facts->machine.clocksources, "kvm-clock tsc hpet acpi_pm ");
	facts->machine.has_vmclock = true;
	facts->machine.ptp_kvm = -1;
	facts->machine.module = (struct doctor_module){
		.loaded = true, .packaged = true, .has_headers = true, .installed = true,
		.is_signed = true,
	};
	facts->units = (struct doctor_units){
		.known = true, .exists = true, .enabled = true, .active = true,
		.time_sync_reached = true, .wait_sync_enabled = true,
	};
	facts->host.present = true;
	facts->daemon.synchronised = true;
	facts->daemon.configured = 1;
	facts->daemon.has_sources = true;
	facts->daemon.source_count = SOURCES;
	for (i = 0; i < SOURCES; i++) {
		facts->daemon.sources[i] = (struct doctor_source){
			.is_server = true, .reachable = true, .usable = true, .sent = 20,
			.received = 20,
		};
		snprintf(facts->daemon.sources[i].name, sizeof(facts->daemon.sources[i].name),
			 "s%d.example.net", i);
		snprintf(facts->daemon.sources[i].address,
			 sizeof(facts->daemon.sources[i].address), "192.0.2.%d", i);
	}
	facts->clock = (struct doctor_clock){
		.synchronised = true, .has_bound = true, .bound_ns = 300000,
	};
}

FIXTURE_TEARDOWN(machine)
{
}

/* The finding of that name, or NULL. */
static const struct doctor_finding *find(FIXTURE_DATA(machine) *self, const char *id)
{
	size_t i;

	doctor_judge(&self->facts, &self->report);
	for (i = 0; i < self->report.count; i++)
		if (!strcmp(self->report.findings[i].id, id))
			return &self->report.findings[i];

	return NULL;
}

/* Nothing but that is found, of that severity, and each has its words. */
static bool finds_only(FIXTURE_DATA(machine) *self, const char *id, enum doctor_severity severity)
{
	const struct doctor_finding *finding = find(self, id);
	size_t i;

	for (i = 0; i < self->report.count; i++)
		if (strcmp(self->report.findings[i].id, id))
			printf("# also found: %s\n", self->report.findings[i].id);
	if (!finding) {
		printf("# %s is not found\n", id);
		return false;
	}
	if (finding->severity != severity)
		printf("# it is but a %s\n", doctor_severity_name(finding->severity));

	return self->report.count == 1 && finding->severity == severity &&
	       finding->sentence[strlen(finding->sentence) - 1] == '.' && *finding->why &&
	       doctor_problems(&self->report) == (severity != DOCTOR_NOTE);
}

/* The row @name: with that done to the facts there is one finding, @id, of that severity. */
#define ROW(name, id, severity, ...)						\
	TEST_F(machine, name)							\
	{									\
		struct doctor_facts *facts = &self->facts;			\
										\
		__VA_ARGS__;							\
		EXPECT_TRUE(finds_only(self, id, severity));			\
	}

TEST_F(machine, nothing_is_wrong)
{
	doctor_judge(&self->facts, &self->report);
	EXPECT_EQ(0, self->report.count) TH_LOG("%s", self->report.findings[0].id);
	EXPECT_EQ(0, doctor_problems(&self->report));
}

/* --- The clock --- */

ROW(not_synchronised, "clock-unsynchronised", DOCTOR_ERROR,
    facts->clock.synchronised = false, facts->daemon.synchronised = false)
ROW(contradicted, "clock-contradicted", DOCTOR_ERROR, facts->clock.synchronised = false)
ROW(wide, "bound-wide", DOCTOR_WARNING, facts->clock.bound_ns = DOCTOR_BOUND_WIDE_NS + 1)
ROW(unbounded, "bound-unknown", DOCTOR_WARNING, facts->clock.has_bound = false)
ROW(refused_change, "maxchange", DOCTOR_ERROR, facts->daemon.refused = true)
ROW(disrupted, "disrupted", DOCTOR_WARNING, facts->daemon.disrupted = true)
ROW(nobody_waits, "time-sync-unguarded", DOCTOR_NOTE, facts->units.wait_sync_enabled = false)

TEST_F(machine, bound_of_the_limit_is_not_wide)
{
	self->facts.clock.bound_ns = DOCTOR_BOUND_WIDE_NS;
	doctor_judge(&self->facts, &self->report);
	EXPECT_EQ(0, self->report.count);
}

TEST_F(machine, target_is_reached_too_early)
{
	self->facts.units.wait_sync_enabled = false;
	self->facts.clock.synchronised = false;
	EXPECT_NE(NULL, find(self, "time-sync-early"));
	EXPECT_EQ(NULL, find(self, "time-sync-unguarded"));
	self->facts.units.time_sync_reached = false;
	EXPECT_EQ(NULL, find(self, "time-sync-early"));
}

/* --- The daemon --- */

ROW(stopped, "daemon-stopped", DOCTOR_ERROR,
    facts->daemon.error = -ECONNREFUSED, facts->units.active = false)
ROW(missing, "daemon-missing", DOCTOR_ERROR,
    facts->daemon.error = -ECONNREFUSED, facts->units.exists = false)
ROW(starting, "daemon-starting", DOCTOR_WARNING, facts->daemon.error = -ECONNREFUSED)
ROW(stopped_without_systemd, "daemon-stopped", DOCTOR_ERROR,
    facts->daemon.error = -ECONNREFUSED, facts->units.known = false)
ROW(silent, "daemon-silent", DOCTOR_ERROR, facts->daemon.error = -ETIMEDOUT)
ROW(not_enabled, "daemon-not-enabled", DOCTOR_WARNING, facts->units.enabled = false)
ROW(observes, "daemon-observes", DOCTOR_WARNING, facts->daemon.observing = true)

/* Each exit status has its remedy. */
TEST_F(machine, failed_daemon)
{
	static const struct {
		int status;
		const char *command;
	} rows[] = {
		{ 1, "journalctl" }, { 2, "systemctl cat" }, { 3, "truechimed -Q" },
		{ 4, "truechimed -p" }, { 5, "pgrep" },
	};
	size_t i;

	self->facts.daemon.error = -ECONNREFUSED;
	self->facts.units.active = false;
	self->facts.units.failed = true;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		self->facts.units.exit_status = rows[i].status;
		ASSERT_TRUE(finds_only(self, "daemon-failed", DOCTOR_ERROR));
		EXPECT_NE(NULL, strstr(self->report.findings[0].command, rows[i].command));
	}
}

TEST_F(machine, command_for_a_daemon_that_is_not_enabled)
{
	self->facts.daemon.error = -ECONNREFUSED;
	self->facts.units.active = false;
	self->facts.units.enabled = false;
	EXPECT_STREQ("systemctl enable --now truechimed", find(self, "daemon-stopped")->command);
	EXPECT_NE(NULL, strstr(find(self, "daemon-stopped")->sentence, "not started at boot"));
}

/* --- The module --- */

ROW(not_loaded, "module-not-loaded", DOCTOR_WARNING, facts->machine.module.loaded = false)
ROW(not_packaged, "module-not-packaged", DOCTOR_NOTE,
    facts->machine.module = (struct doctor_module){ .has_headers = true })
ROW(not_for_this_kernel, "module-unsupported-kernel", DOCTOR_WARNING,
    facts->machine.module = (struct doctor_module){ .packaged = true, .excluded = true })
ROW(no_headers, "module-no-headers", DOCTOR_WARNING,
    facts->machine.module = (struct doctor_module){ .packaged = true })
ROW(not_built, "module-not-installed", DOCTOR_WARNING,
    facts->machine.module = (struct doctor_module){ .packaged = true, .has_headers = true })
ROW(build_failed, "module-build-failed", DOCTOR_WARNING,
    facts->machine.module = (struct doctor_module){ .packaged = true, .has_headers = true,
						    .build_failed = true })
ROW(other_kernel, "module-other-kernel", DOCTOR_WARNING,
    facts->machine.module.loaded = false, facts->machine.module.other_kernel = true)
ROW(blacklisted, "module-blacklisted", DOCTOR_WARNING,
    facts->machine.module.loaded = false, facts->machine.module.blacklisted = true)
ROW(not_signed, "module-not-signed", DOCTOR_WARNING,
    facts->machine.module.loaded = false, facts->machine.module.signature_wanted = true,
    facts->machine.module.is_signed = false)
ROW(key_not_enrolled, "module-key-rejected", DOCTOR_WARNING,
    facts->machine.module.loaded = false, facts->machine.module.signature_wanted = true)
ROW(key_pending, "module-key-pending", DOCTOR_WARNING,
    facts->machine.module.loaded = false, facts->machine.module.signature_wanted = true,
    facts->machine.module.key_pending = true)
ROW(key_enrolled, "module-not-loaded", DOCTOR_WARNING,
    facts->machine.module.loaded = false, facts->machine.module.signature_wanted = true,
    facts->machine.module.key_enrolled = true)
ROW(module_silent, "module-silent", DOCTOR_WARNING, facts->host.error = -EPROTO)
ROW(host_absent, "host-clock-absent", DOCTOR_WARNING, facts->host.present = false)
ROW(host_failing, "host-clock-failing", DOCTOR_WARNING, facts->host.failing = true)
ROW(host_demoted, "host-clock-demoted", DOCTOR_WARNING, facts->host.demoted = true)
ROW(external, "mode-external", DOCTOR_WARNING, facts->host.external = true)
ROW(policy, "policy-ignores", DOCTOR_WARNING, facts->host.ignores = true)

/* What the kernel said counts more than what files show. */
TEST_F(machine, kernel_has_the_last_word)
{
	struct doctor_module *module = &self->facts.machine.module;

	module->loaded = false;
	module->signature_wanted = true;
	module->key_enrolled = true;
	strcpy(module->kernel_says, "truechime: loading of module with unavailable key is rejected");
	ASSERT_TRUE(finds_only(self, "module-key-rejected", DOCTOR_WARNING));
	EXPECT_NE(NULL, strstr(self->report.findings[0].sentence, "unavailable key"));
	EXPECT_NE(NULL, strstr(self->report.findings[0].command, "mokutil"));
}

/* On a physical machine and in a container it is of no use. */
TEST_F(machine, module_is_for_guests)
{
	self->facts.machine.module = (struct doctor_module){ .packaged = true };
	self->facts.machine.is_virtual = false;
	doctor_judge(&self->facts, &self->report);
	EXPECT_EQ(0, self->report.count);
	self->facts.machine.is_virtual = true;
	self->facts.machine.is_container = true;
	EXPECT_TRUE(finds_only(self, "container", DOCTOR_NOTE));
}

/* --- The machine --- */

ROW(hpet, "clocksource", DOCTOR_WARNING, strcpy(facts->machine.clocksource, "hpet"))
ROW(no_vmclock, "vmclock-absent", DOCTOR_NOTE, facts->machine.has_vmclock = false)
ROW(ptp_kvm, "ptp-kvm-shared", DOCTOR_WARNING, facts->machine.ptp_kvm = 1,
    strcpy(facts->machine.ptp_kvm_user, "phc2sys (process 80)"))
ROW(local_rtc, "rtc-local", DOCTOR_WARNING, facts->machine.rtc_is_local = true)
ROW(rival, "rival-runs", DOCTOR_ERROR, facts->rival_count = 1,
    strcpy(facts->rivals[0].program, "chronyd"), strcpy(facts->rivals[0].unit, "chrony.service"))
ROW(yields, "rival-has-clock", DOCTOR_NOTE, facts->rival_count = 1,
    strcpy(facts->rivals[0].program, "chronyd"), facts->daemon.yielding = true)
ROW(agent, "agent", DOCTOR_NOTE, facts->rival_count = 1,
    strcpy(facts->rivals[0].program, "qemu-ga"), facts->rivals[0].is_agent = true)
ROW(enabled_rival, "rival-enabled", DOCTOR_WARNING, facts->machine.enabled_count = 1,
    strcpy(facts->machine.enabled[0].program, "chronyd"),
    strcpy(facts->machine.enabled[0].unit, "chrony.service"))

/* One that is enabled and runs is one finding. */
TEST_F(machine, rival_that_runs_and_is_enabled)
{
	self->facts.rival_count = 1;
	strcpy(self->facts.rivals[0].program, "chronyd");
	strcpy(self->facts.rivals[0].unit, "chrony.service");
	self->facts.machine.enabled[0] = self->facts.rivals[0];
	self->facts.machine.enabled_count = 1;
	ASSERT_TRUE(finds_only(self, "rival-runs", DOCTOR_ERROR));
	EXPECT_STREQ("systemctl disable --now chrony.service", self->report.findings[0].command);
}

TEST_F(machine, linuxptp_has_the_clock_in_mode_external)
{
	self->facts.host.external = true;
	self->facts.rival_count = 1;
	strcpy(self->facts.rivals[0].program, "phc2sys");
	EXPECT_EQ(DOCTOR_NOTE, find(self, "rival-has-clock")->severity);
	strcpy(self->facts.rivals[0].program, "chronyd");
	EXPECT_EQ(DOCTOR_ERROR, find(self, "rival-runs")->severity);
}

TEST_F(machine, better_clocksource_is_named)
{
	strcpy(self->facts.machine.clocksource, "acpi_pm");
	strcpy(self->facts.machine.clocksources, "tsc hpet acpi_pm ");
	EXPECT_EQ(0, strncmp(find(self, "clocksource")->command, "echo tsc >", 10));
	strcpy(self->facts.machine.clocksources, "hpet acpi_pm ");
	EXPECT_EQ(0, strncmp(find(self, "clocksource")->command, "dmesg", 5));
	/* Those of other hypervisors are as good. */
	strcpy(self->facts.machine.clocksource, "hyperv_clocksource_tsc_page");
	EXPECT_EQ(NULL, find(self, "clocksource"));
}

/* --- Time sources --- */

ROW(none, "sources-none", DOCTOR_WARNING, facts->daemon.configured = 0,
    facts->daemon.source_count = 0)
ROW(none_without_host, "sources-none", DOCTOR_ERROR, facts->daemon.configured = 0,
    facts->machine.is_virtual = false, facts->host.present = false)
ROW(three, "sources-few", DOCTOR_NOTE, facts->daemon.source_count = 3)
ROW(two, "sources-few", DOCTOR_WARNING, facts->daemon.source_count = 2)
ROW(unknown, "sources-unknown", DOCTOR_WARNING, facts->daemon.source_count = 0)
ROW(falseticker, "source-falseticker", DOCTOR_WARNING,
    facts->daemon.sources[1].falseticker = true, facts->daemon.sources[1].usable = false)
ROW(rejected, "source-rejected", DOCTOR_WARNING,
    strcpy(facts->daemon.sources[2].problem, "it has no source itself"))
ROW(nts_keys, "source-nts", DOCTOR_WARNING, facts->daemon.sources[3].is_nts = true,
    facts->daemon.sources[3].nts_attempts = 2, facts->daemon.sources[3].sent = 0)
ROW(nts_refused, "source-nts", DOCTOR_WARNING, facts->daemon.sources[3].is_nts = true,
    facts->daemon.sources[3].nts_refused = true, facts->daemon.sources[3].cookies = 8)
ROW(one_silent, "source-silent", DOCTOR_WARNING, facts->daemon.sources[0].reachable = false,
    facts->daemon.sources[0].usable = false)

TEST_F(machine, nts_that_works_is_no_finding)
{
	self->facts.daemon.sources[3].is_nts = true;
	self->facts.daemon.sources[3].nts_attempts = 1;
	self->facts.daemon.sources[3].cookies = 8;
	doctor_judge(&self->facts, &self->report);
	EXPECT_EQ(0, self->report.count);
}

TEST_F(machine, unresolved_name)
{
	*self->facts.daemon.sources[0].address = '\0';
	self->facts.daemon.sources[0].usable = false;
	strcpy(self->facts.daemon.sources[0].problem, "Name or service not known");
	EXPECT_STREQ("s0.example.net has no address: Name or service not known.",
		     find(self, "source-unresolved")->sentence);
	EXPECT_EQ(NULL, find(self, "source-rejected"));
}

static void silence(FIXTURE_DATA(machine) *self)
{
	int i;

	for (i = 0; i < SOURCES; i++) {
		self->facts.daemon.sources[i].reachable = false;
		self->facts.daemon.sources[i].usable = false;
		self->facts.daemon.sources[i].received = 0;
	}
}

/* All of them together are one finding, once each was asked often enough. */
TEST_F(machine, blocked_port)
{
	silence(self);
	EXPECT_TRUE(finds_only(self, "port-blocked", DOCTOR_WARNING));
	EXPECT_NE(NULL, strstr(find(self, "port-blocked")->command, "s0.example.net"));
	strcpy(self->facts.daemon.sources[0].problem, "Connection refused");
	ASSERT_TRUE(finds_only(self, "port-blocked", DOCTOR_WARNING));
	EXPECT_STREQ("None of the servers has ever answered (Connection refused).",
		     self->report.findings[0].sentence);
	self->facts.daemon.sources[3].sent = 3;
	EXPECT_EQ(NULL, find(self, "port-blocked"));
	/* One that has answered once has passed the firewall. */
	self->facts.daemon.sources[3].sent = 20;
	self->facts.daemon.sources[3].received = 1;
	EXPECT_EQ(NULL, find(self, "port-blocked"));
	EXPECT_NE(NULL, find(self, "source-silent"));
}

TEST_F(machine, none_is_asked)
{
	int i;

	silence(self);
	for (i = 0; i < SOURCES; i++)
		self->facts.daemon.sources[i].offline = true;
	EXPECT_TRUE(finds_only(self, "sources-offline", DOCTOR_WARNING));
}

TEST_F(machine, none_is_usable)
{
	int i;

	for (i = 0; i < SOURCES; i++)
		self->facts.daemon.sources[i].usable = false;
	EXPECT_TRUE(finds_only(self, "sources-not-usable", DOCTOR_WARNING));
}

/* A person tells the time. */
TEST_F(machine, by_hand_needs_no_sources)
{
	self->facts.daemon.by_hand = true;
	self->facts.daemon.configured = 0;
	self->facts.daemon.source_count = 0;
	EXPECT_EQ(NULL, find(self, "sources-none"));
}

TEST_F(machine, refclocks_have_no_address)
{
	int i;

	for (i = 0; i < SOURCES; i++) {
		self->facts.daemon.sources[i].is_server = false;
		*self->facts.daemon.sources[i].address = '\0';
	}
	doctor_judge(&self->facts, &self->report);
	EXPECT_EQ(0, self->report.count);
}

/* --- The list --- */

TEST_F(machine, worst_comes_first)
{
	size_t i;

	self->facts.machine.has_vmclock = false;
	self->facts.machine.rtc_is_local = true;
	self->facts.daemon.refused = true;
	self->facts.units.enabled = false;
	doctor_judge(&self->facts, &self->report);
	ASSERT_EQ(4, self->report.count);
	EXPECT_STREQ("maxchange", self->report.findings[0].id);
	EXPECT_STREQ("daemon-not-enabled", self->report.findings[1].id);
	EXPECT_STREQ("rtc-local", self->report.findings[2].id);
	EXPECT_STREQ("vmclock-absent", self->report.findings[3].id);
	EXPECT_EQ(3, doctor_problems(&self->report));
	for (i = 0; i < self->report.count; i++)
		EXPECT_NE('\0', *self->report.findings[i].command);
}

TEST_F(machine, more_than_enough_are_left_out)
{
	struct doctor_daemon *daemon = &self->facts.daemon;
	size_t i;

	for (i = 0; i < DOCTOR_SOURCES_MAX; i++) {
		daemon->sources[i] = daemon->sources[0];
		daemon->sources[i].falseticker = true;
	}
	daemon->source_count = DOCTOR_SOURCES_MAX;
	self->facts.machine.rtc_is_local = true;
	doctor_judge(&self->facts, &self->report);
	EXPECT_EQ(DOCTOR_FINDINGS_MAX, self->report.count);
}

TEST_HARNESS_MAIN
