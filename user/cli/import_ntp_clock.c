// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reference clocks of ntp.conf: ntpd names them by addresses that are none, with a fudge line
 * beside, ntpsec by a directive of their own.
 */
#include "cli/import_ntp.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ntpd cuts off what follows. */
#define REFID_LENGTH	4

/* ntpd's segments from this one on may be written to by every program ... */
#define UNIT_OPEN	2

/* ... but for those with this bit in their "mode". */
#define MODE_PRIVATE	1

static struct fudge *find_fudge(struct ntp_import *import, const char *address)
{
	for (size_t i = 0; i < import->fudge_count; i++) {
		if (!strcmp(import->fudges[i].address, address))
			return &import->fudges[i];
	}

	return NULL;
}

void import_note_fudge(struct ntp_import *import, int count, char **words)
{
	struct fudge *fudge;

	if (count < 2)
		return;
	fudge = find_fudge(import, words[1]);
	if (!fudge && import->fudge_count == FUDGES_MAX)
		return;
	if (!fudge)
		fudge = &import->fudges[import->fudge_count++];
	snprintf(fudge->address, sizeof(fudge->address), "%s", words[1]);
	for (int i = 2; i + 1 < count; i++) {
		if (!strcasecmp(words[i], "time1"))
			snprintf(fudge->offset, sizeof(fudge->offset), "%s", words[i + 1]);
		else if (!strcasecmp(words[i], "refid"))
			snprintf(fudge->refid, sizeof(fudge->refid), "%.4s", words[i + 1]);
		else if (!strcasecmp(words[i], "stratum"))
			snprintf(fudge->stratum, sizeof(fudge->stratum), "%s", words[i + 1]);
		else if (!strcasecmp(words[i], "flag2"))
			snprintf(fudge->flag2, sizeof(fudge->flag2), "%s", words[i + 1]);
	}
}

/* A segment that only root's programs may write to would keep out gpsd and others who can now. */
static void begin_shm(FILE *out, struct import_words *line, int unit, int mode)
{
	import_add(line, "refclock SHM %d", unit);
	if (unit < UNIT_OPEN || mode & MODE_PRIVATE)
		return;
	import_add(line, ":perm=0666");
	import_say(out,
		   "as in ntpd every program may write to it, and so set the clock: if only root's do, leave out ':perm=0666'");
}

static int mode_of(int count, char **words)
{
	int mode = 0;

	for (int i = 0; i + 1 < count; i++) {
		if (!strcasecmp(words[i], "mode"))
			mode = atoi(words[i + 1]);
	}

	return mode;
}

/**
 * struct clock_terms - what decides how the line of a clock begins
 * @type: ntpd's number of the driver
 * @unit: of its
 * @mode: "mode" of its line
 * @flag2: pulses count when they fall
 */
struct clock_terms {
	int type;
	int unit;
	int mode;
	bool flag2;
};

/* The drivers that there are here, too. */
static void begin_refclock(FILE *out, struct import_words *line, const struct clock_terms *terms)
{
	switch (terms->type) {
	case 22:
		import_add(line, "refclock PPS /dev/pps%d%s", terms->unit,
			   terms->flag2 ? ":clear" : "");
		break;
	case 28:
		begin_shm(out, line, terms->unit, terms->mode);
		break;
	default:
		break;
	}
}

/* The clock of the machine itself. One line here says all, and of two the last would count. */
static void import_local_clock(struct ntp_import *import, const char *stratum)
{
	if (import->has_orphan)
		import_say(import->out, "the line of 'tos orphan' is for that");
	else if (import->has_local)
		import_say(import->out, "not taken over: this machine has one clock");
	else
		import->has_local = import_put(import->out, "local stratum %s",
					       *stratum ? stratum : "5");
}

