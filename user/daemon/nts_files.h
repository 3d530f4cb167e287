/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files of certificates that are shown to clients of NTS: whether they are still the same, as
 * far as can be known without reading them.
 */
#ifndef DAEMON_NTS_FILES_H
#define DAEMON_NTS_FILES_H

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

#include "config/config.h"
#include "lib/file_identity.h"

/**
 * struct nts_file - by what a file is known to be the same; all 0: it cannot be found
 * @identity: of it
 * @size: of it
 * @changed: when its content was changed, or its owner or mode
 */
struct nts_file {
	struct file_identity identity;
	off_t size;
	struct timespec changed;
};

/**
 * struct nts_files - all of them
 * @certificates: in the order of the configuration
 * @keys: same
 */
struct nts_files {
	struct nts_file certificates[CONFIG_NTS_PAIRS_MAX];
	struct nts_file keys[CONFIG_NTS_PAIRS_MAX];
};

/* As they are now. */
void nts_files_stat(const struct config_nts *config, struct nts_files *files);

/* Have they been the same both times? */
bool nts_files_equal(const struct nts_files *one, const struct nts_files *other);

#endif /* DAEMON_NTS_FILES_H */
