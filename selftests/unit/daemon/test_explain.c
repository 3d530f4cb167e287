// SPDX-License-Identifier: GPL-2.0-only
/*
 * What truechimed -p says of a configuration: each line's verdict, and what counts.
 */
#include "user/daemon/explain.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "selftests/unit/unit.h"

/* What went to where people, and programs, read it. */
struct said {
	char *out;
	char *errors;
	bool good;
};

static struct said explain_under(const char *unit_files, const char *text)
{
	struct said said = { NULL, NULL, false };
	size_t out_size = 0, errors_size = 0;
	FILE *out = open_memstream(&said.out, &out_size);
	FILE *errors = open_memstream(&said.errors, &errors_size);

	if (!out || !errors)
		abort();
	said.good = explain_config("/nowhere", text, unit_files, out, errors);
	fclose(out);
	fclose(errors);

	return said;
}

static struct said explain(const char *text)
{
	return explain_under(NULL, text);
}

static void forget(struct said *said)
{
	free(said->out);
	free(said->errors);
}

static const struct {
	const char *text;
	const char *verdict;
} lines[] = {
	{ "  pool\ta  iburst ", "# command line:1: pool a  iburst\n#   done\n" },
	{ "rtcsync", "#   done\n" },
	{ "# comment\n\nlogdir /l", "# command line:3: logdir /l\n#   done\n" },
	{ "log tracking rtc\nlogdir /l", "#   done differently: 'log rtc' has no effect: " },
	{ "maxupdateskew 100", "#   without effect: sources are weighed by " },
	{ "peer a", "#   done differently: 'peer a' is done as 'server a': " },
	{ "server a filter 3 minsamples 1", "#   done differently: 'filter' has no effect: each" },
	{ "server a filter 3 minsamples 1",
	  ", without a setting\n#     'minsamples' has no effect: " },
	{ "refclock RTC /dev/rtc0\nserver a", "#   without effect: 'refclock RTC' is left out" },
	{ "refclock SHM 1 lock GPS\nserver a", "#   done differently: 'lock' has no effect: " },
	{ "allow client.example.net", "#   without effect: 'allow client.example.net' has no " },
	{ "allow\ndeny client.example.net", "#   done differently: 'deny client.example.net': " },
	{ "allow\ndeny client.example.net", "\n# allow: nobody is served\n" },
	{ "maxdrift 500000", "#   done differently: 'maxdrift 500000' is out of range" },
};

TEST(each_line_has_its_verdict)
{
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct said said = explain(lines[i].text);

		EXPECT_NE(NULL, strstr(said.out, lines[i].verdict))
			TH_LOG("%s", said.out);
		EXPECT_NE(NULL, strstr(said.out, "\n# What counts:\n"));
		EXPECT_STREQ("", said.errors);
		EXPECT_TRUE(said.good);
		forget(&said);
	}
}

