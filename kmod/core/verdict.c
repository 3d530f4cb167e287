// SPDX-License-Identifier: GPL-2.0-only
/*
 * Verdicts: the matrix of evidence and cause.
 *
 * What was said outright comes first: a new generation id is a fork, whatever else was seen. Then
 * what only follows: a clock that was set anew belongs to a pause or to a restore, and the
 * witnesses of restores report which of them, if there are any. What nobody saw did not happen to
 * this guest, so it happened to the host's clock, unless there is nobody who could have seen it.
 */
#include "core/verdict.h"

#include "core/line.h"

/*
 * With nobody to see restores: a savevm costs a guest 18-55 ms, and a restore at least what the
 * save and the load take. A stop so short did not go back to anything.
 */
#define CHIME_PAUSE_MAX_NS	150000000LL

/* The guest stood still, and nobody says that it was restored. */
static enum truechime_cause chime_verdict_stop(const struct chime_observation *observation)
{
	/* Standing still loses time. Here it was won: the host's clock was set as well. */
	if (observation->gap_ns <= 0)
		return observation->sees_restores ? TRUECHIME_CAUSE_UNKNOWN :
						    TRUECHIME_CAUSE_REVERT;
	if (observation->sees_restores || observation->gap_ns <= CHIME_PAUSE_MAX_NS)
		return TRUECHIME_CAUSE_PAUSE;
	/* The more dangerous of the two, whose repair is the same. */
	return TRUECHIME_CAUSE_REVERT;
}

#define CHIME_NS_PER_DAY	(86400 * CHIME_NS_PER_S)

/* An idle guest checks every second, and a slewed host is off by little over that. */
#define CHIME_LEAP_LATE_NS	(3 * CHIME_NS_PER_S)
#define CHIME_LEAP_TOLERANCE_NS	10000000LL

/* By one second, and just at midnight UTC. */
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

/* Time came apart, and nobody saw anything happen to this guest. */
static enum truechime_cause chime_verdict_silence(const struct chime_observation *observation)
{
	if (observation->sees_stops)
		return chime_verdict_host(observation);
	if (observation->sees_restores)
		return observation->gap_ns > 0 ? TRUECHIME_CAUSE_PAUSE :
						 chime_verdict_host(observation);
	/* Nothing was reported: again the more dangerous one. */
	return TRUECHIME_CAUSE_REVERT;
}

enum truechime_cause chime_verdict_cause(const struct chime_observation *observation)
{
	u32 evidence = observation->evidence;

	if (evidence & CHIME_SAW_FORK)
		return TRUECHIME_CAUSE_FORK;
	if (evidence & CHIME_SAW(MARKER) && observation->sees_forks)
		return TRUECHIME_CAUSE_MIGRATION;
	/* Waking resets devices, which may notify on that occasion. */
	if (observation->suspended)
		return TRUECHIME_CAUSE_SUSPEND;
	if (evidence & CHIME_SAW_RESTORE)
		return TRUECHIME_CAUSE_REVERT;
	if (evidence & CHIME_SAW_STOP)
		return chime_verdict_stop(observation);
	/* Whether this machine lost time or the sources did, none of its own witnesses can say. */
	if (evidence == CHIME_SAW(NTP))
		return TRUECHIME_CAUSE_TIME_SOURCES;
	return chime_verdict_silence(observation);
}
