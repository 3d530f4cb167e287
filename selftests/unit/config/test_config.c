// SPDX-License-Identifier: GPL-2.0-only
/*
 * Configuration: what each directive means, what is refused and how it is said.
 */
#include "user/config/config.h"

#include <stdio.h>
#include <string.h>

#include "selftests/unit/config_reports.h"
#include "selftests/unit/unit.h"
#include "user/lib/time_units.h"

/* The directives of Debian 12's default chrony.conf. */
static const char debian_conf[] =
	"confdir /etc/chrony/conf.d\n"
	"pool 2.debian.pool.ntp.org iburst\n"
	"sourcedir /run/chrony-dhcp\n"
	"sourcedir /etc/chrony/sources.d\n"
	"keyfile /etc/chrony/chrony.keys\n"
	"driftfile /var/lib/chrony/chrony.drift\n"
	"ntsdumpdir /var/lib/chrony\n"
	"#log tracking measurements statistics\n"
	"logdir /var/log/chrony\n"
	"maxupdateskew 100.0\n"
	"rtcsync\n"
	"makestep 1 3\n"
	"leapsectz right/UTC\n";

TEST(debian_chrony_conf_is_understood)
{
	struct reports reports;
	struct config *config = parse(debian_conf, &reports);

	ASSERT_NE(NULL, config);
	EXPECT_EQ(0, reports.errors);
	/* maxupdateskew has no effect; all else does what it says. */
	EXPECT_EQ(1, reports.warnings);
	EXPECT_STREQ("right/UTC", config->leap_zone);
	EXPECT_STREQ("", config->leap_file);
	ASSERT_EQ(1, config->source_count);
	EXPECT_EQ(CONFIG_POOL, config->sources[0].kind);
	EXPECT_STREQ("2.debian.pool.ntp.org", config->sources[0].options.name);
	EXPECT_TRUE(config->sources[0].options.iburst);
	EXPECT_EQ(4, config->sources[0].maxsources);
	EXPECT_STREQ("/var/lib/chrony/chrony.drift", config->driftfile);
	EXPECT_EQ(3600, config->driftfile_interval_s);
	EXPECT_EQ(NS_PER_S, config->discipline.step_threshold_ns);
	EXPECT_EQ(3, config->discipline.step_limit);
	config_free(config);
}

TEST(fallbackdrift_has_two_powers_of_two)
{
	struct reports reports;
	struct config *config = parse("fallbackdrift 16 19\n", &reports);

	ASSERT_NE(NULL, config);
	EXPECT_EQ(0, reports.errors + reports.warnings);
	EXPECT_EQ(16, config->discipline.fallback_least);
	EXPECT_EQ(19, config->discipline.fallback_most);
	config_free(config);
	config = parse("fallbackdrift 0 0\n", &reports);
	ASSERT_NE(NULL, config);
	EXPECT_EQ(0, config->discipline.fallback_most);
	config_free(config);
	/* Beyond what there is, the most there is. */
	config = parse("fallbackdrift 1 99\n", &reports);
	ASSERT_NE(NULL, config);
	EXPECT_EQ(1, reports.warnings);
	EXPECT_EQ(1, config->discipline.fallback_least);
	EXPECT_LT(1, config->discipline.fallback_most);
	config_free(config);
	/* The wrong way round. */
	config = parse("fallbackdrift 19 16\n", &reports);
	ASSERT_NE(NULL, config);
	EXPECT_NE(NULL, strstr(reports.message, "write 'fallbackdrift 16 19'"));
	EXPECT_EQ(0, config->discipline.fallback_most);
	config_free(config);
	/* None, for chronyd as well. */
	config = parse("fallbackdrift -1 5\n", &reports);
	ASSERT_NE(NULL, config);
	EXPECT_EQ(0, reports.errors + reports.warnings);
	EXPECT_EQ(0, config->discipline.fallback_most);
	config_free(config);
}

/* Lines of other distributions and clouds, and how many warnings each deserves. */
static const struct {
	const char *text;
	int warnings;
} elsewhere[] = {
	{ "pool ntp.ubuntu.com iburst maxsources 4", 0 },
	{ "server 169.254.169.123 prefer iburst minpoll 4 maxpoll 4", 0 },
	{ "server metadata.google.internal prefer iburst", 0 },
	{ "refclock PHC /dev/ptp_hyperv poll 3 dpoll -2 offset 0 stratum 2", 0 },
	{ "refclock PHC /dev/ptp_ena poll 0 delay 0.000010 prefer", 0 },
	{ "refclock PHC /dev/ptp0 poll 2", 0 },
	{ "refclock PHC /dev/ptp1:nocrossts poll 3 pps\nserver a", 0 },
	{ "leapsectz right/UTC\nrefclock PHC /dev/ptp1 tai", 0 },
	{ "refclock SHM 0 poll 3 refid GPS1", 0 },
	{ "refclock SHM 1:perm=0644 refid GPS2", 0 },
	{ "refclock SHM 1 rate 2000 width 1", 0 },
	{ "refclock SOCK /var/run/chrony.ttyS0.sock refid GPS1 poll 2 filter 4", 0 },
	{ "refclock SOCK /var/run/chrony.clk.ttyUSB0.sock refid GPS2 offset 0.2 delay 0.1", 0 },
	{ "refclock PPS /dev/pps0 lock NMEA refid GPS1\n"
	  "refclock SOCK /var/run/chrony.clk.ttyS0.sock offset 0.5 refid NMEA noselect", 0 },
	{ "refclock PPS /dev/pps1:clear refid GPS2\nserver a", 0 },
	{ "refclock PPS /dev/pps1:clear refid GPS2\nserver a nts", 0 },
	{ "refclock PPS /dev/pps1:clear refid GPS2\nserver a noselect", 1 },
	{ "refclock PPS /dev/pps1 refid GPS2", 1 },
	{ "refclock PPS /dev/pps0 lock NMEA rate 5 dpoll -3\nrefclock SHM 0 refid NMEA", 1 },
	{ "refclock SHM 0 lock NMEA\nrefclock SHM 1 refid NMEA", 1 },
	{ "server time.cloudflare.com iburst nts", 0 },
	{ "ntsdumpdir /var/lib/chrony", 0 },
	{ "authselectmode require", 0 },
	{ "leapseclist /usr/share/zoneinfo/leap-seconds.list", 0 },
	{ "makestep 1.0 -1", 0 },
	{ "cmdport 0", 0 },
	{ "port 0", 0 },
	{ "deny all", 0 },
	{ "noclientlog", 0 },
	{ "lock_all", 0 },
	{ "refclock SHM 0 poll 3 refid GPS", 0 },
	{ "peer 192.0.2.1 key 1", 2 },
	{ "hwtimestamp *", 0 },
	{ "bindcmdaddress 127.0.0.1", 0 },
	{ "smoothtime 400 0.01 leaponly", 1 },
	{ "tempcomp /sys/class/hwmon/hwmon0/temp2_input 30 26000 0.0 0.000183 0.0", 1 },
};

