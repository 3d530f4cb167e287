// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reactions: the table of causes, and what is read off it.
 */
#include "core/reaction.h"

#include "core/line.h"

/* A kernel that wakes sets its clock forward itself, to within some milliseconds: slew these. */
#define CHIME_SUSPEND_LEFT_NS	(10 * CHIME_NS_PER_MS)

/* An error that the policy may leave without the clock being marked unsynchronised. */
#define CHIME_RIGHT_NS		CHIME_NS_PER_MS

/* The rate error of a clock that may be undisciplined: the largest that a kernel corrects. */
#define CHIME_FREE_RATE_Q32	(500 * CHIME_PPM_Q32)

/* A host that only slews its clock while a guest is stopped shortly takes it back by less. */
#define CHIME_GAINED_NS		(10 * CHIME_NS_PER_MS)

/* Which clock moved. */
enum chime_moved {
	CHIME_MOVED_NONE,
	CHIME_MOVED_RAW,	/* all of this guest's clocks */
	CHIME_MOVED_HOST,	/* the host's clock */
	CHIME_MOVED_PLACE,	/* both: this guest moved to another host */
};

/**
 * struct chime_reaction_row - what follows from one cause
 * @moved: which clock moved
 * @suspect: the host may be another one, of which nothing is known
 * @may_move: the host may be another one of the same operator: to this guest a move looks like this
 * @uncounted: it is not counted as a disruption: time need not be measured anew
 * @occasion: the occasion of the step policy
 * @spare_ns: errors up to this are slewed
 */
struct chime_reaction_row {
	enum chime_moved moved;
	bool suspect;
	bool may_move;
	bool uncounted;
	enum truechime_occasion occasion;
	s64 spare_ns;
};

#define CHIME_ON(name)	.occasion = TRUECHIME_OCCASION_##name

static const struct chime_reaction_row chime_reaction_rows[CHIME_CAUSES] = {
	[TRUECHIME_CAUSE_UNKNOWN] = { CHIME_MOVED_RAW, .may_move = true, CHIME_ON(DISRUPTION) },
	[TRUECHIME_CAUSE_BOOT] = { CHIME_MOVED_NONE, .uncounted = true, CHIME_ON(BOOT) },
	[TRUECHIME_CAUSE_REVERT] = { CHIME_MOVED_RAW, .may_move = true, CHIME_ON(DISRUPTION) },
	[TRUECHIME_CAUSE_FORK] = { CHIME_MOVED_RAW, .suspect = true, CHIME_ON(DISRUPTION) },
	[TRUECHIME_CAUSE_PAUSE] = { CHIME_MOVED_RAW, .may_move = true, CHIME_ON(DISRUPTION) },
	/* A machine that hibernated may wake anywhere. */
	[TRUECHIME_CAUSE_SUSPEND] = { CHIME_MOVED_RAW, .may_move = true, CHIME_ON(DISRUPTION),
				      .spare_ns = CHIME_SUSPEND_LEFT_NS },
	[TRUECHIME_CAUSE_MIGRATION] = { CHIME_MOVED_PLACE, .suspect = true, CHIME_ON(DISRUPTION) },
	[TRUECHIME_CAUSE_HOST_STEP] = { CHIME_MOVED_HOST, CHIME_ON(DISRUPTION) },
	[TRUECHIME_CAUSE_OPERATOR] = { CHIME_MOVED_NONE, .uncounted = true, CHIME_ON(OPERATOR) },
	[TRUECHIME_CAUSE_LEAP] = { CHIME_MOVED_HOST, .uncounted = true, CHIME_ON(DISRUPTION) },
	[TRUECHIME_CAUSE_TIME_SOURCES] = { CHIME_MOVED_RAW, CHIME_ON(DISRUPTION) },
};

/* A cause that only newer kernels know counts as TRUECHIME_CAUSE_UNKNOWN. */
static const struct chime_reaction_row *chime_reaction_row(enum truechime_cause cause)
{
	if ((u32)cause >= CHIME_CAUSES)
		cause = TRUECHIME_CAUSE_UNKNOWN;
	return &chime_reaction_rows[cause];
}

