/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A stand-in for the journal, which keeps the latest entry.
 */
#ifndef FAKE_JOURNAL_H
#define FAKE_JOURNAL_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "user/lib/log.h"

static struct {
	char fields[32][640];	/* of the latest entry, "NAME=value" each, MESSAGE first ... */
	int count;		/* ... and how many */
	int messages;		/* entries */
} journal;

int sd_journal_sendv_with_location(const char *file, const char *line, const char *function,
				   const struct iovec *fields, int count)
{
	int i, max = sizeof(journal.fields) / sizeof(journal.fields[0]);

	for (i = 0; i < count && i < max; i++)
		snprintf(journal.fields[i], sizeof(journal.fields[i]), "%.*s",
			 (int)fields[i].iov_len, (const char *)fields[i].iov_base);
	journal.count = i;
	journal.messages++;
	return 0;
}

static inline bool journal_has(const char *field)
{
	int i;

	for (i = 0; i < journal.count; i++)
		if (!strcmp(journal.fields[i], field))
			return true;
	return false;
}

/* Messages of @level and graver go there from now on. */
static inline void journal_listen(int level)
{
	char stream[64];
	struct stat st;

	memset(&journal, 0, sizeof(journal));
	fstat(STDERR_FILENO, &st);
	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)st.st_dev,
		 (unsigned long long)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	log_open(false);
	log_set_level(level);
}

#endif /* FAKE_JOURNAL_H */