TEST(what_others_ship_is_understood)
{
	for (size_t i = 0; i < ARRAY_SIZE(elsewhere); i++) {
		struct reports reports;
		struct config *config = parse(elsewhere[i].text, &reports);

		EXPECT_NE(NULL, config)
			TH_LOG("%s: %s", elsewhere[i].text, reports.message);
		EXPECT_EQ(elsewhere[i].warnings, reports.warnings)
			TH_LOG("%s: %s", elsewhere[i].text, reports.message);
		config_free(config);
	}
}

TEST(defaults_are_chronys)
{
	struct config *config = config_new();

	ASSERT_NE(NULL, config);
	EXPECT_EQ(0, config->source_count);
	EXPECT_EQ(0, config->discipline.step_limit);
	EXPECT_EQ(0, config->discipline.maxchange_ns);
	EXPECT_EQ(3 * NS_PER_S, config->discipline.maxdistance_ns);
	EXPECT_EQ(1, config->discipline.maxclockerror * 1e6);
	EXPECT_EQ(0, config->minstratum);
	EXPECT_EQ(15, config->maxstratum);
	EXPECT_EQ(1, config->discipline.minsources);
	EXPECT_EQ(LEAP_SYSTEM, config->leap_mode);
	EXPECT_EQ(1209600, config->refresh_s);
	EXPECT_EQ(NS_PER_S, config->logchange_ns);
	EXPECT_STREQ("", config->driftfile);
	EXPECT_STREQ("", config->hostclock);
	EXPECT_EQ(0, config->host_maxerror_ns);
	EXPECT_EQ(CONFIG_RIVALS_WARN, config->rivals);
	config_free(config);
}

TEST(what_rivals_do_may_be_undone)
{
	struct reports reports;
	struct config *config = parse("rivals undo\n", &reports);

	ASSERT_NE(NULL, config);
	EXPECT_EQ(0, reports.warnings);
	EXPECT_EQ(CONFIG_RIVALS_UNDO, config->rivals);
	config_free(config);
}

/* Wherever the line stands. */
TEST(maxdistance_and_maxclockerror_are_each_sources)
{
	struct reports reports;
	struct config *config = parse("server a\nmaxdistance 5\nmaxclockerror 2\nserver b\n",
				      &reports);

	ASSERT_NE(NULL, config);
	ASSERT_EQ(2, config->source_count);
	EXPECT_EQ(5 * NS_PER_S, config->sources[0].options.maxdistance_ns);
	EXPECT_EQ(5 * NS_PER_S, config->sources[1].options.maxdistance_ns);
	EXPECT_EQ(2e-6, config->sources[0].options.maxclockerror);
	EXPECT_EQ(2e-6, config->sources[1].options.maxclockerror);
	config_free(config);
}

TEST(directives_with_values)
{
	struct reports reports;
	struct config *config;

	config = parse("maxchange 1000 1 2\nmaxclockerror 10\nmaxdistance 1.5\nmaxslewrate 500\n"
		       "maxdrift 1000\nminstratum 1\nmaxstratum 4\nrefresh 0\ndscp 46\n"
		       "bindacqaddress 192.0.2.7\nbindacqaddress 2001:db8::7\nbindacqdevice eth0\n"
		       "driftfile /d interval 60\nuser _chrony\npidfile /p\nkeyfile /k\n"
		       "logchange 0.5\nlock_all\nsched_priority 1\nhostclock kvm\n"
		       "makestep 0.1 -1\nhostmaxerror 0.01\nrivals yield\n", &reports);
	ASSERT_NE(NULL, config);
	EXPECT_EQ(0, reports.warnings);
	EXPECT_EQ(10000000, config->host_maxerror_ns);
	EXPECT_EQ(CONFIG_RIVALS_YIELD, config->rivals);
	EXPECT_EQ(1000 * NS_PER_S, config->discipline.maxchange_ns);
	EXPECT_EQ(1, config->discipline.maxchange_start);
	EXPECT_EQ(2, config->discipline.maxchange_ignore);
	EXPECT_EQ(10 / 1e6, config->discipline.maxclockerror);
	EXPECT_EQ(1500000000, config->discipline.maxdistance_ns);
	EXPECT_EQ(500 / 1e6, config->maxslewrate);
	EXPECT_EQ(1000 / 1e6, config->maxdrift);
	EXPECT_EQ(1, config->minstratum);
	EXPECT_EQ(4, config->maxstratum);
	EXPECT_EQ(0, config->refresh_s);
	EXPECT_EQ(46, config->dscp);
	EXPECT_STREQ("192.0.2.7", config->bind_address4);
	EXPECT_STREQ("2001:db8::7", config->bind_address6);
	EXPECT_STREQ("eth0", config->bind_device);
	EXPECT_STREQ("/d", config->driftfile);
	EXPECT_EQ(60, config->driftfile_interval_s);
	EXPECT_STREQ("_chrony", config->user);
	EXPECT_STREQ("/p", config->pidfile);
	EXPECT_STREQ("/k", config->keyfile);
	EXPECT_EQ(500000000, config->logchange_ns);
	EXPECT_TRUE(config->lock_all);
	EXPECT_EQ(1, config->sched_priority);
	EXPECT_STREQ("kvm", config->hostclock);
	EXPECT_EQ(100000000, config->discipline.step_threshold_ns);
	EXPECT_EQ(-1, config->discipline.step_limit);
	config_free(config);
}

