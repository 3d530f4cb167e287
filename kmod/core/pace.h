/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The pace of checks: which of several busy CPUs carries out the next one, and when. One check is
 * enough for all of them, and a thread that only finds that another CPU has just checked is a
 * wake-up for nothing: so it is decided in the CPU's timer. The timer also sees, at the cost of
 * reading a few words, what a hypervisor has changed in memory: then the check need not wait.
 *
 * A step of the host's clock shows in no memory of this guest, but only in a reading of the host.
 * That takes 2 us on hardware, and the thread that carries out a check several times as long: so
 * the timer of a busy CPU takes the reading itself, and asks for a check only if the reading is off
 * the host's line, or if the latest check was long ago.
 *
 * Pure decisions, so that the tests compile this very file; checks.c has the timers.
 */
#ifndef CHIME_PACE_H
#define CHIME_PACE_H

#include "core/host_line.h"
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
 * struct chime_pace - how often to read and check; see chime_pace_init()
 * @soonest_ns: a busy machine reads the host at least so far apart ...
 * @latest_ns: ... and at most
 * @quiet_ns: it also checks after this time, if no reading was off the line
 * @alone_ns: after this time without a check, a CPU that runs nothing else checks, too
 * @tick_ns: from one tick of a CPU to the next
 */
struct chime_pace {
	s64 soonest_ns;
	s64 latest_ns;
	s64 quiet_ns;
	s64 alone_ns;
	s64 tick_ns;
};

/**
 * chime_pace_init() - the pace by the module's parameters
 * @pace: to fill in
 * @busy_ns: how often a busy machine reads the host; 0: by what a reading costs
 * @idle_ns: maximum interval between checks on an idle machine
 * @tick_ns: from one tick of a CPU to the next
 */
void chime_pace_init(struct chime_pace *pace, s64 busy_ns, s64 idle_ns, s64 tick_ns);

/**
 * chime_pace_learn() - what a reading in the timer costs, in the median
 * @cost_ns: as known until now; 0: not known
 * @took_ns: how long the latest one took
 *
 * Return: as known now. A reading during which this guest did not run takes any time, and one is no
 * more than a small step of the median.
 */
s64 chime_pace_learn(s64 cost_ns, s64 took_ns);

/**
 * chime_pace_interval() - how far apart readings are to be
 * @pace: the pace
 * @cost_ns: what one costs; 0: not known
 */
s64 chime_pace_interval(const struct chime_pace *pace, s64 cost_ns);

/**
 * chime_pace_is_due() - does a CPU's timer have to read the host, or to ask for a check?
 * @pace: the pace
 * @age_ns: how long ago that was done last, by chime_pace_counts_as(); negative by more than a
 *	tick: the raw clock went back since
 * @cost_ns: what a reading costs; 0: not known
 * @busy: this CPU runs a thread anyway
 */
bool chime_pace_is_due(const struct chime_pace *pace, s64 age_ns, s64 cost_ns, bool busy);

/**
 * chime_pace_counts_as() - the time at which a reading that is due now counts as taken
 * @pace: the pace
 * @last_ns: that of the one before
 * @now_ns: the raw clock
 * @cost_ns: what a reading costs; 0: not known
 *
 * An interval is seldom a multiple of a tick, so readings come earlier or later than they should.
 * Up to half a tick of that is made up for by the next one: then they are as far apart as they are
 * to be in the mean, whether one CPU's ticks are the occasions, or many CPUs' at different times.
 *
 * Return: when it should have been taken, but at most half a tick from @now_ns.
 */
s64 chime_pace_counts_as(const struct chime_pace *pace, s64 last_ns, s64 now_ns, s64 cost_ns);

/**
 * chime_pace_needs_check() - does a busy CPU's timer have to ask for a check after a reading?
 * @pace: the pace
 * @age_ns: how long ago one was asked for last; negative: the raw clock went back since
 * @verdict: what the reading means; CHIME_VERDICT_USELESS: there was none
 */
bool chime_pace_needs_check(const struct chime_pace *pace, s64 age_ns, enum chime_verdict verdict);

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
