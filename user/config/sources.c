// SPDX-License-Identifier: GPL-2.0-only
/*
 * The server, pool, peer and refclock directives with their options.
 */
#include "config/reader.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/plural.h"
#include "ntp/address.h"
#include "ntp/mono_root.h"
#include "ntp/packet.h"

/* chrony's are -7 and 24. */
#define POLL_MIN	SOURCE_POLL_MIN
#define POLL_MAX	SOURCE_POLL_MAX
#define MINPOLL_DEFAULT	6
#define MAXPOLL_DEFAULT	10
#define POLL_MISSING	INT_MIN
#define STRATUM_MAX	15

/* chrony's: 100000 requests take more than two months at the shortest usual interval. */
#define MAXUNREACH_DEFAULT	100000

#define WEIGHED	"each sample is weighed by its own delay and noise, without a setting"

/* Places in struct config_source. */
#define AT(member)	offsetof(struct config_source, member)

/* Places that are not kept: struct choices below. */
#define CHOICE(member)	offsetof(struct choices, member)

/**
 * struct choices - a source with what is only of interest until it is complete
 * @source: what comes of it, first, so that its places are the same
 * @key: asked for; 0: not
 * @cert_set: as configured
 * @maxunreach: as configured
 * @presend: as configured; beyond POLL_MAX: never
 * @poll: of a refclock
 * @refid: of a refclock, as text
 * @lock: of another one, as text
 */
struct choices {
	struct config_source source;
	int64_t key;
	int64_t cert_set;
	int maxunreach;
	int presend;
	int poll;
	char refid[5];
	char lock[5];
};

/* chrony's number of the field with PTP's corrections, and the one that it had before 4.9. */
#define NET_CORRECTION		0x010a
#define NET_CORRECTION_OLD	0xf324

/* The extension fields that chronyd knows, as hexadecimal numbers. */
static int parse_extfield(struct config_reader *reader, int count, char **words)
{
	char *end;
	unsigned long type = strtoul(words[0], &end, 16);

	(void)count;
	if (*end || (type != MONO_ROOT_TYPE && type != NET_CORRECTION &&
		     type != NET_CORRECTION_OLD))
		return config_error(reader, "'extfield %s': F323 or 10A was expected", words[0]);
	if (type == MONO_ROOT_TYPE)
		reader->mono_root = true;
	else
		config_warn(reader, "'extfield %s' has no effect: NTP over PTP is not done",
			    words[0]);

	return 0;
}

