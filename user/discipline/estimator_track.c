// SPDX-License-Identifier: GPL-2.0-only
/*
 * Samples that do not fit: whether the path or the clock is wrong, and how the members go on.
 * Widening the states of one member is in estimator_member.c.
 */
#include "discipline/estimator_track.h"

#include <math.h>
#include <string.h>

/* A member has lost the track after so many outliers of a path in a row. */
#define MISSES_ADOPT	2
#define MISSES_LOOSEN	3

/* With so many no other path is waited for any longer. */
#define MISSES_PATIENCE	(2 * MISSES_LOOSEN)

/* A path confirms what another one sees if it sees at least this share of it. */
#define SHARED_LEAST	0.5

/* A change of half the round trip by this share of the offset's may be the cause of that. */
#define ROUTE_SHARE	0.5

/* What paths have in common is no asymmetry if it is beyond so many times what is expected. */
#define COMMON_SIGMAS	2.5

/* The estimate is given up after so many samples of each path that deny it: it had its chance. */
#define DENIALS	4

/*
 * Does the latest sample of @other show at least half of what @path saw by then? 1: it does; -1: it
 * does not, however its queueing was spent on its ways; 0: it cannot tell. One from before the
 * latest outlier but one cannot: the clock may have run off since.
 */
static int shares_residual(const struct path_memory *other, const struct path_memory *path)
{
	const struct path_reading *reading = &other->reading[0];
	double own_ns = path_memory_residual(path, reading->at_ns);
	double shown_ns = own_ns > 0 ? reading->residual_ns : -reading->residual_ns;
	double queued_ns = 0.5 * fmax(reading->delay_ns - other->figures.least_ns, 0);
	double least_ns = SHARED_LEAST * fabs(own_ns);

	if (shown_ns > least_ns)
		return 1;
	if (reading->at_ns <= path_memory_instant(path, 1))
		return 0;
	return shown_ns + queued_ns > least_ns ? 0 : -1;
}

/* What the samples of other paths say of one that contradicts. */
enum others {
	OTHERS_SILENT,
	OTHERS_AGREE,		/* with the clock: this path is wrong */
	OTHERS_CONTRADICT,	/* it, too; or there are none */
};

/*
 * Their samples since the latest outliers of this path count, and most of them decide: one may be
 * an outlier of its own, or happen to be late. Where there are none yet they are waited for: taken
 * for the clock's, the change of a path would be confirmed by the next samples of that path.
 */
static enum others ask_others(const struct estimator *estimator, int path, int misses)
{
	const struct path_memory *own = &estimator->path[path];
	int64_t missed_ns = path_memory_instant(own, MISSES_LOOSEN - 1);
	bool silent = false, heard = false;
	int agree = 0, shares, i;

	for (i = 0; i < estimator->paths; i++) {
		const struct path_memory *other = &estimator->path[i];

		if (i == path || !other->used)
			continue;
		shares = other->reading[0].at_ns > missed_ns ? shares_residual(other, own) : 0;
		agree -= shares;
		heard |= shares;
		silent |= !shares;
	}
	if (silent && !heard && misses < MISSES_PATIENCE)
		return OTHERS_SILENT;
	return agree > 0 ? OTHERS_AGREE : OTHERS_CONTRADICT;
}

/* The effect of the loss on what all members share. */
static void note_loss(struct estimator *estimator, int path, enum member_loss loss)
{
	switch (loss) {
	case MEMBER_PATH_SHORTER:
		path_memory_reroute(&estimator->path[path], MISSES_LOOSEN);
		break;
	case MEMBER_PATH_WRONG:
		break;
	case MEMBER_CLOCK_WRONG:
		estimator->restarts++;
		break;
	}
}

/*
 * The time in which the clock may have moved away: since this path was right last, and since before
 * the member's first outlier. From one answer of a burst to the next such a move would take a rate
 * that no oscillator has, and the answers of other paths would confirm that rate.
 */
