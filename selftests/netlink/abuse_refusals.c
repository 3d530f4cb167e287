// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests that have to be refused: with the right error, with words for a person, with the blame
 * on the right attribute where one is to blame, and without any effect.
 */
#include "abuse.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Who is to find words. */
enum words {
	SILENT,		/* generic netlink's own refusals of whole commands have none */
	WORDS,
	BLAME,		/* words, and the attribute */
};

struct refusal {
	const char *name;
	void (*put)(struct genl_message *message);
	int error;
	int other_error;
	enum words words;
	uint16_t flags;
	uint8_t command;
};

/* The line of a correction, one attribute of it replaced: @length 0 leaves it out. */
static void put_line(struct genl_message *message, int type, const void *value, size_t length)
{
	size_t nest = genl_nest_begin(message, TRUECHIME_A_CORRECTION);
	int attribute;

	for (attribute = TRUECHIME_LINE_A_ORIGIN_NS; attribute <= TRUECHIME_LINE_A_MAX;
	     attribute++) {
		if (attribute != type)
			genl_put_s64(message, (uint16_t)attribute, 1);
		else if (length)
			genl_put(message, (uint16_t)type, value, length);
	}
	genl_nest_end(message, nest);
}

static void put_line_value(struct genl_message *message, int type, int64_t value)
{
	put_line(message, type, &value, sizeof(value));
	genl_put_u32(message, TRUECHIME_A_EPOCH, 0);
}

static void put_nothing(struct genl_message *message)
{
	(void)message;
}

static void put_epoch_only(struct genl_message *message)
{
	genl_put_u32(message, TRUECHIME_A_EPOCH, 0);
}

static void put_line_only(struct genl_message *message)
{
	put_line(message, 0, NULL, 0);
}

static void put_empty_line(struct genl_message *message)
{
	genl_nest_end(message, genl_nest_begin(message, TRUECHIME_A_CORRECTION));
	genl_put_u32(message, TRUECHIME_A_EPOCH, 0);
}

static void put_line_without_offset(struct genl_message *message)
{
	put_line(message, TRUECHIME_LINE_A_OFFSET_NS, NULL, 0);
	genl_put_u32(message, TRUECHIME_A_EPOCH, 0);
}

static void put_short_rate(struct genl_message *message)
{
	put_line(message, TRUECHIME_LINE_A_RATE_Q32, "1234", 4);
	genl_put_u32(message, TRUECHIME_A_EPOCH, 0);
}

static void put_too_fast_line(struct genl_message *message)
{
	put_line_value(message, TRUECHIME_LINE_A_RATE_Q32, ((int64_t)1 << 31) + 1);
}

static void put_too_slow_line(struct genl_message *message)
{
	put_line_value(message, TRUECHIME_LINE_A_RATE_Q32, -((int64_t)1 << 31) - 1);
}

static void put_negative_sigma(struct genl_message *message)
{
	put_line_value(message, TRUECHIME_LINE_A_SIGMA_NS, -1);
}

static void put_negative_sigma_growth(struct genl_message *message)
{
	put_line_value(message, TRUECHIME_LINE_A_SIGMA_RATE_Q32, -1);
}

static void put_negative_bound(struct genl_message *message)
{
	put_line_value(message, TRUECHIME_LINE_A_MAXERROR_NS, -2);
}

static void put_negative_bound_growth(struct genl_message *message)
{
	put_line_value(message, TRUECHIME_LINE_A_MAXERROR_RATE_Q32, INT64_MIN);
}

static void put_negative_horizon(struct genl_message *message)
{
	put_line_value(message, TRUECHIME_LINE_A_HORIZON_NS, -1);
}

static void put_negative_rate_horizon(struct genl_message *message)
{
	put_line_value(message, TRUECHIME_LINE_A_RATE_HORIZON_NS, -1);
}

static void put_too_fast_beyond(struct genl_message *message)
{
	put_line_value(message, TRUECHIME_LINE_A_BEYOND_RATE_Q32, ((int64_t)1 << 31) + 1);
}

static void put_surer_sigma_beyond(struct genl_message *message)
{
	put_line_value(message, TRUECHIME_LINE_A_BEYOND_SIGMA_RATE_Q32, 0);
}

