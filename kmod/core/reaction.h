/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reactions: what follows from the cause of a disruption, for the reference, for the correction
 * that was measured against it, and for the system clock. One table, with a row for each cause.
 *
 * Pure decisions: module, daemon, tests and simulator compile this very file. disruption.c detects
 * a disruption and acts on it, verdict.c names its cause.
 */
#ifndef CHIME_REACTION_H
#define CHIME_REACTION_H

#include <linux/truechime.h>

#include "core/line_env.h"

#define CHIME_CAUSES	(TRUECHIME_CAUSE_TIME_SOURCES + 1)

/**
 * enum chime_reference_change - what becomes of the reference and of the correction against it
 * @CHIME_REFERENCE_SAME: both continue unchanged
 * @CHIME_REFERENCE_RESYNC: the raw clock moved: host time is fitted to it anew, and the correction
 *	stays valid
 * @CHIME_REFERENCE_FOLLOW: the host's clock was set, and the timescale follows it: the correction
 *	ends
 * @CHIME_REFERENCE_ABSORB: the host's clock was set, and the correction absorbs the step: the
 *	timescale is unaffected
 * @CHIME_REFERENCE_REPLACE: this is another host's clock: the correction ends
 * @CHIME_REFERENCE_SHIFT: the raw clock is the reference and moved: the correction is shifted by as
 *	much
 * @CHIME_REFERENCE_WATCH: the host's clock, which is not the reference, was set: the timescale is
 *	unaffected
 * @CHIME_REFERENCE_RESTART: the raw clock moved by an unknown amount: the correction ends
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
 * @gap_error_ns: bound of @gap_ns's error, as the sources report it
 * @has_host: a host answers
 * @demoted: the host's clock is not the reference
 * @corrected: a correction is in force: UTC is known independently of the reference
 * @host_vouched: how right the clocks of this guest's hosts are is known, whichever it is on
 * @host_stayed: a move to another host would have been reported
 * @host_left: one was reported, and nothing else explains the report
 * @unseen: no witness saw that anything happened to this guest, nor could have seen it
 * @stopped: one saw that this guest was stopped or restored, and nothing shows that its raw clock
 *	failed
 * @apart_ns: the clocks of two hosts differ by at most this, unless it is known how right they are
 * @host_ahead_ns: the host's clock minus the timescale before the disruption
 * @maxerror_ns: bound of the timescale's error before the disruption
 */
struct chime_disrupted {
	enum truechime_cause cause;
	enum chime_measure measure;
	s64 gap_ns;
	s64 gap_error_ns;
	bool has_host;
	bool demoted;
	bool corrected;
	bool host_vouched;
	bool host_stayed;
	bool host_left;
	bool unseen;
	bool stopped;
	s64 apart_ns;
	s64 host_ahead_ns;
	s64 maxerror_ns;
};

/**
 * struct chime_reaction - what is to be done about a disruption
 * @change: what becomes of the reference
 * @shift_error_ns: of CHIME_REFERENCE_SHIFT: bound of the gap's error
 * @lost_ns: by how much the system clock fell behind together with the raw clock
 * @suspect_host: nothing is known of this host: a correction that stays in force loses its bound
 * @apart_ns: this may be another host, whose clock differs from the first one's by up to this: the
 *	bound of a correction that stays in force allows for it; 0: it is the same host
 * @suspect_ns: this may be a step of the host's clock, by this much: likewise; 0: it is none
 * @repair: correct the system clock by the policy; otherwise leave it alone
 */
struct chime_reaction {
	enum chime_reference_change change;
	s64 shift_error_ns;
	s64 lost_ns;
	bool suspect_host;
	s64 apart_ns;
	s64 suspect_ns;
	bool repair;
};

/* Decide what is to be done about a disruption. */
void chime_react(const struct chime_disrupted *disrupted, struct chime_reaction *reaction);

/* The occasion whose rules of the step policy apply to a cause. */
enum truechime_occasion chime_reaction_occasion(enum truechime_cause cause);

/* Errors of the system clock up to this, in ns, are slewed, whatever the policy says. */
s64 chime_reaction_spares_ns(enum truechime_cause cause);

/* Is the cause counted as a disruption, after which the sources measure time anew? */
bool chime_reaction_counts(enum truechime_cause cause);

/* Does the cause mean that this guest may be on another host, of which nothing is known? */
bool chime_reaction_suspects_host(enum truechime_cause cause);

/**
 * chime_reaction_leaves_wrong() - must the system clock be marked unsynchronised?
 * @action: what was done about its error
 * @residual_ns: how far it still is from the timescale
 * @suspected: it followed a host that may not be the present one
 *
 * A step marks it anyway.
 */
bool chime_reaction_leaves_wrong(enum truechime_action action, s64 residual_ns, bool suspected);

#endif /* CHIME_REACTION_H */
