// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where whoever follows events was: what is written is read again, and nothing else is believed.
 */
#include "user/hooks/position.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "selftests/unit/unit.h"

FIXTURE(folder) {
	char folder[40];
	char path[64];
	struct position position;
};

FIXTURE_SETUP(folder)
{
	memset(self, 0, sizeof(*self));
	strcpy(self->folder, "/tmp/test_position.XXXXXX");
	ASSERT_NE(NULL, mkdtemp(self->folder));
	snprintf(self->path, sizeof(self->path), "%s/position", self->folder);
}

FIXTURE_TEARDOWN(folder)
{
	unlink(self->path);
	rmdir(self->folder);
}

TEST_F(folder, what_is_written_is_read)
{
	static const struct position positions[] = {
		{ 0, 0 }, { 1, 7 }, { 0x0123456789abcdef, 4000000000 },
		{ UINT64_MAX, UINT32_MAX },
	};

	EXPECT_EQ(-ENOENT, position_read(self->path, &self->position));
	for (size_t i = 0; i < ARRAY_SIZE(positions); i++) {
		ASSERT_EQ(0, position_write(self->path, &positions[i]));
		ASSERT_EQ(0, position_read(self->path, &self->position));
		EXPECT_EQ(positions[i].instance, self->position.instance) TH_LOG("case %zu", i);
		EXPECT_EQ(positions[i].sequence, self->position.sequence) TH_LOG("case %zu", i);
	}
	EXPECT_EQ(-ENOENT, position_write("/nonexistent/position", &positions[0]));
}

TEST_F(folder, what_is_no_position_is_refused)
{
	static const char *const texts[] = {
		"", "\n", "0123456789abcdef\n", "0123456789abcdef 7", "0123456789abcdef 7 8\n",
		"0123456789abcdef -7\n", "0123456789abcdef 4294967296\n", "123 7\n",
		"0123456789abcdef 07\n", "-123456789abcdef 7\n", "0123456789abcdef 7\n8\n",
		"0123456789abcdef0 7\n", "{\"instance\":\"0123456789abcdef\"}\n",
		"0123456789abcdef 7                                                             8",
	};
	FILE *file;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		file = fopen(self->path, "w");
		ASSERT_NE(NULL, file);
		fputs(texts[i], file);
		fclose(file);
		chmod(self->path, 0600);
		EXPECT_EQ(-EINVAL, position_read(self->path, &self->position))
			TH_LOG("case %zu", i);
	}
}

TEST_HARNESS_MAIN
