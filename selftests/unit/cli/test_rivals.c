// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime rivals: what truechime-watch has recorded, to sentences and a table.
 */
#include "user/cli/cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "selftests/unit/unit.h"
#include "user/ipc/socket.h"

#define CHRONYD \
	"{\"program\":\"chronyd\",\"pid\":77,\"unit\":\"chrony.service\"," \
	"\"command\":\"chronyd -n\",\"container\":\"\",\"kernel\":false," \
	"\"advice\":\"systemctl disable --now chrony.service\"," \
	"\"changes\":5,\"stepped_ns\":3200000000,\"latest_ns\":1700000060000000000," \
	"\"what\":\"stepped it by +3.20 s\"}"

#define DATE \
	"{\"program\":\"date\",\"pid\":78,\"unit\":\"session-1.scope\"," \
	"\"command\":\"date -s now\",\"container\":\"\",\"advice\":\"\",\"kernel\":false," \
	"\"changes\":1,\"stepped_ns\":-9," \
	"\"latest_ns\":1700000050000000000,\"what\":\"stepped it by -9 ns\"}"

/* As truechime-watch has it of an agent: no command, and none that ends it. */
#define AGENT \
	"{\"program\":\"qemu-ga\",\"pid\":79,\"unit\":\"qemu-guest-agent.service\"," \
	"\"command\":\"qemu-ga\",\"container\":\"\",\"advice\":\"an option\",\"kernel\":false," \
	"\"changes\":1,\"stepped_ns\":9," \
	"\"latest_ns\":1700000050000000000,\"what\":\"stepped it by +9 ns\"}"

#define EVENTS \
	"\"events\":[{\"number\":5,\"time_ns\":1700000060000000000," \
	"\"program\":\"chronyd\",\"pid\":77," \
	"\"where\":\"chrony.service\",\"what\":\"stepped it by +3.20 s\"}]"

static struct {
	const char *reply;		/* NULL: nobody answers */
	const char *path;
	bool stuck;
	const char *failed;		/* who did */
} world;

int client_ask(const struct cli *cli, const char *command, json_t **reply)
{
	world.path = cli->socket_path;
	if (world.stuck)
		return -ETIMEDOUT;
	if (!world.reply || strcmp(command, "rivals"))
		return -ECONNREFUSED;
	*reply = json_loads(world.reply, 0, NULL);
	return 0;
}

int client_failed(const struct cli *cli, int err, json_t *reply)
{
	world.failed = cli->daemon;
	return CLI_ERROR;
}

/* What is printed, to free(). */
static char *print(const struct cli *cli, int *status)
{
	FILE *before = stdout;
	size_t size;
	char *text;

	stdout = open_memstream(&text, &size);
	*status = verb_rivals(cli);
	fclose(stdout);
	stdout = before;
	return text;
}

static bool begins_with(const char *text, const char *beginning)
{
	return !strncmp(text, beginning, strlen(beginning));
}

FIXTURE(rivals) {
	struct cli cli;
	int status;
	char *text;
};

FIXTURE_SETUP(rivals)
{
	memset(&world, 0, sizeof(world));
	memset(self, 0, sizeof(*self));
	self->cli.socket_path = CONTROL_PATH;
}

FIXTURE_TEARDOWN(rivals)
{
	free(self->text);
}

TEST_F(rivals, nobody_is_said)
{
	world.reply = "{\"since_ns\":1700000000000000000,\"rivals\":[],\"events\":[]}";
	self->text = print(&self->cli, &self->status);
	EXPECT_STREQ("Nobody but truechime has changed the clock since 2023-11-14 22:13:20.\n",
		     self->text);
	EXPECT_EQ(CLI_OK, self->status);
	EXPECT_STREQ(CONTROL_WATCH_PATH, world.path);
}

TEST_F(rivals, one_is_named_with_unit_and_remedy)
{
	world.reply = "{\"since_ns\":1700000000000000000,\"changes\":5,\"rivals\":[" CHRONYD "]}";
	self->text = print(&self->cli, &self->status);
	EXPECT_TRUE(begins_with(self->text,
				"chronyd (chrony.service) has changed the clock 5 times since"));
	EXPECT_NE(NULL, strstr(self->text, "2023-11-14 22:14:20  chronyd               77"));
	EXPECT_NE(NULL, strstr(self->text, "                      5      3.20 s  stepped it"));
	EXPECT_NE(NULL, strstr(self->text,
			       "To end chronyd: systemctl disable --now chrony.service\n"));
	EXPECT_EQ(NULL, strstr(self->text, "Each change"));
}

TEST_F(rivals, of_several_the_latest_is_named_first)
{
	world.reply = "{\"changes\":6,\"lost\":2,\"rivals\":[" DATE "," CHRONYD "]," EVENTS "}";
	self->cli.verbose = true;
	self->text = print(&self->cli, &self->status);
	EXPECT_TRUE(begins_with(self->text, "2 programs beside truechime have changed the clock"));
	EXPECT_NE(NULL, strstr(self->text, ", chronyd (chrony.service) at last, 6 times since"));
	EXPECT_NE(NULL, strstr(self->text, "2 more calls that may have changed it could not"));
	EXPECT_NE(NULL, strstr(self->text, "date has ended (date -s now).\n"));
	EXPECT_NE(NULL, strstr(self->text,
			       "chronyd (process 77, chrony.service) stepped it by +3.20 s\n"));
}

TEST_F(rivals, one_call_that_is_not_known_is_one)
{
	world.reply = "{\"changes\":6,\"lost\":1,\"rivals\":[" CHRONYD "]}";
	self->text = print(&self->cli, &self->status);
	EXPECT_NE(NULL, strstr(self->text, "\n1 more call that may have changed it could not"));
}

TEST_F(rivals, agents_of_hypervisors_are_not_to_be_ended)
{
	world.reply = "{\"changes\":1,\"rivals\":[" AGENT "]}";
	self->text = print(&self->cli, &self->status);
	EXPECT_EQ(NULL, strstr(self->text, "To end"));
	EXPECT_NE(NULL, strstr(self->text, "What keeps qemu-ga from it: an option\n"));
}

TEST_F(rivals, another_socket_is_asked_where_one_is_named)
{
	self->cli.socket_path = "/tmp/other";
	self->text = print(&self->cli, &self->status);
	EXPECT_STREQ("/tmp/other", world.path);
	EXPECT_EQ(CLI_ERROR, self->status);
	EXPECT_STREQ("", self->text);
}

/* To restart the daemon, which takes the clock with it, would not help. */
TEST_F(rivals, who_is_stuck_is_not_the_daemon)
{
	world.stuck = true;
	self->text = print(&self->cli, &self->status);
	EXPECT_EQ(CLI_ERROR, self->status);
	EXPECT_STREQ("truechime-watch", world.failed);
}

TEST_HARNESS_MAIN
