// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated client's sources as a witness of disruptions: what user/daemon/jump.c does. What
 * they say is judged by the shipped consensus.
 */
#include "world_private.h"

#include "kmod/core/policy.h"

/* With the disruption's policy as it is by default. */
bool world_steps_after_disruption(int64_t offset_ns)
{
	struct chime_policy policy;

	chime_policy_defaults(&policy);
	return chime_policy_decide(&policy, TRUECHIME_OCCASION_DISRUPTION, offset_ns) ==
	       TRUECHIME_ACTION_STEPPED;
}

static void follow_jump(struct world *world, double true_ns, const struct consensus_result *result)
{
	struct timescale_now now;

	if (world_is_stale(world, true_ns))
		return;
	world->summary->witnessed++;
	client_clock_jump(&world->clock, true_ns, result->offset_ns, result->maxerror_ns);
	client_clock_now(&world->clock, true_ns, &now);
	if (world_steps_after_disruption(now.time_ns - now.realtime_ns)) {
		client_clock_step(&world->clock, true_ns);
		world->summary->steps++;
	}
	world->reported_by_sources = true;
	world_check_epoch(world, true_ns);
	world->reported_by_sources = false;
	world->disrupted = true;
	client_clock_follow(&world->clock, true_ns);
}

bool world_judge_sources(struct world *world, double true_ns, const struct timescale_now *now)
{
	const struct consensus_terms terms = {
		.confirmed = !world->disrupted,
		.jumps = true,
	};
	struct consensus_result result;

	consensus_update(world->consensus, world->sources, world->options.servers, now, &terms,
			 &result);
	world->check_again_ns = result.wait_ns ? chime_add_sat(now->raw_ns, result.wait_ns) :
						INT64_MAX;
	if (result.ask)
		world_burst(world, true_ns, CONSENSUS_BURST);
	switch (result.verdict) {
	case CONSENSUS_OK:
		return true;
	case CONSENSUS_SUSPECT:
		return false;
	case CONSENSUS_UNRESOLVED:
	case CONSENSUS_FALSETICKER:
		world->synchronised = false;
		return false;
	case CONSENSUS_JUMP:
		break;
	}
	follow_jump(world, true_ns, &result);
	return false;
}
