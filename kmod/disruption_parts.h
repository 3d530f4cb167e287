/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What disruption.c and disruption_alone.c have of each other. All in process context, with the
 * module's lock held.
 */
#ifndef CHIME_DISRUPTION_PARTS_H
#define CHIME_DISRUPTION_PARTS_H

#include "core/reaction.h"
#include "disruption.h"
#include "events.h"
#include "host.h"
#include "system_clock.h"

/* --- disruption.c --- */

/* All that is known of what happened, judged. @sees_stops: a stop would be in @evidence. */
enum truechime_cause chime_disruption_judge(const struct chime *chime, u32 evidence, s64 gap_ns,
					    bool sees_stops);

/*
 * Add what was known of time to @disrupted, ask the table of causes, and change the reference as it
 * says; the rest of @reaction is the caller's.
 */
void chime_disruption_react(struct chime *chime, struct chime_disrupted *disrupted,
			    struct chime_reaction *reaction);

/*
 * Put the system clock, which fell behind by @lost_ns together with raw, right by policy, and fill
 * in @event. What stays wrong is marked so.
 */
void chime_disruption_repair(struct chime *chime, struct chime_event *event, s64 lost_ns);

/* Fill in what is known at the beginning: how well UTC was known until now. */
void chime_disruption_begin(const struct chime *chime, struct chime_event *event);

/* Fill in what is known at the end. */
void chime_disruption_finish(struct chime *chime, struct chime_event *event,
			     const struct chime_repair *repair);

/* All was well at @raw_ns, or is put right by now as far as it can be. */
void chime_disruption_note_fine(struct chime *chime, s64 raw_ns);

/* One disruption is one event, however many witnesses saw it. A leap second is none. */
void chime_disruption_report(struct chime *chime, struct chime_event *event);

/* A restore was notified and not reported yet. @resumed: a suspend has ended. */
bool chime_disruption_is_restored(struct chime *chime, bool resumed);

/* --- disruption_alone.c --- */

/* A check where there is no host. */
void chime_disruption_blind(struct chime *chime, bool resumed);

/* A check of a host that does not answer. After a while that is as if there were none. */
void chime_disruption_silent(struct chime *chime, bool resumed);

/*
 * A host that was lost answers again, and @check is what was found. If raw went on as before, so
 * did its line, and a jump is a disruption of just now. Otherwise it starts anew, as at the
 * beginning.
 *
 * Return: what was found, as it is to be taken now.
 */
enum chime_check chime_disruption_regain_host(struct chime *chime, enum chime_check check);

#endif /* CHIME_DISRUPTION_PARTS_H */
