// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reactions: what follows from each cause, with each kind of measurement of the gap.
 */
#include "kmod/core/reaction.h"

#include "kmod/core/line.h"
#include "selftests/unit/unit.h"

#define MS	1000000LL
#define S	1000000000LL
#define DAY	(86400 * S)

#define REACT(...)	react((struct chime_disrupted){ __VA_ARGS__ })

static struct chime_reaction react(struct chime_disrupted disrupted)
{
	struct chime_reaction reaction;

	chime_react(&disrupted, &reaction);
	return reaction;
}

/* A host's clock is the reference, and showed a gap of @gap_ns. */
static struct chime_reaction by_host(enum truechime_cause cause, s64 gap_ns)
{
	return REACT(.cause = cause, .measure = CHIME_MEASURED_BY_HOST, .gap_ns = gap_ns,
		     .has_host = true, .corrected = true, .maxerror_ns = MS);
}

/* One row for each cause: the host's clock is the reference, is demoted, or shows no gap. */
static const struct {
	const char *name;
	enum truechime_cause cause;
	enum chime_reference_change followed, demoted, unmeasured;
	enum truechime_occasion occasion;
	bool suspects, moves, counts, hosts;
	s64 spare_ns;
} rows[] = {
	{ "unknown", TRUECHIME_CAUSE_UNKNOWN, CHIME_REFERENCE_RESYNC, CHIME_REFERENCE_SHIFT,
	  CHIME_REFERENCE_SAME, TRUECHIME_OCCASION_DISRUPTION, .moves = true, .counts = true },
	{ "boot", TRUECHIME_CAUSE_BOOT, CHIME_REFERENCE_RESYNC, CHIME_REFERENCE_SHIFT,
	  CHIME_REFERENCE_SAME, TRUECHIME_OCCASION_BOOT, .counts = false },
	{ "revert", TRUECHIME_CAUSE_REVERT, CHIME_REFERENCE_RESYNC, CHIME_REFERENCE_SHIFT,
	  CHIME_REFERENCE_SAME, TRUECHIME_OCCASION_DISRUPTION, .moves = true, .counts = true },
	{ "fork", TRUECHIME_CAUSE_FORK, CHIME_REFERENCE_RESYNC, CHIME_REFERENCE_SHIFT,
	  CHIME_REFERENCE_SAME, TRUECHIME_OCCASION_DISRUPTION, .suspects = true, .counts = true },
	{ "pause", TRUECHIME_CAUSE_PAUSE, CHIME_REFERENCE_RESYNC, CHIME_REFERENCE_SHIFT,
	  CHIME_REFERENCE_SAME, TRUECHIME_OCCASION_DISRUPTION, .moves = true, .counts = true },
	{ "suspend", TRUECHIME_CAUSE_SUSPEND, CHIME_REFERENCE_RESYNC, CHIME_REFERENCE_SHIFT,
	  CHIME_REFERENCE_SAME, TRUECHIME_OCCASION_DISRUPTION, .moves = true, .counts = true,
	  .spare_ns = 10 * MS },
	{ "migration", TRUECHIME_CAUSE_MIGRATION, CHIME_REFERENCE_REPLACE, CHIME_REFERENCE_SHIFT,
	  CHIME_REFERENCE_REPLACE, TRUECHIME_OCCASION_DISRUPTION, .suspects = true,
	  .counts = true },
	{ "host step", TRUECHIME_CAUSE_HOST_STEP, CHIME_REFERENCE_ABSORB, CHIME_REFERENCE_WATCH,
	  CHIME_REFERENCE_SAME, TRUECHIME_OCCASION_DISRUPTION, .counts = true, .hosts = true },
	{ "operator", TRUECHIME_CAUSE_OPERATOR, CHIME_REFERENCE_RESYNC, CHIME_REFERENCE_SHIFT,
	  CHIME_REFERENCE_SAME, TRUECHIME_OCCASION_OPERATOR, .counts = false },
	{ "leap", TRUECHIME_CAUSE_LEAP, CHIME_REFERENCE_ABSORB, CHIME_REFERENCE_WATCH,
	  CHIME_REFERENCE_SAME, TRUECHIME_OCCASION_DISRUPTION, .hosts = true },
	{ "time sources", TRUECHIME_CAUSE_TIME_SOURCES, CHIME_REFERENCE_RESYNC,
	  CHIME_REFERENCE_SHIFT, CHIME_REFERENCE_SAME, TRUECHIME_OCCASION_DISRUPTION,
	  .counts = true },
};

