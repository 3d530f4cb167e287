// SPDX-License-Identifier: GPL-2.0-only
/*
 * Edges of the module at which nothing happens, on the machine of kmod/test_module*.c and in the
 * adversary's games: no PTP clock, no timers of its own.
 */
#include "kmod/chime.h"

bool unit_clock_is_disciplined;
struct timekeeper unit_timekeeper = { .next_leap_ktime = KTIME_MAX };

/* What a hypervisor has written to memory. */
struct chime_marks unit_marks;

static struct notifier_block *unit_follower;

void unit_tick(void)
{
	unit_timekeeper.ntp_tick = ((u64)NSEC_PER_SEC << NTP_SCALE_SHIFT) / NTP_INTERVAL_FREQ +
				   unit_clock_is_disciplined;
	unit_follower->notifier_call(unit_follower, 0, &unit_timekeeper);
}

void pvclock_gtod_register_notifier(struct notifier_block *notifier)
{
	unit_follower = notifier;
	unit_tick();
}

void pvclock_gtod_unregister_notifier(struct notifier_block *notifier)
{
	(void)notifier;
	unit_follower = NULL;
}

void chime_genid_close(struct chime_genid *genid)
{
	genid->page = NULL;
}

void (*unit_settling)(void);

void chime_genid_settle(const struct chime_genid *genid)
{
	if (genid->page && unit_settling)
		unit_settling();
}

int chime_vmclock_open(struct chime_vmclock *vmclock, void (*notified)(void *context),
		       void *context)
{
	(void)vmclock;
	(void)notified;
	(void)context;
	return -ENODEV;
}

void chime_vmclock_close(struct chime_vmclock *vmclock)
{
	(void)vmclock;
}

/* There are no timers that would read them, but in kmod/test_checks.c. */
void chime_genid_read_marks(const struct chime_genid *genid, struct chime_marks *marks)
{
	if (genid->page)
		marks->words[CHIME_MARK_ID_LOW] = unit_marks.words[CHIME_MARK_ID_LOW];
}

void chime_vmclock_read_marks(const struct chime_vmclock *vmclock, struct chime_marks *marks)
{
	if (vmclock->mapping)
		marks->words[CHIME_MARK_DISRUPTION] = unit_marks.words[CHIME_MARK_DISRUPTION];
}

/* There is no vmclock device that would notify. */
void chime_checks_now_if_moved(struct chime *chime)
{
	(void)chime;
}

int chime_checks_init(struct chime *chime, unsigned int check_ms, unsigned int idle_check_ms)
{
	(void)check_ms;
	chime->checks.idle_jiffies = idle_check_ms;
	return 0;
}

void chime_checks_exit(struct chime *chime)
{
	(void)chime;
}

int chime_phc_register(struct chime *chime)
{
	(void)chime;
	return 0;
}

/* A program that has the PTP clock open may use it until it is gone. */
void (*unit_phc_closing)(struct chime *chime);

void chime_phc_unregister(struct chime *chime)
{
	if (unit_phc_closing)
		unit_phc_closing(chime);
}

int unit_phc_index = -1;

int chime_phc_index(const struct chime *chime)
{
	(void)chime;
	return unit_phc_index;
}
