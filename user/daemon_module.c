// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon and the module: finding it, coping with its coming and going, its events, and what a
 * change of the reference means for what was measured.
 */
#include "daemon.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "../kmod/verdict.h"
#include "event_report.h"
#include "module_load.h"
#include "names.h"

/* Events that a dump may bring after notifications were lost. */
#define EVENTS_MAX	64

static int daemon_open_module(struct daemon *daemon)
{
	char message[512];
	int err;

	err = module_link_open(&daemon->link);
	if (err == -ENOENT) {
		if (!module_load(message, sizeof(message)))
			err = module_link_open(&daemon->link);
		else
			log_notice("%s", message);
	}
	if (err) {
		daemon->link = NULL;
		if (err != -ENOENT)
			log_notice("The kernel module cannot be asked: %s; going on without it",
				   strerror(-err));
		return err;
	}
	err = module_link_subscribe(daemon->link);
	if (err)
		log_warning("The module's events cannot be heard: %s; disruptions are seen only when the clock is looked at",
			    strerror(-err));
	return 0;
}

/* What happened before our time is known to whoever asks, and is no news. */
static void daemon_skip_events(struct daemon *daemon)
{
	struct module_event events[EVENTS_MAX];
	int count = 0;

	daemon->event_sequence = 0;
	if (!module_link_events(daemon->link, events, EVENTS_MAX, &count) && count)
		daemon->event_sequence = events[count - 1].sequence;
}

static void daemon_close_module(struct daemon *daemon)
{
	if (daemon->timescale)
		daemon->timescale->ops->close(daemon->timescale);
	daemon->timescale = NULL;
	module_link_close(daemon->link);
	daemon->link = NULL;
}

/* What is true from the first reading on. */
static int daemon_start_epoch(struct daemon *daemon)
{
	struct timescale_now now;
	int err;

	err = daemon->timescale->ops->now(daemon->timescale, &now);
	if (err)
		return err;
	daemon->epoch = now.epoch;
	daemon->has_host = now.has_host;
	daemon->external = now.external;
	daemon->disruptions = now.disruptions;
	daemon->step_known = false;
	return 0;
}

static int daemon_open_over_module(struct daemon *daemon)
{
	struct module_status status;
	int err;

	err = module_link_status(daemon->link, &status);
	if (!err)
		err = timescale_module_open(&daemon->timescale, daemon->link);
	if (!err)
		err = daemon_start_epoch(daemon);
	if (err) {
		log_warning("The kernel module does not answer as it should: %s; going on without it. Module and daemon may be of different versions",
			    strerror(-err));
		daemon_close_module(daemon);
		return err;
	}
	daemon_skip_events(daemon);
	log_info("Steering through the kernel module %s; the host's clock: %s", status.version,
		 status.host_state >= TRUECHIME_HOST_CHOSEN ? status.host_name : "none");
	return 0;
}

static int daemon_open_without_module(struct daemon *daemon)
{
	int err;

	err = timescale_user_open(&daemon->timescale, daemon->clock);
	if (!err)
		err = daemon_start_epoch(daemon);
	return err;
}

int daemon_open_timescale(struct daemon *daemon)
{
	if (daemon->options->no_clock || daemon->options->no_module)
		return daemon_open_without_module(daemon);
	/* Where netlink itself is missing nothing can tell of the module either. */
	if (module_watch_open(&daemon->watch))
		daemon->watch = NULL;
	if (!daemon_open_module(daemon) && !daemon_open_over_module(daemon))
		return 0;
	return daemon_open_without_module(daemon);
}

void daemon_close_timescale(struct daemon *daemon)
{
	daemon_close_module(daemon);
	module_watch_close(daemon->watch);
	daemon->watch = NULL;
}

void daemon_configure_module(struct daemon *daemon)
{
	const struct config *config = daemon->config;
	int err = 0;

	if (!daemon->link) {
		timescale_user_set_policy(daemon->timescale, config->rules,
					  (size_t)config->rule_count);
		return;
	}
	if (*config->hostclock)
		err = module_link_choose_host(daemon->link, config->hostclock);
	if (err)
		log_warning("The host clock \"%s\" could not be chosen: %s", config->hostclock,
			    module_link_words(daemon->link, err));
	err = 0;
	if (config->rule_count || config->has_rtc)
		err = module_link_set_policy(daemon->link, config->rules, config->rule_count,
					     config->has_rtc ? &config->rtc : NULL);
	if (err)
		log_warning("The step policy could not be set: %s",
			    module_link_words(daemon->link, err));
}

