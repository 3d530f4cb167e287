// SPDX-License-Identifier: GPL-2.0-only
/*
 * What chronyc has the daemon do. Commands that have no meaning here are refused, and the log says
 * why, as chronyc's own words cannot.
 */
#include "daemon/requests.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chronyc/directive.h"
#include "chronyc/refusal.h"
#include "chronyc/report.h"
#include "sources/operate.h"

/* As of truechime's own command: more would be no burst. */
#define BURST_MOST	1000

static int32_t within(int32_t value, int32_t least, int32_t most)
{
	return value < least ? least : value > most ? most : value;
}

/* --- which sources --- */

/* The source with this number has no address yet, and goes by its name. */
static bool match_unresolved(struct daemon *daemon, const struct chronyc_address *address,
			     struct source_match *match)
{
	const struct state_source *source;
	struct state state;

	daemon_get_state(daemon, &state);
	source = chronyc_find_source(&state, address);
	if (!source)
		return false;
	match->kind = SOURCE_MATCH_NAME;
	snprintf(match->name, sizeof(match->name), "%s", source->info.name);

	return true;
}

/* false: no source has that address. */
static bool make_match(struct daemon *daemon, const struct chronyc_address *mask,
		       const struct chronyc_address *address, struct source_match *match)
{
	*match = (struct source_match){ .kind = SOURCE_MATCH_ALL };
	if (address->family == CHRONYC_FAMILY_ID)
		return match_unresolved(daemon, address, match);
	if (address->family != CHRONYC_FAMILY_NONE)
		source_match_subnet(&mask->ip, &address->ip, match);

	return true;
}

static bool take_match(struct daemon *daemon, struct chronyc_request *request,
		       struct source_match *match)
{
	struct chronyc_address mask, address;

	chronyc_take_address(request, &mask);
	chronyc_take_host(request, &address);

	return make_match(daemon, &mask, &address, match);
}

/* --- sources --- */

static enum chronyc_status found(size_t count)
{
	return count ? CHRONYC_SUCCESS : CHRONYC_NO_SUCH_SOURCE;
}

static enum chronyc_status connect_sources(struct daemon *daemon, struct chronyc_request *request,
					   enum operate_connection connection)
{
	struct source_match match;

	if (!take_match(daemon, request, &match))
		return CHRONYC_NO_SUCH_SOURCE;

	return found(operate_connect(daemon->associations, &match, connection,
				     system_clock_raw_ns()));
}

static enum chronyc_status connect_by_route(struct daemon *daemon)
{
	const struct source_match all = { .kind = SOURCE_MATCH_ALL };

	operate_connect(daemon->associations, &all, OPERATE_BY_ROUTE, system_clock_raw_ns());

	return CHRONYC_SUCCESS;
}

/* One that has no address yet cannot be asked, but it is there. */
static bool has_unresolved(struct daemon *daemon, const struct source_match *match)
{
	struct state state;

	if (match->kind != SOURCE_MATCH_ALL)
		return match->kind == SOURCE_MATCH_NAME;
	daemon_get_state(daemon, &state);
	for (size_t i = 0; i < state.source_count; i++) {
		if (state.sources[i].info.activity == ASSOCIATION_UNRESOLVED)
			return true;
	}

	return false;
}

static enum chronyc_status burst(struct daemon *daemon, struct chronyc_request *request)
{
	struct source_match match;
	bool matched = take_match(daemon, request, &match);
	int32_t good = (int32_t)chronyc_take(request), most = (int32_t)chronyc_take(request);

	if (!matched)
		return CHRONYC_NO_SUCH_SOURCE;
	/* chronyd takes any numbers. */
	most = within(most, 1, BURST_MOST);
	good = within(good, 1, most);
	if (operate_burst(daemon->associations, &match, good, most, system_clock_raw_ns()))
		return CHRONYC_SUCCESS;

	return has_unresolved(daemon, &match) ? CHRONYC_SUCCESS : CHRONYC_NO_SUCH_SOURCE;
}

static enum chronyc_status add(struct daemon *daemon, struct chronyc_request *request)
{
	char line[CHRONYC_LINE_MAX];
	enum chronyc_status status = chronyc_source_line(request, line);

