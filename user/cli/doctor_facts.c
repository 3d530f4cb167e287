// SPDX-License-Identifier: GPL-2.0-only
/*
 * What truechime doctor knows: from this machine's files, systemd, module and daemon.
 */
#include "cli/doctor.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "doctor/machine.h"
#include "doctor/units.h"
#include "lib/virtual_machine.h"
#include "ntp/packet.h"

/* More rules than the module has. */
#define RULES_MAX	32

/* --- From the daemon's words --- */

static void take_text(const json_t *object, const char *key, char *text, size_t size)
{
	snprintf(text, size, "%s", json_text_of(object, key));
}

static void take_source(const json_t *reply, struct doctor_source *source)
{
	const json_t *selection = json_object_get(reply, "selection");
	const json_t *auth = json_object_get(reply, "auth");
	const char *state = json_text_of(reply, "state");

	take_text(reply, "name", source->name, sizeof(source->name));
	take_text(reply, "address", source->address, sizeof(source->address));
	source->port = (int)json_int_of(reply, "port", NTP_PORT);
	take_text(reply, "error", source->problem, sizeof(source->problem));
	source->is_server = strcmp(json_text_of(reply, "kind"), "refclock") != 0;
	source->offline = json_bool_of(reply, "offline");
	source->reachable = json_int_of(reply, "reach", 0);
	source->usable = !strcmp(state, "selected") || !strcmp(state, "combined") ||
			 !strcmp(state, "not-combined");
	source->falseticker = !strcmp(state, "falseticker");
	source->required = json_bool_of(selection, "require");
	source->waits = source->usable && !strcmp(json_text_of(selection, "letter"), "W");
	source->is_nts = !strcmp(json_text_of(auth, "mode"), "NTS");
	source->nts_refused = json_bool_of(auth, "refused");
	source->nts_attempts = (int)json_int_of(auth, "attempts", 0);
	source->cookies = (int)json_int_of(auth, "cookies", 0);
	source->sent = json_int_of(reply, "sent", 0);
	source->received = json_int_of(json_object_get(reply, "ntp"), "packets", 0);
}

void doctor_take_sources(const json_t *reply, struct doctor_daemon *daemon)
{
	const json_t *sources = json_object_get(reply, "sources");
	size_t i;

	daemon->has_sources = json_is_array(sources);
	daemon->source_count = json_array_size(sources);
	if (daemon->source_count > DOCTOR_SOURCES_MAX)
		daemon->source_count = DOCTOR_SOURCES_MAX;
	for (i = 0; i < daemon->source_count; i++)
		take_source(json_array_get(sources, i), &daemon->sources[i]);
}

static void take_daemon(const struct view *view, struct doctor_daemon *daemon)
{
	const json_t *reply = view->daemon, *sources = json_object_get(reply, "sources");

	if (!reply)
		return;
	daemon->synchronised = json_bool_of(reply, "synchronised");
	daemon->observing = json_bool_of(reply, "observing");
	daemon->yielding = view_is_yielding(view);
	daemon->aside = view_is_aside(view);
	daemon->refused = json_bool_of(reply, "refused");
	daemon->disrupted = !strcmp(json_text_of(reply, "trust"), "disrupted");
	take_text(reply, "configuration", daemon->configuration, sizeof(daemon->configuration));
	daemon->minsources = (int)json_int_of(sources, "minsources", 1);
	daemon->configured = (int)json_int_of(sources, "configured", 0);
	daemon->by_hand = json_bool_of(reply, "manual") && !daemon->configured;
}

static void take_host(const struct view *view, struct doctor_host *host)
{
	host->error = view->has_module ? 0 : view->module_error;
	if (!view->has_module)
		return;
	host->external = view->module.mode == TRUECHIME_MODE_EXTERNAL;
	host->present = view->module.host_state >= TRUECHIME_HOST_CHOSEN;
	host->failing = view->module.host_state == TRUECHIME_HOST_FAILING;
	host->demoted = view->module.host_state == TRUECHIME_HOST_DEMOTED;
	host->smears = view->module.scale == TRUECHIME_SCALE_SMEARED;
}

