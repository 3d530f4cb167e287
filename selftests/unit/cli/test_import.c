// SPDX-License-Identifier: GPL-2.0-only
/*
 * What other programs' configurations become, line by line, and that truechimed reads it.
 */
#include "user/cli/import.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "selftests/unit/unit.h"
#include "user/cli/cli.h"
#include "user/config/config.h"

/* Errors of truechimed's reader, and warnings. */
struct reports {
	int errors;
	int warnings;
};

static void count_report(void *context, enum config_severity severity, const char *file, int line,
			 const char *message)
{
	struct reports *reports = context;

	if (severity == CONFIG_ERROR)
		reports->errors++;
	else
		reports->warnings++;
	fprintf(stderr, "%s:%d: %s\n", file, line, message);
}

static char *import_files(enum import_kind kind, const struct import_file *files, size_t count)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		abort();
	import_write(kind, files, count, out);
	fclose(out);

	return text;
}

static char *import(enum import_kind kind, const char *text)
{
	struct import_file file = { "test", text };

	return import_files(kind, &file, 1);
}

/* What was imported is read without an error, and without a warning: nothing is left in vain. */
static struct config *read_back(const char *text, struct reports *reports)
{
	struct config *config = NULL;

	*reports = (struct reports) { 0, 0 };
	config_from_text("imported", text, strlen(text), false, count_report, reports, &config);

	return config;
}

/* A line, and what has to be below it. */
struct line {
	const char *text;
	const char *below;
};

static const struct line chrony_lines[] = {
	{ "pool 2.debian.pool.ntp.org iburst", "pool 2.debian.pool.ntp.org iburst\n" },
	{ "  server a  minpoll 4", "server a minpoll 4\n" },
	{ "server a filter 3 minpoll 4 burst", "server a minpoll 4 burst\n" },
	{ "server a minsamples 4 offset 0.1 presend 9", "server a offset 0.1 presend 9\n" },
	{ "peer a key 1", "server a key 1\n" },
	{ "refclock PHC /dev/ptp0 poll 3 dpoll -2 offset 0 maxsamples 3",
	  "refclock PHC /dev/ptp0 poll 3 dpoll -2 offset 0\n" },
	{ "refclock SHM 1 lock GPS refid PPS", "refclock SHM 1 lock GPS refid PPS\n" },
	{ "refclock PHC /dev/ptp0 local", "#   not taken over: the 'refclock' with 'local'" },
	{ "makestep 1.0 3", "makestep 1.0 3\n" },
	{ "driftfile /var/lib/chrony/drift", "driftfile /var/lib/truechime/drift\n" },
	{ "ntsdumpdir /var/lib/chrony", "ntsdumpdir /var/lib/truechime/nts\n" },
	{ "ntscachedir /var/lib/truechime/n", "ntscachedir /var/lib/truechime/n\n" },
	{ "driftfile /var/lib/chrony/drift interval 600",
	  "driftfile /var/lib/truechime/drift interval 600\n" },
	{ "driftfile /var/lib/truechime/d interval 60",
	  "driftfile /var/lib/truechime/d interval 60\n" },
	{ "user _chrony", "#   not taken over: truechimed runs as its own user" },
	{ "pidfile /run/chronyd.pid", "#   not taken over: systemd" },
	{ "logdir /var/log/chrony", "logdir /var/log/truechime\n" },
	{ "maxupdateskew 100.0", "#   not taken over: sources are weighed by" },
	{ "sourcedir /run/chrony-dhcp", "sourcedir /run/truechime-dhcp /run/chrony-dhcp\n" },
	{ "sourcedir /etc/chrony/a /run/chrony-dhcp/",
	  "sourcedir /run/truechime-dhcp /etc/chrony/a /run/chrony-dhcp/\n" },
	{ "sourcedir /run/truechime-dhcp /run/chrony-dhcp",
	  "sourcedir /run/truechime-dhcp /run/chrony-dhcp\n" },
	{ "sourcedir /etc/chrony/sources.d", "sourcedir /etc/chrony/sources.d\n" },
	{ "confdir /etc/chrony/conf.d", "confdir /etc/chrony/conf.d\n" },
	{ "nonsense 1", "#   not taken over: 'nonsense' is not a directive" },
	{ "rtcsync", "rtcsync\n" },
};

