// SPDX-License-Identifier: GPL-2.0-only
/*
 * Other programs that set the system clock.
 */
#include "steering/rival.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/time_units.h"

/* A program that was quiet for so long counts anew; one that goes on is logged as often. */
#define RIVAL_QUIET_NS	(3600 * NS_PER_S)

/* An operator runs date(1) once or twice. */
#define RIVAL_MANY	3

/* Names as the kernel shows them, 15 letters at most. Agents of hypervisors set clocks, too. */
static const char *const rivals[] = {
	"chronyd", "ntpd", "ntpd-rs", "ntp-daemon", "openntpd", "ntpsec", "systemd-timesyn",
	"phc2sys", "ts2phc", "ptp4l", "timemaster", "sptp", "rdate", "ntpdate", "sntp",
	"VBoxService", "vmtoolsd", "qemu-ga", "hv_utils", "adjtimex",
};

bool rival_has_left(const struct rival *rival, int64_t now_ns)
{
	return rival->count && now_ns - rival->latest_ns > RIVAL_QUIET_NS;
}

enum rival_news rival_note(struct rival *rival, int64_t now_ns)
{
	if (!rival->count || rival_has_left(rival, now_ns))
		*rival = (struct rival){ .first_ns = now_ns };
	rival->latest_ns = now_ns;
	rival->count++;
	if (rival->count > RIVAL_MANY && now_ns - rival->logged_ns < RIVAL_QUIET_NS) {
		rival->unlogged++;
		return RIVAL_NO_NEWS;
	}
	rival->logged_ns = now_ns;
	return rival->count < RIVAL_MANY ? RIVAL_SET :
	       rival->count == RIVAL_MANY ? RIVAL_AGAIN : RIVAL_STILL;
}

static bool is_rival(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(rivals) / sizeof(*rivals); i++)
		if (!strcmp(rivals[i], name))
			return true;
	return false;
}

/* The name of the process. "": it has ended, or may not be read. */
static void name_of_process(const char *proc, const char *pid, char *name, size_t size)
{
	char path[512];
	FILE *file;

	*name = '\0';
	if (snprintf(path, sizeof(path), "%s/%s/comm", proc, pid) >= (int)sizeof(path))
		return;
	file = fopen(path, "re");
	if (!file)
		return;
	if (!fgets(name, (int)size, file))
		*name = '\0';
	name[strcspn(name, "\n")] = '\0';
	fclose(file);
}

void rival_find(const char *proc, char *text, size_t size)
{
	const struct dirent *entry;
	char name[64];
	size_t used = 0;
	DIR *folder;
	int added;

	*text = '\0';
	folder = opendir(proc);
	if (!folder)
		return;
	while ((entry = readdir(folder))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		name_of_process(proc, entry->d_name, name, sizeof(name));
		if (!is_rival(name))
			continue;
		added = snprintf(text + used, size - used, "%s%s (process %ld)", used ? ", " : "",
				 name, strtol(entry->d_name, NULL, 10));
		if ((size_t)added >= size - used) {
			text[used] = '\0';
			break;
		}
		used += (size_t)added;
	}
	closedir(folder);
}
