// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the drivers of reference clocks are told: the parameter with its options, reference ids, and
 * whether what numbers their pulses is there.
 */
#include "config/reader.h"

#include <errno.h>
#include <math.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/names.h"
#include "lib/time_units.h"

#define PARAMETERS \
	"'refclock PHC eth0', 'SHM 0', 'SOCK /run/truechime/gps.sock' or 'PPS /dev/pps0'"

/* ntpd's keys are the unit after 0x4e545030; it has four units, gpsd as many as devices. */
#define UNIT_MAX	255

/* Of pulses, in Hz: chrony has no limit. */
#define RATE_MAX	1000

/* Of a segment that nobody else may write to. */
#define PERM_DEFAULT	0600

/**
 * struct driver - of reference clocks
 * @name: in the configuration, and beginning of the reference id
 * @kind: the same
 * @parse: the parameter without options
 * @option: the only one that the parameter may have after a colon, up to its value
 * @take: that option's value, "" if it takes none
 * @options: for an error
 */
struct driver {
	const char *name;
	enum config_kind kind;
	int (*parse)(struct config_reader *reader, struct config_source *source, const char *text);
	const char *option;
	int (*take)(struct config_reader *reader, struct config_source *source, const char *value);
	const char *options;
};

static int set_path(struct config_reader *reader, struct config_source *source, const char *text,
		    const char *what)
{
	size_t length = strlen(text);

	if (text[0] != '/')
		return config_error(reader, "'%s' is no %s was expected", text, what);
	if (length >= sizeof(source->options.name))
		return config_error(reader, "the name is too long: %zu bytes are the most",
				    sizeof(source->options.name) - 1);
	memcpy(source->options.name, text, length + 1);

	return 0;
}

/* Or the clock of a network interface, as in chrony 4.7 and later. */
static int parse_phc(struct config_reader *reader, struct config_source *source, const char *text)
{
	size_t length = strlen(text);

	if (length > 0 && length < IF_NAMESIZE && !strchr(text, '/')) {
		memcpy(source->options.name, text, length + 1);
		return 0;
	}

	return set_path(reader, source, text,
			"PHC: a network interface, or a path like /dev/ptp1");
}

static int parse_pps(struct config_reader *reader, struct config_source *source, const char *text)
{
	return set_path(reader, source, text, "PPS device: a path like /dev/pps0");
}

static int parse_sock(struct config_reader *reader, struct config_source *source, const char *text)
{
	/* struct sockaddr_un has 108 bytes. */
	if (strlen(text) > 107)
		return config_error(reader, "'%s' is too long for a socket: 107 bytes are the most",
				    text);

	return set_path(reader, source, text,
			"socket: a path like /run/truechime/chrony.ttyS0.sock");
}

static int parse_shm(struct config_reader *reader, struct config_source *source, const char *text)
{
	double unit;

	if (config_parse_number(text, &unit) < 0 || unit < 0 || unit > UNIT_MAX ||
	    unit > floor(unit))
		return config_error(reader,
				    "'%s' is no unit of shared memory: 0 to %d was expected", text,
				    UNIT_MAX);
	source->unit = (int)unit;
	source->perm = PERM_DEFAULT;
	snprintf(source->options.name, sizeof(source->options.name), "SHM %d", source->unit);

	return 0;
}

static int take_nocrossts(struct config_reader *reader, struct config_source *source,
			  const char *value)
{
	(void)reader;
	(void)value;
	source->no_crosststamp = true;

	return 0;
}

static int take_clear(struct config_reader *reader, struct config_source *source,
		      const char *value)
{
	(void)reader;
	(void)value;
	source->clear = true;

	return 0;
}

static int take_perm(struct config_reader *reader, struct config_source *source,
		     const char *value)
{
	char *end;
	long perm = strtol(value, &end, 8);

	if (value[0] < '0' || value[0] > '7' || *end || perm > 0777)
		return config_error(reader, "'perm=%s': permissions like 0600 were expected",
				    value);
	source->perm = (int)perm;

	return 0;
}

static const struct driver drivers[] = {
	{ "PHC", CONFIG_PHC, parse_phc, "nocrossts", take_nocrossts, "only 'nocrossts' is here" },
	{ "SHM", CONFIG_SHM, parse_shm, "perm=", take_perm, "only 'perm=MODE' is here" },
	{ "SOCK", CONFIG_SOCK, parse_sock, NULL, NULL, "it has none" },
	{ "PPS", CONFIG_PPS, parse_pps, "clear", take_clear, "only 'clear' is here" },
};

/* Of chrony's PHC driver: the device's pulses instead of its clock. */
static bool is_of_pulses(const char *option)
{
	static const char *const names[] = { "extpps", "pin=", "channel=", "clear" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strncmp(option, names[i], strlen(names[i])))
			return true;
	}

	return false;
}

/* Options of the driver follow its parameter, each after a colon. */
static int parse_parameter(struct config_reader *reader, const struct driver *driver,
			   struct config_source *source, char *text)
{
	char *option = strchr(text, ':');

	if (option)
		*option++ = '\0';
	if (driver->parse(reader, source, text) < 0)
		return -EINVAL;

	while (option) {
		size_t length = driver->option ? strlen(driver->option) : 0;
		char *next = strchr(option, ':');

		if (next)
			*next++ = '\0';
		if (driver->kind == CONFIG_PHC && is_of_pulses(option)) {
			config_no_effect(reader,
					 "the 'refclock' with '%s' is left out: a PHC is read as a clock, its pulses are not",
					 option);
			reader->left_out = true;
			option = next;
			continue;
		}
		if (!length || strncmp(option, driver->option, length) != 0 ||
		    (driver->option[length - 1] != '=' && option[length]))
			return config_error(reader, "'%s' is no option of a %s refclock: %s",
					    option, driver->name, driver->options);
		if (driver->take(reader, source, option + length) < 0)
			return -EINVAL;
		option = next;
	}