static double time_of_loss_s(const struct estimator *estimator, int path, int64_t at_ns)
{
	const struct path_memory *memory = &estimator->path[path];
	int64_t missed_ns = path_memory_instant(memory, MISSES_LOOSEN);
	int64_t right_ns = memory->right_at_ns < missed_ns ? memory->right_at_ns : missed_ns;

	return fmax((double)(at_ns - right_ns) / 1e9, 1e-3);
}

/* @member goes on as one of its shape that is right. */
static void adopt(struct member *member, const struct member *right, int paths)
{
	int i;

	belief_copy(&member->belief, &right->belief);
	for (i = 0; i < paths; i++) {
		member->path[i].former_delay = right->path[i].former_delay;
		member->path[i].former_asymmetry = right->path[i].former_asymmetry;
		member->path[i].misses = right->path[i].misses;
	}
	member->opened = right->opened;
}

/*
 * Those whose clock was wrong are worth what they were before it ran off: what was weighed as
 * outliers since was none. It was unlikely by their wander, as it is by the greatest wanders, which
 * were worth next to nothing before. These are the only ones to which it was no outlier, but they
 * follow such a rate for minutes: the next samples have to show which of the two it was. Not so
 * with several paths: some may have taken for asymmetries by then what the clock did.
 */
static void restore_weights(struct estimator *estimator)
{
	double most = bank_best(estimator)->log_weight;
	int i;

	for (i = 0; i < estimator->members; i++) {
		struct member *member = bank_member(estimator, i);

		if (member->opened)
			member->log_weight = fmax(member->log_weight, most + member->right_weight);
	}
}

/* By how much a member finds the sample's offset from the base to be more than it expected. */
static double unexpected(const struct member *member, int path, double offset)
{
	return offset - member->belief.mean[BELIEF_OFFSET] -
	       member->belief.mean[belief_asymmetry(path)];
}

static bool is_swinging(const struct path_memory *memory, double *square_ns2, double *time_s)
{
	return memory->used && memory->figures.asymmetry_ns > 0 &&
	       path_swings_expect(&memory->swings, square_ns2, time_s);
}

/* While most do not swing they show what the others' asymmetries are, and that stays as it is. */
static bool most_swing(const struct estimator *estimator)
{
	double square_ns2, time_s;
	int most = 0, i;

	for (i = 0; i < estimator->paths; i++)
		if (estimator->path[i].used)
			most += is_swinging(&estimator->path[i], &square_ns2, &time_s) ? 1 : -1;
	return most > 0;
}

/*
 * A path that has lost the track again and again has an asymmetry, or a server whose clock, that
 * does not stay the same: what was learned of it is worth less with time, and what it says then is
 * its own before it is the clock's.
 */
void track_relax(struct estimator *estimator, double elapsed_s)
{
	double square_ns2, time_s, keep;
	int path, i;

	if (!most_swing(estimator))
		return;
	for (path = 0; path < estimator->paths; path++) {
		if (!is_swinging(&estimator->path[path], &square_ns2, &time_s))
			continue;
		keep = exp(-elapsed_s / time_s);
		for (i = 0; i < estimator->members; i++)
			belief_relax(&bank_member(estimator, i)->belief, belief_asymmetry(path),
				     keep, square_ns2);
	}
}

/*
 * A swing leaves the round trips as they are. Another route changes them, by twice what the offset
 * changes if one way alone did; while the clock is led astray by one path's, other paths lose the
 * track as well.
 */
static bool routes_are_steady(const struct estimator *estimator, double off_ns)
{
	int i;

	for (i = 0; i < estimator->paths; i++)
		if (estimator->path[i].used &&
		    estimator->path[i].swings.changed_ns > ROUTE_SHARE * fabs(off_ns))
			return false;
	return true;
}

/* Some other path does not see what this one does: it is not the clock that ran off. */
static bool is_denied_by_another(const struct estimator *estimator, int path)
{
	const struct path_memory *own = &estimator->path[path];
	int64_t missed_ns = path_memory_instant(own, MISSES_LOOSEN - 1);
	int i;

	for (i = 0; i < estimator->paths; i++) {
		const struct path_memory *other = &estimator->path[i];

		if (i != path && other->used && other->reading[0].at_ns > missed_ns &&
		    shares_residual(other, own) < 0)
			return true;
	}
	return false;
}

