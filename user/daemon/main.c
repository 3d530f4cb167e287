// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechimed: the command line. The daemon itself is daemon.c.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "config/config.h"
#include "daemon/daemon.h"
#include "ipc/socket.h"
#include "lib/log.h"
#include "lib/names.h"
#include "ntp/keys.h"
#include "sources/keyring.h"

#define NS_PER_S	1000000000LL

/* What --timeout takes at most. */
#define TIMEOUT_MAX_S	86400

/* Room for directives given as arguments. */
#define TEXT_MAX	65536

static void usage(FILE *to)
{
	fputs("Usage: truechimed [OPTION]... [DIRECTIVE]...\n"
	      "Keep the system clock right: by the host's clock through the kernel module truechime, and by NTP.\n"
	      "It stays in the foreground. DIRECTIVEs are used instead of a configuration file.\n\n"
	      "  -f, --file FILE        read FILE instead of " CONFIG_PATH "\n"
	      "  -d, --debug            messages as plain text; twice: more of them\n"
	      "  -n                     stay in the foreground (always so; for chronyd's command lines)\n"
	      "  -u, --user USER        run as USER, keeping only CAP_SYS_TIME\n"
	      "  -x, --no-clock         never touch the clock or the module, only observe\n"
	      "  -M, --no-module        do without the kernel module\n"
	      "  -S, --socket PATH      control socket instead of " CONTROL_PATH "\n"
	      "  -p, --print            check the configuration, print the result, and end\n"
	      "  --settle               end the slew of a daemon that was killed, and end\n"
	      "  -q                     set the clock once, and end\n"
	      "  -Q                     measure the clock once, and end\n"
	      "  -t, --timeout SECONDS  with -q and -Q: give up after so long\n"
	      "  -v, --version          the version\n"
	      "  -h, --help             this\n\n"
	      "Exit status: 0 after SIGTERM or a task well done, 1 when it could not be done,\n"
	      "2 for a wrong command line, 3 when maxchange ended it, 4 for a wrong configuration,\n"
	      "5 when another truechimed keeps the clock.\n", to);
}

/* Options without a letter. */
enum { OPTION_SETTLE = 256 };

static void report_config(void *context, enum config_severity severity, const char *file, int line,
			  const char *message)
{
	(void)context;
	fprintf(stderr, "%s:%d: %s%s\n", file, line,
		severity == CONFIG_ERROR ? "error: " : "warning: ", message);
}

static const char *kind_of(const struct config_source *source)
{
	switch (source->kind) {
	case CONFIG_SERVER:
		return "server";
	case CONFIG_POOL:
		return "pool";
	case CONFIG_PHC:
		return "refclock PHC";
	case CONFIG_SHM:
		return "refclock";
	case CONFIG_SOCK:
		return "refclock SOCK";
	case CONFIG_PPS:
		return "refclock PPS";
	}
	return "?";
}

static void print_source(const struct config_source *source)
{
	printf("%s %s minpoll %d maxpoll %d%s%s%s", kind_of(source), source->options.name,
	       source->options.minpoll, source->options.maxpoll,
	       source->options.iburst ? " iburst" : "", source->options.prefer ? " prefer" : "",
	       source->options.noselect ? " noselect" : "");
	if (source->key)
		printf(" key %u", source->key);
	if (source->interleaved)
		printf(" xleave");
	puts(config_source_is_unsupported(source) ? " (not asked)" : "");
}

/* Report what is wrong with the keys; it leaves the other sources as they are. */
static void check_keys(const struct config *config)
{
	struct ntp_keys *keys;

	keyring_load(report_config, NULL, config, false, &keys);
	keyring_check(report_config, NULL, config, keys);
	ntp_keys_free(keys);
}

/* -p */
static int print_config(const struct daemon_options *options)
{
	struct config *config;
	char why[512];
	bool usable;
	size_t i;
	int err;

	if (options->config_text)
		err = config_from_text("command line", options->config_text,
				       strlen(options->config_text), true, report_config, NULL,
				       &config);
	else
		err = config_load(options->config_path, report_config, NULL, &config);
	if (err)
		return DAEMON_STATUS_CONFIG;
	for (i = 0; i < config->source_count; i++)
		print_source(&config->sources[i]);
	if (config->discipline.step_threshold_ns > 0)
		printf("makestep %g %d\n", (double)config->discipline.step_threshold_ns / 1e9,
		       config->discipline.step_limit);
	if (config->discipline.maxchange_ns > 0)
		printf("maxchange %g %d %d\n", (double)config->discipline.maxchange_ns / 1e9,
		       config->discipline.maxchange_start, config->discipline.maxchange_ignore);
	printf("maxslewrate %g\n", config->maxslewrate * 1e6);
	if (*config->driftfile)
		printf("driftfile %s\n", config->driftfile);
	if (*config->user)
		printf("user %s\n", config->user);
	check_keys(config);
	usable = config_can_set_clock(config, why, sizeof(why));
	if (!usable)
		fprintf(stderr, "%s: error: %s\n", options->config_text ? "command line" :
			options->config_path, why);
	config_free(config);
	return usable ? 0 : DAEMON_STATUS_CONFIG;
}

/* --settle */
static int settle_clock(void)
{
	int err = system_clock_settle();

	if (err)
		fprintf(stderr, "truechimed: the clock's rate cannot be set: %s\n", strerror(-err));
	return err ? 1 : 0;
}

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

static int parse_timeout(const char *text, int64_t *timeout_ns)
{
	int seconds;

	if (!seconds_of_text(text, TIMEOUT_MAX_S, &seconds)) {
		fprintf(stderr, "truechimed: --timeout takes 1 to %d seconds, not \"%s\"\n",
			TIMEOUT_MAX_S, text);
		return -1;
	}
	*timeout_ns = seconds * NS_PER_S;
	return 0;
}

int main(int argc, char **argv)
{
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
	struct daemon_options options = {
		.config_path = CONFIG_PATH,
		.socket_path = CONTROL_PATH,
	};
	int debug = 0, print = 0, option;

	while ((option = getopt_long(argc, argv, "f:dnu:xMS:pqQt:vh", names, NULL)) != -1) {
		switch (option) {
		case 'f':
			options.config_path = optarg;
			break;
		case 'd':
			debug++;
			break;
		case 'n':
			break;
		case 'u':
			options.user = optarg;
			break;
		case 'x':
			options.no_clock = true;
			break;
		case 'M':
			options.no_module = true;
			break;
		case 'S':
			options.socket_path = optarg;
			break;
		case 'p':
			print = 1;
			break;
		case OPTION_SETTLE:
			return settle_clock();
		case 'q':
			options.task = DAEMON_SET;
			break;
		case 'Q':
			options.task = DAEMON_MEASURE;
			options.no_clock = true;
			break;
		case 't':
			if (parse_timeout(optarg, &options.timeout_ns))
				return 2;
			break;
		case 'v':
			puts("truechimed (truechime) " TRUECHIME_VERSION);
			return 0;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (optind < argc) {
		options.config_text = join_directives(argv + optind, argc - optind);
		if (!options.config_text) {
			fputs("truechimed: too many directives\n", stderr);
			return 2;
		}
	}
	if (print)
		return print_config(&options);
	if (debug > 1)
		log_set_level(LOG_DEBUG);
	log_open(!debug && options.task == DAEMON_RUN);
	return daemon_run(&options);
}
