// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module's arithmetic, held together without a kernel.
 */
#include "guest_module.h"

#include <stdlib.h>

#include "kmod/core/policy.h"
#include "kmod/core/reaction.h"
#include "kmod/timescale.h"

/* Module parameters as they are by default. */
#define SLEW_MIN_Q32	(500 * CHIME_PPM_Q32)
#define HOLDOVER_NS	(3600LL * NSEC_PER_SEC)

/* What the clocks show while the timescale begins. */
struct system_time_snapshot unit_clocks;

struct guest_module {
	struct rt_mutex lock;	/* of the timescale, always held */
	struct chime_timescale timescale;
	struct chime_host_line track;
	struct chime_policy policy;
	int64_t apart_ns;
	bool demoted;
};

struct guest_module *guest_module_new(const struct chime_pairing *first, int64_t realtime_ns,
				      int64_t apart_ns, int64_t stated_ns)
{
	struct guest_module *module = calloc(1, sizeof(*module));

	if (!module)
		return NULL;
	module->lock.held = true;
	module->apart_ns = apart_ns;
	chime_policy_defaults(&module->policy);
	unit_clocks.raw = first->raw_ns;
	unit_clocks.real = realtime_ns;
	chime_timescale_init(&module->timescale, &module->lock, SLEW_MIN_Q32, HOLDOVER_NS);
	chime_host_line_update(&module->track, first);
	chime_timescale_set_reference(&module->timescale, &module->track.line, true, 0,
				      first->raw_ns);
	if (stated_ns)
		chime_timescale_set_host_maxerror(&module->timescale, stated_ns);
	return module;
}

void guest_module_free(struct guest_module *module)
{
	free(module);
}

/* The host's clock minus the timescale. */
static int64_t guest_module_host_ahead(const struct guest_module *module, int64_t raw_ns)
{
	struct chime_now now;

	chime_timescale_now(&module->timescale, raw_ns, &now);
	return chime_sub_sat(now.host_ns, now.time_ns);
}

/* As chime_disruption_is_vouched(). */
static bool guest_module_is_vouched(const struct guest_module *module, int64_t raw_ns)
{
	const struct chime_timescale *timescale = &module->timescale;

	return timescale->current_view.host_maxerror_ns != CHIME_LINE_UNBOUNDED_NS &&
	       !chime_timescale_refutes_host(timescale, raw_ns);
}

/* The host did not jump: its line is published as it is now. */
static void guest_module_follow(struct guest_module *module, int64_t raw_ns,
				struct guest_module_check *look)
{
	struct chime_timescale *timescale = &module->timescale;
	struct chime_stated stated;

	if (module->demoted)
		chime_timescale_watch_host(timescale, &module->track.line);
	else
		chime_timescale_set_host(timescale, &module->track.line, raw_ns);
	look->returned = chime_timescale_return_to_host(timescale, false, raw_ns, &stated);
}

/* As chime_host_is_slewed(), but for the wait: that is the caller's. */
static bool guest_module_is_slewed(struct guest_module *module, const struct chime_pairing *pairing,
				   const struct chime_pairing *later,
				   struct guest_module_check *look)
{
	if (later)
		return chime_host_line_follow_slew(&module->track, pairing, later);
	look->unsure = chime_host_line_may_be_slewed(&module->track, pairing);
	return false;
}

/* The host's time and raw came apart for good. */
static void guest_module_react(struct guest_module *module, const struct chime_pairing *pairing,
			       int64_t raw_ns, enum truechime_cause cause,
			       struct guest_module_check *look)
{
	struct chime_timescale *timescale = &module->timescale;
	struct chime_reference_terms terms = { .host = &module->track.line };
	struct chime_disrupted disrupted = {
		.cause = cause,
		.measure = CHIME_MEASURED_BY_HOST,
		.has_host = true,
		.demoted = module->demoted,
		.corrected = chime_timescale_correction(timescale),
		.maxerror_ns = chime_timescale_maxerror(timescale, raw_ns),
	};
	struct chime_reaction reaction;
	struct chime_stated stated;

	disrupted.gap_ns = chime_host_line_deviation(&module->track, pairing);
	disrupted.apart_ns = module->apart_ns;
	disrupted.host_vouched = guest_module_is_vouched(module, raw_ns);
	disrupted.host_ahead_ns = guest_module_host_ahead(module, raw_ns);
	chime_react(&disrupted, &reaction);
	look->jumped = true;
	look->outlived = reaction.change == CHIME_REFERENCE_ABSORB;
	chime_host_line_rebase(&module->track, pairing);
	terms.gap_ns = disrupted.gap_ns;
	terms.gap_error_ns = reaction.shift_error_ns;
	terms.apart_ns = reaction.apart_ns;
	terms.vouched = disrupted.host_vouched;
	chime_timescale_apply(timescale, reaction.change, &terms, raw_ns);
	look->returned = chime_timescale_return_to_host(timescale,
							reaction.change == CHIME_REFERENCE_RESYNC,
							raw_ns, &stated);
}

