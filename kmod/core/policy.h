/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The step policy: what is to be done about a wrong system clock, by occasion, direction and size.
 * Pure decisions and the syntax in which people write them; system_clock.c acts on them.
 */
#ifndef CHIME_POLICY_H
#define CHIME_POLICY_H

#include <linux/truechime.h>

#include "core/line.h"

#define CHIME_OCCASIONS		3	/* enum truechime_occasion */
#define CHIME_DIRECTIONS	2	/* enum truechime_direction */

/**
 * struct chime_rule - what to do on one occasion in one direction
 * @rule: step, slew or ignore
 * @threshold_ns: errors up to this need nothing done
 * @maximum_ns: errors above this are never stepped; 0: no limit
 */
struct chime_rule {
	enum truechime_rule rule;
	s64 threshold_ns;
	s64 maximum_ns;
};

/**
 * struct chime_policy - what to do on all occasions
 * @rules: the rules
 * @stated: a parameter or a request has set one of this occasion
 */
struct chime_policy {
	struct chime_rule rules[CHIME_OCCASIONS][CHIME_DIRECTIONS];
	bool stated[CHIME_OCCASIONS];
};

/* Set the rules that apply unless parameters or requests change them. */
void chime_policy_defaults(struct chime_policy *policy);

/**
 * chime_policy_decide() - what to do about an error
 * @policy: the rules
 * @occasion: when it was found
 * @offset_ns: reference - system clock
 *
 * Return: TRUECHIME_ACTION_STEPPED to step now, otherwise the action to report.
 */
enum truechime_action chime_policy_decide(const struct chime_policy *policy,
					  enum truechime_occasion occasion, s64 offset_ns);

/* Leave errors up to @error_ns alone on this occasion, whatever the rules say. */
void chime_policy_spare(struct chime_policy *policy, enum truechime_occasion occasion,
			s64 error_ns);

/*
 * Do at once on this occasion what the rules say, about any error of more than @error_ns, unless
 * somebody has stated them.
 */
void chime_policy_hasten(struct chime_policy *policy, enum truechime_occasion occasion,
			 s64 error_ns);

/**
 * chime_policy_parse() - parse the rules of an occasion
 * @text: "RULE[:THRESHOLD[:MAXIMUM]]", for both directions, or two of them joined by "/", forward
 *	first. RULE is step, slew or ignore; durations carry a unit: ns, us, ms, s, m, h or d.
 * @rules: forward and backward; what is not named keeps its value; untouched on error
 *
 * Return: 0, or -EINVAL.
 */
int chime_policy_parse(const char *text, struct chime_rule rules[CHIME_DIRECTIONS]);

#endif /* CHIME_POLICY_H */
