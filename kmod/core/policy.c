// SPDX-License-Identifier: GPL-2.0-only
/*
 * The step policy: the rules, the decision, and the syntax of module parameters.
 *
 * Pure: no clock reads, no locks, no kernel functions, so that unit tests compile this very file.
 */
#include "core/policy.h"

void chime_policy_defaults(struct chime_policy *policy)
{
	/*
	 * At boot the same as chrony's makestep 1.0: smaller errors are slewed without harm.
	 * After a disruption the guest's time is wrong by what it lost, and 1 ms is far above the
	 * error of a cross-timestamp. An operator's request needs no threshold.
	 */
	static const struct chime_rule defaults[CHIME_OCCASIONS] = {
		[TRUECHIME_OCCASION_BOOT] = { TRUECHIME_RULE_STEP, CHIME_NS_PER_S, 0 },
		[TRUECHIME_OCCASION_DISRUPTION] = { TRUECHIME_RULE_STEP, CHIME_NS_PER_MS, 0 },
		[TRUECHIME_OCCASION_OPERATOR] = { TRUECHIME_RULE_STEP, 0, 0 },
	};
	int occasion, direction;

	for (occasion = 0; occasion < CHIME_OCCASIONS; occasion++) {
		for (direction = 0; direction < CHIME_DIRECTIONS; direction++)
			policy->rules[occasion][direction] = defaults[occasion];
		policy->stated[occasion] = false;
	}
}

enum truechime_action chime_policy_decide(const struct chime_policy *policy,
					  enum truechime_occasion occasion, s64 offset_ns)
{
	const struct chime_rule *rule = &policy->rules[occasion][offset_ns < 0];
	u64 size_ns = offset_ns < 0 ? -(u64)offset_ns : (u64)offset_ns;

	if (size_ns <= (u64)rule->threshold_ns)
		return TRUECHIME_ACTION_NONE;

	switch (rule->rule) {
	case TRUECHIME_RULE_STEP:
		if (rule->maximum_ns && size_ns > (u64)rule->maximum_ns)
			return TRUECHIME_ACTION_REFUSED;
		return TRUECHIME_ACTION_STEPPED;
	case TRUECHIME_RULE_SLEW:
		return TRUECHIME_ACTION_SLEW;
	case TRUECHIME_RULE_IGNORE:
		return TRUECHIME_ACTION_IGNORED;
	}
	return TRUECHIME_ACTION_IGNORED;
}

/* Skips @word at *@text if it stands there. */
static bool chime_parse_word(const char **text, const char *word)
{
	const char *at = *text;

	while (*word && *at == *word) {
		at++;
		word++;
	}
	if (*word)
		return false;
	*text = at;
	return true;
}

static bool chime_parse_rule_word(const char **text, enum truechime_rule *rule)
{
	if (chime_parse_word(text, "step"))
		*rule = TRUECHIME_RULE_STEP;
	else if (chime_parse_word(text, "slew"))
		*rule = TRUECHIME_RULE_SLEW;
	else if (chime_parse_word(text, "ignore"))
		*rule = TRUECHIME_RULE_IGNORE;
	else
		return false;
	return true;
}

/* A name that begins like a shorter one stands before that. */
static const struct chime_unit {
	const char *name;
	s64 ns;
} chime_units[] = {
	{ "ns", 1 }, { "us", 1000 }, { "ms", CHIME_NS_PER_MS }, { "s", CHIME_NS_PER_S },
	{ "min", 60 * CHIME_NS_PER_S }, { "m", 60 * CHIME_NS_PER_S },
	{ "h", 3600 * CHIME_NS_PER_S }, { "d", 86400 * CHIME_NS_PER_S }, { }
};

static bool chime_parse_duration(const char **text, s64 *duration_ns)
{
	const char *at = *text;
	const struct chime_unit *unit;
	bool fits = true;
	s64 number = 0;

	if (*at < '0' || *at > '9')
		return false;
	for (; *at >= '0' && *at <= '9'; at++)
		fits = fits && !__builtin_mul_overflow(number, 10, &number) &&
		       !__builtin_add_overflow(number, *at - '0', &number);
	for (unit = chime_units; unit->name; unit++) {
		if (!chime_parse_word(&at, unit->name))
			continue;
		*text = at;
		return fits && !__builtin_mul_overflow(number, unit->ns, duration_ns);
	}
	/* Zero is zero in any unit. */
	*duration_ns = 0;
	*text = at;
	return fits && !number;
}

static bool chime_parse_rule(const char **text, struct chime_rule *rule)
{
	bool parsed = chime_parse_rule_word(text, &rule->rule);

	if (parsed && **text == ':') {
		(*text)++;
		parsed = chime_parse_duration(text, &rule->threshold_ns);
	}
	if (parsed && **text == ':') {
		(*text)++;
		parsed = chime_parse_duration(text, &rule->maximum_ns);
	}
	return parsed;
}

void chime_policy_spare(struct chime_policy *policy, enum truechime_occasion occasion, s64 error_ns)
{
	int direction;

	for (direction = 0; direction < CHIME_DIRECTIONS; direction++) {
		struct chime_rule *rule = &policy->rules[occasion][direction];

		rule->threshold_ns = chime_max(rule->threshold_ns, error_ns);
	}
}

void chime_policy_hasten(struct chime_policy *policy, enum truechime_occasion occasion,
			 s64 error_ns)
{
	int direction;

	if (policy->stated[occasion])
		return;
	for (direction = 0; direction < CHIME_DIRECTIONS; direction++) {
		struct chime_rule *rule = &policy->rules[occasion][direction];

		rule->threshold_ns = chime_min(rule->threshold_ns, error_ns);
	}
}

int chime_policy_parse(const char *text, struct chime_rule rules[CHIME_DIRECTIONS])
{
	struct chime_rule forward = rules[TRUECHIME_DIRECTION_FORWARD];
	struct chime_rule backward = rules[TRUECHIME_DIRECTION_BACKWARD];
	const char *at = text;

	if (!chime_parse_rule(&at, &forward))
		return -EINVAL;
	/* A single one is for both directions. */
	at = *at == '/' ? at + 1 : text;
	if (!chime_parse_rule(&at, &backward) || *at)
		return -EINVAL;

	rules[TRUECHIME_DIRECTION_FORWARD] = forward;
	rules[TRUECHIME_DIRECTION_BACKWARD] = backward;
	return 0;
}
