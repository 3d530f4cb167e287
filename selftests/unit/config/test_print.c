// SPDX-License-Identifier: GPL-2.0-only
/*
 * Configuration: what is printed of it, with as few digits as read back as the same.
 */
#include "user/config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "selftests/unit/config_reports.h"
#include "selftests/unit/unit.h"

/* A line, and one that has to come of it. */
static const struct {
	const char *text;
	const char *line;
} lines[] = {
	{ "", "maxslewrate 100000\n" },
	{ "", "maxdistance 3\n" },
	{ "", "# makestep: nothing that the sources show is stepped\n" },
	{ "maxslewrate 83333.333", "maxslewrate 83333.333\n" },
	{ "maxdrift 0.1", "maxdrift 0.1\n" },
	{ "logchange 0", "logchange 0\n" },
	{ "", "# log: no files of measurements are written\n" },
	{ "", "logbanner 32\n" },
	{ "log tracking\nlogdir /l\nLOG rawmeasurements selection",
	  "log rawmeasurements selection tracking\n" },
	{ "log measurements\nlogdir /l", "log measurements\n" },
	{ "log measurements\nlogdir /l", "logdir /l\n" },
	{ "logchange 0.123456789", "logchange 0.123456789\n" },
	{ "makestep 0.1 3", "makestep 0.1 3\n" },
	{ "makestep 0 -1", "makestep 1e-09 -1\n" },
	{ "maxchange 1e9 1 2", "maxchange 1000000000 1 2\n" },
	{ "server a\ninitstepslew 30 a", "makestep 30 1\n" },
	{ "server a\ninitstepslew 30 a b c", "initstepslew 1 b c\nmakestep 30 1\n" },
	{ "hostmaxerror 0.01", "hostmaxerror 0.01\n" },
	{ "rtcpolicy trust", "rtcpolicy trust\n" },
	{ "steppolicy boot both slew 0.5", "steppolicy boot backward slew 0.5 0\n" },
	{ "LOCK_ALL", "lock_all\n" },
	{ "server a ipv6 trust", "server a minpoll 6 maxpoll 10 port 123 minstratum 0 maxsources" },
	{ "server a ipv6 trust", " maxsamples 0 maxdelay 3 version 4 ipv6 offset 0 trust\n" },
	{ "server a polltarget 60 iburst", " version 4 polltarget 60 iburst offset 0\n" },
	{ "server a mindelay 0.0002 asymmetry -0.5",
	  " maxdelay 3 mindelay 0.0002 asymmetry -0.5 version 4 offset 0\n" },
	{ "server a asymmetry 0", " maxdelay 3 asymmetry 0 version 4 offset 0\n" },
	{ "server a asymmetry 1", " maxdelay 3 version 4 offset 0\n" },
	{ "server a offset -0.00005", " offset -5e-05\n" },
	{ "pool a iburst", " iburst offset 0\n" },
	{ "refclock PHC /dev/ptp1:nocrossts refid AB poll 2 dpoll -1",
	  "refclock PHC /dev/ptp1:nocrossts poll -1 dpoll -1 filter 64 stratum 0 refid AB" },
	{ "refclock PHC /dev/ptp1", " delay 1e-09 precision 0 offset 0\n" },
	{ "server a noselect nts",
	  " nts ntsport 4460 certset 0 offset 0 noselect\n# makestep" },
	{ "server a key 7 xleave", " version 4 key 7 xleave offset 0\n# makestep" },
	{ "server a", "\nauthselectmode mix\n" },
	{ "server a key 7", " maxdelay 3 key 7 offset 0\n" },
	{ "server a key 7\nserver b trust\nauthselectmode mix",
	  " key 7 offset 0\n# trust require, by authselectmode\nserver b " },
	{ "server a trust\nauthselectmode require",
	  " offset 0 trust\n# noselect, by authselectmode\n# makestep" },
	{ "server a trust\nauthselectmode require", "\nauthselectmode require\n" },
	{ "server a\nauthselectmode IGNORE", " offset 0\n# makestep" },
	{ "server a\nauthselectmode IGNORE", "\nauthselectmode ignore\n" },
	{ "leapsecmode slew", "\nleapsecmode slew\n" },
	{ "", "\nrivals warn\n" },
	{ "ntstrustedcerts /a", "ntstrustedcerts 0 /a\n" },
	{ "allow\nntsservercert /c\nntsserverkey /k", "ntsservercert /c\nntsserverkey /k\n" },
	{ "ntsport 14460", "ntsport 14460\n" },
	{ "ntsaeads 15", "ntsaeads 15\n" },
	{ "ntscachedir /d", "ntsdumpdir /d\n" },
	{ "allow 192.0.2\ndeny all 2001:db8::/32", "allow 192.0.2.0/24\ndeny all 2001:db8::/32\n" },
	{ "allow", "allow\n" },
	{ "", "# allow: nobody is served\n" },
	{ "allow\nport 0", "# port 0: nobody is served\nallow\n" },
	{ "noclientlog", "noclientlog\n" },
	{ "clientloglimit 0", "clientloglimit 1\n" },
	{ "xdp eth0", "xdp eth0\n" },
	{ "xdp eth0 native", "xdp eth0 native\n" },
	{ "xdp eth0 GENERIC", "xdp eth0 generic\n" },
	{ "ratelimit kod 1", "ratelimit interval 3 burst 8 leak 2 kod 1\n" },
	{ "local stratum 5 activate 0.5",
	  "local stratum 5 distance 1 activate 0.5 waitsynced 0 waitunsynced 0\n" },
	{ "", "bindcmdaddress /run/chrony/chronyd.sock\nbindcmdaddress 127.0.0.1\n"
	  "bindcmdaddress ::1\n" },
	{ "bindcmdaddress /\nbindcmdaddress 0.0.0.0",
	  "bindcmdaddress /\nbindcmdaddress 0.0.0.0\n" },
	{ "cmdallow 10\ncmddeny all", "cmdallow 10.0.0.0/8\ncmddeny all\n" },
	{ "", "opencommands activity manual rtcdata smoothing sourcename sources sourcestats" },
	{ "opencommands", "opencommands\n" },
	{ "cmdratelimit", "cmdratelimit interval -4 burst 8 leak 2\n" },
	{ "cmdport 0", "cmdport 0\n" },
	{ "driftfile /d", "driftfile /d interval 3600\n" },
};

