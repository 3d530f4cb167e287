// SPDX-License-Identifier: GPL-2.0-only
/*
 * Time daemons, and agents of hypervisors, by the names of their processes and of their units.
 */
#include "steering/time_daemons.h"

#include <ctype.h>
#include <dirent.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/printable.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define PATH_TEXT_MAX	512

/* Names of processes as the kernel shows them, 15 letters at most. */
static const struct {
	const char *comm;
	const char *program;
} programs[] = {
	{ "chronyd", "chronyd" }, { "ntpd", "ntpd" }, { "ntp-daemon", "ntpd-rs" },
	{ "ntpd-rs", "ntpd-rs" }, { "openntpd", "openntpd" },
	{ "systemd-timesyn", "systemd-timesyncd" }, { "ptp4l", "ptp4l" },
	{ "phc2sys", "phc2sys" }, { "ts2phc", "ts2phc" },
	{ "qemu-ga", "qemu-ga" }, { "vmtoolsd", "vmtoolsd" }, { "VBoxService", "VBoxService" },
};

static const struct {
	const char *unit;
	const char *program;
} units[] = {
	{ "chrony.service", "chronyd" }, { "chronyd.service", "chronyd" },
	{ "chronyd-restricted.service", "chronyd" }, { "ntp.service", "ntpd" },
	{ "ntpd.service", "ntpd" }, { "ntpsec.service", "ntpd" },
	{ "ntpd-rs.service", "ntpd-rs" }, { "openntpd.service", "openntpd" },
	{ "systemd-timesyncd.service", "systemd-timesyncd" }, { "ptp4l.service", "ptp4l" },
	{ "phc2sys.service", "phc2sys" }, { "timemaster.service", "timemaster" },
	{ "qemu-guest-agent.service", "qemu-ga" }, { "open-vm-tools.service", "vmtoolsd" },
	{ "vmtoolsd.service", "vmtoolsd" }, { "virtualbox-guest-utils.service", "VBoxService" },
	{ "vboxservice.service", "VBoxService" }, { "vboxadd-service.service", "VBoxService" },
};

/* Agents of hypervisors, and what keeps them from setting the clock. */
static const struct {
	const char *program;
	const char *advice;
} agents[] = {
	{ "qemu-ga", "guest-set-time among its block-rpcs (blacklist before QEMU 8.1)" },
	{ "vmtoolsd", "vmware-toolbox-cmd timesync disable" },
	{ "VBoxService", "its option --disable-timesync" },
};

/* Slices that hold the instances of a template, as ptp4l@eth0.service. */
static const struct {
	const char *slice;
	const char *program;
} templates[] = {
	{ "system-ptp4l.slice", "ptp4l" }, { "system-phc2sys.slice", "phc2sys" },
};

/* Where systemd's hierarchy is below the mount point: alone, or beside those of version 1. */
static const char *const hierarchies[] = { "", "/unified", "/systemd" };

/* --- The list --- */

struct finder {
	struct time_daemon *daemons;
	size_t count;
};

/* Several processes of one program in one unit are one daemon. */
static bool is_known(const struct finder *finder, const char *program, pid_t pid, const char *unit)
{
	for (size_t i = 0; i < finder->count; i++) {
		const struct time_daemon *known = &finder->daemons[i];

		if (known->pid == pid || (*unit && !strcmp(known->unit, unit) &&
					  !strcmp(known->program, program)))
			return true;
	}

	return false;
}

/* Of the unit something was found already, by its processes. */
static bool has_unit(const struct finder *finder, const char *unit)
{
	for (size_t i = 0; i < finder->count; i++) {
		if (!strcmp(finder->daemons[i].unit, unit))
			return true;
	}

	return false;
}

bool time_daemon_is_agent(const char *program)
{
	return *time_daemon_advice(program);
}

