// SPDX-License-Identifier: GPL-2.0-only
/*
 * The timescale of the module, over generic netlink: all clocks of one kernel snapshot, the
 * correction applied and held over in the kernel, the system clock stepped there.
 */
#include "clocks/timescale.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/may_set_clock.h"
#include "lib/module_link.h"
#include "lib/time_units.h"

struct timescale_module {
	struct timescale timescale;	/* first: what callers hold */
	struct module_link *link;	/* borrowed */
	enum truechime_reference reference;
};

/* What the host's own clock adds to the bound, see struct timescale_now. */
static int64_t timescale_module_host_maxerror(const struct module_now *from)
{
	if (from->maxerror_ns == CHIME_LINE_UNBOUNDED_NS)
		return from->reading_ns == CHIME_LINE_UNBOUNDED_NS ? 0 : CHIME_LINE_UNBOUNDED_NS;
	return chime_sub_sat(from->maxerror_ns, from->reading_ns);
}

static void timescale_module_take(struct timescale_module *module, const struct module_now *from,
				  struct timescale_now *now)
{
	module->reference = from->reference;
	*now = (struct timescale_now){
		.raw_ns = from->raw_ns,
		.realtime_ns = from->realtime_ns,
		.reference_ns = from->reference_ns,
		.followed_ns = from->followed_ns,
		.time_ns = from->time_ns,
		.rate = (double)from->rate_q32 / Q32,
		.slew_ns = from->slew_ns,
		.sigma_ns = from->sigma_ns,
		.maxerror_ns = from->reading_ns,
		.host_maxerror_ns = timescale_module_host_maxerror(from),
		.epoch = from->epoch,
		.disruptions = from->disruptions,
		.host_known = from->has_host,
		.host_ns = from->host_ns,
		.has_host = from->reference == TRUECHIME_REFERENCE_HOST && from->has_host,
		.host_silent = from->host_state == TRUECHIME_HOST_FAILING,
		.external = from->mode == TRUECHIME_MODE_EXTERNAL,
	};
	reference_change_of_line(&from->change, &now->change);
}

static int timescale_module_now(struct timescale *timescale, struct timescale_now *now)
{
	struct timescale_module *module = (struct timescale_module *)timescale;
	struct module_now from;
	int err;

	err = module_link_now(module->link, &from);
	if (!err)
		timescale_module_take(module, &from, now);
	return err;
}

static int timescale_module_correct(struct timescale *timescale,
				    const struct chime_line *correction, uint32_t epoch, bool jump,
				    struct timescale_now *now)
{
	struct timescale_module *module = (struct timescale_module *)timescale;
	struct module_now from;
	int err;

	err = module_link_correct(module->link, correction, module->reference, epoch, jump, &from);
	if (!err)
		timescale_module_take(module, &from, now);
	return err;
}

/*
 * The module takes its own line with a larger bound for that. What its bound has besides, as the
 * errors of the host's line, comes on top.
 */
static int timescale_module_dispute(struct timescale *timescale, int64_t maxerror_ns,
				    uint32_t epoch, struct timescale_now *now)
{
	struct timescale_module *module = (struct timescale_module *)timescale;
	struct module_status status;
	struct module_now latest;
	int64_t known_ns;
	int err;

	err = module_link_status(module->link, &status);
	if (!err && !status.has_correction)
		err = -ENODATA;
	if (!err && (status.epoch != epoch || timescale->latest.epoch != epoch))
		err = -ESTALE;
	if (err)
		return err;
	known_ns = chime_line_maxerror(&status.correction, timescale->latest.reference_ns);
	if (maxerror_ns > known_ns)
		status.correction.maxerror_ns = chime_add_sat(status.correction.maxerror_ns,
							      maxerror_ns - known_ns);
	err = module_link_correct(module->link, &status.correction, status.reference, epoch, false,
				  &latest);
	if (!err)
		timescale_module_take(module, &latest, now);
	return err;
}

static int timescale_module_step(struct timescale *timescale, enum truechime_occasion occasion)
{
	struct timescale_module *module = (struct timescale_module *)timescale;
	int err = module_link_step(module->link, occasion);

	/* Netlink has one word for what the policy forbids and for who may not ask. */
	return err == -EPERM && !process_may_set_clock() ? -EACCES : err;
}

/* The module reports the event to all listeners, the daemon included. */
static int timescale_module_disrupted(struct timescale *timescale,
				      const struct module_jump *jump, uint32_t epoch,
				      struct module_event *event)
{
	struct timescale_module *module = (struct timescale_module *)timescale;

	*event = (struct module_event){ 0 };
	return module_link_disrupted(module->link, jump, epoch);
}

/* Try again if the correction was changed meanwhile. */
#define LEAP_TRIES	3

static int timescale_module_leap(struct timescale *timescale, int64_t change_ns)
{
	struct timescale_module *module = (struct timescale_module *)timescale;
	struct module_status status;
	int tries = LEAP_TRIES, err;
	struct module_now now;

	do {
		err = module_link_status(module->link, &status);
		if (err || !status.has_correction)
			return err;
		status.correction.offset_ns = chime_add_sat(status.correction.offset_ns, change_ns);
		err = module_link_correct(module->link, &status.correction, status.reference,
					  status.epoch, true, &now);
	} while (err == -ESTALE && --tries);
	return err;
}

static void timescale_module_close(struct timescale *timescale)
{
	free(timescale);
}

static const struct timescale_ops timescale_module_ops = {
	.name = "module",
	.in_kernel = true,
	.now = timescale_module_now,
	.correct = timescale_module_correct,
	.dispute = timescale_module_dispute,
	.step = timescale_module_step,
	.disrupted = timescale_module_disrupted,
	.leap = timescale_module_leap,
	.close = timescale_module_close,
};

int timescale_module_open(struct timescale **timescale, struct module_link *link)
{
	struct timescale_module *module;

	module = calloc(1, sizeof(*module));
	if (!module)
		return -ENOMEM;
	module->timescale.ops = &timescale_module_ops;
	module->link = link;
	*timescale = &module->timescale;
	return 0;
}
