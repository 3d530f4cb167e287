// SPDX-License-Identifier: GPL-2.0-only
/*
 * Configuration: each directive and each option that chronyd 4.0 to 4.8 knows, the few that its
 * next version has, and truechime's own, with an example and the verdict on it. None is missing
 * here, and what counts reads back as the same from what is printed of it.
 */
#include "user/config/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "selftests/unit/config_reports.h"
#include "selftests/unit/unit.h"

enum verdict {
	DONE,		/* as chrony's manual says */
	DIFFERENTLY,	/* with a warning that says how */
	NO_EFFECT,	/* with a warning that says why, and what to use */
	SILENT,		/* without effect, which deserves no warning */
	REFUSED,	/* an error */
};

/* A word, a right line with it, the verdict, and something that the report has to say. */
struct word {
	const char *name;
	const char *line;
	enum verdict verdict;
	const char *says;
};

static const struct word directives[] = {
	{ "acquisitionport", "acquisitionport 1123", DONE, NULL },
	{ "allow", "allow 192.0.2.0/24", DONE, NULL },
	{ "authselectmode", "authselectmode ignore", DONE, NULL },
	{ "bindacqaddress", "bindacqaddress 192.0.2.1", DONE, NULL },
	{ "bindacqdevice", "bindacqdevice eth0", DONE, NULL },
	{ "bindaddress", "bindaddress 192.0.2.1", DONE, NULL },
	{ "bindcmdaddress", "bindcmdaddress /run/chronyd.sock", DONE, NULL },
	{ "bindcmddevice", "bindcmddevice eth0", DONE, NULL },
	{ "binddevice", "binddevice eth0", DONE, NULL },
	{ "broadcast", "broadcast 60 192.0.2.255", NO_EFFECT, "authenticated" },
	{ "clientloglimit", "clientloglimit 1048576", DONE, NULL },
	{ "clockprecision", "clockprecision 1e-7", NO_EFFECT, "noise" },
	{ "cmdallow", "cmdallow all 192.0.2.0/24", DONE, NULL },
	{ "cmddeny", "cmddeny", DONE, NULL },
	{ "cmdport", "cmdport 0", DONE, NULL },
	{ "cmdratelimit", "cmdratelimit interval -4 burst 16 leak 2", DONE, NULL },
	{ "combinelimit", "combinelimit 3", NO_EFFECT, "uncertainty" },
	{ "commandkey", "commandkey 1", NO_EFFECT, "no longer" },
	{ "confdir", "confdir /nowhere/a /nowhere/b", DONE, NULL },
	{ "corrtimeratio", "corrtimeratio 3.0", NO_EFFECT, "maxslewrate" },
	{ "deny", "deny all", DONE, NULL },
	{ "driftfile", "driftfile /var/lib/chrony/drift interval 60", DONE, NULL },
	{ "dscp", "dscp 46", DONE, NULL },
	{ "dumpdir", "dumpdir /var/lib/chrony", NO_EFFECT, "driftfile" },
	{ "dumponexit", "dumponexit", SILENT, "no longer" },
	{ "fallbackdrift", "fallbackdrift 16 19", DONE, NULL },
	{ "generatecommandkey", "generatecommandkey", NO_EFFECT, "no longer" },
	{ "hwclockfile", "hwclockfile /etc/adjtime", NO_EFFECT, "rtcsync" },
	{ "hwtimestamp", "hwtimestamp eth0 minpoll -2 precision 1e-7 rxfilter ntp nocrossts",
	  DONE, NULL },
	{ "hwtstimeout", "hwtstimeout 0.002", SILENT, "not awaited" },
	{ "include", "include /nowhere/*.conf", DONE, NULL },
	{ "initstepslew", "initstepslew 30 a b", DONE, NULL },
	{ "keyfile", "keyfile /etc/chrony/chrony.keys", DONE, NULL },
	{ "leapseclist", "leapseclist /usr/share/zoneinfo/leap-seconds.list", DONE, NULL },
	{ "leapsecmode", "leapsecmode slew", DONE, NULL },
	{ "leapsectz", "leapsectz right/UTC", DONE, NULL },
	{ "linux_freq_scale", "linux_freq_scale 0.99", NO_EFFECT, "no longer" },
	{ "linux_hz", "linux_hz 100", NO_EFFECT, "no longer" },
	{ "local", "local stratum 10 distance 0.5 activate 0.1", DONE, NULL },
	{ "lock_all", "lock_all", DONE, NULL },
	{ "log", "logdir /l\nlog rawmeasurements measurements statistics selection tracking", DONE,
	  NULL },
	{ "logbanner", "logbanner 32", DONE, NULL },
	{ "logchange", "logchange 0.1", DONE, NULL },
	{ "logdir", "logdir /var/log/chrony", DONE, NULL },
	{ "mailonchange", "mailonchange root@localhost 0.5", NO_EFFECT, "events" },
	{ "makestep", "makestep 0.1 3", DONE, NULL },
	{ "manual", "manual", DONE, NULL },
	{ "maxchange", "maxchange 1000 1 2", DONE, NULL },
	{ "maxclockerror", "maxclockerror 10", DONE, NULL },
	{ "maxdistance", "maxdistance 1.0", DONE, NULL },
	{ "maxdrift", "maxdrift 100", DONE, NULL },
	{ "maxjitter", "maxjitter 1.0", NO_EFFECT, "uncertainty" },
	{ "maxntsconnections", "maxntsconnections 100", DONE, NULL },
	{ "maxsamples", "maxsamples 64", NO_EFFECT, "uncertainty" },
	{ "maxslewrate", "maxslewrate 83333.333", DONE, NULL },
	{ "maxstratum", "maxstratum 4", DONE, NULL },
	{ "maxtxbuffers", "maxtxbuffers 1024", SILENT, "answers" },
	{ "maxupdateskew", "maxupdateskew 100.0", NO_EFFECT, "uncertainty" },
	{ "minsamples", "minsamples 6", NO_EFFECT, "uncertainty" },
	{ "minsources", "minsources 2", DONE, NULL },
	{ "minstratum", "minstratum 1", DONE, NULL },
	{ "nocerttimecheck", "nocerttimecheck 1", DONE, NULL },
	{ "noclientlog", "noclientlog", DONE, NULL },
	{ "nosystemcert", "nosystemcert", DONE, NULL },
	{ "ntpsigndsocket", "ntpsigndsocket /var/lib/samba/ntp_signd", SILENT, "" },
	{ "ntsaeads", "ntsaeads 30 15", DONE, NULL },
	{ "ntscachedir", "ntscachedir /var/lib/chrony", DONE, NULL },
	{ "ntsdumpdir", "ntsdumpdir /var/lib/chrony", DONE, NULL },
	{ "ntsntpserver", "ntsntpserver ntp.example.net", DONE, NULL },
	{ "ntsport", "ntsport 4460", DONE, NULL },
	{ "ntsprocesses", "ntsprocesses 2", DONE, NULL },
	{ "ntsratelimit", "ntsratelimit interval 3 burst 1", DONE, NULL },
	{ "ntsrefresh", "ntsrefresh 2419200", DONE, NULL },
	{ "ntsrotate", "ntsrotate 604800", DONE, NULL },
	{ "ntsservercert", "allow\nntsservercert /a.crt\nntsserverkey /a.key", DONE, NULL },
	{ "ntsserverkey", "allow\nntsserverkey /a.key\nntsservercert /a.crt", DONE, NULL },
	{ "ntstrustedcerts", "ntstrustedcerts 1 /etc/nts/ca.crt", DONE, NULL },
	{ "opencommands", "opencommands tracking sources", DONE, NULL },
	{ "peer", "peer a key 1 minpoll 4", DIFFERENTLY, NULL },
	{ "pidfile", "pidfile /run/chrony/chronyd.pid", DONE, NULL },
	{ "pool", "pool pool.ntp.org iburst maxsources 3", DONE, NULL },
	{ "port", "port 0", DONE, NULL },
	{ "ptpdomain", "ptpdomain 123", SILENT, "ptpport" },
	{ "ptpport", "ptpport 319", NO_EFFECT, "ptp4l" },
	{ "ratelimit", "ratelimit interval 1 burst 16 leak 3 kod 2", DONE, NULL },
	{ "refclock", "refclock PHC /dev/ptp0 poll 3 dpoll -2 offset 0", DONE, NULL },
	{ "refresh", "refresh 86400", DONE, NULL },
	{ "reselectdist", "reselectdist 0.0001", NO_EFFECT, "uncertainty" },
	{ "rtcautotrim", "rtcautotrim 30", NO_EFFECT, "rtcsync" },
	{ "rtcdevice", "rtcdevice /dev/rtc1", SILENT, "rtcsync" },
	{ "rtcfile", "rtcfile /var/lib/chrony/rtc", NO_EFFECT, "rtcsync" },
	{ "rtconutc", "rtconutc", NO_EFFECT, "rtcsync" },
	{ "rtcsync", "rtcsync", DONE, NULL },
	{ "sched_priority", "sched_priority 1", DONE, NULL },
	{ "server", "server ntp.example.net iburst", DONE, NULL },
	{ "smoothtime", "smoothtime 400 0.01 leaponly", NO_EFFECT, "leapsecmode" },
	{ "sourcedir", "sourcedir /nowhere", DONE, NULL },
	{ "stratumweight", "stratumweight 0.001", DONE, NULL },
	{ "tempcomp", "tempcomp /sys/temp 30 26000 0.0 0.000183 0.0", NO_EFFECT, "learned" },
	{ "user", "user _chrony", DONE, NULL },

	/* truechime's own. */
	{ "hostclock", "hostclock kvm", DONE, NULL },
	{ "hostmaxerror", "hostmaxerror 0.01", DONE, NULL },
	{ "maxntpjump", "maxntpjump 3600", DONE, NULL },
	{ "nontpjump", "nontpjump", DONE, NULL },
	{ "ntpjump", "ntpjump", DONE, NULL },
	{ "rivals", "rivals yield", DONE, NULL },
	{ "rtcpolicy", "rtcpolicy trust", DONE, NULL },
	{ "steppolicy", "steppolicy disruption both step 0.01 86400", DONE, NULL },
	{ "xdp", "xdp eth0 generic", DONE, NULL },
};