/* One path alone measures its swings as the clock's, and a reading has no asymmetry. */
static void notice_swing(struct estimator *estimator, int path, const struct member *member,
			 double offset, const struct estimator_sample *sample)
{
	double off_ns = unexpected(member, path, offset);

	if (sample->delay_ns > 0 && routes_are_steady(estimator, off_ns) &&
	    is_denied_by_another(estimator, path))
		path_swings_note(&estimator->path[path].swings, sample->at_ns, off_ns);
}

void track_recover(struct estimator *estimator, int path, double offset,
		   const struct estimator_sample *sample)
{
	double lost_s = time_of_loss_s(estimator, path, sample->at_ns);
	const struct path_figures *figures = &estimator->path[path].figures;
	int i;

	path_swings_take(&estimator->path[path].swings, sample->delay_ns);
	for (i = 0; i < estimator->members; i++) {
		struct member *member = bank_member(estimator, i);
		const struct member *best;
		enum member_loss loss;
		enum others others;

		if (member->path[path].misses < MISSES_ADOPT)
			continue;
		best = bank_best_of(estimator, member->shape, member->kinds);
		if (!best->path[path].misses) {
			adopt(member, best, estimator->paths);
			continue;
		}
		if (member->path[path].misses < MISSES_LOOSEN)
			continue;
		others = ask_others(estimator, path, member->path[path].misses);
		if (others == OTHERS_SILENT)
			continue;
		if (member == best && member->shape == BANK_SHAPE_OF_PATH)
			notice_swing(estimator, path, member, offset, sample);
		loss = member_loosen(member, path, figures, offset, sample, lost_s,
				     others == OTHERS_AGREE);
		if (member == best && member->shape == BANK_SHAPE_OF_PATH)
			note_loss(estimator, path, loss);
		member->opened = loss == MEMBER_CLOCK_WRONG;
		member_take(member, path, figures, offset, sample);
	}
	if (bank_is_only_path(estimator, path))
		restore_weights(estimator);
}

bool track_is_denied(struct estimator *estimator, int path, const struct estimator_sample *sample)
{
	struct mixture mixture;
	bool low = true, high = true;
	int i;

	bank_mix(estimator, 0, &mixture);
	path_memory_compare(&estimator->path[path], sample,
			    (double)(sample->offset_ns - estimator->base_ns) - mixture.offset);
	for (i = 0; i < estimator->paths; i++) {
		if (!estimator->path[i].used)
			continue;
		low &= estimator->path[i].beyond >= DENIALS;
		high &= estimator->path[i].beyond <= -DENIALS;
	}
	return low || high;
}

bool track_was_late(const struct estimator *estimator, const struct estimator_sample *sample)
{
	double elapsed_s = (double)(sample->at_ns - estimator->at_ns) / 1e9;
	struct mixture mixture;
	int i;

	for (i = 0; i < estimator->paths; i++)
		if (estimator->path[i].used && !path_memory_was_late(&estimator->path[i], sample))
			return false;
	bank_mix(estimator, fmax(elapsed_s, 0), &mixture);
	return fabs((double)(sample->offset_ns - estimator->base_ns) - mixture.offset) >
	       path_memory_reach(sample);
}

void track_compare(struct estimator *estimator, int path, double offset,
		   const struct estimator_sample *sample)
{
	const struct member *member = bank_best_of(estimator, BANK_SHAPE_OF_PATH, false);
	double residual_ns = unexpected(member, path, offset);

	path_memory_note_residual(&estimator->path[path], residual_ns);
	path_memory_notice_congestion(&estimator->path[path], sample, residual_ns,
				      member->belief.mean[belief_delay(path)]);
}