void import_refclock(struct ntp_import *import, int count, char **words)
{
	static const struct fudge nothing = { .address = "" };
	const struct fudge *fudge = find_fudge(import, words[0]);
	struct import_words line = { .used = 0 };
	struct clock_terms terms = { .mode = mode_of(count, words) };

	if (!fudge)
		fudge = &nothing;
	terms.flag2 = atoi(fudge->flag2);
	if (sscanf(words[0], "127.127.%3d.%3d", &terms.type, &terms.unit) < 2)
		terms.unit = 0;
	if (terms.type == 1) {
		import_local_clock(import, fudge->stratum);
		return;
	}
	begin_refclock(import->out, &line, &terms);
	if (!line.used) {
		import_say(import->out, "not taken over: ntpd's driver %d; gpsd may know it",
			   terms.type);
		return;
	}
	if (*fudge->offset)
		import_add(&line, " offset %s", fudge->offset);
	if (*fudge->refid)
		import_add(&line, " refid %s", fudge->refid);
	if (*fudge->stratum)
		import_add(&line, " stratum %s", fudge->stratum);
	import_clock_options(import->out, &line, count - 1, words + 1);
	import_put(import->out, "%s", line.text);
}

void import_fudge(struct ntp_import *import, int count, char **words)
{
	const struct fudge *fudge = count > 1 ? find_fudge(import, words[1]) : NULL;
	struct import_words line = { .used = 0 };
	int type = 0;

	if (count > 1)
		sscanf(words[1], "127.127.%3d.", &type);
	if (fudge && !fudge->has_clock) {
		import_say(import->out, "not taken over: no line 'server %s' has that clock",
			   words[1]);
	} else if (type && !fudge) {
		import_say(import->out, "not taken over: only %d clocks have such a line here",
			   FUDGES_MAX);
	} else if (type == 22 || type == 28) {
		import_clock_options(import->out, &line, count - 2, words + 2);
		import_say(import->out, "what it says else is in the line of the clock itself");
	} else if (type == 1 && import->has_orphan) {
		import_say(import->out, "not taken over: the stratum is that of 'tos orphan'");
	} else if (type == 1) {
		import_say(import->out, "its stratum is in the line of the clock itself");
	} else {
		import_say(import->out, "not taken over: its reference clock is not");
	}
}

void import_driver(struct ntp_import *import, int count, char **words)
{
	struct clock_terms terms = { .mode = mode_of(count, words) };
	const char *path = "", *stratum = "";
	struct import_words line = { .used = 0 };

	if (count < 2) {
		import_say(import->out, "not taken over: it names no driver");
		return;
	}
	for (int i = 2; i + 1 < count; i++) {
		if (!strcasecmp(words[i], "unit"))
			terms.unit = atoi(words[i + 1]);
		else if (!strcasecmp(words[i], "ppspath"))
			path = words[i + 1];
		else if (!strcasecmp(words[i], "flag2"))
			terms.flag2 = atoi(words[i + 1]);
		else if (!strcasecmp(words[i], "stratum"))
			stratum = words[i + 1];
		else if (!strcasecmp(words[i], "refid") && strlen(words[i + 1]) > REFID_LENGTH)
			words[i + 1][REFID_LENGTH] = '\0';
	}
	if (!strcasecmp(words[1], "local")) {
		import_local_clock(import, stratum);
		return;
	}
	terms.type = !strcasecmp(words[1], "pps") ? 22 : !strcasecmp(words[1], "shm") ? 28 : 0;
	if (terms.type == 22 && *path)
		import_add(&line, "refclock PPS %s%s", path, terms.flag2 ? ":clear" : "");
	else
		begin_refclock(import->out, &line, &terms);
	if (!line.used) {
		import_say(import->out, "not taken over: ntpsec's driver '%s'; gpsd may know it",
			   words[1]);
		return;
	}
	import_clock_options(import->out, &line, count - 2, words + 2);
	import_put(import->out, "%s", line.text);
}

void import_note_clock(struct ntp_import *import, int count, char **words)
{
	struct fudge *fudge = count > 1 ? find_fudge(import, words[1]) : NULL;

	if (fudge)
		fudge->has_clock = true;
}
