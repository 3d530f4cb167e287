// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime-server: the process of truechimed that answers NTP requests. truechimed starts it, with
 * sockets, a page of time and settings; it can do nothing to the clock, and nothing else either.
 */
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock_watch.h"
#include "lib/memory_file.h"
#include "server/batch.h"
#include "server/sandbox.h"
#include "server/server.h"

/*
 * Those of the loop, of the C library's clocks where the vDSO has none, and of the way out. The
 * process has the daemon's user, whom the daemon's control socket trusts: so it may not open a
 * socket, or anything else. Which of several calls the C library makes depends on the processor:
 * arm64 has no poll(2), and on those of 32 bits times of 64 have calls of their own.
 */
static const int allowed_calls[] = {
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_gettime64),
	SCMP_SYS(close),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(futex),
	SCMP_SYS(futex_time64),
	SCMP_SYS(getrandom),
	SCMP_SYS(munmap),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(ppoll_time64),
	SCMP_SYS(read),
	SCMP_SYS(recvmmsg),
	SCMP_SYS(recvmmsg_time64),
	SCMP_SYS(recvmsg),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sendmmsg),
	SCMP_SYS(write),
};

static int complain(int status, const char *what, int err)
{
	fprintf(stderr, "truechime-server: %s: %s\n", what, strerror(-err));

	return status;
}

/* The settings, which state themselves how long they are. */
static const struct server_settings *map_settings(void)
{
	const struct server_settings *settings;
	struct stat about;

	settings = memory_file_map(SERVER_FD_SETTINGS, sizeof(*settings), PROT_READ);
	if (!settings || fstat(SERVER_FD_SETTINGS, &about) ||
	    (size_t)about.st_size < server_settings_size(settings->rule_count,
							 settings->key_count))
		return NULL;

	return settings;
}

static int inherited_socket(enum server_fd fd, int family, bool cards)
{
	int err;

	if (fcntl(fd, F_GETFD) < 0)
		return -1;
	err = batch_prepare_socket(fd, family, cards);
	if (err) {
		complain(0, "a socket cannot stamp packets", err);
		return -1;
	}

	return fd;
}

/* All that takes a system call which is not allowed later. */
static int open_world(struct server_world *world)
{
	size_t statistics_size;

	if (!own_version_is_of(SERVER_FD_SETTINGS))
		return -EPROTO;
	world->settings = map_settings();
	if (!world->settings || time_page_map(&world->page, SERVER_FD_PAGE))
		return -EINVAL;
	statistics_size = server_statistics_size(world->settings->client_count);
	world->statistics = memory_file_map(SERVER_FD_STATISTICS, statistics_size,
					    PROT_READ | PROT_WRITE);
	world->access = access_table_new(world->settings->rules, world->settings->rule_count);
	world->lifeline_fd = SERVER_FD_LIFELINE;
	world->cookie_keys_fd = fcntl(SERVER_FD_COOKIE_KEYS, F_GETFD) < 0 ?
		-1 : SERVER_FD_COOKIE_KEYS;
	world->ipv4_fd = inherited_socket(SERVER_FD_IPV4, AF_INET, world->settings->cards);
	world->ipv6_fd = inherited_socket(SERVER_FD_IPV6, AF_INET6, world->settings->cards);
	/* After these: it may get the number of a descriptor that is not there. */
	world->clock_watch_fd = clock_watch_open();
	if (!world->statistics || !world->access)
		return -ENOMEM;

	return world->clock_watch_fd < 0 ? world->clock_watch_fd : 0;
}

int main(void)
{
	struct server_world world;
	struct server *server;
	int err;

	/* A terminal's and a service manager's: truechimed handles them, and ends this process. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	err = open_world(&world);
	if (err == -EPROTO)
		return complain(SERVER_STATUS_SETTINGS,
				"it was started by no truechimed, or one of another version: restart that",
				err);
	if (err)
		return complain(SERVER_STATUS_SETTINGS,
				"this program is started by truechimed, with what it is to serve",
				err);
	server = server_new(&world);
	if (!server)
		return complain(SERVER_STATUS_SETTINGS, "it cannot start", -ENOMEM);
	err = sandbox_enter(allowed_calls, sizeof(allowed_calls) / sizeof(*allowed_calls));
	if (err)
		return complain(SERVER_STATUS_SANDBOX, "it could not be locked in", err);
	err = server_run(server);
	if (err)
		return complain(SERVER_STATUS_SOCKET, "a socket failed", err);

	return 0;
}
