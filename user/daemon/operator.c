// SPDX-License-Identifier: GPL-2.0-only
/*
 * The operator's commands about time sources, and whom they are served to, in chronyc's words; a
 * refusal says what is wrong.
 */
#include "daemon/requests.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/json_text.h"
#include "lib/plural.h"
#include "lib/text_append.h"
#include "ntp/keys.h"
#include "sources/operate.h"
#include "sources/source_match.h"

/* Requests of a burst: more would be no burst. */
#define BURST_MOST	1000

/* How many sources the command was about; chronyc calls none an error, too. */
static json_t *operator_done(const struct source_match *match, size_t count, const char **error)
{
	if (count || match->kind == SOURCE_MATCH_ALL)
		return json_pack("{s:b,s:i}", "ok", 1, "sources", (int)count);
	*error = "no time source has that address or name. See: truechime sources";
	return NULL;
}

static json_t *operator_connect(struct daemon *daemon, const char *which,
				enum operate_connection connection, const char **error)
{
	struct source_match match;
	size_t count;

	if (source_match_parse(which, &match, error))
		return NULL;
	count = operate_connect(daemon->associations, &match, connection, system_clock_raw_ns());
	return operator_done(&match, count, error);
}

/* A number from 1 to BURST_MOST, after which *@text is then; 0: it is anything else. */
static int parse_count(const char **text)
{
	size_t digits = strspn(*text, "0123456789");
	int count;

	if (!digits || digits > 4)
		return 0;
	count = atoi(*text);
	*text += digits;
	return count <= BURST_MOST ? count : 0;
}

/* "4/8", then which sources. */
static json_t *operator_burst(struct daemon *daemon, const char *text, const char **error)
{
	struct source_match match;
	int good, most = 0;
	size_t count;

	good = parse_count(&text);
	if (good && *text == '/') {
		text++;
		most = parse_count(&text);
	}
	if (!most || good > most || (*text && *text != ' ')) {
		*error = "GOOD/MAX was expected, as 4/8: enough answers, and most requests";
		return NULL;
	}
	text += strspn(text, " ");
	if (source_match_parse(text, &match, error))
		return NULL;
	count = operate_burst(daemon->associations, &match, good, most, system_clock_raw_ns());
	if (count || match.kind == SOURCE_MATCH_ALL)
		return operator_done(&match, count, error);
	*error = "no time source that has an address goes by that. See: truechime sources";
	return NULL;
}

struct operator_reports {
	struct daemon *daemon;
	bool refused;
};

/* The first error goes to the operator, or else the first warning; all warnings go to the log. */
static void operator_report(void *context, enum config_severity severity, const char *file,
			    int line, const char *message)
{
	struct operator_reports *reports = context;
	struct daemon *daemon = reports->daemon;
	bool warns = severity == CONFIG_WARNING;

	(void)file;
	(void)line;
	if (warns)
		log_warning("A source that was added: %s", message);
	if (warns ? !*daemon->refusal : !reports->refused)
		snprintf(daemon->refusal, sizeof(daemon->refusal), "%s", message);
	reports->refused |= !warns;
}

/* It counts for more than an option that has no effect: without its key nothing is asked. */
static void operator_check_key(struct daemon *daemon, const struct config_source *source)
{
	const char *file = daemon->config->keyfile;

	if (!source->key || ntp_keys_find(associations_keys(daemon->associations), source->key))
		return;
	snprintf(daemon->refusal, sizeof(daemon->refusal), "%s is not asked, as its key %u is ",
		 source->options.name, source->key);
	if (*file)
		text_append(daemon->refusal, sizeof(daemon->refusal),
			    "not in %s. Add it there, then: truechime rekey", file);
	else
		text_append(daemon->refusal, sizeof(daemon->refusal),
			    "in no file: 'keyfile' is not configured");
	log_warning("A source that was added: %s", daemon->refusal);
}

int daemon_add_source(struct daemon *daemon, const char *text)
{
	struct operator_reports reports = { .daemon = daemon };
	struct config_source source;
	int err;

	*daemon->refusal = '\0';
	err = config_parse_source(daemon->config, text, operator_report, &reports, &source);
	if (err)
		return err;
	err = operate_add(daemon->associations, &source, system_clock_raw_ns());
	if (err) {
		*daemon->refusal = '\0';
		return err;
	}
	log_notice("The operator added %s %s", source.kind == CONFIG_POOL ? "pool" : "server",
		   source.options.name);
	operator_check_key(daemon, &source);

	return 0;
}

/* It is done; daemon.refusal, if it is not empty, is what else there is to know. */
static json_t *operator_done_but(const struct daemon *daemon)
{
	if (*daemon->refusal)
		return json_pack("{s:b,s:o}", "ok", 1, "warning", json_of_text(daemon->refusal));
	return json_pack("{s:b}", "ok", 1);
}

/* The keys were read, and may not be what sources need. */
static json_t *operator_done_with_keys(struct daemon *daemon)
{
	char names[sizeof(daemon->refusal) - 160];
	size_t count = associations_lacking_keys(daemon->associations, names, sizeof(names));

	*daemon->refusal = '\0';
	if (count)
		snprintf(daemon->refusal, sizeof(daemon->refusal),
			 "%zu source%s %s not asked for want of a key: %s. Add what is missing, then: truechime rekey",
			 count, plural(count), plural_are(count), names);

	return operator_done_but(daemon);
}

