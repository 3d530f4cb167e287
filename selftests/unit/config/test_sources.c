// SPDX-License-Identifier: GPL-2.0-only
/*
 * Configuration: the options of servers, pools and reference clocks.
 */
#include "user/config/config.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "selftests/unit/config_reports.h"
#include "selftests/unit/unit.h"
#include "user/lib/time_units.h"

static const char every_option[] =
	"server ntp.example.net\n"
	"  SERVER 192.0.2.1 IBURST prefer trust noselect require ipv6\n"
	"server b minpoll 3 maxpoll 7 offset -0.25 port 1123 version 3 minstratum 2 maxdelay .5\n"
	"server c xleave copy\n";

TEST(every_option_of_a_server)
{
	struct reports reports;
	const struct config_source *source;
	struct config *config;

	config = parse(every_option, &reports);
	ASSERT_NE(NULL, config);
	EXPECT_EQ(0, reports.warnings);
	ASSERT_EQ(4, config->source_count);

	source = &config->sources[0];
	EXPECT_EQ(CONFIG_SERVER, source->kind);
	EXPECT_EQ(SOURCE_SERVER, source->options.kind);
	EXPECT_EQ(6, source->options.minpoll);
	EXPECT_EQ(10, source->options.maxpoll);
	EXPECT_EQ(123, source->port);
	EXPECT_EQ(4, source->version);
	EXPECT_EQ(AF_UNSPEC, source->family);
	EXPECT_EQ(3 * NS_PER_S, source->maxdelay_ns);
	EXPECT_FALSE(source->options.iburst);
	EXPECT_FALSE(source->options.require);

	source = &config->sources[1];
	EXPECT_STREQ("192.0.2.1", source->options.name);
	EXPECT_TRUE(source->options.iburst);
	EXPECT_TRUE(source->options.prefer);
	EXPECT_TRUE(source->options.trust);
	EXPECT_TRUE(source->options.noselect);
	EXPECT_TRUE(source->options.require);
	EXPECT_EQ(AF_INET6, source->family);

	source = &config->sources[2];
	EXPECT_EQ(3, source->options.minpoll);
	EXPECT_EQ(7, source->options.maxpoll);
	EXPECT_EQ(-0.25, source->options.offset_s);
	EXPECT_EQ(1123, source->port);
	EXPECT_EQ(3, source->version);
	EXPECT_EQ(2, source->options.minstratum);
	EXPECT_EQ(NS_PER_S / 2, source->maxdelay_ns);
	EXPECT_FALSE(source->interleaved);
	EXPECT_FALSE(source->options.copy);

	EXPECT_TRUE(config->sources[3].interleaved);
	EXPECT_TRUE(config->sources[3].options.copy);
	config_free(config);
}

