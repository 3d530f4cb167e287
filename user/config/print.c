// SPDX-License-Identifier: GPL-2.0-only
/*
 * A configuration as text that reads back as the same values. Numbers are written with as few
 * digits as that takes.
 */
#include "config/reader.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/names.h"
#include "lib/printable.h"
#include "lib/time_units.h"

#define PPM		1e6

/* What 17 digits cannot tell apart are neighbours, so that a few of these are enough. */
#define NEIGHBOURS	4

#define DIGITS_MAX	17

/* Room for a number. */
#define NUMBER_SIZE	40

/* Does @text, in units of @unit, read as @value, or in seconds as @ns, which may be NULL? */
static bool reads_as(const char *text, const double *value, double unit, const int64_t *ns)
{
	double read = strtod(text, NULL);

	if (ns)
		return llrint(read * NS_PER_S_REAL) == *ns;

	return !(read / unit < *value) && !(read / unit > *value);
}

/* The shortest text of about @number that reads as the value that was meant; 30 is not 3e+01. */
static void print_shortest(FILE *out, double number, const double *value, double unit,
			   const int64_t *ns)
{
	double below = number, above = number;
	char text[NUMBER_SIZE];

	for (int digits = 1; digits <= DIGITS_MAX; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, number);
		if (strstr(text, "e+") && digits < DIGITS_MAX)
			continue;
		if (reads_as(text, value, unit, ns))
			goto out;
	}
	for (int i = 0; i < NEIGHBOURS; i++) {
		below = nextafter(below, -INFINITY);
		snprintf(text, sizeof(text), "%.*g", DIGITS_MAX, below);
		if (reads_as(text, value, unit, ns))
			goto out;
		above = nextafter(above, INFINITY);
		snprintf(text, sizeof(text), "%.*g", DIGITS_MAX, above);
		if (reads_as(text, value, unit, ns))
			goto out;
	}
out:
	fputs(text, out);
}

static void print_number(FILE *out, const char *before, double value)
{
	fputs(before, out);
	print_shortest(out, value, &value, 1, NULL);
}

/* A fraction as ppm. */
static void print_ppm(FILE *out, double value)
{
	print_shortest(out, value * PPM, &value, PPM, NULL);
}

/* Nanoseconds as seconds, behind @before. */
static void print_seconds(FILE *out, const char *before, int64_t ns)
{
	fputs(before, out);
	print_shortest(out, (double)ns / NS_PER_S_REAL, NULL, 1, &ns);
}

/* What the table itself says where to find. */
static void print_plain(FILE *out, const struct config_option *option, const void *place)
{
	const char *at = (const char *)place + option->offset;

	switch (option->type) {
	case CONFIG_FLAG:
		if (*(const bool *)at)
			fprintf(out, "%s\n", option->name);
		return;
	case CONFIG_INT:
		fprintf(out, "%s %d\n", option->name, *(const int *)(const void *)at);
		return;
	case CONFIG_SECONDS:
		fprintf(out, "%s %lld\n", option->name,
			(long long)*(const int64_t *)(const void *)at);
		return;
	case CONFIG_WORD:
		if (*at)
			fprintf(out, "%s %s\n", option->name, at);
		return;
	case CONFIG_CHOICE:
		fprintf(out, "%s %s\n", option->name,
			option->choices[*(const unsigned int *)(const void *)at]);
		return;
	case CONFIG_NUMBER:
	case CONFIG_PPM:
	case CONFIG_NS:
		break;
	case CONFIG_CLEAR:
	case CONFIG_CONSTANT:
	case CONFIG_HANDLER:
	case CONFIG_ALWAYS:
	case CONFIG_MOOT:
	case CONFIG_ADVICE:
	case CONFIG_LEFT_OUT:
		return;
	}

	/* What could not be configured says that nothing was. */
	if (option->type == CONFIG_NS &&
	    (double)*(const int64_t *)(const void *)at < option->min * NS_PER_S_REAL)
		return;
	fprintf(out, "%s ", option->name);
	if (option->type == CONFIG_NUMBER)
		print_number(out, "", *(const double *)(const void *)at);
	else if (option->type == CONFIG_PPM)
		print_ppm(out, *(const double *)(const void *)at);
	else
		print_seconds(out, "", *(const int64_t *)(const void *)at);
	fputc('\n', out);
}

