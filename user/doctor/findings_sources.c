// SPDX-License-Identifier: GPL-2.0-only
/*
 * Findings on the time sources: are there enough, do they answer, do they agree?
 */
#include "doctor/findings_parts.h"

#include <stdio.h>
#include <string.h>

#include "lib/plural.h"
#include "ntp/packet.h"
#include "sources/association.h"

/* Requests without an answer that are no accident. */
#define SILENT_SENT	4

/* Of three one may be wrong; of four one may be lost besides. */
#define SOURCES_FEW	3
#define SOURCES_ENOUGH	4

/* What gives four. */
#define POOL "pool 2.debian.pool.ntp.org iburst"

#define TOO_FEW "One that is wrong cannot be outvoted: that takes three, and four if one may be lost."
#define JUST_ENOUGH "If one is lost, one of the others that is wrong cannot be outvoted any more."
#define NTS_NEEDS "Without keys it is not asked. They are established over TCP, by TLS with a certificate that is valid now: a firewall, an unknown authority, or a clock that is far off prevents that."
#define NTS_LACKS "Without keys that it accepts it is not used."
#define HOST_ALONE "The clock is as right as its host, and nothing notices if that is wrong."
#define OUTVOTED "It is not used. If the others are the wrong ones, the clock is wrong."
#define NO_MAJORITY "It is not used, and no other source is, as no majority says which one is right."
#define REQUIRED "It has the option require, or gets it by authselectmode mix, as it is authenticated, or a refclock, and others are not: what these say counts only together with it. Nothing corrects the clock by NTP meanwhile."
#define NOBODY "Nothing tells this machine the time."

static bool is_asked(const struct doctor_source *source)
{
	return !source->offline && (*source->address || !source->is_server);
}

/* Of NTS: without keys there is nothing to ask with. */
static bool lacks_keys(const struct doctor_source *source)
{
	return source->is_nts &&
	       (source->nts_refused || (source->nts_attempts && !source->cookies));
}

static bool is_silent(const struct doctor_source *source)
{
	return source->is_server && is_asked(source) && !source->reachable &&
	       source->sent >= SILENT_SENT && !lacks_keys(source);
}

/* The first server, if not one has answered, ever; else NULL. */
static const struct doctor_source *find_blocked(const struct doctor_daemon *daemon)
{
	const struct doctor_source *first = NULL;

	for (size_t i = 0; i < daemon->source_count; i++) {
		const struct doctor_source *source = &daemon->sources[i];

		if (!source->is_server || !is_asked(source))
			continue;
		if (!is_silent(source) || source->received)
			return NULL;
		if (!first)
			first = source;
	}

	return first;
}

/* Have the daemon ask it alone, where and how it does. */
static void advise_asking(struct doctor_report *report, const struct doctor_source *source,
			  const char *more)
{
	char port[24] = "";

	if (source->port != NTP_PORT && !source->is_nts)
		snprintf(port, sizeof(port), " port %d", source->port);
	doctor_advise(report, "truechimed -d -Q -t 10 'server %s iburst%s%s'%s", source->name,
		      port, source->is_nts ? " nts" : "", more);
}

static void judge_blocked(const struct doctor_facts *facts, const struct doctor_source *first,
			  struct doctor_report *report)
{
	char more[64];

	doctor_add(report, "port-blocked",
		   facts->host.present ? DOCTOR_WARNING : DOCTOR_ERROR,
		   "Requests leave, and no answer comes back: a firewall drops the packets of NTP, the network has no way out, or all servers are down.",
		   "None of the servers has ever answered%s%s%s.",
		   *first->problem ? " (" : "", first->problem,
		   *first->problem ? ")" : "");
	snprintf(more, sizeof(more), "  # and see to UDP port %d in firewalls", first->port);
	advise_asking(report, first, more);
}

static bool is_any_usable(const struct doctor_daemon *daemon)
{
	for (size_t i = 0; i < daemon->source_count; i++) {
		if (daemon->sources[i].usable)
			return true;
	}

	return false;
}

/* Where none is usable, as of two that differ, there is no majority to speak of. */
static void judge_falseticker(const struct doctor_source *source, bool any_usable,
			      struct doctor_report *report)
{
	doctor_add(report, "source-falseticker", DOCTOR_WARNING,
		   any_usable ? OUTVOTED : NO_MAJORITY, any_usable ?
		   "%s disagrees with the majority of the time sources." :
		   "%s contradicts other time sources, or what is known of the clock.",
		   source->name);
	doctor_advise(report,
		      "truechime sources -v  # and take the wrong one out of the configuration");
}

