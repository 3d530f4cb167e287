/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * NTS keys and cookies without waiting: TLS is spoken by a process of its own, without privileges,
 * which ends with its answer. What it says is checked.
 */
#ifndef SOURCES_NTS_ESTABLISH_H
#define SOURCES_NTS_ESTABLISH_H

#include <stdint.h>
#include <sys/types.h>

#include "ntp/nts_task.h"

/**
 * struct nts_establish - a process; { .fd = -1 } when there is none
 * @fd: to poll(2) for POLLIN
 * @pid: the process
 * @deadline_ns: when to give up, by the clock of nts_establish_start()'s argument
 */
struct nts_establish {
	int fd;
	pid_t pid;
	int64_t deadline_ns;
};

/* Begin. 0, -errno: then there is none; -ENOENT: the program is missing. */
int nts_establish_start(struct nts_establish *establish, const struct nts_task *task,
			int64_t now_ns);

/**
 * nts_establish_finish() - the result
 * @establish: where there is none afterwards unless -EAGAIN is returned
 * @now_ns: now, for the deadline
 * @outcome: what came of it; to be wiped
 *
 * Return: 0; -EAGAIN: not yet.
 */
int nts_establish_finish(struct nts_establish *establish, int64_t now_ns,
			 struct nts_outcome *outcome);

/* Cancel it. */
void nts_establish_cancel(struct nts_establish *establish);

/* Is this what a process may say? */
bool nts_outcome_is_sane(const struct nts_outcome *outcome);

#endif /* SOURCES_NTS_ESTABLISH_H */
