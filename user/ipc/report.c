// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon's state as JSON.
 */
#include "ipc/report.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "lib/event_report.h"

#define NS_PER_S	1000000000LL
#define PPB		1e9

/* JSON has no infinity. */
static json_t *report_real(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static json_t *report_seconds(int64_t utc_ns)
{
	return json_real((double)utc_ns / 1e9);
}

static const char *report_leap(int leap, bool synchronised)
{
	if (!synchronised)
		return "not-synchronised";
	return leap == 1 ? "insert" : leap == 2 ? "delete" : "normal";
}

static const char *report_verdict(enum source_verdict verdict)
{
	switch (verdict) {
	case SOURCE_UNUSABLE:
		return "unusable";
	case SOURCE_FALSETICKER:
		return "falseticker";
	case SOURCE_TOO_VARIABLE:
		return "too-variable";
	case SOURCE_NOT_COMBINED:
		return "not-combined";
	case SOURCE_COMBINED:
		return "combined";
	case SOURCE_SELECTED:
		return "selected";
	}
	return "?";
}

/* The selected source; NULL: there is none. */
static const struct association_info *report_selected(const struct state *state)
{
	int selected = state->update.result.selection.selected;

	if (!state->update.raw_ns || selected < 0 || (size_t)selected >= state->source_count)
		return NULL;
	return &state->sources[selected].info;
}

static json_t *report_source_counts(const struct state *state)
{
	int reachable = 0, usable = 0, falsetickers = 0;
	size_t i;

	for (i = 0; i < state->source_count; i++) {
		const struct source_status *status = &state->sources[i].status;

		reachable += status->reach != 0;
		usable += status->verdict >= SOURCE_NOT_COMBINED;
		falsetickers += status->verdict == SOURCE_FALSETICKER;
	}
	return json_pack("{s:i,s:i,s:i,s:i,s:i}", "configured", (int)state->configured, "known",
			 (int)state->source_count, "reachable", reachable, "usable", usable,
			 "falsetickers", falsetickers);
}

/* The format of report_status()'s members; too long to stand where it is used. */
#define REPORT_STATUS	"{s:b,s:s,s:i,s:s,s:b,s:b,s:b,s:s,s:b,s:b,s:o,s:o,s:o,s:I,s:s,s:o,s:o,s:b,s:s,s:o,s:i,s:i,s:f,s:f,s:I}"

json_t *report_status(const struct state *state)
{
	const struct association_info *selected = report_selected(state);
	const struct steering_status *steering = &state->steering;
	const struct state_update *update = &state->update;

	return json_pack(REPORT_STATUS,
			 "ok", 1,
			 "version", TRUECHIME_VERSION,
			 "pid", (int)getpid(),
			 "timescale", state->timescale,
			 "synchronised", steering->synchronised,
			 "observing", state->observing,
			 "yielding", state->yielding,
			 "trust", trust_name(steering->trust),
			 "corrected", steering->has_correction,
			 "refused", update->result.step == DISCIPLINE_REFUSED,
			 "maxerror_ns", json_of_bound(steering->maxerror_ns),
			 "reading_maxerror_ns", json_of_bound(steering->reading_ns),
			 "esterror_ns", json_of_bound(steering->esterror_ns),
			 "offset_ns", (json_int_t)chime_sub_sat(steering->now.time_ns,
								steering->now.realtime_ns),
			 "reference", steering->now.has_host ? "host" : "raw",
			 "last_update_s", update->raw_ns ?
				report_seconds(update->utc_ns) : json_null(),
			 "set_by_hand_s", state->set_by_hand_ns ?
				report_seconds(state->set_by_hand_ns) : json_null(),
			 "manual", state->manual,
			 "source", selected ? selected->name : "",
			 "sources", report_source_counts(state),
			 "stratum", update->raw_ns ? update->result.stratum : 16,
			 "steps", (int)steering->steps,
			 "rate_ppb", steering->rate * PPB,
			 "base_rate_ppb", steering->base_rate * PPB,
			 "interval_ns", (json_int_t)steering->interval_ns);
}

/* The format of report_tracking()'s members; too long to stand where it is used. */
#define REPORT_TRACKING	"{s:b,s:b,s:I,s:s,s:i,s:o,s:I,s:I,s:o,s:f,s:o,s:o,s:I,s:I,s:o,s:s,s:o,s:o}"

/*
 * The signs are chronyc's: offsets of the clock against NTP and its frequency are positive where it
 * is ahead and fast. Only "offset_ns" is the correction that the clock needs, as in its CSV.
 */
json_t *report_tracking(const struct state *state)
{
	const struct association_info *selected = report_selected(state);
	const struct steering_status *steering = &state->steering;
	const struct state_update *update = &state->update;
	const struct discipline_result *result = &update->result;

	return json_pack(REPORT_TRACKING,
			 "ok", 1,
			 "synchronised", steering->synchronised,
			 "refid", selected ? (json_int_t)selected->refid : 0,
			 "source", selected ? selected->name : "",
			 "stratum", selected ? result->stratum : 0,
			 "ref_time_s", update->raw_ns ?
				report_seconds(update->utc_ns) : json_null(),
			 "offset_ns", (json_int_t)chime_sub_sat(steering->now.time_ns,
								steering->now.realtime_ns),
			 "last_offset_ns", (json_int_t)-steering->last_offset_ns,
			 "rms_offset_ns", report_real(steering->rms_offset_ns),
			 "frequency_ppb", -steering->base_rate * PPB,
			 "residual_ppb", state->has_rate ? report_real(((steering->now.has_host ?
				0.0 : steering->base_rate) - state->rate) * PPB) :
				json_null(),
			 "skew_ppb", state->has_rate ? report_real(state->rate_sigma * PPB) :
				json_null(),
			 "root_delay_ns", (json_int_t)result->root_delay_ns,
			 "root_dispersion_ns", (json_int_t)result->root_dispersion_ns,
			 "update_interval_s", report_seconds(update->interval_ns),
			 "leap", report_leap(steering->leap, steering->synchronised),
			 "maxerror_ns", json_of_bound(steering->maxerror_ns),
			 "esterror_ns", json_of_bound(steering->esterror_ns));
}

/*
 * How far our clock was ahead of the source: the timescale at the sample's instant, and the system
 * clock now.
 */
static void report_offsets(const struct steering_status *steering, const struct source_sample *last,
			   int64_t *measured_ns, int64_t *adjusted_ns)
{
	const struct timescale_now *now = &steering->now;

	if (steering->has_correction)
		*measured_ns = chime_sub_sat(last->offset_ns,
					     chime_line_offset(&steering->correction, last->at_ns));
	else
		*measured_ns = chime_sub_sat(last->offset_ns,
					     chime_sub_sat(now->realtime_ns, now->reference_ns));
	*adjusted_ns = *measured_ns;
	if (steering->has_correction)
		*adjusted_ns = chime_add_sat(*measured_ns,
					     chime_sub_sat(now->time_ns, now->realtime_ns));
	*measured_ns = chime_sub_sat(0, *measured_ns);
	*adjusted_ns = chime_sub_sat(0, *adjusted_ns);
}

/*
 * The members that need an estimate: null without one. Positive where our clock is ahead, or fast.
 */
static json_t *report_estimate(const struct steering_status *steering,
			       const struct source_status *status, int64_t now_ns)
{
	const struct estimate *estimate = &status->estimate;
	int64_t measured_ns, adjusted_ns, offset_ns;
	double rate = estimate->rate;

	if (!status->has_estimate)
		return json_null();
	report_offsets(steering, &status->last, &measured_ns, &adjusted_ns);
	offset_ns = chime_sub_sat(chime_sub_sat(steering->now.time_ns, steering->now.reference_ns),
				  estimate->offset_ns);
	if (steering->has_correction)
		rate -= (double)steering->correction.rate_q32 / 4294967296.0;
	return json_pack("{s:I,s:f,s:I,s:I,s:I,s:o,s:I,s:o,s:o,s:I,s:o,s:o}",
			 "samples", (json_int_t)status->samples,
			 "span_s", (double)status->span_ns / 1e9,
			 "age_ns", (json_int_t)chime_sub_sat(now_ns, status->last_raw_ns),
			 "measured_ns", (json_int_t)measured_ns,
			 "adjusted_ns", (json_int_t)adjusted_ns,
			 "distance_ns", report_real(status->root_distance_ns),
			 "delay_ns", (json_int_t)status->last.delay_ns,
			 "frequency_ppb", report_real(-rate * PPB),
			 "skew_ppb", report_real(estimate->rate_sigma * PPB),
			 "offset_ns", (json_int_t)offset_ns,
			 "sigma_ns", report_real(estimate->sigma_ns),
			 "jitter_ns", report_real(status->jitter_ns));
}

static const char *report_activity_name(enum association_activity activity)
{
	switch (activity) {
	case ASSOCIATION_ONLINE:
		return "online";
	case ASSOCIATION_OFFLINE:
		return "offline";
	case ASSOCIATION_BURST_ONLINE:
		return "burst_online";
	case ASSOCIATION_BURST_OFFLINE:
		return "burst_offline";
	case ASSOCIATION_UNRESOLVED:
		return "unresolved";
	case ASSOCIATION_ACTIVITIES:
		break;
	}
	return "?";
}

/* Who named the source. */
static const char *report_origin(const struct association_info *info)
{
	if (info->added)
		return "operator";
	return *info->file ? info->file : "configuration";
}

/* Why a source that answers is not used. */
#define ORPHAN_WORDS	"it has no source itself, and others come first (local orphan)"
#define SMEAR_WORDS	"it smears the leap second, as the others do not"

static json_t *report_auth(const struct association_auth *auth, int64_t now_raw_ns)
{
	static const char *const modes[] = {
		[ASSOCIATION_AUTH_NONE] = "-", [ASSOCIATION_AUTH_KEY] = "SK",
		[ASSOCIATION_AUTH_NTS] = "NTS",
	};
	json_t *age = auth->established_ns == INT64_MIN ? json_null() :
		json_integer((json_int_t)chime_sub_sat(now_raw_ns, auth->established_ns));

	return json_pack("{s:s,s:I,s:i,s:i,s:o,s:i,s:b,s:i,s:i}",
			 "mode", modes[auth->mode],
			 "key", (json_int_t)auth->key,
			 "type", auth->type,
			 "bits", auth->bits,
			 "age_ns", age,
			 "attempts", (int)auth->attempts,
			 "refused", auth->refused,
			 "cookies", (int)auth->cookies,
			 "cookie_bytes", (int)auth->cookie_size);
}

/* The format of report_source()'s members; too long to stand where it is used. */
#define REPORT_SOURCE \
	"{s:s,s:s,s:s,s:s,s:b,s:i,s:s,s:s,s:i,s:i,s:i,s:I,s:I,s:b,s:b,s:b,s:b,s:o,s:s,s:o}"

static json_t *report_source(const struct state *state, const struct state_source *source)
{
	const struct source_status *status = &source->status;
	const struct association_info *info = &source->info;
	const char *error = *info->resolving_error ? info->resolving_error :
			    *info->rejected ? info->rejected :
			    status->orphan ? ORPHAN_WORDS :
			    status->smear == SOURCE_SMEARS ? SMEAR_WORDS :
			    status->last_error < 0 ? strerror(-status->last_error) : "";

	return json_pack(REPORT_SOURCE,
			 "name", info->name,
			 "address", info->address,
			 "origin", report_origin(info),
			 "activity", report_activity_name(info->activity),
			 "offline", info->offline,
			 "port", info->port,
			 "kind", status->options->kind == SOURCE_REFCLOCK ? "refclock" : "server",
			 "state", report_verdict(status->verdict),
			 "stratum", status->has_estimate ? status->stratum : 0,
			 "poll", status->poll,
			 "reach", status->reach,
			 "sent", (json_int_t)status->sent,
			 "received", (json_int_t)status->received,
			 "kernel_timestamps", info->kernel_timestamps,
			 "hardware_timestamps", info->hardware_timestamps,
			 "interleaved", info->interleaved,
			 "authenticated", info->authenticated,
			 "auth", report_auth(&info->auth, state->raw_ns),
			 "error", error,
			 "estimate", report_estimate(&state->steering, status, state->raw_ns));
}

json_t *report_sources(const struct state *state)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < state->source_count; i++)
		json_array_append_new(list, report_source(state, &state->sources[i]));
	return json_pack("{s:b,s:o}", "ok", 1, "sources", list);
}

/* As chronyc counts them: without reference clocks. */
json_t *report_activity(const struct state *state)
{
	int counts[ASSOCIATION_ACTIVITIES] = { 0 };
	json_t *reply = json_pack("{s:b}", "ok", 1);
	size_t i;
	int j;

	for (i = 0; i < state->source_count; i++)
		if (state->sources[i].status.options->kind != SOURCE_REFCLOCK)
			counts[state->sources[i].info.activity]++;
	for (j = 0; j < ASSOCIATION_ACTIVITIES; j++)
		json_object_set_new(reply, report_activity_name((enum association_activity)j),
				    json_integer(counts[j]));
	return reply;
}

json_t *report_events(const struct module_event *events, int count)
{
	json_t *list = json_array();
	int i;

	for (i = 0; i < count; i++)
		json_array_append_new(list, event_report(&events[i]));
	return json_pack("{s:b,s:o}", "ok", 1, "events", list);
}
