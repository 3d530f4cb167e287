// SPDX-License-Identifier: GPL-2.0-only
/*
 * The directives: chrony.conf's, all of them, and truechime's own. Each has a place in struct
 * config or a sentence that says what to use instead.
 */
#include "config/reader.h"
#include "discipline/fallback_drift.h"
#include "lib/plural.h"
#include "ntp/address.h"
#include "ntp/packet.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define AT(member)	offsetof(struct config, member)

/* Of confdir and sourcedir, as in chrony. */
#define DIRECTORIES_MAX	10

/* The numbers of values of directives that take any number. */
#define ANY	CONFIG_WORDS_MAX

#define WEIGHED		"sources are weighed by their own uncertainty, without a setting"
#define NO_BROADCAST	"broadcasts cannot be authenticated; have the clients name this server"
#define NO_SMOOTHING	"clients are told the right time at once; a leap second is slewed by 'leapsecmode slew' on each of them"
#define NO_RTC		"the kernel sets the RTC while the clock is synchronised, as with 'rtcsync'"
#define GONE		"chrony no longer knows it either"

#define NETWORK		"[all] [NETWORK]"

static int parse_makestep(struct config_reader *reader, int count, char **words)
{
	struct discipline_options *options = &reader->config->discipline;
	int64_t threshold_ns;
	int limit;

	(void)count;
	if (config_parse_threshold(reader, "makestep threshold", words[0], false,
				   &threshold_ns) < 0 ||
	    config_parse_count(reader, "makestep limit", words[1], true, &limit) < 0)
		return -EINVAL;
	options->step_threshold_ns = threshold_ns;
	options->step_limit = limit;
	reader->has_makestep = true;

	return 0;
}

/* "0 0", and a range that ends before it begins, mean none. */
static int parse_fallbackdrift(struct config_reader *reader, int count, char **words)
{
	struct discipline_options *options = &reader->config->discipline;
	int least, most;

	(void)count;
	if (config_parse_count(reader, "fallbackdrift minimum", words[0], false, &least) < 0 ||
	    config_parse_count(reader, "fallbackdrift maximum", words[1], true, &most) < 0)
		return -EINVAL;
	if (most >= FALLBACK_DRIFT_POWERS) {
		config_warn(reader, "fallbackdrift takes powers of two of seconds up to %d: %d counts as that",
			    FALLBACK_DRIFT_POWERS - 1, most);
		most = FALLBACK_DRIFT_POWERS - 1;
	}
	/* As it is for chronyd, which does not say so. */
	if (least > most && most > 0)
		config_no_effect(reader,
				 "'fallbackdrift %d %d' has no effect, as it ends before it begins: write 'fallbackdrift %d %d'",
				 least, most, most, least);
	if (least < 1 || most < least) {
		least = 0;
		most = 0;
	}
	options->fallback_least = least;
	options->fallback_most = most;

	return 0;
}

static int parse_initstepslew(struct config_reader *reader, int count, char **words)
{
	if (config_parse_threshold(reader, "initstepslew threshold", words[0], true,
				   &reader->first_step_ns) < 0)
		return -EINVAL;
	if (count - 1 > CONFIG_FIRST_HOSTS)
		config_warn(reader, "'initstepslew' names more than %d servers: name all of them with 'server' as well",
			    CONFIG_FIRST_HOSTS);
	reader->first_host_count = 0;
	for (int i = 1; i < count && reader->first_host_count < CONFIG_FIRST_HOSTS; i++)
		snprintf(reader->first_hosts[reader->first_host_count++], SOURCE_NAME_MAX, "%s",
			 words[i]);

	return 0;
}

static bool is_source(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->source_count; i++) {
		if (!strcasecmp(config->sources[i].options.name, name))
			return true;
	}

	return false;
}

/*
 * "initstepslew 30 a b" asks a and b at the start, and steps the clock if it is wrong by more than
 * 30 s, else slews it. The first update does the same with "makestep 30 1". With makestep
 * configured too, that makes the step at the same instant. A server that no other line names is
 * asked at the start only.
 */
