// SPDX-License-Identifier: GPL-2.0-only
/*
 * The program truechime without its verbs: which of them runs, with which options and arguments,
 * and what is refused before.
 */
#define main cli_main
#include "user/cli/main.c"
#undef main

#include <stdlib.h>
#include <sys/stat.h>

#include "selftests/unit/unit.h"

#define RUNS_MAX	4

/* The verbs that ran, and the exit status of each. */
static struct {
	struct cli cli[RUNS_MAX];
	char words[RUNS_MAX][128];
	int status[RUNS_MAX];
	/* What of standard output was in its file when that one began. */
	off_t written[RUNS_MAX];
	int count;
} runs;

static int note(const struct cli *cli, int argc, char **argv)
{
	char *words = runs.words[runs.count];
	struct stat st = { 0 };

	(void)fstat(fileno(stdout), &st);
	runs.written[runs.count] = st.st_size;
	runs.cli[runs.count] = *cli;
	strcpy(words, cli->verb);
	for (int i = 0; i < argc; i++) {
		strcat(words, " ");
		strcat(words, argv[i]);
	}

	return runs.status[runs.count++];
}

#define VERB(name)							\
	int verb_##name(const struct cli *cli)				\
	{								\
		return note(cli, 0, NULL);				\
	}

#define VERB_WITH(name)							\
	int verb_##name(const struct cli *cli, int argc, char **argv)	\
	{								\
		return note(cli, argc, argv);				\
	}

VERB(status) VERB(tracking) VERB(sources) VERB(peers) VERB(authdata) VERB(sourcestats)
VERB(serverstats) VERB(clients) VERB(selectdata) VERB(activity) VERB(onoffline) VERB(refresh)
VERB(plain) VERB(dump) VERB(events) VERB(rivals) VERB(top) VERB(plot) VERB(check) VERB(doctor)
VERB_WITH(ntpdata) VERB_WITH(sourcename) VERB_WITH(accheck)
VERB_WITH(waitsync) VERB_WITH(makestep) VERB_WITH(settime) VERB_WITH(manual) VERB_WITH(burst)
VERB_WITH(connect) VERB_WITH(add) VERB_WITH(delete) VERB_WITH(directive)
VERB_WITH(reload) VERB_WITH(skew) VERB_WITH(policy) VERB_WITH(mode) VERB_WITH(import)
VERB_WITH(host) VERB_WITH(refused) VERB_WITH(change)

int check_unknown(const char *reason)
{
	return 3;
}

FIXTURE(main) {
	int status;
	char said[8192];
};

FIXTURE_SETUP(main)
{
	memset(self, 0, sizeof(*self));
	memset(&runs, 0, sizeof(runs));
}

FIXTURE_TEARDOWN(main)
{
}

/* Type these words, up to a NULL, behind its name. What it says on either stream is kept. */
static void type(FIXTURE_DATA(main) *self, char **typed)
{
	FILE *out = stdout, *err = stderr, *said = fmemopen(self->said, sizeof(self->said), "w");
	char *argv[16] = { "truechime" }, text[1024];
	size_t used = 0;
	int argc = 1;

	if (!said)
		abort();
	/* Commands are cut into words where they are. */
	for (; typed[argc - 1]; argc++) {
		argv[argc] = strcpy(text + used, typed[argc - 1]);
		used += strlen(argv[argc]) + 1;
	}
	runs.count = 0;
	memset(self->said, 0, sizeof(self->said));
	optind = 0;
	stdout = said;
	stderr = said;
	self->status = cli_main(argc, argv);
	stdout = out;
	stderr = err;
	fclose(said);
}

#define TYPE(...)	type(self, (char *[]){ __VA_ARGS__, NULL })

TEST_F(main, a_verb_gets_its_words_and_options)
{
	TYPE("-c", "ntpdata", "192.0.2.1", "-N");
	ASSERT_EQ(1, runs.count);
	EXPECT_STREQ("ntpdata 192.0.2.1", runs.words[0]);
	EXPECT_TRUE(runs.cli[0].csv);
	EXPECT_TRUE(runs.cli[0].names);
	EXPECT_EQ(CLI_OK, self->status);
	TYPE("add", "server", "x", "offset", "-1");
	EXPECT_STREQ("add server x offset -1", runs.words[0]);
	TYPE("--ceph", "check");
	EXPECT_TRUE(runs.cli[0].ceph);
}

