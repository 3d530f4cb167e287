/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The timescale: UTC as a function of the raw clock, from the host line and the correction in
 * force, with the bound of its error; slewed or jumped when either changes. Also the adjustable
 * clock of mode external.
 *
 * Writers hold the module's lock; readers need none and may be anywhere but in NMI.
 */
#ifndef CHIME_TIMESCALE_H
#define CHIME_TIMESCALE_H

#include <linux/rtmutex.h>
#include <linux/seqlock.h>
#include <linux/truechime.h>

#include "compat.h"
#include "core/line.h"
#include "core/reaction.h"
#include "core/statement.h"
#include "core/steady.h"

/**
 * struct chime_slew - a change of phase in progress
 * @from_ns: raw time at which the slew began
 * @phase_ns: target minus timescale at that time
 * @rate_q32: rate of the slew, >= 0
 */
struct chime_slew {
	s64 from_ns;
	s64 phase_ns;
	s64 rate_q32;
};

/**
 * struct chime_view - a consistent copy of the state, for readers
 * @line: the target: UTC as a function of the raw clock
 * @fine_q48: what @line's rate lacks, times 2^48: 0 to 65535, and 0 but in mode external
 * @slew: the slew towards the target
 * @host: host time as a function of the raw clock
 * @steady: unslewed host time as a function of the raw clock: the reference, if that is the host
 * @followed_ns: by how much that may have followed slews, all told
 * @has_host: there is a @host line
 * @host_maxerror_ns: bound of the host's own clock against UTC; CHIME_LINE_UNBOUNDED_NS: unknown
 * @uncorrected_host: the timescale is the host's time as it is: its error includes the host's
 * @awaits_host: only the host can say how much time a stop took, and has not: there is no bound
 * @mode: who steers
 * @reference: what the correction is a function of
 * @corrected: a correction is in force
 * @corrected_ns: the reference's time when it was set
 * @disputed_ns: time sources contradict the correction, and are not followed: readers are told a
 *	bound that is wider by this, and nothing is decided by it
 * @epoch: counts changes of what the reference means
 * @change: the reference of this epoch minus that of the one before, see struct chime_now
 */
struct chime_view {
	struct chime_line line;
	s64 fine_q48;
	struct chime_slew slew;
	struct chime_line host;
	struct chime_line steady;
	s64 followed_ns;
	bool has_host;
	s64 host_maxerror_ns;
	bool uncorrected_host;
	bool awaits_host;
	enum truechime_mode mode;
	enum truechime_reference reference;
	bool corrected;
	s64 corrected_ns;
	s64 disputed_ns;
	u32 epoch;
	struct chime_line change;
};

/**
 * struct chime_now - the timescale at one instant
 * @raw_ns: the instant
 * @time_ns: the timescale
 * @host_ns: the host's time, 0 without a host line
 * @reference_ns: the reference's time
 * @followed_ns: by how much that may have followed slews of the host, all told: what was measured
 *	against it is off by what this has grown since
 * @has_host: there is a host line
 * @rate_q32: d(time)/d(raw clock) - 1, slew included
 * @slew_ns: the phase that is still to be slewed in
 * @sigma_ns: one standard error of @time_ns
 * @maxerror_ns: its bound against UTC; CHIME_LINE_UNBOUNDED_NS: none known
 * @reading_ns: the part of that which is no error of the host's own clock
 * @host_maxerror_ns: bound of the host's own clock; CHIME_LINE_UNBOUNDED_NS: nobody stated one
 * @mode: who steers
 * @state: what the timescale rests on
 * @reference: what a correction is measured against
 * @epoch: of the reference
 * @change: the reference of this epoch minus that of the one before, as a function of the latter's
 *	time. maxerror_ns CHIME_LINE_UNBOUNDED_NS: the offset between the two is not known, but the
 *	rate is; sigma_rate_q32 CHIME_LINE_RATE_UNKNOWN_Q32: the rate is not known either
 */
struct chime_now {
	s64 raw_ns;
	s64 time_ns;
	s64 host_ns;
	s64 reference_ns;
	s64 followed_ns;
	bool has_host;
	s64 rate_q32;
	s64 slew_ns;
	s64 sigma_ns;
	s64 maxerror_ns;
	s64 reading_ns;
	s64 host_maxerror_ns;
	enum truechime_mode mode;
	enum truechime_state state;
	enum truechime_reference reference;
	u32 epoch;
	struct chime_line change;
};

/**
 * struct chime_timescale - the timescale
 * @lock: the module's: protects all but @seq and @latch, and serialises their writers
 * @slew_min_q32: small changes of phase are slewed at this rate
 * @holdover_ns: a correction older than this counts as holdover
 * @current_view: what readers see now; used by writers only
 * @correction: UTC minus reference as a function of the reference's time
 * @steady: unslewed host time; valid since the host last became the reference
 * @apart_ns: the part of the correction's bound that allows for the present host being another one
 *	than it was measured against
 * @suspect_ns: the part that allows for the latest gap being a step of the host's clock
 * @stands_in: the correction is the line of a host that was lost
 * @refuted: corrections have shown that what is stated of the host's clock is wrong, or the one
 *	that took its place had a larger bound, and none since has shown that it is right. Only
 *	counts while there is a correction
 * @free: UTC as a function of the raw clock where there is neither host nor correction
 * @external: the adjustable clock of mode external, as a function of the raw clock
 * @external_fine_q48: what its rate lacks, as in struct chime_view
 * @seq: readers use @latch[@seq & 1]
 * @latch: two copies of the view, one of which is always consistent
 */