TEST(values_are_printed_short)
{
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct reports reports;
		struct config *config = parse(lines[i].text, &reports);
		char *text;

		ASSERT_NE(NULL, config);
		text = printed(config);
		EXPECT_NE(NULL, strstr(text, lines[i].line))
			TH_LOG("%s", text);
		config_free(config);
		free(text);
	}
}

static double random_value(void)
{
	return (double)random() / (double)RAND_MAX;
}

/* Any number of any size comes back, to the last bit. */
TEST(numbers_come_back)
{
	srandom(1);
	for (int i = 0; i < 20000; i++) {
		struct reports reports;
		struct config *config, *again;
		char line[256];
		char *text;

		snprintf(line, sizeof(line),
			 "maxslewrate %.17g\nmaxdistance %.17g\nserver a offset %.17g\nmakestep %.17g 1\n",
			 random_value() * 1e5, random_value() * 16, random_value() * 10,
			 random_value() * 1e9);
		config = parse(line, &reports);
		ASSERT_NE(NULL, config);
		text = printed(config);
		again = parse(text, &reports);
		ASSERT_NE(NULL, again);
		EXPECT_EQ(config->maxslewrate, again->maxslewrate);
		EXPECT_EQ(config->discipline.maxdistance_ns, again->discipline.maxdistance_ns);
		EXPECT_EQ(config->discipline.step_threshold_ns,
			  again->discipline.step_threshold_ns);
		EXPECT_EQ(config->sources[0].options.offset_s, again->sources[0].options.offset_s);
		config_free(config);
		config_free(again);
		free(text);
	}
}

TEST_HARNESS_MAIN
