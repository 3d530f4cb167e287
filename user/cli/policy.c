// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime policy: when the module steps the system clock, and how to change it.
 */
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
	printf("%-12s %-10s %-8s %12s %14s\n", name_of_occasion(rule->occasion),
	       name_of_direction(rule->direction), name_of_rule(rule->rule),
	       duration_text(rule->threshold_ns).text,
	       rule->maximum_ns ? duration_text(rule->maximum_ns).text : "no limit");
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

static void policy_usage(void)
{
	fputs("Usage: truechime policy set OCCASION DIRECTION RULE [THRESHOLD [MAXIMUM]]\n"
	      "       truechime policy set rtc ignore|hint|trust\n"
	      "  OCCASION   boot, disruption or operator\n"
	      "  DIRECTION  forward (the clock is behind), backward or both\n"
	      "  RULE       step, slew or ignore\n"
	      "  THRESHOLD  smaller errors are left alone, e.g. 10ms; 0 without\n"
	      "  MAXIMUM    larger errors are refused, e.g. 1d; no limit without\n", stderr);
}

/**
 * struct policy_change - what follows "set"
 * @rules: new ones ...
 * @count: ... how many; 0: it is about the RTC
 * @rtc: then
 */
struct policy_change {
	struct module_rule rules[2];
	int count;
	enum truechime_rtc rtc;
};

/*
 * false: *@wrong, which was NULL, is the word that cannot be there; it still is: there are too few
 * words, or too many.
 */
static bool policy_parse_rtc(int argc, char **argv, struct policy_change *change,
			     const char **wrong)
{
	if (argc != 2)
		return false;
	if (rtc_of_name(argv[1], &change->rtc))
		return true;
	*wrong = argv[1];

	return false;
}

static bool policy_parse_rule(int argc, char **argv, struct policy_change *change,
			      const char **wrong)
{
	struct module_rule rule = { 0 };
	bool both;

	if (argc < 3 || argc > 5)
		return false;
	both = !strcmp(argv[1], "both");
	if (!occasion_of_name(argv[0], &rule.occasion))
		*wrong = argv[0];
	else if (!both && !direction_of_name(argv[1], &rule.direction))
		*wrong = argv[1];
	else if (!rule_of_name(argv[2], &rule.rule))
		*wrong = argv[2];
	else if (argc > 3 && !duration_of_text(argv[3], &rule.threshold_ns))
		*wrong = argv[3];
	else if (argc > 4 && !duration_of_text(argv[4], &rule.maximum_ns))
		*wrong = argv[4];
	if (*wrong)
		return false;
	change->count = both ? 2 : 1;
	change->rules[0] = rule;
	change->rules[1] = rule;
	if (both) {
		change->rules[0].direction = TRUECHIME_DIRECTION_FORWARD;
		change->rules[1].direction = TRUECHIME_DIRECTION_BACKWARD;
	}

	return true;
}

static int policy_set(const struct cli *cli, struct module_link *link,
		      const struct policy_change *change)
{
	int err = module_link_set_policy(link, change->rules, change->count,
					 change->count ? NULL : &change->rtc);

	return err ? module_refused(link, "the policy", err) : policy_show(cli, link);
}

/* false: it was said what is wrong with it. */
static bool policy_understand(int argc, char **argv, struct policy_change *change)
{
	const char *wrong = NULL;
	bool rtc = argc > 1 && !strcmp(argv[1], "rtc"), understood;

	if (strcmp(argv[0], "set"))
		wrong = argv[0];
	understood = !wrong && (rtc ? policy_parse_rtc(argc - 1, argv + 1, change, &wrong) :
				      policy_parse_rule(argc - 1, argv + 1, change, &wrong));
	if (!understood && wrong)
		user_err("\"%s\" makes no sense there", wrong);
	if (!understood)
		policy_usage();

	return understood;
}

int verb_policy(const struct cli *cli, int argc, char **argv)
{
	struct policy_change change = { .count = 0 };
	struct module_link *link;
	int status;

	if (argc && !policy_understand(argc, argv, &change))
		return CLI_ERROR;
	status = module_open_loudly(&link);
	if (status)
		return status;
	if (argc)
		status = policy_set(cli, link, &change);
	else
		status = policy_show(cli, link);
	module_link_close(link);
	return status;
}
