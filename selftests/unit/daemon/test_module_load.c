// SPDX-License-Identifier: GPL-2.0-only
/*
 * What becomes of the module's loading, with a libkmod of this file, and that nothing of it stays.
 */
#include "user/daemon/module_load.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <libkmod.h>

#include "selftests/unit/unit.h"
#include "selftests/unit/wrapped_calls.h"
#include "user/daemon/privileges.h"
#include "user/lib/late_library.h"

/* What is to happen; and what has happened in any process, and in this one. */
static bool may_load = true, is_installed = true, crashes;
static int inserting;
static int *opened;
static int opened_here;

bool privileges_may_load_module(void)
{
	return may_load;
}

static struct kmod_ctx *fake_new(const char *dirname, const char *const *config_paths)
{
	(void)dirname;
	(void)config_paths;
	return (struct kmod_ctx *)opened;
}

static struct kmod_ctx *fake_unref(struct kmod_ctx *context)
{
	(void)context;
	return NULL;
}

static int fake_lookup(struct kmod_ctx *context, const char *alias, struct kmod_list **list)
{
	(void)context;
	*list = is_installed && !strcmp(alias, "truechime") ? (struct kmod_list *)opened : NULL;
	return 0;
}

static struct kmod_module *fake_get_module(const struct kmod_list *entry)
{
	(void)entry;
	return (struct kmod_module *)opened;
}

static int fake_insert(struct kmod_module *module, unsigned int flags, const char *extra_options,
		       int (*run_install)(struct kmod_module *module, const char *cmdline,
					  void *data),
		       const void *data,
		       void (*print_action)(struct kmod_module *module, bool install,
					    const char *options))
{
	(void)module;
	(void)flags;
	(void)extra_options;
	(void)run_install;
	(void)data;
	(void)print_action;
	if (crashes)
		raise(SIGKILL);
	return inserting;
}

static struct kmod_module *fake_module_unref(struct kmod_module *module)
{
	(void)module;
	return NULL;
}

static int fake_unref_list(struct kmod_list *list)
{
	(void)list;
	return 0;
}

static struct kmod_list *fake_next(const struct kmod_list *list, const struct kmod_list *entry)
{
	(void)list;
	(void)entry;
	return NULL;
}

/* In the order of module_load.c's. */
void *late_library_open(const char *path, const struct late_function *wanted, size_t count)
{
	static void *const functions[] = { fake_new, fake_unref, fake_lookup, fake_get_module,
					   fake_insert, fake_module_unref, fake_unref_list,
					   fake_next };

	(void)path;
	if (count != sizeof(functions) / sizeof(functions[0]))
		return NULL;
	for (size_t i = 0; i < count; i++)
		memcpy(wanted[i].pointer, &functions[i], sizeof(functions[i]));
	++*opened;
	opened_here++;
	return opened;
}

int __wrap_dlclose(void *library)
{
	(void)library;
	return 0;
}

FIXTURE(module) {
	char message[512];
};

FIXTURE_SETUP(module)
{
	opened = mmap(NULL, sizeof(*opened), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	ASSERT_NE(MAP_FAILED, opened);
}

FIXTURE_TEARDOWN(module)
{
	munmap(opened, sizeof(*opened));
}

TEST_F(module, is_loaded_by_another_process)
{
	EXPECT_EQ(0, module_load(self->message, sizeof(self->message)));
	EXPECT_STREQ("", self->message);
	EXPECT_EQ(1, *opened);
	EXPECT_EQ(0, opened_here);
}

TEST_F(module, is_not_installed)
{
	is_installed = false;
	EXPECT_EQ(-ENOENT, module_load(self->message, sizeof(self->message)));
	EXPECT_NE(NULL, strstr(self->message, "not installed"));
}

TEST_F(module, is_refused)
{
	inserting = -ENOKEY;
	EXPECT_EQ(-EKEYREJECTED, module_load(self->message, sizeof(self->message)));
	inserting = KMOD_PROBE_APPLY_BLACKLIST;
	EXPECT_EQ(-EPERM, module_load(self->message, sizeof(self->message)));
}

TEST_F(module, may_not_be_loaded_by_us)
{
	may_load = false;
	EXPECT_EQ(-EPERM, module_load(self->message, sizeof(self->message)));
	EXPECT_EQ(0, *opened);
}

/* Nobody can tell why, but it is said. */
TEST_F(module, takes_whoever_loads_it_along)
{
	crashes = true;
	EXPECT_EQ(-EIO, module_load(self->message, sizeof(self->message)));
	EXPECT_NE(NULL, strstr(self->message, "could not be loaded"));
}

TEST_HARNESS_MAIN
