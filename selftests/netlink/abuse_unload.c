// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module is unloaded and loaded again while others ask, dump and listen: nobody hangs, and the
 * module is there again in the end.
 */
#include "abuse.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ASKERS		4
#define ROUNDS		20
#define UNLOAD_LIMIT_S	20

/*
 * For ever: ask for everything, now and then leave a dump half read, listen, and start anew when
 * the module has gone. The kernel's answers are as they may be; that they come is what counts.
 */
static void ask_for_ever(void)
{
	struct genl_message message;
	struct genl_answer answer;
	struct genl genl;
	int i;

	for (;;) {
		if (genl_open(&genl))
			continue;
		setsockopt(genl.fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &genl.group,
			   sizeof(genl.group));
		for (i = 0; i < 50; i++) {
			genl_ask(&genl, TRUECHIME_CMD_STATUS, 0, &answer);
			genl_ask(&genl, TRUECHIME_CMD_EVENT, NLM_F_DUMP, &answer);
			genl_ask(&genl, TRUECHIME_CMD_HOST_LIST, NLM_F_DUMP, &answer);
			if (answer.error == -ETIMEDOUT)
				_exit(1);
		}
		genl_begin(&message, &genl, TRUECHIME_CMD_EVENT, NLM_F_DUMP);
		genl_send(&genl, &message);
		genl_close(&genl);
	}
}

static time_t seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* Requests hold the module for a moment: try until one moment is free. */
static bool unload(void)
{
	const struct timespec pause = { .tv_nsec = 100000 };
	const time_t until = seconds_now() + UNLOAD_LIMIT_S;

	while (syscall(SYS_delete_module, TRUECHIME_GENL_NAME, O_NONBLOCK)) {
		if (errno != EAGAIN && errno != EBUSY)
			return abuse_fail("not removed: %s", strerror(errno));
		if (seconds_now() > until)
			return abuse_fail("in use for %d s", UNLOAD_LIMIT_S);
		nanosleep(&pause, NULL);
	}
	return true;
}

static bool load(const struct abuse *abuse)
{
	int fd = open(abuse->module, O_RDONLY | O_CLOEXEC);
	long err;

	if (fd < 0)
		return abuse_fail("%s: %s", abuse->module, strerror(errno));
	err = syscall(SYS_finit_module, fd, "", 0);
	close(fd);
	return !err || abuse_fail("not inserted: %s", strerror(errno));
}

static bool stop(pid_t *askers, int count)
{
	bool good = true;
	int i, status;

	for (i = 0; i < count; i++) {
		kill(askers[i], SIGTERM);
		if (waitpid(askers[i], &status, 0) != askers[i])
			good = abuse_fail("a child is gone");
		else if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGTERM)
			good = abuse_fail("a request had no end");
	}
	return good;
}

bool abuse_unload(struct abuse *abuse)
{
	pid_t askers[ASKERS];
	bool good = true;
	int count, round;

	genl_close(&abuse->genl);
	fflush(stdout);
	for (count = 0; count < ASKERS; count++) {
		askers[count] = fork();
		if (askers[count] < 0)
			break;
		if (!askers[count])
			ask_for_ever();
	}
	for (round = 0; round < ROUNDS && good; round++) {
		const struct timespec pause = { .tv_nsec = 20000000 };

		nanosleep(&pause, NULL);
		good = unload() && load(abuse);
	}
	good = stop(askers, count) && good;
	if (genl_open(&abuse->genl))
		return abuse_fail("the module does not come back");
	return abuse_status_is_whole(abuse) && good;
}
