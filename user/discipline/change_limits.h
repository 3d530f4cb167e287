/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What makestep and maxchange allow, and the updates that they count. Pure: nothing here reads a
 * clock.
 */
#ifndef DISCIPLINE_CHANGE_LIMITS_H
#define DISCIPLINE_CHANGE_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "discipline/discipline.h"
#include "discipline/source.h"
#include "discipline/source_select.h"

/**
 * struct change_limits - all 0 to start
 * @updates: with new samples, as makestep and maxchange count them, 2^31 a year at most ...
 * @stepless: ... of which so many were before makestep was set, or were to step and could not
 * @counts: the latest one was one of them
 * @counted: serial of the source selected at the latest of them ...
 * @counted_received: ... and its answers by then
 * @refused: by maxchange
 * @seconded: more than one source has agreed since the start
 * @permitted: changes are, whatever maxchange says
 */
struct change_limits {
	int64_t updates;
	int64_t stepless;
	bool counts;
	uint64_t counted;
	uint64_t counted_received;
	int64_t refused;
	bool seconded;
	bool permitted;
};

/* The updates in which makestep lets the clock be stepped begin now. */
void change_limits_count_steps_anew(struct change_limits *limits);

/* The latest update was to step the clock, and could not: another one may in its place. */
void change_limits_return_step(struct change_limits *limits);

/**
 * change_limits_has_news() - does an update with this selection count?
 * @limits: what was counted
 * @source: the selected one
 * @selection: of the sources
 *
 * It does when the selected source has a new sample, not when another source was lost or changed.
 * Updates by one source, while all others were silent, must not make maxchange refuse what more
 * sources agree on later: the first update by several begins the count.
 *
 * Return: it counts.
 */
bool change_limits_has_news(struct change_limits *limits, const struct source *source,
			    const struct selection *selection);

/* An update is over. @counts: it counts, and what it found was set. */
void change_limits_count(struct change_limits *limits, bool counts);

/* maxchange forbids to change UTC by so much. */
bool change_limits_forbid(const struct change_limits *limits,
			  const struct discipline_options *options, int64_t change_ns);

/**
 * change_limits_judge() - may the clock be changed, and is it to be stepped?
 * @limits: what was counted
 * @options: what is configured
 * @error_ns: of the system clock
 * @maxerror_ns: bound of what the sources show
 * @counts: the update counts
 * @step: the answer
 *
 * Return: 0; -ERANGE: maxchange has refused more often than maxchange_ignore allows.
 */
int change_limits_judge(struct change_limits *limits, const struct discipline_options *options,
			int64_t error_ns, double maxerror_ns, bool counts,
			enum discipline_step *step);

#endif /* DISCIPLINE_CHANGE_LIMITS_H */
