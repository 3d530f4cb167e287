// SPDX-License-Identifier: GPL-2.0-only
/*
 * The limits of rate and offset by pairs of round trips. See round_trips.h.
 */
#include "discipline/round_trips.h"

#include <math.h>
#include <string.h>

#include "core/line.h"
#include "lib/time_units.h"

/*
 * A round trip seen from a later instant, in ns: how long ago, what it allowed then, and by how
 * much the reference may have moved since.
 */
struct aged {
	double ago;
	double low;
	double high;
	double moved;
};

/* As fmax() and fmin(), which would be calls: nearly all of the time here would go into them. */
static double larger(double a, double b)
{
	return a > b ? a : b;
}

static double smaller(double a, double b)
{
	return a < b ? a : b;
}

static int64_t whole_ns(double ns)
{
	return llrint(smaller(ceil(ns), (double)(INT64_MAX / 2)));
}

/* Widened by what a rate that is not quite the same may have added, against @offset_ns. */
static struct aged age(const struct round_trips *trips, unsigned int which, int64_t at_ns,
		       int64_t offset_ns, double wander)
{
	const struct round_trip *trip = &trips->trip[which];
	double ago = larger((double)chime_sub_sat(at_ns, trip->at_ns), 0);
	double wandered = wander * ago * sqrt(ago / NS_PER_S_REAL / 3);

	return (struct aged){
		.ago = ago,
		.low = (double)chime_sub_sat(trip->low_ns, offset_ns) - wandered,
		.high = (double)chime_sub_sat(trip->high_ns, offset_ns) + wandered,
		.moved = (double)(trips->moved_ns - trip->moved_ns),
	};
}

static void narrow(struct rate_limits *rate, const struct aged *earlier, const struct aged *later)
{
	double span = larger(earlier->ago - later->ago, 1);
	double moved = earlier->moved - later->moved;

	rate->least = larger(rate->least, (later->low - earlier->high - moved) / span);
	rate->most = smaller(rate->most, (later->high - earlier->low + moved) / span);
}

/* What is known of the rate by all of them, and by @rate. */
static void limit_rate(struct round_trips *trips, const struct rate_limits *rate)
{
	const struct round_trip *latest = &trips->trip[trips->count - 1];
	struct aged aged[ROUND_TRIPS];
	unsigned int earlier, later;

	trips->rate = *rate;
	for (later = 0; later < trips->count; later++) {
		aged[later] = age(trips, later, latest->at_ns, latest->low_ns, rate->wander);
		for (earlier = 0; earlier < later; earlier++)
			narrow(&trips->rate, &aged[earlier], &aged[later]);
	}
}

static void forget(struct round_trips *trips, unsigned int which)
{
	trips->count--;
	memmove(&trips->trip[which], &trips->trip[which + 1],
		(trips->count - which) * sizeof(trips->trip[0]));
}

/* The one that says least by @at_ns, after what the rate may have done since: the widest. */
static unsigned int find_widest(const struct round_trips *trips, int64_t at_ns,
				const struct rate_limits *rate)
{
	unsigned int widest = 0, i;
	double width = 0;

	for (i = 0; i < trips->count; i++) {
		struct aged aged = age(trips, i, at_ns, trips->trip[i].low_ns, rate->wander);
		double by_now = aged.high - aged.low + 2 * (rate->jump * aged.ago + aged.moved);

		if (by_now <= width)
			continue;
		width = by_now;
		widest = i;
	}
	return widest;
}

void round_trips_add(struct round_trips *trips, const struct round_trip *trip,
		     const struct rate_limits *rate)
{
	if (trips->count == ROUND_TRIPS)
		forget(trips, find_widest(trips, trip->at_ns, rate));
	trips->trip[trips->count] = *trip;
	trips->trip[trips->count++].moved_ns = trips->moved_ns;
	limit_rate(trips, rate);
	while (trips->count > 1 && trips->rate.least > trips->rate.most) {
		forget(trips, 0);
		limit_rate(trips, rate);
	}
}

static void change_trip(struct round_trip *trip, const struct reference_change *change,
			double sigmas)
{
	double ago_ns = (double)change->at_ns - (double)trip->at_ns;
	double error_ns = sigmas * hypot(change->shift_sigma_ns, change->rate_sigma * ago_ns);
	int64_t widened_ns = whole_ns(error_ns);
	int64_t offset_ns = reference_change_offset(change, trip->at_ns);

	trip->low_ns = chime_sub_sat(chime_add_sat(trip->low_ns, offset_ns), widened_ns);
	trip->high_ns = chime_add_sat(chime_add_sat(trip->high_ns, offset_ns), widened_ns);
	trip->at_ns += reference_change_shift(change, trip->at_ns);
}

void round_trips_change_reference(struct round_trips *trips, const struct reference_change *change,
				  double sigmas)
{
	struct rate_limits *rate = &trips->rate;
	double rate_error = sigmas * change->rate_sigma;
	unsigned int i;

	for (i = 0; i < trips->count; i++)
		change_trip(&trips->trip[i], change, sigmas);
	rate->least = reference_change_rate(change, rate->least) - rate_error;
	rate->most = reference_change_rate(change, rate->most) + rate_error;
}

void round_trips_widen(struct round_trips *trips, int64_t by_ns)
{
	trips->moved_ns = chime_add_sat(trips->moved_ns, by_ns);
}

/* What all of them allow of the truth, against an offset, at one rate. */
struct reach {
	double below;
	double above;
};

static void reach_less(struct reach *reach, const struct aged *aged, const struct rate_limits *rate)
{
	double low = aged->low - aged->moved, high = aged->high + aged->moved;

	reach->below = larger(reach->below, low + rate->least * aged->ago);
	reach->above = smaller(reach->above, high + rate->most * aged->ago);
}

static double reach_distance(const struct reach *reach)
{
	return larger(reach->above, -reach->below);
}

int64_t round_trips_distance(const struct round_trips *trips, const struct rate_limits *changed,
			     int64_t at_ns, int64_t offset_ns)
{
	struct reach by_same = { -INFINITY, INFINITY };
	struct reach by_changed = by_same;
	unsigned int i;

	for (i = 0; i < trips->count; i++) {
		struct aged aged = age(trips, i, at_ns, offset_ns, trips->rate.wander);

		reach_less(&by_same, &aged, &trips->rate);
		reach_less(&by_changed, &aged, changed);
	}
	if (!trips->count)
		return 0;
	return whole_ns(larger(reach_distance(&by_same), reach_distance(&by_changed)));
}
