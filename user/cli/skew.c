// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime skew: how far apart the clocks of this machine and of others are, which of them
 * differs, and which programs cannot bear that.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "lib/json_text.h"
#include "lib/names.h"
#include "lib/time_units.h"
#include "ntp/packet.h"
#include "skew/survey.h"

/* Columns of a name, as a rule. */
#define NAME_WIDTH	28

/* The name of this machine among the others. */
#define HERE	"this machine"

/* More are a mistake, such as a file's content. */
#define HOSTS_MAX	1000

/* A minute of hosts that do not answer would be of no use at a console. */
#define NTP_NS	(2 * NS_PER_S)
#define SSH_NS	(10 * NS_PER_S)

/* The program that reaches hosts without NTP. */
#define SSH	"ssh"

/**
 * struct fleet - all clocks
 * @hosts: those that were asked
 * @clocks: this machine's, and then theirs
 * @count: of clocks
 * @within_ns: how far apart they may be
 * @known: clocks that are known
 * @has_pair: two of them are known at least
 * @furthest: the pair that may be furthest apart
 * @outlier: the one that differs, or SKEW_NONE
 */
struct fleet {
	struct skew_host *hosts;
	struct skew_clock *clocks;
	size_t count;
	int64_t within_ns;
	size_t known;
	bool has_pair;
	struct skew_pair furthest;
	size_t outlier;
};

static const char *name_of(const struct fleet *fleet, size_t index)
{
	return index ? fleet->hosts[index - 1].name : HERE;
}

static void compare_all(struct fleet *fleet)
{
	size_t i;

	fleet->clocks[0].known = true;
	for (i = 1; i < fleet->count; i++)
		fleet->clocks[i] = *skew_clock_of(&fleet->hosts[i - 1]);
	for (i = 0; i < fleet->count; i++)
		fleet->known += fleet->clocks[i].known;
	fleet->has_pair = skew_furthest(fleet->clocks, fleet->count, SKEW_NONE, &fleet->furthest);
	fleet->outlier = skew_outlier(fleet->clocks, fleet->count);
}

/* Of all clocks: one that is not known may be any distance away. */
static enum skew_verdict judge(const struct fleet *fleet, int64_t limit_ns)
{
	enum skew_verdict verdict = skew_judge(&fleet->furthest, limit_ns);

	return verdict == SKEW_WITHIN && fleet->known < fleet->count ? SKEW_UNSURE : verdict;
}

static bool is_within(const struct fleet *fleet)
{
	return fleet->has_pair && judge(fleet, fleet->within_ns) == SKEW_WITHIN;
}

/* --- for people --- */

/* Some of its messages begin with its name, which is printed before all of them. */
static const char *words_of_ssh(const struct skew_host *host)
{
	static const char name[] = SSH ": ";
	const char *text = host->remote.text;

	return strncmp(text, name, strlen(name)) ? text : text + strlen(name);
}

static void print_problem(const struct skew_host *host, int width)
{
	printf("%-*s  not known: %s", width, host->name, host->ask.problem);
	if (host->by_ssh)
		printf("; " SSH ": %s", words_of_ssh(host));
	putchar('\n');
}

static void print_clock(const struct fleet *fleet, size_t index, int width)
{
	const struct skew_clock *clock = &fleet->clocks[index];
	const struct skew_host *host = index ? &fleet->hosts[index - 1] : NULL;

	if (host && !clock->known) {
		print_problem(host, width);
		return;
	}
	printf("%-*s  %14s  %12s  %s\n", width, name_of(fleet, index),
	       duration_text(clock->offset_ns).text, duration_text(clock->error_ns).text,
	       !host ? "-" : host->by_ssh ? SSH :
	       host->ask.unsynchronised ? "NTP, says it is not synchronised" : "NTP");
}

static void print_furthest(const struct fleet *fleet)
{
	const struct skew_pair *pair = &fleet->furthest;

	printf("\nFurthest apart: %s is ahead of %s by %s (%s to %s).\n",
	       name_of(fleet, pair->ahead), name_of(fleet, pair->behind),
	       duration_text(pair->apart_ns).text, duration_text(pair->least_ns).text,
	       duration_text(pair->most_ns).text);
}