static void put_surer_bound_beyond(struct genl_message *message)
{
	put_line_value(message, TRUECHIME_LINE_A_BEYOND_MAXERROR_RATE_Q32, 0);
}

static void put_old_epoch(struct genl_message *message)
{
	put_line(message, 0, NULL, 0);
	genl_put_u32(message, TRUECHIME_A_EPOCH, 0xfffffff0);
}

static void put_short_epoch(struct genl_message *message)
{
	put_line(message, 0, NULL, 0);
	genl_put(message, TRUECHIME_A_EPOCH, "12", 2);
}

static void put_no_reference(struct genl_message *message)
{
	put_line(message, 0, NULL, 0);
	genl_put_u32(message, TRUECHIME_A_EPOCH, 0);
	genl_put_u32(message, TRUECHIME_A_REFERENCE, 2);
}

static void put_line_not_nested(struct genl_message *message)
{
	size_t nest = message->length;

	put_line(message, 0, NULL, 0);
	((struct nlattr *)(message->data + nest))->nla_type = TRUECHIME_A_CORRECTION;
	genl_put_u32(message, TRUECHIME_A_EPOCH, 0);
}

static void put_offset(struct genl_message *message)
{
	genl_put_s64(message, TRUECHIME_A_OFFSET_NS, 1);
}

static void put_adjustment(struct genl_message *message)
{
	genl_put_s64(message, TRUECHIME_A_ADJUST_NS, 1);
}

static void put_short_adjustment(struct genl_message *message)
{
	genl_put_u32(message, TRUECHIME_A_ADJUST_NS, 1);
}

static void put_no_step_occasion(struct genl_message *message)
{
	genl_put_u32(message, TRUECHIME_A_OCCASION, TRUECHIME_OCCASION_OPERATOR + 1);
}

static void put_jump(struct genl_message *message, int64_t maxerror_ns)
{
	size_t nest;

	genl_put_u32(message, TRUECHIME_A_EPOCH, 0xfffffff0);
	nest = genl_nest_begin(message, TRUECHIME_A_SOURCES_JUMP);
	genl_put_s64(message, TRUECHIME_JUMP_A_AGREED_RAW_NS, 0);
	genl_put_s64(message, TRUECHIME_JUMP_A_OFFSET_NS, 1000000000);
	genl_put_s64(message, TRUECHIME_JUMP_A_MAXERROR_NS, maxerror_ns);
	genl_nest_end(message, nest);
}

static void put_old_jump(struct genl_message *message)
{
	put_jump(message, 0);
}

static void put_unbounded_jump(struct genl_message *message)
{
	put_jump(message, -1);
}

static void put_jump_of_no_size(struct genl_message *message)
{
	size_t nest;

	genl_put_u32(message, TRUECHIME_A_EPOCH, 0);
	nest = genl_nest_begin(message, TRUECHIME_A_SOURCES_JUMP);
	genl_put_s64(message, TRUECHIME_JUMP_A_AGREED_RAW_NS, 0);
	genl_put_s64(message, TRUECHIME_JUMP_A_MAXERROR_NS, 0);
	genl_nest_end(message, nest);
}

static void put_jump_without_epoch(struct genl_message *message)
{
	genl_nest_end(message, genl_nest_begin(message, TRUECHIME_A_SOURCES_JUMP));
}

static void put_rule(struct genl_message *message, int occasion, int direction, int rule,
		     int64_t threshold_ns, int64_t maximum_ns)
{
	size_t nest = genl_nest_begin(message, TRUECHIME_A_POLICY);

	if (occasion >= 0)
		genl_put_u32(message, TRUECHIME_POLICY_A_OCCASION, (uint32_t)occasion);
	if (direction >= 0)
		genl_put_u32(message, TRUECHIME_POLICY_A_DIRECTION, (uint32_t)direction);
	genl_put_u32(message, TRUECHIME_POLICY_A_RULE, (uint32_t)rule);
	genl_put_s64(message, TRUECHIME_POLICY_A_THRESHOLD_NS, threshold_ns);
	genl_put_s64(message, TRUECHIME_POLICY_A_MAXIMUM_NS, maximum_ns);
	genl_nest_end(message, nest);
}

