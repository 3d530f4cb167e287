// SPDX-License-Identifier: GPL-2.0-only
/*
 * The list of findings, and its order.
 */
#include "doctor/findings.h"

#include <stdarg.h>
#include <stdio.h>

#include "doctor/findings_parts.h"

void doctor_add(struct doctor_report *report, const char *id, enum doctor_severity severity,
		const char *why, const char *format, ...)
{
	struct doctor_finding *finding;
	va_list arguments;

	report->full = report->count == DOCTOR_FINDINGS_MAX;
	if (report->full)
		return;
	finding = &report->findings[report->count++];
	*finding = (struct doctor_finding){ .id = id, .severity = severity, .why = why };
	va_start(arguments, format);
	vsnprintf(finding->sentence, sizeof(finding->sentence), format, arguments);
	va_end(arguments);
}

void doctor_advise(struct doctor_report *report, const char *format, ...)
{
	struct doctor_finding *finding = &report->findings[report->count - 1];
	va_list arguments;

	if (report->full)
		return;
	va_start(arguments, format);
	vsnprintf(finding->command, sizeof(finding->command), format, arguments);
	va_end(arguments);
}

/* The worst first, and else in the order in which they were found. */
static void sort(struct doctor_report *report)
{
	for (size_t i = 1; i < report->count; i++) {
		struct doctor_finding moved = report->findings[i];
		size_t place = i;

		while (place && report->findings[place - 1].severity < moved.severity) {
			report->findings[place] = report->findings[place - 1];
			place--;
		}
		report->findings[place] = moved;
	}
}

void doctor_judge(const struct doctor_facts *facts, struct doctor_report *report)
{
	report->count = 0;
	/* Causes before what follows from them. */
	doctor_judge_daemon(facts, report);
	doctor_judge_machine(facts, report);
	doctor_judge_module(facts, report);
	doctor_judge_sources(facts, report);
	doctor_judge_clock(facts, report);
	sort(report);
}

size_t doctor_problems(const struct doctor_report *report)
{
	size_t count = 0;

	for (size_t i = 0; i < report->count; i++)
		count += report->findings[i].severity != DOCTOR_NOTE;

	return count;
}

const char *doctor_severity_name(enum doctor_severity severity)
{
	switch (severity) {
	case DOCTOR_NOTE:
		break;
	case DOCTOR_WARNING:
		return "warning";
	case DOCTOR_ERROR:
		return "error";
	}

	return "note";
}
