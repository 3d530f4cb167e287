/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts of doctor_judge(): each looks at one matter, and adds what it finds.
 */
#ifndef DOCTOR_FINDINGS_PARTS_H
#define DOCTOR_FINDINGS_PARTS_H

#include "doctor/findings.h"

/* Add one without a command, whose sentence is @format and what follows. */
__attribute__((format(printf, 5, 6)))
void doctor_add(struct doctor_report *report, const char *id, enum doctor_severity severity,
		const char *why, const char *format, ...);

/* Set what mends the one that was added last. */
__attribute__((format(printf, 2, 3)))
void doctor_advise(struct doctor_report *report, const char *format, ...);

/* Add what is wrong with each of these. */
void doctor_judge_daemon(const struct doctor_facts *facts, struct doctor_report *report);
void doctor_judge_module(const struct doctor_facts *facts, struct doctor_report *report);
void doctor_judge_machine(const struct doctor_facts *facts, struct doctor_report *report);
void doctor_judge_sources(const struct doctor_facts *facts, struct doctor_report *report);
void doctor_judge_clock(const struct doctor_facts *facts, struct doctor_report *report);

#endif /* DOCTOR_FINDINGS_PARTS_H */
