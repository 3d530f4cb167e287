// SPDX-License-Identifier: GPL-2.0-only
/*
 * The step policy: what is done about which error, and how people write the rules.
 */
#include "kmod/core/policy.h"

#include "selftests/unit/unit.h"

#define MS	1000000LL
#define S	1000000000LL
#define DAY	(86400 * S)

TEST(has_the_documented_defaults)
{
	static const struct {
		s64 offset_ns;
		enum truechime_occasion occasion;
		enum truechime_action action;
	} cases[] = {
		{ S, TRUECHIME_OCCASION_BOOT, TRUECHIME_ACTION_NONE },
		{ S + 1, TRUECHIME_OCCASION_BOOT, TRUECHIME_ACTION_STEPPED },
		{ -S - 1, TRUECHIME_OCCASION_BOOT, TRUECHIME_ACTION_STEPPED },
		{ MS, TRUECHIME_OCCASION_DISRUPTION, TRUECHIME_ACTION_NONE },
		{ MS + 1, TRUECHIME_OCCASION_DISRUPTION, TRUECHIME_ACTION_STEPPED },
		{ -MS - 1, TRUECHIME_OCCASION_DISRUPTION, TRUECHIME_ACTION_STEPPED },
		{ 36500 * DAY, TRUECHIME_OCCASION_DISRUPTION, TRUECHIME_ACTION_STEPPED },
		{ 1, TRUECHIME_OCCASION_OPERATOR, TRUECHIME_ACTION_STEPPED },
		{ -1, TRUECHIME_OCCASION_OPERATOR, TRUECHIME_ACTION_STEPPED },
		{ 0, TRUECHIME_OCCASION_OPERATOR, TRUECHIME_ACTION_NONE },
	};
	struct chime_policy policy;
	unsigned int i;

	chime_policy_defaults(&policy);
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		EXPECT_EQ(cases[i].action, chime_policy_decide(&policy, cases[i].occasion,
							       cases[i].offset_ns))
			TH_LOG("case %u", i);
}

TEST(spares_errors_on_one_occasion)
{
	struct chime_policy policy;

	chime_policy_defaults(&policy);
	chime_policy_spare(&policy, TRUECHIME_OCCASION_DISRUPTION, 10 * MS);
	EXPECT_EQ(TRUECHIME_ACTION_NONE,
		  chime_policy_decide(&policy, TRUECHIME_OCCASION_DISRUPTION, 10 * MS));
	EXPECT_EQ(TRUECHIME_ACTION_NONE,
		  chime_policy_decide(&policy, TRUECHIME_OCCASION_DISRUPTION, -10 * MS));
	EXPECT_EQ(TRUECHIME_ACTION_STEPPED,
		  chime_policy_decide(&policy, TRUECHIME_OCCASION_DISRUPTION, -10 * MS - 1));
	EXPECT_EQ(TRUECHIME_ACTION_STEPPED,
		  chime_policy_decide(&policy, TRUECHIME_OCCASION_OPERATOR, MS));
	/* A larger threshold stays as it is. */
	chime_policy_spare(&policy, TRUECHIME_OCCASION_BOOT, 10 * MS);
	EXPECT_EQ(TRUECHIME_ACTION_NONE,
		  chime_policy_decide(&policy, TRUECHIME_OCCASION_BOOT, S));
}

TEST(hastened_occasion_has_lower_thresholds_and_the_same_rules)
{
	struct chime_rule rules[CHIME_DIRECTIONS] = {
		{ TRUECHIME_RULE_STEP, S, DAY }, { TRUECHIME_RULE_IGNORE, MS / 2, 0 },
	};
	struct chime_policy policy;

	chime_policy_defaults(&policy);
	memcpy(policy.rules[TRUECHIME_OCCASION_BOOT], rules, sizeof(rules));
	chime_policy_hasten(&policy, TRUECHIME_OCCASION_BOOT, MS);
	EXPECT_EQ(TRUECHIME_ACTION_NONE,
		  chime_policy_decide(&policy, TRUECHIME_OCCASION_BOOT, MS));
	EXPECT_EQ(TRUECHIME_ACTION_STEPPED,
		  chime_policy_decide(&policy, TRUECHIME_OCCASION_BOOT, MS + 1));
	EXPECT_EQ(TRUECHIME_ACTION_REFUSED,
		  chime_policy_decide(&policy, TRUECHIME_OCCASION_BOOT, DAY + 1));
	EXPECT_EQ(MS / 2, policy.rules[TRUECHIME_OCCASION_BOOT][1].threshold_ns);
	EXPECT_EQ(TRUECHIME_ACTION_IGNORED,
		  chime_policy_decide(&policy, TRUECHIME_OCCASION_BOOT, -S));
	/* No other occasion. */
	EXPECT_EQ(MS, policy.rules[TRUECHIME_OCCASION_DISRUPTION][0].threshold_ns);
	chime_policy_hasten(&policy, TRUECHIME_OCCASION_BOOT, 0);
	EXPECT_EQ(MS, policy.rules[TRUECHIME_OCCASION_DISRUPTION][0].threshold_ns);
	/* Nor one of which somebody has said what is to be done. */
	policy.stated[TRUECHIME_OCCASION_OPERATOR] = true;
	policy.rules[TRUECHIME_OCCASION_OPERATOR][0].threshold_ns = S;
	chime_policy_hasten(&policy, TRUECHIME_OCCASION_OPERATOR, MS);
	EXPECT_EQ(S, policy.rules[TRUECHIME_OCCASION_OPERATOR][0].threshold_ns);
}

