/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is measured of a simulated run, second by second. Definitions are in peers.txt's head.
 */
#ifndef SIM_MEASURE_H
#define SIM_MEASURE_H

#include <stdint.h>

#include "world.h"

/* Bounds are kept in bins of 2 % from 1 ns on, for their median. */
#define MEASURE_BINS	2048

/**
 * struct measure - of one run
 * @settle_s: the statistics begin here
 * @mark_s: @settled_s begins here (an event's time)
 * @seconds: counted
 * @square: sum of squared errors of the system clock, ns^2
 * @timescale_square: of the timescale
 * @frequency_square: of the system clock's rate
 * @worst_ns: largest error of the system clock
 * @violations: synchronised seconds with the timescale's error over maxerror
 * @before_square: sum of squared errors from @settle_s to @mark_s ...
 * @before_seconds: ... and how many
 * @first_ns: error of the system clock in the first second after @mark_s
 * @within_sigma: seconds with the timescale's error within one sigma
 * @unsynchronised: seconds without synchronisation
 * @bound: histogram of maxerror
 * @last_over_s: since @mark_s, seconds until the system clock stays within 1 ms, 100 us and 10 us
 */
struct measure {
	double settle_s;
	double mark_s;
	double seconds;
	double square;
	double timescale_square;
	double frequency_square;
	double worst_ns;
	double before_square;
	double before_seconds;
	double first_ns;
	uint64_t violations;
	uint64_t within_sigma;
	uint64_t unsynchronised;
	uint32_t bound[MEASURE_BINS];
	double last_over_s[3];
};

void measure_start(struct measure *measure, double settle_s, double mark_s);
void measure_second(struct measure *measure, const struct world_second *second);

double measure_rms_ns(const struct measure *measure);
double measure_timescale_rms_ns(const struct measure *measure);
/* @first_ns as a multiple of the RMS error before. */
double measure_first(const struct measure *measure);

double measure_coverage(const struct measure *measure);
double measure_median_bound_ns(const struct measure *measure);

/* The middle one of @count values, which get sorted. */
double measure_median(double *values, int count);

#endif /* SIM_MEASURE_H */
