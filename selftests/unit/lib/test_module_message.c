// SPDX-License-Identifier: GPL-2.0-only
/*
 * The attributes of the family, to structures and back: what must be there, what may be missing,
 * and that no message makes us read beyond its end.
 */
#include "user/lib/module_message.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>

#include <netlink/attr.h>
#include <netlink/msg.h>

#include "selftests/unit/unit.h"

FIXTURE(message)
{
	struct nl_msg *msg;
};

FIXTURE_SETUP(message)
{
	self->msg = nlmsg_alloc();
	ASSERT_NE(NULL, self->msg);
	ASSERT_NE(NULL, nlmsg_put(self->msg, 0, 0, 0, 0, 0));
}

FIXTURE_TEARDOWN(message)
{
	nlmsg_free(self->msg);
}

static const struct nlattr *head(struct nl_msg *msg)
{
	return nlmsg_attrdata(nlmsg_hdr(msg), 0);
}

static int length(struct nl_msg *msg)
{
	return nlmsg_attrlen(nlmsg_hdr(msg), 0);
}

static void put_now(struct nl_msg *msg)
{
	struct nlattr *nest = nla_nest_start(msg, TRUECHIME_A_REFERENCE_CHANGE);

	nla_put_u64(msg, TRUECHIME_LINE_A_ORIGIN_NS, 900);
	nla_put_u64(msg, TRUECHIME_LINE_A_OFFSET_NS, (uint64_t)-70);
	nla_put_u64(msg, TRUECHIME_LINE_A_MAXERROR_NS, (uint64_t)-1);
	nla_put_u64(msg, TRUECHIME_LINE_A_SIGMA_RATE_Q32, INT64_MAX);
	nla_nest_end(msg, nest);
	nla_put_u64(msg, TRUECHIME_A_RAW_NS, 1000);
	nla_put_u64(msg, TRUECHIME_A_REALTIME_NS, 2000);
	nla_put_u64(msg, TRUECHIME_A_REFERENCE_NS, 5000);
	nla_put_u64(msg, TRUECHIME_A_TIME_NS, (uint64_t)-3000);
	nla_put_u64(msg, TRUECHIME_A_RATE_Q32, (uint64_t)-85899);
	nla_put_u64(msg, TRUECHIME_A_MAXERROR_NS, (uint64_t)-1);
	nla_put_u32(msg, TRUECHIME_A_EPOCH, 7);
	nla_put_u32(msg, TRUECHIME_A_REFERENCE, TRUECHIME_REFERENCE_HOST);
}

TEST_F(message, reads_now)
{
	struct module_now now;

	put_now(self->msg);
	nla_put_u64(self->msg, TRUECHIME_A_HOST_NS, 4000);
	nla_put_u32(self->msg, TRUECHIME_A_HOST_STATE, TRUECHIME_HOST_FAILING);
	nla_put_u32(self->msg, TRUECHIME_A_MODE, TRUECHIME_MODE_EXTERNAL);
	nla_put_u64(self->msg, TRUECHIME_A_FOLLOWED_NS, 6000);
	ASSERT_EQ(0, module_message_now(head(self->msg), length(self->msg), &now));
	EXPECT_EQ(1000, now.raw_ns);
	EXPECT_EQ(2000, now.realtime_ns);
	EXPECT_EQ(-3000, now.time_ns);
	EXPECT_EQ(-85899, now.rate_q32);
	EXPECT_EQ(4000, now.host_ns);
	EXPECT_EQ(5000, now.reference_ns);
	EXPECT_EQ(6000, now.followed_ns);
	EXPECT_TRUE(now.has_host);
	EXPECT_EQ(TRUECHIME_HOST_FAILING, now.host_state);
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, now.maxerror_ns);
	EXPECT_EQ(7, now.epoch);
	EXPECT_EQ(900, now.change.origin_ns);
	EXPECT_EQ(-70, now.change.offset_ns);
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, now.change.maxerror_ns);
	EXPECT_EQ(CHIME_LINE_RATE_UNKNOWN_Q32, now.change.sigma_rate_q32);
	EXPECT_EQ(TRUECHIME_MODE_EXTERNAL, now.mode);
}

