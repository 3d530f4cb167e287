/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Filters to compare with, fed the very same samples: what could be reached if everything were
 * known (the limit), and what a plain bank of delay-weighted Kalman filters would have reached.
 */
#ifndef SIM_REFERENCE_H
#define SIM_REFERENCE_H

#include <stdbool.h>

#include "limit.h"
#include "user/discipline/belief.h"

#define REFERENCE_BANK		9
#define REFERENCE_DELAYS	256

/* One filter of (offset in ns, rate in ns per s). */
struct reference_filter {
	struct belief belief;
	double wander;
	double log_weight;
};

/**
 * struct reference - both, and their errors
 * @truth: for the limit
 * @settle_s: the statistics begin here
 * @has_limit: there is one
 * @limit: what could be known at best
 * @bank: the Kalman filters
 * @delay_ns: the latest round trips
 * @delays: how many, all told
 * @raw_ns: of the latest sample
 * @seconds: counted
 * @limit_square: sum of the limit's squared errors
 * @limit_sigma: sum of its standard errors
 * @bank_square: of the bank's
 */
struct reference {
	struct limit_truth truth;
	double settle_s;
	bool has_limit;
	struct limit limit;
	struct reference_filter bank[REFERENCE_BANK];
	double delay_ns[REFERENCE_DELAYS];
	unsigned int delays;
	double raw_ns;
	double seconds;
	double limit_square;
	double limit_sigma;
	double bank_square;
};

/* @truth: NULL: no limit is asked for; @seed: of its particles. */
void reference_start(struct reference *reference, const struct limit_truth *truth, uint64_t seed,
		     double settle_s);

/* A sample: at raw time @raw_ns the server was @offset_ns ahead of raw. */
void reference_sample(struct reference *reference, double raw_ns, double offset_ns,
		      double delay_ns);

/* At raw time @raw_ns, true time is @offset_ns ahead of raw. */
void reference_second(struct reference *reference, double at_s, double raw_ns, double offset_ns);

double reference_limit_rms_ns(const struct reference *reference);
double reference_limit_sigma_ns(const struct reference *reference);
double reference_bank_rms_ns(const struct reference *reference);

#endif /* SIM_REFERENCE_H */
