/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the combined clock to a line: its bound, and how that and the standard error grow until the
 * next sample, and for as long as none comes. Pure: time is an argument. Times are ns of the
 * reference, growths and rates fractions.
 */
#ifndef DISCIPLINE_CORRECTION_H
#define DISCIPLINE_CORRECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clocks/timescale.h"
#include "core/line.h"
#include "discipline/estimator.h"
#include "discipline/source.h"

struct selection;
struct selection_terms;

/* Bound of the statistical error, in standard errors: as SOURCE_SIGMAS. */
#define CORRECTION_SIGMAS	5

/* A rate that is not significant may move the clock of a disciplined host by so much at most. */
#define CORRECTION_HARMLESS_NS	0.5e6

/* A rate is significant if it is so many of its standard errors. */
#define CORRECTION_REACH_SIGMAS	10

/**
 * struct correction_terms - what is known of the reference
 * @clock: the combined clock's estimator
 * @maxclockerror: bound of the oscillator's unlearned rate error
 * @learned_from_ns: the rate was learned since then
 * @crystal: the reference is known to run free
 * @selection: those of the selection that it follows
 */
struct correction_terms {
	const struct estimator *clock;
	double maxclockerror;
	int64_t learned_from_ns;
	bool crystal;
	const struct selection_terms *selection;
};

/**
 * struct pace - the samples of the combined sources in time
 * @interval_s: the shortest between two of them
 * @age_ns: since the latest
 * @refclock: the selected source is a refclock
 */
struct pace {
	double interval_s;
	double age_ns;
	bool refclock;
};

/**
 * struct combined - the combined clock at an update
 * @estimate: UTC minus reference
 * @age_ns: since the latest sample
 * @next_sigma_ns: the standard error when the next sample is due
 * @maxerror_ns: the bound now
 * @sigma_growth: of the standard error
 * @maxerror_growth: of the bound, for @horizon_ns
 * @reach_ns: the rate is trusted for so long
 * @horizon_ns: the growths of the errors hold for so long
 * @beyond_growth: of the bound from there on, at least
 */
struct combined {
	struct estimate estimate;
	double age_ns;
	double next_sigma_ns;
	double maxerror_ns;
	double sigma_growth;
	double maxerror_growth;
	double reach_ns;
	double horizon_ns;
	double beyond_growth;
};

/* Set the horizons of @combined, and the growths of its errors, from its estimate and bound. */
void correction_age(const struct correction_terms *terms, const struct pace *pace,
		    struct combined *combined);

/*
 * Put the combined clock into the intersection of @selection at @at_ns. Its bound reaches the far
 * end of where the truth may be. Growths and horizons are as of correction_age(). false: the
 * combined clock knows no time.
 */
bool correction_combine(const struct correction_terms *terms, const struct selection *selection,
			int64_t at_ns, const struct pace *pace, struct combined *combined);

/*
 * Nothing was measured, or the sample contradicts the estimate, and the next samples decide which
 * is right. Keep the timescale's bound, @maxerror_ns, if it has one: it may include errors that the
 * estimate does not know of, such as a host's slew while the guest stood still.
 */
void correction_keep_bound(struct combined *combined, int64_t maxerror_ns);

/*
 * Between two updates the clock runs at a rate that a minority may have caused, within what the
 * others allow, and the others' intervals grow with the error of their own rates. So the bound
 * grows until it holds the intervals of the majority. If the next update is due soon it grows on
 * beyond that, in case it does not come.
 */
void correction_foresee(const struct correction_terms *terms, struct source *const *sources,
			size_t count, struct combined *combined);

/* The line from @combined. */
void correction_make_line(const struct correction_terms *terms, const struct combined *combined,
			  struct chime_line *line);

/*
 * Turn a line's rate at @at_ns. The difference from the rate that was learned adds to the growth of
 * the bound.
 */
void correction_turn_line(struct chime_line *line, int64_t at_ns, int64_t rate_q32);

/*
 * How large the timescale's bound has to be, but for a slew, to reach the far end of where sources
 * say that the truth is: UTC minus reference is at least @low_ns and at most @high_ns.
 */
int64_t correction_reach(const struct timescale_now *now, int64_t low_ns, int64_t high_ns);

#endif /* DISCIPLINE_CORRECTION_H */
