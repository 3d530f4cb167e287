/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A process that sets the clock, by what the kernel says of it. What it may not say is taken for
 * nothing said.
 */
#ifndef STEERING_TIME_DAEMON_PROCESS_H
#define STEERING_TIME_DAEMON_PROCESS_H

#include <stddef.h>
#include <sys/types.h>

/**
 * time_daemon_of_process() - which program it is
 * @proc: "/proc"
 * @pid: of the process, the name of its folder there
 * @unit: of systemd that it runs in, "": none that is known
 * @size: of @unit
 *
 * Return: its name, static. NULL: it is none that sets the clock, or is hidden; @unit is not set.
 */
const char *time_daemon_of_process(const char *proc, const char *pid, char *unit, size_t size);

/* The first process of @unit by its control group in the folder @slice. 0: it does not run. */
pid_t time_daemon_first_process(const char *slice, const char *unit);

#endif /* STEERING_TIME_DAEMON_PROCESS_H */
