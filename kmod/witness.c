// SPDX-License-Identifier: GPL-2.0-only
/*
 * Witnesses: starting and stopping them, and collecting their evidence.
 */
#include "witness.h"

#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/ktime.h>
#include <linux/lockdep.h>
#include <linux/preempt.h>
#include <linux/suspend.h>
#include <linux/time64.h>
#include <linux/timekeeping.h>

#include "chime.h"

/* Shortest suspend that lost time: less means that the raw clock ran on. */
#define CHIME_SUSPEND_MIN_NS	(10 * NSEC_PER_MSEC)

/* Readings of the two clocks, of which the quickest counts. */
#define CHIME_BOOT_READINGS	3

/*
 * CLOCK_BOOTTIME minus raw clock, and when that was. They are read one after the other, and this
 * guest may not run in between: the quickest reading is taken.
 */
static s64 chime_boot_minus_raw(s64 *raw_ns)
{
	s64 before_ns, boot_ns, took_ns, quickest_ns = S64_MAX, minus_ns = 0;
	int i;

	for (i = 0; i < CHIME_BOOT_READINGS; i++) {
		before_ns = ktime_get_raw_ns();
		boot_ns = ktime_get_boottime_ns();
		*raw_ns = ktime_get_raw_ns();
		took_ns = *raw_ns - before_ns;
		if (took_ns >= quickest_ns)
			continue;
		quickest_ns = took_ns;
		minus_ns = boot_ns - before_ns - took_ns / 2;
	}
	return minus_ns;
}

s64 chime_witness_slept_ns(const struct chime_witness *witness)
{
	s64 raw_ns, slept_ns, slewed_ns;

	slept_ns = chime_sub_sat(chime_boot_minus_raw(&raw_ns), witness->boot_minus_raw_ns);
	slewed_ns = chime_scale_q32(chime_sub_sat(raw_ns, witness->suspend_raw_ns),
				    CHIME_ADJTIMEX_MAX_Q32);
	if (chime_abs_sat(slept_ns) < chime_add_sat(CHIME_SUSPEND_MIN_NS, slewed_ns))
		return 0;
	return slept_ns;
}

void chime_witness_forget_slept(struct chime_witness *witness)
{
	s64 raw_ns;

	witness->boot_minus_raw_ns = chime_boot_minus_raw(&raw_ns);
}

static void chime_witness_note_clocks(struct chime_witness *witness)
{
	witness->boot_minus_raw_ns = chime_boot_minus_raw(&witness->suspend_raw_ns);
}

/* Something was seen: check now. Any context, between start and stop. */
static void chime_witness_hint(struct chime *chime, enum truechime_evidence evidence)
{
	set_bit(evidence, &chime->witness.hints);
	chime_checks_now(chime);
}

/* Runs on ACPI's workqueue, without the lock: closing the device waits for it. */
static void chime_witness_genid_notified(void *context)
{
	chime_witness_hint(context, TRUECHIME_EVIDENCE_GENID_NOTIFY);
}

/*
 * Likewise. A hypervisor notifies of each update of the page's time, too: that needs no check, and
 * an idle guest is not kept from sleeping by it.
 */
static void chime_witness_vmclock_notified(void *context)
{
	chime_checks_now_if_moved(context);
}

/*
 * What happened before it is judged first. If there is no result, and an earlier suspend has ended
 * since there was one, the two are one: what was lost since the first began counts, and its end is
 * not taken for the end of the second.
 */
static void chime_witness_suspend_begins(struct chime *chime)
{
	struct chime_witness *witness = &chime->witness;

	lockdep_assert_held(&chime->lock);
	chime_disruption_check(chime);
	clear_bit(TRUECHIME_EVIDENCE_RESUME, &witness->hints);
	if (!witness->suspending)
		chime_witness_note_clocks(witness);
	witness->suspending = true;
}