static json_t *operator_rekey(struct daemon *daemon, const char **error)
{
	if (!daemon_rekey(daemon))
		return operator_done_with_keys(daemon);
	*error = daemon->refusal;

	return NULL;
}

static json_t *operator_add(struct daemon *daemon, const char *text, const char **error)
{
	int err = daemon_add_source(daemon, text);

	if (!err)
		return operator_done_but(daemon);
	*error = daemon->refusal;
	if (err == -EINVAL)
		return NULL;
	*error = err == -EEXIST ? "there is such a time source already. See: truechime sources" :
		 err == -ENOSPC ? "there are too many time sources" : strerror(-err);
	return NULL;
}

static json_t *operator_delete(struct daemon *daemon, const char *which, const char **error)
{
	struct source_match match;
	size_t count;

	if (source_match_parse_one(which, &match, error))
		return NULL;
	count = operate_delete(daemon->associations, &match);
	if (count)
		log_notice("The operator deleted %s: %zu source%s", which, count,
			   plural(count));
	return operator_done(&match, count, error);
}

/* Whether the NTP server answers an address, by the lines of the configuration. */
static json_t *operator_check_access(const struct daemon *daemon, const char *text,
				     const char **error)
{
	const struct config_server *server = &daemon->config->server;
	struct net_address address;
	struct access_table *table;
	bool allowed;

	*error = "a numeric address was expected";
	if (net_address_parse(text, AF_UNSPEC, &address))
		return NULL;
	table = access_table_new(server->rules, server->rule_count);
	*error = strerror(ENOMEM);
	if (!table)
		return NULL;
	allowed = access_table_allows(table, &address);
	access_table_free(table);
	return json_pack("{s:b,s:b,s:b}", "ok", 1, "allowed", allowed,
			 "served", config_serves(server));
}

/* The same of chronyc. */
static json_t *operator_check_command_access(const struct daemon *daemon, const char *text,
					     const char **error)
{
	struct net_address address;

	if (!net_address_parse(text, AF_UNSPEC, &address))
		return json_pack("{s:b,s:b,s:b}", "ok", 1, "allowed",
				 chronyc_listener_allows(daemon->chronyc, &address), "served", 1);
	*error = "a numeric address was expected";
	return NULL;
}

/* What is in force but for a line of a source directory is an error to the operator, too. */
static json_t *operator_reload(struct daemon *daemon, const char **error)
{
	int err = daemon_reload(daemon);

	if (!err && !*daemon->refusal)
		return operator_done_with_keys(daemon);
	*error = daemon->refusal;
	if (err && !*daemon->refusal)
		text_append(daemon->refusal, sizeof(daemon->refusal), "%s", strerror(-err));
	text_append(daemon->refusal, sizeof(daemon->refusal), "%s", err ?
		    ". The old configuration stays in force; the log has all that is wrong" :
		    ". All else is in force");

	return NULL;
}

static json_t *operator_reload_sources(struct daemon *daemon, const char **error)
{
	int err;

	daemon_forget_source_reports(daemon);
	err = daemon_reload_sources(daemon);
	*error = err ? strerror(-err) : daemon->refusal;

	return **error ? NULL : json_pack("{s:b,s:i}", "ok", 1, "sources",
					  (int)daemon->config->source_count);
}

json_t *daemon_operate(struct daemon *daemon, const struct control_request *request,
		       const char **error)
{
	const char *arguments = request->arguments;

	switch (request->command) {
	case CONTROL_ONLINE:
		return operator_connect(daemon, arguments, OPERATE_ONLINE, error);
	case CONTROL_OFFLINE:
		return operator_connect(daemon, arguments, OPERATE_OFFLINE, error);
	case CONTROL_ONOFFLINE:
		return operator_connect(daemon, "", OPERATE_BY_ROUTE, error);
	case CONTROL_BURST:
		return operator_burst(daemon, arguments, error);
	case CONTROL_ADD:
		return operator_add(daemon, arguments, error);
	case CONTROL_DELETE:
		return operator_delete(daemon, arguments, error);
	case CONTROL_REFRESH:
		operate_refresh(daemon->associations, system_clock_raw_ns());
		return json_pack("{s:b}", "ok", 1);
	case CONTROL_ACCHECK:
		return operator_check_access(daemon, arguments, error);
	case CONTROL_CMDACCHECK:
		return operator_check_command_access(daemon, arguments, error);
	case CONTROL_RELOAD:
		return operator_reload(daemon, error);
	case CONTROL_REKEY:
		return operator_rekey(daemon, error);
	case CONTROL_RELOAD_SOURCES:
		return operator_reload_sources(daemon, error);
	case CONTROL_STATUS:
	case CONTROL_TRACKING:
	case CONTROL_SOURCES:
	case CONTROL_EVENTS:
	case CONTROL_SERVERSTATS:
	case CONTROL_ACTIVITY:
	case CONTROL_TIMESYNC:
	case CONTROL_CLIENTS:
	case CONTROL_MAKESTEP:
	case CONTROL_SETTIME:
	case CONTROL_RIVAL:
	case CONTROL_RIVALS:
	case CONTROL_CHANGE:
	case CONTROL_DIRECTIVE:
	case CONTROL_RESELECT:
	case CONTROL_DUMP:
	case CONTROL_CYCLELOGS:
	case CONTROL_SHUTDOWN:
	case CONTROL_HISTORY:
		break;
	}
	return NULL;
}
