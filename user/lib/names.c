// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names and numbers for people.
 */
#include "lib/names.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/words.h"
#include "lib/array_size.h"
#include "lib/text_append.h"
#include "lib/time_units.h"

static const char *const causes[] = {
	[TRUECHIME_CAUSE_UNKNOWN] = "unknown",
	[TRUECHIME_CAUSE_BOOT] = "boot",
	[TRUECHIME_CAUSE_REVERT] = "revert",
	[TRUECHIME_CAUSE_FORK] = "fork",
	[TRUECHIME_CAUSE_PAUSE] = "pause",
	[TRUECHIME_CAUSE_SUSPEND] = "suspend",
	[TRUECHIME_CAUSE_MIGRATION] = "migration",
	[TRUECHIME_CAUSE_HOST_STEP] = "host-step",
	[TRUECHIME_CAUSE_OPERATOR] = "operator",
	[TRUECHIME_CAUSE_LEAP] = "leap",
	[TRUECHIME_CAUSE_TIME_SOURCES] = "time-sources",
	NULL
};

static const char *const actions[] = {
	[TRUECHIME_ACTION_NONE] = "none",
	[TRUECHIME_ACTION_STEPPED] = "stepped",
	[TRUECHIME_ACTION_SLEW] = "slew",
	[TRUECHIME_ACTION_IGNORED] = "ignored",
	[TRUECHIME_ACTION_REFUSED] = "refused",
	[TRUECHIME_ACTION_FAILED] = "failed",
	[TRUECHIME_ACTION_DISTRUSTED] = "distrusted",
	[TRUECHIME_ACTION_TOO_EARLY] = "too-early",
	NULL
};

static const char *const modes[] = {
	[TRUECHIME_MODE_AUTO] = "auto",
	[TRUECHIME_MODE_EXTERNAL] = "external",
	NULL
};

static const char *const scales[] = {
	[TRUECHIME_SCALE_UNKNOWN] = "unknown",
	[TRUECHIME_SCALE_UTC] = "utc",
	[TRUECHIME_SCALE_SMEARED] = "smeared",
	NULL
};

static const char *const states[] = {
	[TRUECHIME_STATE_FREE] = "free",
	[TRUECHIME_STATE_EXTERNAL] = "external",
	[TRUECHIME_STATE_HOLDOVER] = "holdover",
	[TRUECHIME_STATE_HOST] = "host",
	[TRUECHIME_STATE_CORRECTED] = "corrected",
	NULL
};

static const char *const references[] = {
	[TRUECHIME_REFERENCE_RAW] = "raw",
	[TRUECHIME_REFERENCE_HOST] = "host",
	NULL
};

static const char *const host_states[] = {
	[TRUECHIME_HOST_ABSENT] = "absent",
	[TRUECHIME_HOST_READY] = "ready",
	[TRUECHIME_HOST_CHOSEN] = "chosen",
	[TRUECHIME_HOST_FAILING] = "failing",
	[TRUECHIME_HOST_DEMOTED] = "demoted",
	NULL
};

static const char *const occasions[] = {
	[TRUECHIME_OCCASION_BOOT] = "boot",
	[TRUECHIME_OCCASION_DISRUPTION] = "disruption",
	[TRUECHIME_OCCASION_OPERATOR] = "operator",
	NULL
};

static const char *const directions[] = {
	[TRUECHIME_DIRECTION_FORWARD] = "forward",
	[TRUECHIME_DIRECTION_BACKWARD] = "backward",
	NULL
};

static const char *const rules[] = {
	[TRUECHIME_RULE_STEP] = "step",
	[TRUECHIME_RULE_SLEW] = "slew",
	[TRUECHIME_RULE_IGNORE] = "ignore",
	NULL
};

static const char *const rtcs[] = {
	[TRUECHIME_RTC_IGNORE] = "ignore",
	[TRUECHIME_RTC_HINT] = "hint",
	[TRUECHIME_RTC_TRUST] = "trust",
	NULL
};