static const struct line ntp_lines[] = {
	{ "server ntp.example.net iburst", "server ntp.example.net iburst\n" },
	{ "server -4 a prefer minpoll 5 maxpoll 7 version 3",
	  "server a ipv4 prefer minpoll 5 maxpoll 7 version 3\n" },
	{ "pool -6 a iburst preempt", "pool a ipv6 iburst\n" },
	{ "server a true # the best", "server a trust\n" },
	{ "server a burst noselect", "server a burst noselect\n" },
	{ "server a mode 17", "#   without 'mode': " },
	{ "server a fast", "#   without 'fast', which is not known" },
	{ "server a.example:4461 iburst nts", "server a.example iburst nts ntsport 4461\n" },
	{ "server -6 [2001:db8::1]:123 nts", "server 2001:db8::1 ipv6 nts ntsport 123\n" },
	{ "server 2001:db8::1 nts", "server 2001:db8::1 nts\n" },
	{ "server", "#   not taken over: it names no server" },
	{ "peer b minpoll 4", "server b minpoll 4\n" },
	{ "nts ca /etc/ca.pem", "ntstrustedcerts /etc/ca.pem\n" },
	{ "nts cert /etc/c.pem key /etc/k.pem",
	  "ntsservercert /etc/c.pem\nntsserverkey /etc/k.pem\n" },
	{ "nts key /etc/k.pem", "# 'key' of NTS is not taken over: it takes both" },
	{ "nts cert /etc/c.pem", "# 'cert' of NTS is not taken over: it takes both" },
	{ "nts cookie /var/lib/ntp/nts-keys", "ntsdumpdir /var/lib/truechime/nts\n" },
	{ "driftfile /var/lib/ntp/ntp.drift", "driftfile /var/lib/truechime/drift\n" },
	{ "leapfile /usr/share/zoneinfo/leap-seconds.list",
	  "leapseclist /usr/share/zoneinfo/leap-seconds.list\n" },
	{ "keys /etc/ntp.keys", "keyfile /etc/ntp.keys\n#   to be changed there: " },
	{ "keys \"/etc/ntp.keys\"# \"all\"", "keyfile /etc/ntp.keys\n" },
	{ "leapfile \"/etc/leap#1\"", "leapseclist /etc/leap#1\n" },
	{ "leapfile \"/etc/leap", "leapseclist /etc/leap\n" },
	{ "server a#1 iburst", "server a\n" },
	{ "keys \"\"", "#   not taken over: 'keyfile' needs a value" },
	{ "tinker panic 0", "#   no limit: " },
	{ "tinker panic 500 step 0.5", "maxchange 500 1 0\nmakestep 0.5 -1\n" },
	{ "tinker step 0", "#   no step: " },
	{ "tinker dispersion 15", "#   'dispersion' is not taken over: " },
	{ "tos minsane 2 maxdist 1.5 floor 1", "minsources 2\nmaxdistance 1.5\n#   'floor' is" },
	{ "restrict default kod nomodify notrap nopeer noquery", "#   not taken over: nobody may" },
	{ "restrict -6 ::1", "#   not taken over: nobody may" },
	{ "statistics loopstats peerstats", "#   not taken over: files of measurements" },
	{ "filegen peerstats file peerstats type day enable",
	  "#   not taken over: files of measurements" },
	{ "server 127.127.20.0", "#   not taken over: ntpd's driver 20" },
	{ "server 127.127.28.0 true maxpoll 4", "refclock SHM 0 trust\n" },
	{ "server 127.127.22.1 mode 3", "#   without 'mode': it has no meaning" },
	{ "server 127.127.28.0 fast", "#   without 'fast', which is not known" },
	{ "refclock pps ppspath /dev/gps flag2 1 true", "refclock PPS /dev/gps:clear trust\n" },
	{ "refclock pps unit 1 flag2 0 flag3 1", "refclock PPS /dev/pps1\n" },
	{ "refclock shm unit 0 refid GPS00 minpoll 2", "refclock SHM 0 refid GPS0 poll 2\n" },
	{ "server 127.127.28.1 prefer", "refclock SHM 1 prefer\n" },
	{ "server 127.127.28.2 prefer", "refclock SHM 2:perm=0666 prefer\n" },
	{ "server 127.127.28.2 prefer", "#   as in ntpd every program may write to it" },
	{ "server 127.127.28.3 mode 1", "refclock SHM 3\n" },
	{ "refclock shm unit 2 mode 16", "refclock SHM 2:perm=0666\n" },
	{ "refclock shm unit 2 mode 1", "refclock SHM 2\n" },
	{ "fudge 127.127.22.0 flag3 1 refid PPS",
	  "#   not taken over: no line 'server 127.127.22.0' has that clock\n" },
	{ "fudge 127.127.22.0 flag3 1 refid PPS\nserver 127.127.22.0",
	  "#   without 'flag3': it has no meaning for a reference clock here\n"
	  "#   what it says else is in the line of the clock itself\n" },
	{ "fudge 127.127.1.0 stratum 10", "#   not taken over: no line 'server 127.127.1.0' has " },
	{ "fudge 127.127.1.0 stratum 10\nserver 127.127.1.0",
	  "#   its stratum is in the line of the clock itself\n# server 127.127.1.0\n"
	  "local stratum 10\n" },
	{ "fudge 127.127.20.0 flag3 1\nserver 127.127.20.0",
	  "#   not taken over: its reference clock is not\n" },
	{ "server 127.127.1.0\nserver 127.127.1.1",
	  "local stratum 5\n# server 127.127.1.1\n#   not taken over: this machine has one " },
	{ "server 127.127.1.0\ntos orphan 16", "local stratum 5\n" },
	{ "server a maxpoll 4", "server a minpoll 4 maxpoll 4\n" },
	{ "server a minpoll 9 maxpoll 6", "server a minpoll 6 maxpoll 6\n" },
	{ "server a minpoll 12", "server a minpoll 10\n" },
	{ "fudge", "#   not taken over: its reference clock is not\n" },
	{ "refclock local unit 0 stratum 10", "local stratum 10\n" },
	{ "refclock local\ntos orphan 6", "#   the line of 'tos orphan' is for that\n" },
	{ "refclock gpsd unit 0", "#   not taken over: ntpsec's driver 'gpsd'" },
	{ "includefile /etc/ntp/more", "#   not taken over: give that file" },
	{ "crypto pw x", "#   not taken over: Autokey" },
	{ "nonsense 1", "#   not taken over: 'nonsense' is not known" },
	{ "disable monitor", "#   not taken over: " },
	{ "disable ntp", "to leave the clock alone, start truechimed with -x" },
	{ "interface listen 10.0.0.1", "'bindaddress'" },
	{ "tinker stepback 0.2", "#   'stepback' is not taken over: " },
	{ "tinker stepback 0", "#   no step that way, and so none at all" },
	{ "dscp 46", "dscp 46\n" },
};

