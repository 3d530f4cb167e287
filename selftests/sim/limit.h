/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The best that can be known of a clock from its samples by whoever knows its wander, the path's
 * least delay and the mean of its exponential queueing, or a reading's noise. Own code: nothing of
 * what is measured by it is used.
 */
#ifndef SIM_LIMIT_H
#define SIM_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "random.h"

#define LIMIT_PARTICLES	4000

/**
 * struct limit_truth - what is known
 * @wander: of the oscillator: standard deviation of the rate's change in one second
 * @least_ns: least delay each way
 * @jitter_ns: mean queueing delay each way, exponential; or the noise of a refclock's readings
 * @refclock: normal noise, no round trips
 */
struct limit_truth {
	double wander;
	double least_ns;
	double jitter_ns;
	bool refclock;
};

/**
 * struct limit - a cloud of particles, or, for a refclock, one Kalman filter
 * @truth: what is known
 * @random: of the particles
 * @samples: taken
 * @raw_ns: of the latest
 * @offset: of each particle, ns from @base_ns
 * @rate: the mean of each one's rate, ns per second, given all offsets that it had
 * @weight: their sum is 1
 * @base_ns: an offset near all of them
 * @rate_variance: of each one's rate
 * @offset_variance: of the Kalman filter's offset
 * @covariance: of the Kalman filter's offset and rate
 * @mean_offset: over all particles
 * @mean_rate: likewise
 * @spread: the offsets' variance over all particles
 * @spread_with_rate: their covariance with the rates
 * @rate_spread: the rates' variance
 * @lost: how often no particle was left
 */
struct limit {
	struct limit_truth truth;
	struct random random;
	unsigned int samples;
	double raw_ns;
	double offset[LIMIT_PARTICLES];
	double rate[LIMIT_PARTICLES];
	double weight[LIMIT_PARTICLES];
	double base_ns;
	double rate_variance;
	double offset_variance;
	double covariance;
	double mean_offset;
	double mean_rate;
	double spread;
	double spread_with_rate;
	double rate_spread;
	unsigned int lost;
};

void limit_start(struct limit *limit, const struct limit_truth *truth, uint64_t seed);

/* A sample: at raw time @raw_ns the server was @offset_ns ahead of raw, across @delay_ns. */
void limit_sample(struct limit *limit, double raw_ns, double offset_ns, double delay_ns);

/* The offset to be expected at @raw_ns, not before the latest sample, and its deviation. */
double limit_offset_ns(const struct limit *limit, double raw_ns);
double limit_sigma_ns(const struct limit *limit, double raw_ns);

#endif /* SIM_LIMIT_H */
