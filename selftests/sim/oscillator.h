/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A clock that is not quite right: a fixed frequency error, a random walk of it, temperature, steps
 * and aging. Used for the guest's counter, and for hosts and servers that wander.
 */
#ifndef SIM_OSCILLATOR_H
#define SIM_OSCILLATOR_H

#include "random.h"

/**
 * struct oscillator_options - all frequencies are fractions (1e-6 = 1 ppm)
 * @frequency: constant error
 * @wander: standard deviation of the frequency's change in one second
 * @daily: amplitude of a daily sine
 * @aging: growth per second
 */
struct oscillator_options {
	double frequency;
	double wander;
	double daily;
	double aging;
};

/**
 * struct oscillator - the clock in the second that began at @begin_ns
 * @options: as given; @options.frequency moves with the random walk
 * @frequency: error in this second
 * @begin_ns: true time
 * @reading_ns: the clock's reading then
 */
struct oscillator {
	struct oscillator_options options;
	struct random random;
	double frequency;
	double begin_ns;
	double reading_ns;
};

void oscillator_start(struct oscillator *oscillator, const struct oscillator_options *options,
		      double reading_ns, uint64_t seed, uint64_t stream);

/* Go on to the second that begins at @begin_ns. */
void oscillator_advance(struct oscillator *oscillator, double begin_ns);

/* So much time passes at @true_ns while whoever counts true time looks away. */
void oscillator_elapse(struct oscillator *oscillator, double true_ns, double gap_ns);

/* The reading at a true time in the second at hand, and the true time of a reading in it. */
double oscillator_read(const struct oscillator *oscillator, double true_ns);
double oscillator_when(const struct oscillator *oscillator, double reading_ns);

#endif /* SIM_OSCILLATOR_H */