/* server, pool and peer have the same. */
static const struct word server_options[] = {
	{ "asymmetry", "server a asymmetry 0.5", DONE, NULL },
	{ "auto_offline", "server a auto_offline", DONE, NULL },
	{ "burst", "server a burst", DONE, NULL },
	{ "certset", "server a certset 1", DONE, NULL },
	{ "copy", "server a copy", DONE, NULL },
	{ "extfield", "server a extfield F323", DONE, NULL },
	{ "filter", "server a filter 5", DIFFERENTLY, "weighed" },
	{ "iburst", "server a iburst", DONE, NULL },
	{ "ipv4", "server a ipv4", DONE, NULL },
	{ "ipv6", "server a ipv6", DONE, NULL },
	{ "key", "server a key 1", DONE, NULL },
	{ "maxdelay", "server a maxdelay 0.1", DONE, NULL },
	{ "maxdelaydevratio", "server a maxdelaydevratio 10.0", DIFFERENTLY, "weighed" },
	{ "maxdelayquant", "server a maxdelayquant 0.2", DIFFERENTLY, "weighed" },
	{ "maxdelayratio", "server a maxdelayratio 2", DONE, NULL },
	{ "maxpoll", "server a maxpoll 7", DONE, NULL },
	{ "maxsamples", "server a maxsamples 1", DONE, NULL },
	{ "maxsources", "pool a maxsources 2", DONE, NULL },
	{ "maxunreach", "server a maxunreach 100", DONE, NULL },
	{ "mindelay", "server a mindelay 0.001", DONE, NULL },
	{ "minpoll", "server a minpoll 4", DONE, NULL },
	{ "minsamples", "server a minsamples 6", DIFFERENTLY, "weighed" },
	{ "minstratum", "server a minstratum 3", DONE, NULL },
	{ "noselect", "server a noselect", DONE, NULL },
	{ "nts", "server a nts", DONE, NULL },
	{ "ntsport", "server a ntsport 4460", DONE, NULL },
	{ "offline", "server a offline", DONE, NULL },
	{ "offset", "server a offset -0.00005", DONE, NULL },
	{ "polltarget", "server a polltarget 8", DONE, NULL },
	{ "port", "server a port 11123", DONE, NULL },
	{ "prefer", "server a prefer", DONE, NULL },
	{ "presend", "server a presend 9", DONE, NULL },
	{ "require", "server a require", DONE, NULL },
	{ "trust", "server a trust", DONE, NULL },
	{ "version", "server a version 3", DONE, NULL },
	{ "xleave", "server a xleave", DONE, NULL },
};

