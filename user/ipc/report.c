// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon's state as JSON.
 */
#include "ipc/report.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "ipc/figures.h"
#include "lib/event_report.h"
#include "lib/json_text.h"

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

const char *report_leap(int leap)
{
	if (leap == FIGURES_LEAP_UNSYNCHRONISED)
		return "not-synchronised";
	return leap == 1 ? "insert" : leap == 2 ? "delete" : "normal";
}

static const char *const verdicts[] = {
	[SOURCE_UNUSABLE] = "unusable", [SOURCE_FALSETICKER] = "falseticker",
	[SOURCE_TOO_VARIABLE] = "too-variable", [SOURCE_NOT_COMBINED] = "not-combined",
	[SOURCE_COMBINED] = "combined", [SOURCE_SELECTED] = "selected",
};

static json_t *report_source_counts(const struct state *state)
{
	int offline = 0, reachable = 0, usable = 0, falsetickers = 0;
	size_t i;

	for (i = 0; i < state->source_count; i++) {
		enum source_verdict verdict = figures_verdict(state, i);

		offline += state->sources[i].info.offline;
		reachable += state->sources[i].status.reach != 0;
		usable += verdict >= SOURCE_NOT_COMBINED;
		falsetickers += verdict == SOURCE_FALSETICKER;
	}
	return json_pack("{s:i,s:i,s:i,s:i,s:i,s:i,s:i}", "configured", (int)state->configured,
			 "known", (int)state->source_count, "offline", offline, "reachable",
			 reachable, "usable", usable, "falsetickers", falsetickers, "minsources",
			 state->minsources);
}

/* The format of report_status()'s members; too long to stand where it is used. */
#define REPORT_STATUS	"{s:b,s:s,s:i,s:s,s:o,s:b,s:b,s:b,s:s,s:b,s:s,s:b,s:b,s:o,s:o,s:o,s:o,s:I,s:s,s:o,s:o,s:b,s:o,s:o,s:i,s:i,s:f,s:f,s:I}"

json_t *report_status(const struct state *state)
{
	const struct steering_status *steering = &state->steering;
	const struct state_update *update = &state->update;
	struct tracking_figures figures;

	figures_of_tracking(state, &figures);
	return json_pack(REPORT_STATUS,
			 "ok", 1,
			 "version", TRUECHIME_VERSION,
			 "pid", (int)getpid(),
			 "timescale", state->timescale,
			 "configuration", json_of_text(state->configuration),
			 "synchronised", steering->synchronised,
			 "observing", state->observing,
			 "yielding", state->yielding,
			 "trust", trust_name(steering->trust),
			 "corrected", steering->has_correction,
			 "vouched_host", vouched_host_name(update->result.vouched_host),
			 "refused", update->result.step == DISCIPLINE_REFUSED,
			 "too_early", steering->too_early,
			 "rate_error", steering->rate_error ?
				json_string(strerror(-steering->rate_error)) : json_null(),
			 "maxerror_ns", json_of_bound(steering->maxerror_ns),
			 "reading_maxerror_ns", json_of_bound(steering->reading_ns),
			 "esterror_ns", json_of_bound(steering->esterror_ns),
			 "offset_ns", (json_int_t)figures.correction_ns,
			 "reference", steering->now.has_host ? "host" : "raw",
			 "last_update_s", update->raw_ns ?
				report_seconds(update->utc_ns) : json_null(),
			 "set_by_hand_s", state->set_by_hand_ns ?
				report_seconds(state->set_by_hand_ns) : json_null(),
			 "manual", state->manual,
			 "source", json_of_text(figures.source ? figures.source->info.name : ""),
			 "sources", report_source_counts(state),
			 "stratum", update->raw_ns ? update->result.stratum : 16,
			 "steps", (int)steering->steps,
			 "rate_ppb", steering->rate * PPB,
			 "base_rate_ppb", steering->base_rate * PPB,
			 "interval_ns", (json_int_t)steering->interval_ns);
}

/* The format of report_tracking()'s members; too long to stand where it is used. */
#define REPORT_TRACKING	"{s:b,s:b,s:I,s:o,s:o,s:s,s:i,s:o,s:I,s:I,s:o,s:f,s:o,s:o,s:I,s:I,s:o,s:s,s:o,s:o}"