	if (status != CHRONYC_SUCCESS)
		return status;
	switch (daemon_add_source(daemon, line)) {
	case 0:
		return CHRONYC_SUCCESS;
	case -EEXIST:
		return CHRONYC_SOURCE_KNOWN;
	case -ENOSPC:
		return CHRONYC_TOO_MANY_SOURCES;
	}
	log_warning("chronyc: '%s' was not added: %s", line,
		    *daemon->refusal ? daemon->refusal : "there is no memory left");

	return CHRONYC_FAILED;
}

static enum chronyc_status delete(struct daemon *daemon, struct chronyc_request *request)
{
	const struct chronyc_address none = { .family = CHRONYC_FAMILY_NONE };
	struct chronyc_address address;
	struct source_match match;
	size_t count;

	chronyc_take_host(request, &address);
	/* Without an address all would be meant. */
	if (address.family == CHRONYC_FAMILY_NONE || !make_match(daemon, &none, &address, &match))
		return CHRONYC_NO_SUCH_SOURCE;
	count = operate_delete(daemon->associations, &match);
	if (count)
		log_notice("The operator deleted a time source");

	return found(count);
}

static enum chronyc_status reload_sources(struct daemon *daemon)
{
	daemon_forget_source_reports(daemon);

	return daemon_reload_sources(daemon) ? CHRONYC_FAILED : CHRONYC_SUCCESS;
}

static enum chronyc_status rekey(struct daemon *daemon)
{
	/* chronyd calls this a success, and has no keys then; here the last ones stay. */
	return daemon_rekey(daemon) ? CHRONYC_FAILED : CHRONYC_SUCCESS;
}

/* --- access --- */

/* A rule of who may ask for the time, or give commands: @change says of which of them. */
static enum chronyc_status set_rule(struct daemon *daemon, struct chronyc_request *request,
				    int (*change)(struct daemon *daemon,
						  const struct access_rule *rule))
{
	enum chronyc_command command = (enum chronyc_command)request->command;
	struct access_rule rule;

	if (!chronyc_take_network(request, &rule))
		return CHRONYC_BAD_SUBNET;
	rule.allow = command == CHRONYC_ALLOW || command == CHRONYC_ALLOW_ALL ||
		     command == CHRONYC_CMDALLOW || command == CHRONYC_CMDALLOW_ALL;
	rule.all = command == CHRONYC_ALLOW_ALL || command == CHRONYC_DENY_ALL ||
		   command == CHRONYC_CMDALLOW_ALL || command == CHRONYC_CMDDENY_ALL;

	return change(daemon, &rule) ? CHRONYC_FAILED : CHRONYC_SUCCESS;
}

static enum chronyc_status check_access(struct daemon *daemon, struct chronyc_request *request)
{
	const struct config_server *server = &daemon->config->server;
	struct access_table *table = access_table_new(server->rules, server->rule_count);
	struct chronyc_address address;
	bool allowed;

	if (!table)
		return CHRONYC_FAILED;
	chronyc_take_host(request, &address);
	allowed = address.ip.family != AF_UNSPEC && access_table_allows(table, &address.ip);
	access_table_free(table);

	return allowed ? CHRONYC_ACCESS_ALLOWED : CHRONYC_ACCESS_DENIED;
}

static enum chronyc_status check_command_access(struct daemon *daemon,
						struct chronyc_request *request)
{
	struct chronyc_address address;

	chronyc_take_host(request, &address);

	return address.ip.family != AF_UNSPEC &&
	       chronyc_listener_allows(daemon->chronyc, &address.ip) ?
	       CHRONYC_ACCESS_ALLOWED : CHRONYC_ACCESS_DENIED;
}

/* --- the clock, and what is told of it --- */

static enum chronyc_status set_local(struct daemon *daemon, struct chronyc_request *request)
{
	char line[CHRONYC_LINE_MAX];

	chronyc_local_line(request, line);
	if (!daemon_set_local(daemon, line))
		return CHRONYC_SUCCESS;
	log_warning("chronyc: %s", daemon->refusal);

	return CHRONYC_INVALID;
}

/* As many updates from now on as it says, not from the start. */
static enum chronyc_status set_stepping(struct daemon *daemon, struct chronyc_request *request)
{
	int32_t limit = (int32_t)chronyc_take(request);
	double threshold_s = chronyc_take_real(request);

