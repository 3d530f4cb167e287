/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What all tests of the whole module start from: its machine, and the module not loaded yet. It has
 * to have left nothing behind when it was unloaded.
 */
#ifndef UNIT_MODULE_FIXTURE_H
#define UNIT_MODULE_FIXTURE_H

#include "selftests/unit/module_machine.h"
#include "selftests/unit/unit.h"

/* Hypercalls take this long in one check, which the steps account for. */
#define CLOSE_NS	(20 * 1000)

#define US	NSEC_PER_USEC

FIXTURE(module) {
	int unused;
};

FIXTURE_SETUP(module)
{
	machine_begin();
}

FIXTURE_TEARDOWN(module)
{
	if (machine.chime)
		played_module_exit();
	EXPECT_EQ(NULL, machine.chime);
	EXPECT_EQ(NULL, machine.suspend);
	EXPECT_EQ(0, machine.threads);
	/*
	 * Who watches the clock is to see the module's thread, whatever it was done for, and no
	 * program is to keep that from running.
	 */
	EXPECT_EQ(0, machine.sets_elsewhere);
	EXPECT_EQ(0, machine.logged_locked);
}

static inline int load(void)
{
	int ret = played_module_init();

	if (!ret)
		run(10 * S);
	return ret;
}

static inline int load_without_host(void)
{
	machine.has_host = false;
	return load();
}

static inline void run_in_checks(s64 ns, s64 every_ns)
{
	for (; ns > 0; ns -= every_ns) {
		machine_pass(ns < every_ns ? ns : every_ns);
		check();
	}
}

static inline void set_rtc_policy(enum truechime_rtc policy)
{
	rt_mutex_lock(&machine.chime->lock);
	chime_rtc_set_policy(machine.chime, policy);
	chime_unlock(machine.chime);
}

#endif /* UNIT_MODULE_FIXTURE_H */
