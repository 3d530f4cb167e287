// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime policy: when the module steps the system clock, and how to change it.
 */
#include <errno.h>
#include <string.h>

#include "cli/cli.h"
#include "lib/names.h"

/* One for each occasion and direction, and room for a newer module's. */
#define RULES_MAX	32

static json_t *rule_to_json(const struct module_rule *rule)
{
	return json_pack("{s:s,s:s,s:s,s:I,s:I}",
			 "occasion", name_of_occasion(rule->occasion),
			 "direction", name_of_direction(rule->direction),
			 "rule", name_of_rule(rule->rule),
			 "threshold_ns", (json_int_t)rule->threshold_ns,
			 "maximum_ns", (json_int_t)rule->maximum_ns);
}

static void print_rule(const struct module_rule *rule)
{
	char threshold[32], maximum[32] = "no limit";

	text_of_duration(rule->threshold_ns, threshold, sizeof(threshold));
	if (rule->maximum_ns)
		text_of_duration(rule->maximum_ns, maximum, sizeof(maximum));
	printf("%-12s %-10s %-8s %12s %14s\n", name_of_occasion(rule->occasion),
	       name_of_direction(rule->direction), name_of_rule(rule->rule), threshold, maximum);
}

static const char *rtc_sentence(enum truechime_rtc rtc)
{
	switch (rtc) {
	case TRUECHIME_RTC_IGNORE:
		return "ignore (it is not read)";
	case TRUECHIME_RTC_HINT:
		return "hint (it is reported)";
	case TRUECHIME_RTC_TRUST:
		return "trust (it is reported, and followed when no server answers)";
	}
	return name_of_rtc(rtc);
}

static int policy_show(const struct cli *cli, struct module_link *link)
{
	struct module_rule rules[RULES_MAX];
	enum truechime_rtc rtc;
	int count = 0, i, err;
	json_t *list;

	err = module_link_get_policy(link, rules, RULES_MAX, &count, &rtc);
	if (err)
		return module_refused(link, "to report its policy", err);
	if (cli->json) {
		list = json_array();
		for (i = 0; i < count; i++)
			json_array_append_new(list, rule_to_json(&rules[i]));
		print_json(json_pack("{s:o,s:s}", "policy", list, "rtc", name_of_rtc(rtc)));
		return CLI_OK;
	}
	puts("When the system clock is off by more than the threshold and by no more than the\n"
	     "maximum, the module does this about it (slew: leaves it to the daemon):\n\n"
	     "Occasion     Direction  Rule        Threshold        Maximum\n"
	     "============================================================");
	for (i = 0; i < count; i++)
		print_rule(&rules[i]);
	printf("\nA jump of the RTC where there is no host clock: %s\n", rtc_sentence(rtc));
	return CLI_OK;
}

static int policy_usage(void)
{
	fputs("Usage: truechime policy set OCCASION DIRECTION RULE [THRESHOLD [MAXIMUM]]\n"
	      "       truechime policy set rtc ignore|hint|trust\n"
	      "  OCCASION   boot, disruption or operator\n"
	      "  DIRECTION  forward (the clock is behind), backward or both\n"
	      "  RULE       step, slew or ignore\n"
	      "  THRESHOLD  smaller errors are left alone, e.g. 10ms; 0 without\n"
	      "  MAXIMUM    larger errors are refused, e.g. 1d; no limit without\n", stderr);
	return CLI_ERROR;
}

/* What follows "set", as rules. How many, or -EINVAL. */
static int policy_parse(int argc, char **argv, struct module_rule *rules)
{
	struct module_rule rule = { 0 };
	bool both;

	if (argc < 3 || argc > 5 || !occasion_of_name(argv[0], &rule.occasion) ||
	    !rule_of_name(argv[2], &rule.rule))
		return -EINVAL;
	both = !strcmp(argv[1], "both");
	if (!both && !direction_of_name(argv[1], &rule.direction))
		return -EINVAL;
	if (argc > 3 && !duration_of_text(argv[3], &rule.threshold_ns))
		return -EINVAL;
	if (argc > 4 && !duration_of_text(argv[4], &rule.maximum_ns))
		return -EINVAL;
	rules[0] = rule;
	if (!both)
		return 1;
	rules[0].direction = TRUECHIME_DIRECTION_FORWARD;
	rules[1] = rule;
	rules[1].direction = TRUECHIME_DIRECTION_BACKWARD;
	return 2;
}

static int policy_set(const struct cli *cli, struct module_link *link, int argc, char **argv)
{
	struct module_rule rules[2];
	enum truechime_rtc rtc;
	int count, err;

	if (argc == 2 && !strcmp(argv[0], "rtc") && rtc_of_name(argv[1], &rtc)) {
		err = module_link_set_policy(link, NULL, 0, &rtc);
	} else {
		count = policy_parse(argc, argv, rules);
		if (count < 0)
			return policy_usage();
		err = module_link_set_policy(link, rules, count, NULL);
	}
	return err ? module_refused(link, "the policy", err) : policy_show(cli, link);
}

int verb_policy(const struct cli *cli, int argc, char **argv)
{
	struct module_link *link;
	int status;

	if (argc && strcmp(argv[0], "set"))
		return policy_usage();
	status = module_open_loudly(&link);
	if (status)
		return status;
	if (argc)
		status = policy_set(cli, link, argc - 1, argv + 1);
	else
		status = policy_show(cli, link);
	module_link_close(link);
	return status;
}