TEST(what_is_not_on_this_machine_is_not_done)
{
	static const struct {
		const char *line;
		const char *verdict;
	} cases[] = {
		{ "leapsectz right/Nowhere",
		  "#   without effect: no leap seconds can be read from /usr/share/zoneinfo/r" },
		{ "leapseclist /nowhere",
		  "#   without effect: no leap seconds can be read from /nowhere: No such file" },
		{ "LeapSecList /dev/null", "from /dev/null: it does not list any\n" },
		{ "keyfile /nowhere",
		  "#   without effect: no keys can be read from /nowhere: No such file" },
		{ "KeyFile /tmp", "#   without effect: no keys can be read from /tmp: Is a dir" },
		{ "keyfile /dev/null", "#   done\n" },
		{ "ntsservercert /nowhere\nntsserverkey /dev/null",
		  "#   without effect: no certificate can be read from /nowhere: No such file" },
		{ "ntsservercert /dev/null\nntsserverkey /tmp",
		  "#   done\n# command line:2: ntsserverkey /tmp\n"
		  "#   without effect: no key can be read from /tmp: Is a directory\n" },
		{ "ntstrustedcerts /nowhere",
		  "#   without effect: no certificate can be read from /nowhere: No such file" },
		{ "ntstrustedcerts 7 /nowhere",
		  "#   without effect: no certificate can be read from /nowhere: No such file" },
		{ "ntstrustedcerts 7 /tmp", "#   done\n" },
		{ "user nobody-here", "#   done differently: there is no such user here: " },
		{ "user root", "#   done\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct said said = explain(cases[i].line);

		EXPECT_NE(NULL, strstr(said.out, cases[i].verdict))
			TH_LOG("%s", said.out);
		EXPECT_TRUE(said.good);
		forget(&said);
	}
}

/* What the unit as it is, and one with more folders, has against a line; NULL: nothing. */
static const struct {
	const char *line;
	const char *alone;
	const char *with_more;
} written[] = {
	{ "driftfile /var/lib/chrony/chrony.drift", "'driftfile /var/lib/truechime/drift'", NULL },
	{ "DriftFile /srv/drift interval 60", "'driftfile /var/lib/truechime/drift'",
	  "'driftfile /var/lib/truechime/drift'" },
	{ "ntsdumpdir /var/lib/chrony", "'ntsdumpdir /var/lib/truechime/nts'", NULL },
	{ "ntscachedir /var/lib/chrony2", "'ntsdumpdir /var/lib/truechime/nts'",
	  "'ntsdumpdir /var/lib/truechime/nts'" },
	{ "pidfile /srv/pid", "'pidfile /run/truechime/truechimed.pid'",
	  "'pidfile /run/truechime/truechimed.pid'" },
	{ "driftfile /var/lib/truechime/drift", NULL, NULL },
	{ "ntsdumpdir /var/lib/truechime", NULL, NULL },
	{ "bindcmdaddress /var/run/chrony/chronyd.sock", NULL, NULL },
	{ "bindcmdaddress 127.0.0.1", NULL, NULL },
	{ "bindcmdaddress /", NULL, NULL },
	{ "ntstrustedcerts /etc/ssl/certs", NULL, NULL },
};

static void check_written(struct __test_metadata *_metadata, const char *unit_files,
			  const char *line, const char *objection)
{
	struct said said = explain_under(unit_files, line);

	if (objection) {
		EXPECT_NE(NULL, strstr(said.out, "#   done differently: the systemd unit does not"))
			TH_LOG("%s", said.out);
		EXPECT_NE(NULL, strstr(said.out, objection))
			TH_LOG("%s", said.out);
	} else {
		EXPECT_NE(NULL, strstr(said.out, "#   done\n"))
			TH_LOG("%s", said.out);
	}
	EXPECT_TRUE(said.good);
	forget(&said);
}

TEST(the_unit_lets_the_daemon_write_its_own_folders)
{
	static const char drop_in[] = "[Service]\nReadWritePaths=-/srv/time /var/lib/chrony/\n";
	char path[] = "/tmp/test_explain.XXXXXX";
	int fd = mkstemp(path);

	ASSERT_LE(0, fd);
	ASSERT_EQ((ssize_t)strlen(drop_in), write(fd, drop_in, strlen(drop_in)));
	close(fd);
	for (size_t i = 0; i < ARRAY_SIZE(written); i++) {
		check_written(_metadata, NULL, written[i].line, NULL);
		check_written(_metadata, "/nowhere/*", written[i].line, written[i].alone);
		check_written(_metadata, path, written[i].line, written[i].with_more);
	}
	unlink(path);
}

/* Who asks may read them, or root does; the daemon's user may not, or may. */
TEST(keys_are_read_by_the_daemon)
{
	static const char keys[] = "7 AES128 HEX:00112233445566778899aabbccddeeff\n";
	char path[] = "/tmp/test_explain.XXXXXX";
	struct said said;
	char text[128];
	int fd = mkstemp(path);

	ASSERT_LE(0, fd);
	ASSERT_EQ((ssize_t)strlen(keys), write(fd, keys, strlen(keys)));
	snprintf(text, sizeof(text), "user nobody\nkeyfile %s\nserver a key 7", path);
	said = explain(text);
	EXPECT_TRUE(said.good);
	EXPECT_NE(NULL, strstr(said.errors, "warning: the user nobody may not read it: "))
		TH_LOG("%s", said.errors);
	forget(&said);
	ASSERT_EQ(0, fchmod(fd, 0644));
	said = explain(text);
	EXPECT_EQ(NULL, strstr(said.errors, "the user nobody"))
		TH_LOG("%s", said.errors);
	forget(&said);
	/* Nobody needs them. */
	ASSERT_EQ(0, fchmod(fd, 0600));
	snprintf(text, sizeof(text), "user nobody\nkeyfile %s\nserver a", path);
	said = explain(text);
	EXPECT_STREQ("", said.errors);
	forget(&said);
	close(fd);
	unlink(path);
}

/* The daemon may read what others may not, who cannot know what is in it. */
TEST(keys_are_not_for_everybody)
{
	char path[] = "/tmp/test_explain.XXXXXX";
	struct said said;
	char text[128];
	int fd = mkstemp(path);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, fchmod(fd, 0));
	close(fd);
	if (!geteuid())
		ASSERT_EQ(0, seteuid(65534));
	snprintf(text, sizeof(text), "keyfile %s\nserver a", path);
	said = explain(text);
	EXPECT_NE(NULL, strstr(said.out, "#   done: if the daemon may read /tmp/test_explain."))
		TH_LOG("%s", said.out);
	EXPECT_TRUE(said.good);
	forget(&said);
	if (!getuid())
		ASSERT_EQ(0, seteuid(0));
	unlink(path);
}

