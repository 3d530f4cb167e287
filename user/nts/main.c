// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime-nts: the process of truechimed that speaks TLS, for NTS key establishment. truechimed
 * starts it; it can do nothing to the clock, and next to nothing else.
 */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "ntp/nts_task.h"
#include "nts/establish.h"
#include "nts/serve.h"
#include "server/nts_settings.h"

int main(int argc, char **argv)
{
	/* A terminal's and a service manager's: truechimed handles them, and ends this process. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	/* One that crashes cannot, and is started again when all its processes are gone. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* Strangers make this process compute: not at the daemon's priority (sched_priority). */
	sched_setscheduler(0, SCHED_OTHER, &(struct sched_param){ .sched_priority = 0 });
	if (argc == 2 && !strcmp(argv[1], NTS_ESTABLISH))
		return establish(NTS_TASK_FD);
	if (argc == 2 && !strcmp(argv[1], NTS_SERVE))
		return serve();
	if (argc == 2 && !strcmp(argv[1], NTS_CHECK))
		return serve_check();
	fputs("truechime-nts: this program is started by truechimed\n", stderr);

	return EXIT_FAILURE;
}
