/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Verdicts: why guest time and the reference came apart, judged from all that the witnesses
 * reported and from what they would have reported. reaction.c decides what follows.
 *
 * Pure decisions, so that the tests compile this very file; disruption.c checks and acts.
 */
#ifndef CHIME_VERDICT_H
#define CHIME_VERDICT_H

#include <linux/truechime.h>

#include "core/line_env.h"

/* The witnesses' bits. */
#define CHIME_SAW(evidence)	(1U << TRUECHIME_EVIDENCE_##evidence)

/* This guest was resumed from an earlier state as a new instance ... */
#define CHIME_SAW_FORK		(CHIME_SAW(GENID_CHANGED) | CHIME_SAW(GENERATION))
/* ... or restored, or moved to another host: hypervisors report this at once, gap or no gap. */
#define CHIME_SAW_RESTORE	(CHIME_SAW_FORK | CHIME_SAW(GENID_NOTIFY) | CHIME_SAW(MARKER))
/* This guest was stopped, be it for a pause or for a restore. */
#define CHIME_SAW_STOP		(CHIME_SAW(GUEST_STOPPED) | CHIME_SAW(CLOCK_SET))

/**
 * struct chime_observation - all that was observed of one disruption
 * @evidence: bits of enum truechime_evidence
 * @gap_ns: how far the reference moved away from this guest; 0 if not measured
 * @time_ns: the reference's time after the disruption; 0 if not measured
 * @gapless: the host answers, and no clock of this guest lost time
 * @suspended: the guest itself suspended since the last good check
 * @sees_stops: a stop of this guest would be in @evidence
 * @sees_restores: a restore of this guest would be in @evidence
 * @sees_forks: @evidence would distinguish a restore from a move to another host
 */
struct chime_observation {
	u32 evidence;
	s64 gap_ns;
	s64 time_ns;
	bool gapless;
	bool suspended;
	bool sees_stops;
	bool sees_restores;
	bool sees_forks;
};

/* This is another host: a device that distinguishes moves from restores says so. */
static inline bool chime_verdict_is_move(u32 evidence, bool sees_forks)
{
	return sees_forks && evidence & CHIME_SAW(MARKER);
}

/* This is another instance or another host. A wake-up, which resets devices, does not match. */
static inline bool chime_verdict_is_elsewhere(u32 evidence, bool sees_forks)
{
	return evidence & CHIME_SAW_FORK || chime_verdict_is_move(evidence, sees_forks);
}

/* The cause that explains all that was observed. */
enum truechime_cause chime_verdict_cause(const struct chime_observation *observation);

#endif /* CHIME_VERDICT_H */
