/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Verdicts: why guest time and the reference came apart, judged from all that the witnesses saw and
 * from what they would have seen. What follows from it is reaction.c's.
 *
 * Pure decisions, so that the tests compile this very file; checking and acting is disruption.c's.
 */
#ifndef CHIME_VERDICT_H
#define CHIME_VERDICT_H

#include <linux/truechime.h>

#include "core/line_env.h"

/* The witnesses' bits. */
#define CHIME_SAW(evidence)	(1U << TRUECHIME_EVIDENCE_##evidence)

/* This guest goes on from an earlier state as a new instance ... */
#define CHIME_SAW_FORK		(CHIME_SAW(GENID_CHANGED) | CHIME_SAW(GENERATION))
/* ... or from an earlier state, or elsewhere: a hypervisor says so at once, gap or no gap. */
#define CHIME_SAW_RESTORE	(CHIME_SAW_FORK | CHIME_SAW(GENID_NOTIFY) | CHIME_SAW(MARKER))
/* This guest was stopped, be it for a pause or for a restore. */
#define CHIME_SAW_STOP		(CHIME_SAW(GUEST_STOPPED) | CHIME_SAW(CLOCK_SET))

/**
 * struct chime_observation - what one disruption looked like
 * @evidence: bits of enum truechime_evidence
 * @gap_ns: how far the reference moved away from this guest; 0 if not measured
 * @time_ns: the reference's time since then; 0 if not measured
 * @suspended: the guest itself suspended since all was well
 * @sees_stops: a stop of this guest would be in @evidence
 * @sees_restores: so would a restore
 * @sees_forks: and whether it was one, or a move to another host
 */
struct chime_observation {
	u32 evidence;
	s64 gap_ns;
	s64 time_ns;
	bool suspended;
	bool sees_stops;
	bool sees_restores;
	bool sees_forks;
};

/* This is another instance or another place. Waking up, which resets devices, does not look so. */
static inline bool chime_verdict_is_elsewhere(u32 evidence, bool sees_forks)
{
	return evidence & CHIME_SAW_FORK || (sees_forks && evidence & CHIME_SAW(MARKER));
}

/* The one cause of all that was observed. */
enum truechime_cause chime_verdict_cause(const struct chime_observation *observation);

#endif /* CHIME_VERDICT_H */
