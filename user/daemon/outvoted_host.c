// SPDX-License-Identifier: GPL-2.0-only
/*
 * The note that a host was outvoted.
 */
#include "daemon/outvoted_host.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "config/config.h"
#include "lib/state_file.h"

static int path_of(const char *driftfile, char *path, size_t size)
{
	int length = snprintf(path, size, "%s.outvoted", driftfile);

	return length < 0 || (size_t)length >= size ? -ENAMETOOLONG : 0;
}

int outvoted_host_note(const char *driftfile, bool outvoted)
{
	char path[CONFIG_PATH_MAX + 16];
	int err;

	if (!*driftfile)
		return 0;
	err = path_of(driftfile, path, sizeof(path));
	if (err)
		return err;
	if (outvoted)
		return state_file_write(path, "", 0);
	return unlink(path) && errno != ENOENT ? -errno : 0;
}

bool outvoted_host_is_noted(const char *driftfile)
{
	char path[CONFIG_PATH_MAX + 16];

	return *driftfile && !path_of(driftfile, path, sizeof(path)) && !access(path, F_OK);
}
