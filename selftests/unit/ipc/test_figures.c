// SPDX-License-Identifier: GPL-2.0-only
/*
 * Figures for tables: their signs, and what they are against.
 */
#include "user/ipc/figures.h"

#include <math.h>
#include <string.h>

#include "selftests/unit/unit.h"

#define S	1000000000LL

static const struct source_options options;

/* The sources say that the system clock is 700 ns behind, the timescale corrects that. */
static void fill(struct state *state)
{
	memset(state, 0, sizeof(*state));
	state->raw_ns = 50 * S;
	state->source_count = 1;
	state->update = (struct state_update){ .raw_ns = 49 * S, .result = { .stratum = 2 } };
	state->sources[0].status.options = &options;
	state->steering.has_correction = true;
	state->steering.correction = (struct chime_line){ .offset_ns = 1000 };
	state->steering.now = (struct timescale_now){
		.reference_ns = 100 * S, .time_ns = 100 * S + 1000, .realtime_ns = 100 * S + 300,
	};
}

TEST(tracking)
{
	struct tracking_figures figures;
	struct state state;

	fill(&state);
	state.steering.last_offset_ns = 5;
	state.steering.base_rate = 1e-6;
	state.rate = 3e-6;
	figures_of_tracking(&state, &figures);
	EXPECT_EQ(&state.sources[0], figures.source);
	EXPECT_EQ(2, figures.stratum);
	EXPECT_EQ(700, figures.correction_ns);
	EXPECT_EQ(-5, figures.last_offset_ns);
	EXPECT_EQ(-1e-6, figures.frequency);
	EXPECT_LT(fabs(figures.residual + 2e-6), 1e-12);
	/* Against a host the sources show no frequency of ours. */
	state.steering.now.has_host = true;
	figures_of_tracking(&state, &figures);
	EXPECT_EQ(-3e-6, figures.residual);
	state.update.result.selection.selected = -1;
	figures_of_tracking(&state, &figures);
	EXPECT_EQ(NULL, figures.source);
	EXPECT_EQ(0, figures.stratum);
}

/* A clock that nobody steers, and a source of which no rate is known. */
TEST(no_frequency_has_no_sign)
{
	struct tracking_figures tracking;
	struct source_figures source;
	struct state state;

	fill(&state);
	figures_of_tracking(&state, &tracking);
	EXPECT_FALSE(signbit(tracking.frequency));
	figures_of_source(&state, &state.sources[0].status, &source);
	EXPECT_FALSE(signbit(source.frequency));
}

TEST(offsets_of_a_source)
{
	struct source_figures figures;
	struct source_status *status;
	struct state state;

	fill(&state);
	status = &state.sources[0].status;
	status->last = (struct source_sample){ .at_ns = 99 * S, .offset_ns = 1200 };
	status->last_raw_ns = 47 * S;
	status->estimate = (struct estimate){ .offset_ns = 1100, .rate = 2e-6, .rate_sigma = 3e-6 };
	figures_of_source(&state, status, &figures);
	EXPECT_EQ(3 * S, figures.age_ns);
	/* The timescale was 200 ns behind the source, the system clock is 700 ns behind that. */
	EXPECT_EQ(-200, figures.measured_ns);
	EXPECT_EQ(-900, figures.adjusted_ns);
	EXPECT_EQ(-100, figures.offset_ns);
	EXPECT_EQ(-2e-6, figures.frequency);
	EXPECT_EQ(3e-6, figures.skew);
	/* Without a correction the system clock is all there is. */
	state.steering.has_correction = false;
	figures_of_source(&state, status, &figures);
	EXPECT_EQ(-900, figures.measured_ns);
	EXPECT_EQ(-900, figures.adjusted_ns);
}

TEST(activity_leaves_refclocks_out)
{
	static const struct source_options refclock = { .kind = SOURCE_REFCLOCK };
	int counts[ASSOCIATION_ACTIVITIES];
	struct state state;

	fill(&state);
	state.source_count = 3;
	state.sources[1].status.options = &refclock;
	state.sources[2].status.options = &options;
	state.sources[2].info.activity = ASSOCIATION_BURST_OFFLINE;
	figures_of_activity(&state, counts);
	EXPECT_EQ(1, counts[ASSOCIATION_ONLINE]);
	EXPECT_EQ(0, counts[ASSOCIATION_OFFLINE]);
	EXPECT_EQ(1, counts[ASSOCIATION_BURST_OFFLINE]);
}

