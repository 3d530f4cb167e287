// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a hook is told.
 */
#include "hooks/hook_environment.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/names.h"

#define VARIABLES_MAX	16

struct environment {
	char **variables;
	int count;
	bool failed;
};

__attribute__((format(printf, 2, 3)))
static void add(struct environment *environment, const char *format, ...)
{
	va_list arguments;
	char *variable;

	if (environment->failed)
		return;
	va_start(arguments, format);
	if (vasprintf(&variable, format, arguments) < 0)
		environment->failed = true;
	else
		environment->variables[environment->count++] = variable;
	va_end(arguments);
}

char **hook_environment_new(const struct module_event *event)
{
	struct environment environment = { 0 };
	char evidence[NAME_TEXT_MAX], text[NAME_TEXT_MAX * 2];

	environment.variables = calloc(VARIABLES_MAX, sizeof(*environment.variables));
	if (!environment.variables)
		return NULL;
	text_of_evidence(event->evidence, evidence, sizeof(evidence));
	text_of_event(event, text, sizeof(text));
	add(&environment, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	add(&environment, "TRUECHIME_SEQUENCE=%u", event->sequence);
	add(&environment, "TRUECHIME_CAUSE=%s", name_of_cause(event->cause));
	add(&environment, "TRUECHIME_EVIDENCE=%s", evidence);
	add(&environment, "TRUECHIME_ACTION=%s", name_of_action(event->action));
	add(&environment, "TRUECHIME_GAP_NS=%lld", (long long)event->gap_ns);
	add(&environment, "TRUECHIME_OFFSET_NS=%lld", (long long)event->offset_ns);
	add(&environment, "TRUECHIME_RESIDUAL_NS=%lld", (long long)event->residual_ns);
	add(&environment, "TRUECHIME_MAXERROR_BEFORE_NS=%lld",
	    number_of_bound(event->maxerror_before_ns));
	add(&environment, "TRUECHIME_MAXERROR_NS=%lld", number_of_bound(event->maxerror_ns));
	add(&environment, "TRUECHIME_LATENCY_NS=%lld", (long long)event->latency_ns);
	add(&environment, "TRUECHIME_TIME_NS=%lld", (long long)event->time_ns);
	add(&environment, "TRUECHIME_EPOCH=%u", event->epoch);
	add(&environment, "TRUECHIME_TEXT=%s", text);
	if (!environment.failed)
		return environment.variables;
	hook_environment_free(environment.variables);
	return NULL;
}

void hook_environment_free(char **environment)
{
	char **variable;

	for (variable = environment; variable && *variable; variable++)
		free(*variable);
	free(environment);
}