	return 0;
}

/* chronyd has that driver. */
static bool is_driver(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++) {
		if (!strcasecmp(name, drivers[i].name))
			return true;
	}

	return !strcasecmp(name, "RTC");
}

int config_check_driver(struct config_reader *reader, int count, char **words, bool is_option)
{
	if (!count)
		return config_error(reader, "'refclock' needs a driver and its parameter, as in "
				    PARAMETERS);
	if (!is_driver(words[0]))
		return config_error(reader, "'refclock %s' is not known: use PHC, SHM, SOCK or PPS",
				    words[0]);
	if (count == 1)
		return config_error(reader, "the parameter of 'refclock %s' is missing, as in "
				    PARAMETERS, words[0]);
	if (is_option)
		return config_error(reader,
				    "before '%s' the parameter of 'refclock %s' is missing, as in "
				    PARAMETERS, words[1], words[0]);

	return 0;
}

int config_parse_driver(struct config_reader *reader, struct config_source *source,
			const char *driver, char *parameter)
{
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++) {
		if (strcasecmp(driver, drivers[i].name) != 0)
			continue;
		source->kind = drivers[i].kind;
		return parse_parameter(reader, &drivers[i], source, parameter);
	}

	config_no_effect(reader,
			 "'refclock RTC' is left out: the kernel sets the RTC; for the other way see 'rtcpolicy'");
	reader->left_out = true;

	return 0;
}

uint32_t config_make_refid(const char *text)
{
	uint32_t refid = 0;

	for (int i = 0; i < 4; i++) {
		refid = refid << 8 | (unsigned char)*text;
		if (*text)
			text++;
	}

	return refid;
}

/* As chrony makes it: three letters of the driver and the number, of two digits from 10 on. */
uint32_t config_number_refid(const struct config_source *source, size_t number)
{
	char text[5] = "";

	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++) {
		if (drivers[i].kind == source->kind)
			memcpy(text, drivers[i].name, 3);
	}
	if (number >= 10)
		text[2] = (char)('0' + number / 10 % 10);
	text[3] = (char)('0' + number % 10);

	return config_make_refid(text);
}

/* What chronyd starts with, and never takes a pulse of. */
static void leave_out(struct config_reader *reader, const char *option, double value,
		      const char *why)
{
	config_no_effect(reader, "the 'refclock' with '%s %g' is left out: %s", option, value, why);
	reader->left_out = true;
}

void config_check_pulses(struct config_reader *reader, struct config_source *source)
{
	/* What another program sends to a socket may be pulses. */
	bool pulses = source->pps || source->kind == CONFIG_SOCK;

	if (source->pps && source->tai) {
		config_warn(reader, "'tai' has no effect on pulses: they have no date");
		source->tai = false;
	}
	if (pulses && source->rate > RATE_MAX)
		leave_out(reader, "rate", source->rate,
			  "one pulse is told from the next at up to 1000 a second");
	else if (pulses && source->width_ns * source->rate >= NS_PER_S)
		leave_out(reader, "width", (double)source->width_ns / 1e9,
			  "that is no less than the time between pulses");
	if (source->lock && !source->pps && source->kind != CONFIG_SOCK)
		config_warn(reader,
			    "'lock' has no effect: without 'pps' the refclock has a date of its own");
}

static const struct config_source *find_refclock(const struct config *config, uint32_t refid)
{
	for (size_t i = 0; i < config->source_count; i++) {
		if (config->sources[i].options.kind == SOURCE_REFCLOCK &&
		    config->sources[i].refid == refid)
			return &config->sources[i];
	}

	return NULL;
}

/* As in chronyd, pulses that are locked to nothing are numbered by whatever shows the date. */
static void check_lock(struct config_reader *reader, struct config_source *source)
{
	const struct config_source *other = find_refclock(reader->config, source->lock);

	if (!other || other == source) {
		config_no_effect(reader,
				 "'lock %s' of %s has no effect, as it names no other refclock: give one 'refid %s'",
				 refid_text(source->lock).text, source->options.name,
				 refid_text(source->lock).text);
		source->lock = 0;
		source->options.numbered = source->pps;
		return;
	}
	if (other->kind != CONFIG_SOCK &&
	    (double)source->maxlockage / source->rate < ldexp(1, other->driver_poll))
		config_warn(reader, "'maxlockage %d' of %s is too small: %s is read every %g s, and pulses later than %g s after that are not used",
			    source->maxlockage, source->options.name, other->options.name,
			    ldexp(1, other->driver_poll),
			    (double)source->maxlockage / source->rate);
}

/* Is there a source that shows the date, which pulses lack? */
static bool has_date(const struct config *config)
{
	for (size_t i = 0; i < config->source_count; i++) {
		const struct source_options *options = &config->sources[i].options;

		if (!options->numbered && !options->noselect)
			return true;
	}

	return false;
}

void config_check_refclocks(struct config_reader *reader)
{
	struct config *config = reader->config;

	for (size_t i = 0; i < config->source_count; i++) {
		struct config_source *source = &config->sources[i];

		if (source->lock)
			check_lock(reader, source);
		if (source->tai && !*config->leap_zone && !*config->leap_file)
			config_error(reader, "'tai' of %s needs 'leapsectz' or 'leapseclist'",
				     source->options.name);
		if (source->options.numbered && !has_date(config))
			config_warn(reader, "the pulses of %s have no date, and no configured source shows it: they are used beside a host's clock whose error is stated, and not at all without one. Name a server, or a refclock by 'lock'",
				    source->options.name);
	}
}