/* Where the directives are those of its command line, there is no file to be read again. */
static void advise_more(struct doctor_report *report, const struct doctor_daemon *daemon)
{
	if (*daemon->configuration)
		doctor_advise(report, "echo '%s' >>%s && truechime reload", POOL,
			      daemon->configuration);
	else
		doctor_advise(report,
			      "truechime add %s  # and name it on truechimed's command line", POOL);
}

static void judge_rejected(const struct doctor_source *source, struct doctor_report *report)
{
	doctor_add(report, "source-rejected", DOCTOR_WARNING, source->is_server ?
		   "It is not used." :
		   "It is not used. The program or the driver that feeds it may not run.",
		   "%s gives no time: %s.", source->name, source->problem);
	if (source->is_server)
		doctor_advise(report, "truechime ntpdata %s", source->name);
	else
		doctor_advise(report,
			      "man truechime.conf  # EXAMPLES has what feeds a reference clock");
}

/* The first of these that is so: one source, one finding, and none if all are @blocked. */
static void judge_source(const struct doctor_source *source, bool blocked, bool any_usable,
			 bool systemd, struct doctor_report *report)
{
	if (source->offline)
		return;
	if (lacks_keys(source)) {
		doctor_add(report, "source-nts", DOCTOR_WARNING,
			   *source->problem ? NTS_LACKS : NTS_NEEDS,
			   "%s gives no time, as NTS does not work%s%s.", source->name,
			   *source->problem ? ": " : "", source->problem);
		doctor_advise(report, "truechime authdata%s",
			      systemd ? "; journalctl -u truechimed --grep NTS" : "");
	} else if (!*source->address && !strcmp(source->problem, ASSOCIATION_IN_USE)) {
		doctor_add(report, "source-twice", DOCTOR_WARNING,
			   "A machine is asked once, however often it is named, and has one vote.",
			   "%s is asked as another source already.", source->name);
		doctor_advise(report,
			      "truechime sources -v  # and take one of them out of the configuration");
	} else if (!*source->address && source->is_server) {
		doctor_add(report, "source-unresolved", DOCTOR_WARNING,
			   "It cannot be asked. DNS may not be reachable, or the name is wrong.",
			   "%s has no address%s%s.", source->name,
			   *source->problem ? ": " : "", source->problem);
		doctor_advise(report, "getent ahosts %s; truechime refresh", source->name);
	} else if (source->falseticker) {
		judge_falseticker(source, any_usable, report);
	} else if (*source->problem && !blocked && !(is_silent(source) && !source->received)) {
		judge_rejected(source, report);
	} else if (is_silent(source) && !blocked) {
		doctor_add(report, "source-silent", DOCTOR_WARNING,
			   "It is not used. The server may be down, or that port not reachable.",
			   "%s does not answer at UDP port %d%s%s%s.", source->name,
			   source->port, *source->problem ? " (" : "", source->problem,
			   *source->problem ? ")" : "");
		advise_asking(report, source, "");
	}
}

/* None is known, or none is asked. */
static void judge_nobody(const struct doctor_facts *facts, struct doctor_report *report)
{
	enum doctor_severity severity = facts->host.present ? DOCTOR_WARNING : DOCTOR_ERROR;
	size_t offline = 0;

	for (size_t i = 0; i < facts->daemon.source_count; i++)
		offline += facts->daemon.sources[i].offline;
	if (offline) {
		doctor_add(report, "sources-offline", severity,
			   "Nothing confirms the time.",
			   "Time sources are configured, but none is asked.");
		doctor_advise(report, "truechime activity; truechime online");
	} else if (!facts->daemon.source_count) {
		doctor_add(report, "sources-unknown", severity,
			   "Nothing confirms the time. DNS may not be reachable yet.",
			   "Time sources are configured, but their names have no addresses yet.");
		doctor_advise(report, "truechime refresh; %s", facts->machine.systemd ?
			      "journalctl -u truechimed -n 20" : "truechime sources");
	}
}

