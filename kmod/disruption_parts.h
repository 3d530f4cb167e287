/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What disruption.c, disruption_repair.c, disruption_host.c, disruption_leap.c, disruption_boot.c
 * and disruption_alone.c share. All run in process context, with the module's lock held.
 */
#ifndef CHIME_DISRUPTION_PARTS_H
#define CHIME_DISRUPTION_PARTS_H

#include "core/reaction.h"
#include "disruption.h"
#include "events.h"
#include "host.h"
#include "system_clock.h"

/* --- disruption.c --- */

/* The cause of what happened, by all that is known. @sees_stops: @evidence would show a stop. */
enum truechime_cause chime_disruption_judge(const struct chime *chime, u32 evidence, s64 gap_ns,
					    bool sees_stops);

/*
 * The hypervisor has set the clocks of this guest ahead, all of them together, and the host's line
 * is stated as if it had not: continue as if it had only set the system clock.
 */
void chime_disruption_note_set_ahead(struct chime *chime);

/* There is a notification of a restore that was not reported yet. @resumed: a suspend has ended. */
bool chime_disruption_is_restored(struct chime *chime, bool resumed);

/* --- disruption_repair.c --- */

/*
 * Add the state of the clocks and of the witnesses, which saw @evidence, to @disrupted, look up the
 * reaction in the table of causes, and change the reference accordingly. The caller carries out the
 * other parts of @reaction.
 */
void chime_disruption_react(struct chime *chime, struct chime_disrupted *disrupted, u32 evidence,
			    struct chime_reaction *reaction);

/*
 * Correct the system clock, which fell behind by @lost_ns together with the raw clock, by policy,
 * and fill in @event. A clock that stays wrong is marked unsynchronised.
 */
void chime_disruption_repair(struct chime *chime, struct chime_event *event, s64 lost_ns);

/*
 * The host's clock was set, but the timescale does not follow: leave the system clock alone, and
 * fill in @event.
 */
void chime_disruption_go_on(struct chime *chime, struct chime_event *event);

/* All evidence of @event is there now: the bound no longer allows for what it excludes. */
void chime_disruption_clear_suspect(struct chime *chime, struct chime_event *event);

/* Fill in what is known at the beginning of an event: how well UTC was known until now. */
void chime_disruption_begin(const struct chime *chime, struct chime_event *event);

/* Fill in what is known at its end. */
void chime_disruption_finish(struct chime *chime, struct chime_event *event,
			     const struct chime_repair *repair);

/*
 * The clocks were good at @raw_ns, or are now repaired as far as possible: a change of the system
 * clock from now on, until the next time, is one by others.
 */
void chime_disruption_note_ok(struct chime *chime, s64 raw_ns);

/* Report a disruption: one event, however many witnesses saw it. A leap second is not counted. */
void chime_disruption_report(struct chime *chime, struct chime_event *event);

/* --- disruption_host.c --- */

/*
 * This may be another host, or it was set, or this guest was stopped: the correction in force loses
 * its bound. Must run before time by that host's clock is published with the bound of before.
 */
void chime_disruption_suspect_host(struct chime *chime);

/* The host's clock minus the timescale. */
s64 chime_disruption_host_ahead(const struct chime_timescale *timescale, s64 raw_ns);

/*
 * A bound of the hosts' clocks is known, and the correction in force, if any, does not show that it
 * is wrong.
 */
bool chime_disruption_is_vouched(const struct chime *chime);

/* By @evidence this is the host of before: the vmclock page's marker changes with each move. */
bool chime_disruption_stayed(const struct chime *chime, u32 evidence);

/*
 * Of the correction and a host that is stated to be right the better known one is followed. @jump:
 * the clock is about to be repaired, and to that.
 */
void chime_disruption_weigh_host(struct chime *chime, bool jump);

/* --- disruption_leap.c --- */

/* The kernel may have executed a leap second. Without a daemon the timescale follows here. */
void chime_disruption_pass_leap(struct chime *chime);

/* --- disruption_boot.c --- */

/* Judge the system clock as a host shows it for the first time; without one that is put off. */
void chime_disruption_boot(struct chime *chime);

/* --- disruption_alone.c --- */

/* A check where there is no host. */
void chime_disruption_blind(struct chime *chime, bool resumed);

/*
 * The rest of such a check: a host that is there now is followed, and the clocks are compared with
 * it. @resumed: a suspend has ended.
 */
void chime_disruption_seek_host(struct chime *chime, bool resumed);

/* A check of a host that does not answer. After a while it is treated as absent. */
void chime_disruption_silent(struct chime *chime, bool resumed);

/*
 * A host that was lost answers again, with the result @check. If the raw clock was not disrupted
 * meanwhile, the host's line is still valid, and a jump is a disruption of just now. Otherwise the
 * line is restarted, as at load, and does not show one. So it is where a witness sees a disruption
 * just now and sources have corrected the timescale meanwhile: that is reported as if the host were
 * still lost. @resumed: a suspend has ended.
 *
 * Return: the result to act on.
 */
enum chime_check chime_disruption_regain_host(struct chime *chime, enum chime_check check,
					      s64 gap_ns, bool resumed);

#endif /* CHIME_DISRUPTION_PARTS_H */