/* As its own line has it, and as a comment what authselectmode makes of that. */
static void print_selection(FILE *out, const struct config_source *source)
{
	const struct source_options *options = &source->options;
	const struct config_said *said = &source->said;

	print_number(out, " offset ", options->offset_s);
	fprintf(out, "%s%s%s%s\n", options->prefer ? " prefer" : "", said->trust ? " trust" : "",
		said->require ? " require" : "", said->noselect ? " noselect" : "");
	if (options->noselect && !said->noselect)
		fputs("# noselect, by authselectmode\n", out);
	else if ((options->trust && !said->trust) || (options->require && !said->require))
		fputs("# trust require, by authselectmode\n", out);
}

static void print_server(FILE *out, const struct config_source *source)
{
	const struct source_options *options = &source->options;

	fprintf(out, "%s %s minpoll %d maxpoll %d port %d minstratum %d maxsources %d",
		source->kind == CONFIG_POOL ? "pool" : "server", options->name, options->minpoll,
		options->maxpoll, source->port, options->minstratum, source->maxsources);
	fprintf(out, " maxunreach %u", options->unreach_limit - 1);
	print_number(out, " maxdelayratio ", source->maxdelayratio);
	fprintf(out, " maxsamples %d", options->maxsamples);
	print_seconds(out, " maxdelay ", source->maxdelay_ns);
	if (options->mindelay_ns)
		print_seconds(out, " mindelay ", options->mindelay_ns);
	if (fabs(options->asymmetry) <= SOURCE_ASYMMETRY_MAX)
		print_number(out, " asymmetry ", options->asymmetry);
	/* Without one the key decides. */
	if (source->version)
		fprintf(out, " version %d", source->version);
	if (source->key)
		fprintf(out, " key %u", source->key);
	if (source->nts)
		fprintf(out, " nts ntsport %d certset %u", source->nts_port, source->cert_set);
	if (source->family != AF_UNSPEC)
		fputs(source->family == AF_INET ? " ipv4" : " ipv6", out);
	if (options->polltarget != SOURCE_POLLTARGET)
		fprintf(out, " polltarget %d", options->polltarget);
	if (options->iburst)
		fputs(" iburst", out);
	if (options->copy)
		fputs(" copy", out);
	if (options->presend_s > 0)
		fprintf(out, " presend %d", ilogb(options->presend_s));
	fprintf(out, "%s%s%s", options->burst ? " burst" : "", source->offline ? " offline" : "",
		source->auto_offline ? " auto_offline" : "");
	if (source->interleaved)
		fputs(" xleave", out);
	if (source->mono_root)
		fputs(" extfield F323", out);
	print_selection(out, source);
}

static void print_refid(FILE *out, const char *option, uint32_t refid)
{
	fprintf(out, " %s ", option);
	for (int shift = 24; shift >= 0; shift -= 8) {
		if (refid >> shift & 0xff)
			fputc((int)(refid >> shift & 0xff), out);
	}
}

/* The driver, and what it is told. */
static void print_driver(FILE *out, const struct config_source *source)
{
	const char *name = source->options.name;

	switch (source->kind) {
	case CONFIG_PHC:
		fprintf(out, "refclock PHC %s%s", name, source->no_crosststamp ? ":nocrossts" : "");
		return;
	case CONFIG_SHM:
		fprintf(out, "refclock SHM %d:perm=%04o", source->unit, (unsigned int)source->perm);
		return;
	case CONFIG_SOCK:
		fprintf(out, "refclock SOCK %s", name);
		return;
	case CONFIG_PPS:
		fprintf(out, "refclock PPS %s%s", name, source->clear ? ":clear" : "");
		return;
	case CONFIG_SERVER:
	case CONFIG_POOL:
		return;
	}
}

