// SPDX-License-Identifier: GPL-2.0-only
/*
 * ntp.conf, as ntpd and ntpsec read it. ntpd steps the clock unless it is told not to, which is
 * added in the end; that it serves whoever asks is not.
 */
#include "cli/import_ntp.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What ntpd steps above, s. */
#define STEP_S	"0.128"

static bool has_word(int count, char **words, const char *word)
{
	for (int i = 0; i < count; i++) {
		if (!strcasecmp(words[i], word))
			return true;
	}

	return false;
}

/*
 * ntpsec's "NAME:PORT" and "[ADDRESS]:PORT" of a server with NTS, in place: the port, at which it
 * hands out keys. NULL: there is none.
 */
static const char *cut_port(char *name)
{
	char *colon = strrchr(name, ':');

	if (!colon || colon == name || !colon[1] ||
	    colon[1 + strspn(colon + 1, "0123456789")])
		return NULL;
	if (name[0] == '[' && colon[-1] == ']') {
		colon[-1] = '\0';
		memmove(name, name + 1, strlen(name));
	} else if (strchr(name, ':') == colon) {
		*colon = '\0';
	} else {
		return NULL;
	}

	return colon + 1;
}

/* server, pool and peer with a name or address. */
static void import_server(struct ntp_import *import, const char *directive, const char *family,
			  int count, char **words)
{
	const char *port = has_word(count, words, "nts") ? cut_port(words[0]) : NULL;
	struct import_words line = { .used = 0 };

	import_add(&line, "%s %s%s", directive, words[0], family);
	import_server_options(import->out, &line, count - 1, words + 1);
	if (port)
		import_add(&line, " ntsport %s", port);
	import_put(import->out, "%s", line.text);
}

/* "server -4 NAME ...", of a time server or a reference clock. */
static void import_source(struct ntp_import *import, int count, char **words)
{
	const char *family = "";
	const char *directive = words[0];

	if (count > 1 && (!strcmp(words[1], "-4") || !strcmp(words[1], "-6"))) {
		family = words[1][1] == '4' ? " ipv4" : " ipv6";
		count--;
		words++;
	}
	if (count < 2)
		import_say(import->out, "not taken over: it names no server");
	else if (!strncmp(words[1], "127.127.", 8))
		import_refclock(import, count - 1, words + 1);
	else
		import_server(import, directive, family, count - 1, words + 1);
}

/* "makestep" has one threshold for both ways: one that is never stepped forbids it. */
static void import_one_way_step(struct ntp_import *import, const char *word, double value)
{
	if (value > 0) {
		import_say(import->out, "'%s' is not taken over: steps have one threshold",
			   word);
		return;
	}
	import->has_step = true;
	import_say(import->out, "no step that way, and so none at all: for both, add 'makestep'");
}

/* "tinker panic 0 step 0.5" */
static void import_tinker(struct ntp_import *import, int count, char **words)
{
	for (int i = 1; i + 1 < count; i += 2) {
		double value = atof(words[i + 1]);

		if (!strcasecmp(words[i], "step")) {
			import->has_step = true;
			if (value > 0)
				import_put(import->out, "makestep %s -1", words[i + 1]);
			else
				import_say(import->out, "no step: so it is without 'makestep'");
		} else if (!strcasecmp(words[i], "panic")) {
			if (value > 0)
				import_put(import->out, "maxchange %s 1 0", words[i + 1]);
			else
				import_say(import->out, "no limit: so it is without 'maxchange'");
		} else if (!strcasecmp(words[i], "stepback") || !strcasecmp(words[i], "stepfwd")) {
			import_one_way_step(import, words[i], value);
		} else {
			import_say(import->out, "'%s' is not taken over: it is ntpd's own filter's",
				   words[i]);
		}
	}
}

/* "tos minsane 2 orphan 5" */
static void import_tos(struct ntp_import *import, int count, char **words)
{
	for (int i = 1; i + 1 < count; i += 2) {
		if (!strcasecmp(words[i], "minsane"))
			import_put(import->out, "minsources %s", words[i + 1]);
		else if (!strcasecmp(words[i], "maxdist"))
			import_put(import->out, "maxdistance %s", words[i + 1]);
		else if (!strcasecmp(words[i], "orphan"))
			import_put(import->out, "local stratum %s orphan", words[i + 1]);
		else
			import_say(import->out, "'%s' is not taken over: the selection differs",
				   words[i]);
	}
}

/* Each alone is an error here. */
static void import_pair(struct ntp_import *import)
{
	if (!*import->certificate || !*import->key)
		return;
	if (import_put(import->out, "ntsservercert %s", import->certificate))
		import_put(import->out, "ntsserverkey %s", import->key);
	*import->certificate = '\0';
	*import->key = '\0';
}