static void print_outlier(const struct fleet *fleet)
{
	struct skew_pair rest;

	if (fleet->outlier == SKEW_NONE ||
	    !skew_furthest(fleet->clocks, fleet->count, fleet->outlier, &rest))
		return;
	printf("It is %s that differs: the others are within %s of each other.\n",
	       name_of(fleet, fleet->outlier), duration_text(rest.most_ns).text);
}

static void print_zones(const struct fleet *fleet)
{
	int64_t zone_s;
	size_t i;

	for (i = 1; i < fleet->count; i++) {
		zone_s = skew_zone_s(&fleet->clocks[i]);
		if (!zone_s)
			continue;
		printf("%s is off by %s, a time zone: its RTC may be in local time. %s\n",
		       name_of(fleet, i), duration_text(zone_s * NS_PER_S).text,
		       "See there: timedatectl");
	}
}

static void print_verdict(const struct fleet *fleet, const char *who, int64_t limit_ns)
{
	static const char *const words[] = {
		[SKEW_WITHIN] = "kept",
		[SKEW_BEYOND] = "BROKEN",
		[SKEW_UNSURE] = "not known to be kept",
	};

	printf("Limit of %s, %s: %s\n", who, duration_text(limit_ns).text,
	       words[judge(fleet, limit_ns)]);
}

static void print_fleet(const struct fleet *fleet)
{
	int width = NAME_WIDTH;
	size_t i;

	for (i = 0; i < fleet->count; i++)
		width = wider_column(width, name_of(fleet, i));
	print_heading("Clock", width - NAME_WIDTH,
		      "                               Ahead by           +/-  Asked by", 70);
	for (i = 0; i < fleet->count; i++)
		print_clock(fleet, i, width);
	if (!fleet->has_pair)
		return;
	print_furthest(fleet);
	print_outlier(fleet);
	print_zones(fleet);
	print_verdict(fleet, "--within", fleet->within_ns);
	for (i = 0; i < skew_limits_count; i++)
		print_verdict(fleet, skew_limits[i].name, skew_limits[i].limit_ns);
}

/* --- for programs --- */

static const char *word_of(enum skew_verdict verdict)
{
	switch (verdict) {
	case SKEW_WITHIN:
		return "within";
	case SKEW_BEYOND:
		return "beyond";
	case SKEW_UNSURE:
		break;
	}

	return "unsure";
}

static json_t *clock_as_json(const struct fleet *fleet, size_t index)
{
	const struct skew_clock *clock = &fleet->clocks[index];
	const struct skew_host *host = index ? &fleet->hosts[index - 1] : NULL;

	if (host && !clock->known)
		return json_pack("{s:o,s:b,s:s,s:s?}", "name", json_of_text(host->name),
				 "known", 0, "ntp_problem", host->ask.problem, "ssh_problem",
				 host->by_ssh ? host->remote.text : NULL);

	return json_pack("{s:o,s:b,s:I,s:I,s:s,s:b}", "name",
			 json_of_text(name_of(fleet, index)), "known", 1, "offset_ns",
			 (json_int_t)clock->offset_ns, "error_ns",
			 (json_int_t)clock->error_ns, "by",
			 !host ? "self" : host->by_ssh ? "ssh" : "ntp", "unsynchronised",
			 host && host->ask.unsynchronised);
}

static json_t *limits_as_json(const struct fleet *fleet)
{
	json_t *limits = json_array();
	size_t i;

	for (i = 0; i < skew_limits_count; i++) {
		const struct skew_limit *limit = &skew_limits[i];
		const char *verdict = word_of(judge(fleet, limit->limit_ns));

		json_array_append_new(limits,
				      json_pack("{s:s,s:I,s:s}", "name", limit->name, "limit_ns",
						(json_int_t)limit->limit_ns, "verdict", verdict));
	}

	return limits;
}