	if (!daemon_set_stepping(daemon, threshold_s, limit))
		return CHRONYC_SUCCESS;
	log_warning("chronyc: 'makestep %g %d' is refused: no error can be so many seconds",
		    threshold_s, limit);

	return CHRONYC_INVALID;
}

/* --- what has no meaning here --- */

enum chronyc_status daemon_refuse_chronyc(const struct chronyc_request *request)
{
	enum chronyc_command command = (enum chronyc_command)request->command;
	const struct chronyc_refusal *refusal = chronyc_refusal_of(command);

	/* Anybody may ask for some reports. */
	if (!chronyc_is_open(command, UINT32_MAX))
		log_info("chronyc: %s is refused: %s", refusal ? refusal->name : "a command",
			 refusal ? refusal->why : "it is not known here");

	return refusal ? refusal->status : CHRONYC_FAILED;
}

static enum chronyc_status obey(struct daemon *daemon, struct chronyc_request *request)
{
	enum chronyc_command command = (enum chronyc_command)request->command;

	switch (command) {
	case CHRONYC_NULL:
		return CHRONYC_SUCCESS;
	case CHRONYC_ONLINE:
		return connect_sources(daemon, request, OPERATE_ONLINE);
	case CHRONYC_OFFLINE:
		return connect_sources(daemon, request, OPERATE_OFFLINE);
	case CHRONYC_ONOFFLINE:
		return connect_by_route(daemon);
	case CHRONYC_BURST:
		return burst(daemon, request);
	case CHRONYC_ADD:
		return add(daemon, request);
	case CHRONYC_DELETE:
		return delete(daemon, request);
	case CHRONYC_REFRESH:
		operate_refresh(daemon->associations, system_clock_raw_ns());
		return CHRONYC_SUCCESS;
	case CHRONYC_RELOAD_SOURCES:
		return reload_sources(daemon);
	case CHRONYC_REKEY:
		return rekey(daemon);
	case CHRONYC_MAKESTEP:
		return daemon_make_step(daemon) < 0 ? CHRONYC_FAILED : CHRONYC_SUCCESS;
	case CHRONYC_STEPPING:
		return set_stepping(daemon, request);
	case CHRONYC_RESELECT:
		daemon->sources_changed = true;
		return CHRONYC_SUCCESS;
	case CHRONYC_LOCAL:
	case CHRONYC_LOCAL_ACTIVATE:
		return set_local(daemon, request);
	case CHRONYC_SHUTDOWN:
		daemon_shut_down(daemon);
		return CHRONYC_SUCCESS;
	case CHRONYC_ALLOW:
	case CHRONYC_ALLOW_ALL:
	case CHRONYC_DENY:
	case CHRONYC_DENY_ALL:
		return set_rule(daemon, request, daemon_set_rule);
	case CHRONYC_CMDALLOW:
	case CHRONYC_CMDALLOW_ALL:
	case CHRONYC_CMDDENY:
	case CHRONYC_CMDDENY_ALL:
		return set_rule(daemon, request, daemon_set_command_rule);
	case CHRONYC_ACCHECK:
		return check_access(daemon, request);
	case CHRONYC_CMDACCHECK:
		return check_command_access(daemon, request);
	case CHRONYC_DUMP:
		/* What is kept for the next start, if anything: chronyd says no more either. */
		(void)daemon_write_drift(daemon);
		return CHRONYC_SUCCESS;
	case CHRONYC_CYCLELOGS:
		log_files_cycle(daemon->logs.files);
		return CHRONYC_SUCCESS;
	case CHRONYC_MINPOLL:
	case CHRONYC_MAXPOLL:
	case CHRONYC_POLLTARGET:
	case CHRONYC_MAXDELAY:
	case CHRONYC_MAXDELAYRATIO:
	case CHRONYC_MAXDELAYDEVRATIO:
	case CHRONYC_MINSTRATUM:
	case CHRONYC_SELECTOPTS:
	case CHRONYC_OFFSET:
		return daemon_change_for_chronyc(daemon, request);
	default:
		return daemon_refuse_chronyc(request);
	}
}

void daemon_obey_chronyc(struct daemon *daemon, struct chronyc_request *request,
			 struct chronyc_reply *reply)
{
	if (!daemon_settime_for_chronyc(daemon, request, reply))
		chronyc_reply_set_status(reply, obey(daemon, request));
}