TEST(step_policies)
{
	struct reports reports;
	struct config *config;

	config = parse("steppolicy disruption both step 0.01 86400\n"
		       "steppolicy boot backward ignore\n"
		       "steppolicy disruption backward slew 0.5\n", &reports);
	ASSERT_NE(NULL, config);
	ASSERT_EQ(3, config->rule_count);
	EXPECT_EQ(TRUECHIME_OCCASION_DISRUPTION, config->rules[0].occasion);
	EXPECT_EQ(TRUECHIME_DIRECTION_FORWARD, config->rules[0].direction);
	EXPECT_EQ(TRUECHIME_RULE_STEP, config->rules[0].rule);
	EXPECT_EQ(10000000, config->rules[0].threshold_ns);
	EXPECT_EQ(86400 * NS_PER_S, config->rules[0].maximum_ns);
	/* The later line replaced half of the first. */
	EXPECT_EQ(TRUECHIME_DIRECTION_BACKWARD, config->rules[1].direction);
	EXPECT_EQ(TRUECHIME_RULE_SLEW, config->rules[1].rule);
	EXPECT_EQ(500000000, config->rules[1].threshold_ns);
	EXPECT_EQ(0, config->rules[1].maximum_ns);
	EXPECT_EQ(TRUECHIME_OCCASION_BOOT, config->rules[2].occasion);
	config_free(config);
}

TEST(witnesses_are_as_they_are_unless_said)
{
	struct reports reports;
	struct config *config;

	config = parse("rtcsync\n", &reports);
	ASSERT_NE(NULL, config);
	EXPECT_FALSE(config->has_rtc);
	EXPECT_FALSE(config->no_ntp_jump);
	EXPECT_FALSE(config->ntp_jump);
	EXPECT_EQ(30 * 86400, config->max_ntp_jump_s);
	config_free(config);
	config = parse("rtcpolicy trust\nnontpjump\nntpjump\nmaxntpjump 3600\n", &reports);
	ASSERT_NE(NULL, config);
	EXPECT_TRUE(config->no_ntp_jump);
	EXPECT_TRUE(config->ntp_jump);
	EXPECT_EQ(3600, config->max_ntp_jump_s);
	EXPECT_TRUE(config->has_rtc);
	EXPECT_EQ(TRUECHIME_RTC_TRUST, config->rtc);
	config_free(config);
}

TEST(all_rules_fit)
{
	static const char *const occasions[] = { "boot", "disruption", "operator" };
	struct reports reports;
	struct config *config;
	char text[1024] = "";

	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 3; i++)
			snprintf(text + strlen(text), sizeof(text) - strlen(text),
				 "steppolicy %s both slew\n", occasions[i]);
	}
	config = parse(text, &reports);
	ASSERT_NE(NULL, config);
	EXPECT_EQ(CONFIG_RULES_MAX, config->rule_count);
	config_free(config);
}