TEST(decides_by_rule_direction_and_size)
{
	static const struct {
		struct chime_rule rule;
		s64 offset_ns;
		enum truechime_action action;
	} cases[] = {
		{ { TRUECHIME_RULE_STEP, 5, 0 }, 5, TRUECHIME_ACTION_NONE },
		{ { TRUECHIME_RULE_STEP, 5, 0 }, 6, TRUECHIME_ACTION_STEPPED },
		{ { TRUECHIME_RULE_STEP, 5, 0 }, S64_MAX, TRUECHIME_ACTION_STEPPED },
		{ { TRUECHIME_RULE_STEP, 5, 7 }, 7, TRUECHIME_ACTION_STEPPED },
		{ { TRUECHIME_RULE_STEP, 5, 7 }, 8, TRUECHIME_ACTION_REFUSED },
		{ { TRUECHIME_RULE_STEP, 5, 7 }, S64_MAX, TRUECHIME_ACTION_REFUSED },
		{ { TRUECHIME_RULE_STEP, S64_MAX, 0 }, S64_MAX, TRUECHIME_ACTION_NONE },
		{ { TRUECHIME_RULE_STEP, 0, S64_MAX }, S64_MAX, TRUECHIME_ACTION_STEPPED },
		{ { TRUECHIME_RULE_SLEW, 5, 7 }, 5, TRUECHIME_ACTION_NONE },
		{ { TRUECHIME_RULE_SLEW, 5, 7 }, 100, TRUECHIME_ACTION_SLEW },
		{ { TRUECHIME_RULE_IGNORE, 5, 7 }, 5, TRUECHIME_ACTION_NONE },
		{ { TRUECHIME_RULE_IGNORE, 5, 7 }, 100, TRUECHIME_ACTION_IGNORED },
	};
	/* The rules of the other direction and of other occasions must not matter. */
	static const struct chime_rule other = { TRUECHIME_RULE_SLEW, 0, 0 };
	struct chime_policy policy;
	unsigned int i;
	int j;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		for (j = 0; j < CHIME_OCCASIONS * CHIME_DIRECTIONS; j++)
			policy.rules[j / CHIME_DIRECTIONS][j % CHIME_DIRECTIONS] = other;

		policy.rules[TRUECHIME_OCCASION_BOOT][TRUECHIME_DIRECTION_FORWARD] =
			cases[i].rule;
		EXPECT_EQ(cases[i].action,
			  chime_policy_decide(&policy, TRUECHIME_OCCASION_BOOT,
					      cases[i].offset_ns))
			TH_LOG("case %u forward", i);

		policy.rules[TRUECHIME_OCCASION_BOOT][TRUECHIME_DIRECTION_FORWARD] = other;
		policy.rules[TRUECHIME_OCCASION_BOOT][TRUECHIME_DIRECTION_BACKWARD] =
			cases[i].rule;
		EXPECT_EQ(cases[i].action,
			  chime_policy_decide(&policy, TRUECHIME_OCCASION_BOOT,
					      -cases[i].offset_ns))
			TH_LOG("case %u backward", i);
	}
}

TEST(decides_at_the_end_of_time)
{
	struct chime_policy policy;

	chime_policy_defaults(&policy);
	EXPECT_EQ(TRUECHIME_ACTION_STEPPED,
		  chime_policy_decide(&policy, TRUECHIME_OCCASION_OPERATOR, S64_MIN));
	policy.rules[TRUECHIME_OCCASION_OPERATOR][TRUECHIME_DIRECTION_BACKWARD].maximum_ns =
		S64_MAX;
	EXPECT_EQ(TRUECHIME_ACTION_REFUSED,
		  chime_policy_decide(&policy, TRUECHIME_OCCASION_OPERATOR, S64_MIN));
}

