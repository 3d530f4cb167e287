/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The pace of checks: which of several busy CPUs carries out the next one, and when. One check is
 * enough for all of them, and a thread that only finds that another CPU has just checked is a
 * wake-up for nothing: so it is decided in the CPU's timer. The timer also sees, at the cost of
 * reading a few words, what a hypervisor has changed in memory: then the check need not wait.
 *
 * Pure decisions, so that the tests compile this very file; checks.c has the timers.
 */
#ifndef CHIME_PACE_H
#define CHIME_PACE_H

#include "core/line_env.h"

/**
 * enum chime_mark - what a hypervisor changes in memory when this guest was stopped or restored
 * @CHIME_MARK_CLOCK_TSC: kvm-clock was set at this TSC ...
 * @CHIME_MARK_CLOCK_NS: ... to this time
 * @CHIME_MARK_DISRUPTION: the vmclock page's disruption marker ...
 * @CHIME_MARK_GENERATION: ... and its generation counter
 * @CHIME_MARK_ID_LOW: one half of the VM generation id
 * @CHIME_MARK_ID_HIGH: the other
 * @CHIME_MARKS: how many there are
 */
enum chime_mark {
	CHIME_MARK_CLOCK_TSC,
	CHIME_MARK_CLOCK_NS,
	CHIME_MARK_DISRUPTION,
	CHIME_MARK_GENERATION,
	CHIME_MARK_ID_LOW,
	CHIME_MARK_ID_HIGH,
	CHIME_MARKS,
};

/**
 * struct chime_marks - all of them
 * @words: 0 where this machine has no such word
 */
struct chime_marks {
	u64 words[CHIME_MARKS];
};

/**
 * struct chime_pace - how often to check
 * @recent_ns: no check is due within this time after another one; and no more than one is asked for
 *	in it because memory has changed
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

/**
 * chime_pace_has_moved() - does a CPU's timer have to ask for a check because memory has changed?
 * @pace: the pace
 * @age_ns: how long ago a check was asked for last because of that; negative: the raw clock went
 *	back since
 * @checked: the words at the latest check
 * @now: the words now
 *
 * A hypervisor that changes them all the time gets no more than one check more for each regular
 * one.
 */
bool chime_pace_has_moved(const struct chime_pace *pace, s64 age_ns,
			  const struct chime_marks *checked, const struct chime_marks *now);

#endif /* CHIME_PACE_H */
