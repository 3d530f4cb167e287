/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trust in the clock: one state, and the events that change it. Pure. Before the clock is called
 * synchronised, the caller also checks that the system clock follows the timescale, and that a
 * bound is known.
 */
#ifndef STEERING_TRUST_H
#define STEERING_TRUST_H

#include <stdbool.h>

/**
 * enum trust - trust in the timescale
 * @TRUST_UNKNOWN: the time is unknown
 * @TRUST_FOLLOWING: it is followed as it is: the host's time, or what was known at the start
 * @TRUST_CONFIRMED: the time sources agree with it
 * @TRUST_REPAIRED: time was disrupted, and it is as right as it was; the sources' first correction
 *	steps what is left
 * @TRUST_DISRUPTED: time was disrupted, and it may be wrong until the sources have confirmed it
 * @TRUST_HELD: it goes on without confirmation: the sources are lost, or contradict
 * @TRUST_EXTERNAL: another program steers it (mode external, rivals yield)
 */
enum trust {
	TRUST_UNKNOWN,
	TRUST_FOLLOWING,
	TRUST_CONFIRMED,
	TRUST_REPAIRED,
	TRUST_DISRUPTED,
	TRUST_HELD,
	TRUST_EXTERNAL,
};

/**
 * enum trust_event - what changes it
 * @TRUST_SOURCES_AGREE: the sources can be used, with or without a new sample
 * @TRUST_SOURCES_MEASURED: the timescale includes new measurements of theirs
 * @TRUST_SOURCES_SILENT: they cannot be used, but there is a host
 * @TRUST_SOURCES_LOST: they cannot be used, and there is no host; or they contradict the clock by
 *	more than maxchange allows
 * @TRUST_TIME_REPAIRED: time was disrupted, and the timescale goes on as right as it was
 * @TRUST_TIME_DISRUPTED: time was disrupted, and the timescale with it
 * @TRUST_OPERATOR_SET: the operator has set the time, which nothing else confirms
 * @TRUST_HOST_ALONE: the host's time is all there is, and nobody is asked who could confirm it
 * @TRUST_OTHERS_STEER: mode external begins ...
 * @TRUST_OTHERS_LEFT: ... and ends
 */
enum trust_event {
	TRUST_SOURCES_AGREE,
	TRUST_SOURCES_MEASURED,
	TRUST_SOURCES_SILENT,
	TRUST_SOURCES_LOST,
	TRUST_TIME_REPAIRED,
	TRUST_TIME_DISRUPTED,
	TRUST_OPERATOR_SET,
	TRUST_HOST_ALONE,
	TRUST_OTHERS_STEER,
	TRUST_OTHERS_LEFT,
};

/* The state after @event, in state @trust. */
enum trust trust_after(enum trust trust, enum trust_event event);

/* The sources have not confirmed the clock since time was disrupted. */
static inline bool trust_is_unconfirmed(enum trust trust)
{
	return trust == TRUST_REPAIRED || trust == TRUST_DISRUPTED;
}

/* It may be called synchronised. */
static inline bool trust_allows(enum trust trust)
{
	return trust == TRUST_FOLLOWING || trust == TRUST_CONFIRMED || trust == TRUST_REPAIRED;
}

/* "confirmed" ... for machines. */
const char *trust_name(enum trust trust);

#endif /* STEERING_TRUST_H */
