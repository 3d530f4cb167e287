// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any text as a control group's path, as /proc/PID/cgroup and as a command line: what comes out is
 * one line, and a command that has no character which means something to a shell.
 */
#include "user/watch/identity.h"

#include "fuzz.h"

#define TEXT_MAX	1024

#define SAFE	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:_.@- "

static void check_path(const char *path)
{
	struct identity identity;
	char advice[128];

	identity_of_path(path, &identity);
	FUZZ_CHECK(strspn(identity.unit, SAFE) == strlen(identity.unit));
	FUZZ_CHECK(strspn(identity.container, SAFE) == strlen(identity.container));
	FUZZ_CHECK(!*identity.container == (identity.kind == CONTAINER_NONE));
	FUZZ_CHECK(*identity.unit != '-' && *identity.container != '-');
	FUZZ_CHECK(!strchr(identity.unit, ' ') && !strchr(identity.container, ' '));
	identity_advice(&identity, 1, advice, sizeof(advice));
	FUZZ_CHECK(strspn(advice, SAFE) == strlen(advice));
	FUZZ_CHECK(*advice || identity.kind == CONTAINER_OTHER);
}

int fuzz_one_input(const uint8_t *data, size_t size)
{
	char text[TEXT_MAX + 1], path[256], command[64];

	if (size > TEXT_MAX)
		size = TEXT_MAX;
	memcpy(text, data, size);
	text[size] = '\0';
	check_path(text);
	identity_path_of_text(text, path, sizeof(path));
	FUZZ_CHECK(!*path || (*path == '/' && !strchr(path, '\n')));
	check_path(path);
	identity_command(text, size, command, sizeof(command));
	for (const char *at = command; *at; at++)
		FUZZ_CHECK(*at >= ' ' && *at <= '~');
	return 0;
}