static void judge_count(const struct doctor_facts *facts, struct doctor_report *report)
{
	const struct doctor_daemon *daemon = &facts->daemon;
	size_t asked = 0;
	bool few;

	for (size_t i = 0; i < daemon->source_count; i++)
		asked += is_asked(&daemon->sources[i]);
	few = asked < SOURCES_FEW;
	if (!asked) {
		judge_nobody(facts, report);
		return;
	}
	if (asked >= SOURCES_ENOUGH)
		return;
	doctor_add(report, "sources-few", few ? DOCTOR_WARNING : DOCTOR_NOTE,
		   few ? TOO_FEW : JUST_ENOUGH,
		   "Only %zu time source%s asked.", asked, asked == 1 ? " is" : "s are");
	advise_more(report, daemon);
}

static void judge_usable(const struct doctor_facts *facts, bool any_usable,
			 struct doctor_report *report)
{
	const struct doctor_daemon *daemon = &facts->daemon;
	bool reachable = false;

	for (size_t i = 0; i < daemon->source_count; i++)
		reachable |= daemon->sources[i].reachable && !daemon->sources[i].falseticker;
	if (!reachable || any_usable)
		return;
	doctor_add(report, "sources-not-usable", DOCTOR_WARNING,
		   "That takes some answers, so after a start it passes; or they contradict each other.",
		   "Time sources answer, but none is usable yet.");
	doctor_advise(report, "truechime waitsync --timeout 1min; truechime sources -v");
}

/* The first of them that gives no time; NULL: one gives it, or there is none. */
static const struct doctor_source *find_missing(const struct doctor_daemon *daemon)
{
	const struct doctor_source *missing = NULL;

	for (size_t i = 0; i < daemon->source_count; i++) {
		const struct doctor_source *source = &daemon->sources[i];

		if (!source->required)
			continue;
		if (source->usable)
			return NULL;
		if (!missing)
			missing = source;
	}

	return missing;
}

static void judge_minsources(const struct doctor_facts *facts, size_t agreeing,
			     struct doctor_report *report)
{
	if (agreeing >= (size_t)facts->daemon.minsources)
		return;
	doctor_add(report, "sources-minsources",
		   facts->host.present ? DOCTOR_WARNING : DOCTOR_ERROR,
		   "Nothing corrects the clock by NTP meanwhile.",
		   "No time source is used: %d have to agree (minsources), and %zu %s.",
		   facts->daemon.minsources, agreeing, plural_do(agreeing));
	doctor_advise(report,
		      "truechime sources -v  # configure more of them, or a smaller number");
}

/* Some agree, and wait for one that is required, or for more. */
static void judge_waiting(const struct doctor_facts *facts, struct doctor_report *report)
{
	const struct doctor_daemon *daemon = &facts->daemon;
	const struct doctor_source *missing = find_missing(daemon);
	size_t waiting = 0;

	for (size_t i = 0; i < daemon->source_count; i++)
		waiting += daemon->sources[i].waits;
	if (!waiting)
		return;
	if (!missing) {
		judge_minsources(facts, waiting, report);
		return;
	}
	doctor_add(report, "source-required",
		   facts->host.present ? DOCTOR_WARNING : DOCTOR_ERROR, REQUIRED,
		   "No time source is used: none counts without %s, which gives no time.",
		   missing->name);
	doctor_advise(report,
		      "truechime selectdata -v  # mend that one, or take it out of the configuration");
}

void doctor_judge_sources(const struct doctor_facts *facts, struct doctor_report *report)
{
	const struct doctor_daemon *daemon = &facts->daemon;
	const struct doctor_source *blocked;
	bool any_usable;

	if (daemon->error || daemon->by_hand)
		return;
	if (!daemon->configured) {
		doctor_add(report, "sources-none",
			   facts->host.present ? DOCTOR_WARNING : DOCTOR_ERROR,
			   facts->host.present ? HOST_ALONE : NOBODY,
			   "No time source is configured.");
		advise_more(report, daemon);
		return;
	}
	if (!daemon->has_sources)
		return;
	blocked = find_blocked(daemon);
	if (blocked)
		judge_blocked(facts, blocked, report);
	any_usable = is_any_usable(daemon);
	for (size_t i = 0; i < daemon->source_count; i++)
		judge_source(&daemon->sources[i], blocked, any_usable, facts->machine.systemd,
			     report);
	judge_waiting(facts, report);
	judge_count(facts, report);
	judge_usable(facts, any_usable, report);
}