TEST_F(message, reads_how_well_a_host_is_read)
{
	struct module_status status;
	struct module_now now;

	/* A module that does not state it knows of no error of the host's. */
	put_now(self->msg);
	ASSERT_EQ(0, module_message_now(head(self->msg), length(self->msg), &now));
	EXPECT_EQ(now.maxerror_ns, now.reading_ns);

	nla_put_u64(self->msg, TRUECHIME_A_READING_MAXERROR_NS, 170);
	nla_put_u64(self->msg, TRUECHIME_A_HOST_MAXERROR_NS, 10000000);
	nla_put_u32(self->msg, TRUECHIME_A_MODE, TRUECHIME_MODE_AUTO);
	nla_put_u32(self->msg, TRUECHIME_A_STATE, TRUECHIME_STATE_HOST);
	ASSERT_EQ(0, module_message_now(head(self->msg), length(self->msg), &now));
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, now.maxerror_ns);
	EXPECT_EQ(170, now.reading_ns);
	ASSERT_EQ(0, module_message_status(head(self->msg), length(self->msg), &status));
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, status.maxerror_ns);
	EXPECT_EQ(170, status.reading_ns);
	EXPECT_EQ(10000000, status.host_maxerror_ns);
}

TEST_F(message, now_without_a_host)
{
	struct module_now now;

	put_now(self->msg);
	ASSERT_EQ(0, module_message_now(head(self->msg), length(self->msg), &now));
	EXPECT_FALSE(now.has_host);
}

TEST_F(message, a_module_of_another_version_is_told_so)
{
	struct module_status status;
	struct module_event event;
	struct module_host host;
	struct module_now now;

	nla_put_u64(self->msg, TRUECHIME_A_RAW_NS, 1000);
	EXPECT_EQ(-EPROTO, module_message_now(head(self->msg), length(self->msg), &now));
	EXPECT_EQ(-EPROTO, module_message_status(head(self->msg), length(self->msg), &status));
	EXPECT_EQ(-EPROTO, module_message_event(head(self->msg), length(self->msg), &event));
	EXPECT_EQ(-EPROTO, module_message_host(head(self->msg), length(self->msg), &host));
}

TEST_F(message, what_is_too_short_is_refused)
{
	struct module_now now;

	put_now(self->msg);
	nla_put_u32(self->msg, TRUECHIME_A_SLEW_NS, 1);
	EXPECT_EQ(-EPROTO, module_message_now(head(self->msg), length(self->msg), &now));
}

TEST_F(message, what_is_unknown_is_passed_over)
{
	struct module_now now;

	put_now(self->msg);
	nla_put_u32(self->msg, TRUECHIME_A_MAX + 5, 1);
	EXPECT_EQ(0, module_message_now(head(self->msg), length(self->msg), &now));
}

TEST_F(message, a_correction_goes_there_and_back)
{
	const struct chime_line line = {
		.origin_ns = -5,
		.offset_ns = INT64_MIN,
		.rate_q32 = -(1LL << 30),
		.sigma_ns = 1,
		.sigma_rate_q32 = 2,
		.maxerror_ns = 3,
		.maxerror_rate_q32 = 4,
		.rate_horizon_ns = 3600000000000,
		.horizon_ns = 128000000000,
		.beyond_rate_q32 = -7,
		.beyond_sigma_rate_q32 = 8,
		.beyond_maxerror_rate_q32 = 9,
	};
	struct module_status status;

	nla_put_u32(self->msg, TRUECHIME_A_MODE, TRUECHIME_MODE_AUTO);
	nla_put_u32(self->msg, TRUECHIME_A_STATE, TRUECHIME_STATE_CORRECTED);
	ASSERT_EQ(0, module_message_put_correction(self->msg, &line, TRUECHIME_REFERENCE_HOST, 9,
						   true));
	ASSERT_EQ(0, module_message_status(head(self->msg), length(self->msg), &status));
	ASSERT_TRUE(status.has_correction);
	EXPECT_FALSE(status.has_host_line);
	EXPECT_EQ(0, memcmp(&line, &status.correction, sizeof(line)));
	EXPECT_EQ(9, status.epoch);
	EXPECT_EQ(-1, status.phc_index);
	EXPECT_NE(NULL, nla_find((struct nlattr *)head(self->msg), length(self->msg),
				 TRUECHIME_A_JUMP));
}

