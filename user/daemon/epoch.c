// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon and the epochs of the reference: what becomes of all that was measured when another
 * begins, or when time was disrupted.
 */
#include "daemon/daemon.h"

#include "daemon/requests.h"

void daemon_change_sources(struct daemon *daemon, const struct reference_change *change)
{
	consensus_change_reference(daemon->consensus, change);
	associations_change_reference(daemon->associations, daemon->known.epoch, change);
	discipline_change_reference(daemon->discipline, change);
}

void daemon_change_reference(struct daemon *daemon, const struct reference_change *change)
{
	daemon_change_sources(daemon, change);
	daemon_change_settime(daemon, change);
}

void daemon_leap(struct daemon *daemon, int64_t change_ns)
{
	const struct reference_change change = { .leap_ns = change_ns };

	daemon_change_reference(daemon, &change);
}

bool daemon_is_corrected(const struct daemon *daemon)
{
	struct steering_status steering;
	struct module_status module;

	if (!associations_can_correct(daemon->associations) || daemon->known.external)
		return false;
	steering_get_status(daemon->steering, &steering);
	/* An earlier daemon may have set the correction. */
	return steering.has_correction ||
	       (daemon->link && !module_link_status(daemon->link, &module) &&
		module.has_correction);
}

/*
 * The reference is unchanged or can be converted, but the gap was longer than the correction's rate
 * is valid for, or may have hidden a slew of the host: the offset has to be measured anew. Until
 * then a host that is followed is as right as is stated of it.
 */
static void daemon_check_reach(struct daemon *daemon, const struct timescale_now *now)
{
	if (!discipline_is_suspect(daemon->discipline, now))
		return;
	daemon_change_reference(daemon, &REFERENCE_JUMPED);
	steering_disrupted(daemon->steering, timescale_is_vouched(now));
}

static void daemon_enter_epoch(struct daemon *daemon, const struct timescale_now *now,
			       const struct reference_change *change, bool disrupted)
{
	bool known = reference_change_keeps_offset(change);

	log_debug("Epoch %u of the %s, change %s", now->epoch, now->has_host ? "host" : "raw clock",
		  known ? "known" : "unknown");
	daemon_change_reference(daemon, change);
	/* If only another clock is the reference, who contradicts it still does. */
	if (disrupted)
		consensus_forget(daemon->consensus);
	daemon->sources_changed = true;
	if (known || !disrupted)
		steering_recheck(daemon->steering);
	else
		steering_disrupted(daemon->steering,
				   now->has_host && (timescale_is_vouched(now) ||
						     !daemon_is_corrected(daemon)));
	if (timescale_is_vouched(now))
		steering_end_correction(daemon->steering);
	if (!known)
		daemon_burst(daemon, DAEMON_BURST);
}

/*
 * A disruption took the bound from a correction that an earlier daemon, with sources, left. The
 * host alone is known better than that.
 */
static void daemon_drop_unconfirmable(struct daemon *daemon)
{
	struct module_status status;

	if (!daemon->link || daemon->known.external || !daemon->known.has_host ||
	    daemon->known.maxerror_ns != CHIME_LINE_UNBOUNDED_NS ||
	    associations_can_correct(daemon->associations))
		return;
	if (module_link_status(daemon->link, &status) || !status.has_correction ||
	    module_link_reset(daemon->link))
		return;
	steering_follow_host(daemon->steering);
	log_notice("An earlier correction is dropped: no time source is configured that could confirm it");
}

void daemon_check_epoch(struct daemon *daemon, const struct timescale_now *now)
{
	const struct reference_change change = timescale_change_since(now, daemon->known.epoch);
	bool disrupted = now->disruptions != daemon->known.disruptions;
	bool entered = now->epoch != daemon->known.epoch;
	bool known = !entered || reference_change_keeps_offset(&change);

	daemon->known = *now;
	associations_set_followed(daemon->associations, now->followed_ns);
	if (steering_set_external(daemon->steering, now->external))
		daemon->sources_changed = true;
	if (disrupted && !daemon->link)
		daemon_slept(daemon, now);
	if (entered)
		daemon_enter_epoch(daemon, now, &change, disrupted);
	if (disrupted && known)
		daemon_check_reach(daemon, now);
	daemon_drop_unconfirmable(daemon);
}