/* What is wrong, in which line, and a word that has to be in the message. */
static const struct {
	const char *text;
	int line;
	const char *message;
} mistakes[] = {
	{ "servr ntp.example.net", 1, "did you mean 'server'?" },
	{ "makestpe 1 3", 1, "did you mean 'makestep'?" },
	{ "rtc_sync", 1, "did you mean 'rtcsync'?" },
	{ "xyzzyxyzzy", 1, "'xyzzyxyzzy' is not a directive" },
	{ "\n\n# comment\n  frobnicate", 4, "'frobnicate' is not a directive" },
	{ "server", 1, "'server' needs a value" },
	{ "server a minpol 6", 1, "did you mean 'minpoll'?" },
	{ "server a minpoll", 1, "'minpoll' needs a value" },
	{ "server a minpoll six", 1, "a whole number was expected" },
	{ "server a minpoll 6.5", 1, "a whole number was expected" },
	{ "server a port 0", 1, "it can be 1 to 65535" },
	{ "server a port 65536", 1, "out of range" },
	{ "server a offset nan", 1, "a number was expected" },
	{ "server a offset inf", 1, "a number was expected" },
	{ "server a offset 1e999", 1, "a number was expected" },
	{ "server a offset 1x", 1, "a number was expected" },
	{ "server a iburst # comment", 1, "a comment needs a line of its own" },
	{ "server a key 1.5", 1, "a whole number was expected" },
	{ "server a key 0", 1, "'key 0' is out of range" },
	{ "server a key 4294967296", 1, "it can be 1 to 4294967295" },
	{ "makestep 1", 1,
	  "'makestep' takes 2 values, not 1: write 'makestep THRESHOLD LIMIT'" },
	{ "fallbackdrift 16", 1, "write 'fallbackdrift LEAST MOST'" },
	{ "steppolicy boot", 1, "not 1: write 'steppolicy OCCASION DIRECTION RULE [THRESHOLD" },
	{ "allow 10.0.0.1 10.0.0.2 10.0.0.3", 1, "not 3: write 'allow [all] [NETWORK]'" },
	{ "xdp", 1, "'xdp' needs a value" },
	{ "makestep 1 3 # in seconds", 1, "a comment needs a line of its own" },
	{ "rtcsync ; every 11 minutes", 1, "a comment needs a line of its own" },
	{ "allow 10.0.0.0/8 # ours", 1, "a comment needs a line of its own" },
	{ "makestep 1 three", 1, "a whole number was expected" },
	{ "makestep 1s 3", 1, "makestep threshold '1s': seconds were expected" },
	{ "maxchange 1s 1 2", 1, "maxchange offset '1s': seconds were expected" },
	{ "maxchange 1 1.5 2", 1, "maxchange start '1.5': a whole number was expected" },
	{ "maxchange 1 2 3 4", 1, "takes 3 values" },
	{ "driftfile /d 60", 1, "interval" },
	{ "driftfile /d every 60", 1, "interval" },
	{ "rtcsync yes", 1, "takes no value" },
	{ "hostclock kvmm", 1, "auto, kvm or none" },
	{ "rivals fight", 1, "warn, undo, yield or ignore" },
	{ "hostclock vmclock", 1, "hostclock 'vmclock': auto, kvm or none was expected" },
	{ "steppolicy revert both step", 1, "boot, disruption or operator" },
	{ "steppolicy boot up step", 1, "forward, backward or both" },
	{ "steppolicy boot both jump", 1, "step, slew or ignore" },
	{ "steppolicy boot both step -1", 1, "seconds" },
	{ "rtcpolicy believe", 1, "ignore, hint or trust" },
	{ "authselectmode maybe", 1, "mix, require, prefer or ignore" },
	{ "bindacqaddress eth0", 1, "a numeric address" },
	{ "refclock GPS 0", 1, "use PHC, SHM, SOCK or PPS" },
	{ "refclock SHM /dev/shm", 1, "0 to 255" },
	{ "refclock SHM 256", 1, "0 to 255" },
	{ "refclock SHM 0.5", 1, "0 to 255" },
	{ "refclock SHM 0:perm=rw", 1, "permissions like 0600" },
	{ "refclock SHM 0:perm=01777", 1, "permissions like 0600" },
	{ "refclock SHM 0:perm", 1, "only 'perm=MODE'" },
	{ "refclock SOCK gps.sock", 1, "a path like /run/truechime" },
	{ "refclock SOCK /run/truechime/gps.sock:perm=0666", 1, "it has none" },
	{ "refclock PPS pps0", 1, "/dev/pps0" },
	{ "refclock PPS /dev/pps0:falling", 1, "only 'clear'" },
	{ "refclock PPS /dev/pps0 rate 0", 1, "it can be 1 to " },
	{ "refclock PHC ptp/eth0", 1, "/dev/ptp1" },
	{ "refclock PHC /dev/ptp0 tai", 0, "leapseclist" },
	{ "refclock PHC poll 20", 1, "before 'poll' the parameter of 'refclock PHC' is missing" },
	{ "refclock PHC", 1,
	  "the parameter of 'refclock PHC' is missing, as in 'refclock PHC eth0', " },
	{ "refclock", 1,
	  "'refclock' needs a driver and its parameter, as in 'refclock PHC eth0', " },
	{ "refclock GPS", 1, "use PHC, SHM, SOCK or PPS" },
	{ "refclock RTC", 1, "the parameter of 'refclock RTC' is missing" },
	{ "refclock PHC /dev/ptp0:crossts", 1, "'nocrossts'" },
	{ "refclock PHC /dev/ptp0 refid FIVES", 1, "too long" },
	{ "dscp 64", 1, "it can be 0 to 63" },
	{ "leapsecmode never", 1, "was expected" },
	{ "hostmaxerror 0", 1, "out of range" },
	{ "hostmaxerror 100us", 1, "a number was expected, in seconds and without a unit" },
	{ "hostmaxerror us", 1, "a number was expected" },
	{ "maxntpjump 30d", 1, "a whole number was expected, in seconds" },
	{ "peer a minpol 4", 1, "no option of 'peer'; did you mean 'minpoll'?" },
	{ "maxdistance far", 1, "a number was expected" },
	{ "fallbackdrift 1 x", 1, "a whole number was expected" },
	{ "fallbackdrift 1x 2", 1, "fallbackdrift minimum '1x': a whole number was expected" },
	{ "log everything", 1, "'everything'" },
	{ "\xef\xbb\xbfserver a", 1, "begins with a byte order mark" },
	{ "\xef\xbb\xbf# of chrony\nserver a", 1, "begins with a byte order mark" },
	{ "server a\n\xef\xbb\xbfserver b", 2, "is not a directive" },
};

TEST(mistakes_are_named)
{
	for (size_t i = 0; i < ARRAY_SIZE(mistakes); i++) {
		struct reports reports;
		struct config *config = parse(mistakes[i].text, &reports);

		EXPECT_EQ(NULL, config)
			TH_LOG("%s", mistakes[i].text);
		EXPECT_EQ(1, reports.errors)
			TH_LOG("%s", mistakes[i].text);
		EXPECT_EQ(mistakes[i].line, reports.line)
			TH_LOG("%s", mistakes[i].text);
		EXPECT_STREQ("test.conf", reports.file);
		EXPECT_NE(NULL, strstr(reports.message, mistakes[i].message))
			TH_LOG("%s: %s", mistakes[i].text, reports.message);
	}
}

static const struct {
	const char *text;
	const char *message;
} doubtful[] = {
	{ "refclock PHC /dev/ptp0 poll 20", "'poll 20' counts as 0: each reading" },
	{ "refclock PHC /dev/ptp0 poll 20 dpoll 12", "read less often: 'dpoll 20'" },
	{ "server https://a", "name the host alone, as 'a'" },
	{ "pool ntp://b.example:123/x iburst", "name the host alone, as 'b.example'" },
	{ "server 192.0.2.0/24", "name the host alone, as '192.0.2.0'" },
};

/* chronyd takes them in silence, and nothing comes of them. */
TEST(what_cannot_be_meant_is_named)
{
	for (size_t i = 0; i < ARRAY_SIZE(doubtful); i++) {
		struct reports reports;
		struct config *config = parse(doubtful[i].text, &reports);

		ASSERT_NE(NULL, config);
		EXPECT_LE(1, reports.warnings);
		EXPECT_NE(NULL, strstr(reports.message, doubtful[i].message))
			TH_LOG("%s: %s", doubtful[i].text, reports.message);
		config_free(config);
	}
}