TEST_F(message, rules_go_there_and_back)
{
	const struct module_rule rules[] = {
		{ TRUECHIME_OCCASION_BOOT, TRUECHIME_DIRECTION_FORWARD, TRUECHIME_RULE_STEP, 5, 6 },
		{ TRUECHIME_OCCASION_BOOT, TRUECHIME_DIRECTION_BACKWARD, TRUECHIME_RULE_IGNORE,
		  0, INT64_MAX },
	};
	struct module_rule read[2] = { 0 };
	int count, i;

	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, module_message_put_rule(self->msg, &rules[i]));
	ASSERT_EQ(0, module_message_policy(head(self->msg), length(self->msg), read, 2, &count));
	ASSERT_EQ(2, count);
	EXPECT_EQ(0, memcmp(rules, read, sizeof(rules)));
	ASSERT_EQ(0, module_message_policy(head(self->msg), length(self->msg), read, 1, &count));
	EXPECT_EQ(1, count);
}

TEST_F(message, rtc_is_there_or_the_module_is_another)
{
	enum truechime_rtc rtc = TRUECHIME_RTC_IGNORE;

	EXPECT_EQ(-EPROTO, module_message_rtc(head(self->msg), length(self->msg), &rtc));
	nla_put_u32(self->msg, TRUECHIME_A_RTC, TRUECHIME_RTC_TRUST);
	ASSERT_EQ(0, module_message_rtc(head(self->msg), length(self->msg), &rtc));
	EXPECT_EQ(TRUECHIME_RTC_TRUST, rtc);
}

TEST_F(message, jump_is_written_whole)
{
	const struct module_jump jump = {
		.offset_ns = -5,
		.maxerror_ns = 6,
		.agreed_raw_ns = INT64_MAX,
	};
	struct nlattr *attrs[TRUECHIME_A_MAX + 1], *inner[TRUECHIME_JUMP_A_MAX + 1];

	ASSERT_EQ(0, module_message_put_jump(self->msg, &jump, 7));
	ASSERT_EQ(0, nla_parse(attrs, TRUECHIME_A_MAX, (struct nlattr *)head(self->msg),
			       length(self->msg), NULL));
	EXPECT_EQ(7, nla_get_u32(attrs[TRUECHIME_A_EPOCH]));
	ASSERT_EQ(0, nla_parse_nested(inner, TRUECHIME_JUMP_A_MAX, attrs[TRUECHIME_A_SOURCES_JUMP],
				      NULL));
	EXPECT_EQ(-5, (int64_t)nla_get_u64(inner[TRUECHIME_JUMP_A_OFFSET_NS]));
	EXPECT_EQ(6, (int64_t)nla_get_u64(inner[TRUECHIME_JUMP_A_MAXERROR_NS]));
	EXPECT_EQ(INT64_MAX, (int64_t)nla_get_u64(inner[TRUECHIME_JUMP_A_AGREED_RAW_NS]));
}

TEST_F(message, reads_leap_seconds_where_there_are_any)
{
	struct module_status status;

	nla_put_u32(self->msg, TRUECHIME_A_MODE, TRUECHIME_MODE_AUTO);
	nla_put_u32(self->msg, TRUECHIME_A_STATE, TRUECHIME_STATE_HOST);
	nla_put_u32(self->msg, TRUECHIME_A_REFERENCE, TRUECHIME_REFERENCE_HOST);
	nla_put_u32(self->msg, TRUECHIME_A_SCALE, TRUECHIME_SCALE_UTC);
	ASSERT_EQ(0, module_message_status(head(self->msg), length(self->msg), &status));
	EXPECT_EQ(TRUECHIME_SCALE_UTC, status.scale);
	EXPECT_EQ(0, status.tai_offset_s);
	EXPECT_EQ(0, status.next_leap_ns);
	nla_put_u32(self->msg, TRUECHIME_A_TAI_OFFSET_S, (uint32_t)-37);
	nla_put_u64(self->msg, TRUECHIME_A_NEXT_LEAP_NS, 1814400000000000000ULL);
	ASSERT_EQ(0, module_message_status(head(self->msg), length(self->msg), &status));
	EXPECT_EQ(-37, status.tai_offset_s);
	EXPECT_EQ(1814400000000000000LL, status.next_leap_ns);
}

