// SPDX-License-Identifier: GPL-2.0-only
/*
 * Readings of a PTP hardware clock to one sample: the narrow ones are averaged, and how they
 * scatter says how noisy they are. Pure.
 */
#include "sources/refclock_phc.h"

#include <errno.h>
#include <math.h>

#include "core/line.h"

/* Brackets up to this much wider than the narrowest one count as equally good. */
#define WIDTH_SLACK	1.25

/* One standard error of an exact reading: it is given in ns. */
#define READING_NOISE_NS	1.0

/* Saturated at the limits of 64 bits. */
static int64_t to_s64(double ns)
{
	if (ns >= (double)INT64_MAX)
		return INT64_MAX;

	return ns <= (double)INT64_MIN ? INT64_MIN : (int64_t)llrint(ns);
}

static int64_t narrowest(const struct phc_reading *readings, size_t count)
{
	int64_t least_ns = INT64_MAX;

	for (size_t i = 0; i < count; i++) {
		if (readings[i].width_ns >= 0 && readings[i].width_ns < least_ns)
			least_ns = readings[i].width_ns;
	}

	return least_ns;
}

static int64_t reference_of(const struct phc_reading *reading, enum phc_method method,
			    const struct clock_span *span)
{
	if (method == PHC_PRECISE)
		return clock_span_from_raw(span, reading->clock_ns);

	return clock_span_from_realtime(span, reading->clock_ns);
}

int refclock_combine(const struct phc_reading *readings, size_t count, enum phc_method method,
		     const struct clock_span *span, const struct config_source *config,
		     struct source_sample *sample)
{
	int64_t least_ns = narrowest(readings, count);
	double limit_ns = (double)least_ns * WIDTH_SLACK;
	double mean = 0, square = 0, width = 0, at = 0, noise_ns;
	int64_t first_offset_ns = 0, first_at_ns = 0;
	size_t used = 0;

	if (least_ns == INT64_MAX)
		return -EINVAL;
	if (clock_span_judge(span) != CLOCK_SPAN_GOOD)
		return -ESTALE;

	/* Welford's mean and variance, about the first reading for the sake of precision. */
	for (size_t i = 0; i < count; i++) {
		int64_t at_ns, offset_ns;
		double delta;

		if (readings[i].width_ns < 0 || (double)readings[i].width_ns > limit_ns)
			continue;
		at_ns = reference_of(&readings[i], method, span);
		offset_ns = chime_sub_sat(readings[i].device_ns, at_ns);
		if (!used) {
			first_at_ns = at_ns;
			first_offset_ns = offset_ns;
		}
		used++;
		delta = (double)chime_sub_sat(offset_ns, first_offset_ns) - mean;
		mean += delta / (double)used;
		square += delta * ((double)chime_sub_sat(offset_ns, first_offset_ns) - mean);
		at += ((double)chime_sub_sat(at_ns, first_at_ns) - at) / (double)used;
		width += ((double)readings[i].width_ns - width) / (double)used;
	}

	/* One reading does not show its noise: then it may be anywhere in the bracket. */
	noise_ns = used > 1 ? sqrt(square / (double)(used - 1) / (double)used) : width / 4;
	noise_ns += READING_NOISE_NS + (double)span->before.reading_ns +
		    (double)config->precision_ns;

	*sample = (struct source_sample) {
		.at_ns = chime_add_sat(first_at_ns, to_s64(at)),
		.offset_ns = chime_add_sat(first_offset_ns, to_s64(mean)),
		.delay_ns = to_s64(width),
		.noise_ns = to_s64(ceil(noise_ns)),
		.root_delay_ns = config->delay_ns,
		.refid = config->refid,
		.epoch = span->after.epoch,
		.stratum = (uint8_t)config->stratum,
	};

	return 0;
}