/* chronyc's users type it. What follows these verbs is no option of this program. */
TEST_F(main, options_of_sources_are_no_options_of_it)
{
	TYPE("-j", "selectopts", "192.0.2.1", "-prefer", "+trust");
	ASSERT_EQ(1, runs.count);
	EXPECT_STREQ("selectopts 192.0.2.1 -prefer +trust", runs.words[0]);
	EXPECT_TRUE(runs.cli[0].json);
	TYPE("minpoll", "192.0.2.1", "-4");
	EXPECT_STREQ("minpoll 192.0.2.1 -4", runs.words[0]);
	TYPE("-m", "offset GPS -0.5", "sources -v");
	ASSERT_EQ(2, runs.count);
	EXPECT_STREQ("offset GPS -0.5", runs.words[0]);
	EXPECT_TRUE(runs.cli[1].verbose);
}

TEST_F(main, help_is_a_verb_too)
{
	TYPE("help");
	EXPECT_EQ(CLI_OK, self->status);
	EXPECT_NE(NULL, strstr(self->said, "Usage: truechime")) TH_LOG("%s", self->said);
	/* What chronyc's prompt takes has a reason. */
	TYPE("keygen", "1");
	EXPECT_EQ(1, runs.count);
	EXPECT_STREQ("keygen 1", runs.words[0]);
	TYPE("authhash", "SHA1");
	EXPECT_EQ(1, runs.count);
}

/* Of a variable that is not set, as "$socket". Nobody answers there, and that is not why. */
TEST_F(main, a_path_that_is_empty_is_none)
{
	TYPE("-S", "", "tracking");
	EXPECT_EQ(0, runs.count);
	EXPECT_EQ(CLI_ERROR, self->status);
	EXPECT_NE(NULL, strstr(self->said, "--socket takes a path")) TH_LOG("%s", self->said);
	TYPE("plot", "-o", "");
	EXPECT_EQ(0, runs.count);
	EXPECT_NE(NULL, strstr(self->said, "--output takes a path")) TH_LOG("%s", self->said);
	TYPE("-S", "/run/other", "tracking");
	ASSERT_EQ(1, runs.count);
	EXPECT_STREQ("/run/other", runs.cli[0].socket_path);
}

/* West of Greenwich, too. */
TEST_F(main, a_time_may_have_a_negative_offset)
{
	TYPE("-j", "settime", "16:30", "-05:00");
	ASSERT_EQ(1, runs.count);
	EXPECT_STREQ("settime 16:30 -05:00", runs.words[0]);
	EXPECT_TRUE(runs.cli[0].json);
	TYPE("settime", "2026-11-23", "16:30", "-0500", "within", "5");
	EXPECT_STREQ("settime 2026-11-23 16:30 -0500 within 5", runs.words[0]);
	TYPE("settime", "16:30", "within", "-1");
	EXPECT_STREQ("settime 16:30 within -1", runs.words[0]);
	TYPE("settime", "16:30", "-4");
	EXPECT_STREQ("settime 16:30 -4", runs.words[0]);
	TYPE("manual", "delete", "-1");
	EXPECT_STREQ("manual delete -1", runs.words[0]);
	TYPE("settime", "list", "-v");
	EXPECT_STREQ("settime list", runs.words[0]);
	EXPECT_TRUE(runs.cli[0].verbose);
}

/* As with chronyc, also where there is an option of that digit. */
TEST_F(main, waitsync_takes_negative_numbers)
{
	TYPE("-c", "waitsync", "-1", "-0.5", "-4");
	ASSERT_EQ(1, runs.count);
	EXPECT_STREQ("waitsync -1 -0.5 -4", runs.words[0]);
	EXPECT_TRUE(runs.cli[0].csv);
	/* But the value of an option is that. */
	TYPE("waitsync", "--within", "-1");
	EXPECT_EQ(0, runs.count);
	EXPECT_NE(NULL, strstr(self->said, "--within takes a time")) TH_LOG("%s", self->said);
	TYPE("waitsync", "-w", "-1");
	EXPECT_NE(NULL, strstr(self->said, "--within takes a time")) TH_LOG("%s", self->said);
	TYPE("waitsync", "3", "-j");
	EXPECT_STREQ("waitsync 3", runs.words[0]);
	EXPECT_TRUE(runs.cli[0].json);
}

