/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Other programs on this machine that set the clock: program, process and unit. Time daemons do so
 * all the time; agents of a hypervisor when that says so, as after a restore. Processes of other
 * users may be hidden (ProtectProc= of our unit); then those that run as a unit are found by their
 * control group, which everybody may read.
 */
#ifndef STEERING_TIME_DAEMONS_H
#define STEERING_TIME_DAEMONS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define TIME_DAEMONS_MAX		8
#define TIME_DAEMON_UNIT_MAX	64
#define TIME_DAEMONS_TEXT_MAX	512

/**
 * struct time_daemon - one that runs
 * @program: as it is known to people
 * @pid: of its process, or of the first of several
 * @unit: of systemd, ""
 * @is_agent: it is a hypervisor's, and no time daemon
 */
struct time_daemon {
	char program[24];
	pid_t pid;
	char unit[TIME_DAEMON_UNIT_MAX];
	bool is_agent;
};

/*
 * Find them by @proc, "/proc", NULL: not at all, which costs a reading of each process, and by
 * @cgroup, "/sys/fs/cgroup", which costs little. How many.
 */
size_t time_daemons_find(const char *proc, const char *cgroup,
			 struct time_daemon daemons[TIME_DAEMONS_MAX]);

/* One that was found by its process still runs. false: it does not, or is hidden. */
bool time_daemon_runs(const char *proc, const struct time_daemon *daemon);

/*
 * Find those whose unit is started at boot, whether it runs or not, by systemd's folders below
 * @root, "" for this machine. pid is 0; agents are left out, as they have other work. How many.
 */
size_t time_daemons_enabled(const char *root, struct time_daemon daemons[TIME_DAEMONS_MAX]);

/* Room for time_daemon_stop_command(). */
#define TIME_DAEMON_COMMAND_MAX	128

/* What ends it, for good if it is a unit: "systemctl disable --now chrony.service". */
void time_daemon_stop_command(const struct time_daemon *daemon,
			      char command[TIME_DAEMON_COMMAND_MAX]);

/* "chronyd (process 77, chrony.service), phc2sys (process 80)"; "": none. */
void time_daemons_text(const struct time_daemon *daemons, size_t count,
		       char text[TIME_DAEMONS_TEXT_MAX]);

#endif /* STEERING_TIME_DAEMONS_H */
