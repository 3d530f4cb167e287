/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A source that stands for selection. What source_select.c and intersection.c share.
 */
#ifndef DISCIPLINE_CANDIDATE_H
#define DISCIPLINE_CANDIDATE_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct candidate - a source with an interval
 * @index: of the source
 * @stratum: of the source
 * @raised: of that by the operator
 * @offset_ns: UTC minus reference
 * @offset: that from the median candidate's
 * @distance: half of the interval, ns
 * @sigma: one standard error of @offset, ns
 * @quality: expected error, ns: statistics and asymmetry
 * @handicap: on top of that, ns, when one is selected
 * @rate: of UTC against the reference
 * @rate_sigma: one standard error of @rate
 * @usable: may be selected, not only vote
 * @trust: the operator says that it is always right
 * @prefer: ... or that it is to be preferred
 * @require: ... or that one like it has to be among those selected
 * @distrusted: it was wrong lately, or may smear a leap second: others come first
 * @agrees: its interval has a point in common with most
 * @within: it is not beyond what trusted ones leave open, if there are any
 * @runs_along: it allows for a rate for which at least half do, or there is no such rate
 */
struct candidate {
	int index;
	int stratum;
	int raised;
	int64_t offset_ns;
	double offset;
	double distance;
	double sigma;
	double quality;
	double handicap;
	double rate;
	double rate_sigma;
	bool usable;
	bool trust;
	bool prefer;
	bool require;
	bool distrusted;
	bool agrees;
	bool within;
	bool runs_along;
};

#endif /* DISCIPLINE_CANDIDATE_H */
