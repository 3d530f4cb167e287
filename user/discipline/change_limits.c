// SPDX-License-Identifier: GPL-2.0-only
/*
 * How large a change of the clock may be, and when it may be a step.
 */
#include "discipline/change_limits.h"

#include <errno.h>

#include "core/line.h"

/* A first measurement may step the clock when its bound is below this share of the offset. */
#define STEP_EVIDENCE	0.25

void change_limits_count_steps_anew(struct change_limits *limits)
{
	limits->stepless = limits->updates;
}

void change_limits_return_step(struct change_limits *limits)
{
	limits->stepless += limits->counts;
	limits->counts = false;
}

bool change_limits_has_news(struct change_limits *limits, const struct source *source,
			    const struct selection *selection)
{
	uint64_t received = source_received(source);

	if (!limits->seconded && selection_truechimers(selection) > 1) {
		limits->seconded = true;
		limits->updates = 0;
		limits->stepless = 0;
		limits->refused = 0;
	}
	if (source_serial(source) == limits->counted && received == limits->counted_received)
		return false;
	limits->counted = source_serial(source);
	limits->counted_received = received;
	return true;
}

void change_limits_count(struct change_limits *limits, bool counts)
{
	limits->updates += counts;
	limits->counts = counts;
}

bool change_limits_forbid(const struct change_limits *limits,
			  const struct discipline_options *options, int64_t change_ns)
{
	return options->maxchange_ns > 0 && !limits->permitted &&
	       limits->updates >= options->maxchange_start &&
	       chime_abs_sat(change_ns) > options->maxchange_ns;
}

static bool may_step(const struct change_limits *limits, const struct discipline_options *options)
{
	return options->step_limit < 0 ||
	       limits->updates - limits->stepless < options->step_limit;
}

int change_limits_judge(struct change_limits *limits, const struct discipline_options *options,
			int64_t error_ns, double maxerror_ns, bool counts,
			enum discipline_step *step)
{
	*step = DISCIPLINE_NO_STEP;
	if (change_limits_forbid(limits, options, error_ns)) {
		*step = DISCIPLINE_REFUSED;
		limits->refused += counts;
		return options->maxchange_ignore >= 0 &&
		       limits->refused > options->maxchange_ignore ? -ERANGE : 0;
	}
	if (options->step_threshold_ns > 0 && may_step(limits, options) &&
	    chime_abs_sat(error_ns) > options->step_threshold_ns &&
	    maxerror_ns < STEP_EVIDENCE * (double)chime_abs_sat(error_ns))
		*step = DISCIPLINE_STEP;
	return 0;
}
