/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one statistical engine: samples of an offset, each with what it may be wrong by, to a line
 * with its error.
 *
 * Pure: time is an argument, no clock, socket or allocation; bounded work and memory per sample.
 * docs/discipline.md derives the model and every constant.
 *
 * Instants are ns of the reference's time: unslewed host time, or the raw clock. Offsets are server
 * minus reference. Differences are doubles in ns, rates are doubles (1e-9 = 1 ppb).
 */
#ifndef DISCIPLINE_ESTIMATOR_H
#define DISCIPLINE_ESTIMATOR_H

#include <stdbool.h>
#include <stdint.h>

#include "clocks/reference_change.h"

#define ESTIMATOR_PATHS	8

/*
 * Samples may be out of order by a round trip, at most so long; by more, the reference went back.
 */
#define ESTIMATOR_DISORDER_NS	2000000000LL

/**
 * struct estimator_sample - one measured offset
 * @at_ns: when, by the reference
 * @offset_ns: server minus reference
 * @delay_ns: round trip; the part above the path's minimum bounds the error. 0: no round trip
 * @sigma_ns: timestamping noise on top: one standard error of the round trip, or of the reading
 * @root_ns: how far the server itself may be off; it stays about the same from sample to sample
 */
struct estimator_sample {
	int64_t at_ns;
	int64_t offset_ns;
	double delay_ns;
	double sigma_ns;
	double root_ns;
};

/**
 * struct estimate - where the line is, and how well it is known
 * @at_ns: the instant it is written for
 * @offset_ns: server minus reference at that instant
 * @rate: growth of the offset (1e-9: one ns a second)
 * @sigma_ns: one standard error of @offset_ns
 * @rate_sigma: one standard error of @rate
 * @asymmetry_ns: estimated error by the first path's asymmetry
 * @restarts: how often the track was lost and restarted
 * @suspect: the latest sample of all contradicts it
 * @wander: of the oscillator as learned: standard deviation of the rate's change in one second
 * @queueing_ns: of the first path each way, in the mean; of readings without round trips the noise
 * @sample_ns: the error of a single sample of the first path, if the ways' least times are known
 */
struct estimate {
	int64_t at_ns;
	int64_t offset_ns;
	double rate;
	double sigma_ns;
	double rate_sigma;
	double wander;
	double queueing_ns;
	double sample_ns;
	double asymmetry_ns;
	unsigned int restarts;
	bool suspect;
};

struct estimator;

/*
 * An estimator for a clock that is measured over one path, or over up to @paths (at most
 * ESTIMATOR_PATHS): then each path's asymmetry is estimated too, against the others. These are the
 * only allocating calls.
 */
struct estimator *estimator_new(int paths);
void estimator_free(struct estimator *estimator);

/* Forget everything but, with @keep_rate, the rate and how well it is known. */
void estimator_reset(struct estimator *estimator, bool keep_rate);

/*
 * Forget all, and start with the prior of @other, without its samples. @is_host: as
 * estimator_expect_host(), if the rate is as good as unknown.
 */
void estimator_begin_as(struct estimator *estimator, const struct estimator *other, bool is_host);

/*
 * Prime the rate from a drift file: @rate with standard error @rate_sigma. The samples decide
 * whether that is right: the file may be older than what changed the clock, or another machine's.
 */
void estimator_prime_rate(struct estimator *estimator, double rate, double rate_sigma);

/* There are samples, and they have not shown yet what the primed rate is worth. */
bool estimator_rate_is_open(const struct estimator *estimator);

/* The clock is a host's, of which nothing is known yet: it may be disciplined, or run free. */
void estimator_expect_host(struct estimator *estimator);

/*
 * Take a sample of a path, 0 to paths - 1. 0, -EINVAL (time goes back, or a width is negative or
 * not finite). Samples of different paths may be out of order by as much as round trips overlap.
 */
int estimator_add(struct estimator *estimator, int path, const struct estimator_sample *sample);

/* @path leads to another server from now on. */
void estimator_drop_path(struct estimator *estimator, int path);

/* The line at @at_ns. false: no sample yet. */
bool estimator_get(const struct estimator *estimator, int64_t at_ns, struct estimate *estimate);

/* The least remembered round trip of the first path, ns. */
double estimator_floor(const struct estimator *estimator);

/*
 * The reference changed: samples are against the new one, and all estimates are converted. @change
 * keeps offsets; after one that does not, estimator_reset() is all that can be done.
 */
void estimator_change_reference(struct estimator *estimator, const struct reference_change *change);

#endif /* DISCIPLINE_ESTIMATOR_H */
