// SPDX-License-Identifier: GPL-2.0-only
/*
 * Moments of a truncated normal variable, without cancellation in the tails or in narrow
 * intervals. What is made of them is the estimator's.
 */
#include "truncated_normal.h"

#include <math.h>

/* Further out erfc() would underflow; whoever asks takes such a sample for an outlier anyway. */
#define FAR	30.0

/* Below this width the density is a straight line to better than 1e-6 of the variance. */
#define NARROW	1e-3

#define LOG_SQRT_2PI	0.91893853320467274178

static double density(double x)
{
	return exp(-0.5 * x * x - LOG_SQRT_2PI);
}

static double upper_tail(double x)
{
	return 0.5 * erfc(x * M_SQRT1_2);
}

/* Over a narrow interval about @middle the density is exp(-middle * x): all but uniform. */
static void narrow(double low, double high, struct truncated_normal *result)
{
	double middle = 0.5 * (low + high);
	double width = high - low;
	double variance = width * width / 12;

	result->log_mass = log(fmax(width, 1e-300)) - 0.5 * middle * middle - LOG_SQRT_2PI;
	result->mean = middle - middle * variance;
	result->variance = variance;
}

/* @low <= @high, and the interval is not on the negative side alone. */
static void right_or_centre(double low, double high, struct truncated_normal *result)
{
	double at_low = density(low);
	double at_high = isinf(high) ? 0 : density(high);
	double slope = low * at_low - (isinf(high) ? 0 : high * at_high);
	double mass = low > 0 ? upper_tail(low) - upper_tail(high) :
				1 - upper_tail(-low) - upper_tail(high);

	result->log_mass = log(mass);
	result->mean = (at_low - at_high) / mass;
	result->variance = 1 + slope / mass - result->mean * result->mean;
	if (result->variance < 0)
		result->variance = 0;
}

void truncated_normal(double low, double high, struct truncated_normal *result)
{
	if (low + high < 0) {
		truncated_normal(-high, -low, result);
		result->mean = -result->mean;
		return;
	}
	if (low > FAR) {
		high = FAR + fmin(high - low, FAR);
		low = FAR;
	}
	if (high - low < NARROW)
		narrow(low, high, result);
	else
		right_or_centre(low, high, result);
}
