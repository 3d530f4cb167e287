// SPDX-License-Identifier: GPL-2.0-only
/*
 * stat(2) of each. Programs that renew certificates write new files, or change a link.
 */
#include "daemon/nts_files.h"

#include <string.h>
#include <sys/stat.h>

static void stat_file(const char *path, struct nts_file *file)
{
	struct stat about;

	if (stat(path, &about))
		return;
	*file = (struct nts_file){
		.identity = file_identity_of(&about),
		.size = about.st_size,
		.changed = about.st_ctim,
	};
}

void nts_files_stat(const struct config_nts *config, struct nts_files *files)
{
	memset(files, 0, sizeof(*files));
	for (size_t i = 0; i < config->certificate_count; i++) {
		stat_file(config->certificates[i], &files->certificates[i]);
		stat_file(config->keys[i], &files->keys[i]);
	}
}

static bool file_equal(const struct nts_file *one, const struct nts_file *other)
{
	return file_identity_equal(&one->identity, &other->identity) &&
	       one->size == other->size && one->changed.tv_sec == other->changed.tv_sec &&
	       one->changed.tv_nsec == other->changed.tv_nsec;
}

bool nts_files_equal(const struct nts_files *one, const struct nts_files *other)
{
	for (size_t i = 0; i < CONFIG_NTS_PAIRS_MAX; i++) {
		if (!file_equal(&one->certificates[i], &other->certificates[i]) ||
		    !file_equal(&one->keys[i], &other->keys[i]))
			return false;
	}

	return true;
}