/* false: no file has that name. */
static bool import_nts_file(struct ntp_import *import, const char *name, const char *path)
{
	if (!strcasecmp(name, "ca")) {
		import_put(import->out, "ntstrustedcerts %s", path);
	} else if (!strcasecmp(name, "cookie")) {
		import_say(import->out, "keys of cookies are another file here, in a directory");
		import_put(import->out, "ntsdumpdir /var/lib/truechime/nts");
	} else if (!strcasecmp(name, "cert")) {
		snprintf(import->certificate, sizeof(import->certificate), "%s", path);
	} else if (!strcasecmp(name, "key")) {
		snprintf(import->key, sizeof(import->key), "%s", path);
	} else {
		return false;
	}
	import_pair(import);

	return true;
}

/* "nts ca FILE cert FILE key FILE", ntpsec's */
static void import_nts(struct ntp_import *import, int count, char **words)
{
	for (int i = 1; i < count; i++) {
		if (i + 1 < count && import_nts_file(import, words[i], words[i + 1]))
			i++;
		else
			import_say(import->out, "'%s' is not taken over", words[i]);
	}
}

static void import_driftfile(struct ntp_import *import, int count, char **words)
{
	(void)count;
	(void)words;
	import->has_driftfile = true;
	import_say(import->out, "of another format: truechimed learns the rate anew");
	import_put(import->out, "driftfile /var/lib/truechime/drift");
}

/* A key of that length would be read as text, and no server would know it. */
static void import_keys(struct ntp_import *import, int count, char **words)
{
	if (import_put(import->out, "keyfile %s", count > 1 ? words[1] : ""))
		import_say(import->out, "%s",
			   "to be changed there: a key of more than 20 characters is hexadecimal, and takes HEX: in front; types are those of KEYS in truechime.conf(5), and comments have lines of their own");
}

#define WHO_MAY	"nobody may ask truechimed for the time unless 'allow' lets him, and only this machine asks how it is"
#define NO_LOGS	"messages are in the journal, see also 'truechime events'"
#define OTHER_FILES \
	"files of measurements have chronyd's columns: add 'log tracking measurements statistics' and 'logdir /var/log/truechime'"
#define NO_GROUP \
	"time is neither sent to nor taken from groups of machines: name servers with 'server'"
#define WHERE \
	"see 'bindacqaddress', and 'bindaddress' for the server, in truechime.conf(5)"
#define IN_ANY_CASE	"truechimed does so in any case, or has nothing of the kind"

/* "disable ntp monitor": with the first ntpd only watches, and no line here says that. */
static void import_disable(struct ntp_import *import, int count, char **words)
{
	bool watches = false;

	for (int i = 1; i < count; i++)
		watches |= !strcasecmp(words[i], "ntp");
	if (watches)
		import_say(import->out,
			   "not taken over: to leave the clock alone, start truechimed with -x");
	if (count - watches > 1)
		import_say(import->out, "not taken over: %s", IN_ANY_CASE);
}

/* The directives: a function, the same under another name, or why it is not taken over. */
static const struct {
	const char *name;
	void (*import)(struct ntp_import *import, int count, char **words);
	const char *renamed;
	const char *why_not;
} directives[] = {
	{ "server", import_source, NULL, NULL },
	{ "pool", import_source, NULL, NULL },
	{ "peer", import_source, NULL, NULL },
	{ "refclock", import_driver, NULL, NULL },
	{ "tinker", import_tinker, NULL, NULL },
	{ "tos", import_tos, NULL, NULL },
	{ "nts", import_nts, NULL, NULL },
	{ "driftfile", import_driftfile, NULL, NULL },
	{ "leapfile", NULL, "leapseclist", NULL },
	{ "keys", import_keys, NULL, NULL },
	{ "dscp", NULL, "dscp", NULL },
	{ "ntpsigndsocket", NULL, "ntpsigndsocket", NULL },
	{ "fudge", import_fudge, NULL, NULL },
	{ "restrict", NULL, NULL, WHO_MAY },
	{ "interface", NULL, NULL, WHERE },
	{ "nic", NULL, NULL, WHERE },
	{ "trustedkey", NULL, NULL, "each key of the key file can be used" },
	{ "controlkey", NULL, NULL, WHO_MAY },
	{ "requestkey", NULL, NULL, WHO_MAY },
	{ "statsdir", NULL, NULL, OTHER_FILES },
	{ "statistics", NULL, NULL, OTHER_FILES },
	{ "filegen", NULL, NULL, OTHER_FILES },
	{ "logfile", NULL, NULL, NO_LOGS },
	{ "logconfig", NULL, NULL, NO_LOGS },
	{ "pidfile", NULL, NULL, "systemd knows truechimed's process" },
	{ "includefile", NULL, NULL, "give that file to 'truechime import', too" },
	{ "broadcast", NULL, NULL, NO_GROUP },
	{ "broadcastclient", NULL, NULL, NO_GROUP },
	{ "manycastclient", NULL, NULL, NO_GROUP },
	{ "manycastserver", NULL, NULL, NO_GROUP },
	{ "multicastclient", NULL, NULL, NO_GROUP },
	{ "crypto", NULL, NULL, "Autokey protects nothing, and few servers still have it" },
	{ "discard", NULL, NULL, IN_ANY_CASE },
	{ "mru", NULL, NULL, IN_ANY_CASE },
	{ "rlimit", NULL, NULL, "see 'lock_all' in truechime.conf(5)" },
	{ "disable", import_disable, NULL, NULL },
	{ "enable", NULL, NULL, IN_ANY_CASE },
};