#define ROWS	(sizeof(rows) / sizeof(rows[0]))

/* How right the hosts' clocks are is known: the present one's is followed, whichever it is. */
TEST(follows_another_host_that_is_vouched_for)
{
	size_t i;

	for (i = 0; i < ROWS; i++) {
		const struct chime_disrupted disrupted = {
			.cause = rows[i].cause, .measure = CHIME_MEASURED_BY_HOST,
			.gap_ns = 5 * S, .has_host = true, .corrected = true,
			.host_vouched = true, .maxerror_ns = MS,
		};
		struct chime_disrupted other = disrupted;
		struct chime_reaction reaction = react(disrupted);

		TH_LOG("%s", rows[i].name);
		EXPECT_EQ(rows[i].suspects ? CHIME_REFERENCE_REPLACE : rows[i].followed,
			  reaction.change);
		EXPECT_FALSE(reaction.suspect_host);
		other.measure = CHIME_MEASURED_BY_NONE;
		other.host_left = true;
		EXPECT_EQ(rows[i].suspects ? CHIME_REFERENCE_REPLACE : rows[i].unmeasured,
			  react(other).change);
		/* Not where the host is not the reference, or there is none. */
		other = disrupted;
		other.demoted = true;
		EXPECT_EQ(rows[i].demoted, react(other).change);
		EXPECT_EQ(rows[i].suspects, react(other).suspect_host);
		other.demoted = false;
		other.measure = CHIME_MEASURED_BY_SOURCES;
		EXPECT_EQ(CHIME_REFERENCE_SHIFT, react(other).change);
	}
}

/* To this guest it looks the same whether another host goes on with it, unless a device tells. */
TEST(allows_for_another_host_where_a_move_is_not_reported)
{
	size_t i;

	for (i = 0; i < ROWS; i++) {
		const struct chime_disrupted disrupted = {
			.cause = rows[i].cause, .measure = CHIME_MEASURED_BY_HOST,
			.gap_ns = 5 * S, .has_host = true, .corrected = true,
			.apart_ns = 10 * MS, .host_ahead_ns = 3 * S, .maxerror_ns = MS,
		};
		s64 apart_ns = rows[i].moves ? 10 * MS : 0;
		struct chime_disrupted other = disrupted;

		TH_LOG("%s", rows[i].name);
		EXPECT_EQ(apart_ns, react(disrupted).apart_ns);
		other.measure = CHIME_MEASURED_BY_NONE;
		EXPECT_EQ(apart_ns, react(other).apart_ns);
		other.has_host = false;
		EXPECT_EQ(0, react(other).apart_ns);
		other = disrupted;
		other.host_stayed = true;
		EXPECT_EQ(0, react(other).apart_ns);
		other = disrupted;
		other.measure = CHIME_MEASURED_BY_SOURCES;
		EXPECT_EQ(0, react(other).apart_ns);
		/* A demoted host was wrong, and another one need not be. */
		other = disrupted;
		other.demoted = true;
		if (rows[i].demoted == CHIME_REFERENCE_SHIFT)
			EXPECT_EQ(5 * S / 2000 + (rows[i].moves ? 3 * S + 10 * MS : 0),
				  react(other).shift_error_ns / 10000 * 10000);
	}
}

