// SPDX-License-Identifier: GPL-2.0-only
/*
 * Oscillators, a second at a time: the frequency is constant within each second.
 */
#include "oscillator.h"

#include <math.h>

#include "user/lib/time_units.h"

#define DAY_NS		(86400 * NS_PER_S_REAL)

static void set_frequency(struct oscillator *oscillator)
{
	const struct oscillator_options *options = &oscillator->options;

	oscillator->frequency = options->frequency;
	/* Most have none, and a guest that was stopped for a year has many seconds. */
	if (options->daily != 0)
		oscillator->frequency += options->daily *
					 sin(2 * M_PI * oscillator->begin_ns / DAY_NS);
}

void oscillator_start(struct oscillator *oscillator, const struct oscillator_options *options,
		      double reading_ns, uint64_t seed, uint64_t stream)
{
	oscillator->options = *options;
	oscillator->begin_ns = 0;
	oscillator->reading_ns = reading_ns;
	random_seed(&oscillator->random, seed, stream);
	set_frequency(oscillator);
}

void oscillator_advance(struct oscillator *oscillator, double begin_ns)
{
	struct oscillator_options *options = &oscillator->options;
	double elapsed_s = (begin_ns - oscillator->begin_ns) / NS_PER_S_REAL;

	oscillator->reading_ns = oscillator_read(oscillator, begin_ns);
	oscillator->begin_ns = begin_ns;
	if (options->wander > 0)
		options->frequency += options->wander * random_normal(&oscillator->random);
	options->frequency += options->aging * elapsed_s;
	set_frequency(oscillator);
}

void oscillator_elapse(struct oscillator *oscillator, double true_ns, double gap_ns)
{
	double passed_ns;

	for (passed_ns = 0; passed_ns < gap_ns; passed_ns += NS_PER_S_REAL)
		oscillator_advance(oscillator, true_ns + fmin(passed_ns + NS_PER_S_REAL, gap_ns));
	oscillator->begin_ns -= gap_ns;
}

double oscillator_read(const struct oscillator *oscillator, double true_ns)
{
	return oscillator->reading_ns +
	       (true_ns - oscillator->begin_ns) * (1 + oscillator->frequency);
}

double oscillator_when(const struct oscillator *oscillator, double reading_ns)
{
	return oscillator->begin_ns +
	       (reading_ns - oscillator->reading_ns) / (1 + oscillator->frequency);
}