/* Three of its five letters differ from 'log'. */
TEST(another_word_is_no_misspelling)
{
	struct reports reports;

	EXPECT_EQ(NULL, parse("bogus 1\n", &reports));
	EXPECT_STREQ("'bogus' is not a directive", reports.message);
}

TEST(every_mistake_is_reported_at_once)
{
	struct reports reports;

	EXPECT_EQ(NULL, parse("servr a\nserver a\nmakestep\nserver b minpol 3\n", &reports));
	EXPECT_EQ(3, reports.errors);
}

/* What chrony does and we do not, and what the warning has to name. */
static const struct {
	const char *text;
	const char *message;
} warned[] = {
	{ "allow client.example.net", "not looked up" },
	{ "allow 10.3.0.0/255.255.0.0", "no network such as 10.0.0.0/16" },
	{ "allow fe80::1%eth0", "no address" },
	{ "allow 192.168.1.*", "no address" },
	{ "allow 192.168.1.10-192.168.1.20", "no address" },
	{ "allow localhost", "not looked up" },
	{ "allow 3com.example.net.", "not looked up" },
	{ "broadcast 60 192.0.2.255", "name this server" },
	{ "log tracking measurements", "logdir /var/log/truechime" },
	{ "maxupdateskew 100", "uncertainty" },
	{ "server a extfield F323 version 3", "'extfield' has no effect: it needs version 4" },
	{ "server a extfield 10A", "'extfield 10A' has no effect: NTP over PTP" },
	{ "server a xleave version 3", "'xleave' has no effect: it needs version 4" },
	{ "server a minsamples 8", "weighed" },
	{ "server a maxdelaydevratio 2", "weighed" },
	{ "server a key 1", "'a' is not asked: its key 1 is in no file" },
};

TEST(what_has_no_effect_is_named)
{
	for (size_t i = 0; i < ARRAY_SIZE(warned); i++) {
		struct reports reports;
		struct config *config = parse(warned[i].text, &reports);

		EXPECT_NE(NULL, config)
			TH_LOG("%s", warned[i].text);
		EXPECT_EQ(1, reports.warnings)
			TH_LOG("%s", warned[i].text);
		EXPECT_NE(NULL, strstr(reports.message, warned[i].message))
			TH_LOG("%s: %s", warned[i].text, reports.message);
		config_free(config);
	}
}

/* chronyd makes the nearest possible value of them; so here, and the line counts. */
static const struct {
	const char *text;
	const char *message;
} limited[] = {
	{ "server a minpoll 99", "it can be -6 to 24, and counts as 24" },
	{ "server a minpoll -7", "it can be -6 to 24, and counts as -6" },
	{ "server a minpoll -8", "it can be -6 to 24, and counts as 6" },
	{ "server a maxpoll 25", "it can be -6 to 24, and counts as 24" },
	{ "pool a maxpoll -9", "it can be -6 to 24, and counts as 10" },
	{ "server a maxpoll 4", "'maxpoll 4' counts as 6, as 'minpoll' is 6" },
	{ "server a maxpoll 10 minpoll 12", "'maxpoll 10' counts as 12, as 'minpoll' is 12" },
	{ "clientloglimit 99999999999", "counts as 2147483648" },
	{ "clientloglimit -1", "counts as 2147483648" },
	{ "clientloglimit 5k", "'5k' counts as '5'" },
	{ "server a version 5", "counts as 4" },
	{ "server a maxdelay 2000", "counts as 1000" },
	{ "server a minstratum 16", "counts as 15" },
	{ "pool a maxsources 17", "counts as 16" },
	{ "refclock PHC /dev/ptp0 filter 0", "counts as 1" },
	{ "server a\nrefclock PPS /dev/pps0 tai", "they have no date" },
	{ "server a\nrefclock PPS /dev/pps0 width -1", "counts as 0" },
	{ "server a\nrefclock PPS /dev/pps0 maxlockage 0", "counts as 1" },
	{ "server a\nrefclock PPS /dev/pps0 lock NMEA", "'refid NMEA'" },
	{ "server a\nrefclock PPS /dev/pps0 lock GPS refid GPS", "no other refclock" },
	{ "maxdrift 500000", "counts as 100000" },
	{ "maxslewrate 1e6", "counts as 100000" },
	{ "maxdistance 100", "counts as 16" },
	{ "minsources 0", "counts as 1" },
	{ "sched_priority 100", "counts as 99" },
	{ "makestep -1 3", "counts as 0" },
	{ "maxchange 1e12 1 1", "counts as 1e+09" },
	{ "ratelimit interval 13", "counts as 12" },
	{ "ratelimit leak 0", "counts as 1" },
	{ "ratelimit burst 1000", "counts as 255" },
	{ "local distance -1", "counts as 0" },
	/* What follows a number it does not see. */
	{ "maxdistance 1.5s", "'1.5s' counts as '1.5'" },
	{ "logchange 0.5;", "'0.5;' counts as '0.5'" },
	{ "minsources 2.5", "'2.5' counts as '2'" },
	{ "makestep 1 3.5", "'3.5' counts as '3'" },
	{ "makestep 1 99999999999", "counts as 2147483647" },
	{ "maxchange 1 1 -99999999999", "counts as -2147483648" },
	{ "maxchange 1 1 2;", "'2;' counts as '2'" },
	{ "fallbackdrift 16 19s", "'19s' counts as '19'" },
	{ "driftfile /d interval 3600s", "'3600s' counts as '3600'" },
	{ "server a\ninitstepslew 30s", "'30s' counts as '30'" },
	{ "ntstrustedcerts 1x /c", "'1x' counts as '1'" },
};

