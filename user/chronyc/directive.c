// SPDX-License-Identifier: GPL-2.0-only
/*
 * From requests to lines of the configuration.
 */
#include "chronyc/directive.h"

#include "lib/array_size.h"
#include "lib/text_append.h"

/*
 * chrony's defaults are exact in its numbers: nothing else is meant by a difference. Numbers that
 * name something have no sign, and may have all 32 bits.
 */
struct whole_option {
	const char *name;
	int32_t initial;
	bool names;
};

struct real_option {
	const char *name;
	double initial;
};

/* In the order of the protocol, between the name and the flags. */
static const struct whole_option whole_options[] = {
	{ "port", 123, false }, { "minpoll", 6, false }, { "maxpoll", 10, false },
	{ "presend", 100, false }, { "minstratum", 0, false }, { "polltarget", 8, false },
	{ "version", 0, false }, { "maxsources", 4, false }, { "minsamples", -1, false },
	{ "maxsamples", -1, false }, { "key", 0, true }, { "ntsport", 4460, false },
};

static const struct real_option real_options[] = {
	{ "maxdelay", 3 }, { "maxdelayratio", 0 }, { "maxdelaydevratio", 10 }, { "mindelay", 0 },
	{ "asymmetry", 1 }, { "offset", 0 },
};

/* And after the flags. */
static const struct whole_option late_options[] = {
	{ "filter", 0, false }, { "certset", 0, true },
};

/* At the end of a source, since 4.8. Older versions send 0, which nobody asks for. */
#define MAXUNREACH	100000

/* At the end of `local`. Older versions of chronyc do not have them, or send 0 for some of them. */
static const struct real_option local_options[] = {
	{ "activate", 0 }, { "waitsynced", 0 }, { "waitunsynced", 0 },
};

static const struct {
	const char *name;
	uint32_t flag;
} flags[] = {
	{ "auto_offline", CHRONYC_ADD_AUTO_OFFLINE }, { "iburst", CHRONYC_ADD_IBURST },
	{ "prefer", CHRONYC_ADD_PREFER }, { "noselect", CHRONYC_ADD_NOSELECT },
	{ "trust", CHRONYC_ADD_TRUST }, { "require", CHRONYC_ADD_REQUIRE },
	{ "xleave", CHRONYC_ADD_INTERLEAVED }, { "burst", CHRONYC_ADD_BURST },
	{ "nts", CHRONYC_ADD_NTS }, { "copy", CHRONYC_ADD_COPY },
	{ "extfield F323", CHRONYC_ADD_EXTFIELD }, { "extfield F324", CHRONYC_ADD_CORRECTION },
	{ "ipv4", CHRONYC_ADD_IPV4 }, { "ipv6", CHRONYC_ADD_IPV6 },
};

/* There is room for all options with the longest of numbers. */
static void append_whole(char line[CHRONYC_LINE_MAX], struct chronyc_request *request,
			 const struct whole_option *options, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t bits = chronyc_take(request);
		int64_t value = options[i].names ? (int64_t)bits : (int32_t)bits;

		if (value != options[i].initial)
			text_append(line, CHRONYC_LINE_MAX, " %s %lld", options[i].name,
				    (long long)value);
	}
}

static void append_real(char line[CHRONYC_LINE_MAX], struct chronyc_request *request,
			const struct real_option *options, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		double value = chronyc_take_real(request);

		if (value != options[i].initial)
			text_append(line, CHRONYC_LINE_MAX, " %s %.9g", options[i].name, value);
	}
}

static void append_flags(char line[CHRONYC_LINE_MAX], uint32_t set)
{
	if (!(set & CHRONYC_ADD_ONLINE))
		text_append(line, CHRONYC_LINE_MAX, " offline");
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		if (set & flags[i].flag)
			text_append(line, CHRONYC_LINE_MAX, " %s", flags[i].name);
	}
}

static void append_maxunreach(char line[CHRONYC_LINE_MAX], struct chronyc_request *request)
{
	int32_t polls = (int32_t)chronyc_take(request);

	if (polls && polls != MAXUNREACH)
		text_append(line, CHRONYC_LINE_MAX, " maxunreach %d", polls);
}

static const char *word_of(uint32_t kind)
{
	switch (kind) {
	case CHRONYC_ADD_SERVER:
		return "server";
	case CHRONYC_ADD_PEER:
		return "peer";
	case CHRONYC_ADD_POOL:
		return "pool";
	}

	return NULL;
}

enum chronyc_status chronyc_source_line(struct chronyc_request *request,
					char line[CHRONYC_LINE_MAX])
{
	static const struct real_option last[] = { { "maxdelayquant", 0 } };
	const char *word = word_of(chronyc_take(request));
	char name[CHRONYC_NAME_MAX];

	*line = '\0';
	if (!word)
		return CHRONYC_INVALID;
	if (!chronyc_take_name(request, name))
		return CHRONYC_INVALID_NAME;
	text_append(line, CHRONYC_LINE_MAX, "%s %s", word, name);
	append_whole(line, request, whole_options, ARRAY_SIZE(whole_options));
	append_real(line, request, real_options, ARRAY_SIZE(real_options));
	append_flags(line, chronyc_take(request));
	append_whole(line, request, late_options, ARRAY_SIZE(late_options));
	append_real(line, request, last, ARRAY_SIZE(last));
	append_maxunreach(line, request);

	return CHRONYC_SUCCESS;
}

void chronyc_local_line(struct chronyc_request *request, char line[CHRONYC_LINE_MAX])
{
	uint32_t on = chronyc_take(request), stratum = chronyc_take(request);
	double distance = chronyc_take_real(request);
	uint32_t orphan = chronyc_take(request);

	*line = '\0';
	if (!on)
		return;
	text_append(line, CHRONYC_LINE_MAX, "local stratum %u distance %.9g%s", stratum, distance,
		    orphan ? " orphan" : "");
	append_real(line, request, local_options, ARRAY_SIZE(local_options));
}

bool chronyc_take_network(struct chronyc_request *request, struct access_rule *rule)
{
	char text[NET_ADDRESS_TEXT_MAX + sizeof("/-2147483648")];
	struct chronyc_address address;
	int32_t bits;

	chronyc_take_address(request, &address);
	bits = (int32_t)chronyc_take(request);
	if (address.family == CHRONYC_FAMILY_ID || bits < 0 ||
	    (address.family == CHRONYC_FAMILY_NONE && bits))
		return false;
	net_address_format(&address.ip, text);
	if (*text)
		text_append(text, sizeof(text), "/%d", bits);

	return !access_rule_parse(text, rule);
}
