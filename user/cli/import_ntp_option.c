// SPDX-License-Identifier: GPL-2.0-only
/*
 * ntp.conf's options of servers and of reference clocks as truechimed's.
 */
#include "cli/import_ntp.h"

#include <stdlib.h>
#include <strings.h>

/* Of servers of which nothing else is said. */
#define MINPOLL	"6"
#define MAXPOLL	"10"

/**
 * struct option - one of ntpd's options
 * @name: there
 * @values: that follow it, 0 or 1
 * @here: its name here; NULL: it has no meaning here
 * @why: what is said then; NULL: nothing
 */
struct option {
	const char *name;
	int values;
	const char *here;
	const char *why;
};

/* Of a server. */
static const struct option server_options[] = {
	{ "iburst", 0, "iburst", NULL },
	{ "burst", 0, "burst", NULL },
	{ "prefer", 0, "prefer", NULL },
	{ "noselect", 0, "noselect", NULL },
	{ "xleave", 0, "xleave", NULL },
	{ "nts", 0, "nts", NULL },
	{ "true", 0, "trust", NULL },
	{ "minpoll", 1, "minpoll", NULL },
	{ "maxpoll", 1, "maxpoll", NULL },
	{ "key", 1, "key", NULL },
	{ "version", 1, "version", NULL },
	{ "preempt", 0, NULL, "servers of a pool that do not serve are replaced in any case" },
	{ "autokey", 0, NULL, "Autokey protects nothing, and few servers still have it" },
	{ "noval", 0, NULL, "certificates are always checked" },
	{ "mode", 1, NULL, "it is for ntpd's own reference clock drivers" },
	{ "ttl", 1, NULL, "nothing is sent by multicast" },
	{ "bias", 1, NULL, "see 'offset' in truechime.conf(5)" },
	{ "expire", 1, NULL, "certificates are always checked" },
	{ "ask", 1, NULL, "the server decides which time server it names" },
	{ "require", 1, NULL, "the server decides which time server it names" },
	{ "ca", 1, NULL, "see 'ntstrustedcerts' and 'certset' in truechime.conf(5)" },
	{ "cert", 1, NULL, "a client needs none" },
	{ "aead", 1, NULL, "client and server agree about it" },
};

#define NO_CLOCKS_USE	"it has no meaning for a reference clock here"

/* Of a reference clock, in its own line or, in ntpd's, that of its fudge. */
static const struct option clock_options[] = {
	{ "prefer", 0, "prefer", NULL },
	{ "noselect", 0, "noselect", NULL },
	{ "true", 0, "trust", NULL },
	{ "minpoll", 1, "poll", NULL },
	{ "time1", 1, "offset", NULL },
	{ "stratum", 1, "stratum", NULL },
	{ "refid", 1, "refid", NULL },
	{ "unit", 1, NULL, NULL },
	{ "ppspath", 1, NULL, NULL },
	{ "flag2", 1, NULL, NULL },
	{ "maxpoll", 1, NULL, "a reference clock has one interval, 'poll'" },
	{ "iburst", 0, NULL, NO_CLOCKS_USE },
	{ "burst", 0, NULL, NO_CLOCKS_USE },
	{ "version", 1, NULL, NO_CLOCKS_USE },
	{ "key", 1, NULL, NO_CLOCKS_USE },
	{ "mode", 1, NULL, NO_CLOCKS_USE },
	{ "ttl", 1, NULL, NO_CLOCKS_USE },
	{ "bias", 1, NULL, "see 'offset' in truechime.conf(5)" },
	{ "time2", 1, NULL, NO_CLOCKS_USE },
	{ "flag1", 1, NULL, NO_CLOCKS_USE },
	{ "flag3", 1, NULL, NO_CLOCKS_USE },
	{ "flag4", 1, NULL, NO_CLOCKS_USE },
	{ "path", 1, NULL, NO_CLOCKS_USE },
	{ "baud", 1, NULL, NO_CLOCKS_USE },
};

/* Add an option of the table and its value. How many words that are. */
static int add_option(FILE *out, struct import_words *line, const struct option *options,
		      size_t option_count, int count, char **words)
{
	for (size_t i = 0; i < option_count; i++) {
		const struct option *option = &options[i];

		if (strcasecmp(words[0], option->name))
			continue;
		if (option->values >= count)
			break;
		if (option->why)
			import_say(out, "without '%s': %s", option->name, option->why);
		if (option->here)
			import_add(line, " %s", option->here);
		if (option->here && option->values)
			import_add(line, " %s", words[1]);
		return 1 + option->values;
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