/* Of timesyncd, after "[Time]". */
static const struct line timesyncd_lines[] = {
	{ "NTP=a b", "server a iburst\nserver b iburst\n" },
	{ "FallbackNTP=a b", "server a iburst\nserver b iburst\n" },
	{ "RootDistanceMaxSec=5", "maxdistance 5\n" },
	{ "RootDistanceMaxSec=1s 500ms", "maxdistance 1.5\n" },
	{ "  RootDistanceMaxSec = 1sec 2ms 300us", "maxdistance 1.0023\n" },
	{ "RootDistanceMaxSec=", "#   not taken over: it is no length of time" },
	{ "RootDistanceMaxSec=long", "#   not taken over: it is no length of time" },
	{ "ConnectionRetrySec=30", "#   not taken over: " },
	{ "SaveIntervalSec=60", "#   not taken over: " },
	{ "PollIntervalMinSec=32", "#   each server has 'minpoll 5'" },
	{ "PollIntervalMaxSec=34min 8s", "#   each server has 'maxpoll 11'" },
	{ "PollIntervalMinSec=40\nPollIntervalMinSec=soon\nNTP=a", "server a iburst minpoll 6\n" },
	{ "PollIntervalMinSec=8\nNTP=a", "#   not taken over: less than 16 s count as 32" },
	{ "PollIntervalMinSec=8\nNTP=a", "server a iburst\n" },
	{ "PollIntervalMaxSec=64\nPollIntervalMinSec=4096\nNTP=a",
	  "#   not taken over: it is shorter than PollIntervalMinSec, 4096 s, " },
	{ "PollIntervalMaxSec=64\nPollIntervalMinSec=4096\nNTP=a", "server a iburst minpoll 12\n" },
	{ "PollIntervalMaxSec=16\nNTP=a", "#   not taken over: it is shorter than " },
	{ "PollIntervalMaxSec=32\nNTP=a", "server a iburst minpoll 5 maxpoll 5\n" },
	{ "PollIntervalMaxSec=120\nPollIntervalMinSec=100\nNTP=a",
	  "server a iburst minpoll 7 maxpoll 7\n" },
	{ "PollIntervalMaxSec=soon", "#   not taken over: it is no length of time" },
	{ "Color=red", "#   not taken over: it is not known" },
};

static void check_line(struct __test_metadata *_metadata, enum import_kind kind,
		       const struct line *line)
{
	struct reports reports;
	struct config *config;
	char *text, *at;
	char original[256], whole[256];

	snprintf(whole, sizeof(whole), "%s%s", kind == IMPORT_TIMESYNCD ? "[Time]\n" : "",
		 line->text);
	text = import(kind, whole);
	snprintf(original, sizeof(original), "# %.*s\n", (int)strcspn(line->text, "\n"),
		 line->text);
	at = strstr(text, original);
	ASSERT_NE(NULL, at)
		TH_LOG("%s", text);
	/* There may be notes in between. */
	EXPECT_NE(NULL, strstr(at + strlen(original) - 1, line->below))
		TH_LOG("%s", text);
	config = read_back(text, &reports);
	EXPECT_NE(NULL, config)
		TH_LOG("%s", text);
	EXPECT_EQ(0, reports.errors);
	config_free(config);
	free(text);
}