int config_apply_initstepslew(struct config_reader *reader)
{
	struct discipline_options *options = &reader->config->discipline;
	int err = 0;

	if (!reader->first_step_ns)
		return 0;
	if (!reader->has_makestep) {
		options->step_threshold_ns = reader->first_step_ns;
		options->step_limit = 1;
	}
	for (int i = 0; !err && i < reader->first_host_count; i++) {
		if (!is_source(reader->config, reader->first_hosts[i]))
			err = config_add_first_host(reader, reader->first_hosts[i]);
	}

	return err;
}

/* A negative number of updates before it holds is chrony's word for never. */
static int parse_maxchange(struct config_reader *reader, int count, char **words)
{
	struct discipline_options *options = &reader->config->discipline;
	int64_t offset_ns;
	int start, ignore;

	(void)count;
	if (config_parse_threshold(reader, "maxchange offset", words[0], false,
				   &offset_ns) < 0 ||
	    config_parse_count(reader, "maxchange start", words[1], false, &start) < 0 ||
	    config_parse_count(reader, "maxchange ignore", words[2], true, &ignore) < 0)
		return -EINVAL;
	options->maxchange_ns = start < 0 ? 0 : offset_ns;
	options->maxchange_start = start < 0 ? 0 : start;
	options->maxchange_ignore = start < 0 ? -1 : ignore;

	return 0;
}

static int parse_driftfile(struct config_reader *reader, int count, char **words)
{
	struct config *config = reader->config;
	int interval = 3600;

	if (count == 2 || (count == 3 && strcasecmp(words[1], "interval")))
		return config_error(reader, "'driftfile FILE [interval SECONDS]' was expected");
	if (count == 3 &&
	    config_parse_count(reader, "driftfile interval", words[2], true, &interval) < 0)
		return -EINVAL;
	config_copy_word(reader, words[0], config->driftfile, sizeof(config->driftfile));
	config->driftfile_interval_s = interval > 0 ? interval : 0;

	return 0;
}

static int parse_include(struct config_reader *reader, int count, char **words)
{
	(void)count;
	return config_read_pattern(reader, words[0]);
}

static int parse_confdir(struct config_reader *reader, int count, char **words)
{
	return config_read_directories(reader, count, words, ".conf", false);
}

/* chronyd does not mind how many there are, and reads none of too many. */
static int parse_sourcedir(struct config_reader *reader, int count, char **words)
{
	if (!count)
		return config_no_effect(reader, "'sourcedir' names no directory");
	if (count > CONFIG_SOURCEDIRS_MAX)
		return config_no_effect(reader,
					"'sourcedir' reads %d directories at most, and none of %d",
					CONFIG_SOURCEDIRS_MAX, count);
	if (!config_add_sourcedirs(reader, count, words))
		return 0;

	return config_read_directories(reader, count, words, ".sources", true);
}

/*
 * One numeric address, kept in the place of its family: an IPv4 address that is written as an IPv6
 * one is an IPv4 address, as no socket of IPv6 here can have it.
 */
static int parse_local_address(struct config_reader *reader, const char *word, char *place4,
			       char *place6)
{
	char text[NET_ADDRESS_TEXT_MAX];
	struct net_address address;

	if (strchr(word, '%') || net_address_parse(word, AF_UNSPEC, &address))
		return config_error(reader, "%s '%s': a numeric address was expected",
				    reader->directive, word);
	net_address_format(&address, text);

	return config_copy_word(reader, text, address.family == AF_INET6 ? place6 : place4,
			 CONFIG_WORD_MAX);
}

static int parse_bindacqaddress(struct config_reader *reader, int count, char **words)
{
	struct config *config = reader->config;

	(void)count;

	return parse_local_address(reader, words[0], config->bind_address4,
				   config->bind_address6);
}

