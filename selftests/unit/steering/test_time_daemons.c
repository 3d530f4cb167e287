// SPDX-License-Identifier: GPL-2.0-only
/*
 * Time daemons found by process and by unit, in trees of the test's own.
 */
#include "user/steering/time_daemons.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "selftests/unit/unit.h"
#include "user/steering/time_daemon_names.h"

FIXTURE(machine) {
	char top[64];
	char proc[80];
	char cgroup[80];
	struct time_daemon found[TIME_DAEMONS_MAX];
};

static void make_file(const char *folder, const char *name, const char *text)
{
	char command[512], path[256];
	FILE *file;

	snprintf(command, sizeof(command), "mkdir -p '%s'", folder);
	if (system(command))
		abort();
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	if (!file || fputs(text, file) < 0 || fclose(file))
		abort();
}

static void add_process(const FIXTURE_DATA(machine) *self, const char *pid, const char *comm,
			const char *numbers, const char *cgroup)
{
	char folder[128], text[256];

	snprintf(folder, sizeof(folder), "%s/%s", self->proc, pid);
	snprintf(text, sizeof(text), "%s\n", comm);
	make_file(folder, "comm", text);
	snprintf(text, sizeof(text), "Name:\t%s\nPid:\t%s\nNSpid:\t%s\n", comm, pid, numbers);
	make_file(folder, "status", text);
	snprintf(text, sizeof(text), "%s\n", cgroup);
	make_file(folder, "cgroup", text);
}

static void add_unit(const FIXTURE_DATA(machine) *self, const char *path, const char *pids)
{
	char folder[192];

	snprintf(folder, sizeof(folder), "%s/%s", self->cgroup, path);
	make_file(folder, "cgroup.procs", pids);
}

FIXTURE_SETUP(machine)
{
	memset(self, 0, sizeof(*self));
	strcpy(self->top, "/tmp/test_daemons.XXXXXX");
	ASSERT_NE(NULL, mkdtemp(self->top));
	snprintf(self->proc, sizeof(self->proc), "%s/proc", self->top);
	snprintf(self->cgroup, sizeof(self->cgroup), "%s/cgroup", self->top);
}

FIXTURE_TEARDOWN(machine)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", self->top);
	ASSERT_EQ(0, system(command));
}

/* Good until the next call. */
static const char *found_by(FIXTURE_DATA(machine) *self, const char *proc)
{
	static char text[TIME_DAEMONS_TEXT_MAX];

	time_daemons_text(self->found, time_daemons_find(proc, self->cgroup, self->found), text);
	return text;
}

/* Its control group was made by whoever may, with a name of his own choice. */
TEST_F(machine, unit_has_no_control_characters)
{
	add_process(self, "50", "chronyd", "50", "0::/x/\033[2J.service");
	ASSERT_EQ(1, time_daemons_find(self->proc, self->cgroup, self->found));
	EXPECT_STREQ("?[2J.service", self->found[0].unit);
}

/* There is room for 63 characters of it. A longer one is left out, not cut: that is another's. */
TEST_F(machine, unit_is_named_as_a_whole)
{
	char cgroup[96];

	snprintf(cgroup, sizeof(cgroup), "0::/system.slice/%055d.service", 1);
	add_process(self, "50", "chronyd", "50", cgroup);
	ASSERT_EQ(1, time_daemons_find(self->proc, self->cgroup, self->found));
	EXPECT_STREQ(strrchr(cgroup, '/') + 1, self->found[0].unit);
	snprintf(cgroup, sizeof(cgroup), "0::/system.slice/%056d.service", 1);
	add_process(self, "50", "chronyd", "50", cgroup);
	ASSERT_EQ(1, time_daemons_find(self->proc, self->cgroup, self->found));
	EXPECT_STREQ("", self->found[0].unit);
	add_process(self, "50", "chronyd", "50", "0::/system.slice/x.service");
	ASSERT_EQ(1, time_daemons_find(self->proc, self->cgroup, self->found));
	EXPECT_STREQ("x.service", self->found[0].unit);
}

