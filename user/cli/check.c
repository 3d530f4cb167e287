// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime check: a plugin for Nagios, Icinga and those that run the same plugins. One line, and
 * the exit status that they want.
 */
#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

#include "cli/check_judge.h"
#include "cli/view.h"
#include "doctor/findings.h"
#include "doctor/machine.h"
#include "lib/virtual_machine.h"

/* Those who run plugins wait for 10 s, and then do not show what one says: so less than that. */
#define ANSWER_S	5

int check_unknown(const char *sentence)
{
	printf("TRUECHIME UNKNOWN - %s\n", sentence);

	return CHECK_UNKNOWN;
}

/* Who has not installed it wants no module. */
static void add_refusal(struct check_facts *facts)
{
	struct doctor_machine machine;
	enum module_refusal refusal;
	struct utsname system;

	if (uname(&system) || doctor_machine_read("", system.release, &machine))
		return;
	machine.is_virtual = is_virtual_machine();
	if (doctor_module_refusal(&machine, &refusal) && refusal != MODULE_NOT_PACKAGED)
		module_refusal_words(refusal, system.release, facts->refusal);
}

/* @words: room for a sentence on the obstacle. */
static void gather(const struct view *view, struct check_facts *facts, char words[VIEW_WORDS_MAX])
{
	int64_t bound_ns;

	facts->synchronised = view_is_synchronised(view);
	facts->steered_by_others = view_is_steered_by_others(view);
	view_obstacle_words(view, view_obstacle(view), words);
	facts->obstacle = words;
	facts->bound_ns = view_bound(view, &bound_ns) ? bound_ns : -1;
	facts->has_offset = view_offset(view, &facts->offset_ns);
	facts->host_reading_ns = -1;
	facts->disruptions = -1;
	if (!view->has_module) {
		add_refusal(facts);
		return;
	}
	facts->disruptions = view->module.disruptions;
	if (view_has_host(view))
		facts->host_reading_ns = view->module.uncertainty_ns;
}

static json_t *number_or_null(bool known, int64_t number)
{
	return known ? json_integer((json_int_t)number) : json_null();
}

static void print_verdict(const struct cli *cli, const struct check_facts *facts,
			  const struct check_limits *limits, enum check_state state,
			  const char *sentence)
{
	char perfdata[CHECK_TEXT_MAX];

	if (!cli->json) {
		check_perfdata(facts, limits, perfdata);
		printf("TRUECHIME %s - %s | %s\n", check_state_name(state), sentence, perfdata);
		return;
	}
	print_json(json_pack("{s:s,s:i,s:s,s:b,s:o,s:I,s:I,s:o,s:o,s:o}",
			     "state", check_state_name(state),
			     "exit_status", (int)state,
			     "sentence", sentence,
			     "synchronised", facts->synchronised,
			     "maxerror_ns", number_or_null(facts->bound_ns >= 0, facts->bound_ns),
			     "warn_ns", (json_int_t)limits->warn_ns,
			     "crit_ns", (json_int_t)limits->crit_ns,
			     "offset_ns", number_or_null(facts->has_offset, facts->offset_ns),
			     "host_reading_error_ns",
			     number_or_null(facts->host_reading_ns >= 0, facts->host_reading_ns),
			     "disruptions",
			     number_or_null(facts->disruptions >= 0, facts->disruptions)));
}

int verb_check(const struct cli *cli)
{
	struct check_facts facts = { .daemon_error = 0 };
	struct cli asking = *cli;
	int64_t within_ns = cli->within_ns;
	char sentence[CHECK_TEXT_MAX], words[VIEW_WORDS_MAX];
	struct check_limits limits;
	enum check_state state;
	struct view view;
	json_t *reply;

	if (cli->ceph && (!within_ns || CHECK_CEPH_NS < within_ns))
		within_ns = CHECK_CEPH_NS;
	if (!check_limits_choose(cli->warn_ns, cli->crit_ns, within_ns, &limits))
		return check_unknown("--warn is greater than --crit, --within or --ceph");
	asking.answer_s = ANSWER_S;
	facts.daemon_error = view_open(&asking, &view, &reply);
	json_decref(reply);
	if (!facts.daemon_error && !view.daemon)
		facts.daemon_error = -ECONNREFUSED;
	command_to_restart("truechimed", has_systemd(), facts.restart);
	gather(&view, &facts, words);
	state = check_judge(&facts, &limits, sentence);
	print_verdict(cli, &facts, &limits, state, sentence);
	view_close(&view);

	return (int)state;
}
