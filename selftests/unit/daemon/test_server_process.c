// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the server process is started with.
 */
#include "user/daemon/server_process.h"

#include <errno.h>

#include "selftests/unit/unit.h"
#include "user/lib/spawn.h"

pid_t spawn_beside(const char *program, const char *argument, const int *fds, int count)
{
	return -ENOENT;
}

/* Without records of clients nobody could be limited: little memory is no reason to have none. */
TEST(memory_is_for_so_many_clients)
{
	static const struct {
		int64_t bytes;
		size_t clients;
	} cases[] = {
		{ 0, 0 }, { 1, 8 }, { 500, 8 }, { 1024, 8 }, { 2048, 16 }, { 524288, 4096 },
		{ 1LL << 31, 1 << 24 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		EXPECT_EQ(cases[i].clients, server_process_clients(cases[i].bytes)) {
			TH_LOG("%lld bytes", (long long)cases[i].bytes);
		}
	}
}

TEST_HARNESS_MAIN