static const struct word refclock_options[] = {
	{ "delay", "refclock PHC /dev/ptp0 delay 1e-5", DONE, NULL },
	{ "dpoll", "refclock PHC /dev/ptp0 dpoll -2", DONE, NULL },
	{ "filter", "refclock PHC /dev/ptp0 filter 16", DONE, NULL },
	{ "local", "refclock PHC /dev/ptp0 local", NO_EFFECT, "left out" },
	{ "lock", "refclock PPS /dev/pps0 lock GPS\nrefclock SHM 0 refid GPS", DONE, NULL },
	{ "maxdispersion", "refclock PHC /dev/ptp0 maxdispersion 0.1", DIFFERENTLY, "weighed" },
	{ "maxlockage", "refclock PHC /dev/ptp0 maxlockage 2", DONE, NULL },
	{ "maxsamples", "refclock PHC /dev/ptp0 maxsamples 16", DIFFERENTLY, "weighed" },
	{ "maxunreach", "refclock PHC /dev/ptp0 maxunreach 100", DONE, NULL },
	{ "minsamples", "refclock PHC /dev/ptp0 minsamples 6", DIFFERENTLY, "weighed" },
	{ "noselect", "refclock PHC /dev/ptp0 noselect", DONE, NULL },
	{ "offset", "refclock PHC /dev/ptp0 offset -37", DONE, NULL },
	{ "poll", "refclock PHC /dev/ptp0 poll -2 dpoll -3", DONE, NULL },
	{ "pps", "refclock SHM 0 pps", DONE, NULL },
	{ "precision", "refclock PHC /dev/ptp0 precision 1e-6", DONE, NULL },
	{ "prefer", "refclock PHC /dev/ptp0 prefer", DONE, NULL },
	{ "rate", "refclock PPS /dev/pps0 rate 5", DONE, NULL },
	{ "refid", "refclock PHC /dev/ptp0 refid GPS", DONE, NULL },
	{ "require", "refclock PHC /dev/ptp0 require", DONE, NULL },
	{ "stratum", "refclock PHC /dev/ptp0 stratum 2", DONE, NULL },
	{ "tai", "refclock PHC /dev/ptp0 tai\nleapsectz right/UTC", DONE, NULL },
	{ "trust", "refclock PHC /dev/ptp0 trust", DONE, NULL },
	{ "width", "refclock PPS /dev/pps0 width 0.1", DONE, NULL },
};

