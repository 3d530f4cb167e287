/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The pace of checks: which of several busy CPUs carries out the next one. One check is enough for
 * all of them, and a thread that only finds that another CPU has just checked is a wake-up for
 * nothing: so it is decided in the CPU's timer.
 *
 * Pure decisions, so that the tests compile this very file; checks.c has the timers.
 */
#ifndef CHIME_PACE_H
#define CHIME_PACE_H

#include "core/line_env.h"

/**
 * struct chime_pace - how often to check
 * @recent_ns: no check is due within this time after another one
 * @alone_ns: after this time without a check, a CPU that runs nothing else checks, too
 */
struct chime_pace {
	s64 recent_ns;
	s64 alone_ns;
};

/**
 * chime_pace_is_due() - does a CPU's timer have to ask for a check?
 * @pace: the pace
 * @age_ns: how long ago a check was asked for last; negative: the raw clock went back since
 * @busy: this CPU runs a thread anyway
 */
bool chime_pace_is_due(const struct chime_pace *pace, s64 age_ns, bool busy);

#endif /* CHIME_PACE_H */
