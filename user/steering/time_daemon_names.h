/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs that set the clock, by the names that the kernel and systemd have for them: time
 * daemons, and agents of hypervisors.
 */
#ifndef STEERING_TIME_DAEMON_NAMES_H
#define STEERING_TIME_DAEMON_NAMES_H

#include <stdbool.h>

/**
 * struct time_daemon_name - a row of a table
 * @name: of the process, the unit or the slice; NULL: the table ends here
 * @program: as it is known to people
 */
struct time_daemon_name {
	const char *name;
	const char *program;
};

/* The program of a process that the kernel calls @comm. NULL: none that sets the clock. */
const char *time_daemon_of_comm(const char *comm);

/* That of @unit, "chrony.service". NULL: likewise. */
const char *time_daemon_of_unit(const char *unit);

/* All units, and all slices with instances of one. */
const struct time_daemon_name *time_daemon_units(void);
const struct time_daemon_name *time_daemon_slices(void);

/* Is a program of this name a hypervisor's agent, which has other work than the clock? */
bool time_daemon_is_agent(const char *program);

/* What keeps that agent from setting the clock, as the end of a sentence. "": it is none. */
const char *time_daemon_advice(const char *program);

#endif /* STEERING_TIME_DAEMON_NAMES_H */