struct chime_timescale {
	struct rt_mutex *lock;	/* the module's */
	s64 slew_min_q32;
	s64 holdover_ns;
	struct chime_view current_view;
	struct chime_line correction;
	struct chime_steady steady;
	s64 apart_ns;
	s64 suspect_ns;
	bool stands_in;
	bool refuted;
	struct chime_line free;
	struct chime_line external;
	s64 external_fine_q48;
	seqcount_latch_t seq;
	struct chime_view latch[2];
};

/* Begin in state free: the system's time, kept by the raw clock. Nothing else runs yet. */
void chime_timescale_init(struct chime_timescale *timescale, struct rt_mutex *lock,
			  s64 slew_min_q32, s64 holdover_ns);

/* The timescale at @raw_ns. Any context but NMI. */
s64 chime_timescale_time(const struct chime_timescale *timescale, s64 raw_ns);

/* The whole state of the timescale at @raw_ns. Any context but NMI. */
void chime_timescale_now(const struct chime_timescale *timescale, s64 raw_ns,
			 struct chime_now *now);

/* Bound, at @raw_ns, of the error of the time that mode auto shows or would show. Lock held. */
s64 chime_timescale_maxerror(const struct chime_timescale *timescale, s64 raw_ns);

/*
 * State the bound of the host's own clock against UTC; CHIME_LINE_UNBOUNDED_NS: unknown. It counts
 * while the host's time is followed as it is. Lock held.
 */
void chime_timescale_set_host_maxerror(struct chime_timescale *timescale, s64 maxerror_ns);

/* The following change the timescale from @raw_ns (the present) on. Lock held. */

/* Use a new fit of the same host line: a change of phase is slewed in. */
void chime_timescale_set_host(struct chime_timescale *timescale, const struct chime_line *host,
			      s64 raw_ns);

/**
 * struct chime_reference_terms - parameters of a change of the reference
 * @host: the host's line from now on; NULL: there is no host
 * @gap_ns: how far the clock moved
 * @gap_error_ns: for CHIME_REFERENCE_SHIFT, CHIME_REFERENCE_RESYNC and CHIME_REFERENCE_SAME: bound
 *	of @gap_ns's error, added to the correction's
 * @realtime_ns: for CHIME_REFERENCE_RESTART: the time to begin with
 * @apart_ns: for CHIME_REFERENCE_RESYNC and CHIME_REFERENCE_SAME: the host may be another one,
 *	whose clock differs from the first one's by up to this; 0: it is the same. For
 *	CHIME_REFERENCE_SHIFT that is part of @gap_error_ns already
 * @suspect_ns: for CHIME_REFERENCE_RESYNC: the host's clock may have been set by this much instead;
 *	0: it was not; chime_timescale_clear_suspect() is next
 * @vouched: use the bound that is stated of the host's clock instead of both
 */
struct chime_reference_terms {
	const struct chime_line *host;
	s64 gap_ns;
	s64 gap_error_ns;
	s64 realtime_ns;
	s64 apart_ns;
	s64 suspect_ns;
	bool vouched;
};

/*
 * Time was disrupted: the reference means something else from now on, see enum
 * chime_reference_change. This begins a new epoch unless the correction stays valid unchanged.
 */
void chime_timescale_apply(struct chime_timescale *timescale, enum chime_reference_change change,
			   const struct chime_reference_terms *terms, s64 raw_ns);

/*
 * The hypervisor set the raw clock ahead by @by_ns while this guest stood still: state all that is
 * known as if it had not, so that the gap is one as any other. chime_timescale_apply() is next, and
 * publishes. The clock of mode external gets the gap back from that.
 */
void chime_timescale_set_raw_ahead(struct chime_timescale *timescale, s64 by_ns);

/*
 * The latest gap may have been a step of the host's clock, unless a stop of this guest was seen
 * after all (@seen): if it was not, the offset has to be measured again, in a new epoch.
 */
void chime_timescale_clear_suspect(struct chime_timescale *timescale, bool seen, s64 raw_ns);

/*
 * Take the host (@reference_host) or the raw clock as the reference: a new epoch. @host: the host's
 * line; NULL: none. The correction in force is converted, so that time is continuous; it has to be
 * measured again. A correction that stands in for a lost host ends when there is a host.
 *
 * @slewing_q32: the rate of a host that is the reference now may be that of a slew of about this,
 * which the correction makes up for; 0: it is not slewed. The slew ends, and UTC goes on: until the
 * next correction the bound grows by it.
 */
void chime_timescale_set_reference(struct chime_timescale *timescale,
				   const struct chime_line *host, bool reference_host,
				   s64 slewing_q32, s64 raw_ns);