/* A gap that no witness saw may be a step of the host's clock, unless the cause says so already. */
TEST(doubts_a_gap_that_no_witness_explains)
{
	size_t i;

	for (i = 0; i < ROWS; i++) {
		const struct chime_disrupted disrupted = {
			.cause = rows[i].cause, .measure = CHIME_MEASURED_BY_HOST,
			.gap_ns = -5 * S, .has_host = true, .corrected = true,
			.unseen = true, .maxerror_ns = MS,
		};
		bool lost = rows[i].counts && rows[i].followed == CHIME_REFERENCE_RESYNC;
		struct chime_disrupted other = disrupted;

		TH_LOG("%s", rows[i].name);
		EXPECT_EQ(lost ? 5 * S : 0, react(disrupted).suspect_ns);
		other.demoted = true;
		if (lost)
			EXPECT_LE(5 * S, react(other).shift_error_ns);
		other = disrupted;
		other.unseen = false;
		EXPECT_EQ(0, react(other).suspect_ns);
		other = disrupted;
		other.measure = CHIME_MEASURED_BY_SOURCES;
		EXPECT_EQ(0, react(other).suspect_ns);
	}
}

/* Its host's clock was set back meanwhile: by more than it gained, and nobody knows how much. */
TEST(knows_nothing_of_the_host_of_a_guest_that_gained_time_by_a_stop)
{
	size_t i;

	for (i = 0; i < ROWS; i++) {
		const struct chime_disrupted disrupted = {
			.cause = rows[i].cause, .measure = CHIME_MEASURED_BY_HOST,
			.gap_ns = -5 * S, .has_host = true, .corrected = true,
			.stopped = true, .apart_ns = 30 * MS, .maxerror_ns = MS,
		};
		bool lost = rows[i].counts && rows[i].followed == CHIME_REFERENCE_RESYNC;
		struct chime_disrupted other = disrupted;

		TH_LOG("%s", rows[i].name);
		EXPECT_EQ(lost || rows[i].suspects, react(disrupted).suspect_host);
		EXPECT_EQ(rows[i].followed, react(disrupted).change);
		other.host_vouched = true;
		if (lost)
			EXPECT_EQ(CHIME_REFERENCE_REPLACE, react(other).change);
		/* That may be the difference of two hosts' clocks, or a slew. */
		other = disrupted;
		other.gap_ns = -10 * MS;
		EXPECT_EQ(rows[i].suspects, react(other).suspect_host);
		other.gap_ns = -30 * MS;
		if (rows[i].moves)
			EXPECT_EQ(rows[i].suspects, react(other).suspect_host);
		other = disrupted;
		other.gap_ns = 5 * S;
		EXPECT_EQ(rows[i].suspects, react(other).suspect_host);
		other = disrupted;
		other.stopped = false;
		EXPECT_EQ(rows[i].suspects, react(other).suspect_host);
	}
}

TEST(has_a_row_for_each_cause)
{
	size_t i;

	ASSERT_EQ(CHIME_CAUSES, (int)ROWS);
	for (i = 0; i < ROWS; i++) {
		enum truechime_cause cause = rows[i].cause;
		struct chime_reaction reaction = by_host(cause, 5 * S);

		TH_LOG("%s", rows[i].name);
		ASSERT_EQ(i, (size_t)cause);
		EXPECT_EQ(rows[i].followed, reaction.change);
		EXPECT_EQ(rows[i].hosts ? 0 : 5 * S, reaction.lost_ns);
		EXPECT_EQ(rows[i].suspects, reaction.suspect_host);
		EXPECT_EQ(!rows[i].hosts, reaction.repair);
		reaction = REACT(.cause = cause, .measure = CHIME_MEASURED_BY_HOST,
				 .gap_ns = 5 * S, .has_host = true, .demoted = true);
		EXPECT_EQ(rows[i].demoted, reaction.change);
		EXPECT_EQ(!rows[i].hosts, reaction.repair);
		reaction = REACT(.cause = cause, .has_host = true, .host_left = true);
		EXPECT_EQ(rows[i].unmeasured, reaction.change);
		EXPECT_EQ(0, reaction.lost_ns);
		/* Without a device that is sure of it this may be the first host. */
		reaction = REACT(.cause = cause, .has_host = true, .corrected = true);
		EXPECT_EQ(CHIME_REFERENCE_SAME, reaction.change);
		EXPECT_EQ(rows[i].suspects, reaction.suspect_host);
		EXPECT_EQ(rows[i].occasion, chime_reaction_occasion(cause));
		EXPECT_EQ(rows[i].suspects, chime_reaction_suspects_host(cause));
		EXPECT_EQ(rows[i].counts, chime_reaction_counts(cause));
		EXPECT_EQ(rows[i].spare_ns, chime_reaction_spares_ns(cause));
	}
}

