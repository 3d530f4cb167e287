// SPDX-License-Identifier: GPL-2.0-only
/*
 * A line through times that people have typed: regression for the rate, which a few entries within
 * minutes must not spoil, and intervals for its bound.
 */
#include "discipline/manual.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "lib/time_units.h"

/* A bound is as many standard errors. */
#define SIGMAS	3

/* Below this share of what it was before, the error of the rate counts as learned from entries. */
#define LEARNED	0.5

int manual_add(struct manual *manual, const struct manual_entry *entry)
{
	struct manual_entry *entries = manual->entries;

	if (manual->count &&
	    chime_sub_sat(entry->at_ns, entries[manual->count - 1].at_ns) < MANUAL_APART_NS)
		return -EAGAIN;
	if (manual->count == MANUAL_ENTRIES_MAX)
		(void)manual_delete(manual, 0);
	entries[manual->count++] = *entry;

	return 0;
}

int manual_delete(struct manual *manual, size_t index)
{
	struct manual_entry *entries = manual->entries;

	if (index >= manual->count)
		return -ENOENT;
	manual->count--;
	memmove(&entries[index], &entries[index + 1], (manual->count - index) * sizeof(*entries));

	return 0;
}

void manual_reset(struct manual *manual)
{
	manual->count = 0;
}

bool manual_change_reference(struct manual *manual, const struct reference_change *change)
{
	bool lost = manual->count && !reference_change_keeps_offset(change);

	if (lost)
		manual_reset(manual);
	for (size_t i = 0; i < manual->count; i++) {
		struct manual_entry *entry = &manual->entries[i];

		reference_change_convert(change, &entry->at_ns, &entry->offset_ns);
	}

	return lost;
}

/* Rates are against that which was known: small numbers. */
static double rise_ns(const struct manual_entry *from, const struct manual_entry *to,
		      const struct manual_rate *known)
{
	double span_ns = (double)chime_sub_sat(to->at_ns, from->at_ns);

	return (double)chime_sub_sat(to->offset_ns, from->offset_ns) - known->rate * span_ns;
}

/* The rates at which a line passes through the bounds of all entries. */
static void find_feasible(const struct manual *manual, const struct manual_rate *known, double *low,
			  double *high)
{
	*low = -known->bound;
	*high = known->bound;
	for (size_t i = 0; i < manual->count; i++) {
		for (size_t j = i + 1; j < manual->count; j++) {
			const struct manual_entry *from = &manual->entries[i];
			const struct manual_entry *to = &manual->entries[j];
			double span_ns = (double)chime_sub_sat(to->at_ns, from->at_ns);
			double rise = rise_ns(from, to, known);
			double bound_ns = (double)from->bound_ns + (double)to->bound_ns;

			*low = fmax(*low, (rise - bound_ns) / span_ns);
			*high = fmin(*high, (rise + bound_ns) / span_ns);
		}
	}
}

/*
 * The slope by weighted least squares, where what was known of the rate is one more measurement:
 * with entries that are minutes apart it counts more than they do.
 */
static double regress(const struct manual *manual, const struct manual_rate *known, double *sigma)
{
	double weight = 0, mean_at = 0, across = 0, along = 0;

	for (size_t i = 0; i < manual->count; i++) {
		const struct manual_entry *entry = &manual->entries[i];
		double one = pow(SIGMAS / (double)entry->bound_ns, 2);

		weight += one;
		mean_at += one * (double)(entry->at_ns - manual->entries[0].at_ns);
	}
	mean_at /= weight;
	for (size_t i = 0; i < manual->count; i++) {
		const struct manual_entry *entry = &manual->entries[i];
		double one = pow(SIGMAS / (double)entry->bound_ns, 2);
		double at = (double)(entry->at_ns - manual->entries[0].at_ns) - mean_at;

		/* The mean rise stays in: these times are from their mean, which takes it off. */
		across += one * at * rise_ns(&manual->entries[0], entry, known);
		along += one * at * at;
	}
	along += 1 / (known->sigma * known->sigma);
	*sigma = sqrt(1 / along);

	return across / along;
}

void manual_estimate(const struct manual *manual, const struct manual_rate *known,
		     struct manual_estimate *estimate)
{
	double low, high, turned, sigma;

	*estimate = (struct manual_estimate){ .rate = *known };
	if (manual->count < 2)
		return;
	find_feasible(manual, known, &low, &high);
	if (low > high) {
		estimate->contradictory = true;
		return;
	}
	turned = fmin(fmax(regress(manual, known, &sigma), low), high);
	estimate->rate.rate = known->rate + turned;
	estimate->rate.sigma = sigma;
	estimate->rate.bound = fmax(high - turned, turned - low);
	estimate->learned = estimate->rate.bound < LEARNED * known->bound;
}

static int64_t q32_of(double rate)
{
	return (int64_t)llrint(rate * Q32);
}

void manual_line(const struct manual *manual, const struct manual_estimate *estimate,
		 double wander, struct chime_line *line)
{
	const struct manual_entry *newest = &manual->entries[manual->count - 1];

	*line = (struct chime_line){
		.origin_ns = newest->at_ns,
		.offset_ns = newest->offset_ns,
		.rate_q32 = q32_of(estimate->rate.rate),
		.sigma_ns = newest->bound_ns / SIGMAS,
		.sigma_rate_q32 = q32_of(hypot(estimate->rate.sigma, wander)),
		.maxerror_ns = newest->bound_ns,
		.maxerror_rate_q32 = (int64_t)ceil((estimate->rate.bound + wander) * Q32),
	};
}

int64_t manual_residual(const struct manual *manual, size_t index, const struct chime_line *line)
{
	const struct manual_entry *entry = &manual->entries[index];

	return chime_sub_sat(entry->offset_ns, chime_line_offset(line, entry->at_ns));
}
