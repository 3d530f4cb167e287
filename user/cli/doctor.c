// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime doctor: what keeps the clock of this machine wrong, or may, why, and what to type.
 */
#include "cli/doctor.h"

#include <stdio.h>
#include <string.h>

#include "doctor/findings.h"

static void print_summary(const struct doctor_report *report)
{
	size_t problems = doctor_problems(report);

	if (!problems)
		puts("Nothing was found that keeps this clock wrong.");
	else if (problems == 1)
		puts("One thing was found that keeps this clock wrong, or may do so:");
	else
		printf("%zu things were found that keep this clock wrong, or may do so:\n",
		       problems);
}

static void print_finding(const struct doctor_finding *finding)
{
	printf("\n%s: %s\n", doctor_severity_name(finding->severity), finding->sentence);
	printf("  %s\n", finding->why);
	if (*finding->command)
		printf("  => %s\n", finding->command);
}

static void print_report(const struct doctor_facts *facts, const struct doctor_report *report)
{
	size_t i;

	print_summary(report);
	for (i = 0; i < report->count; i++)
		print_finding(&report->findings[i]);
	for (i = 0; i < facts->unseen_count; i++)
		printf("%sNot looked at: %s\n", i ? "" : "\n", facts->unseen[i]);
}

/* --- For programs --- */

static json_t *findings_to_json(const struct doctor_report *report)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < report->count; i++) {
		const struct doctor_finding *finding = &report->findings[i];

		json_array_append_new(list,
				      json_pack("{s:s,s:s,s:s,s:s,s:s}",
						"id", finding->id,
						"severity", doctor_severity_name(finding->severity),
						"sentence", finding->sentence,
						"why", finding->why,
						"command", finding->command));
	}

	return list;
}

static json_t *unseen_to_json(const struct doctor_facts *facts)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < facts->unseen_count; i++)
		json_array_append_new(list, json_string(facts->unseen[i]));

	return list;
}

static json_t *facts_to_json(const struct doctor_facts *facts)
{
	const struct doctor_machine *machine = &facts->machine;
	const struct doctor_clock *clock = &facts->clock;
	json_t *bound = clock->has_bound ? json_integer((json_int_t)clock->bound_ns) : json_null();
	json_t *offset = clock->has_offset ? json_integer((json_int_t)clock->offset_ns) :
					     json_null();

	return json_pack("{s:s,s:b,s:b,s:s,s:b,s:b,s:b,s:b,s:b,s:o,s:o}",
			 "kernel", machine->release,
			 "virtual_machine", machine->is_virtual,
			 "container", machine->is_container,
			 "clocksource", machine->clocksource,
			 "vmclock", machine->has_vmclock,
			 "module_loaded", machine->module.loaded,
			 "signature_wanted", machine->module.signature_wanted,
			 "daemon_answers", !facts->daemon.error,
			 "synchronised", clock->synchronised,
			 "maxerror_ns", bound,
			 "offset_ns", offset);
}

static void print_report_json(const struct doctor_facts *facts, const struct doctor_report *report)
{
	print_json(json_pack("{s:I,s:o,s:o,s:o}",
			     "problems", (json_int_t)doctor_problems(report),
			     "findings", findings_to_json(report),
			     "not_looked_at", unseen_to_json(facts),
			     "facts", facts_to_json(facts)));
}

int verb_doctor(const struct cli *cli)
{
	struct doctor_report report;
	struct doctor_facts facts;
	int err;

	err = doctor_gather(cli, &facts);
	if (err)
		return cli_error("this machine cannot be looked at: %s. It takes /proc and /sys",
				 strerror(-err));
	doctor_judge(&facts, &report);
	if (cli->json)
		print_report_json(&facts, &report);
	else
		print_report(&facts, &report);

	return doctor_problems(&report) ? CLI_NOT : CLI_OK;
}