/* The signs are those of the figures. */
json_t *report_tracking(const struct state *state)
{
	const struct steering_status *steering = &state->steering;
	const struct state_update *update = &state->update;
	const struct association_info *followed;
	struct reference_figures reference;
	struct tracking_figures figures;
	bool has_rate;

	figures_of_tracking(state, &figures);
	figures_of_reference(state, &figures, &reference);
	followed = reference.source ? &reference.source->info : NULL;
	has_rate = followed && state->has_rate;
	return json_pack(REPORT_TRACKING,
			 "ok", 1,
			 "synchronised", steering->synchronised,
			 "refid", (json_int_t)reference.refid,
			 "source", json_of_text(figures.source ? figures.source->info.name : ""),
			 "name", json_of_text(followed ? followed->name : ""),
			 "address", followed ? followed->address : "",
			 "stratum", reference.stratum,
			 "ref_time_s", reference.utc_ns ?
				report_seconds(reference.utc_ns) : json_null(),
			 "offset_ns", (json_int_t)figures.correction_ns,
			 "last_offset_ns", (json_int_t)figures.last_offset_ns,
			 "rms_offset_ns", report_real(figures.rms_offset_ns),
			 "frequency_ppb", figures.frequency * PPB,
			 "residual_ppb", has_rate ?
				report_real(figures.residual * PPB) : json_null(),
			 "skew_ppb", has_rate ?
				report_real(figures.skew * PPB) : json_null(),
			 "root_delay_ns", (json_int_t)reference.root_delay_ns,
			 "root_dispersion_ns", (json_int_t)reference.root_dispersion_ns,
			 "update_interval_s", report_seconds(update->interval_ns),
			 "leap", report_leap(reference.leap),
			 "maxerror_ns", json_of_bound(steering->maxerror_ns),
			 "esterror_ns", json_of_bound(steering->esterror_ns));
}

/* The members that need an estimate: null without one. */
static json_t *report_estimate(const struct state *state, const struct source_status *status)
{
	struct source_figures figures;

	if (!status->has_estimate)
		return json_null();
	figures_of_source(state, status, &figures);
	return json_pack("{s:I,s:i,s:f,s:I,s:I,s:I,s:o,s:I,s:o,s:o,s:I,s:o,s:o}",
			 "samples", (json_int_t)status->samples,
			 "runs", (int)status->runs,
			 "span_s", (double)status->span_ns / 1e9,
			 "age_ns", (json_int_t)figures.age_ns,
			 "measured_ns", (json_int_t)figures.measured_ns,
			 "adjusted_ns", (json_int_t)figures.adjusted_ns,
			 "distance_ns", report_real(status->root_distance_ns),
			 "delay_ns", (json_int_t)status->last.delay_ns,
			 "frequency_ppb", report_real(figures.frequency * PPB),
			 "skew_ppb", report_real(figures.skew * PPB),
			 "offset_ns", (json_int_t)figures.offset_ns,
			 "sigma_ns", report_real(status->estimate.sigma_ns),
			 "jitter_ns", report_real(status->jitter_ns));
}

static const char *const activities[ASSOCIATION_ACTIVITIES] = {
	[ASSOCIATION_ONLINE] = "online", [ASSOCIATION_OFFLINE] = "offline",
	[ASSOCIATION_BURST_ONLINE] = "burst_online", [ASSOCIATION_BURST_OFFLINE] = "burst_offline",
	[ASSOCIATION_UNRESOLVED] = "unresolved",
};

/* Who named the source. */
static json_t *report_origin(const struct association_info *info)
{
	if (info->added)
		return json_string("operator");
	return json_of_text(*info->file ? info->file : "configuration");
}

/* Why a source that answers is not used. */
#define ORPHAN_WORDS	"it has no source itself, and others come first (local orphan)"
#define LOOP_WORDS	"it follows this machine, and has no other time"
#define REFUTED_WORDS	"most sources have shown that it is wrong, and not yet that it is right again"
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
	"{s:o,s:s,s:o,s:s,s:b,s:i,s:s,s:s,s:i,s:i,s:i,s:I,s:I,s:b,s:b,s:b,s:b,s:o,s:o,s:o,s:o,s:o,s:I}"

static json_t *report_source(const struct state *state, size_t index)
{
	const struct state_source *source = &state->sources[index];
	const struct source_status *status = &source->status;
	const struct association_info *info = &source->info;
	const char *error = *info->resolving_error ? info->resolving_error :
			    *info->rejected ? info->rejected :
			    status->orphan ? ORPHAN_WORDS :
			    status->loop ? LOOP_WORDS :
			    status->smear == SOURCE_SMEARS ? SMEAR_WORDS :
			    status->refuted ? REFUTED_WORDS :
			    status->last_error < 0 ? strerror(-status->last_error) : "";

	return json_pack(REPORT_SOURCE,
			 "name", json_of_text(info->name),
			 "address", info->address,
			 "origin", report_origin(info),
			 "activity", activities[info->activity],
			 "offline", info->offline,
			 "port", info->port,
			 "kind", status->options->kind == SOURCE_REFCLOCK ? "refclock" : "server",
			 "state", verdicts[figures_verdict(state, index)],
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
			 "error", json_of_text(error),
			 "estimate", report_estimate(state, status),
			 "selection", report_selection(state, index),
			 "ntp", report_ntp(state, source),
			 "refid", (json_int_t)info->refid);
}

json_t *report_sources(const struct state *state)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < state->source_count; i++)
		json_array_append_new(list, report_source(state, i));
	return json_pack("{s:b,s:i,s:I,s:o}", "ok", 1, "minsources", state->minsources,
			 "maxdistance_ns", (json_int_t)state->maxdistance_ns, "sources", list);
}

json_t *report_activity(const struct state *state)
{
	json_t *reply = json_pack("{s:b}", "ok", 1);
	int counts[ASSOCIATION_ACTIVITIES];
	int j;

	figures_of_activity(state, counts);
	for (j = 0; j < ASSOCIATION_ACTIVITIES; j++)
		json_object_set_new(reply, activities[j], json_integer(counts[j]));
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