static void put_no_occasion(struct genl_message *message)
{
	put_rule(message, TRUECHIME_OCCASION_OPERATOR + 1, 0, 0, 0, 0);
}

static void put_rule_without_occasion(struct genl_message *message)
{
	put_rule(message, -1, 0, 0, 0, 0);
}

static void put_rule_without_direction(struct genl_message *message)
{
	put_rule(message, 0, -1, 0, 0, 0);
}

static void put_no_direction(struct genl_message *message)
{
	put_rule(message, 0, TRUECHIME_DIRECTION_BACKWARD + 1, 0, 0, 0);
}

static void put_no_rule(struct genl_message *message)
{
	put_rule(message, 0, 0, TRUECHIME_RULE_IGNORE + 1, 0, 0);
}

static void put_negative_threshold(struct genl_message *message)
{
	put_rule(message, 0, 0, 0, -1, 0);
}

static void put_negative_maximum(struct genl_message *message)
{
	put_rule(message, 0, 0, 0, 0, -1);
}

/* Only the second is bad: neither may be taken. */
static void put_good_and_bad_rule(struct genl_message *message)
{
	put_rule(message, TRUECHIME_OCCASION_BOOT, 0, TRUECHIME_RULE_STEP, 12345, 678900);
	put_rule(message, TRUECHIME_OCCASION_BOOT, 1, 77, 0, 0);
}

static void put_no_rtc(struct genl_message *message)
{
	put_rule(message, TRUECHIME_OCCASION_BOOT, 0, TRUECHIME_RULE_STEP, 12345, 678900);
	genl_put_u32(message, TRUECHIME_A_RTC, TRUECHIME_RTC_TRUST + 1);
}

/* Only the rule is bad: the RTC's policy may not be taken either. */
static void put_rtc_and_bad_rule(struct genl_message *message)
{
	genl_put_u32(message, TRUECHIME_A_RTC, TRUECHIME_RTC_IGNORE);
	put_rule(message, TRUECHIME_OCCASION_BOOT, 1, 77, 0, 0);
}

static void put_no_mode(struct genl_message *message)
{
	genl_put_u32(message, TRUECHIME_A_MODE, TRUECHIME_MODE_EXTERNAL + 1);
}

static void put_narrow_mode(struct genl_message *message)
{
	const uint8_t mode = TRUECHIME_MODE_EXTERNAL;

	genl_put(message, TRUECHIME_A_MODE, &mode, sizeof(mode));
}

static void put_empty_mode(struct genl_message *message)
{
	genl_put(message, TRUECHIME_A_MODE, NULL, 0);
}

static void put_unknown_host(struct genl_message *message)
{
	genl_put_string(message, TRUECHIME_A_HOST_NAME, "sundial");
}

static void put_empty_host(struct genl_message *message)
{
	genl_put_string(message, TRUECHIME_A_HOST_NAME, "");
}

static void put_long_host(struct genl_message *message)
{
	genl_put_string(message, TRUECHIME_A_HOST_NAME, "a clock whose name never comes to an end");
}

static void put_endless_host(struct genl_message *message)
{
	genl_put(message, TRUECHIME_A_HOST_NAME, "kvm", 3);
}

static void put_failing_host(struct genl_message *message)
{
	genl_put_u32(message, TRUECHIME_A_HOST_STATE, TRUECHIME_HOST_FAILING);
}

static void put_absent_host(struct genl_message *message)
{
	genl_put_u32(message, TRUECHIME_A_HOST_STATE, TRUECHIME_HOST_ABSENT);
}

/* Whoever demotes a host means one that is there. */
static void put_state_of_no_host(struct genl_message *message)
{
	genl_put_string(message, TRUECHIME_A_HOST_NAME, "none");
	genl_put_u32(message, TRUECHIME_A_HOST_STATE, TRUECHIME_HOST_DEMOTED);
	genl_put_s64(message, TRUECHIME_A_HOST_MAXERROR_NS, 1000);
}

static void put_perfect_host(struct genl_message *message)
{
	genl_put_s64(message, TRUECHIME_A_HOST_MAXERROR_NS, 0);
}

static void put_hopeless_host(struct genl_message *message)
{
	genl_put_s64(message, TRUECHIME_A_HOST_MAXERROR_NS, 3600000000001LL);
}

