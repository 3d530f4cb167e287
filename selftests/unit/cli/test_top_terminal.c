// SPDX-License-Identifier: GPL-2.0-only
/*
 * `truechime top` on a terminal that it cannot use. Daemon, module and terminal are stand-ins.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <curses.h>

#include "selftests/unit/unit.h"
#include "user/cli/cli.h"
#include "user/cli/status.h"
#include "user/cli/terminal.h"
#include "user/cli/view.h"

static struct {
	bool is_there;
	bool places_cursor;
	int answer_s;
	char said[512];
} world;

bool terminal_is_there(void)
{
	return world.is_there;
}

bool terminal_places_cursor(void)
{
	return world.places_cursor;
}

bool terminal_may_be_coloured(void)
{
	return true;
}

SCREEN *newterm(const char *type, FILE *out, FILE *in)
{
	(void)type;
	(void)out;
	(void)in;

	return NULL;
}

int client_ask(const struct cli *cli, const char *command, json_t **reply)
{
	(void)command;
	world.answer_s = cli->answer_s;
	*reply = json_object();

	return 0;
}

int client_ask_with(const struct cli *cli, const char *command, const char *arguments,
		    json_t **reply)
{
	(void)arguments;

	return client_ask(cli, command, reply);
}

int client_report(const struct cli *cli, const char *command,
		  void (*print)(const struct cli *cli, const json_t *reply))
{
	return -EPROTO;
}

int client_failed(const struct cli *cli, int err, json_t *reply)
{
	return -1;
}

int client_follow_events(const struct cli *cli, FILE **stream)
{
	return -ECONNREFUSED;
}

int client_read(FILE *stream, json_t **reply)
{
	return -EPIPE;
}

int view_open(const struct cli *cli, struct view *view, json_t **reply)
{
	return -ECONNREFUSED;
}

void view_close(struct view *view)
{
}

bool view_is_synchronised(const struct view *view)
{
	return false;
}

void status_write_sentences(const struct view *view, FILE *to)
{
}

void status_write_host(const struct view *view, FILE *to)
{
}

/* How it ends, and what it says of that. */
static int top(void)
{
	FILE *said = tmpfile();
	int before = dup(STDERR_FILENO), status;
	const struct cli cli = { .verb = "top" };

	dup2(fileno(said), STDERR_FILENO);
	status = verb_top(&cli);
	fflush(stderr);
	dup2(before, STDERR_FILENO);
	close(before);
	rewind(said);
	memset(world.said, 0, sizeof(world.said));
	(void)!fread(world.said, 1, sizeof(world.said) - 1, said);
	fclose(said);

	return status;
}

TEST(says_why_it_ends_at_once)
{
	EXPECT_EQ(CLI_ERROR, top());
	EXPECT_NE(NULL, strstr(world.said, "input or output is none")) TH_LOG("%s", world.said);
	world.is_there = true;
	EXPECT_EQ(CLI_ERROR, top());
	EXPECT_NE(NULL, strstr(world.said, "cursor can be moved")) TH_LOG("%s", world.said);
	/* What is known of it may still not do. */
	world.places_cursor = true;
	EXPECT_EQ(CLI_ERROR, top());
	EXPECT_NE(NULL, strstr(world.said, "curses cannot use this one (see TERM)"))
		TH_LOG("%s", world.said);
	EXPECT_NE(NULL, strstr(world.said, "truechime status")) TH_LOG("%s", world.said);
}

/* Until it is asked no key is read, so the first question may take no longer than the others. */
TEST(does_not_wait_long_for_a_daemon_that_is_stuck)
{
	world.is_there = true;
	world.places_cursor = true;
	EXPECT_EQ(CLI_ERROR, top());
	EXPECT_EQ(2, world.answer_s);
}

TEST_HARNESS_MAIN
