// SPDX-License-Identifier: GPL-2.0-only
/*
 * The timescale of the module: what its refusal of a step is called.
 */
#include "user/clocks/timescale.h"

#include <linux/capability.h>
#include <sys/syscall.h>

#include "selftests/unit/unit.h"
#include "selftests/unit/wrapped_calls.h"
#include "user/lib/module_link.h"

/* What the module answers, and whether this process has CAP_SYS_TIME. */
static int answer;
static bool privileged;

long __wrap_syscall(long number, struct __user_cap_header_struct *header,
		    struct __user_cap_data_struct *data)
{
	if (number != SYS_capget || header->version != _LINUX_CAPABILITY_VERSION_3)
		return -1;
	memset(data, 0, _LINUX_CAPABILITY_U32S_3 * sizeof(*data));
	if (privileged)
		data[CAP_TO_INDEX(CAP_SYS_TIME)].effective = CAP_TO_MASK(CAP_SYS_TIME);

	return 0;
}

int module_link_step(struct module_link *link, enum truechime_occasion occasion)
{
	return answer;
}

int module_link_now(struct module_link *link, struct module_now *now)
{
	return answer;
}

int module_link_status(struct module_link *link, struct module_status *status)
{
	return answer;
}

int module_link_correct(struct module_link *link, const struct chime_line *line,
			enum truechime_reference reference, uint32_t epoch, bool jump,
			struct module_now *now)
{
	return answer;
}

int module_link_disrupted(struct module_link *link, const struct module_jump *jump, uint32_t epoch)
{
	return answer;
}

static int step(int err, bool may)
{
	struct timescale *timescale;

	answer = err;
	privileged = may;
	if (timescale_module_open(&timescale, NULL))
		return 1;
	err = timescale->ops->step(timescale, TRUECHIME_OCCASION_OPERATOR);
	timescale->ops->close(timescale);

	return err;
}

/* Netlink has one word for both. */
TEST(a_process_that_may_not_set_the_clock_is_told_from_a_policy)
{
	EXPECT_EQ(-EACCES, step(-EPERM, false));
	EXPECT_EQ(-EPERM, step(-EPERM, true));
}

TEST(other_answers_stay_as_they_are)
{
	EXPECT_EQ(0, step(0, false));
	EXPECT_EQ(-ENODATA, step(-ENODATA, false));
	EXPECT_EQ(-EBUSY, step(-EBUSY, true));
}

TEST_HARNESS_MAIN