static void print_refclock(FILE *out, const struct config_source *source)
{
	print_driver(out, source);
	fprintf(out, " poll %d dpoll %d filter %d stratum %d", source->options.minpoll,
		source->driver_poll, source->filter, source->stratum);
	print_refid(out, "refid", source->refid);
	fprintf(out, " maxunreach %u rate %d maxlockage %d", source->options.unreach_limit - 1,
		source->rate, source->maxlockage);
	print_seconds(out, " width ", source->width_ns);
	if (source->lock)
		print_refid(out, "lock", source->lock);
	fprintf(out, "%s%s", source->pps && source->kind != CONFIG_PPS ? " pps" : "",
		source->tai ? " tai" : "");
	print_seconds(out, " delay ", source->delay_ns);
	print_seconds(out, " precision ", source->precision_ns);
	print_selection(out, source);
}

/* The threshold is in makestep. */
static void print_first_hosts(FILE *out, const struct config *config)
{
	bool begun = false;

	for (size_t i = 0; i < config->source_count; i++) {
		const struct config_source *source = &config->sources[i];

		if (!source->at_start)
			continue;
		fprintf(out, "%s%s", begun ? " " : "initstepslew 1 ", source->options.name);
		begun = true;
	}
	if (begun)
		fputc('\n', out);
}

static void print_source(FILE *out, const struct config_source *source)
{
	if (source->options.kind == SOURCE_REFCLOCK)
		print_refclock(out, source);
	else
		print_server(out, source);
}

/*
 * The directories, and as comments what their files name now. Others name the files: what is no
 * text might end the comment.
 */
static void print_sourcedirs(FILE *out, const struct config *config)
{
	for (size_t i = 0; i < config->sourcedir_count; i++) {
		bool last = i + 1 == config->sourcedir_count || config->sourcedirs[i + 1].first;

		fprintf(out, "%s %s%s", config->sourcedirs[i].first ? "sourcedir" : "",
			config->sourcedirs[i].path, last ? "\n" : "");
	}
	for (size_t i = 0; i < config->source_count; i++) {
		const struct config_source *source = &config->sources[i];
		char file[CONFIG_PATH_MAX];

		if (!source->volatile_origin)
			continue;
		snprintf(file, sizeof(file), "%s", *source->file ? source->file : "sourcedir");
		make_printable(file);
		fprintf(out, "# %s: ", file);
		print_source(out, source);
	}
}

static void print_sources(FILE *out, const struct config *config)
{
	for (size_t i = 0; i < config->source_count; i++) {
		if (!config->sources[i].at_start && !config->sources[i].volatile_origin)
			print_source(out, &config->sources[i]);
	}
	print_sourcedirs(out, config);
	print_first_hosts(out, config);
}

/* The others of NTS are in the table. */
static void print_nts(FILE *out, const struct config_nts *nts)
{
	for (size_t i = 0; i < nts->trusted_count; i++)
		fprintf(out, "ntstrustedcerts %u %s\n", nts->trusted[i].set, nts->trusted[i].path);
	for (size_t i = 0; i < nts->certificate_count; i++)
		fprintf(out, "ntsservercert %s\nntsserverkey %s\n", nts->certificates[i],
			nts->keys[i]);
	fputs("ntsaeads", out);
	for (size_t i = 0; i < nts->algorithms.count; i++)
		fprintf(out, " %d", nts->algorithms.list[i]);
	fputc('\n', out);
	if (nts->limit.enabled)
		fprintf(out, "ntsratelimit interval %d burst %d leak %d\n", nts->limit_interval,
			nts->limit.burst, nts->limit.leak);
	else
		fputs("# ntsratelimit: clients get NTS keys as often as they ask\n", out);
}

