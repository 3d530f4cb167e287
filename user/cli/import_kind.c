// SPDX-License-Identifier: GPL-2.0-only
/*
 * Of which program a configuration is, by the words that only one of them knows.
 */
#include "cli/import.h"

#include <string.h>
#include <strings.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* Words that begin a line, and whose they are. What both chronyd and ntpd know is in none. */
static const struct {
	enum import_kind kind;
	const char *word;
} known[] = {
	{ IMPORT_CHRONY, "acquisitionport" }, { IMPORT_CHRONY, "allow" },
	{ IMPORT_CHRONY, "authselectmode" }, { IMPORT_CHRONY, "bindacqaddress" },
	{ IMPORT_CHRONY, "bindaddress" }, { IMPORT_CHRONY, "bindcmdaddress" },
	{ IMPORT_CHRONY, "cmdallow" }, { IMPORT_CHRONY, "cmdport" },
	{ IMPORT_CHRONY, "confdir" }, { IMPORT_CHRONY, "deny" },
	{ IMPORT_CHRONY, "dumpdir" }, { IMPORT_CHRONY, "hwtimestamp" },
	{ IMPORT_CHRONY, "include" }, { IMPORT_CHRONY, "initstepslew" },
	{ IMPORT_CHRONY, "keyfile" }, { IMPORT_CHRONY, "leapseclist" },
	{ IMPORT_CHRONY, "leapsecmode" }, { IMPORT_CHRONY, "leapsectz" },
	{ IMPORT_CHRONY, "local" }, { IMPORT_CHRONY, "lock_all" },
	{ IMPORT_CHRONY, "log" }, { IMPORT_CHRONY, "logchange" },
	{ IMPORT_CHRONY, "logdir" }, { IMPORT_CHRONY, "mailonchange" },
	{ IMPORT_CHRONY, "makestep" }, { IMPORT_CHRONY, "maxchange" },
	{ IMPORT_CHRONY, "maxdistance" }, { IMPORT_CHRONY, "maxslewrate" },
	{ IMPORT_CHRONY, "maxupdateskew" }, { IMPORT_CHRONY, "minsources" },
	{ IMPORT_CHRONY, "ntsdumpdir" }, { IMPORT_CHRONY, "ntsservercert" },
	{ IMPORT_CHRONY, "port" }, { IMPORT_CHRONY, "ratelimit" },
	{ IMPORT_CHRONY, "rtconutc" }, { IMPORT_CHRONY, "rtcsync" },
	{ IMPORT_CHRONY, "sched_priority" }, { IMPORT_CHRONY, "smoothtime" },
	{ IMPORT_CHRONY, "sourcedir" },

	{ IMPORT_NTP, "broadcastclient" }, { IMPORT_NTP, "crypto" },
	{ IMPORT_NTP, "controlkey" }, { IMPORT_NTP, "disable" },
	{ IMPORT_NTP, "discard" }, { IMPORT_NTP, "enable" },
	{ IMPORT_NTP, "filegen" }, { IMPORT_NTP, "fudge" },
	{ IMPORT_NTP, "includefile" }, { IMPORT_NTP, "interface" },
	{ IMPORT_NTP, "keys" }, { IMPORT_NTP, "leapfile" },
	{ IMPORT_NTP, "logconfig" }, { IMPORT_NTP, "logfile" },
	{ IMPORT_NTP, "manycastclient" }, { IMPORT_NTP, "mru" },
	{ IMPORT_NTP, "multicastclient" }, { IMPORT_NTP, "nts" },
	{ IMPORT_NTP, "requestkey" }, { IMPORT_NTP, "restrict" },
	{ IMPORT_NTP, "rlimit" }, { IMPORT_NTP, "statistics" },
	{ IMPORT_NTP, "statsdir" }, { IMPORT_NTP, "tinker" },
	{ IMPORT_NTP, "tos" }, { IMPORT_NTP, "trustedkey" },

	{ IMPORT_TIMESYNCD, "[time]" },

	{ IMPORT_OPENNTPD, "constraint" }, { IMPORT_OPENNTPD, "constraints" },
	{ IMPORT_OPENNTPD, "listen" }, { IMPORT_OPENNTPD, "query" },
	{ IMPORT_OPENNTPD, "sensor" }, { IMPORT_OPENNTPD, "servers" },
};

static enum import_kind kind_of_line(char *line)
{
	char *words[IMPORT_WORDS_MAX];
	bool assigns = strchr(line, '=');
	int count = import_split(line, words);

	if (!count)
		return IMPORT_UNKNOWN;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (!strcasecmp(known[i].word, words[0]))
			return known[i].kind;
	}
	/* TOML's "[[source]]". */
	if (!strncmp(words[0], "[[", 2))
		return IMPORT_NTPD_RS;
	/* Where [Time] is missing: "NTP=a", "NTP = a". */
	words[0][strcspn(words[0], "=")] = '\0';
	if (assigns && (!strcmp(words[0], "NTP") || !strcmp(words[0], "FallbackNTP")))
		return IMPORT_TIMESYNCD;
	/* ntpd's reference clocks, and its way to ask for a family. */
	if (count > 1 && (!strncmp(words[1], "127.127.", 8) || !strcmp(words[1], "-4") ||
			  !strcmp(words[1], "-6")))
		return IMPORT_NTP;

	return IMPORT_UNKNOWN;
}

/* @context: how many lines there are of each kind. */
static void count_line(void *context, char *line, bool cut)
{
	size_t *lines = context;

	(void)cut;
	lines[kind_of_line(line)]++;
}

/* That of most lines; but one that nobody else has tells TOML, whose keys may be others' words. */
enum import_kind import_detect(const struct import_file *files, size_t count)
{
	size_t lines[IMPORT_KINDS] = { 0 };
	const struct import_reader reader = { .take = count_line, .context = lines };
	enum import_kind best = IMPORT_UNKNOWN;

	import_each_line(files, count, &reader);
	if (lines[IMPORT_NTPD_RS])
		return IMPORT_NTPD_RS;
	lines[IMPORT_UNKNOWN] = 0;
	for (int kind = IMPORT_CHRONY; kind < IMPORT_KINDS; kind++) {
		if (lines[kind] > lines[best])
			best = (enum import_kind)kind;
	}

	return best;
}

static const struct {
	enum import_kind kind;
	const char *name;
	const char *program;
	void (*write)(const struct import_file *files, size_t count, FILE *out);
} kinds[] = {
	{ IMPORT_CHRONY, "chrony", "chronyd", import_chrony },
	{ IMPORT_NTP, "ntp", "ntpd", import_ntp },
	{ IMPORT_TIMESYNCD, "timesyncd", "systemd-timesyncd", import_timesyncd },
	{ IMPORT_OPENNTPD, "openntpd", "OpenNTPD", import_openntpd },
};

enum import_kind import_kind_of_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!strcasecmp(kinds[i].name, name))
			return kinds[i].kind;
	}

	return IMPORT_UNKNOWN;
}

const char *import_name_of_kind(enum import_kind kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (kinds[i].kind == kind)
			return kinds[i].name;
	}

	return "unknown";
}

void import_write(enum import_kind kind, const struct import_file *files, size_t count, FILE *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (kinds[i].kind != kind)
			continue;
		fprintf(out, "# truechimed's configuration, made of %s's by 'truechime import'.\n",
			kinds[i].program);
		fputs("# Each line of that is a comment here, above what became of it.\n\n", out);
		kinds[i].write(files, count, out);
	}
}