TEST_F(main, waitsync_takes_a_bound_and_an_end)
{
	TYPE("waitsync", "--within", "1ms", "--timeout", "10min", "-c");
	ASSERT_EQ(1, runs.count);
	EXPECT_STREQ("waitsync", runs.words[0]);
	EXPECT_EQ(1000000, runs.cli[0].within_ns);
	EXPECT_EQ(600000000000, runs.cli[0].timeout_ns);
	EXPECT_TRUE(runs.cli[0].csv);
	TYPE("waitsync", "60", "--timeout", "1s");
	EXPECT_STREQ("waitsync 60", runs.words[0]);
	EXPECT_EQ(1000000000, runs.cli[0].timeout_ns);
	/* A unit, as with the others, and some time. */
	for (int i = 0; i < 4; i++) {
		char *const wrong[] = { "30", "0", "0s", "soon" };

		TYPE("waitsync", "--timeout", wrong[i]);
		EXPECT_EQ(0, runs.count);
		EXPECT_EQ(CLI_ERROR, self->status);
		EXPECT_NE(NULL, strstr(self->said, "--timeout takes a time such as 30s"))
			TH_LOG("%s", self->said);
	}
	TYPE("check", "--timeout", "1s");
	EXPECT_EQ(0, runs.count);
	EXPECT_NE(NULL, strstr(self->said, "no use for --timeout"));
}

TEST_F(main, what_is_wrong_runs_no_verb)
{
	TYPE("no-such-verb");
	EXPECT_EQ(CLI_ERROR, self->status);
	EXPECT_NE(NULL, strstr(self->said, "unknown verb \"no-such-verb\"; see truechime --help\n"))
		TH_LOG("%s", self->said);
	TYPE("tracking", "--kind", "ntp");
	EXPECT_EQ(CLI_ERROR, self->status);
	EXPECT_NE(NULL, strstr(self->said, "no use for --kind"));
	TYPE("tracking", "-x");
	EXPECT_EQ(CLI_ERROR, self->status);
	EXPECT_EQ(0, runs.count);
}

TEST_F(main, a_mistyped_verb_has_a_nearest_one)
{
	TYPE("sorces", "-v");
	EXPECT_EQ(0, runs.count);
	EXPECT_EQ(CLI_ERROR, self->status);
	EXPECT_NE(NULL, strstr(self->said, "unknown verb \"sorces\"; did you mean \"sources\"?\n"))
		TH_LOG("%s", self->said);
	TYPE("trackinng");
	EXPECT_NE(NULL, strstr(self->said, "did you mean \"tracking\"?")) TH_LOG("%s", self->said);
	TYPE("-m", "Sources");
	EXPECT_NE(NULL, strstr(self->said, "did you mean \"sources\"?")) TH_LOG("%s", self->said);
}

/* Each of chronyc's own verbs takes what chronyc takes. Another verb might be expected to obey. */
TEST_F(main, options_of_chronyc_are_taken)
{
	TYPE("-4", "-6", "-d", "-n", "tracking");
	ASSERT_EQ(1, runs.count);
	EXPECT_EQ(CLI_OK, self->status);
	EXPECT_EQ(AF_INET6, runs.cli[0].family);
	TYPE("accheck", "ntp.example.net", "-4");
	EXPECT_EQ(AF_INET, runs.cli[0].family);
	TYPE("-d", "events");
	EXPECT_EQ(1, runs.count);
	TYPE("-4", "skew", "192.0.2.1");
	EXPECT_EQ(0, runs.count);
	EXPECT_EQ(CLI_ERROR, self->status);
	EXPECT_NE(NULL, strstr(self->said, "no use for -4"));
}

