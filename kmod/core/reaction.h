/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reactions: what follows from the cause of a disruption, for the reference, for the correction
 * that was measured against it, and for the system clock. One table, with a row for each cause.
 *
 * Pure decisions: module, daemon, tests and simulator compile this very file. Noticing a disruption
 * and acting on it is disruption.c's, naming its cause verdict.c's.
 */
#ifndef CHIME_REACTION_H
#define CHIME_REACTION_H

#include <linux/truechime.h>

#include "core/line_env.h"

#define CHIME_CAUSES	(TRUECHIME_CAUSE_TIME_SOURCES + 1)

/**
 * enum chime_reference_change - what becomes of the reference and of the correction against it
 * @CHIME_REFERENCE_SAME: both go on as they are
 * @CHIME_REFERENCE_RESYNC: the raw clock moved: host time is related to it anew, the correction
 *	holds
 * @CHIME_REFERENCE_FOLLOW: the host's clock was set, and time follows it: the correction ends
 * @CHIME_REFERENCE_ABSORB: the host's clock was set, and the correction takes that up: time goes on
 * @CHIME_REFERENCE_REPLACE: this is another host's clock: the correction ends
 * @CHIME_REFERENCE_SHIFT: the raw clock is the reference and moved: the correction moves after it
 * @CHIME_REFERENCE_WATCH: the host's clock, which is not the reference, was set: time goes on
 * @CHIME_REFERENCE_RESTART: the raw clock moved, nobody knows how far: the correction ends
 */
enum chime_reference_change {
	CHIME_REFERENCE_SAME,
	CHIME_REFERENCE_RESYNC,
	CHIME_REFERENCE_FOLLOW,
	CHIME_REFERENCE_ABSORB,
	CHIME_REFERENCE_REPLACE,
	CHIME_REFERENCE_SHIFT,
	CHIME_REFERENCE_WATCH,
	CHIME_REFERENCE_RESTART,
};

/**
 * enum chime_measure - who measured how far the clocks came apart
 * @CHIME_MEASURED_BY_NONE: nobody
 * @CHIME_MEASURED_BY_HOST: the host's clock
 * @CHIME_MEASURED_BY_SOURCES: the daemon's time sources
 */
enum chime_measure {
	CHIME_MEASURED_BY_NONE,
	CHIME_MEASURED_BY_HOST,
	CHIME_MEASURED_BY_SOURCES,
};

/**
 * struct chime_disrupted - a disruption, and what was known of time before it
 * @cause: its cause
 * @measure: who measured @gap_ns
 * @gap_ns: how far UTC, or the host's clock, moved away from this guest; 0 if nobody measured it
 * @gap_error_ns: by how much that may be wrong, as the sources say
 * @has_host: a host answers
 * @demoted: its clock is not the reference
 * @corrected: a correction is in force: UTC is known apart from the reference
 * @maxerror_ns: by how much UTC could be wrong
 */
struct chime_disrupted {
	enum truechime_cause cause;
	enum chime_measure measure;
	s64 gap_ns;
	s64 gap_error_ns;
	bool has_host;
	bool demoted;
	bool corrected;
	s64 maxerror_ns;
};

/**
 * struct chime_reaction - what is to be done about it
 * @change: to the reference
 * @shift_error_ns: of CHIME_REFERENCE_SHIFT: by how much the gap may be wrong
 * @lost_ns: by how much the system clock fell behind together with the raw clock
 * @suspect_host: nothing is known of this host: a correction that goes on has no bound any more
 * @repair: the system clock is to be put right by the policy; otherwise it goes on as it was
 */
struct chime_reaction {
	enum chime_reference_change change;
	s64 shift_error_ns;
	s64 lost_ns;
	bool suspect_host;
	bool repair;
};

/* What follows from a disruption. */
void chime_react(const struct chime_disrupted *disrupted, struct chime_reaction *reaction);

/* The occasion whose rules of the step policy hold for a cause. */
enum truechime_occasion chime_reaction_occasion(enum truechime_cause cause);

/* Errors of the system clock up to this, in ns, are left to be slewed, whatever the policy says. */
s64 chime_reaction_spares_ns(enum truechime_cause cause);

/* Is it counted as a disruption, after which whoever measured time measures it anew? */
bool chime_reaction_counts(enum truechime_cause cause);

/* The host's clock moved, and nothing happened to this guest. */
bool chime_reaction_is_hosts(enum truechime_cause cause);

/* This guest may be on another host, of which nothing is known. */
bool chime_reaction_suspects_host(enum truechime_cause cause);

/**
 * chime_reaction_leaves_wrong() - may nobody go on believing the system clock?
 * @action: what was done about it
 * @residual_ns: how far it still is from the timescale
 * @suspected: it was right by a host that need not be this one
 *
 * A step sees to that itself.
 */
bool chime_reaction_leaves_wrong(enum truechime_action action, s64 residual_ns, bool suspected);

#endif /* CHIME_REACTION_H */
