// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon's state, as shown to others.
 */
#include "daemon/requests.h"

#include <stddef.h>
#include <string.h>

static void daemon_fill_source(const struct daemon *daemon, struct source *source, size_t index,
			       int64_t at_ns, struct state_source *state)
{
	state->info = (struct association_info){ .name = "", .rejected = "",
						 .resolving_error = "", .file = "" };
	(void)associations_get_info(daemon->associations, index, &state->info);
	source_get_status(source, at_ns, &state->status);
}

void daemon_get_state(struct daemon *daemon, struct state *state)
{
	struct source *const *sources;
	size_t i;

	/* Not the sources, for which there is far more room than most have. */
	memset(state, 0, offsetof(struct state, sources));
	state->raw_ns = system_clock_raw_ns();
	state->timescale = daemon->timescale->ops->name;
	state->configuration = daemon->options->config_text ? "" : daemon->options->config_path;
	state->observing = daemon->options->no_clock;
	state->yielding = daemon->rivals.yielding;
	state->update = daemon->update;
	state->set_by_hand_ns = daemon->by_hand.latest_ns;
	state->manual = daemon->config->manual;
	state->local_stratum = serving_local_stratum(daemon->serving);
	state->maxdistance_ns = daemon->config->discipline.maxdistance_ns;
	state->minsources = daemon->config->discipline.minsources;
	state->configured = associations_directives(daemon->associations);
	(void)steering_read(daemon->steering);
	steering_get_status(daemon->steering, &state->steering);
	state->has_rate = discipline_get_rate(daemon->discipline, &state->rate,
					      &state->rate_sigma);
	state->source_count = associations_sources(daemon->associations, &sources);
	for (i = 0; i < state->source_count; i++)
		daemon_fill_source(daemon, sources[i], i, state->steering.now.reference_ns,
				   &state->sources[i]);
}

void daemon_get_counts(const struct daemon *daemon, struct server_counts *counts,
		       uint64_t xdp[XDP_COUNTS])
{
	*counts = (struct server_counts){
		.xdp = serving_xdp_counts(daemon->serving, xdp) ? xdp : NULL,
		.nts = serving_nts_statistics(daemon->serving),
		.certificate_end_s = serving_certificate_end_s(daemon->serving),
	};
	counts->statistics = serving_statistics(daemon->serving, &counts->clients);
	chronyc_listener_get_counts(daemon->chronyc, &counts->commands_received,
				    &counts->commands_dropped);
}

void daemon_remember(struct daemon *daemon)
{
	struct steering_status status;

	steering_get_status(daemon->steering, &status);
	if (!status.valid)
		return;
	history_add(daemon->history, &(struct history_point){
		.time_ns = status.now.time_ns,
		.offset_ns = chime_sub_sat(status.now.time_ns, status.now.realtime_ns),
		.maxerror_ns = status.maxerror_ns,
		.frequency = status.base_rate,
	}, status.now.raw_ns);
}

int daemon_get_events(struct daemon *daemon, struct module_event *events, int max)
{
	int count = daemon->events.own_count < max ? daemon->events.own_count : max;

	if (daemon->link)
		return module_link_events(daemon->link, events, max, &count) ? 0 : count;
	memcpy(events, daemon->events.own, sizeof(*events) * (size_t)count);
	return count;
}
