// SPDX-License-Identifier: GPL-2.0-only
/*
 * Why the module is not loaded: each reason has words and a command.
 */
#include "user/lib/module_refusal.h"

#include <string.h>

#include "selftests/unit/unit.h"

#define RELEASE	"6.1.0-9-amd64"

TEST(each_reason_has_words_and_a_command)
{
	char text[MODULE_REFUSAL_TEXT_MAX];
	int reason;

	for (reason = MODULE_NOT_LOADED; reason <= MODULE_KEY_PENDING; reason++) {
		module_refusal_words((enum module_refusal)reason, RELEASE, text);
		EXPECT_NE(NULL, strstr(text, "truechime")) TH_LOG("%d: %s", reason, text);
		EXPECT_EQ(NULL, strchr(text, '%')) TH_LOG("%d: %s", reason, text);
		EXPECT_NE('.', text[strlen(text) - 1]);
		EXPECT_NE('\0', *module_refusal_purpose((enum module_refusal)reason));
		module_refusal_command((enum module_refusal)reason, RELEASE, text);
		EXPECT_NE('\0', *text);
		EXPECT_EQ(NULL, strchr(text, '%')) TH_LOG("%d: %s", reason, text);
	}
}

TEST(release_is_filled_in)
{
	char text[MODULE_REFUSAL_TEXT_MAX];

	module_refusal_words(MODULE_NO_HEADERS, RELEASE, text);
	EXPECT_STREQ("The kernel module truechime is not built for " RELEASE
		     ", as that kernel's headers are not installed", text);
	module_refusal_command(MODULE_NO_HEADERS, RELEASE, text);
	EXPECT_STREQ("apt install linux-headers-" RELEASE " && dkms autoinstall", text);
}

/* What the kernel says of itself is not trusted to be short. */
TEST(long_release_is_cut)
{
	char text[MODULE_REFUSAL_TEXT_MAX], release[2 * MODULE_REFUSAL_TEXT_MAX];

	memset(release, 'r', sizeof(release) - 1);
	release[sizeof(release) - 1] = '\0';
	module_refusal_command(MODULE_NO_HEADERS, release, text);
	EXPECT_EQ(sizeof(text) - 1, strlen(text));
}

TEST_HARNESS_MAIN
