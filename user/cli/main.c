// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime: options and the choice of the verb.
 */
#include <ctype.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "chronyc/refusal.h"
#include "cli/cli.h"
#include "ipc/socket.h"
#include "lib/descriptors.h"
#include "lib/names.h"
#include "lib/output.h"
#include "lib/user_err.h"

/* Options without a letter that can be typed: that of their place in own_options. */
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

/* They are for all verbs. */
#define OPTIONS_OF_ALL	"nSdem"

/* A verb of chronyc's takes what chronyc takes, whether or not there is a use for it. */
#define OPTIONS_OF_CHRONYC	"jcvNa46"

/* The others take what they have a use for. */
static const struct {
	const char *verb;
	const char *options;
} own_options[] = {
	{ "status", "j" }, { "peers", "jcNa" }, { "settime", "jv" }, { "events", "jf" },
	{ "rivals", "jv" }, { "top", "Ns" }, { "plot", "so" }, { "skew", "jwPx" },
	{ "check", "jwWCE" }, { "doctor", "j" }, { "policy", "j" }, { "mode", "j" },
	{ "import", "K" }, { "host", "j" }, { "clients", OPTIONS_OF_CHRONYC "kpr" },
	{ "waitsync", OPTIONS_OF_CHRONYC "wT" },
};

static const struct verb {
	const char *name;
	int (*run)(const struct cli *cli);
	int (*run_with)(const struct cli *cli, int argc, char **argv);	/* arguments; else NULL */
	const char *help;
} verbs[] = {
	{ "status", verb_status, NULL, "is the clock right, and how is that known? (default)" },
	{ "tracking", verb_tracking, NULL, "the system clock's offset, frequency and errors" },
	{ "sources", verb_sources, NULL, "the time sources and their latest samples" },
	{ "sourcestats", verb_sourcestats, NULL, "what the samples of each source say" },
	{ "peers", verb_peers, NULL, "the time sources in the columns of ntpq -p" },
	{ "selectdata", verb_selectdata, NULL, "what became of each source in the selection" },
	{ "ntpdata", NULL, verb_ntpdata, "the latest packet of each server; HOST" },
	{ "sourcename", NULL, verb_sourcename, "the name that HOST was configured by" },
	{ "authdata", verb_authdata, NULL, "how the answers of each server are authenticated" },
	{ "serverstats", verb_serverstats, NULL, "what the NTP server has counted" },
	{ "clients", verb_clients, NULL, "who asked the NTP server" },
	{ "accheck", NULL, verb_accheck, "would the NTP server answer HOST?" },
	{ "cmdaccheck", NULL, verb_cmdaccheck, "would chronyc be answered at HOST?" },
	{ "waitsync", NULL, verb_waitsync,
	  "wait for the clock; --within, or TRIES CORRECTION SKEW INTERVAL" },
	{ "makestep", NULL, verb_makestep, "step the system clock to the right time now" },
	{ "settime", NULL, verb_settime, "set the time by hand; TIME, list, delete N, reset" },
	{ "manual", NULL, verb_manual, "as chronyc's; on, off, list, delete N, reset" },
	{ "activity", verb_activity, NULL, "how many time sources are asked, how many not" },
	{ "burst", NULL, verb_burst, "ask all time sources now; GOOD/MAX [WHICH]" },
	{ "online", NULL, verb_online, "ask time sources again; WHICH" },
	{ "offline", NULL, verb_offline, "ask time sources no more; WHICH" },
	{ "onoffline", verb_onoffline, NULL, "ask exactly those that there is a route to" },
	{ "refresh", verb_refresh, NULL, "resolve the names of time sources again" },
	{ "add", NULL, verb_add, "add a time source; server NAME ..., pool NAME ..." },
	{ "delete", NULL, verb_delete, "remove a time source; ADDRESS, NAME" },
	{ "allow", NULL, verb_directive, "serve NTP to a network until the next reload" },
	{ "deny", NULL, verb_directive, "serve no NTP to a network until then" },
	{ "cmdallow", NULL, verb_directive, "answer chronyc from a network until then" },
	{ "cmddeny", NULL, verb_directive, "do not answer it" },
	{ "local", NULL, verb_directive, "serve the clock as it is; off, stratum N" },
	{ "rekey", verb_plain, NULL, "read the file of keys again" },
	{ "reselect", verb_plain, NULL, "select the sources now" },
	{ "dump", verb_dump, NULL, "write the drift file now" },
	{ "cyclelogs", verb_plain, NULL, "let go of files of measurements that were moved" },
	{ "shutdown", verb_plain, NULL, "end the daemon" },
	{ "reload", NULL, verb_reload, "let the daemon read its configuration again; sources" },
	{ "events", verb_events, NULL, "disruptions and steps; --follow: as they happen" },
	{ "rivals", verb_rivals, NULL, "who else has changed the clock; -v: each change" },
	{ "top", verb_top, NULL, "clock, sources and disruptions, live; q ends it" },
	{ "plot", verb_plot, NULL, "the clock's recent past as a picture (SVG)" },
	{ "skew", NULL, verb_skew, "how far apart the clocks of these hosts are; HOST ..." },
	{ "check", verb_check, NULL, "for Nagios and Icinga: is the clock right enough?" },
	{ "doctor", verb_doctor, NULL, "what keeps this clock wrong, and what to do about it" },
	{ "policy", NULL, verb_policy, "the step policy; set OCCASION DIRECTION RULE ..." },
	{ "mode", NULL, verb_mode, "who steers the module's clock; auto, external" },
	{ "import", NULL, verb_import, "another program's configuration as ours; FILE ..." },
	{ "host", NULL, verb_host, "the host's clock; list, choose NAME, demote, reinstate" },
	{ NULL, NULL, NULL, NULL },
};

