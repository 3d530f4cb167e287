// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module on a kernel without CONFIG_RTC_CLASS: what it refuses, and that all else is as usual.
 */
#undef CONFIG_RTC_CLASS

#include "selftests/unit/module_machine.h"
#include "selftests/unit/unit.h"

#include "kmod/main.c"

FIXTURE(no_rtc) {
	int unused;
};

FIXTURE_SETUP(no_rtc)
{
	machine_begin();
}

FIXTURE_TEARDOWN(no_rtc)
{
	if (machine.chime)
		played_module_exit();
	rtc = "hint";
}

/* Whoever trusts it expects a revert to be repaired by it. */
TEST_F(no_rtc, rtc_that_does_not_exist_is_not_trusted)
{
	rtc = "trust";
	EXPECT_EQ(-EOPNOTSUPP, played_module_init());
	EXPECT_EQ(NULL, machine.chime);
	EXPECT_NE(NULL, strstr(machine.log, "parameter rtc=trust: this kernel has no RTCs"));
	EXPECT_NE(NULL, strstr(machine.log, "so that none can be trusted; not loaded\n"));
}

/* The first is what nobody has asked for, so that every kernel gets it. */
TEST_F(no_rtc, all_else_may_be_said_of_it)
{
	ASSERT_EQ(0, played_module_init());
	run(5 * S);
	EXPECT_EQ(0, machine.count);
	played_module_exit();
	rtc = "ignore";
	ASSERT_EQ(0, played_module_init());
	played_module_exit();
	rtc = "what";
	EXPECT_EQ(-EINVAL, played_module_init());
}

TEST_HARNESS_MAIN
