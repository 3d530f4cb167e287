/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where UTC is by a source's latest sample alone: an interval about the timescale's time. Pure.
 */
#ifndef DISCIPLINE_SOURCE_INTERVAL_H
#define DISCIPLINE_SOURCE_INTERVAL_H

#include <stdint.h>

#include "clocks/timescale.h"
#include "discipline/source.h"

/**
 * struct source_interval - UTC minus timescale
 * @low_ns: at least
 * @high_ns: at most
 */
struct source_interval {
	int64_t low_ns;
	int64_t high_ns;
};

/* Half a round trip and the server's root distance: UTC is as close to what @sample says. */
int64_t source_interval_distance(const struct source_sample *sample);

/* By @sample, half a round trip and its root distance either way. Returns its half width. */
int64_t source_interval_of(const struct source_sample *sample, const struct timescale_now *now,
			   struct source_interval *interval);

int64_t source_interval_middle(const struct source_interval *interval);

/* Do they have a point in common, or almost, by @margin_ns? */
bool source_interval_meets(const struct source_interval *one, const struct source_interval *other,
			   int64_t margin_ns);

#endif /* DISCIPLINE_SOURCE_INTERVAL_H */