void daemon_change_reference(struct daemon *daemon, const struct reference_change *change)
{
	consensus_forget(daemon->consensus);
	if (change) {
		associations_change_reference(daemon->associations, daemon->epoch, change);
		discipline_change_reference(daemon->discipline, change);
	} else {
		associations_rebase(daemon->associations, daemon->epoch);
		discipline_rebase(daemon->discipline);
	}
}

void daemon_leap(struct daemon *daemon, int64_t change_ns)
{
	const struct reference_change change = { .leap_ns = change_ns };

	daemon_change_reference(daemon, &change);
}

/* Sources have corrected the reference, and will again. Where a host is followed alone none do. */
static bool daemon_is_corrected(const struct daemon *daemon)
{
	const struct config *config = daemon->config;
	struct steering_status steering;
	struct module_status module;
	bool usable = false;
	size_t i;

	for (i = 0; i < config->source_count; i++)
		usable |= !config->sources[i].options.noselect;
	if (!usable || daemon->external)
		return false;
	steering_get_status(daemon->steering, &steering);
	/* By a daemon before us. */
	return steering.has_correction ||
	       (daemon->link && !module_link_status(daemon->link, &module) &&
		module.has_correction);
}

/* The reference is @now's, and was the other one of host and raw: can both be read? */
static bool daemon_compare_references(struct daemon *daemon, const struct timescale_now *now,
				      struct reference_change *change)
{
	struct module_status status;

	return daemon->link && !module_link_status(daemon->link, &status) &&
	       status.has_steady_line && status.epoch == now->epoch &&
	       status.disruptions == now->disruptions &&
	       reference_change_of_kind(now, &status.steady_line, change);
}

/* The rest of the daemon goes over to the timescale that was opened. */
static void daemon_use_timescale(struct daemon *daemon, const struct reference_change *change)
{
	associations_set_timescale(daemon->associations, daemon->timescale);
	daemon_change_reference(daemon, change);
	steering_set_timescale(daemon->steering, daemon->timescale);
	steering_stand_aside(daemon->steering, daemon->external);
	daemon_burst(daemon, DAEMON_BURST);
}

/*
 * What was known last, as a correction of the new timescale's reference: the clock goes on from
 * there. The bound grows by what the oscillator may have turned to.
 */
static void daemon_carry_over(struct daemon *daemon, const struct steering_status *last)
{
	const struct timescale_now *then = &last->now;
	double maxclockerror = daemon->config->discipline.maxclockerror;
	int64_t since_ns, time_ns, grown_ns;
	struct timescale_now now;
	struct chime_line line;
	double rate;

	if (!last->valid || then->maxerror_ns == CHIME_LINE_UNBOUNDED_NS || daemon->external ||
	    daemon->timescale->ops->now(daemon->timescale, &now))
		return;
	since_ns = chime_sub_sat(now.raw_ns, then->raw_ns);
	time_ns = chime_add_sat(then->time_ns,
				since_ns + (int64_t)((double)since_ns * last->base_rate));
	grown_ns = (int64_t)((double)since_ns * maxclockerror);
	/* UTC against raw, less the reference against raw. */
	rate = last->base_rate - (now.has_host && !now.slew_ns ? now.rate : 0.0);
	line = (struct chime_line){
		.origin_ns = now.reference_ns,
		.offset_ns = chime_sub_sat(time_ns, now.reference_ns),
		.rate_q32 = (s64)(rate * 4294967296.0),
		.sigma_ns = then->sigma_ns,
		.maxerror_ns = chime_add_sat(then->maxerror_ns, grown_ns),
		.maxerror_rate_q32 = (s64)(maxclockerror * 4294967296.0),
	};
	(void)daemon->timescale->ops->correct(daemon->timescale, &line, daemon->epoch, true);
}