void guest_module_check(struct guest_module *module, const struct chime_pairing *pairing,
			const struct chime_pairing *later, enum truechime_cause cause,
			struct guest_module_check *look)
{
	int64_t raw_ns = later ? later->raw_ns : pairing->raw_ns;

	*look = (struct guest_module_check){ };
	switch (chime_host_line_update(&module->track, pairing)) {
	case CHIME_VERDICT_STARTED:
	case CHIME_VERDICT_ON_LINE:
	case CHIME_VERDICT_RATE_CHANGED:
		guest_module_follow(module, raw_ns, look);
		break;
	case CHIME_VERDICT_USELESS:
		break;
	case CHIME_VERDICT_JUMPED:
		if (guest_module_is_slewed(module, pairing, later, look))
			guest_module_follow(module, raw_ns, look);
		else if (!look->unsure)
			guest_module_react(module, pairing, raw_ns, cause, look);
		break;
	}
}

bool guest_module_steps(const struct guest_module *module, int64_t offset_ns)
{
	return chime_policy_decide(&module->policy, TRUECHIME_OCCASION_DISRUPTION, offset_ns) ==
	       TRUECHIME_ACTION_STEPPED;
}

/* What the host's own clock adds to the bound: see struct timescale_now. */
static int64_t guest_module_host_maxerror(const struct chime_now *now)
{
	if (now->maxerror_ns == CHIME_LINE_UNBOUNDED_NS)
		return now->reading_ns == CHIME_LINE_UNBOUNDED_NS ? 0 : CHIME_LINE_UNBOUNDED_NS;
	return chime_sub_sat(now->maxerror_ns, now->reading_ns);
}

void guest_module_now(const struct guest_module *module, int64_t raw_ns, struct timescale_now *now)
{
	struct chime_now from;

	chime_timescale_now(&module->timescale, raw_ns, &from);
	*now = (struct timescale_now){
		.raw_ns = raw_ns,
		.reference_ns = from.reference_ns,
		.followed_ns = from.followed_ns,
		.time_ns = from.time_ns,
		.rate = (double)from.rate_q32 / 4294967296.0,
		.slew_ns = from.slew_ns,
		.sigma_ns = from.sigma_ns,
		.maxerror_ns = from.reading_ns,
		.host_maxerror_ns = guest_module_host_maxerror(&from),
		.epoch = from.epoch,
		.has_host = from.reference == TRUECHIME_REFERENCE_HOST && from.has_host,
		.host_known = from.has_host,
		.host_ns = from.host_ns,
	};
	reference_change_of_line(&from.change, &now->change);
}

int guest_module_correct(struct guest_module *module, int64_t raw_ns,
			 const struct chime_line *correction, uint32_t epoch, bool jump)
{
	return chime_timescale_correct(&module->timescale, correction, epoch, jump, raw_ns);
}

void guest_module_jump(struct guest_module *module, int64_t raw_ns, int64_t offset_ns,
		       int64_t error_ns)
{
	const struct chime_reference_terms terms = {
		.gap_ns = offset_ns,
		.gap_error_ns = error_ns,
	};

	chime_timescale_apply(&module->timescale, CHIME_REFERENCE_SHIFT, &terms, raw_ns);
}

/* As clocks/timescale_module.c has it done. */
void guest_module_leap(struct guest_module *module, int64_t raw_ns, int64_t change_ns)
{
	struct chime_timescale *timescale = &module->timescale;
	const struct chime_line *correction = chime_timescale_correction(timescale);
	struct chime_line leapt;

	if (!correction)
		return;
	leapt = *correction;
	leapt.offset_ns += change_ns;
	chime_timescale_correct(timescale, &leapt, timescale->current_view.epoch, true, raw_ns);
}

void guest_module_demote(struct guest_module *module, int64_t raw_ns, bool demoted)
{
	if (module->demoted == demoted)
		return;
	module->demoted = demoted;
	chime_timescale_set_reference(&module->timescale, &module->track.line, !demoted,
				      chime_host_line_slewing(&module->track, raw_ns), raw_ns);
}

const struct chime_line *guest_module_host_line(const struct guest_module *module)
{
	return &module->track.line;
}