/* What the clock follows: a source, else the host, else nothing, or itself where that is served. */
TEST(what_is_followed)
{
	struct reference_figures reference;
	struct tracking_figures tracking;
	struct state state;

	fill(&state);
	state.sources[0].info.refid = 0xc0000201;
	figures_of_tracking(&state, &tracking);
	figures_of_reference(&state, &tracking, &reference);
	EXPECT_EQ(FIGURES_LEAP_UNSYNCHRONISED, reference.leap);
	EXPECT_EQ(0, reference.refid);
	state.local_stratum = 5;
	figures_of_reference(&state, &tracking, &reference);
	EXPECT_EQ(STATE_REFID_LOCAL, reference.refid);
	EXPECT_EQ(5, reference.stratum);
	state.steering.synchronised = true;
	state.steering.maxerror_ns = 2000;
	state.update.result.root_delay_ns = 600;
	figures_of_reference(&state, &tracking, &reference);
	EXPECT_EQ(0xc0000201, reference.refid);
	EXPECT_EQ(2, reference.stratum);
	/* Offset, half of the delay, and dispersion: chrony's bound of the clock, and ours. */
	EXPECT_EQ(2000 - 700 - 600 / 2, reference.root_dispersion_ns);
	state.steering.maxerror_ns = 500;
	figures_of_reference(&state, &tracking, &reference);
	EXPECT_EQ(0, reference.root_dispersion_ns);
	tracking.source = NULL;
	state.update.result.selection.selected = -1;
	state.update.result.stratum = 16;
	state.steering.now.has_host = true;
	state.steering.maxerror_ns = 77;
	figures_of_reference(&state, &tracking, &reference);
	EXPECT_EQ(STATE_REFID_HOST, reference.refid);
	EXPECT_EQ(77, reference.root_dispersion_ns);
	/* Who only observes says what the sources say. */
	state.steering.synchronised = false;
	state.observing = true;
	state.steering.trust = TRUST_CONFIRMED;
	figures_of_reference(&state, &tracking, &reference);
	EXPECT_EQ(STATE_REFID_HOST, reference.refid);
}

/* The last source was deleted, or replaced by one that has not answered: as it is served, too. */
TEST(what_is_followed_when_it_is_not_asked_any_more)
{
	struct reference_figures reference;
	struct tracking_figures tracking;
	struct state state;

	fill(&state);
	state.steering.synchronised = true;
	state.steering.maxerror_ns = 2000;
	state.update.refid = 0xc0000201;
	state.update.utc_ns = 60 * S;
	state.update.result.root_delay_ns = 600;
	state.update.result.selection.selected = -1;
	figures_of_tracking(&state, &tracking);
	figures_of_reference(&state, &tracking, &reference);
	EXPECT_EQ(NULL, reference.source);
	EXPECT_EQ(0xc0000201, reference.refid);
	EXPECT_EQ(2, reference.stratum);
	EXPECT_EQ(60 * S, reference.utc_ns);
	EXPECT_EQ(600, reference.root_delay_ns);
	EXPECT_EQ(2000 - 700 - 600 / 2, reference.root_dispersion_ns);
}

TEST(letters_of_selection)
{
	static const struct source_options watched = { .noselect = true };
	struct state state;

	fill(&state);
	EXPECT_EQ('M', figures_letter(&state, 0));
	state.sources[0].status.has_estimate = true;
	EXPECT_EQ('S', figures_letter(&state, 0));
	state.sources[0].status.verdict = SOURCE_SELECTED;
	state.sources[0].status.reach = 1;
	EXPECT_EQ('*', figures_letter(&state, 0));
	state.sources[0].status.options = &watched;
	EXPECT_EQ('N', figures_letter(&state, 0));
}

/* As when all are offline: what they said last holds, but a monitor is not to see them in use. */
TEST(none_is_in_use_while_none_can_be_reached)
{
	static const struct source_options watched = { .noselect = true };
	struct state state;

	fill(&state);
	state.source_count = 2;
	state.sources[0].status.has_estimate = true;
	state.sources[0].status.verdict = SOURCE_SELECTED;
	state.sources[1].status.options = &watched;
	state.sources[1].status.reach = 1;
	EXPECT_EQ(SOURCE_UNUSABLE, figures_verdict(&state, 0));
	EXPECT_EQ('S', figures_letter(&state, 0));
	/* Others answer, and what it said lately counts beside them. */
	state.sources[1].status.options = &options;
	EXPECT_EQ(SOURCE_SELECTED, figures_verdict(&state, 0));
	EXPECT_EQ('*', figures_letter(&state, 0));
}

/* One that could be used waits for others; one that is too far off does so in vain. */
/* It can be reached, but is not used: those whose last words hold are none that can be. */
TEST(refuted_clock_is_none_that_can_be_used)
{
	struct state state;

	fill(&state);
	state.source_count = 2;
	state.sources[0].status.verdict = SOURCE_SELECTED;
	state.sources[1].status = state.sources[0].status;
	state.sources[1].status.verdict = SOURCE_FALSETICKER;
	state.sources[1].status.reach = 1;
	EXPECT_EQ('*', figures_letter(&state, 0));
	state.sources[1].status.refuted = true;
	EXPECT_EQ(SOURCE_UNUSABLE, figures_verdict(&state, 0));
	EXPECT_EQ('x', figures_letter(&state, 1));
}

TEST(letters_while_none_is_selected)
{
	struct source_status *status;
	struct state state;

	fill(&state);
	state.maxdistance_ns = 3 * S;
	state.update.result.selection.selected = -1;
	status = &state.sources[0].status;
	status->has_estimate = true;
	status->reach = 1;
	status->root_distance_ns = 3e9 - 1;
	status->verdict = SOURCE_NOT_COMBINED;
	EXPECT_EQ('W', figures_letter(&state, 0));
	status->verdict = SOURCE_UNUSABLE;
	EXPECT_EQ('W', figures_letter(&state, 0));
	status->orphan = true;
	EXPECT_EQ('O', figures_letter(&state, 0));
	status->root_distance_ns = 3e9;
	EXPECT_EQ('d', figures_letter(&state, 0));
	status->verdict = SOURCE_FALSETICKER;
	EXPECT_EQ('x', figures_letter(&state, 0));
}

TEST_HARNESS_MAIN
