// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the daemon asks of the module: lib/module_link.h without the netlink in between.
 */
#include "guest_module.h"

#include <stdio.h>

#include "guest.h"
#include "kmod/control.h"
#include "user/lib/module_group.h"
#include "user/lib/module_link.h"

/* There is nothing to remember. */
struct module_link {
	int unused;
};

static struct module_link the_link;

int module_link_open(struct module_link **link)
{
	*link = module.chime ? &the_link : NULL;
	return module.chime ? 0 : -ENOENT;
}

void module_link_close(struct module_link *link)
{
	(void)link;
}

const char *module_link_words(const struct module_link *link, int err)
{
	(void)link;
	return strerror(-err);
}

int module_link_now(struct module_link *link, struct module_now *now)
{
	struct chime_status status;

	(void)link;
	chime_control_now(module.chime, &status);
	*now = (struct module_now){
		.raw_ns = status.now.raw_ns,
		.realtime_ns = status.realtime_ns,
		.host_ns = status.now.host_ns,
		.reference_ns = status.now.reference_ns,
		.followed_ns = status.now.followed_ns,
		.time_ns = status.now.time_ns,
		.rate_q32 = status.now.rate_q32,
		.slew_ns = status.now.slew_ns,
		.sigma_ns = status.now.sigma_ns,
		.maxerror_ns = status.now.maxerror_ns,
		.reading_ns = status.now.reading_ns,
		.epoch = status.now.epoch,
		.disruptions = status.disruptions,
		.mode = status.now.mode,
		.reference = status.now.reference,
		.has_host = status.now.has_host,
		.host_state = status.host_state,
		.change = status.now.change,
	};
	return 0;
}

int module_link_status(struct module_link *link, struct module_status *status)
{
	struct chime_status from;

	(void)link;
	chime_status_read(module.chime, &from);
	*status = (struct module_status){
		.version = "game",
		.mode = from.now.mode,
		.state = from.now.state,
		.reference = from.now.reference,
		.epoch = from.now.epoch,
		.phc_index = from.phc_index,
		.host_state = from.host_state,
		.host_exact = from.last.exact,
		.uncertainty_ns = from.last.uncertainty_ns,
		.disruptions = from.disruptions,
		.steps = from.steps,
		.offset_ns = chime_sub_sat(from.now.time_ns, from.realtime_ns),
		.rate_q32 = from.now.rate_q32,
		.slew_ns = from.now.slew_ns,
		.sigma_ns = from.now.sigma_ns,
		.maxerror_ns = from.now.maxerror_ns,
		.reading_ns = from.now.reading_ns,
		.host_maxerror_ns = from.now.host_maxerror_ns,
		.has_host_line = from.now.has_host,
		.host_line = from.host_line,
		.has_unslewed_line = from.now.has_host,
		.unslewed_line = from.unslewed_line,
		.has_correction = from.corrected,
		.correction = from.correction,
	};
	snprintf(status->host_name, sizeof(status->host_name), "%s",
		 from.host_name ? from.host_name : "none");
	return 0;
}

int module_link_correct(struct module_link *link, const struct chime_line *correction,
			enum truechime_reference reference, uint32_t epoch, bool jump,
			struct module_now *now)
{
	int err = chime_control_correct(module.chime, correction, epoch, (int)reference, jump);

	return err ? err : module_link_now(link, now);
}

int module_link_step(struct module_link *link, enum truechime_occasion occasion)
{
	(void)link;
	return chime_control_step(module.chime, occasion);
}

int module_link_disrupted(struct module_link *link, const struct module_jump *from,
			  uint32_t epoch)
{
	const struct chime_jump jump = {
		.offset_ns = from->offset_ns,
		.maxerror_ns = from->maxerror_ns,
		.ok_raw_ns = from->agreed_raw_ns,
	};

	(void)link;
	return chime_control_disrupted(module.chime, epoch, &jump);
}

int module_link_set_policy(struct module_link *link, const struct module_rule *rules, int count,
			   const enum truechime_rtc *rtc)
{
	int i;

	(void)link;
	(void)rtc;
	for (i = 0; i < count; i++)
		module.chime->policy.rules[rules[i].occasion][rules[i].direction] =
			(struct chime_rule){
				.rule = rules[i].rule,
				.threshold_ns = rules[i].threshold_ns,
				.maximum_ns = rules[i].maximum_ns,
			};
	return 0;
}

int module_link_choose_host(struct module_link *link, const char *name)
{
	const struct chime_host_request request = { .name = name };

	(void)link;
	return chime_control_set_host(module.chime, &request);
}

int module_link_state_host_maxerror(struct module_link *link, int64_t maxerror_ns)
{
	const struct chime_host_request request = {
		.has_maxerror = true,
		.maxerror_ns = chime_max(maxerror_ns, 0),
	};

	(void)link;
	return chime_control_set_host(module.chime, &request);
}

int module_link_demote_host(struct module_link *link, bool demoted)
{
	const struct chime_host_request request = { .has_state = true, .demoted = demoted };

	(void)link;
	/* Netlink has one error for a host that is not there. */
	return chime_control_set_host(module.chime, &request) ? -ENODEV : 0;
}

int module_link_reset(struct module_link *link)
{
	(void)link;
	chime_control_reset(module.chime);
	return 0;
}

/* --- events --- */

static struct module_event event_of(const struct chime_event *event)
{
	return (struct module_event){
		.sequence = event->sequence,
		.cause = event->cause,
		.evidence = event->evidence,
		.action = event->action,
		.gap_ns = event->gap_ns,
		.offset_ns = event->offset_ns,
		.residual_ns = event->residual_ns,
		.latency_ns = event->latency_ns,
		.raw_ns = event->raw_ns,
		.time_ns = event->time_ns,
		.epoch = event->epoch,
		.instance = event->instance,
		.maxerror_before_ns = event->maxerror_before_ns,
		.maxerror_ns = event->maxerror_ns,
		.reading_ns = event->reading_ns,
	};
}

int module_link_events(struct module_link *link, struct module_event *events, int max, int *count)
{
	struct chime_event event;
	u32 sequence = 0;

	(void)link;
	*count = 0;
	while (*count < max && chime_events_next(&module.chime->events, sequence, &event)) {
		events[(*count)++] = event_of(&event);
		sequence = event.sequence + 1;
	}
	return 0;
}

int module_link_subscribe(struct module_link *link)
{
	(void)link;
	return 0;
}

bool module_event_ready(void)
{
	return module.notice_count;
}

int module_link_next_event(struct module_link *link, struct module_event *event)
{
	(void)link;
	if (!module.notice_count)
		return -EAGAIN;
	*event = event_of(&module.notices[0]);
	module.notice_count--;
	memmove(module.notices, module.notices + 1,
		sizeof(*module.notices) * (size_t)module.notice_count);
	return 0;
}

/* It neither comes nor goes. */

int module_watch_open(struct module_watch **watch)
{
	*watch = NULL;
	return -EOPNOTSUPP;
}

void module_watch_close(struct module_watch *watch)
{
	(void)watch;
}

int module_watch_fd(const struct module_watch *watch)
{
	(void)watch;
	return -1;
}

bool module_watch_changed(struct module_watch *watch)
{
	(void)watch;
	return false;
}

int module_watch_wait(struct module_watch *watch, int fd, int output_fd)
{
	(void)watch;
	(void)fd;
	(void)output_fd;
	return -ENODEV;
}
