// SPDX-License-Identifier: GPL-2.0-only
/*
 * Privileges that root gives up, whichever it has: in a container some are missing. Each test is a
 * process of its own. It takes root.
 */
#include "user/daemon/privileges.h"

#include <cap-ng.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "selftests/unit/unit.h"

#define USER	"nobody"

static const struct privileges both = { .set_time = true, .bind_port = true };

/* As in a container that was started without it. */
static int lose(unsigned int capability)
{
	if (capng_get_caps_process())
		return -1;
	capng_update(CAPNG_DROP, CAPNG_EFFECTIVE | CAPNG_PERMITTED, capability);

	return capng_apply(CAPNG_SELECT_CAPS);
}

static bool has(unsigned int capability)
{
	return !capng_get_caps_process() && capng_have_capability(CAPNG_EFFECTIVE, capability);
}

FIXTURE(root)
{
	bool sets_time;
};

FIXTURE_SETUP(root)
{
	if (geteuid() || !has(CAP_SETUID) || !has(CAP_SETGID))
		SKIP(return, "it takes root");
	self->sets_time = has(CAP_SYS_TIME);
}

FIXTURE_TEARDOWN(root)
{
}

static void expect_unprivileged(struct __test_metadata *_metadata, FIXTURE_DATA(root) *self)
{
	EXPECT_NE(0, getuid());
	EXPECT_NE(0, geteuid());
	EXPECT_EQ(self->sets_time, has(CAP_SYS_TIME));
	EXPECT_FALSE(has(CAP_SETUID));
	EXPECT_FALSE(has(CAP_DAC_OVERRIDE));
	EXPECT_EQ(1, prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
}

TEST_F(root, keeps_what_it_needs)
{
	bool binds = has(CAP_NET_BIND_SERVICE);

	ASSERT_EQ(0, privileges_drop(USER, &both));
	expect_unprivileged(_metadata, self);
	EXPECT_EQ(binds, has(CAP_NET_BIND_SERVICE));
}

/* There ports below 1024 may be anybody's: net.ipv4.ip_unprivileged_port_start. */
TEST_F(root, does_without_what_is_missing)
{
	ASSERT_EQ(0, lose(CAP_NET_BIND_SERVICE));
	ASSERT_EQ(0, privileges_drop(USER, &both));
	expect_unprivileged(_metadata, self);
	EXPECT_FALSE(has(CAP_NET_BIND_SERVICE));
}

/* What stays in the bounding set nobody gains by exec, which gives no new privileges. */
TEST_F(root, does_without_reducing_the_bounding_set)
{
	ASSERT_EQ(0, lose(CAP_SETPCAP));
	ASSERT_EQ(0, privileges_drop(USER, &both));
	expect_unprivileged(_metadata, self);
}

TEST_F(root, another_user_that_it_may_not_become_is_an_error)
{
	ASSERT_EQ(0, lose(CAP_SETUID));
	EXPECT_NE(0, privileges_drop(USER, &both));
}

/* Neither that nor what is said of it is about users. */
TEST_F(root, a_want_of_descriptors_is_called_so)
{
	struct rlimit before, none;
	int err;

	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &before));
	none = before;
	none.rlim_cur = 0;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &none));
	err = privileges_drop(USER, &both);
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &before));
	EXPECT_EQ(-EMFILE, err);
	EXPECT_NE(NULL, strstr(privileges_advice(-EMFILE), "LimitNOFILE="));
	EXPECT_EQ(NULL, strstr(privileges_advice(-EMFILE), "-u"));
	EXPECT_NE(NULL, strstr(privileges_advice(-EPERM), "-u root"));
}

TEST_HARNESS_MAIN
