// SPDX-License-Identifier: GPL-2.0-only
/*
 * The directives of the NTP server: who is served, how often, and what is told while the clock is
 * not synchronised.
 */
#include "config/reader.h"

#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "lib/time_units.h"
#include "ntp/packet.h"

/* chrony.conf(5), where an option is not given. */
#define LOG_BYTES		524288
#define LOG_BYTES_MAX		(1LL << 31)
#define RATE_INTERVAL		3
#define RATE_INTERVAL_MIN	(-19)
#define RATE_BURST		8
#define RATE_LEAK		2
#define LOCAL_STRATUM		10
#define LOCAL_DISTANCE_S	1
#define ORPHAN_WAIT_NS		(300 * NS_PER_S)

/* Rules are made room for so many at a time. */
#define RULES_STEP	256

#define NO_LOOKUP	"names are not looked up for it; write the address or the network"
#define CLOSED(of_server)	((of_server) ? "nobody is served" : "only this machine may ask")
#define NO_NETWORK	"it is no address, and no network such as 10.0.0.0/16"

/* How often a client is answered; @interval: log2 seconds. */
struct rate {
	int interval;
	struct client_limit limit;
};

#define RATE(member)	offsetof(struct rate, member)

/* The last is ratelimit's alone. */
static const struct config_option rate_options[] = {
	{ "interval", CONFIG_INT, .offset = RATE(interval), .min = RATE_INTERVAL_MIN, .max = 12,
	  .limit = true },
	{ "burst", CONFIG_INT, .offset = RATE(limit.burst), .min = 1, .max = 255, .limit = true,
	  .initial = RATE_BURST },
	{ "leak", CONFIG_INT, .offset = RATE(limit.leak), .min = 1, .max = 4, .limit = true,
	  .initial = RATE_LEAK },
	{ "kod", CONFIG_INT, .offset = RATE(limit.kod), .max = 4, .limit = true },
};

#define LOCAL(member)	offsetof(struct config_local, member)

static const struct config_option local_options[] = {
	{ "stratum", CONFIG_INT, .offset = LOCAL(stratum), .min = 1, .max = 15,
	  .initial = LOCAL_STRATUM },
	{ "orphan", CONFIG_FLAG, .offset = LOCAL(orphan) },
	{ "distance", CONFIG_NS, .offset = LOCAL(distance_ns), .max = CONFIG_SECONDS_MAX,
	  .limit = true, .initial = LOCAL_DISTANCE_S },
	{ "activate", CONFIG_NS, .offset = LOCAL(activate_ns), .max = CONFIG_SECONDS_MAX,
	  .limit = true },
	{ "waitsynced", CONFIG_NS, .offset = LOCAL(wait_synced_ns), .max = CONFIG_SECONDS_MAX,
	  .limit = true },
	/* Less than nothing: it was not given. */
	{ "waitunsynced", CONFIG_NS, .offset = LOCAL(wait_unsynced_ns),
	  .min = -CONFIG_SECONDS_MAX, .max = CONFIG_SECONDS_MAX, .limit = true, .initial = -1 },
};

void config_server_defaults(struct config_server *server)
{
	server->log_bytes = LOG_BYTES;
	/* Without a limit clients may ask as often as they like. */
	server->least_poll = RATE_INTERVAL_MIN;
}

void config_server_clear(struct config_server *server)
{
	free(server->rules);
	server->rules = NULL;
	server->rule_count = 0;
}

/* What add_rule() adds to has room for so many: moving ten thousand for each of them takes long. */
static size_t room_for(size_t count)
{
	return (count + RULES_STEP - 1) / RULES_STEP * RULES_STEP;
}

int config_copy_rules(struct access_rule **rules, size_t *count)
{
	const struct access_rule *from = *rules;
	size_t room = room_for(*count);

	*rules = room ? calloc(room, sizeof(**rules)) : NULL;
	if (*rules)
		memcpy(*rules, from, *count * sizeof(**rules));
	else
		*count = 0;

	return room && !*rules ? -ENOMEM : 0;
}