/* They are not asked. A file that is not for whoever asks says nothing of that. */
TEST(sources_without_their_keys_are_none)
{
	static const char keys[] = "7 AES128 HEX:00112233445566778899aabbccddeeff\n";
	static const struct {
		const char *sources;
		bool good;
	} cases[] = {
		{ "server a key 8", false },
		{ "server a key 8\nserver b key 9\nserver c noselect", false },
		{ "server a key 8\nserver b key 7", true },
		{ "server a key 8\nserver b", true },
	};
	char path[] = "/tmp/test_explain.XXXXXX";
	struct said said = explain("server a key 7");
	char text[256];
	int fd = mkstemp(path);

	EXPECT_FALSE(said.good);
	EXPECT_NE(NULL, strstr(said.errors, "the keys of those that could are missing"))
		TH_LOG("%s", said.errors);
	forget(&said);
	ASSERT_LE(0, fd);
	ASSERT_EQ((ssize_t)strlen(keys), write(fd, keys, strlen(keys)));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(text, sizeof(text), "user nobody\nkeyfile %s\n%s", path,
			 cases[i].sources);
		said = explain(text);
		EXPECT_EQ(cases[i].good, said.good)
			TH_LOG("%s: %s", cases[i].sources, said.errors);
		forget(&said);
	}
	/* Damaged, it has none. */
	ASSERT_EQ(1, pwrite(fd, "", 1, 0));
	snprintf(text, sizeof(text), "user nobody\nkeyfile %s\nserver a key 7", path);
	said = explain(text);
	EXPECT_FALSE(said.good);
	forget(&said);
	close(fd);
	unlink(path);
	/* Now it cannot be read. */
	snprintf(text, sizeof(text), "keyfile %s\n%s", path, cases[0].sources);
	said = explain(text);
	EXPECT_TRUE(said.good);
	forget(&said);
}

TEST(what_is_wrong_is_refused)
{
	const char *error =
		"command line:2: error: 'makestpe' is not a directive; did you mean 'makestep'?\n";
	struct said said = explain("server a\nmakestpe 1 3\nrtcsync\n");

	EXPECT_FALSE(said.good);
	EXPECT_NE(NULL, strstr(said.out, "# command line:2: makestpe 1 3\n#   refused: 'makestpe'"))
		TH_LOG("%s", said.out);
	EXPECT_NE(NULL, strstr(said.out, "# command line:3: rtcsync\n#   done\n"));
	EXPECT_NE(NULL, strstr(said.out, "Nothing of it counts"));
	EXPECT_EQ(NULL, strstr(said.out, "What counts"));
	EXPECT_STREQ(error, said.errors);
	forget(&said);
}