static int parse_bindaddress(struct config_reader *reader, int count, char **words)
{
	struct config_server *server = &reader->config->server;

	(void)count;

	return parse_local_address(reader, words[0], server->bind_address4,
				   server->bind_address6);
}

/* "/" is chrony's word for none. */
static const char *path_of(const char *word)
{
	return strcmp(word, "/") ? word : "";
}

static int parse_pidfile(struct config_reader *reader, int count, char **words)
{
	(void)count;
	return config_copy_word(reader, path_of(words[0]), reader->config->pidfile,
				sizeof(reader->config->pidfile));
}

/* An address, or the path of the local socket. */
static int parse_bindcmdaddress(struct config_reader *reader, int count, char **words)
{
	struct config_chronyc *chronyc = &reader->config->chronyc;

	(void)count;
	if (*words[0] == '/')
		return config_copy_word(reader, path_of(words[0]), chronyc->path,
					sizeof(chronyc->path));

	return parse_local_address(reader, words[0], chronyc->bind_address4,
				   chronyc->bind_address6);
}

static const char *const authselect_modes[] = {
	[CONFIG_AUTH_MIX] = "mix", [CONFIG_AUTH_REQUIRE] = "require",
	[CONFIG_AUTH_PREFER] = "prefer", [CONFIG_AUTH_IGNORE] = "ignore",
};

static const char *const leap_modes[] = {
	[LEAP_SYSTEM] = "system", [LEAP_STEP] = "step", [LEAP_SLEW] = "slew",
	[LEAP_IGNORE] = "ignore",
};

static const char *const rivals[] = {
	[CONFIG_RIVALS_WARN] = "warn", [CONFIG_RIVALS_UNDO] = "undo",
	[CONFIG_RIVALS_YIELD] = "yield", [CONFIG_RIVALS_IGNORE] = "ignore",
};