TEST(lines_of_chrony_conf)
{
	for (size_t i = 0; i < ARRAY_SIZE(chrony_lines); i++)
		check_line(_metadata, IMPORT_CHRONY, &chrony_lines[i]);
}

TEST(lines_of_ntp_conf)
{
	for (size_t i = 0; i < ARRAY_SIZE(ntp_lines); i++)
		check_line(_metadata, IMPORT_NTP, &ntp_lines[i]);
}

/* Of OpenNTPD. */
static const struct line openntpd_lines[] = {
	{ "server ntp.example.org", "server ntp.example.org iburst\n" },
	{ "server \"192.0.2.1\" # ours", "server 192.0.2.1 iburst\n" },
	{ "server a weight 5", "#   without 'weight 5': servers count by how well they do\n"
	  "server a iburst\n" },
	{ "server a trusted", "#   without 'trusted': no constraint would keep it out here\n"
	  "server a iburst\n" },
	{ "server a bogus", "#   without 'bogus', which is not known\nserver a iburst\n" },
	{ "server", "#   not taken over: something is missing\n" },
	{ "servers pool.ntp.org", "pool pool.ntp.org iburst maxsources 16\n" },
	{ "servers pool.ntp.org weight 2", "#   without 'weight 2'" },
	{ "sensor nmea0 refid GPS", "#   not taken over: only OpenBSD has such sensors" },
	{ "constraint from \"https://9.9.9.9\"", "#   not taken over: no web server is asked" },
	{ "constraints from \"https://www.google.com/\"", "#   not taken over: no web server" },
	{ "listen on *", "allow\n" },
	{ "listen on * rtable 4", "#   without 'rtable': it is OpenBSD's\nallow\n" },
	{ "listen on 192.0.2.1", "bindaddress 192.0.2.1\nallow\n" },
	{ "listen on 2001:db8::1", "bindaddress 2001:db8::1\nallow\n" },
	{ "listen at", "#   not taken over: 'listen on ADDRESS' was expected\n" },
	{ "query from 192.0.2.1",
	  "#   for all servers of this family, not only for those below it\n"
	  "bindacqaddress 192.0.2.1\n" },
	{ "query from", "#   not taken over: 'query from ADDRESS' was expected\n" },
	{ "rtable 3", "#   not taken over: it is not known\n" },
};

TEST(lines_of_openntpd_conf)
{
	for (size_t i = 0; i < ARRAY_SIZE(openntpd_lines); i++)
		check_line(_metadata, IMPORT_OPENNTPD, &openntpd_lines[i]);
}