/*
 * UTC is known to less than the host's clock moved: it moved away from UTC, or back to it. Or this
 * is further from the timescale now than UTC can be. And a leap second says nothing of how right
 * the host is: where the timescale has passed it as well, the correction is worth what it was.
 */
static bool chime_reaction_knows_better(const struct chime_disrupted *disrupted)
{
	s64 gap_ns = chime_abs_sat(disrupted->gap_ns);
	s64 off_ns = chime_abs_sat(disrupted->host_ahead_ns);
	s64 after_ns = chime_abs_sat(chime_add_sat(disrupted->host_ahead_ns, disrupted->gap_ns));
	bool passed = disrupted->cause == TRUECHIME_CAUSE_LEAP && after_ns < off_ns;

	return disrupted->corrected && (gap_ns > disrupted->maxerror_ns ||
					after_ns > disrupted->maxerror_ns || passed);
}

static enum chime_reference_change
chime_reaction_by_host(const struct chime_disrupted *disrupted, enum chime_moved moved)
{
	if (disrupted->demoted)
		return moved == CHIME_MOVED_HOST ? CHIME_REFERENCE_WATCH : CHIME_REFERENCE_SHIFT;
	switch (moved) {
	case CHIME_MOVED_HOST:
		return chime_reaction_knows_better(disrupted) ? CHIME_REFERENCE_ABSORB :
								CHIME_REFERENCE_FOLLOW;
	case CHIME_MOVED_PLACE:
		return CHIME_REFERENCE_REPLACE;
	case CHIME_MOVED_NONE:
	case CHIME_MOVED_RAW:
		break;
	}
	return CHIME_REFERENCE_RESYNC;
}

static enum chime_reference_change
chime_reaction_unmeasured(const struct chime_disrupted *disrupted, enum chime_moved moved)
{
	if (!disrupted->has_host)
		return CHIME_REFERENCE_RESTART;
	/* It may be the first host all the same: then the correction is worth more than nothing. */
	if (moved == CHIME_MOVED_PLACE && disrupted->host_left && !disrupted->demoted)
		return CHIME_REFERENCE_REPLACE;
	return CHIME_REFERENCE_SAME;
}

/*
 * This may be another host, and it is known how right that is: its time is worth more than what was
 * measured of the first one, which has no bound any more. Some hypervisors call each restore a
 * fork.
 */
static bool chime_reaction_is_vouched(const struct chime_disrupted *disrupted, bool suspect)
{
	return suspect && disrupted->host_vouched && disrupted->has_host && !disrupted->demoted &&
	       disrupted->measure != CHIME_MEASURED_BY_SOURCES;
}

/* By how much the present host's clock may differ from that of the one before. */
static s64 chime_reaction_apart(const struct chime_disrupted *disrupted, bool may_move)
{
	if (!may_move || disrupted->host_stayed || !disrupted->has_host ||
	    disrupted->measure == CHIME_MEASURED_BY_SOURCES)
		return 0;
	return disrupted->apart_ns;
}

/*
 * A guest that was stopped loses time. This one gained some, and more than two hosts' clocks differ
 * by: so the host's clock was set back as well, and nobody knows how far, as nobody knows how long
 * the stop took.
 */
static bool chime_reaction_gained(const struct chime_disrupted *disrupted, enum chime_moved moved,
				  s64 apart_ns)
{
	return disrupted->stopped && moved == CHIME_MOVED_RAW &&
	       disrupted->measure == CHIME_MEASURED_BY_HOST &&
	       disrupted->gap_ns < -chime_max(apart_ns, CHIME_GAINED_NS);
}

/*
 * This guest is assumed to have lost time, but if no witness could see that, the host's clock may
 * have been set as well.
 */
static s64 chime_reaction_step_ns(const struct chime_disrupted *disrupted, enum chime_moved moved)
{
	if (!disrupted->unseen || moved != CHIME_MOVED_RAW ||
	    disrupted->measure != CHIME_MEASURED_BY_HOST)
		return 0;
	return chime_abs_sat(disrupted->gap_ns);
}

