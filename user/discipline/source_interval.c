// SPDX-License-Identifier: GPL-2.0-only
/*
 * Intervals of single samples. What a source's samples say together is source.c's.
 */
#include "discipline/source_interval.h"

int64_t source_interval_root(const struct source_sample *sample)
{
	return sample->root_delay_ns / 2 + sample->root_dispersion_ns;
}

int64_t source_interval_distance(const struct source_sample *sample)
{
	return sample->delay_ns / 2 + source_interval_root(sample);
}

int64_t source_interval_of(const struct source_sample *sample, const struct timescale_now *now,
			   struct source_interval *interval)
{
	int64_t ago_ns = chime_sub_sat(now->reference_ns, sample->at_ns);
	int64_t ran_ns = now->has_host ? 0 : (int64_t)((double)ago_ns * now->rate);
	int64_t known_ns = chime_sub_sat(chime_sub_sat(now->time_ns, now->reference_ns), ran_ns);
	int64_t distance_ns = source_interval_distance(sample);
	int64_t off_ns = chime_sub_sat(sample->offset_ns, known_ns);

	interval->low_ns = chime_sub_sat(off_ns, distance_ns);
	interval->high_ns = chime_add_sat(off_ns, distance_ns);
	return distance_ns;
}

int64_t source_interval_middle(const struct source_interval *interval)
{
	return interval->low_ns / 2 + interval->high_ns / 2;
}

bool source_interval_meets(const struct source_interval *one, const struct source_interval *other,
			   int64_t margin_ns)
{
	return chime_sub_sat(one->low_ns, margin_ns) <= other->high_ns &&
	       chime_sub_sat(other->low_ns, margin_ns) <= one->high_ns;
}
