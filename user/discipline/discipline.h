/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The selected sources' samples as a correction of the reference; demotion of a host that is wrong;
 * the rate for the drift file. Pure: time is an argument.
 */
#ifndef DISCIPLINE_H
#define DISCIPLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clocks/timescale.h"
#include "core/line.h"
#include "discipline/refclock_vote.h"
#include "discipline/source.h"
#include "discipline/source_select.h"
#include "discipline/vouched_host.h"

/**
 * struct discipline_options - as configured
 * @maxchange_ns: larger corrections are refused after @maxchange_start updates; 0: no limit
 * @maxchange_start: updates, each with a new sample of the selected source, before it holds
 * @maxchange_ignore: refusals before it is taken as fatal; negative: never
 * @step_threshold_ns: makestep: a larger error is stepped ...
 * @step_limit: ... in the first so many updates; negative: always
 * @maxclockerror: bound of the oscillator's unlearned rate error (chrony: 1 ppm)
 * @minsources: fewer sources that agree are not used (chrony: 1)
 * @fallback_least: fallbackdrift: without an answer for 2^this seconds the clock goes on at the
 *	mean rate of as much time before ...
 * @fallback_most: ... and at that of more and more, up to 2^this; 0: at the rate it has
 * @maxdistance_ns: sources with a greater root distance are not used (chrony: 3 s)
 * @stratumweight_ns: as struct selection_terms has it
 */
struct discipline_options {
	int64_t maxchange_ns;
	int maxchange_start;
	int maxchange_ignore;
	int64_t step_threshold_ns;
	int step_limit;
	double maxclockerror;
	int minsources;
	int fallback_least;
	int fallback_most;
	int64_t maxdistance_ns;
	int64_t stratumweight_ns;
};

enum discipline_step {
	DISCIPLINE_NO_STEP,
	DISCIPLINE_STEP,	/* makestep allows and the evidence suffices: step the clock */
	DISCIPLINE_REFUSED,	/* maxchange forbids it */
};

/**
 * struct discipline_result - after an update
 * @changed: @correction is new and is to be set
 * @measured: there were new samples
 * @anew: those from before were weighed anew, as a source turned out to be wrong: most of what this
 *	changes need not be of the new ones
 * @agreed_raw_ns: most sources were asked, answered and agree since this raw instant; INT64_MIN:
 *	they do not
 * @correction: UTC - reference as a function of the reference's time, with its error
 * @jump: the timescale may jump to it at once
 * @step: whether to step the system clock
 * @step_ns: the system clock's error (timescale after the correction, minus realtime)
 * @reach_ns: with DISCIPLINE_REFUSED: the timescale's bound has to be so large, but for a slew, to
 *	hold where the sources are
 * @synchronised: STA_UNSYNC may be cleared
 * @demote_host: the sources exclude the host's time
 * @reinstate_host: they agree again with the host that was demoted for that
 * @refclock_vote: on reference clocks: which of them are refuted now, or are no longer
 * @vouched_host: of a host that is followed with a stated bound; if it stays so, @synchronised
 *	says whether the sources agree with it, and @changed is false
 * @disputed_ns: with VOUCHED_HOST_SUSPECT: the source that contradicts the host is so far from it
 * @leap: announced by more than half of the sources: 0 none, 1 insert, 2 delete
 * @stratum: ours: the selected source's plus one, 16 if none
 * @root_delay_ns: ours, to the primary reference
 * @selection: the sources that were selected
 */
struct discipline_result {
	bool changed;
	bool measured;
	bool anew;
	int64_t agreed_raw_ns;
	struct chime_line correction;
	bool jump;
	enum discipline_step step;
	int64_t step_ns;
	int64_t reach_ns;
	bool synchronised;
	bool demote_host;
	bool reinstate_host;
	struct refclock_vote refclock_vote;
	enum vouched_host vouched_host;
	int64_t disputed_ns;
	uint8_t leap;
	uint8_t stratum;
	int64_t root_delay_ns;
	struct selection selection;
};

struct discipline;

/*
 * Nothing is known yet. The options are copied. It is the caller's, to be freed; NULL, which may be
 * freed, too: there is no memory.
 */
struct discipline *discipline_new(const struct discipline_options *options);
void discipline_free(struct discipline *discipline);

/* From the next update on; what was learned stays. */
void discipline_set_options(struct discipline *discipline,
			    const struct discipline_options *options);

/* The updates in which step_limit lets the clock be stepped begin now. */
void discipline_count_steps_anew(struct discipline *discipline);

/* The latest update was to step the clock, and could not: another one may in its place. */
void discipline_return_step(struct discipline *discipline);

/*
 * What the latest update measured could not be set, as the clocks have changed meanwhile: the next
 * one is told of as a measurement in its place, unless time was disrupted. Its bound is none of a
 * new sample.
 */
void discipline_return_sample(struct discipline *discipline);

/*
 * The first half of an update: the sources get their verdicts as of @now. Whoever goes on with none
 * of them leaves it at that.
 */
void discipline_select(const struct discipline *discipline, struct source *const *sources,
		       size_t count, const struct timescale_now *now, struct selection *selection);

/*
 * A sample arrived, or a source was lost: combine those in @result's selection, which is that of
 * discipline_select() at the same instant, and judge. Call both also when nothing arrived for long,
 * as that finds when the clock can no longer be called synchronised.
 * 0, -ERANGE: maxchange refused more often than maxchange_ignore allows; stop steering.
 */
int discipline_update(struct discipline *discipline, struct source *const *sources, size_t count,
		      const struct timescale_now *now, struct discipline_result *result);

/*
 * Sources contradict the clock, and until it is known who is right nothing is learned from what
 * they say. But the truth is where most of them agree: the timescale's bound has to be so large,
 * but for a slew, to reach there. 0: nobody agrees.
 */
int64_t discipline_reach(const struct discipline *discipline, struct source *const *sources,
			 size_t count, const struct timescale_now *now);

/* maxchange forbids to change UTC by so much. */
bool discipline_forbids(const struct discipline *discipline, int64_t change_ns);

/* The operator permits changes, and jumps, whatever maxchange says; until called with false. */
void discipline_permit(struct discipline *discipline, bool permit);

/* It was the sources that demoted the host, before this process was: they may reinstate it. */
void discipline_recall_outvoted_host(struct discipline *discipline);

/* As source_change_reference(), for the combined clock; the sources are the caller's. */
void discipline_change_reference(struct discipline *discipline,
				 const struct reference_change *change);

/*
 * Guest time was disrupted, and the reference may have changed by more than the estimate knows: its
 * offset has to be measured anew.
 */
bool discipline_is_suspect(const struct discipline *discipline, const struct timescale_now *now);

/*
 * The rate to keep in the drift file, and one to start from: UTC against the reference in force
 * (host or raw clock; keep them apart). false: nothing worth keeping yet.
 */
bool discipline_get_rate(const struct discipline *discipline, double *rate, double *rate_sigma);
void discipline_prime_rate(struct discipline *discipline, double rate, double rate_sigma);

/* The samples so far may not have shown yet what the primed rate is worth: keep what it is from. */
bool discipline_rate_is_open(const struct discipline *discipline);

#endif /* DISCIPLINE_H */
