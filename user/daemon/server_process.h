/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The server process: started with its sockets and settings, and found out when it has ended.
 */
#ifndef DAEMON_SERVER_PROCESS_H
#define DAEMON_SERVER_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "config/config.h"
#include "daemon/server_sockets.h"
#include "ipc/client_marks.h"
#include "ntp/keys.h"
#include "ntp/nts_server_keys.h"
#include "server/statistics.h"

/**
 * struct server_process - one that runs
 * @pid: of it
 * @lifeline_fd: poll(2) reports POLLERR when it has ended; closed, it ends
 * @cookie_keys_fd: keys of NTS cookies go there; -1: it answers no requests by NTS
 * @statistics: what it counts, mapped for reading; NULL: there are none
 * @statistics_fd: same, for the process
 * @client_count: how many records of clients these have
 * @marks: what to take off their counts
 */
struct server_process {
	pid_t pid;
	int lifeline_fd;
	int cookie_keys_fd;
	const struct server_statistics *statistics;
	int statistics_fd;
	size_t client_count;
	struct client_marks marks;
};

/**
 * struct server_keys - symmetric keys, in the order of their numbers
 * @keys: of them
 * @count: how many
 */
struct server_keys {
	struct ntp_key *keys;
	size_t count;
};

/*
 * How many clients so much memory is enough for: as many as it holds, but a power of two, and some
 * where there is any at all.
 */
size_t server_process_clients(int64_t bytes);

/**
 * struct server_uses - what it does beside
 * @nts: answer requests by NTS, with keys that it is sent
 * @cards: use the timestamps of network cards
 */
struct server_uses {
	bool nts;
	bool cards;
};

/*
 * Start one that serves @config on @sockets with the page of time @page_fd, and who asks by a key
 * of @keys with that. 0; -ENOENT: the program is not where this one is; -errno.
 */
int server_process_start(struct server_process *process, const struct config_server *config,
			 const struct server_keys *keys, const struct server_sockets *sockets,
			 int page_fd, const struct server_uses *uses);

/* Have it use these keys of NTS cookies. */
void server_process_send_keys(const struct server_process *process,
			      const struct nts_server_keys *keys);

/* It has ended by itself: how, for people. */
void server_process_ended(struct server_process *process, char *how, size_t size);

/*
 * Have it answer what it has received, and end; one that does not soon is killed. What it has
 * counted and kept stays, and the next one goes on from there.
 */
void server_process_stop(struct server_process *process);

/* End it, and forget that, too. */
void server_process_clear(struct server_process *process);

#endif /* DAEMON_SERVER_PROCESS_H */