TEST_F(main, clients_may_be_those_that_asked_often)
{
	TYPE("clients", "-p", "100");
	ASSERT_EQ(1, runs.count);
	EXPECT_EQ(100, runs.cli[0].least_hits);
	EXPECT_FALSE(runs.cli[0].reset);
	TYPE("clients", "-r", "-p", "100");
	EXPECT_TRUE(runs.cli[0].reset);
	EXPECT_FALSE(runs.cli[0].nts);
	TYPE("clients", "-k", "-n");
	ASSERT_EQ(1, runs.count);
	EXPECT_TRUE(runs.cli[0].nts);
	EXPECT_EQ(NULL, runs.cli[0].kind);
	TYPE("--kind", "ntp", "clients");
	EXPECT_EQ(0, runs.count);
	TYPE("-k", "ntp", "import", "clients");
	EXPECT_STREQ("import clients", runs.words[0]);
	EXPECT_STREQ("ntp", runs.cli[0].kind);
	TYPE("clients", "-p", "often");
	EXPECT_EQ(0, runs.count);
	EXPECT_EQ(CLI_ERROR, self->status);
	TYPE("sources", "-p", "100");
	EXPECT_EQ(0, runs.count);
	EXPECT_NE(NULL, strstr(self->said, "no use for -p"));
	TYPE("--port", "124", "skew", "x");
	EXPECT_EQ(124, runs.cli[0].port);
}

TEST_F(main, a_dot_ends_an_answer)
{
	TYPE("-e", "tracking");
	EXPECT_STREQ(".\n", self->said);
	runs.status[0] = CLI_NOT;
	TYPE("-e", "tracking");
	EXPECT_STREQ(".\n", self->said);
	EXPECT_EQ(CLI_NOT, self->status);
}

TEST_F(main, many_commands_at_once)
{
	TYPE("-m", "-n", "-c", "tracking", "  sources -v ", "", "ntpdata 192.0.2.1 -N");
	ASSERT_EQ(3, runs.count);
	EXPECT_STREQ("tracking", runs.words[0]);
	EXPECT_STREQ("sources", runs.words[1]);
	EXPECT_STREQ("ntpdata 192.0.2.1", runs.words[2]);
	/* What is before them holds for all, and what is in one for that. */
	EXPECT_TRUE(runs.cli[1].csv);
	EXPECT_TRUE(runs.cli[1].verbose);
	EXPECT_TRUE(runs.cli[2].csv);
	EXPECT_FALSE(runs.cli[2].verbose);
	EXPECT_TRUE(runs.cli[2].names);
	EXPECT_EQ(CLI_OK, self->status);
	TYPE("-me", "add server x offset -1", "online");
	EXPECT_STREQ("add server x offset -1", runs.words[0]);
	EXPECT_STREQ(".\n.\n", self->said);
}

/* Whoever reads a pipe has it while the next one waits, and before what that complains of. */
TEST_F(main, an_answer_is_written_before_the_next_command)
{
	FILE *out = stdout, *file = tmpfile();
	char help[] = "help", waitsync[] = "waitsync";

	ASSERT_NE(NULL, file);
	optind = 0;
	stdout = file;
	self->status = cli_main(4, (char *[]){ "truechime", "-m", help, waitsync, NULL });
	stdout = out;
	EXPECT_EQ(1, runs.count);
	EXPECT_EQ(ftello(file), runs.written[0]);
	EXPECT_LT(0, runs.written[0]);
	fclose(file);
}

TEST_F(main, the_first_command_that_fails_is_the_last)
{
	char many[2 * LINE_WORDS_MAX + 16] = "ntpdata";

	runs.status[1] = CLI_NOT;
	TYPE("-m", "tracking", "online", "offline");
	EXPECT_EQ(2, runs.count);
	EXPECT_EQ(CLI_NOT, self->status);
	TYPE("-m", "nonsense", "tracking");
	EXPECT_EQ(0, runs.count);
	EXPECT_EQ(CLI_ERROR, self->status);
	TYPE("-m", "sources -x", "tracking");
	EXPECT_EQ(0, runs.count);
	EXPECT_EQ(CLI_ERROR, self->status);
	TYPE("-m");
	EXPECT_EQ(0, runs.count);
	EXPECT_EQ(CLI_ERROR, self->status);
	for (int i = 0; i < LINE_WORDS_MAX; i++)
		strcat(many, " x");
	TYPE("-m", many);
	EXPECT_EQ(0, runs.count);
	EXPECT_EQ(CLI_ERROR, self->status);
}

TEST_HARNESS_MAIN