TEST_F(machine, nobody_is_there)
{
	EXPECT_STREQ("", found_by(self, self->proc));
	add_process(self, "1", "systemd", "1", "0::/init.scope");
	add_process(self, "50", "truechimed", "50", "0::/system.slice/truechimed.service");
	add_unit(self, "system.slice/truechimed.service", "50\n");
	add_unit(self, "system.slice/chrony.service", "");
	EXPECT_STREQ("", found_by(self, self->proc));
}

TEST_F(machine, processes_are_named_with_their_units)
{
	add_process(self, "77", "chronyd", "77", "0::/system.slice/chrony.service");
	EXPECT_STREQ("chronyd (process 77, chrony.service)", found_by(self, self->proc));
	/* Its helper is the same daemon, and so is its unit. */
	add_process(self, "78", "chronyd", "78", "0::/system.slice/chrony.service");
	add_unit(self, "system.slice/chrony.service", "77\n78\n");
	EXPECT_EQ(1, time_daemons_find(self->proc, self->cgroup, self->found));
}

/* As in a small guest, whose first processes are its daemons. */
TEST_F(machine, processes_with_one_digit_are_found)
{
	add_process(self, "7", "chronyd", "7", "0::/");
	EXPECT_STREQ("chronyd (process 7)", found_by(self, self->proc));
	EXPECT_TRUE(time_daemon_runs(self->proc, &self->found[0]));
}

TEST_F(machine, who_was_started_by_hand_has_no_unit)
{
	add_process(self, "80", "ptp4l", "80", "0::/user.slice/user-0.slice/session-1.scope");
	EXPECT_STREQ("ptp4l (process 80)", found_by(self, self->proc));
	EXPECT_TRUE(time_daemon_runs(self->proc, &self->found[0]));
	add_process(self, "80", "bash", "80", "0::/user.slice/user-0.slice/session-1.scope");
	EXPECT_FALSE(time_daemon_runs(self->proc, &self->found[0]));
}

/* Without a host's clock of its own a container cannot set it. */
TEST_F(machine, containers_have_their_own)
{
	add_process(self, "90", "chronyd", "90\t1", "0::/machine.slice/c.scope");
	EXPECT_STREQ("", found_by(self, self->proc));
}

/* What its status and its user namespace say of the process's rights. */
static void set_rights(const FIXTURE_DATA(machine) *self, const char *pid, const char *rights,
		       const char *map)
{
	char folder[128], text[128];

	snprintf(folder, sizeof(folder), "%s/%s", self->proc, pid);
	snprintf(text, sizeof(text), "Name:\tchronyd\nNSpid:\t%s\nCapPrm:\t%s\n", pid, rights);
	make_file(folder, "status", text);
	make_file(folder, "uid_map", map);
}

/* "rivals yield" leaves the clock to whom is found: not to whoever only calls himself so. */
TEST_F(machine, who_may_not_set_the_clock_is_none)
{
	static const char ours[] = "         0          0 4294967295\n";
	char folder[128];

	snprintf(folder, sizeof(folder), "%s/self", self->proc);
	make_file(folder, "uid_map", ours);
	add_process(self, "80", "chronyd", "80", "0::/user.slice/user-0.slice/session-1.scope");
	set_rights(self, "80", "0000000002000400", ours);
	EXPECT_STREQ("chronyd (process 80)", found_by(self, self->proc));
	set_rights(self, "80", "0000000000000400", ours);
	EXPECT_STREQ("", found_by(self, self->proc));
	/* Root of nothing but a namespace of its own. */
	set_rights(self, "80", "000001ffffffffff", "         0       1000          1\n");
	EXPECT_STREQ("", found_by(self, self->proc));
	/* Nor of one of which nothing is said yet. */
	set_rights(self, "80", "000001ffffffffff", "");
	EXPECT_STREQ("", found_by(self, self->proc));
}

