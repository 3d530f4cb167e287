// SPDX-License-Identifier: GPL-2.0-only
/*
 * A machine without libbpf, or with one that lacks a function: no fast path, and nothing else.
 */
#include <dlfcn.h>
#include <string.h>

#include "selftests/unit/unit.h"
#include "selftests/unit/wrapped_calls.h"
#include "user/xdp/libbpf.h"

static const char *missing;
static int opened, closed;

void *__wrap_dlopen(const char *path, int flags)
{
	if (missing && !strcmp(path, missing))
		return NULL;
	opened++;
	return __real_dlopen(path, flags);
}

void *__wrap_dlsym(void *library, const char *name)
{
	return missing && !strcmp(name, missing) ? NULL : __real_dlsym(library, name);
}

int __wrap_dlclose(void *library)
{
	closed++;
	return __real_dlclose(library);
}

TEST(library_that_is_missing_can_be_installed_later)
{
	missing = "libbpf.so.1";
	EXPECT_FALSE(libbpf_open());
	missing = "bpf_link_create";
	EXPECT_FALSE(libbpf_open());
	missing = "libbpf_set_print";
	EXPECT_FALSE(libbpf_open());
	EXPECT_EQ(2, opened);
	EXPECT_EQ(2, closed);
	missing = NULL;
	EXPECT_TRUE(libbpf_open());
	EXPECT_TRUE(libbpf_open());
	EXPECT_EQ(3, opened);
	EXPECT_EQ(2, closed);
}

TEST_HARNESS_MAIN
