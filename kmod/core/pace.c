// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pace of checks. See pace.h.
 */
#include "core/pace.h"

/*
 * Without a parameter a busy machine reads every 5 ms, so that half of the steps of the host's
 * clock are noticed within 3 ms. On hardware a reading takes 2 us, and that costs 0.04 % of a
 * processor. Readings may take up to an eightieth of one, which they reach at 62 us each, as under
 * hypervisors that run under others: from there on they are further apart. But a step must not go
 * unnoticed for longer than 20 ms anywhere.
 */
#define CHIME_PACE_COSTS	80
#define CHIME_PACE_SOONEST_NS	(5 * CHIME_NS_PER_MS)
#define CHIME_PACE_LATEST_NS	(20 * CHIME_NS_PER_MS)

/* A check keeps the line and its bound up to date, and sees what only a thread can see. */
#define CHIME_PACE_QUIET_NS	(100 * CHIME_NS_PER_MS)

/* The median moves by one part in so many. */
#define CHIME_PACE_MEDIAN_PARTS	16

void chime_pace_init(struct chime_pace *pace, s64 busy_ns, s64 idle_ns, s64 tick_ns)
{
	pace->soonest_ns = busy_ns ?: CHIME_PACE_SOONEST_NS;
	pace->latest_ns = busy_ns ?: CHIME_PACE_LATEST_NS;
	pace->quiet_ns = chime_max(pace->latest_ns, CHIME_PACE_QUIET_NS);
	pace->alone_ns = idle_ns / 4;
	pace->tick_ns = tick_ns;
}

/*
 * A tick comes up to half of one early or late. Several CPUs whose ticks are at different times
 * must not make many more checks than one, nor may one wait for a tick too long.
 */
static s64 chime_pace_recent(const struct chime_pace *pace, s64 interval_ns)
{
	return chime_max(interval_ns - pace->tick_ns / 2, interval_ns / 2);
}

s64 chime_pace_learn(s64 cost_ns, s64 took_ns)
{
	s64 step_ns = cost_ns / CHIME_PACE_MEDIAN_PARTS + 1;

	/* The raw clock went back in between: nothing is known of this one. */
	if (took_ns < 0)
		return cost_ns;
	took_ns = chime_min(took_ns, CHIME_PACE_LATEST_NS) + 1;
	if (!cost_ns)
		return took_ns;
	return took_ns < cost_ns ? chime_max(cost_ns - step_ns, took_ns) :
				   chime_min(cost_ns + step_ns, took_ns);
}

s64 chime_pace_interval(const struct chime_pace *pace, s64 cost_ns)
{
	if (!cost_ns || cost_ns >= pace->latest_ns / CHIME_PACE_COSTS)
		return pace->latest_ns;
	return chime_max(pace->soonest_ns, cost_ns * CHIME_PACE_COSTS);
}

bool chime_pace_is_due(const struct chime_pace *pace, s64 age_ns, s64 cost_ns, bool busy)
{
	/* The latest one may count as half a tick later than it was. */
	if (age_ns < -pace->tick_ns)
		return true;
	if (!busy)
		return age_ns >= pace->alone_ns;
	return age_ns >= chime_pace_recent(pace, chime_pace_interval(pace, cost_ns));
}

s64 chime_pace_counts_as(const struct chime_pace *pace, s64 last_ns, s64 now_ns, s64 cost_ns)
{
	s64 slack_ns = pace->tick_ns / 2, due_ns = last_ns + chime_pace_interval(pace, cost_ns);

	return chime_max(now_ns - slack_ns, chime_min(due_ns, now_ns + slack_ns));
}

bool chime_pace_needs_check(const struct chime_pace *pace, s64 age_ns, enum chime_verdict verdict)
{
	if (age_ns < 0)
		return true;
	switch (verdict) {
	case CHIME_VERDICT_JUMPED:
		return true;
	case CHIME_VERDICT_ON_LINE:
		return age_ns >= chime_pace_recent(pace, pace->quiet_ns);
	case CHIME_VERDICT_STARTED:
	case CHIME_VERDICT_RATE_CHANGED:
	case CHIME_VERDICT_USELESS:
		break;
	}
	return age_ns >= chime_pace_recent(pace, pace->latest_ns);
}

bool chime_pace_has_moved(const struct chime_pace *pace, s64 age_ns,
			  const struct chime_marks *checked, const struct chime_marks *now)
{
	int i;

	if (age_ns >= 0 && age_ns < chime_pace_recent(pace, pace->latest_ns))
		return false;
	for (i = 0; i < CHIME_MARKS; i++)
		if (now->words[i] != checked->words[i])
			return true;
	return false;
}
