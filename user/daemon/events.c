// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon and events: receiving the module's, reporting each to the journal and to followers,
 * and its effect on what was measured.
 */
#include "daemon/daemon.h"

#include <string.h>
#include <syslog.h>

#include "core/reaction.h"
#include "lib/event_fields.h"
#include "lib/event_report.h"
#include "lib/names.h"

/* Readers of the journal filter by it: "journalctl MESSAGE_ID=..." finds every event. */
#define EVENT_MESSAGE_ID	"MESSAGE_ID=7d0c2f6e5b1a4c0f9a3e86d1b2c4f507"

static void daemon_log_event(const struct module_event *event)
{
	char text[NAME_TEXT_MAX * 2];
	struct event_fields fields;
	int level = LOG_NOTICE;

	if (event->action == TRUECHIME_ACTION_REFUSED || event->action == TRUECHIME_ACTION_FAILED ||
	    event->action == TRUECHIME_ACTION_DISTRUSTED ||
	    event->action == TRUECHIME_ACTION_TOO_EARLY)
		level = LOG_WARNING;
	/* The program that asked for the step has had the answer. */
	else if (event->cause == TRUECHIME_CAUSE_OPERATOR)
		level = LOG_INFO;

	text_of_event(event, text, sizeof(text));
	event_fields_fill(&fields, EVENT_MESSAGE_ID, event);
	/* The last one, the text, is the message. */
	fields.list[EVENT_FIELDS] = NULL;
	log_fields(level, text, (const char *const *)fields.list);
}

static void daemon_publish_event(struct daemon *daemon, const struct module_event *event)
{
	daemon_log_event(event);
	if (daemon->control)
		control_publish(daemon->control, event_report(event));
}

static void daemon_handle_event(void *context, const struct module_event *event)
{
	bool elsewhere = chime_reaction_suspects_host(event->cause);
	struct daemon *daemon = context;
	bool lost = elsewhere, corrected;
	struct timescale_now now;

	daemon_publish_event(daemon, event);
	if (!chime_reaction_counts(event->cause)) {
		steering_recheck(daemon->steering);
		return;
	}
	/* A new epoch may end the correction. */
	corrected = daemon_is_corrected(daemon);
	if (!timescale_read(daemon->timescale, &now)) {
		daemon_check_epoch(daemon, &now);
		/* Unless the other host's time is followed, and it is stated how right that is. */
		lost = now.maxerror_ns == CHIME_LINE_UNBOUNDED_NS ||
		       (elsewhere && !timescale_is_vouched(&now));
	}
	steering_disrupted(daemon->steering, !(lost && corrected));
	daemon_burst(daemon, DAEMON_BURST);
}

static void daemon_lose_events(const char *why)
{
	log_warning("%s", why);
}

void daemon_receive_events(struct daemon *daemon)
{
	daemon->events.stream = (struct event_stream){
		.link = daemon->link,
		.handle = daemon_handle_event,
		.lost = daemon_lose_events,
		.context = daemon,
	};
	(void)event_stream_skip(&daemon->events.stream);
}

void daemon_module_events(struct daemon *daemon)
{
	while (daemon->link && !event_stream_next(&daemon->events.stream))
		;
}

void daemon_own_event(struct daemon *daemon, const struct module_event *event)
{
	if (daemon->events.own_count == DAEMON_EVENTS) {
		memmove(daemon->events.own, daemon->events.own + 1,
			sizeof(daemon->events.own[0]) * (DAEMON_EVENTS - 1));
		daemon->events.own_count--;
	}
	daemon->events.own[daemon->events.own_count++] = *event;
	daemon_publish_event(daemon, event);
}

void daemon_slept(struct daemon *daemon, const struct timescale_now *now)
{
	const struct module_event event = {
		.sequence = now->disruptions,
		.cause = TRUECHIME_CAUSE_SUSPEND,
		.evidence = 1U << TRUECHIME_EVIDENCE_RESUME,
		.action = TRUECHIME_ACTION_NONE,
		.gap_ns = now->gap_ns,
		.offset_ns = chime_sub_sat(now->time_ns, now->realtime_ns),
		.residual_ns = chime_sub_sat(now->time_ns, now->realtime_ns),
		.maxerror_before_ns = CHIME_LINE_UNBOUNDED_NS,
		/* There is no host. */
		.maxerror_ns = now->maxerror_ns,
		.reading_ns = now->maxerror_ns,
		.raw_ns = now->raw_ns,
		.time_ns = now->time_ns,
		.epoch = now->epoch,
	};

	daemon_own_event(daemon, &event);
}
