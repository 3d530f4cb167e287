/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Witnesses other than the host's time: what they saw since the last check, as evidence bits. Each
 * can be left out. What it means is judged in core/verdict.c.
 */
#ifndef CHIME_WITNESS_H
#define CHIME_WITNESS_H

#include <linux/notifier.h>
#include <linux/truechime.h>
#include <linux/types.h>

#include "genid.h"
#include "vmclock.h"

struct chime;

/* Which to listen to. */
struct chime_witness_options {
	bool genid;
	bool vmclock;
	bool suspend;
};

/**
 * struct chime_witness - all of them
 * @options: which
 * @hints: bits of enum truechime_evidence raised since the last check; atomic bit operations
 * @genid: VM generation id; under the module's lock, as what follows
 * @vmclock: vmclock page
 * @suspend: notifier of suspends
 * @suspending: a suspend began, and no check since its end has had a result
 * @suspend_raw_ns: when it began, by raw
 * @boot_minus_raw_ns: what CLOCK_BOOTTIME had more than raw before it
 */
struct chime_witness {
	struct chime_witness_options options;
	unsigned long hints;
	struct chime_genid genid;
	struct chime_vmclock vmclock;
	struct notifier_block suspend;
	bool suspending;
	s64 suspend_raw_ns;
	s64 boot_minus_raw_ns;
};

/* Listen, from now on. Context: process, lock not held. */
void chime_witness_start(struct chime *chime, const struct chime_witness_options *options);

/* Nobody raises a hint any more. Context: process, lock not held. */
void chime_witness_stop(struct chime *chime);

/* Something was seen: check now. Any context, between start and stop. */
void chime_witness_hint(struct chime *chime, enum truechime_evidence evidence);

/* What all of them saw since the last call. Lock held. */
u32 chime_witness_check(struct chime *chime);

/* What is in memory that the hypervisor wrote to before this guest ran again. Lock held. */
u32 chime_witness_recall(struct chime *chime);

/* Wait for what is on its way, and return what came. Context: process, lock held. */
u32 chime_witness_settle(struct chime *chime);

/* How much longer than raw CLOCK_BOOTTIME has run since the suspend began. Lock held. */
s64 chime_witness_slept_ns(const struct chime_witness *witness);

/* A restore of this guest would be seen. Lock held. */
static inline bool chime_witness_sees_restores(const struct chime_witness *witness)
{
	return chime_genid_present(&witness->genid) || chime_vmclock_present(&witness->vmclock);
}

/* ... and distinguished from a move to another host. Lock held. */
static inline bool chime_witness_sees_forks(const struct chime_witness *witness)
{
	return chime_vmclock_present(&witness->vmclock) && witness->vmclock.page.has_generation;
}

#endif /* CHIME_WITNESS_H */
