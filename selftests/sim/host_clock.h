/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host's clock, perhaps steered by a daemon of its own with abrupt changes of rate, and the
 * guest's readings of it.
 */
#ifndef SIM_HOST_CLOCK_H
#define SIM_HOST_CLOCK_H

#include "oscillator.h"

/**
 * struct host_clock_options - what kind of host
 * @oscillator: the errors that its daemon leaves
 * @offset_ns: its clock's error at the start
 * @check_ns: raw time between two readings by the guest
 * @bracket_ns: a reading lies somewhere between two of raw, at most so far apart; 0: exact
 * @apart_ns: two hosts' clocks differ by at most this, as the module's hostdifference_us states
 * @stated_ns: its clock is stated to be right to within this, as by hostmaxerror; 0: by nobody
 * @slew: its daemon slews by up to this rate ...
 * @slew_ns: ... for this long, in the mean, then back as long, and rests as long
 */
struct host_clock_options {
	struct oscillator_options oscillator;
	double offset_ns;
	double check_ns;
	double bracket_ns;
	double apart_ns;
	double stated_ns;
	double slew;
	double slew_ns;
};

/**
 * struct host_clock - the clock
 * @options: as given
 * @oscillator: runs, slews included
 * @random: for readings and slews
 * @rate: of the slew at hand
 * @length_ns: how long it takes
 * @phase: 0: there, 1: back, 2: rest
 * @next_ns: true time of the next change of rate
 * @changes: of rate, and of anything that makes a line begin anew
 */
struct host_clock {
	struct host_clock_options options;
	struct oscillator oscillator;
	struct random random;
	double rate;
	double length_ns;
	int phase;
	double next_ns;
	unsigned int changes;
};

void host_clock_start(struct host_clock *host, const struct host_clock_options *options,
		      uint64_t seed, uint64_t stream);

/* The clock's reading; true times must not go back by more than a reading takes. */
double host_clock_read(struct host_clock *host, double true_ns);

/* Go on to the second that begins at @begin_ns. */
void host_clock_advance(struct host_clock *host, double begin_ns);

/* The world goes on by @gap_ns from @true_ns, which no guest sees. */
void host_clock_elapse(struct host_clock *host, double true_ns, double gap_ns);

/* Its daemon, or its administrator, sets it; or slews it by @frequency from now on. */
void host_clock_set(struct host_clock *host, double by_ns);
void host_clock_set_frequency(struct host_clock *host, double true_ns, double frequency);

/* A reading for the guest at @true_ns, which may be wrong by so much. */
double host_clock_pair(struct host_clock *host, double true_ns, double *uncertainty_ns);

#endif /* SIM_HOST_CLOCK_H */
