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

/* What has a unit and says at the end what is missing, and not the numbers of chronyc. */
#define WAIT	"truechime waitsync --timeout 1min"

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
	facts->machine.systemd = true;
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
	strcpy(facts->daemon.configuration, "/etc/truechime/truechime.conf");
	facts->daemon.has_sources = true;
	facts->daemon.source_count = SOURCES;
	for (i = 0; i < SOURCES; i++) {
		facts->daemon.sources[i] = (struct doctor_source){
			.is_server = true, .reachable = true, .usable = true, .sent = 20,
			.received = 20, .port = 123,
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

TEST_F(machine, nothing_is_wrong)
{
	doctor_judge(&self->facts, &self->report);
	EXPECT_EQ(0, self->report.count) TH_LOG("%s", self->report.findings[0].id);
	EXPECT_EQ(0, doctor_problems(&self->report));
}

/* --- The clock --- */

TEST_F(machine, not_synchronised)
{
	self->facts.clock.synchronised = false;
	self->facts.daemon.synchronised = false;
	EXPECT_TRUE(finds_only(self, "clock-unsynchronised", DOCTOR_ERROR));
	EXPECT_EQ(0, strncmp(self->report.findings[0].command, WAIT " ", strlen(WAIT) + 1))
		TH_LOG("%s", self->report.findings[0].command);
}

TEST_F(machine, contradicted)
{
	self->facts.clock.synchronised = false;
	EXPECT_TRUE(finds_only(self, "clock-contradicted", DOCTOR_ERROR));
}

TEST_F(machine, wide)
{
	self->facts.clock.bound_ns = DOCTOR_BOUND_WIDE_NS + 1;
	EXPECT_TRUE(finds_only(self, "bound-wide", DOCTOR_WARNING));
}

TEST_F(machine, unbounded)
{
	self->facts.clock.has_bound = false;
	EXPECT_TRUE(finds_only(self, "bound-unknown", DOCTOR_WARNING));
}

TEST_F(machine, refused_change)
{
	self->facts.daemon.refused = true;
	EXPECT_TRUE(finds_only(self, "maxchange", DOCTOR_ERROR));
}

TEST_F(machine, disrupted)
{
	self->facts.daemon.disrupted = true;
	EXPECT_TRUE(finds_only(self, "disrupted", DOCTOR_WARNING));
}

TEST_F(machine, nobody_waits)
{
	self->facts.units.wait_sync_enabled = false;
	EXPECT_TRUE(finds_only(self, "time-sync-unguarded", DOCTOR_NOTE));
}

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

TEST_F(machine, stopped)
{
	self->facts.daemon.error = -ECONNREFUSED;
	self->facts.units.active = false;
	EXPECT_TRUE(finds_only(self, "daemon-stopped", DOCTOR_ERROR));
}

/* A container's clock is the host's: its state is judged, but not that no daemon keeps it here. */
TEST_F(machine, may_not_set_the_clock)
{
	self->facts.daemon.error = -ECONNREFUSED;
	self->facts.units.active = false;
	self->facts.machine.may_not_set = true;
	EXPECT_TRUE(finds_only(self, "daemon-not-allowed", DOCTOR_NOTE));
}

/* Who mends them from above mends the cause, and then waits. */
TEST_F(machine, cause_comes_before_what_follows)
{
	self->facts.daemon.error = -ECONNREFUSED;
	self->facts.units.active = false;
	self->facts.clock.synchronised = false;
	doctor_judge(&self->facts, &self->report);
	ASSERT_EQ(2, self->report.count);
	EXPECT_STREQ("daemon-stopped", self->report.findings[0].id);
	EXPECT_STREQ("clock-unsynchronised", self->report.findings[1].id);

	self->facts.daemon.error = 0;
	self->facts.units.active = true;
	self->facts.daemon.refused = true;
	self->facts.daemon.synchronised = false;
	doctor_judge(&self->facts, &self->report);
	ASSERT_EQ(2, self->report.count);
	EXPECT_STREQ("maxchange", self->report.findings[0].id);
	EXPECT_STREQ("clock-unsynchronised", self->report.findings[1].id);
}

TEST_F(machine, missing)
{
	self->facts.daemon.error = -ECONNREFUSED;
	self->facts.units.exists = false;
	EXPECT_TRUE(finds_only(self, "daemon-missing", DOCTOR_ERROR));
}

TEST_F(machine, starting)
{
	self->facts.daemon.error = -ECONNREFUSED;
	EXPECT_TRUE(finds_only(self, "daemon-starting", DOCTOR_WARNING));
}

TEST_F(machine, stopped_without_systemd)
{
	self->facts.daemon.error = -ECONNREFUSED;
	self->facts.units.known = false;
	EXPECT_TRUE(finds_only(self, "daemon-stopped", DOCTOR_ERROR));
}

TEST_F(machine, silent)
{
	self->facts.daemon.error = -ETIMEDOUT;
	EXPECT_TRUE(finds_only(self, "daemon-silent", DOCTOR_ERROR));
}

/* Others keep this user out, and not root: it need not be restarted. */
TEST_F(machine, asked_by_too_many)
{
	self->facts.daemon.error = -EPIPE;
	EXPECT_TRUE(finds_only(self, "daemon-silent", DOCTOR_ERROR));
	EXPECT_NE(NULL, strstr(self->report.findings[0].sentence, "too many others ask it"));
	EXPECT_EQ(0, strncmp(self->report.findings[0].command, "sudo truechime doctor", 21));
}

TEST_F(machine, not_enabled)
{
	self->facts.units.enabled = false;
	EXPECT_TRUE(finds_only(self, "daemon-not-enabled", DOCTOR_WARNING));
}

/* What is masked can neither be started nor enabled. */
TEST_F(machine, masked)
{
	self->facts.units.enabled = false;
	self->facts.units.masked = true;
	EXPECT_STREQ("systemctl unmask truechimed && systemctl enable truechimed",
		     find(self, "daemon-not-enabled")->command);

	self->facts.daemon.error = -ECONNREFUSED;
	self->facts.units.active = false;
	EXPECT_TRUE(finds_only(self, "daemon-masked", DOCTOR_ERROR));
	EXPECT_EQ(0, strncmp(self->report.findings[0].command, "systemctl unmask", 16));
}

TEST_F(machine, observes)
{
	self->facts.daemon.observing = true;
	EXPECT_TRUE(finds_only(self, "daemon-observes", DOCTOR_WARNING));
}

TEST_F(machine, shows_clients_a_certificate_that_has_expired)
{
	self->facts.daemon.certificate_expired = true;
	EXPECT_TRUE(finds_only(self, "nts-certificate-expired", DOCTOR_WARNING));
}

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

/* What is tried by hand reads what the unit reads. */
TEST_F(machine, failed_daemon_of_another_configuration)
{
	self->facts.daemon.error = -ECONNREFUSED;
	self->facts.units.active = false;
	self->facts.units.failed = true;
	strcpy(self->facts.units.configuration, "/etc/site.conf");
	self->facts.units.exit_status = 4;
	EXPECT_TRUE(strstr(find(self, "daemon-failed")->command,
			   "truechimed -p -f /etc/site.conf  # and when they are mended:"));
	self->facts.units.exit_status = 3;
	EXPECT_TRUE(strstr(find(self, "daemon-failed")->command,
			   "truechimed -Q -f /etc/site.conf  # and if that is right:"));
}

TEST_F(machine, command_for_a_daemon_that_is_not_enabled)
{
	self->facts.daemon.error = -ECONNREFUSED;
	self->facts.units.active = false;
	self->facts.units.enabled = false;
	EXPECT_STREQ("systemctl enable --now truechimed", find(self, "daemon-stopped")->command);
	EXPECT_NE(NULL, strstr(find(self, "daemon-stopped")->sentence, "not started at boot"));
}

/* As in containers, and where another program starts services. */
TEST_F(machine, no_systemd_is_named_where_there_is_none)
{
	static const int errors[] = { 0, -ECONNREFUSED, -ETIMEDOUT, -EIDRM };

	self->facts.machine.systemd = false;
	memset(&self->facts.units, 0, sizeof(self->facts.units));
	self->facts.daemon.observing = true;
	self->facts.clock.synchronised = false;
	self->facts.machine.enabled_count = 1;
	strcpy(self->facts.machine.enabled[0].unit, "chrony.service");
	self->facts.daemon.sources[0].is_nts = true;
	self->facts.daemon.sources[0].nts_refused = true;
	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
		self->facts.daemon.error = errors[i];
		doctor_judge(&self->facts, &self->report);
		EXPECT_LT(0, self->report.count);
		for (size_t j = 0; j < self->report.count; j++) {
			EXPECT_EQ(NULL, strstr(self->report.findings[j].command, "systemctl"));
			EXPECT_EQ(NULL, strstr(self->report.findings[j].command, "journalctl"));
		}
	}
	/* One that is stopped, or stuck, takes no SIGTERM. */
	EXPECT_STREQ("pkill -x truechimed; sleep 1; pkill -KILL -x truechimed; truechimed &",
		     find(self, "daemon-silent")->command);
}

/* --- The module --- */

TEST_F(machine, not_loaded)
{
	self->facts.machine.module.loaded = false;
	EXPECT_TRUE(finds_only(self, "module-not-loaded", DOCTOR_WARNING));
}

TEST_F(machine, not_packaged)
{
	self->facts.machine.module = (struct doctor_module){ .has_headers = true };
	EXPECT_TRUE(finds_only(self, "module-not-packaged", DOCTOR_NOTE));
}

TEST_F(machine, not_for_this_kernel)
{
	self->facts.machine.module = (struct doctor_module){ .packaged = true, .excluded = true };
	EXPECT_TRUE(finds_only(self, "module-unsupported-kernel", DOCTOR_WARNING));
}

TEST_F(machine, no_headers)
{
	self->facts.machine.module = (struct doctor_module){ .packaged = true };
	EXPECT_TRUE(finds_only(self, "module-no-headers", DOCTOR_WARNING));
}

TEST_F(machine, not_built)
{
	self->facts.machine.module = (struct doctor_module){ .packaged = true,
		.has_headers = true };
	EXPECT_TRUE(finds_only(self, "module-not-installed", DOCTOR_WARNING));
}

TEST_F(machine, build_failed)
{
	self->facts.machine.module = (struct doctor_module){ .packaged = true, .has_headers = true,
		.build_failed = true };
	EXPECT_TRUE(finds_only(self, "module-build-failed", DOCTOR_WARNING));
}

TEST_F(machine, other_kernel)
{
	self->facts.machine.module.loaded = false;
	self->facts.machine.module.other_kernel = true;
	EXPECT_TRUE(finds_only(self, "module-other-kernel", DOCTOR_WARNING));
}

TEST_F(machine, blacklisted)
{
	self->facts.machine.module.loaded = false;
	self->facts.machine.module.blacklisted = true;
	EXPECT_TRUE(finds_only(self, "module-blacklisted", DOCTOR_WARNING));
}

TEST_F(machine, not_signed)
{
	self->facts.machine.module.loaded = false;
	self->facts.machine.module.signature_wanted = true;
	self->facts.machine.module.is_signed = false;
	EXPECT_TRUE(finds_only(self, "module-not-signed", DOCTOR_WARNING));
}

TEST_F(machine, key_not_enrolled)
{
	self->facts.machine.module.loaded = false;
	self->facts.machine.module.signature_wanted = true;
	EXPECT_TRUE(finds_only(self, "module-key-rejected", DOCTOR_WARNING));
}

TEST_F(machine, key_pending)
{
	self->facts.machine.module.loaded = false;
	self->facts.machine.module.signature_wanted = true;
	self->facts.machine.module.key_pending = true;
	EXPECT_TRUE(finds_only(self, "module-key-pending", DOCTOR_WARNING));
}

TEST_F(machine, key_enrolled)
{
	self->facts.machine.module.loaded = false;
	self->facts.machine.module.signature_wanted = true;
	self->facts.machine.module.key_enrolled = true;
	EXPECT_TRUE(finds_only(self, "module-not-loaded", DOCTOR_WARNING));
}

TEST_F(machine, module_silent)
{
	self->facts.host.error = -EPROTO;
	EXPECT_TRUE(finds_only(self, "module-silent", DOCTOR_WARNING));
}

TEST_F(machine, host_absent)
{
	self->facts.host.present = false;
	EXPECT_TRUE(finds_only(self, "host-clock-absent", DOCTOR_WARNING));
}

TEST_F(machine, host_failing)
{
	self->facts.host.failing = true;
	EXPECT_TRUE(finds_only(self, "host-clock-failing", DOCTOR_WARNING));
}

TEST_F(machine, host_that_smears)
{
	self->facts.host.smears = true;
	EXPECT_TRUE(finds_only(self, "host-clock-smeared", DOCTOR_WARNING));
}

TEST_F(machine, host_demoted)
{
	self->facts.host.demoted = true;
	EXPECT_TRUE(finds_only(self, "host-clock-demoted", DOCTOR_WARNING));
}

TEST_F(machine, external)
{
	self->facts.host.external = true;
	EXPECT_TRUE(finds_only(self, "mode-external", DOCTOR_WARNING));
}

TEST_F(machine, policy)
{
	self->facts.host.ignores = true;
	EXPECT_TRUE(finds_only(self, "policy-ignores", DOCTOR_WARNING));
}

/* What the kernel said counts more than what files show. */
TEST_F(machine, kernel_has_the_last_word)
{
	struct doctor_module *module = &self->facts.machine.module;

	module->loaded = false;
	module->signature_wanted = true;
	module->key_enrolled = true;
	strcpy(module->kernel_says,
	       "truechime: loading of module with unavailable key is rejected");
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

TEST_F(machine, hpet)
{
	strcpy(self->facts.machine.clocksource, "hpet");
	EXPECT_TRUE(finds_only(self, "clocksource", DOCTOR_WARNING));
}

TEST_F(machine, no_vmclock)
{
	self->facts.machine.has_vmclock = false;
	EXPECT_TRUE(finds_only(self, "vmclock-absent", DOCTOR_NOTE));
}

TEST_F(machine, ptp_kvm)
{
	self->facts.machine.ptp_kvm = 1;
	strcpy(self->facts.machine.ptp_kvm_user, "phc2sys (process 80)");
	EXPECT_TRUE(finds_only(self, "ptp-kvm-shared", DOCTOR_WARNING));
}

TEST_F(machine, local_rtc)
{
	self->facts.machine.rtc_is_local = true;
	EXPECT_TRUE(finds_only(self, "rtc-local", DOCTOR_WARNING));
}

TEST_F(machine, rival)
{
	self->facts.rival_count = 1;
	strcpy(self->facts.rivals[0].program, "chronyd");
	strcpy(self->facts.rivals[0].unit, "chrony.service");
	EXPECT_TRUE(finds_only(self, "rival-runs", DOCTOR_ERROR));
}

TEST_F(machine, yields)
{
	self->facts.rival_count = 1;
	strcpy(self->facts.rivals[0].program, "chronyd");
	self->facts.daemon.yielding = true;
	EXPECT_TRUE(finds_only(self, "rival-has-clock", DOCTOR_NOTE));
}

TEST_F(machine, agent)
{
	self->facts.rival_count = 1;
	strcpy(self->facts.rivals[0].program, "qemu-ga");
	self->facts.rivals[0].is_agent = true;
	EXPECT_TRUE(finds_only(self, "agent", DOCTOR_NOTE));
}

TEST_F(machine, enabled_rival)
{
	self->facts.machine.enabled_count = 1;
	strcpy(self->facts.machine.enabled[0].program, "chronyd");
	strcpy(self->facts.machine.enabled[0].unit, "chrony.service");
	EXPECT_TRUE(finds_only(self, "rival-enabled", DOCTOR_WARNING));
}

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

TEST_F(machine, none)
{
	self->facts.daemon.configured = 0;
	self->facts.daemon.source_count = 0;
	EXPECT_TRUE(finds_only(self, "sources-none", DOCTOR_WARNING));
}

TEST_F(machine, none_without_host)
{
	self->facts.daemon.configured = 0;
	self->facts.machine.is_virtual = false;
	self->facts.host.present = false;
	EXPECT_TRUE(finds_only(self, "sources-none", DOCTOR_ERROR));
}

TEST_F(machine, three)
{
	self->facts.daemon.source_count = 3;
	EXPECT_TRUE(finds_only(self, "sources-few", DOCTOR_NOTE));
}

TEST_F(machine, two)
{
	self->facts.daemon.source_count = 2;
	EXPECT_TRUE(finds_only(self, "sources-few", DOCTOR_WARNING));
}

/* Where another one is read, a line in the usual one changes nothing. */
TEST_F(machine, few_are_mended_in_the_file_that_counts)
{
	self->facts.daemon.source_count = 2;
	strcpy(self->facts.daemon.configuration, "/srv/clock.conf");
	EXPECT_NE(NULL, strstr(find(self, "sources-few")->command,
			       " iburst' >>/srv/clock.conf && truechime reload"));
	/* A command line is no file, and is not read again. */
	*self->facts.daemon.configuration = '\0';
	EXPECT_EQ(0, strncmp("truechime add pool ", find(self, "sources-few")->command, 19));
	self->facts.daemon.configured = 0;
	EXPECT_EQ(0, strncmp("truechime add pool ", find(self, "sources-none")->command, 19));
}

TEST_F(machine, unknown)
{
	self->facts.daemon.source_count = 0;
	EXPECT_TRUE(finds_only(self, "sources-unknown", DOCTOR_WARNING));
}

TEST_F(machine, falseticker)
{
	self->facts.daemon.sources[1].falseticker = true;
	self->facts.daemon.sources[1].usable = false;
	EXPECT_TRUE(finds_only(self, "source-falseticker", DOCTOR_WARNING));
	EXPECT_NE(NULL, strstr(self->report.findings[0].sentence, "the majority"));
}

/* As many say the one as the other. */
TEST_F(machine, falsetickers_without_majority)
{
	const struct doctor_finding *finding;

	for (size_t i = 0; i < self->facts.daemon.source_count; i++) {
		self->facts.daemon.sources[i].falseticker = true;
		self->facts.daemon.sources[i].usable = false;
	}
	finding = find(self, "source-falseticker");
	ASSERT_NE(NULL, finding);
	EXPECT_EQ(NULL, strstr(finding->sentence, "the majority"));
	EXPECT_NE(NULL, strstr(finding->why, "no majority"));
}

TEST_F(machine, rejected)
{
	strcpy(self->facts.daemon.sources[2].problem, "it has no source itself");
	EXPECT_TRUE(finds_only(self, "source-rejected", DOCTOR_WARNING));
	/* What "sources" says is said already. */
	EXPECT_STREQ("truechime ntpdata s2.example.net", self->report.findings[0].command);
	self->facts.daemon.sources[2].is_server = false;
	self->facts.daemon.sources[2].reachable = false;
	self->facts.daemon.sources[2].received = 0;
	EXPECT_STREQ("man truechime.conf  # EXAMPLES has what feeds a reference clock",
		     find(self, "source-rejected")->command);
}

/* The others agree, and none of them is used: that is more than one source without keys. */
TEST_F(machine, required_is_missing)
{
	struct doctor_source *sources = self->facts.daemon.sources;
	int i;

	for (i = 0; i < SOURCES; i++)
		sources[i].waits = i != 3;
	sources[3].required = true;
	sources[3].usable = false;
	EXPECT_TRUE(finds_only(self, "source-required", DOCTOR_WARNING));
	EXPECT_NE(NULL, strstr(self->report.findings[0].sentence, sources[3].name));
	self->facts.host.present = false;
	EXPECT_EQ(DOCTOR_ERROR, find(self, "source-required")->severity);
	/* Another one of its kind is enough, and then it is something else that they wait for. */
	sources[2].required = true;
	EXPECT_EQ(NULL, find(self, "source-required"));
	sources[2].usable = false;
	EXPECT_NE(NULL, find(self, "source-required"));
	/* One is used. */
	sources[0].waits = false;
	sources[1].waits = false;
	sources[2].waits = false;
	EXPECT_EQ(NULL, find(self, "source-required"));
}

/* What answers agrees, and is used by nobody. */
TEST_F(machine, too_few_agree)
{
	struct doctor_source *sources = self->facts.daemon.sources;
	int i;

	for (i = 0; i < SOURCES; i++)
		sources[i].waits = true;
	self->facts.daemon.minsources = SOURCES + 1;
	EXPECT_TRUE(finds_only(self, "sources-minsources", DOCTOR_WARNING));
	EXPECT_STREQ("No time source is used: 5 have to agree (minsources), and 4 do.",
		     self->report.findings[0].sentence);
	self->facts.host.present = false;
	EXPECT_EQ(DOCTOR_ERROR, find(self, "sources-minsources")->severity);
	/* One that is required is mended first. */
	sources[3].required = true;
	sources[3].usable = false;
	EXPECT_EQ(NULL, find(self, "sources-minsources"));
	sources[3].required = false;
	sources[3].usable = true;
	self->facts.daemon.minsources = SOURCES;
	EXPECT_EQ(NULL, find(self, "sources-minsources"));
}

TEST_F(machine, nts_keys)
{
	self->facts.daemon.sources[3].is_nts = true;
	self->facts.daemon.sources[3].nts_attempts = 2;
	self->facts.daemon.sources[3].sent = 0;
	EXPECT_TRUE(finds_only(self, "source-nts", DOCTOR_WARNING));
}

/* The daemon says why: that may be another port, or nothing that a firewall could do. */
TEST_F(machine, nts_keys_for_a_reason_that_is_known)
{
	self->facts.daemon.sources[3].is_nts = true;
	self->facts.daemon.sources[3].nts_attempts = 2;
	EXPECT_EQ(NULL, strstr(find(self, "source-nts")->why, "4460"));
	EXPECT_NE(NULL, strstr(find(self, "source-nts")->why, "firewall"));
	strcpy(self->facts.daemon.sources[3].problem,
	       "its NTP server is in use as another source");
	EXPECT_EQ(NULL, strstr(find(self, "source-nts")->why, "firewall"));
}

TEST_F(machine, nts_refused)
{
	self->facts.daemon.sources[3].is_nts = true;
	self->facts.daemon.sources[3].nts_refused = true;
	self->facts.daemon.sources[3].cookies = 8;
	EXPECT_TRUE(finds_only(self, "source-nts", DOCTOR_WARNING));
}

TEST_F(machine, one_silent)
{
	self->facts.daemon.sources[0].reachable = false;
	self->facts.daemon.sources[0].usable = false;
	EXPECT_TRUE(finds_only(self, "source-silent", DOCTOR_WARNING));
	/* The kernel knows more of one that has never answered: no reason to know less of it. */
	self->facts.daemon.sources[0].received = 0;
	strcpy(self->facts.daemon.sources[0].problem, "Connection refused");
	ASSERT_TRUE(finds_only(self, "source-silent", DOCTOR_WARNING));
	EXPECT_STREQ("s0.example.net does not answer at UDP port 123 (Connection refused).",
		     self->report.findings[0].sentence);
}

/* The server is asked where the configuration says. */
TEST_F(machine, silent_at_another_port)
{
	self->facts.daemon.sources[0].reachable = false;
	self->facts.daemon.sources[0].usable = false;
	EXPECT_STREQ("truechimed -d -Q -t 10 'server s0.example.net iburst'",
		     find(self, "source-silent")->command);
	self->facts.daemon.sources[0].port = 1123;
	EXPECT_STREQ("s0.example.net does not answer at UDP port 1123.",
		     find(self, "source-silent")->sentence);
	EXPECT_STREQ("truechimed -d -Q -t 10 'server s0.example.net iburst port 1123'",
		     find(self, "source-silent")->command);
	/* By NTS the server itself says where. */
	self->facts.daemon.sources[0].is_nts = true;
	EXPECT_STREQ("truechimed -d -Q -t 10 'server s0.example.net iburst nts'",
		     find(self, "source-silent")->command);
}

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

/* Neither DNS nor the name is to be blamed. */
TEST_F(machine, named_twice)
{
	*self->facts.daemon.sources[0].address = '\0';
	self->facts.daemon.sources[0].usable = false;
	strcpy(self->facts.daemon.sources[0].problem,
	       "All its addresses are in use as other sources");
	ASSERT_NE(NULL, find(self, "source-twice"));
	EXPECT_STREQ("s0.example.net is asked as another source already.",
		     find(self, "source-twice")->sentence);
	EXPECT_EQ(NULL, find(self, "source-unresolved"));
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
	self->facts.daemon.sources[0].port = 1123;
	EXPECT_NE(NULL, strstr(find(self, "port-blocked")->command, "UDP port 1123"));
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
	EXPECT_STREQ(WAIT "; truechime sources -v", self->report.findings[0].command);
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