int config_server_copy(struct config_server *to, const struct config_server *from)
{
	struct config_server copy = *from;
	int err = config_copy_rules(&copy.rules, &copy.rule_count);

	if (err)
		return err;
	config_server_clear(to);
	*to = copy;

	return 0;
}

bool config_allows_somebody(const struct config_server *server)
{
	for (size_t i = 0; i < server->rule_count; i++) {
		if (server->rules[i].allow)
			return true;
	}

	return false;
}

bool config_serves(const struct config_server *server)
{
	return server->port && config_allows_somebody(server);
}

const char *config_server_address(const struct config_server *server, int family)
{
	const char *address = family == AF_INET6 ? server->bind_address6 : server->bind_address4;

	if (server->family != AF_UNSPEC && server->family != family)
		return NULL;
	/* An address of one family only: the other one is not served. */
	if (!*address && (*server->bind_address4 || *server->bind_address6))
		return NULL;

	return address;
}

static bool is_same_address(const struct config_server *one, const struct config_server *other,
			    int family)
{
	const char *a = config_server_address(one, family);
	const char *b = config_server_address(other, family);

	return a && b ? !strcmp(a, b) : a == b;
}

bool config_server_same_place(const struct config_server *one, const struct config_server *other)
{
	return !strcmp(one->bind_device, other->bind_device) &&
	       is_same_address(one, other, AF_INET) && is_same_address(one, other, AF_INET6);
}

/* They are looked at one by one when a table is made of them. */
static int add_rule(struct access_rule **rules, size_t *count, const struct access_rule *rule)
{
	struct access_rule *more = *rules;

	if (*count >= CONFIG_ACCESS_RULES_MAX)
		return -ENOSPC;
	if (*count == room_for(*count))
		more = reallocarray(more, room_for(*count + 1), sizeof(*more));
	if (!more)
		return -ENOMEM;
	more[(*count)++] = *rule;
	*rules = more;

	return 0;
}

/* A resolver could find it. What ends in a number is an attempt at an address, or at a range. */
static bool is_name(const char *word)
{
	const char *last = word;

	for (const char *c = word; *c; c++) {
		if (!isalnum((unsigned char)*c) && !strchr("-._", *c))
			return false;
		if (*c == '.' && c[1])
			last = c + 1;
	}

	return strspn(last, "0123456789.") < strlen(last);
}

/* allow and deny; the others of cmdallow and cmddeny. */
static bool is_of_server(const struct config_reader *reader)
{
	return strncmp(reader->directive, "cmd", 3) != 0;
}

/*
 * Whom a line refuses that cannot be read would be served. chronyd starts if there is such a name,
 * and not if it is no network either.
 */
static int refuse_unread(struct config_reader *reader, const char *word)
{
	struct config *config = reader->config;
	bool of_server = is_of_server(reader);

	if (!is_name(word))
		return config_error(reader, "'%s %s': " NO_NETWORK, reader->directive, word);
	config_warn(reader, "'%s %s': " NO_LOOKUP ". With this line in a configuration %s",
		    reader->directive, word, CLOSED(of_server));
	if (of_server)
		config->server.closed = true;
	else
		config->chronyc.closed = true;

	return 0;
}

/* chronyd has room for any number. Of the thousands that may follow nothing is said. */
static void leave_out_rule(struct config_reader *reader, bool allow)
{
	struct config *config = reader->config;
	bool of_server = is_of_server(reader);
	bool *closed = of_server ? &config->server.closed : &config->chronyc.closed;

	if (!allow && !*closed)
		config_warn(reader, "more than %d such lines, and so %s: name larger networks",
			    CONFIG_ACCESS_RULES_MAX, CLOSED(of_server));
	else if (allow && !reader->leaves_out_rules)
		config_no_effect(reader,
				 "more than %d such lines: from here on 'allow' and 'cmdallow' are left out. Name larger networks",
				 CONFIG_ACCESS_RULES_MAX);
	*closed |= !allow;
	reader->leaves_out_rules |= allow;
}

