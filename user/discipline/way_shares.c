// SPDX-License-Identifier: GPL-2.0-only
/*
 * A way takes its least time, its queueing, and to the server the clock's error, which is taken off
 * again on the way back. Bends, which are differences of second order, have neither the least time
 * nor the clock's offset and rate, and the round trip's have not even its wander. So the regression
 * of one way's bends on the round trip's shows that way's share of the queueing.
 */
#include "discipline/way_shares.h"

#include <math.h>
#include <stdbool.h>

/* Bends are averaged over so many. */
#define SHARES_MEMORY	256.0

/* A bend counts as at most so many mean ones: a single long delay must not decide. */
#define BEND_MOST	2.0

/* Both ways may bend by chance where the round trip hardly does: the share is then anything. */
#define SHARE_BEYOND	1.0

/*
 * The ways differ if the mean of the shares is so many of its standard errors from one half. Shares
 * that are alike by chance must not count for more than they are: the sum of squares has this
 * besides, two of the largest deviations from one half, so that fewer than 9 shares never suffice.
 * Each delay is in three bends, and so many standard errors are not as many as they look: of ways
 * that queue alike, 1 to 3 % look different some time in 256 samples.
 */
#define SHARES_SIGMAS	6
#define SHARES_SQUARE	0.5

/*
 * A way that is taken to queue less than it does makes its usual delays contradict the clock; one
 * that is taken to queue more tells a little less of it. So the share is the one nearest to one
 * half that so many standard errors allow.
 */
#define SHARE_SIGMAS	2

/*
 * Bends of exponential delays have Laplace's distribution. Of two with the scales s and 1 - s the
 * regression, weighted by the first power of the sum, has the slope
 * R = s^2 (2 - s) / (1 - s + s^2), and s / (1 - s) is about this power of R / (1 - R).
 */
#define SHARE_EXPONENT	0.59

/* Neither way queues less than this share. */
#define SHARE_LEAST	0.005

static double clamp(double value, double least, double most)
{
	return fmin(fmax(value, least), most);
}

void way_shares_add(struct way_shares *shares, double up_bend_ns, double bend_ns)
{
	double keep, share, weight_ns, weight_ns2;

	if (!(bend_ns != 0 && isfinite(bend_ns) && isfinite(up_bend_ns)))
		return;
	shares->count = fmin(shares->count + 1, SHARES_MEMORY);
	keep = shares->count < SHARES_MEMORY ? 1 : 1 - 1 / SHARES_MEMORY;
	shares->mean_bend_ns += (fabs(bend_ns) - shares->mean_bend_ns) / shares->count;
	weight_ns = fmin(fabs(bend_ns), BEND_MOST * shares->mean_bend_ns);
	share = clamp(up_bend_ns / bend_ns, -SHARE_BEYOND, 1 + SHARE_BEYOND);
	shares->weight_ns = keep * shares->weight_ns + weight_ns;
	shares->weighted_ns = keep * shares->weighted_ns + weight_ns * share;
	weight_ns2 = weight_ns * weight_ns;
	shares->squares_ns2[0] = keep * shares->squares_ns2[0] + weight_ns2;
	shares->squares_ns2[1] = keep * shares->squares_ns2[1] + weight_ns2 * share;
	shares->squares_ns2[2] = keep * shares->squares_ns2[2] + weight_ns2 * share * share;
	share = clamp(share, 0, 1);
	shares->shares = keep * shares->shares + share;
	shares->squares = keep * shares->squares + share * share;
}

static bool ways_differ(const struct way_shares *shares)
{
	double mean = shares->shares / shares->count;
	double square = shares->squares - shares->count * mean * mean + SHARES_SQUARE;

	/* Without a share the mean is not a number, and nothing is greater than that. */
	return fabs(mean - 0.5) * shares->count > SHARES_SIGMAS * sqrt(square);
}

/*
 * The standard error of a weighted mean. What a bend adds to it is weighed like the bend: where the
 * round trip hardly bends, the clock's wander alone makes the share anything.
 */
static double slope_sigma(const struct way_shares *shares, double slope)
{
	double square_ns2 = shares->squares_ns2[2] - 2 * slope * shares->squares_ns2[1] +
			    slope * slope * shares->squares_ns2[0];

	return sqrt(fmax(square_ns2, 0)) / shares->weight_ns;
}

double way_shares_up(const struct way_shares *shares)
{
	double slope, margin, ratio, share;

	if (!ways_differ(shares))
		return 0.5;
	slope = shares->weighted_ns / shares->weight_ns;
	margin = SHARE_SIGMAS * slope_sigma(shares, slope);
	slope = slope > 0.5 ? fmax(slope - margin, 0.5) : fmin(slope + margin, 0.5);
	slope = clamp(slope, 0, 1);
	ratio = pow(slope, SHARE_EXPONENT);
	share = ratio / (ratio + pow(1 - slope, SHARE_EXPONENT));
	return clamp(share, SHARE_LEAST, 1 - SHARE_LEAST);
}
