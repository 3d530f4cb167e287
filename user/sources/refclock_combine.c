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

static int64_t narrowest(const struct ptp_clock_reading *readings, size_t count)
{
	int64_t least_ns = INT64_MAX;

	for (size_t i = 0; i < count; i++) {
		if (readings[i].width_ns >= 0 && readings[i].width_ns < least_ns)
			least_ns = readings[i].width_ns;
	}

	return least_ns;
}

static int64_t reference_of(const struct ptp_clock_reading *reading, enum ptp_clock_method method,
			    const struct clock_span *span)
{
	if (method == PTP_CLOCK_PRECISE)
		return clock_span_from_raw(span, reading->raw_ns);

	return clock_span_from_realtime(span, reading->realtime_ns);
}

/* Of the readings that are used: their means, about the first one for the sake of precision. */
struct average {
	size_t used;
	int64_t first_at_ns;
	int64_t first_offset_ns;
	double at_ns;
	double offset_ns;
	double square;		/* the offsets' squared deviations from their mean, summed up */
	double width_ns;
};

/* Welford's mean and variance. */
static void add_reading(struct average *average, int64_t at_ns, int64_t offset_ns,
			int64_t width_ns)
{
	double offset, delta;

	if (!average->used) {
		average->first_at_ns = at_ns;
		average->first_offset_ns = offset_ns;
	}
	average->used++;
	offset = (double)chime_sub_sat(offset_ns, average->first_offset_ns);
	delta = offset - average->offset_ns;
	average->offset_ns += delta / (double)average->used;
	average->square += delta * (offset - average->offset_ns);
	average->at_ns += ((double)chime_sub_sat(at_ns, average->first_at_ns) - average->at_ns) /
			  (double)average->used;
	average->width_ns += ((double)width_ns - average->width_ns) / (double)average->used;
}

/* One standard error of the mean offset. */
static double noise_of(const struct average *average)
{
	double used = (double)average->used;

	/* One reading does not show its noise: it may be anywhere in the bracket. */
	return average->used > 1 ? sqrt(average->square / (used - 1) / used) :
				   average->width_ns / 4;
}

int refclock_combine(const struct ptp_clock_reading *readings, size_t count,
		     enum ptp_clock_method method, const struct clock_span *span,
		     const struct config_source *config, struct source_sample *sample)
{
	int64_t least_ns = narrowest(readings, count);
	double limit_ns = (double)least_ns * WIDTH_SLACK;
	struct average average = { 0 };
	double noise_ns;

	if (least_ns == INT64_MAX)
		return -EINVAL;
	if (clock_span_judge(span) != CLOCK_SPAN_GOOD)
		return -ESTALE;

	for (size_t i = 0; i < count; i++) {
		int64_t at_ns;

		if (readings[i].width_ns < 0 || (double)readings[i].width_ns > limit_ns)
			continue;
		at_ns = reference_of(&readings[i], method, span);
		add_reading(&average, at_ns, chime_sub_sat(readings[i].device_ns, at_ns),
			    readings[i].width_ns);
	}
	noise_ns = noise_of(&average) + READING_NOISE_NS + (double)span->before.reading_ns +
		   (double)config->precision_ns;

	*sample = (struct source_sample) {
		.at_ns = chime_add_sat(average.first_at_ns, to_s64(average.at_ns)),
		.offset_ns = chime_add_sat(average.first_offset_ns, to_s64(average.offset_ns)),
		.delay_ns = to_s64(average.width_ns),
		.noise_ns = to_s64(ceil(noise_ns)),
		.root_delay_ns = config->delay_ns,
		.refid = config->refid,
		.epoch = span->after.epoch,
		.followed_ns = span->before.followed_ns,
		.stratum = (uint8_t)config->stratum,
	};

	return 0;
}
