// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime makestep: what it says of the clock is what the daemon knows of it. The daemon is a
 * stand-in.
 */
#include "user/cli/cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "selftests/unit/unit.h"

static struct {
	json_t *reply;
	int err;
} world;

int client_ask(const struct cli *cli, const char *command, json_t **reply)
{
	if (strcmp(command, "makestep"))
		abort();
	*reply = world.reply;
	return world.err;
}

int client_failed(const struct cli *cli, int err, json_t *reply)
{
	json_decref(reply);
	return CLI_ERROR;
}

int client_report_with(const struct cli *cli, const char *command, int argc, char **argv,
		       void (*print)(const struct cli *cli, const json_t *reply))
{
	abort();
}

int module_link_open(struct module_link **link)
{
	return -ENOENT;
}

int module_link_step(struct module_link *link, enum truechime_occasion occasion)
{
	abort();
}

void module_link_close(struct module_link *link)
{
	abort();
}

int module_refused(const struct module_link *link, const char *what, int err)
{
	abort();
}

/* What is printed of a reply; free() it. */
static char *said(bool json, json_t *reply)
{
	const struct cli cli = { .json = json };
	FILE *before = stdout;
	char *text;
	size_t size;

	world.reply = reply;
	stdout = open_memstream(&text, &size);
	if (!stdout || verb_makestep(&cli, 0, NULL) != CLI_OK)
		abort();
	fclose(stdout);
	stdout = before;
	return text;
}

TEST(says_how_right_the_clock_is)
{
	char *text = said(false, json_pack("{s:b,s:b,s:i}", "ok", 1, "waiting", 0, "maxerror_ns",
					   1500000));

	EXPECT_STREQ("The system clock is right to within 1.50 ms now.\n", text);
	free(text);
	text = said(false, json_pack("{s:b,s:b,s:n}", "ok", 1, "waiting", 0, "maxerror_ns"));
	EXPECT_NE(NULL, strstr(text, "is not known")) TH_LOG("%s", text);
	free(text);
}

/* It was not stepped to the time that is contradicted, and is not right yet. */
TEST(says_that_a_source_is_asked)
{
	char *text = said(false, json_pack("{s:b,s:b,s:n}", "ok", 1, "waiting", 1, "maxerror_ns"));

	EXPECT_NE(NULL, strstr(text, "when it answers")) TH_LOG("%s", text);
	EXPECT_EQ(NULL, strstr(text, "right")) TH_LOG("%s", text);
	free(text);
}

TEST(json_has_what_the_daemon_said)
{
	char *text = said(true, json_pack("{s:b,s:b,s:i}", "ok", 1, "waiting", 0, "maxerror_ns",
					  7));
	json_t *object = json_loads(text, 0, NULL);

	EXPECT_TRUE(json_is_true(json_object_get(object, "ok")));
	EXPECT_TRUE(json_is_false(json_object_get(object, "waiting")));
	EXPECT_EQ(7, json_integer_value(json_object_get(object, "maxerror_ns")));
	json_decref(object);
	free(text);
}

TEST_HARNESS_MAIN
