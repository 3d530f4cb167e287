/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A process that hands out NTS keys: what it is sent while it runs, and its end.
 */
#ifndef DAEMON_NTS_PROCESS_H
#define DAEMON_NTS_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "config/config.h"
#include "ntp/nts_server_keys.h"

/**
 * struct nts_process - one that hands out keys
 * @pid: 0: none, which is sent nothing
 * @fd: poll(2) reports POLLHUP when it has ended; closed, it ends
 * @started_ns: raw instant of its start
 */
struct nts_process {
	pid_t pid;
	int fd;
	int64_t started_ns;
};

/* Have it make cookies by these keys. */
void nts_process_send_keys(const struct nts_process *process, const struct nts_server_keys *keys);

/* Have it take connections by the rules of @server; those that it has go on. 0, -errno. */
int nts_process_send_rules(const struct nts_process *process, const struct config_server *server);

/* It has ended, or closed its end: nts_process_ended() is next. */
bool nts_process_has_ended(const struct nts_process *process);

/* What the exit status of one means, for people. */
const char *nts_process_words(int status);

/* It has: how, for people. */
void nts_process_ended(struct nts_process *process, char *how, size_t size);

/* End it. */
void nts_process_stop(struct nts_process *process);

#endif /* DAEMON_NTS_PROCESS_H */
