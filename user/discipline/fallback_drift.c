// SPDX-License-Identifier: GPL-2.0-only
/*
 * For each power of two of seconds: offsets at some instants of that time, and the mean rate.
 */
#include "discipline/fallback_drift.h"
#include "lib/time_units.h"

#define KEPT		(FALLBACK_DRIFT_PARTS + 1)

static int64_t span_ns(int power)
{
	return NS_PER_S << power;
}

static void note_in(struct fallback_span *span, int64_t least_ns, int64_t at_ns, int64_t offset_ns)
{
	uint64_t next = span->count % KEPT;
	uint64_t last = (span->count + KEPT - 1) % KEPT;

	if (span->count && at_ns - span->at_ns[last] < least_ns)
		return;
	span->at_ns[next] = at_ns;
	span->offset_ns[next] = offset_ns;
	span->count++;
}

void fallback_drift_note(struct fallback_drift *drift, int64_t at_ns, int64_t offset_ns)
{
	if (drift->known && at_ns < drift->latest_at_ns)
		return;
	for (int power = 1; power < FALLBACK_DRIFT_POWERS; power++)
		note_in(&drift->span[power], span_ns(power) / FALLBACK_DRIFT_PARTS, at_ns,
			offset_ns);
	drift->latest_at_ns = at_ns;
	drift->latest_offset_ns = offset_ns;
	drift->known = true;
}

/* The mean rate over the shortest noted time that is at least @least_ns. */
static bool mean_rate(const struct fallback_drift *drift, const struct fallback_span *span,
		      int64_t least_ns, double *rate)
{
	uint64_t kept = span->count < KEPT ? span->count : KEPT;

	for (uint64_t back = 1; back <= kept; back++) {
		uint64_t index = (span->count - back) % KEPT;
		int64_t age_ns = drift->latest_at_ns - span->at_ns[index];

		if (age_ns < least_ns)
			continue;
		*rate = (double)(drift->latest_offset_ns - span->offset_ns[index]) /
			(double)age_ns;
		return true;
	}
	return false;
}

int fallback_drift_get(const struct fallback_drift *drift, int least, int most, int64_t now_ns,
		       double *rate)
{
	if (!drift->known)
		return -1;
	if (most >= FALLBACK_DRIFT_POWERS)
		most = FALLBACK_DRIFT_POWERS - 1;
	for (int power = most; power >= least && power > 0; power--) {
		if (now_ns - drift->latest_at_ns < span_ns(power))
			continue;
		if (mean_rate(drift, &drift->span[power], span_ns(power), rate))
			return power;
	}
	return -1;
}
