// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel module is to do, truechime's own directives: which clock of a host it follows,
 * what it does with the RTC, and when it steps the system clock.
 */
#include "config/reader.h"

#include <errno.h>

int config_parse_hostclock(struct config_reader *reader, int count, char **words)
{
	static const char *const names[] = { "auto", "kvm", "none" };
	int choice;

	(void)count;
	choice = config_parse_choice(reader, "hostclock", words[0], names, ARRAY_SIZE(names));
	if (choice < 0)
		return choice;

	return config_copy_word(reader, names[choice], reader->config->hostclock,
			 sizeof(reader->config->hostclock));
}

int config_parse_rtcpolicy(struct config_reader *reader, int count, char **words)
{
	static const char *const policies[] = {
		[TRUECHIME_RTC_IGNORE] = "ignore",
		[TRUECHIME_RTC_HINT] = "hint",
		[TRUECHIME_RTC_TRUST] = "trust",
	};
	int choice;

	(void)count;
	choice = config_parse_choice(reader, "rtcpolicy", words[0], policies, ARRAY_SIZE(policies));
	if (choice < 0)
		return choice;
	reader->config->has_rtc = true;
	reader->config->rtc = choice;

	return 0;
}

/* The rule for that occasion and direction, added if there is none yet. */
static struct module_rule *find_rule(struct config *config, enum truechime_occasion occasion,
				     enum truechime_direction direction)
{
	struct module_rule *rule;

	for (int i = 0; i < config->rule_count; i++) {
		rule = &config->rules[i];
		if (rule->occasion == occasion && rule->direction == direction)
			return rule;
	}

	/* As many as there are occasions and directions fit. */
	return &config->rules[config->rule_count++];
}

int config_parse_steppolicy(struct config_reader *reader, int count, char **words)
{
	static const char *const occasions[] = {
		[TRUECHIME_OCCASION_BOOT] = "boot",
		[TRUECHIME_OCCASION_DISRUPTION] = "disruption",
		[TRUECHIME_OCCASION_OPERATOR] = "operator",
	};
	static const char *const directions[] = {
		[TRUECHIME_DIRECTION_FORWARD] = "forward",
		[TRUECHIME_DIRECTION_BACKWARD] = "backward",
		"both",
	};
	static const char *const rules[] = {
		[TRUECHIME_RULE_STEP] = "step",
		[TRUECHIME_RULE_SLEW] = "slew",
		[TRUECHIME_RULE_IGNORE] = "ignore",
	};
	int occasion, direction, rule;
	int64_t threshold_ns = 0;
	int64_t maximum_ns = 0;

	occasion = config_parse_choice(reader, "steppolicy occasion", words[0], occasions,
				       ARRAY_SIZE(occasions));
	if (occasion < 0)
		return occasion;
	direction = config_parse_choice(reader, "steppolicy direction", words[1], directions,
					ARRAY_SIZE(directions));
	if (direction < 0)
		return direction;
	rule = config_parse_choice(reader, "steppolicy rule", words[2], rules, ARRAY_SIZE(rules));
	if (rule < 0)
		return rule;
	if (count > 3 &&
	    config_parse_seconds(reader, "steppolicy threshold", words[3], &threshold_ns) < 0)
		return -EINVAL;
	if (count > 4 &&
	    config_parse_seconds(reader, "steppolicy maximum", words[4], &maximum_ns) < 0)
		return -EINVAL;

	for (int d = TRUECHIME_DIRECTION_FORWARD; d <= TRUECHIME_DIRECTION_BACKWARD; d++) {
		/* The third name is both. */
		if (direction != d && direction <= TRUECHIME_DIRECTION_BACKWARD)
			continue;
		*find_rule(reader->config, occasion, d) = (struct module_rule) {
			.occasion = occasion,
			.direction = d,
			.rule = rule,
			.threshold_ns = threshold_ns,
			.maximum_ns = maximum_ns,
		};
	}

	return 0;
}
