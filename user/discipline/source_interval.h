/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An interval that UTC lies in by a single sample, relative to the timescale. Pure.
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

/* The server's root distance: how far it may be off itself. */
int64_t source_interval_root(const struct source_sample *sample);

/* Half the round trip plus that: the error bound of @sample. */
int64_t source_interval_distance(const struct source_sample *sample);

/* The interval of @sample. Returns its half width. */
int64_t source_interval_of(const struct source_sample *sample, const struct timescale_now *now,
			   struct source_interval *interval);

/* Halfway between its ends. */
int64_t source_interval_middle(const struct source_interval *interval);

/* Do the intervals overlap, or miss each other by @margin_ns at most? */
bool source_interval_meets(const struct source_interval *one, const struct source_interval *other,
			   int64_t margin_ns);

#endif /* DISCIPLINE_SOURCE_INTERVAL_H */