/* It was found, and runs a minute later as long as each of these holds. */
TEST_F(machine, who_was_found_runs_until_it_is_another_or_may_no_more)
{
	static const char ours[] = "         0          0 4294967295\n";
	struct time_daemon *found = &self->found[0];
	char folder[128];

	snprintf(folder, sizeof(folder), "%s/self", self->proc);
	make_file(folder, "uid_map", ours);
	add_process(self, "80", "chronyd", "80", "0::/user.slice/user-0.slice/session-1.scope");
	set_rights(self, "80", "0000000002000400", ours);
	ASSERT_EQ(1, time_daemons_find(self->proc, self->cgroup, self->found));
	EXPECT_TRUE(time_daemon_runs(self->proc, found));
	/* It has given its rights away, or is in a namespace of its own. */
	set_rights(self, "80", "0000000000000400", ours);
	EXPECT_FALSE(time_daemon_runs(self->proc, found));
	set_rights(self, "80", "000001ffffffffff", "         0       1000          1\n");
	EXPECT_FALSE(time_daemon_runs(self->proc, found));
	set_rights(self, "80", "0000000002000400", ours);
	EXPECT_TRUE(time_daemon_runs(self->proc, found));
	/* Another time daemon, or a container's, has the number. */
	add_process(self, "80", "ptp4l", "80", "0::/user.slice/user-0.slice/session-1.scope");
	EXPECT_FALSE(time_daemon_runs(self->proc, found));
	add_process(self, "80", "chronyd", "80\t1", "0::/machine.slice/c.scope");
	EXPECT_FALSE(time_daemon_runs(self->proc, found));
	/* Nobody has it. */
	found->pid = 81;
	EXPECT_FALSE(time_daemon_runs(self->proc, found));
}

/* OpenNTPD's process is called ntpd, too; its unit is in a slice where units are not looked for. */
TEST_F(machine, who_is_known_by_its_unit_runs_as_well)
{
	add_process(self, "70", "ntpd", "70", "0::/time.slice/openntpd.service");
	ASSERT_STREQ("openntpd (process 70, openntpd.service)", found_by(self, self->proc));
	EXPECT_TRUE(time_daemon_runs(self->proc, &self->found[0]));
	add_process(self, "70", "ntpd", "70", "0::/time.slice/ntpsec.service");
	EXPECT_FALSE(time_daemon_runs(self->proc, &self->found[0]));
}

/* Whoever has started it has not asked how it ended, and may never do. */
TEST_F(machine, who_has_ended_sets_no_clock)
{
	char folder[128];

	add_process(self, "80", "chronyd", "80", "0::/user.slice/user-0.slice/session-1.scope");
	ASSERT_EQ(1, time_daemons_find(self->proc, self->cgroup, self->found));
	snprintf(folder, sizeof(folder), "%s/80", self->proc);
	make_file(folder, "status", "Name:\tchronyd\nState:\tS (sleeping)\nNSpid:\t80\n");
	EXPECT_TRUE(time_daemon_runs(self->proc, &self->found[0]));
	make_file(folder, "status", "Name:\tchronyd\nState:\tZ (zombie)\nNSpid:\t80\n");
	EXPECT_FALSE(time_daemon_runs(self->proc, &self->found[0]));
	EXPECT_STREQ("", found_by(self, self->proc));
}

/* As in our unit's sandbox. */
TEST_F(machine, hidden_processes_are_found_by_unit)
{
	add_unit(self, "system.slice/systemd-timesyncd.service", "60\n");
	EXPECT_STREQ("systemd-timesyncd (process 60, systemd-timesyncd.service)",
		     found_by(self, self->proc));
	EXPECT_STREQ("systemd-timesyncd (process 60, systemd-timesyncd.service)",
		     found_by(self, NULL));
}

TEST_F(machine, instances_of_templates_are_found)
{
	add_unit(self, "system.slice/system-ptp4l.slice/ptp4l@eth0.service", "61\n");
	add_unit(self, "system.slice/system-phc2sys.slice/phc2sys@eth0.service", "62\n");
	EXPECT_NE(NULL, strstr(found_by(self, NULL), "ptp4l (process 61, ptp4l@eth0.service)"));
	EXPECT_NE(NULL, strstr(found_by(self, NULL), "phc2sys (process 62, phc2sys@eth0.service)"));
}