#define STEP(threshold, maximum)	{ TRUECHIME_RULE_STEP, threshold, maximum }
#define SLEW(threshold, maximum)	{ TRUECHIME_RULE_SLEW, threshold, maximum }
#define IGNORE(threshold, maximum)	{ TRUECHIME_RULE_IGNORE, threshold, maximum }

TEST(reads_rules)
{
	/* Values that are not named stay: 11 and 12 forward, 21 and 22 backward. */
	static const struct {
		const char *text;
		struct chime_rule forward;
		struct chime_rule backward;
	} cases[] = {
		{ "step", STEP(11, 12), STEP(21, 22) },
		{ "slew", SLEW(11, 12), SLEW(21, 22) },
		{ "ignore", IGNORE(11, 12), IGNORE(21, 22) },
		{ "step:10ms", STEP(10 * MS, 12), STEP(10 * MS, 22) },
		{ "step:1s:1d", STEP(S, DAY), STEP(S, DAY) },
		{ "step:1s:1d/ignore", STEP(S, DAY), IGNORE(21, 22) },
		{ "step/slew:3us", STEP(11, 12), SLEW(3000, 22) },
		{ "ignore:0/step:0:0", IGNORE(0, 12), STEP(0, 0) },
		{ "slew:1ns:2m", SLEW(1, 120 * S), SLEW(1, 120 * S) },
		{ "step:1m", STEP(60 * S, 12), STEP(60 * S, 22) },
		/* As 'truechime policy set' has it. */
		{ "step:1min:2min", STEP(60 * S, 120 * S), STEP(60 * S, 120 * S) },
		{ "step:1h", STEP(3600 * S, 12), STEP(3600 * S, 22) },
		{ "step:0s", STEP(0, 12), STEP(0, 22) },
		{ "step:007ms", STEP(7 * MS, 12), STEP(7 * MS, 22) },
		{ "step:9000000000s", STEP(9000000000 * S, 12), STEP(9000000000 * S, 22) },
		{ "step:106751d", STEP(106751 * DAY, 12), STEP(106751 * DAY, 22) },
		{ "step:9223372036854775807ns", STEP(S64_MAX, 12), STEP(S64_MAX, 22) },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct chime_rule rules[CHIME_DIRECTIONS] = { SLEW(11, 12), IGNORE(21, 22) };

		EXPECT_EQ(0, chime_policy_parse(cases[i].text, rules))
			TH_LOG("%s", cases[i].text);
		EXPECT_EQ(cases[i].forward.rule, rules[0].rule) TH_LOG("%s", cases[i].text);
		EXPECT_EQ(cases[i].forward.threshold_ns, rules[0].threshold_ns)
			TH_LOG("%s", cases[i].text);
		EXPECT_EQ(cases[i].forward.maximum_ns, rules[0].maximum_ns)
			TH_LOG("%s", cases[i].text);
		EXPECT_EQ(cases[i].backward.rule, rules[1].rule) TH_LOG("%s", cases[i].text);
		EXPECT_EQ(cases[i].backward.threshold_ns, rules[1].threshold_ns)
			TH_LOG("%s", cases[i].text);
		EXPECT_EQ(cases[i].backward.maximum_ns, rules[1].maximum_ns)
			TH_LOG("%s", cases[i].text);
	}
}

static bool is_same(const struct chime_rule *a, const struct chime_rule *b)
{
	return a->rule == b->rule && a->threshold_ns == b->threshold_ns &&
	       a->maximum_ns == b->maximum_ns;
}

TEST(refuses_what_is_no_rule)
{
	static const char *const texts[] = {
		"", " ", "s", "ste", "stepp", "Step", "step ", " step", "jump", "step,slew",
		"steps", "step:1mi", "step:1mins", "step:1msec",
		"step:", "step::", "step:1s:", "step:1s:1d:1", "step:1", "step:1x", "step:1sx",
		"step:-1s", "step:+1s", "step:1.5s", "step: 1s", "step:1 s", "step:s",
		"step/", "/step", "step/slew/ignore", "step//slew", "step:1s/", "step/jump",
		"step:9223372036854775808ns", "step:99999999999999999999ns", "step:106752d",
		"step:18446744073709551617ns", "step\n", "ignore;step",
	};
	const struct chime_rule before[CHIME_DIRECTIONS] = { SLEW(11, 12), IGNORE(21, 22) };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		struct chime_rule rules[CHIME_DIRECTIONS] = { before[0], before[1] };

		EXPECT_EQ(-EINVAL, chime_policy_parse(texts[i], rules)) TH_LOG("%s", texts[i]);
		EXPECT_TRUE(is_same(&before[0], &rules[0])) TH_LOG("%s", texts[i]);
		EXPECT_TRUE(is_same(&before[1], &rules[1])) TH_LOG("%s", texts[i]);
	}
}

TEST_HARNESS_MAIN
