// SPDX-License-Identifier: GPL-2.0-only
/*
 * The median filter of refclocks. A reading may be wrong by anything (a spike on a wire, a sentence
 * that waited for a scheduler), so the mean is that of the readings in the middle.
 */
#include "sources/refclock_filter.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "core/line.h"

/* This share of the readings is left out at each end, as in chrony. */
#define TRIMMED	0.2

/* A clock that has gone on by no more than this part of the time has not gone on. */
#define STILL_SHARE	1000

/* What fits into 64 bits. */
#define DIFFERENCE_MAX_NS	9e18

/* A rate over a shorter time shows the noise. No clock that is worth reading has a greater one. */
#define RATE_SPAN_NS	1e9
#define RATE_MAX	1e-3

/* The mean noise is that of so many windows. */
#define NOISE_MEMORY	16

/* What is given in ns may not scatter at all for a while. */
#define NOISE_LEAST_NS	10

/* A window that scatters so much more than usual is as noisy as it looks. */
#define NOISE_UNUSUAL	2

/*
 * One that scatters by so many times as much has more wrong readings than are left out. When that
 * goes on for some windows, the refclock has become so noisy.
 */
#define NOISE_WRONG	8
#define WINDOWS_WRONG	3

/* A reading relative to the oldest one, and to the line through all. */
struct relative {
	double at;
	double offset;
	double residual;
};

void refclock_filter_init(struct refclock_filter *filter, int size)
{
	*filter = (struct refclock_filter) { .size = (size_t)size };
	if (filter->size > REFCLOCK_FILTER_MAX)
		filter->size = REFCLOCK_FILTER_MAX;
	if (size < REFCLOCK_FILTER_MIN)
		filter->size = REFCLOCK_FILTER_MIN;
}

void refclock_filter_drop(struct refclock_filter *filter)
{
	filter->count = 0;
	filter->has_last = false;
}

bool refclock_filter_is_still(const struct refclock_filter *filter,
			      const struct refclock_point *point)
{
	int64_t elapsed_ns = chime_sub_sat(point->at_ns, filter->last.at_ns);
	int64_t shown_ns = chime_add_sat(elapsed_ns, chime_sub_sat(point->offset_ns,
								   filter->last.offset_ns));

	return filter->has_last && elapsed_ns > 0 &&
	       chime_abs_sat(shown_ns) <= elapsed_ns / STILL_SHARE;
}

int refclock_filter_add(struct refclock_filter *filter, const struct refclock_point *point)
{
	if (filter->has_last && point->at_ns <= filter->last.at_ns)
		return -EALREADY;
	filter->last = *point;
	filter->has_last = true;
	filter->points[filter->next] = *point;
	filter->next = (filter->next + 1) % filter->size;
	if (filter->count < filter->size)
		filter->count++;

	return 0;
}

static const struct refclock_point *oldest(const struct refclock_filter *filter)
{
	return &filter->points[(filter->next + filter->size - filter->count) % filter->size];
}