/*
 * A host whose time is not trusted still measures how much time has passed. Another host need not
 * be as wrong: then the gap includes that.
 */
static s64 chime_reaction_shift_error(const struct chime_disrupted *disrupted,
				      const struct chime_reaction *reaction)
{
	s64 error_ns = chime_scale_q32(chime_abs_sat(disrupted->gap_ns), CHIME_FREE_RATE_Q32);
	s64 off_ns = chime_abs_sat(disrupted->host_ahead_ns);

	error_ns = chime_add_sat(error_ns, reaction->suspect_ns);
	if (!reaction->apart_ns)
		return error_ns;
	return chime_add_sat(error_ns, chime_add_sat(reaction->apart_ns, off_ns));
}

static enum chime_reference_change
chime_reaction_change(const struct chime_disrupted *disrupted, enum chime_moved moved)
{
	switch (disrupted->measure) {
	case CHIME_MEASURED_BY_HOST:
		return chime_reaction_by_host(disrupted, moved);
	case CHIME_MEASURED_BY_SOURCES:
		return CHIME_REFERENCE_SHIFT;
	case CHIME_MEASURED_BY_NONE:
		break;
	}
	return chime_reaction_unmeasured(disrupted, moved);
}

void chime_react(const struct chime_disrupted *disrupted, struct chime_reaction *reaction)
{
	const struct chime_reaction_row *row = chime_reaction_row(disrupted->cause);
	s64 apart_ns = chime_reaction_apart(disrupted, row->may_move);
	bool suspect = row->suspect || chime_reaction_gained(disrupted, row->moved, apart_ns);
	bool vouched = chime_reaction_is_vouched(disrupted, suspect);

	*reaction = (struct chime_reaction){
		.change = vouched ? CHIME_REFERENCE_REPLACE :
				    chime_reaction_change(disrupted, row->moved),
		.lost_ns = row->moved == CHIME_MOVED_HOST ? 0 : disrupted->gap_ns,
		.suspect_host = suspect && !vouched &&
				disrupted->measure != CHIME_MEASURED_BY_SOURCES,
		.apart_ns = apart_ns,
		.suspect_ns = chime_reaction_step_ns(disrupted, row->moved),
	};
	reaction->repair = reaction->change != CHIME_REFERENCE_ABSORB &&
			   reaction->change != CHIME_REFERENCE_WATCH &&
			   reaction->change != CHIME_REFERENCE_RESTART;
	if (reaction->change != CHIME_REFERENCE_SHIFT)
		return;
	reaction->shift_error_ns = disrupted->measure == CHIME_MEASURED_BY_SOURCES ?
				   disrupted->gap_error_ns :
				   chime_reaction_shift_error(disrupted, reaction);
}

enum truechime_occasion chime_reaction_occasion(enum truechime_cause cause)
{
	return chime_reaction_row(cause)->occasion;
}

s64 chime_reaction_spares_ns(enum truechime_cause cause)
{
	return chime_reaction_row(cause)->spare_ns;
}

bool chime_reaction_counts(enum truechime_cause cause)
{
	return !chime_reaction_row(cause)->uncounted;
}

bool chime_reaction_suspects_host(enum truechime_cause cause)
{
	return chime_reaction_row(cause)->suspect;
}

bool chime_reaction_leaves_wrong(enum truechime_action action, s64 residual_ns, bool suspected)
{
	switch (action) {
	case TRUECHIME_ACTION_NONE:
		return suspected || chime_abs_sat(residual_ns) > CHIME_RIGHT_NS;
	case TRUECHIME_ACTION_STEPPED:
		return false;
	case TRUECHIME_ACTION_SLEW:
	case TRUECHIME_ACTION_IGNORED:
	case TRUECHIME_ACTION_REFUSED:
	case TRUECHIME_ACTION_FAILED:
	case TRUECHIME_ACTION_DISTRUSTED:
	case TRUECHIME_ACTION_TOO_EARLY:
		break;
	}
	return true;
}