static void daemon_lose_module(struct daemon *daemon)
{
	const struct reference_change none = { 0 };
	bool had_host = daemon->has_host;
	struct steering_status last;
	int err;

	steering_get_status(daemon->steering, &last);
	daemon_close_module(daemon);
	err = daemon_open_without_module(daemon);
	if (err) {
		log_err("The clocks cannot be read: %s", strerror(-err));
		daemon->stop = true;
		daemon->status = 1;
		return;
	}
	log_warning("The kernel module is gone; going on without it: reverts of this machine are noticed by the time sources alone. To load it again: modprobe truechime");
	daemon_configure_module(daemon);
	daemon_carry_over(daemon, &last);
	/* Raw stays what it was. A host cannot be read any more. */
	daemon_use_timescale(daemon, had_host ? NULL : &none);
}

static void daemon_gain_module(struct daemon *daemon)
{
	struct timescale *user = daemon->timescale;
	struct reference_change change = { 0 };
	struct steering_status last;
	struct timescale_now now;
	bool known;

	/* Raw may have slept since the last look. */
	if (!user->ops->now(user, &now))
		daemon_check_epoch(daemon, &now);
	/* After a change of the timescale there was none yet. */
	(void)steering_look(daemon->steering);
	steering_get_status(daemon->steering, &last);
	if (daemon_open_module(daemon))
		return;
	/* Ours is kept until the module's answers. */
	daemon->timescale = NULL;
	if (daemon_open_over_module(daemon)) {
		daemon->timescale = user;
		return;
	}
	user->ops->close(user);
	log_notice("The kernel module is there; steering through it from now on");
	daemon_configure_module(daemon);
	daemon_carry_over(daemon, &last);
	known = !daemon->has_host || (!daemon->timescale->ops->now(daemon->timescale, &now) &&
				      now.epoch == daemon->epoch &&
				      daemon_compare_references(daemon, &now, &change));
	daemon_use_timescale(daemon, known ? &change : NULL);
}

static bool daemon_finds_module(void)
{
	struct module_link *probe;

	if (module_link_open(&probe))
		return false;
	module_link_close(probe);
	return true;
}

/* A module that was unloaded and loaded again is another one, which the old link does not reach. */
static bool daemon_is_cut_off(struct daemon *daemon)
{
	struct timescale_now now;

	return daemon->timescale->ops->now(daemon->timescale, &now) == -ENOENT;
}

void daemon_module_changed(struct daemon *daemon)
{
	bool found = daemon_finds_module();

	if (daemon->link && (!found || daemon_is_cut_off(daemon)))
		daemon_lose_module(daemon);
	if (!daemon->link && found && !daemon->stop)
		daemon_gain_module(daemon);
}

void daemon_module_failed(struct daemon *daemon, int err)
{
	if (daemon->link && err == -ENOENT)
		daemon_module_changed(daemon);
}

/* What the journal's readers can filter by: "journalctl MESSAGE_ID=..." finds every event. */
#define EVENT_MESSAGE_ID	"7d0c2f6e5b1a4c0f9a3e86d1b2c4f507"
#define EVENT_FIELDS		10

/* The longest is the list of evidence. */
#define EVENT_FIELD_SIZE	(NAME_TEXT_MAX + 32)

struct event_fields {
	char texts[EVENT_FIELDS][EVENT_FIELD_SIZE];
	int count;
};

__attribute__((format(printf, 2, 3)))
static void event_fields_add(struct event_fields *fields, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(fields->texts[fields->count++], EVENT_FIELD_SIZE, format, arguments);
	va_end(arguments);
}