static const char *const evidences[] = {
	[TRUECHIME_EVIDENCE_HOST_TIME] = "host-time",
	[TRUECHIME_EVIDENCE_GUEST_STOPPED] = "guest-stopped",
	[TRUECHIME_EVIDENCE_GENID_NOTIFY] = "genid-notify",
	[TRUECHIME_EVIDENCE_GENID_CHANGED] = "genid-changed",
	[TRUECHIME_EVIDENCE_MARKER] = "marker",
	[TRUECHIME_EVIDENCE_GENERATION] = "generation",
	[TRUECHIME_EVIDENCE_RTC] = "rtc",
	[TRUECHIME_EVIDENCE_RESUME] = "resume",
	[TRUECHIME_EVIDENCE_NTP] = "ntp",
	[TRUECHIME_EVIDENCE_CLOCK_SET] = "clock-set",
	[TRUECHIME_EVIDENCE_RAW_LOST] = "raw-lost",
	NULL
};

/* The lists end with NULL. */
static const char *name_at(const char *const *names, unsigned int number)
{
	while (*names && number--)
		names++;
	return *names ? *names : "?";
}

static bool number_of(const char *const *names, const char *name, unsigned int *number)
{
	unsigned int i;

	for (i = 0; names[i]; i++) {
		if (strcmp(names[i], name))
			continue;
		*number = i;
		return true;
	}
	return false;
}

#define NAME_FUNCTION(noun, names)					\
	const char *name_of_##noun(enum truechime_##noun value)		\
	{								\
		return name_at(names, (unsigned int)value);		\
	}

NAME_FUNCTION(cause, causes)
NAME_FUNCTION(action, actions)
NAME_FUNCTION(mode, modes)
NAME_FUNCTION(state, states)
NAME_FUNCTION(reference, references)
NAME_FUNCTION(scale, scales)
NAME_FUNCTION(host_state, host_states)
NAME_FUNCTION(occasion, occasions)
NAME_FUNCTION(direction, directions)
NAME_FUNCTION(rule, rules)
NAME_FUNCTION(rtc, rtcs)