/* Those of CONFIG_SECONDS are no times, but whole numbers that an int is too small for. */
static const struct config_option server_options[] = {
	{ "iburst", CONFIG_FLAG, .offset = AT(options.iburst) },
	{ "prefer", CONFIG_FLAG, .offset = AT(options.prefer) },
	{ "trust", CONFIG_FLAG, .offset = AT(options.trust) },
	{ "noselect", CONFIG_FLAG, .offset = AT(options.noselect) },
	{ "require", CONFIG_FLAG, .offset = AT(options.require) },
	{ "copy", CONFIG_FLAG, .offset = AT(options.copy) },
	/* Their limits are in settle_polls(). */
	{ "minpoll", CONFIG_INT, .offset = AT(options.minpoll), .min = POLL_MISSING + 1.0,
	  .max = INT_MAX, .limit = true, .initial = POLL_MISSING },
	{ "maxpoll", CONFIG_INT, .offset = AT(options.maxpoll), .min = POLL_MISSING + 1.0,
	  .max = INT_MAX, .limit = true, .initial = POLL_MISSING },
	{ "polltarget", CONFIG_INT, .offset = AT(options.polltarget), .min = 1, .max = 1000,
	  .limit = true, .initial = SOURCE_POLLTARGET },
	{ "offset", CONFIG_NUMBER, .offset = AT(options.offset_s), .min = -1e9, .max = 1e9,
	  .limit = true },
	{ "port", CONFIG_INT, .offset = AT(port), .min = 1, .max = 65535, .initial = NTP_PORT },
	{ "version", CONFIG_INT, .offset = AT(version), .min = NTP_VERSION_MIN,
	  .max = NTP_VERSION_MAX, .limit = true },
	{ "maxsources", CONFIG_INT, .offset = AT(maxsources), .min = 1, .max = 16, .limit = true,
	  .initial = 4 },
	{ "minstratum", CONFIG_INT, .offset = AT(options.minstratum), .max = STRATUM_MAX,
	  .limit = true },
	{ "maxdelay", CONFIG_NS, .offset = AT(maxdelay_ns), .min = 1e-9, .max = 1000,
	  .limit = true, .initial = 3 },
	{ "mindelay", CONFIG_NS, .offset = AT(options.mindelay_ns), .max = 1000, .limit = true },
	/* As in chrony, one beyond a half is estimated. */
	{ "asymmetry", CONFIG_NUMBER, .offset = AT(options.asymmetry), .min = -1, .max = 1,
	  .limit = true, .initial = 1 },
	{ "xleave", CONFIG_FLAG, .offset = AT(interleaved) },
	{ "maxdelayratio", CONFIG_NUMBER, .offset = AT(maxdelayratio), .max = 1e6, .limit = true },
	{ "maxunreach", CONFIG_INT, .offset = CHOICE(maxunreach), .max = INT_MAX - 1,
	  .limit = true, .initial = MAXUNREACH_DEFAULT },
	{ "presend", CONFIG_INT, .offset = CHOICE(presend), .min = POLL_MIN, .max = INT_MAX,
	  .limit = true, .initial = POLL_MAX + 1 },
	{ "burst", CONFIG_FLAG, .offset = AT(options.burst) },
	{ "offline", CONFIG_FLAG, .offset = AT(offline) },
	{ "auto_offline", CONFIG_FLAG, .offset = AT(auto_offline) },
	/* The last one counts. */
	{ "ipv4", CONFIG_CONSTANT, .offset = AT(family), .max = AF_INET },
	{ "ipv6", CONFIG_CONSTANT, .offset = AT(family), .max = AF_INET6 },
	{ "nts", CONFIG_FLAG, .offset = AT(nts) },
	{ "ntsport", CONFIG_INT, .offset = AT(nts_port), .min = 1, .max = 65535,
	  .initial = NTS_KE_PORT },
	{ "certset", CONFIG_SECONDS, .offset = CHOICE(cert_set), .max = UINT32_MAX },
	{ "key", CONFIG_SECONDS, .offset = CHOICE(key), .min = 1, .max = UINT32_MAX },

	{ "extfield", CONFIG_HANDLER, .min = 1, .max = 1, .handle = parse_extfield },
	{ "maxdelaydevratio", CONFIG_ADVICE, .form = "f", .advice = WEIGHED },
	{ "maxdelayquant", CONFIG_ADVICE, .form = "f", .advice = WEIGHED },
	{ "filter", CONFIG_ADVICE, .form = "i", .advice = WEIGHED },
	{ "minsamples", CONFIG_ADVICE, .form = "i", .advice = WEIGHED },
	{ "maxsamples", CONFIG_INT, .offset = AT(options.maxsamples), .max = 64, .limit = true },
};

static const struct config_option refclock_options[] = {
	{ "poll", CONFIG_INT, .offset = CHOICE(poll), .min = POLL_MIN, .max = POLL_MAX,
	  .limit = true, .initial = 4 },
	{ "dpoll", CONFIG_INT, .offset = AT(driver_poll), .min = POLL_MIN, .max = POLL_MAX,
	  .limit = true },
	{ "filter", CONFIG_INT, .offset = AT(filter), .min = 1, .max = 1024, .limit = true,
	  .initial = 64 },
	{ "refid", CONFIG_WORD, .offset = CHOICE(refid),
	  .size = sizeof(((struct choices *)0)->refid) },
	{ "offset", CONFIG_NUMBER, .offset = AT(options.offset_s), .min = -1e9, .max = 1e9,
	  .limit = true },
	{ "delay", CONFIG_NS, .offset = AT(delay_ns), .max = 16, .limit = true, .initial = 1e-9 },
	{ "precision", CONFIG_NS, .offset = AT(precision_ns), .max = 16, .limit = true },
	{ "stratum", CONFIG_INT, .offset = AT(stratum), .max = STRATUM_MAX },
	{ "prefer", CONFIG_FLAG, .offset = AT(options.prefer) },
	{ "trust", CONFIG_FLAG, .offset = AT(options.trust) },
	{ "noselect", CONFIG_FLAG, .offset = AT(options.noselect) },
	{ "require", CONFIG_FLAG, .offset = AT(options.require) },
	{ "tai", CONFIG_FLAG, .offset = AT(tai) },
	{ "pps", CONFIG_FLAG, .offset = AT(pps) },
	{ "lock", CONFIG_WORD, .offset = CHOICE(lock),
	  .size = sizeof(((struct choices *)0)->lock) },
	{ "rate", CONFIG_INT, .offset = AT(rate), .min = 1, .max = INT_MAX, .initial = 1 },
	{ "width", CONFIG_NS, .offset = AT(width_ns), .max = 1, .limit = true },
	{ "maxlockage", CONFIG_INT, .offset = AT(maxlockage), .min = 1, .max = 1e6, .limit = true,
	  .initial = 2 },
	{ "local", CONFIG_LEFT_OUT, .advice = "the oscillator's rate is learned from the sources" },
	{ "maxdispersion", CONFIG_ADVICE, .form = "f", .advice = WEIGHED },
	{ "minsamples", CONFIG_ADVICE, .form = "i", .advice = WEIGHED },
	{ "maxsamples", CONFIG_ADVICE, .form = "i", .advice = WEIGHED },
	{ "maxunreach", CONFIG_INT, .offset = CHOICE(maxunreach), .max = INT_MAX - 1,
	  .limit = true, .initial = MAXUNREACH_DEFAULT },
};

