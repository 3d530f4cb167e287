/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The programs in the kernel: loading and attaching them takes CAP_BPF and CAP_PERFMON, reading
 * what they have recorded takes nothing.
 */
#ifndef WATCH_ATTACHMENT_H
#define WATCH_ATTACHMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "watch/shared.h"

struct attachment;

/**
 * attachment_open() - load and attach
 * @attachment: result
 * @take: called by attachment_read() for each record ...
 * @context: ... with this
 *
 * Return: 0, -EOPNOTSUPP: built without it, -ENOENT: the kernel does not describe itself (BTF),
 * -EPERM, -EACCES: it is not permitted, -errno.
 */
int attachment_open(struct attachment **attachment,
		    void (*take)(void *context, const struct watch_record *record), void *context);
void attachment_close(struct attachment *attachment);

/* Readable when there are records. */
int attachment_fd(const struct attachment *attachment);

/* Hand out all records that there are; however many come meanwhile, it ends. */
void attachment_read(struct attachment *attachment);

/*
 * Changes by the process @tgid are truechime's: they are recorded, and read with the next that are
 * not, or by attachment_read(), or when there are many.
 */
void attachment_set_own(struct attachment *attachment, uint32_t tgid);

/*
 * Calls that were not recorded: there was no room, or another task was preempted in a program. Of
 * the latter it is not known whether they changed anything.
 */
uint64_t attachment_lost(const struct attachment *attachment);

/* By kprobes, as the kernel has no trampolines for programs. */
bool attachment_is_by_probes(const struct attachment *attachment);

#endif /* WATCH_ATTACHMENT_H */