static void put_negative_host(struct genl_message *message)
{
	genl_put_s64(message, TRUECHIME_A_HOST_MAXERROR_NS, -2);
}

static void put_no_host_state(struct genl_message *message)
{
	genl_put_u32(message, TRUECHIME_A_HOST_STATE, 200);
}

static void put_unknown_attribute(struct genl_message *message)
{
	genl_put_u32(message, TRUECHIME_A_MAX + 1, 1);
}

static void put_far_attribute(struct genl_message *message)
{
	genl_put_u32(message, 0x3fff, 1);
}

static void put_other_attribute(struct genl_message *message)
{
	genl_put_u32(message, TRUECHIME_A_STEPS, 1);
}

static void put_leftover(struct genl_message *message)
{
	genl_put_u32(message, TRUECHIME_A_MODE, TRUECHIME_MODE_AUTO);
	genl_put(message, TRUECHIME_A_MODE, NULL, 0);
	((struct nlattr *)(message->data + message->length - NLA_HDRLEN))->nla_len = 3;
}

static void put_overlong(struct genl_message *message)
{
	size_t overlong = message->length;

	genl_put_u32(message, TRUECHIME_A_MODE, TRUECHIME_MODE_AUTO);
	((struct nlattr *)(message->data + overlong))->nla_len = 0xffff;
}

#define CORRECTION	.command = TRUECHIME_CMD_CORRECTION
#define STEP		.command = TRUECHIME_CMD_STEP
#define DISRUPTED	.command = TRUECHIME_CMD_DISRUPTED
#define ADJUST		.command = TRUECHIME_CMD_ADJUST
#define POLICY_SET	.command = TRUECHIME_CMD_POLICY_SET
#define MODE		.command = TRUECHIME_CMD_MODE
#define HOST_SET	.command = TRUECHIME_CMD_HOST_SET