/* chrony's drivers, and their own options. */
static const struct word drivers[] = {
	{ "PHC", "refclock PHC /dev/ptp0", DONE, NULL },
	{ "nocrossts", "refclock PHC /dev/ptp0:nocrossts", DONE, NULL },
	{ "extpps", "refclock PHC /dev/ptp0:extpps:pin=1:channel=0:clear width 0.2", NO_EFFECT,
	  "left out" },
	{ "SHM", "refclock SHM 0:perm=0644 refid GPS1", DONE, NULL },
	{ "SOCK", "refclock SOCK /run/chrony.ttyS0.sock offset 0.5 delay 0.2 refid NMEA noselect",
	  DONE, NULL },
	{ "PPS", "refclock PPS /dev/pps0:clear refid GPS1", DONE, NULL },
	{ "RTC", "refclock RTC /dev/rtc0:utc", NO_EFFECT, "left out" },
};

/* Words that are values of directives. */
static const struct word values[] = {
	{ "mix", "authselectmode mix", DONE, NULL },
	{ "require", "authselectmode require", DONE, NULL },
	{ "prefer", "authselectmode prefer", DONE, NULL },
	{ "system", "leapsecmode system", DONE, NULL },
	{ "step", "leapsecmode step", DONE, NULL },
	{ "ignore", "leapsecmode ignore", DONE, NULL },
	{ "refclocks", "log refclocks\nlogdir /l", DONE, NULL },
	{ "rtc", "log rtc", DIFFERENTLY, "RTC" },
	{ "tempcomp", "log tempcomp", DIFFERENTLY, "temperature" },
	{ "log", "log", DONE, NULL },
	{ "all", "hwtimestamp * rxfilter all maxpoll 1 minsamples 2 maxsamples 16", DONE, NULL },
	{ "txcomp", "hwtimestamp eth0 txcomp 300e-9 rxcomp 645e-9", DONE, NULL },
	{ "points", "tempcomp /sys/temp 30 /etc/chrony.points", NO_EFFECT, "learned" },
	{ "all", "cmdallow all", DONE, NULL },
	{ "ntsratelimit without options", "ntsratelimit", DONE, NULL },
	{ "all of ntsratelimit", "ntsratelimit interval -2 burst 9 leak 4", DONE, NULL },
	{ "maxchange that never holds", "maxchange 1 -1 5", DONE, NULL },
	{ "no stratumweight", "stratumweight 0", DONE, NULL },
	{ "negative stratumweight", "stratumweight -1", DIFFERENTLY, "counts as" },
	{ "F324", "server a extfield F324", DIFFERENTLY, "NTP over PTP" },
	{ "10A", "server a extfield 10A extfield f323", DIFFERENTLY, "NTP over PTP" },
	{ "extfield of NTPv3", "server a extfield F323 version 3", DIFFERENTLY, "needs version 4" },
	{ "orphan", "local orphan waitsynced 10 waitunsynced 60", DONE, NULL },
	{ "none", "opencommands", DONE, NULL },
	{ "none", "ntsaeads", DIFFERENTLY, "15" },
};

