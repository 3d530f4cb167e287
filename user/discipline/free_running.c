// SPDX-License-Identifier: GPL-2.0-only
/*
 * A reference that has moved further, at a steady rate, than a daemon that disciplines it would
 * allow runs free.
 *
 * ntpd slews its host by 128 ms at most, faster than any oscillator is wrong (500 ppm), and within
 * the hour.
 */
#include "discipline/free_running.h"

#include <math.h>

#define CRYSTAL_MOVED_NS	128e6
#define CRYSTAL_RATE		100e-6
#define CRYSTAL_SPAN_NS		3600e9
#define CRYSTAL_SIGMAS		5

static bool moved_too_far(const struct free_running *running, const struct estimate *estimate)
{
	double span_ns = (double)(estimate->at_ns - running->from_ns);
	double moved_ns = fabs((double)(estimate->offset_ns - running->offset_ns));
	double sure = fabs(estimate->rate) - CRYSTAL_SIGMAS * estimate->rate_sigma;

	return span_ns >= CRYSTAL_SPAN_NS && moved_ns > CRYSTAL_MOVED_NS &&
	       sure * span_ns > CRYSTAL_MOVED_NS && fabs(estimate->rate) <= CRYSTAL_RATE;
}

void free_running_learn(struct free_running *running, bool is_host, const struct estimate *estimate)
{
	if (!running->has_span) {
		running->has_span = true;
		running->from_ns = estimate->at_ns;
		running->offset_ns = estimate->offset_ns;
	}
	if (!is_host || moved_too_far(running, estimate))
		running->known = true;
}

void free_running_begin_span(struct free_running *running)
{
	running->has_span = false;
}

void free_running_change(struct free_running *running, const struct reference_change *change)
{
	reference_change_convert(change, &running->from_ns, &running->offset_ns);
}