/* Of two errors that are right the kernel's version decides which it is. */
static const struct refusal refusals[] = {
	{ "a correction of nothing", put_nothing, EINVAL, 0, WORDS, CORRECTION },
	{ "a correction without its line", put_epoch_only, EINVAL, 0, WORDS, CORRECTION },
	{ "a correction without its epoch", put_line_only, EINVAL, 0, WORDS, CORRECTION },
	{ "an empty line", put_empty_line, EINVAL, 0, BLAME, CORRECTION },
	{ "a line without offset", put_line_without_offset, EINVAL, 0, BLAME, CORRECTION },
	{ "a rate of 32 bits", put_short_rate, EINVAL, ERANGE, BLAME, CORRECTION },
	{ "a line too fast", put_too_fast_line, ERANGE, EINVAL, BLAME, CORRECTION },
	{ "a line too slow", put_too_slow_line, ERANGE, EINVAL, BLAME, CORRECTION },
	{ "a negative sigma", put_negative_sigma, ERANGE, EINVAL, BLAME, CORRECTION },
	{ "a sigma that shrinks", put_negative_sigma_growth, ERANGE, EINVAL, BLAME, CORRECTION },
	{ "a negative bound", put_negative_bound, ERANGE, EINVAL, BLAME, CORRECTION },
	{ "a bound that shrinks", put_negative_bound_growth, ERANGE, EINVAL, BLAME, CORRECTION },
	{ "a horizon in the past", put_negative_horizon, ERANGE, EINVAL, BLAME, CORRECTION },
	{ "a rate's likewise", put_negative_rate_horizon, ERANGE, EINVAL, BLAME, CORRECTION },
	{ "too fast beyond the horizon", put_too_fast_beyond, ERANGE, EINVAL, BLAME, CORRECTION },
	{ "a sigma surer beyond it", put_surer_sigma_beyond, EINVAL, 0, BLAME, CORRECTION },
	{ "a bound surer beyond it", put_surer_bound_beyond, EINVAL, 0, BLAME, CORRECTION },
	{ "an epoch that has passed", put_old_epoch, ESTALE, 0, BLAME, CORRECTION },
	{ "an epoch of 16 bits", put_short_epoch, EINVAL, ERANGE, BLAME, CORRECTION },
	{ "a reference that is none", put_no_reference, ERANGE, EINVAL, BLAME, CORRECTION },
	{ "a nest not marked as one", put_line_not_nested, EINVAL, 0, BLAME, CORRECTION },
	{ "a step that is to add something", put_offset, EINVAL, 0, BLAME, STEP },
	{ "an adjustment by nothing", put_nothing, EINVAL, 0, WORDS, ADJUST },
	{ "an adjustment in mode auto", put_adjustment, EBUSY, 0, BLAME, ADJUST },
	{ "an adjustment of 32 bits", put_short_adjustment, EINVAL, ERANGE, BLAME, ADJUST },
	{ "a step on no occasion", put_no_step_occasion, ERANGE, EINVAL, BLAME, STEP },
	{ "a jump of nothing", put_nothing, EINVAL, 0, WORDS, DISRUPTED },
	{ "a jump without its epoch", put_jump_without_epoch, EINVAL, 0, WORDS, DISRUPTED },
	{ "a jump of no size", put_jump_of_no_size, EINVAL, 0, BLAME, DISRUPTED },
	{ "a jump without bound", put_unbounded_jump, ERANGE, EINVAL, BLAME, DISRUPTED },
	{ "a jump of an epoch that has passed", put_old_jump, ESTALE, 0, BLAME, DISRUPTED },
	{ "a policy of nothing", put_nothing, EINVAL, 0, WORDS, POLICY_SET },
	{ "a rule without occasion", put_rule_without_occasion, EINVAL, 0, BLAME, POLICY_SET },
	{ "a rule without direction", put_rule_without_direction, EINVAL, 0, BLAME, POLICY_SET },
	{ "an occasion that is none", put_no_occasion, ERANGE, EINVAL, BLAME, POLICY_SET },
	{ "a direction that is none", put_no_direction, ERANGE, EINVAL, BLAME, POLICY_SET },
	{ "a rule that is none", put_no_rule, ERANGE, EINVAL, BLAME, POLICY_SET },
	{ "a negative threshold", put_negative_threshold, ERANGE, EINVAL, BLAME, POLICY_SET },
	{ "a negative maximum", put_negative_maximum, ERANGE, EINVAL, BLAME, POLICY_SET },
	{ "a good and a bad rule", put_good_and_bad_rule, ERANGE, EINVAL, BLAME, POLICY_SET },
	{ "an RTC policy that is none", put_no_rtc, ERANGE, EINVAL, BLAME, POLICY_SET },
	{ "an RTC policy and a bad rule", put_rtc_and_bad_rule, ERANGE, EINVAL, BLAME, POLICY_SET },
	{ "no mode", put_nothing, EINVAL, 0, WORDS, MODE },
	{ "a mode that is none", put_no_mode, ERANGE, EINVAL, BLAME, MODE },
	{ "a mode of 8 bits", put_narrow_mode, EINVAL, ERANGE, BLAME, MODE },
	{ "an empty mode", put_empty_mode, EINVAL, ERANGE, BLAME, MODE },
	{ "no host", put_nothing, EINVAL, 0, WORDS, HOST_SET },
	{ "an unknown host", put_unknown_host, ENOENT, 0, BLAME, HOST_SET },
	{ "a host without name", put_empty_host, ENOENT, EINVAL, BLAME, HOST_SET },
	{ "a name too long", put_long_host, ERANGE, EINVAL, BLAME, HOST_SET },
	{ "a name without end", put_endless_host, EINVAL, ERANGE, BLAME, HOST_SET },
	{ "a host made to fail", put_failing_host, EINVAL, ERANGE, BLAME, HOST_SET },
	{ "a host made absent", put_absent_host, ERANGE, EINVAL, BLAME, HOST_SET },
	{ "the state of no host", put_state_of_no_host, ENODEV, 0, BLAME, HOST_SET },
	{ "a host state that is none", put_no_host_state, ERANGE, EINVAL, BLAME, HOST_SET },
	{ "a host that is never wrong", put_perfect_host, ERANGE, 0, BLAME, HOST_SET },
	{ "a host that is wrong by hours", put_hopeless_host, ERANGE, 0, BLAME, HOST_SET },
	{ "a host wrong by less than nothing", put_negative_host, ERANGE, EINVAL, BLAME, HOST_SET },
	{ "an unknown attribute", put_unknown_attribute, EINVAL, 0, BLAME, MODE },
	{ "an attribute from afar", put_far_attribute, EINVAL, 0, BLAME, MODE },
	{ "an answer's attribute", put_other_attribute, EINVAL, 0, BLAME, MODE },
	{ "an attribute to what takes none", put_offset, EINVAL, 0, BLAME,
	  .command = TRUECHIME_CMD_STATUS },
	{ "an attribute to a dump", put_offset, EINVAL, 0, BLAME,
	  .command = TRUECHIME_CMD_EVENT, .flags = NLM_F_DUMP },
	{ "an attribute shorter than its header", put_leftover, EINVAL, 0, WORDS, MODE },
	{ "an attribute longer than the message", put_overlong, EINVAL, 0, WORDS, MODE },
	{ "a dump of what has one answer", put_nothing, EOPNOTSUPP, 0, SILENT,
	  .command = TRUECHIME_CMD_STATUS, .flags = NLM_F_DUMP },
	{ "one answer of what is dumped", put_nothing, EOPNOTSUPP, 0, SILENT,
	  .command = TRUECHIME_CMD_EVENT },
	{ "a notification", put_nothing, EOPNOTSUPP, 0, SILENT,
	  .command = TRUECHIME_CMD_EVENT_NTF },
	{ "no command", put_nothing, EOPNOTSUPP, 0, SILENT, .command = TRUECHIME_CMD_UNSPEC },
	{ "an unknown command", put_nothing, EOPNOTSUPP, 0, SILENT, .command = 255 },
};