/* Lines that change what others mean. */
static const struct word mixtures[] = {
	{ "mix", "keyfile /k\nserver a key 1\nserver b prefer\nserver c noselect", DONE, NULL },
	{ "mix", "keyfile /k\nserver a key 1\nserver b\nrefclock SHM 0\ninitstepslew 9 c", DONE,
	  NULL },
	{ "require", "authselectmode require\nserver a\ninitstepslew 1 c", DONE, NULL },
	{ "require", "authselectmode require\nserver a nts require\nserver b trust", DONE, NULL },
	{ "prefer", "server a nts trust\npool b\nauthselectmode prefer", DONE, NULL },
	{ "makestep", "makestep 1 3\ninitstepslew 9 c d\nserver d", DONE, NULL },
	{ "port", "allow\nport 0\nratelimit\nnoclientlog\nclientloglimit 5", DONE, NULL },
	{ "deny", "allow\ndeny name", DIFFERENTLY, "nobody is served" },
	{ "cmddeny", "cmdallow\ncmddeny name", DIFFERENTLY, "only this machine" },
	{ "log", "log measurements tracking\nlog rawmeasurements\nlogbanner 0\nlogdir /l", DONE,
	  NULL },
	{ "rivals", "rivals yield\nhostclock kvm\nrtcpolicy trust\nnontpjump", DONE, NULL },
	{ "leaps", "leapsecmode ignore\nleapsectz right/UTC\nrefclock PHC /dev/ptp0 tai", DONE,
	  NULL },
	{ "refids", "refclock SHM 1\nrefclock PPS /dev/pps0 lock SHM0 refid A", DONE, NULL },
	{ "bind",
	  "bindaddress ::1\nbindcmdaddress /\npidfile /\nbindacqaddress ::ffff:1.2.3.4", DONE,
	  NULL },
	{ "fallbackdrift", "fallbackdrift 0 9\ndriftfile /d interval 0", DONE, NULL },
};

/* The worst that was said, and how it was put. */
struct said {
	enum verdict verdict;
	char message[512];
};

static void note(void *context, enum config_severity severity, const char *file, int line,
		 const char *message)
{
	static const enum verdict verdicts[] = {
		[CONFIG_WARNING] = DIFFERENTLY, [CONFIG_NO_EFFECT] = NO_EFFECT,
		[CONFIG_SKIPPED] = NO_EFFECT, [CONFIG_NOTE] = SILENT,
		[CONFIG_ERROR] = REFUSED, [CONFIG_LINE] = DONE,
	};
	struct said *said = context;

	/* What is said in the end is about no line. */
	if (severity == CONFIG_LINE || !line)
		return;
	said->verdict = verdicts[severity];
	snprintf(said->message, sizeof(said->message), "%s", message);
}

static struct config *explain(const char *text, struct said *said)
{
	struct config *config = NULL;

	*said = (struct said) { .verdict = DONE };
	config_explain("test.conf", text, true, note, said, &config);

	return config;
}

