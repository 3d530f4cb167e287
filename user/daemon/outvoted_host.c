// SPDX-License-Identifier: GPL-2.0-only
/*
 * The note that a host was outvoted.
 */
#include "daemon/outvoted_host.h"

#include <errno.h>
#include <unistd.h>

#include "config/config.h"
#include "discipline/drift.h"
#include "lib/state_file.h"

int outvoted_host_note(const char *driftfile, bool outvoted)
{
	char path[CONFIG_PATH_MAX + DRIFT_SUFFIX_MAX];
	int err;

	if (!*driftfile)
		return 0;
	err = drift_path(driftfile, ".outvoted", path, sizeof(path));
	if (err)
		return err;
	if (outvoted)
		return state_file_write(path, "", 0);
	return unlink(path) && errno != ENOENT ? -errno : 0;
}

bool outvoted_host_is_noted(const char *driftfile)
{
	char path[CONFIG_PATH_MAX + DRIFT_SUFFIX_MAX];

	return *driftfile && !drift_path(driftfile, ".outvoted", path, sizeof(path)) &&
	       !access(path, F_OK);
}