void config_close_access(struct config *config)
{
	if (config->server.closed)
		config_server_clear(&config->server);
	if (config->chronyc.closed) {
		free(config->chronyc.rules);
		config->chronyc.rules = NULL;
		config->chronyc.rule_count = 0;
	}
}

int config_parse_rule(struct config_reader *reader, int count, char **words)
{
	struct config_server *server = &reader->config->server;
	struct config_chronyc *chronyc = &reader->config->chronyc;
	const char *directive = reader->directive;
	struct access_rule rule = { .allow = !!strstr(directive, "allow") };
	int err;

	if (count && !strcasecmp(words[0], "all")) {
		rule.all = true;
		count--;
		words++;
	}
	if (count > 1)
		return config_error(reader, "'%s [all] [NETWORK]' was expected", directive);
	err = access_rule_parse(count ? words[0] : "", &rule);
	if (err == -ERANGE) {
		config_error(reader, "'%s %s': the prefix is longer than the address", directive,
			     words[0]);
		return err;
	}
	if (err && !rule.allow)
		return refuse_unread(reader, words[0]);
	if (err)
		return config_no_effect(reader, "'%s %s' has no effect: %s", directive, words[0],
					is_name(words[0]) ? NO_LOOKUP : NO_NETWORK);
	err = is_of_server(reader) ? add_rule(&server->rules, &server->rule_count, &rule) :
				     add_rule(&chronyc->rules, &chronyc->rule_count, &rule);
	if (err == -ENOSPC) {
		leave_out_rule(reader, rule.allow);
		return 0;
	}
	if (err)
		config_error(reader, "'%s' cannot be kept: %s", directive, strerror(-err));

	return err;
}

/* As chronyd reads it: of what is less than nothing there is very much. */
int config_parse_clientloglimit(struct config_reader *reader, int count, char **words)
{
	int64_t *log_bytes = &reader->config->server.log_bytes;
	unsigned long long bytes;
	char *end;

	(void)count;
	bytes = strtoull(words[0], &end, 10);
	if (!config_number_ends(reader, words[0], end))
		return config_error(reader, "clientloglimit '%s': a number of bytes was expected",
				    words[0]);
	if (bytes > LOG_BYTES_MAX) {
		config_warn(reader, "'clientloglimit %s' is out of range: it can be 0 to %lld, and counts as %lld",
			    words[0], LOG_BYTES_MAX, LOG_BYTES_MAX);
		bytes = LOG_BYTES_MAX;
	}
	/* As in chrony: none at all takes `noclientlog`, and that counts wherever it stands. */
	if (*log_bytes)
		*log_bytes = bytes ? (int64_t)bytes : 1;

	return 0;
}

int config_parse_noclientlog(struct config_reader *reader, int count, char **words)
{
	(void)count;
	(void)words;
	reader->config->server.log_bytes = 0;

	return 0;
}

/* 2^@power seconds. */
static int64_t power_ns(int power)
{
	return power < 0 ? NS_PER_S >> -power : NS_PER_S << power;
}

/* @interval: log2 seconds, where it is not given; then those that are. */
int config_parse_limit(struct config_reader *reader, struct client_limit *limit, int *interval,
		       int count, char **words)
{
	bool is_of_ntp = !strcmp(reader->directive, "ratelimit");
	size_t option_count = ARRAY_SIZE(rate_options) - !is_of_ntp;
	struct rate rate = { .limit.enabled = true };

	config_option_defaults(rate_options, ARRAY_SIZE(rate_options), &rate);
	rate.interval = *interval;
	if (config_options_set(reader, rate_options, option_count, &rate, count, words) < 0)
		return -EINVAL;
	*interval = rate.interval;
	*limit = rate.limit;
	limit->interval_ns = power_ns(rate.interval);

	return 0;
}

int config_parse_ratelimit(struct config_reader *reader, int count, char **words)
{
	struct config_server *server = &reader->config->server;

	server->least_poll = RATE_INTERVAL;

	return config_parse_limit(reader, &server->limit, &server->least_poll, count, words);
}