TEST(takes_a_cause_of_a_newer_kernel_for_unknown)
{
	EXPECT_EQ(CHIME_REFERENCE_RESYNC, by_host(1000, S).change);
	EXPECT_EQ(CHIME_REFERENCE_RESYNC, by_host(-1, S).change);
	EXPECT_EQ(CHIME_REFERENCE_RESYNC, by_host(CHIME_CAUSES, S).change);
	EXPECT_TRUE(chime_reaction_counts(1000));
}

/* A step of the host's clock, away from UTC or back to it, of more than UTC's bound. */
TEST(follows_the_host_only_where_utc_is_not_known_better)
{
	static const struct {
		s64 gap_ns;
		bool corrected;
		s64 maxerror_ns;
		enum chime_reference_change change;
	} steps[] = {
		{ 5 * S, false, 0, CHIME_REFERENCE_FOLLOW },
		{ S64_MIN, false, S64_MAX, CHIME_REFERENCE_FOLLOW },
		{ 5 * S, true, MS, CHIME_REFERENCE_ABSORB },
		{ -5 * S, true, MS, CHIME_REFERENCE_ABSORB },
		{ MS + 1, true, MS, CHIME_REFERENCE_ABSORB },
		{ MS, true, MS, CHIME_REFERENCE_FOLLOW },
		{ -MS, true, MS, CHIME_REFERENCE_FOLLOW },
		{ S64_MIN, true, MS, CHIME_REFERENCE_ABSORB },
		/* A correction without a bound. */
		{ S64_MAX, true, S64_MAX, CHIME_REFERENCE_FOLLOW },
	};
	size_t i;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		EXPECT_EQ(steps[i].change,
			  REACT(.cause = TRUECHIME_CAUSE_HOST_STEP,
				.measure = CHIME_MEASURED_BY_HOST, .has_host = true,
				.gap_ns = steps[i].gap_ns, .corrected = steps[i].corrected,
				.maxerror_ns = steps[i].maxerror_ns).change);
}

/* The host's clock, @ahead_ns of the timescale, was set by less than UTC's bound of 2 s. */
static enum chime_reference_change set_within(enum truechime_cause cause, s64 ahead_ns, s64 gap_ns)
{
	return REACT(.cause = cause, .measure = CHIME_MEASURED_BY_HOST, .gap_ns = gap_ns,
		     .host_ahead_ns = ahead_ns, .has_host = true, .corrected = true,
		     .maxerror_ns = 2 * S).change;
}

TEST(follows_no_host_that_is_still_wrong)
{
	EXPECT_EQ(CHIME_REFERENCE_ABSORB, set_within(TRUECHIME_CAUSE_HOST_STEP, 5 * S, -S));
	EXPECT_EQ(CHIME_REFERENCE_ABSORB, set_within(TRUECHIME_CAUSE_HOST_STEP, -5 * S, S));
	EXPECT_EQ(CHIME_REFERENCE_ABSORB, set_within(TRUECHIME_CAUSE_HOST_STEP, S64_MAX, S));
	/* It may be right now. */
	EXPECT_EQ(CHIME_REFERENCE_FOLLOW, set_within(TRUECHIME_CAUSE_HOST_STEP, 3 * S, -S));
	EXPECT_EQ(CHIME_REFERENCE_FOLLOW, set_within(TRUECHIME_CAUSE_HOST_STEP, S, S));
}

