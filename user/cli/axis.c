// SPDX-License-Identifier: GPL-2.0-only
/*
 * The arithmetic of axes.
 */
#include "cli/axis.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* A year, in ns: no error needs more. */
#define POWER_MOST	17

static int power_of(double ns)
{
	return ns >= 1 && isfinite(ns) ? (int)fmin(floor(log10(ns)), POWER_MOST - 1) : 0;
}

struct error_axis error_axis_for(double usual_ns, double most_ns)
{
	struct error_axis axis = {
		.low = power_of(fabs(usual_ns)),
		.high = isfinite(most_ns) && fabs(most_ns) >= 1 ?
			(int)fmin(ceil(log10(fabs(most_ns))), POWER_MOST) : 0,
	};

	if (axis.high <= axis.low)
		axis.high = axis.low + 1;

	return axis;
}

/* The linear part is as wide as a power of ten. */
double error_axis_place(const struct error_axis *axis, double ns)
{
	double linear = pow(10, axis->low), size = fabs(ns), place;

	place = size < linear ? size / linear : 1 + log10(size / linear);
	place = fmin(place / (1 + axis->high - axis->low), 1);

	return ns < 0 ? -place : place;
}

void error_axis_text(int sign, int power, char text[AXIS_TEXT_MAX])
{
	static const char *const units[] = { "ns", "us", "ms", "s" };
	int unit = power / 3 > 3 ? 3 : power / 3;

	if (!sign)
		snprintf(text, AXIS_TEXT_MAX, "0");
	else
		snprintf(text, AXIS_TEXT_MAX, "%c%.0f %s", sign < 0 ? '-' : '+',
			 pow(10, power - 3 * unit), units[unit]);
}

double axis_step(double span, int most)
{
	double power, step;

	if (!(span > 0) || most < 1)
		return 1;
	power = pow(10, floor(log10(span / most)));
	step = span / most / power;

	return power * (step <= 1 ? 1 : step <= 2 ? 2 : step <= 5 ? 5 : 10);
}

double axis_time_step(double span_s, int most)
{
	static const double steps_s[] = {
		1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800,
		3600, 7200, 10800, 21600, 43200, 86400,
	};

	for (size_t i = 0; i < sizeof(steps_s) / sizeof(*steps_s); i++) {
		if (span_s / steps_s[i] <= most)
			return steps_s[i];
	}

	return 86400 * ceil(span_s / 86400 / most);
}

static int compare(const void *one, const void *other)
{
	double a = *(const double *)one, b = *(const double *)other;

	return (a > b) - (a < b);
}

double axis_median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), compare);

	return count ? values[count / 2] : 0;
}