static int chime_witness_suspend(struct notifier_block *notifier, unsigned long event,
				 void *unused)
{
	struct chime *chime = container_of(notifier, struct chime, witness.suspend);

	switch (event) {
	case PM_SUSPEND_PREPARE:
	case PM_HIBERNATION_PREPARE:
	case PM_RESTORE_PREPARE:
		rt_mutex_lock(&chime->lock);
		chime_witness_suspend_begins(chime);
		chime_unlock(chime);
		/* None is started before the end. */
		chime_rtc_stop(chime);
		break;
	case PM_POST_SUSPEND:
	case PM_POST_HIBERNATION:
	case PM_POST_RESTORE:
		chime_witness_hint(chime, TRUECHIME_EVIDENCE_RESUME);
		break;
	}
	return NOTIFY_DONE;
}

u32 chime_witness_recall(struct chime *chime)
{
	struct chime_witness *witness = &chime->witness;

	lockdep_assert_held(&chime->lock);
	return chime_genid_check(&witness->genid) | chime_vmclock_check(&witness->vmclock);
}

void chime_witness_read_marks(const struct chime *chime, struct chime_marks *marks)
{
	*marks = (struct chime_marks){ };
	chime_host_read_marks(&chime->host, marks);
	chime_vmclock_read_marks(&chime->witness.vmclock, marks);
	chime_genid_read_marks(&chime->witness.genid, marks);
}

/* Words of two checks make one check more, and no harm. */
void chime_witness_checked_marks(const struct chime *chime, struct chime_marks *marks)
{
	int i;

	for (i = 0; i < CHIME_MARKS; i++)
		marks->words[i] = READ_ONCE(chime->witness.marks.words[i]);
}

/*
 * Before the evidence is read: what changes in between asks for one check more. Nothing orders the
 * two for other CPUs: what would be missed by that waits for the next regular check.
 */
static void chime_witness_note_marks(struct chime *chime)
{
	struct chime_marks marks;
	int i;

	preempt_disable();
	chime_witness_read_marks(chime, &marks);
	preempt_enable();
	for (i = 0; i < CHIME_MARKS; i++)
		WRITE_ONCE(chime->witness.marks.words[i], marks.words[i]);
}

u32 chime_witness_check(struct chime *chime)
{
	lockdep_assert_held(&chime->lock);
	chime_witness_note_marks(chime);
	return (u32)xchg(&chime->witness.hints, 0) | chime_witness_recall(chime);
}

u32 chime_witness_settle(struct chime *chime)
{
	struct chime_witness *witness = &chime->witness;
	u32 evidence = 0;

	lockdep_assert_held(&chime->lock);
	/* Only notifications can come late: other evidence is in memory before this guest runs. */
	chime_genid_settle(&witness->genid);
	if (test_and_clear_bit(TRUECHIME_EVIDENCE_GENID_NOTIFY, &witness->hints))
		evidence = BIT(TRUECHIME_EVIDENCE_GENID_NOTIFY);
	return evidence | chime_witness_recall(chime);
}

void chime_witness_start(struct chime *chime, const struct chime_witness_options *options)
{
	struct chime_witness *witness = &chime->witness;

	/* Errors are ignored: machines without these devices have no such witnesses. */
	rt_mutex_lock(&chime->lock);
	witness->options = *options;
	/* A suspend that began before this ends here all the same. */
	chime_witness_note_clocks(witness);
	if (options->genid)
		chime_genid_open(&witness->genid, chime_witness_genid_notified, chime);
	if (options->vmclock)
		chime_vmclock_open(&witness->vmclock, chime_witness_vmclock_notified, chime);
	rt_mutex_unlock(&chime->lock);
	/* Fails only without CONFIG_PM_SLEEP, where there is nothing to be notified of either. */
	witness->suspend.notifier_call = chime_witness_suspend;
	if (options->suspend)
		register_pm_notifier(&witness->suspend);
}

void chime_witness_stop(struct chime *chime)
{
	struct chime_witness *witness = &chime->witness;

	if (witness->options.suspend)
		unregister_pm_notifier(&witness->suspend);
	/* A notification may still ask for a check, but does not wait for the lock. */
	rt_mutex_lock(&chime->lock);
	/* Its notifications have the generation id compared, too. */
	chime_vmclock_close(&witness->vmclock);
	chime_genid_close(&witness->genid);
	rt_mutex_unlock(&chime->lock);
}