static void append(struct finder *finder, const struct time_daemon *daemon, const char *program,
		   const char *unit)
{
	struct time_daemon *place;

	if (finder->count == TIME_DAEMONS_MAX)
		return;
	place = &finder->daemons[finder->count++];
	*place = *daemon;
	snprintf(place->program, sizeof(place->program), "%s", program);
	snprintf(place->unit, sizeof(place->unit), "%s", unit);
}

static void add(struct finder *finder, const char *program, pid_t pid, const char *unit)
{
	const struct time_daemon daemon = {
		.pid = pid,
		.is_agent = time_daemon_is_agent(program),
	};

	if (!is_known(finder, program, pid, unit))
		append(finder, &daemon, program, unit);
}

/* Of a unit that does not run, no process is known. */
static void add_enabled(struct finder *finder, const char *program, const char *unit)
{
	const struct time_daemon daemon = { .pid = 0 };

	append(finder, &daemon, program, unit);
}

/* --- By process --- */

/* The first line of the file that begins with @start, "": there is none. */
static void read_line(const char *folder, const char *name, const char *file, const char *start,
		      char *line, size_t size)
{
	char path[PATH_TEXT_MAX];
	FILE *stream;

	*line = '\0';
	if (snprintf(path, sizeof(path), "%s/%s/%s", folder, name, file) >= (int)sizeof(path))
		return;
	stream = fopen(path, "re");
	if (!stream)
		return;
	do {
		if (!fgets(line, (int)size, stream))
			*line = '\0';
	} while (*line && strncmp(line, start, strlen(start)) != 0);
	line[strcspn(line, "\n")] = '\0';
	fclose(stream);
}

static const char *program_of(const char *comm)
{
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		if (!strcmp(programs[i].comm, comm))
			return programs[i].program;
	}

	return NULL;
}

/* In a container it has a number of its own there, too, and as a rule may set no clock. */
static bool is_in_container(const char *proc, const char *pid)
{
	char line[128];
	char *numbers;

	read_line(proc, pid, "status", "NSpid:", line, sizeof(line));
	numbers = line + strcspn(line, "\t");
	numbers += strspn(numbers, "\t ");

	return strpbrk(numbers, "\t ");
}

/*
 * Anybody may give a process of his the name of a time daemon. With the right to set the clock, or
 * none that can be seen, it is one; a right in a user namespace of its own is none. The map of such
 * a namespace is empty until somebody writes it, and its first process has all rights there before.
 */
static bool may_set_clock(const char *proc, const char *pid)
{
	char line[128], own[128];
	uint64_t rights;

	read_line(proc, "self", "uid_map", "", own, sizeof(own));
	read_line(proc, pid, "uid_map", "", line, sizeof(line));
	if (strcmp(line, own) != 0)
		return false;
	read_line(proc, pid, "status", "CapPrm:", line, sizeof(line));
	if (!*line)
		return true;
	rights = strtoull(line + strlen("CapPrm:"), NULL, 16);

	return rights >> CAP_SYS_TIME & 1;
}

/* Its unit: what its control group's path ends with. */
static void unit_of(const char *proc, const char *pid, char *unit, size_t size)
{
	char line[PATH_TEXT_MAX];
	const char *last;

	*unit = '\0';
	read_line(proc, pid, "cgroup", "0::", line, sizeof(line));
	if (!*line || !strcmp(line, "0::/"))
		read_line(proc, pid, "cgroup", "1:name=systemd:", line, sizeof(line));
	last = strrchr(line, '/');
	if (last && strlen(last + 1) < size && strstr(last, ".service"))
		memcpy(unit, last + 1, strlen(last + 1) + 1);
	/* Whoever may make control groups gives them their names. */
	make_printable(unit);
}

/* Several programs are called ntpd. */
static const char *program_of_unit(const char *unit, const char *otherwise)
{
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (!strcmp(units[i].unit, unit))
			return units[i].program;
	}

	return otherwise;
}

