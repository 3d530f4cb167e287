// SPDX-License-Identifier: GPL-2.0-only
/*
 * OpenNTPD's ntpd.conf. Its lines do not depend on each other, but that it serves at all addresses
 * if one line says so.
 */
#include "cli/import.h"

#include <string.h>
#include <strings.h>

/* Addresses of a name that are asked; "servers" asks all. */
#define SERVERS_MOST	"16"

/**
 * struct openntpd - what is known while its lines are read
 * @out: gets the result
 * @everywhere: a line has "listen on *"
 * @allowed: 'allow' is written
 * @bound: the address of a family is written: IPv4, IPv6
 */
struct openntpd {
	FILE *out;
	bool everywhere;
	bool allowed;
	bool bound[2];
};

/* Strings may have quotes, and a comment may follow. How many words. */
static int split(char *line, char **words)
{
	bool quoted = false;
	char *to = line;

	for (const char *from = line; *from && (quoted || *from != '#'); from++) {
		if (*from == '"')
			quoted = !quoted;
		else
			*to++ = *from;
	}
	*to = '\0';

	return import_split(line, words);
}

/* What follows an address; each option has a value, but for "trusted". */
static void say_options(struct openntpd *import, int count, char **words)
{
	for (int i = 0; i < count; i++) {
		if (!strcmp(words[i], "weight") && i + 1 < count)
			import_say(import->out,
				   "without 'weight %s': servers count by how well they do",
				   words[++i]);
		else if (!strcmp(words[i], "trusted"))
			import_say(import->out,
				   "without 'trusted': no constraint would keep it out here");
		else
			import_say(import->out, "without '%s', which is not known", words[i]);
	}
}

static void import_server(struct openntpd *import, int count, char **words)
{
	struct import_words line = { .used = 0 };

	import_add(&line, "server %s iburst", words[1]);
	say_options(import, count - 2, words + 2);
	import_put(import->out, "%s", line.text);
}

static void import_servers(struct openntpd *import, int count, char **words)
{
	struct import_words line = { .used = 0 };

	import_add(&line, "pool %s iburst maxsources " SERVERS_MOST, words[1]);
	say_options(import, count - 2, words + 2);
	import_put(import->out, "%s", line.text);
}

static bool is_everywhere(const char *address)
{
	return !strcmp(address, "*");
}

/* Everybody is let in, once. */
static void put_allow(struct openntpd *import)
{
	if (!import->allowed)
		import->allowed = import_put(import->out, "allow");
}

static void import_listen(struct openntpd *import, int count, char **words)
{
	bool *bound;

	if (count < 3 || strcmp(words[1], "on")) {
		import_say(import->out, "not taken over: 'listen on ADDRESS' was expected");
		return;
	}
	if (count > 3)
		import_say(import->out, "without '%s': it is OpenBSD's", words[3]);
	if (is_everywhere(words[2])) {
		put_allow(import);
		return;
	}
	bound = &import->bound[!!strchr(words[2], ':')];
	if (import->everywhere) {
		import_say(import->out, "another line has it listen everywhere");
	} else if (*bound) {
		import_say(import->out,
			   "not taken over: it listens at one address of a family, or at all");
	} else {
		*bound = import_put(import->out, "bindaddress %s", words[2]);
		if (*bound)
			put_allow(import);
	}
}

static void import_query(struct openntpd *import, int count, char **words)
{
	if (count != 3 || strcmp(words[1], "from")) {
		import_say(import->out, "not taken over: 'query from ADDRESS' was expected");
		return;
	}
	import_say(import->out, "for all servers of this family, not only for those below it");
	import_put(import->out, "bindacqaddress %s", words[2]);
}

#define NO_CONSTRAINTS \
	"no web server is asked for the date; for servers that prove who they are, add 'nts' to some that have it"

/* The directives: a function, or why it is not taken over. */
static const struct {
	const char *name;
	void (*handle)(struct openntpd *import, int count, char **words);
	const char *why_not;
} directives[] = {
	{ "server", import_server, NULL },
	{ "servers", import_servers, NULL },
	{ "sensor", NULL, "only OpenBSD has such sensors; a receiver is a 'refclock' here" },
	{ "constraint", NULL, NO_CONSTRAINTS },
	{ "constraints", NULL, NO_CONSTRAINTS },
	{ "listen", import_listen, NULL },
	{ "query", import_query, NULL },
};

static void import_directive(struct openntpd *import, int count, char **words)
{
	for (size_t i = 0; i < ARRAY_SIZE(directives); i++) {
		if (strcmp(directives[i].name, words[0]))
			continue;
		if (count < 2)
			import_say(import->out, "not taken over: something is missing");
		else if (directives[i].handle)
			directives[i].handle(import, count, words);
		else
			import_say(import->out, "not taken over: %s", directives[i].why_not);
		return;
	}
	import_say(import->out, "not taken over: it is not known");
}

static void import_line(void *context, char *line, bool cut)
{
	const char *start = line + strspn(line, " ");
	struct openntpd *import = context;
	char copy[IMPORT_LINE_MAX];
	char *words[IMPORT_WORDS_MAX];
	int count;

	if (!*start) {
		fputc('\n', import->out);
		return;
	}
	if (*start == '#') {
		fprintf(import->out, "%s\n", start);
		return;
	}
	import_say_line(import->out, line);
	memcpy(copy, line, strlen(line) + 1);
	count = split(copy, words);
	if (cut)
		import_say(import->out, "not taken over: the line is too long");
	else if (count)
		import_directive(import, count, words);
}

static void note_line(void *context, char *line, bool cut)
{
	struct openntpd *import = context;
	char *words[IMPORT_WORDS_MAX];
	int count = split(line, words);

	if (!cut && count >= 3 && !strcmp(words[0], "listen") && is_everywhere(words[2]))
		import->everywhere = true;
}

/* Of each line: first what it says is noted, and then what becomes of it is written. */
static void each_line(struct openntpd *import, const struct import_file *files, size_t count,
		      void (*take)(void *context, char *line, bool cut))
{
	/* In the middle of a word, too, and comments as well. */
	static const struct import_joining joining = { "", NULL };
	const struct import_reader reader = { &joining, NULL, take, import };

	import_each_line(files, count, &reader);
}

void import_openntpd(const struct import_file *files, size_t count, FILE *out)
{
	struct openntpd import = { .out = out };

	each_line(&import, files, count, note_line);
	each_line(&import, files, count, import_line);
	fputs("\n# Not in the original, which may slew for days: step after the start.\n", out);
	import_put(out, "makestep 1 3");
	fputs("# The kernel sets the hardware clock.\n", out);
	import_put(out, "rtcsync");
	fputs("# Not in the original: keep the rate for the next start.\n", out);
	import_put(out, "driftfile /var/lib/truechime/drift");
}