/*
 * The host has not answered for long: the raw clock is the reference from now on, and the timescale
 * becomes a correction against it. If that only stands in for the host's line, it ends when there
 * is a host again. @slewing_q32: by how much that line's rate may be that of a slew. A new epoch.
 */
void chime_timescale_lose_host(struct chime_timescale *timescale, s64 slewing_q32, s64 raw_ns);

/*
 * Time was disrupted, and the host, which has not answered since, will say by how much: meanwhile
 * the timescale goes on without a bound. false: it has answered, or is not waited for any more.
 * That is a new epoch: what was measured meanwhile was measured against a reference that lacked
 * what the disruption took.
 */
void chime_timescale_await_host(struct chime_timescale *timescale, bool awaits);

/* Update the line of a demoted host: it is shown, but is not the reference. */
void chime_timescale_watch_host(struct chime_timescale *timescale, const struct chime_line *host);

/*
 * What is stated of the host's clock is contradicted: by the correction in force, or by an earlier
 * one that none has proved wrong since. Lock held.
 */
bool chime_timescale_refutes_host(const struct chime_timescale *timescale, s64 raw_ns);

/* Something else is stated of the host's clock: earlier corrections have not refuted that. */
void chime_timescale_restate_host(struct chime_timescale *timescale);

/*
 * Follow the host again, if that is known better than the correction by now: the correction ends,
 * and the difference is slewed in like that of any other change, unless time was just disrupted
 * (@jump). A new epoch: measurements can be converted. @stated: what was compared.
 *
 * Return: the host is followed again.
 */
bool chime_timescale_return_to_host(struct chime_timescale *timescale, bool jump, s64 raw_ns,
				    struct chime_stated *stated);

/*
 * @correction moves the timescale further than both are known to be right: one of them is wrong.
 * Lock held.
 */
bool chime_timescale_is_denied(const struct chime_timescale *timescale,
			       const struct chime_line *correction, s64 raw_ns);

/*
 * Set the correction, or state a dispute of it. One that takes the place of a host that is stated
 * to be better known than it refutes the statement. 0, or -ESTALE when @epoch has passed.
 */
int chime_timescale_correct(struct chime_timescale *timescale, const struct chime_line *correction,
			    u32 epoch, bool jump, s64 raw_ns);

/* How long ago the correction was set, by the reference. */
s64 chime_timescale_age(const struct chime_timescale *timescale, s64 raw_ns);

/*
 * UTC was set forward by @change_ns, a leap second, and no daemon sets a correction that has it: a
 * new epoch, whose reference is the same. false: nothing is corrected, or other programs steer.
 */
bool chime_timescale_leap(struct chime_timescale *timescale, s64 change_ns, s64 raw_ns);

/* Drop the correction, and with it all measurements against the reference: a new epoch. */
void chime_timescale_forget(struct chime_timescale *timescale, s64 raw_ns);

/*
 * This may be another host than the one that the correction was measured against: the correction
 * stays in force, but loses its bound. A new epoch, because it has to be measured again. false:
 * there is no correction.
 */
bool chime_timescale_suspect_host(struct chime_timescale *timescale, s64 raw_ns);

/*
 * The clocksource changed after @since_ns: a correction to the raw clock loses its rate. So does
 * the host's line until there is a new one.
 */
void chime_timescale_lose_rate(struct chime_timescale *timescale, s64 since_ns, s64 raw_ns);

/*
 * Set who steers. In mode external time goes on from the present, and a slew ends. Back in mode
 * auto it jumps: a clock that others have set has no bound.
 */
void chime_timescale_set_mode(struct chime_timescale *timescale, enum truechime_mode mode,
			      s64 raw_ns);

/* Mode external only (the caller has checked): */

/* Show @time_ns at @raw_ns. A slew ends. */
void chime_timescale_set_time(struct chime_timescale *timescale, s64 time_ns, s64 raw_ns);

/* Jump by @delta_ns. A slew in progress continues. */
void chime_timescale_add_time(struct chime_timescale *timescale, s64 delta_ns, s64 raw_ns);

/* @rate_q48: d(time)/d(raw clock) - 1, times 2^48: adjfine is that fine. A slew continues. */
void chime_timescale_set_rate(struct chime_timescale *timescale, s64 rate_q48, s64 raw_ns);

/* Slew in @phase_ns from the present on. What is left of a slew in progress is dropped. */
void chime_timescale_slew(struct chime_timescale *timescale, s64 phase_ns, s64 raw_ns);

/* The correction in force, if any. Lock held. */
static inline const struct chime_line *
chime_timescale_correction(const struct chime_timescale *timescale)
{
	return timescale->current_view.corrected ? &timescale->correction : NULL;
}

/*
 * The timescale can be trusted as UTC. Not so in mode external, where other programs set it, or
 * where there is neither host nor correction. Lock held.
 */
static inline bool chime_timescale_is_trusted(const struct chime_timescale *timescale)
{
	const struct chime_view *view = &timescale->current_view;

	return view->mode == TRUECHIME_MODE_AUTO &&
	       (view->corrected || view->reference == TRUECHIME_REFERENCE_HOST);
}

#endif /* CHIME_TIMESCALE_H */
