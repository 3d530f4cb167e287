// SPDX-License-Identifier: GPL-2.0-only
/*
 * How large changes of a rate were, and how large the next one may be. See rate_jumps.h.
 */
#include "discipline/rate_jumps.h"

#include <math.h>
#include <string.h>

#include "lib/time_units.h"

/*
 * Where the offset has jumped, the estimate takes that for a rate until the next samples deny it.
 * So another rate counts once so many in a row have shown it, or once it is known as well as the
 * one from before.
 */
#define SAMPLES		8

/* Among the first ones an offset that jumps looks like a rate for longer. */
#define YOUNG		16

/*
 * No oscillator or counter changes its rate by more at once: two crystals of 100 ppm either way,
 * and the 250 ppm to which KVM leaves another machine's counter as it is, make 450. What is beyond,
 * as a slew by 83,333 ppm, is what somebody does to a host's clock, and is allowed for where that
 * is read.
 */
#define BY_MOST		500e-6

/* Standard errors by which a rate has to have changed. */
#define SIGMAS		5

/*
 * For so long a jump is remembered: 28 hours. What a machine does at some time of the day, as when
 * its load comes and goes, it does on the next day again.
 */
#define MEMORY_NS	(100000 * NS_PER_S)

/* One alone may have been the only one: it is expected to come again for three hours. */
#define ALONE_NS	(10800 * NS_PER_S)

static void forget_oldest(struct rate_jumps *jumps)
{
	jumps->count--;
	memmove(&jumps->jump[0], &jumps->jump[1], jumps->count * sizeof(jumps->jump[0]));
}

static void remember(struct rate_jumps *jumps, int64_t raw_ns, double by)
{
	if (jumps->count == RATE_JUMPS)
		forget_oldest(jumps);
	jumps->jump[jumps->count++] = (struct rate_jump){ .raw_ns = raw_ns, .by = by };
}

/* How well the rate from before would be known at @raw_ns had it wandered on as it did. */
static double former_sigma(const struct rate_jumps *jumps, int64_t raw_ns)
{
	double elapsed_s = fmax((double)chime_sub_sat(raw_ns, jumps->raw_ns) / NS_PER_S, 0);

	return hypot(jumps->rate_sigma, jumps->wander * sqrt(elapsed_s));
}

/* Is @estimate, which is @by away from the former rate, the rate by now? */
static bool is_settled(const struct rate_jumps *jumps, const struct estimate *estimate,
		       double former)
{
	return jumps->known < YOUNG || jumps->samples >= SAMPLES ||
	       estimate->rate_sigma <= former;
}

void rate_jumps_note(struct rate_jumps *jumps, int64_t raw_ns, const struct estimate *estimate,
		     double least)
{
	double former = former_sigma(jumps, raw_ns);
	double by = fabs(estimate->rate - jumps->rate) -
		    SIGMAS * hypot(estimate->rate_sigma, former);

	while (jumps->count && chime_sub_sat(raw_ns, jumps->jump[0].raw_ns) > MEMORY_NS)
		forget_oldest(jumps);
	jumps->samples = by > least ? jumps->samples + 1 : 0;
	if (!is_settled(jumps, estimate, former))
		return;
	if (jumps->known < YOUNG)
		jumps->known++;
	else if (by > least && by <= BY_MOST)
		remember(jumps, raw_ns, by);
	jumps->raw_ns = raw_ns;
	jumps->rate = estimate->rate;
	jumps->rate_sigma = estimate->rate_sigma;
	jumps->wander = estimate->wander;
	jumps->samples = 0;
}

/* Is there another one to be expected? */
static bool is_expected(const struct rate_jumps *jumps, int64_t raw_ns)
{
	return jumps->count > 1 ||
	       (jumps->count && chime_sub_sat(raw_ns, jumps->jump[0].raw_ns) <= ALONE_NS);
}

/*
 * Of n that were drawn from 0 to m the greatest is m n / (n + 1) in the mean. One alone need not be
 * one of many: the next is taken to be as large.
 */
double rate_jumps_most(const struct rate_jumps *jumps, int64_t raw_ns)
{
	double most = 0;
	unsigned int i;

	if (!is_expected(jumps, raw_ns))
		return 0;
	for (i = 0; i < jumps->count; i++)
		most = fmax(most, jumps->jump[i].by);
	return jumps->count > 1 ? most * (1 + 1.0 / jumps->count) : most;
}

double rate_jumps_wander(const struct rate_jumps *jumps, int64_t raw_ns, double watched_s)
{
	int64_t memory_ns = MEMORY_NS;
	double square = 0;
	unsigned int i;

	if (!is_expected(jumps, raw_ns))
		return 0;
	for (i = 0; i < jumps->count; i++)
		square += jumps->jump[i].by * jumps->jump[i].by;
	if (jumps->count == RATE_JUMPS)
		memory_ns = chime_sub_sat(raw_ns, jumps->jump[0].raw_ns);
	return sqrt(square / fmax(fmin(watched_s, (double)memory_ns / NS_PER_S), 1));
}

void rate_jumps_change(struct rate_jumps *jumps, const struct reference_change *change)
{
	if (!reference_change_keeps_rate(change)) {
		*jumps = (struct rate_jumps){ .known = 0 };
		return;
	}
	jumps->rate = reference_change_rate(change, jumps->rate);
	jumps->rate_sigma = hypot(jumps->rate_sigma, change->rate_sigma);
}
