// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the programs in the kernel could not be built: clang, bpftool or libbpf was missing.
 */
#include "watch/attachment.h"

#include <errno.h>
#include <stddef.h>

int attachment_open(struct attachment **attachment,
		    void (*take)(void *context, const struct watch_record *record), void *context)
{
	(void)take;
	(void)context;
	*attachment = NULL;

	return -EOPNOTSUPP;
}

void attachment_close(struct attachment *attachment)
{
	(void)attachment;
}

int attachment_fd(const struct attachment *attachment)
{
	(void)attachment;

	return -1;
}

void attachment_read(struct attachment *attachment)
{
	(void)attachment;
}

void attachment_set_own(struct attachment *attachment, uint32_t tgid)
{
	(void)attachment;
	(void)tgid;
}

uint64_t attachment_lost(const struct attachment *attachment)
{
	(void)attachment;

	return 0;
}

bool attachment_is_by_probes(const struct attachment *attachment)
{
	(void)attachment;

	return false;
}