void track_notice_reroute(struct estimator *estimator, int path, double offset,
			  const struct estimator_sample *sample)
{
	const struct member *member = bank_best_of(estimator, BANK_SHAPE_OF_PATH, false);
	double delay_ns = member->belief.mean[belief_delay(path)];
	int i;

	path_memory_add_excess(&estimator->path[path], sample, unexpected(member, path, offset),
			       delay_ns);
	if (!path_memory_notice_reroute(&estimator->path[path], delay_ns))
		return;
	for (i = 0; i < estimator->members; i++)
		member_reroute(bank_member(estimator, i), path, &estimator->path[path].up,
			       &estimator->path[path].down);
}

void track_check_reroute(struct estimator *estimator, int path, double offset,
			 const struct estimator_sample *sample)
{
	const struct member *member = bank_best_of(estimator, BANK_SHAPE_OF_PATH, false);
	double delay_ns = member->path[path].former_delay.mean;
	double off_ns = offset - member->belief.mean[BELIEF_OFFSET] -
			member->path[path].former_asymmetry.mean;
	int i;

	if (!bank_is_only_path(estimator, path) ||
	    !path_memory_denies_reroute(&estimator->path[path],
					0.5 * sample->delay_ns + off_ns - delay_ns,
					0.5 * sample->delay_ns - off_ns - delay_ns))
		return;
	path_memory_undo_reroute(&estimator->path[path]);
	for (i = 0; i < estimator->members; i++)
		member_undo_reroute(bank_member(estimator, i), path);
}

void track_judge_reroute(struct estimator *estimator, int path)
{
	struct path_memory *memory = &estimator->path[path];
	int i;

	if (!memory->rerouted || --memory->rerouted || !bank_is_only_path(estimator, path) ||
	    !member_is_symmetric(bank_best(estimator), path))
		return;
	for (i = 0; i < estimator->members; i++)
		member_make_symmetric(bank_member(estimator, i), path);
}

/* What a member takes for a path's asymmetry, but for what a way that became longer explains. */
static double unexplained(const struct member *member, const struct path_memory *memory, int path)
{
	double mean_ns = member->belief.mean[belief_asymmetry(path)];
	double route_ns = 0.5 * (memory->up.longer_ns - memory->down.longer_ns);

	return mean_ns - fmax(fmin(mean_ns, fmax(route_ns, 0)), fmin(route_ns, 0));
}

/*
 * What the asymmetries have in common: their mean, each by how well it is expected and known, if
 * that is more than can be expected of paths, and most of them have at least half of it. 0: it is
 * not, or some path has none for sure.
 */
static double common_asymmetry(const struct estimator *estimator, const struct member *member)
{
	double odd_ns[ESTIMATOR_PATHS], sum = 0, weight = 0;
	int used = 0, along = 0, i;

	for (i = 0; i < estimator->paths; i++) {
		const struct path_memory *memory = &estimator->path[i];
		double expected_ns = memory->figures.asymmetry_ns, own;

		if (!memory->used)
			continue;
		if (!(expected_ns > 0))
			return 0;
		own = 1 / (expected_ns * expected_ns +
			   belief_cov(&member->belief, belief_asymmetry(i),
				      belief_asymmetry(i)));
		odd_ns[used] = unexplained(member, memory, i);
		sum += own * odd_ns[used++];
		weight += own;
	}
	if (used < 2 || sum * sum < COMMON_SIGMAS * COMMON_SIGMAS * weight)
		return 0;
	for (i = 0; i < used; i++)
		along += odd_ns[i] / (sum / weight) > SHARED_LEAST;
	return 2 * along > used ? sum / weight : 0;
}

void track_return_common(struct estimator *estimator)
{
	int i, path;

	for (i = 0; i < estimator->members; i++) {
		struct member *member = bank_member(estimator, i);
		double common_ns = common_asymmetry(estimator, member);

		member->belief.mean[BELIEF_OFFSET] += common_ns;
		for (path = 0; path < estimator->paths; path++)
			if (estimator->path[path].used)
				member->belief.mean[belief_asymmetry(path)] -= common_ns;
	}
}
