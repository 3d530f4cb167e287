// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two processes with one name in one unit are one program.
 */
#include "watch/tally.h"

#include <stdio.h>
#include <string.h>

#include "core/line.h"

/* The unit of the daemon, and the module's thread, which sets the clock for it. */
#define OWN_GROUP	"/system.slice/truechimed.service"
#define OWN_THREAD	"truechime"

/* In a path, for groups that are not known. */
#define AROUND		"/..."

void tally_path(const struct watch_record *record, char *path, size_t size)
{
	uint32_t count = record->group_count < WATCH_GROUPS ? record->group_count : WATCH_GROUPS;
	size_t used = 0;
	int added;

	snprintf(path, size, "%s", record->is_deeper ? AROUND : "/");
	used = record->is_deeper ? strlen(path) : 0;
	while (count--) {
		added = snprintf(path + used, size - used, "/%.*s", WATCH_GROUP_MAX - 1,
				 record->groups[count]);
		if (added < 0 || (size_t)added >= size - used)
			return;
		used += (size_t)added;
	}
}

static void program_of(const struct watch_record *record, char *program)
{
	bool queue = record->is_kernel && *record->queue;
	const char *name = queue ? record->queue : record->comm;
	size_t size = queue ? sizeof(record->queue) : sizeof(record->comm);

	identity_command(name, strnlen(name, size), program, WATCH_QUEUE_MAX);
}

bool tally_is_own(const struct watch_record *record, const char *path, int daemon_pid)
{
	char program[WATCH_QUEUE_MAX];

	program_of(record, program);
	if (record->is_kernel)
		return !strcmp(program, OWN_THREAD);

	return !strcmp(path, OWN_GROUP) || (daemon_pid && record->tgid == (uint32_t)daemon_pid);
}

void tally_add_own(struct tally *tally, const struct watch_record *record)
{
	struct change change;

	change_of_record(record, &tally->rate, &change);
	tally->own++;
}

static struct tally_rival *find(struct tally *tally, const char *program, const char *path)
{
	for (int i = 0; i < tally->rival_count; i++) {
		struct tally_rival *rival = &tally->rivals[i];

		if (!strcmp(rival->program, program) && !strcmp(rival->path, path))
			return rival;
	}

	return NULL;
}

static struct tally_rival *find_room(struct tally *tally)
{
	struct tally_rival *quiet = &tally->rivals[0];

	if (tally->rival_count < TALLY_RIVALS_MAX)
		return &tally->rivals[tally->rival_count++];
	for (int i = 1; i < tally->rival_count; i++) {
		if (tally->rivals[i].latest_ns < quiet->latest_ns)
			quiet = &tally->rivals[i];
	}

	return quiet;
}

static struct tally_rival *take(struct tally *tally, const struct watch_record *record,
				const char *path)
{
	struct tally_rival *rival;
	char program[WATCH_QUEUE_MAX], shown[sizeof(rival->path)];

	program_of(record, program);
	identity_command(path, strlen(path), shown, sizeof(shown));
	rival = find(tally, program, shown);
	if (rival)
		return rival;
	rival = find_room(tally);
	memset(rival, 0, sizeof(*rival));
	identity_of_path(path, &rival->identity);
	/* Of a unit within unknown groups nobody knows whether it is this machine's. */
	if (record->is_deeper)
		*rival->identity.unit = '\0';
	memcpy(rival->program, program, sizeof(program));
	memcpy(rival->path, shown, strlen(shown) + 1);
	rival->is_kernel = record->is_kernel;
	rival->first_ns = record->boot_ns;

	return rival;
}

static void note_event(struct tally *tally, const struct tally_rival *rival,
		       const struct change *change)
{
	struct tally_event *event = &tally->events[tally->others % TALLY_EVENTS_MAX];
	const struct identity *identity = &rival->identity;

	memset(event, 0, sizeof(*event));
	event->number = tally->others;
	event->boot_ns = rival->latest_ns;
	event->pid = rival->pid;
	event->change = *change;
	memcpy(event->program, rival->program, sizeof(event->program));
	memcpy(event->what, rival->what, sizeof(event->what));
	snprintf(event->where, sizeof(event->where), "%.*s", (int)sizeof(event->where) - 1,
		 identity->kind != CONTAINER_NONE ? identity->container :
		 *identity->unit ? identity->unit : rival->path);
}

struct tally_rival *tally_add(struct tally *tally, const struct watch_record *record,
			      const char *path)
{
	struct tally_rival *rival = take(tally, record, path);
	struct change change;
	size_t size = record->args_size;

	change_of_record(record, &tally->rate, &change);
	change_text(record, &change, rival->what);
	if (size > sizeof(record->args))
		size = sizeof(record->args);
	identity_command(record->args, size, rival->command, sizeof(rival->command));
	rival->pid = (int)record->tgid;
	rival->uid = record->uid;
	rival->latest_ns = record->boot_ns;
	rival->count++;
	rival->steps += !!(change.parts & CHANGE_STEP);
	rival->stepped_ns = chime_add_sat(rival->stepped_ns, change.step_ns);
	rival->runs = !rival->is_kernel;
	rival->news = true;
	tally->others++;
	note_event(tally, rival, &change);

	return rival;
}