static void print_stepping(FILE *out, const struct discipline_options *options)
{
	if (options->step_threshold_ns > 0) {
		print_seconds(out, "makestep ", options->step_threshold_ns);
		fprintf(out, " %d\n", options->step_limit);
	} else {
		fputs("# makestep: nothing that the sources show is stepped\n", out);
	}
	if (options->maxchange_ns > 0) {
		print_seconds(out, "maxchange ", options->maxchange_ns);
		fprintf(out, " %d %d\n", options->maxchange_start, options->maxchange_ignore);
	} else {
		fputs("# maxchange: no change is refused\n", out);
	}
	fprintf(out, "fallbackdrift %d %d\n", options->fallback_least, options->fallback_most);
}

static void print_rules(FILE *out, const struct config *config)
{
	if (!config->rule_count)
		fputs("# steppolicy: the module's own, see 'truechime policy'\n", out);
	for (int i = 0; i < config->rule_count; i++) {
		const struct module_rule *rule = &config->rules[i];

		fprintf(out, "steppolicy %s %s %s", name_of_occasion(rule->occasion),
			name_of_direction(rule->direction), name_of_rule(rule->rule));
		print_seconds(out, " ", rule->threshold_ns);
		print_seconds(out, " ", rule->maximum_ns);
		fputc('\n', out);
	}
}

static void print_module(FILE *out, const struct config *config)
{
	if (*config->hostclock)
		fprintf(out, "hostclock %s\n", config->hostclock);
	else
		fputs("# hostclock: the module's own choice, see 'truechime host'\n", out);
	if (config->has_rtc)
		fprintf(out, "rtcpolicy %s\n", name_of_rtc(config->rtc));
	else
		fputs("# rtcpolicy: the module's own, see 'truechime policy'\n", out);
	print_rules(out, config);
}

static void print_rule(FILE *out, const char *prefix, const struct access_rule *rule)
{
	char network[NET_ADDRESS_TEXT_MAX];

	fprintf(out, "%s%s%s", prefix, rule->allow ? "allow" : "deny", rule->all ? " all" : "");
	if (rule->network.family != AF_UNSPEC) {
		net_address_format(&rule->network, network);
		fprintf(out, " %s/%d", network, rule->prefix);
	}
	fputc('\n', out);
}

static void print_local(FILE *out, const struct config_local *local)
{
	fprintf(out, "local stratum %d%s", local->stratum, local->orphan ? " orphan" : "");
	print_seconds(out, " distance ", local->distance_ns);
	print_seconds(out, " activate ", local->activate_ns);
	print_seconds(out, " waitsynced ", local->wait_synced_ns);
	print_seconds(out, " waitunsynced ", local->wait_unsynced_ns);
	fputc('\n', out);
}

/* Port and device are in the table. */
static void print_serving(FILE *out, const struct config_server *server)
{
	if (!config_allows_somebody(server))
		fputs("# allow: nobody is served\n", out);
	else if (!server->port)
		fputs("# port 0: nobody is served\n", out);
	for (size_t i = 0; i < server->rule_count; i++)
		print_rule(out, "", &server->rules[i]);
	if (*server->bind_address4)
		fprintf(out, "bindaddress %s\n", server->bind_address4);
	if (*server->bind_address6)
		fprintf(out, "bindaddress %s\n", server->bind_address6);
	if (*server->xdp_device)
		fprintf(out, "xdp %s%s\n", server->xdp_device,
			server->xdp_mode == FAST_PATH_NATIVE ? " native" :
			server->xdp_mode == FAST_PATH_GENERIC ? " generic" : "");
	else
		fputs("# xdp: all requests are answered by the process\n", out);
	if (server->log_bytes)
		fprintf(out, "clientloglimit %lld\n", (long long)server->log_bytes);
	else
		fputs("noclientlog\n", out);
	if (server->limit.enabled)
		fprintf(out, "ratelimit interval %d burst %d leak %d kod %d\n",
			server->least_poll, server->limit.burst, server->limit.leak,
			server->limit.kod);
	else
		fputs("# ratelimit: clients are answered as often as they ask\n", out);
	if (server->local.enabled)
		print_local(out, &server->local);
	else
		fputs("# local: a clock that is not synchronised is not served as if it were\n",
		      out);
}