/* In the order in which they came. */
static void make_relative(const struct refclock_filter *filter, struct relative *readings)
{
	const struct refclock_point *base = oldest(filter);

	for (size_t i = 0; i < filter->count; i++) {
		size_t index = (filter->next + filter->size - filter->count + i) % filter->size;
		const struct refclock_point *point = &filter->points[index];

		readings[i].at = (double)chime_sub_sat(point->at_ns, base->at_ns);
		readings[i].offset = (double)chime_sub_sat(point->offset_ns, base->offset_ns);
	}
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/*
 * The reference may run fast or slow by more in a window than the readings scatter, so that their
 * median would be the one in the middle of the window. The median of the slopes over half a window
 * is little moved by wrong readings.
 */
static void learn_rate(struct refclock_filter *filter, const struct relative *readings)
{
	size_t half = filter->count / 2;
	double slopes[REFCLOCK_FILTER_MAX / 2];
	double rate;

	if (filter->count < REFCLOCK_FILTER_MIN || readings[filter->count - 1].at < RATE_SPAN_NS)
		return;
	for (size_t i = 0; i < half; i++) {
		const struct relative *early = &readings[i], *late = &readings[i + half];

		slopes[i] = (late->offset - early->offset) / (late->at - early->at);
	}
	qsort(slopes, half, sizeof(*slopes), compare_doubles);
	rate = half % 2 ? slopes[half / 2] : (slopes[half / 2 - 1] + slopes[half / 2]) / 2;
	filter->rate = fmin(fmax(rate, -RATE_MAX), RATE_MAX);
}

static int compare_residuals(const void *a, const void *b)
{
	const struct relative *left = a, *right = b;

	return (left->residual > right->residual) - (left->residual < right->residual);
}

/*
 * The variance of the mean of what is left when @cut readings are taken away at each end: those
 * count as if they were the outermost that are left (winsorised variance).
 */
static double trimmed_variance(const struct relative *sorted, size_t count, size_t cut)
{
	double left = (double)(count - 2 * cut) / (double)count;
	double mean = 0, square = 0;

	for (size_t i = 0; i < count; i++) {
		size_t index = i < cut ? cut : i >= count - cut ? count - cut - 1 : i;
		double delta = sorted[index].residual - mean;

		mean += delta / (double)(i + 1);
		square += delta * (sorted[index].residual - mean);
	}

	return square / (double)(count - 1) / (double)count / (left * left);
}

/* The noise of a single reading in the mean of the latest windows. */
static void learn_noise(struct refclock_filter *filter, double variance)
{
	double square = filter->noise_ns * filter->noise_ns;

	if (filter->noises < NOISE_MEMORY)
		filter->noises++;
	square += (variance * (double)filter->count - square) / filter->noises;
	filter->noise_ns = sqrt(fmax(square, 0));
}

/* One standard error of the mean of the readings in the middle of a window. 0, -EDOM. */
static int judge_noise(struct refclock_filter *filter, const struct relative *sorted, size_t cut,
		       double *noise_ns)
{
	double usual_ns = filter->noise_ns / sqrt((double)filter->count);
	double own_ns;

	*noise_ns = filter->noise_ns / sqrt((double)(filter->count - 2 * cut));
	if (filter->count < REFCLOCK_FILTER_MIN)
		return 0;

	own_ns = sqrt(trimmed_variance(sorted, filter->count, cut));
	if (filter->noises && own_ns > NOISE_WRONG * usual_ns + NOISE_LEAST_NS) {
		if (filter->wrong++ < WINDOWS_WRONG)
			return -EDOM;
		filter->noises = 0;
	}
	filter->wrong = 0;
	learn_noise(filter, own_ns * own_ns);
	usual_ns = filter->noise_ns / sqrt((double)filter->count);
	*noise_ns = own_ns > NOISE_UNUSUAL * usual_ns ? own_ns : usual_ns;

	return 0;
}

static int64_t to_s64(double ns)
{
	return llrint(fmin(fmax(ns, -DIFFERENCE_MAX_NS), DIFFERENCE_MAX_NS));
}

int refclock_filter_take(struct refclock_filter *filter, struct refclock_point *mean,
			 double *noise_ns)
{
	struct relative readings[REFCLOCK_FILTER_MAX];
	const struct refclock_point *base = oldest(filter);
	size_t count = filter->count;
	size_t cut = (size_t)((double)count * TRIMMED);
	double at = 0, offset = 0;
	int err;

	if (!count)
		return -ENODATA;
	if (count < REFCLOCK_FILTER_MIN && !filter->noises)
		return -EAGAIN;

	make_relative(filter, readings);
	learn_rate(filter, readings);
	for (size_t i = 0; i < count; i++)
		readings[i].residual = readings[i].offset - filter->rate * readings[i].at;
	qsort(readings, count, sizeof(*readings), compare_residuals);

	if (count > 2 && !cut)
		cut = 1;
	for (size_t i = cut; i < count - cut; i++) {
		double used = (double)(i - cut + 1);

		at += (readings[i].at - at) / used;
		offset += (readings[i].offset - offset) / used;
	}
	err = judge_noise(filter, readings, cut, noise_ns);
	mean->at_ns = chime_add_sat(base->at_ns, to_s64(at));
	mean->offset_ns = chime_add_sat(base->offset_ns, to_s64(offset));
	filter->count = 0;

	return err;
}