static void import_directive(struct ntp_import *import, int count, char **words)
{
	for (size_t i = 0; i < ARRAY_SIZE(directives); i++) {
		if (strcasecmp(words[0], directives[i].name))
			continue;
		if (directives[i].import) {
			directives[i].import(import, count, words);
		} else if (directives[i].renamed) {
			import_put(import->out, "%s %s", directives[i].renamed,
				   count > 1 ? words[1] : "");
		} else {
			import_say(import->out, "not taken over: %s", directives[i].why_not);
		}
		return;
	}
	import_say(import->out, "not taken over: '%s' is not known", words[0]);
}

/* Comments of ntp.conf may follow something, and words may be quoted. In place. */
static int split_directive(char *line, char **words)
{
	int count = 0;

	while (count < IMPORT_WORDS_MAX) {
		const char *ends = " #";

		line += strspn(line, " ");
		if (!*line || *line == '#')
			break;
		if (*line == '"') {
			ends = "\"";
			line++;
		}
		words[count++] = line;
		line += strcspn(line, ends);
		if (!*line)
			break;
		/* Of a comment nothing is left. */
		if (*line == '#')
			line[1] = '\0';
		*line++ = '\0';
	}

	return count;
}

static void import_line(void *context, char *line, bool cut)
{
	struct ntp_import *import = context;
	char *words[IMPORT_WORDS_MAX];
	char copy[IMPORT_LINE_MAX];
	int count;

	memcpy(copy, line, strlen(line) + 1);
	count = split_directive(copy, words);
	if (!count) {
		fprintf(import->out, "%s\n", line + strspn(line, " "));
		return;
	}
	import_say_line(import->out, line);
	if (cut)
		import_say(import->out, "not taken over: the line is too long");
	else
		import_directive(import, count, words);
}

/* "tos orphan 6"; 16 is ntpd's word for never. */
static void note_tos(struct ntp_import *import, int count, char **words)
{
	for (int i = 1; i + 1 < count; i += 2) {
		if (!strcasecmp(words[i], "orphan"))
			import->has_orphan = atoi(words[i + 1]) > 0 && atoi(words[i + 1]) < 16;
	}
}

static void note_fudge_line(void *context, char *line, bool cut)
{
	char *words[IMPORT_WORDS_MAX];
	int count = split_directive(line, words);

	(void)cut;
	if (count && !strcasecmp(words[0], "fudge"))
		import_note_fudge(context, count, words);
}

/* The fudge line of a clock, which may stand below it, is known by now. */
static void note_line(void *context, char *line, bool cut)
{
	char *words[IMPORT_WORDS_MAX];
	int count = split_directive(line, words);

	(void)cut;
	if (count && (!strcasecmp(words[0], "server") || !strcasecmp(words[0], "peer")))
		import_note_clock(context, count, words);
	else if (count && !strcasecmp(words[0], "tos"))
		note_tos(context, count, words);
}

void import_ntp(const struct import_file *files, size_t count, FILE *out)
{
	static void (*const takes[])(void *context, char *line, bool cut) = {
		note_fudge_line, note_line, import_line,
	};
	struct ntp_import import = { .out = out };
	struct import_reader reader = { .context = &import };

	for (size_t i = 0; i < ARRAY_SIZE(takes); i++) {
		reader.take = takes[i];
		import_each_line(files, count, &reader);
	}
	if (*import.certificate || *import.key)
		fprintf(out, "# '%s' of NTS is not taken over: it takes both 'cert' and 'key'\n",
			*import.key ? "key" : "cert");
	fputs("\n# What ntpd does unless it is told otherwise.\n", out);
	if (!import.has_step)
		import_put(out, "makestep " STEP_S " -1");
	fputs("# The kernel sets the hardware clock.\n", out);
	import_put(out, "rtcsync");
	if (!import.has_driftfile) {
		fputs("# Not in the original: keep the rate for the next start.\n", out);
		import_put(out, "driftfile /var/lib/truechime/drift");
	}
}