TEST(a_configuration_without_a_usable_source_is_an_error)
{
	struct said said = explain("server a noselect\n");

	EXPECT_FALSE(said.good);
	EXPECT_NE(NULL, strstr(said.errors, "error: the only configured source cannot"));
	EXPECT_NE(NULL, strstr(said.out, "\nserver a "));
	forget(&said);
}

TEST(a_file_that_is_not_there_is_an_error)
{
	struct said said = explain(NULL);

	EXPECT_FALSE(said.good);
	EXPECT_NE(NULL, strstr(said.errors, "/nowhere: error: cannot be read"));
	forget(&said);
}

/* The files that a line names are read, and their lines follow it. */
TEST(lines_of_other_files_are_explained)
{
	char path[] = "/tmp/test_explain.XXXXXX";
	char text[64], verdict[128];
	struct said said;
	int fd = mkstemp(path);

	ASSERT_LE(0, fd);
	ASSERT_EQ(14, write(fd, "\nserver a\npeer", 14));
	close(fd);
	snprintf(text, sizeof(text), "include %s", path);
	said = explain(text);
	snprintf(verdict, sizeof(verdict), "#   done\n# %s:2: server a\n#   done\n", path);
	EXPECT_NE(NULL, strstr(said.out, verdict))
		TH_LOG("%s", said.out);
	snprintf(verdict, sizeof(verdict), "# %s:3: peer\n#   refused: 'peer' needs a value", path);
	EXPECT_NE(NULL, strstr(said.out, verdict))
		TH_LOG("%s", said.out);
	EXPECT_FALSE(said.good);
	forget(&said);
	unlink(path);
}

/* More than there is room for is cut. */
TEST(a_line_may_deserve_much)
{
	struct said said;
	char text[2000] = "server a";

	while (strlen(text) < sizeof(text) - 16)
		strcat(text, " burst filter 3");
	said = explain(text);
	EXPECT_TRUE(said.good);
	EXPECT_NE(NULL, strstr(said.out, "\n# What counts:\n"));
	forget(&said);
}

/* All of what is printed is a configuration itself: what is no value is a comment. */
TEST(what_is_printed_is_a_configuration)
{
	struct said said = explain("server a filter 3\nrefclock SHM 0\npeer b\nrtcsync\n");
	struct said again = explain(said.out);

	EXPECT_TRUE(again.good);
	EXPECT_STREQ("", again.errors);
	EXPECT_STREQ(strstr(said.out, "# What counts:"), strstr(again.out, "# What counts:"));
	forget(&said);
	forget(&again);
}

/* Both go to one file, as with 2>&1, and only errors are written at once. */
TEST(no_line_is_torn_by_an_error)
{
	char text[8192] = "", line[512];
	FILE *both = tmpfile(), *out, *errors;

	ASSERT_NE(NULL, both);
	out = fdopen(dup(fileno(both)), "a");
	errors = fdopen(dup(fileno(both)), "a");
	ASSERT_TRUE(out && errors);
	setvbuf(errors, NULL, _IONBF, 0);
	for (int i = 0; i < 60; i++)
		strcat(text, "server ntp.example.net iburst minpoll 4 maxpoll 6\n");
	strcat(text, "allow\nkeyfile /nowhere\n");
	explain_config("/nowhere", text, NULL, out, errors);
	fclose(out);
	fclose(errors);
	rewind(both);
	while (fgets(line, sizeof(line), both)) {
		if (strstr(line, "error: "))
			EXPECT_EQ(0, strncmp(line, "/nowhere: error: ", 17))
				TH_LOG("%s", line);
	}
	fclose(both);
}

TEST_HARNESS_MAIN