/* A zombie is there until somebody asks how it ended. */
static bool has_ended(const char *proc, const char *pid)
{
	char line[64];

	read_line(proc, pid, "status", "State:", line, sizeof(line));

	return strstr(line, "Z (") || strstr(line, "X (");
}

/* The program that sets the clock as that process, and its unit; NULL: it is none such. */
static const char *program_that_runs(const char *proc, const char *pid, char *unit, size_t size)
{
	const char *program;
	char comm[64];

	read_line(proc, pid, "comm", "", comm, sizeof(comm));
	program = program_of(comm);
	if (!program || has_ended(proc, pid) || is_in_container(proc, pid) ||
	    !may_set_clock(proc, pid))
		return NULL;
	unit_of(proc, pid, unit, size);

	return program_of_unit(unit, program);
}

static void find_processes(struct finder *finder, const char *proc)
{
	DIR *folder = opendir(proc);
	const struct dirent *entry;
	const char *program;
	char unit[64];

	if (!folder)
		return;
	while ((entry = readdir(folder))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		program = program_that_runs(proc, entry->d_name, unit, sizeof(unit));
		if (program)
			add(finder, program, (pid_t)strtol(entry->d_name, NULL, 10), unit);
	}
	closedir(folder);
}

bool time_daemon_runs(const char *proc, const struct time_daemon *daemon)
{
	char pid[16], unit[64];
	const char *program;

	snprintf(pid, sizeof(pid), "%d", (int)daemon->pid);
	/* Its number may be that of a process of anybody's by now. */
	program = program_that_runs(proc, pid, unit, sizeof(unit));

	return program && !strcmp(program, daemon->program);
}

/* --- By unit --- */

static void find_unit(struct finder *finder, const char *slice, const char *unit,
		      const char *program)
{
	char line[32];
	long pid;

	read_line(slice, unit, "cgroup.procs", "", line, sizeof(line));
	pid = strtol(line, NULL, 10);
	if (pid > 0 && !has_unit(finder, unit))
		add(finder, program, (pid_t)pid, unit);
}

static void find_instances(struct finder *finder, const char *slice, const char *program)
{
	DIR *folder = opendir(slice);
	const struct dirent *entry;

	if (!folder)
		return;
	while ((entry = readdir(folder))) {
		if (strchr(entry->d_name, '@') && strstr(entry->d_name, ".service"))
			find_unit(finder, slice, entry->d_name, program);
	}
	closedir(folder);
}

static void find_units(struct finder *finder, const char *cgroup)
{
	char slice[PATH_TEXT_MAX], inner[PATH_TEXT_MAX + 64];

	for (size_t i = 0; i < ARRAY_SIZE(hierarchies); i++) {
		snprintf(slice, sizeof(slice), "%s%s/system.slice", cgroup, hierarchies[i]);
		for (size_t j = 0; j < ARRAY_SIZE(units); j++)
			find_unit(finder, slice, units[j].unit, units[j].program);
		for (size_t j = 0; j < ARRAY_SIZE(templates); j++) {
			snprintf(inner, sizeof(inner), "%s/%s", slice, templates[j].slice);
			find_instances(finder, inner, templates[j].program);
		}
	}
}

size_t time_daemons_find(const char *proc, const char *cgroup,
			 struct time_daemon daemons[TIME_DAEMONS_MAX])
{
	struct finder finder = { .daemons = daemons };

	if (proc)
		find_processes(&finder, proc);
	find_units(&finder, cgroup);

	return finder.count;
}

/* --- At boot --- */

/* Where links to units that are enabled are, below a root. */
static const char *const wanting[] = { "/etc/systemd/system", "/usr/lib/systemd/system",
				       "/lib/systemd/system" };

/* Where units themselves may be. */
static const char *const holding[] = { "/etc/systemd/system", "/run/systemd/system",
				       "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
				       "/lib/systemd/system" };