int config_parse_local(struct config_reader *reader, int count, char **words)
{
	struct config_local *local = &reader->config->server.local;

	config_option_defaults(local_options, ARRAY_SIZE(local_options), local);
	local->enabled = true;
	local->orphan = false;
	if (config_options_set(reader, local_options, ARRAY_SIZE(local_options), local, count,
			       words) < 0)
		return -EINVAL;
	if (local->wait_unsynced_ns < 0)
		local->wait_unsynced_ns = local->orphan ? ORPHAN_WAIT_NS : 0;

	return 0;
}

/* A limit that has no effect is a line that protects from nothing. */
void config_check_limits(struct config_reader *reader)
{
	bool ntp = reader->config->server.limit.enabled, nts = reader->config->nts.limit.enabled;

	if (reader->config->server.log_bytes || (!ntp && !nts))
		return;
	config_warn(reader, "'%s' has no effect with 'noclientlog': who is not remembered cannot be limited. Leave out one of them",
		    ntp ? "ratelimit" : "ntsratelimit");
}

void config_check_acquisitionport(struct config_reader *reader)
{
	const struct config *config = reader->config;

	if (config_serves(&config->server) && config->bind_port == config->server.port)
		config_warn(reader, "'acquisitionport %d' is the NTP server's own port: requests have ports of the kernel's choice instead",
			    config->bind_port);
}

/* Of the two the port counts, whatever is allowed later. */
void config_check_port(struct config_reader *reader)
{
	const struct config *config = reader->config;

	if (!config->server.port && config_allows_somebody(&config->server) &&
	    !config_serves_nts(config))
		config_warn(reader,
			    "'allow' has no effect with 'port 0': nobody is served. Leave out one of them");
}

int config_parse_xdp(struct config_reader *reader, int count, char **words)
{
	struct config_server *server = &reader->config->server;
	enum fast_path_mode mode = FAST_PATH_ANY;

	if (strlen(words[0]) >= IF_NAMESIZE)
		return config_error(reader, "xdp '%s': the name of an interface was expected",
				    words[0]);
	if (count > 1 && !strcasecmp(words[1], "native")) {
		mode = FAST_PATH_NATIVE;
	} else if (count > 1 && !strcasecmp(words[1], "generic")) {
		mode = FAST_PATH_GENERIC;
	} else if (count > 1) {
		return config_error(reader, "xdp: '%s' is neither 'native' nor 'generic'",
				    words[1]);
	}
	memcpy(server->xdp_device, words[0], strlen(words[0]) + 1);
	server->xdp_mode = mode;

	return 0;
}

static bool rule_equal(const struct access_rule *one, const struct access_rule *other)
{
	return net_address_equal(&one->network, &other->network) &&
	       one->prefix == other->prefix && one->allow == other->allow && one->all == other->all;
}

bool config_rules_equal(const struct config_server *one, const struct config_server *other)
{
	if (one->rule_count != other->rule_count)
		return false;
	for (size_t i = 0; i < one->rule_count; i++) {
		if (!rule_equal(&one->rules[i], &other->rules[i]))
			return false;
	}

	return true;
}

bool config_limit_equal(const struct client_limit *one, const struct client_limit *other)
{
	return one->enabled == other->enabled && one->interval_ns == other->interval_ns &&
	       one->burst == other->burst && one->leak == other->leak && one->kod == other->kod;
}

bool config_server_equal(const struct config_server *one, const struct config_server *other)
{
	if (one->port != other->port || strcmp(one->bind_address4, other->bind_address4) ||
	    strcmp(one->bind_address6, other->bind_address6) ||
	    strcmp(one->bind_device, other->bind_device) ||
	    strcmp(one->xdp_device, other->xdp_device) || one->xdp_mode != other->xdp_mode ||
	    one->log_bytes != other->log_bytes || one->least_poll != other->least_poll ||
	    !config_limit_equal(&one->limit, &other->limit))
		return false;

	return config_rules_equal(one, other);
}
