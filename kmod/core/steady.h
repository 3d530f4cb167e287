/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Unslewed host time (steady time): the host's time with its slews removed. Corrections are
 * measured against it.
 *
 * A host that slews its clock changes the rate of its time against the raw clock from one instant
 * to the next. An oscillator cannot do that, so UTC's rate did not change. While a correction is in
 * force, unslewed host time therefore keeps its rate across such a rate change. What the host gains
 * over it from there on is kept as a function of the host's time, so that it survives a revert.
 * Smaller rate changes are followed.
 *
 * Pure integer arithmetic, for tests and the simulator too.
 */
#ifndef CHIME_STEADY_H
#define CHIME_STEADY_H

#include "core/line.h"

/**
 * struct chime_steady_mark - unslewed host time at a check
 * @raw_ns: the raw clock
 * @offset_ns: unslewed host time against that
 * @error_ns: of the reading that it was taken from
 */
struct chime_steady_mark {
	s64 raw_ns;
	s64 offset_ns;
	s64 error_ns;
};

/**
 * struct chime_steady_rough - what bounds slews that the errors of readings hide
 * @read_ns: the error of the latest reading
 * @before: a check some time ago, by which the pace is measured. raw_ns 0: none
 * @lately: a later one, which will be @before
 * @begun: unslewed host time when the correction was set, or when the guest resumed since
 * @even_raw_ns: the host was seen to run at one rate since then ...
 * @even_q32: ... at this
 * @found_raw_ns: the correction that the pace is known since was set then
 * @active: the pace was measured by readings that may hide a slew
 * @pace_q32: unslewed host time would go on from @begun at this rate, were the host not slewed ...
 * @error_q32: ... or at one that differs by up to this
 * @bound_ns: the part of @unslew's bound that allows for how far it is off that
 */
struct chime_steady_rough {
	s64 read_ns;
	struct chime_steady_mark before;
	struct chime_steady_mark lately;
	struct chime_steady_mark begun;
	s64 even_raw_ns;
	s64 even_q32;
	s64 found_raw_ns;
	bool active;
	s64 pace_q32;
	s64 error_q32;
	s64 bound_ns;
};

/**
 * struct chime_steady_contained - rates that corrections since this guest resumed may contain
 * @active: other ones than the pace are possible
 * @least_q32: at which unslewed host time ran against the raw clock while they were measured: the
 *	lowest ...
 * @most_q32: ... and the highest
 * @latest_q32: at the latest one it was this ...
 * @since_raw_ns: ... and has been since then
 */
struct chime_steady_contained {
	bool active;
	s64 least_q32;
	s64 most_q32;
	s64 latest_q32;
	s64 since_raw_ns;
};

/**
 * struct chime_steady - the state of unslewed host time; chime_steady_start() begins it
 * @line: unslewed host time as a function of the raw clock, as of the latest check
 * @unslew: unslewed minus host time as a function of host time; its bound is by how much unslewed
 *	host time may have followed a slew since the correction was set
 * @pace_q32: the rate against the raw clock that unslewed host time keeps
 * @pace_raw_ns: when the rate was last compared with @pace_q32
 * @begin_raw_ns: the host was followed, slewed or not, at least until then
 * @parted_raw_ns: when unslewed host time was last parted from the host
 * @slew_q32: the fastest slew of the host seen before @parted_raw_ns
 * @rest_q32: @unslew's rate while the host is not slewed
 * @old_rest_q32: @rest_q32 before it changed: a long slew is mistaken for a new rate
 * @rest_raw_ns: when @rest_q32 changed
 * @gap_ns: how long this guest stood still since the correction was set
 * @allowance_ns: the part of @unslew's bound that allows for a slew during @gap_ns
 * @unseen_ns: a further part, until the host's slope after the gap has been seen
 * @followed_ns: by how much unslewed host time may have followed slews since it began, all told,
 *	but for gaps; and by how much it may differ because this may be another host. Corrections
 *	make up for it in what is measured with them; what was measured before is off by what this
 *	has grown since
 * @counted_ns: the part of @unslew's bound that is in @followed_ns
 * @moved_q32: the host has run off the pace by this rate since this guest stood still: the host is
 *	slewed hard, or the raw clock is another machine's now; 0: neither is suspected. If @lost,
 *	the pace may be off by this: it was measured while the host may have been slewed
 * @moved_raw_ns: the bound allows for another machine's raw clock up to this raw time ...
 * @moved_ns: ... by this much since the correction was set
 * @unmoved: @unslew when this guest resumed; its rate is that of a host that is not slewed
 * @renewed: a correction was set since this guest resumed ...
 * @renewed_raw_ns: ... the first one at this raw time
 * @pace_seen: nothing was measured against unslewed host time, which followed the host at the
 *	latest check, and the host's rate was seen then: a correction that is set before the next
 *	check is measured against that
 * @pace_doubted: @pace_q32 may be the rate of a slew, or the mean of several rates, and nothing was
 *	measured against unslewed host time yet
 * @pace_known: @pace_q32 was measured. Otherwise it is unset, or has not been confirmed yet
 * @paced: @pace_q32 is confirmed
 * @parted: unslewed host time keeps its pace, whatever the host's rate is
 * @lost: the raw clock's rate changed, and the pace found since may be that of a slewed host ...
 * @turned: ... whose rate changed since that was found ...
 * @seen_q32: ... and then @unslew's rate became this
 * @contained: by what corrections are off if the host's rate was that of a slew
 * @rough: what counts instead where the pace was not seen
 */
