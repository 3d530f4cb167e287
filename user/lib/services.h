/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who starts the programs of this machine, and so what to type to have one started anew. One place
 * for all messages: without systemd no command of it is named.
 */
#ifndef LIB_SERVICES_H
#define LIB_SERVICES_H

#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

/* Room for any command that is made here. */
#define SERVICE_COMMAND_MAX	128

/* As sd_booted(3) does: it has started this machine, so that a command of it can help. */
static inline bool has_systemd(void)
{
	return !access("/run/systemd/system", F_OK);
}

/* What starts @program, one of ours, anew: to be typed by root. */
static inline void command_to_restart(const char *program, bool systemd,
				      char command[SERVICE_COMMAND_MAX])
{
	if (systemd)
		snprintf(command, SERVICE_COMMAND_MAX, "systemctl restart %s", program);
	else
		/*
		 * One that is stopped, or stuck, takes no SIGTERM. A program's name is cut after 15
		 * letters in the kernel.
		 */
		snprintf(command, SERVICE_COMMAND_MAX,
			 "pkill -x %.15s; sleep 1; pkill -KILL -x %.15s; %s &", program, program,
			 program);
}

#endif /* LIB_SERVICES_H */
