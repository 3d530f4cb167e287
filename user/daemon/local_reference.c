// SPDX-License-Identifier: GPL-2.0-only
/*
 * When the local clock becomes the reference. A clock of which it is known that it is wrong, as
 * after a restore without a host to ask, is no reference: a whole network would be wrong with it.
 */
#include "daemon/local_reference.h"

#include "ipc/state.h"

/* The update that it claims is never older. */
#define UPDATE_AGE_NS	1000000000LL

void local_reference_configure(struct local_reference *local, const struct config_local *config,
			       int64_t now_raw_ns)
{
	if (!local->config.enabled)
		*local = (struct local_reference){ .synchronised_ns = now_raw_ns };
	local->config = *config;
}

static bool is_due(const struct local_reference *local, bool synchronised, int64_t updated_raw_ns,
		   int64_t raw_ns, int64_t distance_ns)
{
	const struct config_local *config = &local->config;

	if (!config->enabled || (config->activate_ns && !local->activated))
		return false;
	/* The reading may be of before the configuration. */
	if (!synchronised)
		return chime_max(chime_sub_sat(raw_ns, local->synchronised_ns), 0) >=
		       config->wait_unsynced_ns;

	return distance_ns > config->distance_ns &&
	       chime_sub_sat(raw_ns, updated_raw_ns) >= config->wait_synced_ns;
}

void local_reference_apply(struct local_reference *local, const struct steering_status *steering,
			   int64_t updated_raw_ns, struct time_content *content)
{
	int64_t distance_ns = chime_line_maxerror(&content->time, content->time.origin_ns);

	if (steering->synchronised) {
		local->synchronised_ns = content->raw_ns;
		if (distance_ns < local->config.activate_ns)
			local->activated = true;
	}
	if (steering->trust == TRUST_DISRUPTED ||
	    !is_due(local, steering->synchronised, updated_raw_ns, content->raw_ns, distance_ns))
		return;
	content->stratum = (uint16_t)local->config.stratum;
	content->leap = 0;
	content->refid = STATE_REFID_LOCAL;
	content->root_delay_ns = 0;
	content->reference_ns = chime_sub_sat(content->time.origin_ns, UPDATE_AGE_NS);
	/* It is the reference: the system clock as it is, without an error. */
	content->time = (struct chime_line){ .origin_ns = content->time.origin_ns };
}
