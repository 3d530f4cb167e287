// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechimed: the command line. The daemon itself is daemon.c.
 */
#include <getopt.h>
#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <systemd/sd-daemon.h>

#include "config/config.h"
#include "daemon/chronyd_option.h"
#include "daemon/daemon.h"
#include "daemon/explain.h"
#include "daemon/settle.h"
#include "daemon/unit_writes.h"
#include "ipc/socket.h"
#include "lib/log.h"
#include "lib/names.h"
#include "lib/output.h"
#include "lib/split_words.h"
#include "lib/time_units.h"
#include "lib/user_err.h"
#include "lib/usual_options.h"

/* What --timeout takes at most. */
#define TIMEOUT_MAX_S	86400

/* Room for directives given as arguments. */
#define TEXT_MAX	65536

static void print_usage(void)
{
	fputs("Usage: truechimed [OPTION]... [DIRECTIVE]...\n"
	      "Keep the system clock right: by the host's clock through the kernel module\n"
	      "truechime, and by NTP. It stays in the foreground. DIRECTIVEs are used instead\n"
	      "of a configuration file.\n\n"
	      "  -f, --file FILE        read FILE instead of " CONFIG_PATH "\n"
	      "  -d, --debug            messages as plain text; twice: more of them\n"
	      "  -n                     stay in the foreground, as always; for chronyd's users\n"
	      "  -4, -6                 ask and serve over IPv4, or IPv6, only\n"
	      "  -u, --user USER        run as USER instead of _truechime, when started as root\n"
	      "  -x, --no-clock         never touch the clock or the module, only observe\n"
	      "  -M, --no-module        do without the kernel module\n"
	      "  -S, --socket PATH      control socket instead of " CONTROL_PATH "\n"
	      "  -p, --print            say what becomes of each line of the configuration,\n"
	      "                         print all that counts, and end\n"
	      "  --settle               end the slew of a daemon that was killed, and end\n"
	      "  -q                     set the clock once, and end\n"
	      "  -Q                     measure the clock once, and end\n"
	      "  -t, --timeout SECONDS  end after so long; with -q and -Q: give up\n"
	      "  -v, --version          the version\n"
	      "  -h, --help             this\n\n"
	      "Exit status: 0 after SIGTERM or a task well done, 1 when it could not be done or\n"
	      "the clock was not synchronised after --timeout, 2 for a wrong command line,\n"
	      "3 when maxchange ended it, 4 for a wrong configuration, 5 when another\n"
	      "truechimed keeps the clock.\n", stdout);
}

/* Options without a letter. */
enum { OPTION_SETTLE = 256 };

/* -p */
static int print_config(const struct daemon_options *options)
{
	const char *unit_files = sd_booted() > 0 ? UNIT_FILES : NULL;
	bool usable = explain_config(options->config_path, options->config_text, unit_files,
				     stdout, stderr);

	/* Whoever keeps it as a configuration would keep a part of one. */
	if (output_status("truechimed"))
		return 1;
	return usable ? 0 : DAEMON_STATUS_CONFIG;
}

/* Bytes of what malloc() shall not put among what is small. */
#define TABLE_LEAST	16384

/* The directives given as arguments, a line each. NULL: too many. */
static char *join_directives(char **arguments, int count)
{
	static char text[TEXT_MAX];
	size_t length = 0;
	int i;

	for (i = 0; i < count; i++) {
		int added = snprintf(text + length, sizeof(text) - length, "%s\n", arguments[i]);

		if (added < 0 || (size_t)added >= sizeof(text) - length)
			return NULL;
		length += (size_t)added;
	}
	return text;
}

/* A line's words, as they are typed for other programs: several arguments, and no blank in any. */
static bool are_unquoted(char **arguments, int count)
{
	int i;

	for (i = 0; i < count; i++) {
		if (strpbrk(arguments[i], " \t"))
			return false;
	}

	return count > 1;
}

static void explain_quotes(char **arguments, int count)
{
	char line[USER_ERR_MAX / 2];

	(void)join_words(arguments, count, line, sizeof(line));
	user_err("each argument is a whole line of a configuration. If these are one, quote it: '%s'",
		 line);
}

static int parse_timeout(const char *text, int64_t *timeout_ns)
{
	int seconds;

	if (!seconds_of_text(text, TIMEOUT_MAX_S, &seconds)) {
		user_err("--timeout takes 1 to %d seconds, not \"%s\"", TIMEOUT_MAX_S, text);
		return -1;
	}
	*timeout_ns = seconds * NS_PER_S;
	return 0;
}

