// SPDX-License-Identifier: GPL-2.0-only
/*
 * jansson.
 */
#include "watch/report.h"

#include <stdio.h>
#include <string.h>

#include "core/line.h"

static json_int_t date_of(const struct report_view *view, int64_t boot_ns)
{
	return chime_add_sat(boot_ns, view->ahead_ns);
}

/* The format of report_rival()'s members; too long to stand where it is used. */
#define RIVAL_JSON "{s:s,s:i,s:I,s:s,s:s,s:s,s:s,s:s,s:s,s:b,s:b,s:I,s:I,s:I,s:I,s:I,s:s}"

static json_t *report_rival(const struct tally_rival *rival, const struct report_view *view)
{
	const struct identity *identity = &rival->identity;

	return json_pack(RIVAL_JSON,
			 "program", rival->program,
			 "pid", rival->pid,
			 "uid", (json_int_t)rival->uid,
			 "command", rival->command,
			 "unit", identity->unit,
			 "container_kind", identity_kind_name(identity->kind),
			 "container", identity->container,
			 "cgroup", rival->path,
			 "advice", rival->advice,
			 "kernel", rival->is_kernel,
			 "runs", rival->runs,
			 "changes", (json_int_t)rival->count,
			 "steps", (json_int_t)rival->steps,
			 "stepped_ns", (json_int_t)rival->stepped_ns,
			 "first_ns", date_of(view, rival->first_ns),
			 "latest_ns", date_of(view, rival->latest_ns),
			 "what", rival->what);
}

static json_t *report_event(const struct tally_event *event, const struct report_view *view)
{
	return json_pack("{s:I,s:I,s:s,s:s,s:i,s:I,s:I,s:I,s:I,s:s}",
			 "number", (json_int_t)event->number,
			 "time_ns", date_of(view, event->boot_ns),
			 "program", event->program,
			 "where", event->where,
			 "pid", event->pid,
			 "step_ns", (json_int_t)event->change.step_ns,
			 "slew_ns", (json_int_t)event->change.slew_ns,
			 "rate_ppb", (json_int_t)event->change.rate_ppb,
			 "frequency_ppb", (json_int_t)event->change.frequency_ppb,
			 "what", event->what);
}

json_t *report_rivals(const struct tally *tally, const struct report_view *view)
{
	uint64_t first = tally->others > TALLY_EVENTS_MAX ? tally->others - TALLY_EVENTS_MAX + 1 :
			 1;
	json_t *rivals = json_array(), *events = json_array();

	for (int i = 0; i < tally->rival_count; i++)
		json_array_append_new(rivals, report_rival(&tally->rivals[i], view));
	for (uint64_t n = first; n <= tally->others; n++)
		json_array_append_new(events, report_event(&tally->events[n % TALLY_EVENTS_MAX],
							   view));

	return json_pack("{s:b,s:s,s:I,s:I,s:I,s:I,s:o,s:o}", "ok", 1,
			 "by", view->by_probes ? "kprobe" : "fentry",
			 "since_ns", date_of(view, view->since_ns),
			 "changes", (json_int_t)tally->others,
			 "own", (json_int_t)tally->own,
			 "lost", (json_int_t)view->lost,
			 "rivals", rivals, "events", events);
}

static void copy(char *to, size_t size, const char *text)
{
	snprintf(to, size, "%.*s", (int)size - 1, text);
}

void report_notice(const struct tally_rival *rival, struct rival_notice *notice)
{
	const struct identity *identity = &rival->identity;

	memset(notice, 0, sizeof(*notice));
	copy(notice->program, sizeof(notice->program), rival->program);
	copy(notice->what, sizeof(notice->what), rival->what);
	copy(notice->advice, sizeof(notice->advice), rival->advice);
	if (identity->kind != CONTAINER_NONE)
		snprintf(notice->where, sizeof(notice->where), "%s %s",
			 identity_kind_name(identity->kind), identity->container);
	else
		copy(notice->where, sizeof(notice->where), identity->unit);
	notice->pid = rival->is_kernel ? 0 : rival->pid;
	notice->runs = rival->runs;
	notice->times = (int64_t)rival->count;
}
