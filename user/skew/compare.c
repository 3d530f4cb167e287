// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pairs of clocks, the one that differs, and what programs bear.
 */
#include "skew/compare.h"

#include <stdlib.h>

#include "core/line.h"
#include "lib/time_units.h"

/* Without the outlier the others are closer by this factor. */
#define OUTLIER_FACTOR	4

/*
 * Time zones are whole quarters of an hour, from -12 h to +14 h, and half an hour off 0 at least.
 */
#define ZONE_STEP_S	900LL
#define ZONE_LEAST_S	1800LL
#define ZONE_MOST_S	(14 * 3600LL)

/* An RTC is off by some seconds besides. */
#define ZONE_SLACK_S	30

/*
 * Ceph: mon_clock_drift_allowed. CockroachDB: a node stops itself at 80 % of --max-offset, 500 ms.
 * Kerberos: clockskew of krb5.conf. All as they are by default.
 */
const struct skew_limit skew_limits[] = {
	{ "Ceph's monitors", 50000000 },
	{ "CockroachDB", 400000000 },
	{ "Kerberos", 300 * NS_PER_S },
};

const size_t skew_limits_count = sizeof(skew_limits) / sizeof(skew_limits[0]);

static void compare(const struct skew_clock *clocks, size_t ahead, size_t behind,
		    struct skew_pair *pair)
{
	int64_t error_ns = chime_add_sat(clocks[ahead].error_ns, clocks[behind].error_ns);

	pair->ahead = ahead;
	pair->behind = behind;
	pair->apart_ns = chime_sub_sat(clocks[ahead].offset_ns, clocks[behind].offset_ns);
	pair->least_ns = chime_max(chime_sub_sat(pair->apart_ns, error_ns), 0);
	pair->most_ns = chime_add_sat(pair->apart_ns, error_ns);
}

bool skew_furthest(const struct skew_clock *clocks, size_t count, size_t without,
		   struct skew_pair *pair)
{
	struct skew_pair candidate;
	bool found = false;
	size_t i, j;

	for (i = 0; i < count; i++) {
		for (j = 0; j < count; j++) {
			if (i == j || i == without || j == without || !clocks[i].known ||
			    !clocks[j].known || clocks[i].offset_ns < clocks[j].offset_ns)
				continue;
			compare(clocks, i, j, &candidate);
			if (found && candidate.most_ns <= pair->most_ns)
				continue;
			*pair = candidate;
			found = true;
		}
	}

	return found;
}

static bool is_outlier(const struct skew_clock *clocks, size_t count, size_t index,
		       const struct skew_pair *furthest)
{
	struct skew_pair rest;

	return skew_furthest(clocks, count, index, &rest) &&
	       rest.most_ns <= furthest->least_ns / OUTLIER_FACTOR;
}

size_t skew_outlier(const struct skew_clock *clocks, size_t count)
{
	struct skew_pair furthest;

	if (!skew_furthest(clocks, count, SKEW_NONE, &furthest))
		return SKEW_NONE;
	if (is_outlier(clocks, count, furthest.ahead, &furthest))
		return furthest.ahead;
	if (is_outlier(clocks, count, furthest.behind, &furthest))
		return furthest.behind;

	return SKEW_NONE;
}

enum skew_verdict skew_judge(const struct skew_pair *pair, int64_t limit_ns)
{
	if (pair->most_ns <= limit_ns)
		return SKEW_WITHIN;

	return pair->least_ns > limit_ns ? SKEW_BEYOND : SKEW_UNSURE;
}

int64_t skew_zone_s(const struct skew_clock *clock)
{
	int64_t offset_s, zone_s;

	if (!clock->known || clock->error_ns > ZONE_SLACK_S * NS_PER_S)
		return 0;
	offset_s = clock->offset_ns / NS_PER_S;
	zone_s = (offset_s + (offset_s < 0 ? -ZONE_STEP_S : ZONE_STEP_S) / 2) / ZONE_STEP_S *
		 ZONE_STEP_S;
	if (llabs(zone_s) < ZONE_LEAST_S || llabs(zone_s) > ZONE_MOST_S ||
	    llabs(offset_s - zone_s) > ZONE_SLACK_S)
		return 0;

	return zone_s;
}
