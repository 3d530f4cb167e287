// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated host's clock and the readings of it.
 */
#include "host_clock.h"

#include <math.h>
#include <string.h>

#include "user/lib/time_units.h"

/* By how much an exact reading may be wrong, as the module has it, and is. */
#define EXACT_NS	5
#define CUT_NS		2

void host_clock_start(struct host_clock *host, const struct host_clock_options *options,
		      uint64_t seed, uint64_t stream)
{
	memset(host, 0, sizeof(*host));
	host->options = *options;
	oscillator_start(&host->oscillator, &options->oscillator, options->offset_ns, seed, stream);
	random_seed(&host->random, seed, stream + 1);
	host->phase = 2;
	host->next_ns = options->slew > 0 ? options->slew_ns : INFINITY;
}

/* From @true_ns on it runs faster by @change. */
static void change_rate(struct host_clock *host, double true_ns, double change)
{
	struct oscillator *oscillator = &host->oscillator;

	oscillator->reading_ns = oscillator_read(oscillator, true_ns);
	oscillator->begin_ns = true_ns;
	oscillator->options.frequency += change;
	oscillator->frequency += change;
	host->changes++;
}

static void next_slew(struct host_clock *host)
{
	const struct host_clock_options *options = &host->options;
	double rate = 0;

	host->phase = (host->phase + 1) % 3;
	if (host->phase == 0) {
		rate = options->slew * (2 * random_uniform(&host->random) - 1);
		host->length_ns = options->slew_ns * random_exponential(&host->random);
	} else if (host->phase == 1) {
		rate = -host->rate;
	}
	change_rate(host, host->next_ns, rate - host->rate);
	host->rate = rate;
	host->next_ns += host->length_ns;
}

double host_clock_read(struct host_clock *host, double true_ns)
{
	while (host->next_ns <= true_ns)
		next_slew(host);
	return oscillator_read(&host->oscillator, true_ns);
}

void host_clock_advance(struct host_clock *host, double begin_ns)
{
	host_clock_read(host, begin_ns);
	oscillator_advance(&host->oscillator, begin_ns);
}

void host_clock_elapse(struct host_clock *host, double true_ns, double gap_ns)
{
	double passed_ns;

	for (passed_ns = 0; passed_ns < gap_ns; passed_ns += NS_PER_S_REAL)
		host_clock_advance(host, true_ns + fmin(passed_ns + NS_PER_S_REAL, gap_ns));
	host->oscillator.begin_ns -= gap_ns;
	host->next_ns -= gap_ns;
	host->changes++;
}

void host_clock_set(struct host_clock *host, double by_ns)
{
	host->oscillator.reading_ns += by_ns;
	host->changes++;
}

void host_clock_set_frequency(struct host_clock *host, double true_ns, double frequency)
{
	change_rate(host, true_ns, frequency - host->oscillator.options.frequency);
}

double host_clock_pair(struct host_clock *host, double true_ns, double *uncertainty_ns)
{
	double bracket_ns = host->options.bracket_ns;

	*uncertainty_ns = EXACT_NS;
	if (bracket_ns <= 0)
		return host_clock_read(host, true_ns) +
		       CUT_NS * (2 * random_uniform(&host->random) - 1);
	bracket_ns *= 0.1 + 0.9 * random_uniform(&host->random);
	*uncertainty_ns += 0.5 * bracket_ns;
	return host_clock_read(host, true_ns + bracket_ns *
					       (random_uniform(&host->random) - 0.5));
}
