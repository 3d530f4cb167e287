/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Witnesses other than the host's time: what they saw since the last check, as evidence bits. Each
 * can be disabled. core/verdict.c judges what the evidence means.
 */
#ifndef CHIME_WITNESS_H
#define CHIME_WITNESS_H

#include <linux/notifier.h>
#include <linux/types.h>

#include "core/pace.h"
#include "genid.h"
#include "vmclock.h"

struct chime;

/* Which witnesses to use. */
struct chime_witness_options {
	bool genid;
	bool vmclock;
	bool suspend;
};

/**
 * struct chime_witness - all of them
 * @options: which of them are in use
 * @hints: bits of enum truechime_evidence raised since the last check; atomic bit operations
 * @marks: the words in memory as the last check found them: written under the lock, read without
 * @genid: VM generation id; this and the following under the module's lock
 * @vmclock: vmclock page
 * @suspend: notifier of suspends
 * @suspending: a suspend began, and no check since its end, or that of one soon after it, has had
 *	a result
 * @suspend_raw_ns: when the latest such began, or the module was loaded, by the raw clock
 * @boot_minus_raw_ns: CLOCK_BOOTTIME minus raw clock then, or when its sleep was reported
 */
struct chime_witness {
	struct chime_witness_options options;
	unsigned long hints;
	struct chime_marks marks;
	struct chime_genid genid;
	struct chime_vmclock vmclock;
	struct notifier_block suspend;
	bool suspending;
	s64 suspend_raw_ns;
	s64 boot_minus_raw_ns;
};

/* Start the witnesses. Context: process, lock not held. */
void chime_witness_start(struct chime *chime, const struct chime_witness_options *options);

/* Stop them: no hint is raised afterwards. Context: process, lock not held. */
void chime_witness_stop(struct chime *chime);

/*
 * The words in memory that show a stop or a restore of this guest, the host's among them: as they
 * are now. Any context but NMI, bound to its CPU, between start and stop.
 */
void chime_witness_read_marks(const struct chime *chime, struct chime_marks *marks);

/* The same, as the last check found them. Any context. */
void chime_witness_checked_marks(const struct chime *chime, struct chime_marks *marks);

/* Evidence of all of them since the last call. Lock held. */
u32 chime_witness_check(struct chime *chime);

/* Evidence in memory that the hypervisor writes before this guest resumes. Lock held. */
u32 chime_witness_recall(struct chime *chime);

/* Wait for pending notifications, and return their evidence. Context: process, lock held. */
u32 chime_witness_settle(struct chime *chime);

/*
 * How much longer CLOCK_BOOTTIME has run than the raw clock since the suspend began, but for what
 * was forgotten; 0: no longer than slews of the system clock, which it follows, can explain. Lock
 * held.
 */
s64 chime_witness_slept_ns(const struct chime_witness *witness);

/* What this machine has slept was reported. Lock held. */
void chime_witness_forget_slept(struct chime_witness *witness);

/* The witnesses in use would see a restore of this guest. Lock held. */
static inline bool chime_witness_sees_restores(const struct chime_witness *witness)
{
	return chime_genid_present(&witness->genid) || chime_vmclock_was_read(&witness->vmclock);
}

/* ... and distinguished from a move to another host. Lock held. */
static inline bool chime_witness_sees_forks(const struct chime_witness *witness)
{
	return chime_vmclock_present(&witness->vmclock) && witness->vmclock.page.has_generation;
}

#endif /* CHIME_WITNESS_H */