/* In the order of the alphabet. */
static const struct config_option directives[] = {
	{ "acquisitionport", CONFIG_INT, .offset = AT(bind_port), .max = 65535 },
	{ "allow", CONFIG_HANDLER, .max = 2, .usage = NETWORK, .handle = config_parse_rule },
	{ "authselectmode", CONFIG_CHOICE, .offset = AT(authselect), .choices = authselect_modes,
	  .size = ARRAY_SIZE(authselect_modes) },
	{ "bindacqaddress", CONFIG_HANDLER, .min = 1, .max = 1, .handle = parse_bindacqaddress },
	{ "bindacqdevice", CONFIG_WORD, .offset = AT(bind_device), .size = CONFIG_WORD_MAX },
	{ "bindaddress", CONFIG_HANDLER, .min = 1, .max = 1, .handle = parse_bindaddress },
	{ "bindcmdaddress", CONFIG_HANDLER, .min = 1, .max = 1, .handle = parse_bindcmdaddress },
	{ "bindcmddevice", CONFIG_WORD, .offset = AT(chronyc.bind_device),
	  .size = CONFIG_WORD_MAX },
	{ "binddevice", CONFIG_WORD, .offset = AT(server.bind_device), .size = CONFIG_WORD_MAX },
	{ "broadcast", CONFIG_ADVICE, .min = 2, .max = 3, .handle = config_check_broadcast,
	  .advice = NO_BROADCAST },
	{ "clientloglimit", CONFIG_HANDLER, .min = 1, .max = 1,
	  .handle = config_parse_clientloglimit },
	{ "clockprecision", CONFIG_ADVICE, .form = "f", .advice =
	  "the noise of timestamps is part of each sample" },
	{ "cmdallow", CONFIG_HANDLER, .max = 2, .usage = NETWORK, .handle = config_parse_rule },
	{ "cmddeny", CONFIG_HANDLER, .max = 2, .usage = NETWORK, .handle = config_parse_rule },
	{ "cmdport", CONFIG_INT, .offset = AT(chronyc.port), .max = 65535,
	  .initial = CONFIG_CHRONYC_PORT },
	{ "cmdratelimit", CONFIG_HANDLER, .max = ANY, .handle = config_parse_cmdratelimit },
	{ "combinelimit", CONFIG_ADVICE, .form = "f", .advice = WEIGHED },
	{ "commandkey", CONFIG_ADVICE, .max = ANY, .advice = GONE },
	{ "confdir", CONFIG_HANDLER, .min = 1, .max = DIRECTORIES_MAX, .handle = parse_confdir },
	{ "corrtimeratio", CONFIG_ADVICE, .form = "f", .advice =
	  "offsets are removed as fast as 'maxslewrate' allows" },
	{ "deny", CONFIG_HANDLER, .max = 2, .usage = NETWORK, .handle = config_parse_rule },
	{ "driftfile", CONFIG_HANDLER, .min = 1, .max = 3, .usage = "FILE [interval SECONDS]",
	  .handle = parse_driftfile },
	{ "dscp", CONFIG_INT, .offset = AT(dscp), .max = 63 },
	{ "dumpdir", CONFIG_ADVICE, .form = "s", .advice =
	  "the rate is kept in 'driftfile'; sources are measured anew, with 'iburst' in seconds" },
	{ "dumponexit", CONFIG_MOOT, .max = ANY, .advice = GONE },
	{ "fallbackdrift", CONFIG_HANDLER, .min = 2, .max = 2, .usage = "LEAST MOST",
	  .handle = parse_fallbackdrift },
	{ "generatecommandkey", CONFIG_ADVICE, .max = ANY, .advice = GONE },
	{ "hostclock", CONFIG_HANDLER, .min = 1, .max = 1, .handle = config_parse_hostclock },
	{ "hostmaxerror", CONFIG_NS, .offset = AT(host_maxerror_ns), .min = 1e-6, .max = 3600,
	  .own = true },
	{ "hwclockfile", CONFIG_ADVICE, .form = "s", .advice = NO_RTC },
	{ "hwtimestamp", CONFIG_HANDLER, .min = 1, .max = ANY, .handle = config_parse_hwtimestamp },
	{ "hwtstimeout", CONFIG_MOOT, .form = "f", .advice =
	  "a timestamp that comes after the answer is not awaited: the kernel's is used" },
	{ "include", CONFIG_HANDLER, .min = 1, .max = 1, .handle = parse_include },
	{ "initstepslew", CONFIG_HANDLER, .min = 1, .max = ANY, .handle = parse_initstepslew },
	{ "keyfile", CONFIG_WORD, .offset = AT(keyfile), .size = CONFIG_PATH_MAX },
	{ "leapsecmode", CONFIG_CHOICE, .offset = AT(leap_mode), .choices = leap_modes,
	  .size = ARRAY_SIZE(leap_modes) },
	{ "leapseclist", CONFIG_WORD, .offset = AT(leap_file), .size = CONFIG_PATH_MAX },
	{ "leapsectz", CONFIG_WORD, .offset = AT(leap_zone), .size = CONFIG_PATH_MAX },
	{ "linux_freq_scale", CONFIG_ADVICE, .max = ANY, .advice = GONE },
	{ "linux_hz", CONFIG_ADVICE, .max = ANY, .advice = GONE },
	{ "local", CONFIG_HANDLER, .max = ANY, .handle = config_parse_local },
	{ "lock_all", CONFIG_FLAG, .offset = AT(lock_all) },
	{ "log", CONFIG_HANDLER, .max = ANY, .handle = config_parse_log },
	{ "logbanner", CONFIG_INT, .offset = AT(logs.banner), .max = INT_MAX, .limit = true,
	  .initial = 32 },
	{ "logchange", CONFIG_NS, .offset = AT(logchange_ns), .max = CONFIG_SECONDS_MAX,
	  .limit = true, .initial = 1 },
	{ "logdir", CONFIG_WORD, .offset = AT(logs.folder), .size = CONFIG_PATH_MAX },
	{ "mailonchange", CONFIG_ADVICE, .form = "sf", .advice =
	  "changes of the clock are in the journal and in 'truechime events --follow'" },
	{ "makestep", CONFIG_HANDLER, .min = 2, .max = 2, .usage = "THRESHOLD LIMIT",
	  .handle = parse_makestep },
	{ "manual", CONFIG_FLAG, .offset = AT(manual) },
	{ "maxchange", CONFIG_HANDLER, .min = 3, .max = 3, .usage = "OFFSET START IGNORE",
	  .handle = parse_maxchange },
	{ "maxclockerror", CONFIG_PPM, .offset = AT(discipline.maxclockerror), .max = 1e5,
	  .limit = true, .initial = 1 },
	{ "maxdistance", CONFIG_NS, .offset = AT(discipline.maxdistance_ns), .max = 16,
	  .limit = true, .initial = 3 },
	{ "maxdrift", CONFIG_PPM, .offset = AT(maxdrift), .max = 1e5, .limit = true,
	  .initial = 1e5 },
	{ "maxjitter", CONFIG_ADVICE, .form = "f", .advice = WEIGHED },
	{ "maxntpjump", CONFIG_SECONDS, .offset = AT(max_ntp_jump_s), .max = INT_MAX,
	  .own = true, .initial = 30 * 86400 },
	{ "maxntsconnections", CONFIG_INT, .offset = AT(nts.connections), .min = 1, .max = 500,
	  .limit = true, .initial = 100 },
	{ "maxsamples", CONFIG_ADVICE, .form = "i", .advice = WEIGHED },
	{ "maxslewrate", CONFIG_PPM, .offset = AT(maxslewrate), .max = 1e5, .limit = true,
	  .initial = 1e5 },
	{ "maxstratum", CONFIG_INT, .offset = AT(maxstratum), .max = INT_MAX, .limit = true,
	  .initial = 15 },
	{ "maxtxbuffers", CONFIG_MOOT, .form = "i", .advice =
	  "answers wait for no timestamp: a client is told the one that came until it asks" },
	{ "maxupdateskew", CONFIG_ADVICE, .form = "f", .advice = WEIGHED },
	{ "minsamples", CONFIG_ADVICE, .form = "i", .advice = WEIGHED },
	{ "minsources", CONFIG_INT, .offset = AT(discipline.minsources), .min = 1, .max = INT_MAX,
	  .limit = true, .initial = 1 },
	{ "minstratum", CONFIG_INT, .offset = AT(minstratum), .max = INT_MAX, .limit = true },
	{ "nocerttimecheck", CONFIG_INT, .offset = AT(nts.no_time_checks), .max = INT_MAX,
	  .limit = true },
	{ "noclientlog", CONFIG_HANDLER, .max = 0, .handle = config_parse_noclientlog },
	{ "nontpjump", CONFIG_FLAG, .offset = AT(no_ntp_jump) },
	{ "nosystemcert", CONFIG_FLAG, .offset = AT(nts.no_system) },
	{ "ntpjump", CONFIG_FLAG, .offset = AT(ntp_jump) },
	{ "ntpsigndsocket", CONFIG_MOOT, .form = "s" },
	{ "ntsaeads", CONFIG_HANDLER, .max = ANY, .handle = config_parse_ntsaeads },
	{ "ntscachedir", CONFIG_HANDLER, .min = 1, .max = 1, .handle = config_parse_ntscachedir },
	{ "ntsdumpdir", CONFIG_WORD, .offset = AT(nts.dumpdir), .size = CONFIG_PATH_MAX },
	{ "ntsntpserver", CONFIG_WORD, .offset = AT(nts.ntp_server), .size = CONFIG_PATH_MAX },
	{ "ntsport", CONFIG_INT, .offset = AT(nts.port), .max = 65535, .initial = NTS_KE_PORT },
	{ "ntsprocesses", CONFIG_INT, .offset = AT(nts.processes), .min = 1,
	  .max = CONFIG_NTS_PROCESSES_MAX, .limit = true, .initial = 1 },
	{ "ntsratelimit", CONFIG_HANDLER, .max = ANY, .handle = config_parse_ntsratelimit },
	{ "ntsrefresh", CONFIG_SECONDS, .offset = AT(nts.refresh_s), .max = INT_MAX,
	  .limit = true, .initial = 2419200 },
	{ "ntsrotate", CONFIG_SECONDS, .offset = AT(nts.rotate_s), .max = INT_MAX, .limit = true,
	  .initial = 604800 },
	{ "ntsservercert", CONFIG_HANDLER, .min = 1, .max = 1, .handle = config_parse_ntsserver },
	{ "ntsserverkey", CONFIG_HANDLER, .min = 1, .max = 1, .handle = config_parse_ntsserver },
	{ "ntstrustedcerts", CONFIG_HANDLER, .min = 1, .max = 2, .usage = "[SET] FILE",
	  .handle = config_parse_ntstrustedcerts },
	{ "opencommands", CONFIG_HANDLER, .max = ANY, .handle = config_parse_opencommands },
	{ "peer", CONFIG_HANDLER, .min = 1, .max = ANY, .handle = config_parse_server },
	{ "pidfile", CONFIG_HANDLER, .min = 1, .max = 1, .handle = parse_pidfile },
	{ "pool", CONFIG_HANDLER, .min = 1, .max = ANY, .handle = config_parse_server },
	{ "port", CONFIG_INT, .offset = AT(server.port), .max = 65535, .initial = NTP_PORT },
	{ "ptpdomain", CONFIG_MOOT, .form = "i", .advice = "it belongs to 'ptpport'" },
	{ "ptpport", CONFIG_ADVICE, .form = "i", .advice =
	  "NTP is not sent over PTP; for PTP use ptp4l, and 'truechime mode external'" },
	{ "ratelimit", CONFIG_HANDLER, .max = ANY, .handle = config_parse_ratelimit },
	{ "refclock", CONFIG_HANDLER, .max = ANY, .handle = config_parse_refclock },
	{ "refresh", CONFIG_SECONDS, .offset = AT(refresh_s), .max = INT_MAX, .limit = true,
	  .initial = 1209600 },
	{ "reselectdist", CONFIG_ADVICE, .form = "f", .advice = WEIGHED },
	{ "rivals", CONFIG_CHOICE, .offset = AT(rivals), .choices = rivals,
	  .size = ARRAY_SIZE(rivals) },
	{ "rtcautotrim", CONFIG_ADVICE, .form = "f", .advice = NO_RTC },
	{ "rtcdevice", CONFIG_MOOT, .form = "s", .advice = NO_RTC },
	{ "rtcfile", CONFIG_ADVICE, .form = "s", .advice = NO_RTC },
	{ "rtconutc", CONFIG_ADVICE, .advice = NO_RTC },
	{ "rtcpolicy", CONFIG_HANDLER, .min = 1, .max = 1, .handle = config_parse_rtcpolicy },
	{ "rtcsync", CONFIG_ALWAYS, .max = 0 },
	{ "sched_priority", CONFIG_INT, .offset = AT(sched_priority), .max = 99, .limit = true },
	{ "server", CONFIG_HANDLER, .min = 1, .max = ANY, .handle = config_parse_server },
	{ "smoothtime", CONFIG_ADVICE, .min = 2, .max = 3, .handle = config_check_smoothtime,
	  .advice = NO_SMOOTHING },
	{ "sourcedir", CONFIG_HANDLER, .max = ANY, .handle = parse_sourcedir },
	{ "steppolicy", CONFIG_HANDLER, .min = 3, .max = 5,
	  .usage = "OCCASION DIRECTION RULE [THRESHOLD [MAXIMUM]]",
	  .handle = config_parse_steppolicy },
	{ "stratumweight", CONFIG_NS, .offset = AT(discipline.stratumweight_ns),
	  .max = CONFIG_SECONDS_MAX, .limit = true, .initial = -1e-9 },
	{ "tempcomp", CONFIG_ADVICE, .min = 3, .max = 6, .handle = config_check_tempcomp,
	  .advice = "the rate's changes are learned from the sources" },
	{ "user", CONFIG_WORD, .offset = AT(user), .size = CONFIG_WORD_MAX },
	{ "xdp", CONFIG_HANDLER, .min = 1, .max = 2, .usage = "INTERFACE [native|generic]",
	  .handle = config_parse_xdp },
};

