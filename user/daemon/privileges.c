// SPDX-License-Identifier: GPL-2.0-only
/*
 * Users and capabilities, over libcap-ng.
 */
#include "daemon/privileges.h"

#include <cap-ng.h>
#include <errno.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

static bool privileges_have(unsigned int capability)
{
	if (capng_get_caps_process())
		return false;
	return capng_have_capability(CAPNG_EFFECTIVE, capability);
}

bool privileges_may_load_module(void)
{
	return privileges_have(CAP_SYS_MODULE);
}

/* Set exactly the capabilities that are kept, in the bounding set too where that is permitted. */
static int privileges_reduce(bool keep_time)
{
	bool bounding = privileges_have(CAP_SETPCAP);
	capng_select_t set = CAPNG_SELECT_CAPS;

	if (capng_get_caps_process())
		return -EPERM;
	keep_time = keep_time && capng_have_capability(CAPNG_PERMITTED, CAP_SYS_TIME);
	if (bounding)
		set = CAPNG_SELECT_BOTH;
	capng_clear(set);
	if (keep_time)
		capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_SYS_TIME);
	return capng_apply(set) ? -EPERM : 0;
}

static int privileges_change_user(const struct passwd *user, bool keep_time)
{
	if (capng_get_caps_process())
		return -EPERM;
	capng_clear(CAPNG_SELECT_BOTH);
	if (keep_time)
		capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_SYS_TIME);
	if (capng_change_id((int)user->pw_uid, (int)user->pw_gid,
			    CAPNG_INIT_SUPP_GRP | CAPNG_CLEAR_BOUNDING))
		return -EPERM;
	return 0;
}

int privileges_drop(const char *name, bool keep_time)
{
	const struct passwd *user = NULL;
	int err;

	if (*name && !geteuid()) {
		errno = 0;
		user = getpwnam(name);
		if (!user)
			return errno ? -errno : -ESRCH;
	}
	if (user && user->pw_uid)
		err = privileges_change_user(user, keep_time);
	else
		err = privileges_reduce(keep_time);
	if (err)
		return err;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : 0;
}