static json_t *fleet_as_json(const struct fleet *fleet)
{
	const struct skew_pair *pair = &fleet->furthest;
	json_t *clocks = json_array(), *report;
	size_t i;

	for (i = 0; i < fleet->count; i++)
		json_array_append_new(clocks, clock_as_json(fleet, i));
	report = json_pack("{s:o,s:I,s:b}", "clocks", clocks, "within_ns",
			   (json_int_t)fleet->within_ns, "all_within", is_within(fleet));
	if (!fleet->has_pair)
		return report;
	json_object_set_new(report, "furthest",
			    json_pack("{s:o,s:o,s:I,s:I,s:I,s:s}", "ahead",
				      json_of_text(name_of(fleet, pair->ahead)), "behind",
				      json_of_text(name_of(fleet, pair->behind)), "apart_ns",
				      (json_int_t)pair->apart_ns, "least_ns",
				      (json_int_t)pair->least_ns, "most_ns",
				      (json_int_t)pair->most_ns, "verdict",
				      word_of(skew_judge(pair, fleet->within_ns))));
	json_object_set_new(report, "outlier", fleet->outlier == SKEW_NONE ? json_null() :
			    json_of_text(name_of(fleet, fleet->outlier)));
	json_object_set_new(report, "limits", limits_as_json(fleet));

	return report;
}

/* --- the verb --- */

static int usage(void)
{
	return cli_error("skew takes the names or addresses of 1 to 1000 hosts");
}

static int report(const struct cli *cli, struct fleet *fleet)
{
	compare_all(fleet);
	if (cli->json)
		print_json(fleet_as_json(fleet));
	else
		print_fleet(fleet);
	/* Nothing but this machine's own clock. */
	if (fleet->known < 2)
		return CLI_ERROR;

	return is_within(fleet) ? CLI_OK : CLI_NOT;
}

/* Ask @count hosts. There is room for one clock more, this machine's. */
static int ask_all(const struct cli *cli, struct skew_host *hosts, struct skew_clock *clocks,
		   size_t count)
{
	const struct skew_survey_options options = {
		.port = cli->port ? cli->port : NTP_PORT,
		.ntp_ns = NTP_NS,
		.ssh = cli->ntp_only ? NULL : SSH,
		.ssh_ns = SSH_NS,
	};
	int err = skew_survey(hosts, count, &options);
	struct fleet fleet = {
		.hosts = hosts,
		.clocks = clocks,
		.count = count + 1,
		.within_ns = cli->within_ns ? cli->within_ns : skew_limits[0].limit_ns,
	};

	if (err)
		return cli_error("hosts cannot be asked: %s", strerror(-err));

	return report(cli, &fleet);
}

/* false: it was said why not. */
static bool can_be_host(const char *name)
{
	/* A shell's variable that is not set, of which ssh would be asked. */
	if (!*name) {
		user_err("an argument of skew is empty");
		return false;
	}
	/* The tables show it on a terminal. */
	for (const char *at = name; *at; at++) {
		if (iscntrl((unsigned char)*at)) {
			user_err("\"%s\" is no host: there are control characters in it", name);
			return false;
		}
	}

	return true;
}

/* It is one of the @count hosts. */
static bool is_named(const struct skew_host *hosts, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (!strcmp(hosts[i].name, name))
			return true;
	}

	return false;
}

/* Each once: a clock that counted twice could outvote the others. How many there are. */
static size_t name_hosts(struct skew_host *hosts, int argc, char **argv)
{
	size_t count = 0;

	for (int i = 0; i < argc; i++) {
		if (!is_named(hosts, count, argv[i]))
			hosts[count++].name = argv[i];
	}

	return count;
}

int verb_skew(const struct cli *cli, int argc, char **argv)
{
	struct skew_host *hosts;
	struct skew_clock *clocks;
	int status = CLI_ERROR, i;

	if (argc < 1 || argc > HOSTS_MAX)
		return usage();
	for (i = 0; i < argc; i++) {
		if (!can_be_host(argv[i]))
			return CLI_ERROR;
	}
	hosts = calloc((size_t)argc, sizeof(*hosts));
	clocks = calloc((size_t)argc + 1, sizeof(*clocks));
	if (hosts && clocks)
		status = ask_all(cli, hosts, clocks, name_hosts(hosts, argc, argv));
	else
		user_err("%s", strerror(ENOMEM));
	free(hosts);
	free(clocks);

	return status;
}
