// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon's answers at the control socket; a refusal says what to do about it.
 */
#include "daemon/requests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ipc/report.h"
#include "ipc/report_server.h"
#include "lib/event_report.h"

static json_t *daemon_done(const char **error, int err, const char *words)
{
	if (!err)
		return json_pack("{s:b}", "ok", 1);
	*error = words;
	return NULL;
}

void daemon_shut_down(struct daemon *daemon)
{
	log_notice("The operator stops the daemon");
	daemon->stop = true;
}

/* Whether the clock is set only when sources have answered, and how wrong it may be now. */
static json_t *daemon_step(struct daemon *daemon, const char **error)
{
	int result = daemon_make_step(daemon);
	struct steering_status steering;

	if (result < 0)
		return daemon_done(error, result, daemon_step_words(daemon, result));
	(void)steering_read(daemon->steering);
	steering_get_status(daemon->steering, &steering);

	return json_pack("{s:b,s:b,s:o}", "ok", 1, "waiting", result > 0,
			 "maxerror_ns", json_of_bound(steering.maxerror_ns));
}

/* "0.1 3": from now on step errors above so many seconds in so many updates. */
static json_t *daemon_change_stepping(struct daemon *daemon, const char *text, const char **error)
{
	double threshold_s;
	char *end, *after;
	long limit;

	threshold_s = strtod(text, &end);
	limit = strtol(end, &after, 10);
	if (end == text || *end != ' ' || *after || limit < INT32_MIN || limit > INT32_MAX) {
		*error = "a threshold in s and a number of updates were expected, as 0.1 3";
		return NULL;
	}
	if (!daemon_set_stepping(daemon, threshold_s, (int)limit))
		return json_pack("{s:b}", "ok", 1);
	snprintf(daemon->refusal, sizeof(daemon->refusal),
		 "the threshold of makestep is in s, and no error can be '%.*s' of them",
		 (int)(end - text), text);
	*error = daemon->refusal;

	return NULL;
}

/* As with chronyc it is no failure if there is nothing to write; but it is said. */
static json_t *daemon_dump(struct daemon *daemon)
{
	const char *why = daemon_write_drift(daemon);

	return why ? json_pack("{s:b,s:b,s:s}", "ok", 1, "written", 0, "reason", why) :
		     json_pack("{s:b,s:b}", "ok", 1, "written", 1);
}

/* Small things that cannot fail. */
static json_t *daemon_do(struct daemon *daemon, enum control_command command)
{
	if (command == CONTROL_RESELECT)
		daemon->sources_changed = true;
	else if (command == CONTROL_CYCLELOGS)
		log_files_cycle(daemon->logs.files);
	else if (command == CONTROL_SHUTDOWN)
		daemon_shut_down(daemon);

	return json_pack("{s:b}", "ok", 1);
}

static json_t *daemon_report_serverstats(const struct daemon *daemon)
{
	struct server_counts counts;
	uint64_t xdp[XDP_COUNTS];

	daemon_get_counts(daemon, &counts, xdp);

	return report_serverstats(&counts);
}

static json_t *daemon_report_clients(struct daemon *daemon, const char *arguments,
				     int64_t now_raw_ns, const char **error)
{
	struct client_table ntp, nts;
	struct clients_query query;
	json_t *reply;
	bool serving;

	if (!clients_query_parse(arguments, &query)) {
		*error = "'least' and a number, 'nts' and 'reset' were expected, or nothing";
		return NULL;
	}
	serving = serving_client_tables(daemon->serving, &ntp, &nts);
	if (!daemon->config->server.log_bytes)
		nts.count = 0;
	reply = report_clients(&ntp, &nts, serving, &query, now_raw_ns);
	if (reply && query.reset && !serving_reset_clients(daemon->serving)) {
		json_decref(reply);
		reply = NULL;
	}
	if (!reply)
		*error = "there is no memory for it";

	return reply;
}

static json_t *daemon_report_events(struct daemon *daemon)
{
	struct module_event events[DAEMON_EVENTS];

	return report_events(events, daemon_get_events(daemon, events, DAEMON_EVENTS));
}

json_t *daemon_answer(void *context, const struct control_request *request, const char **error)
{
	struct daemon *daemon = context;
	struct state state;

	daemon_get_state(daemon, &state);
	switch (request->command) {
	case CONTROL_STATUS:
		return report_status(&state);
	case CONTROL_TRACKING:
		return report_tracking(&state);
	case CONTROL_SOURCES:
		return report_sources(&state);
	case CONTROL_EVENTS:
		return daemon_report_events(daemon);
	case CONTROL_HISTORY:
		*error = "a number of seconds was expected";
		return report_history(daemon->history, state.steering.now.time_ns,
				      request->arguments);
	case CONTROL_SERVERSTATS:
		return daemon_report_serverstats(daemon);
	case CONTROL_CLIENTS:
		return daemon_report_clients(daemon, request->arguments, state.raw_ns, error);
	case CONTROL_MAKESTEP:
		if (*request->arguments)
			return daemon_change_stepping(daemon, request->arguments, error);
		return daemon_step(daemon, error);
	case CONTROL_SETTIME:
		return daemon_settime(daemon, request->arguments, error);
	case CONTROL_ACTIVITY:
		return report_activity(&state);
	case CONTROL_TIMESYNC:
		return report_timesync(&state);
	case CONTROL_BURST:
		if (*request->arguments)
			return daemon_operate(daemon, request, error);
		daemon_burst(daemon, DAEMON_BURST);
		return daemon_done(error, 0, NULL);
	case CONTROL_REKEY:
	case CONTROL_RELOAD:
	case CONTROL_RELOAD_SOURCES:
	case CONTROL_ONLINE:
	case CONTROL_OFFLINE:
	case CONTROL_ONOFFLINE:
	case CONTROL_REFRESH:
	case CONTROL_ADD:
	case CONTROL_DELETE:
	case CONTROL_ACCHECK:
	case CONTROL_CMDACCHECK:
		return daemon_operate(daemon, request, error);
	case CONTROL_RIVAL:
		return daemon_note_rival(daemon, request->arguments, error);
	case CONTROL_RIVALS:
		*error = "truechime-watch knows that, at a socket of its own";
		return NULL;
	case CONTROL_CHANGE:
		return daemon_change_option(daemon, request->arguments, error);
	case CONTROL_DIRECTIVE:
		return daemon_obey_directive(daemon, request->arguments, error);
	case CONTROL_DUMP:
		return daemon_dump(daemon);
	case CONTROL_RESELECT:
	case CONTROL_CYCLELOGS:
	case CONTROL_SHUTDOWN:
		return daemon_do(daemon, request->command);
	}
	return NULL;
}
