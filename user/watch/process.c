// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/PID and pidfd_open(2).
 */
#include "watch/process.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "watch/identity.h"

/* Room for /proc/PID/cgroup. */
#define CGROUP_TEXT_MAX	4096

/* The beginning of a file of a process. How much. */
static size_t read_file(int pid, const char *name, char *text, size_t size)
{
	char path[64];
	size_t length;
	FILE *file;

	*text = '\0';
	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	file = fopen(path, "re");
	if (!file)
		return 0;
	length = fread(text, 1, size - 1, file);
	text[length] = '\0';
	fclose(file);

	return length;
}

/* Where systemd has a hierarchy of its own, version 2 knows no groups. */
void process_path(const struct watch_record *record, char *path, size_t size)
{
	char text[CGROUP_TEXT_MAX];

	tally_path(record, path, size);
	if (strcmp(path, "/") != 0 || record->is_kernel)
		return;
	if (read_file((int)record->tgid, "cgroup", text, sizeof(text)))
		identity_path_of_text(text, path, size);
}

uint64_t process_identify(int pid)
{
	int fd = pidfd_open(pid, 0);
	struct stat about;
	uint64_t process;

	if (fd < 0)
		return 0;
	process = fstat(fd, &about) ? 0 : about.st_ino;
	close(fd);

	return process;
}

bool process_runs(const struct tally_rival *rival)
{
	char comm[WATCH_COMM_MAX + 2], name[WATCH_QUEUE_MAX];
	uint64_t process;

	if (kill(rival->pid, 0) && errno == ESRCH)
		return false;
	process = process_identify(rival->pid);
	if (process && rival->process && process != rival->process)
		return false;
	if (!read_file(rival->pid, "comm", comm, sizeof(comm)))
		return true;
	identity_command(comm, strcspn(comm, "\n"), name, sizeof(name));

	return !strcmp(name, rival->program);
}