static bool is_local_same(const struct config_local *one, const struct config_local *other)
{
	return one->enabled == other->enabled && one->stratum == other->stratum &&
	       one->orphan == other->orphan && one->distance_ns == other->distance_ns &&
	       one->activate_ns == other->activate_ns &&
	       one->wait_synced_ns == other->wait_synced_ns &&
	       one->wait_unsynced_ns == other->wait_unsynced_ns;
}

/* Sources and server by their own functions; all else began as zeroes in both. */
static bool is_chronyc_same(const struct config_chronyc *one, const struct config_chronyc *other)
{
	const struct client_limit *a = &one->limit, *b = &other->limit;

	if (one->rule_count != other->rule_count)
		return false;
	for (size_t i = 0; i < one->rule_count; i++) {
		const struct access_rule *rule = &one->rules[i], *second = &other->rules[i];

		if (!net_address_equal(&rule->network, &second->network) ||
		    rule->prefix != second->prefix || rule->allow != second->allow ||
		    rule->all != second->all)
			return false;
	}

	return one->port == other->port && !strcmp(one->bind_address4, other->bind_address4) &&
	       !strcmp(one->bind_address6, other->bind_address6) &&
	       !strcmp(one->bind_device, other->bind_device) && !strcmp(one->path, other->path) &&
	       a->enabled == b->enabled && a->interval_ns == b->interval_ns &&
	       a->burst == b->burst && a->leak == b->leak && a->kod == b->kod &&
	       one->limit_interval == other->limit_interval && one->open == other->open;
}

static bool is_said_same(const struct config_said *one, const struct config_said *other)
{
	return one->trust == other->trust && one->require == other->require &&
	       one->noselect == other->noselect;
}

static bool is_same(const struct config *one, const struct config *other)
{
	const size_t from = offsetof(struct config, discipline);
	const size_t server = offsetof(struct config, server);
	const size_t rest = offsetof(struct config, chronyc) + sizeof(one->chronyc);

	for (size_t i = 0; i < CONFIG_SOURCES_MAX; i++) {
		if (!config_source_equal(&one->sources[i], &other->sources[i]) ||
		    !is_said_same(&one->sources[i].said, &other->sources[i].said))
			return false;
	}

	return one->authselect == other->authselect && one->rivals == other->rivals &&
	       one->source_count == other->source_count &&
	       config_server_equal(&one->server, &other->server) &&
	       is_local_same(&one->server.local, &other->server.local) &&
	       is_chronyc_same(&one->chronyc, &other->chronyc) &&
	       !memcmp((const char *)one + from, (const char *)other + from, server - from) &&
	       !memcmp((const char *)one + rest, (const char *)other + rest,
		       sizeof(*one) - rest);
}

static void check_word(struct __test_metadata *_metadata, const struct word *word)
{
	struct config *config, *again;
	struct said said;
	char *text;

	config = explain(word->line, &said);
	EXPECT_EQ(word->verdict, said.verdict)
		TH_LOG("%s: %s", word->line, said.message);
	if (word->says)
		EXPECT_NE(NULL, strstr(said.message, word->says))
			TH_LOG("%s: %s", word->line, said.message);
	/* Nothing that chronyd starts with keeps truechimed from starting. */
	ASSERT_NE(NULL, config)
		TH_LOG("%s: %s", word->line, said.message);

	text = printed(config);
	again = explain(text, &said);
	ASSERT_NE(NULL, again)
		TH_LOG("%s", said.message);
	EXPECT_TRUE(is_same(config, again))
		TH_LOG("%s reads back as another from:\n%s", word->line, text);
	config_free(config);
	config_free(again);
	free(text);
}

TEST(each_word_has_its_verdict)
{
	for (size_t i = 0; i < ARRAY_SIZE(directives); i++)
		check_word(_metadata, &directives[i]);
	for (size_t i = 0; i < ARRAY_SIZE(server_options); i++)
		check_word(_metadata, &server_options[i]);
	for (size_t i = 0; i < ARRAY_SIZE(refclock_options); i++)
		check_word(_metadata, &refclock_options[i]);
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
		check_word(_metadata, &drivers[i]);
	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		check_word(_metadata, &values[i]);
	for (size_t i = 0; i < ARRAY_SIZE(mixtures); i++)
		check_word(_metadata, &mixtures[i]);
}