/* What else there is in their slice is none. */
TEST_F(machine, only_services_of_templates_are_instances)
{
	add_unit(self, "system.slice/system-ptp4l.slice/ptp4l@eth0.scope", "61\n");
	add_unit(self, "system.slice/system-ptp4l.slice/other.service", "62\n");
	EXPECT_STREQ("", found_by(self, NULL));
}

TEST_F(machine, older_hierarchies_are_known)
{
	add_unit(self, "systemd/system.slice/ntpsec.service", "63\n");
	EXPECT_STREQ("ntpd (process 63, ntpsec.service)", found_by(self, NULL));
	add_unit(self, "unified/system.slice/ntpsec.service", "63\n");
	EXPECT_EQ(1, time_daemons_find(NULL, self->cgroup, self->found));
	add_process(self, "64", "ntp-daemon", "64",
		    "3:memory:/\n1:name=systemd:/system.slice/ntpd-rs.service\n0::/");
	EXPECT_NE(NULL, strstr(found_by(self, self->proc),
			       "ntpd-rs (process 64, ntpd-rs.service)"));
}

/* OpenNTPD's process is called ntpd, too. */
TEST_F(machine, unit_tells_programs_of_one_name_apart)
{
	add_process(self, "70", "ntpd", "70", "0::/system.slice/openntpd.service");
	add_unit(self, "system.slice/openntpd.service", "70\n");
	EXPECT_STREQ("openntpd (process 70, openntpd.service)", found_by(self, self->proc));
}

/* They set clocks as well, but are no time daemons. */
TEST_F(machine, agents_of_hypervisors)
{
	add_process(self, "71", "qemu-ga", "71", "0::/system.slice/qemu-guest-agent.service");
	add_unit(self, "system.slice/open-vm-tools.service", "72\n");
	add_process(self, "73", "VBoxService", "73", "0::/");
	add_process(self, "74", "chronyd", "74", "0::/");
	ASSERT_EQ(4, time_daemons_find(self->proc, self->cgroup, self->found));
	for (int i = 0; i < 4; i++) {
		bool agent = strcmp(self->found[i].program, "chronyd") != 0;

		EXPECT_EQ(agent, self->found[i].is_agent) TH_LOG("%s", self->found[i].program);
		EXPECT_EQ(agent, time_daemon_is_agent(self->found[i].program));
		EXPECT_EQ(agent, *time_daemon_advice(self->found[i].program) != '\0');
	}
	EXPECT_NE(NULL, strstr(found_by(self, self->proc),
			       "qemu-ga (process 71, qemu-guest-agent.service)"));
	EXPECT_NE(NULL, strstr(found_by(self, NULL),
			       "vmtoolsd (process 72, open-vm-tools.service)"));
}

/* Each with a helper of its own, and a unit that both are in. */
TEST_F(machine, each_of_several_is_found_once)
{
	add_process(self, "77", "chronyd", "77", "0::/system.slice/chrony.service");
	add_process(self, "78", "chronyd", "78", "0::/system.slice/chrony.service");
	add_process(self, "80", "phc2sys", "80", "0::/system.slice/phc2sys.service");
	add_process(self, "81", "phc2sys", "81", "0::/system.slice/phc2sys.service");
	add_unit(self, "system.slice/chrony.service", "79\n");
	add_unit(self, "system.slice/phc2sys.service", "82\n");
	EXPECT_EQ(2, time_daemons_find(self->proc, self->cgroup, self->found));
}

/* Whole ones, as many as there is room for. */
TEST_F(machine, long_names_are_left_out)
{
	char pid[16], cgroup[128];
	const char *text;
	int i;

	for (i = 0; i < TIME_DAEMONS_MAX; i++) {
		snprintf(pid, sizeof(pid), "%d", 100 + i);
		snprintf(cgroup, sizeof(cgroup), "0::/system.slice/%055d.service", i);
		add_process(self, pid, "ptp4l", pid, cgroup);
	}
	text = found_by(self, self->proc);
	EXPECT_EQ(')', text[strlen(text) - 1]);
	EXPECT_LT(TIME_DAEMONS_TEXT_MAX - 100, strlen(text));
}

