// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a session says why it has failed: words of GnuTLS within a sentence of ours.
 */
#include "user/nts/session.c"

#include "selftests/unit/unit.h"

TEST(sentences_of_gnutls_become_a_part_of_ours)
{
	struct session session = { .failure = NTS_FAILED_CONNECT };

	EXPECT_FALSE(fail(&session, NTS_FAILED_TLS, "its certificate is refused",
			  "It is NOT trusted. The name does not match. "));
	EXPECT_EQ(NTS_FAILED_TLS, session.failure);
	EXPECT_STREQ("its certificate is refused: It is NOT trusted. The name does not match",
		     session.problem);
	EXPECT_FALSE(fail(&session, NTS_FAILED_TLS, "TLS has failed", "Decryption has failed."));
	EXPECT_STREQ("TLS has failed: Decryption has failed", session.problem);
	EXPECT_FALSE(fail(&session, NTS_FAILED_TLS, "TLS has failed", ""));
	EXPECT_STREQ("TLS has failed", session.problem);
}

TEST_HARNESS_MAIN