const struct config_option *config_server_options(size_t *count)
{
	*count = ARRAY_SIZE(server_options);

	return server_options;
}

const struct config_option *config_refclock_options(size_t *count)
{
	*count = ARRAY_SIZE(refclock_options);

	return refclock_options;
}

double config_nearest_value(const char *name, double value)
{
	const struct config_option *option =
		config_option_find(server_options, ARRAY_SIZE(server_options), name);

	return fmin(fmax(value, option->min), option->max);
}

/* The directive is right, but it cannot be done here. */
static void leave_out(struct config_reader *reader, const char *why)
{
	config_no_effect(reader, "%s", why);
	reader->left_out = true;
}

/*
 * Others see it, at terminals and as JSON, and in commands that they are advised to type, where the
 * network may have named it. No resolver would find such a one.
 */
static bool could_be_name(const char *name)
{
	for (; *name; name++) {
		if (*name <= ' ' || *name > '~' || strchr("\"'`$&;|<>()\\*?[]{}!#~^", *name))
			return false;
	}

	return true;
}

/* As in a URL; a resolver would say no more than that there is no such name. */
static void warn_of_port(struct config_reader *reader, const char *name)
{
	const char *port = strrchr(name, ':');
	struct net_address address;

	if (!port || !port[1] || port[1 + strspn(port + 1, "0123456789")] ||
	    net_address_parse(name, AF_UNSPEC, &address) != -EINVAL)
		return;
	config_warn(reader, "'%s' is taken for a name: a port is named by 'port %s', or with nts 'ntsport %s'",
		    name, port + 1, port + 1);
}

/* A URL, or a network: the same. */
static void warn_of_slash(struct config_reader *reader, const char *name)
{
	const char *host = strstr(name, "://");

	if (!strchr(name, '/'))
		return;
	host = host ? host + 3 : name;
	config_warn(reader,
		    "'%s' is taken for a name, and no name has a '/': name the host alone, as '%.*s'",
		    name, (int)strcspn(host, "/:"), host);
}

static void set_name(struct config_reader *reader, struct config_source *source, const char *name)
{
	size_t length = strlen(name);

	if (*name == '[') {
		leave_out(reader,
			  "an address stands without brackets, and its port is an option: the line is left out");
		return;
	}
	if (!could_be_name(name)) {
		leave_out(reader,
			  "the name has characters that no name has, and the line is left out");
		return;
	}
	if (length >= sizeof(source->options.name)) {
		leave_out(reader, "the name is too long, and the line left out");
		return;
	}
	warn_of_port(reader, name);
	warn_of_slash(reader, name);
	memcpy(source->options.name, name, length + 1);
}

/* Hundreds may follow. */
static void leave_out_surplus(struct config_reader *reader)
{
	if (reader->explain || !reader->leaves_out_sources)
		config_no_effect(reader,
				 "there are too many sources: %d are the most, and this one and those that follow are left out. Take out those that are needed least",
				 CONFIG_SOURCES_MAX);
	reader->leaves_out_sources = true;
	reader->left_out = true;
}

static int add_source(struct config_reader *reader, const struct config_source *source)
{
	struct config *config = reader->config;
	struct config_source *added;

	if (!reader->left_out && config->source_count == CONFIG_SOURCES_MAX)
		leave_out_surplus(reader);
	if (reader->left_out) {
		config->left_out++;
		return 0;
	}
	added = &config->sources[config->source_count];
	*added = *source;
	added->volatile_origin = reader->volatile_origin;
	added->said.trust = source->options.trust;
	added->said.require = source->options.require;
	added->said.noselect = source->options.noselect;
	config->source_count++;

	return 0;
}