void config_directives_defaults(struct config *config)
{
	config_option_defaults(directives, ARRAY_SIZE(directives), config);
	config_server_defaults(&config->server);
	config_nts_defaults(&config->nts);
	config_chronyc_defaults(&config->chronyc);
	/* No maxchange: nothing is refused. No makestep: nothing is stepped. */
	config->discipline.maxchange_ignore = -1;
}

const struct config_option *config_directives(size_t *count)
{
	*count = ARRAY_SIZE(directives);

	return directives;
}

static bool has_comment(int count, char **words)
{
	for (int i = 0; i < count; i++) {
		if (strchr("#!;%", words[i][0]))
			return true;
	}

	return false;
}

/* There are that many values, and not as many as there have to be. -EINVAL. */
static int report_count(struct config_reader *reader, const struct config_option *directive,
			int count, int least, int most)
{
	char range[32] = "", usage[96] = "";

	if (directive->usage)
		snprintf(usage, sizeof(usage), ": write '%s %s'", directive->name,
			 directive->usage);
	if (least < most)
		snprintf(range, sizeof(range), "%d to ", least);

	return config_error(reader, "'%s' takes %s%d value%s, not %d%s", directive->name, range,
			    most, plural((uint64_t)most), count, usage);
}

static int check_count(struct config_reader *reader, const struct config_option *directive,
		       int count, char **words)
{
	int least = config_option_values(directive);
	int most = least;

	if (directive->form)
		least = config_form_least(directive->form);
	else if (directive->type == CONFIG_HANDLER || directive->type == CONFIG_MOOT ||
		 directive->type == CONFIG_ADVICE)
		least = (int)directive->min;
	if (count >= least && count <= most)
		return 0;

	if (has_comment(count, words))
		return config_error(reader, "a comment needs a line of its own");
	if (most == 0)
		return config_error(reader, "'%s' takes no value", directive->name);
	if (!count && least == 1)
		return config_error(reader, "'%s' needs a value", directive->name);

	return report_count(reader, directive, count, least, most);
}

/**
 * config_directive() - one line
 * @reader: where it is from and goes to
 * @count: of @words, at least 1
 * @words: the line's
 *
 * Return: 0, or -EINVAL after an error was reported.
 */
int config_directive(struct config_reader *reader, int count, char **words)
{
	const struct config_option *directive;
	const char *nearest;

	directive = config_option_find(directives, ARRAY_SIZE(directives), words[0]);
	if (!directive) {
		nearest = config_option_nearest(directives, ARRAY_SIZE(directives), words[0]);
		if (nearest)
			return config_error(reader, "'%s' is not a directive; did you mean '%s'?",
					    words[0], nearest);
		return config_error(reader, "'%s' is not a directive", words[0]);
	}
	if (reader->sources_only && directive->handle != config_parse_server)
		return config_error(reader, "only 'server', 'pool' and 'peer' can be %s, not '%s'",
				    reader->volatile_origin ? "in a sourcedir" : "added",
				    directive->name);
	if (check_count(reader, directive, count - 1, words + 1) < 0)
		return -EINVAL;

	reader->directive = directive->name;

	return config_option_set(reader, directive, reader->config, count - 1, words + 1);
}