static void print_hardware(FILE *out, const struct config *config)
{
	if (!config->hardware_count)
		fputs("# hwtimestamp: the kernel timestamps packets\n", out);
	for (size_t i = 0; i < config->hardware_count; i++) {
		const struct hardware_options *card = &config->hardware[i];

		fprintf(out, "hwtimestamp %s", card->interface);
		print_seconds(out, " txcomp ", card->transmit_ns);
		print_seconds(out, " rxcomp ", card->receive_ns);
		if (card->filter != HARDWARE_FILTER_DEFAULT)
			fprintf(out, " rxfilter %s", config_filter_name(card->filter));
		fprintf(out, "%s\n", card->no_crosststamp ? " nocrossts" : "");
	}
}

/* Likewise. */
static void print_chronyc(FILE *out, const struct config_chronyc *chronyc)
{
	fprintf(out, "bindcmdaddress %s\nbindcmdaddress %s\nbindcmdaddress %s\n",
		*chronyc->path ? chronyc->path : "/", chronyc->bind_address4,
		chronyc->bind_address6);
	for (size_t i = 0; i < chronyc->rule_count; i++)
		print_rule(out, "cmd", &chronyc->rules[i]);
	fputs("opencommands", out);
	for (int word = 0; word < CONFIG_OPEN_WORDS; word++) {
		if (chronyc->open >> word & 1)
			fprintf(out, " %s", config_open_word((enum config_open)word));
	}
	fputc('\n', out);
	if (chronyc->limit.enabled)
		fprintf(out, "cmdratelimit interval %d burst %d leak %d\n",
			chronyc->limit_interval, chronyc->limit.burst, chronyc->limit.leak);
	else
		fputs("# cmdratelimit: chronyc is answered as often as it asks\n", out);
}

/* Folder and banner are in the table. */
static void print_logs(FILE *out, const struct config_logs *logs)
{
	if (!logs->wanted) {
		fputs("# log: no files of measurements are written\n", out);
		return;
	}
	fputs("log", out);
	for (int i = 0; i < CONFIG_LOGS; i++) {
		if (logs->wanted >> i & 1)
			fprintf(out, " %s%s",
				i == CONFIG_LOG_MEASUREMENTS && logs->raw ? "raw" : "",
				config_log_name((enum config_log)i));
	}
	fputc('\n', out);
}

void config_print(const struct config *config, FILE *out)
{
	const struct config_option *directives;
	size_t count;

	print_sources(out, config);
	print_stepping(out, &config->discipline);
	if (*config->driftfile)
		fprintf(out, "driftfile %s interval %lld\n", config->driftfile,
			(long long)config->driftfile_interval_s);
	else
		fputs("# driftfile: the rate is not kept for the next start\n", out);
	fputs("rtcsync\n", out);
	if (*config->bind_address4)
		fprintf(out, "bindacqaddress %s\n", config->bind_address4);
	if (*config->bind_address6)
		fprintf(out, "bindacqaddress %s\n", config->bind_address6);
	if (*config->pidfile)
		fprintf(out, "pidfile %s\n", config->pidfile);
	print_hardware(out, config);
	print_module(out, config);
	print_serving(out, &config->server);
	print_nts(out, &config->nts);
	print_chronyc(out, &config->chronyc);
	print_logs(out, &config->logs);

	/* All others have their place in the table. */
	directives = config_directives(&count);
	for (size_t i = 0; i < count; i++)
		print_plain(out, &directives[i], config);
}
