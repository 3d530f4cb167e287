// SPDX-License-Identifier: GPL-2.0-only
/*
 * The options: their names and letters, where among other words they are looked for, and what is
 * wrong with a value.
 */
#include "cli/options.h"

#include <assert.h>
#include <ctype.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/verbs.h"
#include "ipc/socket.h"
#include "lib/array_size.h"
#include "lib/names.h"

/* Options without a letter that can be typed: that of their place in struct verb's options. */
enum {
	OPTION_NTP_ONLY = 'x',
	OPTION_PORT = 'P',
	OPTION_KIND = 'K',
	OPTION_WARN = 'W',
	OPTION_CRIT = 'C',
	OPTION_CEPH = 'E',
	OPTION_SINCE = 's',
	OPTION_TIMEOUT = 'T',
};

static const struct option names[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "csv", no_argument, NULL, 'c' },
	{ "all", no_argument, NULL, 'a' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "follow", no_argument, NULL, 'f' },
	{ "kind", required_argument, NULL, OPTION_KIND },
	{ "names", no_argument, NULL, 'N' },
	{ "socket", required_argument, NULL, 'S' },
	{ "within", required_argument, NULL, 'w' },
	{ "timeout", required_argument, NULL, OPTION_TIMEOUT },
	{ "since", required_argument, NULL, OPTION_SINCE },
	{ "output", required_argument, NULL, 'o' },
	{ "ntp-only", no_argument, NULL, OPTION_NTP_ONLY },
	{ "port", required_argument, NULL, OPTION_PORT },
	{ "warn", required_argument, NULL, OPTION_WARN },
	{ "crit", required_argument, NULL, OPTION_CRIT },
	{ "ceph", no_argument, NULL, OPTION_CEPH },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static_assert(sizeof(names) / sizeof(*names) + sizeof("46demnprk") <= OPTIONS_GIVEN_MAX,
	      "a letter each, and room for those without another name");

/* They are for all verbs. */
#define OPTIONS_OF_ALL	"nSdem"

void options_print(void)
{
	fputs("  -j, --json         JSON instead of sentences and tables\n"
	      "  -c, --csv          fields separated by commas, as of chronyc -c\n"
	      "  -v, --verbose      explain the tables' columns\n"
	      "  -f, --follow       events: report new ones as they happen\n"
	      "  -k, --kind KIND    import: the files are of chrony, ntp, timesyncd or openntpd\n"
	      "  -w, --within TIME  skew, check: how far apart clocks may be (skew: 50ms);\n"
	      "                     waitsync: how wrong ours may be at most\n"
	      "      --timeout TIME waitsync: give up after so long\n"
	      "      --warn TIME    check: error that is a warning (half of --crit; 100ms)\n"
	      "      --crit TIME    check: error that is critical (1s)\n"
	      "      --ceph         check: as --within 50ms, the limit of Ceph's monitors\n"
	      "      --since TIME   plot, top: how far back (1h, 10min)\n"
	      "  -o, --output FILE  plot: write it there\n"
	      "      --ntp-only     skew: do not ask by ssh those who answer no NTP\n"
	      "      --port NUMBER  skew: UDP port of NTP (123)\n"
	      "  -k                 clients: their connections for keys of NTS, too\n"
	      "  -p NUMBER          clients: only those that asked so often\n"
	      "  -r                 clients: show them, and count anew from then on\n"
	      "  -N, --names        tables of sources: names as configured, not addresses\n"
	      "  -a, --all          with --csv: sources that have no address yet, too\n"
	      "  -e                 a line with a dot at the end, as of chronyc -e\n"
	      "  -m                 each word is a command of its own, as with chronyc -m\n"
	      "  -n                 for those used to chronyc: addresses are never looked up\n"
	      "  -d                 likewise: it changes nothing\n"
	      "  -4, -6             names as arguments: their addresses of IPv4, of IPv6\n"
	      "  -S, --socket PATH  the daemon's socket instead of " CONTROL_PATH "\n"
	      "  -V, --version      the version\n"
	      "  -h, --help         this\n",
	      stdout);
}

/*
 * Options of a source may have negative values, and so has makestep; "-trust" takes back an option.
 * What follows these verbs are no options of this program.
 */
static bool ends_options(const char *word)
{
	const struct verb *verb = verbs_find(word);

	return verb && (verb->run_with == verb_add || verb->run_with == verb_makestep ||
			verb->run_with == verb_change);
}

/*
 * "waitsync -1", "settime 16:30 -05:00": what follows these are numbers, also where there is an
 * option of that digit.
 */
static bool is_negative(const char *word)
{
	return word[0] == '-' && (isdigit((unsigned char)word[1]) || word[1] == '.');
}

static bool takes_numbers(const char *word)
{
	return !strcmp(word, "settime") || !strcmp(word, "manual") || !strcmp(word, "waitsync");
}

/* "waitsync --within -1": what follows that is its value, whatever it looks like. */
static bool takes_value(const char *word)
{
	if (!strcmp(word, "-w"))
		return true;
	for (const struct option *option = names; option->name; option++) {
		if (option->has_arg == required_argument && !strncmp(word, "--", 2) &&
		    !strcmp(word + 2, option->name))
			return true;
	}

	return false;
}

/* All of them, the k with or without a value. */
#define LETTERS(k)	":46acdefj" k "mnNo:p:rS:vVw:h"

/*
 * With the "+" the first word that is no option ends them. The k of clients is chronyc's, and has
 * no value.
 */