TEST(what_chronyd_limits_is_limited)
{
	for (size_t i = 0; i < ARRAY_SIZE(limited); i++) {
		struct reports reports;
		struct config *config = parse(limited[i].text, &reports);

		EXPECT_NE(NULL, config)
			TH_LOG("%s: %s", limited[i].text, reports.message);
		EXPECT_EQ(1, reports.warnings)
			TH_LOG("%s", limited[i].text);
		EXPECT_NE(NULL, strstr(reports.message, limited[i].message))
			TH_LOG("%s: %s", limited[i].text, reports.message);
		config_free(config);
	}
}

/* What cannot be done is left out, and the rest counts. */
TEST(a_right_line_refuses_no_file)
{
	static const char *const lines[] = {
		"refclock RTC /dev/rtc0:utc", "refclock SHM 0 local",
		"refclock PHC /dev/ptp0:extpps:pin=1 width 0.2",
		"refclock PPS /dev/pps0 rate 5 width 0.2", "refclock PPS /dev/pps0 width 2",
		"refclock PPS /dev/pps0 rate 10000",
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct reports reports;
		struct config *config;
		char text[256], why[512];

		snprintf(text, sizeof(text), "%s\nserver a\nmakestep 1 3\n", lines[i]);
		config = parse(text, &reports);
		ASSERT_NE(NULL, config)
			TH_LOG("%s: %s", lines[i], reports.message);
		EXPECT_LE(1, reports.warnings);
		EXPECT_EQ(1, config->source_count);
		EXPECT_EQ(1, config->left_out);
		EXPECT_EQ(3, config->discipline.step_limit);
		EXPECT_TRUE(config_can_set_clock(config, why, sizeof(why)));
		config_free(config);
	}
}

TEST(a_peer_is_asked_as_a_server)
{
	struct reports reports;
	struct config *config = parse("peer a minpoll 4 maxpoll 5 prefer port 1123\n", &reports);

	ASSERT_NE(NULL, config);
	EXPECT_EQ(1, reports.warnings);
	EXPECT_NE(NULL, strstr(reports.message, "'allow'"));
	ASSERT_EQ(1, config->source_count);
	EXPECT_EQ(CONFIG_SERVER, config->sources[0].kind);
	EXPECT_STREQ("a", config->sources[0].options.name);
	EXPECT_EQ(4, config->sources[0].options.minpoll);
	EXPECT_EQ(5, config->sources[0].options.maxpoll);
	EXPECT_TRUE(config->sources[0].options.prefer);
	EXPECT_EQ(1123, config->sources[0].port);
	config_free(config);
}

/* As in chronyd. */
TEST(details_of_values)
{
	struct reports reports;
	struct config *config;

	config = parse("pidfile /p\npidfile /\nmaxchange 0 1 0\n", &reports);
	ASSERT_NE(NULL, config);
	EXPECT_EQ(0, reports.warnings);
	EXPECT_STREQ("", config->pidfile);
	EXPECT_EQ(1, config->discipline.maxchange_ns);
	config_free(config);
	config = parse("maxchange 1 -1 0\n", &reports);
	ASSERT_NE(NULL, config);
	EXPECT_EQ(0, config->discipline.maxchange_ns);
	config_free(config);
	config = parse("dumponexit what is more\nsourcedir\n", &reports);
	ASSERT_NE(NULL, config);
	EXPECT_EQ(1, reports.warnings);
	config_free(config);
}

