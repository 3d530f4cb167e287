/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From facts to findings: what keeps the clock of this machine wrong, or may, and what to type.
 * Pure.
 */
#ifndef DOCTOR_FINDINGS_H
#define DOCTOR_FINDINGS_H

#include "doctor/facts.h"
#include "lib/module_refusal.h"

/* A bound above this is wide: what truechime-wait-sync waits for, and twice what Ceph bears. */
#define DOCTOR_BOUND_WIDE_NS	100000000LL

/* More than any machine has. */
#define DOCTOR_FINDINGS_MAX	64

/**
 * enum doctor_severity - how bad it is
 * @DOCTOR_NOTE: it could be better, or is as configured; it is no reason to act
 * @DOCTOR_WARNING: the clock may become wrong by it, or stay so for longer
 * @DOCTOR_ERROR: the clock is not kept right
 */
enum doctor_severity {
	DOCTOR_NOTE,
	DOCTOR_WARNING,
	DOCTOR_ERROR,
};

/**
 * struct doctor_finding - one of them
 * @id: its name, for programs
 * @severity: how bad it is
 * @sentence: what was found
 * @why: what it does to the clock
 * @command: what mends it, or shows more, to be typed as it stands; ""
 */
struct doctor_finding {
	const char *id;
	enum doctor_severity severity;
	char sentence[512];
	const char *why;
	char command[MODULE_REFUSAL_TEXT_MAX];
};

/**
 * struct doctor_report - all of them, the worst first
 * @findings: these
 * @count: how many there are
 * @full: the last one had no room
 */
struct doctor_report {
	struct doctor_finding findings[DOCTOR_FINDINGS_MAX];
	size_t count;
	bool full;
};

/* Fill @report. Those beyond DOCTOR_FINDINGS_MAX are left out. */
void doctor_judge(const struct doctor_facts *facts, struct doctor_report *report);

/* Warnings and errors among them. */
size_t doctor_problems(const struct doctor_report *report);

/*
 * Why the module is not loaded. false: it is, or is of no use here: on a physical machine, in a
 * container.
 */
bool doctor_module_refusal(const struct doctor_machine *machine, enum module_refusal *refusal);

/* "note", "warning", "error" */
const char *doctor_severity_name(enum doctor_severity severity);

#endif /* DOCTOR_FINDINGS_H */
