// SPDX-License-Identifier: GPL-2.0-only
/*
 * Of which program a configuration is, by the words that only one of them knows.
 */
#include "cli/import.h"

#include <string.h>
#include <strings.h>

/* Words that begin a line, by whose they are. What both chronyd and ntpd know is in none. */
static const char *const chrony_words[] = {
	"acquisitionport", "allow", "authselectmode", "bindacqaddress", "bindaddress",
	"bindcmdaddress", "cmdallow", "cmdport", "confdir", "deny", "dumpdir", "hwtimestamp",
	"include", "initstepslew", "keyfile", "leapseclist", "leapsecmode", "leapsectz", "local",
	"lock_all", "log", "logchange", "logdir", "mailonchange", "makestep", "maxchange",
	"maxdistance", "maxslewrate", "maxupdateskew", "minsources", "ntsdumpdir",
	"ntsservercert", "port", "ratelimit", "rtconutc", "rtcsync", "sched_priority",
	"smoothtime", "sourcedir", NULL
};

static const char *const ntp_words[] = {
	"broadcastclient", "crypto", "controlkey", "disable", "discard", "enable", "filegen",
	"fudge", "includefile", "interface", "keys", "leapfile", "logconfig", "logfile",
	"manycastclient", "mru", "multicastclient", "nts", "requestkey", "restrict", "rlimit",
	"statistics", "statsdir", "tinker", "tos", "trustedkey", NULL
};

static const char *const timesyncd_words[] = { "[time]", NULL };

static const char *const openntpd_words[] = {
	"constraint", "constraints", "listen", "query", "sensor", "servers", NULL
};

static const char *const *const known[IMPORT_KINDS] = {
	[IMPORT_CHRONY] = chrony_words,
	[IMPORT_NTP] = ntp_words,
	[IMPORT_TIMESYNCD] = timesyncd_words,
	[IMPORT_OPENNTPD] = openntpd_words,
};

static bool is_one_of(const char *const *words, const char *word)
{
	while (words && *words && strcasecmp(*words, word))
		words++;

	return words && *words;
}

static enum import_kind kind_of_line(char *line)
{
	char *words[IMPORT_WORDS_MAX];
	bool assigns = strchr(line, '=');
	int count = import_split(line, words);

	if (!count)
		return IMPORT_UNKNOWN;
	for (int kind = IMPORT_UNKNOWN; kind < IMPORT_KINDS; kind++) {
		if (is_one_of(known[kind], words[0]))
			return (enum import_kind)kind;
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
