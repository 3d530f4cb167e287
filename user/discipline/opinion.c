// SPDX-License-Identifier: GPL-2.0-only
/*
 * One source's opinion of the timescale, sample by sample.
 */
#include "discipline/opinion.h"

#include "core/line.h"
#include "lib/time_units.h"

/*
 * A source contradicts the timescale if it differs by more than this, and by so many times the
 * possible error of clock, server and path together. Smaller differences are up to the discipline.
 */
#define FAR_NS		100000000LL
#define FAR_BOUNDS	3

/* A source that was outvoted must not keep all others answering bursts. */
#define PROBATION	8
#define PROBATION_MOST	1024

/* The wait for an only source that goes on contradicting. */
#define PATIENCE_FACTOR	100
#define PATIENCE_LEAST_NS	(64 * NS_PER_S)
#define PATIENCE_MOST_NS	(86400 * NS_PER_S)

/* A followed difference may grow by a tenth of the time; more is another contradiction. */
#define GROWTH		10

/* By how much clock, source and a slew on its way can be wrong together. */
static int64_t bound_of(int64_t distance_ns, const struct timescale_now *now)
{
	return chime_add_sat(chime_add_sat(now->maxerror_ns, distance_ns),
			     chime_abs_sat(now->slew_ns));
}

bool opinion_is_far(const struct source_interval *off, int64_t distance_ns,
		    const struct timescale_now *now)
{
	int64_t size_ns = chime_abs_sat(source_interval_middle(off));

	return size_ns > FAR_NS && size_ns / FAR_BOUNDS > bound_of(distance_ns, now);
}

static int64_t distance_of(const struct opinion *opinion)
{
	return chime_sub_sat(opinion->off.high_ns, opinion->off.low_ns) / 2;
}

/* Does the clock as it is now still exclude what the source said last? */
static bool is_still_far(const struct opinion *opinion, const struct timescale_now *now)
{
	return opinion_is_far(&opinion->off, distance_of(opinion), now);
}

/* Clock and source cannot both be right, though the difference is no contradiction. */
static bool is_outside(const struct opinion *opinion, const struct timescale_now *now)
{
	int64_t size_ns = chime_abs_sat(source_interval_middle(&opinion->off));

	return size_ns > FAR_NS && size_ns > bound_of(distance_of(opinion), now);
}

bool opinion_leaves_open(const struct opinion *opinion, const struct source_interval *off,
			 const struct timescale_now *now)
{
	return opinion->far && is_still_far(opinion, now) &&
	       source_interval_meets(&opinion->off, off, 0);
}

void opinion_contradict(struct opinion *opinion, const struct source_interval *off, int64_t raw_ns)
{
	int64_t size_ns = chime_abs_sat(source_interval_middle(off));
	int64_t grown_ns = chime_sub_sat(raw_ns, opinion->since_raw_ns) / GROWTH;
	bool other = chime_sub_sat(size_ns, opinion->first_ns) > chime_add_sat(grown_ns, FAR_NS);
	/* The same difference as before, but for the drift of two clocks in between? */
	bool same = opinion->far && source_interval_meets(&opinion->off, off, FAR_NS / 2);

	opinion->far = same ? opinion->far + 1 : 1;
	opinion->denied = opinion->denied && same;
	opinion->off = *off;
	opinion->joins = false;
	opinion->probation = opinion->probation ? opinion->probation_whole : 0;
	if (!opinion->contradictions++ || (opinion->followed && other)) {
		opinion->followed = false;
		opinion->since_raw_ns = raw_ns;
		opinion->first_ns = size_ns;
	}
}

static void end_contradiction(struct opinion *opinion)
{
	opinion->far = 0;
	opinion->denied = false;
	opinion->contradictions = 0;
	opinion->followed = false;
}

void opinion_agree(struct opinion *opinion, bool leap)
{
	end_contradiction(opinion);
	if (opinion->probation)
		opinion->probation--;
	opinion->trusted = !opinion->probation;
	opinion->leap = leap;
}

void opinion_join(struct opinion *opinion, const struct source_interval *off, bool suspect,
		  const struct timescale_now *now)
{
	opinion->off = *off;
	opinion->joins = suspect && is_outside(opinion, now);
}

bool opinion_move(struct opinion *opinion, int64_t moved_ns, bool suspect,
		  const struct timescale_now *now)
{
	opinion->off.low_ns = chime_sub_sat(opinion->off.low_ns, moved_ns);
	opinion->off.high_ns = chime_sub_sat(opinion->off.high_ns, moved_ns);
	opinion->joins = opinion->joins && is_outside(opinion, now);
	if (!opinion->far || is_still_far(opinion, now))
		return false;
	end_contradiction(opinion);
	opinion->trusted = !opinion->probation;
	opinion->joins = suspect && is_outside(opinion, now);
	return true;
}

void opinion_accept(struct opinion *opinion, int64_t raw_ns)
{
	opinion->followed = true;
	opinion->since_raw_ns = raw_ns;
	opinion->first_ns = chime_abs_sat(source_interval_middle(&opinion->off));
}

void opinion_outvote(struct opinion *opinion)
{
	opinion->trusted = false;
	opinion->probation_whole = opinion->probation_whole ? 2 * opinion->probation_whole :
				   PROBATION;
	if (opinion->probation_whole > PROBATION_MOST)
		opinion->probation_whole = PROBATION_MOST;
	opinion->probation = opinion->probation_whole;
}

bool opinion_allows(const struct opinion *opinion, int64_t at_ns)
{
	return opinion->votes && opinion->off.low_ns <= at_ns && at_ns <= opinion->off.high_ns;
}

bool opinion_says(const struct opinion *opinion, int64_t at_ns)
{
	return (opinion->far || opinion->joins) && opinion_allows(opinion, at_ns);
}

bool opinion_excludes(const struct opinion *opinion, const struct source_interval *off)
{
	return opinion->answered && !opinion->due && opinion->far &&
	       !source_interval_meets(&opinion->off, off, 0);
}

static int64_t patience_ns(const struct opinion *opinion, bool only)
{
	int64_t most_ns = PATIENCE_MOST_NS / PATIENCE_FACTOR;
	int64_t size_ns = opinion->first_ns < most_ns ? opinion->first_ns : most_ns;

	if (!only || size_ns < PATIENCE_LEAST_NS / PATIENCE_FACTOR)
		return PATIENCE_LEAST_NS;
	return PATIENCE_FACTOR * size_ns;
}

bool opinion_persists(const struct opinion *opinion, bool only, int64_t raw_ns)
{
	return opinion->contradictions >= OPINION_CONFIRMATIONS &&
	       chime_sub_sat(raw_ns, opinion->since_raw_ns) >= patience_ns(opinion, only);
}
