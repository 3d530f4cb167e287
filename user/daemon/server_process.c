// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is handed over to the program, which stands beside this one.
 */
#include "daemon/server_process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/memory_file.h"
#include "lib/spawn.h"
#include "server/settings.h"
#include "server/stamp_table.h"

#define PROGRAM	"truechime-server"

/* Of a client: its record, and twice a record of an answer's timestamp. */
#define CLIENT_BYTES	(sizeof(struct client_record) + 2 * sizeof(struct stamp_record))

/* The tables are searched in buckets of 8 clients, and of as many timestamps as those have. */
#define CLIENTS_MIN	8

/*
 * A process that is to end answers a few batches at most before, which takes some ms. One that
 * others leave no processor is killed: the daemon has a clock to keep.
 */
#define END_MS	100

size_t server_process_clients(int64_t bytes)
{
	size_t most = (size_t)bytes / CLIENT_BYTES, count = CLIENTS_MIN;

	if (bytes <= 0)
		return 0;
	while (count * 2 <= most)
		count *= 2;

	return count;
}

static int settings_file(const struct config_server *config, const struct server_keys *keys,
			 size_t client_count, bool cards)
{
	struct server_settings settings = {
		.limit = config->limit,
		.client_count = client_count,
		.least_poll = config->least_poll,
		.rule_count = (uint32_t)config->rule_count,
		.key_count = (uint32_t)keys->count,
		.cards = cards,
	};
	size_t rules_size = config->rule_count * sizeof(*config->rules);
	size_t keys_size = keys->count * sizeof(*keys->keys);
	int fd = memory_file("truechime-settings",
			     server_settings_size(config->rule_count, keys->count));

	own_version_write(settings.version);
	if (fd < 0)
		return fd;
	if (!memory_file_write(fd, &settings, sizeof(settings), 0) ||
	    !memory_file_write(fd, config->rules, rules_size, sizeof(settings)) ||
	    !memory_file_write(fd, keys->keys, keys_size, sizeof(settings) + rules_size)) {
		close(fd);
		return -ENOMEM;
	}

	return fd;
}

static void close_open(int fd)
{
	if (fd >= 0)
		close(fd);
}

static void drop_statistics(struct server_process *process)
{
	if (!process->statistics)
		return;
	munmap((void *)process->statistics, server_statistics_size(process->client_count));
	close(process->statistics_fd);
	process->statistics = NULL;
	client_marks_clear(&process->marks);
}

/* Those of an earlier process, if they have as many clients; else new ones. */
static int make_statistics(struct server_process *process, size_t client_count)
{
	size_t size = server_statistics_size(client_count);

	if (process->statistics && process->client_count == client_count)
		return 0;
	drop_statistics(process);
	process->client_count = client_count;
	process->statistics_fd = memory_file("truechime-statistics", size);
	if (process->statistics_fd < 0)
		return process->statistics_fd;
	process->statistics = memory_file_map(process->statistics_fd, size, PROT_READ);
	if (process->statistics)
		return 0;
	close(process->statistics_fd);

	return -ENOMEM;
}

/* With descriptors that are all open. */
static int start(struct server_process *process, const int fds[SERVER_FD_END])
{
	pid_t pid = spawn_beside(PROGRAM, NULL, fds + SPAWN_FD_FIRST,
				 SERVER_FD_END - SPAWN_FD_FIRST);

	if (pid < 0)
		return pid;
	process->pid = pid;

	return 0;
}

int server_process_start(struct server_process *process, const struct config_server *config,
			 const struct server_keys *keys, const struct server_sockets *sockets,
			 int page_fd, const struct server_uses *uses)
{
	int fds[SERVER_FD_END], lifeline[2], cookie_keys[2] = { -1, -1 }, err;

	err = make_statistics(process, server_process_clients(config->log_bytes));
	if (err)
		return err;
	if (pipe2(lifeline, O_CLOEXEC))
		return -errno;
	if (uses->nts && pipe2(cookie_keys, O_CLOEXEC | O_NONBLOCK)) {
		err = -errno;
		close(lifeline[0]);
		close(lifeline[1]);
		return err;
	}
	fds[SERVER_FD_COOKIE_KEYS] = cookie_keys[0];
	fds[SERVER_FD_SETTINGS] = settings_file(config, keys, process->client_count,
						uses->cards);
	fds[SERVER_FD_LIFELINE] = lifeline[0];
	fds[SERVER_FD_PAGE] = page_fd;
	fds[SERVER_FD_STATISTICS] = process->statistics_fd;
	fds[SERVER_FD_IPV4] = sockets->ipv4_fd;
	fds[SERVER_FD_IPV6] = sockets->ipv6_fd;
	err = fds[SERVER_FD_SETTINGS] < 0 ? fds[SERVER_FD_SETTINGS] : start(process, fds);
	close_open(fds[SERVER_FD_SETTINGS]);
	close(lifeline[0]);
	close_open(cookie_keys[0]);
	if (err) {
		close(lifeline[1]);
		close_open(cookie_keys[1]);
	} else {
		process->lifeline_fd = lifeline[1];
		process->cookie_keys_fd = cookie_keys[1];
	}

	return err;
}

void server_process_send_keys(const struct server_process *process,
			      const struct nts_server_keys *keys)
{
	/* A process that does not read them has ended, or will. */
	if (process->pid && process->cookie_keys_fd >= 0)
		(void)!write(process->cookie_keys_fd, keys, sizeof(*keys));
}

static void close_ends(struct server_process *process)
{
	close(process->lifeline_fd);
	close_open(process->cookie_keys_fd);
	process->lifeline_fd = -1;
}

static int end_process(struct server_process *process)
{
	int status = child_end(process->pid);

	process->pid = 0;

	return status;
}

static const char *words_of(int status)
{
	switch (status) {
	case SERVER_STATUS_SETTINGS:
		return "it could not use what it was given";
	case SERVER_STATUS_SANDBOX:
		return "it could not be locked in";
	case SERVER_STATUS_SOCKET:
		return "a socket failed";
	case SPAWN_STATUS_DESCRIPTORS:
		return SPAWN_WORDS_DESCRIPTORS;
	}

	return "it could not be started";
}

void server_process_ended(struct server_process *process, char *how, size_t size)
{
	int status;

	/* It may only have closed its end of the lifeline, which is no reason to wait for it. */
	close_ends(process);
	status = end_process(process);
	/* What it has written may be why it ended. */
	drop_statistics(process);
	child_describe_end(status, words_of, how, size);
}

void server_process_stop(struct server_process *process)
{
	if (!process->pid)
		return;
	close_ends(process);
	/* It soon ends, with what it was about to do done. */
	child_await_end(process->pid, END_MS);
	(void)end_process(process);
}

void server_process_clear(struct server_process *process)
{
	server_process_stop(process);
	drop_statistics(process);
}