/* The unit is a link to /dev/null. */
static bool is_masked(const char *root, const char *unit)
{
	char path[PATH_TEXT_MAX], target[16];
	ssize_t length;

	if (snprintf(path, sizeof(path), "%s/etc/systemd/system/%s", root, unit) >=
	    (int)sizeof(path))
		return false;
	length = readlink(path, target, sizeof(target) - 1);
	if (length < 0)
		return false;
	target[length] = '\0';

	return !strcmp(target, "/dev/null");
}

/* A link to a unit that is not there starts nothing: removing a Debian package leaves that. */
static bool is_installed(const char *root, const char *unit)
{
	char path[PATH_TEXT_MAX];
	struct stat status;

	for (size_t i = 0; i < ARRAY_SIZE(holding); i++) {
		if (snprintf(path, sizeof(path), "%s%s/%s", root, holding[i], unit) <
		    (int)sizeof(path) && !lstat(path, &status))
			return true;
	}

	return false;
}

static void find_wanted(struct finder *finder, const char *root, const char *folder,
			const char *target)
{
	char path[PATH_TEXT_MAX];
	struct stat status;

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (time_daemon_is_agent(units[i].program) || has_unit(finder, units[i].unit))
			continue;
		if (snprintf(path, sizeof(path), "%s%s/%s/%s", root, folder, target,
			     units[i].unit) >= (int)sizeof(path))
			continue;
		if (!lstat(path, &status) && is_installed(root, units[i].unit) &&
		    !is_masked(root, units[i].unit))
			add_enabled(finder, units[i].program, units[i].unit);
	}
}

/* Each target that wants units has a folder of them. */
static void find_targets(struct finder *finder, const char *root, const char *folder)
{
	char path[PATH_TEXT_MAX];
	const struct dirent *entry;
	DIR *stream;

	if (snprintf(path, sizeof(path), "%s%s", root, folder) >= (int)sizeof(path))
		return;
	stream = opendir(path);
	if (!stream)
		return;
	while ((entry = readdir(stream))) {
		const char *end = strrchr(entry->d_name, '.');

		if (end && (!strcmp(end, ".wants") || !strcmp(end, ".requires")))
			find_wanted(finder, root, folder, entry->d_name);
	}
	closedir(stream);
}

size_t time_daemons_enabled(const char *root, struct time_daemon daemons[TIME_DAEMONS_MAX])
{
	struct finder finder = { .daemons = daemons };

	for (size_t i = 0; i < ARRAY_SIZE(wanting); i++)
		find_targets(&finder, root, wanting[i]);

	return finder.count;
}

/* --- What to do --- */

void time_daemon_stop_command(const struct time_daemon *daemon,
			      char command[TIME_DAEMON_COMMAND_MAX])
{
	if (*daemon->unit)
		snprintf(command, TIME_DAEMON_COMMAND_MAX, "systemctl disable --now %s",
			 daemon->unit);
	else
		snprintf(command, TIME_DAEMON_COMMAND_MAX, "kill %d", (int)daemon->pid);
}

const char *time_daemon_advice(const char *program)
{
	for (size_t i = 0; i < ARRAY_SIZE(agents); i++) {
		if (!strcmp(agents[i].program, program))
			return agents[i].advice;
	}

	return "";
}

void time_daemons_text(const struct time_daemon *daemons, size_t count,
		       char text[TIME_DAEMONS_TEXT_MAX])
{
	size_t used = 0;

	*text = '\0';
	for (size_t i = 0; i < count; i++) {
		const struct time_daemon *daemon = &daemons[i];
		int added = snprintf(text + used, TIME_DAEMONS_TEXT_MAX - used,
				     "%s%s (process %d%s%s)", i ? ", " : "", daemon->program,
				     (int)daemon->pid, *daemon->unit ? ", " : "", daemon->unit);

		if (added < 0 || (size_t)added >= TIME_DAEMONS_TEXT_MAX - used) {
			text[used] = '\0';
			return;
		}
		used += (size_t)added;
	}
}
