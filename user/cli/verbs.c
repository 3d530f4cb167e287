// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of verbs: what each is called, which options it has a use for, and who does it.
 */
#include "cli/verbs.h"

#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "lib/nearest_word.h"

/* A verb of chronyc's takes what chronyc takes, whether or not there is a use for it. */
#define CHRONYC	"jcvNa46"

static const struct verb verbs[] = {
	{ "status", verb_status, NULL, "j",
	  "is the clock right, and how is that known? (default)" },
	{ "tracking", verb_tracking, NULL, CHRONYC,
	  "the system clock's offset, frequency and errors" },
	{ "sources", verb_sources, NULL, CHRONYC, "the time sources and their latest samples" },
	{ "sourcestats", verb_sourcestats, NULL, CHRONYC, "what the samples of each source say" },
	{ "peers", verb_peers, NULL, "jcNa", "the time sources in the columns of ntpq -p" },
	{ "selectdata", verb_selectdata, NULL, CHRONYC,
	  "what became of each source in the selection" },
	{ "ntpdata", NULL, verb_ntpdata, CHRONYC, "the latest packet of each server; HOST" },
	{ "sourcename", NULL, verb_sourcename, CHRONYC, "the name that HOST was configured by" },
	{ "authdata", verb_authdata, NULL, CHRONYC,
	  "how the answers of each server are authenticated" },
	{ "serverstats", verb_serverstats, NULL, CHRONYC, "what the NTP server has counted" },
	{ "clients", verb_clients, NULL, CHRONYC "kpr", "who asked the NTP server" },
	{ "accheck", NULL, verb_accheck, CHRONYC, "would the NTP server answer HOST?" },
	{ "cmdaccheck", NULL, verb_accheck, CHRONYC, "would chronyc be answered at HOST?" },
	{ "waitsync", NULL, verb_waitsync, CHRONYC "wT",
	  "wait for the clock; --within, or TRIES CORRECTION SKEW INTERVAL" },
	{ "makestep", NULL, verb_makestep, CHRONYC, "step the system clock to the right time now" },
	{ "settime", NULL, verb_settime, "jv",
	  "set the time by hand; TIME, list, delete N, reset" },
	{ "manual", NULL, verb_manual, CHRONYC, "as chronyc's; on, off, list, delete N, reset" },
	{ "activity", verb_activity, NULL, CHRONYC,
	  "how many time sources are asked, how many not" },
	{ "burst", NULL, verb_burst, CHRONYC, "ask all time sources now; GOOD/MAX [WHICH]" },
	{ "online", NULL, verb_connect, CHRONYC, "ask time sources again; WHICH" },
	{ "offline", NULL, verb_connect, CHRONYC, "ask time sources no more; WHICH" },
	{ "onoffline", verb_onoffline, NULL, CHRONYC,
	  "ask exactly those that there is a route to" },
	{ "refresh", verb_refresh, NULL, CHRONYC, "resolve the names of time sources again" },
	{ "add", NULL, verb_add, CHRONYC, "add a time source; server NAME ..., pool NAME ..." },
	{ "delete", NULL, verb_delete, CHRONYC, "remove a time source; ADDRESS, NAME" },
	{ "minpoll", NULL, verb_change, CHRONYC, "shortest interval of a source; WHICH, log2 s" },
	{ "maxpoll", NULL, verb_change, CHRONYC, "longest interval of a source; WHICH, log2 s" },
	{ "polltarget", NULL, verb_change, CHRONYC,
	  "samples that a source's interval is set by; WHICH, N" },
	{ "minstratum", NULL, verb_change, CHRONYC, "least stratum of a source; WHICH, N" },
	{ "maxdelay", NULL, verb_change, CHRONYC, "longest delay of a source; WHICH, s" },
	{ "maxdelayratio", NULL, verb_change, CHRONYC,
	  "the same, as a ratio to its least; WHICH, N" },
	{ "offset", NULL, verb_change, CHRONYC, "what to add to a source's time; WHICH, s" },
	{ "selectopts", NULL, verb_change, CHRONYC,
	  "how a source is selected; WHICH, +prefer -trust ..." },
	{ "allow", NULL, verb_directive, CHRONYC, "serve NTP to a network until the next reload" },
	{ "deny", NULL, verb_directive, CHRONYC, "serve no NTP to a network until then" },
	{ "cmdallow", NULL, verb_directive, CHRONYC, "answer chronyc from a network until then" },
	{ "cmddeny", NULL, verb_directive, CHRONYC, "do not answer it" },
	{ "local", NULL, verb_directive, CHRONYC, "serve the clock as it is; off, stratum N" },
	{ "rekey", verb_plain, NULL, CHRONYC, "read the file of keys again" },
	{ "reselect", verb_plain, NULL, CHRONYC, "select the sources now" },
	{ "dump", verb_dump, NULL, CHRONYC, "write the drift file now" },
	{ "cyclelogs", verb_plain, NULL, CHRONYC,
	  "let go of files of measurements that were moved" },
	{ "shutdown", verb_plain, NULL, CHRONYC, "end the daemon" },
	{ "reload", NULL, verb_reload, CHRONYC,
	  "let the daemon read its configuration again; sources" },
	{ "events", verb_events, NULL, "jf", "disruptions and steps; --follow: as they happen" },
	{ "rivals", verb_rivals, NULL, "jv", "who else has changed the clock; -v: each change" },
	{ "top", verb_top, NULL, "Ns", "clock, sources and disruptions, live; q ends it" },
	{ "plot", verb_plot, NULL, "so", "the clock's recent past as a picture (SVG)" },
	{ "skew", NULL, verb_skew, "jwPx",
	  "how far apart the clocks of these hosts are; HOST ..." },
	{ "check", verb_check, NULL, "jwWCE", "for Nagios and Icinga: is the clock right enough?" },
	{ "doctor", verb_doctor, NULL, "j",
	  "what keeps this clock wrong, and what to do about it" },
	{ "policy", NULL, verb_policy, "j", "the step policy; set OCCASION DIRECTION RULE ..." },
	{ "mode", NULL, verb_mode, "j", "who steers the module's clock; auto, external" },
	{ "import", NULL, verb_import, "K", "another program's configuration as ours; FILE ..." },
	{ "host", NULL, verb_host, "j", "the host's clock; list, choose NAME, demote, reinstate" },
	{ "help", verb_help, NULL, CHRONYC, "this" },
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct verb *verbs_default(void)
{
	return &verbs[0];
}

const struct verb *verbs_find(const char *name)
{
	const struct verb *verb;

	for (verb = verbs; verb->name; verb++)
		if (!strcmp(verb->name, name))
			return verb;
	return NULL;
}

const char *verbs_nearest(const char *name)
{
	struct nearest_word nearest = nearest_word_to(name);
	const struct verb *verb;

	for (verb = verbs; verb->name; verb++)
		nearest_word_try(&nearest, verb->name);

	return nearest.found;
}

void verbs_print(void)
{
	const struct verb *verb;

	for (verb = verbs; verb->name; verb++)
		printf("  %-12s  %s\n", verb->name, verb->help);
}