TEST(authentication_is_not_weakened)
{
	static const struct {
		const char *mode;
		bool noselect;
	} modes[] = {
		{ "", false },
		{ "authselectmode mix\n", false },
		{ "authselectmode prefer\n", true },
		{ "authselectmode require\n", true },
		{ "authselectmode ignore\n", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		struct reports reports;
		struct config *config;
		char text[128];

		snprintf(text, sizeof(text), "%sserver a nts\nserver b\nrefclock PHC /dev/ptp0\n",
			 modes[i].mode);
		config = parse(text, &reports);
		ASSERT_NE(NULL, config);
		EXPECT_TRUE(config->sources[0].authenticated);
		EXPECT_FALSE(config->sources[1].authenticated);
		EXPECT_EQ(modes[i].noselect, config->sources[1].options.noselect)
			TH_LOG("%s", modes[i].mode);
		EXPECT_FALSE(config->sources[2].options.noselect);
		config_free(config);
	}
}

/* As chrony's manual has it, with a key: a, without b, and watched c. */
TEST(authentication_selects)
{
	static const struct {
		const char *mode;
		bool has_key;
		bool require;	/* a and the reference clock, so that b is used beside them only */
		bool noselect;	/* b */
		int warnings;
	} modes[] = {
		{ "", true, true, false, 0 },
		{ "", false, false, false, 0 },
		{ "authselectmode mix\n", true, true, false, 0 },
		{ "authselectmode mix\n", false, false, false, 0 },
		{ "authselectmode prefer\n", true, false, true, 1 },
		{ "authselectmode prefer\n", false, false, false, 0 },
		{ "authselectmode require\n", true, false, true, 1 },
		{ "authselectmode require\n", false, false, true, 1 },
		{ "authselectmode ignore\n", true, false, false, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		const struct config_source *sources;
		struct reports reports;
		struct config *config;
		char text[256];

		snprintf(text, sizeof(text),
			 "%skeyfile /k\nserver a %s\nserver b\nserver c key 1 noselect\n"
			 "refclock PHC /dev/ptp0\n", modes[i].mode,
			 modes[i].has_key ? "key 1" : "");
		config = parse(text, &reports);
		ASSERT_NE(NULL, config);
		EXPECT_EQ(modes[i].warnings, reports.warnings)
			TH_LOG("%zu: %s", i, reports.message);
		sources = config->sources;
		EXPECT_EQ(modes[i].require, sources[0].options.require)
			TH_LOG("%zu", i);
		EXPECT_EQ(modes[i].require, sources[0].options.trust);
		EXPECT_EQ(modes[i].require, sources[3].options.require);
		EXPECT_EQ(modes[i].require, sources[3].options.trust);
		EXPECT_EQ(modes[i].noselect, sources[1].options.noselect)
			TH_LOG("%zu", i);
		EXPECT_FALSE(sources[1].options.require);
		EXPECT_FALSE(sources[2].options.require);
		if (modes[i].has_key)
			EXPECT_FALSE(sources[0].options.noselect);
		EXPECT_FALSE(sources[3].options.noselect);
		config_free(config);
	}
}

TEST(without_authentication_nothing_changes)
{
	struct reports reports;
	struct config *config;

	config = parse("server a\nserver b nts noselect\n", &reports);
	ASSERT_NE(NULL, config);
	EXPECT_FALSE(config->sources[0].options.noselect);
	config_free(config);
	config = parse("server a\nauthselectmode require\n", &reports);
	ASSERT_NE(NULL, config);
	EXPECT_TRUE(config->sources[0].options.noselect);
	config_free(config);
}

/* As in chrony, which compares with 0 as with any other threshold. */
TEST(a_threshold_of_0_steps_whatever_the_error_is)
{
	struct reports reports;
	struct config *config = parse("makestep 0 3\n", &reports);

	ASSERT_NE(NULL, config);
	EXPECT_EQ(0, reports.warnings);
	EXPECT_LT(0, config->discipline.step_threshold_ns);
	EXPECT_GE(1, config->discipline.step_threshold_ns);
	EXPECT_EQ(3, config->discipline.step_limit);
	config_free(config);
}

/* chrony's word for makestep with a limit of one update, which makestep itself overrides. */
TEST(initstepslew_is_a_first_step)
{
	static const struct {
		const char *text;
		int64_t threshold_ns;
		int limit;
	} cases[] = {
		{ "server a\ninitstepslew 10 a\n", 10000000000, 1 },
		{ "initstepslew 0.5\n", 500000000, 1 },
		{ "initstepslew 0\n", 1, 1 },
		{ "initstepslew 10\nmakestep 1 3\n", 1000000000, 3 },
		{ "makestep 1 3\ninitstepslew 10\n", 1000000000, 3 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct reports reports;
		struct config *config = parse(cases[i].text, &reports);

		ASSERT_NE(NULL, config);
		EXPECT_EQ(0, reports.warnings);
		EXPECT_EQ(cases[i].threshold_ns, config->discipline.step_threshold_ns)
			TH_LOG("%s", cases[i].text);
		EXPECT_EQ(cases[i].limit, config->discipline.step_limit);
		config_free(config);
	}
}

/* Who is named by another line as well is asked for good. */
TEST(initstepslew_names_servers_for_the_start)
{
	struct reports reports;
	struct config *config = parse("initstepslew 10 A b b\nserver a\n", &reports);

	ASSERT_NE(NULL, config);
	EXPECT_EQ(0, reports.warnings);
	ASSERT_EQ(2, config->source_count);
	EXPECT_STREQ("a", config->sources[0].options.name);
	EXPECT_FALSE(config->sources[0].at_start);
	EXPECT_STREQ("b", config->sources[1].options.name);
	EXPECT_TRUE(config->sources[1].at_start);
	EXPECT_TRUE(config->sources[1].options.iburst);
	EXPECT_FALSE(config_source_equal(&config->sources[0], &config->sources[1]));
	config_free(config);
	/* Whatever line is the last. */
	config = parse("initstepslew 10 b\npool c\n", &reports);
	ASSERT_NE(NULL, config);
	ASSERT_EQ(2, config->source_count);
	EXPECT_EQ(CONFIG_SERVER, config->sources[1].kind);
	config_free(config);
	/* It is not authenticated, as the others are. */
	config = parse("authselectmode prefer\nkeyfile /k\nserver a key 1\ninitstepslew 10 b\n",
		       &reports);
	ASSERT_NE(NULL, config);
	ASSERT_EQ(2, config->source_count);
	EXPECT_TRUE(config->sources[1].options.noselect);
	config_free(config);
}

/* The first is Ubuntu 25.10's, whose servers are all authenticated. */
TEST(a_configuration_that_can_never_set_the_clock_is_known)
{
	static const struct {
		const char *text;
		bool can;
		const char *why;
	} cases[] = {
		{ "pool 1.ntp.ubuntu.com iburst maxsources 1 nts prefer\n"
		  "pool ntp-bootstrap.ubuntu.com iburst maxsources 1 nts certset 1\n",
		  true, NULL },
		{ "server a\nauthselectmode require\n", false,
		  "the only configured source cannot set the clock: it is only watched" },
		{ "server a noselect\n", false,
		  "the only configured source cannot set the clock: it is only watched" },
		{ "server a nts\nserver b noselect\n", true, NULL },
		{ "server a nts noselect\nserver b noselect\n", false, "none of the 2" },
		{ "server a nts\nserver b\n", true, NULL },
		{ "server a nts\nserver b key 1\n", true, NULL },
		{ "server a key 1 noselect\n", false,
		  "the only configured source cannot set the clock: it is only watched" },
		{ "server a nts\nrefclock PHC /dev/ptp0\n", true, NULL },
		{ "# the host's clock alone\n", true, NULL },
		{ "refclock RTC /dev/rtc0\n", false,
		  "the only configured source cannot set the clock: it cannot be done here" },
		{ "server a noselect\nrefclock RTC /dev/rtc0\n", false,
		  "none of the 2 configured sources can set the clock: 1 is only watched" },
	};
	char why[512];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct reports reports;
		struct config *config = parse(cases[i].text, &reports);

		ASSERT_NE(NULL, config);
		EXPECT_EQ(cases[i].can, config_can_set_clock(config, why, sizeof(why)))
			TH_LOG("%s", cases[i].text);
		if (cases[i].why)
			EXPECT_NE(NULL, strstr(why, cases[i].why))
				TH_LOG("%s", why);
		config_free(config);
	}
}

TEST(there_is_an_end_to_errors)
{
	struct reports reports;
	char text[4096];

	for (size_t i = 0; i < sizeof(text) - 1; i++)
		text[i] = i % 2 ? '\n' : 'x';
	text[sizeof(text) - 1] = '\0';
	EXPECT_EQ(NULL, parse(text, &reports));
	EXPECT_EQ(21, reports.errors);
	EXPECT_NE(NULL, strstr(reports.message, "too many errors"));
}

TEST(comments_and_blanks)
{
	struct reports reports;
	struct config *config;

	config = parse("! one\n; two\n# three\n% four\n\n \t\n\tserver\ta\r\n#", &reports);
	ASSERT_NE(NULL, config);
	EXPECT_EQ(0, reports.warnings);
	EXPECT_EQ(1, config->source_count);
	EXPECT_STREQ("a", config->sources[0].options.name);
	config_free(config);
}

TEST(lines_have_limits)
{
	struct reports reports;
	char text[8192];

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	EXPECT_EQ(NULL, parse(text, &reports));
	EXPECT_NE(NULL, strstr(reports.message, "too long"));

	memset(text, 0, sizeof(text));
	for (int i = 0; i < 200; i++)
		strcat(text, "a ");
	EXPECT_EQ(NULL, parse(text, &reports));
	EXPECT_NE(NULL, strstr(reports.message, "'a' is not a directive"));
}

/* As many words as a line has room for. */
TEST(a_line_may_have_many_words)
{
	struct reports reports;
	struct config *config;
	char text[2048] = "server a";

	while (strlen(text) < sizeof(text) - 16)
		strcat(text, " prefer");
	config = parse(text, &reports);
	ASSERT_NE(NULL, config);
	EXPECT_EQ(0, reports.warnings);
	EXPECT_TRUE(config->sources[0].options.prefer);
	config_free(config);
}

/* Neither is a mistake, and chronyd takes both. */
TEST(what_there_is_no_room_for_is_left_out)
{
	struct reports reports;
	struct config *config;
	char text[1024] = "server ";

	memset(text + 7, 'n', 300);
	strcpy(text + 307, "\nserver b\n");
	config = parse(text, &reports);
	ASSERT_NE(NULL, config);
	EXPECT_EQ(1, reports.warnings);
	EXPECT_NE(NULL, strstr(reports.message, "too long"));
	EXPECT_EQ(1, config->source_count);
	EXPECT_EQ(1, config->left_out);
	config_free(config);

	strcpy(text, "leapseclist /");
	memset(text + 13, 'n', 300);
	strcpy(text + 313, "\nserver b\n");
	config = parse(text, &reports);
	ASSERT_NE(NULL, config);
	EXPECT_EQ(1, reports.warnings);
	EXPECT_NE(NULL, strstr(reports.message, "too long"));
	EXPECT_STREQ("", config->leap_file);
	config_free(config);
}

TEST(zero_bytes_are_not_text)
{
	static const char text[] = "server a\0 nts\n";
	struct reports reports = { 0 };
	struct config *config = NULL;

	EXPECT_EQ(-EINVAL, config_from_text("test.conf", text, sizeof(text) - 1, false, keep_report,
					    &reports, &config));
	EXPECT_EQ(NULL, config);
	EXPECT_EQ(1, reports.errors);
}

TEST(reports_do_not_write_on_the_terminal)
{
	struct reports reports;

	EXPECT_EQ(NULL, parse("\033[31mserver\a", &reports));
	EXPECT_EQ(NULL, strchr(reports.message, '\033'));
	EXPECT_EQ(NULL, strchr(reports.message, '\a'));
}

TEST(nobody_need_listen)
{
	static const char wrong[] = "server a minsamples 8\nnonsense\n";
	struct config *config = NULL;

	EXPECT_EQ(-EINVAL, config_from_text("test", wrong, strlen(wrong), false, NULL, NULL,
					    &config));
	EXPECT_EQ(NULL, config);
	ASSERT_EQ(0, config_from_text("test", wrong, strcspn(wrong, "\n"), false, NULL, NULL,
				      &config));
	EXPECT_EQ(1, config->source_count);
	config_free(config);
}

TEST(network_cards)
{
	struct config *other;
	struct reports reports;
	struct config *config = parse("hwtimestamp eth1\nhwtimestamp *\n"
				      "hwtimestamp eth1 rxfilter ALL txcomp 3e-7 rxcomp -1e-9 nocrossts\n",
				      &reports);

	ASSERT_NE(NULL, config);
	EXPECT_EQ(0, reports.warnings + reports.errors);
	ASSERT_EQ(2, config->hardware_count);
	EXPECT_STREQ("eth1", config->hardware[0].interface);
	EXPECT_EQ(HARDWARE_FILTER_ALL, config->hardware[0].filter);
	EXPECT_EQ(300, config->hardware[0].transmit_ns);
	EXPECT_EQ(-1, config->hardware[0].receive_ns);
	EXPECT_TRUE(config->hardware[0].no_crosststamp);
	EXPECT_STREQ("*", config->hardware[1].interface);
	EXPECT_EQ(HARDWARE_FILTER_DEFAULT, config->hardware[1].filter);
	config_free(config);

	config = parse("hwtimestamp a_name_that_is_too_long\n"
		       "hwtimestamp a\nhwtimestamp b\nhwtimestamp c\nhwtimestamp d\n"
		       "hwtimestamp e\nhwtimestamp f\nhwtimestamp g\nhwtimestamp h\n"
		       "hwtimestamp i\nhwtimestamp h txcomp 1e-9\n", &reports);
	ASSERT_NE(NULL, config);
	EXPECT_EQ(2, reports.warnings);
	other = parse("hwtimestamp a\nhwtimestamp b\n", &reports);
	ASSERT_NE(NULL, other);
	EXPECT_TRUE(config_hardware_equal(config, config));
	EXPECT_FALSE(config_hardware_equal(config, other));
	config_free(other);
	EXPECT_EQ(8, config->hardware_count);
	EXPECT_EQ(1, config->hardware[7].transmit_ns);
	config_free(config);
}

TEST_HARNESS_MAIN