TEST_F(machine, more_than_enough_are_left_out)
{
	char pid[16];
	int i;

	for (i = 0; i < 2 * TIME_DAEMONS_MAX; i++) {
		snprintf(pid, sizeof(pid), "%d", 100 + i);
		add_process(self, pid, "ptp4l", pid, "0::/");
	}
	EXPECT_EQ(TIME_DAEMONS_MAX, time_daemons_find(self->proc, self->cgroup, self->found));
}

static void install_unit(const FIXTURE_DATA(machine) *self, const char *unit)
{
	char folder[160];

	snprintf(folder, sizeof(folder), "%s/lib/systemd/system", self->top);
	make_file(folder, unit, "");
}

/* As systemctl enable does it. */
static void enable(const FIXTURE_DATA(machine) *self, const char *target, const char *unit)
{
	char folder[160], path[256];

	snprintf(folder, sizeof(folder), "%s/etc/systemd/system/%s", self->top, target);
	make_file(folder, ".keep", "");
	snprintf(path, sizeof(path), "%s/%s", folder, unit);
	if (symlink("/lib/systemd/system/its.service", path))
		abort();
}

TEST_F(machine, units_that_start_at_boot_are_found)
{
	char mask[160];

	EXPECT_EQ(0, time_daemons_enabled(self->top, self->found));
	install_unit(self, "chrony.service");
	install_unit(self, "systemd-timesyncd.service");
	enable(self, "multi-user.target.wants", "chrony.service");
	enable(self, "sysinit.target.wants", "systemd-timesyncd.service");
	/* A unit is one, whoever wants it, and an agent has other work. */
	enable(self, "graphical.target.wants", "chrony.service");
	enable(self, "multi-user.target.wants", "qemu-guest-agent.service");
	enable(self, "multi-user.target.wants", "ssh.service");
	ASSERT_EQ(2, time_daemons_enabled(self->top, self->found));
	EXPECT_EQ(0, self->found[0].pid + self->found[1].pid);
	/* In any order. */
	EXPECT_NE(strcmp(self->found[0].unit, "chrony.service") == 0,
		  strcmp(self->found[1].unit, "chrony.service") == 0);
	/* One that is masked is not started. */
	snprintf(mask, sizeof(mask), "%s/etc/systemd/system/chrony.service", self->top);
	ASSERT_EQ(0, symlink("/dev/null", mask));
	ASSERT_EQ(1, time_daemons_enabled(self->top, self->found));
	EXPECT_STREQ("systemd-timesyncd", self->found[0].program);
}

TEST_F(machine, units_that_two_targets_want_start_once)
{
	static const char *const units[] = { "chrony.service", "ptp4l.service" };

	for (size_t i = 0; i < 2; i++) {
		install_unit(self, units[i]);
		enable(self, "multi-user.target.wants", units[i]);
		enable(self, "sysinit.target.wants", units[i]);
	}
	EXPECT_EQ(2, time_daemons_enabled(self->top, self->found));
}

/* A Debian package that is removed, but not purged, leaves the link, and takes the unit along. */
TEST_F(machine, units_that_were_removed_start_nothing)
{
	enable(self, "sysinit.target.wants", "systemd-timesyncd.service");
	EXPECT_EQ(0, time_daemons_enabled(self->top, self->found));
	install_unit(self, "systemd-timesyncd.service");
	EXPECT_EQ(1, time_daemons_enabled(self->top, self->found));
}

TEST_F(machine, command_that_ends_one)
{
	struct time_daemon daemon = { .program = "chronyd", .pid = 77 };
	char command[TIME_DAEMON_COMMAND_MAX];

	time_daemon_stop_command(&daemon, command);
	EXPECT_STREQ("kill 77", command);
	strcpy(daemon.unit, "chrony.service");
	time_daemon_stop_command(&daemon, command);
	EXPECT_STREQ("systemctl disable --now chrony.service", command);
}

TEST_HARNESS_MAIN
