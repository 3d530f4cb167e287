// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where most of the candidates' intervals meet.
 */
#include "discipline/intersection.h"

#include <math.h>
#include <stdlib.h>

#include "discipline/source_select.h"

struct edge {
	double at;
	int type;		/* 1: an interval begins, -1: it ends */
	bool require;		/* it is that of a required source */
};

static int by_place(const void *a, const void *b)
{
	const struct edge *left = a, *right = b;

	if (left->at != right->at)
		return left->at < right->at ? -1 : 1;
	return right->type - left->type;
}

static size_t make_edges(const struct candidate *candidates, size_t count, bool trusted_only,
			 struct edge *edges)
{
	size_t made = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		const struct candidate *candidate = &candidates[i];

		if (trusted_only && !candidate->trust)
			continue;
		edges[made++] = (struct edge){
			candidate->offset - candidate->distance, 1, candidate->require,
		};
		edges[made++] = (struct edge){
			candidate->offset + candidate->distance, -1, candidate->require,
		};
	}
	qsort(edges, made, sizeof(*edges), by_place);
	return made;
}

/*
 * The greatest number of intervals with a common point, and where that is. @required: one of these
 * is a required source's; 0: there is no such point.
 */
static size_t intersect(const struct edge *edges, size_t made, bool required,
			struct extent *deepest)
{
	size_t depth = 0, present = 0, most = 0;
	size_t i;

	for (i = 0; i < made; i++) {
		if (edges[i].type < 0) {
			if (depth == most && (!required || present))
				deepest->high = fmax(deepest->high, edges[i].at);
			depth--;
			present -= edges[i].require;
			continue;
		}
		depth++;
		present += edges[i].require;
		if (depth > most && (!required || present)) {
			most = depth;
			deepest->low = edges[i].at;
			deepest->high = -INFINITY;
		}
	}
	return most;
}

/*
 * Where most agree. More than half may do so at two places, if some leave enough open. One with a
 * required source comes first: liars that join the other one would leave nobody to select.
 */
static size_t find_deepest(const struct edge *edges, size_t made, size_t voters,
			   struct extent *deepest)
{
	size_t agreeing = intersect(edges, made, true, deepest);

	if (2 * agreeing > voters)
		return agreeing;
	return intersect(edges, made, false, deepest);
}

/* From the first to the last point that so many intervals cover. */
static void cover(const struct edge *edges, size_t made, size_t enough, struct extent *extent)
{
	bool found = false;
	size_t depth = 0;
	size_t i;

	for (i = 0; i < made; i++) {
		if (edges[i].type < 0) {
			if (depth-- == enough)
				extent->high = edges[i].at;
			continue;
		}
		if (++depth == enough && !found) {
			found = true;
			extent->low = edges[i].at;
		}
	}
}

/*
 * A source whose interval merely touches that of the trusted ones is no falseticker, but most of
 * that interval is where the trusted ones exclude the truth. So it is used only if it lies inside.
 */
static void compare_places(struct candidate *candidate, bool trusted_only, double low, double high)
{
	double from = candidate->offset - candidate->distance;
	double to = candidate->offset + candidate->distance;

	candidate->agrees = to >= low && from <= high;
	candidate->within = !trusted_only || candidate->trust || (from >= low && to <= high);
}

/*
 * How many candidates are right at least, if a majority of @voters is: the wrong ones, a minority,
 * may all be among those that have answered.
 */
static size_t count_right(size_t voters, size_t silent)
{
	size_t wrong = (voters + silent - 1) / 2;

	return voters > wrong ? voters - wrong : 1;
}

/*
 * A server that drifts away slowly narrows the intersection, before it is excluded, until the truth
 * is outside. But as long as most sources are right, the truth is where most agree. RFC 5905
 * 11.2.1: a majority's intervals have a point in common; a source without it is a falseticker.
 *
 * Of the first answers after all samples became void more may be wrong than right: @silent others
 * have a vote, too. The clock is best put where as many agree as can. But the bound has to reach
 * wherever as many agree as must be right at least.
 */
bool intersection_find(struct candidate *candidates, size_t count, size_t silent,
		       struct extent *place, struct extent *bound)
{
	struct edge edges[2 * SOURCE_SELECT_MAX];
	size_t voters = 0, made, agreeing, enough;
	struct extent deepest = { 0, 0 };
	bool trusted_only;
	size_t i;

	for (i = 0; i < count; i++)
		voters += candidates[i].trust;
	trusted_only = voters > 0;
	if (trusted_only)
		silent = 0;
	else
		voters = count;
	made = make_edges(candidates, count, trusted_only, edges);
	agreeing = find_deepest(edges, made, voters, &deepest);
	if (2 * agreeing <= voters)
		return false;
	for (i = 0; i < count; i++)
		compare_places(&candidates[i], trusted_only, deepest.low, deepest.high);
	enough = (voters + silent) / 2 + 1;
	cover(edges, made, enough < agreeing ? enough : agreeing, place);
	cover(edges, made, count_right(voters, silent), bound);
	return true;
}