/* A backslash at the end of a line takes both away, in a word and in a comment, too. */
TEST(lines_of_openntpd_go_on)
{
	static const struct line lines[] = {
		{ "server a \\\n  weight 5\n", "# server a   weight 5\n"
		  "#   without 'weight 5': servers count by how well they do\nserver a iburst\n" },
		{ "server a.exam\\\nple.org", "\nserver a.example.org iburst\n" },
		{ "server \"a\\\nb\\\nc\"\nserver d", "\nserver abc iburst\n# server d\n" },
		{ "server a\\", "\nserver a iburst\n" },
		{ "server a\\\n", "\nserver a iburst\n" },
		{ "# no more: \\\nserver a\nserver b\n",
		  "\n# no more: server a\n# server b\nserver b iburst\n" },
		{ "server a # \\\\\nserver b\n", "\nserver b iburst\n" },
		{ "server a # \\\t\nserver b\n", "\nserver b iburst\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		char *text = import(IMPORT_OPENNTPD, lines[i].text);

		EXPECT_NE(NULL, strstr(text, lines[i].below))
			TH_LOG("%s", text);
		free(text);
	}
}

/* A name is no address to listen at, and nobody is let in everywhere instead. */
TEST(who_listens_at_one_address_does_not_listen_at_all)
{
	char *text = import(IMPORT_OPENNTPD, "listen on gate.example\n");

	EXPECT_EQ(NULL, strstr(text, "\nallow"));
	free(text);
	text = import(IMPORT_OPENNTPD, "listen on 192.0.2.1\nlisten on *\n");
	EXPECT_EQ(NULL, strstr(text, "\nbindaddress"));
	EXPECT_NE(NULL, strstr(text, "\nallow\n"));
	free(text);
	text = import(IMPORT_OPENNTPD, "listen on 192.0.2.1\nlisten on 192.0.2.2\n");
	EXPECT_NE(NULL, strstr(text,
			       "# listen on 192.0.2.2\n#   not taken over: it listens at one"));
	free(text);
}

TEST(lines_of_timesyncd_conf)
{
	for (size_t i = 0; i < ARRAY_SIZE(timesyncd_lines); i++)
		check_line(_metadata, IMPORT_TIMESYNCD, &timesyncd_lines[i]);
}

/* Debian's default of ntpsec, shortened. */
static const char debian_ntp[] =
	"# /etc/ntpsec/ntp.conf, configuration for ntpd; see ntp.conf(5) for help\n"
	"\n"
	"driftfile /var/lib/ntpsec/ntp.drift\n"
	"leapfile /usr/share/zoneinfo/leap-seconds.list\n"
	"tos maxclock 11\n"
	"tos minclock 4 minsane 3\n"
	"pool 0.debian.pool.ntp.org iburst\n"
	"pool 1.debian.pool.ntp.org iburst\n"
	"restrict default kod nomodify nopeer noquery limited\n"
	"restrict 127.0.0.1\n"
	"restrict ::1\n";

TEST(an_ntp_conf_as_a_whole)
{
	struct reports reports;
	struct config *config;
	char *text = import(IMPORT_NTP, debian_ntp);

	config = read_back(text, &reports);
	ASSERT_NE(NULL, config)
		TH_LOG("%s", text);
	EXPECT_EQ(0, reports.warnings);
	EXPECT_EQ(2, config->source_count);
	EXPECT_EQ(CONFIG_POOL, config->sources[0].kind);
	EXPECT_TRUE(config->sources[0].options.iburst);
	EXPECT_STREQ("/var/lib/truechime/drift", config->driftfile);
	EXPECT_STREQ("/usr/share/zoneinfo/leap-seconds.list", config->leap_file);
	EXPECT_EQ(3, config->discipline.minsources);
	/* ntpd's way to step, which no line says. */
	EXPECT_EQ(128000000, config->discipline.step_threshold_ns);
	EXPECT_EQ(-1, config->discipline.step_limit);
	config_free(config);
	free(text);
}

/* Each of these is an error without the others. */
TEST(lines_that_need_others)
{
	char *text = import(IMPORT_CHRONY, "ntsservercert /etc/c.pem\nntsserverkey /etc/k.pem\n"
			    "refclock SHM 0 tai\nleapsectz right/UTC\nallow\n");
	struct reports reports;
	struct config *config = read_back(text, &reports);

	ASSERT_NE(NULL, config)
		TH_LOG("%s", text);
	EXPECT_EQ(0, reports.warnings);
	EXPECT_EQ(1, config->nts.certificate_count);
	EXPECT_STREQ("/etc/k.pem", config->nts.keys[0]);
	ASSERT_EQ(1, config->source_count);
	EXPECT_TRUE(config->sources[0].tai);
	config_free(config);
	free(text);
	text = import(IMPORT_NTP, "nts enable\nnts key /etc/k.pem\nnts cert /etc/c.pem\n");
	config = read_back(text, &reports);
	ASSERT_NE(NULL, config)
		TH_LOG("%s", text);
	EXPECT_EQ(1, config->nts.certificate_count);
	EXPECT_EQ(1, config->nts.key_count);
	config_free(config);
	free(text);
}

/* Each line is right, and the last but one is too much for the file. */
TEST(no_more_source_directories_than_are_read)
{
	char *text = import(IMPORT_CHRONY, "sourcedir /1 /2 /3 /4 /5 /6 /7 /8 /9 /10\n"
			    "sourcedir /11 /12 /13 /14 /15\nsourcedir /16 /17\nsourcedir /18\n");
	struct reports reports;
	struct config *config;

	EXPECT_NE(NULL, strstr(text, "# sourcedir /16 /17\n#   not taken over: 16 directories of"))
		TH_LOG("%s", text);
	config = read_back(text, &reports);
	ASSERT_NE(NULL, config);
	EXPECT_EQ(0, reports.warnings);
	ASSERT_EQ(16, config->sourcedir_count);
	EXPECT_STREQ("/18", config->sourcedirs[15].path);
	config_free(config);
	free(text);
}

/* Where there is no room for truechimed's own folder as well, chrony's is read all the same. */
TEST(dhcp_folder_takes_no_room)
{
	char *text = import(IMPORT_CHRONY, "sourcedir /1 /2 /3 /4 /5 /6 /7 /8 /9 /10\n"
			    "sourcedir /11 /12 /13 /14 /15\nsourcedir /run/chrony-dhcp\n");
	struct reports reports;
	struct config *config;

	config = read_back(text, &reports);
	ASSERT_NE(NULL, config);
	EXPECT_EQ(0, reports.warnings);
	ASSERT_EQ(16, config->sourcedir_count)
		TH_LOG("%s", text);
	EXPECT_STREQ("/run/chrony-dhcp", config->sourcedirs[15].path);
	config_free(config);
	free(text);
}

TEST(way_that_is_never_stepped_has_no_makestep)
{
	char *text = import(IMPORT_NTP, "server a\ntinker stepfwd 0\n");

	EXPECT_EQ(NULL, strstr(text, "\nmakestep"));
	free(text);
	text = import(IMPORT_NTP, "server a\ntinker stepfwd 1\n");
	EXPECT_NE(NULL, strstr(text, "\nmakestep"));
	free(text);
}

TEST(what_tinker_says_of_steps_holds)
{
	struct reports reports;
	char *text = import(IMPORT_NTP, "server a\ntinker step 0\n");
	struct config *config = read_back(text, &reports);

	ASSERT_NE(NULL, config);
	EXPECT_EQ(0, config->discipline.step_limit);
	config_free(config);
	free(text);
}

/* Debian's default, in which all lines are comments that say what was built in. */
static const char debian_timesyncd[] =
	"[Time]\n"
	"#NTP=\n"
	"#FallbackNTP=0.debian.pool.ntp.org 1.debian.pool.ntp.org\n"
	"#RootDistanceMaxSec=5\n"
	"#PollIntervalMinSec=32\n";

TEST(a_timesyncd_conf_as_a_whole)
{
	struct reports reports;
	struct config *config;
	char *text = import(IMPORT_TIMESYNCD, debian_timesyncd);

	config = read_back(text, &reports);
	ASSERT_NE(NULL, config)
		TH_LOG("%s", text);
	EXPECT_EQ(0, reports.warnings);
	ASSERT_EQ(2, config->source_count);
	EXPECT_STREQ("0.debian.pool.ntp.org", config->sources[0].options.name);
	EXPECT_EQ(400000000, config->discipline.step_threshold_ns);
	EXPECT_EQ(-1, config->discipline.step_limit);
	ASSERT_EQ(1, config->sourcedir_count);
	EXPECT_STREQ("/run/truechime-dhcp", config->sourcedirs[0].path);
	config_free(config);
	free(text);
}

/* Drop-ins add to lists, an empty assignment empties them, and settings hold for all servers. */
TEST(drop_ins_have_the_last_word)
{
	static const struct import_file files[] = {
		{ "timesyncd.conf", "[Time]\nNTP=a\nFallbackNTP=f\nPollIntervalMinSec=16\n" },
		{ "10.conf", "[Time]\nNTP=\nNTP=b c\n" },
		{ "20.conf", "[Time]\nNTP=d\nPollIntervalMinSec=40\n" },
	};
	struct reports reports;
	struct config *config;
	char *text = import_files(IMPORT_TIMESYNCD, files, ARRAY_SIZE(files));

	config = read_back(text, &reports);
	ASSERT_NE(NULL, config)
		TH_LOG("%s", text);
	ASSERT_EQ(3, config->source_count)
		TH_LOG("%s", text);
	for (int i = 0; i < 3; i++) {
		EXPECT_EQ('b' + i, config->sources[i].options.name[0]);
		EXPECT_EQ(6, config->sources[i].options.minpoll);
	}
	config_free(config);
	free(text);
}

/* Each file has to say it anew. */
TEST(what_is_outside_of_the_section_time_is_ignored)
{
	static const struct import_file files[] = {
		{ "timesyncd.conf",
		  "NTP=a\n[Time]\nNTP=b\n[Other]\nNTP=\nNTP=c\n [Time]\nNTP=d\n" },
		{ "10.conf", "NTP=e\nPollIntervalMinSec=40\n" },
	};
	static const char below[] = "\n# NTP=a\n#   not taken over: timesyncd ignores what";
	struct reports reports;
	struct config *config;
	char *text = import_files(IMPORT_TIMESYNCD, files, ARRAY_SIZE(files));

	config = read_back(text, &reports);
	ASSERT_NE(NULL, config)
		TH_LOG("%s", text);
	ASSERT_EQ(2, config->source_count)
		TH_LOG("%s", text);
	EXPECT_STREQ("b", config->sources[0].options.name);
	EXPECT_STREQ("d", config->sources[1].options.name);
	EXPECT_NE(NULL, strstr(text, below))
		TH_LOG("%s", text);
	config_free(config);
	free(text);
}

/* As systemd joins them, comments in between or not; one that is escaped itself joins nothing. */
TEST(a_line_of_timesyncd_goes_on_after_a_backslash)
{
	struct reports reports;
	struct config *config;
	char *text = import(IMPORT_TIMESYNCD, "[Time]\n# no more: \\\nNTP=b \\\n"
			    "  # these, too\n\tc\\\nd\nPollIntervalMinSec=16\\\\\nRootDistanceMaxSec=2\nNTP=e\\\n");

	config = read_back(text, &reports);
	ASSERT_NE(NULL, config)
		TH_LOG("%s", text);
	ASSERT_EQ(4, config->source_count)
		TH_LOG("%s", text);
	for (int i = 0; i < 4; i++)
		EXPECT_EQ('b' + i, config->sources[i].options.name[0]);
	EXPECT_EQ(2000000000, config->discipline.maxdistance_ns);
	EXPECT_NE(NULL, strstr(text, "\n# NTP=b  c d\n"))
		TH_LOG("%s", text);
	config_free(config);
	free(text);
}

TEST(reference_clocks_get_what_fudge_says)
{
	static const char expected[] =
		"refclock SHM 0 offset 0.5 refid GPS stratum 1 poll 4 prefer\n";
	char *text = import(IMPORT_NTP, "server 127.127.28.0 minpoll 4 prefer\n"
			    "fudge 127.127.28.0 time1 0.5 refid GPS stratum 1\n");

	EXPECT_NE(NULL, strstr(text, expected))
		TH_LOG("%s", text);
	/* Above or below, it is known that there is such a clock. */
	EXPECT_EQ(NULL, strstr(text, "has that clock"));
	free(text);
	text = import(IMPORT_NTP, "server 127.127.22.0\nfudge 127.127.22.0 flag2 1 refid PPS\n");
	EXPECT_NE(NULL, strstr(text, "\nrefclock PPS /dev/pps0:clear refid PPS\n"))
		TH_LOG("%s", text);
	free(text);
}

/* Of two lines of 'local' the last counts, which may be the one without 'orphan'. */
TEST(a_local_clock_beside_orphan_is_one)
{
	static const char *const texts[] = {
		"tos orphan 6\nserver 127.127.1.0\nfudge 127.127.1.0 stratum 10\n",
		"server 127.127.1.0\nfudge 127.127.1.0 stratum 10\ntos orphan 6\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct reports reports;
		char *text = import(IMPORT_NTP, texts[i]);
		struct config *config = read_back(text, &reports);
		const char *local = strstr(text, "\nlocal ");

		ASSERT_NE(NULL, config)
			TH_LOG("%s", text);
		EXPECT_TRUE(config->server.local.orphan);
		EXPECT_EQ(6, config->server.local.stratum);
		ASSERT_NE(NULL, local);
		EXPECT_EQ(NULL, strstr(local + 1, "\nlocal "))
			TH_LOG("%s", text);
		config_free(config);
		free(text);
	}
}

TEST(the_kind_shows_in_the_words)
{
	static const struct {
		const char *text;
		enum import_kind kind;
	} cases[] = {
		{ debian_ntp, IMPORT_NTP },
		{ "servers pool.ntp.org\n", IMPORT_OPENNTPD },
		{ "server a\nconstraints from \"https://b\"\n", IMPORT_OPENNTPD },
		{ debian_timesyncd, IMPORT_TIMESYNCD },
		{ "pool 2.debian.pool.ntp.org iburst\nmakestep 1 3\n", IMPORT_CHRONY },
		{ "server 127.127.1.0\n", IMPORT_NTP },
		{ "server -4 a\n", IMPORT_NTP },
		{ "server a iburst\n", IMPORT_UNKNOWN },
		{ "NTP=a\n", IMPORT_TIMESYNCD },
		{ " FallbackNTP = a\n", IMPORT_TIMESYNCD },
		{ "[[source]]\nmode = \"pool\"\naddress = \"a\"\n", IMPORT_NTPD_RS },
		{ "[[server]]\nlisten = \"::1:123\"\n\n[keyset]\nkeys = 1\n", IMPORT_NTPD_RS },
		{ "", IMPORT_UNKNOWN },
		{ "# restrict\n", IMPORT_UNKNOWN },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct import_file file = { "test", cases[i].text };

		EXPECT_EQ(cases[i].kind, import_detect(&file, 1))
			TH_LOG("%s", cases[i].text);
	}
	EXPECT_EQ(IMPORT_NTP, import_kind_of_name("ntp"));
	EXPECT_EQ(IMPORT_OPENNTPD, import_kind_of_name("OpenNTPD"));
	EXPECT_EQ(IMPORT_UNKNOWN, import_kind_of_name("ntpdate"));
}

TEST(long_lines_and_strange_characters)
{
	struct reports reports;
	struct config *config;
	char text[4096];
	char *result;

	memset(text, 'x', sizeof(text));
	memcpy(text, "\033\001\r\n", 4);
	text[sizeof(text) - 1] = '\0';
	for (int kind = IMPORT_CHRONY; kind <= IMPORT_TIMESYNCD; kind++) {
		result = import((enum import_kind)kind, text);
		EXPECT_EQ(NULL, strchr(result, '\033'));
		EXPECT_NE(NULL, strstr(result, "the line is too long"));
		config = read_back(result, &reports);
		EXPECT_NE(NULL, config);
		config_free(config);
		free(result);
	}
}

/* The verb, with what it prints in @result. */
static int run_verb(const char *kind, const char *path, char *result, size_t size)
{
	struct cli cli = { .kind = kind };
	char name[64], *arguments[] = { name, NULL };
	FILE *out = tmpfile();
	int before = dup(STDOUT_FILENO);
	int status;
	size_t length;

	snprintf(name, sizeof(name), "%s", path ? path : "");
	fflush(stdout);
	if (!out || before < 0 || dup2(fileno(out), STDOUT_FILENO) < 0)
		abort();
	status = verb_import(&cli, path ? 1 : 0, arguments);
	fflush(stdout);
	dup2(before, STDOUT_FILENO);
	close(before);
	rewind(out);
	length = fread(result, 1, size - 1, out);
	result[length] = '\0';
	fclose(out);

	return status;
}

TEST(the_verb_reads_a_file)
{
	char path[] = "/tmp/test_import.XXXXXX";
	char result[4096];
	int fd = mkstemp(path);

	ASSERT_LE(0, fd);
	ASSERT_EQ(9, write(fd, "server a\n", 9));
	close(fd);
	/* It could be anybody's. */
	EXPECT_EQ(CLI_NOT, run_verb(NULL, path, result, sizeof(result)));
	EXPECT_STREQ("", result);
	EXPECT_EQ(CLI_OK, run_verb("chrony", path, result, sizeof(result)));
	EXPECT_NE(NULL, strstr(result, "# server a\nserver a\n"));
	EXPECT_EQ(CLI_ERROR, run_verb("ntpdate", path, result, sizeof(result)));
	unlink(path);
	EXPECT_EQ(CLI_NOT, run_verb(NULL, path, result, sizeof(result)));
	EXPECT_EQ(CLI_NOT, run_verb(NULL, "/", result, sizeof(result)));
	EXPECT_EQ(CLI_ERROR, run_verb(NULL, NULL, result, sizeof(result)));
}

/* No other program's words are asked for: what to write is said instead. */
TEST(toml_is_not_read)
{
	static const char toml[] = "[[source]]\nmode = \"server\"\naddress = \"a\"\n";
	char path[] = "/tmp/test_import.XXXXXX", result[64], said[1024] = "";
	int fd = mkstemp(path), before = dup(STDERR_FILENO);
	FILE *err = tmpfile();

	ASSERT_LE(0, fd);
	ASSERT_NE(NULL, err);
	ASSERT_EQ(strlen(toml), write(fd, toml, strlen(toml)));
	close(fd);
	dup2(fileno(err), STDERR_FILENO);
	EXPECT_EQ(CLI_NOT, run_verb(NULL, path, result, sizeof(result)));
	dup2(before, STDERR_FILENO);
	close(before);
	rewind(err);
	said[fread(said, 1, sizeof(said) - 1, err)] = '\0';
	fclose(err);
	unlink(path);
	EXPECT_STREQ("", result);
	EXPECT_NE(NULL, strstr(said, "is ntpd-rs', in TOML, which is not read here"))
		TH_LOG("%s", said);
	EXPECT_NE(NULL, strstr(said, "server ADDRESS iburst")) TH_LOG("%s", said);
}

/* As of a file that was edited elsewhere; timesyncd ignores it. */
TEST(a_byte_order_mark_is_no_part_of_the_first_line)
{
	static const struct {
		const char *text;
		const char *result;
	} files[] = {
		{ "\xef\xbb\xbf[Time]\nNTP=192.0.2.1\n", "\nserver 192.0.2.1 iburst" },
		{ "\xef\xbb\xbfserver 192.0.2.1\nrtcsync\n", "\nserver 192.0.2.1\n" },
		{ "\xef\xbb\xbfserver 192.0.2.1\nrestrict default\n", "\nserver 192.0.2.1\n" },
	};
	char result[4096];

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		char path[] = "/tmp/test_import.XXXXXX";
		size_t length = strlen(files[i].text);
		int fd = mkstemp(path);

		ASSERT_LE(0, fd);
		ASSERT_EQ(length, write(fd, files[i].text, length));
		close(fd);
		EXPECT_EQ(CLI_OK, run_verb(NULL, path, result, sizeof(result)));
		EXPECT_NE(NULL, strstr(result, files[i].result))
			TH_LOG("%s", result);
		unlink(path);
	}
}

TEST_HARNESS_MAIN