static const char *letters_for(int argc, char **argv)
{
	static const char letters[] = "+" LETTERS("k:");
	static const char letters_of_clients[] = LETTERS("k");
	bool has_numbers = false, clients = false, import = false;

	for (int i = 1; i < argc; i++) {
		if (ends_options(argv[i]) ||
		    (has_numbers && is_negative(argv[i]) && !takes_value(argv[i - 1])))
			return letters;
		has_numbers |= takes_numbers(argv[i]);
		clients |= !strcmp(argv[i], "clients");
		import |= !strcmp(argv[i], "import");
	}

	return clients && !import ? letters_of_clients : letters + 1;
}

/* A shell's variable that is not set would be a daemon that is not there. */
static bool take_path(const char *option, const char *text, const char **path)
{
	if (*text) {
		*path = text;
		return true;
	}
	user_err("%s takes a path, and none is there", option);

	return false;
}

static bool take_time(const char *option, const char *example, const char *text, int64_t *ns)
{
	if (duration_of_text(text, ns) && *ns > 0)
		return true;
	user_err("%s takes a time such as %s, not \"%s\"", option, example, text);

	return false;
}

/* Given more than once, the least counts. */
static bool take_within(struct cli *cli, const char *text)
{
	int64_t within_ns;

	if (!take_time("--within", "50ms", text, &within_ns))
		return false;
	if (!cli->within_ns || within_ns < cli->within_ns)
		cli->within_ns = within_ns;

	return true;
}

/* A day is what the daemon remembers. */
static bool take_since(struct cli *cli, const char *text)
{
	if (duration_of_text(text, &cli->since_ns) && cli->since_ns >= 1000000000)
		return true;
	user_err("--since takes a time of 1s or more such as 10min or 1h, not \"%s\"", text);

	return false;
}

static bool take_hits(struct cli *cli, const char *text)
{
	char *end;
	unsigned long long hits = strtoull(text, &end, 10);

	if (isdigit((unsigned char)*text) && !*end && hits <= UINT32_MAX) {
		cli->least_hits = (uint32_t)hits;
		return true;
	}
	user_err("-p takes a number of requests, not \"%s\"", text);

	return false;
}

static bool take_port(struct cli *cli, const char *text)
{
	if (seconds_of_text(text, UINT16_MAX, &cli->port))
		return true;
	user_err("--port takes a number from 1 to 65535, not \"%s\"", text);

	return false;
}

/* One that is given or not. false: it is another one. */
static bool take_flag(struct cli *cli, int option)
{
	const struct {
		int option;
		bool *flag;
	} flags[] = {
		{ 'j', &cli->json }, { 'c', &cli->csv }, { 'a', &cli->all },
		{ 'v', &cli->verbose }, { 'f', &cli->follow }, { 'k', &cli->nts },
		{ 'N', &cli->names }, { 'e', &cli->end_dot }, { 'm', &cli->multiple },
		{ 'r', &cli->reset }, { OPTION_CEPH, &cli->ceph },
		{ OPTION_NTP_ONLY, &cli->ntp_only },
	};

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		if (flags[i].option == option)
			return *flags[i].flag = true;
	}

	return false;
}

/* One with a value. false: that makes no sense, which was said. */
static bool take_value(struct cli *cli, int option, const char *text)
{
	switch (option) {
	case 'S':
		return take_path("--socket", text, &cli->socket_path);
	case 'w':
		return take_within(cli, text);
	case OPTION_WARN:
		return take_time("--warn", "50ms", text, &cli->warn_ns);
	case OPTION_CRIT:
		return take_time("--crit", "50ms", text, &cli->crit_ns);
	case OPTION_TIMEOUT:
		return take_time("--timeout", "30s", text, &cli->timeout_ns);
	case OPTION_SINCE:
		return take_since(cli, text);
	case 'o':
		return take_path("--output", text, &cli->output);
	case 'p':
		return take_hits(cli, text);
	case OPTION_PORT:
		return take_port(cli, text);
	default:	/* OPTION_KIND */
		cli->kind = text;
		return true;
	}
}

static enum options_outcome take_option(struct cli *cli, int option, char **argv)
{
	if (take_flag(cli, option))
		return OPTIONS_TAKEN;
	switch (option) {
	case '4':
		cli->family = AF_INET;
		return OPTIONS_TAKEN;
	case '6':
		cli->family = AF_INET6;
		return OPTIONS_TAKEN;
	case 'd':
	case 'n':
		return OPTIONS_TAKEN;
	case 'V':
		return OPTIONS_VERSION;
	case 'h':
		return OPTIONS_HELP;
	case '?':
	case ':':
		user_err_option(option, names, argv);
		return OPTIONS_WRONG;
	}

	return take_value(cli, option, optarg) ? OPTIONS_TAKEN : OPTIONS_WRONG;
}

enum options_outcome options_take(struct cli *cli, int argc, char **argv,
				  char given[OPTIONS_GIVEN_MAX])
{
	const char *letters = letters_for(argc, argv);
	enum options_outcome outcome;
	int option;

	while ((option = getopt_long(argc, argv, letters, names, NULL)) != -1) {
		if (option == 'k' && optarg)
			option = OPTION_KIND;
		outcome = take_option(cli, option, argv);
		if (outcome != OPTIONS_TAKEN)
			return outcome;
		if (!strchr(given, option))
			given[strlen(given)] = (char)option;
	}

	return OPTIONS_TAKEN;
}

bool options_are_of_use(const char *given, const char *verb, const char *useful)
{
	const struct option *option = names;
	char letter[] = "-?";

	for (; *given; given++)
		if (!strchr(OPTIONS_OF_ALL, *given) && !strchr(useful, *given))
			break;
	if (!*given)
		return true;
	while (option->name && option->val != *given)
		option++;
	letter[1] = *given;
	user_err("%s has no use for %s%s. See: truechime --help",
		 verb, option->name ? "--" : "", option->name ? option->name : letter);

	return false;
}
