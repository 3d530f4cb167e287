// SPDX-License-Identifier: GPL-2.0-only
/*
 * chronyd's options that are none of truechimed's.
 */
#include "user/daemon/chronyd_option.h"

#include <string.h>

#include "selftests/unit/unit.h"

/* All of chronyd 4.8's, of which truechimed has those in the second line. */
#define CHRONYDS	"46dfFhlLmnpPqQrRstuUvx"
#define OURS		"46dfhnpqQtuvx"

TEST(each_of_chronyds_options_is_taken_or_explained)
{
	for (const char *letter = CHRONYDS; *letter; letter++) {
		const char *advice = chronyd_option_advice(*letter);

		EXPECT_EQ(!strchr(OURS, *letter), !!advice)
			TH_LOG("-%c", *letter);
	}
}

TEST(others_are_not)
{
	EXPECT_EQ(NULL, chronyd_option_advice('z'));
	EXPECT_EQ(NULL, chronyd_option_advice(0));
}

TEST_HARNESS_MAIN
