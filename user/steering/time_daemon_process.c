// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of the kernel: those of a process in /proc, and the processes of a control group.
 */
#include "steering/time_daemon_process.h"

#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/printable.h"
#include "steering/time_daemon_names.h"

#define PATH_TEXT_MAX	512

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

/* A zombie is there until somebody asks how it ended. */
static bool has_ended(const char *proc, const char *pid)
{
	char line[64];

	read_line(proc, pid, "status", "State:", line, sizeof(line));

	return strstr(line, "Z (") || strstr(line, "X (");
}

const char *time_daemon_of_process(const char *proc, const char *pid, char *unit, size_t size)
{
	const char *program, *named;
	char comm[64];

	read_line(proc, pid, "comm", "", comm, sizeof(comm));
	program = time_daemon_of_comm(comm);
	if (!program || has_ended(proc, pid) || is_in_container(proc, pid) ||
	    !may_set_clock(proc, pid))
		return NULL;
	unit_of(proc, pid, unit, size);
	/* Several programs are called ntpd. */
	named = time_daemon_of_unit(unit);

	return named ? named : program;
}

pid_t time_daemon_first_process(const char *slice, const char *unit)
{
	char line[32];
	long pid;

	read_line(slice, unit, "cgroup.procs", "", line, sizeof(line));
	pid = strtol(line, NULL, 10);

	return pid > 0 ? (pid_t)pid : 0;
}