static void take_view(const struct view *view, struct doctor_facts *facts)
{
	take_daemon(view, &facts->daemon);
	take_host(view, &facts->host);
	facts->clock.synchronised = view->kernel_synchronised;
	facts->clock.has_bound = view_bound(view, &facts->clock.bound_ns);
	facts->clock.has_offset = view_offset(view, &facts->clock.offset_ns);
	memcpy(facts->rivals, view->rivals, sizeof(facts->rivals));
	facts->rival_count = view->rival_count;
}

/* --- Asking --- */

static void add_unseen(struct doctor_facts *facts, const char *sentence)
{
	if (facts->unseen_count < DOCTOR_UNSEEN_MAX)
		facts->unseen[facts->unseen_count++] = sentence;
}

/* Does the module leave a disruption as it is, or have it slewed? */
static bool ignores_disruptions(void)
{
	struct module_rule rules[RULES_MAX];
	struct module_link *link;
	enum truechime_rtc rtc;
	bool ignores = false;
	int count, i;

	if (module_link_open(&link))
		return false;
	if (!module_link_get_policy(link, rules, RULES_MAX, &count, &rtc))
		for (i = 0; i < count; i++)
			ignores |= rules[i].occasion == TRUECHIME_OCCASION_DISRUPTION &&
				   rules[i].rule != TRUECHIME_RULE_STEP;
	module_link_close(link);

	return ignores;
}

static void ask_sources(const struct cli *cli, struct doctor_facts *facts)
{
	json_t *reply = NULL;

	if (client_ask(cli, "sources", &reply))
		add_unseen(facts, "The time sources: the daemon does not name them.");
	else
		doctor_take_sources(reply, &facts->daemon);
	json_decref(reply);
}

static void ask_server(const struct cli *cli, struct doctor_facts *facts)
{
	json_t *reply = NULL;
	int64_t end_s = 0;

	if (client_ask(cli, "serverstats", &reply))
		add_unseen(facts, "The NTP server: the daemon says nothing of it.");
	else
		end_s = json_int_of(reply, "nts_certificate_end_s", 0);
	json_decref(reply);
	facts->daemon.certificate_expired = end_s && time(NULL) > end_s;
}

static void ask_daemon(const struct cli *cli, struct doctor_facts *facts)
{
	json_t *reply = NULL;
	struct view view;

	facts->daemon.error = view_open(cli, &view, &reply);
	view_find_rivals(&view);
	if (!facts->daemon.error && !view.daemon)
		facts->daemon.error = -ECONNREFUSED;
	json_decref(reply);
	take_view(&view, facts);
	view_close(&view);
	if (facts->daemon.error)
		return;
	ask_sources(cli, facts);
	ask_server(cli, facts);
}

int doctor_gather(const struct cli *cli, struct doctor_facts *facts)
{
	struct doctor_machine *machine = &facts->machine;
	struct utsname system;
	int err;

	memset(facts, 0, sizeof(*facts));
	if (uname(&system))
		return -errno;
	err = doctor_machine_read("", system.release, machine);
	if (err)
		return err;
	machine->is_virtual = is_virtual_machine();
	ask_daemon(cli, facts);
	if (machine->module.loaded)
		facts->host.ignores = ignores_disruptions();
	if (doctor_units_read(&facts->units))
		add_unseen(facts, "The units of systemd, which does not answer.");
	if (geteuid() && machine->is_virtual && !machine->module.loaded)
		add_unseen(facts,
			   "The kernel's log, for why it refused the module: only root may read it.");
	if (geteuid() && machine->ptp_kvm >= 0)
		add_unseen(facts,
			   "Who else uses the clock of the driver ptp_kvm: only root sees that.");

	return 0;
}