/* As in chrony, one that is too small becomes the default, but for chrony's own least one. */
static void settle_poll(struct config_reader *reader, const char *name, int *poll, int initial)
{
	int given = *poll;

	if (given < POLL_MIN)
		*poll = given == POLL_MIN - 1 ? POLL_MIN : initial;
	if (given > POLL_MAX)
		*poll = POLL_MAX;
	if (given != POLL_MISSING && *poll != given)
		config_warn(reader, "'%s %d' is out of range: it can be %d to %d, and counts as %d",
			    name, given, POLL_MIN, POLL_MAX, *poll);
}

/* As in chrony, the lower limit wins. */
static void settle_polls(struct config_reader *reader, struct source_options *options)
{
	bool given = options->maxpoll != POLL_MISSING;

	settle_poll(reader, "minpoll", &options->minpoll, MINPOLL_DEFAULT);
	settle_poll(reader, "maxpoll", &options->maxpoll, MAXPOLL_DEFAULT);
	if (options->maxpoll >= options->minpoll)
		return;
	if (given)
		config_warn(reader, "'maxpoll %d' counts as %d, as 'minpoll' is %d",
			    options->maxpoll, options->minpoll, options->minpoll);
	options->maxpoll = options->minpoll;
}

/*
 * Two machines that are each other's peers are two clients of each other here: each asks, and each
 * answers if it is a server, too. Packets of the symmetric mode come unasked: whoever has recorded
 * one can send it again, though it is authenticated. An answer has to return a number that was
 * drawn for its request.
 */
static void warn_of_peer(struct config_reader *reader, const char *name)
{
	config_warn(reader, "'peer %s' is done as 'server %s': the peer is asked, and has to let this machine in with 'allow', but learns nothing of this machine's time by that. If it is to, name this machine there with 'server' or 'peer', and let it in here with 'allow'",
		    name, name);
}

/* @words: the name, and options. */
static int parse_source(struct config_reader *reader, enum config_kind kind, int count,
			char **words)
{
	struct choices choices = { .source.kind = kind };
	struct config_source *source = &choices.source;

	config_option_defaults(server_options, ARRAY_SIZE(server_options), &choices);
	reader->left_out = false;
	reader->mono_root = false;
	set_name(reader, source, words[0]);
	if (config_options_set(reader, server_options, ARRAY_SIZE(server_options), &choices,
			       count - 1, words + 1) < 0)
		return -EINVAL;

	source->options.kind = SOURCE_SERVER;
	source->options.unreach_limit = (unsigned int)choices.maxunreach + 1;
	if (choices.presend <= POLL_MAX)
		source->options.presend_s = ldexp(1, choices.presend);
	settle_polls(reader, &source->options);
	source->authenticated = source->nts || choices.key;
	/* As in chrony, nts comes first where both are asked for. */
	source->key = source->nts ? 0 : (uint32_t)choices.key;
	source->cert_set = (uint32_t)choices.cert_set;
	/* What belongs to it means nothing without it. */
	if (!source->nts) {
		source->nts_port = NTS_KE_PORT;
		source->cert_set = 0;
	}
	if (source->nts && source->version && source->version < NTP_VERSION_MAX) {
		config_warn(reader, "'version %d' has no effect: 'nts' needs version %d",
			    source->version, NTP_VERSION_MAX);
		source->version = NTP_VERSION_MAX;
	}
	source->mono_root = reader->mono_root;
	if (!source->version && (!source->key || source->interleaved || source->mono_root))
		source->version = NTP_VERSION_MAX;
	if (source->mono_root && source->version < NTP_VERSION_MAX)
		config_warn(reader, "'extfield' has no effect: it needs version %d",
			    NTP_VERSION_MAX);
	if (source->interleaved && source->version < NTP_VERSION_MAX)
		config_warn(reader, "'xleave' has no effect: it needs version %d", NTP_VERSION_MAX);

	return add_source(reader, source);
}

/* server, pool and peer. */
int config_parse_server(struct config_reader *reader, int count, char **words)
{
	bool is_pool = !strcmp(reader->directive, "pool");

	if (!strcmp(reader->directive, "peer"))
		warn_of_peer(reader, words[0]);

	return parse_source(reader, is_pool ? CONFIG_POOL : CONFIG_SERVER, count, words);
}

int config_add_first_host(struct config_reader *reader, char *name)
{
	struct config *config = reader->config;
	size_t count = config->source_count;
	int err = parse_source(reader, CONFIG_SERVER, 1, &name);

	if (!err && config->source_count > count) {
		config->sources[count].options.iburst = true;
		config->sources[count].at_start = true;
	}

	return err;
}