/* What the command line asks for. */
struct command_line {
	struct daemon_options options;
	int debug;
	bool print;
	bool settle;
};

/* No exit status: there is more to do. */
#define GO_ON	(-1)

static const struct option names[] = {
	{ "file", required_argument, NULL, 'f' },
	{ "debug", no_argument, NULL, 'd' },
	{ "user", required_argument, NULL, 'u' },
	{ "no-clock", no_argument, NULL, 'x' },
	{ "no-module", no_argument, NULL, 'M' },
	{ "socket", required_argument, NULL, 'S' },
	{ "print", no_argument, NULL, 'p' },
	{ "settle", no_argument, NULL, OPTION_SETTLE },
	{ "timeout", required_argument, NULL, 't' },
	{ "version", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

/* One after which the program ends, with that exit status. */
static int end_option(int option, char **argv)
{
	const char *advice = option == '?' ? chronyd_option_advice(optopt) : NULL;

	if (!advice)
		return usual_option("truechimed", option, print_usage, names, argv);
	user_err("chronyd's option -%c is none of truechimed: %s", optopt, advice);

	return 2;
}

/* One option. GO_ON, or the exit status with which the program ends. */
static int take_option(struct command_line *line, int option, char **argv)
{
	struct daemon_options *options = &line->options;

	switch (option) {
	case 'f':
		options->config_path = optarg;
		break;
	case 'd':
		line->debug++;
		break;
	case 'n':
		break;
	case '4':
		options->family = AF_INET;
		break;
	case '6':
		options->family = AF_INET6;
		break;
	case 'u':
		options->user = optarg;
		break;
	case 'x':
		options->no_clock = true;
		break;
	case 'M':
		options->no_module = true;
		break;
	case 'S':
		options->socket_path = optarg;
		break;
	case 'p':
		line->print = true;
		break;
	case OPTION_SETTLE:
		line->settle = true;
		break;
	case 'q':
		options->task = DAEMON_SET;
		break;
	case 'Q':
		options->task = DAEMON_MEASURE;
		options->no_clock = true;
		break;
	case 't':
		return parse_timeout(optarg, &options->timeout_ns) ? 2 : GO_ON;
	default:
		return end_option(option, argv);
	}

	return GO_ON;
}

/* All options and directives. GO_ON, or the exit status with which the program ends. */
static int take_words(struct command_line *line, int argc, char **argv)
{
	int option, status;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":f:dn46u:xMS:pqQt:vh", names, NULL)) != -1) {
		status = take_option(line, option, argv);
		if (status != GO_ON)
			return status;
	}
	if (optind == argc)
		return GO_ON;
	line->options.config_text = join_directives(argv + optind, argc - optind);
	if (!line->options.config_text) {
		fputs("truechimed: too many directives\n", stderr);
		return 2;
	}

	return GO_ON;
}

static int run(const struct command_line *line)
{
	struct daemon_options options = line->options;
	char path[PATH_MAX];

	if (line->settle)
		return settle_clock(options.config_path, options.config_text) ? 1 : 0;
	if (line->print)
		return print_config(&options);
	/* It is read again by reloads, and named to those who are elsewhere. */
	options.config_path = config_absolute_path(options.config_path, path, sizeof(path));
	if (line->debug > 1)
		log_set_level(LOG_DEBUG);
	log_open(!line->debug && options.task == DAEMON_RUN);
	return daemon_run(&options);
}

int main(int argc, char **argv)
{
	struct command_line line = {
		.options.config_path = CONFIG_PATH,
		.options.socket_path = CONTROL_PATH,
	};
	int status;

	/*
	 * Tables get pages of their own: those that are not in use yet take no memory, and freed
	 * ones go back. By itself malloc() stops that once it has freed one file that was read, and
	 * what has room where it has made itself some in advance, a table, too, goes there.
	 */
	(void)mallopt(M_MMAP_THRESHOLD, TABLE_LEAST);
	(void)mallopt(M_TOP_PAD, 0);
	status = take_words(&line, argc, argv);
	if (status != GO_ON)
		return status;
	status = run(&line);
	if (status == DAEMON_STATUS_CONFIG && are_unquoted(argv + optind, argc - optind))
		explain_quotes(argv + optind, argc - optind);

	return status;
}
