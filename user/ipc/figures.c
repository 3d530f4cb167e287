// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon's state as figures for tables.
 */
#include "ipc/figures.h"

#include <string.h>

#include "lib/time_units.h"

/* What chronyd says of a clock that follows nothing. */
#define ROOT_UNSYNCHRONISED_NS	NS_PER_S

/* The selected source; NULL: there is none. */
static const struct state_source *selected_source(const struct state *state)
{
	int selected = state->update.result.selection.selected;

	if (!state->update.raw_ns || selected < 0 || (size_t)selected >= state->source_count)
		return NULL;

	return &state->sources[selected];
}

void figures_of_tracking(const struct state *state, struct tracking_figures *figures)
{
	const struct steering_status *steering = &state->steering;
	double base = steering->now.has_host ? 0.0 : steering->base_rate;

	*figures = (struct tracking_figures){
		.source = selected_source(state),
		.correction_ns = chime_sub_sat(steering->now.time_ns, steering->now.realtime_ns),
		.last_offset_ns = -steering->last_offset_ns,
		.rms_offset_ns = steering->rms_offset_ns,
		/* Not by a sign alone: nothing would be printed as -0.000. */
		.frequency = 0.0 - steering->base_rate,
		.residual = base - state->rate,
		.skew = state->rate_sigma,
	};
	if (figures->source)
		figures->stratum = state->update.result.stratum;
}

/*
 * With -x the clock is called synchronised only where others steer it. What is followed is what the
 * sources say, as with chronyd's -x.
 */
static bool is_synchronised(const struct state *state)
{
	const struct steering_status *steering = &state->steering;

	if (!state->observing)
		return steering->synchronised;

	return steering->has_correction &&
	       (steering->trust == TRUST_CONFIRMED || steering->trust == TRUST_HELD);
}

/*
 * The source that the clock follows. It may be asked no more, and the clock goes on by what it has
 * said: that is served, too. By chrony's rule the clock is right to within its offset, half of the
 * root delay, and the root dispersion: this is its bound.
 */
static struct reference_figures followed_source(const struct state *state,
						const struct tracking_figures *tracking)
{
	const struct state_update *update = &state->update;
	int64_t known_ns = chime_add_sat(chime_abs_sat(tracking->correction_ns),
					 update->result.root_delay_ns / 2);
	int64_t bound_ns = steering_published_ns(&state->steering);

	return (struct reference_figures){
		.source = tracking->source,
		.refid = tracking->source ? tracking->source->info.refid : update->refid,
		.stratum = update->result.stratum,
		.leap = state->steering.leap,
		.utc_ns = update->utc_ns,
		.root_delay_ns = update->result.root_delay_ns,
		.root_dispersion_ns = chime_max(chime_sub_sat(bound_ns, known_ns), 0),
	};
}

void figures_of_reference(const struct state *state, const struct tracking_figures *tracking,
			  struct reference_figures *figures)
{
	const struct steering_status *steering = &state->steering;

	if (is_synchronised(state) &&
	    (tracking->source || state_follows_source(&state->update, steering)))
		*figures = followed_source(state, tracking);
	else if (is_synchronised(state))
		*figures = (struct reference_figures){
			.refid = steering->now.has_host ? STATE_REFID_HOST : STATE_REFID_HOLD,
			.stratum = STATE_STRATUM_HOST,
			.leap = steering->leap,
			.utc_ns = steering->now.time_ns,
			.root_dispersion_ns = steering_published_ns(steering),
		};
	else if (state->local_stratum)
		*figures = (struct reference_figures){
			.refid = STATE_REFID_LOCAL,
			.stratum = state->local_stratum,
			.utc_ns = chime_sub_sat(steering->now.realtime_ns, NS_PER_S),
		};
	else
		*figures = (struct reference_figures){
			.leap = FIGURES_LEAP_UNSYNCHRONISED,
			.root_delay_ns = ROOT_UNSYNCHRONISED_NS,
			.root_dispersion_ns = ROOT_UNSYNCHRONISED_NS,
		};
}

