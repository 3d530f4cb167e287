/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The estimator from inside: the bank of its members, their choice by weight, and their mixture.
 * For the estimator's own files; to others it is opaque (estimator.h).
 */
#ifndef DISCIPLINE_ESTIMATOR_BANK_H
#define DISCIPLINE_ESTIMATOR_BANK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "discipline/estimator.h"
#include "discipline/estimator_early.h"
#include "discipline/estimator_member.h"
#include "discipline/estimator_path.h"

/*
 * A member for each wander with each way that a path may queue, by the shape of the delays' gamma
 * distribution; 0: normal. One more for delays of two kinds. All of them for each way in which a
 * rate that was primed may be right or wrong, until the samples have shown which is so.
 */
#define BANK_WANDERS	9
#define BANK_SHAPES	4
#define BANK_PRIORS	3
#define BANK_MEMBERS	(BANK_WANDERS * BANK_SHAPES * BANK_PRIORS)

/* NTP timestamps span 2^32 s: an offset beyond that is no estimate. */
#define BANK_OFFSET_MOST_NS	4500000000000000000LL

/* The shape whose members describe the path: shapes differ in what the least delay is. */
#define BANK_SHAPE_OF_PATH	1

/* The mixture of the members at some instant; the delay and asymmetry are the first path's. */
struct mixture {
	double offset;
	double rate;
	double variance;
	double rate_variance;
	double wander;
	double delay;
	double asymmetry;
};

/**
 * struct bank_sum - the members as one, from which their mixture at any instant follows
 * @mean: the means at the latest sample; the variances are not used
 * @own: the mean of the members' own variances, factors of 1, s and s^2
 * @apart: that of their offsets about the mean one, likewise
 * @rate_variance: of the mixture's rate, at the latest sample
 * @power: the mean of the squared wanders, ns^2 / s^3
 */
struct bank_sum {
	struct mixture mean;
	double own[3];
	double apart[3];
	double rate_variance;
	double power;
};

/**
 * struct estimator - the bank and what its members share
 * @started: there was a sample
 * @paths: how many there may be
 * @members: how many are in use
 * @priors: of the rate, that the members are of in turn, as many of each
 * @at_ns: the instant of the members' states
 * @latest: the path of the latest sample
 * @base_ns: the offset that the members' offsets are relative to
 * @rate_prior: the rate to start from
 * @rate_prior_sigma: one standard error of it
 * @prior_open: the samples of the next start have to show whether that is right
 * @is_host: all that is known of the rate is that it is a host's, which may be disciplined
 * @moved: sum of the squares of how far samples moved the estimate ...
 * @predicted: ... and of how far they should have
 * @restarts: how often the track was lost and restarted
 * @early: the first samples
 * @sum: of the members, as bank_sum_up() left it
 * @member_bytes: of one filter, of the paths that have been used
 * @bank: the filters, see bank_member()
 * @member_paths: what each of them knows of the paths
 * @path: the memory of each path's samples
 */
struct estimator {
	bool started;
	int paths;
	int members;
	int priors;
	int64_t at_ns;
	int latest;
	int64_t base_ns;
	double rate_prior;
	double rate_prior_sigma;
	bool prior_open;
	bool is_host;
	double moved;
	double predicted;
	unsigned int restarts;
	struct estimator_early early;
	struct bank_sum sum;
	size_t member_bytes;
	unsigned char *bank;
	struct member_path *member_paths;
	struct path_memory path[];
};

/* One of its filters. */
static inline struct member *bank_member(const struct estimator *estimator, int i)
{
	return (struct member *)(void *)(estimator->bank + (size_t)i * estimator->member_bytes);
}

/* Start all members with the first sample of all, which is already in its path's memory. */
void bank_start(struct estimator *estimator, int path, const struct estimator_sample *sample);

/* A path is found, by a sample that is already in its memory, after the first sample of all. */
void bank_add_path(struct estimator *estimator, int path, const struct estimator_sample *sample);

/* The asymmetry of an only path cannot be separated from the offset, and is part of it. */
bool bank_is_only_path(const struct estimator *estimator, int path);

/* The most likely member; never NULL. */
const struct member *bank_best(const struct estimator *estimator);

/* Another path than @path was measured for long. */
bool bank_others_known(const struct estimator *estimator, int path);

/*
 * The best member of a shape, or of all if none has it. Members for two kinds of delays, in which
 * the least delay means something else, are a group of their own: @kinds.
 */
const struct member *bank_best_of(const struct estimator *estimator, int shape, bool kinds);

/* Replace members whose numbers are no longer finite by one that is valid. false: none is. */
bool bank_repair(struct estimator *estimator);

/* If the samples have shown whether the primed rate is right, keep the members of that prior. */
void bank_settle_prior(struct estimator *estimator);

/* Weights relative to the best one. */
void bank_normalise(struct estimator *estimator);

/* Offsets relative to a base near them, so that doubles hold them to a fraction of a ns. */
void bank_recentre(struct estimator *estimator);

/*
 * Sum the members up. To be called when they, their weights or the paths have changed, before the
 * next bank_mix().
 */
void bank_sum_up(struct estimator *estimator);

/* The mixture's means and variances @elapsed_s from the latest sample. */
void bank_mix(const struct estimator *estimator, double elapsed_s, struct mixture *mixture);

/* The members' part of estimator_change_reference(), before instant and base are changed. */
void bank_change_reference(struct estimator *estimator, const struct reference_change *change);

#endif /* DISCIPLINE_ESTIMATOR_BANK_H */
