// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counting votes on how far the timescale is off.
 */
#include "discipline/majority.h"

#include "core/line.h"

size_t majority_voters(const struct roll *roll, bool only_answered)
{
	size_t i, number = 0;

	for (i = 0; i < roll->count; i++)
		number += roll->opinion[i].votes && (roll->opinion[i].answered || !only_answered);
	return number;
}

size_t majority_due(const struct roll *roll)
{
	size_t i, number = 0;

	for (i = 0; i < roll->count; i++)
		number += roll->opinion[i].votes && roll->opinion[i].due;
	return number;
}

size_t majority_resting(const struct roll *roll)
{
	size_t i, number = 0;

	for (i = 0; i < roll->count; i++) {
		const struct opinion *opinion = &roll->opinion[i];

		number += opinion->votes && opinion->rests && !opinion->answered;
	}
	return number;
}

size_t majority_all(const struct roll *roll)
{
	return majority_voters(roll, false) + (majority_resting(roll) ? roll->limiting : 0);
}

size_t majority_allowing(const struct roll *roll, int64_t at_ns)
{
	size_t i, number = 0;

	for (i = 0; i < roll->count; i++)
		number += roll->opinion[i].answered && opinion_allows(&roll->opinion[i], at_ns);
	return number;
}

size_t majority_affirming(const struct roll *roll, int64_t at_ns)
{
	size_t i, number = 0;

	for (i = 0; i < roll->count; i++)
		number += roll->opinion[i].answered && opinion_says(&roll->opinion[i], at_ns);
	return number;
}

size_t majority_keeping(const struct roll *roll)
{
	size_t i, number = 0;

	for (i = 0; i < roll->count; i++) {
		const struct opinion *opinion = &roll->opinion[i];

		number += opinion->votes && opinion->answered && !opinion->far && !opinion->joins;
	}
	return number;
}

bool majority_is_denied(const struct roll *roll, int64_t at_ns)
{
	size_t i;

	for (i = 0; i < roll->count; i++)
		if (opinion_says(&roll->opinion[i], at_ns) && !roll->opinion[i].denied)
			return false;
	return true;
}

static size_t count_agreeing(const struct roll *roll, int64_t at_ns)
{
	size_t i, number = 0;

	for (i = 0; i < roll->count; i++)
		number += opinion_says(&roll->opinion[i], at_ns);
	return number;
}

/* Does an earlier source with the same claim follow the same clock? */
static bool is_echo(const struct roll *roll, size_t index, int64_t at_ns)
{
	uint32_t group = roll->opinion[index].group;
	size_t i;

	for (i = 0; group && i < index; i++)
		if (roll->opinion[i].group == group && opinion_says(&roll->opinion[i], at_ns))
			return true;
	return false;
}

size_t majority_clocks(const struct roll *roll, int64_t at_ns)
{
	size_t i, number = 0;

	for (i = 0; i < roll->count; i++)
		number += opinion_says(&roll->opinion[i], at_ns) && !is_echo(roll, i, at_ns);
	return number;
}

/* An interval begins at the point that most agree on. */
size_t majority_find(const struct roll *roll, int64_t *at_ns)
{
	size_t i, number, most = 0;

	for (i = 0; i < roll->count; i++) {
		const struct opinion *opinion = &roll->opinion[i];

		if (!opinion_says(opinion, opinion->off.low_ns))
			continue;
		number = count_agreeing(roll, opinion->off.low_ns);
		if (number <= most)
			continue;
		most = number;
		*at_ns = opinion->off.low_ns;
	}
	return most;
}

/*
 * How many of the sources that answered are right at least, if a majority of all is right: the
 * wrong ones, a minority, may all have answered.
 */
static size_t count_right(const struct roll *roll)
{
	size_t wrong = (majority_voters(roll, false) - 1) / 2;
	size_t answered = majority_voters(roll, true);

	return answered > wrong ? answered - wrong : 1;
}

/* What all who agree on @at_ns have in common. */
static struct source_interval find_common(const struct roll *roll, int64_t at_ns)
{
	struct source_interval common = { .low_ns = INT64_MIN, .high_ns = INT64_MAX };
	size_t i;

	for (i = 0; i < roll->count; i++) {
		const struct opinion *opinion = &roll->opinion[i];

		if (!opinion_says(opinion, at_ns))
			continue;
		if (opinion->off.low_ns > common.low_ns)
			common.low_ns = opinion->off.low_ns;
		if (opinion->off.high_ns < common.high_ns)
			common.high_ns = opinion->off.high_ns;
	}
	return common;
}

/* Widen @hull from the first to the last point that @enough sources agree on. */
static void widen_hull(const struct roll *roll, size_t enough, struct source_interval *hull)
{
	size_t i;

	for (i = 0; i < roll->count; i++) {
		const struct opinion *opinion = &roll->opinion[i];

		if (opinion->off.low_ns < hull->low_ns &&
		    count_agreeing(roll, opinion->off.low_ns) >= enough)
			hull->low_ns = opinion->off.low_ns;
		if (opinion->off.high_ns > hull->high_ns &&
		    count_agreeing(roll, opinion->off.high_ns) >= enough)
			hull->high_ns = opinion->off.high_ns;
	}
}

/*
 * Where as many agree as on @at_ns. A liar and an honest source that exclude one another may both
 * have a majority, with those who agree with both: then it reaches from the one to the other.
 */
static struct source_interval find_place(const struct roll *roll, int64_t at_ns)
{
	struct source_interval place = find_common(roll, at_ns);
	size_t agreeing = count_agreeing(roll, at_ns);

	if (2 * agreeing > majority_voters(roll, true))
		widen_hull(roll, agreeing, &place);
	return place;
}

/*
 * A liar among those who agree may have made what they have in common narrow, so the bound reaches
 * as far as so many agree that one of them has to be right.
 */
void majority_bound(const struct roll *roll, int64_t at_ns, int64_t *offset_ns,
		    int64_t *maxerror_ns)
{
	struct source_interval place = find_place(roll, at_ns), hull = place;

	widen_hull(roll, count_right(roll), &hull);
	*offset_ns = source_interval_middle(&place);
	*maxerror_ns = chime_max(chime_sub_sat(hull.high_ns, *offset_ns),
				 chime_sub_sat(*offset_ns, hull.low_ns));
}