const struct source_sample *figures_latest_sample(const struct state_source *source)
{
	const struct ntp_client_record *record = source->info.record;

	if (record && record->answer.verdict != NTP_ACCEPTED)
		return record->answer.sample.delay_ns ? &record->answer.sample : NULL;

	return source->status.has_estimate ? &source->status.last : NULL;
}

/* That of the timescale; before there is a correction, of the system clock. */
int64_t figures_measured_ns(const struct state *state, const struct source_sample *sample)
{
	const struct steering_status *steering = &state->steering;
	const struct timescale_now *now = &steering->now;
	int64_t ours_ns = steering->has_correction ?
			  chime_line_offset(&steering->correction, sample->at_ns) :
			  chime_sub_sat(now->realtime_ns, now->reference_ns);

	return chime_sub_sat(ours_ns, sample->offset_ns);
}

/* Of the system clock now, which may still be on its way to the timescale. */
static int64_t adjusted_ns(const struct steering_status *steering, int64_t measured_ns)
{
	if (!steering->has_correction)
		return measured_ns;

	return chime_add_sat(measured_ns,
			     chime_sub_sat(steering->now.realtime_ns, steering->now.time_ns));
}

void figures_of_source(const struct state *state, const struct source_status *status,
		       struct source_figures *figures)
{
	const struct steering_status *steering = &state->steering;
	const struct timescale_now *now = &steering->now;
	double rate = status->estimate.rate;

	if (steering->has_correction)
		rate -= (double)steering->correction.rate_q32 / Q32;
	*figures = (struct source_figures){
		.age_ns = chime_sub_sat(state->raw_ns, status->last_raw_ns),
		.offset_ns = chime_sub_sat(chime_sub_sat(now->time_ns, now->reference_ns),
					   status->estimate.offset_ns),
		.frequency = 0.0 - rate,
		.skew = status->estimate.rate_sigma,
	};
	figures->measured_ns = figures_measured_ns(state, &status->last);
	figures->adjusted_ns = adjusted_ns(steering, figures->measured_ns);
}

/* Of those that could be used none is where too few agree, or a required one is missing. */
static bool is_any_selected(const struct state *state)
{
	return state->update.result.selection.selected >= 0;
}

/* Why a source cannot be used. */
static char reason_of(const struct state *state, const struct source_status *status)
{
	if (!status->has_estimate || status->distrusted)
		return 'M';
	if (!status->reach || status->worn_out)
		return 'S';
	if (status->root_distance_ns >= (double)state->maxdistance_ns)
		return 'd';
	if (status->orphan)
		return 'O';

	return is_any_selected(state) ? 'd' : 'W';
}

/* One that is only watched is never used, nor one that was refuted. */
static bool is_any_reachable(const struct state *state)
{
	for (size_t i = 0; i < state->source_count; i++) {
		const struct source_status *status = &state->sources[i].status;

		if (status->reach && !status->options->noselect && !status->refuted)
			return true;
	}

	return false;
}

enum source_verdict figures_verdict(const struct state *state, size_t index)
{
	const struct source_status *status = &state->sources[index].status;

	return status->refuted || is_any_reachable(state) ? status->verdict : SOURCE_UNUSABLE;
}

char figures_letter(const struct state *state, size_t index)
{
	const struct source_status *status = &state->sources[index].status;

	if (status->options->noselect)
		return 'N';
	switch (figures_verdict(state, index)) {
	case SOURCE_SELECTED:
		return '*';
	case SOURCE_COMBINED:
		return '+';
	case SOURCE_NOT_COMBINED:
		if (!is_any_selected(state))
			return 'W';
		return state->update.result.selection.unwanted >> index & 1 ? 'P' : 'D';
	case SOURCE_TOO_VARIABLE:
		return '~';
	case SOURCE_FALSETICKER:
		return 'x';
	case SOURCE_UNUSABLE:
		break;
	}

	return reason_of(state, status);
}

void figures_of_activity(const struct state *state, int counts[ASSOCIATION_ACTIVITIES])
{
	memset(counts, 0, ASSOCIATION_ACTIVITIES * sizeof(*counts));
	for (size_t i = 0; i < state->source_count; i++)
		if (state->sources[i].status.options->kind != SOURCE_REFCLOCK)
			counts[state->sources[i].info.activity]++;
}