TEST(keys)
{
	static const struct {
		const char *text;
		bool authenticated;
		uint32_t key;
		int version;
	} cases[] = {
		{ "server a", false, 0, 4 },
		{ "server a nts", true, 0, 4 },
		/* By the key's type. */
		{ "keyfile /k\nserver a key 1", true, 1, 0 },
		{ "keyfile /k\nserver a key 4294967295 version 3", true, UINT32_MAX, 3 },
		{ "keyfile /k\npool a version 4 key 9", true, 9, 4 },
		{ "keyfile /k\nserver a key 1 xleave", true, 1, 4 },
		{ "keyfile /k\nserver a key 1 extfield F323", true, 1, 4 },
		{ "keyfile /k\nserver a nts key 1", true, 0, 4 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct reports reports;
		struct config *config = parse(cases[i].text, &reports);

		ASSERT_NE(NULL, config);
		EXPECT_EQ(0, reports.warnings)
			TH_LOG("%s: %s", cases[i].text, reports.message);
		EXPECT_EQ(cases[i].authenticated, config->sources[0].authenticated);
		EXPECT_EQ(cases[i].key, config->sources[0].key)
			TH_LOG("%s", cases[i].text);
		EXPECT_EQ(cases[i].version, config->sources[0].version)
			TH_LOG("%s", cases[i].text);
		EXPECT_EQ(!cases[i].key && cases[i].authenticated, config->sources[0].nts);
		config_free(config);
	}
}

/* The first is what Ubuntu 25.10 has in files of its own. */
TEST(servers_with_nts)
{
	static const struct {
		const char *text;
		int port;
		uint32_t cert_set;
		int version;
		int warnings;
	} cases[] = {
		{ "pool ntp-bootstrap.ubuntu.com iburst maxsources 1 nts certset 1",
		  4460, 1, 4, 0 },
		{ "server a nts ntsport 14460", 14460, 0, 4, 0 },
		{ "server a certset 4294967295 nts", 4460, UINT32_MAX, 4, 0 },
		{ "server a nts version 3", 4460, 0, 4, 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct reports reports;
		struct config *config = parse(cases[i].text, &reports);

		ASSERT_NE(NULL, config);
		EXPECT_EQ(cases[i].warnings, reports.warnings)
			TH_LOG("%s: %s", cases[i].text, reports.message);
		EXPECT_TRUE(config->sources[0].nts);
		EXPECT_TRUE(config->sources[0].authenticated);
		EXPECT_EQ(cases[i].port, config->sources[0].nts_port);
		EXPECT_EQ(cases[i].cert_set, config->sources[0].cert_set);
		EXPECT_EQ(cases[i].version, config->sources[0].version);
		config_free(config);
	}
}

TEST(what_nts_trusts)
{
	const struct config_nts *nts;
	struct reports reports;
	struct config *config;

	config = parse("ntstrustedcerts /a\nntstrustedcerts 7 /b c\n", &reports);
	EXPECT_EQ(NULL, config);
	config = parse("ntstrustedcerts /a\nntstrustedcerts 7 /b\nnosystemcert\n"
		       "nocerttimecheck 2\nntsrefresh 60\nntsaeads 99 15 15\nntsdumpdir /d\n",
		       &reports);
	ASSERT_NE(NULL, config);
	EXPECT_EQ(0, reports.warnings)
		TH_LOG("%s", reports.message);
	nts = &config->nts;
	ASSERT_EQ(2, nts->trusted_count);
	EXPECT_EQ(0, nts->trusted[0].set);
	EXPECT_STREQ("/a", nts->trusted[0].path);
	EXPECT_EQ(7, nts->trusted[1].set);
	EXPECT_STREQ("/b", nts->trusted[1].path);
	EXPECT_TRUE(nts->no_system);
	EXPECT_EQ(2, nts->no_time_checks);
	EXPECT_EQ(60, nts->refresh_s);
	EXPECT_STREQ("/d", nts->dumpdir);
	ASSERT_EQ(1, nts->algorithms.count);
	EXPECT_EQ(AEAD_AES_SIV_CMAC_256, nts->algorithms.list[0]);
	config_free(config);

	config = parse("ntscachedir /d\n", &reports);
	ASSERT_NE(NULL, config);
	nts = &config->nts;
	EXPECT_STREQ("/d", nts->dumpdir);
	EXPECT_EQ(2419200, nts->refresh_s);
	EXPECT_EQ(0, nts->no_time_checks);
	EXPECT_FALSE(nts->no_system);
	EXPECT_EQ(AEAD_AES_SIV_CMAC_256, nts->algorithms.list[nts->algorithms.count - 1]);
	config_free(config);
}

TEST(what_is_wrong_about_nts_is_said)
{
	static const char *const texts[] = {
		"ntstrustedcerts x /a", "ntstrustedcerts -1 /a", "ntstrustedcerts 4294967296 /a",
		"ntsaeads fifteen", "ntsaeads -1", "server a nts certset x",
		"server a nts ntsport 0",
	};
	struct reports reports;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		EXPECT_EQ(NULL, parse(texts[i], &reports))
			TH_LOG("%s", texts[i]);
	}
}

/* chronyd starts with them. */
TEST(certificates_that_there_is_no_room_for_are_left_out)
{
	struct reports reports;
	struct config *config;
	char text[4096] = "";

	for (int i = 0; i <= CONFIG_CERTIFICATES_MAX; i++)
		strcat(text, "ntstrustedcerts /a\n");
	config = parse(text, &reports);
	ASSERT_NE(NULL, config);
	EXPECT_EQ(1, reports.warnings);
	EXPECT_NE(NULL, strstr(reports.message, "directory"));
	EXPECT_EQ(CONFIG_CERTIFICATES_MAX, config->nts.trusted_count);
	config_free(config);
	snprintf(text, sizeof(text), "ntstrustedcerts /%0*d", CONFIG_PATH_MAX, 1);
	config = parse(text, &reports);
	ASSERT_NE(NULL, config);
	EXPECT_NE(NULL, strstr(reports.message, "too long"));
	EXPECT_EQ(0, config->nts.trusted_count);
	config_free(config);
}

TEST(options_of_servers_that_come_and_go)
{
	const struct config_source *source;
	struct reports reports;
	struct config *config;

	config = parse("server a\nserver b offline auto_offline maxunreach 8 presend 9\n"
		       "pool c maxdelayratio 2.5 presend -1 maxunreach 0 burst\n", &reports);
	ASSERT_NE(NULL, config);
	EXPECT_EQ(0, reports.warnings);
	source = &config->sources[0];
	EXPECT_FALSE(source->offline);
	EXPECT_FALSE(source->auto_offline);
	EXPECT_FALSE(source->options.burst);
	EXPECT_EQ(100001, source->options.unreach_limit);
	EXPECT_EQ(0.0, source->options.presend_s);
	EXPECT_EQ(0.0, source->maxdelayratio);
	source = &config->sources[1];
	EXPECT_TRUE(source->offline);
	EXPECT_TRUE(source->auto_offline);
	EXPECT_EQ(9, source->options.unreach_limit);
	EXPECT_EQ(512.0, source->options.presend_s);
	source = &config->sources[2];
	EXPECT_EQ(2.5, source->maxdelayratio);
	EXPECT_EQ(0.5, source->options.presend_s);
	EXPECT_TRUE(source->options.burst);
	EXPECT_EQ(1, source->options.unreach_limit);
	config_free(config);

	/* And of reference clocks. */
	config = parse("refclock PHC /dev/ptp0\nrefclock SHM 0 maxunreach 7\n", &reports);
	ASSERT_NE(NULL, config);
	EXPECT_EQ(0, reports.warnings);
	EXPECT_EQ(100001, config->sources[0].options.unreach_limit);
	EXPECT_EQ(8, config->sources[1].options.unreach_limit);
	config_free(config);

	config = parse("server a maxunreach -1\n", &reports);
	ASSERT_NE(NULL, config);
	EXPECT_NE(NULL, strstr(reports.message, "maxunreach"));
	EXPECT_EQ(1, config->sources[0].options.unreach_limit);
	config_free(config);
}

/* As chrony settles them. */
static const struct {
	const char *text;
	int minpoll;
	int maxpoll;
} polls[] = {
	{ "server a", 6, 10 },
	{ "server a minpoll 12", 12, 12 },
	{ "server a maxpoll 4", 6, 6 },
	{ "server a minpoll 4 maxpoll 4", 4, 4 },
	{ "server a minpoll -6 maxpoll -6", -6, -6 },
	{ "server a minpoll -7 maxpoll -7", -6, -6 },
	{ "server a minpoll -9 maxpoll 30", 6, 24 },
	{ "refclock PHC /dev/ptp0", 0, 0 },
	{ "refclock PHC /dev/ptp0 poll 2", 0, 0 },
	{ "refclock PHC /dev/ptp0 poll 3 dpoll 2", 2, 2 },
	{ "refclock PHC /dev/ptp0 poll -3", -3, -3 },
	{ "refclock SHM 0", 4, 4 },
	{ "refclock SOCK /run/truechime/gps.sock poll 2", 2, 2 },
	{ "refclock PPS /dev/pps0 poll -1", -1, -1 },
};

TEST(polls_are_settled)
{
	for (size_t i = 0; i < ARRAY_SIZE(polls); i++) {
		struct reports reports;
		struct config *config = parse(polls[i].text, &reports);

		ASSERT_NE(NULL, config)
			TH_LOG("%s", polls[i].text);
		EXPECT_EQ(polls[i].minpoll, config->sources[0].options.minpoll)
			TH_LOG("%s", polls[i].text);
		EXPECT_EQ(polls[i].maxpoll, config->sources[0].options.maxpoll)
			TH_LOG("%s", polls[i].text);
		config_free(config);
	}
}

static const char two_refclocks[] =
	"refclock PHC /dev/ptp0\n"
	"refclock phc /dev/ptp1:nocrossts refid KVM stratum 2 filter 5 delay 1e-4 precision 1e-6\n"
	"refclock PHC /dev/ptp2 offset -37 prefer\n";

/* Since chrony 4.7. */
TEST(a_phc_may_be_named_by_its_network_interface)
{
	struct reports reports;
	struct config *config = parse("refclock PHC eth0:nocrossts poll 2\n", &reports);

	ASSERT_NE(NULL, config);
	EXPECT_EQ(0, reports.warnings);
	EXPECT_EQ(CONFIG_PHC, config->sources[0].kind);
	EXPECT_STREQ("eth0", config->sources[0].options.name);
	EXPECT_TRUE(config->sources[0].no_crosststamp);
	config_free(config);

	EXPECT_EQ(NULL, parse("refclock PHC an-interface-too\n", &reports));
	EXPECT_EQ(NULL, parse("refclock PHC dev/ptp0\n", &reports));
}

TEST(refclocks)
{
	struct reports reports;
	const struct config_source *source;
	struct config *config;

	config = parse(two_refclocks, &reports);
	ASSERT_NE(NULL, config);
	EXPECT_EQ(0, reports.warnings);
	ASSERT_EQ(3, config->source_count);

	source = &config->sources[0];
	EXPECT_EQ(CONFIG_PHC, source->kind);
	EXPECT_EQ(SOURCE_REFCLOCK, source->options.kind);
	EXPECT_STREQ("/dev/ptp0", source->options.name);
	EXPECT_EQ(0x50484330, source->refid);
	EXPECT_EQ(0, source->stratum);
	EXPECT_EQ(64, source->filter);
	EXPECT_EQ(1, source->delay_ns);
	EXPECT_FALSE(source->no_crosststamp);

	source = &config->sources[1];
	EXPECT_STREQ("/dev/ptp1", source->options.name);
	EXPECT_EQ(0x4b564d00, source->refid);
	EXPECT_EQ(2, source->stratum);
	EXPECT_EQ(5, source->filter);
	EXPECT_EQ(100000, source->delay_ns);
	EXPECT_EQ(1000, source->precision_ns);
	EXPECT_TRUE(source->no_crosststamp);

	source = &config->sources[2];
	EXPECT_EQ(0x50484332, source->refid);
	EXPECT_EQ(-37, source->options.offset_s);
	EXPECT_TRUE(source->options.prefer);
	config_free(config);
}

static const char gps[] =
	"refclock PPS /dev/pps0:clear lock NMEA rate 10 width 0.02 maxlockage 40 dpoll -4\n"
	"refclock SHM 0:perm=0660 refid NMEA noselect poll 2 dpoll 3\n"
	"refclock sock /run/truechime/chrony.ttyS0.sock pps\n"
	"server a\n";

TEST(drivers_of_refclocks)
{
	const struct config_source *source;
	struct reports reports;
	struct config *config;

	config = parse(gps, &reports);
	ASSERT_NE(NULL, config)
		TH_LOG("%s", reports.message);
	EXPECT_EQ(0, reports.warnings)
		TH_LOG("%s", reports.message);
	ASSERT_EQ(4, config->source_count);

	source = &config->sources[0];
	EXPECT_EQ(CONFIG_PPS, source->kind);
	EXPECT_EQ(SOURCE_REFCLOCK, source->options.kind);
	EXPECT_STREQ("/dev/pps0", source->options.name);
	EXPECT_EQ(0x50505330, source->refid);
	EXPECT_EQ(0x4e4d4541, source->lock);
	EXPECT_TRUE(source->clear);
	EXPECT_TRUE(source->pps);
	EXPECT_FALSE(source->options.numbered);
	EXPECT_TRUE(source->options.unsmeared);
	EXPECT_EQ(10, source->rate);
	EXPECT_EQ(20000000, source->width_ns);
	EXPECT_EQ(40, source->maxlockage);
	EXPECT_EQ(-4, source->driver_poll);
	EXPECT_EQ(4, source->options.minpoll);

	source = &config->sources[1];
	EXPECT_EQ(CONFIG_SHM, source->kind);
	EXPECT_STREQ("SHM 0", source->options.name);
	EXPECT_EQ(0, source->unit);
	EXPECT_EQ(0660, source->perm);
	EXPECT_EQ(0x4e4d4541, source->refid);
	EXPECT_EQ(2, source->driver_poll);
	EXPECT_TRUE(source->options.noselect);
	EXPECT_FALSE(source->pps);
	EXPECT_FALSE(source->options.unsmeared);

	source = &config->sources[2];
	EXPECT_EQ(CONFIG_SOCK, source->kind);
	EXPECT_STREQ("/run/truechime/chrony.ttyS0.sock", source->options.name);
	EXPECT_EQ(0x534f4332, source->refid);
	EXPECT_TRUE(source->options.numbered);
	EXPECT_TRUE(source->options.unsmeared);
	EXPECT_EQ(1, source->rate);
	EXPECT_EQ(2, source->maxlockage);
	EXPECT_FALSE(config->sources[3].options.numbered);
	config_free(config);
}

/* As in chronyd: the last one counts. */
TEST(a_family_may_be_named_twice)
{
	struct reports reports;
	struct config *config = parse("server a ipv4 ipv6\nserver b ipv6 ipv4\n", &reports);

	ASSERT_NE(NULL, config);
	EXPECT_EQ(AF_INET6, config->sources[0].family);
	EXPECT_EQ(AF_INET, config->sources[1].family);
	config_free(config);
}

TEST(there_is_room_for_so_many_sources)
{
	char text[CONFIG_SOURCES_MAX * 16 + 64] = "";
	struct reports reports;
	struct config *config;

	for (int i = 0; i < CONFIG_SOURCES_MAX; i++)
		snprintf(text + strlen(text), 32, "server s%d\n", i);
	config = parse(text, &reports);
	ASSERT_NE(NULL, config);
	EXPECT_EQ(CONFIG_SOURCES_MAX, config->source_count);
	config_free(config);
	/* It is said once. */
	strcat(text, "server more\nserver still_more\n");
	config = parse(text, &reports);
	ASSERT_NE(NULL, config);
	EXPECT_NE(NULL, strstr(reports.message, "too many sources"));
	EXPECT_EQ(1, reports.warnings);
	EXPECT_EQ(CONFIG_SOURCES_MAX, config->source_count);
	EXPECT_EQ(2, config->left_out);
	config_free(config);
}

TEST(equal_sources_are_equal)
{
	static const char *const lines[] = {
		"server a", "server b", "pool a", "server a iburst", "server a minpoll 4",
		"server a maxpoll 7", "server a port 124", "server a version 3", "server a ipv4",
		"server a prefer", "server a trust", "server a noselect", "server a offset 0.1",
		"server a require", "server a copy",
		"server a minstratum 1", "server a maxdelay 1", "server a nts", "server a key 1",
		"server a nts ntsport 1", "server a nts certset 1",
		"server a key 4294967295", "server a key 1 version 4", "server a xleave",
		"server a extfield F323",
		"refclock SHM 0", "refclock SHM 1", "refclock SHM 0:perm=0666",
		"refclock PPS /dev/p", "refclock PPS /dev/p:clear", "refclock PPS /dev/p rate 2",
		"refclock PPS /dev/p width 0.1", "refclock PPS /dev/p maxlockage 3",
		"refclock PPS /dev/p lock SHM1\nrefclock SHM 1", "refclock SOCK /dev/p",
		"refclock SOCK /dev/p pps", "refclock SOCK /dev/p tai\nleapsectz right/UTC",
		"server a offline", "server a auto_offline", "server a maxunreach 8",
		"server a presend 9", "server a maxdelayratio 3", "server a burst",
	};
	enum { COUNT = ARRAY_SIZE(lines) };
	struct config *configs[COUNT];
	struct reports reports;

	for (int i = 0; i < COUNT; i++) {
		configs[i] = parse(lines[i], &reports);
		ASSERT_NE(NULL, configs[i]);
	}
	for (int i = 0; i < COUNT; i++) {
		for (int j = 0; j < COUNT; j++) {
			EXPECT_EQ(i == j, config_source_equal(&configs[i]->sources[0],
							      &configs[j]->sources[0]))
				TH_LOG("%s, %s", lines[i], lines[j]);
		}
	}
	for (int i = 0; i < COUNT; i++)
		config_free(configs[i]);
}

/* As in a URL. Nobody has such a name, and a resolver says no more than that. */
TEST(a_port_behind_the_name)
{
	static const char *const right[] = {
		"server fd00::123\n", "server fe80::1%lo\n", "server fe80::1%nowhere0\n",
		"server a port 123\n",
	};
	struct reports reports;
	struct config *config;

	config = parse("server a:4460 nts\n", &reports);
	ASSERT_NE(NULL, config);
	EXPECT_EQ(1, config->source_count);
	EXPECT_EQ(1, reports.warnings);
	EXPECT_NE(NULL, strstr(reports.message, "'port 4460', or with nts 'ntsport 4460'"));
	config_free(config);
	config_free(parse("pool [fd00::1]:123\n", &reports));
	EXPECT_NE(NULL, strstr(reports.message, "without brackets"));
	for (size_t i = 0; i < ARRAY_SIZE(right); i++) {
		config_free(parse(right[i], &reports));
		EXPECT_EQ(0, reports.warnings);
	}
}

/* It is of each network that this machine is in. */
TEST(a_link_local_address_names_its_interface)
{
	static const char *const right[] = {
		"server fe80::1%lo\n", "server fe80::1\nbindacqdevice lo\n", "server fec0::1\n",
		"server fd00::1\n", "server 169.254.0.1\n",
	};
	struct config_source source;
	struct reports reports;
	struct config *config;

	config_free(parse("server a\npool FE80::1\n", &reports));
	EXPECT_EQ(1, reports.warnings);
	EXPECT_NE(NULL, strstr(reports.message, "'FE80::1' is not asked"));
	EXPECT_NE(NULL, strstr(reports.message, "'FE80::1%eth0'"));
	for (size_t i = 0; i < ARRAY_SIZE(right); i++) {
		config_free(parse(right[i], &reports));
		EXPECT_EQ(0, reports.warnings) TH_LOG("%s", right[i]);
	}

	/* One that the operator adds, and not the others again. */
	config = parse("server fe80::1\n", &reports);
	memset(&reports, 0, sizeof(reports));
	EXPECT_EQ(0, config_parse_source(config, "server a", keep_report, &reports, &source));
	EXPECT_EQ(0, reports.warnings);
	EXPECT_EQ(0, config_parse_source(config, "server fe80::2", keep_report, &reports,
					 &source));
	EXPECT_EQ(1, reports.warnings);
	config_free(config);
}

TEST_HARNESS_MAIN