/* As hooks get them in their environment. */
static void event_fields_fill(struct event_fields *fields, const struct module_event *event)
{
	char evidence[NAME_TEXT_MAX];

	text_of_evidence(event->evidence, evidence, sizeof(evidence));
	fields->count = 0;
	event_fields_add(fields, "TRUECHIME_SEQUENCE=%u", event->sequence);
	event_fields_add(fields, "TRUECHIME_CAUSE=%s", name_of_cause(event->cause));
	event_fields_add(fields, "TRUECHIME_EVIDENCE=%s", evidence);
	event_fields_add(fields, "TRUECHIME_ACTION=%s", name_of_action(event->action));
	event_fields_add(fields, "TRUECHIME_GAP_NS=%lld", (long long)event->gap_ns);
	event_fields_add(fields, "TRUECHIME_OFFSET_NS=%lld", (long long)event->offset_ns);
	event_fields_add(fields, "TRUECHIME_RESIDUAL_NS=%lld", (long long)event->residual_ns);
	event_fields_add(fields, "TRUECHIME_LATENCY_NS=%lld", (long long)event->latency_ns);
	event_fields_add(fields, "TRUECHIME_TIME_NS=%lld", (long long)event->time_ns);
	event_fields_add(fields, "TRUECHIME_EPOCH=%u", event->epoch);
}

static void daemon_log_event(const struct module_event *event)
{
	const char *list[EVENT_FIELDS + 2] = { "MESSAGE_ID=" EVENT_MESSAGE_ID };
	char text[NAME_TEXT_MAX * 2];
	struct event_fields fields;
	int level = LOG_NOTICE, i;

	if (event->action == TRUECHIME_ACTION_REFUSED || event->action == TRUECHIME_ACTION_FAILED ||
	    event->action == TRUECHIME_ACTION_DISTRUSTED)
		level = LOG_WARNING;
	/* Who asked for a step was told. */
	else if (event->cause == TRUECHIME_CAUSE_OPERATOR)
		level = LOG_INFO;

	text_of_event(event, text, sizeof(text));
	event_fields_fill(&fields, event);
	for (i = 0; i < fields.count; i++)
		list[i + 1] = fields.texts[i];
	log_fields(level, text, list);
}

static void daemon_publish_event(struct daemon *daemon, const struct module_event *event)
{
	daemon_log_event(event);
	if (daemon->control)
		control_publish(daemon->control, event_report(event));
}

/* A step of the host's clock: UTC went on through it only where the correction outlived it. */
static bool daemon_is_known_step(struct daemon *daemon, const struct module_event *event)
{
	struct module_status status;

	return !module_link_status(daemon->link, &status) && status.epoch == event->epoch &&
	       status.has_correction;
}

/*
 * This may be another host, with another clock: what was learned of the first one's, its rate
 * included, may be wrong by anything, and holds no longer than until the sources answer.
 */
static void daemon_forget_host(struct daemon *daemon)
{
	associations_forget(daemon->associations, daemon->epoch);
	discipline_forget(daemon->discipline);
}

static void daemon_handle_event(struct daemon *daemon, const struct module_event *event)
{
	bool moved = (event->cause == TRUECHIME_CAUSE_FORK ||
		      event->cause == TRUECHIME_CAUSE_MIGRATION) && daemon_is_corrected(daemon);
	struct timescale_now now;

	daemon->event_sequence = event->sequence;
	daemon_publish_event(daemon, event);

	/* An RTC's word of a step, where there is no host, says nothing of raw. */
	if (chime_verdict_is_hosts(event->cause) && daemon->has_host &&
	    event->epoch != daemon->epoch) {
		daemon->step_known = daemon_is_known_step(daemon, event) &&
				     reference_change_of_step(event->gap_ns, &daemon->step);
		daemon->step_epoch = event->epoch;
	}
	if (!cause_is_disruption(event->cause)) {
		steering_disrupted(daemon->steering, true);
		return;
	}
	if (!daemon->timescale->ops->now(daemon->timescale, &now)) {
		daemon_check_epoch(daemon, &now);
		if (!moved && discipline_is_doubted(daemon->discipline, &now))
			daemon_change_reference(daemon, NULL);
	}
	if (moved)
		daemon_forget_host(daemon);
	steering_disrupted(daemon->steering, !moved);
	daemon_burst(daemon, DAEMON_BURST);
}

static void daemon_take_event(struct daemon *daemon, const struct module_event *event)
{
	if (module_event_is_newer(event, daemon->event_sequence))
		daemon_handle_event(daemon, event);
}