#define NUMBER_FUNCTION(noun, names)						\
	bool noun##_of_name(const char *name, enum truechime_##noun *value)	\
	{									\
		unsigned int number;						\
										\
		if (!number_of(names, name, &number))		\
			return false;						\
		*value = (enum truechime_##noun)number;				\
		return true;							\
	}

NUMBER_FUNCTION(mode, modes)
NUMBER_FUNCTION(occasion, occasions)
NUMBER_FUNCTION(direction, directions)
NUMBER_FUNCTION(rule, rules)
NUMBER_FUNCTION(rtc, rtcs)

const char *name_of_evidence(unsigned int number)
{
	return number < ARRAY_SIZE(evidences) ? evidences[number] : NULL;
}

/* Three significant figures of @value, at most two decimals: 1.23, 12.3, 123. */
static void write_figure(struct duration_text *text, const char *sign, double value,
			 const char *unit)
{
	int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;

	snprintf(text->text, sizeof(text->text), "%s%.*f %s", sign, decimals, value, unit);
}

struct duration_text duration_text(int64_t ns)
{
	const char *sign = ns < 0 ? "-" : "";
	double value = fabs((double)ns);
	int64_t s = (int64_t)(value / 1e9);
	struct duration_text text;

	if (value < 1e3)
		snprintf(text.text, sizeof(text.text), "%s%.0f ns", sign, value);
	else if (value < 999.5e3)
		write_figure(&text, sign, value / 1e3, "us");
	else if (value < 999.5e6)
		write_figure(&text, sign, value / 1e6, "ms");
	else if (value < 120e9)
		write_figure(&text, sign, value / 1e9, "s");
	else if (s < 3600)
		snprintf(text.text, sizeof(text.text), "%s%d min %d s", sign, (int)(s / 60),
			 (int)(s % 60));
	else if (s < 172800)
		snprintf(text.text, sizeof(text.text), "%s%d h %d min", sign, (int)(s / 3600),
			 (int)(s / 60 % 60));
	else
		snprintf(text.text, sizeof(text.text), "%s%lld days %d h", sign,
			 (long long)(s / 86400), (int)(s / 3600 % 24));
	return text;
}

bool seconds_of_text(const char *text, int most, int *seconds)
{
	char *end;
	long value = strtol(text, &end, 10);

	if (*end || end == text || value < 1 || value > most)
		return false;
	*seconds = (int)value;
	return true;
}

bool duration_of_text(const char *text, int64_t *ns)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = {
		{ "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 }, { "m", 60e9 },
		{ "min", 60e9 }, { "h", 3600e9 }, { "d", 86400e9 }, { NULL, 0 },
	};
	double value;
	char *unit;
	int i;

	errno = 0;
	value = strtod(text, &unit);
	if (unit == text || errno || !isfinite(value) || value < 0)
		return false;
	if (!*unit && value == 0) {
		*ns = 0;
		return true;
	}
	for (i = 0; units[i].name; i++) {
		if (strcmp(unit, units[i].name))
			continue;
		/* Below 2^63 by far, so that the double is an int64_t. */
		if (value * units[i].ns > 9e18)
			return false;
		*ns = (int64_t)llround(value * units[i].ns);
		return true;
	}
	return false;
}

struct time_text time_text(int64_t utc_ns)
{
	int64_t ns = utc_ns % NS_PER_S;
	time_t s = utc_ns / NS_PER_S;
	struct time_text text;
	size_t length;
	struct tm tm;

	if (ns < 0) {
		ns += NS_PER_S;
		s--;
	}
	/* From 1677 to 2262: all that 64 bits hold. */
	gmtime_r(&s, &tm);
	length = strftime(text.text, sizeof(text.text), "%Y-%m-%d %H:%M:%S", &tm);
	snprintf(text.text + length, sizeof(text.text) - length, ".%06d UTC", (int)(ns / 1000));
	return text;
}

void text_of_evidence(uint32_t evidence, char *text, size_t size)
{
	unsigned int i;

	text[0] = '\0';
	for (i = 0; evidences[i]; i++)
		if (evidence & (1U << i))
			text_append(text, size, "%s%s", *text ? ", " : "", evidences[i]);
	if (!*text)
		snprintf(text, size, "none");
}

long long number_of_bound(int64_t maxerror_ns)
{
	return maxerror_ns == CHIME_LINE_UNBOUNDED_NS ? -1 : (long long)maxerror_ns;
}

const char *words_of_silence(int err)
{
	switch (err) {
	case -ETIMEDOUT:
		return "it does not answer, so it is stuck, or very busy";
	case -EPIPE:
		return "it is ending, or too many others ask it";
	case -EIDRM:
		return "it is running, but its socket was removed";
	}

	return strerror(-err);
}

/*
 * The bound of UTC, and for how long programs can have seen a time with a greater error; or how
 * well a host is read whose own error is not known.
 */
static void text_of_bound(const struct module_event *event, char *text, size_t size)
{
	if (event->maxerror_ns != CHIME_LINE_UNBOUNDED_NS)
		snprintf(text, size,
			 "The timescale is within %s of UTC. Programs can have seen a time further off than that for %s at most",
			 duration_text(event->maxerror_ns).text,
			 duration_text(event->latency_ns).text);
	else if (event->reading_ns != CHIME_LINE_UNBOUNDED_NS)
		snprintf(text, size,
			 "The timescale is within %s of the host, whose own error is not known",
			 duration_text(event->reading_ns).text);
	else
		snprintf(text, size, "The timescale's error against UTC is not known");
}

struct refid_text refid_text(uint32_t refid)
{
	struct refid_text text = { "" };
	size_t length = 0;

	for (int shift = 24; shift >= 0; shift -= 8) {
		char c = (char)(refid >> shift);

		if (c >= ' ' && c <= '~')
			text.text[length++] = c;
	}
	return text;
}

void text_of_event(const struct module_event *event, char *text, size_t size)
{
	char bound[192], evidence[128], moved[192] = "";

	text_of_bound(event, bound, sizeof(bound));
	text_of_evidence(event->evidence, evidence, sizeof(evidence));
	if (event->evidence)
		snprintf(moved, sizeof(moved), ": time moved by %s (evidence: %s)",
			 duration_text(event->gap_ns).text, evidence);
	if (event->action == TRUECHIME_ACTION_DISTRUSTED)
		snprintf(text, size,
			 "%s%s. The system clock was marked unsynchronised: its error is not known until a time source answers. Programs can have seen the wrong time for %s before",
			 chime_cause_words(event->cause), moved,
			 duration_text(event->latency_ns).text);
	else
		snprintf(text, size,
			 "%s%s. The system clock was off by %s and %s; it is within %s of the timescale. %s",
			 chime_cause_words(event->cause), moved,
			 duration_text(event->offset_ns).text, chime_action_words(event->action),
			 duration_text(chime_abs_sat(event->residual_ns)).text, bound);
	*text = (char)toupper((unsigned char)*text);
}