struct chime_steady {
	struct chime_line line;
	struct chime_line unslew;
	s64 pace_q32;
	s64 pace_raw_ns;
	s64 begin_raw_ns;
	s64 parted_raw_ns;
	s64 slew_q32;
	s64 rest_q32;
	s64 old_rest_q32;
	s64 rest_raw_ns;
	s64 gap_ns;
	s64 allowance_ns;
	s64 unseen_ns;
	s64 followed_ns;
	s64 counted_ns;
	s64 moved_q32;
	s64 moved_raw_ns;
	s64 moved_ns;
	struct chime_line unmoved;
	bool renewed;
	s64 renewed_raw_ns;
	bool pace_seen;
	bool pace_doubted;
	bool pace_known;
	bool paced;
	bool parted;
	bool lost;
	bool turned;
	s64 seen_q32;
	struct chime_steady_contained contained;
	struct chime_steady_rough rough;
};

/* Let unslewed host time be the host's time from @raw_ns on. */
void chime_steady_start(struct chime_steady *steady, const struct chime_line *host, s64 raw_ns);

/*
 * It began with a host that a correction was converted to, by the host's present rate: if the host
 * is read coarsely, running off that rate counts as being slewed.
 */
void chime_steady_rest_on_rate(struct chime_steady *steady, s64 raw_ns);

/*
 * It began with a host that may have been slewed just then, or since it was read before. The pace
 * is that against which the next correction is measured.
 */
void chime_steady_doubt_pace(struct chime_steady *steady);

/**
 * chime_steady_follow() - continue with a new fit of the host's line
 * @steady: unslewed host time
 * @host: the line
 * @corrected: a correction is in force; without one all rate changes of the host are followed
 * @raw_ns: now
 */
void chime_steady_follow(struct chime_steady *steady, const struct chime_line *host,
			 bool corrected, s64 raw_ns);

/*
 * A new correction was measured: it makes up for all slews that were followed until now. What it
 * was measured by may be older: @followed_ns goes on.
 */
void chime_steady_renew(struct chime_steady *steady, s64 raw_ns);

/*
 * Resume after a disruption of guest time: the host's line was @before and is @host now. The raw
 * clock may have another machine's rate now, and what the host did meanwhile is unknown: the bound
 * grows by as much as the host can have been slewed. A lasting rate difference between host and
 * unslewed host time is extrapolated over the first @reach_ns of the gap, like the rate of the
 * correction: the two add up to the rate of UTC against the host's time. A negative @reach_ns
 * means the whole gap.
 */
void chime_steady_resync(struct chime_steady *steady, const struct chime_line *before,
			 const struct chime_line *host, s64 reach_ns, s64 raw_ns);

/*
 * It resumed, perhaps on another machine: where the host is read too coarsely to show it, the raw
 * clock may have another rate by as much as a hypervisor leaves unscaled.
 */
void chime_steady_doubt_machine(struct chime_steady *steady, s64 raw_ns);

/* The host's clock was set by @gap_ns and its line is @host now: absorb the step. */
void chime_steady_step(struct chime_steady *steady, const struct chime_line *host, s64 gap_ns,
		       s64 raw_ns);

/* The raw clock was set ahead by @by_ns while this guest stood still: resynchronise next. */
void chime_steady_set_raw_ahead(struct chime_steady *steady, s64 by_ns);

/*
 * The raw clock's rate is unknown from @since_ns on, until when the host's line was @host: a new
 * pace has to be found. Nothing shows whether a slew of the host began or ended just then: so the
 * bound grows by the fastest slew, until the host has kept its rate for longer than slews last.
 */
void chime_steady_lose_pace(struct chime_steady *steady, const struct chime_line *host,
			    s64 since_ns);

#endif /* CHIME_STEADY_H */
