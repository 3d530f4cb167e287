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

/* Report sources whose key is not in @keys, so that they cannot be asked, or can be guessed. */
void keyring_check(config_report *report, void *context, const struct config *config,
		   const struct ntp_keys *keys);

#endif /* SOURCES_KEYRING_H */