static void print_usage(void)
{
	const struct verb *verb;

	fputs("Usage: truechime [OPTION]... [VERB [ARGUMENT]...]\n"
	      "Query and control the kernel module truechime and the daemon truechimed.\n\n",
	      stdout);
	for (verb = verbs; verb->name; verb++)
		printf("  %-12s  %s\n", verb->name, verb->help);
	fputs("\n  -j, --json         JSON instead of sentences and tables\n"
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
	      "  -h, --help         this\n\n"
	      "Exit status: 0: done (status: synchronised); 1: refused (status: not\n"
	      "synchronised, or neither module nor daemon runs); 2: wrong usage, or the module\n"
	      "or daemon that is needed does not run; check: 0 OK, 1 WARNING, 2 CRITICAL,\n"
	      "3 UNKNOWN.\n",
	      stdout);
}

/*
 * Options of a source may have negative values, and so has makestep: what follows these verbs are
 * no options of this program.
 */
static bool ends_options(const char *word)
{
	return !strcmp(word, "add") || !strcmp(word, "makestep");
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

/* Whatever is an option: a monitoring system gives its plugin no other words. */
static bool is_check(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (!strcmp(argv[i], "check"))
			return true;
	return false;
}

/*
 * What was typed makes no sense, as was said on stderr. A monitoring system reads stdout, and would
 * take the usual exit status for a critical state.
 */
static int wrong_usage(int argc, char **argv)
{
	return is_check(argc, argv) ? check_unknown("wrong usage. See: truechime --help") :
				      CLI_ERROR;
}

/* On a full disk there is a part of what was asked for, which is no success. */
static int finish_output(int status, int argc, char **argv)
{
	if (!output_status("truechime"))
		return status;
	if (is_check(argc, argv))
		return check_unknown("its line cannot be written");

	return status ? status : CLI_NOT;
}

static const struct verb *find_verb(const char *name)
{
	const struct verb *verb;

	for (verb = verbs; verb->name; verb++)
		if (!strcmp(verb->name, name))
			return verb;
	return NULL;
}

/* Options that are given, a letter each, and room for those without another name. */
#define GIVEN_MAX	(sizeof(names) / sizeof(*names) + sizeof("46demnprk"))

/* With -m: as many as a line of chronyc's has at most are fewer. */
#define LINE_WORDS_MAX	128

/* No exit status: there is more to do. */
#define GO_ON	(-1)

/* One option. GO_ON, or the exit status with which the program ends. */
static int take_option(struct cli *cli, int option, int argc, char **argv)
{
	bool right = true;

	switch (option) {
	case 'j':
		cli->json = true;
		break;
	case 'c':
		cli->csv = true;
		break;
	case 'a':
		cli->all = true;
		break;
	case 'v':
		cli->verbose = true;
		break;
	case 'f':
		cli->follow = true;
		break;
	case OPTION_KIND:
		cli->kind = optarg;
		break;
	case 'k':
		cli->nts = true;
		break;
	case 'N':
		cli->names = true;
		break;
	case '4':
		cli->family = AF_INET;
		break;
	case '6':
		cli->family = AF_INET6;
		break;
	case 'd':
	case 'n':
		break;
	case 'e':
		cli->end_dot = true;
		break;
	case 'm':
		cli->multiple = true;
		break;
	case 'S':
		right = take_path("--socket", optarg, &cli->socket_path);
		break;
	case 'w':
		right = take_within(cli, optarg);
		break;
	case OPTION_WARN:
		right = take_time("--warn", "50ms", optarg, &cli->warn_ns);
		break;
	case OPTION_CRIT:
		right = take_time("--crit", "50ms", optarg, &cli->crit_ns);
		break;
	case OPTION_TIMEOUT:
		right = take_time("--timeout", "30s", optarg, &cli->timeout_ns);
		break;
	case OPTION_CEPH:
		cli->ceph = true;
		break;
	case OPTION_SINCE:
		right = take_since(cli, optarg);
		break;
	case 'o':
		right = take_path("--output", optarg, &cli->output);
		break;
	case 'p':
		right = take_hits(cli, optarg);
		break;
	case 'r':
		cli->reset = true;
		break;
	case OPTION_NTP_ONLY:
		cli->ntp_only = true;
		break;
	case OPTION_PORT:
		right = take_port(cli, optarg);
		break;
	case 'V':
		puts("truechime " TRUECHIME_VERSION);
		return CLI_OK;
	case 'h':
		print_usage();
		return CLI_OK;
	default:
		user_err_option(option, names, argv);
		right = false;
	}

	return right ? GO_ON : wrong_usage(argc, argv);
}

static const char *options_of(const struct verb *verb)
{
	for (size_t i = 0; i < sizeof(own_options) / sizeof(*own_options); i++)
		if (!strcmp(own_options[i].verb, verb->name))
			return own_options[i].options;

	return OPTIONS_OF_CHRONYC;
}

/* Whoever types an option expects something of it. false: it was said that nothing comes of one. */
static bool has_use_for(const struct verb *verb, const char *given)
{
	const char *options = options_of(verb);
	const struct option *option = names;
	char letter[] = "-?";

	for (; *given; given++)
		if (!strchr(OPTIONS_OF_ALL, *given) && !strchr(options, *given))
			break;
	if (!*given)
		return true;
	while (option->name && option->val != *given)
		option++;
	letter[1] = *given;
	fprintf(stderr, "truechime: %s has no use for %s%s. See: truechime --help\n", verb->name,
		option->name ? "--" : "", option->name ? option->name : letter);

	return false;
}

/* As wrong_usage(), where the verb is known. */
static int refuse(const struct verb *verb, const char *words)
{
	return verb->run == verb_check ? check_unknown(words) : CLI_ERROR;
}

/* @words are the verb, none for the first one, and its arguments; @given the options' letters. */
static int run_verb(struct cli *cli, int count, char **words, const char *given)
{
	const struct verb *verb = count > 0 ? find_verb(words[0]) : &verbs[0];

	cli->verb = verb ? verb->name : words[0];
	if (count > 0) {
		count--;
		words++;
	}
	if (!verb && chronyc_refusal_named(cli->verb))
		return verb_refused(cli, count, words);
	if (!verb) {
		user_err("unknown verb \"%s\"; see truechime --help", cli->verb);
		return CLI_ERROR;
	}
	if (!has_use_for(verb, given))
		return refuse(verb, "wrong usage. See: truechime --help");
	if (verb->run_with)
		return verb->run_with(cli, count, words);
	if (count > 0) {
		fprintf(stderr, "truechime: %s takes no arguments\n", verb->name);
		return refuse(verb, "it takes no arguments. See: truechime --help");
	}

	return verb->run(cli);
}

/* GO_ON: the words from optind on are left. */
static int take_options(struct cli *cli, int argc, char **argv, char given[GIVEN_MAX])
{
	const char *letters = letters_for(argc, argv);
	int option, status;

	while ((option = getopt_long(argc, argv, letters, names, NULL)) != -1) {
		if (option == 'k' && optarg)
			option = OPTION_KIND;
		status = take_option(cli, option, argc, argv);
		if (status != GO_ON)
			return status;
		if (!strchr(given, option))
			given[strlen(given)] = (char)option;
	}

	return GO_ON;
}

static int run_command(struct cli *cli, int count, char **words, const char *given)
{
	int status = run_verb(cli, count, words, given);

	/* Who reads more than one answer from a pipe waits for it. */
	if (cli->end_dot) {
		puts(".");
		(void)fflush(stdout);
	}

	return status;
}

/* @line is what would be typed behind @program and the options @given. */
static int run_line(struct cli cli, char *program, char *line, const char *given)
{
	char *words[LINE_WORDS_MAX + 1] = { program }, *rest;
	char all_given[GIVEN_MAX] = "";
	int count = 1, status;

	snprintf(all_given, sizeof(all_given), "%s", given);
	for (char *word = strtok_r(line, " \t", &rest); word; word = strtok_r(NULL, " \t", &rest)) {
		if (count == LINE_WORDS_MAX) {
			user_err("too many words in one command");
			return CLI_ERROR;
		}
		words[count++] = word;
	}
	if (count == 1)
		return CLI_OK;
	/* Begin anew. */
	optind = 0;
	status = take_options(&cli, count, words, all_given);

	return status == GO_ON ? run_command(&cli, count - optind, words + optind, all_given) :
				 status;
}

/* As with chronyc, the first one that fails is the last. */
static int run_lines(const struct cli *cli, char *program, char **lines, const char *given)
{
	int status = CLI_OK;

	if (!*lines) {
		user_err("-m is for the commands behind it, and there is none");
		return CLI_ERROR;
	}
	for (; *lines && status == CLI_OK; lines++)
		status = run_line(*cli, program, *lines, given);

	return status;
}

static int run(int argc, char **argv)
{
	struct cli cli = { .socket_path = CONTROL_PATH };
	char given[GIVEN_MAX] = "";
	int status;

	opterr = 0;
	status = take_options(&cli, argc, argv, given);
	if (status != GO_ON)
		return status;
	if (cli.multiple)
		return run_lines(&cli, argv[0], argv + optind, given);

	return run_command(&cli, argc - optind, argv + optind, given);
}

int main(int argc, char **argv)
{
	descriptors_fill();

	return finish_output(run(argc, argv), argc, argv);
}