static bool is_refused(struct genl *genl, const struct refusal *refusal)
{
	struct genl_message message;
	struct genl_answer answer;

	genl_begin(&message, genl, refusal->command, refusal->flags);
	refusal->put(&message);
	genl_talk(genl, &message, &answer);

	if (!answer.error)
		return abuse_fail("%s: not refused", refusal->name);
	if (answer.error != -refusal->error && answer.error != -refusal->other_error)
		return abuse_fail("%s: \"%s\" (%d) is not the error expected (%d)", refusal->name,
				  strerror(-answer.error), answer.error, -refusal->error);
	if (refusal->words >= WORDS && !answer.text[0])
		return abuse_fail("%s: refused without a word", refusal->name);
	if (refusal->words >= BLAME &&
	    (answer.offset < NLMSG_HDRLEN + GENL_HDRLEN || answer.offset >= message.length))
		return abuse_fail("%s: no attribute is blamed (\"%s\", offset %u)", refusal->name,
				  answer.text, answer.offset);
	return true;
}

bool abuse_refusals(struct abuse *abuse)
{
	bool good = true;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(refusals); i++)
		good &= is_refused(&abuse->genl, &refusals[i]);
	return good;
}

/* What a change would change. */
struct settings {
	uint8_t mode;
	uint8_t reference;
	char host_name[16];
	uint8_t host_state;
	uint32_t epoch;
	uint32_t steps;
	uint8_t policy[8192];
	size_t policy_length;
};

static bool are_same(const struct settings *a, const struct settings *b)
{
	return a->mode == b->mode && a->reference == b->reference &&
	       !strcmp(a->host_name, b->host_name) && a->host_state == b->host_state &&
	       a->epoch == b->epoch && a->steps == b->steps &&
	       a->policy_length == b->policy_length &&
	       !memcmp(a->policy, b->policy, a->policy_length);
}

static bool read_settings(struct genl *genl, struct settings *settings)
{
	struct genl_answer answer;

	memset(settings, 0, sizeof(*settings));
	genl_ask(genl, TRUECHIME_CMD_STATUS, 0, &answer);
	if (answer.error)
		return abuse_fail("no status: %s", strerror(-answer.error));
	settings->mode = genl_u32(genl_find(answer.first, answer.first_length, TRUECHIME_A_MODE));
	settings->reference = genl_u32(genl_find(answer.first, answer.first_length,
						 TRUECHIME_A_REFERENCE));
	genl_text(genl_find(answer.first, answer.first_length, TRUECHIME_A_HOST_NAME),
		  settings->host_name, sizeof(settings->host_name));
	settings->host_state = genl_u32(genl_find(answer.first, answer.first_length,
						  TRUECHIME_A_HOST_STATE));
	settings->epoch = genl_u32(genl_find(answer.first, answer.first_length,
					     TRUECHIME_A_EPOCH));
	settings->steps = genl_u32(genl_find(answer.first, answer.first_length,
					     TRUECHIME_A_STEPS));

	genl_ask(genl, TRUECHIME_CMD_POLICY_GET, 0, &answer);
	if (answer.error)
		return abuse_fail("no policy: %s", strerror(-answer.error));
	memcpy(settings->policy, answer.first, answer.first_length);
	settings->policy_length = answer.first_length;
	return true;
}

