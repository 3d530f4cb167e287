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

/* As far as they are permitted to us. */
static struct privileges privileges_permitted(const struct privileges *wanted)
{
	return (struct privileges){
		.set_time = wanted->set_time &&
			    capng_have_capability(CAPNG_PERMITTED, CAP_SYS_TIME),
		.bind_port = wanted->bind_port &&
			     capng_have_capability(CAPNG_PERMITTED, CAP_NET_BIND_SERVICE),
	};
}

static void privileges_select(capng_select_t set, const struct privileges *kept)
{
	capng_clear(set);
	if (kept->set_time)
		capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_SYS_TIME);
	if (kept->bind_port)
		capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_NET_BIND_SERVICE);
}

/* Set exactly the capabilities that are kept, in the bounding set too where that is permitted. */
static int privileges_reduce(const struct privileges *wanted)
{
	struct privileges kept;
	bool bounding = privileges_have(CAP_SETPCAP);
	capng_select_t set = CAPNG_SELECT_CAPS;

	if (capng_get_caps_process())
		return -EPERM;
	kept = privileges_permitted(wanted);
	if (bounding)
		set = CAPNG_SELECT_BOTH;
	privileges_select(set, &kept);
	return capng_apply(set) ? -EPERM : 0;
}

/* Of a container's root some are missing: what it has not cannot be kept, nor a set be reduced. */
static int privileges_change_user(const struct passwd *user, const struct privileges *wanted)
{
	capng_flags_t flags = CAPNG_INIT_SUPP_GRP;
	struct privileges kept;

	if (privileges_have(CAP_SETPCAP))
		flags |= CAPNG_CLEAR_BOUNDING;
	if (capng_get_caps_process())
		return -EPERM;
	kept = privileges_permitted(wanted);
	privileges_select(CAPNG_SELECT_BOTH, &kept);
	if (capng_change_id((int)user->pw_uid, (int)user->pw_gid, flags))
		return -EPERM;
	return 0;
}

const char *privileges_advice(int err)
{
	switch (err) {
	case -EMFILE:
		return "Permit more descriptors: LimitNOFILE= of the service, or ulimit -n";
	case -ENFILE:
		return "This machine has as many files open as it permits: raise fs.file-max";
	}

	return "Where there is no other user, as in some containers: -u root";
}

int privileges_drop(const char *name, const struct privileges *kept)
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
		err = privileges_change_user(user, kept);
	else
		err = privileges_reduce(kept);
	if (err)
		return err;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : 0;
}
