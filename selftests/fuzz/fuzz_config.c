// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any text as a configuration: it is refused with an error that says why, or what it says is in
 * range, and what is printed of it reads back as the same.
 */
#include "user/config/config.h"

#include "fuzz.h"

/* Reports of a reading; text for people is printable. */
struct reports {
	int warnings;
	int errors;
};

static void check_report(void *context, enum config_severity severity, const char *file, int line,
			 const char *message)
{
	struct reports *reports = context;

	FUZZ_CHECK(file && line >= 0 && *message);
	for (const char *c = message; *c; c++)
		FUZZ_CHECK(*c >= ' ' && *c <= '~');
	if (severity == CONFIG_ERROR)
		reports->errors++;
	else
		reports->warnings++;
}

static void check_refclock(const struct config_source *source)
{
	bool pulses = source->pps || source->kind == CONFIG_SOCK;

	FUZZ_CHECK(source->refid);
	FUZZ_CHECK(source->rate >= 1);
	FUZZ_CHECK(source->width_ns >= 0 && source->width_ns <= 1000000000);
	FUZZ_CHECK(!pulses || source->rate <= 1000);
	FUZZ_CHECK(!pulses || source->width_ns * source->rate < 1000000000);
	FUZZ_CHECK(source->maxlockage >= 1);
	FUZZ_CHECK(source->filter >= 1);
	FUZZ_CHECK(source->driver_poll <= source->options.minpoll);
	FUZZ_CHECK(source->unit >= 0 && source->unit <= 255);
	FUZZ_CHECK(source->perm >= 0 && source->perm <= 0777);
	FUZZ_CHECK(source->pps || !source->options.numbered);
}

static void check_source(const struct config_source *source)
{
	bool refclock = source->options.kind == SOURCE_REFCLOCK;

	FUZZ_CHECK(source->options.minpoll >= -6 && source->options.maxpoll <= 24);
	FUZZ_CHECK(source->options.minpoll <= source->options.maxpoll);
	FUZZ_CHECK(strlen(source->options.name) < SOURCE_NAME_MAX && source->options.name[0]);
	FUZZ_CHECK(source->options.offset_s >= -1e9 && source->options.offset_s <= 1e9);
	FUZZ_CHECK(refclock || (source->port >= 1 && source->port <= 65535));
	FUZZ_CHECK(refclock || source->key || source->version);
	FUZZ_CHECK(source->version >= 0 && source->version <= 4);
	FUZZ_CHECK(!source->key || source->authenticated);
	FUZZ_CHECK(refclock || source->maxsources >= 1);
	FUZZ_CHECK(source->maxsources <= 16);
	FUZZ_CHECK(source->maxdelay_ns >= 0 && source->delay_ns >= 0);
	FUZZ_CHECK(config_source_equal(source, source));
	if (refclock)
		check_refclock(source);
}

static void check_local(const struct config_local *one, const struct config_local *other)
{
	FUZZ_CHECK(one->enabled == other->enabled && one->stratum == other->stratum);
	FUZZ_CHECK(one->orphan == other->orphan && one->distance_ns == other->distance_ns);
	FUZZ_CHECK(one->activate_ns == other->activate_ns);
	FUZZ_CHECK(one->wait_synced_ns == other->wait_synced_ns);
	FUZZ_CHECK(one->wait_unsynced_ns == other->wait_unsynced_ns);
}

static void check_chronyc(const struct config_chronyc *one, const struct config_chronyc *other)
{
	const size_t rules = offsetof(struct config_chronyc, rules);

	FUZZ_CHECK(!memcmp(one, other, rules) && one->rule_count == other->rule_count);
	for (size_t i = 0; i < one->rule_count; i++) {
		const struct access_rule *rule = &one->rules[i], *again = &other->rules[i];

		FUZZ_CHECK(net_address_equal(&rule->network, &again->network));
		FUZZ_CHECK(rule->prefix == again->prefix);
		FUZZ_CHECK(rule->allow == again->allow && rule->all == again->all);
	}
}

/* What is printed reads without an error, as the same. */
static void check_round_trip(const struct config *config)
{
	const size_t from = offsetof(struct config, sourcedirs);
	const size_t server = offsetof(struct config, server);
	const size_t nts = server + sizeof(config->server);
	const size_t chronyc = offsetof(struct config, chronyc);
	const size_t rest = chronyc + sizeof(config->chronyc);
	struct reports reports = { 0 };
	struct config *again = NULL;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	FUZZ_CHECK(out);
	config_print(config, out);
	fclose(out);
	FUZZ_CHECK(!config_from_text("printed", text, size, false, check_report, &reports, &again));
	FUZZ_CHECK(again->source_count == config->source_count);
	for (size_t i = 0; i < config->source_count; i++) {
		const struct config_source *source = &config->sources[i];

		FUZZ_CHECK(config_source_equal(source, &again->sources[i]));
		FUZZ_CHECK(!memcmp(&source->said, &again->sources[i].said, sizeof(source->said)));
	}
	FUZZ_CHECK(config_server_equal(&config->server, &again->server));
	check_local(&config->server.local, &again->server.local);
	check_chronyc(&config->chronyc, &again->chronyc);
	/* The rest of both began as zeroes. */
	FUZZ_CHECK(!memcmp((char *)config + from, (char *)again + from, server - from));
	FUZZ_CHECK(!memcmp((char *)config + nts, (char *)again + nts, chronyc - nts));
	FUZZ_CHECK(!memcmp((char *)config + rest, (char *)again + rest, sizeof(*config) - rest));
	config_free(again);
	free(text);
}

int fuzz_one_input(const uint8_t *data, size_t size)
{
	struct reports reports = { 0 };
	struct config *config = NULL;
	int result;

	result = config_from_text("fuzz", (const char *)data, size, false, check_report, &reports,
				  &config);
	FUZZ_CHECK(!result == !reports.errors);
	FUZZ_CHECK(!result == !!config);
	if (!config)
		return 0;

	FUZZ_CHECK(config->source_count <= CONFIG_SOURCES_MAX);
	for (size_t i = 0; i < config->source_count; i++)
		check_source(&config->sources[i]);
	FUZZ_CHECK(config->rule_count >= 0 && config->rule_count <= CONFIG_RULES_MAX);
	FUZZ_CHECK(config->discipline.step_threshold_ns >= 0);
	FUZZ_CHECK(config->discipline.maxdistance_ns >= 0);
	FUZZ_CHECK(config->discipline.maxclockerror >= 0);
	FUZZ_CHECK(config->maxslewrate >= 0 && config->maxdrift >= 0);
	FUZZ_CHECK(config->dscp >= 0 && config->dscp <= 63);
	FUZZ_CHECK(config->driftfile_interval_s >= 0 && config->refresh_s >= 0);
	check_round_trip(config);
	config_free(config);

	return 0;
}
