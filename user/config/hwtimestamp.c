// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hwtimestamp directive: interfaces whose network cards are to stamp packets.
 */
#include "config/reader.h"

#include <errno.h>
#include <string.h>

#define AT(member)	offsetof(struct card, member)

/* Stamps are compensated by the length of a cable, not by seconds. */
#define COMPENSATION_MAX_S	1e-3

/**
 * struct card - options as they are read
 * @filter: of rxfilter
 * @transmit_s: of txcomp
 * @receive_s: of rxcomp
 * @no_crosststamp: of nocrossts
 */
struct card {
	enum hardware_filter filter;
	double transmit_s;
	double receive_s;
	bool no_crosststamp;
};

/* The default has no name. */
static const char *const filters[] = {
	[HARDWARE_FILTER_NONE] = "none", [HARDWARE_FILTER_NTP] = "ntp",
	[HARDWARE_FILTER_PTP] = "ptp", [HARDWARE_FILTER_ALL] = "all",
};

static const struct config_option options[] = {
	{ "txcomp", CONFIG_NUMBER, .offset = AT(transmit_s), .min = -COMPENSATION_MAX_S,
	  .max = COMPENSATION_MAX_S, .limit = true },
	{ "rxcomp", CONFIG_NUMBER, .offset = AT(receive_s), .min = -COMPENSATION_MAX_S,
	  .max = COMPENSATION_MAX_S, .limit = true },
	{ "nocrossts", CONFIG_FLAG, .offset = AT(no_crosststamp) },
	{ "rxfilter", CONFIG_CHOICE, .offset = AT(filter), .choices = filters,
	  .size = ARRAY_SIZE(filters) },
	/* The card's clock is read with each packet, and once a second for those who are served. */
	{ "minpoll", CONFIG_MOOT, .form = "i" },
	{ "maxpoll", CONFIG_MOOT, .form = "i" },
	{ "minsamples", CONFIG_MOOT, .form = "i" },
	{ "maxsamples", CONFIG_MOOT, .form = "i" },
	{ "precision", CONFIG_MOOT, .form = "f" },
};

static int64_t ns_of(double s)
{
	return (int64_t)(s * 1e9 + (s < 0 ? -0.5 : 0.5));
}

const char *config_filter_name(enum hardware_filter filter)
{
	return filters[filter];
}

int config_parse_hwtimestamp(struct config_reader *reader, int count, char **words)
{
	struct hardware_options *list = reader->config->hardware, *place = list;
	size_t *used = &reader->config->hardware_count;
	size_t length = strlen(words[0]);
	struct card card = { .filter = HARDWARE_FILTER_DEFAULT };

	if (config_options_set(reader, options, ARRAY_SIZE(options), &card, count - 1,
			       words + 1) < 0)
		return -EINVAL;
	if (length >= sizeof(place->interface))
		return config_no_effect(reader, "no interface has a name that is so long");
	/* The last line of an interface counts. */
	while (place < list + *used && strcmp(place->interface, words[0]) != 0)
		place++;
	if (place == list + HARDWARE_MAX)
		return config_no_effect(reader, "more than %d interfaces: name them by *",
					HARDWARE_MAX);
	if (place == list + *used)
		(*used)++;
	memset(place, 0, sizeof(*place));
	memcpy(place->interface, words[0], length);
	place->filter = card.filter;
	place->transmit_ns = ns_of(card.transmit_s);
	place->receive_ns = ns_of(card.receive_s);
	place->no_crosststamp = card.no_crosststamp;

	return 0;
}

static bool is_same(const struct hardware_options *one, const struct hardware_options *other)
{
	return !strcmp(one->interface, other->interface) && one->filter == other->filter &&
	       one->transmit_ns == other->transmit_ns && one->receive_ns == other->receive_ns &&
	       one->no_crosststamp == other->no_crosststamp;
}

bool config_hardware_equal(const struct config *one, const struct config *other)
{
	for (size_t i = 0; i < one->hardware_count && i < other->hardware_count; i++) {
		if (!is_same(&one->hardware[i], &other->hardware[i]))
			return false;
	}

	return one->hardware_count == other->hardware_count;
}
