// SPDX-License-Identifier: GPL-2.0-only
/*
 * Verdicts: the matrix of evidence and cause.
 *
 * Explicit reports come first: a new generation id is a fork, whatever else was seen, but if no
 * time was lost a migration, because some hypervisors draw one then, too. Conclusions follow: a
 * kvm-clock that was set anew means a pause or a restore, and the witnesses of restores, if there
 * are any, report which of the two. A disruption that no witness saw did not happen to this guest,
 * so it happened to the host's clock, unless no witness could have seen it.
 */
#include "core/verdict.h"

#include "core/line.h"

/*
 * Longest pause if no witness sees restores: a savevm stops a guest for 18-55 ms, and a restore
 * takes at least as long as the save and the load. A stop so short was no restore.
 */
#define CHIME_PAUSE_MAX_NS	150000000LL

/* The guest stood still, and no witness reported a restore. */
static enum truechime_cause chime_verdict_stop(const struct chime_observation *observation)
{
	/* A guest that stands still loses time. It gained here, so the host's clock was set too. */
	if (observation->gap_ns <= 0)
		return observation->sees_restores ? TRUECHIME_CAUSE_UNKNOWN :
						    TRUECHIME_CAUSE_REVERT;
	if (observation->sees_restores || observation->gap_ns <= CHIME_PAUSE_MAX_NS)
		return TRUECHIME_CAUSE_PAUSE;
	/* Either is possible, and the repair is the same: report the more dangerous one. */
	return TRUECHIME_CAUSE_REVERT;
}

#define CHIME_NS_PER_DAY	(86400 * CHIME_NS_PER_S)

/* An idle guest checks every second, and a slewed host is off by little more than that. */
#define CHIME_LEAP_LATE_NS	(3 * CHIME_NS_PER_S)
#define CHIME_LEAP_TOLERANCE_NS	10000000LL

/* The gap is one second, and it is just midnight UTC. */
static bool chime_verdict_is_leap(s64 gap_ns, s64 time_ns)
{
	s64 day_ns = time_ns % CHIME_NS_PER_DAY;
	s64 miss_ns = (gap_ns < 0 ? chime_add_sat(gap_ns, CHIME_NS_PER_S) :
				    chime_sub_sat(gap_ns, CHIME_NS_PER_S));

	return time_ns > 0 && chime_abs_sat(miss_ns) <= CHIME_LEAP_TOLERANCE_NS &&
	       (day_ns <= CHIME_LEAP_LATE_NS ||
		day_ns >= CHIME_NS_PER_DAY - CHIME_NS_PER_S - CHIME_LEAP_TOLERANCE_NS);
}

static enum truechime_cause chime_verdict_host(const struct chime_observation *observation)
{
	return chime_verdict_is_leap(observation->gap_ns, observation->time_ns) ?
	       TRUECHIME_CAUSE_LEAP : TRUECHIME_CAUSE_HOST_STEP;
}

/* Time came apart, and no witness reported that anything happened to this guest. */
static enum truechime_cause chime_verdict_silence(const struct chime_observation *observation)
{
	if (observation->sees_stops)
		return chime_verdict_host(observation);
	if (observation->sees_restores)
		return observation->gap_ns > 0 ? TRUECHIME_CAUSE_PAUSE :
						 chime_verdict_host(observation);
	/* A stop of this guest would have taken time. */
	if (observation->gap_ns < 0 &&
	    chime_verdict_is_leap(observation->gap_ns, observation->time_ns))
		return TRUECHIME_CAUSE_LEAP;
	/* There are no witnesses: again the more dangerous one. */
	return TRUECHIME_CAUSE_REVERT;
}

enum truechime_cause chime_verdict_cause(const struct chime_observation *observation)
{
	u32 evidence = observation->evidence;

	/* A fork of an earlier state would have lost the time since then. */
	if (evidence & CHIME_SAW(GENID_CHANGED) && observation->gapless &&
	    !(evidence & CHIME_SAW(GENERATION)))
		return TRUECHIME_CAUSE_MIGRATION;
	if (evidence & CHIME_SAW_FORK)
		return TRUECHIME_CAUSE_FORK;
	if (chime_verdict_is_move(evidence, observation->sees_forks))
		return TRUECHIME_CAUSE_MIGRATION;
	/* A wake-up resets devices, which may notify then. */
	if (observation->suspended)
		return TRUECHIME_CAUSE_SUSPEND;
	if (evidence & CHIME_SAW_RESTORE)
		return TRUECHIME_CAUSE_REVERT;
	if (evidence & CHIME_SAW_STOP)
		return chime_verdict_stop(observation);
	/* Neither a stop nor the host: the kernel's clocksource failed. */
	if (evidence & CHIME_SAW(RAW_LOST))
		return TRUECHIME_CAUSE_UNKNOWN;
	/* None of the guest's witnesses shows whether this machine lost time or the sources did. */
	if (evidence == CHIME_SAW(NTP))
		return TRUECHIME_CAUSE_TIME_SOURCES;
	return chime_verdict_silence(observation);
}