TEST_F(message, reads_an_event)
{
	struct module_event event;
	struct nlattr *nest = nla_nest_start(self->msg, TRUECHIME_A_EVENT);

	nla_put_u32(self->msg, TRUECHIME_EVENT_A_SEQUENCE, 3);
	nla_put_u32(self->msg, TRUECHIME_EVENT_A_CAUSE, TRUECHIME_CAUSE_REVERT);
	nla_put_u32(self->msg, TRUECHIME_EVENT_A_ACTION, TRUECHIME_ACTION_STEPPED);
	nla_put_u32(self->msg, TRUECHIME_EVENT_A_EVIDENCE, 5);
	nla_put_u64(self->msg, TRUECHIME_EVENT_A_INSTANCE, UINT64_MAX);
	nla_put_string(self->msg, TRUECHIME_EVENT_A_HOST_NAME, "kvm");
	nla_put_u64(self->msg, TRUECHIME_EVENT_A_GAP_NS, (uint64_t)-42);
	nla_put_u64(self->msg, TRUECHIME_EVENT_A_MAXERROR_BEFORE_NS, 77);
	nla_put_u64(self->msg, TRUECHIME_EVENT_A_MAXERROR_NS, (uint64_t)-1);
	nla_nest_end(self->msg, nest);
	ASSERT_EQ(0, module_message_event(head(self->msg), length(self->msg), &event));
	EXPECT_EQ(3, event.sequence);
	EXPECT_EQ(TRUECHIME_CAUSE_REVERT, event.cause);
	EXPECT_EQ(TRUECHIME_ACTION_STEPPED, event.action);
	EXPECT_EQ(5, event.evidence);
	EXPECT_EQ(UINT64_MAX, event.instance);
	EXPECT_STREQ("kvm", event.host_name);
	EXPECT_EQ(-42, event.gap_ns);
	EXPECT_EQ(77, event.maxerror_before_ns);
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, event.maxerror_ns);
	/* A module that does not say it. */
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, event.reading_ns);
}

TEST_F(message, reads_how_well_the_host_was_read_at_an_event)
{
	static const struct {
		int64_t said_ns, ns;
	} cases[] = { { 170, 170 }, { -1, CHIME_LINE_UNBOUNDED_NS } };
	struct module_event event;
	struct nlattr *nest;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		nest = nla_nest_start(self->msg, TRUECHIME_A_EVENT);
		nla_put_u32(self->msg, TRUECHIME_EVENT_A_SEQUENCE, 3);
		nla_put_u32(self->msg, TRUECHIME_EVENT_A_CAUSE, TRUECHIME_CAUSE_REVERT);
		nla_put_u32(self->msg, TRUECHIME_EVENT_A_ACTION, TRUECHIME_ACTION_STEPPED);
		nla_put_u64(self->msg, TRUECHIME_EVENT_A_MAXERROR_NS, 5000170);
		nla_put_u64(self->msg, TRUECHIME_EVENT_A_READING_MAXERROR_NS,
			    (uint64_t)cases[i].said_ns);
		nla_nest_end(self->msg, nest);
		/* Of two, the latter counts. */
		ASSERT_EQ(0, module_message_event(head(self->msg), length(self->msg), &event));
		EXPECT_EQ(5000170, event.maxerror_ns);
		EXPECT_EQ(cases[i].ns, event.reading_ns);
	}
}

TEST_F(message, keeps_the_kernel_s_words)
{
	char text[16];

	nla_put_u32(self->msg, NLMSGERR_ATTR_OFFS, 20);
	nla_put_string(self->msg, NLMSGERR_ATTR_MSG, "no such host clock, and more");
	module_message_extack(head(self->msg), length(self->msg), text, sizeof(text));
	EXPECT_STREQ("no such host cl", text);
	module_message_extack(head(self->msg), 0, text, sizeof(text));
	EXPECT_STREQ("", text);
}

TEST_F(message, no_bytes_do_harm)
{
	struct unit_random random = { 11 };
	uint64_t words[64];
	struct module_rule rules[4];
	struct module_status status;
	struct module_event event;
	struct module_host host;
	struct module_now now;
	char text[32];
	int i, j, size, count;

	for (i = 0; i < 100000; i++) {
		size = (int)unit_random_below(&random, sizeof(words) + 1);
		for (j = 0; j < 64; j++)
			words[j] = unit_random(&random) & unit_random(&random);
		/* Lengths and types that are often right. */
		for (j = 0; j < 64; j += 3)
			((struct nlattr *)&words[j])->nla_len = 12;
		for (j = 0; j < 64; j += 3)
			((struct nlattr *)&words[j])->nla_type %= TRUECHIME_A_MAX + 1;
		module_message_now((struct nlattr *)words, size, &now);
		module_message_status((struct nlattr *)words, size, &status);
		module_message_event((struct nlattr *)words, size, &event);
		module_message_host((struct nlattr *)words, size, &host);
		module_message_policy((struct nlattr *)words, size, rules, 4, &count);
		module_message_extack((struct nlattr *)words, size, text, sizeof(text));
		ASSERT_LE(strlen(text), sizeof(text) - 1);
	}
}

TEST_HARNESS_MAIN
