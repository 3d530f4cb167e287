// SPDX-License-Identifier: GPL-2.0-only
/*
 * ntp.conf's options of servers and of reference clocks as truechimed's.
 */
#include "cli/import_ntp.h"

#include <stdbool.h>
#include <stdlib.h>
#include <strings.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* Of servers of which nothing else is said. */
#define MINPOLL	"6"
#define MAXPOLL	"10"

/* ntpd's options: the same, something else, or without meaning here; some with a value. */
enum option_kind { SAME, SAME_VALUE, RENAMED, RENAMED_VALUE, DROPPED, DROPPED_VALUE };

struct option {
	const char *name;
	enum option_kind kind;
	const char *other;	/* the other name, or why it is dropped; NULL: it is not */
};

/* Of a server. */
static const struct option server_options[] = {
	{ "iburst", SAME, NULL },
	{ "burst", SAME, NULL },
	{ "prefer", SAME, NULL },
	{ "noselect", SAME, NULL },
	{ "xleave", SAME, NULL },
	{ "nts", SAME, NULL },
	{ "true", RENAMED, "trust" },
	{ "minpoll", SAME_VALUE, NULL },
	{ "maxpoll", SAME_VALUE, NULL },
	{ "key", SAME_VALUE, NULL },
	{ "version", SAME_VALUE, NULL },
	{ "preempt", DROPPED, "servers of a pool that do not serve are replaced in any case" },
	{ "autokey", DROPPED, "Autokey protects nothing, and few servers still have it" },
	{ "noval", DROPPED, "certificates are always checked" },
	{ "mode", DROPPED_VALUE, "it is for ntpd's own reference clock drivers" },
	{ "ttl", DROPPED_VALUE, "nothing is sent by multicast" },
	{ "bias", DROPPED_VALUE, "see 'offset' in truechime.conf(5)" },
	{ "expire", DROPPED_VALUE, "certificates are always checked" },
	{ "ask", DROPPED_VALUE, "the server decides which time server it names" },
	{ "require", DROPPED_VALUE, "the server decides which time server it names" },
	{ "ca", DROPPED_VALUE, "see 'ntstrustedcerts' and 'certset' in truechime.conf(5)" },
	{ "cert", DROPPED_VALUE, "a client needs none" },
	{ "aead", DROPPED_VALUE, "client and server agree about it" },
};

#define NO_CLOCKS_USE	"it has no meaning for a reference clock here"

/* Of a reference clock, in its own line or, in ntpd's, that of its fudge. */
static const struct option clock_options[] = {
	{ "prefer", SAME, NULL },
	{ "noselect", SAME, NULL },
	{ "true", RENAMED, "trust" },
	{ "minpoll", RENAMED_VALUE, "poll" },
	{ "time1", RENAMED_VALUE, "offset" },
	{ "stratum", SAME_VALUE, NULL },
	{ "refid", SAME_VALUE, NULL },
	{ "unit", DROPPED_VALUE, NULL },
	{ "ppspath", DROPPED_VALUE, NULL },
	{ "flag2", DROPPED_VALUE, NULL },
	{ "maxpoll", DROPPED_VALUE, "a reference clock has one interval, 'poll'" },
	{ "iburst", DROPPED, NO_CLOCKS_USE },
	{ "burst", DROPPED, NO_CLOCKS_USE },
	{ "version", DROPPED_VALUE, NO_CLOCKS_USE },
	{ "key", DROPPED_VALUE, NO_CLOCKS_USE },
	{ "mode", DROPPED_VALUE, NO_CLOCKS_USE },
	{ "ttl", DROPPED_VALUE, NO_CLOCKS_USE },
	{ "bias", DROPPED_VALUE, "see 'offset' in truechime.conf(5)" },
	{ "time2", DROPPED_VALUE, NO_CLOCKS_USE },
	{ "flag1", DROPPED_VALUE, NO_CLOCKS_USE },
	{ "flag3", DROPPED_VALUE, NO_CLOCKS_USE },
	{ "flag4", DROPPED_VALUE, NO_CLOCKS_USE },
	{ "path", DROPPED_VALUE, NO_CLOCKS_USE },
	{ "baud", DROPPED_VALUE, NO_CLOCKS_USE },
};

static bool has_value(const struct option *option)
{
	switch (option->kind) {
	case SAME_VALUE:
	case RENAMED_VALUE:
	case DROPPED_VALUE:
		return true;
	case SAME:
	case RENAMED:
	case DROPPED:
		break;
	}

	return false;
}

static void add_known(FILE *out, struct import_words *line, const struct option *option,
		      const char *value)
{
	switch (option->kind) {
	case DROPPED:
	case DROPPED_VALUE:
		if (option->other)
			import_say(out, "without '%s': %s", option->name, option->other);
		break;
	case SAME:
		import_add(line, " %s", option->name);
		break;
	case RENAMED:
		import_add(line, " %s", option->other);
		break;
	case SAME_VALUE:
		import_add(line, " %s %s", option->name, value);
		break;
	case RENAMED_VALUE:
		import_add(line, " %s %s", option->other, value);
		break;
	}
}

/* Add an option of the table and its value. How many words that are. */
static int add_option(FILE *out, struct import_words *line, const struct option *options,
		      size_t option_count, int count, char **words)
{
	for (size_t i = 0; i < option_count; i++) {
		bool takes_value = has_value(&options[i]);

		if (strcasecmp(words[0], options[i].name))
			continue;
		if (takes_value && count < 2)
			break;
		add_known(out, line, &options[i], takes_value ? words[1] : NULL);
		return takes_value ? 2 : 1;
	}
	import_say(out, "without '%s', which is not known", words[0]);

	return 1;
}

/* chronyd, and truechimed, lift 'maxpoll' to 'minpoll'; ntpd lowers 'minpoll' to 'maxpoll'. */
static void keep_maxpoll(FILE *out, struct import_words *line, int count, char **words)
{
	static char usual[] = MAXPOLL;
	char **least = NULL, *most = usual;

	for (int i = 0; i + 1 < count; i++) {
		if (!strcasecmp(words[i], "minpoll"))
			least = &words[i + 1];
		else if (!strcasecmp(words[i], "maxpoll"))
			most = words[i + 1];
	}
	if (atoi(least ? *least : MINPOLL) <= atoi(most))
		return;
	import_say(out, "as in ntpd 'minpoll' is %s, which 'maxpoll' is", most);
	if (least)
		*least = most;
	else
		import_add(line, " minpoll %s", most);
}

void import_server_options(FILE *out, struct import_words *line, int count, char **words)
{
	keep_maxpoll(out, line, count, words);
	for (int i = 0; i < count;)
		i += add_option(out, line, server_options, ARRAY_SIZE(server_options), count - i,
				words + i);
}

void import_clock_options(FILE *out, struct import_words *line, int count, char **words)
{
	for (int i = 0; i < count;)
		i += add_option(out, line, clock_options, ARRAY_SIZE(clock_options), count - i,
				words + i);
}
