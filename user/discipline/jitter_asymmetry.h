/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A path of which the operator knows on which of its two ways packets queue: what a long round trip
 * has moved the offset by is taken back. Pure; nothing here can fail.
 */
#ifndef DISCIPLINE_JITTER_ASYMMETRY_H
#define DISCIPLINE_JITTER_ASYMMETRY_H

#include <stdint.h>

#include "discipline/source.h"

/**
 * struct jitter_asymmetry - the least round trip, where it is not configured
 * @least_ns: of this block of samples and the one before
 * @block_ns: of this block
 * @count: samples in this block
 *
 * All zero: there was no sample.
 */
struct jitter_asymmetry {
	int64_t least_ns;
	int64_t block_ns;
	unsigned int count;
};

/**
 * jitter_asymmetry_correct() - take back what queueing has moved a sample by
 * @jitter: of its path
 * @options: of its source: asymmetry and mindelay_ns; without asymmetry nothing changes
 * @sample: corrected: its offset, its round trip (without the queueing that is accounted for), and
 *	its root dispersion, which grows by what it is off if the operator is wrong
 */
void jitter_asymmetry_correct(struct jitter_asymmetry *jitter, const struct source_options *options,
			      struct source_sample *sample);

#endif /* DISCIPLINE_JITTER_ASYMMETRY_H */
