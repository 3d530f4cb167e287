// SPDX-License-Identifier: GPL-2.0-only
/*
 * The list of those that run or are started at boot. Their names are in time_daemon_names.c, what
 * is read of a process in time_daemon_process.c.
 */
#include "steering/time_daemons.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/array_size.h"
#include "steering/time_daemon_names.h"
#include "steering/time_daemon_process.h"

#define PATH_TEXT_MAX	512

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

static void find_processes(struct finder *finder, const char *proc)
{
	DIR *folder = opendir(proc);
	const struct dirent *entry;
	const char *program;
	char unit[TIME_DAEMON_UNIT_MAX];

	if (!folder)
		return;
	while ((entry = readdir(folder))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		program = time_daemon_of_process(proc, entry->d_name, unit, sizeof(unit));
		if (program)
			add(finder, program, (pid_t)strtol(entry->d_name, NULL, 10), unit);
	}
	closedir(folder);
}

bool time_daemon_runs(const char *proc, const struct time_daemon *daemon)
{
	char pid[16], unit[TIME_DAEMON_UNIT_MAX];
	const char *program;

	snprintf(pid, sizeof(pid), "%d", (int)daemon->pid);
	/* Its number may be that of a process of anybody's by now. */
	program = time_daemon_of_process(proc, pid, unit, sizeof(unit));

	return program && !strcmp(program, daemon->program);
}

/* --- By unit --- */

static void find_unit(struct finder *finder, const char *slice, const char *unit,
		      const char *program)
{
	pid_t pid = time_daemon_first_process(slice, unit);

	if (pid && !has_unit(finder, unit))
		add(finder, program, pid, unit);
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
	const struct time_daemon_name *name;

	for (size_t i = 0; i < ARRAY_SIZE(hierarchies); i++) {
		snprintf(slice, sizeof(slice), "%s%s/system.slice", cgroup, hierarchies[i]);
		for (name = time_daemon_units(); name->name; name++)
			find_unit(finder, slice, name->name, name->program);
		for (name = time_daemon_slices(); name->name; name++) {
			snprintf(inner, sizeof(inner), "%s/%s", slice, name->name);
			find_instances(finder, inner, name->program);
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
	const struct time_daemon_name *unit;
	char path[PATH_TEXT_MAX];
	struct stat status;

	for (unit = time_daemon_units(); unit->name; unit++) {
		if (time_daemon_is_agent(unit->program) || has_unit(finder, unit->name))
			continue;
		if (snprintf(path, sizeof(path), "%s%s/%s/%s", root, folder, target,
			     unit->name) >= (int)sizeof(path))
			continue;
		if (!lstat(path, &status) && is_installed(root, unit->name) &&
		    !is_masked(root, unit->name))
			add_enabled(finder, unit->program, unit->name);
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

		if ((size_t)added >= TIME_DAEMONS_TEXT_MAX - used) {
			text[used] = '\0';
			return;
		}
		used += (size_t)added;
	}
}