/* The timescale has passed it, or has not: then the host shows it. */
TEST(goes_on_where_the_host_passes_a_leap_second_later)
{
	EXPECT_EQ(CHIME_REFERENCE_ABSORB, set_within(TRUECHIME_CAUSE_LEAP, S + 5 * MS, -S));
	EXPECT_EQ(CHIME_REFERENCE_ABSORB, set_within(TRUECHIME_CAUSE_LEAP, 5 * MS - S, S));
	EXPECT_EQ(CHIME_REFERENCE_FOLLOW, set_within(TRUECHIME_CAUSE_LEAP, 5 * MS, -S));
	EXPECT_EQ(CHIME_REFERENCE_FOLLOW, set_within(TRUECHIME_CAUSE_LEAP, -5 * MS, S));
	/* One that was set may be right now. */
	EXPECT_EQ(CHIME_REFERENCE_FOLLOW, set_within(TRUECHIME_CAUSE_HOST_STEP, S + 5 * MS, -S));
}

/* An unmeasured gap ends the correction, and the system clock has to be distrusted. */
TEST(begins_anew_where_nobody_knows_how_far)
{
	struct chime_reaction reaction = REACT(.cause = TRUECHIME_CAUSE_REVERT,
					       .corrected = true);

	EXPECT_EQ(CHIME_REFERENCE_RESTART, reaction.change);
	EXPECT_FALSE(reaction.repair);
}

TEST(moves_by_what_the_sources_agree_on)
{
	struct chime_reaction reaction = REACT(.cause = TRUECHIME_CAUSE_TIME_SOURCES,
					       .measure = CHIME_MEASURED_BY_SOURCES,
					       .gap_ns = -DAY, .gap_error_ns = 3 * MS,
					       .corrected = true);

	EXPECT_EQ(CHIME_REFERENCE_SHIFT, reaction.change);
	EXPECT_EQ(3 * MS, reaction.shift_error_ns);
	EXPECT_EQ(-DAY, reaction.lost_ns);
	EXPECT_TRUE(reaction.repair);
	/* The sources have measured the time of this host. */
	reaction = REACT(.cause = TRUECHIME_CAUSE_FORK, .measure = CHIME_MEASURED_BY_SOURCES,
			 .gap_ns = S, .corrected = true);
	EXPECT_FALSE(reaction.suspect_host);
}

/* A demoted host may run 20 ppm off: over a day that is a matter of seconds. */
TEST(gap_by_a_host_set_aside_is_as_long_as_a_clock_says)
{
	struct chime_reaction reaction = REACT(.cause = TRUECHIME_CAUSE_REVERT,
					       .measure = CHIME_MEASURED_BY_HOST, .gap_ns = -DAY,
					       .has_host = true, .demoted = true);

	EXPECT_EQ(CHIME_REFERENCE_SHIFT, reaction.change);
	EXPECT_GT(reaction.shift_error_ns, 43 * S);
	EXPECT_LT(reaction.shift_error_ns, 44 * S);
	reaction = REACT(.cause = TRUECHIME_CAUSE_REVERT, .measure = CHIME_MEASURED_BY_HOST,
			 .gap_ns = S64_MIN, .has_host = true, .demoted = true);
	EXPECT_GT(reaction.shift_error_ns, 0);
}

TEST(trusts_a_clock_only_if_it_was_put_right)
{
	enum truechime_action action;

	EXPECT_FALSE(chime_reaction_leaves_wrong(TRUECHIME_ACTION_NONE, MS, false));
	EXPECT_FALSE(chime_reaction_leaves_wrong(TRUECHIME_ACTION_NONE, -MS, false));
	EXPECT_TRUE(chime_reaction_leaves_wrong(TRUECHIME_ACTION_NONE, MS + 1, false));
	EXPECT_TRUE(chime_reaction_leaves_wrong(TRUECHIME_ACTION_NONE, S64_MIN, false));
	EXPECT_TRUE(chime_reaction_leaves_wrong(TRUECHIME_ACTION_NONE, 0, true));
	/* The step has marked the clock unsynchronised. */
	EXPECT_FALSE(chime_reaction_leaves_wrong(TRUECHIME_ACTION_STEPPED, 0, true));
	for (action = TRUECHIME_ACTION_NONE; action <= TRUECHIME_ACTION_TOO_EARLY; action++)
		if (action != TRUECHIME_ACTION_NONE && action != TRUECHIME_ACTION_STEPPED)
			EXPECT_TRUE(chime_reaction_leaves_wrong(action, 0, false));
}

TEST_HARNESS_MAIN