static size_t count_refclocks(const struct config *config)
{
	size_t count = 0;

	for (size_t i = 0; i < config->source_count; i++)
		count += config->sources[i].options.kind == SOURCE_REFCLOCK;

	return count;
}

int config_parse_refclock(struct config_reader *reader, int count, char **words)
{
	struct choices choices = { .source.options.kind = SOURCE_REFCLOCK };
	struct config_source *source = &choices.source;
	size_t number = count_refclocks(reader->config);
	bool is_option = count > 1 && config_option_find(refclock_options,
							 ARRAY_SIZE(refclock_options), words[1]);

	if (config_check_driver(reader, count, words, is_option) < 0)
		return -EINVAL;
	config_option_defaults(refclock_options, ARRAY_SIZE(refclock_options), &choices);
	reader->left_out = false;
	if (config_parse_driver(reader, source, words[0], words[1]) < 0 ||
	    config_options_set(reader, refclock_options, ARRAY_SIZE(refclock_options), &choices,
			       count - 2, words + 2) < 0)
		return -EINVAL;

	/*
	 * Each reading of a PHC is a sample: no median filter would collect them. That is
	 * told only of long ones, from which somebody expects that the PHC is left alone.
	 */
	if (source->kind == CONFIG_PHC && choices.poll > MAXPOLL_DEFAULT &&
	    choices.poll > source->driver_poll)
		config_warn(reader,
			    "'poll %d' counts as %d: each reading of a PHC is a sample. To have it read less often: 'dpoll %d'",
			    choices.poll, source->driver_poll, choices.poll);
	if (source->kind == CONFIG_PHC && choices.poll > source->driver_poll)
		choices.poll = source->driver_poll;
	if (source->driver_poll > choices.poll)
		source->driver_poll = choices.poll;
	source->options.minpoll = choices.poll;
	source->options.maxpoll = choices.poll;
	source->options.unreach_limit = (unsigned int)choices.maxunreach + 1;
	source->refid = *choices.refid ? config_make_refid(choices.refid) :
					 config_number_refid(source, number);
	source->lock = *choices.lock ? config_make_refid(choices.lock) : 0;
	source->pps |= source->kind == CONFIG_PPS;
	config_check_pulses(reader, source);
	source->options.numbered = source->pps && !source->lock;
	source->options.unsmeared = source->pps || source->tai;

	return add_source(reader, source);
}

void config_check_keyfile(struct config_reader *reader, size_t first)
{
	const struct config *config = reader->config;
	const char *file = reader->file;

	for (size_t i = first; i < config->source_count && !*config->keyfile; i++) {
		const struct config_source *source = &config->sources[i];

		if (!source->key)
			continue;
		reader->file = *source->file ? source->file : file;
		config_warn(reader, "'%s' is not asked: its key %u is in no file, as there is no 'keyfile' here",
			    source->options.name, source->key);
	}
	reader->file = file;
}

void config_check_scopes(struct config_reader *reader, size_t first)
{
	const struct config *config = reader->config;
	const char *file = reader->file;
	struct net_address address;

	for (size_t i = first; i < config->source_count && !*config->bind_device; i++) {
		const struct config_source *source = &config->sources[i];
		const char *name = source->options.name;

		if (net_address_parse(name, source->family, &address) ||
		    !net_address_lacks_scope(&address))
			continue;
		reader->file = *source->file ? source->file : file;
		config_warn(reader, "'%s' is not asked: a link-local address needs the interface behind it, as in '%s%%eth0'",
			    name, name);
	}
	reader->file = file;
}

void config_finish_sources(struct config_reader *reader)
{
	struct config *config = reader->config;

	for (size_t i = 0; i < config->source_count; i++) {
		struct config_source *source = &config->sources[i];

		source->options.maxdistance_ns = config->discipline.maxdistance_ns;
		source->options.maxclockerror = config->discipline.maxclockerror;
	}
	/* Beside others, which have come or gone since, a source may have had other options. */
	config_apply_authselect(reader);
}

bool config_can_set_clock(const struct config *config, char *why, size_t size)
{
	size_t watched = config->source_count, left_out = config->left_out;

	for (size_t i = 0; i < config->source_count; i++) {
		if (!config->sources[i].options.noselect)
			return true;
	}

	if (watched + left_out == 1)
		snprintf(why, size, "the only configured source cannot set the clock: it %s",
			 watched ? "is only watched (noselect)" : "cannot be done here");
	else
		snprintf(why, size,
			 "none of the %zu configured sources can set the clock: %zu %s only watched (noselect), and %zu cannot be done here",
			 watched + left_out, watched, plural_are(watched), left_out);

	return !watched && !left_out;
}