/* Notifications were lost: the module remembers what they said, unless they were very many. */
static void daemon_catch_up(struct daemon *daemon)
{
	struct module_event events[EVENTS_MAX];
	int count = 0, i, err;
	uint32_t lost;

	err = module_link_events(daemon->link, events, EVENTS_MAX, &count);
	if (err) {
		log_warning("Events of the module were lost: %s", strerror(-err));
		return;
	}
	lost = module_events_lost(events, count, daemon->event_sequence);
	if (lost)
		log_warning("%u events of the module were lost: it has forgotten them", lost);
	for (i = 0; i < count; i++)
		daemon_take_event(daemon, &events[i]);
}

void daemon_module_events(struct daemon *daemon)
{
	struct module_event event;
	int err;

	while (daemon->link) {
		err = module_link_next_event(daemon->link, &event);
		if (err && err != -ENOBUFS)
			break;
		if (err || module_event_is_newer(&event, daemon->event_sequence + 1))
			daemon_catch_up(daemon);
		if (!err)
			daemon_take_event(daemon, &event);
	}
}

void daemon_own_event(struct daemon *daemon, const struct module_event *event)
{
	if (daemon->event_count == DAEMON_EVENTS) {
		memmove(daemon->events, daemon->events + 1,
			sizeof(daemon->events[0]) * (DAEMON_EVENTS - 1));
		daemon->event_count--;
	}
	daemon->events[daemon->event_count++] = *event;
	daemon_publish_event(daemon, event);
}

/* Without the module nobody else tells what the timescale noticed. */
static void daemon_slept(struct daemon *daemon, const struct timescale_now *now)
{
	const struct module_event event = {
		.sequence = now->disruptions,
		.cause = TRUECHIME_CAUSE_SUSPEND,
		.evidence = 1U << TRUECHIME_EVIDENCE_RESUME,
		.action = TRUECHIME_ACTION_NONE,
		.offset_ns = chime_sub_sat(now->time_ns, now->realtime_ns),
		.residual_ns = chime_sub_sat(now->time_ns, now->realtime_ns),
		.raw_ns = now->raw_ns,
		.time_ns = now->time_ns,
		.epoch = now->epoch,
	};

	daemon_own_event(daemon, &event);
}

static void daemon_check_mode(struct daemon *daemon, const struct timescale_now *now)
{
	if (now->external == daemon->external)
		return;
	daemon->external = now->external;
	if (now->external)
		log_notice("The module is in mode external: others steer it and the system clock. To change that: truechime mode auto");
	else
		log_notice("The module is in mode auto again: we steer it and the system clock");
	steering_stand_aside(daemon->steering, now->external);
	daemon->sources_changed = true;
}

/* What the new epoch means for what was measured before. false: that is not known. */
static bool daemon_explain_epoch(struct daemon *daemon, const struct timescale_now *now,
				 struct reference_change *change)
{
	if (now->has_host == daemon->has_host) {
		*change = daemon->step;
		return daemon->step_known && daemon->step_epoch == now->epoch;
	}
	/* The host was set aside or taken up again, and nothing else happened. */
	return now->epoch == daemon->epoch + 1 && now->disruptions == daemon->disruptions &&
	       daemon_compare_references(daemon, now, change);
}

void daemon_check_epoch(struct daemon *daemon, const struct timescale_now *now)
{
	bool disrupted = now->disruptions != daemon->disruptions;
	bool changed = now->epoch != daemon->epoch || now->has_host != daemon->has_host;
	struct reference_change change;
	bool known = changed && daemon_explain_epoch(daemon, now, &change);

	daemon_check_mode(daemon, now);
	daemon->disruptions = now->disruptions;
	if (disrupted && !daemon->link)
		daemon_slept(daemon, now);
	if (!changed)
		return;
	log_debug("Epoch %u of the %s, change %s", now->epoch, now->has_host ? "host" : "raw clock",
		  known ? "known" : "unknown");
	daemon->epoch = now->epoch;
	daemon->has_host = now->has_host;
	daemon_change_reference(daemon, known ? &change : NULL);
	daemon->step_known = false;
	daemon->sources_changed = true;
	steering_disrupted(daemon->steering, known || !disrupted ||
			   (now->has_host && !daemon_is_corrected(daemon)));
	if (!known)
		daemon_burst(daemon, DAEMON_BURST);
}
