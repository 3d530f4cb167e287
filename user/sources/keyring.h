/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The keys of the configured sources: when the key file is read, and what is missing in it.
 * ntp/keys.c knows its format.
 */
#ifndef SOURCES_KEYRING_H
#define SOURCES_KEYRING_H

#include <stdbool.h>

#include "config/config.h"

struct ntp_keys;

/*
 * Read the key file, if a source names a key, one beside the configuration does (@is_needed), or
 * clients may: a file that nobody needs may be another program's, and not for us to read. @keys:
 * set to NULL without one. 0, -errno (which was reported).
 */
int keyring_load(config_report *report, void *context, const struct config *config, bool is_needed,
		 struct ntp_keys **keys);

/* Read the key file at @path. 0, -errno (which was reported; then @keys is NULL). */
int keyring_read(config_report *report, void *context, const char *path, struct ntp_keys **keys);

/* Room for a sentence on a source. */
#define KEYRING_MESSAGE_MAX	(SOURCE_NAME_MAX + 128)

/*
 * What is wrong with the key of @source, and what to do: it is not in @keys, so that the source
 * cannot be asked, or can be guessed. @before: the keys that there were until now; NULL: none.
 * false: nothing, or it has no key.
 */
bool keyring_judge(const struct config_source *source, const struct ntp_keys *keys,
		   const struct ntp_keys *before, enum config_severity *severity,
		   char message[KEYRING_MESSAGE_MAX]);

/* Report that of all sources. */
void keyring_check(config_report *report, void *context, const struct config *config,
		   const struct ntp_keys *keys);

#endif /* SOURCES_KEYRING_H */