bool abuse_refusals_change_nothing(struct abuse *abuse)
{
	static struct settings before, after;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(refusals); i++) {
		if (!read_settings(&abuse->genl, &before) ||
		    !is_refused(&abuse->genl, &refusals[i]) ||
		    !read_settings(&abuse->genl, &after))
			return false;
		if (!are_same(&before, &after))
			return abuse_fail("%s: refused, but something changed", refusals[i].name);
	}
	return true;
}

bool abuse_many_rules(struct abuse *abuse)
{
	const int occasions = TRUECHIME_OCCASION_OPERATOR + 1;
	static struct settings before, after;
	struct genl_message message;
	struct genl_answer answer;
	int i;

	if (!read_settings(&abuse->genl, &before))
		return false;
	genl_begin(&message, &abuse->genl, TRUECHIME_CMD_POLICY_SET, 0);
	for (i = 0; i < 200; i++)
		put_rule(&message, i % occasions, i / occasions % 2, i % 3, i, 0);
	/* The last word on each rule is what there was before. */
	memcpy(message.data + message.length, before.policy, before.policy_length);
	message.length += before.policy_length;
	((struct nlmsghdr *)message.data)->nlmsg_len = (uint32_t)message.length;
	genl_talk(&abuse->genl, &message, &answer);
	if (answer.error)
		return abuse_fail("200 rules: %s %s", strerror(-answer.error), answer.text);
	if (!read_settings(&abuse->genl, &after))
		return false;
	return are_same(&before, &after) || abuse_fail("the last rule does not win");
}

bool abuse_broken_framing(struct abuse *abuse)
{
	static const uint32_t lengths[] = { 0, 1, 15, 16, 17, 19, 21, 0x7fffffff, 0xffffffff };
	struct genl_message message;
	struct genl_answer answer;
	size_t i, size;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		for (size = 1; size <= 64; size++) {
			genl_begin(&message, &abuse->genl, TRUECHIME_CMD_MODE, 0);
			genl_put_s64(&message, TRUECHIME_A_OFFSET_NS, 1);
			genl_put_s64(&message, TRUECHIME_A_OFFSET_NS, 1);
			genl_put_s64(&message, TRUECHIME_A_OFFSET_NS, 1);
			((struct nlmsghdr *)message.data)->nlmsg_len = lengths[i];
			message.length = size;
			if (genl_send(&abuse->genl, &message))
				return abuse_fail("%zu bytes cannot be sent", size);
		}
	}
	/* Whatever came back of that, it is not for this request. */
	genl_ask(&abuse->genl, TRUECHIME_CMD_STATUS, 0, &answer);
	return !answer.error || abuse_fail("no status after it: %s", strerror(-answer.error));
}

/* What a later version may give a meaning must not pass as nothing today. */
bool abuse_reserved_header(struct abuse *abuse)
{
	struct genl_message message;
	struct genl_answer answer;

	genl_begin(&message, &abuse->genl, TRUECHIME_CMD_STATUS, 0);
	((struct genlmsghdr *)(message.data + NLMSG_HDRLEN))->reserved = 1;
	genl_talk(&abuse->genl, &message, &answer);
	if (answer.error != -EINVAL)
		return abuse_fail("reserved bits of the header: %s", strerror(-answer.error));
	genl_begin(&message, &abuse->genl, TRUECHIME_CMD_STATUS, NLM_F_EXCL);
	genl_talk(&abuse->genl, &message, &answer);
	return answer.error == -EINVAL ||
	       abuse_fail("a flag without a meaning: %s", strerror(-answer.error));
}
