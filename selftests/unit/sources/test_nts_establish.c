// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a process that speaks TLS may say: one that was taken over may say anything.
 */
#include "user/sources/nts_establish.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "selftests/unit/unit.h"

static struct nts_outcome good_outcome(void)
{
	return (struct nts_outcome){
		.failure = NTS_ESTABLISHED,
		.keys = { .algorithm = AEAD_AES_SIV_CMAC_256 },
		.answer = {
			.algorithm = AEAD_AES_SIV_CMAC_256,
			.cookies = { { .size = 100 } },
			.cookie_count = 1,
		},
	};
}

TEST(what_is_not_sane_is_refused)
{
	struct nts_outcome outcome = good_outcome();

	EXPECT_TRUE(nts_outcome_is_sane(&outcome));
	outcome.failure = NTS_FAILURES;
	EXPECT_FALSE(nts_outcome_is_sane(&outcome));
	outcome.failure = (enum nts_failure)-1;
	EXPECT_FALSE(nts_outcome_is_sane(&outcome));
	outcome = good_outcome();
	outcome.keys.algorithm = 16;
	EXPECT_FALSE(nts_outcome_is_sane(&outcome));
	outcome = good_outcome();
	outcome.other.algorithm = 16;
	EXPECT_FALSE(nts_outcome_is_sane(&outcome));
	outcome = good_outcome();
	outcome.answer.cookie_count = 0;
	EXPECT_FALSE(nts_outcome_is_sane(&outcome));
	outcome.answer.cookie_count = NTS_COOKIES + 1;
	EXPECT_FALSE(nts_outcome_is_sane(&outcome));
	outcome = good_outcome();
	outcome.answer.cookies[0].size = NTS_COOKIE_MAX + 4;
	EXPECT_FALSE(nts_outcome_is_sane(&outcome));
	outcome.answer.cookies[0].size = 0;
	EXPECT_FALSE(nts_outcome_is_sane(&outcome));
	outcome.answer.cookies[0].size = 5;
	EXPECT_FALSE(nts_outcome_is_sane(&outcome));
	outcome = good_outcome();
	outcome.answer.port = 65536;
	EXPECT_FALSE(nts_outcome_is_sane(&outcome));
	outcome.answer.port = -1;
	EXPECT_FALSE(nts_outcome_is_sane(&outcome));
	outcome = good_outcome();
	memset(outcome.answer.server, 'a', sizeof(outcome.answer.server));
	EXPECT_FALSE(nts_outcome_is_sane(&outcome));
	outcome = good_outcome();
	strcpy(outcome.answer.server, "a\nb");
	EXPECT_FALSE(nts_outcome_is_sane(&outcome));
}

TEST(a_failure_has_a_reason)
{
	struct nts_outcome outcome = { .failure = NTS_FAILED_TLS };

	EXPECT_FALSE(nts_outcome_is_sane(&outcome));
	strcpy(outcome.problem, "a reason");
	EXPECT_TRUE(nts_outcome_is_sane(&outcome));
	strcpy(outcome.problem, "a\033[31m");
	EXPECT_FALSE(nts_outcome_is_sane(&outcome));
	memset(outcome.problem, 'a', sizeof(outcome.problem));
	EXPECT_FALSE(nts_outcome_is_sane(&outcome));
}

/* The program does not stand beside this test. */
TEST(a_missing_program_is_known)
{
	struct nts_establish establish = { .fd = -1 };
	struct nts_task task = { .port = 1 };

	EXPECT_EQ(-ENOENT, nts_establish_start(&establish, &task, 0));
	EXPECT_EQ(-1, establish.fd);
	nts_establish_cancel(&establish);
}

TEST_HARNESS_MAIN