/* One of the words that the reader knows and this test does not, or NULL. */
static const char *unknown_word(const struct config_option *table, size_t count,
				const struct word *words, size_t word_count)
{
	for (size_t i = 0; i < count; i++) {
		size_t w = 0;

		while (w < word_count && strcmp(words[w].name, table[i].name))
			w++;
		if (w == word_count)
			return table[i].name;
	}

	return NULL;
}

TEST(no_word_of_the_reader_is_missing_here)
{
	const struct config_option *table;
	size_t count;

	table = config_directives(&count);
	EXPECT_EQ(ARRAY_SIZE(directives), count);
	EXPECT_EQ(NULL, unknown_word(table, count, directives, ARRAY_SIZE(directives)));
	table = config_server_options(&count);
	EXPECT_EQ(ARRAY_SIZE(server_options), count);
	EXPECT_EQ(NULL, unknown_word(table, count, server_options, ARRAY_SIZE(server_options)));
	table = config_refclock_options(&count);
	EXPECT_EQ(ARRAY_SIZE(refclock_options), count);
	EXPECT_EQ(NULL, unknown_word(table, count, refclock_options,
				     ARRAY_SIZE(refclock_options)));
}

/* Case does not matter, as in chronyd. */
TEST(words_in_capitals_are_the_same)
{
	for (size_t i = 0; i < ARRAY_SIZE(directives); i++) {
		struct config *config;
		struct said said;
		char line[256];

		snprintf(line, sizeof(line), "%s", directives[i].line);
		for (size_t c = 0; line[c] && line[c] != ' '; c++)
			line[c] = (char)(line[c] >= 'a' && line[c] <= 'z' ? line[c] - 32 : line[c]);
		config = explain(line, &said);
		EXPECT_EQ(directives[i].verdict, said.verdict)
			TH_LOG("%s: %s", line, said.message);
		config_free(config);
	}
}

/* Wrong for chronyd, although nothing would come of them: where it does not start, nor do we. */
static const char *const wrong[] = {
	"acquisitionport", "acquisitionport x", "clockprecision", "clockprecision fine",
	"combinelimit 1 2", "cmdallow all 192.0.2.1 x", "cmdratelimit interval",
	"cmdratelimit interval x", "cmdratelimit often 3", "cmdratelimit kod 2",
	"bindcmdaddress localhost", "broadcast", "broadcast 60", "broadcast 60 host",
	"broadcast often 192.0.2.255", "broadcast 60 192.0.2.255 x", "cmdport x",
	"cmdallow 192.0.2.1/33", "dumpdir", "hwtimestamp",
	"hwtimestamp eth0 fast", "hwtimestamp eth0 minpoll", "hwtimestamp eth0 rxfilter some",
	"hwtstimeout", "log everything", "logbanner x", "logdir", "logdir a b", "mailonchange root",
	"mailonchange root x", "maxsamples x", "maxupdateskew", "minsamples 1 2", "nosystemcert x",
	"ntpsigndsocket", "ntsaeads x", "ntsdumpdir", "ntsrefresh x", "opencommands everything",
	"ptpport x", "rtcdevice", "rtconutc x", "rtcsync x", "smoothtime", "smoothtime 400",
	"smoothtime 400 x", "smoothtime 400 0.01 always", "stratumweight x", "tempcomp /f 1",
	"tempcomp /f 1 2 3", "tempcomp /f x /points", "ntstrustedcerts",
	"server a maxdelayratio x", "server a extfield xyz", "server a extfield F325",
	"server a presend x",
	"server a certset x", "server a minsamples", "server a asymmetry",
	"refclock PHC /dev/ptp0 maxdispersion x", "refclock PHC /dev/ptp0 rate x",
	"refclock PHC /dev/ptp0 tai lokc GPS", "refclock PHC", "refclock SHM", "refclock ABC 0",
	"refclock SHM 0 refid GPSGPS", "refclock PHC /dev/ptp0:pni=1", "peer", "peer a minpoll",
	"confdir", "include", "include a b", "driftfile", "makestep 1s 3", "authselectmode",
};

TEST(what_is_wrong_for_chronyd_is_an_error)
{
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct said said;
		struct config *config = explain(wrong[i], &said);

		EXPECT_EQ(NULL, config)
			TH_LOG("%s", wrong[i]);
		EXPECT_EQ(REFUSED, said.verdict)
			TH_LOG("%s: %s", wrong[i], said.message);
		config_free(config);
	}
}

TEST_HARNESS_MAIN
