// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon's state as the command "timesync" tells it.
 */
#include "ipc/report.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "ipc/figures.h"
#include "lib/json_text.h"

/* Files of servers that are here come from the network, by DHCP as a rule. */
#define LINK_FOLDER	"/run/"

static bool has_text(const json_t *list, const char *text)
{
	size_t i;

	for (i = 0; i < json_array_size(list); i++)
		if (!strcmp(json_string_value(json_array_get(list, i)), text))
			return true;
	return false;
}

/* The servers by who has named them; all of a pool have its name, which is told once. */
static json_t *report_servers(const struct state *state)
{
	json_t *system = json_array(), *link = json_array(), *runtime = json_array(), *list;
	const struct association_info *info;
	size_t i;

	for (i = 0; i < state->source_count; i++) {
		info = &state->sources[i].info;
		if (state->sources[i].status.options->kind == SOURCE_REFCLOCK)
			continue;
		list = info->added ? runtime :
		       !strncmp(info->file, LINK_FOLDER, strlen(LINK_FOLDER)) ? link : system;
		if (!has_text(list, info->name))
			json_array_append_new(list, json_of_text(info->name));
	}
	return json_pack("{s:o,s:o,s:o}", "system", system, "link", link, "runtime", runtime);
}

/* The header of the answer, and what its timestamps were found to say. */
static json_t *report_message(const struct state *state, const struct state_source *source)
{
	const struct ntp_client_record *record = source->info.record;
	const struct source_status *status = &source->status;
	struct source_figures figures;

	if (!record || !record->answer.packet.version || !status->has_estimate)
		return json_null();
	figures_of_source(state, status, &figures);
	return json_pack("{s:i,s:i,s:i,s:i,s:i,s:I,s:I,s:I,s:I,s:I,s:I,s:I}",
			 "leap", (int)record->answer.packet.leap,
			 "version", record->answer.packet.version,
			 "mode", (int)record->answer.packet.mode,
			 "stratum", record->answer.packet.stratum,
			 "precision", record->answer.packet.precision,
			 "root_delay_ns", (json_int_t)record->answer.packet.root_delay_ns,
			 "root_dispersion_ns", (json_int_t)record->answer.packet.root_dispersion_ns,
			 "refid", (json_int_t)record->answer.packet.refid,
			 "transmit_us",
			 (json_int_t)ntp_timestamp_to_ns(record->answer.packet.transmit) / 1000,
			 "response_ns", (json_int_t)record->response_ns,
			 "measured_ns", (json_int_t)figures.measured_ns,
			 "delay_ns", (json_int_t)status->last.delay_ns);
}

static json_t *report_selected(const struct state *state, const struct state_source *source)
{
	const struct source_status *status = &source->status;
	const struct ntp_client_record *record = source->info.record;

	return json_pack("{s:o,s:s,s:i,s:i,s:i,s:f,s:I,s:o}",
			 "name", json_of_text(source->info.name),
			 "address", source->info.ip.family == AF_UNSPEC ? "" : source->info.address,
			 "minpoll", status->options->minpoll,
			 "maxpoll", status->options->maxpoll,
			 "poll", status->poll,
			 "jitter_ns", isfinite(status->jitter_ns) ? status->jitter_ns : 0.0,
			 "packets", record ? (json_int_t)record->good : 0,
			 "message", report_message(state, source));
}

json_t *report_timesync(const struct state *state)
{
	const struct steering_status *steering = &state->steering;
	struct tracking_figures figures;

	figures_of_tracking(state, &figures);
	return json_pack("{s:b,s:b,s:s,s:b,s:f,s:I,s:o,s:o}",
			 "ok", 1,
			 "synchronised", steering->synchronised,
			 "trust", trust_name(steering->trust),
			 "host", steering->now.has_host,
			 "base_rate_ppb", steering->base_rate * 1e9,
			 "maxdistance_ns", (json_int_t)state->maxdistance_ns,
			 "servers", report_servers(state),
			 "source", figures.source ? report_selected(state, figures.source) :
						    json_null());
}
