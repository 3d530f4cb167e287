// SPDX-License-Identifier: GPL-2.0-only
/*
 * The words of module parameters: any text is refused and leaves the rules alone, or gives rules
 * that a decision can rest on.
 */
#include "kmod/core/policy.h"

#include "fuzz.h"

static void check_rule(const struct chime_rule *rule)
{
	FUZZ_CHECK(rule->rule == TRUECHIME_RULE_STEP || rule->rule == TRUECHIME_RULE_SLEW ||
		   rule->rule == TRUECHIME_RULE_IGNORE);
	FUZZ_CHECK(rule->threshold_ns >= 0);
	FUZZ_CHECK(rule->maximum_ns >= 0);
}

static bool same_rule(const struct chime_rule *a, const struct chime_rule *b)
{
	return a->rule == b->rule && a->threshold_ns == b->threshold_ns &&
	       a->maximum_ns == b->maximum_ns;
}

static void check_untouched(const struct chime_rule rules[CHIME_DIRECTIONS],
			    const struct chime_rule before[CHIME_DIRECTIONS])
{
	int direction;

	for (direction = 0; direction < CHIME_DIRECTIONS; direction++)
		FUZZ_CHECK(same_rule(&rules[direction], &before[direction]));
}

static void check_decision(const struct chime_policy *policy, s64 offset_ns)
{
	const struct chime_rule *rule = &policy->rules[TRUECHIME_OCCASION_BOOT][offset_ns < 0];

	if (chime_policy_decide(policy, TRUECHIME_OCCASION_BOOT, offset_ns) !=
	    TRUECHIME_ACTION_STEPPED)
		return;
	FUZZ_CHECK(rule->rule == TRUECHIME_RULE_STEP);
	FUZZ_CHECK(offset_ns > rule->threshold_ns || offset_ns < -rule->threshold_ns);
	FUZZ_CHECK(!rule->maximum_ns ||
		   (offset_ns <= rule->maximum_ns && offset_ns >= -rule->maximum_ns));
}

int fuzz_one_input(const uint8_t *data, size_t size)
{
	struct chime_policy policy, before;
	char *text = malloc(size + 1);
	struct chime_rule *rules;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';

	chime_policy_defaults(&policy);
	before = policy;
	rules = policy.rules[TRUECHIME_OCCASION_BOOT];
	if (chime_policy_parse(text, rules)) {
		check_untouched(rules, before.rules[TRUECHIME_OCCASION_BOOT]);
	} else {
		check_rule(&rules[TRUECHIME_DIRECTION_FORWARD]);
		check_rule(&rules[TRUECHIME_DIRECTION_BACKWARD]);
	}
	check_decision(&policy, 20000000);
	check_decision(&policy, -2000000000);
	check_decision(&policy, S64_MAX);
	check_decision(&policy, S64_MIN);
	free(text);
	return 0;
}
